/* SPDX-License-Identifier: MIT */
/*
 * Guarded mutexes and fast mutexes tried for, push locks, and the spin lock functions that Wine's
 * kernel lacks. APCs that drivers would have to be guarded from do not come here.
 */
#define _NTSYSTEM_
#include <ntifs.h>

#include "executive.h"
#include "ntdll.h"

/* ---- Guarded and fast mutexes: Count is 1 when free, and one less for each who has or wants it.
 * KeInitializeGuardedMutex, and the other functions of fast mutexes, are Wine's. ---- */

VOID FASTCALL KeAcquireGuardedMutex(GUARDED_MUTEX *Mutex)
{
    if (InterlockedDecrement(&Mutex->Count) < 0)
    {
        InterlockedIncrement(&Mutex->Contention);
        KeWaitForSingleObject(&Mutex->Event, Executive, KernelMode, FALSE, NULL);
    }
    Mutex->Owner = KeGetCurrentThread();
}

BOOLEAN FASTCALL KeTryToAcquireGuardedMutex(GUARDED_MUTEX *Mutex)
{
    if (InterlockedCompareExchange(&Mutex->Count, 0, 1) != 1)
        return FALSE;
    Mutex->Owner = KeGetCurrentThread();
    return TRUE;
}

VOID FASTCALL KeReleaseGuardedMutex(GUARDED_MUTEX *Mutex)
{
    Mutex->Owner = NULL;
    if (InterlockedIncrement(&Mutex->Count) < 1)
        KeSetEvent(&Mutex->Event, IO_NO_INCREMENT, FALSE);
}

VOID FASTCALL KeAcquireGuardedMutexUnsafe(GUARDED_MUTEX *Mutex)
{
    KeAcquireGuardedMutex(Mutex);
}

VOID FASTCALL KeReleaseGuardedMutexUnsafe(GUARDED_MUTEX *Mutex)
{
    KeReleaseGuardedMutex(Mutex);
}

BOOLEAN FASTCALL ExTryToAcquireFastMutex(GUARDED_MUTEX *FastMutex)
{
    return KeTryToAcquireGuardedMutex(FastMutex);
}

/* ---- Push locks: this bit for a writer who has it, else twice the readers ---- */

#define PUSH_EXCLUSIVE ((ULONG_PTR)1)
#define PUSH_READER    ((ULONG_PTR)2)

VOID NTAPI ExInitializePushLock(ULONG_PTR *PushLock)
{
    __atomic_store_n(PushLock, 0, __ATOMIC_RELEASE);
}

static VOID PushAcquire(ULONG_PTR *PushLock, ULONG_PTR Keeping, ULONG_PTR Adding)
{
    ULONG_PTR Value = __atomic_load_n(PushLock, __ATOMIC_RELAXED);
    for (;;)
    {
        if ((Value & Keeping) != 0)
        {
            RtlWaitOnAddress(PushLock, &Value, sizeof(Value), NULL);
            Value = __atomic_load_n(PushLock, __ATOMIC_RELAXED);
        }
        else if (__atomic_compare_exchange_n(
                     PushLock, &Value, Value + Adding, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
            return;
    }
}

static VOID PushRelease(ULONG_PTR *PushLock, ULONG_PTR Taking)
{
    /* The lock may be gone at once; waking takes only its address. */
    if (__atomic_sub_fetch(PushLock, Taking, __ATOMIC_SEQ_CST) == 0)
        RtlWakeAddressAll(PushLock);
}

VOID NTAPI ExAcquirePushLockExclusiveEx(ULONG_PTR *PushLock, ULONG Flags)
{
    UNREFERENCED_PARAMETER(Flags);
    PushAcquire(PushLock, ~(ULONG_PTR)0, PUSH_EXCLUSIVE);
}

VOID NTAPI ExAcquirePushLockSharedEx(ULONG_PTR *PushLock, ULONG Flags)
{
    UNREFERENCED_PARAMETER(Flags);
    PushAcquire(PushLock, PUSH_EXCLUSIVE, PUSH_READER);
}

VOID NTAPI ExReleasePushLockExclusiveEx(ULONG_PTR *PushLock, ULONG Flags)
{
    UNREFERENCED_PARAMETER(Flags);
    PushRelease(PushLock, PUSH_EXCLUSIVE);
}

VOID NTAPI ExReleasePushLockSharedEx(ULONG_PTR *PushLock, ULONG Flags)
{
    UNREFERENCED_PARAMETER(Flags);
    PushRelease(PushLock, PUSH_READER);
}

VOID NTAPI ExReleasePushLockEx(ULONG_PTR *PushLock, ULONG Flags)
{
    if ((__atomic_load_n(PushLock, __ATOMIC_RELAXED) & PUSH_EXCLUSIVE) != 0)
        ExReleasePushLockExclusiveEx(PushLock, Flags);
    else
        ExReleasePushLockSharedEx(PushLock, Flags);
}

/* ---- Spin locks: 0 when free. Those for DPCs raise to nothing, as others do here. ---- */

BOOLEAN FASTCALL KeTryToAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock)
{
    KSPIN_LOCK Free = 0;
    return __atomic_compare_exchange_n(SpinLock, &Free, 1, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

BOOLEAN FASTCALL KeTestSpinLock(PKSPIN_LOCK SpinLock)
{
    return __atomic_load_n(SpinLock, __ATOMIC_ACQUIRE) == 0;
}

KIRQL FASTCALL KeAcquireSpinLockForDpc(PKSPIN_LOCK SpinLock)
{
    return KeAcquireSpinLockRaiseToDpc(SpinLock);
}

VOID FASTCALL KeReleaseSpinLockForDpc(PKSPIN_LOCK SpinLock, KIRQL OldIrql)
{
    KeReleaseSpinLock(SpinLock, OldIrql);
}

VOID FASTCALL
KeAcquireInStackQueuedSpinLockForDpc(PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE LockHandle)
{
    KeAcquireInStackQueuedSpinLock(SpinLock, LockHandle);
}

VOID FASTCALL KeReleaseInStackQueuedSpinLockForDpc(PKLOCK_QUEUE_HANDLE LockHandle)
{
    KeReleaseInStackQueuedSpinLock(LockHandle);
}
