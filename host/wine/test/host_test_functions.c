/* SPDX-License-Identifier: MIT */
/*
 * What the host has for other drivers and this project's do not import: found by name, as a driver
 * finds what not every Windows has.
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

static ULONG TestPool(VOID)
{
    PVOID(NTAPI * Allocate)(ULONG64 Flags, SIZE_T Size, ULONG Tag) = Find(L"ExAllocatePool2");
    TRY(Allocate != NULL);
    TRY(Allocate(0x40, 100, 0) == NULL);
    for (ULONG i = 0; i < 100; i++)
    {
        PUCHAR Memory = Allocate(i % 2 ? 0x40 : 0x100, 1000, TAG);
        TRY(Memory != NULL);
        for (ULONG j = 0; j < 1000; j++)
        {
            TRY(Memory[j] == 0);
        }
        RtlFillMemory(Memory, 1000, 0xAA);
        ExFreePoolWithTag(Memory, TAG);
    }
    return 0;
}

static ULONG TestPages(VOID)
{
    PMDL(NTAPI * Allocate)
    (LARGE_INTEGER, LARGE_INTEGER, LARGE_INTEGER, SIZE_T, MEMORY_CACHING_TYPE, ULONG) =
        Find(L"MmAllocatePagesForMdlEx");
    VOID(NTAPI * Free)(PMDL) = Find(L"MmFreePagesFromMdl");
    LARGE_INTEGER Zero = {0}, High = {.QuadPart = -1};
    PUCHAR Memory;
    PMDL Mdl;
    TRY(Allocate != NULL && Free != NULL);
    TRY(Allocate(Zero, High, Zero, 0, MmCached, 0) == NULL);
    Mdl = Allocate(Zero, High, Zero, 3 * PAGE_SIZE + 1, MmCached, 0);
    TRY(Mdl != NULL && MmGetMdlByteCount(Mdl) == 4 * PAGE_SIZE);
    Memory = MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority);
    TRY(Memory != NULL && BYTE_OFFSET(Memory) == 0);
    for (ULONG i = 0; i < 4 * PAGE_SIZE; i++)
    {
        TRY(Memory[i] == 0);
    }
    Memory[4 * PAGE_SIZE - 1] = 1;
    MmUnmapLockedPages(Memory, Mdl);
    Memory = MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority);
    TRY(Memory[4 * PAGE_SIZE - 1] == 1);
    Free(Mdl);
    ExFreePoolWithTag(Mdl, 0);
    return 0;
}

static ULONG TestLists(VOID)
{
    PLIST_ENTRY(NTAPI * InsertTail)(PLIST_ENTRY, PLIST_ENTRY, PKSPIN_LOCK) =
        Find(L"ExInterlockedInsertTailList");
    PLIST_ENTRY(NTAPI * InsertHead)(PLIST_ENTRY, PLIST_ENTRY, PKSPIN_LOCK) =
        Find(L"ExInterlockedInsertHeadList");
    PLIST_ENTRY(NTAPI * RemoveHead)(PLIST_ENTRY, PKSPIN_LOCK) =
        Find(L"ExInterlockedRemoveHeadList");
    LIST_ENTRY Head, First, Second;
    KSPIN_LOCK Lock;
    TRY(InsertTail != NULL && InsertHead != NULL && RemoveHead != NULL);
    KeInitializeSpinLock(&Lock);
    InitializeListHead(&Head);
    TRY(InsertTail(&Head, &Second, &Lock) == NULL);
    TRY(InsertHead(&Head, &First, &Lock) == &Second);
    TRY(RemoveHead(&Head, &Lock) == &First);
    TRY(InsertTail(&Head, &First, &Lock) == &Second);
    TRY(RemoveHead(&Head, &Lock) == &Second);
    TRY(RemoveHead(&Head, &Lock) == &First);
    TRY(RemoveHead(&Head, &Lock) == NULL);
    return 0;
}

static ULONG TestTime(VOID)
{
    VOID(NTAPI * System)(PLARGE_INTEGER) = Find(L"KeQuerySystemTimePrecise");
    ULONG64(NTAPI * Interrupt)(ULONG64 *) = Find(L"KeQueryInterruptTimePrecise");
    VOID(NTAPI * Stall)(ULONG) = Find(L"KeStallExecutionProcessor");
    LARGE_INTEGER Start, End;
    ULONG64 Stamp, Before;
    TRY(System != NULL && Interrupt != NULL && Stall != NULL);
    System(&Start);
    Before = Interrupt(&Stamp);
    Stall(50);
    TRY(Interrupt(&Stamp) - Before >= 500);
    System(&End);
    TRY(Start.QuadPart > 0x1D0000000000000 && End.QuadPart >= Start.QuadPart);
    return 0;
}

/* ---- Work items ---- */

typedef struct _WORK
{
    LIST_ENTRY List;
    VOID(NTAPI *Routine)(PVOID Parameter);
    PVOID Parameter;
    KEVENT Done;
    PVOID Object, Item;
} WORK;

static VOID NTAPI PlainWork(PVOID Parameter)
{
    WORK *Work = Parameter;
    KeSetEvent(&Work->Done, IO_NO_INCREMENT, FALSE);
}

static VOID NTAPI ExtendedWork(PVOID Object, PVOID Context, PIO_WORKITEM Item)
{
    WORK *Work = Context;
    Work->Object = Object;
    Work->Item = Item;
    KeSetEvent(&Work->Done, IO_NO_INCREMENT, FALSE);
}

static BOOLEAN Await(WORK *Work)
{
    LARGE_INTEGER Timeout = {.QuadPart = -600000000}; /* a minute */
    return KeWaitForSingleObject(&Work->Done, Executive, KernelMode, FALSE, &Timeout) ==
           STATUS_SUCCESS;
}

static ULONG TestWork(PDEVICE_OBJECT DeviceObject)
{
    VOID(NTAPI * QueuePlain)(PVOID, WORK_QUEUE_TYPE) = Find(L"ExQueueWorkItem");
    VOID(NTAPI * Queue)
    (PIO_WORKITEM, VOID(NTAPI *)(PVOID, PVOID, PIO_WORKITEM), WORK_QUEUE_TYPE, PVOID) =
        Find(L"IoQueueWorkItemEx");
    ULONG(NTAPI * Size)(VOID) = Find(L"IoSizeofWorkItem");
    VOID(NTAPI * Initialize)(PVOID, PIO_WORKITEM) = Find(L"IoInitializeWorkItem");
    UCHAR Space[256] __attribute__((aligned(16)));
    WORK Work = {.Routine = PlainWork, .Parameter = &Work};
    TRY(QueuePlain != NULL && Queue != NULL && Size != NULL && Initialize != NULL);
    KeInitializeEvent(&Work.Done, SynchronizationEvent, FALSE);
    QueuePlain(&Work, DelayedWorkQueue);
    TRY(Await(&Work));
    TRY(Size() <= sizeof(Space));
    Initialize(DeviceObject, (PIO_WORKITEM)Space);
    Queue((PIO_WORKITEM)Space, ExtendedWork, DelayedWorkQueue, &Work);
    TRY(Await(&Work) && Work.Object == DeviceObject && Work.Item == Space);
    return 0;
}

ULONG HostTestFunctions(PDEVICE_OBJECT DeviceObject)
{
    ULONG Line = TestPool();
    Line = Line != 0 ? Line : TestPages();
    Line = Line != 0 ? Line : TestLists();
    Line = Line != 0 ? Line : TestTime();
    return Line != 0 ? Line : TestWork(DeviceObject);
}
