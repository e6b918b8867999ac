/* SPDX-License-Identifier: MIT */
/*
 * Objects that clients name by handles, as ObReferenceObjectByHandle of this host references them.
 */
#ifndef ADIT_HOST_WINE_OBJECT_H
#define ADIT_HOST_WINE_OBJECT_H

#include <ntifs.h>

/*
 * A handle of this process to a client's object that a driver references, with all access if it is
 * an event; NULL: not such an object. Valid as long as the driver's reference. Any IRQL.
 */
HANDLE ObjectClientHandle(_In_ PVOID Object);

/* Handles of this process only; a client's are not told from them. */
NTSTATUS NTAPI ObCloseHandle(_In_ HANDLE Handle, KPROCESSOR_MODE PreviousMode);

#endif
