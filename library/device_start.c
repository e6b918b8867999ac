/* SPDX-License-Identifier: MIT */
/* Starting and stopping of devices. */

/* For the types of CM_Register_Notification, which is looked up by name: Windows 7 has none. */
#undef _WIN32_WINNT
#define _WIN32_WINNT 0x0602

#include "device_start.h"
#include "device_property.h"
#include "log.h"

#include <initguid.h>

/* Some SDKs leave this error out. */
#ifndef ERROR_INVALID_IMAGE_HASH
#define ERROR_INVALID_IMAGE_HASH 577
#endif

/* Longest path of a device interface, in characters. */
#define DEVICE_START_MAX_PATH 512

#define DEVICE_START_TIMEOUT_MS 15000

/*
 * How often the device is looked at. Windows tells of interfaces (CM_Register_Notification, from
 * Windows 8 on), but not of problems that keep a device from having one: those are looked for now
 * and then. Windows 7 tells of interfaces to windows and services only, so it is polled.
 */
#define DEVICE_START_TOLD_INTERVAL_MS 200
#define DEVICE_START_POLL_INTERVAL_MS 10

/* A device that nobody has a handle to goes within milliseconds: too few for a notification. */
#define DEVICE_START_GONE_TIMEOUT_MS  5000
#define DEVICE_START_GONE_INTERVAL_MS 5

DEFINE_GUID(
    DeviceStartNetInterface, /* GUID_DEVINTERFACE_NET */
    0xcac88484,
    0x7515,
    0x4c03,
    0x82,
    0xe6,
    0x71,
    0xa8,
    0x7a,
    0xba,
    0xc3,
    0x61);

typedef CONFIGRET(WINAPI DEVICE_START_REGISTER)(
    CM_NOTIFY_FILTER *Filter, VOID *Context, PCM_NOTIFY_CALLBACK Callback, HCMNOTIFICATION *Handle);
typedef CONFIGRET(WINAPI DEVICE_START_UNREGISTER)(HCMNOTIFICATION Handle);

/*
 * Problems that Windows does not solve by itself (cfg.h), as errors that tell them. Others come and
 * go while a device is being installed.
 */
static const struct
{
    DWORD Problem;
    DWORD Error;
    LPCWSTR Text;
} DeviceStartProblems[] = {
    {CM_PROB_FAILED_START, ERROR_GEN_FAILURE, L"the driver could not start it"},
    {CM_PROB_DISABLED, ERROR_SERVICE_DISABLED, L"it is disabled"},
    {CM_PROB_FAILED_ADD, ERROR_GEN_FAILURE, L"the driver refused it"},
    {CM_PROB_DISABLED_SERVICE, ERROR_SERVICE_DISABLED, L"the driver's service is disabled"},
    {CM_PROB_DRIVER_FAILED_PRIOR_UNLOAD, ERROR_BUSY, L"a former driver is still loaded"},
    {CM_PROB_DRIVER_FAILED_LOAD, ERROR_BAD_DRIVER, L"the driver could not be loaded"},
    {CM_PROB_DRIVER_BLOCKED, ERROR_DRIVER_BLOCKED, L"Windows blocks the driver"},
    {CM_PROB_UNSIGNED_DRIVER, ERROR_INVALID_IMAGE_HASH, L"Windows does not trust the driver"},
};

/* ---------------------------------------------------------------------------------------------- */
/* Interfaces                                                                                     */
/* ---------------------------------------------------------------------------------------------- */

/* Finds the path of the device's network interface; ERROR_FILE_NOT_FOUND if it is not up. */
static BOOL DeviceStartFindInterface(LPCWSTR InstanceId, LPWSTR Path, DWORD Count)
{
    union
    {
        SP_DEVICE_INTERFACE_DETAIL_DATA_W Data;
        BYTE Bytes[sizeof(SP_DEVICE_INTERFACE_DETAIL_DATA_W) + DEVICE_START_MAX_PATH * 2];
    } Detail;
    SP_DEVICE_INTERFACE_DATA Interface = {.cbSize = sizeof(Interface)};
    DWORD Error = ERROR_FILE_NOT_FOUND;

    HDEVINFO Set = SetupDiGetClassDevsW(
        &DeviceStartNetInterface, InstanceId, NULL, DIGCF_DEVICEINTERFACE | DIGCF_PRESENT);
    if (Set == INVALID_HANDLE_VALUE)
    {
        return FALSE;
    }
    for (DWORD Index = 0;
         SetupDiEnumDeviceInterfaces(Set, NULL, &DeviceStartNetInterface, Index, &Interface);
         ++Index)
    {
        Detail.Data.cbSize = sizeof(Detail.Data);
        if (!(Interface.Flags & SPINT_ACTIVE))
        {
            continue;
        }
        if (!SetupDiGetDeviceInterfaceDetailW(
                Set, &Interface, &Detail.Data, sizeof(Detail), NULL, NULL))
        {
            Error = GetLastError();
            continue;
        }
        if ((DWORD)lstrlenW(Detail.Data.DevicePath) < Count)
        {
            lstrcpynW(Path, Detail.Data.DevicePath, (int)Count);
            Error = ERROR_SUCCESS;
            break;
        }
        Error = ERROR_BUFFER_OVERFLOW;
    }
    SetupDiDestroyDeviceInfoList(Set);
    SetLastError(Error);
    return Error == ERROR_SUCCESS;
}

