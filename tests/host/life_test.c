/* SPDX-License-Identifier: MIT */
/* Registration, Plug and Play, the adapter state machine: what NDIS calls, and in which order. */
#include "fixture.h"

/* Queries and sets at bind, in the order of stack.c; the test wants the calls around them. */
#define BIND_OIDS                                                                      \
    "Query(0001010c) Query(0001010d) Query(00010116) Query(00010111) Query(0001010a) " \
    "Query(0001010b) Query(00010108) Query(00010109) Query(00010209) Query(00020106) " \
    "Query(00020101) Query(00020102) "                                                 \
    "Set(0001010e) Set(0001010f) "
#define START_TRACE "Initialize Notify(PowerProfile) " BIND_OIDS "Restart "

static void RegisterChecksVersions(void **State)
{
    static const struct
    {
        UCHAR Major, Minor, Revision;
        USHORT Size;
        NDIS_STATUS Status;
    } Cases[] = {
        {6, 20, 2, 0x98, NDIS_STATUS_SUCCESS},
        {6, 30, 2, 0x98, NDIS_STATUS_SUCCESS},
        {6, 85, 2, 0x98, NDIS_STATUS_SUCCESS},
        {6, 85, 3, 0xA0, NDIS_STATUS_SUCCESS},
        {6, 0, 1, 0x88, NDIS_STATUS_SUCCESS},
        {6, 86, 2, 0x98, NDIS_STATUS_BAD_VERSION}, /* newer than NdisGetVersion says */
        {6, 25, 2, 0x98, NDIS_STATUS_BAD_VERSION},
        {5, 1, 2, 0x98, NDIS_STATUS_BAD_VERSION},
        {7, 0, 2, 0x98, NDIS_STATUS_BAD_VERSION},
        {6, 20, 3, 0xA0, NDIS_STATUS_BAD_CHARACTERISTICS},
        {6, 20, 2, 0x97, NDIS_STATUS_BAD_CHARACTERISTICS},
        {6, 20, 0, 0x98, NDIS_STATUS_BAD_CHARACTERISTICS},
    };
    ULONG i;
    UNREFERENCED_PARAMETER(State);
    for (i = 0; i < ARRAYSIZE(Cases); i++)
    {
        NTSTATUS Status;
        PDRIVER_OBJECT Driver;
        ToyReset();
        Toy.Characteristics.MajorNdisVersion = Cases[i].Major;
        Toy.Characteristics.MinorNdisVersion = Cases[i].Minor;
        Toy.Characteristics.Header.Revision = Cases[i].Revision;
        Toy.Characteristics.Header.Size = Cases[i].Size;
        Status = NativeDriverLoad(L"Toy", ToyDriverEntry, &Driver);
        assert_int_equal(ToyRegisterStatus(), Cases[i].Status);
        assert_int_equal(NT_SUCCESS(Status), Cases[i].Status == NDIS_STATUS_SUCCESS);
        if (NT_SUCCESS(Status))
        {
            NativeDriverUnload(Driver);
            assert_string_equal(Toy.Trace, "SetOptions Unload ");
        }
    }
}

static void RegisterNeedsHandlers(void **State)
{
    PDRIVER_OBJECT Driver;
    UNREFERENCED_PARAMETER(State);
    Toy.Characteristics.CancelOidRequestHandler = NULL;
    assert_int_equal(NativeDriverLoad(L"Toy", ToyDriverEntry, &Driver), STATUS_UNSUCCESSFUL);
    assert_int_equal(ToyRegisterStatus(), NDIS_STATUS_BAD_CHARACTERISTICS);
}

static void RegisterFailsWithSetOptions(void **State)
{
    PDRIVER_OBJECT Driver;
    UNREFERENCED_PARAMETER(State);
    Toy.SetOptionsStatus = NDIS_STATUS_RESOURCES;
    assert_int_equal(NativeDriverLoad(L"Toy", ToyDriverEntry, &Driver), STATUS_UNSUCCESSFUL);
    assert_int_equal(ToyRegisterStatus(), NDIS_STATUS_RESOURCES);
}

