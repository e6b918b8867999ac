/* SPDX-License-Identifier: MIT */
/*
 * The client of the Wine benchmarks:
 *
 *   wine_client ADAPTER sink|source|echo SIZE [poll]
 *   wine_client ADAPTER forward OTHER
 *   wine_client ADAPTER life COUNT
 *
 * sink receives and forgets; source sends UDP packets of SIZE bytes; echo sends each packet back
 * with its addresses exchanged; forward sends what it receives through another adapter, each way.
 * It says "ready MICROSECONDS" (to create the adapter and open the session) and goes on until its
 * standard input ends, then "removed MICROSECONDS". On each line of input and at the end it says
 * "packets COUNT", those that it received. poll: as in client_wait.h.
 *
 * life makes COUNT adapters, opens a session of each, ends these and removes the adapters; it says
 * "created", "opened", "ended" and "removed" with the MICROSECONDS of each, by the median, and
 * waits for a line of input before each of these, and before it ends.
 */
#include <winsock2.h>
#include <windows.h>
#include <ws2ipdef.h>
#include <iphlpapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLIENT_LOADS_LIBRARY
#include "client.h"
#include "client_packet.h"
#include "client_wait.h"

#define RING_CAPACITY 0x400000

static volatile LONG Quit;
static BOOL Polls;
static volatile DWORD64 Received;
static WINTUN_SESSION_HANDLE Session, Other; /* Other: of forward */

static double Microseconds(void)
{
    LARGE_INTEGER Count, Frequency;

    QueryPerformanceCounter(&Count);
    QueryPerformanceFrequency(&Frequency);
    return (double)Count.QuadPart * 1e6 / (double)Frequency.QuadPart;
}

static DWORD WINAPI WaitForQuit(VOID *Context)
{
    int Character;

    (void)Context;
    while ((Character = getchar()) != EOF)
    {
        if (Character == '\n')
        {
            printf("packets %I64u\n", Received);
            fflush(stdout);
        }
    }
    InterlockedExchange(&Quit, 1);
    SetEvent(WintunGetReadWaitEvent(Session));
    if (Other != NULL)
    {
        SetEvent(WintunGetReadWaitEvent(Other));
    }
    return 0;
}

static void SendCopy(WINTUN_SESSION_HANDLE To, const BYTE *Packet, DWORD Size)
{
    BYTE *Space;

    while ((Space = WintunAllocateSendPacket(To, Size)) == NULL)
    {
        if (Quit || GetLastError() != ERROR_BUFFER_OVERFLOW)
        {
            return;
        }
        SwitchToThread();
    }
    memcpy(Space, Packet, Size);
    WintunSendPacket(To, Space);
}

