/* SPDX-License-Identifier: MIT */
/*
 * What Linux leaves to the reader of a TUN with offloads: cutting big TCP and UDP packets into
 * those that the wire would have, and finishing checksums. The descriptions are virtio's (Virtual
 * I/O Device 1.2, 5.1.6 "Device Operation"; linux/virtio_net.h), in this machine's byte order.
 */
#ifndef ADIT_HOST_OFFLOAD_SEGMENT_H
#define ADIT_HOST_OFFLOAD_SEGMENT_H

#include "packet.h"

#include <linux/virtio_net.h>

/* Linux 6.2, linux/virtio_net.h. */
#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5
#endif

/* IP and transport headers together; longer ones are taken for malformed. */
#define SEGMENT_MAX_HEADERS 256u

/* A packet while it is being cut. */
typedef struct _SEGMENT
{
    PACKET_LAYOUT Layout; /* of Headers */
    const uint8_t *Next;  /* payload that is still to come, in the caller's memory */
    uint32_t Left;        /* its bytes; 0: done */
    uint32_t Size;        /* payload bytes of each segment but the last */
    uint32_t Sequence;    /* TCP: of Next */
    uint32_t Id;          /* IPv4: of the next segment */
    bool First;           /* none was cut yet */
    uint64_t PseudoSum;   /* of the pseudo-header, without the length */
    uint8_t Headers[SEGMENT_MAX_HEADERS];
} SEGMENT;

/*
 * Begins to cut a packet whose gso_type is not VIRTIO_NET_HDR_GSO_NONE into packets of at most Mtu
 * bytes. TCP segments may come out smaller than gso_size for that. FALSE: the headers are
 * malformed or do not agree with the description, or datagrams of gso_size are too long for Mtu.
 */
bool SegmentStart(
    SEGMENT *Segment,
    const struct virtio_net_hdr *Description,
    const uint8_t *Packet,
    uint32_t Length,
    uint32_t Mtu);

/*
 * Writes the next packet to Data, which has room for Mtu bytes; its length, 0 when there are no
 * more. For the first one Data may be where the packet itself is.
 */
uint32_t SegmentNext(SEGMENT *Segment, uint8_t *Data);

/* Copies what is left of the payload to Memory, Segment->Left bytes, and goes on from there. */
void SegmentMove(SEGMENT *Segment, uint8_t *Memory);

/*
 * For a packet that is not to be cut: finishes its checksum if the description wants that. FALSE:
 * the checksum would lie outside of the packet.
 */
bool SegmentFinishChecksum(
    const struct virtio_net_hdr *Description, uint8_t *Packet, uint32_t Length);

#endif
