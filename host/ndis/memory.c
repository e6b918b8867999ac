/* SPDX-License-Identifier: MIT */
/* Memory for NDIS drivers: non-paged pool. */
#include "internal.h"

PVOID NDISAPI NdisAllocateMemoryWithTagPriority(
    NDIS_HANDLE NdisHandle, UINT Length, ULONG Tag, EX_POOL_PRIORITY Priority)
{
    NDISP_IRQL(
        "NdisAllocateMemoryWithTagPriority", "nf-ndis-ndisallocatememorywithtagpriority",
        DISPATCH_LEVEL);
    UNREFERENCED_PARAMETER(NdisHandle);
    UNREFERENCED_PARAMETER(Priority);
    return ExAllocatePoolWithTag(NonPagedPoolNx, Length, Tag != 0 ? Tag : NDISP_TAG);
}

VOID NDISAPI NdisFreeMemory(PVOID VirtualAddress, UINT Length, UINT MemoryFlags)
{
    NDISP_IRQL("NdisFreeMemory", "nf-ndis-ndisfreememory", DISPATCH_LEVEL);
    UNREFERENCED_PARAMETER(Length);
    if (MemoryFlags != 0)
    {
        NdisHostViolation(
            "MemoryFlags is 0 for memory of NdisAllocateMemoryWithTagPriority.", "NdisFreeMemory",
            "nf-ndis-ndisfreememory");
    }
    ExFreePoolWithTag(VirtualAddress, 0); /* 0: whatever its tag */
}

VOID NDISAPI NdisFreeMemoryWithTagPriority(NDIS_HANDLE NdisHandle, PVOID VirtualAddress, ULONG Tag)
{
    NDISP_IRQL(
        "NdisFreeMemoryWithTagPriority", "nf-ndis-ndisfreememorywithtagpriority", DISPATCH_LEVEL);
    UNREFERENCED_PARAMETER(NdisHandle);
    ExFreePoolWithTag(VirtualAddress, Tag);
}

VOID NDISAPI NdisFreeMemoryWithTag(PVOID VirtualAddress, ULONG Tag)
{
    NDISP_IRQL("NdisFreeMemoryWithTag", "nf-ndis-ndisfreememorywithtag", DISPATCH_LEVEL);
    ExFreePoolWithTag(VirtualAddress, Tag);
}
