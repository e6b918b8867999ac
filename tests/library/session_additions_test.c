/* SPDX-License-Identifier: MIT */
/* Batches, the write event and statistics, over rings in memory; and the end of a session in use.
 */
#include "peer.h"

#include <string.h>

static int LoggedErrors;

static VOID CALLBACK CountErrors(WINTUN_LOGGER_LEVEL Level, DWORD64 Timestamp, LPCWSTR Message)
{
    (void)Timestamp;
    (void)Message;
    LoggedErrors += Level == WINTUN_LOG_ERR;
}

static ADIT_SESSION_STATISTICS Statistics(const PEER *Peer)
{
    ADIT_SESSION_STATISTICS Result = {.Size = sizeof(Result)};

    CHECK(AditGetSessionStatistics(Peer->Session, &Result));
    return Result;
}

static void TestBatchReceive(void)
{
    PEER Peer = PeerStart();
    ADIT_PACKET Packets[8];

    CHECK_FAILS(AditReceivePackets(Peer.Session, Packets, 0), ERROR_INVALID_PARAMETER);
    CHECK_FAILS(AditReceivePackets(Peer.Session, Packets, 8), ERROR_NO_MORE_ITEMS);
    for (uint32_t Index = 0; Index < 10; ++Index)
    {
        CHECK(PeerSend(&Peer, 100 + Index, Index));
    }
    CHECK(AditReceivePackets(Peer.Session, Packets, 8) == 8);
    for (uint32_t Index = 0; Index < 8; ++Index)
    {
        CHECK(Packets[Index].Size == 100 + Index);
        CHECK(IsPattern(Packets[Index].Data, Packets[Index].Size, Index));
    }
    /* Single calls and batches mix; the first packet is still there. */
    DWORD Size;
    BYTE *Single = WintunReceivePacket(Peer.Session, &Size);
    CHECK(Single != NULL && Size == 108 && IsPattern(Single, Size, 8));
    WintunReleaseReceivePacket(Peer.Session, Single);
    AditReleaseReceivePackets(Peer.Session, &Packets[1], 7);
    CHECK(Peer.Session->Receive.Ring->Head == 0);
    AditReleaseReceivePackets(Peer.Session, Packets, 1);
    CHECK(Statistics(&Peer).ReceivedPackets == 9);
    CHECK(Statistics(&Peer).ReceivedBytes == 9 * 104);

    /* Strays of a batch are told once, and what is good of it counts. */
    LoggedErrors = 0;
    CHECK(AditReceivePackets(Peer.Session, &Packets[1], 7) == 1);
    Packets[2].Data = (BYTE *)&Peer;
    AditReleaseReceivePackets(Peer.Session, Packets, 3);
    CHECK(LoggedErrors == 1);
    CHECK(Peer.Session->Receive.Ring->Head == Peer.Session->Receive.Ring->Tail);
    CHECK(Statistics(&Peer).ReceivedPackets == 10);
    AditReleaseReceivePackets(Peer.Session, NULL, 0);
    WintunEndSession(Peer.Session);
}

