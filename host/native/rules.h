/* SPDX-License-Identifier: MIT */
/*
 * What the documents require of a caller, asserted. A broken rule is an outcome: a test that
 * expects one runs its steps under NativeAttempt (native.h) and reads rule, function and document
 * from the outcome; anywhere else it is printed with a stack trace and ends the process.
 */
#ifndef ADIT_HOST_NATIVE_RULES_H
#define ADIT_HOST_NATIVE_RULES_H

#include <ntifs.h>

/*
 * Document: the header's name where the function has a page in the DDI reference ("wdm"), else a
 * path below https://learn.microsoft.com/windows-hardware/drivers/ ("kernel/using-mdls").
 */
DECLSPEC_NORETURN VOID RulesViolated(PCSTR Rule, PCSTR Function, PCSTR Document, PCSTR Format, ...)
    __attribute__((format(printf, 4, 5)));

#define RULE(Condition, Rule, Document, ...)                          \
    do                                                                \
    {                                                                 \
        if (!(Condition))                                             \
        {                                                             \
            RulesViolated((Rule), __func__, (Document), __VA_ARGS__); \
        }                                                             \
    } while (0)

VOID RulesIrqlAtMost(PCSTR Function, PCSTR Document, KIRQL Limit);
VOID RulesIrqlAtLeast(PCSTR Function, PCSTR Document, KIRQL Limit);
VOID RulesIrqlExactly(PCSTR Function, PCSTR Document, KIRQL Irql);

#define RULE_IRQL_AT_MOST(Document, Limit)  RulesIrqlAtMost(__func__, (Document), (Limit))
#define RULE_IRQL_AT_LEAST(Document, Limit) RulesIrqlAtLeast(__func__, (Document), (Limit))
#define RULE_IRQL(Document, Irql)           RulesIrqlExactly(__func__, (Document), (Irql))

/* The locks that a thread holds. */
typedef enum _RULES_LOCK_KIND
{
    RulesQueuedSpinLock,
    RulesResourceShared,
    RulesResourceExclusive,
} RULES_LOCK_KIND;

typedef struct _RULES_HELD_LOCK
{
    PVOID Lock;
    RULES_LOCK_KIND Kind;
    ULONG Count;
} RULES_HELD_LOCK;

/* What a callback must leave as it found it. */
typedef struct _RULES_STATE
{
    KIRQL Irql;
    LONG ApcDisable;
    ULONG LocksHeld;
} RULES_STATE, *PRULES_STATE;

/* Before the lock is waited for: a spin lock must not be held already. */
VOID RulesLockAcquire(PCSTR Function, PCSTR Document, PVOID Lock, RULES_LOCK_KIND Kind);
/* Before the lock is let go: this thread holds it, and holds it in that way. */
VOID RulesLockRelease(PCSTR Function, PCSTR Document, PVOID Lock, RULES_LOCK_KIND Kind);
BOOLEAN RulesLockIsHeld(PVOID Lock, RULES_LOCK_KIND Kind);
/* No lock that this thread holds lies in the memory that goes away. */
VOID RulesMemoryFreed(PCSTR Function, PCSTR Document, PVOID Memory, SIZE_T Size);

/* Around a call of a driver's routine: IRQL, critical regions and locks come back as they went. */
VOID RulesEnterCallback(PRULES_STATE State);
VOID RulesLeaveCallback(const RULES_STATE *State, PCSTR Routine, PCSTR Document);

/* KeBugCheckEx: an outcome under NativeAttempt, else the end of the process. */
DECLSPEC_NORETURN VOID RulesBugCheck(ULONG Code, const ULONG_PTR Parameters[4]);

#endif
