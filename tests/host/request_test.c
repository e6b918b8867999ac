/* SPDX-License-Identifier: MIT */
/* Configuration, and OID requests: those that NDIS answers, those that reach the miniport. */
#include "fixture.h"

/* ---- Configuration ---- */

static const WCHAR *const ValueNames[] = {L"Number", L"Text", L"Hex", L"Bad", L"Bytes", L"None"};

static NDIS_STATUS ReadValue(
    NDIS_HANDLE Configuration,
    ULONG Name,
    NDIS_PARAMETER_TYPE Type,
    PNDIS_CONFIGURATION_PARAMETER *Value)
{
    NDIS_STRING Keyword;
    NDIS_STATUS Status;
    RtlInitUnicodeString(&Keyword, ValueNames[Name]);
    NdisReadConfiguration(&Status, Value, Configuration, &Keyword, Type);
    return Status;
}

static void ConfigurationIsTheDriverKey(void **State)
{
    static const WCHAR Decimal[] = L"4294967295", Hexadecimal[] = L"ff", Bad[] = L"4294967296";
    ULONG Number = 51820;
    NDIS_CONFIGURATION_OBJECT Object = {
        .Header = {
            NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT, 1, NDIS_SIZEOF_CONFIGURATION_OBJECT_REVISION_1}};
    NDIS_HANDLE Configuration;
    PNDIS_CONFIGURATION_PARAMETER Value;
    UNREFERENCED_PARAMETER(State);
    FixtureStart();
    NativeDeviceSetValue(Fixture.Pdo, L"Number", REG_DWORD, &Number, sizeof(Number));
    NativeDeviceSetValue(Fixture.Pdo, L"Text", REG_SZ, Decimal, sizeof(Decimal));
    NativeDeviceSetValue(Fixture.Pdo, L"Hex", REG_SZ, Hexadecimal, sizeof(Hexadecimal));
    NativeDeviceSetValue(Fixture.Pdo, L"Bad", REG_SZ, Bad, sizeof(Bad));
    NativeDeviceSetValue(Fixture.Pdo, L"Bytes", REG_BINARY, "abc", 3);
    Object.NdisHandle = Toy.Adapter;
    assert_int_equal(NdisOpenConfigurationEx(&Object, &Configuration), NDIS_STATUS_SUCCESS);
    assert_int_equal(ReadValue(Configuration, 0, NdisParameterInteger, &Value), 0);
    assert_int_equal(Value->ParameterData.IntegerData, 51820);
    assert_int_equal(ReadValue(Configuration, 1, NdisParameterInteger, &Value), 0);
    assert_int_equal(Value->ParameterType, NdisParameterInteger);
    assert_int_equal(Value->ParameterData.IntegerData, 0xFFFFFFFF);
    assert_int_equal(ReadValue(Configuration, 1, NdisParameterString, &Value), 0);
    assert_int_equal(Value->ParameterType, NdisParameterString);
    assert_int_equal(Value->ParameterData.StringData.Length, 20);
    assert_int_equal(ReadValue(Configuration, 2, NdisParameterHexInteger, &Value), 0);
    assert_int_equal(Value->ParameterData.IntegerData, 0xFF);
    assert_int_equal(
        ReadValue(Configuration, 2, NdisParameterInteger, &Value), NDIS_STATUS_FAILURE);
    assert_int_equal(
        ReadValue(Configuration, 3, NdisParameterInteger, &Value), NDIS_STATUS_FAILURE);
    assert_int_equal(ReadValue(Configuration, 4, NdisParameterBinary, &Value), 0);
    assert_int_equal(Value->ParameterData.BinaryData.Length, 3);
    assert_memory_equal(Value->ParameterData.BinaryData.Buffer, "abc", 3);
    assert_int_equal(
        ReadValue(Configuration, 5, NdisParameterInteger, &Value), NDIS_STATUS_FAILURE);
    NdisCloseConfiguration(Configuration);
}

