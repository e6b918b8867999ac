/* SPDX-License-Identifier: MIT */
/* The packets of an adapter's session in a pcapng file. */
#include "recording.h"
#include "output.h"
#include "report.h"

#include <stdio.h>
#include <wchar.h>

/* Packets to the client that found its ring full; the same as before if nobody answers. */
static UINT64 RecordingDropped(const RECORDING *Recording)
{
    ADIT_COUNTERS Counters;

    return DeviceQueryCounters(Recording->Device, &Counters)
               ? Counters.Out.Dropped[AditDropRingFull]
               : Recording->DroppedBefore;
}

BOOL RecordingOpen(RECORDING *Recording, LPCWSTR Path, const ADAPTER_DEVICE *Device)
{
    WCHAR Guid[DEVICE_GUID_LENGTH];
    WCHAR Description[DEVICE_GUID_LENGTH + 16];

    *Recording = (RECORDING){.Path = Path, .Device = Device};
    if (wcscmp(Path, L"-") == 0)
    {
        OutputUseStandardError();
    }
    DeviceFormatGuid(&Device->Guid, Guid, ARRAYSIZE(Guid));
    _snwprintf(Description, ARRAYSIZE(Description), L"Adit adapter %ls", Guid);
    Recording->DroppedBefore = RecordingDropped(Recording);
    Recording->File = PcapngOpen(Path, L"aditctl " ADITCTL_VERSION, Device->Name, Description);
    if (Recording->File == NULL)
    {
        ReportFailure(GetLastError(), L"writing \"%ls\"", Path);
        return FALSE;
    }
    return TRUE;
}

VOID RecordingAdd(RECORDING *Recording, PCAPNG_DIRECTION Direction, const BYTE *Packet, DWORD Size)
{
    if (Recording->File != NULL)
    {
        PcapngWrite(Recording->File, Direction, Packet, Size);
        ++Recording->Packets;
    }
}

BOOL RecordingFlush(RECORDING *Recording)
{
    return Recording->File == NULL || PcapngFlush(Recording->File);
}

BOOL RecordingClose(RECORDING *Recording)
{
    if (Recording->File == NULL)
    {
        return TRUE;
    }
    UINT64 Dropped = RecordingDropped(Recording) - Recording->DroppedBefore;
    BOOL Result = PcapngClose(Recording->File, Dropped);
    DWORD Error = GetLastError();
    Recording->File = NULL;
    if (!Result)
    {
        ReportFailure(Error, L"writing \"%ls\"", Recording->Path);
        return FALSE;
    }
    OutputPrint(
        L"%I64u packets written to \"%ls\", %I64u dropped by the driver\n", Recording->Packets,
        Recording->Path, Dropped);
    return TRUE;
}
