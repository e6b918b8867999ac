/* SPDX-License-Identifier: MIT */
/* GUIDs of adapters whose creator asks for none. */
#ifndef ADIT_LIBRARY_ADAPTER_GUID_H
#define ADIT_LIBRARY_ADAPTER_GUID_H

#include "adit.h"

/*
 * Derives a GUID that is the same on every run: the name-based UUID, version 5, of RFC 9562 (5.5),
 * with the name space {5F6A2C1B-0D34-4B7E-9C58-7E1A90D3B2F6} and the name, in UTF-8,
 * "<TunnelType>/<Name>" or, for the second adapter of both and on, "<TunnelType>/<Name>/<Ordinal>".
 * Both texts have at most 255 characters. Logs failure.
 */
_Must_inspect_result_ BOOL AdapterGuidDerive(
    _In_z_ LPCWSTR Name, _In_z_ LPCWSTR TunnelType, _In_ DWORD Ordinal, _Out_ GUID *Guid);

#endif
