/* SPDX-License-Identifier: MIT */
/* aditctl stats */
#include "arguments.h"
#include "command.h"
#include "library.h"
#include "output.h"
#include "quit.h"
#include "report.h"
#include "statistics.h"

typedef struct _STATS
{
    LPCWSTR Name;
    BOOL Json;
    BOOL Watch;
    UINT64 Interval; /* ms */
    ADAPTER_DEVICE Device;
} STATS;

static int StatsReportFailure(DWORD Error)
{
    return ReportFailure(Error, L"reading the driver's counters");
}

static int StatsOnce(const STATS *Stats)
{
    STATISTICS Statistics;

    if (!StatisticsRead(&Stats->Device, &Statistics))
    {
        return StatsReportFailure(GetLastError());
    }
    if (Stats->Json)
    {
        StatisticsPrintJson(&Stats->Device, &Statistics);
    }
    else
    {
        StatisticsPrint(&Statistics);
    }
    return EXIT_OK;
}

/* Totals at once and after each interval. */
static int StatsWatchJson(const STATS *Stats, HANDLE Quit)
{
    do
    {
        int ExitCode = StatsOnce(Stats);
        if (ExitCode != EXIT_OK || !OutputFlush())
        {
            return EXIT_FAILED;
        }
    } while (WaitForSingleObject(Quit, (DWORD)Stats->Interval) == WAIT_TIMEOUT);
    return EXIT_OK;
}

/* A table of rates, a line for each interval. */
static int StatsWatchRates(const STATS *Stats, HANDLE Quit)
{
    STATISTICS Before, Now;

    if (!StatisticsRead(&Stats->Device, &Before))
    {
        return StatsReportFailure(GetLastError());
    }
    UINT64 Time = GetTickCount64();
    StatisticsPrintRateHead();
    while (OutputFlush())
    {
        if (WaitForSingleObject(Quit, (DWORD)Stats->Interval) != WAIT_TIMEOUT)
        {
            return EXIT_OK;
        }
        if (!StatisticsRead(&Stats->Device, &Now))
        {
            return StatsReportFailure(GetLastError());
        }
        UINT64 Elapsed = GetTickCount64() - Time;
        StatisticsPrintRates(&Before, &Now, max(Elapsed, 1));
        Time += Elapsed;
        Before = Now;
    }
    return EXIT_FAILED;
}

static int StatsWatch(const STATS *Stats)
{
    HANDLE Quit = QuitEventStart();
    if (Quit == NULL)
    {
        return EXIT_FAILED;
    }
    return Stats->Json ? StatsWatchJson(Stats, Quit) : StatsWatchRates(Stats, Quit);
}

static int StatsRun(int Count, wchar_t **Values)
{
    STATS Stats = {.Interval = 1000};
    const ARGUMENT Arguments[] = {
        ARGUMENT_NAME(L"NAME", ArgumentOperand, Stats.Name),
        ARGUMENT_JSON(Stats.Json),
        {.Name = L"--watch",
         .Kind = ArgumentSeconds,
         .Flag = &Stats.Watch,
         .Number = &Stats.Interval,
         .Minimum = 10,
         .Maximum = 86400000},
    };

    if (!ArgumentsRead(Count, Values, Arguments, ARRAYSIZE(Arguments)))
    {
        return EXIT_USAGE;
    }
    if (!LibraryLoad())
    {
        return EXIT_FAILED;
    }
    WINTUN_ADAPTER_HANDLE Adapter = LibraryOpenAdapter(Stats.Name);
    if (Adapter == NULL)
    {
        return EXIT_FAILED;
    }
    BOOL Found = LibraryFindDevice(Adapter, &Stats.Device);
    WintunCloseAdapter(Adapter);
    if (!Found)
    {
        return EXIT_FAILED;
    }
    return Stats.Watch ? StatsWatch(&Stats) : StatsOnce(&Stats);
}

const COMMAND CommandStats = {
    .Name = L"stats",
    .Synopsis = L"NAME [--watch [SECONDS]] [--json]",
    .Summary = L"shows what the driver has counted on an adapter",
    .Help =
        L"Shows the driver's counters, a \"name value\" line for each. \"in\" is what programs "
        L"have\n"
        L"delivered to Windows, \"out\" what Windows has sent to them. \"dropped\" names why "
        L"packets\n"
        L"were not delivered; \"discards\" and \"errors\" are sums of these as NDIS has them.\n"
        L"\n"
        L"  --watch [SECONDS]  a table of rates per second, with a line each SECONDS (0.01 to "
        L"86400,\n"
        L"                     1 if not given), until Ctrl-C\n"
        L"  --json             one object with the name, the time in seconds since 1970 (UTC) and\n"
        L"                     the counters; with --watch one a line, at once and each SECONDS\n",
    .Run = StatsRun,
};
