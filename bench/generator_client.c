/* SPDX-License-Identifier: MIT */
/*
 * The client of the benchmarks over a link that is a generator (host/wine/kernel/generator.h):
 *
 *   generator_client NAME
 *
 * Reads commands from its standard input and answers each by a line:
 *
 *   adapters COUNT     makes adapters NAME0, NAME1... until it has COUNT, each with a session:
 *                      "created MICROSECONDS", what the last one took
 *   sink SIZE          receives, polling as client_wait.h has it, from all adapters: "rate PACKETS
 * PACKETS-A-SECOND", how many in all, and the median of slices of the time sleep SIZE         the
 * same, but sleeps whenever the ring is empty batch SIZE         as sink, with AditReceivePackets
 *   source SIZE        sends, to all adapters: likewise
 *   echo SIZE          sends back what it receives: likewise
 *   ring-sink SIZE, ring-source SIZE
 *                      the same packets from thread to thread of this process by a ring, without
 *                      library, driver and NDIS, in batches as the driver's: likewise
 *
 *   ping COUNT         sends a request to the link and waits for its report, COUNT times, and is
 *                      idle for 5 ms before each: "rate COUNT MICROSECONDS", the median
 *
 * What goes wrong is said on the standard error output; exit status 1.
 */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "consumer.h"
#include "producer.h"
#define CLIENT_LOADS_LIBRARY
#include "client.h"
#include "client_wait.h"
#include "generator_packet.h"

#define RING_CAPACITY 0x400000
#define MAX_ADAPTERS  16
#define BATCH         64 /* the driver's */
#define CLIENT_BATCH  32
#define SLICES        6
#define SLICE_MS      80
#define WARM_MS       120
#define MAX_PINGS     1000

static ADIT_RECEIVE_PACKETS_FUNC *AditReceivePackets;
static ADIT_RELEASE_RECEIVE_PACKETS_FUNC *AditReleaseReceivePackets;

typedef struct _ENDPOINT
{
    WINTUN_ADAPTER_HANDLE Adapter;
    WINTUN_SESSION_HANDLE Session;
    GENERATOR_REPORT Report;
    HANDLE Thread;
    __attribute__((aligned(64))) volatile LONG64 Packets; /* its thread alone writes it */
    LONG64 Received;                                      /* of them, the counter after the last */
} ENDPOINT;

static ENDPOINT Endpoints[MAX_ADAPTERS];
static DWORD Count;
static DWORD Size;
static BOOL Polls; /* of the command that is carried out */
static volatile LONG Stop;
static LARGE_INTEGER Frequency;
static DWORD RequestId;

__attribute__((format(printf, 1, 2))) __declspec(noreturn) static void Fail(const char *Format, ...)
{
    va_list Arguments;

    va_start(Arguments, Format);
    fprintf(stderr, "generator_client: ");
    vfprintf(stderr, Format, Arguments);
    fprintf(stderr, "\n");
    va_end(Arguments);
    exit(1);
}

static LONG64 Now(void)
{
    LARGE_INTEGER Counter;

    QueryPerformanceCounter(&Counter);
    return Counter.QuadPart;
}

/* ---- Packets ---- */

/* Space for a packet; NULL: told to stop. */
static BYTE *Allocate(WINTUN_SESSION_HANDLE Session, DWORD Length)
{
    BYTE *Space;

    while ((Space = WintunAllocateSendPacket(Session, Length)) == NULL)
    {
        if (GetLastError() != ERROR_BUFFER_OVERFLOW)
        {
            Fail("WintunAllocateSendPacket: error %lu", GetLastError());
        }
        if (Stop)
        {
            return NULL;
        }
        SwitchToThread();
    }
    return Space;
}

/* Counts a packet; its counter is higher than that of the one before. */
static void Take(ENDPOINT *Endpoint, const BYTE *Packet, DWORD Length)
{
    LONG64 Counter;

    if (Length != Size || GeneratorPacketPort(Packet, Length) != GENERATOR_DATA_PORT)
    {
        return; /* a report that came late, or what was made before */
    }
    Counter = (LONG64)GeneratorPacketCounter(Packet);
    if (Counter < Endpoint->Received)
    {
        Fail("packet %I64d came after packet %I64d", Counter, Endpoint->Received - 1);
    }
    Endpoint->Received = Counter + 1;
    Endpoint->Packets = Endpoint->Packets + 1;
}

