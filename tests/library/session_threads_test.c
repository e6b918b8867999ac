/* SPDX-License-Identifier: MIT */
/*
 * The packet calls from several threads at once over rings in memory: nothing is lost, doubled,
 * torn or reordered within a thread. The test's main thread is the driver.
 */
#include "client.h"
#include "library/session.h"

#include <string.h>

#define CAPACITY      WINTUN_MIN_RING_CAPACITY
#define THREAD_COUNT  4
#define PACKET_COUNT  20000 /* by each thread, or in all */
#define LARGEST       1500
#define TIME_LIMIT_MS 60000

/* What a packet of these tests contains: who sent it, its number, and its length again. */
typedef struct _STAMP
{
    uint32_t Thread;
    uint32_t Number;
    uint32_t Length;
} STAMP;

static WINTUN_SESSION_HANDLE Session;
static volatile LONG Seen[PACKET_COUNT];
static volatile LONG SeenCount;

static uint32_t NextRandom(uint32_t *State)
{
    *State = *State * 1664525u + 1013904223u;
    return *State >> 16;
}

static void FillPacket(BYTE *Data, const STAMP *Stamp)
{
    memset(Data, (int)(Stamp->Number + Stamp->Thread), Stamp->Length);
    memcpy(Data, Stamp, sizeof(*Stamp));
}

static int CheckPacket(const BYTE *Data, uint32_t Length, STAMP *Stamp)
{
    memcpy(Stamp, Data, sizeof(*Stamp));
    if (Stamp->Length != Length)
    {
        return 0;
    }
    for (uint32_t Index = sizeof(*Stamp); Index < Length; ++Index)
    {
        if (Data[Index] != (BYTE)(Stamp->Number + Stamp->Thread))
        {
            return 0;
        }
    }
    return 1;
}

/* Sends PACKET_COUNT packets, at times two of them in the wrong order. */
static DWORD WINAPI SendPackets(void *Context)
{
    STAMP Stamp = {.Thread = (uint32_t)(ULONG_PTR)Context};
    uint32_t Random = Stamp.Thread;
    BYTE *Held = NULL;

    while (Stamp.Number < PACKET_COUNT)
    {
        Stamp.Length = sizeof(Stamp) + NextRandom(&Random) % (LARGEST - sizeof(Stamp));
        BYTE *Packet = WintunAllocateSendPacket(Session, Stamp.Length);
        if (Packet == NULL)
        {
            /* A full ring stays full while a packet is held back. */
            if (Held != NULL)
            {
                WintunSendPacket(Session, Held);
                Held = NULL;
            }
            SwitchToThread();
            continue;
        }
        FillPacket(Packet, &Stamp);
        ++Stamp.Number;
        if (Held == NULL && NextRandom(&Random) % 4 == 0)
        {
            Held = Packet;
            continue;
        }
        WintunSendPacket(Session, Packet);
        if (Held != NULL)
        {
            WintunSendPacket(Session, Held);
            Held = NULL;
        }
    }
    if (Held != NULL)
    {
        WintunSendPacket(Session, Held);
    }
    return 0;
}

static void TestSenders(void)
{
    RING_CONSUMER Consumer;
    HANDLE Threads[THREAD_COUNT];
    uint32_t Next[THREAD_COUNT] = {0};
    uint32_t Received = 0;
    TUN_PACKET *Packet;
    uint32_t Length;
    STAMP Stamp;

    Session = SessionAllocate(CAPACITY);
    RingConsumerInitialize(&Consumer, Session->Send.Ring, CAPACITY);
    for (ULONG_PTR Index = 0; Index < THREAD_COUNT; ++Index)
    {
        Threads[Index] = CreateThread(NULL, 0, SendPackets, (void *)Index, 0, NULL);
    }
    while (Received < THREAD_COUNT * PACKET_COUNT)
    {
        RING_POLL_RESULT Result = RingConsumerPoll(&Consumer);
        if (Result == RingEmpty)
        {
            Result = RingConsumerSleep(&Consumer);
            if (Result == RingEmpty &&
                !CHECK(WaitForSingleObject(Session->TailMoved, TIME_LIMIT_MS) == WAIT_OBJECT_0))
            {
                break;
            }
            RingConsumerAwake(&Consumer);
            continue;
        }
        if (!CHECK(Result == RingNotEmpty) ||
            !CHECK(RingConsumerPeek(&Consumer, &Packet, &Length) == RingNotEmpty) ||
            !CHECK(CheckPacket(Packet->Data, Length, &Stamp)) ||
            !CHECK(Stamp.Thread < THREAD_COUNT && Stamp.Number == Next[Stamp.Thread]))
        {
            break;
        }
        ++Next[Stamp.Thread];
        ++Received;
        RingConsumerAdvance(&Consumer, Length);
        RingConsumerRelease(&Consumer, Consumer.Next);
    }
    CHECK(WaitForMultipleObjects(THREAD_COUNT, Threads, TRUE, TIME_LIMIT_MS) == WAIT_OBJECT_0);
    for (int Index = 0; Index < THREAD_COUNT; ++Index)
    {
        CloseHandle(Threads[Index]);
    }
    WintunEndSession(Session);
}

