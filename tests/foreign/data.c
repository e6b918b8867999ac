/* SPDX-License-Identifier: MIT */
/* foreign.sys: packets on their way out, in, and back. */
#include "driver.h"

#define MIRROR_DELAY 10000 /* 100 ns */

static NDIS_TIMER_FUNCTION DataMirrorTimer;

/* ---- Packets that Linux sends ---- */

static VOID DataCompleteSends(PNET_BUFFER_LIST Lists, NDIS_STATUS Status, ULONG Flags)
{
    for (PNET_BUFFER_LIST List = Lists; List != NULL; List = NET_BUFFER_LIST_NEXT_NBL(List))
    {
        NET_BUFFER_LIST_STATUS(List) = Status;
    }
    if (Lists != NULL)
    {
        NdisMSendNetBufferListsComplete(Foreign.Adapter, Lists, Flags);
    }
}

/* A clone knows its parent twice over. */
static BOOLEAN DataMirror(PNET_BUFFER_LIST List)
{
    LARGE_INTEGER Soon = {.QuadPart = -MIRROR_DELAY};
    PNET_BUFFER_LIST Clone = NdisAllocateCloneNetBufferList(List, NULL, NULL, 0);
    if (Clone == NULL)
    {
        return FALSE;
    }
    if (NdisAllocateNetBufferListContext(Clone, sizeof(PVOID) * 2, 0, FOREIGN_TAG) !=
        NDIS_STATUS_SUCCESS)
    {
        NdisFreeCloneNetBufferList(Clone, 0);
        return FALSE;
    }
    *(PNET_BUFFER_LIST *)NET_BUFFER_LIST_CONTEXT_DATA_START(Clone) = List;
    Clone->ParentNetBufferList = List;
    List->ChildRefCount++;
    NdisAcquireSpinLock(&Foreign.Queue);
    ForeignAppend(&Foreign.Clones, Clone);
    NdisReleaseSpinLock(&Foreign.Queue);
    NdisSetTimerObject(Foreign.MirrorTimer, Soon, 0, NULL);
    return TRUE;
}

/* FALSE: it is the caller's to complete. */
static BOOLEAN DataTake(PNET_BUFFER_LIST List)
{
    BOOLEAN Taken = FALSE;
    if (Foreign.Mirror)
    {
        return DataMirror(List);
    }
    if (Foreign.Files == 0)
    {
        return FALSE;
    }
    NdisAcquireSpinLock(&Foreign.Queue);
    if (Foreign.Sent.Count < FOREIGN_QUEUED)
    {
        ForeignAppend(&Foreign.Sent, List);
        Taken = TRUE;
    }
    NdisReleaseSpinLock(&Foreign.Queue);
    return Taken;
}

_Use_decl_annotations_
VOID NDISAPI
DataSend(NDIS_HANDLE Context, PNET_BUFFER_LIST Lists, NDIS_PORT_NUMBER PortNumber, ULONG SendFlags)
{
    ULONG AtDispatch = (SendFlags & NDIS_SEND_FLAGS_DISPATCH_LEVEL) != 0;
    FOREIGN_CHAIN Refused = {.Last = &Refused.First};
    LOCK_STATE_EX State;
    NDIS_STATUS Status;
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(PortNumber);

    NdisAcquireRWLockRead(Foreign.Lock, &State, AtDispatch ? NDIS_RWL_AT_DISPATCH_LEVEL : 0);
    Status = Foreign.Running ? NDIS_STATUS_RESOURCES : NDIS_STATUS_PAUSED;
    while (Lists != NULL)
    {
        PNET_BUFFER_LIST List = Lists;
        Lists = NET_BUFFER_LIST_NEXT_NBL(List);
        NET_BUFFER_LIST_NEXT_NBL(List) = NULL;
        if (!Foreign.Running || !DataTake(List))
        {
            ForeignAppend(&Refused, List);
        }
    }
    NdisReleaseRWLock(Foreign.Lock, &State);
    DataCompleteSends(
        Refused.First, Status, AtDispatch ? NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL : 0);
    DataPump();
}

_Use_decl_annotations_
VOID NDISAPI DataCancelSend(NDIS_HANDLE Context, PVOID CancelId)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(CancelId);
}

/* A packet is one net buffer; of lists with several, the others are lost. */
static VOID DataDeliver(PNET_BUFFER_LIST List, PIRP Irp)
{
    PNET_BUFFER Buffer = NET_BUFFER_LIST_FIRST_NB(List);
    ULONG Capacity = IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.Length;
    ULONG Length = NET_BUFFER_DATA_LENGTH(Buffer);
    PVOID Output = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);
    PVOID Data;
    NTSTATUS Status = STATUS_BUFFER_TOO_SMALL;

    if (Output == NULL)
    {
        Status = STATUS_INSUFFICIENT_RESOURCES;
    }
    else if (Length <= Capacity)
    {
        Data = NdisGetDataBuffer(Buffer, Length, Output, 1, 0);
        if (Data != NULL && Data != Output)
        {
            RtlCopyMemory(Output, Data, Length);
        }
        Status = Data != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
    }
    ForeignCount(&Foreign.State.Delivered);
    DeviceComplete(Irp, Status, NT_SUCCESS(Status) ? Length : 0);
    DataCompleteSends(List, NDIS_STATUS_SUCCESS, 0);
}

