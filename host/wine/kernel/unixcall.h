/* SPDX-License-Identifier: MIT */
/*
 * The way from ndis.sys to its Linux half, aditlink.so.
 */
#ifndef ADIT_HOST_WINE_UNIXCALL_H
#define ADIT_HOST_WINE_UNIXCALL_H

#include <ntifs.h>
#include "../unix/unixlib.h"

/* Finds the Linux half, once. STATUS_DLL_NOT_FOUND and others: not there, said in the log. */
NTSTATUS UnixCallInitialize(VOID);

/* Calls it. UnixCallInitialize has succeeded. Any IRQL; may block if the call does. */
VOID UnixCall(ULONG Code, _Inout_ PVOID Arguments);

#endif
