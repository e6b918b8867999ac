/* SPDX-License-Identifier: MIT */
/* What a session has done: the library's counts, and the driver's. */
#include "session.h"
#include "log.h"

#include <winioctl.h>

/*
 * NDIS asks the miniport the OID that is the input ("IOCTL_NDIS_QUERY_GLOBAL_STATS", ntddndis.h).
 */
#define SESSION_IOCTL_QUERY \
    CTL_CODE(FILE_DEVICE_PHYSICAL_NETCARD, 0, METHOD_OUT_DIRECT, FILE_ANY_ACCESS)

_Static_assert(SESSION_IOCTL_QUERY == 0x170002, "IOCTL_NDIS_QUERY_GLOBAL_STATS");
_Static_assert((int)ADIT_DROP_REASONS == (int)AditDrops, "drop reasons");
_Static_assert((int)ADIT_DROP_NO_SESSION == (int)AditDropNoSession, "drop reasons");
_Static_assert((int)ADIT_DROP_PAUSED == (int)AditDropPaused, "drop reasons");
_Static_assert((int)ADIT_DROP_RING_FULL == (int)AditDropRingFull, "drop reasons");
_Static_assert((int)ADIT_DROP_NO_MEMORY == (int)AditDropNoMemory, "drop reasons");
_Static_assert((int)ADIT_DROP_MALFORMED == (int)AditDropMalformed, "drop reasons");
_Static_assert((int)ADIT_DROP_TOO_LONG == (int)AditDropTooLong, "drop reasons");
_Static_assert((int)ADIT_DROP_RING_CORRUPT == (int)AditDropRingCorrupt, "drop reasons");
_Static_assert((int)ADIT_DROP_RESERVED == (int)AditDropReserved, "drop reasons");

/* What callers know at least. */
#define SESSION_MIN_STATISTICS (DWORD)(offsetof(ADIT_SESSION_STATISTICS, Capacity) + sizeof(DWORD))

BOOL SessionQueryCounters(WINTUN_SESSION_HANDLE Session, ADIT_COUNTERS *Counters)
{
    ULONG Oid = ADIT_OID_COUNTERS;
    DWORD Returned = 0;

    return Session->Device != NULL &&
           DeviceIoControl(
               Session->Device, SESSION_IOCTL_QUERY, &Oid, sizeof(Oid), Counters, sizeof(*Counters),
               &Returned, NULL) &&
           Returned >= sizeof(*Counters) && Counters->Version >= ADIT_COUNTERS_VERSION;
}

static VOID SessionReadDropped(WINTUN_SESSION_HANDLE Session, ADIT_SESSION_STATISTICS *Statistics)
{
    ADIT_COUNTERS Counters;

    if (!Session->HasCounters || !SessionQueryCounters(Session, &Counters))
    {
        return;
    }
    Statistics->Flags |= ADIT_STATISTICS_DRIVER;
    for (int Reason = 0; Reason < ADIT_DROP_REASONS; ++Reason)
    {
        Statistics->ReceiveDropped[Reason] =
            Counters.Out.Dropped[Reason] - Session->Counters.Out.Dropped[Reason];
        Statistics->SendDropped[Reason] =
            Counters.In.Dropped[Reason] - Session->Counters.In.Dropped[Reason];
    }
}

BOOL WINAPI
AditGetSessionStatistics(WINTUN_SESSION_HANDLE Session, ADIT_SESSION_STATISTICS *Statistics)
{
    ADIT_SESSION_STATISTICS Now = {.Size = Statistics->Size};

    if (Now.Size < SESSION_MIN_STATISTICS)
    {
        LogFailure(
            WINTUN_LOG_ERR, ERROR_INVALID_PARAMETER,
            L"Session statistics of %1!u! bytes; they have %2!u! at least", Now.Size,
            SESSION_MIN_STATISTICS);
        return FALSE;
    }
    SESSION_STRIPE *Stripe = SessionEnter(Session);
    if (Stripe == NULL)
    {
        SetLastError(ERROR_HANDLE_EOF);
        return FALSE;
    }
    Now.ReceivedPackets = RingLoadAcquire64(&Session->Receive.InFlight.Packets);
    Now.ReceivedBytes = RingLoadAcquire64(&Session->Receive.InFlight.Bytes);
    Now.SentPackets = RingLoadAcquire64(&Session->Send.InFlight.Packets);
    Now.SentBytes = RingLoadAcquire64(&Session->Send.InFlight.Bytes);
    Now.ReceiveEmpty = (DWORD64)InterlockedCompareExchange64(&Session->ReceiveEmpty, 0, 0);
    Now.SendFull = (DWORD64)InterlockedCompareExchange64(&Session->SendFull, 0, 0);
    Now.DriverWakeUps = (DWORD64)InterlockedCompareExchange64(&Session->DriverWakeUps, 0, 0);
    Now.Capacity = Session->Receive.Capacity;
    Now.ReceiveHighWater = RingLoadRelaxed(&Session->Receive.HighWater);
    Now.SendHighWater = RingLoadRelaxed(&Session->Send.HighWater);
    SessionReadDropped(Session, &Now);
    SessionLeave(Session, Stripe);
    CopyMemory(Statistics, &Now, min(Now.Size, sizeof(Now)));
    return TRUE;
}
