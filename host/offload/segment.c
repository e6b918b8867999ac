/* SPDX-License-Identifier: MIT */
#include "segment.h"

#include "checksum.h"

/* Whether the description is of such a packet. */
static bool SegmentAgrees(const struct virtio_net_hdr *Description, const PACKET_LAYOUT *Layout)
{
    unsigned Type = Description->gso_type & ~(unsigned)VIRTIO_NET_HDR_GSO_ECN;
    bool Partial = (Description->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) != 0;
    if (Partial && (Description->csum_start != Layout->Transport ||
                    Layout->Transport + Description->csum_offset != PacketChecksumOffset(Layout)))
        return false;
    /* A routing header may stand between: the destination in the IP header need not be the last. */
    if (!Partial && Layout->Version == 6 && Layout->Transport != PACKET_IPV6_HEADER)
        return false;
    switch (Type)
    {
    case VIRTIO_NET_HDR_GSO_TCPV4:
        return Layout->Version == 4 && Layout->Protocol == PACKET_PROTOCOL_TCP;
    case VIRTIO_NET_HDR_GSO_TCPV6:
        return Layout->Version == 6 && Layout->Protocol == PACKET_PROTOCOL_TCP;
    case VIRTIO_NET_HDR_GSO_UDP_L4:
        return Layout->Protocol == PACKET_PROTOCOL_UDP;
    default:
        return false;
    }
}

/* The sum of the pseudo-header with a length of 0. */
static uint64_t SegmentPseudoSum(
    const struct virtio_net_hdr *Description, const uint8_t *Packet, const PACKET_LAYOUT *Layout)
{
    uint8_t Whole[2];
    uint16_t Partial, Length;
    if ((Description->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) == 0)
        return PacketPseudoSum(Packet, Layout, 0);
    /* The checksum field has the sum with the length of the whole. */
    memcpy(&Partial, Packet + PacketChecksumOffset(Layout), sizeof(Partial));
    PacketSet16(Whole, Layout->Length - Layout->Transport);
    memcpy(&Length, Whole, sizeof(Length));
    return (uint64_t)Partial + (uint16_t)~Length;
}

bool SegmentStart(
    SEGMENT *Segment,
    const struct virtio_net_hdr *Description,
    const uint8_t *Packet,
    uint32_t Length,
    uint32_t Mtu)
{
    PACKET_LAYOUT *Layout = &Segment->Layout;
    Segment->Left = 0;
    if (!PacketLayout(Packet, Length, Layout) || !SegmentAgrees(Description, Layout))
        return false;
    if (Description->gso_size == 0 || Layout->Payload == Length || Layout->Payload >= Mtu ||
        Layout->Payload > SEGMENT_MAX_HEADERS)
        return false;
    Segment->Size = Description->gso_size;
    if (Segment->Size > Mtu - Layout->Payload)
    {
        if (Layout->Protocol == PACKET_PROTOCOL_UDP)
            return false;
        Segment->Size = Mtu - Layout->Payload;
    }
    Segment->PseudoSum = SegmentPseudoSum(Description, Packet, Layout);
    memcpy(Segment->Headers, Packet, Layout->Payload);
    PacketSetChecksum(Segment->Headers + PacketChecksumOffset(Layout), 0);
    if (Layout->Version == 4)
        Segment->Id = PacketGet16(Packet + PACKET_IPV4_ID);
    if (Layout->Protocol == PACKET_PROTOCOL_TCP)
        Segment->Sequence = PacketGet32(Packet + Layout->Transport + PACKET_TCP_SEQUENCE);
    Segment->First = true;
    Segment->Next = Packet + Layout->Payload;
    Segment->Left = Length - Layout->Payload;
    return true;
}

/* Bits that only the first or the last segment has (RFC 3168, 6.1.2 for CWR). */
static uint8_t SegmentFlags(const SEGMENT *Segment, uint8_t Flags, bool Last)
{
    if (!Segment->First)
        Flags &= (uint8_t)~PACKET_TCP_CWR;
    if (!Last)
        Flags &= (uint8_t)~(PACKET_TCP_FIN | PACKET_TCP_PSH);
    return Flags;
}

uint32_t SegmentNext(SEGMENT *Segment, uint8_t *Data)
{
    const PACKET_LAYOUT *Layout = &Segment->Layout;
    uint8_t *Transport = Data + Layout->Transport;
    uint32_t Part = Segment->Left < Segment->Size ? Segment->Left : Segment->Size;
    uint32_t TransportLength = Layout->Payload - Layout->Transport + Part;
    uint8_t LengthField[2];
    uint64_t Sum;
    if (Part == 0)
        return 0;
    memcpy(Data, Segment->Headers, Layout->Payload);
    if (Data + Layout->Payload != Segment->Next)
        memcpy(Data + Layout->Payload, Segment->Next, Part);
    if (Layout->Version == 4)
        PacketSet16(Data + PACKET_IPV4_ID, Segment->Id++);
    PacketSetLength(Data, Layout, Layout->Payload + Part);
    if (Layout->Protocol == PACKET_PROTOCOL_TCP)
    {
        PacketSet32(Transport + PACKET_TCP_SEQUENCE, Segment->Sequence);
        Transport[PACKET_TCP_FLAGS] =
            SegmentFlags(Segment, Transport[PACKET_TCP_FLAGS], Part == Segment->Left);
    }
    else
        PacketSet16(Transport + PACKET_UDP_LENGTH, TransportLength);
    PacketSet16(LengthField, TransportLength);
    Sum = ChecksumAdd(Segment->PseudoSum, LengthField, sizeof(LengthField));
    PacketSetChecksum(
        Data + PacketChecksumOffset(Layout),
        ChecksumFinish(ChecksumAdd(Sum, Transport, TransportLength)));
    Segment->First = false;
    Segment->Sequence += Part;
    Segment->Next += Part;
    Segment->Left -= Part;
    return Layout->Payload + Part;
}

void SegmentMove(SEGMENT *Segment, uint8_t *Memory)
{
    memcpy(Memory, Segment->Next, Segment->Left);
    Segment->Next = Memory;
}

bool SegmentFinishChecksum(
    const struct virtio_net_hdr *Description, uint8_t *Packet, uint32_t Length)
{
    uint32_t Start = Description->csum_start, At = Start + Description->csum_offset;
    if ((Description->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) == 0)
        return true;
    if (At + sizeof(uint16_t) > Length)
        return false;
    /* The field has the sum of the pseudo-header: it is summed up with the rest. */
    PacketSetChecksum(Packet + At, ChecksumFinish(ChecksumAdd(0, Packet + Start, Length - Start)));
    return true;
}
