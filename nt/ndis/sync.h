/* SPDX-License-Identifier: MIT */
/*
 * What NDIS offers to drivers beside their data: timers, work items, locks, events, processors.
 */
#ifndef ADIT_NT_NDIS_SYNC_H
#define ADIT_NT_NDIS_SYNC_H

/* Timers */

/* At DISPATCH_LEVEL. */
typedef VOID NDISAPI NDIS_TIMER_FUNCTION(
    PVOID SystemSpecific1, PVOID FunctionContext, PVOID SystemSpecific2, PVOID SystemSpecific3);
typedef NDIS_TIMER_FUNCTION *PNDIS_TIMER_FUNCTION;

typedef struct _NDIS_TIMER_CHARACTERISTICS
{
    NDIS_OBJECT_HEADER Header;
    ULONG AllocationTag;
    PNDIS_TIMER_FUNCTION TimerFunction;
    PVOID FunctionContext;
} NDIS_TIMER_CHARACTERISTICS, *PNDIS_TIMER_CHARACTERISTICS;

NT_ASSERT_SIZE(NDIS_TIMER_CHARACTERISTICS, 0x18, 0x10);

#define NDIS_OBJECT_TYPE_TIMER_CHARACTERISTICS       0x97
#define NDIS_TIMER_CHARACTERISTICS_REVISION_1        1
#define NDIS_SIZEOF_TIMER_CHARACTERISTICS_REVISION_1 sizeof(NDIS_TIMER_CHARACTERISTICS)

NDISEXPORT NDIS_STATUS NDISAPI NdisAllocateTimerObject(
    _In_ NDIS_HANDLE NdisHandle,
    _In_ PNDIS_TIMER_CHARACTERISTICS TimerCharacteristics,
    _Out_ PNDIS_HANDLE TimerObject);
/* DueTime: 100 ns, negative from now on. A FunctionContext of NULL stands for that of the
 * characteristics. */
NDISEXPORT BOOLEAN NDISAPI NdisSetTimerObject(
    _In_ NDIS_HANDLE TimerObject,
    LARGE_INTEGER DueTime,
    LONG MillisecondsPeriod,
    _In_opt_ PVOID FunctionContext);
NDISEXPORT BOOLEAN NDISAPI NdisSetCoalescableTimerObject(
    _In_ NDIS_HANDLE TimerObject,
    LARGE_INTEGER DueTime,
    ULONG MillisecondsPeriod,
    _In_opt_ PVOID FunctionContext,
    ULONG Tolerance);
/* A periodic timer: at PASSIVE_LEVEL, and its function is not running on return. */
NDISEXPORT BOOLEAN NDISAPI NdisCancelTimerObject(_In_ NDIS_HANDLE TimerObject);
NDISEXPORT VOID NDISAPI NdisFreeTimerObject(_In_ NDIS_HANDLE TimerObject);

/* Work items */

/* At PASSIVE_LEVEL. */
typedef VOID NDISAPI
NDIS_IO_WORKITEM_FUNCTION(PVOID WorkItemContext, NDIS_HANDLE NdisIoWorkItemHandle);
typedef NDIS_IO_WORKITEM_FUNCTION *NDIS_IO_WORKITEM_ROUTINE;

/* NdisObjectHandle: of a miniport adapter, a miniport driver or NdisRegisterDeviceEx. */
NDISEXPORT NDIS_HANDLE NDISAPI NdisAllocateIoWorkItem(_In_ NDIS_HANDLE NdisObjectHandle);
NDISEXPORT VOID NDISAPI NdisQueueIoWorkItem(
    _In_ NDIS_HANDLE NdisIoWorkItemHandle,
    _In_ NDIS_IO_WORKITEM_ROUTINE Routine,
    _In_opt_ PVOID WorkItemContext);
NDISEXPORT VOID NDISAPI NdisFreeIoWorkItem(_In_ NDIS_HANDLE NdisIoWorkItemHandle);

/* Reader-writer locks */

