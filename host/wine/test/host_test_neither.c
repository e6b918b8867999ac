/* SPDX-License-Identifier: MIT */
/*
 * What a driver does with addresses of a client's buffers: it probes, copies and locks them.
 */
#include "host_test_neither.h"

#include "host_test.h"
#include "host_test_stress.h"

#define TRY(Condition)       \
    do                       \
    {                        \
        if (!(Condition))    \
        {                    \
            return __LINE__; \
        }                    \
    } while (0)

typedef VOID NTAPI PROBE(const volatile VOID *Address, SIZE_T Length, ULONG Alignment);

static PIRP Pended;
static PMDL PendedMdl, KeptMdl;
static ULONG PendedValue;

static DECLSPEC_NOINLINE NTSTATUS Probe(BOOLEAN Write, ULONG_PTR Address, SIZE_T Length, ULONG Unit)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"ProbeForRead");
    UNICODE_STRING WriteName = RTL_CONSTANT_STRING(L"ProbeForWrite");
    PROBE *Function = MmGetSystemRoutineAddress(Write ? &WriteName : &Name);
    NTSTATUS Status = STATUS_SUCCESS;
    __try
    {
        Function((PVOID)Address, Length, Unit);
    } __except (Status = (NTSTATUS)GetExceptionCode(), EXCEPTION_EXECUTE_HANDLER)
    {
    }
    return Status;
}

/* A list of these addresses of the client, locked; NULL: it raises. */
static PMDL LockUser(PVOID Address, SIZE_T Length, LOCK_OPERATION Operation, PUCHAR *Memory)
{
    PMDL Mdl = IoAllocateMdl(Address, (ULONG)Length, FALSE, FALSE, NULL);
    if (!NT_SUCCESS(HostTestProbe(Mdl, UserMode, Operation)))
    {
        IoFreeMdl(Mdl);
        return NULL;
    }
    *Memory = MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority);
    return Mdl;
}

static VOID UnlockUser(PMDL Mdl)
{
    MmUnlockPages(Mdl);
    IoFreeMdl(Mdl);
}

static ULONG CheckProbes(ULONG_PTR In, ULONG_PTR Out, SIZE_T Length)
{
    const ULONG_PTR Kernel = (ULONG_PTR)0 - 0x10000;
    TRY(NT_SUCCESS(Probe(FALSE, In, Length, 1)) && NT_SUCCESS(Probe(TRUE, Out, Length, 1)));
    TRY(Probe(FALSE, In | 1, 4, 4) == STATUS_DATATYPE_MISALIGNMENT);
    TRY(Probe(TRUE, Out | 1, 4, 4) == STATUS_DATATYPE_MISALIGNMENT);
    TRY(Probe(FALSE, Kernel, 4, 4) == STATUS_ACCESS_VIOLATION);
    TRY(Probe(FALSE, In, Kernel, 1) == STATUS_ACCESS_VIOLATION);
    TRY(NT_SUCCESS(Probe(FALSE, Kernel, 0, 4)) && NT_SUCCESS(Probe(TRUE, Kernel, 0, 4)));
    TRY(Probe(TRUE, Kernel, 4, 4) == STATUS_ACCESS_VIOLATION);
    TRY(Probe(TRUE, 0x10, 4, 4) == STATUS_ACCESS_VIOLATION);
    TRY(Probe(TRUE, (ULONG_PTR)CheckProbes, 1, 1) == STATUS_ACCESS_VIOLATION);
    return 0;
}

/* The input starts with the address of a page of the client. Output is input, plus one. */
static ULONG Copy(PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PUCHAR Input = Stack->Parameters.DeviceIoControl.Type3InputBuffer, Output = Irp->UserBuffer;
    SIZE_T Length = Stack->Parameters.DeviceIoControl.InputBufferLength;
    PUCHAR In, Out, Page;
    PMDL InMdl, OutMdl, PageMdl;
    ULONG Line;
    TRY(Length >= sizeof(ULONG64) &&
        Length == Stack->Parameters.DeviceIoControl.OutputBufferLength);
    Line = CheckProbes((ULONG_PTR)Input, (ULONG_PTR)Output, Length);
    if (Line != 0)
    {
        return Line;
    }
    InMdl = LockUser(Input, Length, IoReadAccess, &In);
    TRY(InMdl != NULL && RtlEqualMemory(In, Input, Length));
    OutMdl = LockUser(Output + 1, Length - 1, IoWriteAccess, &Out);
    TRY(OutMdl != NULL);
    Output[0] = (UCHAR)(Input[0] + 1);
    for (SIZE_T i = 1; i < Length; i++)
    {
        Out[i - 1] = (UCHAR)(In[i] + 1);
    }
    TRY(Output[Length - 1] == (UCHAR)(Input[Length - 1] + 1));
    /* Behind its end there is nothing of the request, and other addresses are the client's. */
    PageMdl = LockUser((PVOID)(ULONG_PTR) * (ULONG64 *)Input, PAGE_SIZE, IoModifyAccess, &Page);
    TRY(PageMdl != NULL);
    Page[0]++;
    UnlockUser(PageMdl);
    UnlockUser(OutMdl);
    UnlockUser(InMdl);
    return 0;
}

