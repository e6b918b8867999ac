/* SPDX-License-Identifier: MIT */
/*
 * Paths of files, and the directories of Windows in which this library has some.
 */
#ifndef ADIT_LIBRARY_PATH_H
#define ADIT_LIBRARY_PATH_H

#include "adit.h"

/* "<Directory>\<FileName>"; fails with ERROR_BUFFER_OVERFLOW. Logs failure. */
_Must_inspect_result_ BOOL
PathJoin(_Out_writes_z_(MAX_PATH) LPWSTR Path, _In_z_ LPCWSTR Directory, _In_z_ LPCWSTR FileName);

/*
 * The machine's own System32, as this process sees it. A 32-bit process on 64-bit Windows is given
 * another directory under that name, and the real one as Sysnative, which other processes do not
 * have (Win32, "File System Redirector"). Logs failure.
 */
_Must_inspect_result_ BOOL PathSystemDirectory(_Out_writes_z_(MAX_PATH) LPWSTR Directory);

/*
 * Creates a directory of that name in the Windows directory, which LocalSystem and administrators
 * alone can read or change. Nobody else can put anything there, so that one which is there already
 * is what a killed process has left, and taken. Logs failure.
 */
_Must_inspect_result_ BOOL
PathCreateDirectory(_Out_writes_z_(MAX_PATH) LPWSTR Directory, _In_z_ LPCWSTR Name);

#endif
