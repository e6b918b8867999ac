/* SPDX-License-Identifier: MIT */
/*
 * Sets of clients' events that are gathered (host/wine/kernel/event_set.h), over events, a clock
 * and threads of the test's own.
 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "event_set.h"
#include "ntdll.h"

#define PATIENCE_S       60
#define CLOCK_FREQUENCY  10000000
#define INTERVAL         (EVENT_SET_INTERVAL_US * (CLOCK_FREQUENCY / 1000000))
#define GATHERERS        32 /* that there is room for */
#define STRESS_PRODUCERS 3
#define STRESS_ITEMS     20000

/* ---- What the kernel and Wine's server have ---- */

static volatile LONG64 Clock; /* ticks */
static __thread char Self;

typedef struct _TEST_EVENT
{
    pthread_mutex_t Mutex;
    pthread_cond_t Signalled;
    LONG State;
    ULONG Sets;
    volatile LONG *Produced; /* if given: */
    LONG Seen;               /* *Produced at the last set */
} TEST_EVENT;

static TEST_EVENT
    First = {.Mutex = PTHREAD_MUTEX_INITIALIZER, .Signalled = PTHREAD_COND_INITIALIZER},
    Second = {.Mutex = PTHREAD_MUTEX_INITIALIZER, .Signalled = PTHREAD_COND_INITIALIZER};

PKTHREAD NTAPI KeGetCurrentThread(VOID)
{
    return (PKTHREAD)(PVOID)&Self;
}

LARGE_INTEGER NTAPI KeQueryPerformanceCounter(PLARGE_INTEGER Frequency)
{
    LARGE_INTEGER Now = {.QuadPart = InterlockedAdd64(&Clock, 0)};
    if (Frequency != NULL)
        Frequency->QuadPart = CLOCK_FREQUENCY;
    return Now;
}

