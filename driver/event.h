/* SPDX-License-Identifier: MIT */
/*
 * What an administrator must know, as entries of the system event log; messages.mc has the texts.
 * An entry that cannot be written is lost. None is written more than once for an adapter's start or
 * a session.
 *
 * They are the I/O manager's error log entries, which any driver may write, with message codes and
 * strings of its own (IoAllocateErrorLogEntry, Remarks; "Writing to the System Event Log").
 * NdisWriteErrorLogEntry knows NDIS' own codes only and takes no strings, and
 * NdisWriteEventLogEntry is for protocol drivers (their pages).
 */
#ifndef ADIT_DRIVER_EVENT_H
#define ADIT_DRIVER_EVENT_H

#include <ntifs.h>
#include <ndis.h>

/* First thing in DriverEntry. */
VOID EventInitialize(_In_ PDRIVER_OBJECT DriverObject);

_IRQL_requires_max_(PASSIVE_LEVEL) VOID EventWriteDriverNotStarted(NTSTATUS Status);
_IRQL_requires_max_(PASSIVE_LEVEL) VOID
EventWriteAdapterNotInitialized(NET_LUID NetLuid, NDIS_STATUS Status);
_IRQL_requires_max_(PASSIVE_LEVEL) VOID
EventWriteAdapterWithoutLink(NET_LUID NetLuid, NTSTATUS Status);

/* Default is used in place of Value. */
_IRQL_requires_max_(PASSIVE_LEVEL) VOID EventWriteParameterOutOfRange(
    NET_LUID NetLuid, _In_z_ PCWSTR Name, ULONG Value, ULONG Minimum, ULONG Maximum, ULONG Default);

/* Offset: of the first packet that was not taken. Capacity: bytes. */
_IRQL_requires_max_(PASSIVE_LEVEL) VOID
EventWriteReceiveRingCorrupt(NET_LUID NetLuid, HANDLE ProcessId, ULONG Offset, ULONG Capacity);
_IRQL_requires_max_(PASSIVE_LEVEL) VOID
EventWriteSendRingCorrupt(NET_LUID NetLuid, HANDLE ProcessId, ULONG Capacity);

#endif
