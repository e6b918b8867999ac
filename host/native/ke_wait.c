/* SPDX-License-Identifier: MIT */
/*
 * Dispatcher objects and waiting on them: events, mutexes, semaphores, threads, processes.
 * One lock guards them all, as in NT before version 6.1; a thread sleeps on its own condition.
 */
#include <stdlib.h>
#include <time.h>

#include "executive.h"

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define KI_TSAN 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define KI_TSAN 1
#endif

#if KI_TSAN
void AnnotateIgnoreSyncBegin(const char *File, int Line);
void AnnotateIgnoreSyncEnd(const char *File, int Line);
void AnnotateIgnoreReadsBegin(const char *File, int Line);
void AnnotateIgnoreReadsEnd(const char *File, int Line);
void AnnotateIgnoreWritesBegin(const char *File, int Line);
void AnnotateIgnoreWritesEnd(const char *File, int Line);
void __tsan_acquire(void *Address);
void __tsan_release(void *Address);
#endif

KI_MUTEX KiDispatcherLock = KI_MUTEX_INITIALIZER;

typedef struct _KI_WAIT_BLOCK
{
    LIST_ENTRY Entry; /* in the object's WaitListHead */
    struct _KI_WAIT *Wait;
    DISPATCHER_HEADER *Header;
} KI_WAIT_BLOCK;

typedef struct _KI_WAIT
{
    PKTHREAD Thread;
    KI_WAIT_BLOCK *Blocks;
    ULONG Count;
    BOOLEAN All;
    BOOLEAN Done;
    NTSTATUS Status;
} KI_WAIT;

#if KI_TSAN

/* How many KiLock are in force in this thread. */
static _Thread_local ULONG KiIgnoring;

static VOID KiIgnoreBegin(VOID)
{
    AnnotateIgnoreSyncBegin(__FILE__, __LINE__);
    AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
    AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
    KiIgnoring++;
}

static VOID KiIgnoreEnd(VOID)
{
    KiIgnoring--;
    AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
    AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
    AnnotateIgnoreSyncEnd(__FILE__, __LINE__);
}

/* Between KiLock and KiUnlock the sanitizer would ignore these two as well. */
static VOID KiTsanCall(void (*Function)(void *), PVOID Object)
{
    for (ULONG Depth = 0; Depth < KiIgnoring; Depth++)
    {
        AnnotateIgnoreSyncEnd(__FILE__, __LINE__);
    }
    Function(Object);
    for (ULONG Depth = 0; Depth < KiIgnoring; Depth++)
    {
        AnnotateIgnoreSyncBegin(__FILE__, __LINE__);
    }
}

VOID KiTsanAcquire(PVOID Object)
{
    KiTsanCall(__tsan_acquire, Object);
}

VOID KiTsanRelease(PVOID Object)
{
    KiTsanCall(__tsan_release, Object);
}

#else

static VOID KiIgnoreBegin(VOID)
{
}

static VOID KiIgnoreEnd(VOID)
{
}

VOID KiTsanAcquire(PVOID Object)
{
    UNREFERENCED_PARAMETER(Object);
}

VOID KiTsanRelease(PVOID Object)
{
    UNREFERENCED_PARAMETER(Object);
}

#endif

VOID KiLock(PKI_MUTEX Mutex)
{
    KiIgnoreBegin();
    pthread_mutex_lock(&Mutex->Mutex);
}

VOID KiUnlock(PKI_MUTEX Mutex)
{
    pthread_mutex_unlock(&Mutex->Mutex);
    KiIgnoreEnd();
}

VOID KiInitializeCondition(pthread_cond_t *Condition)
{
    pthread_condattr_t Attributes;
    pthread_condattr_init(&Attributes);
    pthread_condattr_setclock(&Attributes, CLOCK_MONOTONIC);
    pthread_cond_init(Condition, &Attributes);
    pthread_condattr_destroy(&Attributes);
}

VOID KiWaitCondition(pthread_cond_t *Condition)
{
    pthread_cond_wait(Condition, &KiDispatcherLock.Mutex);
}

