/* SPDX-License-Identifier: MIT */
/*
 * Packets through registered rings: content, sizes, order, the rings' edge, each way of waiting,
 * full and corrupt rings.
 */
#include "device_client.h"
#include "device_traffic.h"

#include <string.h>

#define CAPACITY TUN_MIN_CAPACITY

static const DWORD Lengths[] = {0,    1,    2,    3,     4,     5,     63,   548,
                                1400, 1472, 8972, 32739, 32740, 65000, 65486};

/* Each length, and the longest of that version. */
static VOID AllLengths(CLIENT *Client, int Version)
{
    for (ULONG Number = 0; Number <= ARRAYSIZE(Lengths); ++Number)
    {
        DWORD Length = Number < ARRAYSIZE(Lengths) ? Lengths[Number] : TRAFFIC_MAX(Version);
        if (!TrafficSend(Client->Device, Version, Number, Length) ||
            !TrafficExpect(Client, Version, Number, Length))
        {
            return;
        }
        if (!CHECK(TrafficPut(Client, Version, Number, Length)))
        {
            return;
        }
        ClientPublish(Client);
        if (!TrafficCollect(Client->Device, Version, Number, Length))
        {
            return;
        }
    }
}

static VOID SizesOfIpv4(DEVICE *Device)
{
    CLIENT *Client = ClientStart(Device, CAPACITY);

    if (Client != NULL)
    {
        AllLengths(Client, 4);
    }
}

static VOID SizesOfIpv6(DEVICE *Device)
{
    static DEVICE Other;
    CLIENT *Client;

    (void)Device;
    if (DeviceCreate(&Other, 2, TRUE) && (Client = ClientStart(&Other, CAPACITY)) != NULL)
    {
        AllLengths(Client, 6);
        ClientClose(Client);
    }
    DeviceRemove(&Other);
}

#define BATCH 80u

/* Many packets at once, then all of them in their order. */
static VOID Batches(DEVICE *Device)
{
    CLIENT *Client = ClientStart(Device, 4 * CAPACITY);

    for (ULONG Round = 0; Round < 10 && Client != NULL; ++Round)
    {
        int Before = CheckFailures;
        for (ULONG Number = 0; Number < BATCH; ++Number)
        {
            TrafficSend(Device, 4, Round * BATCH + Number, 40 + Number * 3);
        }
        for (ULONG Number = 0; Number < BATCH && CheckFailures == Before; ++Number)
        {
            TrafficExpect(Client, 4, Round * BATCH + Number, 40 + Number * 3);
        }
        for (ULONG Number = 0; Number < BATCH; ++Number)
        {
            CHECK(TrafficPut(Client, 4, Round * BATCH + Number, 40 + Number * 3));
        }
        ClientPublish(Client);
        for (ULONG Number = 0; Number < BATCH && CheckFailures == Before; ++Number)
        {
            TrafficCollect(Device, 4, Round * BATCH + Number, 40 + Number * 3);
        }
        if (CheckFailures != Before)
        {
            return;
        }
    }
}

/* The largest packets round the smallest ring: they start near its edge and cross it. */
static VOID AroundTheEdge(DEVICE *Device)
{
    CLIENT *Client = ClientStart(Device, CAPACITY);
    ULONG Crossings = 0;

    for (ULONG Number = 0; Number < 100 && Client != NULL; ++Number)
    {
        DWORD Length = TRAFFIC_MAX(4) - Number % 7;
        ULONG Head = Client->Send->Head, Tail = Client->Tail;
        if (!TrafficSend(Device, 4, Number, Length) || !TrafficExpect(Client, 4, Number, Length))
        {
            return;
        }
        CHECK_SOON(
            ((Client->Receive->Head - Client->Tail - 4) & (CAPACITY - 1)) >=
            TUN_PACKET_SPACE(TRAFFIC_MAX(4)));
        if (!CHECK(TrafficPut(Client, 4, Number, Length)))
        {
            return;
        }
        ClientPublish(Client);
        if (!TrafficCollect(Device, 4, Number, Length))
        {
            return;
        }
        Crossings += Client->Send->Head < Head;
        Crossings += Client->Tail < Tail;
    }
    CHECK(Crossings >= 90);
}

