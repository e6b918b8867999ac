/* SPDX-License-Identifier: MIT */
/*
 * Process notification, by waiting for the processes in question; the end of a driver's thread.
 */
#define _NTSYSTEM_
#include <ntifs.h>

#include "event_set.h"
#include "ntdll.h"
#include "process.h"
#include "wine_kernel.h"

#define PROCESS_TAG          'rPdA'
#define PROCESS_MAX_ROUTINES 8

typedef struct _WATCHED_PROCESS
{
    struct _WATCHED_PROCESS *Next;
    HANDLE Id;
    HANDLE Handle;
    HANDLE Wait;
} WATCHED_PROCESS;

/*
 * Held through calls of routines, so that one which has been removed is not running. A routine may
 * wait for a lock under which its driver references a client's object: ProcessWatch does not take
 * it.
 */
static RTL_CRITICAL_SECTION ProcessCalls = RTL_CRITICAL_SECTION_INITIALIZER;
/* Guards the list; taken after ProcessCalls, never held through a call. */
static RTL_CRITICAL_SECTION ProcessGuard = RTL_CRITICAL_SECTION_INITIALIZER;
/* Changed with both held. */
static PCREATE_PROCESS_NOTIFY_ROUTINE ProcessRoutines[PROCESS_MAX_ROUTINES];
static WATCHED_PROCESS *ProcessList; /* guarded by ProcessGuard */

NTSTATUS NTAPI
PsSetCreateProcessNotifyRoutine(PCREATE_PROCESS_NOTIFY_ROUTINE NotifyRoutine, BOOLEAN Remove)
{
    NTSTATUS Status = STATUS_INVALID_PARAMETER;
    RtlEnterCriticalSection(&ProcessCalls);
    RtlEnterCriticalSection(&ProcessGuard);
    for (ULONG i = 0; i < PROCESS_MAX_ROUTINES && Status != STATUS_SUCCESS; i++)
    {
        if (ProcessRoutines[i] != (Remove ? NotifyRoutine : NULL))
            continue;
        ProcessRoutines[i] = Remove ? NULL : NotifyRoutine;
        Status = STATUS_SUCCESS;
    }
    RtlLeaveCriticalSection(&ProcessGuard);
    RtlLeaveCriticalSection(&ProcessCalls);
    return Status;
}

/* On a thread of ntdll's pool, once. */
static VOID NTAPI ProcessHasEnded(PVOID Context, BOOLEAN TimedOut)
{
    WATCHED_PROCESS *Process = Context, **Link = &ProcessList;
    UNREFERENCED_PARAMETER(TimedOut);
    RtlEnterCriticalSection(&ProcessGuard);
    while (*Link != Process)
        Link = &(*Link)->Next;
    *Link = Process->Next;
    RtlLeaveCriticalSection(&ProcessGuard);
    RtlEnterCriticalSection(&ProcessCalls);
    for (ULONG i = 0; i < PROCESS_MAX_ROUTINES; i++)
    {
        if (ProcessRoutines[i] != NULL)
            ProcessRoutines[i](NULL, Process->Id, FALSE);
    }
    RtlLeaveCriticalSection(&ProcessCalls);
    RtlDeregisterWait(Process->Wait);
    ZwClose(Process->Handle);
    ExFreePoolWithTag(Process, PROCESS_TAG);
}

static BOOLEAN ProcessIsWatched(HANDLE Id)
{
    for (WATCHED_PROCESS *Process = ProcessList; Process != NULL; Process = Process->Next)
    {
        if (Process->Id == Id)
            return TRUE;
    }
    return FALSE;
}

static BOOLEAN ProcessIsWanted(VOID)
{
    for (ULONG i = 0; i < PROCESS_MAX_ROUTINES; i++)
    {
        if (ProcessRoutines[i] != NULL)
            return TRUE;
    }
    return FALSE;
}

VOID ProcessWatch(HANDLE ProcessId)
{
    OBJECT_ATTRIBUTES Attributes;
    CLIENT_ID Client = {.UniqueProcess = ProcessId};
    WATCHED_PROCESS *Process = NULL;
    RtlEnterCriticalSection(&ProcessGuard);
    if (!ProcessIsWanted() || ProcessIsWatched(ProcessId))
        goto Leave;
    Process = ExAllocatePoolWithTag(NonPagedPool, sizeof(*Process), PROCESS_TAG);
    if (Process == NULL)
        goto Leave;
    *Process = (WATCHED_PROCESS){.Next = ProcessList, .Id = ProcessId};
    InitializeObjectAttributes(&Attributes, NULL, 0, NULL, NULL);
    if (!NT_SUCCESS(NtOpenProcess(&Process->Handle, SYNCHRONIZE, &Attributes, &Client)))
        goto Free;
    /* The callback takes ProcessGuard, so it sees Wait and the list as they are left here. */
    if (!NT_SUCCESS(RtlRegisterWait(
            &Process->Wait, Process->Handle, ProcessHasEnded, Process, MAXULONG,
            WT_EXECUTEONLYONCE)))
        goto Close;
    ProcessList = Process;
Leave:
    RtlLeaveCriticalSection(&ProcessGuard);
    return;
Close:
    ZwClose(Process->Handle);
Free:
    ExFreePoolWithTag(Process, PROCESS_TAG);
    RtlLeaveCriticalSection(&ProcessGuard);
}

NTSTATUS NTAPI PsTerminateSystemThread(NTSTATUS ExitStatus)
{
    EventSetEnd();
    return WinePsTerminateSystemThread(ExitStatus);
}
