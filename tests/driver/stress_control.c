/* SPDX-License-Identifier: MIT */
/*
 * The stress test's devices, and who controls them: pause and restart, sleep and wake, removals
 * that are refused, that are a surprise, that are orderly; other drivers' OIDs; the driver unloaded
 * and loaded again. One thread controls, as one Plug and Play manager does.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counters.h"
#include "stress.h"

#define STATUS_DEVICE_BUSY ((NTSTATUS)0x80000011)

DRIVER_INITIALIZE DriverEntry;

static PDRIVER_OBJECT ControlDriver;
static _Atomic LONG ControlLastDevice;
static _Atomic LONG ControlDevices; /* that somebody refers to */

/* ---- Devices ---- */

VOID StressDeviceRelease(STRESS_DEVICE *Device)
{
    if (--Device->References == 0)
    {
        NdisHostCloseAdapter(Device->Adapter);
        free(Device);
        ControlDevices--;
    }
}

STRESS_DEVICE *StressDeviceOf(STRESS_SLOT *Slot)
{
    pthread_rwlock_rdlock(&Slot->Lock);
    STRESS_DEVICE *Device = Slot->Device;
    if (Device)
    {
        Device->References++;
    }
    pthread_rwlock_unlock(&Slot->Lock);
    return Device;
}

VOID StressRequestBegin(VOID)
{
    pthread_rwlock_rdlock(&Stress.Requests);
}

VOID StressRequestEnd(VOID)
{
    pthread_rwlock_unlock(&Stress.Requests);
}

/* An open cannot come between an orderly removal's query and the removal: NativeDeviceRemove sends
 * both, and the control thread has the slot to itself meanwhile. */
STRESS_DEVICE *StressOpen(STRESS_SLOT *Slot, CLIENT *Client)
{
    static const GUID NetInterface = {
        0xCAC88484, 0x7515, 0x4C03, {0x82, 0xE6, 0x71, 0xA8, 0x7A, 0xBA, 0xC3, 0x61}};
    ACCESS_MASK Access = FILE_READ_DATA | FILE_WRITE_DATA | SYNCHRONIZE;
    NTSTATUS Status = STATUS_NO_SUCH_DEVICE;

    pthread_rwlock_rdlock(&Slot->Lock);
    STRESS_DEVICE *Device = Slot->Device;
    if (Device)
    {
        PCWSTR Path =
            Device->Number % 2 ? Device->Path : NativeDeviceInterface(Device->Pdo, &NetInterface);
        StressRequestBegin();
        Status = NativeUserOpen(Client->Process, Path, Access, &Client->File);
        StressRequestEnd();
        STRESS_CHECK(
            NT_SUCCESS(Status), "device %d cannot be opened: 0x%08x", Device->Number,
            (ULONG)Status);
        Device->References++;
    }
    pthread_rwlock_unlock(&Slot->Lock);
    return Device;
}

/* Sometimes with parameters, sometimes with bad ones. */
static VOID ControlSetParameters(STRESS_RANDOM *Random, PDEVICE_OBJECT Pdo)
{
    ULONG Mtu = StressChance(Random, 50) ? 1280 + StressRandom(Random, 64256) : 70000;
    ULONG LinkSpeed = StressRandom(Random, 2000000);
    if (StressChance(Random, 50))
    {
        NativeDeviceSetValue(Pdo, L"MTU", REG_DWORD, &Mtu, sizeof(Mtu));
        NativeDeviceSetValue(Pdo, L"LinkSpeed", REG_DWORD, &LinkSpeed, sizeof(LinkSpeed));
    }
}

static STRESS_DEVICE *ControlNew(const FIXTURE *Fixture)
{
    STRESS_DEVICE *Device = calloc(1, sizeof(*Device));

    STRESS_CHECK(Device, "no memory");
    Device->References = 1;
    Device->Number = ++ControlLastDevice;
    Device->Pdo = Fixture->Pdo;
    Device->Link = Fixture->Link;
    Device->Adapter = FixtureAdapter(Fixture);
    memcpy(Device->Path, Fixture->Path, sizeof(Device->Path));
    StressTapInstall(Device);
    ControlDevices++;
    return Device;
}

