/* SPDX-License-Identifier: MIT */
/*
 * Clones of net buffer lists and their contexts.
 */
#include "fixture.h"

static NDIS_HANDLE ListPool, BufferPool;

static int MakePools(void **State)
{
    static const NET_BUFFER_LIST_POOL_PARAMETERS ListParameters = {
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, 1, sizeof(ListParameters)},
        .PoolTag = TOY_TAG,
        .ContextSize = 2 * MEMORY_ALLOCATION_ALIGNMENT,
    };
    static const NET_BUFFER_POOL_PARAMETERS BufferParameters = {
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, 1, sizeof(BufferParameters)},
        .PoolTag = TOY_TAG,
    };
    FixtureSetup(State);
    ListPool = NdisAllocateNetBufferListPool(NULL, &ListParameters);
    BufferPool = NdisAllocateNetBufferPool(NULL, &BufferParameters);
    return ListPool == NULL || BufferPool == NULL;
}

static int FreePools(void **State)
{
    NdisFreeNetBufferListPool(ListPool);
    NdisFreeNetBufferPool(BufferPool);
    return FixtureTeardown(State);
}

/* A list of two net buffers, the first over two MDLs, from the third byte on. */
static UCHAR Bytes[3][64];
static PNET_BUFFER_LIST Original;

static VOID MakeOriginal(VOID)
{
    PMDL Mdls[3];
    for (ULONG i = 0; i < ARRAYSIZE(Bytes); i++)
    {
        memset(Bytes[i], 'a' + (int)i, sizeof(Bytes[i]));
        Bytes[i][3] = (UCHAR)('0' + i);
        Mdls[i] = NdisAllocateMdl(NULL, Bytes[i], sizeof(Bytes[i]));
        assert_non_null(Mdls[i]);
    }
    Mdls[0]->Next = Mdls[1];
    Original = NdisAllocateNetBufferList(ListPool, 0, 0);
    assert_non_null(Original);
    Original->FirstNetBuffer = NdisAllocateNetBuffer(BufferPool, Mdls[0], 3, 100);
    Original->FirstNetBuffer->Next = NdisAllocateNetBuffer(BufferPool, Mdls[2], 0, 64);
    NET_BUFFER_LIST_INFO(Original, NetBufferListFrameType) = (PVOID)8;
    NET_BUFFER_LIST_INFO(Original, NetBufferListCancelId) = (PVOID)9;
}

static VOID FreeOriginal(VOID)
{
    PNET_BUFFER Buffer = Original->FirstNetBuffer, Next;
    for (; Buffer != NULL; Buffer = Next)
    {
        PMDL Mdl = Buffer->MdlChain, NextMdl;
        Next = Buffer->Next;
        for (; Mdl != NULL; Mdl = NextMdl)
        {
            NextMdl = Mdl->Next;
            NdisFreeMdl(Mdl);
        }
        NdisFreeNetBuffer(Buffer);
    }
    NdisFreeNetBufferList(Original);
}

static VOID CheckData(PNET_BUFFER_LIST Clone)
{
    UCHAR Storage[100];
    PUCHAR Data;
    PNET_BUFFER First = Clone->FirstNetBuffer, Second = First->Next;
    assert_int_equal(First->DataLength, 100);
    Data = NdisGetDataBuffer(First, 100, Storage, 1, 0);
    assert_ptr_equal(Data, Storage); /* two pieces */
    assert_int_equal(Data[0], '0');
    assert_int_equal(Data[60], 'a');
    assert_int_equal(Data[61], 'b');
    assert_int_equal(Data[64], '1');
    assert_int_equal(Second->DataLength, 64);
    assert_ptr_equal(NdisGetDataBuffer(Second, 64, NULL, 1, 0), Bytes[2]);
    assert_null(Second->Next);
}

