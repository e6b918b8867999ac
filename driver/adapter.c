/* SPDX-License-Identifier: MIT */
#include "adapter.h"

static ERESOURCE AdapterListLock;
static LIST_ENTRY AdapterList; /* AdapterListLock */

#pragma alloc_text(INIT, AdapterListInitialize)

static VOID AdapterListAcquire(BOOLEAN Exclusive)
{
    KeEnterCriticalRegion();
    if (Exclusive)
        ExAcquireResourceExclusiveLite(&AdapterListLock, TRUE);
    else
        ExAcquireResourceSharedLite(&AdapterListLock, TRUE);
}

static VOID AdapterListRelease(VOID)
{
    ExReleaseResourceLite(&AdapterListLock);
    KeLeaveCriticalRegion();
}

_Use_decl_annotations_
NTSTATUS AdapterListInitialize(VOID)
{
    InitializeListHead(&AdapterList);
    return ExInitializeResourceLite(&AdapterListLock);
}

_Use_decl_annotations_
VOID AdapterListDelete(VOID)
{
    ExDeleteResourceLite(&AdapterListLock);
}

_Use_decl_annotations_
VOID AdapterListInsert(PADAPTER Adapter)
{
    AdapterListAcquire(TRUE);
    InsertTailList(&AdapterList, &Adapter->Entry);
    AdapterListRelease();
}

_Use_decl_annotations_
VOID AdapterListRemove(PADAPTER Adapter)
{
    /* First no new user of the adapter, then no user, then out of the list that they came from. */
    ExWaitForRundownProtectionRelease(&Adapter->ControlRundown);
    AdapterListAcquire(TRUE);
    RemoveEntryList(&Adapter->Entry);
    AdapterListRelease();
}

_Use_decl_annotations_
PADAPTER AdapterFromDevice(PDEVICE_OBJECT DeviceObject)
{
    PADAPTER Found = NULL;

    AdapterListAcquire(FALSE);
    for (PLIST_ENTRY Entry = AdapterList.Flink; Entry != &AdapterList; Entry = Entry->Flink)
    {
        PADAPTER Adapter = CONTAINING_RECORD(Entry, ADAPTER, Entry);
        if (Adapter->DeviceObject == DeviceObject)
        {
            if (ExAcquireRundownProtection(&Adapter->ControlRundown))
                Found = Adapter;
            break;
        }
    }
    AdapterListRelease();
    return Found;
}

_Use_decl_annotations_
VOID AdapterRelease(PADAPTER Adapter)
{
    ExReleaseRundownProtection(&Adapter->ControlRundown);
}

_Use_decl_annotations_
VOID AdapterForEach(ADAPTER_ROUTINE *Routine, PVOID Context)
{
    PADAPTER Previous = NULL;
    PLIST_ENTRY Entry;

    /* The held adapter cannot leave the list, so that its entry stays a place to go on from. */
    AdapterListAcquire(FALSE);
    for (Entry = AdapterList.Flink; Entry != &AdapterList; Entry = Entry->Flink)
    {
        PADAPTER Adapter = CONTAINING_RECORD(Entry, ADAPTER, Entry);
        if (!ExAcquireRundownProtection(&Adapter->ControlRundown))
            continue;
        AdapterListRelease();
        if (Previous)
            AdapterRelease(Previous);
        Routine(Adapter, Context);
        Previous = Adapter;
        AdapterListAcquire(FALSE);
    }
    AdapterListRelease();
    if (Previous)
        AdapterRelease(Previous);
}

_Use_decl_annotations_
VOID AdapterIndicateLink(PADAPTER Adapter, BOOLEAN Connected)
{
    NDIS_LINK_STATE State = {
        .Header =
            {.Type = NDIS_OBJECT_TYPE_DEFAULT,
             .Revision = NDIS_LINK_STATE_REVISION_1,
             .Size = NDIS_SIZEOF_LINK_STATE_REVISION_1},
        .MediaConnectState = Connected ? MediaConnectStateConnected : MediaConnectStateDisconnected,
        .MediaDuplexState = MediaDuplexStateFull,
        .XmitLinkSpeed = Adapter->LinkSpeed,
        .RcvLinkSpeed = Adapter->LinkSpeed,
        .PauseFunctions = NdisPauseFunctionsUnsupported,
    };
    NDIS_STATUS_INDICATION Indication = {
        .Header =
            {.Type = NDIS_OBJECT_TYPE_STATUS_INDICATION,
             .Revision = NDIS_STATUS_INDICATION_REVISION_1,
             .Size = NDIS_SIZEOF_STATUS_INDICATION_REVISION_1},
        .SourceHandle = Adapter->MiniportHandle,
        .StatusCode = NDIS_STATUS_LINK_STATE,
        .StatusBuffer = &State,
        .StatusBufferSize = sizeof(State),
    };

    NdisMIndicateStatusEx(Adapter->MiniportHandle, &Indication);
}

_Use_decl_annotations_
VOID AdapterCountOut(PADAPTER Adapter, const STATISTICS_DIRECTION *Part)
{
    KLOCK_QUEUE_HANDLE Lock;

    KeAcquireInStackQueuedSpinLock(&Adapter->StatisticsLock, &Lock);
    StatisticsAdd(&Adapter->Statistics.Out, Part);
    KeReleaseInStackQueuedSpinLock(&Lock);
}

_Use_decl_annotations_
VOID AdapterCountIn(PADAPTER Adapter, const STATISTICS_DIRECTION *Part)
{
    KLOCK_QUEUE_HANDLE Lock;

    KeAcquireInStackQueuedSpinLock(&Adapter->StatisticsLock, &Lock);
    StatisticsAdd(&Adapter->Statistics.In, Part);
    KeReleaseInStackQueuedSpinLock(&Lock);
}
