/* SPDX-License-Identifier: MIT */
/*
 * What of the executive NDIS offers under names of its own: spin locks, events, time.
 */
#include "internal.h"

/* ---- Spin locks ---- */

VOID NDISAPI NdisAllocateSpinLock(PNDIS_SPIN_LOCK SpinLock)
{
    KeInitializeSpinLock(&SpinLock->SpinLock);
}

VOID NDISAPI NdisFreeSpinLock(PNDIS_SPIN_LOCK SpinLock)
{
    UNREFERENCED_PARAMETER(SpinLock);
}

VOID NDISAPI NdisAcquireSpinLock(PNDIS_SPIN_LOCK SpinLock)
{
    NDISP_IRQL("NdisAcquireSpinLock", "nf-ndis-ndisacquirespinlock", DISPATCH_LEVEL);
    KIRQL OldIrql = KeAcquireSpinLockRaiseToDpc(&SpinLock->SpinLock);
    SpinLock->OldIrql = OldIrql;
}

VOID NDISAPI NdisReleaseSpinLock(PNDIS_SPIN_LOCK SpinLock)
{
    NDISP_IRQL("NdisReleaseSpinLock", "nf-ndis-ndisreleasespinlock", DISPATCH_LEVEL);
    KeReleaseSpinLock(&SpinLock->SpinLock, SpinLock->OldIrql);
}

VOID NDISAPI NdisDprAcquireSpinLock(PNDIS_SPIN_LOCK SpinLock)
{
    NDISP_IRQL("NdisDprAcquireSpinLock", "nf-ndis-ndisdpracquirespinlock", DISPATCH_LEVEL);
    KeAcquireSpinLockAtDpcLevel(&SpinLock->SpinLock);
}

VOID NDISAPI NdisDprReleaseSpinLock(PNDIS_SPIN_LOCK SpinLock)
{
    NDISP_IRQL("NdisDprReleaseSpinLock", "nf-ndis-ndisdprreleasespinlock", DISPATCH_LEVEL);
    KeReleaseSpinLockFromDpcLevel(&SpinLock->SpinLock);
}

/* ---- Events ---- */

VOID NDISAPI NdisInitializeEvent(PNDIS_EVENT Event)
{
    KeInitializeEvent(&Event->Event, NotificationEvent, FALSE);
}

VOID NDISAPI NdisSetEvent(PNDIS_EVENT Event)
{
    NDISP_IRQL("NdisSetEvent", "nf-ndis-ndissetevent", DISPATCH_LEVEL);
    KeSetEvent(&Event->Event, IO_NO_INCREMENT, FALSE);
}

VOID NDISAPI NdisResetEvent(PNDIS_EVENT Event)
{
    NDISP_IRQL("NdisResetEvent", "nf-ndis-ndisresetevent", DISPATCH_LEVEL);
    KeResetEvent(&Event->Event);
}

BOOLEAN NDISAPI NdisWaitEvent(PNDIS_EVENT Event, UINT MsToWait)
{
    NDISP_IRQL("NdisWaitEvent", "nf-ndis-ndiswaitevent", PASSIVE_LEVEL);
    LARGE_INTEGER Timeout = {.QuadPart = -(LONGLONG)MsToWait * 10000};
    return KeWaitForSingleObject(
               &Event->Event, Executive, KernelMode, FALSE, MsToWait != 0 ? &Timeout : NULL) ==
           STATUS_SUCCESS;
}

/* ---- Time ---- */

VOID NDISAPI NdisMSleep(ULONG MicrosecondsToSleep)
{
    NDISP_IRQL("NdisMSleep", "nf-ndis-ndismsleep", APC_LEVEL);
    LARGE_INTEGER Interval = {.QuadPart = -(LONGLONG)MicrosecondsToSleep * 10};
    KeDelayExecutionThread(KernelMode, FALSE, &Interval);
}

VOID NDISAPI NdisGetCurrentSystemTime(PLARGE_INTEGER SystemTime)
{
    KeQuerySystemTime(SystemTime);
}

VOID NDISAPI NdisGetSystemUpTimeEx(PLARGE_INTEGER SystemUpTime)
{
    LARGE_INTEGER Frequency;
    ULONG64 Counter = (ULONG64)KeQueryPerformanceCounter(&Frequency).QuadPart;
    ULONG64 PerSecond = (ULONG64)Frequency.QuadPart;
    /* Seconds apart, so that nothing overflows. */
    SystemUpTime->QuadPart =
        (LONGLONG)(Counter / PerSecond * 1000 + Counter % PerSecond * 1000 / PerSecond);
}
