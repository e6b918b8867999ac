/* SPDX-License-Identifier: MIT */
/*
 * Timers, work items, locks and events of NDIS, as a miniport uses them.
 */
#include <pthread.h>
#include <unistd.h>

#include "fixture.h"

static LARGE_INTEGER Soon = {.QuadPart = -10000}, Never = {.QuadPart = -36000000000};

static KIRQL CurrentIrql(void)
{
    KIRQL Irql = NativeRaiseIrql(HIGH_LEVEL);
    NativeLowerIrql(Irql);
    return Irql;
}

/* ---- Timers ---- */

static NDIS_HANDLE Timer;
static NDIS_EVENT Fired;
static struct
{
    volatile LONG Count;
    PVOID Context;
    KIRQL Irql;
    BOOLEAN FreeTimer;
    BOOLEAN SetAgain;
} Expiry;

static VOID NDISAPI Expire(PVOID Specific1, PVOID Context, PVOID Specific2, PVOID Specific3)
{
    UNREFERENCED_PARAMETER(Specific1);
    UNREFERENCED_PARAMETER(Specific2);
    UNREFERENCED_PARAMETER(Specific3);
    Expiry.Context = Context;
    Expiry.Irql = CurrentIrql();
    InterlockedIncrement(&Expiry.Count);
    if (Expiry.FreeTimer)
    {
        NdisFreeTimerObject(Timer);
    }
    if (Expiry.SetAgain)
    {
        Expiry.SetAgain = FALSE;
        assert_false(NdisSetTimerObject(Timer, Soon, 0, Context));
        return;
    }
    NdisSetEvent(&Fired);
}

static NDIS_STATUS AllocateTimer(USHORT Size, PNDIS_TIMER_FUNCTION Function)
{
    NDIS_TIMER_CHARACTERISTICS Characteristics = {
        .Header = {NDIS_OBJECT_TYPE_TIMER_CHARACTERISTICS, 1, Size},
        .AllocationTag = TOY_TAG,
        .TimerFunction = Function,
        .FunctionContext = &Characteristics,
    };
    memset(&Expiry, 0, sizeof(Expiry));
    NdisInitializeEvent(&Fired);
    NDIS_STATUS Status = NdisAllocateTimerObject(Toy.Adapter, &Characteristics, &Timer);
    Expiry.Context = NULL;
    return Status;
}

static VOID MakeTimer(VOID)
{
    assert_int_equal(
        AllocateTimer(sizeof(NDIS_TIMER_CHARACTERISTICS), Expire), NDIS_STATUS_SUCCESS);
}

static void TimerCharacteristics(void **State)
{
    UNREFERENCED_PARAMETER(State);
    FixtureStart();
    assert_int_equal(AllocateTimer(8, Expire), NDIS_STATUS_BAD_CHARACTERISTICS);
    assert_int_equal(
        AllocateTimer(sizeof(NDIS_TIMER_CHARACTERISTICS), NULL), NDIS_STATUS_BAD_CHARACTERISTICS);
    assert_null(Timer);
}

static void OneShotTimer(void **State)
{
    LARGE_INTEGER Past = {.QuadPart = 1};
    PVOID Default;
    UNREFERENCED_PARAMETER(State);
    FixtureStart();
    MakeTimer();
    assert_false(NdisSetTimerObject(Timer, Soon, 0, NULL));
    assert_true(NdisWaitEvent(&Fired, 60000));
    assert_int_equal(Expiry.Irql, DISPATCH_LEVEL);
    Default = Expiry.Context;
    assert_non_null(Default);
    assert_false(NdisCancelTimerObject(Timer));
    NdisResetEvent(&Fired);
    assert_false(NdisSetTimerObject(Timer, Past, 0, &Fired));
    assert_true(NdisWaitEvent(&Fired, 60000));
    assert_ptr_equal(Expiry.Context, &Fired);
    NdisResetEvent(&Fired);
    /* From its own function. */
    Expiry.SetAgain = TRUE;
    assert_false(NdisSetCoalescableTimerObject(Timer, Soon, 0, NULL, 50));
    assert_true(NdisWaitEvent(&Fired, 60000));
    assert_ptr_equal(Expiry.Context, Default);
    assert_int_equal(Expiry.Count, 4);
    KeFlushQueuedDpcs();
    NdisFreeTimerObject(Timer);
}

