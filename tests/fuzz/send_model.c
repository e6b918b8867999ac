/* SPDX-License-Identifier: MIT */
/* What a send makes of the send ring: see sender.h. */
#include "sender.h"

#include <string.h>

/* One model at a time. */
static uint32_t SendShadow[TUN_RING_SIZE(FUZZ_MAX_CAPACITY) / 4];

void SendModelStart(SEND_MODEL *Model, TUN_RING *Ring, uint32_t Capacity)
{
    memset(Model, 0, sizeof(*Model));
    Model->Ring = Ring;
    Model->Capacity = Capacity;
    Model->Head = Ring->Head;
    Model->Next = Ring->Tail;
    Model->Maintained = (Ring->Alertable & TUN_RING_ALERTABLE_MAINTAINED) != 0;
    FUZZ_ASSERT(TUN_RING_SIZE(Capacity) <= sizeof(SendShadow), "capacity %X", (unsigned)Capacity);
    Model->Shadow = (TUN_RING *)(void *)SendShadow;
    memcpy(Model->Shadow, Ring, TUN_RING_SIZE(Capacity));
    Model->Before = FuzzStatistics();
}

void SendModelWrite(SEND_MODEL *Model, size_t Field, uint32_t Value)
{
    memcpy((uint8_t *)Model->Ring + Field, &Value, sizeof(Value));
    memcpy((uint8_t *)Model->Shadow + Field, &Value, sizeof(Value));
}

typedef enum _SEND_MODEL_RESULT
{
    SendModelFits,
    SendModelFull,
    SendModelCorrupt
} SEND_MODEL_RESULT;

/* Bytes from one offset up to another, around the ring. */
static uint32_t SendModelDistance(const SEND_MODEL *Model, uint32_t From, uint32_t To)
{
    return To >= From ? To - From : Model->Capacity - From + To;
}

/* Used bytes never exceed Capacity - 4. Head is looked at only when the last one seen is not
 * enough: a client may write what it likes as long as nobody looks. */
static SEND_MODEL_RESULT SendModelReserve(SEND_MODEL *Model, uint32_t *Next, uint64_t Space)
{
    if (SendModelDistance(Model, Model->Head, *Next) + Space > Model->Capacity - 4)
    {
        uint32_t Head = Model->Shadow->Head;
        if (Head % 4 != 0 || Head >= Model->Capacity)
        {
            return SendModelCorrupt;
        }
        Model->Head = Head;
        if (SendModelDistance(Model, Head, *Next) + Space > Model->Capacity - 4)
        {
            return SendModelFull;
        }
    }
    *Next = (uint32_t)((*Next + Space) % Model->Capacity);
    return SendModelFits;
}

/* The packets of a list, from Next on; the bytes that align the next packet may be anything. */
static void SendModelWriteList(SEND_MODEL *Model, const SENDER_LIST *List)
{
    uint32_t Offset = Model->Next;
    for (ULONG Index = 0; Index < List->PacketCount; Index++)
    {
        const SENDER_PACKET *Packet = &List->Packets[Index];
        uint32_t Padding = (0u - Packet->Length) % 4;
        uint8_t *Target = Model->Shadow->Data + Offset;
        memcpy(Target, &Packet->Length, 4);
        memcpy(Target + 4, Packet->Chain + Packet->Offset, Packet->Length);
        memcpy(
            Target + 4 + Packet->Length, Model->Ring->Data + Offset + 4 + Packet->Length, Padding);
        Offset = (Offset + 4 + Packet->Length + Padding) % Model->Capacity;
        Model->Packets++;
        Model->Octets += Packet->Length;
    }
    Model->Next = Offset;
}

/* *Next: behind the list's last packet, if it fits; all of a list is reserved at once. */
static SEND_MODEL_RESULT SendModelPlace(SEND_MODEL *Model, const SENDER_LIST *List, uint32_t *Next)
{
    uint64_t Space = 0;
    *Next = Model->Next;
    for (ULONG Index = 0; Index < List->PacketCount; Index++)
    {
        Space += (4 + (uint64_t)List->Packets[Index].Length + 3) / 4 * 4;
    }
    return Model->Terminated ? SendModelCorrupt : SendModelReserve(Model, Next, Space);
}

static BOOLEAN SendModelIsWhole(const SENDER_LIST *List)
{
    for (ULONG Index = 0; Index < List->PacketCount; Index++)
    {
        if (!List->Packets[Index].Whole)
        {
            return FALSE;
        }
    }
    return TRUE;
}

/* Whether the driver finds the ring corrupt in this call: then it publishes nothing of it. */
static BOOLEAN SendModelEnds(const SEND_MODEL *Model, const SENDER_CALL *Call)
{
    SEND_MODEL Trial = *Model;
    for (ULONG Index = 0; Index < Call->Count; Index++)
    {
        uint32_t Next;
        if (!SendModelIsWhole(&Call->Lists[Index]))
        {
            continue;
        }
        switch (SendModelPlace(&Trial, &Call->Lists[Index], &Next))
        {
        case SendModelFits:
            Trial.Next = Next;
            break;
        case SendModelFull:
            break;
        default:
            return TRUE;
        }
    }
    return FALSE;
}

