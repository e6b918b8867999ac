/* SPDX-License-Identifier: MIT */
/*
 * How registrations, adapters and the driver end: close, death of the process, removal in every
 * order, sleep, unload; also with traffic, and against each other. FixtureStop asserts that nothing
 * is left.
 */
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "sender.h"

#define ERROR_NOT_READY 21u

static void AssertEnded(CLIENT *Client)
{
    assert_int_equal(RingLoadAcquire(&Client->SendRing->Tail), TUN_RING_TERMINATED);
    assert_int_equal(RingLoadAcquire(&Client->ReceiveRing->Head), TUN_RING_TERMINATED);
    assert_int_equal(
        NativeUserWait(Client->Process, Client->SendTailMoved, FIXTURE_TIMEOUT), STATUS_WAIT_0);
}

static void AssertNothingLocked(void)
{
    NATIVE_USAGE Usage;
    NativeGetUsage(&Usage);
    assert_int_equal(Usage.LockedPages, 0);
    assert_int_equal(Usage.Mappings, 0);
}

static void AssertPacketOut(CLIENT *Client, FIXTURE *Fixture)
{
    UCHAR Packet[80];
    const UCHAR *Data;
    PacketMake(Packet, sizeof(Packet), 4, 3);
    NativeLinkPush(Fixture->Link, Packet, sizeof(Packet));
    assert_int_equal(ClientReceive(Client, &Data, FIXTURE_TIMEOUT), sizeof(Packet));
    assert_memory_equal(Data, Packet, sizeof(Packet));
    ClientRelease(Client, sizeof(Packet));
}

static void StartAndStop(void **State)
{
    FIXTURE *Fixture = *State;
    assert_true(NativeLinkWaitConnected(Fixture->Link, FALSE, 0));
}

static void Close(void **State)
{
    FIXTURE *Fixture = *State;
    CLIENT Client;
    ClientStart(&Client, Fixture);
    ClientClose(&Client);
    AssertEnded(&Client);
    AssertNothingLocked();
    assert_true(NativeLinkWaitConnected(Fixture->Link, FALSE, 0));
    ClientExit(&Client);
}

/* The registration ends with the last handle to its file, not with the first. */
static void CloseOneOfTwoHandles(void **State)
{
    FIXTURE *Fixture = *State;
    CLIENT Client;
    HANDLE Second;
    ClientStart(&Client, Fixture);
    assert_int_equal(
        NativeUserDuplicate(Client.Process, Client.File, Client.Process, 0, &Second),
        STATUS_SUCCESS);
    ClientClose(&Client);
    AssertPacketOut(&Client, Fixture);
    assert_int_equal(NativeUserClose(Client.Process, Second), STATUS_SUCCESS);
    AssertEnded(&Client);
    ClientExit(&Client);
}

static void ProcessDies(void **State)
{
    FIXTURE *Fixture = *State;
    CLIENT Client;
    for (ULONG Round = 0; Round < 3; Round++)
    {
        ClientStart(&Client, Fixture);
        AssertPacketOut(&Client, Fixture);
        ClientExit(&Client);
        AssertNothingLocked();
        assert_true(NativeLinkWaitConnected(Fixture->Link, FALSE, 0));
    }
}

/* The file outlives the process that registered, in another process. */
static void ProcessDiesHandleLives(void **State)
{
    FIXTURE *Fixture = *State;
    CLIENT Client, Next;
    HANDLE Kept;
    PEPROCESS Other = NativeProcessCreate(NativeLocalSystem, FALSE);
    ClientStart(&Client, Fixture);
    assert_int_equal(
        NativeUserDuplicate(Client.Process, Client.File, Other, 0, &Kept), STATUS_SUCCESS);
    ClientExit(&Client);
    AssertNothingLocked();
    ClientStart(&Next, Fixture);
    assert_int_equal(NativeUserClose(Other, Kept), STATUS_SUCCESS);
    AssertPacketOut(&Next, Fixture);
    ClientExit(&Next);
    NativeProcessExit(Other);
}

