/* SPDX-License-Identifier: MIT */
/*
 * Net buffer lists on their way to a miniport and back: ownership, MiniportSendNetBufferLists,
 * NdisMSendNetBufferListsComplete.
 */
#include "internal.h"

#define TRANSMIT_COMPLETE "NdisMSendNetBufferListsComplete"

/* Data bytes of all net buffers of a list; their number is added to *Count. */
static ULONG TransmitMeasure(PNET_BUFFER_LIST List, PULONG Count)
{
    ULONG Length = 0;
    PNET_BUFFER Buffer;
    for (Buffer = List->FirstNetBuffer; Buffer != NULL; Buffer = Buffer->Next)
    {
        Length += Buffer->DataLength;
        *Count += 1;
    }
    return Length;
}

VOID NdispTransmit(
    PNDIS_MINIPORT_ADAPTER Adapter,
    PNDIS_SENDER Sender,
    PNET_BUFFER_LIST NetBufferLists,
    NDIS_PORT_NUMBER PortNumber,
    ULONG SendFlags)
{
    ULONG Lists = 0, Packets = 0;
    PNET_BUFFER_LIST List;

    for (List = NetBufferLists; List != NULL; List = List->Next)
    {
        PNDIS_NBL_BLOCK Block = NdispBufferBlock(List, "MiniportSendNetBufferLists");
        NdispBufferCheckMark(Block);
        if (!NdispBufferMove(Block, NdisNblWithOwner, NdisNblWithMiniport))
        {
            NdisHostViolation(
                "A NET_BUFFER_LIST is sent by its owner, and once at a time.",
                "MiniportSendNetBufferLists", "nc-ndis-miniport_send_net_buffer_lists");
        }
        Block->Adapter = Adapter;
        Block->Sender = Sender;
        Block->FirstNetBuffer = List->FirstNetBuffer;
        Block->DataLength = TransmitMeasure(List, &Packets);
        List->SourceHandle = Adapter;
        Lists++;
    }
    InterlockedAdd64(&Adapter->Sent, Packets);
    InterlockedAdd64(&Adapter->SendsOutstanding, NDISP_SEND_CALL + Lists);
    NDISP_CALLBACK(
        "MiniportSendNetBufferLists", "nc-ndis-miniport_send_net_buffer_lists", DISPATCH_LEVEL,
        Adapter->Driver->Characteristics.SendNetBufferListsHandler(
            Adapter->Context, NetBufferLists, PortNumber, SendFlags));
    InterlockedAdd64(&Adapter->SendsOutstanding, -NDISP_SEND_CALL);
}

#if NDIS_VERIFY
static BOOLEAN TransmitIsFinalStatus(NDIS_STATUS Status)
{
    return Status == NDIS_STATUS_SUCCESS || Status == NDIS_STATUS_INVALID_LENGTH ||
           Status == NDIS_STATUS_RESOURCES || Status == NDIS_STATUS_PAUSED ||
           Status == NDIS_STATUS_SEND_ABORTED || Status == NDIS_STATUS_RESET_IN_PROGRESS ||
           Status == NDIS_STATUS_FAILURE;
}
#endif

/* Takes one list back from the miniport; its sender. */
static PNDIS_SENDER TransmitTakeBack(PNDIS_MINIPORT_ADAPTER Adapter, PNET_BUFFER_LIST List)
{
    ULONG Packets = 0;
    PNDIS_NBL_BLOCK Block = NdispBufferBlock(List, TRANSMIT_COMPLETE);

    if (!NdispBufferMove(Block, NdisNblWithMiniport, NdisNblWithOwner))
    {
        NdisHostViolation(
            "A sent NET_BUFFER_LIST is completed once.", TRANSMIT_COMPLETE,
            "nf-ndis-ndismsendnetbufferlistscomplete");
    }
    if (Block->Adapter != Adapter)
    {
        NdisHostViolation(
            "A sent NET_BUFFER_LIST is completed by the adapter that it was sent to.",
            TRANSMIT_COMPLETE, "nf-ndis-ndismsendnetbufferlistscomplete");
    }
    if (List->FirstNetBuffer != Block->FirstNetBuffer ||
        TransmitMeasure(List, &Packets) != Block->DataLength)
    {
        NdisHostViolation(
            "A miniport does not modify the NET_BUFFER structures of a sent NET_BUFFER_LIST.",
            TRANSMIT_COMPLETE, "nf-ndis-ndismsendnetbufferlistscomplete");
    }
    if (List->Status == NDIS_STATUS_PENDING)
    {
        NdisHostViolation(
            "A sent NET_BUFFER_LIST is completed with its final status.", TRANSMIT_COMPLETE,
            "nf-ndis-ndismsendnetbufferlistscomplete");
    }
    NDISP_VERIFY(
        TransmitIsFinalStatus(List->Status),
        "A sent NET_BUFFER_LIST is completed with one of the statuses that are documented for it.",
        TRANSMIT_COMPLETE, "nf-ndis-ndismsendnetbufferlistscomplete");
    NDISP_VERIFY(
        List->Status != NDIS_STATUS_SUCCESS || NdispAdapterState(Adapter) != NdisHostPaused,
        "A paused miniport completes send requests with NDIS_STATUS_PAUSED.", TRANSMIT_COMPLETE,
        "nc-ndis-miniport_pause");
    NdispBufferMark(Block);
    if (List->Status != NDIS_STATUS_SUCCESS)
    {
        InterlockedAdd64(&Adapter->SendErrors, Packets);
    }
    return Block->Sender;
}

