/* SPDX-License-Identifier: MIT */
/* aditctl capture */
#include "arguments.h"
#include "command.h"
#include "library.h"
#include "output.h"
#include "quit.h"
#include "recording.h"
#include "report.h"
#include "traffic.h"

typedef struct _CAPTURE
{
    LPCWSTR Name;
    LPCWSTR Path;
    UINT64 Count; /* 0: no limit */
    RECORDING Recording;
} CAPTURE;

static BOOL CaptureOnPacket(TRAFFIC *Traffic, BYTE *Packet, DWORD Size)
{
    CAPTURE *Capture = Traffic->Context;

    RecordingAdd(&Capture->Recording, PcapngOutbound, Packet, Size);
    return Capture->Count == 0 || Capture->Recording.Packets < Capture->Count;
}

static BOOL CaptureOnPause(TRAFFIC *Traffic)
{
    CAPTURE *Capture = Traffic->Context;

    return RecordingFlush(&Capture->Recording);
}

/* The session is there before the file, so that a capture that cannot be leaves an old file alone.
 */
static int CaptureSession(CAPTURE *Capture, WINTUN_ADAPTER_HANDLE Adapter, HANDLE Quit)
{
    ADAPTER_DEVICE Device;
    int ExitCode = EXIT_FAILED;
    TRAFFIC Traffic = {
        .Quit = Quit,
        .Context = Capture,
        .OnPacket = CaptureOnPacket,
        .OnPause = CaptureOnPause,
    };

    if (!LibraryFindDevice(Adapter, &Device) || !TrafficStart(&Traffic, Adapter, Device.Name))
    {
        return EXIT_FAILED;
    }
    if (RecordingOpen(&Capture->Recording, Capture->Path, &Device))
    {
        OutputPrint(L"ready: capturing what is sent into \"%ls\"; Ctrl-C ends\n", Device.Name);
        OutputFlush();
        BOOL Ended = TrafficRun(&Traffic);
        BOOL Written = RecordingClose(&Capture->Recording);
        TrafficPrintStatistics(&Traffic);
        ExitCode = Ended && Written ? EXIT_OK : EXIT_FAILED;
    }
    WintunEndSession(Traffic.Session);
    return ExitCode;
}

static int CaptureRun(int Count, wchar_t **Values)
{
    CAPTURE Capture = {0};
    const ARGUMENT Arguments[] = {
        ARGUMENT_NAME(L"NAME", ArgumentOperand, Capture.Name),
        {.Name = L"FILE", .Kind = ArgumentOperand, .Text = &Capture.Path},
        {.Name = L"--count",
         .Kind = ArgumentNumber,
         .Number = &Capture.Count,
         .Minimum = 1,
         .Maximum = MAXUINT32},
    };

    if (!ArgumentsRead(Count, Values, Arguments, ARRAYSIZE(Arguments)))
    {
        return EXIT_USAGE;
    }
    HANDLE Quit = QuitEventStart();
    if (Quit == NULL || !LibraryLoad())
    {
        return EXIT_FAILED;
    }
    WINTUN_ADAPTER_HANDLE Adapter = LibraryOpenAdapter(Capture.Name);
    if (Adapter == NULL)
    {
        return EXIT_FAILED;
    }
    int ExitCode = CaptureSession(&Capture, Adapter, Quit);
    WintunCloseAdapter(Adapter);
    return ExitCode;
}

const COMMAND CommandCapture = {
    .Name = L"capture",
    .Synopsis = L"NAME FILE [--count N]",
    .Summary = L"records what Windows sends into an adapter",
    .Help =
        L"Starts a session with the adapter and writes each packet that Windows sends into it to\n"
        L"FILE, in the format pcapng, which Wireshark opens. No packet is answered or passed on:\n"
        L"an adapter takes one session, and this is it, so no other program may have one. To\n"
        L"record both directions of an exchange, use 'aditctl ping-responder --capture'.\n"
        L"\n"
        L"  FILE       replaced if it exists; '-' is the standard output, for a pipe into "
        L"Wireshark\n"
        L"  --count N  ends after N packets, 1 to 4294967295; else Ctrl-C ends it\n",
    .Run = CaptureRun,
};
