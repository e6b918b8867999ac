/* SPDX-License-Identifier: MIT */
/*
 * Rings that are full, and rings that a client has made nonsense of: what is dropped is counted,
 * what is corrupt gets its terminal mark, and everything can still be closed.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "sender.h"

static UCHAR Packet[PACKET_MAX + 1];

/* Waits until the ring's word has that value. */
static void AwaitWord(const volatile uint32_t *Word, uint32_t Value)
{
    LARGE_INTEGER Millisecond = {.QuadPart = -10000};
    for (ULONG Waited = 0; Waited < FIXTURE_TIMEOUT && RingLoadAcquire(Word) != Value; Waited++)
    {
        KeDelayExecutionThread(KernelMode, FALSE, &Millisecond);
    }
    assert_int_equal(RingLoadAcquire(Word), Value);
}

/* The client gets that packet next, and gives it back. */
static void ExpectPacket(CLIENT *Client, ULONG Length, ULONG Number)
{
    const UCHAR *Data;
    PacketMake(Packet, Length, 4, Number);
    assert_int_equal(ClientReceive(Client, &Data, FIXTURE_TIMEOUT), Length);
    assert_memory_equal(Data, Packet, Length);
    ClientRelease(Client, Length);
}

static void ExpectNothing(CLIENT *Client)
{
    const UCHAR *Data;
    assert_int_equal(ClientReceive(Client, &Data, 0), -1);
}

static void SendPacket(SENDER *Sender, ULONG Length, ULONG Number)
{
    PacketMake(Packet, Length, 4, Number);
    SenderSend(Sender, SenderPacket(Sender, Packet, Length), PASSIVE_LEVEL);
}

/* A chain of lists, each one packet, numbered in their order. */
static PNET_BUFFER_LIST MakeChain(SENDER *Sender, ULONG Lists, ULONG Length)
{
    PNET_BUFFER_LIST Chain = NULL;
    for (ULONG Number = Lists; Number-- > 0;)
    {
        PacketMake(Packet, Length, 4, Number);
        PNET_BUFFER_LIST List = SenderPacket(Sender, Packet, Length);
        NET_BUFFER_LIST_NEXT_NBL(List) = Chain;
        Chain = List;
    }
    return Chain;
}

/* A list of packets, numbered in their order. */
static PNET_BUFFER_LIST MakeList(SENDER *Sender, ULONG Packets, ULONG Length)
{
    PNET_BUFFER_LIST List = SenderList(Sender);
    for (ULONG Number = 0; Number < Packets; Number++)
    {
        PacketMake(Packet, Length, 4, Number);
        SenderAdd(Sender, List, Packet, Length, Length, 0);
    }
    return List;
}

static void FullSendRing(void **State)
{
    FIXTURE *Fixture = *State;
    CLIENT Client;
    SENDER Sender;
    const ULONG Room = (FIXTURE_CAPACITY - 4) / TUN_PACKET_SPACE(1398), Sent = Room + 50;
    ClientStart(&Client, Fixture);
    SenderOpen(&Sender, Fixture);
    for (ULONG Number = 0; Number < Sent; Number++)
    {
        SendPacket(&Sender, 1398, Number);
    }
    SenderWait(&Sender, Sent);
    assert_int_equal(Sender.Succeeded, Room);
    assert_int_equal(Sender.Failed, 50);
    NDIS_STATISTICS_INFO Info = FixtureStatistics(Fixture);
    assert_int_equal(Info.ifHCOutUcastPkts, Room);
    assert_int_equal(Info.ifHCOutOctets, Room * 1398);
    assert_int_equal(Info.ifOutDiscards, 50);
    assert_int_equal(Info.ifOutErrors, 0);

    /* A smaller one still fits behind them, and after reading there is room again. */
    SendPacket(&Sender, 20, 9999);
    SenderWait(&Sender, 1);
    for (ULONG Number = 0; Number < Room; Number++)
    {
        ExpectPacket(&Client, 1398, Number);
    }
    ExpectPacket(&Client, 20, 9999);
    SendPacket(&Sender, 1398, 0);
    SenderWait(&Sender, 1);
    assert_int_equal(Sender.Failed, 50);
    SenderClose(&Sender);
    ClientExit(&Client);
}

