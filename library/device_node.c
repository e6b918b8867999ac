/* SPDX-License-Identifier: MIT */
/* Device nodes: the devices behind adapters. */
#include "device_node.h"
#include "device_property.h"
#include "log.h"

#include <initguid.h>
#include <devguid.h>

/* Time for a device to start and show its interface, and how often that is looked at. */
#define DEVICE_NODE_START_TIMEOUT_MS  15000
#define DEVICE_NODE_START_INTERVAL_MS 10

/* Longest path of a device interface, in characters. */
#define DEVICE_NODE_MAX_PATH 512

DEFINE_GUID(
    DeviceNodeNetInterface,
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

/* What Windows' own installer does to put a driver on one device, in its order. */
static const struct
{
    DI_FUNCTION Function;
    LPCWSTR Name;
} DeviceNodeInstallSteps[] = {
    {DIF_SELECTBESTCOMPATDRV, L"choosing the driver"},
    {DIF_ALLOW_INSTALL, L"asking leave to install"},
    {DIF_INSTALLDEVICEFILES, L"copying the driver"},
    {DIF_REGISTER_COINSTALLERS, L"registering co-installers"},
    {DIF_INSTALLINTERFACES, L"installing interfaces"},
    {DIF_INSTALLDEVICE, L"starting the device"},
};

static BOOL DeviceNodeCallInstaller(DI_FUNCTION Function, HDEVINFO Set, SP_DEVINFO_DATA *Device)
{
    return SetupDiCallClassInstaller(Function, Set, Device) ||
           GetLastError() == (DWORD)ERROR_DI_DO_DEFAULT;
}

static DEVICE_NODE *DeviceNodeRead(HDEVINFO Set, SP_DEVINFO_DATA *Device)
{
    DEVICE_NODE *Node = SystemAllocate(sizeof(*Node));
    if (Node == NULL)
    {
        LogLastError(L"Allocating %1!u! bytes for a device", (DWORD)sizeof(*Node));
        return NULL;
    }
    if (!SetupDiGetDeviceInstanceIdW(
            Set, Device, Node->InstanceId, ARRAYSIZE(Node->InstanceId), NULL))
    {
        LogLastError(L"Reading the instance id of a device");
        SystemFree(Node);
        return NULL;
    }
    if (!DevicePropertyGetOwner(Set, Device, &Node->Owner))
    {
        ZeroMemory(&Node->Owner, sizeof(Node->Owner));
    }
    DevicePropertyGetTunnelType(Set, Device, Node->TunnelType);
    Node->HasIdentity = DevicePropertyGetIdentity(Set, Device, &Node->Guid, &Node->Luid);
    return Node;
}

/* A device that its creator has not come to install a driver on is known by its owner alone. */
static BOOL DeviceNodeIsOurs(HDEVINFO Set, SP_DEVINFO_DATA *Device)
{
    SYSTEM_PROCESS Owner;

    return DevicePropertyIsDriver(Set, Device, DEVICE_NODE_HARDWARE_ID, DEVICE_NODE_SERVICE) ||
           (!DevicePropertyHasService(Set, Device) && DevicePropertyGetOwner(Set, Device, &Owner));
}

VOID DeviceNodeFree(DEVICE_NODE *Nodes)
{
    while (Nodes != NULL)
    {
        DEVICE_NODE *Next = Nodes->Next;
        SystemFree(Nodes);
        Nodes = Next;
    }
}

BOOL DeviceNodeList(DEVICE_NODE **Nodes)
{
    SP_DEVINFO_DATA Device = {.cbSize = sizeof(Device)};
    DEVICE_NODE **Last = Nodes;

    *Nodes = NULL;
    HDEVINFO Set = SetupDiGetClassDevsW(&GUID_DEVCLASS_NET, NULL, NULL, 0);
    if (Set == INVALID_HANDLE_VALUE)
    {
        LogLastError(L"Listing the network devices");
        return FALSE;
    }
    for (DWORD Index = 0; SetupDiEnumDeviceInfo(Set, Index, &Device); ++Index)
    {
        if (!DeviceNodeIsOurs(Set, &Device))
        {
            continue;
        }
        *Last = DeviceNodeRead(Set, &Device);
        if (*Last == NULL)
        {
            DWORD Error = GetLastError();
            SetupDiDestroyDeviceInfoList(Set);
            DeviceNodeFree(*Nodes);
            *Nodes = NULL;
            SetLastError(Error);
            return FALSE;
        }
        Last = &(*Last)->Next;
    }
    SetupDiDestroyDeviceInfoList(Set);
    return TRUE;
}

BOOL DeviceNodeIsOrphan(const DEVICE_NODE *Node)
{
    return Node->Owner.Id != 0 && !SystemIsProcessAlive(&Node->Owner);
}

static BOOL DeviceNodeIsOwnedBy(HDEVINFO Set, SP_DEVINFO_DATA *Device, const SYSTEM_PROCESS *Owner)
{
    SYSTEM_PROCESS Recorded;

    return DeviceNodeIsOurs(Set, Device) && DevicePropertyGetOwner(Set, Device, &Recorded) &&
           Recorded.Id == Owner->Id && Recorded.Serial == Owner->Serial &&
           Recorded.Created == Owner->Created;
}

BOOL DeviceNodeRemove(LPCWSTR InstanceId, const SYSTEM_PROCESS *Owner)
{
    SP_DEVINFO_DATA Device = {.cbSize = sizeof(Device)};
    DWORD Error = ERROR_SUCCESS;

    HDEVINFO Set = SetupDiCreateDeviceInfoList(&GUID_DEVCLASS_NET, NULL);
    if (Set == INVALID_HANDLE_VALUE)
    {
        LogLastError(L"Removing %1: creating a list of devices", InstanceId);
        return FALSE;
    }
    if (!SetupDiOpenDeviceInfoW(Set, InstanceId, NULL, 0, &Device))
    {
        Error = GetLastError();
    }
    /* Without class install parameters the device is removed as a whole. */
    else if (
        DeviceNodeIsOwnedBy(Set, &Device, Owner) &&
        !DeviceNodeCallInstaller(DIF_REMOVE, Set, &Device))
    {
        Error = GetLastError();
    }
    SetupDiDestroyDeviceInfoList(Set);
    if (Error != ERROR_SUCCESS && Error != (DWORD)ERROR_NO_SUCH_DEVINST)
    {
        LogFailure(WINTUN_LOG_ERR, Error, L"Removing the device %1", InstanceId);
        return FALSE;
    }
    return TRUE;
}

/* Finds the path of the device's network interface; ERROR_FILE_NOT_FOUND if it is not up. */
static BOOL DeviceNodeFindInterface(LPCWSTR InstanceId, LPWSTR Path, DWORD Count)
{
    union
    {
        SP_DEVICE_INTERFACE_DETAIL_DATA_W Data;
        BYTE Bytes[sizeof(SP_DEVICE_INTERFACE_DETAIL_DATA_W) + DEVICE_NODE_MAX_PATH * 2];
    } Detail;
    SP_DEVICE_INTERFACE_DATA Interface = {.cbSize = sizeof(Interface)};
    DWORD Error = ERROR_FILE_NOT_FOUND;

    HDEVINFO Set = SetupDiGetClassDevsW(
        &DeviceNodeNetInterface, InstanceId, NULL, DIGCF_DEVICEINTERFACE | DIGCF_PRESENT);
    if (Set == INVALID_HANDLE_VALUE)
    {
        return FALSE;
    }
    for (DWORD Index = 0;
         SetupDiEnumDeviceInterfaces(Set, NULL, &DeviceNodeNetInterface, Index, &Interface);
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
    WCHAR Path[DEVICE_NODE_MAX_PATH];

    if (!DeviceNodeFindInterface(InstanceId, Path, ARRAYSIZE(Path)))
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

/* The interface comes up on a thread of the system, after installation has returned. */
static BOOL DeviceNodeWait(HDEVINFO Set, SP_DEVINFO_DATA *Device, DEVICE_NODE *Node)
{
    WCHAR Path[DEVICE_NODE_MAX_PATH];
    ULONGLONG Deadline = GetTickCount64() + DEVICE_NODE_START_TIMEOUT_MS;

    for (;;)
    {
        Node->HasIdentity = DevicePropertyGetIdentity(Set, Device, &Node->Guid, &Node->Luid);
        if (Node->HasIdentity && DeviceNodeFindInterface(Node->InstanceId, Path, ARRAYSIZE(Path)))
        {
            return TRUE;
        }
        if (GetTickCount64() >= Deadline)
        {
            LogFailure(
                WINTUN_LOG_ERR, ERROR_TIMEOUT,
                Node->HasIdentity ? L"Waiting %1!u! s for the network interface of %2"
                                  : L"Waiting %1!u! s for network setup to accept %2",
                DEVICE_NODE_START_TIMEOUT_MS / 1000, Node->InstanceId);
            return FALSE;
        }
        Sleep(DEVICE_NODE_START_INTERVAL_MS);
    }
}

static BOOL DeviceNodeInstall(HDEVINFO Set, SP_DEVINFO_DATA *Device, LPCWSTR InfPath)
{
    SP_DEVINSTALL_PARAMS_W Params = {.cbSize = sizeof(Params)};

    if (!SetupDiGetDeviceInstallParamsW(Set, Device, &Params))
    {
        LogLastError(L"Reading the installation parameters of the device");
        return FALSE;
    }
    Params.Flags |= DI_QUIETINSTALL | DI_ENUMSINGLEINF;
    lstrcpynW(Params.DriverPath, InfPath, ARRAYSIZE(Params.DriverPath));
    if (!SetupDiSetDeviceInstallParamsW(Set, Device, &Params) ||
        !SetupDiBuildDriverInfoList(Set, Device, SPDIT_COMPATDRIVER))
    {
        LogLastError(L"Listing the drivers in %1", InfPath);
        return FALSE;
    }
    for (SIZE_T Index = 0; Index < ARRAYSIZE(DeviceNodeInstallSteps); ++Index)
    {
        if (!DeviceNodeCallInstaller(DeviceNodeInstallSteps[Index].Function, Set, Device))
        {
            LogLastError(L"Installing %1: %2", InfPath, DeviceNodeInstallSteps[Index].Name);
            return FALSE;
        }
    }
    if (SetupDiGetDeviceInstallParamsW(Set, Device, &Params) &&
        (Params.Flags & (DI_NEEDREBOOT | DI_NEEDRESTART)))
    {
        LogWrite(WINTUN_LOG_WARN, L"Windows wants to be restarted after installing %1", InfPath);
    }
    if (!DevicePropertyIsDriver(Set, Device, DEVICE_NODE_HARDWARE_ID, DEVICE_NODE_SERVICE))
    {
        LogFailure(
            WINTUN_LOG_ERR, ERROR_INSTALL_FAILURE,
            L"Installing %1: the device has not become the service %2's", InfPath,
            DEVICE_NODE_SERVICE);
        return FALSE;
    }
    return TRUE;
}

/* Records and registers: from here on the device is known by hardware id, owner and type. */
static BOOL DeviceNodeRegister(
    HDEVINFO Set, SP_DEVINFO_DATA *Device, LPCWSTR TunnelType, const GUID *RequestedGuid)
{
    static const WCHAR HardwareIds[] = DEVICE_NODE_HARDWARE_ID L"\0";
    SYSTEM_PROCESS Owner;

    if (!SystemCurrentProcess(&Owner))
    {
        return FALSE;
    }
    /* The owner comes before the hardware id, so that no moment is without one. */
    BOOL HasOwner = DevicePropertySetOwner(Set, Device, &Owner);
    if (!SetupDiSetDeviceRegistryPropertyW(
            Set, Device, SPDRP_HARDWAREID, (const BYTE *)HardwareIds, sizeof(HardwareIds)))
    {
        LogLastError(L"Setting the hardware id %1", DEVICE_NODE_HARDWARE_ID);
        return FALSE;
    }
    if (!DeviceNodeCallInstaller(DIF_REGISTERDEVICE, Set, Device))
    {
        LogLastError(L"Registering the device");
        return FALSE;
    }
    /* A system may keep properties of registered devices only. */
    if (!HasOwner && !DevicePropertySetOwner(Set, Device, &Owner))
    {
        LogLastError(L"Recording process %1!u! as the device's owner", Owner.Id);
        return FALSE;
    }
    return DevicePropertySetTunnelType(Set, Device, TunnelType) &&
           (RequestedGuid == NULL || DevicePropertyRequestGuid(Set, Device, RequestedGuid));
}

BOOL DeviceNodeCreate(
    LPCWSTR TunnelType, const GUID *RequestedGuid, LPCWSTR InfPath, DEVICE_NODE **Node)
{
    SP_DEVINFO_DATA Device = {.cbSize = sizeof(Device)};
    DWORD Error = ERROR_SUCCESS;

    *Node = NULL;
    HDEVINFO Set = SetupDiCreateDeviceInfoList(&GUID_DEVCLASS_NET, NULL);
    if (Set == INVALID_HANDLE_VALUE)
    {
        LogLastError(L"Creating a list of devices");
        return FALSE;
    }
    if (!SetupDiCreateDeviceInfoW(
            Set, DEVICE_NODE_HARDWARE_ID, &GUID_DEVCLASS_NET, NULL, NULL, DICD_GENERATE_ID,
            &Device))
    {
        Error = LogLastError(L"Creating the device ROOT\\%1", DEVICE_NODE_HARDWARE_ID);
        goto CleanupSet;
    }
    if (!DeviceNodeRegister(Set, &Device, TunnelType, RequestedGuid) ||
        !DeviceNodeInstall(Set, &Device, InfPath))
    {
        Error = GetLastError();
        goto CleanupDevice;
    }
    *Node = DeviceNodeRead(Set, &Device);
    if (*Node == NULL)
    {
        Error = GetLastError();
        goto CleanupDevice;
    }
    if (!DeviceNodeWait(Set, &Device, *Node))
    {
        Error = GetLastError();
        goto CleanupNode;
    }
    goto CleanupSet;

CleanupNode:
    DeviceNodeFree(*Node);
    *Node = NULL;
CleanupDevice:
    /* Also right for a device that was never registered: its keys go. */
    if (!DeviceNodeCallInstaller(DIF_REMOVE, Set, &Device))
    {
        LogFailure(WINTUN_LOG_WARN, GetLastError(), L"Removing the device that did not start");
    }
CleanupSet:
    SetupDiDestroyDeviceInfoList(Set);
    SetLastError(Error);
    return *Node != NULL;
}
