/* SPDX-License-Identifier: MIT */
/*
 * Requests to device objects of NDIS drivers: those of adapters, which NDIS serves, and those that
 * drivers make with NdisRegisterDeviceEx and serve themselves.
 */
#include "internal.h"

NTSTATUS NdispDeviceCreate(
    PDRIVER_OBJECT DriverObject, PUNICODE_STRING Name, ULONG Reserved, PDEVICE_OBJECT *Device)
{
    PNDIS_DEVICE_EXTENSION Extension;
    NTSTATUS Status = IoCreateDevice(
        DriverObject, FIELD_OFFSET(NDIS_DEVICE_EXTENSION, Reserved) + Reserved, Name,
        FILE_DEVICE_PHYSICAL_NETCARD, FILE_DEVICE_SECURE_OPEN, FALSE, Device);
    if (!NT_SUCCESS(Status))
    {
        *Device = NULL;
        return Status;
    }
    Extension = (*Device)->DeviceExtension;
    RtlZeroMemory(Extension, FIELD_OFFSET(NDIS_DEVICE_EXTENSION, Reserved) + Reserved);
    Extension->Signature = NDISP_DEVICE_SIGNATURE;
    Extension->DeviceObject = *Device;
    Extension->ReservedSize = Reserved;
    return STATUS_SUCCESS;
}

static NTSTATUS DeviceComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

/* What a caller of IOCTL_NDIS_QUERY_GLOBAL_STATS gets for the miniport's status. */
static NTSTATUS DeviceQueryStatus(NDIS_STATUS Status)
{
    switch (Status)
    {
    case NDIS_STATUS_SUCCESS:
        return STATUS_SUCCESS;
    case NDIS_STATUS_INVALID_LENGTH:
    case NDIS_STATUS_BUFFER_TOO_SHORT:
        return STATUS_BUFFER_TOO_SMALL;
    case NDIS_STATUS_NOT_SUPPORTED:
    case NDIS_STATUS_INVALID_OID:
        return STATUS_NOT_SUPPORTED;
    case NDIS_STATUS_RESOURCES:
        return STATUS_INSUFFICIENT_RESOURCES;
    case NDIS_STATUS_ADAPTER_NOT_READY:
        return STATUS_DEVICE_NOT_READY;
    default:
        return STATUS_UNSUCCESSFUL;
    }
}

/* IOCTL_NDIS_QUERY_GLOBAL_STATS: an OID in the system buffer, its data to the caller's MDL. */
static NTSTATUS
DeviceQueryGlobalStats(PNDIS_MINIPORT_ADAPTER Adapter, PIRP Irp, PULONG_PTR Information)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG Length = Stack->Parameters.DeviceIoControl.OutputBufferLength;
    ULONG Written, Needed;
    PVOID Output, Buffer;
    NDIS_OID Oid;
    NDIS_STATUS Status;

    if (Stack->Parameters.DeviceIoControl.InputBufferLength < sizeof(Oid))
    {
        return STATUS_INVALID_PARAMETER;
    }
    RtlCopyMemory(&Oid, Irp->AssociatedIrp.SystemBuffer, sizeof(Oid));
    if (Irp->MdlAddress == NULL)
    {
        return STATUS_BUFFER_TOO_SMALL;
    }
    Output = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);
    /* The miniport works on memory that nobody else can change. */
    Buffer = ExAllocatePoolWithTag(NonPagedPoolNx, Length, NDISP_TAG);
    if (Output == NULL || Buffer == NULL)
    {
        Status = NDIS_STATUS_RESOURCES;
        goto Cleanup;
    }
    RtlZeroMemory(Buffer, Length);
    Status = NdispQuery(Adapter, Oid, Buffer, Length, &Written, &Needed);
    if (Status == NDIS_STATUS_SUCCESS)
    {
        RtlCopyMemory(Output, Buffer, Written);
        *Information = Written;
    }

Cleanup:
    if (Buffer != NULL)
    {
        ExFreePoolWithTag(Buffer, NDISP_TAG);
    }
    return DeviceQueryStatus(Status);
}

