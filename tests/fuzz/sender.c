/* SPDX-License-Identifier: MIT */
/* Net buffer lists on their way to the driver: see sender.h. */
#include "sender.h"

#include <stdlib.h>
#include <string.h>

#define SENDER_TAG 0x7A757A46u /* 'Fzuz' */

static NDIS_HANDLE SenderListPool, SenderBufferPool;

void SenderStart(void)
{
    NET_BUFFER_LIST_POOL_PARAMETERS Lists = {
        .Header =
            {.Type = NDIS_OBJECT_TYPE_DEFAULT,
             .Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
             .Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1},
        .PoolTag = SENDER_TAG,
    };
    NET_BUFFER_POOL_PARAMETERS Buffers = {
        .Header =
            {.Type = NDIS_OBJECT_TYPE_DEFAULT,
             .Revision = NET_BUFFER_POOL_PARAMETERS_REVISION_1,
             .Size = NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1},
        .PoolTag = SENDER_TAG,
    };
    SenderListPool = NdisAllocateNetBufferListPool(NULL, &Lists);
    SenderBufferPool = NdisAllocateNetBufferPool(NULL, &Buffers);
    FUZZ_ASSERT(SenderListPool && SenderBufferPool, "no pools");
}

void SenderStop(void)
{
    NdisFreeNetBufferPool(SenderBufferPool);
    NdisFreeNetBufferListPool(SenderListPool);
}

SENDER_LIST *SenderAddList(SENDER_CALL *Call)
{
    SENDER_LIST *List = &Call->Lists[Call->Count++];
    memset(List, 0, sizeof(*List));
    List->Nbl = NdisAllocateNetBufferList(SenderListPool, 0, 0);
    NET_BUFFER_LIST_STATUS(List->Nbl) = NDIS_STATUS_SUCCESS;
    if (Call->Count > 1)
    {
        NET_BUFFER_LIST_NEXT_NBL(Call->Lists[Call->Count - 2].Nbl) = List->Nbl;
    }
    return List;
}

/* A chain of MDLs, each over an allocation of exactly its bytes. */
static PMDL SenderBuildChain(const SENDER_SHAPE *Shape, const UCHAR *Bytes)
{
    PMDL First = NULL, *Last = &First;
    for (ULONG Index = 0; Index < Shape->MdlCount; Index++)
    {
        ULONG Size = Shape->MdlBytes[Index];
        PUCHAR Memory = malloc(Size ? Size : 1);
        FUZZ_ASSERT(Memory, "no memory");
        memcpy(Memory, Bytes, Size);
        Bytes += Size;
        *Last = NdisAllocateMdl(NULL, Memory, Size);
        Last = &(*Last)->Next;
    }
    return First;
}

/* CurrentMdl and CurrentMdlOffset for data at Shape->Offset. */
static void SenderSetStart(PNET_BUFFER Nb, const SENDER_SHAPE *Shape)
{
    PMDL Mdl = NET_BUFFER_FIRST_MDL(Nb);
    ULONG Offset = Shape->Offset;
    while (Mdl && Mdl->Next &&
           (Offset > MmGetMdlByteCount(Mdl) ||
            (Offset == MmGetMdlByteCount(Mdl) && Shape->Start != SenderEndOfMdl)))
    {
        Offset -= MmGetMdlByteCount(Mdl);
        Mdl = Mdl->Next;
    }
    if (Mdl && Shape->Start == SenderBehindMdl)
    {
        Offset = MmGetMdlByteCount(Mdl) + 1 + Shape->Seed % 64;
    }
    NET_BUFFER_DATA_OFFSET(Nb) = Shape->Offset;
    NET_BUFFER_CURRENT_MDL(Nb) = Mdl;
    NET_BUFFER_CURRENT_MDL_OFFSET(Nb) = Mdl ? Offset : 0;
}

