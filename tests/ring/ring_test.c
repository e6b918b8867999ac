/* SPDX-License-Identifier: MIT */
/*
 * The ring's operations, one at a time and in one thread: arithmetic, limits, and what a hostile
 * other side can write.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "consumer.h"
#include "producer.h"

#define CAPACITY TUN_RING_MIN_CAPACITY

typedef struct _FIXTURE
{
    TUN_RING *Ring;
    RING_PRODUCER Producer;
    RING_CONSUMER Consumer;
} FIXTURE;

/* The ring lies in an allocation of exactly its size, so that a sanitizer sees one byte too many.
 */
static int Setup(void **State)
{
    FIXTURE *Fixture = calloc(1, sizeof(*Fixture));

    Fixture->Ring = calloc(1, TUN_RING_SIZE(CAPACITY));
    assert_true(RingProducerInitialize(&Fixture->Producer, Fixture->Ring, CAPACITY));
    assert_true(RingConsumerInitialize(&Fixture->Consumer, Fixture->Ring, CAPACITY));
    *State = Fixture;
    return 0;
}

static int Teardown(void **State)
{
    FIXTURE *Fixture = *State;

    free(Fixture->Ring);
    free(Fixture);
    return 0;
}

static RING_RESERVE_RESULT Put(FIXTURE *Fixture, const void *Data, uint32_t Length)
{
    uint32_t Offset;
    RING_RESERVE_RESULT Result = RingProducerReserve(&Fixture->Producer, Length, &Offset);

    if (Result == RingReserved)
    {
        TUN_PACKET *Packet = RingProducerPacket(&Fixture->Producer, Offset);
        Packet->Size = Length;
        memcpy(Packet->Data, Data, Length);
        RingProducerPublish(&Fixture->Producer, Fixture->Producer.Next);
    }
    return Result;
}

static void TakeAndCompare(FIXTURE *Fixture, const void *Data, uint32_t Length)
{
    TUN_PACKET *Packet;
    uint32_t Found;

    assert_int_equal(RingConsumerPoll(&Fixture->Consumer), RingNotEmpty);
    assert_int_equal(RingConsumerPeek(&Fixture->Consumer, &Packet, &Found), RingNotEmpty);
    assert_int_equal(Found, Length);
    assert_memory_equal(Packet->Data, Data, Length);
    RingConsumerAdvance(&Fixture->Consumer, Found);
    RingConsumerRelease(&Fixture->Consumer, Fixture->Consumer.Next);
}

static void CapacityIsAPowerOfTwoWithinLimits(void **State)
{
    (void)State;
    assert_true(TunRingIsCapacity(0x20000));
    assert_true(TunRingIsCapacity(0x4000000));
    assert_false(TunRingIsCapacity(0));
    assert_false(TunRingIsCapacity(0x10000));
    assert_false(TunRingIsCapacity(0x8000000));
    assert_false(TunRingIsCapacity(0x20004));
    assert_false(TunRingIsCapacity(0x30000));
    assert_int_equal(TUN_RING_SIZE(0x20000), 12 + 0x20000 + 0x10000);
    assert_int_equal(TUN_RING_CAPACITY(TUN_RING_SIZE(0x400000)), 0x400000);
}

static void PacketSpaceIsHeaderAndAlignedData(void **State)
{
    (void)State;
    assert_int_equal(TUN_PACKET_SPACE(0), 4);
    assert_int_equal(TUN_PACKET_SPACE(1), 8);
    assert_int_equal(TUN_PACKET_SPACE(4), 8);
    assert_int_equal(TUN_PACKET_SPACE(5), 12);
    assert_int_equal(TUN_PACKET_SPACE(0xFFFF), 0x10004);
}

static void EmptyRingHasNothing(void **State)
{
    FIXTURE *Fixture = *State;

    assert_int_equal(RingConsumerPoll(&Fixture->Consumer), RingEmpty);
}