/* A process that has the file from another one dies: nothing ends. */
static void BystanderDies(void **State)
{
    FIXTURE *Fixture = *State;
    CLIENT Client;
    HANDLE Kept;
    PEPROCESS Other = NativeProcessCreate(NativeLocalSystem, FALSE);
    ClientStart(&Client, Fixture);
    assert_int_equal(
        NativeUserDuplicate(Client.Process, Client.File, Other, 0, &Kept), STATUS_SUCCESS);
    NativeProcessExit(Other);
    AssertPacketOut(&Client, Fixture);
    ClientExit(&Client);
}

/* An orderly removal is refused while a handle is open, and the session goes on. */
static void OrderlyRemoval(void **State)
{
    FIXTURE *Fixture = *State;
    CLIENT Client;
    ClientStart(&Client, Fixture);
    assert_true((ULONG)NativeDeviceRemove(Fixture->Pdo) >= 0x80000000u);
    AssertPacketOut(&Client, Fixture);
    ClientClose(&Client);
    assert_int_equal(NativeDeviceRemove(Fixture->Pdo), STATUS_SUCCESS);
    Fixture->Pdo = NULL;
    ClientExit(&Client);
}

static void SurpriseRemoval(void **State)
{
    FIXTURE *Fixture = *State;
    CLIENT Client;
    HANDLE Another;
    ClientStart(&Client, Fixture);
    TUN_REGISTER_RINGS64 Rings = ClientRegistration(&Client);
    NativeDeviceSurpriseRemove(Fixture->Pdo);
    AssertEnded(&Client);
    AssertNothingLocked();

    /* The handle is still open: REMOVE has to wait. Nothing works any more. */
    Client.SendRing->Tail = Client.ReceiveRing->Head = 0;
    ULONG Error = ClientRegister(&Client, TUN_IOCTL_REGISTER_RINGS, &Rings);
    assert_true(Error == ERROR_NOT_READY || Error == 2 || Error == 55);
    assert_int_not_equal(
        NativeUserOpen(Client.Process, Fixture->Path, FILE_READ_DATA, &Another), STATUS_SUCCESS);
    assert_int_equal(NativeLinkCount(), 1);
    ClientClose(&Client);
    assert_int_equal(NativeLinkCount(), 0);
    Fixture->Pdo = NULL;
    ClientExit(&Client);
}

/* The order of Wine: REMOVE at once, and neither CLEANUP nor CLOSE later. */
static void RemovalWithOpenHandle(void **State)
{
    FIXTURE *Fixture = *State;
    CLIENT Client;
    ClientStart(&Client, Fixture);
    NativeDeviceSurpriseRemoveNow(Fixture->Pdo);
    Fixture->Pdo = NULL;
    AssertEnded(&Client);
    AssertNothingLocked();
    ClientClose(&Client);
    ClientExit(&Client);
}

/* Sleep and wake: the session survives. */
static void Sleep(void **State)
{
    FIXTURE *Fixture = *State;
    CLIENT Client;
    UCHAR Packet[80], Data[80];
    ClientStart(&Client, Fixture);
    AssertPacketOut(&Client, Fixture);
    assert_int_equal(NativeDeviceSetPower(Fixture->Pdo, PowerDeviceD3), STATUS_SUCCESS);
    PacketMake(Packet, sizeof(Packet), 4, 5);
    assert_true(ClientPut(&Client, Packet, sizeof(Packet)));
    ClientPublish(&Client);
    assert_int_equal(NativeLinkCollect(Fixture->Link, Data, sizeof(Data), 50), -1);
    assert_int_equal(NativeDeviceSetPower(Fixture->Pdo, PowerDeviceD0), STATUS_SUCCESS);
    assert_int_equal(
        NativeLinkCollect(Fixture->Link, Data, sizeof(Data), FIXTURE_TIMEOUT), sizeof(Data));
    assert_memory_equal(Data, Packet, sizeof(Data));
    AssertPacketOut(&Client, Fixture);
    ClientExit(&Client);
}

