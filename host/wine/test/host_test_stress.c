/* SPDX-License-Identifier: MIT */
/*
 * Events in memory under several threads: no signal is lost, none wakes too many.
 */
#include "host_test_stress.h"

#define THREADS 4
#define TURNS   3000
/* What is expected comes long before, on a machine that has time. */
#define LIMIT_SECONDS 60

static KEVENT Ping, Pong, Start, Work, Stop;
static volatile LONG Woken, Produced, Consumed, Lost;

static NTSTATUS WaitSeconds(PKEVENT Event, LONG Seconds)
{
    LARGE_INTEGER Timeout = {.QuadPart = -10000000LL * Seconds};
    return KeWaitForSingleObject(Event, Executive, KernelMode, FALSE, &Timeout);
}

static BOOLEAN RunThreads(KSTART_ROUTINE *Routine, ULONG Count, VOID (*Meanwhile)(VOID))
{
    PVOID Threads[THREADS];
    ULONG Started = 0;
    for (; Started < Count; Started++)
    {
        HANDLE Handle;
        if (!NT_SUCCESS(
                PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, Routine, NULL)))
        {
            break;
        }
        ObReferenceObjectByHandle(
            Handle, THREAD_ALL_ACCESS, NULL, KernelMode, &Threads[Started], NULL);
        ZwClose(Handle);
    }
    if (Meanwhile != NULL)
    {
        Meanwhile();
    }
    for (ULONG i = 0; i < Started; i++)
    {
        KeWaitForSingleObject(Threads[i], Executive, KernelMode, FALSE, NULL);
        ObDereferenceObject(Threads[i]);
    }
    return Started == Count;
}

static VOID NTAPI AnswerPings(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    for (ULONG i = 0; i < TURNS; i++)
    {
        if (WaitSeconds(&Ping, LIMIT_SECONDS) != STATUS_WAIT_0)
        {
            InterlockedIncrement(&Lost);
            break;
        }
        KeSetEvent(&Pong, IO_NO_INCREMENT, FALSE);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID SendPings(VOID)
{
    for (ULONG i = 0; i < TURNS; i++)
    {
        KeSetEvent(&Ping, IO_NO_INCREMENT, FALSE);
        if (WaitSeconds(&Pong, LIMIT_SECONDS) != STATUS_WAIT_0)
        {
            InterlockedIncrement(&Lost);
            break;
        }
    }
}

static VOID NTAPI WaitForStart(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    if (WaitSeconds(&Start, LIMIT_SECONDS) == STATUS_WAIT_0)
    {
        InterlockedIncrement(&Woken);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID Sleep(LONG Milliseconds)
{
    LARGE_INTEGER Interval = {.QuadPart = -10000LL * Milliseconds};
    KeDelayExecutionThread(KernelMode, FALSE, &Interval);
}

static VOID SetStartOnce(VOID)
{
    Sleep(50);
    KeSetEvent(&Start, IO_NO_INCREMENT, FALSE);
}

static VOID SetStartForEach(VOID)
{
    Sleep(50);
    for (LONG i = 1; i <= THREADS; i++)
    {
        KeSetEvent(&Start, IO_NO_INCREMENT, FALSE);
        for (ULONG Waited = 0; ReadAcquire(&Woken) < i && Waited < LIMIT_SECONDS * 1000;
             Waited += 5)
            Sleep(5);
        /* And no other. */
        Sleep(30);
        if (ReadAcquire(&Woken) != i)
        {
            InterlockedIncrement(&Lost);
        }
    }
}

/* Takes all there is at each signal: a signal that comes while it accounts for one counts too. */
static VOID NTAPI ConsumeWork(PVOID Context)
{
    PVOID Objects[] = {&Stop, &Work};
    UNREFERENCED_PARAMETER(Context);
    while (KeWaitForMultipleObjects(
               2, Objects, WaitAny, Executive, KernelMode, FALSE, NULL, NULL) != STATUS_WAIT_0)
    {
        WriteRelease(&Consumed, ReadAcquire(&Produced));
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID ProduceWork(VOID)
{
    for (LONG i = 1; i <= TURNS && Lost == 0; i++)
    {
        ULONG Looks = 0;
        InterlockedIncrement(&Produced);
        KeSetEvent(&Work, IO_NO_INCREMENT, FALSE);
        /* Not always: then the next signal comes while this one is accounted for. */
        while (i % 3 == 0 && ReadAcquire(&Consumed) != i)
        {
            if (++Looks > 1000 + LIMIT_SECONDS * 1000)
            {
                InterlockedIncrement(&Lost);
                break;
            }
            Looks > 1000 ? Sleep(1) : YieldProcessor();
        }
    }
    KeSetEvent(&Stop, IO_NO_INCREMENT, FALSE);
}

ULONG HostTestStress(VOID)
{
    Woken = Produced = Consumed = Lost = 0;
    KeInitializeEvent(&Ping, SynchronizationEvent, FALSE);
    KeInitializeEvent(&Pong, SynchronizationEvent, FALSE);
    if (!RunThreads(AnswerPings, 1, SendPings) || Lost != 0)
    {
        return 1;
    }
    KeInitializeEvent(&Start, NotificationEvent, FALSE);
    if (!RunThreads(WaitForStart, THREADS, SetStartOnce) || Woken != THREADS)
    {
        return 2;
    }
    Woken = 0;
    KeInitializeEvent(&Start, SynchronizationEvent, FALSE);
    if (!RunThreads(WaitForStart, THREADS, SetStartForEach) || Woken != THREADS || Lost != 0)
    {
        return 3;
    }
    KeInitializeEvent(&Work, SynchronizationEvent, FALSE);
    KeInitializeEvent(&Stop, NotificationEvent, FALSE);
    if (!RunThreads(ConsumeWork, 1, ProduceWork) || Lost != 0)
    {
        return 4;
    }
    /* Nothing is left: states are as the last set or wait left them. */
    if (KeReadStateEvent(&Stop) == 0 || KeResetEvent(&Stop) == 0 || KeReadStateEvent(&Stop) != 0 ||
        WaitSeconds(&Stop, 0) != STATUS_TIMEOUT)
    {
        return 5;
    }
    return 0;
}
