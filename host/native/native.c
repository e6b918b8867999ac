/* SPDX-License-Identifier: MIT */
/*
 * What the other files do not own of native.h: user-mode events and handles, errors, leaks.
 */
#include "executive.h"

#define NATIVE_EVENT_ALL_ACCESS     0x001F0003u
#define NATIVE_SEMAPHORE_ALL_ACCESS 0x001F0003u

static HANDLE NativeMakeHandle(PEPROCESS Process, PVOID Object, ACCESS_MASK Access)
{
    HANDLE Handle = NULL;
    if (Object)
    {
        ObpCreateHandle(Process, Object, Access, FALSE, &Handle);
        ObfDereferenceObject(Object);
    }
    return Handle;
}

HANDLE NativeUserCreateEvent(PEPROCESS Process, BOOLEAN Manual, BOOLEAN Signalled)
{
    PRKEVENT Event = ObpCreateObject(&ObpEventType, sizeof(*Event));
    if (Event)
    {
        KeInitializeEvent(Event, Manual ? NotificationEvent : SynchronizationEvent, Signalled);
    }
    return NativeMakeHandle(Process, Event, NATIVE_EVENT_ALL_ACCESS);
}

HANDLE NativeUserCreateSemaphore(PEPROCESS Process, LONG Count, LONG Limit)
{
    PRKSEMAPHORE Semaphore = ObpCreateObject(&ObpSemaphoreType, sizeof(*Semaphore));
    if (Semaphore)
    {
        KeInitializeSemaphore(Semaphore, Count, Limit);
    }
    return NativeMakeHandle(Process, Semaphore, NATIVE_SEMAPHORE_ALL_ACCESS);
}

VOID NativeInProcess(PEPROCESS Process, VOID (*Body)(PVOID), PVOID Context)
{
    PSP_ENTRY Entry;
    PspEnterKernel(Process, &Entry);
    Body(Context);
    PspLeaveKernel(&Entry);
}

/* The object of a handle, as a user-mode call of the process references it. */
static NTSTATUS NativeReference(
    PEPROCESS Process, HANDLE Handle, POBJECT_TYPE Type, ACCESS_MASK Access, PVOID *Object)
{
    PSP_ENTRY Entry;
    ACCESS_MASK Granted;
    PspEnterKernel(Process, &Entry);
    NTSTATUS Status = ObpReferenceHandle(Process, Handle, UserMode, Object, &Granted);
    PspLeaveKernel(&Entry);
    if (!NT_SUCCESS(Status))
    {
        return Status;
    }
    if ((Type && ObpObjectType(*Object) != Type) || (Access & ~Granted))
    {
        Status = Access & ~Granted ? STATUS_ACCESS_DENIED : STATUS_OBJECT_TYPE_MISMATCH;
        ObfDereferenceObject(*Object);
    }
    return Status;
}

NTSTATUS NativeUserSetEvent(PEPROCESS Process, HANDLE Event)
{
    PVOID Object;
    NTSTATUS Status = NativeReference(Process, Event, &ObpEventType, EVENT_MODIFY_STATE, &Object);
    if (NT_SUCCESS(Status))
    {
        KeSetEvent(Object, EVENT_INCREMENT, FALSE);
        ObfDereferenceObject(Object);
    }
    return Status;
}

NTSTATUS NativeUserResetEvent(PEPROCESS Process, HANDLE Event)
{
    PVOID Object;
    NTSTATUS Status = NativeReference(Process, Event, &ObpEventType, EVENT_MODIFY_STATE, &Object);
    if (NT_SUCCESS(Status))
    {
        KeResetEvent(Object);
        ObfDereferenceObject(Object);
    }
    return Status;
}

NTSTATUS NativeUserWait(PEPROCESS Process, HANDLE Handle, ULONG Milliseconds)
{
    PVOID Object;
    LARGE_INTEGER Timeout = {.QuadPart = -10000ll * Milliseconds};
    NTSTATUS Status = NativeReference(Process, Handle, NULL, SYNCHRONIZE, &Object);
    if (!NT_SUCCESS(Status))
    {
        return Status;
    }
    Status = ObpIsWaitable(Object)
                 ? KeWaitForSingleObject(Object, Executive, UserMode, FALSE, &Timeout)
                 : STATUS_OBJECT_TYPE_MISMATCH;
    ObfDereferenceObject(Object);
    return Status;
}

