/* SPDX-License-Identifier: MIT */
/*
 * The packet calls over rings in memory, without a driver: the test itself produces the send ring
 * and consumes the receive ring.
 */
#include "client.h"
#include "peer.h"

#include <string.h>

static int LoggedMessages;
static int LoggedErrors;

static VOID CALLBACK CountMessages(WINTUN_LOGGER_LEVEL Level, DWORD64 Timestamp, LPCWSTR Message)
{
    (void)Timestamp;
    (void)Message;
    ++LoggedMessages;
    LoggedErrors += Level == WINTUN_LOG_ERR;
}

static const uint32_t Lengths[] = {0, 1, 2, 3, 4, 20, 1280, 1500, 9000, 65534, 65535};
#define LENGTH_COUNT (sizeof(Lengths) / sizeof(Lengths[0]))

static void TestLayout(void)
{
    static const DWORD Wrong[] = {0, 4, CAPACITY - 1, CAPACITY + 4, CAPACITY * 3, 0x8000000};

    for (size_t Index = 0; Index < sizeof(Wrong) / sizeof(Wrong[0]); ++Index)
    {
        CHECK_FAILS(SessionAllocate(Wrong[Index]), ERROR_INVALID_PARAMETER);
    }
    PEER Peer = PeerStart();
    TUN_RING *SendRing = Peer.Session->Receive.Ring;
    TUN_RING *ReceiveRing = Peer.Session->Send.Ring;
    CHECK(SendRing->Head == 0 && SendRing->Tail == 0);
    CHECK(SendRing->Alertable == TUN_RING_ALERTABLE_MAINTAINED);
    CHECK(ReceiveRing->Head == 0 && ReceiveRing->Tail == 0 && ReceiveRing->Alertable == 0);
    /* Both rings end inside their memory, and do not overlap. */
    CHECK((BYTE *)ReceiveRing >= (BYTE *)SendRing + TUN_RING_SIZE(CAPACITY));
    ReceiveRing->Data[CAPACITY + TUN_RING_TRAILING_BYTES - 1] = 1;
    WintunEndSession(Peer.Session);
}

static void TestReceiveOrder(void)
{
    PEER Peer = PeerStart();
    BYTE *Packets[3];
    DWORD Size;

    CHECK_FAILS(WintunReceivePacket(Peer.Session, &Size), ERROR_NO_MORE_ITEMS);
    for (uint32_t Index = 0; Index < 3; ++Index)
    {
        CHECK(PeerSend(&Peer, 100 + Index, Index));
    }
    for (uint32_t Index = 0; Index < 3; ++Index)
    {
        Packets[Index] = WintunReceivePacket(Peer.Session, &Size);
        CHECK(Packets[Index] != NULL && Size == 100 + Index);
        CHECK(IsPattern(Packets[Index], Size, Index));
    }
    CHECK_FAILS(WintunReceivePacket(Peer.Session, &Size), ERROR_NO_MORE_ITEMS);

    /* Space comes back only behind the oldest packet. */
    volatile uint32_t *Head = &Peer.Session->Receive.Ring->Head;
    WintunReleaseReceivePacket(Peer.Session, Packets[2]);
    WintunReleaseReceivePacket(Peer.Session, Packets[1]);
    CHECK(*Head == 0);
    WintunReleaseReceivePacket(Peer.Session, Packets[0]);
    CHECK(*Head == 104 + 108 + 108);

    /* Releasing again, or something else, changes nothing and is an error in the log. */
    CHECK(PeerSend(&Peer, 400, 3));
    BYTE *Last = WintunReceivePacket(Peer.Session, &Size);
    LoggedErrors = 0;
    WintunReleaseReceivePacket(Peer.Session, Packets[0]);
    WintunReleaseReceivePacket(Peer.Session, Last + 1);
    WintunReleaseReceivePacket(Peer.Session, Last + 408);
    WintunReleaseReceivePacket(Peer.Session, (BYTE *)&Peer);
    WintunReleaseReceivePacket(Peer.Session, NULL);
    CHECK(LoggedErrors == 5);
    CHECK(*Head == 104 + 108 + 108);
    CHECK(IsPattern(Last, Size, 3));
    WintunReleaseReceivePacket(Peer.Session, Last);
    CHECK(*Head == 104 + 108 + 108 + 404);
    WintunEndSession(Peer.Session);
}

