/* SPDX-License-Identifier: MIT */
/* The receive ring as the driver must read it: see receive_model.h. */
#include "receive_model.h"

#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <time.h>

/* More than the driver keeps for reuse, less than it lets Windows hold. */
#define RECEIVE_TAP_HOLDS 2000u

/* Packets one behind the other, each with its length in front: a step shows at most a ring full of
 * them, and the smallest has 20 bytes. */
#define RECEIVE_LOG_BYTES (4u * 2 * TUN_RING_MIN_CAPACITY)
typedef struct _RECEIVE_LOG
{
    size_t Used;
    uint8_t Bytes[RECEIVE_LOG_BYTES];
} RECEIVE_LOG;

static pthread_mutex_t ReceiveLock = PTHREAD_MUTEX_INITIALIZER;
static RECEIVE_LOG ReceiveExpected;
static RECEIVE_LOG ReceiveIndicated; /* ReceiveLock */
static BOOLEAN ReceiveHolds;         /* ReceiveLock */
static PNET_BUFFER_LIST ReceiveHeld; /* ReceiveLock: the last first */
static ULONG ReceiveHeldCount;       /* ReceiveLock */

static void ReceiveLogAdd(RECEIVE_LOG *Log, const uint8_t *Data, uint32_t Length)
{
    FUZZ_ASSERT(Log->Used + 4 + Length <= sizeof(Log->Bytes), "log of %zu bytes", Log->Used);
    memcpy(Log->Bytes + Log->Used, &Length, 4);
    memcpy(Log->Bytes + Log->Used + 4, Data, Length);
    Log->Used += 4 + Length;
}

/* ---- The tap ---- */

static void ReceiveTapLog(PNET_BUFFER_LIST Nbl)
{
    PNET_BUFFER Nb = NET_BUFFER_LIST_FIRST_NB(Nbl);
    ULONG Length = NET_BUFFER_DATA_LENGTH(Nb);
    const uint8_t *Data = NdisGetDataBuffer(Nb, Length, NULL, 1, 0);
    ULONG_PTR FrameType = (ULONG_PTR)NET_BUFFER_LIST_INFO(Nbl, NetBufferListFrameType);
    FUZZ_ASSERT(Data && !NET_BUFFER_NEXT_NB(Nb), "%u bytes", (unsigned)Length);
    FUZZ_ASSERT(
        FrameType == (Data[0] >> 4 == 4 ? 0x0008u : 0xDD86u), "frame type %X, first byte %02X",
        (unsigned)FrameType, Data[0]);
    ReceiveLogAdd(&ReceiveIndicated, Data, Length);
}

static BOOLEAN ReceiveTap(
    PVOID Context,
    PNET_BUFFER_LIST NetBufferLists,
    NDIS_PORT_NUMBER PortNumber,
    ULONG NumberOfNetBufferLists,
    ULONG ReceiveFlags)
{
    UNREFERENCED_PARAMETER(Context);
    FUZZ_ASSERT(
        PortNumber == NDIS_DEFAULT_PORT_NUMBER &&
            !(ReceiveFlags & (NDIS_RECEIVE_FLAGS_RESOURCES | NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL)),
        "port %u, flags %X", (unsigned)PortNumber, (unsigned)ReceiveFlags);
    pthread_mutex_lock(&ReceiveLock);
    BOOLEAN Keep = ReceiveHolds && ReceiveHeldCount + NumberOfNetBufferLists <= RECEIVE_TAP_HOLDS;
    for (PNET_BUFFER_LIST Nbl = NetBufferLists, Next; Nbl; Nbl = Next)
    {
        Next = NET_BUFFER_LIST_NEXT_NBL(Nbl);
        ReceiveTapLog(Nbl);
        if (Keep)
        {
            NET_BUFFER_LIST_NEXT_NBL(Nbl) = ReceiveHeld;
            ReceiveHeld = Nbl;
            ReceiveHeldCount++;
        }
    }
    pthread_mutex_unlock(&ReceiveLock);
    return Keep;
}

void ReceiveTapSet(void)
{
    FUZZ_ASSERT(NdisHostPause(FuzzAdapter.Adapter) == STATUS_SUCCESS, "pause");
    NdisHostSetReceiveTap(FuzzAdapter.Adapter, ReceiveTap, NULL);
    FUZZ_ASSERT(NdisHostRestart(FuzzAdapter.Adapter) == STATUS_SUCCESS, "restart");
}

void ReceiveTapHold(void)
{
    pthread_mutex_lock(&ReceiveLock);
    ReceiveHolds = TRUE;
    pthread_mutex_unlock(&ReceiveLock);
}

void ReceiveTapReturn(void)
{
    pthread_mutex_lock(&ReceiveLock);
    PNET_BUFFER_LIST Held = ReceiveHeld;
    ReceiveHeld = NULL;
    ReceiveHeldCount = 0;
    ReceiveHolds = FALSE;
    pthread_mutex_unlock(&ReceiveLock);
    if (Held)
    {
        NdisHostReturnNetBufferLists(FuzzAdapter.Adapter, Held, 0);
    }
}

