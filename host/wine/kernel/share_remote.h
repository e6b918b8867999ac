/* SPDX-License-Identifier: MIT */
/*
 * The code that runs in the client, on a thread of its own there: it puts the memory file's pages
 * in the place of the client's. Copied as bytes, so it is one self-contained function between two
 * marks, without data, calls or relocations.
 */
#ifndef ADIT_HOST_WINE_SHARE_REMOTE_H
#define ADIT_HOST_WINE_SHARE_REMOTE_H

#include <ntifs.h>
#include "../unix/unixlib.h"

typedef struct _SHARE_REMOTE_ARGUMENTS
{
    char Path[HOST_SHARE_PATH_SIZE]; /* the memory file */
    ULONG64 Id;                      /* HOST_SHARE_CONTROL.Id */
    LONG64 WaitTime[2]; /* one wait: seconds, nanoseconds; here, since code has no data */
    /* NtOpenThread, NtResumeThread and NtClose in the client; 0: unknown */
    ULONG64 OpenThread;
    ULONG64 ResumeThread;
    ULONG64 Close;
} SHARE_REMOTE_ARGUMENTS;

NT_ASSERT_OFFSET(SHARE_REMOTE_ARGUMENTS, OpenThread, 0x48, 0x48);

/*
 * Thread routine. Opens the memory file and maps its control area, says HostShareReady, waits for
 * HostShareGo, copies and maps the runs, says HostShareDone, waits for HostShareAbort. A host that
 * dies meanwhile says nothing: its memory file is no longer at Path then, and the threads that it
 * has stopped run again. Returns 0, or the Linux error that kept it from reaching the control area
 * (ESTALE: that of another exchange).
 */
ULONG NTAPI ShareRemoteMain(SHARE_REMOTE_ARGUMENTS *Arguments);

/* The first byte behind ShareRemoteMain. */
VOID NTAPI ShareRemoteEnd(VOID);

/* ShareRemoteMain for a 32-bit client (share_remote32.c); the arguments are the same there. */
extern const UCHAR ShareRemote32[];
extern const SIZE_T ShareRemote32Size;

#endif
