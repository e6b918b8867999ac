/* SPDX-License-Identifier: MIT */
/* Device nodes: the devices behind adapters. */
#include "device_node.h"
#include "device_id.h"
#include "device_property.h"
#include "device_software.h"
#include "device_start.h"
#include "log.h"
#include "native_setup.h"

#include <initguid.h>
#include <devguid.h>

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

/*
 * The creator as recorded. FALSE: none is. *Owner is then the one that the instance id names, since
 * what is recorded is the first that a remover takes away, who may be killed then; or zero, for a
 * device that somebody installed by hand.
 */
static BOOL DeviceNodeGetOwner(HDEVINFO Set, SP_DEVINFO_DATA *Device, SYSTEM_PROCESS *Owner)
{
    WCHAR Id[MAX_DEVICE_ID_LEN];

    if (DevicePropertyGetOwner(Set, Device, Owner))
    {
        return TRUE;
    }
    ZeroMemory(Owner, sizeof(*Owner));
    if (SetupDiGetDeviceInstanceIdW(Set, Device, Id, ARRAYSIZE(Id), NULL))
    {
        (void)DeviceIdGetOwner(Id, Owner);
    }
    return FALSE;
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
    BOOL HasOwner = DeviceNodeGetOwner(Set, Device, &Node->Owner);
    BOOL HasType = DevicePropertyGetTunnelType(Set, Device, Node->TunnelType);
    BOOL HasGuid = DevicePropertyGetRequestedGuid(Set, Device, &Node->RequestedGuid);
    if (!HasGuid)
    {
        ZeroMemory(&Node->RequestedGuid, sizeof(Node->RequestedGuid));
    }
    /* The owner is recorded first. */
    Node->IsHalfRemoved = !HasOwner && (HasType || HasGuid);
    Node->IsSoftware = DevicePropertyIsSoftware(Set, Device);
    Node->IsPresent = DevicePropertyIsPresent(Set, Device);
    Node->HasIdentity = DevicePropertyGetIdentity(Set, Device, &Node->Guid, &Node->Luid);
    return Node;
}

