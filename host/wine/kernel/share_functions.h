/* SPDX-License-Identifier: MIT */
/*
 * Where the functions of ntdll.dll are that the helper in the client calls.
 */
#ifndef ADIT_HOST_WINE_SHARE_FUNCTIONS_H
#define ADIT_HOST_WINE_SHARE_FUNCTIONS_H

#include "share_remote.h"

/*
 * Fills in the functions' addresses in that process; leaves them 0 where ntdll.dll is not found.
 * One call at a time; makes system calls only, which may take as long as the process likes.
 */
VOID ShareFindFunctions(
    _In_ HANDLE Process, BOOLEAN Is32Bit, _Inout_ SHARE_REMOTE_ARGUMENTS *Arguments);

#endif
