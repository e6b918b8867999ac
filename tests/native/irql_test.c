/* SPDX-License-Identifier: MIT */
/*
 * IRQL, spin locks and critical regions: right callers pass, wrong ones are caught.
 */
#include <pthread.h>

#include "outcome.h"

static void RaiseAndLower(void **State)
{
    (void)State;
    assert_int_equal(NativeRaiseIrql(DISPATCH_LEVEL), PASSIVE_LEVEL);
    assert_int_equal(NativeRaiseIrql(DISPATCH_LEVEL), DISPATCH_LEVEL);
    NativeLowerIrql(APC_LEVEL);
    assert_int_equal(NativeRaiseIrql(APC_LEVEL), APC_LEVEL);
    NativeLowerIrql(PASSIVE_LEVEL);
}

static void *ReadOtherIrql(void *Context)
{
    *(KIRQL *)Context = NativeRaiseIrql(DISPATCH_LEVEL);
    NativeLowerIrql(PASSIVE_LEVEL);
    return NULL;
}

static void IsPerThread(void **State)
{
    (void)State;
    pthread_t Thread;
    KIRQL Other = HIGH_LEVEL, Old = NativeRaiseIrql(DISPATCH_LEVEL);
    assert_int_equal(pthread_create(&Thread, NULL, ReadOtherIrql, &Other), 0);
    pthread_join(Thread, NULL);
    assert_int_equal(Other, PASSIVE_LEVEL);
    NativeLowerIrql(Old);
}

static void RaiseBelow(void *Context)
{
    (void)Context;
    NativeRaiseIrql(DISPATCH_LEVEL);
    NativeRaiseIrql(APC_LEVEL);
}

static void LowerAbove(void *Context)
{
    (void)Context;
    NativeLowerIrql(DISPATCH_LEVEL);
}

static void WrongDirections(void **State)
{
    (void)State;
    AssertRuleBroken(RaiseBelow, NULL, "IrqlRaise", "NativeRaiseIrql");
    AssertRuleBroken(LowerAbove, NULL, "IrqlLower", "NativeLowerIrql");
    /* The attempt gave the IRQL back. */
    assert_int_equal(NativeRaiseIrql(PASSIVE_LEVEL), PASSIVE_LEVEL);
}

static void SpinLockRaises(void **State)
{
    (void)State;
    KSPIN_LOCK Lock;
    KLOCK_QUEUE_HANDLE Outer, Inner;
    KSPIN_LOCK Second;
    KeInitializeSpinLock(&Lock);
    KeInitializeSpinLock(&Second);
    KeAcquireInStackQueuedSpinLock(&Lock, &Outer);
    assert_int_equal(NativeRaiseIrql(DISPATCH_LEVEL), DISPATCH_LEVEL);
    KeAcquireInStackQueuedSpinLockAtDpcLevel(&Second, &Inner);
    KeReleaseInStackQueuedSpinLockFromDpcLevel(&Inner);
    KeReleaseInStackQueuedSpinLock(&Outer);
    assert_int_equal(NativeRaiseIrql(PASSIVE_LEVEL), PASSIVE_LEVEL);
}

#define COUNT_THREADS 4
#define COUNT_ROUNDS  2000

static struct
{
    KSPIN_LOCK Lock;
    int Value;
} Counter;

static void *CountUp(void *Context)
{
    (void)Context;
    for (int Round = 0; Round < COUNT_ROUNDS; Round++)
    {
        KLOCK_QUEUE_HANDLE Handle;
        KeAcquireInStackQueuedSpinLock(&Counter.Lock, &Handle);
        Counter.Value++;
        KeReleaseInStackQueuedSpinLock(&Handle);
    }
    return NULL;
}

static void SpinLockExcludes(void **State)
{
    (void)State;
    pthread_t Threads[COUNT_THREADS];
    KeInitializeSpinLock(&Counter.Lock);
    for (int Index = 0; Index < COUNT_THREADS; Index++)
    {
        assert_int_equal(pthread_create(&Threads[Index], NULL, CountUp, NULL), 0);
    }
    for (int Index = 0; Index < COUNT_THREADS; Index++)
    {
        pthread_join(Threads[Index], NULL);
    }
    assert_int_equal(Counter.Value, COUNT_THREADS * COUNT_ROUNDS);
}

