/* SPDX-License-Identifier: MIT */
/* The driver's tests: what they share. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

DRIVER_INITIALIZE DriverEntry;

BOOLEAN ClientsAre32Bit;

static FIXTURE Fixture;

void FixtureFind(FIXTURE *Started)
{
    NDIS_LINK_IDENTITY Identity;
    char Path[32];

    Started->Link = NativeLinkLast();
    assert_non_null(Started->Link);
    NativeLinkIdentity(Started->Link, &Identity);
    snprintf(
        Path, sizeof(Path), "\\\\.\\Global\\WINTUN%u",
        (unsigned)Identity.NetLuid.Info.NetLuidIndex);
    memset(Started->Path, 0, sizeof(Started->Path));
    for (size_t Index = 0; Path[Index]; Index++)
    {
        Started->Path[Index] = (WCHAR)Path[Index];
    }
}

NTSTATUS FixtureAdd(FIXTURE *Started)
{
    NTSTATUS Status = NativeDeviceAdd(Started->Driver, L"Adit", &Started->Pdo);
    if (NT_SUCCESS(Status))
    {
        Status = NativeDeviceStart(Started->Pdo);
    }
    if (!NT_SUCCESS(Status))
    {
        Started->Pdo = NULL;
        return Status;
    }
    FixtureFind(Started);
    return Status;
}

int FixtureStart(void **State)
{
    memset(&Fixture, 0, sizeof(Fixture));
    assert_int_equal(NativeDriverLoad(L"Adit", DriverEntry, &Fixture.Driver), STATUS_SUCCESS);
    assert_int_equal(FixtureAdd(&Fixture), STATUS_SUCCESS);
    *State = &Fixture;
    return 0;
}

int FixtureStop(void **State)
{
    FIXTURE *Started = *State;
    if (Started->Pdo)
    {
        assert_int_equal(NativeDeviceRemove(Started->Pdo), STATUS_SUCCESS);
    }
    if (Started->Driver)
    {
        NativeDriverUnload(Started->Driver);
    }
    assert_int_equal(NativeReportLeaks(), 0);
    assert_int_equal(NativeLinkCount(), 0);
    return 0;
}

PNDIS_MINIPORT_ADAPTER FixtureAdapter(const FIXTURE *Started)
{
    PNDIS_MINIPORT_ADAPTER Adapter = NdisHostOpenAdapter(Started->Pdo);
    assert_non_null(Adapter);
    return Adapter;
}

ULONG64 FixtureQuery(const FIXTURE *Started, NDIS_OID Oid)
{
    PNDIS_MINIPORT_ADAPTER Adapter = FixtureAdapter(Started);
    ULONG64 Value = 0;
    ULONG Written = 0, Needed = 0;
    NDIS_STATUS Status = NdisHostQuery(Adapter, Oid, &Value, sizeof(Value), &Written, &Needed);
    NdisHostCloseAdapter(Adapter);
    assert_int_equal(Status, NDIS_STATUS_SUCCESS);
    return Value;
}

void FixtureAwait(const FIXTURE *Started, NDIS_OID Oid, ULONG64 Value)
{
    LARGE_INTEGER Millisecond = {.QuadPart = -10000};
    for (ULONG Waited = 0; Waited < FIXTURE_TIMEOUT && FixtureQuery(Started, Oid) != Value;
         Waited++)
    {
        KeDelayExecutionThread(KernelMode, FALSE, &Millisecond);
    }
    assert_int_equal(FixtureQuery(Started, Oid), Value);
}

NDIS_STATISTICS_INFO FixtureStatistics(const FIXTURE *Started)
{
    PNDIS_MINIPORT_ADAPTER Adapter = FixtureAdapter(Started);
    NDIS_STATISTICS_INFO Info;
    ULONG Written = 0, Needed = 0;
    NDIS_STATUS Status =
        NdisHostQuery(Adapter, OID_GEN_STATISTICS, &Info, sizeof(Info), &Written, &Needed);
    NdisHostCloseAdapter(Adapter);
    assert_int_equal(Status, NDIS_STATUS_SUCCESS);
    assert_int_equal(Written, sizeof(Info));
    return Info;
}

void ClientOpen(CLIENT *Client, const FIXTURE *Started, NATIVE_USER User)
{
    memset(Client, 0, sizeof(*Client));
    Client->Wow64 = ClientsAre32Bit;
    Client->Process = NativeProcessCreate(User, Client->Wow64);
    assert_non_null(Client->Process);
    assert_int_equal(
        NativeUserOpen(
            Client->Process, Started->Path, FILE_READ_DATA | FILE_WRITE_DATA | SYNCHRONIZE,
            &Client->File),
        STATUS_SUCCESS);
}

void ClientMakeRings(CLIENT *Client, uint32_t Capacity, ULONG Offset)
{
    Client->Capacity = Capacity;
    Client->SendRing = NativeUserAllocate(Client->Process, TUN_RING_SIZE(Capacity), Offset);
    Client->ReceiveRing = NativeUserAllocate(Client->Process, TUN_RING_SIZE(Capacity), Offset);
    Client->SendTailMoved = NativeUserCreateEvent(Client->Process, FALSE, FALSE);
    Client->ReceiveTailMoved = NativeUserCreateEvent(Client->Process, FALSE, FALSE);
    assert_true(Client->SendRing && Client->ReceiveRing);
    assert_true(Client->SendTailMoved && Client->ReceiveTailMoved);
    assert_true(RingConsumerInitialize(&Client->Consumer, Client->SendRing, Capacity));
    assert_true(RingProducerInitialize(&Client->Producer, Client->ReceiveRing, Capacity));
}

TUN_REGISTER_RINGS64 ClientRegistration(const CLIENT *Client)
{
    return (TUN_REGISTER_RINGS64){
        .Send =
            {.RingSize = TUN_RING_SIZE(Client->Capacity),
             .Ring = (uintptr_t)Client->SendRing,
             .TailMoved = (uintptr_t)Client->SendTailMoved},
        .Receive =
            {.RingSize = TUN_RING_SIZE(Client->Capacity),
             .Ring = (uintptr_t)Client->ReceiveRing,
             .TailMoved = (uintptr_t)Client->ReceiveTailMoved},
    };
}

ULONG ClientRegister(CLIENT *Client, ULONG Code, const TUN_REGISTER_RINGS64 *Rings)
{
    ULONG Returned;
    TUN_REGISTER_RINGS32 Rings32 = {
        .Send = {Rings->Send.RingSize, (uint32_t)Rings->Send.Ring, (uint32_t)Rings->Send.TailMoved},
        .Receive = {
            Rings->Receive.RingSize, (uint32_t)Rings->Receive.Ring,
            (uint32_t)Rings->Receive.TailMoved}};
    /* On 32-bit Windows there is no other layout. */
    BOOLEAN Is32 = Client->Wow64 || sizeof(void *) == 4;
    return NativeWin32Error(NativeUserDeviceIoControl(
        Client->Process, Client->File, Code, Is32 ? (PVOID)&Rings32 : (PVOID)Rings,
        Is32 ? sizeof(Rings32) : sizeof(*Rings), NULL, 0, &Returned));
}

