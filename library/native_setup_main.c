/* SPDX-License-Identifier: MIT */
/*
 * aditsetup.exe: what adit.dll in an emulated process starts to install devices for it
 * (native_setup_request.h). Run by hand it does nothing.
 */
#include "driver_package.h"
#include "log.h"
#include "native_setup_request.h"
#include "system.h"

VOID NativeSetupMain(VOID);

static NATIVE_SETUP_REQUEST *NativeSetupRequest;

static VOID CALLBACK NativeSetupLog(WINTUN_LOGGER_LEVEL Level, DWORD64 Timestamp, LPCWSTR Message)
{
    NATIVE_SETUP_REQUEST *Request = NativeSetupRequest;

    if (Request->MessageCount < NATIVE_SETUP_MAX_MESSAGES)
    {
        NATIVE_SETUP_MESSAGE *Entry = &Request->Messages[Request->MessageCount];
        Entry->Level = (DWORD)Level;
        Entry->Timestamp = Timestamp;
        lstrcpynW(Entry->Text, Message, ARRAYSIZE(Entry->Text));
    }
    ++Request->MessageCount;
}

/* This process does not outlive its client, whatever it waits for. */
static DWORD WINAPI NativeSetupWatch(VOID *Client)
{
    WaitForSingleObject(Client, INFINITE);
    TerminateProcess(GetCurrentProcess(), ERROR_PROCESS_ABORTED);
    return 0;
}

/* The number after the program's own name, which is in quotation marks; zero if there is none. */
static ULONG NativeSetupArgument(VOID)
{
    LPCWSTR Text = GetCommandLineW();
    ULONG Number = 0;

    if (*Text++ != L'"')
    {
        return 0;
    }
    while (*Text != 0 && *Text++ != L'"')
    {
    }
    while (*Text == L' ')
    {
        ++Text;
    }
    for (; *Text != 0; ++Text)
    {
        WCHAR Digit = *Text;
        if (Digit >= L'0' && Digit <= L'9')
        {
            Number = Number << 4 | (ULONG)(Digit - L'0');
        }
        else if (Digit >= L'a' && Digit <= L'f')
        {
            Number = Number << 4 | (ULONG)(Digit - L'a' + 10);
        }
        else
        {
            return 0;
        }
    }
    return Number;
}

static BOOL NativeSetupCreate(NATIVE_SETUP_REQUEST *Request)
{
    DEVICE_NODE_REQUEST Device = {
        .TunnelType = Request->TunnelType,
        .Guid = Request->Guid,
        .Mtu = Request->Mtu,
        .LinkSpeed = Request->LinkSpeed,
        .Persistent = Request->IsPersistent != 0,
        .InfPath = Request->InfPath,
        .IsInstalled = Request->IsInstalled != 0,
    };
    DEVICE_NODE *Node = NULL;

    if (!DeviceNodeCreateRoot(&Device, &Request->Owner, &Node))
    {
        return FALSE;
    }
    lstrcpynW(Request->InstanceId, Node->InstanceId, ARRAYSIZE(Request->InstanceId));
    DeviceNodeFree(Node);
    return TRUE;
}

static BOOL NativeSetupRemove(const NATIVE_SETUP_REQUEST *Request)
{
    DEVICE_NODE_NAME Name;

    lstrcpynW(Name.InstanceId, Request->InstanceId, ARRAYSIZE(Name.InstanceId));
    Name.Owner = Request->Owner;
    Name.RequestedGuid = Request->Guid;
    return DeviceNodeRemove(&Name, NULL);
}

static BOOL NativeSetupDo(NATIVE_SETUP_REQUEST *Request)
{
    switch (Request->Action)
    {
    case NativeSetupActionAddPackage:
        return DriverPackagePublish(Request->InfPath, Request->Directory, Request->Published);
    case NativeSetupActionDeletePackage:
        return DriverPackageUnpublish(Request->InfPath);
    case NativeSetupActionCreateDevice:
        return NativeSetupCreate(Request);
    case NativeSetupActionRemoveDevice:
        return NativeSetupRemove(Request);
    default:
        LogFailure(
            WINTUN_LOG_ERR, ERROR_INVALID_FUNCTION, L"Installing: there is no action %1!u!",
            Request->Action);
        return FALSE;
    }
}

VOID NativeSetupMain(VOID)
{
    HANDLE Section = ULongToHandle(NativeSetupArgument());

    SystemModule = GetModuleHandleW(NULL);
    NATIVE_SETUP_REQUEST *Request = MapViewOfFile(Section, FILE_MAP_ALL_ACCESS, 0, 0, 0);
    if (Request == NULL || Request->Size != sizeof(*Request))
    {
        ExitProcess(ERROR_INVALID_PARAMETER);
    }
    HANDLE Client = ULongToHandle(Request->Client);
    HANDLE Start = ULongToHandle(Request->Start);
    HANDLE Events[] = {Client, Start};
    HANDLE Watch = CreateThread(NULL, 0, NativeSetupWatch, Client, 0, NULL);
    if (Watch == NULL ||
        WaitForMultipleObjects(ARRAYSIZE(Events), Events, FALSE, INFINITE) != WAIT_OBJECT_0 + 1)
    {
        ExitProcess(ERROR_PROCESS_ABORTED);
    }
    NativeSetupRequest = Request;
    WintunSetLogger(NativeSetupLog);
    Request->Error = NativeSetupDo(Request) ? ERROR_SUCCESS : GetLastError();
    Request->IsDone = TRUE;
    ExitProcess(0);
}
