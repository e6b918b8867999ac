/* SPDX-License-Identifier: MIT */
/* What each call of a session returns in each state that the driver can be brought into. */
#include "live.h"

#include <stdint.h>
#include <string.h>

#define CAPACITY WINTUN_MIN_RING_CAPACITY
#define PORT     6900

/* Receives until the system's datagram with that text comes; NULL: another result comes first. */
static BYTE *ReceiveText(WINTUN_SESSION_HANDLE Session, SOCKET Socket, const char *Text)
{
    ULONGLONG Deadline = GetTickCount64() + LIVE_TIMEOUT;
    DWORD Size, Length;
    USHORT Port;

    while (GetTickCount64() < Deadline)
    {
        /* The link may have come up just now: what Linux drops is sent again. */
        LiveSendTo(Socket, 9, PORT, Text, (int)strlen(Text));
        while (WaitForSingleObject(WintunGetReadWaitEvent(Session), 50) == WAIT_OBJECT_0)
        {
            BYTE *Packet;
            while ((Packet = WintunReceivePacket(Session, &Size)) != NULL)
            {
                const BYTE *Payload = LiveReadHeaders(Packet, Size, &Port, &Length);
                if (Payload != NULL && Length == strlen(Text) && memcmp(Payload, Text, Length) == 0)
                {
                    return Packet;
                }
                WintunReleaseReceivePacket(Session, Packet);
            }
            if (GetLastError() != ERROR_NO_MORE_ITEMS)
            {
                return NULL;
            }
        }
    }
    SetLastError(ERROR_TIMEOUT);
    return NULL;
}

/* Which word of which ring a client overwrites, and what its calls say then. */
static const struct
{
    int OfReceived; /* the ring of received packets */
    int Word;       /* 0: Head, 1: Tail */
    DWORD Error;    /* of WintunReceivePacket */
} Overwritten[] = {
    {1, 0, ERROR_HANDLE_EOF},   /* the driver finds it, once it needs room, and leaves */
    {1, 1, ERROR_INVALID_DATA}, /* the library finds it */
    {0, 0, ERROR_INVALID_DATA}, /* likewise */
};

static const BYTE Filling[1400];

static void TestCorruption(WINTUN_ADAPTER_HANDLE Adapter, SOCKET Socket, int Index)
{
    WINTUN_SESSION_HANDLE Session = WintunStartSession(Adapter, CAPACITY);
    BYTE *Packet;
    DWORD Size;

    if (!CHECK(Session != NULL))
    {
        return;
    }
    /* The first packet of a ring starts behind its three words and the packet's one. */
    if (Overwritten[Index].OfReceived)
    {
        ULONGLONG Deadline = GetTickCount64() + LIVE_TIMEOUT;
        while ((Packet = WintunReceivePacket(Session, &Size)) == NULL &&
               GetTickCount64() < Deadline)
        {
            LiveSendTo(Socket, 9, PORT, "first", 5);
            Sleep(5);
        }
    }
    else
    {
        Packet = WintunAllocateSendPacket(Session, 20);
    }
    if (CHECK(Packet != NULL))
    {
        volatile ULONG *Ring = (volatile ULONG *)(void *)(Packet - 16);
        Ring[Overwritten[Index].Word] = 2;
        ULONGLONG Deadline = GetTickCount64() + LIVE_TIMEOUT;
        DWORD Error = ERROR_SUCCESS;
        while (Error == ERROR_SUCCESS && GetTickCount64() < Deadline)
        {
            if (Overwritten[Index].Error == ERROR_HANDLE_EOF)
            {
                LiveSendTo(Socket, 9, PORT, Filling, sizeof(Filling));
            }
            if (!Overwritten[Index].OfReceived)
            {
                CHECK_FAILS(WintunAllocateSendPacket(Session, 20), ERROR_HANDLE_EOF);
            }
            /* Nothing is released, which would put Head right. */
            if (WintunReceivePacket(Session, &Size) == NULL &&
                GetLastError() != ERROR_NO_MORE_ITEMS)
            {
                Error = GetLastError();
            }
        }
        CHECK(Error == Overwritten[Index].Error);
        CHECK_FAILS(WintunReceivePacket(Session, &Size), Overwritten[Index].Error);
        CHECK_FAILS(WintunAllocateSendPacket(Session, 20), ERROR_HANDLE_EOF);
    }
    WintunEndSession(Session);
}

