/* SPDX-License-Identifier: MIT */
/*
 * A full send ring with the real driver. The first packet of a round is reserved and not sent, so
 * that none behind it reaches the driver, and the ring fills however fast the driver is. Senders
 * then wait for the write event. Once the first packet is sent, the driver makes room, they go on,
 * and every packet arrives, in the order in which it was reserved.
 */
#include "live.h"

#include <string.h>

#define CAPACITY WINTUN_MIN_RING_CAPACITY
#define PORT     6950
#define PAYLOAD  1400
#define PACKET   (LIVE_HEADERS + PAYLOAD)
#define ROUNDS   4
#define SENDERS  3
#define OVERFULL 5 /* packets of each sender */

static WINTUN_SESSION_HANDLE Session;
static HANDLE WriteEvent;
static SRWLOCK Order = SRWLOCK_INIT; /* a number is given and its packet sent by one thread */
static LONG Reserved;                /* how many packets have a number */
static volatile LONG Waited;         /* senders that have waited at least once */

static void Fill(BYTE *Packet, LONG Number)
{
    LiveWriteHeaders(Packet, 50, PORT, PAYLOAD);
    memset(Packet + LIVE_HEADERS, (int)(Number * 5 + 1), PAYLOAD);
    memcpy(Packet + LIVE_HEADERS, &Number, sizeof(Number));
}

/* Reserves a packet and gives it the next number; NULL: what WintunAllocateSendPacket says. */
static BYTE *Reserve(void)
{
    AcquireSRWLockExclusive(&Order);
    BYTE *Packet = WintunAllocateSendPacket(Session, PACKET);
    DWORD Error = GetLastError();
    if (Packet != NULL)
    {
        Fill(Packet, Reserved++);
    }
    ReleaseSRWLockExclusive(&Order);
    SetLastError(Error);
    return Packet;
}

/* Sends some packets, waiting for room; the error that ends it, or zero. */
static DWORD WINAPI SendWhenThereIsRoom(void *Context)
{
    BOOL HasWaited = FALSE;

    (void)Context;
    for (int Count = 0; Count < OVERFULL;)
    {
        BYTE *Packet = Reserve();
        if (Packet != NULL)
        {
            WintunSendPacket(Session, Packet);
            ++Count;
            continue;
        }
        if (GetLastError() != ERROR_BUFFER_OVERFLOW)
        {
            return GetLastError();
        }
        if (WaitForSingleObject(WriteEvent, LIVE_TIMEOUT) != WAIT_OBJECT_0)
        {
            return WAIT_TIMEOUT;
        }
        if (!HasWaited)
        {
            HasWaited = TRUE;
            InterlockedIncrement(&Waited);
        }
    }
    return ERROR_SUCCESS;
}

/* Each packet of a round arrives once, whole, in its order. */
static void Arrive(SOCKET Socket, LONG *Seen)
{
    ULONGLONG Deadline = GetTickCount64() + LIVE_TIMEOUT;
    static BYTE Payload[PAYLOAD + 1];
    LONG Number;

    while (*Seen != Reserved && CHECK(GetTickCount64() < Deadline))
    {
        int Length = recv(Socket, (char *)Payload, sizeof(Payload), 0);
        if (Length <= 0)
        {
            continue;
        }
        memcpy(&Number, Payload, sizeof(Number));
        if (!CHECK(
                Length == PAYLOAD && Number == *Seen &&
                Payload[PAYLOAD - 1] == (BYTE)(Number * 5 + 1)))
        {
            return;
        }
        ++*Seen;
    }
}

/* Fills the ring behind a packet that is not sent; returns that one. Unsent: those behind it. */
static BYTE *FillRing(BYTE **Unsent, int *Count)
{
    BYTE *First = Reserve();

    *Count = 0;
    if (!CHECK(First != NULL))
    {
        return NULL;
    }
    BYTE *Packet;
    while ((Packet = Reserve()) != NULL)
    {
        /* Half of them wait behind the first one, sent; the others are not sent either. */
        if (Reserved % 2 == 0)
        {
            WintunSendPacket(Session, Packet);
        }
        else
        {
            Unsent[(*Count)++] = Packet;
        }
    }
    CHECK(GetLastError() == ERROR_BUFFER_OVERFLOW);
    return First;
}

