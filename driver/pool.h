/* SPDX-License-Identifier: MIT */
/*
 * Pool memory of the driver: never executable, one tag per concept.
 */
#ifndef ADIT_DRIVER_POOL_H
#define ADIT_DRIVER_POOL_H

#include <ntifs.h>

#define POOL_TAG_ADAPTER ((ULONG)'AtdA')
#define POOL_TAG_SESSION ((ULONG)'StdA')
#define POOL_TAG_RECEIVE ((ULONG)'RtdA')

/*
 * Learns what the running system offers: NonPagedPoolNx and MdlMappingNoExecute exist from
 * Windows 8 on, which is where NDIS 6.30 comes from. Once, before any other call.
 */
VOID PoolInitialize(ULONG NdisVersion);

/* Non-paged and zeroed; NULL when there is none. IRQL <= DISPATCH_LEVEL. */
_Must_inspect_result_ _Ret_maybenull_ PVOID PoolAllocate(SIZE_T Bytes, ULONG Tag);

/* The same for memory that the caller fills: not zeroed. */
_Must_inspect_result_ _Ret_maybenull_ PVOID PoolAllocateUninitialized(SIZE_T Bytes, ULONG Tag);

/* Frees what either gave, with its tag; NULL is allowed. IRQL <= DISPATCH_LEVEL. */
VOID PoolFree(_In_opt_ _Post_ptr_invalid_ PVOID Memory, ULONG Tag);

/* Priority to map client memory with. */
ULONG PoolMappingPriority(VOID);

#endif
