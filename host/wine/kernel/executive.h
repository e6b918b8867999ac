/* SPDX-License-Identifier: MIT */
/*
 * What drivers import and <wdm.h> does not declare: reader-writer spin locks, as those of Windows 8
 * and later do, a form of timers, and what else other drivers than this project's import. Contracts
 * are Microsoft's.
 */
#ifndef ADIT_HOST_WINE_EXECUTIVE_H
#define ADIT_HOST_WINE_EXECUTIVE_H

#include <ntifs.h>
#include <stdarg.h>

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

PVOID NTAPI ExAllocatePool3(
    ULONG64 Flags, SIZE_T NumberOfBytes, ULONG Tag, PVOID ExtendedParameters, ULONG Count);
VOID NTAPI ExFreePool2(PVOID P, ULONG Tag, PVOID ExtendedParameters, ULONG Count);

/* Lookaside lists; inline code of drivers uses the fields */

typedef struct _LOOKASIDE_LIST_EX LOOKASIDE_LIST_EX;
typedef PVOID NTAPI LOOKASIDE_ALLOCATE_EX(
    POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag, LOOKASIDE_LIST_EX *Lookaside);
typedef VOID NTAPI LOOKASIDE_FREE_EX(PVOID Buffer, LOOKASIDE_LIST_EX *Lookaside);

struct _LOOKASIDE_LIST_EX
{
    DECLSPEC_ALIGN(2 * sizeof(PVOID)) PVOID ListHead[2]; /* an SLIST_HEADER */
    USHORT Depth;
    USHORT MaximumDepth;
    ULONG TotalAllocates;
    ULONG AllocateMisses;
    ULONG TotalFrees;
    ULONG FreeMisses;
    POOL_TYPE Type;
    ULONG Tag;
    ULONG Size;
    LOOKASIDE_ALLOCATE_EX *AllocateEx;
    LOOKASIDE_FREE_EX *FreeEx;
    LIST_ENTRY ListEntry;
    ULONG LastTotalAllocates;
    ULONG LastAllocateMisses;
    ULONG Future[2];
};

NT_ASSERT_SIZE(LOOKASIDE_LIST_EX, 0x60, 0x48);
NT_ASSERT_OFFSET(LOOKASIDE_LIST_EX, AllocateEx, 0x30, 0x28);

NTSTATUS NTAPI ExInitializeLookasideListEx(
    LOOKASIDE_LIST_EX *Lookaside,
    LOOKASIDE_ALLOCATE_EX *Allocate,
    LOOKASIDE_FREE_EX *Free,
    POOL_TYPE PoolType,
    ULONG Flags,
    SIZE_T Size,
    ULONG Tag,
    USHORT Depth);
VOID NTAPI ExFlushLookasideListEx(LOOKASIDE_LIST_EX *Lookaside);
VOID NTAPI ExDeleteLookasideListEx(LOOKASIDE_LIST_EX *Lookaside);

/* Mutexes and locks */

typedef struct _GUARDED_MUTEX
{
    volatile LONG Count;
    PVOID Owner;
    volatile LONG Contention;
    KEVENT Event;
    ULONG OldIrql;
} GUARDED_MUTEX;

NT_ASSERT_SIZE(GUARDED_MUTEX, 0x38, 0x20);

