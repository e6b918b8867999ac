/* SPDX-License-Identifier: MIT */
/*
 * The event log: entries that drivers write, put together for the host.
 */
#include "internal.h"

static NDIS_HOST_EVENT_LOG *EventLogOfHost;

VOID NdisHostSetEventLog(NDIS_HOST_EVENT_LOG *EventLog)
{
    EventLogOfHost = EventLog;
}

/* Bytes of a string with its terminator; more than MAX_EVENT_LOG_DATA_SIZE if it is too long. */
static ULONG EventLogStringSize(PCWSTR String)
{
    ULONG Length = 0;
    while (Length * sizeof(WCHAR) < MAX_EVENT_LOG_DATA_SIZE && String[Length] != 0)
    {
        Length++;
    }
    return (Length + 1) * (ULONG)sizeof(WCHAR);
}

static VOID EventLogCheckArguments(
    PVOID LogHandle, USHORT NumStrings, PVOID StringsList, ULONG DataSize, PVOID Data)
{
    if (LogHandle == NULL)
    {
        NdisHostViolation(
            "LogHandle points to a driver object.", "NdisWriteEventLogEntry",
            "nf-ndis-ndiswriteeventlogentry");
    }
    if ((StringsList == NULL && NumStrings != 0) || (Data == NULL && DataSize != 0))
    {
        NdisHostViolation(
            "NumStrings is zero without StringsList, DataSize without Data.",
            "NdisWriteEventLogEntry", "nf-ndis-ndiswriteeventlogentry");
    }
}

/* Bytes of strings and padded data; more than MAX_EVENT_LOG_DATA_SIZE if they are too long. */
static ULONG EventLogDataSize(const PCWSTR *Strings, USHORT NumStrings, ULONG DataSize)
{
    ULONG Size = DataSize;
    if (DataSize <= MAX_EVENT_LOG_DATA_SIZE)
    {
        Size = (DataSize + sizeof(ULONG) - 1) & ~(ULONG)(sizeof(ULONG) - 1);
    }
    for (USHORT i = 0; i < NumStrings && Size <= MAX_EVENT_LOG_DATA_SIZE; i++)
    {
        Size += EventLogStringSize(Strings[i]);
    }
    return Size;
}

NDIS_STATUS NDISAPI NdisWriteEventLogEntry(
    PVOID LogHandle,
    NDIS_STATUS EventCode,
    ULONG UniqueEventValue,
    USHORT NumStrings,
    PVOID StringsList,
    ULONG DataSize,
    PVOID Data)
{
    NDISP_IRQL("NdisWriteEventLogEntry", "nf-ndis-ndiswriteeventlogentry", DISPATCH_LEVEL);
    const PCWSTR *Strings = StringsList;
    PIO_ERROR_LOG_PACKET Entry;
    PUCHAR Next;
    ULONG Size;

    EventLogCheckArguments(LogHandle, NumStrings, StringsList, DataSize, Data);
    Size = EventLogDataSize(Strings, NumStrings, DataSize);
    if (Size > MAX_EVENT_LOG_DATA_SIZE)
    {
        return NDIS_STATUS_BUFFER_TOO_SHORT;
    }
    Entry = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Entry) + Size, NDISP_TAG);
    if (Entry == NULL)
    {
        return NDIS_STATUS_RESOURCES;
    }
    RtlZeroMemory(Entry, sizeof(*Entry) + Size);
    Entry->DumpDataSize = (USHORT)EventLogDataSize(NULL, 0, DataSize);
    Entry->NumberOfStrings = NumStrings;
    Entry->StringOffset = (USHORT)(sizeof(*Entry) + Entry->DumpDataSize);
    Entry->ErrorCode = EventCode;
    Entry->UniqueErrorValue = UniqueEventValue;
    if (DataSize != 0)
    {
        RtlCopyMemory(Entry->DumpData, Data, DataSize);
    }
    Next = (PUCHAR)Entry + Entry->StringOffset;
    for (USHORT i = 0; i < NumStrings; i++)
    {
        ULONG StringSize = EventLogStringSize(Strings[i]);
        RtlCopyMemory(Next, Strings[i], StringSize);
        Next += StringSize;
    }
    if (EventLogOfHost != NULL)
    {
        EventLogOfHost(LogHandle, Entry);
    }
    ExFreePoolWithTag(Entry, NDISP_TAG);
    return NDIS_STATUS_SUCCESS;
}
