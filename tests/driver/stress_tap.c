/* SPDX-License-Identifier: MIT */
/*
 * The stress test's network stack: checks what the driver indicates, and keeps some of it for a
 * while, as Windows does.
 */
#include <stdlib.h>
#include <string.h>

#include "stress.h"

#define TAP_SESSIONS 1024u /* more than there can be at any time */
#define TAP_MAX_KEPT 9000u /* more than the driver lets out of hand, on two devices */

typedef struct _TAP_SESSION
{
    _Atomic LONG Number;
    _Atomic LONG Device;
    _Atomic ULONG Arrived;
} TAP_SESSION;

/* A list that the stack keeps. */
typedef struct _TAP_KEPT
{
    STRESS_DEVICE *Device; /* referenced */
    PNET_BUFFER_LIST List;
    ULONG Sum; /* of the packet's content */
} TAP_KEPT;

static TAP_SESSION TapSessions[TAP_SESSIONS];
static _Atomic LONG TapLastSession;

static pthread_mutex_t TapLock = PTHREAD_MUTEX_INITIALIZER;
static TAP_KEPT TapKept[TAP_MAX_KEPT]; /* TapLock */
static ULONG TapKeptCount;             /* TapLock */
static _Atomic LONG TapKeepsAll;

/* ---- Sessions ---- */

LONG StressSessionBegin(STRESS_DEVICE *Device)
{
    LONG Number = ++TapLastSession;
    TAP_SESSION *Session = &TapSessions[(ULONG)Number % TAP_SESSIONS];
    Session->Device = Device->Number;
    Session->Arrived = 0;
    Session->Number = Number;
    STRESS_CHECK(
        Device->Session == 0, "two sessions on device %d, %d and %d", Device->Number,
        Device->Session, Number);
    Device->Session = Number;
    return Number;
}

ULONG StressSessionArrived(LONG Session)
{
    return TapSessions[(ULONG)Session % TAP_SESSIONS].Arrived;
}

VOID StressSessionEnd(STRESS_DEVICE *Device)
{
    Device->Session = 0;
}

/* ---- The tap ---- */

static const UCHAR *TapData(PNET_BUFFER_LIST List, PULONG Length)
{
    PNET_BUFFER Buffer = NET_BUFFER_LIST_FIRST_NB(List);
    const UCHAR *Data;
    *Length = NET_BUFFER_DATA_LENGTH(Buffer);
    Data = NdisGetDataBuffer(Buffer, *Length, NULL, 1, 0);
    STRESS_CHECK(
        Data && !NET_BUFFER_NEXT_NB(Buffer), "an indicated list is not one packet in one piece");
    return Data;
}

static VOID TapCheck(STRESS_DEVICE *Device, PNET_BUFFER_LIST List)
{
    LONG Current = Device->Session;
    ULONG Length, Expected;
    STRESS_TAG Tag;
    const UCHAR *Data = TapData(List, &Length);

    if (!StressPacketRead(Data, Length, STRESS_MAGIC_IN, &Tag))
    {
        STRESS_CHECK(
            Current == 0, "%u bytes that session %d on device %d did not send are indicated",
            Length, Current, Device->Number);
        return;
    }
    TAP_SESSION *Session = &TapSessions[Tag.Origin % TAP_SESSIONS];
    STRESS_CHECK(
        Session->Number == (LONG)Tag.Origin && Session->Device == Device->Number,
        "packet %u of session %u is indicated on device %d", Tag.Sequence, Tag.Origin,
        Device->Number);
    Expected = Session->Arrived++;
    STRESS_CHECK(
        Expected == Tag.Sequence, "packet %u of session %u is indicated where %u is due",
        Tag.Sequence, Tag.Origin, Expected);
    Stress.PacketsIn++;
}

static ULONG TapSum(PNET_BUFFER_LIST List)
{
    ULONG Length, Sum = 0;
    const UCHAR *Data = TapData(List, &Length);
    for (ULONG Index = 0; Index < Length; Index += 1 + Length / 64)
    {
        Sum = Sum * 31 + Data[Index];
    }
    return Sum;
}

/* FALSE: there is no room for all of them. */
static BOOLEAN TapKeep(STRESS_DEVICE *Device, PNET_BUFFER_LIST Lists, ULONG Count)
{
    pthread_mutex_lock(&TapLock);
    BOOLEAN Keep = TapKeptCount + Count <= TAP_MAX_KEPT;
    for (PNET_BUFFER_LIST Next; Keep && Lists; Lists = Next)
    {
        Next = NET_BUFFER_LIST_NEXT_NBL(Lists);
        NET_BUFFER_LIST_NEXT_NBL(Lists) = NULL;
        Device->References++;
        TapKept[TapKeptCount++] = (TAP_KEPT){Device, Lists, TapSum(Lists)};
    }
    pthread_mutex_unlock(&TapLock);
    return Keep;
}

