/* SPDX-License-Identifier: MIT */
/*
 * Device queries as Windows documents them (devquery.h, devquerydef.h, devfiltertypes.h), which
 * MinGW's headers lack, and what the files that make them in cfgmgr32.dll say to each other.
 */
#ifndef ADIT_HOST_WINE_QUERY_H
#define ADIT_HOST_WINE_QUERY_H

#include "swdevice.h"

/* ---- Windows' own ---- */

typedef enum _DEV_OBJECT_TYPE
{
    DevObjectTypeUnknown,
    DevObjectTypeDeviceInterface,
    DevObjectTypeDeviceContainer,
    DevObjectTypeDevice
} DEV_OBJECT_TYPE;

typedef enum _DEV_QUERY_FLAGS
{
    DevQueryFlagNone = 0,
    DevQueryFlagUpdateResults = 1,
    DevQueryFlagAllProperties = 2,
    DevQueryFlagLocalize = 4,
    DevQueryFlagAsyncClose = 8
} DEV_QUERY_FLAGS;

typedef enum _DEV_QUERY_STATE
{
    DevQueryStateInitialized,
    DevQueryStateEnumCompleted,
    DevQueryStateAborted,
    DevQueryStateClosed
} DEV_QUERY_STATE;

typedef enum _DEV_QUERY_RESULT_ACTION
{
    DevQueryResultStateChange,
    DevQueryResultAdd,
    DevQueryResultUpdate,
    DevQueryResultRemove
} DEV_QUERY_RESULT_ACTION;

typedef UINT32 DEVPROP_OPERATOR;

#define DEVPROP_OPERATOR_MODIFIER_NOT              0x00010000
#define DEVPROP_OPERATOR_MODIFIER_IGNORE_CASE      0x00020000
#define DEVPROP_OPERATOR_EXISTS                    0x00000001
#define DEVPROP_OPERATOR_EQUALS                    0x00000002
#define DEVPROP_OPERATOR_NOT_EQUALS                0x00010002
#define DEVPROP_OPERATOR_GREATER_THAN              0x00000003
#define DEVPROP_OPERATOR_LESS_THAN                 0x00000004
#define DEVPROP_OPERATOR_GREATER_THAN_EQUALS       0x00000005
#define DEVPROP_OPERATOR_LESS_THAN_EQUALS          0x00000006
#define DEVPROP_OPERATOR_EQUALS_IGNORE_CASE        0x00020002
#define DEVPROP_OPERATOR_BITWISE_AND               0x00000007
#define DEVPROP_OPERATOR_BITWISE_OR                0x00000008
#define DEVPROP_OPERATOR_BEGINS_WITH               0x00000009
#define DEVPROP_OPERATOR_ENDS_WITH                 0x0000000A
#define DEVPROP_OPERATOR_CONTAINS                  0x0000000B
#define DEVPROP_OPERATOR_LIST_CONTAINS             0x00001000
#define DEVPROP_OPERATOR_LIST_ELEMENT_BEGINS_WITH  0x00002000
#define DEVPROP_OPERATOR_LIST_ELEMENT_ENDS_WITH    0x00003000
#define DEVPROP_OPERATOR_LIST_ELEMENT_CONTAINS     0x00004000
#define DEVPROP_OPERATOR_LIST_CONTAINS_IGNORE_CASE 0x00021000
#define DEVPROP_OPERATOR_AND_OPEN                  0x00100000
#define DEVPROP_OPERATOR_AND_CLOSE                 0x00200000
#define DEVPROP_OPERATOR_OR_OPEN                   0x00300000
#define DEVPROP_OPERATOR_OR_CLOSE                  0x00400000
#define DEVPROP_OPERATOR_NOT_OPEN                  0x00500000
#define DEVPROP_OPERATOR_NOT_CLOSE                 0x00600000
#define DEVPROP_OPERATOR_MASK_EVAL                 0x00000FFF
#define DEVPROP_OPERATOR_MASK_LIST                 0x0000F000
#define DEVPROP_OPERATOR_MASK_MODIFIER             0x000F0000
#define DEVPROP_OPERATOR_MASK_LOGICAL              0x0FF00000
#define DEVPROP_OPERATOR_MASK_ARRAY                0xF0000000

typedef struct _DEVPROP_FILTER_EXPRESSION
{
    DEVPROP_OPERATOR Operator;
    DEVPROPERTY Property;
} DEVPROP_FILTER_EXPRESSION;

typedef struct _DEV_OBJECT
{
    DEV_OBJECT_TYPE ObjectType;
    PCWSTR pszObjectId;
    ULONG cPropertyCount;
    const DEVPROPERTY *pProperties;
} DEV_OBJECT;

