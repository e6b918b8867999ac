/* SPDX-License-Identifier: MIT */
/*
 * The driver's events: each is written when an administrator must know, once, with what its message
 * names. The messages are those that adit.sys carries: MESSAGES is the content of its message
 * table.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "messages.h"
#include "sender.h"

DRIVER_INITIALIZE DriverEntry;

#define EVENT_MAX_STRINGS 8
#define EVENT_MAX_WRITTEN 16

/* Bytes of strings in an entry on x86: 152, and 48 of them header (nt/io.h). */
#define EVENT_ROOM 104u
/* Digits of the largest NetLuidIndex, 24 bits. */
#define EVENT_INDEX_DIGITS 8u

typedef struct _WRITTEN
{
    NTSTATUS Code;
    ULONG Count;
    CHAR Strings[EVENT_MAX_STRINGS][40];
    ULONG Bytes; /* of the strings, with their terminators */
} WRITTEN;

static KSPIN_LOCK WrittenLock;
static WRITTEN Written[EVENT_MAX_WRITTEN]; /* WrittenLock */
static ULONG WrittenCount;                 /* WrittenLock */

static VOID Record(PDRIVER_OBJECT Driver, const IO_ERROR_LOG_PACKET *Entry)
{
    KLOCK_QUEUE_HANDLE Lock;
    const WCHAR *Next = (const WCHAR *)((const UCHAR *)Entry + Entry->StringOffset);
    WRITTEN Event = {.Code = Entry->ErrorCode, .Count = Entry->NumberOfStrings};

    assert_non_null(Driver);
    assert_true(Event.Count <= EVENT_MAX_STRINGS);
    for (ULONG Index = 0; Index < Event.Count; Index++)
    {
        for (ULONG Length = 0; *Next; Next++)
        {
            assert_true(Length + 1 < sizeof(Event.Strings[Index]) && *Next < 0x80);
            Event.Strings[Index][Length++] = (CHAR)*Next;
            Event.Bytes += sizeof(WCHAR);
        }
        Next++;
        Event.Bytes += sizeof(WCHAR);
    }
    KeAcquireInStackQueuedSpinLock(&WrittenLock, &Lock);
    assert_true(WrittenCount < EVENT_MAX_WRITTEN);
    Written[WrittenCount++] = Event;
    KeReleaseInStackQueuedSpinLock(&Lock);
}

static ULONG CountWritten(void)
{
    KLOCK_QUEUE_HANDLE Lock;
    KeAcquireInStackQueuedSpinLock(&WrittenLock, &Lock);
    ULONG Count = WrittenCount;
    KeReleaseInStackQueuedSpinLock(&Lock);
    return Count;
}

static void AwaitWritten(ULONG Count)
{
    LARGE_INTEGER Millisecond = {.QuadPart = -10000};
    for (ULONG Waited = 0; Waited < FIXTURE_TIMEOUT && CountWritten() < Count; Waited++)
    {
        KeDelayExecutionThread(KernelMode, FALSE, &Millisecond);
    }
    assert_int_equal(CountWritten(), Count);
}

/* ---- The message table ("MESSAGE_RESOURCE_DATA" and what it consists of) ---- */

typedef struct _TABLE_BLOCK
{
    ULONG LowId;
    ULONG HighId;
    ULONG OffsetToEntries;
} TABLE_BLOCK;

typedef struct _TABLE_ENTRY
{
    USHORT Length; /* bytes, with these two fields */
    USHORT Flags;  /* 1: UTF-16 */
    WCHAR Text[];
} TABLE_ENTRY;

static union
{
    ULONG BlockCount;
    UCHAR Bytes[0x10000];
} Table;

static const TABLE_BLOCK *TableBlocks(void)
{
    return (const TABLE_BLOCK *)(Table.Bytes + sizeof(ULONG));
}

static int TableRead(void **State)
{
    FILE *File = fopen(MESSAGES, "rb");
    UNREFERENCED_PARAMETER(State);
    assert_non_null(File);
    size_t Size = fread(Table.Bytes, 1, sizeof(Table), File);
    fclose(File);
    assert_true(Size > sizeof(ULONG) + sizeof(TABLE_BLOCK) && Size < sizeof(Table));
    return 0;
}

/* The text for that code, or NULL. */
static const TABLE_ENTRY *TableFind(ULONG Code)
{
    for (ULONG Index = 0; Index < Table.BlockCount; Index++)
    {
        const TABLE_BLOCK *Block = &TableBlocks()[Index];
        const UCHAR *Entry = Table.Bytes + Block->OffsetToEntries;
        for (ULONG Id = Block->LowId; Id <= Block->HighId; Id++)
        {
            if (Id == Code)
            {
                return (const TABLE_ENTRY *)Entry;
            }
            Entry += ((const TABLE_ENTRY *)Entry)->Length;
        }
    }
    return NULL;
}

