/* SPDX-License-Identifier: MIT */
/* Adapters: creating them. */
#include "adapter.h"
#include "adapter_guid.h"
#include "connection.h"
#include "driver_package.h"
#include "log.h"
#include "system.h"

/* Windows 10's service that gives network adapters their identity; older systems have none. */
#define ADAPTER_SETUP_SERVICE L"NetSetupSvc"

/* What the driver accepts: bytes and Mbit/s. */
#define ADAPTER_MIN_MTU        1280
#define ADAPTER_MAX_MTU        65535
#define ADAPTER_MAX_LINK_SPEED 1000000

/* How many adapters of one name and tunnel type there may be at a time. */
#define ADAPTER_MAX_ORDINAL 9999

typedef struct _ADAPTER_REQUEST
{
    LPCWSTR Name;
    const GUID *RequestedGuid; /* NULL: one is derived */
    DEVICE_NODE_REQUEST Node;
} ADAPTER_REQUEST;

/* ---------------------------------------------------------------------------------------------- */
/* Parameters                                                                                     */
/* ---------------------------------------------------------------------------------------------- */

static BOOL
AdapterCheckNumber(DWORD Value, DWORD Minimum, DWORD Maximum, LPCWSTR What, LPCWSTR Unit)
{
    if (Value != 0 && (Value < Minimum || Value > Maximum))
    {
        LogFailure(
            WINTUN_LOG_ERR, ERROR_INVALID_PARAMETER,
            L"%1 of %2!u! %3: it must be %4!u! to %5!u!, or zero for the default", What, Value,
            Unit, Minimum, Maximum);
        return FALSE;
    }
    return TRUE;
}

/* What a later version of the structure has at its end must be zero: this one does not know it. */
static BOOL AdapterCheckSize(const ADIT_ADAPTER_PARAMETERS *Parameters)
{
    const BYTE *Bytes = (const BYTE *)Parameters;

    if (Parameters->Size < sizeof(*Parameters))
    {
        LogFailure(
            WINTUN_LOG_ERR, ERROR_INVALID_PARAMETER,
            L"Adapter parameters of %1!u! bytes: they must have at least %2!u!", Parameters->Size,
            (DWORD)sizeof(*Parameters));
        return FALSE;
    }
    for (DWORD Offset = sizeof(*Parameters); Offset < Parameters->Size; ++Offset)
    {
        if (Bytes[Offset] != 0)
        {
            LogFailure(
                WINTUN_LOG_ERR, ERROR_NOT_SUPPORTED,
                L"Adapter parameters at byte %1!u!: this library knows %2!u! bytes", Offset,
                (DWORD)sizeof(*Parameters));
            return FALSE;
        }
    }
    return TRUE;
}

static BOOL
AdapterReadParameters(const ADIT_ADAPTER_PARAMETERS *Parameters, ADAPTER_REQUEST *Request)
{
    if (Parameters == NULL)
    {
        return TRUE;
    }
    if (!AdapterCheckSize(Parameters))
    {
        return FALSE;
    }
    if ((Parameters->Flags & ~(DWORD)ADIT_ADAPTER_PERSISTENT) != 0)
    {
        LogFailure(
            WINTUN_LOG_ERR, ERROR_INVALID_PARAMETER,
            L"Adapter flags 0x%1!08X!: 0x%2!08X! are known", Parameters->Flags,
            (DWORD)ADIT_ADAPTER_PERSISTENT);
        return FALSE;
    }
    Request->Node.Persistent = (Parameters->Flags & ADIT_ADAPTER_PERSISTENT) != 0;
    Request->Node.Mtu = Parameters->Mtu;
    Request->Node.LinkSpeed = Parameters->LinkSpeed;
    return AdapterCheckNumber(
               Parameters->Mtu, ADAPTER_MIN_MTU, ADAPTER_MAX_MTU, L"An MTU", L"bytes") &&
           AdapterCheckNumber(
               Parameters->LinkSpeed, 1, ADAPTER_MAX_LINK_SPEED, L"A link speed", L"Mbit/s");
}

/* ---------------------------------------------------------------------------------------------- */
/* Identity                                                                                       */
/* ---------------------------------------------------------------------------------------------- */

