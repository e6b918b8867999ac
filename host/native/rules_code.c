/* SPDX-License-Identifier: MIT */
/*
 * Rules: what code does between its calls. Code that is built with -fsanitize-coverage=trace-pc
 * comes by here with each basic block that it runs: the driver, the NDIS library, and the wrong
 * drivers of tests.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "executive.h"

/* The sections that drivers name in #pragma alloc_text: pageable code, and code that is gone when
 * DriverEntry has returned. There may be none. */
extern const UCHAR __start_PAGE[] __attribute__((weak));
extern const UCHAR __stop_PAGE[] __attribute__((weak));
extern const UCHAR __start_INIT[] __attribute__((weak));
extern const UCHAR __stop_INIT[] __attribute__((weak));

static _Thread_local ULONG64 RulesStepCount;
static _Thread_local ULONG64 RulesStepLimit = (~0ull);

ULONG64 RulesSteps(VOID)
{
    return RulesStepCount;
}

static const RULES_HELD_LOCK *RulesFirstSpinLock(PKTHREAD Thread)
{
    for (ULONG Index = 0; Index < Thread->HeldLockCount; Index++)
    {
        if (Thread->HeldLocks[Index].Kind == RulesQueuedSpinLock)
        {
            return &Thread->HeldLocks[Index];
        }
    }
    return NULL;
}

VOID RulesStepsLimit(PKTHREAD Thread)
{
    const RULES_HELD_LOCK *Held = RulesFirstSpinLock(Thread);
    RulesStepLimit = Held ? Held->Steps + RULES_MAX_STEPS : (~0ull);
}

PCSTR RulesPlace(PVOID Address, CHAR *Text, SIZE_T Size)
{
    Dl_info Info;
    if (!dladdr(Address, &Info))
    {
        snprintf(Text, Size, "%p", Address);
    }
    else if (Info.dli_sname)
    {
        snprintf(Text, Size, "%s+0x%zX", Info.dli_sname, (PUCHAR)Address - (PUCHAR)Info.dli_saddr);
    }
    else
    {
        PCSTR File = strrchr(Info.dli_fname, '/');
        snprintf(
            Text, Size, "%s+0x%zX", File ? File + 1 : Info.dli_fname,
            (PUCHAR)Address - (PUCHAR)Info.dli_fbase);
    }
    return Text;
}

static VOID RulesHeldTooLong(PVOID Address)
{
    const RULES_HELD_LOCK *Held = RulesFirstSpinLock(KI_CURRENT());
    CHAR Text[2][64];
    RulesStepLimit = (~0ull);
    RULES_VIOLATED(
        "SpinLockTime", "NdisAcquireSpinLock", "ndis",
        "spin lock %p, acquired at %s, is held for more than %u basic blocks, to %s", Held->Lock,
        RulesPlace(Held->Caller, Text[0], sizeof(Text[0])), RULES_MAX_STEPS,
        RulesPlace(Address, Text[1], sizeof(Text[1])));
}

static VOID RulesPageableCode(PVOID Address)
{
    CHAR Text[64];
    KIRQL Irql = KI_CURRENT()->Irql;
    if (Irql > APC_LEVEL)
    {
        RULES_VIOLATED(
            "PageableCode", RulesPlace(Address, Text, sizeof(Text)),
            "kernel/when-should-code-and-data-be-pageable-",
            "code of the section PAGE runs at IRQL %u, above APC_LEVEL", Irql);
    }
}

static VOID RulesDiscardedCode(PVOID Address)
{
    CHAR Text[64];
    if (!KI_CURRENT()->InDriverEntry)
    {
        RULES_VIOLATED(
            "DiscardedCode", RulesPlace(Address, Text, sizeof(Text)),
            "kernel/when-should-code-and-data-be-pageable-",
            "code of the section INIT runs when DriverEntry has returned");
    }
}

VOID RulesTrace(PVOID Caller)
{
    const UCHAR *Address = Caller;
    if (++RulesStepCount > RulesStepLimit)
    {
        RulesHeldTooLong(Caller);
    }
    if (Address >= __start_PAGE && Address < __stop_PAGE)
    {
        RulesPageableCode(Caller);
    }
    if (Address >= __start_INIT && Address < __stop_INIT)
    {
        RulesDiscardedCode(Caller);
    }
}
