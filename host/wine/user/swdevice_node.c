/* SPDX-License-Identifier: MIT */
#include "swdevice_node.h"
#include "../kernel/control.h"
#include "../kernel/software_device.h"

#include <initguid.h>
#include <devguid.h>
#include <setupapi.h>
#include <winsvc.h>

/* The control that makes a Wine driver's process look for root-enumerated devices again. */
#define SW_NODE_CONTROL_REENUMERATE 128

/* How long a service is asked for that cannot be started yet, how long after the last time it is
 * asked again, and how often if it does not answer. */
#define SW_NODE_START_MILLISECONDS 20000
#define SW_NODE_TRY_MILLISECONDS   50
#define SW_NODE_TIMEOUTS           3

/* Problem codes of cfg.h. */
#define SW_NODE_NOT_CONFIGURED     1  /* CM_PROB_NOT_CONFIGURED */
#define SW_NODE_FAILED_INSTALL     28 /* CM_PROB_FAILED_INSTALL: there is no driver */
#define SW_NODE_DRIVER_FAILED_LOAD 39 /* CM_PROB_DRIVER_FAILED_LOAD */
#define SW_NODE_NOT_PRESENT        45 /* CM_PROB_PHANTOM */

#define SW_NODE_MAX_SERVICE 256
#define SW_NODE_MAX_CLASS   32

/* devpkey.h */
static const DEVPROPKEY SwNodeIsPresent = {
    {0x540b947e, 0x8b40, 0x45bc, {0xa8, 0xa2, 0x6a, 0x0b, 0x89, 0x4c, 0xbd, 0xa2}}, 5};
static const DEVPROPKEY SwNodeProblemCode = {
    {0x4340a6c5, 0x93fa, 0x4706, {0x97, 0x2c, 0x7b, 0x64, 0x80, 0x08, 0xa5, 0xa7}}, 3};
static const DEVPROPKEY SwNodeFriendlyName = {
    {0xa45c254e, 0xdf1c, 0x4efd, {0x80, 0x20, 0x67, 0xd1, 0x46, 0xa8, 0x50, 0xe0}}, 14};

/* It marks software devices. */
static const DEVPROPKEY SwNodeService = SWDEVICE_KEPT_SERVICE;

/* Some SDKs leave this declaration out. */
WINSETUPAPI BOOL WINAPI SetupDiSetDevicePropertyW(
    HDEVINFO Set,
    PSP_DEVINFO_DATA Device,
    const DEVPROPKEY *Key,
    DEVPROPTYPE Type,
    const BYTE *Buffer,
    DWORD Size,
    DWORD Flags);

typedef struct _SW_NODE
{
    HDEVINFO Set;
    SP_DEVINFO_DATA Device;
} SW_NODE;

static BOOL SwNodeOpen(SW_NODE *Node, const WCHAR *InstanceId)
{
    Node->Device.cbSize = sizeof(Node->Device);
    Node->Set = SetupDiCreateDeviceInfoList(NULL, NULL);
    if (Node->Set == INVALID_HANDLE_VALUE)
        return FALSE;
    if (SetupDiOpenDeviceInfoW(Node->Set, InstanceId, NULL, 0, &Node->Device))
        return TRUE;
    SetupDiDestroyDeviceInfoList(Node->Set);
    return FALSE;
}

static void SwNodeClose(SW_NODE *Node)
{
    SetupDiDestroyDeviceInfoList(Node->Set);
}

/* ---- State ---- */

static void SwNodeSetState(SW_NODE *Node, BOOL IsPresent, UINT32 Problem)
{
    DEVPROP_BOOLEAN Present = IsPresent ? DEVPROP_TRUE : DEVPROP_FALSE;
    SetupDiSetDevicePropertyW(
        Node->Set, &Node->Device, &SwNodeProblemCode, DEVPROP_TYPE_UINT32, (const BYTE *)&Problem,
        sizeof(Problem), 0);
    SetupDiSetDevicePropertyW(
        Node->Set, &Node->Device, &SwNodeIsPresent, DEVPROP_TYPE_BOOLEAN, (const BYTE *)&Present,
        sizeof(Present), 0);
}

static BOOL SwNodeGetService(SW_NODE *Node, WCHAR Service[SW_NODE_MAX_SERVICE])
{
    Service[0] = 0;
    return SetupDiGetDeviceRegistryPropertyW(
               Node->Set, &Node->Device, SPDRP_SERVICE, NULL, (BYTE *)Service,
               (SW_NODE_MAX_SERVICE - 1) * sizeof(WCHAR), NULL) &&
           Service[0] != 0;
}

