/* SPDX-License-Identifier: MIT */
/*
 * The ring between two threads: packets per second for each packet size, one at a time and in
 * batches of 32. Baselines, measured in turn with it:
 *
 *   mutex   the same ring, whose every operation takes a mutex
 *   memcpy  the same two threads copy the same bytes into the ring's memory and out of it; one
 * hands them over to the other by an eighth of the ring, so that they go the same way apart   the
 * same copies by threads that know nothing of each other
 *
 * Each side copies: the producer from a packet of its own, the consumer into one. Nobody sleeps;
 * the producer looks at Alertable each time that it publishes, as it has to.
 *
 * Before each figure, ring/line: nanoseconds until what one processor has written is answered by
 * the other one. A virtual machine's processors may be near each other or far, and move.
 *
 * Usage: ring_bench REPETITIONS [SECONDS-OF-EACH]
 */
#include <stdlib.h>
#include <string.h>

#include "consumer.h"
#include "producer.h"
#include "sample.h"

#define CAPACITY 0x400000u
#define SLICES   11
#define PIECES   8 /* of the ring */

typedef enum _KIND
{
    KindRing,
    KindMutex,
    KindCopy,
    KindApart,
    KINDS,
} KIND;

/* On a cache line of its own. */
typedef struct _COUNT
{
    _Alignas(128) uint64_t Value;
} COUNT;

typedef struct _RUN
{
    KIND Kind;
    TUN_RING *Ring;
    uint32_t Length;
    uint32_t Batch;
    uint64_t Packets;
    pthread_mutex_t Mutex;
    pthread_barrier_t Start;
    uint64_t Started;
    uint64_t Piece; /* packets of a piece that is handed over */
    COUNT Filled;   /* pieces that the one thread has filled */
    COUNT Drained;  /* and that the other one has read */
} RUN;

static void Take(RUN *Run)
{
    if (Run->Kind == KindMutex)
        pthread_mutex_lock(&Run->Mutex);
}

static void Give(RUN *Run)
{
    if (Run->Kind == KindMutex)
        pthread_mutex_unlock(&Run->Mutex);
}

static void *Produce(void *Context)
{
    static uint8_t Source[TUN_MAX_IP_PACKET_SIZE];
    RUN *Run = Context;
    RING_PRODUCER Producer;
    uint32_t Spins = 0, Pending = 0;

    RingProducerInitialize(&Producer, Run->Ring, CAPACITY);
    pthread_barrier_wait(&Run->Start);
    Run->Started = SampleNow();
    for (uint64_t Count = 0; Count < Run->Packets; Count++)
    {
        RING_RESERVE_RESULT Result;
        TUN_PACKET *Packet;
        uint32_t Offset;

        for (;;)
        {
            Take(Run);
            Result = RingProducerReserve(&Producer, Run->Length, &Offset);
            Give(Run);
            if (Result == RingReserved)
                break;
            SamplePause(&Spins);
        }
        Packet = RingProducerPacket(&Producer, Offset);
        Packet->Size = Run->Length;
        memcpy(Packet->Data, Source, Run->Length);
        if (++Pending == Run->Batch || Count + 1 == Run->Packets)
        {
            Pending = 0;
            Take(Run);
            RingProducerPublish(&Producer, Producer.Next);
            if (RingProducerMustSignal(&Producer))
                abort();
            Give(Run);
        }
    }
    return NULL;
}

static void *Consume(void *Context)
{
    static uint8_t Sink[TUN_MAX_IP_PACKET_SIZE];
    RUN *Run = Context;
    RING_CONSUMER Consumer;
    uint32_t Spins = 0, Pending = 0;

    RingConsumerInitialize(&Consumer, Run->Ring, CAPACITY);
    pthread_barrier_wait(&Run->Start);
    for (uint64_t Count = 0; Count < Run->Packets;)
    {
        RING_POLL_RESULT Result;
        TUN_PACKET *Packet;
        uint32_t Length;

        Take(Run);
        Result = RingConsumerPoll(&Consumer);
        if (Result == RingNotEmpty && RingConsumerPeek(&Consumer, &Packet, &Length) == RingNotEmpty)
            RingConsumerAdvance(&Consumer, Length);
        Give(Run);
        if (Result != RingNotEmpty)
        {
            SamplePause(&Spins);
            continue;
        }
        memcpy(Sink, Packet->Data, Length);
        Count++;
        if (++Pending == Run->Batch || Count == Run->Packets || Consumer.Tail == Consumer.Next)
        {
            Pending = 0;
            Take(Run);
            RingConsumerRelease(&Consumer, Consumer.Next);
            Give(Run);
        }
    }
    return NULL;
}

/* A count that one thread raises and the other reads. */
static void Await(const COUNT *Count, uint64_t Value, uint32_t *Spins)
{
    while (__atomic_load_n(&Count->Value, __ATOMIC_ACQUIRE) < Value)
        SamplePause(Spins);
}

/* The copies alone: into the ring's memory. */
static void *CopyIn(void *Context)
{
    static uint8_t Source[TUN_MAX_IP_PACKET_SIZE];
    RUN *Run = Context;
    uint32_t Offset = 0, Spins = 0;
    uint64_t Pieces = 0;

    pthread_barrier_wait(&Run->Start);
    Run->Started = SampleNow();
    for (uint64_t Count = 0; Count < Run->Packets; Count++)
    {
        if (Run->Kind == KindCopy && Count % Run->Piece == 0)
        {
            __atomic_store_n(&Run->Filled.Value, Pieces, __ATOMIC_RELEASE);
            if (++Pieces > PIECES)
                Await(&Run->Drained, Pieces - PIECES, &Spins);
        }
        memcpy(Run->Ring->Data + Offset, Source, Run->Length);
        __asm__ volatile("" ::: "memory");
        Offset = (Offset + TUN_PACKET_SPACE(Run->Length)) & (CAPACITY - 1);
    }
    __atomic_store_n(&Run->Filled.Value, Pieces, __ATOMIC_RELEASE);
    return NULL;
}

