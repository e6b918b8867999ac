/* SPDX-License-Identifier: MIT */
/* What the library asks of Windows itself. */
#include "system.h"
#include "log.h"

#include <sddl.h>
#include <winsvc.h>

#define SYSTEM_LOCK_TIMEOUT_MS  60000
#define SYSTEM_LOCK_INTERVAL_MS 20

HMODULE SystemModule;

/* Of the thread of this process that has the lock, if one has; only that thread uses the file. */
static volatile DWORD SystemLockThread;
static HANDLE SystemLockFile;

VOID *SystemAllocate(SIZE_T Size)
{
    VOID *Memory = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, Size);
    if (Memory == NULL)
    {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    }
    return Memory;
}

VOID SystemFree(VOID *Memory)
{
    if (Memory != NULL)
    {
        HeapFree(GetProcessHeap(), 0, Memory);
    }
}

HMODULE SystemLoadLibrary(LPCWSTR FileName)
{
    WCHAR Directory[MAX_PATH];
    WCHAR Path[MAX_PATH];

    UINT Length = GetSystemDirectoryW(Directory, ARRAYSIZE(Directory));
    if (Length == 0 || Length >= ARRAYSIZE(Directory) ||
        !LogFormat(Path, ARRAYSIZE(Path), L"%1\\%2", Directory, FileName))
    {
        LogFailure(WINTUN_LOG_ERR, ERROR_PATH_NOT_FOUND, L"Finding the system directory");
        return NULL;
    }
    /* With a full path and this flag, what the library itself needs is looked up beside it. */
    HMODULE Module = LoadLibraryExW(Path, NULL, LOAD_WITH_ALTERED_SEARCH_PATH);
    if (Module == NULL)
    {
        LogLastError(L"Loading %1", Path);
    }
    return Module;
}

BOOL SystemIsElevated(VOID)
{
    SID_IDENTIFIER_AUTHORITY Authority = {SECURITY_NT_AUTHORITY};
    BYTE Sid[SECURITY_MAX_SID_SIZE];
    BOOL IsMember = FALSE;

    if (!InitializeSid(Sid, &Authority, 2))
    {
        return FALSE;
    }
    *GetSidSubAuthority(Sid, 0) = SECURITY_BUILTIN_DOMAIN_RID;
    *GetSidSubAuthority(Sid, 1) = DOMAIN_ALIAS_RID_ADMINS;
    return CheckTokenMembership(NULL, Sid, &IsMember) && IsMember;
}

BOOL SystemRequireElevation(LPCWSTR Action)
{
    if (!SystemIsElevated())
    {
        LogFailure(
            WINTUN_LOG_ERR, ERROR_ACCESS_DENIED, L"%1 needs an elevated administrator", Action);
        return FALSE;
    }
    return TRUE;
}

PSECURITY_DESCRIPTOR SystemPrivateDescriptor(VOID)
{
    PSECURITY_DESCRIPTOR Descriptor;

    if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(
            L"O:BAG:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)", SDDL_REVISION_1, &Descriptor, NULL))
    {
        LogLastError(L"Making a security descriptor for administrators only");
        return NULL;
    }
    return Descriptor;
}

USHORT SystemNativeMachine(VOID)
{
    typedef BOOL WINAPI IS_WOW64_PROCESS_2(
        HANDLE Process, USHORT * Machine, USHORT * NativeMachine);
    SYSTEM_INFO Info;
    USHORT Machine;
    USHORT NativeMachine;

    /* From Windows 10, version 1511, on; it sees through every emulation. */
    FARPROC Function = GetProcAddress(GetModuleHandleW(L"kernel32.dll"), "IsWow64Process2");
    if (Function != NULL &&
        ((IS_WOW64_PROCESS_2 *)(VOID *)Function)(GetCurrentProcess(), &Machine, &NativeMachine))
    {
        return NativeMachine;
    }
    /* Before, x86 on amd64 is the only one. */
    GetNativeSystemInfo(&Info);
    switch (Info.wProcessorArchitecture)
    {
    case PROCESSOR_ARCHITECTURE_INTEL:
        return IMAGE_FILE_MACHINE_I386;
    case PROCESSOR_ARCHITECTURE_ARM64:
        return IMAGE_FILE_MACHINE_ARM64;
    default:
        return IMAGE_FILE_MACHINE_AMD64;
    }
}

