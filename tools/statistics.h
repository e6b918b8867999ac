/* SPDX-License-Identifier: MIT */
/* What the driver has counted on an adapter. */
#ifndef ADIT_TOOLS_STATISTICS_H
#define ADIT_TOOLS_STATISTICS_H

#include "device.h"

typedef struct _STATISTICS
{
    NDIS_STATISTICS Ndis;
    ADIT_COUNTERS Counters;
} STATISTICS;

_Must_inspect_result_ BOOL
StatisticsRead(_In_ const ADAPTER_DEVICE *Device, _Out_ STATISTICS *Statistics);

/* A "name value" line for each counter. */
VOID StatisticsPrint(_In_ const STATISTICS *Statistics);

/* One JSON object: the adapter's name, the time in seconds since 1970-01-01 UTC, and the same
 * counters under the same names. */
VOID StatisticsPrintJson(_In_ const ADAPTER_DEVICE *Device, _In_ const STATISTICS *Statistics);

/* The head of a table, and a line of it: what was counted per second between two moments that lie
 * some milliseconds, above zero, apart. */
VOID StatisticsPrintRateHead(VOID);
VOID StatisticsPrintRates(
    _In_ const STATISTICS *Before, _In_ const STATISTICS *Now, _In_ UINT64 Milliseconds);

#endif
