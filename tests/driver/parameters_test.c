/* SPDX-License-Identifier: MIT */
/*
 * The adapter's parameters: what is in the driver key when the device starts, and what NDIS and
 * the link are told then.
 */
#include "fixture.h"

DRIVER_INITIALIZE DriverEntry;

typedef struct _STARTED
{
    ULONG Mtu;
    ULONG64 LinkSpeed; /* bit/s */
} STARTED;

/* Starts an adapter with one value in its driver key, and removes it again. */
static STARTED StartWith(PCWSTR Name, ULONG Type, const void *Data, ULONG Size)
{
    FIXTURE Fixture = {0};
    NDIS_HOST_INFORMATION Information;
    STARTED Started;
    assert_int_equal(NativeDriverLoad(L"Adit", DriverEntry, &Fixture.Driver), STATUS_SUCCESS);
    assert_int_equal(NativeDeviceAdd(Fixture.Driver, L"Adit", &Fixture.Pdo), STATUS_SUCCESS);
    if (Name)
    {
        assert_int_equal(NativeDeviceSetValue(Fixture.Pdo, Name, Type, Data, Size), STATUS_SUCCESS);
    }
    assert_int_equal(NativeDeviceStart(Fixture.Pdo), STATUS_SUCCESS);
    PNDIS_MINIPORT_ADAPTER Adapter = FixtureAdapter(&Fixture);
    NdisHostGetInformation(Adapter, &Information);
    NdisHostCloseAdapter(Adapter);
    Started = (STARTED){.Mtu = Information.MtuSize, .LinkSpeed = Information.XmitLinkSpeed};

    /* Whoever asks gets the same answer. */
    assert_int_equal(NativeLinkMtu(NativeLinkLast()), Started.Mtu);
    assert_int_equal(FixtureQuery(&Fixture, OID_GEN_MAXIMUM_TOTAL_SIZE), Started.Mtu);
    assert_int_equal(FixtureQuery(&Fixture, OID_GEN_MAXIMUM_LOOKAHEAD), Started.Mtu);
    assert_true(Information.RcvLinkSpeed == Started.LinkSpeed);

    void *State = &Fixture;
    FixtureStop(&State);
    return Started;
}

static STARTED StartWithDword(PCWSTR Name, ULONG Value)
{
    return StartWith(Name, REG_DWORD, &Value, sizeof(Value));
}

static void Defaults(void **State)
{
    UNREFERENCED_PARAMETER(State);
    STARTED Started = StartWith(NULL, 0, NULL, 0);
    assert_int_equal(Started.Mtu, 65535);
    assert_true(Started.LinkSpeed == 1000000000ull);
}

static void Mtu(void **State)
{
    UNREFERENCED_PARAMETER(State);
    assert_int_equal(StartWithDword(L"MTU", 1280).Mtu, 1280);
    assert_int_equal(StartWithDword(L"MTU", 1420).Mtu, 1420);
    assert_int_equal(StartWithDword(L"MTU", 65535).Mtu, 65535);
    /* Out of range: the default. */
    assert_int_equal(StartWithDword(L"MTU", 0).Mtu, 65535);
    assert_int_equal(StartWithDword(L"MTU", 1279).Mtu, 65535);
    assert_int_equal(StartWithDword(L"MTU", 65536).Mtu, 65535);
    assert_int_equal(StartWithDword(L"MTU", 0xFFFFFFFF).Mtu, 65535);
}

/* In Mbit/s. */
static void LinkSpeed(void **State)
{
    UNREFERENCED_PARAMETER(State);
    assert_true(StartWithDword(L"LinkSpeed", 1).LinkSpeed == 1000000ull);
    assert_true(StartWithDword(L"LinkSpeed", 100).LinkSpeed == 100000000ull);
    assert_true(StartWithDword(L"LinkSpeed", 1000000).LinkSpeed == 1000000000000ull);
    assert_true(StartWithDword(L"LinkSpeed", 0).LinkSpeed == 1000000000ull);
    assert_true(StartWithDword(L"LinkSpeed", 1000001).LinkSpeed == 1000000000ull);
}

/* As an INF's "Ndi\Params" writes it: a decimal number in a string. */
static void Strings(void **State)
{
    UNREFERENCED_PARAMETER(State);
    static const WCHAR Number[] = L"1500", Word[] = L"large";
    assert_int_equal(StartWith(L"MTU", REG_SZ, Number, sizeof(Number)).Mtu, 1500);
    assert_int_equal(StartWith(L"MTU", REG_SZ, Word, sizeof(Word)).Mtu, 65535);
}

int main(void)
{
    const struct CMUnitTest Tests[] = {
        cmocka_unit_test(Defaults),
        cmocka_unit_test(Mtu),
        cmocka_unit_test(LinkSpeed),
        cmocka_unit_test(Strings),
    };
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
