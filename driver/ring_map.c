/* SPDX-License-Identifier: MIT */
#include "ring_map.h"

#include "pool.h"

/*
 * MmProbeAndLockPages raises for bad addresses. The exception stays in this small function: only
 * calls made inside __try are guarded, and only by compilers that keep the call.
 */
static DECLSPEC_NOINLINE NTSTATUS RingMapLockPages(_Inout_ PMDL Mdl)
{
    volatile NTSTATUS Status = STATUS_SUCCESS;

    __try
    {
        MmProbeAndLockPages(Mdl, UserMode, IoWriteAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER)
    {
        Status = STATUS_INVALID_USER_BUFFER;
    }
    return Status;
}

static BOOLEAN RingMapIsDescriptor(_In_ const RING_DESCRIPTOR *Descriptor, _Out_ PULONG Capacity)
{
    ULONG_PTR Address = (ULONG_PTR)Descriptor->Ring;

    *Capacity = TUN_RING_CAPACITY(Descriptor->RingSize);
    return Descriptor->RingSize >= TUN_RING_SIZE(TUN_RING_MIN_CAPACITY) &&
           TunRingIsCapacity(*Capacity) && Address != 0 && Address == Descriptor->Ring &&
           Address % sizeof(ULONG) == 0 && Descriptor->TailMoved != 0;
}

_Use_decl_annotations_
NTSTATUS
RingMapOpen(PRING_MAP Map, const RING_DESCRIPTOR *Descriptor, ACCESS_MASK EventAccess)
{
    NTSTATUS Status;

    RtlZeroMemory(Map, sizeof(*Map));
    if (!RingMapIsDescriptor(Descriptor, &Map->Capacity))
        return STATUS_INVALID_PARAMETER;

    Status = ObReferenceObjectByHandle(
        (HANDLE)(ULONG_PTR)Descriptor->TailMoved, EventAccess, *ExEventObjectType, UserMode,
        (PVOID *)&Map->TailMoved, NULL);
    if (!NT_SUCCESS(Status))
        goto CleanupMap;

    Map->Mdl =
        IoAllocateMdl((PVOID)(ULONG_PTR)Descriptor->Ring, Descriptor->RingSize, FALSE, FALSE, NULL);
    if (!Map->Mdl)
    {
        Status = STATUS_INSUFFICIENT_RESOURCES;
        goto CleanupEvent;
    }
    Status = RingMapLockPages(Map->Mdl);
    if (!NT_SUCCESS(Status))
        goto CleanupMdl;

    Map->Ring = MmGetSystemAddressForMdlSafe(Map->Mdl, PoolMappingPriority());
    if (!Map->Ring)
    {
        Status = STATUS_INSUFFICIENT_RESOURCES;
        goto CleanupLock;
    }
    return STATUS_SUCCESS;

CleanupLock:
    MmUnlockPages(Map->Mdl);
CleanupMdl:
    IoFreeMdl(Map->Mdl);
CleanupEvent:
    ObDereferenceObject(Map->TailMoved);
CleanupMap:
    RtlZeroMemory(Map, sizeof(*Map));
    return Status;
}

_Use_decl_annotations_
VOID RingMapClose(PRING_MAP Map)
{
    MmUnlockPages(Map->Mdl); /* unmaps as well */
    IoFreeMdl(Map->Mdl);
    ObDereferenceObject(Map->TailMoved);
    RtlZeroMemory(Map, sizeof(*Map));
}