static void TestBatchSend(void)
{
    PEER Peer = PeerStart();
    TUN_RING *Ring = Peer.Session->Send.Ring;
    HANDLE Moved = Peer.Session->TailMoved;
    ADIT_PACKET Packets[200];

    for (int Index = 0; Index < 200; ++Index)
    {
        Packets[Index] = (ADIT_PACKET){NULL, 1020};
    }
    CHECK_FAILS(AditAllocateSendPackets(Peer.Session, Packets, 0), ERROR_INVALID_PARAMETER);
    Packets[199].Size = WINTUN_MAX_IP_PACKET_SIZE + 1;
    CHECK_FAILS(AditAllocateSendPackets(Peer.Session, Packets, 200), ERROR_INVALID_PARAMETER);
    Packets[199].Size = 1020;
    CHECK(AditAllocateSendPackets(Peer.Session, Packets, 3) == 3);
    Ring->Alertable = 1;
    AditSendPackets(Peer.Session, &Packets[1], 2);
    CHECK(Ring->Tail == 0 && WaitForSingleObject(Moved, 0) == WAIT_TIMEOUT);
    AditSendPackets(Peer.Session, Packets, 1);
    CHECK(Ring->Tail == 3072 && WaitForSingleObject(Moved, 0) == WAIT_OBJECT_0);

    /* The first ones that there is room for. */
    CHECK(AditAllocateSendPackets(Peer.Session, Packets, 200) == CAPACITY / 1024 - 4);
    CHECK_FAILS(AditAllocateSendPackets(Peer.Session, &Packets[150], 1), ERROR_BUFFER_OVERFLOW);
    AditSendPackets(Peer.Session, Packets, CAPACITY / 1024 - 4);
    CHECK(Ring->Tail == CAPACITY - 1024);
    CHECK(WaitForSingleObject(Moved, 0) == WAIT_OBJECT_0);
    AditSendPackets(Peer.Session, NULL, 0);

    ADIT_SESSION_STATISTICS Now = Statistics(&Peer);
    CHECK(Now.SentPackets == CAPACITY / 1024 - 1 && Now.SentBytes == Now.SentPackets * 1020);
    CHECK(Now.SendFull == 1 && Now.DriverWakeUps == 2);
    CHECK(Now.SendHighWater == CAPACITY - 1024 && Now.Capacity == CAPACITY);
    CHECK(Now.Flags == 0);
    WintunEndSession(Peer.Session);
}

static void TestStatisticsSize(void)
{
    PEER Peer = PeerStart();
    ADIT_SESSION_STATISTICS Result = {.Size = offsetof(ADIT_SESSION_STATISTICS, Capacity)};

    CHECK_FAILS(AditGetSessionStatistics(Peer.Session, &Result), ERROR_INVALID_PARAMETER);
    memset(&Result, 0xEE, sizeof(Result));
    Result.Size = offsetof(ADIT_SESSION_STATISTICS, ReceiveHighWater);
    CHECK(AditGetSessionStatistics(Peer.Session, &Result));
    CHECK(Result.Capacity == CAPACITY && Result.ReceiveHighWater == 0xEEEEEEEE);
    WintunEndSession(Peer.Session);
}

/* Waits for the write event become rare while nothing moves, and end when there is room. */
static void TestWriteEvent(void)
{
    PEER Peer = PeerStart();
    HANDLE Event = AditGetWriteWaitEvent(Peer.Session);
    BYTE *Packet;
    int Waits = 0;

    CHECK(Event != NULL && AditGetWriteWaitEvent(Peer.Session) == Event);
    while ((Packet = WintunAllocateSendPacket(Peer.Session, 1020)) != NULL)
    {
        WintunSendPacket(Peer.Session, Packet);
    }
    ULONGLONG Started = GetTickCount64();
    while (GetTickCount64() < Started + 300 || Waits < 2)
    {
        CHECK_FAILS(WintunAllocateSendPacket(Peer.Session, 1020), ERROR_BUFFER_OVERFLOW);
        if (!CHECK(WaitForSingleObject(Event, 20000) == WAIT_OBJECT_0))
        {
            break;
        }
        ++Waits;
    }
    CHECK((ULONGLONG)Waits < (GetTickCount64() - Started) / 5);
    /* Others who poll do not put it off. */
    int Signals = 0;
    for (Started = GetTickCount64(); Signals < 2 && GetTickCount64() < Started + 20000;)
    {
        CHECK(WintunAllocateSendPacket(Peer.Session, 1020) == NULL);
        Signals += WaitForSingleObject(Event, 0) == WAIT_OBJECT_0;
    }
    CHECK(Signals > 1);

    Peer.Session->Send.Ring->Head = 2048;
    Packet = WintunAllocateSendPacket(Peer.Session, 1020);
    CHECK(Packet != NULL);
    WintunSendPacket(Peer.Session, Packet);
    CHECK_FAILS(WintunAllocateSendPacket(Peer.Session, 2041), ERROR_BUFFER_OVERFLOW);

    /* The end of the session is an answer too. */
    Peer.Session->Send.Ring->Head = TUN_RING_TERMINATED;
    CHECK(WaitForSingleObject(Event, 5000) == WAIT_OBJECT_0);
    CHECK_FAILS(WintunAllocateSendPacket(Peer.Session, 0), ERROR_HANDLE_EOF);
    WintunEndSession(Peer.Session);
}

