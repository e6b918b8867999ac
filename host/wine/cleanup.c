/* SPDX-License-Identifier: MIT */
/*
 * IRP_MJ_CLEANUP, which Wine never sends: it comes in front of each IRP_MJ_CLOSE.
 *
 * Drivers may change their dispatch table until DriverEntry returns, and no one is told when that
 * is. AddDevice comes later, and it attaches a device: that is where the driver's table gets its
 * IRP_MJ_CLOSE routine wrapped.
 */
#define _NTSYSTEM_
#include <ntifs.h>

#include "log.h"
#include "ntdll.h"
#include "wine_kernel.h"

#define CLEANUP_TAG 'lCdA'

/* A driver whose table has been changed. Stays for good: Wine's driver object extensions are
 * missing, and a driver object's end is not told; the next one at its address takes it over. */
typedef struct _CLEANUP_DRIVER
{
    struct _CLEANUP_DRIVER *Next;
    PDRIVER_OBJECT DriverObject;
    PDRIVER_DISPATCH Close; /* the driver's own */
} CLEANUP_DRIVER;

static CLEANUP_DRIVER *volatile CleanupDrivers; /* only ever grows, at its head */

static CLEANUP_DRIVER *CleanupFind(PDRIVER_OBJECT DriverObject)
{
    CLEANUP_DRIVER *Driver = CleanupDrivers;
    while (Driver != NULL && Driver->DriverObject != DriverObject)
        Driver = Driver->Next;
    return Driver;
}

static NTSTATUS NTAPI CleanupCompleted(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
    KeSetEvent(Context, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static VOID CleanupSend(PDEVICE_OBJECT DeviceObject, PFILE_OBJECT FileObject)
{
    PIRP Irp = IoAllocateIrp(DeviceObject->StackSize, FALSE);
    PIO_STACK_LOCATION Stack;
    KEVENT Completed;
    if (Irp == NULL)
    {
        LogError("no memory for IRP_MJ_CLEANUP; the driver sees IRP_MJ_CLOSE alone");
        return;
    }
    Irp->RequestorMode = KernelMode;
    Irp->Tail.Overlay.Thread = KeGetCurrentThread();
    Irp->Tail.Overlay.OriginalFileObject = FileObject;
    Stack = IoGetNextIrpStackLocation(Irp);
    Stack->MajorFunction = IRP_MJ_CLEANUP;
    Stack->FileObject = FileObject;
    KeInitializeEvent(&Completed, NotificationEvent, FALSE);
    Stack->CompletionRoutine = CleanupCompleted;
    Stack->Context = &Completed;
    Stack->Control = SL_INVOKE_ON_SUCCESS | SL_INVOKE_ON_ERROR | SL_INVOKE_ON_CANCEL;
    IoCallDriver(DeviceObject, Irp);
    KeWaitForSingleObject(&Completed, Executive, KernelMode, FALSE, NULL);
    IoFreeIrp(Irp);
}

static NTSTATUS NTAPI CleanupDispatchClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PFILE_OBJECT FileObject = IoGetCurrentIrpStackLocation(Irp)->FileObject;
    const CLEANUP_DRIVER *Driver = CleanupFind(DeviceObject->DriverObject);
    if (FileObject != NULL)
        CleanupSend(DeviceObject, FileObject);
    return Driver->Close(DeviceObject, Irp);
}

/* AddDevice runs on one thread at a time. */
static VOID CleanupWrap(PDRIVER_OBJECT DriverObject)
{
    CLEANUP_DRIVER *Driver = CleanupFind(DriverObject);
    if (DriverObject->MajorFunction[IRP_MJ_CLOSE] == CleanupDispatchClose)
        return;
    if (Driver == NULL)
    {
        Driver = ExAllocatePoolWithTag(NonPagedPool, sizeof(*Driver), CLEANUP_TAG);
        if (Driver == NULL)
        {
            LogError("no memory to prepare a driver for IRP_MJ_CLEANUP");
            return;
        }
        Driver->DriverObject = DriverObject;
        Driver->Next = CleanupDrivers;
        CleanupDrivers = Driver;
    }
    Driver->Close = DriverObject->MajorFunction[IRP_MJ_CLOSE];
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = CleanupDispatchClose;
}

PDEVICE_OBJECT NTAPI IoAttachDeviceToDeviceStack(PDEVICE_OBJECT Source, PDEVICE_OBJECT Target)
{
    CleanupWrap(Source->DriverObject);
    return WineIoAttachDeviceToDeviceStack(Source, Target);
}
