/* SPDX-License-Identifier: MIT */
/*
 * Rules: what happens when one is broken, and what is known about each thread to tell (IRQL,
 * critical regions).
 */
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "executive.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/lsan_interface.h>
#define RULES_LSAN 1
#endif
#endif

/* What the host's side of a call allocates is abandoned with the call, and is no leak. */
static VOID RulesIgnoreLeaks(BOOLEAN Ignore)
{
#if RULES_LSAN
    if (Ignore)
    {
        __lsan_disable();
    }
    else
    {
        __lsan_enable();
    }
#else
    UNREFERENCED_PARAMETER(Ignore);
#endif
}

typedef struct _RULES_CATCH
{
    sigjmp_buf Jump;
    struct _RULES_CATCH *Outer;
    PNATIVE_OUTCOME Outcome;
} RULES_CATCH;

static const struct
{
    PCSTR Exported, Documented;
} RulesAliases[] = {
    {"IofCallDriver", "IoCallDriver"},
    {"IofCompleteRequest", "IoCompleteRequest"},
    {"ObfDereferenceObject", "ObDereferenceObject"},
    {"NativeRaiseIrql", "KeRaiseIrql"},
    {"NativeLowerIrql", "KeLowerIrql"},
};

static VOID RulesFormatDocument(PCHAR Text, SIZE_T Size, PCSTR Function, PCSTR Document)
{
    if (strchr(Document, '/'))
    {
        snprintf(Text, Size, "https://learn.microsoft.com/windows-hardware/drivers/%s", Document);
        return;
    }
    for (SIZE_T Index = 0; Index < ARRAYSIZE(RulesAliases); Index++)
    {
        if (strcmp(RulesAliases[Index].Exported, Function) == 0)
        {
            Function = RulesAliases[Index].Documented;
        }
    }
    int Length = snprintf(
        Text, Size, "https://learn.microsoft.com/windows-hardware/drivers/ddi/%s/nf-%s-%s",
        Document, Document, Function);
    for (char *Character = Text; Length > 0 && *Character; Character++)
    {
        *Character = (char)(*Character >= 'A' && *Character <= 'Z' ? *Character + 32 : *Character);
    }
}

/*
 * Appends to the file that the environment names in ADIT_RULES_FILE that the check was seen to
 * catch a wrong caller (tests/native/rules_test.c).
 */
