/* SPDX-License-Identifier: MIT */
/*
 * Spin locks: a word with the class of the lock (rules_order.c) in its upper 16 bits, 0 if nobody
 * initialised it, and below them the address of the lock handle of its holder, or of its thread if
 * it was acquired without one, 0 if it is free.
 */
#include <sched.h>

#include "executive.h"

/* Spins before the processor is given away: the holder's thread may have been preempted. */
#define KI_SPINS 200

#define KI_CLASS_SHIFT 48
#if __SIZEOF_POINTER__ == 8
#define KI_WORD(Class)  ((KSPIN_LOCK)(Class) << KI_CLASS_SHIFT)
#define KI_CLASS(Word)  ((ULONG)((Word) >> KI_CLASS_SHIFT))
#define KI_HOLDER(Word) ((Word) & (KI_WORD(1) - 1))
#else
/* No room for a class: each lock is one of its own. */
#define KI_WORD(Class)  ((KSPIN_LOCK)0 * (Class))
#define KI_CLASS(Word)  ((ULONG)((Word) * 0))
#define KI_HOLDER(Word) (Word)
#endif

VOID KeInitializeSpinLock(PKSPIN_LOCK SpinLock)
{
    KSPIN_LOCK Class = RulesOrderClass(__builtin_return_address(0));
    __atomic_store_n(SpinLock, KI_WORD(Class), __ATOMIC_RELEASE);
}

/* The thread is at DISPATCH_LEVEL or above. */
static VOID KiAcquire(PCSTR Function, PKSPIN_LOCK SpinLock, PVOID Holder, PVOID Caller)
{
    KSPIN_LOCK Word = __atomic_load_n(SpinLock, __ATOMIC_RELAXED);
    ULONG Class = KI_CLASS(Word);
    Class = Class ? Class : RulesOrderClass(SpinLock);
    RulesOrderCheck(Function, SpinLock, Class, Caller);
    RulesLockAcquire(Function, "wdm", SpinLock, RulesQueuedSpinLock, Class, Caller);
    for (ULONG Spins = 0;; Spins++)
    {
        Word = __atomic_load_n(SpinLock, __ATOMIC_RELAXED);
        if (KI_HOLDER(Word) == 0 && __atomic_compare_exchange_n(
                                        SpinLock, &Word, Word | (KSPIN_LOCK)Holder, FALSE,
                                        __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
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

static VOID
KiAcquireQueued(PCSTR Function, PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE LockHandle, PVOID Caller)
{
    LockHandle->LockQueue.Next = NULL;
    LockHandle->LockQueue.Lock = SpinLock;
    KiAcquire(Function, SpinLock, LockHandle, Caller);
}

static VOID KiRelease(PCSTR Function, PKSPIN_LOCK SpinLock, PVOID Holder)
{
    RulesLockRelease(Function, "wdm", SpinLock, RulesQueuedSpinLock);
    KSPIN_LOCK Word = __atomic_load_n(SpinLock, __ATOMIC_RELAXED);
    RULE_IN(
        Function, KI_HOLDER(Word) == (KSPIN_LOCK)Holder, "LockHandle", "wdm",
        "%p was acquired with handle %p, released with %p", (PVOID)SpinLock, (PVOID)KI_HOLDER(Word),
        Holder);
    __atomic_store_n(SpinLock, Word - KI_HOLDER(Word), __ATOMIC_RELEASE);
}

static VOID KiReleaseQueued(PCSTR Function, PKLOCK_QUEUE_HANDLE LockHandle)
{
    KiRelease(Function, LockHandle->LockQueue.Lock, LockHandle);
}

VOID KeAcquireInStackQueuedSpinLock(PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE LockHandle)
{
    RULE_IRQL_AT_MOST("wdm", DISPATCH_LEVEL);
    PKTHREAD Thread = KI_CURRENT();
    LockHandle->OldIrql = Thread->Irql;
    Thread->Irql = DISPATCH_LEVEL;
    KiAcquireQueued(__func__, SpinLock, LockHandle, __builtin_return_address(0));
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
    KiAcquireQueued(__func__, SpinLock, LockHandle, __builtin_return_address(0));
}

VOID KeReleaseInStackQueuedSpinLockFromDpcLevel(PKLOCK_QUEUE_HANDLE LockHandle)
{
    RULE_IRQL_AT_LEAST("wdm", DISPATCH_LEVEL);
    KiReleaseQueued(__func__, LockHandle);
}

KIRQL KeAcquireSpinLockRaiseToDpc(PKSPIN_LOCK SpinLock)
{
    RULE_IRQL_AT_MOST("wdm", DISPATCH_LEVEL);
    PKTHREAD Thread = KI_CURRENT();
    KIRQL OldIrql = Thread->Irql;
    Thread->Irql = DISPATCH_LEVEL;
    KiAcquire(__func__, SpinLock, Thread, __builtin_return_address(0));
    return OldIrql;
}

VOID KeReleaseSpinLock(PKSPIN_LOCK SpinLock, KIRQL NewIrql)
{
    RULE_IRQL("wdm", DISPATCH_LEVEL);
    KiRelease(__func__, SpinLock, KI_CURRENT());
    NativeLowerIrql(NewIrql);
}

VOID KeAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock)
{
    RULE_IRQL_AT_LEAST("wdm", DISPATCH_LEVEL);
    KiAcquire(__func__, SpinLock, KI_CURRENT(), __builtin_return_address(0));
}

VOID KeReleaseSpinLockFromDpcLevel(PKSPIN_LOCK SpinLock)
{
    RULE_IRQL_AT_LEAST("wdm", DISPATCH_LEVEL);
    KiRelease(__func__, SpinLock, KI_CURRENT());
}
