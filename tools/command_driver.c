/* SPDX-License-Identifier: MIT */
/* aditctl driver status, driver install, driver delete */
#include "arguments.h"
#include "command.h"
#include "json.h"
#include "library.h"
#include "output.h"
#include "report.h"

#include <stdio.h>
#include <winsvc.h>

#define DRIVER_SERVICE L"Adit"

/* Of the adapter that installs the driver. */
#define DRIVER_INSTALL_NAME L"Adit install"
#define DRIVER_INSTALL_TYPE L"Adit"

typedef struct _DRIVER_STATUS
{
    LPCWSTR State;     /* "running", "stopped", "not-installed" or what lies between */
    WCHAR Version[16]; /* of the running driver, or empty */
    UINT64 Adapters;
} DRIVER_STATUS;

static LPCWSTR DriverStateName(DWORD State)
{
    switch (State)
    {
    case SERVICE_STOPPED:
        return L"stopped";
    case SERVICE_START_PENDING:
        return L"starting";
    case SERVICE_STOP_PENDING:
        return L"stopping";
    default:
        return L"running"; /* a driver cannot be paused */
    }
}

/* FALSE with the last error. */
static BOOL DriverReadState(LPCWSTR *State)
{
    SERVICE_STATUS Status;

    SC_HANDLE Manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    if (Manager == NULL)
    {
        return FALSE;
    }
    SC_HANDLE Service = OpenServiceW(Manager, DRIVER_SERVICE, SERVICE_QUERY_STATUS);
    BOOL Result = Service != NULL && QueryServiceStatus(Service, &Status);
    DWORD Error = GetLastError();
    if (Result)
    {
        *State = DriverStateName(Status.dwCurrentState);
    }
    else if (Service == NULL && Error == ERROR_SERVICE_DOES_NOT_EXIST)
    {
        *State = L"not-installed";
        Result = TRUE;
    }
    if (Service != NULL)
    {
        CloseServiceHandle(Service);
    }
    CloseServiceHandle(Manager);
    SetLastError(Error);
    return Result;
}

static BOOL CALLBACK DriverCountAdapter(WINTUN_ADAPTER_HANDLE Adapter, LPARAM Param)
{
    (void)Adapter;
    ++*(UINT64 *)Param;
    return TRUE;
}

static BOOL DriverReadVersion(DRIVER_STATUS *Status)
{
    Status->Version[0] = 0;
    DWORD Version = WintunGetRunningDriverVersion();
    if (Version != 0)
    {
        _snwprintf(
            Status->Version, ARRAYSIZE(Status->Version), L"%u.%u", HIWORD(Version),
            LOWORD(Version));
        return TRUE;
    }
    if (GetLastError() != ERROR_FILE_NOT_FOUND)
    {
        return FALSE;
    }
    ReportForget();
    return TRUE;
}

static BOOL DriverReadStatus(DRIVER_STATUS *Status)
{
    Status->Adapters = 0;
    if (!DriverReadState(&Status->State))
    {
        ReportFailure(GetLastError(), L"reading the state of the service " DRIVER_SERVICE);
        return FALSE;
    }
    if (!DriverReadVersion(Status))
    {
        ReportFailure(GetLastError(), L"reading the version of the driver");
        return FALSE;
    }
    if (!WintunEnumAdapters(NULL, DriverCountAdapter, (LPARAM)&Status->Adapters))
    {
        ReportFailure(GetLastError(), L"listing the adapters");
        return FALSE;
    }
    return TRUE;
}

static VOID DriverPrintStatusJson(const DRIVER_STATUS *Status, LPCWSTR LibraryVersionText)
{
    JsonOpenObject(NULL);
    JsonString(L"state", Status->State);
    if (Status->Version[0] != 0)
    {
        JsonString(L"version", Status->Version);
    }
    else
    {
        JsonNull(L"version");
    }
    JsonNumber(L"adapters", Status->Adapters);
    JsonOpenObject(L"library");
    JsonString(L"path", LibraryPath());
    JsonString(L"version", LibraryVersionText);
    JsonCloseObject();
    JsonCloseObject();
    JsonEnd();
}

