/* SPDX-License-Identifier: MIT */
/*
 * Requests whose buffers the driver gets as addresses: METHOD_NEITHER, and reads and writes of a
 * device with neither buffered nor direct I/O.
 */
#ifndef ADIT_HOST_TEST_NEITHER_H
#define ADIT_HOST_TEST_NEITHER_H

#include <ntifs.h>

/* Their dispatch routine. What is wrong comes as the line in IoStatus.Information, else 0. */
NTSTATUS NTAPI HostTestNeither(PDEVICE_OBJECT DeviceObject, PIRP Irp);

/* Fills the buffer of the pended request with that byte by its list, and completes the request. */
NTSTATUS HostTestNeitherEnd(PDEVICE_OBJECT DeviceObject, ULONG Value);

/* What is at that offset of the buffer that is still locked, and its end. */
ULONG HostTestNeitherKept(ULONG Offset);
VOID HostTestNeitherUnlock(VOID);

#endif
