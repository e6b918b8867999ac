/* SPDX-License-Identifier: MIT */
/* What the driver has counted on an adapter. */
#include "statistics.h"
#include "json.h"
#include "output.h"

#include <stddef.h>
#include <stdio.h>

typedef struct _STATISTICS_COUNTER
{
    LPCWSTR Name;
    size_t Offset; /* in STATISTICS */
} STATISTICS_COUNTER;

#define STATISTICS_NDIS(Name, Field) {Name, offsetof(STATISTICS, Ndis.Field)}
#define STATISTICS_DROP(Name, Side, Reason) \
    {Name, offsetof(STATISTICS, Counters.Side.Dropped) + (Reason) * sizeof(UINT64)}

static const STATISTICS_COUNTER StatisticsCounters[] = {
    STATISTICS_NDIS(L"in-bytes", InOctets),
    STATISTICS_NDIS(L"in-unicast-bytes", InUnicastOctets),
    STATISTICS_NDIS(L"in-multicast-bytes", InMulticastOctets),
    STATISTICS_NDIS(L"in-broadcast-bytes", InBroadcastOctets),
    STATISTICS_NDIS(L"in-unicast-packets", InUnicastPackets),
    STATISTICS_NDIS(L"in-multicast-packets", InMulticastPackets),
    STATISTICS_NDIS(L"in-broadcast-packets", InBroadcastPackets),
    STATISTICS_NDIS(L"in-discards", InDiscards),
    STATISTICS_NDIS(L"in-errors", InErrors),
    STATISTICS_NDIS(L"out-bytes", OutOctets),
    STATISTICS_NDIS(L"out-unicast-bytes", OutUnicastOctets),
    STATISTICS_NDIS(L"out-multicast-bytes", OutMulticastOctets),
    STATISTICS_NDIS(L"out-broadcast-bytes", OutBroadcastOctets),
    STATISTICS_NDIS(L"out-unicast-packets", OutUnicastPackets),
    STATISTICS_NDIS(L"out-multicast-packets", OutMulticastPackets),
    STATISTICS_NDIS(L"out-broadcast-packets", OutBroadcastPackets),
    STATISTICS_NDIS(L"out-discards", OutDiscards),
    STATISTICS_NDIS(L"out-errors", OutErrors),
    STATISTICS_DROP(L"in-dropped-no-session", In, AditDropNoSession),
    STATISTICS_DROP(L"in-dropped-paused", In, AditDropPaused),
    STATISTICS_DROP(L"in-dropped-ring-full", In, AditDropRingFull),
    STATISTICS_DROP(L"in-dropped-no-memory", In, AditDropNoMemory),
    STATISTICS_DROP(L"in-dropped-malformed", In, AditDropMalformed),
    STATISTICS_DROP(L"in-dropped-too-long", In, AditDropTooLong),
    STATISTICS_DROP(L"in-dropped-ring-corrupt", In, AditDropRingCorrupt),
    STATISTICS_DROP(L"out-dropped-no-session", Out, AditDropNoSession),
    STATISTICS_DROP(L"out-dropped-paused", Out, AditDropPaused),
    STATISTICS_DROP(L"out-dropped-ring-full", Out, AditDropRingFull),
    STATISTICS_DROP(L"out-dropped-no-memory", Out, AditDropNoMemory),
    STATISTICS_DROP(L"out-dropped-malformed", Out, AditDropMalformed),
    STATISTICS_DROP(L"out-dropped-too-long", Out, AditDropTooLong),
    STATISTICS_DROP(L"out-dropped-ring-corrupt", Out, AditDropRingCorrupt),
};
_Static_assert(ARRAYSIZE(StatisticsCounters) == 18 + 2 * AditDropReserved, "each ADIT_DROP twice");

static UINT64 StatisticsValue(const STATISTICS *Statistics, const STATISTICS_COUNTER *Counter)
{
    return *(const UINT64 *)(const VOID *)((const BYTE *)Statistics + Counter->Offset);
}

