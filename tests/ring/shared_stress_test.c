/* SPDX-License-Identifier: MIT */
/*
 * Several threads on each end of a pair of rings, and one in the middle that is the driver: it
 * consumes what the senders produce and produces it again for the receivers. Every packet arrives
 * once and whole, those of a thread in the order in which it reserved them, though packets are
 * reserved and taken in batches and completed in any order, some of them by another thread. At the
 * end nothing is left in flight. A packet that nobody publishes, and a lost wake-up, show as a
 * standstill.
 *
 * Usage: shared_stress_test [PACKETS-OF-A-THREAD [THREADS [SEED]]]
 */
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "shared_consumer.h"
#include "shared_producer.h"

#define MAX_THREADS        16
#define MAX_BATCH          8
#define MAX_HELD           24
#define STANDSTILL_SECONDS 30

/* What a packet begins with; packets shorter than this are filled with their length only. */
typedef struct _STAMP
{
    uint32_t Thread;
    uint32_t Number;
    uint64_t Seed;
} STAMP;

typedef struct _STRESS
{
    uint32_t Capacity;
    uint32_t Threads;
    uint32_t Packets; /* of each sender */
    uint64_t Seed;
    RING_SHARED_PRODUCER Sender;
    RING_SHARED_CONSUMER Receiver;
    sem_t TailMoved;          /* of the senders' ring */
    uint64_t Received;        /* atomic */
    RING_PACKET *Mailbox;     /* atomic: a packet that whoever finds it completes */
    RING_PACKET *ReadMailbox; /* likewise, of the receivers */
    uint32_t Sleeps;
} STRESS;

static STRESS Stress;

_Noreturn static void Fail(const char *What)
{
    printf(
        "capacity %u, %u threads, seed %llu: %s\n", Stress.Capacity, Stress.Threads,
        (unsigned long long)Stress.Seed, What);
    exit(1);
}

static uint64_t Random(uint64_t *State)
{
    *State ^= *State << 13;
    *State ^= *State >> 7;
    *State ^= *State << 17;
    return *State;
}

static uint32_t NextLength(uint64_t *State)
{
    uint64_t Value = Random(State);

    if ((Value & 0x7F) == 0)
        return (uint32_t)(Value >> 32) % (TUN_MAX_IP_PACKET_SIZE + 1);
    return (uint32_t)(Value >> 32) % ((Value & 0x80) ? 1500 : 64);
}

static void FillPacket(const RING_PACKET *Packet, const STAMP *Stamp)
{
    memset(Packet->Data, (int)(Stamp->Number + Packet->Length), Packet->Length);
    if (Packet->Length >= sizeof(*Stamp))
        memcpy(Packet->Data, Stamp, sizeof(*Stamp));
}

/* The sender of a packet that is long enough to say; else MAX_THREADS. */
static uint32_t CheckPacket(const uint8_t *Data, uint32_t Length, uint32_t *Number)
{
    STAMP Stamp;

    if (Length < sizeof(Stamp))
    {
        for (uint32_t Index = 1; Index < Length; Index++)
            if (Data[Index] != Data[0])
                Fail("content of a short packet");
        return MAX_THREADS;
    }
    memcpy(&Stamp, Data, sizeof(Stamp));
    if (Stamp.Seed != Stress.Seed || Stamp.Thread >= Stress.Threads)
        Fail("stamp");
    for (uint32_t Index = sizeof(Stamp); Index < Length; Index++)
        if (Data[Index] != (uint8_t)(Stamp.Number + Length))
            Fail("content");
    *Number = Stamp.Number;
    return Stamp.Thread;
}

static uint32_t OffsetOf(const TUN_RING *Ring, const RING_PACKET *Packet)
{
    return (uint32_t)(Packet->Data - Ring->Data) - (uint32_t)sizeof(TUN_PACKET);
}

