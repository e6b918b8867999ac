/* SPDX-License-Identifier: MIT */
/* The cursors that several threads share, step by step: each state that in_flight.h names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "shared_consumer.h"
#include "shared_producer.h"

#define CAPACITY TUN_RING_MIN_CAPACITY

typedef struct _FIXTURE
{
    TUN_RING *Ring;
    uint16_t *Entries;
    RING_SHARED_PRODUCER Producer;
    RING_SHARED_CONSUMER Consumer;
} FIXTURE;

/* Both sides have one ring and one table each: a test uses one side. */
static int SetUpAt(void **State, uint32_t Start)
{
    FIXTURE *Fixture = calloc(1, sizeof(*Fixture));

    Fixture->Ring = calloc(1, TUN_RING_SIZE(CAPACITY));
    Fixture->Ring->Head = Fixture->Ring->Tail = Start;
    Fixture->Entries = calloc(1, RING_IN_FLIGHT_SIZE(CAPACITY));
    *State = Fixture;
    return RingSharedProducerInitialize(
               &Fixture->Producer, Fixture->Ring, CAPACITY, Fixture->Entries) &&
                   RingSharedConsumerInitialize(
                       &Fixture->Consumer, Fixture->Ring, CAPACITY, Fixture->Entries)
               ? 0
               : -1;
}

static int SetUp(void **State)
{
    return SetUpAt(State, 0);
}

/* The first packet starts in the last four bytes before the edge. */
static int SetUpAtEdge(void **State)
{
    return SetUpAt(State, CAPACITY - 4);
}

static int TearDown(void **State)
{
    FIXTURE *Fixture = *State;

    free(Fixture->Entries);
    free(Fixture->Ring);
    free(Fixture);
    return 0;
}

static uint32_t OffsetOf(const FIXTURE *Fixture, const RING_PACKET *Packet)
{
    return (uint32_t)(Packet->Data - Fixture->Ring->Data) - (uint32_t)sizeof(TUN_PACKET);
}

static RING_PACKET Reserve(FIXTURE *Fixture, uint32_t Length)
{
    RING_PACKET Packet = {.Length = Length};
    RING_RESERVE_RESULT Result;

    assert_int_equal(RingSharedProducerReserve(&Fixture->Producer, &Packet, 1, &Result), 1);
    assert_int_equal(Result, RingReserved);
    assert_int_equal(Packet.Length, Length);
    return Packet;
}

static void Complete(FIXTURE *Fixture, RING_IN_FLIGHT *InFlight, const RING_PACKET *Packet)
{
    uint32_t Length = ~0u;

    assert_true(RingInFlightFind(InFlight, OffsetOf(Fixture, Packet), &Length));
    assert_int_equal(Length, Packet->Length);
    RingInFlightComplete(InFlight, OffsetOf(Fixture, Packet), Length);
    assert_false(RingInFlightFind(InFlight, OffsetOf(Fixture, Packet), &Length));
}

static int Send(FIXTURE *Fixture, const RING_PACKET *Packet)
{
    ((TUN_PACKET *)(void *)(Packet->Data - sizeof(TUN_PACKET)))->Size = Packet->Length;
    Complete(Fixture, &Fixture->Producer.InFlight, Packet);
    return RingSharedProducerPublish(&Fixture->Producer);
}

static void AssertNoEntries(const FIXTURE *Fixture)
{
    for (uint32_t Index = 0; Index < CAPACITY / TUN_PACKET_ALIGNMENT; Index++)
        assert_int_equal(Fixture->Entries[Index], 0);
}

