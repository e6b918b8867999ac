/* SPDX-License-Identifier: MIT */
/*
 * Pool: alignment, content, accounting by tag, and the misuses that Driver Verifier knows.
 */
#include "outcome.h"

#define TAG_ONE 0x31676154u
#define TAG_TWO 0x32676154u

static void AllocateAndFree(void **State)
{
    (void)State;
    ULONG Count;
    SIZE_T Bytes;
    PUCHAR Small = ExAllocatePoolWithTag(NonPagedPool, 24, TAG_ONE);
    PUCHAR Large = ExAllocatePoolWithTag(PagedPool, PAGE_SIZE + 1, TAG_ONE);
    assert_true(Small && Large);
    assert_int_equal((uintptr_t)Small % 16, 0);
    assert_int_equal((uintptr_t)Large % PAGE_SIZE, 0);
    assert_int_equal(Small[23], 0xCD); /* not zeroed */
    NativePoolUsage(TAG_ONE, &Count, &Bytes);
    assert_int_equal(Count, 2);
    assert_int_equal(Bytes, 24 + PAGE_SIZE + 1);
    assert_int_equal(NativeReportLeaks(), 2);
    ExFreePoolWithTag(Small, TAG_ONE);
    ExFreePoolWithTag(Large, 0);
    NativePoolUsage(TAG_ONE, &Count, &Bytes);
    assert_int_equal(Count, 0);
    assert_int_equal(NativeReportLeaks(), 0);
}

static void AllocatePagedAtDispatch(void *Context)
{
    (void)Context;
    NativeRaiseIrql(DISPATCH_LEVEL);
    ExAllocatePoolWithTag(PagedPool, 8, TAG_ONE);
}

static void AllocateNothing(void *Context)
{
    (void)Context;
    ExAllocatePoolWithTag(NonPagedPool, 0, TAG_ONE);
}

static void AllocateUntagged(void *Context)
{
    (void)Context;
    ExAllocatePoolWithTag(NonPagedPool, 8, 0);
}

static void FreeWithOtherTag(void *Memory)
{
    ExFreePoolWithTag(Memory, TAG_TWO);
}

static void FreeInside(void *Memory)
{
    ExFreePoolWithTag((PUCHAR)Memory + 16, TAG_ONE);
}

static void FreePagedAtDispatch(void *Memory)
{
    NativeRaiseIrql(DISPATCH_LEVEL);
    ExFreePoolWithTag(Memory, TAG_ONE);
}

static void FreeTwice(void *Context)
{
    (void)Context;
    PVOID Memory = ExAllocatePoolWithTag(NonPagedPool, 32, TAG_ONE);
    ExFreePoolWithTag(Memory, TAG_ONE);
    ExFreePoolWithTag(Memory, TAG_ONE);
}

static void WrongCallers(void **State)
{
    (void)State;
    PVOID Memory = ExAllocatePoolWithTag(PagedPool, 32, TAG_ONE);
    AssertRuleBroken(AllocatePagedAtDispatch, NULL, "Irql", "ExAllocatePoolWithTag");
    AssertRuleBroken(AllocateNothing, NULL, "PoolSize", "ExAllocatePoolWithTag");
    AssertRuleBroken(AllocateUntagged, NULL, "PoolTag", "ExAllocatePoolWithTag");
    AssertRuleBroken(FreePagedAtDispatch, Memory, "Irql", "ExFreePoolWithTag");
    AssertRuleBroken(FreeWithOtherTag, Memory, "PoolTagOfFree", "ExFreePoolWithTag");
    AssertRuleBroken(FreeInside, Memory, "PoolFree", "ExFreePoolWithTag");
    AssertRuleBroken(FreeTwice, NULL, "PoolFree", "ExFreePoolWithTag");
    /* Still there after all that. */
    ExFreePoolWithTag(Memory, TAG_ONE);
    assert_int_equal(NativeReportLeaks(), 0);
}

static void FreeHeldLock(void *Context)
{
    (void)Context;
    KLOCK_QUEUE_HANDLE Handle;
    PKSPIN_LOCK Lock = ExAllocatePoolWithTag(NonPagedPool, sizeof(*Lock), TAG_ONE);
    KeInitializeSpinLock(Lock);
    KeAcquireInStackQueuedSpinLock(Lock, &Handle);
    ExFreePoolWithTag(Lock, TAG_ONE);
}

static void LockInFreedMemory(void **State)
{
    (void)State;
    AssertRuleBroken(FreeHeldLock, NULL, "LockFreed", "ExFreePoolWithTag");
}

#if !defined(__has_feature)
#define __has_feature(Feature) 0
#endif
#if !__has_feature(address_sanitizer)
/* AddressSanitizer itself would end the process at the write. */
static void WriteBehind(void *Context)
{
    (void)Context;
    volatile UCHAR *Memory = ExAllocatePoolWithTag(NonPagedPool, 30, TAG_ONE);
    Memory[30] = 0;
    ExFreePoolWithTag((PVOID)Memory, TAG_ONE);
}

static void Overrun(void **State)
{
    (void)State;
    AssertRuleBroken(WriteBehind, NULL, "PoolOverrun", "ExFreePoolWithTag");
}
#endif

static void InjectedFailure(void **State)
{
    (void)State;
    PCSTR Function;
    NativeFaultsFailNth(2);
    PVOID First = ExAllocatePoolWithTag(NonPagedPool, 8, TAG_ONE);
    PVOID Second = ExAllocatePoolWithTag(NonPagedPool, 8, TAG_ONE);
    PVOID Third = ExAllocatePoolWithTag(NonPagedPool, 8, TAG_ONE);
    assert_int_equal(NativeFaultsStop(&Function), 1);
    assert_string_equal(Function, "ExAllocatePoolWithTag");
    assert_non_null(First);
    assert_null(Second);
    assert_non_null(Third);
    ExFreePoolWithTag(First, TAG_ONE);
    ExFreePoolWithTag(Third, TAG_ONE);
}

static ULONG AllocateFromTwoPlaces(void)
{
    ULONG Failed = 0;
    /* Volatile: an unrolled loop has more places. */
    for (volatile int Round = 0; Round < 3; Round++)
    {
        PVOID One = ExAllocatePoolWithTag(NonPagedPool, 8, TAG_ONE);
        PVOID Two = ExAllocatePoolWithTag(NonPagedPool, 8, TAG_ONE);
        Failed += !One + !Two;
        if (One)
        {
            ExFreePoolWithTag(One, TAG_ONE);
        }
        if (Two)
        {
            ExFreePoolWithTag(Two, TAG_ONE);
        }
    }
    return Failed;
}

static void InjectedPerStack(void **State)
{
    (void)State;
    ULONG Runs = 0;
    NativeFaultsForget();
    for (;; Runs++)
    {
        NativeFaultsFailEachStack();
        ULONG Failed = AllocateFromTwoPlaces();
        assert_int_equal(NativeFaultsStop(NULL), Failed);
        if (!Failed)
        {
            break;
        }
        assert_int_equal(Failed, 1);
        assert_true(Runs < 10);
    }
    assert_int_equal(Runs, 2); /* two places, then nothing new */
}

int main(void)
{
    const struct CMUnitTest Tests[] = {
        cmocka_unit_test(AllocateAndFree),
        cmocka_unit_test(WrongCallers),
        cmocka_unit_test(InjectedFailure),
        cmocka_unit_test(InjectedPerStack),
#if !__has_feature(address_sanitizer)
        cmocka_unit_test(Overrun),
#endif
        /* Last: what it attempts leaves memory behind. */
        cmocka_unit_test(LockInFreedMemory),
    };
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
