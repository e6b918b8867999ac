/* SPDX-License-Identifier: MIT */
/*
 * Where the headers of a TCP or UDP packet are: RFC 791, RFC 8200, RFC 9293, RFC 768.
 */
#ifndef ADIT_HOST_OFFLOAD_PACKET_H
#define ADIT_HOST_OFFLOAD_PACKET_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* The longest IP packet without a jumbogram's option. */
#define PACKET_MAX_LENGTH 0xFFFFu

/* Offsets from the start of their header. */
#define PACKET_IPV4_LENGTH   2
#define PACKET_IPV4_ID       4
#define PACKET_IPV4_FRAGMENT 6
#define PACKET_IPV4_TTL      8
#define PACKET_IPV4_CHECKSUM 10
#define PACKET_IPV4_SOURCE   12
#define PACKET_IPV6_LENGTH   4
#define PACKET_IPV6_NEXT     6
#define PACKET_IPV6_SOURCE   8
#define PACKET_TCP_SEQUENCE  4
#define PACKET_TCP_ACK       8
#define PACKET_TCP_OFFSET    12
#define PACKET_TCP_FLAGS     13
#define PACKET_TCP_WINDOW    14
#define PACKET_TCP_CHECKSUM  16
#define PACKET_TCP_OPTIONS   20
#define PACKET_UDP_LENGTH    4
#define PACKET_UDP_CHECKSUM  6

#define PACKET_IPV4_HEADER 20u
#define PACKET_IPV6_HEADER 40u
#define PACKET_UDP_HEADER  8u

#define PACKET_PROTOCOL_TCP 6
#define PACKET_PROTOCOL_UDP 17

#define PACKET_TCP_FIN      0x01
#define PACKET_TCP_PSH      0x08
#define PACKET_TCP_ACK_FLAG 0x10
#define PACKET_TCP_ECE      0x40
#define PACKET_TCP_CWR      0x80

typedef struct _PACKET_LAYOUT
{
    uint8_t Version;    /* 4 or 6 */
    uint8_t Protocol;   /* PACKET_PROTOCOL_TCP or _UDP */
    uint32_t Transport; /* offset of its header */
    uint32_t Payload;   /* offset of what follows that; at most Length */
    uint32_t Length;
} PACKET_LAYOUT;

/*
 * FALSE: not a whole TCP or UDP packet, not one of exactly Length bytes (as its IP and UDP headers
 * say too), or one whose headers do not fit. Extension headers of IPv6 but a fragment's are passed
 * over.
 */
bool PacketLayout(const uint8_t *Packet, uint32_t Length, PACKET_LAYOUT *Layout);

/* Sum (checksum.h) of the pseudo-header of a packet whose TCP or UDP header and payload have that
 * many bytes; right if the IP header's destination is the last one. */
uint64_t PacketPseudoSum(const uint8_t *Packet, const PACKET_LAYOUT *Layout, uint32_t Length);

/* Offset of the TCP or UDP checksum in the packet. */
uint32_t PacketChecksumOffset(const PACKET_LAYOUT *Layout);

/* Writes the length into the IP header and, for IPv4, the header's checksum. */
void PacketSetLength(uint8_t *Packet, const PACKET_LAYOUT *Layout, uint32_t Length);

static inline uint32_t PacketGet16(const uint8_t *At)
{
    return (uint32_t)At[0] << 8 | At[1];
}

static inline uint32_t PacketGet32(const uint8_t *At)
{
    return PacketGet16(At) << 16 | PacketGet16(At + 2);
}

static inline void PacketSet16(uint8_t *At, uint32_t Value)
{
    At[0] = (uint8_t)(Value >> 8);
    At[1] = (uint8_t)Value;
}

static inline void PacketSet32(uint8_t *At, uint32_t Value)
{
    PacketSet16(At, Value >> 16);
    PacketSet16(At + 2, Value);
}

/* A checksum, in the order of memory. */
static inline void PacketSetChecksum(uint8_t *At, uint16_t Checksum)
{
    memcpy(At, &Checksum, sizeof(Checksum));
}

#endif
