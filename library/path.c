/* SPDX-License-Identifier: MIT */
#include "path.h"
#include "log.h"
#include "system.h"

BOOL PathJoin(LPWSTR Path, LPCWSTR Directory, LPCWSTR FileName)
{
    if (!LogFormat(Path, MAX_PATH, L"%1\\%2", Directory, FileName))
    {
        LogFailure(WINTUN_LOG_ERR, ERROR_BUFFER_OVERFLOW, L"Naming %1 in %2", FileName, Directory);
        return FALSE;
    }
    return TRUE;
}

BOOL PathSystemDirectory(LPWSTR Directory)
{
    WCHAR Windows[MAX_PATH];

    return SystemWindowsDirectory(Windows) && PathJoin(Directory, Windows, L"Sysnative") &&
           (GetFileAttributesW(Directory) != INVALID_FILE_ATTRIBUTES ||
            PathJoin(Directory, Windows, L"System32"));
}

BOOL PathCreateDirectory(LPWSTR Directory, LPCWSTR Name)
{
    WCHAR Windows[MAX_PATH];

    if (!SystemWindowsDirectory(Windows) || !PathJoin(Directory, Windows, Name))
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
