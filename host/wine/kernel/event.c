/* SPDX-License-Identifier: MIT */
/*
 * Events, and waiting for them.
 *
 * Wine's own functions are slow: each wait makes a handle of every object that it waits for, and
 * closes it afterwards. They also lose what signals an automatic event between the end of a wait
 * and its account. Here an event of a client has its handle already (object.c). An event in memory
 * is its SignalState; who waits for one waits for a Wine server event of his own, his signal,
 * which is used again by the next wait.
 *
 * Wine's KeSetEvent, the kernel's inner calls of it included, keeps working for events in memory:
 * it sets SignalState and then signals the handle in WaitListHead.Blink, where the first waiter
 * puts his signal. Each waiter who leaves passes the place on to the next, and what may have
 * come for him with it.
 *
 * Mutexes, semaphores and timers in memory, waits for all of several objects and alertable waits
 * are Wine's. An event in memory must not be waited for in both ways at a time.
 */
#define _NTSYSTEM_
#include <ntifs.h>

#include "event_set.h"
#include "ntdll.h"
#include "object.h"
#include "wine_kernel.h"

#define EVENT_TAG       'vEdA'
#define EVENT_MAX_COUNT 8 /* objects in one wait; longer ones are Wine's */

/* What Wine has in WaitListHead.Blink of objects that its server knows. */
#define EVENT_SERVER_OBJECT ((PVOID)(LONG_PTR) - 1)

/* A Wine server event that resets itself. Never closed: a late setter may still have its handle. */
typedef struct _EVENT_SIGNAL
{
    struct _EVENT_SIGNAL *Next; /* unused ones; guarded by EventGuard */
    HANDLE Handle;
} EVENT_SIGNAL;

/* Somebody waiting for an event in memory. */
typedef struct _EVENT_WAITER
{
    LIST_ENTRY Link; /* of all waiters; guarded by EventGuard */
    PRKEVENT Event;
    EVENT_SIGNAL *Signal;
} EVENT_WAITER;

typedef struct _EVENT_WAIT
{
    ULONG Count;
    PVOID *Objects;
    EVENT_SIGNAL *Signal; /* NULL: nothing in memory is waited for */
    EVENT_WAITER Waiters[EVENT_MAX_COUNT];
    ULONG WaiterCount;
    HANDLE Handles[EVENT_MAX_COUNT + 1];
    ULONG Indices[EVENT_MAX_COUNT]; /* of the objects that Handles are of */
    BOOLEAN Opened[EVENT_MAX_COUNT];
    ULONG HandleCount;
} EVENT_WAIT;

static RTL_CRITICAL_SECTION EventGuard = RTL_CRITICAL_SECTION_INITIALIZER;
static LIST_ENTRY EventWaiters = {&EventWaiters, &EventWaiters};
static EVENT_SIGNAL *EventSignals;

static BOOLEAN EventIsInMemory(PVOID Object)
{
    PRKEVENT Event = Object;
    return Event->Header.Type <= SynchronizationEvent &&
           Event->Header.WaitListHead.Blink != EVENT_SERVER_OBJECT;
}

static BOOLEAN EventIsServerObject(PVOID Object)
{
    return ((PRKEVENT)Object)->Header.WaitListHead.Blink == EVENT_SERVER_OBJECT;
}

/* The other waiter for an event, EventGuard held; NULL: none. */
static EVENT_WAITER *EventFindWaiter(PRKEVENT Event)
{
    for (PLIST_ENTRY Entry = EventWaiters.Flink; Entry != &EventWaiters; Entry = Entry->Flink)
    {
        EVENT_WAITER *Waiter = CONTAINING_RECORD(Entry, EVENT_WAITER, Link);
        if (Waiter->Event == Event)
            return Waiter;
    }
    return NULL;
}

/* Takes an unused signal, or makes one. NULL: no memory. */
static EVENT_SIGNAL *EventTakeSignal(VOID)
{
    EVENT_SIGNAL *Signal = EventSignals;
    if (Signal != NULL)
    {
        EventSignals = Signal->Next;
        return Signal;
    }
    Signal = ExAllocatePoolWithTag(NonPagedPool, sizeof(*Signal), EVENT_TAG);
    if (Signal != NULL &&
        !NT_SUCCESS(
            NtCreateEvent(&Signal->Handle, EVENT_ALL_ACCESS, NULL, SynchronizationEvent, FALSE)))
    {
        ExFreePoolWithTag(Signal, EVENT_TAG);
        Signal = NULL;
    }
    return Signal;
}

