/* SPDX-License-Identifier: MIT */
/*
 * nci.dll: names of network connections, as Windows' own network setup has them. Wine has none.
 * A name is a value in the registry, where Windows keeps it too, and the name of the Linux
 * interface, which ndis.sys changes when asked through the adapter's device.
 */
#include <winsock2.h>
#include <windows.h>
#include <winioctl.h>
#include <iphlpapi.h>
#include <netioapi.h>

#include "../kernel/control.h"

#define NCI_MAX_NAME HOST_MAX_CONNECTION_NAME

/* "{00000000-0000-0000-0000-000000000000}" */
#define NCI_GUID_LENGTH 39

static const WCHAR NciNetworkKey[] = L"SYSTEM\\CurrentControlSet\\Control\\Network\\"
                                     L"{4D36E972-E325-11CE-BFC1-08002BE10318}";

static void NciGuidToString(const GUID *Guid, WCHAR Text[NCI_GUID_LENGTH])
{
    wsprintfW(
        Text, L"{%08lX-%04X-%04X-%02X%02X-%02X%02X%02X%02X%02X%02X}", Guid->Data1, Guid->Data2,
        Guid->Data3, Guid->Data4[0], Guid->Data4[1], Guid->Data4[2], Guid->Data4[3], Guid->Data4[4],
        Guid->Data4[5], Guid->Data4[6], Guid->Data4[7]);
}

/* The key of an adapter's connection, below NciNetworkKey. */
static void NciKeyName(const WCHAR *Adapter, WCHAR *Key, DWORD Size)
{
    lstrcpynW(Key, Adapter, Size);
    lstrcatW(Key, L"\\Connection");
}

/*
 * GUIDs are made of interface indexes, which come again in later sessions: a name is one of this
 * session's adapter if a key that ends with the session lies beside it.
 */
static BOOL NciIsOfSession(HKEY Network, const WCHAR *Adapter)
{
    WCHAR Key[96];
    HKEY Session;
    NciKeyName(Adapter, Key, ARRAYSIZE(Key));
    lstrcatW(Key, L"\\Session");
    if (RegOpenKeyExW(Network, Key, 0, KEY_READ, &Session) != ERROR_SUCCESS)
        return FALSE;
    RegCloseKey(Session);
    return TRUE;
}

static DWORD NciWriteName(HKEY Network, const WCHAR *Adapter, const WCHAR *Name)
{
    DWORD Error, Size = (DWORD)(lstrlenW(Name) + 1) * sizeof(WCHAR);
    WCHAR Key[96];
    HKEY Session;
    NciKeyName(Adapter, Key, ARRAYSIZE(Key));
    Error = (DWORD)RegSetKeyValueW(Network, Key, L"Name", REG_SZ, Name, Size);
    if (Error != ERROR_SUCCESS)
        return Error;
    lstrcatW(Key, L"\\Session");
    Error = (DWORD)RegCreateKeyExW(
        Network, Key, 0, NULL, REG_OPTION_VOLATILE, KEY_READ, NULL, &Session, NULL);
    if (Error == ERROR_SUCCESS)
        RegCloseKey(Session);
    return Error;
}

static HANDLE NciOpenAdapter(const WCHAR *Adapter)
{
    WCHAR Path[4 + NCI_GUID_LENGTH] = L"\\\\.\\";
    lstrcatW(Path, Adapter);
    return CreateFileW(
        Path, 0, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL,
        NULL);
}

