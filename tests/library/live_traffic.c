/* SPDX-License-Identifier: MIT */
/*
 * Eight threads over one session: four send, four receive, by every call there is, in any order,
 * while the system sends to them and receives from them. Every datagram says which flow it belongs
 * to and its number in it; each arrives once, whole, and in its flow's order, and the statistics
 * agree.
 */
#include "live.h"

#include <stdint.h>
#include <string.h>

#define CAPACITY   0x40000
#define FLOWS      4 /* sending threads, and as many receiving ones */
#define IN_PORT    7000
#define OUT_PORT   6000
#define LARGEST    1400
#define MAX_NUMBER 0x1000000
#define BATCH      8
#define MAX_HELD   24

/* Packets of a flow on their way; no socket or queue of the system's holds fewer. */
#define IN_WINDOW  32
#define OUT_WINDOW 64

typedef struct _STAMP
{
    uint32_t Flow;
    uint32_t Number;
    uint32_t Length; /* of the payload, this included */
} STAMP;

static WINTUN_SESSION_HANDLE Session;
static volatile LONG Stop;           /* nothing new is sent */
static volatile LONG Failed;         /* somebody has failed: all end */
static volatile LONG InSent[FLOWS];  /* next number to be sent */
static volatile LONG InSeen[FLOWS];  /* next number that the system expects */
static volatile LONG OutSent[FLOWS]; /* next number that the system sends */
static volatile LONG OutSeen[FLOWS]; /* how many the client has seen */
static volatile LONG64 InBytes, OutBytes, Others;
static SOCKET InSockets[FLOWS];
static LONG *OutBits; /* a bit for each number of each flow that was seen */

static uint32_t NextRandom(uint32_t *State)
{
    *State = *State * 1664525u + 1013904223u;
    return *State >> 16;
}

static void Fail(const char *What, uint32_t Flow, uint32_t Number)
{
    if (!InterlockedExchange(&Failed, TRUE))
    {
        printf("    flow %u, number %u: %s\n", Flow, Number, What);
        CHECK(!"traffic is as it should be");
    }
    Stop = TRUE;
}

static uint32_t FillPayload(BYTE *Payload, uint32_t Flow, uint32_t Number, uint32_t *Random)
{
    STAMP Stamp = {Flow, Number, sizeof(STAMP) + NextRandom(Random) % (LARGEST - sizeof(STAMP))};

    memset(Payload, (int)(Number * 7 + Flow), Stamp.Length);
    memcpy(Payload, &Stamp, sizeof(Stamp));
    return Stamp.Length;
}

static int ReadPayload(const BYTE *Payload, DWORD Length, STAMP *Stamp)
{
    if (Length < sizeof(*Stamp))
    {
        return 0;
    }
    memcpy(Stamp, Payload, sizeof(*Stamp));
    if (Stamp->Flow >= FLOWS || Stamp->Length != Length || Stamp->Number >= MAX_NUMBER)
    {
        return 0;
    }
    for (DWORD Index = sizeof(*Stamp); Index < Length; ++Index)
    {
        if (Payload[Index] != (BYTE)(Stamp->Number * 7 + Stamp->Flow))
        {
            return 0;
        }
    }
    return 1;
}

/* Waits until fewer than Window packets are on their way. */
static int AwaitWindow(volatile LONG *Sent, volatile LONG *Seen, LONG Window, uint32_t Flow)
{
    ULONGLONG Deadline = GetTickCount64() + LIVE_TIMEOUT;

    while (Sent[Flow] - Seen[Flow] >= Window)
    {
        if (Failed || GetTickCount64() > Deadline)
        {
            Fail("standstill", Flow, (uint32_t)Seen[Flow]);
            return 0;
        }
        SwitchToThread();
    }
    return 1;
}

/* ---- The client's side */

/* Hands packets back, by single calls or a batch, in random order, until Keep are left. */
static DWORD GiveBack(ADIT_PACKET *Held, DWORD Count, DWORD Keep, uint32_t *Random, BOOL Sends)
{
    while (Count > Keep)
    {
        ADIT_PACKET Batch[BATCH];
        DWORD Size = 1 + NextRandom(Random) % BATCH;
        Size = Size < Count - Keep ? Size : Count - Keep;
        for (DWORD Index = 0; Index < Size; ++Index)
        {
            DWORD Which = NextRandom(Random) % Count;
            Batch[Index] = Held[Which];
            Held[Which] = Held[--Count];
        }
        if (Size > 1 && Sends)
        {
            AditSendPackets(Session, Batch, Size);
        }
        else if (Size > 1)
        {
            AditReleaseReceivePackets(Session, Batch, Size);
        }
        else if (Sends)
        {
            WintunSendPacket(Session, Batch[0].Data);
        }
        else
        {
            WintunReleaseReceivePacket(Session, Batch[0].Data);
        }
    }
    return Count;
}

