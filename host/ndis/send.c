/* SPDX-License-Identifier: MIT */
/*
 * From the link to the miniport: a thread reads packets into the slots, one net buffer list each,
 * and sends them in batches. The thread lives while the miniport is running.
 */
#include "internal.h"

#define SEND_SLOTS 256
/* Consecutive slots start in different cache sets, whatever the MTU. */
#define SEND_SLOT_ALIGNMENT 64

typedef struct _NDIS_SEND_SLOT
{
    PNET_BUFFER_LIST List; /* ProtocolReserved[0] points back */
    PMDL Mdl;
    PUCHAR Buffer; /* BackFill + Mtu bytes */
} NDIS_SEND_SLOT, *PNDIS_SEND_SLOT;

/* ---- Free slots ---- */

static VOID SendWakeWaiter(PNDIS_SEND_PATH Path)
{
    if (Path->Waiting)
    {
        Path->Waiting = FALSE;
        KeSetEvent(&Path->FreeChanged, IO_NO_INCREMENT, FALSE);
    }
}

static VOID SendReleaseSlots(PNDIS_SEND_PATH Path, PNET_BUFFER_LIST Chain)
{
    PNET_BUFFER_LIST Last = Chain;
    KLOCK_QUEUE_HANDLE Lock;
    ULONG Count = 1;

    if (Chain == NULL)
    {
        return;
    }
    while (Last->Next != NULL)
    {
        Last = Last->Next;
        Count++;
    }
    KeAcquireInStackQueuedSpinLock(&Path->Lock, &Lock);
    Last->Next = Path->Free;
    Path->Free = Chain;
    Path->FreeCount += Count;
    SendWakeWaiter(Path);
    KeReleaseInStackQueuedSpinLock(&Lock);
}

/*
 * Fills Slots up to NDISP_BATCH with free ones, Taken are there already; waits until it has one.
 * How many it has then; none more if the path is stopping.
 */
static ULONG SendTakeSlots(PNDIS_SEND_PATH Path, PNDIS_SEND_SLOT *Slots, ULONG Taken)
{
    for (;;)
    {
        KLOCK_QUEUE_HANDLE Lock;
        BOOLEAN Stopping;

        KeAcquireInStackQueuedSpinLock(&Path->Lock, &Lock);
        Stopping = ReadAcquire(&Path->Stopping) != 0;
        while (!Stopping && Taken < NDISP_BATCH && Path->Free != NULL)
        {
            Slots[Taken++] = Path->Free->ProtocolReserved[0];
            Path->Free = Path->Free->Next;
            Path->FreeCount--;
        }
        Path->Waiting = !Stopping && Taken == 0;
        KeReleaseInStackQueuedSpinLock(&Lock);
        if (Stopping || Taken != 0)
        {
            return Taken;
        }
        KeWaitForSingleObject(&Path->FreeChanged, Executive, KernelMode, FALSE, NULL);
    }
}

static VOID SendWaitForAllSlots(PNDIS_SEND_PATH Path)
{
    for (;;)
    {
        KLOCK_QUEUE_HANDLE Lock;
        BOOLEAN All;

        KeAcquireInStackQueuedSpinLock(&Path->Lock, &Lock);
        All = Path->FreeCount == Path->SlotCount;
        Path->Waiting = !All;
        KeReleaseInStackQueuedSpinLock(&Lock);
        if (All)
        {
            return;
        }
        KeWaitForSingleObject(&Path->FreeChanged, Executive, KernelMode, FALSE, NULL);
    }
}

static VOID SendComplete(PVOID Context, PNET_BUFFER_LIST NetBufferLists, ULONG SendCompleteFlags)
{
    UNREFERENCED_PARAMETER(SendCompleteFlags);
    SendReleaseSlots(Context, NetBufferLists);
}

/* ---- The thread ---- */

/* Chains the first Count slots; all lists as NDIS hands them out, the packets as read. */
static PNET_BUFFER_LIST SendPrepare(
    PNDIS_MINIPORT_ADAPTER Adapter,
    PNDIS_SEND_SLOT *Slots,
    const NDIS_LINK_PACKET *Packets,
    ULONG Count)
{
    PNET_BUFFER_LIST Chain = NULL;
    while (Count-- > 0)
    {
        PNET_BUFFER_LIST List = Slots[Count]->List;
        NdispBufferClearInfo(CONTAINING_RECORD(List, NDIS_NBL_BLOCK, List));
        NET_BUFFER_LIST_INFO(List, NetBufferListCancelId) = Adapter;
        NdispBufferSetData(
            List->FirstNetBuffer, Slots[Count]->Mdl, Adapter->Send.BackFill, Packets[Count].Length);
        List->Next = Chain;
        Chain = List;
    }
    return Chain;
}

