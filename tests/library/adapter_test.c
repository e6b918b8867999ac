/* SPDX-License-Identifier: MIT */
/*
 * Adapters and sessions against the real driver: create, find, list, start a session, every error
 * of the contract that this reaches, close, and all of it again; several processes at once, and
 * creators that are killed. Needs an elevated administrator, a system that runs the driver, and no
 * other adapters of it.
 *
 * The program starts itself: with "leave" it creates an adapter and dies without closing it, with
 * "together" it creates and closes some.
 */
#define CLIENT_LOADS_LIBRARY
#include "client.h"
#include "adapters.h"

#include <wchar.h>

#define ADAPTER_NAME L"Adit Test"
#define TUNNEL_TYPE  L"AditTest"

/* How long a creation may take on a loaded machine. */
#define CREATE_LIMIT_MS 60000

/* Exit code of a process that has left its adapter behind. */
#define EXIT_LEFT 77

static const GUID TestGuid = {
    0x7e9fb2a4, 0x3c5d, 0x4e6f, {0x8a, 0x9b, 0x0c, 0x1d, 0x2e, 0x3f, 0x40, 0x51}};

static int LoggedWarnings;
static int LoggedErrors;

static VOID CALLBACK CountingLogger(WINTUN_LOGGER_LEVEL Level, DWORD64 Timestamp, LPCWSTR Text)
{
    LoggedWarnings += Level == WINTUN_LOG_WARN;
    LoggedErrors += Level == WINTUN_LOG_ERR;
    ClientLogger(Level, Timestamp, Text);
}

typedef struct _LISTED
{
    int Count;
    int StopAfter;
    DWORD64 Luid;
} LISTED;

static BOOL CALLBACK ListAdapter(WINTUN_ADAPTER_HANDLE Adapter, LPARAM Param)
{
    LISTED *Listed = (LISTED *)Param;
    NET_LUID Luid;

    WintunGetAdapterLUID(Adapter, &Luid);
    Listed->Luid = Luid.Value;
    return ++Listed->Count != Listed->StopAfter;
}

static void TestArguments(void)
{
    WCHAR Long[WINTUN_MAX_POOL + 1];

    wmemset(Long, L'n', WINTUN_MAX_POOL);
    Long[WINTUN_MAX_POOL] = 0;
    LoggedErrors = 0;
    CHECK_FAILS(WintunCreateAdapter(NULL, TUNNEL_TYPE, NULL), ERROR_INVALID_PARAMETER);
    CHECK_FAILS(WintunCreateAdapter(L"", TUNNEL_TYPE, NULL), ERROR_INVALID_PARAMETER);
    CHECK_FAILS(WintunCreateAdapter(Long, TUNNEL_TYPE, NULL), ERROR_BUFFER_OVERFLOW);
    CHECK_FAILS(WintunCreateAdapter(ADAPTER_NAME, NULL, NULL), ERROR_INVALID_PARAMETER);
    CHECK_FAILS(WintunCreateAdapter(ADAPTER_NAME, L"", NULL), ERROR_INVALID_PARAMETER);
    CHECK_FAILS(WintunCreateAdapter(ADAPTER_NAME, Long, NULL), ERROR_BUFFER_OVERFLOW);
    CHECK_FAILS(WintunOpenAdapter(NULL), ERROR_INVALID_PARAMETER);
    CHECK_FAILS(WintunOpenAdapter(L""), ERROR_INVALID_PARAMETER);
    CHECK_FAILS(WintunOpenAdapter(Long), ERROR_BUFFER_OVERFLOW);
    CHECK_FAILS(WintunOpenAdapter(L"Adit Test, absent"), ERROR_NOT_FOUND);
    CHECK_FAILS(WintunEnumAdapters(NULL, NULL, 0), ERROR_INVALID_PARAMETER);
    CHECK(LoggedErrors == 11);
    WintunCloseAdapter(NULL);
}