/* Reserves space for payloads that are ready; 0 if the ring is full, or at the end. */
static DWORD Allocate(ADIT_PACKET *Packets, DWORD Count)
{
    if (Count > 1)
    {
        return AditAllocateSendPackets(Session, Packets, Count);
    }
    Packets->Data = WintunAllocateSendPacket(Session, Packets->Size);
    return Packets->Data != NULL;
}

static DWORD WINAPI SendFlow(void *Context)
{
    static BYTE Payloads[FLOWS][BATCH][LARGEST];
    uint32_t Flow = (uint32_t)(ULONG_PTR)Context;
    uint32_t Random = Flow + 11;
    ADIT_PACKET Held[2 * BATCH];
    DWORD Count = 0;
    DWORD Ready = 0; /* payloads made, and their packets not allocated */
    ADIT_PACKET Packets[BATCH];

    while (!Stop && AwaitWindow(InSent, InSeen, IN_WINDOW, Flow))
    {
        DWORD Wanted = Ready != 0 ? Ready : 1 + NextRandom(&Random) % BATCH;
        for (; Ready < Wanted; ++Ready)
        {
            uint32_t Number = (uint32_t)InSent[Flow] + Ready;
            Packets[Ready].Size =
                LIVE_HEADERS + FillPayload(Payloads[Flow][Ready], Flow, Number, &Random);
        }
        DWORD Got = Allocate(Packets, Wanted);
        if (Got == 0)
        {
            if (GetLastError() != ERROR_BUFFER_OVERFLOW)
            {
                Fail("allocating", Flow, GetLastError());
                break;
            }
            Count = GiveBack(Held, Count, 0, &Random, TRUE);
            WaitForSingleObject(AditGetWriteWaitEvent(Session), LIVE_TIMEOUT);
            continue;
        }
        for (DWORD Index = 0; Index < Got; ++Index)
        {
            DWORD Length = Packets[Index].Size - LIVE_HEADERS;
            LiveWriteHeaders(
                Packets[Index].Data, (BYTE)(100 + Flow), (USHORT)(IN_PORT + Flow), Length);
            memcpy(Packets[Index].Data + LIVE_HEADERS, Payloads[Flow][Index], Length);
            InterlockedAdd64(&InBytes, Packets[Index].Size);
            Held[Count++] = Packets[Index];
        }
        InterlockedAdd(&InSent[Flow], (LONG)Got);
        /* Those that are left keep their numbers, but not their order in these arrays: make anew.
         */
        Ready = 0;
        Count = GiveBack(Held, Count, NextRandom(&Random) % BATCH, &Random, TRUE);
        if (InSent[Flow] - InSeen[Flow] >= IN_WINDOW)
        {
            Count = GiveBack(Held, Count, 0, &Random, TRUE);
        }
    }
    GiveBack(Held, Count, 0, &Random, TRUE);
    return 0;
}

/* Looks at a packet that the client has received; Last: of each flow at this thread. */
static void SeePacket(const ADIT_PACKET *Packet, uint32_t *Last)
{
    STAMP Stamp;
    DWORD Length;
    USHORT Port;

    InterlockedAdd64(&OutBytes, Packet->Size);
    const BYTE *Payload = LiveReadHeaders(Packet->Data, Packet->Size, &Port, &Length);
    if (Payload == NULL || Port < OUT_PORT || Port >= OUT_PORT + FLOWS)
    {
        InterlockedIncrement64(&Others);
        return;
    }
    if (!ReadPayload(Payload, Length, &Stamp) || Stamp.Flow != (uint32_t)(Port - OUT_PORT))
    {
        Fail("content at the client", Port - OUT_PORT, 0);
        return;
    }
    if (Stamp.Number < Last[Stamp.Flow])
    {
        Fail("order at the client", Stamp.Flow, Stamp.Number);
    }
    Last[Stamp.Flow] = Stamp.Number + 1;
    uint32_t Bit = Stamp.Flow * MAX_NUMBER + Stamp.Number;
    if (InterlockedOr(&OutBits[Bit / 32], (LONG)(1u << Bit % 32)) & (LONG)(1u << Bit % 32))
    {
        Fail("received twice", Stamp.Flow, Stamp.Number);
    }
    InterlockedIncrement(&OutSeen[Stamp.Flow]);
}

