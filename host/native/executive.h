/* SPDX-License-Identifier: MIT */
/*
 * What the executive's files share: the objects that drivers see as opaque, and the calls between
 * the files. Prefixes as in NT: Ki, Exp, Iop, Mi, Obp, Psp, Sep are internal.
 */
#ifndef ADIT_HOST_NATIVE_EXECUTIVE_H
#define ADIT_HOST_NATIVE_EXECUTIVE_H

#include <pthread.h>
#include <setjmp.h>

#include <ntifs.h>

#include "faults.h"
#include "native.h"
#include "rules.h"

/* Values of the DDI that no driver here names. */
#define STATUS_MUTANT_NOT_OWNED         ((NTSTATUS)0xC0000046)
#define STATUS_SEMAPHORE_LIMIT_EXCEEDED ((NTSTATUS)0xC0000047)
#define STATUS_PROCEDURE_NOT_FOUND      ((NTSTATUS)0xC000007A)
#define STATUS_DEVICE_BUSY              ((NTSTATUS)0x80000011)
#define MAXIMUM_WAIT_OBJECTS            64

typedef ULONG_PTR PFN_NUMBER, *PPFN_NUMBER;

enum
{
    EventNotificationObject = 0,
    EventSynchronizationObject = 1,
    MutantObject = 2,
    ProcessObject = 3,
    SemaphoreObject = 5,
    ThreadObject = 6,
    TimerNotificationObject = 8,
    TimerSynchronizationObject = 9,
};

/* ---- ke ---- */

/*
 * A mutex that ThreadSanitizer does not see, so that the executive's own locking does not order
 * what the driver forgot to order. What an operation does order is told with KiTsanAcquire and
 * KiTsanRelease on the object itself.
 */
typedef struct _KI_MUTEX
{
    pthread_mutex_t Mutex;
} KI_MUTEX, *PKI_MUTEX;

#define KI_MUTEX_INITIALIZER {PTHREAD_MUTEX_INITIALIZER}

VOID KiLock(PKI_MUTEX Mutex);
VOID KiUnlock(PKI_MUTEX Mutex);
VOID KiTsanAcquire(PVOID Object);
VOID KiTsanRelease(PVOID Object);

/* Guards every dispatcher object, and the threads that wait. */
extern KI_MUTEX KiDispatcherLock;

#define KI_HELD_LOCKS 16

struct _KTHREAD
{
    DISPATCHER_HEADER Header; /* signalled when the thread has ended */
    HANDLE Id;
    struct _KPROCESS *Attached; /* whose address space and handles it uses now */

    /* The thread itself. */
    KIRQL Irql;
    LONG ApcDisable; /* critical regions entered */
    KPROCESSOR_MODE PreviousMode;
    KPRIORITY Priority;
    RULES_HELD_LOCK HeldLocks[KI_HELD_LOCKS];
    ULONG HeldLockCount;
    NT_SEH_FRAME *SehFrames;
    NTSTATUS SehCode;
    struct _RULES_CATCH *Catch;
    ULONG NotifyDepth; /* process notify routines that it is in */
    BOOLEAN InDriverEntry;

    /* Set before the thread starts. */
    BOOLEAN System; /* made by PsCreateSystemThread */
    PKSTART_ROUTINE StartRoutine;
    PVOID StartContext;

    /* Under KiDispatcherLock. */
    pthread_cond_t Wake;
};

/* The dispatcher lock is held. Satisfies the waits that the object's state allows. */
VOID KiReleaseWaiters(DISPATCHER_HEADER *Header);
/* Sleeps on the condition, which the holder of the dispatcher lock broadcasts. */
VOID KiWaitCondition(pthread_cond_t *Condition);
VOID KiInitializeHeader(DISPATCHER_HEADER *Header, UCHAR Type, LONG SignalState);
VOID KiSignalHeader(DISPATCHER_HEADER *Header);
VOID KiAssertObject(PCSTR Function, PVOID Object);
/* Bug check 0xC7 if a timer or DPC that is queued lies in the memory that goes away. */
VOID KiMemoryFreed(PVOID Memory, SIZE_T Size);
VOID KiInitializeCondition(pthread_cond_t *Condition);
ULONGLONG KiMonotonicTime(VOID); /* 100 ns, from an arbitrary start */
ULONGLONG KiSystemTime(VOID);    /* 100 ns since 1601-01-01 UTC */

/* Runs the routine at that IRQL on this thread and checks what it leaves behind. */
#define KI_CALLBACK(Name, Document, Call)                       \
    do                                                          \
    {                                                           \
        RULES_STATE CallbackState;                              \
        RulesEnterCallback(&CallbackState);                     \
        Call;                                                   \
        RulesLeaveCallback(&CallbackState, (Name), (Document)); \
    } while (0)

/* ---- ob ---- */

struct _OBJECT_TYPE
{
    PCSTR Name;
    GENERIC_MAPPING Mapping;
    /* A handle of this process was closed; HandlesLeft counts all processes. PASSIVE_LEVEL. */
    VOID (*Close)(PVOID Object, PEPROCESS Process, LONG HandlesLeft);
    /* The last reference is gone. PASSIVE_LEVEL. */
    VOID (*Delete)(PVOID Object);
    /* The object is the executive's own and no leak. */
    BOOLEAN (*IsPermanent)(PVOID Object);
};

extern struct _OBJECT_TYPE ObpEventType, ObpSemaphoreType, IopFileType, IopDeviceType,
    IopDriverType, PspProcessType, PspThreadType, CmpKeyType;

