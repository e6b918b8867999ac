/* SPDX-License-Identifier: MIT */
#include "resource.h"
#include "log.h"
#include "path.h"
#include "system.h"

/* RT_RCDATA is a macro of the character set in use; this is always wide. */
#define RESOURCE_RCDATA MAKEINTRESOURCEW(10)

/* The name of the machine's own architecture in this library's resources. */
static LPCWSTR ResourceArchitecture(VOID)
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

BOOL ResourceFind(LPCWSTR FileName, const BYTE **Data, DWORD *Size)
{
    WCHAR Name[64];

    if (!LogFormat(Name, ARRAYSIZE(Name), L"%1-%2", ResourceArchitecture(), FileName))
    {
        LogFailure(WINTUN_LOG_ERR, ERROR_BUFFER_OVERFLOW, L"Naming the resource of %1", FileName);
        return FALSE;
    }
    HRSRC Resource = FindResourceW(SystemModule, Name, RESOURCE_RCDATA);
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

BOOL ResourceWriteFile(LPCWSTR Directory, LPCWSTR FileName)
{
    WCHAR Path[MAX_PATH];
    const BYTE *Data;
    DWORD Size;
    DWORD Written = 0;

    if (!ResourceFind(FileName, &Data, &Size) || !PathJoin(Path, Directory, FileName))
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
