/* SPDX-License-Identifier: MIT */
/*
 * Lists that are mapped into the client, whose request this is.
 */
#ifndef ADIT_HOST_TEST_MAP_H
#define ADIT_HOST_TEST_MAP_H

#include <ntifs.h>

/* The status that it raises, or success with the address. */
DECLSPEC_NOINLINE NTSTATUS HostTestMap(PMDL Mdl, PVOID Wanted, ULONG Priority, PVOID *Address);

/* New pages and their address here; NULL: none. */
PMDL HostTestNewPages(SIZE_T Length, PUCHAR *Memory);
VOID HostTestFreePages(PMDL Mdl);

/* What mapping a list of pool raises. */
NTSTATUS HostTestMapPool(VOID);

#endif
