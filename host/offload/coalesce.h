/* SPDX-License-Identifier: MIT */
/*
 * Packets for a Linux TUN, of which consecutive segments of a TCP or UDP flow become one big packet
 * that Linux takes as such (generic segmentation offload): the packets of one batch, no later ones.
 * A group of packets can be cut again into exactly these (segment.h), but for the IPv4
 * identification of packets that must not be fragmented, which means nothing (RFC 6864, 4.1).
 * Packets of one flow keep their order.
 */
#ifndef ADIT_HOST_OFFLOAD_COALESCE_H
#define ADIT_HOST_OFFLOAD_COALESCE_H

#include "segment.h"

#include <sys/uio.h>

/* Packets of a batch. */
#define COALESCE_MAX_PACKETS 64u
/* Pieces of memory that a group is in: the description, its headers, payload by payload. */
#define COALESCE_MAX_PIECES (COALESCE_MAX_PACKETS + 2u)
/* IPv6 without extension headers, TCP with all options. */
#define COALESCE_MAX_HEADERS 100u

/* Packets that go to Linux as one. */
typedef struct _COALESCE_GROUP
{
    PACKET_LAYOUT Layout; /* of the first packet */
    uint32_t Length;      /* bytes of all as one packet */
    uint32_t SegmentSize; /* payload of each packet but the last */
    uint32_t Sequence;    /* TCP: of what may follow */
    uint32_t IdStep;      /* IPv4: from one packet's identification to the next, 0 or 1 */
    uint32_t Hash;
    uint32_t Count;
    uint8_t First, Last; /* packets of the batch */
    bool Open;           /* may grow */
    bool Verified;       /* the first packet's checksum is known to be right */
    struct virtio_net_hdr Description;
    uint8_t Headers[COALESCE_MAX_HEADERS];
} COALESCE_GROUP;

typedef struct _COALESCE
{
    bool Udp; /* UDP too */
    uint32_t GroupCount;
    uint32_t OpenFrom; /* groups before this one are not open, whatever they say */
    uint32_t PacketCount;
    const uint8_t *Packets[COALESCE_MAX_PACKETS];
    uint32_t Lengths[COALESCE_MAX_PACKETS];
    uint8_t Next[COALESCE_MAX_PACKETS]; /* packet of the same group */
    COALESCE_GROUP Groups[COALESCE_MAX_PACKETS];
} COALESCE;

/* An empty batch. Udp: whether Linux takes big packets of UDP. */
void CoalesceStart(COALESCE *Batch, bool Udp);

/* Adds a packet, which has to stay until the batch is written, to a batch that is not full. */
void CoalesceAdd(COALESCE *Batch, const uint8_t *Packet, uint32_t Length);

/*
 * How group Index is written: the pieces, of which there is room for COALESCE_MAX_PIECES. They
 * point into the batch and its packets. Returns their number.
 */
uint32_t CoalesceGather(COALESCE *Batch, uint32_t Index, struct iovec *Pieces);

#endif