/* To: where each packet is sent, or NULL. */
static void Receive(WINTUN_SESSION_HANDLE From, WINTUN_SESSION_HANDLE To)
{
    CLIENT_WAIT Wait = {.Polls = Polls};

    while (!Quit)
    {
        DWORD Size;
        BYTE *Packet = WintunReceivePacket(From, &Size);
        if (Packet != NULL)
        {
            Received = Received + 1;
            Wait.IdleSince = 0;
            if (To == From)
            {
                ClientPacketExchange(Packet, Size);
            }
            if (To != NULL)
            {
                SendCopy(To, Packet, Size);
            }
            WintunReleaseReceivePacket(From, Packet);
        }
        else if (GetLastError() == ERROR_NO_MORE_ITEMS)
        {
            ClientWait(&Wait, WintunGetReadWaitEvent(From));
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
        SendCopy(Session, Packet, Size);
    }
}

static DWORD WINAPI ForwardBack(VOID *Context)
{
    (void)Context;
    Receive(Other, Session);
    return 0;
}

static void Forward(void)
{
    HANDLE Thread = CreateThread(NULL, 0, ForwardBack, NULL, 0, NULL);

    Receive(Session, Other);
    WaitForSingleObject(Thread, INFINITE);
    CloseHandle(Thread);
}

#define LIFE_MAX 16 /* one more is there all the time */

static int CompareTimes(const void *Left, const void *Right)
{
    double Difference = *(const double *)Left - *(const double *)Right;

    return (Difference > 0) - (Difference < 0);
}

/* Calls that for each adapter once a line has come, and says how long one took. FALSE: it failed.
 */
static BOOL LifePhase(LPCSTR Name, BOOL (*Do)(DWORD Index), DWORD Count)
{
    double Times[LIFE_MAX];

    for (int Character = 0; Character != '\n'; Character = getchar())
    {
        if (Character == EOF)
        {
            return FALSE;
        }
    }
    for (DWORD Index = 0; Index < Count; ++Index)
    {
        double Start = Microseconds();
        if (!Do(Index))
        {
            fprintf(stderr, "not %s: error %lu\n", Name, GetLastError());
            return FALSE;
        }
        Times[Index] = Microseconds() - Start;
    }
    qsort(Times, Count, sizeof(*Times), CompareTimes);
    printf("%s %.0f\n", Name, Times[Count / 2]);
    fflush(stdout);
    return TRUE;
}

static LPCSTR LifeName;
static WINTUN_ADAPTER_HANDLE LifeAdapters[LIFE_MAX + 1];
static WINTUN_SESSION_HANDLE LifeSessions[LIFE_MAX];

static BOOL LifeCreate(DWORD Index)
{
    WCHAR Name[32];

    _snwprintf(Name, ARRAYSIZE(Name), L"%hs%lu", LifeName, Index);
    LifeAdapters[Index] = WintunCreateAdapter(Name, L"Bench", NULL);
    return LifeAdapters[Index] != NULL;
}

static BOOL LifeOpen(DWORD Index)
{
    LifeSessions[Index] = WintunStartSession(LifeAdapters[Index], RING_CAPACITY);
    return LifeSessions[Index] != NULL;
}

static BOOL LifeEnd(DWORD Index)
{
    WintunEndSession(LifeSessions[Index]);
    return TRUE;
}

static BOOL LifeRemove(DWORD Index)
{
    WintunCloseAdapter(LifeAdapters[Index]);
    return TRUE;
}

static int Life(LPCSTR Name, DWORD Count)
{
    LifeName = Name;
    if (Count == 0 || Count > LIFE_MAX)
    {
        fprintf(stderr, "%lu adapters: 1 to %d can be made\n", Count, LIFE_MAX);
        return 1;
    }
    /* What comes with the first adapter belongs to none. */
    if (!LifeCreate(Count))
    {
        fprintf(stderr, "no adapter: error %lu\n", GetLastError());
        return 1;
    }
    printf("started 0\n");
    fflush(stdout);
    int Status = !LifePhase("created", LifeCreate, Count) ||
                 !LifePhase("opened", LifeOpen, Count) || !LifePhase("ended", LifeEnd, Count) ||
                 !LifePhase("removed", LifeRemove, Count);
    LifeRemove(Count);
    return Status;
}

int main(int argc, char **argv)
{
    WCHAR Name[32];

    if (argc < 4 || ClientLoad() == NULL || !MultiByteToWideChar(CP_UTF8, 0, argv[1], -1, Name, 32))
    {
        fprintf(
            stderr, "usage: wine_client ADAPTER sink|source|echo SIZE [poll], forward OTHER or "
                    "life COUNT\n");
        return 1;
    }
    if (strcmp(argv[2], "life") == 0)
    {
        return Life(argv[1], (DWORD)strtoul(argv[3], NULL, 0));
    }
    Polls = argc > 4 && strcmp(argv[4], "poll") == 0;
    double Start = Microseconds();
    WINTUN_ADAPTER_HANDLE Adapter = WintunCreateAdapter(Name, L"Bench", NULL);
    Session = Adapter ? WintunStartSession(Adapter, RING_CAPACITY) : NULL;
    WINTUN_ADAPTER_HANDLE OtherAdapter = NULL;
    if (Session != NULL && strcmp(argv[2], "forward") == 0)
    {
        MultiByteToWideChar(CP_UTF8, 0, argv[3], -1, Name, 32);
        OtherAdapter = WintunCreateAdapter(Name, L"Bench", NULL);
        Other = OtherAdapter ? WintunStartSession(OtherAdapter, RING_CAPACITY) : NULL;
    }
    if (Session == NULL || (Other == NULL && strcmp(argv[2], "forward") == 0))
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
    else if (Other != NULL)
    {
        Forward();
    }
    else
    {
        Receive(Session, strcmp(argv[2], "echo") == 0 ? Session : NULL);
    }
    printf("packets %I64u\n", Received);
    Start = Microseconds();
    WintunEndSession(Session);
    WintunEndSession(Other);
    WintunCloseAdapter(Adapter);
    WintunCloseAdapter(OtherAdapter);
    printf("removed %.0f\n", Microseconds() - Start);
    return 0;
}
