/* SPDX-License-Identifier: MIT */
/*
 * Finding the Linux half.
 *
 * Wine joins a PE module and a Linux library of the same base name only if both are builtins of one
 * directory, and it looks into its own directory before those of WINEDLLPATH: a builtin named
 * ndis.sys would lose against Wine's. So ndis.sys is an ordinary PE file, and the Linux library is
 * that of a module whose name nobody else has: aditlink.dll, empty but for the mark of a builtin.
 * Its copy in system32 lets the loader find it at all; WINEDLLPATH leads Wine on to the pair.
 */
#include "unixcall.h"
#include "log.h"
#include "ntdll.h"

#ifdef _M_ARM64
#define HOST_CPU "aarch64"
#else
#define HOST_CPU "x86_64"
#endif

static UINT64 UnixTable;

NTSTATUS UnixCallInitialize(VOID)
{
    static const UNICODE_STRING Name = RTL_CONSTANT_STRING(L"aditlink.dll");
    UINT64 Table;
    PVOID Module;
    NTSTATUS Status;
    if (UnixTable != 0)
        return STATUS_SUCCESS;
    Status = LdrLoadDll(NULL, 0, &Name, &Module);
    if (!NT_SUCCESS(Status))
    {
        LogError(
            "aditlink.dll cannot be loaded (status %08x): it is missing from this prefix's "
            "system32. "
            "Start the client with adit-wine, which puts it there.",
            Status);
        return Status;
    }
    Status = NtQueryVirtualMemory(
        NtCurrentProcess(), Module, MemoryWineUnixFuncs, &Table, sizeof(Table), NULL);
    if (!NT_SUCCESS(Status))
    {
        LogError(
            "aditlink.so, the Linux half of ndis.sys, is not found (status %08x): the folder "
            "above " HOST_CPU
            "-unix/aditlink.so must be in WINEDLLPATH when the first program of the prefix "
            "starts. End the Wine session and start the client with adit-wine.",
            Status);
        return Status;
    }
    UnixTable = Table;
    return STATUS_SUCCESS;
}

VOID UnixCall(ULONG Code, PVOID Arguments)
{
    __wine_unix_call(UnixTable, Code, Arguments);
}
