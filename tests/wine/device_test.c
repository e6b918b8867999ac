/* SPDX-License-Identifier: MIT */
/*
 * The device as a client that brings its own code sees it: registration, packets, and every end of
 * both. Needs an elevated administrator, a system that runs the driver, and tests/wine/device_test
 * to run it, which sets addresses.
 *
 *     device_test [TEXT]     runs the cases with that text in their names; exit status 0 or 1
 *
 * It starts itself, and the process then waits to be killed, or ends with the status that is told:
 *
 *     device_test idle               does nothing
 *     device_test keep NAME          has an adapter for a 32-bit one
 *     device_test hold PATH          registers rings with the device
 *     device_test hold-handle N      registers rings with the device that the inherited handle N
 * has open device_test leave PATH         registers rings and ends; the status is the error
 */
#include "device_client.h"
#include "device_keeper.h"
#include "device_traffic.h"

#include <stdlib.h>
#include <string.h>

int CheckFailures;

BOOL CheckReport(BOOL Holds, const char *Text, const char *File, int Line)
{
    if (!Holds)
    {
        DWORD Error = GetLastError();
        ++CheckFailures;
        printf("    %s:%d: does not hold: %s (last error %lu)\n", File, Line, Text, Error);
        fflush(stdout);
        SetLastError(Error);
    }
    return Holds;
}

BOOL CheckEqual(UINT64 Actual, UINT64 Expected, const char *Text, const char *File, int Line)
{
    if (Actual != Expected)
    {
        ++CheckFailures;
        printf(
            "    %s:%d: %s is %lld, not %lld\n", File, Line, Text, (long long)Actual,
            (long long)Expected);
        fflush(stdout);
    }
    return Actual == Expected;
}

HANDLE CaseStartProcess(LPCWSTR Arguments, BOOL Inherits)
{
    STARTUPINFOW Startup = {.cb = sizeof(Startup)};
    WCHAR CommandLine[2 * MAX_PATH];
    PROCESS_INFORMATION Process;
    WCHAR Path[MAX_PATH];

    GetModuleFileNameW(NULL, Path, MAX_PATH);
    wsprintfW(CommandLine, L"device_test %s", Arguments);
    if (!CHECK(CreateProcessW(
            Path, CommandLine, NULL, NULL, Inherits, 0, NULL, NULL, &Startup, &Process)))
    {
        return NULL;
    }
    CloseHandle(Process.hThread);
    return Process.hProcess;
}

HANDLE CaseStartHolder(LPCWSTR Arguments, BOOL Inherits)
{
    HANDLE Ready = CreateEventW(NULL, TRUE, FALSE, CASE_READY_EVENT);
    HANDLE Process = CaseStartProcess(Arguments, Inherits);

    if (Process != NULL)
    {
        HANDLE Either[] = {Ready, Process};
        CHECK_EQUAL(WaitForMultipleObjects(2, Either, FALSE, 4 * DEVICE_TIMEOUT), WAIT_OBJECT_0);
    }
    CloseHandle(Ready);
    return Process;
}

VOID CaseKill(HANDLE Process)
{
    if (Process != NULL)
    {
        CHECK(TerminateProcess(Process, 7));
        CHECK_EQUAL(WaitForSingleObject(Process, DEVICE_TIMEOUT), WAIT_OBJECT_0);
        CloseHandle(Process);
    }
}

static VOID CaseSayReady(VOID)
{
    HANDLE Ready = OpenEventW(EVENT_MODIFY_STATE, FALSE, CASE_READY_EVENT);
    CHECK(Ready != NULL && SetEvent(Ready));
    Sleep(INFINITE);
}

/* What a process of CaseStartProcess does. */
static int CaseRunProcess(const char *What, const char *Argument)
{
    DEVICE Device = {0};
    CLIENT *Client = ClientNew(&Device);

    if (strcmp(What, "idle") == 0)
    {
        CaseSayReady();
    }
    if (strcmp(What, "keep") == 0)
    {
        return DeviceKeep(Argument);
    }
    if (strcmp(What, "hold-handle") == 0)
    {
        Client->File = (HANDLE)(ULONG_PTR)strtoul(Argument, NULL, 10);
    }
    else
    {
        wsprintfW(Device.Link, L"%S", Argument);
        if (!CHECK(ClientOpen(Client, Device.Link, GENERIC_READ | GENERIC_WRITE)))
        {
            return 1;
        }
    }
    if (!ClientMakeRings(Client, TUN_MIN_CAPACITY))
    {
        return 1;
    }
    TUN_REGISTER_RINGS Rings = ClientRegistration(Client);
    DWORD Error = ClientRegister(Client, TUN_IOCTL_REGISTER_RINGS, &Rings);
    if (strcmp(What, "leave") == 0)
    {
        return (int)Error;
    }
    if (CHECK_EQUAL(Error, 0))
    {
        CaseSayReady();
    }
    return 1;
}

static VOID CaseRun(DEVICE *Device, const DEVICE_CASE *Case)
{
    int Before = CheckFailures;
    ULONGLONG Started = GetTickCount64();

    Case->Run(Device);
    ClientCloseAll();
    printf(
        "%s: %s (%llu ms)\n", CheckFailures == Before ? "ok" : "FAILED", Case->Name,
        GetTickCount64() - Started);
    fflush(stdout);
}

int main(int Count, char **Arguments)
{
    static const DEVICE_CASE *const Groups[] = {RegisterCases, DataCases, EndCases};
    const char *Text = Count > 1 ? Arguments[1] : "";
    DEVICE Device;
    int Cases = 0;

    if (Count > 2 || strcmp(Text, "idle") == 0)
    {
        return CaseRunProcess(Text, Count > 2 ? Arguments[2] : "");
    }
    if ((!KeeperIsNeeded() && !DeviceLoadLibrary()) || !DeviceCreate(&Device, 1, FALSE))
    {
        return 1;
    }
    for (SIZE_T Group = 0; Group < ARRAYSIZE(Groups); ++Group)
    {
        for (const DEVICE_CASE *Case = Groups[Group]; Case->Name != NULL; ++Case)
        {
            if (strstr(Case->Name, Text) != NULL)
            {
                CaseRun(&Device, Case);
                ++Cases;
            }
        }
    }
    DeviceRemove(&Device);
    printf("device_test: %d cases, %d checks failed\n", Cases, CheckFailures);
    return Cases == 0 || CheckFailures != 0;
}
