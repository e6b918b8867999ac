/* SPDX-License-Identifier: MIT */
/*
 * Software devices, which Wine does not have: SwDeviceCreate and its relatives, in cfgmgr32.dll as
 * on Windows. A device is a connection to the service aditswd.exe, which makes it and takes it away
 * when the connection ends, be it by SwDeviceClose or by the death of this process.
 */
#include "swdevice.h"

#include <winsvc.h>

#define SWDEVICE_CONNECT_TIMEOUT_MS 20000

typedef struct _SW_DEVICE
{
    HANDLE Pipe;
    HANDLE Closing; /* set once the client wants no callback any more */
    HANDLE Idle;    /* set once no callback will come or runs */
    SW_DEVICE_CREATE_CALLBACK Callback;
    PVOID Context;
    volatile LONG References; /* the client's, and that of the work item */
    volatile DWORD CallbackThread;
    CRITICAL_SECTION Lock; /* one question and answer at a time */
    BOOL Created;
    SW_DEVICE_LIFETIME Lifetime;
    SWDEVICE_REPLY Reply;
} SW_DEVICE;

/* ---- The service ---- */

static HRESULT SwDeviceStartService(void)
{
    WCHAR Path[MAX_PATH];
    DWORD Error = ERROR_SUCCESS;
    SC_HANDLE Manager, Service;

    if (GetSystemDirectoryW(Path, MAX_PATH - ARRAYSIZE(SWDEVICE_IMAGE)) == 0)
        return HRESULT_FROM_WIN32(GetLastError());
    lstrcatW(Path, L"\\" SWDEVICE_IMAGE);
    Manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_ALL_ACCESS);
    if (Manager == NULL)
        return HRESULT_FROM_WIN32(GetLastError());
    Service = OpenServiceW(Manager, SWDEVICE_SERVICE, SERVICE_START);
    if (Service == NULL)
        Service = CreateServiceW(
            Manager, SWDEVICE_SERVICE, L"Software devices", SERVICE_START,
            SERVICE_WIN32_OWN_PROCESS, SERVICE_DEMAND_START, SERVICE_ERROR_NORMAL, Path, NULL, NULL,
            NULL, NULL, NULL);
    if (Service == NULL && GetLastError() == ERROR_SERVICE_EXISTS)
        Service = OpenServiceW(Manager, SWDEVICE_SERVICE, SERVICE_START);
    if (Service == NULL ||
        (!StartServiceW(Service, 0, NULL) && GetLastError() != ERROR_SERVICE_ALREADY_RUNNING))
        Error = GetLastError();
    if (Service != NULL)
        CloseServiceHandle(Service);
    CloseServiceHandle(Manager);
    return HRESULT_FROM_WIN32(Error);
}

static HRESULT SwDeviceConnect(HANDLE *Pipe)
{
    ULONGLONG Deadline = GetTickCount64() + SWDEVICE_CONNECT_TIMEOUT_MS;
    HRESULT Result;
    DWORD Error;

    for (;;)
    {
        *Pipe = CreateFileW(
            SWDEVICE_PIPE, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
            FILE_FLAG_OVERLAPPED, NULL);
        if (*Pipe != INVALID_HANDLE_VALUE)
            break;
        Error = GetLastError();
        if (GetTickCount64() >= Deadline)
            return HRESULT_FROM_WIN32(Error);
        if (Error == ERROR_PIPE_BUSY)
        {
            WaitNamedPipeW(SWDEVICE_PIPE, 1000);
            continue;
        }
        if (Error != ERROR_FILE_NOT_FOUND)
            return HRESULT_FROM_WIN32(Error);
        /* Services start one at a time, and Wine lets nobody wait longer than three seconds. */
        Result = SwDeviceStartService();
        if (FAILED(Result) && Result != HRESULT_FROM_WIN32(ERROR_SERVICE_DATABASE_LOCKED))
            return Result;
        Sleep(5);
    }
    return S_OK;
}

