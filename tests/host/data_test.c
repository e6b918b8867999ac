/* SPDX-License-Identifier: MIT */
/* The data path in both directions: batches, IRQL, drops, ownership across pause and removal. */
#include "fixture.h"

static void PacketsReachTheMiniport(void **State)
{
    UCHAR Data[1500];
    ULONG i;
    UNREFERENCED_PARAMETER(State);
    FixtureStart();
    for (i = 0; i < 300; i++)
    {
        memset(Data, (int)i, sizeof(Data));
        NativeLinkPush(Fixture.Link, Data, 1 + i);
    }
    FIXTURE_WAIT(FixtureCounters().Sent == 300);
    FIXTURE_WAIT(ReadAcquire(&Toy.Sends) == 300);
    assert_int_equal(NdisHostPause(Fixture.Adapter), STATUS_SUCCESS);
    assert_int_equal(Toy.LastSentLength, 300);
    assert_memory_equal(Toy.LastSent, Data, 300);
    assert_int_equal(FixtureCounters().SendErrors, 0);
}

/* Each send call is at the other IRQL; packets one by one make as many calls. */
static void SendsComeAtBothLevels(void **State)
{
    LONG i;
    UNREFERENCED_PARAMETER(State);
    FixtureStart();
    for (i = 1; i <= 10; i++)
    {
        NativeLinkPush(Fixture.Link, "x", 1);
        FIXTURE_WAIT(ReadAcquire(&Toy.Sends) == i);
    }
    FIXTURE_WAIT(ReadAcquire(&Toy.SendsAtDispatch) == 5);
}

static void LargestPacketBothWays(void **State)
{
    static UCHAR Data[0xFFFF], Back[0x10000];
    ULONG i;
    UNREFERENCED_PARAMETER(State);
    Toy.Send = ToySendEcho;
    FixtureStart();
    for (i = 0; i < sizeof(Data); i++)
    {
        Data[i] = (UCHAR)(i * 7);
    }
    NativeLinkPush(Fixture.Link, Data, sizeof(Data));
    assert_int_equal(NativeLinkCollect(Fixture.Link, Back, sizeof(Back), 5000), sizeof(Data));
    assert_memory_equal(Back, Data, sizeof(Data));
    FIXTURE_WAIT(ReadAcquire(&Toy.Returns) == 1);
}

static void FailedSendsAreCounted(void **State)
{
    UNREFERENCED_PARAMETER(State);
    Toy.SendStatus = NDIS_STATUS_FAILURE;
    FixtureStart();
    NativeLinkPush(Fixture.Link, "x", 1);
    FIXTURE_WAIT(FixtureCounters().SendErrors == 1);
}

/* A miniport that keeps all slots: the reader waits for one, and a pause cancels the sends. */
static void HeldSendsAreCancelledByPause(void **State)
{
    ULONG i;
    UNREFERENCED_PARAMETER(State);
    Toy.Send = ToySendHold;
    FixtureStart();
    for (i = 0; i < 400; i++)
    {
        NativeLinkPush(Fixture.Link, "x", 1);
    }
    FIXTURE_WAIT(ReadAcquire(&Toy.Sends) == 256);
    FixtureSleep(20);
    assert_int_equal(ReadAcquire(&Toy.Sends), 256);
    assert_int_equal(NdisHostPause(Fixture.Adapter), STATUS_SUCCESS);
    assert_null(Toy.Held);
    Toy.Send = ToySendComplete;
    assert_int_equal(NdisHostRestart(Fixture.Adapter), STATUS_SUCCESS);
    FIXTURE_WAIT(ReadAcquire(&Toy.Sends) == 400);
}

static volatile LONG Released;

static VOID NTAPI ReleaseLater(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    FixtureSleep(30);
    WriteRelease(&Released, TRUE);
    ToyReleaseSends();
    PsTerminateSystemThread(STATUS_SUCCESS);
}