/* Starting where it cannot be done. */
static void TestStart(WINTUN_ADAPTER_HANDLE Adapter, SOCKET Socket)
{
    WINTUN_SESSION_HANDLE Session = WintunStartSession(Adapter, CAPACITY);
    WINTUN_ADAPTER_HANDLE Opened = WintunOpenAdapter(LIVE_ADAPTER_NAME);
    DWORD Size;

    if (!CHECK(Session != NULL && Opened != NULL))
    {
        return;
    }
    CHECK_FAILS(WintunStartSession(Adapter, CAPACITY), ERROR_ALREADY_INITIALIZED);
    CHECK_FAILS(WintunStartSession(Opened, CAPACITY), ERROR_ALREADY_INITIALIZED);
    CHECK_FAILS(WintunStartSession(Opened, 0), ERROR_INVALID_PARAMETER);
    CHECK_FAILS(WintunStartSession(Opened, CAPACITY + 4), ERROR_INVALID_PARAMETER);
    CHECK_FAILS(WintunStartSession(Opened, 0x8000000), ERROR_INVALID_PARAMETER);

    /* The read event is set by a packet, resets itself, and is one event. */
    HANDLE Event = WintunGetReadWaitEvent(Session);
    CHECK(Event != NULL && WintunGetReadWaitEvent(Session) == Event);
    BYTE *Packet = ReceiveText(Session, Socket, "hello");
    CHECK(Packet != NULL);
    WintunReleaseReceivePacket(Session, Packet);
    while (WintunReceivePacket(Session, &Size) != NULL)
    {
    }
    WaitForSingleObject(Event, 0);
    CHECK(WaitForSingleObject(Event, 0) == WAIT_TIMEOUT);
    WintunEndSession(Session);
    CHECK_FAILS(WintunReceivePacket(Session, &Size), ERROR_HANDLE_EOF);
    CHECK_FAILS(WintunAllocateSendPacket(Session, 20), ERROR_HANDLE_EOF);

    /* A second session of the same adapter, through the other handle. */
    Session = WintunStartSession(Opened, 2 * CAPACITY);
    if (CHECK(Session != NULL))
    {
        Packet = ReceiveText(Session, Socket, "again");
        CHECK(Packet != NULL);
        WintunEndSession(Session);
    }
    WintunCloseAdapter(Opened);
}

/*
 * A thread whose token has no administrators group may not start a session: the driver checks the
 * token of whoever asks. What is left undone leaves the adapter free.
 */
static void TestRights(WINTUN_ADAPTER_HANDLE Adapter)
{
    ActWithoutRights();
    CHECK_FAILS(WintunStartSession(Adapter, CAPACITY), ERROR_ACCESS_DENIED);
    WINTUN_ADAPTER_HANDLE Opened = WintunOpenAdapter(LIVE_ADAPTER_NAME);
    CHECK(Opened != NULL);
    WintunCloseAdapter(Opened);
    CHECK(RevertToSelf());

    WINTUN_SESSION_HANDLE Session = WintunStartSession(Adapter, CAPACITY);
    CHECK(Session != NULL);
    WintunEndSession(Session);
}

/* A thread waits for packets while the session ends, with the driver there. */
static DWORD WINAPI WaitForPackets(void *Context)
{
    WINTUN_SESSION_HANDLE Session = Context;
    DWORD Size;

    for (;;)
    {
        BYTE *Packet = WintunReceivePacket(Session, &Size);
        if (Packet != NULL)
        {
            WintunReleaseReceivePacket(Session, Packet);
        }
        else if (GetLastError() != ERROR_NO_MORE_ITEMS)
        {
            return GetLastError();
        }
        else if (
            WaitForSingleObject(WintunGetReadWaitEvent(Session), LIVE_TIMEOUT) != WAIT_OBJECT_0)
        {
            return WAIT_TIMEOUT;
        }
    }
}

