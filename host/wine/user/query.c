/* SPDX-License-Identifier: MIT */
/*
 * Device queries: which devices or device interfaces pass a filter, and what becomes of them. Each
 * query has one work item of the thread pool, which alone calls the client.
 */
#include "query.h"

typedef struct _QUERY
{
    DEV_OBJECT_TYPE Type;
    ULONG Flags;
    ULONG KeyCount;
    DEVPROPCOMPKEY *Keys;
    ULONG FilterCount;
    DEVPROP_FILTER_EXPRESSION *Filter; /* with buffers of its own */
    BOOL OnlyChanges;
    PDEV_QUERY_RESULT_CALLBACK Callback;
    PVOID Context;
    HMODULE Module; /* the callback's */
    QUERY_WATCH Watch;
    HANDLE Idle; /* set once no callback will come */
    volatile LONG References;
    ULONG ObjectCount; /* the result set */
    const DEV_OBJECT *Objects;
} QUERY;

/* ---- Properties ---- */

const DEVPROPERTY *WINAPI DevFindProperty(
    const DEVPROPKEY *Key,
    DEVPROPSTORE Store,
    PCWSTR LocaleName,
    ULONG Count,
    const DEVPROPERTY *Properties)
{
    for (ULONG i = 0; i < Count; i++)
    {
        const DEVPROPCOMPKEY *CompKey = &Properties[i].CompKey;
        if (memcmp(&CompKey->Key, Key, sizeof(*Key)) == 0 && CompKey->Store == Store &&
            (LocaleName == NULL
                 ? CompKey->LocaleName == NULL
                 : CompKey->LocaleName != NULL && lstrcmpiW(CompKey->LocaleName, LocaleName) == 0))
            return &Properties[i];
    }
    return NULL;
}

void WINAPI DevFreeObjectProperties(ULONG Count, const DEVPROPERTY *Properties)
{
    if (Properties == NULL)
        return;
    for (ULONG i = 0; i < Count; i++)
        HeapFree(GetProcessHeap(), 0, Properties[i].Buffer);
    HeapFree(GetProcessHeap(), 0, (void *)Properties);
}

HRESULT QueryGetProperties(
    DEV_OBJECT_TYPE Type,
    PCWSTR Id,
    ULONG Flags,
    ULONG KeyCount,
    const DEVPROPCOMPKEY *Keys,
    ULONG *Count,
    const DEVPROPERTY **Properties)
{
    DEVPROPCOMPKEY *AllKeys = NULL;
    DEVPROPERTY *Found;
    HRESULT Result = S_OK;

    if ((Flags & DevQueryFlagAllProperties) != 0)
    {
        AllKeys = QueryObjectListKeys(Type, Id, &KeyCount);
        if (AllKeys == NULL)
            return E_OUTOFMEMORY;
        Keys = AllKeys;
    }
    Found = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, (KeyCount + 1) * sizeof(*Found));
    if (Found == NULL)
        Result = E_OUTOFMEMORY;
    for (ULONG i = 0; i < KeyCount && SUCCEEDED(Result); i++)
    {
        Found[i].CompKey = Keys[i];
        if (!QueryObjectGetProperty(Type, Id, &Found[i]))
            Result = E_OUTOFMEMORY;
    }
    HeapFree(GetProcessHeap(), 0, AllKeys);
    if (FAILED(Result))
    {
        DevFreeObjectProperties(KeyCount, Found);
        return Result;
    }
    *Count = KeyCount;
    *Properties = Found;
    return S_OK;
}

/* ---- Objects ---- */

void WINAPI DevFreeObjects(ULONG Count, const DEV_OBJECT *Objects)
{
    if (Objects == NULL)
        return;
    for (ULONG i = 0; i < Count; i++)
    {
        DevFreeObjectProperties(Objects[i].cPropertyCount, Objects[i].pProperties);
        HeapFree(GetProcessHeap(), 0, (void *)Objects[i].pszObjectId);
    }
    HeapFree(GetProcessHeap(), 0, (void *)Objects);
}

static HRESULT QueryFillObject(const QUERY *Query, PCWSTR Id, DEV_OBJECT *Object)
{
    SIZE_T Size = ((SIZE_T)lstrlenW(Id) + 1) * sizeof(WCHAR);
    WCHAR *Copy = HeapAlloc(GetProcessHeap(), 0, Size);
    if (Copy == NULL)
        return E_OUTOFMEMORY;
    CopyMemory(Copy, Id, Size);
    Object->ObjectType = Query->Type;
    Object->pszObjectId = Copy;
    return QueryGetProperties(
        Query->Type, Id, Query->Flags, Query->KeyCount, Query->Keys, &Object->cPropertyCount,
        &Object->pProperties);
}