/* The waiter's signal goes where Wine's KeSetEvent looks, with the number of waiters beside it. */
static VOID EventPutSignal(PRKEVENT Event, EVENT_SIGNAL *Signal)
{
    Event->Header.WaitListHead.Flink = (PVOID)(ULONG_PTR)(Signal != NULL);
    WritePointerRelease(
        (PVOID *)&Event->Header.WaitListHead.Blink, Signal != NULL ? Signal->Handle : NULL);
    KeMemoryBarrier();
}

/* FALSE: Wine waits for this event. EventGuard held. */
static BOOLEAN EventEnterWaiter(EVENT_WAIT *Wait, PRKEVENT Event)
{
    EVENT_WAITER *Waiter = &Wait->Waiters[Wait->WaiterCount];
    if (EventFindWaiter(Event) == NULL)
    {
        if (Event->Header.WaitListHead.Blink != NULL)
            return FALSE;
        EventPutSignal(Event, Wait->Signal);
    }
    Waiter->Event = Event;
    Waiter->Signal = Wait->Signal;
    InsertTailList(&EventWaiters, &Waiter->Link);
    Wait->WaiterCount++;
    return TRUE;
}

static VOID EventLeaveWaiter(EVENT_WAITER *Waiter)
{
    PRKEVENT Event = Waiter->Event;
    EVENT_WAITER *Next;
    RemoveEntryList(&Waiter->Link);
    Next = EventFindWaiter(Event);
    EventPutSignal(Event, Next != NULL ? Next->Signal : NULL);
    /* A setter saw either the old place or, before this look, has set the state. */
    if (Next != NULL && ReadAcquire(&Event->Header.SignalState) != 0)
        NtSetEvent(Next->Signal->Handle, NULL);
}

static VOID EventLeave(EVENT_WAIT *Wait)
{
    RtlEnterCriticalSection(&EventGuard);
    for (ULONG i = 0; i < Wait->WaiterCount; i++)
        EventLeaveWaiter(&Wait->Waiters[i]);
    Wait->WaiterCount = 0;
    if (Wait->Signal != NULL)
    {
        Wait->Signal->Next = EventSignals;
        EventSignals = Wait->Signal;
    }
    RtlLeaveCriticalSection(&EventGuard);
    for (ULONG i = 0; i < Wait->HandleCount; i++)
    {
        if (Wait->Opened[i])
            ZwClose(Wait->Handles[i]);
    }
}

/* FALSE, with everything undone: the wait is Wine's. */
static BOOLEAN EventEnter(EVENT_WAIT *Wait)
{
    BOOLEAN Ours = TRUE;
    RtlEnterCriticalSection(&EventGuard);
    for (ULONG i = 0; i < Wait->Count && Ours; i++)
    {
        if (!EventIsInMemory(Wait->Objects[i]))
            continue;
        if (Wait->Signal == NULL)
            Wait->Signal = EventTakeSignal();
        Ours = Wait->Signal != NULL && EventEnterWaiter(Wait, Wait->Objects[i]);
    }
    RtlLeaveCriticalSection(&EventGuard);
    for (ULONG i = 0; i < Wait->Count && Ours; i++)
    {
        HANDLE Handle;
        if (EventIsInMemory(Wait->Objects[i]))
            continue;
        Handle = ObjectClientHandle(Wait->Objects[i]);
        Wait->Opened[Wait->HandleCount] = Handle == NULL;
        Ours = Handle != NULL || NT_SUCCESS(ObOpenObjectByPointer(
                                     Wait->Objects[i], OBJ_KERNEL_HANDLE, NULL, SYNCHRONIZE, NULL,
                                     KernelMode, &Handle));
        if (!Ours)
            break;
        Wait->Indices[Wait->HandleCount] = i;
        Wait->Handles[Wait->HandleCount++] = Handle;
    }
    if (!Ours)
        EventLeave(Wait);
    return Ours;
}

/* An event in memory that is signalled, taken; Count: none. */
static ULONG EventTakeSignalled(EVENT_WAIT *Wait)
{
    for (ULONG i = 0; i < Wait->Count; i++)
    {
        PRKEVENT Event = Wait->Objects[i];
        if (!EventIsInMemory(Event) || ReadAcquire(&Event->Header.SignalState) == 0)
            continue;
        if (Event->Header.Type == NotificationEvent ||
            InterlockedCompareExchange(&Event->Header.SignalState, 0, 1) == 1)
            return i;
    }
    return Wait->Count;
}

