/* SPDX-License-Identifier: MIT */
/*
 * The stress test's hostile clients: they register whatever they like, and while they are
 * registered other threads of theirs write to the rings, signal, register and close at random.
 *
 * ThreadSanitizer does not see user memory and the driver's mapping of it as the same (host/native
 * has the pages at different addresses), so that scribblers run there as well. What it does see is
 * that two senders copy to one place when a client gives them the same space twice, which they may:
 * with ThreadSanitizer, Head and Tail of the send ring are left alone, and rings do not overlap.
 */
#include <stdlib.h>
#include <string.h>

#include "stress.h"

typedef struct _STRESS_HOSTILE
{
    pthread_rwlock_t Lock; /* shared: what follows stays; exclusive: to change it */
    BOOLEAN Ready;         /* the rings are there, and whoever likes may write to them */
    CLIENT Client;
    TUN_REGISTER_RINGS64 Rings;
} STRESS_HOSTILE;

static STRESS_HOSTILE Hostiles[STRESS_HOSTILES] = {
    {.Lock = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP},
    {.Lock = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP},
};

/* ---- Scribblers ---- */

/* A word that might be an offset, a size or anything. */
static uint32_t HostileWord(STRESS_RANDOM *Random, uint32_t Capacity)
{
    switch (StressRandom(Random, 8))
    {
    case 0:
        return 0xFFFFFFFFu - StressRandom(Random, 8);
    case 1:
        return Capacity + StressRandom(Random, 16) - 8;
    case 2:
        return StressRandom(Random, 0x7FFFFFFF) * 2;
    case 3:
        return StressRandom(Random, 0x10010);
    default:
        return StressRandom(Random, Capacity) & ~3u;
    }
}

/* Offset of a word of the ring: of its header, of a packet that the driver is about to meet, any.
 */
static uint32_t HostilePlace(STRESS_RANDOM *Random, const TUN_RING *Ring, uint32_t Capacity)
{
    uint32_t Near = RingLoadRelaxed(StressChance(Random, 50) ? &Ring->Head : &Ring->Tail);
    ULONG Kind = StressRandom(Random, 100);
    if (Kind < 30)
    {
        return StressRandom(Random, 3) * 4;
    }
    if (Kind < 70 && TunRingIsOffset(Near, Capacity))
    {
        return (uint32_t)offsetof(TUN_RING, Data) + Near;
    }
    return StressRandom(Random, TUN_RING_SIZE(Capacity) / 4) * 4;
}

static VOID HostileScribble(STRESS_RANDOM *Random, STRESS_HOSTILE *Hostile)
{
    CLIENT *Client = &Hostile->Client;
    TUN_RING *Ring = StressChance(Random, 50) ? Client->SendRing : Client->ReceiveRing;
    uint32_t Place = HostilePlace(Random, Ring, Client->Capacity);

    if (STRESS_TSAN && Ring == Client->SendRing && Place < offsetof(TUN_RING, Alertable))
    {
        return;
    }
    RingStoreRelease(
        (volatile uint32_t *)(void *)((UCHAR *)Ring + Place),
        HostileWord(Random, Client->Capacity));
    Stress.Scribbles++;
}

/* Other threads of the process use its handles. */
static VOID HostileCall(STRESS_RANDOM *Random, STRESS_HOSTILE *Hostile)
{
    CLIENT *Client = &Hostile->Client;
    StressRequestBegin();
    switch (StressRandom(Random, 12))
    {
    case 0:
        (void)ClientRegister(Client, TUN_IOCTL_REGISTER_RINGS, &Hostile->Rings);
        break;
    case 1:
        (void)NativeUserResetEvent(Client->Process, Client->ReceiveTailMoved);
        break;
    case 2:
        if (StressChance(Random, 5))
        {
            (void)NativeUserClose(Client->Process, Client->File);
        }
        break;
    case 3:
        if (StressChance(Random, 5))
        {
            (void)NativeUserClose(Client->Process, Client->ReceiveTailMoved);
        }
        break;
    default:
        (void)NativeUserSetEvent(Client->Process, Client->ReceiveTailMoved);
        break;
    }
    StressRequestEnd();
}

VOID StressScribbleRound(STRESS_THREAD *Thread, STRESS_RANDOM *Random)
{
    STRESS_HOSTILE *Hostile = &Hostiles[StressRandom(Random, STRESS_HOSTILES)];
    ULONG Count = StressRandom(Random, 200);

    StressDoing(Thread, "waits for a hostile client");
    pthread_rwlock_rdlock(&Hostile->Lock);
    StressDoing(Thread, "scribbles");
    for (ULONG Index = 0; Hostile->Ready && Index < Count; Index++)
    {
        HostileScribble(Random, Hostile);
        if (StressChance(Random, 5))
        {
            HostileCall(Random, Hostile);
        }
    }
    pthread_rwlock_unlock(&Hostile->Lock);
    StressSleep(StressRandom(Random, 3));
}

