/* SPDX-License-Identifier: MIT */
/*
 * Files: opened by name on the top of a device stack; CLEANUP when the last handle is closed,
 * CLOSE when the last reference goes.
 */
#include <stdlib.h>
#include <string.h>

#include "io_internal.h"

#define IOP_FILE_TYPE    5
#define IOP_MAX_TRANSFER 0x10000000u

#define GENERIC_ALL     0x10000000u
#define GENERIC_EXECUTE 0x20000000u
#define GENERIC_WRITE   0x40000000u
#define GENERIC_READ    0x80000000u

/* IO_SECURITY_CONTEXT, as Parameters.Create.SecurityContext points to. */
typedef struct _IO_SECURITY_CONTEXT
{
    PVOID SecurityQos;
    PVOID AccessState;
    ACCESS_MASK DesiredAccess;
    ULONG FullCreateOptions;
} IO_SECURITY_CONTEXT;

/* FILE_OBJECT.FileObjectExtension: CREATE succeeded, so CLEANUP and CLOSE are due. */
#define IOP_FILE_OPENED ((PVOID)1)

static NTSTATUS IopSendFileRequest(PFILE_OBJECT File, UCHAR Major)
{
    PDEVICE_OBJECT Top = IopTopOfStack(File->DeviceObject);
    IOP_REQUEST Request;
    IopStartRequest(&Request, Top, Major, 0, File);
    if (!Request.Irp)
    {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    return IopSendRequest(&Request, Top);
}

static VOID IopCloseFile(PVOID Object, PEPROCESS Process, LONG HandlesLeft)
{
    PFILE_OBJECT File = Object;
    UNREFERENCED_PARAMETER(Process);
    if (HandlesLeft == 0 && !IopIsGone(File->DeviceObject))
    {
        IopSendFileRequest(File, IRP_MJ_CLEANUP);
    }
}

static VOID IopDeleteFile(PVOID Object)
{
    PFILE_OBJECT File = Object;
    PDEVICE_OBJECT Device = File->DeviceObject;
    if (File->FileObjectExtension == IOP_FILE_OPENED && !IopIsGone(Device))
    {
        IopSendFileRequest(File, IRP_MJ_CLOSE);
    }
    free(File->FileName.Buffer);
    ObfReferenceObject(Device);
    IopReleaseDevice(Device);
    IopFilesClosed(Device);
    ObfDereferenceObject(Device);
}

struct _OBJECT_TYPE IopFileType = {
    .Name = "File",
    .Mapping = {0x00120089, 0x00120116, 0x001200A0, 0x001F01FF},
    .Close = IopCloseFile,
    .Delete = IopDeleteFile,
};

static ACCESS_MASK IopMapAccess(ACCESS_MASK Access)
{
    const GENERIC_MAPPING *Mapping = &IopFileType.Mapping;
    Access |= Access & GENERIC_READ ? Mapping->GenericRead : 0;
    Access |= Access & GENERIC_WRITE ? Mapping->GenericWrite : 0;
    Access |= Access & GENERIC_EXECUTE ? Mapping->GenericExecute : 0;
    Access |= Access & GENERIC_ALL ? Mapping->GenericAll : 0;
    return Access & ~(GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL);
}

/* A file on the device, which counts it. NULL: no memory. */
static PFILE_OBJECT IopCreateFile(PDEVICE_OBJECT Device, PCUNICODE_STRING Rest)
{
    PFILE_OBJECT File = FAULT() ? NULL : ObpCreateObject(&IopFileType, sizeof(*File));
    if (!File)
    {
        return NULL;
    }
    File->Type = IOP_FILE_TYPE;
    File->Size = sizeof(*File);
    File->DeviceObject = Device;
    File->FileName.Buffer = malloc(Rest->Length ? Rest->Length : 1);
    if (File->FileName.Buffer)
    {
        memcpy(File->FileName.Buffer, Rest->Buffer, Rest->Length);
        File->FileName.Length = File->FileName.MaximumLength = Rest->Length;
    }
    KiLock(&IopLock);
    Device->ReferenceCount++;
    KiUnlock(&IopLock);
    return File;
}

static NTSTATUS IopOpenFile(PFILE_OBJECT File, ACCESS_MASK Access)
{
    PDEVICE_OBJECT Top = IopTopOfStack(File->DeviceObject);
    if (IopIsGone(File->DeviceObject) || (Top->Flags & DO_DEVICE_INITIALIZING))
    {
        return STATUS_NO_SUCH_DEVICE;
    }
    IOP_REQUEST Request;
    IO_SECURITY_CONTEXT Security = {.DesiredAccess = Access};
    IopStartRequest(&Request, Top, IRP_MJ_CREATE, 0, File);
    if (!Request.Irp)
    {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    PIO_STACK_LOCATION Stack = IopRequestStack(&Request);
    Stack->Parameters.Create.SecurityContext = &Security;
    Stack->Parameters.Create.Options = 1u << 24; /* FILE_OPEN */
    Stack->Parameters.Create.ShareAccess = 7;
    NTSTATUS Status = IopSendRequest(&Request, Top);
    if (NT_SUCCESS(Status))
    {
        File->FileObjectExtension = IOP_FILE_OPENED;
    }
    return Status;
}

static NTSTATUS
IopOpenByName(PEPROCESS Process, PCUNICODE_STRING Name, ACCESS_MASK Access, PHANDLE Handle)
{
    UNICODE_STRING Rest;
    PDEVICE_OBJECT Device;
    NTSTATUS Status = IopLookupName(Name, &Device, &Rest);
    if (!NT_SUCCESS(Status))
    {
        return Status;
    }
    PFILE_OBJECT File = IopCreateFile(Device, &Rest);
    ObfDereferenceObject(Device);
    if (!File)
    {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = IopOpenFile(File, Access);
    if (NT_SUCCESS(Status))
    {
        Status = ObpCreateHandle(Process, File, Access, FALSE, Handle);
    }
    ObfDereferenceObject(File);
    return Status;
}

NTSTATUS NativeUserOpen(PEPROCESS Process, PCWSTR Path, ACCESS_MASK Access, PHANDLE File)
{
    UNICODE_STRING Name;
    PSP_ENTRY Entry;
    RtlInitUnicodeString(&Name, Path);
    PWSTR Copy = malloc((SIZE_T)Name.Length + sizeof(WCHAR));
    if (!Copy)
    {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    memcpy(Copy, Path, Name.Length);
    Name.Buffer = Copy;
    if (Name.Length > 4 * sizeof(WCHAR) && Copy[0] == '\\' && Copy[1] == '\\' && Copy[3] == '\\')
    {
        Copy[1] = Copy[2] = '?'; /* \\.\ and \\?\ are \??\ */
    }
    PspEnterKernel(Process, &Entry);
    NTSTATUS Status = IopOpenByName(Process, &Name, IopMapAccess(Access), File);
    PspLeaveKernel(&Entry);
    free(Copy);
    return Status;
}

/* The access that the code asks for, against what the handle was opened with. */
static BOOLEAN IopMayControl(ULONG Code, ACCESS_MASK Granted)
{
    ACCESS_MASK Required = 0;
    Required |= Code >> 14 & FILE_READ_DATA ? FILE_READ_DATA : 0;
    Required |= Code >> 14 & FILE_WRITE_DATA ? FILE_WRITE_DATA : 0;
    return (Granted & Required) == Required;
}

typedef struct _IOP_CONTROL
{
    ULONG Code;
    PVOID Input;
    ULONG InputLength;
    PVOID Output;
    ULONG OutputLength;
    ULONG Returned;
    PVOID SystemBuffer;
    PMDL Mdl; /* of Output, locked */
} IOP_CONTROL;

static BOOLEAN IopIsDirect(const IOP_CONTROL *Control)
{
    return (Control->Code & 3) == METHOD_IN_DIRECT || (Control->Code & 3) == METHOD_OUT_DIRECT;
}

static NTSTATUS IopLockOutput(IOP_CONTROL *Control)
{
    volatile NTSTATUS Status = STATUS_SUCCESS;
    Control->Mdl = IoAllocateMdl(Control->Output, Control->OutputLength, FALSE, FALSE, NULL);
    if (!Control->Mdl)
    {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    __try
    {
        MmProbeAndLockPages(
            Control->Mdl, UserMode,
            (Control->Code & 3) == METHOD_OUT_DIRECT ? IoWriteAccess : IoReadAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER)
    {
        Status = GetExceptionCode();
        IoFreeMdl(Control->Mdl);
        Control->Mdl = NULL;
    }
    return Status;
}

/* The system buffer and the MDL that the method of the code gives the driver. */
static NTSTATUS IopPrepareControl(IOP_CONTROL *Control)
{
    ULONG Length = Control->InputLength;
    if (!IopIsDirect(Control) && Control->OutputLength > Length)
    {
        Length = Control->OutputLength;
    }
    if (Length > IOP_MAX_TRANSFER)
    {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (Length)
    {
        Control->SystemBuffer = malloc(Length);
        if (!Control->SystemBuffer)
        {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        memcpy(Control->SystemBuffer, Control->Input, Control->InputLength);
    }
    return IopIsDirect(Control) && Control->OutputLength ? IopLockOutput(Control) : STATUS_SUCCESS;
}

static VOID IopFinishControl(IOP_CONTROL *Control)
{
    if (Control->Mdl)
    {
        MmUnlockPages(Control->Mdl);
        IoFreeMdl(Control->Mdl);
    }
    free(Control->SystemBuffer);
}

static NTSTATUS IopSendControl(PFILE_OBJECT File, IOP_CONTROL *Control)
{
    PDEVICE_OBJECT Top = IopTopOfStack(File->DeviceObject);
    IOP_REQUEST Request;
    IopStartRequest(&Request, Top, IRP_MJ_DEVICE_CONTROL, 0, File);
    if (!Request.Irp)
    {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Request.Irp->AssociatedIrp.SystemBuffer = Control->SystemBuffer;
    Request.Irp->MdlAddress = Control->Mdl;
    Request.Irp->UserBuffer = Control->Output;
    PIO_STACK_LOCATION Stack = IopRequestStack(&Request);
    Stack->Parameters.DeviceIoControl.IoControlCode = Control->Code;
    Stack->Parameters.DeviceIoControl.InputBufferLength = Control->InputLength;
    Stack->Parameters.DeviceIoControl.OutputBufferLength = Control->OutputLength;
    NTSTATUS Status = IopSendRequest(&Request, Top);
    ULONG_PTR Information = Request.Result.Information;
    if ((ULONG)Status >= 0xC0000000u || Information == 0)
    {
        return Status;
    }
    RULE(
        Information <= Control->OutputLength, "IrpInformation", "kernel/using-buffered-i-o",
        "IoStatus.Information is %zu, the output buffer has %u bytes", (size_t)Information,
        Control->OutputLength);
    if (!IopIsDirect(Control))
    {
        memcpy(Control->Output, Control->SystemBuffer, Information);
    }
    Control->Returned = (ULONG)Information;
    return Status;
}

static NTSTATUS IopDeviceControl(PFILE_OBJECT File, IOP_CONTROL *Control)
{
    NTSTATUS Status = IopPrepareControl(Control);
    if (NT_SUCCESS(Status))
    {
        Status = IopSendControl(File, Control);
    }
    IopFinishControl(Control);
    return Status;
}

NTSTATUS NativeUserDeviceIoControl(
    PEPROCESS Process,
    HANDLE File,
    ULONG Code,
    PVOID Input,
    ULONG InputLength,
    PVOID Output,
    ULONG OutputLength,
    PULONG Returned)
{
    PSP_ENTRY Entry;
    PVOID Object;
    ACCESS_MASK Granted;
    IOP_CONTROL Control = {
        .Code = Code,
        .Input = Input,
        .InputLength = InputLength,
        .Output = Output,
        .OutputLength = OutputLength};
    if ((Code & 3) == METHOD_NEITHER)
    {
        return STATUS_NOT_SUPPORTED;
    }
    PspEnterKernel(Process, &Entry);
    NTSTATUS Status = ObpReferenceHandle(Process, File, UserMode, &Object, &Granted);
    if (NT_SUCCESS(Status))
    {
        if (ObpObjectType(Object) != &IopFileType)
        {
            Status = STATUS_OBJECT_TYPE_MISMATCH;
        }
        else if (!IopMayControl(Code, Granted))
        {
            Status = STATUS_ACCESS_DENIED;
        }
        else if (IopIsGone(((PFILE_OBJECT)Object)->DeviceObject))
        {
            Status = STATUS_DEVICE_DOES_NOT_EXIST;
        }
        else
        {
            Status = IopDeviceControl(Object, &Control);
        }
        ObfDereferenceObject(Object);
    }
    PspLeaveKernel(&Entry);
    if (Returned)
    {
        *Returned = Control.Returned;
    }
    return Status;
}
