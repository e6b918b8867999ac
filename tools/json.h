/* SPDX-License-Identifier: MIT */
/*
 * JSON (RFC 8259) to the standard output, on one line. The caller opens and closes what it nests;
 * commas come by themselves. A name is NULL in an array and at the top.
 */
#ifndef ADIT_TOOLS_JSON_H
#define ADIT_TOOLS_JSON_H

#include "adit.h"

VOID JsonOpenObject(_In_opt_z_ LPCWSTR Name);
VOID JsonCloseObject(VOID);
VOID JsonOpenArray(_In_opt_z_ LPCWSTR Name);
VOID JsonCloseArray(VOID);
VOID JsonString(_In_opt_z_ LPCWSTR Name, _In_z_ LPCWSTR Value);
VOID JsonNumber(_In_opt_z_ LPCWSTR Name, _In_ UINT64 Value);
VOID JsonBoolean(_In_opt_z_ LPCWSTR Name, _In_ BOOL Value);

/* A number as it is to be written. */
VOID JsonLiteral(_In_opt_z_ LPCWSTR Name, _In_z_ LPCWSTR Value);

VOID JsonNull(_In_opt_z_ LPCWSTR Name);

/* Ends the line, and with it the text. */
VOID JsonEnd(VOID);

#endif