static void VersionIsTheHosts(void **State)
{
    UNREFERENCED_PARAMETER(State);
    assert_int_equal(NdisGetVersion(), 0x60055);
    assert_int_equal(NdisHostSetVersion(0x60013), STATUS_INVALID_PARAMETER);
    assert_int_equal(NdisHostSetVersion(0x60014), STATUS_SUCCESS);
    assert_int_equal(NdisGetVersion(), 0x60014);
    Toy.Characteristics.MinorNdisVersion = 30;
    assert_int_not_equal(NativeDriverLoad(L"Toy", ToyDriverEntry, &Fixture.Driver), STATUS_SUCCESS);
    Fixture.Driver = NULL;
    assert_int_equal(ToyRegisterStatus(), NDIS_STATUS_BAD_VERSION);
    assert_int_equal(NdisHostSetVersion(0x60055), STATUS_SUCCESS);
}

static void StartAndRemove(void **State)
{
    NDIS_HOST_INFORMATION Information;
    ULONG Value;
    UNREFERENCED_PARAMETER(State);
    FixtureAdd();
    assert_int_equal(FixtureState(), NdisHostHalted);
    assert_string_equal(Toy.Trace, "SetOptions ");
    Toy.Trace[0] = 0;
    assert_int_equal(NativeDeviceStart(Fixture.Pdo), STATUS_SUCCESS);
    assert_string_equal(Toy.Trace, START_TRACE);
    assert_int_equal(NativeLinkMtu(Fixture.Link), 0xFFFF);

    NdisHostGetInformation(Fixture.Adapter, &Information);
    assert_int_equal(Information.State, NdisHostRunning);
    assert_int_equal(Information.MtuSize, 0xFFFF);
    assert_int_equal(
        Information.PacketFilter, NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_BROADCAST);
    assert_int_equal(Information.Lookahead, 256);
    assert_ptr_equal(Information.PhysicalDeviceObject, Fixture.Pdo);
    assert_true(Toy.InitParameters.NetLuid.Value == Information.Identity.NetLuid.Value);
    assert_int_equal(Toy.InitParameters.IfIndex, Information.Identity.IfIndex);
    assert_int_equal(NativeDeviceGetDword(Fixture.Pdo, L"NetLuidIndex", &Value), STATUS_SUCCESS);
    assert_int_equal(Value, Information.Identity.NetLuid.Info.NetLuidIndex);
    assert_int_equal(NativeDeviceGetDword(Fixture.Pdo, L"*IfType", &Value), STATUS_SUCCESS);
    assert_int_equal(Value, IF_TYPE_PROP_VIRTUAL);

    NdisHostCloseAdapter(Fixture.Adapter);
    Fixture.Adapter = NULL;
    Toy.Trace[0] = 0;
    assert_int_equal(NativeDeviceRemove(Fixture.Pdo), STATUS_SUCCESS);
    Fixture.Pdo = NULL;
    assert_string_equal(Toy.Trace, "Pause Halt(Disabled) ");
    assert_int_equal(NativeLinkCount(), 0);
    Toy.Trace[0] = 0;
    NativeDriverUnload(Fixture.Driver);
    Fixture.Driver = NULL;
    assert_string_equal(Toy.Trace, "Unload ");
}

static void SurpriseRemoval(void **State)
{
    UNREFERENCED_PARAMETER(State);
    FixtureStart();
    NdisHostCloseAdapter(Fixture.Adapter);
    Fixture.Adapter = NULL;
    NativeDeviceSurpriseRemove(Fixture.Pdo);
    Fixture.Pdo = NULL;
    assert_string_equal(Toy.Trace, "Notify(SurpriseRemoved) Pause Halt(SurpriseRemoved) ");
}