/* ---- Hostile clients ---- */

/* Rings of its own, one for both, or two that overlap. */
static VOID HostileMakeRings(STRESS_RANDOM *Random, STRESS_HOSTILE *Hostile)
{
    CLIENT *Client = &Hostile->Client;
    ULONG Capacity = TUN_RING_MIN_CAPACITY << StressRandom(Random, 2);

    ClientMakeRings(Client, Capacity, StressRandom(Random, 1024) * 4);
    BOOLEAN Apart = StressChance(Random, 70) || STRESS_TSAN;
    if (!Apart && StressChance(Random, 50))
    {
        Client->ReceiveRing = Client->SendRing;
    }
    else if (!Apart)
    {
        UCHAR *Both = NativeUserAllocate(Client->Process, TUN_RING_SIZE(Capacity) + 64, 0);
        STRESS_CHECK(Both, "no memory");
        Client->SendRing = (TUN_RING *)(void *)Both;
        Client->ReceiveRing = (TUN_RING *)(void *)(Both + StressRandom(Random, 16) * 4);
    }
    if (StressChance(Random, 20))
    {
        Client->SendRing->Tail = Client->SendRing->Head = HostileWord(Random, Capacity);
        Client->ReceiveRing->Tail = HostileWord(Random, Capacity);
    }
    Client->SendRing->Alertable = (LONG)StressRandom(Random, 4);
    Hostile->Rings = ClientRegistration(Client);
}

/* One field of the request becomes anything. */
static VOID HostileSpoil(STRESS_RANDOM *Random, STRESS_HOSTILE *Hostile)
{
    CLIENT *Client = &Hostile->Client;
    BOOLEAN Send = StressChance(Random, 50) && !STRESS_TSAN; /* its Head might be anything's */
    TUN_RING_DESCRIPTOR64 *Ring = Send ? &Hostile->Rings.Send : &Hostile->Rings.Receive;
    switch (StressRandom(Random, 7))
    {
    case 0:
        Ring->RingSize = HostileWord(Random, Ring->RingSize);
        break;
    case 1:
        Ring->RingSize = TUN_RING_SIZE(TUN_RING_MAX_CAPACITY);
        break;
    case 2:
        Ring->Ring += StressRandom(Random, 0x200000);
        break;
    case 3:
        Ring->Ring = (uint64_t)HostileWord(Random, 0x10000) << StressRandom(Random, 33);
        break;
    case 4:
        Ring->TailMoved = HostileWord(Random, 64);
        break;
    case 5:
        Ring->TailMoved = (uintptr_t)Client->File;
        break;
    default:
        Ring->TailMoved = (uintptr_t)NativeUserCreateSemaphore(Client->Process, 0, 1);
        break;
    }
}

/* Something that looks like packets, or not, and what a producer does then. */
static VOID HostilePut(STRESS_RANDOM *Random, STRESS_HOSTILE *Hostile)
{
    CLIENT *Client = &Hostile->Client;
    TUN_RING *Ring = Client->ReceiveRing;
    uint32_t Offset = RingLoadRelaxed(&Ring->Tail);
    ULONG Count = StressRandom(Random, 50);

    for (ULONG Index = 0; Index < Count && TunRingIsOffset(Offset, Client->Capacity); Index++)
    {
        ULONG Length = StressPacketLength(Random, 0, PACKET_MAX + 4);
        volatile uint32_t *Words = (volatile uint32_t *)(void *)(Ring->Data + Offset);
        RingStoreRelease(Words, Length);
        RingStoreRelease(Words + 1, StressChance(Random, 50) ? 0x45 : 0x60);
        Offset = (Offset + TUN_PACKET_SPACE(Length)) & (Client->Capacity - 1);
    }
    RingStoreRelease(&Ring->Tail, Offset);
    (void)NativeUserSetEvent(Client->Process, Client->ReceiveTailMoved);
}

static VOID HostileStep(STRESS_RANDOM *Random, STRESS_HOSTILE *Hostile)
{
    CLIENT *Client = &Hostile->Client;
    ULONG Kind = StressRandom(Random, 100);

    if (Kind < 50)
    {
        HostilePut(Random, Hostile);
    }
    else if (Kind < 80)
    {
        /* Takes nothing, and says that it has taken all. */
        uint32_t Tail = RingLoadAcquire(&Client->SendRing->Tail);
        RingStoreRelease(&Client->SendRing->Head, Tail);
    }
    else
    {
        StressSleep(StressRandom(Random, 5));
    }
}