/* A thread whose token has no administrators group may not create an adapter. */
static void TestElevation(void)
{
    ActWithoutRights();
    CHECK_FAILS(WintunCreateAdapter(ADAPTER_NAME, TUNNEL_TYPE, NULL), ERROR_ACCESS_DENIED);
    CHECK_FAILS(WintunDeleteDriver(), ERROR_ACCESS_DENIED);
    CHECK(RevertToSelf());
}

static void TestCapacities(WINTUN_ADAPTER_HANDLE Adapter)
{
    static const DWORD Wrong[] = {0, 1, 0x10000, 0x20001, 0x30000, 0x8000000, 0xFFFFFFFF};

    for (size_t Index = 0; Index < sizeof(Wrong) / sizeof(Wrong[0]); ++Index)
    {
        CHECK_FAILS(WintunStartSession(Adapter, Wrong[Index]), ERROR_INVALID_PARAMETER);
    }
}

static void TestSession(WINTUN_ADAPTER_HANDLE Adapter, DWORD Capacity)
{
    DWORD Size;

    WINTUN_SESSION_HANDLE Session = WintunStartSession(Adapter, Capacity);
    if (!CHECK(Session != NULL))
    {
        return;
    }
    CHECK_FAILS(WintunStartSession(Adapter, Capacity), ERROR_ALREADY_INITIALIZED);
    CHECK(WintunGetReadWaitEvent(Session) != NULL);

    /* The system's own packets may be there already; all of them can be had and given back. */
    BYTE *Packet;
    while ((Packet = WintunReceivePacket(Session, &Size)) != NULL)
    {
        CHECK(Packet[0] >> 4 == 4 || Packet[0] >> 4 == 6);
        WintunReleaseReceivePacket(Session, Packet);
    }
    CHECK(GetLastError() == ERROR_NO_MORE_ITEMS);

    CHECK_FAILS(
        WintunAllocateSendPacket(Session, WINTUN_MAX_IP_PACKET_SIZE + 1), ERROR_INVALID_PARAMETER);
    Packet = WintunAllocateSendPacket(Session, 20);
    if (CHECK(Packet != NULL))
    {
        /* An IPv4 header without payload, from and to nowhere: the stack drops it. */
        static const BYTE Header[20] = {0x45, 0, 0, 20, 0, 0, 0, 0, 1,   59,
                                        0,    0, 0, 0,  0, 0, 0, 0, 127, 1};
        memcpy(Packet, Header, sizeof(Header));
        WintunSendPacket(Session, Packet);
    }
    WintunEndSession(Session);
    CHECK_FAILS(WintunReceivePacket(Session, &Size), ERROR_HANDLE_EOF);
    CHECK_FAILS(WintunAllocateSendPacket(Session, 20), ERROR_HANDLE_EOF);
}

static void TestNames(WINTUN_ADAPTER_HANDLE First)
{
    NET_LUID FirstLuid, Luid;
    LISTED Listed = {.StopAfter = 1};

    WintunGetAdapterLUID(First, &FirstLuid);

    /* Opening finds it whatever the case, and closing the second handle leaves it there. */
    WINTUN_ADAPTER_HANDLE Opened = WintunOpenAdapter(L"adit TEST");
    if (CHECK(Opened != NULL))
    {
        WintunGetAdapterLuid(Opened, &Luid);
        CHECK(Luid.Value == FirstLuid.Value && Luid.Value != 0);
        WintunCloseAdapter(Opened);
    }
    CHECK(CountAdapters(TUNNEL_TYPE) == 1);

    /* A second adapter of the same name gets another one, and the first keeps its device. */
    LoggedWarnings = 0;
    WINTUN_ADAPTER_HANDLE Second = WintunCreateAdapter(L"ADIT test", TUNNEL_TYPE, &TestGuid);
    if (!CHECK(Second != NULL))
    {
        return;
    }
    CHECK(LoggedWarnings >= 1);
    WintunGetAdapterLUID(Second, &Luid);
    CHECK(Luid.Value != FirstLuid.Value);
    CHECK(CountAdapters(L"aditTEST") == 2);
    CHECK(CountAdapters(L"Another type") == 0);
    CHECK(CountAdapters(NULL) >= 2);
    CHECK(WintunEnumAdapters(TUNNEL_TYPE, ListAdapter, (LPARAM)&Listed) && Listed.Count == 1);
    Opened = WintunOpenAdapter(L"ADIT test 1");
    CHECK(Opened != NULL);
    WintunCloseAdapter(Opened);
    CHECK_FAILS(WintunDeleteDriver(), ERROR_DEVICE_IN_USE);

    TestSession(Second, WINTUN_MIN_RING_CAPACITY);
    WintunCloseAdapter(Second);
    CHECK(CountAdapters(TUNNEL_TYPE) == 1);
    CHECK_FAILS(WintunOpenAdapter(L"ADIT test 1"), ERROR_NOT_FOUND);
}