static void *CopyOut(void *Context)
{
    static uint8_t Sink[TUN_MAX_IP_PACKET_SIZE];
    RUN *Run = Context;
    uint32_t Offset = 0, Spins = 0;
    uint64_t Pieces = 0;

    pthread_barrier_wait(&Run->Start);
    for (uint64_t Count = 0; Count < Run->Packets; Count++)
    {
        if (Run->Kind == KindCopy && Count % Run->Piece == 0)
        {
            __atomic_store_n(&Run->Drained.Value, Pieces, __ATOMIC_RELEASE);
            Await(&Run->Filled, ++Pieces, &Spins);
        }
        memcpy(Sink, Run->Ring->Data + Offset, Run->Length);
        __asm__ volatile("" ::: "memory");
        Offset = (Offset + TUN_PACKET_SPACE(Run->Length)) & (CAPACITY - 1);
    }
    return NULL;
}

/* Packets per second. */
static double Measure(KIND Kind, TUN_RING *Ring, uint32_t Length, uint32_t Batch, uint64_t Packets)
{
    RUN Run = {.Kind = Kind, .Ring = Ring, .Length = Length, .Batch = Batch, .Packets = Packets};
    pthread_t In, Out;

    Run.Piece = CAPACITY / PIECES / TUN_PACKET_SPACE(Length);
    Ring->Head = Ring->Tail = 0;
    pthread_mutex_init(&Run.Mutex, NULL);
    pthread_barrier_init(&Run.Start, NULL, 2);
    pthread_create(&Out, NULL, Kind >= KindCopy ? CopyOut : Consume, &Run);
    pthread_create(&In, NULL, Kind >= KindCopy ? CopyIn : Produce, &Run);
    pthread_join(In, NULL);
    pthread_join(Out, NULL);
    return (double)Packets * 1e9 / (double)(SampleNow() - Run.Started);
}

static void Bench(TUN_RING *Ring, uint32_t Length, uint32_t Batch, uint64_t Packets)
{
    static const char *const Baselines[KINDS] = {
        [KindMutex] = "mutex", [KindCopy] = "memcpy", [KindApart] = "apart"};
    double Values[KINDS][SLICES], Medians[KINDS];
    char Name[64];

    for (unsigned Slice = 0; Slice < SLICES; Slice++)
        for (KIND Kind = 0; Kind < KINDS; Kind++)
            Values[Kind][Slice] =
                Measure(Kind, Ring, Length, Batch, Kind == KindMutex ? Packets / 4 : Packets);
    for (KIND Kind = 0; Kind < KINDS; Kind++)
        Medians[Kind] = SampleMedian(Values[Kind], SLICES);
    snprintf(Name, sizeof(Name), "ring/%s/%u", Batch == 1 ? "single" : "batch", Length);
    for (KIND Kind = KindRing + 1; Kind < KINDS; Kind++)
        SampleReport(Name, "packets/s", Medians[KindRing], Baselines[Kind], Medians[Kind]);
}

/* Sends each round back to BenchLine. */
static void *SendBack(void *Context)
{
    RUN *Run = Context;
    uint32_t Spins = 0;

    for (uint64_t Round = 1; Round <= Run->Packets; Round++)
    {
        Await(&Run->Filled, Round, &Spins);
        __atomic_store_n(&Run->Drained.Value, Round, __ATOMIC_RELEASE);
    }
    return NULL;
}

static void BenchLine(void)
{
    double Values[SLICES];

    for (unsigned Slice = 0; Slice < SLICES; Slice++)
    {
        RUN Run = {.Packets = 2000};
        uint32_t Spins = 0;
        pthread_t Thread;

        pthread_create(&Thread, NULL, SendBack, &Run);
        uint64_t Start = SampleNow();
        for (uint64_t Round = 1; Round <= Run.Packets; Round++)
        {
            if (Round == Run.Packets / 2)
                Start = SampleNow();
            __atomic_store_n(&Run.Filled.Value, Round, __ATOMIC_RELEASE);
            Await(&Run.Drained, Round, &Spins);
        }
        Values[Slice] = (double)(SampleNow() - Start) / (double)(Run.Packets / 2);
        pthread_join(Thread, NULL);
    }
    SampleReport("ring/line", "ns", SampleMedian(Values, SLICES), "-", 0);
}

int main(int argc, char **argv)
{
    static const uint32_t Lengths[] = {64, 512, 1420, 9000, 65535};
    unsigned Repetitions = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 0) : 5;
    double Seconds = argc > 2 ? strtod(argv[2], NULL) : 0.02;
    void *Memory;
    TUN_RING *Ring = SampleRing(CAPACITY, &Memory);

    memset(Ring->Data, 1, CAPACITY + TUN_RING_TRAILING_BYTES);
    for (size_t Index = 0; Index < sizeof(Lengths) / sizeof(Lengths[0]); Index++)
    {
        double Speed = Measure(KindCopy, Ring, Lengths[Index], 1, 20000);
        uint64_t Packets = (uint64_t)(Speed * Seconds / SLICES) + 1000;

        for (unsigned Repetition = 0; Repetition < Repetitions; Repetition++)
            for (uint32_t Batch = 1; Batch <= 32; Batch += 31)
            {
                BenchLine();
                Bench(Ring, Lengths[Index], Batch, Packets);
            }
    }
    free(Memory);
    return 0;
}