static void AdapterOutlivesItsDevice(void **State)
{
    UNREFERENCED_PARAMETER(State);
    FixtureStart();
    NativeDeviceSurpriseRemove(Fixture.Pdo);
    Fixture.Pdo = NULL;
    assert_int_equal(FixtureState(), NdisHostHalted);
    assert_int_equal(NdisHostPause(Fixture.Adapter), STATUS_DEVICE_NOT_READY);
    assert_int_equal(NdisHostRestart(Fixture.Adapter), STATUS_DEVICE_NOT_READY);
    assert_int_equal(NdisHostCancelSend(Fixture.Adapter, NULL), STATUS_DEVICE_NOT_READY);
}

static void OperationsMayPend(void **State)
{
    UNREFERENCED_PARAMETER(State);
    Toy.PendPause = Toy.PendRestart = Toy.PendOid = TRUE;
    FixtureStart();
    assert_int_equal(NdisHostPause(Fixture.Adapter), STATUS_SUCCESS);
    assert_int_equal(FixtureState(), NdisHostPaused);
    NativeLinkPush(Fixture.Link, "x", 1);
    FixtureSleep(20);
    assert_int_equal(NativeLinkPending(Fixture.Link), 1);
    assert_int_equal(NdisHostPause(Fixture.Adapter), STATUS_DEVICE_NOT_READY);
    assert_int_equal(NdisHostRestart(Fixture.Adapter), STATUS_SUCCESS);
    assert_int_equal(FixtureState(), NdisHostRunning);
    assert_string_equal(Toy.Trace, "Pause Restart ");
}

static void InitializeFails(void **State)
{
    UNREFERENCED_PARAMETER(State);
    /* Not a failure by NT_SUCCESS, but one by the documentation of MiniportInitializeEx. */
    Toy.InitializeStatus = (NDIS_STATUS)0x00010003; /* NDIS_STATUS_NOT_ACCEPTED */
    FixtureAdd();
    FixtureStartFails(STATUS_UNSUCCESSFUL);
    assert_int_equal(FixtureState(), NdisHostHalted);
    assert_string_equal(Toy.Trace, "SetOptions Initialize ");
}

static void InitializeFailsWithAttributes(void **State)
{
    UNREFERENCED_PARAMETER(State);
    Toy.General.MtuSize = 0x10000;
    FixtureAdd();
    FixtureStartFails(NDIS_STATUS_INVALID_PARAMETER);
    assert_int_equal(FixtureState(), NdisHostHalted);
}

static void InitializeFailsWithEthernet(void **State)
{
    UNREFERENCED_PARAMETER(State);
    Toy.General.MediaType = NdisMedium802_3;
    FixtureAdd();
    FixtureStartFails(NDIS_STATUS_NOT_SUPPORTED);
    assert_int_equal(FixtureState(), NdisHostHalted);
}

static void RestartFails(void **State)
{
    UNREFERENCED_PARAMETER(State);
    Toy.RestartStatus = NDIS_STATUS_RESOURCES;
    Toy.PendRestart = TRUE;
    FixtureAdd();
    Toy.Trace[0] = 0;
    FixtureStartFails(STATUS_INSUFFICIENT_RESOURCES);
    assert_int_equal(FixtureState(), NdisHostHalted);
    assert_string_equal(Toy.Trace, START_TRACE "Halt(InitializationFailed) ");
}

static void LinkDoesNotOpen(void **State)
{
    PDEVICE_OBJECT Pdo = NULL;
    UNREFERENCED_PARAMETER(State);
    FixtureLoad();
    NativeLinkFailOpen(STATUS_ACCESS_DENIED);
    assert_int_equal(NativeDeviceAdd(Fixture.Driver, L"Toy", &Pdo), STATUS_ACCESS_DENIED);
}

static void SleepHalts(void **State)
{
    UNREFERENCED_PARAMETER(State);
    FixtureStart();
    assert_int_equal(NativeDeviceSetPower(Fixture.Pdo, PowerDeviceD3), STATUS_SUCCESS);
    assert_string_equal(Toy.Trace, "Pause Halt(PoweredDown) ");
    assert_int_equal(FixtureState(), NdisHostHalted);
    Toy.Trace[0] = 0;
    assert_int_equal(NativeDeviceSetPower(Fixture.Pdo, PowerDeviceD0), STATUS_SUCCESS);
    assert_string_equal(Toy.Trace, START_TRACE);
    assert_int_equal(FixtureState(), NdisHostRunning);
}