static void SwNodeSetService(SW_NODE *Node, const WCHAR *Service)
{
    SetupDiSetDeviceRegistryPropertyW(
        Node->Set, &Node->Device, SPDRP_SERVICE, (const BYTE *)Service,
        ((DWORD)lstrlenW(Service) + 1) * sizeof(WCHAR));
}

static BOOL SwNodeGetKeptService(SW_NODE *Node, WCHAR Service[SW_NODE_MAX_SERVICE])
{
    DEVPROPTYPE Type;
    DWORD Size;
    Service[0] = 0;
    return SetupDiGetDevicePropertyW(
               Node->Set, &Node->Device, &SwNodeService, &Type, (BYTE *)Service,
               SW_NODE_MAX_SERVICE * sizeof(WCHAR), &Size, 0) &&
           Type == DEVPROP_TYPE_STRING;
}

static void SwNodeKeepService(SW_NODE *Node, const WCHAR *Service)
{
    SetupDiSetDevicePropertyW(
        Node->Set, &Node->Device, &SwNodeService, DEVPROP_TYPE_STRING, (const BYTE *)Service,
        ((DWORD)lstrlenW(Service) + 1) * sizeof(WCHAR), 0);
}

/* Makes the driver's process look which devices there are. */
static DWORD SwNodeControl(SC_HANDLE Service)
{
    SERVICE_STATUS Status;
    return ControlService(Service, SW_NODE_CONTROL_REENUMERATE, &Status) ? NO_ERROR
                                                                         : GetLastError();
}

static DWORD SwNodeStartService(SC_HANDLE Service)
{
    if (StartServiceW(Service, 0, NULL) || GetLastError() == ERROR_SERVICE_ALREADY_RUNNING)
        return SwNodeControl(Service);
    return GetLastError();
}

/*
 * Whether another try may go better. Services start one at a time, and who waits for its turn for
 * more than three seconds is sent away; a service that starts, as somebody else may have asked,
 * takes no control; and Wine waits ten seconds for the driver's process, which may be too short on
 * a busy machine but is no use again and again if that process was killed.
 */
static BOOL SwNodeMayTryAgain(DWORD Error, ULONG *Timeouts)
{
    switch (Error)
    {
    case ERROR_SERVICE_DATABASE_LOCKED:
    case ERROR_SERVICE_CANNOT_ACCEPT_CTRL:
        return TRUE;
    case ERROR_SERVICE_REQUEST_TIMEOUT:
        return ++*Timeouts < SW_NODE_TIMEOUTS;
    }
    return FALSE;
}

/* Starts the driver unless it runs; its process then looks which devices there are. */
static BOOL SwNodeReenumerate(const WCHAR *ServiceName, BOOL Start)
{
    DWORD Error = ERROR_SERVICE_DOES_NOT_EXIST;
    SC_HANDLE Manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT), Service;
    ULONGLONG Deadline = GetTickCount64() + SW_NODE_START_MILLISECONDS;
    ULONG Timeouts = 0;
    if (Manager == NULL)
        return FALSE;
    Service = OpenServiceW(Manager, ServiceName, SERVICE_START | SERVICE_USER_DEFINED_CONTROL);
    if (Service != NULL)
    {
        for (;;)
        {
            Error = Start ? SwNodeStartService(Service) : SwNodeControl(Service);
            if (!SwNodeMayTryAgain(Error, &Timeouts) || GetTickCount64() >= Deadline)
                break;
            Sleep(SW_NODE_TRY_MILLISECONDS);
        }
        CloseServiceHandle(Service);
    }
    CloseServiceHandle(Manager);
    return Error == NO_ERROR;
}

/* ---- Enumeration ---- */

static const void *SwNodeData(const SWDEVICE_REQUEST *Request, UINT32 Offset)
{
    return Offset == 0 ? NULL : (const BYTE *)Request + Offset;
}

static void SwNodeSetText(SW_NODE *Node, DWORD Property, const WCHAR *Text, BOOL IsList)
{
    const WCHAR *End = Text;
    if (Text == NULL)
        return;
    do
        End += lstrlenW(End) + 1;
    while (IsList && *End != 0);
    SetupDiSetDeviceRegistryPropertyW(
        Node->Set, &Node->Device, Property, (const BYTE *)Text,
        (DWORD)(End + (IsList ? 1 : 0) - Text) * sizeof(WCHAR));
}