static BOOLEAN StressTap(
    PVOID Context,
    PNET_BUFFER_LIST Lists,
    NDIS_PORT_NUMBER PortNumber,
    ULONG Count,
    ULONG ReceiveFlags)
{
    STRESS_DEVICE *Device = Context;
    STRESS_RANDOM Random = {
        Stress.Seed + (ULONG64)Device->Number * 0x10001 + (ULONG64)(Device->Tapped++ << 8)};

    STRESS_CHECK(
        PortNumber == NDIS_DEFAULT_PORT_NUMBER && ReceiveFlags == 0,
        "lists are indicated with port %u and flags 0x%x", PortNumber, ReceiveFlags);
    for (PNET_BUFFER_LIST List = Lists; List; List = NET_BUFFER_LIST_NEXT_NBL(List))
    {
        TapCheck(Device, List);
    }
    if ((!TapKeepsAll && StressChance(&Random, 50)) || !TapKeep(Device, Lists, Count))
    {
        return FALSE;
    }
    Stress.Kept++;
    return TRUE;
}

VOID StressTapInstall(STRESS_DEVICE *Device)
{
    NdisHostSetReceiveTap(Device->Adapter, StressTap, Device);
}

/* ---- Returns ---- */

/* Takes kept lists of one device out, any of them, chained. How many; 0: none are kept. */
static ULONG
TapTake(STRESS_RANDOM *Random, ULONG Limit, STRESS_DEVICE **Device, PNET_BUFFER_LIST *Chain)
{
    ULONG Taken = 0;

    *Device = NULL;
    *Chain = NULL;
    pthread_mutex_lock(&TapLock);
    while (TapKeptCount && Taken < Limit)
    {
        ULONG Index = StressRandom(Random, TapKeptCount);
        TAP_KEPT *Kept = &TapKept[Index];
        if (*Device && *Device != Kept->Device)
        {
            break;
        }
        STRESS_CHECK(
            TapSum(Kept->List) == Kept->Sum, "a packet changes while the network stack has it");
        if (*Device)
        {
            Kept->Device->References--;
        }
        *Device = Kept->Device;
        NET_BUFFER_LIST_NEXT_NBL(Kept->List) = *Chain;
        *Chain = Kept->List;
        *Kept = TapKept[--TapKeptCount];
        Taken++;
    }
    pthread_mutex_unlock(&TapLock);
    return Taken;
}

/* All packets, until the driver has no more to give or a second is over. */
static VOID TapHoard(VOID)
{
    TapKeepsAll = 1;
    for (ULONG Waited = 0; Waited < 1000; Waited += 10)
    {
        StressSleep(10);
        pthread_mutex_lock(&TapLock);
        BOOLEAN Full = TapKeptCount >= TAP_MAX_KEPT - 64;
        pthread_mutex_unlock(&TapLock);
        if (Full)
        {
            break;
        }
    }
    TapKeepsAll = 0;
}

VOID StressReturnRound(STRESS_THREAD *Thread, STRESS_RANDOM *Random)
{
    STRESS_DEVICE *Device;
    PNET_BUFFER_LIST Chain;

    StressDoing(Thread, "keeps packets");
    if (StressRandom(Random, 3000) == 0)
    {
        TapHoard();
    }
    StressSleep(StressChance(Random, 1) ? 60 : StressRandom(Random, 3));
    StressDoing(Thread, "returns packets");
    while (TapTake(Random, 1 + StressRandom(Random, 200), &Device, &Chain))
    {
        KIRQL Irql = StressChance(Random, 50) ? DISPATCH_LEVEL : PASSIVE_LEVEL;
        for (PNET_BUFFER_LIST List = Chain; List; List = NET_BUFFER_LIST_NEXT_NBL(List))
        {
            /* Drivers above may leave the start of the data elsewhere, and the data changed. */
            PNET_BUFFER Buffer = NET_BUFFER_LIST_FIRST_NB(List);
            NdisAdvanceNetBufferDataStart(
                Buffer, StressRandom(Random, NET_BUFFER_DATA_LENGTH(Buffer)), FALSE, NULL);
            NET_BUFFER_LIST_STATUS(List) = NDIS_STATUS_FAILURE;
        }
        KIRQL OldIrql = NativeRaiseIrql(Irql);
        NdisHostReturnNetBufferLists(
            Device->Adapter, Chain, Irql == DISPATCH_LEVEL ? NDIS_RETURN_FLAGS_DISPATCH_LEVEL : 0);
        NativeLowerIrql(OldIrql);
        StressDeviceRelease(Device);
        if (StressChance(Random, 30))
        {
            break;
        }
    }
}
