/* SPDX-License-Identifier: MIT */
#include "host_test_process.h"

#include <windows.h>
#include <winternl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

unsigned DriverProcess(void)
{
    WIN32_FIND_DATAA Entry;
    HANDLE Find = FindFirstFileA("Z:\\proc\\*", &Entry);
    char Path[MAX_PATH], Line[1024];
    unsigned Found = 0;
    if (Find == INVALID_HANDLE_VALUE)
        return 0;
    do
    {
        FILE *Maps;
        snprintf(Path, sizeof(Path), "Z:\\proc\\%s\\maps", Entry.cFileName);
        Maps = atoi(Entry.cFileName) != 0 ? fopen(Path, "r") : NULL;
        while (Maps != NULL && fgets(Line, sizeof(Line), Maps) != NULL)
            if (strstr(Line, "/host_test.sys") != NULL)
                Found = (unsigned)atoi(Entry.cFileName);
        if (Maps != NULL)
            fclose(Maps);
    } while (Found == 0 && FindNextFileA(Find, &Entry));
    FindClose(Find);
    return Found;
}

int LeftOvers(unsigned Process)
{
    char Path[MAX_PATH], Line[1024];
    FILE *Maps;
    int Count = 0;
    snprintf(Path, sizeof(Path), "Z:\\proc\\%u\\maps", Process);
    Maps = fopen(Path, "r");
    while (Maps != NULL && fgets(Line, sizeof(Line), Maps) != NULL)
        Count += strstr(Line, "adit-client-pages") != NULL;
    if (Maps != NULL)
        fclose(Maps);
    return Maps != NULL ? Count : -1;
}

int OpenFiles(unsigned Process)
{
    WIN32_FIND_DATAA Entry;
    char Path[MAX_PATH];
    HANDLE Find;
    int Count = 0;
    snprintf(Path, sizeof(Path), "Z:\\proc\\%u\\fd\\*", Process);
    Find = FindFirstFileA(Path, &Entry);
    if (Find == INVALID_HANDLE_VALUE)
        return -1;
    do
        Count++;
    while (FindNextFileA(Find, &Entry));
    FindClose(Find);
    return Count;
}

unsigned DriverHandles(void)
{
    static unsigned char Buffer[0x20000];
    SYSTEM_PROCESS_INFORMATION *Process = (SYSTEM_PROCESS_INFORMATION *)Buffer;
    unsigned Count = 0;
    if (NtQuerySystemInformation(SystemProcessInformation, Buffer, sizeof(Buffer), NULL) < 0)
        return 0;
    for (;;)
    {
        if (Process->ImageName.Length != 0 &&
            _wcsicmp(Process->ImageName.Buffer, L"winedevice.exe") == 0)
            Count += Process->HandleCount;
        if (Process->NextEntryOffset == 0)
            return Count;
        Process = (SYSTEM_PROCESS_INFORMATION *)((char *)Process + Process->NextEntryOffset);
    }
}