static void SentInAnyOrder(void **State)
{
    FIXTURE *Fixture = *State;
    RING_PACKET A = Reserve(Fixture, 20), B = Reserve(Fixture, 0), C = Reserve(Fixture, 1);

    assert_int_equal(OffsetOf(Fixture, &A), 0);
    assert_int_equal(OffsetOf(Fixture, &B), 24);
    assert_int_equal(OffsetOf(Fixture, &C), 28);
    Fixture->Ring->Alertable = 1;
    assert_false(Send(Fixture, &B));
    assert_false(Send(Fixture, &C));
    assert_int_equal(Fixture->Ring->Tail, 0);
    assert_true(Send(Fixture, &A));
    assert_int_equal(Fixture->Ring->Tail, 36);
    AssertNoEntries(Fixture);
    assert_int_equal(Fixture->Producer.InFlight.Packets, 3);
    assert_int_equal(Fixture->Producer.InFlight.Bytes, 21);
    assert_int_equal(Fixture->Producer.HighWater, 36);

    /* Nobody sleeps: published without a signal. */
    Fixture->Ring->Alertable = 0;
    A = Reserve(Fixture, 4);
    assert_false(Send(Fixture, &A));
    assert_int_equal(Fixture->Ring->Tail, 44);
}

/* What is not the start of a packet in flight is not found, whatever the table holds. */
static void FoundOnlyWhereItStarts(void **State)
{
    FIXTURE *Fixture = *State;
    RING_IN_FLIGHT *InFlight = &Fixture->Producer.InFlight;
    uint32_t Length;

    assert_false(RingInFlightFind(InFlight, 0, &Length));
    for (uint32_t Size = 0; Size < 12; Size++)
    {
        RING_PACKET First = Reserve(Fixture, Size);
        uint32_t Start = OffsetOf(Fixture, &First);
        RING_PACKET Second = Reserve(Fixture, 8);
        for (uint32_t Offset = 0; Offset < CAPACITY; Offset += 4)
            assert_int_equal(
                RingInFlightFind(InFlight, Offset, &Length),
                Offset == Start || Offset == OffsetOf(Fixture, &Second));
        Send(Fixture, &Second);
        Send(Fixture, &First);
        AssertNoEntries(Fixture);
    }
}

/* Every length comes back as it was, also round the edge. */
static void EveryLength(void **State)
{
    FIXTURE *Fixture = *State;
    uint64_t Bytes = 0;

    for (uint32_t Length = 0; Length <= TUN_MAX_IP_PACKET_SIZE; Length += Length < 64 ? 1 : 997)
    {
        RING_PACKET Packet = Reserve(Fixture, Length);
        Send(Fixture, &Packet);
        Fixture->Ring->Head = Fixture->Ring->Tail;
        Bytes += Length;
    }
    RING_PACKET Largest = Reserve(Fixture, TUN_MAX_IP_PACKET_SIZE);
    Send(Fixture, &Largest);
    assert_int_equal(Fixture->Producer.InFlight.Bytes, Bytes + TUN_MAX_IP_PACKET_SIZE);
    AssertNoEntries(Fixture);
}

/* A thread that completes while another one advances leaves it to that one. */
static void LeftToTheOneWhoAdvances(void **State)
{
    FIXTURE *Fixture = *State;
    RING_IN_FLIGHT *InFlight = &Fixture->Producer.InFlight;
    RING_PACKET A = Reserve(Fixture, 20), B = Reserve(Fixture, 20), C = Reserve(Fixture, 20);
    uint32_t End;

    Complete(Fixture, InFlight, &A);
    assert_true(RingInFlightAdvance(InFlight, &End));
    assert_int_equal(End, 24);

    /* The other thread: its packet is the oldest now, and it may not advance. */
    Send(Fixture, &B);
    assert_int_equal(Fixture->Ring->Tail, 0);
    assert_int_equal(InFlight->Oldest, 0 | RING_IN_FLIGHT_ADVANCING);

    /* The first one goes on and finds it. */
    RingInFlightIdle(InFlight, End);
    assert_true(RingInFlightAdvance(InFlight, &End));
    assert_int_equal(End, 48);
    RingInFlightIdle(InFlight, End);
    assert_false(RingInFlightAdvance(InFlight, &End));
    Send(Fixture, &C);
    assert_int_equal(Fixture->Ring->Tail, 72);
    assert_int_equal(InFlight->Oldest, 72);
}

