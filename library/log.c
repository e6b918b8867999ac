/* SPDX-License-Identifier: MIT */
/*
 * The logger. A call into the client is a frame on the caller's stack, linked into LogFrames while
 * it runs; WintunSetLogger swaps the callback and waits until no frame of another thread is left
 * that entered before. Frames and callback are guarded by LogLock, which no callback runs under.
 */
#include "log.h"
#include "system.h"

#include <setupapi.h>

/* Longest text of a system error that a message carries, in characters. */
#define LOG_MAX_ERROR_TEXT 256

typedef struct _LOG_FRAME
{
    struct _LOG_FRAME *Next;
    struct _LOG_FRAME *Previous;
    DWORD ThreadId;
    BOOL SettingLogger; /* the callback is inside WintunSetLogger: nobody waits for it */
    ULONG Generation;   /* LogGeneration when it entered */
} LOG_FRAME;

/* A message that is kept back. */
struct _LOG_HELD
{
    LOG_HELD *Next;
    WINTUN_LOGGER_LEVEL Level;
    DWORD64 Timestamp;
    WCHAR Message[];
};

static SRWLOCK LogLock = SRWLOCK_INIT;
static CONDITION_VARIABLE LogFramesChanged = CONDITION_VARIABLE_INIT;
static WINTUN_LOGGER_CALLBACK LogCallback; /* LogLock */
static ULONG LogGeneration;                /* LogLock; counts calls of WintunSetLogger */
static LOG_FRAME *LogFrames;               /* LogLock */

static volatile LONG LogHolder; /* id of the thread whose messages are kept back, or zero */
static LOG_HELD *LogHeld;       /* LogHolder's; in order */
static LOG_HELD **LogHeldEnd = &LogHeld;

static BOOL LogHasFormerCalls(ULONG Generation)
{
    for (const LOG_FRAME *Frame = LogFrames; Frame != NULL; Frame = Frame->Next)
    {
        /* The difference is signed so that the count may wrap. */
        if (!Frame->SettingLogger && (LONG)(Frame->Generation - Generation) < 0)
        {
            return TRUE;
        }
    }
    return FALSE;
}

static VOID LogMarkFrames(DWORD ThreadId, BOOL SettingLogger)
{
    for (LOG_FRAME *Frame = LogFrames; Frame != NULL; Frame = Frame->Next)
    {
        if (Frame->ThreadId == ThreadId)
        {
            Frame->SettingLogger = SettingLogger;
        }
    }
}

VOID WINAPI WintunSetLogger(WINTUN_LOGGER_CALLBACK NewLogger)
{
    DWORD ThreadId = GetCurrentThreadId();

    AcquireSRWLockExclusive(&LogLock);
    LogCallback = NewLogger;
    ULONG Generation = ++LogGeneration;
    LogMarkFrames(ThreadId, TRUE);
    WakeAllConditionVariable(&LogFramesChanged);
    while (LogHasFormerCalls(Generation))
    {
        SleepConditionVariableSRW(&LogFramesChanged, &LogLock, INFINITE, 0);
    }
    LogMarkFrames(ThreadId, FALSE);
    ReleaseSRWLockExclusive(&LogLock);
}

static VOID LogEnter(LOG_FRAME *Frame, WINTUN_LOGGER_CALLBACK *Callback)
{
    AcquireSRWLockExclusive(&LogLock);
    *Callback = LogCallback;
    if (*Callback != NULL)
    {
        Frame->ThreadId = GetCurrentThreadId();
        Frame->SettingLogger = FALSE;
        Frame->Generation = LogGeneration;
        Frame->Previous = NULL;
        Frame->Next = LogFrames;
        if (LogFrames != NULL)
        {
            LogFrames->Previous = Frame;
        }
        LogFrames = Frame;
    }
    ReleaseSRWLockExclusive(&LogLock);
}

static VOID LogLeave(LOG_FRAME *Frame)
{
    AcquireSRWLockExclusive(&LogLock);
    if (Frame->Previous != NULL)
    {
        Frame->Previous->Next = Frame->Next;
    }
    else
    {
        LogFrames = Frame->Next;
    }
    if (Frame->Next != NULL)
    {
        Frame->Next->Previous = Frame->Previous;
    }
    ReleaseSRWLockExclusive(&LogLock);
    WakeAllConditionVariable(&LogFramesChanged);
}

static VOID LogCall(WINTUN_LOGGER_LEVEL Level, DWORD64 Timestamp, LPCWSTR Message)
{
    LOG_FRAME Frame;
    WINTUN_LOGGER_CALLBACK Callback;

    LogEnter(&Frame, &Callback);
    if (Callback != NULL)
    {
        Callback(Level, Timestamp, Message);
        LogLeave(&Frame);
    }
}

static VOID LogKeep(WINTUN_LOGGER_LEVEL Level, DWORD64 Timestamp, LPCWSTR Message)
{
    SIZE_T Size = ((SIZE_T)lstrlenW(Message) + 1) * sizeof(WCHAR);

    LOG_HELD *Held = SystemAllocate(sizeof(*Held) + Size);
    if (Held == NULL)
    {
        return;
    }
    Held->Level = Level;
    Held->Timestamp = Timestamp;
    CopyMemory(Held->Message, Message, Size);
    *LogHeldEnd = Held;
    LogHeldEnd = &Held->Next;
}