/* Is this name another adapter's? Keys of adapters that are gone do not count. */
static BOOL NciIsTaken(HKEY Network, const WCHAR *Adapter, const WCHAR *Name)
{
    WCHAR Other[64], Key[96], Taken[NCI_MAX_NAME];
    DWORD Size;
    HANDLE Device;
    for (DWORD i = 0;; i++)
    {
        Size = ARRAYSIZE(Other);
        if (RegEnumKeyExW(Network, i, Other, &Size, NULL, NULL, NULL, NULL) != ERROR_SUCCESS)
            return FALSE;
        if (Size != NCI_GUID_LENGTH - 1 || lstrcmpiW(Other, Adapter) == 0)
            continue;
        NciKeyName(Other, Key, ARRAYSIZE(Key));
        Size = sizeof(Taken);
        if (RegGetValueW(Network, Key, L"Name", RRF_RT_REG_SZ, NULL, Taken, &Size) !=
                ERROR_SUCCESS ||
            lstrcmpiW(Taken, Name) != 0 || !NciIsOfSession(Network, Other))
            continue;
        Device = NciOpenAdapter(Other);
        if (Device == INVALID_HANDLE_VALUE)
            continue;
        CloseHandle(Device);
        return TRUE;
    }
}

/* The run of adit-wine that this process belongs to, or 0. */
static unsigned NciRun(void)
{
    WCHAR Text[11];
    unsigned Run = 0;
    DWORD Length = GetEnvironmentVariableW(L"ADIT_WINE_RUN", Text, ARRAYSIZE(Text));
    if (Length >= ARRAYSIZE(Text))
        return 0;
    for (DWORD i = 0; i < Length; i++)
        Run = Run * 10 + (Text[i] - L'0');
    return Run;
}

/* The interface first: it is what may refuse. */
static DWORD NciRename(HKEY Network, const WCHAR *Adapter, const WCHAR *Name, unsigned Run)
{
    HOST_SET_NAME SetName;
    DWORD Error = ERROR_SUCCESS, Returned,
          Length = FIELD_OFFSET(HOST_SET_NAME, Name) + (DWORD)lstrlenW(Name) * sizeof(WCHAR);
    HANDLE Device;
    if (NciIsTaken(Network, Adapter, Name))
        return ERROR_DUP_NAME;
    Device = NciOpenAdapter(Adapter);
    if (Device == INVALID_HANDLE_VALUE)
        return GetLastError();
    SetName.Run = Run;
    lstrcpynW(SetName.Name, Name, ARRAYSIZE(SetName.Name));
    if (!DeviceIoControl(Device, HOST_IOCTL_SET_NAME, &SetName, Length, NULL, 0, &Returned, NULL))
        Error = GetLastError();
    CloseHandle(Device);
    if (Error == ERROR_ALREADY_EXISTS)
        return ERROR_DUP_NAME;
    if (Error != ERROR_SUCCESS)
        return Error;
    return NciWriteName(Network, Adapter, Name);
}

/* NciSetConnectionName for that run of adit-wine. */
static DWORD NciSetName(const GUID *Guid, LPCWSTR NewName, unsigned Run)
{
    WCHAR Adapter[NCI_GUID_LENGTH];
    HANDLE Mutex;
    HKEY Network;
    DWORD Error;
    if (Guid == NULL || NewName == NULL)
        return ERROR_INVALID_PARAMETER;
    if (NewName[0] == 0 || lstrlenW(NewName) >= NCI_MAX_NAME)
        return ERROR_INVALID_NAME;
    NciGuidToString(Guid, Adapter);
    /* Two callers could otherwise both find a name free. */
    Mutex = CreateMutexW(NULL, FALSE, L"AditConnectionNames");
    if (Mutex == NULL)
        return GetLastError();
    WaitForSingleObject(Mutex, INFINITE);
    Error = (DWORD)RegCreateKeyExW(
        HKEY_LOCAL_MACHINE, NciNetworkKey, 0, NULL, 0, KEY_ALL_ACCESS, NULL, &Network, NULL);
    if (Error == ERROR_SUCCESS)
    {
        Error = NciRename(Network, Adapter, NewName, Run);
        RegCloseKey(Network);
    }
    ReleaseMutex(Mutex);
    CloseHandle(Mutex);
    return Error;
}

/*
 * Names a connection. ERROR_DUP_NAME: another adapter, or an interface of Linux, is named so, and
 * nothing has changed. ERROR_INVALID_NAME, ERROR_INVALID_PARAMETER, ERROR_ACCESS_DENIED (for
 * administrators only), ERROR_FILE_NOT_FOUND: no such adapter.
 */