static NTSTATUS DeviceControl(PNDIS_MINIPORT_ADAPTER Adapter, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG_PTR Information = 0;
    NTSTATUS Status;

    if (!ExAcquireRundownProtection(&Adapter->DeviceRundown))
    {
        return DeviceComplete(Irp, STATUS_NO_SUCH_DEVICE, 0);
    }
    if (Stack->Parameters.DeviceIoControl.IoControlCode == IOCTL_NDIS_QUERY_GLOBAL_STATS)
    {
        Status = DeviceQueryGlobalStats(Adapter, Irp, &Information);
    }
    else
    {
        Irp->IoStatus.Information = 0;
        Status = NdispHostDeviceControl(Adapter, Irp);
        Information = Irp->IoStatus.Information;
    }
    ExReleaseRundownProtection(&Adapter->DeviceRundown);
    return DeviceComplete(Irp, Status, Information);
}

static NTSTATUS DeviceCreate(PNDIS_MINIPORT_ADAPTER Adapter, PIRP Irp)
{
    return DeviceComplete(
        Irp, ReadAcquire(&Adapter->SurpriseRemoved) ? STATUS_NO_SUCH_DEVICE : STATUS_SUCCESS, 0);
}

static NTSTATUS DevicePassDown(PNDIS_MINIPORT_ADAPTER Adapter, PIRP Irp)
{
    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(Adapter->NextDevice, Irp);
}

