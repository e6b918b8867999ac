/* SPDX-License-Identifier: MIT */
/*
 * The files that this library carries, as RCDATA resources named <architecture>-<file name>.
 */
#ifndef ADIT_LIBRARY_RESOURCE_H
#define ADIT_LIBRARY_RESOURCE_H

#include "adit.h"

/*
 * The file that this library carries under that name for the machine's own architecture: Size
 * bytes, there as long as the library is loaded. Logs failure.
 */
_Must_inspect_result_ BOOL ResourceFind(
    _In_z_ LPCWSTR FileName,
    _Outptr_result_bytebuffer_(*Size) const BYTE **Data,
    _Out_ DWORD *Size);

/* Writes that file. Logs failure. */
_Must_inspect_result_ BOOL ResourceWriteFile(_In_z_ LPCWSTR Directory, _In_z_ LPCWSTR FileName);

#endif
