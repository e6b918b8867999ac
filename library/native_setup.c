/* SPDX-License-Identifier: MIT */
/* Device installation in the machine's own architecture: the emulated process's side. */
#include "native_setup.h"
#include "log.h"
#include "native_setup_request.h"
#include "path.h"
#include "resource.h"
#include "system.h"

#define NATIVE_SETUP_TIMEOUT_MS 60000

/* The image of a process that has ended stays in use for a moment. */
#define NATIVE_SETUP_DELETE_TIMEOUT_MS  2000
#define NATIVE_SETUP_DELETE_INTERVAL_MS 10

/* A request that is being made. */
typedef struct _NATIVE_SETUP
{
    HANDLE Handles[3]; /* inherited: the section, this process, the event that starts it all */
    NATIVE_SETUP_REQUEST *Request;
} NATIVE_SETUP;

/* ---------------------------------------------------------------------------------------------- */
/* The shared memory                                                                              */
/* ---------------------------------------------------------------------------------------------- */

static VOID NativeSetupClose(NATIVE_SETUP *Setup)
{
    DWORD Error = GetLastError();

    if (Setup->Request != NULL)
    {
        UnmapViewOfFile(Setup->Request);
    }
    for (ULONG Index = 0; Index < ARRAYSIZE(Setup->Handles); ++Index)
    {
        if (Setup->Handles[Index] != NULL)
        {
            CloseHandle(Setup->Handles[Index]);
        }
    }
    SetLastError(Error);
}

static BOOL NativeSetupOpen(NATIVE_SETUP *Setup, NATIVE_SETUP_ACTION Action)
{
    SECURITY_ATTRIBUTES Inherited = {sizeof(Inherited), NULL, TRUE};
    HANDLE Self = GetCurrentProcess();

    ZeroMemory(Setup, sizeof(*Setup));
    Setup->Handles[0] = CreateFileMappingW(
        INVALID_HANDLE_VALUE, &Inherited, PAGE_READWRITE, 0, sizeof(*Setup->Request), NULL);
    Setup->Handles[2] = CreateEventW(&Inherited, TRUE, FALSE, NULL);
    if (Setup->Handles[0] != NULL && Setup->Handles[2] != NULL &&
        DuplicateHandle(Self, Self, Self, &Setup->Handles[1], SYNCHRONIZE, TRUE, 0))
    {
        Setup->Request = MapViewOfFile(Setup->Handles[0], FILE_MAP_ALL_ACCESS, 0, 0, 0);
    }
    if (Setup->Request == NULL)
    {
        LogLastError(
            L"Sharing %1!u! bytes with %2", (DWORD)sizeof(*Setup->Request), NATIVE_SETUP_PROGRAM);
        NativeSetupClose(Setup);
        return FALSE;
    }
    Setup->Request->Size = sizeof(*Setup->Request);
    Setup->Request->Action = Action;
    Setup->Request->Client = HandleToULong(Setup->Handles[1]);
    Setup->Request->Start = HandleToULong(Setup->Handles[2]);
    return TRUE;
}

/* ---------------------------------------------------------------------------------------------- */
/* The program                                                                                    */
/* ---------------------------------------------------------------------------------------------- */

/* A list of what a process inherits, which has nothing but these handles. The caller frees it. */
static LPPROC_THREAD_ATTRIBUTE_LIST NativeSetupAttributes(NATIVE_SETUP *Setup)
{
    SIZE_T Size = 0;

    InitializeProcThreadAttributeList(NULL, 1, 0, &Size);
    LPPROC_THREAD_ATTRIBUTE_LIST List = SystemAllocate(Size);
    if (List == NULL)
    {
        return NULL;
    }
    if (!InitializeProcThreadAttributeList(List, 1, 0, &Size))
    {
        SystemFree(List);
        return NULL;
    }
    if (!UpdateProcThreadAttribute(
            List, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, Setup->Handles, sizeof(Setup->Handles),
            NULL, NULL))
    {
        DWORD Error = GetLastError();
        DeleteProcThreadAttributeList(List);
        SystemFree(List);
        SetLastError(Error);
        return NULL;
    }
    return List;
}