static VOID Clone(NDIS_HANDLE List, NDIS_HANDLE Buffer, ULONG Flags)
{
    PNET_BUFFER_LIST Copy = NdisAllocateCloneNetBufferList(Original, List, Buffer, Flags);
    assert_non_null(Copy);
    assert_null(Copy->ParentNetBufferList);
    assert_int_equal(Copy->ChildRefCount, 0);
    assert_null(NET_BUFFER_LIST_INFO(Copy, NetBufferListFrameType));
    CheckData(Copy);
    /* The data is the original's. */
    Bytes[1][0] = 'x';
    UCHAR Storage[100];
    assert_int_equal(
        ((PUCHAR)NdisGetDataBuffer(Copy->FirstNetBuffer, 100, Storage, 1, 0))[61], 'x');
    Bytes[1][0] = 'b';
    NdisCopyReceiveNetBufferListInfo(Copy, Original);
    assert_ptr_equal(NET_BUFFER_LIST_INFO(Copy, NetBufferListFrameType), (PVOID)8);
    assert_null(NET_BUFFER_LIST_INFO(Copy, NetBufferListCancelId));
    NdisCopySendNetBufferListInfo(Copy, Original);
    assert_ptr_equal(NET_BUFFER_LIST_INFO(Copy, NetBufferListCancelId), (PVOID)9);
    /* A clone of a clone, behind what an advance leaves of it. */
    NdisAdvanceNetBufferDataStart(Copy->FirstNetBuffer, 61, FALSE, NULL);
    PNET_BUFFER_LIST Second = NdisAllocateCloneNetBufferList(Copy, NULL, NULL, 0);
    assert_non_null(Second);
    assert_ptr_equal(NdisGetDataBuffer(Second->FirstNetBuffer, 39, NULL, 1, 0), Bytes[1]);
    assert_null(Second->FirstNetBuffer->MdlChain->Next);
    NdisFreeCloneNetBufferList(Second, 0);
    NdisFreeCloneNetBufferList(Copy, Flags);
}