static VOID ControlPut(STRESS_SLOT *Slot, STRESS_DEVICE *Device)
{
    pthread_rwlock_wrlock(&Slot->Lock);
    Slot->Device = Device;
    pthread_rwlock_unlock(&Slot->Lock);
}

/* Fills an empty slot. */
static VOID ControlAdd(STRESS_RANDOM *Random, STRESS_SLOT *Slot)
{
    FIXTURE Fixture = {.Driver = ControlDriver};
    NTSTATUS Status = NativeDeviceAdd(ControlDriver, L"Adit", &Fixture.Pdo);

    STRESS_CHECK(NT_SUCCESS(Status), "AddDevice: 0x%08x", (ULONG)Status);
    ControlSetParameters(Random, Fixture.Pdo);
    Status = NativeDeviceStart(Fixture.Pdo);
    STRESS_CHECK(NT_SUCCESS(Status), "the device does not start: 0x%08x", (ULONG)Status);
    FixtureFind(&Fixture);
    NativeLinkSetRoom(Fixture.Link, 8);
    ControlPut(Slot, ControlNew(&Fixture));
}

/* Empties the slot; the device stays, with the slot's reference. */
static STRESS_DEVICE *ControlTake(STRESS_SLOT *Slot)
{
    pthread_rwlock_wrlock(&Slot->Lock);
    STRESS_DEVICE *Device = Slot->Device;
    Slot->Device = NULL;
    pthread_rwlock_unlock(&Slot->Lock);
    return Device;
}

/* ---- Removals ---- */

static VOID ControlSurprise(STRESS_THREAD *Thread, STRESS_RANDOM *Random, STRESS_SLOT *Slot)
{
    STRESS_DEVICE *Device = ControlTake(Slot);

    Device->Going = 1;
    if (StressChance(Random, 30))
    {
        StressDoing(Thread, "removes a device by surprise, as Wine does");
        pthread_rwlock_wrlock(&Stress.Requests);
        NativeDeviceSurpriseRemoveNow(Device->Pdo);
        pthread_rwlock_unlock(&Stress.Requests);
    }
    else
    {
        StressDoing(Thread, "removes a device by surprise");
        NativeDeviceSurpriseRemove(Device->Pdo);
    }
    StressDeviceRelease(Device);
    Stress.Surprises++;
    StressSleep(StressRandom(Random, 5));
    StressDoing(Thread, "adds a device after a surprise");
    ControlAdd(Random, Slot);
}

/* With handles open it is refused, and nobody notices. */
static VOID ControlRemove(STRESS_THREAD *Thread, STRESS_RANDOM *Random, STRESS_SLOT *Slot)
{
    StressDoing(Thread, "tries to remove a device");
    pthread_rwlock_wrlock(&Slot->Lock);
    STRESS_DEVICE *Device = Slot->Device;
    NTSTATUS Status = NativeDeviceRemove(Device->Pdo);
    if (NT_SUCCESS(Status))
    {
        Device->Going = 1;
        Slot->Device = NULL;
    }
    pthread_rwlock_unlock(&Slot->Lock);
    if (NT_SUCCESS(Status))
    {
        StressDeviceRelease(Device);
        ControlAdd(Random, Slot);
        return;
    }
    STRESS_CHECK(Status == STATUS_DEVICE_BUSY, "a removal fails: 0x%08x", (ULONG)Status);
    Stress.RemovalsRefused++;
}

/* Everybody closes, then it succeeds. */
static VOID ControlDisable(STRESS_THREAD *Thread, STRESS_SLOT *Slot)
{
    STRESS_DEVICE *Device = ControlTake(Slot);
    NTSTATUS Status;

    StressDoing(Thread, "disables a device");
    Device->Wanted = 1;
    while ((Status = NativeDeviceRemove(Device->Pdo)) == STATUS_DEVICE_BUSY)
    {
        StressSleep(1);
    }
    STRESS_CHECK(NT_SUCCESS(Status), "a device cannot be disabled: 0x%08x", (ULONG)Status);
    Device->Going = 1;
    StressDeviceRelease(Device);
    Stress.Disables++;
}

