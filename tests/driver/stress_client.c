/* SPDX-License-Identifier: MIT */
/*
 * The stress test's well-behaved clients: each session checks what it gets, and that all it put has
 * arrived; and it ends in any of the ways that a client has.
 */
#include <string.h>

#include "stress.h"

#define ERROR_ALREADY_INITIALIZED 1247u

typedef struct _STRESS_CLIENT
{
    STRESS_THREAD *Thread;
    STRESS_RANDOM *Random;
    STRESS_DEVICE *Device;
    CLIENT Client;
    BOOLEAN Wow64;
    BOOLEAN Maintained; /* the send ring's Alertable is */
    BOOLEAN Over;       /* a ring carries its terminal mark */
    LONG Session;
    ULONG Put; /* packets, all published */
    STRESS_SEEN Seen;
} STRESS_CLIENT;

/* ---- The rings ---- */

/* The driver ends a session of its own accord only when the device goes. */
static VOID ClientSeesEnd(STRESS_CLIENT *Client)
{
    STRESS_CHECK(
        Client->Device->Going, "session %d ends, and device %d does not go", Client->Session,
        Client->Device->Number);
    Client->Over = TRUE;
}

static VOID ClientPutSome(STRESS_CLIENT *Client)
{
    static _Thread_local UCHAR Packet[PACKET_MAX];
    ULONG Count = 1 + StressRandom(Client->Random, StressChance(Client->Random, 20) ? 200 : 10);

    StressDoing(Client->Thread, "puts packets");
    for (ULONG Index = 0; Index < Count; Index++)
    {
        STRESS_TAG Tag = {
            .Magic = STRESS_MAGIC_IN,
            .Origin = (ULONG)Client->Session,
            .Sequence = Client->Put,
            .Device = (ULONG)Client->Device->Number,
            .Length = StressPacketLength(Client->Random, STRESS_MIN_TAGGED, PACKET_MAX),
            .First = Client->Put,
            .Count = 1};
        BOOLEAN Malformed = StressChance(Client->Random, 2);
        if (Malformed)
        {
            memset(Packet, StressRandom(Client->Random, 256) & 0x8F, STRESS_MIN_TAGGED);
            Tag.Length = StressRandom(Client->Random, STRESS_MIN_TAGGED);
        }
        else
        {
            StressPacketMake(Packet, &Tag, StressChance(Client->Random, 30));
        }
        /* Packets without a version of IP are skipped, and harm no others. */
        Packet[0] = Malformed ? Packet[0] & 0x0F : Packet[0];
        if (!ClientPut(&Client->Client, Packet, Tag.Length))
        {
            break;
        }
        Client->Put += !Malformed;
    }
    ClientPublish(&Client->Client);
    if (RingLoadAcquire(&Client->Client.ReceiveRing->Head) == TUN_RING_TERMINATED)
    {
        ClientSeesEnd(Client);
    }
}

/* Takes what is in the send ring, up to Limit packets. */
static VOID ClientTakeSome(STRESS_CLIENT *Client, ULONG Limit)
{
    RING_CONSUMER *Consumer = &Client->Client.Consumer;
    RING_POLL_RESULT Result = RingEmpty;
    TUN_PACKET *Packet;
    uint32_t Length;

    StressDoing(Client->Thread, "takes packets");
    for (ULONG Index = 0; Index < Limit; Index++)
    {
        Result = RingConsumerPoll(Consumer);
        if (Result != RingNotEmpty)
        {
            break;
        }
        STRESS_CHECK(
            RingConsumerPeek(Consumer, &Packet, &Length) == RingNotEmpty,
            "no packet at offset %u of the send ring", Consumer->Next);
        StressSentCheck(Client->Device, &Client->Seen, Packet->Data, Length);
        RingConsumerAdvance(Consumer, Length);
        if (StressChance(Client->Random, 30))
        {
            RingConsumerRelease(Consumer, Consumer->Next);
        }
    }
    RingConsumerRelease(Consumer, Consumer->Next);
    STRESS_CHECK(Result != RingCorrupt, "Tail of the send ring is no offset");
    if (Result == RingTerminated)
    {
        ClientSeesEnd(Client);
    }
}

/* Waits as clients do; if packets come without a signal, one has to follow. */
static VOID ClientWait(STRESS_CLIENT *Client)
{
    CLIENT *Rings = &Client->Client;
    ULONG Patience = StressRandom(Client->Random, 15);

    StressDoing(Client->Thread, "waits for packets");
    if (Client->Maintained && RingConsumerSleep(&Rings->Consumer) != RingEmpty)
    {
        RingConsumerAwake(&Rings->Consumer);
        return;
    }
    if (!Client->Maintained && RingConsumerPoll(&Rings->Consumer) != RingEmpty)
    {
        return;
    }
    if (NativeUserWait(Rings->Process, Rings->SendTailMoved, Patience) == STATUS_TIMEOUT &&
        RingConsumerPoll(&Rings->Consumer) != RingEmpty)
    {
        StressDoing(Client->Thread, "waits for the signal of packets that are there");
        STRESS_CHECK(
            NativeUserWait(Rings->Process, Rings->SendTailMoved, STRESS_PATIENCE * 500) ==
                STATUS_WAIT_0,
            "packets came to session %d and no signal", Client->Session);
    }
    if (Client->Maintained)
    {
        RingConsumerAwake(&Rings->Consumer);
    }
}

