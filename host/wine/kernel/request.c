/* SPDX-License-Identifier: MIT */
/*
 * What Wine's kernel lacks of the I/O manager for requests, and who makes them.
 */
#define _NTSYSTEM_
#include <ntifs.h>

#include "executive.h"
#include "ntdll.h"

/* A driver is not unloaded here while a request of its is under way. */
NTSTATUS NTAPI IoSetCompletionRoutineEx(
    PDEVICE_OBJECT DeviceObject,
    PIRP Irp,
    PIO_COMPLETION_ROUTINE CompletionRoutine,
    PVOID Context,
    BOOLEAN InvokeOnSuccess,
    BOOLEAN InvokeOnError,
    BOOLEAN InvokeOnCancel)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    IoSetCompletionRoutine(
        Irp, CompletionRoutine, Context, InvokeOnSuccess, InvokeOnError, InvokeOnCancel);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI RequestCompleted(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
    KeSetEvent(Context, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

BOOLEAN NTAPI IoForwardIrpSynchronously(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    KEVENT Completed;
    if (Irp->CurrentLocation <= 1)
        return FALSE;
    KeInitializeEvent(&Completed, NotificationEvent, FALSE);
    IoCopyCurrentIrpStackLocationToNext(Irp);
    IoSetCompletionRoutine(Irp, RequestCompleted, &Completed, TRUE, TRUE, TRUE);
    IoCallDriver(DeviceObject, Irp);
    KeWaitForSingleObject(&Completed, Executive, KernelMode, FALSE, NULL);
    return TRUE;
}

NTSTATUS NTAPI IoAttachDeviceToDeviceStackSafe(
    PDEVICE_OBJECT SourceDevice,
    PDEVICE_OBJECT TargetDevice,
    PDEVICE_OBJECT *AttachedToDeviceObject)
{
    *AttachedToDeviceObject = IoAttachDeviceToDeviceStack(SourceDevice, TargetDevice);
    return *AttachedToDeviceObject != NULL ? STATUS_SUCCESS : STATUS_NO_SUCH_DEVICE;
}

ULONG NTAPI IoGetRequestorProcessId(PIRP Irp)
{
    PEPROCESS Process = IoGetRequestorProcess(Irp);
    return Process != NULL ? (ULONG)(ULONG_PTR)PsGetProcessId(Process) : 0;
}

/* A client's request runs in its context, all else in this process'. */
KPROCESSOR_MODE NTAPI ExGetPreviousMode(VOID)
{
    return PsGetCurrentProcessId() == NtCurrentProcessId() ? KernelMode : UserMode;
}
