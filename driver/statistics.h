/* SPDX-License-Identifier: MIT */
/*
 * Packet counters of an adapter, from Windows' point of view: "Out" is what Windows sends into the
 * tunnel. Callers count into a STATISTICS of their own and add it to the adapter's once per batch.
 */
#ifndef ADIT_DRIVER_STATISTICS_H
#define ADIT_DRIVER_STATISTICS_H

#include <ntifs.h>

typedef enum _STATISTICS_CAST
{
    StatisticsUnicast,
    StatisticsMulticast,
    StatisticsBroadcast,
    StatisticsCasts
} STATISTICS_CAST;

typedef struct _STATISTICS_DIRECTION
{
    ULONG64 Packets[StatisticsCasts];
    ULONG64 Octets[StatisticsCasts];
    ULONG64 Errors;   /* malformed, or longer than a packet can be */
    ULONG64 Discards; /* well-formed, but there was no room, no memory or no session */
} STATISTICS_DIRECTION;

typedef struct _STATISTICS
{
    STATISTICS_DIRECTION In;
    STATISTICS_DIRECTION Out;
} STATISTICS;

/* Whom an IP packet is addressed to (RFC 1112 section 4, RFC 919 section 7, RFC 4291 section 2.7). */
FORCEINLINE STATISTICS_CAST
StatisticsClassify(_In_reads_bytes_(Length) const UCHAR *Packet, ULONG Length)
{
    if (Length >= 20 && Packet[0] >> 4 == 4)
    {
        const UCHAR *Destination = Packet + 16;
        if ((Destination[0] & 0xF0) == 0xE0)
            return StatisticsMulticast;
        if ((Destination[0] & Destination[1] & Destination[2] & Destination[3]) == 0xFF)
            return StatisticsBroadcast;
    }
    else if (Length >= 40 && Packet[0] >> 4 == 6 && Packet[24] == 0xFF)
    {
        return StatisticsMulticast;
    }
    return StatisticsUnicast;
}

FORCEINLINE VOID StatisticsCount(
    _Inout_ STATISTICS_DIRECTION *Direction,
    _In_reads_bytes_(Length) const UCHAR *Packet,
    ULONG Length)
{
    STATISTICS_CAST Cast = StatisticsClassify(Packet, Length);

    Direction->Packets[Cast]++;
    Direction->Octets[Cast] += Length;
}

FORCEINLINE VOID
StatisticsAdd(_Inout_ STATISTICS_DIRECTION *Total, _In_ const STATISTICS_DIRECTION *Part)
{
    for (ULONG Cast = 0; Cast < StatisticsCasts; Cast++)
    {
        Total->Packets[Cast] += Part->Packets[Cast];
        Total->Octets[Cast] += Part->Octets[Cast];
    }
    Total->Errors += Part->Errors;
    Total->Discards += Part->Discards;
}

/* Sum of the three kinds of addressees. */
FORCEINLINE ULONG64 StatisticsSum(_In_ const ULONG64 Values[StatisticsCasts])
{
    return Values[StatisticsUnicast] + Values[StatisticsMulticast] + Values[StatisticsBroadcast];
}

#endif
