/* SPDX-License-Identifier: MIT */
/* foreign.sys: the device that clients open. */
#include "driver.h"

/* ---- Reads, in a cancel-safe queue ---- */

static VOID NTAPI DeviceInsertRead(PIO_CSQ Csq, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Csq);
    InsertTailList(&Foreign.ReadList, &Irp->Tail.Overlay.ListEntry);
    Foreign.ReadCount++;
}

static VOID NTAPI DeviceRemoveRead(PIO_CSQ Csq, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Csq);
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
    Foreign.ReadCount--;
}

static PIRP NTAPI DevicePeekRead(PIO_CSQ Csq, PIRP Irp, PVOID File)
{
    PLIST_ENTRY Entry = Irp != NULL ? Irp->Tail.Overlay.ListEntry.Flink : Foreign.ReadList.Flink;
    UNREFERENCED_PARAMETER(Csq);
    for (; Entry != &Foreign.ReadList; Entry = Entry->Flink)
    {
        PIRP Next = CONTAINING_RECORD(Entry, IRP, Tail.Overlay.ListEntry);
        if (File == NULL || IoGetCurrentIrpStackLocation(Next)->FileObject == File)
        {
            return Next;
        }
    }
    return NULL;
}

static VOID NTAPI DeviceAcquireReads(PIO_CSQ Csq, PKIRQL Irql)
{
    UNREFERENCED_PARAMETER(Csq);
    *Irql = KeAcquireSpinLockRaiseToDpc(&Foreign.ReadLock);
}

static VOID NTAPI DeviceReleaseReads(PIO_CSQ Csq, KIRQL Irql)
{
    UNREFERENCED_PARAMETER(Csq);
    KeReleaseSpinLock(&Foreign.ReadLock, Irql);
}

static VOID NTAPI DeviceCancelRead(PIO_CSQ Csq, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Csq);
    ForeignLog("Cancel");
    DeviceComplete(Irp, STATUS_CANCELLED, 0);
}

_Use_decl_annotations_
VOID DeviceComplete(PIRP Irp, NTSTATUS Status, ULONG Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NETWORK_INCREMENT);
}

_Use_decl_annotations_
VOID DeviceEndReads(PFILE_OBJECT File, NTSTATUS Status)
{
    PIRP Irp;
    while ((Irp = IoCsqRemoveNextIrp(&Foreign.Reads, File)) != NULL)
    {
        ForeignLog("EndRead");
        DeviceComplete(Irp, Status, 0);
    }
}

/* ---- Requests ---- */

