/* SPDX-License-Identifier: MIT */
/*
 * aditswd.exe: the service that makes software devices and takes them away. Each device is one
 * connection to a pipe; a device is there as long as the connection is, so that the end of the
 * client, however abrupt, is the end of its devices.
 */
#include "swdevice_node.h"

#include <sddl.h>
#include <winsvc.h>

/* How long the creation of a device waits for the end of one with the same instance id. */
#define SERVICE_REMOVAL_TIMEOUT_MS 10000

typedef struct _SERVICE_DEVICE
{
    struct _SERVICE_DEVICE *Next;
    HANDLE Pipe;
    WCHAR InstanceId[SWDEVICE_MAX_ID];
    BOOL Stays; /* its lifetime is its parent's */
} SERVICE_DEVICE;

/* A connection and its last message, which ends in zeros that no string runs past. */
typedef struct _SERVICE_CLIENT
{
    SERVICE_DEVICE Device;
    union
    {
        SWDEVICE_REQUEST Request;
        BYTE Bytes[SWDEVICE_MAX_MESSAGE + 8];
    } u;
} SERVICE_CLIENT;

static CRITICAL_SECTION ServiceLock;   /* the list, and SetupAPI, which takes one at a time */
static SERVICE_DEVICE *ServiceDevices; /* ServiceLock */
static SERVICE_STATUS_HANDLE ServiceStatusHandle;

/* ---- Requests ---- */

static BOOL ServiceIsOffset(UINT32 Offset, DWORD Size, BOOL Required)
{
    return Offset == 0 ? !Required
                       : Offset >= sizeof(SWDEVICE_REQUEST) && Offset < Size && Offset % 4 == 0;
}

static BOOL ServiceCheckRequest(const SWDEVICE_REQUEST *Request, DWORD Size)
{
    BOOL Create = Request->Code == SwDeviceCodeCreate;
    UINT32 Offset = Request->Properties;

    if (Size < sizeof(*Request) || !ServiceIsOffset(Request->Enumerator, Size, Create) ||
        !ServiceIsOffset(Request->InstanceId, Size, Create) ||
        !ServiceIsOffset(Request->HardwareIds, Size, FALSE) ||
        !ServiceIsOffset(Request->CompatibleIds, Size, FALSE) ||
        !ServiceIsOffset(Request->Description, Size, FALSE) ||
        !ServiceIsOffset(Request->Location, Size, FALSE))
        return FALSE;
    for (UINT32 i = 0; i < Request->PropertyCount; i++)
    {
        const SWDEVICE_PROPERTY *Property =
            (const SWDEVICE_PROPERTY *)((const BYTE *)Request + Offset);
        if (Offset < sizeof(*Request) || Offset % 4 != 0 || Offset > Size ||
            Size - Offset < sizeof(*Property) || Property->Size > Size - Offset - sizeof(*Property))
            return FALSE;
        Offset += (UINT32)sizeof(*Property) + ((Property->Size + 3) & ~3u);
    }
    return TRUE;
}

static BOOL ServiceRead(SERVICE_CLIENT *Client)
{
    DWORD Size;
    ZeroMemory(&Client->u, sizeof(Client->u));
    return ReadFile(Client->Device.Pipe, Client->u.Bytes, SWDEVICE_MAX_MESSAGE, &Size, NULL) &&
           ServiceCheckRequest(&Client->u.Request, Size);
}

static BOOL ServiceReply(SERVICE_CLIENT *Client, HRESULT Result)
{
    SWDEVICE_REPLY Reply = {.Result = Result};
    DWORD Written;
    lstrcpyW(Reply.InstanceId, Client->Device.InstanceId);
    return WriteFile(Client->Device.Pipe, &Reply, sizeof(Reply), &Written, NULL);
}

/* ---- Devices ---- */

