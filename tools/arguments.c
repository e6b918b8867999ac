/* SPDX-License-Identifier: MIT */
/* A command's arguments. */
#include "arguments.h"
#include "report.h"

#include <wchar.h>

#define ARGUMENTS_GUID_LENGTH 38 /* {01234567-89AB-CDEF-0123-456789ABCDEF} */

typedef struct _ARGUMENTS_CURSOR
{
    int Count;
    wchar_t **Values;
    int Next;
    BOOL OptionsEnded; /* "--" was there */
} ARGUMENTS_CURSOR;

static BOOL ArgumentsIsDigit(WCHAR Character)
{
    return Character >= L'0' && Character <= L'9';
}

/* Decimal digits only, at least one. */
static BOOL ArgumentsReadNumber(LPCWSTR Text, UINT64 *Number)
{
    UINT64 Value = 0;

    if (!ArgumentsIsDigit(*Text))
    {
        return FALSE;
    }
    for (; ArgumentsIsDigit(*Text); ++Text)
    {
        if (Value > (MAXUINT64 - 9) / 10)
        {
            return FALSE;
        }
        Value = Value * 10 + (UINT64)(*Text - L'0');
    }
    *Number = Value;
    return *Text == 0;
}

/* Seconds with up to three decimals, as milliseconds. */
static BOOL ArgumentsReadSeconds(LPCWSTR Text, UINT64 *Milliseconds)
{
    WCHAR Digits[16];
    size_t Length = wcscspn(Text, L".");
    size_t Decimals = Text[Length] == L'.' ? wcslen(Text + Length + 1) : 0;

    if (Length == 0 || Length + 3 >= ARRAYSIZE(Digits) || Decimals > 3 ||
        (Text[Length] == L'.' && Decimals == 0))
    {
        return FALSE;
    }
    wmemcpy(Digits, Text, Length);
    wmemcpy(Digits + Length, L"000", 4);
    wmemcpy(Digits + Length, Text + Length + 1, Decimals);
    return ArgumentsReadNumber(Digits, Milliseconds);
}

static BOOL ArgumentsReadHex(LPCWSTR Text, size_t Count, UINT64 *Value)
{
    static const WCHAR Digits[] = L"0123456789abcdef";

    *Value = 0;
    for (size_t Index = 0; Index < Count; ++Index)
    {
        WCHAR Character =
            Text[Index] >= L'A' && Text[Index] <= L'F' ? Text[Index] + (L'a' - L'A') : Text[Index];
        const WCHAR *Digit = Character != 0 ? wcschr(Digits, Character) : NULL;
        if (Digit == NULL)
        {
            return FALSE;
        }
        *Value = *Value << 4 | (UINT64)(Digit - Digits);
    }
    return TRUE;
}

/* With or without braces. */
static BOOL ArgumentsReadGuid(LPCWSTR Text, GUID *Guid)
{
    static const struct
    {
        BYTE Offset, Count;
    } Groups[] = {{0, 8}, {9, 4}, {14, 4}, {19, 4}, {24, 12}};
    UINT64 Values[ARRAYSIZE(Groups)];
    size_t Length = wcslen(Text);

    if (Length == ARGUMENTS_GUID_LENGTH && Text[0] == L'{' && Text[Length - 1] == L'}')
    {
        ++Text;
        Length -= 2;
    }
    if (Length != ARGUMENTS_GUID_LENGTH - 2)
    {
        return FALSE;
    }
    for (size_t Index = 0; Index < ARRAYSIZE(Groups); ++Index)
    {
        if (!ArgumentsReadHex(Text + Groups[Index].Offset, Groups[Index].Count, &Values[Index]) ||
            (Index > 0 && Text[Groups[Index].Offset - 1] != L'-'))
        {
            return FALSE;
        }
    }
    Guid->Data1 = (DWORD)Values[0];
    Guid->Data2 = (WORD)Values[1];
    Guid->Data3 = (WORD)Values[2];
    UINT64 Tail = Values[3] << 48 | Values[4];
    for (int Index = 0; Index < 8; ++Index)
    {
        Guid->Data4[Index] = (BYTE)(Tail >> (56 - 8 * Index));
    }
    return TRUE;
}

static BOOL ArgumentsTakeText(const ARGUMENT *Argument, LPCWSTR Value)
{
    size_t Length = wcslen(Value);

    if (Length == 0)
    {
        ReportUsage(L"%ls is empty", Argument->Name);
        return FALSE;
    }
    if (Argument->Maximum != 0 && Length > Argument->Maximum)
    {
        ReportUsage(
            L"%ls \"%.40ls...\" has %u characters; the limit is %u", Argument->Name, Value,
            (unsigned)Length, (unsigned)Argument->Maximum);
        return FALSE;
    }
    *Argument->Text = Value;
    return TRUE;
}

static BOOL ArgumentsTakeNumber(const ARGUMENT *Argument, LPCWSTR Value)
{
    UINT64 Number;

    if (!ArgumentsReadNumber(Value, &Number) || Number < Argument->Minimum ||
        Number > Argument->Maximum)
    {
        ReportUsage(
            L"%ls \"%ls\" is no number from %I64u to %I64u", Argument->Name, Value,
            Argument->Minimum, Argument->Maximum);
        return FALSE;
    }
    *Argument->Number = Number;
    return TRUE;
}

