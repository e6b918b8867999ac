/* SPDX-License-Identifier: MIT */
/*
 * What drivers import and <wdm.h> does not declare: reader-writer spin locks, as those of Windows 8
 * and later do, a form of timers, and what else other drivers than this project's import. Contracts
 * are Microsoft's.
 */
#ifndef ADIT_HOST_WINE_EXECUTIVE_H
#define ADIT_HOST_WINE_EXECUTIVE_H

#include <ntifs.h>

KIRQL NTAPI ExAcquireSpinLockShared(volatile LONG *SpinLock);
VOID NTAPI ExReleaseSpinLockShared(volatile LONG *SpinLock, KIRQL OldIrql);
KIRQL NTAPI ExAcquireSpinLockExclusive(volatile LONG *SpinLock);
VOID NTAPI ExReleaseSpinLockExclusive(volatile LONG *SpinLock, KIRQL OldIrql);
VOID NTAPI ExAcquireSpinLockSharedAtDpcLevel(volatile LONG *SpinLock);
VOID NTAPI ExReleaseSpinLockSharedFromDpcLevel(volatile LONG *SpinLock);
VOID NTAPI ExAcquireSpinLockExclusiveAtDpcLevel(volatile LONG *SpinLock);
VOID NTAPI ExReleaseSpinLockExclusiveFromDpcLevel(volatile LONG *SpinLock);

/* STATUS_NOT_SUPPORTED: Driver Verifier is off. */
NTSTATUS NTAPI MmIsVerifierEnabled(_Out_ ULONG *VerifierFlags);
BOOLEAN NTAPI KeSetCoalescableTimer(
    PKTIMER Timer, LARGE_INTEGER DueTime, ULONG Period, ULONG TolerableDelay, PKDPC Dpc);

/* Work items beside those of <wdm.h> */

typedef VOID NTAPI IO_WORKITEM_ROUTINE_EX(PVOID IoObject, PVOID Context, PIO_WORKITEM IoWorkItem);

typedef struct _WORK_QUEUE_ITEM
{
    LIST_ENTRY List;
    VOID(NTAPI *WorkerRoutine)(PVOID Parameter);
    PVOID Parameter;
} WORK_QUEUE_ITEM;

NT_ASSERT_SIZE(WORK_QUEUE_ITEM, 0x20, 0x10);

ULONG NTAPI IoSizeofWorkItem(VOID);
VOID NTAPI IoInitializeWorkItem(_In_ PVOID IoObject, _Out_ PIO_WORKITEM IoWorkItem);
VOID NTAPI IoUninitializeWorkItem(_Inout_ PIO_WORKITEM IoWorkItem);
VOID NTAPI IoQueueWorkItemEx(
    _Inout_ PIO_WORKITEM IoWorkItem,
    _In_ IO_WORKITEM_ROUTINE_EX *WorkerRoutine,
    WORK_QUEUE_TYPE QueueType,
    _In_opt_ PVOID Context);
VOID NTAPI ExQueueWorkItem(_Inout_ WORK_QUEUE_ITEM *WorkItem, WORK_QUEUE_TYPE QueueType);

/* Pool, pages, lists, time */

PVOID NTAPI ExAllocatePool2(ULONG64 Flags, SIZE_T NumberOfBytes, ULONG Tag);
PVOID NTAPI
ExAllocatePoolWithTagPriority(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag, ULONG Priority);
PMDL NTAPI MmAllocatePagesForMdlEx(
    LARGE_INTEGER LowAddress,
    LARGE_INTEGER HighAddress,
    LARGE_INTEGER SkipBytes,
    SIZE_T TotalBytes,
    MEMORY_CACHING_TYPE CacheType,
    ULONG Flags);
PMDL NTAPI MmAllocatePagesForMdl(
    LARGE_INTEGER LowAddress,
    LARGE_INTEGER HighAddress,
    LARGE_INTEGER SkipBytes,
    SIZE_T TotalBytes);
VOID NTAPI MmFreePagesFromMdl(_Inout_ PMDL Mdl);
PLIST_ENTRY NTAPI ExInterlockedInsertHeadList(
    _Inout_ PLIST_ENTRY ListHead, _Inout_ PLIST_ENTRY ListEntry, _Inout_ PKSPIN_LOCK Lock);
PLIST_ENTRY NTAPI ExInterlockedInsertTailList(
    _Inout_ PLIST_ENTRY ListHead, _Inout_ PLIST_ENTRY ListEntry, _Inout_ PKSPIN_LOCK Lock);
PLIST_ENTRY NTAPI
ExInterlockedRemoveHeadList(_Inout_ PLIST_ENTRY ListHead, _Inout_ PKSPIN_LOCK Lock);
VOID NTAPI KeQuerySystemTimePrecise(_Out_ PLARGE_INTEGER CurrentTime);
ULONG64 NTAPI KeQueryInterruptTimePrecise(_Out_ ULONG64 *QpcTimeStamp);
VOID NTAPI KeStallExecutionProcessor(ULONG MicroSeconds);

#endif