/* A full ring takes all of a list or nothing of it. */
static void ListsAreNotSplit(void **State)
{
    FIXTURE *Fixture = *State;
    CLIENT Client;
    SENDER Sender;
    ClientStart(&Client, Fixture);
    SenderOpen(&Sender, Fixture);
    SendPacket(&Sender, 60000, 1);
    PNET_BUFFER_LIST List = SenderList(&Sender);
    SenderAdd(&Sender, List, Packet, 60000, PACKET_MAX, 0);
    SenderAdd(&Sender, List, Packet, 60000, PACKET_MAX, 0);
    SenderSend(&Sender, List, PASSIVE_LEVEL);
    SenderWait(&Sender, 2);
    assert_int_equal(Sender.Failed, 1);
    assert_int_equal(FixtureStatistics(Fixture).ifOutDiscards, 2);
    ExpectPacket(&Client, 60000, 1);
    ExpectNothing(&Client);

    /* The space that its first packet would have had is the next packet's. */
    SendPacket(&Sender, 50, 2);
    SenderWait(&Sender, 1);
    ExpectPacket(&Client, 50, 2);
    SenderClose(&Sender);
    ClientExit(&Client);
}

static void NobodyRegistered(void **State)
{
    FIXTURE *Fixture = *State;
    SENDER Sender;
    SenderOpen(&Sender, Fixture);
    SendPacket(&Sender, 100, 1);
    SenderWait(&Sender, 1);
    assert_int_equal(Sender.Failed, 1);
    assert_int_equal(FixtureStatistics(Fixture).ifOutDiscards, 1);
    SenderClose(&Sender);
}

static const uint32_t BadOffsets[] = {FIXTURE_CAPACITY,   FIXTURE_CAPACITY + 8, 2,
                                      0x7FFFFFFF,         0x80000000,           0xFFFFFFFC,
                                      TUN_RING_TERMINATED};

static void CorruptSendHead(void **State)
{
    FIXTURE *Fixture = *State;
    for (size_t Index = 0; Index < ARRAYSIZE(BadOffsets); Index++)
    {
        CLIENT Client;
        SENDER Sender;
        ClientStart(&Client, Fixture);
        SenderOpen(&Sender, Fixture);
        RingStoreRelease(&Client.SendRing->Head, BadOffsets[Index]);
        /* The driver looks at Head when the space that it knows of is used up. */
        for (ULONG Number = 0; Number < 4; Number++)
        {
            SendPacket(&Sender, 30000, 1);
        }
        assert_int_equal(
            NativeUserResetEvent(Client.Process, Client.SendTailMoved), STATUS_SUCCESS);
        SendPacket(&Sender, 30000, 1);
        assert_int_equal(RingLoadAcquire(&Client.SendRing->Tail), TUN_RING_TERMINATED);
        assert_int_equal(
            NativeUserWait(Client.Process, Client.SendTailMoved, FIXTURE_TIMEOUT), STATUS_WAIT_0);
        SendPacket(&Sender, 20, 2);
        SenderWait(&Sender, 6);
        assert_int_equal(Sender.Failed, 2);
        assert_int_equal(RingLoadAcquire(&Client.SendRing->Tail), TUN_RING_TERMINATED);
        assert_true(FixtureStatistics(Fixture).ifOutErrors > 0);

        /* The other direction goes on; a new registration starts over. */
        PacketMake(Packet, 60, 4, 1);
        assert_true(ClientPut(&Client, Packet, 60));
        ClientPublish(&Client);
        assert_int_equal(
            NativeLinkCollect(Fixture->Link, Packet, sizeof(Packet), FIXTURE_TIMEOUT), 60);
        SenderClose(&Sender);
        ClientExit(&Client);
    }
}

/*
 * One call: the first lists have their space before the driver looks at Head and finds it corrupt.
 * The client does not get to see them, so they fail like the others, and none counts as sent.
 */
