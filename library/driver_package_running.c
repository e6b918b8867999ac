/* SPDX-License-Identifier: MIT */
/* The version of the driver that runs. */
#include "driver_package.h"
#include "device_node.h"
#include "log.h"
#include "path.h"
#include "system.h"

#include <winsvc.h>

/* RT_VERSION is a macro of the character set in use; this is always wide. */
#define DRIVER_PACKAGE_VERSION_RESOURCE MAKEINTRESOURCEW(16)

/* A path below System32 as this process sees it; others stay. */
static BOOL DriverPackageNativePath(LPCWSTR Windows, LPWSTR Path)
{
    static const WCHAR System32[] = L"\\System32\\";
    WCHAR Directory[MAX_PATH];
    WCHAR Name[MAX_PATH];

    int Length = lstrlenW(Windows);
    if (lstrlenW(Path) < Length + 10 ||
        CompareStringOrdinal(Path, Length, Windows, Length, TRUE) != CSTR_EQUAL ||
        CompareStringOrdinal(Path + Length, 10, System32, 10, TRUE) != CSTR_EQUAL)
    {
        return TRUE;
    }
    lstrcpynW(Name, Path + Length + 10, ARRAYSIZE(Name));
    return PathSystemDirectory(Directory) && PathJoin(Path, Directory, Name);
}

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
    if (CompareStringOrdinal(Image, min(lstrlenW(Image), 4), DosDevices, 4, TRUE) == CSTR_EQUAL)
    {
        Image += 4;
    }
    if (Image[0] != 0 && Image[1] == L':')
    {
        lstrcpynW(Path, Image, MAX_PATH);
        return DriverPackageNativePath(Windows, Path);
    }
    if (CompareStringOrdinal(Image, min(lstrlenW(Image), 12), SystemRoot, 12, TRUE) == CSTR_EQUAL)
    {
        Image += 12;
    }
    return PathJoin(Path, Windows, Image) && DriverPackageNativePath(Windows, Path);
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
    HRSRC Resource = FindResourceW(Image, MAKEINTRESOURCEW(1), DRIVER_PACKAGE_VERSION_RESOURCE);
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
    /* It is loaded, and has a version, as soon as it is being started. */
    if (Status.dwCurrentState == SERVICE_STOPPED)
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