static void Clones(void **State)
{
    UNREFERENCED_PARAMETER(State);
    MakeOriginal();
    Clone(NULL, NULL, 0);
    Clone(ListPool, BufferPool, 0);
    Clone(ListPool, NULL, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
    CheckData(Original);
    FreeOriginal();
}

static void CloneOfNothing(void **State)
{
    PNET_BUFFER_LIST Copy;
    UNREFERENCED_PARAMETER(State);
    Original = NdisAllocateNetBufferList(ListPool, 0, 0);
    Original->FirstNetBuffer = NdisAllocateNetBuffer(BufferPool, NULL, 0, 0);
    Copy = NdisAllocateCloneNetBufferList(Original, ListPool, BufferPool, 0);
    assert_non_null(Copy);
    assert_int_equal(Copy->FirstNetBuffer->DataLength, 0);
    NdisFreeCloneNetBufferList(Copy, 0);
    FreeOriginal();
}

/* Whichever allocation fails, nothing is left. */
static void CloneWithoutMemory(void **State)
{
    ULONG Failed = 0;
    UNREFERENCED_PARAMETER(State);
    MakeOriginal();
    for (ULONG i = 1;; i++)
    {
        PNET_BUFFER_LIST Copy;
        NativeFaultsFailNth(i);
        Copy = NdisAllocateCloneNetBufferList(Original, NULL, NULL, 0);
        if (NativeFaultsStop(NULL) == 0)
        {
            assert_non_null(Copy);
            NdisFreeCloneNetBufferList(Copy, 0);
            break;
        }
        assert_null(Copy);
        Failed++;
    }
    assert_int_equal(Failed, 6); /* a list, three MDLs, two net buffers */
    FreeOriginal();
}

/* The miniport gives the stack a clone of what the stack sent. */
static void CloneIsIndicated(void **State)
{
    UCHAR Packet[64];
    PNET_BUFFER_LIST Copy;
    UNREFERENCED_PARAMETER(State);
    FixtureStart();
    MakeOriginal();
    Copy = NdisAllocateCloneNetBufferList(Original, NULL, NULL, 0);
    Copy->SourceHandle = Toy.Adapter;
    NdisCopyReceiveNetBufferListInfo(Copy, Original);
    NdisMIndicateReceiveNetBufferLists(Toy.Adapter, Copy, 0, 1, NDIS_RECEIVE_FLAGS_RESOURCES);
    assert_int_equal(NativeLinkCollect(Fixture.Link, Packet, sizeof(Packet), 20000), 100);
    assert_int_equal(NativeLinkCollect(Fixture.Link, Packet, sizeof(Packet), 20000), 64);
    assert_int_equal(Packet[3], '2');
    NdisFreeCloneNetBufferList(Copy, 0);
    FreeOriginal();
}

/* ---- Contexts ---- */

static void Contexts(void **State)
{
    const USHORT Word = sizeof(PVOID);
    PNET_BUFFER_LIST List;
    PNET_BUFFER_LIST_CONTEXT Own, Second;
    UNREFERENCED_PARAMETER(State);
    List = NdisAllocateNetBufferList(
        ListPool, MEMORY_ALLOCATION_ALIGNMENT, MEMORY_ALLOCATION_ALIGNMENT);
    Own = List->Context;
    PUCHAR Start = NET_BUFFER_LIST_CONTEXT_DATA_START(List);
    /* From the space that is there... */
    assert_int_equal(NdisAllocateNetBufferListContext(List, Word, 0, TOY_TAG), NDIS_STATUS_SUCCESS);
    assert_ptr_equal(NET_BUFFER_LIST_CONTEXT_DATA_START(List), Start - Word);
    NdisFreeNetBufferListContext(List, Word);
    assert_ptr_equal(NET_BUFFER_LIST_CONTEXT_DATA_START(List), Start);
    /* ... and from more, with room for the next one. */
    assert_int_equal(
        NdisAllocateNetBufferListContext(List, 64 * Word, 4 * Word, TOY_TAG), NDIS_STATUS_SUCCESS);
    Second = List->Context;
    assert_true(Second != Own && Second->Next == Own && Second->Offset == 4 * Word);
    memset(NET_BUFFER_LIST_CONTEXT_DATA_START(List), 0xAA, 64 * Word);
    assert_int_equal(
        NdisAllocateNetBufferListContext(List, 4 * Word, 0, TOY_TAG), NDIS_STATUS_SUCCESS);
    assert_true(List->Context == Second && Second->Offset == 0);
    assert_int_equal(NdisAllocateNetBufferListContext(List, Word, 0, TOY_TAG), NDIS_STATUS_SUCCESS);
    assert_true(List->Context != Second);
    NdisFreeNetBufferListContext(List, Word);
    NdisFreeNetBufferListContext(List, 4 * Word);
    NdisFreeNetBufferListContext(List, 64 * Word);
    assert_ptr_equal(List->Context, Own);
    assert_ptr_equal(NET_BUFFER_LIST_CONTEXT_DATA_START(List), Start);
    assert_int_equal(
        NdisAllocateNetBufferListContext(List, Word + 1, 0, TOY_TAG), NDIS_STATUS_FAILURE);
    NdisFreeNetBufferList(List);
}

static void ContextWithoutAny(void **State)
{
    PNET_BUFFER_LIST Copy;
    UNREFERENCED_PARAMETER(State);
    MakeOriginal();
    Copy = NdisAllocateCloneNetBufferList(Original, NULL, NULL, 0);
    assert_null(Copy->Context);
    assert_int_equal(
        NdisAllocateNetBufferListContext(Copy, sizeof(PVOID), 0, TOY_TAG), NDIS_STATUS_SUCCESS);
    NdisFreeNetBufferListContext(Copy, sizeof(PVOID));
    assert_null(Copy->Context);
    NdisFreeCloneNetBufferList(Copy, 0);
    FreeOriginal();
}

int main(void)
{
#define CASE(Name) cmocka_unit_test_setup_teardown(Name, MakePools, FreePools)
    const struct CMUnitTest Tests[] = {
        CASE(Clones),           CASE(CloneOfNothing), CASE(CloneWithoutMemory),
        CASE(CloneIsIndicated), CASE(Contexts),       CASE(ContextWithoutAny),
    };
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
