/* SPDX-License-Identifier: MIT */
/*
 * Check-for-hang and reset.
 */
#include "fixture.h"

/* What the miniport's functions do, and how often they were called. */
static struct
{
    BOOLEAN Pend;
    BOOLEAN AddressingReset;
    NDIS_STATUS Status;
    volatile LONG Hung; /* so many checks say so */
    volatile LONG Checks;
    volatile LONG Resets;
    volatile LONG Completed;
    volatile LONG Filters; /* were set, once when the stack bound */
} Reset;

static BOOLEAN NDISAPI CheckForHang(NDIS_HANDLE Context)
{
    assert_ptr_equal(Context, &Toy);
    InterlockedIncrement(&Reset.Checks);
    return InterlockedDecrement(&Reset.Hung) >= 0;
}

static VOID NTAPI CompleteLater(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    FixtureSleep(5);
    NDIS_STATUS Status = Reset.Status;
    BOOLEAN AddressingReset = Reset.AddressingReset;
    InterlockedIncrement(&Reset.Completed);
    NdisMResetComplete(Toy.Adapter, Status, AddressingReset);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static NDIS_STATUS NDISAPI ResetNow(NDIS_HANDLE Context, PBOOLEAN AddressingReset)
{
    NDIS_STATUS Status = Reset.Pend ? NDIS_STATUS_PENDING : Reset.Status;
    HANDLE Thread;
    assert_ptr_equal(Context, &Toy);
    if (Reset.Pend)
    {
        PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, CompleteLater, NULL);
        ZwClose(Thread);
    }
    else
    {
        *AddressingReset = Reset.AddressingReset;
    }
    InterlockedIncrement(&Reset.Resets); /* the test may change Reset then */
    return Status;
}

static MINIPORT_OID_REQUEST *ToyRequest;

/* Not the toy's, whose trace the test may be looking at. */
static NDIS_STATUS NDISAPI CountFilters(NDIS_HANDLE Context, PNDIS_OID_REQUEST Request)
{
    if (Request->RequestType != NdisRequestSetInformation ||
        Request->DATA.SET_INFORMATION.Oid != OID_GEN_CURRENT_PACKET_FILTER)
    {
        return ToyRequest(Context, Request);
    }
    Request->DATA.SET_INFORMATION.BytesRead = sizeof(ULONG);
    InterlockedIncrement(&Reset.Filters);
    return NDIS_STATUS_SUCCESS;
}

static int Setup(void **State)
{
    int Result = FixtureSetup(State);
    memset(&Reset, 0, sizeof(Reset));
    Toy.Characteristics.CheckForHangHandlerEx = CheckForHang;
    Toy.Characteristics.ResetHandlerEx = ResetNow;
    ToyRequest = Toy.Characteristics.OidRequestHandler;
    Toy.Characteristics.OidRequestHandler = CountFilters;
    return Result;
}

/* A check says that the miniport hangs; what the stack had set comes again. */
static void AHungMiniportIsReset(void **State)
{
    UNREFERENCED_PARAMETER(State);
    Reset.Hung = 1;
    Reset.Pend = TRUE;
    Reset.AddressingReset = TRUE;
    FixtureStart();
    for (ULONG i = 0; i < 30000 && ReadAcquire(&Reset.Filters) != 2; i++)
    {
        FixtureSleep(1);
    }
    assert_int_equal(ReadAcquire(&Reset.Filters), 2);
    assert_int_equal(ReadAcquire(&Reset.Resets), 1);
    assert_int_equal(ReadAcquire(&Reset.Completed), 1);
    assert_true(ReadAcquire(&Reset.Checks) >= 1);
    /* Another state does not matter to it. */
    assert_int_equal(NdisHostPause(Fixture.Adapter), STATUS_SUCCESS);
    assert_int_equal(NdisHostReset(Fixture.Adapter), STATUS_SUCCESS);
    assert_int_equal(ReadAcquire(&Reset.Completed), 2);
}

static void AMiniportAsksForAReset(void **State)
{
    UNREFERENCED_PARAMETER(State);
    Reset.Status = NDIS_STATUS_FAILURE;
    FixtureStart();
    NdisMResetMiniport(Toy.Adapter);
    FIXTURE_WAIT(ReadAcquire(&Reset.Resets) == 1);
    Reset.Pend = TRUE;
    NdisMResetMiniport(Toy.Adapter);
    FIXTURE_WAIT(ReadAcquire(&Reset.Completed) == 1);
    assert_int_equal(ReadAcquire(&Reset.Filters), 1);
}

/* MiniportHaltEx comes when the reset is complete, and none begins later. */
static void AHaltWaitsForTheReset(void **State)
{
    UNREFERENCED_PARAMETER(State);
    Reset.Pend = TRUE;
    FixtureStart();
    NdisMResetMiniport(Toy.Adapter);
    FIXTURE_WAIT(ReadAcquire(&Reset.Resets) == 1);
    assert_int_equal(NdisHostSetPower(Fixture.Adapter, PowerDeviceD3), STATUS_SUCCESS);
    assert_int_equal(ReadAcquire(&Reset.Completed), 1);
    assert_int_equal(NdisHostSetPower(Fixture.Adapter, PowerDeviceD0), STATUS_SUCCESS);
    NdisMResetMiniport(Toy.Adapter);
    FIXTURE_WAIT(ReadAcquire(&Reset.Completed) == 2);
    assert_int_equal(ReadAcquire(&Reset.Resets), 2);
}

static void WithoutFunctionsForIt(void **State)
{
    UNREFERENCED_PARAMETER(State);
    Toy.Characteristics.CheckForHangHandlerEx = NULL;
    Toy.Characteristics.ResetHandlerEx = NULL;
    FixtureAdd();
    assert_int_equal(NdisHostReset(Fixture.Adapter), STATUS_DEVICE_NOT_READY);
    assert_int_equal(NativeDeviceStart(Fixture.Pdo), STATUS_SUCCESS);
    assert_int_equal(NdisHostReset(Fixture.Adapter), STATUS_NOT_SUPPORTED);
    NdisMResetMiniport(Toy.Adapter);
}

int main(void)
{
#define CASE(Name) cmocka_unit_test_setup_teardown(Name, Setup, FixtureTeardown)
    const struct CMUnitTest Tests[] = {
        CASE(AHungMiniportIsReset),
        CASE(AMiniportAsksForAReset),
        CASE(AHaltWaitsForTheReset),
        CASE(WithoutFunctionsForIt),
    };
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
