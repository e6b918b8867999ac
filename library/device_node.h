/* SPDX-License-Identifier: MIT */
/*
 * Device nodes: the devices behind adapters, as Plug and Play knows them.
 *
 * A node is made by SetupAPI as a root-enumerated device, which is the way of Windows 7 and works
 * on all later ones. It outlives its creator, so each node carries the creating process as a
 * property and is removed when that process is gone (DeviceNodeIsOrphan).
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

typedef struct _DEVICE_NODE
{
    struct _DEVICE_NODE *Next;
    WCHAR InstanceId[MAX_DEVICE_ID_LEN];
    WCHAR TunnelType[WINTUN_MAX_POOL]; /* empty if nobody recorded one */
    SYSTEM_PROCESS Owner;              /* Id zero if nobody recorded one */
    BOOL HasIdentity;                  /* Guid and Luid are there: the adapter was started once */
    GUID Guid;
    NET_LUID Luid;
} DEVICE_NODE;

/*
 * Makes a node, installs the driver of the package at InfPath on it and waits until it has started,
 * at most 15 seconds. The caller holds the system lock. On failure nothing is left behind. The
 * caller frees Node by DeviceNodeFree. Logs failure.
 */
_Must_inspect_result_ BOOL DeviceNodeCreate(
    _In_z_ LPCWSTR TunnelType,
    _In_opt_ const GUID *RequestedGuid,
    _In_z_ LPCWSTR InfPath,
    _Outptr_ DEVICE_NODE **Node);

/*
 * Removes a node of ours with its registry keys. If it is gone, or its instance id has meanwhile
 * come to another driver or creator, nothing is removed, and that is success. The caller holds the
 * system lock. Logs failure.
 */
BOOL DeviceNodeRemove(_In_z_ LPCWSTR InstanceId, _In_ const SYSTEM_PROCESS *Owner);

/*
 * Lists the nodes of ours, started or not; NULL is none. The caller frees them by DeviceNodeFree.
 * Logs failure.
 */
_Must_inspect_result_ BOOL DeviceNodeList(_Outptr_result_maybenull_ DEVICE_NODE **Nodes);
VOID DeviceNodeFree(_In_opt_ DEVICE_NODE *Nodes);

/* Whether the process that created the node is recorded and gone. */
BOOL DeviceNodeIsOrphan(_In_ const DEVICE_NODE *Node);

/*
 * Opens the device through its GUID_DEVINTERFACE_NET interface, for reading and writing. Fails with
 * ERROR_FILE_NOT_FOUND if the interface is not there. Logs failure.
 */
_Must_inspect_result_ BOOL DeviceNodeOpen(_In_z_ LPCWSTR InstanceId, _Out_ HANDLE *Device);

#endif
