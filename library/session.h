/* SPDX-License-Identifier: MIT */
/*
 * Sessions: two rings, the events beside them, and the packet calls.
 *
 * Packet calls take no lock. What keeps the session's memory alive under them is a count of the
 * calls under way, SessionEnter and SessionLeave, which the end of the session waits for; the count
 * is kept in stripes, so that threads do not meet in it. Nothing between the two waits, or calls
 * the client.
 */
#ifndef ADIT_LIBRARY_SESSION_H
#define ADIT_LIBRARY_SESSION_H

#include "adit.h"
#include "ring/counters.h"
#include "ring/shared_consumer.h"
#include "ring/shared_producer.h"

WINTUN_START_SESSION_FUNC WintunStartSession;
WINTUN_END_SESSION_FUNC WintunEndSession;
WINTUN_GET_READ_WAIT_EVENT_FUNC WintunGetReadWaitEvent;
WINTUN_RECEIVE_PACKET_FUNC WintunReceivePacket;
WINTUN_RELEASE_RECEIVE_PACKET_FUNC WintunReleaseReceivePacket;
WINTUN_ALLOCATE_SEND_PACKET_FUNC WintunAllocateSendPacket;
WINTUN_SEND_PACKET_FUNC WintunSendPacket;
ADIT_RECEIVE_PACKETS_FUNC AditReceivePackets;
ADIT_RELEASE_RECEIVE_PACKETS_FUNC AditReleaseReceivePackets;
ADIT_ALLOCATE_SEND_PACKETS_FUNC AditAllocateSendPackets;
ADIT_SEND_PACKETS_FUNC AditSendPackets;
ADIT_GET_WRITE_WAIT_EVENT_FUNC AditGetWriteWaitEvent;
ADIT_GET_SESSION_STATISTICS_FUNC AditGetSessionStatistics;

#define SESSION_CACHE_LINE 64
#define SESSION_STRIPES    16

/* What a session has come to; it only goes forward. */
typedef enum _SESSION_STATE
{
    SessionRunning,
    SessionTerminated, /* the driver has left its rings */
    SessionCorrupt,    /* a ring's header or a packet's is invalid */
    SessionEnded       /* by WintunEndSession */
} SESSION_STATE;

/* Calls under way of the threads that a stripe serves. */
typedef struct _SESSION_STRIPE
{
    volatile LONG Inside;
    BYTE Padding[SESSION_CACHE_LINE - sizeof(LONG)];
} SESSION_STRIPE;

struct _WINTUN_SESSION
{
    RING_SHARED_CONSUMER Receive; /* of the send ring: Windows to client */
    BYTE Padding1[SESSION_CACHE_LINE];
    RING_SHARED_PRODUCER Send; /* of the receive ring: client to Windows */
    BYTE Padding2[SESSION_CACHE_LINE];
    SESSION_STRIPE Stripes[SESSION_STRIPES];

    /* Read by every call, seldom written. */
    volatile LONG State;       /* SESSION_STATE */
    HANDLE ReadEvent;          /* TailMoved of the send ring; auto-reset */
    HANDLE TailMoved;          /* of the receive ring: wakes the driver; auto-reset */
    HANDLE volatile WriteWait; /* see session_wait.c; NULL until a client asks for it */
    BYTE Padding3[SESSION_CACHE_LINE];

    /* Written when there is nothing to do, or a thread to be woken. */
    volatile LONG64 ReceiveEmpty;
    volatile LONG64 SendFull;
    volatile LONG64 DriverWakeUps;
    volatile LONG EndWakes;          /* threads that were woken to find the end */
    volatile LONG ReadEventGiven;    /* a client may wait for ReadEvent at any time */
    volatile LONG WriteWaitDelay;    /* microseconds */
    volatile uint32_t WriteWaitHead; /* the ring's Head when WriteWait was last set */

    /* Constant until the session ends; the events stay open as long as the structure exists. */
    HANDLE Left;   /* a call has left after the session's end; auto-reset */
    HANDLE Device; /* NULL before registration */
    VOID *Memory;  /* both rings */
    VOID *Entries; /* of both RING_IN_FLIGHT */
    BOOL HasCounters;
    ADIT_COUNTERS Counters;     /* the driver's at the start */
    WINTUN_SESSION_HANDLE Next; /* SessionLock: among those not ended */
    WINTUN_SESSION_HANDLE *Link;
};

/*
 * Enters a session for a packet call; NULL if the session has ended. Otherwise its memory stays
 * until SessionLeave is called with the result.
 */
static inline SESSION_STRIPE *SessionEnter(WINTUN_SESSION_HANDLE Session)
{
    /* Threads' stacks lie apart, so the address of this frame says which thread it is. */
    ULONG Thread = (ULONG)((ULONG_PTR)__builtin_frame_address(0) >> 16);
    SESSION_STRIPE *Stripe = &Session->Stripes[Thread * 0x9E3779B1u >> 28];

    /*
     * Sequentially consistent, as the end is: either this sees that the session has ended, or
     * WintunEndSession sees that somebody is inside.
     */
    __atomic_fetch_add(&Stripe->Inside, 1, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&Session->State, __ATOMIC_SEQ_CST) != SessionEnded)
    {
        return Stripe;
    }
    __atomic_fetch_sub(&Stripe->Inside, 1, __ATOMIC_SEQ_CST);
    SetEvent(Session->Left);
    return NULL;
}

static inline VOID SessionLeave(WINTUN_SESSION_HANDLE Session, SESSION_STRIPE *Stripe)
{
    __atomic_fetch_sub(&Stripe->Inside, 1, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&Session->State, __ATOMIC_SEQ_CST) == SessionEnded)
    {
        SetEvent(Session->Left);
    }
}

_Static_assert(SESSION_STRIPES == 1u << (32 - 28), "the hash selects a stripe");

/*
 * Allocates a session with two empty rings that nobody else knows yet. ERROR_INVALID_PARAMETER if
 * the capacity is no capacity of a ring. Logs failure. WintunEndSession takes it back.
 */
_Must_inspect_result_ _Ret_maybenull_ WINTUN_SESSION_HANDLE SessionAllocate(_In_ DWORD Capacity);

/* Ends what sessions there are and frees them all. Nobody may be in a function of this file. */
VOID SessionUninitialize(VOID);

/* Asks the driver for its counters; FALSE if it does not tell. Logs nothing. */
_Must_inspect_result_ BOOL
SessionQueryCounters(_In_ WINTUN_SESSION_HANDLE Session, _Out_ ADIT_COUNTERS *Counters);

/*
 * Inside a session that is not running any more: wakes a thread that waits to receive, so that it
 * finds out, and next time another one.
 */
VOID SessionWakeReader(_Inout_ WINTUN_SESSION_HANDLE Session);

/* Inside a session: sees to it that threads which wait to send are woken soon. */
VOID SessionWakeWritersSoon(_Inout_ WINTUN_SESSION_HANDLE Session);

/* Wakes threads that wait for whatever. */
VOID SessionWakeAll(_Inout_ WINTUN_SESSION_HANDLE Session);

#endif