/* All lengths, often enough that packets of each lie across the edge. */
static void TestReceiveWrap(void)
{
    PEER Peer = PeerStart();
    uint32_t Sent = 0, Received = 0;
    DWORD Size;

    while (Received < 2000)
    {
        while (Sent < Received + 5 && PeerSend(&Peer, Lengths[Sent % LENGTH_COUNT], Sent))
        {
            ++Sent;
        }
        BYTE *Packet = WintunReceivePacket(Peer.Session, &Size);
        if (!CHECK(
                Packet != NULL && Size == Lengths[Received % LENGTH_COUNT] &&
                IsPattern(Packet, Size, Received)))
        {
            break;
        }
        WintunReleaseReceivePacket(Peer.Session, Packet);
        ++Received;
    }
    WintunEndSession(Peer.Session);
}

static void TestSendOrder(void)
{
    PEER Peer = PeerStart();
    volatile uint32_t *Tail = &Peer.Session->Send.Ring->Tail;
    HANDLE Moved = Peer.Session->TailMoved;
    BYTE *Packets[3];

    for (uint32_t Index = 0; Index < 3; ++Index)
    {
        Packets[Index] = WintunAllocateSendPacket(Peer.Session, 20 + Index);
        CHECK(Packets[Index] != NULL);
    }
    WintunSendPacket(Peer.Session, Packets[1]);
    CHECK(*Tail == 0);
    WintunSendPacket(Peer.Session, Packets[0]);
    CHECK(*Tail == 24 + 28);
    CHECK(WaitForSingleObject(Moved, 0) == WAIT_TIMEOUT);

    /* The driver is woken if it sleeps, and only for something new. */
    Peer.Session->Send.Ring->Alertable = 1;
    WintunSendPacket(Peer.Session, Packets[0]);
    CHECK(WaitForSingleObject(Moved, 0) == WAIT_TIMEOUT);
    WintunSendPacket(Peer.Session, Packets[2]);
    CHECK(*Tail == 24 + 28 + 28);
    CHECK(WaitForSingleObject(Moved, 0) == WAIT_OBJECT_0);
    BYTE *Last = WintunAllocateSendPacket(Peer.Session, 100);
    LoggedErrors = 0;
    WintunSendPacket(Peer.Session, NULL);
    WintunSendPacket(Peer.Session, Packets[2]);
    WintunSendPacket(Peer.Session, Last + 1);
    CHECK(LoggedErrors == 3);
    CHECK(*Tail == 24 + 28 + 28);
    WintunSendPacket(Peer.Session, Last);
    CHECK(*Tail == 24 + 28 + 28 + 104);
    CHECK_FAILS(WintunAllocateSendPacket(Peer.Session, 0x10000), ERROR_INVALID_PARAMETER);
    WintunEndSession(Peer.Session);
}

static void TestSendFull(void)
{
    PEER Peer = PeerStart();
    TUN_RING *Ring = Peer.Session->Send.Ring;
    uint32_t Count = 0;
    BYTE *Packet;

    /* 1020 bytes take 1 KiB; the last 4 bytes of a ring are never used. */
    while ((Packet = WintunAllocateSendPacket(Peer.Session, 1020)) != NULL)
    {
        WintunSendPacket(Peer.Session, Packet);
        ++Count;
    }
    CHECK(GetLastError() == ERROR_BUFFER_OVERFLOW);
    CHECK(Count == CAPACITY / 1024 - 1);
    Packet = WintunAllocateSendPacket(Peer.Session, 1016);
    CHECK(Packet != NULL);
    WintunSendPacket(Peer.Session, Packet);
    CHECK_FAILS(WintunAllocateSendPacket(Peer.Session, 0), ERROR_BUFFER_OVERFLOW);
    CHECK(Ring->Tail == CAPACITY - 4);
    Ring->Head = 1024;
    Packet = WintunAllocateSendPacket(Peer.Session, 1020);
    CHECK(Packet == Ring->Data + CAPACITY - 4 + sizeof(TUN_PACKET));
    WintunEndSession(Peer.Session);
}

