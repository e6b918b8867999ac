/* SPDX-License-Identifier: MIT */
/*
 * Dispatcher objects: what waits do to them, who is woken, timeouts, and waits that must not be.
 */
#include <pthread.h>

#include "outcome.h"

static LARGE_INTEGER Zero;

static NTSTATUS Poll(PVOID Object)
{
    return KeWaitForSingleObject(Object, Executive, KernelMode, FALSE, &Zero);
}

static void EventsResetAsTheirTypeSays(void **State)
{
    (void)State;
    KEVENT Notification, Synchronization;
    KeInitializeEvent(&Notification, NotificationEvent, TRUE);
    KeInitializeEvent(&Synchronization, SynchronizationEvent, FALSE);
    assert_int_equal(Poll(&Notification), STATUS_WAIT_0);
    assert_int_equal(Poll(&Notification), STATUS_WAIT_0);
    assert_int_equal(Poll(&Synchronization), STATUS_TIMEOUT);
    assert_int_equal(KeSetEvent(&Synchronization, 0, FALSE), 0);
    assert_int_equal(KeSetEvent(&Synchronization, 0, FALSE), 1);
    assert_int_equal(Poll(&Synchronization), STATUS_WAIT_0);
    assert_int_equal(Poll(&Synchronization), STATUS_TIMEOUT);
    assert_int_equal(KeResetEvent(&Notification), 1);
    assert_int_equal(KeReadStateEvent(&Notification), 0);
}

static void TimeoutsEnd(void **State)
{
    (void)State;
    KEVENT Event;
    LARGE_INTEGER Frequency, Timeout = {.QuadPart = -200000}; /* 20 ms */
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    LARGE_INTEGER Start = KeQueryPerformanceCounter(&Frequency);
    assert_int_equal(
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, &Timeout), STATUS_TIMEOUT);
    LARGE_INTEGER End = KeQueryPerformanceCounter(NULL);
    assert_true((End.QuadPart - Start.QuadPart) * 1000 / Frequency.QuadPart >= 19);
}

typedef struct _WAITER
{
    KEVENT *Events;
    KEVENT Ready;
    WAIT_TYPE Type;
    NTSTATUS Status;
} WAITER;

static void *WaitForTwo(void *Context)
{
    WAITER *Waiter = Context;
    PVOID Objects[2] = {&Waiter->Events[0], &Waiter->Events[1]};
    KeSetEvent(&Waiter->Ready, 0, FALSE);
    Waiter->Status = KeWaitForMultipleObjects(
        2, Objects, Waiter->Type, Executive, KernelMode, FALSE, NULL, NULL);
    return NULL;
}

static void MultipleObjects(void **State)
{
    (void)State;
    KEVENT Events[2];
    for (int Type = WaitAll; Type <= WaitAny; Type++)
    {
        pthread_t Thread;
        WAITER Waiter = {.Events = Events, .Type = (WAIT_TYPE)Type};
        KeInitializeEvent(&Events[0], SynchronizationEvent, FALSE);
        KeInitializeEvent(&Events[1], SynchronizationEvent, FALSE);
        KeInitializeEvent(&Waiter.Ready, NotificationEvent, FALSE);
        assert_int_equal(pthread_create(&Thread, NULL, WaitForTwo, &Waiter), 0);
        KeWaitForSingleObject(&Waiter.Ready, Executive, KernelMode, FALSE, NULL);
        KeSetEvent(&Events[1], 0, FALSE);
        if (Type == WaitAll)
        {
            /* Not consumed until the other one is there too. */
            assert_int_equal(KeReadStateEvent(&Events[1]), 1);
            KeSetEvent(&Events[0], 0, FALSE);
        }
        pthread_join(Thread, NULL);
        assert_int_equal(Waiter.Status, Type == WaitAll ? STATUS_WAIT_0 : STATUS_WAIT_0 + 1);
        assert_int_equal(KeReadStateEvent(&Events[1]), 0);
    }
}

