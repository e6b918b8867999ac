/* SPDX-License-Identifier: MIT */
/*
 * Strings, interlocked operations, processors, the event log, generic objects, functions by name,
 * interfaces, and a key's subkeys in their order.
 */
#include "fixture.h"

static void Strings(void **State)
{
    WCHAR Wide[8] = {0};
    CHAR Narrow[8] = {0};
    UNICODE_STRING Unicode, Other, Target = {0, sizeof(Wide), Wide};
    ANSI_STRING Ansi, AnsiTarget = {0, sizeof(Narrow), Narrow};
    NDIS_STRING Copy;
    UNREFERENCED_PARAMETER(State);

    NdisInitAnsiString(&Ansi, "Adit");
    assert_int_equal(Ansi.Length, 4);
    assert_int_equal(Ansi.MaximumLength, 5);
    NdisInitUnicodeString(&Unicode, L"Adit");
    assert_int_equal(Unicode.Length, 8);
    assert_int_equal(NdisAnsiStringToUnicodeString(&Target, &Ansi), NDIS_STATUS_SUCCESS);
    assert_true(NdisEqualString(&Target, &Unicode, FALSE));
    assert_int_equal(NdisUnicodeStringToAnsiString(&AnsiTarget, &Unicode), NDIS_STATUS_SUCCESS);
    assert_string_equal(Narrow, "Adit");
    assert_int_equal(NdisUpcaseUnicodeString(&Target, &Unicode), NDIS_STATUS_SUCCESS);
    NdisInitUnicodeString(&Other, L"ADIT");
    assert_true(NdisEqualString(&Target, &Other, FALSE));
    assert_true(NdisEqualString(&Target, &Unicode, TRUE));
    assert_false(NdisEqualString(&Target, &Unicode, FALSE));
    Target.MaximumLength = 6;
    AnsiTarget.MaximumLength = 4;
    assert_int_equal(NdisUpcaseUnicodeString(&Target, &Unicode), STATUS_BUFFER_OVERFLOW);
    assert_int_equal(NdisAnsiStringToUnicodeString(&Target, &Ansi), STATUS_BUFFER_OVERFLOW);
    assert_int_equal(NdisUnicodeStringToAnsiString(&AnsiTarget, &Unicode), STATUS_BUFFER_OVERFLOW);

    NdisInitializeString(&Copy, (PUCHAR) "adit");
    assert_true(NdisEqualString(&Copy, &Unicode, TRUE));
    assert_int_equal(Copy.MaximumLength, 10);
    assert_int_equal(Copy.Buffer[4], 0);
    NdisFreeString(Copy);
    NativeFaultsFailNth(1);
    NdisInitializeString(&Copy, (PUCHAR) "adit");
    assert_int_equal(NativeFaultsStop(NULL), 1);
    assert_null(Copy.Buffer);
}

static void Interlocked(void **State)
{
    NDIS_SPIN_LOCK Lock;
    LIST_ENTRY List, Entries[3];
    SINGLE_LIST_ENTRY Single = {0}, Singles[2];
    LONG Number = 5;
    ULONG Sum = 7;
    UNREFERENCED_PARAMETER(State);

    NdisAllocateSpinLock(&Lock);
    assert_int_equal(NdisInterlockedIncrement(&Number), 6);
    assert_int_equal(NdisInterlockedDecrement(&Number), 5);
    assert_int_equal(NdisInterlockedAddUlong(&Sum, 3, &Lock), 7);
    assert_int_equal(Sum, 10);
    InitializeListHead(&List);
    assert_null(NdisInterlockedRemoveHeadList(&List, &Lock));
    assert_null(NdisInterlockedInsertTailList(&List, &Entries[1], &Lock));
    assert_ptr_equal(NdisInterlockedInsertTailList(&List, &Entries[2], &Lock), &Entries[1]);
    assert_ptr_equal(NdisInterlockedInsertHeadList(&List, &Entries[0], &Lock), &Entries[1]);
    for (ULONG i = 0; i < ARRAYSIZE(Entries); i++)
    {
        assert_ptr_equal(NdisInterlockedRemoveHeadList(&List, &Lock), &Entries[i]);
    }
    assert_null(NdisInterlockedInsertHeadList(&List, &Entries[0], &Lock));
    assert_null(NdisInterlockedPopEntryList(&Single, &Lock));
    assert_null(NdisInterlockedPushEntryList(&Single, &Singles[0], &Lock));
    assert_ptr_equal(NdisInterlockedPushEntryList(&Single, &Singles[1], &Lock), &Singles[0]);
    assert_ptr_equal(NdisInterlockedPopEntryList(&Single, &Lock), &Singles[1]);
    assert_ptr_equal(NdisInterlockedPopEntryList(&Single, &Lock), &Singles[0]);
    assert_null(Single.Next);
    NdisFreeSpinLock(&Lock);
}