BOOL SystemIsEmulated(VOID)
{
#if defined(__i386__)
    return SystemNativeMachine() != IMAGE_FILE_MACHINE_I386;
#elif defined(__x86_64__)
    return SystemNativeMachine() != IMAGE_FILE_MACHINE_AMD64;
#else
    return SystemNativeMachine() != IMAGE_FILE_MACHINE_ARM64;
#endif
}

BOOL SystemWindowsDirectory(LPWSTR Path)
{
    UINT Length = GetSystemWindowsDirectoryW(Path, MAX_PATH);
    if (Length == 0 || Length >= MAX_PATH)
    {
        LogFailure(
            WINTUN_LOG_ERR, Length == 0 ? GetLastError() : ERROR_BUFFER_OVERFLOW,
            L"Finding the Windows directory");
        return FALSE;
    }
    return TRUE;
}

static HANDLE SystemOpenLockFile(LPCWSTR Path, SECURITY_ATTRIBUTES *Attributes)
{
    ULONGLONG Deadline = GetTickCount64() + SYSTEM_LOCK_TIMEOUT_MS;
    BOOL Told = FALSE;

    for (;;)
    {
        /* Opened for sharing with nobody: whoever has it open owns the lock. */
        HANDLE File = CreateFileW(
            Path, GENERIC_WRITE | DELETE, 0, Attributes, OPEN_ALWAYS,
            FILE_ATTRIBUTE_NORMAL | FILE_FLAG_DELETE_ON_CLOSE, NULL);
        if (File != INVALID_HANDLE_VALUE)
        {
            return File;
        }
        /* The file of an owner that is just leaving is on its way out: access is denied. */
        DWORD Error = GetLastError();
        if (Error != ERROR_SHARING_VIOLATION && Error != ERROR_ACCESS_DENIED)
        {
            LogFailure(WINTUN_LOG_ERR, Error, L"Opening %1", Path);
            return INVALID_HANDLE_VALUE;
        }
        if (GetTickCount64() >= Deadline)
        {
            LogFailure(WINTUN_LOG_ERR, Error, L"Opening %1", Path);
            LogFailure(
                WINTUN_LOG_ERR, ERROR_TIMEOUT,
                L"Waiting %1!u! s for other processes to make or remove their adapters",
                SYSTEM_LOCK_TIMEOUT_MS / 1000);
            return INVALID_HANDLE_VALUE;
        }
        if (!Told)
        {
            Told = TRUE;
            LogWrite(WINTUN_LOG_INFO, L"Waiting for another process to make or remove an adapter");
        }
        Sleep(SYSTEM_LOCK_INTERVAL_MS);
    }
}

BOOL SystemLock(HANDLE *Lock)
{
    WCHAR Directory[MAX_PATH];
    WCHAR Path[MAX_PATH];

    if (!SystemWindowsDirectory(Directory))
    {
        return FALSE;
    }
    if (!LogFormat(Path, ARRAYSIZE(Path), L"%1\\adit.lock", Directory))
    {
        LogFailure(WINTUN_LOG_ERR, ERROR_BUFFER_OVERFLOW, L"Naming the lock in %1", Directory);
        return FALSE;
    }
    SECURITY_ATTRIBUTES Attributes = {sizeof(Attributes), SystemPrivateDescriptor(), FALSE};
    if (Attributes.lpSecurityDescriptor == NULL)
    {
        return FALSE;
    }
    *Lock = SystemOpenLockFile(Path, &Attributes);
    DWORD Error = GetLastError();
    LocalFree(Attributes.lpSecurityDescriptor);
    SetLastError(Error);
    if (*Lock == INVALID_HANDLE_VALUE)
    {
        return FALSE;
    }
    SystemLockFile = *Lock;
    SystemLockThread = GetCurrentThreadId();
    LogHold();
    return TRUE;
}

