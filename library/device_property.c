/* SPDX-License-Identifier: MIT */
/* What is recorded about a device. */
#include "device_property.h"
#include "log.h"

#include <rpc.h>

/* The category of our own properties, which are numbered from 2 as Windows asks. */
#define DEVICE_PROPERTY_CATEGORY \
    {0xe0b1f2f4, 0x9e0b, 0x4b7c, {0x8e, 0x4b, 0x3b, 0x7f, 0x6e, 0x2d, 0x5a, 0x19}}

static const DEVPROPKEY DevicePropertyOwner =
                            {DEVICE_PROPERTY_CATEGORY, 2}, /* SYSTEM_PROCESS, DEVPROP_TYPE_BINARY */
    DevicePropertyTunnelType = {DEVICE_PROPERTY_CATEGORY, 3},    /* DEVPROP_TYPE_STRING */
    DevicePropertyRequestedGuid = {DEVICE_PROPERTY_CATEGORY, 4}, /* DEVPROP_TYPE_GUID */
    DevicePropertySoftware = {DEVICE_PROPERTY_CATEGORY, 5};      /* DEVPROP_TYPE_BOOLEAN */

/* Windows' own, which some SDKs leave out (devpkey.h). */
static const DEVPROPKEY
    DevicePropertyPresent =
        {/* DEVPKEY_Device_IsPresent, from Windows 8 on */
         {0x540b947e, 0x8b40, 0x45bc, {0xa8, 0xa2, 0x6a, 0x0b, 0x89, 0x4c, 0xbd, 0xa2}},
         5},
    DevicePropertyProblem =
        {/* DEVPKEY_Device_ProblemCode */
         {0x4340a6c5, 0x93fa, 0x4706, {0x97, 0x2c, 0x7b, 0x64, 0x80, 0x08, 0xa5, 0xa7}},
         3},
    DevicePropertyFriendlyName =
        {/* DEVPKEY_Device_FriendlyName */
         {0xa45c254e, 0xdf1c, 0x4efd, {0x80, 0x20, 0x67, 0xd1, 0x46, 0xa8, 0x50, 0xe0}},
         14};

/* Some SDKs leave this declaration out. */
WINSETUPAPI BOOL WINAPI SetupDiSetDevicePropertyW(
    HDEVINFO DeviceInfoSet,
    PSP_DEVINFO_DATA DeviceInfoData,
    const DEVPROPKEY *PropertyKey,
    DEVPROPTYPE PropertyType,
    const BYTE *PropertyBuffer,
    DWORD PropertyBufferSize,
    DWORD Flags);

static BOOL DevicePropertyIsText(LPCWSTR Text, LPCWSTR Other)
{
    return CompareStringOrdinal(Text, -1, Other, -1, TRUE) == CSTR_EQUAL;
}

/* Reads a string or a list of strings, made sure to end in two zeros. */
static BOOL DevicePropertyGetRegistryText(
    HDEVINFO Set,
    SP_DEVINFO_DATA *Device,
    DWORD Property,
    DWORD ExpectedType,
    LPWSTR Text,
    DWORD Count)
{
    DWORD Type;
    DWORD Size = 0;

    ZeroMemory(Text, Count * sizeof(WCHAR));
    return SetupDiGetDeviceRegistryPropertyW(
               Set, Device, Property, &Type, (BYTE *)Text, (Count - 2) * sizeof(WCHAR), &Size) &&
           Type == ExpectedType;
}

BOOL DevicePropertyIsDriver(
    HDEVINFO Set, SP_DEVINFO_DATA *Device, LPCWSTR HardwareId, LPCWSTR Service)
{
    WCHAR Text[MAX_PATH + 2];

    if (!DevicePropertyGetRegistryText(Set, Device, SPDRP_SERVICE, REG_SZ, Text, ARRAYSIZE(Text)) ||
        !DevicePropertyIsText(Text, Service) ||
        !DevicePropertyGetRegistryText(
            Set, Device, SPDRP_HARDWAREID, REG_MULTI_SZ, Text, ARRAYSIZE(Text)))
    {
        return FALSE;
    }
    for (LPCWSTR Id = Text; *Id != 0; Id += lstrlenW(Id) + 1)
    {
        if (DevicePropertyIsText(Id, HardwareId))
        {
            return TRUE;
        }
    }
    return FALSE;
}

