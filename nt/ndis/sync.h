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

/* Before NDIS 6.20: locks in the driver's own memory, the same for the rest. */

typedef struct _NDIS_RW_LOCK
{
    union
    {
        struct
        {
            KSPIN_LOCK SpinLock;
            PVOID Context;
        };
        UCHAR Reserved[16];
    };
    ULONG RefCountEx[128];
} NDIS_RW_LOCK, *PNDIS_RW_LOCK;

NT_ASSERT_SIZE(NDIS_RW_LOCK, 0x210, 0x210);

typedef struct _LOCK_STATE
{
    USHORT LockState;
    KIRQL OldIrql;
} LOCK_STATE, *PLOCK_STATE;

NDISEXPORT VOID NDISAPI NdisInitializeReadWriteLock(_Out_ PNDIS_RW_LOCK Lock);
NDISEXPORT VOID NDISAPI
NdisAcquireReadWriteLock(_Inout_ PNDIS_RW_LOCK Lock, BOOLEAN fWrite, _Out_ PLOCK_STATE LockState);
NDISEXPORT VOID NDISAPI
NdisReleaseReadWriteLock(_Inout_ PNDIS_RW_LOCK Lock, _Inout_ PLOCK_STATE LockState);
/* At DISPATCH_LEVEL. */
NDISEXPORT VOID NDISAPI NdisDprAcquireReadWriteLock(
    _Inout_ PNDIS_RW_LOCK Lock, BOOLEAN fWrite, _Out_ PLOCK_STATE LockState);
NDISEXPORT VOID NDISAPI
NdisDprReleaseReadWriteLock(_Inout_ PNDIS_RW_LOCK Lock, _Inout_ PLOCK_STATE LockState);

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
/* Milliseconds. */
NDISEXPORT VOID NDISAPI NdisGetSystemUpTimeEx(_Out_ PLARGE_INTEGER SystemUpTime);
NDISEXPORT CCHAR NDISAPI NdisSystemProcessorCount(VOID);
NDISEXPORT ULONG NDISAPI NdisSystemActiveProcessorCount(_Out_opt_ KAFFINITY *ActiveProcessors);
NDISEXPORT ULONG NDISAPI NdisGroupMaxProcessorCount(USHORT Group);
NDISEXPORT ULONG NDISAPI NdisGroupActiveProcessorCount(USHORT Group);

NDISEXPORT KAFFINITY NDISAPI NdisGroupActiveProcessorMask(USHORT Group);
NDISEXPORT USHORT NDISAPI NdisActiveGroupCount(VOID);
NDISEXPORT USHORT NDISAPI NdisMaxGroupCount(VOID);
/* Both at DISPATCH_LEVEL, or the processor may be another one already. */
NDISEXPORT ULONG NDISAPI NdisCurrentProcessorIndex(VOID);
NDISEXPORT PROCESSOR_NUMBER NDISAPI NdisCurrentGroupAndProcessor(VOID);

/* Processors for receive side scaling (ns-ntddndis-_ndis_rss_processor_info) */

typedef struct _NDIS_RSS_PROCESSOR
{
    PROCESSOR_NUMBER ProcNum;
    USHORT PreferenceIndex;
    USHORT Reserved;
} NDIS_RSS_PROCESSOR, *PNDIS_RSS_PROCESSOR;

typedef enum _NDIS_RSS_PROFILE
{
    NdisRssProfileClosest = 1
} NDIS_RSS_PROFILE;

typedef struct _NDIS_RSS_PROCESSOR_INFO
{
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    PROCESSOR_NUMBER RssBaseProcessor;
    ULONG MaxNumRssProcessors;
    USHORT PreferredNumaNode;
    ULONG RssProcessorArrayOffset; /* bytes, of NDIS_RSS_PROCESSOR structures */
    ULONG RssProcessorCount;
    ULONG RssProcessorEntrySize;
    PROCESSOR_NUMBER RssMaxProcessor; /* NDIS 6.30: revision 2 */
    NDIS_RSS_PROFILE RssProfile;
} NDIS_RSS_PROCESSOR_INFO, *PNDIS_RSS_PROCESSOR_INFO;

NT_ASSERT_SIZE(NDIS_RSS_PROCESSOR, 8, 8);
NT_ASSERT_SIZE(NDIS_RSS_PROCESSOR_INFO, 0x28, 0x28);
NT_ASSERT_OFFSET(NDIS_RSS_PROCESSOR_INFO, RssProcessorArrayOffset, 0x14, 0x14);

#define NDIS_OBJECT_TYPE_RSS_PROCESSOR_INFO       0xB1
#define NDIS_RSS_PROCESSOR_INFO_REVISION_1        1
#define NDIS_RSS_PROCESSOR_INFO_REVISION_2        2
#define NDIS_SIZEOF_RSS_PROCESSOR_INFO_REVISION_1 0x20
#define NDIS_SIZEOF_RSS_PROCESSOR_INFO_REVISION_2 0x28

/* NDIS_STATUS_BUFFER_TOO_SHORT: *Size is how long the buffer has to be. IRQL <= DISPATCH_LEVEL. */
NDISEXPORT NDIS_STATUS NDISAPI NdisGetRssProcessorInformation(
    _In_ NDIS_HANDLE NdisHandle,
    _Out_writes_bytes_opt_(*Size) PNDIS_RSS_PROCESSOR_INFO RssProcessorInfo,
    _Inout_ PSIZE_T Size);

#endif