/* Close while asleep, that is paused: nothing waits for ever. */
static void CloseWhileAsleep(void **State)
{
    FIXTURE *Fixture = *State;
    CLIENT Client;
    UCHAR Packet[80];
    ClientStart(&Client, Fixture);
    assert_int_equal(NativeDeviceSetPower(Fixture->Pdo, PowerDeviceD3), STATUS_SUCCESS);
    PacketMake(Packet, sizeof(Packet), 4, 5);
    assert_true(ClientPut(&Client, Packet, sizeof(Packet)));
    ClientPublish(&Client);
    ClientExit(&Client);
    AssertNothingLocked();
    assert_int_equal(NativeDeviceSetPower(Fixture->Pdo, PowerDeviceD0), STATUS_SUCCESS);
}

/* One process with the rings of two adapters: its death ends both sessions, though the files live
 * on in another process. */
static void TwoAdapters(void **State)
{
    FIXTURE *Fixture = *State;
    FIXTURE Second = *Fixture;
    CLIENT Client, Other;
    assert_int_equal(NativeDeviceAdd(Fixture->Driver, L"Adit", &Second.Pdo), STATUS_SUCCESS);
    assert_int_equal(NativeDeviceStart(Second.Pdo), STATUS_SUCCESS);
    Second.Link = NativeLinkLast();
    assert_ptr_not_equal(Second.Link, Fixture->Link);
    NDIS_LINK_IDENTITY Identity;
    NativeLinkIdentity(Second.Link, &Identity);
    ULONG Index = (ULONG)Identity.NetLuid.Info.NetLuidIndex;
    ULONG Digits = 0;
    while (Second.Path[Digits])
    {
        Digits++;
    }
    /* The index is one more than the first one's. */
    while (Second.Path[Digits - 1] >= '0' && Second.Path[Digits - 1] <= '9')
    {
        Second.Path[--Digits] = 0;
    }
    for (ULONG Divisor = Index >= 10 ? 10 : 1; Divisor; Divisor /= 10)
    {
        Second.Path[Digits++] = (WCHAR)('0' + Index / Divisor % 10);
    }

    ClientStart(&Client, Fixture);
    Other = (CLIENT){.Process = Client.Process};
    assert_int_equal(
        NativeUserOpen(Other.Process, Second.Path, FILE_READ_DATA | FILE_WRITE_DATA, &Other.File),
        STATUS_SUCCESS);
    ClientMakeRings(&Other, FIXTURE_CAPACITY, 0);
    TUN_REGISTER_RINGS64 Rings = ClientRegistration(&Other);
    assert_int_equal(ClientRegister(&Other, TUN_IOCTL_REGISTER_RINGS, &Rings), 0);
    AssertPacketOut(&Client, Fixture);
    AssertPacketOut(&Other, &Second);
    HANDLE Kept[2];
    PEPROCESS Keeper = NativeProcessCreate(NativeLocalSystem, FALSE);
    assert_int_equal(
        NativeUserDuplicate(Client.Process, Client.File, Keeper, 0, &Kept[0]), STATUS_SUCCESS);
    assert_int_equal(
        NativeUserDuplicate(Client.Process, Other.File, Keeper, 0, &Kept[1]), STATUS_SUCCESS);
    ClientExit(&Client);
    AssertNothingLocked();
    assert_true(NativeLinkWaitConnected(Fixture->Link, FALSE, 0));
    assert_true(NativeLinkWaitConnected(Second.Link, FALSE, 0));
    NativeProcessExit(Keeper);
    assert_int_equal(NativeDeviceRemove(Second.Pdo), STATUS_SUCCESS);
}

static void Reload(void **State)
{
    FIXTURE *Fixture = *State;
    for (ULONG Round = 0; Round < 3; Round++)
    {
        CLIENT Client;
        ClientStart(&Client, Fixture);
        AssertPacketOut(&Client, Fixture);
        ClientExit(&Client);
        FixtureStop(State);
        FixtureStart(State);
    }
}

typedef struct _TRAFFIC
{
    FIXTURE *Fixture;
    CLIENT *Client;
    volatile LONG Stop;
} TRAFFIC;