/* Stopped with handles open and sessions on it, then started: another device to those who count. */
static VOID ControlStop(STRESS_THREAD *Thread, STRESS_RANDOM *Random, STRESS_SLOT *Slot)
{
    STRESS_DEVICE *Device = ControlTake(Slot);
    FIXTURE Fixture = {.Pdo = Device->Pdo, .Link = Device->Link};

    memcpy(Fixture.Path, Device->Path, sizeof(Fixture.Path));
    StressDoing(Thread, "stops a device");
    Device->Going = 1;
    NTSTATUS Status = NativeDeviceStop(Device->Pdo);
    STRESS_CHECK(NT_SUCCESS(Status), "the device does not stop: 0x%08x", (ULONG)Status);
    StressSleep(StressRandom(Random, 5));
    NativeLinkDiscard(Device->Link); /* packets for the number that the device had */
    STRESS_DEVICE *Next = ControlNew(&Fixture);
    StressDoing(Thread, "starts a device again");
    Status = NativeDeviceStart(Device->Pdo);
    STRESS_CHECK(NT_SUCCESS(Status), "the device does not start: 0x%08x", (ULONG)Status);
    ControlPut(Slot, Next);
    StressDeviceRelease(Device);
    Stress.Stops++;
}

static VOID ControlUnload(STRESS_THREAD *Thread)
{
    for (ULONG Slot = 0; Slot < STRESS_SLOTS; Slot++)
    {
        ControlDisable(Thread, &Stress.Slots[Slot]);
    }
    /* Devices removed by surprise go with the last handle to them, adapters with who asks them. */
    StressDoing(Thread, "waits for devices to go");
    while (NativeLinkCount() != 0 || ControlDevices != 0)
    {
        StressSleep(1);
    }
    StressDoing(Thread, "unloads the driver");
    NativeDriverUnload(ControlDriver);
}

static VOID ControlLoad(STRESS_RANDOM *Random)
{
    static const ULONG Versions[] = {20, 30, 60, 86};
    NTSTATUS Status =
        NdisHostSetVersion(6u << 16 | Versions[StressRandom(Random, ARRAYSIZE(Versions))]);
    if (NT_SUCCESS(Status))
    {
        Status = NativeDriverLoad(L"Adit", DriverEntry, &ControlDriver);
    }
    STRESS_CHECK(NT_SUCCESS(Status), "the driver does not load: 0x%08x", (ULONG)Status);
    for (ULONG Slot = 0; Slot < STRESS_SLOTS; Slot++)
    {
        ControlAdd(Random, &Stress.Slots[Slot]);
    }
}

/* ---- Pauses ---- */

static VOID ControlPause(STRESS_THREAD *Thread, STRESS_RANDOM *Random, STRESS_DEVICE *Device)
{
    StressDoing(Thread, "pauses");
    NTSTATUS Status = NdisHostPause(Device->Adapter);
    STRESS_CHECK(Status == STATUS_SUCCESS, "pause: 0x%08x", (ULONG)Status);
    StressSleep(StressRandom(Random, 4));
    StressDoing(Thread, "restarts");
    Status = NdisHostRestart(Device->Adapter);
    STRESS_CHECK(Status == STATUS_SUCCESS, "restart: 0x%08x", (ULONG)Status);
    Stress.Pauses++;
}

static VOID ControlSleep(STRESS_THREAD *Thread, STRESS_RANDOM *Random, STRESS_DEVICE *Device)
{
    StressDoing(Thread, "puts a device to sleep");
    NTSTATUS Status = NativeDeviceSetPower(Device->Pdo, PowerDeviceD3);
    STRESS_CHECK(Status == STATUS_SUCCESS, "to sleep: 0x%08x", (ULONG)Status);
    StressSleep(StressRandom(Random, 10));
    StressDoing(Thread, "wakes a device up");
    Status = NativeDeviceSetPower(Device->Pdo, PowerDeviceD0);
    STRESS_CHECK(Status == STATUS_SUCCESS, "wake up: 0x%08x", (ULONG)Status);
    Stress.Sleeps++;
}

