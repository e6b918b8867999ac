/* SPDX-License-Identifier: MIT */
/*
 * Packets each way through registered rings: content, order, batches, sizes, wrap-around, and both
 * directions at once.
 */
#include <pthread.h>
#include <string.h>

#include "sender.h"

static UCHAR Packet[PACKET_MAX + 1], Got[PACKET_MAX + 1];

static void AssertReceived(CLIENT *Client, const UCHAR *Expected, ULONG Length)
{
    const UCHAR *Data;
    assert_int_equal(ClientReceive(Client, &Data, FIXTURE_TIMEOUT), Length);
    assert_memory_equal(Data, Expected, Length);
    ClientRelease(Client, (int)Length);
}

static void AssertCollected(FIXTURE *Fixture, const UCHAR *Expected, ULONG Length)
{
    assert_int_equal(NativeLinkCollect(Fixture->Link, Got, sizeof(Got), FIXTURE_TIMEOUT), Length);
    assert_memory_equal(Got, Expected, Length);
}

static void OneOut(void **State)
{
    FIXTURE *Fixture = *State;
    CLIENT Client;
    ClientStart(&Client, Fixture);
    for (int Version = 4; Version <= 6; Version += 2)
    {
        PacketMake(Packet, 84, Version, 1);
        NativeLinkPush(Fixture->Link, Packet, 84);
        AssertReceived(&Client, Packet, 84);
    }
    FixtureAwait(Fixture, OID_GEN_XMIT_OK, 2);
    assert_int_equal(FixtureStatistics(Fixture).ifHCOutOctets, 168);
    ClientExit(&Client);
}

static void OneIn(void **State)
{
    FIXTURE *Fixture = *State;
    CLIENT Client;
    ClientStart(&Client, Fixture);
    for (int Version = 4; Version <= 6; Version += 2)
    {
        PacketMake(Packet, 84, Version, 1);
        assert_true(ClientPut(&Client, Packet, 84));
        ClientPublish(&Client);
        AssertCollected(Fixture, Packet, 84);
    }
    FixtureAwait(Fixture, OID_GEN_RCV_OK, 2);
    assert_int_equal(FixtureStatistics(Fixture).ifHCInOctets, 168);
    ClientExit(&Client);
}

/* Lists of several packets, packets in pieces of odd sizes, data that starts inside an MDL. */
static void ListsAndPieces(void **State)
{
    FIXTURE *Fixture = *State;
    CLIENT Client;
    SENDER Sender;
    const ULONG Pieces[] = {1, 3, 7, 64, 1000};
    ClientStart(&Client, Fixture);
    SenderOpen(&Sender, Fixture);
    for (ULONG Round = 0; Round < 10; Round++)
    {
        PNET_BUFFER_LIST Chain = NULL, *Last = &Chain;
        for (ULONG List = 0; List < 4; List++)
        {
            *Last = SenderList(&Sender);
            for (ULONG Number = 0; Number < 3; Number++)
            {
                ULONG Index = List * 3 + Number, Length = 40 + Index * 97;
                PacketMake(Packet, Length, 4, Index);
                SenderAdd(
                    &Sender, *Last, Packet, Length, Pieces[Index % ARRAYSIZE(Pieces)], Index % 5);
            }
            Last = &NET_BUFFER_LIST_NEXT_NBL(*Last);
        }
        SenderSend(&Sender, Chain, Round % 2 ? DISPATCH_LEVEL : PASSIVE_LEVEL);
        for (ULONG Index = 0; Index < 12; Index++)
        {
            PacketMake(Packet, 40 + Index * 97, 4, Index);
            AssertReceived(&Client, Packet, 40 + Index * 97);
        }
        SenderWait(&Sender, 4);
    }
    assert_int_equal(Sender.Succeeded, 40);
    assert_int_equal(Sender.Failed, 0);
    SenderClose(&Sender);
    ClientExit(&Client);
}

/* Every length that a packet can have out of Windows, 0 included. */
static void SizesOut(void **State)
{
    FIXTURE *Fixture = *State;
    CLIENT Client;
    SENDER Sender;
    ULONG Count = 0;
    ClientStart(&Client, Fixture);
    SenderOpen(&Sender, Fixture);
    for (ULONG Length = 0; Length <= PACKET_MAX; Length += Length < 100 ? 1 : 463, Count++)
    {
        PacketMake(Packet, Length, 4, Length);
        SenderSend(&Sender, SenderPacket(&Sender, Packet, Length), PASSIVE_LEVEL);
        AssertReceived(&Client, Packet, Length);
    }
    PacketMake(Packet, PACKET_MAX, 6, 1);
    SenderSend(&Sender, SenderPacket(&Sender, Packet, PACKET_MAX), PASSIVE_LEVEL);
    AssertReceived(&Client, Packet, PACKET_MAX);

    /* One more byte is no packet. */
    SenderSend(&Sender, SenderPacket(&Sender, Packet, PACKET_MAX + 1), PASSIVE_LEVEL);
    SenderWait(&Sender, Count + 2);
    assert_int_equal(Sender.Failed, 1);
    assert_int_equal(Sender.LastError, NDIS_STATUS_INVALID_LENGTH);
    FixtureAwait(Fixture, OID_GEN_XMIT_ERROR, 1);
    SenderClose(&Sender);
    ClientExit(&Client);
}

