/* SPDX-License-Identifier: MIT */
/* Adapters: creating, finding and closing them. */
#include "adapter.h"
#include "connection.h"
#include "driver_package.h"
#include "log.h"
#include "system.h"

static BOOL AdapterCheckText(LPCWSTR Text, LPCWSTR What)
{
    if (Text == NULL || Text[0] == 0)
    {
        LogFailure(WINTUN_LOG_ERR, ERROR_INVALID_PARAMETER, L"%1 is empty", What);
        return FALSE;
    }
    SIZE_T Length = 0;
    while (Text[Length] != 0)
    {
        if (++Length == WINTUN_MAX_POOL)
        {
            LogFailure(
                WINTUN_LOG_ERR, ERROR_BUFFER_OVERFLOW, L"%1 has more than %2!u! characters", What,
                WINTUN_MAX_POOL - 1);
            return FALSE;
        }
    }
    return TRUE;
}

static WINTUN_ADAPTER_HANDLE AdapterFromNode(const DEVICE_NODE *Node, BOOL Created)
{
    WINTUN_ADAPTER_HANDLE Adapter = SystemAllocate(sizeof(*Adapter));
    if (Adapter == NULL)
    {
        LogLastError(L"Allocating %1!u! bytes for an adapter", (DWORD)sizeof(*Adapter));
        return NULL;
    }
    lstrcpynW(Adapter->InstanceId, Node->InstanceId, ARRAYSIZE(Adapter->InstanceId));
    Adapter->Luid = Node->Luid;
    Adapter->Owner = Node->Owner;
    Adapter->Created = Created;
    return Adapter;
}

/* Removes adapters whose creators are gone; the caller holds the system lock. */
static VOID AdapterSweepLocked(VOID)
{
    DEVICE_NODE *Nodes;

    if (!DeviceNodeList(&Nodes))
    {
        return;
    }
    for (const DEVICE_NODE *Node = Nodes; Node != NULL; Node = Node->Next)
    {
        if (DeviceNodeIsOrphan(Node))
        {
            LogWrite(
                WINTUN_LOG_INFO, L"Removing the adapter %1, which process %2!u! has left behind",
                Node->InstanceId, Node->Owner.Id);
            DeviceNodeRemove(Node->InstanceId, &Node->Owner);
        }
    }
    DeviceNodeFree(Nodes);
}

/*
 * Lists the adapters that are in use. Others are removed if the caller may do that: it is the next
 * call of the library after their creators' end.
 */
static BOOL AdapterList(DEVICE_NODE **Nodes)
{
    BOOL HasOrphans = FALSE;
    HANDLE Lock;

    if (!DeviceNodeList(Nodes))
    {
        return FALSE;
    }
    for (DEVICE_NODE **Link = Nodes; *Link != NULL;)
    {
        DEVICE_NODE *Node = *Link;
        BOOL IsOrphan = DeviceNodeIsOrphan(Node);
        HasOrphans |= IsOrphan;
        /* A device without identity is being installed by somebody, or never started. */
        if (!IsOrphan && Node->HasIdentity)
        {
            Link = &Node->Next;
            continue;
        }
        *Link = Node->Next;
        Node->Next = NULL;
        DeviceNodeFree(Node);
    }
    if (HasOrphans && SystemIsElevated() && SystemLock(&Lock))
    {
        AdapterSweepLocked();
        SystemUnlock(Lock);
    }
    return TRUE;
}

static BOOL AdapterCheckGuid(const GUID *Guid)
{
    DEVICE_NODE *Nodes;
    BOOL Result = TRUE;

    if (!DeviceNodeList(&Nodes))
    {
        return FALSE;
    }
    for (const DEVICE_NODE *Node = Nodes; Node != NULL; Node = Node->Next)
    {
        if (Node->HasIdentity && IsEqualGUID(&Node->Guid, Guid))
        {
            LogFailure(
                WINTUN_LOG_ERR, ERROR_ALREADY_EXISTS,
                L"The adapter %1 of process %2!u! has the requested GUID", Node->InstanceId,
                Node->Owner.Id);
            Result = FALSE;
        }
    }
    DeviceNodeFree(Nodes);
    return Result;
}

static DEVICE_NODE *AdapterInstall(LPCWSTR TunnelType, const GUID *RequestedGuid)
{
    DRIVER_PACKAGE Package;
    DEVICE_NODE *Node = NULL;

    if (!DriverPackageExtract(&Package))
    {
        return NULL;
    }
    if (DriverPackageStage(&Package))
    {
        if (!DeviceNodeCreate(TunnelType, RequestedGuid, Package.InfPath, &Node))
        {
            Node = NULL;
        }
    }
    DriverPackageDiscard(&Package);
    return Node;
}

