/* SPDX-License-Identifier: MIT */
/*
 * Packets for the tests of host/offload, made and judged byte by byte, by code of their own.
 */
#ifndef ADIT_TESTS_OFFLOAD_PLAIN_H
#define ADIT_TESTS_OFFLOAD_PLAIN_H

#include "coalesce.h"

#define PLAIN_MAX 65535u

typedef struct _PLAIN_PACKET
{
    uint32_t Length;
    uint8_t Data[PLAIN_MAX];
} PLAIN_PACKET;

/* What a packet is to be. */
typedef struct _PLAIN_SPEC
{
    int Version;               /* 4 or 6 */
    int Protocol;              /* PACKET_PROTOCOL_TCP or _UDP */
    uint32_t InternetOptions;  /* bytes: options of IPv4, a destination header of IPv6 */
    uint32_t TransportOptions; /* bytes: options of TCP */
    uint32_t Flow;             /* addresses and ports */
    uint32_t Sequence, Ack, Window, Id;
    bool DontFragment;
    uint8_t Flags, Ttl, Tos;
    const uint8_t *Payload;
    uint32_t PayloadLength;
} PLAIN_SPEC;

/* Random numbers that are the same in each run. */
uint32_t PlainRandom(uint32_t Below);
void PlainRandomBytes(uint8_t *Data, uint32_t Length);

/* A segment of TCP, or a datagram, with values that are allowed. */
PLAIN_SPEC PlainSpec(int Version, int Protocol);

/* The whole packet, with its checksums. */
void PlainMake(const PLAIN_SPEC *Spec, PLAIN_PACKET *Packet);

/* The same as Linux gives it to a reader that cuts it: the checksum has the pseudo-header only. */
void PlainMakeBig(
    const PLAIN_SPEC *Spec,
    uint32_t SegmentSize,
    PLAIN_PACKET *Packet,
    struct virtio_net_hdr *Description);

/* Whether lengths and checksums of IP, TCP and UDP are right. */
bool PlainIsRight(const uint8_t *Data, uint32_t Length);

/* Recomputes the checksums after a change to the packet that Spec describes. */
void PlainSetChecksums(const PLAIN_SPEC *Spec, PLAIN_PACKET *Packet);

/* Offsets in a packet of that Spec. */
uint32_t PlainTransport(const PLAIN_SPEC *Spec);
uint32_t PlainPayload(const PLAIN_SPEC *Spec);

#endif
