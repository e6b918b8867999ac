/* SPDX-License-Identifier: MIT */
/*
 * Fragments of net buffer lists, lists put together from them, and net buffers with data of their
 * pool's.
 */
#include "fixture.h"

static NDIS_HANDLE ListPool, BufferPool, DataPool;

static int MakePools(void **State)
{
    static const NET_BUFFER_LIST_POOL_PARAMETERS ListParameters = {
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, 1, sizeof(ListParameters)},
        .PoolTag = TOY_TAG,
        .fAllocateNetBuffer = TRUE,
    };
    NET_BUFFER_POOL_PARAMETERS BufferParameters = {
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, 1, sizeof(BufferParameters)},
        .PoolTag = TOY_TAG,
    };
    FixtureSetup(State);
    ListPool = NdisAllocateNetBufferListPool(NULL, &ListParameters);
    BufferPool = NdisAllocateNetBufferPool(NULL, &BufferParameters);
    BufferParameters.DataSize = 300;
    DataPool = NdisAllocateNetBufferPool(NULL, &BufferParameters);
    return ListPool == NULL || BufferPool == NULL || DataPool == NULL;
}

static int FreePools(void **State)
{
    NdisFreeNetBufferListPool(ListPool);
    NdisFreeNetBufferPool(BufferPool);
    NdisFreeNetBufferPool(DataPool);
    return FixtureTeardown(State);
}

/* 100 bytes over two MDLs from the fourth byte on, then 64 over one: byte i of all is i. */
static UCHAR Bytes[3][64];
static PNET_BUFFER_LIST Original;

