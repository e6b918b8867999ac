/* SPDX-License-Identifier: MIT */
#include "coalesce.h"

#include "checksum.h"

#define COALESCE_DONT_FRAGMENT 0x4000u
/* Linux: UDP_MAX_SEGMENTS before 6.3. */
#define COALESCE_MAX_DATAGRAMS 64u

void CoalesceStart(COALESCE *Batch, bool Udp)
{
    Batch->Udp = Udp;
    Batch->GroupCount = 0;
    Batch->OpenFrom = 0;
    Batch->PacketCount = 0;
}

/* Addresses and ports as one number, equal for equal ones. */
static uint32_t CoalesceHash(const uint8_t *Packet, const PACKET_LAYOUT *Layout)
{
    const uint8_t *LastOfDestination = Packet + Layout->Transport - 4;
    uint32_t Address, Ports;
    memcpy(&Address, LastOfDestination, sizeof(Address));
    memcpy(&Ports, Packet + Layout->Transport, sizeof(Ports));
    return Address ^ Ports * 0x9E3779B1u ^ Layout->Protocol;
}

static bool CoalesceIsSameFlow(
    const COALESCE_GROUP *Group,
    const uint8_t *First,
    const uint8_t *Packet,
    const PACKET_LAYOUT *Layout)
{
    uint32_t Source = Layout->Version == 4 ? PACKET_IPV4_SOURCE : PACKET_IPV6_SOURCE;
    return Group->Layout.Version == Layout->Version && Group->Layout.Protocol == Layout->Protocol &&
           /* Both addresses and both ports lie beside each other: there are no options. */
           memcmp(First + Source, Packet + Source, Layout->Transport + 4 - Source) == 0;
}

/* Whether the IP headers differ by length and identification only, and how the latter go on. */
static bool CoalesceInternetFits(
    const COALESCE_GROUP *Group, const uint8_t *First, const uint8_t *Packet, uint32_t *IdStep)
{
    uint32_t Step;
    bool Free;
    if (Group->Layout.Version == 6)
        return memcmp(First, Packet, PACKET_IPV6_LENGTH) == 0 &&
               memcmp(First + PACKET_IPV6_NEXT, Packet + PACKET_IPV6_NEXT, 2) == 0;
    /* Version and header length, type of service; flags; time to live. */
    if (memcmp(First, Packet, PACKET_IPV4_LENGTH) != 0 ||
        memcmp(First + PACKET_IPV4_FRAGMENT, Packet + PACKET_IPV4_FRAGMENT, 3) != 0)
        return false;
    Step = (PacketGet16(Packet + PACKET_IPV4_ID) - PacketGet16(First + PACKET_IPV4_ID)) & 0xFFFF;
    Free = (PacketGet16(Packet + PACKET_IPV4_FRAGMENT) & COALESCE_DONT_FRAGMENT) != 0;
    *IdStep = Group->Count == 1 ? Step : Group->IdStep;
    return Step == Group->Count * *IdStep && (*IdStep == 1 || (*IdStep == 0 && Free));
}

static bool CoalesceTransportFits(
    const COALESCE_GROUP *Group,
    const uint8_t *First,
    const uint8_t *Packet,
    const PACKET_LAYOUT *Layout)
{
    const uint8_t *Old = First + Layout->Transport, *New = Packet + Layout->Transport;
    const uint8_t AtEnd = PACKET_TCP_FIN | PACKET_TCP_PSH;
    if (Layout->Protocol == PACKET_PROTOCOL_UDP)
        return Group->Count < COALESCE_MAX_DATAGRAMS;
    return PacketGet32(New + PACKET_TCP_SEQUENCE) == Group->Sequence &&
           /* Acknowledgement, header length. */
           memcmp(Old + PACKET_TCP_ACK, New + PACKET_TCP_ACK, 5) == 0 &&
           ((Old[PACKET_TCP_FLAGS] ^ New[PACKET_TCP_FLAGS]) & ~AtEnd) == 0 &&
           memcmp(Old + PACKET_TCP_WINDOW, New + PACKET_TCP_WINDOW, 2) == 0 &&
           /* Urgent pointer and options. */
           memcmp(
               Old + PACKET_TCP_CHECKSUM + 2, New + PACKET_TCP_CHECKSUM + 2,
               Layout->Payload - Layout->Transport - PACKET_TCP_CHECKSUM - 2) == 0;
}

