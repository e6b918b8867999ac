/* SPDX-License-Identifier: MIT */
/* Net buffers, lists and pools; data that advances and retreats, and is copied. */
#include "fixture.h"

static NDIS_HANDLE MakePool(BOOLEAN NetBuffers, USHORT ContextSize, ULONG DataSize)
{
    NET_BUFFER_LIST_POOL_PARAMETERS Parameters = {
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, 1, sizeof(Parameters)},
        .fAllocateNetBuffer = NetBuffers,
        .ContextSize = ContextSize,
        .PoolTag = TOY_TAG,
        .DataSize = DataSize,
    };
    return NdisAllocateNetBufferListPool(NULL, &Parameters);
}

/* A chain of MDLs of these lengths, filled with ascending bytes from 0 on. */
static PMDL MakeChain(const ULONG *Lengths, ULONG Count)
{
    PMDL First = NULL, *Link = &First;
    UCHAR Next = 0;
    for (ULONG i = 0; i < Count; i++)
    {
        PUCHAR Memory = ExAllocatePoolWithTag(NonPagedPoolNx, Lengths[i], TOY_TAG);
        for (ULONG j = 0; j < Lengths[i]; j++)
        {
            Memory[j] = Next++;
        }
        *Link = NdisAllocateMdl(NULL, Memory, Lengths[i]);
        Link = &(*Link)->Next;
    }
    return First;
}

static VOID FreeChain(PMDL Mdl)
{
    while (Mdl != NULL)
    {
        PMDL Next = Mdl->Next;
        PVOID Memory = MmGetMdlVirtualAddress(Mdl);
        NdisFreeMdl(Mdl);
        ExFreePoolWithTag(Memory, TOY_TAG);
        Mdl = Next;
    }
}

static void PoolParametersAreChecked(void **State)
{
    NET_BUFFER_LIST_POOL_PARAMETERS Lists = {
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, 1, sizeof(Lists)}};
    NET_BUFFER_POOL_PARAMETERS Buffers = {.Header = {NDIS_OBJECT_TYPE_DEFAULT, 1, sizeof(Buffers)}};
    UNREFERENCED_PARAMETER(State);
    assert_null(MakePool(TRUE, 8, 0));
    assert_null(MakePool(FALSE, 0, 100));
    Lists.Header.Size--;
    assert_null(NdisAllocateNetBufferListPool(NULL, &Lists));
    Buffers.Header.Type = 0;
    assert_null(NdisAllocateNetBufferPool(NULL, &Buffers));
}

static void ListsHaveContextAndData(void **State)
{
    NDIS_HANDLE Pool = MakePool(TRUE, 32, 200);
    PNET_BUFFER_LIST List = NdisAllocateNetBufferList(Pool, 16, 64);
    UNREFERENCED_PARAMETER(State);
    assert_non_null(List);
    assert_int_equal(List->Context->Size, 112);
    assert_int_equal(List->Context->Offset, 96);
    memset(NET_BUFFER_LIST_CONTEXT_DATA_START(List) - 64, 1, 64 + 16);
    assert_int_equal(MmGetMdlByteCount(List->FirstNetBuffer->MdlChain), 200);
    assert_int_equal(List->FirstNetBuffer->DataLength, 0);
    memset(MmGetMdlVirtualAddress(List->FirstNetBuffer->MdlChain), 1, 200);
    NdisFreeNetBufferList(List);
    assert_null(NdisAllocateNetBufferList(Pool, 8, 0));
    NdisFreeNetBufferListPool(Pool);
    Pool = MakePool(FALSE, 0, 0);
    List = NdisAllocateNetBufferList(Pool, 0, 0);
    assert_null(List->FirstNetBuffer);
    assert_null(List->Context);
    NdisFreeNetBufferList(List);
    NdisFreeNetBufferListPool(Pool);
}