void ClientStart(CLIENT *Client, const FIXTURE *Started)
{
    ClientOpen(Client, Started, NativeLocalSystem);
    ClientMakeRings(Client, FIXTURE_CAPACITY, 0);
    TUN_REGISTER_RINGS64 Rings = ClientRegistration(Client);
    assert_int_equal(ClientRegister(Client, TUN_IOCTL_REGISTER_RINGS, &Rings), 0);
    assert_true(NativeLinkWaitConnected(Started->Link, TRUE, FIXTURE_TIMEOUT));
}

void ClientClose(CLIENT *Client)
{
    assert_int_equal(NativeUserClose(Client->Process, Client->File), STATUS_SUCCESS);
    Client->File = NULL;
}

void ClientExit(CLIENT *Client)
{
    if (Client->Process)
    {
        NativeProcessExit(Client->Process);
        Client->Process = NULL;
    }
}

int ClientReceive(CLIENT *Client, const UCHAR **Data, ULONG Milliseconds)
{
    TUN_PACKET *Packet;
    uint32_t Length;
    RING_POLL_RESULT Result;
    while ((Result = RingConsumerPoll(&Client->Consumer)) == RingEmpty)
    {
        if (NativeUserWait(Client->Process, Client->SendTailMoved, Milliseconds) != STATUS_WAIT_0)
        {
            return -1;
        }
    }
    if (Result != RingNotEmpty)
    {
        return -1;
    }
    assert_int_equal(RingConsumerPeek(&Client->Consumer, &Packet, &Length), RingNotEmpty);
    *Data = Packet->Data;
    return (int)Length;
}

void ClientRelease(CLIENT *Client, int Length)
{
    RingConsumerAdvance(&Client->Consumer, (uint32_t)Length);
    RingConsumerRelease(&Client->Consumer, Client->Consumer.Next);
}

BOOLEAN ClientPut(CLIENT *Client, const UCHAR *Data, ULONG Length)
{
    uint32_t Offset;
    if (RingProducerReserve(&Client->Producer, Length, &Offset) != RingReserved)
    {
        return FALSE;
    }
    TUN_PACKET *Packet = RingProducerPacket(&Client->Producer, Offset);
    Packet->Size = Length;
    memcpy(Packet->Data, Data, Length);
    return TRUE;
}

void ClientPublish(CLIENT *Client)
{
    RingProducerPublish(&Client->Producer, Client->Producer.Next);
    if (RingProducerMustSignal(&Client->Producer))
    {
        assert_int_equal(
            NativeUserSetEvent(Client->Process, Client->ReceiveTailMoved), STATUS_SUCCESS);
    }
}

void PacketMake(UCHAR *Packet, ULONG Length, int Version, ULONG Number)
{
    for (ULONG Index = 0; Index < Length; Index++)
    {
        Packet[Index] = (UCHAR)(Index * 31 + Number * 7 + (Index >> 8));
    }
    ULONG Header = Version == 6 ? 40 : 20;
    if (Length < Header)
    {
        return;
    }
    memset(Packet, 0, Header);
    if (Version == 6)
    {
        Packet[0] = 0x60;
        Packet[4] = (UCHAR)((Length - 40) >> 8);
        Packet[5] = (UCHAR)(Length - 40);
        Packet[6] = 59;
        Packet[8] = 0xFD;
        Packet[24] = 0xFD;
        Packet[39] = 2;
    }
    else
    {
        Packet[0] = 0x45;
        Packet[2] = (UCHAR)(Length >> 8);
        Packet[3] = (UCHAR)Length;
        Packet[8] = 64;
        Packet[9] = 253;
        Packet[12] = Packet[16] = 10;
        Packet[15] = 1;
        Packet[19] = 2;
    }
    /* Flow label or identification: the number. */
    Packet[Version == 6 ? 2 : 4] = (UCHAR)(Number >> 8);
    Packet[Version == 6 ? 3 : 5] = (UCHAR)Number;
}
