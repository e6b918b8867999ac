/* SPDX-License-Identifier: MIT */
/*
 * Timers of Windows 8.1 and later, over those of timer.c, and timers of devices.
 */
#define _NTSYSTEM_
#include <ntifs.h>

#include "executive.h"

#define EX_TIMER_TAG          'tEdA'
#define EX_TIMER_NOTIFICATION 0x80000000u
#define EX_TIMER_MILLISECOND  10000 /* in 100 ns */

struct _EX_TIMER
{
    KTIMER Timer; /* first: drivers wait for an EX_TIMER */
    KDPC Call;
    KDPC Last; /* after the last call */
    EXT_CALLBACK *Callback;
    PVOID CallbackContext;
    EXT_DELETE_CALLBACK *DeleteCallback;
    PVOID DeleteContext;
};

static VOID NTAPI
ExTimerCall(PKDPC Dpc, PVOID DeferredContext, PVOID SystemArgument1, PVOID SystemArgument2)
{
    EX_TIMER *Timer = DeferredContext;
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(SystemArgument1);
    UNREFERENCED_PARAMETER(SystemArgument2);
    Timer->Callback(Timer, Timer->CallbackContext);
}

static VOID NTAPI
ExTimerLast(PKDPC Dpc, PVOID DeferredContext, PVOID SystemArgument1, PVOID SystemArgument2)
{
    EX_TIMER *Timer = DeferredContext;
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(SystemArgument1);
    UNREFERENCED_PARAMETER(SystemArgument2);
    if (Timer->DeleteCallback != NULL)
        Timer->DeleteCallback(Timer->DeleteContext);
    ExFreePoolWithTag(Timer, EX_TIMER_TAG);
}

EX_TIMER *NTAPI ExAllocateTimer(EXT_CALLBACK *Callback, PVOID CallbackContext, ULONG Attributes)
{
    EX_TIMER *Timer = ExAllocatePoolWithTag(NonPagedPool, sizeof(*Timer), EX_TIMER_TAG);
    if (Timer == NULL)
        return NULL;
    RtlZeroMemory(Timer, sizeof(*Timer));
    KeInitializeTimerEx(
        &Timer->Timer,
        (Attributes & EX_TIMER_NOTIFICATION) != 0 ? NotificationTimer : SynchronizationTimer);
    KeInitializeDpc(&Timer->Call, ExTimerCall, Timer);
    KeInitializeDpc(&Timer->Last, ExTimerLast, Timer);
    Timer->Callback = Callback;
    Timer->CallbackContext = CallbackContext;
    return Timer;
}

/* Periods are milliseconds here. */
BOOLEAN NTAPI ExSetTimer(EX_TIMER *Timer, LONGLONG DueTime, LONGLONG Period, PVOID Parameters)
{
    LARGE_INTEGER Due = {.QuadPart = DueTime};
    UNREFERENCED_PARAMETER(Parameters);
    return KeSetTimerEx(
        &Timer->Timer, Due,
        (LONG)((ULONG64)(Period + EX_TIMER_MILLISECOND - 1) / EX_TIMER_MILLISECOND),
        Timer->Callback != NULL ? &Timer->Call : NULL);
}

BOOLEAN NTAPI ExCancelTimer(EX_TIMER *Timer, PVOID Parameters)
{
    UNREFERENCED_PARAMETER(Parameters);
    return KeCancelTimer(&Timer->Timer);
}

/* Calls are made one after the other: behind ExTimerLast, none is left that uses the timer. */
BOOLEAN NTAPI
ExDeleteTimer(EX_TIMER *Timer, BOOLEAN Cancel, BOOLEAN Wait, EXT_DELETE_PARAMETERS *Parameters)
{
    BOOLEAN Canceled = KeCancelTimer(&Timer->Timer);
    UNREFERENCED_PARAMETER(Cancel);
    if (Parameters != NULL)
    {
        Timer->DeleteCallback = Parameters->DeleteCallback;
        Timer->DeleteContext = Parameters->DeleteContext;
    }
    KeInsertQueueDpc(&Timer->Last, NULL, NULL);
    if (Wait)
        KeFlushQueuedDpcs();
    return Canceled;
}
