/* SPDX-License-Identifier: MIT */
/* What is recorded about a device. */
#include "device_property.h"
#include "log.h"

#include <devpropdef.h>
#include <rpc.h>

/* The category of our own properties, which are numbered from 2 as Windows asks. */
#define DEVICE_PROPERTY_CATEGORY \
    {0xe0b1f2f4, 0x9e0b, 0x4b7c, {0x8e, 0x4b, 0x3b, 0x7f, 0x6e, 0x2d, 0x5a, 0x19}}

/* SYSTEM_PROCESS as DEVPROP_TYPE_BINARY. */
static const DEVPROPKEY DevicePropertyOwner = {DEVICE_PROPERTY_CATEGORY, 2};

/* DEVPROP_TYPE_STRING */
static const DEVPROPKEY DevicePropertyTunnelType = {DEVICE_PROPERTY_CATEGORY, 3};

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
           Type == DEVPROP_TYPE_BINARY && Size == sizeof(*Owner) && Owner->Id != 0;
}

BOOL DevicePropertySetTunnelType(HDEVINFO Set, SP_DEVINFO_DATA *Device, LPCWSTR TunnelType)
{
    WCHAR FriendlyName[WINTUN_MAX_POOL + 8];

    if (!SetupDiSetDevicePropertyW(
            Set, Device, &DevicePropertyTunnelType, DEVPROP_TYPE_STRING, (const BYTE *)TunnelType,
            ((DWORD)lstrlenW(TunnelType) + 1) * sizeof(WCHAR), 0))
    {
        LogLastError(L"Recording the tunnel type \"%1\"", TunnelType);
        return FALSE;
    }
    if (!LogFormat(FriendlyName, ARRAYSIZE(FriendlyName), L"%1 Tunnel", TunnelType) ||
        !SetupDiSetDeviceRegistryPropertyW(
            Set, Device, SPDRP_FRIENDLYNAME, (const BYTE *)FriendlyName,
            ((DWORD)lstrlenW(FriendlyName) + 1) * sizeof(WCHAR)))
    {
        LogLastError(L"Naming the device after the tunnel type \"%1\"", TunnelType);
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

BOOL DevicePropertyRequestGuid(HDEVINFO Set, SP_DEVINFO_DATA *Device, const GUID *Guid)
{
    WCHAR Text[64];
    const BYTE *Tail = Guid->Data4;

    HKEY Key = SetupDiCreateDevRegKeyW(Set, Device, DICS_FLAG_GLOBAL, 0, DIREG_DRV, NULL, NULL);
    if (Key == INVALID_HANDLE_VALUE)
    {
        LogLastError(L"Creating the driver key of the device");
        return FALSE;
    }
    LogFormat(
        Text, ARRAYSIZE(Text),
        L"{%1!08X!-%2!04X!-%3!04X!-%4!02X!%5!02X!-%6!02X!%7!02X!%8!02X!%9!02X!%10!02X!%11!02X!}",
        Guid->Data1, (DWORD)Guid->Data2, (DWORD)Guid->Data3, (DWORD)Tail[0], (DWORD)Tail[1],
        (DWORD)Tail[2], (DWORD)Tail[3], (DWORD)Tail[4], (DWORD)Tail[5], (DWORD)Tail[6],
        (DWORD)Tail[7]);
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
