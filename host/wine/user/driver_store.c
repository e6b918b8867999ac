/* SPDX-License-Identifier: MIT */
/*
 * SetupCopyOEMInfW with a driver store: on Windows the files of a published driver are kept with
 * its INF, Wine 8.0 keeps the INF and where it came from, which clients remove. So the package is
 * copied to System32\DriverStore\FileRepository first, and Wine publishes the INF there.
 */
#define _SETUPAPI_ /* this function is ours */
#include <windows.h>

#include <setupapi.h>

#define DRIVER_STORE_MAX_FILES 256

typedef BOOL WINAPI DRIVER_STORE_COPY(
    PCWSTR Source,
    PCWSTR Media,
    DWORD MediaType,
    DWORD Style,
    PWSTR Destination,
    DWORD Size,
    PDWORD Required,
    PWSTR *Component);

typedef struct _DRIVER_STORE
{
    WCHAR Source[MAX_PATH]; /* folders, each with a backslash behind it */
    WCHAR Target[MAX_PATH];
    DWORD Files;
} DRIVER_STORE;

/* Whether it is a name of a file, and not of one elsewhere. */
static BOOL DriverStoreIsName(PCWSTR Name)
{
    int Length = lstrlenW(Name);
    for (int i = 0; i < Length; i++)
    {
        if (Name[i] == '\\' || Name[i] == '/' || Name[i] == ':')
            return FALSE;
    }
    return Length != 0 && Length < MAX_PATH / 2 && lstrcmpW(Name, L"..") != 0;
}

/* What a package lacks is missed when the driver is installed, as without a store. */
static void DriverStoreCopyFile(DRIVER_STORE *Store, PCWSTR Folder, PCWSTR Name)
{
    WCHAR Source[2 * MAX_PATH], Target[2 * MAX_PATH];
    if (!DriverStoreIsName(Name) || (Folder[0] != 0 && !DriverStoreIsName(Folder)) ||
        Store->Files++ >= DRIVER_STORE_MAX_FILES)
        return;
    lstrcpyW(Source, Store->Source);
    lstrcpyW(Target, Store->Target);
    if (Folder[0] != 0)
    {
        lstrcatW(Source, Folder);
        lstrcatW(Source, L"\\");
        lstrcatW(Target, Folder);
        CreateDirectoryW(Target, NULL);
        lstrcatW(Target, L"\\");
    }
    lstrcatW(Source, Name);
    lstrcatW(Target, Name);
    CopyFileW(Source, Target, FALSE);
}

/* Lines of [SourceDisksFiles]: "file = disk, folder"; of [Version]: "CatalogFile = file". */
static void DriverStoreCopyListed(DRIVER_STORE *Store, HINF Inf)
{
    static const PCWSTR Sections[] = {
        L"SourceDisksFiles", L"SourceDisksFiles.x86", L"SourceDisksFiles.amd64",
        L"SourceDisksFiles.arm64"};
    static const PCWSTR Catalogues[] = {
        L"CatalogFile", L"CatalogFile.NT", L"CatalogFile.NTx86", L"CatalogFile.NTamd64",
        L"CatalogFile.NTarm64"};
    WCHAR Name[MAX_PATH], Folder[MAX_PATH];
    INFCONTEXT Line;
    for (SIZE_T i = 0; i < ARRAYSIZE(Sections); i++)
    {
        BOOL Found = SetupFindFirstLineW(Inf, Sections[i], NULL, &Line);
        for (; Found; Found = SetupFindNextLine(&Line, &Line))
        {
            if (!SetupGetStringFieldW(&Line, 2, Folder, ARRAYSIZE(Folder), NULL))
                Folder[0] = 0;
            if (SetupGetStringFieldW(&Line, 0, Name, ARRAYSIZE(Name), NULL))
                DriverStoreCopyFile(Store, Folder, Name);
        }
    }
    for (SIZE_T i = 0; i < ARRAYSIZE(Catalogues); i++)
    {
        if (SetupFindFirstLineW(Inf, L"Version", Catalogues[i], &Line) &&
            SetupGetStringFieldW(&Line, 1, Name, ARRAYSIZE(Name), NULL))
            DriverStoreCopyFile(Store, L"", Name);
    }
}

