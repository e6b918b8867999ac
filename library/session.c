/* SPDX-License-Identifier: MIT */
/*
 * Sessions: registering the rings with the driver and ending that again. The packet calls are in
 * session_packet.c, what threads wait for in session_wait.c.
 *
 * A client may be inside a packet call, or about to make one, when another of its threads ends the
 * session. So ending waits for the calls under way, and the structure with its events stays for a
 * while, so that late calls find it rather than freed memory.
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

static SRWLOCK SessionLock = SRWLOCK_INIT;
static WINTUN_SESSION_HANDLE SessionOpen;                           /* SessionLock: a list */
static WINTUN_SESSION_HANDLE SessionEndedOnes[SESSION_ENDED_COUNT]; /* SessionLock */
static ULONG SessionEndedNext;                                      /* SessionLock */

/* What nobody needs once calls under way have left; the driver lets go of the rings first. */
static VOID SessionFreeRings(WINTUN_SESSION_HANDLE Session)
{
    if (Session->Device != NULL)
    {
        CloseHandle(Session->Device);
        Session->Device = NULL;
    }
    if (Session->Entries != NULL)
    {
        VirtualFree(Session->Entries, 0, MEM_RELEASE);
        Session->Entries = NULL;
    }
    if (Session->Memory != NULL)
    {
        VirtualFree(Session->Memory, 0, MEM_RELEASE);
        Session->Memory = NULL;
    }
}

static VOID SessionFree(WINTUN_SESSION_HANDLE Session)
{
    if (Session == NULL)
    {
        return;
    }
    SessionFreeRings(Session);
    HANDLE Handles[] = {Session->ReadEvent, Session->TailMoved, Session->WriteWait, Session->Left};
    for (ULONG Index = 0; Index < ARRAYSIZE(Handles); ++Index)
    {
        if (Handles[Index] != NULL)
        {
            CloseHandle(Handles[Index]);
        }
    }
    SystemFree(Session);
}

/* Shows the session to SessionUninitialize. */
static VOID SessionKeepOpen(WINTUN_SESSION_HANDLE Session)
{
    AcquireSRWLockExclusive(&SessionLock);
    Session->Next = SessionOpen;
    Session->Link = &SessionOpen;
    if (SessionOpen != NULL)
    {
        SessionOpen->Link = &Session->Next;
    }
    SessionOpen = Session;
    ReleaseSRWLockExclusive(&SessionLock);
}

/* Keeps an ended session, and frees the one that has been kept longest. */
static VOID SessionKeepEnded(WINTUN_SESSION_HANDLE Session)
{
    AcquireSRWLockExclusive(&SessionLock);
    if (Session->Link != NULL)
    {
        *Session->Link = Session->Next;
        if (Session->Next != NULL)
        {
            Session->Next->Link = Session->Link;
        }
    }
    WINTUN_SESSION_HANDLE Oldest = SessionEndedOnes[SessionEndedNext];
    SessionEndedOnes[SessionEndedNext] = Session;
    SessionEndedNext = (SessionEndedNext + 1) % SESSION_ENDED_COUNT;
    ReleaseSRWLockExclusive(&SessionLock);
    SessionFree(Oldest);
}

VOID SessionUninitialize(VOID)
{
    while (SessionOpen != NULL)
    {
        WINTUN_SESSION_HANDLE Session = SessionOpen;
        SessionOpen = Session->Next;
        Session->State = SessionEnded;
        SessionWakeAll(Session);
        SessionFree(Session);
    }
    for (ULONG Index = 0; Index < SESSION_ENDED_COUNT; ++Index)
    {
        SessionFree(SessionEndedOnes[Index]);
        SessionEndedOnes[Index] = NULL;
    }
}

/*
 * Where a ring starts, from the start of a cache line: Head is the last word of that line, so that
 * a consumer that moves Head does not take Tail from the producer.
 */
#define SESSION_RING_OFFSET (SESSION_CACHE_LINE - offsetof(TUN_RING, Tail))

