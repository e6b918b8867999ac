/* SPDX-License-Identifier: MIT */
/*
 * Cutting and coalescing of whatever comes. The input's first byte says what the rest is:
 *
 *   0  two bytes of MTU, a description (struct virtio_net_hdr), a packet: it is cut
 *   1  packets, behind one byte of length each: they are coalesced
 *   2  packets, 8 bytes each: what is unusual about one of up to four flows; likewise
 *
 * What comes out must be no longer than the MTU, and what was merged must be cut into what it was.
 */
#include "plain.h"

#include <stdio.h>
#include <stdlib.h>

#define FUZZ_CHECK(Condition)                                               \
    do                                                                      \
    {                                                                       \
        if (!(Condition))                                                   \
        {                                                                   \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #Condition); \
            abort();                                                        \
        }                                                                   \
    } while (0)

static void *Exact(const void *Data, size_t Length)
{
    void *Copy = malloc(Length + !Length);
    memcpy(Copy, Data, Length);
    return Copy;
}

static void Cut(const uint8_t *Data, size_t Length)
{
    struct virtio_net_hdr Description;
    uint32_t Mtu, Part, Left, Rounds = 0;
    uint8_t *Packet, *To, *Moved = NULL;
    SEGMENT Segment;
    if (Length < 2 + sizeof(Description))
        return;
    Mtu = PacketGet16(Data);
    memcpy(&Description, Data + 2, sizeof(Description));
    Data += 2 + sizeof(Description);
    Length -= 2 + sizeof(Description);
    Packet = Exact(Data, Length);
    SegmentFinishChecksum(&Description, Packet, (uint32_t)Length);
    memcpy(Packet, Data, Length);
    To = malloc(Mtu + 1u);
    if (SegmentStart(&Segment, &Description, Packet, (uint32_t)Length, Mtu))
    {
        for (Left = Segment.Left; (Part = SegmentNext(&Segment, To)) != 0; Rounds++)
        {
            FUZZ_CHECK(Part <= Mtu && Part <= Length && Segment.Left < Left);
            Left = Segment.Left;
            if (Moved == NULL && Left != 0)
            {
                Moved = malloc(Left);
                SegmentMove(&Segment, Moved);
                free(Packet);
                Packet = NULL;
            }
        }
        FUZZ_CHECK(Rounds != 0 && Segment.Left == 0);
    }
    free(Packet);
    free(To);
    free(Moved);
}

static COALESCE Batch;
static uint8_t *Packets[COALESCE_MAX_PACKETS];
static uint32_t Lengths[COALESCE_MAX_PACKETS];

static void Add(const uint8_t *Data, uint32_t Length)
{
    uint32_t Index = Batch.PacketCount;
    Packets[Index] = Exact(Data, Length);
    Lengths[Index] = Length;
    CoalesceAdd(&Batch, Packets[Index], Length);
}

/* The identification and header checksum of IPv4 may come out another. */
static bool IsSame(const uint8_t *Left, const uint8_t *Right, uint32_t Length)
{
    uint32_t Skip = Left[0] == 0x45 && (Left[6] & 0x40) != 0;
    for (uint32_t i = 0; i < Length; i++)
        if (Left[i] != Right[i] && !(Skip && (i == 4 || i == 5 || i == 10 || i == 11)))
            return false;
    return true;
}

static void CheckGroup(const COALESCE_GROUP *Group, const struct iovec *Pieces, uint32_t Count)
{
    static uint8_t Whole[PLAIN_MAX], Part[PLAIN_MAX];
    uint32_t Length = 0;
    SEGMENT Segment;
    for (uint32_t i = 1; i < Count; i++)
    {
        FUZZ_CHECK(Length + Pieces[i].iov_len <= sizeof(Whole));
        memcpy(Whole + Length, Pieces[i].iov_base, Pieces[i].iov_len);
        Length += (uint32_t)Pieces[i].iov_len;
    }
    if (Group->Count == 1)
    {
        FUZZ_CHECK(
            Length == Lengths[Group->First] && memcmp(Whole, Packets[Group->First], Length) == 0);
        return;
    }
    FUZZ_CHECK(SegmentStart(&Segment, Pieces[0].iov_base, Whole, Length, sizeof(Part)));
    for (uint8_t i = Group->First;; i = Batch.Next[i])
    {
        FUZZ_CHECK(SegmentNext(&Segment, Part) == Lengths[i]);
        FUZZ_CHECK(IsSame(Part, Packets[i], Lengths[i]));
        if (i == Group->Last)
            break;
    }
    FUZZ_CHECK(Segment.Left == 0);
}

static void CheckBatch(void)
{
    struct iovec Pieces[COALESCE_MAX_PIECES];
    uint32_t Sum = 0;
    for (uint32_t i = 0; i < Batch.GroupCount; i++)
    {
        uint32_t Count = CoalesceGather(&Batch, i, Pieces);
        FUZZ_CHECK(Count <= COALESCE_MAX_PIECES);
        CheckGroup(&Batch.Groups[i], Pieces, Count);
        Sum += Batch.Groups[i].Count;
    }
    FUZZ_CHECK(Sum == Batch.PacketCount);
    for (uint32_t i = 0; i < Batch.PacketCount; i++)
        free(Packets[i]);
}

static void CoalesceBytes(const uint8_t *Data, size_t Length)
{
    CoalesceStart(&Batch, true);
    while (Length > Data[0] && Batch.PacketCount < COALESCE_MAX_PACKETS)
    {
        Add(Data + 1, Data[0]);
        Length -= Data[0] + 1u;
        Data += Data[0] + 1u;
        if (Length == 0)
            break;
    }
    CheckBatch();
}

static void CoalesceFlows(const uint8_t *Data, size_t Length)
{
    static const uint8_t Payload[300];
    static PLAIN_PACKET Packet;
    PLAIN_SPEC Flows[4];
    for (uint32_t i = 0; i < 4; i++)
    {
        Flows[i] = PlainSpec(i & 1 ? 4 : 6, i & 2 ? PACKET_PROTOCOL_UDP : PACKET_PROTOCOL_TCP);
        Flows[i].Payload = Payload;
    }
    CoalesceStart(&Batch, true);
    for (; Length >= 8 && Batch.PacketCount < COALESCE_MAX_PACKETS; Data += 8, Length -= 8)
    {
        PLAIN_SPEC *Flow = &Flows[Data[0] & 3], Spec = *Flow;
        Spec.PayloadLength = 200 - Data[1];
        if (Data[1] > 200)
            Spec.PayloadLength = 0;
        Spec.Sequence += Data[2];
        Spec.Flags ^= Data[3];
        Spec.Ack += Data[4];
        Spec.Id = (Spec.Id + Data[5]) & 0xFFFF;
        Spec.DontFragment = (Data[0] & 4) == 0;
        PlainMake(&Spec, &Packet);
        Packet.Data[Data[6] % Packet.Length] ^= Data[7];
        Add(Packet.Data, Packet.Length);
        Flow->Sequence += Spec.PayloadLength;
        Flow->Id = (Flow->Id + 1) & 0xFFFF;
    }
    CheckBatch();
}

int LLVMFuzzerTestOneInput(const uint8_t *Data, size_t Length)
{
    if (Length < 2)
        return 0;
    switch (Data[0])
    {
    case 0:
        Cut(Data + 1, Length - 1);
        break;
    case 1:
        CoalesceBytes(Data + 1, Length - 1);
        break;
    case 2:
        CoalesceFlows(Data + 1, Length - 1);
        break;
    }
    return 0;
}
