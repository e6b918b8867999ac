/* SPDX-License-Identifier: MIT */
/*
 * The producer's side of a ring for several threads at once, without locks:
 *
 *     RingSharedProducerReserve  room for packets; the order of reserving is the order of sending
 *     RingInFlightFind,
 *     RingInFlightComplete       each packet is ready, in any order and from any thread
 *     RingSharedProducerPublish  shows the consumer all packets that nothing incomplete precedes
 *
 * Reserving is one compare-and-exchange of a 64-bit position, which only grows: if it succeeds,
 * nobody has reserved since the position was read. A 32-bit offset would not do, for it comes
 * round. Completing and publishing: in_flight.h. Freestanding C11.
 */
#ifndef ADIT_RING_SHARED_PRODUCER_H
#define ADIT_RING_SHARED_PRODUCER_H

#include "in_flight.h"
#include "producer.h"

/* A packet that is handed out. */
typedef struct _RING_PACKET
{
    uint8_t *Data;   /* in the ring, contiguous */
    uint32_t Length; /* bytes, at most TUN_MAX_IP_PACKET_SIZE */
} RING_PACKET;

typedef struct _RING_SHARED_PRODUCER
{
    TUN_RING *Ring;
    uint32_t Capacity;           /* bytes */
    volatile uint32_t HighWater; /* most bytes that were ever in use; seldom written */
    RING_IN_FLIGHT InFlight;
    uint8_t Padding[64]; /* different threads work on what is above and below */
    volatile uint64_t
        Next; /* position of the next packet to reserve; its offset are the low bits */
} RING_SHARED_PRODUCER;

/* See RingProducerInitialize; Entries: RING_IN_FLIGHT_SIZE bytes of zeros. */
static inline int RingSharedProducerInitialize(
    RING_SHARED_PRODUCER *Producer, TUN_RING *Ring, uint32_t Capacity, volatile uint16_t *Entries)
{
    RING_PRODUCER Single;

    if (!RingProducerInitialize(&Single, Ring, Capacity))
        return 0;
    Producer->Ring = Ring;
    Producer->Capacity = Capacity;
    Producer->HighWater = 0;
    Producer->Next = Single.Next;
    RingInFlightInitialize(&Producer->InFlight, Entries, Capacity, Single.Next);
    return 1;
}

/* Raises a high-water mark. */
static inline void RingRaise(volatile uint32_t *HighWater, uint32_t Used)
{
    uint32_t Former = RingLoadRelaxed(HighWater);

    while (Used > Former && !RingCompareExchange(HighWater, Former, Used))
        Former = RingLoadRelaxed(HighWater);
}

/*
 * Reserves room for the first packets of Packets, as many as there is room for, in one operation;
 * their lengths are given and their data is told. Returns how many, and 0 with *Result RingFull or
 * RingReserveCorrupt. Count is at least 1.
 */
static inline uint32_t RingSharedProducerReserve(
    RING_SHARED_PRODUCER *Producer,
    RING_PACKET *Packets,
    uint32_t Count,
    RING_RESERVE_RESULT *Result)
{
    uint32_t Mask = Producer->Capacity - 1;

    for (;;)
    {
        uint64_t Next = RingLoadAcquire64(&Producer->Next);
        /* Acquire: what the consumer read of the packets before Head stays before our writes. */
        uint32_t Head = RingLoadAcquire(&Producer->Ring->Head);
        uint32_t Room, Space = 0, Fit = 0;

        if (!TunRingIsOffset(Head, Producer->Capacity))
        {
            *Result = RingReserveCorrupt;
            return 0;
        }
        Room = (Head - (uint32_t)Next - TUN_PACKET_ALIGNMENT) & Mask;
        while (Fit < Count && TUN_PACKET_SPACE(Packets[Fit].Length) <= Room - Space)
            Space += TUN_PACKET_SPACE(Packets[Fit++].Length);
        if (Fit == 0)
        {
            /* Head and Next belong together only if Next is still what it was. */
            if (RingLoadAcquire64(&Producer->Next) != Next)
                continue;
            *Result = RingFull;
            return 0;
        }
        if (!RingCompareExchange64(&Producer->Next, Next, Next + Space))
        {
            RingLost();
            continue;
        }
        RingRaise(&Producer->HighWater, (((uint32_t)Next - Head) & Mask) + Space);
        for (uint32_t Index = 0; Index < Fit; Index++)
        {
            uint32_t Offset = (uint32_t)Next & Mask;
            Packets[Index].Data = Producer->Ring->Data + Offset + sizeof(TUN_PACKET);
            RingInFlightAdd(&Producer->InFlight, Offset, Packets[Index].Length);
            Next += TUN_PACKET_SPACE(Packets[Index].Length);
        }
        *Result = RingReserved;
        return Fit;
    }
}

/*
 * Shows the consumer what is complete, if it falls to this thread. Returns whether the consumer has
 * said that it sleeps, or is about to, and must be signalled.
 */
static inline int RingSharedProducerPublish(RING_SHARED_PRODUCER *Producer)
{
    int Published = 0;
    uint32_t End;

    /* Full fence: between the completed entries and Oldest; see in_flight.h. */
    RingFullFence();
    while (RingInFlightAdvance(&Producer->InFlight, &End))
    {
        /* Release: the packets' bytes are visible to whoever sees the new Tail. */
        RingStoreRelease(&Producer->Ring->Tail, End);
        RingInFlightIdle(&Producer->InFlight, End);
        /*
         * Full fence: between Oldest and the entries; and between Tail and Alertable, whose other
         * side is RingConsumerSleep.
         */
        RingFullFence();
        Published = 1;
    }
    return Published && RingLoadRelaxedSigned(&Producer->Ring->Alertable) != 0;
}

#endif
