/* SPDX-License-Identifier: MIT */
/* Loading adit.dll. */
#include "library.h"
#include "report.h"

#include <wchar.h>

#define LIBRARY_DEFINE(Type, Name) Type *Name;
LIBRARY_FUNCTIONS(LIBRARY_DEFINE)
LIBRARY_OPTIONAL_FUNCTIONS(LIBRARY_DEFINE)
#undef LIBRARY_DEFINE

static HMODULE LibraryModule;
static WCHAR LibraryFile[MAX_PATH];

BOOL LibraryRequire(BOOL IsThere, const char *Name)
{
    WCHAR Version[32];

    if (!IsThere)
    {
        LibraryVersion(Version, ARRAYSIZE(Version));
        ReportError(
            L"%ls, version %ls, has no function %hs: another version is needed", LibraryFile,
            Version, Name);
    }
    return IsThere;
}

static BOOL LibraryFind(VOID *Function, const char *Name)
{
    FARPROC Address = GetProcAddress(LibraryModule, Name);

    *(FARPROC *)Function = Address;
    return Address != NULL;
}

BOOL LibraryLoad(VOID)
{
    LibraryModule = LoadLibraryExW(
        L"adit.dll", NULL, LOAD_LIBRARY_SEARCH_APPLICATION_DIR | LOAD_LIBRARY_SEARCH_SYSTEM32);
    if (LibraryModule == NULL)
    {
        ReportFailure(
            GetLastError(), L"loading adit.dll from this program's directory or the system's");
        return FALSE;
    }
    GetModuleFileNameW(LibraryModule, LibraryFile, ARRAYSIZE(LibraryFile));
    LibraryFile[ARRAYSIZE(LibraryFile) - 1] = 0;
#define LIBRARY_IMPORT(Type, Name) &&LibraryRequire(LibraryFind(&Name, #Name), #Name)
    if (!(TRUE LIBRARY_FUNCTIONS(LIBRARY_IMPORT)))
    {
        FreeLibrary(LibraryModule);
        LibraryModule = NULL;
        return FALSE;
    }
#undef LIBRARY_IMPORT
#define LIBRARY_IMPORT(Type, Name) LibraryFind(&Name, #Name);
    LIBRARY_OPTIONAL_FUNCTIONS(LIBRARY_IMPORT)
#undef LIBRARY_IMPORT
    WintunSetLogger(ReportLibraryMessage);
    return TRUE;
}

VOID LibraryUnload(VOID)
{
    if (LibraryModule != NULL)
    {
        WintunSetLogger(NULL);
        FreeLibrary(LibraryModule);
        LibraryModule = NULL;
    }
}

LPCWSTR LibraryPath(VOID)
{
    return LibraryFile;
}

VOID LibraryVersion(LPWSTR Text, size_t Count)
{
    union
    {
        DWORD Align;
        BYTE Bytes[4096];
    } Buffer;
    VS_FIXEDFILEINFO *Fixed;
    UINT Size;

    if (!GetFileVersionInfoW(LibraryFile, 0, sizeof(Buffer), &Buffer) ||
        !VerQueryValueW(&Buffer, L"\\", (VOID **)&Fixed, &Size) || Size < sizeof(*Fixed))
    {
        lstrcpynW(Text, L"unknown", (int)Count);
        return;
    }
    _snwprintf(
        Text, Count, L"%u.%u.%u.%u", HIWORD(Fixed->dwFileVersionMS), LOWORD(Fixed->dwFileVersionMS),
        HIWORD(Fixed->dwFileVersionLS), LOWORD(Fixed->dwFileVersionLS));
    Text[Count - 1] = 0;
}

WINTUN_ADAPTER_HANDLE LibraryOpenAdapter(LPCWSTR Name)
{
    WINTUN_ADAPTER_HANDLE Adapter = WintunOpenAdapter(Name);
    if (Adapter != NULL)
    {
        return Adapter;
    }
    DWORD Error = GetLastError();
    if (Error == ERROR_NOT_FOUND)
    {
        ReportForget();
        ReportError(L"there is no adapter \"%ls\"; 'aditctl list' shows all", Name);
    }
    else
    {
        ReportFailure(Error, L"opening the adapter \"%ls\"", Name);
    }
    return NULL;
}

BOOL LibraryFindDevice(WINTUN_ADAPTER_HANDLE Adapter, ADAPTER_DEVICE *Device)
{
    NET_LUID Luid;

    WintunGetAdapterLUID(Adapter, &Luid);
    if (DeviceFind(&Luid, Device))
    {
        return TRUE;
    }
    ReportFailure(GetLastError(), L"finding the device of the adapter %016I64x", Luid.Value);
    return FALSE;
}