void SenderAddPacket(SENDER_LIST *List, const SENDER_SHAPE *Shape)
{
    SENDER_PACKET *Packet = &List->Packets[List->PacketCount++];
    ULONG Total = 0;
    for (ULONG Index = 0; Index < Shape->MdlCount; Index++)
    {
        Total += Shape->MdlBytes[Index];
    }
    Packet->Chain = malloc(Total + 1);
    FUZZ_ASSERT(Packet->Chain && Shape->Offset <= Total, "%u of %u", Shape->Offset, Total);
    FuzzPattern(Shape->Seed, Packet->Chain, Total);
    Packet->Offset = Shape->Offset;
    Packet->Length = Shape->DataLength;
    Packet->Whole = Shape->DataLength == 0 || (Shape->Start != SenderBehindMdl &&
                                               Shape->DataLength <= TUN_MAX_IP_PACKET_SIZE &&
                                               Shape->DataLength <= Total - Shape->Offset);
    if (Shape->Offset < Total)
    {
        Packet->Chain[Shape->Offset] = Shape->First;
    }

    PNET_BUFFER Nb = NdisAllocateNetBuffer(SenderBufferPool, NULL, 0, 0);
    NET_BUFFER_FIRST_MDL(Nb) = SenderBuildChain(Shape, Packet->Chain);
    NET_BUFFER_DATA_LENGTH(Nb) = Shape->DataLength;
    SenderSetStart(Nb, Shape);
    PNET_BUFFER *Last = &NET_BUFFER_LIST_FIRST_NB(List->Nbl);
    while (*Last)
    {
        Last = &NET_BUFFER_NEXT_NB(*Last);
    }
    *Last = Nb;
}

static VOID SenderCompleted(PVOID Context, PNET_BUFFER_LIST NetBufferLists, ULONG Flags)
{
    SENDER_CALL *Call = Context;
    FUZZ_ASSERT(
        Call->Dispatch || !(Flags & NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL),
        "completed with flag DISPATCH_LEVEL at a lower level");
    for (PNET_BUFFER_LIST Nbl = NetBufferLists, Next; Nbl; Nbl = Next)
    {
        ULONG Index = 0;
        Next = NET_BUFFER_LIST_NEXT_NBL(Nbl);
        while (Index < Call->Count && Call->Lists[Index].Nbl != Nbl)
        {
            Index++;
        }
        FUZZ_ASSERT(Index < Call->Count, "a list that was not sent completes");
        Call->Lists[Index].Completions++;
        Call->Lists[Index].Status = NET_BUFFER_LIST_STATUS(Nbl);
    }
}

void SenderSend(SENDER_CALL *Call, BOOLEAN Dispatch)
{
    KIRQL Irql = PASSIVE_LEVEL;
    Call->Dispatch = Dispatch;
    if (Dispatch)
    {
        Irql = NativeRaiseIrql(DISPATCH_LEVEL);
    }
    NTSTATUS Status = NdisHostSend(
        FuzzAdapter.Adapter, Call->Lists[0].Nbl, NDIS_DEFAULT_PORT_NUMBER,
        Dispatch ? NDIS_SEND_FLAGS_DISPATCH_LEVEL : 0, SenderCompleted, Call);
    if (Dispatch)
    {
        NativeLowerIrql(Irql);
    }
    FUZZ_ASSERT(Status == STATUS_SUCCESS, "status %08X", (unsigned)Status);
    /* The driver copies and holds nothing back: every list is complete by now. */
    for (ULONG Index = 0; Index < Call->Count; Index++)
    {
        FUZZ_ASSERT(
            Call->Lists[Index].Completions == 1, "list %u of %u completed %u times",
            (unsigned)Index, (unsigned)Call->Count, (unsigned)Call->Lists[Index].Completions);
    }
}

static void SenderFreeBuffer(PNET_BUFFER Nb)
{
    for (PMDL Mdl = NET_BUFFER_FIRST_MDL(Nb), Next; Mdl; Mdl = Next)
    {
        Next = Mdl->Next;
        free(MmGetMdlVirtualAddress(Mdl));
        NdisFreeMdl(Mdl);
    }
    NdisFreeNetBuffer(Nb);
}

void SenderFree(SENDER_CALL *Call)
{
    for (ULONG Index = 0; Index < Call->Count; Index++)
    {
        SENDER_LIST *List = &Call->Lists[Index];
        for (PNET_BUFFER Nb = NET_BUFFER_LIST_FIRST_NB(List->Nbl), Next; Nb; Nb = Next)
        {
            Next = NET_BUFFER_NEXT_NB(Nb);
            SenderFreeBuffer(Nb);
        }
        NdisFreeNetBufferList(List->Nbl);
        for (ULONG Packet = 0; Packet < List->PacketCount; Packet++)
        {
            free(List->Packets[Packet].Chain);
        }
    }
    Call->Count = 0;
}