static DWORD WINAPI ReceiveFlows(void *Context)
{
    uint32_t Random = (uint32_t)(ULONG_PTR)Context + 77;
    HANDLE Event = WintunGetReadWaitEvent(Session);
    ADIT_PACKET Held[MAX_HELD + BATCH];
    uint32_t Last[FLOWS] = {0};
    DWORD Count = 0;

    for (;;)
    {
        DWORD Wanted = 1 + NextRandom(&Random) % BATCH;
        DWORD Got;
        if (Wanted == 1)
        {
            Held[Count].Data = WintunReceivePacket(Session, &Held[Count].Size);
            Got = Held[Count].Data != NULL;
        }
        else
        {
            Got = AditReceivePackets(Session, &Held[Count], Wanted);
        }
        if (Got == 0)
        {
            DWORD Error = GetLastError();
            Count = GiveBack(Held, Count, 0, &Random, FALSE);
            if (Error == ERROR_HANDLE_EOF)
            {
                return 0;
            }
            if (Error != ERROR_NO_MORE_ITEMS)
            {
                Fail("receiving", 0, Error);
                return 0;
            }
            WaitForSingleObject(Event, INFINITE);
            continue;
        }
        for (DWORD Index = 0; Index < Got; ++Index)
        {
            SeePacket(&Held[Count], Last);
            /* What is received may be written to. */
            memset(Held[Count].Data, 0xA5, Held[Count].Size);
            ++Count;
        }
        DWORD Keep = NextRandom(&Random) % (MAX_HELD + 1);
        Count = GiveBack(Held, Count, Keep < Count ? Keep : Count, &Random, FALSE);
    }
}

/* ---- The system's side */

static DWORD WINAPI SystemSends(void *Context)
{
    SOCKET Socket = LiveSocket(OUT_PORT + 500);
    static BYTE Payload[LARGEST];
    uint32_t Random = 5;

    (void)Context;
    /* What Linux sends before it has noticed that the link is up is lost. */
    for (int Round = 0; Others == 0 && Round < LIVE_TIMEOUT / 20; ++Round)
    {
        LiveSendTo(Socket, 200, OUT_PORT - 1, Payload, 20);
        Sleep(20);
    }
    for (uint32_t Flow = 0; !Stop && AwaitWindow(OutSent, OutSeen, OUT_WINDOW, Flow);
         Flow = (Flow + 1) % FLOWS)
    {
        for (uint32_t Index = NextRandom(&Random) % BATCH; Index > 0; --Index)
        {
            uint32_t Length = FillPayload(Payload, Flow, (uint32_t)OutSent[Flow], &Random);
            if (LiveSendTo(Socket, 200, (USHORT)(OUT_PORT + Flow), Payload, (int)Length))
            {
                InterlockedIncrement(&OutSent[Flow]);
            }
        }
    }
    closesocket(Socket);
    return 0;
}

static DWORD WINAPI SystemReceives(void *Context)
{
    uint32_t Flow = (uint32_t)(ULONG_PTR)Context;
    SOCKET Socket = InSockets[Flow];
    BYTE Payload[LARGEST + 1];
    STAMP Stamp;

    while (!Failed)
    {
        int Length = recv(Socket, (char *)Payload, sizeof(Payload), 0);
        if (Length <= 0)
        {
            if (Stop && InSeen[Flow] == InSent[Flow])
            {
                break;
            }
            continue;
        }
        if (!ReadPayload(Payload, (DWORD)Length, &Stamp) || Stamp.Flow != Flow)
        {
            Fail("content at the system", Flow, (uint32_t)InSeen[Flow]);
        }
        else if (Stamp.Number != (uint32_t)InSeen[Flow])
        {
            Fail("order at the system", Flow, Stamp.Number);
        }
        InterlockedIncrement(&InSeen[Flow]);
    }
    closesocket(Socket);
    return 0;
}

/* ---- Both */

static LONG Sum(volatile LONG *Counts)
{
    LONG Result = 0;

    for (int Flow = 0; Flow < FLOWS; ++Flow)
    {
        Result += Counts[Flow];
    }
    return Result;
}

