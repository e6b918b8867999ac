/* SPDX-License-Identifier: MIT */
/*
 * Packets each way through registered rings: content, order, batches, sizes.
 */
#include <string.h>

#include "fixture.h"

static void PacketOut(void **State)
{
    FIXTURE *Fixture = *State;
    CLIENT Client;
    UCHAR Packet[84];
    const UCHAR *Data;

    ClientStart(&Client, Fixture);
    PacketMake(Packet, sizeof(Packet), 4, 1);
    NativeLinkPush(Fixture->Link, Packet, sizeof(Packet));
    assert_int_equal(ClientReceive(&Client, &Data, FIXTURE_TIMEOUT), sizeof(Packet));
    assert_memory_equal(Data, Packet, sizeof(Packet));
    ClientRelease(&Client, sizeof(Packet));
    ClientExit(&Client);
}

static void PacketIn(void **State)
{
    FIXTURE *Fixture = *State;
    CLIENT Client;
    UCHAR Packet[84], Data[128];

    ClientStart(&Client, Fixture);
    PacketMake(Packet, sizeof(Packet), 6, 1);
    assert_true(ClientPut(&Client, Packet, sizeof(Packet)));
    ClientPublish(&Client);
    assert_int_equal(
        NativeLinkCollect(Fixture->Link, Data, sizeof(Data), FIXTURE_TIMEOUT), sizeof(Packet));
    assert_memory_equal(Data, Packet, sizeof(Packet));
    ClientExit(&Client);
}

int main(void)
{
    const struct CMUnitTest Tests[] = {
        cmocka_unit_test_setup_teardown(PacketOut, FixtureStart, FixtureStop),
        cmocka_unit_test_setup_teardown(PacketIn, FixtureStart, FixtureStop),
    };
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