/* The inserts of a text: bit n is %n. */
static ULONG TableInserts(const TABLE_ENTRY *Entry)
{
    ULONG Length = (Entry->Length - 4u) / sizeof(WCHAR), Inserts = 0;
    assert_int_equal(Entry->Flags, 1);
    for (ULONG Index = 0; Index + 1 < Length; Index++)
    {
        if (Entry->Text[Index] == '%')
        {
            WCHAR Digit = Entry->Text[Index + 1];
            assert_true(Digit >= '1' && Digit <= '9');
            Inserts |= 1u << (Digit - '0');
        }
    }
    return Inserts;
}

/* ---- What the tests share ---- */

static ULONG FixtureIndex(const FIXTURE *Fixture)
{
    NDIS_LINK_IDENTITY Identity;
    NativeLinkIdentity(Fixture->Link, &Identity);
    return (ULONG)Identity.NetLuid.Info.NetLuidIndex;
}

static ULONG ClientProcessId(const CLIENT *Client)
{
    return (ULONG)(ULONG_PTR)PsGetProcessId(Client->Process);
}

static int Start(void **State)
{
    WrittenCount = 0;
    NativeSetEventLog(Record);
    return FixtureStart(State);
}

static int Stop(void **State)
{
    FixtureStop(State);
    NativeSetEventLog(NULL);
    return 0;
}

static BOOLEAN Seen[16]; /* by the number of the message */

/* The event has that code and these strings, which the message names all, and there is room for
 * them everywhere. */
static void AssertWritten(ULONG Number, NTSTATUS Code, ULONG Count, const char *const *Strings)
{
    const WRITTEN *Event = &Written[Number];
    const TABLE_ENTRY *Entry = TableFind((ULONG)Code);

    assert_true(Number < CountWritten());
    assert_int_equal(Event->Code, Code);
    assert_int_equal(Event->Count, Count);
    for (ULONG Index = 0; Index < Count; Index++)
    {
        assert_string_equal(Event->Strings[Index], Strings[Index]);
    }
    assert_non_null(Entry);
    assert_int_equal(TableInserts(Entry) & ~2u, ((1u << Count) - 1) << 2);
    assert_true(Event->Bytes + (EVENT_INDEX_DIGITS - 1) * sizeof(WCHAR) <= EVENT_ROOM);
    assert_true((ULONG)Code % 0x10000 < ARRAYSIZE(Seen));
    Seen[(ULONG)Code % 0x10000] = TRUE;
}

#define ASSERT_WRITTEN(Number, Code, ...)                                          \
    AssertWritten(                                                                 \
        Number, Code, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *), \
        (const char *const[]){__VA_ARGS__})

static CHAR *Text(CHAR *Buffer, const char *Format, ULONG Value)
{
    snprintf(Buffer, 16, Format, Value);
    return Buffer;
}

/* ---- Tests ---- */

/* A driver that starts, a client that behaves, and one that is refused: no events. */
static void NothingToSay(void **State)
{
    FIXTURE *Fixture = *State;
    CLIENT Client;
    UCHAR Packet[80];
    ClientStart(&Client, Fixture);
    PacketMake(Packet, sizeof(Packet), 4, 1);
    assert_true(ClientPut(&Client, Packet, sizeof(Packet)));
    ClientPublish(&Client);
    assert_int_equal(
        NativeLinkCollect(Fixture->Link, Packet, sizeof(Packet), FIXTURE_TIMEOUT), sizeof(Packet));
    TUN_REGISTER_RINGS64 Rings = ClientRegistration(&Client);
    for (ULONG Try = 0; Try < 100; Try++)
    {
        assert_int_not_equal(ClientRegister(&Client, TUN_IOCTL_REGISTER_RINGS, &Rings), 0);
    }
    ClientExit(&Client);
    assert_int_equal(NativeDeviceRemove(Fixture->Pdo), STATUS_SUCCESS);
    Fixture->Pdo = NULL;
    NativeDriverUnload(Fixture->Driver);
    Fixture->Driver = NULL;
    assert_int_equal(CountWritten(), 0);
}

