/* SPDX-License-Identifier: MIT */
/* What the tests that create adapters share. Needs client.h, and the library loaded or linked. */
#ifndef ADIT_TESTS_LIBRARY_ADAPTERS_H
#define ADIT_TESTS_LIBRARY_ADAPTERS_H

#include <wchar.h>

static BOOL CALLBACK CountAdapter(WINTUN_ADAPTER_HANDLE Adapter, LPARAM Param)
{
    (void)Adapter;
    ++*(int *)Param;
    return TRUE;
}

/* How many adapters of that tunnel type there are; of any, if it is NULL. */
static inline int CountAdapters(LPCWSTR TunnelType)
{
    int Count = 0;

    CHECK(WintunEnumAdapters(TunnelType, CountAdapter, (LPARAM)&Count));
    return Count;
}

/*
 * Whether there are none. Closing an adapter waits 5 s for its device to go, which on a loaded
 * machine may take longer.
 */
static inline BOOL AdaptersAreGone(LPCWSTR TunnelType)
{
    for (ULONGLONG End = GetTickCount64() + 60000; CountAdapters(TunnelType) != 0;)
    {
        if (GetTickCount64() >= End)
        {
            return FALSE;
        }
        Sleep(20);
    }
    return TRUE;
}

/* Runs this program once more; Argument says what it does. NULL is a failed check. */
static inline HANDLE StartSelf(LPCWSTR Argument)
{
    WCHAR CommandLine[MAX_PATH + 32];
    STARTUPINFOW Startup = {.cb = sizeof(Startup)};
    PROCESS_INFORMATION Process;
    WCHAR Path[MAX_PATH];

    GetModuleFileNameW(NULL, Path, MAX_PATH);
    swprintf(CommandLine, MAX_PATH + 32, L"\"%ls\" %ls", Path, Argument);
    if (!CHECK(CreateProcessW(
            Path, CommandLine, NULL, NULL, FALSE, 0, NULL, NULL, &Startup, &Process)))
    {
        return NULL;
    }
    CloseHandle(Process.hThread);
    return Process.hProcess;
}

#endif