static void CorruptSendHeadInOneCall(void **State)
{
    FIXTURE *Fixture = *State;
    CLIENT Client;
    SENDER Sender;
    ClientStart(&Client, Fixture);
    SenderOpen(&Sender, Fixture);
    RingStoreRelease(&Client.SendRing->Head, FIXTURE_CAPACITY);
    SenderSend(&Sender, MakeChain(&Sender, 6, 30000), PASSIVE_LEVEL);
    SenderWait(&Sender, 6);
    assert_int_equal(Sender.Succeeded, 0);
    assert_int_equal(Sender.Failed, 6);
    assert_int_equal(Sender.LastError, NDIS_STATUS_FAILURE);
    assert_int_equal(RingLoadAcquire(&Client.SendRing->Tail), TUN_RING_TERMINATED);
    NDIS_STATISTICS_INFO Info = FixtureStatistics(Fixture);
    assert_int_equal(Info.ifHCOutUcastPkts, 0);
    assert_int_equal(Info.ifHCOutOctets, 0);
    assert_int_equal(Info.ifOutDiscards, 6);
    assert_int_equal(Info.ifOutErrors, 1);
    assert_int_equal(
        NativeUserWait(Client.Process, Client.SendTailMoved, FIXTURE_TIMEOUT), STATUS_WAIT_0);
    SenderClose(&Sender);
    ClientExit(&Client);
}

/* More lists in a call than the driver may reserve space for under one lock. */
static void LongCall(void **State)
{
    FIXTURE *Fixture = *State;
    CLIENT Client;
    SENDER Sender;
    const ULONG Lists = 4000, Length = 20;
    ClientStart(&Client, Fixture);
    SenderOpen(&Sender, Fixture);
    SenderSend(&Sender, MakeChain(&Sender, Lists, Length), DISPATCH_LEVEL);
    SenderWait(&Sender, Lists);
    assert_int_equal(Sender.Succeeded, Lists);
    for (ULONG Number = 0; Number < Lists; Number++)
    {
        ExpectPacket(&Client, Length, Number);
    }
    SenderClose(&Sender);
    ClientExit(&Client);
}

/* A list that takes more than the whole ring fails, and what comes behind it does not suffer. */
static void ListBeyondRing(void **State)
{
    FIXTURE *Fixture = *State;
    CLIENT Client;
    SENDER Sender;
    const ULONG Length = 1400, Packets = FIXTURE_CAPACITY / Length + 2;
    ClientStart(&Client, Fixture);
    SenderOpen(&Sender, Fixture);
    SenderSend(&Sender, MakeList(&Sender, Packets, Length), DISPATCH_LEVEL);
    SenderSend(&Sender, MakeList(&Sender, 1, Length), DISPATCH_LEVEL);
    SenderWait(&Sender, 2);
    assert_int_equal(Sender.Succeeded, 1);
    assert_int_equal(Sender.LastError, NDIS_STATUS_RESOURCES);
    assert_int_equal(FixtureStatistics(Fixture).ifOutDiscards, Packets);
    ExpectPacket(&Client, Length, 0);
    ExpectNothing(&Client);
    SenderClose(&Sender);
    ClientExit(&Client);
}

/*
 * A list of thousands of packets, which holds no lock any longer than one of one packet: it fits,
 * it does not fit, and there is no ring left.
 */
