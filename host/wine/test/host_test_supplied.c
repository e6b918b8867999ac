/* SPDX-License-Identifier: MIT */
/*
 * More of what the host has for other drivers, found by name: pool, lookaside lists, locks, timers,
 * processors, objects, memory lists and event tracing.
 */
#include "host_test_stress.h"

#define TAG 'tseT'

#define TRY(Condition)       \
    do                       \
    {                        \
        if (!(Condition))    \
        {                    \
            return __LINE__; \
        }                    \
    } while (0)

static PVOID Find(PCWSTR Name)
{
    UNICODE_STRING String;
    RtlInitUnicodeString(&String, Name);
    return MmGetSystemRoutineAddress(&String);
}

static BOOLEAN Await(PKEVENT Event)
{
    LARGE_INTEGER Timeout = {.QuadPart = -600000000}; /* a minute */
    return KeWaitForSingleObject(Event, Executive, KernelMode, FALSE, &Timeout) == STATUS_SUCCESS;
}

/* Starts a thread; FALSE: none. */
static BOOLEAN Start(VOID(NTAPI *Routine)(PVOID), PVOID Context)
{
    HANDLE Thread;
    NTSTATUS Status =
        PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, Routine, Context);
    if (NT_SUCCESS(Status))
    {
        ZwClose(Thread);
    }
    return NT_SUCCESS(Status);
}

/* ---- Pool and lookaside lists ---- */

static ULONG TestPool(VOID)
{
    PVOID(NTAPI * Allocate)(ULONG64, SIZE_T, ULONG, PVOID, ULONG) = Find(L"ExAllocatePool3");
    VOID(NTAPI * Free)(PVOID, ULONG, PVOID, ULONG) = Find(L"ExFreePool2");
    ULONG64 Priority[2] = {1, 0}, Required[2] = {0x101, 0};
    PUCHAR Memory;
    TRY(Allocate != NULL && Free != NULL);
    Memory = Allocate(0x40, 100, TAG, Priority, 1);
    TRY(Memory != NULL && Memory[0] == 0 && Memory[99] == 0);
    Free(Memory, TAG, NULL, 0);
    TRY(Allocate(0x40, 100, TAG, Required, 1) == NULL);
    return 0;
}

static ULONG Allocated, Freed;

static PVOID NTAPI AllocateEntry(POOL_TYPE Type, SIZE_T Size, ULONG Tag, PVOID Lookaside)
{
    UNREFERENCED_PARAMETER(Lookaside);
    Allocated++;
    return ExAllocatePoolWithTag(Type, Size, Tag);
}

static VOID NTAPI FreeEntry(PVOID Buffer, PVOID Lookaside)
{
    UNREFERENCED_PARAMETER(Lookaside);
    Freed++;
    ExFreePoolWithTag(Buffer, TAG);
}

/* The beginning of LOOKASIDE_LIST_EX, as inline code of <wdm.h> uses it. */
typedef struct _LOOKASIDE
{
    PVOID ListHead[2];
    USHORT Depth, MaximumDepth;
    ULONG Totals[4];
    ULONG Type, Tag, Size;
    PVOID(NTAPI *AllocateEx)(POOL_TYPE, SIZE_T, ULONG, PVOID);
    VOID(NTAPI *FreeEx)(PVOID, PVOID);
    PVOID Rest[6];
} __attribute__((aligned(16))) LOOKASIDE;