BOOL DevicePropertyHasService(HDEVINFO Set, SP_DEVINFO_DATA *Device)
{
    WCHAR Text[MAX_PATH + 2];

    return DevicePropertyGetRegistryText(
               Set, Device, SPDRP_SERVICE, REG_SZ, Text, ARRAYSIZE(Text)) &&
           Text[0] != 0;
}

BOOL DevicePropertySetOwner(HDEVINFO Set, SP_DEVINFO_DATA *Device, const SYSTEM_PROCESS *Owner)
{
    return SetupDiSetDevicePropertyW(
        Set, Device, &DevicePropertyOwner, DEVPROP_TYPE_BINARY, (const BYTE *)Owner, sizeof(*Owner),
        0);
}

BOOL DevicePropertyGetOwner(HDEVINFO Set, SP_DEVINFO_DATA *Device, SYSTEM_PROCESS *Owner)
{
    DEVPROPTYPE Type;
    DWORD Size = 0;

    return SetupDiGetDevicePropertyW(
               Set, Device, &DevicePropertyOwner, &Type, (BYTE *)Owner, sizeof(*Owner), &Size, 0) &&
           Type == DEVPROP_TYPE_BINARY && Size == sizeof(*Owner);
}

static VOID DevicePropertyAppend(
    DEVICE_PROPERTY_LIST *List,
    const DEVPROPKEY *Key,
    DEVPROPTYPE Type,
    const VOID *Buffer,
    ULONG BufferSize)
{
    List->Items[List->Count++] =
        (DEVICE_PROPERTY){.Key = *Key, .Type = Type, .BufferSize = BufferSize, .Buffer = Buffer};
}

static VOID
DevicePropertyAppendText(DEVICE_PROPERTY_LIST *List, const DEVPROPKEY *Key, LPCWSTR Text)
{
    DevicePropertyAppend(
        List, Key, DEVPROP_TYPE_STRING, Text, ((ULONG)lstrlenW(Text) + 1) * sizeof(WCHAR));
}

BOOL DevicePropertyMakeList(
    const DEVICE_NODE_REQUEST *Request,
    const SYSTEM_PROCESS *Owner,
    BOOL IsSoftware,
    DEVICE_PROPERTY_LIST *List)
{
    List->Count = 0;
    List->IsSoftware = (BYTE)(IsSoftware ? DEVPROP_TRUE : DEVPROP_FALSE);
    if (!LogFormat(
            List->FriendlyName, ARRAYSIZE(List->FriendlyName), L"%1 Tunnel", Request->TunnelType))
    {
        LogLastError(L"Naming the device after the tunnel type \"%1\"", Request->TunnelType);
        return FALSE;
    }
    DevicePropertyAppend(List, &DevicePropertyOwner, DEVPROP_TYPE_BINARY, Owner, sizeof(*Owner));
    DevicePropertyAppendText(List, &DevicePropertyTunnelType, Request->TunnelType);
    DevicePropertyAppend(
        List, &DevicePropertyRequestedGuid, DEVPROP_TYPE_GUID, &Request->Guid,
        sizeof(Request->Guid));
    DevicePropertyAppend(
        List, &DevicePropertySoftware, DEVPROP_TYPE_BOOLEAN, &List->IsSoftware,
        sizeof(List->IsSoftware));
    DevicePropertyAppendText(List, &DevicePropertyFriendlyName, List->FriendlyName);
    return TRUE;
}

BOOL DevicePropertySetList(HDEVINFO Set, SP_DEVINFO_DATA *Device, const DEVICE_PROPERTY_LIST *List)
{
    /* The last one, the name, is set in the way of all systems. */
    for (ULONG Index = 0; Index + 1 < List->Count; ++Index)
    {
        const DEVICE_PROPERTY *Item = &List->Items[Index];
        if (!SetupDiSetDevicePropertyW(
                Set, Device, &Item->Key, Item->Type, Item->Buffer, Item->BufferSize, 0))
        {
            LogLastError(L"Recording property %1!u! of the device", Item->Key.pid);
            return FALSE;
        }
    }
    if (!SetupDiSetDeviceRegistryPropertyW(
            Set, Device, SPDRP_FRIENDLYNAME, (const BYTE *)List->FriendlyName,
            ((DWORD)lstrlenW(List->FriendlyName) + 1) * sizeof(WCHAR)))
    {
        LogLastError(L"Naming the device \"%1\"", List->FriendlyName);
        return FALSE;
    }
    return TRUE;
}

