/* SPDX-License-Identifier: MIT */
/*
 * The library is unloaded with an adapter, a session, its events and packets open, several times:
 * then no handle, thread or file is left that was not there before, and the adapter is gone.
 */
#include "live.h"

#include <stdlib.h>
#include <tlhelp32.h>

#define ROUNDS 5

/* NtQuerySystemInformation, class 16; the same layout since Windows NT 4. */
#define SYSTEM_HANDLE_INFORMATION_CLASS 16

typedef struct _HANDLE_ENTRY
{
    USHORT ProcessId; /* its low bits */
    USHORT BackTraceIndex;
    UCHAR TypeIndex;
    UCHAR Attributes;
    USHORT Value;
    VOID *Object;
    ULONG Access;
} HANDLE_ENTRY;

typedef struct _HANDLE_TABLE
{
    ULONG Count;
    HANDLE_ENTRY Entries[];
} HANDLE_TABLE;

typedef struct _HOLDINGS
{
    int Handles;
    int Threads;
    int Files; /* where the library may write */
} HOLDINGS;

static int CountHandles(void)
{
    typedef LONG(WINAPI NT_QUERY)(ULONG, VOID *, ULONG, ULONG *);
    NT_QUERY *Query = (NT_QUERY *)(void *)GetProcAddress(
        GetModuleHandleW(L"ntdll.dll"), "NtQuerySystemInformation");
    ULONG Size = 1 << 20;
    int Result = 0;

    HANDLE_TABLE *Table = malloc(Size);
    if (!CHECK(
            Query != NULL && Table != NULL &&
            Query(SYSTEM_HANDLE_INFORMATION_CLASS, Table, Size, NULL) == 0))
    {
        return -1;
    }
    for (ULONG Index = 0; Index < Table->Count; ++Index)
    {
        Result += Table->Entries[Index].ProcessId == (USHORT)GetCurrentProcessId();
    }
    free(Table);
    return Result;
}

static int CountThreads(void)
{
    THREADENTRY32 Entry = {.dwSize = sizeof(Entry)};
    HANDLE Snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
    int Result = 0;

    for (BOOL More = Thread32First(Snapshot, &Entry); More; More = Thread32Next(Snapshot, &Entry))
    {
        Result += Entry.th32OwnerProcessID == GetCurrentProcessId();
    }
    CloseHandle(Snapshot);
    return Result;
}

static int CountFilesIn(LPCWSTR Pattern)
{
    WIN32_FIND_DATAW Found;
    HANDLE Find = FindFirstFileW(Pattern, &Found);
    int Result = 0;

    if (Find == INVALID_HANDLE_VALUE)
    {
        return 0;
    }
    do
    {
        ++Result;
    } while (FindNextFileW(Find, &Found));
    FindClose(Find);
    return Result;
}

static HOLDINGS Count(void)
{
    WCHAR Path[2 * MAX_PATH];
    HOLDINGS Result = {0};

    /* One that ends is counted for a while. */
    for (ULONGLONG End = GetTickCount64() + LIVE_TIMEOUT;
         (Result.Threads = CountThreads()) != 1 && GetTickCount64() < End;)
    {
        Sleep(20);
    }
    Result.Handles = CountHandles();

    GetWindowsDirectoryW(Path, MAX_PATH);
    lstrcatW(Path, L"\\*");
    Result.Files = CountFilesIn(Path);
    GetWindowsDirectoryW(Path, MAX_PATH);
    lstrcatW(Path, L"\\Temp\\*");
    Result.Files += CountFilesIn(Path);
    GetTempPathW(MAX_PATH, Path);
    lstrcatW(Path, L"*");
    Result.Files += CountFilesIn(Path);
    return Result;
}

static int Warnings;

static VOID CALLBACK CountWarnings(WINTUN_LOGGER_LEVEL Level, DWORD64 Timestamp, LPCWSTR Message)
{
    Warnings += Level != WINTUN_LOG_INFO;
    if (Level != WINTUN_LOG_INFO)
    {
        ClientLogger(Level, Timestamp, Message);
    }
}

/* Uses everything that there is, and goes: Tidy, or leaving all of it open. */
static void UseAndUnload(BOOL Tidy)
{
    ADIT_PACKET Packets[2] = {{NULL, 100}, {NULL, 100}};
    HMODULE Module = LiveLoad();

    if (Module == NULL)
    {
        return;
    }
    WintunSetLogger(CountWarnings);
    WINTUN_ADAPTER_HANDLE Adapter = LiveCreateAdapter(0);
    if (Adapter == NULL)
    {
        FreeLibrary(Module);
        return;
    }
    WINTUN_SESSION_HANDLE Ended = WintunStartSession(Adapter, WINTUN_MIN_RING_CAPACITY);
    if (CHECK(Ended != NULL))
    {
        WintunEndSession(Ended);
    }
    WINTUN_ADAPTER_HANDLE Opened = WintunOpenAdapter(LIVE_ADAPTER_NAME);
    CHECK(Opened != NULL);
    WintunCloseAdapter(Opened);
    WINTUN_SESSION_HANDLE Session = WintunStartSession(Adapter, WINTUN_MIN_RING_CAPACITY);
    if (CHECK(Session != NULL))
    {
        CHECK(WintunGetReadWaitEvent(Session) != NULL && AditGetWriteWaitEvent(Session) != NULL);
        CHECK(AditAllocateSendPackets(Session, Packets, 2) == 2);
        AditSendPackets(Session, &Packets[1], 1);
    }
    if (Tidy)
    {
        WintunEndSession(Session);
        WintunCloseAdapter(Adapter);
        WintunSetLogger(NULL);
    }
    FreeLibrary(Module);
    CHECK(GetModuleHandleW(L"adit.dll") == NULL);
}

void LiveUnload(void)
{
    HOLDINGS Holdings[ROUNDS];

    /*
     * The first time, other libraries make what they keep for the process. From the second on,
     * whoever leaves all open may not leave more behind than the tidy one, who shows what Windows'
     * own functions leave (Wine's SetupDiCreateDeviceInfo: a registry key each time).
     */
    for (int Round = 0; Round < ROUNDS; ++Round)
    {
        UseAndUnload(Round < 2);
        Holdings[Round] = Count();
        printf(
            "unloaded %d times: %d handles, %d threads, %d files\n", Round + 1,
            Holdings[Round].Handles, Holdings[Round].Threads, Holdings[Round].Files);
    }
    int Tidy = Holdings[1].Handles - Holdings[0].Handles;
    CHECK(Holdings[ROUNDS - 1].Handles == Holdings[1].Handles + (ROUNDS - 2) * Tidy);
    CHECK(Holdings[ROUNDS - 1].Threads == 1);
    CHECK(Holdings[ROUNDS - 1].Files == Holdings[0].Files);
    /* The name was free each time. */
    CHECK(Warnings == 0);
}