/* A zeroed object with one reference, which is the caller's. NULL: no memory. */
PVOID ObpCreateObject(POBJECT_TYPE Type, SIZE_T Size);
POBJECT_TYPE ObpObjectType(PVOID Object);
BOOLEAN ObpIsWaitable(PVOID Object);
/* Takes a reference of its own. Kernel: the handle belongs to the system process. */
NTSTATUS ObpCreateHandle(
    PEPROCESS Process, PVOID Object, ACCESS_MASK Access, BOOLEAN Kernel, PHANDLE Handle);
NTSTATUS ObpCloseHandle(PEPROCESS Process, HANDLE Handle, KPROCESSOR_MODE Mode);
/* A reference, and the access that the handle was opened with. */
NTSTATUS ObpReferenceHandle(
    PEPROCESS Process, HANDLE Handle, KPROCESSOR_MODE Mode, PVOID *Object, PACCESS_MASK Access);
VOID ObpCloseAllHandles(PEPROCESS Process);
VOID ObpFreeHandleTable(PEPROCESS Process);
ULONG ObpReportObjects(VOID);
VOID ObpUsage(PULONG Objects, PULONG References);

/* ---- ps ---- */

typedef struct _OBP_HANDLE_ENTRY
{
    PVOID Object; /* NULL: free */
    ACCESS_MASK Access;
} OBP_HANDLE_ENTRY;

struct _KPROCESS
{
    DISPATCHER_HEADER Header; /* signalled when the process has ended */
    HANDLE Id;
    BOOLEAN Wow64;
    struct _SEP_TOKEN *Token;

    KI_MUTEX HandleLock;
    OBP_HANDLE_ENTRY *Handles;
    ULONG HandleCount;

    KI_MUTEX AddressLock;
    LIST_ENTRY Ranges; /* MI_RANGE */

    volatile LONG LockedPages; /* by MmProbeAndLockPages */

    volatile LONG Requests; /* under way */
};

extern PEPROCESS PspSystemProcess;

/* The calling thread's object; a thread that the executive did not make joins the system process.
 */
PKTHREAD PspCurrentThread(VOID);
#define KI_CURRENT() PspCurrentThread()
PEPROCESS PspCurrentProcess(VOID);

/* Runs as a thread of that process in user mode calls the kernel, and back. */
typedef struct _PSP_ENTRY
{
    PEPROCESS Attached;
    KPROCESSOR_MODE PreviousMode;
} PSP_ENTRY;
VOID PspEnterKernel(PEPROCESS Process, PSP_ENTRY *Entry);
VOID PspLeaveKernel(const PSP_ENTRY *Entry);
/* A thread of the system process without a handle, at any IRQL. FALSE: there is none to be had. */
BOOLEAN PspStartWorker(PKSTART_ROUTINE StartRoutine, PVOID StartContext);
ULONG PspReportThreads(VOID);
/* A thread that was waited for is gone a moment later; after this call it is. */
VOID PspAwaitEndedThreads(VOID);
ULONG PspReportNotifyRoutines(VOID);

/* ---- se ---- */

struct _SEP_TOKEN *SepCreateToken(NATIVE_USER User);
VOID SepDeleteToken(struct _SEP_TOKEN *Token);
ULONG SepReportContexts(VOID);

/* ---- mm ---- */

/* Frees the user ranges of a process that has ended. */
VOID MiDeleteAddressSpace(PEPROCESS Process);
ULONG MiReportMappings(VOID);
VOID MiUsage(PULONG Mappings, PULONG LockedPages);
BOOLEAN MiIsUserAddress(PEPROCESS Process, PVOID Address);
/* One reference each, for the pages of a range of that process: all of them or none. */
NTSTATUS MiReferenceUserPages(
    PEPROCESS Process, PVOID Address, SIZE_T Length, BOOLEAN Write, PPFN_NUMBER Pages);
VOID MiDereferencePages(const PFN_NUMBER *Pages, ULONG Count);
/* Address space with the pages in it and an untouchable page before and behind. NULL: none left. */
PVOID MiMapPages(const PFN_NUMBER *Pages, ULONG Count, BOOLEAN Below4GB);
VOID MiUnmapPages(PVOID Address, ULONG Count);

/* ---- ex ---- */

/* Without rules and faults: for memory that is accounted to a tag but not the driver's call. */
PVOID ExpAllocatePool(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag);
ULONG ExpReportPool(VOID);
/* Looks at all freed memory that is kept, and lets it go. */
VOID ExpReleaseQuarantine(VOID);
ULONG ExpReportResources(VOID);

/* ---- rtl ---- */

/* At any IRQL. */
BOOLEAN RtlpEqual(PCUNICODE_STRING A, PCUNICODE_STRING B, BOOLEAN CaseInsensitive);
/* An empty string with a buffer from pool, for RtlFreeUnicodeString. */
NTSTATUS RtlpAllocateString(PUNICODE_STRING String, USHORT MaximumLength);

/* ---- io ---- */

ULONG IopReportNames(VOID);
/* Waits, for a while, until all routines of work items that were queued have returned. */
VOID IopAwaitWorkItems(VOID);
/* Waits until no request of the process is under way. */
VOID IopDrainProcessRequests(PEPROCESS Process);

/* ---- cm ---- */

/* A key object by its full path, made if it is missing and Create says so; a reference. */
NTSTATUS CmpOpenKey(PCUNICODE_STRING Path, BOOLEAN Create, PBOOLEAN Created, PVOID *Key);

#endif
