/* SPDX-License-Identifier: MIT */
/* The driver's tests: net buffer lists of their own. */
#include <stdlib.h>
#include <string.h>

#include "sender.h"

#define SENDER_TAG 0x646E6553u

void SenderOpenPools(SENDER *Sender)
{
    NET_BUFFER_LIST_POOL_PARAMETERS Lists = {
        .Header =
            {.Type = NDIS_OBJECT_TYPE_DEFAULT,
             .Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
             .Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1},
        .ProtocolId = NDIS_PROTOCOL_ID_DEFAULT,
        .PoolTag = SENDER_TAG,
    };
    NET_BUFFER_POOL_PARAMETERS Buffers = {
        .Header =
            {.Type = NDIS_OBJECT_TYPE_DEFAULT,
             .Revision = NET_BUFFER_POOL_PARAMETERS_REVISION_1,
             .Size = NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1},
        .PoolTag = SENDER_TAG,
    };
    memset(Sender, 0, sizeof(*Sender));
    Sender->ListPool = NdisAllocateNetBufferListPool(NULL, &Lists);
    Sender->BufferPool = NdisAllocateNetBufferPool(NULL, &Buffers);
    assert_true(Sender->ListPool && Sender->BufferPool);
    KeInitializeSemaphore(&Sender->Completed, 0, MAXLONG);
}

void SenderOpen(SENDER *Sender, const FIXTURE *Fixture)
{
    SenderOpenPools(Sender);
    Sender->Adapter = FixtureAdapter(Fixture);
}

void SenderClose(SENDER *Sender)
{
    NdisFreeNetBufferListPool(Sender->ListPool);
    NdisFreeNetBufferPool(Sender->BufferPool);
    if (Sender->Adapter)
    {
        NdisHostCloseAdapter(Sender->Adapter);
    }
}

PNET_BUFFER_LIST SenderList(SENDER *Sender)
{
    PNET_BUFFER_LIST List = NdisAllocateNetBufferList(Sender->ListPool, 0, 0);
    assert_non_null(List);
    return List;
}

/* An MDL over memory of its own, of exactly that size. */
static PMDL SenderMdl(const UCHAR *Data, ULONG Offset, ULONG Length)
{
    PUCHAR Memory = malloc(Offset + Length ? Offset + Length : 1);
    assert_non_null(Memory);
    memset(Memory, 0xEE, Offset);
    memcpy(Memory + Offset, Data, Length);
    PMDL Mdl = IoAllocateMdl(Memory, Offset + Length, FALSE, FALSE, NULL);
    assert_non_null(Mdl);
    MmBuildMdlForNonPagedPool(Mdl);
    return Mdl;
}

void SenderAdd(
    SENDER *Sender,
    PNET_BUFFER_LIST List,
    const UCHAR *Data,
    ULONG Length,
    ULONG Piece,
    ULONG Offset)
{
    PMDL First = NULL, *Link = &First;
    ULONG Done = 0, Skip = Offset;
    do
    {
        ULONG Part = Length - Done < Piece ? Length - Done : Piece;
        *Link = SenderMdl(Data + Done, Skip, Part);
        Link = &(*Link)->Next;
        Done += Part;
        Skip = 0;
    } while (Done < Length);
    PNET_BUFFER Buffer = NdisAllocateNetBuffer(Sender->BufferPool, First, Offset, Length);
    assert_non_null(Buffer);
    PNET_BUFFER *Last = &NET_BUFFER_LIST_FIRST_NB(List);
    while (*Last)
    {
        Last = &NET_BUFFER_NEXT_NB(*Last);
    }
    *Last = Buffer;
}

PNET_BUFFER_LIST SenderPacket(SENDER *Sender, const UCHAR *Data, ULONG Length)
{
    PNET_BUFFER_LIST List = SenderList(Sender);
    SenderAdd(Sender, List, Data, Length, PACKET_MAX + 1, 0);
    return List;
}

void SenderFree(PNET_BUFFER_LIST List)
{
    PNET_BUFFER Buffer = NET_BUFFER_LIST_FIRST_NB(List);
    while (Buffer)
    {
        PNET_BUFFER NextBuffer = NET_BUFFER_NEXT_NB(Buffer);
        PMDL Mdl = NET_BUFFER_FIRST_MDL(Buffer);
        while (Mdl)
        {
            PMDL NextMdl = Mdl->Next;
            free(MmGetMdlVirtualAddress(Mdl));
            IoFreeMdl(Mdl);
            Mdl = NextMdl;
        }
        NdisFreeNetBuffer(Buffer);
        Buffer = NextBuffer;
    }
    NET_BUFFER_LIST_FIRST_NB(List) = NULL;
    NdisFreeNetBufferList(List);
}

static VOID SenderComplete(PVOID Context, PNET_BUFFER_LIST Lists, ULONG Flags)
{
    SENDER *Sender = Context;
    (void)Flags;
    while (Lists)
    {
        PNET_BUFFER_LIST Next = NET_BUFFER_LIST_NEXT_NBL(Lists);
        NDIS_STATUS Status = NET_BUFFER_LIST_STATUS(Lists);
        NET_BUFFER_LIST_NEXT_NBL(Lists) = NULL;
        SenderFree(Lists);
        InterlockedIncrement(Status == NDIS_STATUS_SUCCESS ? &Sender->Succeeded : &Sender->Failed);
        if (Status != NDIS_STATUS_SUCCESS)
        {
            WriteRelease(&Sender->LastError, Status);
        }
        KeReleaseSemaphore(&Sender->Completed, 0, 1, FALSE);
        Lists = Next;
    }
}

void SenderSend(SENDER *Sender, PNET_BUFFER_LIST Chain, KIRQL Irql)
{
    KIRQL OldIrql = NativeRaiseIrql(Irql);
    NTSTATUS Status = NdisHostSend(
        Sender->Adapter, Chain, NDIS_DEFAULT_PORT_NUMBER,
        Irql == DISPATCH_LEVEL ? NDIS_SEND_FLAGS_DISPATCH_LEVEL : 0, SenderComplete, Sender);
    NativeLowerIrql(OldIrql);
    assert_int_equal(Status, STATUS_SUCCESS);
}

void SenderWait(SENDER *Sender, ULONG Lists)
{
    LARGE_INTEGER Timeout = {.QuadPart = -10000ll * FIXTURE_TIMEOUT};
    for (ULONG Index = 0; Index < Lists; Index++)
    {
        assert_int_equal(
            KeWaitForSingleObject(&Sender->Completed, Executive, KernelMode, FALSE, &Timeout),
            STATUS_WAIT_0);
    }
}
