/* SPDX-License-Identifier: MIT */
/*
 * Links as queues in memory.
 */
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "native_link.h"
#include "faults.h"
#include "rules.h"

#define LINK_NAME_LENGTH 257
#define LINK_ROOM        4096
#define LINK_FIRST_INDEX 7

typedef struct _LINK_PACKET
{
    LIST_ENTRY Entry;
    ULONG Length;
    UCHAR Data[];
} LINK_PACKET;

typedef struct _LINK_QUEUE
{
    LIST_ENTRY Packets;
    ULONG Count;
    KEVENT Available; /* notification event: there are packets, or the queue is stopped */
} LINK_QUEUE;

struct _NDIS_LINK
{
    LIST_ENTRY Entry; /* in Links */
    NDIS_LINK_IDENTITY Identity;
    ULONG Mtu; /* constant while packets flow */

    KSPIN_LOCK Lock;
    LINK_QUEUE ToMiniport;   /* Lock */
    LINK_QUEUE FromMiniport; /* Lock */
    ULONG Room;              /* Lock: packets that FromMiniport may hold */
    BOOLEAN Stopped;         /* Lock */
    volatile LONG Readers;
    PRKEVENT HoldEntered; /* taken by the first that is held; NULL: nobody is */
    PRKEVENT HoldLeave;
    KEVENT Up; /* notification events: the media state is that */
    KEVENT Down;
    WCHAR Name[LINK_NAME_LENGTH];
};

static KSPIN_LOCK LinksLock;
static LIST_ENTRY Links = {&Links, &Links};
static ULONG LinksOpened;
static NTSTATUS LinkOpenStatus;

static VOID LinkInitializeQueue(LINK_QUEUE *Queue)
{
    InitializeListHead(&Queue->Packets);
    KeInitializeEvent(&Queue->Available, NotificationEvent, FALSE);
}

NTSTATUS NdisLinkOpen(ULONG IfType, PNDIS_LINK *Link, PNDIS_LINK_IDENTITY Identity)
{
    RULE_IRQL("kernel/managing-hardware-priorities", PASSIVE_LEVEL);
    NTSTATUS Status = LinkOpenStatus;
    LinkOpenStatus = STATUS_SUCCESS;
    PNDIS_LINK New = NT_SUCCESS(Status) && !FAULT() ? calloc(1, sizeof(*New)) : NULL;
    if (!New)
    {
        return NT_SUCCESS(Status) ? STATUS_INSUFFICIENT_RESOURCES : Status;
    }
    New->Stopped = TRUE;
    New->Room = LINK_ROOM;
    LinkInitializeQueue(&New->ToMiniport);
    LinkInitializeQueue(&New->FromMiniport);
    KeInitializeEvent(&New->Up, NotificationEvent, FALSE);
    KeInitializeEvent(&New->Down, NotificationEvent, TRUE);

    KLOCK_QUEUE_HANDLE Handle;
    KeAcquireInStackQueuedSpinLock(&LinksLock, &Handle);
    ULONG Index = LINK_FIRST_INDEX + LinksOpened++;
    New->Identity.IfIndex = Index;
    New->Identity.NetLuid.Info.IfType = IfType;
    New->Identity.NetLuid.Info.NetLuidIndex = Index;
    New->Identity.InterfaceGuid = (GUID){Index, 0x4144, 0x4954, {0x80, 1, 2, 3, 4, 5, 6, 7}};
    InsertTailList(&Links, &New->Entry);
    KeReleaseInStackQueuedSpinLock(&Handle);
    *Identity = New->Identity;
    *Link = New;
    return STATUS_SUCCESS;
}

NTSTATUS NdisLinkSetMtu(PNDIS_LINK Link, ULONG Mtu)
{
    RULE_IRQL("kernel/managing-hardware-priorities", PASSIVE_LEVEL);
    if (Mtu < 1 || Mtu > 0xFFFF)
    {
        return STATUS_INVALID_PARAMETER;
    }
    Link->Mtu = Mtu;
    return FAULT() ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
}

