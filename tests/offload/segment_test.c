/* SPDX-License-Identifier: MIT */
/*
 * Cutting: each packet that comes out is right by itself, and all together are the whole.
 */
#include "checksum.h"
#include "plain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static PLAIN_PACKET Big;
static uint8_t Payload[PLAIN_MAX];
static struct virtio_net_hdr Description;

static void ChecksumsAsByHand(void **State)
{
    uint8_t Data[300];
    (void)State;
    for (int Round = 0; Round < 20000; Round++)
    {
        uint32_t At = PlainRandom(16), Length = PlainRandom(sizeof(Data) - 16), Sum = 0;
        uint16_t Folded;
        uint8_t Bytes[2];
        PlainRandomBytes(Data, sizeof(Data));
        if (Round % 3 == 0)
            memset(Data, 0xFF, sizeof(Data));
        for (uint32_t i = 0; i < Length; i++)
            Sum += i % 2 == 0 ? Data[At + i] * 256u : Data[At + i];
        while (Sum > 0xFFFF)
            Sum = (Sum >> 16) + (Sum & 0xFFFF);
        Folded = ChecksumFold(ChecksumAdd(0, Data + At, Length));
        memcpy(Bytes, &Folded, 2);
        assert_int_equal(Bytes[0] * 256u + Bytes[1], Sum);
    }
    assert_int_equal(ChecksumFinish(0xFFFF), 0xFFFF);
    assert_int_equal(ChecksumFinish(0), 0xFFFF);
    assert_int_equal(ChecksumFold(UINT64_C(0xFFFF0000FFFF)), 0xFFFF);
}

/* One packet that was cut out of Big, which is as Spec says, at that offset of the payload. */
static void
CheckPart(const PLAIN_SPEC *Spec, const uint8_t *Data, uint32_t Length, uint32_t Index, uint32_t At)
{
    static PLAIN_PACKET Expected;
    PLAIN_SPEC Part = *Spec;
    Part.Id = (Spec->Id + Index) & 0xFFFF;
    Part.Sequence = Spec->Sequence + At;
    Part.Payload = Spec->Payload + At;
    Part.PayloadLength = Length - PlainPayload(Spec);
    if (At != 0)
        Part.Flags &= (uint8_t)~PACKET_TCP_CWR;
    if (At + Part.PayloadLength != Spec->PayloadLength)
        Part.Flags &= (uint8_t)~(PACKET_TCP_FIN | PACKET_TCP_PSH);
    PlainMake(&Part, &Expected);
    assert_int_equal(Length, Expected.Length);
    assert_memory_equal(Data, Expected.Data, Length);
    assert_true(PlainIsRight(Data, Length));
}

/* Cuts Big, the first part where it lies if asked for; all later parts come after a move. */
static void CheckCut(const PLAIN_SPEC *Spec, uint32_t Size, uint32_t Mtu, bool InPlace, bool Move)
{
    uint32_t At = 0, Index = 0, Length, Header = PlainPayload(Spec);
    uint8_t *Source = malloc(Big.Length), *Data = malloc(Mtu), *Moved = NULL;
    SEGMENT Segment;
    memcpy(Source, Big.Data, Big.Length);
    assert_true(SegmentStart(&Segment, &Description, Source, Big.Length, Mtu));
    for (; At < Spec->PayloadLength; At += Length - Header, Index++)
    {
        uint8_t *To = Index == 0 && InPlace ? Source : Data;
        uint32_t Left = Spec->PayloadLength - At;
        assert_int_equal(Segment.Left, Left);
        Length = SegmentNext(&Segment, To);
        assert_in_range(Length, Header + 1, Mtu);
        assert_int_equal(Length - Header, Left < Size ? Left : Size);
        CheckPart(Spec, To, Length, Index, At);
        if (Move && Moved == NULL && Segment.Left != 0)
        {
            Moved = malloc(Segment.Left);
            SegmentMove(&Segment, Moved);
            memset(Source, 0xAA, Big.Length);
        }
    }
    assert_int_equal(SegmentNext(&Segment, Data), 0);
    free(Source);
    free(Data);
    free(Moved);
}

static PLAIN_SPEC RandomSpec(void)
{
    bool Tcp = PlainRandom(4) != 0;
    PLAIN_SPEC Spec =
        PlainSpec(PlainRandom(2) ? 4 : 6, Tcp ? PACKET_PROTOCOL_TCP : PACKET_PROTOCOL_UDP);
    if (PlainRandom(4) == 0)
        Spec.InternetOptions = Spec.Version == 4 ? 4 * PlainRandom(11) : 8 * PlainRandom(5);
    if (Tcp)
        Spec.TransportOptions = 4 * PlainRandom(11);
    Spec.Flags = (uint8_t)PlainRandom(256);
    Spec.Sequence = 0xFFFFFFFF - PlainRandom(70000);
    Spec.Id = 0xFFFF - PlainRandom(60);
    Spec.DontFragment = PlainRandom(2);
    Spec.Payload = Payload;
    return Spec;
}