/* Registered where the next packet starts with the last four bytes before the edge; and with a
 * packet in the ring already. */
static VOID RingsInUse(DEVICE *Device)
{
    CLIENT *Client = ClientNew(Device);

    if (!CHECK(ClientOpen(Client, Device->Link, GENERIC_READ | GENERIC_WRITE)) ||
        !ClientMakeRings(Client, CAPACITY))
    {
        return;
    }
    Client->Send->Head = Client->Send->Tail = CAPACITY - 4;
    Client->Receive->Head = Client->Receive->Tail = Client->Tail = CAPACITY - 4;
    CHECK(TrafficPut(Client, 4, 1, TRAFFIC_MAX(4)));
    Client->Receive->Tail = Client->Tail;
    if (ClientRun(Client))
    {
        TrafficCollect(Device, 4, 1, TRAFFIC_MAX(4));
        TrafficBothWays(Client, 2);
    }
}

/* A client that waits for each packet, with pauses of any length in between. */
static VOID WakeUps(DEVICE *Device, BOOL ManualReset, BOOL SetsAlertable)
{
    CLIENT *Client = ClientNew(Device);

    Client->ManualReset = ManualReset;
    Client->SetsAlertable = SetsAlertable;
    if (!CHECK(ClientOpen(Client, Device->Found.Path, GENERIC_READ | GENERIC_WRITE)) ||
        !ClientMakeRings(Client, CAPACITY) || !ClientRun(Client))
    {
        return;
    }
    for (ULONG Number = 0; Number < 200; ++Number)
    {
        if (!TrafficBothWays(Client, Number))
        {
            printf("    at packet %lu\n", Number);
            return;
        }
        if (Number % 8 == 0)
        {
            Sleep(Number % 5);
        }
    }
    /* An idle driver has nothing to be woken by: a manual-reset event does not stay set. */
    CHECK_SOON(WaitForSingleObject(Client->ReceiveTailMoved, 0) == WAIT_TIMEOUT);
    CHECK_EQUAL(Client->Send->Alertable, 0);
    ClientClose(Client);
}

static VOID AutoResetEvents(DEVICE *Device)
{
    WakeUps(Device, FALSE, FALSE);
}

static VOID ManualResetEvents(DEVICE *Device)
{
    WakeUps(Device, TRUE, FALSE);
}

static VOID AlertableClient(DEVICE *Device)
{
    WakeUps(Device, FALSE, TRUE);
    WakeUps(Device, TRUE, TRUE);
}

/* A client may see a packet before the driver has counted it: counters that move no more. */
static ADIT_COUNTERS SettledCounters(const DEVICE *Device)
{
    ADIT_COUNTERS Last, Now = DeviceCounters(Device);

    do
    {
        Last = Now;
        Sleep(200);
        Now = DeviceCounters(Device);
    } while (memcmp(&Last, &Now, sizeof(Now)) != 0);
    return Now;
}

/* One more byte than the longest packet, and less than a header: counted, and the next one goes. */
static VOID MalformedPackets(DEVICE *Device)
{
    static const BYTE Firsts[] = {0x45, 0x60, 0x00, 0x55, 0xF5};
    CLIENT *Client = ClientStart(Device, CAPACITY);
    ADIT_COUNTERS Before = DeviceCounters(Device);

    if (Client == NULL)
    {
        return;
    }
    for (SIZE_T Index = 0; Index < ARRAYSIZE(Firsts); ++Index)
    {
        DWORD Size = Firsts[Index] == 0x45 ? 19 : Firsts[Index] == 0x60 ? 39 : 100;
        BYTE *Packet = ClientAllocate(Client, Size);
        memset(Packet, 0, Size);
        Packet[0] = Firsts[Index];
    }
    ClientAllocate(Client, 0);
    CHECK(TrafficPut(Client, 4, 1, 100));
    ClientPublish(Client);
    TrafficCollect(Device, 4, 1, 100);
    CHECK_EQUAL(
        SettledCounters(Device).In.Dropped[AditDropMalformed],
        Before.In.Dropped[AditDropMalformed] + ARRAYSIZE(Firsts) + 1);
    CHECK(TrafficBothWays(Client, 2));
}

