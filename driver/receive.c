/* SPDX-License-Identifier: MIT */
#include "receive.h"

#include "event.h"
#include "receive_pool.h"

/* Packets indicated in one call. */
#define RECEIVE_BATCH 64u

/* Polls before sleeping, after traffic; an idle thread sleeps and does not poll at all. */
#define RECEIVE_MAX_POLLS 2048u

/* What the receive thread does next. */
typedef enum _RECEIVE_NEXT
{
    ReceivePoll,
    ReceiveSleep,       /* until there are packets */
    ReceiveWaitRunning, /* the adapter is paused; packets stay in the ring */
    ReceiveWaitBuffers, /* Windows holds too many buffers; likewise */
    ReceiveFinish       /* the ring is corrupt: nothing more is read */
} RECEIVE_NEXT;

typedef struct _RECEIVE_BATCH_STATE
{
    PNET_BUFFER_LIST First;
    PNET_BUFFER_LIST *Last;
    ULONG Count;
    STATISTICS_DIRECTION Statistics;
} RECEIVE_BATCH_STATE;

/* EtherType of an IP packet in network byte order; 0: neither IPv4 nor IPv6, or too short. */
static USHORT ReceiveEtherType(_In_reads_bytes_(Length) const UCHAR *Packet, ULONG Length)
{
    if (Length >= 20 && Packet[0] >> 4 == 4)
        return RtlUshortByteSwap(NDIS_ETH_TYPE_IPV4);
    if (Length >= 40 && Packet[0] >> 4 == 6)
        return RtlUshortByteSwap(NDIS_ETH_TYPE_IPV6);
    return 0;
}

/*
 * Copies the packet under the cursor into the batch and moves on. Only the copy is looked at: the
 * client may still be writing to the ring.
 */
static RECEIVE_NEXT ReceivePacket(_Inout_ PSESSION Session, _Inout_ RECEIVE_BATCH_STATE *Batch)
{
    PRECEIVE_POOL Pool = Session->Adapter->ReceivePool;
    PNET_BUFFER_LIST Nbl;
    TUN_PACKET *Packet;
    USHORT EtherType;
    uint32_t Length;
    BOOLEAN AtLimit;

    if (RingConsumerPeek(&Session->Consumer, &Packet, &Length) != RingNotEmpty)
        return ReceiveFinish;
    Nbl = ReceivePoolTake(Pool, Length, &AtLimit);
    if (!Nbl && AtLimit)
        return ReceiveWaitBuffers;
    RingConsumerAdvance(&Session->Consumer, Length);
    if (!Nbl)
    {
        Batch->Statistics.Dropped[AditDropNoMemory]++;
        return ReceivePoll;
    }

    RtlCopyMemory(ReceivePoolData(Nbl), Packet->Data, Length);
    EtherType = ReceiveEtherType(ReceivePoolData(Nbl), Length);
    if (EtherType == 0)
    {
        Batch->Statistics.Dropped[AditDropMalformed]++;
        (VOID) ReceivePoolGive(Pool, Nbl);
        return ReceivePoll;
    }
    NET_BUFFER_LIST_INFO(Nbl, NetBufferListFrameType) = ULongToPtr(EtherType);
    StatisticsCount(&Batch->Statistics, ReceivePoolData(Nbl), Length);
    *Batch->Last = Nbl;
    Batch->Last = &NET_BUFFER_LIST_NEXT_NBL(Nbl);
    Batch->Count++;
    return ReceivePoll;
}

/* Takes one batch from the ring and indicates it. */
static RECEIVE_NEXT ReceiveBatch(_Inout_ PSESSION Session)
{
    PADAPTER Adapter = Session->Adapter;
    RECEIVE_BATCH_STATE Batch = {.Last = &Batch.First};
    RECEIVE_NEXT Next = ReceivePoll;
    RING_POLL_RESULT Poll = RingConsumerPoll(&Session->Consumer);

    if (Poll == RingEmpty)
        return ReceiveSleep;
    /* One reference per list that may be indicated, before looking whether indicating is allowed.
     */
    if (!ExAcquireRundownProtectionEx(&Adapter->DataRundown, RECEIVE_BATCH))
        return ReceiveWaitRunning;
    for (ULONG Taken = 0; Poll == RingNotEmpty && Next == ReceivePoll && Taken < RECEIVE_BATCH;
         Taken++)
    {
        Next = ReceivePacket(Session, &Batch);
        Poll = RingConsumerPoll(&Session->Consumer);
    }
    if (Poll == RingCorrupt || Poll == RingTerminated)
        Next = ReceiveFinish;
    if (Next == ReceiveFinish)
        Batch.Statistics.Dropped[AditDropRingCorrupt]++;

    RingConsumerRelease(
        &Session->Consumer, Next == ReceiveFinish ? TUN_RING_TERMINATED : Session->Consumer.Next);
    AdapterCountIn(Adapter, &Batch.Statistics);
    if (Batch.Count < RECEIVE_BATCH)
        ExReleaseRundownProtectionEx(&Adapter->DataRundown, RECEIVE_BATCH - Batch.Count);
    if (Batch.Count)
        NdisMIndicateReceiveNetBufferLists(
            Adapter->MiniportHandle, Batch.First, NDIS_DEFAULT_PORT_NUMBER, Batch.Count, 0);
    return Next;
}

