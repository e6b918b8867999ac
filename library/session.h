/* SPDX-License-Identifier: MIT */
/* Sessions: two rings, the events beside them, and the packet calls. */
#ifndef ADIT_LIBRARY_SESSION_H
#define ADIT_LIBRARY_SESSION_H

#include "adit.h"
#include "ring/consumer.h"
#include "ring/producer.h"

WINTUN_START_SESSION_FUNC WintunStartSession;
WINTUN_END_SESSION_FUNC WintunEndSession;
WINTUN_GET_READ_WAIT_EVENT_FUNC WintunGetReadWaitEvent;
WINTUN_RECEIVE_PACKET_FUNC WintunReceivePacket;
WINTUN_RELEASE_RECEIVE_PACKET_FUNC WintunReleaseReceivePacket;
WINTUN_ALLOCATE_SEND_PACKET_FUNC WintunAllocateSendPacket;
WINTUN_SEND_PACKET_FUNC WintunSendPacket;

#define SESSION_CACHE_LINE 64

/* Consumer of the send ring. All but the events guarded by Lock. */
typedef struct _SESSION_RECEIVE
{
    SRWLOCK Lock;
    BOOL Ended;
    BOOL Corrupt;       /* for ever, once seen */
    volatile LONG Told; /* the end or corruption is in the log; interlocked */
    RING_CONSUMER Cursor;
    ULONG Released; /* the ring's Head: offset of the first packet not released */
} SESSION_RECEIVE;

/* Producer of the receive ring. */
typedef struct _SESSION_SEND
{
    SRWLOCK Lock;
    BOOL Ended;
    BOOL Corrupt;
    volatile LONG Told;
    RING_PRODUCER Cursor;
    ULONG Published; /* the ring's Tail: offset of the first packet not sent */
} SESSION_SEND;

struct _WINTUN_SESSION
{
    /* Each side on cache lines of its own: different threads work on them. */
    SESSION_RECEIVE Receive;
    BYTE Padding1[SESSION_CACHE_LINE];
    SESSION_SEND Send;
    BYTE Padding2[SESSION_CACHE_LINE];

    /* Constant until the session ends. */
    HANDLE ReadEvent;  /* TailMoved of the send ring; open as long as the structure exists */
    HANDLE WriteEvent; /* TailMoved of the receive ring; likewise */
    HANDLE Device;     /* NULL before registration */
    VOID *Memory;      /* both rings */
};

/*
 * Allocates a session with two empty rings that nobody else knows yet. ERROR_INVALID_PARAMETER if
 * the capacity is no capacity of a ring. Logs failure. WintunEndSession takes it back.
 */
_Must_inspect_result_ _Ret_maybenull_ WINTUN_SESSION_HANDLE SessionAllocate(_In_ DWORD Capacity);

/* Frees what ended sessions still hold. Nobody may be in a function of this file. */
VOID SessionUninitialize(VOID);

#endif