/* MiniportPause is called when the stack has all its sends back, however long that takes. */
static void HeldSendsAreAwaitedByPause(void **State)
{
    HANDLE Thread;
    UNREFERENCED_PARAMETER(State);
    Toy.Send = ToySendHold;
    Toy.IgnoreCancelSend = TRUE;
    Released = FALSE;
    FixtureStart();
    NativeLinkPush(Fixture.Link, "x", 1);
    FIXTURE_WAIT(ReadAcquire(&Toy.Sends) == 1);
    assert_int_equal(
        PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, ReleaseLater, NULL),
        STATUS_SUCCESS);
    assert_int_equal(NdisHostPause(Fixture.Adapter), STATUS_SUCCESS);
    assert_true(ReadAcquire(&Released));
    assert_string_equal(Toy.Trace, "Pause ");
    ZwWaitForSingleObject(Thread, FALSE, NULL);
    ZwClose(Thread);
}

static void SlotsComeBackInAnyOrder(void **State)
{
    ULONG Round;
    UNREFERENCED_PARAMETER(State);
    Toy.Send = ToySendHold;
    FixtureStart();
    for (Round = 1; Round <= 5; Round++)
    {
        ULONG i;
        for (i = 0; i < 200; i++)
        {
            NativeLinkPush(Fixture.Link, "x", 1);
        }
        FIXTURE_WAIT((ULONG)ReadAcquire(&Toy.Sends) == Round * 200);
        /* The reader may not have come back from its last call yet. */
        for (i = 0; i < 200; i += ToyReleaseSends())
        {
        }
    }
}

static void IndicationsReachTheLink(void **State)
{
    static UCHAR Data[5000], Back[5000];
    ULONG Parts;
    UNREFERENCED_PARAMETER(State);
    FixtureStart();
    memset(Data, 0x45, sizeof(Data));
    Data[4999] = 9;
    for (Parts = 1; Parts <= 7; Parts++)
    {
        ToyIndicate(Data, sizeof(Data), Parts, NDIS_ETH_TYPE_IPV6, 0);
        assert_int_equal(NativeLinkCollect(Fixture.Link, Back, sizeof(Back), 5000), sizeof(Data));
        assert_memory_equal(Back, Data, sizeof(Data));
    }
    assert_int_equal(ReadAcquire(&Toy.Returns), 7);
    ToyIndicate(Data, 100, 3, NDIS_ETH_TYPE_IPV4, NDIS_RECEIVE_FLAGS_RESOURCES);
    assert_int_equal(NativeLinkCollect(Fixture.Link, Back, sizeof(Back), 5000), 100);
    assert_int_equal(ReadAcquire(&Toy.Returns), 7);
    assert_int_equal(FixtureCounters().Indicated, 8);
    assert_int_equal(FixtureCounters().ToLink, 8);
}

static void IndicationsAreDropped(void **State)
{
    static UCHAR Data[2000];
    UNREFERENCED_PARAMETER(State);
    Toy.General.MtuSize = 1500;
    FixtureStart();
    ToyIndicate(Data, 1501, 1, NDIS_ETH_TYPE_IPV4, 0);
    ToyIndicate(Data, 0, 0, NDIS_ETH_TYPE_IPV4, 0);
    assert_int_equal(FixtureCounters().DroppedLength, 2);
    ToyIndicate(Data, 60, 1, 0, 0);
    ToyIndicate(Data, 60, 1, 0x0806, 0);
    assert_int_equal(FixtureCounters().DroppedFrameType, 2);
    assert_int_equal(NativeLinkCollect(Fixture.Link, Data, sizeof(Data), 0), -1);
    assert_int_equal(ReadAcquire(&Toy.Returns), 4);
}

static void AFullLinkDrops(void **State)
{
    ULONG i;
    UNREFERENCED_PARAMETER(State);
    FixtureStart();
    NativeLinkSetRoom(Fixture.Link, 5);
    for (i = 0; i < 8; i++)
    {
        ToyIndicate("packet", 6, 1, NDIS_ETH_TYPE_IPV4, 0);
    }
    assert_int_equal(FixtureCounters().ToLink, 5);
    assert_int_equal(FixtureCounters().DroppedByLink, 3);
}

