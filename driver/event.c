/* SPDX-License-Identifier: MIT */
#include "event.h"

#include "messages.h"

#pragma alloc_text(INIT, EventInitialize)

/* Strings of the event that has most of them. */
#define EVENT_MAX_STRINGS 6

/* Characters of a ULONG in base 10 or 16, with the terminator; even. */
#define EVENT_NUMBER_SIZE 12

typedef struct _EVENT_STRINGS
{
    USHORT Count;
    PCWSTR List[EVENT_MAX_STRINGS];
    WCHAR Numbers[EVENT_MAX_STRINGS][EVENT_NUMBER_SIZE];
} EVENT_STRINGS;

static PDRIVER_OBJECT EventDriverObject;

_Use_decl_annotations_
VOID EventInitialize(PDRIVER_OBJECT DriverObject)
{
    EventDriverObject = DriverObject;
}

static VOID EventAddString(_Inout_ EVENT_STRINGS *Strings, _In_z_ PCWSTR String)
{
    Strings->List[Strings->Count++] = String;
}

static VOID EventAddNumber(_Inout_ EVENT_STRINGS *Strings, ULONG Value, ULONG Base)
{
    UNICODE_STRING Number = {
        .MaximumLength = sizeof(Strings->Numbers[0]), .Buffer = Strings->Numbers[Strings->Count]};

    (VOID) RtlIntegerToUnicodeString(Value, Base, &Number);
    EventAddString(Strings, Number.Buffer);
}

static VOID EventAddAdapter(_Inout_ EVENT_STRINGS *Strings, NET_LUID NetLuid)
{
    EventAddNumber(Strings, (ULONG)NetLuid.Info.NetLuidIndex, 10);
}

static VOID EventWrite(NTSTATUS Code, _In_ const EVENT_STRINGS *Strings)
{
    UNICODE_STRING Counted[EVENT_MAX_STRINGS];
    ULONG Size = sizeof(IO_ERROR_LOG_PACKET);
    PIO_ERROR_LOG_PACKET Packet;
    PUCHAR Next;

    for (USHORT i = 0; i < Strings->Count; i++)
    {
        RtlInitUnicodeString(&Counted[i], Strings->List[i]);
        Size += Counted[i].Length + (ULONG)sizeof(WCHAR);
    }
    Packet = Size > ERROR_LOG_MAXIMUM_SIZE
                 ? NULL
                 : IoAllocateErrorLogEntry(EventDriverObject, (UCHAR)Size);
    if (!Packet)
        return;
    RtlZeroMemory(Packet, Size);
    Packet->NumberOfStrings = Strings->Count;
    Packet->StringOffset = sizeof(*Packet);
    Packet->ErrorCode = Code;
    Next = (PUCHAR)(Packet + 1);
    for (USHORT i = 0; i < Strings->Count; i++)
    {
        RtlCopyMemory(Next, Counted[i].Buffer, Counted[i].Length);
        Next += Counted[i].Length + sizeof(WCHAR);
    }
    IoWriteErrorLogEntry(Packet);
}

_Use_decl_annotations_
VOID EventWriteDriverNotStarted(NTSTATUS Status)
{
    EVENT_STRINGS Strings = {0};

    EventAddNumber(&Strings, (ULONG)Status, 16);
    EventWrite(EVENT_DRIVER_NOT_STARTED, &Strings);
}

_Use_decl_annotations_
VOID EventWriteAdapterNotInitialized(NET_LUID NetLuid, NDIS_STATUS Status)
{
    EVENT_STRINGS Strings = {0};

    EventAddAdapter(&Strings, NetLuid);
    EventAddNumber(&Strings, (ULONG)Status, 16);
    EventWrite(EVENT_ADAPTER_NOT_INITIALIZED, &Strings);
}

_Use_decl_annotations_
VOID EventWriteAdapterWithoutLink(NET_LUID NetLuid, NTSTATUS Status)
{
    EVENT_STRINGS Strings = {0};

    EventAddAdapter(&Strings, NetLuid);
    EventAddNumber(&Strings, (ULONG)Status, 16);
    EventWrite(EVENT_ADAPTER_WITHOUT_LINK, &Strings);
}

_Use_decl_annotations_
VOID EventWriteParameterOutOfRange(
    NET_LUID NetLuid, PCWSTR Name, ULONG Value, ULONG Minimum, ULONG Maximum, ULONG Default)
{
    EVENT_STRINGS Strings = {0};

    EventAddAdapter(&Strings, NetLuid);
    EventAddString(&Strings, Name);
    EventAddNumber(&Strings, Value, 10);
    EventAddNumber(&Strings, Minimum, 10);
    EventAddNumber(&Strings, Maximum, 10);
    EventAddNumber(&Strings, Default, 10);
    EventWrite(EVENT_PARAMETER_OUT_OF_RANGE, &Strings);
}

_Use_decl_annotations_
VOID EventWriteReceiveRingCorrupt(NET_LUID NetLuid, HANDLE ProcessId, ULONG Offset, ULONG Capacity)
{
    EVENT_STRINGS Strings = {0};

    EventAddAdapter(&Strings, NetLuid);
    EventAddNumber(&Strings, PtrToUlong(ProcessId), 10);
    EventAddNumber(&Strings, Offset, 10);
    EventAddNumber(&Strings, Capacity, 10);
    EventWrite(EVENT_RECEIVE_RING_CORRUPT, &Strings);
}

_Use_decl_annotations_
VOID EventWriteSendRingCorrupt(NET_LUID NetLuid, HANDLE ProcessId, ULONG Capacity)
{
    EVENT_STRINGS Strings = {0};

    EventAddAdapter(&Strings, NetLuid);
    EventAddNumber(&Strings, PtrToUlong(ProcessId), 10);
    EventAddNumber(&Strings, Capacity, 10);
    EventWrite(EVENT_SEND_RING_CORRUPT, &Strings);
}
