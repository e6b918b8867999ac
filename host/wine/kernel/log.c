/* SPDX-License-Identifier: MIT */
/*
 * The log. Wine tells every process where its prefix is, as an NT path, in WINECONFIGDIR.
 */
#define _NTSYSTEM_
#include <ntifs.h>

#include "log.h"
#include "ntdll.h"

#define LOG_LINE_SIZE 600

static HANDLE LogOpen(VOID)
{
    static const UNICODE_STRING Variable = RTL_CONSTANT_STRING(L"WINECONFIGDIR");
    WCHAR Buffer[520];
    UNICODE_STRING Path = {0, sizeof(Buffer), Buffer};
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Io;
    HANDLE File;
    if (!NT_SUCCESS(RtlQueryEnvironmentVariable_U(NULL, &Variable, &Path)) ||
        !NT_SUCCESS(RtlAppendUnicodeToString(&Path, L"\\adit-host.log")))
        return NULL;
    InitializeObjectAttributes(&Attributes, &Path, OBJ_CASE_INSENSITIVE, NULL, NULL);
    if (!NT_SUCCESS(NtCreateFile(
            &File, FILE_APPEND_DATA | SYNCHRONIZE, &Attributes, &Io, NULL, FILE_ATTRIBUTE_NORMAL,
            FILE_SHARE_ALL, FILE_OPEN_IF, FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0)))
        return NULL;
    return File;
}

#ifdef _M_ARM64
/*
 * Debian's Wine for arm64 is Linux code: its functions take a va_list as Linux has it ("Procedure
 * Call Standard for the Arm 64-bit Architecture", "The va_list type"), by reference. Windows'
 * points to the arguments, 8 bytes each, as those that lie on the stack in both.
 */
typedef struct _LOG_LINUX_ARGUMENTS
{
    PVOID Stack;
    PVOID GeneralTop;
    PVOID VectorTop;
    LONG GeneralOffset; /* 0: none of them in registers */
    LONG VectorOffset;
} LOG_LINUX_ARGUMENTS;
#endif

static VOID LogWrite(BOOLEAN Show, PCSTR Format, va_list Arguments)
{
    char Line[LOG_LINE_SIZE] = "adit: ";
    IO_STATUS_BLOCK Io;
    size_t Length = strlen(Line);
    HANDLE File;
#ifdef _M_ARM64
    LOG_LINUX_ARGUMENTS Linux = {.Stack = Arguments};
    Arguments = (va_list)&Linux;
#endif
    _vsnprintf(Line + Length, sizeof(Line) - Length - 2, Format, Arguments);
    Line[sizeof(Line) - 2] = 0;
    for (Length = strlen(Line); Line[Length - 1] == '\n'; Length--)
    {
    }
    Line[Length] = '\n';
    Line[Length + 1] = 0;
    if (Show)
        __wine_dbg_output(Line);
    File = LogOpen();
    if (File == NULL)
        return;
    NtWriteFile(File, NULL, NULL, NULL, &Io, Line, (ULONG)Length + 1, NULL, NULL);
    ZwClose(File);
}

VOID LogError(PCSTR Format, ...)
{
    va_list Arguments;
    va_start(Arguments, Format);
    LogWrite(TRUE, Format, Arguments);
    va_end(Arguments);
}

VOID LogNote(PCSTR Format, ...)
{
    va_list Arguments;
    va_start(Arguments, Format);
    LogWrite(FALSE, Format, Arguments);
    va_end(Arguments);
}

/* What drivers and the NDIS library print. Wine would keep it to itself. */
ULONG CDECL DbgPrintEx(ULONG ComponentId, ULONG Level, PCSTR Format, ...)
{
    va_list Arguments;
    UNREFERENCED_PARAMETER(ComponentId);
    va_start(Arguments, Format);
    LogWrite(Level == DPFLTR_ERROR_LEVEL, Format, Arguments);
    va_end(Arguments);
    return STATUS_SUCCESS;
}