/* Each call of DriverEntry that may fail fails once. */
static void DriverNotStarted(void **State)
{
    FIXTURE *Fixture = *State;
    CHAR Status[16];
    NTSTATUS Loaded = STATUS_UNSUCCESSFUL;
    ULONG Failures = 0;
    NativeDeviceRemove(Fixture->Pdo);
    Fixture->Pdo = NULL;
    NativeDriverUnload(Fixture->Driver);
    Fixture->Driver = NULL;
    for (ULONG Nth = 1; !NT_SUCCESS(Loaded); Nth++)
    {
        WrittenCount = 0;
        NativeFaultsFailNth(Nth);
        Loaded = NativeDriverLoad(L"Adit", DriverEntry, &Fixture->Driver);
        (void)NativeFaultsStop(NULL);
        if (NT_SUCCESS(Loaded))
        {
            break;
        }
        Failures++;
        assert_int_equal(CountWritten(), 1);
        ASSERT_WRITTEN(0, EVENT_DRIVER_NOT_STARTED, Text(Status, "%X", (ULONG)Loaded));
    }
    assert_true(Failures >= 1);
    assert_int_equal(CountWritten(), 0);
}

/* One call after the other in an adapter's start fails: the driver says so where it is its own. */
static void AdapterNotInitialized(void **State)
{
    FIXTURE *Fixture = *State;
    CHAR Digits[16];
    ULONG Events = 0, Index = FixtureIndex(Fixture);
    for (ULONG Nth = 1; Events < 3; Nth++)
    {
        PDEVICE_OBJECT Pdo;
        WrittenCount = 0;
        assert_int_equal(NativeDeviceAdd(Fixture->Driver, L"Adit", &Pdo), STATUS_SUCCESS);
        NativeFaultsFailNth(Nth);
        NTSTATUS Started = NativeDeviceStart(Pdo);
        assert_int_equal(NativeFaultsStop(NULL), 1);
        if (NT_SUCCESS(Started))
        {
            assert_int_equal(NativeDeviceRemove(Pdo), STATUS_SUCCESS);
        }
        else if (CountWritten())
        {
            Events++;
            assert_int_equal(CountWritten(), 1);
            assert_int_equal(Started, STATUS_INSUFFICIENT_RESOURCES);
            /* Each device has another index. */
            assert_true((ULONG)atoi(Written[0].Strings[0]) > Index);
            Index = (ULONG)atoi(Written[0].Strings[0]);
            ASSERT_WRITTEN(0, EVENT_ADAPTER_NOT_INITIALIZED, Text(Digits, "%u", Index), "C000009A");
        }
    }
}

/* Another driver has the name. */
static void AdapterWithoutLink(void **State)
{
    FIXTURE *Fixture = *State;
    CHAR Index[16], Narrow[64];
    WCHAR Wide[64] = {0};
    UNICODE_STRING Link, Target;
    FIXTURE Second = *Fixture;
    snprintf(Narrow, sizeof(Narrow), "\\DosDevices\\Global\\WINTUN%u", FixtureIndex(Fixture) + 1);
    for (ULONG Length = 0; Narrow[Length]; Length++)
    {
        Wide[Length] = (WCHAR)Narrow[Length];
    }
    RtlInitUnicodeString(&Link, Wide);
    RtlInitUnicodeString(&Target, L"\\Device\\Null");
    assert_int_equal(IoCreateSymbolicLink(&Link, &Target), STATUS_SUCCESS);
    assert_int_equal(FixtureAdd(&Second), STATUS_SUCCESS);
    assert_int_equal(FixtureIndex(&Second), FixtureIndex(Fixture) + 1);
    assert_int_equal(CountWritten(), 1);
    ASSERT_WRITTEN(
        0, EVENT_ADAPTER_WITHOUT_LINK, Text(Index, "%u", FixtureIndex(&Second)), "C0000035");
    assert_int_equal(NativeDeviceRemove(Second.Pdo), STATUS_SUCCESS);
    assert_int_equal(IoDeleteSymbolicLink(&Link), STATUS_SUCCESS);
    assert_int_equal(CountWritten(), 1);
}

static void ParameterOutOfRange(void **State)
{
    FIXTURE *Fixture = *State;
    CHAR Index[16];
    ULONG Mtu = 65536, LinkSpeed = 0xFFFFFFFF;
    PDEVICE_OBJECT Pdo;
    assert_int_equal(NativeDeviceAdd(Fixture->Driver, L"Adit", &Pdo), STATUS_SUCCESS);
    NativeDeviceSetValue(Pdo, L"MTU", REG_DWORD, &Mtu, sizeof(Mtu));
    NativeDeviceSetValue(Pdo, L"LinkSpeed", REG_DWORD, &LinkSpeed, sizeof(LinkSpeed));
    assert_int_equal(NativeDeviceStart(Pdo), STATUS_SUCCESS);
    FIXTURE Second = *Fixture;
    FixtureFind(&Second);
    Text(Index, "%u", FixtureIndex(&Second));
    assert_int_equal(CountWritten(), 2);
    ASSERT_WRITTEN(
        0, EVENT_PARAMETER_OUT_OF_RANGE, Index, "MTU", "65536", "1280", "65535", "65535");
    ASSERT_WRITTEN(
        1, EVENT_PARAMETER_OUT_OF_RANGE, Index, "LinkSpeed", "4294967295", "1", "1000000", "1000");
    assert_int_equal(NativeDeviceRemove(Pdo), STATUS_SUCCESS);
}

