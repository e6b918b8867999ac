/* SPDX-License-Identifier: MIT */
/*
 * lifetime_test [many [COUNT] | kill [COUNT [SEED]] | unload]: adapters and the ends of their
 * creators. Without arguments all three, with 200 adapters and 100 deaths.
 *
 *   many    two processes create and close COUNT adapters of one name each, at the same time
 *   kill    COUNT times a process is killed at a random moment of create, start, traffic, end and
 *           close; each time the same name can be created at once. SEED repeats a run's moments.
 *   unload  the library is unloaded with an adapter and a session open
 *
 * Needs what adapter_test needs. The program starts itself: "work COUNT", "victim" and "unloader".
 */
#define CLIENT_LOADS_LIBRARY
#include "client.h"
#include "adapters.h"

#include <stdlib.h>
#include <wchar.h>

#define ADAPTER_NAME L"Adit Life"
#define TUNNEL_TYPE  L"AditLife"
#define READY_EVENT  L"AditLifetimeTestReady"
#define DONE_EVENT   L"AditLifetimeTestDone"

/* A victim's whole round takes about this long on an idle machine; moments lie within it. */
#define KILL_MAX_DELAY_MS 300

/* What a create may take after a death, all waiting for the dead included. */
#define CREATE_LIMIT_MS 60000

static HANDLE ReadyEvent, DoneEvent;

static DWORD WaitForExit(HANDLE Process, DWORD Milliseconds)
{
    DWORD ExitCode = STILL_ACTIVE;

    CHECK(WaitForSingleObject(Process, Milliseconds) == WAIT_OBJECT_0);
    GetExitCodeProcess(Process, &ExitCode);
    CloseHandle(Process);
    return ExitCode;
}

/* ---- many ---- */

static int Work(int Count)
{
    NET_LUID Luid;

    for (int Round = 0; Round < Count && CheckFailures == 0; ++Round)
    {
        WINTUN_ADAPTER_HANDLE Adapter = WintunCreateAdapter(ADAPTER_NAME, TUNNEL_TYPE, NULL);
        if (!CHECK(Adapter != NULL))
        {
            break;
        }
        WintunGetAdapterLUID(Adapter, &Luid);
        CHECK(Luid.Value != 0);
        WintunCloseAdapter(Adapter);
    }
    return CheckFailures != 0;
}

static void TestMany(int Count)
{
    WCHAR Argument[32];
    HANDLE Processes[2];
    ULONGLONG Started = GetTickCount64();

    swprintf(Argument, 32, L"work %d", Count);
    for (int Index = 0; Index < 2; ++Index)
    {
        Processes[Index] = StartSelf(Argument);
    }
    for (int Index = 0; Index < 2; ++Index)
    {
        CHECK(WaitForExit(Processes[Index], 600000) == 0);
    }
    CHECK(AdaptersAreGone(NULL));
    printf(
        "many: 2 processes with %d adapters each in %lu ms\n", Count,
        (unsigned long)(GetTickCount64() - Started));
}

/* ---- kill ---- */

/* Creates, starts, sends and receives, ends and closes until it is killed. */
static int Victim(void)
{
    static const BYTE Header[20] = {0x45, 0, 0, 20, 0, 0, 0, 0, 1, 59, 0, 0, 0, 0, 0, 0, 127, 1};
    DWORD Size;

    SetEvent(ReadyEvent);
    for (;;)
    {
        WINTUN_ADAPTER_HANDLE Adapter = WintunCreateAdapter(ADAPTER_NAME, TUNNEL_TYPE, NULL);
        if (Adapter == NULL)
        {
            return 1;
        }
        WINTUN_SESSION_HANDLE Session = WintunStartSession(Adapter, WINTUN_MIN_RING_CAPACITY);
        for (int Packets = 0; Session != NULL && Packets < 2000; ++Packets)
        {
            BYTE *Packet = WintunAllocateSendPacket(Session, sizeof(Header));
            if (Packet != NULL)
            {
                memcpy(Packet, Header, sizeof(Header));
                WintunSendPacket(Session, Packet);
            }
            Packet = WintunReceivePacket(Session, &Size);
            if (Packet != NULL)
            {
                WintunReleaseReceivePacket(Session, Packet);
            }
        }
        if (Session != NULL)
        {
            WintunEndSession(Session);
        }
        WintunCloseAdapter(Adapter);
    }
}

static unsigned KillRandom(unsigned *State)
{
    *State = *State * 1664525u + 1013904223u;
    return *State >> 8;
}

