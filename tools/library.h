/* SPDX-License-Identifier: MIT */
/* The functions of adit.dll that aditctl uses. */
#ifndef ADIT_TOOLS_LIBRARY_H
#define ADIT_TOOLS_LIBRARY_H

#include "adit.h"

extern WINTUN_OPEN_ADAPTER_FUNC *WintunOpenAdapter;
extern WINTUN_CLOSE_ADAPTER_FUNC *WintunCloseAdapter;
extern WINTUN_ENUM_ADAPTERS_FUNC *WintunEnumAdapters;
extern WINTUN_GET_ADAPTER_LUID_FUNC *WintunGetAdapterLUID;

/* Loads adit.dll from the program's directory or the system's; FALSE with the last error. */
BOOL LibraryLoad(VOID);

#endif
