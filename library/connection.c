/* SPDX-License-Identifier: MIT */
/*
 * Network connections. nci.dll is what Windows' own network setup names connections through, from
 * Windows 7 on; both functions return a Win32 error code.
 */
#include "connection.h"
#include "log.h"
#include "system.h"

/* How many names to try: "<Name> 1" to "<Name> 9999". */
#define CONNECTION_MAX_SUFFIX 9999

/* Room for the longest suffix, space included. */
#define CONNECTION_SUFFIX_LENGTH 5

typedef DWORD(WINAPI NCI_SET_CONNECTION_NAME)(const GUID *Guid, LPCWSTR NewName);

/* Sizes count bytes, the terminating zero included. */
typedef DWORD(WINAPI NCI_GET_CONNECTION_NAME)(
    const GUID *Guid, LPWSTR Name, DWORD NameSize, DWORD *RequiredSize);

static BOOL ConnectionIsTaken(DWORD Error)
{
    return Error == ERROR_DUP_NAME || Error == ERROR_ALREADY_EXISTS ||
           Error == ERROR_OBJECT_ALREADY_EXISTS || Error == ERROR_FILE_EXISTS;
}

static DWORD ConnectionTryNames(
    NCI_SET_CONNECTION_NAME *SetConnectionName, const GUID *Guid, LPCWSTR Name, LPWSTR Actual)
{
    WCHAR Base[WINTUN_MAX_POOL - CONNECTION_SUFFIX_LENGTH];

    lstrcpynW(Actual, Name, WINTUN_MAX_POOL);
    DWORD Error = SetConnectionName(Guid, Actual);
    /* A name too long for the suffix is cut. */
    lstrcpynW(Base, Name, ARRAYSIZE(Base));
    for (DWORD Suffix = 1; ConnectionIsTaken(Error) && Suffix <= CONNECTION_MAX_SUFFIX; ++Suffix)
    {
        LogFormat(Actual, WINTUN_MAX_POOL, L"%1 %2!u!", Base, Suffix);
        Error = SetConnectionName(Guid, Actual);
    }
    return Error;
}

BOOL ConnectionSetName(const GUID *Guid, LPCWSTR Name, LPWSTR Actual)
{
    if (ConnectionReadName(Guid, Actual) &&
        CompareStringOrdinal(Name, -1, Actual, -1, FALSE) == CSTR_EQUAL)
    {
        return TRUE;
    }
    HMODULE Nci = SystemLoadLibrary(L"nci.dll");
    if (Nci == NULL)
    {
        return FALSE;
    }
    NCI_SET_CONNECTION_NAME *SetConnectionName =
        (NCI_SET_CONNECTION_NAME *)(VOID *)GetProcAddress(Nci, "NciSetConnectionName");
    DWORD Error = ERROR_PROC_NOT_FOUND;
    if (SetConnectionName != NULL)
    {
        Error = ConnectionTryNames(SetConnectionName, Guid, Name, Actual);
    }
    FreeLibrary(Nci);
    if (Error != ERROR_SUCCESS)
    {
        LogFailure(WINTUN_LOG_ERR, Error, L"Naming the connection \"%1\"", Name);
        return FALSE;
    }
    if (CompareStringOrdinal(Name, -1, Actual, -1, FALSE) != CSTR_EQUAL)
    {
        LogWrite(
            WINTUN_LOG_WARN, L"Another connection is named \"%1\": this adapter becomes \"%2\"",
            Name, Actual);
    }
    return TRUE;
}

/* The error, not logged but for the loading of the DLL. */
static DWORD ConnectionQueryName(const GUID *Guid, LPWSTR Name)
{
    DWORD Error = ERROR_PROC_NOT_FOUND;
    DWORD Size = 0;

    Name[0] = 0;
    HMODULE Nci = SystemLoadLibrary(L"nci.dll");
    if (Nci == NULL)
    {
        return GetLastError();
    }
    NCI_GET_CONNECTION_NAME *GetConnectionName =
        (NCI_GET_CONNECTION_NAME *)(VOID *)GetProcAddress(Nci, "NciGetConnectionName");
    if (GetConnectionName != NULL)
    {
        Error = GetConnectionName(Guid, Name, WINTUN_MAX_POOL * sizeof(WCHAR), &Size);
    }
    Name[WINTUN_MAX_POOL - 1] = 0;
    FreeLibrary(Nci);
    return Error;
}

BOOL ConnectionGetName(const GUID *Guid, LPWSTR Name)
{
    DWORD Error = ConnectionQueryName(Guid, Name);
    if (Error != ERROR_SUCCESS)
    {
        LogFailure(WINTUN_LOG_ERR, Error, L"Reading the name of a connection");
        return FALSE;
    }
    return TRUE;
}

BOOL ConnectionReadName(const GUID *Guid, LPWSTR Name)
{
    return ConnectionQueryName(Guid, Name) == ERROR_SUCCESS;
}
