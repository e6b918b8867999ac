/* SPDX-License-Identifier: MIT */
/*
 * Memory descriptor lists: allocate, lock, map. Page frame numbers are indexes of simulated
 * physical pages; 0 stands for memory of the host, which is mapped where it is.
 */
#include <stdio.h>

#include "executive.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#define MI_ASAN 1
#endif
#endif

#define MI_MDL_TAG          0x206C644Du /* 'Mdl ' */
#define NO_MORE_SYSTEM_PTES 0x3Fu
#define MI_MDL_DOCUMENT     "kernel/using-mdls"

static volatile LONG MiMappings;
static volatile LONG MiLockedPages;

static PPFN_NUMBER MiPages(PMDL Mdl)
{
    return (PPFN_NUMBER)(Mdl + 1);
}

static ULONG MiPageCount(PMDL Mdl)
{
    return ADDRESS_AND_SIZE_TO_SPAN_PAGES(MmGetMdlVirtualAddress(Mdl), Mdl->ByteCount);
}

PMDL IoAllocateMdl(
    PVOID VirtualAddress, ULONG Length, BOOLEAN SecondaryBuffer, BOOLEAN ChargeQuota, PIRP Irp)
{
    UNREFERENCED_PARAMETER(ChargeQuota);
    RULE_IRQL_AT_MOST("wdm", DISPATCH_LEVEL);
    ULONG Count = ADDRESS_AND_SIZE_TO_SPAN_PAGES(VirtualAddress, Length);
    SIZE_T Size = sizeof(MDL) + Count * sizeof(PFN_NUMBER);
    PMDL Mdl = FAULT() ? NULL : ExpAllocatePool(NonPagedPool, Size, MI_MDL_TAG);
    if (!Mdl)
    {
        return NULL;
    }
    RtlZeroMemory(Mdl, Size);
    Mdl->Size = (CSHORT)Size;
    Mdl->StartVa = PAGE_ALIGN(VirtualAddress);
    Mdl->ByteOffset = BYTE_OFFSET(VirtualAddress);
    Mdl->ByteCount = Length;
    if (Irp)
    {
        PMDL *Link = &Irp->MdlAddress;
        while (SecondaryBuffer && *Link)
        {
            Link = &(*Link)->Next;
        }
        *Link = Mdl;
    }
    return Mdl;
}

VOID IoFreeMdl(PMDL Mdl)
{
    RULE_IRQL_AT_MOST("wdm", DISPATCH_LEVEL);
    if (Mdl->MdlFlags & MDL_PARTIAL_HAS_BEEN_MAPPED)
    {
        MmUnmapLockedPages(Mdl->MappedSystemVa, Mdl);
    }
    RULE(
        !(Mdl->MdlFlags & MDL_PAGES_LOCKED), "MdlLocked", "wdm", "the pages of %p are still locked",
        (PVOID)Mdl);
    ExFreePoolWithTag(Mdl, MI_MDL_TAG);
}

VOID IoBuildPartialMdl(PMDL Source, PMDL Target, PVOID Address, ULONG Length)
{
    RULE_IRQL_AT_MOST("wdm", DISPATCH_LEVEL);
    SIZE_T Offset = (SIZE_T)((PUCHAR)Address - (PUCHAR)MmGetMdlVirtualAddress(Source));
    RULE(
        Offset < Source->ByteCount && Length <= Source->ByteCount - Offset, "MdlRange", "wdm",
        "offset %zu, length %u of an MDL of %u bytes", (size_t)Offset, Length, Source->ByteCount);
    RULE(
        !(Target->MdlFlags & MDL_PARTIAL_HAS_BEEN_MAPPED), "MdlReuse", "wdm",
        "the target is mapped: MmPrepareMdlForReuse was not called");
    Length = Length ? Length : Source->ByteCount - (ULONG)Offset;
    PPFN_NUMBER Pages =
        MiPages(Source) + (((PUCHAR)PAGE_ALIGN(Address) - (PUCHAR)Source->StartVa) >> PAGE_SHIFT);
    ULONG Count = ADDRESS_AND_SIZE_TO_SPAN_PAGES(Address, Length);
    CSHORT Inherited = Source->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL);

    Target->Process = Source->Process;
    Target->StartVa = PAGE_ALIGN(Address);
    Target->ByteOffset = BYTE_OFFSET(Address);
    Target->ByteCount = Length;
    Target->MdlFlags =
        (CSHORT)((Target->MdlFlags & MDL_ALLOCATED_FIXED_SIZE) | Inherited | MDL_PARTIAL);
    Target->MappedSystemVa = Inherited ? (PUCHAR)Source->MappedSystemVa + Offset : NULL;
    RtlCopyMemory(MiPages(Target), Pages, Count * sizeof(*Pages));
}

