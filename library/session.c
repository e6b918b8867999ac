/* SPDX-License-Identifier: MIT */
/*
 * Sessions: registering the rings with the driver and ending that again. The packet calls are in
 * session_packet.c.
 *
 * A client may be inside a packet call, or about to make one, when another of its threads ends the
 * session. So ending takes both sides' locks, which waits for calls under way, and the structure
 * stays for a while with Ended set, so that late calls find it rather than freed memory.
 */
#include "session.h"
#include "adapter.h"
#include "log.h"
#include "system.h"

#include <winioctl.h>

/* How many ended sessions are kept. */
#define SESSION_ENDED_COUNT 16

/* The driver's input, in the layout of this process. */
typedef struct _SESSION_RING_DESCRIPTOR
{
    ULONG RingSize;
    TUN_RING *Ring;
    HANDLE TailMoved;
} SESSION_RING_DESCRIPTOR;

typedef struct _SESSION_REGISTER_RINGS
{
    SESSION_RING_DESCRIPTOR Send;
    SESSION_RING_DESCRIPTOR Receive;
} SESSION_REGISTER_RINGS;

#ifdef _WIN64
_Static_assert(sizeof(SESSION_REGISTER_RINGS) == sizeof(TUN_REGISTER_RINGS64), "64-bit layout");
#else
_Static_assert(sizeof(SESSION_REGISTER_RINGS) == sizeof(TUN_REGISTER_RINGS32), "32-bit layout");
#endif
_Static_assert(WINTUN_MIN_RING_CAPACITY == TUN_RING_MIN_CAPACITY, "smallest capacity");
_Static_assert(WINTUN_MAX_RING_CAPACITY == TUN_RING_MAX_CAPACITY, "largest capacity");
_Static_assert(WINTUN_MAX_IP_PACKET_SIZE == TUN_MAX_IP_PACKET_SIZE, "largest packet");

static SRWLOCK SessionEndedLock = SRWLOCK_INIT;
static WINTUN_SESSION_HANDLE SessionEnded[SESSION_ENDED_COUNT]; /* SessionEndedLock */
static ULONG SessionEndedNext;                                  /* SessionEndedLock */

static VOID SessionFree(WINTUN_SESSION_HANDLE Session)
{
    if (Session == NULL)
    {
        return;
    }
    if (Session->WriteEvent != NULL)
    {
        CloseHandle(Session->WriteEvent);
    }
    if (Session->ReadEvent != NULL)
    {
        CloseHandle(Session->ReadEvent);
    }
    if (Session->Memory != NULL)
    {
        VirtualFree(Session->Memory, 0, MEM_RELEASE);
    }
    SystemFree(Session);
}

/* Keeps an ended session, and frees the one that has been kept longest. */
static VOID SessionKeepEnded(WINTUN_SESSION_HANDLE Session)
{
    AcquireSRWLockExclusive(&SessionEndedLock);
    WINTUN_SESSION_HANDLE Oldest = SessionEnded[SessionEndedNext];
    SessionEnded[SessionEndedNext] = Session;
    SessionEndedNext = (SessionEndedNext + 1) % SESSION_ENDED_COUNT;
    ReleaseSRWLockExclusive(&SessionEndedLock);
    SessionFree(Oldest);
}

VOID SessionUninitialize(VOID)
{
    for (ULONG Index = 0; Index < SESSION_ENDED_COUNT; ++Index)
    {
        SessionFree(SessionEnded[Index]);
        SessionEnded[Index] = NULL;
    }
}

