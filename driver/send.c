/* SPDX-License-Identifier: MIT */
#include "send.h"

/*
 * A batch is the chain of lists of one call that got space. While it is in flight its first list
 * links it to the next batch and holds the offset behind its last packet and the link of its last
 * list; each net buffer holds whom its packet is for. Before, each list holds the bytes of ring
 * that its packets take. NDIS leaves these fields to the miniport that owns the list
 * (NET_BUFFER_LIST and NET_BUFFER structures, MiniportReserved and Scratch).
 */
#define SEND_LIST_SPACE(Nbl) (*(ULONG_PTR *)&(Nbl)->MiniportReserved[0])
#define SEND_BATCH_NEXT(Nbl) (*(PNET_BUFFER_LIST *)&(Nbl)->MiniportReserved[0])
#define SEND_BATCH_END(Nbl)  (*(ULONG_PTR *)&(Nbl)->MiniportReserved[1])
#define SEND_BATCH_LAST(Nbl) (*(PNET_BUFFER_LIST **)&(Nbl)->Scratch)
#define SEND_PACKET_CAST(Nb) (*(ULONG_PTR *)&(Nb)->MiniportReserved[0]) /* ADIT_CAST */

/* In SEND_BATCH_END, whose offsets are multiples of 4: the batch is copied. */
#define SEND_BATCH_COPIED 1

/*
 * A spin lock is held no longer than 25 us (NdisAcquireSpinLock, Remarks). So a batch has that many
 * lists, whose space is counted before, and that many batches are published at once: what is done
 * for each of them takes the same time, however many net buffers it has.
 */
#define SEND_BATCH_LISTS     64u
#define SEND_PUBLISH_BATCHES 64u

/* A chain of lists under construction. */
typedef struct _SEND_CHAIN
{
    PNET_BUFFER_LIST First;
    PNET_BUFFER_LIST *Last; /* where the next list goes */
} SEND_CHAIN;

static VOID SendChainInitialize(_Out_ SEND_CHAIN *Chain)
{
    Chain->First = NULL;
    Chain->Last = &Chain->First;
}

static VOID SendChainAppend(_Inout_ SEND_CHAIN *Chain, _Inout_ PNET_BUFFER_LIST Nbl)
{
    NET_BUFFER_LIST_NEXT_NBL(Nbl) = NULL;
    *Chain->Last = Nbl;
    Chain->Last = &NET_BUFFER_LIST_NEXT_NBL(Nbl);
}

static VOID SendComplete(_In_ PADAPTER Adapter, _In_ const SEND_CHAIN *Chain, ULONG SendFlags)
{
    if (Chain->First)
        NdisMSendNetBufferListsComplete(
            Adapter->MiniportHandle, Chain->First,
            SendFlags & NDIS_SEND_FLAGS_DISPATCH_LEVEL ? NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL
                                                       : 0);
}

static ULONG SendCountNetBuffers(_In_ PNET_BUFFER_LIST Nbl)
{
    ULONG Count = 0;

    for (PNET_BUFFER Nb = NET_BUFFER_LIST_FIRST_NB(Nbl); Nb; Nb = NET_BUFFER_NEXT_NB(Nb))
        Count++;
    return Count;
}

/* The status that a list completes with, by the reason why it did not reach the ring; one of those
 * that the page on NdisMSendNetBufferListsComplete has. */
static NDIS_STATUS SendStatusOfDrop(ADIT_DROP Reason)
{
    switch (Reason)
    {
    case AditDropNoSession:
    case AditDropRingCorrupt:
        return NDIS_STATUS_FAILURE;
    case AditDropPaused:
        return NDIS_STATUS_PAUSED;
    case AditDropRingFull:
    case AditDropNoMemory:
        return NDIS_STATUS_RESOURCES;
    default:
        return NDIS_STATUS_INVALID_LENGTH;
    }
}

/* Fails a list that never reached the ring; each of its net buffers counts. */
static VOID SendReject(
    _Inout_ SEND_CHAIN *Done,
    _Inout_ PNET_BUFFER_LIST Nbl,
    ADIT_DROP Reason,
    _Inout_ STATISTICS_DIRECTION *Count)
{
    Count->Dropped[Reason] += SendCountNetBuffers(Nbl);
    NET_BUFFER_LIST_STATUS(Nbl) = SendStatusOfDrop(Reason);
    SendChainAppend(Done, Nbl);
}