VOID LogForward(WINTUN_LOGGER_LEVEL Level, DWORD64 Timestamp, LPCWSTR Message)
{
    DWORD Error = GetLastError();

    if ((DWORD)LogHolder == GetCurrentThreadId())
    {
        LogKeep(Level, Timestamp, Message);
    }
    else
    {
        LogCall(Level, Timestamp, Message);
    }
    SetLastError(Error);
}

static VOID LogDeliver(WINTUN_LOGGER_LEVEL Level, LPCWSTR Message)
{
    FILETIME Now;

    GetSystemTimeAsFileTime(&Now);
    LogForward(Level, (DWORD64)Now.dwHighDateTime << 32 | Now.dwLowDateTime, Message);
}

VOID LogHold(VOID)
{
    LogHolder = (LONG)GetCurrentThreadId();
}

LOG_HELD *LogEndHold(VOID)
{
    LOG_HELD *Held = LogHeld;

    LogHeld = NULL;
    LogHeldEnd = &LogHeld;
    InterlockedExchange(&LogHolder, 0);
    return Held;
}

VOID LogDeliverHeld(LOG_HELD *Held)
{
    DWORD Error = GetLastError();

    while (Held != NULL)
    {
        LOG_HELD *Next = Held->Next;
        LogCall(Held->Level, Held->Timestamp, Held->Message);
        SystemFree(Held);
        Held = Next;
    }
    SetLastError(Error);
}

static BOOL LogFormatArguments(LPWSTR Buffer, DWORD Count, LPCWSTR Format, va_list *Arguments)
{
    /* A text longer than the buffer fails, and so does an empty one: both leave a string behind. */
    Buffer[0] = 0;
    if (FormatMessageW(FORMAT_MESSAGE_FROM_STRING, Format, 0, 0, Buffer, Count, Arguments) != 0)
    {
        return TRUE;
    }
    Buffer[0] = 0;
    return FALSE;
}

BOOL LogFormat(LPWSTR Buffer, DWORD Count, LPCWSTR Format, ...)
{
    va_list Arguments;

    va_start(Arguments, Format);
    BOOL Result = LogFormatArguments(Buffer, Count, Format, &Arguments);
    va_end(Arguments);
    return Result;
}

VOID LogWrite(WINTUN_LOGGER_LEVEL Level, LPCWSTR Format, ...)
{
    DWORD LastError = GetLastError();
    WCHAR Message[LOG_MAX_MESSAGE];
    va_list Arguments;

    va_start(Arguments, Format);
    /* A message too long to format is still worth its template. */
    BOOL Formatted = LogFormatArguments(Message, ARRAYSIZE(Message), Format, &Arguments);
    va_end(Arguments);
    LogDeliver(Level, Formatted ? Message : Format);
    SetLastError(LastError);
}

static VOID LogErrorText(DWORD Error, LPWSTR Text, DWORD Count)
{
    /* Errors of SetupAPI have texts under their HRESULT only. */
    DWORD Id = (DWORD)HRESULT_FROM_SETUPAPI(Error);
    if ((Error & (APPLICATION_ERROR_MASK | ERROR_SEVERITY_ERROR)) !=
        (APPLICATION_ERROR_MASK | ERROR_SEVERITY_ERROR))
    {
        Id = Error;
    }
    /* FORMAT_MESSAGE_MAX_WIDTH_MASK takes the line breaks out. */
    DWORD Length = FormatMessageW(
        FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS | FORMAT_MESSAGE_MAX_WIDTH_MASK,
        NULL, Id, 0, Text, Count, NULL);
    while (Length > 0 && (Text[Length - 1] == L' ' || Text[Length - 1] == L'.'))
    {
        --Length;
    }
    if (Length == 0)
    {
        lstrcpynW(Text, L"Windows has no text for this", (int)Count);
        return;
    }
    Text[Length] = 0;
}

DWORD LogFailure(WINTUN_LOGGER_LEVEL Level, DWORD Error, LPCWSTR Format, ...)
{
    WCHAR What[LOG_MAX_MESSAGE / 2];
    WCHAR Text[LOG_MAX_ERROR_TEXT];
    va_list Arguments;

    va_start(Arguments, Format);
    BOOL Formatted = LogFormatArguments(What, ARRAYSIZE(What), Format, &Arguments);
    va_end(Arguments);
    LogErrorText(Error, Text, ARRAYSIZE(Text));
    LPCWSTR Said = Formatted ? What : Format;
    if (Error > 0xFFFF)
    {
        LogWrite(Level, L"%1: %2 (error 0x%3!08X!)", Said, Text, Error);
    }
    else
    {
        LogWrite(Level, L"%1: %2 (error %3!u!)", Said, Text, Error);
    }
    SetLastError(Error);
    return Error;
}