static void ReceiveUntilStopped(ENDPOINT *Endpoint, BOOL Back)
{
    CLIENT_WAIT Wait = {.Polls = Polls};

    while (!Stop)
    {
        DWORD Length;
        BYTE *Packet = WintunReceivePacket(Endpoint->Session, &Length);
        if (Packet == NULL)
        {
            if (GetLastError() != ERROR_NO_MORE_ITEMS)
            {
                Fail("WintunReceivePacket: error %lu", GetLastError());
            }
            ClientWait(&Wait, WintunGetReadWaitEvent(Endpoint->Session));
            continue;
        }
        Wait.IdleSince = 0;
        Take(Endpoint, Packet, Length);
        BYTE *Space = Back ? Allocate(Endpoint->Session, Length) : NULL;
        if (Space != NULL)
        {
            memcpy(Space, Packet, Length);
            WintunSendPacket(Endpoint->Session, Space);
        }
        WintunReleaseReceivePacket(Endpoint->Session, Packet);
    }
}

static DWORD WINAPI Sink(VOID *Context)
{
    ReceiveUntilStopped(Context, FALSE);
    return 0;
}

static DWORD WINAPI Echo(VOID *Context)
{
    ReceiveUntilStopped(Context, TRUE);
    return 0;
}

static DWORD WINAPI SinkBatches(VOID *Context)
{
    ENDPOINT *Endpoint = Context;
    CLIENT_WAIT Wait = {.Polls = Polls};

    while (!Stop)
    {
        ADIT_PACKET Packets[CLIENT_BATCH];
        DWORD Received = AditReceivePackets(Endpoint->Session, Packets, CLIENT_BATCH);
        for (DWORD Index = 0; Index < Received; ++Index)
        {
            Take(Endpoint, Packets[Index].Data, Packets[Index].Size);
        }
        if (Received != 0)
        {
            Wait.IdleSince = 0;
            AditReleaseReceivePackets(Endpoint->Session, Packets, Received);
        }
        else
        {
            ClientWait(&Wait, WintunGetReadWaitEvent(Endpoint->Session));
        }
    }
    return 0;
}

static DWORD WINAPI Source(VOID *Context)
{
    ENDPOINT *Endpoint = Context;
    BYTE *Data = malloc(GENERATOR_MAX_SIZE), *Space;

    GeneratorPacketMake(Data, Size, 2);
    while (!Stop && (Space = Allocate(Endpoint->Session, Size)) != NULL)
    {
        GeneratorPacketSetCounter(Data, (DWORD64)Endpoint->Packets);
        memcpy(Space, Data, Size);
        WintunSendPacket(Endpoint->Session, Space);
        Endpoint->Packets = Endpoint->Packets + 1;
    }
    free(Data);
    return 0;
}

/* ---- The link ---- */

static void Request(ENDPOINT *Endpoint, DWORD PacketSize, DWORD64 Packets)
{
    BYTE *Space = Allocate(Endpoint->Session, GENERATOR_REQUEST_SIZE);

    if (Space == NULL)
    {
        Fail("no room for a request");
    }
    GeneratorPacketRequest(Space, ++RequestId, PacketSize, Packets);
    WintunSendPacket(Endpoint->Session, Space);
}

/* Takes what is in the ring until the last request's report comes; FALSE: it does not. */
static BOOL Drain(ENDPOINT *Endpoint)
{
    for (;;)
    {
        DWORD Length;
        BYTE *Packet = WintunReceivePacket(Endpoint->Session, &Length);
        if (Packet == NULL)
        {
            if (WaitForSingleObject(WintunGetReadWaitEvent(Endpoint->Session), 1000) ==
                WAIT_TIMEOUT)
            {
                return FALSE;
            }
            continue;
        }
        BOOL Reported = GeneratorPacketReport(Packet, Length, &Endpoint->Report) &&
                        Endpoint->Report.Id == RequestId;
        WintunReleaseReceivePacket(Endpoint->Session, Packet);
        if (Reported)
        {
            return TRUE;
        }
    }
}