BOOL DevicePropertyGetTunnelType(HDEVINFO Set, SP_DEVINFO_DATA *Device, LPWSTR TunnelType)
{
    DEVPROPTYPE Type;
    DWORD Size = 0;

    BOOL Result = SetupDiGetDevicePropertyW(
                      Set, Device, &DevicePropertyTunnelType, &Type, (BYTE *)TunnelType,
                      WINTUN_MAX_POOL * sizeof(WCHAR), &Size, 0) &&
                  Type == DEVPROP_TYPE_STRING && Size >= sizeof(WCHAR);
    TunnelType[Result ? Size / sizeof(WCHAR) - 1 : 0] = 0;
    return Result;
}

static BOOL DevicePropertyGetFixed(
    HDEVINFO Set,
    SP_DEVINFO_DATA *Device,
    const DEVPROPKEY *Key,
    DEVPROPTYPE ExpectedType,
    VOID *Value,
    DWORD ValueSize)
{
    DEVPROPTYPE Type;
    DWORD Size = 0;

    return SetupDiGetDevicePropertyW(Set, Device, Key, &Type, Value, ValueSize, &Size, 0) &&
           Type == ExpectedType && Size == ValueSize;
}

BOOL DevicePropertyGetRequestedGuid(HDEVINFO Set, SP_DEVINFO_DATA *Device, GUID *Guid)
{
    return DevicePropertyGetFixed(
        Set, Device, &DevicePropertyRequestedGuid, DEVPROP_TYPE_GUID, Guid, sizeof(*Guid));
}

BOOL DevicePropertyIsSoftware(HDEVINFO Set, SP_DEVINFO_DATA *Device)
{
    BYTE IsSoftware; /* DEVPROP_BOOLEAN */

    return DevicePropertyGetFixed(
               Set, Device, &DevicePropertySoftware, DEVPROP_TYPE_BOOLEAN, &IsSoftware,
               sizeof(IsSoftware)) &&
           IsSoftware != 0;
}

BOOL DevicePropertyIsPresent(HDEVINFO Set, SP_DEVINFO_DATA *Device)
{
    BYTE IsPresent; /* DEVPROP_BOOLEAN */

    return !DevicePropertyGetFixed(
               Set, Device, &DevicePropertyPresent, DEVPROP_TYPE_BOOLEAN, &IsPresent,
               sizeof(IsPresent)) ||
           IsPresent != 0;
}

DWORD DevicePropertyGetProblem(HDEVINFO Set, SP_DEVINFO_DATA *Device)
{
    UINT32 Problem;

    return DevicePropertyGetFixed(
               Set, Device, &DevicePropertyProblem, DEVPROP_TYPE_UINT32, &Problem, sizeof(Problem))
               ? Problem
               : 0;
}

BOOL DevicePropertyRequestGuid(HDEVINFO Set, SP_DEVINFO_DATA *Device, const GUID *Guid)
{
    WCHAR Text[SYSTEM_GUID_LENGTH];

    HKEY Key = SetupDiCreateDevRegKeyW(Set, Device, DICS_FLAG_GLOBAL, 0, DIREG_DRV, NULL, NULL);
    if (Key == INVALID_HANDLE_VALUE)
    {
        LogLastError(L"Creating the driver key of the device");
        return FALSE;
    }
    SystemFormatGuid(Guid, Text);
    DWORD Error = (DWORD)RegSetValueExW(
        Key, L"NetSetupAnticipatedInstanceId", 0, REG_SZ, (const BYTE *)Text,
        ((DWORD)lstrlenW(Text) + 1) * sizeof(WCHAR));
    RegCloseKey(Key);
    if (Error != ERROR_SUCCESS)
    {
        LogFailure(WINTUN_LOG_ERR, Error, L"Requesting the GUID %1", Text);
        return FALSE;
    }
    return TRUE;
}

