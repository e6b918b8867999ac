/* SPDX-License-Identifier: MIT */
#include "device.h"

#include "adapter.h"
#include "security.h"
#include "session.h"

static PDRIVER_DISPATCH NdisDeviceControl;
static PDRIVER_DISPATCH NdisCleanup;

static NTSTATUS DeviceRegisterRings(PDEVICE_OBJECT DeviceObject, PIRP Irp);

#pragma alloc_text(INIT, DeviceHook)
#pragma alloc_text(INIT, DeviceProcessNotifyStart)
#pragma alloc_text(PAGE, DeviceProcessNotifyStop)
#pragma alloc_text(PAGE, DeviceRegisterRings)

static NTSTATUS DeviceComplete(_Inout_ PIRP Irp, NTSTATUS Status)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

/* Copies the two descriptors out of the system buffer, in the layout of the client's bitness. */
static NTSTATUS
DeviceReadRegistration(_In_ PIRP Irp, _Out_ RING_DESCRIPTOR *Send, _Out_ RING_DESCRIPTOR *Receive)
{
    ULONG Length = IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceIoControl.InputBufferLength;

#if defined(_WIN64) || defined(__LP64__)
    if (IoIs32bitProcess(Irp))
#endif
    {
#if !defined(_WIN64) && !defined(__LP64__)
        UNREFERENCED_PARAMETER(Irp);
#endif
        const TUN_REGISTER_RINGS32 *Rings = Irp->AssociatedIrp.SystemBuffer;
        if (Length != sizeof(*Rings))
            return STATUS_INVALID_PARAMETER;
        *Send = (RING_DESCRIPTOR){.RingSize = Rings->Send.RingSize,
                                  .Ring = Rings->Send.Ring,
                                  .TailMoved = Rings->Send.TailMoved};
        *Receive = (RING_DESCRIPTOR){.RingSize = Rings->Receive.RingSize,
                                     .Ring = Rings->Receive.Ring,
                                     .TailMoved = Rings->Receive.TailMoved};
        return STATUS_SUCCESS;
    }
#if defined(_WIN64) || defined(__LP64__)
    const TUN_REGISTER_RINGS64 *Rings = Irp->AssociatedIrp.SystemBuffer;
    if (Length != sizeof(*Rings))
        return STATUS_INVALID_PARAMETER;
    *Send = Rings->Send;
    *Receive = Rings->Receive;
    return STATUS_SUCCESS;
#endif
}

static NTSTATUS DeviceRegisterRings(_In_ PDEVICE_OBJECT DeviceObject, _In_ PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    RING_DESCRIPTOR Send, Receive;
    PADAPTER Adapter;
    NTSTATUS Status;

    Status = SecurityCheckRegister(Irp->RequestorMode);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = DeviceReadRegistration(Irp, &Send, &Receive);
    if (!NT_SUCCESS(Status))
        return Status;
    Adapter = AdapterFromDevice(DeviceObject);
    if (!Adapter)
        return STATUS_DEVICE_NOT_READY;
    Status = SessionRegister(Adapter, Stack->FileObject, &Send, &Receive);
    AdapterRelease(Adapter);
    return Status;
}

static NTSTATUS NTAPI DeviceControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    switch (IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceIoControl.IoControlCode)
    {
    case TUN_IOCTL_REGISTER_RINGS:
    case TUN_IOCTL_REGISTER_RINGS_2019:
        return DeviceComplete(Irp, DeviceRegisterRings(DeviceObject, Irp));
    default:
        return NdisDeviceControl(DeviceObject, Irp);
    }
}

/* The last handle of a file is gone: its registration ends. */
static NTSTATUS NTAPI DeviceCleanup(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PADAPTER Adapter = AdapterFromDevice(DeviceObject);

    if (Adapter)
    {
        SessionEndOfFile(Adapter, IoGetCurrentIrpStackLocation(Irp)->FileObject);
        AdapterRelease(Adapter);
    }
    return NdisCleanup(DeviceObject, Irp);
}

_Use_decl_annotations_
VOID DeviceHook(PDRIVER_OBJECT DriverObject)
{
    NdisDeviceControl = DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL];
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = DeviceControl;
    NdisCleanup = DriverObject->MajorFunction[IRP_MJ_CLEANUP];
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = DeviceCleanup;
}

static VOID DeviceProcessEnded(_Inout_ PADAPTER Adapter, _In_opt_ PVOID ProcessId)
{
    SessionEndOfProcess(Adapter, ProcessId);
}

static VOID NTAPI DeviceProcessNotify(HANDLE ParentId, HANDLE ProcessId, BOOLEAN Create)
{
    UNREFERENCED_PARAMETER(ParentId);
    if (!Create)
        AdapterForEach(DeviceProcessEnded, ProcessId);
}

_Use_decl_annotations_
NTSTATUS DeviceProcessNotifyStart(VOID)
{
    return PsSetCreateProcessNotifyRoutine(DeviceProcessNotify, FALSE);
}

_Use_decl_annotations_
VOID DeviceProcessNotifyStop(VOID)
{
    (VOID) PsSetCreateProcessNotifyRoutine(DeviceProcessNotify, TRUE);
}