/* The result set as it is now. */
static HRESULT QueryEvaluate(const QUERY *Query, ULONG *Count, const DEV_OBJECT **Objects)
{
    HRESULT Result = S_OK;
    DEV_OBJECT *Found = NULL;
    ULONG Total = 0;
    WCHAR *List = QueryObjectList(Query->Type);

    *Count = 0;
    *Objects = NULL;
    if (List == NULL)
        return E_OUTOFMEMORY;
    for (PCWSTR Id = List; *Id != 0; Id += lstrlenW(Id) + 1)
        Total++;
    if (Total != 0)
        Found = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, Total * sizeof(*Found));
    if (Total != 0 && Found == NULL)
        Result = E_OUTOFMEMORY;
    for (PCWSTR Id = List; *Id != 0 && SUCCEEDED(Result); Id += lstrlenW(Id) + 1)
    {
        Result = QueryFilterObject(Query->Type, Id, Query->FilterCount, Query->Filter);
        if (Result == S_OK)
            Result = QueryFillObject(Query, Id, &Found[(*Count)++]);
    }
    HeapFree(GetProcessHeap(), 0, List);
    if (FAILED(Result) || *Count == 0)
    {
        DevFreeObjects(*Count, Found);
        *Count = 0;
        return FAILED(Result) ? Result : S_OK;
    }
    *Objects = Found;
    return S_OK;
}

HRESULT QueryGetObjects(
    DEV_OBJECT_TYPE Type,
    ULONG Flags,
    ULONG KeyCount,
    const DEVPROPCOMPKEY *Keys,
    ULONG FilterCount,
    const DEVPROP_FILTER_EXPRESSION *Filter,
    ULONG *Count,
    const DEV_OBJECT **Objects)
{
    QUERY Query = {
        .Type = Type,
        .Flags = Flags,
        .KeyCount = KeyCount,
        .Keys = (DEVPROPCOMPKEY *)Keys,
        .FilterCount = FilterCount,
        .Filter = (DEVPROP_FILTER_EXPRESSION *)Filter};
    HRESULT Result = QueryCheckArguments(Type, Flags, KeyCount, Keys, FilterCount, Filter);
    *Count = 0;
    *Objects = NULL;
    return FAILED(Result) ? Result : QueryEvaluate(&Query, Count, Objects);
}

static const DEV_OBJECT *QueryFindObject(PCWSTR Id, ULONG Count, const DEV_OBJECT *Objects)
{
    for (ULONG i = 0; i < Count; i++)
    {
        if (lstrcmpiW(Objects[i].pszObjectId, Id) == 0)
            return &Objects[i];
    }
    return NULL;
}

static BOOL QueryIsSameProperty(const DEVPROPERTY *Property, const DEVPROPERTY *Other)
{
    return Property->Type == Other->Type && Property->BufferSize == Other->BufferSize &&
           memcmp(&Property->CompKey.Key, &Other->CompKey.Key, sizeof(DEVPROPKEY)) == 0 &&
           (Property->BufferSize == 0 ||
            memcmp(Property->Buffer, Other->Buffer, Property->BufferSize) == 0);
}

static BOOL QueryIsSameObject(const DEV_OBJECT *Object, const DEV_OBJECT *Other)
{
    if (Object->cPropertyCount != Other->cPropertyCount)
        return FALSE;
    for (ULONG i = 0; i < Object->cPropertyCount; i++)
    {
        if (!QueryIsSameProperty(&Object->pProperties[i], &Other->pProperties[i]))
            return FALSE;
    }
    return TRUE;
}

/* ---- Callbacks ---- */

static void QueryTellObject(QUERY *Query, DEV_QUERY_RESULT_ACTION Action, const DEV_OBJECT *Object)
{
    DEV_QUERY_RESULT_ACTION_DATA Data = {.Action = Action};
    if (QueryWatchIsEnded(&Query->Watch) && (Query->Flags & DevQueryFlagAsyncClose) == 0)
        return;
    Data.Data.DeviceObject = *Object;
    if (Action == DevQueryResultRemove)
    {
        Data.Data.DeviceObject.cPropertyCount = 0;
        Data.Data.DeviceObject.pProperties = NULL;
    }
    Query->Callback(Query, Query->Context, &Data);
}

