/* SPDX-License-Identifier: MIT */
#include "miniport.h"

#include "adapter.h"
#include "driver.h"
#include "event.h"
#include "oid.h"
#include "parameters.h"
#include "pool.h"
#include "receive.h"
#include "session.h"

static NDIS_STATUS MiniportSetAttributes(PADAPTER Adapter);
static VOID MiniportCreateLink(PADAPTER Adapter, PDEVICE_OBJECT PhysicalDevice);
static NTSTATUS MiniportCreate(
    NDIS_HANDLE MiniportHandle, PNDIS_MINIPORT_INIT_PARAMETERS Parameters, PADAPTER *Created);

#pragma alloc_text(PAGE, MiniportSetAttributes)
#pragma alloc_text(PAGE, MiniportCreateLink)
#pragma alloc_text(PAGE, MiniportCreate)
#pragma alloc_text(PAGE, MiniportInitialize)
#pragma alloc_text(PAGE, MiniportHalt)

static NDIS_STATUS MiniportSetAttributes(_In_ PADAPTER Adapter)
{
    NDIS_MINIPORT_ADAPTER_ATTRIBUTES Registration = {
        .RegistrationAttributes = {
            .Header =
                {.Type = NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES,
                 .Revision = NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1,
                 .Size = NDIS_SIZEOF_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1},
            .MiniportAdapterContext = Adapter,
            .AttributeFlags = NDIS_MINIPORT_ATTRIBUTES_NO_HALT_ON_SUSPEND |
                              NDIS_MINIPORT_ATTRIBUTES_SURPRISE_REMOVE_OK,
            .InterfaceType = NdisInterfaceInternal,
        }};
    NDIS_MINIPORT_ADAPTER_ATTRIBUTES General = {
        .GeneralAttributes = {
            .Header =
                {.Type = NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES,
                 .Revision = NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2,
                 .Size = NDIS_SIZEOF_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2},
            .MediaType = NdisMediumIP,
            .PhysicalMediumType = NdisPhysicalMediumUnspecified,
            .MtuSize = Adapter->Mtu,
            .MaxXmitLinkSpeed = Adapter->LinkSpeed,
            .XmitLinkSpeed = Adapter->LinkSpeed,
            .MaxRcvLinkSpeed = Adapter->LinkSpeed,
            .RcvLinkSpeed = Adapter->LinkSpeed,
            .MediaConnectState = MediaConnectStateDisconnected,
            .MediaDuplexState = MediaDuplexStateFull,
            .LookaheadSize = Adapter->Mtu,
            .MacOptions = NDIS_MAC_OPTION_TRANSFERS_NOT_PEND | NDIS_MAC_OPTION_COPY_LOOKAHEAD_DATA |
                          NDIS_MAC_OPTION_NO_LOOPBACK,
            .SupportedPacketFilters = OID_SUPPORTED_PACKET_FILTERS,
            .AccessType = NET_IF_ACCESS_BROADCAST,
            .DirectionType = NET_IF_DIRECTION_SENDRECEIVE,
            .ConnectionType = NET_IF_CONNECTION_DEDICATED,
            .IfType = IF_TYPE_PROP_VIRTUAL,
            .IfConnectorPresent = FALSE,
            .SupportedStatistics = OID_SUPPORTED_STATISTICS,
            .SupportedPauseFunctions = NdisPauseFunctionsUnsupported,
            .SupportedOidList = (PNDIS_OID)OidSupportedList,
            .SupportedOidListLength = OidSupportedListBytes,
        }};
    /* It sleeps and wakes with the system, and cannot wake it. */
    NDIS_PM_CAPABILITIES Power = {
        .Header = {
            .Type = NDIS_OBJECT_TYPE_DEFAULT,
            .Revision = NDIS_PM_CAPABILITIES_REVISION_1,
            .Size = NDIS_SIZEOF_NDIS_PM_CAPABILITIES_REVISION_1}};
    NDIS_STATUS Status = NdisMSetMiniportAttributes(Adapter->MiniportHandle, &Registration);

    if (DriverNdisMinorVersion() >= 30)
    {
        Power.Header.Revision = NDIS_PM_CAPABILITIES_REVISION_2;
        Power.Header.Size = NDIS_SIZEOF_NDIS_PM_CAPABILITIES_REVISION_2;
    }
    General.GeneralAttributes.PowerManagementCapabilitiesEx = &Power;
    if (Status == NDIS_STATUS_SUCCESS)
        Status = NdisMSetMiniportAttributes(Adapter->MiniportHandle, &General);
    return Status;
}