static void CancelledTimer(void **State)
{
    UNREFERENCED_PARAMETER(State);
    FixtureStart();
    MakeTimer();
    assert_false(NdisSetTimerObject(Timer, Never, 0, NULL));
    assert_true(NdisSetTimerObject(Timer, Never, 0, NULL));
    assert_true(NdisCancelTimerObject(Timer));
    assert_false(NdisCancelTimerObject(Timer));
    NdisFreeTimerObject(Timer);
    assert_int_equal(Expiry.Count, 0);
}

static void PeriodicTimer(void **State)
{
    UNREFERENCED_PARAMETER(State);
    FixtureStart();
    MakeTimer();
    assert_false(NdisSetTimerObject(Timer, Soon, 1, NULL));
    for (int i = 0; i < 3; i++)
    {
        assert_true(NdisWaitEvent(&Fired, 60000));
        NdisResetEvent(&Fired);
    }
    assert_true(NdisCancelTimerObject(Timer));
    LONG Count = Expiry.Count;
    NdisFreeTimerObject(Timer);
    KeFlushQueuedDpcs();
    assert_int_equal(Expiry.Count, Count);
}

static void TimerFreedByItsFunction(void **State)
{
    UNREFERENCED_PARAMETER(State);
    FixtureStart();
    MakeTimer();
    Expiry.FreeTimer = TRUE;
    assert_false(NdisSetTimerObject(Timer, Soon, 0, NULL));
    assert_true(NdisWaitEvent(&Fired, 60000));
    KeFlushQueuedDpcs();
}

/* ---- Work items ---- */

static struct
{
    NDIS_EVENT Done;
    NDIS_HANDLE Handle;
    KIRQL Irql;
    LONG Again;
} Work;

static VOID NDISAPI DoWork(PVOID Context, NDIS_HANDLE Handle)
{
    assert_ptr_equal(Context, &Work);
    Work.Handle = Handle;
    Work.Irql = CurrentIrql();
    if (Work.Again-- > 0)
    {
        NdisQueueIoWorkItem(Handle, DoWork, Context);
        return;
    }
    NdisFreeIoWorkItem(Handle);
    NdisSetEvent(&Work.Done);
}

static VOID RunWork(NDIS_HANDLE Object, LONG Again)
{
    NDIS_HANDLE Item = NdisAllocateIoWorkItem(Object);
    assert_non_null(Item);
    memset(&Work, 0, sizeof(Work));
    NdisInitializeEvent(&Work.Done);
    Work.Again = Again;
    KIRQL Irql = NativeRaiseIrql(DISPATCH_LEVEL);
    NdisQueueIoWorkItem(Item, DoWork, &Work);
    NativeLowerIrql(Irql);
    assert_true(NdisWaitEvent(&Work.Done, 60000));
    assert_ptr_equal(Work.Handle, Item);
    assert_int_equal(Work.Irql, PASSIVE_LEVEL);
}

static void WorkItems(void **State)
{
    NDIS_HANDLE Unused;
    UNREFERENCED_PARAMETER(State);
    FixtureStart();
    RunWork(Toy.Adapter, 0);
    RunWork(Toy.Driver, 10);
    Unused = NdisAllocateIoWorkItem(Toy.Adapter);
    NdisFreeIoWorkItem(Unused);
}

/* ---- Locks ---- */

#define LOCK_THREADS 4
#define LOCK_ROUNDS  2000

static struct
{
    PNDIS_RW_LOCK_EX Lock;
    NDIS_SPIN_LOCK SpinLock;
    ULONG First, Second; /* guarded by Lock, and equal */
    ULONG Spins;         /* guarded by SpinLock */
} Shared;

