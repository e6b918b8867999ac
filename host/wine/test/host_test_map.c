/* SPDX-License-Identifier: MIT */
/*
 * Mappings into the client.
 */
#include <ntifs.h>

#include "host_test_map.h"

#define TAG 'tseT'

NTSTATUS HostTestMap(PMDL Mdl, PVOID Wanted, ULONG Priority, PVOID *Address)
{
    NTSTATUS Status = STATUS_SUCCESS;
    __try
    {
        *Address = MmMapLockedPagesSpecifyCache(Mdl, UserMode, MmCached, Wanted, FALSE, Priority);
    } __except (Status = (NTSTATUS)GetExceptionCode(), EXCEPTION_EXECUTE_HANDLER)
    {
    }
    return Status;
}

PMDL HostTestNewPages(SIZE_T Length, PUCHAR *Memory)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"MmAllocatePagesForMdlEx");
    PMDL(NTAPI * Allocate)
    (LARGE_INTEGER, LARGE_INTEGER, LARGE_INTEGER, SIZE_T, MEMORY_CACHING_TYPE, ULONG) =
        MmGetSystemRoutineAddress(&Name);
    LARGE_INTEGER Zero = {0}, High = {.QuadPart = -1};
    PMDL Mdl = Allocate(Zero, High, Zero, Length, MmCached, 0);
    *Memory = Mdl != NULL ? MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority) : NULL;
    return Mdl;
}

VOID HostTestFreePages(PMDL Mdl)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"MmFreePagesFromMdl");
    VOID(NTAPI * Free)(PMDL) = MmGetSystemRoutineAddress(&Name);
    Free(Mdl);
    ExFreePoolWithTag(Mdl, 0);
}

NTSTATUS HostTestMapPool(VOID)
{
    PVOID Memory = ExAllocatePoolWithTag(NonPagedPool, PAGE_SIZE, TAG), Address;
    PMDL Mdl = IoAllocateMdl(Memory, PAGE_SIZE, FALSE, FALSE, NULL);
    NTSTATUS Status;
    MmBuildMdlForNonPagedPool(Mdl);
    Status = HostTestMap(Mdl, NULL, NormalPagePriority, &Address);
    IoFreeMdl(Mdl);
    ExFreePoolWithTag(Memory, TAG);
    return Status;
}
