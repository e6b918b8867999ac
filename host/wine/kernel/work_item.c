/* SPDX-License-Identifier: MIT */
/*
 * Work items: routines that threads of ntdll's pool call. Those of the I/O manager reference their
 * object until the routine has returned, which may free the item or queue it again.
 */
#define _NTSYSTEM_
#include <ntifs.h>

#include "executive.h"
#include "log.h"
#include "ntdll.h"

#define WORK_ITEM_TAG 'iWdA'

struct _IO_WORKITEM
{
    PVOID Object;
    PIO_WORKITEM_ROUTINE Routine; /* or the next one */
    IO_WORKITEM_ROUTINE_EX *RoutineEx;
    PVOID Context;
};

static VOID NTAPI WorkItemCall(PVOID Context)
{
    PIO_WORKITEM Item = Context;
    struct _IO_WORKITEM Call = *Item;
    if (Call.RoutineEx != NULL)
        Call.RoutineEx(Call.Object, Call.Context, Item);
    else
        Call.Routine(Call.Object, Call.Context);
    ObfDereferenceObject(Call.Object);
}

static VOID WorkItemQueue(PIO_WORKITEM Item)
{
    ObfReferenceObject(Item->Object);
    if (NT_SUCCESS(RtlQueueWorkItem(WorkItemCall, Item, WT_EXECUTELONGFUNCTION)))
        return;
    LogError("no thread for a work item: it is not run");
    ObfDereferenceObject(Item->Object);
}

PIO_WORKITEM NTAPI IoAllocateWorkItem(PDEVICE_OBJECT DeviceObject)
{
    PIO_WORKITEM Item = ExAllocatePoolWithTag(NonPagedPool, sizeof(*Item), WORK_ITEM_TAG);
    if (Item != NULL)
        IoInitializeWorkItem(DeviceObject, Item);
    return Item;
}

VOID NTAPI IoFreeWorkItem(PIO_WORKITEM IoWorkItem)
{
    ExFreePoolWithTag(IoWorkItem, WORK_ITEM_TAG);
}

ULONG NTAPI IoSizeofWorkItem(VOID)
{
    return sizeof(struct _IO_WORKITEM);
}

VOID NTAPI IoInitializeWorkItem(PVOID IoObject, PIO_WORKITEM IoWorkItem)
{
    *IoWorkItem = (struct _IO_WORKITEM){.Object = IoObject};
}

VOID NTAPI IoUninitializeWorkItem(PIO_WORKITEM IoWorkItem)
{
    UNREFERENCED_PARAMETER(IoWorkItem);
}

VOID NTAPI IoQueueWorkItem(
    PIO_WORKITEM IoWorkItem,
    PIO_WORKITEM_ROUTINE WorkerRoutine,
    WORK_QUEUE_TYPE QueueType,
    PVOID Context)
{
    UNREFERENCED_PARAMETER(QueueType);
    IoWorkItem->Routine = WorkerRoutine;
    IoWorkItem->RoutineEx = NULL;
    IoWorkItem->Context = Context;
    WorkItemQueue(IoWorkItem);
}

VOID NTAPI IoQueueWorkItemEx(
    PIO_WORKITEM IoWorkItem,
    IO_WORKITEM_ROUTINE_EX *WorkerRoutine,
    WORK_QUEUE_TYPE QueueType,
    PVOID Context)
{
    UNREFERENCED_PARAMETER(QueueType);
    IoWorkItem->RoutineEx = WorkerRoutine;
    IoWorkItem->Context = Context;
    WorkItemQueue(IoWorkItem);
}

static VOID NTAPI WorkItemCallPlain(PVOID Context)
{
    WORK_QUEUE_ITEM Call = *(WORK_QUEUE_ITEM *)Context;
    Call.WorkerRoutine(Call.Parameter);
}

VOID NTAPI ExQueueWorkItem(WORK_QUEUE_ITEM *WorkItem, WORK_QUEUE_TYPE QueueType)
{
    UNREFERENCED_PARAMETER(QueueType);
    if (!NT_SUCCESS(RtlQueueWorkItem(WorkItemCallPlain, WorkItem, WT_EXECUTELONGFUNCTION)))
        LogError("no thread for a work item: it is not run");
}