static void
CompleteOne(RING_IN_FLIGHT *InFlight, TUN_RING *Ring, const RING_PACKET *Packet, int Sends)
{
    uint32_t Offset = OffsetOf(Ring, Packet);
    uint32_t Length;

    if (!RingInFlightFind(InFlight, Offset, &Length) || Length != Packet->Length)
        Fail("a packet in flight is not found");
    if (Sends)
        ((TUN_PACKET *)(void *)(Ring->Data + Offset))->Size = Length;
    RingInFlightComplete(InFlight, Offset, Length);
}

static void Send(const RING_PACKET *Packets, uint32_t Count)
{
    for (uint32_t Index = 0; Index < Count; Index++)
        CompleteOne(&Stress.Sender.InFlight, Stress.Sender.Ring, &Packets[Index], 1);
    if (RingSharedProducerPublish(&Stress.Sender))
        sem_post(&Stress.TailMoved);
}

static void Release(const RING_PACKET *Packets, uint32_t Count)
{
    for (uint32_t Index = 0; Index < Count; Index++)
        CompleteOne(&Stress.Receiver.InFlight, Stress.Receiver.Ring, &Packets[Index], 0);
    RingSharedConsumerRelease(&Stress.Receiver);
}

/* Gives a packet to whichever thread comes by next; takes the one that was there. */
static void Exchange(
    RING_PACKET **Mailbox,
    const RING_PACKET *Packet,
    void (*Complete)(const RING_PACKET *, uint32_t))
{
    RING_PACKET *Left = NULL;

    if (Packet)
    {
        Left = malloc(sizeof(*Left));
        *Left = *Packet;
    }
    RING_PACKET *Found = __atomic_exchange_n(Mailbox, Left, __ATOMIC_ACQ_REL);
    if (Found)
        Complete(Found, 1);
    free(Found);
}

/* Completes some or all of the packets that a thread holds, in random order. */
static uint32_t CompleteHeld(
    RING_PACKET *Held,
    uint32_t Count,
    uint32_t Keep,
    uint64_t *State,
    void (*Complete)(const RING_PACKET *, uint32_t))
{
    RING_PACKET Batch[MAX_BATCH];
    uint32_t Filled = 0;

    while (Count > Keep)
    {
        uint32_t Index = (uint32_t)Random(State) % Count;
        Batch[Filled++] = Held[Index];
        Held[Index] = Held[--Count];
        if (Filled == MAX_BATCH || Random(State) % 3 == 0 || Count == Keep)
        {
            Complete(Batch, Filled);
            Filled = 0;
        }
    }
    return Count;
}

static void *SendAll(void *Context)
{
    STAMP Stamp = {.Thread = (uint32_t)(uintptr_t)Context, .Seed = Stress.Seed};
    uint64_t State = Stress.Seed * 77 + Stamp.Thread + 1;
    RING_PACKET Held[MAX_HELD + MAX_BATCH];
    uint32_t Count = 0;

    while (Stamp.Number < Stress.Packets)
    {
        uint32_t Wanted = 1 + (uint32_t)Random(&State) % MAX_BATCH;
        RING_RESERVE_RESULT Result;

        if (Wanted > Stress.Packets - Stamp.Number)
            Wanted = Stress.Packets - Stamp.Number;
        for (uint32_t Index = 0; Index < Wanted; Index++)
            Held[Count + Index].Length = NextLength(&State);
        uint32_t Got = RingSharedProducerReserve(&Stress.Sender, &Held[Count], Wanted, &Result);
        if (Got == 0)
        {
            if (Result != RingFull)
                Fail("reserving");
            /* What is held keeps the ring full. */
            Count = CompleteHeld(Held, Count, 0, &State, Send);
            Exchange(&Stress.Mailbox, NULL, Send);
            sched_yield();
            continue;
        }
        for (uint32_t Index = 0; Index < Got; Index++, Stamp.Number++)
            FillPacket(&Held[Count + Index], &Stamp);
        Count += Got;
        if (Random(&State) % 16 == 0)
            Exchange(&Stress.Mailbox, &Held[--Count], Send);
        Count = CompleteHeld(
            Held, Count, Count > MAX_HELD ? MAX_HELD : (uint32_t)Random(&State) % (Count + 1),
            &State, Send);
    }
    CompleteHeld(Held, Count, 0, &State, Send);
    Exchange(&Stress.Mailbox, NULL, Send);
    return NULL;
}

