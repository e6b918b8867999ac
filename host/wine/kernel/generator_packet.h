/* SPDX-License-Identifier: MIT */
/*
 * What a client and a link that is a generator (generator.h) send each other: IPv4 packets with
 * UDP in them, between the link, 10.9.0.1, and the client, 10.9.0.2, without a UDP checksum (RFC
 * 768). Numbers of these structures are little-endian, as on all machines that this runs on.
 *
 * Data, port 9: a counter, then bytes that say their own offset in the packet. Requests of the
 * client and reports of the link have another port. Plain C11: also for clients.
 */
#ifndef ADIT_HOST_WINE_GENERATOR_PACKET_H
#define ADIT_HOST_WINE_GENERATOR_PACKET_H

#include <stdint.h>

#define GENERATOR_HEADER_SIZE  28u /* of IPv4 and UDP */
#define GENERATOR_MIN_SIZE     36u /* of data: the headers and the counter */
#define GENERATOR_MAX_SIZE     0xFFFFu
#define GENERATOR_DATA_PORT    9u
#define GENERATOR_REQUEST_PORT 44100u

/* Ends what the link makes, has it make other packets, and has it report. */
typedef struct _GENERATOR_REQUEST
{
    uint32_t Id;    /* which the report has as well */
    uint32_t Size;  /* of the packets to make: GENERATOR_MIN_SIZE to the adapter's MTU */
    uint64_t Count; /* how many; their counters begin with 0 */
} GENERATOR_REQUEST;

/* Counts since the media was connected. */
typedef struct _GENERATOR_REPORT
{
    uint32_t Id;
    uint32_t Reserved;
    uint64_t Made;  /* data packets, whether they reached the client or not */
    uint64_t Taken; /* data packets from the client */
    uint64_t TakenBytes;
    uint64_t Gaps;  /* times that a counter was not that before plus 1, or 0 after a request */
    uint64_t Other; /* packets that are neither data nor requests */
} GENERATOR_REPORT;

#define GENERATOR_REQUEST_SIZE (GENERATOR_HEADER_SIZE + (uint32_t)sizeof(GENERATOR_REQUEST))
#define GENERATOR_REPORT_SIZE  (GENERATOR_HEADER_SIZE + (uint32_t)sizeof(GENERATOR_REPORT))

/* One's complement sum of an IPv4 header of 20 bytes (RFC 1071); 0xFFFF: its checksum is right. */
static inline uint32_t GeneratorPacketSum(const uint8_t *Packet)
{
    uint32_t Sum = 0;

    for (int Index = 0; Index < 20; Index += 2)
        Sum += (uint32_t)(Packet[Index] << 8 | Packet[Index + 1]);
    Sum = (Sum & 0xFFFF) + (Sum >> 16);
    return (Sum & 0xFFFF) + (Sum >> 16);
}

/* Writes the headers. From: 1 for the link, 2 for the client. */
static inline void
GeneratorPacketHeader(uint8_t *Packet, uint32_t Size, uint32_t From, uint32_t Port)
{
    uint32_t Sum;

    __builtin_memset(Packet, 0, GENERATOR_HEADER_SIZE);
    Packet[0] = 0x45;
    Packet[2] = (uint8_t)(Size >> 8);
    Packet[3] = (uint8_t)Size;
    Packet[8] = 64;
    Packet[9] = 17;
    Packet[12] = Packet[16] = 10;
    Packet[13] = Packet[17] = 9;
    Packet[15] = (uint8_t)From;
    Packet[19] = (uint8_t)(3 - From);
    Sum = GeneratorPacketSum(Packet);
    Packet[10] = (uint8_t)(~Sum >> 8);
    Packet[11] = (uint8_t)~Sum;
    Packet[20] = Packet[22] = (uint8_t)(Port >> 8);
    Packet[21] = Packet[23] = (uint8_t)Port;
    Packet[24] = (uint8_t)((Size - 20) >> 8);
    Packet[25] = (uint8_t)(Size - 20);
}

/* The port of a whole packet with these headers; 0: it is none. */
static inline uint32_t GeneratorPacketPort(const uint8_t *Packet, uint32_t Size)
{
    if (Size < GENERATOR_MIN_SIZE || Packet[0] != 0x45 || Packet[9] != 17 ||
        (uint32_t)(Packet[2] << 8 | Packet[3]) != Size)
        return 0;
    return (uint32_t)(Packet[22] << 8 | Packet[23]);
}

static inline void GeneratorPacketSetCounter(uint8_t *Packet, uint64_t Counter)
{
    __builtin_memcpy(Packet + GENERATOR_HEADER_SIZE, &Counter, sizeof(Counter));
}

static inline uint64_t GeneratorPacketCounter(const uint8_t *Packet)
{
    uint64_t Counter;

    __builtin_memcpy(&Counter, Packet + GENERATOR_HEADER_SIZE, sizeof(Counter));
    return Counter;
}

/* A data packet with the counter 0. */
static inline void GeneratorPacketMake(uint8_t *Packet, uint32_t Size, uint32_t From)
{
    GeneratorPacketHeader(Packet, Size, From, GENERATOR_DATA_PORT);
    GeneratorPacketSetCounter(Packet, 0);
    for (uint32_t Offset = GENERATOR_MIN_SIZE; Offset < Size; Offset++)
        Packet[Offset] = (uint8_t)Offset;
}

/* GENERATOR_REQUEST_SIZE bytes. */
static inline void
GeneratorPacketRequest(uint8_t *Packet, uint32_t Id, uint32_t Size, uint64_t Count)
{
    GENERATOR_REQUEST Request = {.Id = Id, .Size = Size, .Count = Count};

    GeneratorPacketHeader(Packet, GENERATOR_REQUEST_SIZE, 2, GENERATOR_REQUEST_PORT);
    __builtin_memcpy(Packet + GENERATOR_HEADER_SIZE, &Request, sizeof(Request));
}

/* Is it a report? */
static inline int
GeneratorPacketReport(const uint8_t *Packet, uint32_t Size, GENERATOR_REPORT *Report)
{
    if (Size != GENERATOR_REPORT_SIZE ||
        GeneratorPacketPort(Packet, Size) != GENERATOR_REQUEST_PORT)
        return 0;
    __builtin_memcpy(Report, Packet + GENERATOR_HEADER_SIZE, sizeof(*Report));
    return 1;
}

/* Is it, byte for byte, what GeneratorPacketMake makes, but for its counter? */
static inline int GeneratorPacketIsWhole(const uint8_t *Packet, uint32_t Size, uint32_t From)
{
    uint8_t Header[GENERATOR_HEADER_SIZE];

    if (Size < GENERATOR_MIN_SIZE)
        return 0;
    GeneratorPacketHeader(Header, Size, From, GENERATOR_DATA_PORT);
    if (__builtin_memcmp(Packet, Header, sizeof(Header)) != 0)
        return 0;
    for (uint32_t Offset = GENERATOR_MIN_SIZE; Offset < Size; Offset++)
        if (Packet[Offset] != (uint8_t)Offset)
            return 0;
    return 1;
}

#endif