static SERVICE_DEVICE *ServiceFind(const WCHAR *InstanceId)
{
    for (SERVICE_DEVICE *Device = ServiceDevices; Device != NULL; Device = Device->Next)
    {
        if (lstrcmpiW(Device->InstanceId, InstanceId) == 0)
            return Device;
    }
    return NULL;
}

static BOOL ServiceIsConnected(const SERVICE_DEVICE *Device)
{
    return PeekNamedPipe(Device->Pipe, NULL, 0, NULL, NULL, NULL);
}

/* One handle to a device at a time; one whose client has gone is waited for. */
static HRESULT ServiceReserve(SERVICE_DEVICE *Device, const SWDEVICE_REQUEST *Request)
{
    ULONGLONG Deadline = GetTickCount64() + SERVICE_REMOVAL_TIMEOUT_MS;
    const WCHAR *Enumerator = (const WCHAR *)((const BYTE *)Request + Request->Enumerator);
    const WCHAR *Id = (const WCHAR *)((const BYTE *)Request + Request->InstanceId);
    WCHAR InstanceId[SWDEVICE_MAX_ID];
    const SERVICE_DEVICE *Other;

    if (lstrlenW(Enumerator) + lstrlenW(Id) + 7 > SWDEVICE_MAX_ID)
        return E_INVALIDARG;
    lstrcpyW(InstanceId, L"ROOT\\");
    lstrcatW(InstanceId, Enumerator);
    lstrcatW(InstanceId, L"\\");
    lstrcatW(InstanceId, Id);
    for (;;)
    {
        EnterCriticalSection(&ServiceLock);
        Other = ServiceFind(InstanceId);
        if (Other == NULL)
        {
            lstrcpyW(Device->InstanceId, InstanceId);
            Device->Next = ServiceDevices;
            ServiceDevices = Device;
            LeaveCriticalSection(&ServiceLock);
            return S_OK;
        }
        BOOL Connected = ServiceIsConnected(Other);
        LeaveCriticalSection(&ServiceLock);
        if (Connected || GetTickCount64() >= Deadline)
            return HRESULT_FROM_WIN32(ERROR_ALREADY_EXISTS);
        Sleep(2);
    }
}

static void ServiceRemove(SERVICE_DEVICE *Device)
{
    SERVICE_DEVICE **Link = &ServiceDevices;
    EnterCriticalSection(&ServiceLock);
    if (!Device->Stays)
        SwNodeStop(Device->InstanceId);
    while (*Link != Device)
        Link = &(*Link)->Next;
    *Link = Device->Next;
    LeaveCriticalSection(&ServiceLock);
}

static void ServiceAnswer(SERVICE_CLIENT *Client)
{
    HRESULT Result = E_INVALIDARG;
    while (ServiceRead(Client))
    {
        switch (Client->u.Request.Code)
        {
        case SwDeviceCodeSetProperties:
            EnterCriticalSection(&ServiceLock);
            Result = SwNodeSetProperties(Client->Device.InstanceId, &Client->u.Request);
            LeaveCriticalSection(&ServiceLock);
            break;
        case SwDeviceCodeSetLifetime:
            Client->Device.Stays = Client->u.Request.Value == SWDeviceLifetimeParentPresent;
            Result = S_OK;
            break;
        }
        if (!ServiceReply(Client, Result))
            return;
    }
}

static void ServiceServe(SERVICE_CLIENT *Client)
{
    HRESULT Result;
    BOOL Told;

    if (!ServiceRead(Client) || Client->u.Request.Code != SwDeviceCodeCreate)
        return;
    Result = ServiceReserve(&Client->Device, &Client->u.Request);
    if (FAILED(Result))
    {
        ServiceReply(Client, Result);
        return;
    }
    EnterCriticalSection(&ServiceLock);
    Result = SwNodeEnumerate(&Client->u.Request, Client->Device.InstanceId);
    LeaveCriticalSection(&ServiceLock);
    Told = ServiceReply(Client, Result);
    if (Told && SUCCEEDED(Result))
    {
        EnterCriticalSection(&ServiceLock);
        /* Many clients come and go before their turn. */
        if (ServiceIsConnected(&Client->Device))
            SwNodeStart(Client->Device.InstanceId);
        LeaveCriticalSection(&ServiceLock);
        ServiceAnswer(Client);
    }
    ServiceRemove(&Client->Device);
}

