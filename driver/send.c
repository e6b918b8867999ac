/* SPDX-License-Identifier: MIT */
#include "send.h"

/*
 * A batch is the chain of lists of one call that got space. While it is in flight its first list
 * links it to the next batch and holds the offset behind its last packet; each net buffer holds
 * the offset of its packet and whom that is for. NDIS leaves these fields to the miniport that owns
 * the list (NET_BUFFER_LIST and NET_BUFFER structures, MiniportReserved).
 */
#define SEND_BATCH_NEXT(Nbl)   (*(PNET_BUFFER_LIST *)&(Nbl)->MiniportReserved[0])
#define SEND_BATCH_END(Nbl)    (*(ULONG_PTR *)&(Nbl)->MiniportReserved[1])
#define SEND_PACKET_OFFSET(Nb) (*(ULONG_PTR *)&(Nb)->MiniportReserved[0])
#define SEND_PACKET_CAST(Nb)   (*(ULONG_PTR *)&(Nb)->MiniportReserved[1]) /* ADIT_CAST */

/* In SEND_BATCH_END, whose offsets are multiples of 4: the batch is copied. */
#define SEND_BATCH_COPIED 1

/* Lists of one batch: a spin lock is held for as long as it takes to reserve space for them, which
 * must be no more than 25 us (NdisAcquireSpinLock, Remarks). */
#define SEND_BATCH_LISTS 64u

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