static VOID RulesRecord(PRULES_SITE Site)
{
    PCSTR Name = getenv("ADIT_RULES_FILE");
    if (InterlockedExchange(&Site->Broken, TRUE) || !Name)
    {
        return;
    }
    int File = open(Name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (File >= 0)
    {
        dprintf(File, "%s:%u\t%s\n", Site->File, Site->Line, program_invocation_short_name);
        close(File);
    }
}

DECLSPEC_NORETURN static VOID RulesEnd(PKTHREAD Thread, const NATIVE_OUTCOME *Outcome)
{
    RULES_CATCH *Catch = Thread->Catch;
    if (Catch)
    {
        *Catch->Outcome = *Outcome;
        siglongjmp(Catch->Jump, 1);
    }
    if (Outcome->Kind == NativeBugCheck)
    {
        fprintf(
            stderr, "*** STOP: 0x%08X (0x%zX, 0x%zX, 0x%zX, 0x%zX)\n", Outcome->BugCheckCode,
            (size_t)Outcome->BugCheckParameters[0], (size_t)Outcome->BugCheckParameters[1],
            (size_t)Outcome->BugCheckParameters[2], (size_t)Outcome->BugCheckParameters[3]);
    }
    else
    {
        fprintf(
            stderr, "*** rule %s broken in %s: %s\n*** see %s\n", Outcome->Rule, Outcome->Function,
            Outcome->Detail, Outcome->Document);
    }
    void *Frames[48];
    backtrace_symbols_fd(Frames, backtrace(Frames, ARRAYSIZE(Frames)), STDERR_FILENO);
    abort();
}

VOID RulesViolatedAt(PRULES_SITE Site, PCSTR Function, PCSTR Document, PCSTR Format, ...)
{
    NATIVE_OUTCOME Outcome = {.Kind = NativeRuleBroken};
    if (KI_CURRENT()->Catch)
    {
        RulesRecord(Site);
    }
    va_list Arguments;
    va_start(Arguments, Format);
    vsnprintf(Outcome.Detail, sizeof(Outcome.Detail), Format, Arguments);
    va_end(Arguments);
    snprintf(Outcome.Rule, sizeof(Outcome.Rule), "%s", Site->Rule);
    snprintf(Outcome.Function, sizeof(Outcome.Function), "%s", Function);
    RulesFormatDocument(Outcome.Document, sizeof(Outcome.Document), Function, Document);
    RulesEnd(KI_CURRENT(), &Outcome);
}

VOID RulesBugCheck(ULONG Code, const ULONG_PTR Parameters[4])
{
    NATIVE_OUTCOME Outcome = {.Kind = NativeBugCheck, .BugCheckCode = Code};
    memcpy(Outcome.BugCheckParameters, Parameters, sizeof(Outcome.BugCheckParameters));
    RulesEnd(KI_CURRENT(), &Outcome);
}

VOID NativeAttempt(VOID (*Body)(PVOID), PVOID Context, PNATIVE_OUTCOME Outcome)
{
    PKTHREAD Thread = KI_CURRENT();
    struct _KTHREAD Before = *Thread;
    RULES_CATCH Catch = {.Outer = Thread->Catch, .Outcome = Outcome};

    memset(Outcome, 0, sizeof(*Outcome));
    RulesIgnoreLeaks(TRUE);
    if (sigsetjmp(Catch.Jump, 0) == 0)
    {
        Thread->Catch = &Catch;
        Body(Context);
    }
    RulesIgnoreLeaks(FALSE);
    Thread->Irql = Before.Irql;
    Thread->ApcDisable = Before.ApcDisable;
    Thread->PreviousMode = Before.PreviousMode;
    memcpy(Thread->HeldLocks, Before.HeldLocks, sizeof(Thread->HeldLocks));
    Thread->HeldLockCount = Before.HeldLockCount;
    RulesStepsLimit(Thread);
    Thread->SehFrames = Before.SehFrames;
    Thread->NotifyDepth = Before.NotifyDepth;
    Thread->InDriverEntry = Before.InDriverEntry;
    Thread->Attached = Before.Attached;
    Thread->Catch = Catch.Outer;
}

static PCSTR RulesIrqlName(KIRQL Irql)
{
    static const PCSTR Names[] = {"PASSIVE_LEVEL", "APC_LEVEL", "DISPATCH_LEVEL"};
    return Irql < ARRAYSIZE(Names) ? Names[Irql] : "above DISPATCH_LEVEL";
}

VOID RulesIrqlAtMost(PRULES_SITE Site, PCSTR Function, PCSTR Document, KIRQL Limit)
{
    KIRQL Irql = KI_CURRENT()->Irql;
    if (Irql > Limit)
    {
        RulesViolatedAt(
            Site, Function, Document, "called at IRQL %u (%s), the limit is %u (%s)", Irql,
            RulesIrqlName(Irql), Limit, RulesIrqlName(Limit));
    }
}

VOID RulesIrqlAtLeast(PRULES_SITE Site, PCSTR Function, PCSTR Document, KIRQL Limit)
{
    KIRQL Irql = KI_CURRENT()->Irql;
    if (Irql < Limit)
    {
        RulesViolatedAt(
            Site, Function, Document, "called at IRQL %u (%s), it needs at least %u (%s)", Irql,
            RulesIrqlName(Irql), Limit, RulesIrqlName(Limit));
    }
}

VOID RulesIrqlExactly(PRULES_SITE Site, PCSTR Function, PCSTR Document, KIRQL Required)
{
    KIRQL Irql = KI_CURRENT()->Irql;
    if (Irql != Required)
    {
        RulesViolatedAt(
            Site, Function, Document, "called at IRQL %u (%s), it needs %u (%s)", Irql,
            RulesIrqlName(Irql), Required, RulesIrqlName(Required));
    }
}

VOID RulesEnterCallback(PRULES_STATE State)
{
    PKTHREAD Thread = KI_CURRENT();
    *State = (RULES_STATE){Thread->Irql, Thread->ApcDisable, Thread->HeldLockCount};
}

VOID RulesLeaveCallback(const RULES_STATE *State, PCSTR Routine, PCSTR Document)
{
    PKTHREAD Thread = KI_CURRENT();
    if (Thread->Irql != State->Irql)
    {
        RULES_VIOLATED(
            "CallbackIrql", Routine, Document, "entered at IRQL %u, returned at %u", State->Irql,
            Thread->Irql);
    }
    if (Thread->HeldLockCount != State->LocksHeld)
    {
        RULES_VIOLATED(
            "CallbackLocks", Routine, Document, "entered with %u locks held, returned with %u",
            State->LocksHeld, Thread->HeldLockCount);
    }
    if (Thread->ApcDisable != State->ApcDisable)
    {
        RULES_VIOLATED(
            "CallbackCriticalRegion", Routine, Document,
            "entered in %d critical regions, returned in %d", State->ApcDisable,
            Thread->ApcDisable);
    }
}