VOID FASTCALL KeAcquireGuardedMutex(GUARDED_MUTEX *Mutex);
BOOLEAN FASTCALL KeTryToAcquireGuardedMutex(GUARDED_MUTEX *Mutex);
VOID FASTCALL KeReleaseGuardedMutex(GUARDED_MUTEX *Mutex);
VOID FASTCALL KeAcquireGuardedMutexUnsafe(GUARDED_MUTEX *Mutex);
VOID FASTCALL KeReleaseGuardedMutexUnsafe(GUARDED_MUTEX *Mutex);
BOOLEAN FASTCALL ExTryToAcquireFastMutex(GUARDED_MUTEX *FastMutex);
VOID NTAPI ExInitializePushLock(ULONG_PTR *PushLock);
VOID NTAPI ExAcquirePushLockExclusiveEx(ULONG_PTR *PushLock, ULONG Flags);
VOID NTAPI ExAcquirePushLockSharedEx(ULONG_PTR *PushLock, ULONG Flags);
VOID NTAPI ExReleasePushLockExclusiveEx(ULONG_PTR *PushLock, ULONG Flags);
VOID NTAPI ExReleasePushLockSharedEx(ULONG_PTR *PushLock, ULONG Flags);
VOID NTAPI ExReleasePushLockEx(ULONG_PTR *PushLock, ULONG Flags);
BOOLEAN FASTCALL KeTryToAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock);
BOOLEAN FASTCALL KeTestSpinLock(PKSPIN_LOCK SpinLock);
KIRQL FASTCALL KeAcquireSpinLockForDpc(PKSPIN_LOCK SpinLock);
VOID FASTCALL KeReleaseSpinLockForDpc(PKSPIN_LOCK SpinLock, KIRQL OldIrql);
VOID FASTCALL
KeAcquireInStackQueuedSpinLockForDpc(PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE LockHandle);
VOID FASTCALL KeReleaseInStackQueuedSpinLockForDpc(PKLOCK_QUEUE_HANDLE LockHandle);
BOOLEAN NTAPI ExTryConvertSharedSpinLockExclusive(volatile LONG *SpinLock);
BOOLEAN NTAPI ExTryAcquireSpinLockExclusiveAtDpcLevel(volatile LONG *SpinLock);
BOOLEAN NTAPI ExTryAcquireSpinLockSharedAtDpcLevel(volatile LONG *SpinLock);
LONG NTAPI KeReadStateMutex(PVOID Mutex);
LONG NTAPI KeReadStateSemaphore(PVOID Semaphore);

/* Timers */

typedef struct _EX_TIMER EX_TIMER;
typedef VOID NTAPI EXT_CALLBACK(EX_TIMER *Timer, PVOID Context);
typedef VOID NTAPI EXT_DELETE_CALLBACK(PVOID Context);

typedef struct _EXT_DELETE_PARAMETERS
{
    ULONG Version;
    ULONG Reserved;
    EXT_DELETE_CALLBACK *DeleteCallback;
    PVOID DeleteContext;
} EXT_DELETE_PARAMETERS;

EX_TIMER *NTAPI ExAllocateTimer(EXT_CALLBACK *Callback, PVOID CallbackContext, ULONG Attributes);
BOOLEAN NTAPI ExSetTimer(EX_TIMER *Timer, LONGLONG DueTime, LONGLONG Period, PVOID Parameters);
BOOLEAN NTAPI ExCancelTimer(EX_TIMER *Timer, PVOID Parameters);
BOOLEAN NTAPI
ExDeleteTimer(EX_TIMER *Timer, BOOLEAN Cancel, BOOLEAN Wait, EXT_DELETE_PARAMETERS *Parameters);
VOID NTAPI
KeInitializeThreadedDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine, PVOID DeferredContext);

/* Processors */

/* Sets KeNumberProcessors. */
VOID ProcessorInitialize(VOID);

typedef struct _PROCESSOR_NUMBER_EX
{
    USHORT Group;
    UCHAR Number;
    UCHAR Reserved;
} PROCESSOR_NUMBER_EX;

typedef struct _GROUP_AFFINITY_EX
{
    KAFFINITY Mask;
    USHORT Group;
    USHORT Reserved[3];
} GROUP_AFFINITY_EX;

typedef struct _PROCESSOR_CHANGE
{
    ULONG State;
    ULONG NtNumber;
    NTSTATUS Status;
    PROCESSOR_NUMBER_EX ProcNumber;
} PROCESSOR_CHANGE;

typedef VOID NTAPI
PROCESSOR_CALLBACK(PVOID CallbackContext, PROCESSOR_CHANGE *ChangeContext, NTSTATUS *Status);

NTSTATUS NTAPI KeGetProcessorNumberFromIndex(ULONG ProcIndex, PROCESSOR_NUMBER_EX *ProcNumber);
ULONG NTAPI KeGetProcessorIndexFromNumber(PROCESSOR_NUMBER_EX *ProcNumber);
KAFFINITY NTAPI KeQueryGroupAffinity(USHORT GroupNumber);
VOID NTAPI
KeSetSystemGroupAffinityThread(GROUP_AFFINITY_EX *Affinity, GROUP_AFFINITY_EX *PreviousAffinity);
VOID NTAPI KeRevertToUserGroupAffinityThread(GROUP_AFFINITY_EX *PreviousAffinity);
USHORT NTAPI KeQueryHighestNodeNumber(VOID);
USHORT NTAPI KeGetCurrentNodeNumber(VOID);
VOID NTAPI KeQueryNodeActiveAffinity(USHORT NodeNumber, GROUP_AFFINITY_EX *Affinity, USHORT *Count);
USHORT NTAPI KeQueryNodeMaximumProcessorCount(USHORT NodeNumber);
PVOID NTAPI KeRegisterProcessorChangeCallback(
    PROCESSOR_CALLBACK *CallbackFunction, PVOID CallbackContext, ULONG Flags);
