/* SPDX-License-Identifier: MIT */
/*
 * SetupDiSetSelectedDriverW, which Wine's setupapi.dll lacks (Microsoft, setupapi.h). Wine 8.0
 * selects the best driver of a device's list only; of any other it has to be told where it keeps
 * the choice. The Reserved member of SP_DEVINFO_DATA is the address of what it knows of the device,
 * a block of the process heap, and that of SP_DRVINFO_DATA_W is the driver's. Whether the right
 * place was found is checked by asking.
 */
#define _SETUPAPI_ /* this function is ours */
#include <windows.h>

#include <setupapi.h>

#define SELECTED_DRIVER_MAX_SIZE 0x10000 /* of what Wine knows of a device, bytes */

static BOOL SelectedDriverFail(DWORD Error)
{
    SetLastError(Error);
    return FALSE;
}

/* 0: none is selected. */
static ULONG_PTR SelectedDriverGet(HDEVINFO Set, SP_DEVINFO_DATA *Device)
{
    SP_DRVINFO_DATA_W Driver;
    Driver.cbSize = sizeof(Driver);
    return SetupDiGetSelectedDriverW(Set, Device, &Driver) ? Driver.Reserved : 0;
}

/* Selects that driver of the device's list, or none. */
static BOOL SelectedDriverPut(HDEVINFO Set, SP_DEVINFO_DATA *Device, ULONG_PTR Driver)
{
    ULONG_PTR Best, *Words = (ULONG_PTR *)Device->Reserved;
    SIZE_T Size;
    if (!SetupDiSelectBestCompatDrv(Set, Device))
        return Driver == 0 && SelectedDriverGet(Set, Device) == 0;
    Best = SelectedDriverGet(Set, Device);
    if (Best == Driver)
        return TRUE;
    Size = HeapSize(GetProcessHeap(), 0, Words);
    if (Best == 0 || Size == (SIZE_T)-1 || Size > SELECTED_DRIVER_MAX_SIZE)
        return SelectedDriverFail(ERROR_CALL_NOT_IMPLEMENTED);
    for (SIZE_T i = Size / sizeof(*Words); i-- > 0;)
    {
        if (Words[i] != Best)
            continue;
        Words[i] = Driver;
        if (SelectedDriverGet(Set, Device) == Driver)
            return TRUE;
        Words[i] = Best;
    }
    return SelectedDriverFail(ERROR_CALL_NOT_IMPLEMENTED);
}

static BOOL SelectedDriverMatches(const SP_DRVINFO_DATA_W *Found, const SP_DRVINFO_DATA_W *Wanted)
{
    if (Wanted->Reserved != 0)
        return Found->Reserved == Wanted->Reserved;
    return Found->DriverType == Wanted->DriverType &&
           lstrcmpiW(Found->Description, Wanted->Description) == 0 &&
           lstrcmpiW(Found->ProviderName, Wanted->ProviderName) == 0;
}

/*
 * FALSE, ERROR_INVALID_PARAMETER: the driver is not in the device's list;
 * ERROR_CALL_NOT_IMPLEMENTED: no device is given, since Wine has no drivers of classes.
 */
BOOL WINAPI
SetupDiSetSelectedDriverW(HDEVINFO Set, PSP_DEVINFO_DATA Device, PSP_DRVINFO_DATA_W Driver)
{
    SP_DRVINFO_DATA_W Found;
    if (Device == NULL)
        return SelectedDriverFail(ERROR_CALL_NOT_IMPLEMENTED);
    if (Driver == NULL)
        return SelectedDriverPut(Set, Device, 0);
    for (DWORD i = 0;; i++)
    {
        Found.cbSize = sizeof(Found);
        if (!SetupDiEnumDriverInfoW(Set, Device, SPDIT_COMPATDRIVER, i, &Found))
            break;
        if (!SelectedDriverMatches(&Found, Driver))
            continue;
        if (!SelectedDriverPut(Set, Device, Found.Reserved))
            return FALSE;
        Driver->Reserved = Found.Reserved;
        return TRUE;
    }
    if (GetLastError() == ERROR_NO_MORE_ITEMS)
        SetLastError(ERROR_INVALID_PARAMETER);
    return FALSE;
}

BOOL WINAPI DllMainCRTStartup(HINSTANCE Instance, DWORD Reason, void *Reserved);

BOOL WINAPI DllMainCRTStartup(HINSTANCE Instance, DWORD Reason, void *Reserved)
{
    (void)Reserved;
    if (Reason == DLL_PROCESS_ATTACH)
        DisableThreadLibraryCalls(Instance);
    return TRUE;
}