/* Fails all lists of a chain. */
static VOID SendRejectAll(
    _In_ PNET_BUFFER_LIST Lists,
    ADIT_DROP Reason,
    _Inout_ SEND_CHAIN *Done,
    _Inout_ STATISTICS_DIRECTION *Count)
{
    for (PNET_BUFFER_LIST Nbl = Lists, Next; Nbl; Nbl = Next)
    {
        Next = NET_BUFFER_LIST_NEXT_NBL(Nbl);
        SendReject(Done, Nbl, Reason, Count);
    }
}

/* What SendPrepare says of a list that can be copied. */
#define SEND_NO_DROP AditDrops

/*
 * Checks that a net buffer is a packet that its MDLs hold, and maps them: what follows a
 * reservation must not fail.
 */
static ADIT_DROP SendPrepareNetBuffer(_In_ PNET_BUFFER Nb)
{
    ULONG Missing = NET_BUFFER_DATA_LENGTH(Nb);
    ULONG Offset = NET_BUFFER_CURRENT_MDL_OFFSET(Nb);

    if (Missing > TUN_MAX_IP_PACKET_SIZE)
        return AditDropTooLong;
    for (PMDL Mdl = NET_BUFFER_CURRENT_MDL(Nb); Missing; Mdl = Mdl->Next, Offset = 0)
    {
        ULONG Present;
        if (!Mdl || Offset > MmGetMdlByteCount(Mdl))
            return AditDropMalformed;
        if (!MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority))
            return AditDropNoMemory;
        Present = MmGetMdlByteCount(Mdl) - Offset;
        Missing -= Present < Missing ? Present : Missing;
    }
    return SEND_NO_DROP;
}

/* Prepares all packets of a list, and counts the bytes of ring that they take; no ring has Capacity
 * bytes free. */
static ADIT_DROP SendPrepare(_Inout_ PNET_BUFFER_LIST Nbl, ULONG Capacity)
{
    ULONG Space = 0;

    for (PNET_BUFFER Nb = NET_BUFFER_LIST_FIRST_NB(Nbl); Nb; Nb = NET_BUFFER_NEXT_NB(Nb))
    {
        ADIT_DROP Reason = SendPrepareNetBuffer(Nb);
        if (Reason != SEND_NO_DROP)
            return Reason;
        Space += TUN_PACKET_SPACE(NET_BUFFER_DATA_LENGTH(Nb));
        if (Space > Capacity)
            Space = Capacity;
    }
    SEND_LIST_SPACE(Nbl) = Space;
    return SEND_NO_DROP;
}

/*
 * Splits the next lists of a call into those that can be copied, a batch at most, and those that
 * are done already; returns the rest. *Space: the bytes of ring of the former, as SendPrepare has
 * them.
 */
static PNET_BUFFER_LIST SendSort(
    _In_ PNET_BUFFER_LIST Lists,
    ULONG Capacity,
    _Inout_ SEND_CHAIN *Good,
    _Out_ PULONG Space,
    _Inout_ SEND_CHAIN *Done,
    _Inout_ STATISTICS_DIRECTION *Count)
{
    PNET_BUFFER_LIST Nbl = Lists;
    ULONG Taken = 0;

    *Space = 0;
    while (Nbl && Taken < SEND_BATCH_LISTS)
    {
        PNET_BUFFER_LIST Next = NET_BUFFER_LIST_NEXT_NBL(Nbl);
        ADIT_DROP Reason = SendPrepare(Nbl, Capacity);
        if (Reason == SEND_NO_DROP)
        {
            *Space += (ULONG)SEND_LIST_SPACE(Nbl);
            if (*Space > Capacity)
                *Space = Capacity;
            SendChainAppend(Good, Nbl);
            Taken++;
        }
        else
        {
            SendReject(Done, Nbl, Reason, Count);
        }
        Nbl = Next;
    }
    return Nbl;
}

/* Puts a batch that has its space in flight. */
_Requires_lock_held_(Session->SendLock) static VOID
    SendLaunch(_Inout_ PSESSION Session, _In_ const SEND_CHAIN *Chain)
{
    PNET_BUFFER_LIST Batch = Chain->First;

    SEND_BATCH_NEXT(Batch) = NULL;
    SEND_BATCH_END(Batch) = Session->Producer.Next;
    SEND_BATCH_LAST(Batch) = Chain->Last;
    if (Session->SendFirst)
        SEND_BATCH_NEXT(Session->SendLast) = Batch;
    else
        Session->SendFirst = Batch;
    Session->SendLast = Batch;
}

