/* SPDX-License-Identifier: MIT */
/*
 * Windows keeps received buffers. The ring's space is given back all the same, up to the bound of
 * what Windows may hold; from there on packets wait in the ring, none is lost, and they go on when
 * a buffer comes back.
 */
#include "fixture.h"

#include "../../driver/receive_pool.h"

#define HELD_BOUND  RECEIVE_POOL_MAX_OUTSTANDING
#define HELD_LENGTH 60u

/* What Windows keeps; the newest first. */
typedef struct _HELD
{
    KSPIN_LOCK Lock;
    PNET_BUFFER_LIST Lists; /* Lock; so is the next one */
    ULONG Count;
    ULONG Next; /* number of the next packet; one indication at a time */
} HELD;

static BOOLEAN HeldTap(
    PVOID Context,
    PNET_BUFFER_LIST NetBufferLists,
    NDIS_PORT_NUMBER PortNumber,
    ULONG NumberOfNetBufferLists,
    ULONG ReceiveFlags)
{
    HELD *Held = Context;
    KLOCK_QUEUE_HANDLE Lock;
    UCHAR Packet[HELD_LENGTH];
    UNREFERENCED_PARAMETER(PortNumber);
    UNREFERENCED_PARAMETER(ReceiveFlags);
    KeAcquireInStackQueuedSpinLock(&Held->Lock, &Lock);
    for (PNET_BUFFER_LIST Nbl = NetBufferLists, Next; Nbl; Nbl = Next)
    {
        PNET_BUFFER Nb = NET_BUFFER_LIST_FIRST_NB(Nbl);
        Next = NET_BUFFER_LIST_NEXT_NBL(Nbl);
        PacketMake(Packet, sizeof(Packet), 4, Held->Next++);
        assert_int_equal(NET_BUFFER_DATA_LENGTH(Nb), sizeof(Packet));
        assert_memory_equal(
            NdisGetDataBuffer(Nb, sizeof(Packet), NULL, 1, 0), Packet, sizeof(Packet));
        NET_BUFFER_LIST_NEXT_NBL(Nbl) = Held->Lists;
        Held->Lists = Nbl;
    }
    Held->Count += NumberOfNetBufferLists;
    KeReleaseInStackQueuedSpinLock(&Lock);
    return TRUE;
}

static ULONG HeldCount(HELD *Held)
{
    KLOCK_QUEUE_HANDLE Lock;
    KeAcquireInStackQueuedSpinLock(&Held->Lock, &Lock);
    ULONG Count = Held->Count;
    KeReleaseInStackQueuedSpinLock(&Lock);
    return Count;
}

static void HeldAwait(HELD *Held, ULONG Count)
{
    LARGE_INTEGER Millisecond = {.QuadPart = -10000};
    for (ULONG Waited = 0; Waited < FIXTURE_TIMEOUT && HeldCount(Held) != Count; Waited++)
    {
        KeDelayExecutionThread(KernelMode, FALSE, &Millisecond);
    }
    assert_int_equal(HeldCount(Held), Count);
}

/* Gives back the newest Count of them. */
static void HeldReturn(HELD *Held, PNDIS_MINIPORT_ADAPTER Adapter, ULONG Count)
{
    KLOCK_QUEUE_HANDLE Lock;
    PNET_BUFFER_LIST First, *Last;
    KeAcquireInStackQueuedSpinLock(&Held->Lock, &Lock);
    First = Held->Lists;
    Last = &First;
    for (ULONG Index = 0; Index < Count; Index++)
    {
        Last = &NET_BUFFER_LIST_NEXT_NBL(*Last);
    }
    Held->Lists = *Last;
    Held->Count -= Count;
    *Last = NULL;
    KeReleaseInStackQueuedSpinLock(&Lock);
    NdisHostReturnNetBufferLists(Adapter, First, 0);
}

static void SetTap(PNDIS_MINIPORT_ADAPTER Adapter, NDIS_HOST_RECEIVE_TAP *Tap, HELD *Held)
{
    assert_int_equal(NdisHostPause(Adapter), STATUS_SUCCESS);
    NdisHostSetReceiveTap(Adapter, Tap, Held);
    assert_int_equal(NdisHostRestart(Adapter), STATUS_SUCCESS);
}

static void Put(CLIENT *Client, ULONG First, ULONG Count)
{
    UCHAR Packet[HELD_LENGTH];
    for (ULONG Index = 0; Index < Count; Index++)
    {
        PacketMake(Packet, sizeof(Packet), 4, First + Index);
        assert_true(ClientPut(Client, Packet, sizeof(Packet)));
        if (Index % 50 == 49 || Index + 1 == Count)
        {
            ClientPublish(Client);
        }
    }
}

static void AwaitHead(const CLIENT *Client, uint32_t Offset)
{
    LARGE_INTEGER Millisecond = {.QuadPart = -10000};
    for (ULONG Waited = 0; Waited < FIXTURE_TIMEOUT && Client->ReceiveRing->Head != Offset;
         Waited++)
    {
        KeDelayExecutionThread(KernelMode, FALSE, &Millisecond);
    }
    assert_int_equal(Client->ReceiveRing->Head, Offset);
}

static void Bound(void **State)
{
    FIXTURE *Fixture = *State;
    PNDIS_MINIPORT_ADAPTER Adapter = FixtureAdapter(Fixture);
    HELD Held = {0};
    CLIENT Client;
    SetTap(Adapter, HeldTap, &Held);
    ClientOpen(&Client, Fixture, NativeLocalSystem);
    ClientMakeRings(&Client, 0x100000, 0);
    TUN_REGISTER_RINGS64 Rings = ClientRegistration(&Client);
    assert_int_equal(ClientRegister(&Client, TUN_IOCTL_REGISTER_RINGS, &Rings), 0);

    /* As many as it may hold: the ring is empty, though nothing came back. */
    Put(&Client, 0, HELD_BOUND);
    HeldAwait(&Held, HELD_BOUND);
    AwaitHead(&Client, HELD_BOUND * (4 + HELD_LENGTH));

    /* More stay in the ring. */
    Put(&Client, HELD_BOUND, 100);
    LARGE_INTEGER Moment = {.QuadPart = -500000};
    KeDelayExecutionThread(KernelMode, FALSE, &Moment);
    assert_int_equal(HeldCount(&Held), HELD_BOUND);
    assert_int_equal(Client.ReceiveRing->Head, HELD_BOUND * (4 + HELD_LENGTH));

    /* One back, one more; then the rest. */
    HeldReturn(&Held, Adapter, 1);
    HeldAwait(&Held, HELD_BOUND);
    AwaitHead(&Client, (HELD_BOUND + 1) * (4 + HELD_LENGTH));
    HeldReturn(&Held, Adapter, 1000);
    HeldAwait(&Held, HELD_BOUND + 99 - 1000);
    assert_int_equal(FixtureQuery(Fixture, OID_GEN_RCV_OK), HELD_BOUND + 100);
    assert_int_equal(FixtureQuery(Fixture, OID_GEN_RCV_NO_BUFFER), 0);

    /* The session ends while Windows holds buffers, and while the driver waits for them. */
    Put(&Client, HELD_BOUND + 100, 1500);
    HeldAwait(&Held, HELD_BOUND);
    ClientExit(&Client);
    HeldReturn(&Held, Adapter, HELD_BOUND);
    SetTap(Adapter, NULL, NULL);
    NdisHostCloseAdapter(Adapter);
}

int main(void)
{
    const struct CMUnitTest Tests[] = {
        cmocka_unit_test_setup_teardown(Bound, FixtureStart, FixtureStop),
    };
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
