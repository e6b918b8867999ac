/* SPDX-License-Identifier: MIT */
/*
 * Clones of net buffer lists: net buffers of their own, whose memory descriptor lists are those of
 * the original from where its data starts, or partial ones over them.
 */
#include "internal.h"

VOID NdispCloneFreeMdls(PMDL Mdl)
{
    while (Mdl != NULL)
    {
        PMDL Next = Mdl->Next;
        if ((Mdl->MdlFlags & MDL_PARTIAL_HAS_BEEN_MAPPED) != 0)
        {
            MmUnmapLockedPages(Mdl->MappedSystemVa, Mdl);
        }
        IoFreeMdl(Mdl);
        Mdl = Next;
    }
}

PMDL NdispCloneMdls(const NET_BUFFER *Original, ULONG Skip, ULONG Length)
{
    PMDL Chain = NULL, *Link = &Chain, Source = Original->CurrentMdl;
    ULONG64 Offset = (ULONG64)Original->CurrentMdlOffset + Skip;

    for (; Length != 0 && Source != NULL; Source = Source->Next)
    {
        ULONG Count = MmGetMdlByteCount(Source), Part;
        PVOID Start;
        if (Offset >= Count)
        {
            Offset -= Count;
            continue;
        }
        Start = (PUCHAR)MmGetMdlVirtualAddress(Source) + Offset;
        Part = Count - (ULONG)Offset < Length ? Count - (ULONG)Offset : Length;
        *Link = IoAllocateMdl(Start, Part, FALSE, FALSE, NULL);
        if (*Link == NULL)
        {
            NdispCloneFreeMdls(Chain);
            return NULL;
        }
        IoBuildPartialMdl(Source, *Link, Start, Part);
        Length -= Part;
        Offset = 0;
        Link = &(*Link)->Next;
    }
    return Chain;
}

/* FALSE: no memory. */
static BOOLEAN
CloneBuffer(PNET_BUFFER *Clone, const NET_BUFFER *Original, NDIS_HANDLE Pool, ULONG Flags)
{
    BOOLEAN Same = (Flags & NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS) != 0;
    PMDL Chain = Original->CurrentMdl;
    if (!Same && Original->DataLength != 0)
    {
        Chain = NdispCloneMdls(Original, 0, Original->DataLength);
        if (Chain == NULL)
        {
            return FALSE;
        }
    }
    *Clone = NdispBufferAllocate(
        Pool, Same || Original->DataLength != 0 ? Chain : NULL,
        Same ? Original->CurrentMdlOffset : 0, Original->stDataLength,
        "NdisAllocateCloneNetBufferList");
    if (*Clone == NULL && !Same && Original->DataLength != 0)
    {
        NdispCloneFreeMdls(Chain);
    }
    return *Clone != NULL;
}

static VOID CloneFree(PNDIS_NBL_BLOCK Block)
{
    PNET_BUFFER Buffer = Block->List.FirstNetBuffer;
    while (Buffer != NULL)
    {
        PNET_BUFFER Next = Buffer->Next;
        if ((Block->CloneFlags & NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS) == 0)
        {
            NdispCloneFreeMdls(Buffer->MdlChain);
        }
        NdisFreeNetBuffer(Buffer);
        Buffer = Next;
    }
    Block->List.FirstNetBuffer = NULL;
    NdispBufferFreeList(
        Block, "NdisFreeCloneNetBufferList", "nf-nblapi-ndisfreeclonenetbufferlist");
}

