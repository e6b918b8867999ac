/* SPDX-License-Identifier: MIT */
/*
 * The driver's data path over host/native: nanoseconds per packet for calls of 1, 8 and 64 packets,
 * against memcpy of the same bytes between the same memory. A figure's "/host" has besides what
 * the NDIS library and the far end take, which is in the driver's calls of NDIS (driver_time.c).
 *
 *   driver/send     NDIS gives the packets to the miniport, which puts them into the send ring; the
 *                   client gives the space back at once. One thread, as memcpy.
 *   driver/receive  the client has put the packets into the receive ring and publishes them; until
 *                   the driver has indicated all of them, and got their buffers back. Two threads,
 *                   as memcpy, whose second thread copies what the first has just written.
 *   driver/idle     wake-ups and CPU time per second of a registered session without traffic.
 *   driver/wake     from publishing to a sleeping receive thread until the packet is indicated,
 *                   against two threads that wake each other by a semaphore.
 *
 * Each figure is the median of many slices of a few calls, in turn with slices of its baseline.
 *
 * Usage: driver_bench REPETITIONS [CALLS [send|receive|idle|wake [LENGTH CALL]]]
 *        driver_bench 0 CALLS sent|received LENGTH CALL
 *
 * The second form makes that many calls and says how many packets they were; for callgrind.
 */
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "driver_time.h"
#include "sample.h"
#include "sender.h"

#define CAPACITY  0x400000u
#define MAX_CALL  64
#define IDLE_TIME 2 /* seconds */
#define SLICES    101

static FIXTURE *Fixture;
static CLIENT Client;
static SENDER Sender;
static volatile LONG64 Indicated;
static double Values[SLICES], Wholes[SLICES], Copies[SLICES];

/* The driver's own time, and all of it, against what is copied meanwhile. */
static void Report(const char *Way, ULONG Length, ULONG PerCall)
{
    double Copy = SampleMedian(Copies, SLICES);
    char Name[64];

    snprintf(Name, sizeof(Name), "driver/%s/%u/%u", Way, Length, PerCall);
    SampleReport(Name, "ns/packet", SampleMedian(Values, SLICES), "memcpy", Copy);
    snprintf(Name, sizeof(Name), "driver/%s/%u/%u/host", Way, Length, PerCall);
    SampleReport(Name, "ns/packet", SampleMedian(Wholes, SLICES), "memcpy", Copy);
}

/* ---- Send ---- */

static PNET_BUFFER_LIST Returned, *ReturnedLast;

static VOID Complete(PVOID Context, PNET_BUFFER_LIST Lists, ULONG Flags)
{
    (void)Context, (void)Flags;
    *ReturnedLast = Lists;
    while (*ReturnedLast)
    {
        assert_int_equal(NET_BUFFER_LIST_STATUS(*ReturnedLast), NDIS_STATUS_SUCCESS);
        ReturnedLast = &NET_BUFFER_LIST_NEXT_NBL(*ReturnedLast);
    }
}

static uint64_t Send(PNET_BUFFER_LIST *Chain, ULONG Packets, ULONG PerCall)
{
    RING_CONSUMER *Consumer = &Client.Consumer;
    uint64_t Start = SampleNow();

    for (ULONG Sent = 0; Sent < Packets; Sent += PerCall)
    {
        Returned = NULL;
        ReturnedLast = &Returned;
        NdisHostSend(Sender.Adapter, *Chain, NDIS_DEFAULT_PORT_NUMBER, 0, Complete, NULL);
        *Chain = Returned;
        Consumer->Next = RingLoadAcquire(&Consumer->Ring->Tail);
        RingConsumerRelease(Consumer, Consumer->Next);
    }
    return SampleNow() - Start;
}

/* The same bytes from the same buffers to the same places. */
static uint64_t SendCopy(PNET_BUFFER_LIST Chain, ULONG Packets, ULONG Length)
{
    static uint32_t Offset;
    uint64_t Start = SampleNow();

    for (ULONG Sent = 0; Sent < Packets;)
    {
        for (PNET_BUFFER_LIST List = Chain; List; List = NET_BUFFER_LIST_NEXT_NBL(List), Sent++)
        {
            PMDL Mdl = NET_BUFFER_FIRST_MDL(NET_BUFFER_LIST_FIRST_NB(List));
            memcpy(
                Client.SendRing->Data + Offset + 4,
                MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority), Length);
            Offset = (Offset + TUN_PACKET_SPACE(Length)) & (CAPACITY - 1);
        }
    }
    return SampleNow() - Start;
}