static ULONG Keep(PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    SIZE_T Length = Stack->Parameters.DeviceIoControl.OutputBufferLength;
    PUCHAR Memory;
    KeptMdl = LockUser(Irp->UserBuffer, Length, IoWriteAccess, &Memory);
    TRY(KeptMdl != NULL);
    RtlFillMemory(Memory, Length, 0x55);
    return 0;
}

static NTSTATUS Pend(PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PUCHAR Memory;
    PendedMdl = LockUser(
        Irp->UserBuffer, Stack->Parameters.DeviceIoControl.OutputBufferLength, IoWriteAccess,
        &Memory);
    if (PendedMdl == NULL)
    {
        return STATUS_ACCESS_VIOLATION;
    }
    IoMarkIrpPending(Irp);
    Pended = Irp;
    return STATUS_PENDING;
}

static VOID NTAPI EndPended(PDEVICE_OBJECT DeviceObject, PVOID Item)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    RtlFillMemory(
        MmGetSystemAddressForMdlSafe(PendedMdl, NormalPagePriority), MmGetMdlByteCount(PendedMdl),
        (int)PendedValue);
    UnlockUser(PendedMdl);
    Pended->IoStatus.Status = STATUS_SUCCESS;
    Pended->IoStatus.Information = 1;
    IoCompleteRequest(Pended, IO_NO_INCREMENT);
    IoFreeWorkItem(Item);
}

NTSTATUS HostTestNeitherEnd(PDEVICE_OBJECT DeviceObject, ULONG Value)
{
    PIO_WORKITEM Item = IoAllocateWorkItem(DeviceObject);
    PendedValue = Value;
    IoQueueWorkItem(Item, EndPended, DelayedWorkQueue, Item);
    return STATUS_SUCCESS;
}

ULONG HostTestNeitherKept(ULONG Offset)
{
    return ((PUCHAR)MmGetSystemAddressForMdlSafe(KeptMdl, NormalPagePriority))[Offset];
}

VOID HostTestNeitherUnlock(VOID)
{
    UnlockUser(KeptMdl);
}

/* Reads give this byte, and what is written has it. */
static NTSTATUS ReadOrWrite(PIRP Irp, BOOLEAN Write, ULONG Length)
{
    PUCHAR Memory;
    PMDL Mdl = LockUser(Irp->UserBuffer, Length, Write ? IoReadAccess : IoWriteAccess, &Memory);
    NTSTATUS Status = STATUS_SUCCESS;
    if (Mdl == NULL)
    {
        return STATUS_ACCESS_VIOLATION;
    }
    if (!Write)
    {
        RtlFillMemory(Memory, Length, HOST_TEST_BYTE);
    }
    else if (Memory[0] != HOST_TEST_BYTE || Memory[Length - 1] != HOST_TEST_BYTE)
    {
        Status = STATUS_INVALID_PARAMETER;
    }
    UnlockUser(Mdl);
    return Status;
}

NTSTATUS NTAPI HostTestNeither(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS Status = STATUS_SUCCESS;
    ULONG_PTR Information = 0;
    UNREFERENCED_PARAMETER(DeviceObject);
    if (Stack->MajorFunction != IRP_MJ_DEVICE_CONTROL)
    {
        Information = Stack->Parameters.Read.Length;
        Status = ReadOrWrite(Irp, Stack->MajorFunction == IRP_MJ_WRITE, (ULONG)Information);
    }
    else if (Stack->Parameters.DeviceIoControl.IoControlCode == HOST_TEST_NEITHER_COPY)
    {
        Information = Copy(Irp);
    }
    else if (Stack->Parameters.DeviceIoControl.IoControlCode == HOST_TEST_NEITHER_KEEP)
    {
        Information = Keep(Irp);
    }
    else
    {
        Status = Pend(Irp);
    }
    if (Status == STATUS_PENDING)
    {
        return Status;
    }
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}
