/* SPDX-License-Identifier: MIT */
/*
 * The ring between two threads: packets per second for each packet size, one at a time and in
 * batches of 32, and for each capacity. Baselines, measured in turn with it:
 *
 *   mutex   the same ring, whose every operation takes a mutex
 *   memcpy  the same two threads copy the same bytes into the ring's memory and out of it; one
 *           hands them over to the other by an eighth of the ring, so that they go the same way
 *   apart   the same copies by threads that know nothing of each other
 *
 * Each side copies: the producer from a packet of its own, the consumer into one. Nobody sleeps;
 * the producer looks at Alertable each time that it publishes, as it has to.
 *
 * Before each figure, ring/line: nanoseconds until what one processor has written is answered by
 * the other one. A virtual machine's processors may be near each other or far, and move.
 *
 * Each kind has its loop to itself, with what is constant in it: what a thread stores besides the
 * packets waits in the same buffer as these for the other processor's cache lines.
 *
 * Usage: ring_bench REPETITIONS [SECONDS-OF-EACH]
 */
#include <stdlib.h>
#include <string.h>

#include "consumer.h"
#include "producer.h"
#include "sample.h"

#define CAPACITY     0x400000u
#define SLICES       11
#define PIECES       8 /* of the ring */
#define BATCH        32
#define MAX_LENGTH   TUN_MAX_IP_PACKET_SIZE
#define USUAL_LENGTH 1420

#define INLINE static inline __attribute__((always_inline))

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
    TUN_RING *Ring;
    uint32_t Capacity;
    uint32_t Length;
    uint32_t Batch;
    uint64_t Packets;
    uint64_t Piece; /* packets of a piece that is handed over */
    _Alignas(128) pthread_barrier_t Start;
    uint64_t Started;
    _Alignas(128) pthread_mutex_t Mutex;
    COUNT Filled;  /* pieces that the one thread has filled */
    COUNT Drained; /* and that the other one has read */
} RUN;

INLINE void Take(RUN *Run, int Locked)
{
    if (Locked)
        pthread_mutex_lock(&Run->Mutex);
}

INLINE void Give(RUN *Run, int Locked)
{
    if (Locked)
        pthread_mutex_unlock(&Run->Mutex);
}

/* ---- The ring ---- */

INLINE void ProduceAll(RUN *Run, int Locked)
{
    static uint8_t Source[MAX_LENGTH];
    const uint32_t Length = Run->Length, Batch = Run->Batch;
    RING_PRODUCER Producer;
    uint32_t Pending = 0;

    RingProducerInitialize(&Producer, Run->Ring, Run->Capacity);
    pthread_barrier_wait(&Run->Start);
    Run->Started = SampleNow();
    for (uint64_t Left = Run->Packets; Left; Left--)
    {
        TUN_PACKET *Packet;
        uint32_t Offset;

        for (;;)
        {
            Take(Run, Locked);
            RING_RESERVE_RESULT Result = RingProducerReserve(&Producer, Length, &Offset);
            Give(Run, Locked);
            if (Result == RingReserved)
                break;
            SampleWait();
        }
        Packet = RingProducerPacket(&Producer, Offset);
        Packet->Size = Length;
        SampleCopy(Packet->Data, Source, Length);
        if (++Pending == Batch || Left == 1)
        {
            Pending = 0;
            Take(Run, Locked);
            RingProducerPublish(&Producer, Producer.Next);
            if (RingProducerMustSignal(&Producer))
                abort();
            Give(Run, Locked);
        }
    }
}

INLINE void ConsumeAll(RUN *Run, int Locked)
{
    static uint8_t Sink[MAX_LENGTH];
    const uint32_t Batch = Run->Batch;
    RING_CONSUMER Consumer;
    uint32_t Pending = 0;

    RingConsumerInitialize(&Consumer, Run->Ring, Run->Capacity);
    pthread_barrier_wait(&Run->Start);
    for (uint64_t Left = Run->Packets; Left;)
    {
        RING_POLL_RESULT Result;
        TUN_PACKET *Packet;
        uint32_t Length;

        Take(Run, Locked);
        Result = RingConsumerPoll(&Consumer);
        if (Result == RingNotEmpty)
            Result = RingConsumerPeek(&Consumer, &Packet, &Length);
        if (Result == RingNotEmpty)
            RingConsumerAdvance(&Consumer, Length);
        Give(Run, Locked);
        if (Result == RingEmpty)
        {
            SampleWait();
            continue;
        }
        if (Result != RingNotEmpty)
            abort();
        SampleCopy(Sink, Packet->Data, Length);
        Left--;
        if (++Pending == Batch || !Left || Consumer.Tail == Consumer.Next)
        {
            Pending = 0;
            Take(Run, Locked);
            RingConsumerRelease(&Consumer, Consumer.Next);
            Give(Run, Locked);
        }
    }
}

static void *Produce(void *Run)
{
    ProduceAll(Run, 0);
    return NULL;
}

static void *Consume(void *Run)
{
    ConsumeAll(Run, 0);
    return NULL;
}

