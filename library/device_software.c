/* SPDX-License-Identifier: MIT */
/* Software devices. Facts are from swdevice.h and swdevicedef.h in Microsoft's documentation. */
#include "device_software.h"
#include "device_property.h"
#include "log.h"

#define DEVICE_SOFTWARE_ENUMERATOR L"Adit"

/* The root of the device tree: there is no device that an adapter would be a part of. */
#define DEVICE_SOFTWARE_PARENT L"HTREE\\ROOT\\0"

#define DEVICE_SOFTWARE_TIMEOUT_MS        15000
#define DEVICE_SOFTWARE_RETRY_TIMEOUT_MS  5000
#define DEVICE_SOFTWARE_RETRY_INTERVAL_MS 50

/* SWDeviceCapabilitiesSilentInstall | SWDeviceCapabilitiesDriverRequired */
#define DEVICE_SOFTWARE_CAPABILITIES (0x2 | 0x8)

/* What swdevice.h and swdevicedef.h declare, which not all SDKs have. */
typedef struct _SW_DEVICE *DEVICE_SOFTWARE_HANDLE; /* HSWDEVICE */

typedef struct _DEVICE_SOFTWARE_CREATE_INFO /* SW_DEVICE_CREATE_INFO */
{
    ULONG Size;
    LPCWSTR InstanceId;
    LPCWSTR HardwareIds;
    LPCWSTR CompatibleIds;
    const GUID *ContainerId;
    ULONG CapabilityFlags;
    LPCWSTR DeviceDescription;
    LPCWSTR DeviceLocation;
    const SECURITY_DESCRIPTOR *SecurityDescriptor;
} DEVICE_SOFTWARE_CREATE_INFO;

typedef VOID(WINAPI DEVICE_SOFTWARE_CALLBACK)(
    DEVICE_SOFTWARE_HANDLE Handle, HRESULT Result, VOID *Context, LPCWSTR InstanceId);

typedef HRESULT(WINAPI DEVICE_SOFTWARE_CREATE)(/* SwDeviceCreate */
                                               LPCWSTR Enumerator,
                                               LPCWSTR ParentInstance,
                                               const DEVICE_SOFTWARE_CREATE_INFO *Info,
                                               ULONG PropertyCount,
                                               const DEVICE_PROPERTY *Properties,
                                               DEVICE_SOFTWARE_CALLBACK *Callback,
                                               VOID *Context,
                                               DEVICE_SOFTWARE_HANDLE *Handle);

typedef VOID(WINAPI DEVICE_SOFTWARE_CLOSE)(DEVICE_SOFTWARE_HANDLE Handle); /* SwDeviceClose */

struct _DEVICE_SOFTWARE
{
    HMODULE Module;
    DEVICE_SOFTWARE_CREATE *Create;
    DEVICE_SOFTWARE_CLOSE *Close;
    DEVICE_SOFTWARE_HANDLE Handle;
    HANDLE Enumerated; /* the callback has set the rest */
    HRESULT Result;
    WCHAR InstanceId[MAX_DEVICE_ID_LEN];
};

