/* SPDX-License-Identifier: MIT */
/*
 * The first set of an event after a quiet time is done at once, so nobody waits longer for what is
 * alone. Sets that follow it closely become one, which is done when the time is over, or as soon as
 * its thread has nothing more to bring: never later than before that thread waits. It is as if the
 * thread had called KeSetEvent that much later, but for those who can tell: a reset, a look at the
 * state and a wait by any thread that come after KeSetEvent has returned find it done.
 */
#define _NTSYSTEM_
#include <ntifs.h>

#include "event_set.h"
#include "ntdll.h"

/* Threads that gather; the sets of more are done at once. There is one for each adapter. */
#define EVENT_SET_THREADS 32

typedef struct _EVENT_SET_GATHERER
{
    RTL_CRITICAL_SECTION Guard; /* of what follows; held while a set is done */
    PVOID volatile Object;      /* the event that the thread has set last; NULL: none */
    HANDLE Handle;
    LONGLONG Due;          /* from then on a set is done at once, by the performance counter */
    volatile LONG Pending; /* a set is to be done; TRUE by the thread itself only */
} EVENT_SET_GATHERER;

static EVENT_SET_GATHERER EventSetGatherers[EVENT_SET_THREADS] = {
    [0 ... EVENT_SET_THREADS - 1] = {.Guard = RTL_CRITICAL_SECTION_INITIALIZER}};

/* Whose they are; NULL: nobody's. A thread writes and removes itself only. */
static PVOID volatile EventSetThreads[EVENT_SET_THREADS];

/* How many are pending; counted before the set's caller goes on. */
static volatile LONG EventSetPendingCount;

/* This thread's; NULL: it does not gather. */
static EVENT_SET_GATHERER *EventSetFind(VOID)
{
    PVOID Thread = KeGetCurrentThread();
    for (ULONG i = 0; i < EVENT_SET_THREADS; i++)
    {
        if (ReadPointerAcquire(&EventSetThreads[i]) == Thread)
            return &EventSetGatherers[i];
    }
    return NULL;
}

VOID EventSetGather(VOID)
{
    PVOID Thread = KeGetCurrentThread();
    if (EventSetFind() != NULL)
        return;
    for (ULONG i = 0; i < EVENT_SET_THREADS; i++)
    {
        if (ReadPointerAcquire(&EventSetThreads[i]) == NULL &&
            InterlockedCompareExchangePointer(&EventSetThreads[i], Thread, NULL) == NULL)
            return;
    }
}

/* Does the set that is pending, if one is; whether the event was signalled. Guard held. */
static LONG EventSetDo(EVENT_SET_GATHERER *Gatherer)
{
    LARGE_INTEGER Frequency;
    LONG Previous = 0;
    if (!ReadNoFence(&Gatherer->Pending))
        return 0;
    NtSetEvent(Gatherer->Handle, &Previous);
    Gatherer->Due = KeQueryPerformanceCounter(&Frequency).QuadPart;
    Gatherer->Due += Frequency.QuadPart * EVENT_SET_INTERVAL_US / 1000000;
    WriteRelease(&Gatherer->Pending, FALSE);
    InterlockedDecrement(&EventSetPendingCount);
    return Previous;
}

LONG EventSetClient(PVOID Object, HANDLE Handle)
{
    EVENT_SET_GATHERER *Gatherer = EventSetFind();
    LONG Previous = 0;
    if (Gatherer == NULL)
    {
        NtSetEvent(Handle, &Previous);
        return Previous;
    }
    RtlEnterCriticalSection(&Gatherer->Guard);
    if (Gatherer->Object != Object)
    {
        EventSetDo(Gatherer);
        WritePointerRelease(&Gatherer->Object, Object);
        Gatherer->Handle = Handle;
        Gatherer->Due = 0;
    }
    Previous = ReadNoFence(&Gatherer->Pending);
    if (!Previous)
    {
        WriteRelease(&Gatherer->Pending, TRUE);
        InterlockedIncrement(&EventSetPendingCount);
    }
    if (KeQueryPerformanceCounter(NULL).QuadPart >= Gatherer->Due)
        Previous = EventSetDo(Gatherer);
    RtlLeaveCriticalSection(&Gatherer->Guard);
    return Previous;
}

BOOLEAN EventSetIsPending(VOID)
{
    const EVENT_SET_GATHERER *Gatherer = EventSetFind();
    return Gatherer != NULL && ReadAcquire(&Gatherer->Pending) != FALSE;
}

VOID EventSetFlush(VOID)
{
    EVENT_SET_GATHERER *Gatherer;
    if (ReadAcquire(&EventSetPendingCount) == 0)
        return;
    Gatherer = EventSetFind();
    if (Gatherer == NULL)
        return;
    RtlEnterCriticalSection(&Gatherer->Guard);
    EventSetDo(Gatherer);
    RtlLeaveCriticalSection(&Gatherer->Guard);
}

static VOID EventSetDoObject(PVOID Object, BOOLEAN Forget)
{
    for (ULONG i = 0; i < EVENT_SET_THREADS; i++)
    {
        EVENT_SET_GATHERER *Gatherer = &EventSetGatherers[i];
        if (ReadPointerAcquire(&Gatherer->Object) != Object)
            continue;
        RtlEnterCriticalSection(&Gatherer->Guard);
        if (Gatherer->Object == Object)
        {
            EventSetDo(Gatherer);
            if (Forget)
                WritePointerRelease(&Gatherer->Object, NULL);
        }
        RtlLeaveCriticalSection(&Gatherer->Guard);
    }
}

VOID EventSetFlushObject(PVOID Object)
{
    if (ReadAcquire(&EventSetPendingCount) != 0)
        EventSetDoObject(Object, FALSE);
}

VOID EventSetForget(PVOID Object)
{
    EventSetDoObject(Object, TRUE);
}

VOID EventSetEnd(VOID)
{
    EVENT_SET_GATHERER *Gatherer = EventSetFind();
    if (Gatherer == NULL)
        return;
    RtlEnterCriticalSection(&Gatherer->Guard);
    EventSetDo(Gatherer);
    WritePointerRelease(&Gatherer->Object, NULL);
    RtlLeaveCriticalSection(&Gatherer->Guard);
    WritePointerRelease(&EventSetThreads[Gatherer - EventSetGatherers], NULL);
}
