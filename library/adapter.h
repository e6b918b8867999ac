/* SPDX-License-Identifier: MIT */
/* Adapters: creating, finding and closing them. */
#ifndef ADIT_LIBRARY_ADAPTER_H
#define ADIT_LIBRARY_ADAPTER_H

#include "adit.h"
#include "device_node.h"

WINTUN_CREATE_ADAPTER_FUNC WintunCreateAdapter;
WINTUN_OPEN_ADAPTER_FUNC WintunOpenAdapter;
WINTUN_CLOSE_ADAPTER_FUNC WintunCloseAdapter;
WINTUN_ENUM_ADAPTERS_FUNC WintunEnumAdapters;
WINTUN_GET_ADAPTER_LUID_FUNC WintunGetAdapterLUID;
ADIT_CREATE_ADAPTER_FUNC AditCreateAdapter;
ADIT_DELETE_ADAPTER_FUNC AditDeleteAdapter;

/* Constant while the handle exists, but for Next. */
struct _WINTUN_ADAPTER
{
    struct _WINTUN_ADAPTER *Next; /* of those that take their adapter with them */
    DEVICE_NODE_NAME Node;
    LPCWSTR InstanceId; /* Node's */
    NET_LUID Luid;
    BOOL IsPersistent;
    BOOL RemovesAtClose;
    DEVICE_SOFTWARE *Software; /* NULL: none, or not of this handle */
};

/*
 * Makes a handle for a node, and one that removes it when it is closed if Owns; Software, which it
 * takes back then, may be NULL. Logs failure.
 */
_Must_inspect_result_ _Ret_maybenull_ WINTUN_ADAPTER_HANDLE
AdapterFromNode(_In_ const DEVICE_NODE *Node, _In_ BOOL Owns, _In_opt_ DEVICE_SOFTWARE *Software);

/* Checks a name or type of a client's: 1 to 255 characters. What names it in the log. */
_Must_inspect_result_ BOOL AdapterCheckText(_In_opt_z_ LPCWSTR Text, _In_z_ LPCWSTR What);

/* Removes the root-enumerated nodes of creators that are gone. The caller holds the system lock. */
VOID AdapterSweep(_In_opt_ const DEVICE_NODE *Nodes);

/*
 * Lets go of what handles that were not closed hold, when the library is unloaded: software devices
 * go, others are left for the next call of the library anywhere. Logs nothing.
 */
VOID AdapterUninitialize(VOID);

#endif