VOID NTAPI KeDeregisterProcessorChangeCallback(PVOID CallbackHandle);
NTSTATUS NTAPI KeSaveExtendedProcessorState(ULONG64 Mask, PVOID XStateSave);
VOID NTAPI KeRestoreExtendedProcessorState(PVOID XStateSave);
BOOLEAN NTAPI ExIsProcessorFeaturePresent(ULONG ProcessorFeature);
VOID NTAPI KeQueryUnbiasedInterruptTimePrecise(ULONG64 *UnbiasedTime, ULONG64 *QpcTimeStamp);
ULONG64 NTAPI KeQueryUnbiasedInterruptTime(VOID);
LONG NTAPI KeSetBasePriorityThread(PKTHREAD Thread, LONG Increment);
BOOLEAN NTAPI KeRegisterBugCheckCallback(
    PVOID CallbackRecord, PVOID CallbackRoutine, PVOID Buffer, ULONG Length, PUCHAR Component);
BOOLEAN NTAPI KeDeregisterBugCheckCallback(PVOID CallbackRecord);
BOOLEAN NTAPI KeRegisterBugCheckReasonCallback(
    PVOID CallbackRecord, PVOID CallbackRoutine, ULONG Reason, PUCHAR Component);
BOOLEAN NTAPI KeDeregisterBugCheckReasonCallback(PVOID CallbackRecord);

/* Requests */

NTSTATUS NTAPI IoSetCompletionRoutineEx(
    PDEVICE_OBJECT DeviceObject,
    PIRP Irp,
    PIO_COMPLETION_ROUTINE CompletionRoutine,
    PVOID Context,
    BOOLEAN InvokeOnSuccess,
    BOOLEAN InvokeOnError,
    BOOLEAN InvokeOnCancel);
BOOLEAN NTAPI IoForwardIrpSynchronously(PDEVICE_OBJECT DeviceObject, PIRP Irp);
NTSTATUS NTAPI IoAttachDeviceToDeviceStackSafe(
    PDEVICE_OBJECT SourceDevice,
    PDEVICE_OBJECT TargetDevice,
    PDEVICE_OBJECT *AttachedToDeviceObject);
ULONG NTAPI IoGetRequestorProcessId(PIRP Irp);
KPROCESSOR_MODE NTAPI ExGetPreviousMode(VOID);

/* Memory */

SIZE_T NTAPI MmSizeOfMdl(PVOID Base, SIZE_T Length);
PMDL NTAPI MmCreateMdl(PMDL MemoryDescriptorList, PVOID Base, SIZE_T Length);
PVOID NTAPI MmMapLockedPages(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode);
PVOID NTAPI MmLockPagableDataSection(PVOID AddressWithinSection);
PVOID NTAPI MmLockPagableImageSection(PVOID AddressWithinSection);
VOID NTAPI MmUnlockPagableImageSection(PVOID ImageSectionHandle);
ULONG NTAPI MmIsDriverVerifying(PDRIVER_OBJECT DriverObject);
ULONG NTAPI MmIsDriverVerifyingByAddress(PVOID AddressOfInterest);
PVOID NTAPI
MmAllocateContiguousMemory(SIZE_T NumberOfBytes, LARGE_INTEGER HighestAcceptableAddress);
PVOID NTAPI MmAllocateContiguousMemorySpecifyCache(
    SIZE_T NumberOfBytes,
    LARGE_INTEGER LowestAcceptableAddress,
    LARGE_INTEGER HighestAcceptableAddress,
    LARGE_INTEGER BoundaryAddressMultiple,
    MEMORY_CACHING_TYPE CacheType);
VOID NTAPI MmFreeContiguousMemory(PVOID BaseAddress);
VOID NTAPI MmFreeContiguousMemorySpecifyCache(
    PVOID BaseAddress, SIZE_T NumberOfBytes, MEMORY_CACHING_TYPE CacheType);

/* Objects */

NTSTATUS NTAPI ObReferenceObjectByPointer(
    PVOID Object, ACCESS_MASK DesiredAccess, POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode);
