/* SPDX-License-Identifier: MIT */
/*
 * Work items. Each that is queued gets a thread, so that none waits for another one.
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "executive.h"

#define IOP_WORK_ITEM_TAG  'kWoI'
#define IOP_WORK_ITEM_WAIT 200000000u /* 20 s, in 100 ns */

static volatile LONG IopWorkItems; /* queued or running */

struct _IO_WORKITEM
{
    PDEVICE_OBJECT Object; /* or a driver object */
    volatile LONG Queued;
    PIO_WORKITEM_ROUTINE Routine;
    PVOID Context;
};

PIO_WORKITEM IoAllocateWorkItem(PDEVICE_OBJECT DeviceObject)
{
    RULE_IRQL_AT_MOST("wdm", DISPATCH_LEVEL);
    PIO_WORKITEM Item =
        FAULT() ? NULL : ExpAllocatePool(NonPagedPoolNx, sizeof(*Item), IOP_WORK_ITEM_TAG);
    if (Item)
    {
        *Item = (struct _IO_WORKITEM){.Object = DeviceObject};
    }
    return Item;
}

VOID IoFreeWorkItem(PIO_WORKITEM IoWorkItem)
{
    RULE_IRQL_AT_MOST("wdm", DISPATCH_LEVEL);
    RULE(
        !ReadAcquire(&IoWorkItem->Queued), "WorkItemQueued", "wdm",
        "%p is freed while it is queued", (PVOID)IoWorkItem);
    ExFreePoolWithTag(IoWorkItem, IOP_WORK_ITEM_TAG);
}

static VOID NTAPI IopRunWorkItem(PVOID Context)
{
    PIO_WORKITEM Item = Context;
    PDEVICE_OBJECT Object = Item->Object;
    PIO_WORKITEM_ROUTINE Routine = Item->Routine;
    PVOID RoutineContext = Item->Context;
    /* From here on the routine may free the item, or queue it again. */
    InterlockedExchange(&Item->Queued, FALSE);
    KI_CALLBACK("WorkItem", "ddi/wdm/nc-wdm-io_workitem_routine", Routine(Object, RoutineContext));
    ObfDereferenceObject(Object);
    InterlockedDecrement(&IopWorkItems);
}

VOID IopAwaitWorkItems(VOID)
{
    ULONGLONG Deadline = KiMonotonicTime() + IOP_WORK_ITEM_WAIT;
    while (ReadAcquire(&IopWorkItems) && KiMonotonicTime() < Deadline)
    {
        sched_yield();
    }
}

VOID IoQueueWorkItem(
    PIO_WORKITEM IoWorkItem,
    PIO_WORKITEM_ROUTINE WorkerRoutine,
    WORK_QUEUE_TYPE QueueType,
    PVOID Context)
{
    RULE_IRQL_AT_MOST("wdm", DISPATCH_LEVEL);
    UNREFERENCED_PARAMETER(QueueType);
    RULE(
        !InterlockedExchange(&IoWorkItem->Queued, TRUE), "WorkItemQueued", "wdm",
        "%p is queued already", (PVOID)IoWorkItem);
    InterlockedIncrement(&IopWorkItems);
    ObfReferenceObject(IoWorkItem->Object);
    IoWorkItem->Routine = WorkerRoutine;
    IoWorkItem->Context = Context;
    if (!PspStartWorker(IopRunWorkItem, IoWorkItem))
    {
        fprintf(stderr, "no thread for a work item\n");
        abort();
    }
}