/* Writes a message, or reads one if Request is NULL; ends early when the device is being closed. */
static HRESULT SwDeviceTransfer(SW_DEVICE *Device, const void *Request, DWORD Size)
{
    OVERLAPPED Overlapped = {.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};
    HANDLE Handles[] = {Overlapped.hEvent, Device->Closing};
    DWORD Error = ERROR_SUCCESS, Done;
    BOOL Result;

    if (Overlapped.hEvent == NULL)
        return E_OUTOFMEMORY;
    if (Request != NULL)
        Result = WriteFile(Device->Pipe, Request, Size, NULL, &Overlapped);
    else
        Result = ReadFile(Device->Pipe, &Device->Reply, sizeof(Device->Reply), NULL, &Overlapped);
    if (!Result && GetLastError() != ERROR_IO_PENDING)
        Error = GetLastError();
    else
    {
        if (WaitForMultipleObjects(2, Handles, FALSE, INFINITE) != WAIT_OBJECT_0)
            CancelIoEx(Device->Pipe, &Overlapped);
        if (!GetOverlappedResult(Device->Pipe, &Overlapped, &Done, TRUE))
            Error = GetLastError();
    }
    CloseHandle(Overlapped.hEvent);
    return HRESULT_FROM_WIN32(Error);
}

/* ---- Requests ---- */

typedef struct _SWDEVICE_MESSAGE
{
    DWORD Size;
    union
    {
        SWDEVICE_REQUEST Request;
        BYTE Bytes[SWDEVICE_MAX_MESSAGE];
    } u;
} SWDEVICE_MESSAGE;

/* Appends data and says where it is; zero if there is none. FALSE: the message gets too long. */
static BOOL SwDeviceAppend(SWDEVICE_MESSAGE *Message, const void *Data, SIZE_T Size, UINT32 *Offset)
{
    DWORD Padded = (DWORD)(Size + 3) & ~3u;
    if (Offset != NULL)
        *Offset = Data == NULL ? 0 : Message->Size;
    if (Data == NULL)
        return TRUE;
    if (Size > SWDEVICE_MAX_MESSAGE || Padded > SWDEVICE_MAX_MESSAGE - Message->Size)
        return FALSE;
    CopyMemory(Message->u.Bytes + Message->Size, Data, Size);
    ZeroMemory(Message->u.Bytes + Message->Size + Size, Padded - Size);
    Message->Size += Padded;
    return TRUE;
}

static SIZE_T SwDeviceStringSize(PCWSTR Text)
{
    return Text == NULL ? 0 : ((SIZE_T)lstrlenW(Text) + 1) * sizeof(WCHAR);
}

static SIZE_T SwDeviceListSize(const WCHAR *List)
{
    const WCHAR *End = List;
    if (List == NULL)
        return 0;
    while (*End != 0)
        End += lstrlenW(End) + 1;
    return (SIZE_T)(End + 1 - List) * sizeof(WCHAR);
}

static BOOL
SwDeviceAppendProperties(SWDEVICE_MESSAGE *Message, ULONG Count, const DEVPROPERTY *Properties)
{
    Message->u.Request.PropertyCount = Count;
    Message->u.Request.Properties = Message->Size;
    for (ULONG i = 0; i < Count; i++)
    {
        SWDEVICE_PROPERTY Property = {
            Properties[i].CompKey.Key, Properties[i].Type, Properties[i].BufferSize};
        if (!SwDeviceAppend(Message, &Property, sizeof(Property), NULL) ||
            !SwDeviceAppend(Message, Properties[i].Buffer, Properties[i].BufferSize, NULL))
            return FALSE;
    }
    return TRUE;
}

static SWDEVICE_MESSAGE *SwDeviceNewMessage(SWDEVICE_CODE Code)
{
    SWDEVICE_MESSAGE *Message = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof(*Message));
    if (Message != NULL)
    {
        Message->Size = sizeof(SWDEVICE_REQUEST);
        Message->u.Request.Code = Code;
    }
    return Message;
}

static BOOL SwDeviceAppendCreate(
    SWDEVICE_MESSAGE *Message, PCWSTR Enumerator, const SW_DEVICE_CREATE_INFO *Info)
{
    SWDEVICE_REQUEST *Request = &Message->u.Request;
    return SwDeviceAppend(
               Message, Enumerator, SwDeviceStringSize(Enumerator), &Request->Enumerator) &&
           SwDeviceAppend(
               Message, Info->pszInstanceId, SwDeviceStringSize(Info->pszInstanceId),
               &Request->InstanceId) &&
           SwDeviceAppend(
               Message, Info->pszzHardwareIds, SwDeviceListSize(Info->pszzHardwareIds),
               &Request->HardwareIds) &&
           SwDeviceAppend(
               Message, Info->pszzCompatibleIds, SwDeviceListSize(Info->pszzCompatibleIds),
               &Request->CompatibleIds) &&
           SwDeviceAppend(
               Message, Info->pszDeviceDescription, SwDeviceStringSize(Info->pszDeviceDescription),
               &Request->Description) &&
           SwDeviceAppend(
               Message, Info->pszDeviceLocation, SwDeviceStringSize(Info->pszDeviceLocation),
               &Request->Location);
}