static void BatchesOfSent(void **State)
{
    FIXTURE *Fixture = *State;
    RING_PACKET Packets[200];
    RING_RESERVE_RESULT Result;
    uint32_t Used = 0;

    for (uint32_t Index = 0; Index < 200; Index++)
        Packets[Index].Length = 1020 + Index % 4;
    /* As many as there is room for: spaces of 1024 and 1028 bytes, and 4 that stay free. */
    uint32_t Fit = RingSharedProducerReserve(&Fixture->Producer, Packets, 200, &Result);
    for (uint32_t Index = 0; Index < Fit; Index++)
    {
        assert_int_equal(OffsetOf(Fixture, &Packets[Index]), Used);
        Used += TUN_PACKET_SPACE(Packets[Index].Length);
    }
    assert_true(Used <= CAPACITY - 4 && Used + 1028 > CAPACITY - 4);
    assert_int_equal(RingSharedProducerReserve(&Fixture->Producer, &Packets[Fit], 1, &Result), 0);
    assert_int_equal(Result, RingFull);
    for (uint32_t Index = Fit; Index-- > 0;)
        Complete(Fixture, &Fixture->Producer.InFlight, &Packets[Index]);
    RingSharedProducerPublish(&Fixture->Producer);
    assert_int_equal(Fixture->Ring->Tail, Used);
    assert_int_equal(Fixture->Producer.HighWater, Used);

    /* The last four bytes are never used. */
    Packets[0].Length = CAPACITY - 4 - Used - 4;
    assert_int_equal(RingSharedProducerReserve(&Fixture->Producer, Packets, 1, &Result), 1);
    Packets[0].Length = 0;
    assert_int_equal(RingSharedProducerReserve(&Fixture->Producer, Packets, 1, &Result), 0);
    Fixture->Ring->Head = CAPACITY;
    assert_int_equal(RingSharedProducerReserve(&Fixture->Producer, Packets, 1, &Result), 0);
    assert_int_equal(Result, RingReserveCorrupt);
}

/* Puts a packet of zeros into the ring, as the driver does. */
static void Produce(FIXTURE *Fixture, uint32_t Length)
{
    RING_PRODUCER Producer;
    uint32_t Offset;

    RingProducerInitialize(&Producer, Fixture->Ring, CAPACITY);
    assert_int_equal(RingProducerReserve(&Producer, Length, &Offset), RingReserved);
    RingProducerPacket(&Producer, Offset)->Size = Length;
    RingProducerPublish(&Producer, Producer.Next);
}

static void TakenAndReleased(void **State)
{
    FIXTURE *Fixture = *State;
    RING_SHARED_CONSUMER *Consumer = &Fixture->Consumer;
    RING_POLL_RESULT Result;
    RING_PACKET Packets[8];

    assert_int_equal(RingSharedConsumerTake(Consumer, Packets, 8, &Result), 0);
    assert_int_equal(Result, RingEmpty);
    Produce(Fixture, 100);
    Produce(Fixture, 0);
    Produce(Fixture, 200);
    assert_int_equal(RingSharedConsumerTake(Consumer, Packets, 2, &Result), 2);
    assert_int_equal(RingSharedConsumerTake(Consumer, &Packets[2], 6, &Result), 1);
    assert_int_equal(Packets[0].Length, 100);
    assert_int_equal(Packets[1].Length, 0);
    assert_int_equal(Packets[2].Length, 200);
    assert_int_equal(Consumer->HighWater, 104 + 4 + 204);
    for (uint32_t Index = 3; Index-- > 0;)
    {
        assert_int_equal(Fixture->Ring->Head, 0);
        /* What the client has written over the header does not matter. */
        memset(Packets[Index].Data - sizeof(TUN_PACKET), 0xFF, sizeof(TUN_PACKET));
        Complete(Fixture, &Consumer->InFlight, &Packets[Index]);
        RingSharedConsumerRelease(Consumer);
    }
    assert_int_equal(Fixture->Ring->Head, 104 + 4 + 204);
    assert_int_equal(Consumer->InFlight.Bytes, 300);
    AssertNoEntries(Fixture);
}

