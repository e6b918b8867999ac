/* SPDX-License-Identifier: MIT */
/*
 * Device installation in an emulated process (library/native_setup.h). This program has the
 * library's own code in it, and is told by its own IsWow64Process2 that the machine is an arm64
 * one. What it carries for arm64 is the package and aditsetup.exe of amd64, so that they run here.
 * SetupAPI's functions that install refuse this process, as those of Windows refuse a 32-bit one:
 * what is installed, aditsetup.exe has installed. Needs what adapter_test needs.
 *
 * What it carries as aditsetup.exe for x86 ends at once.
 *
 * With "killed" it dies while aditsetup.exe runs; with "timeout" aditsetup.exe waits for ever.
 */
#include "client.h"
#include "library/adapter.h"
#include "library/driver_package.h"
#include "library/log.h"
#include "library/native_setup.h"
#include "library/session.h"
#include "library/system.h"

#include "adapters.h" /* needs the functions above */

#include <setupapi.h>
#include <stdlib.h>
#include <wchar.h>

#define ADAPTER_NAME L"Adit Native"
#define TUNNEL_TYPE  L"AditNative"
#define NO_PACKAGE   L"oem9999.inf"

#define EXIT_KILLED 77

static USHORT NativeMachine = IMAGE_FILE_MACHINE_AMD64;
static int Refused; /* calls of functions that install */
static BOOL DiesAtStart;

static LPCWSTR WantedMessage;
static int WantedMessages;

static VOID CALLBACK Logger(WINTUN_LOGGER_LEVEL Level, DWORD64 Timestamp, LPCWSTR Text)
{
    WantedMessages += WantedMessage != NULL && wcsstr(Text, WantedMessage) != NULL;
    ClientLogger(Level, Timestamp, Text);
}

/* ---- What Windows answers in an emulated process ---- */

static BOOL WINAPI AnswerMachine(HANDLE Process, USHORT *Machine, USHORT *Native)
{
    (void)Process;
    *Machine = IMAGE_FILE_MACHINE_UNKNOWN;
    *Native = NativeMachine;
    return TRUE;
}

static BOOL WINAPI Refuse(void)
{
    ++Refused;
    SetLastError((DWORD)ERROR_IN_WOW64);
    return FALSE;
}

/* Wine's SetupAPI calls it itself, with this function, when a list of devices is destroyed. */
static BOOL WINAPI RefuseToCall(DI_FUNCTION Function, HDEVINFO Set, SP_DEVINFO_DATA *Device)
{
    (void)Set;
    (void)Device;
    return Function != DIF_DESTROYPRIVATEDATA && Refuse();
}

static BOOL WINAPI DoNotStart(HANDLE Event)
{
    (void)Event;
    if (DiesAtStart)
    {
        TerminateProcess(GetCurrentProcess(), EXIT_KILLED);
    }
    return TRUE;
}

/* Writes "jump to Replacement" over a function of this process. */
static void Replace(LPCWSTR Module, const char *Name, void *Replacement)
{
    BYTE Jump[12] = {0x48, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xE0}; /* mov rax, n; jmp rax */
    DWORD Old;

    BYTE *Code = (BYTE *)(void *)GetProcAddress(GetModuleHandleW(Module), Name);
    memcpy(&Jump[2], &Replacement, sizeof(Replacement));
    if (CHECK(Code != NULL && VirtualProtect(Code, sizeof(Jump), PAGE_EXECUTE_READWRITE, &Old)))
    {
        memcpy(Code, Jump, sizeof(Jump));
        VirtualProtect(Code, sizeof(Jump), Old, &Old);
        FlushInstructionCache(GetCurrentProcess(), Code, sizeof(Jump));
    }
}

static void BecomeEmulated(void)
{
    NativeMachine = IMAGE_FILE_MACHINE_ARM64;
    Replace(L"setupapi.dll", "SetupDiCallClassInstaller", (void *)RefuseToCall);
    Replace(L"setupapi.dll", "SetupCopyOEMInfW", (void *)Refuse);
    Replace(L"setupapi.dll", "SetupUninstallOEMInfW", (void *)Refuse);
    CHECK(!SetupDiCallClassInstaller(DIF_REMOVE, NULL, NULL) && Refused == 1);
    Refused = 0;
}

/* ---- Tests ---- */