NTSTATUS NTAPI ObReferenceObjectByPointerWithTag(
    PVOID Object,
    ACCESS_MASK DesiredAccess,
    POBJECT_TYPE ObjectType,
    KPROCESSOR_MODE AccessMode,
    ULONG Tag);
NTSTATUS NTAPI ObReferenceObjectByHandleWithTag(
    HANDLE Handle,
    ACCESS_MASK DesiredAccess,
    POBJECT_TYPE ObjectType,
    KPROCESSOR_MODE AccessMode,
    ULONG Tag,
    PVOID *Object,
    PVOID HandleInformation);
NTSTATUS NTAPI ObOpenObjectByPointerWithTag(
    PVOID Object,
    ULONG HandleAttributes,
    PVOID PassedAccessState,
    ACCESS_MASK DesiredAccess,
    POBJECT_TYPE ObjectType,
    KPROCESSOR_MODE AccessMode,
    ULONG Tag,
    PHANDLE Handle);
LONG_PTR FASTCALL ObfReferenceObjectWithTag(PVOID Object, ULONG Tag);
LONG_PTR FASTCALL ObfDereferenceObjectWithTag(PVOID Object, ULONG Tag);
VOID NTAPI ObDereferenceObjectDeferDelete(PVOID Object);
VOID NTAPI ObDereferenceObjectDeferDeleteWithTag(PVOID Object, ULONG Tag);

/* Event tracing */

NTSTATUS NTAPI EtwRegister(
    const GUID *ProviderId, PVOID EnableCallback, PVOID CallbackContext, ULONGLONG *RegHandle);
NTSTATUS NTAPI EtwUnregister(ULONGLONG RegHandle);
NTSTATUS NTAPI
EtwSetInformation(ULONGLONG RegHandle, ULONG InformationClass, PVOID Information, ULONG Length);
BOOLEAN NTAPI EtwEventEnabled(ULONGLONG RegHandle, const VOID *EventDescriptor);
BOOLEAN NTAPI EtwProviderEnabled(ULONGLONG RegHandle, UCHAR Level, ULONGLONG Keyword);
NTSTATUS NTAPI EtwWrite(
    ULONGLONG RegHandle,
    const VOID *EventDescriptor,
    const GUID *ActivityId,
    ULONG UserDataCount,
    PVOID UserData);
NTSTATUS NTAPI EtwWriteTransfer(
    ULONGLONG RegHandle,
    const VOID *EventDescriptor,
    const GUID *ActivityId,
    const GUID *RelatedActivityId,
    ULONG UserDataCount,
    PVOID UserData);
NTSTATUS NTAPI EtwWriteEx(
    ULONGLONG RegHandle,
    const VOID *EventDescriptor,
    ULONGLONG Filter,
    ULONG Flags,
    const GUID *ActivityId,
    const GUID *RelatedActivityId,
    ULONG UserDataCount,
    PVOID UserData);
NTSTATUS NTAPI EtwWriteString(
    ULONGLONG RegHandle, UCHAR Level, ULONGLONG Keyword, const GUID *ActivityId, PCWSTR String);
NTSTATUS NTAPI EtwActivityIdControl(ULONG ControlCode, GUID *ActivityId);
NTSTATUS WmiTraceMessage(
    ULONGLONG LoggerHandle, ULONG MessageFlags, const GUID *MessageGuid, USHORT MessageNumber, ...);
NTSTATUS NTAPI WmiTraceMessageVa(
    ULONGLONG LoggerHandle,
    ULONG MessageFlags,
    const GUID *MessageGuid,
    USHORT MessageNumber,
    va_list MessageArgList);
NTSTATUS NTAPI WmiQueryTraceInformation(
    ULONG TraceInformationClass,
    PVOID TraceInformation,
    ULONG TraceInformationLength,
    ULONG *RequiredLength,
    PVOID Buffer);

/* Addresses in requests (memory.c) */

VOID NTAPI ProbeForRead(const volatile VOID *Address, SIZE_T Length, ULONG Alignment);
VOID NTAPI ProbeForWrite(volatile VOID *Address, SIZE_T Length, ULONG Alignment);

/* Data: what drivers import is the address */

extern ULONG_PTR MmHighestUserAddress[1];
extern ULONG_PTR MmUserProbeAddress[1];
extern ULONG_PTR MmSystemRangeStart[1];
extern CCHAR KeNumberProcessors[1];
extern BOOLEAN KdDebuggerNotPresent[1];

#endif
