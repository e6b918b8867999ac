/* SPDX-License-Identifier: MIT */
#include "queue_link.h"

#define QUEUE_LINK_TAG ('L' | 'i' << 8 | 'n' << 16 | 'k' << 24)

typedef struct _QUEUE_PACKET
{
    LIST_ENTRY Entry;
    ULONG Length;
    UCHAR Data[];
} QUEUE_PACKET, *PQUEUE_PACKET;

typedef struct _QUEUE
{
    KSPIN_LOCK Lock;
    LIST_ENTRY Packets; /* guarded by Lock; so is Count */
    ULONG Count;
    KEVENT Changed;
} QUEUE, *PQUEUE;

struct _NDIS_LINK
{
    QUEUE ToMiniport;
    QUEUE FromMiniport;
    volatile LONG Stopped;
    volatile LONG Connected;
    ULONG IfType;
    ULONG Mtu;
};

static PNDIS_LINK LinkCurrent;
static volatile LONG LinkCount;
static NTSTATUS LinkOpenStatus, LinkSetMtuStatus;

static VOID QueueInitialize(PQUEUE Queue)
{
    KeInitializeSpinLock(&Queue->Lock);
    InitializeListHead(&Queue->Packets);
    Queue->Count = 0;
    KeInitializeEvent(&Queue->Changed, SynchronizationEvent, FALSE);
}

static BOOLEAN QueuePut(PQUEUE Queue, const VOID *Data, ULONG Length)
{
    KLOCK_QUEUE_HANDLE Lock;
    BOOLEAN Room;
    PQUEUE_PACKET Packet =
        ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Packet) + Length, QUEUE_LINK_TAG);
    if (Packet == NULL)
    {
        return FALSE;
    }
    Packet->Length = Length;
    RtlCopyMemory(Packet->Data, Data, Length);
    KeAcquireInStackQueuedSpinLock(&Queue->Lock, &Lock);
    Room = Queue->Count < QUEUE_LINK_CAPACITY;
    if (Room)
    {
        InsertTailList(&Queue->Packets, &Packet->Entry);
        Queue->Count++;
    }
    KeReleaseInStackQueuedSpinLock(&Lock);
    if (!Room)
    {
        ExFreePoolWithTag(Packet, QUEUE_LINK_TAG);
        return FALSE;
    }
    KeSetEvent(&Queue->Changed, IO_NO_INCREMENT, FALSE);
    return TRUE;
}

/* The caller frees it. */
static PQUEUE_PACKET QueueTake(PQUEUE Queue)
{
    KLOCK_QUEUE_HANDLE Lock;
    PQUEUE_PACKET Packet = NULL;
    KeAcquireInStackQueuedSpinLock(&Queue->Lock, &Lock);
    if (!IsListEmpty(&Queue->Packets))
    {
        Packet = CONTAINING_RECORD(RemoveHeadList(&Queue->Packets), QUEUE_PACKET, Entry);
        Queue->Count--;
    }
    KeReleaseInStackQueuedSpinLock(&Lock);
    return Packet;
}

static VOID QueueDelete(PQUEUE Queue)
{
    PQUEUE_PACKET Packet;
    while ((Packet = QueueTake(Queue)) != NULL)
    {
        ExFreePoolWithTag(Packet, QUEUE_LINK_TAG);
    }
}

/* ---- link.h ---- */

NTSTATUS NdisLinkOpen(ULONG IfType, PNDIS_LINK *Link, PNDIS_LINK_IDENTITY Identity)
{
    ULONG Index = (ULONG)InterlockedIncrement(&LinkCount);
    if (!NT_SUCCESS(LinkOpenStatus))
    {
        return LinkOpenStatus;
    }
    *Link = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(**Link), QUEUE_LINK_TAG);
    if (*Link == NULL)
    {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlZeroMemory(*Link, sizeof(**Link));
    QueueInitialize(&(*Link)->ToMiniport);
    QueueInitialize(&(*Link)->FromMiniport);
    (*Link)->Stopped = TRUE;
    (*Link)->IfType = IfType;
    RtlZeroMemory(Identity, sizeof(*Identity));
    Identity->IfIndex = Index;
    Identity->NetLuid.Info.NetLuidIndex = 0x8000 + Index;
    Identity->NetLuid.Info.IfType = IfType;
    Identity->InterfaceGuid.Data1 = 0xAD170000 + Index;
    LinkCurrent = *Link;
    return STATUS_SUCCESS;
}

NTSTATUS NdisLinkSetMtu(PNDIS_LINK Link, ULONG Mtu)
{
    Link->Mtu = Mtu;
    return LinkSetMtuStatus;
}