/* Waits for Stop or for that object; STATUS_WAIT_0: Stop. */
static NTSTATUS ReceiveWait(_Inout_ PSESSION Session, _In_ PVOID Object)
{
    PVOID Objects[2] = {&Session->ReceiveStop, Object};

    return KeWaitForMultipleObjects(
        ARRAYSIZE(Objects), Objects, WaitAny, Executive, KernelMode, FALSE, NULL, NULL);
}

/*
 * Waits until there may be packets. *Polls adapts: a poll that found packets doubles it, one that
 * did not halves it.
 */
static VOID ReceiveWaitPackets(_Inout_ PSESSION Session, _Inout_ PULONG Polls)
{
    PKEVENT TailMoved = Session->ReceiveMap.TailMoved;
    RING_POLL_RESULT Result = RingEmpty;

    for (ULONG Poll = 0; Poll < *Polls && Result == RingEmpty; Poll++)
    {
        YieldProcessor();
        Result = RingConsumerPoll(&Session->Consumer);
    }
    if (Result != RingEmpty)
    {
        *Polls = *Polls < RECEIVE_MAX_POLLS / 2 ? *Polls * 2 : RECEIVE_MAX_POLLS;
        return;
    }
    *Polls /= 2;

    if (RingConsumerSleep(&Session->Consumer) == RingEmpty &&
        ReceiveWait(Session, TailMoved) != STATUS_WAIT_0)
    {
        if (RingConsumerPoll(&Session->Consumer) == RingEmpty)
            KeClearEvent(TailMoved); /* a manual-reset event stays set until somebody does */
        else if (*Polls == 0)
            *Polls = 64;
    }
    RingConsumerAwake(&Session->Consumer);
}

static VOID NTAPI ReceiveThread(PVOID Context)
{
    PSESSION Session = Context;
    PADAPTER Adapter = Session->Adapter;
    ULONG Polls = 0;

    while (!KeReadStateEvent(&Session->ReceiveStop))
    {
        switch (ReceiveBatch(Session))
        {
        case ReceivePoll:
            break;
        case ReceiveSleep:
            ReceiveWaitPackets(Session, &Polls);
            break;
        case ReceiveWaitRunning:
            (VOID) ReceiveWait(Session, &Adapter->Running);
            break;
        case ReceiveWaitBuffers:
            (VOID) ReceiveWait(Session, &Adapter->ReceivePool->Returned);
            break;
        case ReceiveFinish:
            EventWriteReceiveRingCorrupt(
                Adapter->NetLuid, Session->OwnerProcess, Session->Consumer.Next,
                Session->Consumer.Capacity);
            (VOID) KeWaitForSingleObject(&Session->ReceiveStop, Executive, KernelMode, FALSE, NULL);
            break;
        }
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

_Use_decl_annotations_
NTSTATUS ReceiveStart(PSESSION Session)
{
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Thread;
    NTSTATUS Status;

    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    Status = PsCreateSystemThread(
        &Thread, THREAD_ALL_ACCESS, &Attributes, NULL, NULL, ReceiveThread, Session);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObReferenceObjectByHandle(
        Thread, SYNCHRONIZE, NULL, KernelMode, (PVOID *)&Session->ReceiveThread, NULL);
    if (!NT_SUCCESS(Status))
    {
        /* Without the object nobody could wait for the thread's end: let the handle serve. */
        KeSetEvent(&Session->ReceiveStop, IO_NO_INCREMENT, FALSE);
        (VOID) ZwWaitForSingleObject(Thread, FALSE, NULL);
    }
    ZwClose(Thread);
    return Status;
}

_Use_decl_annotations_
VOID ReceiveStop(PSESSION Session)
{
    KeSetEvent(&Session->ReceiveStop, IO_NO_INCREMENT, FALSE);
    (VOID) KeWaitForSingleObject(Session->ReceiveThread, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(Session->ReceiveThread);
    RingConsumerRelease(&Session->Consumer, TUN_RING_TERMINATED);
}

_Use_decl_annotations_
VOID NDISAPI ReceiveReturnNetBufferLists(
    NDIS_HANDLE MiniportAdapterContext, PNET_BUFFER_LIST NetBufferLists, ULONG ReturnFlags)
{
    PADAPTER Adapter = MiniportAdapterContext;

    UNREFERENCED_PARAMETER(ReturnFlags);
    ExReleaseRundownProtectionEx(
        &Adapter->DataRundown, ReceivePoolGive(Adapter->ReceivePool, NetBufferLists));
}
