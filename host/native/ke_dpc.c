/* SPDX-License-Identifier: MIT */
/*
 * Deferred procedure calls: one thread makes them, at DISPATCH_LEVEL, in the order in which they
 * were queued, as a machine with one processor does. It lives as long as the program.
 */
#include <stdio.h>
#include <stdlib.h>

#include "ke_dpc.h"

#define KI_DPC_TYPE 19 /* DpcObject */

/* Under KiDispatcherLock. */
static LIST_ENTRY KiDpcQueue = {&KiDpcQueue, &KiDpcQueue};
static pthread_cond_t KiDpcWake;
static pthread_once_t KiDpcOnce = PTHREAD_ONCE_INIT;

/* The lock is held. FALSE: the queue is empty. */
static BOOLEAN KiTakeDpc(PKDPC Call)
{
    if (IsListEmpty(&KiDpcQueue))
    {
        return FALSE;
    }
    PKDPC Dpc = CONTAINING_RECORD(RemoveHeadList(&KiDpcQueue), KDPC, DpcListEntry);
    KiTsanAcquire(Dpc);
    Dpc->DpcData = NULL;
    *Call = *Dpc;
    /* What the routine is given is the object itself, which it may free. */
    Call->DpcData = Dpc;
    return TRUE;
}

static void *KiDpcThread(void *Unused)
{
    UNREFERENCED_PARAMETER(Unused);
    PKTHREAD Thread = KI_CURRENT();
    KiLock(&KiDispatcherLock);
    for (;;)
    {
        KDPC Call;
        ULONGLONG Next = KiExpireTimers();
        if (KiTakeDpc(&Call))
        {
            KiUnlock(&KiDispatcherLock);
            Thread->Irql = DISPATCH_LEVEL;
            KI_CALLBACK(
                "CustomDpc", "ddi/wdm/nc-wdm-kdeferred_routine",
                Call.DeferredRoutine(
                    Call.DpcData, Call.DeferredContext, Call.SystemArgument1,
                    Call.SystemArgument2));
            Thread->Irql = PASSIVE_LEVEL;
            KiLock(&KiDispatcherLock);
            continue;
        }
        if (Next == KI_NEVER)
        {
            KiWaitCondition(&KiDpcWake);
            continue;
        }
        struct timespec Deadline = {
            .tv_sec = (time_t)(Next / 10000000), .tv_nsec = (long)(Next % 10000000 * 100)};
        pthread_cond_timedwait(&KiDpcWake, &KiDispatcherLock.Mutex, &Deadline);
    }
    return NULL;
}

static void KiStartDpcThread(void)
{
    pthread_t Thread;
    KiInitializeCondition(&KiDpcWake);
    if (pthread_create(&Thread, NULL, KiDpcThread, NULL) != 0)
    {
        fprintf(stderr, "no thread for deferred procedure calls\n");
        abort();
    }
    pthread_detach(Thread);
}

VOID KiNeedDpcThread(VOID)
{
    pthread_once(&KiDpcOnce, KiStartDpcThread);
}

VOID KiWakeDpcThread(VOID)
{
    pthread_cond_signal(&KiDpcWake);
}

BOOLEAN KiQueueDpc(PKDPC Dpc, PVOID SystemArgument1, PVOID SystemArgument2)
{
    if (Dpc->DpcData)
    {
        return FALSE;
    }
    KiTsanRelease(Dpc);
    Dpc->SystemArgument1 = SystemArgument1;
    Dpc->SystemArgument2 = SystemArgument2;
    Dpc->DpcData = &KiDpcQueue;
    InsertTailList(&KiDpcQueue, &Dpc->DpcListEntry);
    return TRUE;
}

VOID KiAssertDpc(PCSTR Function, PKDPC Dpc)
{
    RULE_IN(
        Function, Dpc->Type == KI_DPC_TYPE, "DpcObject", "kernel/dpc-objects-and-dpcs",
        "%p is not an initialized DPC object", (PVOID)Dpc);
}

VOID KeInitializeDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine, PVOID DeferredContext)
{
    *Dpc = (KDPC){.Type = KI_DPC_TYPE,
                  .DeferredRoutine = DeferredRoutine,
                  .DeferredContext = DeferredContext};
}

BOOLEAN KeInsertQueueDpc(PRKDPC Dpc, PVOID SystemArgument1, PVOID SystemArgument2)
{
    KiAssertDpc(__func__, Dpc);
    KiNeedDpcThread();
    KiLock(&KiDispatcherLock);
    BOOLEAN Queued = KiQueueDpc(Dpc, SystemArgument1, SystemArgument2);
    KiWakeDpcThread();
    KiUnlock(&KiDispatcherLock);
    return Queued;
}

BOOLEAN KeRemoveQueueDpc(PRKDPC Dpc)
{
    KiAssertDpc(__func__, Dpc);
    KiLock(&KiDispatcherLock);
    BOOLEAN Queued = Dpc->DpcData != NULL;
    if (Queued)
    {
        RemoveEntryList(&Dpc->DpcListEntry);
        Dpc->DpcData = NULL;
    }
    KiUnlock(&KiDispatcherLock);
    return Queued;
}

static VOID KiFlushed(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    KeSetEvent(Context, IO_NO_INCREMENT, FALSE);
}

/* Those before it in the queue have run when one more has. */
VOID KeFlushQueuedDpcs(VOID)
{
    KDPC Last;
    KEVENT Flushed;
    RULE_IRQL("wdm", PASSIVE_LEVEL);
    KeInitializeEvent(&Flushed, NotificationEvent, FALSE);
    KeInitializeDpc(&Last, KiFlushed, &Flushed);
    KeInsertQueueDpc(&Last, NULL, NULL);
    KeWaitForSingleObject(&Flushed, Executive, KernelMode, FALSE, NULL);
}

PVOID KiFindQueuedDpc(PVOID Memory, SIZE_T Size)
{
    for (PLIST_ENTRY Entry = KiDpcQueue.Flink; Entry != &KiDpcQueue; Entry = Entry->Flink)
    {
        PUCHAR Dpc = (PUCHAR)CONTAINING_RECORD(Entry, KDPC, DpcListEntry);
        if (Dpc >= (PUCHAR)Memory && Dpc < (PUCHAR)Memory + Size)
        {
            return Dpc;
        }
    }
    return NULL;
}
