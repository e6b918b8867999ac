/* SPDX-License-Identifier: MIT */
/*
 * Cancel-safe queues of IRPs ("Cancel-Safe IRP Queues"): the driver keeps the queue and its lock,
 * these functions what cancelling needs.
 */
#ifndef ADIT_NT_CSQ_H
#define ADIT_NT_CSQ_H

typedef struct _IO_CSQ IO_CSQ, *PIO_CSQ;

typedef VOID NTAPI IO_CSQ_INSERT_IRP(PIO_CSQ Csq, PIRP Irp);
typedef NTSTATUS NTAPI IO_CSQ_INSERT_IRP_EX(PIO_CSQ Csq, PIRP Irp, PVOID InsertContext);
typedef VOID NTAPI IO_CSQ_REMOVE_IRP(PIO_CSQ Csq, PIRP Irp);
/* The first one behind Irp, or of all if it is NULL, that PeekContext is about; NULL: none. */
typedef PIRP NTAPI IO_CSQ_PEEK_NEXT_IRP(PIO_CSQ Csq, PIRP Irp, PVOID PeekContext);
typedef VOID NTAPI IO_CSQ_ACQUIRE_LOCK(PIO_CSQ Csq, PKIRQL Irql);
typedef VOID NTAPI IO_CSQ_RELEASE_LOCK(PIO_CSQ Csq, KIRQL Irql);
typedef VOID NTAPI IO_CSQ_COMPLETE_CANCELED_IRP(PIO_CSQ Csq, PIRP Irp);

struct _IO_CSQ
{
    ULONG Type;
    union
    {
        IO_CSQ_INSERT_IRP *CsqInsertIrp;
        IO_CSQ_INSERT_IRP_EX *CsqInsertIrpEx;
    };
    IO_CSQ_REMOVE_IRP *CsqRemoveIrp;
    IO_CSQ_PEEK_NEXT_IRP *CsqPeekNextIrp;
    IO_CSQ_ACQUIRE_LOCK *CsqAcquireLock;
    IO_CSQ_RELEASE_LOCK *CsqReleaseLock;
    IO_CSQ_COMPLETE_CANCELED_IRP *CsqCompleteCanceledIrp;
    PVOID ReservePointer;
};

/* Of one IRP in a queue, to take it out again. */
typedef struct _IO_CSQ_IRP_CONTEXT
{
    ULONG Type;
    PIRP Irp;
    PIO_CSQ Csq;
} IO_CSQ_IRP_CONTEXT, *PIO_CSQ_IRP_CONTEXT;

NT_ASSERT_SIZE(IO_CSQ, 0x40, 0x20);
NT_ASSERT_SIZE(IO_CSQ_IRP_CONTEXT, 0x18, 0xC);

#define IO_TYPE_CSQ_IRP_CONTEXT 1
#define IO_TYPE_CSQ             2
#define IO_TYPE_CSQ_EX          3

NTKERNELAPI NTSTATUS NTAPI IoCsqInitialize(
    _Out_ PIO_CSQ Csq,
    _In_ IO_CSQ_INSERT_IRP *CsqInsertIrp,
    _In_ IO_CSQ_REMOVE_IRP *CsqRemoveIrp,
    _In_ IO_CSQ_PEEK_NEXT_IRP *CsqPeekNextIrp,
    _In_ IO_CSQ_ACQUIRE_LOCK *CsqAcquireLock,
    _In_ IO_CSQ_RELEASE_LOCK *CsqReleaseLock,
    _In_ IO_CSQ_COMPLETE_CANCELED_IRP *CsqCompleteCanceledIrp);
NTKERNELAPI NTSTATUS NTAPI IoCsqInitializeEx(
    _Out_ PIO_CSQ Csq,
    _In_ IO_CSQ_INSERT_IRP_EX *CsqInsertIrp,
    _In_ IO_CSQ_REMOVE_IRP *CsqRemoveIrp,
    _In_ IO_CSQ_PEEK_NEXT_IRP *CsqPeekNextIrp,
    _In_ IO_CSQ_ACQUIRE_LOCK *CsqAcquireLock,
    _In_ IO_CSQ_RELEASE_LOCK *CsqReleaseLock,
    _In_ IO_CSQ_COMPLETE_CANCELED_IRP *CsqCompleteCanceledIrp);
NTKERNELAPI VOID NTAPI
IoCsqInsertIrp(_Inout_ PIO_CSQ Csq, _Inout_ PIRP Irp, _Out_opt_ PIO_CSQ_IRP_CONTEXT Context);
/* What the driver's own insertion returns. */
NTKERNELAPI NTSTATUS NTAPI IoCsqInsertIrpEx(
    _Inout_ PIO_CSQ Csq,
    _Inout_ PIRP Irp,
    _Out_opt_ PIO_CSQ_IRP_CONTEXT Context,
    _In_opt_ PVOID InsertContext);
/* NULL: it is cancelled, or was removed. */
NTKERNELAPI PIRP NTAPI IoCsqRemoveIrp(_Inout_ PIO_CSQ Csq, _Inout_ PIO_CSQ_IRP_CONTEXT Context);
/* NULL: there is none. */
NTKERNELAPI PIRP NTAPI IoCsqRemoveNextIrp(_Inout_ PIO_CSQ Csq, _In_opt_ PVOID PeekContext);

#endif