/* A client that goes on corrupting its rings, in every way, until its session ends. */
static void ReceiveRingCorrupt(void **State)
{
    FIXTURE *Fixture = *State;
    CHAR Index[16], Process[16], Offset[16];
    UCHAR Packet[60];
    Text(Index, "%u", FixtureIndex(Fixture));
    for (ULONG Session = 0; Session < 3; Session++)
    {
        CLIENT Client;
        ClientStart(&Client, Fixture);
        PacketMake(Packet, sizeof(Packet), 4, 1);
        assert_true(ClientPut(&Client, Packet, sizeof(Packet)));
        uint32_t Bad = Client.Producer.Next;
        assert_true(ClientPut(&Client, Packet, sizeof(Packet)));
        RingProducerPacket(&Client.Producer, Bad)->Size = 0x10000;
        ClientPublish(&Client);
        AwaitWritten(Session + 1);
        ASSERT_WRITTEN(
            Session, EVENT_RECEIVE_RING_CORRUPT, Index,
            Text(Process, "%u", ClientProcessId(&Client)), Text(Offset, "%u", Bad), "131072");
        for (ULONG Again = 0; Again < 50; Again++)
        {
            RingStoreRelease(&Client.ReceiveRing->Tail, 3 + Again);
            NativeUserSetEvent(Client.Process, Client.ReceiveTailMoved);
        }
        ClientExit(&Client);
        assert_int_equal(CountWritten(), Session + 1);
    }
}

static void SendRingCorrupt(void **State)
{
    FIXTURE *Fixture = *State;
    CHAR Index[16], Process[16];
    static UCHAR Packet[30000];
    Text(Index, "%u", FixtureIndex(Fixture));
    PacketMake(Packet, sizeof(Packet), 4, 1);
    for (ULONG Session = 0; Session < 3; Session++)
    {
        CLIENT Client;
        SENDER Sender;
        ClientStart(&Client, Fixture);
        SenderOpen(&Sender, Fixture);
        Text(Process, "%u", ClientProcessId(&Client));
        for (ULONG Again = 0; Again < 50; Again++)
        {
            RingStoreRelease(&Client.SendRing->Head, FIXTURE_CAPACITY + Again);
            SenderSend(&Sender, SenderPacket(&Sender, Packet, sizeof(Packet)), DISPATCH_LEVEL);
        }
        SenderWait(&Sender, 50);
        assert_int_equal(RingLoadAcquire(&Client.SendRing->Tail), TUN_RING_TERMINATED);
        SenderClose(&Sender);
        ClientExit(&Client);
        assert_int_equal(CountWritten(), Session + 1);
        ASSERT_WRITTEN(Session, EVENT_SEND_RING_CORRUPT, Index, Process, "131072");
    }
}

/* No message is in the table that the tests above have not seen. */
static void AllAreSeen(void **State)
{
    ULONG Messages = 0;
    UNREFERENCED_PARAMETER(State);
    for (ULONG Index = 0; Index < Table.BlockCount; Index++)
    {
        for (ULONG Id = TableBlocks()[Index].LowId; Id <= TableBlocks()[Index].HighId; Id++)
        {
            assert_true(Id % 0x10000 < ARRAYSIZE(Seen) && Seen[Id % 0x10000]);
            Messages++;
        }
    }
    assert_int_equal(Messages, 6);
}

#define TEST(Name) cmocka_unit_test_setup_teardown(Name, Start, Stop)

int main(void)
{
    const struct CMUnitTest Tests[] = {
        TEST(NothingToSay),       TEST(DriverNotStarted),       TEST(AdapterNotInitialized),
        TEST(AdapterWithoutLink), TEST(ParameterOutOfRange),    TEST(ReceiveRingCorrupt),
        TEST(SendRingCorrupt),    cmocka_unit_test(AllAreSeen),
    };
    return cmocka_run_group_tests(Tests, TableRead, NULL);
}