/* The status of one list of a call that Ends the ring or not; *Published and *Ended: the event has
 * to be signalled. */
static NDIS_STATUS SendModelList(
    SEND_MODEL *Model, const SENDER_LIST *List, BOOLEAN Ends, BOOLEAN *Published, BOOLEAN *Ended)
{
    uint32_t Next;
    if (!SendModelIsWhole(List))
    {
        Model->Errors += List->PacketCount;
        return NDIS_STATUS_INVALID_LENGTH;
    }
    switch (SendModelPlace(Model, List, &Next))
    {
    case SendModelFits:
        if (Ends)
        {
            /* Copied, and never shown. */
            SEND_MODEL Former = *Model;
            SendModelWriteList(Model, List);
            Model->Packets = Former.Packets;
            Model->Octets = Former.Octets;
            Model->Discards += List->PacketCount;
            return NDIS_STATUS_FAILURE;
        }
        SendModelWriteList(Model, List);
        *Published = TRUE;
        return NDIS_STATUS_SUCCESS;
    case SendModelFull:
        Model->Discards += List->PacketCount;
        return NDIS_STATUS_RESOURCES;
    default:
        if (!Model->Terminated)
        {
            Model->Errors++;
            Model->Terminated = *Ended = TRUE;
            Model->Shadow->Tail = TUN_RING_TERMINATED;
        }
        Model->Discards += List->PacketCount;
        return NDIS_STATUS_FAILURE;
    }
}

BOOLEAN SendModelApply(SEND_MODEL *Model, const SENDER_CALL *Call, SEND_MODEL_STATE State)
{
    BOOLEAN Published = FALSE, Ended = FALSE;
    BOOLEAN Ends = State != SendModelPaused && SendModelEnds(Model, Call);
    for (ULONG Index = 0; Index < Call->Count; Index++)
    {
        const SENDER_LIST *List = &Call->Lists[Index];
        NDIS_STATUS Status = NDIS_STATUS_PAUSED;
        if (State == SendModelPaused)
        {
            Model->Discards += List->PacketCount;
        }
        else
        {
            Status = SendModelList(Model, List, Ends, &Published, &Ended);
        }
        FUZZ_ASSERT(
            List->Status == Status, "list %u of %u: status %08X, not %08X", (unsigned)Index,
            (unsigned)Call->Count, (unsigned)List->Status, (unsigned)Status);
    }
    if (Published && !Model->Terminated)
    {
        Model->Shadow->Tail = Model->Next;
    }
    return Ended || (Published && (!Model->Maintained || Model->Shadow->Alertable != 0));
}

void SendModelCheck(const SEND_MODEL *Model)
{
    NDIS_STATISTICS_INFO Now = FuzzStatistics();
    const NDIS_STATISTICS_INFO *Before = &Model->Before;
    const uint8_t *Ring = (const uint8_t *)Model->Ring, *Shadow = (const uint8_t *)Model->Shadow;
    size_t Size = TUN_RING_SIZE(Model->Capacity), Index = 0;

    if (memcmp(Ring, Shadow, Size) != 0)
    {
        while (Ring[Index] == Shadow[Index])
        {
            Index++;
        }
        FUZZ_ASSERT(
            FALSE, "send ring, byte %zu of %zu: %02X, not %02X; Tail %X, not %X", Index, Size,
            Ring[Index], Shadow[Index], (unsigned)Model->Ring->Tail, (unsigned)Model->Shadow->Tail);
    }
    ULONG64 Packets = Now.ifHCOutUcastPkts + Now.ifHCOutMulticastPkts + Now.ifHCOutBroadcastPkts -
                      Before->ifHCOutUcastPkts - Before->ifHCOutMulticastPkts -
                      Before->ifHCOutBroadcastPkts;
    FUZZ_ASSERT(
        Packets == Model->Packets && Now.ifHCOutOctets - Before->ifHCOutOctets == Model->Octets,
        "%llu packets out, not %llu", (unsigned long long)Packets,
        (unsigned long long)Model->Packets);
    FUZZ_ASSERT(
        Now.ifOutErrors - Before->ifOutErrors == Model->Errors &&
            Now.ifOutDiscards - Before->ifOutDiscards == Model->Discards,
        "%llu errors and %llu discards out, not %llu and %llu",
        (unsigned long long)(Now.ifOutErrors - Before->ifOutErrors),
        (unsigned long long)(Now.ifOutDiscards - Before->ifOutDiscards),
        (unsigned long long)Model->Errors, (unsigned long long)Model->Discards);
}