static int DriverStatusRun(int Count, wchar_t **Values)
{
    BOOL Json = FALSE;
    const ARGUMENT Arguments[] = {ARGUMENT_JSON(Json)};
    DRIVER_STATUS Status;
    WCHAR Version[32];

    if (!ArgumentsRead(Count, Values, Arguments, ARRAYSIZE(Arguments)))
    {
        return EXIT_USAGE;
    }
    if (!LibraryLoad() || !DriverReadStatus(&Status))
    {
        return EXIT_FAILED;
    }
    LibraryVersion(Version, ARRAYSIZE(Version));
    if (Json)
    {
        DriverPrintStatusJson(&Status, Version);
        return EXIT_OK;
    }
    OutputPrint(L"state %ls\n", Status.State);
    if (Status.Version[0] != 0)
    {
        OutputPrint(L"version %ls\n", Status.Version);
    }
    OutputPrint(
        L"adapters %I64u\nlibrary %ls\nlibrary-version %ls\n", Status.Adapters, LibraryPath(),
        Version);
    return EXIT_OK;
}

static int DriverInstallRun(int Count, wchar_t **Values)
{
    if (!ArgumentsRead(Count, Values, NULL, 0))
    {
        return EXIT_USAGE;
    }
    if (!LibraryLoad())
    {
        return EXIT_FAILED;
    }
    WINTUN_ADAPTER_HANDLE Adapter =
        WintunCreateAdapter(DRIVER_INSTALL_NAME, DRIVER_INSTALL_TYPE, NULL);
    if (Adapter == NULL)
    {
        return ReportFailure(GetLastError(), L"installing the driver");
    }
    DWORD Version = WintunGetRunningDriverVersion();
    DWORD Error = GetLastError();
    WintunCloseAdapter(Adapter);
    if (Version == 0)
    {
        return ReportFailure(Error, L"reading the version of the driver");
    }
    OutputPrint(L"the driver is installed, version %u.%u\n", HIWORD(Version), LOWORD(Version));
    return EXIT_OK;
}

static int DriverDeleteRun(int Count, wchar_t **Values)
{
    if (!ArgumentsRead(Count, Values, NULL, 0))
    {
        return EXIT_USAGE;
    }
    if (!LibraryLoad())
    {
        return EXIT_FAILED;
    }
    if (!WintunDeleteDriver())
    {
        return ReportFailure(GetLastError(), L"deleting the driver");
    }
    OutputText(L"the driver is not installed any more\n");
    return EXIT_OK;
}

const COMMAND CommandDriverStatus = {
    .Name = L"driver status",
    .Synopsis = L"[--json]",
    .Summary = L"shows whether the driver is installed and runs",
    .Help =
        L"Shows the state of the driver's service (running, stopped, not installed, or on the "
        L"way:\n"
        L"starting, stopping), the version of the driver if it runs, the number of its adapters,\n"
        L"and path and version of the adit.dll in use. The exit code is 0 in any state.\n"
        L"\n"
        L"  --json  an object with state, version (null if it does not run), adapters and "
        L"library\n",
    .Run = DriverStatusRun,
};

const COMMAND CommandDriverInstall = {
    .Name = L"driver install",
    .Synopsis = L"",
    .Summary = L"installs the driver that adit.dll carries",
    .Help = L"Installs the driver that adit.dll carries, by creating an adapter and removing it\n"
            L"again. Creating an adapter does so by itself: this is for doing it in advance.\n",
    .Run = DriverInstallRun,
};

const COMMAND CommandDriverDelete = {
    .Name = L"driver delete",
    .Synopsis = L"",
    .Summary = L"stops the driver and removes it from this computer",
    .Help =
        L"Stops the driver and removes its service and package from this computer. Fails while\n"
        L"there are adapters. If it is not installed, there is nothing to do.\n",
    .Run = DriverDeleteRun,
};
