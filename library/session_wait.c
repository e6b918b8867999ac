/* SPDX-License-Identifier: MIT */
/*
 * The objects that threads wait for when a ring is empty or full.
 *
 * Clients wait for the read event by themselves, several threads perhaps and at times without
 * having seen the ring empty, so the library cannot know when its consumer sleeps. From the moment
 * at which a client gets the event, Alertable of the send ring therefore says so all the time;
 * before, nobody can wait, and it says that nobody does. Bit 1 at registration tells drivers that
 * know it to go by that.
 *
 * The ring has no word by which a driver could say that it has made room, so the write event is a
 * timer. A call that finds the ring full sets it, unless it is set already: then it is signalled
 * before long, however many threads poll meanwhile. It stays signalled, for all who wait, until the
 * next such call.
 */
#include "log.h"
#include "session.h"

#define SESSION_MIN_WRITE_WAIT_US 500
#define SESSION_MAX_WRITE_WAIT_US 16000

/* Wakes of readers that find the end: more than threads wait, and not for ever. */
#define SESSION_MAX_END_WAKES 256

#ifndef CREATE_WAITABLE_TIMER_HIGH_RESOLUTION
#define CREATE_WAITABLE_TIMER_HIGH_RESOLUTION 0x00000002 /* Windows 10, version 1803 */
#endif

HANDLE WINAPI WintunGetReadWaitEvent(WINTUN_SESSION_HANDLE Session)
{
    RING_SHARED_CONSUMER *Side = &Session->Receive;

    if (Session->ReadEventGiven)
    {
        return Session->ReadEvent;
    }
    SESSION_STRIPE *Stripe = SessionEnter(Session);
    if (Stripe == NULL)
    {
        return Session->ReadEvent;
    }
    RingStoreRelaxedSigned(&Side->Ring->Alertable, TRUE);
    /* Full fence: what the driver has published before it could see that is found here. */
    RingFullFence();
    if (RingLoadAcquire(&Side->Ring->Tail) !=
        ((uint32_t)RingLoadAcquire64(&Side->Next) & (Side->Capacity - 1)))
    {
        SetEvent(Session->ReadEvent);
    }
    Session->ReadEventGiven = TRUE;
    SessionLeave(Session, Stripe);
    return Session->ReadEvent;
}

VOID SessionWakeReader(WINTUN_SESSION_HANDLE Session)
{
    /* A client that never takes the end for an answer must not run in circles. */
    if (InterlockedIncrement(&Session->EndWakes) <= SESSION_MAX_END_WAKES)
    {
        SetEvent(Session->ReadEvent);
    }
    else
    {
        Session->EndWakes = SESSION_MAX_END_WAKES;
    }
}

static VOID SessionSetWriteWait(HANDLE Timer, LONG Microseconds)
{
    /* Relative times are negative, in units of 100 ns. */
    LARGE_INTEGER Due = {.QuadPart = -10 * (LONGLONG)Microseconds};

    SetWaitableTimer(Timer, &Due, 0, NULL, NULL, FALSE);
}

VOID SessionWakeWritersSoon(WINTUN_SESSION_HANDLE Session)
{
    HANDLE Timer = Session->WriteWait;

    if (Timer == NULL || WaitForSingleObject(Timer, 0) != WAIT_OBJECT_0)
    {
        return;
    }
    uint32_t Head = RingLoadRelaxed(&Session->Send.Ring->Head);
    LONG Delay = SESSION_MIN_WRITE_WAIT_US;
    if (Head == Session->WriteWaitHead)
    {
        Delay = Session->WriteWaitDelay * 2;
        Delay = Delay < SESSION_MAX_WRITE_WAIT_US ? Delay : SESSION_MAX_WRITE_WAIT_US;
    }
    Session->WriteWaitHead = Head;
    Session->WriteWaitDelay = Delay;
    SessionSetWriteWait(Timer, Delay);
}

HANDLE WINAPI AditGetWriteWaitEvent(WINTUN_SESSION_HANDLE Session)
{
    if (Session->WriteWait != NULL)
    {
        return Session->WriteWait;
    }
    HANDLE Timer = CreateWaitableTimerExW(
        NULL, NULL, CREATE_WAITABLE_TIMER_MANUAL_RESET | CREATE_WAITABLE_TIMER_HIGH_RESOLUTION,
        TIMER_ALL_ACCESS);
    if (Timer == NULL)
    {
        Timer = CreateWaitableTimerExW(
            NULL, NULL, CREATE_WAITABLE_TIMER_MANUAL_RESET, TIMER_ALL_ACCESS);
    }
    if (Timer == NULL)
    {
        LogLastError(L"Creating the write event of a session");
        return NULL;
    }
    /* A call may have found the ring full before there was a timer: the first wait ends at once. */
    Session->WriteWaitDelay = SESSION_MIN_WRITE_WAIT_US;
    SessionSetWriteWait(Timer, 0);
    if (InterlockedCompareExchangePointer((PVOID volatile *)&Session->WriteWait, Timer, NULL) !=
        NULL)
    {
        CloseHandle(Timer);
    }
    return Session->WriteWait;
}

VOID SessionWakeAll(WINTUN_SESSION_HANDLE Session)
{
    SetEvent(Session->ReadEvent);
    if (Session->WriteWait != NULL)
    {
        SessionSetWriteWait(Session->WriteWait, 0);
    }
}
