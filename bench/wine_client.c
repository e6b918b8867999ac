/* SPDX-License-Identifier: MIT */
/*
 * The client of the Wine benchmarks:
 *
 *   wine_client ADAPTER sink|source|echo SIZE
 *
 * sink receives and forgets; source sends UDP packets of SIZE bytes; echo sends each packet back
 * with its addresses exchanged. It says "ready MICROSECONDS" (to create the adapter and open the
 * session) and goes on until its standard input ends, then "packets COUNT", those that it received,
 * and "removed MICROSECONDS".
 */
#include <winsock2.h>
#include <windows.h>
#include <ws2ipdef.h>
#include <iphlpapi.h>
#include <stdio.h>
#include <string.h>

#include "adit.h"
#include "client_packet.h"

#define RING_CAPACITY 0x400000

static WINTUN_CREATE_ADAPTER_FUNC *WintunCreateAdapter;
static WINTUN_CLOSE_ADAPTER_FUNC *WintunCloseAdapter;
static WINTUN_START_SESSION_FUNC *WintunStartSession;
static WINTUN_END_SESSION_FUNC *WintunEndSession;
static WINTUN_GET_READ_WAIT_EVENT_FUNC *WintunGetReadWaitEvent;
static WINTUN_RECEIVE_PACKET_FUNC *WintunReceivePacket;
static WINTUN_RELEASE_RECEIVE_PACKET_FUNC *WintunReleaseReceivePacket;
static WINTUN_ALLOCATE_SEND_PACKET_FUNC *WintunAllocateSendPacket;
static WINTUN_SEND_PACKET_FUNC *WintunSendPacket;

static volatile LONG Quit;
static DWORD64 Received;
static WINTUN_SESSION_HANDLE Session;

static BOOL LoadAdit(void)
{
    HMODULE Module = LoadLibraryExW(
        L"adit.dll", NULL, LOAD_LIBRARY_SEARCH_APPLICATION_DIR | LOAD_LIBRARY_SEARCH_SYSTEM32);

#define LOAD(Name) ((*(FARPROC *)&Name = GetProcAddress(Module, #Name)) != NULL)
    return Module && LOAD(WintunCreateAdapter) && LOAD(WintunCloseAdapter) &&
           LOAD(WintunStartSession) && LOAD(WintunEndSession) && LOAD(WintunGetReadWaitEvent) &&
           LOAD(WintunReceivePacket) && LOAD(WintunReleaseReceivePacket) &&
           LOAD(WintunAllocateSendPacket) && LOAD(WintunSendPacket);
}

static double Microseconds(void)
{
    LARGE_INTEGER Count, Frequency;

    QueryPerformanceCounter(&Count);
    QueryPerformanceFrequency(&Frequency);
    return (double)Count.QuadPart * 1e6 / (double)Frequency.QuadPart;
}

static DWORD WINAPI WaitForQuit(VOID *Context)
{
    (void)Context;
    while (getchar() != EOF)
    {
    }
    InterlockedExchange(&Quit, 1);
    SetEvent(WintunGetReadWaitEvent(Session));
    return 0;
}

static void SendCopy(const BYTE *Packet, DWORD Size)
{
    BYTE *Space;

    while ((Space = WintunAllocateSendPacket(Session, Size)) == NULL)
    {
        if (Quit || GetLastError() != ERROR_BUFFER_OVERFLOW)
        {
            return;
        }
        SwitchToThread();
    }
    memcpy(Space, Packet, Size);
    WintunSendPacket(Session, Space);
}

static void Receive(BOOL Echo)
{
    while (!Quit)
    {
        DWORD Size;
        BYTE *Packet = WintunReceivePacket(Session, &Size);
        if (Packet != NULL)
        {
            ++Received;
            if (Echo)
            {
                ClientPacketExchange(Packet, Size);
                SendCopy(Packet, Size);
            }
            WintunReleaseReceivePacket(Session, Packet);
        }
        else if (GetLastError() == ERROR_NO_MORE_ITEMS)
        {
            WaitForSingleObject(WintunGetReadWaitEvent(Session), INFINITE);
        }
        else
        {
            return;
        }
    }
}

static void Source(DWORD Size)
{
    static BYTE Packet[0xFFFF];

    ClientPacketMake(Packet, Size);
    while (!Quit)
    {
        SendCopy(Packet, Size);
    }
}

int main(int argc, char **argv)
{
    WCHAR Name[32];

    if (argc < 4 || !LoadAdit() || !MultiByteToWideChar(CP_UTF8, 0, argv[1], -1, Name, 32))
    {
        fprintf(stderr, "usage: wine_client ADAPTER sink|source|echo SIZE\n");
        return 1;
    }
    double Start = Microseconds();
    WINTUN_ADAPTER_HANDLE Adapter = WintunCreateAdapter(Name, L"Bench", NULL);
    Session = Adapter ? WintunStartSession(Adapter, RING_CAPACITY) : NULL;
    if (Session == NULL)
    {
        fprintf(stderr, "adapter or session: error %lu\n", GetLastError());
        return 1;
    }
    printf("ready %.0f\n", Microseconds() - Start);
    fflush(stdout);
    CloseHandle(CreateThread(NULL, 0, WaitForQuit, NULL, 0, NULL));
    if (strcmp(argv[2], "source") == 0)
    {
        Source((DWORD)strtoul(argv[3], NULL, 0));
    }
    else
    {
        Receive(strcmp(argv[2], "echo") == 0);
    }
    printf("packets %I64u\n", Received);
    Start = Microseconds();
    WintunEndSession(Session);
    WintunCloseAdapter(Adapter);
    printf("removed %.0f\n", Microseconds() - Start);
    return 0;
}