static void *TrafficOut(void *Context)
{
    TRAFFIC *Traffic = Context;
    UCHAR Packet[200];
    PacketMake(Packet, sizeof(Packet), 4, 1);
    while (!ReadAcquire(&Traffic->Stop))
    {
        if (NativeLinkPending(Traffic->Fixture->Link) < 64)
        {
            NativeLinkPush(Traffic->Fixture->Link, Packet, sizeof(Packet));
        }
        else
        {
            sched_yield();
        }
    }
    return NULL;
}

static void *TrafficIn(void *Context)
{
    TRAFFIC *Traffic = Context;
    UCHAR Packet[200];
    PacketMake(Packet, sizeof(Packet), 4, 1);
    while (!ReadAcquire(&Traffic->Stop))
    {
        if (ClientPut(Traffic->Client, Packet, sizeof(Packet)))
        {
            ClientPublish(Traffic->Client);
        }
        else
        {
            sched_yield();
        }
    }
    return NULL;
}

/* Ends of every kind in the middle of traffic in both directions. */
static void EndsUnderTraffic(void **State)
{
    FIXTURE *Fixture = *State;
    LARGE_INTEGER Moment = {.QuadPart = -50000};
    NativeLinkSetRoom(Fixture->Link, 16);
    for (ULONG Round = 0; Round < 12; Round++)
    {
        CLIENT Client;
        pthread_t Threads[2];
        ClientStart(&Client, Fixture);
        TRAFFIC Traffic = {.Fixture = Fixture, .Client = &Client};
        assert_int_equal(pthread_create(&Threads[0], NULL, TrafficOut, &Traffic), 0);
        assert_int_equal(pthread_create(&Threads[1], NULL, TrafficIn, &Traffic), 0);
        KeDelayExecutionThread(KernelMode, FALSE, &Moment);
        if (Round % 3 == 1)
        {
            assert_int_equal(NativeDeviceSetPower(Fixture->Pdo, PowerDeviceD3), STATUS_SUCCESS);
            assert_int_equal(NativeDeviceSetPower(Fixture->Pdo, PowerDeviceD0), STATUS_SUCCESS);
        }
        if (Round % 3 != 2)
        {
            ClientClose(&Client);
            AssertNothingLocked();
        }
        else
        {
            PNDIS_MINIPORT_ADAPTER Adapter = FixtureAdapter(Fixture);
            assert_int_equal(NdisHostPause(Adapter), STATUS_SUCCESS);
            assert_int_equal(NdisHostRestart(Adapter), STATUS_SUCCESS);
            NdisHostCloseAdapter(Adapter);
        }
        WriteRelease(&Traffic.Stop, 1);
        pthread_join(Threads[0], NULL);
        pthread_join(Threads[1], NULL);
        ClientExit(&Client);
        AssertNothingLocked();
    }
}

static void SurpriseUnderTraffic(void **State)
{
    LARGE_INTEGER Moment = {.QuadPart = -50000};
    for (ULONG Round = 0; Round < 6; Round++)
    {
        FIXTURE *Fixture = *State;
        CLIENT Client;
        pthread_t Thread;
        ClientStart(&Client, Fixture);
        TRAFFIC Traffic = {.Fixture = Fixture, .Client = &Client};
        assert_int_equal(pthread_create(&Thread, NULL, TrafficIn, &Traffic), 0);
        for (ULONG Number = 0; Number < 50; Number++)
        {
            UCHAR Packet[100];
            PacketMake(Packet, sizeof(Packet), 4, Number);
            NativeLinkPush(Fixture->Link, Packet, sizeof(Packet));
        }
        KeDelayExecutionThread(KernelMode, FALSE, &Moment);
        NativeDeviceSurpriseRemove(Fixture->Pdo);
        AssertEnded(&Client);
        WriteRelease(&Traffic.Stop, 1);
        pthread_join(Thread, NULL);
        ClientExit(&Client);
        Fixture->Pdo = NULL;
        FixtureStop(State);
        FixtureStart(State);
    }
}