VOID NDISAPI NdisMSendNetBufferListsComplete(
    NDIS_HANDLE MiniportAdapterHandle, PNET_BUFFER_LIST NetBufferList, ULONG SendCompleteFlags)
{
    NDISP_IRQL(
        "NdisMSendNetBufferListsComplete", "nf-ndis-ndismsendnetbufferlistscomplete",
        DISPATCH_LEVEL);
    PNDIS_MINIPORT_ADAPTER Adapter =
        NdispAdapterFromHandle(MiniportAdapterHandle, TRANSMIT_COMPLETE);

    /* Runs of lists of one sender go back together, in the order of the chain. */
    while (NetBufferList != NULL)
    {
        PNET_BUFFER_LIST First = NetBufferList, Last = NetBufferList;
        PNDIS_SENDER Sender = TransmitTakeBack(Adapter, First);
        LONG64 Lists = 1;

        while (Last->Next != NULL &&
               NdispBufferBlock(Last->Next, TRANSMIT_COMPLETE)->Sender == Sender)
        {
            Last = Last->Next;
            TransmitTakeBack(Adapter, Last);
            Lists++;
        }
        NetBufferList = Last->Next;
        Last->Next = NULL;
        InterlockedAdd64(&Adapter->SendsOutstanding, -Lists);
        Sender->Complete(Sender->Context, First, SendCompleteFlags);
    }
}

/* ---- ndis_host.h ---- */

/* The sender of one NdisHostSend, until all its lists are complete. */
typedef struct _NDIS_HOST_SENDER
{
    NDIS_SENDER Sender;
    NDIS_HOST_SEND_COMPLETE *Complete;
    PVOID Context;
    volatile LONG Left; /* lists, and one for NdisHostSend itself */
} NDIS_HOST_SENDER, *PNDIS_HOST_SENDER;

static VOID TransmitReleaseSender(PNDIS_HOST_SENDER Sender, LONG Count)
{
    if (InterlockedExchangeAdd(&Sender->Left, -Count) == Count)
    {
        ExFreePoolWithTag(Sender, NDISP_TAG);
    }
}

static VOID
TransmitHostComplete(PVOID Context, PNET_BUFFER_LIST NetBufferLists, ULONG SendCompleteFlags)
{
    PNDIS_HOST_SENDER Sender = Context;
    PNET_BUFFER_LIST List;
    LONG Count = 0;
    for (List = NetBufferLists; List != NULL; List = List->Next)
    {
        Count++;
    }
    Sender->Complete(Sender->Context, NetBufferLists, SendCompleteFlags);
    TransmitReleaseSender(Sender, Count);
}

NTSTATUS NdisHostSend(
    PNDIS_MINIPORT_ADAPTER Adapter,
    PNET_BUFFER_LIST NetBufferLists,
    NDIS_PORT_NUMBER PortNumber,
    ULONG SendFlags,
    NDIS_HOST_SEND_COMPLETE *Complete,
    PVOID Context)
{
    PNDIS_HOST_SENDER Sender = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Sender), NDISP_TAG);
    PNET_BUFFER_LIST List;

    if (Sender == NULL)
    {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (!NdispAdapterEnter(Adapter))
    {
        ExFreePoolWithTag(Sender, NDISP_TAG);
        return STATUS_DEVICE_NOT_READY;
    }
    Sender->Sender.Complete = TransmitHostComplete;
    Sender->Sender.Context = Sender;
    Sender->Complete = Complete;
    Sender->Context = Context;
    Sender->Left = 1;
    for (List = NetBufferLists; List != NULL; List = List->Next)
    {
        Sender->Left++;
    }
    NdispTransmit(Adapter, &Sender->Sender, NetBufferLists, PortNumber, SendFlags);
    TransmitReleaseSender(Sender, 1);
    NdispAdapterLeave(Adapter);
    return STATUS_SUCCESS;
}

NTSTATUS NdisHostCancelSend(PNDIS_MINIPORT_ADAPTER Adapter, PVOID CancelId)
{
    if (!NdispAdapterEnter(Adapter))
    {
        return STATUS_DEVICE_NOT_READY;
    }
    NDISP_CALLBACK(
        "MiniportCancelSend", "nc-ndis-miniport_cancel_send", DISPATCH_LEVEL,
        Adapter->Driver->Characteristics.CancelSendHandler(Adapter->Context, CancelId));
    NdispAdapterLeave(Adapter);
    return STATUS_SUCCESS;
}