static DWORD WINAPI ServiceClientThread(void *Parameter)
{
    SERVICE_CLIENT *Client = Parameter;
    ServiceServe(Client);
    DisconnectNamedPipe(Client->Device.Pipe);
    CloseHandle(Client->Device.Pipe);
    HeapFree(GetProcessHeap(), 0, Client);
    return 0;
}

/* ---- The service ---- */

static void WINAPI ServiceControl(DWORD Control)
{
    SERVICE_STATUS Status = {.dwServiceType = SERVICE_WIN32_OWN_PROCESS};
    if (Control != SERVICE_CONTROL_STOP && Control != SERVICE_CONTROL_SHUTDOWN)
        return;
    Status.dwCurrentState = SERVICE_STOPPED;
    SetServiceStatus(ServiceStatusHandle, &Status);
    ExitProcess(0);
}

static HANDLE ServiceListen(SECURITY_ATTRIBUTES *Attributes)
{
    return CreateNamedPipeW(
        SWDEVICE_PIPE, PIPE_ACCESS_DUPLEX,
        PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS,
        PIPE_UNLIMITED_INSTANCES, SWDEVICE_MAX_MESSAGE, SWDEVICE_MAX_MESSAGE, 0, Attributes);
}

static void ServiceAccept(SECURITY_ATTRIBUTES *Attributes)
{
    for (;;)
    {
        SERVICE_CLIENT *Client = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof(*Client));
        if (Client == NULL)
            return;
        Client->Device.Pipe = ServiceListen(Attributes);
        if (Client->Device.Pipe == INVALID_HANDLE_VALUE)
            return;
        if (!ConnectNamedPipe(Client->Device.Pipe, NULL) && GetLastError() != ERROR_PIPE_CONNECTED)
        {
            CloseHandle(Client->Device.Pipe);
            HeapFree(GetProcessHeap(), 0, Client);
            continue;
        }
        HANDLE Thread = CreateThread(NULL, 0, ServiceClientThread, Client, 0, NULL);
        if (Thread == NULL)
            return;
        CloseHandle(Thread);
    }
}

static void WINAPI ServiceMain(DWORD Count, WCHAR **Arguments)
{
    SERVICE_STATUS Status = {
        .dwServiceType = SERVICE_WIN32_OWN_PROCESS,
        .dwCurrentState = SERVICE_RUNNING,
        .dwControlsAccepted = SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_SHUTDOWN};
    SECURITY_ATTRIBUTES Attributes = {.nLength = sizeof(Attributes)};

    (void)Count;
    (void)Arguments;
    ServiceStatusHandle = RegisterServiceCtrlHandlerW(SWDEVICE_SERVICE, ServiceControl);
    if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(
            L"D:P(A;;GA;;;SY)(A;;GA;;;BA)", SDDL_REVISION_1, &Attributes.lpSecurityDescriptor,
            NULL))
        return;
    SetServiceStatus(ServiceStatusHandle, &Status);
    SwNodeStopAll();
    SwNodeBeginSession();
    ServiceAccept(&Attributes);
    Status.dwCurrentState = SERVICE_STOPPED;
    SetServiceStatus(ServiceStatusHandle, &Status);
}

int main(void)
{
    WCHAR Name[] = SWDEVICE_SERVICE;
    SERVICE_TABLE_ENTRYW Table[] = {{Name, ServiceMain}, {NULL, NULL}};
    InitializeCriticalSection(&ServiceLock);
    return !StartServiceCtrlDispatcherW(Table);
}
