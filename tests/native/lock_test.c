/* SPDX-License-Identifier: MIT */
/*
 * Locks: their order, their owners, and how long spin locks are held. Each wrong driver runs in a
 * process of its own where it leaves an order behind that others would break.
 */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "outcome.h"

/* The fixed part of each test in a process that ends with it. */
static void InChild(void (*Body)(void))
{
    int Status = 1;
    pid_t Child = fork();
    if (Child == 0)
    {
        Body();
        _exit(0);
    }
    assert_int_equal(waitpid(Child, &Status, 0), Child);
    assert_int_equal(Status, 0);
}

static KSPIN_LOCK SpinA, SpinB, SpinC, Many[300];
static ERESOURCE ResourceA, ResourceB;
static KMUTEX MutexA, MutexB;

static void InitializeLocks(void)
{
    KeInitializeSpinLock(&SpinA);
    KeInitializeSpinLock(&SpinB);
    KeInitializeSpinLock(&SpinC);
    ExInitializeResourceLite(&ResourceA);
    ExInitializeResourceLite(&ResourceB);
    KeInitializeMutex(&MutexA, 0);
    KeInitializeMutex(&MutexB, 0);
}

static void Nest(PKSPIN_LOCK First, PKSPIN_LOCK Second)
{
    KLOCK_QUEUE_HANDLE Outer, Inner;
    KeAcquireInStackQueuedSpinLock(First, &Outer);
    KeAcquireInStackQueuedSpinLock(Second, &Inner);
    KeReleaseInStackQueuedSpinLock(&Inner);
    KeReleaseInStackQueuedSpinLock(&Outer);
}

static void NestBackwards(void *Context)
{
    (void)Context;
    Nest(&SpinC, &SpinA);
}

/* A before B and B before C: then C before A is a cycle, though no two locks are turned around. */
static void SpinLocks(void)
{
    NATIVE_OUTCOME Outcome;
    InitializeLocks();
    Nest(&SpinA, &SpinB);
    Nest(&SpinB, &SpinC);
    Nest(&SpinA, &SpinC);
    NativeAttempt(NestBackwards, NULL, &Outcome);
    assert_int_equal(Outcome.Kind, NativeRuleBroken);
    assert_string_equal(Outcome.Rule, "LockOrder");
    assert_string_equal(Outcome.Function, "KeAcquireInStackQueuedSpinLock");
    /* Both places are named. */
    assert_non_null(strstr(Outcome.Detail, "in the other order held since "));
}

static void SpinLocksTest(void **State)
{
    (void)State;
    InChild(SpinLocks);
}

static void TakeResources(PERESOURCE First, PERESOURCE Second, BOOLEAN Wait)
{
    KeEnterCriticalRegion();
    ExAcquireResourceExclusiveLite(First, TRUE);
    if (ExAcquireResourceSharedLite(Second, Wait))
    {
        ExReleaseResourceLite(Second);
    }
    ExReleaseResourceLite(First);
    KeLeaveCriticalRegion();
}

static void TakeResourcesBackwards(void *Context)
{
    (void)Context;
    TakeResources(&ResourceB, &ResourceA, TRUE);
}

static void ExclusiveUnderShared(void *Context)
{
    (void)Context;
    KeEnterCriticalRegion();
    ExAcquireResourceSharedLite(&ResourceB, TRUE);
    ExAcquireResourceExclusiveLite(&ResourceA, TRUE);
}

static void Resources(void)
{
    InitializeLocks();
    TakeResources(&ResourceA, &ResourceB, TRUE);
    /* Who does not wait may try in any order. */
    TakeResources(&ResourceB, &ResourceA, FALSE);
    AssertRuleBroken(TakeResourcesBackwards, NULL, "LockOrder", "ExAcquireResourceSharedLite");
}

static void SharedResources(void)
{
    InitializeLocks();
    TakeResources(&ResourceA, &ResourceB, TRUE);
    AssertRuleBroken(ExclusiveUnderShared, NULL, "LockOrder", "ExAcquireResourceExclusiveLite");
}

static void ResourcesTest(void **State)
{
    (void)State;
    InChild(Resources);
    InChild(SharedResources);
}

static void WaitForMutex(PKMUTEX Mutex)
{
    KeWaitForSingleObject(Mutex, Executive, KernelMode, FALSE, NULL);
}

