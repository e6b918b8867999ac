/* SPDX-License-Identifier: MIT */
/*
 * Packet counters of an adapter, from Windows' point of view: "Out" is what Windows sends into the
 * tunnel. Callers count into a STATISTICS of their own and add it to the adapter's once per batch.
 */
#ifndef ADIT_DRIVER_STATISTICS_H
#define ADIT_DRIVER_STATISTICS_H

#include <ntifs.h>

#include "../ring/counters.h"

typedef ADIT_DIRECTION_COUNTERS STATISTICS_DIRECTION;

typedef struct _STATISTICS
{
    STATISTICS_DIRECTION Out;
    STATISTICS_DIRECTION In;
} STATISTICS;

/* Whom an IP packet is addressed to (RFC 1112 section 4, RFC 919 section 7, RFC 4291 section 2.7).
 */
FORCEINLINE ADIT_CAST StatisticsClassify(_In_reads_bytes_(Length) const UCHAR *Packet, ULONG Length)
{
    if (Length >= 20 && Packet[0] >> 4 == 4)
    {
        const UCHAR *Destination = Packet + 16;
        if ((Destination[0] & 0xF0) == 0xE0)
            return AditMulticast;
        if ((Destination[0] & Destination[1] & Destination[2] & Destination[3]) == 0xFF)
            return AditBroadcast;
    }
    else if (Length >= 40 && Packet[0] >> 4 == 6 && Packet[24] == 0xFF)
    {
        return AditMulticast;
    }
    return AditUnicast;
}

FORCEINLINE VOID StatisticsCount(
    _Inout_ STATISTICS_DIRECTION *Direction,
    _In_reads_bytes_(Length) const UCHAR *Packet,
    ULONG Length)
{
    ADIT_CAST Cast = StatisticsClassify(Packet, Length);

    Direction->Packets[Cast]++;
    Direction->Octets[Cast] += Length;
}

FORCEINLINE VOID
StatisticsAdd(_Inout_ STATISTICS_DIRECTION *Total, _In_ const STATISTICS_DIRECTION *Part)
{
    for (ULONG Cast = 0; Cast < AditCasts; Cast++)
    {
        Total->Packets[Cast] += Part->Packets[Cast];
        Total->Octets[Cast] += Part->Octets[Cast];
    }
    for (ULONG Reason = 0; Reason < AditDrops; Reason++)
        Total->Dropped[Reason] += Part->Dropped[Reason];
}

/* Sum of the three kinds of addressees. */
FORCEINLINE ULONG64 StatisticsSum(_In_ const uint64_t Values[AditCasts])
{
    return Values[AditUnicast] + Values[AditMulticast] + Values[AditBroadcast];
}

/* What NDIS calls errors: packets, or rings, that were not what they should be. */
FORCEINLINE ULONG64 StatisticsErrors(_In_ const STATISTICS_DIRECTION *Direction)
{
    return Direction->Dropped[AditDropMalformed] + Direction->Dropped[AditDropTooLong] +
           Direction->Dropped[AditDropRingCorrupt];
}

/* What NDIS calls discards: nothing was wrong with the packet. */
FORCEINLINE ULONG64 StatisticsDiscards(_In_ const STATISTICS_DIRECTION *Direction)
{
    return Direction->Dropped[AditDropNoSession] + Direction->Dropped[AditDropPaused] +
           Direction->Dropped[AditDropRingFull] + Direction->Dropped[AditDropNoMemory];
}

#endif