/* Before a client has the read event, nobody can wait for it; afterwards somebody might at any
 * time. */
static void TestAlertable(void)
{
    PEER Peer = PeerStart();
    TUN_RING *Ring = Peer.Session->Receive.Ring;

    Ring->Alertable = 0; /* as WintunStartSession does when the driver has seen it */
    CHECK(WintunGetReadWaitEvent(Peer.Session) == Peer.Session->ReadEvent);
    CHECK(Ring->Alertable == 1);
    CHECK(WaitForSingleObject(Peer.Session->ReadEvent, 0) == WAIT_TIMEOUT);
    WintunEndSession(Peer.Session);

    /* What came before and was not signalled is made up for. */
    Peer = PeerStart();
    CHECK(PeerSend(&Peer, 40, 1));
    HANDLE Event = WintunGetReadWaitEvent(Peer.Session);
    CHECK(WaitForSingleObject(Event, 0) == WAIT_OBJECT_0);
    WintunEndSession(Peer.Session);
}

typedef struct _USER
{
    WINTUN_SESSION_HANDLE Session;
    HANDLE Inside;
    BOOL Waits;
    BOOL Sends;
    DWORD Error;
    DWORD Calls;
} USER;

/* Calls a session's functions until it ends. */
static DWORD WINAPI UseSession(void *Context)
{
    USER *User = Context;
    HANDLE Event =
        User->Sends ? AditGetWriteWaitEvent(User->Session) : WintunGetReadWaitEvent(User->Session);
    DWORD Goes = User->Sends ? ERROR_BUFFER_OVERFLOW : ERROR_NO_MORE_ITEMS;
    ADIT_SESSION_STATISTICS Now = {.Size = sizeof(Now)};
    DWORD Size;

    SetEvent(User->Inside);
    for (;;)
    {
        BYTE *Packet = User->Sends ? WintunAllocateSendPacket(User->Session, 100)
                                   : WintunReceivePacket(User->Session, &Size);
        if (Packet == NULL && (User->Error = GetLastError()) != Goes)
        {
            return 0;
        }
        if (Packet == NULL && User->Waits && WaitForSingleObject(Event, 20000) != WAIT_OBJECT_0)
        {
            return 1;
        }
        if (Packet != NULL && User->Sends)
        {
            WintunSendPacket(User->Session, Packet);
        }
        else if (Packet != NULL)
        {
            WintunReleaseReceivePacket(User->Session, Packet);
        }
        if (++User->Calls % 64 == 0)
        {
            AditGetSessionStatistics(User->Session, &Now);
        }
    }
}

/* A session ends while six threads send, receive, wait and ask: each of them finds the end. */
static void TestEndInUse(void)
{
    for (DWORD Round = 0; Round < 40; ++Round)
    {
        PEER Peer = PeerStart();
        HANDLE Threads[6];
        USER Users[6];
        for (int Index = 0; Index < 6; ++Index)
        {
            Users[Index] = (USER){
                .Session = Peer.Session,
                .Inside = CreateEventW(NULL, TRUE, FALSE, NULL),
                .Waits = Index % 3 != 0,
                .Sends = Index % 2,
            };
            Threads[Index] = CreateThread(NULL, 0, UseSession, &Users[Index], 0, NULL);
            WaitForSingleObject(Users[Index].Inside, INFINITE);
        }
        for (ULONGLONG End = GetTickCount64() + Round % 4; GetTickCount64() < End;)
        {
            PeerSend(&Peer, 100, Round);
            Peer.Session->Send.Ring->Head = Peer.Session->Send.Ring->Tail;
        }
        WintunEndSession(Peer.Session);
        CHECK(WaitForMultipleObjects(6, Threads, TRUE, 15000) == WAIT_OBJECT_0);
        for (int Index = 0; Index < 6; ++Index)
        {
            CHECK(Users[Index].Error == ERROR_HANDLE_EOF);
            CloseHandle(Threads[Index]);
            CloseHandle(Users[Index].Inside);
        }
    }
}

