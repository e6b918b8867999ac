/* SPDX-License-Identifier: MIT */
/*
 * Wrong callers of the executive's memory, locks, objects and threads, one for each rule that no
 * other test breaks.
 */
#include <pthread.h>

#include "callers.h"

#define TAG 0x6C6C6143u

CASE(PoolOfNoType)
{
    ExAllocatePoolWithTag((POOL_TYPE)7, 8, TAG);
}

CASE(WriteAfterFree)
{
    volatile UCHAR *Block = ExAllocatePoolWithTag(NonPagedPool, 100, TAG);
    ExFreePoolWithTag((PVOID)Block, TAG);
    Block[50] = 1;
    NativeReportLeaks();
}

CASE(DeleteOwnedResource)
{
    static ERESOURCE Resource;
    ExInitializeResourceLite(&Resource);
    KeEnterCriticalRegion();
    ExAcquireResourceExclusiveLite(&Resource, TRUE);
    ExDeleteResourceLite(&Resource);
}

CASE(RundownNotWaitedFor)
{
    EX_RUNDOWN_REF Rundown;
    ExInitializeRundownProtection(&Rundown);
    ExRundownCompleted(&Rundown);
}

static EX_RUNDOWN_REF Rundown;

static void *WaitForRundown(void *Context)
{
    ExWaitForRundownProtectionRelease(&Rundown);
    return Context;
}

/* Held once, and another thread waits for it. */
static void StartRundown(void)
{
    pthread_t Thread;
    ExInitializeRundownProtection(&Rundown);
    assert_true(ExAcquireRundownProtection(&Rundown));
    assert_int_equal(pthread_create(&Thread, NULL, WaitForRundown, NULL), 0);
    while (ExAcquireRundownProtection(&Rundown))
    {
        ExReleaseRundownProtection(&Rundown);
    }
}

CASE(RundownReleasedTooOften)
{
    StartRundown();
    ExReleaseRundownProtectionEx(&Rundown, 2);
}

CASE(RundownWaitedForTwice)
{
    StartRundown();
    ExWaitForRundownProtectionRelease(&Rundown);
}

CASE(PriorityOfNobody)
{
    KeSetPriorityThread(KeGetCurrentThread(), 0);
}

CASE(EventSetWaiting)
{
    KEVENT Event;
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    KeSetEvent(&Event, 0, TRUE);
}

CASE(MutexReleasedWaiting)
{
    KMUTEX Mutex;
    KeInitializeMutex(&Mutex, 0);
    KeWaitForSingleObject(&Mutex, Executive, KernelMode, FALSE, NULL);
    KeReleaseMutex(&Mutex, TRUE);
}

CASE(SemaphoreReleasedWaiting)
{
    KSEMAPHORE Semaphore;
    KeInitializeSemaphore(&Semaphore, 0, 1);
    KeReleaseSemaphore(&Semaphore, 0, 1, TRUE);
}

static UCHAR Data[2 * PAGE_SIZE];

static PMDL MakeMdl(ULONG Length)
{
    PMDL Mdl = IoAllocateMdl(Data, Length, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(Mdl);
    return Mdl;
}

CASE(PartialOutside)
{
    IoBuildPartialMdl(MakeMdl(100), IoAllocateMdl(Data, 100, FALSE, FALSE, NULL), Data + 50, 51);
}

CASE(PartialStillMapped)
{
    PMDL Target = IoAllocateMdl(Data, 100, FALSE, FALSE, NULL);
    Target->MdlFlags |= MDL_PARTIAL_HAS_BEEN_MAPPED;
    IoBuildPartialMdl(MakeMdl(100), Target, Data, 100);
}

CASE(BuiltFromPartial)
{
    PMDL Target = IoAllocateMdl(Data, 100, FALSE, FALSE, NULL);
    IoBuildPartialMdl(MakeMdl(100), Target, Data, 100);
    MmBuildMdlForNonPagedPool(Target);
}

CASE(MappedForUser)
{
    MmMapLockedPagesSpecifyCache(MakeMdl(100), UserMode, MmCached, NULL, FALSE, 0);
}

static VOID NTAPI ThreadRoutine(PVOID Context)
{
    (void)Context;
}

CASE(ThreadOfProcess)
{
    HANDLE Thread;
    PsCreateSystemThread(
        &Thread, THREAD_ALL_ACCESS, NULL, (HANDLE)(ULONG_PTR)4, NULL, ThreadRoutine, NULL);
}

CASE(ThreadEndsInRegion)
{
    KeEnterCriticalRegion();
    PsTerminateSystemThread(STATUS_SUCCESS);
}

CASE(UserModeAtDispatch)
{
    PEPROCESS Process = NativeProcessCreate(NativeStandardUser, FALSE);
    NativeRaiseIrql(DISPATCH_LEVEL);
    NativeUserCreateEvent(Process, FALSE, FALSE);
    NativeUserClose(Process, NULL);
}

CASE(SubjectReleasedTwice)
{
    SECURITY_SUBJECT_CONTEXT Subject;
    SeCaptureSubjectContext(&Subject);
    SeReleaseSubjectContext(&Subject);
    SeReleaseSubjectContext(&Subject);
}

static const WRONG_CALLER Callers[] = {
    WRONG_CALLER_OF(PoolOfNoType, "PoolType", "ExAllocatePoolWithTag"),
    {"WriteAfterFree", WriteAfterFree, "PoolUseAfterFree", "ExFreePoolWithTag", TRUE},
    WRONG_CALLER_OF(DeleteOwnedResource, "ResourceOwned", "ExDeleteResourceLite"),
    WRONG_CALLER_OF(RundownNotWaitedFor, "RundownState", "ExRundownCompleted"),
    WRONG_CALLER_OF(RundownReleasedTooOften, "RundownBalance", "ExReleaseRundownProtectionEx"),
    WRONG_CALLER_OF(RundownWaitedForTwice, "RundownState", "ExWaitForRundownProtectionRelease"),
    WRONG_CALLER_OF(PriorityOfNobody, "Priority", "KeSetPriorityThread"),
    WRONG_CALLER_OF(EventSetWaiting, "WaitTrue", "KeSetEvent"),
    WRONG_CALLER_OF(MutexReleasedWaiting, "WaitTrue", "KeReleaseMutex"),
    WRONG_CALLER_OF(SemaphoreReleasedWaiting, "WaitTrue", "KeReleaseSemaphore"),
    WRONG_CALLER_OF(PartialOutside, "MdlRange", "IoBuildPartialMdl"),
    WRONG_CALLER_OF(PartialStillMapped, "MdlReuse", "IoBuildPartialMdl"),
    WRONG_CALLER_OF(BuiltFromPartial, "MdlState", "MmBuildMdlForNonPagedPool"),
    WRONG_CALLER_OF(MappedForUser, "MdlMapping", "MmMapLockedPagesSpecifyCache"),
    WRONG_CALLER_OF(ThreadOfProcess, "SystemThread", "PsCreateSystemThread"),
    WRONG_CALLER_OF(ThreadEndsInRegion, "ThreadEnd", "PsTerminateSystemThread"),
    WRONG_CALLER_OF(UserModeAtDispatch, "UserMode", "PspEnterKernel"),
    WRONG_CALLER_OF(SubjectReleasedTwice, "SubjectContext", "SeReleaseSubjectContext"),
};

int main(void)
{
    return CallersRun(Callers, ARRAYSIZE(Callers));
}