static void ConfigurationIsWritten(void **State)
{
    NDIS_CONFIGURATION_OBJECT Object = {
        .Header = {
            NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT, 1, NDIS_SIZEOF_CONFIGURATION_OBJECT_REVISION_1}};
    NDIS_CONFIGURATION_PARAMETER Parameter = {.ParameterType = NdisParameterInteger};
    PNDIS_CONFIGURATION_PARAMETER Value;
    NDIS_HANDLE Configuration;
    NDIS_STRING Keyword;
    NDIS_STATUS Status;
    ULONG Number;
    UNREFERENCED_PARAMETER(State);
    FixtureStart();
    Object.NdisHandle = Toy.Adapter;
    assert_int_equal(NdisOpenConfigurationEx(&Object, &Configuration), NDIS_STATUS_SUCCESS);
    RtlInitUnicodeString(&Keyword, L"Number");
    Parameter.ParameterData.IntegerData = 42;
    NdisWriteConfiguration(&Status, Configuration, &Keyword, &Parameter);
    assert_int_equal(Status, NDIS_STATUS_SUCCESS);
    assert_int_equal(NativeDeviceGetDword(Fixture.Pdo, L"Number", &Number), STATUS_SUCCESS);
    assert_int_equal(Number, 42);
    RtlInitUnicodeString(&Keyword, L"Text");
    Parameter.ParameterType = NdisParameterString;
    RtlInitUnicodeString(&Parameter.ParameterData.StringData, L"adit");
    NdisWriteConfiguration(&Status, Configuration, &Keyword, &Parameter);
    assert_int_equal(Status, NDIS_STATUS_SUCCESS);
    assert_int_equal(ReadValue(Configuration, 1, NdisParameterString, &Value), 0);
    assert_int_equal(Value->ParameterData.StringData.Length, 8);
    Parameter.ParameterType = 77;
    NdisWriteConfiguration(&Status, Configuration, &Keyword, &Parameter);
    assert_int_equal(Status, NDIS_STATUS_NOT_SUPPORTED);
    NdisCloseConfiguration(Configuration);
}

static NDIS_HANDLE OpenConfiguration(VOID)
{
    NDIS_CONFIGURATION_OBJECT Object = {
        .Header =
            {NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT, 1, NDIS_SIZEOF_CONFIGURATION_OBJECT_REVISION_1},
        .NdisHandle = Toy.Adapter};
    NDIS_HANDLE Configuration;
    assert_int_equal(NdisOpenConfigurationEx(&Object, &Configuration), NDIS_STATUS_SUCCESS);
    return Configuration;
}

static void NetworkAddressIsRead(void **State)
{
    static const struct
    {
        const WCHAR *Text;
        ULONG Size;
        UINT Length; /* 0: refused */
        UCHAR Bytes[6];
    } Cases[] = {
#define ADDRESS(Text, ...) {Text, sizeof(Text), __VA_ARGS__}
        ADDRESS(L"02aB00000f10", 6, {2, 0xAB, 0, 0, 0xF, 0x10}),
        ADDRESS(L"02-00-1c-42-00-09", 6, {2, 0, 0x1C, 0x42, 0, 9}),
        ADDRESS(L"7f", 1, {0x7F}),
        ADDRESS(L"7f0", 0, {0}),
        ADDRESS(L"02:00", 0, {0}),
        ADDRESS(L"", 0, {0}),
    };
    ULONG Number = 1;
    NDIS_HANDLE Configuration;
    NDIS_STATUS Status;
    PVOID Address;
    UINT Length;
    UNREFERENCED_PARAMETER(State);
    FixtureStart();
    Configuration = OpenConfiguration();
    NdisReadNetworkAddress(&Status, &Address, &Length, Configuration);
    assert_int_equal(Status, NDIS_STATUS_FAILURE);
    for (ULONG i = 0; i < ARRAYSIZE(Cases); i++)
    {
        NativeDeviceSetValue(Fixture.Pdo, L"NetworkAddress", REG_SZ, Cases[i].Text, Cases[i].Size);
        NdisReadNetworkAddress(&Status, &Address, &Length, Configuration);
        assert_int_equal(Status, Cases[i].Length != 0 ? NDIS_STATUS_SUCCESS : NDIS_STATUS_FAILURE);
        if (Cases[i].Length != 0)
        {
            assert_int_equal(Length, Cases[i].Length);
            assert_memory_equal(Address, Cases[i].Bytes, Length);
        }
    }
    NativeDeviceSetValue(Fixture.Pdo, L"NetworkAddress", REG_DWORD, &Number, sizeof(Number));
    NdisReadNetworkAddress(&Status, &Address, &Length, Configuration);
    assert_int_equal(Status, NDIS_STATUS_FAILURE);
    NdisCloseConfiguration(Configuration);
}