static void CheckExit(HANDLE Process, DWORD Expected)
{
    DWORD ExitCode = 0;

    CHECK(WaitForSingleObject(Process, 120000) == WAIT_OBJECT_0);
    CHECK(GetExitCodeProcess(Process, &ExitCode));
    CHECK(ExitCode == Expected);
    CloseHandle(Process);
}

static void TestOrphan(void)
{
    CheckExit(StartSelf(L"leave"), EXIT_LEFT);

    /* The next calls neither show it nor take its name for taken. */
    CHECK(AdaptersAreGone(TUNNEL_TYPE));
    CHECK_FAILS(WintunOpenAdapter(ADAPTER_NAME), ERROR_NOT_FOUND);
    LoggedWarnings = 0;
    WINTUN_ADAPTER_HANDLE Adapter = WintunCreateAdapter(ADAPTER_NAME, TUNNEL_TYPE, NULL);
    CHECK(Adapter != NULL && LoggedWarnings == 0);
    CHECK(CountAdapters(TUNNEL_TYPE) == 1);
    WintunCloseAdapter(Adapter);
}

/* What SetupAPI removes first is what is recorded of a device. Its remover may be killed then. */
static void TestHalfRemoved(void)
{
    static const WCHAR Path[] = L"SYSTEM\\CurrentControlSet\\Enum\\ROOT\\ADIT";
    WCHAR Name[MAX_PATH];
    DWORD Stripped = 0;
    HKEY Devices;

    CheckExit(StartSelf(L"leave"), EXIT_LEFT);
    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, Path, 0, KEY_ALL_ACCESS, &Devices) == ERROR_SUCCESS)
    {
        for (DWORD Index = 0; RegEnumKeyW(Devices, Index, Name, MAX_PATH) == ERROR_SUCCESS; ++Index)
        {
            HKEY Device;
            if (Name[0] == L'{' ||
                RegOpenKeyExW(Devices, Name, 0, KEY_ALL_ACCESS, &Device) != ERROR_SUCCESS)
            {
                continue;
            }
            Stripped += RegDeleteTreeW(Device, L"Properties") == ERROR_SUCCESS;
            RegCloseKey(Device);
        }
        RegCloseKey(Devices);
    }
    printf("%lu devices are half removed\n", (unsigned long)Stripped);
    CHECK(AdaptersAreGone(NULL));
    WINTUN_ADAPTER_HANDLE Adapter = WintunCreateAdapter(ADAPTER_NAME, TUNNEL_TYPE, NULL);
    CHECK(Adapter != NULL);
    CHECK(CountAdapters(NULL) == 1);
    WintunCloseAdapter(Adapter);
    CHECK(AdaptersAreGone(NULL));
    CHECK(WintunDeleteDriver());
}

