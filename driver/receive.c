/* SPDX-License-Identifier: MIT */
#include "receive.h"

#include "event.h"
#include "receive_pool.h"

/* Packets indicated in one call. */
#define RECEIVE_BATCH 64u

/*
 * To wake the thread takes some 10 to 50 us; polling as long before it sleeps costs at most twice
 * what the better of both would have. One look a microsecond: whoever looks all the time takes the
 * cache lines from the client that it is writing.
 */
#define RECEIVE_POLL_US 50
#define RECEIVE_LOOK_US 1

/* Polls in vain, one after the other, keep the next 0, 1, 3, 7... waits from polling. */
#define RECEIVE_MAX_SKIPS 63u

/* What the receive thread does next. */
typedef enum _RECEIVE_NEXT
{
    ReceivePoll,
    ReceiveSleep,       /* until there are packets */
    ReceiveWaitRunning, /* the adapter is paused; packets stay in the ring */
    ReceiveWaitBuffers, /* Windows holds too many buffers; likewise */
    ReceiveFinish       /* the ring is corrupt: nothing more is read */
} RECEIVE_NEXT;

/* When to poll; times in ticks of the performance counter. */
typedef struct _RECEIVE_POLLING
{
    LONGLONG PollTicks;
    LONGLONG LookTicks;
    ULONG Skip;     /* waits to come that do not poll */
    ULONG NextSkip; /* Skip after the next poll in vain */
} RECEIVE_POLLING;

/* What the receive thread has of its own. */
typedef struct _RECEIVE_THREAD
{
    PSESSION Session;
    RECEIVE_STASH Stash;
    RECEIVE_POLLING Polling;
} RECEIVE_THREAD;

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
static RECEIVE_NEXT
ReceivePacket(_Inout_ RECEIVE_THREAD *Thread, _Inout_ RECEIVE_BATCH_STATE *Batch)
{
    PSESSION Session = Thread->Session;
    PRECEIVE_POOL Pool = Session->Adapter->ReceivePool;
    PNET_BUFFER_LIST Nbl;
    TUN_PACKET *Packet;
    USHORT EtherType;
    uint32_t Length;
    BOOLEAN AtLimit;

    if (RingConsumerPeek(&Session->Consumer, &Packet, &Length) != RingNotEmpty)
        return ReceiveFinish;
    Nbl = ReceivePoolTake(Pool, &Thread->Stash, Length, &AtLimit);
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
static RECEIVE_NEXT ReceiveBatch(_Inout_ RECEIVE_THREAD *Thread)
{
    PSESSION Session = Thread->Session;
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
        Next = ReceivePacket(Thread, &Batch);
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

/* Polling on the only processor would keep the client from it. */
static VOID ReceivePollingInitialize(_Out_ RECEIVE_POLLING *Polling)
{
    LARGE_INTEGER Frequency;
    ULONG Microsecond;

    (VOID) KeQueryPerformanceCounter(&Frequency);
    /* The low part: no counter has 4 GHz, and x86 has no division of 64 bits. */
    Microsecond = Frequency.LowPart / 1000000;
    Polling->LookTicks = Microsecond * RECEIVE_LOOK_US;
    Polling->PollTicks = KeQueryActiveProcessorCount(NULL) > 1 ? Microsecond * RECEIVE_POLL_US : 0;
    Polling->Skip = 0;
    Polling->NextSkip = 0;
}

/*
 * Polls for a while, if it is likely that packets come meanwhile; TRUE: there may be some. Once
 * packets come more seldom it polls more seldom; when they come faster again it finds out. Between
 * two looks it gives way: a client that is ready on the same processor could not write otherwise.
 */
static BOOLEAN ReceivePollPackets(_Inout_ PSESSION Session, _Inout_ RECEIVE_POLLING *Polling)
{
    LARGE_INTEGER Passed = {.QuadPart = 0}; /* an absolute time */
    LONGLONG Start, Now;

    if (Polling->Skip)
    {
        Polling->Skip--;
        return FALSE;
    }
    Start = Now = KeQueryPerformanceCounter(NULL).QuadPart;
    while (Now - Start < Polling->PollTicks)
    {
        LONGLONG Looked = Now;
        (VOID) KeDelayExecutionThread(KernelMode, FALSE, &Passed);
        do
        {
            YieldProcessor();
            Now = KeQueryPerformanceCounter(NULL).QuadPart;
        } while (Now - Looked < Polling->LookTicks);
        if (RingConsumerPoll(&Session->Consumer) != RingEmpty)
        {
            Polling->NextSkip = 0;
            return TRUE;
        }
    }
    Polling->Skip = Polling->NextSkip;
    if (Polling->NextSkip < RECEIVE_MAX_SKIPS)
        Polling->NextSkip = Polling->NextSkip * 2 + 1;
    return FALSE;
}

/* Waits until there may be packets. */
static VOID ReceiveWaitPackets(_Inout_ PSESSION Session, _Inout_ RECEIVE_POLLING *Polling)
{
    PKEVENT TailMoved = Session->ReceiveMap.TailMoved;

    if (ReceivePollPackets(Session, Polling))
        return;
    if (RingConsumerSleep(&Session->Consumer) == RingEmpty &&
        ReceiveWait(Session, TailMoved) != STATUS_WAIT_0 &&
        RingConsumerPoll(&Session->Consumer) == RingEmpty)
        KeClearEvent(TailMoved); /* a manual-reset event stays set until somebody does */
    RingConsumerAwake(&Session->Consumer);
}

static VOID NTAPI ReceiveThread(PVOID Context)
{
    PSESSION Session = Context;
    PADAPTER Adapter = Session->Adapter;
    RECEIVE_THREAD Thread = {.Session = Session};

    ReceivePollingInitialize(&Thread.Polling);
    while (!KeReadStateEvent(&Session->ReceiveStop))
    {
        switch (ReceiveBatch(&Thread))
        {
        case ReceivePoll:
            break;
        case ReceiveSleep:
            ReceiveWaitPackets(Session, &Thread.Polling);
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
    ReceivePoolGiveStash(Adapter->ReceivePool, &Thread.Stash);
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