/* Allocates both rings, and the library's records beside them. */
static BOOL SessionAllocateRings(WINTUN_SESSION_HANDLE Session, DWORD Capacity)
{
    SIZE_T RingSpace = (SESSION_RING_OFFSET + TUN_RING_SIZE(Capacity) + SESSION_CACHE_LINE - 1) &
                       ~(SIZE_T)(SESSION_CACHE_LINE - 1);
    SIZE_T EntriesSpace = RING_IN_FLIGHT_SIZE(Capacity);

    Session->Memory = VirtualAlloc(NULL, 2 * RingSpace, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    if (Session->Memory != NULL)
    {
        Session->Entries =
            VirtualAlloc(NULL, 2 * EntriesSpace, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    }
    if (Session->Entries == NULL)
    {
        LogLastError(L"Allocating two rings of capacity 0x%1!X!", Capacity);
        return FALSE;
    }
    BYTE *First = (BYTE *)Session->Memory + SESSION_RING_OFFSET;
    BYTE *Entries = Session->Entries;
    TUN_RING *SendRing = (TUN_RING *)(VOID *)First;
    TUN_RING *ReceiveRing = (TUN_RING *)(VOID *)(First + RingSpace);
    SendRing->Alertable = TUN_RING_ALERTABLE_MAINTAINED;
    RingSharedConsumerInitialize(
        &Session->Receive, SendRing, Capacity, (volatile uint16_t *)(VOID *)Entries);
    RingSharedProducerInitialize(
        &Session->Send, ReceiveRing, Capacity,
        (volatile uint16_t *)(VOID *)(Entries + EntriesSpace));
    return TRUE;
}

static BOOL SessionCreateEvents(WINTUN_SESSION_HANDLE Session)
{
    Session->ReadEvent = CreateEventW(NULL, FALSE, FALSE, NULL);
    Session->TailMoved = CreateEventW(NULL, FALSE, FALSE, NULL);
    Session->Left = CreateEventW(NULL, FALSE, FALSE, NULL);
    if (Session->ReadEvent == NULL || Session->TailMoved == NULL || Session->Left == NULL)
    {
        LogLastError(L"Creating the events of a session");
        return FALSE;
    }
    return TRUE;
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
    WINTUN_SESSION_HANDLE Session = SystemAllocate(sizeof(*Session));
    if (Session == NULL)
    {
        LogLastError(L"Allocating %1!u! bytes for a session", (DWORD)sizeof(*Session));
        return NULL;
    }
    if (SessionAllocateRings(Session, Capacity) && SessionCreateEvents(Session))
    {
        return Session;
    }
    DWORD Error = GetLastError();
    SessionFree(Session);
    SetLastError(Error);
    return NULL;
}

static BOOL SessionRegister(WINTUN_SESSION_HANDLE Session, DWORD Capacity)
{
    SESSION_REGISTER_RINGS Rings = {
        .Send = {TUN_RING_SIZE(Capacity), Session->Receive.Ring, Session->ReadEvent},
        .Receive = {TUN_RING_SIZE(Capacity), Session->Send.Ring, Session->TailMoved},
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
    if (!DeviceNodeOpen(Adapter->InstanceId, &Session->Device))
    {
        Session->Device = NULL;
        goto Cleanup;
    }
    /* Before the session counts anything; a driver that does not tell is no failure. */
    Session->HasCounters = SessionQueryCounters(Session, &Session->Counters);
    if (!SessionRegister(Session, Capacity))
    {
        LogLastError(
            L"Registering rings of capacity 0x%1!X! with %2", Capacity, Adapter->InstanceId);
        goto Cleanup;
    }
    /* Nobody can wait for the read event until WintunGetReadWaitEvent hands it out. */
    RingStoreRelaxedSigned(&Session->Receive.Ring->Alertable, FALSE);
    SessionKeepOpen(Session);
    LogWrite(
        WINTUN_LOG_INFO, L"Started a session of %1 with rings of capacity 0x%2!X!",
        Adapter->InstanceId, Capacity);
    return Session;

Cleanup:;
    DWORD Error = GetLastError();
    SessionFree(Session);
    SetLastError(Error);
    return NULL;
}

static BOOL SessionIsInside(WINTUN_SESSION_HANDLE Session)
{
    for (ULONG Index = 0; Index < SESSION_STRIPES; ++Index)
    {
        if (__atomic_load_n(&Session->Stripes[Index].Inside, __ATOMIC_SEQ_CST) != 0)
        {
            return TRUE;
        }
    }
    return FALSE;
}

VOID WINAPI WintunEndSession(WINTUN_SESSION_HANDLE Session)
{
    if (Session == NULL)
    {
        return;
    }
    if (__atomic_exchange_n(&Session->State, SessionEnded, __ATOMIC_SEQ_CST) == SessionEnded)
    {
        LogFailure(WINTUN_LOG_ERR, ERROR_INVALID_HANDLE, L"Ending a session that has been ended");
        return;
    }
    /* Now that they find the end when they look, wake the threads that wait. */
    Session->EndWakes = 0;
    SessionWakeAll(Session);
    /* Whoever leaves from now on sets the event. */
    while (SessionIsInside(Session))
    {
        WaitForSingleObject(Session->Left, INFINITE);
    }
    SessionFreeRings(Session);
    SessionKeepEnded(Session);
    LogWrite(WINTUN_LOG_INFO, L"Ended a session");
}
