/* SPDX-License-Identifier: MIT */
/*
 * Memory as older drivers ask for it: lists by MmCreateMdl, contiguous memory, sections of images
 * that are locked, and the bounds of address spaces.
 */
#define _NTSYSTEM_
#include <ntifs.h>

#include "executive.h"
#include "ntdll.h"

#define MEMORY_MORE_TAG 'MmdA'

SIZE_T NTAPI MmSizeOfMdl(PVOID Base, SIZE_T Length)
{
    return sizeof(MDL) + ADDRESS_AND_SIZE_TO_SPAN_PAGES(Base, Length) * sizeof(ULONG_PTR);
}

PMDL NTAPI MmCreateMdl(PMDL MemoryDescriptorList, PVOID Base, SIZE_T Length)
{
    SIZE_T Size = MmSizeOfMdl(Base, Length);
    PMDL Mdl = MemoryDescriptorList != NULL
                   ? MemoryDescriptorList
                   : ExAllocatePoolWithTag(NonPagedPool, Size, MEMORY_MORE_TAG);
    if (Mdl == NULL)
        return NULL;
    *Mdl = (MDL){.Size = Size <= 0x7FFF ? (CSHORT)Size : 0x7FFF,
                 .StartVa = PAGE_ALIGN(Base),
                 .ByteOffset = BYTE_OFFSET(Base),
                 .ByteCount = (ULONG)Length};
    return Mdl;
}

PVOID NTAPI MmMapLockedPages(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode)
{
    return MmMapLockedPagesSpecifyCache(
        MemoryDescriptorList, AccessMode, MmCached, NULL, TRUE, HighPagePriority);
}

/* ---- Sections of images, which are not paged out here ---- */

PVOID NTAPI MmLockPagableDataSection(PVOID AddressWithinSection)
{
    return AddressWithinSection;
}

PVOID NTAPI MmLockPagableImageSection(PVOID AddressWithinSection)
{
    return AddressWithinSection;
}

VOID NTAPI MmUnlockPagableImageSection(PVOID ImageSectionHandle)
{
    UNREFERENCED_PARAMETER(ImageSectionHandle);
}

ULONG NTAPI MmIsDriverVerifying(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    return FALSE;
}

ULONG NTAPI MmIsDriverVerifyingByAddress(PVOID AddressOfInterest)
{
    UNREFERENCED_PARAMETER(AddressOfInterest);
    return FALSE;
}

/* ---- Contiguous memory: no device is there that would ask where it is ---- */

PVOID NTAPI MmAllocateContiguousMemorySpecifyCache(
    SIZE_T NumberOfBytes,
    LARGE_INTEGER LowestAcceptableAddress,
    LARGE_INTEGER HighestAcceptableAddress,
    LARGE_INTEGER BoundaryAddressMultiple,
    MEMORY_CACHING_TYPE CacheType)
{
    PVOID Base = NULL;
    SIZE_T Size = NumberOfBytes;
    UNREFERENCED_PARAMETER(LowestAcceptableAddress);
    UNREFERENCED_PARAMETER(HighestAcceptableAddress);
    UNREFERENCED_PARAMETER(BoundaryAddressMultiple);
    UNREFERENCED_PARAMETER(CacheType);
    return NT_SUCCESS(NtAllocateVirtualMemory(
               NtCurrentProcess(), &Base, 0, &Size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE))
               ? Base
               : NULL;
}

PVOID NTAPI MmAllocateContiguousMemory(SIZE_T NumberOfBytes, LARGE_INTEGER HighestAcceptableAddress)
{
    LARGE_INTEGER Zero = {0};
    return MmAllocateContiguousMemorySpecifyCache(
        NumberOfBytes, Zero, HighestAcceptableAddress, Zero, MmCached);
}

VOID NTAPI MmFreeContiguousMemory(PVOID BaseAddress)
{
    SIZE_T Size = 0;
    NtFreeVirtualMemory(NtCurrentProcess(), &BaseAddress, &Size, MEM_RELEASE);
}

VOID NTAPI MmFreeContiguousMemorySpecifyCache(
    PVOID BaseAddress, SIZE_T NumberOfBytes, MEMORY_CACHING_TYPE CacheType)
{
    UNREFERENCED_PARAMETER(NumberOfBytes);
    UNREFERENCED_PARAMETER(CacheType);
    MmFreeContiguousMemory(BaseAddress);
}

/* ---- Data ---- */

#ifdef _WIN64
ULONG_PTR MmHighestUserAddress[1] = {0x7FFFFFFEFFFF};
ULONG_PTR MmUserProbeAddress[1] = {0x7FFFFFFF0000};
ULONG_PTR MmSystemRangeStart[1] = {0xFFFF080000000000};
#else
ULONG_PTR MmHighestUserAddress[1] = {0xFFFEFFFF}; /* of a program that is large address aware */
ULONG_PTR MmUserProbeAddress[1] = {0xFFFF0000};
ULONG_PTR MmSystemRangeStart[1] = {0xFFFF0000};
#endif

BOOLEAN KdDebuggerNotPresent[1] = {TRUE};