/* What the client has written to Head is no offset: it gets nothing more. */
_Requires_lock_held_(Session->SendLock) static VOID SendTerminateCorrupt(_Inout_ PSESSION Session)
{
    Session->SendTerminated = TRUE;
    RingProducerPublish(&Session->Producer, TUN_RING_TERMINATED);
}

/*
 * Reserves space list by list, for all packets of a list or for none, when there is not enough for
 * all: those that get it go to Batch. *Terminated: the ring turned out to be corrupt just now.
 */
_Requires_lock_held_(Session->SendLock) static VOID SendReserveEach(
    _Inout_ PSESSION Session,
    _In_ PNET_BUFFER_LIST Lists,
    _Inout_ SEND_CHAIN *Batch,
    _Inout_ SEND_CHAIN *Full,
    _Inout_ SEND_CHAIN *Refused,
    _Inout_ PBOOLEAN Terminated)
{
    for (PNET_BUFFER_LIST Nbl = Lists, Next; Nbl; Nbl = Next)
    {
        uint32_t Offset;
        RING_RESERVE_RESULT Result =
            Session->SendTerminated
                ? RingReserveCorrupt
                : RingProducerReserveSpace(
                      &Session->Producer, (uint32_t)SEND_LIST_SPACE(Nbl), &Offset);
        Next = NET_BUFFER_LIST_NEXT_NBL(Nbl);
        if (Result == RingReserveCorrupt && !Session->SendTerminated)
        {
            SendTerminateCorrupt(Session);
            *Terminated = TRUE;
        }
        SendChainAppend(
            Result == RingReserved ? Batch : (Result == RingFull ? Full : Refused), Nbl);
    }
}

/*
 * Reserves Space bytes for the lists of a batch, or what there is for some of them, in order, and
 * puts those that got it in flight as one batch; the others go to Done. Returns the batch, or NULL;
 * *Start: the offset of its first packet. *Terminated: the ring turned out to be corrupt just now,
 * and the client has to be told; SendPublish then fails what is in flight.
 */
static PNET_BUFFER_LIST SendReserve(
    _Inout_ PSESSION Session,
    _In_ const SEND_CHAIN *Lists,
    ULONG Space,
    _Out_ PULONG Start,
    _Inout_ SEND_CHAIN *Done,
    _Inout_ STATISTICS_DIRECTION *Count,
    _Inout_ PBOOLEAN Terminated)
{
    KLOCK_QUEUE_HANDLE Lock;
    SEND_CHAIN Batch, Full, Refused;
    uint32_t Offset;

    SendChainInitialize(&Batch);
    SendChainInitialize(&Full);
    SendChainInitialize(&Refused);
    KeAcquireInStackQueuedSpinLock(&Session->SendLock, &Lock);
    *Start = Session->Producer.Next;
    if (!Session->SendTerminated &&
        RingProducerReserveSpace(&Session->Producer, Space, &Offset) == RingReserved)
        Batch = *Lists;
    else
        SendReserveEach(Session, Lists->First, &Batch, &Full, &Refused, Terminated);
    if (Batch.First)
        SendLaunch(Session, &Batch);
    KeReleaseInStackQueuedSpinLock(&Lock);
    SendRejectAll(Full.First, AditDropRingFull, Done, Count);
    SendRejectAll(Refused.First, AditDropNoSession, Done, Count);
    return Batch.First;
}

static VOID SendCopyNetBuffer(_In_ PSESSION Session, _Inout_ PNET_BUFFER Nb, ULONG PacketOffset)
{
    TUN_PACKET *Packet = RingProducerPacket(&Session->Producer, PacketOffset);
    ULONG Length = NET_BUFFER_DATA_LENGTH(Nb);
    ULONG Offset = NET_BUFFER_CURRENT_MDL_OFFSET(Nb);
    ULONG Copied = 0;

    Packet->Size = Length;
    for (PMDL Mdl = NET_BUFFER_CURRENT_MDL(Nb); Copied < Length; Mdl = Mdl->Next, Offset = 0)
    {
        const UCHAR *Source = MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority);
        ULONG Part = MmGetMdlByteCount(Mdl) - Offset;
        if (Part > Length - Copied)
            Part = Length - Copied;
        RtlCopyMemory(Packet->Data + Copied, Source + Offset, Part);
        Copied += Part;
    }
    SEND_PACKET_CAST(Nb) = (ULONG_PTR)StatisticsClassify(Packet->Data, Length);
}

/*
 * Start: the offset of the batch's first packet; the others follow. Counts and marks the lists as
 * sent, which they are once they are published.
 */