static HANDLE NativeSetupStart(NATIVE_SETUP *Setup, LPCWSTR Path)
{
    STARTUPINFOEXW Startup = {.StartupInfo.cb = sizeof(Startup)};
    PROCESS_INFORMATION Information = {0};
    WCHAR CommandLine[MAX_PATH + 16];
    WCHAR Windows[MAX_PATH];

    if (!SystemWindowsDirectory(Windows))
    {
        return NULL;
    }
    LogFormat(
        CommandLine, ARRAYSIZE(CommandLine), L"\"%1\" %2!x!", Path,
        HandleToULong(Setup->Handles[0]));
    Startup.lpAttributeList = NativeSetupAttributes(Setup);
    BOOL Result =
        Startup.lpAttributeList != NULL &&
        CreateProcessW(
            Path, CommandLine, NULL, NULL, TRUE, CREATE_NO_WINDOW | EXTENDED_STARTUPINFO_PRESENT,
            NULL, Windows, &Startup.StartupInfo, &Information);
    DWORD Error = GetLastError();
    if (Startup.lpAttributeList != NULL)
    {
        DeleteProcThreadAttributeList(Startup.lpAttributeList);
        SystemFree(Startup.lpAttributeList);
    }
    if (!Result)
    {
        LogFailure(WINTUN_LOG_ERR, Error, L"Starting %1", Path);
        return NULL;
    }
    CloseHandle(Information.hThread);
    return Information.hProcess;
}

/* Lets the program begin, and waits for its end. */
static BOOL NativeSetupWait(NATIVE_SETUP *Setup, HANDLE Process)
{
    DWORD ExitCode = 0;

    if (!SystemShareLock(Process))
    {
        return FALSE;
    }
    if (!SetEvent(Setup->Handles[2]))
    {
        LogLastError(L"Starting %1", NATIVE_SETUP_PROGRAM);
        return FALSE;
    }
    DWORD Waited = WaitForSingleObject(Process, NATIVE_SETUP_TIMEOUT_MS);
    for (DWORD Index = 0;
         Index < min(Setup->Request->MessageCount, (DWORD)NATIVE_SETUP_MAX_MESSAGES); ++Index)
    {
        NATIVE_SETUP_MESSAGE *Message = &Setup->Request->Messages[Index];
        Message->Text[LOG_MAX_MESSAGE - 1] = 0;
        LogForward(Message->Level, Message->Timestamp, Message->Text);
    }
    if (Waited != WAIT_OBJECT_0)
    {
        LogFailure(
            WINTUN_LOG_ERR, ERROR_TIMEOUT, L"Waiting %1!u! s for %2 to install",
            NATIVE_SETUP_TIMEOUT_MS / 1000, NATIVE_SETUP_PROGRAM);
        return FALSE;
    }
    if (!Setup->Request->IsDone)
    {
        GetExitCodeProcess(Process, &ExitCode);
        LogFailure(
            WINTUN_LOG_ERR, ERROR_PROCESS_ABORTED, L"%1 has ended too early, with 0x%2!X!",
            NATIVE_SETUP_PROGRAM, ExitCode);
        return FALSE;
    }
    /* Its last message says what has failed. */
    SetLastError(Setup->Request->Error);
    return Setup->Request->Error == ERROR_SUCCESS;
}

/* Tries again until the deadline. */
static VOID NativeSetupDeleteOne(LPCWSTR Path, BOOL(WINAPI *Delete)(LPCWSTR), ULONGLONG Deadline)
{
    while (!Delete(Path) && GetLastError() != ERROR_FILE_NOT_FOUND)
    {
        if (GetTickCount64() >= Deadline)
        {
            LogFailure(WINTUN_LOG_WARN, GetLastError(), L"Deleting %1", Path);
            break;
        }
        Sleep(NATIVE_SETUP_DELETE_INTERVAL_MS);
    }
}

static VOID NativeSetupDelete(LPCWSTR Directory, LPCWSTR Path)
{
    ULONGLONG Deadline = GetTickCount64() + NATIVE_SETUP_DELETE_TIMEOUT_MS;
    DWORD Error = GetLastError();

    NativeSetupDeleteOne(Path, DeleteFileW, Deadline);
    NativeSetupDeleteOne(Directory, RemoveDirectoryW, Deadline);
    SetLastError(Error);
}

