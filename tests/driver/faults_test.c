/* SPDX-License-Identifier: MIT */
/*
 * Every call of the driver that may fail is made to fail: in each scene once at each call stack,
 * until the scene plays through without a new one; and, where a scene makes calls more than once in
 * one place, by their turn, with nowhere to write events to. Whatever fails, the driver says so
 * clearly, leaves nothing behind, and works afterwards.
 *
 * The driver that is linked here has its code in a section of its own, which tells its call stacks
 * from those of the NDIS library (tests/host/faults_test.c is about those) and of the test.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scene.h"

/* Of the section driver_text (CMakeLists.txt). */
extern const UCHAR __start_driver_text[], __stop_driver_text[];

/* What there is at the least; a test that fails less has lost its grip on the driver. */
#define FAULTS_MIN_STACKS 150
#define FAULTS_MIN_CALLS  80

/* Of the calls that a scene makes, these many first ones fail, and some later ones. */
#define FAULTS_EACH_CALL 32
#define FAULTS_STRIDE    29

static PCSTR FaultsScene = "none";

/* A failed assertion, a broken rule or a bug check: says which call was failing. */
static void FaultsAborted(int Signal)
{
    static const char Text[] = "while a call fails in the scene: ";
    if (write(STDERR_FILENO, Text, sizeof(Text) - 1) < 0 ||
        write(STDERR_FILENO, FaultsScene, strlen(FaultsScene)) < 0 ||
        write(STDERR_FILENO, "\n", 1) < 0)
    {
        _exit(1);
    }
    NativeFaultsPrintLast();
    signal(Signal, SIG_DFL);
    raise(Signal);
}

/* Nth 0: the first call with a new stack. Returns whether one failed. */
static BOOLEAN FaultsPlay(const SCENE_KIND *Kind, ULONG Nth)
{
    SCENE Scene;

    FaultsScene = Kind->Name;
    SceneBegin(&Scene, Kind->Start);
    if (Nth)
    {
        NativeFaultsFailNth(Nth);
    }
    else
    {
        NativeFaultsFailEachStack();
    }
    Kind->Play(&Scene);
    assert_true(Scene.Ended && Scene.Injected <= 1);
    assert_true(Scene.Refused == 0 || Scene.Injected);
    SceneFinish(&Scene);
    return Scene.Injected != 0;
}

static void EachStackFailsOnce(void **State)
{
    ULONG Total = 0;

    (void)State;
    for (ULONG Index = 0; Index < SceneKindCount; Index++)
    {
        ULONG Stacks = 0;
        NativeFaultsForget();
        while (FaultsPlay(&SceneKinds[Index], 0))
        {
            Stacks++;
        }
        printf("%-36s %3u call stacks\n", SceneKinds[Index].Name, Stacks);
        Total += Stacks;
    }
    printf("%-36s %3u call stacks failed, at least %u\n", "all", Total, FAULTS_MIN_STACKS);
    assert_true(Total >= FAULTS_MIN_STACKS);
}

static void RepeatedCallsFail(void **State)
{
    ULONG Calls = 0;

    (void)State;
    SceneWithoutEventLog = TRUE; /* so that what tells of a failure fails as well */
    for (ULONG Index = 0; Index < SceneKindCount; Index++)
    {
        ULONG Nth = 1;
        while (SceneKinds[Index].Repeats && FaultsPlay(&SceneKinds[Index], Nth))
        {
            Nth += Nth < FAULTS_EACH_CALL ? 1 : FAULTS_STRIDE;
            Calls++;
        }
    }
    printf("%u calls failed by their turn, at least %u\n", Calls, FAULTS_MIN_CALLS);
    assert_true(Calls >= FAULTS_MIN_CALLS);
}

int main(void)
{
    const struct CMUnitTest Tests[] = {
        cmocka_unit_test(EachStackFailsOnce),
        cmocka_unit_test(RepeatedCallsFail),
    };
    setvbuf(stdout, NULL, _IOLBF, 0);
    setenv("CMOCKA_TEST_ABORT", "1", 1); /* a failed run leaves nothing to go on with */
    signal(SIGABRT, FaultsAborted);
    NativeFaultsOnlyFrom(__start_driver_text, __stop_driver_text);
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