PNET_BUFFER_LIST NDISAPI NdisAllocateCloneNetBufferList(
    PNET_BUFFER_LIST Original, NDIS_HANDLE ListPool, NDIS_HANDLE BufferPool, ULONG Flags)
{
    NDISP_IRQL(
        "NdisAllocateCloneNetBufferList", "nf-nblapi-ndisallocateclonenetbufferlist",
        DISPATCH_LEVEL);
    PNDIS_NBL_BLOCK Block = NdispBufferAllocateList(ListPool, "NdisAllocateCloneNetBufferList");
    PNET_BUFFER *Link, Source;

    if (Block == NULL)
    {
        return NULL;
    }
    Block->CloneFlags = Flags | NDISP_CLONE;
    Link = &Block->List.FirstNetBuffer;
    for (Source = Original->FirstNetBuffer; Source != NULL; Source = Source->Next)
    {
        if (!CloneBuffer(Link, Source, BufferPool, Flags))
        {
            CloneFree(Block);
            return NULL;
        }
        Link = &(*Link)->Next;
    }
    return &Block->List;
}

VOID NDISAPI NdisFreeCloneNetBufferList(PNET_BUFFER_LIST Clone, ULONG Flags)
{
    NDISP_IRQL(
        "NdisFreeCloneNetBufferList", "nf-nblapi-ndisfreeclonenetbufferlist", DISPATCH_LEVEL);
    PNDIS_NBL_BLOCK Block = NdispBufferBlock(Clone, "NdisFreeCloneNetBufferList");
    if (Block->CloneFlags != (Flags | NDISP_CLONE))
    {
        NdisHostViolation(
            "A clone is freed with the flags that it was allocated with.",
            "NdisFreeCloneNetBufferList", "nf-nblapi-ndisfreeclonenetbufferlist");
    }
    if (ReadAcquire(&Block->Place) != NdisNblWithOwner)
    {
        NdisHostViolation(
            "A clone is freed by its owner, not while it is sent or indicated.",
            "NdisFreeCloneNetBufferList", "nf-nblapi-ndisfreeclonenetbufferlist");
    }
    CloneFree(Block);
}

/* ---- Out-of-band data ---- */

static VOID CloneCopyInfo(
    PNET_BUFFER_LIST Target, const NET_BUFFER_LIST *Source, const UCHAR *Items, ULONG Count)
{
    for (ULONG i = 0; i < Count; i++)
    {
        NET_BUFFER_LIST_INFO(Target, Items[i]) = NET_BUFFER_LIST_INFO(Source, Items[i]);
    }
}

VOID NDISAPI NdisCopySendNetBufferListInfo(PNET_BUFFER_LIST Target, PNET_BUFFER_LIST Source)
{
    static const UCHAR Items[] = {
        TcpIpChecksumNetBufferListInfo,
        IPsecOffloadV1NetBufferListInfo,
        TcpLargeSendNetBufferListInfo,
        Ieee8021QNetBufferListInfo,
        MediaSpecificInformation,
        NetBufferListCancelId,
        IPsecOffloadV2TunnelNetBufferListInfo,
        IPsecOffloadV2HeaderNetBufferListInfo,
        NetBufferListFilteringInfo,
    };
    NDISP_IRQL(
        "NdisCopySendNetBufferListInfo", "nf-nblapi-ndiscopysendnetbufferlistinfo", DISPATCH_LEVEL);
    CloneCopyInfo(Target, Source, Items, sizeof(Items));
}

VOID NDISAPI NdisCopyReceiveNetBufferListInfo(PNET_BUFFER_LIST Target, PNET_BUFFER_LIST Source)
{
    static const UCHAR Items[] = {
        TcpIpChecksumNetBufferListInfo,
        IPsecOffloadV1NetBufferListInfo,
        TcpLargeSendNetBufferListInfo, /* TcpReceiveNoPush shares its place */
        Ieee8021QNetBufferListInfo,
        MediaSpecificInformation,
        NetBufferListFrameType,
        NetBufferListHashValue,
        NetBufferListHashInfo,
        IPsecOffloadV2TunnelNetBufferListInfo,
        IPsecOffloadV2HeaderNetBufferListInfo,
        NetBufferListFilteringInfo,
    };
    NDISP_IRQL(
        "NdisCopyReceiveNetBufferListInfo", "nf-nblapi-ndiscopyreceivenetbufferlistinfo",
        DISPATCH_LEVEL);
    CloneCopyInfo(Target, Source, Items, sizeof(Items));
}
