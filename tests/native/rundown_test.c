/* SPDX-License-Identifier: MIT */
/*
 * Rundown protection and executive resources.
 */
#include <pthread.h>

#include "outcome.h"

static void AcquireUntilRunDown(void **State)
{
    (void)State;
    EX_RUNDOWN_REF Ref;
    ExInitializeRundownProtection(&Ref);
    assert_true(ExAcquireRundownProtection(&Ref));
    assert_true(ExAcquireRundownProtectionEx(&Ref, 3));
    ExReleaseRundownProtectionEx(&Ref, 4);
    ExWaitForRundownProtectionRelease(&Ref);
    assert_false(ExAcquireRundownProtection(&Ref));
    ExWaitForRundownProtectionRelease(&Ref);
    ExRundownCompleted(&Ref);
    ExReInitializeRundownProtection(&Ref);
    assert_true(ExAcquireRundownProtection(&Ref));
    ExReleaseRundownProtection(&Ref);
}

typedef struct _RUNNER
{
    EX_RUNDOWN_REF Ref;
    KEVENT Started;
    int Guarded; /* written under protection, read after the rundown: a race if it does not order */
} RUNNER;

static void *UseThenRelease(void *Context)
{
    RUNNER *Runner = Context;
    LARGE_INTEGER Moment = {.QuadPart = -100000};
    assert_true(ExAcquireRundownProtection(&Runner->Ref));
    KeSetEvent(&Runner->Started, 0, FALSE);
    KeDelayExecutionThread(KernelMode, FALSE, &Moment);
    Runner->Guarded = 42;
    ExReleaseRundownProtection(&Runner->Ref);
    return NULL;
}

static void WaitsForUsers(void **State)
{
    (void)State;
    RUNNER Runner = {.Guarded = 0};
    pthread_t Thread;
    ExInitializeRundownProtection(&Runner.Ref);
    KeInitializeEvent(&Runner.Started, NotificationEvent, FALSE);
    assert_int_equal(pthread_create(&Thread, NULL, UseThenRelease, &Runner), 0);
    KeWaitForSingleObject(&Runner.Started, Executive, KernelMode, FALSE, NULL);
    ExWaitForRundownProtectionRelease(&Runner.Ref);
    assert_int_equal(Runner.Guarded, 42);
    pthread_join(Thread, NULL);
}

static void ReleaseUnacquired(void *Context)
{
    (void)Context;
    EX_RUNDOWN_REF Ref;
    ExInitializeRundownProtection(&Ref);
    ExReleaseRundownProtection(&Ref);
}

static void ReleaseAfterRundown(void *Context)
{
    (void)Context;
    EX_RUNDOWN_REF Ref;
    ExInitializeRundownProtection(&Ref);
    ExWaitForRundownProtectionRelease(&Ref);
    ExReleaseRundownProtection(&Ref);
}

static void ReuseInUse(void *Context)
{
    (void)Context;
    EX_RUNDOWN_REF Ref;
    ExInitializeRundownProtection(&Ref);
    ExReInitializeRundownProtection(&Ref);
}

static void WaitAtDispatch(void *Context)
{
    (void)Context;
    EX_RUNDOWN_REF Ref;
    ExInitializeRundownProtection(&Ref);
    NativeRaiseIrql(DISPATCH_LEVEL);
    ExWaitForRundownProtectionRelease(&Ref);
}

static void WrongRundowns(void **State)
{
    (void)State;
    AssertRuleBroken(ReleaseUnacquired, NULL, "RundownBalance", "ExReleaseRundownProtectionEx");
    AssertRuleBroken(ReleaseAfterRundown, NULL, "RundownBalance", "ExReleaseRundownProtectionEx");
    AssertRuleBroken(ReuseInUse, NULL, "RundownState", "ExReInitializeRundownProtection");
    AssertRuleBroken(WaitAtDispatch, NULL, "Irql", "ExWaitForRundownProtectionRelease");
}

static ERESOURCE Resource;
static int Shared;

static void *Add(void *Context)
{
    (void)Context;
    for (int Round = 0; Round < 500; Round++)
    {
        KeEnterCriticalRegion();
        assert_true(ExAcquireResourceExclusiveLite(&Resource, TRUE));
        Shared++;
        ExReleaseResourceLite(&Resource);
        assert_true(ExAcquireResourceSharedLite(&Resource, TRUE));
        assert_true(Shared > 0);
        ExReleaseResourceLite(&Resource);
        KeLeaveCriticalRegion();
    }
    return NULL;
}

