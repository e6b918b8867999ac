/* SPDX-License-Identifier: MIT */
/*
 * Everything at once: packets both ways, sends of the host, OIDs and link states from threads of
 * their own, while the device pauses, restarts, sleeps and wakes, and is torn out in the end.
 * What is lost or done twice shows in the counters, in broken rules, in leaks, or in a sanitizer.
 */
#include "fixture.h"

#include <stdlib.h>

#define STRESS_ROUNDS 60

typedef struct _STRESS
{
    volatile LONG Stop;
    volatile LONG StopPushing; /* before the link goes */
    volatile LONG HostSent;
    volatile LONG HostCompleted;
    ULONG64 Pushed;
    NDIS_HANDLE Pool;
} STRESS;

static STRESS Stress;

static VOID StressComplete(PVOID Context, PNET_BUFFER_LIST Lists, ULONG Flags)
{
    LONG Count = 0;
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Flags);
    for (PNET_BUFFER_LIST List = Lists; List != NULL; List = List->Next)
    {
        Count++;
    }
    ToyFreeList(Lists);
    InterlockedExchangeAdd(&Stress.HostCompleted, Count);
}

static VOID NTAPI StressSender(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    while (!ReadAcquire(&Stress.Stop))
    {
        PNET_BUFFER_LIST Lists = ToyMakeList(Stress.Pool, 3, 100, 0x45);
        InterlockedExchangeAdd(&Stress.HostSent, 3);
        if (!NT_SUCCESS(NdisHostSend(Fixture.Adapter, Lists, 0, 0, StressComplete, NULL)))
        {
            InterlockedExchangeAdd(&Stress.HostSent, -3);
            ToyFreeList(Lists);
        }
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID NTAPI StressPusher(PVOID Context)
{
    UCHAR Packet[1400] = {0x45};
    UNREFERENCED_PARAMETER(Context);
    while (!ReadAcquire(&Stress.StopPushing))
    {
        if (NativeLinkPending(Fixture.Link) < 100)
        {
            NativeLinkPush(Fixture.Link, Packet, 1 + (ULONG)(Stress.Pushed % sizeof(Packet)));
            Stress.Pushed++;
        }
        while (NativeLinkCollect(Fixture.Link, Packet, sizeof(Packet), 0) >= 0)
        {
        }
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID NTAPI StressAsker(PVOID Context)
{
    NDIS_HOST_INFORMATION Information;
    ULONG64 Value;
    ULONG Written, Needed, Round = 0;
    UNREFERENCED_PARAMETER(Context);
    while (!ReadAcquire(&Stress.Stop))
    {
        NdisHostGetInformation(Fixture.Adapter, &Information);
        NdisHostQuery(
            Fixture.Adapter, Round++ & 1 ? OID_GEN_BYTES_RCV : OID_GEN_VENDOR_ID, &Value,
            sizeof(Value), &Written, &Needed);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID StressJoin(PVOID Thread)
{
    KeWaitForSingleObject(Thread, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(Thread);
}

static PVOID StressStart(PKSTART_ROUTINE Routine)
{
    HANDLE Handle;
    PVOID Thread;
    assert_int_equal(
        PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, Routine, NULL),
        STATUS_SUCCESS);
    assert_int_equal(
        ObReferenceObjectByHandle(Handle, SYNCHRONIZE, NULL, KernelMode, &Thread, NULL),
        STATUS_SUCCESS);
    ZwClose(Handle);
    return Thread;
}

static void EverythingAtOnce(void **State)
{
    static const NET_BUFFER_LIST_POOL_PARAMETERS Parameters = {
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, 1, sizeof(Parameters)},
        .fAllocateNetBuffer = TRUE,
        .PoolTag = TOY_TAG,
    };
    PVOID Threads[4];
    NDIS_HOST_COUNTERS Counters;
    ULONG64 FromLink;
    UNREFERENCED_PARAMETER(State);
    memset(&Stress, 0, sizeof(Stress));
    Stress.Pool = NdisAllocateNetBufferListPool(NULL, &Parameters);
    Toy.Send = ToySendEcho;
    Toy.PendOid = TRUE;
    Toy.PendPause = TRUE;
    Toy.AttributeFlags = NDIS_MINIPORT_ATTRIBUTES_NO_HALT_ON_SUSPEND;
    FixtureStart();
    Threads[0] = StressStart(StressSender);
    Threads[1] = StressStart(StressSender);
    Threads[2] = StressStart(StressAsker);
    Threads[3] = StressStart(StressPusher);
    for (ULONG Round = 0; Round < STRESS_ROUNDS; Round++)
    {
        FixtureSleep(2);
        if (Round % 10 == 9)
        {
            assert_int_equal(NdisHostSetPower(Fixture.Adapter, PowerDeviceD3), STATUS_SUCCESS);
            assert_int_equal(NdisHostSetPower(Fixture.Adapter, PowerDeviceD0), STATUS_SUCCESS);
        }
        else
        {
            assert_int_equal(NdisHostPause(Fixture.Adapter), STATUS_SUCCESS);
            assert_int_equal(NdisHostRestart(Fixture.Adapter), STATUS_SUCCESS);
        }
    }
    WriteRelease(&Stress.StopPushing, TRUE);
    StressJoin(Threads[3]);
    NativeDeviceSurpriseRemove(Fixture.Pdo);
    Fixture.Pdo = NULL;
    WriteRelease(&Stress.Stop, TRUE);
    StressJoin(Threads[0]);
    StressJoin(Threads[1]);
    StressJoin(Threads[2]);
    Counters = FixtureCounters();
    assert_int_equal(Stress.HostSent, Stress.HostCompleted);
    FromLink = Counters.Sent - (ULONG64)Stress.HostSent;
    assert_true(FromLink > 0 && FromLink <= Stress.Pushed);
    assert_true(Counters.Indicated > 0);
    assert_true(
        Counters.Indicated == Counters.ToLink + Counters.DroppedByLink + Counters.DroppedResources);
    assert_true((ULONG64)ReadAcquire(&Toy.Returns) == Counters.Indicated);
    NdisFreeNetBufferListPool(Stress.Pool);
}

int main(void)
{
    const struct CMUnitTest Tests[] = {
        cmocka_unit_test_setup_teardown(EverythingAtOnce, FixtureSetup, FixtureTeardown),
    };
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