static ULONG TestLookaside(VOID)
{
    NTSTATUS(NTAPI * Initialize)
    (LOOKASIDE *, PVOID, PVOID, POOL_TYPE, ULONG, SIZE_T, ULONG, USHORT) =
        Find(L"ExInitializeLookasideListEx");
    VOID(NTAPI * Delete)(LOOKASIDE *) = Find(L"ExDeleteLookasideListEx");
    PVOID(NTAPI * Push)(PVOID, PVOID) = Find(L"ExpInterlockedPushEntrySList");
    PVOID(NTAPI * Pop)(PVOID) = Find(L"ExpInterlockedPopEntrySList");
    LOOKASIDE List;
    PVOID Entries[3];
    TRY(Initialize != NULL && Delete != NULL);
    TRY(Initialize(&List, NULL, NULL, NonPagedPool, 3, 100, TAG, 0) == STATUS_INVALID_PARAMETER);
    TRY(Initialize(&List, NULL, NULL, NonPagedPool, 0, 1, TAG, 0) == STATUS_SUCCESS);
    TRY(List.Size == sizeof(PVOID) && List.Tag == TAG && List.Depth > 0);
    Entries[0] = List.AllocateEx(List.Type, List.Size, List.Tag, &List);
    TRY(Entries[0] != NULL);
    List.FreeEx(Entries[0], &List);
    Delete(&List);
    TRY(Initialize(&List, AllocateEntry, FreeEntry, NonPagedPool, 1, 100, TAG, 0) ==
        STATUS_SUCCESS);
    Allocated = Freed = 0;
    for (ULONG i = 0; i < ARRAYSIZE(Entries); i++)
    {
        Entries[i] = List.AllocateEx(List.Type, List.Size, List.Tag, &List);
        TRY(Entries[i] != NULL);
    }
    if (Push != NULL && Pop != NULL)
    {
        for (ULONG i = 0; i < ARRAYSIZE(Entries); i++)
        {
            Push(List.ListHead, Entries[i]);
        }
        Entries[2] = Pop(List.ListHead);
        Push(List.ListHead, Entries[2]);
        Delete(&List);
        TRY(Allocated == 3 && Freed == 3);
    }
    return 0;
}

/* ---- Locks ---- */

typedef struct _MUTEX
{
    LONG Count;
    PVOID Owner;
    LONG Contention;
    KEVENT Event;
    ULONG OldIrql;
} MUTEX;

#define TURNS   20000
#define THREADS 3

typedef struct _LOCK_TEST
{
    MUTEX Mutex;
    ULONG_PTR PushLock;
    VOID(FASTCALL *AcquireMutex)(MUTEX *);
    VOID(FASTCALL *ReleaseMutex)(MUTEX *);
    VOID(NTAPI *AcquirePush)(ULONG_PTR *, ULONG);
    VOID(NTAPI *AcquirePushShared)(ULONG_PTR *, ULONG);
    VOID(NTAPI *ReleasePush)(ULONG_PTR *, ULONG);
    volatile ULONG InMutex, InPush;
    volatile LONG Wrong, Running;
    KEVENT Done;
} LOCK_TEST;