/* ---- Registration ---- */

static ULONG ClientRequest(STRESS_CLIENT *Client)
{
    TUN_REGISTER_RINGS64 Rings = ClientRegistration(&Client->Client);
    TUN_REGISTER_RINGS32 Rings32 = {
        .Send = {Rings.Send.RingSize, (uint32_t)Rings.Send.Ring, (uint32_t)Rings.Send.TailMoved},
        .Receive = {
            Rings.Receive.RingSize, (uint32_t)Rings.Receive.Ring,
            (uint32_t)Rings.Receive.TailMoved}};
    ULONG Code =
        StressChance(Client->Random, 50) ? TUN_IOCTL_REGISTER_RINGS : TUN_IOCTL_REGISTER_RINGS_2019;
    StressRequestBegin();
    NTSTATUS Status = NativeUserDeviceIoControl(
        Client->Client.Process, Client->Client.File, Code,
        Client->Wow64 ? (PVOID)&Rings32 : (PVOID)&Rings,
        Client->Wow64 ? sizeof(Rings32) : sizeof(Rings), NULL, 0, NULL);
    StressRequestEnd();
    return NativeWin32Error(Status);
}

static BOOLEAN ClientRegisters(STRESS_CLIENT *Client)
{
    ULONG Capacity = TUN_RING_MIN_CAPACITY << StressRandom(Client->Random, 4);
    ULONG Error;

    ClientMakeRings(&Client->Client, Capacity, StressRandom(Client->Random, 1024) * 4);
    if (Client->Maintained)
    {
        Client->Client.SendRing->Alertable = TUN_RING_ALERTABLE_MAINTAINED;
    }
    StressDoing(Client->Thread, "registers");
    Error = ClientRequest(Client);
    STRESS_CHECK(
        Error == 0 || Error == ERROR_ALREADY_INITIALIZED || Client->Device->Going,
        "registration on device %d fails with %u", Client->Device->Number, Error);
    if (Error != 0)
    {
        Stress.Refused++;
        return FALSE;
    }
    Stress.Sessions++;
    Client->Session = StressSessionBegin(Client->Device);
    return TRUE;
}

/* ---- A session ---- */

/* One handle instead of another: the session goes on. */
static VOID ClientSwapHandle(STRESS_CLIENT *Client)
{
    CLIENT *Rings = &Client->Client;
    HANDLE Second;

    StressDoing(Client->Thread, "duplicates its handle");
    STRESS_CHECK(
        NT_SUCCESS(NativeUserDuplicate(Rings->Process, Rings->File, Rings->Process, 0, &Second)) &&
            NT_SUCCESS(NativeUserClose(Rings->Process, Rings->File)),
        "the handle cannot be duplicated");
    Rings->File = Second;
}

static VOID ClientStep(STRESS_CLIENT *Client)
{
    ULONG Kind = StressRandom(Client->Random, 100);
    ULONG Error;

    if (Kind < 35)
    {
        ClientPutSome(Client);
    }
    else if (Kind < 70)
    {
        ClientTakeSome(Client, 1 + StressRandom(Client->Random, 300));
    }
    else if (Kind < 90)
    {
        ClientWait(Client);
    }
    else if (Kind < 94)
    {
        StressDoing(Client->Thread, "registers once more");
        Error = ClientRequest(Client);
        STRESS_CHECK(
            Error == ERROR_ALREADY_INITIALIZED || (Error != 0 && Client->Device->Going),
            "a second registration gives %u", Error);
    }
    else if (Kind < 97)
    {
        ClientSwapHandle(Client);
    }
    else
    {
        StressDoing(Client->Thread, "sleeps");
        StressSleep(StressRandom(Client->Random, 10));
    }
}

/* Waits until the driver has taken all that was put. */
static VOID ClientFlush(STRESS_CLIENT *Client)
{
    TUN_RING *Ring = Client->Client.ReceiveRing;
    uint32_t Head;

    StressDoing(Client->Thread, "waits until all it put is taken");
    while (!Client->Over && (Head = RingLoadAcquire(&Ring->Head)) != Ring->Tail)
    {
        if (Head == TUN_RING_TERMINATED)
        {
            ClientSeesEnd(Client);
        }
        StressSleep(1);
    }
}

/* The session has ended: both rings say so, and nothing is lost that was taken. */
static VOID ClientCheckEnd(STRESS_CLIENT *Client, BOOLEAN Flushed)
{
    CLIENT *Rings = &Client->Client;
    ULONG Arrived = StressSessionArrived(Client->Session);

    STRESS_CHECK(
        RingLoadAcquire(&Rings->SendRing->Tail) == TUN_RING_TERMINATED &&
            RingLoadAcquire(&Rings->ReceiveRing->Head) == TUN_RING_TERMINATED,
        "session %d has ended, and its rings do not say so", Client->Session);
    STRESS_CHECK(
        Flushed ? Arrived == Client->Put : Arrived <= Client->Put,
        "%u of %u packets of session %d have arrived", Arrived, Client->Put, Client->Session);
}