static void DataStartsWhereTheOffsetSays(void **State)
{
    static const ULONG Lengths[] = {10, 20, 30};
    static const struct
    {
        ULONG Offset, Mdl, InMdl;
    } Cases[] = {{0, 0, 0}, {9, 0, 9}, {10, 1, 0}, {29, 1, 19}, {30, 2, 0}, {60, 2, 30}};
    NDIS_HANDLE Pool = MakePool(TRUE, 0, 0);
    PMDL Chain = MakeChain(Lengths, 3), Mdls[] = {Chain, Chain->Next, Chain->Next->Next};
    UNREFERENCED_PARAMETER(State);
    for (ULONG i = 0; i < ARRAYSIZE(Cases); i++)
    {
        PNET_BUFFER_LIST List = NdisAllocateNetBufferAndNetBufferList(
            Pool, 0, 0, Chain, Cases[i].Offset, 60 - Cases[i].Offset);
        assert_ptr_equal(List->FirstNetBuffer->CurrentMdl, Mdls[Cases[i].Mdl]);
        assert_int_equal(List->FirstNetBuffer->CurrentMdlOffset, Cases[i].InMdl);
        NdisFreeNetBufferList(List);
    }
    FreeChain(Chain);
    NdisFreeNetBufferListPool(Pool);
}

static void DataBuffersAreContiguous(void **State)
{
    static const ULONG Lengths[] = {10, 20, 30};
    UCHAR Storage[64];
    NDIS_HANDLE Pool = MakePool(TRUE, 0, 0);
    PMDL Chain = MakeChain(Lengths, 3);
    PNET_BUFFER_LIST List = NdisAllocateNetBufferAndNetBufferList(Pool, 0, 0, Chain, 5, 50);
    PNET_BUFFER Buffer = List->FirstNetBuffer;
    PUCHAR Data;
    UNREFERENCED_PARAMETER(State);
    Data = NdisGetDataBuffer(Buffer, 5, NULL, 1, 0);
    assert_ptr_equal(Data, (PUCHAR)MmGetMdlVirtualAddress(Chain) + 5);
    assert_null(NdisGetDataBuffer(Buffer, 6, NULL, 1, 0));
    assert_null(NdisGetDataBuffer(Buffer, 51, Storage, 1, 0));
    assert_null(NdisGetDataBuffer(Buffer, 0, Storage, 1, 0));
    assert_ptr_equal(NdisGetDataBuffer(Buffer, 50, Storage, 1, 0), Storage);
    for (ULONG i = 0; i < 50; i++)
    {
        assert_int_equal(Storage[i], 5 + i);
    }
    /* Contiguous, but not aligned as asked: a copy. */
    assert_ptr_equal(NdisGetDataBuffer(Buffer, 4, Storage, 2, ((ULONG_PTR)Data + 1) & 1), Storage);
    assert_ptr_equal(NdisGetDataBuffer(Buffer, 4, Storage, 2, (ULONG_PTR)Data & 1), Data);
    NdisFreeNetBufferList(List);
    FreeChain(Chain);
    NdisFreeNetBufferListPool(Pool);
}

