/* SPDX-License-Identifier: MIT */
/* Loading adit.dll. */
#include "library.h"

WINTUN_OPEN_ADAPTER_FUNC *WintunOpenAdapter;
WINTUN_CLOSE_ADAPTER_FUNC *WintunCloseAdapter;
WINTUN_ENUM_ADAPTERS_FUNC *WintunEnumAdapters;
WINTUN_GET_ADAPTER_LUID_FUNC *WintunGetAdapterLUID;

BOOL LibraryLoad(VOID)
{
    HMODULE Module = LoadLibraryExW(
        L"adit.dll", NULL, LOAD_LIBRARY_SEARCH_APPLICATION_DIR | LOAD_LIBRARY_SEARCH_SYSTEM32);
    if (Module == NULL)
    {
        return FALSE;
    }
    WintunOpenAdapter =
        (WINTUN_OPEN_ADAPTER_FUNC *)(VOID *)GetProcAddress(Module, "WintunOpenAdapter");
    WintunCloseAdapter =
        (WINTUN_CLOSE_ADAPTER_FUNC *)(VOID *)GetProcAddress(Module, "WintunCloseAdapter");
    WintunEnumAdapters =
        (WINTUN_ENUM_ADAPTERS_FUNC *)(VOID *)GetProcAddress(Module, "WintunEnumAdapters");
    WintunGetAdapterLUID =
        (WINTUN_GET_ADAPTER_LUID_FUNC *)(VOID *)GetProcAddress(Module, "WintunGetAdapterLUID");
    if (WintunOpenAdapter == NULL || WintunCloseAdapter == NULL || WintunEnumAdapters == NULL ||
        WintunGetAdapterLUID == NULL)
    {
        FreeLibrary(Module);
        SetLastError(ERROR_PROC_NOT_FOUND);
        return FALSE;
    }
    return TRUE;
}
