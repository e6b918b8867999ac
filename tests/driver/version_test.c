/* SPDX-License-Identifier: MIT */
/*
 * The driver on every version of NDIS from Windows 7's to Windows 11's: it registers for one that
 * the running NDIS has, and carries packets both ways.
 */
#include <string.h>

#include "fixture.h"

/* "Overview of NDIS versions": 6.20 is Windows 7, 6.30 8, 6.40 8.1, 6.50 and later 10 and 11. */
static const ULONG Versions[] = {20, 30, 40, 50, 51, 52, 60, 70, 80, 81, 82, 83, 84, 85, 86};

/* What the driver registers for: the newest that its structures have ("MinorNdisVersion"). */
static ULONG Expected(ULONG Running)
{
    return Running >= 83 ? 83 : Running == 52 ? 51 : Running;
}

/* As NDIS answers it: major and minor version that the driver asked for. */
static ULONG RegisteredVersion(const FIXTURE *Fixture)
{
    PNDIS_MINIPORT_ADAPTER Adapter = FixtureAdapter(Fixture);
    NDIS_HOST_INFORMATION Information;
    NdisHostGetInformation(Adapter, &Information);
    NdisHostCloseAdapter(Adapter);
    assert_int_equal(Information.PowerManagementRevision, Information.NdisVersion >= 30 ? 2 : 1);
    assert_int_equal(Information.CharacteristicsRevision, Information.NdisVersion >= 80 ? 3 : 2);
    return Information.NdisVersion;
}

static void OnePacketEachWay(const FIXTURE *Fixture)
{
    UCHAR Packet[84], Data[128];
    const UCHAR *Received;
    CLIENT Client;

    ClientStart(&Client, Fixture);
    PacketMake(Packet, sizeof(Packet), 4, 1);
    NativeLinkPush(Fixture->Link, Packet, sizeof(Packet));
    assert_int_equal(ClientReceive(&Client, &Received, FIXTURE_TIMEOUT), sizeof(Packet));
    assert_memory_equal(Received, Packet, sizeof(Packet));
    ClientRelease(&Client, sizeof(Packet));
    assert_true(ClientPut(&Client, Packet, sizeof(Packet)));
    ClientPublish(&Client);
    assert_int_equal(
        NativeLinkCollect(Fixture->Link, Data, sizeof(Data), FIXTURE_TIMEOUT), sizeof(Packet));
    ClientExit(&Client);
}

static void EveryVersion(void **State)
{
    for (size_t Index = 0; Index < ARRAYSIZE(Versions); Index++)
    {
        assert_int_equal(NdisHostSetVersion((6u << 16) | Versions[Index]), STATUS_SUCCESS);
        assert_int_equal(FixtureStart(State), 0);
        assert_int_equal(RegisteredVersion(*State), Expected(Versions[Index]));
        OnePacketEachWay(*State);
        assert_int_equal(FixtureStop(State), 0);
    }
}

/* NDIS sets it before sleep; the driver has said that it offers nothing. */
static void PowerParameters(void **State)
{
    const FIXTURE *Fixture = *State;
    PNDIS_MINIPORT_ADAPTER Adapter = FixtureAdapter(Fixture);
    ULONG Parameters[4] = {0}; /* the header, patterns, offloads, wake-up flags */
    NDIS_OID_REQUEST Request = {
        .Header = {NDIS_OBJECT_TYPE_OID_REQUEST, 1, NDIS_SIZEOF_OID_REQUEST_REVISION_1},
        .RequestType = NdisRequestSetInformation,
        .DATA.SET_INFORMATION = {
            .Oid = OID_PM_PARAMETERS,
            .InformationBuffer = Parameters,
            .InformationBufferLength = sizeof(Parameters)}};
    assert_int_equal(NdisHostOidRequest(Adapter, &Request), NDIS_STATUS_SUCCESS);
    assert_int_equal(Request.DATA.SET_INFORMATION.BytesRead, sizeof(Parameters));
    for (ULONG Index = 1; Index < ARRAYSIZE(Parameters); Index++)
    {
        Parameters[Index] = 1;
        assert_int_equal(NdisHostOidRequest(Adapter, &Request), NDIS_STATUS_INVALID_PARAMETER);
        Parameters[Index] = 0;
    }
    Request.DATA.SET_INFORMATION.InformationBufferLength--;
    assert_int_equal(NdisHostOidRequest(Adapter, &Request), NDIS_STATUS_INVALID_LENGTH);
    assert_int_equal(Request.DATA.SET_INFORMATION.BytesNeeded, sizeof(Parameters));
    NdisHostCloseAdapter(Adapter);
}

int main(void)
{
    const struct CMUnitTest Tests[] = {
        cmocka_unit_test(EveryVersion),
        cmocka_unit_test_setup_teardown(PowerParameters, FixtureStart, FixtureStop),
    };

    return cmocka_run_group_tests_name("version", Tests, NULL, NULL);
}
