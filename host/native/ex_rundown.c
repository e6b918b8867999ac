/* SPDX-License-Identifier: MIT */
/*
 * Rundown protection: a count of users in steps of two; bit 0 says that the rundown has begun, and
 * then the rest points to the one that waits for the users to leave (or is zero when they have).
 */
#include "executive.h"

#define EXP_RUNDOWN_ACTIVE    ((ULONG_PTR)1)
#define EXP_RUNDOWN_INCREMENT ((ULONG_PTR)2)

typedef struct _EXP_RUNDOWN_WAIT
{
    volatile LONG64 Users;
    KEVENT Left;
} EXP_RUNDOWN_WAIT;

static BOOLEAN ExpExchange(PEX_RUNDOWN_REF RunRef, ULONG_PTR *Old, ULONG_PTR New)
{
    return __atomic_compare_exchange_n(
        &RunRef->Count, Old, New, FALSE, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

VOID ExInitializeRundownProtection(PEX_RUNDOWN_REF RunRef)
{
    RULE_IRQL_AT_MOST("wdm", APC_LEVEL);
    __atomic_store_n(&RunRef->Count, 0, __ATOMIC_SEQ_CST);
}

VOID ExReInitializeRundownProtection(PEX_RUNDOWN_REF RunRef)
{
    RULE_IRQL_AT_MOST("wdm", APC_LEVEL);
    ULONG_PTR Count = __atomic_exchange_n(&RunRef->Count, 0, __ATOMIC_SEQ_CST);
    RULE(
        Count == EXP_RUNDOWN_ACTIVE, "RundownState", "wdm",
        "%p was not run down: its value is 0x%zX", (PVOID)RunRef, (size_t)Count);
}

VOID ExRundownCompleted(PEX_RUNDOWN_REF RunRef)
{
    RULE_IRQL_AT_MOST("wdm", APC_LEVEL);
    ULONG_PTR Count = __atomic_exchange_n(&RunRef->Count, EXP_RUNDOWN_ACTIVE, __ATOMIC_SEQ_CST);
    RULE(
        Count & EXP_RUNDOWN_ACTIVE, "RundownState", "wdm",
        "no ExWaitForRundownProtectionRelease was called for %p", (PVOID)RunRef);
}

BOOLEAN ExAcquireRundownProtectionEx(PEX_RUNDOWN_REF RunRef, ULONG Count)
{
    RULE_IRQL_AT_MOST("wdm", DISPATCH_LEVEL);
    ULONG_PTR Old = __atomic_load_n(&RunRef->Count, __ATOMIC_ACQUIRE);
    do
    {
        if (Old & EXP_RUNDOWN_ACTIVE)
        {
            return FALSE;
        }
    } while (!ExpExchange(RunRef, &Old, Old + Count * EXP_RUNDOWN_INCREMENT));
    return TRUE;
}

BOOLEAN ExAcquireRundownProtection(PEX_RUNDOWN_REF RunRef)
{
    return ExAcquireRundownProtectionEx(RunRef, 1);
}

VOID ExReleaseRundownProtectionEx(PEX_RUNDOWN_REF RunRef, ULONG Count)
{
    RULE_IRQL_AT_MOST("wdm", DISPATCH_LEVEL);
    ULONG_PTR Old = __atomic_load_n(&RunRef->Count, __ATOMIC_ACQUIRE);
    while (!(Old & EXP_RUNDOWN_ACTIVE))
    {
        RULE(
            Old >= Count * EXP_RUNDOWN_INCREMENT, "RundownBalance", "wdm",
            "releases %u of %zu protections of %p", Count, (size_t)(Old / EXP_RUNDOWN_INCREMENT),
            (PVOID)RunRef);
        if (ExpExchange(RunRef, &Old, Old - Count * EXP_RUNDOWN_INCREMENT))
        {
            return;
        }
    }
    EXP_RUNDOWN_WAIT *Wait = (EXP_RUNDOWN_WAIT *)(Old & ~EXP_RUNDOWN_ACTIVE);
    RULE(
        Wait, "RundownBalance", "wdm", "releases a protection of %p, which has none left",
        (PVOID)RunRef);
    LONG64 Users = InterlockedAdd64(&Wait->Users, -(LONG64)Count);
    RULE(
        Users >= 0, "RundownBalance", "wdm", "releases %u protections of %p, %lld too many", Count,
        (PVOID)RunRef, -Users);
    if (Users == 0)
    {
        KeSetEvent(&Wait->Left, 0, FALSE);
    }
}

VOID ExReleaseRundownProtection(PEX_RUNDOWN_REF RunRef)
{
    ExReleaseRundownProtectionEx(RunRef, 1);
}

VOID ExWaitForRundownProtectionRelease(PEX_RUNDOWN_REF RunRef)
{
    RULE_IRQL_AT_MOST("wdm", APC_LEVEL);
    EXP_RUNDOWN_WAIT Wait;
    KeInitializeEvent(&Wait.Left, SynchronizationEvent, FALSE);
    ULONG_PTR Old = __atomic_load_n(&RunRef->Count, __ATOMIC_SEQ_CST);
    for (;;)
    {
        if (Old == EXP_RUNDOWN_ACTIVE)
        {
            return;
        }
        RULE(
            !(Old & EXP_RUNDOWN_ACTIVE), "RundownState", "wdm",
            "another thread waits for the same release of %p", (PVOID)RunRef);
        Wait.Users = (LONG64)(Old / EXP_RUNDOWN_INCREMENT);
        ULONG_PTR New = (Wait.Users ? (ULONG_PTR)&Wait : 0) | EXP_RUNDOWN_ACTIVE;
        if (ExpExchange(RunRef, &Old, New))
        {
            break;
        }
    }
    if (Old)
    {
        KeWaitForSingleObject(&Wait.Left, Executive, KernelMode, FALSE, NULL);
        __atomic_store_n(&RunRef->Count, EXP_RUNDOWN_ACTIVE, __ATOMIC_SEQ_CST);
    }
}
