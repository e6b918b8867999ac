/* SPDX-License-Identifier: MIT */
/* The driver package. */
#include "driver_package.h"
#include "device_node.h"
#include "log.h"
#include "system.h"

static const LPCWSTR DriverPackageFiles[] = {
    DRIVER_PACKAGE_INF,
    DRIVER_PACKAGE_CATALOG,
    L"adit.sys",
};

/* RT_RCDATA is a macro of the character set in use; this is always wide. */
#define DRIVER_PACKAGE_RCDATA MAKEINTRESOURCEW(10)

BOOL DriverPackageMakePath(LPWSTR Path, LPCWSTR Directory, LPCWSTR FileName)
{
    if (!LogFormat(Path, MAX_PATH, L"%1\\%2", Directory, FileName))
    {
        LogFailure(WINTUN_LOG_ERR, ERROR_BUFFER_OVERFLOW, L"Naming %1 in %2", FileName, Directory);
        return FALSE;
    }
    return TRUE;
}

/* The name of the machine's own architecture in this library's resources. */
static LPCWSTR DriverPackageArchitecture(VOID)
{
    switch (SystemNativeMachine())
    {
    case IMAGE_FILE_MACHINE_I386:
        return L"x86";
    case IMAGE_FILE_MACHINE_ARM64:
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

BOOL DriverPackageWriteFile(LPCWSTR Directory, LPCWSTR FileName)
{
    WCHAR Path[MAX_PATH];
    const BYTE *Data;
    DWORD Size;
    DWORD Written = 0;

    if (!DriverPackageFindResource(FileName, &Data, &Size) ||
        !DriverPackageMakePath(Path, Directory, FileName))
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

BOOL DriverPackageCreateDirectory(LPWSTR Directory, LPCWSTR Name)
{
    WCHAR Windows[MAX_PATH];

    if (!SystemWindowsDirectory(Windows) || !DriverPackageMakePath(Directory, Windows, Name))
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

VOID DriverPackageDiscard(const DRIVER_PACKAGE *Package)
{
    WCHAR Path[MAX_PATH];
    DWORD Error = GetLastError();

    if (Package->Directory[0] == 0)
    {
        return;
    }
    for (SIZE_T Index = 0; Index < ARRAYSIZE(DriverPackageFiles); ++Index)
    {
        if (DriverPackageMakePath(Path, Package->Directory, DriverPackageFiles[Index]) &&
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

/* Writes the package's files and has the driver store take them; InfPath is what it calls the INF.
 */
static BOOL DriverPackageStage(DRIVER_PACKAGE *Package)
{
    WCHAR Path[MAX_PATH];

    if (!DriverPackageCreateDirectory(Package->Directory, L"adit.package"))
    {
        Package->Directory[0] = 0;
        return FALSE;
    }
    for (SIZE_T Index = 0; Index < ARRAYSIZE(DriverPackageFiles); ++Index)
    {
        if (!DriverPackageWriteFile(Package->Directory, DriverPackageFiles[Index]))
        {
            return FALSE;
        }
    }
    return DriverPackageMakePath(Path, Package->Directory, DRIVER_PACKAGE_INF) &&
           DriverPackagePublish(Path, Package->Directory, Package->InfPath);
}

BOOL DriverPackageSystemDirectory(LPWSTR Directory)
{
    WCHAR Windows[MAX_PATH];

    return SystemWindowsDirectory(Windows) &&
           DriverPackageMakePath(Directory, Windows, L"Sysnative") &&
           (GetFileAttributesW(Directory) != INVALID_FILE_ATTRIBUTES ||
            DriverPackageMakePath(Directory, Windows, L"System32"));
}

/* Whether the driver's file is where a device that got the driver has put it. */
static BOOL DriverPackageIsInstalled(VOID)
{
    WCHAR Directory[MAX_PATH];
    WCHAR Path[MAX_PATH];

    return DriverPackageSystemDirectory(Directory) &&
           DriverPackageMakePath(Path, Directory, L"drivers\\adit.sys") &&
           GetFileAttributesW(Path) != INVALID_FILE_ATTRIBUTES;
}

/* Makes room for this library's package, if no adapter uses the one that is there. */
static BOOL DriverPackageReplace(DRIVER_PACKAGE_PUBLISHED *Published)
{
    DEVICE_NODE *Nodes;
    BOOL Result = TRUE;

    if (!DeviceNodeList(&Nodes))
    {
        return FALSE;
    }
    if (DriverPackageIsInUse(Nodes))
    {
        LogWrite(
            WINTUN_LOG_INFO, L"Adapters use the driver of %1: this library's is not installed now",
            Published->InfPath);
    }
    else
    {
        LogWrite(
            WINTUN_LOG_INFO, L"Replacing the driver of %1 by this library's", Published->InfPath);
        Result = DriverPackageRemove(Nodes);
        Published->InfPath[0] = 0;
    }
    DWORD Error = GetLastError();
    DeviceNodeFree(Nodes);
    SetLastError(Error);
    return Result;
}

static BOOL DriverPackageGetOwnVersion(DRIVER_PACKAGE_VERSION *Version)
{
    const BYTE *Inf;
    DWORD Size;

    if (!DriverPackageFindResource(DRIVER_PACKAGE_INF, &Inf, &Size))
    {
        return FALSE;
    }
    if (!DriverPackageParseVersion((const CHAR *)Inf, Size, Version))
    {
        LogFailure(
            WINTUN_LOG_ERR, ERROR_RESOURCE_DATA_NOT_FOUND,
            L"Reading the version of this library's %1", DRIVER_PACKAGE_INF);
        return FALSE;
    }
    return TRUE;
}

BOOL DriverPackageProvide(DRIVER_PACKAGE *Package)
{
    DRIVER_PACKAGE_PUBLISHED Published;
    DRIVER_PACKAGE_VERSION Own;

    Package->Directory[0] = 0;
    Package->InfPath[0] = 0;
    if (!DriverPackageGetOwnVersion(&Own) || !DriverPackageFindPublished(&Published))
    {
        return FALSE;
    }
    int Newer =
        Published.InfPath[0] == 0 ? 1 : DriverPackageCompareVersions(&Own, &Published.Version);
    Package->IsInstalled = Published.InfPath[0] != 0 && DriverPackageIsInstalled();
    /* One that has lost its file is installed anew, on devices that had it too. */
    if (Published.InfPath[0] != 0 && (Newer > 0 || (Newer == 0 && !Package->IsInstalled)) &&
        !DriverPackageReplace(&Published))
    {
        return FALSE;
    }
    if (Newer < 0)
    {
        LogWrite(
            WINTUN_LOG_INFO, L"The driver of %1 is newer than this library's and is used",
            Published.InfPath);
    }
    Package->IsInstalled = Package->IsInstalled && Published.InfPath[0] != 0;
    if (Published.InfPath[0] != 0 && (Newer != 0 || Package->IsInstalled))
    {
        lstrcpynW(Package->InfPath, Published.InfPath, ARRAYSIZE(Package->InfPath));
        return TRUE;
    }
    if (!DriverPackageStage(Package))
    {
        DriverPackageDiscard(Package);
        return FALSE;
    }
    return TRUE;
}