static void TakeMutexes(PKMUTEX First, PKMUTEX Second)
{
    PVOID Objects[] = {Second};
    WaitForMutex(First);
    KeWaitForMultipleObjects(1, Objects, WaitAll, Executive, KernelMode, FALSE, NULL, NULL);
    KeReleaseMutex(Second, FALSE);
    KeReleaseMutex(First, FALSE);
}

static void TakeMutexesBackwards(void *Context)
{
    (void)Context;
    TakeMutexes(&MutexB, &MutexA);
}

static void MutexUnderResource(void *Context)
{
    (void)Context;
    KeEnterCriticalRegion();
    ExAcquireResourceExclusiveLite(&ResourceA, TRUE);
    WaitForMutex(&MutexA);
}

static void Mutexes(void)
{
    InitializeLocks();
    TakeMutexes(&MutexA, &MutexB);
    AssertRuleBroken(TakeMutexesBackwards, NULL, "LockOrder", "KeWaitForMultipleObjects");
}

/* Recursion is no order; locks of different kinds have one. */
static void MutexesAndResources(void)
{
    InitializeLocks();
    WaitForMutex(&MutexA);
    WaitForMutex(&MutexA);
    KeReleaseMutex(&MutexA, FALSE);
    KeEnterCriticalRegion();
    ExAcquireResourceExclusiveLite(&ResourceA, TRUE);
    ExReleaseResourceLite(&ResourceA);
    KeLeaveCriticalRegion();
    KeReleaseMutex(&MutexA, FALSE);
    AssertRuleBroken(MutexUnderResource, NULL, "LockOrder", "KeWaitForSingleObject");
}

static void MutexesTest(void **State)
{
    (void)State;
    InChild(Mutexes);
    InChild(MutexesAndResources);
}

static void NestEquals(void *Context)
{
    PKSPIN_LOCK Locks = Context;
    Nest(&Locks[0], &Locks[1]);
}

static __attribute__((noinline)) void InitializeObject(PKSPIN_LOCK Lock)
{
    KeInitializeSpinLock(Lock);
    *(volatile KSPIN_LOCK *)Lock; /* no tail call, which would make our caller the initialiser */
}

/* The locks of two objects of one kind: whoever takes both has no order to go by. */
static void Equals(void)
{
    KSPIN_LOCK Locks[2];
    InitializeObject(&Locks[0]);
    InitializeObject(&Locks[1]);
    AssertRuleBroken(NestEquals, Locks, "LockOrderOfEquals", "KeAcquireInStackQueuedSpinLock");
}

static void EqualsTest(void **State)
{
    (void)State;
    InChild(Equals);
}

static void HoldTooMany(void *Context)
{
    static KLOCK_QUEUE_HANDLE Handles[ARRAYSIZE(Many)];
    (void)Context;
    for (ULONG Index = 0; Index < 20; Index++)
    {
        KeAcquireInStackQueuedSpinLock(&Many[Index], &Handles[Index]);
    }
}

static void UseTooMany(void *Context)
{
    KLOCK_QUEUE_HANDLE Handle;
    (void)Context;
    for (ULONG Index = 0; Index < ARRAYSIZE(Many); Index++)
    {
        KeAcquireInStackQueuedSpinLock(&Many[Index], &Handle);
        KeReleaseInStackQueuedSpinLock(&Handle);
    }
}

static void ReleaseAsSpinLock(void *Context)
{
    KLOCK_QUEUE_HANDLE Handle = {.LockQueue.Lock = (PKSPIN_LOCK)&MutexA};
    (void)Context;
    WaitForMutex(&MutexA);
    NativeRaiseIrql(DISPATCH_LEVEL);
    KeReleaseInStackQueuedSpinLockFromDpcLevel(&Handle);
}

static void Owners(void)
{
    InitializeLocks();
    AssertRuleBroken(HoldTooMany, NULL, "LockCount", "KeAcquireInStackQueuedSpinLock");
    memset(Many, 0, sizeof(Many));
    AssertRuleBroken(UseTooMany, NULL, "LockClasses", "RulesOrderClass");
    AssertRuleBroken(
        ReleaseAsSpinLock, NULL, "LockKind", "KeReleaseInStackQueuedSpinLockFromDpcLevel");
}

