/* SPDX-License-Identifier: MIT */
/*
 * One producer and one consumer thread that sleep by the handshake, for each capacity: every packet
 * arrives once, in order and whole, and no wake-up is lost. Sizes are 0 to 65535, delays on both
 * sides random. A lost wake-up shows as a wait that times out.
 *
 * Usage: ring_stress_test [PACKETS [SEED]]; PACKETS are shared out among the capacities.
 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "consumer.h"
#include "producer.h"

#define WAKE_UP_LIMIT_SECONDS 10

typedef struct _STRESS
{
    TUN_RING *Ring;
    uint32_t Capacity;
    uint64_t Packets;
    uint64_t Seed;
    sem_t TailMoved;
    uint64_t Sleeps;
    uint64_t Full;       /* times that the producer found no room */
    const char *Failure; /* set by the consumer */
} STRESS;

static uint64_t Random(uint64_t *State)
{
    *State ^= *State << 13;
    *State ^= *State >> 7;
    *State ^= *State << 17;
    return *State;
}

/* Sizes that a stream of that seed has: mostly small, some as on a network, a few of any. */
static uint32_t NextLength(uint64_t *State)
{
    uint64_t Value = Random(State);
    uint32_t Limit = 128;

    if ((Value & 0x3FF) == 0)
        Limit = TUN_MAX_IP_PACKET_SIZE + 1;
    else if ((Value & 0xF) == 0)
        Limit = 1500;
    return (uint32_t)(Value >> 32) % Limit;
}

static uint8_t Fill(uint64_t Number, uint32_t Length)
{
    return (uint8_t)(Number * 131 + (Number >> 8) * 31 + Length);
}

/* Now and then a moment, or the rest of the time slice; the side whose turn it is, more often, so
 * that the ring runs empty and full. */
static void Delay(uint64_t *State, uint64_t Number, unsigned Side)
{
    uint64_t Mask = (Number >> 14) % 3 == Side ? 0xF : 0x3FF;
    uint64_t Value = Random(State);

    if ((Value & Mask) == 0)
        for (volatile unsigned Spin = (unsigned)(Value >> 32) % 2000; Spin; Spin--)
            ;
    if ((Value & 0x3FFF) == 1)
        sched_yield();
}

static void *Produce(void *Context)
{
    STRESS *Stress = Context;
    uint64_t State = Stress->Seed;
    uint64_t Delays = Stress->Seed ^ 0x5555;
    RING_PRODUCER Producer;

    RingProducerInitialize(&Producer, Stress->Ring, Stress->Capacity);
    for (uint64_t Number = 0; Number < Stress->Packets; Number++)
    {
        uint32_t Length = NextLength(&State);
        TUN_PACKET *Packet;
        uint32_t Offset;

        while (RingProducerReserve(&Producer, Length, &Offset) != RingReserved)
        {
            Stress->Full++;
            sched_yield();
        }
        Packet = RingProducerPacket(&Producer, Offset);
        Packet->Size = Length;
        memset(Packet->Data, Fill(Number, Length), Length);
        RingProducerPublish(&Producer, Producer.Next);
        if (RingProducerMustSignal(&Producer))
            sem_post(&Stress->TailMoved);
        Delay(&Delays, Number, 0);
    }
    return NULL;
}

static int WaitForTailMoved(STRESS *Stress)
{
    struct timespec Limit;

    Stress->Sleeps++;
    clock_gettime(CLOCK_REALTIME, &Limit);
    Limit.tv_sec += WAKE_UP_LIMIT_SECONDS;
    while (sem_timedwait(&Stress->TailMoved, &Limit) != 0)
        if (errno != EINTR)
            return 0;
    return 1;
}

static const char *
Check(const TUN_PACKET *Packet, uint32_t Length, uint64_t Number, uint32_t Expected)
{
    if (Length != Expected)
        return "length";
    /* All bytes are the first, which is right. */
    if (Length && Packet->Data[0] != Fill(Number, Length))
        return "content";
    if (Length > 1 && memcmp(Packet->Data, Packet->Data + 1, Length - 1) != 0)
        return "content";
    return NULL;
}

static void *Consume(void *Context)
{
    STRESS *Stress = Context;
    uint64_t State = Stress->Seed;
    uint64_t Delays = Stress->Seed ^ 0xAAAA;
    RING_CONSUMER Consumer;
    uint32_t Polls = 0; /* left before the consumer sleeps */

    RingConsumerInitialize(&Consumer, Stress->Ring, Stress->Capacity);
    for (uint64_t Number = 0; Number < Stress->Packets && !Stress->Failure;)
    {
        TUN_PACKET *Packet;
        uint32_t Length;

        switch (RingConsumerPoll(&Consumer))
        {
        case RingNotEmpty:
            if (RingConsumerPeek(&Consumer, &Packet, &Length) != RingNotEmpty)
                Stress->Failure = "corrupt packet";
            else
                Stress->Failure = Check(Packet, Length, Number, NextLength(&State));
            RingConsumerAdvance(&Consumer, Length);
            RingConsumerRelease(&Consumer, Consumer.Next);
            Number++;
            Delay(&Delays, Number, 1);
            Polls = (uint32_t)Random(&Delays) % 1024;
            break;
        case RingEmpty:
            if (Polls)
            {
                Polls--;
                break;
            }
            if (RingConsumerSleep(&Consumer) == RingEmpty && !WaitForTailMoved(Stress))
                Stress->Failure = "lost wake-up";
            RingConsumerAwake(&Consumer);
            break;
        default:
            Stress->Failure = "corrupt ring";
            break;
        }
    }
    return NULL;
}

static void Run(uint32_t Capacity, uint64_t Packets, uint64_t Seed)
{
    STRESS Stress = {.Capacity = Capacity, .Packets = Packets, .Seed = Seed};
    pthread_t Producer, Consumer;

    Stress.Ring = calloc(1, TUN_RING_SIZE(Capacity));
    sem_init(&Stress.TailMoved, 0, 0);
    pthread_create(&Consumer, NULL, Consume, &Stress);
    pthread_create(&Producer, NULL, Produce, &Stress);
    pthread_join(Consumer, NULL);
    if (Stress.Failure)
    {
        printf("capacity %u, seed %llu: %s\n", Capacity, (unsigned long long)Seed, Stress.Failure);
        exit(1);
    }
    pthread_join(Producer, NULL);
    printf(
        "capacity %u, seed %llu: %llu packets in order; slept %llu times, full %llu times\n",
        Capacity, (unsigned long long)Seed, (unsigned long long)Packets,
        (unsigned long long)Stress.Sleeps, (unsigned long long)Stress.Full);
    sem_destroy(&Stress.TailMoved);
    free(Stress.Ring);
}

int main(int argc, char **argv)
{
    uint64_t Packets = argc > 1 ? strtoull(argv[1], NULL, 0) : 300000;
    uint64_t Seed = argc > 2 ? strtoull(argv[2], NULL, 0) : (uint64_t)time(NULL) | 1;
    uint64_t Capacities = 0;

    for (uint32_t Capacity = TUN_RING_MIN_CAPACITY; TunRingIsCapacity(Capacity); Capacity *= 2)
        Capacities++;
    for (uint32_t Capacity = TUN_RING_MIN_CAPACITY; TunRingIsCapacity(Capacity); Capacity *= 2)
        Run(Capacity, (Packets + Capacities - 1) / Capacities, Seed += 2);
    return 0;
}
