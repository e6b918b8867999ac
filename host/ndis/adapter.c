/* SPDX-License-Identifier: MIT */
/*
 * Miniport adapters as objects: creation, references, the list of all, handles, and the guards
 * that calls into the miniport hold.
 */
#include "internal.h"

static LIST_ENTRY AdapterList = {&AdapterList, &AdapterList};
static KSPIN_LOCK AdapterListLock;
static ULONG64 AdapterLastSerial; /* guarded by AdapterListLock */

PNDIS_MINIPORT_ADAPTER NdispAdapterCreate(PNDIS_MINIPORT_DRIVER Driver, PDEVICE_OBJECT Pdo)
{
    PNDIS_MINIPORT_ADAPTER Adapter =
        ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Adapter), NDISP_TAG);
    if (Adapter == NULL)
    {
        return NULL;
    }
    RtlZeroMemory(Adapter, sizeof(*Adapter));
    Adapter->Signature = NDISP_ADAPTER_SIGNATURE;
    Adapter->References = 1;
    Adapter->Driver = Driver;
    Adapter->Pdo = Pdo;
    Adapter->State = NdisHostHalted;
    InitializeListHead(&Adapter->Link);
    KeInitializeEvent(&Adapter->PnpLock, SynchronizationEvent, TRUE);
    KeInitializeEvent(&Adapter->Completed, NotificationEvent, FALSE);
    KeInitializeEvent(&Adapter->OidLock, SynchronizationEvent, TRUE);
    KeInitializeEvent(&Adapter->OidCompleted, NotificationEvent, FALSE);
    KeInitializeEvent(&Adapter->ResetLock, SynchronizationEvent, TRUE);
    KeInitializeEvent(&Adapter->ResetWake, SynchronizationEvent, FALSE);
    KeInitializeEvent(&Adapter->ResetCompleted, NotificationEvent, FALSE);
    KeInitializeSpinLock(&Adapter->StatusLock);
    ExInitializeRundownProtection(&Adapter->DeviceRundown);
    /* Calls are run down while the miniport is halted. */
    ExInitializeRundownProtection(&Adapter->Calls);
    ExWaitForRundownProtectionRelease(&Adapter->Calls);
    InterlockedIncrement(&Driver->AdapterCount);
    return Adapter;
}

VOID NdispAdapterReference(PNDIS_MINIPORT_ADAPTER Adapter)
{
    InterlockedIncrement(&Adapter->References);
}

VOID NdispAdapterDereference(PNDIS_MINIPORT_ADAPTER Adapter)
{
    if (InterlockedDecrement(&Adapter->References) != 0)
    {
        return;
    }
    Adapter->Signature = NDISP_FREED_SIGNATURE;
    ExFreePoolWithTag(Adapter, NDISP_TAG);
}

VOID NdispAdapterPublish(PNDIS_MINIPORT_ADAPTER Adapter)
{
    KLOCK_QUEUE_HANDLE Lock;
    NdispAdapterReference(Adapter);
    KeAcquireInStackQueuedSpinLock(&AdapterListLock, &Lock);
    Adapter->Serial = ++AdapterLastSerial;
    InsertTailList(&AdapterList, &Adapter->Link);
    KeReleaseInStackQueuedSpinLock(&Lock);
}

VOID NdispAdapterRetract(PNDIS_MINIPORT_ADAPTER Adapter)
{
    KLOCK_QUEUE_HANDLE Lock;
    KeAcquireInStackQueuedSpinLock(&AdapterListLock, &Lock);
    RemoveEntryList(&Adapter->Link);
    InitializeListHead(&Adapter->Link);
    KeReleaseInStackQueuedSpinLock(&Lock);
    NdispAdapterDereference(Adapter);
}