static void StartSenders(HANDLE *Threads)
{
    Waited = 0;
    for (int Index = 0; Index < SENDERS; ++Index)
    {
        Threads[Index] = CreateThread(NULL, 0, SendWhenThereIsRoom, NULL, 0, NULL);
    }
    for (ULONGLONG Deadline = GetTickCount64() + LIVE_TIMEOUT;
         Waited < SENDERS && CHECK(GetTickCount64() < Deadline);)
    {
        Sleep(1);
    }
}

static void EndSenders(HANDLE *Threads, DWORD Expected)
{
    CHECK(WaitForMultipleObjects(SENDERS, Threads, TRUE, 2 * LIVE_TIMEOUT) == WAIT_OBJECT_0);
    for (int Index = 0; Index < SENDERS; ++Index)
    {
        DWORD ExitCode = WAIT_TIMEOUT;
        CHECK(GetExitCodeThread(Threads[Index], &ExitCode) && ExitCode == Expected);
        CloseHandle(Threads[Index]);
    }
}

static void TestRound(SOCKET Socket, LONG *Seen)
{
    BYTE *Unsent[CAPACITY / PACKET];
    HANDLE Threads[SENDERS];
    int Count;

    BYTE *First = FillRing(Unsent, &Count);
    if (First == NULL)
    {
        return;
    }
    /* While nothing makes room, waits end, and find the ring full again. */
    for (int Try = 0; Try < 3; ++Try)
    {
        CHECK(WaitForSingleObject(WriteEvent, LIVE_TIMEOUT) == WAIT_OBJECT_0);
        CHECK_FAILS(WintunAllocateSendPacket(Session, PACKET), ERROR_BUFFER_OVERFLOW);
    }
    StartSenders(Threads);
    WintunSendPacket(Session, First);
    while (Count > 0)
    {
        WintunSendPacket(Session, Unsent[--Count]);
    }
    /* The socket holds not much more than the ring: it is read while senders send. */
    Arrive(Socket, Seen);
    EndSenders(Threads, ERROR_SUCCESS);
    Arrive(Socket, Seen);
}

/* The end of the session wakes those who wait for room. */
static void TestEnd(void)
{
    BYTE *Unsent[CAPACITY / PACKET];
    HANDLE Threads[SENDERS];
    int Count;

    if (FillRing(Unsent, &Count) != NULL)
    {
        StartSenders(Threads);
        WintunEndSession(Session);
        EndSenders(Threads, ERROR_HANDLE_EOF);
    }
}

void LiveFull(WINTUN_ADAPTER_HANDLE Adapter)
{
    ADIT_SESSION_STATISTICS Now = {.Size = sizeof(Now)};
    SOCKET Socket = LiveSocket(PORT);
    int Space = 0x100000;
    LONG Seen = 0;

    /* More than a ring holds; Linux gives less than is asked for, and still that. */
    setsockopt(Socket, SOL_SOCKET, SO_RCVBUF, (const char *)&Space, sizeof(Space));
    Session = WintunStartSession(Adapter, CAPACITY);
    WriteEvent = CHECK(Session != NULL) ? AditGetWriteWaitEvent(Session) : NULL;
    if (!CHECK(WriteEvent != NULL && AditGetWriteWaitEvent(Session) == WriteEvent))
    {
        return;
    }
    for (int Round = 0; Round < ROUNDS; ++Round)
    {
        TestRound(Socket, &Seen);
    }
    CHECK(AditGetSessionStatistics(Session, &Now));
    printf(
        "%ld packets through a full ring, full %lld times\n", (long)Seen, (long long)Now.SendFull);
    CHECK(Seen == Reserved && Now.SentPackets == (DWORD64)Reserved);
    CHECK(Now.SendFull >= ROUNDS * (4 + SENDERS) && Now.SendHighWater > CAPACITY - PACKET - 8);
    CHECK(Now.SendHighWater < CAPACITY);
    TestEnd();
    closesocket(Socket);
}
