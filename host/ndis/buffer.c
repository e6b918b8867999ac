/* SPDX-License-Identifier: MIT */
/*
 * Net buffer lists, net buffers and their pools. Each list carries a block in front of it in which
 * NDIS keeps where it is (NDIS_NBL_PLACE), so that one that is freed, completed or returned by who
 * does not have it is caught.
 */
#include "internal.h"

typedef struct _NDIS_BUFFER_POOL
{
    ULONG Signature; /* NDISP_NBL_POOL_SIGNATURE or NDISP_NB_POOL_SIGNATURE */
    ULONG Tag;
    ULONG DataSize;     /* of the data preallocated with each, 0: none */
    USHORT ContextSize; /* of each list's context */
    BOOLEAN AllocateNetBuffer;
    volatile LONG Outstanding;
} NDIS_BUFFER_POOL, *PNDIS_BUFFER_POOL;

/* A net buffer that was allocated alone. */
typedef struct _NDIS_NB_BLOCK
{
    PMDL Mdl; /* preallocated with it, or NULL; so is its data */
    PVOID Data;
    ULONG Signature;
    PNDIS_BUFFER_POOL Pool;
    DECLSPEC_ALIGN(MEMORY_ALLOCATION_ALIGNMENT) NET_BUFFER Buffer;
} NDIS_NB_BLOCK, *PNDIS_NB_BLOCK;

static PNDIS_BUFFER_POOL BufferPoolFromHandle(NDIS_HANDLE Handle, ULONG Signature, PCSTR Function)
{
    PNDIS_BUFFER_POOL Pool = Handle;
    if (Pool == NULL || Pool->Signature != Signature)
    {
        NdisHostViolation(
            "The pool handle is one that NDIS returned and that is not freed.", Function,
            "net-buffer-architecture");
    }
    return Pool;
}

static NDIS_HANDLE BufferPoolCreate(
    ULONG Signature, ULONG Tag, ULONG DataSize, USHORT ContextSize, BOOLEAN AllocateNetBuffer)
{
    PNDIS_BUFFER_POOL Pool = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Pool), NDISP_TAG);
    if (Pool == NULL)
    {
        return NULL;
    }
    Pool->Signature = Signature;
    Pool->Tag = Tag != 0 ? Tag : NDISP_TAG;
    Pool->DataSize = DataSize;
    Pool->ContextSize = ContextSize;
    Pool->AllocateNetBuffer = AllocateNetBuffer;
    Pool->Outstanding = 0;
    return Pool;
}

static VOID BufferPoolFree(NDIS_HANDLE Handle, ULONG Signature, PCSTR Function, PCSTR Document)
{
    PNDIS_BUFFER_POOL Pool = BufferPoolFromHandle(Handle, Signature, Function);
    if (ReadAcquire(&Pool->Outstanding) != 0)
    {
        NdisHostViolation(
            "All structures of a pool are freed before the pool.", Function, Document);
    }
    Pool->Signature = NDISP_FREED_SIGNATURE;
    ExFreePoolWithTag(Pool, NDISP_TAG);
}

NDIS_HANDLE NDISAPI NdisAllocateNetBufferListPool(
    NDIS_HANDLE NdisHandle, const NET_BUFFER_LIST_POOL_PARAMETERS *Parameters)
{
    NDISP_IRQL(
        "NdisAllocateNetBufferListPool", "nf-nblapi-ndisallocatenetbufferlistpool", DISPATCH_LEVEL);
    UNREFERENCED_PARAMETER(NdisHandle);
    if (Parameters->Header.Type != NDIS_OBJECT_TYPE_DEFAULT ||
        Parameters->Header.Revision < NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 ||
        Parameters->Header.Size < NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1)
    {
        NdispLogError(
            "NDIS: net buffer list pool: header type 0x%x revision %u size %u, not 0x%x, %u, %u\n",
            Parameters->Header.Type, Parameters->Header.Revision, Parameters->Header.Size,
            NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
            NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1);
        return NULL;
    }
    if (Parameters->ContextSize % MEMORY_ALLOCATION_ALIGNMENT != 0 ||
        (Parameters->DataSize != 0 && !Parameters->fAllocateNetBuffer))
    {
        NdispLogError(
            "NDIS: net buffer list pool: context size %u is no multiple of %u, or data size %u "
            "without net buffers\n",
            Parameters->ContextSize, MEMORY_ALLOCATION_ALIGNMENT, Parameters->DataSize);
        return NULL;
    }
    return BufferPoolCreate(
        NDISP_NBL_POOL_SIGNATURE, Parameters->PoolTag, Parameters->DataSize,
        Parameters->ContextSize, Parameters->fAllocateNetBuffer);
}

