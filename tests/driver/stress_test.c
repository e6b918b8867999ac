/* SPDX-License-Identifier: MIT */
/*
 * driver_stress_test [SECONDS [SEED]]: everything at once, at random, for that long (60; 0: without
 * end).
 *
 * Senders, well-behaved and hostile clients, a network stack that keeps packets, and whoever
 * controls adapters and driver, each in threads of their own (stress.h). Throughout: each list
 * completes once, well-behaved sessions get every packet in order and unharmed, no rule is broken,
 * nothing hangs; at the end nothing is left.
 */
#include <execinfo.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "stress.h"

#define STRESS_DEFAULT_SECONDS 60u

STRESS Stress;

static STRESS_THREAD Threads[] = {
    {.Kind = "control", .Round = StressControlRound},
    {.Kind = "asker", .Round = StressAskRound},
    {.Kind = "returner", .Round = StressReturnRound},
    {.Kind = "sender", .Index = 0, .Round = StressSendRound},
    {.Kind = "sender", .Index = 1, .Round = StressSendRound},
    {.Kind = "client", .Index = 0, .Round = StressClientRound},
    {.Kind = "client", .Index = 1, .Round = StressClientRound},
    {.Kind = "hostile", .Index = 0, .Round = StressHostileRound},
    {.Kind = "hostile", .Index = 1, .Round = StressHostileRound},
    {.Kind = "scribbler", .Index = 0, .Round = StressScribbleRound},
    {.Kind = "scribbler", .Index = 1, .Round = StressScribbleRound},
};

/* ---- Random numbers: splitmix64 ---- */

static ULONG64 StressMix(ULONG64 Value)
{
    Value = (Value ^ Value >> 30) * 0xBF58476D1CE4E5B9ull;
    Value = (Value ^ Value >> 27) * 0x94D049BB133111EBull;
    return Value ^ Value >> 31;
}

ULONG StressRandom(STRESS_RANDOM *Random, ULONG Below)
{
    Random->State += 0x9E3779B97F4A7C15ull;
    return (ULONG)(StressMix(Random->State) % Below);
}

BOOLEAN StressChance(STRESS_RANDOM *Random, ULONG Percent)
{
    return StressRandom(Random, 100) < Percent;
}

/* ---- Time, and what everybody does ---- */

LONG64 StressNow(VOID)
{
    struct timespec Now;
    clock_gettime(CLOCK_MONOTONIC, &Now);
    return (LONG64)Now.tv_sec * 1000 + Now.tv_nsec / 1000000;
}

VOID StressSleep(ULONG Milliseconds)
{
    usleep(Milliseconds * 1000 + 50);
}

VOID StressDoing(STRESS_THREAD *Thread, PCSTR Doing)
{
    Thread->Since = StressNow();
    Thread->Doing = Doing;
}

static VOID StressPrintThreads(VOID)
{
    LONG64 Now = StressNow();
    for (ULONG Index = 0; Index < ARRAYSIZE(Threads); Index++)
    {
        STRESS_THREAD *Thread = &Threads[Index];
        PCSTR Doing = Thread->Doing;
        fprintf(
            stderr, "  %s %u, round %lld: %s for %lld ms\n", Thread->Kind, Thread->Index,
            (long long)Thread->Rounds, Doing ? Doing : "nothing", (long long)(Now - Thread->Since));
    }
}

/* Each thread of the test prints its stack. */
static void StressStack(int Signal)
{
    void *Frames[32];
    (void)Signal;
    backtrace_symbols_fd(Frames, backtrace(Frames, ARRAYSIZE(Frames)), STDERR_FILENO);
}

static VOID StressPrintStacks(VOID)
{
    signal(SIGUSR1, StressStack);
    for (ULONG Index = 0; Index < ARRAYSIZE(Threads); Index++)
    {
        fprintf(stderr, "%s %u:\n", Threads[Index].Kind, Threads[Index].Index);
        pthread_kill(Threads[Index].Posix, SIGUSR1);
        usleep(100000);
    }
}

/* Rules and bug checks end here too. */
static void StressAborted(int Signal)
{
    fprintf(
        stderr, "seed %llu; to replay: driver_stress_test 0 %llu\n",
        (unsigned long long)Stress.Seed, (unsigned long long)Stress.Seed);
    StressPrintThreads();
    signal(Signal, SIG_DFL);
    raise(Signal);
}

VOID StressFail(PCSTR Format, ...)
{
    va_list Arguments;
    va_start(Arguments, Format);
    fprintf(stderr, "stress: ");
    vfprintf(stderr, Format, Arguments);
    fprintf(stderr, "\n");
    va_end(Arguments);
    abort();
}

/* ---- Threads ---- */

static void *StressThread(void *Context)
{
    STRESS_THREAD *Thread = Context;
    _Atomic LONG *Stop = Thread->Round == StressReturnRound ? &Stress.StopReturns : &Stress.Stop;

    while (!*Stop)
    {
        STRESS_RANDOM Random = {
            StressMix(Stress.Seed ^ StressMix((ULONG64)Thread->Number << 48)) +
            StressMix((ULONG64)Thread->Rounds)};
        StressDoing(Thread, "a round");
        Thread->Round(Thread, &Random);
        Thread->Rounds++;
    }
    StressDoing(Thread, NULL);
    return NULL;
}