static VOID LinkEmptyQueue(LINK_QUEUE *Queue)
{
    while (!IsListEmpty(&Queue->Packets))
    {
        free(CONTAINING_RECORD(RemoveHeadList(&Queue->Packets), LINK_PACKET, Entry));
    }
    Queue->Count = 0;
}

VOID NdisLinkClose(PNDIS_LINK Link)
{
    KLOCK_QUEUE_HANDLE Handle;
    RULE_IRQL("kernel/managing-hardware-priorities", PASSIVE_LEVEL);
    RULE(
        ReadAcquire(&Link->Readers) == 0, "LinkClose", "kernel/using-remove-locks",
        "NdisLinkRead is still under way");
    KeAcquireInStackQueuedSpinLock(&LinksLock, &Handle);
    RemoveEntryList(&Link->Entry);
    KeReleaseInStackQueuedSpinLock(&Handle);
    LinkEmptyQueue(&Link->ToMiniport);
    LinkEmptyQueue(&Link->FromMiniport);
    free(Link);
}

NTSTATUS NdisLinkRename(PNDIS_LINK Link, PCUNICODE_STRING Name, ULONG Owner)
{
    UNREFERENCED_PARAMETER(Owner);
    if (Name->Length == 0 || Name->Length / sizeof(WCHAR) >= LINK_NAME_LENGTH)
    {
        return STATUS_OBJECT_NAME_INVALID;
    }
    RtlZeroMemory(Link->Name, sizeof(Link->Name));
    memcpy(Link->Name, Name->Buffer, Name->Length);
    return STATUS_SUCCESS;
}

/* Where a test stops the one who ends the connected state. */
static VOID LinkHold(PNDIS_LINK Link)
{
    PRKEVENT Entered = InterlockedExchangePointer((PVOID volatile *)&Link->HoldEntered, NULL);
    if (Entered)
    {
        KeSetEvent(Entered, IO_NO_INCREMENT, FALSE);
        while (!KeReadStateEvent(Link->HoldLeave))
        {
            sched_yield(); /* the caller may hold a spin lock */
        }
    }
}

VOID NdisLinkSetConnected(PNDIS_LINK Link, BOOLEAN Connected)
{
    if (!Connected)
    {
        LinkHold(Link);
    }
    KeClearEvent(Connected ? &Link->Down : &Link->Up);
    KeSetEvent(Connected ? &Link->Up : &Link->Down, IO_NO_INCREMENT, FALSE);
}

/* The lock is held. */
static LINK_PACKET *LinkTake(LINK_QUEUE *Queue, BOOLEAN Stopped)
{
    LINK_PACKET *Packet = NULL;
    if (Queue->Count)
    {
        Packet = CONTAINING_RECORD(RemoveHeadList(&Queue->Packets), LINK_PACKET, Entry);
        Queue->Count--;
    }
    if (!Queue->Count && !Stopped)
    {
        KeClearEvent(&Queue->Available);
    }
    return Packet;
}

/* The lock is held. */
static VOID LinkPut(LINK_QUEUE *Queue, LINK_PACKET *Packet)
{
    InsertTailList(&Queue->Packets, &Packet->Entry);
    Queue->Count++;
    KeSetEvent(&Queue->Available, IO_NO_INCREMENT, FALSE);
}

static LINK_PACKET *LinkCopyPacket(const VOID *Data, ULONG Length)
{
    LINK_PACKET *Packet = malloc(sizeof(*Packet) + Length);
    if (Packet)
    {
        Packet->Length = Length;
        memcpy(Packet->Data, Data, Length);
    }
    return Packet;
}

