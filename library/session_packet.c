/* SPDX-License-Identifier: MIT */
/*
 * The packet calls, for one packet and for several. The algorithm is in ring/in_flight.h and beside
 * it; here are the client's pointers, the end of a session, and what is told of it. The log is
 * written after SessionLeave: its reader may end the session.
 */
#include "log.h"
#include "session.h"

/* What is handed out is written by ring/ as its own structure. */
_Static_assert(sizeof(ADIT_PACKET) == sizeof(RING_PACKET), "ADIT_PACKET");
_Static_assert(offsetof(ADIT_PACKET, Data) == offsetof(RING_PACKET, Data), "ADIT_PACKET.Data");
_Static_assert(offsetof(ADIT_PACKET, Size) == offsetof(RING_PACKET, Length), "ADIT_PACKET.Size");
_Static_assert(sizeof(DWORD) == sizeof(uint32_t), "DWORD");

/* What a call found when it got no packets. */
typedef struct _SESSION_OUTCOME
{
    DWORD Error;
    LPCWSTR News; /* what the log has to be told; NULL: nothing new */
} SESSION_OUTCOME;

/* Inside: the session has come to its end, or is found there; Why: what this call has noticed. */
static SESSION_OUTCOME
SessionFinish(WINTUN_SESSION_HANDLE Session, SESSION_STATE Why, BOOL Receiving)
{
    SESSION_OUTCOME Outcome = {ERROR_HANDLE_EOF, NULL};

    if (InterlockedCompareExchange(&Session->State, Why, SessionRunning) == SessionRunning)
    {
        Outcome.News = Why == SessionCorrupt ? L"The session ends: a ring is corrupt"
                                             : L"The session ends: the adapter is terminating";
        SessionWakeAll(Session);
    }
    if (!Receiving)
    {
        SessionWakeWritersSoon(Session);
        return Outcome;
    }
    if (Session->State == SessionCorrupt)
    {
        Outcome.Error = ERROR_INVALID_DATA;
    }
    SessionWakeReader(Session);
    return Outcome;
}

/* Outside: the last error of a call that got no packets. */
static VOID SessionTell(const SESSION_OUTCOME *Outcome)
{
    if (Outcome->News != NULL)
    {
        LogFailure(WINTUN_LOG_WARN, Outcome->Error, L"%1", Outcome->News);
    }
    SetLastError(Outcome->Error);
}

static DWORD SessionTake(WINTUN_SESSION_HANDLE Session, RING_PACKET *Packets, DWORD Count)
{
    SESSION_OUTCOME Outcome = {ERROR_HANDLE_EOF, NULL};
    SESSION_STRIPE *Stripe = SessionEnter(Session);
    RING_POLL_RESULT Result = RingTerminated;
    DWORD Taken = 0;

    if (Stripe == NULL)
    {
        SessionWakeReader(Session);
        SetLastError(ERROR_HANDLE_EOF);
        return 0;
    }
    if (Session->State == SessionRunning)
    {
        Taken = RingSharedConsumerTake(&Session->Receive, Packets, Count, &Result);
    }
    if (Taken == 0 && Result == RingEmpty)
    {
        InterlockedIncrement64(&Session->ReceiveEmpty);
        Outcome.Error = ERROR_NO_MORE_ITEMS;
    }
    else if (Taken == 0)
    {
        Outcome = SessionFinish(
            Session, Result == RingCorrupt ? SessionCorrupt : SessionTerminated, TRUE);
    }
    SessionLeave(Session, Stripe);
    if (Taken == 0)
    {
        SessionTell(&Outcome);
    }
    return Taken;
}

static DWORD SessionReserve(WINTUN_SESSION_HANDLE Session, RING_PACKET *Packets, DWORD Count)
{
    SESSION_OUTCOME Outcome = {ERROR_HANDLE_EOF, NULL};
    SESSION_STRIPE *Stripe = SessionEnter(Session);
    RING_RESERVE_RESULT Result = RingReserveCorrupt;
    DWORD Reserved = 0;

    if (Stripe == NULL)
    {
        SetLastError(ERROR_HANDLE_EOF);
        return 0;
    }
    if (Session->State == SessionRunning)
    {
        Reserved = RingSharedProducerReserve(&Session->Send, Packets, Count, &Result);
    }
    if (Reserved == 0 && Result == RingFull)
    {
        InterlockedIncrement64(&Session->SendFull);
        SessionWakeWritersSoon(Session);
        Outcome.Error = ERROR_BUFFER_OVERFLOW;
    }
    else if (Reserved == 0)
    {
        BOOL Left = RingLoadRelaxed(&Session->Send.Ring->Head) == TUN_RING_TERMINATED;
        Outcome = SessionFinish(Session, Left ? SessionTerminated : SessionCorrupt, FALSE);
    }
    SessionLeave(Session, Stripe);
    if (Reserved == 0)
    {
        SessionTell(&Outcome);
    }
    return Reserved;
}

/*
 * Inside: completes the packet that a client hands back. FALSE: none that is in flight starts
 * there. The Size of a packet to be sent is written now, so that it is right whatever the client
 * has written in front of its packet.
 */