static void *UseLocks(void *Context)
{
    ULONG Seed = (ULONG)(ULONG_PTR)Context;
    for (ULONG i = 0; i < LOCK_ROUNDS; i++)
    {
        LOCK_STATE_EX State, Inner;
        BOOLEAN AtDispatch = (i + Seed) % 3 == 0;
        ULONG Flags = AtDispatch ? NDIS_RWL_AT_DISPATCH_LEVEL : 0;
        KIRQL Irql = AtDispatch ? NativeRaiseIrql(DISPATCH_LEVEL) : PASSIVE_LEVEL;
        if ((i * 7 + Seed) % 5 == 0)
        {
            NdisAcquireRWLockWrite(Shared.Lock, &State, Flags);
            NdisAcquireRWLockRead(Shared.Lock, &Inner, Flags);
            Shared.First++;
            NdisReleaseRWLock(Shared.Lock, &Inner);
            Shared.Second++;
        }
        else
        {
            NdisAcquireRWLockRead(Shared.Lock, &State, Flags);
            NdisAcquireRWLockRead(Shared.Lock, &Inner, NDIS_RWL_AT_DISPATCH_LEVEL);
            assert_int_equal(Shared.First, Shared.Second);
            NdisReleaseRWLock(Shared.Lock, &Inner);
        }
        assert_int_equal(CurrentIrql(), DISPATCH_LEVEL);
        NdisDprAcquireSpinLock(&Shared.SpinLock);
        Shared.Spins++;
        NdisDprReleaseSpinLock(&Shared.SpinLock);
        NdisReleaseRWLock(Shared.Lock, &State);
        if (AtDispatch)
        {
            NativeLowerIrql(Irql);
        }
        assert_int_equal(CurrentIrql(), PASSIVE_LEVEL);
        NdisAcquireSpinLock(&Shared.SpinLock);
        Shared.Spins++;
        NdisReleaseSpinLock(&Shared.SpinLock);
    }
    return NULL;
}

static void Locks(void **State)
{
    pthread_t Threads[LOCK_THREADS];
    UNREFERENCED_PARAMETER(State);
    memset(&Shared, 0, sizeof(Shared));
    Shared.Lock = NdisAllocateRWLock(NULL);
    assert_non_null(Shared.Lock);
    NdisAllocateSpinLock(&Shared.SpinLock);
    for (ULONG i = 0; i < LOCK_THREADS; i++)
    {
        assert_int_equal(pthread_create(&Threads[i], NULL, UseLocks, (PVOID)(ULONG_PTR)i), 0);
    }
    for (ULONG i = 0; i < LOCK_THREADS; i++)
    {
        pthread_join(Threads[i], NULL);
    }
    assert_int_equal(Shared.First, Shared.Second);
    assert_true(Shared.First > 0);
    assert_int_equal(Shared.Spins, 2 * LOCK_THREADS * LOCK_ROUNDS);
    NdisFreeSpinLock(&Shared.SpinLock);
    NdisFreeRWLock(Shared.Lock);
}

static volatile LONG OtherHasIt, OtherMayLeave;

static void *Read(void *Lock)
{
    LOCK_STATE_EX State;
    NdisAcquireRWLockRead(Lock, &State, 0);
    WriteRelease(&OtherHasIt, TRUE);
    while (!ReadAcquire(&OtherMayLeave))
    {
        YieldProcessor();
    }
    NdisReleaseRWLock(Lock, &State);
    return NULL;
}

/* Two at a time: the test would hang if they took turns. */
static void ReadersShare(void **State)
{
    PNDIS_RW_LOCK_EX Lock = NdisAllocateRWLock(NULL);
    LOCK_STATE_EX LockState;
    pthread_t Thread;
    UNREFERENCED_PARAMETER(State);
    OtherHasIt = OtherMayLeave = FALSE;
    pthread_create(&Thread, NULL, Read, Lock);
    FIXTURE_WAIT(ReadAcquire(&OtherHasIt));
    NdisAcquireRWLockRead(Lock, &LockState, 0);
    NdisReleaseRWLock(Lock, &LockState);
    WriteRelease(&OtherMayLeave, TRUE);
    pthread_join(Thread, NULL);
    NdisFreeRWLock(Lock);
}

static NDIS_RW_LOCK OldLock;

static void *UseOldLock(void *Context)
{
    LOCK_STATE State;
    UNREFERENCED_PARAMETER(Context);
    for (ULONG i = 0; i < LOCK_ROUNDS; i++)
    {
        BOOLEAN Write = i % 5 == 0;
        if (i % 2 == 0)
        {
            NdisAcquireReadWriteLock(&OldLock, Write, &State);
        }
        else
        {
            NativeRaiseIrql(DISPATCH_LEVEL);
            NdisDprAcquireReadWriteLock(&OldLock, Write, &State);
        }
        assert_int_equal(CurrentIrql(), DISPATCH_LEVEL);
        assert_int_equal(Shared.First, Shared.Second);
        if (Write)
        {
            Shared.First++;
            Shared.Second++;
        }
        if (i % 2 == 0)
        {
            NdisReleaseReadWriteLock(&OldLock, &State);
        }
        else
        {
            NdisDprReleaseReadWriteLock(&OldLock, &State);
            assert_int_equal(CurrentIrql(), DISPATCH_LEVEL);
            NativeLowerIrql(PASSIVE_LEVEL);
        }
        assert_int_equal(CurrentIrql(), PASSIVE_LEVEL);
    }
    return NULL;
}