/* FALSE: stopped. */
static BOOLEAN LinkFill(PNDIS_LINK Link, PNDIS_LINK_PACKET Packets, ULONG Count, PULONG Filled)
{
    KLOCK_QUEUE_HANDLE Handle;
    *Filled = 0;
    KeAcquireInStackQueuedSpinLock(&Link->Lock, &Handle);
    BOOLEAN Stopped = Link->Stopped;
    while (!Stopped && *Filled < Count)
    {
        LINK_PACKET *Packet = LinkTake(&Link->ToMiniport, FALSE);
        if (!Packet)
        {
            break;
        }
        /* Longer ones cannot come over a link of that MTU. */
        if (Packet->Length <= Link->Mtu && Packet->Length <= Packets[*Filled].Capacity)
        {
            memcpy(Packets[*Filled].Data, Packet->Data, Packet->Length);
            Packets[(*Filled)++].Length = Packet->Length;
        }
        free(Packet);
    }
    KeReleaseInStackQueuedSpinLock(&Handle);
    return !Stopped;
}

ULONG NdisLinkRead(PNDIS_LINK Link, PNDIS_LINK_PACKET Packets, ULONG Count)
{
    ULONG Filled = 0;
    RULE_IRQL("kernel/managing-hardware-priorities", PASSIVE_LEVEL);
    RULE(
        InterlockedIncrement(&Link->Readers) == 1, "LinkRead", "kernel/multithreaded-drivers",
        "two threads read the link");
    while (LinkFill(Link, Packets, Count, &Filled) && Filled == 0)
    {
        KeWaitForSingleObject(&Link->ToMiniport.Available, Executive, KernelMode, FALSE, NULL);
    }
    InterlockedDecrement(&Link->Readers);
    return Filled;
}

static VOID LinkSetStopped(PNDIS_LINK Link, BOOLEAN Stopped)
{
    KLOCK_QUEUE_HANDLE Handle;
    KeAcquireInStackQueuedSpinLock(&Link->Lock, &Handle);
    Link->Stopped = Stopped;
    if (Stopped || Link->ToMiniport.Count)
    {
        KeSetEvent(&Link->ToMiniport.Available, IO_NO_INCREMENT, FALSE);
    }
    else
    {
        KeClearEvent(&Link->ToMiniport.Available);
    }
    KeReleaseInStackQueuedSpinLock(&Handle);
}

VOID NdisLinkStop(PNDIS_LINK Link)
{
    LinkSetStopped(Link, TRUE);
}

VOID NdisLinkStart(PNDIS_LINK Link)
{
    LinkSetStopped(Link, FALSE);
}

ULONG NdisLinkWrite(PNDIS_LINK Link, const NDIS_LINK_PACKET *Packets, ULONG Count)
{
    KLOCK_QUEUE_HANDLE Handle;
    ULONG Taken = 0;
    RULE_IRQL_AT_MOST("kernel/managing-hardware-priorities", DISPATCH_LEVEL);
    KeAcquireInStackQueuedSpinLock(&Link->Lock, &Handle);
    for (ULONG Index = 0; Index < Count && Link->FromMiniport.Count < Link->Room; Index++)
    {
        LINK_PACKET *Packet = LinkCopyPacket(Packets[Index].Data, Packets[Index].Length);
        if (Packet)
        {
            LinkPut(&Link->FromMiniport, Packet);
            Taken++;
        }
    }
    KeReleaseInStackQueuedSpinLock(&Handle);
    return Taken;
}

PNDIS_LINK NativeLinkLast(VOID)
{
    KLOCK_QUEUE_HANDLE Handle;
    KeAcquireInStackQueuedSpinLock(&LinksLock, &Handle);
    PNDIS_LINK Link = IsListEmpty(&Links) ? NULL : CONTAINING_RECORD(Links.Blink, NDIS_LINK, Entry);
    KeReleaseInStackQueuedSpinLock(&Handle);
    return Link;
}

ULONG NativeLinkCount(VOID)
{
    KLOCK_QUEUE_HANDLE Handle;
    ULONG Count = 0;
    KeAcquireInStackQueuedSpinLock(&LinksLock, &Handle);
    for (PLIST_ENTRY Entry = Links.Flink; Entry != &Links; Entry = Entry->Flink)
    {
        Count++;
    }
    KeReleaseInStackQueuedSpinLock(&Handle);
    return Count;
}

