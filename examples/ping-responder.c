/* SPDX-License-Identifier: MIT */
/*
 * ping-responder [adapter name]: makes a network adapter and answers every ping sent into it.
 *
 * Run it as administrator, then "ping 10.6.7.8" or "ping fd00:6:7::8" in another window; any
 * address of the adapter's networks but its own will do. Ctrl-C ends it.
 *
 * It shows the whole use of adit.dll: load the library, create an adapter, start a session, wait,
 * receive, send, and put everything back in the reverse order. echo.c knows what a ping looks like.
 */
#include <winsock2.h>
#include <windows.h>
#include <ws2ipdef.h>
#include <iphlpapi.h>
#include <stdio.h>

#include "adit.h"
#include "echo.h"

#define RING_CAPACITY 0x400000 /* 4 MiB for each direction */

static WINTUN_CREATE_ADAPTER_FUNC *WintunCreateAdapter;
static WINTUN_CLOSE_ADAPTER_FUNC *WintunCloseAdapter;
static WINTUN_GET_ADAPTER_LUID_FUNC *WintunGetAdapterLUID;
static WINTUN_SET_LOGGER_FUNC *WintunSetLogger;
static WINTUN_START_SESSION_FUNC *WintunStartSession;
static WINTUN_END_SESSION_FUNC *WintunEndSession;
static WINTUN_GET_READ_WAIT_EVENT_FUNC *WintunGetReadWaitEvent;
static WINTUN_RECEIVE_PACKET_FUNC *WintunReceivePacket;
static WINTUN_RELEASE_RECEIVE_PACKET_FUNC *WintunReleaseReceivePacket;
static WINTUN_ALLOCATE_SEND_PACKET_FUNC *WintunAllocateSendPacket;
static WINTUN_SEND_PACKET_FUNC *WintunSendPacket;

static HANDLE QuitEvent;
static volatile BOOL Quit; /* set before QuitEvent, and cheap to look at before each packet */
static unsigned long Received, Answered, Dropped;

/* Loads adit.dll from the program's own directory or the system's, and from nowhere else. */
static HMODULE LoadAdit(void)
{
    HMODULE Module = LoadLibraryExW(
        L"adit.dll", NULL, LOAD_LIBRARY_SEARCH_APPLICATION_DIR | LOAD_LIBRARY_SEARCH_SYSTEM32);
    if (Module == NULL)
    {
        return NULL;
    }
#define LOAD(Name) ((*(FARPROC *)&Name = GetProcAddress(Module, #Name)) == NULL)
    if (LOAD(WintunCreateAdapter) || LOAD(WintunCloseAdapter) || LOAD(WintunGetAdapterLUID) ||
        LOAD(WintunSetLogger) || LOAD(WintunStartSession) || LOAD(WintunEndSession) ||
        LOAD(WintunGetReadWaitEvent) || LOAD(WintunReceivePacket) ||
        LOAD(WintunReleaseReceivePacket) || LOAD(WintunAllocateSendPacket) ||
        LOAD(WintunSendPacket))
    {
        FreeLibrary(Module);
        SetLastError(ERROR_PROC_NOT_FOUND);
        return NULL;
    }
    return Module;
}

static VOID CALLBACK PrintMessage(WINTUN_LOGGER_LEVEL Level, DWORD64 Timestamp, LPCWSTR Message)
{
    static const char *const Levels[] = {"info", "warning", "error"};

    (void)Timestamp;
    fprintf(stderr, "%s: %ls\n", Levels[Level], Message);
}

static BOOL WINAPI OnConsoleEvent(DWORD Event)
{
    Quit = TRUE;
    SetEvent(QuitEvent);
    if (Event != CTRL_C_EVENT && Event != CTRL_BREAK_EVENT)
    {
        Sleep(INFINITE); /* Windows ends the process when this returns; main does so before */
    }
    return TRUE;
}

