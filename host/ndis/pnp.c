/* SPDX-License-Identifier: MIT */
/*
 * Plug and Play: the functional device objects of miniport adapters, from AddDevice to REMOVE, in
 * the order that "Overview of NDIS Processing of Plug and Play Events" gives.
 */
#include "internal.h"

/* GUID_DEVINTERFACE_NET {CAC88484-7515-4C03-82E6-71A87ABAC361} */
static const GUID PnpNetInterface = {
    0xCAC88484, 0x7515, 0x4C03, {0x82, 0xE6, 0x71, 0xA8, 0x7A, 0xBA, 0xC3, 0x61}};

/* ---- AddDevice ---- */

/* Prefix and the braced GUID of the adapter, in memory of their own. */
static NTSTATUS PnpMakeName(PNDIS_MINIPORT_ADAPTER Adapter, PCWSTR Prefix, PUNICODE_STRING Name)
{
    UNICODE_STRING Guid, PrefixString;
    NTSTATUS Status = RtlStringFromGUID(&Adapter->Identity.InterfaceGuid, &Guid);
    if (!NT_SUCCESS(Status))
    {
        return Status;
    }
    RtlInitUnicodeString(&PrefixString, Prefix);
    Name->Length = 0;
    Name->MaximumLength = PrefixString.Length + Guid.Length + (USHORT)sizeof(WCHAR);
    Name->Buffer = ExAllocatePoolWithTag(PagedPool, Name->MaximumLength, NDISP_TAG);
    if (Name->Buffer == NULL)
    {
        Status = STATUS_INSUFFICIENT_RESOURCES;
    }
    else
    {
        RtlAppendUnicodeStringToString(Name, &PrefixString);
        RtlAppendUnicodeStringToString(Name, &Guid);
        Name->Buffer[Name->Length / sizeof(WCHAR)] = 0;
    }
    RtlFreeUnicodeString(&Guid);
    return Status;
}

static VOID PnpFreeName(PUNICODE_STRING Name)
{
    if (Name->Buffer != NULL)
    {
        ExFreePoolWithTag(Name->Buffer, NDISP_TAG);
        Name->Buffer = NULL;
    }
}

/*
 * The first hardware id, as a network class installer leaves it in the driver key: programs look
 * there for the adapters of a driver ("INetCfgComponent::GetId" has the same name). A device
 * without hardware ids has none.
 */
static NTSTATUS PnpWriteComponentId(PNDIS_MINIPORT_ADAPTER Adapter, HANDLE Key)
{
    WCHAR Id[200]; /* MAX_DEVICE_ID_LEN */
    ULONG Length;
    UNICODE_STRING String;
    if (!NT_SUCCESS(
            IoGetDeviceProperty(Adapter->Pdo, DevicePropertyHardwareID, sizeof(Id), Id, &Length)))
    {
        return STATUS_SUCCESS;
    }
    RtlInitUnicodeString(&String, Id);
    return NdispConfigurationWriteString(Key, L"ComponentId", &String);
}

/* The link that the driver key's *IfType asks for; the key then says what it became. */
static NTSTATUS PnpOpenLink(PNDIS_MINIPORT_ADAPTER Adapter)
{
    ULONG IfType = IF_TYPE_PROP_VIRTUAL;
    UNICODE_STRING Guid;
    HANDLE Key;
    NTSTATUS Status =
        IoOpenDeviceRegistryKey(Adapter->Pdo, PLUGPLAY_REGKEY_DRIVER, KEY_READ | KEY_WRITE, &Key);
    if (!NT_SUCCESS(Status))
    {
        NdispLogError("NDIS: no driver key, status 0x%x\n", Status);
        return Status;
    }
    NdispConfigurationReadDword(Key, L"*IfType", &IfType);
    Status = NdisLinkOpen(IfType, &Adapter->NdisLink, &Adapter->Identity);
    if (!NT_SUCCESS(Status))
    {
        Adapter->NdisLink = NULL;
        goto CleanupKey;
    }
    Status = RtlStringFromGUID(&Adapter->Identity.InterfaceGuid, &Guid);
    if (!NT_SUCCESS(Status))
    {
        goto CleanupKey;
    }
    Status = NdispConfigurationWriteString(Key, L"NetCfgInstanceId", &Guid);
    RtlFreeUnicodeString(&Guid);
    if (NT_SUCCESS(Status))
    {
        Status = NdispConfigurationWriteDword(
            Key, L"NetLuidIndex", (ULONG)Adapter->Identity.NetLuid.Info.NetLuidIndex);
    }
    if (NT_SUCCESS(Status))
    {
        Status = NdispConfigurationWriteDword(
            Key, L"*IfType", (ULONG)Adapter->Identity.NetLuid.Info.IfType);
    }
    if (NT_SUCCESS(Status))
    {
        Status = PnpWriteComponentId(Adapter, Key);
    }

CleanupKey:
    ZwClose(Key);
    return Status;
}

