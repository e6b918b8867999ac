/* SPDX-License-Identifier: MIT */
/*
 * cfgmgr32.dll: Windows' configuration manager. What Wine has of it lies in its setupapi.dll, to
 * which the exports lead; the rest is this host's. The API sets api-ms-win-devices-swdevice-l1-1-0
 * and api-ms-win-devices-query-l1-1-0 are names for this DLL, under Wine as on Windows.
 */
#include <windows.h>

#include "arguments.h"

BOOL WINAPI DllMainCRTStartup(HINSTANCE Instance, DWORD Reason, void *Reserved);

BOOL WINAPI DllMainCRTStartup(HINSTANCE Instance, DWORD Reason, void *Reserved)
{
    (void)Reserved;
    if (Reason == DLL_PROCESS_ATTACH)
    {
        DisableThreadLibraryCalls(Instance);
#ifdef __aarch64__
        ArgumentsRedirect();
#endif
    }
    return TRUE;
}