/* Its memory goes or changes while the driver uses it, and nobody writes there any more. */
static VOID HostileTakeAway(STRESS_RANDOM *Random, STRESS_HOSTILE *Hostile)
{
    CLIENT *Client = &Hostile->Client;
    LONG64 Distance = (UCHAR *)Client->ReceiveRing - (UCHAR *)Client->SendRing;
    BOOLEAN Apart = llabs(Distance) >= TUN_RING_SIZE(Client->Capacity);

    if (StressChance(Random, 30))
    {
        NativeUserProtectRead(Client->Process, Client->SendRing, TUN_RING_SIZE(Client->Capacity));
    }
    else if (Apart && StressChance(Random, 50))
    {
        NativeUserFree(Client->Process, Client->SendRing);
        NativeUserFree(Client->Process, Client->ReceiveRing);
    }
}

/* A process that another one has the handle of, or not, comes to its end. */
static VOID HostileEnd(STRESS_RANDOM *Random, STRESS_HOSTILE *Hostile)
{
    CLIENT *Client = &Hostile->Client;
    PEPROCESS Other = NULL;
    HANDLE Handle;

    if (StressChance(Random, 30))
    {
        /* Still registered, or not: other threads of it may have closed the file. */
        StressRequestBegin();
        (void)NativeUserClose(Client->Process, Client->File);
        StressRequestEnd();
    }
    else if (StressChance(Random, 30))
    {
        Other = NativeProcessCreate(NativeLocalSystem, FALSE);
        if (!NT_SUCCESS(NativeUserDuplicate(Client->Process, Client->File, Other, 0, &Handle)))
        {
            NativeProcessExit(Other);
            Other = NULL;
        }
    }
    pthread_rwlock_wrlock(&Hostile->Lock);
    Hostile->Ready = FALSE;
    pthread_rwlock_unlock(&Hostile->Lock);
    HostileTakeAway(Random, Hostile);
    StressRequestBegin();
    ClientExit(Client);
    StressRequestEnd();
    if (Other)
    {
        StressSleep(StressRandom(Random, 5));
        StressRequestBegin();
        NativeProcessExit(Other);
        StressRequestEnd();
    }
}

static VOID HostileLive(STRESS_THREAD *Thread, STRESS_RANDOM *Random, STRESS_DEVICE *Device)
{
    STRESS_HOSTILE *Hostile = &Hostiles[Thread->Index];
    ULONG Steps = StressRandom(Random, 60), Error;

    HostileMakeRings(Random, Hostile);
    if (StressChance(Random, 30))
    {
        HostileSpoil(Random, Hostile);
    }
    if (StressChance(Random, 50))
    {
        pthread_rwlock_wrlock(&Hostile->Lock);
        Hostile->Ready = TRUE; /* from before the registration on */
        pthread_rwlock_unlock(&Hostile->Lock);
    }
    StressDoing(Thread, "registers");
    StressRequestBegin();
    Error = ClientRegister(&Hostile->Client, TUN_IOCTL_REGISTER_RINGS, &Hostile->Rings);
    StressRequestEnd();
    Stress.Hostile += Error == 0;
    Stress.Refused += Error != 0;
    pthread_rwlock_wrlock(&Hostile->Lock);
    Hostile->Ready = TRUE;
    pthread_rwlock_unlock(&Hostile->Lock);
    while (Error == 0 && Steps-- > 0 && !Device->Going && !Device->Wanted && !Stress.Stop)
    {
        StressDoing(Thread, "is hostile");
        HostileStep(Random, Hostile);
    }
    StressDoing(Thread, "ends");
    HostileEnd(Random, Hostile);
}

VOID StressHostileRound(STRESS_THREAD *Thread, STRESS_RANDOM *Random)
{
    STRESS_HOSTILE *Hostile = &Hostiles[Thread->Index];
    STRESS_SLOT *Slot = &Stress.Slots[StressRandom(Random, STRESS_SLOTS)];
    STRESS_DEVICE *Device;

    StressDoing(Thread, "opens");
    memset(&Hostile->Client, 0, sizeof(Hostile->Client));
    Hostile->Client.Process = NativeProcessCreate(NativeAdministrator, FALSE);
    Device = StressOpen(Slot, &Hostile->Client);
    if (!Device)
    {
        NativeProcessExit(Hostile->Client.Process);
        StressSleep(1);
        return;
    }
    HostileLive(Thread, Random, Device);
    StressDeviceRelease(Device);
    StressSleep(StressRandom(Random, 10));
}