/* ---- The client's side ---- */

/* One model at a time. */
static uint32_t ReceiveShadow[TUN_RING_SIZE(FUZZ_MAX_CAPACITY) / 4];

void ReceiveModelStart(RECEIVE_MODEL *Model, TUN_RING *Ring, uint32_t Capacity)
{
    memset(Model, 0, sizeof(*Model));
    Model->Ring = Ring;
    Model->Capacity = Capacity;
    Model->Next = Model->Put = Ring->Head;
    FUZZ_ASSERT(
        TUN_RING_SIZE(Capacity) <= sizeof(ReceiveShadow), "capacity %X", (unsigned)Capacity);
    Model->Shadow = (TUN_RING *)(void *)ReceiveShadow;
    memcpy(Model->Shadow, Ring, TUN_RING_SIZE(Capacity));
    Model->Before = FuzzStatistics();
    ReceiveExpected.Used = 0;
    ReceiveIndicated.Used = 0;
}

void ReceiveModelPoke(RECEIVE_MODEL *Model, uint32_t Offset, const uint8_t *Bytes, size_t Count)
{
    uint32_t Size = Model->Capacity + TUN_RING_TRAILING_BYTES;
    Offset %= Size;
    Count = Count < Size - Offset ? Count : Size - Offset;
    memcpy(Model->Ring->Data + Offset, Bytes, Count);
    memcpy(Model->Shadow->Data + Offset, Bytes, Count);
}

void ReceiveModelPut(RECEIVE_MODEL *Model, uint32_t Length, uint32_t Size, uint8_t First)
{
    static uint8_t Packet[4 + TUN_MAX_IP_PACKET_SIZE];
    uint32_t Space = (4 + Length + 3) / 4 * 4;
    uint32_t Used = (Model->Put - Model->Next) & (Model->Capacity - 1);
    if (Used + Space > Model->Capacity - 4)
    {
        return;
    }
    FuzzPattern(Model->Number++, Packet + 4, Length);
    Packet[4] = First;
    memcpy(Packet, &Size, 4);
    ReceiveModelPoke(Model, Model->Put, Packet, 4 + Length);
    Model->Put = (Model->Put + Space) & (Model->Capacity - 1);
}

void ReceiveModelScribble(RECEIVE_MODEL *Model, size_t Offset, uint32_t Value)
{
    memcpy((uint8_t *)Model->Ring + Offset, &Value, sizeof(Value));
    memcpy((uint8_t *)Model->Shadow + Offset, &Value, sizeof(Value));
    Model->Scribbled = TRUE;
}

void ReceiveModelPublish(RECEIVE_MODEL *Model, uint32_t Tail)
{
    Model->Shadow->Tail = Tail;
    __atomic_store_n(&Model->Ring->Tail, Tail, __ATOMIC_RELEASE);
}

/* ---- What the driver must do ---- */

/* FALSE: what is there is no packet. */
static BOOLEAN ReceiveModelPacket(RECEIVE_MODEL *Model, uint32_t Tail)
{
    const uint8_t *Packet = Model->Shadow->Data + Model->Next;
    uint32_t Content = (Tail - Model->Next) & (Model->Capacity - 1), Size;
    memcpy(&Size, Packet, 4);
    if (Size > 0xFFFF || (4 + Size + 3) / 4 * 4 > Content)
    {
        return FALSE;
    }
    if ((Size >= 20 && Packet[4] >> 4 == 4) || (Size >= 40 && Packet[4] >> 4 == 6))
    {
        ReceiveLogAdd(&ReceiveExpected, Packet + 4, Size);
        Model->Packets++;
        Model->Octets += Size;
    }
    else
    {
        Model->Errors++;
    }
    Model->Next = (Model->Next + (4 + Size + 3) / 4 * 4) & (Model->Capacity - 1);
    return TRUE;
}

void ReceiveModelRun(RECEIVE_MODEL *Model)
{
    uint32_t Tail = Model->Shadow->Tail;
    BOOLEAN Valid = Tail % 4 == 0 && Tail < Model->Capacity;
    if (Model->Finished || Tail == Model->Next)
    {
        return;
    }
    while (Valid && Model->Next != Tail)
    {
        Valid = ReceiveModelPacket(Model, Tail);
    }
    if (!Valid)
    {
        Model->Finished = TRUE;
        Model->Errors++;
    }
    Model->Shadow->Head = Model->Finished ? TUN_RING_TERMINATED : Model->Next;
}