typedef struct _BURST
{
    SENDER *Sender;
    volatile LONG *Stop;
} BURST;

static void *SendBursts(void *Context)
{
    BURST *Burst = Context;
    UCHAR Packet[60];
    PacketMake(Packet, sizeof(Packet), 4, 1);
    while (!ReadAcquire(Burst->Stop))
    {
        PNET_BUFFER_LIST List = SenderPacket(Burst->Sender, Packet, sizeof(Packet));
        SenderSend(Burst->Sender, List, PASSIVE_LEVEL);
        SenderWait(Burst->Sender, 1);
    }
    return NULL;
}

/* Sessions come and go while several threads of Windows' side send. */
static void EndsUnderSenders(void **State)
{
    FIXTURE *Fixture = *State;
    SENDER Senders[2];
    BURST Bursts[2];
    pthread_t Threads[2];
    volatile LONG Stop = 0;
    for (ULONG Index = 0; Index < 2; Index++)
    {
        SenderOpen(&Senders[Index], Fixture);
        Bursts[Index] = (BURST){&Senders[Index], &Stop};
        assert_int_equal(pthread_create(&Threads[Index], NULL, SendBursts, &Bursts[Index]), 0);
    }
    for (ULONG Round = 0; Round < 300; Round++)
    {
        CLIENT Client;
        ClientStart(&Client, Fixture);
        ClientClose(&Client);
        AssertNothingLocked();
        ClientExit(&Client);
    }
    WriteRelease(&Stop, 1);
    for (ULONG Index = 0; Index < 2; Index++)
    {
        pthread_join(Threads[Index], NULL);
        SenderClose(&Senders[Index]);
    }
}

typedef struct _RACER
{
    FIXTURE *Fixture;
    ULONG Registered;
} RACER;

static void *RegisterAndDie(void *Context)
{
    RACER *Racer = Context;
    for (ULONG Round = 0; Round < 30; Round++)
    {
        CLIENT Client;
        ClientOpen(&Client, Racer->Fixture, NativeLocalSystem);
        ClientMakeRings(&Client, FIXTURE_CAPACITY, 0);
        TUN_REGISTER_RINGS64 Rings = ClientRegistration(&Client);
        ULONG Error = ClientRegister(&Client, TUN_IOCTL_REGISTER_RINGS, &Rings);
        assert_true(Error == 0 || Error == 1247);
        Racer->Registered += Error == 0;
        if (Round % 2)
        {
            ClientClose(&Client);
        }
        ClientExit(&Client);
    }
    return NULL;
}

/* Two processes for one adapter, again and again. */
static void RegistrationRace(void **State)
{
    FIXTURE *Fixture = *State;
    RACER Racers[2] = {{Fixture, 0}, {Fixture, 0}};
    pthread_t Threads[2];
    for (ULONG Index = 0; Index < 2; Index++)
    {
        assert_int_equal(pthread_create(&Threads[Index], NULL, RegisterAndDie, &Racers[Index]), 0);
    }
    for (ULONG Index = 0; Index < 2; Index++)
    {
        pthread_join(Threads[Index], NULL);
    }
    assert_true(Racers[0].Registered + Racers[1].Registered > 0);
    AssertNothingLocked();
}

#define TEST(Name) cmocka_unit_test_setup_teardown(Name, FixtureStart, FixtureStop)

int main(void)
{
    const struct CMUnitTest Tests[] = {
        TEST(StartAndStop),
        TEST(Close),
        TEST(CloseOneOfTwoHandles),
        TEST(ProcessDies),
        TEST(ProcessDiesHandleLives),
        TEST(BystanderDies),
        TEST(OrderlyRemoval),
        TEST(SurpriseRemoval),
        TEST(RemovalWithOpenHandle),
        TEST(Sleep),
        TEST(CloseWhileAsleep),
        TEST(TwoAdapters),
        TEST(Reload),
        TEST(EndsUnderTraffic),
        TEST(SurpriseUnderTraffic),
        TEST(EndsUnderSenders),
        TEST(RegistrationRace),
    };
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