/* NULL, with nothing logged, where there is no such DLL or it has no such functions. */
static HMODULE DeviceSoftwareLoad(DEVICE_SOFTWARE_CREATE **Create, DEVICE_SOFTWARE_CLOSE **Close)
{
    /*
     * The name of an API set, which no file has: it can only be found by name, and only System32 is
     * searched. Windows 7 without KB2533623 does not know the flag, and has no such API set.
     */
    HMODULE Module = LoadLibraryExW(
        L"api-ms-win-devices-swdevice-l1-1-0.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    if (Module == NULL)
    {
        return NULL;
    }
    *Create = (DEVICE_SOFTWARE_CREATE *)(VOID *)GetProcAddress(Module, "SwDeviceCreate");
    *Close = (DEVICE_SOFTWARE_CLOSE *)(VOID *)GetProcAddress(Module, "SwDeviceClose");
    if (*Create == NULL || *Close == NULL)
    {
        FreeLibrary(Module);
        return NULL;
    }
    return Module;
}

BOOL DeviceSoftwareIsAvailable(VOID)
{
    DEVICE_SOFTWARE_CREATE *Create;
    DEVICE_SOFTWARE_CLOSE *Close;

    HMODULE Module = DeviceSoftwareLoad(&Create, &Close);
    if (Module == NULL)
    {
        return FALSE;
    }
    FreeLibrary(Module);
    return TRUE;
}

/* On a thread of the system's pool, before or after SwDeviceCreate returns. */
static VOID WINAPI DeviceSoftwareEnumerated(
    DEVICE_SOFTWARE_HANDLE Handle, HRESULT Result, VOID *Context, LPCWSTR InstanceId)
{
    DEVICE_SOFTWARE *Software = Context;

    UNREFERENCED_PARAMETER(Handle);
    Software->Result = Result;
    if (SUCCEEDED(Result) && InstanceId != NULL)
    {
        lstrcpynW(Software->InstanceId, InstanceId, ARRAYSIZE(Software->InstanceId));
    }
    SetEvent(Software->Enumerated);
}

static DWORD DeviceSoftwareError(HRESULT Result)
{
    return HRESULT_FACILITY(Result) == FACILITY_WIN32 ? (DWORD)HRESULT_CODE(Result) : (DWORD)Result;
}

/* One try, not logged; the device has no handle afterwards if it fails. */
static DWORD DeviceSoftwareTry(
    DEVICE_SOFTWARE *Software,
    const DEVICE_SOFTWARE_CREATE_INFO *Info,
    const DEVICE_PROPERTY_LIST *Properties)
{
    Software->Handle = NULL;
    ResetEvent(Software->Enumerated);
    HRESULT Result = Software->Create(
        DEVICE_SOFTWARE_ENUMERATOR, DEVICE_SOFTWARE_PARENT, Info, Properties->Count,
        Properties->Items, DeviceSoftwareEnumerated, Software, &Software->Handle);
    if (FAILED(Result))
    {
        return DeviceSoftwareError(Result);
    }
    DWORD Error = ERROR_TIMEOUT;
    if (WaitForSingleObject(Software->Enumerated, DEVICE_SOFTWARE_TIMEOUT_MS) == WAIT_OBJECT_0)
    {
        Error = DeviceSoftwareError(Software->Result);
    }
    if (Error != ERROR_SUCCESS)
    {
        /* No callback is running afterwards. */
        Software->Close(Software->Handle);
    }
    return Error;
}

/* The device of a process that has just ended may still be on its way out. */
static DWORD DeviceSoftwareTryAgain(
    DEVICE_SOFTWARE *Software,
    const DEVICE_SOFTWARE_CREATE_INFO *Info,
    const DEVICE_PROPERTY_LIST *Properties)
{
    ULONGLONG Deadline = GetTickCount64() + DEVICE_SOFTWARE_RETRY_TIMEOUT_MS;

    for (;;)
    {
        DWORD Error = DeviceSoftwareTry(Software, Info, Properties);
        if (Error != ERROR_ALREADY_EXISTS || GetTickCount64() >= Deadline)
        {
            return Error;
        }
        Sleep(DEVICE_SOFTWARE_RETRY_INTERVAL_MS);
    }
}

static DEVICE_SOFTWARE *DeviceSoftwareAllocate(VOID)
{
    DEVICE_SOFTWARE *Software = SystemAllocate(sizeof(*Software));
    if (Software == NULL)
    {
        LogLastError(L"Allocating %1!u! bytes for a software device", (DWORD)sizeof(*Software));
        return NULL;
    }
    Software->Enumerated = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (Software->Enumerated == NULL)
    {
        LogLastError(L"Creating an event");
        goto CleanupMemory;
    }
    Software->Module = DeviceSoftwareLoad(&Software->Create, &Software->Close);
    if (Software->Module == NULL)
    {
        LogLastError(L"Loading the software device API");
        goto CleanupEvent;
    }
    return Software;

CleanupEvent:
    CloseHandle(Software->Enumerated);
CleanupMemory:
    SystemFree(Software);
    return NULL;
}

static VOID DeviceSoftwareFree(DEVICE_SOFTWARE *Software)
{
    /* setupapi.dll has the module loaded too. */
    FreeLibrary(Software->Module);
    CloseHandle(Software->Enumerated);
    SystemFree(Software);
}

BOOL DeviceSoftwareCreate(
    const DEVICE_NODE_REQUEST *Request,
    const SYSTEM_PROCESS *Owner,
    LPWSTR InstanceId,
    DEVICE_SOFTWARE **NewSoftware)
{
    static const WCHAR HardwareIds[] = DEVICE_NODE_HARDWARE_ID L"\0";
    WCHAR Guid[SYSTEM_GUID_LENGTH];
    DEVICE_PROPERTY_LIST Properties;
    DEVICE_SOFTWARE_CREATE_INFO Info = {
        .Size = sizeof(Info),
        .InstanceId = Guid,
        .HardwareIds = HardwareIds,
        .CapabilityFlags = DEVICE_SOFTWARE_CAPABILITIES,
        .DeviceDescription = DEVICE_NODE_DESCRIPTION,
    };

    *NewSoftware = NULL;
    SystemFormatGuid(&Request->Guid, Guid);
    if (!DevicePropertyMakeList(Request, Owner, TRUE, &Properties))
    {
        return FALSE;
    }
    DEVICE_SOFTWARE *Software = DeviceSoftwareAllocate();
    if (Software == NULL)
    {
        return FALSE;
    }
    DWORD Error = DeviceSoftwareTryAgain(Software, &Info, &Properties);
    if (Error != ERROR_SUCCESS)
    {
        LogFailure(WINTUN_LOG_ERR, Error, L"Creating the software device %1", Guid);
        DeviceSoftwareFree(Software);
        SetLastError(Error);
        return FALSE;
    }
    lstrcpynW(InstanceId, Software->InstanceId, MAX_DEVICE_ID_LEN);
    *NewSoftware = Software;
    return TRUE;
}

VOID DeviceSoftwareClose(DEVICE_SOFTWARE *Software)
{
    if (Software != NULL)
    {
        Software->Close(Software->Handle);
        DeviceSoftwareFree(Software);
    }
}