VOID NativeLinkIdentity(PNDIS_LINK Link, PNDIS_LINK_IDENTITY Identity)
{
    *Identity = Link->Identity;
}

ULONG NativeLinkMtu(PNDIS_LINK Link)
{
    return Link->Mtu;
}

VOID NativeLinkPush(PNDIS_LINK Link, const VOID *Data, ULONG Length)
{
    KLOCK_QUEUE_HANDLE Handle;
    LINK_PACKET *Packet = LinkCopyPacket(Data, Length);
    if (!Packet)
    {
        abort();
    }
    KeAcquireInStackQueuedSpinLock(&Link->Lock, &Handle);
    LinkPut(&Link->ToMiniport, Packet);
    KeReleaseInStackQueuedSpinLock(&Handle);
}

VOID NativeLinkDiscard(PNDIS_LINK Link)
{
    KLOCK_QUEUE_HANDLE Handle;
    KeAcquireInStackQueuedSpinLock(&Link->Lock, &Handle);
    LinkEmptyQueue(&Link->ToMiniport);
    KeReleaseInStackQueuedSpinLock(&Handle);
}

ULONG NativeLinkPending(PNDIS_LINK Link)
{
    KLOCK_QUEUE_HANDLE Handle;
    KeAcquireInStackQueuedSpinLock(&Link->Lock, &Handle);
    ULONG Count = Link->ToMiniport.Count;
    KeReleaseInStackQueuedSpinLock(&Handle);
    return Count;
}

LONG NativeLinkCollect(PNDIS_LINK Link, VOID *Data, ULONG Capacity, ULONG Milliseconds)
{
    KLOCK_QUEUE_HANDLE Handle;
    LARGE_INTEGER Timeout = {.QuadPart = -10000ll * Milliseconds};
    if (KeWaitForSingleObject(
            &Link->FromMiniport.Available, Executive, KernelMode, FALSE, &Timeout) != STATUS_WAIT_0)
    {
        return -1;
    }
    KeAcquireInStackQueuedSpinLock(&Link->Lock, &Handle);
    LINK_PACKET *Packet = LinkTake(&Link->FromMiniport, FALSE);
    KeReleaseInStackQueuedSpinLock(&Handle);
    if (!Packet)
    {
        return -1;
    }
    LONG Length = (LONG)Packet->Length;
    memcpy(Data, Packet->Data, Packet->Length < Capacity ? Packet->Length : Capacity);
    free(Packet);
    return Length;
}

VOID NativeLinkSetRoom(PNDIS_LINK Link, ULONG Packets)
{
    KLOCK_QUEUE_HANDLE Handle;
    KeAcquireInStackQueuedSpinLock(&Link->Lock, &Handle);
    Link->Room = Packets;
    KeReleaseInStackQueuedSpinLock(&Handle);
}

BOOLEAN NativeLinkWaitConnected(PNDIS_LINK Link, BOOLEAN Connected, ULONG Milliseconds)
{
    LARGE_INTEGER Timeout = {.QuadPart = -10000ll * Milliseconds};
    return KeWaitForSingleObject(
               Connected ? &Link->Up : &Link->Down, Executive, KernelMode, FALSE, &Timeout) ==
           STATUS_WAIT_0;
}

VOID NativeLinkHoldDisconnect(PNDIS_LINK Link, PRKEVENT Entered, PRKEVENT Leave)
{
    Link->HoldLeave = Leave;
    InterlockedExchangePointer((PVOID volatile *)&Link->HoldEntered, Entered);
}

PCWSTR NativeLinkName(PNDIS_LINK Link)
{
    return Link->Name;
}

VOID NativeLinkFailOpen(NTSTATUS Status)
{
    LinkOpenStatus = Status;
}
