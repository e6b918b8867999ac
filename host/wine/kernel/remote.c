/* SPDX-License-Identifier: MIT */
/*
 * Calls about another process that may never return.
 */
#include "remote.h"
#include "ntdll.h"

/* A routine that has not returned so long after its process has ended never will. */
#define REMOTE_AFTER_END_MILLISECONDS 500

enum
{
    RemoteStarting, /* the thread is still Wine's: it must not be ended */
    RemoteRunning,
    RemoteReturned /* and again */
};

typedef struct _REMOTE_CALL
{
    REMOTE_ROUTINE *Routine;
    PVOID Context;
    NTSTATUS Status;
    volatile LONG Phase;
} REMOTE_CALL;

static ULONG NTAPI RemoteThread(PVOID Context)
{
    REMOTE_CALL *Call = Context;
    WriteRelease(&Call->Phase, RemoteRunning);
    Call->Status = Call->Routine(Call->Context);
    InterlockedExchange(&Call->Phase, RemoteReturned);
    return 0;
}

static BOOLEAN RemoteWait(HANDLE Object, ULONG Milliseconds)
{
    LARGE_INTEGER Timeout = {.QuadPart = -10000LL * Milliseconds};
    return NtWaitForSingleObject(Object, FALSE, &Timeout) == STATUS_WAIT_0;
}

/* Has the thread ended, in time and not too long after the process? */
static BOOLEAN RemoteWaitThread(HANDLE Thread, HANDLE Process, ULONG Milliseconds)
{
    HANDLE Handles[] = {Thread, Process};
    LARGE_INTEGER Timeout = {.QuadPart = -10000LL * Milliseconds};
    NTSTATUS Status =
        NtWaitForMultipleObjects(ARRAYSIZE(Handles), Handles, WaitAny, FALSE, &Timeout);
    if (Status == STATUS_WAIT_0)
        return TRUE;
    return Status == STATUS_WAIT_0 + 1 && RemoteWait(Thread, REMOTE_AFTER_END_MILLISECONDS);
}

static VOID RemoteSleep(ULONG Milliseconds)
{
    LARGE_INTEGER Interval = {.QuadPart = -10000LL * Milliseconds};
    KeDelayExecutionThread(KernelMode, FALSE, &Interval);
}

NTSTATUS
RemoteRun(HANDLE Process, REMOTE_ROUTINE *Routine, PVOID Context, ULONG Milliseconds)
{
    REMOTE_CALL Call = {.Routine = Routine, .Context = Context, .Status = STATUS_IO_TIMEOUT};
    HANDLE Thread;
    NTSTATUS Status = NtCreateThreadEx(
        &Thread, THREAD_ALL_ACCESS, NULL, NtCurrentProcess(), (PVOID)RemoteThread, &Call, 0, 0, 0,
        0, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    if (!RemoteWaitThread(Thread, Process, Milliseconds))
    {
        /* Only in the routine it holds nothing that others need. */
        while (ReadAcquire(&Call.Phase) == RemoteStarting && !RemoteWait(Thread, 10))
        {
        }
        if (ReadAcquire(&Call.Phase) == RemoteRunning)
            NtTerminateThread(Thread, STATUS_IO_TIMEOUT);
        RemoteWait(Thread, MAXLONG);
        /* Wine calls a thread ended before Linux has ended it: let the signal arrive. */
        RemoteSleep(20);
    }
    ZwClose(Thread);
    return Call.Status;
}