static void QueryTellState(QUERY *Query, DEV_QUERY_STATE State)
{
    DEV_QUERY_RESULT_ACTION_DATA Data = {.Action = DevQueryResultStateChange};
    if (QueryWatchIsEnded(&Query->Watch) && (Query->Flags & DevQueryFlagAsyncClose) == 0)
        return;
    Data.Data.State = State;
    Query->Callback(Query, Query->Context, &Data);
}

/* FALSE: the query is aborted. */
static BOOL QueryUpdate(QUERY *Query)
{
    const DEV_OBJECT *Objects, *Other;
    ULONG Count;

    if (FAILED(QueryEvaluate(Query, &Count, &Objects)))
    {
        QueryTellState(Query, DevQueryStateAborted);
        return FALSE;
    }
    for (ULONG i = 0; i < Query->ObjectCount; i++)
    {
        if (QueryFindObject(Query->Objects[i].pszObjectId, Count, Objects) == NULL)
            QueryTellObject(Query, DevQueryResultRemove, &Query->Objects[i]);
    }
    for (ULONG i = 0; i < Count; i++)
    {
        Other = QueryFindObject(Objects[i].pszObjectId, Query->ObjectCount, Query->Objects);
        if (Other == NULL)
            QueryTellObject(Query, DevQueryResultAdd, &Objects[i]);
        else if (!QueryIsSameObject(&Objects[i], Other))
            QueryTellObject(Query, DevQueryResultUpdate, &Objects[i]);
    }
    DevFreeObjects(Query->ObjectCount, Query->Objects);
    Query->ObjectCount = Count;
    Query->Objects = Objects;
    return TRUE;
}

/* ---- Queries ---- */

static void QueryFreeFilter(ULONG Count, DEVPROP_FILTER_EXPRESSION *Filter)
{
    for (ULONG i = 0; Filter != NULL && i < Count; i++)
        HeapFree(GetProcessHeap(), 0, Filter[i].Property.Buffer);
    HeapFree(GetProcessHeap(), 0, Filter);
}

static void QueryRelease(QUERY *Query)
{
    if (InterlockedDecrement(&Query->References) != 0)
        return;
    QueryWatchClose(&Query->Watch);
    if (Query->Idle != NULL)
        CloseHandle(Query->Idle);
    DevFreeObjects(Query->ObjectCount, Query->Objects);
    QueryFreeFilter(Query->FilterCount, Query->Filter);
    HeapFree(GetProcessHeap(), 0, Query->Keys);
    HeapFree(GetProcessHeap(), 0, Query);
}

static void CALLBACK QueryRun(PTP_CALLBACK_INSTANCE Instance, void *Parameter)
{
    QUERY *Query = Parameter;
    HMODULE Module = Query->Module, OwnModule;
    BOOL Goes;

    CallbackMayRunLong(Instance);
    if (GetModuleHandleExW(
            GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, (PCWSTR)(void *)QueryRun, &OwnModule))
        FreeLibraryWhenCallbackReturns(Instance, OwnModule);
    Goes = Query->OnlyChanges || QueryUpdate(Query);
    if (Goes && !Query->OnlyChanges)
        QueryTellState(Query, DevQueryStateEnumCompleted);
    Goes = Goes && (Query->Flags & DevQueryFlagUpdateResults) != 0;
    while (Goes && QueryWatchWait(&Query->Watch))
        Goes = QueryUpdate(Query);
    if ((Query->Flags & DevQueryFlagAsyncClose) != 0)
    {
        WaitForSingleObject(Query->Watch.Handles[QUERY_WATCH_KEYS], INFINITE);
        QueryTellState(Query, DevQueryStateClosed);
    }
    SetEvent(Query->Idle);
    QueryRelease(Query);
    FreeLibrary(Module);
}

static HRESULT QueryCopyFilter(QUERY *Query, ULONG Count, const DEVPROP_FILTER_EXPRESSION *Filter)
{
    if (Count == 0)
        return S_OK;
    Query->Filter = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, Count * sizeof(*Query->Filter));
    if (Query->Filter == NULL)
        return E_OUTOFMEMORY;
    Query->FilterCount = Count;
    for (ULONG i = 0; i < Count; i++)
    {
        DEVPROPERTY *Property = &Query->Filter[i].Property;
        Query->Filter[i] = Filter[i];
        Property->Buffer = NULL;
        if (Filter[i].Property.Buffer == NULL)
            continue;
        Property->Buffer = HeapAlloc(GetProcessHeap(), 0, Property->BufferSize);
        if (Property->Buffer == NULL)
            return E_OUTOFMEMORY;
        CopyMemory(Property->Buffer, Filter[i].Property.Buffer, Property->BufferSize);
    }
    return S_OK;
}

