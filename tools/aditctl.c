/* SPDX-License-Identifier: MIT */
/*
 * aditctl: shows the adapters of the Adit driver and what they count.
 *
 *     aditctl list          one line for each adapter: GUID, LUID and name
 *     aditctl stats NAME    the driver's own counters, one "name value" line for each
 *
 * The exit code is 0 for success, 1 for a failure, which is told on the standard error, and 2 for
 * arguments that make no sense.
 */
#include "device.h"
#include "library.h"

#include <stdio.h>
#include <string.h>

enum
{
    EXIT_OK = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2
};

static const char Usage[] = "usage: aditctl list\n"
                            "       aditctl stats NAME\n"
                            "       aditctl --help\n";

static const char Help[] =
    "\n"
    "list        shows each adapter of the Adit driver: GUID, LUID and name of its connection\n"
    "stats NAME  shows what the driver has counted on the adapter of that name: \"in\" is what\n"
    "            programs have delivered to Windows, \"out\" what Windows has sent to them\n"
    "\n"
    "Exit codes: 0 success, 1 failure, 2 wrong arguments.\n";

static int Fail(const char *What, DWORD Error)
{
    WCHAR Text[256];

    DWORD Length = FormatMessageW(
        FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS | FORMAT_MESSAGE_MAX_WIDTH_MASK,
        NULL, Error, 0, Text, ARRAYSIZE(Text), NULL);
    fprintf(stderr, "aditctl: %s: ", What);
    fprintf(stderr, "%ls(error %lu)\n", Length > 0 ? Text : L"", Error);
    return EXIT_FAILED;
}

static BOOL CALLBACK ListAdapter(WINTUN_ADAPTER_HANDLE Adapter, LPARAM Param)
{
    ADAPTER_DEVICE Device;
    WCHAR Guid[40];
    NET_LUID Luid;

    WintunGetAdapterLUID(Adapter, &Luid);
    if (!DeviceFind(&Luid, &Device))
    {
        *(DWORD *)Param = GetLastError();
        return TRUE; /* it may be going away; the others are still worth showing */
    }
    DeviceFormatGuid(&Device.Guid, Guid, ARRAYSIZE(Guid));
    printf("%ls %016llx %ls\n", Guid, (unsigned long long)Luid.Value, Device.Name);
    return TRUE;
}

static int List(void)
{
    DWORD Error = ERROR_SUCCESS;

    if (!WintunEnumAdapters(NULL, ListAdapter, (LPARAM)&Error))
    {
        return Fail("listing the adapters", GetLastError());
    }
    return Error == ERROR_SUCCESS ? EXIT_OK : Fail("reading an adapter's device", Error);
}

static void PrintStatistics(const NDIS_STATISTICS *Statistics)
{
    const struct
    {
        const char *Name;
        UINT64 Value;
    } Counters[] = {
        {"in-bytes", Statistics->InOctets},
        {"in-unicast-bytes", Statistics->InUnicastOctets},
        {"in-multicast-bytes", Statistics->InMulticastOctets},
        {"in-broadcast-bytes", Statistics->InBroadcastOctets},
        {"in-unicast-packets", Statistics->InUnicastPackets},
        {"in-multicast-packets", Statistics->InMulticastPackets},
        {"in-broadcast-packets", Statistics->InBroadcastPackets},
        {"in-discards", Statistics->InDiscards},
        {"in-errors", Statistics->InErrors},
        {"out-bytes", Statistics->OutOctets},
        {"out-unicast-bytes", Statistics->OutUnicastOctets},
        {"out-multicast-bytes", Statistics->OutMulticastOctets},
        {"out-broadcast-bytes", Statistics->OutBroadcastOctets},
        {"out-unicast-packets", Statistics->OutUnicastPackets},
        {"out-multicast-packets", Statistics->OutMulticastPackets},
        {"out-broadcast-packets", Statistics->OutBroadcastPackets},
        {"out-discards", Statistics->OutDiscards},
        {"out-errors", Statistics->OutErrors},
    };

    for (size_t Index = 0; Index < ARRAYSIZE(Counters); ++Index)
    {
        printf("%s %llu\n", Counters[Index].Name, (unsigned long long)Counters[Index].Value);
    }
}

/* Why packets were not delivered, in the order of ADIT_DROP. */
static void PrintDrops(const char *Direction, const ADIT_DIRECTION_COUNTERS *Counters)
{
    static const char *const Reasons[] = {"no-session", "paused",   "ring-full",   "no-memory",
                                          "malformed",  "too-long", "ring-corrupt"};
    _Static_assert(ARRAYSIZE(Reasons) == AditDropReserved, "one name for each ADIT_DROP");

    for (size_t Reason = 0; Reason < ARRAYSIZE(Reasons); ++Reason)
    {
        printf(
            "%s-dropped-%s %llu\n", Direction, Reasons[Reason],
            (unsigned long long)Counters->Dropped[Reason]);
    }
}

static int Stats(LPCWSTR Name)
{
    ADAPTER_DEVICE Device;
    NDIS_STATISTICS Statistics;
    ADIT_COUNTERS Counters;
    NET_LUID Luid;

    WINTUN_ADAPTER_HANDLE Adapter = WintunOpenAdapter(Name);
    if (Adapter == NULL)
    {
        return Fail("finding the adapter", GetLastError());
    }
    WintunGetAdapterLUID(Adapter, &Luid);
    WintunCloseAdapter(Adapter);
    if (!DeviceFind(&Luid, &Device))
    {
        return Fail("finding the adapter's device", GetLastError());
    }
    if (!DeviceQueryStatistics(&Device, &Statistics) || !DeviceQueryCounters(&Device, &Counters))
    {
        return Fail("reading the driver's counters", GetLastError());
    }
    PrintStatistics(&Statistics);
    PrintDrops("in", &Counters.In);
    PrintDrops("out", &Counters.Out);
    return EXIT_OK;
}

static int Run(int Count, wchar_t **Arguments)
{
    if (Count == 2 && wcscmp(Arguments[1], L"--help") == 0)
    {
        fputs(Usage, stdout);
        fputs(Help, stdout);
        return EXIT_OK;
    }
    BOOL IsList = Count == 2 && wcscmp(Arguments[1], L"list") == 0;
    BOOL IsStats = Count == 3 && wcscmp(Arguments[1], L"stats") == 0;
    if (!IsList && !IsStats)
    {
        fputs(Usage, stderr);
        return EXIT_USAGE;
    }
    if (!LibraryLoad())
    {
        return Fail("loading adit.dll", GetLastError());
    }
    return IsList ? List() : Stats(Arguments[2]);
}

int wmain(int Count, wchar_t **Arguments)
{
    int ExitCode = Run(Count, Arguments);

    if (fflush(stdout) != 0 || ferror(stdout))
    {
        return EXIT_FAILED;
    }
    return ExitCode;
}