/* From no driver to no driver, with an adapter of either kind between. */
static void TestLife(void)
{
    ADIT_ADAPTER_PARAMETERS Parameters = {sizeof(Parameters), ADIT_ADAPTER_PERSISTENT, 1380, 0};

    WINTUN_ADAPTER_HANDLE Adapter = WintunCreateAdapter(ADAPTER_NAME, TUNNEL_TYPE, NULL);
    if (CHECK(Adapter != NULL))
    {
        WINTUN_SESSION_HANDLE Session = WintunStartSession(Adapter, WINTUN_MIN_RING_CAPACITY);
        CHECK(Session != NULL);
        WintunEndSession(Session);
    }
    WintunCloseAdapter(Adapter);

    Adapter = AditCreateAdapter(ADAPTER_NAME, TUNNEL_TYPE, NULL, &Parameters);
    CHECK(Adapter != NULL);
    WintunCloseAdapter(Adapter);
    CHECK(CountAdapters(TUNNEL_TYPE) == 1);
    Adapter = WintunOpenAdapter(ADAPTER_NAME);
    if (CHECK(Adapter != NULL))
    {
        CHECK(AditDeleteAdapter(Adapter));
    }
    CHECK(AdaptersAreGone(TUNNEL_TYPE));
    CHECK(WintunDeleteDriver());
    CHECK_FAILS(WintunGetRunningDriverVersion(), ERROR_FILE_NOT_FOUND);
    CHECK(Refused == 0);
    CHECK(GetFileAttributesW(L"C:\\windows\\adit.setup") == INVALID_FILE_ATTRIBUTES);
}

static DWORD DeleteNoPackage(LPCWSTR Message)
{
    HANDLE Lock;

    WantedMessage = Message;
    WantedMessages = 0;
    if (!CHECK(SystemLock(&Lock)))
    {
        return ERROR_SUCCESS;
    }
    SetLastError(0xDEAD);
    CHECK(!DriverPackageUnpublish(NO_PACKAGE));
    DWORD Error = GetLastError();
    CHECK(WantedMessages == 0);
    SystemUnlock(Lock);
    CHECK(WantedMessages == 1);
    CHECK(
        NativeMachine == IMAGE_FILE_MACHINE_AMD64 ||
        GetFileAttributesW(L"C:\\windows\\adit.setup") == INVALID_FILE_ATTRIBUTES);
    return Error;
}

/* A client that dies while aditsetup.exe holds the lock for it: that one ends, and gives it back.
 */
static void TestKilledClient(void)
{
    DWORD ExitCode = 0;

    HANDLE Process = StartSelf(L"killed");
    CHECK(WaitForSingleObject(Process, 120000) == WAIT_OBJECT_0);
    CHECK(GetExitCodeProcess(Process, &ExitCode) && ExitCode == EXIT_KILLED);
    CloseHandle(Process);
    CHECK(DeleteNoPackage(L"Removing " NO_PACKAGE) == ERROR_FILE_NOT_FOUND);
}

static int RunKilled(void)
{
    HANDLE Lock;

    DiesAtStart = TRUE;
    CHECK(SystemLock(&Lock));
    Replace(L"kernelbase.dll", "SetEvent", (void *)DoNotStart);
    CHECK(!DriverPackageUnpublish(NO_PACKAGE));
    return 1;
}

static int RunTimeout(void)
{
    Replace(L"kernelbase.dll", "SetEvent", (void *)DoNotStart);
    ULONGLONG Start = GetTickCount64();
    CHECK(DeleteNoPackage(L"Waiting 60 s for aditsetup.exe") == ERROR_TIMEOUT);
    ULONGLONG Spent = GetTickCount64() - Start;
    CHECK(Spent >= 60000 - 16 && Spent < 180000);
    return CheckResult("native_setup_test");
}

int main(int argc, char **argv)
{
    LPCSTR Task = argc > 1 ? argv[1] : "";

    SystemModule = GetModuleHandleW(NULL);
    Replace(L"kernelbase.dll", "IsWow64Process2", (void *)AnswerMachine);
    WintunSetLogger(Logger);
    if (strcmp(Task, "killed") == 0)
    {
        BecomeEmulated();
        return RunKilled();
    }
    if (strcmp(Task, "timeout") == 0)
    {
        BecomeEmulated();
        return RunTimeout();
    }
    CHECK(WintunDeleteDriver());
    DWORD Native = DeleteNoPackage(L"Removing " NO_PACKAGE);
    BecomeEmulated();
    TestLife();
    CHECK(DeleteNoPackage(L"Removing " NO_PACKAGE) == Native && Native == ERROR_FILE_NOT_FOUND);
    TestKilledClient();
    NativeMachine = IMAGE_FILE_MACHINE_I386;
    CHECK(DeleteNoPackage(L"has ended too early, with 0x3") == ERROR_PROCESS_ABORTED);
    CHECK(Refused == 0);
    WintunSetLogger(NULL);
    return CheckResult("native_setup_test");
}