static void LinkStateReachesTheLink(void **State)
{
    NDIS_HOST_INFORMATION Information;
    UNREFERENCED_PARAMETER(State);
    FixtureStart();
    assert_true(NativeLinkWaitConnected(Fixture.Link, FALSE, 0));
    ToyIndicateLinkState(MediaConnectStateConnected);
    assert_true(NativeLinkWaitConnected(Fixture.Link, TRUE, 0));
    NdisHostGetInformation(Fixture.Adapter, &Information);
    assert_int_equal(Information.MediaConnectState, MediaConnectStateConnected);
    assert_int_equal(Information.XmitLinkSpeed, 1000000000);
    ToyIndicateLinkState(MediaConnectStateDisconnected);
    assert_true(NativeLinkWaitConnected(Fixture.Link, FALSE, 0));
    ToyIndicateLinkState(MediaConnectStateConnected);
    NativeDeviceSurpriseRemove(Fixture.Pdo);
    Fixture.Pdo = NULL;
}

static void InitialLinkStateIsTheAttributes(void **State)
{
    UNREFERENCED_PARAMETER(State);
    Toy.General.MediaConnectState = MediaConnectStateConnected;
    FixtureStart();
    assert_true(NativeLinkWaitConnected(Fixture.Link, TRUE, 0));
}

/* ---- The control surface ---- */

static NDIS_HANDLE HostPool;
static volatile LONG HostCompleted;
static NDIS_STATUS HostStatus;

static VOID HostComplete(PVOID Context, PNET_BUFFER_LIST Lists, ULONG SendCompleteFlags)
{
    PNET_BUFFER_LIST List;
    UNREFERENCED_PARAMETER(SendCompleteFlags);
    for (List = Lists; List != NULL; List = List->Next)
    {
        HostStatus = List->Status;
        InterlockedIncrement(&HostCompleted);
    }
    assert_ptr_equal(Context, &HostPool);
    ToyFreeList(Lists);
}

static VOID HostCreatePool(VOID)
{
    static const NET_BUFFER_LIST_POOL_PARAMETERS Parameters = {
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, 1, sizeof(Parameters)},
        .fAllocateNetBuffer = TRUE,
        .PoolTag = TOY_TAG,
    };
    HostPool = NdisAllocateNetBufferListPool(NULL, &Parameters);
    HostCompleted = 0;
}