/* FNV-1a, 64 bits, of the INF: what tells packages with INFs of one name apart. */
static BOOL DriverStoreHash(PCWSTR Path, WCHAR Text[17])
{
    ULONGLONG Hash = 0xcbf29ce484222325;
    BYTE Data[4096];
    DWORD Size = 0;
    HANDLE File = CreateFileW(Path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    if (File == INVALID_HANDLE_VALUE)
        return FALSE;
    while (ReadFile(File, Data, sizeof(Data), &Size, NULL) && Size != 0)
    {
        for (DWORD i = 0; i < Size; i++)
            Hash = (Hash ^ Data[i]) * 0x100000001b3;
    }
    CloseHandle(File);
    for (int i = 0; i < 16; i++, Hash <<= 4)
        Text[i] = L"0123456789abcdef"[Hash >> 60];
    Text[16] = 0;
    return TRUE;
}

/* Makes the package's folder in the store, and fills it. FALSE: it has no room there. */
static BOOL DriverStoreFill(DRIVER_STORE *Store, PCWSTR Path, PCWSTR Name)
{
    WCHAR Hash[17];
    HINF Inf;
    UINT Length = GetSystemDirectoryW(Store->Target, MAX_PATH);
    if (Length == 0 || Length + lstrlenW(Name) + 80 > MAX_PATH || !DriverStoreHash(Path, Hash))
        return FALSE;
    lstrcpynW(Store->Source, Path, (int)(Name - Path) + 1);
    lstrcatW(Store->Target, L"\\DriverStore");
    CreateDirectoryW(Store->Target, NULL);
    lstrcatW(Store->Target, L"\\FileRepository");
    CreateDirectoryW(Store->Target, NULL);
    lstrcatW(Store->Target, L"\\");
    lstrcatW(Store->Target, Name);
    lstrcatW(Store->Target, L"_");
    lstrcatW(Store->Target, Hash);
    if (!CreateDirectoryW(Store->Target, NULL) && GetLastError() != ERROR_ALREADY_EXISTS)
        return FALSE;
    lstrcatW(Store->Target, L"\\");
    Inf = SetupOpenInfFileW(Path, NULL, INF_STYLE_WIN4, NULL);
    if (Inf == INVALID_HANDLE_VALUE)
        return FALSE;
    DriverStoreCopyListed(Store, Inf);
    SetupCloseInfFile(Inf);
    DriverStoreCopyFile(Store, L"", Name);
    lstrcatW(Store->Target, Name);
    return GetFileAttributesW(Store->Target) != INVALID_FILE_ATTRIBUTES;
}

/* As Wine's own, whose errors it gives. */
BOOL WINAPI SetupCopyOEMInfW(
    PCWSTR Source,
    PCWSTR Media,
    DWORD MediaType,
    DWORD Style,
    PWSTR Destination,
    DWORD Size,
    PDWORD Required,
    PWSTR *Component)
{
    DRIVER_STORE *Store = NULL;
    DRIVER_STORE_COPY *Copy;
    WCHAR Path[MAX_PATH], *Name = NULL;
    PCWSTR Published = Source;
    DWORD Error, Length;
    BOOL Done;
    *(FARPROC *)&Copy = GetProcAddress(GetModuleHandleW(L"setupapi.dll"), "WineSetupCopyOEMInfW");
    if (Copy == NULL)
    {
        SetLastError(ERROR_CALL_NOT_IMPLEMENTED);
        return FALSE;
    }
    /* A file in a folder; without one, Wine looks where INFs are. */
    Length = Source != NULL ? GetFullPathNameW(Source, MAX_PATH, Path, &Name) : 0;
    if (Length != 0 && Length < MAX_PATH && Name != NULL && lstrcmpiW(Name, Source) != 0 &&
        (Style & SP_COPY_REPLACEONLY) == 0)
        Store = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof(*Store));
    if (Store != NULL && DriverStoreFill(Store, Path, Name))
        Published = Store->Target;
    Done = Copy(
        Published, Published == Source ? Media : NULL, MediaType,
        Published == Source ? Style : Style & ~(DWORD)SP_COPY_DELETESOURCE, Destination, Size,
        Required, Component);
    Error = GetLastError();
    if (Done && Published != Source && (Style & SP_COPY_DELETESOURCE) != 0)
        DeleteFileW(Source);
    if (Store != NULL)
        HeapFree(GetProcessHeap(), 0, Store);
    SetLastError(Error);
    return Done;
}
