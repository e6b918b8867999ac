/* SPDX-License-Identifier: MIT */
/* The driver package. */
#include "driver_package.h"
#include "device_node.h"
#include "log.h"
#include "system.h"

#include <setupapi.h>
#include <winsvc.h>

#define DRIVER_PACKAGE_INF     L"adit.inf"
#define DRIVER_PACKAGE_CATALOG L"adit.cat"

#define DRIVER_PACKAGE_STOP_TIMEOUT_MS  10000
#define DRIVER_PACKAGE_STOP_INTERVAL_MS 20

static const LPCWSTR DriverPackageFiles[] = {
    DRIVER_PACKAGE_INF,
    DRIVER_PACKAGE_CATALOG,
    L"adit.sys",
};

/* RT_RCDATA and RT_VERSION are macros of the character set in use; these are always wide. */
#define DRIVER_PACKAGE_RCDATA  MAKEINTRESOURCEW(10)
#define DRIVER_PACKAGE_VERSION MAKEINTRESOURCEW(16)

static BOOL DriverPackagePath(LPWSTR Path, LPCWSTR Directory, LPCWSTR FileName)
{
    if (!LogFormat(Path, MAX_PATH, L"%1\\%2", Directory, FileName))
    {
        LogFailure(WINTUN_LOG_ERR, ERROR_BUFFER_OVERFLOW, L"Naming %1 in %2", FileName, Directory);
        return FALSE;
    }
    return TRUE;
}

/*
 * The name of the machine's own architecture in this library's resources. IsWow64Process2 (Windows
 * 10 version 1511 and later) sees through emulation; where it is missing, no process but one of x86
 * on amd64 is of another architecture than its machine.
 */
static LPCWSTR DriverPackageArchitecture(VOID)
{
    typedef BOOL WINAPI IS_WOW64_PROCESS_2(
        HANDLE Process, USHORT * Machine, USHORT * NativeMachine);
    SYSTEM_INFO Info;
    USHORT Machine;
    USHORT NativeMachine;

    GetNativeSystemInfo(&Info);
    FARPROC Function = GetProcAddress(GetModuleHandleW(L"kernel32.dll"), "IsWow64Process2");
    if (Function != NULL &&
        ((IS_WOW64_PROCESS_2 *)(VOID *)Function)(GetCurrentProcess(), &Machine, &NativeMachine) &&
        NativeMachine == IMAGE_FILE_MACHINE_ARM64)
    {
        return L"arm64";
    }
    switch (Info.wProcessorArchitecture)
    {
    case PROCESSOR_ARCHITECTURE_INTEL:
        return L"x86";
    case PROCESSOR_ARCHITECTURE_ARM64:
        return L"arm64";
    default:
        return L"amd64";
    }
}

/* Resources are named <architecture>-<file name>. */
static BOOL DriverPackageFindResource(LPCWSTR FileName, const BYTE **Data, DWORD *Size)
{
    WCHAR Name[64];

    if (!LogFormat(Name, ARRAYSIZE(Name), L"%1-%2", DriverPackageArchitecture(), FileName))
    {
        LogFailure(WINTUN_LOG_ERR, ERROR_BUFFER_OVERFLOW, L"Naming the resource of %1", FileName);
        return FALSE;
    }
    HRSRC Resource = FindResourceW(SystemModule, Name, DRIVER_PACKAGE_RCDATA);
    HGLOBAL Handle = Resource == NULL ? NULL : LoadResource(SystemModule, Resource);
    if (Handle == NULL)
    {
        LogLastError(L"Finding %1 in this library", Name);
        return FALSE;
    }
    *Data = LockResource(Handle);
    *Size = SizeofResource(SystemModule, Resource);
    return TRUE;
}