static void *ReceiveAll(void *Context)
{
    uint64_t All = (uint64_t)Stress.Packets * Stress.Threads;
    uint64_t State = Stress.Seed * 99 + (uintptr_t)Context + 1;
    RING_PACKET Held[MAX_HELD + MAX_BATCH];
    uint32_t Last[MAX_THREADS] = {0};
    uint32_t Count = 0;

    while (__atomic_load_n(&Stress.Received, __ATOMIC_RELAXED) < All)
    {
        RING_POLL_RESULT Result;
        uint32_t Got = RingSharedConsumerTake(
            &Stress.Receiver, &Held[Count], 1 + (uint32_t)Random(&State) % MAX_BATCH, &Result);

        if (Got == 0)
        {
            if (Result != RingEmpty)
                Fail("receiving");
            Count = CompleteHeld(Held, Count, 0, &State, Release);
            Exchange(&Stress.ReadMailbox, NULL, Release);
            sched_yield();
            continue;
        }
        for (uint32_t Index = 0; Index < Got; Index++)
        {
            uint32_t Number;
            uint32_t Thread = CheckPacket(Held[Count].Data, Held[Count].Length, &Number);
            if (Thread < MAX_THREADS && Number < Last[Thread])
                Fail("order at a receiver");
            if (Thread < MAX_THREADS)
                Last[Thread] = Number + 1;
            memset(Held[Count].Data, 0xEE, Held[Count].Length);
            Count++;
        }
        __atomic_fetch_add(&Stress.Received, Got, __ATOMIC_RELAXED);
        if (Random(&State) % 16 == 0)
            Exchange(&Stress.ReadMailbox, &Held[--Count], Release);
        Count = CompleteHeld(
            Held, Count, Count > MAX_HELD ? MAX_HELD : (uint32_t)Random(&State) % (Count + 1),
            &State, Release);
    }
    CompleteHeld(Held, Count, 0, &State, Release);
    Exchange(&Stress.ReadMailbox, NULL, Release);
    return NULL;
}

static void WaitForTailMoved(RING_CONSUMER *Consumer)
{
    if (RingConsumerSleep(Consumer) == RingEmpty)
    {
        struct timespec Limit;
        clock_gettime(CLOCK_REALTIME, &Limit);
        Limit.tv_sec += STANDSTILL_SECONDS;
        Stress.Sleeps++;
        if (sem_timedwait(&Stress.TailMoved, &Limit) != 0)
            Fail("standstill of the senders");
    }
    RingConsumerAwake(Consumer);
}

/* The driver: from ring to ring, with the cursors of one thread. Returns bytes of data. */
static uint64_t Forward(TUN_RING *From, TUN_RING *To)
{
    uint64_t All = (uint64_t)Stress.Packets * Stress.Threads;
    uint32_t Next[MAX_THREADS] = {0};
    RING_CONSUMER Consumer;
    RING_PRODUCER Producer;
    uint64_t Bytes = 0;

    RingConsumerInitialize(&Consumer, From, Stress.Capacity);
    RingProducerInitialize(&Producer, To, Stress.Capacity);
    for (uint64_t Count = 0; Count < All; Count++)
    {
        TUN_PACKET *Packet;
        uint32_t Length, Offset, Number, Thread;
        RING_POLL_RESULT Poll;
        time_t Started = time(NULL);

        while ((Poll = RingConsumerPoll(&Consumer)) == RingEmpty)
            WaitForTailMoved(&Consumer);
        if (Poll != RingNotEmpty || RingConsumerPeek(&Consumer, &Packet, &Length) != RingNotEmpty)
            Fail("the senders' ring is corrupt");
        Thread = CheckPacket(Packet->Data, Length, &Number);
        if (Thread < MAX_THREADS && Number < Next[Thread])
            Fail("order of a sender");
        if (Thread < MAX_THREADS)
            Next[Thread] = Number + 1;
        while (RingProducerReserve(&Producer, Length, &Offset) != RingReserved)
        {
            if (time(NULL) > Started + STANDSTILL_SECONDS)
                Fail("standstill of the receivers");
            sched_yield();
        }
        RingProducerPacket(&Producer, Offset)->Size = Length;
        memcpy(RingProducerPacket(&Producer, Offset)->Data, Packet->Data, Length);
        RingProducerPublish(&Producer, Producer.Next);
        RingConsumerAdvance(&Consumer, Length);
        RingConsumerRelease(&Consumer, Consumer.Next);
        Bytes += Length;
    }
    return Bytes;
}

