/* SPDX-License-Identifier: MIT */
/*
 * Timers, deferred procedure calls and work items: when and at what IRQL routines are called, what
 * cancelling says, and callers that free what is queued.
 */
#include "outcome.h"

#define TAG 0x656D6954u

static LARGE_INTEGER Zero, Soon = {.QuadPart = -10000}, Never = {.QuadPart = -36000000000};

typedef struct _CALLS
{
    KEVENT Called;
    volatile LONG Count;
    KIRQL Irql;
    PVOID Arguments[2];
} CALLS;

static KIRQL CurrentIrql(void)
{
    KIRQL Irql = NativeRaiseIrql(HIGH_LEVEL);
    NativeLowerIrql(Irql);
    return Irql;
}

static VOID NTAPI Call(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    CALLS *Calls = Context;
    (void)Dpc;
    Calls->Irql = CurrentIrql();
    Calls->Arguments[0] = Argument1;
    Calls->Arguments[1] = Argument2;
    InterlockedIncrement(&Calls->Count);
    KeSetEvent(&Calls->Called, 0, FALSE);
}

static void Prepare(CALLS *Calls, PKDPC Dpc)
{
    memset(Calls, 0, sizeof(*Calls));
    KeInitializeEvent(&Calls->Called, SynchronizationEvent, FALSE);
    KeInitializeDpc(Dpc, Call, Calls);
}

static void Await(PVOID Object)
{
    LARGE_INTEGER Timeout = {.QuadPart = -600000000}; /* a minute */
    assert_int_equal(
        KeWaitForSingleObject(Object, Executive, KernelMode, FALSE, &Timeout), STATUS_WAIT_0);
}

static void CallsAreQueuedOnce(void **State)
{
    (void)State;
    CALLS Calls;
    KDPC Dpc;
    Prepare(&Calls, &Dpc);
    assert_false(KeRemoveQueueDpc(&Dpc));
    assert_true(KeInsertQueueDpc(&Dpc, &Calls, &Dpc));
    Await(&Calls.Called);
    assert_int_equal(Calls.Irql, DISPATCH_LEVEL);
    assert_ptr_equal(Calls.Arguments[0], &Calls);
    assert_ptr_equal(Calls.Arguments[1], &Dpc);
    KeFlushQueuedDpcs();
    assert_int_equal(Calls.Count, 1);
}

static volatile LONG Release;

static VOID NTAPI Occupy(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    (void)Dpc;
    (void)Argument1;
    (void)Argument2;
    KeSetEvent(Context, 0, FALSE);
    while (!ReadAcquire(&Release))
    {
        YieldProcessor();
    }
}

static void QueuedCallsCanBeRemoved(void **State)
{
    (void)State;
    CALLS Calls;
    KEVENT Occupied;
    KDPC Dpc, Occupier;
    Prepare(&Calls, &Dpc);
    KeInitializeEvent(&Occupied, NotificationEvent, FALSE);
    KeInitializeDpc(&Occupier, Occupy, &Occupied);
    WriteRelease(&Release, FALSE);
    KeInsertQueueDpc(&Occupier, NULL, NULL);
    Await(&Occupied);
    assert_true(KeInsertQueueDpc(&Dpc, NULL, NULL));
    assert_false(KeInsertQueueDpc(&Dpc, NULL, NULL));
    assert_true(KeRemoveQueueDpc(&Dpc));
    WriteRelease(&Release, TRUE);
    KeFlushQueuedDpcs();
    assert_int_equal(Calls.Count, 0);
}

static void TimersExpire(void **State)
{
    (void)State;
    CALLS Calls;
    KDPC Dpc;
    KTIMER Timer;
    LARGE_INTEGER Past = {.QuadPart = 1};
    Prepare(&Calls, &Dpc);
    KeInitializeTimer(&Timer);
    assert_false(KeReadStateTimer(&Timer));
    assert_false(KeCancelTimer(&Timer));
    assert_false(KeSetTimer(&Timer, Soon, &Dpc));
    Await(&Timer);
    Await(&Timer);
    assert_true(KeReadStateTimer(&Timer));
    Await(&Calls.Called);
    assert_int_equal(Calls.Irql, DISPATCH_LEVEL);
    assert_false(KeCancelTimer(&Timer));
    assert_false(KeSetTimer(&Timer, Past, NULL));
    Await(&Timer);
    assert_int_equal(Calls.Count, 1);
}