static void SubKeysAreOpened(void **State)
{
    NDIS_CONFIGURATION_PARAMETER Parameter = {.ParameterType = NdisParameterInteger};
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"Sub");
    UNICODE_STRING Keyword = RTL_CONSTANT_STRING(L"Number");
    PNDIS_CONFIGURATION_PARAMETER Value;
    NDIS_HANDLE Configuration, SubKey;
    OBJECT_ATTRIBUTES Attributes;
    HANDLE DriverKey, Key;
    NDIS_STATUS Status;
    UNREFERENCED_PARAMETER(State);
    FixtureStart();
    Configuration = OpenConfiguration();
    NdisOpenConfigurationKeyByName(&Status, Configuration, &Name, &SubKey);
    assert_int_equal(Status, NDIS_STATUS_FAILURE);
    assert_null(SubKey);
    IoOpenDeviceRegistryKey(Fixture.Pdo, PLUGPLAY_REGKEY_DRIVER, KEY_ALL_ACCESS, &DriverKey);
    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE, DriverKey, NULL);
    assert_int_equal(
        ZwCreateKey(&Key, KEY_ALL_ACCESS, &Attributes, 0, NULL, 0, NULL), STATUS_SUCCESS);
    ZwClose(Key);
    ZwClose(DriverKey);
    NdisOpenConfigurationKeyByName(&Status, Configuration, &Name, &SubKey);
    assert_int_equal(Status, NDIS_STATUS_SUCCESS);
    NdisCloseConfiguration(Configuration);
    Parameter.ParameterData.IntegerData = 7;
    NdisWriteConfiguration(&Status, SubKey, &Keyword, &Parameter);
    assert_int_equal(Status, NDIS_STATUS_SUCCESS);
    assert_int_equal(ReadValue(SubKey, 0, NdisParameterInteger, &Value), NDIS_STATUS_SUCCESS);
    assert_int_equal(Value->ParameterData.IntegerData, 7);
    NdisCloseConfiguration(SubKey);
}

/* ---- OIDs ---- */

static void QueriesAreAnsweredByNdis(void **State)
{
    static const struct
    {
        NDIS_OID Oid;
        ULONG Length;
        ULONG64 Value;
    } Cases[] = {
        {OID_GEN_MAXIMUM_FRAME_SIZE, 4, 0xFFFF},
        {OID_GEN_MEDIA_IN_USE, 4, NdisMediumIP},
        {OID_GEN_CURRENT_PACKET_FILTER, 4, NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_BROADCAST},
        {OID_GEN_CURRENT_LOOKAHEAD, 4, 256},
        {OID_GEN_DRIVER_VERSION, 2, 0x0307},
        {OID_GEN_MEDIA_CONNECT_STATUS, 4, 0},
        {OID_GEN_MEDIA_CONNECT_STATUS_EX, 4, MediaConnectStateConnected},
        {OID_GEN_LINK_SPEED, 4, 10000000},
        {OID_GEN_DIRECTED_FRAMES_XMIT, 8, 1},
        {OID_GEN_XMIT_OK, 4, 0x12345678}, /* the miniport */
        {OID_GEN_BYTES_RCV, 8, 0x500000006},
        {OID_GEN_BYTES_RCV, 4, 6},
        {OID_GEN_VENDOR_ID, 4, 0x12345678}, /* the miniport's own */
    };
    ULONG Written, Needed;
    UNREFERENCED_PARAMETER(State);
    FixtureStart();
    ToyIndicateLinkState(MediaConnectStateConnected);
    for (ULONG i = 0; i < ARRAYSIZE(Cases); i++)
    {
        ULONG64 Value = 0;
        assert_int_equal(
            NdisHostQuery(
                Fixture.Adapter, Cases[i].Oid, &Value, Cases[i].Length, &Written, &Needed),
            NDIS_STATUS_SUCCESS);
        assert_int_equal(Written, Cases[i].Length);
        assert_true(Value == Cases[i].Value);
        Value = 0;
        assert_int_equal(
            NdisHostQuery(Fixture.Adapter, Cases[i].Oid, &Value, 1, &Written, &Needed),
            NDIS_STATUS_INVALID_LENGTH);
        assert_int_equal(Needed >= Cases[i].Length ? Cases[i].Length : Needed, Cases[i].Length);
        assert_true(Value == 0);
    }
}

