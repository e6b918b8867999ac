/* SPDX-License-Identifier: MIT */
/* The device behind an adapter. */
#include "device.h"

#include <rpc.h>
#include <setupapi.h>
#include <stddef.h>
#include <stdio.h>
#include <winioctl.h>

#define OID_GEN_STATISTICS 0x00020106

/* NDIS answers it with what the miniport answers to the OID that is its input (ntddndis.h). */
#define IOCTL_NDIS_QUERY_GLOBAL_STATS \
    CTL_CODE(FILE_DEVICE_PHYSICAL_NETCARD, 0, METHOD_OUT_DIRECT, FILE_ANY_ACCESS)

#define STATISTICS_REVISION 1

_Static_assert(IOCTL_NDIS_QUERY_GLOBAL_STATS == 0x170002, "IOCTL_NDIS_QUERY_GLOBAL_STATS");
_Static_assert(offsetof(NDIS_STATISTICS, SupportedStatistics) == 4, "SupportedStatistics");
_Static_assert(offsetof(NDIS_STATISTICS, InDiscards) == 8, "InDiscards");
_Static_assert(offsetof(NDIS_STATISTICS, OutOctets) == 0x38, "OutOctets");
_Static_assert(offsetof(NDIS_STATISTICS, OutDiscards) == 0x60, "OutDiscards");
_Static_assert(sizeof(NDIS_STATISTICS) == 0x98, "NDIS_STATISTICS");

static const GUID NetInterface = {
    0xcac88484, 0x7515, 0x4c03, {0x82, 0xe6, 0x71, 0xa8, 0x7a, 0xba, 0xc3, 0x61}};

VOID DeviceFormatGuid(const GUID *Guid, LPWSTR Text, size_t Count)
{
    const BYTE *Tail = Guid->Data4;

    _snwprintf(
        Text, Count, L"{%08lX-%04X-%04X-%02X%02X-%02X%02X%02X%02X%02X%02X}", Guid->Data1,
        Guid->Data2, Guid->Data3, Tail[0], Tail[1], Tail[2], Tail[3], Tail[4], Tail[5], Tail[6],
        Tail[7]);
    Text[Count - 1] = 0;
}

