/* SPDX-License-Identifier: MIT */
/*
 * The adapter is stopped under an open handle, which only an orderly removal waits for, and started
 * again.
 */
#include "fixture.h"

static void StopAndStart(void **State)
{
    FIXTURE *Fixture = *State;
    CLIENT Client;
    NATIVE_USAGE Usage;
    ClientStart(&Client, Fixture);
    assert_int_equal(NativeDeviceStop(Fixture->Pdo), STATUS_SUCCESS);
    assert_int_equal(RingLoadAcquire(&Client.SendRing->Tail), TUN_RING_TERMINATED);
    assert_int_equal(RingLoadAcquire(&Client.ReceiveRing->Head), TUN_RING_TERMINATED);
    NativeGetUsage(&Usage);
    assert_int_equal(Usage.LockedPages, 0);
    TUN_REGISTER_RINGS64 Rings = ClientRegistration(&Client);
    assert_int_not_equal(ClientRegister(&Client, TUN_IOCTL_REGISTER_RINGS, &Rings), 0);
    ClientExit(&Client);
    assert_int_equal(NativeDeviceStart(Fixture->Pdo), STATUS_SUCCESS);
    ClientStart(&Client, Fixture);
    ClientExit(&Client);
}

#define TEST(Name) cmocka_unit_test_setup_teardown(Name, FixtureStart, FixtureStop)

int main(void)
{
    const struct CMUnitTest Tests[] = {
        TEST(StopAndStart),
    };
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