static void RequestsReachTheMiniport(void **State)
{
    NDIS_OID_REQUEST Request = {
        .Header = {
            NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_1,
            NDIS_SIZEOF_OID_REQUEST_REVISION_1}};
    UNREFERENCED_PARAMETER(State);
    FixtureAdd();
    Request.RequestType = NdisRequestMethod;
    assert_int_equal(NdisHostOidRequest(Fixture.Adapter, &Request), NDIS_STATUS_ADAPTER_NOT_READY);
    assert_int_equal(NativeDeviceStart(Fixture.Pdo), STATUS_SUCCESS);
    assert_int_equal(NdisHostOidRequest(Fixture.Adapter, &Request), NDIS_STATUS_NOT_SUPPORTED);
    Toy.PendOid = TRUE;
    assert_int_equal(NdisHostOidRequest(Fixture.Adapter, &Request), NDIS_STATUS_NOT_SUPPORTED);
    Toy.OidStatus = NDIS_STATUS_INVALID_DATA;
    assert_int_equal(NdisHostOidRequest(Fixture.Adapter, &Request), NDIS_STATUS_INVALID_DATA);
    assert_int_equal(NdisHostCancelOidRequest(Fixture.Adapter, NULL), STATUS_SUCCESS);
    assert_non_null(strstr(Toy.Trace, "CancelOid "));
}

/* ---- Direct requests ---- */

static PNDIS_OID_REQUEST volatile DirectHeld;
static volatile LONG DirectCancelled;

static NDIS_STATUS NDISAPI DirectRequest(NDIS_HANDLE Context, PNDIS_OID_REQUEST Request)
{
    assert_ptr_equal(Context, &Toy);
    if (Request->DATA.QUERY_INFORMATION.Oid == OID_GEN_VENDOR_ID)
    {
        Request->DATA.QUERY_INFORMATION.BytesWritten = 4;
        return NDIS_STATUS_SUCCESS;
    }
    InterlockedExchangePointer((PVOID volatile *)&DirectHeld, Request);
    return NDIS_STATUS_PENDING;
}

static VOID NDISAPI DirectCancel(NDIS_HANDLE Context, PVOID RequestId)
{
    UNREFERENCED_PARAMETER(Context);
    assert_ptr_equal(RequestId, &DirectCancelled);
    InterlockedIncrement(&DirectCancelled);
    NdisMDirectOidRequestComplete(Toy.Adapter, DirectHeld, NDIS_STATUS_REQUEST_ABORTED);
}

static NDIS_STATUS DirectStatus;
static volatile LONG DirectEnded;