VOID NDISAPI NdisFreeNetBufferListPool(NDIS_HANDLE PoolHandle)
{
    NDISP_IRQL("NdisFreeNetBufferListPool", "nf-nblapi-ndisfreenetbufferlistpool", DISPATCH_LEVEL);
    BufferPoolFree(
        PoolHandle, NDISP_NBL_POOL_SIGNATURE, "NdisFreeNetBufferListPool",
        "nf-nblapi-ndisfreenetbufferlistpool");
}

NDIS_HANDLE NDISAPI
NdisAllocateNetBufferPool(NDIS_HANDLE NdisHandle, const NET_BUFFER_POOL_PARAMETERS *Parameters)
{
    NDISP_IRQL("NdisAllocateNetBufferPool", "nf-nblapi-ndisallocatenetbufferpool", DISPATCH_LEVEL);
    UNREFERENCED_PARAMETER(NdisHandle);
    if (Parameters->Header.Type != NDIS_OBJECT_TYPE_DEFAULT ||
        Parameters->Header.Revision < NET_BUFFER_POOL_PARAMETERS_REVISION_1 ||
        Parameters->Header.Size < NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1)
    {
        NdispLogError(
            "NDIS: net buffer pool: header type 0x%x revision %u size %u, not 0x%x, %u, %u\n",
            Parameters->Header.Type, Parameters->Header.Revision, Parameters->Header.Size,
            NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_POOL_PARAMETERS_REVISION_1,
            NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1);
        return NULL;
    }
    return BufferPoolCreate(
        NDISP_NB_POOL_SIGNATURE, Parameters->PoolTag, Parameters->DataSize, 0, TRUE);
}

VOID NDISAPI NdisFreeNetBufferPool(NDIS_HANDLE PoolHandle)
{
    NDISP_IRQL("NdisFreeNetBufferPool", "nf-nblapi-ndisfreenetbufferpool", DISPATCH_LEVEL);
    BufferPoolFree(
        PoolHandle, NDISP_NB_POOL_SIGNATURE, "NdisFreeNetBufferPool",
        "nf-nblapi-ndisfreenetbufferpool");
}

VOID NdispBufferSetData(PNET_BUFFER NetBuffer, PMDL MdlChain, ULONG Offset, SIZE_T Length)
{
    NetBuffer->MdlChain = MdlChain;
    NetBuffer->DataOffset = Offset;
    NetBuffer->stDataLength = Length;
    while (MdlChain != NULL && Offset >= MmGetMdlByteCount(MdlChain) && MdlChain->Next != NULL)
    {
        Offset -= MmGetMdlByteCount(MdlChain);
        MdlChain = MdlChain->Next;
    }
    NetBuffer->CurrentMdl = MdlChain;
    NetBuffer->CurrentMdlOffset = MdlChain != NULL ? Offset : 0;
}

static VOID
BufferInitialize(PNET_BUFFER NetBuffer, NDIS_HANDLE Pool, PMDL Mdl, ULONG Offset, SIZE_T Length)
{
    RtlZeroMemory(NetBuffer, sizeof(*NetBuffer));
    NetBuffer->NdisPoolHandle = Pool;
    NdispBufferSetData(NetBuffer, Mdl, Offset, Length);
}

