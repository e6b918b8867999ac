/* SPDX-License-Identifier: MIT */
/* What aditctl tells of failures. */
#include "report.h"
#include "output.h"

#include <stdarg.h>
#include <wchar.h>

#define REPORT_MAX_LENGTH 2048

static LPCWSTR ReportCommand = L"";
static BOOL ReportVerbose;

/* Of the library; guarded by ReportLock, for it may tell from any thread. */
static SRWLOCK ReportLock = SRWLOCK_INIT;
static WCHAR ReportLibraryError[REPORT_MAX_LENGTH / 2];

VOID ReportSetCommand(LPCWSTR Command)
{
    ReportCommand = Command;
}

VOID ReportSetVerbose(VOID)
{
    ReportVerbose = TRUE;
}

/* Text with the head of a line before it and its end behind it. */
static VOID ReportLine(LPCWSTR Text)
{
    WCHAR Line[REPORT_MAX_LENGTH + 64];

    _snwprintf(
        Line, ARRAYSIZE(Line), L"aditctl%ls%ls: %ls\n", ReportCommand[0] != 0 ? L" " : L"",
        ReportCommand, Text);
    Line[ARRAYSIZE(Line) - 1] = 0;
    OutputFlush();
    OutputError(Line);
}

static VOID ReportFormat(LPWSTR Text, size_t Count, LPCWSTR Format, va_list Arguments)
{
    _vsnwprintf(Text, Count, Format, Arguments);
    Text[Count - 1] = 0;
}

VOID CALLBACK ReportLibraryMessage(WINTUN_LOGGER_LEVEL Level, DWORD64 Timestamp, LPCWSTR Message)
{
    static const LPCWSTR Levels[] = {L"info", L"warning", L"error"};
    WCHAR Line[REPORT_MAX_LENGTH];

    (void)Timestamp;
    AcquireSRWLockExclusive(&ReportLock);
    if (Level == WINTUN_LOG_ERR)
    {
        lstrcpynW(ReportLibraryError, Message, ARRAYSIZE(ReportLibraryError));
    }
    if (ReportVerbose || Level == WINTUN_LOG_WARN)
    {
        _snwprintf(Line, ARRAYSIZE(Line), L"%ls: %ls", Levels[Level], Message);
        Line[ARRAYSIZE(Line) - 1] = 0;
        ReportLine(Line);
    }
    ReleaseSRWLockExclusive(&ReportLock);
}

VOID ReportForget(VOID)
{
    AcquireSRWLockExclusive(&ReportLock);
    ReportLibraryError[0] = 0;
    ReleaseSRWLockExclusive(&ReportLock);
}

int ReportError(LPCWSTR Format, ...)
{
    WCHAR Text[REPORT_MAX_LENGTH];
    va_list Arguments;

    va_start(Arguments, Format);
    ReportFormat(Text, ARRAYSIZE(Text), Format, Arguments);
    va_end(Arguments);
    ReportLine(Text);
    return EXIT_FAILED;
}

static VOID ReportSystemText(DWORD Error, LPWSTR Text, DWORD Count)
{
    DWORD Length = FormatMessageW(
        FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS | FORMAT_MESSAGE_MAX_WIDTH_MASK,
        NULL, Error, 0, Text, Count - 24, NULL);
    while (Length > 0 && (Text[Length - 1] == L' ' || Text[Length - 1] == L'.'))
    {
        --Length;
    }
    _snwprintf(Text + Length, 24, L"%ls(error %lu)", Length > 0 ? L" " : L"", Error);
    Text[Count - 1] = 0;
}

int ReportFailure(DWORD Error, LPCWSTR Format, ...)
{
    WCHAR What[REPORT_MAX_LENGTH / 2];
    WCHAR Reason[ARRAYSIZE(ReportLibraryError)];
    va_list Arguments;

    va_start(Arguments, Format);
    ReportFormat(What, ARRAYSIZE(What), Format, Arguments);
    va_end(Arguments);
    AcquireSRWLockExclusive(&ReportLock);
    lstrcpynW(Reason, ReportLibraryError, ARRAYSIZE(Reason));
    ReportLibraryError[0] = 0;
    ReleaseSRWLockExclusive(&ReportLock);
    if (Reason[0] != 0)
    {
        ReportLine(Reason);
    }
    else
    {
        ReportSystemText(Error, Reason, ARRAYSIZE(Reason));
        ReportError(L"%ls: %ls", What, Reason);
    }
    return EXIT_FAILED;
}

int ReportUsage(LPCWSTR Format, ...)
{
    WCHAR Text[REPORT_MAX_LENGTH];
    va_list Arguments;

    va_start(Arguments, Format);
    ReportFormat(Text, ARRAYSIZE(Text), Format, Arguments);
    va_end(Arguments);
    ReportLine(Text);
    ReportError(L"'aditctl%ls%ls --help' tells more", ReportCommand[0] ? L" " : L"", ReportCommand);
    return EXIT_USAGE;
}
