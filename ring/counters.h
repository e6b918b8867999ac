/* SPDX-License-Identifier: MIT */
/*
 * What the driver counts of an adapter, as it answers ADIT_OID_COUNTERS: OID_GEN_STATISTICS with
 * the reason of every packet that was not delivered. Shared by the driver and whoever asks it.
 * Freestanding C11.
 */
#ifndef ADIT_RING_COUNTERS_H
#define ADIT_RING_COUNTERS_H

#include <stddef.h>
#include <stdint.h>

/* Implementation-specific OIDs have 0xFF in their high byte ("NDIS Object Identifiers", format). */
#define ADIT_OID_COUNTERS 0xFFAD0001u

#define ADIT_COUNTERS_VERSION 1u

/* Whom a packet is addressed to. */
typedef enum _ADIT_CAST
{
    AditUnicast,
    AditMulticast,
    AditBroadcast,
    AditCasts
} ADIT_CAST;

/* Why a packet was not delivered. */
typedef enum _ADIT_DROP
{
    AditDropNoSession,   /* no rings were registered, or the client's had come to their end */
    AditDropPaused,      /* NDIS had paused the adapter */
    AditDropRingFull,    /* the client did not keep up */
    AditDropNoMemory,    /* the system had none for a buffer or a mapping */
    AditDropMalformed,   /* no IP packet, or its buffers hold less than it says */
    AditDropTooLong,     /* longer than TUN_MAX_IP_PACKET_SIZE */
    AditDropRingCorrupt, /* what the client has written ended the ring; counts rings */
    AditDropReserved,
    AditDrops
} ADIT_DROP;

typedef struct _ADIT_DIRECTION_COUNTERS
{
    uint64_t Packets[AditCasts];
    uint64_t Octets[AditCasts];
    uint64_t Dropped[AditDrops];
} ADIT_DIRECTION_COUNTERS;

/* "Out" is what Windows sends into the tunnel, "In" what the client delivers to Windows. */
typedef struct _ADIT_COUNTERS
{
    uint32_t Size;    /* bytes of this structure */
    uint32_t Version; /* ADIT_COUNTERS_VERSION; later ones append */
    ADIT_DIRECTION_COUNTERS Out;
    ADIT_DIRECTION_COUNTERS In;
} ADIT_COUNTERS;

_Static_assert(sizeof(ADIT_DIRECTION_COUNTERS) == 14 * 8, "ADIT_DIRECTION_COUNTERS");
_Static_assert(offsetof(ADIT_COUNTERS, In) == 8 + 14 * 8, "ADIT_COUNTERS.In");
_Static_assert(sizeof(ADIT_COUNTERS) == 8 + 28 * 8, "ADIT_COUNTERS");

#endif