/* What a pool preallocates for data, if anything; FALSE: no memory, and what there is is freed. */
static BOOLEAN BufferAllocateData(PNDIS_BUFFER_POOL Pool, PMDL *Mdl, PVOID *Data)
{
    *Mdl = NULL;
    *Data = NULL;
    if (Pool->DataSize == 0)
    {
        return TRUE;
    }
    *Data = ExAllocatePoolWithTag(NonPagedPoolNx, Pool->DataSize, Pool->Tag);
    if (*Data == NULL)
    {
        return FALSE;
    }
    *Mdl = NdisAllocateMdl(Pool, *Data, Pool->DataSize);
    if (*Mdl == NULL)
    {
        ExFreePoolWithTag(*Data, Pool->Tag);
        *Data = NULL;
    }
    return *Mdl != NULL;
}

static VOID BufferFreeData(PNDIS_BUFFER_POOL Pool, PMDL Mdl, PVOID Data)
{
    if (Mdl != NULL)
    {
        NdisFreeMdl(Mdl);
        ExFreePoolWithTag(Data, Pool->Tag);
    }
}

static VOID BufferFreeBlock(PNDIS_NBL_BLOCK Block)
{
    ULONG Tag = Block->Pool->Tag;
    BufferFreeData(Block->Pool, Block->Mdl, Block->Data);
    Block->Signature = NDISP_FREED_SIGNATURE;
    ExFreePoolWithTag(Block, Tag);
}

/* A list without net buffer, its block otherwise complete; NULL: no memory. */
static PNDIS_NBL_BLOCK BufferAllocateBlock(PNDIS_BUFFER_POOL Pool, ULONG Context, ULONG BackFill)
{
    SIZE_T ContextSize = 0, BlockSize;
    PNDIS_NBL_BLOCK Block;

    if (Pool->ContextSize + Context + BackFill != 0)
    {
        ContextSize = sizeof(NET_BUFFER_LIST_CONTEXT) + Pool->ContextSize + Context + BackFill;
    }
    BlockSize = FIELD_OFFSET(NDIS_NBL_BLOCK, ContextArea) + ContextSize;
    Block = ExAllocatePoolWithTag(NonPagedPoolNx, BlockSize, Pool->Tag);
    if (Block == NULL)
    {
        return NULL;
    }
    RtlZeroMemory(Block, BlockSize);
    Block->Signature = NDISP_NBL_SIGNATURE;
    Block->Pool = Pool;
    Block->Place = NdisNblWithOwner;
    Block->List.NdisPoolHandle = Pool;
    if (ContextSize != 0)
    {
        Block->List.Context = (PNET_BUFFER_LIST_CONTEXT)Block->ContextArea;
        Block->List.Context->Size = (USHORT)(Pool->ContextSize + Context + BackFill);
        Block->List.Context->Offset = (USHORT)(Pool->ContextSize + BackFill);
    }
    return Block;
}

static PNET_BUFFER_LIST BufferAllocateList(
    PNDIS_BUFFER_POOL Pool,
    USHORT ContextSize,
    USHORT ContextBackFill,
    PMDL MdlChain,
    ULONG DataOffset,
    SIZE_T DataLength)
{
    PNDIS_NBL_BLOCK Block = NULL;

    if (ContextSize % MEMORY_ALLOCATION_ALIGNMENT == 0 &&
        ContextBackFill % MEMORY_ALLOCATION_ALIGNMENT == 0)
    {
        Block = BufferAllocateBlock(Pool, ContextSize, ContextBackFill);
    }
    if (Block == NULL)
    {
        return NULL;
    }
    if (!BufferAllocateData(Pool, &Block->Mdl, &Block->Data))
    {
        BufferFreeBlock(Block);
        return NULL;
    }
    if (Pool->AllocateNetBuffer)
    {
        BufferInitialize(
            &Block->Buffer, Pool, Block->Mdl != NULL ? Block->Mdl : MdlChain, DataOffset,
            DataLength);
        Block->List.FirstNetBuffer = &Block->Buffer;
    }
    InterlockedIncrement(&Pool->Outstanding);
    return &Block->List;
}