/* Receives until all packets are accounted for; at times releases two in the wrong order. */
static DWORD WINAPI ReceivePackets(void *Context)
{
    uint32_t Random = (uint32_t)(ULONG_PTR)Context;
    BYTE *Held = NULL;
    STAMP Stamp;
    DWORD Size;

    while (SeenCount < PACKET_COUNT)
    {
        BYTE *Packet = WintunReceivePacket(Session, &Size);
        if (Packet == NULL)
        {
            if (Held != NULL)
            {
                WintunReleaseReceivePacket(Session, Held);
                Held = NULL;
            }
            if (GetLastError() != ERROR_NO_MORE_ITEMS)
            {
                return 1;
            }
            SwitchToThread();
            continue;
        }
        if (!CheckPacket(Packet, Size, &Stamp) || Stamp.Number >= PACKET_COUNT ||
            InterlockedIncrement(&Seen[Stamp.Number]) != 1)
        {
            return 1;
        }
        /* The client may write into what it received. */
        memset(Packet, 0xFF, Size);
        InterlockedIncrement(&SeenCount);
        if (Held == NULL && NextRandom(&Random) % 4 == 0)
        {
            Held = Packet;
            continue;
        }
        WintunReleaseReceivePacket(Session, Packet);
        if (Held != NULL)
        {
            WintunReleaseReceivePacket(Session, Held);
            Held = NULL;
        }
    }
    if (Held != NULL)
    {
        WintunReleaseReceivePacket(Session, Held);
    }
    return 0;
}

static void TestReceivers(void)
{
    RING_PRODUCER Producer;
    HANDLE Threads[THREAD_COUNT];
    STAMP Stamp = {.Thread = 9};
    uint32_t Random = 1;
    uint32_t Offset;
    DWORD ExitCode;

    Session = SessionAllocate(CAPACITY);
    TUN_RING *Ring = Session->Receive.Ring;
    RingProducerInitialize(&Producer, Ring, CAPACITY);
    for (ULONG_PTR Index = 0; Index < THREAD_COUNT; ++Index)
    {
        Threads[Index] = CreateThread(NULL, 0, ReceivePackets, (void *)Index, 0, NULL);
    }
    ULONGLONG Deadline = GetTickCount64() + TIME_LIMIT_MS;
    while (Stamp.Number < PACKET_COUNT && GetTickCount64() < Deadline)
    {
        Stamp.Length = sizeof(Stamp) + NextRandom(&Random) % (LARGEST - sizeof(Stamp));
        RING_RESERVE_RESULT Result = RingProducerReserve(&Producer, Stamp.Length, &Offset);
        if (Result == RingFull)
        {
            SwitchToThread();
            continue;
        }
        if (!CHECK(Result == RingReserved))
        {
            break;
        }
        TUN_PACKET *Packet = RingProducerPacket(&Producer, Offset);
        Packet->Size = Stamp.Length;
        FillPacket(Packet->Data, &Stamp);
        RingProducerPublish(&Producer, Producer.Next);
        ++Stamp.Number;
    }
    CHECK(Stamp.Number == PACKET_COUNT);
    CHECK(WaitForMultipleObjects(THREAD_COUNT, Threads, TRUE, TIME_LIMIT_MS) == WAIT_OBJECT_0);
    for (int Index = 0; Index < THREAD_COUNT; ++Index)
    {
        CHECK(GetExitCodeThread(Threads[Index], &ExitCode) && ExitCode == 0);
        CloseHandle(Threads[Index]);
    }
    CHECK(SeenCount == PACKET_COUNT);
    CHECK(Ring->Head == Ring->Tail);
    WintunEndSession(Session);
}

int main(void)
{
    TestSenders();
    TestReceivers();
    SessionUninitialize();
    return CheckResult("session_threads_test");
}