VOID MmBuildMdlForNonPagedPool(PMDL Mdl)
{
    RULE_IRQL_AT_MOST("wdm", DISPATCH_LEVEL);
    RULE(
        !(Mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_MAPPED_TO_SYSTEM_VA | MDL_PARTIAL)), "MdlState",
        "wdm", "%p has flags 0x%X", (PVOID)Mdl, (ULONG)Mdl->MdlFlags);
    Mdl->MdlFlags |= MDL_SOURCE_IS_NONPAGED_POOL;
    Mdl->MappedSystemVa = MmGetMdlVirtualAddress(Mdl);
    Mdl->Process = NULL;
}

VOID MmProbeAndLockPages(PMDL Mdl, KPROCESSOR_MODE AccessMode, LOCK_OPERATION Operation)
{
    RULE_IRQL_AT_MOST("wdm", APC_LEVEL);
    RULE(
        !(Mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_SOURCE_IS_NONPAGED_POOL | MDL_PARTIAL)),
        "MdlState", "wdm", "%p has flags 0x%X", (PVOID)Mdl, (ULONG)Mdl->MdlFlags);
    PKTHREAD Thread = KI_CURRENT();
    RULE(Thread->SehFrames, "TryExcept", "wdm", "it may raise, and the caller has no __try");
    if (FAULT())
    {
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    }
    PEPROCESS Process = Thread->Attached;
    PVOID Address = MmGetMdlVirtualAddress(Mdl);
    if (AccessMode == UserMode || MiIsUserAddress(Process, Address))
    {
        NTSTATUS Status = MiReferenceUserPages(
            Process, Address, Mdl->ByteCount, Operation != IoReadAccess, MiPages(Mdl));
        if (!NT_SUCCESS(Status))
        {
            ExRaiseStatus(Status);
        }
        Mdl->Process = Process;
        InterlockedExchangeAdd(&Process->LockedPages, (LONG)MiPageCount(Mdl));
    }
    InterlockedExchangeAdd(&MiLockedPages, (LONG)MiPageCount(Mdl));
    Mdl->MdlFlags |=
        (CSHORT)(MDL_PAGES_LOCKED | (Operation != IoReadAccess ? MDL_WRITE_OPERATION : 0));
}

VOID MmUnlockPages(PMDL Mdl)
{
    RULE_IRQL_AT_MOST("wdm", DISPATCH_LEVEL);
    RULE(
        (Mdl->MdlFlags & MDL_PAGES_LOCKED) && !(Mdl->MdlFlags & MDL_PARTIAL), "MdlState", "wdm",
        "%p has flags 0x%X: its pages are not locked through it", (PVOID)Mdl, (ULONG)Mdl->MdlFlags);
    if (Mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA)
    {
        MmUnmapLockedPages(Mdl->MappedSystemVa, Mdl);
    }
    LONG Count = (LONG)MiPageCount(Mdl);
    if (Mdl->Process)
    {
        InterlockedExchangeAdd(&Mdl->Process->LockedPages, -Count);
    }
    MiDereferencePages(MiPages(Mdl), (ULONG)Count);
    RtlZeroMemory(MiPages(Mdl), (ULONG)Count * sizeof(PFN_NUMBER));
    InterlockedExchangeAdd(&MiLockedPages, -Count);
    Mdl->Process = NULL;
    Mdl->MdlFlags &= (CSHORT) ~(MDL_PAGES_LOCKED | MDL_WRITE_OPERATION);
}

