/* SPDX-License-Identifier: MIT */
/*
 * The event log: a line for each entry that a driver writes, with the text that the driver's
 * message table has for it. Wine has no log that a driver could write to.
 */
#define _NTSYSTEM_
#include <ntifs.h>

#include "log.h"
#include "ntdll.h"

/* Inserts of a message: %1, the driver's name, and the driver's strings. */
#define EVENT_LOG_INSERTS 16

#define EVENT_LOG_TEXT_SIZE 560

#define EVENT_LOG_TAG 'LtdA'

/* What lies in front of a packet. */
typedef struct DECLSPEC_ALIGN(MEMORY_ALLOCATION_ALIGNMENT) _EVENT_LOG_ENTRY
{
    PDRIVER_OBJECT DriverObject;
} EVENT_LOG_ENTRY;

/* The sentence for an entry, on one line; FALSE: the driver's image has none. */
static BOOLEAN EventLogFormat(
    PDRIVER_OBJECT DriverObject, NTSTATUS Code, PCWSTR *Inserts, WCHAR Text[EVENT_LOG_TEXT_SIZE])
{
    const MESSAGE_RESOURCE_ENTRY *Message;
    ULONG Size = 0;

    if (!NT_SUCCESS(
            RtlFindMessage(DriverObject->DriverStart, RT_MESSAGETABLE, 0, (ULONG)Code, &Message)) ||
        !(Message->Flags & MESSAGE_RESOURCE_UNICODE))
        return FALSE;
    return NT_SUCCESS(RtlFormatMessage(
        (PCWSTR)Message->Text, 0, FALSE, FALSE, TRUE, (va_list *)Inserts, Text,
        EVENT_LOG_TEXT_SIZE * sizeof(WCHAR), &Size));
}

static VOID EventLogWrite(PDRIVER_OBJECT DriverObject, const IO_ERROR_LOG_PACKET *Entry)
{
    WCHAR Name[64] = {0}, Text[EVENT_LOG_TEXT_SIZE] = {0};
    UNICODE_STRING NameString = {0, sizeof(Name) - sizeof(WCHAR), Name};
    PCWSTR Inserts[EVENT_LOG_INSERTS];
    PCWSTR Next = Add2Ptr(Entry, Entry->StringOffset);

    (VOID) RtlAppendUnicodeStringToString(&NameString, &DriverObject->DriverName);
    Inserts[0] = Name;
    for (ULONG i = 1; i < EVENT_LOG_INSERTS; i++)
    {
        Inserts[i] = L"";
        if (i > Entry->NumberOfStrings)
            continue;
        Inserts[i] = Next;
        Next += wcslen(Next) + 1;
    }
    if (EventLogFormat(DriverObject, Entry->ErrorCode, Inserts, Text))
        LogError("%ls: %ls", Name, Text);
    else
        LogError(
            "%ls: event 0x%08X without a text: \"%ls\", \"%ls\", \"%ls\"", Name, Entry->ErrorCode,
            Inserts[1], Inserts[2], Inserts[3]);
}

PVOID NTAPI IoAllocateErrorLogEntry(PVOID IoObject, UCHAR EntrySize)
{
    /* With a terminator behind it, for a last string that has none. */
    SIZE_T Size = sizeof(EVENT_LOG_ENTRY) + EntrySize + sizeof(WCHAR);
    EVENT_LOG_ENTRY *Entry;
    PDRIVER_OBJECT DriverObject = IoObject;

    if (EntrySize < sizeof(IO_ERROR_LOG_PACKET) || EntrySize > ERROR_LOG_MAXIMUM_SIZE)
        return NULL;
    /* Wine's kernel sets the Type of neither, and the Size of driver objects only. */
    if (DriverObject->Size != sizeof(*DriverObject))
        DriverObject = ((PDEVICE_OBJECT)IoObject)->DriverObject;
    Entry = ExAllocatePoolWithTag(NonPagedPoolNx, Size, EVENT_LOG_TAG);
    if (Entry == NULL)
        return NULL;
    RtlZeroMemory(Entry, Size);
    Entry->DriverObject = DriverObject;
    return Entry + 1;
}

VOID NTAPI IoWriteErrorLogEntry(PVOID ElEntry)
{
    EVENT_LOG_ENTRY *Entry = (EVENT_LOG_ENTRY *)ElEntry - 1;

    EventLogWrite(Entry->DriverObject, ElEntry);
    ExFreePoolWithTag(Entry, EVENT_LOG_TAG);
}