#define FULL_LENGTH 1370u
#define FULL_SPACE  TUN_PACKET_SPACE(FULL_LENGTH + 28)
#define FULL_ROOM   ((CAPACITY - 4) / FULL_SPACE)
#define FULL_EXCESS 50u

static VOID FullSendRing(DEVICE *Device)
{
    CLIENT *Client = ClientStart(Device, CAPACITY);

    if (Client == NULL || !TrafficBothWays(Client, 1))
    {
        return;
    }
    ADIT_COUNTERS Before = SettledCounters(Device), After;
    UINT64 Discards = DeviceStatistics(Device).OutDiscards;
    for (ULONG Number = 0; Number < FULL_ROOM + FULL_EXCESS; ++Number)
    {
        TrafficSend(Device, 4, Number, FULL_LENGTH);
    }
    CHECK_SOON(
        DeviceCounters(Device).Out.Dropped[AditDropRingFull] ==
        Before.Out.Dropped[AditDropRingFull] + FULL_EXCESS);
    After = SettledCounters(Device);
    CHECK_EQUAL(After.Out.Packets[AditUnicast], Before.Out.Packets[AditUnicast] + FULL_ROOM);
    CHECK_EQUAL(
        After.Out.Octets[AditUnicast],
        Before.Out.Octets[AditUnicast] + FULL_ROOM * (FULL_LENGTH + 28));
    CHECK_EQUAL(DeviceStatistics(Device).OutDiscards, Discards + FULL_EXCESS);
    for (ULONG Number = 0; Number < FULL_ROOM; ++Number)
    {
        if (!TrafficExpect(Client, 4, Number, FULL_LENGTH))
        {
            return;
        }
    }
    CHECK(TrafficBothWays(Client, 9));
}

static const ULONG BadOffsets[] = {CAPACITY,   CAPACITY + 8,  2, 0x7FFFFFFF, 0x80000000,
                                   0xFFFFFFFC, TUN_TERMINATED};

#define LARGE_LENGTH 30000u
#define LARGE_SPACE  TUN_PACKET_SPACE(LARGE_LENGTH + 28)

/* The ring ends, and its client is told, when the driver looks at Head for want of space. */
static VOID CorruptSendHead(DEVICE *Device)
{
    for (SIZE_T Index = 0; Index < ARRAYSIZE(BadOffsets); ++Index)
    {
        CLIENT *Client = ClientStart(Device, CAPACITY);
        if (Client == NULL)
        {
            return;
        }
        ADIT_COUNTERS Before = DeviceCounters(Device);
        ULONG Start = Client->Send->Tail, Room = (CAPACITY - 4) / LARGE_SPACE;
        Client->Send->Head = BadOffsets[Index];
        for (ULONG Number = 0; Number < Room; ++Number)
        {
            TrafficSend(Device, 4, Number, LARGE_LENGTH);
        }
        CHECK_SOON(Client->Send->Tail == ((Start + Room * LARGE_SPACE) & (CAPACITY - 1)));
        Sleep(10);
        ResetEvent(Client->SendTailMoved);
        TrafficSend(Device, 4, 99, LARGE_LENGTH);
        CHECK_EQUAL(WaitForSingleObject(Client->SendTailMoved, DEVICE_TIMEOUT), WAIT_OBJECT_0);
        if (!CHECK_EQUAL(Client->Send->Tail, TUN_TERMINATED))
        {
            printf("    Head was set to 0x%lx\n", BadOffsets[Index]);
        }
        TrafficSend(Device, 4, 100, 10);
        CHECK_SOON(
            DeviceCounters(Device).Out.Dropped[AditDropNoSession] ==
            Before.Out.Dropped[AditDropNoSession] + 2);
        CHECK_EQUAL(
            DeviceCounters(Device).Out.Dropped[AditDropRingCorrupt],
            Before.Out.Dropped[AditDropRingCorrupt] + 1);
        CHECK_EQUAL(Client->Send->Tail, TUN_TERMINATED);
        ClientClose(Client);
    }
    CLIENT *Next = ClientStart(Device, CAPACITY);
    CHECK(Next != NULL && TrafficBothWays(Next, 1));
}

