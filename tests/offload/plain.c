/* SPDX-License-Identifier: MIT */
#include "plain.h"

static uint32_t RandomState = 12345;

uint32_t PlainRandom(uint32_t Below)
{
    /* xorshift32: G. Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8 (14), 2003. */
    RandomState ^= RandomState << 13;
    RandomState ^= RandomState >> 17;
    RandomState ^= RandomState << 5;
    return RandomState % Below;
}

void PlainRandomBytes(uint8_t *Data, uint32_t Length)
{
    for (uint32_t i = 0; i < Length; i++)
        Data[i] = (uint8_t)PlainRandom(256);
}

PLAIN_SPEC PlainSpec(int Version, int Protocol)
{
    return (PLAIN_SPEC){.Version = Version,
                        .Protocol = Protocol,
                        .TransportOptions = Protocol == PACKET_PROTOCOL_TCP ? 12 : 0,
                        .Sequence = 0xFFFFF000,
                        .Ack = 77,
                        .Window = 501,
                        .Id = 0xFFFD,
                        .DontFragment = true,
                        .Flags = PACKET_TCP_ACK_FLAG,
                        .Ttl = 64};
}

uint32_t PlainTransport(const PLAIN_SPEC *Spec)
{
    return (Spec->Version == 4 ? 20 : 40) + Spec->InternetOptions;
}

uint32_t PlainPayload(const PLAIN_SPEC *Spec)
{
    return PlainTransport(Spec) +
           (Spec->Protocol == PACKET_PROTOCOL_TCP ? 20 + Spec->TransportOptions : 8);
}

static void Put(uint8_t *At, uint32_t Bytes, uint32_t Value)
{
    while (Bytes-- > 0)
    {
        At[Bytes] = (uint8_t)Value;
        Value >>= 8;
    }
}

/* RFC 1071, as it is told there: 16-bit numbers, high byte first, with end-around carry. */
static uint32_t OnesSum(uint32_t Sum, const uint8_t *Data, uint32_t Length)
{
    for (uint32_t i = 0; i < Length; i++)
    {
        Sum += i % 2 == 0 ? (uint32_t)Data[i] << 8 : Data[i];
        if (Sum > 0xFFFF)
            Sum = Sum - 0x10000 + 1;
    }
    return Sum;
}

static uint32_t PseudoSum(const uint8_t *Data, uint32_t Protocol, uint32_t Length)
{
    uint8_t Rest[6];
    uint32_t Sum = Data[0] >> 4 == 4 ? OnesSum(0, Data + 12, 8) : OnesSum(0, Data + 8, 32);
    Put(Rest, 4, Length);
    Put(Rest + 4, 2, Protocol);
    return OnesSum(Sum, Rest, sizeof(Rest));
}

static uint8_t *ChecksumField(const PLAIN_SPEC *Spec, PLAIN_PACKET *Packet)
{
    return Packet->Data + PlainTransport(Spec) + (Spec->Protocol == PACKET_PROTOCOL_TCP ? 16 : 6);
}

void PlainSetChecksums(const PLAIN_SPEC *Spec, PLAIN_PACKET *Packet)
{
    uint8_t *Data = Packet->Data;
    uint32_t Transport = PlainTransport(Spec), Length = Packet->Length - Transport, Sum;
    if (Spec->Version == 4)
    {
        Put(Data + 10, 2, 0);
        Put(Data + 10, 2, 0xFFFF - OnesSum(0, Data, Transport));
    }
    Put(ChecksumField(Spec, Packet), 2, 0);
    Sum = OnesSum(PseudoSum(Data, (uint32_t)Spec->Protocol, Length), Data + Transport, Length);
    Put(ChecksumField(Spec, Packet), 2, Sum == 0xFFFF ? 0xFFFF : 0xFFFF - Sum);
}

