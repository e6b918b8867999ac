/* SPDX-License-Identifier: MIT */
/*
 * Calls about another process that may never return.
 *
 * Wine does much of what is done to another process (allocating memory there, creating a thread)
 * by having a thread of that process do it, and waits for that without a limit. A process that is
 * stopped does not do it, and one that is killed in the middle of it leaves the caller waiting for
 * ever. Such calls are made on a thread that can be given up.
 */
#ifndef ADIT_HOST_WINE_REMOTE_H
#define ADIT_HOST_WINE_REMOTE_H

#include <ntifs.h>

/*
 * Makes system calls and nothing else: it may be ended in the middle of any of them. Memory,
 * locks and whatever else is not a system call are for the caller of RemoteRun.
 */
typedef NTSTATUS REMOTE_ROUTINE(_Inout_ PVOID Context);

/*
 * Runs the routine on a thread of its own and waits for it. Returns its status;
 * STATUS_IO_TIMEOUT: it was given up, after that many milliseconds or since the process has ended.
 * It has no access to Context any more then. PASSIVE_LEVEL.
 */
NTSTATUS RemoteRun(
    _In_ HANDLE Process, _In_ REMOTE_ROUTINE *Routine, _Inout_ PVOID Context, ULONG Milliseconds);

#endif