/* Has the request done. */
static BOOL NativeSetupRun(NATIVE_SETUP *Setup)
{
    WCHAR Directory[MAX_PATH];
    WCHAR Path[MAX_PATH];
    BOOL Result = FALSE;

    if (!PathCreateDirectory(Directory, L"adit.setup"))
    {
        return FALSE;
    }
    if (PathJoin(Path, Directory, NATIVE_SETUP_PROGRAM) &&
        ResourceWriteFile(Directory, NATIVE_SETUP_PROGRAM))
    {
        HANDLE Process = NativeSetupStart(Setup, Path);
        if (Process != NULL)
        {
            Result = NativeSetupWait(Setup, Process);
            DWORD Error = GetLastError();
            /* Nothing happens if it has ended by itself. */
            TerminateProcess(Process, ERROR_PROCESS_ABORTED);
            CloseHandle(Process);
            SetLastError(Error);
        }
    }
    NativeSetupDelete(Directory, Path);
    return Result;
}

/* ---------------------------------------------------------------------------------------------- */
/* Requests                                                                                       */
/* ---------------------------------------------------------------------------------------------- */

BOOL NativeSetupAddPackage(LPCWSTR InfPath, LPCWSTR Directory, LPWSTR Published)
{
    NATIVE_SETUP Setup;

    Published[0] = 0;
    if (!NativeSetupOpen(&Setup, NativeSetupActionAddPackage))
    {
        return FALSE;
    }
    lstrcpynW(Setup.Request->InfPath, InfPath, MAX_PATH);
    lstrcpynW(Setup.Request->Directory, Directory, MAX_PATH);
    BOOL Result = NativeSetupRun(&Setup);
    if (Result)
    {
        lstrcpynW(Published, Setup.Request->Published, MAX_PATH);
    }
    NativeSetupClose(&Setup);
    return Result;
}

BOOL NativeSetupDeletePackage(LPCWSTR FileName)
{
    NATIVE_SETUP Setup;

    if (!NativeSetupOpen(&Setup, NativeSetupActionDeletePackage))
    {
        return FALSE;
    }
    lstrcpynW(Setup.Request->InfPath, FileName, MAX_PATH);
    BOOL Result = NativeSetupRun(&Setup);
    NativeSetupClose(&Setup);
    return Result;
}

BOOL NativeSetupCreateDevice(
    const DEVICE_NODE_REQUEST *Request, const SYSTEM_PROCESS *Owner, LPWSTR InstanceId)
{
    NATIVE_SETUP Setup;

    InstanceId[0] = 0;
    if (!NativeSetupOpen(&Setup, NativeSetupActionCreateDevice))
    {
        return FALSE;
    }
    Setup.Request->Owner = *Owner;
    Setup.Request->Guid = Request->Guid;
    Setup.Request->Mtu = Request->Mtu;
    Setup.Request->LinkSpeed = Request->LinkSpeed;
    Setup.Request->IsPersistent = (DWORD)Request->Persistent;
    Setup.Request->IsInstalled = (DWORD)Request->IsInstalled;
    lstrcpynW(Setup.Request->InfPath, Request->InfPath, MAX_PATH);
    lstrcpynW(Setup.Request->TunnelType, Request->TunnelType, WINTUN_MAX_POOL);
    BOOL Result = NativeSetupRun(&Setup);
    if (Result)
    {
        lstrcpynW(InstanceId, Setup.Request->InstanceId, MAX_DEVICE_ID_LEN);
    }
    NativeSetupClose(&Setup);
    return Result;
}

BOOL NativeSetupRemoveDevice(const DEVICE_NODE_NAME *Name)
{
    NATIVE_SETUP Setup;

    if (!NativeSetupOpen(&Setup, NativeSetupActionRemoveDevice))
    {
        return FALSE;
    }
    Setup.Request->Owner = Name->Owner;
    Setup.Request->Guid = Name->RequestedGuid;
    lstrcpynW(Setup.Request->InstanceId, Name->InstanceId, MAX_DEVICE_ID_LEN);
    BOOL Result = NativeSetupRun(&Setup);
    NativeSetupClose(&Setup);
    return Result;
}
