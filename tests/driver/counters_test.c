/* SPDX-License-Identifier: MIT */
/*
 * Counters by addressee: unicast, multicast and broadcast packets each way, as OID_GEN_STATISTICS
 * and ADIT_OID_COUNTERS tell them.
 */
#include <string.h>

#include "fixture.h"
#include "counters.h"

/* A packet of Length bytes for that address: 4 or 16 bytes. */
typedef struct _ADDRESSED
{
    int Version;
    ULONG Length;
    UCHAR Address[16];
    ADIT_CAST Cast;
} ADDRESSED;

static const ADDRESSED Packets[] = {
    {4, 20, {10, 6, 7, 8}, AditUnicast},
    {4, 21, {223, 255, 255, 255}, AditUnicast},
    {4, 22, {224, 0, 0, 1}, AditMulticast},
    {4, 23, {239, 255, 255, 250}, AditMulticast},
    {4, 24, {240, 0, 0, 1}, AditUnicast},
    {4, 25, {255, 255, 255, 254}, AditUnicast},
    {4, 26, {255, 255, 255, 255}, AditBroadcast},
    {6, 40, {0xFD, 0, 6, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8}, AditUnicast},
    {6, 41, {0xFE, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, AditUnicast},
    {6, 42, {0xFF, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, AditMulticast},
};

static void Make(UCHAR *Packet, const ADDRESSED *Addressed)
{
    PacketMake(Packet, Addressed->Length, Addressed->Version, 1);
    memcpy(
        Packet + (Addressed->Version == 6 ? 24 : 16), Addressed->Address,
        Addressed->Version == 6 ? 16 : 4);
}

static ADIT_COUNTERS Counters(const FIXTURE *Fixture)
{
    PNDIS_MINIPORT_ADAPTER Adapter = FixtureAdapter(Fixture);
    ADIT_COUNTERS Values;
    ULONG Written = 0, Needed = 0;
    assert_int_equal(
        NdisHostQuery(Adapter, ADIT_OID_COUNTERS, &Values, sizeof(Values), &Written, &Needed),
        NDIS_STATUS_SUCCESS);
    NdisHostCloseAdapter(Adapter);
    assert_int_equal(Written, sizeof(Values));
    assert_int_equal(Values.Size, sizeof(Values));
    assert_int_equal(Values.Version, ADIT_COUNTERS_VERSION);
    return Values;
}

static void AssertCounted(const ADIT_DIRECTION_COUNTERS *Direction)
{
    ADIT_DIRECTION_COUNTERS Expected = {0};
    for (size_t Index = 0; Index < ARRAYSIZE(Packets); Index++)
    {
        Expected.Packets[Packets[Index].Cast]++;
        Expected.Octets[Packets[Index].Cast] += Packets[Index].Length;
    }
    assert_memory_equal(Direction, &Expected, sizeof(Expected));
}

static void Out(void **State)
{
    FIXTURE *Fixture = *State;
    CLIENT Client;
    UCHAR Packet[64];
    const UCHAR *Data;
    ClientStart(&Client, Fixture);
    for (size_t Index = 0; Index < ARRAYSIZE(Packets); Index++)
    {
        Make(Packet, &Packets[Index]);
        NativeLinkPush(Fixture->Link, Packet, Packets[Index].Length);
        int Length = ClientReceive(&Client, &Data, FIXTURE_TIMEOUT);
        assert_int_equal(Length, Packets[Index].Length);
        ClientRelease(&Client, Length);
    }
    FixtureAwait(Fixture, OID_GEN_XMIT_OK, ARRAYSIZE(Packets));
    ADIT_COUNTERS Values = Counters(Fixture);
    AssertCounted(&Values.Out);
    NDIS_STATISTICS_INFO Info = FixtureStatistics(Fixture);
    assert_int_equal(Info.ifHCOutUcastPkts, Values.Out.Packets[AditUnicast]);
    assert_int_equal(Info.ifHCOutMulticastPkts, Values.Out.Packets[AditMulticast]);
    assert_int_equal(Info.ifHCOutBroadcastPkts, Values.Out.Packets[AditBroadcast]);
    assert_int_equal(Info.ifHCOutUcastOctets, Values.Out.Octets[AditUnicast]);
    assert_int_equal(Info.ifHCOutMulticastOctets, Values.Out.Octets[AditMulticast]);
    assert_int_equal(Info.ifHCOutBroadcastOctets, Values.Out.Octets[AditBroadcast]);
    ClientExit(&Client);
}

static void In(void **State)
{
    FIXTURE *Fixture = *State;
    CLIENT Client;
    UCHAR Packet[64];
    ClientStart(&Client, Fixture);
    for (size_t Index = 0; Index < ARRAYSIZE(Packets); Index++)
    {
        Make(Packet, &Packets[Index]);
        assert_true(ClientPut(&Client, Packet, Packets[Index].Length));
    }
    ClientPublish(&Client);
    for (size_t Index = 0; Index < ARRAYSIZE(Packets); Index++)
    {
        assert_int_equal(
            NativeLinkCollect(Fixture->Link, Packet, sizeof(Packet), FIXTURE_TIMEOUT),
            Packets[Index].Length);
    }
    ADIT_COUNTERS Values = Counters(Fixture);
    AssertCounted(&Values.In);
    NDIS_STATISTICS_INFO Info = FixtureStatistics(Fixture);
    assert_int_equal(Info.ifHCInUcastPkts, Values.In.Packets[AditUnicast]);
    assert_int_equal(Info.ifHCInMulticastPkts, Values.In.Packets[AditMulticast]);
    assert_int_equal(Info.ifHCInBroadcastPkts, Values.In.Packets[AditBroadcast]);
    assert_int_equal(Info.ifHCInUcastOctets, Values.In.Octets[AditUnicast]);
    assert_int_equal(Info.ifHCInMulticastOctets, Values.In.Octets[AditMulticast]);
    assert_int_equal(Info.ifHCInBroadcastOctets, Values.In.Octets[AditBroadcast]);
    ClientExit(&Client);
}

int main(void)
{
    const struct CMUnitTest Tests[] = {
        cmocka_unit_test_setup_teardown(Out, FixtureStart, FixtureStop),
        cmocka_unit_test_setup_teardown(In, FixtureStart, FixtureStop),
    };
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
