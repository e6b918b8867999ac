/* SPDX-License-Identifier: MIT */
/*
 * What Wine's I/O manager does otherwise than Windows', put right around a driver's own dispatch
 * routines: IRP_MJ_CLEANUP, which Wine never sends, comes in front of each IRP_MJ_CLOSE, and the
 * status of a control request is one that Wine's ntdll has the Win32 error for; a device that was
 * removed while files of it are open says so. And a software device of an earlier session, which
 * Wine would start again, is not there.
 *
 * Drivers may change their dispatch table until DriverEntry returns, and no one is told when that
 * is. AddDevice comes later, and it attaches a device: that is where the driver's table gets its
 * routines wrapped.
 */
#define _NTSYSTEM_
#include <ntifs.h>

#include "log.h"
#include "ntdll.h"
#include "software_device.h"
#include "user_buffer.h"
#include "wine_kernel.h"

#define DISPATCH_TAG 'pDdA'

/* A driver whose table has been changed. Stays for good: Wine's driver object extensions are
 * missing, and a driver object's end is not told; the next one at its address takes it over. */
typedef struct _DISPATCH_DRIVER
{
    struct _DISPATCH_DRIVER *Next;
    PDRIVER_OBJECT DriverObject;
    PDRIVER_DISPATCH Close; /* the driver's own, as the next one */
    PDRIVER_DISPATCH Control;
} DISPATCH_DRIVER;

static DISPATCH_DRIVER *volatile DispatchDrivers; /* only ever grows, at its head */

static DISPATCH_DRIVER *DispatchFind(PDRIVER_OBJECT DriverObject)
{
    DISPATCH_DRIVER *Driver = DispatchDrivers;
    while (Driver != NULL && Driver->DriverObject != DriverObject)
        Driver = Driver->Next;
    return Driver;
}

static NTSTATUS NTAPI DispatchCleanupCompleted(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
    KeSetEvent(Context, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static VOID DispatchSendCleanup(PDEVICE_OBJECT DeviceObject, PFILE_OBJECT FileObject)
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
    Stack->CompletionRoutine = DispatchCleanupCompleted;
    Stack->Context = &Completed;
    Stack->Control = SL_INVOKE_ON_SUCCESS | SL_INVOKE_ON_ERROR | SL_INVOKE_ON_CANCEL;
    IoCallDriver(DeviceObject, Irp);
    KeWaitForSingleObject(&Completed, Executive, KernelMode, FALSE, NULL);
    IoFreeIrp(Irp);
}

static NTSTATUS NTAPI DispatchClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PFILE_OBJECT FileObject = IoGetCurrentIrpStackLocation(Irp)->FileObject;
    const DISPATCH_DRIVER *Driver = DispatchFind(DeviceObject->DriverObject);
    if (FileObject != NULL)
        DispatchSendCleanup(DeviceObject, FileObject);
    return Driver->Close(DeviceObject, Irp);
}

#define ERROR_ALREADY_INITIALIZED 1247

/*
 * The same status, or one of facility NTWIN32 ([MS-ERREF] 2.3) that carries the Win32 error where
 * the ntdll.dll of Wine 8.0 would make it ERROR_MR_MID_NOT_FOUND.
 */
static NTSTATUS DispatchStatusForClient(NTSTATUS Status)
{
    return Status == STATUS_ALREADY_INITIALIZED
               ? (NTSTATUS)(0xC0070000u | ERROR_ALREADY_INITIALIZED)
               : Status;
}

VOID FASTCALL IofCompleteRequest(PIRP Irp, CCHAR PriorityBoost)
{
    if (Irp->RequestorMode == UserMode)
        Irp->IoStatus.Status = DispatchStatusForClient(Irp->IoStatus.Status);
    UserBufferComplete(Irp);
    WineIofCompleteRequest(Irp, PriorityBoost);
}