/*
 * \DosDevices\Global\WINTUN<LUID index>, by which clients find the device. An adapter without it
 * still works through its device interface.
 */
static VOID MiniportCreateLink(_Inout_ PADAPTER Adapter, _In_ PDEVICE_OBJECT PhysicalDevice)
{
    WCHAR NameBuffer[128], Digits[12];
    UNICODE_STRING Name = {.Buffer = NameBuffer};
    UNICODE_STRING Index = {.MaximumLength = sizeof(Digits), .Buffer = Digits};
    ULONG NameBytes;
    NTSTATUS Status;

    Adapter->Link =
        (UNICODE_STRING){.MaximumLength = sizeof(Adapter->LinkName), .Buffer = Adapter->LinkName};
    Status = IoGetDeviceProperty(
        PhysicalDevice, DevicePropertyPhysicalDeviceObjectName, sizeof(NameBuffer), NameBuffer,
        &NameBytes);
    if (!NT_SUCCESS(Status))
        goto Failed;
    RtlInitUnicodeString(&Name, NameBuffer);
    Status = RtlIntegerToUnicodeString((ULONG)Adapter->NetLuid.Info.NetLuidIndex, 10, &Index);
    if (!NT_SUCCESS(Status))
        goto Failed;
    (VOID) RtlAppendUnicodeToString(&Adapter->Link, (PCWSTR)L"\\DosDevices\\Global\\WINTUN");
    (VOID) RtlAppendUnicodeStringToString(&Adapter->Link, &Index);
    Status = IoCreateSymbolicLink(&Adapter->Link, &Name);
    if (NT_SUCCESS(Status))
        return;

Failed:
    Adapter->Link.Length = 0;
    EventWriteAdapterWithoutLink(Adapter->NetLuid, Status);
}

static VOID MiniportDeleteLink(_Inout_ PADAPTER Adapter)
{
    if (Adapter->Link.Length)
        (VOID) IoDeleteSymbolicLink(&Adapter->Link);
}

/* Everything of an adapter that NDIS and clients do not see yet. */
static NTSTATUS MiniportCreate(
    _In_ NDIS_HANDLE MiniportHandle,
    _In_ PNDIS_MINIPORT_INIT_PARAMETERS Parameters,
    _Outptr_ PADAPTER *Created)
{
    PADAPTER Adapter = PoolAllocate(sizeof(*Adapter), POOL_TAG_ADAPTER);
    NTSTATUS Status;

    if (!Adapter)
        return STATUS_INSUFFICIENT_RESOURCES;
    Adapter->MiniportHandle = MiniportHandle;
    Adapter->NetLuid = Parameters->NetLuid;
    Adapter->PacketFilter = 0;
    ParametersRead(Adapter);
    Adapter->Lookahead = Adapter->Mtu;
    KeInitializeSpinLock(&Adapter->StatisticsLock);
    KeInitializeEvent(&Adapter->Running, NotificationEvent, FALSE);
    ExInitializeRundownProtection(&Adapter->ControlRundown);
    ExInitializeRundownProtection(&Adapter->SendRundown);
    ExInitializeRundownProtection(&Adapter->DataRundown);
    /* No session and not running: both begin run down. */
    ExWaitForRundownProtectionRelease(&Adapter->SendRundown);
    ExWaitForRundownProtectionRelease(&Adapter->DataRundown);

    Status = ExInitializeResourceLite(&Adapter->SessionLock);
    if (!NT_SUCCESS(Status))
        goto CleanupAdapter;
    Adapter->ReceivePool = ReceivePoolCreate(MiniportHandle);
    if (!Adapter->ReceivePool)
    {
        Status = STATUS_INSUFFICIENT_RESOURCES;
        goto CleanupLock;
    }
    *Created = Adapter;
    return STATUS_SUCCESS;

CleanupLock:
    ExDeleteResourceLite(&Adapter->SessionLock);
CleanupAdapter:
    PoolFree(Adapter, POOL_TAG_ADAPTER);
    return Status;
}