/* ---- Devices ---- */

static void SwDeviceRelease(SW_DEVICE *Device)
{
    if (InterlockedDecrement(&Device->References) != 0)
        return;
    if (Device->Pipe != INVALID_HANDLE_VALUE)
        CloseHandle(Device->Pipe);
    if (Device->Closing != NULL)
        CloseHandle(Device->Closing);
    if (Device->Idle != NULL)
        CloseHandle(Device->Idle);
    DeleteCriticalSection(&Device->Lock);
    HeapFree(GetProcessHeap(), 0, Device);
}

static DWORD WINAPI SwDeviceWaitForCreation(void *Parameter)
{
    SW_DEVICE *Device = Parameter;
    HRESULT Result = SwDeviceTransfer(Device, NULL, 0);

    if (SUCCEEDED(Result))
        Result = Device->Reply.Result;
    Device->Created = SUCCEEDED(Result);
    if (WaitForSingleObject(Device->Closing, 0) != WAIT_OBJECT_0)
    {
        Device->CallbackThread = GetCurrentThreadId();
        Device->Callback(
            Device, Result, Device->Context, SUCCEEDED(Result) ? Device->Reply.InstanceId : NULL);
        Device->CallbackThread = 0;
    }
    SetEvent(Device->Idle);
    SwDeviceRelease(Device);
    return 0;
}

static HRESULT SwDeviceStart(SW_DEVICE *Device, SWDEVICE_MESSAGE *Message)
{
    HRESULT Result = SwDeviceConnect(&Device->Pipe);
    if (FAILED(Result))
        return Result;
    Result = SwDeviceTransfer(Device, Message->u.Bytes, Message->Size);
    if (FAILED(Result))
        return Result;
    Device->References++;
    if (!QueueUserWorkItem(SwDeviceWaitForCreation, Device, WT_EXECUTELONGFUNCTION))
    {
        Device->References--;
        return HRESULT_FROM_WIN32(GetLastError());
    }
    return S_OK;
}

static BOOL SwDeviceIsAdministrator(void)
{
    SID_IDENTIFIER_AUTHORITY Authority = {SECURITY_NT_AUTHORITY};
    BOOL IsMember = FALSE;
    PSID Sid;
    if (!AllocateAndInitializeSid(
            &Authority, 2, SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_ADMINS, 0, 0, 0, 0, 0, 0,
            &Sid))
        return FALSE;
    if (!CheckTokenMembership(NULL, Sid, &IsMember))
        IsMember = FALSE;
    FreeSid(Sid);
    return IsMember;
}

HRESULT WINAPI SwDeviceCreate(
    PCWSTR EnumeratorName,
    PCWSTR ParentDeviceInstance,
    const SW_DEVICE_CREATE_INFO *Info,
    ULONG PropertyCount,
    const DEVPROPERTY *Properties,
    SW_DEVICE_CREATE_CALLBACK Callback,
    PVOID Context,
    PHSWDEVICE NewDevice)
{
    SWDEVICE_MESSAGE *Message;
    SW_DEVICE *Device;
    HRESULT Result;

    if (EnumeratorName == NULL || ParentDeviceInstance == NULL || Info == NULL ||
        Info->cbSize != sizeof(*Info) || Info->pszInstanceId == NULL || Callback == NULL ||
        NewDevice == NULL || (PropertyCount != 0 && Properties == NULL) ||
        ((Info->CapabilityFlags & SWDeviceCapabilitiesDriverRequired) != 0 &&
         Info->pszzHardwareIds == NULL && Info->pszzCompatibleIds == NULL))
        return E_INVALIDARG;
    *NewDevice = NULL;
    if (!SwDeviceIsAdministrator())
        return E_ACCESSDENIED;
    Message = SwDeviceNewMessage(SwDeviceCodeCreate);
    Device = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof(*Device));
    if (Message == NULL || Device == NULL)
    {
        HeapFree(GetProcessHeap(), 0, Message);
        HeapFree(GetProcessHeap(), 0, Device);
        return E_OUTOFMEMORY;
    }
    Device->References = 1;
    Device->Pipe = INVALID_HANDLE_VALUE;
    Device->Callback = Callback;
    Device->Context = Context;
    InitializeCriticalSection(&Device->Lock);
    Device->Closing = CreateEventW(NULL, TRUE, FALSE, NULL);
    Device->Idle = CreateEventW(NULL, TRUE, FALSE, NULL);
    /* The callback may come first, and the client may want the handle then. */
    *NewDevice = Device;
    if (Device->Closing == NULL || Device->Idle == NULL)
        Result = E_OUTOFMEMORY;
    else if (
        !SwDeviceAppendCreate(Message, EnumeratorName, Info) ||
        !SwDeviceAppendProperties(Message, PropertyCount, Properties))
        Result = E_INVALIDARG;
    else
        Result = SwDeviceStart(Device, Message);
    if (FAILED(Result))
    {
        *NewDevice = NULL;
        SwDeviceRelease(Device);
    }
    HeapFree(GetProcessHeap(), 0, Message);
    return Result;
}