/* FDO, symbolic link and device interface, the stack under them. */
static NTSTATUS PnpCreateDevice(PNDIS_MINIPORT_ADAPTER Adapter)
{
    NTSTATUS Status = PnpMakeName(Adapter, L"\\Device\\", &Adapter->DeviceName);
    if (NT_SUCCESS(Status))
    {
        Status = PnpMakeName(Adapter, L"\\DosDevices\\", &Adapter->LinkName);
    }
    if (NT_SUCCESS(Status))
    {
        Status = NdispDeviceCreate(
            Adapter->Driver->DriverObject, &Adapter->DeviceName, 0, &Adapter->Fdo);
    }
    if (!NT_SUCCESS(Status))
    {
        return Status;
    }
    ((PNDIS_DEVICE_EXTENSION)Adapter->Fdo->DeviceExtension)->Adapter = Adapter;
    Status = IoCreateSymbolicLink(&Adapter->LinkName, &Adapter->DeviceName);
    if (!NT_SUCCESS(Status))
    {
        return Status;
    }
    Adapter->LinkNameCreated = TRUE;
    Adapter->NextDevice = IoAttachDeviceToDeviceStack(Adapter->Fdo, Adapter->Pdo);
    if (Adapter->NextDevice == NULL)
    {
        return STATUS_NO_SUCH_DEVICE;
    }
    return IoRegisterDeviceInterface(Adapter->Pdo, &PnpNetInterface, NULL, &Adapter->InterfaceName);
}

/* All that AddDevice made, as far as it got, mirrored; and the adapter's reference. */
static VOID PnpDelete(PNDIS_MINIPORT_ADAPTER Adapter)
{
    PNDIS_LINK NdisLink = Adapter->NdisLink;

    if (Adapter->InterfaceName.Buffer != NULL)
    {
        RtlFreeUnicodeString(&Adapter->InterfaceName);
    }
    if (Adapter->NextDevice != NULL)
    {
        IoDetachDevice(Adapter->NextDevice);
    }
    if (Adapter->LinkNameCreated)
    {
        IoDeleteSymbolicLink(&Adapter->LinkName);
    }
    if (Adapter->Fdo != NULL)
    {
        IoDeleteDevice(Adapter->Fdo);
    }
    PnpFreeName(&Adapter->LinkName);
    PnpFreeName(&Adapter->DeviceName);
    Adapter->NdisLink = NULL;
    InterlockedDecrement(&Adapter->Driver->AdapterCount);
    NdispAdapterDereference(Adapter);
    /* Last: who sees the link gone finds nothing of the adapter left. */
    if (NdisLink != NULL)
    {
        NdisLinkClose(NdisLink);
    }
}

