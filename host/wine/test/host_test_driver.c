/* SPDX-License-Identifier: MIT */
/*
 * host_test.sys: lets host_test.exe call what the Wine host supplies to drivers. It imports one
 * function of NDIS.SYS, which is what makes a driver one that the host serves.
 */
#include <ntifs.h>
#include <ndis.h>

#include "host_test.h"
#include "host_test_map.h"
#include "host_test_neither.h"
#include "host_test_stress.h"

static PMDL Lists[HOST_TEST_SLOTS];
static PUCHAR Memory[HOST_TEST_SLOTS];
static PVOID Mapped[HOST_TEST_SLOTS]; /* in a client: the last mapping */
static PKEVENT Events[HOST_TEST_SLOTS];
static HANDLE volatile EndedProcess;

#define NOTIFY_LIMIT_MS 20000
static LONG NotifyWaits;
static KEVENT NotifyGo;
static KEVENT NotifyWaited;
static NTSTATUS NotifyStatus;

DRIVER_INITIALIZE DriverEntry;

static NTSTATUS WaitFor(PKEVENT Event, ULONG Milliseconds)
{
    LARGE_INTEGER Timeout = {.QuadPart = -10000LL * Milliseconds};
    return KeWaitForSingleObject(Event, Executive, KernelMode, FALSE, &Timeout);
}

static VOID NTAPI ProcessNotify(HANDLE ParentId, HANDLE ProcessId, BOOLEAN Create)
{
    UNREFERENCED_PARAMETER(ParentId);
    if (Create)
    {
        return;
    }
    EndedProcess = ProcessId;
    if (InterlockedExchange(&NotifyWaits, 0) != 0)
    {
        NotifyStatus = WaitFor(&NotifyGo, NOTIFY_LIMIT_MS);
        KeSetEvent(&NotifyWaited, IO_NO_INCREMENT, FALSE);
    }
}

static NTSTATUS LetNotifyWait(VOID)
{
    KeInitializeEvent(&NotifyGo, NotificationEvent, FALSE);
    KeInitializeEvent(&NotifyWaited, NotificationEvent, FALSE);
    InterlockedExchange(&NotifyWaits, 1);
    return STATUS_SUCCESS;
}

static NTSTATUS LetNotifyGo(VOID)
{
    NTSTATUS Status;
    KeSetEvent(&NotifyGo, IO_NO_INCREMENT, FALSE);
    Status = WaitFor(&NotifyWaited, NOTIFY_LIMIT_MS);
    return Status == STATUS_SUCCESS ? NotifyStatus : Status;
}

NTSTATUS HostTestProbe(PMDL Mdl, KPROCESSOR_MODE Mode, LOCK_OPERATION Operation)
{
    NTSTATUS Status = STATUS_SUCCESS;
    __try
    {
        MmProbeAndLockPages(Mdl, Mode, Operation);
    } __except (Status = (NTSTATUS)GetExceptionCode(), EXCEPTION_EXECUTE_HANDLER)
    {
    }
    return Status;
}

static NTSTATUS Lock(HOST_TEST_REQUEST *Request)
{
    PMDL Mdl = IoAllocateMdl(
        (PVOID)(ULONG_PTR)Request->Address, (ULONG)Request->Length, FALSE, FALSE, NULL);
    NTSTATUS Status = HostTestProbe(
        Mdl, (Request->Access & HOST_TEST_LOCK_KERNEL) != 0 ? KernelMode : UserMode,
        (Request->Access & HOST_TEST_LOCK_READ) != 0     ? IoReadAccess
        : (Request->Access & HOST_TEST_LOCK_MODIFY) != 0 ? IoModifyAccess
                                                         : IoWriteAccess);
    if (!NT_SUCCESS(Status))
    {
        IoFreeMdl(Mdl);
        return Status;
    }
    Lists[Request->Slot] = Mdl;
    Memory[Request->Slot] = MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority);
    return Memory[Request->Slot] != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static NTSTATUS Unlock(HOST_TEST_REQUEST *Request)
{
    PMDL Mdl = Lists[Request->Slot];
    Lists[Request->Slot] = NULL;
    MmUnlockPages(Mdl);
    IoFreeMdl(Mdl);
    return STATUS_SUCCESS;
}

static NTSTATUS Map(HOST_TEST_REQUEST *Request)
{
    NTSTATUS Status = HostTestMap(
        Lists[Request->Slot], (PVOID)(ULONG_PTR)Request->Address, Request->Value,
        &Mapped[Request->Slot]);
    Request->Address = (ULONG_PTR)Mapped[Request->Slot];
    return Status;
}

static NTSTATUS Unmap(HOST_TEST_REQUEST *Request)
{
    PVOID Address =
        Request->Address != 0 ? (PVOID)(ULONG_PTR)Request->Address : Mapped[Request->Slot];
    MmUnmapLockedPages(Address, Lists[Request->Slot]);
    return STATUS_SUCCESS;
}