PNET_BUFFER_LIST NDISAPI
NdisAllocateNetBufferList(NDIS_HANDLE PoolHandle, USHORT ContextSize, USHORT ContextBackFill)
{
    NDISP_IRQL("NdisAllocateNetBufferList", "nf-nblapi-ndisallocatenetbufferlist", DISPATCH_LEVEL);
    PNDIS_BUFFER_POOL Pool =
        BufferPoolFromHandle(PoolHandle, NDISP_NBL_POOL_SIGNATURE, "NdisAllocateNetBufferList");
    return BufferAllocateList(Pool, ContextSize, ContextBackFill, NULL, 0, 0);
}

PNET_BUFFER_LIST NDISAPI NdisAllocateNetBufferAndNetBufferList(
    NDIS_HANDLE PoolHandle,
    USHORT ContextSize,
    USHORT ContextBackFill,
    PMDL MdlChain,
    ULONG DataOffset,
    SIZE_T DataLength)
{
    NDISP_IRQL(
        "NdisAllocateNetBufferAndNetBufferList", "nf-nblapi-ndisallocatenetbufferandnetbufferlist",
        DISPATCH_LEVEL);
    PNDIS_BUFFER_POOL Pool = BufferPoolFromHandle(
        PoolHandle, NDISP_NBL_POOL_SIGNATURE, "NdisAllocateNetBufferAndNetBufferList");
    if (!Pool->AllocateNetBuffer || Pool->DataSize != 0)
    {
        NdisHostViolation(
            "The pool was made with fAllocateNetBuffer TRUE and DataSize 0.",
            "NdisAllocateNetBufferAndNetBufferList",
            "nf-nblapi-ndisallocatenetbufferandnetbufferlist");
    }
    if (MdlChain == NULL && (DataOffset != 0 || DataLength != 0))
    {
        NdisHostViolation(
            "If MdlChain is NULL, DataOffset and DataLength are 0.",
            "NdisAllocateNetBufferAndNetBufferList",
            "nf-nblapi-ndisallocatenetbufferandnetbufferlist");
    }
    return BufferAllocateList(Pool, ContextSize, ContextBackFill, MdlChain, DataOffset, DataLength);
}

PNDIS_NBL_BLOCK NdispBufferBlock(PNET_BUFFER_LIST NetBufferList, PCSTR Function)
{
    PNDIS_NBL_BLOCK Block = CONTAINING_RECORD(NetBufferList, NDIS_NBL_BLOCK, List);
    if (Block->Signature != NDISP_NBL_SIGNATURE || NetBufferList->NdisPoolHandle != Block->Pool)
    {
        NdisHostViolation(
            "NET_BUFFER_LIST structures come from an NDIS pool, and are not freed.", Function,
            "nf-nblapi-ndisallocatenetbufferandnetbufferlist");
    }
    return Block;
}

BOOLEAN NdispBufferMove(PNDIS_NBL_BLOCK Block, NDIS_NBL_PLACE From, NDIS_NBL_PLACE To)
{
    return InterlockedCompareExchange(&Block->Place, To, From) == (LONG)From;
}

VOID NdispBufferMark(PNDIS_NBL_BLOCK Block)
{
#if NDIS_VERIFY
    for (ULONG i = 0; i < ARRAYSIZE(Block->MiniportReserved); i++)
    {
        Block->MiniportReserved[i] = Add2Ptr(Block, 1 + i); /* no pointer that anybody stores */
        Block->List.MiniportReserved[i] = Block->MiniportReserved[i];
    }
    Block->Marked = TRUE;
#else
    UNREFERENCED_PARAMETER(Block);
#endif
}

VOID NdispBufferCheckMark(PNDIS_NBL_BLOCK Block)
{
#if NDIS_VERIFY
    NDISP_VERIFY(
        !Block->Marked || (Block->MiniportReserved[0] == Block->List.MiniportReserved[0] &&
                           Block->MiniportReserved[1] == Block->List.MiniportReserved[1]),
        "A miniport does not touch a NET_BUFFER_LIST after it has completed it.",
        "NdisMSendNetBufferListsComplete", "nf-ndis-ndismsendnetbufferlistscomplete");
    Block->Marked = FALSE;
#else
    UNREFERENCED_PARAMETER(Block);
#endif
}

