/* SPDX-License-Identifier: MIT */
/*
 * The functions of IP Helper that configure interfaces, which Wine's iphlpapi.dll lacks (Microsoft,
 * netioapi.h): for adapters of this host, by their device, whose driver's process tells Linux.
 * Other interfaces are not a client's to configure: ERROR_ACCESS_DENIED.
 */
#define IPHLPAPI_DLL_LINKAGE /* these are ours */
#include <winsock2.h>
#include <ws2ipdef.h>
#include <windows.h>
#include <iphlpapi.h>
#include <netioapi.h>

#include "../kernel/control.h"

#define IP_HELPER_INFINITE     0xffffffffu
#define IP_HELPER_UNSET_PREFIX 255
#define IP_HELPER_MIN_MTU4     68   /* RFC 791 */
#define IP_HELPER_MIN_MTU6     1280 /* RFC 8200 */
#define IP_HELPER_MAX_MTU      65535

/* ---- Interfaces ---- */

static DWORD IpHelperFind(NET_LUID *Luid, NET_IFINDEX *Index)
{
    if (Luid->Value == 0 && *Index == 0)
        return ERROR_INVALID_PARAMETER;
    if (Luid->Value == 0)
        return ConvertInterfaceIndexToLuid(*Index, Luid) == NO_ERROR ? NO_ERROR : ERROR_NOT_FOUND;
    return ConvertInterfaceLuidToIndex(Luid, Index) == NO_ERROR ? NO_ERROR : ERROR_NOT_FOUND;
}

