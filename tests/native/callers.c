/* SPDX-License-Identifier: MIT */
/*
 * Runs wrong callers and sees that each is caught, by its rule and in its function.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "callers.h"

static int CallersAttempt(const WRONG_CALLER *Caller)
{
    NATIVE_OUTCOME Outcome;
    NativeAttempt(Caller->Body, NULL, &Outcome);
    if (Outcome.Kind != NativeRuleBroken || strcmp(Outcome.Rule, Caller->Rule) != 0 ||
        strcmp(Outcome.Function, Caller->Function) != 0 || !strstr(Outcome.Document, "https:"))
    {
        printf(
            "outcome %d, rule %s in %s, %s: %s\n", Outcome.Kind, Outcome.Rule, Outcome.Function,
            Outcome.Document, Outcome.Detail);
        return 1;
    }
    return 0;
}

/* AddressSanitizer ends the process at the access, ThreadSanitizer gives it a status of failure
 * when it ends. */
static BOOLEAN CallersIsSanitizers(const WRONG_CALLER *Caller)
{
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
    return Caller->SanitizersFind;
#endif
#endif
    (void)Caller;
    return FALSE;
}

/* In a process of its own. */
static void CallersChild(const WRONG_CALLER *Caller)
{
    if (CallersIsSanitizers(Caller))
    {
        close(STDERR_FILENO);
        Caller->Body(NULL);
        exit(0);
    }
    int Result = CallersAttempt(Caller);
    fflush(stdout);
    _exit(Result);
}

int CallersRun(const WRONG_CALLER *Callers, ULONG Count)
{
    int Failed = 0;
    for (ULONG Index = 0; Index < Count; Index++)
    {
        int Status = 1;
        fflush(stdout);
        pid_t Child = fork();
        if (Child == 0)
        {
            CallersChild(&Callers[Index]);
        }
        waitpid(Child, &Status, 0);
        int Good = CallersIsSanitizers(&Callers[Index]) ? Status != 0 : Status == 0;
        printf("%s: %s\n", Good ? "ok" : "FAILED", Callers[Index].Name);
        Failed += !Good;
    }
    return Failed != 0;
}
