/* SPDX-License-Identifier: MIT */
/*
 * Error log entries: what of them reaches the event log, and what wrong drivers do with them.
 */
#include "outcome.h"

#define CODE ((NTSTATUS)0xE0000001)

static PDRIVER_OBJECT Driver;
static PDEVICE_OBJECT Device;
static PDRIVER_OBJECT LastDriver;
static ULONG Entries;
static union
{
    IO_ERROR_LOG_PACKET Packet;
    UCHAR Bytes[ERROR_LOG_MAXIMUM_SIZE];
} Last;

static VOID Record(PDRIVER_OBJECT DriverObject, const IO_ERROR_LOG_PACKET *Entry)
{
    const WCHAR *End = (const WCHAR *)((const UCHAR *)Entry + Entry->StringOffset);
    for (ULONG Strings = 0; Strings < Entry->NumberOfStrings; End++)
    {
        Strings += *End == 0;
    }
    memcpy(&Last, Entry, sizeof(Last.Packet));
    if (Entry->NumberOfStrings)
    {
        memcpy(
            Last.Bytes + Entry->StringOffset, (const UCHAR *)Entry + Entry->StringOffset,
            (size_t)((const UCHAR *)End - (const UCHAR *)Entry) - Entry->StringOffset);
    }
    LastDriver = DriverObject;
    Entries++;
}

static VOID NTAPI ToyUnload(PDRIVER_OBJECT DriverObject)
{
    (void)DriverObject;
}

static NTSTATUS NTAPI ToyEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    (void)RegistryPath;
    DriverObject->DriverUnload = ToyUnload;
    return IoCreateDevice(DriverObject, 0, NULL, FILE_DEVICE_NETWORK, 0, FALSE, &Device);
}

static int Start(void **State)
{
    (void)State;
    Entries = 0;
    memset(&Last, 0, sizeof(Last));
    NativeSetEventLog(Record);
    assert_int_equal(NativeDriverLoad(L"Toy", ToyEntry, &Driver), STATUS_SUCCESS);
    return 0;
}

static int Stop(void **State)
{
    (void)State;
    IoDeleteDevice(Device);
    NativeDriverUnload(Driver);
    NativeSetEventLog(NULL);
    return 0;
}

/* An entry with Size bytes of strings behind the packet, which are the caller's to fill in. */
static PIO_ERROR_LOG_PACKET Allocate(PVOID IoObject, ULONG Size)
{
    PIO_ERROR_LOG_PACKET Packet =
        IoAllocateErrorLogEntry(IoObject, (UCHAR)(sizeof(*Packet) + Size));
    assert_non_null(Packet);
    memset(Packet, 0, sizeof(*Packet));
    Packet->ErrorCode = CODE;
    Packet->StringOffset = sizeof(*Packet);
    return Packet;
}

static void Written(void **State)
{
    static const WCHAR Strings[] = L"one\0\0three";
    PVOID const Objects[] = {Driver, Device};
    (void)State;
    for (ULONG Index = 0; Index < ARRAYSIZE(Objects); Index++)
    {
        PIO_ERROR_LOG_PACKET Packet = Allocate(Objects[Index], sizeof(Strings));
        memcpy(Packet + 1, Strings, sizeof(Strings));
        Packet->NumberOfStrings = 3;
        Packet->UniqueErrorValue = 51820;
        KIRQL Old = NativeRaiseIrql(DISPATCH_LEVEL);
        IoWriteErrorLogEntry(Packet);
        NativeLowerIrql(Old);
        assert_int_equal(Entries, Index + 1);
        assert_ptr_equal(LastDriver, Driver);
        assert_int_equal(Last.Packet.ErrorCode, CODE);
        assert_int_equal(Last.Packet.UniqueErrorValue, 51820);
        assert_int_equal(Last.Packet.NumberOfStrings, 3);
        assert_memory_equal(Last.Bytes + Last.Packet.StringOffset, Strings, sizeof(Strings));
    }
    assert_int_equal(NativeReportLeaks(), 2); /* the driver and its device */
}

/* Neither strings nor data; nobody reads the log; no memory. */
static void Least(void **State)
{
    (void)State;
    IoWriteErrorLogEntry(Allocate(Driver, 0));
    assert_int_equal(Entries, 1);
    NativeSetEventLog(NULL);
    IoWriteErrorLogEntry(Allocate(Driver, 0));
    assert_int_equal(Entries, 1);
    NativeFaultsFailNth(1);
    PVOID Entry = IoAllocateErrorLogEntry(Driver, sizeof(IO_ERROR_LOG_PACKET));
    assert_int_equal(NativeFaultsStop(NULL), 1);
    assert_null(Entry);
}

