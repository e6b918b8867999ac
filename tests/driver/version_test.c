/* SPDX-License-Identifier: MIT */
/*
 * The driver on every version of NDIS from Windows 7's to Windows 11's: it registers for one that
 * the running NDIS has, and carries packets both ways.
 */
#include <string.h>

#include "fixture.h"

/* "Overview of NDIS versions": 6.20 is Windows 7, 6.30 8, 6.40 8.1, 6.50 and later 10 and 11. */
static const ULONG Versions[] = {20, 30, 40, 50, 51, 52, 60, 70, 80, 81, 82, 83, 84, 85, 86};

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
        OnePacketEachWay(*State);
        assert_int_equal(FixtureStop(State), 0);
    }
}

int main(void)
{
    const struct CMUnitTest Tests[] = {cmocka_unit_test(EveryVersion)};

    return cmocka_run_group_tests_name("version", Tests, NULL, NULL);
}
