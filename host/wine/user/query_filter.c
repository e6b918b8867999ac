/* SPDX-License-Identifier: MIT */
/* Which objects a query is about: the filter expressions of devfiltertypes.h. */
#include "query.h"

#define QUERY_FILTER_MAX_DEPTH 32

/* ---- Comparison ---- */

static BOOL QueryFilterIsEqualText(PCWSTR Text, int Count, PCWSTR Other, int OtherCount, BOOL Fold)
{
    return CompareStringOrdinal(Text, Count, Other, OtherCount, Fold) == CSTR_EQUAL;
}

static BOOL QueryFilterText(PCWSTR Text, PCWSTR Part, DWORD Evaluation, BOOL Fold)
{
    int Count = lstrlenW(Text), PartCount = lstrlenW(Part);

    if (Evaluation == DEVPROP_OPERATOR_EQUALS)
        return QueryFilterIsEqualText(Text, Count, Part, PartCount, Fold);
    if (PartCount > Count)
        return FALSE;
    if (Evaluation == DEVPROP_OPERATOR_BEGINS_WITH)
        return QueryFilterIsEqualText(Text, PartCount, Part, PartCount, Fold);
    if (Evaluation == DEVPROP_OPERATOR_ENDS_WITH)
        return QueryFilterIsEqualText(Text + Count - PartCount, PartCount, Part, PartCount, Fold);
    for (int i = 0; i <= Count - PartCount; i++)
    {
        if (QueryFilterIsEqualText(Text + i, PartCount, Part, PartCount, Fold))
            return TRUE;
    }
    return FALSE;
}

static BOOL QueryFilterList(const DEVPROPERTY *Value, PCWSTR Part, DWORD List, BOOL Fold)
{
    static const DWORD Evaluations[] = {
        DEVPROP_OPERATOR_EQUALS, DEVPROP_OPERATOR_BEGINS_WITH, DEVPROP_OPERATOR_ENDS_WITH,
        DEVPROP_OPERATOR_CONTAINS};
    for (PCWSTR Text = Value->Buffer; *Text != 0; Text += lstrlenW(Text) + 1)
    {
        if (QueryFilterText(Text, Part, Evaluations[(List >> 12) - 1], Fold))
            return TRUE;
    }
    return FALSE;
}

static BOOL QueryFilterNumber(UINT32 Value, UINT32 Other, DWORD Evaluation)
{
    switch (Evaluation)
    {
    case DEVPROP_OPERATOR_GREATER_THAN:
        return Value > Other;
    case DEVPROP_OPERATOR_LESS_THAN:
        return Value < Other;
    case DEVPROP_OPERATOR_GREATER_THAN_EQUALS:
        return Value >= Other;
    case DEVPROP_OPERATOR_LESS_THAN_EQUALS:
        return Value <= Other;
    case DEVPROP_OPERATOR_BITWISE_AND:
        return (Value & Other) != 0;
    default:
        return (Value | Other) != 0;
    }
}

static BOOL QueryFilterIsText(DEVPROPTYPE Type)
{
    return Type == DEVPROP_TYPE_STRING || Type == DEVPROP_TYPE_STRING_LIST;
}

static BOOL
QueryFilterCompare(const DEVPROPERTY *Value, const DEVPROP_FILTER_EXPRESSION *Expression)
{
    const DEVPROPERTY *Other = &Expression->Property;
    DWORD Evaluation = Expression->Operator & DEVPROP_OPERATOR_MASK_EVAL;
    DWORD List = Expression->Operator & DEVPROP_OPERATOR_MASK_LIST;
    BOOL Fold = (Expression->Operator & DEVPROP_OPERATOR_MODIFIER_IGNORE_CASE) != 0;

    if (Evaluation == DEVPROP_OPERATOR_EXISTS)
        return Value->Type != DEVPROP_TYPE_EMPTY;
    if (List != 0)
        return Value->Type == DEVPROP_TYPE_STRING_LIST &&
               QueryFilterList(Value, Other->Buffer, List, Fold);
    if (Value->Type != Other->Type)
        return FALSE;
    if (Value->Type == DEVPROP_TYPE_STRING)
        return QueryFilterText(Value->Buffer, Other->Buffer, Evaluation, Fold);
    if (Evaluation == DEVPROP_OPERATOR_EQUALS)
        return Value->BufferSize == Other->BufferSize &&
               memcmp(Value->Buffer, Other->Buffer, Value->BufferSize) == 0;
    return Value->Type == DEVPROP_TYPE_UINT32 &&
           QueryFilterNumber(*(UINT32 *)Value->Buffer, *(UINT32 *)Other->Buffer, Evaluation);
}

/* ---- Clauses ---- */

typedef struct _QUERY_FILTER
{
    DEV_OBJECT_TYPE Type;
    PCWSTR Id;
    ULONG Count;
    const DEVPROP_FILTER_EXPRESSION *Expressions;
    BOOL NoMemory;
} QUERY_FILTER;

static BOOL QueryFilterExpression(QUERY_FILTER *Filter, const DEVPROP_FILTER_EXPRESSION *Expression)
{
    DEVPROPERTY Value = {.CompKey = Expression->Property.CompKey};
    BOOL Result;

    if (!QueryObjectGetProperty(Filter->Type, Filter->Id, &Value))
    {
        Filter->NoMemory = TRUE;
        return FALSE;
    }
    Result = QueryFilterCompare(&Value, Expression);
    HeapFree(GetProcessHeap(), 0, Value.Buffer);
    return (Expression->Operator & DEVPROP_OPERATOR_MODIFIER_NOT) != 0 ? !Result : Result;
}

