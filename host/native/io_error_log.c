/* SPDX-License-Identifier: MIT */
/*
 * Error log entries: what drivers write to the system event log goes to the test that asked for it.
 */
#include <stdlib.h>

#include "io_internal.h"
#include "native.h"

#define IOP_ERROR_LOG_TAG      0x6C457249u /* "IrEl" */
#define IOP_ERROR_LOG_DOCUMENT "ddi/wdm/ns-wdm-_io_error_log_packet"

/* An entry that is allocated and not written yet. */
typedef struct _IOP_ERROR_LOG_ENTRY
{
    struct _IOP_ERROR_LOG_ENTRY *Next;
    PIO_ERROR_LOG_PACKET Packet;
    PDRIVER_OBJECT Driver;
    ULONG Size;
} IOP_ERROR_LOG_ENTRY;

static struct
{
    KI_MUTEX Lock;
    IOP_ERROR_LOG_ENTRY *First;
} IopErrorLog = {.Lock = KI_MUTEX_INITIALIZER};

static NATIVE_EVENT_LOG *IopEventLog;

VOID NativeSetEventLog(NATIVE_EVENT_LOG *EventLog)
{
    IopEventLog = EventLog;
}

PVOID IoAllocateErrorLogEntry(PVOID IoObject, UCHAR EntrySize)
{
    RULE_IRQL_AT_MOST("wdm", DISPATCH_LEVEL);
    POBJECT_TYPE Type = ObpObjectType(IoObject);
    RULE(
        Type == &IopDriverType || Type == &IopDeviceType, "ErrorLogObject", "wdm",
        "%p is neither a device object nor a driver object", IoObject);
    RULE(
        EntrySize >= sizeof(IO_ERROR_LOG_PACKET) && EntrySize <= ERROR_LOG_MAXIMUM_SIZE,
        "ErrorLogSize", "wdm", "%u bytes, but an entry has %zu to %u", EntrySize,
        sizeof(IO_ERROR_LOG_PACKET), ERROR_LOG_MAXIMUM_SIZE);
    IOP_ERROR_LOG_ENTRY *Entry = FAULT() ? NULL : malloc(sizeof(*Entry));
    if (!Entry)
    {
        return NULL;
    }
    Entry->Packet = ExpAllocatePool(NonPagedPool, EntrySize, IOP_ERROR_LOG_TAG);
    if (!Entry->Packet)
    {
        free(Entry);
        return NULL;
    }
    PVOID Packet = Entry->Packet;
    Entry->Driver = Type == &IopDriverType ? IoObject : ((PDEVICE_OBJECT)IoObject)->DriverObject;
    Entry->Size = EntrySize;
    KiLock(&IopErrorLog.Lock);
    Entry->Next = IopErrorLog.First;
    IopErrorLog.First = Entry;
    KiUnlock(&IopErrorLog.Lock);
    return Packet;
}

/* The entry with that packet, which it no longer is one of; NULL: none. */
static IOP_ERROR_LOG_ENTRY *IopTakeErrorLogEntry(PVOID Packet)
{
    IOP_ERROR_LOG_ENTRY **Link = &IopErrorLog.First;
    KiLock(&IopErrorLog.Lock);
    while (*Link && (*Link)->Packet != Packet)
    {
        Link = &(*Link)->Next;
    }
    IOP_ERROR_LOG_ENTRY *Entry = *Link;
    if (Entry)
    {
        *Link = Entry->Next;
    }
    KiUnlock(&IopErrorLog.Lock);
    return Entry;
}

/* The strings lie in the entry, each with its terminator, behind the data. */
static BOOLEAN IopErrorLogHoldsStrings(const IO_ERROR_LOG_PACKET *Packet, ULONG Size)
{
    ULONG Offset = Packet->StringOffset;
    if (Packet->NumberOfStrings == 0)
    {
        return TRUE;
    }
    if (Offset < FIELD_OFFSET(IO_ERROR_LOG_PACKET, DumpData) + Packet->DumpDataSize ||
        Offset % sizeof(WCHAR) != 0)
    {
        return FALSE;
    }
    for (ULONG Strings = 0; Strings < Packet->NumberOfStrings; Offset += sizeof(WCHAR))
    {
        if (Offset + sizeof(WCHAR) > Size)
        {
            return FALSE;
        }
        Strings += *(const WCHAR *)((const UCHAR *)Packet + Offset) == 0;
    }
    return TRUE;
}

VOID IoWriteErrorLogEntry(PVOID ElEntry)
{
    RULE_IRQL_AT_MOST("wdm", DISPATCH_LEVEL);
    IOP_ERROR_LOG_ENTRY *Entry = IopTakeErrorLogEntry(ElEntry);
    RULE(
        Entry, "ErrorLogEntry", "wdm", "%p is no entry of IoAllocateErrorLogEntry, or no longer",
        ElEntry);
    PIO_ERROR_LOG_PACKET Packet = Entry->Packet;
    const IO_ERROR_LOG_PACKET Header = *Packet;
    ULONG Size = Entry->Size;
    BOOLEAN HoldsData = Header.DumpDataSize % sizeof(ULONG) == 0 &&
                        FIELD_OFFSET(IO_ERROR_LOG_PACKET, DumpData) + Header.DumpDataSize <= Size;
    BOOLEAN HoldsStrings = IopErrorLogHoldsStrings(Packet, Size);
    if (HoldsData && HoldsStrings && IopEventLog)
    {
        IopEventLog(Entry->Driver, Packet);
    }
    free(Entry);
    ExFreePoolWithTag(Packet, IOP_ERROR_LOG_TAG);
    RULE(
        HoldsData, "ErrorLogData", IOP_ERROR_LOG_DOCUMENT,
        "%u bytes of data in an entry of %u bytes", Header.DumpDataSize, Size);
    RULE(
        HoldsStrings, "ErrorLogStrings", IOP_ERROR_LOG_DOCUMENT,
        "%u strings at offset %u do not end in an entry of %u bytes", Header.NumberOfStrings,
        Header.StringOffset, Size);
}