static void PacketsOfEverySizeArriveInOrder(void **State)
{
    static uint8_t Data[TUN_MAX_IP_PACKET_SIZE];
    FIXTURE *Fixture = *State;

    for (uint32_t Length = 0; Length <= TUN_MAX_IP_PACKET_SIZE; Length += 61)
    {
        memset(Data, (int)(Length / 61), Length);
        assert_int_equal(Put(Fixture, Data, Length), RingReserved);
        TakeAndCompare(Fixture, Data, Length);
    }
    assert_int_equal(RingConsumerPoll(&Fixture->Consumer), RingEmpty);
}

static void PacketThatStartsAtTheEdgeStaysContiguous(void **State)
{
    static uint8_t Data[TUN_MAX_IP_PACKET_SIZE];
    FIXTURE *Fixture = *State;

    memset(Data, 0x5A, sizeof(Data));
    Fixture->Ring->Head = Fixture->Ring->Tail = CAPACITY - 4;
    assert_true(RingProducerInitialize(&Fixture->Producer, Fixture->Ring, CAPACITY));
    assert_true(RingConsumerInitialize(&Fixture->Consumer, Fixture->Ring, CAPACITY));
    assert_int_equal(Put(Fixture, Data, sizeof(Data)), RingReserved);
    assert_int_equal(Fixture->Ring->Tail, 0x10000);
    TakeAndCompare(Fixture, Data, sizeof(Data));
}

static void FullRingKeepsOneAlignmentFree(void **State)
{
    FIXTURE *Fixture = *State;
    uint32_t Count = 0;

    while (Put(Fixture, "1234", 4) == RingReserved)
        Count++;
    assert_int_equal(Count, (CAPACITY - 4) / 8);
    assert_int_equal(Fixture->Ring->Tail, Count * 8);
    assert_int_not_equal(Fixture->Ring->Tail, Fixture->Ring->Head);
    /* Four bytes are left of the usable ones: an empty packet does not fit either. */
    assert_int_equal(Put(Fixture, "", 0), (CAPACITY - 4) % 8 >= 4 ? RingReserved : RingFull);
    TakeAndCompare(Fixture, "1234", 4);
    assert_int_equal(Put(Fixture, "5678", 4), RingReserved);
}

static void FailedReservationChangesNothing(void **State)
{
    static uint8_t Data[TUN_MAX_IP_PACKET_SIZE];
    FIXTURE *Fixture = *State;
    uint32_t Next;

    assert_int_equal(Put(Fixture, Data, sizeof(Data)), RingReserved);
    Next = Fixture->Producer.Next;
    assert_int_equal(Put(Fixture, Data, sizeof(Data)), RingFull);
    assert_int_equal(Fixture->Producer.Next, Next);
    assert_int_equal(Fixture->Ring->Tail, Next);
    assert_int_equal(Put(Fixture, Data, 1000), RingReserved);
}

static void InitialOffsetsAreChecked(void **State)
{
    static const uint32_t Bad[] = {1, 2, 3, CAPACITY, CAPACITY + 4, 0x80000000u, 0xFFFFFFFFu};
    FIXTURE *Fixture = *State;

    for (size_t Index = 0; Index < sizeof(Bad) / sizeof(Bad[0]); Index++)
    {
        Fixture->Ring->Head = Bad[Index];
        Fixture->Ring->Tail = 0;
        assert_false(RingProducerInitialize(&Fixture->Producer, Fixture->Ring, CAPACITY));
        assert_false(RingConsumerInitialize(&Fixture->Consumer, Fixture->Ring, CAPACITY));
        Fixture->Ring->Head = 0;
        Fixture->Ring->Tail = Bad[Index];
        assert_false(RingProducerInitialize(&Fixture->Producer, Fixture->Ring, CAPACITY));
        assert_false(RingConsumerInitialize(&Fixture->Consumer, Fixture->Ring, CAPACITY));
    }
}

static void ProducerDistrustsHead(void **State)
{
    static uint8_t Data[TUN_MAX_IP_PACKET_SIZE];
    FIXTURE *Fixture = *State;

    assert_int_equal(Put(Fixture, Data, sizeof(Data)), RingReserved);
    Fixture->Ring->Head = CAPACITY;
    assert_int_equal(Put(Fixture, Data, sizeof(Data)), RingReserveCorrupt);
    Fixture->Ring->Head = 2;
    assert_int_equal(Put(Fixture, Data, sizeof(Data)), RingReserveCorrupt);
}

