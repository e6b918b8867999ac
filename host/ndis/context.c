/* SPDX-License-Identifier: MIT */
/*
 * Contexts of net buffer lists. Each owner of a list in turn takes space in front of what the ones
 * before him took; where none is left, a further context is put in front.
 */
#include "internal.h"

NDIS_STATUS NDISAPI NdisAllocateNetBufferListContext(
    PNET_BUFFER_LIST NetBufferList, USHORT ContextSize, USHORT ContextBackFill, ULONG PoolTag)
{
    NDISP_IRQL(
        "NdisAllocateNetBufferListContext", "nf-nblapi-ndisallocatenetbufferlistcontext",
        DISPATCH_LEVEL);
    PNET_BUFFER_LIST_CONTEXT Context = NetBufferList->Context;
    ULONG Size = (ULONG)ContextSize + ContextBackFill;

    NdispBufferBlock(NetBufferList, "NdisAllocateNetBufferListContext");
    if (Size % sizeof(PVOID) != 0 || ContextSize % sizeof(PVOID) != 0 || Size > 0xFFFF)
    {
        return NDIS_STATUS_FAILURE;
    }
    if (Context != NULL && Context->Offset >= ContextSize)
    {
        Context->Offset -= ContextSize;
        return NDIS_STATUS_SUCCESS;
    }
    Context = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Context) + Size, PoolTag);
    if (Context == NULL)
    {
        return NDIS_STATUS_RESOURCES;
    }
    RtlZeroMemory(Context, sizeof(*Context) + Size);
    Context->Size = (USHORT)Size;
    Context->Offset = ContextBackFill;
    Context->Next = NetBufferList->Context;
    NetBufferList->Context = Context;
    return NDIS_STATUS_SUCCESS;
}

VOID NDISAPI NdisFreeNetBufferListContext(PNET_BUFFER_LIST NetBufferList, USHORT ContextSize)
{
    NDISP_IRQL(
        "NdisFreeNetBufferListContext", "nf-nblapi-ndisfreenetbufferlistcontext", DISPATCH_LEVEL);
    PNDIS_NBL_BLOCK Block = NdispBufferBlock(NetBufferList, "NdisFreeNetBufferListContext");
    PNET_BUFFER_LIST_CONTEXT Context = NetBufferList->Context;

    if (Context == NULL || ContextSize > Context->Size - Context->Offset)
    {
        NdisHostViolation(
            "As much context space is released as was allocated.", "NdisFreeNetBufferListContext",
            "nf-nblapi-ndisfreenetbufferlistcontext");
    }
    Context->Offset += ContextSize;
    if (Context->Offset == Context->Size && Context != (PNET_BUFFER_LIST_CONTEXT)Block->ContextArea)
    {
        NetBufferList->Context = Context->Next;
        ExFreePoolWithTag(Context, 0); /* 0: whatever its tag */
    }
}