static VOID MiniportDelete(_In_ PADAPTER Adapter)
{
    ReceivePoolDelete(Adapter->ReceivePool);
    ExDeleteResourceLite(&Adapter->SessionLock);
    PoolFree(Adapter, POOL_TAG_ADAPTER);
}

_Use_decl_annotations_
NDIS_STATUS NDISAPI MiniportInitialize(
    NDIS_HANDLE NdisMiniportHandle,
    NDIS_HANDLE MiniportDriverContext,
    PNDIS_MINIPORT_INIT_PARAMETERS Parameters)
{
    PDEVICE_OBJECT PhysicalDevice;
    PADAPTER Adapter;
    NDIS_STATUS Status;

    UNREFERENCED_PARAMETER(MiniportDriverContext);
    Status = MiniportCreate(NdisMiniportHandle, Parameters, &Adapter);
    if (Status != NDIS_STATUS_SUCCESS)
        goto Failed;
    Status = MiniportSetAttributes(Adapter);
    if (Status != NDIS_STATUS_SUCCESS)
    {
        MiniportDelete(Adapter);
        goto Failed;
    }
    NdisMGetDeviceProperty(
        NdisMiniportHandle, &PhysicalDevice, &Adapter->DeviceObject, NULL, NULL, NULL);
    MiniportCreateLink(Adapter, PhysicalDevice);
    AdapterListInsert(Adapter);
    return NDIS_STATUS_SUCCESS;

Failed:
    EventWriteAdapterNotInitialized(Parameters->NetLuid, Status);
    return Status;
}

/* Mirrors MiniportInitialize. NDIS has paused the adapter, so no packet is under way. */
_Use_decl_annotations_
VOID NDISAPI MiniportHalt(NDIS_HANDLE MiniportAdapterContext, NDIS_HALT_ACTION Action)
{
    PADAPTER Adapter = MiniportAdapterContext;

    UNREFERENCED_PARAMETER(Action);
    /* First, while it can be found: a process that ends waits for the end of its session. */
    SessionEndForGood(Adapter);
    AdapterListRemove(Adapter);
    MiniportDeleteLink(Adapter);
    MiniportDelete(Adapter);
}

_Use_decl_annotations_
NDIS_STATUS NDISAPI
MiniportRestart(NDIS_HANDLE MiniportAdapterContext, PNDIS_MINIPORT_RESTART_PARAMETERS Parameters)
{
    PADAPTER Adapter = MiniportAdapterContext;

    UNREFERENCED_PARAMETER(Parameters);
    ExReInitializeRundownProtection(&Adapter->DataRundown);
    KeSetEvent(&Adapter->Running, IO_NO_INCREMENT, FALSE);
    return NDIS_STATUS_SUCCESS;
}

/* Quiescent on return: no send is under way, and Windows has returned every list. */
_Use_decl_annotations_
NDIS_STATUS NDISAPI
MiniportPause(NDIS_HANDLE MiniportAdapterContext, PNDIS_MINIPORT_PAUSE_PARAMETERS Parameters)
{
    PADAPTER Adapter = MiniportAdapterContext;

    UNREFERENCED_PARAMETER(Parameters);
    KeClearEvent(&Adapter->Running);
    ExWaitForRundownProtectionRelease(&Adapter->DataRundown);
    return NDIS_STATUS_SUCCESS;
}

_Use_decl_annotations_
VOID NDISAPI MiniportPnPEventNotify(NDIS_HANDLE MiniportAdapterContext, PNET_DEVICE_PNP_EVENT Event)
{
    if (Event->DevicePnPEvent == NdisDevicePnPEventSurpriseRemoved)
        SessionEndForGood(MiniportAdapterContext);
}

/* The system goes down or has crashed: memory of clients needs no care any more. */
_Use_decl_annotations_
VOID NDISAPI MiniportShutdown(NDIS_HANDLE MiniportAdapterContext, NDIS_SHUTDOWN_ACTION Action)
{
    UNREFERENCED_PARAMETER(MiniportAdapterContext);
    UNREFERENCED_PARAMETER(Action);
}
