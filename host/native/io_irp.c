/* SPDX-License-Identifier: MIT */
/*
 * IRPs: sent down a stack, completed up. The memory is freed at the end of completion, so that a
 * driver that touches a completed IRP is seen.
 */
#include <stdio.h>
#include <stdlib.h>

#include "io_internal.h"

#define IOP_IRP_TYPE  6
#define IOP_LIVE_IRPS 1024u

/* The IRPs that are under way: what is no longer one must not be looked at. */
static struct
{
    KI_MUTEX Lock;
    PIRP Irps[IOP_LIVE_IRPS];
    ULONG Used; /* entries from here on were never used */
} IopLive = {.Lock = KI_MUTEX_INITIALIZER};

/* Puts New in the place of Old, one of them NULL. FALSE: there is no such place. */
static BOOLEAN IopReplaceLive(PIRP Old, PIRP New)
{
    ULONG Index = 0;
    KiLock(&IopLive.Lock);
    while (Index < IopLive.Used && IopLive.Irps[Index] != Old)
    {
        Index++;
    }
    BOOLEAN Found = Index < (Old ? IopLive.Used : IOP_LIVE_IRPS);
    if (Found)
    {
        IopLive.Irps[Index] = New;
        IopLive.Used += Index == IopLive.Used;
    }
    KiUnlock(&IopLive.Lock);
    return Found;
}

static BOOLEAN IopIsLive(PIRP Irp)
{
    return IopReplaceLive(Irp, Irp);
}

VOID IopStartRequest(
    IOP_REQUEST *Request, PDEVICE_OBJECT Top, UCHAR Major, UCHAR Minor, PFILE_OBJECT File)
{
    PKTHREAD Thread = KI_CURRENT();
    CCHAR StackSize = Top->StackSize;
    SIZE_T Size = sizeof(IRP) + (SIZE_T)StackSize * sizeof(IO_STACK_LOCATION);
    RtlZeroMemory(Request, sizeof(*Request));
    Request->Process = Thread->Attached;
    KeInitializeEvent(&Request->Done, NotificationEvent, FALSE);
    PIRP Irp = aligned_alloc(
        MEMORY_ALLOCATION_ALIGNMENT,
        (Size + MEMORY_ALLOCATION_ALIGNMENT - 1) & ~(SIZE_T)(MEMORY_ALLOCATION_ALIGNMENT - 1));
    if (!Irp || !IopReplaceLive(NULL, Irp))
    {
        free(Irp);
        return;
    }
    RtlZeroMemory(Irp, Size);
    Irp->Type = IOP_IRP_TYPE;
    Irp->Size = (USHORT)Size;
    Irp->StackCount = StackSize;
    Irp->CurrentLocation = (CHAR)(StackSize + 1);
    Irp->RequestorMode = Thread->PreviousMode;
    Irp->UserIosb = &Request->Result;
    Irp->UserEvent = &Request->Done;
    Irp->Tail.Overlay.Thread = Thread;
    Irp->Tail.Overlay.OriginalFileObject = File;
    Irp->Tail.Overlay.CurrentStackLocation = (PIO_STACK_LOCATION)(Irp + 1) + StackSize;
    Request->Irp = Irp;
    PIO_STACK_LOCATION Stack = IoGetNextIrpStackLocation(Irp);
    Stack->MajorFunction = Major;
    Stack->MinorFunction = Minor;
    Stack->FileObject = File;
    InterlockedIncrement(&Request->Process->Requests);
}

NTSTATUS IopSendRequest(IOP_REQUEST *Request, PDEVICE_OBJECT Top)
{
    NTSTATUS Status = IofCallDriver(Top, Request->Irp);
    if (Status == STATUS_PENDING)
    {
        KeWaitForSingleObject(&Request->Done, Executive, KernelMode, FALSE, NULL);
        return Request->Result.Status;
    }
    RULE(
        KeReadStateEvent(&Request->Done), "IrpNotCompleted", "kernel/completing-irps",
        "the dispatch routine returned %08X and the IRP is not complete", (ULONG)Status);
    RULE(
        Status == Request->Result.Status, "IrpStatus", "kernel/completing-irps",
        "the dispatch routine returned %08X, the IRP was completed with %08X", (ULONG)Status,
        (ULONG)Request->Result.Status);
    return Status;
}

NTSTATUS IofCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    RULE_IRQL_AT_MOST("wdm", DISPATCH_LEVEL);
    RULE(IopIsLive(Irp), "Irp", "wdm", "%p is no IRP, or one that was completed", (PVOID)Irp);
    Irp->CurrentLocation--;
    RULE(
        Irp->CurrentLocation > 0, "IrpStackLocations",
        "debugger/bug-check-0x35--no-more-irp-stack-locations",
        "the IRP has %d stack locations, and no driver of them is left to call", Irp->StackCount);
    PIO_STACK_LOCATION Stack = --Irp->Tail.Overlay.CurrentStackLocation;
    Stack->DeviceObject = DeviceObject;
    NTSTATUS Status;
    KI_CALLBACK(
        "DRIVER_DISPATCH", "ddi/wdm/nc-wdm-driver_dispatch",
        Status =
            DeviceObject->DriverObject->MajorFunction[Stack->MajorFunction](DeviceObject, Irp));
    return Status;
}