PNDIS_MINIPORT_ADAPTER NdispAdapterFromHandle(NDIS_HANDLE Handle, PCSTR Function)
{
    PNDIS_MINIPORT_ADAPTER Adapter = Handle;
    if (Adapter == NULL || Adapter->Signature != NDISP_ADAPTER_SIGNATURE)
    {
        NdisHostViolation(
            "The miniport handle is one that NDIS passed to MiniportInitializeEx.", Function,
            "nc-ndis-miniport_initialize");
    }
    return Adapter;
}

NDIS_HOST_STATE NdispAdapterState(PNDIS_MINIPORT_ADAPTER Adapter)
{
    return (NDIS_HOST_STATE)ReadAcquire(&Adapter->State);
}

VOID NdispAdapterLock(PNDIS_MINIPORT_ADAPTER Adapter)
{
    KeWaitForSingleObject(&Adapter->PnpLock, Executive, KernelMode, FALSE, NULL);
}

VOID NdispAdapterUnlock(PNDIS_MINIPORT_ADAPTER Adapter)
{
    KeSetEvent(&Adapter->PnpLock, IO_NO_INCREMENT, FALSE);
}

BOOLEAN NdispAdapterEnter(PNDIS_MINIPORT_ADAPTER Adapter)
{
    return ExAcquireRundownProtection(&Adapter->Calls);
}

VOID NdispAdapterLeave(PNDIS_MINIPORT_ADAPTER Adapter)
{
    ExReleaseRundownProtection(&Adapter->Calls);
}

/* ---- ndis_host.h ---- */

/* The first adapter published after Serial, with a reference. */
static PNDIS_MINIPORT_ADAPTER AdapterNext(ULONG64 Serial)
{
    PNDIS_MINIPORT_ADAPTER Next = NULL;
    KLOCK_QUEUE_HANDLE Lock;
    PLIST_ENTRY Entry;

    KeAcquireInStackQueuedSpinLock(&AdapterListLock, &Lock);
    for (Entry = AdapterList.Flink; Entry != &AdapterList; Entry = Entry->Flink)
    {
        PNDIS_MINIPORT_ADAPTER Adapter = CONTAINING_RECORD(Entry, NDIS_MINIPORT_ADAPTER, Link);
        if (Adapter->Serial > Serial)
        {
            Next = Adapter;
            NdispAdapterReference(Next);
            break;
        }
    }
    KeReleaseInStackQueuedSpinLock(&Lock);
    return Next;
}

VOID NdisHostEnumerateAdapters(NDIS_HOST_ENUMERATE *Callback, PVOID Context)
{
    PNDIS_MINIPORT_ADAPTER Adapter = AdapterNext(0);
    while (Adapter != NULL)
    {
        BOOLEAN More = Callback(Adapter, Context);
        ULONG64 Serial = Adapter->Serial;
        NdispAdapterDereference(Adapter);
        Adapter = More ? AdapterNext(Serial) : NULL;
    }
}

PNDIS_MINIPORT_ADAPTER NdisHostOpenAdapter(PDEVICE_OBJECT DeviceObject)
{
    PNDIS_MINIPORT_ADAPTER Found = NULL;
    KLOCK_QUEUE_HANDLE Lock;
    PLIST_ENTRY Entry;

    KeAcquireInStackQueuedSpinLock(&AdapterListLock, &Lock);
    for (Entry = AdapterList.Flink; Entry != &AdapterList; Entry = Entry->Flink)
    {
        PNDIS_MINIPORT_ADAPTER Adapter = CONTAINING_RECORD(Entry, NDIS_MINIPORT_ADAPTER, Link);
        if (Adapter->Fdo == DeviceObject || Adapter->Pdo == DeviceObject)
        {
            Found = Adapter;
            NdispAdapterReference(Found);
            break;
        }
    }
    KeReleaseInStackQueuedSpinLock(&Lock);
    return Found;
}

VOID NdisHostCloseAdapter(PNDIS_MINIPORT_ADAPTER Adapter)
{
    NdispAdapterDereference(Adapter);
}