static PNET_BUFFER_LIST MakeChain(ULONG Length, ULONG Count)
{
    static UCHAR Packet[PACKET_MAX];
    PNET_BUFFER_LIST Chain = NULL;

    PacketMake(Packet, Length, 4, 1);
    for (ULONG Index = 0; Index < Count; Index++)
    {
        PNET_BUFFER_LIST List = SenderPacket(&Sender, Packet, Length);
        NET_BUFFER_LIST_NEXT_NBL(List) = Chain;
        Chain = List;
    }
    return Chain;
}

static void FreeChain(PNET_BUFFER_LIST Chain)
{
    while (Chain)
    {
        PNET_BUFFER_LIST Next = NET_BUFFER_LIST_NEXT_NBL(Chain);
        NET_BUFFER_LIST_NEXT_NBL(Chain) = NULL;
        SenderFree(Chain);
        Chain = Next;
    }
}

static void SendOnly(ULONG Packets, ULONG Length, ULONG PerCall)
{
    PNET_BUFFER_LIST Chain = MakeChain(Length, PerCall);

    (void)Send(&Chain, Packets, PerCall);
    FreeChain(Chain);
}

static void BenchSend(ULONG Packets, ULONG Length, ULONG PerCall)
{
    PNET_BUFFER_LIST Chain = MakeChain(Length, PerCall);

    for (ULONG Slice = 0; Slice < SLICES; Slice++)
    {
        Copies[Slice] = (double)SendCopy(Chain, Packets, Length) / Packets;
        DriverTime = 0;
        Wholes[Slice] = (double)Send(&Chain, Packets, PerCall) / Packets;
        Values[Slice] = (double)DriverTime / Packets;
    }
    Report("send", Length, PerCall);
    FreeChain(Chain);
}

/* ---- Receive ---- */

static BOOLEAN
Tap(PVOID Context, PNET_BUFFER_LIST Lists, NDIS_PORT_NUMBER Port, ULONG Count, ULONG Flags)
{
    (void)Context, (void)Port, (void)Flags;
    NdisHostReturnNetBufferLists(Sender.Adapter, Lists, 0);
    InterlockedAdd64(&Indicated, Count);
    return TRUE;
}

static void AwaitIndicated(LONG64 Count)
{
    uint32_t Spins = 0;

    while (__atomic_load_n(&Indicated, __ATOMIC_ACQUIRE) < Count)
        SamplePause(&Spins);
}

static uint64_t Receive(ULONG Packets, ULONG Length, ULONG PerCall, const UCHAR *Packet)
{
    LONG64 Before = Indicated;
    uint64_t Time = 0;

    for (ULONG Sent = 0; Sent < Packets; Sent += PerCall)
    {
        for (ULONG Index = 0; Index < PerCall; Index++)
            assert_true(ClientPut(&Client, Packet, Length));
        uint64_t Start = SampleNow();
        __atomic_store_n(&DriverIdleUntil, Start, __ATOMIC_RELAXED);
        ClientPublish(&Client);
        AwaitIndicated(Before + Sent + PerCall);
        Time += SampleNow() - Start;
    }
    return Time;
}

/* Of the baseline: the first thread writes packets, the second copies them out. */
static _Alignas(128) volatile uint64_t CopyWritten; /* packets; atomic */
static _Alignas(128) volatile uint64_t CopyRead;    /* likewise */
static _Alignas(128) ULONG CopyLength;              /* 0: no more */
static uint32_t CopyOffset;                         /* of the first thread; both start at 0 */

