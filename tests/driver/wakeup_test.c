/* SPDX-License-Identifier: MIT */
/*
 * Who is woken when: released clients, which wait without a word, and clients that say in Alertable
 * when they sleep. No wake-up is lost, and none is given that nobody asked for.
 */
#include <pthread.h>

#include "sender.h"

static UCHAR Packet[60];

static void StartMaintaining(CLIENT *Client, FIXTURE *Fixture, int32_t Alertable)
{
    ClientOpen(Client, Fixture, NativeLocalSystem);
    ClientMakeRings(Client, FIXTURE_CAPACITY, 0);
    Client->SendRing->Alertable = Alertable;
    TUN_REGISTER_RINGS64 Rings = ClientRegistration(Client);
    assert_int_equal(ClientRegister(Client, TUN_IOCTL_REGISTER_RINGS, &Rings), 0);
    RingStoreRelaxedSigned(&Client->SendRing->Alertable, 0);
}

static NTSTATUS PollSendEvent(CLIENT *Client)
{
    return NativeUserWait(Client->Process, Client->SendTailMoved, 0);
}

/* One packet through the driver; the call has ended when this returns. */
static void Send(SENDER *Sender)
{
    PacketMake(Packet, sizeof(Packet), 4, 1);
    SenderSend(Sender, SenderPacket(Sender, Packet, sizeof(Packet)), PASSIVE_LEVEL);
    SenderWait(Sender, 1);
}

/* Values of Alertable at registration in which bit 1 is not set: signalled after every publish. */
static void ReleasedClients(void **State)
{
    FIXTURE *Fixture = *State;
    const int32_t Values[] = {0, 1, 4, -3};
    for (size_t Index = 0; Index < ARRAYSIZE(Values); Index++)
    {
        CLIENT Client;
        SENDER Sender;
        StartMaintaining(&Client, Fixture, Values[Index]);
        SenderOpen(&Sender, Fixture);
        assert_int_equal(PollSendEvent(&Client), STATUS_TIMEOUT);
        for (ULONG Round = 0; Round < 3; Round++)
        {
            Send(&Sender);
            assert_int_equal(PollSendEvent(&Client), STATUS_WAIT_0);
            assert_int_equal(PollSendEvent(&Client), STATUS_TIMEOUT);
        }
        SenderClose(&Sender);
        ClientExit(&Client);
    }
}

/* Bit 1 at registration: signalled when Alertable is set, and only then. */
static void MaintainingClients(void **State)
{
    FIXTURE *Fixture = *State;
    const int32_t Values[] = {TUN_RING_ALERTABLE_MAINTAINED, 3, -1};
    for (size_t Index = 0; Index < ARRAYSIZE(Values); Index++)
    {
        CLIENT Client;
        SENDER Sender;
        StartMaintaining(&Client, Fixture, Values[Index]);
        SenderOpen(&Sender, Fixture);
        Send(&Sender);
        assert_int_equal(PollSendEvent(&Client), STATUS_TIMEOUT);
        RingStoreRelaxedSigned(&Client.SendRing->Alertable, 1);
        Send(&Sender);
        assert_int_equal(PollSendEvent(&Client), STATUS_WAIT_0);
        RingStoreRelaxedSigned(&Client.SendRing->Alertable, 0);
        Send(&Sender);
        assert_int_equal(PollSendEvent(&Client), STATUS_TIMEOUT);

        /* The end is always told. */
        ClientClose(&Client);
        assert_int_equal(PollSendEvent(&Client), STATUS_WAIT_0);
        SenderClose(&Sender);
        ClientExit(&Client);
    }
}

#define ROUNDS 20000

typedef struct _PING
{
    SENDER Sender;
    CLIENT *Client;
} PING;