static DWORD
IpHelperConfigure(NET_LUID Luid, NET_IFINDEX Index, const HOST_CONFIGURATION *Configuration)
{
    WCHAR Path[64];
    GUID Guid;
    HANDLE Device;
    DWORD Returned, Error = IpHelperFind(&Luid, &Index);
    if (Error != NO_ERROR)
        return Error;
    if (ConvertInterfaceLuidToGuid(&Luid, &Guid) != NO_ERROR)
        return ERROR_NOT_FOUND;
    wsprintfW(
        Path, L"\\\\.\\{%08X-%04X-%04X-%02X%02X-%02X%02X%02X%02X%02X%02X}", Guid.Data1, Guid.Data2,
        Guid.Data3, Guid.Data4[0], Guid.Data4[1], Guid.Data4[2], Guid.Data4[3], Guid.Data4[4],
        Guid.Data4[5], Guid.Data4[6], Guid.Data4[7]);
    Device = CreateFileW(Path, 0, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
    if (Device == INVALID_HANDLE_VALUE)
        return ERROR_ACCESS_DENIED;
    if (!DeviceIoControl(
            Device, HOST_IOCTL_CONFIGURE, (void *)Configuration, sizeof(*Configuration), NULL, 0,
            &Returned, NULL))
        Error = GetLastError();
    CloseHandle(Device);
    return Error == ERROR_ALREADY_EXISTS ? ERROR_OBJECT_ALREADY_EXISTS : Error;
}

/* FALSE: it is no address of IP, or the prefix is longer than it. */
static BOOL
IpHelperTake(const SOCKADDR_INET *Address, ULONG PrefixLength, HOST_CONFIGURATION *Configuration)
{
    if (Address->si_family == AF_INET)
    {
        Configuration->IpVersion = 4;
        CopyMemory(Configuration->Address, &Address->Ipv4.sin_addr, 4);
    }
    else if (Address->si_family == AF_INET6)
    {
        Configuration->IpVersion = 6;
        CopyMemory(Configuration->Address, &Address->Ipv6.sin6_addr, 16);
    }
    else
        return FALSE;
    Configuration->PrefixLength = PrefixLength;
    return PrefixLength <= (Configuration->IpVersion == 4 ? 32u : 128u);
}

/* ---- Addresses ---- */

VOID WINAPI InitializeUnicastIpAddressEntry(PMIB_UNICASTIPADDRESS_ROW Row)
{
    ZeroMemory(Row, sizeof(*Row));
    Row->PrefixOrigin = IpPrefixOriginUnchanged;
    Row->SuffixOrigin = IpSuffixOriginUnchanged;
    Row->OnLinkPrefixLength = IP_HELPER_UNSET_PREFIX;
    Row->ValidLifetime = Row->PreferredLifetime = IP_HELPER_INFINITE;
}

DWORD WINAPI CreateUnicastIpAddressEntry(const MIB_UNICASTIPADDRESS_ROW *Row)
{
    HOST_CONFIGURATION Configuration = {.Action = HostConfigureAddAddress};
    ULONG PrefixLength;
    if (Row == NULL)
        return ERROR_INVALID_PARAMETER;
    PrefixLength = Row->OnLinkPrefixLength;
    if (PrefixLength == IP_HELPER_UNSET_PREFIX)
        PrefixLength = Row->Address.si_family == AF_INET ? 32 : 128;
    if (!IpHelperTake(&Row->Address, PrefixLength, &Configuration) ||
        Row->ValidLifetime < Row->PreferredLifetime ||
        (Row->PrefixOrigin == IpPrefixOriginUnchanged) !=
            (Row->SuffixOrigin == IpSuffixOriginUnchanged))
        return ERROR_INVALID_PARAMETER;
    return IpHelperConfigure(Row->InterfaceLuid, Row->InterfaceIndex, &Configuration);
}

/* The prefix length is not a part of what is deleted; Linux takes the address alone with any. */
DWORD WINAPI DeleteUnicastIpAddressEntry(const MIB_UNICASTIPADDRESS_ROW *Row)
{
    HOST_CONFIGURATION Configuration = {.Action = HostConfigureDeleteAddress};
    PMIB_UNICASTIPADDRESS_TABLE Table = NULL;
    NET_LUID Luid;
    NET_IFINDEX Index;
    DWORD Error;
    if (Row == NULL || !IpHelperTake(&Row->Address, 0, &Configuration))
        return ERROR_INVALID_PARAMETER;
    Luid = Row->InterfaceLuid;
    Index = Row->InterfaceIndex;
    Error = IpHelperFind(&Luid, &Index);
    if (Error != NO_ERROR)
        return Error;
    if (GetUnicastIpAddressTable(Row->Address.si_family, &Table) != NO_ERROR)
        return ERROR_NOT_FOUND;
    Error = ERROR_NOT_FOUND;
    for (ULONG i = 0; i < Table->NumEntries && Error == ERROR_NOT_FOUND; i++)
    {
        HOST_CONFIGURATION Found = Configuration;
        if (Table->Table[i].InterfaceIndex != Index ||
            !IpHelperTake(&Table->Table[i].Address, Table->Table[i].OnLinkPrefixLength, &Found) ||
            memcmp(Found.Address, Configuration.Address, sizeof(Found.Address)) != 0)
            continue;
        Error = IpHelperConfigure(Luid, Index, &Found);
    }
    FreeMibTable(Table);
    return Error;
}

/* ---- Routes ---- */

VOID WINAPI InitializeIpForwardEntry(PMIB_IPFORWARD_ROW2 Row)
{
    ZeroMemory(Row, sizeof(*Row));
    Row->SitePrefixLength = IP_HELPER_UNSET_PREFIX;
    Row->ValidLifetime = Row->PreferredLifetime = IP_HELPER_INFINITE;
    Row->Metric = IP_HELPER_INFINITE;
    Row->Protocol = (NL_ROUTE_PROTOCOL)-1;
    Row->Loopback = Row->AutoconfigureAddress = Row->Publish = Row->Immortal = TRUE;
}

static DWORD IpHelperRoute(const MIB_IPFORWARD_ROW2 *Row, UINT32 Action)
{
    HOST_CONFIGURATION Configuration = {.Action = Action}, NextHop = {0};
    if (Row == NULL ||
        !IpHelperTake(
            &Row->DestinationPrefix.Prefix, Row->DestinationPrefix.PrefixLength, &Configuration) ||
        !IpHelperTake(&Row->NextHop, 0, &NextHop) || NextHop.IpVersion != Configuration.IpVersion ||
        Row->PreferredLifetime > Row->ValidLifetime)
        return ERROR_INVALID_PARAMETER;
    CopyMemory(Configuration.NextHop, NextHop.Address, sizeof(NextHop.Address));
    Configuration.Metric = Row->Metric == IP_HELPER_INFINITE ? 0 : Row->Metric;
    return IpHelperConfigure(Row->InterfaceLuid, Row->InterfaceIndex, &Configuration);
}

DWORD WINAPI CreateIpForwardEntry2(const MIB_IPFORWARD_ROW2 *Row)
{
    return IpHelperRoute(Row, HostConfigureAddRoute);
}

DWORD WINAPI DeleteIpForwardEntry2(const MIB_IPFORWARD_ROW2 *Row)
{
    return IpHelperRoute(Row, HostConfigureDeleteRoute);
}

/* ---- Interfaces of IP ---- */

VOID WINAPI InitializeIpInterfaceEntry(PMIB_IPINTERFACE_ROW Row)
{
    ZeroMemory(Row, sizeof(*Row));
}

/* What Linux has no counterpart for is zero. */
static void IpHelperDescribe(const MIB_IF_ROW2 *Interface, PMIB_IPINTERFACE_ROW Row)
{
    ADDRESS_FAMILY Family = Row->Family;
    ZeroMemory(Row, sizeof(*Row));
    Row->Family = Family;
    Row->InterfaceLuid = Interface->InterfaceLuid;
    Row->InterfaceIndex = Interface->InterfaceIndex;
    Row->UseAutomaticMetric = TRUE;
    Row->NlMtu = Interface->Mtu;
    Row->Connected = Interface->OperStatus == IfOperStatusUp;
}

DWORD WINAPI GetIpInterfaceEntry(PMIB_IPINTERFACE_ROW Row)
{
    MIB_IF_ROW2 Interface = {0};
    if (Row == NULL || (Row->Family != AF_INET && Row->Family != AF_INET6) ||
        (Row->InterfaceLuid.Value == 0 && Row->InterfaceIndex == 0))
        return ERROR_INVALID_PARAMETER;
    Interface.InterfaceLuid = Row->InterfaceLuid;
    Interface.InterfaceIndex = Row->InterfaceIndex;
    if (GetIfEntry2(&Interface) != NO_ERROR)
        return ERROR_FILE_NOT_FOUND;
    IpHelperDescribe(&Interface, Row);
    return NO_ERROR;
}

/* For FreeMibTable, which frees from the process's heap. */
DWORD WINAPI GetIpInterfaceTable(ADDRESS_FAMILY Family, PMIB_IPINTERFACE_TABLE *Table)
{
    PMIB_IF_TABLE2 Interfaces;
    PMIB_IPINTERFACE_TABLE New;
    DWORD Error;
    if (Table == NULL || (Family != AF_INET && Family != AF_INET6 && Family != AF_UNSPEC))
        return ERROR_INVALID_PARAMETER;
    Error = GetIfTable2(&Interfaces);
    if (Error != NO_ERROR)
        return Error;
    New = HeapAlloc(
        GetProcessHeap(), HEAP_ZERO_MEMORY,
        sizeof(*New) + 2 * (SIZE_T)Interfaces->NumEntries * sizeof(New->Table[0]));
    for (ULONG i = 0; New != NULL && i < 2 * Interfaces->NumEntries; i++)
    {
        PMIB_IPINTERFACE_ROW Row = &New->Table[New->NumEntries];
        Row->Family = i % 2 == 0 ? AF_INET : AF_INET6;
        if (Family != AF_UNSPEC && Family != Row->Family)
            continue;
        IpHelperDescribe(&Interfaces->Table[i / 2], Row);
        New->NumEntries++;
    }
    FreeMibTable(Interfaces);
    *Table = New;
    return New != NULL ? NO_ERROR : ERROR_NOT_ENOUGH_MEMORY;
}

/* The MTU, which Linux has one of for both versions of IP; an MTU of zero stays as it is. */
DWORD WINAPI SetIpInterfaceEntry(PMIB_IPINTERFACE_ROW Row)
{
    HOST_CONFIGURATION Configuration = {.Action = HostConfigureSetMtu};
    DWORD Error;
    if (Row == NULL || (Row->Family != AF_INET && Row->Family != AF_INET6) ||
        (Row->Family == AF_INET && Row->SitePrefixLength != 0))
        return ERROR_INVALID_PARAMETER;
    Error = IpHelperFind(&Row->InterfaceLuid, &Row->InterfaceIndex);
    if (Error != NO_ERROR)
        return Error == ERROR_NOT_FOUND ? ERROR_FILE_NOT_FOUND : Error;
    if (Row->NlMtu == 0)
        return NO_ERROR;
    if (Row->NlMtu < (Row->Family == AF_INET ? IP_HELPER_MIN_MTU4 : IP_HELPER_MIN_MTU6) ||
        Row->NlMtu > IP_HELPER_MAX_MTU)
        return ERROR_INVALID_PARAMETER;
    Configuration.Mtu = Row->NlMtu;
    return IpHelperConfigure(Row->InterfaceLuid, Row->InterfaceIndex, &Configuration);
}

BOOL WINAPI DllMainCRTStartup(HINSTANCE Instance, DWORD Reason, void *Reserved);

BOOL WINAPI DllMainCRTStartup(HINSTANCE Instance, DWORD Reason, void *Reserved)
{
    (void)Reserved;
    if (Reason == DLL_PROCESS_ATTACH)
        DisableThreadLibraryCalls(Instance);
    return TRUE;
}
