/* SPDX-License-Identifier: MIT */
/*
 * The stress test's shared state. Threads that send, receive, register, scribble, ask and control
 * do so at random on a few slots, each of which holds one device after another.
 *
 * What a thread decides in its n-th round comes from the seed, its number and n alone, so that the
 * same seed gives the same decisions; how the threads meet is up to the machine.
 */
#ifndef ADIT_TESTS_DRIVER_STRESS_H
#define ADIT_TESTS_DRIVER_STRESS_H

#include <pthread.h>

#include "fixture.h"

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define STRESS_TSAN 1
#endif
#endif
#if !defined(STRESS_TSAN)
#define STRESS_TSAN 0
#endif

/* Seconds that anything may take; sanitizers and other work of the machine included. */
#define STRESS_PATIENCE 60u

#define STRESS_SLOTS      2u
#define STRESS_SENDERS    2u
#define STRESS_CLIENTS    2u
#define STRESS_HOSTILES   2u
#define STRESS_SCRIBBLERS 2u

/* ---- Random numbers ---- */

typedef struct _STRESS_RANDOM
{
    ULONG64 State;
} STRESS_RANDOM;

ULONG StressRandom(STRESS_RANDOM *Random, ULONG Below); /* 0 to Below - 1 */
BOOLEAN StressChance(STRESS_RANDOM *Random, ULONG Percent);

/* ---- Threads and the watchdog ---- */

typedef struct _STRESS_THREAD
{
    PCSTR Kind;
    ULONG Number; /* among all threads */
    ULONG Index;  /* among those of its kind */
    VOID (*Round)(struct _STRESS_THREAD *Thread, STRESS_RANDOM *Random);
    pthread_t Posix;
    _Atomic LONG64 Rounds;
    _Atomic LONG64 Since; /* when Doing began, in milliseconds */
    _Atomic(PCSTR) Doing;
} STRESS_THREAD;

/* What the thread does from now on: the watchdog shows it, and gives it STRESS_PATIENCE. */
VOID StressDoing(STRESS_THREAD *Thread, PCSTR Doing);
VOID StressSleep(ULONG Milliseconds);
LONG64 StressNow(VOID); /* milliseconds */

/* Prints the seed, what is wrong and what everybody does, and ends the process. */
DECLSPEC_NORETURN VOID StressFail(PCSTR Format, ...) __attribute__((format(printf, 1, 2)));

#define STRESS_CHECK(Condition, ...) \
    do                               \
    {                                \
        if (!(Condition))            \
        {                            \
            StressFail(__VA_ARGS__); \
        }                            \
    } while (0)

/* ---- Devices ---- */

typedef struct _STRESS_DEVICE
{
    _Atomic LONG References;
    LONG Number; /* from 1 */
    PDEVICE_OBJECT Pdo;
    PNDIS_MINIPORT_ADAPTER Adapter;
    PNDIS_LINK Link; /* valid while the device is in its slot */
    WCHAR Path[64];
    _Atomic LONG Going;   /* it is removed, or about to be: anything on it may fail */
    _Atomic LONG Wanted;  /* whoever has it open is asked to close it */
    _Atomic LONG Session; /* the well-behaved session on it, 0: none */
    _Atomic LONG Pushed;  /* packets pushed through the link */
    _Atomic LONG Tapped;  /* chains that the tap has seen */
} STRESS_DEVICE;

typedef struct _STRESS_SLOT
{
    pthread_rwlock_t Lock; /* shared: Device stays in the slot; exclusive: to change it */
    STRESS_DEVICE *Device; /* NULL: none */
} STRESS_SLOT;

STRESS_DEVICE *StressDeviceOf(STRESS_SLOT *Slot); /* with a reference; NULL: none */
VOID StressDeviceRelease(STRESS_DEVICE *Device);
/* Opens the device in the slot as Client->Process; NULL: there is none, or it is going. */
STRESS_DEVICE *StressOpen(STRESS_SLOT *Slot, CLIENT *Client);

/*
 * Around requests of clients. Where REMOVE may come while files are open (Wine), a device's
 * requests come one after another; control keeps clients from asking anything during such a
 * removal.
 */
VOID StressRequestBegin(VOID);
VOID StressRequestEnd(VOID);

/* ---- Packets ---- */

/*
 * A tagged packet says where it belongs. Origin: a session's number into Windows, a sender's out of
 * it. The packets of one net buffer list are First to First + Count - 1.
 */
