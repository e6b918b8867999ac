/* SPDX-License-Identifier: MIT */
/*
 * The kernel's small things: threads' IRQL and priority, critical regions, time, bug checks.
 */
#include <sched.h>
#include <time.h>
#include <unistd.h>

#include "executive.h"

/* 1601-01-01 to 1970-01-01 in 100 ns. */
#define KI_UNIX_EPOCH 116444736000000000ull

PKTHREAD KeGetCurrentThread(VOID)
{
    return KI_CURRENT();
}

KPRIORITY KeSetPriorityThread(PKTHREAD Thread, KPRIORITY Priority)
{
    RULE_IRQL("wdm", PASSIVE_LEVEL);
    RULE(Priority >= 1 && Priority <= 31, "Priority", "wdm", "%d is not in 1 to 31", Priority);
    return InterlockedExchange(&Thread->Priority, Priority);
}

KIRQL NativeRaiseIrql(KIRQL NewIrql)
{
    PKTHREAD Thread = KI_CURRENT();
    KIRQL OldIrql = Thread->Irql;
    RULE(NewIrql >= OldIrql, "IrqlRaise", "wdm", "raises IRQL from %u to %u", OldIrql, NewIrql);
    Thread->Irql = NewIrql;
    return OldIrql;
}

VOID NativeLowerIrql(KIRQL NewIrql)
{
    PKTHREAD Thread = KI_CURRENT();
    RULE(
        NewIrql <= Thread->Irql, "IrqlLower", "wdm", "lowers IRQL from %u to %u", Thread->Irql,
        NewIrql);
    for (ULONG Index = 0; NewIrql < DISPATCH_LEVEL && Index < Thread->HeldLockCount; Index++)
    {
        RULE(
            Thread->HeldLocks[Index].Kind != RulesQueuedSpinLock, "IrqlLower",
            "kernel/introduction-to-spin-locks", "lowers IRQL to %u with spin lock %p held",
            NewIrql, Thread->HeldLocks[Index].Lock);
    }
    Thread->Irql = NewIrql;
}

VOID KeEnterCriticalRegion(VOID)
{
    RULE_IRQL_AT_MOST("ntddk", APC_LEVEL);
    KI_CURRENT()->ApcDisable++;
}

VOID KeLeaveCriticalRegion(VOID)
{
    PKTHREAD Thread = KI_CURRENT();
    RULE_IRQL_AT_MOST("ntddk", APC_LEVEL);
    RULE(Thread->ApcDisable > 0, "CriticalRegion", "ntddk", "the thread is in no critical region");
    for (ULONG Index = 0; Thread->ApcDisable == 1 && Index < Thread->HeldLockCount; Index++)
    {
        RULE(
            Thread->HeldLocks[Index].Kind == RulesQueuedSpinLock, "CriticalRegion",
            "kernel/disabling-apcs", "left with resource %p held", Thread->HeldLocks[Index].Lock);
    }
    Thread->ApcDisable--;
}

ULONGLONG KiMonotonicTime(VOID)
{
    struct timespec Now;
    clock_gettime(CLOCK_MONOTONIC, &Now);
    return (ULONGLONG)Now.tv_sec * 10000000 + (ULONGLONG)Now.tv_nsec / 100;
}

ULONGLONG KiSystemTime(VOID)
{
    struct timespec Now;
    clock_gettime(CLOCK_REALTIME, &Now);
    return (ULONGLONG)Now.tv_sec * 10000000 + (ULONGLONG)Now.tv_nsec / 100 + KI_UNIX_EPOCH;
}

VOID KeQuerySystemTime(PLARGE_INTEGER CurrentTime)
{
    CurrentTime->QuadPart = (LONGLONG)KiSystemTime();
}

LARGE_INTEGER KeQueryPerformanceCounter(PLARGE_INTEGER PerformanceFrequency)
{
    struct timespec Now;
    LARGE_INTEGER Counter;
    clock_gettime(CLOCK_MONOTONIC, &Now);
    Counter.QuadPart = (LONGLONG)Now.tv_sec * 1000000000 + Now.tv_nsec;
    if (PerformanceFrequency)
    {
        PerformanceFrequency->QuadPart = 1000000000;
    }
    return Counter;
}

ULONG KeQueryActiveProcessorCount(KAFFINITY *ActiveProcessors)
{
    long Count = sysconf(_SC_NPROCESSORS_ONLN);
    Count = Count<1 ? 1 : Count>(long) sizeof(KAFFINITY) * 8 ? (long)sizeof(KAFFINITY) * 8 : Count;
    if (ActiveProcessors)
    {
        *ActiveProcessors = ~(KAFFINITY)0 >> (sizeof(KAFFINITY) * 8 - (ULONG)Count);
    }
    return (ULONG)Count;
}

ULONG KeGetCurrentProcessorNumberEx(PPROCESSOR_NUMBER ProcNumber)
{
    int Number = sched_getcpu();
    if (ProcNumber)
    {
        *ProcNumber = (PROCESSOR_NUMBER){.Number = (UCHAR)Number};
    }
    return Number < 0 ? 0 : (ULONG)Number;
}

VOID KeBugCheckEx(ULONG BugCheckCode, ULONG_PTR P1, ULONG_PTR P2, ULONG_PTR P3, ULONG_PTR P4)
{
    ULONG_PTR Parameters[4] = {P1, P2, P3, P4};
    RulesBugCheck(BugCheckCode, Parameters);
}
