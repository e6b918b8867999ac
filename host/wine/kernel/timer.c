/* SPDX-License-Identifier: MIT */
/*
 * Timers and deferred procedure calls. One thread waits for the timers and makes the calls, in the
 * order in which they were queued: Wine has calls only as what a timer does, on any of several
 * threads, and cannot cancel a timer from its own call.
 *
 * Wine's waits for timers in memory stay Wine's: a timer is signalled as it signals an event.
 */
#define _NTSYSTEM_
#include <ntifs.h>

#include "executive.h"
#include "log.h"
#include "ntdll.h"
#include "wine_kernel.h"

#define TIMER_NEVER    (~0ull)
#define TIMER_DPC_TYPE 19

static RTL_CRITICAL_SECTION TimerGuard = RTL_CRITICAL_SECTION_INITIALIZER;
/* Guarded by TimerGuard. DISPATCHER_HEADER.Reserved: the timer is in the list; KDPC.DpcData: the
 * call is in the queue. KTIMER.DueTime is in TimerNow's units. */
static LIST_ENTRY TimerList = {&TimerList, &TimerList};
static LIST_ENTRY TimerCalls = {&TimerCalls, &TimerCalls};
static BOOLEAN TimerThreadRuns;
static volatile LONG TimerChanges; /* counts what the thread has to look at */

/* 100 ns, from some start: Wine's counter has that frequency. */
static ULONGLONG TimerNow(VOID)
{
    LARGE_INTEGER Counter;
    NtQueryPerformanceCounter(&Counter, NULL);
    return (ULONGLONG)Counter.QuadPart;
}

static VOID TimerUnlink(PKTIMER Timer)
{
    RemoveEntryList(&Timer->TimerListEntry);
    Timer->Header.Reserved = FALSE;
}

static BOOLEAN TimerQueueCall(PKDPC Dpc, PVOID SystemArgument1, PVOID SystemArgument2)
{
    if (Dpc->DpcData != NULL)
        return FALSE;
    Dpc->SystemArgument1 = SystemArgument1;
    Dpc->SystemArgument2 = SystemArgument2;
    Dpc->DpcData = &TimerCalls;
    InsertTailList(&TimerCalls, &Dpc->DpcListEntry);
    return TRUE;
}

static VOID TimerExpire(PKTIMER Timer)
{
    if (Timer->Period != 0)
        Timer->DueTime.QuadPart += (ULONGLONG)Timer->Period * 10000;
    else
        TimerUnlink(Timer);
    if (Timer->Dpc != NULL)
        TimerQueueCall(Timer->Dpc, NULL, NULL);
    WineKeSetEvent((PRKEVENT)Timer, IO_NO_INCREMENT, FALSE);
}

/* When the next timer is due. */
static ULONGLONG TimerExpireAll(VOID)
{
    ULONGLONG Now = TimerNow(), Next = TIMER_NEVER;
    PLIST_ENTRY Entry = TimerList.Flink;
    while (Entry != &TimerList)
    {
        PKTIMER Timer = CONTAINING_RECORD(Entry, KTIMER, TimerListEntry);
        Entry = Entry->Flink;
        if (Timer->DueTime.QuadPart > Now && Timer->DueTime.QuadPart < Next)
            Next = Timer->DueTime.QuadPart;
        if (Timer->DueTime.QuadPart > Now)
            continue;
        if (Timer->Period != 0)
            Next = Now;
        TimerExpire(Timer);
    }
    return Next;
}

/* TimerGuard is held, but not while the routine runs, which may free the object. */
static BOOLEAN TimerMakeCall(VOID)
{
    PKDPC Dpc;
    KDPC Call;
    if (IsListEmpty(&TimerCalls))
        return FALSE;
    Dpc = CONTAINING_RECORD(RemoveHeadList(&TimerCalls), KDPC, DpcListEntry);
    Dpc->DpcData = NULL;
    Call = *Dpc;
    RtlLeaveCriticalSection(&TimerGuard);
    Call.DeferredRoutine(Dpc, Call.DeferredContext, Call.SystemArgument1, Call.SystemArgument2);
    RtlEnterCriticalSection(&TimerGuard);
    return TRUE;
}

static VOID NTAPI TimerThread(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    for (;;)
    {
        LONG Seen = ReadAcquire(&TimerChanges);
        ULONGLONG Next, Now;
        LARGE_INTEGER Timeout;
        RtlEnterCriticalSection(&TimerGuard);
        do
            Next = TimerExpireAll();
        while (TimerMakeCall());
        RtlLeaveCriticalSection(&TimerGuard);
        Now = TimerNow();
        if (Next <= Now)
            continue;
        Timeout.QuadPart = -(LONGLONG)(Next - Now);
        RtlWaitOnAddress(
            (PVOID)&TimerChanges, &Seen, sizeof(Seen), Next != TIMER_NEVER ? &Timeout : NULL);
    }
}

