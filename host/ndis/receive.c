/* SPDX-License-Identifier: MIT */
/*
 * From the miniport to the link: NdisMIndicateReceiveNetBufferLists. Packets that lie in one MDL
 * go to the link as they are, others as a copy; the lists are returned before the call is.
 */
#include "internal.h"

#define RECEIVE_INDICATE "NdisMIndicateReceiveNetBufferLists"
#define RECEIVE_DOCUMENT "nf-ndis-ndismindicatereceivenetbufferlists"

/* Packets for one NdisLinkWrite, and the copies among them. */
typedef struct _NDIS_RECEIVE_BATCH
{
    NDIS_LINK_PACKET Packets[NDISP_BATCH];
    PVOID Copies[NDISP_BATCH];
    ULONG Count;
    ULONG CopyCount;
} NDIS_RECEIVE_BATCH, *PNDIS_RECEIVE_BATCH;

static VOID ReceiveFlush(PNDIS_MINIPORT_ADAPTER Adapter, PNDIS_RECEIVE_BATCH Batch)
{
    ULONG Taken;
    if (Batch->Count != 0)
    {
        Taken = NdisLinkWrite(Adapter->NdisLink, Batch->Packets, Batch->Count);
        InterlockedAdd64(&Adapter->ToLink, Taken);
        if (Taken != Batch->Count)
        {
            InterlockedAdd64(&Adapter->DroppedByLink, (LONG64)Batch->Count - Taken);
        }
    }
    while (Batch->CopyCount > 0)
    {
        ExFreePoolWithTag(Batch->Copies[--Batch->CopyCount], NDISP_TAG);
    }
    Batch->Count = 0;
}

/* A contiguous copy of a packet, which lives until the batch is flushed; NULL: no memory. */
static PVOID ReceiveCopy(PNDIS_RECEIVE_BATCH Batch, PNET_BUFFER NetBuffer, ULONG Length)
{
    PVOID Copy = ExAllocatePoolWithTag(NonPagedPoolNx, Length, NDISP_TAG);
    if (Copy == NULL)
    {
        return NULL;
    }
    if (NdisGetDataBuffer(NetBuffer, Length, Copy, 1, 0) == NULL)
    {
        ExFreePoolWithTag(Copy, NDISP_TAG);
        return NULL;
    }
    Batch->Copies[Batch->CopyCount++] = Copy;
    return Copy;
}

static VOID
ReceiveAdd(PNDIS_MINIPORT_ADAPTER Adapter, PNDIS_RECEIVE_BATCH Batch, PNET_BUFFER NetBuffer)
{
    ULONG Length = NetBuffer->DataLength;
    PVOID Data;

    if (Length == 0 || Length > Adapter->General.MtuSize)
    {
        InterlockedAdd64(&Adapter->DroppedLength, 1);
        return;
    }
    if (Batch->Count == NDISP_BATCH)
    {
        ReceiveFlush(Adapter, Batch);
    }
    Data = NdisGetDataBuffer(NetBuffer, Length, NULL, 1, 0);
    if (Data == NULL)
    {
        Data = ReceiveCopy(Batch, NetBuffer, Length);
    }
    if (Data == NULL)
    {
        InterlockedAdd64(&Adapter->DroppedResources, 1);
        return;
    }
    Batch->Packets[Batch->Count].Data = Data;
    Batch->Packets[Batch->Count].Capacity = Length;
    Batch->Packets[Batch->Count].Length = Length;
    Batch->Count++;
}

/* NDIS gives a list to the protocols whose frame type it names ("Receiving Network Data"). */
static BOOLEAN ReceiveIsInternetProtocol(PNET_BUFFER_LIST List)
{
    ULONG_PTR FrameType = (ULONG_PTR)NET_BUFFER_LIST_INFO(List, NetBufferListFrameType);
    return FrameType == RtlUshortByteSwap(NDIS_ETH_TYPE_IPV4) ||
           FrameType == RtlUshortByteSwap(NDIS_ETH_TYPE_IPV6);
}

static VOID ReceiveToLink(PNDIS_MINIPORT_ADAPTER Adapter, PNET_BUFFER_LIST NetBufferLists)
{
    NDIS_RECEIVE_BATCH Batch;
    PNET_BUFFER_LIST List;
    PNET_BUFFER Buffer;

    Batch.Count = 0;
    Batch.CopyCount = 0;
    for (List = NetBufferLists; List != NULL; List = List->Next)
    {
        BOOLEAN Wanted = ReceiveIsInternetProtocol(List);
        for (Buffer = List->FirstNetBuffer; Buffer != NULL; Buffer = Buffer->Next)
        {
            if (Wanted)
            {
                ReceiveAdd(Adapter, &Batch, Buffer);
            }
            else
            {
                InterlockedAdd64(&Adapter->DroppedFrameType, 1);
            }
        }
    }
    ReceiveFlush(Adapter, &Batch);
}