/* Has the link make nothing any more, and report. The ring may have no room for the first one. */
static void Quiet(ENDPOINT *Endpoint)
{
    for (DWORD Try = 0; Try < 60; ++Try)
    {
        Request(Endpoint, 0, 0);
        if (Drain(Endpoint))
        {
            return;
        }
    }
    Fail("no report within a minute");
}

static void MakeAdapters(const char *Name, DWORD Wanted)
{
    double Took = 0;

    if (Wanted > MAX_ADAPTERS)
    {
        Fail("%lu adapters: %d at most", Wanted, MAX_ADAPTERS);
    }
    for (; Count < Wanted; ++Count)
    {
        WCHAR Connection[64];
        LONG64 Start = Now();
        _snwprintf(Connection, ARRAYSIZE(Connection), L"%hs%lu", Name, Count);
        Endpoints[Count].Adapter = WintunCreateAdapter(Connection, L"Bench", NULL);
        Took = (double)(Now() - Start) * 1e6 / (double)Frequency.QuadPart;
        if (Endpoints[Count].Adapter != NULL)
        {
            Endpoints[Count].Session = WintunStartSession(Endpoints[Count].Adapter, RING_CAPACITY);
        }
        if (Endpoints[Count].Session == NULL)
        {
            Fail("adapter or session %lu: error %lu", Count, GetLastError());
        }
        Quiet(&Endpoints[Count]);
    }
    printf("created %.0f\n", Took);
}

/* ---- The ring alone ---- */

static struct
{
    TUN_RING *Ring;
    DWORD ProducerBatch;
    DWORD ConsumerBatch;
} Alone;

static DWORD WINAPI AloneProduce(VOID *Context)
{
    BYTE *Data = malloc(GENERATOR_MAX_SIZE);
    RING_PRODUCER Producer;
    DWORD64 Counter = 0;
    DWORD Left = Alone.ProducerBatch;

    (void)Context;
    GeneratorPacketMake(Data, Size, 2);
    RingProducerInitialize(&Producer, Alone.Ring, RING_CAPACITY);
    while (!Stop)
    {
        uint32_t Offset;
        if (RingProducerReserve(&Producer, Size, &Offset) != RingReserved)
        {
            SwitchToThread();
            continue;
        }
        TUN_PACKET *Packet = RingProducerPacket(&Producer, Offset);
        Packet->Size = Size;
        GeneratorPacketSetCounter(Data, Counter++);
        memcpy(Packet->Data, Data, Size);
        if (--Left == 0)
        {
            RingProducerPublish(&Producer, Producer.Next);
            (void)RingProducerMustSignal(&Producer);
            Left = Alone.ProducerBatch;
        }
    }
    free(Data);
    return 0;
}

static DWORD WINAPI AloneConsume(VOID *Context)
{
    ENDPOINT *Endpoint = Context;
    RING_CONSUMER Consumer;

    RingConsumerInitialize(&Consumer, Alone.Ring, RING_CAPACITY);
    while (!Stop)
    {
        for (DWORD Taken = 0; Taken < Alone.ConsumerBatch; ++Taken)
        {
            TUN_PACKET *Packet;
            uint32_t Length;
            if (RingConsumerPoll(&Consumer) != RingNotEmpty ||
                RingConsumerPeek(&Consumer, &Packet, &Length) != RingNotEmpty)
            {
                YieldProcessor();
                break;
            }
            Take(Endpoint, Packet->Data, Length);
            RingConsumerAdvance(&Consumer, Length);
        }
        RingConsumerRelease(&Consumer, Consumer.Next);
    }
    return 0;
}

/* ---- Measuring ---- */

static int Compare(const void *Left, const void *Right)
{
    double Difference = *(const double *)Left - *(const double *)Right;

    return (Difference > 0) - (Difference < 0);
}

