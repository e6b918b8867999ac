/* SPDX-License-Identifier: MIT */
/*
 * Whatever call fails while a device is added, started, used and removed: the NDIS library unwinds,
 * reports a failure or does without, and leaves nothing behind. The call at each place in the code
 * is failed once, until a whole life goes by without a fault; then single ones of the many calls
 * that one place makes for the slots of the send path.
 */
#include "fixture.h"

#include <stdio.h>

/* TRUE: everything succeeded. */
static BOOLEAN LiveOnce(VOID)
{
    PDRIVER_OBJECT Driver;
    PDEVICE_OBJECT Pdo;
    PNDIS_MINIPORT_ADAPTER Adapter;
    BOOLEAN Succeeded = TRUE;
    ULONG Value, Written, Needed;

    ToyReset();
    if (!NT_SUCCESS(NativeDriverLoad(L"Toy", ToyDriverEntry, &Driver)))
    {
        return FALSE;
    }
    if (!NT_SUCCESS(NativeDeviceAdd(Driver, L"Toy", &Pdo)))
    {
        NativeDriverUnload(Driver);
        return FALSE;
    }
    if (!NT_SUCCESS(NativeDeviceStart(Pdo)))
    {
        NativeDriverUnload(Driver);
        return FALSE;
    }
    Adapter = NdisHostOpenAdapter(Pdo);
    if (Adapter == NULL)
    {
        Succeeded = FALSE;
        goto CleanupDevice;
    }
    Succeeded =
        NdisHostQuery(Adapter, OID_GEN_VENDOR_ID, &Value, sizeof(Value), &Written, &Needed) ==
        NDIS_STATUS_SUCCESS;
    Succeeded &= NT_SUCCESS(NdisHostPause(Adapter));
    Succeeded &= NT_SUCCESS(NdisHostRestart(Adapter));
    NdisHostCloseAdapter(Adapter);
CleanupDevice:
    NativeDeviceSurpriseRemove(Pdo);
    NativeDriverUnload(Driver);
    return Succeeded;
}

/* Ends the injection that the caller began; how many calls failed. */
static ULONG LiveWithFaults(VOID)
{
    PCSTR Function = NULL;
    BOOLEAN Succeeded = LiveOnce();
    ULONG Injected = NativeFaultsStop(&Function);
    if (NativeLinkCount() != 0 || NativeReportLeaks() != 0)
    {
        fail_msg("left over after %s failed", Function);
    }
    assert_true(Succeeded || Injected != 0);
    return Injected;
}

static void EachPlaceFailsOnce(void **State)
{
    ULONG Lives = 0;
    UNREFERENCED_PARAMETER(State);
    NativeFaultsForget();
    do
    {
        Lives++;
        NativeFaultsFailEachStack();
    } while (LiveWithFaults() != 0);
    printf("calls fail at %u places\n", Lives - 1);
    assert_true(Lives > 20);
}

static void SlotsFailInTheMiddle(void **State)
{
    UNREFERENCED_PARAMETER(State);
    for (ULONG Nth = 50; Nth <= 500; Nth += 45)
    {
        NativeFaultsFailNth(Nth);
        assert_int_equal(LiveWithFaults(), 1);
    }
}

int main(void)
{
    const struct CMUnitTest Tests[] = {
        cmocka_unit_test(EachPlaceFailsOnce),
        cmocka_unit_test(SlotsFailInTheMiddle),
    };
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