NTSTATUS NTAPI NtSetEvent(HANDLE Handle, PLONG PreviousState)
{
    TEST_EVENT *Event = Handle;
    pthread_mutex_lock(&Event->Mutex);
    if (PreviousState != NULL)
        *PreviousState = Event->State;
    Event->State = 1;
    Event->Sets++;
    if (Event->Produced != NULL)
        Event->Seen = ReadAcquire(Event->Produced);
    pthread_cond_signal(&Event->Signalled);
    pthread_mutex_unlock(&Event->Mutex);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlEnterCriticalSection(RTL_CRITICAL_SECTION *Section)
{
    while (InterlockedCompareExchange(&Section->LockCount, 0, -1) != -1)
        sched_yield();
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlLeaveCriticalSection(RTL_CRITICAL_SECTION *Section)
{
    WriteRelease(&Section->LockCount, -1);
    return STATUS_SUCCESS;
}

/* Takes the signal of an automatic event; FALSE: there was none for so many seconds. */
static BOOLEAN Wait(TEST_EVENT *Event, time_t Seconds)
{
    struct timespec Deadline;
    BOOLEAN Taken;
    clock_gettime(CLOCK_REALTIME, &Deadline);
    Deadline.tv_sec += Seconds;
    pthread_mutex_lock(&Event->Mutex);
    while (!Event->State &&
           pthread_cond_timedwait(&Event->Signalled, &Event->Mutex, &Deadline) == 0)
    {
    }
    Taken = Event->State != 0;
    Event->State = 0;
    pthread_mutex_unlock(&Event->Mutex);
    return Taken;
}

static LONG Set(TEST_EVENT *Event)
{
    return EventSetClient(Event, Event);
}

static void Run(void *(*Routine)(void *), void *Context)
{
    pthread_t Thread;
    assert_int_equal(pthread_create(&Thread, NULL, Routine, Context), 0);
    pthread_join(Thread, NULL);
}

static int Begin(void **State)
{
    (void)State;
    First.State = Second.State = 0;
    First.Sets = Second.Sets = 0;
    Clock += 10 * INTERVAL;
    return 0;
}

/* This thread gathers no more, and nothing of it is pending. */
static int End(void **State)
{
    (void)State;
    EventSetEnd();
    EventSetForget(&First);
    EventSetForget(&Second);
    return 0;
}

/* ---- One thread ---- */

static void AtOnceUnlessGathered(void **State)
{
    (void)State;
    assert_int_equal(Set(&First), 0);
    assert_int_equal(Set(&First), 1);
    assert_int_equal(First.Sets, 2);
    assert_false(EventSetIsPending());
    EventSetFlush();
    assert_int_equal(First.Sets, 2);
}

static void CloseOnesBecomeOne(void **State)
{
    (void)State;
    EventSetGather();
    EventSetGather();
    First.State = 1;
    assert_int_equal(Set(&First), 1);
    assert_int_equal(First.Sets, 1);
    assert_false(EventSetIsPending());
    Clock += INTERVAL - 1;
    First.State = 0;
    assert_int_equal(Set(&First), 0);
    assert_int_equal(Set(&First), 1);
    assert_int_equal(First.Sets, 1);
    assert_int_equal(First.State, 0);
    assert_true(EventSetIsPending());
    Clock++;
    assert_int_equal(Set(&First), 0);
    assert_int_equal(First.Sets, 2);
    assert_int_equal(First.State, 1);
    assert_false(EventSetIsPending());
}

static void FlushDoesThem(void **State)
{
    (void)State;
    EventSetGather();
    Set(&First);
    First.State = 0;
    Set(&First);
    Set(&First);
    EventSetFlush();
    assert_int_equal(First.Sets, 2);
    assert_int_equal(First.State, 1);
    assert_false(EventSetIsPending());
    EventSetFlush();
    assert_int_equal(First.Sets, 2);
    /* What follows a flush closely is pending again. */
    Set(&First);
    assert_int_equal(First.Sets, 2);
    assert_true(EventSetIsPending());
}

static void AnotherEventIsSetAfter(void **State)
{
    (void)State;
    EventSetGather();
    Set(&First);
    First.State = 0;
    Set(&First);
    Set(&Second);
    assert_int_equal(First.Sets, 2);
    assert_int_equal(First.State, 1);
    assert_int_equal(Second.Sets, 1);
    assert_false(EventSetIsPending());
}

static void ForgottenIsNew(void **State)
{
    (void)State;
    EventSetGather();
    Set(&First);
    Set(&First);
    EventSetForget(&First);
    assert_int_equal(First.Sets, 2);
    assert_false(EventSetIsPending());
    /* Another event at the same address, perhaps. */
    Set(&First);
    assert_int_equal(First.Sets, 3);
}

static void EndDoesThem(void **State)
{
    (void)State;
    EventSetGather();
    Set(&First);
    Set(&First);
    EventSetEnd();
    assert_int_equal(First.Sets, 2);
    Set(&First);
    assert_int_equal(First.Sets, 3);
}

/* ---- Several ---- */

static void *FlushFirst(void *Context)
{
    (void)Context;
    EventSetFlush(); /* of this thread: nothing */
    assert_int_equal(First.Sets, 1);
    EventSetFlushObject(&Second);
    assert_int_equal(First.Sets, 1);
    EventSetFlushObject(&First);
    assert_int_equal(First.Sets, 2);
    First.State = 0; /* reset */
    return NULL;
}

static void ResetElsewhereIsLater(void **State)
{
    (void)State;
    EventSetGather();
    Set(&First);
    First.State = 0;
    Set(&First);
    Run(FlushFirst, NULL);
    EventSetFlush();
    assert_int_equal(First.Sets, 2);
    assert_int_equal(First.State, 0);
}

static pthread_barrier_t Barrier;

static void *SetTwice(void *Context)
{
    TEST_EVENT *Event = Context;
    EventSetGather();
    pthread_barrier_wait(&Barrier);
    Set(Event);
    Set(Event);
    pthread_barrier_wait(&Barrier); /* looked at by the test */
    pthread_barrier_wait(&Barrier);
    EventSetEnd();
    return NULL;
}

static void MoreThanThereIsRoomFor(void **State)
{
    pthread_t Threads[GATHERERS + 5];
    (void)State;
    /* Twice: the room is given back. */
    for (ULONG Round = 1; Round <= 2; Round++)
    {
        First.Sets = 0;
        assert_int_equal(pthread_barrier_init(&Barrier, NULL, ARRAYSIZE(Threads) + 1), 0);
        for (ULONG i = 0; i < ARRAYSIZE(Threads); i++)
            assert_int_equal(pthread_create(&Threads[i], NULL, SetTwice, &First), 0);
        pthread_barrier_wait(&Barrier);
        pthread_barrier_wait(&Barrier);
        assert_int_equal(First.Sets, GATHERERS + 2 * (ARRAYSIZE(Threads) - GATHERERS));
        pthread_barrier_wait(&Barrier);
        for (ULONG i = 0; i < ARRAYSIZE(Threads); i++)
            pthread_join(Threads[i], NULL);
        assert_int_equal(First.Sets, 2 * ARRAYSIZE(Threads));
        pthread_barrier_destroy(&Barrier);
    }
}

/* ---- Stress ---- */

typedef struct _PRODUCER
{
    volatile LONG Produced;
    volatile LONG Told; /* of these, KeSetEvent has returned */
    TEST_EVENT Event;
    unsigned Seed;
    pthread_t Thread;
    pthread_t Checker;
} PRODUCER;

static void *Produce(void *Context)
{
    PRODUCER *Producer = Context;
    EventSetGather();
    for (LONG Item = 1; Item <= STRESS_ITEMS; Item++)
    {
        InterlockedIncrement(&Producer->Produced);
        Set(&Producer->Event);
        WriteRelease(&Producer->Told, Item);
        InterlockedAdd64(&Clock, rand_r(&Producer->Seed) % 100);
        if (rand_r(&Producer->Seed) % 16 == 0)
        {
            EventSetFlush();
            sched_yield();
        }
    }
    EventSetEnd();
    return NULL;
}

/* What is told when a flush begins has been set when it ends. */
static void *Check(void *Context)
{
    PRODUCER *Producer = Context;
    LONG Told;
    do
    {
        LONG Seen;
        Told = ReadAcquire(&Producer->Told);
        EventSetFlushObject(&Producer->Event);
        pthread_mutex_lock(&Producer->Event.Mutex);
        Seen = Producer->Event.Seen;
        pthread_mutex_unlock(&Producer->Event.Mutex);
        if (Seen < Told)
            fail_msg("item %d is told, but the last set was of %d", Told, Seen);
        sched_yield();
    } while (Told < STRESS_ITEMS);
    return NULL;
}

/* Who sleeps until it is told finds everything. */
static void NothingIsLost(void **State)
{
    static PRODUCER Producers[STRESS_PRODUCERS];
    (void)State;
    for (unsigned i = 0; i < STRESS_PRODUCERS; i++)
    {
        PRODUCER *Producer = &Producers[i];
        Producer->Seed = i;
        Producer->Event.Produced = &Producer->Produced;
        pthread_mutex_init(&Producer->Event.Mutex, NULL);
        pthread_cond_init(&Producer->Event.Signalled, NULL);
        assert_int_equal(pthread_create(&Producer->Thread, NULL, Produce, Producer), 0);
        assert_int_equal(pthread_create(&Producer->Checker, NULL, Check, Producer), 0);
    }
    for (unsigned i = 0; i < STRESS_PRODUCERS; i++)
    {
        LONG Taken = 0;
        while (Taken < STRESS_ITEMS)
        {
            if (!Wait(&Producers[i].Event, PATIENCE_S))
                fail_msg("producer %u: no signal after item %d", i, Taken);
            Taken = ReadAcquire(&Producers[i].Produced);
        }
        pthread_join(Producers[i].Thread, NULL);
        pthread_join(Producers[i].Checker, NULL);
        assert_true(Producers[i].Event.Sets <= STRESS_ITEMS);
        EventSetForget(&Producers[i].Event);
    }
}

int main(void)
{
    const struct CMUnitTest Tests[] = {
        cmocka_unit_test_setup_teardown(AtOnceUnlessGathered, Begin, End),
        cmocka_unit_test_setup_teardown(CloseOnesBecomeOne, Begin, End),
        cmocka_unit_test_setup_teardown(FlushDoesThem, Begin, End),
        cmocka_unit_test_setup_teardown(AnotherEventIsSetAfter, Begin, End),
        cmocka_unit_test_setup_teardown(ForgottenIsNew, Begin, End),
        cmocka_unit_test_setup_teardown(EndDoesThem, Begin, End),
        cmocka_unit_test_setup_teardown(ResetElsewhereIsLater, Begin, End),
        cmocka_unit_test_setup_teardown(MoreThanThereIsRoomFor, Begin, End),
        cmocka_unit_test_setup_teardown(NothingIsLost, Begin, End),
    };
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
