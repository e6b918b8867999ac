/* SPDX-License-Identifier: MIT */
/*
 * What a miniport tells of itself with NdisMSetMiniportAttributes, and what it asks about its
 * device.
 */
#include "internal.h"

VOID NdispAttributesReset(PNDIS_MINIPORT_ADAPTER Adapter)
{
    if (Adapter->SupportedOids != NULL)
    {
        ExFreePoolWithTag(Adapter->SupportedOids, NDISP_TAG);
        Adapter->SupportedOids = NULL;
    }
    Adapter->RegistrationSet = FALSE;
    Adapter->GeneralSet = FALSE;
    Adapter->AttributeFlags = 0;
    Adapter->Context = NULL;
    RtlZeroMemory(&Adapter->General, sizeof(Adapter->General));
}

static NDIS_STATUS AttributesSetRegistration(
    PNDIS_MINIPORT_ADAPTER Adapter, const NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES *Given)
{
    if (Given->Header.Revision < NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1 ||
        Given->Header.Size < NDIS_SIZEOF_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1)
    {
        NdispLogError(
            "NDIS: registration attributes: revision %u size %u, not %u, %u or more\n",
            Given->Header.Revision, Given->Header.Size,
            NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1,
            (ULONG)NDIS_SIZEOF_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1);
        return NDIS_STATUS_BAD_VERSION;
    }
    Adapter->Context = Given->MiniportAdapterContext;
    Adapter->AttributeFlags = Given->AttributeFlags;
    Adapter->CheckForHangSeconds = Given->CheckForHangTimeInSeconds;
    Adapter->RegistrationSet = TRUE;
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS
AttributesCheckGeneral(const NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *Given, PSIZE_T Size)
{
    *Size = Given->Header.Revision >= NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2
                ? NDIS_SIZEOF_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2
                : NDIS_SIZEOF_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_1;
    if (Given->Header.Revision < NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_1 ||
        Given->Header.Size < *Size)
    {
        NdispLogError(
            "NDIS: general attributes: revision %u size %u, not %u or more, %u or more\n",
            Given->Header.Revision, Given->Header.Size,
            NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_1, (ULONG)*Size);
        return NDIS_STATUS_BAD_VERSION;
    }
    if (Given->MtuSize == 0 || Given->MtuSize > NDISP_MAX_MTU ||
        Given->MacAddressLength > NDIS_MAX_PHYS_ADDRESS_LENGTH ||
        Given->DataBackFillSize > NDISP_MAX_BACK_FILL ||
        Given->ContextBackFillSize > NDISP_MAX_BACK_FILL ||
        (Given->SupportedOidList == NULL) != (Given->SupportedOidListLength == 0) ||
        Given->SupportedOidListLength % sizeof(NDIS_OID) != 0)
    {
        NdispLogError(
            "NDIS: general attributes: MTU %u (1 to %u), MAC address of %u bytes (%u at most), "
            "OID list of %u bytes, backfill of %u and %u bytes (%u at most)\n",
            Given->MtuSize, NDISP_MAX_MTU, Given->MacAddressLength, NDIS_MAX_PHYS_ADDRESS_LENGTH,
            Given->SupportedOidListLength, Given->DataBackFillSize, Given->ContextBackFillSize,
            NDISP_MAX_BACK_FILL);
        return NDIS_STATUS_INVALID_PARAMETER;
    }
    /* The link carries layer-3 packets: frames of another medium would go to Linux as such. */
    if (Given->MediaType != NdisMediumIP && Given->MediaType != NdisMediumTunnel)
    {
        NdispLogError(
            "NDIS: general attributes: medium %u; this host has a network for IP (%u) and tunnels "
            "(%u) only\n",
            Given->MediaType, NdisMediumIP, NdisMediumTunnel);
        return NDIS_STATUS_NOT_SUPPORTED;
    }
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS AttributesSetGeneral(
    PNDIS_MINIPORT_ADAPTER Adapter, const NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *Given)
{
    NDIS_OID *Oids = NULL;
    SIZE_T Size;
    NDIS_STATUS Status = AttributesCheckGeneral(Given, &Size);

    if (Status != NDIS_STATUS_SUCCESS)
    {
        return Status;
    }
    if (Given->SupportedOidListLength != 0)
    {
        Oids = ExAllocatePoolWithTag(NonPagedPoolNx, Given->SupportedOidListLength, NDISP_TAG);
        if (Oids == NULL)
        {
            return NDIS_STATUS_RESOURCES;
        }
        RtlCopyMemory(Oids, Given->SupportedOidList, Given->SupportedOidListLength);
    }
    if (Adapter->SupportedOids != NULL)
    {
        ExFreePoolWithTag(Adapter->SupportedOids, NDISP_TAG);
    }
    RtlZeroMemory(&Adapter->General, sizeof(Adapter->General));
    RtlCopyMemory(&Adapter->General, Given, Size);
    Adapter->General.SupportedOidList = Oids;
    Adapter->PowerManagementRevision =
        Adapter->General.PowerManagementCapabilitiesEx != NULL
            ? ((const NDIS_PM_CAPABILITIES *)Adapter->General.PowerManagementCapabilitiesEx)
                  ->Header.Revision
            : 0;
    Adapter->General.PowerManagementCapabilitiesEx = NULL; /* the caller's, until it returns */
    Adapter->SupportedOids = Oids;
    Adapter->GeneralSet = TRUE;
    return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS NDISAPI NdisMSetMiniportAttributes(
    NDIS_HANDLE NdisMiniportAdapterHandle, PNDIS_MINIPORT_ADAPTER_ATTRIBUTES Attributes)
{
    NDISP_IRQL("NdisMSetMiniportAttributes", "nf-ndis-ndismsetminiportattributes", PASSIVE_LEVEL);
    PNDIS_MINIPORT_ADAPTER Adapter =
        NdispAdapterFromHandle(NdisMiniportAdapterHandle, "NdisMSetMiniportAttributes");

    if (NdispAdapterState(Adapter) != NdisHostInitializing)
    {
        NdisHostViolation(
            "NdisMSetMiniportAttributes is called from MiniportInitializeEx.",
            "NdisMSetMiniportAttributes", "nf-ndis-ndismsetminiportattributes");
    }
    if (Attributes->Header.Type == NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES)
    {
        return AttributesSetRegistration(Adapter, &Attributes->RegistrationAttributes);
    }
    if (!Adapter->RegistrationSet)
    {
        NdisHostViolation(
            "Registration attributes are set before all other attributes.",
            "NdisMSetMiniportAttributes", "nf-ndis-ndismsetminiportattributes");
    }
    if (Attributes->Header.Type == NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES)
    {
        return AttributesSetGeneral(Adapter, &Attributes->GeneralAttributes);
    }
    if (!Adapter->GeneralSet)
    {
        NdisHostViolation(
            "General attributes are set before any additional attributes.",
            "NdisMSetMiniportAttributes", "nf-ndis-ndismsetminiportattributes");
    }
    /* Offload, hardware assist, RSS...: nothing above the miniport here makes use of them. */
    return NDIS_STATUS_SUCCESS;
}

VOID NDISAPI NdisMGetDeviceProperty(
    NDIS_HANDLE MiniportAdapterHandle,
    PDEVICE_OBJECT *PhysicalDeviceObject,
    PDEVICE_OBJECT *FunctionalDeviceObject,
    PDEVICE_OBJECT *NextDeviceObject,
    PVOID *AllocatedResources,
    PVOID *AllocatedResourcesTranslated)
{
    NDISP_IRQL("NdisMGetDeviceProperty", "nf-ndis-ndismgetdeviceproperty", PASSIVE_LEVEL);
    PNDIS_MINIPORT_ADAPTER Adapter =
        NdispAdapterFromHandle(MiniportAdapterHandle, "NdisMGetDeviceProperty");
    if (PhysicalDeviceObject != NULL)
    {
        *PhysicalDeviceObject = Adapter->Pdo;
    }
    if (FunctionalDeviceObject != NULL)
    {
        *FunctionalDeviceObject = Adapter->Fdo;
    }
    if (NextDeviceObject != NULL)
    {
        *NextDeviceObject = Adapter->NextDevice;
    }
    if (AllocatedResources != NULL)
    {
        *AllocatedResources = Adapter->AllocatedResources;
    }
    if (AllocatedResourcesTranslated != NULL)
    {
        *AllocatedResourcesTranslated = Adapter->AllocatedResourcesTranslated;
    }
}