VOID StressControlRound(STRESS_THREAD *Thread, STRESS_RANDOM *Random)
{
    STRESS_SLOT *Slot = &Stress.Slots[StressRandom(Random, STRESS_SLOTS)];
    ULONG Kind = StressRandom(Random, 100);

    if (Kind < 45)
    {
        ControlPause(Thread, Random, Slot->Device);
    }
    else if (Kind < 65)
    {
        ControlSleep(Thread, Random, Slot->Device);
    }
    else if (Kind < 75)
    {
        ControlRemove(Thread, Random, Slot);
    }
    else if (Kind < 85)
    {
        ControlSurprise(Thread, Random, Slot);
    }
    else if (Kind < 92)
    {
        ControlStop(Thread, Random, Slot);
    }
    else if (Kind < 97)
    {
        ControlDisable(Thread, Slot);
        ControlAdd(Random, Slot);
    }
    else
    {
        ControlUnload(Thread);
        ControlLoad(Random);
        Stress.Reloads++;
    }
    StressDoing(Thread, "lets things be");
    StressSleep(StressRandom(Random, 30));
}

VOID StressControlStart(VOID)
{
    STRESS_RANDOM Random = {Stress.Seed};
    ControlLoad(&Random);
}

VOID StressControlStop(VOID)
{
    STRESS_THREAD Last = {.Kind = "control"};
    ControlUnload(&Last);
}

/* ---- OIDs ---- */

static const NDIS_OID AskOids[] = {
    OID_GEN_SUPPORTED_LIST,     OID_GEN_STATISTICS,      OID_GEN_XMIT_OK,
    OID_GEN_VENDOR_DESCRIPTION, OID_GEN_RCV_OK,          OID_GEN_MAXIMUM_TOTAL_SIZE,
    OID_GEN_CURRENT_LOOKAHEAD,  OID_GEN_HARDWARE_STATUS, OID_GEN_CURRENT_PACKET_FILTER,
    OID_PNP_QUERY_POWER,        ADIT_OID_COUNTERS,       0xFF123456,
};

/* Any request with a buffer of any length, which is exactly that long. */
static VOID AskOnce(STRESS_RANDOM *Random, STRESS_DEVICE *Device)
{
    ULONG Length = StressRandom(Random, StressChance(Random, 50) ? 300 : 9);
    UCHAR *Buffer = malloc(Length ? Length : 1);
    NDIS_OID_REQUEST Request = {
        .Header = {
            .Type = NDIS_OBJECT_TYPE_OID_REQUEST,
            .Revision = NDIS_OID_REQUEST_REVISION_1,
            .Size = NDIS_SIZEOF_OID_REQUEST_REVISION_1}};

    STRESS_CHECK(Buffer, "no memory");
    memset(Buffer, (int)StressRandom(Random, 4), Length ? Length : 1);
    if (StressChance(Random, 70))
    {
        Request.RequestType = NdisRequestQueryInformation;
        Request.DATA.QUERY_INFORMATION.Oid = AskOids[StressRandom(Random, ARRAYSIZE(AskOids))];
        Request.DATA.QUERY_INFORMATION.InformationBuffer = Buffer;
        Request.DATA.QUERY_INFORMATION.InformationBufferLength = Length;
    }
    else
    {
        Request.RequestType = NdisRequestSetInformation;
        Request.DATA.SET_INFORMATION.Oid =
            StressChance(Random, 50) ? OID_GEN_CURRENT_LOOKAHEAD : OID_GEN_CURRENT_PACKET_FILTER;
        Request.DATA.SET_INFORMATION.InformationBuffer = Buffer;
        Request.DATA.SET_INFORMATION.InformationBufferLength = Length;
    }
    NDIS_STATUS Status = NdisHostOidRequest(Device->Adapter, &Request);
    STRESS_CHECK(Status != NDIS_STATUS_PENDING, "an OID request stays pending");
    free(Buffer);
    Stress.Oids++;
}

VOID StressAskRound(STRESS_THREAD *Thread, STRESS_RANDOM *Random)
{
    STRESS_DEVICE *Device = StressDeviceOf(&Stress.Slots[StressRandom(Random, STRESS_SLOTS)]);
    NDIS_HOST_INFORMATION Information;

    if (Device)
    {
        StressDoing(Thread, "asks");
        for (ULONG Count = StressRandom(Random, 20); Count > 0; Count--)
        {
            AskOnce(Random, Device);
        }
        NdisHostGetInformation(Device->Adapter, &Information);
        StressDeviceRelease(Device);
    }
    StressSleep(1 + StressRandom(Random, 5));
}