static void TestOneKill(int Round, DWORD Delay)
{
    int Failures = CheckFailures;
    HANDLE Process = StartSelf(L"victim");
    if (Process == NULL)
    {
        return;
    }
    CHECK(WaitForSingleObject(ReadyEvent, 60000) == WAIT_OBJECT_0);
    Sleep(Delay);
    CHECK(TerminateProcess(Process, 9));
    CHECK(WaitForExit(Process, 60000) == 9);

    ULONGLONG Started = GetTickCount64();
    WINTUN_ADAPTER_HANDLE Adapter = WintunCreateAdapter(ADAPTER_NAME, TUNNEL_TYPE, NULL);
    if (CHECK(Adapter != NULL))
    {
        WINTUN_ADAPTER_HANDLE Opened = WintunOpenAdapter(ADAPTER_NAME);
        CHECK(Opened != NULL);
        WintunCloseAdapter(Opened);
        CHECK(CountAdapters(NULL) == 1);
    }
    WintunCloseAdapter(Adapter);
    CHECK(GetTickCount64() - Started < CREATE_LIMIT_MS);
    if (CheckFailures != Failures)
    {
        printf("kill: that was round %d, %lu ms after the start\n", Round, (unsigned long)Delay);
        fflush(stdout);
    }
}

static void TestKill(int Count, unsigned Seed)
{
    unsigned State = Seed;
    ULONGLONG Started = GetTickCount64();

    printf("kill: %d times, seed %u\n", Count, Seed);
    fflush(stdout);
    WintunSetLogger(ClientLogger);
    for (int Round = 0; Round < Count && CheckFailures < 10; ++Round)
    {
        TestOneKill(Round, KillRandom(&State) % KILL_MAX_DELAY_MS);
    }
    CHECK(AdaptersAreGone(NULL));
    printf("kill: %lu ms\n", (unsigned long)(GetTickCount64() - Started));
}

/* ---- unload ---- */

/* What the library has made goes with it, although this process stays. */
static int Unloader(HMODULE Module)
{
    WINTUN_ADAPTER_HANDLE Adapter = WintunCreateAdapter(ADAPTER_NAME, TUNNEL_TYPE, NULL);
    CHECK(Adapter != NULL);
    if (Adapter != NULL)
    {
        CHECK(WintunStartSession(Adapter, WINTUN_MIN_RING_CAPACITY) != NULL);
    }
    WintunSetLogger(NULL);
    CHECK(FreeLibrary(Module));
    CHECK(GetModuleHandleW(L"adit.dll") == NULL);
    SetEvent(ReadyEvent);
    CHECK(WaitForSingleObject(DoneEvent, 120000) == WAIT_OBJECT_0);
    return CheckFailures != 0;
}

static void TestUnload(void)
{
    HANDLE Process = StartSelf(L"unloader");
    if (Process == NULL)
    {
        return;
    }
    CHECK(WaitForSingleObject(ReadyEvent, 60000) == WAIT_OBJECT_0);

    /* The name is free: nothing was left, or it was swept. */
    WINTUN_ADAPTER_HANDLE Adapter = WintunCreateAdapter(ADAPTER_NAME, TUNNEL_TYPE, NULL);
    CHECK(Adapter != NULL);
    WINTUN_ADAPTER_HANDLE Opened = WintunOpenAdapter(ADAPTER_NAME);
    CHECK(Opened != NULL);
    CHECK(CountAdapters(NULL) == 1);
    WintunCloseAdapter(Opened);
    WintunCloseAdapter(Adapter);
    CHECK(AdaptersAreGone(NULL));
    SetEvent(DoneEvent);
    CHECK(WaitForExit(Process, 60000) == 0);
}

int main(int argc, char **argv)
{
    const char *Mode = argc > 1 ? argv[1] : "";
    int Count = argc > 2 ? atoi(argv[2]) : 0;
    HMODULE Module = ClientLoad();
    if (Module == NULL)
    {
        return 1;
    }
    ReadyEvent = CreateEventW(NULL, FALSE, FALSE, READY_EVENT);
    DoneEvent = CreateEventW(NULL, FALSE, FALSE, DONE_EVENT);
    if (strcmp(Mode, "victim") == 0)
    {
        return Victim();
    }
    WintunSetLogger(ClientLogger);
    if (strcmp(Mode, "work") == 0)
    {
        return Work(Count);
    }
    if (strcmp(Mode, "unloader") == 0)
    {
        return Unloader(Module);
    }
    WintunSetLogger(NULL);
    if (*Mode == 0 || strcmp(Mode, "unload") == 0)
    {
        TestUnload();
    }
    if (*Mode == 0 || strcmp(Mode, "kill") == 0)
    {
        TestKill(Count != 0 ? Count : 100, argc > 3 ? (unsigned)atoi(argv[3]) : GetTickCount());
    }
    if (*Mode == 0 || strcmp(Mode, "many") == 0)
    {
        TestMany(Count != 0 ? Count : 200);
    }
    return CheckResult("lifetime_test");
}