static bool CoalesceIsIntact(const uint8_t *Packet, const PACKET_LAYOUT *Layout)
{
    uint32_t Length = Layout->Length - Layout->Transport;
    uint64_t Sum = PacketPseudoSum(Packet, Layout, Length);
    if (Layout->Version == 4 && ChecksumFold(ChecksumAdd(0, Packet, PACKET_IPV4_HEADER)) != 0xFFFF)
        return false;
    return ChecksumFold(ChecksumAdd(Sum, Packet + Layout->Transport, Length)) == 0xFFFF;
}

/* Whether a packet may be the first of several, or one of them. */
static bool CoalesceIsEligible(const uint8_t *Packet, const PACKET_LAYOUT *Layout)
{
    const uint8_t *Transport = Packet + Layout->Transport;
    if (Layout->Payload == Layout->Length)
        return false;
    if (Layout->Protocol == PACKET_PROTOCOL_UDP)
        return PacketGet16(Transport + PACKET_UDP_CHECKSUM) != 0; /* there is one */
    return (Transport[PACKET_TCP_FLAGS] & ~(PACKET_TCP_FIN | PACKET_TCP_PSH | PACKET_TCP_ECE)) ==
           PACKET_TCP_ACK_FLAG;
}

/* Whether nothing may follow that packet in its group. */
static bool
CoalesceIsLast(const COALESCE_GROUP *Group, const uint8_t *Packet, const PACKET_LAYOUT *Layout)
{
    return Layout->Length - Layout->Payload != Group->SegmentSize ||
           (Layout->Protocol == PACKET_PROTOCOL_TCP &&
            (Packet[Layout->Transport + PACKET_TCP_FLAGS] & (PACKET_TCP_FIN | PACKET_TCP_PSH)) !=
                0);
}

static bool
CoalesceAppend(COALESCE *Batch, COALESCE_GROUP *Group, uint8_t Index, const PACKET_LAYOUT *Layout)
{
    const uint8_t *First = Batch->Packets[Group->First], *Packet = Batch->Packets[Index];
    uint32_t Payload = Layout->Length - Layout->Payload, IdStep = 0;
    if (Layout->Payload != Group->Layout.Payload || Payload > Group->SegmentSize ||
        Group->Length + Payload > PACKET_MAX_LENGTH ||
        !CoalesceInternetFits(Group, First, Packet, &IdStep) ||
        !CoalesceTransportFits(Group, First, Packet, Layout))
        return false;
    if (!Group->Verified && !CoalesceIsIntact(First, &Group->Layout))
        return false;
    Group->Verified = true;
    if (!CoalesceIsIntact(Packet, Layout))
        return false;
    Batch->Next[Group->Last] = Index;
    Group->Last = Index;
    Group->Count++;
    Group->IdStep = IdStep;
    Group->Length += Payload;
    Group->Sequence += Payload;
    Group->Open = !CoalesceIsLast(Group, Packet, Layout);
    return true;
}

/* Tries the open group of the packet's flow, which is closed if the packet does not fit. */
static bool CoalesceJoin(
    COALESCE *Batch, uint8_t Index, const PACKET_LAYOUT *Layout, uint32_t Hash, bool Eligible)
{
    for (uint32_t i = Batch->GroupCount; i > Batch->OpenFrom; i--)
    {
        COALESCE_GROUP *Group = &Batch->Groups[i - 1];
        if (!Group->Open || Group->Hash != Hash ||
            !CoalesceIsSameFlow(Group, Batch->Packets[Group->First], Batch->Packets[Index], Layout))
            continue;
        if (Eligible && CoalesceAppend(Batch, Group, Index, Layout))
            return true;
        Group->Open = false;
        return false;
    }
    return false;
}

