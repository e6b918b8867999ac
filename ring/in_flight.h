/* SPDX-License-Identifier: MIT */
/*
 * The packets that a side of a ring has claimed and not completed, when several threads claim in
 * order and complete in any order: a producer completes a packet by sending it, a consumer by
 * releasing it. Only the offset behind the oldest complete packets may be shown to the other side.
 *
 * One entry for each place where a packet can start, in memory of the owner's own, so that nothing
 * which is written to the ring can mislead it:
 *
 *     free       no packet starts here, or the one that does is not added yet
 *     claimed    RingInFlightAdd: a packet of that length, not complete
 *     complete   RingInFlightComplete: it waits for earlier ones, or for the thread that advances
 *
 * and one word, Oldest: the offset of the oldest packet that is not past, and whether a thread is
 * advancing it. That thread alone makes complete entries free, moves Oldest and writes the ring's
 * shared index, which therefore never goes back. Nobody waits for it: a thread that finds another
 * one advancing leaves its packet to it. No complete packet is forgotten, because
 *
 *     whoever completes:  entry := complete; full fence; look at Oldest, and at the oldest entry
 *     whoever advances:   Oldest := idle;    full fence; look at Oldest, and at the oldest entry
 *
 * so that of two such threads at least one sees what the other has written, and goes on.
 *
 * Claims come from 64-bit positions that never repeat; see shared_producer.h, shared_consumer.h.
 * Freestanding C11.
 */
#ifndef ADIT_RING_IN_FLIGHT_H
#define ADIT_RING_IN_FLIGHT_H

#include "abi.h"
#include "atomic.h"

typedef struct _RING_IN_FLIGHT
{
    volatile uint16_t *Entries; /* RING_IN_FLIGHT_SIZE bytes, zero before the first packet */
    uint32_t Capacity;          /* bytes */
    uint8_t Padding[64];        /* what is above is constant and read by all */
    volatile uint32_t Oldest;   /* offset; RING_IN_FLIGHT_ADVANCING may be added */
    volatile uint64_t Packets;  /* past Oldest; written by the thread that advances */
    volatile uint64_t Bytes;    /* of their data; likewise */
} RING_IN_FLIGHT;

#define RING_IN_FLIGHT_SIZE(Capacity) ((Capacity) / TUN_PACKET_ALIGNMENT * sizeof(uint16_t))

#define RING_IN_FLIGHT_ADVANCING 1u

/*
 * An entry is the packet's space in units of TUN_PACKET_ALIGNMENT, 1 to 0x4001, and the top bit
 * when it is complete. The entry behind it, which a packet with data has too, says how many bytes
 * at the end of that space are not data, so that no value of it is one that a packet starts with.
 */
#define RING_IN_FLIGHT_COMPLETE  0x8000u
#define RING_IN_FLIGHT_MAX_UNITS (TUN_PACKET_SPACE(TUN_MAX_IP_PACKET_SIZE) / TUN_PACKET_ALIGNMENT)
#define RING_IN_FLIGHT_UNUSED    0x7000u

_Static_assert(RING_IN_FLIGHT_MAX_UNITS < RING_IN_FLIGHT_UNUSED, "in flight: entries");

/* Offset: where the first packet will be claimed. */
static inline void RingInFlightInitialize(
    RING_IN_FLIGHT *InFlight, volatile uint16_t *Entries, uint32_t Capacity, uint32_t Offset)
{
    InFlight->Entries = Entries;
    InFlight->Capacity = Capacity;
    InFlight->Oldest = Offset;
    InFlight->Packets = 0;
    InFlight->Bytes = 0;
}

static inline volatile uint16_t *RingInFlightEntry(const RING_IN_FLIGHT *InFlight, uint32_t Offset)
{
    return &InFlight->Entries[(Offset & (InFlight->Capacity - 1)) / TUN_PACKET_ALIGNMENT];
}

/* Bytes of data of a packet of that many units at an offset. */
static inline uint32_t
RingInFlightLength(const RING_IN_FLIGHT *InFlight, uint32_t Offset, uint32_t Units)
{
    uint32_t Unused = 0;

    if (Units > 1)
        Unused = RingLoadAcquire16(RingInFlightEntry(InFlight, Offset + TUN_PACKET_ALIGNMENT)) -
                 RING_IN_FLIGHT_UNUSED;
    return Units * TUN_PACKET_ALIGNMENT - (uint32_t)sizeof(TUN_PACKET) - Unused;
}

