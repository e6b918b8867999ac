/* SPDX-License-Identifier: MIT */
/* The fuzz targets: what they share. */
#include "fuzz.h"

#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

DRIVER_INITIALIZE DriverEntry;

FUZZ_ADAPTER FuzzAdapter;

/* A prime number of bytes, so that what comes round comes at another alignment. */
#define FUZZ_NOISE 131071u

static NATIVE_USAGE FuzzUsage;
static void (*FuzzCleanup)(void);
static PEPROCESS FuzzProcess; /* of the client; all inputs have the same */

void FuzzFail(const char *File, int Line, const char *Condition, const char *Format, ...)
{
    va_list Arguments;
    fprintf(stderr, "%s:%d: not so: %s: ", File, Line, Condition);
    va_start(Arguments, Format);
    vfprintf(stderr, Format, Arguments);
    va_end(Arguments);
    fputc('\n', stderr);
    abort();
}

void FuzzBytes(FUZZ_INPUT *Input, void *Target, size_t Count)
{
    size_t Present = Count < Input->Left ? Count : Input->Left;
    if (Present)
    {
        memcpy(Target, Input->Data, Present);
        Input->Data += Present;
        Input->Left -= Present;
    }
    if (Present < Count)
    {
        memset((uint8_t *)Target + Present, 0, Count - Present);
    }
}

uint8_t FuzzU8(FUZZ_INPUT *Input)
{
    uint8_t Value;
    FuzzBytes(Input, &Value, sizeof(Value));
    return Value;
}

uint16_t FuzzU16(FUZZ_INPUT *Input)
{
    uint16_t Value;
    FuzzBytes(Input, &Value, sizeof(Value));
    return Value;
}

uint32_t FuzzU32(FUZZ_INPUT *Input)
{
    uint32_t Value;
    FuzzBytes(Input, &Value, sizeof(Value));
    return Value;
}

uint64_t FuzzU64(FUZZ_INPUT *Input)
{
    uint64_t Value;
    FuzzBytes(Input, &Value, sizeof(Value));
    return Value;
}

void FuzzPattern(uint32_t Seed, void *Target, size_t Count)
{
    static uint8_t Noise[FUZZ_NOISE];
    size_t Start = Seed * 7919u % (FUZZ_NOISE / 2), Done = 0;
    if (!Noise[0])
    {
        uint32_t State = 1;
        for (size_t Index = 0; Index < FUZZ_NOISE; Index++)
        {
            State = State * 1664525u + 1013904223u;
            Noise[Index] = (uint8_t)(State >> 24) | (Index == 0);
        }
    }
    while (Done < Count)
    {
        size_t Part = FUZZ_NOISE - Start < Count - Done ? FUZZ_NOISE - Start : Count - Done;
        memcpy((uint8_t *)Target + Done, Noise + Start, Part);
        Done += Part;
        Start = 0;
    }
}

static void FuzzStop(void)
{
    if (FuzzCleanup)
    {
        FuzzCleanup();
    }
    if (FuzzProcess)
    {
        NativeProcessExit(FuzzProcess);
    }
    NdisHostCloseAdapter(FuzzAdapter.Adapter);
    FUZZ_ASSERT(NativeDeviceRemove(FuzzAdapter.Pdo) == STATUS_SUCCESS, "the adapter stays");
    NativeDriverUnload(FuzzAdapter.Driver);
    FUZZ_ASSERT(NativeReportLeaks() == 0, "left after unload");
    FUZZ_ASSERT(NativeLinkCount() == 0, "a link is open after unload");
}

