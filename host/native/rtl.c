/* SPDX-License-Identifier: MIT */
/*
 * The run-time library: counted strings, GUIDs, debug output.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "executive.h"

#define RTL_GUID_CHARACTERS 38
#define RTL_GUID_TAG        0x53727453u /* 'StrS' */

VOID RtlInitUnicodeString(PUNICODE_STRING DestinationString, PCWSTR SourceString)
{
    SIZE_T Length = 0;
    while (SourceString && SourceString[Length])
    {
        Length++;
    }
    DestinationString->Buffer = (PWCH)SourceString;
    DestinationString->Length = (USHORT)(Length * sizeof(WCHAR));
    DestinationString->MaximumLength =
        SourceString ? (USHORT)(DestinationString->Length + sizeof(WCHAR)) : 0;
}

/* Upper case of Latin letters, which is all that names here use. */
static WCHAR RtlpUpcase(WCHAR Character)
{
    return Character >= 'a' && Character <= 'z' ? (WCHAR)(Character - 32) : Character;
}

BOOLEAN RtlpEqual(PCUNICODE_STRING A, PCUNICODE_STRING B, BOOLEAN CaseInsensitive)
{
    if (A->Length != B->Length)
    {
        return FALSE;
    }
    for (ULONG Index = 0; Index < A->Length / sizeof(WCHAR); Index++)
    {
        WCHAR Left = A->Buffer[Index], Right = B->Buffer[Index];
        if (CaseInsensitive ? RtlpUpcase(Left) != RtlpUpcase(Right) : Left != Right)
        {
            return FALSE;
        }
    }
    return TRUE;
}

BOOLEAN
RtlEqualUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInsensitive)
{
    RULE_IRQL("wdm", PASSIVE_LEVEL);
    return RtlpEqual(String1, String2, CaseInsensitive);
}

/* The code page is Latin 1. Allocation is the caller's, except that there is a terminator. */
NTSTATUS RtlAnsiStringToUnicodeString(
    PUNICODE_STRING DestinationString,
    PCANSI_STRING SourceString,
    BOOLEAN AllocateDestinationString)
{
    RULE_IRQL("wdm", PASSIVE_LEVEL);
    ULONG Count = SourceString->Length;
    if (AllocateDestinationString)
    {
        return STATUS_NOT_SUPPORTED;
    }
    if (DestinationString->MaximumLength < Count * sizeof(WCHAR))
    {
        return STATUS_BUFFER_OVERFLOW;
    }
    for (ULONG Index = 0; Index < Count; Index++)
    {
        DestinationString->Buffer[Index] = (UCHAR)SourceString->Buffer[Index];
    }
    DestinationString->Length = (USHORT)(Count * sizeof(WCHAR));
    if (DestinationString->Length + sizeof(WCHAR) <= DestinationString->MaximumLength)
    {
        DestinationString->Buffer[Count] = 0;
    }
    return STATUS_SUCCESS;
}

NTSTATUS RtlUnicodeStringToAnsiString(
    PANSI_STRING DestinationString,
    PCUNICODE_STRING SourceString,
    BOOLEAN AllocateDestinationString)
{
    RULE_IRQL("wdm", PASSIVE_LEVEL);
    ULONG Count = SourceString->Length / sizeof(WCHAR);
    if (AllocateDestinationString)
    {
        return STATUS_NOT_SUPPORTED;
    }
    if (DestinationString->MaximumLength <= Count)
    {
        return STATUS_BUFFER_OVERFLOW;
    }
    for (ULONG Index = 0; Index < Count; Index++)
    {
        WCHAR Character = SourceString->Buffer[Index];
        DestinationString->Buffer[Index] = Character < 0x100 ? (CHAR)Character : '?';
    }
    DestinationString->Buffer[Count] = 0;
    DestinationString->Length = (USHORT)Count;
    return STATUS_SUCCESS;
}

NTSTATUS RtlUpcaseUnicodeString(
    PUNICODE_STRING DestinationString,
    PCUNICODE_STRING SourceString,
    BOOLEAN AllocateDestinationString)
{
    RULE_IRQL("wdm", PASSIVE_LEVEL);
    if (AllocateDestinationString)
    {
        return STATUS_NOT_SUPPORTED;
    }
    if (DestinationString->MaximumLength < SourceString->Length)
    {
        return STATUS_BUFFER_OVERFLOW;
    }
    for (ULONG Index = 0; Index < SourceString->Length / sizeof(WCHAR); Index++)
    {
        DestinationString->Buffer[Index] = RtlpUpcase(SourceString->Buffer[Index]);
    }
    DestinationString->Length = SourceString->Length;
    return STATUS_SUCCESS;
}