static VOID CorruptReceiveTail(DEVICE *Device)
{
    for (SIZE_T Index = 0; Index < ARRAYSIZE(BadOffsets); ++Index)
    {
        CLIENT *Client = ClientStart(Device, CAPACITY);
        if (Client == NULL)
        {
            return;
        }
        UINT64 Corrupt = DeviceCounters(Device).In.Dropped[AditDropRingCorrupt];
        Client->Tail = BadOffsets[Index];
        ClientPublish(Client);
        CHECK_SOON(Client->Receive->Head == TUN_TERMINATED);
        CHECK_SOON(DeviceCounters(Device).In.Dropped[AditDropRingCorrupt] == Corrupt + 1);

        /* For good: a right Tail later changes nothing. */
        Client->Tail = 0;
        ClientPublish(Client);
        SetEvent(Client->ReceiveTailMoved);
        Sleep(5);
        CHECK_EQUAL(Client->Receive->Head, TUN_TERMINATED);
        ClientClose(Client);
    }
    CLIENT *Next = ClientStart(Device, CAPACITY);
    CHECK(Next != NULL && TrafficBothWays(Next, 1));
}

/* A packet that is none, or reaches beyond Tail; the good one before it arrives. */
static VOID CorruptPacket(DEVICE *Device)
{
    static const ULONG Sizes[] = {0x10000, 0xFFFFFFFF, 0x80000000, 61, 0xFFFF};

    for (SIZE_T Index = 0; Index < ARRAYSIZE(Sizes); ++Index)
    {
        CLIENT *Client = ClientStart(Device, CAPACITY);
        if (Client == NULL)
        {
            return;
        }
        CHECK(TrafficPut(Client, 4, 1, 100));
        BYTE *Packet = ClientAllocate(Client, 60);
        CONTAINING_RECORD(Packet, TUN_PACKET, Data)->Size = Sizes[Index];
        ClientPublish(Client);
        CHECK_SOON(Client->Receive->Head == TUN_TERMINATED);
        TrafficCollect(Device, 4, 1, 100);
        ClientClose(Client);
    }
    CLIENT *Next = ClientStart(Device, CAPACITY);
    CHECK(Next != NULL && TrafficBothWays(Next, 1));
}

const DEVICE_CASE DataCases[] = {
    {"data: IPv4 packets of every size each way", SizesOfIpv4},
    {"data: IPv6 packets of every size each way", SizesOfIpv6},
    {"data: batches arrive whole and in order", Batches},
    {"data: the largest packets around the ring's edge", AroundTheEdge},
    {"data: rings that are in use when they are registered", RingsInUse},
    {"data: a client that never sets Alertable is woken", AutoResetEvents},
    {"data: manual-reset events", ManualResetEvents},
    {"data: a client that says it sets Alertable is woken", AlertableClient},
    {"data: malformed packets are counted, and the next arrive", MalformedPackets},
    {"data: a full send ring drops, and what it drops is counted", FullSendRing},
    {"data: a corrupt Head ends the send ring", CorruptSendHead},
    {"data: a corrupt Tail ends the receive ring", CorruptReceiveTail},
    {"data: a corrupt packet ends the receive ring", CorruptPacket},
    {NULL, NULL}};