static BOOL DriverPackageWriteFile(LPCWSTR Directory, LPCWSTR FileName)
{
    WCHAR Path[MAX_PATH];
    const BYTE *Data;
    DWORD Size;
    DWORD Written = 0;

    if (!DriverPackageFindResource(FileName, &Data, &Size) ||
        !DriverPackagePath(Path, Directory, FileName))
    {
        return FALSE;
    }
    HANDLE File =
        CreateFileW(Path, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    if (File == INVALID_HANDLE_VALUE)
    {
        LogLastError(L"Creating %1", Path);
        return FALSE;
    }
    BOOL Result = WriteFile(File, Data, Size, &Written, NULL) && Written == Size;
    DWORD Error = GetLastError();
    CloseHandle(File);
    if (!Result)
    {
        LogFailure(WINTUN_LOG_ERR, Error, L"Writing %1!u! bytes to %2", Size, Path);
    }
    return Result;
}

/*
 * The directory lies in the Windows directory, where only administrators can put anything, so that
 * one which is there already is what a killed process has left.
 */
static BOOL DriverPackageCreateDirectory(LPWSTR Directory)
{
    WCHAR Windows[MAX_PATH];

    if (!SystemWindowsDirectory(Windows) || !DriverPackagePath(Directory, Windows, L"adit.package"))
    {
        return FALSE;
    }
    SECURITY_ATTRIBUTES Attributes = {sizeof(Attributes), SystemPrivateDescriptor(), FALSE};
    if (Attributes.lpSecurityDescriptor == NULL)
    {
        return FALSE;
    }
    BOOL Result = CreateDirectoryW(Directory, &Attributes);
    DWORD Error = GetLastError();
    LocalFree(Attributes.lpSecurityDescriptor);
    if (!Result && Error != ERROR_ALREADY_EXISTS)
    {
        LogFailure(WINTUN_LOG_ERR, Error, L"Creating the directory %1", Directory);
        return FALSE;
    }
    return TRUE;
}

BOOL DriverPackageExtract(DRIVER_PACKAGE *Package)
{
    if (!DriverPackageCreateDirectory(Package->Directory))
    {
        return FALSE;
    }
    for (SIZE_T Index = 0; Index < ARRAYSIZE(DriverPackageFiles); ++Index)
    {
        if (!DriverPackageWriteFile(Package->Directory, DriverPackageFiles[Index]))
        {
            goto Cleanup;
        }
    }
    if (!DriverPackagePath(Package->InfPath, Package->Directory, DRIVER_PACKAGE_INF))
    {
        goto Cleanup;
    }
    return TRUE;

Cleanup:
    DriverPackageDiscard(Package);
    return FALSE;
}

VOID DriverPackageDiscard(const DRIVER_PACKAGE *Package)
{
    WCHAR Path[MAX_PATH];
    DWORD Error = GetLastError();

    for (SIZE_T Index = 0; Index < ARRAYSIZE(DriverPackageFiles); ++Index)
    {
        if (DriverPackagePath(Path, Package->Directory, DriverPackageFiles[Index]) &&
            !DeleteFileW(Path) && GetLastError() != ERROR_FILE_NOT_FOUND)
        {
            LogFailure(WINTUN_LOG_WARN, GetLastError(), L"Deleting %1", Path);
        }
    }
    if (!RemoveDirectoryW(Package->Directory))
    {
        LogFailure(WINTUN_LOG_WARN, GetLastError(), L"Removing %1", Package->Directory);
    }
    SetLastError(Error);
}

BOOL DriverPackageStage(const DRIVER_PACKAGE *Package)
{
    if (!SetupCopyOEMInfW(Package->InfPath, Package->Directory, SPOST_PATH, 0, NULL, 0, NULL, NULL))
    {
        LogLastError(L"Adding %1 to the driver store", Package->InfPath);
        return FALSE;
    }
    return TRUE;
}

/* ---------------------------------------------------------------------------------------------- */
/* Deletion                                                                                       */
/* ---------------------------------------------------------------------------------------------- */

static BOOL DriverPackageWaitStopped(SC_HANDLE Service)
{
    SERVICE_STATUS Status;
    ULONGLONG Deadline = GetTickCount64() + DRIVER_PACKAGE_STOP_TIMEOUT_MS;

    for (;;)
    {
        if (!QueryServiceStatus(Service, &Status))
        {
            LogLastError(L"Reading the state of the service %1", DEVICE_NODE_SERVICE);
            return FALSE;
        }
        if (Status.dwCurrentState == SERVICE_STOPPED)
        {
            return TRUE;
        }
        if (GetTickCount64() >= Deadline)
        {
            LogFailure(
                WINTUN_LOG_ERR, ERROR_SERVICE_REQUEST_TIMEOUT,
                L"Waiting %1!u! s for the service %2 to stop",
                DRIVER_PACKAGE_STOP_TIMEOUT_MS / 1000, DEVICE_NODE_SERVICE);
            return FALSE;
        }
        Sleep(DRIVER_PACKAGE_STOP_INTERVAL_MS);
    }
}

static BOOL DriverPackageDeleteOpenService(SC_HANDLE Service)
{
    SERVICE_STATUS Status;

    if (!ControlService(Service, SERVICE_CONTROL_STOP, &Status) &&
        GetLastError() != ERROR_SERVICE_NOT_ACTIVE)
    {
        LogLastError(L"Stopping the service %1", DEVICE_NODE_SERVICE);
        return FALSE;
    }
    if (!DriverPackageWaitStopped(Service))
    {
        return FALSE;
    }
    if (!DeleteService(Service) && GetLastError() != ERROR_SERVICE_MARKED_FOR_DELETE)
    {
        LogLastError(L"Deleting the service %1", DEVICE_NODE_SERVICE);
        return FALSE;
    }
    return TRUE;
}

static BOOL DriverPackageDeleteService(VOID)
{
    SC_HANDLE Manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    if (Manager == NULL)
    {
        LogLastError(L"Opening the service manager");
        return FALSE;
    }
    BOOL Result = TRUE;
    SC_HANDLE Service =
        OpenServiceW(Manager, DEVICE_NODE_SERVICE, SERVICE_STOP | SERVICE_QUERY_STATUS | DELETE);
    if (Service != NULL)
    {
        Result = DriverPackageDeleteOpenService(Service);
        DWORD Error = GetLastError();
        CloseServiceHandle(Service);
        SetLastError(Error);
    }
    else if (GetLastError() != ERROR_SERVICE_DOES_NOT_EXIST)
    {
        LogLastError(L"Opening the service %1", DEVICE_NODE_SERVICE);
        Result = FALSE;
    }
    DWORD Error = GetLastError();
    CloseServiceHandle(Manager);
    SetLastError(Error);
    return Result;
}

/* A published INF is ours if it names our catalogue. */
static BOOL DriverPackageIsOurs(LPCWSTR InfPath)
{
    WCHAR Catalog[MAX_PATH];

    HINF Inf = SetupOpenInfFileW(InfPath, NULL, INF_STYLE_WIN4, NULL);
    if (Inf == INVALID_HANDLE_VALUE)
    {
        return FALSE;
    }
    BOOL Result = SetupGetLineTextW(
                      NULL, Inf, L"Version", L"CatalogFile", Catalog, ARRAYSIZE(Catalog), NULL) &&
                  CompareStringOrdinal(Catalog, -1, DRIVER_PACKAGE_CATALOG, -1, TRUE) == CSTR_EQUAL;
    SetupCloseInfFile(Inf);
    return Result;
}

static BOOL DriverPackageDeletePublished(LPCWSTR Directory, LPCWSTR Pattern)
{
    WCHAR Path[MAX_PATH];
    WIN32_FIND_DATAW Found;
    BOOL Result = TRUE;

    if (!DriverPackagePath(Path, Directory, Pattern))
    {
        return FALSE;
    }
    HANDLE Listing = FindFirstFileW(Path, &Found);
    if (Listing == INVALID_HANDLE_VALUE)
    {
        DWORD Error = GetLastError();
        if (Error == ERROR_FILE_NOT_FOUND || Error == ERROR_PATH_NOT_FOUND)
        {
            return TRUE;
        }
        LogFailure(WINTUN_LOG_ERR, Error, L"Listing %1", Path);
        return FALSE;
    }
    do
    {
        /* No device uses it: DeviceNodeList found none, and the caller holds the lock. */
        if (DriverPackagePath(Path, Directory, Found.cFileName) && DriverPackageIsOurs(Path) &&
            !SetupUninstallOEMInfW(Found.cFileName, SUOI_FORCEDELETE, NULL))
        {
            LogLastError(L"Removing %1 from the driver store", Found.cFileName);
            Result = FALSE;
        }
    } while (FindNextFileW(Listing, &Found));
    FindClose(Listing);
    return Result;
}

static BOOL DriverPackageDeleteFromStore(VOID)
{
    WCHAR Windows[MAX_PATH];
    WCHAR Directory[MAX_PATH];

    /* The system publishes an INF as oem<n>.inf, or under the name it came with. */
    return SystemWindowsDirectory(Windows) && DriverPackagePath(Directory, Windows, L"INF") &&
           DriverPackageDeletePublished(Directory, L"oem*.inf") &&
           DriverPackageDeletePublished(Directory, DRIVER_PACKAGE_INF);
}

static BOOL DriverPackageHasNoDevices(VOID)
{
    DEVICE_NODE *Nodes;
    BOOL Result = TRUE;

    if (!DeviceNodeList(&Nodes))
    {
        return FALSE;
    }
    for (const DEVICE_NODE *Node = Nodes; Node != NULL; Node = Node->Next)
    {
        if (DeviceNodeIsOrphan(Node))
        {
            Result = DeviceNodeRemove(Node->InstanceId, &Node->Owner) && Result;
            continue;
        }
        LogFailure(
            WINTUN_LOG_ERR, ERROR_DEVICE_IN_USE,
            L"Deleting the driver: process %2!u! uses it for %1", Node->InstanceId, Node->Owner.Id);
        Result = FALSE;
    }
    DWORD Error = GetLastError();
    DeviceNodeFree(Nodes);
    SetLastError(Error);
    return Result;
}

BOOL WINAPI WintunDeleteDriver(VOID)
{
    HANDLE Lock;

    if (!SystemRequireElevation(L"Deleting the driver") || !SystemLock(&Lock))
    {
        return FALSE;
    }
    BOOL Result = DriverPackageHasNoDevices() && DriverPackageDeleteService() &&
                  DriverPackageDeleteFromStore();
    SystemUnlock(Lock);
    return Result;
}

/* ---------------------------------------------------------------------------------------------- */
/* Running version                                                                                */
/* ---------------------------------------------------------------------------------------------- */

/* The path of the service's image as a Win32 path; the service manager knows several forms. */
static BOOL DriverPackageImagePath(LPCWSTR Image, LPWSTR Path)
{
    static const WCHAR SystemRoot[] = L"\\SystemRoot\\";
    static const WCHAR DosDevices[] = L"\\??\\";
    WCHAR Windows[MAX_PATH];

    if (!SystemWindowsDirectory(Windows))
    {
        return FALSE;
    }
    if (CompareStringOrdinal(Image, min(lstrlenW(Image), 12), SystemRoot, 12, TRUE) == CSTR_EQUAL)
    {
        return DriverPackagePath(Path, Windows, Image + 12);
    }
    if (CompareStringOrdinal(Image, min(lstrlenW(Image), 4), DosDevices, 4, TRUE) == CSTR_EQUAL)
    {
        lstrcpynW(Path, Image + 4, MAX_PATH);
        return TRUE;
    }
    if (Image[0] != 0 && Image[1] == L':')
    {
        lstrcpynW(Path, Image, MAX_PATH);
        return TRUE;
    }
    return DriverPackagePath(Path, Windows, Image);
}

/* VS_VERSIONINFO: three words, the key "VS_VERSION_INFO", padding to 4, then VS_FIXEDFILEINFO. */
static DWORD DriverPackageFileVersion(LPCWSTR Path)
{
    const DWORD FixedOffset = 3 * sizeof(WORD) + sizeof(L"VS_VERSION_INFO") + sizeof(WORD);
    DWORD Version = 0;

    HMODULE Image = LoadLibraryExW(Path, NULL, LOAD_LIBRARY_AS_DATAFILE);
    if (Image == NULL)
    {
        LogLastError(L"Opening %1", Path);
        return 0;
    }
    HRSRC Resource = FindResourceW(Image, MAKEINTRESOURCEW(1), DRIVER_PACKAGE_VERSION);
    HGLOBAL Handle = Resource == NULL ? NULL : LoadResource(Image, Resource);
    if (Handle != NULL && SizeofResource(Image, Resource) >= FixedOffset + sizeof(VS_FIXEDFILEINFO))
    {
        const BYTE *Data = LockResource(Handle);
        const VS_FIXEDFILEINFO *Fixed = (const VS_FIXEDFILEINFO *)(Data + FixedOffset);
        if (Fixed->dwSignature == VS_FFI_SIGNATURE)
        {
            Version = Fixed->dwFileVersionMS;
        }
    }
    FreeLibrary(Image);
    if (Version == 0)
    {
        LogFailure(
            WINTUN_LOG_ERR, ERROR_RESOURCE_DATA_NOT_FOUND, L"Reading the version of %1", Path);
    }
    return Version;
}

static BOOL DriverPackageRunningImage(SC_HANDLE Service, LPWSTR Path)
{
    union
    {
        QUERY_SERVICE_CONFIGW Config;
        BYTE Bytes[2048];
    } Buffer;
    SERVICE_STATUS Status;
    DWORD Size;

    if (!QueryServiceStatus(Service, &Status) ||
        !QueryServiceConfigW(Service, &Buffer.Config, sizeof(Buffer), &Size))
    {
        LogLastError(L"Reading the state of the service %1", DEVICE_NODE_SERVICE);
        return FALSE;
    }
    if (Status.dwCurrentState != SERVICE_RUNNING)
    {
        LogFailure(WINTUN_LOG_INFO, ERROR_FILE_NOT_FOUND, L"The driver %1", DEVICE_NODE_SERVICE);
        return FALSE;
    }
    return DriverPackageImagePath(Buffer.Config.lpBinaryPathName, Path);
}

DWORD WINAPI WintunGetRunningDriverVersion(VOID)
{
    WCHAR Path[MAX_PATH];
    DWORD Version = 0;
    DWORD Error;

    SC_HANDLE Manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    if (Manager == NULL)
    {
        LogLastError(L"Opening the service manager");
        return 0;
    }
    SC_HANDLE Service =
        OpenServiceW(Manager, DEVICE_NODE_SERVICE, SERVICE_QUERY_STATUS | SERVICE_QUERY_CONFIG);
    if (Service == NULL)
    {
        Error = GetLastError();
        Error = LogFailure(
            WINTUN_LOG_INFO, Error == ERROR_SERVICE_DOES_NOT_EXIST ? ERROR_FILE_NOT_FOUND : Error,
            L"Opening the service %1", DEVICE_NODE_SERVICE);
    }
    else
    {
        Version = DriverPackageRunningImage(Service, Path) ? DriverPackageFileVersion(Path) : 0;
        Error = GetLastError();
        CloseServiceHandle(Service);
    }
    CloseServiceHandle(Manager);
    SetLastError(Error);
    return Version;
}
