/* SPDX-License-Identifier: MIT */
/*
 * Pages that a client process and this process have in common.
 */
#ifndef ADIT_HOST_WINE_SHARE_H
#define ADIT_HOST_WINE_SHARE_H

#include <ntifs.h>

/* A view of a client's pages in this process. */
typedef struct _SHARE_VIEW
{
    ULONG64 View;  /* HostUnixViewUnmap's name for it */
    PVOID Address; /* of the first page */
} SHARE_VIEW;

/*
 * Makes Bytes bytes at Base (both multiples of the page size) of the process with that id common to
 * it and to this process; what either writes, the other sees. The pages keep their contents and
 * what the client may do with them, freeing included. Those that the client may only read are
 * shared only if Write is FALSE, and this process may only read them too. The view stays valid,
 * with or without the client, until ShareUnmap.
 *
 * The client's threads are stopped for the milliseconds that the exchange takes. Not noticed is
 * what changes the pages in that time without being a thread of the client: Linux I/O in flight.
 *
 * PASSIVE_LEVEL; waits for the client, at most about ten seconds. STATUS_ACCESS_VIOLATION: part of
 * the range is not committed, or not accessible so. STATUS_GUARD_PAGE_VIOLATION: the first such
 * page is a guard page; it no longer is. STATUS_NOT_SUPPORTED: a view of something that this
 * process cannot open; said in the log. STATUS_INVALID_CID: no such process. STATUS_IO_TIMEOUT: the
 * client did not answer, as when its loader lock is held.
 */
NTSTATUS
ShareMap(HANDLE ProcessId, PVOID Base, SIZE_T Bytes, BOOLEAN Write, _Out_ SHARE_VIEW *View);

/* New pages of this process, zeroed, which ShareMapInto can map too. ShareUnmap ends them. */
NTSTATUS ShareCreate(SIZE_T Bytes, _Out_ SHARE_VIEW *View);

/* Where a client has pages of this process. */
typedef struct _SHARE_PLACE
{
    HANDLE Process;
    PVOID Base;
} SHARE_PLACE;

/*
 * Maps Bytes bytes of a view, from Offset on, into the process of that id: at Base, or where there
 * is room if that is NULL. What either writes, the other sees; the client writes only if Write is
 * TRUE. The mapping is an allocation of the client, like one by VirtualAlloc, and lives until
 * ShareUnmapFrom, which has to be called, or the client ends.
 *
 * PASSIVE_LEVEL; waits for the client, at most about ten seconds. STATUS_CONFLICTING_ADDRESSES: no
 * room at Base.
 */
NTSTATUS ShareMapInto(
    HANDLE ProcessId,
    const SHARE_VIEW *View,
    SIZE_T Offset,
    SIZE_T Bytes,
    PVOID Base,
    BOOLEAN Write,
    _Out_ SHARE_PLACE *Place);
VOID ShareUnmapFrom(_Inout_ SHARE_PLACE *Place);

/* Ends the view. The client keeps its pages. Any IRQL that a Linux call may be made at. */
VOID ShareUnmap(_In_ const SHARE_VIEW *View);

#endif