static void *ReadOldLock(void *Context)
{
    LOCK_STATE State;
    UNREFERENCED_PARAMETER(Context);
    NdisAcquireReadWriteLock(&OldLock, FALSE, &State);
    WriteRelease(&OtherHasIt, TRUE);
    NdisReleaseReadWriteLock(&OldLock, &State);
    return NULL;
}

/* A writer keeps readers out for as long as it has the lock. */
static VOID OldLockExcludes(VOID)
{
    LOCK_STATE State;
    pthread_t Thread;
    OtherHasIt = FALSE;
    NdisAcquireReadWriteLock(&OldLock, TRUE, &State);
    pthread_create(&Thread, NULL, ReadOldLock, NULL);
    usleep(50000);
    assert_false(ReadAcquire(&OtherHasIt));
    NdisReleaseReadWriteLock(&OldLock, &State);
    pthread_join(Thread, NULL);
    assert_true(ReadAcquire(&OtherHasIt));
}

/* In memory of the driver's, before NDIS 6.20. */
static void OldLocks(void **State)
{
    pthread_t Threads[LOCK_THREADS];
    UNREFERENCED_PARAMETER(State);
    memset(&Shared, 0, sizeof(Shared));
    memset(&OldLock, 0xAA, sizeof(OldLock));
    NdisInitializeReadWriteLock(&OldLock);
    OldLockExcludes();
    for (ULONG i = 0; i < LOCK_THREADS; i++)
    {
        assert_int_equal(pthread_create(&Threads[i], NULL, UseOldLock, NULL), 0);
    }
    for (ULONG i = 0; i < LOCK_THREADS; i++)
    {
        pthread_join(Threads[i], NULL);
    }
    assert_int_equal(Shared.First, LOCK_THREADS * LOCK_ROUNDS / 5);
    assert_int_equal(Shared.Second, Shared.First);
}

/* ---- Events, time, processors ---- */

static void Events(void **State)
{
    NDIS_EVENT Event;
    UNREFERENCED_PARAMETER(State);
    NdisInitializeEvent(&Event);
    assert_false(NdisWaitEvent(&Event, 1));
    NdisSetEvent(&Event);
    assert_true(NdisWaitEvent(&Event, 0));
    assert_true(NdisWaitEvent(&Event, 1));
    NdisResetEvent(&Event);
    assert_false(NdisWaitEvent(&Event, 1));
}

static void TimeAndProcessors(void **State)
{
    LARGE_INTEGER Before, After;
    KAFFINITY Active = 0;
    ULONG Count = NdisSystemActiveProcessorCount(&Active);
    UNREFERENCED_PARAMETER(State);
    NdisGetCurrentSystemTime(&Before);
    NdisMSleep(2000);
    NdisGetCurrentSystemTime(&After);
    assert_true(After.QuadPart - Before.QuadPart >= 2000 * 10);
    assert_true(Before.QuadPart > 0x1D0000000000000); /* in 2015 */
    assert_true(Count >= 1);
    assert_int_equal(__builtin_popcountll(Active), Count);
    assert_int_equal(NdisSystemProcessorCount(), Count);
    assert_int_equal(NdisGroupActiveProcessorCount(0), Count);
    assert_int_equal(NdisGroupMaxProcessorCount(ALL_PROCESSOR_GROUPS), Count);
    assert_int_equal(NdisGroupMaxProcessorCount(1), 0);
}

int main(void)
{
#define CASE(Name) cmocka_unit_test_setup_teardown(Name, FixtureSetup, FixtureTeardown)
    const struct CMUnitTest Tests[] = {
        CASE(TimerCharacteristics),
        CASE(OneShotTimer),
        CASE(CancelledTimer),
        CASE(PeriodicTimer),
        CASE(TimerFreedByItsFunction),
        CASE(WorkItems),
        CASE(Locks),
        CASE(ReadersShare),
        CASE(OldLocks),
        CASE(Events),
        CASE(TimeAndProcessors),
    };
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