static void LongList(void **State)
{
    FIXTURE *Fixture = *State;
    CLIENT Client;
    SENDER Sender;
    const ULONG Packets = 4000, Length = 20;
    ClientStart(&Client, Fixture);
    SenderOpen(&Sender, Fixture);
    SenderSend(&Sender, MakeList(&Sender, Packets, Length), DISPATCH_LEVEL);
    SenderSend(&Sender, MakeList(&Sender, Packets, Length), DISPATCH_LEVEL);
    SenderWait(&Sender, 2);
    assert_int_equal(Sender.Succeeded, 1);
    assert_int_equal(Sender.LastError, NDIS_STATUS_RESOURCES);
    assert_int_equal(FixtureStatistics(Fixture).ifOutDiscards, Packets);
    for (ULONG Number = 0; Number < Packets; Number++)
    {
        ExpectPacket(&Client, Length, Number);
    }
    ExpectNothing(&Client);
    RingStoreRelease(&Client.SendRing->Head, FIXTURE_CAPACITY);
    SenderSend(&Sender, MakeList(&Sender, Packets, Length), DISPATCH_LEVEL);
    SenderWait(&Sender, 1);
    assert_int_equal(Sender.LastError, NDIS_STATUS_FAILURE);
    assert_int_equal(RingLoadAcquire(&Client.SendRing->Tail), TUN_RING_TERMINATED);
    SenderClose(&Sender);
    ClientExit(&Client);
}

static void CorruptReceiveTail(void **State)
{
    FIXTURE *Fixture = *State;
    for (size_t Index = 0; Index < ARRAYSIZE(BadOffsets); Index++)
    {
        CLIENT Client;
        ClientStart(&Client, Fixture);
        RingStoreRelease(&Client.ReceiveRing->Tail, BadOffsets[Index]);
        NativeUserSetEvent(Client.Process, Client.ReceiveTailMoved);
        AwaitWord(&Client.ReceiveRing->Head, TUN_RING_TERMINATED);
        assert_int_equal(FixtureQuery(Fixture, OID_GEN_RCV_ERROR), Index + 1);
        /* For good: a valid Tail later changes nothing. */
        RingStoreRelease(&Client.ReceiveRing->Tail, 0);
        NativeUserSetEvent(Client.Process, Client.ReceiveTailMoved);
        ClientExit(&Client);
    }
}

/* A packet whose size is no packet's, or reaches beyond Tail; the good one before it arrives. */
static void CorruptReceivePacket(void **State)
{
    FIXTURE *Fixture = *State;
    const uint32_t Sizes[] = {0x10000, 0xFFFFFFFF, 0x80000000, 61, 0xFFFF};
    for (size_t Index = 0; Index < ARRAYSIZE(Sizes); Index++)
    {
        CLIENT Client;
        ClientStart(&Client, Fixture);
        PacketMake(Packet, 60, 4, 1);
        assert_true(ClientPut(&Client, Packet, 60));
        uint32_t Bad = Client.Producer.Next;
        assert_true(ClientPut(&Client, Packet, 60));
        RingProducerPacket(&Client.Producer, Bad)->Size = Sizes[Index];
        ClientPublish(&Client);
        AwaitWord(&Client.ReceiveRing->Head, TUN_RING_TERMINATED);
        assert_int_equal(
            NativeLinkCollect(Fixture->Link, Packet, sizeof(Packet), FIXTURE_TIMEOUT), 60);
        assert_int_equal(NativeLinkCollect(Fixture->Link, Packet, sizeof(Packet), 0), -1);
        assert_int_equal(FixtureQuery(Fixture, OID_GEN_RCV_ERROR), Index + 1);
        ClientExit(&Client);
    }
}

static volatile LONG ScribbleStop;

/* A client that writes anything anywhere in its rings, all the time. */
static void *Scribble(void *Context)
{
    CLIENT *Client = Context;
    unsigned int Seed = 1;
    while (!ReadAcquire(&ScribbleStop))
    {
        TUN_RING *Ring = rand_r(&Seed) % 2 ? Client->SendRing : Client->ReceiveRing;
        ULONG Words = TUN_RING_SIZE(Client->Capacity) / 4;
        ULONG Word = rand_r(&Seed) % 4 ? (ULONG)rand_r(&Seed) % 64 : (ULONG)rand_r(&Seed) % Words;
        uint32_t Value = (uint32_t)rand_r(&Seed);
        Value = rand_r(&Seed) % 2 ? Value % FIXTURE_CAPACITY & ~3u : Value;
        RingStoreRelease((volatile uint32_t *)Ring + Word, Value);
        if (Word < 3)
        {
            NativeUserSetEvent(Client->Process, Client->ReceiveTailMoved);
        }
    }
    return NULL;
}