VOID KiInitializeHeader(DISPATCHER_HEADER *Header, UCHAR Type, LONG SignalState)
{
    RtlZeroMemory(Header, sizeof(*Header));
    Header->Type = Type;
    Header->SignalState = SignalState;
    InitializeListHead(&Header->WaitListHead);
}

static BOOLEAN KiIsSignalled(DISPATCHER_HEADER *Header, PKTHREAD Thread)
{
    if (Header->Type == MutantObject)
    {
        PKMUTANT Mutant = CONTAINING_RECORD(Header, KMUTANT, Header);
        return Header->SignalState > 0 || Mutant->OwnerThread == Thread;
    }
    return Header->SignalState > 0;
}

/* What a satisfied wait does to the object. */
static VOID KiSatisfyObject(DISPATCHER_HEADER *Header, PKTHREAD Thread)
{
    switch (Header->Type)
    {
    case EventSynchronizationObject:
    case TimerSynchronizationObject:
        Header->SignalState = 0;
        break;
    case SemaphoreObject:
        Header->SignalState--;
        break;
    case MutantObject:
    {
        PKMUTANT Mutant = CONTAINING_RECORD(Header, KMUTANT, Header);
        if (--Header->SignalState == 0)
        {
            Mutant->OwnerThread = Thread;
            Thread->ApcDisable += Mutant->ApcDisable;
        }
        break;
    }
    default:
        break;
    }
}

/* Whether the wait can end now; then it is satisfied. */
static BOOLEAN KiTrySatisfy(KI_WAIT *Wait)
{
    for (ULONG Index = 0; Index < Wait->Count; Index++)
    {
        BOOLEAN Signalled = KiIsSignalled(Wait->Blocks[Index].Header, Wait->Thread);
        if (Signalled && !Wait->All)
        {
            KiSatisfyObject(Wait->Blocks[Index].Header, Wait->Thread);
            Wait->Status = STATUS_WAIT_0 + (NTSTATUS)Index;
            return TRUE;
        }
        if (!Signalled && Wait->All)
        {
            return FALSE;
        }
    }
    if (!Wait->All)
    {
        return FALSE;
    }
    for (ULONG Index = 0; Index < Wait->Count; Index++)
    {
        KiSatisfyObject(Wait->Blocks[Index].Header, Wait->Thread);
    }
    Wait->Status = STATUS_WAIT_0;
    return TRUE;
}

static VOID KiUnlinkWait(KI_WAIT *Wait)
{
    for (ULONG Index = 0; Index < Wait->Count; Index++)
    {
        RemoveEntryList(&Wait->Blocks[Index].Entry);
    }
}

VOID KiReleaseWaiters(DISPATCHER_HEADER *Header)
{
    PLIST_ENTRY Entry = Header->WaitListHead.Flink;
    while (Entry != &Header->WaitListHead && Header->SignalState > 0)
    {
        KI_WAIT *Wait = CONTAINING_RECORD(Entry, KI_WAIT_BLOCK, Entry)->Wait;
        if (!KiTrySatisfy(Wait))
        {
            Entry = Entry->Flink;
            continue;
        }
        KiUnlinkWait(Wait);
        Wait->Done = TRUE;
        pthread_cond_signal(&Wait->Thread->Wake);
        /* The wait may have had several blocks in this list. */
        Entry = Header->WaitListHead.Flink;
    }
}

VOID KiSignalHeader(DISPATCHER_HEADER *Header)
{
    KiLock(&KiDispatcherLock);
    KiTsanRelease(Header);
    Header->SignalState = 1;
    KiReleaseWaiters(Header);
    KiUnlock(&KiDispatcherLock);
}

static VOID KiDeadline(const LARGE_INTEGER *Timeout, struct timespec *Deadline)
{
    LONGLONG Interval = -Timeout->QuadPart;
    if (Timeout->QuadPart > 0)
    {
        Interval = Timeout->QuadPart - (LONGLONG)KiSystemTime();
        Interval = Interval < 0 ? 0 : Interval;
    }
    ULONGLONG End = KiMonotonicTime() + (ULONGLONG)Interval;
    Deadline->tv_sec = (time_t)(End / 10000000);
    Deadline->tv_nsec = (long)(End % 10000000 * 100);
}

