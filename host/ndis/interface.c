/* SPDX-License-Identifier: MIT */
/* Interfaces, those of the adapters here, and what an adapter is called. */
#include "internal.h"

/* An adapter that is looked for by one of the two. */
typedef struct _NDIS_INTERFACE_SEARCH
{
    const NET_LUID *Luid; /* NULL: by index */
    const ULONG *Index;   /* NULL: by LUID */
    NDIS_LINK_IDENTITY Found;
    BOOLEAN Any;
} NDIS_INTERFACE_SEARCH, *PNDIS_INTERFACE_SEARCH;

static BOOLEAN InterfaceMatch(PNDIS_MINIPORT_ADAPTER Adapter, PVOID Context)
{
    PNDIS_INTERFACE_SEARCH Search = Context;
    if ((Search->Luid != NULL && Search->Luid->Value == Adapter->Identity.NetLuid.Value) ||
        (Search->Index != NULL && *Search->Index == Adapter->Identity.IfIndex))
    {
        Search->Found = Adapter->Identity;
        Search->Any = TRUE;
    }
    return !Search->Any;
}

NDIS_STATUS NDISAPI NdisIfGetInterfaceIndexFromNetLuid(NET_LUID NetLuid, PNET_IFINDEX IfIndex)
{
    NDISP_IRQL(
        "NdisIfGetInterfaceIndexFromNetLuid", "nf-ndis-ndisifgetinterfaceindexfromnetluid",
        PASSIVE_LEVEL);
    NDIS_INTERFACE_SEARCH Search = {.Luid = &NetLuid};
    NdisHostEnumerateAdapters(InterfaceMatch, &Search);
    if (!Search.Any)
    {
        return NDIS_STATUS_INTERFACE_NOT_FOUND;
    }
    *IfIndex = Search.Found.IfIndex;
    return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS NDISAPI NdisIfGetNetLuidFromInterfaceIndex(NET_IFINDEX IfIndex, PNET_LUID NetLuid)
{
    NDISP_IRQL(
        "NdisIfGetNetLuidFromInterfaceIndex", "nf-ndis-ndisifgetnetluidfrominterfaceindex",
        PASSIVE_LEVEL);
    NDIS_INTERFACE_SEARCH Search = {.Index = &IfIndex};
    NdisHostEnumerateAdapters(InterfaceMatch, &Search);
    if (!Search.Any)
    {
        return NDIS_STATUS_INTERFACE_NOT_FOUND;
    }
    *NetLuid = Search.Found.NetLuid;
    return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS NDISAPI
NdisMQueryAdapterInstanceName(PNDIS_STRING AdapterInstanceName, NDIS_HANDLE MiniportHandle)
{
    static const DEVICE_REGISTRY_PROPERTY Properties[] = {
        DevicePropertyFriendlyName, DevicePropertyDeviceDescription};
    NDISP_IRQL(
        "NdisMQueryAdapterInstanceName", "nf-ndis-ndismqueryadapterinstancename", PASSIVE_LEVEL);
    PNDIS_MINIPORT_ADAPTER Adapter =
        NdispAdapterFromHandle(MiniportHandle, "NdisMQueryAdapterInstanceName");
    ULONG Size = 0x200;

    PWCH Buffer = ExAllocatePoolWithTag(NonPagedPoolNx, Size, NDISP_TAG);
    if (Buffer == NULL)
    {
        return NDIS_STATUS_RESOURCES;
    }
    for (ULONG i = 0; i < ARRAYSIZE(Properties); i++)
    {
        ULONG Length;
        NTSTATUS Status =
            IoGetDeviceProperty(Adapter->Pdo, Properties[i], Size - sizeof(WCHAR), Buffer, &Length);
        if (NT_SUCCESS(Status))
        {
            Buffer[Length / sizeof(WCHAR)] = 0;
            RtlInitUnicodeString(AdapterInstanceName, Buffer);
            return NDIS_STATUS_SUCCESS;
        }
    }
    ExFreePoolWithTag(Buffer, NDISP_TAG);
    return NDIS_STATUS_RESOURCES;
}
