/* SPDX-License-Identifier: MIT */
/*
 * The logger: messages to the client, and the formatting they share with the rest of the library.
 *
 * Formats are those of FormatMessage: "%1" is a string, "%2!u!" a number, "%%" a per cent sign.
 * The client's logger runs on the calling thread and may call the library: no function here may be
 * called while a lock of the library is held. A thread with the system lock calls LogHold first.
 */
#ifndef ADIT_LIBRARY_LOG_H
#define ADIT_LIBRARY_LOG_H

#include "adit.h"

/* Longest message in characters, the terminating zero included. */
#define LOG_MAX_MESSAGE 1024

WINTUN_SET_LOGGER_FUNC WintunSetLogger;

/*
 * Keeps this thread's messages back, for the time in which it holds the system lock. One thread of
 * the process at a time may hold; the calls do not nest. Before the lock is given back, LogEndHold
 * takes the messages; afterwards, LogDeliverHeld passes them on and frees them. Both keep the last
 * error.
 */
typedef struct _LOG_HELD LOG_HELD;

VOID LogHold(VOID);
_Must_inspect_result_ _Ret_maybenull_ LOG_HELD *LogEndHold(VOID);
VOID LogDeliverHeld(_In_opt_ LOG_HELD *Held);

/* Passes on what another process has written for this one. Keeps the last error. */
VOID LogForward(_In_ WINTUN_LOGGER_LEVEL Level, _In_ DWORD64 Timestamp, _In_z_ LPCWSTR Message);

/* Writes a message. Keeps the last error. */
VOID LogWrite(_In_ WINTUN_LOGGER_LEVEL Level, _In_z_ LPCWSTR Format, ...);

/*
 * Writes "<message>: <Windows' text for Error> (error <Error>)" as a warning or error, and makes
 * Error the last error. Returns Error.
 */
DWORD LogFailure(_In_ WINTUN_LOGGER_LEVEL Level, _In_ DWORD Error, _In_z_ LPCWSTR Format, ...);

/* The same as an error with the last error. */
#define LogLastError(...) LogFailure(WINTUN_LOG_ERR, GetLastError(), __VA_ARGS__)

/*
 * Formats into Buffer of Count characters; a text that does not fit is an empty string and FALSE.
 * Keeps the last error on success.
 */
BOOL LogFormat(_Out_writes_z_(Count) LPWSTR Buffer, _In_ DWORD Count, _In_z_ LPCWSTR Format, ...);

#endif