static void CheckStatistics(void)
{
    ADIT_SESSION_STATISTICS Now = {.Size = sizeof(Now)};
    DWORD64 Dropped = 0;

    CHECK(AditGetSessionStatistics(Session, &Now));
    printf(
        "%lld packets received in %lld bytes, %lld sent in %lld; rings held %lu and %lu bytes at "
        "most; empty %lld times, full %lld, driver woken %lld times\n",
        (long long)Now.ReceivedPackets, (long long)Now.ReceivedBytes, (long long)Now.SentPackets,
        (long long)Now.SentBytes, (unsigned long)Now.ReceiveHighWater,
        (unsigned long)Now.SendHighWater, (long long)Now.ReceiveEmpty, (long long)Now.SendFull,
        (long long)Now.DriverWakeUps);
    CHECK(Now.SentPackets == (DWORD64)Sum(InSent) && Now.SentBytes == (DWORD64)InBytes);
    CHECK(Now.ReceivedPackets == (DWORD64)Sum(OutSeen) + (DWORD64)Others);
    CHECK(Now.ReceivedBytes == (DWORD64)OutBytes);
    CHECK(Now.Flags == ADIT_STATISTICS_DRIVER && Now.Capacity == CAPACITY);
    CHECK(Now.ReceiveHighWater > 0 && Now.ReceiveHighWater < CAPACITY);
    CHECK(Now.SendHighWater > 0 && Now.SendHighWater < CAPACITY);
    CHECK(Now.DriverWakeUps > 0 && Now.ReceiveEmpty > 0);
    for (int Reason = 0; Reason < ADIT_DROP_REASONS; ++Reason)
    {
        Dropped += Now.SendDropped[Reason] + Now.ReceiveDropped[Reason];
    }
    CHECK(Dropped == 0);
}

void LiveTraffic(WINTUN_ADAPTER_HANDLE Adapter, DWORD Seconds)
{
    HANDLE Receivers[FLOWS], Workers[2 * FLOWS + 1];
    DWORD Count = 0;

    OutBits =
        VirtualAlloc(NULL, FLOWS * (MAX_NUMBER / 8), MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    Session = WintunStartSession(Adapter, CAPACITY);
    if (!CHECK(OutBits != NULL && Session != NULL))
    {
        return;
    }
    for (ULONG_PTR Flow = 0; Flow < FLOWS; ++Flow)
    {
        InSockets[Flow] = LiveSocket((USHORT)(IN_PORT + Flow));
        Receivers[Flow] = CreateThread(NULL, 0, ReceiveFlows, (void *)Flow, 0, NULL);
        Workers[Count++] = CreateThread(NULL, 0, SystemReceives, (void *)Flow, 0, NULL);
        Workers[Count++] = CreateThread(NULL, 0, SendFlow, (void *)Flow, 0, NULL);
    }
    Workers[Count++] = CreateThread(NULL, 0, SystemSends, NULL, 0, NULL);
    for (ULONGLONG End = GetTickCount64() + 1000 * (ULONGLONG)Seconds;
         GetTickCount64() < End && !Stop;)
    {
        Sleep(100);
    }
    Stop = TRUE;
    CHECK(WaitForMultipleObjects(Count, Workers, TRUE, 2 * LIVE_TIMEOUT) == WAIT_OBJECT_0);
    for (ULONGLONG End = GetTickCount64() + LIVE_TIMEOUT;
         Sum(OutSeen) != Sum(OutSent) && GetTickCount64() < End && !Failed;)
    {
        Sleep(20);
    }
    ADIT_SESSION_STATISTICS Now = {.Size = sizeof(Now)};
    for (ULONGLONG End = GetTickCount64() + LIVE_TIMEOUT;
         AditGetSessionStatistics(Session, &Now) &&
         Now.ReceivedPackets < (DWORD64)Sum(OutSeen) + (DWORD64)Others && GetTickCount64() < End;)
    {
        Sleep(20); /* what is received is released */
    }
    printf(
        "%ld datagrams to the system and %ld from it in %lu s\n", (long)Sum(InSeen),
        (long)Sum(OutSeen), (unsigned long)Seconds);
    CHECK(Sum(InSeen) == Sum(InSent) && Sum(OutSeen) == Sum(OutSent));
    CHECK(Sum(InSeen) > 0 && Sum(OutSeen) > 0);
    CheckStatistics();
    /* The receivers wait, or are inside a call. */
    WintunEndSession(Session);
    CHECK(WaitForMultipleObjects(FLOWS, Receivers, TRUE, LIVE_TIMEOUT) == WAIT_OBJECT_0);
    for (DWORD Index = 0; Index < Count; ++Index)
    {
        CloseHandle(Workers[Index]);
    }
    for (int Index = 0; Index < FLOWS; ++Index)
    {
        CloseHandle(Receivers[Index]);
    }
    VirtualFree(OutBits, 0, MEM_RELEASE);
}