/* Appends a whole chain. */
static VOID SendChainJoin(_Inout_ SEND_CHAIN *Chain, _In_ PNET_BUFFER_LIST First)
{
    *Chain->Last = First;
    while (*Chain->Last)
        Chain->Last = &NET_BUFFER_LIST_NEXT_NBL(*Chain->Last);
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

static ADIT_DROP SendPrepare(_In_ PNET_BUFFER_LIST Nbl)
{
    for (PNET_BUFFER Nb = NET_BUFFER_LIST_FIRST_NB(Nbl); Nb; Nb = NET_BUFFER_NEXT_NB(Nb))
    {
        ADIT_DROP Reason = SendPrepareNetBuffer(Nb);
        if (Reason != SEND_NO_DROP)
            return Reason;
    }
    return SEND_NO_DROP;
}

/* Splits a call's lists into those that can be copied and those that are done already. */
static VOID SendSort(
    _In_ PNET_BUFFER_LIST Lists,
    _Inout_ SEND_CHAIN *Good,
    _Inout_ SEND_CHAIN *Done,
    _Inout_ STATISTICS_DIRECTION *Count)
{
    for (PNET_BUFFER_LIST Nbl = Lists, Next; Nbl; Nbl = Next)
    {
        ADIT_DROP Reason = SendPrepare(Nbl);
        Next = NET_BUFFER_LIST_NEXT_NBL(Nbl);
        if (Reason == SEND_NO_DROP)
            SendChainAppend(Good, Nbl);
        else
            SendReject(Done, Nbl, Reason, Count);
    }
}

/* Reserves space for all packets of a list, or for none. */
_Requires_lock_held_(Session->SendLock) static RING_RESERVE_RESULT
    SendReserveList(_Inout_ PSESSION Session, _Inout_ PNET_BUFFER_LIST Nbl)
{
    uint32_t Start = Session->Producer.Next;

    for (PNET_BUFFER Nb = NET_BUFFER_LIST_FIRST_NB(Nbl); Nb; Nb = NET_BUFFER_NEXT_NB(Nb))
    {
        uint32_t Offset;
        RING_RESERVE_RESULT Result =
            RingProducerReserve(&Session->Producer, NET_BUFFER_DATA_LENGTH(Nb), &Offset);
        if (Result != RingReserved)
        {
            Session->Producer.Next = Start;
            return Result;
        }
        SEND_PACKET_OFFSET(Nb) = Offset;
    }
    return RingReserved;
}

/* Puts a batch that has its space in flight. */
_Requires_lock_held_(Session->SendLock) static VOID
    SendLaunch(_Inout_ PSESSION Session, _Inout_ PNET_BUFFER_LIST Batch)
{
    SEND_BATCH_NEXT(Batch) = NULL;
    SEND_BATCH_END(Batch) = Session->Producer.Next;
    if (Session->SendFirst)
        SEND_BATCH_NEXT(Session->SendLast) = Batch;
    else
        Session->SendFirst = Batch;
    Session->SendLast = Batch;
}

/*
 * Reserves space for the lists, in order, and puts those that got it in flight as one batch; the
 * others go to Done. Returns the batch, or NULL. *Terminated: the ring turned out to be corrupt
 * just now, and the client has to be told; SendPublish then fails what is in flight.
 */
static PNET_BUFFER_LIST SendReserve(
    _Inout_ PSESSION Session,
    _In_ PNET_BUFFER_LIST Lists,
    _Inout_ SEND_CHAIN *Done,
    _Inout_ STATISTICS_DIRECTION *Count,
    _Inout_ PBOOLEAN Terminated)
{
    KLOCK_QUEUE_HANDLE Lock;
    SEND_CHAIN Batch;

    SendChainInitialize(&Batch);
    KeAcquireInStackQueuedSpinLock(&Session->SendLock, &Lock);
    for (PNET_BUFFER_LIST Nbl = Lists, Next; Nbl; Nbl = Next)
    {
        RING_RESERVE_RESULT Result =
            Session->SendTerminated ? RingReserveCorrupt : SendReserveList(Session, Nbl);
        Next = NET_BUFFER_LIST_NEXT_NBL(Nbl);
        if (Result == RingReserved)
        {
            SendChainAppend(&Batch, Nbl);
            continue;
        }
        if (Result == RingReserveCorrupt && !Session->SendTerminated)
        {
            /* What the client has written to Head is no offset: it gets nothing more. */
            Session->SendTerminated = TRUE;
            *Terminated = TRUE;
            Count->Dropped[AditDropRingCorrupt]++;
            RingProducerPublish(&Session->Producer, TUN_RING_TERMINATED);
        }
        SendReject(Done, Nbl, Result == RingFull ? AditDropRingFull : AditDropNoSession, Count);
    }
    if (Batch.First)
        SendLaunch(Session, Batch.First);
    KeReleaseInStackQueuedSpinLock(&Lock);
    return Batch.First;
}

static VOID SendCopyNetBuffer(_In_ PSESSION Session, _Inout_ PNET_BUFFER Nb)
{
    TUN_PACKET *Packet = RingProducerPacket(&Session->Producer, (uint32_t)SEND_PACKET_OFFSET(Nb));
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

static VOID SendCopy(_In_ PSESSION Session, _In_ PNET_BUFFER_LIST Batch)
{
    for (PNET_BUFFER_LIST Nbl = Batch; Nbl; Nbl = NET_BUFFER_LIST_NEXT_NBL(Nbl))
        for (PNET_BUFFER Nb = NET_BUFFER_LIST_FIRST_NB(Nbl); Nb; Nb = NET_BUFFER_NEXT_NB(Nb))
            SendCopyNetBuffer(Session, Nb);
}

/*
 * Marks the batch copied, and publishes it with those behind it once everything before it is
 * published. Those whose turn it was go to Taken. Returns whether the client can see them: if the
 * ring has turned out to be corrupt since they were reserved, it cannot.
 */
static BOOLEAN
SendPublish(_Inout_ PSESSION Session, _Inout_ PNET_BUFFER_LIST Batch, _Inout_ SEND_CHAIN *Taken)
{
    KLOCK_QUEUE_HANDLE Lock;
    ULONG_PTR End = 0;
    BOOLEAN Published;

    KeAcquireInStackQueuedSpinLock(&Session->SendLock, &Lock);
    SEND_BATCH_END(Batch) |= SEND_BATCH_COPIED;
    while (Session->SendFirst && (SEND_BATCH_END(Session->SendFirst) & SEND_BATCH_COPIED))
    {
        PNET_BUFFER_LIST First = Session->SendFirst;
        End = SEND_BATCH_END(First) & ~(ULONG_PTR)SEND_BATCH_COPIED;
        Session->SendFirst = SEND_BATCH_NEXT(First);
        SendChainJoin(Taken, First);
    }
    Published = Taken->First && !Session->SendTerminated;
    if (Published)
        RingProducerPublish(&Session->Producer, (uint32_t)End);
    KeReleaseInStackQueuedSpinLock(&Lock);
    return Published;
}

/* Completes lists that were published; each of their net buffers counts. */
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
        NET_BUFFER_LIST_STATUS(Nbl) = NDIS_STATUS_SUCCESS;
        SendChainAppend(Done, Nbl);
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
    _In_ PNET_BUFFER_LIST Lists,
    _Inout_ SEND_CHAIN *Done,
    _Inout_ STATISTICS_DIRECTION *Count)
{
    BOOLEAN Terminated = FALSE;
    PNET_BUFFER_LIST Batch = SendReserve(Session, Lists, Done, Count, &Terminated);
    SEND_CHAIN Taken;

    if (Terminated)
        KeSetEvent(Session->SendMap.TailMoved, IO_NETWORK_INCREMENT, FALSE);
    if (!Batch)
        return;
    SendChainInitialize(&Taken);
    SendCopy(Session, Batch);
    if (SendPublish(Session, Batch, &Taken))
    {
        SendSignal(Session);
        SendAcceptAll(Taken.First, Done, Count);
    }
    else
    {
        SendRejectAll(Taken.First, AditDropNoSession, Done, Count);
    }
}

static VOID SendToSession(
    _Inout_ PSESSION Session,
    _In_ PNET_BUFFER_LIST Lists,
    _Inout_ SEND_CHAIN *Done,
    _Inout_ STATISTICS_DIRECTION *Count)
{
    SEND_CHAIN Good;
    PNET_BUFFER_LIST Rest;

    SendChainInitialize(&Good);
    SendSort(Lists, &Good, Done, Count);
    for (PNET_BUFFER_LIST First = Good.First; First; First = Rest)
    {
        PNET_BUFFER_LIST Last = First;
        for (ULONG Taken = 1; Taken < SEND_BATCH_LISTS && NET_BUFFER_LIST_NEXT_NBL(Last); Taken++)
            Last = NET_BUFFER_LIST_NEXT_NBL(Last);
        Rest = NET_BUFFER_LIST_NEXT_NBL(Last);
        NET_BUFFER_LIST_NEXT_NBL(Last) = NULL;
        SendBatch(Session, First, Done, Count);
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
