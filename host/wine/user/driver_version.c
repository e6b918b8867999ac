/* SPDX-License-Identifier: MIT */
/*
 * SetupDiEnumDriverInfoW with the date and version of the driver, which Wine 8.0 leaves as they
 * were. They are those of DriverVer in the INF, "month/day/year,w.x.y.z" (Microsoft, "INF DriverVer
 * Directive").
 */
#define _SETUPAPI_ /* this function is ours */
#include <windows.h>

#include <setupapi.h>

typedef BOOL
    WINAPI DRIVER_VERSION_ENUM(HDEVINFO, PSP_DEVINFO_DATA, DWORD, DWORD, PSP_DRVINFO_DATA_W);

/* Up to Count numbers with these characters between them; the others are zero. */
static void DriverVersionParse(const WCHAR *Text, WCHAR Between, WORD *Numbers, int Count)
{
    for (int i = 0; i < Count; i++)
    {
        DWORD Number = 0;
        while (*Text >= '0' && *Text <= '9')
            Number = Number * 10 + (DWORD)(*Text++ - '0');
        Numbers[i] = (WORD)Number;
        if (*Text == Between)
            Text++;
    }
}

static void DriverVersionRead(HINF Inf, SP_DRVINFO_DATA_W *Driver)
{
    SYSTEMTIME Time = {0};
    WORD Date[3], Version[4];
    WCHAR Text[64];
    INFCONTEXT Line;
    if (!SetupFindFirstLineW(Inf, L"Version", L"DriverVer", &Line) ||
        !SetupGetStringFieldW(&Line, 1, Text, ARRAYSIZE(Text), NULL))
        return;
    DriverVersionParse(Text, Text[0] != 0 && Text[1] == '-' ? '-' : '/', Date, ARRAYSIZE(Date));
    Time.wMonth = Date[0];
    Time.wDay = Date[1];
    Time.wYear = Date[2];
    SystemTimeToFileTime(&Time, &Driver->DriverDate);
    if (!SetupGetStringFieldW(&Line, 2, Text, ARRAYSIZE(Text), NULL))
        return;
    DriverVersionParse(Text, '.', Version, ARRAYSIZE(Version));
    for (int i = 0; i < 4; i++)
        Driver->DriverVersion = Driver->DriverVersion << 16 | Version[i];
}

BOOL WINAPI SetupDiEnumDriverInfoW(
    HDEVINFO Set, PSP_DEVINFO_DATA Device, DWORD Type, DWORD Index, PSP_DRVINFO_DATA_W Driver)
{
    DRIVER_VERSION_ENUM *Enum;
    SP_DRVINFO_DETAIL_DATA_W Detail;
    HINF Inf;
    *(FARPROC *)&Enum =
        GetProcAddress(GetModuleHandleW(L"setupapi.dll"), "WineSetupDiEnumDriverInfoW");
    if (Enum == NULL)
    {
        SetLastError(ERROR_CALL_NOT_IMPLEMENTED);
        return FALSE;
    }
    if (!Enum(Set, Device, Type, Index, Driver))
        return FALSE;
    /* Those who know no version ask with a shorter structure. */
    if (Driver->cbSize < sizeof(*Driver))
        return TRUE;
    Driver->DriverDate.dwLowDateTime = Driver->DriverDate.dwHighDateTime = 0;
    Driver->DriverVersion = 0;
    Detail.cbSize = sizeof(Detail);
    if (!SetupDiGetDriverInfoDetailW(Set, Device, Driver, &Detail, sizeof(Detail), NULL) &&
        GetLastError() != ERROR_INSUFFICIENT_BUFFER)
        return TRUE;
    Inf = SetupOpenInfFileW(Detail.InfFileName, NULL, INF_STYLE_WIN4, NULL);
    if (Inf == INVALID_HANDLE_VALUE)
        return TRUE;
    DriverVersionRead(Inf, Driver);
    SetupCloseInfFile(Inf);
    return TRUE;
}