/* What the signallers did before they signalled happened before the wait ended. */
static NTSTATUS KiFinishWait(const KI_WAIT *Wait)
{
    for (ULONG Index = 0; Wait->Status != STATUS_TIMEOUT && Index < Wait->Count; Index++)
    {
        if (Wait->All || (NTSTATUS)Index == Wait->Status - STATUS_WAIT_0)
        {
            KiTsanAcquire(Wait->Blocks[Index].Header);
        }
    }
    return Wait->Status;
}

/* The lock is held. Sleeps until a signaller has satisfied the wait, or the deadline is over. */
static VOID KiSleep(KI_WAIT *Wait, const struct timespec *Deadline)
{
    for (ULONG Index = 0; Index < Wait->Count; Index++)
    {
        Wait->Blocks[Index].Wait = Wait;
        InsertTailList(&Wait->Blocks[Index].Header->WaitListHead, &Wait->Blocks[Index].Entry);
    }
    int Error = 0;
    while (!Wait->Done && Error == 0)
    {
        Error = Deadline
                    ? pthread_cond_timedwait(&Wait->Thread->Wake, &KiDispatcherLock.Mutex, Deadline)
                    : pthread_cond_wait(&Wait->Thread->Wake, &KiDispatcherLock.Mutex);
    }
    if (!Wait->Done)
    {
        KiUnlinkWait(Wait);
    }
}

static NTSTATUS KiWait(KI_WAIT *Wait, const LARGE_INTEGER *Timeout)
{
    struct timespec Deadline;
    if (Timeout && Timeout->QuadPart)
    {
        KiDeadline(Timeout, &Deadline);
    }
    Wait->Status = STATUS_TIMEOUT;
    KiLock(&KiDispatcherLock);
    if (!KiTrySatisfy(Wait) && (!Timeout || Timeout->QuadPart))
    {
        KiSleep(Wait, Timeout ? &Deadline : NULL);
    }
    KiUnlock(&KiDispatcherLock);
    return KiFinishWait(Wait);
}

static VOID KiAssertWait(PCSTR Function, const LARGE_INTEGER *Timeout)
{
    BOOLEAN MayBlock = !Timeout || Timeout->QuadPart != 0;
    RulesIrqlAtMost(RULES_SITE_OF("Irql"), Function, "wdm", MayBlock ? APC_LEVEL : DISPATCH_LEVEL);
}

VOID KiAssertObject(PCSTR Function, PVOID Object)
{
    DISPATCHER_HEADER *Header = Object;
    RULE_IN(
        Function,
        Header && Header->Type <= TimerSynchronizationObject && Header->WaitListHead.Flink,
        "DispatcherObject", "kernel/introduction-to-kernel-dispatcher-objects",
        "%p is not an initialized dispatcher object", Object);
}

/* Before a wait: mutexes keep the order of locks. A wait that is short of all cannot deadlock. */
static VOID
KiOrderMutexes(PCSTR Function, const KI_WAIT *Wait, const LARGE_INTEGER *Timeout, PVOID Caller)
{
    for (ULONG Index = 0; !Timeout && Index < Wait->Count; Index++)
    {
        DISPATCHER_HEADER *Header = Wait->Blocks[Index].Header;
        if (Header->Type == MutantObject && Header->Reserved)
        {
            RulesOrderCheck(Function, Header, Header->Reserved, Caller);
        }
    }
}

/* After a wait: the mutexes that ended it are this thread's. */
static VOID KiHoldMutexes(PCSTR Function, const KI_WAIT *Wait, PVOID Caller)
{
    for (ULONG Index = 0; Wait->Status != STATUS_TIMEOUT && Index < Wait->Count; Index++)
    {
        DISPATCHER_HEADER *Header = Wait->Blocks[Index].Header;
        if (Header->Type == MutantObject && Header->Reserved &&
            (Wait->All || (NTSTATUS)Index == Wait->Status - STATUS_WAIT_0))
        {
            RulesLockAcquire(Function, "wdm", Header, RulesMutex, Header->Reserved, Caller);
        }
    }
}

