/* SPDX-License-Identifier: MIT */
/* Tells when devices, their interfaces or their drivers change: when their registry keys do. */
#include "query.h"

static const WCHAR *const QueryWatchPaths[QUERY_WATCH_KEYS] = {
    L"System\\CurrentControlSet\\Enum", L"System\\CurrentControlSet\\Control\\DeviceClasses",
    L"System\\CurrentControlSet\\Control\\Class"};

static LSTATUS QueryWatchArm(const QUERY_WATCH *Watch, DWORD Index)
{
    return RegNotifyChangeKeyValue(
        Watch->Keys[Index], TRUE, REG_NOTIFY_CHANGE_NAME | REG_NOTIFY_CHANGE_LAST_SET,
        Watch->Handles[Index], TRUE);
}

HRESULT QueryWatchOpen(QUERY_WATCH *Watch)
{
    LSTATUS Error = ERROR_SUCCESS;

    ZeroMemory(Watch, sizeof(*Watch));
    /* The last one is manual: once ended, always ended. */
    for (DWORD i = 0; i <= QUERY_WATCH_KEYS; i++)
    {
        Watch->Handles[i] = CreateEventW(NULL, i == QUERY_WATCH_KEYS, FALSE, NULL);
        if (Watch->Handles[i] == NULL)
            Error = ERROR_NOT_ENOUGH_MEMORY;
    }
    for (DWORD i = 0; i < QUERY_WATCH_KEYS && Error == ERROR_SUCCESS; i++)
    {
        Error =
            RegOpenKeyExW(HKEY_LOCAL_MACHINE, QueryWatchPaths[i], 0, KEY_NOTIFY, &Watch->Keys[i]);
        if (Error == ERROR_FILE_NOT_FOUND)
            Error = RegCreateKeyExW(
                HKEY_LOCAL_MACHINE, QueryWatchPaths[i], 0, NULL, 0, KEY_NOTIFY, NULL,
                &Watch->Keys[i], NULL);
        if (Error == ERROR_SUCCESS)
            Error = QueryWatchArm(Watch, i);
    }
    if (Error != ERROR_SUCCESS)
        QueryWatchClose(Watch);
    return HRESULT_FROM_WIN32(Error);
}

void QueryWatchClose(QUERY_WATCH *Watch)
{
    for (DWORD i = 0; i < QUERY_WATCH_KEYS; i++)
    {
        if (Watch->Keys[i] != NULL)
            RegCloseKey(Watch->Keys[i]);
    }
    for (DWORD i = 0; i <= QUERY_WATCH_KEYS; i++)
    {
        if (Watch->Handles[i] != NULL)
            CloseHandle(Watch->Handles[i]);
    }
    ZeroMemory(Watch, sizeof(*Watch));
}

BOOL QueryWatchWait(QUERY_WATCH *Watch)
{
    DWORD Index =
        WaitForMultipleObjects(ARRAYSIZE(Watch->Handles), Watch->Handles, FALSE, INFINITE);
    if (QueryWatchIsEnded(Watch) || Index >= QUERY_WATCH_KEYS)
        return FALSE;
    /* Armed before anybody looks, so that nothing is missed. */
    return QueryWatchArm(Watch, Index) == ERROR_SUCCESS;
}

void QueryWatchEnd(QUERY_WATCH *Watch)
{
    SetEvent(Watch->Handles[QUERY_WATCH_KEYS]);
}

BOOL QueryWatchIsEnded(const QUERY_WATCH *Watch)
{
    return WaitForSingleObject(Watch->Handles[QUERY_WATCH_KEYS], 0) == WAIT_OBJECT_0;
}