static void AroundTheEdge(void **State)
{
    FIXTURE *Fixture = *State;
    RING_POLL_RESULT Result;
    RING_PACKET Packet;

    for (uint32_t Length = 0; Length <= TUN_MAX_IP_PACKET_SIZE; Length += 4681)
    {
        Produce(Fixture, Length);
        assert_int_equal(RingSharedConsumerTake(&Fixture->Consumer, &Packet, 1, &Result), 1);
        assert_int_equal(Packet.Length, Length);
        Complete(Fixture, &Fixture->Consumer.InFlight, &Packet);
        RingSharedConsumerRelease(&Fixture->Consumer);
        assert_int_equal(Fixture->Ring->Head, Fixture->Ring->Tail);
    }
    AssertNoEntries(Fixture);
}

static void CorruptRings(void **State)
{
    static const uint32_t Wrong[] = {1, 2, CAPACITY, CAPACITY + 4, 0x7FFFFFFC, 0xFFFFFFFC};
    FIXTURE *Fixture = *State;
    RING_POLL_RESULT Result;
    RING_PACKET Packets[4];

    for (size_t Index = 0; Index < sizeof(Wrong) / sizeof(Wrong[0]); Index++)
    {
        Fixture->Ring->Tail = Wrong[Index];
        assert_int_equal(RingSharedConsumerTake(&Fixture->Consumer, Packets, 4, &Result), 0);
        assert_int_equal(Result, RingCorrupt);
    }
    Fixture->Ring->Tail = TUN_RING_TERMINATED;
    assert_int_equal(RingSharedConsumerTake(&Fixture->Consumer, Packets, 4, &Result), 0);
    assert_int_equal(Result, RingTerminated);

    /* A good packet before a bad one is taken. */
    Fixture->Ring->Tail = 0;
    Produce(Fixture, 40);
    Produce(Fixture, 40);
    *(uint32_t *)(void *)&Fixture->Ring->Data[44] = 41;
    assert_int_equal(RingSharedConsumerTake(&Fixture->Consumer, Packets, 4, &Result), 1);
    assert_int_equal(RingSharedConsumerTake(&Fixture->Consumer, Packets, 4, &Result), 0);
    assert_int_equal(Result, RingCorrupt);
}

int main(void)
{
    const struct CMUnitTest Tests[] = {
        cmocka_unit_test_setup_teardown(SentInAnyOrder, SetUp, TearDown),
        cmocka_unit_test_setup_teardown(FoundOnlyWhereItStarts, SetUp, TearDown),
        cmocka_unit_test_setup_teardown(FoundOnlyWhereItStarts, SetUpAtEdge, TearDown),
        cmocka_unit_test_setup_teardown(EveryLength, SetUp, TearDown),
        cmocka_unit_test_setup_teardown(EveryLength, SetUpAtEdge, TearDown),
        cmocka_unit_test_setup_teardown(LeftToTheOneWhoAdvances, SetUp, TearDown),
        cmocka_unit_test_setup_teardown(BatchesOfSent, SetUp, TearDown),
        cmocka_unit_test_setup_teardown(TakenAndReleased, SetUp, TearDown),
        cmocka_unit_test_setup_teardown(AroundTheEdge, SetUpAtEdge, TearDown),
        cmocka_unit_test_setup_teardown(CorruptRings, SetUp, TearDown),
    };

    return cmocka_run_group_tests(Tests, NULL, NULL);
}
