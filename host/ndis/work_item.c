/* SPDX-License-Identifier: MIT */
/*
 * Work items of NDIS drivers, each one of the I/O manager's.
 */
#include "internal.h"

#define NDISP_WORK_ITEM_SIGNATURE NDISP_FOURCC('N', 'd', 'W', 'i')

typedef struct _NDIS_WORK_ITEM
{
    ULONG Signature;
    volatile LONG Queued;
    PIO_WORKITEM Item;
    NDIS_IO_WORKITEM_ROUTINE Routine;
    PVOID Context;
} NDIS_WORK_ITEM, *PNDIS_WORK_ITEM;

static PNDIS_WORK_ITEM WorkItemFromHandle(NDIS_HANDLE Handle, PCSTR Function)
{
    PNDIS_WORK_ITEM WorkItem = Handle;
    if (WorkItem == NULL || WorkItem->Signature != NDISP_WORK_ITEM_SIGNATURE)
    {
        NdisHostViolation(
            "The work item is one that NdisAllocateIoWorkItem returned and that is not freed.",
            Function, "nf-ndis-ndisallocateioworkitem");
    }
    return WorkItem;
}

/* What the I/O manager keeps while the item is queued; NULL: no handle that has one. */
static PVOID WorkItemObject(NDIS_HANDLE Handle)
{
    const ULONG *Signature = Handle;
    if (Signature == NULL)
    {
        return NULL;
    }
    switch (*Signature)
    {
    case NDISP_ADAPTER_SIGNATURE:
        return ((PNDIS_MINIPORT_ADAPTER)Handle)->Fdo;
    case NDISP_DRIVER_SIGNATURE:
        return ((PNDIS_MINIPORT_DRIVER)Handle)->DriverObject;
    case NDISP_DEVICE_SIGNATURE:
        return ((PNDIS_DEVICE_EXTENSION)Handle)->DeviceObject;
    case NDISP_GENERIC_OBJECT_SIGNATURE:
        return ((PNDIS_GENERIC_OBJECT)Handle)->DriverObject;
    default:
        return NULL;
    }
}

NDIS_HANDLE NDISAPI NdisAllocateIoWorkItem(NDIS_HANDLE NdisObjectHandle)
{
    NDISP_IRQL("NdisAllocateIoWorkItem", "nf-ndis-ndisallocateioworkitem", DISPATCH_LEVEL);
    PVOID Object = WorkItemObject(NdisObjectHandle);
    PNDIS_WORK_ITEM WorkItem;
    if (Object == NULL)
    {
        NdisHostViolation(
            "NdisObjectHandle is of an adapter, a miniport driver, a registered device or a "
            "generic "
            "object with a driver.",
            "NdisAllocateIoWorkItem", "nf-ndis-ndisallocateioworkitem");
    }
    WorkItem = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*WorkItem), NDISP_TAG);
    if (WorkItem == NULL)
    {
        return NULL;
    }
    RtlZeroMemory(WorkItem, sizeof(*WorkItem));
    WorkItem->Signature = NDISP_WORK_ITEM_SIGNATURE;
    WorkItem->Item = IoAllocateWorkItem(Object);
    if (WorkItem->Item == NULL)
    {
        ExFreePoolWithTag(WorkItem, NDISP_TAG);
        return NULL;
    }
    return WorkItem;
}

/* The routine may free the work item, or queue it again. */
static VOID NTAPI WorkItemRun(PDEVICE_OBJECT DeviceObject, PVOID Context)
{
    PNDIS_WORK_ITEM WorkItem = Context;
    NDIS_IO_WORKITEM_ROUTINE Routine = WorkItem->Routine;
    PVOID RoutineContext = WorkItem->Context;
    UNREFERENCED_PARAMETER(DeviceObject);
    InterlockedExchange(&WorkItem->Queued, FALSE);
    NDISP_CALLBACK(
        "NDIS_IO_WORKITEM_FUNCTION", "nf-ndis-ndisqueueioworkitem", PASSIVE_LEVEL,
        Routine(RoutineContext, WorkItem));
}

VOID NDISAPI NdisQueueIoWorkItem(
    NDIS_HANDLE NdisIoWorkItemHandle, NDIS_IO_WORKITEM_ROUTINE Routine, PVOID WorkItemContext)
{
    NDISP_IRQL("NdisQueueIoWorkItem", "nf-ndis-ndisqueueioworkitem", DISPATCH_LEVEL);
    PNDIS_WORK_ITEM WorkItem = WorkItemFromHandle(NdisIoWorkItemHandle, "NdisQueueIoWorkItem");
    if (InterlockedExchange(&WorkItem->Queued, TRUE) != FALSE)
    {
        NdisHostViolation(
            "A work item that is queued is not queued again.", "NdisQueueIoWorkItem",
            "nf-ndis-ndisqueueioworkitem");
    }
    WorkItem->Routine = Routine;
    WorkItem->Context = WorkItemContext;
    IoQueueWorkItem(WorkItem->Item, WorkItemRun, CriticalWorkQueue, WorkItem);
}

VOID NDISAPI NdisFreeIoWorkItem(NDIS_HANDLE NdisIoWorkItemHandle)
{
    NDISP_IRQL("NdisFreeIoWorkItem", "nf-ndis-ndisfreeioworkitem", DISPATCH_LEVEL);
    PNDIS_WORK_ITEM WorkItem = WorkItemFromHandle(NdisIoWorkItemHandle, "NdisFreeIoWorkItem");
    if (ReadAcquire(&WorkItem->Queued) != FALSE)
    {
        NdisHostViolation(
            "A work item is not freed while it is queued.", "NdisFreeIoWorkItem",
            "nf-ndis-ndisfreeioworkitem");
    }
    IoFreeWorkItem(WorkItem->Item);
    WorkItem->Signature = NDISP_FREED_SIGNATURE;
    ExFreePoolWithTag(WorkItem, NDISP_TAG);
}