static LONG64 Total(DWORD Threads)
{
    LONG64 Sum = 0;

    for (DWORD Index = 0; Index < Threads; ++Index)
    {
        Sum += Endpoints[Index].Packets;
    }
    return Sum;
}

/* Lets the threads that are running run, and answers. */
static void Measure(DWORD Threads)
{
    double Rates[SLICES];
    LONG64 Packets, Time;

    Sleep(WARM_MS);
    Packets = Total(Threads);
    Time = Now();
    for (DWORD Index = 0; Index < SLICES; ++Index)
    {
        Sleep(SLICE_MS);
        LONG64 NextTime = Now(), NextPackets = Total(Threads);
        Rates[Index] = (double)(NextPackets - Packets) * (double)Frequency.QuadPart /
                       (double)(NextTime - Time);
        Time = NextTime;
        Packets = NextPackets;
    }
    qsort(Rates, SLICES, sizeof(*Rates), Compare);
    printf("rate %I64d %.0f\n", Packets, (Rates[SLICES / 2 - 1] + Rates[SLICES / 2]) / 2);
}

static HANDLE StartThread(LPTHREAD_START_ROUTINE Routine, VOID *Context)
{
    HANDLE Thread = CreateThread(NULL, 0, Routine, Context, 0, NULL);

    if (Thread == NULL)
    {
        Fail("CreateThread: error %lu", GetLastError());
    }
    return Thread;
}

static void JoinThread(HANDLE Thread)
{
    WaitForSingleObject(Thread, INFINITE);
    CloseHandle(Thread);
}

/* Makes: has the link make packets. */
static void MeasureLink(LPTHREAD_START_ROUTINE Routine, BOOL Makes)
{
    GENERATOR_REPORT Before[MAX_ADAPTERS];

    Stop = 0;
    for (DWORD Index = 0; Index < Count; ++Index)
    {
        Before[Index] = Endpoints[Index].Report;
        Endpoints[Index].Packets = Endpoints[Index].Received = 0;
        if (Makes)
        {
            Request(&Endpoints[Index], Size, MAXULONG64);
        }
        Endpoints[Index].Thread = StartThread(Routine, &Endpoints[Index]);
    }
    Measure(Count);
    InterlockedExchange(&Stop, 1);
    for (DWORD Index = 0; Index < Count; ++Index)
    {
        SetEvent(WintunGetReadWaitEvent(Endpoints[Index].Session));
        JoinThread(Endpoints[Index].Thread);
    }
    InterlockedExchange(&Stop, 0);
    for (DWORD Index = 0; Index < Count; ++Index)
    {
        ENDPOINT *Endpoint = &Endpoints[Index];
        Quiet(Endpoint);
        if (Routine == Source &&
            (Endpoint->Report.Gaps != Before[Index].Gaps ||
             (LONG64)(Endpoint->Report.Taken - Before[Index].Taken) != Endpoint->Packets))
        {
            Fail(
                "of %I64d packets sent the link has taken %I64u, with %I64u gaps",
                Endpoint->Packets, Endpoint->Report.Taken - Before[Index].Taken,
                Endpoint->Report.Gaps - Before[Index].Gaps);
        }
    }
}

static void MeasureRing(DWORD ProducerBatch, DWORD ConsumerBatch)
{
    HANDLE Producer;
    VOID *Memory = VirtualAlloc(
        NULL, 64 + TUN_RING_SIZE(RING_CAPACITY), MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);

    /* As the library places it: Head ends a cache line. */
    Alone.Ring = (TUN_RING *)((BYTE *)Memory + 64 - offsetof(TUN_RING, Tail));
    Alone.ProducerBatch = ProducerBatch;
    Alone.ConsumerBatch = ConsumerBatch;
    Stop = 0;
    Endpoints[0].Packets = Endpoints[0].Received = 0;
    Endpoints[0].Thread = StartThread(AloneConsume, &Endpoints[0]);
    Producer = StartThread(AloneProduce, NULL);
    Measure(1);
    InterlockedExchange(&Stop, 1);
    JoinThread(Producer);
    JoinThread(Endpoints[0].Thread);
    VirtualFree(Memory, 0, MEM_RELEASE);
}

