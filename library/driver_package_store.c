/* SPDX-License-Identifier: MIT */
/* Our packages in the driver store, as far as SetupAPI shows them: INFs in the INF directory. */
#include "driver_package.h"
#include "log.h"
#include "native_setup.h"
#include "path.h"
#include "system.h"

#include <setupapi.h>

/* Longest INF that is read, in bytes. Ours has some 5000. */
#define DRIVER_PACKAGE_MAX_INF 0x10000

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

/* Calls a function for each of our published INFs until it returns FALSE. */
static BOOL DriverPackageEnumerate(
    LPCWSTR Directory,
    LPCWSTR Pattern,
    BOOL (*Function)(LPCWSTR Path, LPCWSTR FileName, VOID *Context),
    VOID *Context)
{
    WCHAR Path[MAX_PATH];
    WIN32_FIND_DATAW Found;
    BOOL Result = TRUE;

    if (!PathJoin(Path, Directory, Pattern))
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
        if (PathJoin(Path, Directory, Found.cFileName) && DriverPackageIsOurs(Path) &&
            !Function(Path, Found.cFileName, Context))
        {
            Result = FALSE;
        }
    } while (FindNextFileW(Listing, &Found));
    FindClose(Listing);
    return Result;
}

static BOOL DriverPackageEnumerateAll(
    BOOL (*Function)(LPCWSTR Path, LPCWSTR FileName, VOID *Context), VOID *Context)
{
    WCHAR Windows[MAX_PATH];
    WCHAR Directory[MAX_PATH];

    /* The system publishes an INF as oem<n>.inf, or under the name it came with. */
    return SystemWindowsDirectory(Windows) && PathJoin(Directory, Windows, L"INF") &&
           DriverPackageEnumerate(Directory, L"oem*.inf", Function, Context) &&
           DriverPackageEnumerate(Directory, DRIVER_PACKAGE_INF, Function, Context);
}

/* ---------------------------------------------------------------------------------------------- */
/* Versions                                                                                       */
/* ---------------------------------------------------------------------------------------------- */

static DWORD DriverPackageParseNumber(const CHAR **Text, const CHAR *End)
{
    DWORD Number = 0;

    while (*Text < End && **Text >= '0' && **Text <= '9')
    {
        Number = Number * 10 + (DWORD)(*(*Text)++ - '0');
    }
    if (*Text < End && (**Text == '/' || **Text == ',' || **Text == '.'))
    {
        ++*Text;
    }
    return Number;
}

BOOL DriverPackageParseVersion(const CHAR *Inf, SIZE_T Size, DRIVER_PACKAGE_VERSION *Version)
{
    static const CHAR Name[] = "\nDriverVer";
    const SIZE_T Length = sizeof(Name) - 1;
    const CHAR *End = Inf + Size;

    for (const CHAR *Text = Inf; (SIZE_T)(End - Text) > Length; ++Text)
    {
        SIZE_T Same = 0;
        while (Same < Length && Text[Same] == Name[Same])
        {
            ++Same;
        }
        if (Same < Length)
        {
            continue;
        }
        Text += Length;
        while (Text < End && (*Text == ' ' || *Text == '\t' || *Text == '='))
        {
            ++Text;
        }
        DWORD Month = DriverPackageParseNumber(&Text, End);
        DWORD Day = DriverPackageParseNumber(&Text, End);
        Version->Date = DriverPackageParseNumber(&Text, End) << 16 | Month << 8 | Day;
        Version->Number = 0;
        for (int Part = 0; Part < 4; ++Part)
        {
            Version->Number = Version->Number << 16 | (WORD)DriverPackageParseNumber(&Text, End);
        }
        return TRUE;
    }
    return FALSE;
}

int DriverPackageCompareVersions(
    const DRIVER_PACKAGE_VERSION *Left, const DRIVER_PACKAGE_VERSION *Right)
{
    if (Left->Date != Right->Date)
    {
        return Left->Date < Right->Date ? -1 : 1;
    }
    if (Left->Number != Right->Number)
    {
        return Left->Number < Right->Number ? -1 : 1;
    }
    return 0;
}

static BOOL DriverPackageReadVersion(LPCWSTR Path, DRIVER_PACKAGE_VERSION *Version)
{
    DWORD Size = 0;
    BOOL Result = FALSE;

    HANDLE File = CreateFileW(
        Path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
        FILE_ATTRIBUTE_NORMAL, NULL);
    if (File == INVALID_HANDLE_VALUE)
    {
        return FALSE;
    }
    CHAR *Text = SystemAllocate(DRIVER_PACKAGE_MAX_INF);
    if (Text != NULL && ReadFile(File, Text, DRIVER_PACKAGE_MAX_INF, &Size, NULL))
    {
        Result = DriverPackageParseVersion(Text, Size, Version);
    }
    SystemFree(Text);
    CloseHandle(File);
    return Result;
}

/* ---------------------------------------------------------------------------------------------- */
/* Finding                                                                                        */
/* ---------------------------------------------------------------------------------------------- */

static BOOL DriverPackageConsider(LPCWSTR Path, LPCWSTR FileName, VOID *Context)
{
    DRIVER_PACKAGE_PUBLISHED *Best = Context;
    DRIVER_PACKAGE_VERSION Version;

    UNREFERENCED_PARAMETER(FileName);
    if (DriverPackageReadVersion(Path, &Version) &&
        (Best->InfPath[0] == 0 || DriverPackageCompareVersions(&Version, &Best->Version) > 0))
    {
        lstrcpynW(Best->InfPath, Path, ARRAYSIZE(Best->InfPath));
        Best->Version = Version;
    }
    return TRUE;
}

BOOL DriverPackageFindPublished(DRIVER_PACKAGE_PUBLISHED *Published)
{
    Published->InfPath[0] = 0;
    return DriverPackageEnumerateAll(DriverPackageConsider, Published);
}

static BOOL DriverPackageDeleteOne(LPCWSTR Path, LPCWSTR FileName, VOID *Context)
{
    UNREFERENCED_PARAMETER(Path);
    UNREFERENCED_PARAMETER(Context);
    return DriverPackageUnpublish(FileName);
}

BOOL DriverPackageDeletePublished(VOID)
{
    return DriverPackageEnumerateAll(DriverPackageDeleteOne, NULL);
}

/* ---------------------------------------------------------------------------------------------- */
/* Adding and deleting                                                                            */
/* ---------------------------------------------------------------------------------------------- */

BOOL DriverPackagePublish(LPCWSTR InfPath, LPCWSTR Directory, LPWSTR Published)
{
    if (SystemIsEmulated())
    {
        return NativeSetupAddPackage(InfPath, Directory, Published);
    }
    if (!SetupCopyOEMInfW(InfPath, Directory, SPOST_PATH, 0, Published, MAX_PATH, NULL, NULL))
    {
        LogLastError(L"Adding %1 to the driver store", InfPath);
        return FALSE;
    }
    return TRUE;
}

BOOL DriverPackageUnpublish(LPCWSTR FileName)
{
    if (SystemIsEmulated())
    {
        return NativeSetupDeletePackage(FileName);
    }
    if (!SetupUninstallOEMInfW(FileName, SUOI_FORCEDELETE, NULL))
    {
        LogLastError(L"Removing %1 from the driver store", FileName);
        return FALSE;
    }
    return TRUE;
}
