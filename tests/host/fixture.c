/* SPDX-License-Identifier: MIT */
#include "fixture.h"

FIXTURE Fixture;

VOID FixtureSleep(ULONG Milliseconds)
{
    LARGE_INTEGER Interval = {.QuadPart = -(LONGLONG)Milliseconds * 10000};
    KeDelayExecutionThread(KernelMode, FALSE, &Interval);
}

VOID FixtureLoad(VOID)
{
    assert_int_equal(NativeDriverLoad(L"Toy", ToyDriverEntry, &Fixture.Driver), STATUS_SUCCESS);
}

VOID FixtureAdd(VOID)
{
    FixtureLoad();
    assert_int_equal(NativeDeviceAdd(Fixture.Driver, L"Toy", &Fixture.Pdo), STATUS_SUCCESS);
    Fixture.Adapter = NdisHostOpenAdapter(Fixture.Pdo);
    assert_non_null(Fixture.Adapter);
    Fixture.Link = NativeLinkLast();
    assert_non_null(Fixture.Link);
}

VOID FixtureStart(VOID)
{
    FixtureAdd();
    assert_int_equal(NativeDeviceStart(Fixture.Pdo), STATUS_SUCCESS);
    assert_int_equal(FixtureState(), NdisHostRunning);
    Toy.Trace[0] = 0;
}

VOID FixtureStartFails(NTSTATUS Status)
{
    assert_int_equal(NativeDeviceStart(Fixture.Pdo), Status);
    Fixture.Pdo = NULL;
}

int FixtureSetup(void **State)
{
    UNREFERENCED_PARAMETER(State);
    memset(&Fixture, 0, sizeof(Fixture));
    ToyReset();
    return 0;
}

int FixtureTeardown(void **State)
{
    UNREFERENCED_PARAMETER(State);
    if (Fixture.Adapter != NULL)
    {
        NdisHostCloseAdapter(Fixture.Adapter);
    }
    if (Fixture.Pdo != NULL)
    {
        assert_int_equal(NativeDeviceRemove(Fixture.Pdo), STATUS_SUCCESS);
    }
    if (Fixture.Driver != NULL)
    {
        NativeDriverUnload(Fixture.Driver);
    }
    assert_int_equal(NativeLinkCount(), 0);
    assert_int_equal(NativeReportLeaks(), 0);
    return 0;
}

NDIS_HOST_STATE FixtureState(VOID)
{
    NDIS_HOST_INFORMATION Information;
    NdisHostGetInformation(Fixture.Adapter, &Information);
    return Information.State;
}

NDIS_HOST_COUNTERS FixtureCounters(VOID)
{
    NDIS_HOST_INFORMATION Information;
    NdisHostGetInformation(Fixture.Adapter, &Information);
    return Information.Counters;
}
