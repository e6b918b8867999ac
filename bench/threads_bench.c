/* SPDX-License-Identifier: MIT */
/*
 * The ring with 1, 2 and 4 threads on the client's side, as the library shares it out, and the
 * driver's one on the other: packets of 64 and 1420 bytes per second, one at a time, all threads
 * together. The baseline of 2 and 4 threads is 1 thread; that of 1 is the ring of one thread that
 * shares nothing.
 *
 * Usage: threads_bench REPETITIONS [PACKETS-OF-A-SLICE]
 */
#include <stdlib.h>
#include <string.h>

#include "sample.h"
#include "shared_consumer.h"
#include "shared_producer.h"

#define CAPACITY    0x400000u
#define SLICES      11
#define MAX_THREADS 4

typedef struct _RUN
{
    TUN_RING *Ring;
    uint32_t Length;
    uint64_t Packets; /* of each client thread; all of the driver's */
    uint64_t All;
    _Alignas(128) RING_SHARED_PRODUCER Sender;
    _Alignas(128) RING_SHARED_CONSUMER Receiver;
    _Alignas(128) uint64_t Received; /* atomic */
    _Alignas(128) pthread_barrier_t Start;
    uint64_t Started; /* by the driver's thread, once all are there */
} RUN;

static void *Send(void *Context)
{
    uint8_t Source[2048] = {0};
    RUN *Run = Context;

    pthread_barrier_wait(&Run->Start);
    for (uint64_t Count = 0; Count < Run->Packets; Count++)
    {
        RING_PACKET Packet = {.Length = Run->Length};
        RING_RESERVE_RESULT Result;
        uint32_t Length;

        while (!RingSharedProducerReserve(&Run->Sender, &Packet, 1, &Result))
            SampleWait();
        SampleCopy(Packet.Data, Source, Run->Length);
        uint32_t Offset = (uint32_t)(Packet.Data - Run->Ring->Data) - (uint32_t)sizeof(TUN_PACKET);
        if (!RingInFlightFind(&Run->Sender.InFlight, Offset, &Length))
            abort();
        ((TUN_PACKET *)(void *)(Run->Ring->Data + Offset))->Size = Length;
        RingInFlightComplete(&Run->Sender.InFlight, Offset, Length);
        if (RingSharedProducerPublish(&Run->Sender))
            abort();
    }
    return NULL;
}

static void *Receive(void *Context)
{
    uint8_t Sink[2048];
    RUN *Run = Context;
    uint64_t Count = 0; /* not in Run->Received yet */

    pthread_barrier_wait(&Run->Start);
    while (__atomic_load_n(&Run->Received, __ATOMIC_RELAXED) < Run->All)
    {
        RING_POLL_RESULT Result;
        RING_PACKET Packet;
        uint32_t Length;

        if (!RingSharedConsumerTake(&Run->Receiver, &Packet, 1, &Result))
        {
            if (Count)
                __atomic_fetch_add(&Run->Received, Count, __ATOMIC_RELAXED);
            Count = 0;
            SampleWait();
            continue;
        }
        SampleCopy(Sink, Packet.Data, Packet.Length);
        uint32_t Offset = (uint32_t)(Packet.Data - Run->Ring->Data) - (uint32_t)sizeof(TUN_PACKET);
        if (!RingInFlightFind(&Run->Receiver.InFlight, Offset, &Length))
            abort();
        RingInFlightComplete(&Run->Receiver.InFlight, Offset, Length);
        RingSharedConsumerRelease(&Run->Receiver);
        Count++;
    }
    return NULL;
}

/* The other side, and with Threads 0 this side as well. */
static void *DriverConsume(void *Context)
{
    uint8_t Sink[2048];
    RUN *Run = Context;
    RING_CONSUMER Consumer;

    RingConsumerInitialize(&Consumer, Run->Ring, CAPACITY);
    pthread_barrier_wait(&Run->Start);
    Run->Started = SampleNow();
    for (uint64_t Count = 0; Count < Run->All;)
    {
        TUN_PACKET *Packet;
        uint32_t Length;

        if (RingConsumerPoll(&Consumer) != RingNotEmpty ||
            RingConsumerPeek(&Consumer, &Packet, &Length) != RingNotEmpty)
        {
            SampleWait();
            continue;
        }
        SampleCopy(Sink, Packet->Data, Length);
        RingConsumerAdvance(&Consumer, Length);
        RingConsumerRelease(&Consumer, Consumer.Next);
        Count++;
    }
    return NULL;
}

