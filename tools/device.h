/* SPDX-License-Identifier: MIT */
/* The device behind an adapter, and what NDIS tells about it. */
#ifndef ADIT_TOOLS_DEVICE_H
#define ADIT_TOOLS_DEVICE_H

#include "adit.h"
#include "../ring/counters.h"

typedef struct _ADAPTER_DEVICE
{
    GUID Guid;
    WCHAR Name[WINTUN_MAX_POOL]; /* of the network connection */
    WCHAR Path[512];             /* of the GUID_DEVINTERFACE_NET interface */
} ADAPTER_DEVICE;

/*
 * NDIS_STATISTICS_INFO, revision 1 (Microsoft's documentation of OID_GEN_STATISTICS); "in" is
 * towards Windows. SDKs outside the WDK have no declaration of it.
 */
typedef struct _NDIS_STATISTICS
{
    UCHAR Type;
    UCHAR Revision;
    USHORT Size;
    ULONG SupportedStatistics;
    UINT64 InDiscards;
    UINT64 InErrors;
    UINT64 InOctets;
    UINT64 InUnicastPackets;
    UINT64 InMulticastPackets;
    UINT64 InBroadcastPackets;
    UINT64 OutOctets;
    UINT64 OutUnicastPackets;
    UINT64 OutMulticastPackets;
    UINT64 OutBroadcastPackets;
    UINT64 OutErrors;
    UINT64 OutDiscards;
    UINT64 InUnicastOctets;
    UINT64 InMulticastOctets;
    UINT64 InBroadcastOctets;
    UINT64 OutUnicastOctets;
    UINT64 OutMulticastOctets;
    UINT64 OutBroadcastOctets;
} NDIS_STATISTICS;

/* Finds the started device of the adapter with that LUID; ERROR_FILE_NOT_FOUND if there is none. */
_Must_inspect_result_ BOOL DeviceFind(_In_ const NET_LUID *Luid, _Out_ ADAPTER_DEVICE *Device);

/* Asks NDIS, which asks the driver. ERROR_INVALID_DATA if the answer is not what is documented. */
_Must_inspect_result_ BOOL
DeviceQueryStatistics(_In_ const ADAPTER_DEVICE *Device, _Out_ NDIS_STATISTICS *Statistics);

/* The same with the reason of each packet that was not delivered. */
_Must_inspect_result_ BOOL
DeviceQueryCounters(_In_ const ADAPTER_DEVICE *Device, _Out_ ADIT_COUNTERS *Counters);

#define DEVICE_GUID_LENGTH 39 /* characters, the terminating zero included */

/* "{01234567-89AB-...}"; Count is at least DEVICE_GUID_LENGTH. */
VOID DeviceFormatGuid(_In_ const GUID *Guid, _Out_writes_z_(Count) LPWSTR Text, _In_ size_t Count);

#endif