VOID RtlFreeUnicodeString(PUNICODE_STRING UnicodeString)
{
    RULE_IRQL_AT_MOST("wdm", APC_LEVEL);
    if (UnicodeString->Buffer)
    {
        ExFreePoolWithTag(UnicodeString->Buffer, 0);
        RtlZeroMemory(UnicodeString, sizeof(*UnicodeString));
    }
}

NTSTATUS RtlpAllocateString(PUNICODE_STRING String, USHORT MaximumLength)
{
    String->Length = 0;
    String->MaximumLength = MaximumLength;
    String->Buffer = ExpAllocatePool(PagedPool, MaximumLength, RTL_GUID_TAG);
    return String->Buffer ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

NTSTATUS RtlStringFromGUID(const GUID *Guid, PUNICODE_STRING GuidString)
{
    RULE_IRQL("wdm", PASSIVE_LEVEL);
    CHAR Text[RTL_GUID_CHARACTERS + 1];
    const UCHAR *Tail = Guid->Data4;
    if (FAULT() || RtlpAllocateString(GuidString, sizeof(Text) * sizeof(WCHAR)) != STATUS_SUCCESS)
    {
        return STATUS_NO_MEMORY;
    }
    snprintf(
        Text, sizeof(Text), "{%08X-%04X-%04X-%02X%02X-%02X%02X%02X%02X%02X%02X}", Guid->Data1,
        Guid->Data2, Guid->Data3, Tail[0], Tail[1], Tail[2], Tail[3], Tail[4], Tail[5], Tail[6],
        Tail[7]);
    for (ULONG Index = 0; Index < sizeof(Text); Index++)
    {
        GuidString->Buffer[Index] = (WCHAR)Text[Index];
    }
    GuidString->Length = RTL_GUID_CHARACTERS * sizeof(WCHAR);
    return STATUS_SUCCESS;
}

NTSTATUS RtlGUIDFromString(PCUNICODE_STRING GuidString, GUID *Guid)
{
    RULE_IRQL("wdm", PASSIVE_LEVEL);
    CHAR Text[RTL_GUID_CHARACTERS + 1] = {0};
    unsigned int Data1, Data[10];
    int End = 0;
    if (GuidString->Length != RTL_GUID_CHARACTERS * sizeof(WCHAR))
    {
        return STATUS_INVALID_PARAMETER;
    }
    for (ULONG Index = 0; Index < RTL_GUID_CHARACTERS; Index++)
    {
        Text[Index] = (CHAR)GuidString->Buffer[Index];
    }
    int Fields = sscanf(
        Text, "{%8x-%4x-%4x-%2x%2x-%2x%2x%2x%2x%2x%2x}%n", &Data1, &Data[0], &Data[1], &Data[2],
        &Data[3], &Data[4], &Data[5], &Data[6], &Data[7], &Data[8], &Data[9], &End);
    if (Fields != 11 || End != RTL_GUID_CHARACTERS)
    {
        return STATUS_INVALID_PARAMETER;
    }
    Guid->Data1 = Data1;
    Guid->Data2 = (USHORT)Data[0];
    Guid->Data3 = (USHORT)Data[1];
    for (ULONG Index = 0; Index < 8; Index++)
    {
        Guid->Data4[Index] = (UCHAR)Data[2 + Index];
    }
    return STATUS_SUCCESS;
}

NTSTATUS RtlIntegerToUnicodeString(ULONG Value, ULONG Base, PUNICODE_STRING String)
{
    RULE_IRQL("wdm", PASSIVE_LEVEL);
    CHAR Digits[33];
    ULONG Count = 0;
    Base = Base ? Base : 10;
    if (Base != 2 && Base != 8 && Base != 10 && Base != 16)
    {
        return STATUS_INVALID_PARAMETER;
    }
    do
    {
        Digits[Count++] = "0123456789ABCDEF"[Value % Base];
        Value /= Base;
    } while (Value);
    if (Count * sizeof(WCHAR) > String->MaximumLength)
    {
        return STATUS_BUFFER_OVERFLOW;
    }
    for (ULONG Index = 0; Index < Count; Index++)
    {
        String->Buffer[Index] = (WCHAR)Digits[Count - 1 - Index];
    }
    String->Length = (USHORT)(Count * sizeof(WCHAR));
    if (String->Length < String->MaximumLength)
    {
        String->Buffer[Count] = 0;
    }
    return STATUS_SUCCESS;
}

NTSTATUS RtlAppendUnicodeStringToString(PUNICODE_STRING Destination, PCUNICODE_STRING Source)
{
    if (Destination->Length + Source->Length > Destination->MaximumLength)
    {
        return STATUS_BUFFER_TOO_SMALL;
    }
    memmove((PUCHAR)Destination->Buffer + Destination->Length, Source->Buffer, Source->Length);
    Destination->Length = (USHORT)(Destination->Length + Source->Length);
    if (Destination->Length < Destination->MaximumLength)
    {
        Destination->Buffer[Destination->Length / sizeof(WCHAR)] = 0;
    }
    return STATUS_SUCCESS;
}

NTSTATUS RtlAppendUnicodeToString(PUNICODE_STRING Destination, PCWSTR Source)
{
    UNICODE_STRING String;
    RtlInitUnicodeString(&String, Source);
    return RtlAppendUnicodeStringToString(Destination, &String);
}

/* What follows the flags and the width of a conversion. */
typedef enum _RTLP_SIZE
{
    RtlpSize32,
    RtlpSize64,
    RtlpSizeWide, /* w: UNICODE_STRING with Z, WCHAR string with s */
} RTLP_SIZE;

/* Skips a size prefix. Sizes are those of Windows: l is 32 bits. */
static PCSTR RtlpReadSize(PCSTR Format, RTLP_SIZE *Size)
{
    static const struct
    {
        PCSTR Prefix;
        RTLP_SIZE Size;
    } Prefixes[] = {
        {"I64", RtlpSize64}, {"I32", RtlpSize32}, {"ll", RtlpSize64}, {"I", RtlpSize64},
        {"z", RtlpSize64},   {"l", RtlpSize32},   {"h", RtlpSize32},  {"w", RtlpSizeWide},
    };
    *Size = RtlpSize32;
    for (ULONG Index = 0; Index < ARRAYSIZE(Prefixes); Index++)
    {
        SIZE_T Length = strlen(Prefixes[Index].Prefix);
        if (strncmp(Format, Prefixes[Index].Prefix, Length) == 0)
        {
            *Size = Prefixes[Index].Size;
            return Format + Length;
        }
    }
    return Format;
}

static VOID RtlpPrintWide(FILE *Stream, PCWSTR Text, SIZE_T Length)
{
    for (SIZE_T Index = 0; Index < Length; Index++)
    {
        fputc(Text[Index] < 0x80 ? (int)Text[Index] : '?', Stream);
    }
}

static VOID RtlpPrintText(FILE *Stream, CHAR Conversion, RTLP_SIZE Size, va_list Arguments)
{
    UNICODE_STRING String;
    if (Conversion == 'Z')
    {
        String = *va_arg(Arguments, PUNICODE_STRING);
        RtlpPrintWide(Stream, String.Buffer, String.Length / sizeof(WCHAR));
    }
    else if (Conversion == 'S' || Size == RtlpSizeWide)
    {
        RtlInitUnicodeString(&String, va_arg(Arguments, PCWSTR));
        RtlpPrintWide(Stream, String.Buffer, String.Length / sizeof(WCHAR));
    }
    else
    {
        fputs(va_arg(Arguments, PCSTR), Stream);
    }
}

/* The conversions of the kernel's debug output: numbers, c, p, s, ws, S, wZ. */
static VOID RtlpPrint(FILE *Stream, PCSTR Format, va_list Arguments)
{
    for (; *Format; Format++)
    {
        if (*Format != '%' || *++Format == '%')
        {
            fputc(*Format, Stream);
            continue;
        }
        CHAR Specification[24] = "%";
        SIZE_T Flags = strspn(Format, "-+ #0123456789.");
        RTLP_SIZE Size;
        snprintf(Specification + 1, 16, "%.*s", (int)Flags, Format);
        Format = RtlpReadSize(Format + Flags, &Size);
        SIZE_T Length = strlen(Specification);
        if (strchr("sSZ", *Format))
        {
            va_list Rest;
            va_copy(Rest, Arguments);
            RtlpPrintText(Stream, *Format, Size, Rest);
            va_end(Rest);
            (void)va_arg(Arguments, void *);
        }
        else if (*Format == 'p' || Size == RtlpSize64)
        {
            snprintf(Specification + Length, 4, "ll%c", *Format == 'p' ? 'X' : *Format);
            fprintf(Stream, Specification, va_arg(Arguments, ULONGLONG));
        }
        else
        {
            snprintf(Specification + Length, 2, "%c", *Format);
            fprintf(Stream, Specification, va_arg(Arguments, ULONG));
        }
    }
}

/* Prints what drivers print if the environment has ADIT_DEBUG_PRINT. */
ULONG DbgPrintEx(ULONG ComponentId, ULONG Level, PCSTR Format, ...)
{
    static volatile LONG Wanted = -1;
    UNREFERENCED_PARAMETER(ComponentId);
    if (ReadNoFence(&Wanted) < 0)
    {
        WriteNoFence(&Wanted, getenv("ADIT_DEBUG_PRINT") != NULL);
    }
    if (ReadNoFence(&Wanted) > 0)
    {
        va_list Arguments;
        va_start(Arguments, Format);
        fprintf(stderr, "[%u] ", Level);
        RtlpPrint(stderr, Format, Arguments);
        va_end(Arguments);
    }
    return STATUS_SUCCESS;
}