static void PartsAreRight(void **State)
{
    (void)State;
    PlainRandomBytes(Payload, sizeof(Payload));
    for (int Round = 0; Round < 3000; Round++)
    {
        PLAIN_SPEC Spec = RandomSpec();
        uint32_t Header = PlainPayload(&Spec), Room = PLAIN_MAX - Header;
        uint32_t Size = 1 + PlainRandom(PlainRandom(2) ? 1500 : 9000), Mtu;
        Spec.PayloadLength = 1 + PlainRandom(Size * 46 < Room ? Size * 46 : Room);
        Mtu = Header + Size + (PlainRandom(2) ? PlainRandom(1000) : 0);
        PlainMakeBig(&Spec, Size, &Big, &Description);
        if (PlainRandom(4) == 0)
            Description.gso_type |= VIRTIO_NET_HDR_GSO_ECN;
        CheckCut(&Spec, Size, Mtu, PlainRandom(2), PlainRandom(2));
    }
}

/* Some that Linux received as they are, it gives without a partial checksum. */
static void WholeChecksumsWillDo(void **State)
{
    (void)State;
    for (int Version = 4; Version <= 6; Version += 2)
    {
        PLAIN_SPEC Spec = PlainSpec(Version, PACKET_PROTOCOL_TCP);
        Spec.Payload = Payload;
        Spec.PayloadLength = 4000;
        PlainMakeBig(&Spec, 1448, &Big, &Description);
        PlainSetChecksums(&Spec, &Big);
        Description.flags = 0;
        CheckCut(&Spec, 1448, 1448 + PlainPayload(&Spec), false, false);
    }
}

static void TheMtuIsKept(void **State)
{
    PLAIN_SPEC Spec = PlainSpec(4, PACKET_PROTOCOL_TCP);
    SEGMENT Segment;
    (void)State;
    Spec.Payload = Payload;
    Spec.PayloadLength = 20000;
    PlainMakeBig(&Spec, 1448, &Big, &Description);
    for (uint32_t Mtu = PlainPayload(&Spec) + 1; Mtu < 1600; Mtu += 7)
    {
        uint32_t Room = Mtu - PlainPayload(&Spec);
        CheckCut(&Spec, Room < 1448 ? Room : 1448, Mtu, false, false);
    }
    assert_false(SegmentStart(&Segment, &Description, Big.Data, Big.Length, PlainPayload(&Spec)));
    /* Datagrams are as long as they are. */
    Spec = PlainSpec(6, PACKET_PROTOCOL_UDP);
    Spec.Payload = Payload;
    Spec.PayloadLength = 4000;
    PlainMakeBig(&Spec, 1200, &Big, &Description);
    assert_false(SegmentStart(&Segment, &Description, Big.Data, Big.Length, 1247));
    CheckCut(&Spec, 1200, 1248, false, false);
}

/* Offset of the packet's byte that is changed, what is xored, and why that is refused. */
typedef struct _WRONG
{
    uint32_t Offset;
    uint8_t Change;
    const char *Why;
} WRONG;

static void RefusesMalformed(void **State)
{
    static const WRONG Wrong[] = {
        {0, 0x20, "version"},      {0, 0x01, "header length"},
        {2, 0x10, "total length"}, {6, 0x20, "more fragments"},
        {7, 0x01, "fragment"},     {9, 0x01, "protocol"},
        {32, 0x70, "data offset"}, {32, 0xC0, "data offset below 5"},
    };
    PLAIN_SPEC Spec = PlainSpec(4, PACKET_PROTOCOL_TCP);
    struct virtio_net_hdr Good;
    SEGMENT Segment;
    uint8_t *Exact;
    (void)State;
    Spec.Payload = Payload;
    Spec.PayloadLength = 3;
    PlainMakeBig(&Spec, 2, &Big, &Description);
    Good = Description;
    for (size_t i = 0; i < sizeof(Wrong) / sizeof(*Wrong); i++)
    {
        Big.Data[Wrong[i].Offset] ^= Wrong[i].Change;
        if (SegmentStart(&Segment, &Description, Big.Data, Big.Length, 1500))
            fail_msg("accepted with a wrong %s", Wrong[i].Why);
        assert_int_equal(Segment.Left, 0);
        Big.Data[Wrong[i].Offset] ^= Wrong[i].Change;
    }
    /* Cut short anywhere, in memory that ends there. */
    for (uint32_t Length = 0; Length < Big.Length; Length++)
    {
        Exact = malloc(Length + !Length);
        memcpy(Exact, Big.Data, Length);
        assert_false(SegmentStart(&Segment, &Description, Exact, Length, 1500));
        free(Exact);
    }
#define REFUSED(Change)                                                                 \
    do                                                                                  \
    {                                                                                   \
        Description = Good;                                                             \
        Change;                                                                         \
        assert_false(SegmentStart(&Segment, &Description, Big.Data, Big.Length, 1500)); \
    } while (0)
    REFUSED(Description.gso_size = 0);
    REFUSED(Description.gso_type = VIRTIO_NET_HDR_GSO_TCPV6);
    REFUSED(Description.gso_type = VIRTIO_NET_HDR_GSO_UDP_L4);
    REFUSED(Description.gso_type = VIRTIO_NET_HDR_GSO_UDP);
    REFUSED(Description.gso_type = 0x7F);
    REFUSED(Description.csum_start++);
    REFUSED(Description.csum_offset++);
    REFUSED(Description.csum_offset = 0xFFFF);
    Description = Good;
    Spec.PayloadLength = 0;
    PlainMakeBig(&Spec, 2, &Big, &Description);
    assert_false(SegmentStart(&Segment, &Description, Big.Data, Big.Length, 1500));
}