/* The connection's name is kept under its GUID by network setup, and told by nci.dll. */
static BOOL DeviceReadName(ADAPTER_DEVICE *Device)
{
    typedef DWORD(WINAPI NCI_GET_CONNECTION_NAME)(const GUID *, LPWSTR, DWORD, DWORD *);
    DWORD Size;
    DWORD Error = ERROR_PROC_NOT_FOUND;

    HMODULE Nci = LoadLibraryExW(L"nci.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    if (Nci == NULL)
    {
        return FALSE;
    }
    NCI_GET_CONNECTION_NAME *GetConnectionName =
        (NCI_GET_CONNECTION_NAME *)(VOID *)GetProcAddress(Nci, "NciGetConnectionName");
    if (GetConnectionName != NULL)
    {
        Error = GetConnectionName(&Device->Guid, Device->Name, sizeof(Device->Name), &Size);
    }
    Device->Name[ARRAYSIZE(Device->Name) - 1] = 0;
    FreeLibrary(Nci);
    SetLastError(Error);
    return Error == ERROR_SUCCESS;
}

/* Whether the device is the adapter with that LUID; reads its GUID then. */
static BOOL
DeviceMatches(HDEVINFO Set, SP_DEVINFO_DATA *Info, const NET_LUID *Luid, ADAPTER_DEVICE *Device)
{
    WCHAR Text[39] = {0};
    DWORD Index = 0, IfType = 0;
    DWORD IndexSize = sizeof(Index), IfTypeSize = sizeof(IfType), TextSize = sizeof(Text);

    HKEY Key = SetupDiOpenDevRegKey(Set, Info, DICS_FLAG_GLOBAL, 0, DIREG_DRV, KEY_QUERY_VALUE);
    if (Key == INVALID_HANDLE_VALUE)
    {
        return FALSE;
    }
    BOOL Result = RegQueryValueExW(Key, L"NetLuidIndex", NULL, NULL, (BYTE *)&Index, &IndexSize) ==
                      ERROR_SUCCESS &&
                  RegQueryValueExW(Key, L"*IfType", NULL, NULL, (BYTE *)&IfType, &IfTypeSize) ==
                      ERROR_SUCCESS &&
                  RegQueryValueExW(Key, L"NetCfgInstanceId", NULL, NULL, (BYTE *)Text, &TextSize) ==
                      ERROR_SUCCESS &&
                  Index == Luid->Info.NetLuidIndex && IfType == Luid->Info.IfType &&
                  Text[37] == L'}';
    RegCloseKey(Key);
    Text[37] = 0;
    return Result && UuidFromStringW((RPC_WSTR)&Text[1], &Device->Guid) == RPC_S_OK;
}

static BOOL
DeviceReadPath(HDEVINFO Set, SP_DEVICE_INTERFACE_DATA *Interface, ADAPTER_DEVICE *Device)
{
    union
    {
        SP_DEVICE_INTERFACE_DETAIL_DATA_W Data;
        BYTE Bytes[sizeof(SP_DEVICE_INTERFACE_DETAIL_DATA_W) + sizeof(Device->Path)];
    } Detail;

    Detail.Data.cbSize = sizeof(Detail.Data);
    if (!SetupDiGetDeviceInterfaceDetailW(Set, Interface, &Detail.Data, sizeof(Detail), NULL, NULL))
    {
        return FALSE;
    }
    lstrcpynW(Device->Path, Detail.Data.DevicePath, ARRAYSIZE(Device->Path));
    return TRUE;
}

BOOL DeviceFind(const NET_LUID *Luid, ADAPTER_DEVICE *Device)
{
    SP_DEVICE_INTERFACE_DATA Interface = {.cbSize = sizeof(Interface)};
    SP_DEVINFO_DATA Info = {.cbSize = sizeof(Info)};
    BOOL Found = FALSE;

    HDEVINFO Set =
        SetupDiGetClassDevsW(&NetInterface, NULL, NULL, DIGCF_DEVICEINTERFACE | DIGCF_PRESENT);
    if (Set == INVALID_HANDLE_VALUE)
    {
        return FALSE;
    }
    for (DWORD Index = 0;
         !Found && SetupDiEnumDeviceInterfaces(Set, NULL, &NetInterface, Index, &Interface);
         ++Index)
    {
        /* Asked without a buffer, it fails for want of one, and tells the device. */
        SetupDiGetDeviceInterfaceDetailW(Set, &Interface, NULL, 0, NULL, &Info);
        Found = DeviceMatches(Set, &Info, Luid, Device) && DeviceReadPath(Set, &Interface, Device);
    }
    SetupDiDestroyDeviceInfoList(Set);
    if (!Found)
    {
        SetLastError(ERROR_FILE_NOT_FOUND);
        return FALSE;
    }
    return DeviceReadName(Device);
}

/* Asks for one OID; *Size: bytes that came back. */
static BOOL
DeviceQuery(const ADAPTER_DEVICE *Device, ULONG Oid, VOID *Buffer, DWORD Capacity, DWORD *Size)
{
    HANDLE File = CreateFileW(
        Device->Path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
        OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
    if (File == INVALID_HANDLE_VALUE)
    {
        return FALSE;
    }
    *Size = 0;
    BOOL Result = DeviceIoControl(
        File, IOCTL_NDIS_QUERY_GLOBAL_STATS, &Oid, sizeof(Oid), Buffer, Capacity, Size, NULL);
    DWORD Error = GetLastError();
    CloseHandle(File);
    SetLastError(Error);
    return Result;
}

BOOL DeviceQueryStatistics(const ADAPTER_DEVICE *Device, NDIS_STATISTICS *Statistics)
{
    DWORD Size;

    if (!DeviceQuery(Device, OID_GEN_STATISTICS, Statistics, sizeof(*Statistics), &Size))
    {
        return FALSE;
    }
    if (Size < sizeof(*Statistics) || Statistics->Revision < STATISTICS_REVISION ||
        Statistics->Size < sizeof(*Statistics))
    {
        SetLastError(ERROR_INVALID_DATA);
        return FALSE;
    }
    return TRUE;
}

BOOL DeviceQueryCounters(const ADAPTER_DEVICE *Device, ADIT_COUNTERS *Counters)
{
    DWORD Size;

    if (!DeviceQuery(Device, ADIT_OID_COUNTERS, Counters, sizeof(*Counters), &Size))
    {
        return FALSE;
    }
    if (Size < sizeof(*Counters) || Counters->Version < ADIT_COUNTERS_VERSION)
    {
        SetLastError(ERROR_INVALID_DATA);
        return FALSE;
    }
    return TRUE;
}
