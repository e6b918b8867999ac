/* SPDX-License-Identifier: MIT */
/* Network connections: the names under which people know adapters. */
#ifndef ADIT_LIBRARY_CONNECTION_H
#define ADIT_LIBRARY_CONNECTION_H

#include "adit.h"

/*
 * Names the connection of the adapter with that GUID, unless it has the name. If another connection
 * has the name, tries
 * "<Name> 1", "<Name> 2"... and logs a warning. Actual receives the name given. Logs failure.
 */
_Must_inspect_result_ BOOL ConnectionSetName(
    _In_ const GUID *Guid, _In_z_ LPCWSTR Name, _Out_writes_z_(WINTUN_MAX_POOL) LPWSTR Actual);

/*
 * Reads the name of the connection of the adapter with that GUID. ConnectionGetName logs failure;
 * with ConnectionReadName it is none if there is no such connection.
 */
_Must_inspect_result_ BOOL
ConnectionGetName(_In_ const GUID *Guid, _Out_writes_z_(WINTUN_MAX_POOL) LPWSTR Name);
_Must_inspect_result_ BOOL
ConnectionReadName(_In_ const GUID *Guid, _Out_writes_z_(WINTUN_MAX_POOL) LPWSTR Name);

#endif