/*
 * Its last act on the send ring: Head follows Tail, and is no offset. The driver may fill what it
 * knew to be free, and no more; once it has noticed, the ring stays at its terminal mark, whatever
 * Head is.
 */
static VOID ClientCorrupts(STRESS_CLIENT *Client)
{
    CLIENT *Rings = &Client->Client;
    TUN_RING *Ring = Rings->SendRing;
    uint32_t Tail = RingLoadAcquire(&Ring->Tail), Given = 0;
    uint32_t Wrong = StressChance(Client->Random, 50) ? Rings->Capacity : 2;
    LONG64 End = StressNow() + 1 + StressRandom(Client->Random, 60);

    StressDoing(Client->Thread, "corrupts Head of its send ring");
    while (Tail != TUN_RING_TERMINATED && StressNow() < End)
    {
        uint32_t Next;
        RingStoreRelease(&Ring->Head, Tail + Wrong);
        Next = RingLoadAcquire(&Ring->Tail);
        Given += Next == TUN_RING_TERMINATED ? 0 : (Next - Tail) & (Rings->Capacity - 1);
        STRESS_CHECK(
            Given < Rings->Capacity, "%u bytes came into a ring of %u bytes without a valid Head",
            Given, Rings->Capacity);
        Tail = Next;
    }
    if (Tail != TUN_RING_TERMINATED)
    {
        return;
    }
    Stress.Corrupted++;
    RingStoreRelease(&Ring->Head, Rings->Consumer.Next);
    for (End = StressNow() + 1 + StressRandom(Client->Random, 5); StressNow() < End;)
    {
        Tail = RingLoadAcquire(&Ring->Tail);
        STRESS_CHECK(Tail == TUN_RING_TERMINATED, "Tail is %u behind the terminal mark", Tail);
    }
}

static VOID ClientEnd(STRESS_CLIENT *Client)
{
    CLIENT *Rings = &Client->Client;
    ULONG Kind = StressRandom(Client->Random, 4);
    BOOLEAN Flush = StressChance(Client->Random, 60);
    PEPROCESS Other = NULL;
    HANDLE Handle;

    if (StressChance(Client->Random, 20))
    {
        ClientCorrupts(Client);
    }
    if (Flush)
    {
        ClientFlush(Client);
    }
    StressSessionEnd(Client->Device);
    if (Kind == 0)
    {
        StressDoing(Client->Thread, "closes");
        StressRequestBegin();
        ClientClose(Rings);
        StressRequestEnd();
        ClientCheckEnd(Client, Flush && !Client->Over);
    }
    else if (Kind == 1)
    {
        StressDoing(Client->Thread, "gives its handle to another process");
        Other = NativeProcessCreate(NativeLocalSystem, FALSE);
        (void)NativeUserDuplicate(Rings->Process, Rings->File, Other, 0, &Handle);
    }
    StressDoing(Client->Thread, "exits");
    StressRequestBegin();
    ClientExit(Rings);
    StressRequestEnd();
    if (Other)
    {
        StressDoing(Client->Thread, "exits, as another process that has the handle");
        StressSleep(StressRandom(Client->Random, 3));
        StressRequestBegin();
        NativeProcessExit(Other);
        StressRequestEnd();
    }
    ULONG Arrived = StressSessionArrived(Client->Session);
    STRESS_CHECK(
        Flush && !Client->Over ? Arrived == Client->Put : Arrived <= Client->Put,
        "%u of %u packets of session %d have arrived", Arrived, Client->Put, Client->Session);
}

VOID StressClientRound(STRESS_THREAD *Thread, STRESS_RANDOM *Random)
{
    STRESS_CLIENT Client = {.Thread = Thread, .Random = Random};
    STRESS_SLOT *Slot = &Stress.Slots[StressRandom(Random, STRESS_SLOTS)];
    ULONG Steps = 1 + StressRandom(Random, StressChance(Random, 30) ? 400 : 60);

    Client.Wow64 = StressChance(Random, 25);
    Client.Maintained = StressChance(Random, 50);
    StressDoing(Thread, "opens");
    Client.Client.Process = NativeProcessCreate(
        StressChance(Random, 50) ? NativeLocalSystem : NativeAdministrator, Client.Wow64);
    Client.Device = StressOpen(Slot, &Client.Client);
    if (!Client.Device)
    {
        NativeProcessExit(Client.Client.Process);
        StressSleep(1);
        return;
    }
    if (ClientRegisters(&Client))
    {
        while (Steps-- > 0 && !Client.Over && !Client.Device->Wanted && !Stress.Stop)
        {
            ClientStep(&Client);
        }
        ClientEnd(&Client);
    }
    else
    {
        StressDoing(Thread, "exits after a refusal");
        StressRequestBegin();
        ClientExit(&Client.Client);
        StressRequestEnd();
        StressSleep(StressRandom(Random, 4));
    }
    StressDeviceRelease(Client.Device);
}