typedef struct _STRESS_TAG
{
    ULONG Magic;
    ULONG Origin;
    ULONG Sequence;
    ULONG Device;
    ULONG Length; /* of the packet */
    ULONG First;
    ULONG Count;
} STRESS_TAG;

#define STRESS_MAGIC_IN   0x4E495453u
#define STRESS_MAGIC_OUT  0x54554F53u
#define STRESS_MIN_TAGGED (40u + (ULONG)sizeof(STRESS_TAG))
#define STRESS_FILL       0xA5 /* all of a packet that is too short for a tag */

VOID StressPacketMake(UCHAR *Packet, const STRESS_TAG *Tag, BOOLEAN Version6);
/* FALSE: not a packet of that magic. A packet that is, but has other content: StressFail. */
BOOLEAN StressPacketRead(const UCHAR *Packet, ULONG Length, ULONG Magic, STRESS_TAG *Tag);
/* Mostly small, sometimes up to Most. */
ULONG StressPacketLength(STRESS_RANDOM *Random, ULONG Least, ULONG Most);

/* ---- Sessions, as the tap checks them ---- */

/* A new session's number; the tap lets nothing else in on that device until StressSessionEnd. */
LONG StressSessionBegin(STRESS_DEVICE *Device);
/* Packets that arrived; after the session's end, or while nothing more is put. */
ULONG StressSessionArrived(LONG Session);
VOID StressSessionEnd(STRESS_DEVICE *Device);

VOID StressTapInstall(STRESS_DEVICE *Device);

/* ---- What was sent, as clients check it ---- */

/* How far a client's session has come with each sender. */
typedef struct _STRESS_SEEN
{
    BOOLEAN Any[STRESS_SENDERS + 1]; /* the last one: packets pushed through the link */
    ULONG Last[STRESS_SENDERS + 1];
    ULONG Sender; /* whose list goes on with the next packet */
    ULONG Rest;   /* packets of that list to come */
} STRESS_SEEN;

/* Checks the next packet of a send ring: content, order, and that no other is missing which NDIS
 * was told has been sent. */
VOID StressSentCheck(STRESS_DEVICE *Device, STRESS_SEEN *Seen, const UCHAR *Data, ULONG Length);

/* ---- Rounds of the threads ---- */

VOID StressSendRound(STRESS_THREAD *Thread, STRESS_RANDOM *Random);
VOID StressReturnRound(STRESS_THREAD *Thread, STRESS_RANDOM *Random);
VOID StressClientRound(STRESS_THREAD *Thread, STRESS_RANDOM *Random);
VOID StressHostileRound(STRESS_THREAD *Thread, STRESS_RANDOM *Random);
VOID StressScribbleRound(STRESS_THREAD *Thread, STRESS_RANDOM *Random);
VOID StressAskRound(STRESS_THREAD *Thread, STRESS_RANDOM *Random);
VOID StressControlRound(STRESS_THREAD *Thread, STRESS_RANDOM *Random);

VOID StressSendStart(VOID);
VOID StressSendStop(VOID);     /* waits for what is under way */
VOID StressControlStart(VOID); /* loads the driver, fills the slots */
VOID StressControlStop(VOID);  /* empties the slots, unloads */

/* ---- State and counters ---- */

typedef struct _STRESS
{
    ULONG64 Seed;
    STRESS_SLOT Slots[STRESS_SLOTS];
    pthread_rwlock_t Requests; /* shared: around requests of clients */
    _Atomic LONG Stop;
    _Atomic LONG StopReturns; /* later: pauses wait for returned lists */

    _Atomic LONG64 ListsSent;
    _Atomic LONG64 ListsCompleted;
    _Atomic LONG64 ListsSucceeded;
    _Atomic LONG64 PacketsOut; /* checked by clients */
    _Atomic LONG64 PacketsIn;  /* checked by the tap */
    _Atomic LONG64 Sessions;   /* well-behaved */
    _Atomic LONG64 Hostile;    /* sessions of hostile clients */
    _Atomic LONG64 Corrupted;  /* send rings that well-behaved clients corrupted in the end */
    _Atomic LONG64 Refused;    /* registrations */
    _Atomic LONG64 Scribbles;
    _Atomic LONG64 Kept; /* chains that the tap kept for a while */
    _Atomic LONG64 Pauses, Sleeps, RemovalsRefused, Surprises, Stops, Disables, Reloads, Oids;
} STRESS;

extern STRESS Stress;

#endif