/* What lies on the mapped pages but outside the MDL's bytes is nobody's business. */
static VOID MiPoisonAround(PMDL Mdl, PUCHAR Pages, BOOLEAN Poison)
{
#if MI_ASAN
    SIZE_T End = Mdl->ByteOffset + (SIZE_T)Mdl->ByteCount;
    SIZE_T Size = (SIZE_T)MiPageCount(Mdl) << PAGE_SHIFT;
    if (Poison)
    {
        ASAN_POISON_MEMORY_REGION(Pages, Mdl->ByteOffset);
        ASAN_POISON_MEMORY_REGION(Pages + End, Size - End);
    }
    else
    {
        ASAN_UNPOISON_MEMORY_REGION(Pages, Size);
    }
#else
    UNREFERENCED_PARAMETER(Mdl);
    UNREFERENCED_PARAMETER(Pages);
    UNREFERENCED_PARAMETER(Poison);
#endif
}

PVOID MmMapLockedPagesSpecifyCache(
    PMDL Mdl,
    KPROCESSOR_MODE AccessMode,
    MEMORY_CACHING_TYPE CacheType,
    PVOID RequestedAddress,
    ULONG BugCheckOnFailure,
    ULONG Priority)
{
    UNREFERENCED_PARAMETER(CacheType);
    UNREFERENCED_PARAMETER(Priority);
    RULE_IRQL_AT_MOST("wdm", AccessMode == KernelMode ? DISPATCH_LEVEL : APC_LEVEL);
    RULE(
        AccessMode == KernelMode && !RequestedAddress, "MdlMapping", MI_MDL_DOCUMENT,
        "mapping MDLs into user address space is not offered here");
    RULE(
        !(Mdl->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL)), "MdlMapping",
        "wdm", "%p is mapped at %p already", (PVOID)Mdl, Mdl->MappedSystemVa);
    RULE(
        Mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_PARTIAL), "MdlState", "wdm",
        "the pages of %p are not locked", (PVOID)Mdl);
    PVOID Base = NULL;
    if (!FAULT())
    {
        Base = MiPages(Mdl)[0] ? MiMapPages(MiPages(Mdl), MiPageCount(Mdl), FALSE) : Mdl->StartVa;
    }
    if (!Base && BugCheckOnFailure)
    {
        KeBugCheckEx(NO_MORE_SYSTEM_PTES, 0, MiPageCount(Mdl), 0, 0);
    }
    if (!Base)
    {
        return NULL;
    }
    if (MiPages(Mdl)[0])
    {
        MiPoisonAround(Mdl, Base, TRUE);
    }
    InterlockedIncrement(&MiMappings);
    Mdl->MappedSystemVa = (PUCHAR)Base + Mdl->ByteOffset;
    Mdl->MdlFlags |= MDL_MAPPED_TO_SYSTEM_VA;
    if (Mdl->MdlFlags & MDL_PARTIAL)
    {
        Mdl->MdlFlags |= MDL_PARTIAL_HAS_BEEN_MAPPED;
    }
    return Mdl->MappedSystemVa;
}

VOID MmUnmapLockedPages(PVOID BaseAddress, PMDL Mdl)
{
    RULE_IRQL_AT_MOST("wdm", DISPATCH_LEVEL);
    RULE(
        (Mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA) && Mdl->MappedSystemVa == BaseAddress,
        "MdlMapping", "wdm", "%p is mapped at %p (flags 0x%X), not at %p", (PVOID)Mdl,
        Mdl->MappedSystemVa, (ULONG)Mdl->MdlFlags, BaseAddress);
    if (MiPages(Mdl)[0])
    {
        PUCHAR Base = (PUCHAR)BaseAddress - Mdl->ByteOffset;
        MiPoisonAround(Mdl, Base, FALSE);
        MiUnmapPages(Base, MiPageCount(Mdl));
    }
    InterlockedDecrement(&MiMappings);
    Mdl->MappedSystemVa = NULL;
    Mdl->MdlFlags &= (CSHORT) ~(MDL_MAPPED_TO_SYSTEM_VA | MDL_PARTIAL_HAS_BEEN_MAPPED);
}

VOID MiUsage(PULONG Mappings, PULONG LockedPages)
{
    *Mappings = (ULONG)ReadAcquire(&MiMappings);
    *LockedPages = (ULONG)ReadAcquire(&MiLockedPages);
}

ULONG MiReportMappings(VOID)
{
    LONG Mappings = ReadAcquire(&MiMappings), Locked = ReadAcquire(&MiLockedPages);
    if (Mappings || Locked)
    {
        fprintf(stderr, "leak: %d mapped MDLs, %d locked pages\n", Mappings, Locked);
    }
    return (ULONG)(Mappings + (Locked != 0));
}