static VOID SendCopy(
    _In_ PSESSION Session,
    _In_ PNET_BUFFER_LIST Batch,
    ULONG Start,
    _Inout_ STATISTICS_DIRECTION *Count)
{
    ULONG Offset = Start;

    for (PNET_BUFFER_LIST Nbl = Batch; Nbl; Nbl = NET_BUFFER_LIST_NEXT_NBL(Nbl))
    {
        for (PNET_BUFFER Nb = NET_BUFFER_LIST_FIRST_NB(Nbl); Nb; Nb = NET_BUFFER_NEXT_NB(Nb))
        {
            ULONG Length = NET_BUFFER_DATA_LENGTH(Nb);
            SendCopyNetBuffer(Session, Nb, Offset);
            Count->Packets[SEND_PACKET_CAST(Nb)]++;
            Count->Octets[SEND_PACKET_CAST(Nb)] += Length;
            Offset = (Offset + TUN_PACKET_SPACE(Length)) & (Session->Producer.Capacity - 1);
        }
        NET_BUFFER_LIST_STATUS(Nbl) = NDIS_STATUS_SUCCESS;
    }
}

/* Whether the oldest batch in flight can be published. */
_Requires_lock_held_(Session->SendLock) static BOOLEAN SendFirstIsCopied(_In_ PSESSION Session)
{
    return Session->SendFirst && (SEND_BATCH_END(Session->SendFirst) & SEND_BATCH_COPIED) != 0;
}

/*
 * Marks a batch copied, if one is given, and publishes those that are copied and that nothing in
 * flight precedes, or some of them: *More. Those whose turn it was go to Taken. Returns whether the
 * client can see them: if the ring has turned out to be corrupt since they were reserved, it
 * cannot.
 */
static BOOLEAN SendPublish(
    _Inout_ PSESSION Session,
    _Inout_opt_ PNET_BUFFER_LIST Copied,
    _Inout_ SEND_CHAIN *Taken,
    _Out_ PBOOLEAN More)
{
    KLOCK_QUEUE_HANDLE Lock;
    ULONG_PTR End = 0;
    BOOLEAN Published;

    KeAcquireInStackQueuedSpinLock(&Session->SendLock, &Lock);
    if (Copied)
        SEND_BATCH_END(Copied) |= SEND_BATCH_COPIED;
    for (ULONG Batches = 0; Batches < SEND_PUBLISH_BATCHES && SendFirstIsCopied(Session); Batches++)
    {
        PNET_BUFFER_LIST First = Session->SendFirst;
        End = SEND_BATCH_END(First) & ~(ULONG_PTR)SEND_BATCH_COPIED;
        Session->SendFirst = SEND_BATCH_NEXT(First);
        *Taken->Last = First;
        Taken->Last = SEND_BATCH_LAST(First);
    }
    *More = SendFirstIsCopied(Session);
    Published = Taken->First && !Session->SendTerminated;
    if (Published)
        RingProducerPublish(&Session->Producer, (uint32_t)End);
    KeReleaseInStackQueuedSpinLock(&Lock);
    return Published;
}

/* Completes lists of other calls that were published; each of their net buffers counts. */
static VOID SendAcceptAll(
    _In_ PNET_BUFFER_LIST Lists, _Inout_ SEND_CHAIN *Done, _Inout_ STATISTICS_DIRECTION *Count)
{
    for (PNET_BUFFER_LIST Nbl = Lists, Next; Nbl; Nbl = Next)
    {
        Next = NET_BUFFER_LIST_NEXT_NBL(Nbl);
        for (PNET_BUFFER Nb = NET_BUFFER_LIST_FIRST_NB(Nbl); Nb; Nb = NET_BUFFER_NEXT_NB(Nb))
        {
            Count->Packets[SEND_PACKET_CAST(Nb)]++;
            Count->Octets[SEND_PACKET_CAST(Nb)] += NET_BUFFER_DATA_LENGTH(Nb);
        }
        SendChainAppend(Done, Nbl);
    }
}

/*
 * Completes what was published: most often the batch that this call has just copied, and no other,
 * which is counted already. Copied: that batch; NULL: it was another's turn to complete it.
 */
static VOID SendAccept(
    _In_ const SEND_CHAIN *Taken,
    _In_opt_ PNET_BUFFER_LIST Copied,
    _In_ const STATISTICS_DIRECTION *Own,
    _Inout_ SEND_CHAIN *Done,
    _Inout_ STATISTICS_DIRECTION *Count)
{
    if (Taken->First == Copied && Taken->Last == SEND_BATCH_LAST(Taken->First))
    {
        StatisticsAdd(Count, Own);
        *Done->Last = Taken->First;
        Done->Last = Taken->Last;
    }
    else
    {
        SendAcceptAll(Taken->First, Done, Count);
    }
}