static void SleepPauses(void **State)
{
    UNREFERENCED_PARAMETER(State);
    Toy.AttributeFlags = NDIS_MINIPORT_ATTRIBUTES_NO_HALT_ON_SUSPEND;
    FixtureStart();
    assert_int_equal(NdisHostSetPower(Fixture.Adapter, PowerDeviceD3), STATUS_SUCCESS);
    assert_string_equal(Toy.Trace, "Pause Set(fd010101) ");
    assert_int_equal(FixtureState(), NdisHostPaused);
    assert_int_equal(NdisHostRestart(Fixture.Adapter), STATUS_DEVICE_NOT_READY);
    Toy.Trace[0] = 0;
    assert_int_equal(NdisHostSetPower(Fixture.Adapter, PowerDeviceD0), STATUS_SUCCESS);
    assert_string_equal(Toy.Trace, "Set(fd010101) Restart ");
    assert_int_equal(FixtureState(), NdisHostRunning);
}

static void ShutdownIsTheLastCall(void **State)
{
    UNREFERENCED_PARAMETER(State);
    FixtureStart();
    NdisHostShutdownSystem();
    assert_int_equal(FixtureState(), NdisHostShutdown);
    NdisHostCloseAdapter(Fixture.Adapter);
    Fixture.Adapter = NULL;
    assert_int_equal(NativeDeviceRemove(Fixture.Pdo), STATUS_SUCCESS);
    Fixture.Pdo = NULL;
    assert_string_equal(Toy.Trace, "Shutdown ");
    /* The toy frees its pool in MiniportHaltEx, which does not come. */
    NdisFreeNetBufferListPool(Toy.Pool);
}

static BOOLEAN CountAdapter(PNDIS_MINIPORT_ADAPTER Adapter, PVOID Context)
{
    UNREFERENCED_PARAMETER(Adapter);
    *(int *)Context += 1;
    return *(int *)Context < 2;
}

static void SeveralAdapters(void **State)
{
    PDEVICE_OBJECT Others[2];
    int Count = 0;
    UNREFERENCED_PARAMETER(State);
    FixtureAdd();
    assert_int_equal(NativeDeviceAdd(Fixture.Driver, L"Toy", &Others[0]), STATUS_SUCCESS);
    assert_int_equal(NativeDeviceAdd(Fixture.Driver, L"Toy", &Others[1]), STATUS_SUCCESS);
    NdisHostEnumerateAdapters(CountAdapter, &Count);
    assert_int_equal(Count, 2); /* the callback ended it */
    assert_int_equal(NativeDeviceRemove(Others[0]), STATUS_SUCCESS);
    assert_int_equal(NativeDeviceRemove(Others[1]), STATUS_SUCCESS);
    Count = 0;
    NdisHostEnumerateAdapters(CountAdapter, &Count);
    assert_int_equal(Count, 1);
}

int main(void)
{
#define TEST(Function) cmocka_unit_test_setup_teardown(Function, FixtureSetup, FixtureTeardown)
    const struct CMUnitTest Tests[] = {
        TEST(RegisterChecksVersions),
        TEST(RegisterNeedsHandlers),
        TEST(RegisterFailsWithSetOptions),
        TEST(VersionIsTheHosts),
        TEST(StartAndRemove),
        TEST(SurpriseRemoval),
        TEST(AdapterOutlivesItsDevice),
        TEST(OperationsMayPend),
        TEST(InitializeFails),
        TEST(InitializeFailsWithAttributes),
        TEST(InitializeFailsWithEthernet),
        TEST(RestartFails),
        TEST(LinkDoesNotOpen),
        TEST(SleepHalts),
        TEST(SleepPauses),
        TEST(ShutdownIsTheLastCall),
        TEST(SeveralAdapters),
    };
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