void FuzzStart(void (*Cleanup)(void))
{
    NDIS_LINK_IDENTITY Identity;
    char Path[32];

    FUZZ_ASSERT(
        NativeDriverLoad(L"Adit", DriverEntry, &FuzzAdapter.Driver) == STATUS_SUCCESS, "load");
    FUZZ_ASSERT(
        NativeDeviceAdd(FuzzAdapter.Driver, L"Adit", &FuzzAdapter.Pdo) == STATUS_SUCCESS, "add");
    FUZZ_ASSERT(NativeDeviceStart(FuzzAdapter.Pdo) == STATUS_SUCCESS, "start");
    FuzzAdapter.Link = NativeLinkLast();
    FuzzAdapter.Adapter = NdisHostOpenAdapter(FuzzAdapter.Pdo);
    FUZZ_ASSERT(FuzzAdapter.Link && FuzzAdapter.Adapter, "no adapter");
    NativeLinkIdentity(FuzzAdapter.Link, &Identity);
    snprintf(
        Path, sizeof(Path), "\\\\.\\Global\\WINTUN%u",
        (unsigned)Identity.NetLuid.Info.NetLuidIndex);
    for (size_t Index = 0; Path[Index]; Index++)
    {
        FuzzAdapter.Path[Index] = (WCHAR)Path[Index];
    }
    /* Nobody collects what reaches the link. */
    NativeLinkSetRoom(FuzzAdapter.Link, 0);
    FuzzCleanup = Cleanup;
    atexit(FuzzStop);
}

NDIS_STATISTICS_INFO FuzzStatistics(void)
{
    NDIS_STATISTICS_INFO Info;
    ULONG Written = 0, Needed = 0;
    NDIS_STATUS Status = NdisHostQuery(
        FuzzAdapter.Adapter, OID_GEN_STATISTICS, &Info, sizeof(Info), &Written, &Needed);
    FUZZ_ASSERT(
        Status == NDIS_STATUS_SUCCESS && Written == sizeof(Info), "status %08X, %u bytes",
        (unsigned)Status, (unsigned)Written);
    return Info;
}

void FuzzGetUsage(NATIVE_USAGE *Usage)
{
    memset(Usage, 0, sizeof(*Usage)); /* it may have padding */
    NativeGetUsage(Usage);
}

void FuzzAwaitUsage(const NATIVE_USAGE *Usage)
{
    NATIVE_USAGE Now;
    struct timespec Start, Current;
    clock_gettime(CLOCK_MONOTONIC, &Start);
    do
    {
        /* An ended thread gives its last reference back after it was waited for. */
        FuzzGetUsage(&Now);
        if (memcmp(&Now, Usage, sizeof(Now)) == 0)
        {
            return;
        }
        sched_yield();
        clock_gettime(CLOCK_MONOTONIC, &Current);
    } while (Current.tv_sec - Start.tv_sec < 5);
    FUZZ_ASSERT(
        FALSE,
        "before and after: pool %zu/%zu bytes in %u/%u, objects %u/%u, references %u/%u, "
        "mappings %u/%u, locked pages %u/%u",
        (size_t)Usage->PoolBytes, (size_t)Now.PoolBytes, (unsigned)Usage->PoolAllocations,
        (unsigned)Now.PoolAllocations, (unsigned)Usage->Objects, (unsigned)Now.Objects,
        (unsigned)Usage->References, (unsigned)Now.References, (unsigned)Usage->Mappings,
        (unsigned)Now.Mappings, (unsigned)Usage->LockedPages, (unsigned)Now.LockedPages);
}

void FuzzBegin(void)
{
    FuzzGetUsage(&FuzzUsage);
}

void FuzzEnd(void)
{
    FuzzAwaitUsage(&FuzzUsage);
}

/* Rings as large as any input wants them, and their events. */
static FUZZ_CLIENT FuzzMakeClient(void)
{
    ULONG Size = TUN_RING_SIZE(FUZZ_MAX_CAPACITY) + PAGE_SIZE;
    FUZZ_CLIENT Client = {.Process = NativeProcessCreate(NativeLocalSystem, FALSE)};
    FUZZ_ASSERT(Client.Process, "no process");
    Client.SendRing = NativeUserAllocate(Client.Process, Size, 0);
    Client.ReceiveRing = NativeUserAllocate(Client.Process, Size, 0);
    Client.SendTailMoved = NativeUserCreateEvent(Client.Process, FALSE, FALSE);
    Client.ReceiveTailMoved = NativeUserCreateEvent(Client.Process, FALSE, FALSE);
    FUZZ_ASSERT(Client.SendRing && Client.ReceiveRing, "no rings of %u bytes", (unsigned)Size);
    return Client;
}

