/* SPDX-License-Identifier: MIT */
/*
 * What the documents require of a caller, asserted. A broken rule is an outcome: a test that
 * expects one runs its steps under NativeAttempt (native.h) and reads rule, function and document
 * from the outcome; anywhere else it is printed with a stack trace and ends the process.
 *
 * Every place that checks a rule is a RULES_SITE; native.rules_test fails for one that no test
 * breaks.
 */
#ifndef ADIT_HOST_NATIVE_RULES_H
#define ADIT_HOST_NATIVE_RULES_H

#include <ntifs.h>

#include "../ndis/verify.h"

/*
 * Document: the header's name where the function has a page in the DDI reference ("wdm"), else a
 * path below https://learn.microsoft.com/windows-hardware/drivers/ ("kernel/using-mdls").
 */
DECLSPEC_NORETURN VOID
RulesViolatedAt(PRULES_SITE Site, PCSTR Function, PCSTR Document, PCSTR Format, ...)
    __attribute__((format(printf, 4, 5)));

#define RULES_VIOLATED(Rule, Function, Document, ...) \
    RulesViolatedAt(RULES_SITE_OF(Rule), (Function), (Document), __VA_ARGS__)

#define RULE_IN(Function, Condition, Rule, Document, ...)                \
    do                                                                   \
    {                                                                    \
        if (!(Condition))                                                \
        {                                                                \
            RULES_VIOLATED((Rule), (Function), (Document), __VA_ARGS__); \
        }                                                                \
    } while (0)

#define RULE(Condition, Rule, Document, ...) \
    RULE_IN(__func__, Condition, Rule, Document, __VA_ARGS__)

VOID RulesIrqlAtMost(PRULES_SITE Site, PCSTR Function, PCSTR Document, KIRQL Limit);
VOID RulesIrqlAtLeast(PRULES_SITE Site, PCSTR Function, PCSTR Document, KIRQL Limit);
VOID RulesIrqlExactly(PRULES_SITE Site, PCSTR Function, PCSTR Document, KIRQL Irql);

#define RULE_IRQL_AT_MOST(Document, Limit) \
    RulesIrqlAtMost(RULES_SITE_OF("Irql"), __func__, (Document), (Limit))
#define RULE_IRQL_AT_LEAST(Document, Limit) \
    RulesIrqlAtLeast(RULES_SITE_OF("Irql"), __func__, (Document), (Limit))
#define RULE_IRQL(Document, Irql) \
    RulesIrqlExactly(RULES_SITE_OF("Irql"), __func__, (Document), (Irql))

/* ---- Locks ---- */

typedef enum _RULES_LOCK_KIND
{
    RulesQueuedSpinLock,
    RulesResourceShared,
    RulesResourceExclusive,
    RulesMutex,
} RULES_LOCK_KIND;

typedef struct _RULES_HELD_LOCK
{
    PVOID Lock;
    RULES_LOCK_KIND Kind;
    ULONG Count;
    ULONG Class;   /* in the order of locks */
    PVOID Caller;  /* who acquired it */
    ULONG64 Steps; /* of the thread when it did */
} RULES_HELD_LOCK;

/*
 * The lock is this thread's, or will be after a wait that other threads end. A lock that it holds
 * already is not waited for again, but for resources and mutexes. Caller: the code that acquires.
 */
VOID RulesLockAcquire(
    PCSTR Function, PCSTR Document, PVOID Lock, RULES_LOCK_KIND Kind, ULONG Class, PVOID Caller);
/* Before the lock is let go: this thread holds it, and holds it in that way. */
VOID RulesLockRelease(PCSTR Function, PCSTR Document, PVOID Lock, RULES_LOCK_KIND Kind);
BOOLEAN RulesLockIsHeld(PVOID Lock, RULES_LOCK_KIND Kind);
/* No lock that this thread holds lies in the memory that goes away. */
VOID RulesMemoryFreed(PCSTR Function, PCSTR Document, PVOID Memory, SIZE_T Size);

/*
 * The order of locks (rules_order.c): locks that one place initialises are of one class, for it
 * makes the same lock of one object after the other. Origin: that place, or the lock itself if
 * nobody initialised it.
 */
ULONG RulesOrderClass(PVOID Origin);
/* Before this thread, which holds what it holds, waits for a lock of that class. */
VOID RulesOrderCheck(PCSTR Function, PVOID Lock, ULONG Class, PVOID Caller);

/* ---- Code (rules_code.c) ---- */

/*
 * The longest that a spin lock is held: "Holding a spin lock for longer than 25 microseconds
 * degrades both system and driver performance" (NdisAcquireSpinLock, Remarks). Time on a machine
 * of many programs says little, so steps are counted instead: the basic blocks that code built
 * with -fsanitize-coverage=trace-pc runs. The slowest processor that Windows 7 to 11 runs on has
 * 1 GHz ("Windows Processor Requirements", minimum hardware requirements), so 25 us are 25000
 * cycles; at five cycles for a block of a few instructions that is this many.
 */
#define RULES_MAX_STEPS 5000u

/* This thread runs the basic block there. */
VOID RulesTrace(PVOID Caller);
ULONG64 RulesSteps(VOID); /* that it ran */
/* This thread's locks are others than before. */
VOID RulesStepsLimit(PKTHREAD Thread);
/* Where code is, for a message: as a symbol, or as a place in its file. */
PCSTR RulesPlace(PVOID Address, CHAR *Text, SIZE_T Size);

/* ---- Callbacks ---- */

/* Around a call of a driver's routine: IRQL, critical regions and locks come back as they went. */
VOID RulesEnterCallback(PRULES_STATE State);
VOID RulesLeaveCallback(const RULES_STATE *State, PCSTR Routine, PCSTR Document);

/* KeBugCheckEx: an outcome under NativeAttempt, else the end of the process. */
DECLSPEC_NORETURN VOID RulesBugCheck(ULONG Code, const ULONG_PTR Parameters[4]);

#endif
