/* SPDX-License-Identifier: MIT */
#include "packet.h"

#include "checksum.h"

/* More fragments, or a fragment's offset. */
#define PACKET_IPV4_IS_FRAGMENT 0x3FFFu

/* RFC 8200, section 4: extension headers whose second byte is their length in units of 8 bytes,
 * the first not counted. */
static bool PacketIsExtension(uint8_t NextHeader)
{
    return NextHeader == 0 /* hop-by-hop */ || NextHeader == 43 /* routing */ ||
           NextHeader == 60 /* destination */;
}

static bool PacketInternet(const uint8_t *Packet, PACKET_LAYOUT *Layout)
{
    if (Layout->Length >= PACKET_IPV4_HEADER && Packet[0] >> 4 == 4)
    {
        Layout->Version = 4;
        Layout->Protocol = Packet[9];
        Layout->Transport = (Packet[0] & 15u) * 4;
        return Layout->Transport >= PACKET_IPV4_HEADER && Layout->Transport <= Layout->Length &&
               PacketGet16(Packet + PACKET_IPV4_LENGTH) == Layout->Length &&
               (PacketGet16(Packet + PACKET_IPV4_FRAGMENT) & PACKET_IPV4_IS_FRAGMENT) == 0;
    }
    if (Layout->Length < PACKET_IPV6_HEADER || Packet[0] >> 4 != 6 ||
        PacketGet16(Packet + PACKET_IPV6_LENGTH) + PACKET_IPV6_HEADER != Layout->Length)
        return false;
    Layout->Version = 6;
    Layout->Protocol = Packet[PACKET_IPV6_NEXT];
    Layout->Transport = PACKET_IPV6_HEADER;
    while (PacketIsExtension(Layout->Protocol))
    {
        if (Layout->Length - Layout->Transport < 8)
            return false;
        Layout->Protocol = Packet[Layout->Transport];
        Layout->Transport += (Packet[Layout->Transport + 1] + 1u) * 8;
        if (Layout->Transport > Layout->Length)
            return false;
    }
    return true;
}

bool PacketLayout(const uint8_t *Packet, uint32_t Length, PACKET_LAYOUT *Layout)
{
    const uint8_t *Transport;
    uint32_t Left, Header;
    Layout->Length = Length;
    if (!PacketInternet(Packet, Layout))
        return false;
    Transport = Packet + Layout->Transport;
    Left = Length - Layout->Transport;
    if (Layout->Protocol == PACKET_PROTOCOL_TCP && Left >= PACKET_TCP_OPTIONS)
    {
        Header = (Transport[PACKET_TCP_OFFSET] >> 4) * 4u;
        if (Header < PACKET_TCP_OPTIONS || Header > Left)
            return false;
    }
    else if (
        Layout->Protocol == PACKET_PROTOCOL_UDP && Left >= PACKET_UDP_HEADER &&
        PacketGet16(Transport + PACKET_UDP_LENGTH) == Left)
        Header = PACKET_UDP_HEADER;
    else
        return false;
    Layout->Payload = Layout->Transport + Header;
    return true;
}

uint64_t PacketPseudoSum(const uint8_t *Packet, const PACKET_LAYOUT *Layout, uint32_t Length)
{
    uint8_t Tail[8] = {0};
    uint64_t Sum;
    PacketSet32(Tail, Length);
    Tail[7] = Layout->Protocol;
    Sum = ChecksumAdd(0, Tail, sizeof(Tail));
    return Layout->Version == 4 ? ChecksumAdd(Sum, Packet + PACKET_IPV4_SOURCE, 8)
                                : ChecksumAdd(Sum, Packet + PACKET_IPV6_SOURCE, 32);
}

uint32_t PacketChecksumOffset(const PACKET_LAYOUT *Layout)
{
    return Layout->Transport +
           (Layout->Protocol == PACKET_PROTOCOL_TCP ? PACKET_TCP_CHECKSUM : PACKET_UDP_CHECKSUM);
}

void PacketSetLength(uint8_t *Packet, const PACKET_LAYOUT *Layout, uint32_t Length)
{
    if (Layout->Version == 6)
    {
        PacketSet16(Packet + PACKET_IPV6_LENGTH, Length - PACKET_IPV6_HEADER);
        return;
    }
    PacketSet16(Packet + PACKET_IPV4_LENGTH, Length);
    PacketSet16(Packet + PACKET_IPV4_CHECKSUM, 0);
    PacketSetChecksum(
        Packet + PACKET_IPV4_CHECKSUM,
        (uint16_t)~ChecksumFold(ChecksumAdd(0, Packet, (Packet[0] & 15u) * 4)));
}
