/* SPDX-License-Identifier: MIT */
/*
 * Adapters of a 32-bit client: device drivers are installed by 64-bit processes, so another
 * device_test.exe, for amd64, makes and keeps them. tests/wine/device_test names it in the variable
 * KEEPER_VARIABLE. It says the adapter's LUID on its output, and removes it at its input's end.
 */
#include "device_client.h"
#include "device_keeper.h"

#include <stdlib.h>

#define KEEPER_VARIABLE L"ADIT_DEVICE_TEST_KEEPER"

struct _KEEPER
{
    HANDLE Process;
    HANDLE Input;
};

BOOL KeeperIsNeeded(VOID)
{
    return sizeof(VOID *) == 4 && GetEnvironmentVariableW(KEEPER_VARIABLE, NULL, 0) != 0;
}

int KeeperRun(WINTUN_ADAPTER_HANDLE Adapter, ULONG64 Luid)
{
    if (Adapter == NULL)
    {
        return 1;
    }
    printf("keeping %llx\n", (unsigned long long)Luid);
    fflush(stdout);
    while (getchar() != EOF)
    {
    }
    return 0;
}

/* Starts the program with one end of a pipe each; the other ends are Input and Output. */
static BOOL KeeperStartProcess(const char *Name, KEEPER *Keeper, HANDLE *Output)
{
    STARTUPINFOW Startup = {.cb = sizeof(Startup), .dwFlags = STARTF_USESTDHANDLES};
    SECURITY_ATTRIBUTES Inherited = {.nLength = sizeof(Inherited), .bInheritHandle = TRUE};
    WCHAR Program[MAX_PATH], CommandLine[64];
    PROCESS_INFORMATION Process;

    if (!CHECK(GetEnvironmentVariableW(KEEPER_VARIABLE, Program, MAX_PATH) != 0) ||
        !CHECK(CreatePipe(&Startup.hStdInput, &Keeper->Input, &Inherited, 0)) ||
        !CHECK(CreatePipe(Output, &Startup.hStdOutput, &Inherited, 0)))
    {
        return FALSE;
    }
    Startup.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    SetHandleInformation(Keeper->Input, HANDLE_FLAG_INHERIT, 0);
    SetHandleInformation(*Output, HANDLE_FLAG_INHERIT, 0);
    wsprintfW(CommandLine, L"device_test keep %S", Name);
    BOOL Started = CHECK(
        CreateProcessW(Program, CommandLine, NULL, NULL, TRUE, 0, NULL, NULL, &Startup, &Process));
    CloseHandle(Startup.hStdInput);
    CloseHandle(Startup.hStdOutput);
    if (Started)
    {
        CloseHandle(Process.hThread);
        Keeper->Process = Process.hProcess;
    }
    return Started;
}

KEEPER *KeeperStart(const char *Name, ULONG64 *Luid)
{
    KEEPER *Keeper = calloc(1, sizeof(*Keeper));
    HANDLE Output = NULL;
    char Line[256] = "";
    DWORD Length = 0, Read;

    if (Keeper == NULL || !KeeperStartProcess(Name, Keeper, &Output))
    {
        free(Keeper);
        return NULL;
    }
    while (Length < sizeof(Line) - 1 && ReadFile(Output, Line + Length, 1, &Read, NULL) &&
           Read == 1 && Line[Length] != '\n')
    {
        ++Length;
    }
    CloseHandle(Output);
    if (!CHECK(sscanf(Line, "keeping %I64x", Luid) == 1))
    {
        printf("    the program that should make %s said: %s\n", Name, Line);
        KeeperEnd(Keeper);
        return NULL;
    }
    return Keeper;
}

VOID KeeperEnd(KEEPER *Keeper)
{
    CloseHandle(Keeper->Input);
    CHECK_EQUAL(WaitForSingleObject(Keeper->Process, DEVICE_TIMEOUT), WAIT_OBJECT_0);
    CloseHandle(Keeper->Process);
    free(Keeper);
}
