/* SPDX-License-Identifier: MIT */
/*
 * SetupDiCallClassInstaller that keeps where a driver's files come from. Wine 8.0 writes that to a
 * .pnf file beside a published INF; when it installs a device it publishes the INF from where that
 * is already, and forgets the place, so that the next device of this driver does not get its files.
 */
#define _SETUPAPI_ /* this function is ours */
#include <windows.h>

#include <setupapi.h>

#define DRIVER_SOURCE_MAX_SIZE 2048 /* of a .pnf file, bytes */

typedef BOOL WINAPI DRIVER_SOURCE_CALL(DI_FUNCTION, HDEVINFO, PSP_DEVINFO_DATA);

typedef struct _DRIVER_SOURCE
{
    WCHAR Path[MAX_PATH];
    DWORD Size; /* 0: there is no such file */
    BYTE Data[DRIVER_SOURCE_MAX_SIZE];
} DRIVER_SOURCE;

static void DriverSourceRead(DRIVER_SOURCE *Source, HDEVINFO Set, PSP_DEVINFO_DATA Device)
{
    SP_DRVINFO_DETAIL_DATA_W Detail;
    SP_DRVINFO_DATA_W Driver;
    HANDLE File;
    int Length;
    Source->Size = 0;
    Driver.cbSize = sizeof(Driver);
    Detail.cbSize = sizeof(Detail);
    if (!SetupDiGetSelectedDriverW(Set, Device, &Driver) ||
        (!SetupDiGetDriverInfoDetailW(Set, Device, &Driver, &Detail, sizeof(Detail), NULL) &&
         GetLastError() != ERROR_INSUFFICIENT_BUFFER))
        return;
    lstrcpynW(Source->Path, Detail.InfFileName, MAX_PATH);
    Length = lstrlenW(Source->Path);
    if (Length < 4 || lstrcmpiW(Source->Path + Length - 4, L".inf") != 0)
        return;
    lstrcpyW(Source->Path + Length - 4, L".pnf");
    File = CreateFileW(
        Source->Path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0,
        NULL);
    if (File == INVALID_HANDLE_VALUE)
        return;
    if (!ReadFile(File, Source->Data, sizeof(Source->Data), &Source->Size, NULL) ||
        Source->Size == sizeof(Source->Data))
        Source->Size = 0;
    CloseHandle(File);
}

static void DriverSourceWrite(const DRIVER_SOURCE *Source)
{
    HANDLE File;
    DWORD Written;
    if (Source->Size == 0)
        return;
    File =
        CreateFileW(Source->Path, GENERIC_WRITE, FILE_SHARE_READ, NULL, TRUNCATE_EXISTING, 0, NULL);
    if (File == INVALID_HANDLE_VALUE)
        return;
    WriteFile(File, Source->Data, Source->Size, &Written, NULL);
    CloseHandle(File);
}

BOOL WINAPI SetupDiCallClassInstaller(DI_FUNCTION Function, HDEVINFO Set, PSP_DEVINFO_DATA Device)
{
    DRIVER_SOURCE_CALL *Call;
    DRIVER_SOURCE *Source = NULL;
    DWORD Error;
    BOOL Done;
    *(FARPROC *)&Call =
        GetProcAddress(GetModuleHandleW(L"setupapi.dll"), "WineSetupDiCallClassInstaller");
    if (Call == NULL)
    {
        SetLastError(ERROR_CALL_NOT_IMPLEMENTED);
        return FALSE;
    }
    if (Function == DIF_INSTALLDEVICE && Device != NULL)
        Source = HeapAlloc(GetProcessHeap(), 0, sizeof(*Source));
    if (Source == NULL)
        return Call(Function, Set, Device);
    DriverSourceRead(Source, Set, Device);
    Done = Call(Function, Set, Device);
    Error = GetLastError();
    DriverSourceWrite(Source);
    HeapFree(GetProcessHeap(), 0, Source);
    SetLastError(Error);
    return Done;
}
