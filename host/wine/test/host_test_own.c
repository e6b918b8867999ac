/* SPDX-License-Identifier: MIT */
/*
 * Locks of the driver's own memory.
 */
#include "host_test_stress.h"

#define TAG 'tseT'

#define TRY(Condition)       \
    do                       \
    {                        \
        if (!(Condition))    \
        {                    \
            return __LINE__; \
        }                    \
    } while (0)

static const UCHAR OwnConstant[PAGE_SIZE + 1] = {5, 6};

/* The status that MmProbeAndLockPages raises; what was locked is unlocked. */
static NTSTATUS
Try(const VOID *Address, ULONG Length, KPROCESSOR_MODE Mode, LOCK_OPERATION Operation)
{
    PMDL Mdl = IoAllocateMdl((PVOID)Address, Length, FALSE, FALSE, NULL);
    NTSTATUS Status = HostTestProbe(Mdl, Mode, Operation);
    if (NT_SUCCESS(Status))
    {
        const UCHAR *Mapped = MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority);
        if (Mapped == NULL || *Mapped != *(const UCHAR *)Address)
        {
            Status = STATUS_INTERNAL_ERROR;
        }
        MmUnlockPages(Mdl);
    }
    IoFreeMdl(Mdl);
    return Status;
}

ULONG HostTestOwnMemory(VOID)
{
    PUCHAR Pool = ExAllocatePoolWithTag(NonPagedPool, 3 * PAGE_SIZE, TAG);
    TRY(Pool != NULL);
    Pool[1] = 9;
    TRY(Try(Pool + 1, 2 * PAGE_SIZE, KernelMode, IoWriteAccess) == STATUS_SUCCESS);
    TRY(Try(Pool + 1, 2 * PAGE_SIZE, KernelMode, IoReadAccess) == STATUS_SUCCESS);
    ExFreePoolWithTag(Pool, TAG);
    TRY(Try(OwnConstant, sizeof(OwnConstant), KernelMode, IoReadAccess) == STATUS_SUCCESS);
    TRY(Try(OwnConstant, sizeof(OwnConstant), KernelMode, IoWriteAccess) ==
        STATUS_ACCESS_VIOLATION);
    TRY(Try(OwnConstant, sizeof(OwnConstant), KernelMode, IoModifyAccess) ==
        STATUS_ACCESS_VIOLATION);
    TRY(Try((PVOID)16, 16, KernelMode, IoReadAccess) == STATUS_ACCESS_VIOLATION);
    TRY(Try((PVOID)16, 16, UserMode, IoReadAccess) == STATUS_ACCESS_VIOLATION);
    TRY(Try((PVOID) ~(ULONG_PTR)0xFFFF, 16, KernelMode, IoReadAccess) == STATUS_ACCESS_VIOLATION);
    TRY(Try((PVOID) ~(ULONG_PTR)0xFFFF, 16, UserMode, IoReadAccess) == STATUS_ACCESS_VIOLATION);
    return 0;
}