VOID NdispBufferClearInfo(PNDIS_NBL_BLOCK Block)
{
    Block->List.Status = NDIS_STATUS_SUCCESS;
    RtlZeroMemory(Block->List.NetBufferListInfo, sizeof(Block->List.NetBufferListInfo));
    RtlZeroMemory(Block->LaterInfo, sizeof(Block->LaterInfo));
}

VOID NdispBufferFreeList(PNDIS_NBL_BLOCK Block, PCSTR Function, PCSTR Document)
{
    PNDIS_BUFFER_POOL Pool = Block->Pool;
    PNET_BUFFER_LIST_CONTEXT Own = (PNET_BUFFER_LIST_CONTEXT)Block->ContextArea;
    NdispBufferCheckMark(Block);
    if (Block->List.Context != NULL && Block->List.Context != Own)
    {
        NdisHostViolation(
            "Context space that was allocated for a list is released before the list.", Function,
            "nf-nblapi-ndisfreenetbufferlistcontext");
    }
    if (!NdispBufferMove(Block, NdisNblWithOwner, NdisNblFreed))
    {
        NdisHostViolation(
            "A NET_BUFFER_LIST is freed by its owner, not while it is sent or indicated.", Function,
            Document);
    }
    BufferFreeBlock(Block);
    InterlockedDecrement(&Pool->Outstanding);
}

VOID NDISAPI NdisFreeNetBufferList(PNET_BUFFER_LIST NetBufferList)
{
    NDISP_IRQL("NdisFreeNetBufferList", "nf-nblapi-ndisfreenetbufferlist", DISPATCH_LEVEL);
    PNDIS_NBL_BLOCK Block = NdispBufferBlock(NetBufferList, "NdisFreeNetBufferList");
    if (Block->CloneFlags != 0)
    {
        NdisHostViolation(
            "A clone, fragments and a reassembled list are freed with the function for them.",
            "NdisFreeNetBufferList", "nf-nblapi-ndisfreenetbufferlist");
    }
    NdispBufferFreeList(Block, "NdisFreeNetBufferList", "nf-nblapi-ndisfreenetbufferlist");
}

PNDIS_NBL_BLOCK NdispBufferAllocateList(NDIS_HANDLE ListPool, PCSTR Function)
{
    static NDIS_BUFFER_POOL OwnPool = {.Signature = NDISP_NBL_POOL_SIGNATURE, .Tag = NDISP_TAG};
    PNDIS_BUFFER_POOL Pool =
        ListPool != NULL ? BufferPoolFromHandle(ListPool, NDISP_NBL_POOL_SIGNATURE, Function)
                         : &OwnPool;
    PNDIS_NBL_BLOCK Block = BufferAllocateBlock(Pool, 0, 0);
    if (Block != NULL)
    {
        InterlockedIncrement(&Pool->Outstanding);
    }
    return Block;
}

VOID NdispBufferGiveBuffer(PNDIS_NBL_BLOCK Block, PMDL MdlChain, SIZE_T DataLength)
{
    BufferInitialize(&Block->Buffer, Block->Pool, MdlChain, 0, DataLength);
    Block->List.FirstNetBuffer = &Block->Buffer;
}

/* Its pool may preallocate data. */
static PNET_BUFFER BufferAllocateNetBuffer(
    PNDIS_BUFFER_POOL Pool, PMDL MdlChain, ULONG DataOffset, SIZE_T DataLength, BOOLEAN WithData)
{
    PNDIS_NB_BLOCK Block = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Block), Pool->Tag);
    if (Block == NULL)
    {
        return NULL;
    }
    Block->Signature = NDISP_NB_SIGNATURE;
    Block->Pool = Pool;
    Block->Mdl = NULL;
    Block->Data = NULL;
    if (WithData && !BufferAllocateData(Pool, &Block->Mdl, &Block->Data))
    {
        ExFreePoolWithTag(Block, Pool->Tag);
        return NULL;
    }
    BufferInitialize(
        &Block->Buffer, Pool, Block->Mdl != NULL ? Block->Mdl : MdlChain, DataOffset, DataLength);
    InterlockedIncrement(&Pool->Outstanding);
    return &Block->Buffer;
}

