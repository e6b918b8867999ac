/* SPDX-License-Identifier: MIT */
/*
 * The consumer's side of a ring for several threads at once, without locks:
 *
 *     RingSharedConsumerTake     the next packets, bounds checked; each goes to one thread
 *     RingInFlightFind,
 *     RingInFlightComplete       a packet is not needed any more, in any order, from any thread
 *     RingSharedConsumerRelease  gives back the space of all that nothing incomplete precedes
 *
 * Taking is one compare-and-exchange of a 64-bit position, which only grows: if it succeeds, nobody
 * has taken since the position was read, and what was read of the ring meanwhile belongs to the
 * packet. If it fails, what was read is forgotten. Freestanding C11.
 */
#ifndef ADIT_RING_SHARED_CONSUMER_H
#define ADIT_RING_SHARED_CONSUMER_H

#include "consumer.h"
#include "in_flight.h"
#include "shared_producer.h"

typedef struct _RING_SHARED_CONSUMER
{
    TUN_RING *Ring;
    uint32_t Capacity;           /* bytes */
    volatile uint32_t HighWater; /* most bytes that were ever seen in use; seldom written */
    RING_IN_FLIGHT InFlight;
    uint8_t Padding[64];    /* different threads work on what is above and below */
    volatile uint64_t Next; /* position of the next packet to take; its offset are the low bits */
} RING_SHARED_CONSUMER;

/* See RingConsumerInitialize; Entries: RING_IN_FLIGHT_SIZE bytes of zeros. */
static inline int RingSharedConsumerInitialize(
    RING_SHARED_CONSUMER *Consumer, TUN_RING *Ring, uint32_t Capacity, volatile uint16_t *Entries)
{
    RING_CONSUMER Single;

    if (!RingConsumerInitialize(&Single, Ring, Capacity))
        return 0;
    Consumer->Ring = Ring;
    Consumer->Capacity = Capacity;
    Consumer->HighWater = 0;
    Consumer->Next = Single.Next;
    RingInFlightInitialize(&Consumer->InFlight, Entries, Capacity, Single.Next);
    return 1;
}

/*
 * The size in a packet that another thread may have taken and released meanwhile, so that the
 * producer is writing there: such a value is forgotten, and no thread sanitizer needs to know.
 */
#if defined(__clang__) || defined(__GNUC__)
__attribute__((no_sanitize("thread")))
#endif
static inline uint32_t
RingSharedConsumerSize(const TUN_RING *Ring, uint32_t Offset)
{
    return *(const volatile uint32_t *)(const void *)(Ring->Data + Offset);
}

/* Finds up to Count packets in Content bytes from an offset on; returns how many, their space. */
static inline uint32_t RingSharedConsumerWalk(
    const RING_SHARED_CONSUMER *Consumer,
    uint32_t Offset,
    uint32_t Content,
    RING_PACKET *Packets,
    uint32_t Count,
    uint32_t *Space)
{
    uint32_t Found = 0;

    *Space = 0;
    while (Found < Count && *Space < Content)
    {
        uint32_t Size = RingSharedConsumerSize(Consumer->Ring, Offset);
        if (Size > TUN_MAX_IP_PACKET_SIZE || TUN_PACKET_SPACE(Size) > Content - *Space)
            break;
        Packets[Found].Data = Consumer->Ring->Data + Offset + sizeof(TUN_PACKET);
        Packets[Found].Length = Size;
        Found++;
        *Space += TUN_PACKET_SPACE(Size);
        Offset = (Offset + TUN_PACKET_SPACE(Size)) & (Consumer->Capacity - 1);
    }
    return Found;
}

/*
 * Takes up to Count packets in one operation. Returns how many, and 0 with *Result RingEmpty,
 * RingTerminated or RingCorrupt. Count is at least 1.
 */
static inline uint32_t RingSharedConsumerTake(
    RING_SHARED_CONSUMER *Consumer, RING_PACKET *Packets, uint32_t Count, RING_POLL_RESULT *Result)
{
    uint32_t Mask = Consumer->Capacity - 1;

    for (;;)
    {
        uint64_t Next = RingLoadAcquire64(&Consumer->Next);
        uint32_t Offset = (uint32_t)Next & Mask;
        /* Acquire: the packets' bytes are read after Tail says that they are there. */
        uint32_t Tail = RingLoadAcquire(&Consumer->Ring->Tail);
        uint32_t Found, Space;

        if (!TunRingIsOffset(Tail, Consumer->Capacity))
        {
            *Result = Tail == TUN_RING_TERMINATED ? RingTerminated : RingCorrupt;
            return 0;
        }
        Found = RingSharedConsumerWalk(
            Consumer, Offset, (Tail - Offset) & Mask, Packets, Count, &Space);
        if (Found == 0)
        {
            /* Full fence: the sizes are read before Next is looked at again. */
            RingFullFence();
            if (RingLoadAcquire64(&Consumer->Next) != Next)
                continue;
            *Result = Tail == Offset ? RingEmpty : RingCorrupt;
            return 0;
        }
        /* Release: the sizes were read before anybody else can take what follows. */
        if (!RingCompareExchange64(&Consumer->Next, Next, Next + Space))
        {
            RingLost();
            continue;
        }
        RingRaise(&Consumer->HighWater, (Tail - RingLoadRelaxed(&Consumer->Ring->Head)) & Mask);
        for (uint32_t Index = 0; Index < Found; Index++)
        {
            RingInFlightAdd(&Consumer->InFlight, Offset, Packets[Index].Length);
            Offset = (Offset + TUN_PACKET_SPACE(Packets[Index].Length)) & Mask;
        }
        *Result = RingNotEmpty;
        return Found;
    }
}

/* Gives the producer the space of what is complete, if it falls to this thread. */
static inline void RingSharedConsumerRelease(RING_SHARED_CONSUMER *Consumer)
{
    uint32_t End;

    /* Full fence: between the completed entries and Oldest; see in_flight.h. */
    RingFullFence();
    while (RingInFlightAdvance(&Consumer->InFlight, &End))
    {
        /* Release: our reads of the packets come before the producer's next writes there. */
        RingStoreRelease(&Consumer->Ring->Head, End);
        RingInFlightIdle(&Consumer->InFlight, End);
        /* Full fence: between Oldest and the entries; see in_flight.h. */
        RingFullFence();
    }
}

#endif
