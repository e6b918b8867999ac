/* SPDX-License-Identifier: MIT */
/*
 * The packet calls. Each side of a session has a lock that is held for a few memory accesses only,
 * never while a system call is made.
 *
 * Packets may come back in any order. One that has come back (released or sent) but waits for an
 * earlier one is told from the others by the top bit of its Size, which no valid size has set. The
 * driver reads neither of these fields: those of the send ring it wrote itself, and those of the
 * receive ring lie behind Tail until the bit is gone.
 */
#include "session.h"
#include "log.h"

/* Send ring: the client has released the packet. Receive ring: it has not sent it yet. */
#define SESSION_PACKET_MARK 0x80000000u

static TUN_PACKET *SessionPacketAt(TUN_RING *Ring, ULONG Offset)
{
    return (TUN_PACKET *)(VOID *)(Ring->Data + Offset);
}

/* The offset of a packet that a client hands back; FALSE if no packet can start there. */
static BOOL
SessionPacketOffset(const TUN_RING *Ring, ULONG Capacity, const BYTE *Data, ULONG *Offset)
{
    ULONG_PTR Distance = (ULONG_PTR)Data - sizeof(TUN_PACKET) - (ULONG_PTR)Ring->Data;

    *Offset = (ULONG)Distance;
    return Distance < Capacity && TunRingIsOffset(*Offset, Capacity);
}

/* Whether Offset lies in the part of a ring that starts at First and ends before End. */
static BOOL SessionIsWithin(ULONG Offset, ULONG First, ULONG End, ULONG Capacity)
{
    return ((Offset - First) & (Capacity - 1)) < ((End - First) & (Capacity - 1));
}

/*
 * The offset behind the packet of that size at Offset; FALSE if the packet does not end by End,
 * because the client has written over its size.
 */
static BOOL SessionNextOffset(ULONG Size, ULONG Offset, ULONG End, ULONG Capacity, ULONG *Next)
{
    if (Size > TUN_MAX_IP_PACKET_SIZE || TUN_PACKET_SPACE(Size) > ((End - Offset) & (Capacity - 1)))
    {
        return FALSE;
    }
    *Next = (Offset + TUN_PACKET_SPACE(Size)) & (Capacity - 1);
    return TRUE;
}

/* Logs the end of a session once; a client may ask again and again. */
static VOID SessionTell(DWORD Error, LPCWSTR What, volatile LONG *Told)
{
    if (!InterlockedExchange(Told, TRUE))
    {
        LogFailure(
            Error == ERROR_HANDLE_EOF ? WINTUN_LOG_WARN : WINTUN_LOG_ERR, Error, L"%1", What);
    }
    SetLastError(Error);
}

static DWORD SessionTake(SESSION_RECEIVE *Side, BYTE **Data, DWORD *PacketSize)
{
    TUN_PACKET *Packet;
    uint32_t Length;

    if (Side->Ended)
    {
        return ERROR_HANDLE_EOF;
    }
    if (Side->Corrupt)
    {
        return ERROR_INVALID_DATA;
    }
    RING_POLL_RESULT Result = RingConsumerPoll(&Side->Cursor);
    if (Result == RingNotEmpty)
    {
        Result = RingConsumerPeek(&Side->Cursor, &Packet, &Length);
    }
    switch (Result)
    {
    case RingNotEmpty:
        RingConsumerAdvance(&Side->Cursor, Length);
        *Data = Packet->Data;
        *PacketSize = Length;
        return ERROR_SUCCESS;
    case RingEmpty:
        return ERROR_NO_MORE_ITEMS;
    case RingTerminated:
        return ERROR_HANDLE_EOF;
    default:
        Side->Corrupt = TRUE;
        return ERROR_INVALID_DATA;
    }
}

BYTE *WINAPI WintunReceivePacket(WINTUN_SESSION_HANDLE Session, DWORD *PacketSize)
{
    SESSION_RECEIVE *Side = &Session->Receive;
    BYTE *Data = NULL;

    AcquireSRWLockExclusive(&Side->Lock);
    DWORD Error = SessionTake(Side, &Data, PacketSize);
    BOOL Ended = Side->Ended;
    ReleaseSRWLockExclusive(&Side->Lock);
    switch (Error)
    {
    case ERROR_SUCCESS:
        break;
    case ERROR_NO_MORE_ITEMS:
        SetLastError(Error);
        break;
    case ERROR_HANDLE_EOF:
        if (Ended)
        {
            /* The event wakes one waiter each time; let it wake the next. */
            SetEvent(Session->ReadEvent);
            SetLastError(Error);
            break;
        }
        SessionTell(Error, L"Receiving: the adapter is terminating", &Side->Told);
        break;
    default:
        SessionTell(Error, L"Receiving: the ring of received packets is corrupt", &Side->Told);
        break;
    }
    return Data;
}

/* Gives the driver the space of all packets that nothing unreleased precedes. */
static VOID SessionAdvanceHead(SESSION_RECEIVE *Side)
{
    RING_CONSUMER *Cursor = &Side->Cursor;
    ULONG Offset = Side->Released;

    while (Offset != Cursor->Next)
    {
        ULONG Size = SessionPacketAt(Cursor->Ring, Offset)->Size;
        if (!(Size & SESSION_PACKET_MARK))
        {
            break;
        }
        if (!SessionNextOffset(
                Size & ~SESSION_PACKET_MARK, Offset, Cursor->Next, Cursor->Capacity, &Offset))
        {
            Side->Corrupt = TRUE;
            break;
        }
    }
    if (Offset != Side->Released)
    {
        Side->Released = Offset;
        RingConsumerRelease(Cursor, Offset);
    }
}

