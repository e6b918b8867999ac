/* SPDX-License-Identifier: MIT */
/*
 * The producer's side of a ring: a cursor in the producer's own memory, so that what the other side
 * writes to the shared header can move no pointer out of the ring.
 *
 *     RingProducerReserve    room for a packet, in order; the shared ring does not change
 *     RingProducerWrite      where the packet goes
 *     RingProducerPublish    shows the consumer everything up to an offset
 *     RingProducerMustSignal whether the consumer sleeps, or is about to
 *
 * None of them locks: the caller lets one thread at a time into each of Reserve and Publish.
 * Freestanding C11.
 */
#ifndef ADIT_RING_PRODUCER_H
#define ADIT_RING_PRODUCER_H

#include "abi.h"
#include "atomic.h"

typedef struct _RING_PRODUCER
{
    TUN_RING *Ring;
    uint32_t Capacity; /* bytes */
    uint32_t Next;     /* offset of the next packet to reserve; at or ahead of Ring->Tail */
    uint32_t Head;     /* Ring->Head as last seen: a bound that is at worst too careful */
} RING_PRODUCER;

typedef enum _RING_RESERVE_RESULT
{
    RingReserved,
    RingFull,
    RingReserveCorrupt /* Ring->Head is no offset of this ring */
} RING_RESERVE_RESULT;

/*
 * Starts where the ring's Tail stands. Both offsets come from shared memory and are checked:
 * zero if one is not an offset of a ring of that capacity.
 */
static inline int RingProducerInitialize(RING_PRODUCER *Producer, TUN_RING *Ring, uint32_t Capacity)
{
    uint32_t Head = RingLoadAcquire(&Ring->Head);
    uint32_t Tail = RingLoadRelaxed(&Ring->Tail);

    Producer->Ring = Ring;
    Producer->Capacity = Capacity;
    Producer->Next = Tail;
    Producer->Head = Head;
    return TunRingIsOffset(Head, Capacity) && TunRingIsOffset(Tail, Capacity);
}

/* Bytes that can be reserved, going by the last seen Head. One packet alignment always stays free,
 * so that a full ring differs from an empty one. */
static inline uint32_t RingProducerSpace(const RING_PRODUCER *Producer)
{
    return (Producer->Head - Producer->Next - TUN_PACKET_ALIGNMENT) & (Producer->Capacity - 1);
}

/*
 * Reserves room for packets that lie one behind the other: Space is the sum of their
 * TUN_PACKET_SPACE. On success *Offset is the first one's and Producer->Next the offset behind the
 * last.
 */
static inline RING_RESERVE_RESULT
RingProducerReserveSpace(RING_PRODUCER *Producer, uint32_t Space, uint32_t *Offset)
{
    if (Space > RingProducerSpace(Producer))
    {
        /* Acquire: what the consumer read of the packets before Head stays before our writes. */
        uint32_t Head = RingLoadAcquire(&Producer->Ring->Head);
        if (!TunRingIsOffset(Head, Producer->Capacity))
            return RingReserveCorrupt;
        Producer->Head = Head;
        if (Space > RingProducerSpace(Producer))
            return RingFull;
    }
    *Offset = Producer->Next;
    Producer->Next = (Producer->Next + Space) & (Producer->Capacity - 1);
    return RingReserved;
}

/* Reserves room for a packet of that many bytes, at most TUN_MAX_IP_PACKET_SIZE. */
static inline RING_RESERVE_RESULT
RingProducerReserve(RING_PRODUCER *Producer, uint32_t Length, uint32_t *Offset)
{
    return RingProducerReserveSpace(Producer, TUN_PACKET_SPACE(Length), Offset);
}

/* The packet at a reserved offset: Size bytes of Data follow contiguously. */
static inline TUN_PACKET *RingProducerPacket(const RING_PRODUCER *Producer, uint32_t Offset)
{
    return (TUN_PACKET *)(void *)(Producer->Ring->Data + Offset);
}

/* Shows the consumer every packet before End, which is a value that Next had. */
static inline void RingProducerPublish(const RING_PRODUCER *Producer, uint32_t End)
{
    /* Release: the packets' bytes are visible to whoever sees the new Tail. */
    RingStoreRelease(&Producer->Ring->Tail, End);
}

/*
 * After Publish: whether the consumer has said that it sleeps, or is about to.
 */
static inline int RingProducerMustSignal(const RING_PRODUCER *Producer)
{
    /*
     * Full fence: the store of Tail must not pass the load of Alertable. The consumer stores
     * Alertable, fences and loads Tail (RingConsumerSleep); without either fence both sides can
     * read the old value, and the consumer sleeps on a packet.
     */
    RingFullFence();
    return RingLoadRelaxedSigned(&Producer->Ring->Alertable) != 0;
}

#endif
