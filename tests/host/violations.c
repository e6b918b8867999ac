/* SPDX-License-Identifier: MIT */
#include "violations.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* ThreadSanitizer: the children have nothing more to report when they exit. */
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
    return "atexit_sleep_ms=0";
}

static int RunCase(const VIOLATION *Case)
{
    NATIVE_OUTCOME Outcome;
    ToyReset();
    if (Case->Started)
    {
        FixtureStart();
    }
    NativeAttempt(Case->Body, NULL, &Outcome);
    if (Outcome.Kind != NativeRuleBroken)
    {
        printf("%s: outcome %d, bug check 0x%x\n", Case->Name, Outcome.Kind, Outcome.BugCheckCode);
        return 1;
    }
    if (strstr(Outcome.Rule, Case->Rule) == NULL || strcmp(Outcome.Function, Case->Function) != 0 ||
        strstr(Outcome.Document, "https://learn.microsoft.com/windows-hardware/drivers/") == NULL)
    {
        printf(
            "%s: reported as \"%s\" in %s, %s: %s\n", Case->Name, Outcome.Rule, Outcome.Function,
            Outcome.Document, Outcome.Detail);
        return 1;
    }
    return 0;
}

int ViolationsRun(const VIOLATION *Cases, ULONG Count)
{
    int Failed = 0;
    for (ULONG i = 0; i < Count; i++)
    {
        int Status = 1;
        pid_t Child;
        fflush(stdout);
        Child = fork();
        if (Child == 0)
        {
            int Result = RunCase(&Cases[i]);
            fflush(stdout);
            _exit(Result);
        }
        waitpid(Child, &Status, 0);
        printf("%s: %s\n", Status == 0 ? "ok" : "FAILED", Cases[i].Name);
        Failed += Status != 0;
    }
    return Failed != 0;
}