static VOID StressWatch(VOID)
{
    for (ULONG Index = 0; Index < ARRAYSIZE(Threads); Index++)
    {
        STRESS_THREAD *Thread = &Threads[Index];
        LONG64 Since = Thread->Since;
        if (Thread->Doing && StressNow() - Since > STRESS_PATIENCE * 1000ll)
        {
            StressPrintStacks();
            StressFail(
                "%s %u hangs: more than %u s in one step", Thread->Kind, Thread->Index,
                STRESS_PATIENCE);
        }
    }
}

static void *StressWatchdog(void *Context)
{
    _Atomic LONG *Stop = Context;
    while (!*Stop)
    {
        StressSleep(200);
        StressWatch();
    }
    return NULL;
}

static VOID StressJoin(BOOLEAN Returner)
{
    for (ULONG Index = 0; Index < ARRAYSIZE(Threads); Index++)
    {
        if ((Threads[Index].Round == StressReturnRound) == Returner)
        {
            pthread_join(Threads[Index].Posix, NULL);
        }
    }
}

static VOID StressRun(ULONG Seconds)
{
    LONG64 End = StressNow() + Seconds * 1000ll;
    _Atomic LONG StopWatchdog = 0;
    pthread_t Watchdog;

    for (ULONG Index = 0; Index < ARRAYSIZE(Threads); Index++)
    {
        Threads[Index].Number = Index;
        StressDoing(&Threads[Index], "begins");
        if (pthread_create(&Threads[Index].Posix, NULL, StressThread, &Threads[Index]) != 0)
        {
            abort();
        }
    }
    if (pthread_create(&Watchdog, NULL, StressWatchdog, &StopWatchdog) != 0)
    {
        abort();
    }
    while (Seconds == 0 || StressNow() < End)
    {
        StressSleep(100);
    }
    Stress.Stop = 1;
    StressJoin(FALSE);
    StressControlStop();
    /* Pauses wait for the lists that the returner has. */
    Stress.StopReturns = 1;
    StressJoin(TRUE);
    StopWatchdog = 1;
    pthread_join(Watchdog, NULL);
}

/* ---- What came of it ---- */

static VOID StressReport(ULONG Seconds)
{
    const struct
    {
        PCSTR Name;
        LONG64 Value;
        LONG64 PerMinute; /* at the least, or the test tests nothing */
    } Lines[] = {
        {"lists sent", Stress.ListsSent, 2000},
        {"lists that succeeded", Stress.ListsSucceeded, 200},
        {"packets out, checked", Stress.PacketsOut, 400},
        {"packets in, checked", Stress.PacketsIn, 1000},
        {"chains kept", Stress.Kept, 10},
        {"sessions", Stress.Sessions, 20},
        {"hostile sessions", Stress.Hostile, 20},
        {"send rings corrupted", Stress.Corrupted, 2},
        {"registrations refused", Stress.Refused, 20},
        {"scribbles", Stress.Scribbles, 2000},
        {"OID requests", Stress.Oids, 200},
        {"pauses", Stress.Pauses, 10},
        {"sleeps", Stress.Sleeps, 5},
        {"removals refused", Stress.RemovalsRefused, 1},
        {"surprise removals", Stress.Surprises, 5},
        {"stops", Stress.Stops, 1},
        {"disables", Stress.Disables, 1},
        {"driver reloads", Stress.Reloads, 1},
    };
    for (ULONG Index = 0; Index < ARRAYSIZE(Lines); Index++)
    {
        printf("%10lld %s\n", (long long)Lines[Index].Value, Lines[Index].Name);
        STRESS_CHECK(
            Lines[Index].Value >= Lines[Index].PerMinute * Seconds / 60,
            "only %lld %s in %u s, not %lld a minute", (long long)Lines[Index].Value,
            Lines[Index].Name, Seconds, (long long)Lines[Index].PerMinute);
    }
    STRESS_CHECK(
        Stress.ListsSent == Stress.ListsCompleted, "%lld lists sent, %lld completed",
        (long long)Stress.ListsSent, (long long)Stress.ListsCompleted);
    STRESS_CHECK(NativeLinkCount() == 0, "%u links are left", NativeLinkCount());
    STRESS_CHECK(NativeReportLeaks() == 0, "something is left");
}

int main(int Count, char **Arguments)
{
    ULONG Seconds = Count > 1 ? (ULONG)strtoul(Arguments[1], NULL, 0) : STRESS_DEFAULT_SECONDS;
    struct timespec Now;
    pthread_rwlockattr_t WritersFirst;

    clock_gettime(CLOCK_REALTIME, &Now);
    Stress.Seed = Count > 2 ? strtoull(Arguments[2], NULL, 0)
                            : (ULONG64)Now.tv_sec * 1000 + (ULONG64)Now.tv_nsec / 1000000;
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("seed %llu, %u seconds\n", (unsigned long long)Stress.Seed, Seconds);
    signal(SIGABRT, StressAborted);
    pthread_rwlockattr_init(&WritersFirst);
    pthread_rwlockattr_setkind_np(&WritersFirst, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&Stress.Requests, &WritersFirst);
    for (ULONG Slot = 0; Slot < STRESS_SLOTS; Slot++)
    {
        pthread_rwlock_init(&Stress.Slots[Slot].Lock, &WritersFirst);
    }
    StressSendStart();
    StressControlStart();
    StressRun(Seconds);
    StressSendStop();
    StressReport(Seconds);
    return 0;
}
