/* SPDX-License-Identifier: MIT */
/*
 * Removal while Windows holds a received buffer: the client is told at once, and its memory is
 * released, though the adapter itself has to wait for the buffer.
 */
#include <pthread.h>

#include "fixture.h"

typedef struct _KEPT
{
    KEVENT Arrived;
    PNET_BUFFER_LIST List;
} KEPT;

static BOOLEAN KeepFirst(
    PVOID Context,
    PNET_BUFFER_LIST NetBufferLists,
    NDIS_PORT_NUMBER PortNumber,
    ULONG NumberOfNetBufferLists,
    ULONG ReceiveFlags)
{
    KEPT *Kept = Context;
    (void)PortNumber;
    (void)ReceiveFlags;
    assert_int_equal(NumberOfNetBufferLists, 1);
    Kept->List = NetBufferLists;
    KeSetEvent(&Kept->Arrived, 0, FALSE);
    return TRUE;
}

static void *Remove(void *Pdo)
{
    NativeDeviceSurpriseRemove(Pdo);
    return NULL;
}

static void SurpriseWithHeldBuffer(void **State)
{
    FIXTURE *Fixture = *State;
    CLIENT Client;
    KEPT Kept = {.List = NULL};
    UCHAR Packet[60];
    pthread_t Thread;
    NATIVE_USAGE Usage;
    LARGE_INTEGER Moment = {.QuadPart = -500000}; /* 50 ms */

    PNDIS_MINIPORT_ADAPTER Adapter = FixtureAdapter(Fixture);
    KeInitializeEvent(&Kept.Arrived, NotificationEvent, FALSE);
    assert_int_equal(NdisHostPause(Adapter), STATUS_SUCCESS);
    NdisHostSetReceiveTap(Adapter, KeepFirst, &Kept);
    assert_int_equal(NdisHostRestart(Adapter), STATUS_SUCCESS);
    ClientStart(&Client, Fixture);
    PacketMake(Packet, sizeof(Packet), 4, 1);
    assert_true(ClientPut(&Client, Packet, sizeof(Packet)));
    ClientPublish(&Client);
    KeWaitForSingleObject(&Kept.Arrived, Executive, KernelMode, FALSE, NULL);

    assert_int_equal(pthread_create(&Thread, NULL, Remove, Fixture->Pdo), 0);
    assert_int_equal(
        NativeUserWait(Client.Process, Client.SendTailMoved, FIXTURE_TIMEOUT), STATUS_WAIT_0);
    assert_int_equal(RingLoadAcquire(&Client.SendRing->Tail), TUN_RING_TERMINATED);
    ClientClose(&Client);
    assert_int_equal(RingLoadAcquire(&Client.ReceiveRing->Head), TUN_RING_TERMINATED);
    NativeGetUsage(&Usage);
    assert_int_equal(Usage.LockedPages, 0);
    ClientExit(&Client);

    /* The adapter is still there, with the buffer. */
    KeDelayExecutionThread(KernelMode, FALSE, &Moment);
    assert_int_equal(NativeLinkCount(), 1);
    NdisHostReturnNetBufferLists(Adapter, Kept.List, 0);
    pthread_join(Thread, NULL);
    assert_int_equal(NativeLinkCount(), 0);
    Fixture->Pdo = NULL;
    NdisHostCloseAdapter(Adapter);
}

int main(void)
{
    const struct CMUnitTest Tests[] = {
        cmocka_unit_test_setup_teardown(SurpriseWithHeldBuffer, FixtureStart, FixtureStop),
    };
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