/* Sends the next packet as soon as the one before is taken: just when the client falls asleep. */
static void *SendWhenTaken(void *Context)
{
    PING *Ping = Context;
    for (ULONG Round = 0; Round < ROUNDS; Round++)
    {
        while (RingLoadAcquire(&Ping->Client->SendRing->Head) !=
               RingLoadAcquire(&Ping->Client->SendRing->Tail))
        {
            YieldProcessor();
        }
        for (volatile ULONG Delay = Round % 64; Delay; Delay--)
        {
        }
        Send(&Ping->Sender);
    }
    return NULL;
}

static void NoWakeupIsLostOut(void **State)
{
    FIXTURE *Fixture = *State;
    CLIENT Client;
    PING Ping = {.Client = &Client};
    pthread_t Thread;
    StartMaintaining(&Client, Fixture, TUN_RING_ALERTABLE_MAINTAINED);
    SenderOpen(&Ping.Sender, Fixture);
    assert_int_equal(pthread_create(&Thread, NULL, SendWhenTaken, &Ping), 0);
    for (ULONG Round = 0; Round < ROUNDS; Round++)
    {
        TUN_PACKET *Received;
        uint32_t Length;
        while (RingConsumerPoll(&Client.Consumer) == RingEmpty)
        {
            if (RingConsumerSleep(&Client.Consumer) == RingEmpty)
            {
                assert_int_equal(
                    NativeUserWait(Client.Process, Client.SendTailMoved, FIXTURE_TIMEOUT),
                    STATUS_WAIT_0);
            }
            RingConsumerAwake(&Client.Consumer);
        }
        assert_int_equal(RingConsumerPeek(&Client.Consumer, &Received, &Length), RingNotEmpty);
        ClientRelease(&Client, (int)Length);
    }
    pthread_join(Thread, NULL);
    SenderClose(&Ping.Sender);
    ClientExit(&Client);
}

/* The other direction: the client signals only when the driver says that it sleeps. */
static void NoWakeupIsLostIn(void **State)
{
    FIXTURE *Fixture = *State;
    CLIENT Client;
    ClientStart(&Client, Fixture);
    PacketMake(Packet, sizeof(Packet), 4, 1);
    for (ULONG Round = 0; Round < ROUNDS; Round++)
    {
        UCHAR Data[60];
        assert_true(ClientPut(&Client, Packet, sizeof(Packet)));
        ClientPublish(&Client);
        assert_int_equal(
            NativeLinkCollect(Fixture->Link, Data, sizeof(Data), FIXTURE_TIMEOUT), sizeof(Data));
        for (volatile ULONG Delay = Round * 7 % 4096; Delay; Delay--)
        {
        }
    }
    ClientExit(&Client);
}

/* Alertable is set while the driver sleeps, and not while there is traffic. */
static void DriverSaysThatItSleeps(void **State)
{
    FIXTURE *Fixture = *State;
    CLIENT Client;
    LARGE_INTEGER Millisecond = {.QuadPart = -10000};
    ClientStart(&Client, Fixture);
    for (ULONG Round = 0; Round < 5; Round++)
    {
        UCHAR Data[60];
        ULONG Waited = 0;
        while (!RingLoadRelaxedSigned(&Client.ReceiveRing->Alertable))
        {
            assert_true(Waited++ < FIXTURE_TIMEOUT);
            KeDelayExecutionThread(KernelMode, FALSE, &Millisecond);
        }
        assert_true(ClientPut(&Client, Packet, sizeof(Packet)));
        ClientPublish(&Client);
        assert_int_equal(
            NativeLinkCollect(Fixture->Link, Data, sizeof(Data), FIXTURE_TIMEOUT), sizeof(Data));
    }
    ClientExit(&Client);
}

#define TEST(Name) cmocka_unit_test_setup_teardown(Name, FixtureStart, FixtureStop)

int main(void)
{
    const struct CMUnitTest Tests[] = {
        TEST(ReleasedClients),  TEST(MaintainingClients),     TEST(NoWakeupIsLostOut),
        TEST(NoWakeupIsLostIn), TEST(DriverSaysThatItSleeps),
    };
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