static void TestEnd(WINTUN_ADAPTER_HANDLE Adapter)
{
    for (int Round = 0; Round < 5; ++Round)
    {
        HANDLE Threads[3];
        DWORD ExitCode;
        WINTUN_SESSION_HANDLE Session = WintunStartSession(Adapter, CAPACITY);
        if (!CHECK(Session != NULL))
        {
            return;
        }
        for (int Index = 0; Index < 3; ++Index)
        {
            Threads[Index] = CreateThread(NULL, 0, WaitForPackets, Session, 0, NULL);
        }
        Sleep((DWORD)Round * 10);
        WintunEndSession(Session);
        CHECK(WaitForMultipleObjects(3, Threads, TRUE, LIVE_TIMEOUT) == WAIT_OBJECT_0);
        for (int Index = 0; Index < 3; ++Index)
        {
            CHECK(GetExitCodeThread(Threads[Index], &ExitCode) && ExitCode == ERROR_HANDLE_EOF);
            CloseHandle(Threads[Index]);
        }
    }
}

static void SendMalformed(WINTUN_SESSION_HANDLE Session, DWORD Size)
{
    BYTE *Packet = WintunAllocateSendPacket(Session, Size);
    if (CHECK(Packet != NULL))
    {
        memset(Packet, 0x45, Size);
        WintunSendPacket(Session, Packet);
    }
}

/*
 * Packets that Windows does not want are counted by reason. A driver that is busy needs no waking:
 * one that has emptied the ring and still is not woken by any later packet would be wrong.
 */
static void TestDrops(WINTUN_ADAPTER_HANDLE Adapter)
{
    ADIT_SESSION_STATISTICS Now = {.Size = sizeof(Now)};
    ULONGLONG Deadline = GetTickCount64() + LIVE_TIMEOUT;

    WINTUN_SESSION_HANDLE Session = WintunStartSession(Adapter, CAPACITY);
    if (!CHECK(Session != NULL))
    {
        return;
    }
    for (DWORD Size = 0; Size < 20; ++Size)
    {
        SendMalformed(Session, Size);
    }
    do
    {
        CHECK(AditGetSessionStatistics(Session, &Now));
        Sleep(5);
    } while (Now.SendDropped[ADIT_DROP_MALFORMED] < 20 && GetTickCount64() < Deadline);
    CHECK(Now.Flags == ADIT_STATISTICS_DRIVER);
    CHECK(Now.SendDropped[ADIT_DROP_MALFORMED] == 20);
    CHECK(Now.SentPackets == 20 && Now.SentBytes == 190);
    CHECK(Now.DriverWakeUps <= 20);
    for (DWORD More = 1; Now.DriverWakeUps == 0 && GetTickCount64() < Deadline; ++More)
    {
        Sleep(50);
        SendMalformed(Session, 0);
        CHECK(AditGetSessionStatistics(Session, &Now));
        CHECK(Now.SentPackets == 20 + More && Now.DriverWakeUps <= 1);
    }
    CHECK(Now.DriverWakeUps >= 1);
    WintunEndSession(Session);
}

/* An adapter that is gone. */
static void TestGone(void)
{
    WINTUN_ADAPTER_HANDLE Created = WintunCreateAdapter(L"Session gone", LIVE_TUNNEL_TYPE, NULL);
    WINTUN_ADAPTER_HANDLE Opened = WintunOpenAdapter(L"Session gone");

    if (CHECK(Created != NULL && Opened != NULL))
    {
        WintunCloseAdapter(Created);
        SetLastError(0);
        CHECK(WintunStartSession(Opened, CAPACITY) == NULL);
        DWORD Error = GetLastError();
        CHECK(
            Error == ERROR_FILE_NOT_FOUND || Error == ERROR_NOT_READY ||
            Error == ERROR_DEV_NOT_EXIST || Error == ERROR_DEVICE_NOT_CONNECTED);
        printf("a session of an adapter that is gone: error %lu\n", (unsigned long)Error);
        WintunCloseAdapter(Opened);
    }
}

void LiveCases(WINTUN_ADAPTER_HANDLE Adapter)
{
    SOCKET Socket = LiveSocket(PORT);

    TestStart(Adapter, Socket);
    TestRights(Adapter);
    for (int Index = 0; Index < (int)(sizeof(Overwritten) / sizeof(Overwritten[0])); ++Index)
    {
        int Before = CheckFailures;
        TestCorruption(Adapter, Socket, Index);
        if (CheckFailures != Before)
        {
            printf("    with overwritten word %d\n", Index);
        }
    }
    TestEnd(Adapter);
    TestDrops(Adapter);
    TestGone();
    closesocket(Socket);
}