PNET_BUFFER NdispBufferAllocate(
    NDIS_HANDLE BufferPool, PMDL MdlChain, ULONG DataOffset, SIZE_T DataLength, PCSTR Function)
{
    static NDIS_BUFFER_POOL OwnPool = {.Signature = NDISP_NB_POOL_SIGNATURE, .Tag = NDISP_TAG};
    PNDIS_BUFFER_POOL Pool =
        BufferPool != NULL ? BufferPoolFromHandle(BufferPool, NDISP_NB_POOL_SIGNATURE, Function)
                           : &OwnPool;
    return BufferAllocateNetBuffer(Pool, MdlChain, DataOffset, DataLength, FALSE);
}

PNET_BUFFER NDISAPI
NdisAllocateNetBuffer(NDIS_HANDLE PoolHandle, PMDL MdlChain, ULONG DataOffset, SIZE_T DataLength)
{
    NDISP_IRQL("NdisAllocateNetBuffer", "nf-nblapi-ndisallocatenetbuffer", DISPATCH_LEVEL);
    PNDIS_BUFFER_POOL Pool =
        BufferPoolFromHandle(PoolHandle, NDISP_NB_POOL_SIGNATURE, "NdisAllocateNetBuffer");
    return NdispBufferAllocate(Pool, MdlChain, DataOffset, DataLength, "NdisAllocateNetBuffer");
}

PNET_BUFFER NDISAPI NdisAllocateNetBufferMdlAndData(NDIS_HANDLE PoolHandle)
{
    NDISP_IRQL(
        "NdisAllocateNetBufferMdlAndData", "nf-nblapi-ndisallocatenetbuffermdlanddata",
        DISPATCH_LEVEL);
    PNDIS_BUFFER_POOL Pool = BufferPoolFromHandle(
        PoolHandle, NDISP_NB_POOL_SIGNATURE, "NdisAllocateNetBufferMdlAndData");
    return BufferAllocateNetBuffer(Pool, NULL, 0, 0, TRUE);
}

NDIS_HANDLE NDISAPI NdisGetPoolFromNetBuffer(PNET_BUFFER NetBuffer)
{
    return NetBuffer->NdisPoolHandle;
}

NDIS_HANDLE NDISAPI NdisGetPoolFromNetBufferList(PNET_BUFFER_LIST NetBufferList)
{
    return NetBufferList->NdisPoolHandle;
}

VOID NDISAPI NdisFreeNetBuffer(PNET_BUFFER NetBuffer)
{
    NDISP_IRQL("NdisFreeNetBuffer", "nf-nblapi-ndisfreenetbuffer", DISPATCH_LEVEL);
    PNDIS_NB_BLOCK Block = CONTAINING_RECORD(NetBuffer, NDIS_NB_BLOCK, Buffer);
    PNDIS_BUFFER_POOL Pool = BufferPoolFromHandle(
        NetBuffer->NdisPoolHandle, NDISP_NB_POOL_SIGNATURE, "NdisFreeNetBuffer");
    if (Block->Signature != NDISP_NB_SIGNATURE || Block->Pool != Pool)
    {
        NdisHostViolation(
            "A NET_BUFFER is freed once, and only if NdisAllocateNetBuffer allocated it.",
            "NdisFreeNetBuffer", "nf-nblapi-ndisfreenetbuffer");
    }
    BufferFreeData(Pool, Block->Mdl, Block->Data);
    Block->Signature = NDISP_FREED_SIGNATURE;
    ExFreePoolWithTag(Block, Pool->Tag);
    InterlockedDecrement(&Pool->Outstanding);
}