static VOID NTAPI TakeTurns(PVOID Context)
{
    LOCK_TEST *Test = Context;
    for (ULONG i = 0; i < TURNS; i++)
    {
        ULONG Seen;
        Test->AcquireMutex(&Test->Mutex);
        Test->InMutex++;
        Test->ReleaseMutex(&Test->Mutex);
        Test->AcquirePush(&Test->PushLock, 0);
        Test->InPush++;
        Test->ReleasePush(&Test->PushLock, 0);
        Test->AcquirePushShared(&Test->PushLock, 0);
        Seen = Test->InPush;
        YieldProcessor();
        if (Seen != Test->InPush)
        {
            InterlockedIncrement(&Test->Wrong);
        }
        Test->ReleasePush(&Test->PushLock, 0);
    }
    if (InterlockedDecrement(&Test->Running) == 0)
    {
        KeSetEvent(&Test->Done, IO_NO_INCREMENT, FALSE);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

/* Somebody who wants a lock that is held: one of the three. */
typedef struct _LOCK_WANT
{
    LOCK_TEST *Test;
    ULONG Which;
    KEVENT Wanting, Done;
    volatile BOOLEAN Released, SeenReleased;
} LOCK_WANT;

static VOID Take(LOCK_TEST *Test, ULONG Which)
{
    if (Which == 0)
    {
        Test->AcquireMutex(&Test->Mutex);
    }
    else if (Which == 1)
    {
        Test->AcquirePush(&Test->PushLock, 0);
    }
    else
    {
        Test->AcquirePushShared(&Test->PushLock, 0);
    }
}

static VOID Give(LOCK_TEST *Test, ULONG Which)
{
    if (Which == 0)
    {
        Test->ReleaseMutex(&Test->Mutex);
    }
    else
    {
        Test->ReleasePush(&Test->PushLock, 0);
    }
}

static VOID NTAPI Want(PVOID Context)
{
    LOCK_WANT *This = Context;
    KeSetEvent(&This->Wanting, IO_NO_INCREMENT, FALSE);
    Take(This->Test, This->Which);
    This->SeenReleased = This->Released;
    Give(This->Test, This->Which);
    KeSetEvent(&This->Done, IO_NO_INCREMENT, FALSE);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

/* Whether another thread gets the one only after the other was given back. */
static BOOLEAN Excludes(LOCK_TEST *Test, ULONG Held, ULONG Wanted)
{
    LOCK_WANT This = {.Test = Test, .Which = Wanted};
    LARGE_INTEGER Interval = {.QuadPart = -300000}; /* enough to see a lock that keeps nobody out */
    KeInitializeEvent(&This.Wanting, NotificationEvent, FALSE);
    KeInitializeEvent(&This.Done, NotificationEvent, FALSE);
    Take(Test, Held);
    if (!Start(Want, &This) || !Await(&This.Wanting))
    {
        return FALSE;
    }
    KeDelayExecutionThread(KernelMode, FALSE, &Interval);
    This.Released = TRUE;
    Give(Test, Held);
    return Await(&This.Done) && This.SeenReleased;
}

static ULONG TestMutexes(VOID)
{
    VOID(NTAPI * Initialize)(MUTEX *) = Find(L"KeInitializeGuardedMutex");
    BOOLEAN(FASTCALL * Try)(MUTEX *) = Find(L"KeTryToAcquireGuardedMutex");
    BOOLEAN(FASTCALL * TryFast)(MUTEX *) = Find(L"ExTryToAcquireFastMutex");
    LOCK_TEST Test = {
        .AcquireMutex = Find(L"KeAcquireGuardedMutex"),
        .ReleaseMutex = Find(L"KeReleaseGuardedMutex"),
        .AcquirePush = Find(L"ExAcquirePushLockExclusiveEx"),
        .AcquirePushShared = Find(L"ExAcquirePushLockSharedEx"),
        .ReleasePush = Find(L"ExReleasePushLockEx"),
        .Running = THREADS};
    TRY(Initialize != NULL && Try != NULL && TryFast != NULL && Test.AcquireMutex != NULL &&
        Test.ReleaseMutex != NULL && Test.AcquirePush != NULL && Test.AcquirePushShared != NULL &&
        Test.ReleasePush != NULL);
    Initialize(&Test.Mutex);
    TRY(Try(&Test.Mutex) && !Try(&Test.Mutex) && !TryFast(&Test.Mutex));
    Test.ReleaseMutex(&Test.Mutex);
    TRY(TryFast(&Test.Mutex));
    Test.ReleaseMutex(&Test.Mutex);
    TRY(Excludes(&Test, 0, 0));
    TRY(Excludes(&Test, 1, 1));
    TRY(Excludes(&Test, 1, 2));
    TRY(Excludes(&Test, 2, 1));
    KeInitializeEvent(&Test.Done, NotificationEvent, FALSE);
    for (ULONG i = 0; i < THREADS; i++)
    {
        TRY(Start(TakeTurns, &Test));
    }
    TRY(Await(&Test.Done));
    TRY(Test.InMutex == THREADS * TURNS && Test.InPush == THREADS * TURNS && Test.Wrong == 0);
    TRY(Test.PushLock == 0 && Test.Mutex.Count == 1);
    return 0;
}

static ULONG TestSpinLocks(VOID)
{
    BOOLEAN(FASTCALL * Try)(PKSPIN_LOCK) = Find(L"KeTryToAcquireSpinLockAtDpcLevel");
    BOOLEAN(FASTCALL * Test)(PKSPIN_LOCK) = Find(L"KeTestSpinLock");
    BOOLEAN(NTAPI * TryExclusive)(LONG *) = Find(L"ExTryAcquireSpinLockExclusiveAtDpcLevel");
    BOOLEAN(NTAPI * TryShared)(LONG *) = Find(L"ExTryAcquireSpinLockSharedAtDpcLevel");
    BOOLEAN(NTAPI * Convert)(LONG *) = Find(L"ExTryConvertSharedSpinLockExclusive");
    VOID(NTAPI * ReleaseExclusive)(LONG *) = Find(L"ExReleaseSpinLockExclusiveFromDpcLevel");
    VOID(NTAPI * ReleaseShared)(LONG *) = Find(L"ExReleaseSpinLockSharedFromDpcLevel");
    KSPIN_LOCK Lock;
    LONG Both = 0;
    TRY(Try != NULL && Test != NULL && TryExclusive != NULL && TryShared != NULL &&
        Convert != NULL && ReleaseExclusive != NULL && ReleaseShared != NULL);
    KeInitializeSpinLock(&Lock);
    TRY(Test(&Lock) && Try(&Lock) && !Try(&Lock) && !Test(&Lock));
    KeReleaseSpinLockFromDpcLevel(&Lock);
    TRY(Test(&Lock));
    TRY(TryShared(&Both) && TryShared(&Both) && !TryExclusive(&Both) && !Convert(&Both));
    ReleaseShared(&Both);
    TRY(Convert(&Both) && !TryShared(&Both) && !TryExclusive(&Both));
    ReleaseExclusive(&Both);
    TRY(TryExclusive(&Both));
    ReleaseExclusive(&Both);
    return 0;
}

/* ---- Timers ---- */

typedef struct _TIMER_TEST
{
    PVOID Timer;
    volatile LONG Calls;
    KEVENT Called, Deleted;
} TIMER_TEST;

static VOID NTAPI TimerCalled(PVOID Timer, PVOID Context)
{
    TIMER_TEST *Test = Context;
    if (Timer == Test->Timer && InterlockedIncrement(&Test->Calls) == 3)
    {
        KeSetEvent(&Test->Called, IO_NO_INCREMENT, FALSE);
    }
}

static VOID NTAPI TimerDeleted(PVOID Context)
{
    KeSetEvent(&((TIMER_TEST *)Context)->Deleted, IO_NO_INCREMENT, FALSE);
}

static ULONG TestTimers(VOID)
{
    PVOID(NTAPI * Allocate)(PVOID, PVOID, ULONG) = Find(L"ExAllocateTimer");
    BOOLEAN(NTAPI * Set)(PVOID, LONGLONG, LONGLONG, PVOID) = Find(L"ExSetTimer");
    BOOLEAN(NTAPI * Cancel)(PVOID, PVOID) = Find(L"ExCancelTimer");
    BOOLEAN(NTAPI * Delete)(PVOID, BOOLEAN, BOOLEAN, PVOID) = Find(L"ExDeleteTimer");
    TIMER_TEST Test = {0};
    struct
    {
        ULONG Version, Reserved;
        PVOID Callback, Context;
    } Parameters = {0, 0, TimerDeleted, &Test};
    TRY(Allocate != NULL && Set != NULL && Cancel != NULL && Delete != NULL);
    KeInitializeEvent(&Test.Called, NotificationEvent, FALSE);
    KeInitializeEvent(&Test.Deleted, NotificationEvent, FALSE);
    Test.Timer = Allocate(TimerCalled, &Test, 8);
    TRY(Test.Timer != NULL);
    TRY(!Cancel(Test.Timer, NULL));
    TRY(!Set(Test.Timer, -10000, 10000, NULL));
    TRY(Await(&Test.Called));
    TRY(Cancel(Test.Timer, NULL));
    TRY(!Set(Test.Timer, -36000000000, 0, NULL));
    TRY(Delete(Test.Timer, TRUE, FALSE, &Parameters));
    TRY(Await(&Test.Deleted));
    Test.Timer = Allocate(NULL, NULL, 0);
    TRY(!Set(Test.Timer, -10000, 0, NULL));
    TRY(Await(Test.Timer));
    TRY(!Delete(Test.Timer, TRUE, TRUE, NULL));
    return 0;
}

/* ---- Processors ---- */

static ULONG Existing;

static VOID NTAPI Existed(PVOID Context, PVOID Change, NTSTATUS *Status)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Status);
    Existing += *(ULONG *)Change == 1; /* State: KeProcessorAddCompleteNotify */
}

static ULONG TestProcessors(VOID)
{
    NTSTATUS(NTAPI * NumberOf)(ULONG, UCHAR *) = Find(L"KeGetProcessorNumberFromIndex");
    ULONG(NTAPI * IndexOf)(UCHAR *) = Find(L"KeGetProcessorIndexFromNumber");
    ULONG(NTAPI * Count)(USHORT) = Find(L"KeQueryActiveProcessorCountEx");
    KAFFINITY(NTAPI * Affinity)(USHORT) = Find(L"KeQueryGroupAffinity");
    VOID(NTAPI * Set)(PVOID, PVOID) = Find(L"KeSetSystemGroupAffinityThread");
    VOID(NTAPI * Revert)(PVOID) = Find(L"KeRevertToUserGroupAffinityThread");
    PVOID(NTAPI * Register)(PVOID, PVOID, ULONG) = Find(L"KeRegisterProcessorChangeCallback");
    VOID(NTAPI * Deregister)(PVOID) = Find(L"KeDeregisterProcessorChangeCallback");
    const UCHAR *Number = Find(L"KeNumberProcessors");
    UCHAR Processor[4];
    KAFFINITY Wanted[2] = {1, 0}, Old[2] = {~(KAFFINITY)0, ~(KAFFINITY)0};
    PVOID Callback;
    TRY(NumberOf != NULL && IndexOf != NULL && Count != NULL && Affinity != NULL && Set != NULL &&
        Revert != NULL && Register != NULL && Deregister != NULL && Number != NULL);
    TRY(*Number == Count(0xFFFF));
    for (ULONG i = 0; i < *Number; i++)
    {
        TRY(NumberOf(i, Processor) == STATUS_SUCCESS && IndexOf(Processor) == i);
        TRY((Affinity(0) >> i & 1) == 1);
    }
    TRY(NumberOf(*Number, Processor) == STATUS_INVALID_PARAMETER && Affinity(1) == 0);
    Set(Wanted, Old);
    Revert(Old);
    TRY((USHORT)Old[1] == 0);
    Existing = 0;
    Callback = Register(Existed, NULL, 1);
    TRY(Callback != NULL && Existing == *Number);
    Deregister(Callback);
    return 0;
}

/* ---- Objects, memory lists, tracing, data ---- */

static ULONG TestObjects(VOID)
{
    NTSTATUS(NTAPI * ByPointer)(PVOID, ACCESS_MASK, POBJECT_TYPE, KPROCESSOR_MODE) =
        Find(L"ObReferenceObjectByPointer");
    NTSTATUS(NTAPI * ByHandle)
    (HANDLE, ACCESS_MASK, POBJECT_TYPE, KPROCESSOR_MODE, ULONG, PVOID *, PVOID) =
        Find(L"ObReferenceObjectByHandleWithTag");
    LONG_PTR(FASTCALL * Dereference)(PVOID, ULONG) = Find(L"ObfDereferenceObjectWithTag");
    POBJECT_TYPE *ThreadType = Find(L"PsThreadType");
    KPROCESSOR_MODE(NTAPI * Mode)(VOID) = Find(L"ExGetPreviousMode");
    PVOID Object;
    HANDLE Event;
    NTSTATUS(NTAPI * Create)(PHANDLE, ACCESS_MASK, PVOID, ULONG, BOOLEAN) = Find(L"ZwCreateEvent");
    TRY(ByPointer != NULL && ByHandle != NULL && Dereference != NULL && ThreadType != NULL);
    TRY(Mode != NULL && Mode() == UserMode); /* the client's request */
    TRY(Create(&Event, 0x1F0003, NULL, 0, FALSE) == STATUS_SUCCESS);
    TRY(ByHandle(Event, 2, *ExEventObjectType, KernelMode, TAG, &Object, NULL) == STATUS_SUCCESS);
    TRY(ByPointer(Object, 2, *ThreadType, KernelMode) == STATUS_OBJECT_TYPE_MISMATCH);
    TRY(ByPointer(Object, 2, *ExEventObjectType, KernelMode) == STATUS_SUCCESS);
    Dereference(Object, TAG);
    TRY(KeSetEvent(Object, IO_NO_INCREMENT, FALSE) == 0);
    TRY(KeReadStateEvent(Object) == 1);
    Dereference(Object, TAG);
    ZwClose(Event);
    return 0;
}

static ULONG TestMemory(VOID)
{
    PMDL(NTAPI * Create)(PMDL, PVOID, SIZE_T) = Find(L"MmCreateMdl");
    SIZE_T(NTAPI * Size)(PVOID, SIZE_T) = Find(L"MmSizeOfMdl");
    PVOID(NTAPI * Allocate)(SIZE_T, LARGE_INTEGER) = Find(L"MmAllocateContiguousMemory");
    VOID(NTAPI * Free)(PVOID) = Find(L"MmFreeContiguousMemory");
    PVOID(NTAPI * LockSection)(PVOID) = Find(L"MmLockPagableDataSection");
    ULONG_PTR *ProbeAddress = Find(L"MmUserProbeAddress");
    LARGE_INTEGER High = {.QuadPart = -1};
    PUCHAR Memory;
    PMDL Mdl;
    TRY(Create != NULL && Size != NULL && Allocate != NULL && Free != NULL && LockSection != NULL);
    TRY(ProbeAddress != NULL && *ProbeAddress % 0x10000 == 0 && *ProbeAddress != 0);
    TRY(LockSection((PVOID)(ULONG_PTR)TestMemory) != NULL);
    Memory = Allocate(3 * PAGE_SIZE, High);
    TRY(Memory != NULL && BYTE_OFFSET(Memory) == 0);
    Memory[PAGE_SIZE] = 7;
    TRY(Size(Memory + 1, 2 * PAGE_SIZE) == sizeof(MDL) + 3 * sizeof(ULONG_PTR));
    Mdl = Create(NULL, Memory + 1, 2 * PAGE_SIZE);
    TRY(Mdl != NULL && MmGetMdlByteOffset(Mdl) == 1);
    TRY(HostTestProbe(Mdl, KernelMode, IoModifyAccess) == STATUS_SUCCESS);
    TRY(((PUCHAR)MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority))[PAGE_SIZE - 1] == 7);
    MmUnlockPages(Mdl);
    ExFreePoolWithTag(Mdl, 0);
    Free(Memory);
    return 0;
}

