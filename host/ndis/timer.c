/* SPDX-License-Identifier: MIT */
/*
 * Timers: a kernel timer and its deferred procedure call.
 */
#include "internal.h"

#define NDISP_TIMER_SIGNATURE NDISP_FOURCC('N', 'd', 'T', 'm')

typedef struct _NDIS_TIMER
{
    ULONG Signature;
    ULONG Tag;
    PNDIS_TIMER_FUNCTION Function;
    PVOID DefaultContext;
    PVOID volatile Context; /* of the call that set it last */
    volatile LONG Periodic;
    KTIMER Timer;
    KDPC Dpc;
} NDIS_TIMER, *PNDIS_TIMER;

static PNDIS_TIMER TimerFromHandle(NDIS_HANDLE Handle, PCSTR Function)
{
    PNDIS_TIMER Timer = Handle;
    if (Timer == NULL || Timer->Signature != NDISP_TIMER_SIGNATURE)
    {
        NdisHostViolation(
            "The timer object is one that NdisAllocateTimerObject returned and that is not freed.",
            Function, "nf-ndis-ndisallocatetimerobject");
    }
    return Timer;
}

/* The function may free the timer. */
static VOID NTAPI
TimerExpired(PKDPC Dpc, PVOID DeferredContext, PVOID SystemArgument1, PVOID SystemArgument2)
{
    PNDIS_TIMER Timer = DeferredContext;
    PVOID Context = ReadPointerAcquire(&Timer->Context);
    NDISP_CALLBACK(
        "NetTimerCallback", "nc-ndis-ndis_timer_function", DISPATCH_LEVEL,
        Timer->Function(Dpc, Context, SystemArgument1, SystemArgument2));
}

NDIS_STATUS NDISAPI NdisAllocateTimerObject(
    NDIS_HANDLE NdisHandle, PNDIS_TIMER_CHARACTERISTICS Characteristics, PNDIS_HANDLE TimerObject)
{
    NDISP_IRQL("NdisAllocateTimerObject", "nf-ndis-ndisallocatetimerobject", DISPATCH_LEVEL);
    PNDIS_TIMER Timer;
    UNREFERENCED_PARAMETER(NdisHandle);
    *TimerObject = NULL;
    if (Characteristics->Header.Type != NDIS_OBJECT_TYPE_TIMER_CHARACTERISTICS ||
        Characteristics->Header.Revision < NDIS_TIMER_CHARACTERISTICS_REVISION_1 ||
        Characteristics->Header.Size < NDIS_SIZEOF_TIMER_CHARACTERISTICS_REVISION_1 ||
        Characteristics->TimerFunction == NULL)
    {
        return NDIS_STATUS_BAD_CHARACTERISTICS;
    }
    Timer = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Timer), Characteristics->AllocationTag);
    if (Timer == NULL)
    {
        return NDIS_STATUS_RESOURCES;
    }
    RtlZeroMemory(Timer, sizeof(*Timer));
    Timer->Signature = NDISP_TIMER_SIGNATURE;
    Timer->Tag = Characteristics->AllocationTag;
    Timer->Function = Characteristics->TimerFunction;
    Timer->DefaultContext = Characteristics->FunctionContext;
    KeInitializeTimer(&Timer->Timer);
    KeInitializeDpc(&Timer->Dpc, TimerExpired, Timer);
    *TimerObject = Timer;
    return NDIS_STATUS_SUCCESS;
}

static BOOLEAN
TimerSet(NDIS_HANDLE Handle, LARGE_INTEGER DueTime, LONG Period, PVOID Context, PCSTR Function)
{
    PNDIS_TIMER Timer = TimerFromHandle(Handle, Function);
    if (Period < 0)
    {
        NdisHostViolation(
            "MillisecondsPeriod is at most MAXLONG.", Function, "nf-ndis-ndissettimerobject");
    }
    WritePointerRelease(&Timer->Context, Context != NULL ? Context : Timer->DefaultContext);
    WriteRelease(&Timer->Periodic, Period != 0);
    return KeSetTimerEx(&Timer->Timer, DueTime, Period, &Timer->Dpc);
}

BOOLEAN NDISAPI NdisSetTimerObject(
    NDIS_HANDLE TimerObject, LARGE_INTEGER DueTime, LONG MillisecondsPeriod, PVOID FunctionContext)
{
    NDISP_IRQL("NdisSetTimerObject", "nf-ndis-ndissettimerobject", DISPATCH_LEVEL);
    return TimerSet(
        TimerObject, DueTime, MillisecondsPeriod, FunctionContext, "NdisSetTimerObject");
}

/* No timers are put together: a due time is within any tolerance of itself. */
BOOLEAN NDISAPI NdisSetCoalescableTimerObject(
    NDIS_HANDLE TimerObject,
    LARGE_INTEGER DueTime,
    ULONG MillisecondsPeriod,
    PVOID FunctionContext,
    ULONG Tolerance)
{
    NDISP_IRQL(
        "NdisSetCoalescableTimerObject", "nf-ndis-ndissetcoalescabletimerobject", DISPATCH_LEVEL);
    UNREFERENCED_PARAMETER(Tolerance);
    return TimerSet(
        TimerObject, DueTime, (LONG)MillisecondsPeriod, FunctionContext,
        "NdisSetCoalescableTimerObject");
}

BOOLEAN NDISAPI NdisCancelTimerObject(NDIS_HANDLE TimerObject)
{
    NDISP_IRQL("NdisCancelTimerObject", "nf-ndis-ndiscanceltimerobject", DISPATCH_LEVEL);
    PNDIS_TIMER Timer = TimerFromHandle(TimerObject, "NdisCancelTimerObject");
    BOOLEAN Queued;
    if (ReadAcquire(&Timer->Periodic) == 0)
    {
        return KeCancelTimer(&Timer->Timer);
    }
    NDISP_IRQL("NdisCancelTimerObject", "nf-ndis-ndiscanceltimerobject", PASSIVE_LEVEL);
    Queued = KeCancelTimer(&Timer->Timer);
    KeFlushQueuedDpcs();
    return Queued;
}

VOID NDISAPI NdisFreeTimerObject(NDIS_HANDLE TimerObject)
{
    NDISP_IRQL("NdisFreeTimerObject", "nf-ndis-ndisfreetimerobject", DISPATCH_LEVEL);
    PNDIS_TIMER Timer = TimerFromHandle(TimerObject, "NdisFreeTimerObject");
    if (KeCancelTimer(&Timer->Timer) || KeRemoveQueueDpc(&Timer->Dpc))
    {
        NdisHostViolation(
            "A timer object is cancelled, or has fired, before it is freed.", "NdisFreeTimerObject",
            "nf-ndis-ndiscanceltimerobject");
    }
    Timer->Signature = NDISP_FREED_SIGNATURE;
    ExFreePoolWithTag(Timer, Timer->Tag);
}