static void Processors(void **State)
{
    ULONG Count = NdisGroupActiveProcessorCount(0);
    PROCESSOR_NUMBER Processor = NdisCurrentGroupAndProcessor();
    UNREFERENCED_PARAMETER(State);
    assert_true(Count >= 1);
    assert_int_equal(NdisGroupActiveProcessorCount(1), 0);
    assert_int_equal(__builtin_popcountll(NdisGroupActiveProcessorMask(0)), Count);
    assert_int_equal(NdisGroupActiveProcessorMask(1), 0);
    assert_int_equal(NdisActiveGroupCount(), 1);
    assert_int_equal(NdisMaxGroupCount(), 1);
    assert_true(NdisCurrentProcessorIndex() < Count);
    assert_true(Processor.Group == 0 && Processor.Number < Count);
}

static VOID RssOf(ULONG MinorVersion, USHORT Revision, ULONG Offset)
{
    union
    {
        NDIS_RSS_PROCESSOR_INFO Info;
        UCHAR Space[0x28 + 64 * sizeof(NDIS_RSS_PROCESSOR)];
    } Buffer;
    SIZE_T Size = 0, Needed;
    Toy.Characteristics.MinorNdisVersion = (UCHAR)MinorVersion;
    FixtureStart();
    assert_int_equal(
        NdisGetRssProcessorInformation(Toy.Adapter, NULL, &Size), NDIS_STATUS_BUFFER_TOO_SHORT);
    assert_int_equal(Size, Offset + NdisGroupActiveProcessorCount(0) * sizeof(NDIS_RSS_PROCESSOR));
    Needed = Size--;
    assert_int_equal(
        NdisGetRssProcessorInformation(Toy.Adapter, &Buffer.Info, &Size),
        NDIS_STATUS_BUFFER_TOO_SHORT);
    Size = sizeof(Buffer);
    memset(&Buffer, 0xAA, sizeof(Buffer));
    assert_int_equal(
        NdisGetRssProcessorInformation(Toy.Adapter, &Buffer.Info, &Size), NDIS_STATUS_SUCCESS);
    assert_int_equal(Size, Needed);
    assert_int_equal(Buffer.Space[Needed], 0xAA);
    assert_int_equal(Buffer.Info.Header.Type, NDIS_OBJECT_TYPE_RSS_PROCESSOR_INFO);
    assert_int_equal(Buffer.Info.Header.Revision, Revision);
    assert_int_equal(Buffer.Info.RssProcessorArrayOffset, Offset);
    PNDIS_RSS_PROCESSOR Last =
        (PNDIS_RSS_PROCESSOR)&Buffer.Space[Offset] + Buffer.Info.RssProcessorCount - 1;
    assert_int_equal(Last->ProcNum.Number, NdisGroupActiveProcessorCount(0) - 1);
}

static void RssProcessors(void **State)
{
    UNREFERENCED_PARAMETER(State);
    RssOf(20, 1, NDIS_SIZEOF_RSS_PROCESSOR_INFO_REVISION_1);
    FixtureTeardown(NULL);
    FixtureSetup(NULL);
    RssOf(30, 2, NDIS_SIZEOF_RSS_PROCESSOR_INFO_REVISION_2);
}

static void UpTime(void **State)
{
    LARGE_INTEGER First, Second;
    UNREFERENCED_PARAMETER(State);
    NdisGetSystemUpTimeEx(&First);
    assert_true(First.QuadPart > 0);
    FixtureSleep(20);
    NdisGetSystemUpTimeEx(&Second);
    assert_true(Second.QuadPart - First.QuadPart >= 19);
    assert_true(Second.QuadPart - First.QuadPart < 1000000);
}

static ULONG LoggedCode, LoggedSize, LoggedFirst, LoggedLast;

static VOID SeeEvent(PDRIVER_OBJECT DriverObject, const IO_ERROR_LOG_PACKET *Entry)
{
    ULONG Count = Entry->DumpDataSize / sizeof(ULONG);
    assert_ptr_equal(DriverObject, Toy.DriverObject);
    LoggedCode = (ULONG)Entry->ErrorCode;
    LoggedSize = Entry->DumpDataSize;
    LoggedFirst = Count != 0 ? Entry->DumpData[0] : 0;
    LoggedLast = Count != 0 ? Entry->DumpData[Count - 1] : 0;
}