static void TimersAreCancelled(void **State)
{
    (void)State;
    CALLS Calls;
    KDPC Dpc;
    KTIMER Timer;
    Prepare(&Calls, &Dpc);
    KeInitializeTimerEx(&Timer, SynchronizationTimer);
    assert_false(KeSetTimer(&Timer, Never, &Dpc));
    assert_true(KeSetTimer(&Timer, Never, &Dpc));
    assert_true(KeCancelTimer(&Timer));
    assert_false(KeCancelTimer(&Timer));
    assert_int_equal(
        KeWaitForSingleObject(&Timer, Executive, KernelMode, FALSE, &Zero), STATUS_TIMEOUT);
    /* Set anew, it expires at the new time; the wait resets it. */
    assert_false(KeSetTimer(&Timer, Never, &Dpc));
    assert_true(KeSetTimer(&Timer, Soon, &Dpc));
    Await(&Timer);
    assert_false(KeReadStateTimer(&Timer));
    KeFlushQueuedDpcs();
    assert_int_equal(Calls.Count, 1);
}

static void PeriodicTimersGoOn(void **State)
{
    (void)State;
    CALLS Calls;
    KDPC Dpc;
    KTIMER Timer;
    Prepare(&Calls, &Dpc);
    KeInitializeTimer(&Timer);
    assert_false(KeSetTimerEx(&Timer, Soon, 1, &Dpc));
    for (int i = 0; i < 5; i++)
    {
        Await(&Calls.Called);
    }
    assert_true(KeCancelTimer(&Timer));
    KeFlushQueuedDpcs();
    LONG Count = Calls.Count;
    KeFlushQueuedDpcs();
    assert_true(Count >= 5 && Calls.Count == Count);
}

static void FreesTimer(void *Context)
{
    KTIMER **Timer = Context;
    *Timer = ExAllocatePoolWithTag(NonPagedPool, 256, TAG);
    KeInitializeTimer(*Timer);
    KeSetTimer(*Timer, Never, NULL);
    ExFreePoolWithTag(*Timer, TAG);
}

static void FreesCall(void *Context)
{
    static CALLS Calls;
    KDPC **Dpc = Context;
    *Dpc = ExAllocatePoolWithTag(NonPagedPool, 256, TAG);
    Prepare(&Calls, *Dpc);
    KeInsertQueueDpc(*Dpc, NULL, NULL);
    ExFreePoolWithTag(*Dpc, TAG);
}

static void NoCall(void *Context)
{
    (void)Context;
    static KDPC Dpc;
    KeInsertQueueDpc(&Dpc, NULL, NULL);
}

static void NoTimer(void *Context)
{
    (void)Context;
    static KEVENT Event;
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    KeCancelTimer((PKTIMER)&Event);
}

static void NegativePeriod(void *Context)
{
    KeInitializeTimer(Context);
    KeSetTimerEx(Context, Soon, -1, NULL);
}

static void WrongUsesAreCaught(void **State)
{
    (void)State;
    KEVENT Occupied;
    KDPC Occupier, *Dpc = NULL;
    KTIMER Other, *Timer = NULL;
    AssertBugCheck(FreesTimer, &Timer, 0xC7);
    assert_true(KeCancelTimer(Timer));

    KeInitializeEvent(&Occupied, NotificationEvent, FALSE);
    KeInitializeDpc(&Occupier, Occupy, &Occupied);
    WriteRelease(&Release, FALSE);
    KeInsertQueueDpc(&Occupier, NULL, NULL);
    Await(&Occupied);
    AssertBugCheck(FreesCall, &Dpc, 0xC7);
    assert_true(KeRemoveQueueDpc(Dpc));
    WriteRelease(&Release, TRUE);
    KeFlushQueuedDpcs();

    AssertRuleBroken(NoCall, NULL, "DpcObject", "KeInsertQueueDpc");
    AssertRuleBroken(NoTimer, NULL, "TimerObject", "KeCancelTimer");
    AssertRuleBroken(NegativePeriod, &Other, "TimerPeriod", "KeSetTimerEx");
}

/* ---- Work items ---- */

typedef struct _WORK
{
    PIO_WORKITEM Item;
    KEVENT Started, Leave, Done;
    BOOLEAN Free;
    KIRQL Irql;
    PDEVICE_OBJECT Object;
} WORK;