/* Valid lengths arrive; what is too short for its header is counted, and the session goes on. */
static void SizesIn(void **State)
{
    FIXTURE *Fixture = *State;
    CLIENT Client;
    ULONG Errors = 0;
    ClientStart(&Client, Fixture);
    for (ULONG Length = 0; Length <= PACKET_MAX; Length += Length < 100 ? 1 : 463)
    {
        for (int Version = 4; Version <= 6; Version += 2)
        {
            memset(Packet, Version << 4, Length);
            PacketMake(Packet, Length, Version, Length);
            if (Length > 0 && Length < (Version == 6 ? 40u : 20u))
            {
                Packet[0] = (UCHAR)(Version << 4);
            }
            while (!ClientPut(&Client, Packet, Length))
            {
            }
            ClientPublish(&Client);
            if (Length >= (Version == 6 ? 40u : 20u))
            {
                AssertCollected(Fixture, Packet, Length);
            }
            else
            {
                FixtureAwait(Fixture, OID_GEN_RCV_ERROR, ++Errors);
            }
        }
    }
    assert_int_equal(Errors, 60);
    assert_int_equal(NativeLinkCollect(Fixture->Link, Got, sizeof(Got), 0), -1);
    ClientExit(&Client);
}

/* Neither IPv4 nor IPv6 by the first nibble. */
static void OtherVersionsIn(void **State)
{
    FIXTURE *Fixture = *State;
    CLIENT Client;
    ClientStart(&Client, Fixture);
    for (UCHAR Version = 0; Version < 16; Version++)
    {
        PacketMake(Packet, 64, 4, Version);
        Packet[0] = (UCHAR)(Version << 4 | 5);
        assert_true(ClientPut(&Client, Packet, 64));
    }
    ClientPublish(&Client);
    FixtureAwait(Fixture, OID_GEN_RCV_ERROR, 14);
    FixtureAwait(Fixture, OID_GEN_RCV_OK, 2);
    ClientExit(&Client);
}

static void BatchIn(void **State)
{
    FIXTURE *Fixture = *State;
    CLIENT Client;
    ClientStart(&Client, Fixture);
    for (ULONG Round = 0; Round < 5; Round++)
    {
        /* More than one indication takes. */
        for (ULONG Number = 0; Number < 300; Number++)
        {
            PacketMake(Packet, 40 + Number, 4, Number);
            assert_true(ClientPut(&Client, Packet, 40 + Number));
        }
        ClientPublish(&Client);
        for (ULONG Number = 0; Number < 300; Number++)
        {
            PacketMake(Packet, 40 + Number, 4, Number);
            AssertCollected(Fixture, Packet, 40 + Number);
        }
    }
    ClientExit(&Client);
}

static void BatchOut(void **State)
{
    FIXTURE *Fixture = *State;
    CLIENT Client;
    ClientStart(&Client, Fixture);
    for (ULONG Round = 0; Round < 10; Round++)
    {
        for (ULONG Number = 0; Number < 80; Number++)
        {
            PacketMake(Packet, 1400, 4, Number);
            NativeLinkPush(Fixture->Link, Packet, 1400);
        }
        for (ULONG Number = 0; Number < 80; Number++)
        {
            PacketMake(Packet, 1400, 4, Number);
            AssertReceived(&Client, Packet, 1400);
        }
    }
    ClientExit(&Client);
}

/* The largest packets go round a small ring many times, start near its edge and cross it. */
static void AroundTheEdge(void **State)
{
    FIXTURE *Fixture = *State;
    CLIENT Client;
    SENDER Sender;
    ClientStart(&Client, Fixture);
    SenderOpen(&Sender, Fixture);
    for (ULONG Number = 0; Number < 200; Number++)
    {
        ULONG Length = PACKET_MAX - Number % 7;
        PacketMake(Packet, Length, 6, Number);
        SenderSend(&Sender, SenderPacket(&Sender, Packet, Length), DISPATCH_LEVEL);
        AssertReceived(&Client, Packet, Length);
        while (!ClientPut(&Client, Packet, Length))
        {
        }
        ClientPublish(&Client);
        AssertCollected(Fixture, Packet, Length);
    }
    SenderWait(&Sender, 200);
    SenderClose(&Sender);
    ClientExit(&Client);
}

#define STRESS_THREADS 3
#define STRESS_PACKETS 1500

