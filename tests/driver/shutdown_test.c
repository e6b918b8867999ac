/* SPDX-License-Identifier: MIT */
/*
 * The system goes down while a session is active: the driver touches nothing any more. The last
 * that happens in this process, since nothing can be stopped afterwards.
 */
#include "fixture.h"

static void ShutdownWithSession(void **State)
{
    FIXTURE *Fixture = *State;
    CLIENT Client;
    ClientStart(&Client, Fixture);
    PNDIS_MINIPORT_ADAPTER Adapter = FixtureAdapter(Fixture);
    NDIS_HOST_INFORMATION Information;
    ULONG64 Value;
    ULONG Written, Needed;

    NdisHostShutdownSystem();
    NdisHostGetInformation(Adapter, &Information);
    assert_int_equal(Information.State, NdisHostShutdown);
    assert_int_equal(
        NdisHostQuery(Adapter, OID_GEN_XMIT_OK, &Value, sizeof(Value), &Written, &Needed),
        NDIS_STATUS_ADAPTER_NOT_READY);
    /* The rings are as they were: memory of clients needs no care any more. */
    assert_int_equal(Client.SendRing->Tail, 0);
    assert_int_equal(Client.ReceiveRing->Head, 0);
    NdisHostCloseAdapter(Adapter);
}

int main(void)
{
    const struct CMUnitTest Tests[] = {
        cmocka_unit_test_setup(ShutdownWithSession, FixtureStart),
    };
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