static VOID SendBatch(PNDIS_MINIPORT_ADAPTER Adapter, PNET_BUFFER_LIST Chain, BOOLEAN AtDispatch)
{
    PNDIS_SEND_PATH Path = &Adapter->Send;
#if NDIS_VERIFY
    KIRQL Irql;
#else
    KLOCK_QUEUE_HANDLE Lock;
#endif

    if (!AtDispatch)
    {
        NdispTransmit(Adapter, &Path->Sender, Chain, NDIS_DEFAULT_PORT_NUMBER, 0);
        return;
    }
    /* At DISPATCH_LEVEL, as protocols often are; by a lock of the reader's own where the host does
     * not keep an IRQL. */
#if NDIS_VERIFY
    Irql = NdisVerifyRaiseIrql(DISPATCH_LEVEL);
#else
    KeAcquireInStackQueuedSpinLock(&Path->DispatchLock, &Lock);
#endif
    NdispTransmit(
        Adapter, &Path->Sender, Chain, NDIS_DEFAULT_PORT_NUMBER, NDIS_SEND_FLAGS_DISPATCH_LEVEL);
#if NDIS_VERIFY
    NdisVerifyLowerIrql(Irql);
#else
    KeReleaseInStackQueuedSpinLock(&Lock);
#endif
}

