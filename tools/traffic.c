/* SPDX-License-Identifier: MIT */
/* The packets of a session. */
#include "traffic.h"
#include "library.h"
#include "output.h"
#include "report.h"

#define TRAFFIC_RING_CAPACITY 0x400000 /* 4 MiB for each direction */

/* Without a pause, these many packets are received before the wish to quit is looked at. */
#define TRAFFIC_BATCH 256

BOOL TrafficStart(TRAFFIC *Traffic, WINTUN_ADAPTER_HANDLE Adapter, LPCWSTR Name)
{
    Traffic->Session = WintunStartSession(Adapter, TRAFFIC_RING_CAPACITY);
    if (Traffic->Session != NULL)
    {
        return TRUE;
    }
    if (GetLastError() == ERROR_ALREADY_INITIALIZED)
    {
        ReportForget();
        ReportError(L"\"%ls\" has a session already: an adapter takes one program at a time", Name);
        return FALSE;
    }
    ReportFailure(GetLastError(), L"starting a session with \"%ls\"", Name);
    return FALSE;
}

static BOOL TrafficReportEnd(DWORD Error)
{
    if (Error == ERROR_HANDLE_EOF)
    {
        ReportForget();
        ReportError(L"the adapter was removed or disabled");
    }
    else
    {
        ReportFailure(Error, L"receiving");
    }
    return FALSE;
}

BOOL TrafficRun(TRAFFIC *Traffic)
{
    HANDLE Events[] = {Traffic->Quit, WintunGetReadWaitEvent(Traffic->Session)};
    DWORD Count = 0;
    DWORD Size;

    for (;;)
    {
        BYTE *Packet = WintunReceivePacket(Traffic->Session, &Size);
        if (Packet != NULL)
        {
            BOOL GoesOn = Traffic->OnPacket(Traffic, Packet, Size);
            WintunReleaseReceivePacket(Traffic->Session, Packet);
            if (!GoesOn)
            {
                return TRUE;
            }
            if (++Count % TRAFFIC_BATCH != 0)
            {
                continue;
            }
        }
        DWORD Error = Packet != NULL ? ERROR_SUCCESS : GetLastError();
        if (Error != ERROR_SUCCESS && Error != ERROR_NO_MORE_ITEMS)
        {
            return TrafficReportEnd(Error);
        }
        if (!Traffic->OnPause(Traffic) ||
            WaitForMultipleObjects(2, Events, FALSE, Packet != NULL ? 0 : INFINITE) ==
                WAIT_OBJECT_0)
        {
            return TRUE;
        }
    }
}

VOID TrafficPrintStatistics(const TRAFFIC *Traffic)
{
    ADIT_SESSION_STATISTICS Statistics = {.Size = sizeof(Statistics)};

    if (AditGetSessionStatistics != NULL && AditGetSessionStatistics(Traffic->Session, &Statistics))
    {
        OutputPrint(
            L"rings of %lu bytes: at most %lu in use receiving, %lu sending\n", Statistics.Capacity,
            Statistics.ReceiveHighWater, Statistics.SendHighWater);
    }
}
