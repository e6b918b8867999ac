/* SPDX-License-Identifier: MIT */
/*
 * Timer objects. The thread of deferred procedure calls waits for them (ke_dpc.c). An absolute time
 * is made a relative one when the timer is set: changes of the system time are not followed.
 */
#include "ke_dpc.h"

#define TIMER_OR_DPC_INVALID 0xC7u

/* Under KiDispatcherLock. DISPATCHER_HEADER.Reserved: the timer is in it. */
static LIST_ENTRY KiTimers = {&KiTimers, &KiTimers};

static VOID KiUnlinkTimer(PKTIMER Timer)
{
    RemoveEntryList(&Timer->TimerListEntry);
    Timer->Header.Reserved = FALSE;
}

static VOID KiExpireTimer(PKTIMER Timer)
{
    if (Timer->Period)
    {
        Timer->DueTime.QuadPart += (ULONGLONG)Timer->Period * 10000;
    }
    else
    {
        KiUnlinkTimer(Timer);
    }
    KiTsanRelease(Timer);
    Timer->Header.SignalState = 1;
    KiReleaseWaiters(&Timer->Header);
    if (Timer->Dpc)
    {
        KiQueueDpc(Timer->Dpc, NULL, NULL);
    }
}

ULONGLONG KiExpireTimers(VOID)
{
    ULONGLONG Now = KiMonotonicTime(), Next = KI_NEVER;
    PLIST_ENTRY Entry = KiTimers.Flink;
    while (Entry != &KiTimers)
    {
        PKTIMER Timer = CONTAINING_RECORD(Entry, KTIMER, TimerListEntry);
        Entry = Entry->Flink;
        if (Timer->DueTime.QuadPart <= Now)
        {
            KiExpireTimer(Timer);
        }
        if (Timer->Header.Reserved && Timer->DueTime.QuadPart < Next)
        {
            Next = Timer->DueTime.QuadPart;
        }
    }
    return Next;
}

static VOID KiAssertTimer(PCSTR Function, PKTIMER Timer)
{
    KiAssertObject(Function, Timer);
    RULE_IN(
        Function, Timer->Header.Type >= TimerNotificationObject, "TimerObject",
        "kernel/timer-objects-and-dpcs", "%p is not an initialized timer object", (PVOID)Timer);
}

VOID KeInitializeTimerEx(PKTIMER Timer, TIMER_TYPE Type)
{
    RtlZeroMemory(Timer, sizeof(*Timer));
    KiInitializeHeader(
        &Timer->Header,
        Type == NotificationTimer ? TimerNotificationObject : TimerSynchronizationObject, 0);
}

VOID KeInitializeTimer(PKTIMER Timer)
{
    KeInitializeTimerEx(Timer, NotificationTimer);
}

BOOLEAN KeSetTimerEx(PKTIMER Timer, LARGE_INTEGER DueTime, LONG Period, PKDPC Dpc)
{
    LONGLONG Interval = -DueTime.QuadPart;
    RULE_IRQL_AT_MOST("wdm", DISPATCH_LEVEL);
    KiAssertTimer(__func__, Timer);
    RULE(Period >= 0, "TimerPeriod", "wdm", "the period is %d ms, less than 0", Period);
    if (Dpc)
    {
        KiAssertDpc(__func__, Dpc);
    }
    if (DueTime.QuadPart >= 0)
    {
        Interval = DueTime.QuadPart - (LONGLONG)KiSystemTime();
        Interval = Interval < 0 ? 0 : Interval;
    }
    KiNeedDpcThread();
    KiLock(&KiDispatcherLock);
    BOOLEAN Queued = Timer->Header.Reserved;
    if (Queued)
    {
        KiUnlinkTimer(Timer);
    }
    if (Dpc)
    {
        KiTsanRelease(Dpc);
    }
    Timer->Header.SignalState = 0;
    Timer->Header.Reserved = TRUE;
    Timer->DueTime.QuadPart = KiMonotonicTime() + (ULONGLONG)Interval;
    Timer->Period = Period;
    Timer->Dpc = Dpc;
    InsertTailList(&KiTimers, &Timer->TimerListEntry);
    KiWakeDpcThread();
    KiUnlock(&KiDispatcherLock);
    return Queued;
}

BOOLEAN KeSetTimer(PKTIMER Timer, LARGE_INTEGER DueTime, PKDPC Dpc)
{
    return KeSetTimerEx(Timer, DueTime, 0, Dpc);
}

BOOLEAN KeCancelTimer(PKTIMER Timer)
{
    RULE_IRQL_AT_MOST("wdm", DISPATCH_LEVEL);
    KiAssertTimer(__func__, Timer);
    KiLock(&KiDispatcherLock);
    BOOLEAN Queued = Timer->Header.Reserved;
    if (Queued)
    {
        KiUnlinkTimer(Timer);
    }
    KiUnlock(&KiDispatcherLock);
    return Queued;
}

BOOLEAN KeReadStateTimer(PKTIMER Timer)
{
    RULE_IRQL_AT_MOST("wdm", DISPATCH_LEVEL);
    KiAssertTimer(__func__, Timer);
    KiLock(&KiDispatcherLock);
    BOOLEAN State = Timer->Header.SignalState != 0;
    if (State)
    {
        KiTsanAcquire(Timer);
    }
    KiUnlock(&KiDispatcherLock);
    return State;
}

VOID KiMemoryFreed(PVOID Memory, SIZE_T Size)
{
    KiLock(&KiDispatcherLock);
    PVOID Found = KiFindQueuedDpc(Memory, Size);
    ULONG_PTR Kind = Found ? 1 : 0; /* of the bug check's first parameter: a DPC, or a timer */
    for (PLIST_ENTRY Entry = KiTimers.Flink; !Found && Entry != &KiTimers; Entry = Entry->Flink)
    {
        PUCHAR Timer = (PUCHAR)CONTAINING_RECORD(Entry, KTIMER, TimerListEntry);
        if (Timer >= (PUCHAR)Memory && Timer < (PUCHAR)Memory + Size)
        {
            Found = Timer;
        }
    }
    KiUnlock(&KiDispatcherLock);
    if (Found)
    {
        ULONG_PTR Parameters[4] = {
            Kind, (ULONG_PTR)Found, (ULONG_PTR)Memory, (ULONG_PTR)Memory + Size};
        RulesBugCheck(TIMER_OR_DPC_INVALID, Parameters);
    }
}