/* Gives the adapter its addresses through IP Helper, which not every Wine can. */
static void SetAddresses(const NET_LUID *Luid)
{
    static const struct
    {
        const char *Text;
        BYTE PrefixLength;
        SOCKADDR_INET Address;
    } Addresses[] = {
        {"10.6.7.7/24", 24, {.Ipv4 = {AF_INET, .sin_addr.S_un.S_un_b = {10, 6, 7, 7}}}},
        {"fd00:6:7::7/64",
         64,
         {.Ipv6 = {AF_INET6, .sin6_addr.u.Byte = {0xfd, 0, 0, 6, 0, 7, [15] = 7}}}},
    };
    typedef VOID(WINAPI INITIALIZE_ENTRY)(MIB_UNICASTIPADDRESS_ROW *);
    typedef DWORD(WINAPI CREATE_ENTRY)(const MIB_UNICASTIPADDRESS_ROW *);
    INITIALIZE_ENTRY *Initialize = NULL;
    CREATE_ENTRY *Create = NULL;
    MIB_UNICASTIPADDRESS_ROW Row;
    HMODULE IpHelper = LoadLibraryExW(L"iphlpapi.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    *(FARPROC *)&Initialize = GetProcAddress(IpHelper, "InitializeUnicastIpAddressEntry");
    *(FARPROC *)&Create = GetProcAddress(IpHelper, "CreateUnicastIpAddressEntry");
    for (int Index = 0; Index < 2; ++Index)
    {
        if (Initialize == NULL || Create == NULL)
        {
            printf("this system sets no addresses: give it %s yourself\n", Addresses[Index].Text);
            continue;
        }
        Initialize(&Row);
        Row.InterfaceLuid = *Luid;
        Row.OnLinkPrefixLength = Addresses[Index].PrefixLength;
        Row.DadState = IpDadStatePreferred;
        Row.Address = Addresses[Index].Address;
        DWORD Error = Create(&Row);
        if (Error != ERROR_SUCCESS)
        {
            printf("cannot set the address %s: error %lu\n", Addresses[Index].Text, Error);
        }
    }
}

static void Answer(WINTUN_SESSION_HANDLE Session, BYTE *Packet, DWORD Size)
{
    ++Received;
    if (!EchoAnswer(Packet, Size))
    {
        return;
    }
    BYTE *Reply = WintunAllocateSendPacket(Session, Size);
    if (Reply == NULL)
    {
        ++Dropped; /* the ring is full: Windows is not keeping up */
        return;
    }
    memcpy(Reply, Packet, Size);
    WintunSendPacket(Session, Reply);
    ++Answered;
}

/* Answers until Ctrl-C; returns the error that ended the session, or ERROR_SUCCESS. */
static DWORD AnswerAll(WINTUN_SESSION_HANDLE Session)
{
    HANDLE Events[] = {QuitEvent, WintunGetReadWaitEvent(Session)};
    DWORD Size;

    while (!Quit)
    {
        BYTE *Packet = WintunReceivePacket(Session, &Size);
        if (Packet != NULL)
        {
            Answer(Session, Packet, Size);
            WintunReleaseReceivePacket(Session, Packet);
            continue;
        }
        DWORD Error = GetLastError();
        if (Error != ERROR_NO_MORE_ITEMS)
        {
            return Error;
        }
        WaitForMultipleObjects(2, Events, FALSE, INFINITE);
    }
    return ERROR_SUCCESS;
}

static int Fail(const char *What, DWORD Error)
{
    fprintf(stderr, "%s: error %lu\n", What, (unsigned long)Error);
    return 1;
}

int wmain(int argc, wchar_t **argv)
{
    const wchar_t *Name = argc > 1 ? argv[1] : L"Demo";
    int ExitCode = 0;
    NET_LUID Luid;

    QuitEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
    HMODULE Adit = LoadAdit();
    if (QuitEvent == NULL || Adit == NULL)
    {
        return Fail("loading adit.dll", GetLastError());
    }
    WintunSetLogger(PrintMessage);
    SetConsoleCtrlHandler(OnConsoleEvent, TRUE);

    WINTUN_ADAPTER_HANDLE Adapter = WintunCreateAdapter(Name, L"Ping responder", NULL);
    if (Adapter == NULL)
    {
        ExitCode = Fail("creating the adapter", GetLastError());
        goto CleanupLibrary;
    }
    WintunGetAdapterLUID(Adapter, &Luid);
    SetAddresses(&Luid);

    WINTUN_SESSION_HANDLE Session = WintunStartSession(Adapter, RING_CAPACITY);
    if (Session == NULL)
    {
        ExitCode = Fail("starting the session", GetLastError());
        goto CleanupAdapter;
    }
    printf("ready: answering pings on \"%ls\"; Ctrl-C ends\n", Name);
    fflush(stdout);

    DWORD Error = AnswerAll(Session);
    if (Error != ERROR_SUCCESS)
    {
        ExitCode = Fail("receiving", Error);
    }
    printf("%lu packets received, %lu pings answered, %lu dropped\n", Received, Answered, Dropped);

    WintunEndSession(Session);
CleanupAdapter:
    WintunCloseAdapter(Adapter);
CleanupLibrary:
    FreeLibrary(Adit);
    CloseHandle(QuitEvent);
    return ExitCode;
}