static NTSTATUS ReadPartial(HOST_TEST_REQUEST *Request)
{
    PMDL Source = Lists[Request->Slot], Partial;
    PUCHAR Start = (PUCHAR)MmGetMdlVirtualAddress(Source) + Request->Offset;
    ULONG Length = MmGetMdlByteCount(Source) - (ULONG)Request->Offset;
    Partial = IoAllocateMdl(Start, Length, FALSE, FALSE, NULL);
    IoBuildPartialMdl(Source, Partial, Start, 0);
    Request->Value = MmGetMdlByteCount(Partial) == Length
                         ? *(PUCHAR)MmGetSystemAddressForMdlSafe(Partial, NormalPagePriority)
                         : MAXULONG;
    IoFreeMdl(Partial);
    return STATUS_SUCCESS;
}

static NTSTATUS CheckDescriptor(PSECURITY_DESCRIPTOR Descriptor)
{
    SECURITY_SUBJECT_CONTEXT Subject;
    ACCESS_MASK Granted;
    NTSTATUS Status;
    BOOLEAN Allowed;
    SeCaptureSubjectContext(&Subject);
    SeLockSubjectContext(&Subject);
    Allowed = SeAccessCheck(
        Descriptor, &Subject, TRUE, FILE_READ_DATA | FILE_WRITE_DATA, 0, NULL,
        IoGetFileObjectGenericMapping(), UserMode, &Granted, &Status);
    SeUnlockSubjectContext(&Subject);
    SeReleaseSubjectContext(&Subject);
    return Allowed == (Status == STATUS_SUCCESS) ? Status : STATUS_INTERNAL_ERROR;
}

/* Of a descriptor, and the same without its owner and group. */
static NTSTATUS CheckAccess(VOID)
{
    /* D:(A;;FA;;;BA), owner and group SYSTEM, label high: [MS-DTYP] 2.4.6 */
    static const UCHAR Descriptor[] = {
        1,    0, 0x14, 0x80, 20, 0,  0, 0, 20, 0,  0, 0, 32,   0,  0, 0,    60,   0,    0,
        0,    1, 1,    0,    0,  0,  0, 0, 5,  18, 0, 0, 0,    2,  0, 28,   0,    1,    0,
        0,    0, 0x11, 0,    20, 0,  7, 0, 0,  0,  1, 1, 0,    0,  0, 0,    0,    16,   0,
        0x30, 0, 0,    2,    0,  32, 0, 1, 0,  0,  0, 0, 0,    24, 0, 0xFF, 0x01, 0x1F, 0,
        1,    2, 0,    0,    0,  0,  0, 5, 32, 0,  0, 0, 0x20, 2,  0, 0};
    UCHAR Ownerless[sizeof(Descriptor)];
    NTSTATUS Status = CheckDescriptor((PSECURITY_DESCRIPTOR)Descriptor);
    RtlCopyMemory(Ownerless, Descriptor, sizeof(Descriptor));
    RtlZeroMemory(Ownerless + 4, 8);
    return CheckDescriptor(Ownerless) == Status ? Status : STATUS_INTERNAL_ERROR;
}

/* 1: one of the host's, 2: one of Wine's, 4: none for one that Wine only names. */
static ULONG CheckRoutines(VOID)
{
    UNICODE_STRING Ours = RTL_CONSTANT_STRING(L"ExAcquireRundownProtection");
    UNICODE_STRING Wines = RTL_CONSTANT_STRING(L"IoCreateDevice");
    UNICODE_STRING Unfinished = RTL_CONSTANT_STRING(L"KeReleaseMutant");
    return (MmGetSystemRoutineAddress(&Ours) == (PVOID)ExAcquireRundownProtection ? 1 : 0) |
           (MmGetSystemRoutineAddress(&Wines) != NULL ? 2 : 0) |
           (MmGetSystemRoutineAddress(&Unfinished) == NULL ? 4 : 0);
}

