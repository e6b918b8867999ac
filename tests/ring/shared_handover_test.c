/* SPDX-License-Identifier: MIT */
/*
 * Two threads complete a packet each at the same moment, the oldest and the one behind it, over and
 * over: whoever of them advances, both are shown to the other side when both calls have returned.
 * It is the hand-over of in_flight.h alone: later packets, which would make up for a forgotten one,
 * are missing.
 *
 * Usage: shared_handover_test [ROUNDS]
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "shared_consumer.h"
#include "shared_producer.h"

#define CAPACITY TUN_RING_MIN_CAPACITY
#define LENGTH   20u

static TUN_RING *Ring;
static RING_SHARED_PRODUCER Producer;
static RING_SHARED_CONSUMER Consumer;
static uint32_t Round;    /* atomic: the helper completes the packet of this round */
static uint32_t Finished; /* atomic: the last round that it has completed */
static uint32_t HelpersOffset;
static uint32_t Rounds;

/* Spins, since the two should meet within nanoseconds; but the other may have no processor. */
static void Await(const uint32_t *Word, uint32_t Value)
{
    for (uint32_t Spins = 0; __atomic_load_n(Word, __ATOMIC_ACQUIRE) != Value; Spins++)
        if (Spins % 4096 == 4095)
            sched_yield();
}

static void Complete(uint32_t Offset, int Sends)
{
    RingInFlightComplete(Sends ? &Producer.InFlight : &Consumer.InFlight, Offset, LENGTH);
    if (Sends)
        RingSharedProducerPublish(&Producer);
    else
        RingSharedConsumerRelease(&Consumer);
}

/* Two steps a round: both send, both release. */
static void *Help(void *Context)
{
    (void)Context;
    for (uint32_t Step = 1; Step <= 2 * Rounds; Step++)
    {
        Await(&Round, Step);
        Complete(HelpersOffset, Step % 2);
        __atomic_store_n(&Finished, Step, __ATOMIC_RELEASE);
    }
    return NULL;
}

/* Completes one packet here and one there, and waits for both. */
static void CompleteBoth(uint32_t Step, const RING_PACKET *Here, const RING_PACKET *There)
{
    HelpersOffset = (uint32_t)(There->Data - Ring->Data) - (uint32_t)sizeof(TUN_PACKET);
    __atomic_store_n(&Round, Step, __ATOMIC_RELEASE);
    /* The helper needs a moment to see it; a different one each time. */
    for (volatile uint32_t Delay = Step / 2 % 64; Delay; Delay--)
        ;
    Complete((uint32_t)(Here->Data - Ring->Data) - (uint32_t)sizeof(TUN_PACKET), Step % 2);
    Await(&Finished, Step);
}

static void Check(uint32_t Index, uint32_t Actual, uint32_t Expected, const char *What)
{
    if (Actual == Expected)
        return;
    printf("round %u: %s is %u, not %u: a packet is forgotten\n", Index, What, Actual, Expected);
    exit(1);
}

int main(int argc, char **argv)
{
    pthread_t Helper;

    Rounds = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 0) : 200000;
    Ring = calloc(1, TUN_RING_SIZE(CAPACITY));
    RingSharedProducerInitialize(
        &Producer, Ring, CAPACITY, calloc(1, RING_IN_FLIGHT_SIZE(CAPACITY)));
    RingSharedConsumerInitialize(
        &Consumer, Ring, CAPACITY, calloc(1, RING_IN_FLIGHT_SIZE(CAPACITY)));
    pthread_create(&Helper, NULL, Help, NULL);
    for (uint32_t Index = 0; Index < Rounds; Index++)
    {
        RING_PACKET Packets[2] = {{.Length = LENGTH}, {.Length = LENGTH}};
        uint32_t Oldest = Index / 2 % 2;
        RING_RESERVE_RESULT Reserve;
        RING_POLL_RESULT Poll;

        Check(Index, RingSharedProducerReserve(&Producer, Packets, 2, &Reserve), 2, "reserved");
        for (int Each = 0; Each < 2; Each++)
            ((TUN_PACKET *)(void *)(Packets[Each].Data - sizeof(TUN_PACKET)))->Size = LENGTH;
        CompleteBoth(2 * Index + 1, &Packets[Oldest], &Packets[1 - Oldest]);
        Check(Index, Ring->Tail, (uint32_t)Producer.Next & (CAPACITY - 1), "Tail");
        Check(Index, RingSharedConsumerTake(&Consumer, Packets, 2, &Poll), 2, "taken");
        CompleteBoth(2 * Index + 2, &Packets[Oldest], &Packets[1 - Oldest]);
        Check(Index, Ring->Head, Ring->Tail, "Head");
    }
    pthread_join(Helper, NULL);
    printf("%u rounds: nothing forgotten\n", Rounds);
    return 0;
}
