/* SPDX-License-Identifier: MIT */
/*
 * A process ends while the adapter that it has registered on halts: its pages are unlocked before
 * it is gone, whoever of the two ends the session.
 */
#include <pthread.h>

#include "fixture.h"

typedef struct _ENDING
{
    FIXTURE *Fixture;
    CLIENT *Client;
} ENDING;

static void *StopDevice(void *Context)
{
    ENDING *Ending = Context;
    assert_int_equal(NativeDeviceStop(Ending->Fixture->Pdo), STATUS_SUCCESS);
    return NULL;
}

static void *EndProcess(void *Context)
{
    ENDING *Ending = Context;
    ClientExit(Ending->Client); /* bug check 0x76 if pages are locked */
    return NULL;
}

/* The halt is held while it ends the session, and the process ends meanwhile. */
static void ProcessEndsDuringHalt(void **State)
{
    FIXTURE *Fixture = *State;
    LARGE_INTEGER Moment = {.QuadPart = -50 * 10000};
    LARGE_INTEGER Timeout = {.QuadPart = -10000ll * FIXTURE_TIMEOUT};
    CLIENT Client;
    KEVENT Entered, Leave;
    pthread_t Threads[2];

    ClientStart(&Client, Fixture);
    ENDING Ending = {Fixture, &Client};
    KeInitializeEvent(&Entered, NotificationEvent, FALSE);
    KeInitializeEvent(&Leave, NotificationEvent, FALSE);
    NativeLinkHoldDisconnect(Fixture->Link, &Entered, &Leave);
    assert_int_equal(pthread_create(&Threads[0], NULL, StopDevice, &Ending), 0);
    assert_int_equal(
        KeWaitForSingleObject(&Entered, Executive, KernelMode, FALSE, &Timeout), STATUS_WAIT_0);
    assert_int_equal(pthread_create(&Threads[1], NULL, EndProcess, &Ending), 0);
    KeDelayExecutionThread(KernelMode, FALSE, &Moment);
    KeSetEvent(&Leave, IO_NO_INCREMENT, FALSE);
    pthread_join(Threads[0], NULL);
    pthread_join(Threads[1], NULL);
    assert_int_equal(NativeDeviceStart(Fixture->Pdo), STATUS_SUCCESS);
    ClientStart(&Client, Fixture);
    ClientExit(&Client);
}

#define TEST(Name) cmocka_unit_test_setup_teardown(Name, FixtureStart, FixtureStop)

int main(void)
{
    const struct CMUnitTest Tests[] = {
        TEST(ProcessEndsDuringHalt),
    };
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
