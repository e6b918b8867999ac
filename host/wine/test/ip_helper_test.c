/* SPDX-License-Identifier: MIT */
/*
 * Addresses, routes and the MTU of an adapter by IP Helper, as tunnel programs set them. Lines
 * "linux: WHAT" ask the script whether Linux has it; it answers "yes" or "no".
 */
#include <winsock2.h>
#include <ws2ipdef.h>

#define CLIENT_LOADS_LIBRARY
#include "../../../tests/library/client.h"

#include <iphlpapi.h>
#include <netioapi.h>
#include <string.h>

/* By name, as bindings load them. */
#define FUNCTIONS(X)                                                          \
    X(VOID, InitializeUnicastIpAddressEntry, (MIB_UNICASTIPADDRESS_ROW *))    \
    X(DWORD, CreateUnicastIpAddressEntry, (const MIB_UNICASTIPADDRESS_ROW *)) \
    X(DWORD, DeleteUnicastIpAddressEntry, (const MIB_UNICASTIPADDRESS_ROW *)) \
    X(VOID, InitializeIpForwardEntry, (MIB_IPFORWARD_ROW2 *))                 \
    X(DWORD, CreateIpForwardEntry2, (const MIB_IPFORWARD_ROW2 *))             \
    X(DWORD, DeleteIpForwardEntry2, (const MIB_IPFORWARD_ROW2 *))             \
    X(VOID, InitializeIpInterfaceEntry, (MIB_IPINTERFACE_ROW *))              \
    X(DWORD, GetIpInterfaceEntry, (MIB_IPINTERFACE_ROW *))                    \
    X(DWORD, GetIpInterfaceTable, (ADDRESS_FAMILY, MIB_IPINTERFACE_TABLE **)) \
    X(DWORD, SetIpInterfaceEntry, (MIB_IPINTERFACE_ROW *))
#define DECLARE(Type, Name, Parameters) static Type(WINAPI *p##Name) Parameters;
FUNCTIONS(DECLARE)

