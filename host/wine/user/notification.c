/* SPDX-License-Identifier: MIT */
/* CM_Register_Notification for device interfaces: a query for those that are enabled. */
#include "query.h"

#include <cfgmgr32.h>

/* devpkey.h */
static const DEVPROPKEY NotificationEnabled = {
    {0x026e516e, 0xb814, 0x414b, {0x83, 0xcd, 0x85, 0x6d, 0x6f, 0xef, 0x48, 0x22}}, 3};
static const DEVPROPKEY NotificationClassGuid = {
    {0x026e516e, 0xb814, 0x414b, {0x83, 0xcd, 0x85, 0x6d, 0x6f, 0xef, 0x48, 0x22}}, 4};

typedef struct _NOTIFICATION
{
    HDEVQUERY Query;
    PCM_NOTIFY_CALLBACK Callback;
    PVOID Context;
} NOTIFICATION;

static void WINAPI
NotificationTell(HDEVQUERY Query, PVOID Context, const DEV_QUERY_RESULT_ACTION_DATA *ActionData)
{
    union
    {
        CM_NOTIFY_EVENT_DATA Data;
        BYTE Bytes[sizeof(CM_NOTIFY_EVENT_DATA) + 1024 * sizeof(WCHAR)];
    } Event = {.Data = {.FilterType = CM_NOTIFY_FILTER_TYPE_DEVICEINTERFACE}};
    NOTIFICATION *Notification = Context;
    CM_NOTIFY_ACTION Action = CM_NOTIFY_ACTION_DEVICEINTERFACEARRIVAL;
    PCWSTR Link = ActionData->Data.DeviceObject.pszObjectId;

    (void)Query;
    if (ActionData->Action == DevQueryResultRemove)
        Action = CM_NOTIFY_ACTION_DEVICEINTERFACEREMOVAL;
    else if (ActionData->Action != DevQueryResultAdd)
        return;
    if (!QueryObjectGetClass(Link, &Event.Data.u.DeviceInterface.ClassGuid))
        return;
    lstrcpynW(Event.Data.u.DeviceInterface.SymbolicLink, Link, 1024);
    Notification->Callback(
        (HCMNOTIFICATION)Notification, Notification->Context, Action, &Event.Data,
        (DWORD)(FIELD_OFFSET(CM_NOTIFY_EVENT_DATA, u.DeviceInterface.SymbolicLink) +
                ((SIZE_T)lstrlenW(Event.Data.u.DeviceInterface.SymbolicLink) + 1) * sizeof(WCHAR)));
}

static CONFIGRET NotificationStart(NOTIFICATION *Notification, const CM_NOTIFY_FILTER *Filter)
{
    DEVPROP_BOOLEAN Enabled = DEVPROP_TRUE;
    GUID Class = Filter->u.DeviceInterface.ClassGuid;
    const DEVPROP_FILTER_EXPRESSION Expressions[] = {
        {DEVPROP_OPERATOR_EQUALS,
         {{NotificationEnabled, DEVPROP_STORE_SYSTEM, NULL},
          DEVPROP_TYPE_BOOLEAN,
          sizeof(Enabled),
          &Enabled}},
        {DEVPROP_OPERATOR_EQUALS,
         {{NotificationClassGuid, DEVPROP_STORE_SYSTEM, NULL},
          DEVPROP_TYPE_GUID,
          sizeof(Class),
          &Class}}};
    BOOL AllClasses = (Filter->Flags & CM_NOTIFY_FILTER_FLAG_ALL_INTERFACE_CLASSES) != 0;
    HRESULT Result = QueryCreate(
        DevObjectTypeDeviceInterface, DevQueryFlagUpdateResults, 0, NULL, AllClasses ? 1 : 2,
        Expressions, TRUE, NotificationTell, Notification, &Notification->Query);

    if (SUCCEEDED(Result))
        return CR_SUCCESS;
    return Result == E_OUTOFMEMORY ? CR_OUT_OF_MEMORY : CR_FAILURE;
}

CONFIGRET WINAPI CM_Register_Notification(
    PCM_NOTIFY_FILTER Filter, PVOID Context, PCM_NOTIFY_CALLBACK Callback, PHCMNOTIFICATION Handle)
{
    NOTIFICATION *Notification;
    CONFIGRET Result;

    if (Handle == NULL)
        return CR_INVALID_POINTER;
    *Handle = NULL;
    if (Filter == NULL || Callback == NULL)
        return CR_INVALID_POINTER;
    if (Filter->cbSize != sizeof(*Filter) || Filter->FilterType >= CM_NOTIFY_FILTER_TYPE_MAX ||
        (Filter->Flags & ~(DWORD)CM_NOTIFY_FILTER_VALID_FLAGS) != 0)
        return CR_INVALID_DATA;
    if (Filter->FilterType != CM_NOTIFY_FILTER_TYPE_DEVICEINTERFACE)
        return CR_CALL_NOT_IMPLEMENTED;
    Notification = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof(*Notification));
    if (Notification == NULL)
        return CR_OUT_OF_MEMORY;
    Notification->Callback = Callback;
    Notification->Context = Context;
    Result = NotificationStart(Notification, Filter);
    if (Result == CR_SUCCESS)
        *Handle = (HCMNOTIFICATION)Notification;
    else
        HeapFree(GetProcessHeap(), 0, Notification);
    return Result;
}

CONFIGRET WINAPI CM_Unregister_Notification(HCMNOTIFICATION Handle)
{
    NOTIFICATION *Notification = (NOTIFICATION *)Handle;
    if (Notification == NULL)
        return CR_INVALID_DATA;
    DevCloseObjectQuery(Notification->Query);
    HeapFree(GetProcessHeap(), 0, Notification);
    return CR_SUCCESS;
}