_Use_decl_annotations_
VOID DataPump(VOID)
{
    for (;;)
    {
        PNET_BUFFER_LIST List;
        PIRP Irp = NULL;
        NdisAcquireSpinLock(&Foreign.Queue);
        List = Foreign.Sent.First;
        if (List != NULL)
        {
            Irp = IoCsqRemoveNextIrp(&Foreign.Reads, NULL);
        }
        if (Irp != NULL)
        {
            Foreign.Sent.First = NET_BUFFER_LIST_NEXT_NBL(List);
            Foreign.Sent.Count--;
            if (Foreign.Sent.First == NULL)
            {
                Foreign.Sent.Last = &Foreign.Sent.First;
            }
            NET_BUFFER_LIST_NEXT_NBL(List) = NULL;
        }
        NdisReleaseSpinLock(&Foreign.Queue);
        if (Irp == NULL)
        {
            return;
        }
        DataDeliver(List, Irp);
    }
}

/* ---- Packets that Linux gets ---- */

static VOID DataReleased(VOID)
{
    if (InterlockedDecrement(&Foreign.Indicated) == 0)
    {
        NdisSetEvent(&Foreign.Idle);
    }
}

/* Whoever calls this has counted the list in Indicated, while the adapter ran. */
static VOID DataIndicate(PNET_BUFFER_LIST List, UCHAR FirstByte, ULONG Flags)
{
    USHORT Type = FirstByte >> 4 == 6 ? NDIS_ETH_TYPE_IPV6 : NDIS_ETH_TYPE_IPV4;
    List->SourceHandle = Foreign.Adapter;
    NET_BUFFER_LIST_INFO(List, NetBufferListFrameType) = (PVOID)(ULONG_PTR)RtlUshortByteSwap(Type);
    NET_BUFFER_LIST_STATUS(List) = NDIS_STATUS_SUCCESS;
    NdisMIndicateReceiveNetBufferLists(Foreign.Adapter, List, NDIS_DEFAULT_PORT_NUMBER, 1, Flags);
}

/* The parent goes back with its only child. */
static VOID DataReturnClone(PNET_BUFFER_LIST Clone, NDIS_STATUS Status, ULONG Flags)
{
    PNET_BUFFER_LIST Parent = *(PNET_BUFFER_LIST *)NET_BUFFER_LIST_CONTEXT_DATA_START(Clone);
    if (Parent != Clone->ParentNetBufferList || --Parent->ChildRefCount != 0)
    {
        ForeignLog("ParentLost");
    }
    NdisFreeNetBufferListContext(Clone, sizeof(PVOID) * 2);
    NdisFreeCloneNetBufferList(Clone, 0);
    DataCompleteSends(Parent, Status, Flags);
}

_Use_decl_annotations_
VOID NDISAPI DataReturn(NDIS_HANDLE Context, PNET_BUFFER_LIST Lists, ULONG ReturnFlags)
{
    ULONG Flags = (ReturnFlags & NDIS_RETURN_FLAGS_DISPATCH_LEVEL) != 0
                      ? NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL
                      : 0;
    UNREFERENCED_PARAMETER(Context);
    while (Lists != NULL)
    {
        PNET_BUFFER_LIST List = Lists;
        Lists = NET_BUFFER_LIST_NEXT_NBL(List);
        if (List->ParentNetBufferList != NULL)
        {
            ForeignCount(&Foreign.State.Mirrored);
            DataReturnClone(List, NDIS_STATUS_SUCCESS, Flags);
        }
        else
        {
            NdisFreeNetBufferList(List);
        }
        DataReleased();
    }
}

static VOID NDISAPI
DataMirrorTimer(PVOID Specific1, PVOID Context, PVOID Specific2, PVOID Specific3)
{
    LOCK_STATE_EX State;
    PNET_BUFFER_LIST Clones;
    UNREFERENCED_PARAMETER(Specific1);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Specific2);
    UNREFERENCED_PARAMETER(Specific3);
    NdisAcquireRWLockRead(Foreign.Lock, &State, NDIS_RWL_AT_DISPATCH_LEVEL);
    NdisDprAcquireSpinLock(&Foreign.Queue);
    Clones = Foreign.Running ? ForeignTakeAll(&Foreign.Clones) : NULL;
    for (PNET_BUFFER_LIST List = Clones; List != NULL; List = NET_BUFFER_LIST_NEXT_NBL(List))
    {
        InterlockedIncrement(&Foreign.Indicated);
    }
    NdisDprReleaseSpinLock(&Foreign.Queue);
    NdisReleaseRWLock(Foreign.Lock, &State);
    while (Clones != NULL)
    {
        PNET_BUFFER_LIST Clone = Clones;
        PUCHAR First = NdisGetDataBuffer(NET_BUFFER_LIST_FIRST_NB(Clone), 1, NULL, 1, 0);
        Clones = NET_BUFFER_LIST_NEXT_NBL(Clone);
        NET_BUFFER_LIST_NEXT_NBL(Clone) = NULL;
        DataIndicate(Clone, First != NULL ? *First : 0x40, NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL);
    }
}