/* From inside the callback, as Windows 8.1 allows it, the device is freed when that returns. */
void WINAPI SwDeviceClose(HSWDEVICE Device)
{
    if (Device == NULL)
        return;
    SetEvent(Device->Closing);
    if (Device->CallbackThread != GetCurrentThreadId())
        WaitForSingleObject(Device->Idle, INFINITE);
    CloseHandle(Device->Pipe);
    Device->Pipe = INVALID_HANDLE_VALUE;
    SwDeviceRelease(Device);
}

/* ---- Properties and lifetime ---- */

static HRESULT SwDeviceAsk(SW_DEVICE *Device, SWDEVICE_MESSAGE *Message)
{
    HRESULT Result;
    EnterCriticalSection(&Device->Lock);
    Result = SwDeviceTransfer(Device, Message->u.Bytes, Message->Size);
    if (SUCCEEDED(Result))
        Result = SwDeviceTransfer(Device, NULL, 0);
    if (SUCCEEDED(Result))
        Result = Device->Reply.Result;
    LeaveCriticalSection(&Device->Lock);
    return Result;
}

HRESULT WINAPI
SwDevicePropertySet(HSWDEVICE Device, ULONG PropertyCount, const DEVPROPERTY *Properties)
{
    SWDEVICE_MESSAGE *Message;
    HRESULT Result;
    if (Device == NULL || PropertyCount == 0 || Properties == NULL)
        return E_INVALIDARG;
    if (!Device->Created)
        return HRESULT_FROM_WIN32(ERROR_NOT_READY);
    Message = SwDeviceNewMessage(SwDeviceCodeSetProperties);
    if (Message == NULL)
        return E_OUTOFMEMORY;
    Result = SwDeviceAppendProperties(Message, PropertyCount, Properties)
                 ? SwDeviceAsk(Device, Message)
                 : E_INVALIDARG;
    HeapFree(GetProcessHeap(), 0, Message);
    return Result;
}

HRESULT WINAPI SwDeviceSetLifetime(HSWDEVICE Device, SW_DEVICE_LIFETIME Lifetime)
{
    SWDEVICE_MESSAGE *Message;
    HRESULT Result;
    if (Device == NULL || Lifetime < SWDeviceLifetimeHandle || Lifetime >= SWDeviceLifetimeMax)
        return E_INVALIDARG;
    if (!Device->Created)
        return HRESULT_FROM_WIN32(ERROR_NOT_READY);
    Message = SwDeviceNewMessage(SwDeviceCodeSetLifetime);
    if (Message == NULL)
        return E_OUTOFMEMORY;
    Message->u.Request.Value = Lifetime;
    Result = SwDeviceAsk(Device, Message);
    if (SUCCEEDED(Result))
        Device->Lifetime = Lifetime;
    HeapFree(GetProcessHeap(), 0, Message);
    return Result;
}

HRESULT WINAPI SwDeviceGetLifetime(HSWDEVICE Device, SW_DEVICE_LIFETIME *Lifetime)
{
    if (Device == NULL || Lifetime == NULL)
        return E_INVALIDARG;
    *Lifetime = Device->Lifetime;
    return S_OK;
}

void WINAPI SwMemFree(PVOID Memory)
{
    HeapFree(GetProcessHeap(), 0, Memory);
}
