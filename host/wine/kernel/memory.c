/* SPDX-License-Identifier: MIT */
/*
 * Memory descriptor lists: the functions of <wdm.h> that Wine's kernel exports without doing
 * anything. A page frame number here is the number of the page in this process, so that a locked
 * list describes its memory wherever it came from.
 *
 * Kernel space is this process, whose addresses are no others than a client's: AccessMode tells
 * them apart. UserMode takes addresses of the current process, that is of the client whose request
 * is being dispatched, and shares its pages as share.h says; on a system thread it takes addresses
 * of this process. KernelMode always does.
 */
#define _NTSYSTEM_
#include <ntifs.h>

#include "executive.h"
#include "memory_view.h"
#include "ntdll.h"
#include "unixcall.h"
#include "user_buffer.h"

/* Addresses from here on are no process's own. */
#ifdef _WIN64
#define MEMORY_USER_END ((ULONG_PTR)0x7FFFFFFF0000)
#else
#define MEMORY_USER_END ((ULONG_PTR)0xFFFF0000) /* of a program that is large address aware */
#endif

#define MEMORY_MAPPING_NO_WRITE 0x80000000u /* MdlMappingNoWrite */

static ULONG_PTR *MemoryFrames(PMDL Mdl)
{
    return (ULONG_PTR *)(Mdl + 1);
}

static ULONG MemoryPageCount(PMDL Mdl)
{
    return ADDRESS_AND_SIZE_TO_SPAN_PAGES(MmGetMdlVirtualAddress(Mdl), Mdl->ByteCount);
}

static VOID MemorySetFrames(PMDL Mdl, PVOID FirstPage)
{
    ULONG_PTR *Frames = MemoryFrames(Mdl), Frame = (ULONG_PTR)FirstPage >> PAGE_SHIFT;
    for (ULONG i = 0, Count = MemoryPageCount(Mdl); i < Count; i++)
        Frames[i] = Frame + i;
}

static BOOLEAN MemoryIsUserRange(PMDL Mdl)
{
    ULONG_PTR Start = (ULONG_PTR)MmGetMdlVirtualAddress(Mdl);
    return Start < MEMORY_USER_END && Mdl->ByteCount <= MEMORY_USER_END - Start;
}

static BOOLEAN MemoryAllows(ULONG Protection, BOOLEAN Write)
{
    ULONG Writable =
        PAGE_READWRITE | PAGE_WRITECOPY | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY;
    return Protection != 0 && (Protection & (PAGE_NOACCESS | PAGE_GUARD)) == 0 &&
           (!Write || (Protection & Writable) != 0);
}

/* Memory that Wine's memory manager does not know: views of clients' pages, for one. */
static NTSTATUS MemoryProbeLinux(PVOID Start, SIZE_T Bytes, BOOLEAN Write)
{
    HOST_PROBE Probe = {.Base = (ULONG_PTR)Start, .Bytes = Bytes, .Write = Write};
    if (!NT_SUCCESS(UnixCallInitialize()))
        return STATUS_ACCESS_VIOLATION;
    UnixCall(HostUnixProbe, &Probe);
    return Probe.Error == 0 ? STATUS_SUCCESS : STATUS_ACCESS_VIOLATION;
}