NTSTATUS PoCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    return IofCallDriver(DeviceObject, Irp);
}

VOID PoStartNextPowerIrp(PIRP Irp)
{
    RULE_IRQL_AT_MOST("ntifs", DISPATCH_LEVEL);
    RULE(
        Irp->CurrentLocation <= Irp->StackCount, "PowerIrp", "ntifs",
        "%p is not at a location of its stack", (PVOID)Irp);
}

/* Whether the routine that the upper driver set is for this outcome. */
static BOOLEAN IopWantsCompletion(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    UCHAR Control = Stack->Control;
    if (!Stack->CompletionRoutine)
    {
        return FALSE;
    }
    return (NT_SUCCESS(Irp->IoStatus.Status) ? Control & SL_INVOKE_ON_SUCCESS
                                             : Control & SL_INVOKE_ON_ERROR) ||
           (Irp->Cancel && (Control & SL_INVOKE_ON_CANCEL));
}

/* FALSE: a completion routine keeps the IRP. */
static BOOLEAN IopCallCompletionRoutines(PIRP Irp)
{
    while (Irp->CurrentLocation <= Irp->StackCount)
    {
        PIO_STACK_LOCATION Stack = Irp->Tail.Overlay.CurrentStackLocation;
        Irp->PendingReturned = (Stack->Control & SL_PENDING_RETURNED) != 0;
        Irp->CurrentLocation++;
        Irp->Tail.Overlay.CurrentStackLocation++;
        BOOLEAN IsTop = Irp->CurrentLocation > Irp->StackCount;
        if (IopWantsCompletion(Irp, Stack))
        {
            PDEVICE_OBJECT Device = IsTop ? NULL : IoGetCurrentIrpStackLocation(Irp)->DeviceObject;
            NTSTATUS Status;
            KI_CALLBACK(
                "IO_COMPLETION_ROUTINE", "ddi/wdm/nc-wdm-io_completion_routine",
                Status = Stack->CompletionRoutine(Device, Irp, Stack->Context));
            if (Status == STATUS_MORE_PROCESSING_REQUIRED)
            {
                return FALSE;
            }
        }
        else if (Irp->PendingReturned && !IsTop)
        {
            IoMarkIrpPending(Irp);
        }
    }
    return TRUE;
}

VOID IofCompleteRequest(PIRP Irp, CCHAR PriorityBoost)
{
    UNREFERENCED_PARAMETER(PriorityBoost);
    RULE_IRQL_AT_MOST("wdm", DISPATCH_LEVEL);
    RULE(
        IopIsLive(Irp) && Irp->CurrentLocation <= Irp->StackCount, "IrpCompleted",
        "debugger/bug-check-0x44--multiple-irp-complete-requests",
        "%p is no IRP, or one that was completed", (PVOID)Irp);
    RULE(
        Irp->IoStatus.Status != STATUS_PENDING, "IrpStatus", "kernel/completing-irps",
        "the IRP is completed with STATUS_PENDING");
    RULE(
        !Irp->CancelRoutine, "IrpCancelRoutine", "kernel/completing-irps",
        "the IRP is completed with a cancel routine set");
    if (!IopCallCompletionRoutines(Irp))
    {
        return;
    }
    IOP_REQUEST *Request = CONTAINING_RECORD(Irp->UserEvent, IOP_REQUEST, Done);
    Request->Result = Irp->IoStatus;
    InterlockedDecrement(&Request->Process->Requests);
    IopReplaceLive(Irp, NULL);
    free(Irp);
    KeSetEvent(&Request->Done, IO_NO_INCREMENT, FALSE);
}

VOID IopDrainProcessRequests(PEPROCESS Process)
{
    LARGE_INTEGER Moment = {.QuadPart = -10000};
    while (ReadAcquire(&Process->Requests))
    {
        KeDelayExecutionThread(KernelMode, FALSE, &Moment);
    }
}

PEPROCESS IoGetRequestorProcess(PIRP Irp)
{
    RULE_IRQL_AT_MOST("ntifs", DISPATCH_LEVEL);
    return Irp->UserEvent ? CONTAINING_RECORD(Irp->UserEvent, IOP_REQUEST, Done)->Process : NULL;
}

BOOLEAN IoIs32bitProcess(PIRP Irp)
{
    RULE_IRQL_AT_MOST("wdm", DISPATCH_LEVEL);
    return Irp ? IoGetRequestorProcess(Irp)->Wow64 : PspCurrentProcess()->Wow64;
}