static BOOL Load(void)
{
    HMODULE Module = LoadLibraryW(L"iphlpapi.dll");
    BOOL Loaded = TRUE;
#define GET(Type, Name, Parameters)                       \
    *(FARPROC *)&p##Name = GetProcAddress(Module, #Name); \
    Loaded = CHECK(p##Name != NULL) && Loaded;
    FUNCTIONS(GET)
    return Loaded;
}

static BOOL LinuxHas(const char *What)
{
    char Line[16] = "";
    printf("linux: %s\n", What);
    fflush(stdout);
    return fgets(Line, sizeof(Line), stdin) != NULL && strncmp(Line, "yes", 3) == 0;
}

static SOCKADDR_INET Address4(BYTE A, BYTE B, BYTE C, BYTE D)
{
    return (SOCKADDR_INET){.Ipv4 = {AF_INET, .sin_addr.S_un.S_un_b = {A, B, C, D}}};
}

/* fd00:8:<Word>::<Last> */
static SOCKADDR_INET Address6(BYTE Word, BYTE Last)
{
    return (SOCKADDR_INET){
        .Ipv6 = {AF_INET6, .sin6_addr.u.Byte = {0xfd, 0, 0, 8, 0, Word, [15] = Last}}};
}

static void TestAddresses(NET_LUID Luid, const NET_LUID *Other)
{
    MIB_UNICASTIPADDRESS_ROW Row;
    pInitializeUnicastIpAddressEntry(&Row);
    CHECK(
        Row.OnLinkPrefixLength == 255 && Row.ValidLifetime == 0xffffffff &&
        Row.PrefixOrigin == IpPrefixOriginUnchanged && Row.InterfaceLuid.Value == 0);
    Row.Address = Address4(10, 8, 1, 1);
    CHECK(pCreateUnicastIpAddressEntry(&Row) == ERROR_INVALID_PARAMETER);
    Row.InterfaceLuid = Luid;
    Row.OnLinkPrefixLength = 33;
    CHECK(pCreateUnicastIpAddressEntry(&Row) == ERROR_INVALID_PARAMETER);
    Row.OnLinkPrefixLength = 24;
    CHECK(pCreateUnicastIpAddressEntry(&Row) == NO_ERROR);
    CHECK(LinuxHas("address4") && LinuxHas("up"));
    CHECK(pCreateUnicastIpAddressEntry(&Row) == ERROR_OBJECT_ALREADY_EXISTS);
    /* By index, and without a prefix. */
    CHECK(ConvertInterfaceLuidToIndex(&Luid, &Row.InterfaceIndex) == NO_ERROR);
    Row.InterfaceLuid.Value = 0;
    Row.Address = Address6(1, 1);
    Row.OnLinkPrefixLength = 255;
    CHECK(pCreateUnicastIpAddressEntry(&Row) == NO_ERROR);
    CHECK(LinuxHas("address6"));
    CHECK(pDeleteUnicastIpAddressEntry(&Row) == NO_ERROR);
    CHECK(!LinuxHas("address6"));
    CHECK(pDeleteUnicastIpAddressEntry(&Row) == ERROR_NOT_FOUND);
    Row.InterfaceIndex = 9999;
    CHECK(pCreateUnicastIpAddressEntry(&Row) == ERROR_NOT_FOUND);
    Row.InterfaceLuid = *Other;
    CHECK(pCreateUnicastIpAddressEntry(&Row) == ERROR_ACCESS_DENIED);
}

static MIB_IPFORWARD_ROW2
Route(NET_LUID Luid, SOCKADDR_INET Destination, UINT8 Length, SOCKADDR_INET NextHop)
{
    MIB_IPFORWARD_ROW2 Row;
    pInitializeIpForwardEntry(&Row);
    Row.InterfaceLuid = Luid;
    Row.DestinationPrefix.Prefix = Destination;
    Row.DestinationPrefix.PrefixLength = Length;
    Row.NextHop = NextHop;
    Row.Metric = 5;
    return Row;
}

static void TestRoute(MIB_IPFORWARD_ROW2 Row, const char *What)
{
    CHECK(pCreateIpForwardEntry2(&Row) == NO_ERROR);
    CHECK(LinuxHas(What));
    CHECK(pCreateIpForwardEntry2(&Row) == ERROR_OBJECT_ALREADY_EXISTS);
    CHECK(pDeleteIpForwardEntry2(&Row) == NO_ERROR);
    CHECK(!LinuxHas(What));
    CHECK(pDeleteIpForwardEntry2(&Row) == ERROR_NOT_FOUND);
}

static void TestRoutes(NET_LUID Luid)
{
    SOCKADDR_INET OnLink4 = Address4(0, 0, 0, 0), OnLink6 = {.Ipv6 = {.sin6_family = AF_INET6}};
    MIB_IPFORWARD_ROW2 Row;
    TestRoute(Route(Luid, Address4(10, 8, 2, 0), 24, OnLink4), "route4");
    TestRoute(Route(Luid, Address4(10, 8, 3, 0), 24, Address4(10, 8, 9, 9)), "gateway4");
    TestRoute(Route(Luid, OnLink4, 0, OnLink4), "default4");
    TestRoute(Route(Luid, Address6(2, 0), 48, OnLink6), "route6");
    Row = Route(Luid, Address4(10, 8, 2, 0), 33, OnLink4);
    CHECK(pCreateIpForwardEntry2(&Row) == ERROR_INVALID_PARAMETER);
    Row = Route(Luid, Address4(10, 8, 2, 0), 24, OnLink6);
    CHECK(pCreateIpForwardEntry2(&Row) == ERROR_INVALID_PARAMETER);
    CHECK(pCreateIpForwardEntry2(NULL) == ERROR_INVALID_PARAMETER);
}

static void TestInterface(NET_LUID Luid)
{
    MIB_IPINTERFACE_ROW Row;
    MIB_IPINTERFACE_TABLE *Table;
    ULONG Count = 0;
    pInitializeIpInterfaceEntry(&Row);
    CHECK(pGetIpInterfaceEntry(&Row) == ERROR_INVALID_PARAMETER);
    Row.Family = AF_INET;
    Row.InterfaceLuid = Luid;
    CHECK(pGetIpInterfaceEntry(&Row) == NO_ERROR && Row.NlMtu == 1500 && Row.Family == AF_INET);
    Row.NlMtu = 1380;
    CHECK(pSetIpInterfaceEntry(&Row) == NO_ERROR);
    CHECK(LinuxHas("mtu"));
    CHECK(pGetIpInterfaceEntry(&Row) == NO_ERROR && Row.NlMtu == 1380);
    Row.NlMtu = 67;
    CHECK(pSetIpInterfaceEntry(&Row) == ERROR_INVALID_PARAMETER);
    Row.Family = AF_INET6;
    Row.NlMtu = 1279;
    CHECK(pSetIpInterfaceEntry(&Row) == ERROR_INVALID_PARAMETER);
    Row.InterfaceLuid.Value = 0;
    Row.InterfaceIndex = 9999;
    CHECK(pSetIpInterfaceEntry(&Row) == ERROR_FILE_NOT_FOUND);
    if (!CHECK(pGetIpInterfaceTable(AF_UNSPEC, &Table) == NO_ERROR))
        return;
    for (ULONG i = 0; i < Table->NumEntries; i++)
        Count += Table->Table[i].InterfaceLuid.Value == Luid.Value && Table->Table[i].NlMtu == 1380;
    CHECK(Count == 2);
    FreeMibTable(Table);
}

int main(void)
{
    WINTUN_ADAPTER_HANDLE Adapter;
    NET_LUID Luid, Loopback;

    if (ClientLoad() == NULL || !Load())
        return CheckResult("ip_helper_test");
    CHECK(ConvertInterfaceIndexToLuid(1, &Loopback) == NO_ERROR);
    Adapter = WintunCreateAdapter(L"IpHelper", L"AditTest", NULL);
    if (CHECK(Adapter != NULL))
    {
        WintunGetAdapterLUID(Adapter, &Luid);
        TestAddresses(Luid, &Loopback);
        TestRoutes(Luid);
        TestInterface(Luid);
        WintunCloseAdapter(Adapter);
    }
    return CheckResult("ip_helper_test");
}
