/* SPDX-License-Identifier: MIT */
/*
 * Whatever call fails while a device is added, started, used and removed: the NDIS library unwinds,
 * reports a failure or does without, and leaves nothing behind. One call after another is failed
 * until the whole life goes by without a fault.
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

static void EachCallFailsOnce(void **State)
{
    ULONG Nth, Injected;
    UNREFERENCED_PARAMETER(State);
    for (Nth = 1;; Nth++)
    {
        PCSTR Function = NULL;
        BOOLEAN Succeeded;
        NativeFaultsFailNth(Nth);
        Succeeded = LiveOnce();
        Injected = NativeFaultsStop(&Function);
        if (NativeLinkCount() != 0 || NativeReportLeaks() != 0)
        {
            fail_msg("left over after call %u, %s, failed", Nth, Function);
        }
        if (Injected == 0)
        {
            assert_true(Succeeded);
            break;
        }
    }
    printf("%u calls failed one by one\n", Nth - 1);
    assert_true(Nth > 500); /* the slots alone are more */
}

int main(void)
{
    const struct CMUnitTest Tests[] = {
        cmocka_unit_test(EachCallFailsOnce),
    };
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