static BOOL SessionComplete(RING_IN_FLIGHT *InFlight, TUN_RING *Ring, const BYTE *Data, BOOL Sends)
{
    ULONG_PTR Distance = (ULONG_PTR)Data - sizeof(TUN_PACKET) - (ULONG_PTR)Ring->Data;
    uint32_t Length;

    if (Distance >= InFlight->Capacity || Distance % TUN_PACKET_ALIGNMENT != 0 ||
        !RingInFlightFind(InFlight, (uint32_t)Distance, &Length))
    {
        return FALSE;
    }
    if (Sends)
    {
        ((TUN_PACKET *)(VOID *)(Ring->Data + Distance))->Size = Length;
    }
    RingInFlightComplete(InFlight, (uint32_t)Distance, Length);
    return TRUE;
}

static VOID SessionTellStrays(DWORD Strays, LPCWSTR What)
{
    if (Strays != 0)
    {
        LogFailure(
            WINTUN_LOG_ERR, ERROR_INVALID_PARAMETER,
            L"%1 %2!u! packets that were not handed out, or are given back already", What, Strays);
    }
}

static VOID SessionRelease(WINTUN_SESSION_HANDLE Session, const ADIT_PACKET *Packets, DWORD Count)
{
    RING_SHARED_CONSUMER *Side = &Session->Receive;
    SESSION_STRIPE *Stripe = SessionEnter(Session);
    DWORD Strays = 0;

    if (Stripe == NULL)
    {
        return;
    }
    for (DWORD Index = 0; Index < Count; ++Index)
    {
        Strays += !SessionComplete(&Side->InFlight, Side->Ring, Packets[Index].Data, FALSE);
    }
    if (Strays != Count)
    {
        RingSharedConsumerRelease(Side);
    }
    SessionLeave(Session, Stripe);
    SessionTellStrays(Strays, L"Releasing");
}

static VOID SessionSend(WINTUN_SESSION_HANDLE Session, const ADIT_PACKET *Packets, DWORD Count)
{
    RING_SHARED_PRODUCER *Side = &Session->Send;
    SESSION_STRIPE *Stripe = SessionEnter(Session);
    DWORD Strays = 0;

    if (Stripe == NULL)
    {
        return;
    }
    for (DWORD Index = 0; Index < Count; ++Index)
    {
        Strays += !SessionComplete(&Side->InFlight, Side->Ring, Packets[Index].Data, TRUE);
    }
    if (Strays != Count && RingSharedProducerPublish(Side))
    {
        SetEvent(Session->TailMoved);
        InterlockedIncrement64(&Session->DriverWakeUps);
    }
    SessionLeave(Session, Stripe);
    SessionTellStrays(Strays, L"Sending");
}

static BOOL SessionCheckSize(DWORD Size)
{
    if (Size > WINTUN_MAX_IP_PACKET_SIZE)
    {
        LogFailure(
            WINTUN_LOG_ERR, ERROR_INVALID_PARAMETER,
            L"Sending a packet of %1!u! bytes; the largest has %2!u!", Size,
            WINTUN_MAX_IP_PACKET_SIZE);
        return FALSE;
    }
    return TRUE;
}

static BOOL SessionCheckCount(DWORD Count)
{
    if (Count == 0)
    {
        LogFailure(WINTUN_LOG_ERR, ERROR_INVALID_PARAMETER, L"Asking for a batch of 0 packets");
        return FALSE;
    }
    return TRUE;
}

BYTE *WINAPI WintunReceivePacket(WINTUN_SESSION_HANDLE Session, DWORD *PacketSize)
{
    RING_PACKET Packet;

    if (SessionTake(Session, &Packet, 1) == 0)
    {
        return NULL;
    }
    *PacketSize = Packet.Length;
    return Packet.Data;
}

DWORD WINAPI AditReceivePackets(WINTUN_SESSION_HANDLE Session, ADIT_PACKET *Packets, DWORD Count)
{
    return SessionCheckCount(Count) ? SessionTake(Session, (RING_PACKET *)(VOID *)Packets, Count)
                                    : 0;
}

VOID WINAPI WintunReleaseReceivePacket(WINTUN_SESSION_HANDLE Session, const BYTE *Packet)
{
    ADIT_PACKET Only = {(BYTE *)Packet, 0};

    SessionRelease(Session, &Only, 1);
}

VOID WINAPI
AditReleaseReceivePackets(WINTUN_SESSION_HANDLE Session, const ADIT_PACKET *Packets, DWORD Count)
{
    SessionRelease(Session, Packets, Count);
}

BYTE *WINAPI WintunAllocateSendPacket(WINTUN_SESSION_HANDLE Session, DWORD PacketSize)
{
    RING_PACKET Packet = {.Length = PacketSize};

    if (!SessionCheckSize(PacketSize) || SessionReserve(Session, &Packet, 1) == 0)
    {
        return NULL;
    }
    return Packet.Data;
}

DWORD WINAPI
AditAllocateSendPackets(WINTUN_SESSION_HANDLE Session, ADIT_PACKET *Packets, DWORD Count)
{
    if (!SessionCheckCount(Count))
    {
        return 0;
    }
    for (DWORD Index = 0; Index < Count; ++Index)
    {
        if (!SessionCheckSize(Packets[Index].Size))
        {
            return 0;
        }
    }
    return SessionReserve(Session, (RING_PACKET *)(VOID *)Packets, Count);
}

VOID WINAPI WintunSendPacket(WINTUN_SESSION_HANDLE Session, const BYTE *Packet)
{
    ADIT_PACKET Only = {(BYTE *)Packet, 0};

    SessionSend(Session, &Only, 1);
}

VOID WINAPI AditSendPackets(WINTUN_SESSION_HANDLE Session, const ADIT_PACKET *Packets, DWORD Count)
{
    SessionSend(Session, Packets, Count);
}