static void DataRetreatsAndAdvances(void **State)
{
    static const ULONG Lengths[] = {10, 20};
    NDIS_HANDLE Pool = MakePool(TRUE, 0, 0);
    PMDL Chain = MakeChain(Lengths, 2);
    PNET_BUFFER_LIST List = NdisAllocateNetBufferAndNetBufferList(Pool, 0, 0, Chain, 12, 8);
    PNET_BUFFER Buffer = List->FirstNetBuffer;
    UNREFERENCED_PARAMETER(State);
    /* Into unused space */
    assert_int_equal(NdisRetreatNetBufferDataStart(Buffer, 4, 0, NULL), NDIS_STATUS_SUCCESS);
    assert_int_equal(Buffer->DataOffset, 8);
    assert_int_equal(Buffer->DataLength, 12);
    assert_ptr_equal(Buffer->CurrentMdl, Chain);
    assert_int_equal(Buffer->CurrentMdlOffset, 8);
    /* Into new space: 6 bytes more than there are, and 16 of backfill */
    assert_int_equal(NdisRetreatNetBufferDataStart(Buffer, 14, 16, NULL), NDIS_STATUS_SUCCESS);
    assert_ptr_not_equal(Buffer->MdlChain, Chain);
    assert_ptr_equal(Buffer->MdlChain->Next, Chain);
    assert_int_equal(MmGetMdlByteCount(Buffer->MdlChain), 22);
    assert_int_equal(Buffer->DataOffset, 16);
    assert_int_equal(Buffer->DataLength, 26);
    /* Kept by an advance without FreeMdl, freed by one with it; the driver's MDLs never are. */
    NdisAdvanceNetBufferDataStart(Buffer, 6, FALSE, NULL);
    assert_ptr_equal(Buffer->MdlChain->Next, Chain);
    assert_int_equal(Buffer->DataOffset, 22);
    assert_ptr_equal(Buffer->CurrentMdl, Chain);
    assert_int_equal(Buffer->CurrentMdlOffset, 0);
    NdisAdvanceNetBufferListDataStart(List, 12, TRUE, NULL);
    assert_ptr_equal(Buffer->MdlChain, Chain);
    assert_int_equal(Buffer->DataOffset, 12);
    assert_int_equal(Buffer->DataLength, 8);
    assert_int_equal(Buffer->CurrentMdlOffset, 2);
    assert_int_equal(
        NdisRetreatNetBufferListDataStart(List, 0xFFFFFFF8, 0, NULL, NULL), NDIS_STATUS_FAILURE);
    NdisFreeNetBufferList(List);
    FreeChain(Chain);
    NdisFreeNetBufferListPool(Pool);
}

static void DataIsCopied(void **State)
{
    static const ULONG From[] = {10, 20}, To[] = {7, 7, 7};
    NDIS_HANDLE Pool = MakePool(TRUE, 0, 0);
    PMDL Source = MakeChain(From, 2), Target = MakeChain(To, 3);
    PNET_BUFFER_LIST Sent = NdisAllocateNetBufferAndNetBufferList(Pool, 0, 0, Source, 0, 25);
    PNET_BUFFER_LIST Copy = NdisAllocateNetBufferAndNetBufferList(Pool, 0, 0, Target, 2, 0);
    UCHAR Storage[32];
    ULONG Copied;
    UNREFERENCED_PARAMETER(State);
    assert_int_equal(
        NdisCopyFromNetBufferToNetBuffer(
            Copy->FirstNetBuffer, 1, 100, Sent->FirstNetBuffer, 9, &Copied),
        NDIS_STATUS_SUCCESS);
    assert_int_equal(Copied, 16); /* the source's rest; the target has room for 18 */
    Copy->FirstNetBuffer->DataLength = 19;
    assert_ptr_equal(NdisGetDataBuffer(Copy->FirstNetBuffer, 19, Storage, 1, 0), Storage);
    for (ULONG i = 0; i < 16; i++)
    {
        assert_int_equal(Storage[1 + i], 9 + i);
    }
    NdisFreeNetBufferList(Sent);
    NdisFreeNetBufferList(Copy);
    FreeChain(Source);
    FreeChain(Target);
    NdisFreeNetBufferListPool(Pool);
}

static void NetBuffersComeAlone(void **State)
{
    NET_BUFFER_POOL_PARAMETERS Parameters = {
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, 1, sizeof(Parameters)}, .PoolTag = TOY_TAG};
    NDIS_HANDLE Pool = NdisAllocateNetBufferPool(NULL, &Parameters);
    PNET_BUFFER Buffer = NdisAllocateNetBuffer(Pool, NULL, 0, 0);
    UNREFERENCED_PARAMETER(State);
    assert_null(Buffer->MdlChain);
    NdisFreeNetBuffer(Buffer);
    NdisFreeNetBufferPool(Pool);
}

int main(void)
{
#define TEST(Function) cmocka_unit_test_setup_teardown(Function, FixtureSetup, FixtureTeardown)
    const struct CMUnitTest Tests[] = {
        TEST(PoolParametersAreChecked),     TEST(ListsHaveContextAndData),
        TEST(DataStartsWhereTheOffsetSays), TEST(DataBuffersAreContiguous),
        TEST(DataRetreatsAndAdvances),      TEST(DataIsCopied),
        TEST(NetBuffersComeAlone),
    };
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
