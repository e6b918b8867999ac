/* SPDX-License-Identifier: MIT */
/*
 * What Wine's kernel lacks of the executive: rundown protection, reader-writer spin locks, raising,
 * whether Driver Verifier is on, and the performance counter, which it leaves to its hal.dll.
 */
#define _NTSYSTEM_
#include <ntifs.h>

#include "executive.h"
#include "ntdll.h"

/* EX_RUNDOWN_REF.Count: twice the references, plus this once the rundown has begun. */
#define RUNDOWN_ACTIVE ((ULONG_PTR)1)
#define RUNDOWN_ONE    ((ULONG_PTR)2)

/* EX_SPIN_LOCK: the number of readers, or this bit for a writer that has or waits for the lock. */
#define SPIN_EXCLUSIVE ((LONG)0x80000000)

VOID NTAPI ExRaiseStatus(NTSTATUS Status)
{
    RtlRaiseStatus(Status);
}

NTSTATUS NTAPI MmIsVerifierEnabled(ULONG *VerifierFlags)
{
    *VerifierFlags = 0;
    return STATUS_NOT_SUPPORTED;
}

LARGE_INTEGER NTAPI KeQueryPerformanceCounter(PLARGE_INTEGER Frequency)
{
    LARGE_INTEGER Counter;
    NtQueryPerformanceCounter(&Counter, Frequency);
    return Counter;
}

VOID FASTCALL ExInitializeRundownProtection(PEX_RUNDOWN_REF RunRef)
{
    __atomic_store_n(&RunRef->Count, 0, __ATOMIC_RELEASE);
}

VOID FASTCALL ExReInitializeRundownProtection(PEX_RUNDOWN_REF RunRef)
{
    __atomic_store_n(&RunRef->Count, 0, __ATOMIC_RELEASE);
}

BOOLEAN FASTCALL ExAcquireRundownProtectionEx(PEX_RUNDOWN_REF RunRef, ULONG Count)
{
    ULONG_PTR Value = __atomic_load_n(&RunRef->Count, __ATOMIC_RELAXED);
    do
    {
        if ((Value & RUNDOWN_ACTIVE) != 0)
            return FALSE;
    } while (!__atomic_compare_exchange_n(
        &RunRef->Count, &Value, Value + Count * RUNDOWN_ONE, 0, __ATOMIC_SEQ_CST,
        __ATOMIC_RELAXED));
    return TRUE;
}

BOOLEAN FASTCALL ExAcquireRundownProtection(PEX_RUNDOWN_REF RunRef)
{
    return ExAcquireRundownProtectionEx(RunRef, 1);
}

VOID FASTCALL ExReleaseRundownProtectionEx(PEX_RUNDOWN_REF RunRef, ULONG Count)
{
    /* The waiter may free RunRef at once; waking takes only its address. */
    if (__atomic_sub_fetch(&RunRef->Count, Count * RUNDOWN_ONE, __ATOMIC_SEQ_CST) == RUNDOWN_ACTIVE)
        RtlWakeAddressAll((PVOID)&RunRef->Count);
}

VOID FASTCALL ExReleaseRundownProtection(PEX_RUNDOWN_REF RunRef)
{
    ExReleaseRundownProtectionEx(RunRef, 1);
}

VOID FASTCALL ExWaitForRundownProtectionRelease(PEX_RUNDOWN_REF RunRef)
{
    ULONG_PTR Value = __atomic_or_fetch(&RunRef->Count, RUNDOWN_ACTIVE, __ATOMIC_SEQ_CST);
    while (Value != RUNDOWN_ACTIVE)
    {
        RtlWaitOnAddress((PVOID)&RunRef->Count, &Value, sizeof(Value), NULL);
        Value = __atomic_load_n(&RunRef->Count, __ATOMIC_SEQ_CST);
    }
}

VOID FASTCALL ExRundownCompleted(PEX_RUNDOWN_REF RunRef)
{
    __atomic_store_n(&RunRef->Count, RUNDOWN_ACTIVE, __ATOMIC_RELEASE);
}

KIRQL NTAPI ExAcquireSpinLockShared(volatile LONG *SpinLock)
{
    for (;;)
    {
        LONG Value = ReadNoFence(SpinLock);
        if ((Value & SPIN_EXCLUSIVE) == 0 &&
            InterlockedCompareExchange(SpinLock, Value + 1, Value) == Value)
            return PASSIVE_LEVEL;
        YieldProcessor();
    }
}

VOID NTAPI ExReleaseSpinLockShared(volatile LONG *SpinLock, KIRQL OldIrql)
{
    UNREFERENCED_PARAMETER(OldIrql);
    InterlockedDecrement(SpinLock);
}

KIRQL NTAPI ExAcquireSpinLockExclusive(volatile LONG *SpinLock)
{
    /* The bit keeps new readers out; then the old ones leave. */
    for (;;)
    {
        LONG Value = ReadNoFence(SpinLock);
        if ((Value & SPIN_EXCLUSIVE) == 0 &&
            InterlockedCompareExchange(SpinLock, Value | SPIN_EXCLUSIVE, Value) == Value)
            break;
        YieldProcessor();
    }
    while (ReadAcquire(SpinLock) != SPIN_EXCLUSIVE)
        YieldProcessor();
    return PASSIVE_LEVEL;
}

VOID NTAPI ExReleaseSpinLockExclusive(volatile LONG *SpinLock, KIRQL OldIrql)
{
    UNREFERENCED_PARAMETER(OldIrql);
    WriteRelease(SpinLock, 0);
}

BOOLEAN NTAPI ExTryAcquireSpinLockSharedAtDpcLevel(volatile LONG *SpinLock)
{
    LONG Value = ReadNoFence(SpinLock);
    return (Value & SPIN_EXCLUSIVE) == 0 &&
           InterlockedCompareExchange(SpinLock, Value + 1, Value) == Value;
}

BOOLEAN NTAPI ExTryAcquireSpinLockExclusiveAtDpcLevel(volatile LONG *SpinLock)
{
    return InterlockedCompareExchange(SpinLock, SPIN_EXCLUSIVE, 0) == 0;
}

/* From the one who alone has it shared. */
BOOLEAN NTAPI ExTryConvertSharedSpinLockExclusive(volatile LONG *SpinLock)
{
    return InterlockedCompareExchange(SpinLock, SPIN_EXCLUSIVE, 1) == 1;
}

VOID NTAPI ExAcquireSpinLockSharedAtDpcLevel(volatile LONG *SpinLock)
{
    ExAcquireSpinLockShared(SpinLock);
}

VOID NTAPI ExReleaseSpinLockSharedFromDpcLevel(volatile LONG *SpinLock)
{
    ExReleaseSpinLockShared(SpinLock, DISPATCH_LEVEL);
}

VOID NTAPI ExAcquireSpinLockExclusiveAtDpcLevel(volatile LONG *SpinLock)
{
    ExAcquireSpinLockExclusive(SpinLock);
}

VOID NTAPI ExReleaseSpinLockExclusiveFromDpcLevel(volatile LONG *SpinLock)
{
    ExReleaseSpinLockExclusive(SpinLock, DISPATCH_LEVEL);
}