/* Deadline: NULL, zero, or a system time. */
static NTSTATUS EventWaitAny(EVENT_WAIT *Wait, const LARGE_INTEGER *Deadline)
{
    ULONG Count = Wait->HandleCount;
    if (Wait->Signal != NULL)
        Wait->Handles[Count++] = Wait->Signal->Handle;
    for (;;)
    {
        NTSTATUS Status;
        ULONG Signalled = EventTakeSignalled(Wait);
        if (Signalled < Wait->Count)
            return STATUS_WAIT_0 + (NTSTATUS)Signalled;
        Status = NtWaitForMultipleObjects(Count, Wait->Handles, WaitAny, FALSE, Deadline);
        if (!NT_SUCCESS(Status) || Status == STATUS_TIMEOUT)
            return Status;
        if ((ULONG)Status < Wait->HandleCount)
            return STATUS_WAIT_0 + (NTSTATUS)Wait->Indices[Status];
        /* The signal: maybe a late one, of an earlier wait. */
    }
}

static BOOLEAN EventIsOurs(ULONG Count, PVOID Object[], WAIT_TYPE WaitType, BOOLEAN Alertable)
{
    if (Count > EVENT_MAX_COUNT || (WaitType != WaitAny && Count != 1) || Alertable)
        return FALSE;
    for (ULONG i = 0; i < Count; i++)
    {
        if (!EventIsInMemory(Object[i]) && !EventIsServerObject(Object[i]))
            return FALSE;
    }
    return TRUE;
}

NTSTATUS NTAPI KeWaitForMultipleObjects(
    ULONG Count,
    PVOID Object[],
    WAIT_TYPE WaitType,
    KWAIT_REASON WaitReason,
    KPROCESSOR_MODE WaitMode,
    BOOLEAN Alertable,
    PLARGE_INTEGER Timeout,
    PKWAIT_BLOCK WaitBlockArray)
{
    EVENT_WAIT Wait;
    LARGE_INTEGER Deadline;
    NTSTATUS Status;
    EventSetFlush();
    for (ULONG i = 0; i < Count; i++)
        EventSetFlushObject(Object[i]);
    Wait.Count = Count;
    Wait.Objects = Object;
    Wait.Signal = NULL;
    Wait.WaiterCount = Wait.HandleCount = 0;
    if (!EventIsOurs(Count, Object, WaitType, Alertable) || !EventEnter(&Wait))
        return WineKeWaitForMultipleObjects(
            Count, Object, WaitType, WaitReason, WaitMode, Alertable, Timeout, WaitBlockArray);
    if (Timeout != NULL)
    {
        Deadline = *Timeout;
        if (Deadline.QuadPart < 0)
        {
            LARGE_INTEGER Now;
            NtQuerySystemTime(&Now);
            Deadline.QuadPart = Now.QuadPart - Deadline.QuadPart;
        }
    }
    Status = EventWaitAny(&Wait, Timeout != NULL ? &Deadline : NULL);
    EventLeave(&Wait);
    return Status;
}

NTSTATUS NTAPI KeWaitForSingleObject(
    PVOID Object,
    KWAIT_REASON WaitReason,
    KPROCESSOR_MODE WaitMode,
    BOOLEAN Alertable,
    PLARGE_INTEGER Timeout)
{
    return KeWaitForMultipleObjects(
        1, &Object, WaitAny, WaitReason, WaitMode, Alertable, Timeout, NULL);
}

LONG NTAPI KeSetEvent(PRKEVENT Event, KPRIORITY Increment, BOOLEAN Wait)
{
    HANDLE Handle = ObjectClientHandle(Event);
    if (Handle == NULL)
        return WineKeSetEvent(Event, Increment, Wait);
    return EventSetClient(Event, Handle);
}

/* Wine's resets the handle in WaitListHead.Blink too, a waiter's signal, which may have come from
 * another of the events that he waits for. */
static LONG EventReset(PRKEVENT Event)
{
    LONG Previous;
    RtlEnterCriticalSection(&EventGuard);
    if (EventIsInMemory(Event) && EventFindWaiter(Event) != NULL)
        Previous = InterlockedExchange(&Event->Header.SignalState, 0);
    else
        Previous = WineKeResetEvent(Event);
    RtlLeaveCriticalSection(&EventGuard);
    return Previous;
}

LONG NTAPI KeResetEvent(PRKEVENT Event)
{
    HANDLE Handle = ObjectClientHandle(Event);
    LONG Previous = 0;
    if (Handle == NULL)
        return EventReset(Event);
    EventSetFlushObject(Event);
    NtResetEvent(Handle, &Previous);
    return Previous;
}

VOID NTAPI KeClearEvent(PRKEVENT Event)
{
    KeResetEvent(Event);
}

LONG NTAPI KeReadStateEvent(PRKEVENT Event)
{
    HANDLE Handle = ObjectClientHandle(Event);
    EVENT_BASIC_INFORMATION Information = {0};
    if (Handle == NULL)
        return WineKeReadStateEvent(Event);
    EventSetFlushObject(Event);
    NtQueryEvent(Handle, 0, &Information, sizeof(Information), NULL);
    return Information.EventState;
}
