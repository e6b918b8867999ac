/* SPDX-License-Identifier: MIT */
/*
 * Cancel-safe queues of IRPs, which Wine's kernel only names. Whoever takes an IRP's cancel routine
 * away owns the IRP: one that is taken from the queue, or the cancellation. The last pointer of its
 * DriverContext is the queue's or, if it has one, its context's, and both begin with their type.
 */
#define _NTSYSTEM_
#include <ntifs.h>

#define CSQ_OWNER 3 /* in DriverContext */

static VOID CsqForget(PIRP Irp)
{
    PIO_CSQ_IRP_CONTEXT Context = Irp->Tail.Overlay.DriverContext[CSQ_OWNER];
    if (Context->Type == IO_TYPE_CSQ_IRP_CONTEXT)
        Context->Irp = NULL;
    Irp->Tail.Overlay.DriverContext[CSQ_OWNER] = NULL;
}

static VOID NTAPI CsqCancel(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_CSQ_IRP_CONTEXT Context = Irp->Tail.Overlay.DriverContext[CSQ_OWNER];
    PIO_CSQ Csq = Context->Type == IO_TYPE_CSQ_IRP_CONTEXT ? Context->Csq : (PIO_CSQ)Context;
    KIRQL Irql = PASSIVE_LEVEL;
    UNREFERENCED_PARAMETER(DeviceObject);
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    Csq->CsqAcquireLock(Csq, &Irql);
    Csq->CsqRemoveIrp(Csq, Irp);
    CsqForget(Irp);
    Csq->CsqReleaseLock(Csq, Irql);
    Csq->CsqCompleteCanceledIrp(Csq, Irp);
}

NTSTATUS NTAPI IoCsqInitialize(
    PIO_CSQ Csq,
    IO_CSQ_INSERT_IRP *CsqInsertIrp,
    IO_CSQ_REMOVE_IRP *CsqRemoveIrp,
    IO_CSQ_PEEK_NEXT_IRP *CsqPeekNextIrp,
    IO_CSQ_ACQUIRE_LOCK *CsqAcquireLock,
    IO_CSQ_RELEASE_LOCK *CsqReleaseLock,
    IO_CSQ_COMPLETE_CANCELED_IRP *CsqCompleteCanceledIrp)
{
    *Csq = (IO_CSQ){
        .Type = IO_TYPE_CSQ,
        .CsqInsertIrp = CsqInsertIrp,
        .CsqRemoveIrp = CsqRemoveIrp,
        .CsqPeekNextIrp = CsqPeekNextIrp,
        .CsqAcquireLock = CsqAcquireLock,
        .CsqReleaseLock = CsqReleaseLock,
        .CsqCompleteCanceledIrp = CsqCompleteCanceledIrp,
    };
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI IoCsqInitializeEx(
    PIO_CSQ Csq,
    IO_CSQ_INSERT_IRP_EX *CsqInsertIrp,
    IO_CSQ_REMOVE_IRP *CsqRemoveIrp,
    IO_CSQ_PEEK_NEXT_IRP *CsqPeekNextIrp,
    IO_CSQ_ACQUIRE_LOCK *CsqAcquireLock,
    IO_CSQ_RELEASE_LOCK *CsqReleaseLock,
    IO_CSQ_COMPLETE_CANCELED_IRP *CsqCompleteCanceledIrp)
{
    IoCsqInitialize(
        Csq, NULL, CsqRemoveIrp, CsqPeekNextIrp, CsqAcquireLock, CsqReleaseLock,
        CsqCompleteCanceledIrp);
    Csq->Type = IO_TYPE_CSQ_EX;
    Csq->CsqInsertIrpEx = CsqInsertIrp;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI
IoCsqInsertIrpEx(PIO_CSQ Csq, PIRP Irp, PIO_CSQ_IRP_CONTEXT Context, PVOID InsertContext)
{
    NTSTATUS Status = STATUS_SUCCESS;
    KIRQL Irql = PASSIVE_LEVEL;
    BOOLEAN Cancelled;
    Irp->Tail.Overlay.DriverContext[CSQ_OWNER] = Csq;
    if (Context != NULL)
    {
        *Context = (IO_CSQ_IRP_CONTEXT){.Type = IO_TYPE_CSQ_IRP_CONTEXT, .Irp = Irp, .Csq = Csq};
        Irp->Tail.Overlay.DriverContext[CSQ_OWNER] = Context;
    }
    Csq->CsqAcquireLock(Csq, &Irql);
    if (Csq->Type == IO_TYPE_CSQ_EX)
        Status = Csq->CsqInsertIrpEx(Csq, Irp, InsertContext);
    else
        Csq->CsqInsertIrp(Csq, Irp);
    if (!NT_SUCCESS(Status))
    {
        CsqForget(Irp);
        Csq->CsqReleaseLock(Csq, Irql);
        return Status;
    }
    IoMarkIrpPending(Irp);
    IoSetCancelRoutine(Irp, CsqCancel);
    /* Cancelled before the routine was there: nobody else will do it. */
    Cancelled = *(volatile BOOLEAN *)&Irp->Cancel && IoSetCancelRoutine(Irp, NULL) != NULL;
    if (Cancelled)
    {
        Csq->CsqRemoveIrp(Csq, Irp);
        CsqForget(Irp);
    }
    Csq->CsqReleaseLock(Csq, Irql);
    if (Cancelled)
        Csq->CsqCompleteCanceledIrp(Csq, Irp);
    return Status;
}

VOID NTAPI IoCsqInsertIrp(PIO_CSQ Csq, PIRP Irp, PIO_CSQ_IRP_CONTEXT Context)
{
    IoCsqInsertIrpEx(Csq, Irp, Context, NULL);
}

/* The lock is held. FALSE: the IRP is being cancelled. */
static BOOLEAN CsqTake(PIO_CSQ Csq, PIRP Irp)
{
    if (IoSetCancelRoutine(Irp, NULL) == NULL)
        return FALSE;
    Csq->CsqRemoveIrp(Csq, Irp);
    CsqForget(Irp);
    return TRUE;
}

PIRP NTAPI IoCsqRemoveIrp(PIO_CSQ Csq, PIO_CSQ_IRP_CONTEXT Context)
{
    KIRQL Irql = PASSIVE_LEVEL;
    PIRP Irp;
    Csq->CsqAcquireLock(Csq, &Irql);
    Irp = Context->Irp;
    if (Irp != NULL && !CsqTake(Csq, Irp))
        Irp = NULL;
    Csq->CsqReleaseLock(Csq, Irql);
    return Irp;
}

PIRP NTAPI IoCsqRemoveNextIrp(PIO_CSQ Csq, PVOID PeekContext)
{
    KIRQL Irql = PASSIVE_LEVEL;
    PIRP Irp = NULL;
    Csq->CsqAcquireLock(Csq, &Irql);
    do
        Irp = Csq->CsqPeekNextIrp(Csq, Irp, PeekContext);
    while (Irp != NULL && !CsqTake(Csq, Irp));
    Csq->CsqReleaseLock(Csq, Irql);
    return Irp;
}