/* The longest string fills the entry. */
static void Most(void **State)
{
    const ULONG Size = ERROR_LOG_MAXIMUM_SIZE - sizeof(IO_ERROR_LOG_PACKET);
    (void)State;
    PIO_ERROR_LOG_PACKET Packet = Allocate(Driver, Size);
    WCHAR *String = (WCHAR *)(Packet + 1);
    for (ULONG Index = 0; Index < Size / sizeof(WCHAR); Index++)
    {
        String[Index] = 'x';
    }
    String[Size / sizeof(WCHAR) - 1] = 0;
    Packet->NumberOfStrings = 1;
    IoWriteErrorLogEntry(Packet);
    assert_int_equal(Entries, 1);
}

static void ForEvent(void *Context)
{
    IoAllocateErrorLogEntry(Context, sizeof(IO_ERROR_LOG_PACKET));
}

static void TooSmall(void *Context)
{
    (void)Context;
    IoAllocateErrorLogEntry(Driver, sizeof(IO_ERROR_LOG_PACKET) - 1);
}

static void TooLarge(void *Context)
{
    (void)Context;
    IoAllocateErrorLogEntry(Driver, ERROR_LOG_MAXIMUM_SIZE + 1);
}

static void WriteTwice(void *Context)
{
    (void)Context;
    PVOID Packet = Allocate(Driver, 0);
    IoWriteErrorLogEntry(Packet);
    IoWriteErrorLogEntry(Packet);
}

static void WriteOther(void *Context)
{
    IoWriteErrorLogEntry(Context);
}

static void Write(void *Packet)
{
    IoWriteErrorLogEntry(Packet);
}

static void Misuses(void **State)
{
    static UCHAR Other[sizeof(IO_ERROR_LOG_PACKET)];
    PEPROCESS Process = NativeProcessCreate(NativeStandardUser, FALSE);
    (void)State;
    AssertRuleBroken(ForEvent, Process, "ErrorLogObject", "IoAllocateErrorLogEntry");
    NativeProcessExit(Process);
    AssertRuleBroken(TooSmall, NULL, "ErrorLogSize", "IoAllocateErrorLogEntry");
    AssertRuleBroken(TooLarge, NULL, "ErrorLogSize", "IoAllocateErrorLogEntry");
    AssertRuleBroken(WriteTwice, NULL, "ErrorLogEntry", "IoWriteErrorLogEntry");
    AssertRuleBroken(WriteOther, Other, "ErrorLogEntry", "IoWriteErrorLogEntry");
    assert_int_equal(Entries, 1);
}

/* What the packet says of its content is not so. */
static void WrongContents(void **State)
{
    static const struct
    {
        USHORT DumpDataSize, NumberOfStrings, StringOffset;
        const char *Rule;
    } Cases[] = {
        {3, 0, 0, "ErrorLogData"},       {20, 0, 0, "ErrorLogData"},
        {0, 2, 0x30, "ErrorLogStrings"}, {0, 1, 0x31, "ErrorLogStrings"},
        {0, 1, 0x24, "ErrorLogStrings"}, {8, 1, 0x2A, "ErrorLogStrings"},
        {0, 1, 0x38, "ErrorLogStrings"}, {0, 1, 0xFFFE, "ErrorLogStrings"},
    };
    (void)State;
    for (ULONG Index = 0; Index < ARRAYSIZE(Cases); Index++)
    {
        PIO_ERROR_LOG_PACKET Packet = Allocate(Driver, 8);
        memcpy(Packet + 1, L"one", 8);
        Packet->DumpDataSize = Cases[Index].DumpDataSize;
        Packet->NumberOfStrings = Cases[Index].NumberOfStrings;
        Packet->StringOffset = Cases[Index].StringOffset;
        AssertRuleBroken(Write, Packet, Cases[Index].Rule, "IoWriteErrorLogEntry");
        assert_int_equal(Entries, 0);
    }
}

#define TEST(Name) cmocka_unit_test_setup_teardown(Name, Start, Stop)

int main(void)
{
    const struct CMUnitTest Tests[] = {
        TEST(Written), TEST(Least), TEST(Most), TEST(Misuses), TEST(WrongContents),
    };
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
