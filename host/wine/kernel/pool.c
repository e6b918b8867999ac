/* SPDX-License-Identifier: MIT */
/*
 * Pool as drivers built for later versions of Windows ask for it, pages by list, lists under a spin
 * lock, and time.
 */
#define _NTSYSTEM_
#include <ntifs.h>

#include "executive.h"
#include "memory_view.h"
#include "ntdll.h"

#define POOL_TAG 'gPdA'

#define POOL_FLAG_UNINITIALIZED    0x0000000000000002
#define POOL_FLAG_RAISE_ON_FAILURE 0x0000000000000020
#define POOL_FLAG_PAGED            0x0000000000000100

/* Wine's kernel has one kind of pool. */
PVOID NTAPI ExAllocatePool2(ULONG64 Flags, SIZE_T NumberOfBytes, ULONG Tag)
{
    PVOID Memory = NULL;
    if (Tag != 0 && NumberOfBytes != 0)
        Memory = ExAllocatePoolWithTag(
            (Flags & POOL_FLAG_PAGED) != 0 ? PagedPool : NonPagedPool, NumberOfBytes, Tag);
    if (Memory == NULL && (Flags & POOL_FLAG_RAISE_ON_FAILURE) != 0)
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    if (Memory != NULL && (Flags & POOL_FLAG_UNINITIALIZED) == 0)
        RtlZeroMemory(Memory, NumberOfBytes);
    return Memory;
}

/* Extended parameters are secure pool and a priority, which are not here; required ones fail. */
#define POOL_PARAMETER_REQUIRED 0x100 /* above the eight bits of POOL_EXTENDED_PARAMETER's type */

PVOID NTAPI ExAllocatePool3(
    ULONG64 Flags, SIZE_T NumberOfBytes, ULONG Tag, PVOID ExtendedParameters, ULONG Count)
{
    const ULONG64 *Parameter = ExtendedParameters; /* pairs: type and flags, value */
    for (ULONG i = 0; i < Count; i++)
    {
        if ((Parameter[2 * (SIZE_T)i] & POOL_PARAMETER_REQUIRED) == 0)
            continue;
        if ((Flags & POOL_FLAG_RAISE_ON_FAILURE) != 0)
            ExRaiseStatus(STATUS_INVALID_PARAMETER);
        return NULL;
    }
    return ExAllocatePool2(Flags, NumberOfBytes, Tag);
}

VOID NTAPI ExFreePool2(PVOID P, ULONG Tag, PVOID ExtendedParameters, ULONG Count)
{
    UNREFERENCED_PARAMETER(ExtendedParameters);
    UNREFERENCED_PARAMETER(Count);
    ExFreePoolWithTag(P, Tag);
}

PVOID NTAPI
ExAllocatePoolWithTagPriority(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag, ULONG Priority)
{
    UNREFERENCED_PARAMETER(Priority);
    return ExAllocatePoolWithTag(PoolType, NumberOfBytes, Tag);
}

/* ---- Pages by list ---- */

#define MM_DONT_ZERO_ALLOCATION 0x00000001

/* The whole size or nothing. The list is pool, which the driver frees after the pages. */
PMDL NTAPI MmAllocatePagesForMdlEx(
    LARGE_INTEGER LowAddress,
    LARGE_INTEGER HighAddress,
    LARGE_INTEGER SkipBytes,
    SIZE_T TotalBytes,
    MEMORY_CACHING_TYPE CacheType,
    ULONG Flags)
{
    SIZE_T Pages = (TotalBytes + PAGE_SIZE - 1) / PAGE_SIZE;
    SHARE_VIEW View;
    ULONG_PTR *Frames;
    PMDL Mdl;
    UNREFERENCED_PARAMETER(LowAddress);
    UNREFERENCED_PARAMETER(HighAddress);
    UNREFERENCED_PARAMETER(SkipBytes);
    UNREFERENCED_PARAMETER(CacheType);
    UNREFERENCED_PARAMETER(Flags);
    if (TotalBytes == 0 || TotalBytes > MAXULONG - PAGE_SIZE)
        return NULL;
    Mdl = ExAllocatePoolWithTag(NonPagedPool, sizeof(*Mdl) + Pages * sizeof(*Frames), POOL_TAG);
    if (Mdl == NULL)
        return NULL;
    if (!NT_SUCCESS(ShareCreate(Pages * PAGE_SIZE, &View)))
        goto FreeList;
    if (!NT_SUCCESS(MemoryViewKeep(Mdl, &View, Pages * PAGE_SIZE)))
        goto FreeView;
    *Mdl = (MDL){
        .Size = (CSHORT)sizeof(*Mdl),
        .MdlFlags = MDL_PAGES_LOCKED,
        .ByteCount = (ULONG)(Pages * PAGE_SIZE),
    };
    Frames = (ULONG_PTR *)(Mdl + 1);
    for (SIZE_T i = 0; i < Pages; i++)
        Frames[i] = ((ULONG_PTR)View.Address >> PAGE_SHIFT) + i;
    return Mdl;
FreeView:
    ShareUnmap(&View);
FreeList:
    ExFreePoolWithTag(Mdl, POOL_TAG);
    return NULL;
}