/* Never written to: no packet, so that a Tail that shows it ends the session at once. */
static TUN_RING *FuzzPrepareRing(TUN_RING *Memory, uint32_t Capacity, ULONG Offset)
{
    TUN_RING *Ring = (TUN_RING *)(void *)((PUCHAR)Memory + Offset);
    memset(Ring->Data, 0xEE, Capacity + TUN_RING_TRAILING_BYTES);
    Ring->Head = Ring->Tail = 0;
    Ring->Alertable = 0;
    return Ring;
}

void FuzzClientOpen(FUZZ_CLIENT *Client, uint32_t Capacity, ULONG Offset)
{
    static FUZZ_CLIENT Made;
    FUZZ_ASSERT(Capacity <= FUZZ_MAX_CAPACITY && Offset < PAGE_SIZE, "%X", (unsigned)Capacity);
    if (!FuzzProcess)
    {
        Made = FuzzMakeClient();
        FuzzProcess = Made.Process;
    }
    *Client = Made;
    Client->Capacity = Capacity;
    Client->SendRing = FuzzPrepareRing(Made.SendRing, Capacity, Offset);
    Client->ReceiveRing = FuzzPrepareRing(Made.ReceiveRing, Capacity, Offset);
    (void)FuzzClientTakeEvent(Client, Client->SendTailMoved);
    (void)FuzzClientTakeEvent(Client, Client->ReceiveTailMoved);
    FUZZ_ASSERT(
        NativeUserOpen(
            Client->Process, FuzzAdapter.Path, FILE_READ_DATA | FILE_WRITE_DATA, &Client->File) ==
            STATUS_SUCCESS,
        "open");
}

void FuzzClientRegister(FUZZ_CLIENT *Client)
{
    TUN_REGISTER_RINGS64 Rings = {
        .Send =
            {.RingSize = TUN_RING_SIZE(Client->Capacity),
             .Ring = (uintptr_t)Client->SendRing,
             .TailMoved = (uintptr_t)Client->SendTailMoved},
        .Receive =
            {.RingSize = TUN_RING_SIZE(Client->Capacity),
             .Ring = (uintptr_t)Client->ReceiveRing,
             .TailMoved = (uintptr_t)Client->ReceiveTailMoved},
    };
    NTSTATUS Status = NativeUserDeviceIoControl(
        Client->Process, Client->File, TUN_IOCTL_REGISTER_RINGS, &Rings, sizeof(Rings), NULL, 0,
        NULL);
    FUZZ_ASSERT(Status == STATUS_SUCCESS, "status %08X", (unsigned)Status);
    FUZZ_ASSERT(
        NativeLinkWaitConnected(FuzzAdapter.Link, TRUE, 0), "registered, and the link is down");
}

void FuzzClientClose(FUZZ_CLIENT *Client)
{
    FUZZ_ASSERT(NativeUserClose(Client->Process, Client->File) == STATUS_SUCCESS, "close");
    FUZZ_ASSERT(NativeLinkWaitConnected(FuzzAdapter.Link, FALSE, 0), "closed, and the link is up");
    FUZZ_ASSERT(
        Client->SendRing->Tail == TUN_RING_TERMINATED, "send Tail %X",
        (unsigned)Client->SendRing->Tail);
    FUZZ_ASSERT(
        Client->ReceiveRing->Head == TUN_RING_TERMINATED, "receive Head %X",
        (unsigned)Client->ReceiveRing->Head);
    FUZZ_ASSERT(
        FuzzClientTakeEvent(Client, Client->SendTailMoved), "closed without waking the client");
}

BOOLEAN FuzzClientTakeEvent(const FUZZ_CLIENT *Client, HANDLE Event)
{
    return NativeUserWait(Client->Process, Event, 0) == STATUS_WAIT_0;
}
