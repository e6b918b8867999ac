/* SPDX-License-Identifier: MIT */
/*
 * Device nodes: the devices behind adapters, as Plug and Play knows them.
 *
 * A node that goes with its creator is a software device (device_software.h), from Windows 8 on.
 * One that stays, and any on Windows 7, is made by SetupAPI as a root-enumerated device. Each
 * carries the creating process as a property; a root-enumerated one is removed when that process is
 * gone (DeviceNodeIsOrphan), unless it was made to stay and has no owner.
 *
 * A node counts as ours by its hardware id and its service together, or by that property if it has
 * no service yet; never by its instance id: ROOT\NET\0000 may be anyone's.
 */
#ifndef ADIT_LIBRARY_DEVICE_NODE_H
#define ADIT_LIBRARY_DEVICE_NODE_H

#include "adit.h"
#include "system.h"

#include <cfgmgr32.h>

#define DEVICE_NODE_HARDWARE_ID L"Adit"
#define DEVICE_NODE_SERVICE     L"Adit"
#define DEVICE_NODE_DESCRIPTION L"Adit Tunnel"

/* The enumerator of our software devices, as SetupAPI has it. */
#define DEVICE_NODE_SOFTWARE_ENUMERATOR L"SWD\\Adit"

/* What a new node is to be. */
typedef struct _DEVICE_NODE_REQUEST
{
    LPCWSTR TunnelType;
    GUID Guid;        /* for the network interface */
    DWORD Mtu;        /* in bytes; zero: what is set for the adapter, or the default */
    DWORD LinkSpeed;  /* in Mbit/s; likewise */
    BOOL Persistent;  /* stays when its creator ends */
    LPCWSTR InfPath;  /* of the driver, published in the INF directory */
    BOOL IsInstalled; /* the driver's file is in its place and need not be copied */
} DEVICE_NODE_REQUEST;

typedef struct _DEVICE_SOFTWARE DEVICE_SOFTWARE;

typedef struct _DEVICE_NODE
{
    struct _DEVICE_NODE *Next;
    WCHAR InstanceId[MAX_DEVICE_ID_LEN];
    WCHAR TunnelType[WINTUN_MAX_POOL]; /* empty if nobody recorded one */
    SYSTEM_PROCESS Owner;              /* Id zero if nobody recorded one, and if it stays */
    BOOL IsSoftware;                   /* Windows takes it away when its creator ends */
    BOOL IsHalfRemoved;                /* it had an owner, and has none any more */
    BOOL IsPresent;                    /* if not, only its keys are there */
    GUID RequestedGuid;                /* zero if nobody recorded one */
    BOOL HasIdentity;                  /* Guid and Luid are there: the adapter was started once */
    GUID Guid;
    NET_LUID Luid;
} DEVICE_NODE;

/*
 * Makes a node and waits until its driver has started it, at most 15 seconds, or twice that if the
 * adapter's parameters have to change. The driver package is in the driver store. The caller holds
 * the system lock. On failure no device is left behind. The caller frees Node by DeviceNodeFree,
 * and gives Software, NULL for a root-enumerated device, to DeviceNodeRemove. Logs failure.
 */
_Must_inspect_result_ BOOL DeviceNodeCreate(
    _In_ const DEVICE_NODE_REQUEST *Request,
    _Outptr_ DEVICE_NODE **Node,
    _Outptr_result_maybenull_ DEVICE_SOFTWARE **Software);

/*
 * The part of DeviceNodeCreate that makes a root-enumerated device, of which Owner is recorded as
 * the creator; Node has to be NULL before. Logs failure; no device is left behind then.
 */
_Must_inspect_result_ BOOL DeviceNodeCreateRoot(
    _In_ const DEVICE_NODE_REQUEST *Request,
    _In_ const SYSTEM_PROCESS *Owner,
    _Inout_ DEVICE_NODE **Node);

/* What makes a node the one that it was: its instance id can come to another one. */
typedef struct _DEVICE_NODE_NAME
{
    WCHAR InstanceId[MAX_DEVICE_ID_LEN];
    SYSTEM_PROCESS Owner;
    GUID RequestedGuid;
} DEVICE_NODE_NAME;

VOID DeviceNodeGetName(_In_ const DEVICE_NODE *Node, _Out_ DEVICE_NODE_NAME *Name);

/*
 * Removes a node of ours with its registry keys; if it is gone, or another node has its instance
 * id, nothing is removed, and that is success. A software device, which the function takes back, is
 * taken away but its keys stay. Waits until it is gone, at most 5 seconds. The caller holds the
 * system lock. Logs failure.
 */
BOOL DeviceNodeRemove(_In_ const DEVICE_NODE_NAME *Name, _In_opt_ DEVICE_SOFTWARE *Software);

/*
 * Makes a root-enumerated node one whose creator is gone. It writes one property of the device and
 * logs nothing, so that it can be called while the library is being unloaded.
 */
VOID DeviceNodeAbandon(_In_ const DEVICE_NODE_NAME *Name);

/*
 * Lists the nodes of ours, started or not; NULL is none. The caller frees them by DeviceNodeFree.
 * Logs failure.
 */
_Must_inspect_result_ BOOL DeviceNodeList(_Outptr_result_maybenull_ DEVICE_NODE **Nodes);
VOID DeviceNodeFree(_In_opt_ DEVICE_NODE *Nodes);

/*
 * Whether the process that created the node is recorded and gone, or removed it and did not come to
 * the end of that.
 */
BOOL DeviceNodeIsOrphan(_In_ const DEVICE_NODE *Node);

/*
 * Opens the device through its GUID_DEVINTERFACE_NET interface, for reading and writing. Fails with
 * ERROR_FILE_NOT_FOUND if the interface is not there. Logs failure.
 */
_Must_inspect_result_ BOOL DeviceNodeOpen(_In_z_ LPCWSTR InstanceId, _Out_ HANDLE *Device);

#endif
