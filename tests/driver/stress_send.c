/* SPDX-License-Identifier: MIT */
/*
 * The stress test's senders: chains of lists of any shape, given to whichever device there is, and
 * packets pushed through its link. What became of each packet is kept for clients to compare with.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "sender.h"
#include "stress.h"

#define SEND_HISTORY     0x10000u /* packets of a sender that are remembered */
#define SEND_OUTSTANDING 64       /* lists of a sender */
#define SEND_MAX_PIECES  24u

/* What became of a packet: sequence, device and state, for one atomic word. */
typedef enum _SEND_STATE
{
    SendPending = 1,
    SendSucceeded,
    SendFailed,
    SendMissing /* pending, and a client has got a later one: it must not succeed any more */
} SEND_STATE;

#define SEND_WORD(Sequence, Device, State) \
    ((ULONG64)(Sequence) << 32 | ((ULONG64)(ULONG)(Device) & 0xFFFFFF) << 8 | (State))

/* A list on its way; the list's ProtocolReserved[0] points here. */
typedef struct _SEND_LIST
{
    _Atomic LONG Sent; /* 1: the driver has it */
    ULONG Sender;
    ULONG First; /* sequence */
    ULONG Count; /* tagged packets */
    LONG Device;
    BOOLEAN Bad; /* it cannot succeed */
} SEND_LIST;

static _Atomic ULONG64 SendHistory[STRESS_SENDERS][SEND_HISTORY];
static ULONG SendNext[STRESS_SENDERS]; /* sequence; the sender's own */
static _Atomic LONG SendOutstanding[STRESS_SENDERS];
static SENDER SendPools;
static pthread_mutex_t SendPushLock = PTHREAD_MUTEX_INITIALIZER;

/* ---- What became of them ---- */

static VOID SendSettle(const SEND_LIST *Sent, SEND_STATE State)
{
    for (ULONG Index = 0; Index < Sent->Count; Index++)
    {
        ULONG Sequence = Sent->First + Index;
        ULONG64 Old = atomic_exchange(
            &SendHistory[Sent->Sender][Sequence % SEND_HISTORY],
            SEND_WORD(Sequence, Sent->Device, State));
        STRESS_CHECK(
            State != SendSucceeded || Old != SEND_WORD(Sequence, Sent->Device, SendMissing),
            "packet %u of sender %u on device %d succeeds, and its client never got it", Sequence,
            Sent->Sender, Sent->Device);
    }
}

/* A client on that device got a later packet, and not this one. */
static VOID SendMissed(ULONG Sender, ULONG Sequence, LONG Device)
{
    _Atomic ULONG64 *Word = &SendHistory[Sender][Sequence % SEND_HISTORY];
    ULONG64 Pending = SEND_WORD(Sequence, Device, SendPending);
    if (!atomic_compare_exchange_strong(Word, &Pending, SEND_WORD(Sequence, Device, SendMissing)))
    {
        STRESS_CHECK(
            Pending != SEND_WORD(Sequence, Device, SendSucceeded),
            "packet %u of sender %u on device %d has succeeded, and its client never got it",
            Sequence, Sender, Device);
    }
}

VOID StressSentCheck(STRESS_DEVICE *Device, STRESS_SEEN *Seen, const UCHAR *Data, ULONG Length)
{
    STRESS_TAG Tag;
    ULONG Sender;

    if (!StressPacketRead(Data, Length, STRESS_MAGIC_OUT, &Tag))
    {
        STRESS_CHECK(Length < STRESS_MIN_TAGGED, "%u bytes that nobody sent arrive", Length);
        STRESS_CHECK(Seen->Rest == 0, "a packet arrives amid another list's");
        for (ULONG Index = 0; Index < Length; Index++)
        {
            STRESS_CHECK(Data[Index] == STRESS_FILL, "byte %u of %u is wrong", Index, Length);
        }
        return;
    }
    Sender = Tag.Origin;
    STRESS_CHECK(
        Sender <= STRESS_SENDERS && Tag.Device == (ULONG)Device->Number,
        "packet %u of sender %u for device %u arrives on device %d", Tag.Sequence, Sender,
        Tag.Device, Device->Number);
    STRESS_CHECK(
        Seen->Rest ? Sender == Seen->Sender && Tag.Sequence == Seen->Last[Sender] + 1
                   : Tag.Sequence == Tag.First,
        "packet %u of sender %u arrives out of its list, which begins with %u", Tag.Sequence,
        Sender, Tag.First);
    STRESS_CHECK(
        !Seen->Any[Sender] || (LONG)(Tag.Sequence - Seen->Last[Sender]) > 0,
        "packet %u of sender %u arrives after %u", Tag.Sequence, Sender, Seen->Last[Sender]);
    for (ULONG Missing = Seen->Last[Sender] + 1;
         Sender < STRESS_SENDERS && Seen->Any[Sender] && Missing != Tag.Sequence; Missing++)
    {
        SendMissed(Sender, Missing, Device->Number);
    }
    Seen->Any[Sender] = TRUE;
    Seen->Last[Sender] = Tag.Sequence;
    Seen->Sender = Sender;
    Seen->Rest = Tag.First + Tag.Count - 1 - Tag.Sequence;
    Stress.PacketsOut++;
}

