/* SPDX-License-Identifier: MIT */
/*
 * The control surface (ndis_host.h), as far as it is not in the file of what it controls.
 */
#include "internal.h"

#define HOST_OLDEST_VERSION NDIS_RUNTIME_VERSION_620
#define HOST_NEWEST_VERSION ((6u << 16) | 86)

static volatile LONG HostVersion = NDIS_RUNTIME_VERSION_685;
static NDIS_HOST_DEVICE_CONTROL *HostDeviceControl;

ULONG NdispHostVersion(VOID)
{
    return (ULONG)ReadAcquire(&HostVersion);
}

NTSTATUS NdisHostSetVersion(ULONG Version)
{
    if (Version < HOST_OLDEST_VERSION || Version > HOST_NEWEST_VERSION)
    {
        return STATUS_INVALID_PARAMETER;
    }
    WriteRelease(&HostVersion, (LONG)Version);
    return STATUS_SUCCESS;
}

VOID NdisHostSetDeviceControl(NDIS_HOST_DEVICE_CONTROL *DeviceControl)
{
    HostDeviceControl = DeviceControl;
}

NTSTATUS NdispHostDeviceControl(PNDIS_MINIPORT_ADAPTER Adapter, PIRP Irp)
{
    NDIS_HOST_DEVICE_CONTROL *DeviceControl = HostDeviceControl;
    if (DeviceControl == NULL)
    {
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    return DeviceControl(Adapter, Adapter->NdisLink, Irp);
}

VOID NdisHostGetInformation(PNDIS_MINIPORT_ADAPTER Adapter, PNDIS_HOST_INFORMATION Information)
{
    KLOCK_QUEUE_HANDLE Lock;

    RtlZeroMemory(Information, sizeof(*Information));
    Information->State = NdispAdapterState(Adapter);
    Information->PhysicalDeviceObject = Adapter->Pdo;
    Information->FunctionalDeviceObject = Adapter->Fdo;
    Information->Identity = Adapter->Identity;
    if (NdispAdapterEnter(Adapter))
    {
        Information->NdisVersion = Adapter->Driver->Characteristics.MinorNdisVersion;
        Information->CharacteristicsRevision = Adapter->Driver->Characteristics.Header.Revision;
        Information->PowerManagementRevision = Adapter->PowerManagementRevision;
        Information->MtuSize = Adapter->General.MtuSize;
        NdispAdapterLeave(Adapter);
    }
    KeAcquireInStackQueuedSpinLock(&Adapter->StatusLock, &Lock);
    Information->MediaConnectState = Adapter->LinkState.MediaConnectState;
    Information->XmitLinkSpeed = Adapter->LinkState.XmitLinkSpeed;
    Information->RcvLinkSpeed = Adapter->LinkState.RcvLinkSpeed;
    KeReleaseInStackQueuedSpinLock(&Lock);
    NdispOidLock(Adapter);
    Information->PacketFilter = Adapter->PacketFilter;
    Information->Lookahead = Adapter->Lookahead;
    NdispOidUnlock(Adapter);
    Information->Counters.Sent = (ULONG64)ReadNoFence64(&Adapter->Sent);
    Information->Counters.SendErrors = (ULONG64)ReadNoFence64(&Adapter->SendErrors);
    Information->Counters.Indicated = (ULONG64)ReadNoFence64(&Adapter->Indicated);
    Information->Counters.ToLink = (ULONG64)ReadNoFence64(&Adapter->ToLink);
    Information->Counters.DroppedByLink = (ULONG64)ReadNoFence64(&Adapter->DroppedByLink);
    Information->Counters.DroppedLength = (ULONG64)ReadNoFence64(&Adapter->DroppedLength);
    Information->Counters.DroppedFrameType = (ULONG64)ReadNoFence64(&Adapter->DroppedFrameType);
    Information->Counters.DroppedResources = (ULONG64)ReadNoFence64(&Adapter->DroppedResources);
}

NTSTATUS NdisHostPause(PNDIS_MINIPORT_ADAPTER Adapter)
{
    NTSTATUS Status = STATUS_DEVICE_NOT_READY;
    NdispAdapterLock(Adapter);
    if (NdispAdapterState(Adapter) == NdisHostRunning)
    {
        NdispStackPause(Adapter);
        Status = STATUS_SUCCESS;
    }
    NdispAdapterUnlock(Adapter);
    return Status;
}

NTSTATUS NdisHostRestart(PNDIS_MINIPORT_ADAPTER Adapter)
{
    NTSTATUS Status = STATUS_DEVICE_NOT_READY;
    NdispAdapterLock(Adapter);
    if (NdispAdapterState(Adapter) == NdisHostPaused && !Adapter->Suspended)
    {
        Status = NdispStackRestart(Adapter);
    }
    NdispAdapterUnlock(Adapter);
    return Status;
}

NTSTATUS NdisHostSetPower(PNDIS_MINIPORT_ADAPTER Adapter, DEVICE_POWER_STATE State)
{
    NTSTATUS Status;
    NdispAdapterLock(Adapter);
    Status = NdispStackSetPower(Adapter, State);
    NdispAdapterUnlock(Adapter);
    return Status;
}

static BOOLEAN HostShutdownOne(PNDIS_MINIPORT_ADAPTER Adapter, PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    NdispStackShutdown(Adapter);
    return TRUE;
}

VOID NdisHostShutdownSystem(VOID)
{
    NdisHostEnumerateAdapters(HostShutdownOne, NULL);
}