static void Semaphores(void **State)
{
    (void)State;
    KSEMAPHORE Semaphore;
    KeInitializeSemaphore(&Semaphore, 1, 3);
    assert_int_equal(KeReleaseSemaphore(&Semaphore, 0, 2, FALSE), 1);
    for (int Index = 0; Index < 3; Index++)
    {
        assert_int_equal(Poll(&Semaphore), STATUS_WAIT_0);
    }
    assert_int_equal(Poll(&Semaphore), STATUS_TIMEOUT);
}

static void *PollMutex(void *Mutex)
{
    return (void *)(intptr_t)Poll(Mutex);
}

static void Mutexes(void **State)
{
    (void)State;
    KMUTEX Mutex;
    pthread_t Thread;
    void *Result;
    KeInitializeMutex(&Mutex, 0);
    assert_int_equal(Poll(&Mutex), STATUS_WAIT_0);
    assert_int_equal(Poll(&Mutex), STATUS_WAIT_0); /* recursive */
    assert_int_equal(pthread_create(&Thread, NULL, PollMutex, &Mutex), 0);
    pthread_join(Thread, &Result);
    assert_int_equal((intptr_t)Result, STATUS_TIMEOUT);
    KeReleaseMutex(&Mutex, FALSE);
    KeReleaseMutex(&Mutex, FALSE);
    assert_int_equal(pthread_create(&Thread, NULL, PollMutex, &Mutex), 0);
    pthread_join(Thread, &Result);
    assert_int_equal((intptr_t)Result, STATUS_WAIT_0);
}

static void WaitAtDispatch(void *Event)
{
    NativeRaiseIrql(DISPATCH_LEVEL);
    KeWaitForSingleObject(Event, Executive, KernelMode, FALSE, NULL);
}

static void PollAtDispatch(void *Event)
{
    NativeRaiseIrql(DISPATCH_LEVEL);
    Poll(Event);
}

static void SetAbove(void *Event)
{
    NativeRaiseIrql(HIGH_LEVEL);
    KeSetEvent(Event, 0, FALSE);
}

static void WaitForFour(void *Event)
{
    PVOID Objects[4] = {Event, Event, Event, Event};
    KeWaitForMultipleObjects(4, Objects, WaitAny, Executive, KernelMode, FALSE, &Zero, NULL);
}

static void WaitForGarbage(void *Context)
{
    (void)Context;
    KEVENT Event;
    memset(&Event, 0xCD, sizeof(Event));
    Poll(&Event);
}

static void ReleaseForeignMutex(void *Mutex)
{
    KeReleaseMutex(Mutex, FALSE);
}

static void ReleaseTooOften(void *Semaphore)
{
    KeReleaseSemaphore(Semaphore, 0, 4, FALSE);
}

static void WrongWaits(void **State)
{
    (void)State;
    KEVENT Event;
    KMUTEX Mutex;
    KSEMAPHORE Semaphore;
    KeInitializeEvent(&Event, NotificationEvent, TRUE);
    KeInitializeMutex(&Mutex, 0);
    KeInitializeSemaphore(&Semaphore, 0, 3);
    AssertRuleBroken(WaitAtDispatch, &Event, "Irql", "KeWaitForSingleObject");
    AssertReturns(PollAtDispatch, &Event);
    AssertRuleBroken(SetAbove, &Event, "Irql", "KeSetEvent");
    AssertRuleBroken(WaitForFour, &Event, "WaitCount", "KeWaitForMultipleObjects");
    AssertRuleBroken(WaitForGarbage, NULL, "DispatcherObject", "KeWaitForSingleObject");
    /* Both raise, and nobody catches: KMODE_EXCEPTION_NOT_HANDLED. */
    AssertBugCheck(ReleaseForeignMutex, &Mutex, 0x1E);
    AssertBugCheck(ReleaseTooOften, &Semaphore, 0x1E);
}

int main(void)
{
    const struct CMUnitTest Tests[] = {
        cmocka_unit_test(EventsResetAsTheirTypeSays),
        cmocka_unit_test(TimeoutsEnd),
        cmocka_unit_test(MultipleObjects),
        cmocka_unit_test(Semaphores),
        cmocka_unit_test(Mutexes),
        cmocka_unit_test(WrongWaits),
    };
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