static NTSTATUS DeviceAdapterRequest(PNDIS_MINIPORT_ADAPTER Adapter, PIRP Irp)
{
    switch (IoGetCurrentIrpStackLocation(Irp)->MajorFunction)
    {
    case IRP_MJ_PNP:
        return NdispPnpDispatch(Adapter, Irp);
    case IRP_MJ_POWER:
        return NdispPowerDispatch(Adapter, Irp);
    case IRP_MJ_SYSTEM_CONTROL:
        return DevicePassDown(Adapter, Irp);
    case IRP_MJ_CREATE:
        return DeviceCreate(Adapter, Irp);
    case IRP_MJ_CLEANUP:
    case IRP_MJ_CLOSE:
        return DeviceComplete(Irp, STATUS_SUCCESS, 0);
    case IRP_MJ_DEVICE_CONTROL:
        return DeviceControl(Adapter, Irp);
    case IRP_MJ_SHUTDOWN:
        NdispStackShutdown(Adapter);
        return DeviceComplete(Irp, STATUS_SUCCESS, 0);
    default:
        return DeviceComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
}

NTSTATUS NTAPI NdispDeviceDispatch(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PNDIS_DEVICE_EXTENSION Extension = DeviceObject->DeviceExtension;
    UCHAR Major = IoGetCurrentIrpStackLocation(Irp)->MajorFunction;

    if (Extension == NULL || Extension->Signature != NDISP_DEVICE_SIGNATURE)
    {
        NdisHostViolation(
            "A driver does not pass requests of its own device objects to NDIS.",
            "NdisMRegisterMiniportDriver", "nf-ndis-ndisregisterdeviceex");
    }
    if (Extension->Adapter != NULL)
    {
        return DeviceAdapterRequest(Extension->Adapter, Irp);
    }
    if (Major <= IRP_MJ_MAXIMUM_FUNCTION && Extension->MajorFunction[Major] != NULL)
    {
        return Extension->MajorFunction[Major](DeviceObject, Irp);
    }
    return DeviceComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
}

/* ---- Device objects of drivers ---- */

NDIS_STATUS NDISAPI NdisRegisterDeviceEx(
    NDIS_HANDLE NdisHandle,
    PNDIS_DEVICE_OBJECT_ATTRIBUTES Attributes,
    PDEVICE_OBJECT *DeviceObject,
    PNDIS_HANDLE NdisDeviceHandle)
{
    NDISP_IRQL("NdisRegisterDeviceEx", "nf-ndis-ndisregisterdeviceex", PASSIVE_LEVEL);
    PNDIS_MINIPORT_DRIVER Driver = NdispDriverFromHandle(NdisHandle, "NdisRegisterDeviceEx");
    PNDIS_DEVICE_EXTENSION Extension;
    NTSTATUS Status;

    *DeviceObject = NULL;
    *NdisDeviceHandle = NULL;
    if (Attributes->Header.Type != NDIS_OBJECT_TYPE_DEVICE_OBJECT_ATTRIBUTES ||
        Attributes->Header.Revision < NDIS_DEVICE_OBJECT_ATTRIBUTES_REVISION_1 ||
        Attributes->Header.Size < NDIS_SIZEOF_DEVICE_OBJECT_ATTRIBUTES_REVISION_1 ||
        Attributes->MajorFunctions == NULL || Attributes->ExtensionSize > 0xF000)
    {
        return NDIS_STATUS_INVALID_PARAMETER;
    }
    Status = NdispDeviceCreate(
        Driver->DriverObject, Attributes->DeviceName, Attributes->ExtensionSize, DeviceObject);
    if (!NT_SUCCESS(Status))
    {
        return Status;
    }
    Extension = (*DeviceObject)->DeviceExtension;
    RtlCopyMemory(
        Extension->MajorFunction, Attributes->MajorFunctions, sizeof(Extension->MajorFunction));
    if (Attributes->SymbolicName != NULL)
    {
        USHORT Length = Attributes->SymbolicName->Length;
        Extension->SymbolicName.Buffer = ExAllocatePoolWithTag(PagedPool, Length, NDISP_TAG);
        if (Extension->SymbolicName.Buffer == NULL)
        {
            Status = STATUS_INSUFFICIENT_RESOURCES;
            goto CleanupDevice;
        }
        Extension->SymbolicName.MaximumLength = Length;
        RtlAppendUnicodeStringToString(&Extension->SymbolicName, Attributes->SymbolicName);
        Status = IoCreateSymbolicLink(&Extension->SymbolicName, Attributes->DeviceName);
        if (!NT_SUCCESS(Status))
        {
            goto CleanupName;
        }
    }
    (*DeviceObject)->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    *NdisDeviceHandle = Extension;
    return NDIS_STATUS_SUCCESS;

CleanupName:
    ExFreePoolWithTag(Extension->SymbolicName.Buffer, NDISP_TAG);
CleanupDevice:
    IoDeleteDevice(*DeviceObject);
    *DeviceObject = NULL;
    return Status;
}

VOID NDISAPI NdisDeregisterDeviceEx(NDIS_HANDLE NdisDeviceHandle)
{
    NDISP_IRQL("NdisDeregisterDeviceEx", "nf-ndis-ndisderegisterdeviceex", PASSIVE_LEVEL);
    PNDIS_DEVICE_EXTENSION Extension = NdisDeviceHandle;
    if (Extension == NULL || Extension->Signature != NDISP_DEVICE_SIGNATURE ||
        Extension->Adapter != NULL)
    {
        NdisHostViolation(
            "The device handle is one that NdisRegisterDeviceEx returned.",
            "NdisDeregisterDeviceEx", "nf-ndis-ndisderegisterdeviceex");
    }
    if (Extension->SymbolicName.Buffer != NULL)
    {
        IoDeleteSymbolicLink(&Extension->SymbolicName);
        ExFreePoolWithTag(Extension->SymbolicName.Buffer, NDISP_TAG);
    }
    IoDeleteDevice(Extension->DeviceObject);
}

PVOID NDISAPI NdisGetDeviceReservedExtension(PDEVICE_OBJECT DeviceObject)
{
    PNDIS_DEVICE_EXTENSION Extension = DeviceObject->DeviceExtension;
    if (Extension == NULL || Extension->Signature != NDISP_DEVICE_SIGNATURE ||
        Extension->ReservedSize == 0)
    {
        return NULL;
    }
    return Extension->Reserved;
}