static void *DriverProduce(void *Context)
{
    uint8_t Source[2048] = {0};
    RUN *Run = Context;
    RING_PRODUCER Producer;
    uint32_t Offset;

    RingProducerInitialize(&Producer, Run->Ring, CAPACITY);
    pthread_barrier_wait(&Run->Start);
    Run->Started = SampleNow();
    for (uint64_t Count = 0; Count < Run->All; Count++)
    {
        while (RingProducerReserve(&Producer, Run->Length, &Offset) != RingReserved)
            SampleWait();
        TUN_PACKET *Packet = RingProducerPacket(&Producer, Offset);
        Packet->Size = Run->Length;
        SampleCopy(Packet->Data, Source, Run->Length);
        RingProducerPublish(&Producer, Producer.Next);
        if (RingProducerMustSignal(&Producer))
            abort();
    }
    return NULL;
}

/* Packets per second. Threads 0: one that shares nothing. */
static double Measure(TUN_RING *Ring, int Sends, unsigned Threads, uint32_t Length, uint64_t All)
{
    static volatile uint16_t Entries[RING_IN_FLIGHT_SIZE(CAPACITY) / sizeof(uint16_t)];
    static RUN Run;
    unsigned Clients = Threads ? Threads : 1;
    pthread_t Handles[MAX_THREADS + 1];

    memset(&Run, 0, sizeof(Run));
    Run.Ring = Ring;
    Run.Length = Length;
    Run.Packets = All / Clients;
    Run.All = Run.Packets * Clients;
    Ring->Head = Ring->Tail = 0;
    if (Sends)
        RingSharedProducerInitialize(&Run.Sender, Ring, CAPACITY, Entries);
    else
        RingSharedConsumerInitialize(&Run.Receiver, Ring, CAPACITY, Entries);
    pthread_barrier_init(&Run.Start, NULL, Clients + 1);
    for (unsigned Thread = 0; Thread < Clients; Thread++)
        pthread_create(
            &Handles[Thread], NULL,
            Threads ? (Sends ? Send : Receive) : (Sends ? DriverProduce : DriverConsume), &Run);
    pthread_create(&Handles[Clients], NULL, Sends ? DriverConsume : DriverProduce, &Run);
    for (unsigned Thread = 0; Thread <= Clients; Thread++)
        pthread_join(Handles[Thread], NULL);
    return (double)Run.All * 1e9 / (double)(SampleNow() - Run.Started);
}

static void Bench(TUN_RING *Ring, int Sends, uint32_t Length, uint64_t Packets)
{
    static const unsigned Threads[] = {0, 1, 2, 4};
    double Values[4][SLICES], Medians[4];

    for (unsigned Slice = 0; Slice < SLICES; Slice++)
        for (unsigned Index = 0; Index < 4; Index++)
            Values[Index][Slice] = Measure(Ring, Sends, Threads[Index], Length, Packets);
    for (unsigned Index = 0; Index < 4; Index++)
    {
        char Name[64];
        Medians[Index] = SampleMedian(Values[Index], SLICES);
        if (Index == 0)
            continue;
        snprintf(
            Name, sizeof(Name), "threads/%s/%u/%u", Sends ? "send" : "receive", Length,
            Threads[Index]);
        SampleReport(
            Name, "packets/s", Medians[Index], Index == 1 ? "unshared" : "1 thread",
            Medians[Index == 1 ? 0 : 1]);
    }
}

int main(int argc, char **argv)
{
    unsigned Repetitions = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 0) : 5;
    uint64_t Packets = argc > 2 ? strtoull(argv[2], NULL, 0) : 50000;
    void *Memory;
    TUN_RING *Ring = SampleRing(CAPACITY, &Memory);

    memset(Ring->Data, 1, CAPACITY + TUN_RING_TRAILING_BYTES);
    for (unsigned Repetition = 0; Repetition < Repetitions; Repetition++)
        for (int Sends = 0; Sends < 2; Sends++)
        {
            Bench(Ring, Sends, 64, Packets);
            Bench(Ring, Sends, 1420, Packets);
        }
    free(Memory);
    return 0;
}
