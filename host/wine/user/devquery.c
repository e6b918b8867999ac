/* SPDX-License-Identifier: MIT */
/* The functions of api-ms-win-devices-query-l1-1-0.dll and l1-1-1.dll that start or ask at once. */
#include "query.h"

HRESULT WINAPI DevCreateObjectQueryEx(
    DEV_OBJECT_TYPE ObjectType,
    ULONG QueryFlags,
    ULONG RequestedPropertyCount,
    const DEVPROPCOMPKEY *RequestedProperties,
    ULONG FilterExpressionCount,
    const DEVPROP_FILTER_EXPRESSION *Filter,
    ULONG ExtendedParameterCount,
    const DEV_QUERY_PARAMETER *ExtendedParameters,
    PDEV_QUERY_RESULT_CALLBACK Callback,
    PVOID Context,
    PHDEVQUERY NewQuery)
{
    if ((ExtendedParameterCount != 0) != (ExtendedParameters != NULL))
        return E_INVALIDARG;
    if (ExtendedParameterCount != 0)
        return HRESULT_FROM_WIN32(ERROR_NOT_SUPPORTED);
    return QueryCreate(
        ObjectType, QueryFlags, RequestedPropertyCount, RequestedProperties, FilterExpressionCount,
        Filter, FALSE, Callback, Context, NewQuery);
}

HRESULT WINAPI DevCreateObjectQuery(
    DEV_OBJECT_TYPE ObjectType,
    ULONG QueryFlags,
    ULONG RequestedPropertyCount,
    const DEVPROPCOMPKEY *RequestedProperties,
    ULONG FilterExpressionCount,
    const DEVPROP_FILTER_EXPRESSION *Filter,
    PDEV_QUERY_RESULT_CALLBACK Callback,
    PVOID Context,
    PHDEVQUERY NewQuery)
{
    return QueryCreate(
        ObjectType, QueryFlags, RequestedPropertyCount, RequestedProperties, FilterExpressionCount,
        Filter, FALSE, Callback, Context, NewQuery);
}

static BOOL DevQueryIsImmediate(ULONG Flags)
{
    return (Flags & (DevQueryFlagUpdateResults | DevQueryFlagAsyncClose)) == 0;
}

HRESULT WINAPI DevGetObjects(
    DEV_OBJECT_TYPE ObjectType,
    ULONG QueryFlags,
    ULONG RequestedPropertyCount,
    const DEVPROPCOMPKEY *RequestedProperties,
    ULONG FilterExpressionCount,
    const DEVPROP_FILTER_EXPRESSION *Filter,
    ULONG *ObjectCount,
    const DEV_OBJECT **Objects)
{
    if (ObjectCount == NULL || Objects == NULL || !DevQueryIsImmediate(QueryFlags))
        return E_INVALIDARG;
    return QueryGetObjects(
        ObjectType, QueryFlags, RequestedPropertyCount, RequestedProperties, FilterExpressionCount,
        Filter, ObjectCount, Objects);
}

HRESULT WINAPI DevGetObjectProperties(
    DEV_OBJECT_TYPE ObjectType,
    PCWSTR ObjectId,
    ULONG QueryFlags,
    ULONG RequestedPropertyCount,
    const DEVPROPCOMPKEY *RequestedProperties,
    ULONG *PropertyCount,
    const DEVPROPERTY **Properties)
{
    HRESULT Result = QueryCheckArguments(
        ObjectType, QueryFlags, RequestedPropertyCount, RequestedProperties, 0, NULL);
    if (ObjectId == NULL || PropertyCount == NULL || Properties == NULL ||
        !DevQueryIsImmediate(QueryFlags))
        return E_INVALIDARG;
    *PropertyCount = 0;
    *Properties = NULL;
    if (FAILED(Result))
        return Result;
    if (!QueryObjectExists(ObjectType, ObjectId))
        return HRESULT_FROM_WIN32(ERROR_FILE_NOT_FOUND);
    return QueryGetProperties(
        ObjectType, ObjectId, QueryFlags, RequestedPropertyCount, RequestedProperties,
        PropertyCount, Properties);
}