/* Pages of this process need no sharing; they only have to be there, and writable if so wanted. */
static NTSTATUS MemoryProbeOwn(PUCHAR Address, SIZE_T Bytes, BOOLEAN Write)
{
    PUCHAR End = Address + Bytes;
    while (Address < End)
    {
        MEMORY_BASIC_INFORMATION Region;
        NTSTATUS Status = NtQueryVirtualMemory(
            NtCurrentProcess(), Address, MemoryBasicInformation, &Region, sizeof(Region), NULL);
        PUCHAR Next;
        if (!NT_SUCCESS(Status) || Region.State == MEM_RESERVE ||
            (Region.State == MEM_COMMIT && !MemoryAllows(Region.Protect, Write)))
            return STATUS_ACCESS_VIOLATION;
        Next = (PUCHAR)Region.BaseAddress + Region.RegionSize;
        if (Region.State != MEM_COMMIT)
            Status =
                MemoryProbeLinux(Address, (SIZE_T)((Next < End ? Next : End) - Address), Write);
        if (!NT_SUCCESS(Status))
            return Status;
        Address = Next;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS MemoryLockOwn(PMDL Mdl, BOOLEAN Write)
{
    NTSTATUS Status = MemoryProbeOwn(Mdl->StartVa, (SIZE_T)MemoryPageCount(Mdl) * PAGE_SIZE, Write);
    if (NT_SUCCESS(Status))
        MemorySetFrames(Mdl, Mdl->StartVa);
    return Status;
}

static NTSTATUS MemoryLockClient(PMDL Mdl, HANDLE ProcessId, BOOLEAN Write)
{
    SIZE_T Bytes = (SIZE_T)MemoryPageCount(Mdl) * PAGE_SIZE;
    SHARE_VIEW View;
    NTSTATUS Status = ShareMap(ProcessId, Mdl->StartVa, Bytes, Write, &View);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = MemoryViewKeep(Mdl, &View, Bytes);
    if (!NT_SUCCESS(Status))
    {
        ShareUnmap(&View);
        return Status;
    }
    MemorySetFrames(Mdl, View.Address);
    return STATUS_SUCCESS;
}

/* Wine's leaves 32 bits for a page frame number. Its IoFreeMdl frees this one too. */
PMDL NTAPI IoAllocateMdl(
    PVOID VirtualAddress, ULONG Length, BOOLEAN SecondaryBuffer, BOOLEAN ChargeQuota, PIRP Irp)
{
    SIZE_T Size =
        sizeof(MDL) + ADDRESS_AND_SIZE_TO_SPAN_PAGES(VirtualAddress, Length) * sizeof(ULONG_PTR);
    PMDL Mdl = RtlAllocateHeap(NtCurrentProcessHeap(), HEAP_ZERO_MEMORY, Size), *Link;
    UNREFERENCED_PARAMETER(ChargeQuota);
    if (Mdl == NULL)
        return NULL;
    Mdl->Size = Size <= 0x7FFF ? (CSHORT)Size : 0x7FFF; /* does not fit for long buffers */
    Mdl->StartVa = PAGE_ALIGN(VirtualAddress);
    Mdl->ByteOffset = BYTE_OFFSET(VirtualAddress);
    Mdl->ByteCount = Length;
    if (Irp == NULL)
        return Mdl;
    Link = &Irp->MdlAddress;
    while (SecondaryBuffer && *Link != NULL)
        Link = &(*Link)->Next;
    *Link = Mdl;
    return Mdl;
}

VOID NTAPI MmProbeAndLockPages(PMDL Mdl, KPROCESSOR_MODE AccessMode, LOCK_OPERATION Operation)
{
    HANDLE ProcessId = PsGetCurrentProcessId();
    BOOLEAN Write = Operation != IoReadAccess;
    NTSTATUS Status;
    if (ProcessId == NtCurrentProcessId() || UserBufferHold(Mdl) || AccessMode == KernelMode)
        Status = MemoryLockOwn(Mdl, Write);
    else if (!MemoryIsUserRange(Mdl))
        Status = STATUS_ACCESS_VIOLATION;
    else
        Status = MemoryLockClient(Mdl, ProcessId, Write);
    if (!NT_SUCCESS(Status))
    {
        UserBufferRelease(Mdl);
        ExRaiseStatus(Status);
    }
    Mdl->Process = IoGetCurrentProcess();
    Mdl->MdlFlags |= MDL_PAGES_LOCKED | (Write ? MDL_WRITE_OPERATION : 0);
}

VOID NTAPI MmUnlockPages(PMDL Mdl)
{
    MemoryViewDrop(Mdl);
    UserBufferRelease(Mdl);
    Mdl->Process = NULL;
    Mdl->MdlFlags &= ~(MDL_PAGES_LOCKED | MDL_WRITE_OPERATION | MDL_MAPPED_TO_SYSTEM_VA);
}

/* Into the current process, the client whose request is being dispatched; raises as on Windows. */
static PVOID MemoryMapUser(PMDL Mdl, PVOID First, PVOID Requested, ULONG Priority)
{
    /* Addresses of allocations are multiples of this, to which the one asked for is rounded. */
    ULONG_PTR Granularity = 0x10000;
    PVOID Base = First;
    NTSTATUS Status = STATUS_SUCCESS;
    if (PsGetCurrentProcessId() != NtCurrentProcessId())
        Status = MemoryViewMapUser(
            Mdl, First, (SIZE_T)MemoryPageCount(Mdl) * PAGE_SIZE,
            (PVOID)((ULONG_PTR)Requested & ~(Granularity - 1)),
            (Priority & MEMORY_MAPPING_NO_WRITE) == 0, &Base);
    if (!NT_SUCCESS(Status))
        ExRaiseStatus(Status);
    return (PUCHAR)Base + Mdl->ByteOffset;
}

PVOID NTAPI MmMapLockedPagesSpecifyCache(
    PMDL Mdl,
    KPROCESSOR_MODE AccessMode,
    MEMORY_CACHING_TYPE CacheType,
    PVOID RequestedAddress,
    ULONG BugCheckOnFailure,
    ULONG Priority)
{
    PVOID First = (PVOID)(MemoryFrames(Mdl)[0] << PAGE_SHIFT);
    UNREFERENCED_PARAMETER(CacheType);
    UNREFERENCED_PARAMETER(BugCheckOnFailure); /* of KernelMode, which does not fail */
    if (AccessMode != KernelMode)
        return MemoryMapUser(Mdl, First, RequestedAddress, Priority);
    Mdl->MappedSystemVa = (PUCHAR)First + Mdl->ByteOffset;
    Mdl->MdlFlags |= MDL_MAPPED_TO_SYSTEM_VA;
    if ((Mdl->MdlFlags & MDL_PARTIAL) != 0)
        Mdl->MdlFlags |= MDL_PARTIAL_HAS_BEEN_MAPPED;
    return Mdl->MappedSystemVa;
}

VOID NTAPI MmUnmapLockedPages(PVOID BaseAddress, PMDL Mdl)
{
    if (!MemoryViewUnmapUser(Mdl, PAGE_ALIGN(BaseAddress)))
        Mdl->MdlFlags &= ~(MDL_MAPPED_TO_SYSTEM_VA | MDL_PARTIAL_HAS_BEEN_MAPPED);
}

VOID NTAPI MmBuildMdlForNonPagedPool(PMDL Mdl)
{
    MemorySetFrames(Mdl, Mdl->StartVa);
    Mdl->Process = NULL;
    Mdl->MappedSystemVa = MmGetMdlVirtualAddress(Mdl);
    Mdl->MdlFlags |= MDL_SOURCE_IS_NONPAGED_POOL;
}

VOID NTAPI IoBuildPartialMdl(PMDL Source, PMDL Target, PVOID Address, ULONG Length)
{
    ULONG_PTR Offset = (ULONG_PTR)Address - (ULONG_PTR)MmGetMdlVirtualAddress(Source);
    ULONG_PTR FirstFrame =
        ((ULONG_PTR)Address >> PAGE_SHIFT) - ((ULONG_PTR)Source->StartVa >> PAGE_SHIFT);
    Target->StartVa = PAGE_ALIGN(Address);
    Target->ByteOffset = BYTE_OFFSET(Address);
    Target->ByteCount = Length != 0 ? Length : Source->ByteCount - (ULONG)Offset;
    Target->Process = Source->Process;
    Target->MappedSystemVa = (PUCHAR)Source->MappedSystemVa + Offset;
    Target->MdlFlags &= MDL_ALLOCATED_FIXED_SIZE;
    Target->MdlFlags |=
        MDL_PARTIAL | (Source->MdlFlags & (MDL_SOURCE_IS_NONPAGED_POOL | MDL_MAPPED_TO_SYSTEM_VA));
    RtlCopyMemory(
        MemoryFrames(Target), MemoryFrames(Source) + FirstFrame,
        MemoryPageCount(Target) * sizeof(ULONG_PTR));
}

/* ---- Addresses of requests, whose copies are in this process ---- */

VOID NTAPI ProbeForRead(const volatile VOID *Address, SIZE_T Length, ULONG Alignment)
{
    ULONG_PTR Start = (ULONG_PTR)Address;
    if (Length == 0)
        return;
    if ((Start & (Alignment - 1)) != 0)
        ExRaiseStatus(STATUS_DATATYPE_MISALIGNMENT);
    if (Start >= MEMORY_USER_END || Length > MEMORY_USER_END - Start)
        ExRaiseStatus(STATUS_ACCESS_VIOLATION);
}

VOID NTAPI ProbeForWrite(volatile VOID *Address, SIZE_T Length, ULONG Alignment)
{
    NTSTATUS Status;
    ProbeForRead(Address, Length, Alignment);
    Status = MemoryProbeOwn((PUCHAR)(ULONG_PTR)Address, Length, TRUE);
    if (!NT_SUCCESS(Status))
        ExRaiseStatus(Status);
}