static void *CopyOut(void *Context)
{
    static UCHAR Buffers[MAX_CALL][2048 + 9000];
    uint64_t Read = 0;
    uint32_t Offset = 0;

    for (;;)
    {
        uint32_t Spins = 0;
        while (__atomic_load_n(&CopyWritten, __ATOMIC_ACQUIRE) == Read)
            SamplePause(&Spins);
        if (!CopyLength)
            return NULL;
        uint64_t Written = CopyWritten;
        for (; Read < Written; Read++)
        {
            memcpy(Buffers[Read % MAX_CALL], Client.ReceiveRing->Data + Offset + 4, CopyLength);
            __asm__ volatile("" ::"r"(Buffers) : "memory");
            Offset = (Offset + TUN_PACKET_SPACE(CopyLength)) & (CAPACITY - 1);
        }
        __atomic_store_n(&CopyRead, Read, __ATOMIC_RELEASE);
    }
    return Context;
}

/* The ring is empty, and nobody else looks at its data. */
static uint64_t ReceiveCopy(ULONG Packets, ULONG Length, ULONG PerCall, const UCHAR *Packet)
{
    uint64_t Time = 0;

    for (ULONG Sent = 0; Sent < Packets; Sent += PerCall)
    {
        uint32_t Spins = 0;
        for (ULONG Index = 0; Index < PerCall; Index++)
        {
            memcpy(Client.ReceiveRing->Data + CopyOffset + 4, Packet, Length);
            CopyOffset = (CopyOffset + TUN_PACKET_SPACE(Length)) & (CAPACITY - 1);
        }
        uint64_t Start = SampleNow();
        uint64_t Written = CopyWritten + PerCall;
        __atomic_store_n(&CopyWritten, Written, __ATOMIC_RELEASE);
        while (__atomic_load_n(&CopyRead, __ATOMIC_ACQUIRE) != Written)
            SamplePause(&Spins);
        Time += SampleNow() - Start;
    }
    return Time;
}

static void BenchReceive(ULONG Packets, ULONG Length, ULONG PerCall)
{
    static UCHAR Packet[PACKET_MAX];
    pthread_t Thread;

    PacketMake(Packet, Length, 4, 1);
    for (ULONG Slice = 0; Slice < SLICES; Slice++)
    {
        CopyLength = Length;
        CopyWritten = CopyRead = CopyOffset = 0;
        pthread_create(&Thread, NULL, CopyOut, NULL);
        (void)ReceiveCopy(PerCall, Length, PerCall, Packet); /* until the thread runs */
        Copies[Slice] = (double)ReceiveCopy(Packets, Length, PerCall, Packet) / Packets;
        CopyLength = 0;
        __atomic_fetch_add(&CopyWritten, 1, __ATOMIC_RELEASE);
        pthread_join(Thread, NULL);

        (void)Receive(PerCall, Length, PerCall, Packet); /* the driver is awake then */
        DriverTime = 0;
        Wholes[Slice] = (double)Receive(Packets, Length, PerCall, Packet) / Packets;
        Values[Slice] = (double)DriverTime / Packets;
    }
    Report("receive", Length, PerCall);
}

static void ReceiveOnly(ULONG Packets, ULONG Length, ULONG PerCall)
{
    static UCHAR Packet[PACKET_MAX];

    PacketMake(Packet, Length, 4, 1);
    (void)Receive(Packets, Length, PerCall, Packet);
}

/* ---- Waiting ---- */

static sem_t Ping, Pong;

static void *Echo(void *Context)
{
    for (uintptr_t Rounds = (uintptr_t)Context; Rounds; Rounds--)
    {
        sem_wait(&Ping);
        sem_post(&Pong);
    }
    return NULL;
}

/* Waits until what it wakes has gone to sleep. */
static double WakeDriver(const UCHAR *Packet, ULONG Length)
{
    LONG64 Before = Indicated;

    usleep(300);
    assert_true(ClientPut(&Client, Packet, Length));
    uint64_t Start = SampleNow();
    ClientPublish(&Client);
    AwaitIndicated(Before + 1);
    return (double)(SampleNow() - Start) / 1000;
}

static double WakeThread(void)
{
    uint32_t Spins = 0;

    usleep(300);
    uint64_t Start = SampleNow();
    sem_post(&Ping);
    while (sem_trywait(&Pong) != 0)
        SamplePause(&Spins);
    return (double)(SampleNow() - Start) / 1000;
}