/* The pool's lists come with memory for a packet. */
_Use_decl_annotations_
BOOLEAN DataInject(const VOID *Packet, ULONG Length)
{
    PNET_BUFFER_LIST List = NULL;
    LOCK_STATE_EX State;
    NdisAcquireRWLockRead(Foreign.Lock, &State, 0);
    if (Foreign.Running && Length != 0 && Length <= FOREIGN_MTU)
    {
        List = NdisAllocateNetBufferList(Foreign.Pool, 0, 0);
    }
    if (List != NULL)
    {
        InterlockedIncrement(&Foreign.Indicated);
    }
    NdisReleaseRWLock(Foreign.Lock, &State);
    if (List != NULL)
    {
        PNET_BUFFER Buffer = NET_BUFFER_LIST_FIRST_NB(List);
        PVOID Data = MmGetSystemAddressForMdlSafe(NET_BUFFER_FIRST_MDL(Buffer), NormalPagePriority);
        NET_BUFFER_DATA_LENGTH(Buffer) = Length;
        RtlCopyMemory(Data, Packet, Length);
        ForeignCount(&Foreign.State.Injected);
        DataIndicate(List, *(PUCHAR)Data, 0);
    }
    return List != NULL;
}

/* ---- Life ---- */

static VOID DataSetRunning(BOOLEAN Running)
{
    LOCK_STATE_EX State;
    NdisAcquireRWLockWrite(Foreign.Lock, &State, 0);
    Foreign.Running = Running;
    NdisReleaseRWLock(Foreign.Lock, &State);
}

_Use_decl_annotations_
VOID DataRestart(VOID)
{
    Foreign.Indicated = 1;
    NdisResetEvent(&Foreign.Idle);
    DataSetRunning(TRUE);
}

_Use_decl_annotations_
VOID DataPause(VOID)
{
    PNET_BUFFER_LIST Sent, Clones;
    DataSetRunning(FALSE);
    if (!NdisCancelTimerObject(Foreign.MirrorTimer))
    {
        KeFlushQueuedDpcs();
    }
    NdisAcquireSpinLock(&Foreign.Queue);
    Sent = ForeignTakeAll(&Foreign.Sent);
    Clones = ForeignTakeAll(&Foreign.Clones);
    NdisReleaseSpinLock(&Foreign.Queue);
    DataCompleteSends(Sent, NDIS_STATUS_PAUSED, 0);
    while (Clones != NULL)
    {
        PNET_BUFFER_LIST Next = NET_BUFFER_LIST_NEXT_NBL(Clones);
        DataReturnClone(Clones, NDIS_STATUS_PAUSED, 0);
        Clones = Next;
    }
    DataReleased();
    NdisWaitEvent(&Foreign.Idle, 0);
}

_Use_decl_annotations_
NDIS_STATUS DataCreate(NDIS_HANDLE Adapter)
{
    NET_BUFFER_LIST_POOL_PARAMETERS Parameters = {
        .Header =
            {NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
             NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1},
        .fAllocateNetBuffer = TRUE,
        .PoolTag = FOREIGN_TAG,
        .DataSize = FOREIGN_MTU,
    };
    NDIS_TIMER_CHARACTERISTICS Timer = {
        .Header =
            {NDIS_OBJECT_TYPE_TIMER_CHARACTERISTICS, NDIS_TIMER_CHARACTERISTICS_REVISION_1,
             NDIS_SIZEOF_TIMER_CHARACTERISTICS_REVISION_1},
        .AllocationTag = FOREIGN_TAG,
        .TimerFunction = DataMirrorTimer,
    };
    NDIS_STATUS Status;

    NdisAllocateSpinLock(&Foreign.Queue);
    NdisInitializeEvent(&Foreign.Idle);
    Foreign.Sent = (FOREIGN_CHAIN){.Last = &Foreign.Sent.First};
    Foreign.Clones = (FOREIGN_CHAIN){.Last = &Foreign.Clones.First};
    Foreign.Pool = NdisAllocateNetBufferListPool(Adapter, &Parameters);
    if (Foreign.Pool == NULL)
    {
        return NDIS_STATUS_RESOURCES;
    }
    Status = NdisAllocateTimerObject(Adapter, &Timer, &Foreign.MirrorTimer);
    if (Status != NDIS_STATUS_SUCCESS)
    {
        NdisFreeNetBufferListPool(Foreign.Pool);
    }
    return Status;
}

_Use_decl_annotations_
VOID DataDelete(VOID)
{
    NdisFreeTimerObject(Foreign.MirrorTimer);
    NdisFreeNetBufferListPool(Foreign.Pool);
    NdisFreeSpinLock(&Foreign.Queue);
}