static void EventLog(void **State)
{
    UNREFERENCED_PARAMETER(State);
    NativeSetEventLog(SeeEvent);
    FixtureStart();
    NdisWriteErrorLogEntry(Toy.Adapter, NDIS_ERROR_CODE_OUT_OF_RESOURCES, 3, 11, 12, 13);
    assert_int_equal(LoggedCode, NDIS_ERROR_CODE_OUT_OF_RESOURCES);
    assert_int_equal(LoggedSize, 12);
    assert_int_equal(LoggedFirst, 11);
    assert_int_equal(LoggedLast, 13);
    NdisWriteErrorLogEntry(Toy.Adapter, 0xC0001391, 0);
    assert_int_equal(LoggedCode, 0xC0001391);
    assert_int_equal(LoggedSize, 0);
    /* One more than any entry has room for. */
#define TEN(First)                                                                                 \
    First, First + 1, First + 2, First + 3, First + 4, First + 5, First + 6, First + 7, First + 8, \
        First + 9
    NdisWriteErrorLogEntry(
        Toy.Adapter, 0xC0001389, 51, TEN(0), TEN(10), TEN(20), TEN(30), TEN(40), 50);
    assert_int_equal(
        LoggedSize, ERROR_LOG_MAXIMUM_SIZE - FIELD_OFFSET(IO_ERROR_LOG_PACKET, DumpData));
    assert_int_equal(LoggedLast, LoggedSize / sizeof(ULONG) - 1);
    /* Without memory nothing is written. */
    LoggedCode = 0;
    NativeFaultsFailNth(1);
    NdisWriteErrorLogEntry(Toy.Adapter, NDIS_ERROR_CODE_OUT_OF_RESOURCES, 0);
    assert_int_equal(NativeFaultsStop(NULL), 1);
    assert_int_equal(LoggedCode, 0);
    FixtureTeardown(NULL);
    NativeSetEventLog(NULL);
    FixtureSetup(NULL);
}

static volatile LONG WorkDone;

static VOID NDISAPI Work(PVOID Context, NDIS_HANDLE WorkItem)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(WorkItem);
    InterlockedIncrement(&WorkDone);
}

static void GenericObjects(void **State)
{
    PNDIS_GENERIC_OBJECT Object;
    NDIS_HANDLE WorkItem;
    PVOID Memory;
    UNREFERENCED_PARAMETER(State);
    FixtureLoad();
    Object = NdisAllocateGenericObject(Toy.DriverObject, TOY_TAG, 100);
    assert_non_null(Object);
    memset(Object + 1, 0xAA, 100);
    Memory = NdisAllocateMemoryWithTagPriority(Object, 100, TOY_TAG, NormalPoolPriority);
    assert_non_null(Memory);
    NdisFreeMemoryWithTag(Memory, TOY_TAG);
    WorkItem = NdisAllocateIoWorkItem(Object);
    assert_non_null(WorkItem);
    NdisQueueIoWorkItem(WorkItem, Work, NULL);
    FIXTURE_WAIT(ReadAcquire(&WorkDone) == 1);
    NdisFreeIoWorkItem(WorkItem);
    NdisFreeGenericObject(Object);
    NativeFaultsFailNth(1);
    assert_null(NdisAllocateGenericObject(NULL, TOY_TAG, 0));
    assert_int_equal(NativeFaultsStop(NULL), 1);
}

static void Routines(void **State)
{
    NDIS_STRING Name;
    UNREFERENCED_PARAMETER(State);
    NdisInitUnicodeString(&Name, L"NdisAcquireRWLockRead");
    assert_ptr_equal(NdisGetRoutineAddress(&Name), NdisAcquireRWLockRead);
    NdisInitUnicodeString(&Name, L"NdisWriteErrorLogEntry");
    assert_ptr_equal(NdisGetRoutineAddress(&Name), NdisWriteErrorLogEntry);
    NdisInitUnicodeString(&Name, L"NdisWriteErrorLogEntr");
    assert_null(NdisGetRoutineAddress(&Name));
    NdisInitUnicodeString(&Name, L"NdisWriteErrorLogEntryX");
    assert_null(NdisGetRoutineAddress(&Name));
    assert_int_not_equal(NdisGeneratePartialCancelId(), NdisGeneratePartialCancelId());
}

