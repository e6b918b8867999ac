/* SPDX-License-Identifier: MIT */
/* Counters and lists under a lock of the caller's. */
#include "internal.h"

LONG NDISAPI NdisInterlockedIncrement(PLONG Addend)
{
    return InterlockedIncrement(Addend);
}

LONG NDISAPI NdisInterlockedDecrement(PLONG Addend)
{
    return InterlockedDecrement(Addend);
}

ULONG NDISAPI NdisInterlockedAddUlong(PULONG Addend, ULONG Increment, PNDIS_SPIN_LOCK SpinLock)
{
    KLOCK_QUEUE_HANDLE Lock;
    ULONG Before;
    KeAcquireInStackQueuedSpinLock(&SpinLock->SpinLock, &Lock);
    Before = *Addend;
    *Addend = Before + Increment;
    KeReleaseInStackQueuedSpinLock(&Lock);
    return Before;
}

PLIST_ENTRY NDISAPI
NdisInterlockedInsertHeadList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry, PNDIS_SPIN_LOCK SpinLock)
{
    KLOCK_QUEUE_HANDLE Lock;
    PLIST_ENTRY First;
    KeAcquireInStackQueuedSpinLock(&SpinLock->SpinLock, &Lock);
    First = IsListEmpty(ListHead) ? NULL : ListHead->Flink;
    InsertHeadList(ListHead, ListEntry);
    KeReleaseInStackQueuedSpinLock(&Lock);
    return First;
}

PLIST_ENTRY NDISAPI
NdisInterlockedInsertTailList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry, PNDIS_SPIN_LOCK SpinLock)
{
    KLOCK_QUEUE_HANDLE Lock;
    PLIST_ENTRY Last;
    KeAcquireInStackQueuedSpinLock(&SpinLock->SpinLock, &Lock);
    Last = IsListEmpty(ListHead) ? NULL : ListHead->Blink;
    InsertTailList(ListHead, ListEntry);
    KeReleaseInStackQueuedSpinLock(&Lock);
    return Last;
}

PLIST_ENTRY NDISAPI NdisInterlockedRemoveHeadList(PLIST_ENTRY ListHead, PNDIS_SPIN_LOCK SpinLock)
{
    KLOCK_QUEUE_HANDLE Lock;
    PLIST_ENTRY First = NULL;
    KeAcquireInStackQueuedSpinLock(&SpinLock->SpinLock, &Lock);
    if (!IsListEmpty(ListHead))
    {
        First = ListHead->Flink;
        RemoveEntryList(First);
    }
    KeReleaseInStackQueuedSpinLock(&Lock);
    return First;
}

PSINGLE_LIST_ENTRY NDISAPI NdisInterlockedPushEntryList(
    PSINGLE_LIST_ENTRY ListHead, PSINGLE_LIST_ENTRY ListEntry, PNDIS_SPIN_LOCK SpinLock)
{
    KLOCK_QUEUE_HANDLE Lock;
    PSINGLE_LIST_ENTRY First;
    KeAcquireInStackQueuedSpinLock(&SpinLock->SpinLock, &Lock);
    First = ListHead->Next;
    ListEntry->Next = First;
    ListHead->Next = ListEntry;
    KeReleaseInStackQueuedSpinLock(&Lock);
    return First;
}

PSINGLE_LIST_ENTRY NDISAPI
NdisInterlockedPopEntryList(PSINGLE_LIST_ENTRY ListHead, PNDIS_SPIN_LOCK SpinLock)
{
    KLOCK_QUEUE_HANDLE Lock;
    PSINGLE_LIST_ENTRY First;
    KeAcquireInStackQueuedSpinLock(&SpinLock->SpinLock, &Lock);
    First = ListHead->Next;
    if (First != NULL)
    {
        ListHead->Next = First->Next;
    }
    KeReleaseInStackQueuedSpinLock(&Lock);
    return First;
}