static BOOL DevicePropertyGetNumber(HKEY Key, LPCWSTR Name, DWORD *Number)
{
    DWORD Type;
    DWORD Size = sizeof(*Number);

    return RegQueryValueExW(Key, Name, NULL, &Type, (BYTE *)Number, &Size) == ERROR_SUCCESS &&
           Type == REG_DWORD && Size == sizeof(*Number);
}

static BOOL DevicePropertyGetGuid(HKEY Key, LPCWSTR Name, GUID *Guid)
{
    WCHAR Text[39] = {0};
    DWORD Type;
    DWORD Size = sizeof(Text);

    if (RegQueryValueExW(Key, Name, NULL, &Type, (BYTE *)Text, &Size) != ERROR_SUCCESS ||
        Type != REG_SZ || Text[0] != L'{' || Text[37] != L'}')
    {
        return FALSE;
    }
    Text[37] = 0;
    return UuidFromStringW((RPC_WSTR)&Text[1], Guid) == RPC_S_OK;
}

BOOL DevicePropertyGetIdentity(HDEVINFO Set, SP_DEVINFO_DATA *Device, GUID *Guid, NET_LUID *Luid)
{
    DWORD Index;
    DWORD IfType;

    HKEY Key = SetupDiOpenDevRegKey(Set, Device, DICS_FLAG_GLOBAL, 0, DIREG_DRV, KEY_QUERY_VALUE);
    if (Key == INVALID_HANDLE_VALUE)
    {
        return FALSE;
    }
    BOOL Result = DevicePropertyGetGuid(Key, L"NetCfgInstanceId", Guid) &&
                  DevicePropertyGetNumber(Key, L"NetLuidIndex", &Index) &&
                  DevicePropertyGetNumber(Key, L"*IfType", &IfType);
    RegCloseKey(Key);
    if (Result)
    {
        Luid->Value = 0;
        Luid->Info.NetLuidIndex = Index;
        Luid->Info.IfType = IfType;
    }
    return Result;
}

/* Network setup keeps parameters as text, whatever their type. */
static DWORD DevicePropertySetParameter(HKEY Key, LPCWSTR Name, DWORD Value, BOOL *Changed)
{
    WCHAR Wanted[16];
    WCHAR Present[16] = {0};
    DWORD Type;
    DWORD Size = sizeof(Present) - sizeof(WCHAR);

    if (Value == 0)
    {
        return ERROR_SUCCESS;
    }
    LogFormat(Wanted, ARRAYSIZE(Wanted), L"%1!u!", Value);
    if (RegQueryValueExW(Key, Name, NULL, &Type, (BYTE *)Present, &Size) == ERROR_SUCCESS &&
        Type == REG_SZ && DevicePropertyIsText(Wanted, Present))
    {
        return ERROR_SUCCESS;
    }
    *Changed = TRUE;
    return (DWORD)RegSetValueExW(
        Key, Name, 0, REG_SZ, (const BYTE *)Wanted, ((DWORD)lstrlenW(Wanted) + 1) * sizeof(WCHAR));
}

BOOL DevicePropertySetParameters(
    HDEVINFO Set, SP_DEVINFO_DATA *Device, const DEVICE_NODE_REQUEST *Request, BOOL *Changed)
{
    *Changed = FALSE;
    if (Request->Mtu == 0 && Request->LinkSpeed == 0)
    {
        return TRUE;
    }
    HKEY Key = SetupDiCreateDevRegKeyW(Set, Device, DICS_FLAG_GLOBAL, 0, DIREG_DRV, NULL, NULL);
    if (Key == INVALID_HANDLE_VALUE)
    {
        LogLastError(L"Opening the driver key of the device");
        return FALSE;
    }
    DWORD Error = DevicePropertySetParameter(Key, L"MTU", Request->Mtu, Changed);
    if (Error == ERROR_SUCCESS)
    {
        Error = DevicePropertySetParameter(Key, L"LinkSpeed", Request->LinkSpeed, Changed);
    }
    RegCloseKey(Key);
    if (Error != ERROR_SUCCESS)
    {
        LogFailure(WINTUN_LOG_ERR, Error, L"Setting the parameters of the adapter");
        return FALSE;
    }
    return TRUE;
}