static void *ProduceLocked(void *Run)
{
    ProduceAll(Run, 1);
    return NULL;
}

static void *ConsumeLocked(void *Run)
{
    ConsumeAll(Run, 1);
    return NULL;
}

/* ---- The copies alone ---- */

/* A count that one thread raises and the other reads. */
static void Await(const COUNT *Count, uint64_t Value)
{
    uint32_t Spins = 0;

    while (__atomic_load_n(&Count->Value, __ATOMIC_ACQUIRE) < Value)
        SamplePause(&Spins);
}

/* Into the ring's memory; Together: never more than a ring ahead of the other thread. */
INLINE void CopyAllIn(RUN *Run, int Together)
{
    static uint8_t Source[MAX_LENGTH];
    const uint32_t Length = Run->Length, Mask = Run->Capacity - 1;
    uint8_t *Data = Run->Ring->Data;
    uint32_t Offset = 0;
    uint64_t Pieces = 0, LeftOfPiece = 0;

    pthread_barrier_wait(&Run->Start);
    Run->Started = SampleNow();
    for (uint64_t Left = Run->Packets; Left; Left--)
    {
        if (Together && LeftOfPiece-- == 0)
        {
            LeftOfPiece = Run->Piece - 1;
            __atomic_store_n(&Run->Filled.Value, Pieces, __ATOMIC_RELEASE);
            if (++Pieces > PIECES)
                Await(&Run->Drained, Pieces - PIECES);
        }
        SampleCopy(Data + Offset, Source, Length);
        Offset = (Offset + TUN_PACKET_SPACE(Length)) & Mask;
    }
    __atomic_store_n(&Run->Filled.Value, Pieces, __ATOMIC_RELEASE);
}

INLINE void CopyAllOut(RUN *Run, int Together)
{
    static uint8_t Sink[MAX_LENGTH];
    const uint32_t Length = Run->Length, Mask = Run->Capacity - 1;
    const uint8_t *Data = Run->Ring->Data;
    uint32_t Offset = 0;
    uint64_t Pieces = 0, LeftOfPiece = 0;

    pthread_barrier_wait(&Run->Start);
    for (uint64_t Left = Run->Packets; Left; Left--)
    {
        if (Together && LeftOfPiece-- == 0)
        {
            LeftOfPiece = Run->Piece - 1;
            __atomic_store_n(&Run->Drained.Value, Pieces, __ATOMIC_RELEASE);
            Await(&Run->Filled, ++Pieces);
        }
        SampleCopy(Sink, Data + Offset, Length);
        Offset = (Offset + TUN_PACKET_SPACE(Length)) & Mask;
    }
}

static void *CopyIn(void *Run)
{
    CopyAllIn(Run, 1);
    return NULL;
}

static void *CopyOut(void *Run)
{
    CopyAllOut(Run, 1);
    return NULL;
}

static void *CopyInApart(void *Run)
{
    CopyAllIn(Run, 0);
    return NULL;
}

static void *CopyOutApart(void *Run)
{
    CopyAllOut(Run, 0);
    return NULL;
}

/* ---- Figures ---- */

static const struct
{
    const char *Name;
    void *(*In)(void *Run);
    void *(*Out)(void *Run);
} Kinds[KINDS] = {
    [KindRing] = {"ring", Produce, Consume},
    [KindMutex] = {"mutex", ProduceLocked, ConsumeLocked},
    [KindCopy] = {"memcpy", CopyIn, CopyOut},
    [KindApart] = {"apart", CopyInApart, CopyOutApart},
};

/* Packets per second. */
static double Measure(
    KIND Kind, TUN_RING *Ring, uint32_t Capacity, uint32_t Length, uint32_t Batch, uint64_t Packets)
{
    RUN Run = {
        .Ring = Ring, .Capacity = Capacity, .Length = Length, .Batch = Batch, .Packets = Packets};
    pthread_t In, Out;

    Run.Piece = Capacity / PIECES / TUN_PACKET_SPACE(Length);
    Run.Piece = Run.Piece ? Run.Piece : 1;
    Ring->Head = Ring->Tail = 0;
    pthread_mutex_init(&Run.Mutex, NULL);
    pthread_barrier_init(&Run.Start, NULL, 2);
    pthread_create(&Out, NULL, Kinds[Kind].Out, &Run);
    pthread_create(&In, NULL, Kinds[Kind].In, &Run);
    pthread_join(In, NULL);
    pthread_join(Out, NULL);
    return (double)Packets * 1e9 / (double)(SampleNow() - Run.Started);
}

/* The ring and the baselines of that set, in turn. */
static void Bench(
    const char *Name,
    TUN_RING *Ring,
    uint32_t Capacity,
    uint32_t Length,
    uint32_t Batch,
    uint64_t Packets,
    unsigned Baselines)
{
    double Values[KINDS][SLICES];

    for (unsigned Slice = 0; Slice < SLICES; Slice++)
        for (KIND Kind = 0; Kind < KINDS; Kind++)
            if (Kind == KindRing || Baselines & 1u << Kind)
                Values[Kind][Slice] = Measure(
                    Kind, Ring, Capacity, Length, Batch, Kind == KindMutex ? Packets / 4 : Packets);
    double Value = SampleMedian(Values[KindRing], SLICES);
    for (KIND Kind = KindRing + 1; Kind < KINDS; Kind++)
        if (Baselines & 1u << Kind)
            SampleReport(
                Name, "packets/s", Value, Kinds[Kind].Name, SampleMedian(Values[Kind], SLICES));
}

