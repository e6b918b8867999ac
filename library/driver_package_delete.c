/* SPDX-License-Identifier: MIT */
/* Deleting the driver: its devices' keys, its service, its packages in the driver store. */
#include "driver_package.h"
#include "device_start.h"
#include "log.h"
#include "system.h"

#include <winsvc.h>

#define DRIVER_PACKAGE_STOP_TIMEOUT_MS  10000
#define DRIVER_PACKAGE_STOP_INTERVAL_MS 20

#define DRIVER_PACKAGE_EVENT_SOURCE \
    L"SYSTEM\\CurrentControlSet\\Services\\EventLog\\System\\" DEVICE_NODE_SERVICE

static BOOL DriverPackageWaitStopped(SC_HANDLE Service)
{
    SERVICE_STATUS Status;
    ULONGLONG Deadline = GetTickCount64() + DRIVER_PACKAGE_STOP_TIMEOUT_MS;

    for (;;)
    {
        if (!QueryServiceStatus(Service, &Status))
        {
            LogLastError(L"Reading the state of the service %1", DEVICE_NODE_SERVICE);
            return FALSE;
        }
        if (Status.dwCurrentState == SERVICE_STOPPED)
        {
            return TRUE;
        }
        if (GetTickCount64() >= Deadline)
        {
            LogFailure(
                WINTUN_LOG_ERR, ERROR_SERVICE_REQUEST_TIMEOUT,
                L"Waiting %1!u! s for the service %2 to stop",
                DRIVER_PACKAGE_STOP_TIMEOUT_MS / 1000, DEVICE_NODE_SERVICE);
            return FALSE;
        }
        Sleep(DRIVER_PACKAGE_STOP_INTERVAL_MS);
    }
}

static BOOL DriverPackageDeleteOpenService(SC_HANDLE Service)
{
    SERVICE_STATUS Status;

    if (!ControlService(Service, SERVICE_CONTROL_STOP, &Status) &&
        GetLastError() != ERROR_SERVICE_NOT_ACTIVE)
    {
        LogLastError(L"Stopping the service %1", DEVICE_NODE_SERVICE);
        return FALSE;
    }
    if (!DriverPackageWaitStopped(Service))
    {
        return FALSE;
    }
    if (!DeleteService(Service) && GetLastError() != ERROR_SERVICE_MARKED_FOR_DELETE)
    {
        LogLastError(L"Deleting the service %1", DEVICE_NODE_SERVICE);
        return FALSE;
    }
    return TRUE;
}

static BOOL DriverPackageDeleteService(VOID)
{
    SC_HANDLE Manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    if (Manager == NULL)
    {
        LogLastError(L"Opening the service manager");
        return FALSE;
    }
    BOOL Result = TRUE;
    SC_HANDLE Service =
        OpenServiceW(Manager, DEVICE_NODE_SERVICE, SERVICE_STOP | SERVICE_QUERY_STATUS | DELETE);
    if (Service != NULL)
    {
        Result = DriverPackageDeleteOpenService(Service);
        DWORD Error = GetLastError();
        CloseServiceHandle(Service);
        SetLastError(Error);
    }
    else if (GetLastError() != ERROR_SERVICE_DOES_NOT_EXIST)
    {
        LogLastError(L"Opening the service %1", DEVICE_NODE_SERVICE);
        Result = FALSE;
    }
    DWORD Error = GetLastError();
    CloseServiceHandle(Manager);
    SetLastError(Error);
    return Result;
}

/* The source of the driver's events in the system's event log, which the INF has registered. */
static BOOL DriverPackageDeleteEventSource(VOID)
{
    DWORD Error =
        (DWORD)RegDeleteKeyExW(HKEY_LOCAL_MACHINE, DRIVER_PACKAGE_EVENT_SOURCE, KEY_WOW64_64KEY, 0);
    if (Error != ERROR_SUCCESS && Error != ERROR_FILE_NOT_FOUND)
    {
        LogFailure(WINTUN_LOG_ERR, Error, L"Deleting the key %1", DRIVER_PACKAGE_EVENT_SOURCE);
        return FALSE;
    }
    return TRUE;
}

/* Windows takes the software device of a process that has ended away by itself. */
static BOOL DriverPackageRemoveNode(const DEVICE_NODE *Node)
{
    DEVICE_NODE_NAME Name;

    DeviceNodeGetName(Node, &Name);
    if (Node->IsSoftware && Node->IsPresent)
    {
        DeviceStartWaitGone(Node->InstanceId);
    }
    return DeviceNodeRemove(&Name, NULL);
}

BOOL DriverPackageIsInUse(const DEVICE_NODE *Nodes)
{
    for (const DEVICE_NODE *Node = Nodes; Node != NULL; Node = Node->Next)
    {
        if (Node->IsPresent && !DeviceNodeIsOrphan(Node))
        {
            return TRUE;
        }
    }
    return FALSE;
}

BOOL DriverPackageRemove(const DEVICE_NODE *Nodes)
{
    BOOL Result = TRUE;

    for (const DEVICE_NODE *Node = Nodes; Node != NULL; Node = Node->Next)
    {
        Result = DriverPackageRemoveNode(Node) && Result;
    }
    return Result && DriverPackageDeleteService() && DriverPackageDeletePublished() &&
           DriverPackageDeleteEventSource();
}

static VOID DriverPackageReportUse(const DEVICE_NODE *Nodes)
{
    for (const DEVICE_NODE *Node = Nodes; Node != NULL; Node = Node->Next)
    {
        if (!Node->IsPresent || DeviceNodeIsOrphan(Node))
        {
            continue;
        }
        if (Node->Owner.Id == 0)
        {
            LogFailure(
                WINTUN_LOG_ERR, ERROR_DEVICE_IN_USE,
                L"Deleting the driver: the persistent adapter %1 uses it", Node->InstanceId);
        }
        else
        {
            LogFailure(
                WINTUN_LOG_ERR, ERROR_DEVICE_IN_USE,
                L"Deleting the driver: process %2!u! uses it for %1", Node->InstanceId,
                Node->Owner.Id);
        }
    }
}

BOOL WINAPI WintunDeleteDriver(VOID)
{
    DEVICE_NODE *Nodes;
    HANDLE Lock;
    BOOL Result = FALSE;

    if (!SystemRequireElevation(L"Deleting the driver") || !SystemLock(&Lock))
    {
        return FALSE;
    }
    if (DeviceNodeList(&Nodes))
    {
        if (DriverPackageIsInUse(Nodes))
        {
            DriverPackageReportUse(Nodes);
        }
        else
        {
            Result = DriverPackageRemove(Nodes);
        }
        DWORD Error = GetLastError();
        DeviceNodeFree(Nodes);
        SetLastError(Error);
    }
    SystemUnlock(Lock);
    return Result;
}
