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

/* Constant while the handle exists. */
struct _WINTUN_ADAPTER
{
    WCHAR InstanceId[MAX_DEVICE_ID_LEN];
    NET_LUID Luid;
    BOOL Created;         /* by this handle: closing it removes the adapter */
    SYSTEM_PROCESS Owner; /* of the device, as recorded */
};

#endif
