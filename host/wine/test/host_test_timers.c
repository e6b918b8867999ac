/* SPDX-License-Identifier: MIT */
/*
 * Timers, deferred procedure calls and work items of the kernel, as a driver under Wine has them.
 */
#include "host_test_stress.h"

/* What is expected comes long before, on a machine that has time. */
#define LIMIT_SECONDS 60

#define TRY(Condition)       \
    do                       \
    {                        \
        if (!(Condition))    \
        {                    \
            return __LINE__; \
        }                    \
    } while (0)

static const LARGE_INTEGER Soon = {.QuadPart = -10000}, Never = {.QuadPart = -36000000000},
                           Past = {.QuadPart = 1}, Zero;

static KEVENT Called, MayLeave, Worked;
static volatile LONG Calls;
static PKTIMER TimerToFree;

static BOOLEAN Await(PVOID Object)
{
    LARGE_INTEGER Timeout = {.QuadPart = -10000000LL * LIMIT_SECONDS};
    return KeWaitForSingleObject(Object, Executive, KernelMode, FALSE, &Timeout) == STATUS_SUCCESS;
}

static BOOLEAN IsSignalled(PVOID Object)
{
    LARGE_INTEGER Timeout = Zero;
    return KeWaitForSingleObject(Object, Executive, KernelMode, FALSE, &Timeout) == STATUS_SUCCESS;
}

static VOID NTAPI Call(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Context);
    InterlockedExchangeAdd(&Calls, Argument1 != NULL && Argument2 == Argument1 ? 100 : 1);
    if (TimerToFree != NULL)
    {
        ExFreePoolWithTag(TimerToFree, 'tseT');
        TimerToFree = NULL;
    }
    KeSetEvent(&Called, IO_NO_INCREMENT, FALSE);
}

static VOID NTAPI Occupy(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    KeSetEvent(&Called, IO_NO_INCREMENT, FALSE);
    /* No driver may wait here, but a test of the host can. */
    Await(&MayLeave);
}

static ULONG TestCalls(VOID)
{
    KDPC Dpc, Occupier;
    KeInitializeDpc(&Dpc, Call, NULL);
    KeInitializeDpc(&Occupier, Occupy, NULL);
    Calls = 0;
    TRY(!KeRemoveQueueDpc(&Dpc));
    TRY(KeInsertQueueDpc(&Dpc, &Dpc, &Dpc));
    TRY(Await(&Called));
    KeFlushQueuedDpcs();
    TRY(Calls == 100);
    TRY(KeInsertQueueDpc(&Occupier, NULL, NULL));
    TRY(Await(&Called));
    TRY(KeInsertQueueDpc(&Dpc, NULL, NULL));
    TRY(!KeInsertQueueDpc(&Dpc, NULL, NULL));
    TRY(KeRemoveQueueDpc(&Dpc));
    KeSetEvent(&MayLeave, IO_NO_INCREMENT, FALSE);
    KeFlushQueuedDpcs();
    TRY(Calls == 100);
    return 0;
}

static ULONG TestTimer(VOID)
{
    KTIMER Timer;
    KDPC Dpc;
    KeInitializeTimer(&Timer);
    KeInitializeDpc(&Dpc, Call, NULL);
    Calls = 0;
    TRY(!KeSetTimer(&Timer, Soon, &Dpc));
    TRY(Await(&Timer) && Await(&Timer) && KeReadStateTimer(&Timer));
    TRY(Await(&Called));
    TRY(!KeCancelTimer(&Timer));
    TRY(!KeSetTimer(&Timer, Never, &Dpc) && !KeReadStateTimer(&Timer) && !IsSignalled(&Timer));
    TRY(KeSetTimer(&Timer, Never, &Dpc));
    TRY(KeCancelTimer(&Timer));
    TRY(!KeCancelTimer(&Timer));
    TRY(!KeSetTimer(&Timer, Past, NULL) && Await(&Timer));
    KeFlushQueuedDpcs();
    TRY(Calls == 1);
    TRY(!KeSetTimerEx(&Timer, Soon, 1, &Dpc));
    for (ULONG i = 0; i < 5; i++)
    {
        TRY(Await(&Called));
    }
    TRY(KeCancelTimer(&Timer));
    KeFlushQueuedDpcs();
    KeResetEvent(&Called);
    TRY(Calls >= 6);
    return 0;
}

static ULONG TestTimerFreedByItsCall(VOID)
{
    PKTIMER Timer = ExAllocatePoolWithTag(NonPagedPool, sizeof(*Timer) + sizeof(KDPC), 'tseT');
    PKDPC Dpc = (PKDPC)(Timer + 1);
    TRY(Timer != NULL);
    KeInitializeTimer(Timer);
    KeInitializeDpc(Dpc, Call, NULL);
    TimerToFree = Timer;
    TRY(!KeSetTimer(Timer, Soon, Dpc));
    TRY(Await(&Called));
    KeFlushQueuedDpcs();
    TRY(TimerToFree == NULL);
    return 0;
}

static VOID NTAPI Work(PDEVICE_OBJECT DeviceObject, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    IoFreeWorkItem(Context);
    KeSetEvent(&Worked, IO_NO_INCREMENT, FALSE);
}

static ULONG TestWorkItem(PDEVICE_OBJECT DeviceObject)
{
    PIO_WORKITEM Item = IoAllocateWorkItem(DeviceObject);
    TRY(Item != NULL);
    IoQueueWorkItem(Item, Work, DelayedWorkQueue, Item);
    TRY(Await(&Worked));
    return 0;
}

ULONG HostTestTimers(PDEVICE_OBJECT DeviceObject)
{
    ULONG Line;
    KeInitializeEvent(&Called, SynchronizationEvent, FALSE);
    KeInitializeEvent(&MayLeave, SynchronizationEvent, FALSE);
    KeInitializeEvent(&Worked, SynchronizationEvent, FALSE);
    Line = TestCalls();
    Line = Line != 0 ? Line : TestTimer();
    Line = Line != 0 ? Line : TestTimerFreedByItsCall();
    return Line != 0 ? Line : TestWorkItem(DeviceObject);
}