static void HostSends(void **State)
{
    PNET_BUFFER_LIST List;
    UNREFERENCED_PARAMETER(State);
    HostCreatePool();
    FixtureStart();
    List = ToyMakeList(HostPool, 3, 100, 0x60);
    assert_int_equal(
        NdisHostSend(Fixture.Adapter, List, 0, 0, HostComplete, &HostPool), STATUS_SUCCESS);
    assert_int_equal(HostCompleted, 3);
    assert_int_equal(HostStatus, NDIS_STATUS_SUCCESS);

    /* Held by the miniport, completed after the reader's own, each to whom it belongs. */
    Toy.Send = ToySendHold;
    List = ToyMakeList(HostPool, 2, 100, 0x60);
    assert_int_equal(
        NdisHostSend(Fixture.Adapter, List, 0, 0, HostComplete, &HostPool), STATUS_SUCCESS);
    NativeLinkPush(Fixture.Link, "x", 1);
    FIXTURE_WAIT(ReadAcquire(&Toy.Sends) == 6);
    List = ToyMakeList(HostPool, 1, 100, 0x60);
    NET_BUFFER_LIST_INFO(List, NetBufferListCancelId) = &HostStatus;
    assert_int_equal(
        NdisHostSend(Fixture.Adapter, List, 0, 0, HostComplete, &HostPool), STATUS_SUCCESS);
    assert_int_equal(HostCompleted, 3);
    assert_int_equal(NdisHostCancelSend(Fixture.Adapter, &HostStatus), STATUS_SUCCESS);
    assert_int_equal(HostCompleted, 4);
    assert_int_equal(HostStatus, NDIS_STATUS_SEND_ABORTED);
    FIXTURE_WAIT((ToyReleaseSends(), ReadAcquire(&HostCompleted) == 6));

    /* A paused miniport gets them too, a halted one does not. */
    Toy.Send = ToySendComplete;
    Toy.SendStatus = NDIS_STATUS_PAUSED;
    assert_int_equal(NdisHostPause(Fixture.Adapter), STATUS_SUCCESS);
    List = ToyMakeList(HostPool, 1, 100, 0x60);
    assert_int_equal(
        NdisHostSend(Fixture.Adapter, List, 0, 0, HostComplete, &HostPool), STATUS_SUCCESS);
    assert_int_equal(HostStatus, NDIS_STATUS_PAUSED);
    assert_int_equal(NdisHostSetPower(Fixture.Adapter, PowerDeviceD3), STATUS_SUCCESS);
    List = ToyMakeList(HostPool, 1, 100, 0x60);
    assert_int_equal(
        NdisHostSend(Fixture.Adapter, List, 0, 0, HostComplete, &HostPool),
        STATUS_DEVICE_NOT_READY);
    ToyFreeList(List);
    NdisFreeNetBufferListPool(HostPool);
}

static PNET_BUFFER_LIST Kept;

static BOOLEAN KeepTap(
    PVOID Context,
    PNET_BUFFER_LIST Lists,
    NDIS_PORT_NUMBER PortNumber,
    ULONG Count,
    ULONG ReceiveFlags)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(PortNumber);
    assert_int_equal(Count, 1);
    if ((ReceiveFlags & NDIS_RECEIVE_FLAGS_RESOURCES) == 0)
    {
        Lists->Next = Kept;
        Kept = Lists;
    }
    return TRUE;
}

static void ATapKeepsIndications(void **State)
{
    UCHAR Back[8];
    UNREFERENCED_PARAMETER(State);
    FixtureAdd();
    NdisHostSetReceiveTap(Fixture.Adapter, KeepTap, NULL);
    assert_int_equal(NativeDeviceStart(Fixture.Pdo), STATUS_SUCCESS);
    Kept = NULL;
    ToyIndicate("one", 3, 1, NDIS_ETH_TYPE_IPV4, 0);
    ToyIndicate("two", 3, 1, NDIS_ETH_TYPE_IPV4, 0);
    ToyIndicate("three", 5, 1, NDIS_ETH_TYPE_IPV4, NDIS_RECEIVE_FLAGS_RESOURCES);
    assert_int_equal(NativeLinkCollect(Fixture.Link, Back, sizeof(Back), 0), -1);
    assert_int_equal(ReadAcquire(&Toy.Returns), 0);
    NdisHostReturnNetBufferLists(Fixture.Adapter, Kept, 0);
    assert_int_equal(ReadAcquire(&Toy.Returns), 2);
}

int main(void)
{
#define TEST(Function) cmocka_unit_test_setup_teardown(Function, FixtureSetup, FixtureTeardown)
    const struct CMUnitTest Tests[] = {
        TEST(PacketsReachTheMiniport),
        TEST(SendsComeAtBothLevels),
        TEST(LargestPacketBothWays),
        TEST(FailedSendsAreCounted),
        TEST(HeldSendsAreCancelledByPause),
        TEST(HeldSendsAreAwaitedByPause),
        TEST(SlotsComeBackInAnyOrder),
        TEST(IndicationsReachTheLink),
        TEST(IndicationsAreDropped),
        TEST(AFullLinkDrops),
        TEST(LinkStateReachesTheLink),
        TEST(InitialLinkStateIsTheAttributes),
        TEST(HostSends),
        TEST(ATapKeepsIndications),
    };
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