/* Takes the chain from the miniport; its net buffers are counted. */
static VOID
ReceiveTake(PNDIS_MINIPORT_ADAPTER Adapter, PNET_BUFFER_LIST NetBufferLists, ULONG Count)
{
    PNET_BUFFER_LIST List = NetBufferLists;
    PNET_BUFFER Buffer;
    ULONG Lists = 0, Packets = 0;

    for (; List != NULL && Lists < Count; List = List->Next, Lists++)
    {
        PNDIS_NBL_BLOCK Block = NdispBufferBlock(List, RECEIVE_INDICATE);
        if (List->SourceHandle != Adapter)
        {
            NdisHostViolation(
                "SourceHandle of an indicated NET_BUFFER_LIST is the MiniportAdapterHandle.",
                RECEIVE_INDICATE, RECEIVE_DOCUMENT);
        }
        if (!NdispBufferMove(Block, NdisNblWithOwner, NdisNblWithStack))
        {
            NdisHostViolation(
                "A NET_BUFFER_LIST is indicated by its owner, and once at a time.",
                RECEIVE_INDICATE, RECEIVE_DOCUMENT);
        }
        Block->Adapter = Adapter;
        Block->MiniportReserved[0] = List->MiniportReserved[0];
        Block->MiniportReserved[1] = List->MiniportReserved[1];
        for (Buffer = List->FirstNetBuffer; Buffer != NULL; Buffer = Buffer->Next)
        {
            Packets++;
        }
    }
    if (List != NULL || Lists != Count || Count == 0)
    {
        NdisHostViolation(
            "NumberOfNetBufferLists lists are chained, and the last one's Next is NULL.",
            RECEIVE_INDICATE, RECEIVE_DOCUMENT);
    }
    InterlockedAdd64(&Adapter->Indicated, Packets);
    InterlockedAdd64(&Adapter->ReceivesOutstanding, Lists);
}

/* Gives a chain back to its owner, the miniport. */
static VOID ReceiveGiveBack(PNDIS_MINIPORT_ADAPTER Adapter, PNET_BUFFER_LIST NetBufferLists)
{
    PNET_BUFFER_LIST List;
    LONG64 Lists = 0;
    for (List = NetBufferLists; List != NULL; List = List->Next, Lists++)
    {
        PNDIS_NBL_BLOCK Block = NdispBufferBlock(List, "NdisReturnNetBufferLists");
        if (Block->Adapter != Adapter)
        {
            NdisHostViolation(
                "A NET_BUFFER_LIST is returned to the adapter that indicated it.",
                "NdisReturnNetBufferLists", "nf-ndis-ndisreturnnetbufferlists");
        }
        NDISP_VERIFY(
            Block->MiniportReserved[0] == List->MiniportReserved[0] &&
                Block->MiniportReserved[1] == List->MiniportReserved[1],
            "A miniport does not touch an indicated NET_BUFFER_LIST before it is returned.",
            "NdisMIndicateReceiveNetBufferLists", RECEIVE_DOCUMENT);
        if (!NdispBufferMove(Block, NdisNblWithStack, NdisNblWithOwner))
        {
            NdisHostViolation(
                "An indicated NET_BUFFER_LIST is returned once.", "NdisReturnNetBufferLists",
                "nf-ndis-ndisreturnnetbufferlists");
        }
    }
    InterlockedAdd64(&Adapter->ReceivesOutstanding, -Lists);
}

VOID NDISAPI NdisMIndicateReceiveNetBufferLists(
    NDIS_HANDLE MiniportAdapterHandle,
    PNET_BUFFER_LIST NetBufferList,
    NDIS_PORT_NUMBER PortNumber,
    ULONG NumberOfNetBufferLists,
    ULONG ReceiveFlags)
{
    NDISP_IRQL(
        "NdisMIndicateReceiveNetBufferLists", "nf-ndis-ndismindicatereceivenetbufferlists",
        DISPATCH_LEVEL);
    PNDIS_MINIPORT_ADAPTER Adapter =
        NdispAdapterFromHandle(MiniportAdapterHandle, RECEIVE_INDICATE);
    NDIS_HOST_STATE State = NdispAdapterState(Adapter);
    BOOLEAN Kept = FALSE;

    if (State != NdisHostRunning && State != NdisHostRestarting && State != NdisHostPausing)
    {
        NdisHostViolation(
            "A miniport indicates received data only from MiniportRestart to the end of "
            "MiniportPause.",
            RECEIVE_INDICATE, "nc-ndis-miniport_pause");
    }
    ReceiveTake(Adapter, NetBufferList, NumberOfNetBufferLists);
    if (Adapter->Tap != NULL)
    {
        Kept = Adapter->Tap(
            Adapter->TapContext, NetBufferList, PortNumber, NumberOfNetBufferLists, ReceiveFlags);
    }
    if (!Kept)
    {
        ReceiveToLink(Adapter, NetBufferList);
    }
    if ((ReceiveFlags & NDIS_RECEIVE_FLAGS_RESOURCES) != 0)
    {
        ReceiveGiveBack(Adapter, NetBufferList);
    }
    else if (!Kept)
    {
        NdisHostReturnNetBufferLists(
            Adapter, NetBufferList,
            (ReceiveFlags & NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL) != 0
                ? NDIS_RETURN_FLAGS_DISPATCH_LEVEL
                : 0);
    }
}

/* ---- ndis_host.h ---- */

VOID NdisHostSetReceiveTap(
    PNDIS_MINIPORT_ADAPTER Adapter, NDIS_HOST_RECEIVE_TAP *Tap, PVOID Context)
{
    Adapter->TapContext = Context;
    Adapter->Tap = Tap;
}

VOID NdisHostReturnNetBufferLists(
    PNDIS_MINIPORT_ADAPTER Adapter, PNET_BUFFER_LIST NetBufferLists, ULONG ReturnFlags)
{
    MINIPORT_RETURN_NET_BUFFER_LISTS *Return =
        Adapter->Driver->Characteristics.ReturnNetBufferListsHandler;
    NDIS_HANDLE Context = Adapter->Context;
    /* From here on a pause may complete, but not before the miniport has its lists again. */
    ReceiveGiveBack(Adapter, NetBufferLists);
    NDISP_CALLBACK(
        "MiniportReturnNetBufferLists", "nc-ndis-miniport_return_net_buffer_lists", DISPATCH_LEVEL,
        Return(Context, NetBufferLists, ReturnFlags));
}
