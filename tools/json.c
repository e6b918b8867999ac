/* SPDX-License-Identifier: MIT */
/* JSON to the standard output. */
#include "json.h"
#include "output.h"

static BOOL JsonNeedsComma;

static VOID JsonQuote(LPCWSTR Text)
{
    OutputText(L"\"");
    for (; *Text != 0; ++Text)
    {
        if (IS_HIGH_SURROGATE(Text[0]) && IS_LOW_SURROGATE(Text[1]))
        {
            OutputPrint(L"%lc%lc", Text[0], Text[1]);
            ++Text;
        }
        else if (*Text == L'"' || *Text == L'\\')
        {
            OutputPrint(L"\\%lc", *Text);
        }
        else if (*Text < 0x20 || (*Text >= 0xD800 && *Text <= 0xDFFF))
        {
            /* Half of a pair has no form in UTF-8. */
            OutputPrint(L"\\u%04x", *Text);
        }
        else
        {
            OutputPrint(L"%lc", *Text);
        }
    }
    OutputText(L"\"");
}

static VOID JsonBegin(LPCWSTR Name)
{
    if (JsonNeedsComma)
    {
        OutputText(L",");
    }
    if (Name != NULL)
    {
        JsonQuote(Name);
        OutputText(L":");
    }
    JsonNeedsComma = TRUE;
}

static VOID JsonOpen(LPCWSTR Name, LPCWSTR Bracket)
{
    JsonBegin(Name);
    OutputText(Bracket);
    JsonNeedsComma = FALSE;
}

static VOID JsonClose(LPCWSTR Bracket)
{
    OutputText(Bracket);
    JsonNeedsComma = TRUE;
}

VOID JsonOpenObject(LPCWSTR Name)
{
    JsonOpen(Name, L"{");
}

VOID JsonCloseObject(VOID)
{
    JsonClose(L"}");
}

VOID JsonOpenArray(LPCWSTR Name)
{
    JsonOpen(Name, L"[");
}

VOID JsonCloseArray(VOID)
{
    JsonClose(L"]");
}

VOID JsonString(LPCWSTR Name, LPCWSTR Value)
{
    JsonBegin(Name);
    JsonQuote(Value);
}

VOID JsonLiteral(LPCWSTR Name, LPCWSTR Value)
{
    JsonBegin(Name);
    OutputText(Value);
}

VOID JsonNumber(LPCWSTR Name, UINT64 Value)
{
    JsonBegin(Name);
    OutputPrint(L"%I64u", Value);
}

VOID JsonBoolean(LPCWSTR Name, BOOL Value)
{
    JsonLiteral(Name, Value ? L"true" : L"false");
}

VOID JsonNull(LPCWSTR Name)
{
    JsonLiteral(Name, L"null");
}

VOID JsonEnd(VOID)
{
    OutputText(L"\n");
    JsonNeedsComma = FALSE;
}
