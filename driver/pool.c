/* SPDX-License-Identifier: MIT */
#include "pool.h"

#include <ndis.h>

static POOL_TYPE PoolType;
static ULONG MappingPriority;

#pragma alloc_text(INIT, PoolInitialize)

_Use_decl_annotations_
VOID PoolInitialize(ULONG NdisVersion)
{
    BOOLEAN NoExecute = NdisVersion >= NDIS_RUNTIME_VERSION_630;

    PoolType = NoExecute ? NonPagedPoolNx : NonPagedPool;
    MappingPriority = NormalPagePriority | (NoExecute ? MdlMappingNoExecute : 0);
}

_Use_decl_annotations_
PVOID PoolAllocateUninitialized(SIZE_T Bytes, ULONG Tag)
{
    return ExAllocatePoolWithTag(PoolType, Bytes, Tag);
}

_Use_decl_annotations_
PVOID PoolAllocate(SIZE_T Bytes, ULONG Tag)
{
    PVOID Memory = PoolAllocateUninitialized(Bytes, Tag);

    if (Memory)
        RtlZeroMemory(Memory, Bytes);
    return Memory;
}

_Use_decl_annotations_
VOID PoolFree(PVOID Memory, ULONG Tag)
{
    if (Memory)
        ExFreePoolWithTag(Memory, Tag);
}

_Use_decl_annotations_
ULONG PoolMappingPriority(VOID)
{
    return MappingPriority;
}
