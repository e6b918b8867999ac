/* SPDX-License-Identifier: MIT */
#include "receive_pool.h"

#include "pool.h"
#include "receive.h"

/* The memory of a buffer; its list points here from MiniportReserved. */
typedef struct _RECEIVE_BUFFER
{
    PMDL Mdl;
    ULONG Kind; /* index of ReceivePoolKinds */
    DECLSPEC_ALIGN(MEMORY_ALLOCATION_ALIGNMENT) UCHAR Data[];
} RECEIVE_BUFFER, *PRECEIVE_BUFFER;

/* The capacities that buffers have, in bytes, and how many of each are kept at most. */
static const struct
{
    ULONG Capacity;
    ULONG MaxKept;
} ReceivePoolKinds[RECEIVE_POOL_CAPACITIES] = {
    {0x800, 1024},
    {0x4000, 64},
    {0x10000, 16},
};

/* A spin lock is held no longer than 25 us (NdisAcquireSpinLock, Remarks). */
#define RECEIVE_POOL_GIVEN_AT_ONCE 64u
#define RECEIVE_POOL_TAKEN_AT_ONCE 64u

#define RECEIVE_BUFFER_OF(Nbl) (*(PRECEIVE_BUFFER *)&(Nbl)->MiniportReserved[0])

_Use_decl_annotations_
PRECEIVE_POOL ReceivePoolCreate(NDIS_HANDLE MiniportHandle)
{
    NET_BUFFER_LIST_POOL_PARAMETERS Parameters = {
        .Header =
            {.Type = NDIS_OBJECT_TYPE_DEFAULT,
             .Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
             .Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1},
        .ProtocolId = NDIS_PROTOCOL_ID_DEFAULT,
        .fAllocateNetBuffer = TRUE,
        .PoolTag = POOL_TAG_RECEIVE,
    };
    PRECEIVE_POOL Pool = PoolAllocate(sizeof(*Pool), POOL_TAG_RECEIVE);

    if (!Pool)
        return NULL;
    Pool->MiniportHandle = MiniportHandle;
    KeInitializeSpinLock(&Pool->Lock);
    KeInitializeEvent(&Pool->Returned, NotificationEvent, TRUE);
    Pool->ListPool = NdisAllocateNetBufferListPool(MiniportHandle, &Parameters);
    if (!Pool->ListPool)
    {
        PoolFree(Pool, POOL_TAG_RECEIVE);
        return NULL;
    }
    return Pool;
}

static VOID ReceivePoolFree(_In_ PNET_BUFFER_LIST Nbl)
{
    PRECEIVE_BUFFER Buffer = RECEIVE_BUFFER_OF(Nbl);

    NdisFreeNetBufferList(Nbl);
    NdisFreeMdl(Buffer->Mdl);
    PoolFree(Buffer, POOL_TAG_RECEIVE);
}

_Use_decl_annotations_
VOID ReceivePoolDelete(PRECEIVE_POOL Pool)
{
    for (ULONG Kind = 0; Kind < RECEIVE_POOL_CAPACITIES; Kind++)
        while (Pool->Kept[Kind])
        {
            PNET_BUFFER_LIST Nbl = Pool->Kept[Kind];
            Pool->Kept[Kind] = NET_BUFFER_LIST_NEXT_NBL(Nbl);
            ReceivePoolFree(Nbl);
        }
    NdisFreeNetBufferListPool(Pool->ListPool);
    PoolFree(Pool, POOL_TAG_RECEIVE);
}

static PNET_BUFFER_LIST ReceivePoolAllocate(_In_ PRECEIVE_POOL Pool, ULONG Kind)
{
    ULONG Capacity = ReceivePoolKinds[Kind].Capacity;
    PRECEIVE_BUFFER Buffer =
        PoolAllocateUninitialized(sizeof(*Buffer) + Capacity, POOL_TAG_RECEIVE);
    PNET_BUFFER_LIST Nbl;

    if (!Buffer)
        return NULL;
    Buffer->Kind = Kind;
    Buffer->Mdl = NdisAllocateMdl(Pool->MiniportHandle, Buffer->Data, Capacity);
    if (!Buffer->Mdl)
        goto CleanupBuffer;
    Nbl = NdisAllocateNetBufferAndNetBufferList(Pool->ListPool, 0, 0, Buffer->Mdl, 0, 0);
    if (!Nbl)
        goto CleanupMdl;
    Nbl->SourceHandle = Pool->MiniportHandle;
    RECEIVE_BUFFER_OF(Nbl) = Buffer;
    return Nbl;

CleanupMdl:
    NdisFreeMdl(Buffer->Mdl);
CleanupBuffer:
    PoolFree(Buffer, POOL_TAG_RECEIVE);
    return NULL;
}

/*
 * Moves kept buffers of a kind to the stash, or counts one more as outstanding, which the caller
 * then has to make; FALSE: the bound is reached.
 */
static BOOLEAN
ReceivePoolReserve(_Inout_ PRECEIVE_POOL Pool, _Inout_ PRECEIVE_STASH Stash, ULONG Kind)
{
    KLOCK_QUEUE_HANDLE Lock;
    ULONG Room, Taken = 0;

    KeAcquireInStackQueuedSpinLock(&Pool->Lock, &Lock);
    Room = RECEIVE_POOL_MAX_OUTSTANDING - Pool->Outstanding;
    while (Pool->Kept[Kind] && Taken < Room && Taken < RECEIVE_POOL_TAKEN_AT_ONCE)
    {
        PNET_BUFFER_LIST Nbl = Pool->Kept[Kind];
        Pool->Kept[Kind] = NET_BUFFER_LIST_NEXT_NBL(Nbl);
        NET_BUFFER_LIST_NEXT_NBL(Nbl) = Stash->First[Kind];
        Stash->First[Kind] = Nbl;
        Taken++;
    }
    Pool->KeptCount[Kind] -= Taken;
    Pool->Outstanding += Taken ? Taken : (Room ? 1 : 0);
    if (!Room)
        KeClearEvent(&Pool->Returned);
    KeReleaseInStackQueuedSpinLock(&Lock);
    return Room != 0;
}