/* A creator that is killed at any moment blocks nobody, and what it left goes away. */
static void TestKilledCreator(void)
{
    for (DWORD Delay = 0; Delay < 600; Delay += 40)
    {
        HANDLE Process = StartSelf(L"leave");
        if (Process == NULL)
        {
            return;
        }
        Sleep(Delay);
        TerminateProcess(Process, EXIT_LEFT);
        CheckExit(Process, EXIT_LEFT);

        ULONGLONG Started = GetTickCount64();
        WINTUN_ADAPTER_HANDLE Adapter = WintunCreateAdapter(ADAPTER_NAME, TUNNEL_TYPE, NULL);
        if (CHECK(Adapter != NULL))
        {
            WINTUN_ADAPTER_HANDLE Opened = WintunOpenAdapter(ADAPTER_NAME);
            CHECK(Opened != NULL);
            WintunCloseAdapter(Opened);
        }
        CHECK(CountAdapters(NULL) == 1);
        WintunCloseAdapter(Adapter);
        CHECK(GetTickCount64() - Started < CREATE_LIMIT_MS);
        CHECK(AdaptersAreGone(NULL));
    }
}

/* Several processes create adapters of one name at the same time. */
static void TestTogether(void)
{
    HANDLE Processes[3];

    for (int Index = 0; Index < 3; ++Index)
    {
        Processes[Index] = StartSelf(L"together");
    }
    for (int Index = 0; Index < 3; ++Index)
    {
        CheckExit(Processes[Index], 0);
    }
    CHECK(AdaptersAreGone(TUNNEL_TYPE));
}

static int RunTogether(void)
{
    for (int Round = 0; Round < 3; ++Round)
    {
        WINTUN_ADAPTER_HANDLE Adapter = WintunCreateAdapter(ADAPTER_NAME, TUNNEL_TYPE, NULL);
        if (!CHECK(Adapter != NULL))
        {
            return 1;
        }
        TestSession(Adapter, WINTUN_MIN_RING_CAPACITY);
        WintunCloseAdapter(Adapter);
    }
    return CheckFailures != 0;
}

/* The adapter goes while a session is open: the client is woken and told so, on both rings. */
static void TestRemovalInSession(void)
{
    BYTE *Packet;
    DWORD Size;

    WINTUN_ADAPTER_HANDLE Adapter = WintunCreateAdapter(ADAPTER_NAME, TUNNEL_TYPE, NULL);
    if (!CHECK(Adapter != NULL))
    {
        return;
    }
    WINTUN_SESSION_HANDLE Session = WintunStartSession(Adapter, WINTUN_MIN_RING_CAPACITY);
    WintunCloseAdapter(Adapter);
    if (!CHECK(Session != NULL))
    {
        return;
    }
    for (;;)
    {
        Packet = WintunReceivePacket(Session, &Size);
        if (Packet != NULL)
        {
            WintunReleaseReceivePacket(Session, Packet);
            continue;
        }
        if (GetLastError() != ERROR_NO_MORE_ITEMS ||
            !CHECK(WaitForSingleObject(WintunGetReadWaitEvent(Session), 10000) == WAIT_OBJECT_0))
        {
            break;
        }
    }
    CHECK(GetLastError() == ERROR_HANDLE_EOF);
    CHECK_FAILS(WintunReceivePacket(Session, &Size), ERROR_HANDLE_EOF);
    CHECK_FAILS(WintunAllocateSendPacket(Session, 20), ERROR_HANDLE_EOF);
    WintunEndSession(Session);
    CHECK(AdaptersAreGone(TUNNEL_TYPE));
}

static DWORD CallingThread; /* the only one whose messages make the logger call back */
static int CallBackDepth;
static int CallBacks;

static DWORD WINAPI CallLibrary(void *Name)
{
    WINTUN_ADAPTER_HANDLE Adapter = WintunCreateAdapter(Name, TUNNEL_TYPE, NULL);
    CHECK(Adapter != NULL);
    WINTUN_ADAPTER_HANDLE Opened = WintunOpenAdapter(Name);
    CHECK(Opened != NULL);
    WintunCloseAdapter(Opened);
    CHECK(CountAdapters(TUNNEL_TYPE) >= 1);
    WINTUN_SESSION_HANDLE Session = WintunStartSession(Adapter, WINTUN_MIN_RING_CAPACITY);
    CHECK(Session != NULL);
    WintunEndSession(Session);
    WintunCloseAdapter(Adapter);
    return 0;
}