static HRESULT QueryCopyKeys(QUERY *Query, ULONG Count, const DEVPROPCOMPKEY *Keys)
{
    if (Count == 0)
        return S_OK;
    Query->Keys = HeapAlloc(GetProcessHeap(), 0, Count * sizeof(*Keys));
    if (Query->Keys == NULL)
        return E_OUTOFMEMORY;
    CopyMemory(Query->Keys, Keys, Count * sizeof(*Keys));
    Query->KeyCount = Count;
    return S_OK;
}

HRESULT QueryCheckArguments(
    DEV_OBJECT_TYPE Type,
    ULONG Flags,
    ULONG KeyCount,
    const DEVPROPCOMPKEY *Keys,
    ULONG FilterCount,
    const DEVPROP_FILTER_EXPRESSION *Filter)
{
    if ((KeyCount != 0) != (Keys != NULL) || (FilterCount != 0) != (Filter != NULL) ||
        (Flags & ~15u) != 0 || ((Flags & DevQueryFlagAllProperties) != 0 && KeyCount != 0))
        return E_INVALIDARG;
    if (Type != DevObjectTypeDevice && Type != DevObjectTypeDeviceInterface)
        return HRESULT_FROM_WIN32(ERROR_NOT_SUPPORTED);
    return QueryFilterCheck(FilterCount, Filter);
}

/* The references are the client's and the work item's, which this DLL and the callback's outlive.
 */
static HRESULT QueryStart(QUERY *Query)
{
    HMODULE OwnModule;
    HRESULT Result = QueryWatchOpen(&Query->Watch);

    if (FAILED(Result))
        return Result;
    if (Query->OnlyChanges)
        Result = QueryEvaluate(Query, &Query->ObjectCount, &Query->Objects);
    if (FAILED(Result))
        return Result;
    if (!GetModuleHandleExW(
            GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, (PCWSTR)(void *)QueryRun, &OwnModule))
        return HRESULT_FROM_WIN32(GetLastError());
    if (!GetModuleHandleExW(
            GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, (PCWSTR)(void *)Query->Callback,
            &Query->Module))
        Query->Module = NULL;
    Query->References++;
    if (TrySubmitThreadpoolCallback(QueryRun, Query, NULL))
        return S_OK;
    Result = HRESULT_FROM_WIN32(GetLastError());
    Query->References--;
    FreeLibrary(Query->Module);
    FreeLibrary(OwnModule);
    return Result;
}

HRESULT QueryCreate(
    DEV_OBJECT_TYPE Type,
    ULONG Flags,
    ULONG KeyCount,
    const DEVPROPCOMPKEY *Keys,
    ULONG FilterCount,
    const DEVPROP_FILTER_EXPRESSION *Filter,
    BOOL OnlyChanges,
    PDEV_QUERY_RESULT_CALLBACK Callback,
    PVOID Context,
    PHDEVQUERY NewQuery)
{
    HRESULT Result = QueryCheckArguments(Type, Flags, KeyCount, Keys, FilterCount, Filter);
    QUERY *Query;

    if (NewQuery == NULL || Callback == NULL)
        return E_INVALIDARG;
    *NewQuery = NULL;
    if (FAILED(Result))
        return Result;
    Query = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof(*Query));
    if (Query == NULL)
        return E_OUTOFMEMORY;
    Query->Type = Type;
    Query->Flags = Flags;
    Query->OnlyChanges = OnlyChanges;
    Query->Callback = Callback;
    Query->Context = Context;
    Query->References = 1;
    Query->Idle = CreateEventW(NULL, TRUE, FALSE, NULL);
    Result = Query->Idle == NULL ? E_OUTOFMEMORY : QueryCopyKeys(Query, KeyCount, Keys);
    if (SUCCEEDED(Result))
        Result = QueryCopyFilter(Query, FilterCount, Filter);
    /* The callback may come first, and the client may want the handle then. */
    *NewQuery = Query;
    if (SUCCEEDED(Result))
        Result = QueryStart(Query);
    if (FAILED(Result))
    {
        *NewQuery = NULL;
        QueryRelease(Query);
    }
    return Result;
}

/* Not from inside the callback, unless the query closes asynchronously: as on Windows. */
void WINAPI DevCloseObjectQuery(HDEVQUERY Query)
{
    if (Query == NULL)
        return;
    QueryWatchEnd(&Query->Watch);
    if ((Query->Flags & DevQueryFlagAsyncClose) == 0)
        WaitForSingleObject(Query->Idle, INFINITE);
    QueryRelease(Query);
}