static NTSTATUS Run(PDEVICE_OBJECT Device, ULONG Code, HOST_TEST_REQUEST *Request)
{
    switch (Code)
    {
    case HOST_TEST_LOCK:
        return Lock(Request);
    case HOST_TEST_UNLOCK:
        return Unlock(Request);
    case HOST_TEST_READ:
        Request->Value = Memory[Request->Slot][Request->Offset];
        return STATUS_SUCCESS;
    case HOST_TEST_WRITE:
        Memory[Request->Slot][Request->Offset] = (UCHAR)Request->Value;
        return STATUS_SUCCESS;
    case HOST_TEST_FILL:
        RtlFillMemory(
            Memory[Request->Slot], MmGetMdlByteCount(Lists[Request->Slot]), (int)Request->Value);
        return STATUS_SUCCESS;
    case HOST_TEST_REFERENCE:
        return ObReferenceObjectByHandle(
            (HANDLE)(ULONG_PTR)Request->Handle, Request->Access, *ExEventObjectType, UserMode,
            (PVOID *)&Events[Request->Slot], NULL);
    case HOST_TEST_RELEASE:
        ObDereferenceObject(Events[Request->Slot]);
        return STATUS_SUCCESS;
    case HOST_TEST_SET:
        Request->Value = (ULONG)KeSetEvent(Events[Request->Slot], EVENT_INCREMENT, FALSE);
        return STATUS_SUCCESS;
    case HOST_TEST_WAIT:
        return WaitFor(Events[Request->Slot], Request->Value);
    case HOST_TEST_ACCESS:
        return CheckAccess();
    case HOST_TEST_PARTIAL:
        return ReadPartial(Request);
    case HOST_TEST_ROUTINE:
        Request->Value = CheckRoutines();
        return STATUS_SUCCESS;
    case HOST_TEST_PROCESS:
        Request->Value = PtrToUlong(EndedProcess);
        return STATUS_SUCCESS;
    case HOST_TEST_NOTIFY_WAITS:
        return LetNotifyWait();
    case HOST_TEST_NOTIFY_GOES:
        return LetNotifyGo();
    case HOST_TEST_STRESS:
        Request->Value = HostTestStress();
        return STATUS_SUCCESS;
    case HOST_TEST_TIMERS:
        Request->Value = HostTestTimers(Device);
        return STATUS_SUCCESS;
    case HOST_TEST_MAP:
        return Map(Request);
    case HOST_TEST_UNMAP:
        return Unmap(Request);
    case HOST_TEST_PAGES:
        Lists[Request->Slot] = HostTestNewPages(Request->Length, &Memory[Request->Slot]);
        return Memory[Request->Slot] != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
    case HOST_TEST_FREE:
        HostTestFreePages(Lists[Request->Slot]);
        return STATUS_SUCCESS;
    case HOST_TEST_POOL:
        return HostTestMapPool();
    case HOST_TEST_NEITHER_END:
        return HostTestNeitherEnd(Device, Request->Value);
    case HOST_TEST_NEITHER_KEPT:
        Request->Value = HostTestNeitherKept((ULONG)Request->Offset);
        return STATUS_SUCCESS;
    case HOST_TEST_NEITHER_UNLOCK:
        HostTestNeitherUnlock();
        return STATUS_SUCCESS;
    case HOST_TEST_SUPPLIED:
        Request->Value = HostTestSupplied();
        return STATUS_SUCCESS;
    case HOST_TEST_OWN:
        Request->Value = HostTestOwnMemory();
        return STATUS_SUCCESS;
    case HOST_TEST_FUNCTIONS:
        Request->Value = HostTestFunctions(Device);
        return STATUS_SUCCESS;
    default:
        return STATUS_INVALID_DEVICE_REQUEST;
    }
}

static NTSTATUS NTAPI DispatchControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    HOST_TEST_REQUEST *Request = Irp->AssociatedIrp.SystemBuffer;
    if ((Stack->Parameters.DeviceIoControl.IoControlCode & 3) == METHOD_NEITHER)
    {
        return HostTestNeither(DeviceObject, Irp);
    }
    Irp->IoStatus.Status = STATUS_INVALID_PARAMETER;
    Irp->IoStatus.Information = 0;
    if (Stack->Parameters.DeviceIoControl.InputBufferLength == sizeof(*Request) &&
        Stack->Parameters.DeviceIoControl.OutputBufferLength == sizeof(*Request) &&
        Request->Slot < HOST_TEST_SLOTS)
    {
        Request->Status =
            Run(DeviceObject, Stack->Parameters.DeviceIoControl.IoControlCode, Request);
        Irp->IoStatus.Status = STATUS_SUCCESS;
        Irp->IoStatus.Information = sizeof(*Request);
    }
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI DispatchOpen(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\AditHostTest");
    UNICODE_STRING Link = RTL_CONSTANT_STRING(L"\\DosDevices\\AditHostTest");
    PDEVICE_OBJECT Device;
    NTSTATUS Status;
    UNREFERENCED_PARAMETER(RegistryPath);
    if (NdisGetVersion() == 0)
    {
        return STATUS_UNSUCCESSFUL;
    }
    Status = IoCreateDevice(DriverObject, 0, &Name, 0x22, 0, FALSE, &Device);
    if (!NT_SUCCESS(Status))
    {
        return Status;
    }
    PsSetCreateProcessNotifyRoutine(ProcessNotify, FALSE);
    DriverObject->MajorFunction[IRP_MJ_CREATE] = DispatchOpen;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = DispatchOpen;
    DriverObject->MajorFunction[IRP_MJ_READ] = HostTestNeither;
    DriverObject->MajorFunction[IRP_MJ_WRITE] = HostTestNeither;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = DispatchControl;
    return IoCreateSymbolicLink(&Link, &Name);
}