static BOOL QueryFilterIsOpening(DEVPROP_OPERATOR Operator)
{
    return Operator == DEVPROP_OPERATOR_AND_OPEN || Operator == DEVPROP_OPERATOR_OR_OPEN ||
           Operator == DEVPROP_OPERATOR_NOT_OPEN;
}

/* The value of one kind of clause (AND, OR, NOT), to which the next term is added. */
static BOOL QueryFilterJoin(DEVPROP_OPERATOR Opening, BOOL Value, BOOL Term)
{
    return Opening == DEVPROP_OPERATOR_OR_OPEN ? Value || Term : Value && Term;
}

static BOOL QueryFilterEvaluate(QUERY_FILTER *Filter)
{
    DEVPROP_OPERATOR Openings[QUERY_FILTER_MAX_DEPTH + 1] = {DEVPROP_OPERATOR_AND_OPEN};
    BOOL Values[QUERY_FILTER_MAX_DEPTH + 1] = {TRUE}, Term;
    ULONG Depth = 0;

    for (ULONG i = 0; i < Filter->Count; i++)
    {
        DEVPROP_OPERATOR Operator = Filter->Expressions[i].Operator;
        if (QueryFilterIsOpening(Operator))
        {
            Openings[++Depth] = Operator;
            Values[Depth] = Operator != DEVPROP_OPERATOR_OR_OPEN;
            continue;
        }
        if ((Operator & DEVPROP_OPERATOR_MASK_LOGICAL) == 0)
            Term = QueryFilterExpression(Filter, &Filter->Expressions[i]);
        else
        {
            Term = Openings[Depth] == DEVPROP_OPERATOR_NOT_OPEN ? !Values[Depth] : Values[Depth];
            Depth--;
        }
        Values[Depth] = QueryFilterJoin(Openings[Depth], Values[Depth], Term);
    }
    return Values[0];
}

HRESULT QueryFilterObject(
    DEV_OBJECT_TYPE Type, PCWSTR Id, ULONG Count, const DEVPROP_FILTER_EXPRESSION *Expressions)
{
    QUERY_FILTER Filter = {Type, Id, Count, Expressions, FALSE};
    BOOL Passes = QueryFilterEvaluate(&Filter);
    if (Filter.NoMemory)
        return E_OUTOFMEMORY;
    return Passes ? S_OK : S_FALSE;
}

/* ---- Validity ---- */

/* Strings must end where their buffer does. */
static BOOL QueryFilterIsTerminated(const DEVPROPERTY *Property)
{
    PCWSTR Text = Property->Buffer;
    ULONG Count = Property->BufferSize / sizeof(WCHAR);
    return Count != 0 && Text[Count - 1] == 0;
}

static HRESULT QueryFilterCheckExpression(const DEVPROP_FILTER_EXPRESSION *Expression)
{
    const DEVPROPERTY *Property = &Expression->Property;
    DWORD Evaluation = Expression->Operator & DEVPROP_OPERATOR_MASK_EVAL;
    DWORD List = Expression->Operator & DEVPROP_OPERATOR_MASK_LIST;

    if ((Expression->Operator & DEVPROP_OPERATOR_MASK_ARRAY) != 0)
        return HRESULT_FROM_WIN32(ERROR_NOT_SUPPORTED);
    if (List > DEVPROP_OPERATOR_LIST_ELEMENT_CONTAINS || Evaluation > DEVPROP_OPERATOR_CONTAINS ||
        (List != 0) == (Evaluation != 0))
        return E_INVALIDARG;
    if (Evaluation == DEVPROP_OPERATOR_EXISTS)
        return S_OK;
    if (Property->Buffer == NULL ||
        (QueryFilterIsText(Property->Type) && !QueryFilterIsTerminated(Property)))
        return E_INVALIDARG;
    if (List != 0 || Evaluation >= DEVPROP_OPERATOR_BEGINS_WITH ||
        (Expression->Operator & DEVPROP_OPERATOR_MODIFIER_IGNORE_CASE) != 0)
        return Property->Type == DEVPROP_TYPE_STRING ? S_OK : E_INVALIDARG;
    if (Property->Type == DEVPROP_TYPE_UINT32)
        return Property->BufferSize == sizeof(UINT32) ? S_OK : E_INVALIDARG;
    return S_OK;
}

HRESULT QueryFilterCheck(ULONG Count, const DEVPROP_FILTER_EXPRESSION *Filter)
{
    DEVPROP_OPERATOR Openings[QUERY_FILTER_MAX_DEPTH];
    HRESULT Result = S_OK;
    ULONG Depth = 0;

    for (ULONG i = 0; i < Count && SUCCEEDED(Result); i++)
    {
        DEVPROP_OPERATOR Operator = Filter[i].Operator;
        if (QueryFilterIsOpening(Operator))
        {
            if (Depth == QUERY_FILTER_MAX_DEPTH)
                return E_INVALIDARG;
            Openings[Depth++] = Operator;
        }
        else if ((Operator & DEVPROP_OPERATOR_MASK_LOGICAL) == 0)
            Result = QueryFilterCheckExpression(&Filter[i]);
        /* Each closing operator follows its opening one. */
        else if (Depth == 0 || Operator != Openings[--Depth] + DEVPROP_OPERATOR_AND_OPEN)
            Result = E_INVALIDARG;
    }
    return SUCCEEDED(Result) && Depth != 0 ? E_INVALIDARG : Result;
}