static ULONG TestTracing(VOID)
{
    NTSTATUS(NTAPI * Register)(const GUID *, PVOID, PVOID, ULONGLONG *) = Find(L"EtwRegister");
    NTSTATUS(NTAPI * Write)(ULONGLONG, PVOID, const GUID *, ULONG, PVOID) = Find(L"EtwWrite");
    BOOLEAN(NTAPI * Enabled)(ULONGLONG, UCHAR, ULONGLONG) = Find(L"EtwProviderEnabled");
    NTSTATUS(NTAPI * Unregister)(ULONGLONG) = Find(L"EtwUnregister");
    NTSTATUS(NTAPI * Activity)(ULONG, GUID *) = Find(L"EtwActivityIdControl");
    NTSTATUS (*Message)(ULONGLONG, ULONG, const GUID *, USHORT, ...) = Find(L"WmiTraceMessage");
    GUID Provider = {0x12345678, 0, 0, {0}}, First, Second;
    ULONGLONG Handle = 0;
    TRY(Register != NULL && Write != NULL && Enabled != NULL && Unregister != NULL);
    TRY(Activity != NULL && Message != NULL);
    TRY(Register(&Provider, NULL, NULL, &Handle) == STATUS_SUCCESS && Handle != 0);
    TRY(!Enabled(Handle, 1, 1));
    TRY(Write(Handle, NULL, NULL, 0, NULL) == STATUS_SUCCESS);
    TRY(Unregister(Handle) == STATUS_SUCCESS);
    TRY(Activity(3, &First) == STATUS_SUCCESS && Activity(3, &Second) == STATUS_SUCCESS);
    TRY(!RtlEqualMemory(&First, &Second, sizeof(First)));
    TRY(Message(1, 0, &Provider, 1, (PVOID)NULL) == STATUS_SUCCESS);
    return 0;
}

ULONG HostTestSupplied(VOID)
{
    ULONG Line = TestPool();
    Line = Line != 0 ? Line : TestLookaside();
    Line = Line != 0 ? Line : TestMutexes();
    Line = Line != 0 ? Line : TestSpinLocks();
    Line = Line != 0 ? Line : TestTimers();
    Line = Line != 0 ? Line : TestProcessors();
    Line = Line != 0 ? Line : TestObjects();
    Line = Line != 0 ? Line : TestMemory();
    return Line != 0 ? Line : TestTracing();
}