static VOID MakeOriginal(VOID)
{
    PMDL Mdls[3];
    for (ULONG i = 0; i < sizeof(Bytes); i++)
    {
        Bytes[i / 64][i % 64] = (UCHAR)i;
    }
    for (ULONG i = 0; i < ARRAYSIZE(Bytes); i++)
    {
        Mdls[i] = NdisAllocateMdl(NULL, Bytes[i], sizeof(Bytes[i]));
        assert_non_null(Mdls[i]);
    }
    Mdls[0]->Next = Mdls[1];
    Original = NdisAllocateNetBufferList(ListPool, 0, 0);
    assert_non_null(Original);
    Original->FirstNetBuffer = NdisAllocateNetBuffer(BufferPool, Mdls[0], 3, 100);
    Original->FirstNetBuffer->Next = NdisAllocateNetBuffer(BufferPool, Mdls[2], 0, 64);
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

/* The Length bytes behind Skip in a net buffer's data are First, First + 1... */
static VOID AssertData(PNET_BUFFER Buffer, ULONG Skip, ULONG Length, UCHAR First)
{
    UCHAR Storage[256];
    PUCHAR Data = NdisGetDataBuffer(Buffer, Buffer->DataLength, Storage, 1, 0);
    assert_non_null(Data);
    assert_int_equal(Buffer->DataLength, Skip + Length);
    for (ULONG i = 0; i < Length; i++)
    {
        assert_int_equal(Data[Skip + i], (UCHAR)(First + i));
    }
}

static VOID Fragments(NDIS_HANDLE List, NDIS_HANDLE Buffer, ULONG Delta, ULONG Fill)
{
    /* Behind the first 10 bytes of each: 90 and 54, by 40. */
    static const struct
    {
        ULONG Length;
        UCHAR First;
    } Expected[] = {{40, 13}, {40, 53}, {10, 93}, {40, 138}, {14, 178}};
    PNET_BUFFER_LIST Made =
        NdisAllocateFragmentNetBufferList(Original, List, Buffer, 10, 40, Delta, Fill, 0);
    PNET_BUFFER Fragment;
    assert_non_null(Made);
    assert_null(Made->Context);
    if (List != NULL)
    {
        assert_ptr_equal(NdisGetPoolFromNetBufferList(Made), List);
        assert_ptr_equal(NdisGetPoolFromNetBuffer(Made->FirstNetBuffer), Buffer);
    }
    Fragment = Made->FirstNetBuffer;
    for (ULONG i = 0; i < ARRAYSIZE(Expected); i++, Fragment = Fragment->Next)
    {
        assert_non_null(Fragment);
        assert_true(Fragment->DataOffset == Fill);
        AssertData(Fragment, Delta, Expected[i].Length, Expected[i].First);
    }
    assert_null(Fragment);
    /* A header of their own, and the original's bytes. */
    if (Delta != 0)
    {
        UCHAR Before = Bytes[0][13];
        PUCHAR Header = NdisGetDataBuffer(Made->FirstNetBuffer, Delta, NULL, 1, 0);
        assert_non_null(Header);
        memset(Header, 0xEE, Delta);
        assert_int_equal(Bytes[0][13], Before);
    }
    Bytes[0][13] ^= 0xFF;
    AssertData(Made->FirstNetBuffer, Delta + 1, 39, 14);
    UCHAR Storage[256];
    PUCHAR Data = NdisGetDataBuffer(Made->FirstNetBuffer, Delta + 1, Storage, 1, 0);
    assert_int_equal(Data[Delta], 13 ^ 0xFF);
    Bytes[0][13] ^= 0xFF;
    NdisFreeFragmentNetBufferList(Made, Delta, 0);
}

static void AllFragments(void **State)
{
    UNREFERENCED_PARAMETER(State);
    MakeOriginal();
    Fragments(NULL, NULL, 0, 0);
    Fragments(ListPool, BufferPool, 20, 0);
    Fragments(ListPool, BufferPool, 8, 24);
    /* Nothing behind the start, a length of nothing, a flag that there is none. */
    PNET_BUFFER_LIST Empty =
        NdisAllocateFragmentNetBufferList(Original, NULL, NULL, 100, 40, 0, 0, 0);
    assert_non_null(Empty);
    assert_null(Empty->FirstNetBuffer);
    NdisFreeFragmentNetBufferList(Empty, 0, 0);
    assert_null(NdisAllocateFragmentNetBufferList(Original, NULL, NULL, 0, 0, 0, 0, 0));
    assert_null(NdisAllocateFragmentNetBufferList(Original, NULL, NULL, 0, 40, 0, 0, 1));
    FreeOriginal();
}

static void Reassembly(void **State)
{
    UNREFERENCED_PARAMETER(State);
    MakeOriginal();
    /* Fragments of 40 with 20 bytes in front, and those left out: the second net buffer's too. */
    PNET_BUFFER_LIST Parts =
        NdisAllocateFragmentNetBufferList(Original, NULL, NULL, 0, 40, 20, 0, 0);
    assert_non_null(Parts);
    for (ULONG i = 0; i < 3; i++)
    {
        ULONG Delta = i * 12, Fill = i * 4;
        NDIS_HANDLE Pool = i == 1 ? ListPool : NULL;
        PNET_BUFFER_LIST Whole =
            NdisAllocateReassembledNetBufferList(Parts, Pool, 20, Delta, Fill, 0);
        assert_non_null(Whole);
        assert_null(Whole->Context);
        assert_null(Whole->FirstNetBuffer->Next);
        assert_int_equal(Whole->FirstNetBuffer->DataOffset, Fill);
        assert_int_equal(Whole->FirstNetBuffer->DataLength, Delta + 164);
        UCHAR Storage[256];
        PUCHAR Data = NdisGetDataBuffer(Whole->FirstNetBuffer, Delta + 164, Storage, 1, 0);
        assert_non_null(Data);
        for (ULONG j = 0; j < 164; j++)
        {
            assert_int_equal(Data[Delta + j], j < 100 ? j + 3 : j + 28);
        }
        NdisFreeReassembledNetBufferList(Whole, Delta, 0);
    }
    assert_null(NdisAllocateReassembledNetBufferList(Parts, NULL, 0, 0, 0, 1));
    NdisFreeFragmentNetBufferList(Parts, 20, 0);
    FreeOriginal();
}

/* Whichever allocation fails, nothing is left. */
static void WithoutMemory(void **State)
{
    PNET_BUFFER_LIST Parts = NULL, Whole = NULL;
    ULONG Failed = 0;
    UNREFERENCED_PARAMETER(State);
    MakeOriginal();
    for (ULONG i = 1; Parts == NULL; i++)
    {
        NativeFaultsFailNth(i);
        Parts = NdisAllocateFragmentNetBufferList(Original, NULL, NULL, 0, 64, 8, 0, 0);
        Failed += NativeFaultsStop(NULL) != 0;
    }
    /* A list; three net buffers, four MDLs over their data, MDL and memory in front of each. */
    assert_int_equal(Failed, 14);
    for (Failed = 0; Whole == NULL;)
    {
        NativeFaultsFailNth(Failed + 1);
        Whole = NdisAllocateReassembledNetBufferList(Parts, NULL, 8, 8, 0, 0);
        Failed += NativeFaultsStop(NULL) != 0;
    }
    assert_int_equal(Failed, 7); /* a list, four MDLs, MDL and memory in front */
    NdisFreeReassembledNetBufferList(Whole, 8, 0);
    NdisFreeFragmentNetBufferList(Parts, 8, 0);
    FreeOriginal();
}

static void BufferWithData(void **State)
{
    PNET_BUFFER Buffer;
    PUCHAR Data;
    UNREFERENCED_PARAMETER(State);
    Buffer = NdisAllocateNetBufferMdlAndData(DataPool);
    assert_non_null(Buffer);
    assert_int_equal(Buffer->DataLength, 0);
    assert_int_equal(MmGetMdlByteCount(Buffer->MdlChain), 300);
    assert_true(NdisQueryNetBufferPhysicalCount(Buffer) >= 1);
    assert_true(NdisQueryNetBufferPhysicalCount(Buffer) <= 2);
    Buffer->DataOffset = 100;
    Buffer->DataLength = 200;
    NdisAdjustNetBufferCurrentMdl(Buffer);
    assert_int_equal(Buffer->CurrentMdlOffset, 100);
    Data = NdisGetDataBuffer(Buffer, 200, NULL, 1, 0);
    assert_non_null(Data);
    memset(Data, 0x55, 200);
    NdisFreeNetBuffer(Buffer);
    for (ULONG i = 1;; i++)
    {
        NativeFaultsFailNth(i);
        Buffer = NdisAllocateNetBufferMdlAndData(DataPool);
        if (NativeFaultsStop(NULL) == 0)
        {
            assert_int_equal(i, 4); /* behind three that fail: the net buffer, its data, its MDL */
            break;
        }
        assert_null(Buffer);
    }
    NdisFreeNetBuffer(Buffer);
}

/* A reassembled packet reaches the link. */
static void ReassembledIsIndicated(void **State)
{
    UCHAR Packet[256];
    UNREFERENCED_PARAMETER(State);
    FixtureStart();
    MakeOriginal();
    PNET_BUFFER_LIST Parts =
        NdisAllocateFragmentNetBufferList(Original, NULL, NULL, 0, 30, 0, 0, 0);
    PNET_BUFFER_LIST Whole = NdisAllocateReassembledNetBufferList(Parts, NULL, 0, 0, 0, 0);
    Whole->SourceHandle = Toy.Adapter;
    NET_BUFFER_LIST_INFO(Whole, NetBufferListFrameType) = (PVOID)8;
    NdisMIndicateReceiveNetBufferLists(Toy.Adapter, Whole, 0, 1, NDIS_RECEIVE_FLAGS_RESOURCES);
    assert_int_equal(NativeLinkCollect(Fixture.Link, Packet, sizeof(Packet), 20000), 164);
    assert_int_equal(Packet[100], 128);
    NdisFreeReassembledNetBufferList(Whole, 0, 0);
    NdisFreeFragmentNetBufferList(Parts, 0, 0);
    FreeOriginal();
}

int main(void)
{
#define CASE(Name) cmocka_unit_test_setup_teardown(Name, MakePools, FreePools)
    const struct CMUnitTest Tests[] = {
        CASE(AllFragments),           CASE(Reassembly), CASE(WithoutMemory), CASE(BufferWithData),
        CASE(ReassembledIsIndicated),
    };
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
