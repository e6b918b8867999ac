/* SPDX-License-Identifier: MIT */
/* NdisWriteEventLogEntry: what reaches the host's event log, and what is refused. */
#include "fixture.h"

#define STATUS_TOY ((NTSTATUS)0xE0000001)

static ULONG Entries;
static union
{
    IO_ERROR_LOG_PACKET Packet;
    UCHAR Bytes[ERROR_LOG_MAXIMUM_SIZE];
} Last;

static VOID Record(PDRIVER_OBJECT DriverObject, const IO_ERROR_LOG_PACKET *Entry)
{
    const WCHAR *End = (const WCHAR *)((const UCHAR *)Entry + Entry->StringOffset);
    assert_ptr_equal(DriverObject, Fixture.Driver);
    for (ULONG Strings = 0; Strings < Entry->NumberOfStrings; End++)
    {
        Strings += *End == 0;
    }
    assert_true((const UCHAR *)End - (const UCHAR *)Entry <= (ptrdiff_t)sizeof(Last));
    memcpy(Last.Bytes, Entry, (size_t)((const UCHAR *)End - (const UCHAR *)Entry));
    Entries++;
}

static int Setup(void **State)
{
    Entries = 0;
    memset(&Last, 0, sizeof(Last));
    NdisHostSetEventLog(Record);
    FixtureSetup(State);
    FixtureLoad();
    return 0;
}

static int Teardown(void **State)
{
    NdisHostSetEventLog(NULL);
    return FixtureTeardown(State);
}

static void StringsAndData(void **State)
{
    const WCHAR *Strings[] = {L"one", L"", L"three"};
    UNREFERENCED_PARAMETER(State);
    assert_int_equal(
        NdisWriteEventLogEntry(Fixture.Driver, STATUS_TOY, 51820, 3, Strings, 5, "12345"),
        NDIS_STATUS_SUCCESS);
    assert_int_equal(Entries, 1);
    assert_int_equal(Last.Packet.ErrorCode, STATUS_TOY);
    assert_int_equal(Last.Packet.UniqueErrorValue, 51820);
    assert_int_equal(Last.Packet.DumpDataSize, 8); /* padded */
    assert_memory_equal(Last.Packet.DumpData, "12345\0\0", 8);
    assert_int_equal(Last.Packet.NumberOfStrings, 3);
    assert_true(Last.Packet.StringOffset >= FIELD_OFFSET(IO_ERROR_LOG_PACKET, DumpData) + 8);
    assert_memory_equal(
        Last.Bytes + Last.Packet.StringOffset, L"one\0\0three", sizeof(L"one\0\0three"));
}

static void NeitherStringsNorData(void **State)
{
    UNREFERENCED_PARAMETER(State);
    assert_int_equal(
        NdisWriteEventLogEntry(Fixture.Driver, STATUS_TOY, 0, 0, NULL, 0, NULL),
        NDIS_STATUS_SUCCESS);
    assert_int_equal(Entries, 1);
    assert_int_equal(Last.Packet.NumberOfStrings, 0);
    assert_int_equal(Last.Packet.DumpDataSize, 0);
}

static void WithoutLog(void **State)
{
    UNREFERENCED_PARAMETER(State);
    NdisHostSetEventLog(NULL);
    assert_int_equal(
        NdisWriteEventLogEntry(Fixture.Driver, STATUS_TOY, 0, 0, NULL, 0, NULL),
        NDIS_STATUS_SUCCESS);
    assert_int_equal(Entries, 0);
}