NTSTATUS KeWaitForSingleObject(
    PVOID Object,
    KWAIT_REASON WaitReason,
    KPROCESSOR_MODE WaitMode,
    BOOLEAN Alertable,
    PLARGE_INTEGER Timeout)
{
    UNREFERENCED_PARAMETER(WaitReason);
    UNREFERENCED_PARAMETER(WaitMode);
    UNREFERENCED_PARAMETER(Alertable);
    PKTHREAD Thread = KI_CURRENT();
    KI_WAIT_BLOCK Block = {.Header = Object};
    KI_WAIT Wait = {.Thread = Thread, .Blocks = &Block, .Count = 1};
    KiAssertWait(__func__, Timeout);
    KiAssertObject(__func__, Object);
    KiOrderMutexes(__func__, &Wait, Timeout, __builtin_return_address(0));
    NTSTATUS Status = KiWait(&Wait, Timeout);
    KiHoldMutexes(__func__, &Wait, __builtin_return_address(0));
    return Status;
}

NTSTATUS KeWaitForMultipleObjects(
    ULONG Count,
    PVOID Object[],
    WAIT_TYPE WaitType,
    KWAIT_REASON WaitReason,
    KPROCESSOR_MODE WaitMode,
    BOOLEAN Alertable,
    PLARGE_INTEGER Timeout,
    PKWAIT_BLOCK WaitBlockArray)
{
    UNREFERENCED_PARAMETER(WaitReason);
    UNREFERENCED_PARAMETER(WaitMode);
    UNREFERENCED_PARAMETER(Alertable);
    PKTHREAD Thread = KI_CURRENT();
    KI_WAIT_BLOCK Blocks[MAXIMUM_WAIT_OBJECTS];
    KI_WAIT Wait = {.Thread = Thread, .Blocks = Blocks, .Count = Count, .All = WaitType == WaitAll};
    KiAssertWait(__func__, Timeout);
    RULE(
        Count > 0 && Count <= (WaitBlockArray ? MAXIMUM_WAIT_OBJECTS : THREAD_WAIT_OBJECTS),
        "WaitCount", "wdm", "%u objects, the limit is %u %s WaitBlockArray", Count,
        WaitBlockArray ? MAXIMUM_WAIT_OBJECTS : THREAD_WAIT_OBJECTS,
        WaitBlockArray ? "with" : "without");
    for (ULONG Index = 0; Index < Count; Index++)
    {
        KiAssertObject(__func__, Object[Index]);
        Blocks[Index] = (KI_WAIT_BLOCK){.Header = Object[Index]};
    }
    KiOrderMutexes(__func__, &Wait, Timeout, __builtin_return_address(0));
    NTSTATUS Status = KiWait(&Wait, Timeout);
    KiHoldMutexes(__func__, &Wait, __builtin_return_address(0));
    return Status;
}

NTSTATUS
KeDelayExecutionThread(KPROCESSOR_MODE WaitMode, BOOLEAN Alertable, PLARGE_INTEGER Interval)
{
    UNREFERENCED_PARAMETER(WaitMode);
    UNREFERENCED_PARAMETER(Alertable);
    KI_WAIT Wait = {.Thread = KI_CURRENT()};
    RULE_IRQL_AT_MOST("wdm", APC_LEVEL);
    KiWait(&Wait, Interval);
    return STATUS_SUCCESS;
}

VOID KeInitializeEvent(PRKEVENT Event, EVENT_TYPE Type, BOOLEAN State)
{
    KiInitializeHeader(&Event->Header, (UCHAR)Type, State ? 1 : 0);
}

static LONG KiChangeEvent(PRKEVENT Event, LONG State)
{
    KiLock(&KiDispatcherLock);
    LONG Previous = Event->Header.SignalState;
    if (Previous)
    {
        KiTsanAcquire(Event);
    }
    KiTsanRelease(Event);
    Event->Header.SignalState = State;
    if (State)
    {
        KiReleaseWaiters(&Event->Header);
    }
    KiUnlock(&KiDispatcherLock);
    return Previous;
}

