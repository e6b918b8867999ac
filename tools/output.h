/* SPDX-License-Identifier: MIT */
/*
 * The standard output, in UTF-16 for a console and in UTF-8 for anything else. What is printed is
 * kept back until OutputFlush, or until there is much of it.
 */
#ifndef ADIT_TOOLS_OUTPUT_H
#define ADIT_TOOLS_OUTPUT_H

#include "adit.h"

/* Most that one OutputPrint can format, in characters. */
#define OUTPUT_MAX_FORMATTED 2048

VOID OutputText(_In_z_ LPCWSTR Text);

/* As _vsnwprintf formats; what is longer than OUTPUT_MAX_FORMATTED is cut. */
VOID OutputPrint(_In_z_ _Printf_format_string_ LPCWSTR Format, ...);

/* Writes what was kept back. FALSE if that failed, now or before; the rest is lost then. */
BOOL OutputFlush(VOID);

/* Has all of it go to the standard error output from now on: the standard output carries data. */
VOID OutputUseStandardError(VOID);

/* Writes to the standard error output at once. */
VOID OutputError(_In_z_ LPCWSTR Text);

#endif