/* Wakes the client: always, unless it has promised to say when it sleeps (contract of the ring). */
static VOID SendSignal(_In_ PSESSION Session)
{
    if (!Session->SignalOnlyAlertable || RingProducerMustSignal(&Session->Producer))
        KeSetEvent(Session->SendMap.TailMoved, IO_NETWORK_INCREMENT, FALSE);
}

/* Reserves, copies and publishes a batch; all of its lists that are not in flight go to Done. */
static VOID SendBatch(
    _Inout_ PSESSION Session,
    _In_ const SEND_CHAIN *Lists,
    ULONG Space,
    _Inout_ SEND_CHAIN *Done,
    _Inout_ STATISTICS_DIRECTION *Count)
{
    BOOLEAN Terminated = FALSE, More = TRUE;
    STATISTICS_DIRECTION Own = {0};
    ULONG Start;
    PNET_BUFFER_LIST Batch = SendReserve(Session, Lists, Space, &Start, Done, Count, &Terminated);

    if (Terminated)
    {
        Count->Dropped[AditDropRingCorrupt]++;
        KeSetEvent(Session->SendMap.TailMoved, IO_NETWORK_INCREMENT, FALSE);
    }
    if (!Batch)
        return;
    SendCopy(Session, Batch, Start, &Own);
    for (PNET_BUFFER_LIST Copied = Batch; More; Copied = NULL)
    {
        SEND_CHAIN Taken;
        SendChainInitialize(&Taken);
        if (SendPublish(Session, Copied, &Taken, &More))
        {
            SendSignal(Session);
            SendAccept(&Taken, Copied, &Own, Done, Count);
        }
        else
        {
            SendRejectAll(Taken.First, AditDropNoSession, Done, Count);
        }
    }
}

static VOID SendToSession(
    _Inout_ PSESSION Session,
    _In_ PNET_BUFFER_LIST Lists,
    _Inout_ SEND_CHAIN *Done,
    _Inout_ STATISTICS_DIRECTION *Count)
{
    PNET_BUFFER_LIST Rest = Lists;

    while (Rest)
    {
        SEND_CHAIN Good;
        ULONG Space;
        SendChainInitialize(&Good);
        Rest = SendSort(Rest, Session->Producer.Capacity, &Good, &Space, Done, Count);
        if (Good.First)
            SendBatch(Session, &Good, Space, Done, Count);
    }
}

_Use_decl_annotations_
VOID NDISAPI SendNetBufferLists(
    NDIS_HANDLE MiniportAdapterContext,
    PNET_BUFFER_LIST NetBufferLists,
    NDIS_PORT_NUMBER PortNumber,
    ULONG SendFlags)
{
    PADAPTER Adapter = MiniportAdapterContext;
    BOOLEAN Running = ExAcquireRundownProtection(&Adapter->DataRundown);
    STATISTICS_DIRECTION Count = {0};
    SEND_CHAIN Done;

    UNREFERENCED_PARAMETER(PortNumber);
    SendChainInitialize(&Done);
    if (!Running)
    {
        SendRejectAll(NetBufferLists, AditDropPaused, &Done, &Count);
    }
    else if (ExAcquireRundownProtection(&Adapter->SendRundown))
    {
        SendToSession(Adapter->Session, NetBufferLists, &Done, &Count);
        ExReleaseRundownProtection(&Adapter->SendRundown);
    }
    else
    {
        SendRejectAll(NetBufferLists, AditDropNoSession, &Done, &Count);
    }
    AdapterCountOut(Adapter, &Count);
    SendComplete(Adapter, &Done, SendFlags);
    if (Running)
        ExReleaseRundownProtection(&Adapter->DataRundown);
}

_Use_decl_annotations_
VOID NDISAPI SendCancel(NDIS_HANDLE MiniportAdapterContext, PVOID CancelId)
{
    UNREFERENCED_PARAMETER(MiniportAdapterContext);
    UNREFERENCED_PARAMETER(CancelId);
}

_Use_decl_annotations_
VOID SendTerminate(PSESSION Session)
{
    RingProducerPublish(&Session->Producer, TUN_RING_TERMINATED);
    KeSetEvent(Session->SendMap.TailMoved, IO_NETWORK_INCREMENT, FALSE);
}