static WINTUN_ADAPTER_HANDLE
AdapterCreateLocked(LPCWSTR Name, LPCWSTR TunnelType, const GUID *RequestedGuid)
{
    WCHAR Actual[WINTUN_MAX_POOL];

    AdapterSweepLocked();
    if (RequestedGuid != NULL && !AdapterCheckGuid(RequestedGuid))
    {
        return NULL;
    }
    DEVICE_NODE *Node = AdapterInstall(TunnelType, RequestedGuid);
    if (Node == NULL)
    {
        return NULL;
    }
    WINTUN_ADAPTER_HANDLE Adapter = AdapterFromNode(Node, TRUE);
    if (Adapter == NULL || !ConnectionSetName(&Node->Guid, Name, Actual))
    {
        DWORD Error = GetLastError();
        DeviceNodeRemove(Node->InstanceId, &Node->Owner);
        SystemFree(Adapter);
        DeviceNodeFree(Node);
        SetLastError(Error);
        return NULL;
    }
    if (RequestedGuid != NULL && !IsEqualGUID(RequestedGuid, &Node->Guid))
    {
        LogWrite(
            WINTUN_LOG_WARN, L"This system has not given the adapter \"%1\" the requested GUID",
            Actual);
    }
    LogWrite(WINTUN_LOG_INFO, L"Created the adapter \"%1\" as %2", Actual, Node->InstanceId);
    DeviceNodeFree(Node);
    return Adapter;
}

WINTUN_ADAPTER_HANDLE WINAPI
WintunCreateAdapter(LPCWSTR Name, LPCWSTR TunnelType, const GUID *RequestedGUID)
{
    HANDLE Lock;

    if (!AdapterCheckText(Name, L"The adapter's name") ||
        !AdapterCheckText(TunnelType, L"The tunnel type") ||
        !SystemRequireElevation(L"Creating an adapter") || !SystemLock(&Lock))
    {
        return NULL;
    }
    WINTUN_ADAPTER_HANDLE Adapter = AdapterCreateLocked(Name, TunnelType, RequestedGUID);
    SystemUnlock(Lock);
    return Adapter;
}

WINTUN_ADAPTER_HANDLE WINAPI WintunOpenAdapter(LPCWSTR Name)
{
    WCHAR Actual[WINTUN_MAX_POOL];
    DEVICE_NODE *Nodes;
    WINTUN_ADAPTER_HANDLE Adapter = NULL;
    BOOL Found = FALSE;

    if (!AdapterCheckText(Name, L"The adapter's name") || !AdapterList(&Nodes))
    {
        return NULL;
    }
    for (const DEVICE_NODE *Node = Nodes; Node != NULL && !Found; Node = Node->Next)
    {
        /* Why a name cannot be read is in the log; the adapter may still be another one. */
        if (ConnectionGetName(&Node->Guid, Actual) &&
            CompareStringOrdinal(Name, -1, Actual, -1, TRUE) == CSTR_EQUAL)
        {
            Found = TRUE;
            Adapter = AdapterFromNode(Node, FALSE);
        }
    }
    DWORD Error = Found ? GetLastError() : ERROR_NOT_FOUND;
    DeviceNodeFree(Nodes);
    if (!Found)
    {
        LogFailure(WINTUN_LOG_ERR, Error, L"Finding the adapter \"%1\"", Name);
    }
    SetLastError(Error);
    return Adapter;
}

VOID WINAPI WintunCloseAdapter(WINTUN_ADAPTER_HANDLE Adapter)
{
    HANDLE Lock;

    if (Adapter == NULL)
    {
        return;
    }
    if (Adapter->Created)
    {
        /* Without the lock the removal may meet another process's, but it must not be left out. */
        BOOL Locked = SystemLock(&Lock);
        DeviceNodeRemove(Adapter->InstanceId, &Adapter->Owner);
        if (Locked)
        {
            SystemUnlock(Lock);
        }
    }
    SystemFree(Adapter);
}

BOOL WINAPI WintunEnumAdapters(LPCWSTR TunnelType, WINTUN_ENUM_CALLBACK Callback, LPARAM Param)
{
    DEVICE_NODE *Nodes;
    BOOL Result = TRUE;
    BOOL Continue = TRUE;

    if (Callback == NULL)
    {
        LogFailure(WINTUN_LOG_ERR, ERROR_INVALID_PARAMETER, L"Listing adapters without a callback");
        return FALSE;
    }
    if (!AdapterList(&Nodes))
    {
        return FALSE;
    }
    for (const DEVICE_NODE *Node = Nodes; Node != NULL && Continue; Node = Node->Next)
    {
        if (TunnelType != NULL &&
            CompareStringOrdinal(TunnelType, -1, Node->TunnelType, -1, TRUE) != CSTR_EQUAL)
        {
            continue;
        }
        WINTUN_ADAPTER_HANDLE Adapter = AdapterFromNode(Node, FALSE);
        Continue = Adapter != NULL && Callback(Adapter, Param);
        Result = Adapter != NULL;
        SystemFree(Adapter);
    }
    DWORD Error = GetLastError();
    DeviceNodeFree(Nodes);
    SetLastError(Error);
    return Result;
}

VOID WINAPI WintunGetAdapterLUID(WINTUN_ADAPTER_HANDLE Adapter, NET_LUID *Luid)
{
    *Luid = Adapter->Luid;
}
