/* SPDX-License-Identifier: MIT */
/*
 * Processes and threads. A system thread is a pthread; a process is what the test makes and ends.
 * The test's own threads belong to the system process, and act for another one during a call.
 */
#include <sched.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include "executive.h"

#define PSP_NOTIFY_LIMIT         64
#define PSP_SYSTEM_PROCESS_ID    4
#define PSP_FIRST_ID             8
#define PSP_THREAD_END_WAIT      20000000u /* 2 s, in 100 ns */
#define PROCESS_HAS_LOCKED_PAGES 0x76u

PEPROCESS PspSystemProcess;

static volatile LONG PspNextId = PSP_FIRST_ID;
static volatile LONG PspSystemThreads;
static volatile LONG PspEndingThreads; /* that have signalled, or are about to */
static pthread_key_t PspThreadKey;
static _Thread_local PKTHREAD PspThread;
static _Thread_local sigjmp_buf *PspThreadExit; /* of a system thread */

/* Under KiDispatcherLock. */
static struct
{
    PCREATE_PROCESS_NOTIFY_ROUTINE Routine;
    LONG Running;
} PspNotify[PSP_NOTIFY_LIMIT];
static pthread_cond_t PspNotifyIdle = PTHREAD_COND_INITIALIZER;

static VOID PspDeleteThread(PVOID Object)
{
    pthread_cond_destroy(&((PKTHREAD)Object)->Wake);
}

static BOOLEAN PspIsPermanentThread(PVOID Object)
{
    return !((PKTHREAD)Object)->System;
}

static VOID PspDeleteProcess(PVOID Object)
{
    PEPROCESS Process = Object;
    SepDeleteToken(Process->Token);
    ObpFreeHandleTable(Process);
    pthread_mutex_destroy(&Process->HandleLock.Mutex);
    pthread_mutex_destroy(&Process->AddressLock.Mutex);
}

static BOOLEAN PspIsPermanentProcess(PVOID Object)
{
    return Object == PspSystemProcess;
}

struct _OBJECT_TYPE PspThreadType = {
    .Name = "Thread", .Delete = PspDeleteThread, .IsPermanent = PspIsPermanentThread};
struct _OBJECT_TYPE PspProcessType = {
    .Name = "Process", .Delete = PspDeleteProcess, .IsPermanent = PspIsPermanentProcess};

static HANDLE PspNewId(VOID)
{
    return (HANDLE)(LONG_PTR)InterlockedExchangeAdd(&PspNextId, 4);
}

static PKTHREAD PspNewThread(VOID)
{
    PKTHREAD Thread = ObpCreateObject(&PspThreadType, sizeof(*Thread));
    if (Thread)
    {
        KiInitializeHeader(&Thread->Header, ThreadObject, 0);
        KiInitializeCondition(&Thread->Wake);
        Thread->Id = PspNewId();
        Thread->Attached = PspSystemProcess;
        Thread->Priority = 8;
    }
    return Thread;
}

static PEPROCESS PspNewProcess(NATIVE_USER User, BOOLEAN Wow64, HANDLE Id)
{
    PEPROCESS Process = ObpCreateObject(&PspProcessType, sizeof(*Process));
    if (!Process)
    {
        return NULL;
    }
    KiInitializeHeader(&Process->Header, ProcessObject, 0);
    pthread_mutex_init(&Process->HandleLock.Mutex, NULL);
    pthread_mutex_init(&Process->AddressLock.Mutex, NULL);
    InitializeListHead(&Process->Ranges);
    Process->Id = Id;
    Process->Wow64 = Wow64;
    Process->Token = SepCreateToken(User);
    if (!Process->Token)
    {
        ObfDereferenceObject(Process);
        return NULL;
    }
    return Process;
}

static void PspForgetThread(void *Thread)
{
    ObfDereferenceObject(Thread);
    PspThread = NULL;
}

__attribute__((constructor)) static void PspInitialize(void)
{
    pthread_key_create(&PspThreadKey, PspForgetThread);
    PspSystemProcess =
        PspNewProcess(NativeLocalSystem, FALSE, (HANDLE)(LONG_PTR)PSP_SYSTEM_PROCESS_ID);
    if (!PspSystemProcess)
    {
        abort();
    }
}

PKTHREAD PspCurrentThread(VOID)
{
    if (!PspThread)
    {
        PspThread = PspNewThread();
        if (!PspThread)
        {
            abort();
        }
        pthread_setspecific(PspThreadKey, PspThread);
    }
    return PspThread;
}

PEPROCESS PspCurrentProcess(VOID)
{
    return PspCurrentThread()->Attached;
}

PEPROCESS IoGetCurrentProcess(VOID)
{
    return PspCurrentProcess();
}

HANDLE PsGetCurrentProcessId(VOID)
{
    return PspCurrentProcess()->Id;
}

HANDLE PsGetProcessId(PEPROCESS Process)
{
    return Process->Id;
}