static void AcquireTwice(void *Context)
{
    KLOCK_QUEUE_HANDLE First, Second;
    (void)Context;
    KSPIN_LOCK Lock;
    KeInitializeSpinLock(&Lock);
    KeAcquireInStackQueuedSpinLock(&Lock, &First);
    KeAcquireInStackQueuedSpinLock(&Lock, &Second);
}

static void AcquireAtPassive(void *Context)
{
    KLOCK_QUEUE_HANDLE Handle;
    (void)Context;
    KSPIN_LOCK Lock;
    KeInitializeSpinLock(&Lock);
    KeAcquireInStackQueuedSpinLockAtDpcLevel(&Lock, &Handle);
}

static void ReleaseUnheld(void *Context)
{
    KSPIN_LOCK Lock;
    KLOCK_QUEUE_HANDLE Handle = {.LockQueue.Lock = &Lock};
    (void)Context;
    KeInitializeSpinLock(&Lock);
    NativeRaiseIrql(DISPATCH_LEVEL);
    KeReleaseInStackQueuedSpinLock(&Handle);
}

static void LowerWhileHeld(void *Context)
{
    KLOCK_QUEUE_HANDLE Handle;
    (void)Context;
    KSPIN_LOCK Lock;
    KeInitializeSpinLock(&Lock);
    KeAcquireInStackQueuedSpinLock(&Lock, &Handle);
    NativeLowerIrql(PASSIVE_LEVEL);
}

static void OtherHandle(void *Context)
{
    KLOCK_QUEUE_HANDLE First, Second;
    (void)Context;
    KSPIN_LOCK Lock;
    KeInitializeSpinLock(&Lock);
    KeAcquireInStackQueuedSpinLock(&Lock, &First);
    Second = First;
    KeReleaseInStackQueuedSpinLock(&Second);
}

static void WrongSpinLocks(void **State)
{
    (void)State;
    AssertRuleBroken(AcquireTwice, NULL, "LockRecursion", "KeAcquireInStackQueuedSpinLock");
    AssertRuleBroken(AcquireAtPassive, NULL, "Irql", "KeAcquireInStackQueuedSpinLockAtDpcLevel");
    AssertRuleBroken(ReleaseUnheld, NULL, "LockOwner", "KeReleaseInStackQueuedSpinLock");
    AssertRuleBroken(LowerWhileHeld, NULL, "IrqlLower", "NativeLowerIrql");
    AssertRuleBroken(OtherHandle, NULL, "LockHandle", "KeReleaseInStackQueuedSpinLock");
}

static void LeaveUnentered(void *Context)
{
    (void)Context;
    KeLeaveCriticalRegion();
}

static void EnterAtDispatch(void *Context)
{
    (void)Context;
    NativeRaiseIrql(DISPATCH_LEVEL);
    KeEnterCriticalRegion();
}

static void CriticalRegions(void **State)
{
    (void)State;
    KeEnterCriticalRegion();
    KeEnterCriticalRegion();
    KeLeaveCriticalRegion();
    KeLeaveCriticalRegion();
    AssertRuleBroken(LeaveUnentered, NULL, "CriticalRegion", "KeLeaveCriticalRegion");
    AssertRuleBroken(EnterAtDispatch, NULL, "Irql", "KeEnterCriticalRegion");
}

static void Stop(void *Context)
{
    (void)Context;
    KeBugCheckEx(0xE2, 1, 2, 3, 4);
}

static void BugCheckIsAnOutcome(void **State)
{
    (void)State;
    NATIVE_OUTCOME Outcome;
    NativeAttempt(Stop, NULL, &Outcome);
    assert_int_equal(Outcome.Kind, NativeBugCheck);
    assert_int_equal(Outcome.BugCheckCode, 0xE2);
    assert_int_equal(Outcome.BugCheckParameters[3], 4);
}

int main(void)
{
    const struct CMUnitTest Tests[] = {
        cmocka_unit_test(RaiseAndLower),    cmocka_unit_test(IsPerThread),
        cmocka_unit_test(WrongDirections),  cmocka_unit_test(SpinLockRaises),
        cmocka_unit_test(SpinLockExcludes), cmocka_unit_test(WrongSpinLocks),
        cmocka_unit_test(CriticalRegions),  cmocka_unit_test(BugCheckIsAnOutcome),
    };
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