/* ---- Lists ---- */

static VOID SendFree(PNET_BUFFER_LIST List)
{
    SEND_LIST *Sent = List->ProtocolReserved[0];
    SendOutstanding[Sent->Sender]--;
    free(Sent);
    SenderFree(List);
}

static VOID SendCompleted(PVOID Context, PNET_BUFFER_LIST Lists, ULONG Flags)
{
    (void)Context;
    (void)Flags;
    for (PNET_BUFFER_LIST Next; Lists; Lists = Next)
    {
        SEND_LIST *Sent = Lists->ProtocolReserved[0];
        NDIS_STATUS Status = NET_BUFFER_LIST_STATUS(Lists);
        Next = NET_BUFFER_LIST_NEXT_NBL(Lists);
        NET_BUFFER_LIST_NEXT_NBL(Lists) = NULL;
        STRESS_CHECK(
            atomic_exchange(&Sent->Sent, 0) == 1,
            "the list of packet %u of sender %u completes "
            "while the driver does not have it",
            Sent->First, Sent->Sender);
        STRESS_CHECK(
            !Sent->Bad || Status != NDIS_STATUS_SUCCESS, "a list succeeds that cannot be sent");
        STRESS_CHECK(
            Status == NDIS_STATUS_SUCCESS || Status == NDIS_STATUS_RESOURCES ||
                Status == NDIS_STATUS_PAUSED || Status == NDIS_STATUS_FAILURE ||
                (Sent->Bad && Status == NDIS_STATUS_INVALID_LENGTH),
            "a list completes with status 0x%08x", (ULONG)Status);
        SendSettle(Sent, Status == NDIS_STATUS_SUCCESS ? SendSucceeded : SendFailed);
        Stress.ListsSucceeded += Status == NDIS_STATUS_SUCCESS;
        Stress.ListsCompleted++;
        SendFree(Lists);
    }
}

/* Pieces of any size, though not too many of them. */
static ULONG SendPiece(STRESS_RANDOM *Random, ULONG Length)
{
    ULONG Least = Length / SEND_MAX_PIECES + 1;
    return StressChance(Random, 50) ? PACKET_MAX + 1 : Least + StressRandom(Random, 2000);
}

/* A list of one packet that is too short for a tag. */
static VOID SendAddShort(STRESS_RANDOM *Random, PNET_BUFFER_LIST List)
{
    UCHAR Fill[STRESS_MIN_TAGGED];
    ULONG Length = StressRandom(Random, STRESS_MIN_TAGGED);
    memset(Fill, STRESS_FILL, sizeof(Fill));
    SenderAdd(
        &SendPools, List, Fill, Length, 1 + StressRandom(Random, 20), StressRandom(Random, 9));
}

/* A buffer whose length its memory does not have. */
static VOID SendSpoil(STRESS_RANDOM *Random, PNET_BUFFER_LIST List)
{
    PNET_BUFFER Buffer = NET_BUFFER_LIST_FIRST_NB(List);
    while (NET_BUFFER_NEXT_NB(Buffer) && StressChance(Random, 50))
    {
        Buffer = NET_BUFFER_NEXT_NB(Buffer);
    }
    NET_BUFFER_DATA_LENGTH(Buffer) += 1 + StressRandom(Random, 0x20000);
}

static PNET_BUFFER_LIST
SendMakeList(STRESS_THREAD *Thread, STRESS_RANDOM *Random, STRESS_DEVICE *Device)
{
    static _Thread_local UCHAR Packet[PACKET_MAX];
    PNET_BUFFER_LIST List = SenderList(&SendPools);
    SEND_LIST *Sent = calloc(1, sizeof(*Sent));

    STRESS_CHECK(Sent, "no memory");
    List->ProtocolReserved[0] = Sent;
    NET_BUFFER_LIST_INFO(List, NetBufferListCancelId) = (PVOID)(ULONG_PTR)StressRandom(Random, 4);
    *Sent = (SEND_LIST){.Sent = 1, .Sender = Thread->Index, .Device = Device->Number};
    SendOutstanding[Thread->Index]++;
    if (StressChance(Random, 10))
    {
        SendAddShort(Random, List);
        return List;
    }
    Sent->First = SendNext[Thread->Index];
    Sent->Count = 1 + (StressChance(Random, 40) ? StressRandom(Random, 5) : 0);
    SendNext[Thread->Index] += Sent->Count;
    for (ULONG Index = 0; Index < Sent->Count; Index++)
    {
        STRESS_TAG Tag = {
            .Magic = STRESS_MAGIC_OUT,
            .Origin = Sent->Sender,
            .Sequence = Sent->First + Index,
            .Device = (ULONG)Device->Number,
            .Length = StressPacketLength(Random, STRESS_MIN_TAGGED, PACKET_MAX),
            .First = Sent->First,
            .Count = Sent->Count};
        StressPacketMake(Packet, &Tag, StressChance(Random, 30));
        SenderAdd(
            &SendPools, List, Packet, Tag.Length, SendPiece(Random, Tag.Length),
            StressRandom(Random, 70));
    }
    SendSettle(Sent, SendPending);
    if (StressChance(Random, 2))
    {
        Sent->Bad = TRUE;
        SendSpoil(Random, List);
    }
    return List;
}