/* The adapter in use that has the GUID, or is to have it. */
static const DEVICE_NODE *AdapterFindGuid(const DEVICE_NODE *Nodes, const GUID *Guid)
{
    for (const DEVICE_NODE *Node = Nodes; Node != NULL; Node = Node->Next)
    {
        if (Node->IsPresent && !DeviceNodeIsOrphan(Node) &&
            (IsEqualGUID(&Node->RequestedGuid, Guid) ||
             (Node->HasIdentity && IsEqualGUID(&Node->Guid, Guid))))
        {
            return Node;
        }
    }
    return NULL;
}

static BOOL AdapterChooseGuid(const DEVICE_NODE *Nodes, ADAPTER_REQUEST *Request)
{
    if (Request->RequestedGuid != NULL)
    {
        const DEVICE_NODE *Node = AdapterFindGuid(Nodes, Request->RequestedGuid);
        if (Node != NULL)
        {
            LogFailure(
                WINTUN_LOG_ERR, ERROR_ALREADY_EXISTS,
                Node->Owner.Id == 0 ? L"The persistent adapter %1 has the requested GUID"
                                    : L"The adapter %1 of process %2!u! has the requested GUID",
                Node->InstanceId, Node->Owner.Id);
            return FALSE;
        }
        Request->Node.Guid = *Request->RequestedGuid;
        return TRUE;
    }
    for (DWORD Ordinal = 0; Ordinal <= ADAPTER_MAX_ORDINAL; ++Ordinal)
    {
        if (!AdapterGuidDerive(
                Request->Name, Request->Node.TunnelType, Ordinal, &Request->Node.Guid))
        {
            return FALSE;
        }
        if (AdapterFindGuid(Nodes, &Request->Node.Guid) == NULL)
        {
            return TRUE;
        }
    }
    LogFailure(
        WINTUN_LOG_ERR, ERROR_TOO_MANY_NAMES,
        L"There are more than %1!u! adapters \"%2\" of the tunnel type \"%3\"", ADAPTER_MAX_ORDINAL,
        Request->Name, Request->Node.TunnelType);
    return FALSE;
}

/* ---------------------------------------------------------------------------------------------- */
/* What is in the way                                                                             */
/* ---------------------------------------------------------------------------------------------- */

static BOOL AdapterHasName(const DEVICE_NODE *Node, LPCWSTR Name)
{
    WCHAR Actual[WINTUN_MAX_POOL];

    return Node->HasIdentity && ConnectionReadName(&Node->Guid, Actual) &&
           CompareStringOrdinal(Name, -1, Actual, -1, TRUE) == CSTR_EQUAL;
}

/* Two persistent adapters of one name would be one too many: it is opened instead. */
static BOOL AdapterCheckPersistent(const DEVICE_NODE *Nodes, LPCWSTR Name)
{
    for (const DEVICE_NODE *Node = Nodes; Node != NULL; Node = Node->Next)
    {
        if (Node->IsPresent && Node->Owner.Id == 0 && AdapterHasName(Node, Name))
        {
            LogFailure(
                WINTUN_LOG_ERR, ERROR_ALREADY_EXISTS, L"The persistent adapter \"%1\" exists as %2",
                Name, Node->InstanceId);
            return FALSE;
        }
    }
    return TRUE;
}

/*
 * What is left of software devices keeps their identity for the next time, their connection's name
 * included. Where the new adapter is to have that name and another GUID, it goes.
 */
static VOID AdapterRemoveResidue(const DEVICE_NODE *Nodes, const ADAPTER_REQUEST *Request)
{
    DEVICE_NODE_NAME Name;

    for (const DEVICE_NODE *Node = Nodes; Node != NULL; Node = Node->Next)
    {
        if (Node->IsSoftware && !Node->IsPresent &&
            !IsEqualGUID(&Node->RequestedGuid, &Request->Node.Guid) &&
            AdapterHasName(Node, Request->Name))
        {
            LogWrite(
                WINTUN_LOG_INFO, L"Removing what is left of the adapter %1, which was named \"%2\"",
                Node->InstanceId, Request->Name);
            DeviceNodeGetName(Node, &Name);
            DeviceNodeRemove(&Name, NULL);
        }
    }
}