static void ConsumerDistrustsTail(void **State)
{
    FIXTURE *Fixture = *State;

    Fixture->Ring->Tail = CAPACITY;
    assert_int_equal(RingConsumerPoll(&Fixture->Consumer), RingCorrupt);
    Fixture->Ring->Tail = 6;
    assert_int_equal(RingConsumerPoll(&Fixture->Consumer), RingCorrupt);
    Fixture->Ring->Tail = TUN_RING_TERMINATED;
    assert_int_equal(RingConsumerPoll(&Fixture->Consumer), RingTerminated);
}

static void ConsumerDistrustsPacketSize(void **State)
{
    static const uint32_t Bad[] = {5, 8, 0x10000, 0x7FFFFFFF, 0xFFFFFFFC, 0xFFFFFFFF};
    FIXTURE *Fixture = *State;
    TUN_PACKET *Packet;
    uint32_t Length;

    for (size_t Index = 0; Index < sizeof(Bad) / sizeof(Bad[0]); Index++)
    {
        ((TUN_PACKET *)(void *)Fixture->Ring->Data)->Size = Bad[Index];
        Fixture->Ring->Tail = 8;
        assert_int_equal(RingConsumerPoll(&Fixture->Consumer), RingNotEmpty);
        assert_int_equal(RingConsumerPeek(&Fixture->Consumer, &Packet, &Length), RingCorrupt);
    }
    ((TUN_PACKET *)(void *)Fixture->Ring->Data)->Size = 4;
    assert_int_equal(RingConsumerPeek(&Fixture->Consumer, &Packet, &Length), RingNotEmpty);
}

static void SleepIsAnnouncedAndSeen(void **State)
{
    FIXTURE *Fixture = *State;

    assert_false(RingProducerMustSignal(&Fixture->Producer));
    assert_int_equal(RingConsumerSleep(&Fixture->Consumer), RingEmpty);
    assert_int_equal(Fixture->Ring->Alertable, 1);
    assert_int_equal(Put(Fixture, "1234", 4), RingReserved);
    assert_true(RingProducerMustSignal(&Fixture->Producer));
    assert_int_equal(RingConsumerSleep(&Fixture->Consumer), RingNotEmpty);
    RingConsumerAwake(&Fixture->Consumer);
    assert_false(RingProducerMustSignal(&Fixture->Producer));
}

int main(void)
{
    const struct CMUnitTest Tests[] = {
        cmocka_unit_test(CapacityIsAPowerOfTwoWithinLimits),
        cmocka_unit_test(PacketSpaceIsHeaderAndAlignedData),
        cmocka_unit_test_setup_teardown(EmptyRingHasNothing, Setup, Teardown),
        cmocka_unit_test_setup_teardown(PacketsOfEverySizeArriveInOrder, Setup, Teardown),
        cmocka_unit_test_setup_teardown(PacketThatStartsAtTheEdgeStaysContiguous, Setup, Teardown),
        cmocka_unit_test_setup_teardown(FullRingKeepsOneAlignmentFree, Setup, Teardown),
        cmocka_unit_test_setup_teardown(FailedReservationChangesNothing, Setup, Teardown),
        cmocka_unit_test_setup_teardown(InitialOffsetsAreChecked, Setup, Teardown),
        cmocka_unit_test_setup_teardown(ProducerDistrustsHead, Setup, Teardown),
        cmocka_unit_test_setup_teardown(ConsumerDistrustsTail, Setup, Teardown),
        cmocka_unit_test_setup_teardown(ConsumerDistrustsPacketSize, Setup, Teardown),
        cmocka_unit_test_setup_teardown(SleepIsAnnouncedAndSeen, Setup, Teardown),
    };

    return cmocka_run_group_tests_name("ring", Tests, NULL, NULL);
}