static BOOLEAN ReceiveModelIsDone(const RECEIVE_MODEL *Model)
{
    pthread_mutex_lock(&ReceiveLock);
    size_t Indicated = ReceiveIndicated.Used;
    pthread_mutex_unlock(&ReceiveLock);
    if (Indicated < ReceiveExpected.Used)
    {
        return FALSE;
    }
    NDIS_STATISTICS_INFO Now = FuzzStatistics();
    return Now.ifHCInUcastPkts + Now.ifHCInMulticastPkts + Now.ifHCInBroadcastPkts -
                   Model->Before.ifHCInUcastPkts - Model->Before.ifHCInMulticastPkts -
                   Model->Before.ifHCInBroadcastPkts >=
               Model->Packets &&
           Now.ifInErrors - Model->Before.ifInErrors >= Model->Errors;
}

static void ReceiveModelCompare(const RECEIVE_MODEL *Model)
{
    NDIS_STATISTICS_INFO Now = FuzzStatistics();
    ULONG64 Packets = Now.ifHCInUcastPkts + Now.ifHCInMulticastPkts + Now.ifHCInBroadcastPkts -
                      Model->Before.ifHCInUcastPkts - Model->Before.ifHCInMulticastPkts -
                      Model->Before.ifHCInBroadcastPkts;
    ULONG64 Errors = Now.ifInErrors - Model->Before.ifInErrors;
    pthread_mutex_lock(&ReceiveLock);
    FUZZ_ASSERT(
        ReceiveIndicated.Used == ReceiveExpected.Used &&
            memcmp(ReceiveIndicated.Bytes, ReceiveExpected.Bytes, ReceiveExpected.Used) == 0,
        "%zu bytes with lengths indicated, %zu expected, or other ones", ReceiveIndicated.Used,
        ReceiveExpected.Used);
    ReceiveIndicated.Used = 0;
    ReceiveExpected.Used = 0;
    pthread_mutex_unlock(&ReceiveLock);
    FUZZ_ASSERT(
        Packets == Model->Packets && Errors == Model->Errors &&
            Now.ifHCInOctets - Model->Before.ifHCInOctets == Model->Octets &&
            Now.ifInDiscards == Model->Before.ifInDiscards,
        "%llu packets in and %llu errors counted, not %llu and %llu", (unsigned long long)Packets,
        (unsigned long long)Errors, (unsigned long long)Model->Packets,
        (unsigned long long)Model->Errors);
}

void ReceiveModelAwait(const RECEIVE_MODEL *Model)
{
    struct timespec Start, Now;
    clock_gettime(CLOCK_MONOTONIC, &Start);
    do
    {
        if (ReceiveModelIsDone(Model))
        {
            break;
        }
        sched_yield();
        clock_gettime(CLOCK_MONOTONIC, &Now);
    } while ((uint64_t)(Now.tv_sec - Start.tv_sec) < FUZZ_TIMEOUT / 1000);
    ReceiveModelCompare(Model);
    FUZZ_ASSERT(
        Model->Ring->Head == Model->Shadow->Head, "receive Head %X, not %X",
        (unsigned)Model->Ring->Head, (unsigned)Model->Shadow->Head);
}

static void ReceiveModelCheckData(const RECEIVE_MODEL *Model)
{
    FUZZ_ASSERT(
        Model->Ring->Tail == Model->Shadow->Tail &&
            memcmp(
                Model->Ring->Data, Model->Shadow->Data,
                Model->Capacity + TUN_RING_TRAILING_BYTES) == 0,
        "the driver has written to Tail or Data of the receive ring");
}

void ReceiveModelCheck(const RECEIVE_MODEL *Model)
{
    ReceiveModelCompare(Model);
    ReceiveModelCheckData(Model);
    FUZZ_ASSERT(
        Model->Ring->Head == Model->Shadow->Head, "receive Head %X, not %X",
        (unsigned)Model->Ring->Head, (unsigned)Model->Shadow->Head);
}

void ReceiveModelCheckEnd(const RECEIVE_MODEL *Model)
{
    ReceiveModelCompare(Model);
    ReceiveModelCheckData(Model);
}

/* A session that sends that many packets, which the tap holds. */
static void ReceivePoolWarmBy(uint32_t Length, ULONG Count)
{
    FUZZ_CLIENT Client;
    RECEIVE_MODEL Model;
    FuzzClientOpen(&Client, FUZZ_MAX_CAPACITY, 0);
    ReceiveModelStart(&Model, Client.ReceiveRing, Client.Capacity);
    FuzzClientRegister(&Client);
    for (ULONG Index = 0; Index < Count; Index++)
    {
        ReceiveModelPut(&Model, Length, Length, 0x45);
    }
    ReceiveModelPublish(&Model, Model.Put);
    ReceiveModelRun(&Model);
    NativeUserSetEvent(Client.Process, Client.ReceiveTailMoved);
    ReceiveModelAwait(&Model);
    FuzzClientClose(&Client);
}

/* More of each capacity than the driver keeps. */
void ReceivePoolWarm(void)
{
    ReceiveTapHold();
    ReceivePoolWarmBy(20, 1500);
    ReceivePoolWarmBy(0x800 + 1, 100);
    ReceivePoolWarmBy(0x4000 + 1, 10);
    ReceivePoolWarmBy(0x4000 + 1, 10);
    ReceiveTapReturn();
}