static VOID PspAssertThreadEnd(PCSTR Function)
{
    PKTHREAD Thread = PspCurrentThread();
    RulesIrqlExactly(RULES_SITE_OF("Irql"), Function, "wdm", PASSIVE_LEVEL);
    if (Thread->HeldLockCount || Thread->ApcDisable)
    {
        RULES_VIOLATED(
            "ThreadEnd", Function, "wdm",
            "the thread ends with %u locks held, in %d critical "
            "regions",
            Thread->HeldLockCount, Thread->ApcDisable);
    }
}

static void *PspStartThread(void *Argument)
{
    PKTHREAD Thread = Argument;
    sigjmp_buf Exit;
    PspThread = Thread;
    if (sigsetjmp(Exit, 0) == 0)
    {
        PspThreadExit = &Exit;
        Thread->StartRoutine(Thread->StartContext);
        PspAssertThreadEnd("PsTerminateSystemThread");
    }
    InterlockedIncrement(&PspEndingThreads);
    KiSignalHeader(&Thread->Header);
    ObfDereferenceObject(Thread);
    PspThread = NULL;
    InterlockedDecrement(&PspSystemThreads);
    InterlockedDecrement(&PspEndingThreads);
    return NULL;
}

/* FALSE: there is none to be had, and the object's reference is the caller's still. */
static BOOLEAN PspRunThread(PKTHREAD Thread)
{
    pthread_t Posix;
    InterlockedIncrement(&PspSystemThreads);
    if (pthread_create(&Posix, NULL, PspStartThread, Thread) != 0)
    {
        InterlockedDecrement(&PspSystemThreads);
        return FALSE;
    }
    pthread_detach(Posix);
    return TRUE;
}

BOOLEAN PspStartWorker(PKSTART_ROUTINE StartRoutine, PVOID StartContext)
{
    PKTHREAD Thread = PspNewThread();
    if (!Thread)
    {
        return FALSE;
    }
    Thread->System = TRUE;
    Thread->StartRoutine = StartRoutine;
    Thread->StartContext = StartContext;
    if (!PspRunThread(Thread))
    {
        ObfDereferenceObject(Thread);
        return FALSE;
    }
    return TRUE;
}

