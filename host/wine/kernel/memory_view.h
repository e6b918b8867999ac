/* SPDX-License-Identifier: MIT */
/*
 * The pages behind memory descriptor lists that clients have in common with this process, and where
 * else clients have them mapped.
 */
#ifndef ADIT_HOST_WINE_MEMORY_VIEW_H
#define ADIT_HOST_WINE_MEMORY_VIEW_H

#include "share.h"

/* Takes over the view, whose first page is the list's first, until MemoryViewDrop. */
NTSTATUS MemoryViewKeep(PMDL Mdl, const SHARE_VIEW *View, SIZE_T Bytes);

/* Ends the view of a list, if it has one. Mappings in clients stay, and are theirs. */
VOID MemoryViewDrop(PMDL Mdl);

/*
 * Maps the list's pages, which are at First in this process, into the current process. Returns the
 * address of its first page there. STATUS_NOT_SUPPORTED: the pages are of no view, as pool is.
 */
NTSTATUS MemoryViewMapUser(
    PMDL Mdl, PVOID First, SIZE_T Bytes, PVOID Requested, BOOLEAN Write, _Out_ PVOID *Base);

/* Ends the mapping of the list at that page of a client. FALSE: there is none. */
BOOLEAN MemoryViewUnmapUser(PMDL Mdl, PVOID Base);

#endif