static void CheckAtRest(const RING_IN_FLIGHT *InFlight, const TUN_RING *Ring, uint64_t Bytes)
{
    if (Ring->Head != Ring->Tail || InFlight->Oldest != Ring->Tail)
        Fail("something is left in a ring");
    if (InFlight->Packets != (uint64_t)Stress.Packets * Stress.Threads || InFlight->Bytes != Bytes)
        Fail("counts");
    for (uint32_t Index = 0; Index < Stress.Capacity / TUN_PACKET_ALIGNMENT; Index++)
        if (InFlight->Entries[Index] != 0)
            Fail("something is left in flight");
}

static void Run(uint32_t Capacity, uint32_t Packets, uint32_t Threads, uint64_t Seed)
{
    pthread_t Senders[MAX_THREADS], Receivers[MAX_THREADS];
    TUN_RING *Rings[2] = {calloc(1, TUN_RING_SIZE(Capacity)), calloc(1, TUN_RING_SIZE(Capacity))};
    uint16_t *Entries[2] = {
        calloc(1, RING_IN_FLIGHT_SIZE(Capacity)), calloc(1, RING_IN_FLIGHT_SIZE(Capacity))};

    memset(&Stress, 0, sizeof(Stress));
    Stress.Capacity = Capacity;
    Stress.Packets = Packets;
    Stress.Threads = Threads;
    Stress.Seed = Seed;
    sem_init(&Stress.TailMoved, 0, 0);
    RingSharedProducerInitialize(&Stress.Sender, Rings[0], Capacity, Entries[0]);
    RingSharedConsumerInitialize(&Stress.Receiver, Rings[1], Capacity, Entries[1]);
    for (uintptr_t Index = 0; Index < Threads; Index++)
    {
        pthread_create(&Receivers[Index], NULL, ReceiveAll, (void *)Index);
        pthread_create(&Senders[Index], NULL, SendAll, (void *)Index);
    }
    uint64_t Bytes = Forward(Rings[0], Rings[1]);
    for (uint32_t Index = 0; Index < Threads; Index++)
    {
        pthread_join(Senders[Index], NULL);
        pthread_join(Receivers[Index], NULL);
    }
    CheckAtRest(&Stress.Sender.InFlight, Rings[0], Bytes);
    CheckAtRest(&Stress.Receiver.InFlight, Rings[1], Bytes);
    printf(
        "capacity %u, seed %llu: %u packets of each of %u threads, high water %u and %u bytes, "
        "%u sleeps\n",
        Capacity, (unsigned long long)Seed, Packets, Threads, Stress.Sender.HighWater,
        Stress.Receiver.HighWater, Stress.Sleeps);
    sem_destroy(&Stress.TailMoved);
    for (int Index = 0; Index < 2; Index++)
    {
        free(Rings[Index]);
        free(Entries[Index]);
    }
}

int main(int argc, char **argv)
{
    uint32_t Packets = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 0) : 20000;
    uint32_t Threads = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 0) : 4;
    uint64_t Seed = argc > 3 ? strtoull(argv[3], NULL, 0) : (uint64_t)time(NULL) | 1;

    if (Threads < 1 || Threads > MAX_THREADS)
        Fail("there are 1 to 16 threads");
    Run(TUN_RING_MIN_CAPACITY, Packets, Threads, Seed);
    Run(0x400000, Packets, Threads, Seed + 2);
    return 0;
}