/* TimerGuard is held. */
static VOID TimerWakeThread(VOID)
{
    HANDLE Thread;
    InterlockedIncrement(&TimerChanges);
    if (TimerThreadRuns)
    {
        RtlWakeAddressAll((PVOID)&TimerChanges);
        return;
    }
    TimerThreadRuns = NT_SUCCESS(
        PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, TimerThread, NULL));
    if (TimerThreadRuns)
        ZwClose(Thread);
    else
        LogError("no thread for timers and deferred procedure calls");
}

/* ---- Deferred procedure calls ---- */

VOID NTAPI KeInitializeDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine, PVOID DeferredContext)
{
    RtlZeroMemory(Dpc, sizeof(*Dpc));
    Dpc->Type = TIMER_DPC_TYPE;
    Dpc->DeferredRoutine = DeferredRoutine;
    Dpc->DeferredContext = DeferredContext;
}

/* Every call is made by a thread. */
VOID NTAPI
KeInitializeThreadedDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine, PVOID DeferredContext)
{
    KeInitializeDpc(Dpc, DeferredRoutine, DeferredContext);
}

BOOLEAN NTAPI KeInsertQueueDpc(PRKDPC Dpc, PVOID SystemArgument1, PVOID SystemArgument2)
{
    BOOLEAN Queued;
    RtlEnterCriticalSection(&TimerGuard);
    Queued = TimerQueueCall(Dpc, SystemArgument1, SystemArgument2);
    TimerWakeThread();
    RtlLeaveCriticalSection(&TimerGuard);
    return Queued;
}

BOOLEAN NTAPI KeRemoveQueueDpc(PRKDPC Dpc)
{
    BOOLEAN Queued;
    RtlEnterCriticalSection(&TimerGuard);
    Queued = Dpc->DpcData != NULL;
    if (Queued)
        RemoveEntryList(&Dpc->DpcListEntry);
    Dpc->DpcData = NULL;
    RtlLeaveCriticalSection(&TimerGuard);
    return Queued;
}

static VOID NTAPI
TimerFlushed(PKDPC Dpc, PVOID DeferredContext, PVOID SystemArgument1, PVOID SystemArgument2)
{
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(SystemArgument1);
    UNREFERENCED_PARAMETER(SystemArgument2);
    KeSetEvent(DeferredContext, IO_NO_INCREMENT, FALSE);
}

VOID NTAPI KeFlushQueuedDpcs(VOID)
{
    KDPC Last;
    KEVENT Flushed;
    KeInitializeEvent(&Flushed, NotificationEvent, FALSE);
    KeInitializeDpc(&Last, TimerFlushed, &Flushed);
    KeInsertQueueDpc(&Last, NULL, NULL);
    KeWaitForSingleObject(&Flushed, Executive, KernelMode, FALSE, NULL);
}

/* ---- Timers ---- */

BOOLEAN NTAPI KeSetTimerEx(PKTIMER Timer, LARGE_INTEGER DueTime, LONG Period, PKDPC Dpc)
{
    LONGLONG Interval = -DueTime.QuadPart;
    BOOLEAN Queued;
    if (DueTime.QuadPart >= 0)
    {
        LARGE_INTEGER Now;
        NtQuerySystemTime(&Now);
        Interval = DueTime.QuadPart > Now.QuadPart ? DueTime.QuadPart - Now.QuadPart : 0;
    }
    RtlEnterCriticalSection(&TimerGuard);
    Queued = Timer->Header.Reserved != FALSE;
    if (Queued)
        TimerUnlink(Timer);
    WineKeResetEvent((PRKEVENT)Timer);
    Timer->Header.Reserved = TRUE;
    Timer->DueTime.QuadPart = TimerNow() + (ULONGLONG)Interval;
    Timer->Period = Period;
    Timer->Dpc = Dpc;
    InsertTailList(&TimerList, &Timer->TimerListEntry);
    TimerWakeThread();
    RtlLeaveCriticalSection(&TimerGuard);
    return Queued;
}

BOOLEAN NTAPI KeSetTimer(PKTIMER Timer, LARGE_INTEGER DueTime, PKDPC Dpc)
{
    return KeSetTimerEx(Timer, DueTime, 0, Dpc);
}

BOOLEAN NTAPI KeSetCoalescableTimer(
    PKTIMER Timer, LARGE_INTEGER DueTime, ULONG Period, ULONG TolerableDelay, PKDPC Dpc)
{
    UNREFERENCED_PARAMETER(TolerableDelay);
    return KeSetTimerEx(Timer, DueTime, (LONG)Period, Dpc);
}

BOOLEAN NTAPI KeCancelTimer(PKTIMER Timer)
{
    BOOLEAN Queued;
    RtlEnterCriticalSection(&TimerGuard);
    Queued = Timer->Header.Reserved != FALSE;
    if (Queued)
        TimerUnlink(Timer);
    RtlLeaveCriticalSection(&TimerGuard);
    return Queued;
}

BOOLEAN NTAPI KeReadStateTimer(PKTIMER Timer)
{
    return ReadAcquire(&Timer->Header.SignalState) != 0;
}
