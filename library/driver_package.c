/* SPDX-License-Identifier: MIT */
/* The driver package. */
#include "driver_package.h"
#include "device_node.h"
#include "log.h"
#include "path.h"
#include "resource.h"
#include "system.h"

static const LPCWSTR DriverPackageFiles[] = {
    DRIVER_PACKAGE_INF,
    DRIVER_PACKAGE_CATALOG,
    L"adit.sys",
};

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
        if (PathJoin(Path, Package->Directory, DriverPackageFiles[Index]) && !DeleteFileW(Path) &&
            GetLastError() != ERROR_FILE_NOT_FOUND)
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

    if (!PathCreateDirectory(Package->Directory, L"adit.package"))
    {
        Package->Directory[0] = 0;
        return FALSE;
    }
    for (SIZE_T Index = 0; Index < ARRAYSIZE(DriverPackageFiles); ++Index)
    {
        if (!ResourceWriteFile(Package->Directory, DriverPackageFiles[Index]))
        {
            return FALSE;
        }
    }
    return PathJoin(Path, Package->Directory, DRIVER_PACKAGE_INF) &&
           DriverPackagePublish(Path, Package->Directory, Package->InfPath);
}

/* Whether the driver's file is where a device that got the driver has put it. */
static BOOL DriverPackageIsInstalled(VOID)
{
    WCHAR Directory[MAX_PATH];
    WCHAR Path[MAX_PATH];

    return PathSystemDirectory(Directory) && PathJoin(Path, Directory, L"drivers\\adit.sys") &&
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

    if (!ResourceFind(DRIVER_PACKAGE_INF, &Inf, &Size))
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