/* A device that its creator has not come to install a driver on is known by its owner alone. */
static BOOL DeviceNodeIsOurs(HDEVINFO Set, SP_DEVINFO_DATA *Device)
{
    SYSTEM_PROCESS Owner;

    return DevicePropertyIsDriver(Set, Device, DEVICE_NODE_HARDWARE_ID, DEVICE_NODE_SERVICE) ||
           (!DevicePropertyHasService(Set, Device) && DevicePropertyGetOwner(Set, Device, &Owner) &&
            Owner.Id != 0);
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

/* Appends what of the set is ours at the end of the list. */
static BOOL DeviceNodeAppend(HDEVINFO Set, BOOL IsClass, DEVICE_NODE ***Last)
{
    SP_DEVINFO_DATA Device = {.cbSize = sizeof(Device)};

    for (DWORD Index = 0; SetupDiEnumDeviceInfo(Set, Index, &Device); ++Index)
    {
        /* Each device is in one of the two sets. */
        if (IsEqualGUID(&Device.ClassGuid, &GUID_DEVCLASS_NET) != IsClass ||
            !DeviceNodeIsOurs(Set, &Device))
        {
            continue;
        }
        **Last = DeviceNodeRead(Set, &Device);
        if (**Last == NULL)
        {
            return FALSE;
        }
        *Last = &(**Last)->Next;
    }
    return TRUE;
}

BOOL DeviceNodeList(DEVICE_NODE **Nodes)
{
    DEVICE_NODE **Last = Nodes;

    *Nodes = NULL;
    HDEVINFO Set = SetupDiGetClassDevsW(&GUID_DEVCLASS_NET, NULL, NULL, 0);
    if (Set == INVALID_HANDLE_VALUE)
    {
        LogLastError(L"Listing the network devices");
        return FALSE;
    }
    BOOL Result = DeviceNodeAppend(Set, TRUE, &Last);
    DWORD Error = GetLastError();
    SetupDiDestroyDeviceInfoList(Set);

    /* A software device is of no class before it has a driver. */
    Set = SetupDiGetClassDevsW(NULL, DEVICE_NODE_SOFTWARE_ENUMERATOR, NULL, DIGCF_ALLCLASSES);
    if (Result && Set != INVALID_HANDLE_VALUE)
    {
        Result = DeviceNodeAppend(Set, FALSE, &Last);
        Error = GetLastError();
    }
    if (Set != INVALID_HANDLE_VALUE)
    {
        SetupDiDestroyDeviceInfoList(Set);
    }
    if (!Result)
    {
        DeviceNodeFree(*Nodes);
        *Nodes = NULL;
        SetLastError(Error);
    }
    return Result;
}

BOOL DeviceNodeIsOrphan(const DEVICE_NODE *Node)
{
    return Node->IsHalfRemoved || (Node->Owner.Id != 0 && !SystemIsProcessAlive(&Node->Owner));
}

VOID DeviceNodeGetName(const DEVICE_NODE *Node, DEVICE_NODE_NAME *Name)
{
    lstrcpynW(Name->InstanceId, Node->InstanceId, ARRAYSIZE(Name->InstanceId));
    Name->Owner = Node->Owner;
    Name->RequestedGuid = Node->RequestedGuid;
}

static BOOL DeviceNodeIsNamed(HDEVINFO Set, SP_DEVINFO_DATA *Device, const DEVICE_NODE_NAME *Name)
{
    SYSTEM_PROCESS Owner = {0};
    GUID Guid = {0};

    if (!DeviceNodeIsOurs(Set, Device))
    {
        return FALSE;
    }
    (void)DeviceNodeGetOwner(Set, Device, &Owner);
    if (!DevicePropertyGetRequestedGuid(Set, Device, &Guid))
    {
        ZeroMemory(&Guid, sizeof(Guid));
    }
    return SystemIsSameProcess(&Owner, &Name->Owner) && IsEqualGUID(&Guid, &Name->RequestedGuid);
}

/* A device whose creator did not come to register it cannot be opened, but it is listed. */
static BOOL DeviceNodeFind(HDEVINFO Set, LPCWSTR InstanceId, SP_DEVINFO_DATA *Device)
{
    WCHAR Id[MAX_DEVICE_ID_LEN];

    if (GetLastError() != (DWORD)ERROR_NO_SUCH_DEVINST ||
        SetupDiGetClassDevsExW(&GUID_DEVCLASS_NET, NULL, NULL, 0, Set, NULL, NULL) != Set)
    {
        return FALSE;
    }
    for (DWORD Index = 0; SetupDiEnumDeviceInfo(Set, Index, Device); ++Index)
    {
        if (SetupDiGetDeviceInstanceIdW(Set, Device, Id, ARRAYSIZE(Id), NULL) &&
            CompareStringOrdinal(Id, -1, InstanceId, -1, TRUE) == CSTR_EQUAL)
        {
            return TRUE;
        }
    }
    SetLastError((DWORD)ERROR_NO_SUCH_DEVINST);
    return FALSE;
}

static BOOL DeviceNodeRemoveKeys(const DEVICE_NODE_NAME *Name)
{
    SP_DEVINFO_DATA Device = {.cbSize = sizeof(Device)};
    DWORD Error = ERROR_SUCCESS;

    if (SystemIsEmulated())
    {
        return NativeSetupRemoveDevice(Name);
    }
    HDEVINFO Set = SetupDiCreateDeviceInfoList(NULL, NULL);
    if (Set == INVALID_HANDLE_VALUE)
    {
        LogLastError(L"Removing %1: creating a list of devices", Name->InstanceId);
        return FALSE;
    }
    if (!SetupDiOpenDeviceInfoW(Set, Name->InstanceId, NULL, 0, &Device) &&
        !DeviceNodeFind(Set, Name->InstanceId, &Device))
    {
        Error = GetLastError();
    }
    /* Without class install parameters the device is removed as a whole. */
    else if (
        DeviceNodeIsNamed(Set, &Device, Name) && !DeviceNodeCallInstaller(DIF_REMOVE, Set, &Device))
    {
        Error = GetLastError();
    }
    SetupDiDestroyDeviceInfoList(Set);
    if (Error != ERROR_SUCCESS && Error != (DWORD)ERROR_NO_SUCH_DEVINST)
    {
        LogFailure(WINTUN_LOG_ERR, Error, L"Removing the device %1", Name->InstanceId);
        return FALSE;
    }
    return TRUE;
}

BOOL DeviceNodeRemove(const DEVICE_NODE_NAME *Name, DEVICE_SOFTWARE *Software)
{
    if (Software == NULL)
    {
        return DeviceNodeRemoveKeys(Name);
    }
    DeviceSoftwareClose(Software);
    DeviceStartWaitGone(Name->InstanceId);
    return TRUE;
}

VOID DeviceNodeAbandon(const DEVICE_NODE_NAME *Name)
{
    SP_DEVINFO_DATA Device = {.cbSize = sizeof(Device)};
    SYSTEM_PROCESS Owner = Name->Owner;

    HDEVINFO Set = SetupDiCreateDeviceInfoList(NULL, NULL);
    if (Set == INVALID_HANDLE_VALUE)
    {
        return;
    }
    /* No process of that id was created then. */
    Owner.Created = 1;
    if (SetupDiOpenDeviceInfoW(Set, Name->InstanceId, NULL, 0, &Device) &&
        DeviceNodeIsNamed(Set, &Device, Name))
    {
        DevicePropertySetOwner(Set, &Device, &Owner);
    }
    SetupDiDestroyDeviceInfoList(Set);
}

static BOOL
DeviceNodeInstall(HDEVINFO Set, SP_DEVINFO_DATA *Device, const DEVICE_NODE_REQUEST *Request)
{
    LPCWSTR InfPath = Request->InfPath;
    SP_DEVINSTALL_PARAMS_W Params = {.cbSize = sizeof(Params)};

    if (!SetupDiGetDeviceInstallParamsW(Set, Device, &Params))
    {
        LogLastError(L"Reading the installation parameters of the device");
        return FALSE;
    }
    Params.Flags |= DI_QUIETINSTALL | DI_ENUMSINGLEINF;
    if (Request->IsInstalled)
    {
        Params.Flags |= DI_NOFILECOPY;
    }
    lstrcpynW(Params.DriverPath, InfPath, ARRAYSIZE(Params.DriverPath));
    if (!SetupDiSetDeviceInstallParamsW(Set, Device, &Params) ||
        !SetupDiBuildDriverInfoList(Set, Device, SPDIT_COMPATDRIVER))
    {
        LogLastError(L"Listing the drivers in %1", InfPath);
        return FALSE;
    }
    for (SIZE_T Index = 0; Index < ARRAYSIZE(DeviceNodeInstallSteps); ++Index)
    {
        if (Request->IsInstalled &&
            DeviceNodeInstallSteps[Index].Function == DIF_INSTALLDEVICEFILES)
        {
            continue;
        }
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
    HDEVINFO Set,
    SP_DEVINFO_DATA *Device,
    const DEVICE_NODE_REQUEST *Request,
    const SYSTEM_PROCESS *Owner)
{
    static const WCHAR HardwareIds[] = DEVICE_NODE_HARDWARE_ID L"\0";
    DEVICE_PROPERTY_LIST List;
    BOOL Changed;

    if (!DevicePropertyMakeList(Request, Owner, FALSE, &List))
    {
        return FALSE;
    }
    /* The owner comes before the hardware id, so that no moment is without one. */
    DevicePropertySetOwner(Set, Device, Owner);
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
    /* A system may keep properties of registered devices only, so the owner comes once more. */
    return DevicePropertySetList(Set, Device, &List) &&
           DevicePropertyRequestGuid(Set, Device, &Request->Guid) &&
           DevicePropertySetParameters(Set, Device, Request, &Changed);
}

static BOOL DeviceNodeStart(
    HDEVINFO Set,
    SP_DEVINFO_DATA *Device,
    const DEVICE_NODE_REQUEST *Request,
    const SYSTEM_PROCESS *Owner,
    DEVICE_NODE **Node)
{
    DEVICE_START_WATCH Watch;
    const SYSTEM_PROCESS None = {0};

    DeviceStartOpenWatch(&Watch);
    BOOL Result =
        DeviceNodeRegister(Set, Device, Request, Owner) && DeviceNodeInstall(Set, Device, Request);
    if (Result)
    {
        *Node = DeviceNodeRead(Set, Device);
        Result = *Node != NULL && DeviceStartWait(&Watch, *Node);
    }
    /* Only what is complete stays without its creator. */
    if (Result && Request->Persistent)
    {
        Result = DevicePropertySetOwner(Set, Device, &None);
        if (!Result)
        {
            LogLastError(L"Making the device %1 independent of its creator", (*Node)->InstanceId);
        }
        (*Node)->Owner = None;
    }
    DeviceStartCloseWatch(&Watch);
    if (!Result)
    {
        DWORD Error = GetLastError();
        DeviceNodeFree(*Node);
        *Node = NULL;
        SetLastError(Error);
    }
    return Result;
}

/* Opens the device for a moment: to read it, and to set its parameters if Changed is given. */
static DEVICE_NODE *
DeviceNodeReadOne(LPCWSTR InstanceId, const DEVICE_NODE_REQUEST *Request, BOOL *Changed)
{
    SP_DEVINFO_DATA Device = {.cbSize = sizeof(Device)};
    DEVICE_NODE *Node = NULL;

    HDEVINFO Set = SetupDiCreateDeviceInfoList(NULL, NULL);
    if (Set == INVALID_HANDLE_VALUE || !SetupDiOpenDeviceInfoW(Set, InstanceId, NULL, 0, &Device))
    {
        LogLastError(L"Opening the device %1", InstanceId);
    }
    else if (Changed == NULL || DevicePropertySetParameters(Set, &Device, Request, Changed))
    {
        Node = DeviceNodeRead(Set, &Device);
    }
    DWORD Error = GetLastError();
    if (Set != INVALID_HANDLE_VALUE)
    {
        SetupDiDestroyDeviceInfoList(Set);
    }
    SetLastError(Error);
    return Node;
}

/* Removes what a creator has begun to make and could not undo. */
static VOID DeviceNodeRemoveOwned(const SYSTEM_PROCESS *Owner)
{
    DWORD Error = GetLastError();
    DEVICE_NODE_NAME Name;
    DEVICE_NODE *Nodes;

    if (DeviceNodeList(&Nodes))
    {
        for (const DEVICE_NODE *Node = Nodes; Node != NULL; Node = Node->Next)
        {
            if (SystemIsSameProcess(&Node->Owner, Owner))
            {
                DeviceNodeGetName(Node, &Name);
                DeviceNodeRemove(&Name, NULL);
            }
        }
        DeviceNodeFree(Nodes);
    }
    SetLastError(Error);
}

static BOOL DeviceNodeCreateRootNatively(
    const DEVICE_NODE_REQUEST *Request, const SYSTEM_PROCESS *Owner, DEVICE_NODE **Node)
{
    WCHAR InstanceId[MAX_DEVICE_ID_LEN];

    if (NativeSetupCreateDevice(Request, Owner, InstanceId))
    {
        *Node = DeviceNodeReadOne(InstanceId, Request, NULL);
    }
    if (*Node == NULL)
    {
        DeviceNodeRemoveOwned(Owner);
    }
    return *Node != NULL;
}

BOOL DeviceNodeCreateRoot(
    const DEVICE_NODE_REQUEST *Request, const SYSTEM_PROCESS *Owner, DEVICE_NODE **Node)
{
    SP_DEVINFO_DATA Device = {.cbSize = sizeof(Device)};
    WCHAR InstanceId[MAX_DEVICE_ID_LEN];
    DWORD Error = ERROR_SUCCESS;

    if (SystemIsEmulated())
    {
        return DeviceNodeCreateRootNatively(Request, Owner, Node);
    }
    HDEVINFO Set = SetupDiCreateDeviceInfoList(&GUID_DEVCLASS_NET, NULL);
    if (Set == INVALID_HANDLE_VALUE)
    {
        LogLastError(L"Creating a list of devices");
        return FALSE;
    }
    if (!DeviceIdMake(Owner, InstanceId) ||
        !SetupDiCreateDeviceInfoW(Set, InstanceId, &GUID_DEVCLASS_NET, NULL, NULL, 0, &Device))
    {
        Error = LogLastError(L"Creating the device %1", InstanceId);
        goto Cleanup;
    }
    if (!DeviceNodeStart(Set, &Device, Request, Owner, Node))
    {
        Error = GetLastError();
        /* Also right for a device that was never registered: its keys go. */
        if (!DeviceNodeCallInstaller(DIF_REMOVE, Set, &Device))
        {
            LogFailure(WINTUN_LOG_WARN, GetLastError(), L"Removing the device that did not start");
        }
    }

Cleanup:
    SetupDiDestroyDeviceInfoList(Set);
    SetLastError(Error);
    return *Node != NULL;
}

/* Changed: it runs with other parameters, and those asked for are set for the next start. */
static BOOL DeviceNodeStartSoftware(
    const DEVICE_NODE_REQUEST *Request,
    const SYSTEM_PROCESS *Owner,
    DEVICE_NODE **Node,
    DEVICE_SOFTWARE **Software,
    BOOL *Changed)
{
    WCHAR InstanceId[MAX_DEVICE_ID_LEN];
    DEVICE_START_WATCH Watch;
    BOOL Result = FALSE;

    *Node = NULL;
    DeviceStartOpenWatch(&Watch);
    if (DeviceSoftwareCreate(Request, Owner, InstanceId, Software))
    {
        *Node = DeviceNodeReadOne(InstanceId, Request, NULL);
        Result = *Node != NULL && DeviceStartWait(&Watch, *Node);
    }
    DeviceStartCloseWatch(&Watch);
    if (Result)
    {
        DEVICE_NODE *Started = DeviceNodeReadOne(InstanceId, Request, Changed);
        Result = Started != NULL;
        DeviceNodeFree(Result ? *Node : NULL);
        *Node = Result ? Started : *Node;
    }
    if (!Result && *Software != NULL)
    {
        DWORD Error = GetLastError();
        DeviceSoftwareClose(*Software);
        DeviceStartWaitGone(InstanceId);
        DeviceNodeFree(*Node);
        *Node = NULL;
        *Software = NULL;
        SetLastError(Error);
    }
    return Result;
}

static BOOL DeviceNodeCreateSoftware(
    const DEVICE_NODE_REQUEST *Request,
    const SYSTEM_PROCESS *Owner,
    DEVICE_NODE **Node,
    DEVICE_SOFTWARE **Software)
{
    DEVICE_NODE_NAME Name;
    BOOL Changed = FALSE;

    if (!DeviceNodeStartSoftware(Request, Owner, Node, Software, &Changed))
    {
        return FALSE;
    }
    if (!Changed)
    {
        return TRUE;
    }
    /*
     * The driver key of a new software device comes with the driver, and the driver reads it when
     * it starts: enumerated once more, the device has the same key and starts with what is there
     * now.
     */
    DeviceNodeGetName(*Node, &Name);
    DeviceNodeFree(*Node);
    DeviceNodeRemove(&Name, *Software);
    *Software = NULL;
    return DeviceNodeStartSoftware(Request, Owner, Node, Software, &Changed);
}

BOOL DeviceNodeCreate(
    const DEVICE_NODE_REQUEST *Request, DEVICE_NODE **Node, DEVICE_SOFTWARE **Software)
{
    SYSTEM_PROCESS Owner;

    *Node = NULL;
    *Software = NULL;
    if (!SystemCurrentProcess(&Owner))
    {
        return FALSE;
    }
    return !Request->Persistent && DeviceSoftwareIsAvailable()
               ? DeviceNodeCreateSoftware(Request, &Owner, Node, Software)
               : DeviceNodeCreateRoot(Request, &Owner, Node);
}
