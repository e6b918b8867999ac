/* SPDX-License-Identifier: MIT */
/*
 * ping-responder [adapter name]: makes a network adapter and answers every ping sent into it.
 *
 * Run it as administrator, then "ping 10.6.7.8" or "ping fd00:6:7::8" in another window; any
 * address of the adapter's networks but its own will do. Ctrl-C ends it.
 *
 * It shows the whole use of adit.dll: load the library, create an adapter, start a session, wait,
 * receive, send, and put everything back in the reverse order.
 */
#include <winsock2.h>
#include <windows.h>
#include <ws2ipdef.h>
#include <iphlpapi.h>
#include <stdio.h>

#include "adit.h"

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

/* Adds to an Internet checksum: the one's complement sum of 16-bit words (RFC 1071). */
static DWORD ChecksumAdd(DWORD Sum, const BYTE *Data, DWORD Size)
{
    for (DWORD Index = 0; Index < Size; ++Index)
    {
        Sum += Index % 2 == 0 ? (DWORD)Data[Index] << 8 : Data[Index];
        /* Carries are folded in on the way, so that no size overflows the sum. */
        Sum = (Sum & 0xFFFF) + (Sum >> 16);
    }
    return Sum;
}

static void StoreChecksum(BYTE *Field, DWORD Sum)
{
    Sum = ~((Sum & 0xFFFF) + (Sum >> 16));
    Field[0] = (BYTE)(Sum >> 8);
    Field[1] = (BYTE)Sum;
}

static void SwapBytes(BYTE *A, BYTE *B, DWORD Size)
{
    for (DWORD Index = 0; Index < Size; ++Index)
    {
        BYTE Byte = A[Index];
        A[Index] = B[Index];
        B[Index] = Byte;
    }
}

/* Turns an ICMP echo request into its reply, in place; FALSE for any other packet (RFC 792). */
static BOOL AnswerIpv4(BYTE *Packet, DWORD Size)
{
    DWORD HeaderSize = (DWORD)(Packet[0] & 0x0F) * 4;

    if (HeaderSize < 20 || Size < HeaderSize + 8)
    {
        return FALSE;
    }
    DWORD TotalSize = (DWORD)Packet[2] << 8 | Packet[3];
    BOOL IsFragment = (Packet[6] & 0x3F) != 0 || Packet[7] != 0;
    BYTE *Icmp = Packet + HeaderSize;
    /* Protocol 1 is ICMP; type 8 is an echo request, type 0 a reply. */
    if (TotalSize < HeaderSize + 8 || TotalSize > Size || IsFragment || Packet[9] != 1 ||
        Icmp[0] != 8)
    {
        return FALSE;
    }
    SwapBytes(Packet + 12, Packet + 16, 4); /* source and destination */
    Packet[8] = 64;                         /* time to live */
    Packet[10] = Packet[11] = 0;
    StoreChecksum(Packet + 10, ChecksumAdd(0, Packet, HeaderSize));
    Icmp[0] = 0;
    Icmp[2] = Icmp[3] = 0;
    StoreChecksum(Icmp + 2, ChecksumAdd(0, Icmp, TotalSize - HeaderSize));
    return TRUE;
}

/* The same for ICMPv6, whose checksum covers the addresses too (RFC 4443, section 2.3). */
static BOOL AnswerIpv6(BYTE *Packet, DWORD Size)
{
    if (Size < 48)
    {
        return FALSE;
    }
    DWORD PayloadSize = (DWORD)Packet[4] << 8 | Packet[5];
    BYTE *Icmp = Packet + 40;
    /* Next header 58 is ICMPv6; type 128 is an echo request, type 129 a reply. */
    if (PayloadSize < 8 || PayloadSize > Size - 40 || Packet[6] != 58 || Icmp[0] != 128)
    {
        return FALSE;
    }
    SwapBytes(Packet + 8, Packet + 24, 16); /* source and destination */
    Packet[7] = 64;                         /* hop limit */
    Icmp[0] = 129;
    Icmp[2] = Icmp[3] = 0;
    DWORD Sum = ChecksumAdd(PayloadSize + 58, Packet + 8, 32);
    StoreChecksum(Icmp + 2, ChecksumAdd(Sum, Icmp, PayloadSize));
    return TRUE;
}

static void Answer(WINTUN_SESSION_HANDLE Session, BYTE *Packet, DWORD Size)
{
    BYTE Version = Size > 0 ? Packet[0] >> 4 : 0;

    ++Received;
    if (!(Version == 4 ? AnswerIpv4(Packet, Size) : Version == 6 && AnswerIpv6(Packet, Size)))
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

    for (;;)
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
        if (WaitForMultipleObjects(2, Events, FALSE, INFINITE) == WAIT_OBJECT_0)
        {
            return ERROR_SUCCESS;
        }
    }
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
