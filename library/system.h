/* SPDX-License-Identifier: MIT */
/*
 * What the library asks of Windows itself: memory, libraries of the system directory, the caller's
 * rights, and the lock under which devices are made and removed.
 */
#ifndef ADIT_LIBRARY_SYSTEM_H
#define ADIT_LIBRARY_SYSTEM_H

#include "adit.h"

/* This DLL. Set while it is being attached, constant afterwards. */
extern HMODULE SystemModule;

/* Zeroed memory of the process heap, or NULL with ERROR_NOT_ENOUGH_MEMORY. Logs nothing. */
_Must_inspect_result_ _Ret_maybenull_ VOID *SystemAllocate(_In_ SIZE_T Size);
VOID SystemFree(_In_opt_ VOID *Memory);

/*
 * Loads a library from the system directory by its full path, so that no other directory is
 * searched. Logs the failure. The caller frees the module.
 */
_Must_inspect_result_ _Ret_maybenull_ HMODULE SystemLoadLibrary(_In_z_ LPCWSTR FileName);

/* Whether the caller's token has the Administrators group enabled, as LocalSystem's has. */
BOOL SystemIsElevated(VOID);

/*
 * Succeeds if SystemIsElevated; fails with ERROR_ACCESS_DENIED otherwise and logs that Action needs
 * it.
 */
_Must_inspect_result_ BOOL SystemRequireElevation(_In_z_ LPCWSTR Action);

/*
 * A security descriptor that gives full access to LocalSystem and administrators and none to
 * others, inherited by what a directory contains. The caller frees it by LocalFree. Logs failure.
 */
_Must_inspect_result_ _Ret_maybenull_ PSECURITY_DESCRIPTOR SystemPrivateDescriptor(VOID);

/*
 * The machine's own architecture, an IMAGE_FILE_MACHINE_ value, whatever emulates this process's.
 * Logs nothing.
 */
USHORT SystemNativeMachine(VOID);

/* Whether this process is of another architecture than the machine. Logs nothing. */
BOOL SystemIsEmulated(VOID);

/* The Windows directory, also inside a remote session, without trailing backslash. Logs failure. */
_Must_inspect_result_ BOOL SystemWindowsDirectory(_Out_writes_z_(MAX_PATH) LPWSTR Path);

/*
 * Serialises the making and removing of adapters among all processes and sessions of the machine.
 * The lock is an open file in the Windows directory, where only administrators can write: the end
 * of its owner, however abrupt, gives it back. Waits at most 60 seconds, then fails with
 * ERROR_TIMEOUT. Logs failure. Not recursive. The owner's messages reach the logger at the end.
 */
_Must_inspect_result_ BOOL SystemLock(_Out_ HANDLE *Lock);
VOID SystemUnlock(_In_ HANDLE Lock);

/*
 * Has a process hold the lock too, until it ends. Does nothing if the calling thread does not hold
 * it. Logs failure.
 */
_Must_inspect_result_ BOOL SystemShareLock(_In_ HANDLE Process);

/* Size of a GUID's text in characters, braces and the terminating zero included. */
#define SYSTEM_GUID_LENGTH 39

/* Formats a GUID as "{00000000-0000-0000-0000-000000000000}". Keeps the last error. */
VOID SystemFormatGuid(_In_ const GUID *Guid, _Out_writes_z_(SYSTEM_GUID_LENGTH) LPWSTR Text);

/* Whether that service exists and may not be started. Logs nothing. */
BOOL SystemIsServiceDisabled(_In_z_ LPCWSTR Name);

/* A process in a form that stays unique when Windows uses its id again. */
typedef struct _SYSTEM_PROCESS
{
    DWORD Id;
    DWORD Serial;    /* number that the process gives to something of its own */
    DWORD64 Created; /* in units of 100 ns since 1601-01-01 UTC */
} SYSTEM_PROCESS;

/* The calling process, with a serial number that it has not had before. Logs failure. */
_Must_inspect_result_ BOOL SystemCurrentProcess(_Out_ SYSTEM_PROCESS *Process);

/* Whether both are the same process, with the same serial number. */
BOOL SystemIsSameProcess(_In_ const SYSTEM_PROCESS *One, _In_ const SYSTEM_PROCESS *Other);

/* Whether that process still runs. In doubt it does. */
BOOL SystemIsProcessAlive(_In_ const SYSTEM_PROCESS *Process);

#endif