BOOL DeviceNodeOpen(LPCWSTR InstanceId, HANDLE *Device)
{
    WCHAR Path[DEVICE_START_MAX_PATH];

    if (!DeviceStartFindInterface(InstanceId, Path, ARRAYSIZE(Path)))
    {
        LogLastError(L"Finding the network interface of %1", InstanceId);
        return FALSE;
    }
    *Device = CreateFileW(
        Path, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
        NULL, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
    if (*Device == INVALID_HANDLE_VALUE)
    {
        LogLastError(L"Opening %1", Path);
        return FALSE;
    }
    return TRUE;
}

/* ---------------------------------------------------------------------------------------------- */
/* Notification                                                                                   */
/* ---------------------------------------------------------------------------------------------- */

static DWORD CALLBACK DeviceStartNotify(
    HCMNOTIFICATION Notification,
    VOID *Context,
    CM_NOTIFY_ACTION Action,
    CM_NOTIFY_EVENT_DATA *Data,
    DWORD Size)
{
    UNREFERENCED_PARAMETER(Notification);
    UNREFERENCED_PARAMETER(Action);
    UNREFERENCED_PARAMETER(Data);
    UNREFERENCED_PARAMETER(Size);
    SetEvent(Context);
    return ERROR_SUCCESS;
}

static BOOL DeviceStartRegister(DEVICE_START_WATCH *Watch)
{
    CM_NOTIFY_FILTER Filter = {
        .cbSize = sizeof(Filter), .FilterType = CM_NOTIFY_FILTER_TYPE_DEVICEINTERFACE};
    HCMNOTIFICATION Notification;

    DEVICE_START_REGISTER *Register =
        (DEVICE_START_REGISTER *)(VOID *)GetProcAddress(Watch->Module, "CM_Register_Notification");
    if (Register == NULL)
    {
        return FALSE;
    }
    Filter.u.DeviceInterface.ClassGuid = DeviceStartNetInterface;
    if (Register(&Filter, Watch->Changed, DeviceStartNotify, &Notification) != CR_SUCCESS)
    {
        return FALSE;
    }
    Watch->Notification = Notification;
    return TRUE;
}

VOID DeviceStartOpenWatch(DEVICE_START_WATCH *Watch)
{
    Watch->Notification = NULL;
    Watch->Module = NULL;
    Watch->Changed = CreateEventW(NULL, FALSE, FALSE, NULL);
    if (Watch->Changed == NULL)
    {
        return;
    }
    Watch->Module = SystemLoadLibrary(L"cfgmgr32.dll");
    if (Watch->Module != NULL && !DeviceStartRegister(Watch))
    {
        FreeLibrary(Watch->Module);
        Watch->Module = NULL;
    }
}

VOID DeviceStartCloseWatch(DEVICE_START_WATCH *Watch)
{
    DWORD Error = GetLastError();

    if (Watch->Notification != NULL)
    {
        /* Waits for the callback. */
        DEVICE_START_UNREGISTER *Unregister = (DEVICE_START_UNREGISTER *)(VOID *)GetProcAddress(
            Watch->Module, "CM_Unregister_Notification");
        Unregister(Watch->Notification);
        FreeLibrary(Watch->Module);
    }
    if (Watch->Changed != NULL)
    {
        CloseHandle(Watch->Changed);
    }
    SetLastError(Error);
}

/* ---------------------------------------------------------------------------------------------- */
/* Waiting                                                                                        */
/* ---------------------------------------------------------------------------------------------- */

/* The identity is that of this start once the interface is up; before, it may be a former one's. */
static BOOL DeviceStartIsUp(HDEVINFO Set, SP_DEVINFO_DATA *Device, DEVICE_NODE *Node)
{
    WCHAR Path[DEVICE_START_MAX_PATH];

    BOOL HasInterface = DeviceStartFindInterface(Node->InstanceId, Path, ARRAYSIZE(Path));
    Node->HasIdentity = DevicePropertyGetIdentity(Set, Device, &Node->Guid, &Node->Luid);
    return HasInterface && Node->HasIdentity;
}

/* Logs the problem and returns TRUE if there is no point in waiting any longer. */
static BOOL DeviceStartHasFailed(DWORD Problem, LPCWSTR InstanceId)
{
    for (SIZE_T Index = 0; Index < ARRAYSIZE(DeviceStartProblems); ++Index)
    {
        if (DeviceStartProblems[Index].Problem == Problem)
        {
            LogFailure(
                WINTUN_LOG_ERR, DeviceStartProblems[Index].Error,
                L"The device %1 does not start: %2 (problem %3!u!)", InstanceId,
                DeviceStartProblems[Index].Text, Problem);
            return TRUE;
        }
    }
    return FALSE;
}

static VOID DeviceStartReportTimeout(DWORD Problem, const DEVICE_NODE *Node)
{
    DWORD Seconds = DEVICE_START_TIMEOUT_MS / 1000;

    if (Problem == CM_PROB_FAILED_INSTALL)
    {
        LogFailure(
            WINTUN_LOG_ERR, ERROR_TIMEOUT,
            L"Waiting %1!u! s for Windows to install the driver on %2", Seconds, Node->InstanceId);
    }
    else
    {
        LogFailure(
            WINTUN_LOG_ERR, ERROR_TIMEOUT,
            Node->HasIdentity ? L"Waiting %1!u! s for the network interface of %2 (problem %3!u!)"
                              : L"Waiting %1!u! s for network setup to accept %2 (problem %3!u!)",
            Seconds, Node->InstanceId, Problem);
    }
}

static BOOL DeviceStartWaitOn(
    const DEVICE_START_WATCH *Watch, HDEVINFO Set, SP_DEVINFO_DATA *Device, DEVICE_NODE *Node)
{
    ULONGLONG Deadline = GetTickCount64() + DEVICE_START_TIMEOUT_MS;

    while (!DeviceStartIsUp(Set, Device, Node))
    {
        DWORD Problem = DevicePropertyGetProblem(Set, Device);
        if (DeviceStartHasFailed(Problem, Node->InstanceId))
        {
            return FALSE;
        }
        if (GetTickCount64() >= Deadline)
        {
            DeviceStartReportTimeout(Problem, Node);
            return FALSE;
        }
        if (Watch->Notification != NULL)
        {
            WaitForSingleObject(Watch->Changed, DEVICE_START_TOLD_INTERVAL_MS);
        }
        else
        {
            Sleep(DEVICE_START_POLL_INTERVAL_MS);
        }
    }
    return TRUE;
}

BOOL DeviceStartWait(const DEVICE_START_WATCH *Watch, DEVICE_NODE *Node)
{
    SP_DEVINFO_DATA Device = {.cbSize = sizeof(Device)};

    HDEVINFO Set = SetupDiCreateDeviceInfoList(NULL, NULL);
    if (Set == INVALID_HANDLE_VALUE)
    {
        LogLastError(L"Creating a list of devices");
        return FALSE;
    }
    BOOL Result = SetupDiOpenDeviceInfoW(Set, Node->InstanceId, NULL, 0, &Device);
    if (!Result)
    {
        LogLastError(L"Opening the device %1", Node->InstanceId);
    }
    Result = Result && DeviceStartWaitOn(Watch, Set, &Device, Node);
    DWORD Error = GetLastError();
    SetupDiDestroyDeviceInfoList(Set);
    SetLastError(Error);
    return Result;
}

static BOOL DeviceStartIsGone(LPCWSTR InstanceId)
{
    SP_DEVINFO_DATA Device = {.cbSize = sizeof(Device)};

    HDEVINFO Set = SetupDiCreateDeviceInfoList(NULL, NULL);
    if (Set == INVALID_HANDLE_VALUE)
    {
        return FALSE;
    }
    BOOL Result = !SetupDiOpenDeviceInfoW(Set, InstanceId, NULL, 0, &Device) ||
                  !DevicePropertyIsPresent(Set, &Device);
    SetupDiDestroyDeviceInfoList(Set);
    return Result;
}

VOID DeviceStartWaitGone(LPCWSTR InstanceId)
{
    ULONGLONG Deadline = GetTickCount64() + DEVICE_START_GONE_TIMEOUT_MS;

    while (!DeviceStartIsGone(InstanceId))
    {
        if (GetTickCount64() >= Deadline)
        {
            LogFailure(
                WINTUN_LOG_WARN, ERROR_TIMEOUT, L"Waiting %1!u! s for the device %2 to go",
                DEVICE_START_GONE_TIMEOUT_MS / 1000, InstanceId);
            return;
        }
        Sleep(DEVICE_START_GONE_INTERVAL_MS);
    }
}
