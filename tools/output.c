/* SPDX-License-Identifier: MIT */
/* The standard output. */
#include "output.h"

#include <stdarg.h>
#include <wchar.h>

#define OUTPUT_CAPACITY 8192

static DWORD OutputHandleId = STD_OUTPUT_HANDLE;
static WCHAR OutputBuffer[OUTPUT_CAPACITY];
static DWORD OutputLength; /* characters in OutputBuffer */
static BOOL OutputFailed;

static BOOL OutputWriteBytes(HANDLE File, const char *Bytes, DWORD Size)
{
    DWORD Written;

    while (Size > 0)
    {
        if (!WriteFile(File, Bytes, Size, &Written, NULL))
        {
            return FALSE;
        }
        Bytes += Written;
        Size -= Written;
    }
    return TRUE;
}

static BOOL OutputWrite(DWORD HandleId, const WCHAR *Text, DWORD Length)
{
    static char Bytes[OUTPUT_CAPACITY * 3]; /* no UTF-16 unit takes more than three bytes */
    DWORD Mode;

    HANDLE File = GetStdHandle(HandleId);
    if (Length == 0)
    {
        return TRUE;
    }
    if (GetConsoleMode(File, &Mode))
    {
        return WriteConsoleW(File, Text, Length, &Mode, NULL);
    }
    int Size = WideCharToMultiByte(CP_UTF8, 0, Text, (int)Length, Bytes, sizeof(Bytes), NULL, NULL);
    return Size > 0 && OutputWriteBytes(File, Bytes, (DWORD)Size);
}

BOOL OutputFlush(VOID)
{
    if (!OutputFailed && !OutputWrite(OutputHandleId, OutputBuffer, OutputLength))
    {
        OutputFailed = TRUE;
    }
    OutputLength = 0;
    return !OutputFailed;
}

VOID OutputUseStandardError(VOID)
{
    OutputFlush();
    OutputHandleId = STD_ERROR_HANDLE;
}

VOID OutputText(LPCWSTR Text)
{
    for (; *Text != 0; ++Text)
    {
        /* Both halves of a pair leave together. */
        if (OutputLength >= OUTPUT_CAPACITY - 1 && !IS_LOW_SURROGATE(*Text))
        {
            OutputFlush();
        }
        OutputBuffer[OutputLength++] = *Text;
        if (OutputLength == OUTPUT_CAPACITY)
        {
            OutputFlush();
        }
    }
}

VOID OutputPrint(LPCWSTR Format, ...)
{
    WCHAR Text[OUTPUT_MAX_FORMATTED];
    va_list Arguments;

    va_start(Arguments, Format);
    _vsnwprintf(Text, ARRAYSIZE(Text), Format, Arguments);
    va_end(Arguments);
    Text[ARRAYSIZE(Text) - 1] = 0;
    OutputText(Text);
}

VOID OutputError(LPCWSTR Text)
{
    OutputWrite(STD_ERROR_HANDLE, Text, (DWORD)min(wcslen(Text), OUTPUT_CAPACITY));
}
