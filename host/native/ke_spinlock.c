/* SPDX-License-Identifier: MIT */
/*
 * Spin locks: a word that is zero, or points to the lock handle of its holder.
 */
#include <sched.h>

#include "executive.h"

/* Spins before the processor is given away: the holder's thread may have been preempted. */
#define KI_SPINS 200

VOID KeInitializeSpinLock(PKSPIN_LOCK SpinLock)
{
    __atomic_store_n(SpinLock, 0, __ATOMIC_RELEASE);
}

static VOID KiAcquireQueued(PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE LockHandle)
{
    LockHandle->LockQueue.Next = NULL;
    LockHandle->LockQueue.Lock = SpinLock;
    for (ULONG Spins = 0;; Spins++)
    {
        KSPIN_LOCK Free = 0;
        if (__atomic_compare_exchange_n(
                SpinLock, &Free, (KSPIN_LOCK)LockHandle, FALSE, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        {
            return;
        }
        if (Spins < KI_SPINS)
        {
            YieldProcessor();
        }
        else
        {
            sched_yield();
        }
    }
}

static VOID KiReleaseQueued(PCSTR Function, PKLOCK_QUEUE_HANDLE LockHandle)
{
    PKSPIN_LOCK SpinLock = LockHandle->LockQueue.Lock;
    RulesLockRelease(Function, "wdm", SpinLock, RulesQueuedSpinLock);
    KSPIN_LOCK Holder = __atomic_load_n(SpinLock, __ATOMIC_RELAXED);
    if (Holder != (KSPIN_LOCK)LockHandle)
    {
        RulesViolated(
            "LockHandle", Function, "wdm", "%p was acquired with handle %p, released with %p",
            (PVOID)SpinLock, (PVOID)Holder, (PVOID)LockHandle);
    }
    __atomic_store_n(SpinLock, 0, __ATOMIC_RELEASE);
}

VOID KeAcquireInStackQueuedSpinLock(PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE LockHandle)
{
    RULE_IRQL_AT_MOST("wdm", DISPATCH_LEVEL);
    RulesLockAcquire(__func__, "wdm", SpinLock, RulesQueuedSpinLock);
    PKTHREAD Thread = KI_CURRENT();
    LockHandle->OldIrql = Thread->Irql;
    Thread->Irql = DISPATCH_LEVEL;
    KiAcquireQueued(SpinLock, LockHandle);
}

VOID KeReleaseInStackQueuedSpinLock(PKLOCK_QUEUE_HANDLE LockHandle)
{
    RULE_IRQL("wdm", DISPATCH_LEVEL);
    KIRQL OldIrql = LockHandle->OldIrql;
    KiReleaseQueued(__func__, LockHandle);
    NativeLowerIrql(OldIrql);
}

VOID KeAcquireInStackQueuedSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE LockHandle)
{
    RULE_IRQL_AT_LEAST("wdm", DISPATCH_LEVEL);
    RulesLockAcquire(__func__, "wdm", SpinLock, RulesQueuedSpinLock);
    KiAcquireQueued(SpinLock, LockHandle);
}

VOID KeReleaseInStackQueuedSpinLockFromDpcLevel(PKLOCK_QUEUE_HANDLE LockHandle)
{
    RULE_IRQL_AT_LEAST("wdm", DISPATCH_LEVEL);
    KiReleaseQueued(__func__, LockHandle);
}
