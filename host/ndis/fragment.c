/* SPDX-License-Identifier: MIT */
/*
 * Fragments of net buffer lists, and lists put together from fragments. Both lie over the data of
 * another list by partial memory descriptor lists, as clones do, with data space of their own in
 * front of it where the caller wants some.
 */
#include "internal.h"

/* ---- Fragments ---- */

static VOID FragmentFreeAll(PNDIS_NBL_BLOCK Block, ULONG DataOffsetDelta)
{
    PNET_BUFFER Buffer = Block->List.FirstNetBuffer;
    while (Buffer != NULL)
    {
        PNET_BUFFER Next = Buffer->Next;
        NdisAdvanceNetBufferDataStart(Buffer, DataOffsetDelta, TRUE, NULL);
        NdispCloneFreeMdls(Buffer->MdlChain);
        NdisFreeNetBuffer(Buffer);
        Buffer = Next;
    }
    Block->List.FirstNetBuffer = NULL;
    NdispBufferFreeList(
        Block, "NdisFreeFragmentNetBufferList", "nf-nblapi-ndisfreefragmentnetbufferlist");
}

/* One fragment of Length bytes with its data space; NULL: no memory. */
static PNET_BUFFER FragmentAllocate(
    const NET_BUFFER *Source, ULONG Offset, ULONG Length, NDIS_HANDLE Pool, ULONG Delta, ULONG Fill)
{
    PMDL Chain = NdispCloneMdls(Source, Offset, Length);
    PNET_BUFFER Fragment;
    if (Chain == NULL)
    {
        return NULL;
    }
    Fragment = NdispBufferAllocate(Pool, Chain, 0, Length, "NdisAllocateFragmentNetBufferList");
    if (Fragment == NULL)
    {
        NdispCloneFreeMdls(Chain);
        return NULL;
    }
    if (NdisRetreatNetBufferDataStart(Fragment, Delta, Fill, NULL) != NDIS_STATUS_SUCCESS)
    {
        NdispCloneFreeMdls(Chain);
        NdisFreeNetBuffer(Fragment);
        return NULL;
    }
    return Fragment;
}

PNET_BUFFER_LIST NDISAPI NdisAllocateFragmentNetBufferList(
    PNET_BUFFER_LIST Original,
    NDIS_HANDLE ListPool,
    NDIS_HANDLE BufferPool,
    ULONG StartOffset,
    ULONG MaximumLength,
    ULONG DataOffsetDelta,
    ULONG DataBackFill,
    ULONG Flags)
{
    NDISP_IRQL(
        "NdisAllocateFragmentNetBufferList", "nf-nblapi-ndisallocatefragmentnetbufferlist",
        DISPATCH_LEVEL);
    PNDIS_NBL_BLOCK Block;
    PNET_BUFFER *Link, Source;

    if (MaximumLength == 0 || Flags != 0)
    {
        return NULL;
    }
    Block = NdispBufferAllocateList(ListPool, "NdisAllocateFragmentNetBufferList");
    if (Block == NULL)
    {
        return NULL;
    }
    Block->CloneFlags = NDISP_FRAGMENTS;
    Block->DataOffsetDelta = DataOffsetDelta;
    Link = &Block->List.FirstNetBuffer;
    for (Source = Original->FirstNetBuffer; Source != NULL; Source = Source->Next)
    {
        ULONG Offset = StartOffset, Part;
        for (; Offset < Source->DataLength; Offset += Part)
        {
            Part = Source->DataLength - Offset;
            Part = Part < MaximumLength ? Part : MaximumLength;
            *Link =
                FragmentAllocate(Source, Offset, Part, BufferPool, DataOffsetDelta, DataBackFill);
            if (*Link == NULL)
            {
                FragmentFreeAll(Block, DataOffsetDelta);
                return NULL;
            }
            Link = &(*Link)->Next;
        }
    }
    return &Block->List;
}

/* The block of a list of that kind, which its owner frees. */
static PNDIS_NBL_BLOCK FragmentCheck(
    PNET_BUFFER_LIST List, ULONG Kind, ULONG DataOffsetDelta, PCSTR Function, PCSTR Document)
{
    PNDIS_NBL_BLOCK Block = NdispBufferBlock(List, Function);
    if (Block->CloneFlags != Kind || Block->DataOffsetDelta != DataOffsetDelta)
    {
        NdisHostViolation(
            "A list is freed with the function and the DataOffsetDelta that belong to those that "
            "allocated it.",
            Function, Document);
    }
    if (ReadAcquire(&Block->Place) != NdisNblWithOwner)
    {
        NdisHostViolation(
            "Fragments and a reassembled list are freed by their owner, not while they are sent or "
            "indicated.",
            Function, Document);
    }
    return Block;
}