static BOOL AdapterMakeRoom(ADAPTER_REQUEST *Request)
{
    DEVICE_NODE *Nodes;

    if (SystemIsServiceDisabled(ADAPTER_SETUP_SERVICE))
    {
        LogFailure(
            WINTUN_LOG_ERR, ERROR_SERVICE_DISABLED,
            L"Windows sets up no network adapters without the service %1", ADAPTER_SETUP_SERVICE);
        return FALSE;
    }
    if (!DeviceNodeList(&Nodes))
    {
        return FALSE;
    }
    AdapterSweep(Nodes);
    BOOL Result = (!Request->Node.Persistent || AdapterCheckPersistent(Nodes, Request->Name)) &&
                  AdapterChooseGuid(Nodes, Request);
    if (Result)
    {
        AdapterRemoveResidue(Nodes, Request);
    }
    DWORD Error = GetLastError();
    DeviceNodeFree(Nodes);
    SetLastError(Error);
    return Result;
}

/* ---------------------------------------------------------------------------------------------- */
/* Creating                                                                                       */
/* ---------------------------------------------------------------------------------------------- */

static BOOL AdapterInstall(ADAPTER_REQUEST *Request, DEVICE_NODE **Node, DEVICE_SOFTWARE **Software)
{
    DRIVER_PACKAGE Package;

    if (!DriverPackageProvide(&Package))
    {
        return FALSE;
    }
    Request->Node.InfPath = Package.InfPath;
    Request->Node.IsInstalled = Package.IsInstalled;
    BOOL Result = DeviceNodeCreate(&Request->Node, Node, Software);
    DriverPackageDiscard(&Package);
    return Result;
}

static VOID AdapterReportGuid(const ADAPTER_REQUEST *Request, const DEVICE_NODE *Node)
{
    WCHAR Wanted[SYSTEM_GUID_LENGTH];
    WCHAR Given[SYSTEM_GUID_LENGTH];

    if (!IsEqualGUID(&Request->Node.Guid, &Node->Guid))
    {
        SystemFormatGuid(&Request->Node.Guid, Wanted);
        SystemFormatGuid(&Node->Guid, Given);
        LogWrite(
            Request->RequestedGuid != NULL ? WINTUN_LOG_WARN : WINTUN_LOG_INFO,
            L"This system has given the adapter \"%1\" the GUID %2 instead of %3", Request->Name,
            Given, Wanted);
    }
}

static WINTUN_ADAPTER_HANDLE AdapterCreateLocked(ADAPTER_REQUEST *Request)
{
    WCHAR Actual[WINTUN_MAX_POOL];
    DEVICE_SOFTWARE *Software;
    DEVICE_NODE_NAME Name;
    DEVICE_NODE *Node;

    if (!AdapterMakeRoom(Request) || !AdapterInstall(Request, &Node, &Software))
    {
        return NULL;
    }
    WINTUN_ADAPTER_HANDLE Adapter = NULL;
    if (ConnectionSetName(&Node->Guid, Request->Name, Actual))
    {
        Adapter = AdapterFromNode(Node, !Request->Node.Persistent, Software);
    }
    if (Adapter == NULL)
    {
        DWORD Error = GetLastError();
        DeviceNodeGetName(Node, &Name);
        DeviceNodeRemove(&Name, Software);
        DeviceNodeFree(Node);
        SetLastError(Error);
        return NULL;
    }
    AdapterReportGuid(Request, Node);
    LogWrite(WINTUN_LOG_INFO, L"Created the adapter \"%1\" as %2", Actual, Node->InstanceId);
    DeviceNodeFree(Node);
    return Adapter;
}

WINTUN_ADAPTER_HANDLE WINAPI AditCreateAdapter(
    LPCWSTR Name,
    LPCWSTR TunnelType,
    const GUID *RequestedGUID,
    const ADIT_ADAPTER_PARAMETERS *Parameters)
{
    ADAPTER_REQUEST Request = {
        .Name = Name, .RequestedGuid = RequestedGUID, .Node.TunnelType = TunnelType};
    HANDLE Lock;

    if (!AdapterCheckText(Name, L"The adapter's name") ||
        !AdapterCheckText(TunnelType, L"The tunnel type") ||
        !AdapterReadParameters(Parameters, &Request) ||
        !SystemRequireElevation(L"Creating an adapter") || !SystemLock(&Lock))
    {
        return NULL;
    }
    WINTUN_ADAPTER_HANDLE Adapter = AdapterCreateLocked(&Request);
    SystemUnlock(Lock);
    return Adapter;
}

WINTUN_ADAPTER_HANDLE WINAPI
WintunCreateAdapter(LPCWSTR Name, LPCWSTR TunnelType, const GUID *RequestedGUID)
{
    return AditCreateAdapter(Name, TunnelType, RequestedGUID, NULL);
}