static void MakeInternet(const PLAIN_SPEC *Spec, uint8_t *Data, uint32_t Length)
{
    if (Spec->Version == 4)
    {
        Data[0] = (uint8_t)(0x40 | PlainTransport(Spec) / 4);
        Data[1] = Spec->Tos;
        Put(Data + 2, 2, Length);
        Put(Data + 4, 2, Spec->Id);
        Put(Data + 6, 2, Spec->DontFragment ? 0x4000 : 0);
        Data[8] = Spec->Ttl;
        Data[9] = (uint8_t)Spec->Protocol;
        Put(Data + 12, 4, 0x0A000001 + Spec->Flow);
        Put(Data + 16, 4, 0x0A000002);
        memset(Data + 20, 1, Spec->InternetOptions); /* no operation */
        return;
    }
    Put(Data, 4, 0x60000000 | (uint32_t)Spec->Tos << 20);
    Put(Data + 4, 2, Length - 40);
    Data[6] = Spec->InternetOptions != 0 ? 60 : (uint8_t)Spec->Protocol;
    Data[7] = Spec->Ttl;
    memset(Data + 8, 0xFD, 32);
    Data[23] = (uint8_t)Spec->Flow;
    if (Spec->InternetOptions != 0)
    {
        memset(Data + 40, 0, Spec->InternetOptions); /* padding */
        Data[40] = (uint8_t)Spec->Protocol;
        Data[41] = (uint8_t)(Spec->InternetOptions / 8 - 1);
    }
}

void PlainMake(const PLAIN_SPEC *Spec, PLAIN_PACKET *Packet)
{
    uint8_t *Transport = Packet->Data + PlainTransport(Spec);
    Packet->Length = PlainPayload(Spec) + Spec->PayloadLength;
    MakeInternet(Spec, Packet->Data, Packet->Length);
    Put(Transport, 2, 1000 + Spec->Flow);
    Put(Transport + 2, 2, 443);
    if (Spec->Protocol == PACKET_PROTOCOL_TCP)
    {
        Put(Transport + 4, 4, Spec->Sequence);
        Put(Transport + 8, 4, Spec->Ack);
        Transport[12] = (uint8_t)((20 + Spec->TransportOptions) / 4 << 4);
        Transport[13] = Spec->Flags;
        Put(Transport + 14, 2, Spec->Window);
        Put(Transport + 18, 2, 0);
        memset(Transport + 20, 1, Spec->TransportOptions);
    }
    else
        Put(Transport + 4, 2, 8 + Spec->PayloadLength);
    if (Spec->PayloadLength != 0)
        memcpy(Packet->Data + PlainPayload(Spec), Spec->Payload, Spec->PayloadLength);
    PlainSetChecksums(Spec, Packet);
}

void PlainMakeBig(
    const PLAIN_SPEC *Spec,
    uint32_t SegmentSize,
    PLAIN_PACKET *Packet,
    struct virtio_net_hdr *Description)
{
    bool Tcp = Spec->Protocol == PACKET_PROTOCOL_TCP;
    PlainMake(Spec, Packet);
    Put(ChecksumField(Spec, Packet), 2,
        PseudoSum(Packet->Data, (uint32_t)Spec->Protocol, Packet->Length - PlainTransport(Spec)));
    *Description =
        (struct virtio_net_hdr){.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
                                .gso_type = !Tcp                 ? VIRTIO_NET_HDR_GSO_UDP_L4
                                            : Spec->Version == 4 ? VIRTIO_NET_HDR_GSO_TCPV4
                                                                 : VIRTIO_NET_HDR_GSO_TCPV6,
                                .hdr_len = (uint16_t)PlainPayload(Spec),
                                .gso_size = (uint16_t)SegmentSize,
                                .csum_start = (uint16_t)PlainTransport(Spec),
                                .csum_offset = Tcp ? 16 : 6};
}

bool PlainIsRight(const uint8_t *Data, uint32_t Length)
{
    bool Four = Length != 0 && Data[0] >> 4 == 4;
    uint32_t Header = Four ? (Data[0] & 15u) * 4 : 40, Stated, Protocol;
    if (Length < Header)
        return false;
    Stated = Four ? Data[2] * 256u + Data[3] : Data[4] * 256u + Data[5] + 40;
    if (Stated != Length || (Four && OnesSum(0, Data, Header) != 0xFFFF))
        return false;
    Protocol = Data[Four ? 9 : 6];
    if (!Four && Protocol == 60)
    {
        Protocol = Data[40];
        Header += (Data[41] + 1u) * 8;
    }
    if (Protocol == PACKET_PROTOCOL_UDP &&
        Data[Header + 4] * 256u + Data[Header + 5] != Length - Header)
        return false;
    return OnesSum(PseudoSum(Data, Protocol, Length - Header), Data + Header, Length - Header) ==
           0xFFFF;
}
