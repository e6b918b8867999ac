/* SPDX-License-Identifier: MIT */
/*
 * Coalescing: what is merged can be cut into the same packets again, and what must not be merged is
 * not. Each packet is in memory of its own that ends with it.
 */
#include "plain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static COALESCE Batch;
static PLAIN_PACKET Packet;
static uint8_t Payload[PLAIN_MAX + 1000];
static uint8_t *Given[COALESCE_MAX_PACKETS];
static uint32_t Lengths[COALESCE_MAX_PACKETS];
static uint32_t GivenCount;

static void Begin(bool Udp)
{
    while (GivenCount > 0)
        free(Given[--GivenCount]);
    CoalesceStart(&Batch, Udp);
}

static void Give(void)
{
    uint8_t *Exact = malloc(Packet.Length + !Packet.Length);
    memcpy(Exact, Packet.Data, Packet.Length);
    Given[GivenCount] = Exact;
    Lengths[GivenCount++] = Packet.Length;
    CoalesceAdd(&Batch, Exact, Packet.Length);
}

/* Gives the next packet of a flow. */
static void GiveNext(PLAIN_SPEC *Spec, uint32_t Length)
{
    Spec->Payload = Payload + PlainRandom(1000);
    Spec->PayloadLength = Length;
    PlainMake(Spec, &Packet);
    Give();
    Spec->Sequence += Length;
    Spec->Id = (Spec->Id + 1) & 0xFFFF;
}

/* Writes a group to memory, as Linux would have it. */
static uint32_t Write(uint32_t Group, uint8_t *Data, struct virtio_net_hdr *Description)
{
    struct iovec Pieces[COALESCE_MAX_PIECES];
    uint32_t Length = 0, Count = CoalesceGather(&Batch, Group, Pieces);
    assert_in_range(Count, 2, COALESCE_MAX_PIECES);
    assert_int_equal(Pieces[0].iov_len, sizeof(*Description));
    memcpy(Description, Pieces[0].iov_base, sizeof(*Description));
    for (uint32_t i = 1; i < Count; i++)
    {
        assert_true(Length + Pieces[i].iov_len <= PLAIN_MAX);
        memcpy(Data + Length, Pieces[i].iov_base, Pieces[i].iov_len);
        Length += (uint32_t)Pieces[i].iov_len;
    }
    return Length;
}

/* Whether two packets are the same but for the identification that means nothing. */
static bool IsSame(const uint8_t *Left, const uint8_t *Right, uint32_t Length)
{
    static uint8_t Copies[2][PLAIN_MAX];
    memcpy(Copies[0], Left, Length);
    memcpy(Copies[1], Right, Length);
    for (int i = 0; i < 2; i++)
        if (Length >= 20 && Copies[i][0] == 0x45 && (Copies[i][6] & 0x40) != 0)
        {
            memset(Copies[i] + 4, 0, 2);
            memset(Copies[i] + 10, 0, 2);
        }
    return memcmp(Copies[0], Copies[1], Length) == 0;
}