static VOID SendChain(STRESS_THREAD *Thread, STRESS_RANDOM *Random, STRESS_DEVICE *Device)
{
    PNET_BUFFER_LIST Chain = NULL, *Last = &Chain;
    ULONG Count = 1 + (StressChance(Random, 50) ? StressRandom(Random, 8) : 0);
    KIRQL Irql = StressChance(Random, 30) ? DISPATCH_LEVEL : PASSIVE_LEVEL;

    for (ULONG Index = 0; Index < Count; Index++)
    {
        *Last = SendMakeList(Thread, Random, Device);
        Last = &NET_BUFFER_LIST_NEXT_NBL(*Last);
    }
    StressDoing(Thread, "sends");
    Stress.ListsSent += Count;
    KIRQL OldIrql = NativeRaiseIrql(Irql);
    NTSTATUS Status = NdisHostSend(
        Device->Adapter, Chain, NDIS_DEFAULT_PORT_NUMBER,
        Irql == DISPATCH_LEVEL ? NDIS_SEND_FLAGS_DISPATCH_LEVEL : 0, SendCompleted, NULL);
    NativeLowerIrql(OldIrql);
    if (NT_SUCCESS(Status))
    {
        return;
    }
    /* The miniport is halted: the chain was not given to anyone. */
    STRESS_CHECK(Status == STATUS_DEVICE_NOT_READY, "NdisHostSend: 0x%08x", (ULONG)Status);
    Stress.ListsSent -= Count;
    for (PNET_BUFFER_LIST Next; Chain; Chain = Next)
    {
        Next = NET_BUFFER_LIST_NEXT_NBL(Chain);
        SendSettle(Chain->ProtocolReserved[0], SendFailed);
        SendFree(Chain);
    }
}

/* ---- Through the link ---- */

static VOID SendPush(STRESS_RANDOM *Random, STRESS_SLOT *Slot)
{
    static UCHAR Packet[PACKET_MAX]; /* SendPushLock */
    ULONG Count = 1 + StressRandom(Random, 30);

    pthread_rwlock_rdlock(&Slot->Lock);
    pthread_mutex_lock(&SendPushLock);
    STRESS_DEVICE *Device = Slot->Device;
    for (ULONG Index = 0; Device && Index < Count && NativeLinkPending(Device->Link) < 100; Index++)
    {
        STRESS_TAG Tag = {
            .Magic = STRESS_MAGIC_OUT,
            .Origin = STRESS_SENDERS,
            .Sequence = (ULONG)Device->Pushed++,
            .Device = (ULONG)Device->Number,
            .Length = StressPacketLength(Random, STRESS_MIN_TAGGED, PACKET_MAX),
            .Count = 1};
        Tag.First = Tag.Sequence;
        StressPacketMake(Packet, &Tag, StressChance(Random, 30));
        NativeLinkPush(Device->Link, Packet, Tag.Length);
    }
    pthread_mutex_unlock(&SendPushLock);
    pthread_rwlock_unlock(&Slot->Lock);
}

/* ---- Rounds ---- */

VOID StressSendRound(STRESS_THREAD *Thread, STRESS_RANDOM *Random)
{
    STRESS_SLOT *Slot = &Stress.Slots[StressRandom(Random, STRESS_SLOTS)];
    ULONG Kind = StressRandom(Random, 100);
    STRESS_DEVICE *Device;

    if (Kind < 15)
    {
        StressDoing(Thread, "pushes packets");
        SendPush(Random, Slot);
        return;
    }
    Device = StressDeviceOf(Slot);
    if (!Device)
    {
        StressSleep(1);
        return;
    }
    if (Kind < 18)
    {
        StressDoing(Thread, "cancels");
        (void)NdisHostCancelSend(Device->Adapter, (PVOID)(ULONG_PTR)StressRandom(Random, 4));
    }
    else
    {
        SendChain(Thread, Random, Device);
    }
    StressDeviceRelease(Device);
    StressDoing(Thread, "waits for lists");
    while (SendOutstanding[Thread->Index] > SEND_OUTSTANDING)
    {
        StressSleep(0);
    }
    if (StressChance(Random, 20))
    {
        StressSleep(StressRandom(Random, 3));
    }
}

VOID StressSendStart(VOID)
{
    SenderOpenPools(&SendPools);
}

VOID StressSendStop(VOID)
{
    for (ULONG Sender = 0; Sender < STRESS_SENDERS; Sender++)
    {
        STRESS_CHECK(
            SendOutstanding[Sender] == 0, "%d lists of sender %u never completed",
            SendOutstanding[Sender], Sender);
    }
    SenderClose(&SendPools);
}