NTSTATUS NativeUserClose(PEPROCESS Process, HANDLE Handle)
{
    PSP_ENTRY Entry;
    PspEnterKernel(Process, &Entry);
    NTSTATUS Status = ObpCloseHandle(Process, Handle, UserMode);
    PspLeaveKernel(&Entry);
    return Status;
}

NTSTATUS NativeUserDuplicate(
    PEPROCESS Source, HANDLE Handle, PEPROCESS Target, ACCESS_MASK Access, PHANDLE Duplicate)
{
    PVOID Object;
    ACCESS_MASK Granted;
    NTSTATUS Status = ObpReferenceHandle(Source, Handle, UserMode, &Object, &Granted);
    if (!NT_SUCCESS(Status))
    {
        return Status;
    }
    Status = ObpCreateHandle(Target, Object, Access ? Access : Granted, FALSE, Duplicate);
    ObfDereferenceObject(Object);
    return Status;
}

/* [MS-ERREF] 2.2 and 2.3; the pairs are those that RtlNtStatusToDosError documents by example. */
ULONG NativeWin32Error(NTSTATUS Status)
{
    static const struct
    {
        NTSTATUS Status;
        ULONG Error;
    } Errors[] = {
        {STATUS_SUCCESS, 0},
        {STATUS_INVALID_HANDLE, 6},            /* ERROR_INVALID_HANDLE */
        {STATUS_OBJECT_TYPE_MISMATCH, 6},      /* ERROR_INVALID_HANDLE */
        {STATUS_ACCESS_DENIED, 5},             /* ERROR_ACCESS_DENIED */
        {STATUS_INVALID_PARAMETER, 87},        /* ERROR_INVALID_PARAMETER */
        {STATUS_INVALID_USER_BUFFER, 1784},    /* ERROR_INVALID_USER_BUFFER */
        {STATUS_ALREADY_INITIALIZED, 1247},    /* ERROR_ALREADY_INITIALIZED */
        {STATUS_DEVICE_NOT_READY, 21},         /* ERROR_NOT_READY */
        {STATUS_ACCESS_VIOLATION, 998},        /* ERROR_NOACCESS */
        {STATUS_INSUFFICIENT_RESOURCES, 1450}, /* ERROR_NO_SYSTEM_RESOURCES */
        {STATUS_NO_MEMORY, 8},                 /* ERROR_NOT_ENOUGH_MEMORY */
        {STATUS_OBJECT_NAME_NOT_FOUND, 2},     /* ERROR_FILE_NOT_FOUND */
        {STATUS_NO_SUCH_DEVICE, 2},            /* ERROR_FILE_NOT_FOUND */
        {STATUS_DEVICE_DOES_NOT_EXIST, 55},    /* ERROR_DEV_NOT_EXIST */
        {STATUS_INVALID_DEVICE_REQUEST, 1},    /* ERROR_INVALID_FUNCTION */
        {STATUS_NOT_SUPPORTED, 50},            /* ERROR_NOT_SUPPORTED */
        {STATUS_DEVICE_REMOVED, 1617},         /* ERROR_DEVICE_REMOVED */
        {STATUS_DELETE_PENDING, 5},            /* ERROR_ACCESS_DENIED */
        {STATUS_BUFFER_TOO_SMALL, 122},        /* ERROR_INSUFFICIENT_BUFFER */
    };
    for (ULONG Index = 0; Index < ARRAYSIZE(Errors); Index++)
    {
        if (Errors[Index].Status == Status)
        {
            return Errors[Index].Error;
        }
    }
    return 317;
}

VOID NativeGetUsage(PNATIVE_USAGE Usage)
{
    IopAwaitWorkItems();
    PspAwaitEndedThreads();
    RtlZeroMemory(Usage, sizeof(*Usage));
    NativePoolUsage(0, &Usage->PoolAllocations, &Usage->PoolBytes);
    ObpUsage(&Usage->Objects, &Usage->References);
    MiUsage(&Usage->Mappings, &Usage->LockedPages);
}

ULONG NativeReportLeaks(VOID)
{
    /* Threads first: what they hold goes with them. */
    ULONG Threads = PspReportThreads();
    return Threads + PspReportNotifyRoutines() + ExpReportPool() + ExpReportResources() +
           ObpReportObjects() + IopReportNames() + MiReportMappings() + SepReportContexts();
}