static void *TryBoth(void *Context)
{
    (void)Context;
    uintptr_t Result = 0;
    KeEnterCriticalRegion();
    if (ExAcquireResourceSharedLite(&Resource, FALSE))
    {
        Result |= 1;
        ExReleaseResourceLite(&Resource);
    }
    if (ExAcquireResourceExclusiveLite(&Resource, FALSE))
    {
        Result |= 2;
        ExReleaseResourceLite(&Resource);
    }
    KeLeaveCriticalRegion();
    return (void *)Result;
}

static uintptr_t TryFromOtherThread(void)
{
    pthread_t Thread;
    void *Result;
    assert_int_equal(pthread_create(&Thread, NULL, TryBoth, NULL), 0);
    pthread_join(Thread, &Result);
    return (uintptr_t)Result;
}

static void ResourcesExclude(void **State)
{
    (void)State;
    pthread_t Threads[3];
    assert_int_equal(ExInitializeResourceLite(&Resource), STATUS_SUCCESS);
    KeEnterCriticalRegion();
    assert_int_equal(TryFromOtherThread(), 3);
    assert_true(ExAcquireResourceSharedLite(&Resource, FALSE));
    assert_int_equal(TryFromOtherThread(), 1);
    ExReleaseResourceLite(&Resource);
    assert_true(ExAcquireResourceExclusiveLite(&Resource, FALSE));
    assert_true(ExAcquireResourceExclusiveLite(&Resource, FALSE));
    assert_true(ExAcquireResourceSharedLite(&Resource, FALSE));
    assert_int_equal(TryFromOtherThread(), 0);
    ExReleaseResourceLite(&Resource);
    ExReleaseResourceLite(&Resource);
    assert_int_equal(TryFromOtherThread(), 0);
    ExReleaseResourceLite(&Resource);
    KeLeaveCriticalRegion();

    for (int Index = 0; Index < 3; Index++)
    {
        assert_int_equal(pthread_create(&Threads[Index], NULL, Add, NULL), 0);
    }
    for (int Index = 0; Index < 3; Index++)
    {
        pthread_join(Threads[Index], NULL);
    }
    assert_int_equal(Shared, 1500);
    assert_int_equal(NativeReportLeaks(), 1); /* not deleted yet */
    ExDeleteResourceLite(&Resource);
    assert_int_equal(NativeReportLeaks(), 0);
}

static void AcquireWithApcs(void *Lock)
{
    ExAcquireResourceExclusiveLite(Lock, TRUE);
}

static void Upgrade(void *Lock)
{
    KeEnterCriticalRegion();
    ExAcquireResourceSharedLite(Lock, TRUE);
    ExAcquireResourceExclusiveLite(Lock, TRUE);
}

static void ReleaseUnowned(void *Lock)
{
    ExReleaseResourceLite(Lock);
}

static void LeaveWithResource(void *Lock)
{
    KeEnterCriticalRegion();
    ExAcquireResourceSharedLite(Lock, TRUE);
    KeLeaveCriticalRegion();
}

static void UseUninitialized(void *Context)
{
    (void)Context;
    ERESOURCE Raw = {.ActiveCount = 0};
    KeEnterCriticalRegion();
    ExAcquireResourceSharedLite(&Raw, TRUE);
}

static void WrongResources(void **State)
{
    (void)State;
    ERESOURCE *Lock = test_calloc(1, sizeof(*Lock));
    ExInitializeResourceLite(Lock);
    AssertRuleBroken(AcquireWithApcs, Lock, "ApcsEnabled", "ExAcquireResourceExclusiveLite");
    AssertRuleBroken(ReleaseUnowned, Lock, "LockOwner", "ExReleaseResourceLite");
    AssertRuleBroken(UseUninitialized, NULL, "ResourceInitialized", "ExAcquireResourceSharedLite");
    /* These two leave it owned. */
    AssertRuleBroken(Upgrade, Lock, "ResourceUpgrade", "ExAcquireResourceExclusiveLite");
    AssertRuleBroken(LeaveWithResource, Lock, "CriticalRegion", "KeLeaveCriticalRegion");
    test_free(Lock);
}

int main(void)
{
    const struct CMUnitTest Tests[] = {
        cmocka_unit_test(AcquireUntilRunDown), cmocka_unit_test(WaitsForUsers),
        cmocka_unit_test(WrongRundowns),       cmocka_unit_test(ResourcesExclude),
        cmocka_unit_test(WrongResources),
    };
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
