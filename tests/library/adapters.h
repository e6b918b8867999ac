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
