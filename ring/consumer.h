/* SPDX-License-Identifier: MIT */
/*
 * The consumer's side of a ring: a cursor in the consumer's own memory. Everything that the
 * producer can write is read once, checked, and used from the copy.
 *
 *     RingConsumerPoll     how far the producer has come
 *     RingConsumerPeek     the next packet, bounds checked
 *     RingConsumerAdvance  past that packet; the shared ring does not change
 *     RingConsumerRelease  gives space back to the producer
 *     RingConsumerSleep    announces sleep and looks again
 *
 * None of them locks: one thread at a time. Freestanding C11.
 */
#ifndef ADIT_RING_CONSUMER_H
#define ADIT_RING_CONSUMER_H

#include "abi.h"
#include "atomic.h"

typedef struct _RING_CONSUMER
{
    TUN_RING *Ring;
    uint32_t Capacity; /* bytes */
    uint32_t Next;     /* offset of the next packet to take */
    uint32_t Tail;     /* Ring->Tail as last seen and checked */
} RING_CONSUMER;

typedef enum _RING_POLL_RESULT
{
    RingEmpty,
    RingNotEmpty,
    RingTerminated, /* the producer has left for good */
    RingCorrupt     /* Tail is no offset, or the packet does not fit before it */
} RING_POLL_RESULT;

/*
 * Starts where the ring's Head stands. Both offsets come from shared memory and are checked:
 * zero if one is not an offset of a ring of that capacity.
 */
static inline int RingConsumerInitialize(RING_CONSUMER *Consumer, TUN_RING *Ring, uint32_t Capacity)
{
    uint32_t Head = RingLoadRelaxed(&Ring->Head);
    uint32_t Tail = RingLoadRelaxed(&Ring->Tail); /* only checked; RingConsumerPoll reads it */

    Consumer->Ring = Ring;
    Consumer->Capacity = Capacity;
    Consumer->Next = Head;
    Consumer->Tail = Head;
    return TunRingIsOffset(Head, Capacity) && TunRingIsOffset(Tail, Capacity);
}

/* Bytes between the cursor and the last seen Tail. */
static inline uint32_t RingConsumerContent(const RING_CONSUMER *Consumer)
{
    return (Consumer->Tail - Consumer->Next) & (Consumer->Capacity - 1);
}

/* Looks how far the producer has come, unless packets are left from the last look. */
static inline RING_POLL_RESULT RingConsumerPoll(RING_CONSUMER *Consumer)
{
    uint32_t Tail;

    if (Consumer->Tail != Consumer->Next)
        return RingNotEmpty;
    /* Acquire: the packets' bytes are read after Tail says that they are there. */
    Tail = RingLoadAcquire(&Consumer->Ring->Tail);
    if (Tail == TUN_RING_TERMINATED)
        return RingTerminated;
    if (!TunRingIsOffset(Tail, Consumer->Capacity))
        return RingCorrupt;
    Consumer->Tail = Tail;
    return Tail == Consumer->Next ? RingEmpty : RingNotEmpty;
}

/*
 * The packet under the cursor. Call it only after RingConsumerPoll said RingNotEmpty. *Packet stays
 * in shared memory; *Length is the one value of its size that was read and checked.
 */
static inline RING_POLL_RESULT
RingConsumerPeek(const RING_CONSUMER *Consumer, TUN_PACKET **Packet, uint32_t *Length)
{
    TUN_PACKET *Candidate = (TUN_PACKET *)(void *)(Consumer->Ring->Data + Consumer->Next);
    uint32_t Content = RingConsumerContent(Consumer);
    uint32_t Size;

    if (Content < sizeof(TUN_PACKET))
        return RingCorrupt;
    Size = RingLoadRelaxed((volatile uint32_t *)&Candidate->Size);
    if (Size > TUN_MAX_IP_PACKET_SIZE || TUN_PACKET_SPACE(Size) > Content)
        return RingCorrupt;
    *Packet = Candidate;
    *Length = Size;
    return RingNotEmpty;
}

/* Moves the cursor past a packet of the length that RingConsumerPeek gave. */
static inline void RingConsumerAdvance(RING_CONSUMER *Consumer, uint32_t Length)
{
    Consumer->Next = (Consumer->Next + TUN_PACKET_SPACE(Length)) & (Consumer->Capacity - 1);
}

/* Gives the producer back everything before End, which is a value that Next had. */
static inline void RingConsumerRelease(const RING_CONSUMER *Consumer, uint32_t End)
{
    /* Release: our reads of the packets come before the producer's next writes to their space. */
    RingStoreRelease(&Consumer->Ring->Head, End);
}

/*
 * Announces that the consumer goes to sleep, and looks again. Only after RingEmpty may it wait;
 * whatever the result, RingConsumerAwake ends the announcement.
 */
static inline RING_POLL_RESULT RingConsumerSleep(RING_CONSUMER *Consumer)
{
    RingStoreRelaxedSigned(&Consumer->Ring->Alertable, 1);
    /*
     * Full fence: the store of Alertable must not pass the load of Tail; the producer does the
     * mirror image in RingProducerMustSignal.
     */
    RingFullFence();
    return RingConsumerPoll(Consumer);
}

static inline void RingConsumerAwake(const RING_CONSUMER *Consumer)
{
    RingStoreRelaxedSigned(&Consumer->Ring->Alertable, 0);
}

#endif