static void OwnersTest(void **State)
{
    (void)State;
    InChild(Owners);
}

/* ---- What code does: this file is built with the trace that the executive counts by. ---- */

static volatile ULONG Sum;

static void HoldFor(ULONG Rounds)
{
    KLOCK_QUEUE_HANDLE Handle;
    KeAcquireInStackQueuedSpinLock(&SpinA, &Handle);
    for (ULONG Round = 0; Round < Rounds; Round++)
    {
        if (Sum % 2)
        {
            Sum += 2;
        }
        Sum++;
    }
    KeReleaseInStackQueuedSpinLock(&Handle);
}

static void HoldForLong(void *Context)
{
    (void)Context;
    HoldFor(10000);
}

static void HoldForEver(void *Context)
{
    (void)Context;
    HoldFor(MAXULONG);
}

static void HoldingTime(void **State)
{
    (void)State;
    InitializeLocks();
    for (ULONG Again = 0; Again < 100; Again++)
    {
        HoldFor(500);
    }
    /* What is done before and behind does not count. */
    for (ULONG Round = 0; Round < 100000; Round++)
    {
        Sum += Round % 3 ? 1 : 2;
    }
    HoldFor(500);
    AssertRuleBroken(HoldForLong, NULL, "SpinLockTime", "NdisAcquireSpinLock");
    KeInitializeSpinLock(&SpinA);
    AssertRuleBroken(HoldForEver, NULL, "SpinLockTime", "NdisAcquireSpinLock");
}

#define PAGE_CODE __attribute__((section("PAGE"), noinline))

static PAGE_CODE void Pageable(void)
{
    Sum++;
}

/* Raises the IRQL itself: the page of its own next instruction may be gone. */
static PAGE_CODE void PageableWithLock(void *Context)
{
    KLOCK_QUEUE_HANDLE Handle;
    KeAcquireInStackQueuedSpinLock(&SpinB, &Handle);
    if (Context)
    {
        Sum++;
    }
    KeReleaseInStackQueuedSpinLock(&Handle);
}

static void PageableAtDispatch(void *Context)
{
    (void)Context;
    NativeRaiseIrql(DISPATCH_LEVEL);
    Pageable();
}

static void AssertPageableCode(void (*Body)(void *))
{
    NATIVE_OUTCOME Outcome;
    NativeAttempt(Body, (void *)&Sum, &Outcome);
    assert_int_equal(Outcome.Kind, NativeRuleBroken);
    assert_string_equal(Outcome.Rule, "PageableCode");
    assert_non_null(strstr(Outcome.Document, "when-should-code-and-data-be-pageable"));
}

static void PageableCode(void **State)
{
    (void)State;
    KIRQL Old;
    InitializeLocks();
    Pageable();
    Old = NativeRaiseIrql(APC_LEVEL);
    Pageable();
    NativeLowerIrql(Old);
    AssertPageableCode(PageableAtDispatch);
    AssertPageableCode(PageableWithLock);
}

static __attribute__((section("INIT"), noinline)) void Discarded(void *Context)
{
    (void)Context;
    Sum++;
}

static NTSTATUS NTAPI Entry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    Discarded(DriverObject);
    (void)RegistryPath;
    return STATUS_UNSUCCESSFUL;
}

static void DiscardedCode(void **State)
{
    (void)State;
    NATIVE_OUTCOME Outcome;
    PDRIVER_OBJECT Driver;
    assert_int_equal(NativeDriverLoad(L"Toy", Entry, &Driver), STATUS_UNSUCCESSFUL);
    NativeAttempt(Discarded, NULL, &Outcome);
    assert_int_equal(Outcome.Kind, NativeRuleBroken);
    assert_string_equal(Outcome.Rule, "DiscardedCode");
}

int main(void)
{
    const struct CMUnitTest Tests[] = {
        cmocka_unit_test(SpinLocksTest), cmocka_unit_test(ResourcesTest),
        cmocka_unit_test(MutexesTest),   cmocka_unit_test(EqualsTest),
        cmocka_unit_test(OwnersTest),    cmocka_unit_test(HoldingTime),
        cmocka_unit_test(PageableCode),  cmocka_unit_test(DiscardedCode),
    };
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