LONG KeSetEvent(PRKEVENT Event, KPRIORITY Increment, BOOLEAN Wait)
{
    UNREFERENCED_PARAMETER(Increment);
    RULE_IRQL_AT_MOST("wdm", Wait ? APC_LEVEL : DISPATCH_LEVEL);
    RULE(!Wait, "WaitTrue", "wdm", "Wait is TRUE: the dispatcher lock would stay held");
    KiAssertObject(__func__, Event);
    return KiChangeEvent(Event, 1);
}

LONG KeResetEvent(PRKEVENT Event)
{
    RULE_IRQL_AT_MOST("wdm", DISPATCH_LEVEL);
    KiAssertObject(__func__, Event);
    return KiChangeEvent(Event, 0);
}

VOID KeClearEvent(PRKEVENT Event)
{
    RULE_IRQL_AT_MOST("wdm", DISPATCH_LEVEL);
    KiAssertObject(__func__, Event);
    KiChangeEvent(Event, 0);
}

LONG KeReadStateEvent(PRKEVENT Event)
{
    RULE_IRQL_AT_MOST("wdm", DISPATCH_LEVEL);
    KiAssertObject(__func__, Event);
    KiLock(&KiDispatcherLock);
    LONG State = Event->Header.SignalState;
    if (State)
    {
        KiTsanAcquire(Event);
    }
    KiUnlock(&KiDispatcherLock);
    return State;
}

VOID KeInitializeMutex(PRKMUTEX Mutex, ULONG Level)
{
    UNREFERENCED_PARAMETER(Level);
    RtlZeroMemory(Mutex, sizeof(*Mutex));
    KiInitializeHeader(&Mutex->Header, MutantObject, 1);
    Mutex->Header.Reserved = (UCHAR)RulesOrderClass(__builtin_return_address(0));
    Mutex->ApcDisable = 1;
}

LONG KeReleaseMutex(PRKMUTEX Mutex, BOOLEAN Wait)
{
    RULE_IRQL_AT_MOST("wdm", Wait ? APC_LEVEL : DISPATCH_LEVEL);
    RULE(!Wait, "WaitTrue", "wdm", "Wait is TRUE: the dispatcher lock would stay held");
    KiAssertObject(__func__, Mutex);
    PKTHREAD Thread = KI_CURRENT();
    KiLock(&KiDispatcherLock);
    LONG Previous = Mutex->Header.SignalState;
    if (Mutex->OwnerThread != Thread)
    {
        KiUnlock(&KiDispatcherLock);
        ExRaiseStatus(STATUS_MUTANT_NOT_OWNED);
    }
    KiTsanRelease(Mutex);
    RulesLockRelease(__func__, "wdm", &Mutex->Header, RulesMutex);
    if (++Mutex->Header.SignalState == 1)
    {
        Mutex->OwnerThread = NULL;
        Thread->ApcDisable -= Mutex->ApcDisable;
        KiReleaseWaiters(&Mutex->Header);
    }
    KiUnlock(&KiDispatcherLock);
    return Previous;
}

VOID KeInitializeSemaphore(PRKSEMAPHORE Semaphore, LONG Count, LONG Limit)
{
    KiInitializeHeader(&Semaphore->Header, SemaphoreObject, Count);
    Semaphore->Limit = Limit;
}

LONG KeReleaseSemaphore(PRKSEMAPHORE Semaphore, KPRIORITY Increment, LONG Adjustment, BOOLEAN Wait)
{
    UNREFERENCED_PARAMETER(Increment);
    RULE_IRQL_AT_MOST("wdm", Wait ? APC_LEVEL : DISPATCH_LEVEL);
    RULE(!Wait, "WaitTrue", "wdm", "Wait is TRUE: the dispatcher lock would stay held");
    KiAssertObject(__func__, Semaphore);
    KiLock(&KiDispatcherLock);
    LONG Previous = Semaphore->Header.SignalState;
    if (Adjustment <= 0 || Adjustment > Semaphore->Limit - Previous)
    {
        KiUnlock(&KiDispatcherLock);
        ExRaiseStatus(STATUS_SEMAPHORE_LIMIT_EXCEEDED);
    }
    KiTsanRelease(Semaphore);
    Semaphore->Header.SignalState += Adjustment;
    KiReleaseWaiters(&Semaphore->Header);
    KiUnlock(&KiDispatcherLock);
    return Previous;
}