/* Cuts a group, or takes it as it is: the packets that were given, first to last. */
static void CheckGroup(uint32_t Index)
{
    static uint8_t Whole[PLAIN_MAX], Part[PLAIN_MAX];
    const COALESCE_GROUP *Group = &Batch.Groups[Index];
    struct virtio_net_hdr Description;
    uint32_t Length = Write(Index, Whole, &Description), Count = 0;
    SEGMENT Segment;
    if (Group->Count == 1)
    {
        static const struct virtio_net_hdr Nothing;
        assert_memory_equal(&Description, &Nothing, sizeof(Nothing));
        assert_int_equal(Length, Lengths[Group->First]);
        assert_memory_equal(Whole, Given[Group->First], Length);
        return;
    }
    assert_int_equal(Length, Group->Length);
    assert_int_equal(Description.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
    assert_true(SegmentStart(&Segment, &Description, Whole, Length, PLAIN_MAX));
    assert_int_equal(Description.hdr_len, Segment.Layout.Payload);
    for (uint8_t i = Group->First;; i = Batch.Next[i], Count++)
    {
        assert_int_equal(SegmentNext(&Segment, Part), Lengths[i]);
        assert_true(PlainIsRight(Part, Lengths[i]));
        assert_true(IsSame(Part, Given[i], Lengths[i]));
        if (i == Group->Last)
            break;
    }
    assert_int_equal(Count + 1, Group->Count);
    assert_int_equal(SegmentNext(&Segment, Part), 0);
}

/* Checks all groups; the number of packets of each must be as in Counts, which 0 ends. */
static void Expect(const char *Counts, const char *Why)
{
    char Found[3 * COALESCE_MAX_PACKETS + 1] = "";
    for (uint32_t i = 0; i < Batch.GroupCount; i++)
    {
        sprintf(Found + strlen(Found), i != 0 ? " %u" : "%u", Batch.Groups[i].Count);
        CheckGroup(i);
    }
    if (strcmp(Found, Counts) != 0)
        fail_msg("%s: groups of %s packets where %s are right", Why, Found, Counts);
}

static void SegmentsOfAFlow(void **State)
{
    (void)State;
    for (int Version = 4; Version <= 6; Version += 2)
    {
        PLAIN_SPEC Spec = PlainSpec(Version, PACKET_PROTOCOL_TCP);
        Begin(false);
        for (int i = 0; i < 20; i++)
            GiveNext(&Spec, 1448);
        GiveNext(&Spec, 100);
        Expect("21", "a short one ends it");
        GiveNext(&Spec, 1448);
        GiveNext(&Spec, 1448);
        Expect("21 2", "and the next ones follow each other again");
        Spec.Flags |= PACKET_TCP_PSH;
        GiveNext(&Spec, 1448);
        GiveNext(&Spec, 1448);
        Expect("21 3 1", "what is pushed is the last");
        Begin(false);
        Spec.Flags = PACKET_TCP_ACK_FLAG | PACKET_TCP_ECE;
        GiveNext(&Spec, 7);
        Spec.Flags |= PACKET_TCP_FIN;
        GiveNext(&Spec, 7);
        Expect("2", "odd lengths, an echo of congestion, an end");
    }
}

static void DatagramsOfAFlow(void **State)
{
    PLAIN_SPEC Spec = PlainSpec(4, PACKET_PROTOCOL_UDP), Other;
    (void)State;
    Begin(true);
    for (int i = 0; i < 30; i++)
        GiveNext(&Spec, 1201);
    GiveNext(&Spec, 100);
    GiveNext(&Spec, 100);
    GiveNext(&Spec, 101);
    Expect("31 1 1", "datagrams");
    Begin(false);
    GiveNext(&Spec, 100);
    GiveNext(&Spec, 100);
    Expect("1 1", "without UDP");
    Spec = Other = PlainSpec(6, PACKET_PROTOCOL_UDP);
    Begin(true);
    for (uint32_t i = 0; i < COALESCE_MAX_PACKETS; i++)
        GiveNext(&Spec, 1);
    Expect("64", "as many as Linux takes");
    /* Without a checksum there is none to check or finish. */
    Spec = PlainSpec(4, PACKET_PROTOCOL_UDP);
    Begin(true);
    for (int i = 0; i < 3; i++)
    {
        Spec.Payload = Payload;
        Spec.PayloadLength = 50;
        PlainMake(&Spec, &Packet);
        memset(Packet.Data + 26, 0, 2);
        Spec.Id++;
        Give();
    }
    Expect("1 1 1", "no checksums");
}

static void LengthIsLimited(void **State)
{
    (void)State;
    for (int Version = 4; Version <= 6; Version += 2)
    {
        PLAIN_SPEC Spec = PlainSpec(Version, PACKET_PROTOCOL_TCP);
        uint32_t Fit = (PLAIN_MAX - PlainPayload(&Spec)) / 1448;
        char Counts[20];
        Begin(false);
        for (uint32_t i = 0; i < COALESCE_MAX_PACKETS; i++)
            GiveNext(&Spec, 1448);
        sprintf(Counts, "%u %u", Fit, COALESCE_MAX_PACKETS - Fit);
        Expect(Counts, "no more than 65535 bytes");
        Begin(false);
        GiveNext(&Spec, PLAIN_MAX - PlainPayload(&Spec));
        GiveNext(&Spec, 1);
        Expect("1 1", "the longest packet");
    }
}

/* Two packets of a flow, of which the second is changed, and a third that follows. */
static void ExpectApart(PLAIN_SPEC *Spec, const char *Why)
{
    GiveNext(Spec, 500);
    Expect("1 1", Why);
}

static void WhatDiffersStaysApart(void **State)
{
    (void)State;
#define APART(Version, Protocol, Change)                \
    do                                                  \
    {                                                   \
        PLAIN_SPEC Spec = PlainSpec(Version, Protocol); \
        Begin(true);                                    \
        GiveNext(&Spec, 500);                           \
        Change;                                         \
        ExpectApart(&Spec, #Change);                    \
    } while (0)
#define APART_TCP(Change)                  \
    APART(4, PACKET_PROTOCOL_TCP, Change); \
    APART(6, PACKET_PROTOCOL_TCP, Change)
    APART_TCP(Spec.Sequence++);
    APART_TCP(Spec.Sequence -= 500);
    APART_TCP(Spec.Ack++);
    APART_TCP(Spec.Window++);
    APART_TCP(Spec.Ttl--);
    APART_TCP(Spec.Tos = 1);
    APART_TCP(Spec.Tos = 0x20);
    APART_TCP(Spec.Flow++);
    APART_TCP(Spec.TransportOptions = 8);
    APART_TCP(Spec.TransportOptions = 0);
    APART_TCP(Spec.InternetOptions = 8);
    APART_TCP(Spec.Version = 10 - Spec.Version);
    APART_TCP(Spec.Protocol = PACKET_PROTOCOL_UDP);
    for (int Bit = 0; Bit < 8; Bit++)
        if (1 << Bit != PACKET_TCP_PSH && 1 << Bit != PACKET_TCP_FIN)
        {
            APART_TCP(Spec.Flags ^= (uint8_t)(1 << Bit));
        }
    APART(4, PACKET_PROTOCOL_TCP, Spec.Id++);
    APART(4, PACKET_PROTOCOL_TCP, Spec.Id += 0x100);
    APART(4, PACKET_PROTOCOL_TCP, Spec.DontFragment = false);
    APART(4, PACKET_PROTOCOL_UDP, Spec.Id++);
    APART(6, PACKET_PROTOCOL_UDP, Spec.Flow++);
    APART(6, PACKET_PROTOCOL_UDP, Spec.Ttl++);
    /* The first has what no group begins with. */
    for (int Bit = 0; Bit < 8; Bit++)
    {
        PLAIN_SPEC Spec = PlainSpec(4, PACKET_PROTOCOL_TCP);
        if (1 << Bit == PACKET_TCP_ECE)
            continue;
        Begin(false);
        Spec.Flags ^= (uint8_t)(1 << Bit);
        GiveNext(&Spec, 500);
        ExpectApart(&Spec, "flags of both");
    }
}

/* Changes a byte of the second of four packets, or of the first. */
static void ExpectChanged(uint32_t Which, uint32_t Offset, const char *Counts, const char *Why)
{
    PLAIN_SPEC Spec = PlainSpec(4, PACKET_PROTOCOL_TCP);
    Begin(false);
    for (uint32_t i = 0; i < 4; i++)
    {
        Spec.Payload = Payload;
        Spec.PayloadLength = 300;
        PlainMake(&Spec, &Packet);
        if (i == Which)
            Packet.Data[Offset] ^= 1;
        Give();
        Spec.Sequence += 300;
        Spec.Id = (Spec.Id + 1) & 0xFFFF;
    }
    Expect(Counts, Why);
}

static void WhatIsBrokenStaysApart(void **State)
{
    (void)State;
    ExpectChanged(0, 36, "1 3", "TCP checksum of the first");
    ExpectChanged(1, 36, "1 1 2", "TCP checksum of the second");
    ExpectChanged(3, 351, "3 1", "last byte of the last");
    ExpectChanged(0, 10, "1 3", "IP checksum of the first");
    ExpectChanged(2, 11, "2 1 1", "IP checksum of the third");
    ExpectChanged(1, 39, "1 1 2", "urgent pointer");
    ExpectChanged(1, 45, "1 1 2", "an option");
    ExpectChanged(1, 6, "1 1 2", "a fragment");
    ExpectChanged(2, 3, "2 1 1", "a length that is not so");
    ExpectChanged(1, 0, "1 1 2", "a header length that is not so");
}

/* What of a flow cannot be merged must not be overtaken by what comes later. */
static void OrderIsKept(void **State)
{
    PLAIN_SPEC Spec = PlainSpec(4, PACKET_PROTOCOL_TCP), Other = Spec, Icmp = Spec;
    uint32_t Sequence;
    (void)State;
    Other.Flow = 1;
    Begin(false);
    for (int i = 0; i < 5; i++)
    {
        GiveNext(&Spec, 1000);
        GiveNext(&Other, 1000);
    }
    Expect("5 5", "two flows in turn");
    /* Only an acknowledgement, between two that would fit. */
    Begin(false);
    GiveNext(&Spec, 1000);
    Sequence = Spec.Sequence;
    GiveNext(&Spec, 0);
    assert_int_equal(Sequence, Spec.Sequence);
    Spec.Id--;
    GiveNext(&Spec, 1000);
    Expect("1 1 1", "an acknowledgement");
    /* A fragment has no ports: it may be of any flow. */
    Begin(false);
    GiveNext(&Spec, 1000);
    GiveNext(&Other, 1000);
    Icmp.Protocol = 1;
    Icmp.Payload = Payload;
    Icmp.PayloadLength = 20;
    PlainMake(&Icmp, &Packet);
    Packet.Data[7] = 5;
    Give();
    GiveNext(&Spec, 1000);
    GiveNext(&Other, 1000);
    Expect("1 1 1 1 1", "a fragment");
}

static void AnythingGoes(void **State)
{
    (void)State;
    /* Identification that stays the same, which is allowed where nothing may be fragmented. */
    PLAIN_SPEC Spec = PlainSpec(4, PACKET_PROTOCOL_TCP);
    Begin(false);
    for (int i = 0; i < 4; i++)
    {
        GiveNext(&Spec, 900);
        Spec.Id--;
    }
    Expect("4", "the same identification");
    Begin(false);
    Spec.DontFragment = false;
    GiveNext(&Spec, 900);
    Spec.Id--;
    GiveNext(&Spec, 900);
    Expect("1 1", "the same identification of what may be fragmented");
    Begin(false);
    for (int i = 0; i < 4; i++)
        GiveNext(&Spec, 900);
    Expect("4", "counting identification of what may be fragmented");
    /* No packets of IP at all. */
    Begin(true);
    for (uint32_t i = 0; i < COALESCE_MAX_PACKETS; i++)
    {
        Packet.Length = PlainRandom(60);
        PlainRandomBytes(Packet.Data, Packet.Length);
        Give();
    }
    assert_int_equal(Batch.GroupCount, COALESCE_MAX_PACKETS);
    for (uint32_t i = 0; i < Batch.GroupCount; i++)
        CheckGroup(i);
}

/* A flow's packets, as they come out of the groups one after the other, are in their order. */
static void CheckFlowOrder(const uint32_t *Flows)
{
    int Last[9] = {-1, -1, -1, -1, -1, -1, -1, -1};
    uint32_t Seen = 0;
    for (uint32_t Group = 0; Group < Batch.GroupCount; Group++)
        for (uint8_t i = Batch.Groups[Group].First;; i = Batch.Next[i])
        {
            assert_true(Flows[i] == 8 || Last[Flows[i]] < (int)i);
            Last[Flows[i]] = i;
            Seen++;
            if (i == Batch.Groups[Group].Last)
                break;
        }
    assert_int_equal(Seen, GivenCount);
}

static void RandomFlows(void **State)
{
    uint32_t Merged = 0;
    (void)State;
    PlainRandomBytes(Payload, sizeof(Payload));
    for (int Round = 0; Round < 4000; Round++)
    {
        uint32_t Flows[COALESCE_MAX_PACKETS], Count = 1 + PlainRandom(COALESCE_MAX_PACKETS);
        PLAIN_SPEC Specs[8];
        for (uint32_t i = 0; i < 8; i++)
        {
            Specs[i] = PlainSpec(i & 1 ? 4 : 6, i & 2 ? PACKET_PROTOCOL_TCP : PACKET_PROTOCOL_UDP);
            Specs[i].Flow = i;
            Specs[i].Sequence = PlainRandom(0xFFFFFFFF);
        }
        Begin(PlainRandom(2));
        for (uint32_t i = 0; i < Count; i++)
        {
            uint32_t Flow = Flows[i] = PlainRandom(1 + PlainRandom(8));
            PLAIN_SPEC *Spec = &Specs[Flow], Saved = *Spec;
            uint32_t Length = PlainRandom(8) != 0 ? 700 : PlainRandom(800);
            if (PlainRandom(10) == 0)
                Spec->Sequence += PlainRandom(3);
            if (PlainRandom(10) == 0)
                Spec->Flags = (uint8_t)PlainRandom(256);
            if (PlainRandom(10) == 0)
                Spec->Ack++;
            Spec->Payload = Payload + PlainRandom(1000);
            Spec->PayloadLength = Length;
            PlainMake(Spec, &Packet);
            if (PlainRandom(20) == 0)
            {
                Packet.Data[PlainRandom(Packet.Length)] ^= (uint8_t)(1 << PlainRandom(8));
                Flows[i] = 8; /* perhaps */
            }
            Give();
            *Spec = Saved;
            Spec->Sequence += Length;
            Spec->Id = (Spec->Id + 1) & 0xFFFF;
        }
        for (uint32_t i = 0; i < Batch.GroupCount; i++)
            CheckGroup(i);
        CheckFlowOrder(Flows);
        Merged += GivenCount - Batch.GroupCount;
    }
    assert_in_range(Merged, 4000, UINT32_MAX); /* it is not all apart */
    Begin(false);
}

int main(void)
{
    const struct CMUnitTest Tests[] = {
        cmocka_unit_test(SegmentsOfAFlow),        cmocka_unit_test(DatagramsOfAFlow),
        cmocka_unit_test(LengthIsLimited),        cmocka_unit_test(WhatDiffersStaysApart),
        cmocka_unit_test(WhatIsBrokenStaysApart), cmocka_unit_test(OrderIsKept),
        cmocka_unit_test(AnythingGoes),           cmocka_unit_test(RandomFlows)};
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