PMDL NTAPI MmAllocatePagesForMdl(
    LARGE_INTEGER LowAddress, LARGE_INTEGER HighAddress, LARGE_INTEGER SkipBytes, SIZE_T TotalBytes)
{
    return MmAllocatePagesForMdlEx(
        LowAddress, HighAddress, SkipBytes, TotalBytes, MmCached, MM_DONT_ZERO_ALLOCATION);
}

VOID NTAPI MmFreePagesFromMdl(PMDL Mdl)
{
    MemoryViewDrop(Mdl);
    Mdl->MdlFlags &= ~(MDL_PAGES_LOCKED | MDL_MAPPED_TO_SYSTEM_VA);
}

/* ---- Lists under a spin lock ---- */

PLIST_ENTRY NTAPI
ExInterlockedInsertHeadList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry, PKSPIN_LOCK Lock)
{
    KIRQL Irql = KeAcquireSpinLockRaiseToDpc(Lock);
    PLIST_ENTRY First = IsListEmpty(ListHead) ? NULL : ListHead->Flink;
    InsertHeadList(ListHead, ListEntry);
    KeReleaseSpinLock(Lock, Irql);
    return First;
}

PLIST_ENTRY NTAPI
ExInterlockedInsertTailList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry, PKSPIN_LOCK Lock)
{
    KIRQL Irql = KeAcquireSpinLockRaiseToDpc(Lock);
    PLIST_ENTRY Last = IsListEmpty(ListHead) ? NULL : ListHead->Blink;
    InsertTailList(ListHead, ListEntry);
    KeReleaseSpinLock(Lock, Irql);
    return Last;
}

PLIST_ENTRY NTAPI ExInterlockedRemoveHeadList(PLIST_ENTRY ListHead, PKSPIN_LOCK Lock)
{
    KIRQL Irql = KeAcquireSpinLockRaiseToDpc(Lock);
    PLIST_ENTRY First = IsListEmpty(ListHead) ? NULL : RemoveHeadList(ListHead);
    KeReleaseSpinLock(Lock, Irql);
    return First;
}

/* ---- Time ---- */

VOID NTAPI KeQuerySystemTimePrecise(PLARGE_INTEGER CurrentTime)
{
    NtQuerySystemTime(CurrentTime);
}

/* In 100 ns, as Wine's counter is. */
ULONG64 NTAPI KeQueryInterruptTimePrecise(ULONG64 *QpcTimeStamp)
{
    LARGE_INTEGER Counter;
    NtQueryPerformanceCounter(&Counter, NULL);
    *QpcTimeStamp = (ULONG64)Counter.QuadPart;
    return (ULONG64)Counter.QuadPart;
}

VOID NTAPI KeStallExecutionProcessor(ULONG MicroSeconds)
{
    LARGE_INTEGER Start, Now;
    NtQueryPerformanceCounter(&Start, NULL);
    do
    {
        YieldProcessor();
        NtQueryPerformanceCounter(&Now, NULL);
    } while (Now.QuadPart - Start.QuadPart < (LONGLONG)MicroSeconds * 10);
}