static VOID NTAPI SendThread(PVOID StartContext)
{
    PNDIS_MINIPORT_ADAPTER Adapter = StartContext;
    PNDIS_SEND_PATH Path = &Adapter->Send;
    PNDIS_SEND_SLOT Slots[NDISP_BATCH];
    NDIS_LINK_PACKET Packets[NDISP_BATCH];
    BOOLEAN AtDispatch = FALSE;
    ULONG Taken = 0, Read, i;

    for (;;)
    {
        Taken = SendTakeSlots(Path, Slots, Taken);
        if (ReadAcquire(&Path->Stopping))
        {
            break;
        }
        for (i = 0; i < Taken; i++)
        {
            Packets[i].Data = Slots[i]->Buffer + Path->BackFill;
            Packets[i].Capacity = Path->Mtu;
            Packets[i].Length = 0;
        }
        Read = NdisLinkRead(Adapter->NdisLink, Packets, Taken);
        if (Read == 0)
        {
            break;
        }
        SendBatch(Adapter, SendPrepare(Adapter, Slots, Packets, Read), AtDispatch);
        AtDispatch = !AtDispatch;
        for (i = Read; i < Taken; i++)
        {
            Slots[i - Read] = Slots[i];
        }
        Taken -= Read;
    }
    while (Taken-- > 0)
    {
        Slots[Taken]->List->Next = NULL;
        SendReleaseSlots(Path, Slots[Taken]->List);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

/* What the thread is in ends. */
static VOID SendInterrupt(PNDIS_MINIPORT_ADAPTER Adapter)
{
    PNDIS_SEND_PATH Path = &Adapter->Send;
    KLOCK_QUEUE_HANDLE Lock;

    KeAcquireInStackQueuedSpinLock(&Path->Lock, &Lock);
    WriteRelease(&Path->Stopping, TRUE);
    SendWakeWaiter(Path);
    KeReleaseInStackQueuedSpinLock(&Lock);
    NdisLinkStop(Adapter->NdisLink);
}

NTSTATUS NdispSendStart(PNDIS_MINIPORT_ADAPTER Adapter)
{
    PNDIS_SEND_PATH Path = &Adapter->Send;
    HANDLE Thread;
    NTSTATUS Status;

    WriteRelease(&Path->Stopping, FALSE);
    NdisLinkStart(Adapter->NdisLink);
    Status =
        PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, SendThread, Adapter);
    if (!NT_SUCCESS(Status))
    {
        NdisLinkStop(Adapter->NdisLink);
        return Status;
    }
    Status = ObReferenceObjectByHandle(Thread, SYNCHRONIZE, NULL, KernelMode, &Path->Thread, NULL);
    if (!NT_SUCCESS(Status))
    {
        Path->Thread = NULL;
        SendInterrupt(Adapter);
        ZwWaitForSingleObject(Thread, FALSE, NULL);
    }
    ZwClose(Thread);
    return Status;
}

VOID NdispSendStop(PNDIS_MINIPORT_ADAPTER Adapter)
{
    PNDIS_SEND_PATH Path = &Adapter->Send;

    SendInterrupt(Adapter);
    if (Path->Thread != NULL)
    {
        KeWaitForSingleObject(Path->Thread, Executive, KernelMode, FALSE, NULL);
        ObDereferenceObject(Path->Thread);
        Path->Thread = NULL;
    }
    NDISP_CALLBACK(
        "MiniportCancelSend", "nc-ndis-miniport_cancel_send", DISPATCH_LEVEL,
        Adapter->Driver->Characteristics.CancelSendHandler(Adapter->Context, Adapter));
    SendWaitForAllSlots(Path);
}

/* ---- Creation ---- */

static NTSTATUS SendCreateSlot(PNDIS_MINIPORT_ADAPTER Adapter, PNDIS_SEND_SLOT Slot, PUCHAR Buffer)
{
    PNDIS_SEND_PATH Path = &Adapter->Send;
    ULONG BackFill = Adapter->General.ContextBackFillSize;
    BackFill = (BackFill + MEMORY_ALLOCATION_ALIGNMENT - 1) & ~(MEMORY_ALLOCATION_ALIGNMENT - 1u);

    Slot->Buffer = Buffer;
    Slot->Mdl = NdisAllocateMdl(Adapter, Buffer, Path->BackFill + Path->Mtu);
    if (Slot->Mdl == NULL)
    {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Slot->List = NdisAllocateNetBufferAndNetBufferList(
        Path->Pool, 0, (USHORT)BackFill, Slot->Mdl, Path->BackFill, 0);
    if (Slot->List == NULL)
    {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Slot->List->ProtocolReserved[0] = Slot;
    Slot->List->Next = Path->Free;
    Path->Free = Slot->List;
    Path->FreeCount++;
    return STATUS_SUCCESS;
}

NTSTATUS NdispSendCreatePath(PNDIS_MINIPORT_ADAPTER Adapter)
{
    static const NET_BUFFER_LIST_POOL_PARAMETERS PoolParameters = {
        .Header =
            {
                .Type = NDIS_OBJECT_TYPE_DEFAULT,
                .Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
                .Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
            },
        .ProtocolId = NDIS_PROTOCOL_ID_DEFAULT,
        .fAllocateNetBuffer = TRUE,
        .PoolTag = NDISP_TAG,
    };
    PNDIS_SEND_PATH Path = &Adapter->Send;
    SIZE_T Stride;
    NTSTATUS Status = STATUS_SUCCESS;
    ULONG i;

    RtlZeroMemory(Path, sizeof(*Path));
    Path->Sender.Complete = SendComplete;
    Path->Sender.Context = Path;
    KeInitializeSpinLock(&Path->Lock);
#if !NDIS_VERIFY
    KeInitializeSpinLock(&Path->DispatchLock);
#endif
    KeInitializeEvent(&Path->FreeChanged, SynchronizationEvent, FALSE);
    Path->Mtu = Adapter->General.MtuSize;
    Path->BackFill = Adapter->General.DataBackFillSize;
    Stride = (SIZE_T)Path->BackFill + Path->Mtu + 2 * SEND_SLOT_ALIGNMENT - 1;
    Stride &= ~(SIZE_T)(SEND_SLOT_ALIGNMENT - 1);

    Path->Pool = NdisAllocateNetBufferListPool(Adapter, &PoolParameters);
    Path->Slots =
        ExAllocatePoolWithTag(NonPagedPoolNx, SEND_SLOTS * sizeof(*Path->Slots), NDISP_TAG);
    Path->Memory = ExAllocatePoolWithTag(NonPagedPoolNx, SEND_SLOTS * Stride, NDISP_TAG);
    if (Path->Slots != NULL)
    {
        RtlZeroMemory(Path->Slots, SEND_SLOTS * sizeof(*Path->Slots));
    }
    if (Path->Pool == NULL || Path->Slots == NULL || Path->Memory == NULL)
    {
        Status = STATUS_INSUFFICIENT_RESOURCES;
    }
    for (i = 0; NT_SUCCESS(Status) && i < SEND_SLOTS; i++)
    {
        Path->SlotCount = i + 1;
        Status = SendCreateSlot(Adapter, &Path->Slots[i], Path->Memory + i * Stride);
    }
    if (!NT_SUCCESS(Status))
    {
        NdispSendDeletePath(Adapter);
    }
    return Status;
}

VOID NdispSendDeletePath(PNDIS_MINIPORT_ADAPTER Adapter)
{
    PNDIS_SEND_PATH Path = &Adapter->Send;
    ULONG i;

    for (i = 0; i < Path->SlotCount; i++)
    {
        if (Path->Slots[i].List != NULL)
        {
            NdisFreeNetBufferList(Path->Slots[i].List);
        }
        if (Path->Slots[i].Mdl != NULL)
        {
            NdisFreeMdl(Path->Slots[i].Mdl);
        }
    }
    if (Path->Memory != NULL)
    {
        ExFreePoolWithTag(Path->Memory, NDISP_TAG);
    }
    if (Path->Slots != NULL)
    {
        ExFreePoolWithTag(Path->Slots, NDISP_TAG);
    }
    if (Path->Pool != NULL)
    {
        NdisFreeNetBufferListPool(Path->Pool);
    }
    RtlZeroMemory(Path, sizeof(*Path));
}