static DWORD WINAPI EndSession(void *Context)
{
    WintunEndSession(Context);
    return 0;
}

/* The rings stay until the last call under way has left, and no longer. */
/* Head and Tail of a ring, which different sides write, lie on different cache lines. */
static void TestPlacement(void)
{
    PEER Peer = PeerStart();
    const TUN_RING *Rings[] = {Peer.Session->Receive.Ring, Peer.Session->Send.Ring};

    for (int Index = 0; Index < 2; ++Index)
    {
        CHECK((ULONG_PTR)&Rings[Index]->Tail % SESSION_CACHE_LINE == 0);
    }
    CHECK((BYTE *)Rings[0] + TUN_RING_SIZE(CAPACITY) <= (BYTE *)Rings[1]);
    WintunEndSession(Peer.Session);
}

static void TestEndWaits(void)
{
    PEER Peer = PeerStart();
    SESSION_STRIPE *Inside = SessionEnter(Peer.Session);
    DWORD Size;

    CHECK(Inside != NULL);
    HANDLE Thread = CreateThread(NULL, 0, EndSession, Peer.Session, 0, NULL);
    CHECK(WaitForSingleObject(Thread, 200) == WAIT_TIMEOUT);
    CHECK(SessionEnter(Peer.Session) == NULL);
    CHECK_FAILS(WintunReceivePacket(Peer.Session, &Size), ERROR_HANDLE_EOF);
    CHECK(Peer.Session->Memory != NULL);
    SessionLeave(Peer.Session, Inside);
    CHECK(WaitForSingleObject(Thread, 15000) == WAIT_OBJECT_0);
    CHECK(Peer.Session->Memory == NULL);
    CloseHandle(Thread);
}

static WINTUN_SESSION_HANDLE LoggersSession;

/* Ends the session from the message that says that it is over. */
static VOID CALLBACK EndingLogger(WINTUN_LOGGER_LEVEL Level, DWORD64 Timestamp, LPCWSTR Message)
{
    WINTUN_SESSION_HANDLE Session = LoggersSession;

    (void)Timestamp;
    (void)Message;
    if (Level != WINTUN_LOG_INFO && Session != NULL)
    {
        LoggersSession = NULL;
        WintunEndSession(Session);
    }
}

static void TestEndInLogger(void)
{
    DWORD Size;

    WintunSetLogger(EndingLogger);
    for (int Round = 0; Round < 4; ++Round)
    {
        PEER Peer = PeerStart();
        BYTE *Packet = WintunAllocateSendPacket(Peer.Session, 20);
        LoggersSession = Peer.Session;
        switch (Round)
        {
        case 0:
            Peer.Session->Receive.Ring->Tail = TUN_RING_TERMINATED;
            CHECK_FAILS(WintunReceivePacket(Peer.Session, &Size), ERROR_HANDLE_EOF);
            break;
        case 1:
            Peer.Session->Send.Ring->Head = 1;
            CHECK_FAILS(WintunAllocateSendPacket(Peer.Session, 20), ERROR_HANDLE_EOF);
            break;
        case 2:
            WintunReleaseReceivePacket(Peer.Session, Packet);
            break;
        default:
            WintunSendPacket(Peer.Session, Packet + 4);
            break;
        }
        CHECK(LoggersSession == NULL);
    }
    WintunSetLogger(CountErrors);
}

int main(void)
{
    WintunSetLogger(CountErrors);
    TestBatchReceive();
    TestBatchSend();
    TestStatisticsSize();
    TestWriteEvent();
    TestAlertable();
    TestEndInUse();
    TestPlacement();
    TestEndWaits();
    TestEndInLogger();
    SessionUninitialize();
    return CheckResult("session_additions_test");
}