static void RefusesMalformed6(void **State)
{
    PLAIN_SPEC Spec = PlainSpec(6, PACKET_PROTOCOL_UDP);
    SEGMENT Segment;
    (void)State;
    Spec.InternetOptions = 16;
    Spec.Payload = Payload;
    Spec.PayloadLength = 3;
    PlainMakeBig(&Spec, 2, &Big, &Description);
    assert_true(SegmentStart(&Segment, &Description, Big.Data, Big.Length, 1500));
    for (uint32_t Length = 0; Length < Big.Length; Length++)
    {
        uint8_t *Exact = malloc(Length + !Length);
        memcpy(Exact, Big.Data, Length);
        if (Length >= 40) /* what the header says is so */
            PacketSet16(Exact + 4, Length - 40);
        assert_false(SegmentStart(&Segment, &Description, Exact, Length, 1500));
        free(Exact);
    }
    Big.Data[41] = 255; /* an extension header beyond the end */
    assert_false(SegmentStart(&Segment, &Description, Big.Data, Big.Length, 1500));
    Big.Data[41] = 1;
    Big.Data[61] ^= 1; /* the length of UDP */
    assert_false(SegmentStart(&Segment, &Description, Big.Data, Big.Length, 1500));
    Big.Data[61] ^= 1;
    Description.flags = 0; /* the last destination is not known */
    assert_false(SegmentStart(&Segment, &Description, Big.Data, Big.Length, 1500));
}

static void FinishesChecksums(void **State)
{
    (void)State;
    for (int Round = 0; Round < 2000; Round++)
    {
        PLAIN_SPEC Spec = RandomSpec();
        PLAIN_PACKET *Whole = malloc(sizeof(*Whole));
        uint8_t *Exact;
        Spec.PayloadLength = PlainRandom(100);
        PlainMake(&Spec, Whole);
        PlainMakeBig(&Spec, 0, &Big, &Description);
        Description.gso_type = VIRTIO_NET_HDR_GSO_NONE;
        Exact = malloc(Big.Length);
        memcpy(Exact, Big.Data, Big.Length);
        assert_true(SegmentFinishChecksum(&Description, Exact, Big.Length));
        assert_memory_equal(Exact, Whole->Data, Big.Length);
        /* Without the flag nothing happens. */
        Description.flags = 0;
        memcpy(Exact, Big.Data, Big.Length);
        assert_true(SegmentFinishChecksum(&Description, Exact, Big.Length));
        assert_memory_equal(Exact, Big.Data, Big.Length);
        /* Outside of the packet. */
        Description.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
        Description.csum_start = (uint16_t)(Big.Length - 1 + PlainRandom(100));
        Description.csum_offset = (uint16_t)PlainRandom(0x10000);
        assert_false(SegmentFinishChecksum(&Description, Exact, Big.Length));
        free(Exact);
        free(Whole);
    }
}

/* A sum of 0 is written as 0xFFFF: RFC 768. */
static void ChecksumIsNeverZero(void **State)
{
    PLAIN_SPEC Spec = PlainSpec(4, PACKET_PROTOCOL_UDP);
    uint8_t Two[4] = {0};
    SEGMENT Segment;
    (void)State;
    Spec.Payload = Two;
    Spec.PayloadLength = sizeof(Two);
    PlainMake(&Spec, &Big);
    /* The checksum itself as payload leaves a sum of 0xFFFF. */
    memcpy(Two, Big.Data + 26, 2);
    PlainMakeBig(&Spec, 100, &Big, &Description);
    assert_true(SegmentStart(&Segment, &Description, Big.Data, Big.Length, 1500));
    assert_int_equal(SegmentNext(&Segment, Big.Data), 32);
    assert_int_equal(Big.Data[26], 0xFF);
    assert_int_equal(Big.Data[27], 0xFF);
}

int main(void)
{
    const struct CMUnitTest Tests[] = {
        cmocka_unit_test(ChecksumsAsByHand),    cmocka_unit_test(PartsAreRight),
        cmocka_unit_test(WholeChecksumsWillDo), cmocka_unit_test(TheMtuIsKept),
        cmocka_unit_test(RefusesMalformed),     cmocka_unit_test(RefusesMalformed6),
        cmocka_unit_test(FinishesChecksums),    cmocka_unit_test(ChecksumIsNeverZero)};
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
