/* SPDX-License-Identifier: MIT */
/*
 * A client in the idiom of programs in Go and Rust: takes random numbers when it starts, loads the
 * library by the name wintun.dll, from its own folder or System32, takes each function by name when
 * it needs it, and has many adapters.
 *
 *   many_adapters COUNT   makes them, each with a session, sends and receives nothing, says
 * "ready", waits for a line, and closes them; exit status 0, or 1 with a message
 */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include "adit.h"

#include <stdio.h>
#include <stdlib.h>

#define MANY_MAX 64

static HMODULE Module;
static WINTUN_ADAPTER_HANDLE Adapters[MANY_MAX];
static WINTUN_SESSION_HANDLE Sessions[MANY_MAX];

static FARPROC Find(const char *Name)
{
    FARPROC Function = GetProcAddress(Module, Name);
    if (Function == NULL)
    {
        printf("wintun.dll has no %s\n", Name);
        exit(1);
    }
    return Function;
}

#define CALL(Type, Name) ((Type *)(VOID *)Find(#Name))

static int Make(int Count)
{
    for (int Index = 0; Index < Count; ++Index)
    {
        WCHAR Name[16];
        swprintf(Name, ARRAYSIZE(Name), L"Many%d", Index);
        Adapters[Index] =
            CALL(WINTUN_CREATE_ADAPTER_FUNC, WintunCreateAdapter)(Name, L"Many", NULL);
        if (Adapters[Index] == NULL)
        {
            printf("adapter %d: error %lu\n", Index, GetLastError());
            return 1;
        }
        Sessions[Index] = CALL(WINTUN_START_SESSION_FUNC, WintunStartSession)(
            Adapters[Index], WINTUN_MIN_RING_CAPACITY);
        if (Sessions[Index] == NULL)
        {
            printf("session %d: error %lu\n", Index, GetLastError());
            return 1;
        }
    }
    return 0;
}

/* What the run-time parts of Go and Rust do. */
static BOOL TakeRandomNumbers(void)
{
    BYTE Bytes[3][34] = {0};
    HMODULE Primitives =
        LoadLibraryExW(L"bcryptprimitives.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    BOOL(WINAPI * ProcessPrng)
    (BYTE *, SIZE_T) = (VOID *)GetProcAddress(Primitives, "ProcessPrng");
    if (ProcessPrng == NULL || !ProcessPrng(NULL, 0))
        return FALSE;
    for (int i = 0; i < 2; i++)
    {
        if (!ProcessPrng(Bytes[i] + 1, 32) || Bytes[i][0] != 0 || Bytes[i][33] != 0)
            return FALSE;
    }
    return memcmp(Bytes[0], Bytes[1], 34) != 0 && memcmp(Bytes[1], Bytes[2], 34) != 0 &&
           memcmp(Bytes[0], Bytes[2], 34) != 0;
}

int main(int Count, char **Arguments)
{
    int Wanted = Count > 1 ? atoi(Arguments[1]) : 0;

    setvbuf(stdout, NULL, _IONBF, 0);
    if (Wanted < 1 || Wanted > MANY_MAX)
    {
        printf("%d adapters: it must be 1 to %d\n", Wanted, MANY_MAX);
        return 1;
    }
    if (!TakeRandomNumbers())
    {
        printf("bcryptprimitives.dll gives no random numbers\n");
        return 1;
    }
    Module = LoadLibraryExW(
        L"wintun.dll", NULL, LOAD_LIBRARY_SEARCH_APPLICATION_DIR | LOAD_LIBRARY_SEARCH_SYSTEM32);
    if (Module == NULL)
    {
        printf("wintun.dll does not load: error %lu\n", GetLastError());
        return 1;
    }
    int Status = Make(Wanted);
    if (Status == 0)
    {
        printf("ready\n");
        getchar();
    }
    for (int Index = 0; Index < Wanted; ++Index)
    {
        if (Sessions[Index] != NULL)
        {
            CALL(WINTUN_END_SESSION_FUNC, WintunEndSession)(Sessions[Index]);
        }
        if (Adapters[Index] != NULL)
        {
            CALL(WINTUN_CLOSE_ADAPTER_FUNC, WintunCloseAdapter)(Adapters[Index]);
        }
    }
    if (Status == 0)
    {
        printf("all closed\n");
    }
    return Status;
}