/* Sends each round back to BenchLine. */
static void *SendBack(void *Context)
{
    RUN *Run = Context;

    for (uint64_t Round = 1; Round <= Run->Packets; Round++)
    {
        Await(&Run->Filled, Round);
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
        pthread_t Thread;

        pthread_create(&Thread, NULL, SendBack, &Run);
        uint64_t Start = SampleNow();
        for (uint64_t Round = 1; Round <= Run.Packets; Round++)
        {
            if (Round == Run.Packets / 2)
                Start = SampleNow();
            __atomic_store_n(&Run.Filled.Value, Round, __ATOMIC_RELEASE);
            Await(&Run.Drained, Round);
        }
        Values[Slice] = (double)(SampleNow() - Start) / (double)(Run.Packets / 2);
        pthread_join(Thread, NULL);
    }
    SampleReport("ring/line", "ns", SampleMedian(Values, SLICES), "-", 0);
}

/* Packets of a slice: those that the copies alone manage in that time. */
static uint64_t SlicePackets(TUN_RING *Ring, uint32_t Capacity, uint32_t Length, double Seconds)
{
    double Speed = Measure(KindCopy, Ring, Capacity, Length, 1, 20000);

    return (uint64_t)(Speed * Seconds / SLICES) + 1000;
}

static void BenchSize(TUN_RING *Ring, uint32_t Length, uint32_t Batch, uint64_t Packets)
{
    char Name[64];

    BenchLine();
    snprintf(Name, sizeof(Name), "ring/%s/%u", Batch == 1 ? "single" : "batch", Length);
    Bench(
        Name, Ring, CAPACITY, Length, Batch, Packets,
        1u << KindMutex | 1u << KindCopy | 1u << KindApart);
}

/* All figures in turn, so that a time at which the processors are near is none of one figure's. */
static void BenchSizes(TUN_RING *Ring, unsigned Repetitions, double Seconds)
{
    static const uint32_t Lengths[] = {64, 512, USUAL_LENGTH, 9000, MAX_LENGTH};
    uint64_t Packets[sizeof(Lengths) / sizeof(Lengths[0])];

    for (size_t Index = 0; Index < sizeof(Lengths) / sizeof(Lengths[0]); Index++)
        Packets[Index] = SlicePackets(Ring, CAPACITY, Lengths[Index], Seconds);
    for (unsigned Repetition = 0; Repetition < Repetitions; Repetition++)
        for (size_t Index = 0; Index < sizeof(Lengths) / sizeof(Lengths[0]); Index++)
        {
            BenchSize(Ring, Lengths[Index], 1, Packets[Index]);
            BenchSize(Ring, Lengths[Index], BATCH, Packets[Index]);
        }
}

/* Each slice goes through the ring twice at least. */
static const uint32_t Capacities[] = {TUN_RING_MIN_CAPACITY, 0x80000, 0x200000, 0x800000, 0x2000000,
                                      TUN_RING_MAX_CAPACITY};
#define CAPACITIES (sizeof(Capacities) / sizeof(Capacities[0]))

static void BenchCapacities(TUN_RING *Ring, unsigned Repetitions, double Seconds)
{
    uint64_t Packets[CAPACITIES];
    char Name[64];

    for (size_t Index = 0; Index < CAPACITIES; Index++)
    {
        uint64_t Twice = 2 * (uint64_t)Capacities[Index] / TUN_PACKET_SPACE(USUAL_LENGTH);
        Packets[Index] = SlicePackets(Ring, Capacities[Index], USUAL_LENGTH, Seconds);
        Packets[Index] = Packets[Index] > Twice ? Packets[Index] : Twice;
    }
    for (unsigned Repetition = 0; Repetition < Repetitions; Repetition++)
        for (size_t Index = 0; Index < CAPACITIES; Index++)
        {
            snprintf(Name, sizeof(Name), "ring/capacity/%g", (double)Capacities[Index] / (1 << 20));
            Bench(
                Name, Ring, Capacities[Index], USUAL_LENGTH, BATCH, Packets[Index], 1u << KindCopy);
        }
}

int main(int argc, char **argv)
{
    unsigned Repetitions = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 0) : 5;
    double Seconds = argc > 2 ? strtod(argv[2], NULL) : 0.02;
    void *Memory;
    TUN_RING *Ring = SampleRing(TUN_RING_MAX_CAPACITY, &Memory);

    memset(Ring->Data, 1, TUN_RING_MAX_CAPACITY + TUN_RING_TRAILING_BYTES);
    BenchSizes(Ring, Repetitions, Seconds);
    BenchCapacities(Ring, Repetitions, Seconds);
    free(Memory);
    return 0;
}