static HRESULT SwNodeSetAll(SW_NODE *Node, const SWDEVICE_REQUEST *Request)
{
    const SWDEVICE_PROPERTY *Property = SwNodeData(Request, Request->Properties);
    for (UINT32 i = 0; i < Request->PropertyCount; i++)
    {
        const BYTE *Data = (const BYTE *)(Property + 1);
        if (!SetupDiSetDevicePropertyW(
                Node->Set, &Node->Device, &Property->Key, Property->Type, Data, Property->Size, 0))
            return HRESULT_FROM_WIN32(GetLastError());
        /* Wine does not know that the two ways to this property are one. */
        if (Property->Type == DEVPROP_TYPE_STRING &&
            memcmp(&Property->Key, &SwNodeFriendlyName, sizeof(Property->Key)) == 0)
            SetupDiSetDeviceRegistryPropertyW(
                Node->Set, &Node->Device, SPDRP_FRIENDLYNAME, Data, Property->Size);
        Property = (const SWDEVICE_PROPERTY *)(Data + ((Property->Size + 3) & ~3u));
    }
    return S_OK;
}

static BOOL SwNodeCreate(SW_NODE *Node, const WCHAR *InstanceId)
{
    Node->Device.cbSize = sizeof(Node->Device);
    Node->Set = SetupDiCreateDeviceInfoList(NULL, NULL);
    if (Node->Set == INVALID_HANDLE_VALUE)
        return FALSE;
    if (SetupDiCreateDeviceInfoW(
            Node->Set, InstanceId, &GUID_DEVCLASS_UNKNOWN, NULL, NULL, 0, &Node->Device) &&
        SetupDiRegisterDeviceInfo(Node->Set, &Node->Device, 0, NULL, NULL, NULL))
    {
        SwNodeKeepService(Node, L"");
        return TRUE;
    }
    SetupDiDestroyDeviceInfoList(Node->Set);
    return FALSE;
}

/* For the driver's side, in later sessions. */
static void SwNodeMark(SW_NODE *Node)
{
    DWORD One = 1;
    HKEY Key = SetupDiCreateDevRegKeyW(
        Node->Set, &Node->Device, DICS_FLAG_GLOBAL, 0, DIREG_DEV, NULL, NULL);
    if (Key == INVALID_HANDLE_VALUE)
        return;
    RegSetValueExW(Key, SOFTWARE_DEVICE_VALUE, 0, REG_DWORD, (const BYTE *)&One, sizeof(One));
    RegCloseKey(Key);
}

/* Its creator names the connection, and is then known as the one whose adapter it is. */
static void SwNodeForgetName(SW_NODE *Node)
{
    HKEY Key = SetupDiOpenDevRegKey(
        Node->Set, &Node->Device, DICS_FLAG_GLOBAL, 0, DIREG_DRV, KEY_SET_VALUE);
    if (Key == INVALID_HANDLE_VALUE)
        return;
    RegDeleteValueW(Key, HOST_CONNECTION_NAME_VALUE);
    RegCloseKey(Key);
}

HRESULT SwNodeEnumerate(const SWDEVICE_REQUEST *Request, WCHAR InstanceId[SWDEVICE_MAX_ID])
{
    const WCHAR *Enumerator = SwNodeData(Request, Request->Enumerator);
    const WCHAR *Id = SwNodeData(Request, Request->InstanceId);
    WCHAR Kept[SW_NODE_MAX_SERVICE];
    HRESULT Result;
    SW_NODE Node;

    if (lstrlenW(Enumerator) + lstrlenW(Id) + 7 > SWDEVICE_MAX_ID)
        return E_INVALIDARG;
    lstrcpyW(InstanceId, L"ROOT\\");
    lstrcatW(InstanceId, Enumerator);
    lstrcatW(InstanceId, L"\\");
    lstrcatW(InstanceId, Id);
    if (!SwNodeOpen(&Node, InstanceId))
    {
        if (!SwNodeCreate(&Node, InstanceId))
            return HRESULT_FROM_WIN32(GetLastError());
    }
    else if (!SwNodeGetKeptService(&Node, Kept))
    {
        /* A root-enumerated device that somebody made by SetupAPI. */
        SwNodeClose(&Node);
        return HRESULT_FROM_WIN32(ERROR_ALREADY_EXISTS);
    }
    else
    {
        SwNodeForgetName(&Node);
    }
    SwNodeMark(&Node);
    SwNodeSetText(&Node, SPDRP_HARDWAREID, SwNodeData(Request, Request->HardwareIds), TRUE);
    SwNodeSetText(&Node, SPDRP_COMPATIBLEIDS, SwNodeData(Request, Request->CompatibleIds), TRUE);
    SwNodeSetText(&Node, SPDRP_DEVICEDESC, SwNodeData(Request, Request->Description), FALSE);
    SwNodeSetText(&Node, SPDRP_LOCATION_INFORMATION, SwNodeData(Request, Request->Location), FALSE);
    Result = SwNodeSetAll(&Node, Request);
    if (SUCCEEDED(Result))
        SwNodeSetState(&Node, TRUE, SW_NODE_NOT_CONFIGURED);
    SwNodeClose(&Node);
    return Result;
}

