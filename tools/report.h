/* SPDX-License-Identifier: MIT */
/*
 * What aditctl tells of failures, on the standard error output: one line that begins with
 * "aditctl: " or, once a command is known, "aditctl COMMAND: ".
 */
#ifndef ADIT_TOOLS_REPORT_H
#define ADIT_TOOLS_REPORT_H

#include "adit.h"

/* Exit codes of aditctl. */
enum
{
    EXIT_OK = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2
};

/* The command that lines are to name, and whether all messages of the library are shown. */
VOID ReportSetCommand(_In_z_ LPCWSTR Command);
VOID ReportSetVerbose(VOID);

/*
 * The logger for adit.dll. Warnings are shown. The last error is kept back for ReportFailure, since
 * not every failing call of the library makes the command fail; it says more than the error's
 * number.
 */
VOID CALLBACK
ReportLibraryMessage(WINTUN_LOGGER_LEVEL Level, DWORD64 Timestamp, _In_z_ LPCWSTR Message);

/* Forgets a message that was kept back: its failure was none of the command. */
VOID ReportForget(VOID);

/* A line of one's own. Returns EXIT_FAILED. */
int ReportError(_In_z_ _Printf_format_string_ LPCWSTR Format, ...);

/*
 * A call has failed: tells what the library said about it, or else what was being done with the
 * system's text of the error. Returns EXIT_FAILED.
 */
int ReportFailure(_In_ DWORD Error, _In_z_ _Printf_format_string_ LPCWSTR Format, ...);

/* A line about wrong arguments, and where there is help. Returns EXIT_USAGE. */
int ReportUsage(_In_z_ _Printf_format_string_ LPCWSTR Format, ...);

#endif
