/* SPDX-License-Identifier: MIT */
/*
 * Buffers for received packets: each is a NET_BUFFER_LIST with one NET_BUFFER over memory of the
 * driver's, of one of a few capacities. Some of each are kept for reuse, up to a bound; the number
 * that Windows holds at any time is bounded as well. Whoever receives takes them out of the pool
 * many at a time, and has them in a stash of its own.
 */
#ifndef ADIT_DRIVER_RECEIVE_POOL_H
#define ADIT_DRIVER_RECEIVE_POOL_H

#include <ntifs.h>
#include <ndis.h>

/* Buffers out of the pool, those in a stash included. */
#define RECEIVE_POOL_MAX_OUTSTANDING 4096u
/* How many sizes of buffers there are. */
#define RECEIVE_POOL_CAPACITIES 3u

typedef struct _RECEIVE_POOL
{
    NDIS_HANDLE MiniportHandle;
    NDIS_HANDLE ListPool;
    KSPIN_LOCK Lock;
    PNET_BUFFER_LIST Kept[RECEIVE_POOL_CAPACITIES]; /* Lock */
    ULONG KeptCount[RECEIVE_POOL_CAPACITIES];       /* Lock */
    ULONG Outstanding;                              /* Lock */
    KEVENT Returned; /* notification event: Outstanding is below its bound */
} RECEIVE_POOL, *PRECEIVE_POOL;

/* Buffers of one thread's, for packets to come; zero before the first. */
typedef struct _RECEIVE_STASH
{
    PNET_BUFFER_LIST First[RECEIVE_POOL_CAPACITIES];
} RECEIVE_STASH, *PRECEIVE_STASH;

/*
 * A buffer for a packet of that many bytes, which the caller writes to ReceivePoolData; others may
 * go into the stash. NULL: no memory; or, with *AtLimit, as many are out of the pool as may be, and
 * Returned is clear until Windows gives one back. IRQL <= DISPATCH_LEVEL.
 */
_Ret_maybenull_ PNET_BUFFER_LIST ReceivePoolTake(
    _Inout_ PRECEIVE_POOL Pool, _Inout_ PRECEIVE_STASH Stash, ULONG Length, _Out_ PBOOLEAN AtLimit);

/* Where the packet of such a buffer lies. */
PUCHAR ReceivePoolData(_In_ PNET_BUFFER_LIST Nbl);

/* Takes the buffers of a chain back; returns how many. IRQL <= DISPATCH_LEVEL. */
ULONG ReceivePoolGive(_Inout_ PRECEIVE_POOL Pool, _In_opt_ PNET_BUFFER_LIST Lists);

/* Takes back what is in a stash. IRQL <= DISPATCH_LEVEL. */
VOID ReceivePoolGiveStash(_Inout_ PRECEIVE_POOL Pool, _Inout_ PRECEIVE_STASH Stash);

#endif