static BOOL ArgumentsTakeSeconds(const ARGUMENT *Argument, LPCWSTR Value)
{
    UINT64 Milliseconds;

    if (!ArgumentsReadSeconds(Value, &Milliseconds) || Milliseconds < Argument->Minimum ||
        Milliseconds > Argument->Maximum)
    {
        ReportUsage(
            L"%ls \"%ls\" is no number of seconds from %I64u.%03u to %I64u, with at most 3 "
            L"decimals",
            Argument->Name, Value, Argument->Minimum / 1000, (unsigned)(Argument->Minimum % 1000),
            Argument->Maximum / 1000);
        return FALSE;
    }
    *Argument->Number = Milliseconds;
    return TRUE;
}

static BOOL ArgumentsTakeGuid(const ARGUMENT *Argument, LPCWSTR Value)
{
    if (!ArgumentsReadGuid(Value, Argument->Guid))
    {
        ReportUsage(
            L"%ls \"%ls\" is no GUID like {01234567-89AB-CDEF-0123-456789ABCDEF}", Argument->Name,
            Value);
        return FALSE;
    }
    *Argument->Flag = TRUE;
    return TRUE;
}

/* Value is what stands behind '=', or NULL; then it is the next argument. */
static BOOL ArgumentsTakeOption(const ARGUMENT *Argument, LPCWSTR Value, ARGUMENTS_CURSOR *Cursor)
{
    LPCWSTR Following = Cursor->Next < Cursor->Count ? Cursor->Values[Cursor->Next] : NULL;

    if (Argument->Kind == ArgumentFlag || Argument->Kind == ArgumentSeconds)
    {
        *Argument->Flag = TRUE;
        if (Argument->Kind == ArgumentFlag && Value != NULL)
        {
            ReportUsage(L"%ls takes no value; it has \"%ls\"", Argument->Name, Value);
            return FALSE;
        }
        if (Argument->Kind == ArgumentFlag ||
            (Value == NULL && (Following == NULL || !ArgumentsIsDigit(Following[0]))))
        {
            return TRUE;
        }
    }
    if (Value == NULL)
    {
        if (Following == NULL)
        {
            ReportUsage(L"%ls needs a value", Argument->Name);
            return FALSE;
        }
        Value = Following;
        ++Cursor->Next;
    }
    switch (Argument->Kind)
    {
    case ArgumentText:
        return ArgumentsTakeText(Argument, Value);
    case ArgumentNumber:
        return ArgumentsTakeNumber(Argument, Value);
    case ArgumentSeconds:
        return ArgumentsTakeSeconds(Argument, Value);
    default:
        return ArgumentsTakeGuid(Argument, Value);
    }
}

/* Whether Text is the option, with or without "=VALUE". */
static BOOL ArgumentsIsOption(const ARGUMENT *Argument, LPCWSTR Text, LPCWSTR *Value)
{
    size_t Length = wcscspn(Text, L"=");

    *Value = Text[Length] == L'=' ? Text + Length + 1 : NULL;
    return Argument->Kind != ArgumentOperand && wcslen(Argument->Name) == Length &&
           wcsncmp(Argument->Name, Text, Length) == 0;
}

static BOOL ArgumentsTakeOperand(const ARGUMENT *Arguments, size_t Count, int Index, LPCWSTR Value)
{
    for (size_t At = 0; At < Count; ++At)
    {
        if (Arguments[At].Kind == ArgumentOperand && Index-- == 0)
        {
            return ArgumentsTakeText(&Arguments[At], Value);
        }
    }
    ReportUsage(L"there is one argument too many: \"%ls\"", Value);
    return FALSE;
}

static BOOL
ArgumentsTakeNext(ARGUMENTS_CURSOR *Cursor, const ARGUMENT *Arguments, size_t Count, int *Operands)
{
    LPCWSTR Text = Cursor->Values[Cursor->Next++];
    LPCWSTR Value;

    /* "-" alone is an operand: a standard stream. */
    if (Cursor->OptionsEnded || Text[0] != L'-' || Text[1] == 0)
    {
        return ArgumentsTakeOperand(Arguments, Count, (*Operands)++, Text);
    }
    if (wcscmp(Text, L"--") == 0)
    {
        Cursor->OptionsEnded = TRUE;
        return TRUE;
    }
    if (wcscmp(Text, L"--verbose") == 0)
    {
        ReportSetVerbose();
        return TRUE;
    }
    for (size_t Index = 0; Index < Count; ++Index)
    {
        if (ArgumentsIsOption(&Arguments[Index], Text, &Value))
        {
            return ArgumentsTakeOption(&Arguments[Index], Value, Cursor);
        }
    }
    ReportUsage(L"there is no option \"%ls\"", Text);
    return FALSE;
}

BOOL ArgumentsRead(int Count, wchar_t **Values, const ARGUMENT *Arguments, size_t ArgumentCount)
{
    ARGUMENTS_CURSOR Cursor = {.Count = Count, .Values = Values};
    int Operands = 0;

    while (Cursor.Next < Count)
    {
        if (!ArgumentsTakeNext(&Cursor, Arguments, ArgumentCount, &Operands))
        {
            return FALSE;
        }
    }
    for (size_t Index = 0; Index < ArgumentCount; ++Index)
    {
        if (Arguments[Index].Kind == ArgumentOperand && Operands-- <= 0)
        {
            ReportUsage(L"%ls is missing", Arguments[Index].Name);
            return FALSE;
        }
    }
    return TRUE;
}