BOOL StatisticsRead(const ADAPTER_DEVICE *Device, STATISTICS *Statistics)
{
    return DeviceQueryStatistics(Device, &Statistics->Ndis) &&
           DeviceQueryCounters(Device, &Statistics->Counters);
}

VOID StatisticsPrint(const STATISTICS *Statistics)
{
    for (size_t Index = 0; Index < ARRAYSIZE(StatisticsCounters); ++Index)
    {
        const STATISTICS_COUNTER *Counter = &StatisticsCounters[Index];
        OutputPrint(L"%ls %I64u\n", Counter->Name, StatisticsValue(Statistics, Counter));
    }
}

VOID StatisticsPrintJson(const ADAPTER_DEVICE *Device, const STATISTICS *Statistics)
{
    FILETIME Time;
    const UINT64 Epoch = 116444736000000000ull; /* 1970 in units of 100 ns since 1601 */
    WCHAR Seconds[32];

    GetSystemTimeAsFileTime(&Time);
    UINT64 Now = ((UINT64)Time.dwHighDateTime << 32 | Time.dwLowDateTime) - Epoch;
    _snwprintf(
        Seconds, ARRAYSIZE(Seconds), L"%I64u.%03u", Now / 10000000, (unsigned)(Now / 10000 % 1000));
    JsonOpenObject(NULL);
    JsonString(L"name", Device->Name);
    JsonLiteral(L"time", Seconds);
    for (size_t Index = 0; Index < ARRAYSIZE(StatisticsCounters); ++Index)
    {
        const STATISTICS_COUNTER *Counter = &StatisticsCounters[Index];
        JsonNumber(Counter->Name, StatisticsValue(Statistics, Counter));
    }
    JsonCloseObject();
    JsonEnd();
}

static UINT64 StatisticsRate(UINT64 Before, UINT64 Now, UINT64 Milliseconds)
{
    return ((Now - Before) * 1000 + Milliseconds / 2) / Milliseconds;
}

static UINT64 StatisticsInPackets(const NDIS_STATISTICS *Ndis)
{
    return Ndis->InUnicastPackets + Ndis->InMulticastPackets + Ndis->InBroadcastPackets;
}

static UINT64 StatisticsOutPackets(const NDIS_STATISTICS *Ndis)
{
    return Ndis->OutUnicastPackets + Ndis->OutMulticastPackets + Ndis->OutBroadcastPackets;
}

static UINT64 StatisticsDropped(const ADIT_DIRECTION_COUNTERS *Counters)
{
    UINT64 Sum = 0;

    for (int Reason = 0; Reason < AditDropReserved; ++Reason)
    {
        Sum += Counters->Dropped[Reason];
    }
    return Sum;
}

VOID StatisticsPrintRateHead(VOID)
{
    OutputPrint(
        L"%15ls %15ls %15ls %15ls %15ls %15ls\n", L"in-packets/s", L"in-bytes/s", L"in-dropped/s",
        L"out-packets/s", L"out-bytes/s", L"out-dropped/s");
}

VOID StatisticsPrintRates(const STATISTICS *Before, const STATISTICS *Now, UINT64 Milliseconds)
{
    const struct
    {
        UINT64 Before, Now;
    } Columns[] = {
        {StatisticsInPackets(&Before->Ndis), StatisticsInPackets(&Now->Ndis)},
        {Before->Ndis.InOctets, Now->Ndis.InOctets},
        {StatisticsDropped(&Before->Counters.In), StatisticsDropped(&Now->Counters.In)},
        {StatisticsOutPackets(&Before->Ndis), StatisticsOutPackets(&Now->Ndis)},
        {Before->Ndis.OutOctets, Now->Ndis.OutOctets},
        {StatisticsDropped(&Before->Counters.Out), StatisticsDropped(&Now->Counters.Out)},
    };

    for (size_t Index = 0; Index < ARRAYSIZE(Columns); ++Index)
    {
        OutputPrint(
            Index == 0 ? L"%15I64u" : L" %15I64u",
            StatisticsRate(Columns[Index].Before, Columns[Index].Now, Milliseconds));
    }
    OutputText(L"\n");
}