WINTUN_SESSION_HANDLE SessionAllocate(DWORD Capacity)
{
    if (!TunRingIsCapacity(Capacity))
    {
        LogFailure(
            WINTUN_LOG_ERR, ERROR_INVALID_PARAMETER,
            L"The capacity 0x%1!X! is not a power of two from 0x%2!X! to 0x%3!X!", Capacity,
            TUN_RING_MIN_CAPACITY, TUN_RING_MAX_CAPACITY);
        return NULL;
    }
    /* The second ring starts on a cache line of its own. */
    SIZE_T RingSpace =
        (TUN_RING_SIZE(Capacity) + SESSION_CACHE_LINE - 1) & ~(SIZE_T)(SESSION_CACHE_LINE - 1);
    WINTUN_SESSION_HANDLE Session = SystemAllocate(sizeof(*Session));
    if (Session == NULL)
    {
        LogLastError(L"Allocating %1!u! bytes for a session", (DWORD)sizeof(*Session));
        return NULL;
    }
    Session->Memory = VirtualAlloc(
        NULL, RingSpace + TUN_RING_SIZE(Capacity), MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    if (Session->Memory == NULL)
    {
        LogLastError(L"Allocating two rings of capacity 0x%1!X!", Capacity);
        goto Cleanup;
    }
    Session->ReadEvent = CreateEventW(NULL, FALSE, FALSE, NULL);
    Session->WriteEvent = CreateEventW(NULL, FALSE, FALSE, NULL);
    if (Session->ReadEvent == NULL || Session->WriteEvent == NULL)
    {
        LogLastError(L"Creating the events of a session");
        goto Cleanup;
    }
    TUN_RING *SendRing = Session->Memory;
    TUN_RING *ReceiveRing = (TUN_RING *)(VOID *)((BYTE *)Session->Memory + RingSpace);
    /*
     * Clients wait on the read event by themselves, several threads perhaps and at times without
     * having seen the ring empty, so only they know when the consumer sleeps. Alertable therefore
     * says so all the time: the driver signals whenever it has published.
     */
    SendRing->Alertable = 1;
    RingConsumerInitialize(&Session->Receive.Cursor, SendRing, Capacity);
    RingProducerInitialize(&Session->Send.Cursor, ReceiveRing, Capacity);
    return Session;

Cleanup:;
    DWORD Error = GetLastError();
    SessionFree(Session);
    SetLastError(Error);
    return NULL;
}

static BOOL SessionRegister(WINTUN_SESSION_HANDLE Session, DWORD Capacity)
{
    SESSION_REGISTER_RINGS Rings = {
        .Send = {TUN_RING_SIZE(Capacity), Session->Receive.Cursor.Ring, Session->ReadEvent},
        .Receive = {TUN_RING_SIZE(Capacity), Session->Send.Cursor.Ring, Session->WriteEvent},
    };
    DWORD Returned;

    return DeviceIoControl(
        Session->Device, TUN_IOCTL_REGISTER_RINGS, &Rings, sizeof(Rings), NULL, 0, &Returned, NULL);
}

WINTUN_SESSION_HANDLE WINAPI WintunStartSession(WINTUN_ADAPTER_HANDLE Adapter, DWORD Capacity)
{
    WINTUN_SESSION_HANDLE Session = SessionAllocate(Capacity);
    if (Session == NULL)
    {
        return NULL;
    }
    HANDLE Device;
    if (!DeviceNodeOpen(Adapter->InstanceId, &Device))
    {
        goto CleanupSession;
    }
    Session->Device = Device;
    if (!SessionRegister(Session, Capacity))
    {
        LogLastError(
            L"Registering rings of capacity 0x%1!X! with %2", Capacity, Adapter->InstanceId);
        goto CleanupDevice;
    }
    return Session;

    DWORD Error;
CleanupDevice:
    Error = GetLastError();
    CloseHandle(Device);
    SetLastError(Error);
CleanupSession:
    Error = GetLastError();
    SessionFree(Session);
    SetLastError(Error);
    return NULL;
}

VOID WINAPI WintunEndSession(WINTUN_SESSION_HANDLE Session)
{
    AcquireSRWLockExclusive(&Session->Receive.Lock);
    Session->Receive.Ended = TRUE;
    ReleaseSRWLockExclusive(&Session->Receive.Lock);
    AcquireSRWLockExclusive(&Session->Send.Lock);
    Session->Send.Ended = TRUE;
    ReleaseSRWLockExclusive(&Session->Send.Lock);

    /* Now that it finds the end when it looks, wake the thread that waits for packets. */
    SetEvent(Session->ReadEvent);
    if (Session->Device != NULL)
    {
        /* The driver lets go of the rings before this returns. */
        CloseHandle(Session->Device);
        Session->Device = NULL;
    }
    VirtualFree(Session->Memory, 0, MEM_RELEASE);
    Session->Memory = NULL;
    SessionKeepEnded(Session);
}

HANDLE WINAPI WintunGetReadWaitEvent(WINTUN_SESSION_HANDLE Session)
{
    return Session->ReadEvent;
}