/* One of the driver's marks ends the session both ways, for good, and with one message. */
static void TestTerminated(void)
{
    DWORD Size;

    for (int Mark = 0; Mark < 2; ++Mark)
    {
        PEER Peer = PeerStart();
        HANDLE Event = WintunGetReadWaitEvent(Peer.Session);
        CHECK(PeerSend(&Peer, 40, 1));
        LoggedMessages = 0;
        if (Mark == 0)
        {
            Peer.Session->Receive.Ring->Tail = TUN_RING_TERMINATED;
            CHECK_FAILS(WintunReceivePacket(Peer.Session, &Size), ERROR_HANDLE_EOF);
        }
        else
        {
            Peer.Session->Send.Ring->Head = TUN_RING_TERMINATED;
            CHECK_FAILS(WintunAllocateSendPacket(Peer.Session, 0), ERROR_HANDLE_EOF);
            /* A thread that waits to receive is told. */
            CHECK(WaitForSingleObject(Event, 0) == WAIT_OBJECT_0);
        }
        CHECK_FAILS(WintunReceivePacket(Peer.Session, &Size), ERROR_HANDLE_EOF);
        CHECK_FAILS(WintunReceivePacket(Peer.Session, &Size), ERROR_HANDLE_EOF);
        CHECK_FAILS(WintunAllocateSendPacket(Peer.Session, 0), ERROR_HANDLE_EOF);
        CHECK_FAILS(WintunAllocateSendPacket(Peer.Session, 20), ERROR_HANDLE_EOF);
        CHECK(LoggedMessages == 1);

        /* A client that waits again and again is not woken for ever. */
        int Wakes = 0;
        while (Wakes < 10000 && WaitForSingleObject(Event, 0) == WAIT_OBJECT_0)
        {
            CHECK_FAILS(WintunReceivePacket(Peer.Session, &Size), ERROR_HANDLE_EOF);
            ++Wakes;
        }
        CHECK(Wakes > 16 && Wakes < 1000);
        WintunEndSession(Peer.Session);
    }
}

static void TestCorruptOffsets(void)
{
    static const uint32_t Wrong[] = {1, 2, CAPACITY, CAPACITY + 4, 0x7FFFFFFC, 0xFFFFFFFC};
    DWORD Size;

    for (size_t Index = 0; Index < sizeof(Wrong) / sizeof(Wrong[0]); ++Index)
    {
        PEER Peer = PeerStart();
        LoggedMessages = 0;
        Peer.Session->Receive.Ring->Tail = Wrong[Index];
        CHECK_FAILS(WintunReceivePacket(Peer.Session, &Size), ERROR_INVALID_DATA);
        /* Once corrupt, always corrupt: what was in it is not to be trusted. */
        Peer.Session->Receive.Ring->Tail = 0;
        CHECK_FAILS(WintunReceivePacket(Peer.Session, &Size), ERROR_INVALID_DATA);
        CHECK_FAILS(WintunAllocateSendPacket(Peer.Session, 20), ERROR_HANDLE_EOF);
        CHECK(LoggedMessages == 1);
        WintunEndSession(Peer.Session);

        Peer = PeerStart();
        Peer.Session->Send.Ring->Head = Wrong[Index];
        CHECK_FAILS(WintunAllocateSendPacket(Peer.Session, 20), ERROR_HANDLE_EOF);
        CHECK_FAILS(WintunReceivePacket(Peer.Session, &Size), ERROR_INVALID_DATA);
        WintunEndSession(Peer.Session);
    }
}

static void TestCorruptSizes(void)
{
    static const uint32_t Wrong[] = {41, 0x10000, 0x80000000, 0x80000010, 0xFFFFFFFF};
    DWORD Size;

    for (size_t Index = 0; Index < sizeof(Wrong) / sizeof(Wrong[0]); ++Index)
    {
        PEER Peer = PeerStart();
        CHECK(PeerSend(&Peer, 40, 1));
        ((TUN_PACKET *)(void *)Peer.Producer.Ring->Data)->Size = Wrong[Index];
        CHECK_FAILS(WintunReceivePacket(Peer.Session, &Size), ERROR_INVALID_DATA);
        WintunEndSession(Peer.Session);
    }
}