/* Calls everything that takes a lock, itself and by a thread that it waits for. */
static VOID CALLBACK CallingLogger(WINTUN_LOGGER_LEVEL Level, DWORD64 Timestamp, LPCWSTR Text)
{
    DWORD LastError = GetLastError();

    ClientLogger(Level, Timestamp, Text);
    if (GetCurrentThreadId() == CallingThread && CallBackDepth == 0)
    {
        ++CallBackDepth;
        ++CallBacks;
        CallLibrary(L"Adit Logger");
        HANDLE Thread = CreateThread(NULL, 0, CallLibrary, L"Adit Thread", 0, NULL);
        CHECK(WaitForSingleObject(Thread, 120000) == WAIT_OBJECT_0);
        CloseHandle(Thread);
        --CallBackDepth;
    }
    SetLastError(LastError);
}

/* The logger is called under no lock: neither this process's nor the one of all processes. */
static void TestCallingLogger(void)
{
    NET_LUID Luid = {0};

    CallingThread = GetCurrentThreadId();
    WintunSetLogger(CallingLogger);
    WINTUN_ADAPTER_HANDLE Adapter = WintunCreateAdapter(ADAPTER_NAME, TUNNEL_TYPE, NULL);
    CHECK(Adapter != NULL && CallBacks > 0);
    CHECK_FAILS(WintunOpenAdapter(L"Adit Test, absent"), ERROR_NOT_FOUND);
    CHECK_FAILS(WintunDeleteDriver(), ERROR_DEVICE_IN_USE);
    if (Adapter != NULL)
    {
        WintunGetAdapterLUID(Adapter, &Luid);
    }
    CHECK(Luid.Value != 0);
    WintunCloseAdapter(Adapter);
    WintunSetLogger(CountingLogger);
    CHECK(AdaptersAreGone(NULL));
}

static void TestLife(void)
{
    WINTUN_ADAPTER_HANDLE Adapter = WintunCreateAdapter(ADAPTER_NAME, TUNNEL_TYPE, NULL);
    if (!CHECK(Adapter != NULL))
    {
        return;
    }
    DWORD Version = WintunGetRunningDriverVersion();
    CHECK(Version != 0);
    printf("driver %lu.%lu\n", (unsigned long)(Version >> 16), (unsigned long)(Version & 0xFFFF));
    TestCapacities(Adapter);
    TestSession(Adapter, 0x400000);
    TestSession(Adapter, WINTUN_MIN_RING_CAPACITY);
    TestNames(Adapter);
    TestSession(Adapter, WINTUN_MAX_RING_CAPACITY);
    WintunCloseAdapter(Adapter);
    CHECK(AdaptersAreGone(TUNNEL_TYPE));
    CHECK_FAILS(WintunOpenAdapter(ADAPTER_NAME), ERROR_NOT_FOUND);
}

int main(int argc, char **argv)
{
    HMODULE Module = ClientLoad();
    if (Module == NULL)
    {
        return 1;
    }
    if (argc > 1 && strcmp(argv[1], "leave") == 0)
    {
        WINTUN_ADAPTER_HANDLE Left = WintunCreateAdapter(ADAPTER_NAME, TUNNEL_TYPE, NULL);
        TerminateProcess(GetCurrentProcess(), Left != NULL ? EXIT_LEFT : 1);
    }
    WintunSetLogger(CountingLogger);
    if (argc > 1 && strcmp(argv[1], "together") == 0)
    {
        return RunTogether();
    }
    TestArguments();
    TestElevation();
    TestLife();
    TestLife();
    TestRemovalInSession();
    TestCallingLogger();
    TestOrphan();
    TestHalfRemoved();
    TestKilledCreator();
    TestTogether();
    CHECK(WintunDeleteDriver());
    CHECK_FAILS(WintunGetRunningDriverVersion(), ERROR_FILE_NOT_FOUND);
    CHECK(WintunDeleteDriver());
    TestLife();
    WintunSetLogger(NULL);
    FreeLibrary(Module);
    return CheckResult("adapter_test");
}
