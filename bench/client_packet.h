/* SPDX-License-Identifier: MIT */
/*
 * What the benchmarks' clients on Wine and on a Linux TUN have in common: UDP packets from the far
 * address 10.9.0.2 to the near one, 10.9.0.1, port 9, and sending a packet back.
 */
#ifndef ADIT_BENCH_CLIENT_PACKET_H
#define ADIT_BENCH_CLIENT_PACKET_H

#include <stdint.h>
#include <string.h>

/* Checksum of an IPv4 header, RFC 1071. */
static inline void ClientPacketChecksum(uint8_t *Header)
{
    uint32_t Sum = 0;

    Header[10] = Header[11] = 0;
    for (int Index = 0; Index < 20; Index += 2)
        Sum += (uint32_t)(Header[Index] << 8 | Header[Index + 1]);
    Sum = (Sum & 0xFFFF) + (Sum >> 16);
    Sum += Sum >> 16;
    Header[10] = (uint8_t)(~Sum >> 8);
    Header[11] = (uint8_t)~Sum;
}

/* Size: 28 to 65535 bytes, headers included; UDP without a checksum (RFC 768). */
static inline void ClientPacketMake(uint8_t *Packet, uint32_t Size)
{
    const uint8_t Header[28] = {
        0x45,
        0,
        (uint8_t)(Size >> 8),
        (uint8_t)Size,
        0,
        0,
        0,
        0,
        64,
        17,
        0,
        0,
        10,
        9,
        0,
        2,
        10,
        9,
        0,
        1,
        0,
        9,
        0,
        9,
        (uint8_t)((Size - 20) >> 8),
        (uint8_t)(Size - 20)};

    memset(Packet, 0, Size);
    memcpy(Packet, Header, sizeof(Header));
    ClientPacketChecksum(Packet);
}

/* Exchanges the addresses, which changes no checksum, and makes an ICMP echo request a reply. */
static inline void ClientPacketExchange(uint8_t *Packet, uint32_t Size)
{
    uint8_t Source[4];

    if (Size < 28 || Packet[0] != 0x45)
        return;
    memcpy(Source, Packet + 12, 4);
    memcpy(Packet + 12, Packet + 16, 4);
    memcpy(Packet + 16, Source, 4);
    if (Packet[9] == 1 && Packet[20] == 8)
    {
        uint32_t Sum = (uint32_t)(Packet[22] << 8 | Packet[23]) + 0x0800;
        Sum = (Sum & 0xFFFF) + (Sum >> 16);
        Packet[20] = 0;
        Packet[22] = (uint8_t)(Sum >> 8);
        Packet[23] = (uint8_t)Sum;
    }
}

#endif
