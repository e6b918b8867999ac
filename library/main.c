/* SPDX-License-Identifier: MIT */
/* Entry point of adit.dll. */
#include "adapter.h"
#include "session.h"
#include "system.h"

BOOL WINAPI DllMainCRTStartup(HINSTANCE Instance, DWORD Reason, VOID *Reserved);

BOOL WINAPI DllMainCRTStartup(HINSTANCE Instance, DWORD Reason, VOID *Reserved)
{
    switch (Reason)
    {
    case DLL_PROCESS_ATTACH:
        SystemModule = Instance;
        DisableThreadLibraryCalls(Instance);
        break;
    case DLL_PROCESS_DETACH:
        /* When the process ends, Windows takes everything back; other threads died anywhere. */
        if (Reserved == NULL)
        {
            SessionUninitialize();
            AdapterUninitialize();
        }
        break;
    default:
        break;
    }
    return TRUE;
}