/* Wine gives the client what the dispatch routine returns. */
static NTSTATUS NTAPI DispatchControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    const DISPATCH_DRIVER *Driver = DispatchFind(DeviceObject->DriverObject);
    KPROCESSOR_MODE Mode = Irp->RequestorMode;
    NTSTATUS Status = Driver->Control(DeviceObject, Irp);
    return Mode == UserMode ? DispatchStatusForClient(Status) : Status;
}

/* AddDevice runs on one thread at a time. */
static VOID DispatchWrap(PDRIVER_OBJECT DriverObject)
{
    DISPATCH_DRIVER *Driver = DispatchFind(DriverObject);
    if (DriverObject->MajorFunction[IRP_MJ_CLOSE] == DispatchClose)
        return;
    if (Driver == NULL)
    {
        Driver = ExAllocatePoolWithTag(NonPagedPool, sizeof(*Driver), DISPATCH_TAG);
        if (Driver == NULL)
        {
            LogError("no memory to wrap a driver's dispatch routines");
            return;
        }
        Driver->DriverObject = DriverObject;
        Driver->Next = DispatchDrivers;
        DispatchDrivers = Driver;
    }
    Driver->Close = DriverObject->MajorFunction[IRP_MJ_CLOSE];
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = DispatchClose;
    Driver->Control = DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL];
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = DispatchControl;
}

static BOOLEAN DispatchHasValue(HANDLE Key, PUNICODE_STRING Name)
{
    UCHAR Space[FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION, Data) + sizeof(ULONG)];
    ULONG Length;
    return NT_SUCCESS(
        ZwQueryValueKey(Key, Name, KeyValuePartialInformation, Space, sizeof(Space), &Length));
}

/* Whether that is a software device of an earlier session. Wine's registry keeps them all. */
static BOOLEAN DispatchIsGone(PDEVICE_OBJECT Target)
{
    UNICODE_STRING Value = RTL_CONSTANT_STRING(SOFTWARE_DEVICE_VALUE);
    UNICODE_STRING Session = RTL_CONSTANT_STRING(L"\\Registry\\Machine\\" SOFTWARE_DEVICE_SESSION);
    OBJECT_ATTRIBUTES Attributes;
    BOOLEAN IsSoftware;
    HANDLE Key;

    /* Wine returns Win32 errors here. */
    if (IoOpenDeviceRegistryKey(Target, PLUGPLAY_REGKEY_DEVICE, KEY_READ, &Key) != STATUS_SUCCESS)
        return FALSE;
    IsSoftware = DispatchHasValue(Key, &Value);
    ZwClose(Key);
    if (!IsSoftware)
        return FALSE;
    InitializeObjectAttributes(
        &Attributes, &Session, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    if (!NT_SUCCESS(ZwOpenKey(&Key, KEY_READ, &Attributes)))
        return TRUE;
    ZwClose(Key);
    return FALSE;
}

/* NULL: the target is not there any more. */
PDEVICE_OBJECT NTAPI IoAttachDeviceToDeviceStack(PDEVICE_OBJECT Source, PDEVICE_OBJECT Target)
{
    if (DispatchIsGone(Target))
        return NULL;
    DispatchWrap(Source->DriverObject);
    return WineIoAttachDeviceToDeviceStack(Source, Target);
}

/* A control request to a physical device that has no driver of its function any more. */
static NTSTATUS NTAPI DispatchControlRemoved(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    Irp->IoStatus.Status = STATUS_DEVICE_NOT_READY;
    Irp->IoStatus.Information = 0;
    IofCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_DEVICE_NOT_READY;
}

/*
 * Windows sends IRP_MN_REMOVE_DEVICE once all files are closed ("Handling an
 * IRP_MN_SURPRISE_REMOVAL Request"); until then requests reach the device that is detached here.
 * Wine sends it at once, so later ones reach the physical device, whose driver, Wine's root
 * enumerator, takes no control requests: with STATUS_INVALID_DEVICE_REQUEST a client would take the
 * request for the wrong one.
 */
VOID NTAPI IoDetachDevice(PDEVICE_OBJECT Target)
{
    WineIoDetachDevice(Target);
    Target->DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = DispatchControlRemoved;
}