void CoalesceAdd(COALESCE *Batch, const uint8_t *Packet, uint32_t Length)
{
    uint8_t Index = (uint8_t)Batch->PacketCount++;
    COALESCE_GROUP *Group;
    PACKET_LAYOUT Layout;
    uint32_t Hash = 0;
    bool Eligible = false;
    Batch->Packets[Index] = Packet;
    Batch->Lengths[Index] = Length;
    if (!PacketLayout(Packet, Length, &Layout) ||
        Layout.Transport != (Layout.Version == 4 ? PACKET_IPV4_HEADER : PACKET_IPV6_HEADER))
        Batch->OpenFrom = Batch->GroupCount; /* it may belong to any flow, as fragments do */
    else if (Batch->Udp || Layout.Protocol == PACKET_PROTOCOL_TCP)
    {
        Hash = CoalesceHash(Packet, &Layout);
        Eligible = CoalesceIsEligible(Packet, &Layout);
        if (CoalesceJoin(Batch, Index, &Layout, Hash, Eligible))
            return;
    }
    Group = &Batch->Groups[Batch->GroupCount++];
    Group->First = Group->Last = Index;
    Group->Count = 1;
    Group->Open = false;
    if (!Eligible)
        return;
    Group->Layout = Layout;
    Group->Hash = Hash;
    Group->Length = Length;
    Group->SegmentSize = Length - Layout.Payload;
    Group->Verified = false;
    if (Layout.Protocol == PACKET_PROTOCOL_TCP)
        Group->Sequence =
            PacketGet32(Packet + Layout.Transport + PACKET_TCP_SEQUENCE) + Group->SegmentSize;
    Group->Open = !CoalesceIsLast(Group, Packet, &Layout);
}

/* Headers and description of several packets as one. */
static void CoalesceDescribe(COALESCE_GROUP *Group, const uint8_t *First, const uint8_t *Last)
{
    const PACKET_LAYOUT *Layout = &Group->Layout;
    uint8_t *Transport = Group->Headers + Layout->Transport;
    uint32_t At = PacketChecksumOffset(Layout), Length = Group->Length - Layout->Transport;
    memcpy(Group->Headers, First, Layout->Payload);
    PacketSetLength(Group->Headers, Layout, Group->Length);
    if (Layout->Protocol == PACKET_PROTOCOL_TCP)
        Transport[PACKET_TCP_FLAGS] = Last[Layout->Transport + PACKET_TCP_FLAGS];
    else
        PacketSet16(Transport + PACKET_UDP_LENGTH, Length);
    PacketSetChecksum(
        Group->Headers + At, ChecksumFold(PacketPseudoSum(Group->Headers, Layout, Length)));
    Group->Description.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
    Group->Description.gso_type = VIRTIO_NET_HDR_GSO_UDP_L4;
    if (Layout->Protocol == PACKET_PROTOCOL_TCP)
        Group->Description.gso_type =
            Layout->Version == 4 ? VIRTIO_NET_HDR_GSO_TCPV4 : VIRTIO_NET_HDR_GSO_TCPV6;
    Group->Description.hdr_len = (uint16_t)Layout->Payload;
    Group->Description.gso_size = (uint16_t)Group->SegmentSize;
    Group->Description.csum_start = (uint16_t)Layout->Transport;
    Group->Description.csum_offset = (uint16_t)(At - Layout->Transport);
}

uint32_t CoalesceGather(COALESCE *Batch, uint32_t Index, struct iovec *Pieces)
{
    COALESCE_GROUP *Group = &Batch->Groups[Index];
    uint32_t Count = 0, Skip = 0;
    memset(&Group->Description, 0, sizeof(Group->Description));
    Pieces[Count++] = (struct iovec){&Group->Description, sizeof(Group->Description)};
    if (Group->Count > 1)
    {
        CoalesceDescribe(Group, Batch->Packets[Group->First], Batch->Packets[Group->Last]);
        Skip = Group->Layout.Payload;
        Pieces[Count++] = (struct iovec){Group->Headers, Skip};
    }
    for (uint8_t i = Group->First;; i = Batch->Next[i])
    {
        Pieces[Count++] =
            (struct iovec){(void *)(uintptr_t)(Batch->Packets[i] + Skip), Batch->Lengths[i] - Skip};
        if (i == Group->Last)
            return Count;
    }
}