/* That many less are outstanding, one or more. */
_Requires_lock_held_(Pool->Lock) static VOID
    ReceivePoolUncount(_Inout_ PRECEIVE_POOL Pool, ULONG Count)
{
    if (Pool->Outstanding == RECEIVE_POOL_MAX_OUTSTANDING)
        KeSetEvent(&Pool->Returned, IO_NO_INCREMENT, FALSE);
    Pool->Outstanding -= Count;
}

/*
 * The mirror image, for the first lists of a chain, of which there is one: keeps them, or adds them
 * to *Excess. Returns the rest of the chain; *Count grows by those that are done.
 */
static PNET_BUFFER_LIST ReceivePoolUnreserve(
    _Inout_ PRECEIVE_POOL Pool,
    _In_ PNET_BUFFER_LIST Lists,
    _Inout_ PNET_BUFFER_LIST *Excess,
    _Inout_ PULONG Count)
{
    PNET_BUFFER_LIST Rest = Lists;
    KLOCK_QUEUE_HANDLE Lock;
    ULONG Given = 0;

    KeAcquireInStackQueuedSpinLock(&Pool->Lock, &Lock);
    while (Rest && Given < RECEIVE_POOL_GIVEN_AT_ONCE)
    {
        PNET_BUFFER_LIST Nbl = Rest, *To = Excess;
        ULONG Kind = RECEIVE_BUFFER_OF(Nbl)->Kind;
        Rest = NET_BUFFER_LIST_NEXT_NBL(Nbl);
        if (Pool->KeptCount[Kind] < ReceivePoolKinds[Kind].MaxKept)
        {
            To = &Pool->Kept[Kind];
            Pool->KeptCount[Kind]++;
        }
        NET_BUFFER_LIST_NEXT_NBL(Nbl) = *To;
        *To = Nbl;
        Given++;
    }
    ReceivePoolUncount(Pool, Given);
    KeReleaseInStackQueuedSpinLock(&Lock);
    *Count += Given;
    return Rest;
}

_Use_decl_annotations_
PNET_BUFFER_LIST
ReceivePoolTake(PRECEIVE_POOL Pool, PRECEIVE_STASH Stash, ULONG Length, PBOOLEAN AtLimit)
{
    KLOCK_QUEUE_HANDLE Lock;
    PNET_BUFFER_LIST Nbl;
    PNET_BUFFER Nb;
    ULONG Kind = 0;

    while (Length > ReceivePoolKinds[Kind].Capacity)
        Kind++;
    *AtLimit = !Stash->First[Kind] && !ReceivePoolReserve(Pool, Stash, Kind);
    if (*AtLimit)
        return NULL;
    Nbl = Stash->First[Kind];
    if (Nbl)
        Stash->First[Kind] = NET_BUFFER_LIST_NEXT_NBL(Nbl);
    else
        Nbl = ReceivePoolAllocate(Pool, Kind);
    if (!Nbl)
    {
        KeAcquireInStackQueuedSpinLock(&Pool->Lock, &Lock);
        ReceivePoolUncount(Pool, 1);
        KeReleaseInStackQueuedSpinLock(&Lock);
        return NULL;
    }

    /* Drivers above may have moved the data start of a list that was used before. */
    Nb = NET_BUFFER_LIST_FIRST_NB(Nbl);
    NET_BUFFER_FIRST_MDL(Nb) = RECEIVE_BUFFER_OF(Nbl)->Mdl;
    NET_BUFFER_CURRENT_MDL(Nb) = RECEIVE_BUFFER_OF(Nbl)->Mdl;
    NET_BUFFER_CURRENT_MDL_OFFSET(Nb) = 0;
    NET_BUFFER_DATA_OFFSET(Nb) = 0;
    NET_BUFFER_DATA_LENGTH(Nb) = Length;
    NET_BUFFER_LIST_NEXT_NBL(Nbl) = NULL;
    NET_BUFFER_LIST_STATUS(Nbl) = NDIS_STATUS_SUCCESS;
    return Nbl;
}

_Use_decl_annotations_
PUCHAR ReceivePoolData(PNET_BUFFER_LIST Nbl)
{
    return RECEIVE_BUFFER_OF(Nbl)->Data;
}

_Use_decl_annotations_
ULONG ReceivePoolGive(PRECEIVE_POOL Pool, PNET_BUFFER_LIST Lists)
{
    PNET_BUFFER_LIST Rest = Lists, Excess = NULL;
    ULONG Count = 0;

    while (Rest)
        Rest = ReceivePoolUnreserve(Pool, Rest, &Excess, &Count);
    while (Excess)
    {
        PNET_BUFFER_LIST Nbl = Excess;
        Excess = NET_BUFFER_LIST_NEXT_NBL(Nbl);
        NET_BUFFER_LIST_NEXT_NBL(Nbl) = NULL;
        ReceivePoolFree(Nbl);
    }
    return Count;
}

_Use_decl_annotations_
VOID ReceivePoolGiveStash(PRECEIVE_POOL Pool, PRECEIVE_STASH Stash)
{
    for (ULONG Kind = 0; Kind < RECEIVE_POOL_CAPACITIES; Kind++)
    {
        (VOID) ReceivePoolGive(Pool, Stash->First[Kind]);
        Stash->First[Kind] = NULL;
    }
}