DWORD WINAPI NciSetConnectionName(const GUID *Guid, LPCWSTR NewName)
{
    return NciSetName(Guid, NewName, NciRun());
}

/*
 * The name that an adapter's device had in an earlier session, which its interface then gets again.
 * Who may not name connections is told the name alone.
 */
static BOOL NciFormerName(HANDLE Device, const GUID *Guid, WCHAR *Name)
{
    DWORD Size = 0, Error;
    if (!DeviceIoControl(
            Device, HOST_IOCTL_GET_NAME, NULL, 0, Name, (NCI_MAX_NAME - 1) * sizeof(WCHAR), &Size,
            NULL))
        return FALSE;
    Name[Size / sizeof(WCHAR)] = 0;
    Error = NciSetName(Guid, Name, HOST_RUN_NOBODY);
    return Error == ERROR_SUCCESS || Error == ERROR_ACCESS_DENIED;
}

/*
 * The name of a connection that was never named is that of its interface. An adapter of this host
 * gets a name of its own, since Wine remembers what an interface was called when it was first asked
 * for, and this one is about to be renamed.
 */
static DWORD NciInterfaceName(const GUID *Guid, WCHAR *Name)
{
    WCHAR Adapter[NCI_GUID_LENGTH];
    NET_LUID Luid;
    HANDLE Device;
    DWORD Error;
    NciGuidToString(Guid, Adapter);
    Device = NciOpenAdapter(Adapter);
    if (Device != INVALID_HANDLE_VALUE)
    {
        if (!NciFormerName(Device, Guid, Name))
            wsprintfW(Name, L"Local Area Connection %u", Guid->Data1);
        CloseHandle(Device);
        return ERROR_SUCCESS;
    }
    Error = ConvertInterfaceGuidToLuid(Guid, &Luid);
    if (Error != ERROR_SUCCESS)
        return Error;
    return ConvertInterfaceLuidToAlias(&Luid, Name, NCI_MAX_NAME);
}

/*
 * Sizes are in bytes, the terminator included. ERROR_INSUFFICIENT_BUFFER: *RequiredSize says how
 * much it takes; Name may then be NULL.
 */
DWORD WINAPI
NciGetConnectionName(const GUID *Guid, LPWSTR Name, DWORD NameSize, DWORD *RequiredSize)
{
    WCHAR Adapter[NCI_GUID_LENGTH], Key[96], Value[NCI_MAX_NAME];
    DWORD Size = sizeof(Value), Error;
    HKEY Network;
    if (Guid == NULL || (Name == NULL && NameSize != 0))
        return ERROR_INVALID_PARAMETER;
    NciGuidToString(Guid, Adapter);
    NciKeyName(Adapter, Key, ARRAYSIZE(Key));
    Error = (DWORD)RegOpenKeyExW(HKEY_LOCAL_MACHINE, NciNetworkKey, 0, KEY_READ, &Network);
    if (Error == ERROR_SUCCESS)
    {
        Error = (DWORD)RegGetValueW(Network, Key, L"Name", RRF_RT_REG_SZ, NULL, Value, &Size);
        if (Error == ERROR_SUCCESS && !NciIsOfSession(Network, Adapter))
            Error = ERROR_FILE_NOT_FOUND;
        RegCloseKey(Network);
    }
    if (Error != ERROR_SUCCESS)
        Error = NciInterfaceName(Guid, Value);
    if (Error != ERROR_SUCCESS)
        return Error;
    Size = (DWORD)(lstrlenW(Value) + 1) * sizeof(WCHAR);
    if (RequiredSize != NULL)
        *RequiredSize = Size;
    if (NameSize < Size)
        return ERROR_INSUFFICIENT_BUFFER;
    lstrcpyW(Name, Value);
    return ERROR_SUCCESS;
}

BOOL WINAPI DllMainCRTStartup(HINSTANCE Instance, DWORD Reason, void *Reserved)
{
    (void)Reserved;
    if (Reason == DLL_PROCESS_ATTACH)
        DisableThreadLibraryCalls(Instance);
    return TRUE;
}