/* Strings and padded data fill the entry, and are then one unit too long. */
static void Limits(void **State)
{
    static UCHAR Data[MAX_EVENT_LOG_DATA_SIZE + 4];
    WCHAR Long[MAX_EVENT_LOG_DATA_SIZE / sizeof(WCHAR) + 1];
    const WCHAR *Strings[] = {Long, L"a"};
    const ULONG Fits = ARRAYSIZE(Long) - 2;
    UNREFERENCED_PARAMETER(State);
    for (ULONG Index = 0; Index < ARRAYSIZE(Long); Index++)
    {
        Long[Index] = 'x';
    }
    Long[Fits] = 0;
    assert_int_equal(
        NdisWriteEventLogEntry(Fixture.Driver, STATUS_TOY, 0, 1, Strings, 0, NULL),
        NDIS_STATUS_SUCCESS);
    Long[Fits] = 'x';
    Long[Fits + 1] = 0;
    assert_int_equal(
        NdisWriteEventLogEntry(Fixture.Driver, STATUS_TOY, 0, 1, Strings, 0, NULL),
        NDIS_STATUS_BUFFER_TOO_SHORT);
    Long[Fits - 2] = 0;
    assert_int_equal(
        NdisWriteEventLogEntry(Fixture.Driver, STATUS_TOY, 0, 2, Strings, 0, NULL),
        NDIS_STATUS_SUCCESS);
    assert_int_equal(
        NdisWriteEventLogEntry(Fixture.Driver, STATUS_TOY, 0, 2, Strings, 1, Data),
        NDIS_STATUS_BUFFER_TOO_SHORT);
    assert_int_equal(
        NdisWriteEventLogEntry(
            Fixture.Driver, STATUS_TOY, 0, 0, NULL, MAX_EVENT_LOG_DATA_SIZE, Data),
        NDIS_STATUS_SUCCESS);
    assert_int_equal(
        NdisWriteEventLogEntry(
            Fixture.Driver, STATUS_TOY, 0, 0, NULL, MAX_EVENT_LOG_DATA_SIZE + 1, Data),
        NDIS_STATUS_BUFFER_TOO_SHORT);
    assert_int_equal(
        NdisWriteEventLogEntry(Fixture.Driver, STATUS_TOY, 0, 0, NULL, 0xFFFFFFFF, Data),
        NDIS_STATUS_BUFFER_TOO_SHORT);
    assert_int_equal(Entries, 3);
}

static void NoMemory(void **State)
{
    UNREFERENCED_PARAMETER(State);
    NativeFaultsFailNth(1);
    NDIS_STATUS Status = NdisWriteEventLogEntry(Fixture.Driver, STATUS_TOY, 0, 0, NULL, 0, NULL);
    assert_int_equal(NativeFaultsStop(NULL), 1);
    assert_int_equal(Status, NDIS_STATUS_RESOURCES);
    assert_int_equal(Entries, 0);
}

/* Also where drivers send from. */
static void AtDispatchLevel(void **State)
{
    const WCHAR *Strings[] = {L"one"};
    UNREFERENCED_PARAMETER(State);
    KIRQL Old = NativeRaiseIrql(DISPATCH_LEVEL);
    NDIS_STATUS Status = NdisWriteEventLogEntry(Fixture.Driver, STATUS_TOY, 0, 1, Strings, 0, NULL);
    NativeLowerIrql(Old);
    assert_int_equal(Status, NDIS_STATUS_SUCCESS);
    assert_int_equal(Entries, 1);
}

static VOID WithoutHandle(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    NdisWriteEventLogEntry(NULL, STATUS_TOY, 0, 0, NULL, 0, NULL);
}

static VOID WithoutList(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    NdisWriteEventLogEntry(Fixture.Driver, STATUS_TOY, 0, 1, NULL, 0, NULL);
}

static VOID WithoutData(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    NdisWriteEventLogEntry(Fixture.Driver, STATUS_TOY, 0, 0, NULL, 1, NULL);
}

static void BadArguments(void **State)
{
    VOID (*const Cases[])(PVOID) = {WithoutHandle, WithoutList, WithoutData};
    UNREFERENCED_PARAMETER(State);
    for (ULONG Index = 0; Index < ARRAYSIZE(Cases); Index++)
    {
        NATIVE_OUTCOME Outcome;
        NativeAttempt(Cases[Index], NULL, &Outcome);
        assert_int_equal(Outcome.Kind, NativeRuleBroken);
    }
    assert_int_equal(Entries, 0);
}

#define TEST(Name) cmocka_unit_test_setup_teardown(Name, Setup, Teardown)

int main(void)
{
    const struct CMUnitTest Tests[] = {
        TEST(StringsAndData), TEST(NeitherStringsNorData), TEST(WithoutLog),   TEST(Limits),
        TEST(NoMemory),       TEST(AtDispatchLevel),       TEST(BadArguments),
    };
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