VOID NdisLinkClose(PNDIS_LINK Link)
{
    QueueDelete(&Link->ToMiniport);
    QueueDelete(&Link->FromMiniport);
    if (LinkCurrent == Link)
    {
        LinkCurrent = NULL;
    }
    ExFreePoolWithTag(Link, QUEUE_LINK_TAG);
}

NTSTATUS NdisLinkRename(PNDIS_LINK Link, PCUNICODE_STRING Name)
{
    UNREFERENCED_PARAMETER(Link);
    return Name->Length != 0 ? STATUS_SUCCESS : STATUS_OBJECT_NAME_INVALID;
}

VOID NdisLinkSetConnected(PNDIS_LINK Link, BOOLEAN Connected)
{
    WriteRelease(&Link->Connected, Connected);
}

ULONG NdisLinkRead(PNDIS_LINK Link, PNDIS_LINK_PACKET Packets, ULONG Count)
{
    ULONG Read = 0;
    for (;;)
    {
        if (ReadAcquire(&Link->Stopped))
        {
            return 0;
        }
        while (Read < Count)
        {
            PQUEUE_PACKET Packet = QueueTake(&Link->ToMiniport);
            if (Packet == NULL)
            {
                break;
            }
            if (Packet->Length <= Packets[Read].Capacity)
            {
                RtlCopyMemory(Packets[Read].Data, Packet->Data, Packet->Length);
                Packets[Read++].Length = Packet->Length;
            }
            ExFreePoolWithTag(Packet, QUEUE_LINK_TAG);
        }
        if (Read != 0)
        {
            return Read;
        }
        KeWaitForSingleObject(&Link->ToMiniport.Changed, Executive, KernelMode, FALSE, NULL);
    }
}

VOID NdisLinkStop(PNDIS_LINK Link)
{
    WriteRelease(&Link->Stopped, TRUE);
    KeSetEvent(&Link->ToMiniport.Changed, IO_NO_INCREMENT, FALSE);
}

VOID NdisLinkStart(PNDIS_LINK Link)
{
    WriteRelease(&Link->Stopped, FALSE);
    KeSetEvent(&Link->ToMiniport.Changed, IO_NO_INCREMENT, FALSE);
}

ULONG NdisLinkWrite(PNDIS_LINK Link, const NDIS_LINK_PACKET *Packets, ULONG Count)
{
    ULONG i;
    for (i = 0; i < Count; i++)
    {
        if (!QueuePut(&Link->FromMiniport, Packets[i].Data, Packets[i].Length))
        {
            break;
        }
    }
    return i;
}

/* ---- The far ends ---- */

PNDIS_LINK QueueLinkCurrent(VOID)
{
    return LinkCurrent;
}

VOID QueueLinkFail(NTSTATUS Open, NTSTATUS SetMtu)
{
    LinkOpenStatus = Open;
    LinkSetMtuStatus = SetMtu;
}

BOOLEAN QueueLinkPush(PNDIS_LINK Link, const VOID *Data, ULONG Length)
{
    return QueuePut(&Link->ToMiniport, Data, Length);
}

ULONG QueueLinkPop(PNDIS_LINK Link, PVOID Data, ULONG Capacity, ULONG Milliseconds)
{
    LARGE_INTEGER Timeout;
    PQUEUE_PACKET Packet;
    ULONG Length;

    Timeout.QuadPart = -(LONGLONG)Milliseconds * 10000;
    while ((Packet = QueueTake(&Link->FromMiniport)) == NULL)
    {
        if (KeWaitForSingleObject(
                &Link->FromMiniport.Changed, Executive, KernelMode, FALSE, &Timeout) ==
            STATUS_TIMEOUT)
        {
            return 0;
        }
    }
    Length = Packet->Length;
    RtlCopyMemory(Data, Packet->Data, Length < Capacity ? Length : Capacity);
    ExFreePoolWithTag(Packet, QUEUE_LINK_TAG);
    return Length;
}

BOOLEAN QueueLinkIsConnected(PNDIS_LINK Link)
{
    return (BOOLEAN)ReadAcquire(&Link->Connected);
}

ULONG QueueLinkMtu(PNDIS_LINK Link)
{
    return Link->Mtu;
}

ULONG QueueLinkIfType(PNDIS_LINK Link)
{
    return Link->IfType;
}

BOOLEAN QueueLinkIsStopped(PNDIS_LINK Link)
{
    return (BOOLEAN)ReadAcquire(&Link->Stopped);
}