/* A client that writes in front of its own packets confuses nobody. */
static void TestOverwrittenHeaders(void)
{
    PEER Peer = PeerStart();
    TUN_PACKET *Sent;
    uint32_t Length;
    DWORD Size;

    CHECK(PeerSend(&Peer, 40, 1));
    BYTE *Packet = WintunReceivePacket(Peer.Session, &Size);
    memset(Packet - sizeof(TUN_PACKET), 0x7F, sizeof(TUN_PACKET));
    WintunReleaseReceivePacket(Peer.Session, Packet);
    CHECK(Peer.Session->Receive.Ring->Head == 44);
    CHECK_FAILS(WintunReceivePacket(Peer.Session, &Size), ERROR_NO_MORE_ITEMS);

    Packet = WintunAllocateSendPacket(Peer.Session, 40);
    memset(Packet - sizeof(TUN_PACKET), 0x7F, sizeof(TUN_PACKET));
    WintunSendPacket(Peer.Session, Packet);
    CHECK(RingConsumerPoll(&Peer.Consumer) == RingNotEmpty);
    CHECK(RingConsumerPeek(&Peer.Consumer, &Sent, &Length) == RingNotEmpty && Length == 40);
    WintunEndSession(Peer.Session);
}

typedef struct _WAITER
{
    WINTUN_SESSION_HANDLE Session;
    HANDLE Waiting;
    DWORD Error;
} WAITER;

static DWORD WINAPI WaitForPackets(void *Context)
{
    WAITER *Waiter = Context;
    HANDLE Event = WintunGetReadWaitEvent(Waiter->Session);
    DWORD Size;

    SetEvent(Waiter->Waiting);
    for (;;)
    {
        BYTE *Packet = WintunReceivePacket(Waiter->Session, &Size);
        if (Packet != NULL)
        {
            WintunReleaseReceivePacket(Waiter->Session, Packet);
            continue;
        }
        Waiter->Error = GetLastError();
        if (Waiter->Error != ERROR_NO_MORE_ITEMS)
        {
            return 0;
        }
        if (WaitForSingleObject(Event, INFINITE) != WAIT_OBJECT_0)
        {
            return 1;
        }
    }
}

/* Several threads wait for packets while the session ends: each finds the end. */
static void TestEndWakes(void)
{
    WAITER Waiters[4];
    HANDLE Threads[4];

    for (int Round = 0; Round < 50; ++Round)
    {
        PEER Peer = PeerStart();
        for (int Index = 0; Index < 4; ++Index)
        {
            Waiters[Index].Session = Peer.Session;
            Waiters[Index].Error = 0;
            Waiters[Index].Waiting = CreateEventW(NULL, TRUE, FALSE, NULL);
            Threads[Index] = CreateThread(NULL, 0, WaitForPackets, &Waiters[Index], 0, NULL);
            WaitForSingleObject(Waiters[Index].Waiting, INFINITE);
        }
        Sleep((DWORD)Round % 3);
        WintunEndSession(Peer.Session);
        CHECK(WaitForMultipleObjects(4, Threads, TRUE, 10000) == WAIT_OBJECT_0);
        for (int Index = 0; Index < 4; ++Index)
        {
            CHECK(Waiters[Index].Error == ERROR_HANDLE_EOF);
            CloseHandle(Threads[Index]);
            CloseHandle(Waiters[Index].Waiting);
        }
    }
}

/* Ending twice, or nothing, does nothing; late calls find the end. */
static void TestLateCalls(void)
{
    PEER Peer = PeerStart();
    ADIT_SESSION_STATISTICS Statistics = {.Size = sizeof(Statistics)};
    BYTE *Packet = WintunAllocateSendPacket(Peer.Session, 20);
    DWORD Size;

    WintunEndSession(NULL);
    WintunEndSession(Peer.Session);
    LoggedErrors = 0;
    WintunEndSession(Peer.Session);
    CHECK(LoggedErrors == 1);
    WintunSendPacket(Peer.Session, Packet);
    WintunReleaseReceivePacket(Peer.Session, Packet);
    CHECK_FAILS(WintunReceivePacket(Peer.Session, &Size), ERROR_HANDLE_EOF);
    CHECK_FAILS(WintunAllocateSendPacket(Peer.Session, 20), ERROR_HANDLE_EOF);
    CHECK_FAILS(AditGetSessionStatistics(Peer.Session, &Statistics), ERROR_HANDLE_EOF);
    CHECK(WintunGetReadWaitEvent(Peer.Session) != NULL);
    CHECK(LoggedErrors == 1);
}

int main(void)
{
    WintunSetLogger(CountMessages);
    TestLayout();
    TestReceiveOrder();
    TestReceiveWrap();
    TestSendOrder();
    TestSendFull();
    TestTerminated();
    TestCorruptOffsets();
    TestCorruptSizes();
    TestOverwrittenHeaders();
    TestEndWakes();
    TestLateCalls();
    SessionUninitialize();
    return CheckResult("session_test");
}