static NTSTATUS NTAPI DeviceOpen(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    InterlockedIncrement(&Foreign.Files);
    ForeignLog("Create");
    DeviceComplete(Irp, STATUS_SUCCESS, 0);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI DeviceCleanup(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    DeviceEndReads(IoGetCurrentIrpStackLocation(Irp)->FileObject, STATUS_CANCELLED);
    ForeignLog("Cleanup");
    DeviceComplete(Irp, STATUS_SUCCESS, 0);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI DeviceClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    InterlockedDecrement(&Foreign.Files);
    ForeignLog("Close");
    DeviceComplete(Irp, STATUS_SUCCESS, 0);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI DeviceRead(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    if (ReadAcquire(&Foreign.Removed) || Irp->MdlAddress == NULL)
    {
        DeviceComplete(Irp, STATUS_DEVICE_NOT_READY, 0);
        return STATUS_DEVICE_NOT_READY;
    }
    IoCsqInsertIrp(&Foreign.Reads, Irp, NULL);
    if (ReadAcquire(&Foreign.Removed))
    {
        DeviceEndReads(NULL, STATUS_DEVICE_NOT_READY);
    }
    DataPump();
    return STATUS_PENDING;
}

static NTSTATUS NTAPI DeviceWrite(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    ULONG Length = IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length;
    PVOID Packet = Irp->MdlAddress != NULL
                       ? MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority)
                       : NULL;
    NTSTATUS Status =
        Packet != NULL && DataInject(Packet, Length) ? STATUS_SUCCESS : STATUS_DEVICE_NOT_READY;
    UNREFERENCED_PARAMETER(DeviceObject);
    DeviceComplete(Irp, Status, NT_SUCCESS(Status) ? Length : 0);
    return Status;
}

static NTSTATUS DeviceQuery(PIRP Irp, ULONG Length)
{
    if (Length < sizeof(FOREIGN_STATE))
    {
        return STATUS_BUFFER_TOO_SMALL;
    }
    NdisAcquireSpinLock(&Foreign.StateLock);
    Foreign.State.Waiting = *(volatile ULONG *)&Foreign.ReadCount;
    RtlCopyMemory(Irp->AssociatedIrp.SystemBuffer, &Foreign.State, sizeof(FOREIGN_STATE));
    NdisReleaseSpinLock(&Foreign.StateLock);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI DeviceControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS Status = STATUS_INVALID_DEVICE_REQUEST;
    ULONG Information = 0;
    LOCK_STATE_EX State;
    UNREFERENCED_PARAMETER(DeviceObject);
    switch (Stack->Parameters.DeviceIoControl.IoControlCode)
    {
    case FOREIGN_QUERY:
        Status = DeviceQuery(Irp, Stack->Parameters.DeviceIoControl.OutputBufferLength);
        Information = NT_SUCCESS(Status) ? sizeof(FOREIGN_STATE) : 0;
        break;
    case FOREIGN_MIRROR:
        Status = STATUS_INVALID_PARAMETER;
        if (Stack->Parameters.DeviceIoControl.InputBufferLength == sizeof(uint32_t))
        {
            NdisAcquireRWLockWrite(Foreign.Lock, &State, 0);
            Foreign.Mirror = *(uint32_t *)Irp->AssociatedIrp.SystemBuffer != 0;
            NdisReleaseRWLock(Foreign.Lock, &State);
            Status = STATUS_SUCCESS;
        }
        break;
    default:
        break;
    }
    DeviceComplete(Irp, Status, Information);
    return Status;
}

/* ---- Life ---- */

_Use_decl_annotations_
NDIS_STATUS DeviceCreate(VOID)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\AditForeign");
    UNICODE_STRING Link = RTL_CONSTANT_STRING(L"\\DosDevices\\AditForeign");
    PDRIVER_DISPATCH Dispatch[IRP_MJ_MAXIMUM_FUNCTION + 1] = {
        [IRP_MJ_CREATE] = DeviceOpen, [IRP_MJ_CLEANUP] = DeviceCleanup,
        [IRP_MJ_CLOSE] = DeviceClose, [IRP_MJ_READ] = DeviceRead,
        [IRP_MJ_WRITE] = DeviceWrite, [IRP_MJ_DEVICE_CONTROL] = DeviceControl,
    };
    NDIS_DEVICE_OBJECT_ATTRIBUTES Attributes = {
        .Header =
            {NDIS_OBJECT_TYPE_DEVICE_OBJECT_ATTRIBUTES, NDIS_DEVICE_OBJECT_ATTRIBUTES_REVISION_1,
             NDIS_SIZEOF_DEVICE_OBJECT_ATTRIBUTES_REVISION_1},
        .DeviceName = &Name,
        .SymbolicName = &Link,
        .MajorFunctions = Dispatch,
    };
    PDEVICE_OBJECT DeviceObject;
    NDIS_STATUS Status;

    KeInitializeSpinLock(&Foreign.ReadLock);
    InitializeListHead(&Foreign.ReadList);
    Status = IoCsqInitialize(
        &Foreign.Reads, DeviceInsertRead, DeviceRemoveRead, DevicePeekRead, DeviceAcquireReads,
        DeviceReleaseReads, DeviceCancelRead);
    if (!NT_SUCCESS(Status))
    {
        return Status;
    }
    Status = NdisRegisterDeviceEx(Foreign.Driver, &Attributes, &DeviceObject, &Foreign.Device);
    if (Status == NDIS_STATUS_SUCCESS)
    {
        DeviceObject->Flags |= DO_DIRECT_IO;
    }
    return Status;
}

_Use_decl_annotations_
VOID DeviceDelete(VOID)
{
    NdisDeregisterDeviceEx(Foreign.Device);
}