typedef struct _NDIS_RW_LOCK_EX NDIS_RW_LOCK_EX, *PNDIS_RW_LOCK_EX;

typedef struct _LOCK_STATE_EX
{
    KIRQL OldIrql;
    UCHAR LockState;
    UCHAR Flags;
} LOCK_STATE_EX, *PLOCK_STATE_EX;

#define NDIS_RWL_AT_DISPATCH_LEVEL 0x01

NDISEXPORT PNDIS_RW_LOCK_EX NDISAPI NdisAllocateRWLock(_In_opt_ NDIS_HANDLE NdisHandle);
NDISEXPORT VOID NDISAPI NdisFreeRWLock(_In_ PNDIS_RW_LOCK_EX Lock);
NDISEXPORT VOID NDISAPI
NdisAcquireRWLockRead(_In_ PNDIS_RW_LOCK_EX Lock, _Out_ PLOCK_STATE_EX LockState, ULONG Flags);
NDISEXPORT VOID NDISAPI
NdisAcquireRWLockWrite(_In_ PNDIS_RW_LOCK_EX Lock, _Out_ PLOCK_STATE_EX LockState, ULONG Flags);
NDISEXPORT VOID NDISAPI
NdisReleaseRWLock(_In_ PNDIS_RW_LOCK_EX Lock, _In_ PLOCK_STATE_EX LockState);

/* Spin locks */

typedef struct _NDIS_SPIN_LOCK
{
    KSPIN_LOCK SpinLock;
    KIRQL OldIrql;
} NDIS_SPIN_LOCK, *PNDIS_SPIN_LOCK;

NDISEXPORT VOID NDISAPI NdisAllocateSpinLock(_Out_ PNDIS_SPIN_LOCK SpinLock);
NDISEXPORT VOID NDISAPI NdisFreeSpinLock(_In_ PNDIS_SPIN_LOCK SpinLock);
NDISEXPORT VOID NDISAPI NdisAcquireSpinLock(_Inout_ PNDIS_SPIN_LOCK SpinLock);
NDISEXPORT VOID NDISAPI NdisReleaseSpinLock(_Inout_ PNDIS_SPIN_LOCK SpinLock);
NDISEXPORT VOID NDISAPI NdisDprAcquireSpinLock(_Inout_ PNDIS_SPIN_LOCK SpinLock);
NDISEXPORT VOID NDISAPI NdisDprReleaseSpinLock(_Inout_ PNDIS_SPIN_LOCK SpinLock);

/* Events */

typedef struct _NDIS_EVENT
{
    KEVENT Event;
} NDIS_EVENT, *PNDIS_EVENT;

NDISEXPORT VOID NDISAPI NdisInitializeEvent(_Out_ PNDIS_EVENT Event);
NDISEXPORT VOID NDISAPI NdisSetEvent(_Inout_ PNDIS_EVENT Event);
NDISEXPORT VOID NDISAPI NdisResetEvent(_Inout_ PNDIS_EVENT Event);
/* MsToWait 0: for ever. TRUE: it is signalled. */
NDISEXPORT BOOLEAN NDISAPI NdisWaitEvent(_In_ PNDIS_EVENT Event, UINT MsToWait);

/* Time and processors */

#define ALL_PROCESSOR_GROUPS 0xFFFF

NDISEXPORT VOID NDISAPI NdisMSleep(ULONG MicrosecondsToSleep);
NDISEXPORT VOID NDISAPI NdisGetCurrentSystemTime(_Out_ PLARGE_INTEGER SystemTime);
NDISEXPORT CCHAR NDISAPI NdisSystemProcessorCount(VOID);
NDISEXPORT ULONG NDISAPI NdisSystemActiveProcessorCount(_Out_opt_ KAFFINITY *ActiveProcessors);
NDISEXPORT ULONG NDISAPI NdisGroupMaxProcessorCount(USHORT Group);
NDISEXPORT ULONG NDISAPI NdisGroupActiveProcessorCount(USHORT Group);

#endif
