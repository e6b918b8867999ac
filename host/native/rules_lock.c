/* SPDX-License-Identifier: MIT */
/*
 * Rules: the locks that each thread holds. An owner releases what it acquired, in the way it did.
 */
#include <string.h>

#include "executive.h"

static RULES_HELD_LOCK *RulesFindLock(PKTHREAD Thread, PVOID Lock)
{
    for (ULONG Index = Thread->HeldLockCount; Index-- > 0;)
    {
        if (Thread->HeldLocks[Index].Lock == Lock)
        {
            return &Thread->HeldLocks[Index];
        }
    }
    return NULL;
}

static PCSTR RulesLockName(RULES_LOCK_KIND Kind)
{
    switch (Kind)
    {
    case RulesQueuedSpinLock:
        return "in-stack queued spin lock";
    case RulesResourceShared:
        return "shared resource";
    case RulesResourceExclusive:
        return "exclusive resource";
    case RulesMutex:
        return "mutex";
    }
    return "lock";
}

VOID RulesLockAcquire(
    PCSTR Function, PCSTR Document, PVOID Lock, RULES_LOCK_KIND Kind, ULONG Class, PVOID Caller)
{
    PKTHREAD Thread = KI_CURRENT();
    RULES_HELD_LOCK *Held = RulesFindLock(Thread, Lock);
    if (Held)
    {
        BOOLEAN Recursive = Kind != RulesQueuedSpinLock &&
                            (Held->Kind == Kind || Held->Kind == RulesResourceExclusive);
        if (!Recursive)
        {
            RULES_VIOLATED(
                "LockRecursion", Function, Document, "%p is held by this thread already, as %s",
                Lock, RulesLockName(Held->Kind));
        }
        Held->Count++;
        return;
    }
    if (Thread->HeldLockCount == KI_HELD_LOCKS)
    {
        RULES_VIOLATED(
            "LockCount", Function, Document, "more than %u locks held at once", KI_HELD_LOCKS);
    }
    Thread->HeldLocks[Thread->HeldLockCount++] = (RULES_HELD_LOCK){.Lock = Lock,
                                                                   .Kind = Kind,
                                                                   .Count = 1,
                                                                   .Class = Class,
                                                                   .Caller = Caller,
                                                                   .Steps = RulesSteps()};
    RulesStepsLimit(Thread);
}

VOID RulesLockRelease(PCSTR Function, PCSTR Document, PVOID Lock, RULES_LOCK_KIND Kind)
{
    PKTHREAD Thread = KI_CURRENT();
    RULES_HELD_LOCK *Held = RulesFindLock(Thread, Lock);
    if (!Held)
    {
        RULES_VIOLATED("LockOwner", Function, Document, "%p is not held by this thread", Lock);
    }
    if (Held->Kind != Kind)
    {
        RULES_VIOLATED(
            "LockKind", Function, Document, "%p was acquired as %s and is released as %s", Lock,
            RulesLockName(Held->Kind), RulesLockName(Kind));
    }
    if (--Held->Count == 0)
    {
        RULES_HELD_LOCK *Last = &Thread->HeldLocks[--Thread->HeldLockCount];
        memmove(Held, Held + 1, (SIZE_T)((PUCHAR)Last - (PUCHAR)Held));
        RulesStepsLimit(Thread);
    }
}

BOOLEAN RulesLockIsHeld(PVOID Lock, RULES_LOCK_KIND Kind)
{
    RULES_HELD_LOCK *Held = RulesFindLock(KI_CURRENT(), Lock);
    return Held && Held->Kind == Kind;
}

VOID RulesMemoryFreed(PCSTR Function, PCSTR Document, PVOID Memory, SIZE_T Size)
{
    PKTHREAD Thread = KI_CURRENT();
    for (ULONG Index = 0; Index < Thread->HeldLockCount; Index++)
    {
        PUCHAR Lock = Thread->HeldLocks[Index].Lock;
        if (Lock >= (PUCHAR)Memory && Lock < (PUCHAR)Memory + Size)
        {
            RULES_VIOLATED(
                "LockFreed", Function, Document, "the memory at %p holds %s %p, which is held",
                Memory, RulesLockName(Thread->HeldLocks[Index].Kind), (PVOID)Lock);
        }
    }
}