VOID WINAPI WintunReleaseReceivePacket(WINTUN_SESSION_HANDLE Session, const BYTE *Packet)
{
    SESSION_RECEIVE *Side = &Session->Receive;
    RING_CONSUMER *Cursor = &Side->Cursor;
    ULONG Offset;
    BOOL IsOurs = TRUE;

    AcquireSRWLockExclusive(&Side->Lock);
    if (!Side->Ended)
    {
        IsOurs = SessionPacketOffset(Cursor->Ring, Cursor->Capacity, Packet, &Offset) &&
                 SessionIsWithin(Offset, Side->Released, Cursor->Next, Cursor->Capacity);
        if (IsOurs)
        {
            SessionPacketAt(Cursor->Ring, Offset)->Size |= SESSION_PACKET_MARK;
            SessionAdvanceHead(Side);
        }
    }
    ReleaseSRWLockExclusive(&Side->Lock);
    if (!IsOurs)
    {
        LogFailure(
            WINTUN_LOG_ERR, ERROR_INVALID_PARAMETER,
            L"Releasing a packet that was not received, or is released already");
    }
}

static DWORD SessionReserve(SESSION_SEND *Side, DWORD PacketSize, BYTE **Data)
{
    RING_PRODUCER *Cursor = &Side->Cursor;
    uint32_t Offset;

    if (Side->Ended || RingLoadRelaxed(&Cursor->Ring->Head) == TUN_RING_TERMINATED)
    {
        return ERROR_HANDLE_EOF;
    }
    if (Side->Corrupt)
    {
        return ERROR_INVALID_DATA;
    }
    switch (RingProducerReserve(Cursor, PacketSize, &Offset))
    {
    case RingReserved:
        break;
    case RingFull:
        return ERROR_BUFFER_OVERFLOW;
    default:
        /* The driver may have left since the first look. */
        if (RingLoadRelaxed(&Cursor->Ring->Head) == TUN_RING_TERMINATED)
        {
            return ERROR_HANDLE_EOF;
        }
        Side->Corrupt = TRUE;
        return ERROR_INVALID_DATA;
    }
    TUN_PACKET *Packet = RingProducerPacket(Cursor, Offset);
    Packet->Size = PacketSize | SESSION_PACKET_MARK;
    *Data = Packet->Data;
    return ERROR_SUCCESS;
}

BYTE *WINAPI WintunAllocateSendPacket(WINTUN_SESSION_HANDLE Session, DWORD PacketSize)
{
    SESSION_SEND *Side = &Session->Send;
    BYTE *Data = NULL;

    if (PacketSize > WINTUN_MAX_IP_PACKET_SIZE)
    {
        LogFailure(
            WINTUN_LOG_ERR, ERROR_INVALID_PARAMETER,
            L"Sending a packet of %1!u! bytes; the largest has %2!u!", PacketSize,
            WINTUN_MAX_IP_PACKET_SIZE);
        return NULL;
    }
    AcquireSRWLockExclusive(&Side->Lock);
    DWORD Error = SessionReserve(Side, PacketSize, &Data);
    BOOL Ended = Side->Ended;
    ReleaseSRWLockExclusive(&Side->Lock);
    switch (Error)
    {
    case ERROR_SUCCESS:
        break;
    case ERROR_BUFFER_OVERFLOW:
        SetLastError(Error);
        break;
    case ERROR_HANDLE_EOF:
        if (Ended)
        {
            SetLastError(Error);
            break;
        }
        SessionTell(Error, L"Sending: the adapter is terminating", &Side->Told);
        break;
    default:
        SessionTell(Error, L"Sending: the ring of sent packets is corrupt", &Side->Told);
        break;
    }
    return Data;
}

/* Publishes all packets that nothing unsent precedes; whether the driver is to be woken for it. */
static BOOL SessionAdvanceTail(SESSION_SEND *Side)
{
    RING_PRODUCER *Cursor = &Side->Cursor;
    ULONG Offset = Side->Published;

    while (Offset != Cursor->Next)
    {
        ULONG Size = SessionPacketAt(Cursor->Ring, Offset)->Size;
        if (Size & SESSION_PACKET_MARK)
        {
            break;
        }
        if (!SessionNextOffset(Size, Offset, Cursor->Next, Cursor->Capacity, &Offset))
        {
            Side->Corrupt = TRUE;
            break;
        }
    }
    if (Offset == Side->Published)
    {
        return FALSE;
    }
    Side->Published = Offset;
    RingProducerPublish(Cursor, Offset);
    return RingProducerMustSignal(Cursor);
}

VOID WINAPI WintunSendPacket(WINTUN_SESSION_HANDLE Session, const BYTE *Packet)
{
    SESSION_SEND *Side = &Session->Send;
    RING_PRODUCER *Cursor = &Side->Cursor;
    ULONG Offset;
    BOOL IsOurs = TRUE;
    BOOL MustSignal = FALSE;

    AcquireSRWLockExclusive(&Side->Lock);
    if (!Side->Ended)
    {
        IsOurs = SessionPacketOffset(Cursor->Ring, Cursor->Capacity, Packet, &Offset) &&
                 SessionIsWithin(Offset, Side->Published, Cursor->Next, Cursor->Capacity);
        if (IsOurs)
        {
            SessionPacketAt(Cursor->Ring, Offset)->Size &= ~SESSION_PACKET_MARK;
            MustSignal = SessionAdvanceTail(Side);
        }
    }
    ReleaseSRWLockExclusive(&Side->Lock);
    if (MustSignal)
    {
        SetEvent(Session->WriteEvent);
    }
    if (!IsOurs)
    {
        LogFailure(
            WINTUN_LOG_ERR, ERROR_INVALID_PARAMETER,
            L"Sending a packet that was not allocated, or is sent already");
    }
}
