/* SPDX-License-Identifier: MIT */
/* aditctl ping-responder */
#include "../examples/echo.h"
#include "arguments.h"
#include "command.h"
#include "library.h"
#include "output.h"
#include "quit.h"
#include "recording.h"
#include "report.h"
#include "traffic.h"

typedef struct _PING_RESPONDER
{
    LPCWSTR Name;
    LPCWSTR Path; /* of the capture, or NULL */
    UINT64 Received;
    UINT64 Answered;
    UINT64 Dropped;
    RECORDING Recording;
} PING_RESPONDER;

static BOOL PingOnPacket(TRAFFIC *Traffic, BYTE *Packet, DWORD Size)
{
    PING_RESPONDER *Responder = Traffic->Context;

    ++Responder->Received;
    RecordingAdd(&Responder->Recording, PcapngOutbound, Packet, Size);
    if (!EchoAnswer(Packet, Size))
    {
        return TRUE;
    }
    BYTE *Reply = WintunAllocateSendPacket(Traffic->Session, Size);
    if (Reply == NULL)
    {
        ++Responder->Dropped; /* the ring is full: Windows is not keeping up */
        return TRUE;
    }
    CopyMemory(Reply, Packet, Size);
    WintunSendPacket(Traffic->Session, Reply);
    ++Responder->Answered;
    RecordingAdd(&Responder->Recording, PcapngInbound, Packet, Size);
    return TRUE;
}

static BOOL PingOnPause(TRAFFIC *Traffic)
{
    PING_RESPONDER *Responder = Traffic->Context;

    return RecordingFlush(&Responder->Recording);
}

static int PingSession(PING_RESPONDER *Responder, WINTUN_ADAPTER_HANDLE Adapter, HANDLE Quit)
{
    ADAPTER_DEVICE Device;
    int ExitCode = EXIT_FAILED;
    TRAFFIC Traffic = {
        .Quit = Quit,
        .Context = Responder,
        .OnPacket = PingOnPacket,
        .OnPause = PingOnPause,
    };

    if (!LibraryFindDevice(Adapter, &Device) || !TrafficStart(&Traffic, Adapter, Device.Name))
    {
        return EXIT_FAILED;
    }
    if (Responder->Path == NULL || RecordingOpen(&Responder->Recording, Responder->Path, &Device))
    {
        OutputPrint(L"ready: answering pings on \"%ls\"; Ctrl-C ends\n", Device.Name);
        OutputFlush();
        BOOL Ended = TrafficRun(&Traffic);
        BOOL Written = RecordingClose(&Responder->Recording);
        OutputPrint(
            L"%I64u packets received, %I64u pings answered, %I64u dropped\n", Responder->Received,
            Responder->Answered, Responder->Dropped);
        TrafficPrintStatistics(&Traffic);
        ExitCode = Ended && Written ? EXIT_OK : EXIT_FAILED;
    }
    WintunEndSession(Traffic.Session);
    return ExitCode;
}

static int PingRun(int Count, wchar_t **Values)
{
    PING_RESPONDER Responder = {0};
    const ARGUMENT Arguments[] = {
        ARGUMENT_NAME(L"NAME", ArgumentOperand, Responder.Name),
        {.Name = L"--capture", .Kind = ArgumentText, .Text = &Responder.Path},
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
    WINTUN_ADAPTER_HANDLE Adapter = WintunOpenAdapter(Responder.Name);
    if (Adapter == NULL && GetLastError() == ERROR_NOT_FOUND)
    {
        ReportForget();
        Adapter = WintunCreateAdapter(Responder.Name, L"Ping responder", NULL);
    }
    if (Adapter == NULL)
    {
        return ReportFailure(
            GetLastError(), L"opening or creating the adapter \"%ls\"", Responder.Name);
    }
    int ExitCode = PingSession(&Responder, Adapter, Quit);
    WintunCloseAdapter(Adapter);
    return ExitCode;
}

const COMMAND CommandPingResponder = {
    .Name = L"ping-responder",
    .Synopsis = L"NAME [--capture FILE]",
    .Summary = L"answers every ping that is sent into an adapter",
    .Help =
        L"Starts a session with the adapter and answers ICMP and ICMPv6 echo requests to whatever\n"
        L"address, until Ctrl-C. If there is no adapter of that name, it is created and removed "
        L"at\n"
        L"the end. No address is set: give the adapter one, and ping another one of its network.\n"
        L"\n"
        L"  --capture FILE  records all packets, both ways, in the format pcapng, which Wireshark\n"
        L"                  opens; a FILE that exists is replaced, and '-' is the standard "
        L"output\n",
    .Run = PingRun,
};