BOOL SystemShareLock(HANDLE Process)
{
    HANDLE Shared;

    if (SystemLockThread != GetCurrentThreadId() ||
        DuplicateHandle(
            GetCurrentProcess(), SystemLockFile, Process, &Shared, 0, FALSE, DUPLICATE_SAME_ACCESS))
    {
        return TRUE;
    }
    LogLastError(L"Sharing the lock of adapters with a process");
    return FALSE;
}

VOID SystemUnlock(HANDLE Lock)
{
    DWORD Error = GetLastError();
    /* Another thread of this process may have the lock as soon as the file is closed. */
    LOG_HELD *Held = LogEndHold();
    SystemLockThread = 0;
    CloseHandle(Lock);
    SetLastError(Error);
    LogDeliverHeld(Held);
}

VOID SystemFormatGuid(const GUID *Guid, LPWSTR Text)
{
    const BYTE *Tail = Guid->Data4;

    LogFormat(
        Text, SYSTEM_GUID_LENGTH,
        L"{%1!08X!-%2!04X!-%3!04X!-%4!02X!%5!02X!-%6!02X!%7!02X!%8!02X!%9!02X!%10!02X!%11!02X!}",
        Guid->Data1, (DWORD)Guid->Data2, (DWORD)Guid->Data3, (DWORD)Tail[0], (DWORD)Tail[1],
        (DWORD)Tail[2], (DWORD)Tail[3], (DWORD)Tail[4], (DWORD)Tail[5], (DWORD)Tail[6],
        (DWORD)Tail[7]);
}

BOOL SystemIsServiceDisabled(LPCWSTR Name)
{
    union
    {
        QUERY_SERVICE_CONFIGW Config;
        BYTE Bytes[2048];
    } Buffer;
    DWORD Size;
    BOOL Result = FALSE;

    SC_HANDLE Manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    if (Manager == NULL)
    {
        return FALSE;
    }
    SC_HANDLE Service = OpenServiceW(Manager, Name, SERVICE_QUERY_CONFIG);
    if (Service != NULL)
    {
        Result = QueryServiceConfigW(Service, &Buffer.Config, sizeof(Buffer), &Size) &&
                 Buffer.Config.dwStartType == SERVICE_DISABLED;
        CloseServiceHandle(Service);
    }
    CloseServiceHandle(Manager);
    return Result;
}

static BOOL SystemProcessCreated(HANDLE Process, DWORD64 *Created)
{
    FILETIME Creation, Exit, Kernel, User;

    if (!GetProcessTimes(Process, &Creation, &Exit, &Kernel, &User))
    {
        return FALSE;
    }
    *Created = (DWORD64)Creation.dwHighDateTime << 32 | Creation.dwLowDateTime;
    return TRUE;
}

BOOL SystemCurrentProcess(SYSTEM_PROCESS *Process)
{
    static volatile LONG Serial;

    Process->Id = GetCurrentProcessId();
    Process->Serial = (DWORD)InterlockedIncrement(&Serial);
    if (!SystemProcessCreated(GetCurrentProcess(), &Process->Created))
    {
        LogLastError(L"Reading when this process was created");
        return FALSE;
    }
    return TRUE;
}

BOOL SystemIsSameProcess(const SYSTEM_PROCESS *One, const SYSTEM_PROCESS *Other)
{
    return One->Id == Other->Id && One->Serial == Other->Serial && One->Created == Other->Created;
}

BOOL SystemIsProcessAlive(const SYSTEM_PROCESS *Process)
{
    HANDLE Handle =
        OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION | SYNCHRONIZE, FALSE, Process->Id);
    if (Handle == NULL)
    {
        /* Windows says this for an id that no process has. */
        return GetLastError() != ERROR_INVALID_PARAMETER;
    }
    DWORD64 Created;
    BOOL Alive = TRUE;
    if (SystemProcessCreated(Handle, &Created) && Created != Process->Created)
    {
        Alive = FALSE;
    }
    else if (WaitForSingleObject(Handle, 0) == WAIT_OBJECT_0)
    {
        Alive = FALSE;
    }
    CloseHandle(Handle);
    return Alive;
}