NTSTATUS PsCreateSystemThread(
    PHANDLE ThreadHandle,
    ULONG DesiredAccess,
    POBJECT_ATTRIBUTES ObjectAttributes,
    HANDLE ProcessHandle,
    PCLIENT_ID ClientId,
    PKSTART_ROUTINE StartRoutine,
    PVOID StartContext)
{
    RULE_IRQL("wdm", PASSIVE_LEVEL);
    BOOLEAN Kernel = ObjectAttributes && (ObjectAttributes->Attributes & OBJ_KERNEL_HANDLE);
    RULE(!ProcessHandle, "SystemThread", "wdm", "the thread is not one of the system process");
    RULE(
        Kernel || PspCurrentProcess() == PspSystemProcess, "KernelHandle", "wdm",
        "process %p gets the handle: OBJ_KERNEL_HANDLE is not set", PspCurrentProcess()->Id);
    PKTHREAD Thread = FAULT() ? NULL : PspNewThread();
    if (!Thread)
    {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Thread->System = TRUE;
    Thread->StartRoutine = StartRoutine;
    Thread->StartContext = StartContext;
    NTSTATUS Status =
        ObpCreateHandle(PspCurrentProcess(), Thread, DesiredAccess, Kernel, ThreadHandle);
    if (!NT_SUCCESS(Status))
    {
        ObfDereferenceObject(Thread);
        return Status;
    }
    if (ClientId)
    {
        *ClientId = (CLIENT_ID){PspSystemProcess->Id, Thread->Id};
    }
    if (!PspRunThread(Thread))
    {
        ZwClose(*ThreadHandle);
        ObfDereferenceObject(Thread);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    return STATUS_SUCCESS;
}

NTSTATUS PsTerminateSystemThread(NTSTATUS ExitStatus)
{
    UNREFERENCED_PARAMETER(ExitStatus);
    PspAssertThreadEnd(__func__);
    RULE(PspCurrentThread()->System, "SystemThread", "wdm", "this is not a system thread");
    siglongjmp(*PspThreadExit, 1);
}

VOID PspAwaitEndedThreads(VOID)
{
    while (ReadAcquire(&PspEndingThreads))
    {
        sched_yield();
    }
}

ULONG PspReportThreads(VOID)
{
    /* One that has signalled its end may need a moment to be gone. */
    ULONGLONG Deadline = KiMonotonicTime() + PSP_THREAD_END_WAIT;
    while (ReadAcquire(&PspSystemThreads) && KiMonotonicTime() < Deadline)
    {
        sched_yield();
    }
    LONG Count = ReadAcquire(&PspSystemThreads);
    if (Count)
    {
        fprintf(stderr, "leak: %d system threads run\n", Count);
    }
    return (ULONG)Count;
}

NTSTATUS
PsSetCreateProcessNotifyRoutine(PCREATE_PROCESS_NOTIFY_ROUTINE NotifyRoutine, BOOLEAN Remove)
{
    RULE_IRQL("ntddk", PASSIVE_LEVEL);
    RULE(
        !Remove || !PspCurrentThread()->NotifyDepth, "NotifyRemove", "ntddk",
        "removes a routine from within a notify routine");
    if (!Remove && FAULT())
    {
        return STATUS_INVALID_PARAMETER;
    }
    NTSTATUS Status = Remove ? STATUS_PROCEDURE_NOT_FOUND : STATUS_INVALID_PARAMETER;
    KiLock(&KiDispatcherLock);
    for (ULONG Index = 0; Index < PSP_NOTIFY_LIMIT; Index++)
    {
        BOOLEAN Match = PspNotify[Index].Routine == (Remove ? NotifyRoutine : NULL);
        if (!Match || (!Remove && PspNotify[Index].Running))
        {
            continue;
        }
        if (!Remove)
        {
            /* What the caller did so far comes before the routine is called. */
            KiTsanRelease((PVOID)&PspNotify[Index].Running);
        }
        PspNotify[Index].Routine = Remove ? NULL : NotifyRoutine;
        while (Remove && PspNotify[Index].Running)
        {
            KiWaitCondition(&PspNotifyIdle);
        }
        Status = STATUS_SUCCESS;
        break;
    }
    if (Remove)
    {
        /* What the routine did in other threads happened before. */
        KiTsanAcquire(PspNotify);
    }
    KiUnlock(&KiDispatcherLock);
    return Status;
}

static VOID PspNotifyAll(PEPROCESS Process, BOOLEAN Create)
{
    PKTHREAD Thread = PspCurrentThread();
    for (ULONG Index = 0; Index < PSP_NOTIFY_LIMIT; Index++)
    {
        KiLock(&KiDispatcherLock);
        PCREATE_PROCESS_NOTIFY_ROUTINE Routine = PspNotify[Index].Routine;
        PspNotify[Index].Running += Routine != NULL;
        KiTsanAcquire((PVOID)&PspNotify[Index].Running);
        KiUnlock(&KiDispatcherLock);
        if (!Routine)
        {
            continue;
        }
        Thread->NotifyDepth++;
        KI_CALLBACK(
            "CreateProcessNotifyRoutine", "ddi/ntddk/nc-ntddk-pcreate_process_notify_routine",
            Routine(PspSystemProcess->Id, Process->Id, Create));
        Thread->NotifyDepth--;
        KiLock(&KiDispatcherLock);
        KiTsanRelease(PspNotify);
        PspNotify[Index].Running--;
        pthread_cond_broadcast(&PspNotifyIdle);
        KiUnlock(&KiDispatcherLock);
    }
}

ULONG PspReportNotifyRoutines(VOID)
{
    ULONG Count = 0;
    KiLock(&KiDispatcherLock);
    for (ULONG Index = 0; Index < PSP_NOTIFY_LIMIT; Index++)
    {
        if (PspNotify[Index].Routine)
        {
            fprintf(stderr, "leak: process notify routine %p\n", (void *)PspNotify[Index].Routine);
            Count++;
        }
    }
    KiUnlock(&KiDispatcherLock);
    return Count;
}

VOID PspEnterKernel(PEPROCESS Process, PSP_ENTRY *Entry)
{
    PKTHREAD Thread = PspCurrentThread();
    RULE(
        Thread->Irql == PASSIVE_LEVEL && !Thread->HeldLockCount && !Thread->ApcDisable, "UserMode",
        "kernel/managing-hardware-priorities",
        "user mode runs at IRQL %u with %u locks held in %d critical regions", Thread->Irql,
        Thread->HeldLockCount, Thread->ApcDisable);
    *Entry = (PSP_ENTRY){Thread->Attached, Thread->PreviousMode};
    Thread->Attached = Process;
    Thread->PreviousMode = UserMode;
}

VOID PspLeaveKernel(const PSP_ENTRY *Entry)
{
    PKTHREAD Thread = PspCurrentThread();
    Thread->Attached = Entry->Attached;
    Thread->PreviousMode = Entry->PreviousMode;
}

PEPROCESS NativeProcessCreate(NATIVE_USER User, BOOLEAN Wow64)
{
    PEPROCESS Process = PspNewProcess(User, Wow64, PspNewId());
    if (Process)
    {
        PspNotifyAll(Process, TRUE);
    }
    return Process;
}

VOID NativeProcessExit(PEPROCESS Process)
{
    PSP_ENTRY Entry;
    PspEnterKernel(Process, &Entry);
    IopDrainProcessRequests(Process);
    PspNotifyAll(Process, FALSE);
    ObpCloseAllHandles(Process);
    LONG LockedPages = ReadAcquire(&Process->LockedPages);
    if (LockedPages)
    {
        PspLeaveKernel(&Entry);
        RULES_VIOLATED(
            "ProcessLockedPages", "MmUnlockPages",
            "debugger/bug-check-0x76--process-has-locked-pages",
            "%d pages of a process that ends are locked", LockedPages);
    }
    MiDeleteAddressSpace(Process);
    PspLeaveKernel(&Entry);
    KiSignalHeader(&Process->Header);
    ObfDereferenceObject(Process);
}