NTSTATUS NTAPI NdispPnpAddDevice(PDRIVER_OBJECT DriverObject, PDEVICE_OBJECT Pdo)
{
    PNDIS_MINIPORT_DRIVER Driver = NdispDriverFromObject(DriverObject);
    PNDIS_MINIPORT_ADAPTER Adapter;
    NTSTATUS Status;

    if (Driver == NULL)
    {
        return STATUS_INVALID_DEVICE_STATE;
    }
    Adapter = NdispAdapterCreate(Driver, Pdo);
    if (Adapter == NULL)
    {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = PnpOpenLink(Adapter);
    if (NT_SUCCESS(Status))
    {
        Status = PnpCreateDevice(Adapter);
    }
    if (!NT_SUCCESS(Status))
    {
        /* A device that has gone meanwhile is no error. */
        if (Status != STATUS_NO_SUCH_DEVICE)
        {
            NdispLogError("NDIS: AddDevice fails, status 0x%x\n", Status);
        }
        PnpDelete(Adapter);
        return Status;
    }
    NdispAdapterPublish(Adapter);
    Adapter->Fdo->Flags |= DO_POWER_PAGABLE; /* power requests come at PASSIVE_LEVEL */
    Adapter->Fdo->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

/* ---- Requests ---- */

static NTSTATUS PnpComplete(PIRP Irp, NTSTATUS Status)
{
    Irp->IoStatus.Status = Status;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS PnpPassDown(PNDIS_MINIPORT_ADAPTER Adapter, PIRP Irp)
{
    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(Adapter->NextDevice, Irp);
}

static NTSTATUS NTAPI PnpLowerCompleted(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
    KeSetEvent(Context, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

/* Lets the lower drivers have the IRP first; it comes back to be completed. */
static NTSTATUS PnpForwardAndWait(PNDIS_MINIPORT_ADAPTER Adapter, PIRP Irp)
{
    KEVENT Completed;
    NTSTATUS Status;

    KeInitializeEvent(&Completed, NotificationEvent, FALSE);
    IoCopyCurrentIrpStackLocationToNext(Irp);
    IoSetCompletionRoutine(Irp, PnpLowerCompleted, &Completed, TRUE, TRUE, TRUE);
    Status = IoCallDriver(Adapter->NextDevice, Irp);
    if (Status == STATUS_PENDING)
    {
        KeWaitForSingleObject(&Completed, Executive, KernelMode, FALSE, NULL);
        Status = Irp->IoStatus.Status;
    }
    return Status;
}

static VOID PnpSetInterface(PNDIS_MINIPORT_ADAPTER Adapter, BOOLEAN Enable)
{
    NTSTATUS Status;
    if (Adapter->InterfaceEnabled == Enable)
    {
        return;
    }
    Status = IoSetDeviceInterfaceState(&Adapter->InterfaceName, Enable);
    if (!NT_SUCCESS(Status))
    {
        NdispLogWarning("NDIS: device interface to %u, status 0x%x\n", Enable, Status);
    }
    Adapter->InterfaceEnabled = Enable && NT_SUCCESS(Status);
}

static NTSTATUS PnpStart(PNDIS_MINIPORT_ADAPTER Adapter, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS Status = PnpForwardAndWait(Adapter, Irp);

    if (!NT_SUCCESS(Status))
    {
        return PnpComplete(Irp, Status);
    }
    NdispAdapterLock(Adapter);
    Adapter->AllocatedResources = Stack->Parameters.StartDevice.AllocatedResources;
    Adapter->AllocatedResourcesTranslated =
        Stack->Parameters.StartDevice.AllocatedResourcesTranslated;
    Status = NdispStackStart(Adapter);
    if (NT_SUCCESS(Status))
    {
        PnpSetInterface(Adapter, TRUE);
    }
    NdispAdapterUnlock(Adapter);
    return PnpComplete(Irp, Status);
}

static VOID PnpStop(PNDIS_MINIPORT_ADAPTER Adapter, NDIS_HALT_ACTION Action)
{
    NdispAdapterLock(Adapter);
    PnpSetInterface(Adapter, FALSE);
    NdispStackStop(Adapter, Action);
    Adapter->AllocatedResources = NULL;
    Adapter->AllocatedResourcesTranslated = NULL;
    NdispAdapterUnlock(Adapter);
}

static VOID PnpSurpriseRemove(PNDIS_MINIPORT_ADAPTER Adapter)
{
    InterlockedExchange(&Adapter->SurpriseRemoved, TRUE);
    if (NdispAdapterEnter(Adapter))
    {
        NdispMiniportNotify(Adapter, NdisDevicePnPEventSurpriseRemoved, NULL, 0);
        NdispAdapterLeave(Adapter);
    }
    PnpStop(Adapter, NdisHaltDeviceSurpriseRemoved);
}

static NTSTATUS PnpRemove(PNDIS_MINIPORT_ADAPTER Adapter, PIRP Irp)
{
    NTSTATUS Status;
    ExWaitForRundownProtectionRelease(&Adapter->DeviceRundown);
    PnpStop(Adapter, NdisHaltDeviceDisabled);
    NdispAdapterRetract(Adapter);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Status = PnpPassDown(Adapter, Irp);
    PnpDelete(Adapter);
    return Status;
}

NTSTATUS NdispPnpDispatch(PNDIS_MINIPORT_ADAPTER Adapter, PIRP Irp)
{
    switch (IoGetCurrentIrpStackLocation(Irp)->MinorFunction)
    {
    case IRP_MN_START_DEVICE:
        return PnpStart(Adapter, Irp);
    case IRP_MN_STOP_DEVICE:
        PnpStop(Adapter, NdisHaltDeviceStopped);
        break;
    case IRP_MN_SURPRISE_REMOVAL:
        PnpSurpriseRemove(Adapter);
        break;
    case IRP_MN_REMOVE_DEVICE:
        return PnpRemove(Adapter, Irp);
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
        break; /* nothing that is bound here objects */
    default:
        return PnpPassDown(Adapter, Irp);
    }
    Irp->IoStatus.Status = STATUS_SUCCESS;
    return PnpPassDown(Adapter, Irp);
}

/* Down before the lower drivers, up after them. */
NTSTATUS NdispPowerDispatch(PNDIS_MINIPORT_ADAPTER Adapter, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    DEVICE_POWER_STATE State = Stack->Parameters.Power.State.DeviceState;
    NTSTATUS Status;

    if (Stack->MinorFunction != IRP_MN_SET_POWER ||
        Stack->Parameters.Power.Type != DevicePowerState ||
        (State != PowerDeviceD0 && State != PowerDeviceD3))
    {
        return PnpPassDown(Adapter, Irp);
    }
    if (State == PowerDeviceD3)
    {
        NdispAdapterLock(Adapter);
        NdispStackSetPower(Adapter, State);
        NdispAdapterUnlock(Adapter);
        return PnpPassDown(Adapter, Irp);
    }
    Status = PnpForwardAndWait(Adapter, Irp);
    if (NT_SUCCESS(Status))
    {
        NTSTATUS Resumed;
        NdispAdapterLock(Adapter);
        Resumed = NdispStackSetPower(Adapter, State);
        NdispAdapterUnlock(Adapter);
        if (!NT_SUCCESS(Resumed))
        {
            /* The device has power all the same; its miniport stays halted or paused. */
            NdispLogError("NDIS: the miniport does not wake up, status 0x%x\n", Resumed);
        }
    }
    return PnpComplete(Irp, Status);
}