static void Interfaces(void **State)
{
    NET_IFINDEX Index = 0;
    NET_LUID Luid = {0};
    NDIS_STRING Name;
    UNREFERENCED_PARAMETER(State);
    FixtureStart();
    assert_int_equal(
        NdisIfGetInterfaceIndexFromNetLuid(Toy.InitParameters.NetLuid, &Index),
        NDIS_STATUS_SUCCESS);
    assert_int_equal(Index, Toy.InitParameters.IfIndex);
    assert_int_equal(NdisIfGetNetLuidFromInterfaceIndex(Index, &Luid), NDIS_STATUS_SUCCESS);
    assert_true(Luid.Value == Toy.InitParameters.NetLuid.Value);
    assert_int_equal(
        NdisIfGetNetLuidFromInterfaceIndex(Index + 1, &Luid), NDIS_STATUS_INTERFACE_NOT_FOUND);
    Luid.Value++;
    assert_int_equal(
        NdisIfGetInterfaceIndexFromNetLuid(Luid, &Index), NDIS_STATUS_INTERFACE_NOT_FOUND);
    assert_int_equal(NdisMQueryAdapterInstanceName(&Name, Toy.Adapter), NDIS_STATUS_SUCCESS);
    assert_true(Name.Length != 0);
    NdisFreeMemory(Name.Buffer, 0, 0);
    NativeFaultsFailNth(1);
    assert_int_equal(NdisMQueryAdapterInstanceName(&Name, Toy.Adapter), NDIS_STATUS_RESOURCES);
    assert_int_equal(NativeFaultsStop(NULL), 1);
}

static VOID MakeKey(HANDLE Parent, PCWSTR Text)
{
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Name;
    HANDLE Key;
    NdisInitUnicodeString(&Name, Text);
    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE, Parent, NULL);
    assert_int_equal(
        ZwCreateKey(&Key, KEY_ALL_ACCESS, &Attributes, 0, NULL, 0, NULL), STATUS_SUCCESS);
    ZwClose(Key);
}

static void SubkeysInTurn(void **State)
{
    NDIS_CONFIGURATION_OBJECT Object = {
        .Header = {
            NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT, 1, NDIS_SIZEOF_CONFIGURATION_OBJECT_REVISION_1}};
    WCHAR Text[16];
    NDIS_STRING Name = {0, sizeof(Text), Text}, Expected;
    NDIS_HANDLE Configuration, Subkey;
    NDIS_STATUS Status;
    HANDLE Key;
    UNREFERENCED_PARAMETER(State);
    FixtureStart();
    assert_int_equal(
        IoOpenDeviceRegistryKey(Fixture.Pdo, PLUGPLAY_REGKEY_DRIVER, KEY_ALL_ACCESS, &Key),
        STATUS_SUCCESS);
    MakeKey(Key, L"First");
    MakeKey(Key, L"First\\Inner");
    MakeKey(Key, L"Second");
    ZwClose(Key);
    Object.NdisHandle = Toy.Adapter;
    assert_int_equal(NdisOpenConfigurationEx(&Object, &Configuration), NDIS_STATUS_SUCCESS);
    for (ULONG i = 0; i < 2; i++)
    {
        NdisInitUnicodeString(&Expected, i == 0 ? L"First" : L"Second");
        NdisOpenConfigurationKeyByIndex(&Status, Configuration, i, &Name, &Subkey);
        assert_int_equal(Status, NDIS_STATUS_SUCCESS);
        assert_true(NdisEqualString(&Name, &Expected, FALSE));
        NdisCloseConfiguration(Subkey);
    }
    NdisOpenConfigurationKeyByIndex(&Status, Configuration, 2, &Name, &Subkey);
    assert_int_equal(Status, NDIS_STATUS_FAILURE);
    assert_null(Subkey);
    Name.MaximumLength = 8;
    NdisOpenConfigurationKeyByIndex(&Status, Configuration, 0, &Name, &Subkey);
    assert_int_equal(Status, NDIS_STATUS_FAILURE);
    Name.MaximumLength = sizeof(Text);
    for (ULONG i = 1;; i++)
    {
        NativeFaultsFailNth(i);
        NdisOpenConfigurationKeyByIndex(&Status, Configuration, 1, &Name, &Subkey);
        if (NativeFaultsStop(NULL) == 0)
        {
            break;
        }
        assert_int_equal(Status, NDIS_STATUS_FAILURE);
    }
    assert_int_equal(Status, NDIS_STATUS_SUCCESS);
    NdisCloseConfiguration(Subkey);
    NdisCloseConfiguration(Configuration);
}

int main(void)
{
#define CASE(Name) cmocka_unit_test_setup_teardown(Name, FixtureSetup, FixtureTeardown)
    const struct CMUnitTest Tests[] = {
        CASE(Strings),    CASE(Interlocked),   CASE(Processors),     CASE(RssProcessors),
        CASE(UpTime),     CASE(EventLog),      CASE(GenericObjects), CASE(Routines),
        CASE(Interfaces), CASE(SubkeysInTurn),
    };
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