static void Ping(DWORD Times)
{
    static double Took[MAX_PINGS];

    if (Times == 0 || Times > MAX_PINGS || Count == 0)
    {
        Fail("%lu pings with %lu adapters: 1 to %d, and an adapter", Times, Count, MAX_PINGS);
    }
    for (DWORD Index = 0; Index < Times; ++Index)
    {
        LONG64 Start;
        Sleep(5);
        Start = Now();
        Quiet(&Endpoints[0]);
        Took[Index] = (double)(Now() - Start) * 1e6 / (double)Frequency.QuadPart;
    }
    qsort(Took, Times, sizeof(*Took), Compare);
    printf("rate %lu %.1f\n", Times, Took[Times / 2]);
}

static void Run(const char *Name, const char *Command, DWORD Value)
{
    static const struct
    {
        const char *Name;
        LPTHREAD_START_ROUTINE Routine; /* NULL: the ring alone */
        BOOL Makes;
        BOOL Polls;
        DWORD ProducerBatch;
        DWORD ConsumerBatch;
    } Commands[] = {
        {"sink", Sink, TRUE, TRUE, 0, 0},
        {"sleep", Sink, TRUE, FALSE, 0, 0},
        {"batch", SinkBatches, TRUE, TRUE, 0, 0},
        {"source", Source, FALSE, FALSE, 0, 0},
        {"echo", Echo, TRUE, TRUE, 0, 0},
        {"ring-sink", NULL, FALSE, FALSE, BATCH, 1},
        {"ring-batch", NULL, FALSE, FALSE, BATCH, CLIENT_BATCH},
        {"ring-source", NULL, FALSE, FALSE, 1, BATCH}};

    if (strcmp(Command, "adapters") == 0)
    {
        MakeAdapters(Name, Value);
        return;
    }
    if (strcmp(Command, "ping") == 0)
    {
        Ping(Value);
        return;
    }
    for (DWORD Index = 0; Index < ARRAYSIZE(Commands); ++Index)
    {
        if (strcmp(Command, Commands[Index].Name) != 0)
        {
            continue;
        }
        Size = Value;
        Polls = Commands[Index].Polls;
        if (Size < GENERATOR_MIN_SIZE || Size > GENERATOR_MAX_SIZE)
        {
            Fail("%lu bytes: %u to %u", Size, GENERATOR_MIN_SIZE, GENERATOR_MAX_SIZE);
        }
        if (Commands[Index].Routine != NULL)
        {
            MeasureLink(Commands[Index].Routine, Commands[Index].Makes);
        }
        else
        {
            MeasureRing(Commands[Index].ProducerBatch, Commands[Index].ConsumerBatch);
        }
        return;
    }
    Fail("there is no command %s", Command);
}

int main(int argc, char **argv)
{
    char Line[64], Command[32];
    unsigned long Value;
    HMODULE Module;

    setvbuf(stdout, NULL, _IONBF, 0);
    if (argc < 2)
    {
        Fail("usage: generator_client NAME");
    }
    QueryPerformanceFrequency(&Frequency);
    Module = ClientLoad();
    if (Module == NULL)
    {
        return 1;
    }
    AditReceivePackets =
        (ADIT_RECEIVE_PACKETS_FUNC *)(VOID *)GetProcAddress(Module, "AditReceivePackets");
    AditReleaseReceivePackets = (ADIT_RELEASE_RECEIVE_PACKETS_FUNC *)(VOID *)GetProcAddress(
        Module, "AditReleaseReceivePackets");
    printf("ready\n");
    while (fgets(Line, sizeof(Line), stdin) != NULL)
    {
        if (sscanf(Line, "%31s %lu", Command, &Value) != 2)
        {
            Fail("not a command and a number: %s", Line);
        }
        Run(argv[1], Command, Value);
    }
    for (DWORD Index = 0; Index < Count; ++Index)
    {
        WintunEndSession(Endpoints[Index].Session);
        WintunCloseAdapter(Endpoints[Index].Adapter);
    }
    return 0;
}