typedef struct _DEV_QUERY_RESULT_ACTION_DATA
{
    DEV_QUERY_RESULT_ACTION Action;
    union
    {
        DEV_QUERY_STATE State;
        DEV_OBJECT DeviceObject;
    } Data;
} DEV_QUERY_RESULT_ACTION_DATA;

typedef struct _DEV_QUERY_PARAMETER
{
    DEVPROPKEY Key;
    DEVPROPTYPE Type;
    ULONG BufferSize;
    PVOID Buffer;
} DEV_QUERY_PARAMETER;

typedef struct _QUERY *HDEVQUERY, **PHDEVQUERY;

typedef void(WINAPI *PDEV_QUERY_RESULT_CALLBACK)(
    HDEVQUERY Query, PVOID Context, const DEV_QUERY_RESULT_ACTION_DATA *ActionData);

/* ---- Objects, in query_object.c: a device's id is its instance id, an interface's its link ----
 */

/* The ids, one after the other, and an empty one; NULL without memory. HeapFree frees them. */
WCHAR *QueryObjectList(DEV_OBJECT_TYPE Type);

BOOL QueryObjectExists(DEV_OBJECT_TYPE Type, PCWSTR Id);

/*
 * Fills in what CompKey names, of DEVPROP_TYPE_EMPTY if the object has no such property. HeapFree
 * frees the buffer. FALSE: no memory.
 */
BOOL QueryObjectGetProperty(DEV_OBJECT_TYPE Type, PCWSTR Id, DEVPROPERTY *Property);

/* The keys of all properties of an object that this host knows by name; NULL without memory.
 * HeapFree frees them. */
DEVPROPCOMPKEY *QueryObjectListKeys(DEV_OBJECT_TYPE Type, PCWSTR Id, ULONG *Count);

BOOL QueryObjectGetClass(PCWSTR InterfaceId, GUID *Class);

/* ---- Changes of objects, in query_watch.c: of the keys that keep them ---- */

#define QUERY_WATCH_KEYS 3

typedef struct _QUERY_WATCH
{
    HANDLE Handles[QUERY_WATCH_KEYS + 1]; /* events of the keys, and the one that ends the watch */
    HKEY Keys[QUERY_WATCH_KEYS];
} QUERY_WATCH;

/* Whatever changes after it returns is told. */
HRESULT QueryWatchOpen(QUERY_WATCH *Watch);
void QueryWatchClose(QUERY_WATCH *Watch);

/* Waits for a change; FALSE: the watch has been ended. */
BOOL QueryWatchWait(QUERY_WATCH *Watch);
void QueryWatchEnd(QUERY_WATCH *Watch);
BOOL QueryWatchIsEnded(const QUERY_WATCH *Watch);

/* ---- Filters, in query_filter.c ---- */

/* Whether each clause is closed and each operator fits its property. */
HRESULT QueryFilterCheck(ULONG Count, const DEVPROP_FILTER_EXPRESSION *Filter);

/* S_OK: the object passes; S_FALSE: it does not. Several expressions must hold together. */
HRESULT QueryFilterObject(
    DEV_OBJECT_TYPE Type, PCWSTR Id, ULONG Count, const DEVPROP_FILTER_EXPRESSION *Filter);

/* ---- Queries, in query.c ---- */

/*
 * As DevCreateObjectQuery; with OnlyChanges, what there is when it returns is not told, and neither
 * is the end of the enumeration.
 */
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
    PHDEVQUERY NewQuery);

HRESULT QueryCheckArguments(
    DEV_OBJECT_TYPE Type,
    ULONG Flags,
    ULONG KeyCount,
    const DEVPROPCOMPKEY *Keys,
    ULONG FilterCount,
    const DEVPROP_FILTER_EXPRESSION *Filter);

/* The objects of now; freed by DevFreeObjects. */
HRESULT QueryGetObjects(
    DEV_OBJECT_TYPE Type,
    ULONG Flags,
    ULONG KeyCount,
    const DEVPROPCOMPKEY *Keys,
    ULONG FilterCount,
    const DEVPROP_FILTER_EXPRESSION *Filter,
    ULONG *Count,
    const DEV_OBJECT **Objects);

void WINAPI DevCloseObjectQuery(HDEVQUERY Query);

/* The properties of an object; freed by DevFreeObjectProperties. */
HRESULT QueryGetProperties(
    DEV_OBJECT_TYPE Type,
    PCWSTR Id,
    ULONG Flags,
    ULONG KeyCount,
    const DEVPROPCOMPKEY *Keys,
    ULONG *Count,
    const DEVPROPERTY **Properties);

void WINAPI DevFreeObjectProperties(ULONG Count, const DEVPROPERTY *Properties);

#endif