static VOID NTAPI DirectThread(PVOID Context)
{
    DirectStatus = NdisHostDirectOidRequest(Fixture.Adapter, Context);
    InterlockedIncrement(&DirectEnded);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

/* One is held until it is cancelled; others come and go beside it. */
static void DirectRequestsAreNotSerialised(void **State)
{
    ULONG Value;
    NDIS_OID_REQUEST Held = {
        .Header = {NDIS_OBJECT_TYPE_OID_REQUEST, 1, NDIS_SIZEOF_OID_REQUEST_REVISION_1},
        .RequestType = NdisRequestQueryInformation,
        .DATA.QUERY_INFORMATION = {OID_GEN_STATISTICS, &Value, sizeof(Value), 0, 0}};
    NDIS_OID_REQUEST Other = Held;
    HANDLE Thread;
    UNREFERENCED_PARAMETER(State);
    FixtureStart();
    assert_int_equal(NdisHostDirectOidRequest(Fixture.Adapter, &Held), NDIS_STATUS_NOT_SUPPORTED);
    assert_int_equal(
        NdisHostCancelDirectOidRequest(Fixture.Adapter, (PVOID)&DirectCancelled), STATUS_SUCCESS);
    FixtureTeardown(NULL);
    FixtureSetup(NULL);
    Toy.Characteristics.DirectOidRequestHandler = DirectRequest;
    Toy.Characteristics.CancelDirectOidRequestHandler = DirectCancel;
    FixtureStart();
    PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, DirectThread, &Held);
    FIXTURE_WAIT(ReadPointerAcquire((PVOID volatile *)&DirectHeld) == &Held);
    Other.DATA.QUERY_INFORMATION.Oid = OID_GEN_VENDOR_ID;
    assert_int_equal(NdisHostDirectOidRequest(Fixture.Adapter, &Other), NDIS_STATUS_SUCCESS);
    assert_int_equal(NdisHostOidRequest(Fixture.Adapter, &Other), NDIS_STATUS_SUCCESS);
    assert_int_equal(ReadAcquire(&DirectEnded), 0);
    assert_int_equal(
        NdisHostCancelDirectOidRequest(Fixture.Adapter, (PVOID)&DirectCancelled), STATUS_SUCCESS);
    assert_int_equal(ZwWaitForSingleObject(Thread, FALSE, NULL), STATUS_SUCCESS);
    ZwClose(Thread);
    assert_int_equal(DirectStatus, NDIS_STATUS_REQUEST_ABORTED);
}

static NDIS_STATUS OptionalStatus[2];

static NDIS_STATUS NDISAPI SetOptions(NDIS_HANDLE NdisDriverHandle, NDIS_HANDLE DriverContext)
{
    NDIS_DRIVER_OPTIONAL_HANDLERS Handlers = {
        .Header = {NDIS_OBJECT_TYPE_MINIPORT_SS_CHARACTERISTICS, 1, sizeof(Handlers)}};
    UNREFERENCED_PARAMETER(DriverContext);
    OptionalStatus[0] = NdisSetOptionalHandlers(NdisDriverHandle, &Handlers);
    Handlers.Header.Type = 0x92; /* NDIS_OBJECT_TYPE_MINIPORT_PNP_CHARACTERISTICS */
    OptionalStatus[1] = NdisSetOptionalHandlers(NdisDriverHandle, &Handlers);
    return NDIS_STATUS_SUCCESS;
}

static void OptionalHandlers(void **State)
{
    UNREFERENCED_PARAMETER(State);
    Toy.Characteristics.SetOptionsHandler = SetOptions;
    FixtureLoad();
    assert_int_equal(OptionalStatus[0], NDIS_STATUS_SUCCESS);
    assert_int_equal(OptionalStatus[1], NDIS_STATUS_FAILURE);
}

int main(void)
{
#define TEST(Function) cmocka_unit_test_setup_teardown(Function, FixtureSetup, FixtureTeardown)
    const struct CMUnitTest Tests[] = {
        TEST(ConfigurationIsTheDriverKey),    TEST(ConfigurationIsWritten),
        TEST(NetworkAddressIsRead),           TEST(SubKeysAreOpened),
        TEST(QueriesAreAnsweredByNdis),       TEST(RequestsReachTheMiniport),
        TEST(DirectRequestsAreNotSerialised), TEST(OptionalHandlers),
    };
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