static void HostileClient(void **State)
{
    FIXTURE *Fixture = *State;
    for (ULONG Round = 0; Round < 25; Round++)
    {
        CLIENT Client;
        SENDER Sender;
        pthread_t Thread;
        ClientStart(&Client, Fixture);
        SenderOpen(&Sender, Fixture);
        WriteRelease(&ScribbleStop, 0);
        assert_int_equal(pthread_create(&Thread, NULL, Scribble, &Client), 0);
        for (ULONG Number = 0; Number < 60; Number++)
        {
            SendPacket(&Sender, 40 + Number * 300, Number);
        }
        SenderWait(&Sender, 60);
        WriteRelease(&ScribbleStop, 1);
        pthread_join(Thread, NULL);
        while (NativeLinkCollect(Fixture->Link, Packet, sizeof(Packet), 0) >= 0)
        {
        }
        ClientExit(&Client);
        SenderClose(&Sender);
        assert_true(NativeLinkWaitConnected(Fixture->Link, FALSE, 0));
    }
}

#define SLOT       64u
#define SLOT_SMALL (SLOT - 4)
#define SLOT_LARGE (1024 * SLOT - 4)

/* Changes the size of every packet all the time, between two that the ring allows. */
static void *ChangeSizes(void *Context)
{
    CLIENT *Client = Context;
    for (ULONG Round = 0; !ReadAcquire(&ScribbleStop); Round++)
    {
        for (ULONG Offset = 0; Offset < FIXTURE_CAPACITY; Offset += SLOT)
        {
            volatile uint32_t *Size = (volatile uint32_t *)(Client->ReceiveRing->Data + Offset);
            RingStoreRelease(Size, (Round + Offset / SLOT) % 2 ? SLOT_LARGE : SLOT_SMALL);
        }
    }
    return NULL;
}

/* The size that was checked is the size that is copied, however it changes meanwhile. */
static void SizesThatChange(void **State)
{
    FIXTURE *Fixture = *State;
    for (ULONG Round = 0; Round < 40; Round++)
    {
        CLIENT Client;
        pthread_t Thread;
        ClientStart(&Client, Fixture);
        for (ULONG Offset = 0; Offset < FIXTURE_CAPACITY; Offset += SLOT)
        {
            TUN_PACKET *Slot = (TUN_PACKET *)(Client.ReceiveRing->Data + Offset);
            Slot->Size = SLOT_SMALL;
            PacketMake(Slot->Data, SLOT_SMALL, 4, 1);
        }
        WriteRelease(&ScribbleStop, 0);
        assert_int_equal(pthread_create(&Thread, NULL, ChangeSizes, &Client), 0);
        for (ULONG Lap = 0; Lap < 20; Lap++)
        {
            uint32_t Head = RingLoadAcquire(&Client.ReceiveRing->Head);
            if (Head == TUN_RING_TERMINATED)
            {
                break;
            }
            RingProducerPublish(
                &Client.Producer, (Head + FIXTURE_CAPACITY - SLOT) % FIXTURE_CAPACITY);
            NativeUserSetEvent(Client.Process, Client.ReceiveTailMoved);
            while (NativeLinkCollect(Fixture->Link, Packet, sizeof(Packet), 1) >= 0)
            {
            }
        }
        WriteRelease(&ScribbleStop, 1);
        pthread_join(Thread, NULL);
        ClientExit(&Client);
    }
}

#define TEST(Name) cmocka_unit_test_setup_teardown(Name, FixtureStart, FixtureStop)

int main(void)
{
    const struct CMUnitTest Tests[] = {
        TEST(FullSendRing),
        TEST(ListsAreNotSplit),
        TEST(NobodyRegistered),
        TEST(CorruptSendHead),
        TEST(CorruptSendHeadInOneCall),
        TEST(LongCall),
        TEST(ListBeyondRing),
        TEST(LongList),
        TEST(CorruptReceiveTail),
        TEST(CorruptReceivePacket),
        TEST(HostileClient),
        TEST(SizesThatChange),
    };
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