static VOID NTAPI Work(PDEVICE_OBJECT DeviceObject, PVOID Context)
{
    WORK *Work = Context;
    Work->Irql = CurrentIrql();
    Work->Object = DeviceObject;
    if (Work->Free)
    {
        IoFreeWorkItem(Work->Item);
    }
    KeSetEvent(&Work->Started, 0, FALSE);
    KeWaitForSingleObject(&Work->Leave, Executive, KernelMode, FALSE, NULL);
    KeSetEvent(&Work->Done, 0, FALSE);
}

static NTSTATUS NTAPI Entry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath);
static PDRIVER_OBJECT Driver;

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    (void)DriverObject;
}

static NTSTATUS NTAPI Entry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    (void)RegistryPath;
    DriverObject->DriverUnload = Unload;
    return STATUS_SUCCESS;
}

static void MakeWork(WORK *Work)
{
    memset(Work, 0, sizeof(*Work));
    KeInitializeEvent(&Work->Started, SynchronizationEvent, FALSE);
    KeInitializeEvent(&Work->Leave, SynchronizationEvent, FALSE);
    KeInitializeEvent(&Work->Done, SynchronizationEvent, FALSE);
    Work->Item = IoAllocateWorkItem((PDEVICE_OBJECT)Driver);
    assert_non_null(Work->Item);
}

static void WorkItemsRun(void **State)
{
    (void)State;
    WORK First, Second;
    assert_int_equal(NativeDriverLoad(L"Worker", Entry, &Driver), STATUS_SUCCESS);
    MakeWork(&First);
    MakeWork(&Second);
    KIRQL Irql = NativeRaiseIrql(DISPATCH_LEVEL);
    IoQueueWorkItem(First.Item, Work, DelayedWorkQueue, &First);
    NativeLowerIrql(Irql);
    Await(&First.Started);
    assert_int_equal(First.Irql, PASSIVE_LEVEL);
    assert_ptr_equal(First.Object, Driver);
    /* The first one runs still, and could be queued again. */
    Second.Free = TRUE;
    IoQueueWorkItem(Second.Item, Work, DelayedWorkQueue, &Second);
    Await(&Second.Started);
    KeSetEvent(&Second.Leave, 0, FALSE);
    Await(&Second.Done);
    KeSetEvent(&First.Leave, 0, FALSE);
    Await(&First.Done);
    IoFreeWorkItem(First.Item);
    NativeDriverUnload(Driver);
}

/* What an item looks like that no thread has taken yet. */
static void QueuesTwice(void *Context)
{
    WORK *Context_ = Context;
    ((volatile LONG *)Context_->Item)[2] = TRUE;
    IoQueueWorkItem(Context_->Item, Work, DelayedWorkQueue, Context);
}

static void FreesQueued(void *Context)
{
    WORK *Context_ = Context;
    ((volatile LONG *)Context_->Item)[2] = TRUE;
    IoFreeWorkItem(Context_->Item);
}

static void WrongWorkItemsAreCaught(void **State)
{
    (void)State;
    WORK Item;
    assert_int_equal(NativeDriverLoad(L"Worker", Entry, &Driver), STATUS_SUCCESS);
    MakeWork(&Item);
    AssertRuleBroken(QueuesTwice, &Item, "WorkItemQueued", "IoQueueWorkItem");
    AssertRuleBroken(FreesQueued, &Item, "WorkItemQueued", "IoFreeWorkItem");
    ((volatile LONG *)Item.Item)[2] = FALSE;
    IoFreeWorkItem(Item.Item);
    NativeDriverUnload(Driver);
}

int main(void)
{
    const struct CMUnitTest Tests[] = {
        cmocka_unit_test(CallsAreQueuedOnce), cmocka_unit_test(QueuedCallsCanBeRemoved),
        cmocka_unit_test(TimersExpire),       cmocka_unit_test(TimersAreCancelled),
        cmocka_unit_test(PeriodicTimersGoOn), cmocka_unit_test(WrongUsesAreCaught),
        cmocka_unit_test(WorkItemsRun),       cmocka_unit_test(WrongWorkItemsAreCaught),
    };
    int Failed = cmocka_run_group_tests(Tests, NULL, NULL);
    return Failed + (int)NativeReportLeaks();
}