HRESULT SwNodeSetProperties(const WCHAR *InstanceId, const SWDEVICE_REQUEST *Request)
{
    HRESULT Result;
    SW_NODE Node;
    if (!SwNodeOpen(&Node, InstanceId))
        return HRESULT_FROM_WIN32(GetLastError());
    Result = SwNodeSetAll(&Node, Request);
    SwNodeClose(&Node);
    return Result;
}

/* ---- Installation ---- */

/*
 * Whether the files of a published package can still be copied. Windows' driver store has them;
 * Wine has the INF, and beside it a .pnf file whose second line says where that came from. Where
 * nothing is any more, Wine would ask for a disk.
 */
static BOOL SwNodeHasSource(const WCHAR *InfPath)
{
    WCHAR Path[MAX_PATH];
    char Text[2 * MAX_PATH] = {0}, Folder[MAX_PATH], *Source;
    DWORD Size;
    HANDLE File;

    lstrcpyW(Path, InfPath);
    lstrcpyW(Path + lstrlenW(Path) - 4, L".pnf");
    File = CreateFileW(Path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    if (File == INVALID_HANDLE_VALUE)
        return FALSE;
    if (!ReadFile(File, Text, sizeof(Text) - 1, &Size, NULL))
        Text[0] = 0;
    CloseHandle(File);
    Source = strchr(Text, '\n');
    if (Source == NULL || GetFileAttributesA(Source + 1) == INVALID_FILE_ATTRIBUTES)
        return FALSE;
    /* After an installation from there it is the INF folder itself, which has no other files. */
    GetWindowsDirectoryA(Folder, MAX_PATH - 8);
    lstrcatA(Folder, "\\INF\\");
    return _strnicmp(Source + 1, Folder, lstrlenA(Folder)) != 0;
}

/* Whether the drivers in that INF are for the device; the list of them is then built. */
static BOOL SwNodeBuildList(SW_NODE *Node, const WCHAR *InfPath)
{
    SP_DEVINSTALL_PARAMS_W Params = {.cbSize = sizeof(Params)};
    SP_DRVINFO_DATA_W Driver = {.cbSize = sizeof(Driver)};

    if (!SetupDiGetDeviceInstallParamsW(Node->Set, &Node->Device, &Params))
        return FALSE;
    Params.Flags |= DI_QUIETINSTALL | DI_ENUMSINGLEINF;
    if (!SwNodeHasSource(InfPath))
        Params.Flags |= DI_NOFILECOPY;
    lstrcpynW(Params.DriverPath, InfPath, MAX_PATH);
    return SetupDiSetDeviceInstallParamsW(Node->Set, &Node->Device, &Params) &&
           SetupDiBuildDriverInfoList(Node->Set, &Node->Device, SPDIT_COMPATDRIVER) &&
           SetupDiEnumDriverInfoW(Node->Set, &Node->Device, SPDIT_COMPATDRIVER, 0, &Driver);
}

/* "month/day/year,a.b.c.d" in numbers that compare. */
static BOOL SwNodeInfVersion(const WCHAR *InfPath, ULONGLONG Version[2])
{
    INT Month = 0, Day = 0, Year = 0;
    WCHAR Text[64] = {0}, *Part = Text;
    INFCONTEXT Line;
    HINF Inf = SetupOpenInfFileW(InfPath, NULL, INF_STYLE_WIN4, NULL);

    Version[0] = Version[1] = 0;
    if (Inf == INVALID_HANDLE_VALUE)
        return FALSE;
    if (SetupFindFirstLineW(Inf, L"Version", L"DriverVer", &Line))
    {
        SetupGetStringFieldW(&Line, 1, Text, ARRAYSIZE(Text), NULL);
        Month = (INT)wcstol(Part, &Part, 10);
        Day = (INT)wcstol(Part + (*Part != 0), &Part, 10);
        Year = (INT)wcstol(Part + (*Part != 0), &Part, 10);
        Version[0] = (ULONGLONG)Year << 16 | (ULONGLONG)Month << 8 | (ULONGLONG)Day;
        ZeroMemory(Text, sizeof(Text));
        SetupGetStringFieldW(&Line, 2, Text, ARRAYSIZE(Text), NULL);
        Part = Text;
        for (int i = 0; i < 4; i++)
        {
            Version[1] = Version[1] << 16 | (USHORT)wcstol(Part, &Part, 10);
            Part += *Part != 0;
        }
    }
    SetupCloseInfFile(Inf);
    return TRUE;
}

/* Among the published packages for the device the one with the latest date, then version. */
static BOOL SwNodeFindInf(const WCHAR *InstanceId, WCHAR InfPath[MAX_PATH])
{
    WCHAR Folder[MAX_PATH], Path[MAX_PATH];
    ULONGLONG Version[2], Best[2] = {0};
    WIN32_FIND_DATAW Found;
    BOOL Result = FALSE;
    HANDLE Listing;
    SW_NODE Node;

    if (GetWindowsDirectoryW(Folder, MAX_PATH - 8) == 0)
        return FALSE;
    lstrcatW(Folder, L"\\INF\\");
    lstrcpyW(Path, Folder);
    lstrcatW(Path, L"*.inf");
    Listing = FindFirstFileW(Path, &Found);
    if (Listing == INVALID_HANDLE_VALUE)
        return FALSE;
    do
    {
        /* That of Wine itself has no drivers, and is large. */
        if (lstrcmpiW(Found.cFileName, L"wine.inf") == 0 ||
            lstrlenW(Folder) + lstrlenW(Found.cFileName) >= MAX_PATH ||
            !SwNodeOpen(&Node, InstanceId))
            continue;
        lstrcpyW(Path, Folder);
        lstrcatW(Path, Found.cFileName);
        if (SwNodeBuildList(&Node, Path) && SwNodeInfVersion(Path, Version) &&
            (!Result || Version[0] > Best[0] || (Version[0] == Best[0] && Version[1] > Best[1])))
        {
            CopyMemory(Best, Version, sizeof(Best));
            lstrcpyW(InfPath, Path);
            Result = TRUE;
        }
        SwNodeClose(&Node);
    } while (FindNextFileW(Listing, &Found));
    FindClose(Listing);
    return Result;
}

static void SwNodeSetClass(SW_NODE *Node, const WCHAR *InfPath)
{
    WCHAR Name[SW_NODE_MAX_CLASS], Text[40];
    GUID Class;
    if (!SetupDiGetINFClassW(InfPath, &Class, Name, ARRAYSIZE(Name), NULL))
        return;
    wsprintfW(
        Text, L"{%08lx-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x}", Class.Data1, Class.Data2,
        Class.Data3, Class.Data4[0], Class.Data4[1], Class.Data4[2], Class.Data4[3], Class.Data4[4],
        Class.Data4[5], Class.Data4[6], Class.Data4[7]);
    SwNodeSetText(Node, SPDRP_CLASSGUID, Text, FALSE);
    SwNodeSetText(Node, SPDRP_CLASS, Name, FALSE);
}

/*
 * Installation ends by starting the driver's service and having it look for devices. From then on
 * the device is configured: whoever sees its interface sees no problem.
 */
static UINT32 SwNodeInstall(const WCHAR *InstanceId)
{
    static const DI_FUNCTION Steps[] = {
        DIF_SELECTBESTCOMPATDRV, DIF_INSTALLDEVICEFILES, DIF_INSTALLINTERFACES, DIF_INSTALLDEVICE};
    WCHAR InfPath[MAX_PATH], Service[SW_NODE_MAX_SERVICE];
    UINT32 Problem = 0;
    SW_NODE Node;

    if (!SwNodeFindInf(InstanceId, InfPath))
        return SW_NODE_FAILED_INSTALL;
    /* SetupAPI looks at the class when it opens a device. */
    if (!SwNodeOpen(&Node, InstanceId))
        return SW_NODE_NOT_PRESENT;
    SwNodeSetClass(&Node, InfPath);
    SwNodeClose(&Node);
    if (!SwNodeOpen(&Node, InstanceId))
        return SW_NODE_NOT_PRESENT;
    if (!SwNodeBuildList(&Node, InfPath))
        Problem = SW_NODE_FAILED_INSTALL;
    for (SIZE_T i = 0; i < ARRAYSIZE(Steps) && Problem == 0; i++)
    {
        /* Wine does not look at DI_NOFILECOPY there. */
        if (Steps[i] == DIF_INSTALLDEVICEFILES && !SwNodeHasSource(InfPath))
            continue;
        if (Steps[i] == DIF_INSTALLDEVICE)
            SwNodeSetState(&Node, TRUE, 0);
        if (!SetupDiCallClassInstaller(Steps[i], Node.Set, &Node.Device) &&
            GetLastError() != (DWORD)ERROR_DI_DO_DEFAULT)
            Problem = SW_NODE_FAILED_INSTALL;
    }
    if (Problem == 0 && SwNodeGetService(&Node, Service) && !SwNodeReenumerate(Service, TRUE))
        Problem = SW_NODE_DRIVER_FAILED_LOAD;
    SwNodeClose(&Node);
    return Problem;
}

void SwNodeStart(const WCHAR *InstanceId)
{
    WCHAR Service[SW_NODE_MAX_SERVICE];
    UINT32 Problem = 0;
    SW_NODE Node;
    BOOL HasDriver;

    if (!SwNodeOpen(&Node, InstanceId))
        return;
    HasDriver = SwNodeGetService(&Node, Service) ||
                (SwNodeGetKeptService(&Node, Service) && Service[0] != 0);
    if (HasDriver)
    {
        SwNodeSetService(&Node, Service);
        SwNodeSetState(&Node, TRUE, 0);
    }
    SwNodeClose(&Node);
    if (HasDriver)
        Problem = SwNodeReenumerate(Service, TRUE) ? 0 : SW_NODE_DRIVER_FAILED_LOAD;
    else
        Problem = SwNodeInstall(InstanceId);
    if (SwNodeOpen(&Node, InstanceId))
    {
        SwNodeSetState(&Node, TRUE, Problem);
        SwNodeClose(&Node);
    }
}

void SwNodeStop(const WCHAR *InstanceId)
{
    WCHAR Service[SW_NODE_MAX_SERVICE];
    SW_NODE Node;

    if (!SwNodeOpen(&Node, InstanceId))
        return;
    if (SwNodeGetService(&Node, Service))
    {
        /* Wine takes a device with a service for present. */
        SwNodeKeepService(&Node, Service);
        SwNodeSetService(&Node, L"");
        SwNodeReenumerate(Service, FALSE);
    }
    SwNodeSetState(&Node, FALSE, SW_NODE_NOT_PRESENT);
    SwNodeClose(&Node);
}

void SwNodeStopAll(void)
{
    SP_DEVINFO_DATA Device = {.cbSize = sizeof(Device)};
    WCHAR Kept[SW_NODE_MAX_SERVICE], InstanceId[SWDEVICE_MAX_ID];
    SW_NODE Node;
    HDEVINFO Set = SetupDiGetClassDevsW(NULL, L"ROOT", NULL, DIGCF_ALLCLASSES);

    if (Set == INVALID_HANDLE_VALUE)
        return;
    for (DWORD i = 0; SetupDiEnumDeviceInfo(Set, i, &Device); i++)
    {
        Node.Set = Set;
        Node.Device = Device;
        if (SwNodeGetKeptService(&Node, Kept) &&
            SetupDiGetDeviceInstanceIdW(Set, &Device, InstanceId, ARRAYSIZE(InstanceId), NULL))
            SwNodeStop(InstanceId);
    }
    SetupDiDestroyDeviceInfoList(Set);
}

void SwNodeBeginSession(void)
{
    HKEY Session;
    if (RegCreateKeyExW(
            HKEY_LOCAL_MACHINE, SOFTWARE_DEVICE_SESSION, 0, NULL, REG_OPTION_VOLATILE, KEY_READ,
            NULL, &Session, NULL) == ERROR_SUCCESS)
        RegCloseKey(Session);
}