/* Adds a packet that the caller has claimed and nobody else knows yet. */
static inline void RingInFlightAdd(RING_IN_FLIGHT *InFlight, uint32_t Offset, uint32_t Length)
{
    uint32_t Space = TUN_PACKET_SPACE(Length);

    if (Space > TUN_PACKET_ALIGNMENT)
        RingStoreRelaxed16(
            RingInFlightEntry(InFlight, Offset + TUN_PACKET_ALIGNMENT),
            (uint16_t)(RING_IN_FLIGHT_UNUSED + Space - sizeof(TUN_PACKET) - Length));
    RingStoreRelease16(
        RingInFlightEntry(InFlight, Offset), (uint16_t)(Space / TUN_PACKET_ALIGNMENT));
}

/* Whether a packet starts there that is claimed and not complete; its length. */
static inline int
RingInFlightFind(const RING_IN_FLIGHT *InFlight, uint32_t Offset, uint32_t *Length)
{
    uint32_t Units = RingLoadAcquire16(RingInFlightEntry(InFlight, Offset));

    if (Units == 0 || Units > RING_IN_FLIGHT_MAX_UNITS)
        return 0;
    *Length = RingInFlightLength(InFlight, Offset, Units);
    return 1;
}

/*
 * Completes a packet that RingInFlightFind has found; once, by one thread. What the thread has read
 * and written of the packet comes before. After the last packet: a full fence, RingInFlightAdvance.
 */
static inline void RingInFlightComplete(RING_IN_FLIGHT *InFlight, uint32_t Offset, uint32_t Length)
{
    RingStoreRelease16(
        RingInFlightEntry(InFlight, Offset),
        (uint16_t)(RING_IN_FLIGHT_COMPLETE | TUN_PACKET_SPACE(Length) / TUN_PACKET_ALIGNMENT));
}

/* Moves past the complete packets from Offset on; returns the offset behind them. */
static inline uint32_t RingInFlightPass(RING_IN_FLIGHT *InFlight, uint32_t Offset)
{
    uint64_t Packets = InFlight->Packets;
    uint64_t Bytes = InFlight->Bytes;

    for (;;)
    {
        volatile uint16_t *Entry = RingInFlightEntry(InFlight, Offset);
        /* Acquire: what was done with the packet before it was completed. */
        uint32_t Units = RingLoadAcquire16(Entry);
        if (!(Units & RING_IN_FLIGHT_COMPLETE))
            break;
        Units &= ~RING_IN_FLIGHT_COMPLETE;
        Packets++;
        Bytes += RingInFlightLength(InFlight, Offset, Units);
        /*
         * Free before the shared index moves, whose release puts that in order with what the next
         * thread that claims this place writes here.
         */
        RingStoreRelaxed16(Entry, 0);
        if (Units > 1)
            RingStoreRelaxed16(RingInFlightEntry(InFlight, Offset + TUN_PACKET_ALIGNMENT), 0);
        Offset = (Offset + Units * TUN_PACKET_ALIGNMENT) & (InFlight->Capacity - 1);
    }
    RingStoreRelaxed64(&InFlight->Packets, Packets);
    RingStoreRelaxed64(&InFlight->Bytes, Bytes);
    return Offset;
}

/*
 * Behind a full fence: if the oldest packet is complete and nobody else is advancing, moves past
 * all that are complete. Then *End is the offset to show to the other side, and RingInFlightIdle
 * and a full fence must follow, and another call. Zero: there is nothing left for this thread to
 * do.
 */
static inline int RingInFlightAdvance(RING_IN_FLIGHT *InFlight, uint32_t *End)
{
    uint32_t Oldest = RingLoadAcquire(&InFlight->Oldest);

    if ((Oldest & RING_IN_FLIGHT_ADVANCING) ||
        !(RingLoadAcquire16(RingInFlightEntry(InFlight, Oldest)) & RING_IN_FLIGHT_COMPLETE))
        return 0;
    /* If this fails, another thread has begun to advance since. */
    if (!RingCompareExchange(&InFlight->Oldest, Oldest, Oldest | RING_IN_FLIGHT_ADVANCING))
        return 0;
    *End = RingInFlightPass(InFlight, Oldest);
    return 1;
}

/* Ends what RingInFlightAdvance began, once End is shown. */
static inline void RingInFlightIdle(RING_IN_FLIGHT *InFlight, uint32_t End)
{
    RingStoreRelease(&InFlight->Oldest, End);
}

#endif
