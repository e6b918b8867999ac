/* SPDX-License-Identifier: MIT */
/* Adapters: finding and closing them. */
#include "adapter.h"
#include "connection.h"
#include "device_software.h"
#include "log.h"
#include "system.h"

/* Handles that remove their adapter when they are closed. */
static SRWLOCK AdapterOwnersLock = SRWLOCK_INIT;
static WINTUN_ADAPTER_HANDLE AdapterOwners;

BOOL AdapterCheckText(LPCWSTR Text, LPCWSTR What)
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

WINTUN_ADAPTER_HANDLE
AdapterFromNode(const DEVICE_NODE *Node, BOOL Owns, DEVICE_SOFTWARE *Software)
{
    WINTUN_ADAPTER_HANDLE Adapter = SystemAllocate(sizeof(*Adapter));
    if (Adapter == NULL)
    {
        LogLastError(L"Allocating %1!u! bytes for an adapter", (DWORD)sizeof(*Adapter));
        return NULL;
    }
    DeviceNodeGetName(Node, &Adapter->Node);
    Adapter->InstanceId = Adapter->Node.InstanceId;
    Adapter->Luid = Node->Luid;
    Adapter->IsPersistent = Node->Owner.Id == 0;
    Adapter->RemovesAtClose = Owns;
    Adapter->Software = Software;
    if (Owns)
    {
        AcquireSRWLockExclusive(&AdapterOwnersLock);
        Adapter->Next = AdapterOwners;
        AdapterOwners = Adapter;
        ReleaseSRWLockExclusive(&AdapterOwnersLock);
    }
    return Adapter;
}

static VOID AdapterFree(WINTUN_ADAPTER_HANDLE Adapter)
{
    if (Adapter != NULL && Adapter->RemovesAtClose)
    {
        AcquireSRWLockExclusive(&AdapterOwnersLock);
        WINTUN_ADAPTER_HANDLE *Link = &AdapterOwners;
        while (*Link != Adapter)
        {
            Link = &(*Link)->Next;
        }
        *Link = Adapter->Next;
        ReleaseSRWLockExclusive(&AdapterOwnersLock);
    }
    SystemFree(Adapter);
}

VOID AdapterUninitialize(VOID)
{
    /* The loader runs this: no other thread is in the library. */
    while (AdapterOwners != NULL)
    {
        WINTUN_ADAPTER_HANDLE Adapter = AdapterOwners;
        AdapterOwners = Adapter->Next;
        if (Adapter->Software != NULL)
        {
            DeviceSoftwareClose(Adapter->Software);
        }
        else
        {
            DeviceNodeAbandon(&Adapter->Node);
        }
        SystemFree(Adapter);
    }
}

VOID AdapterSweep(const DEVICE_NODE *Nodes)
{
    DEVICE_NODE_NAME Name;

    for (const DEVICE_NODE *Node = Nodes; Node != NULL; Node = Node->Next)
    {
        if (!Node->IsSoftware && DeviceNodeIsOrphan(Node))
        {
            LogWrite(
                WINTUN_LOG_INFO,
                Node->IsHalfRemoved
                    ? L"Removing the adapter %1, which somebody has begun to remove"
                    : L"Removing the adapter %1, which process %2!u! has left behind",
                Node->InstanceId, Node->Owner.Id);
            DeviceNodeGetName(Node, &Name);
            DeviceNodeRemove(&Name, NULL);
        }
    }
}

/* Others may have come since the caller looked. */
static VOID AdapterSweepLocked(VOID)
{
    DEVICE_NODE *Nodes;

    if (DeviceNodeList(&Nodes))
    {
        AdapterSweep(Nodes);
        DeviceNodeFree(Nodes);
    }
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
        HasOrphans |= IsOrphan && !Node->IsSoftware;
        /* A device without identity is being installed by somebody, or never started. */
        if (!IsOrphan && Node->IsPresent && Node->HasIdentity)
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
            Adapter = AdapterFromNode(Node, FALSE, NULL);
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
    if (Adapter->RemovesAtClose)
    {
        /* Without the lock the removal may meet another process's, but it must not be left out. */
        BOOL Locked = SystemLock(&Lock);
        DeviceNodeRemove(&Adapter->Node, Adapter->Software);
        if (Locked)
        {
            SystemUnlock(Lock);
        }
    }
    AdapterFree(Adapter);
}

BOOL WINAPI AditDeleteAdapter(WINTUN_ADAPTER_HANDLE Adapter)
{
    HANDLE Lock;

    if (Adapter == NULL)
    {
        LogFailure(WINTUN_LOG_ERR, ERROR_INVALID_PARAMETER, L"Deleting no adapter");
        return FALSE;
    }
    if (!SystemRequireElevation(L"Deleting an adapter"))
    {
        return FALSE;
    }
    if (!Adapter->IsPersistent && !Adapter->RemovesAtClose)
    {
        LogFailure(
            WINTUN_LOG_ERR, ERROR_DEVICE_IN_USE,
            L"Deleting the adapter %1, which is process %2!u!'s", Adapter->InstanceId,
            Adapter->Node.Owner.Id);
        return FALSE;
    }
    if (Adapter->RemovesAtClose)
    {
        WintunCloseAdapter(Adapter);
        return TRUE;
    }
    if (!SystemLock(&Lock))
    {
        return FALSE;
    }
    BOOL Result = DeviceNodeRemove(&Adapter->Node, NULL);
    SystemUnlock(Lock);
    if (Result)
    {
        AdapterFree(Adapter);
    }
    return Result;
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
        WINTUN_ADAPTER_HANDLE Adapter = AdapterFromNode(Node, FALSE, NULL);
        Continue = Adapter != NULL && Callback(Adapter, Param);
        Result = Adapter != NULL;
        AdapterFree(Adapter);
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