static void BenchWake(void)
{
    static UCHAR Packet[64];
    pthread_t Thread;

    PacketMake(Packet, sizeof(Packet), 4, 1);
    sem_init(&Ping, 0, 0);
    sem_init(&Pong, 0, 0);
    pthread_create(&Thread, NULL, Echo, (void *)(uintptr_t)SLICES);
    for (ULONG Slice = 0; Slice < SLICES; Slice++)
    {
        Copies[Slice] = WakeThread();
        Values[Slice] = WakeDriver(Packet, sizeof(Packet));
    }
    pthread_join(Thread, NULL);
    SampleReport(
        "driver/wake", "us", SampleMedian(Values, SLICES), "semaphore",
        SampleMedian(Copies, SLICES));
}

static void BenchIdle(void)
{
    struct rusage Before, After;

    usleep(200000);
    getrusage(RUSAGE_SELF, &Before);
    sleep(IDLE_TIME);
    getrusage(RUSAGE_SELF, &After);
    double Cpu = (double)(After.ru_utime.tv_sec - Before.ru_utime.tv_sec) +
                 (double)(After.ru_stime.tv_sec - Before.ru_stime.tv_sec) +
                 (double)(After.ru_utime.tv_usec - Before.ru_utime.tv_usec) / 1e6 +
                 (double)(After.ru_stime.tv_usec - Before.ru_stime.tv_usec) / 1e6;
    /* One switch is this thread's own, to sleep. */
    SampleReport(
        "driver/idle/wake-ups", "1/s", (double)(After.ru_nvcsw - Before.ru_nvcsw - 1) / IDLE_TIME,
        "-", 0);
    SampleReport("driver/idle/cpu", "s/s", Cpu / IDLE_TIME, "-", 0);
}

int main(int argc, char **argv)
{
    static const ULONG Lengths[] = {64, 1420, 9000};
    static const ULONG Calls[] = {1, 8, 64};
    ULONG Repetitions = argc > 1 ? (ULONG)strtoul(argv[1], NULL, 0) : 5;
    ULONG PerSlice = argc > 2 ? (ULONG)strtoul(argv[2], NULL, 0) : 16; /* calls */
    const char *Only = argc > 3 ? argv[3] : NULL;
    ULONG OnlyLength = argc > 5 ? (ULONG)strtoul(argv[4], NULL, 0) : 0;
    ULONG OnlyCall = argc > 5 ? (ULONG)strtoul(argv[5], NULL, 0) : 0;
    void *State;

    FixtureStart(&State);
    Fixture = State;
    ClientOpen(&Client, Fixture, NativeLocalSystem);
    ClientMakeRings(&Client, CAPACITY, 0);
    TUN_REGISTER_RINGS64 Rings = ClientRegistration(&Client);
    assert_int_equal(ClientRegister(&Client, TUN_IOCTL_REGISTER_RINGS, &Rings), 0);
    SenderOpen(&Sender, Fixture);
    NdisHostSetReceiveTap(Sender.Adapter, Tap, NULL);

    if (!Repetitions && Only && OnlyCall)
    {
        ULONG Packets = PerSlice * OnlyCall;
        (!strcmp(Only, "sent") ? SendOnly : ReceiveOnly)(Packets, OnlyLength, OnlyCall);
        printf("packets %u\n", Packets);
    }
    for (ULONG Repetition = 0; Repetition < Repetitions; Repetition++)
    {
        for (ULONG Length = 0; Length < ARRAYSIZE(Lengths); Length++)
            for (ULONG Call = 0; Call < ARRAYSIZE(Calls); Call++)
            {
                if (OnlyCall && (OnlyLength != Lengths[Length] || OnlyCall != Calls[Call]))
                    continue;
                if (!Only || !strcmp(Only, "send"))
                    BenchSend(PerSlice * Calls[Call], Lengths[Length], Calls[Call]);
                if (!Only || !strcmp(Only, "receive"))
                    BenchReceive(PerSlice * Calls[Call], Lengths[Length], Calls[Call]);
            }
        if (!Only || !strcmp(Only, "wake"))
            BenchWake();
        if (!Only || !strcmp(Only, "idle"))
            BenchIdle();
    }

    NdisHostSetReceiveTap(Sender.Adapter, NULL, NULL);
    SenderClose(&Sender);
    ClientExit(&Client);
    return FixtureStop(&State);
}