VOID NDISAPI
NdisFreeFragmentNetBufferList(PNET_BUFFER_LIST Fragments, ULONG DataOffsetDelta, ULONG Flags)
{
    NDISP_IRQL(
        "NdisFreeFragmentNetBufferList", "nf-nblapi-ndisfreefragmentnetbufferlist", DISPATCH_LEVEL);
    UNREFERENCED_PARAMETER(Flags);
    FragmentFreeAll(
        FragmentCheck(
            Fragments, NDISP_FRAGMENTS, DataOffsetDelta, "NdisFreeFragmentNetBufferList",
            "nf-nblapi-ndisfreefragmentnetbufferlist"),
        DataOffsetDelta);
}

/* ---- Reassembly ---- */

/* The data of all net buffers behind the first StartOffset bytes of each; FALSE: no memory. */
static BOOLEAN
FragmentJoin(const NET_BUFFER_LIST *Fragments, ULONG StartOffset, PMDL *Chain, PSIZE_T Length)
{
    PMDL *Link = Chain;
    const NET_BUFFER *Source;
    *Chain = NULL;
    *Length = 0;
    for (Source = Fragments->FirstNetBuffer; Source != NULL; Source = Source->Next)
    {
        if (Source->DataLength <= StartOffset)
        {
            continue;
        }
        *Link = NdispCloneMdls(Source, StartOffset, Source->DataLength - StartOffset);
        if (*Link == NULL)
        {
            NdispCloneFreeMdls(*Chain);
            return FALSE;
        }
        *Length += Source->DataLength - StartOffset;
        while (*Link != NULL)
        {
            Link = &(*Link)->Next;
        }
    }
    return TRUE;
}

PNET_BUFFER_LIST NDISAPI NdisAllocateReassembledNetBufferList(
    PNET_BUFFER_LIST Fragments,
    NDIS_HANDLE Pool,
    ULONG StartOffset,
    ULONG DataOffsetDelta,
    ULONG DataBackFill,
    ULONG Flags)
{
    NDISP_IRQL(
        "NdisAllocateReassembledNetBufferList", "nf-nblapi-ndisallocatereassemblednetbufferlist",
        DISPATCH_LEVEL);
    PNDIS_NBL_BLOCK Block;
    PMDL Chain;
    SIZE_T Length;

    if (Flags != 0 || !FragmentJoin(Fragments, StartOffset, &Chain, &Length))
    {
        return NULL;
    }
    Block = NdispBufferAllocateList(Pool, "NdisAllocateReassembledNetBufferList");
    if (Block == NULL)
    {
        goto CleanupChain;
    }
    NdispBufferGiveBuffer(Block, Chain, Length);
    Block->CloneFlags = NDISP_REASSEMBLED;
    Block->DataOffsetDelta = DataOffsetDelta;
    if (NdisRetreatNetBufferDataStart(
            Block->List.FirstNetBuffer, DataOffsetDelta, DataBackFill, NULL) != NDIS_STATUS_SUCCESS)
    {
        goto CleanupBlock;
    }
    return &Block->List;

CleanupBlock:
    NdispBufferFreeList(
        Block, "NdisAllocateReassembledNetBufferList",
        "nf-nblapi-ndisallocatereassemblednetbufferlist");
CleanupChain:
    NdispCloneFreeMdls(Chain);
    return NULL;
}

VOID NDISAPI
NdisFreeReassembledNetBufferList(PNET_BUFFER_LIST Reassembled, ULONG DataOffsetDelta, ULONG Flags)
{
    NDISP_IRQL(
        "NdisFreeReassembledNetBufferList", "nf-nblapi-ndisfreereassemblednetbufferlist",
        DISPATCH_LEVEL);
    PNDIS_NBL_BLOCK Block = FragmentCheck(
        Reassembled, NDISP_REASSEMBLED, DataOffsetDelta, "NdisFreeReassembledNetBufferList",
        "nf-nblapi-ndisfreereassemblednetbufferlist");
    UNREFERENCED_PARAMETER(Flags);
    NdisAdvanceNetBufferDataStart(&Block->Buffer, DataOffsetDelta, TRUE, NULL);
    NdispCloneFreeMdls(Block->Buffer.MdlChain);
    NdispBufferFreeList(
        Block, "NdisFreeReassembledNetBufferList", "nf-nblapi-ndisfreereassemblednetbufferlist");
}