typedef struct _STRESS
{
    FIXTURE *Fixture;
    CLIENT *Client;
    SENDER *Sender;
    ULONG Thread;
} STRESS;

/* Threads of Windows' side: each packet says which thread and which number it is. */
static void *StressSend(void *Context)
{
    STRESS *Stress = Context;
    UCHAR Data[600];
    for (ULONG Number = 0; Number < STRESS_PACKETS; Number++)
    {
        ULONG Length = 40 + (Number * 13 + Stress->Thread) % 500;
        PacketMake(Data, Length, 4, Number);
        Data[24] = (UCHAR)Stress->Thread;
        PNET_BUFFER_LIST List = SenderPacket(Stress->Sender, Data, Length);
        SenderSend(Stress->Sender, List, Number % 2 ? DISPATCH_LEVEL : PASSIVE_LEVEL);
    }
    return NULL;
}

/* The client's sending thread. */
static void *StressPut(void *Context)
{
    STRESS *Stress = Context;
    UCHAR Data[600];
    for (ULONG Number = 0; Number < STRESS_PACKETS; Number++)
    {
        PacketMake(Data, 600, 4, Number);
        while (!ClientPut(Stress->Client, Data, 600))
        {
        }
        ClientPublish(Stress->Client);
    }
    return NULL;
}

static void *StressCollect(void *Context)
{
    STRESS *Stress = Context;
    static UCHAR Expected[600], Data[600];
    for (ULONG Number = 0; Number < STRESS_PACKETS; Number++)
    {
        PacketMake(Expected, 600, 4, Number);
        assert_int_equal(NativeLinkCollect(Stress->Fixture->Link, Data, 600, FIXTURE_TIMEOUT), 600);
        assert_memory_equal(Data, Expected, 600);
    }
    return NULL;
}

static ULONG StressNumber(const UCHAR *Data)
{
    return (ULONG)Data[4] << 8 | Data[5];
}

/*
 * Several senders, one reader, and the other direction at the same time. The ring is small, so
 * that packets are dropped: those that arrive are whole, and in order for each sender; sent,
 * received and dropped add up.
 */
static void BothDirections(void **State)
{
    FIXTURE *Fixture = *State;
    CLIENT Client;
    SENDER Sender;
    STRESS Stress[STRESS_THREADS];
    pthread_t Threads[STRESS_THREADS], Put, Collect;
    ULONG Next[STRESS_THREADS] = {0}, Received = 0;
    const UCHAR *Data;
    int Length;

    ClientStart(&Client, Fixture);
    SenderOpen(&Sender, Fixture);
    for (ULONG Index = 0; Index < STRESS_THREADS; Index++)
    {
        Stress[Index] = (STRESS){Fixture, &Client, &Sender, Index};
        assert_int_equal(pthread_create(&Threads[Index], NULL, StressSend, &Stress[Index]), 0);
    }
    assert_int_equal(pthread_create(&Put, NULL, StressPut, &Stress[0]), 0);
    assert_int_equal(pthread_create(&Collect, NULL, StressCollect, &Stress[0]), 0);
    while ((Length = ClientReceive(&Client, &Data, 500)) > 0)
    {
        ULONG Thread = Data[24], Number = StressNumber(Data);
        assert_in_range(Thread, 0, STRESS_THREADS - 1);
        assert_in_range(Number, Next[Thread], STRESS_PACKETS - 1);
        assert_int_equal(Length, 40 + (Number * 13 + Thread) % 500);
        PacketMake(Packet, (ULONG)Length, 4, Number);
        Packet[24] = (UCHAR)Thread;
        assert_memory_equal(Data, Packet, (size_t)Length);
        Next[Thread] = Number + 1;
        Received++;
        ClientRelease(&Client, Length);
    }
    for (ULONG Index = 0; Index < STRESS_THREADS; Index++)
    {
        pthread_join(Threads[Index], NULL);
    }
    pthread_join(Put, NULL);
    pthread_join(Collect, NULL);
    SenderWait(&Sender, STRESS_THREADS * STRESS_PACKETS);
    assert_int_equal(Sender.Succeeded, Received);
    NDIS_STATISTICS_INFO Info = FixtureStatistics(Fixture);
    assert_int_equal(Info.ifHCOutUcastPkts, Received);
    assert_int_equal(Info.ifOutDiscards, Sender.Failed);
    SenderClose(&Sender);
    ClientExit(&Client);
}

#define TEST(Name) cmocka_unit_test_setup_teardown(Name, FixtureStart, FixtureStop)

int main(void)
{
    const struct CMUnitTest Tests[] = {
        TEST(OneOut),        TEST(OneIn),           TEST(ListsAndPieces), TEST(SizesOut),
        TEST(SizesIn),       TEST(OtherVersionsIn), TEST(BatchIn),        TEST(BatchOut),
        TEST(AroundTheEdge), TEST(BothDirections),
    };
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
