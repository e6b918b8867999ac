/* SPDX-License-Identifier: MIT */
/* Broken rules: timers, work items and locks that are misused. */
#include "violations.h"

static UCHAR Memory[4096] __attribute__((aligned(16)));
static LARGE_INTEGER Never = {.QuadPart = -36000000000};

#define CASE(Name) static VOID Name(PVOID Context __attribute__((unused)))

/* ---- Timers ---- */

static VOID NDISAPI Expire(PVOID Specific1, PVOID Context, PVOID Specific2, PVOID Specific3)
{
    UNREFERENCED_PARAMETER(Specific1);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Specific2);
    UNREFERENCED_PARAMETER(Specific3);
}

static NDIS_HANDLE MakeTimer(VOID)
{
    NDIS_TIMER_CHARACTERISTICS Characteristics = {
        .Header = {NDIS_OBJECT_TYPE_TIMER_CHARACTERISTICS, 1, sizeof(Characteristics)},
        .AllocationTag = TOY_TAG,
        .TimerFunction = Expire,
    };
    NDIS_HANDLE Timer;
    NdisAllocateTimerObject(Toy.Adapter, &Characteristics, &Timer);
    return Timer;
}

CASE(ForeignTimer)
{
    NdisCancelTimerObject(Memory);
}

CASE(QueuedTimerFreed)
{
    NDIS_HANDLE Timer = MakeTimer();
    NdisSetTimerObject(Timer, Never, 0, NULL);
    NdisFreeTimerObject(Timer);
}

CASE(NegativePeriod)
{
    NdisSetCoalescableTimerObject(MakeTimer(), Never, 0x80000000, NULL, 0);
}

CASE(PeriodicTimerCancelledAtDispatch)
{
    NDIS_HANDLE Timer = MakeTimer();
    NdisSetTimerObject(Timer, Never, 1000, NULL);
    NativeRaiseIrql(DISPATCH_LEVEL);
    NdisCancelTimerObject(Timer);
}

/* ---- Work items ---- */

static VOID NDISAPI DoWork(PVOID Context, NDIS_HANDLE Handle)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Handle);
}

CASE(ForeignObjectHandle)
{
    NdisAllocateIoWorkItem(Memory);
}

CASE(NoObjectHandle)
{
    NdisAllocateIoWorkItem(NULL);
}

CASE(ForeignWorkItem)
{
    NdisQueueIoWorkItem(Memory, DoWork, NULL);
}

/* As it is before a thread takes it: queued is the second word of it. */
static NDIS_HANDLE QueuedItem(VOID)
{
    NDIS_HANDLE Item = NdisAllocateIoWorkItem(Toy.Adapter);
    ((volatile LONG *)Item)[1] = TRUE;
    return Item;
}

CASE(WorkItemQueuedTwice)
{
    NdisQueueIoWorkItem(QueuedItem(), DoWork, NULL);
}

CASE(QueuedWorkItemFreed)
{
    NdisFreeIoWorkItem(QueuedItem());
}

/* ---- Locks ---- */

CASE(ForeignLock)
{
    LOCK_STATE_EX State;
    NdisAcquireRWLockRead((PNDIS_RW_LOCK_EX)Memory, &State, 0);
}

CASE(LockFreedWhileRead)
{
    PNDIS_RW_LOCK_EX Lock = NdisAllocateRWLock(NULL);
    LOCK_STATE_EX State;
    NdisAcquireRWLockRead(Lock, &State, 0);
    NdisFreeRWLock(Lock);
}

CASE(LockReleasedTwice)
{
    PNDIS_RW_LOCK_EX Lock = NdisAllocateRWLock(NULL);
    LOCK_STATE_EX State;
    NdisAcquireRWLockRead(Lock, &State, 0);
    NdisReleaseRWLock(Lock, &State);
    NdisReleaseRWLock(Lock, &State);
}

CASE(OtherLockReleased)
{
    PNDIS_RW_LOCK_EX Lock = NdisAllocateRWLock(NULL), Other = NdisAllocateRWLock(NULL);
    LOCK_STATE_EX State;
    NdisAcquireRWLockRead(Lock, &State, 0);
    NdisReleaseRWLock(Other, &State);
}

CASE(OtherWriteLockReleased)
{
    PNDIS_RW_LOCK_EX Lock = NdisAllocateRWLock(NULL), Other = NdisAllocateRWLock(NULL);
    LOCK_STATE_EX State;
    NdisAcquireRWLockWrite(Lock, &State, 0);
    NdisReleaseRWLock(Other, &State);
}

CASE(NotAtDispatch)
{
    PNDIS_RW_LOCK_EX Lock = NdisAllocateRWLock(NULL);
    LOCK_STATE_EX State;
    NdisAcquireRWLockRead(Lock, &State, NDIS_RWL_AT_DISPATCH_LEVEL);
}

CASE(SpinLockNotHeld)
{
    NDIS_SPIN_LOCK Lock;
    NdisAllocateSpinLock(&Lock);
    NativeRaiseIrql(DISPATCH_LEVEL);
    NdisDprReleaseSpinLock(&Lock);
}

static const VIOLATION Cases[] = {
#define CASE_OF(Body, Function, Rule) {#Body, Body, TRUE, Function, Rule}
    CASE_OF(ForeignTimer, "NdisCancelTimerObject", "The timer object is one"),
    CASE_OF(QueuedTimerFreed, "NdisFreeTimerObject", "cancelled, or has fired"),
    CASE_OF(NegativePeriod, "NdisSetCoalescableTimerObject", "at most MAXLONG"),
    CASE_OF(PeriodicTimerCancelledAtDispatch, "NdisCancelTimerObject", "Irql"),
    CASE_OF(ForeignObjectHandle, "NdisAllocateIoWorkItem", "NdisObjectHandle is of"),
    CASE_OF(NoObjectHandle, "NdisAllocateIoWorkItem", "NdisObjectHandle is of"),
    CASE_OF(ForeignWorkItem, "NdisQueueIoWorkItem", "The work item is one"),
    CASE_OF(WorkItemQueuedTwice, "NdisQueueIoWorkItem", "not queued again"),
    CASE_OF(QueuedWorkItemFreed, "NdisFreeIoWorkItem", "not freed while it is queued"),
    CASE_OF(ForeignLock, "NdisAcquireRWLockRead", "The lock is one"),
    CASE_OF(LockFreedWhileRead, "NdisFreeRWLock", "released before it is freed"),
    CASE_OF(LockReleasedTwice, "NdisReleaseRWLock", "was not released"),
    CASE_OF(OtherLockReleased, "NdisReleaseRWLock", "an acquisition of its own"),
    CASE_OF(OtherWriteLockReleased, "NdisReleaseRWLock", "acquired for writing"),
    CASE_OF(NotAtDispatch, "KeAcquireSpinLockAtDpcLevel", "Irql"),
    CASE_OF(SpinLockNotHeld, "KeReleaseSpinLockFromDpcLevel", "LockOwner"),
};

int main(void)
{
    return ViolationsRun(Cases, ARRAYSIZE(Cases));
}
