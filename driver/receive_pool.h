/* SPDX-License-Identifier: MIT */
/*
 * Buffers for received packets: each is a NET_BUFFER_LIST with one NET_BUFFER over memory of the
 * driver's. Common sizes are kept for reuse, up to a bound; the number that Windows holds at any
 * time is bounded as well.
 */
#ifndef ADIT_DRIVER_RECEIVE_POOL_H
#define ADIT_DRIVER_RECEIVE_POOL_H

#include <ntifs.h>
#include <ndis.h>

#define RECEIVE_POOL_COMMON_BYTES    2048u /* capacity of the buffers that are kept */
#define RECEIVE_POOL_MAX_KEPT        1024u /* buffers */
#define RECEIVE_POOL_MAX_OUTSTANDING 4096u /* buffers that Windows may hold */

typedef struct _RECEIVE_POOL
{
    NDIS_HANDLE MiniportHandle;
    NDIS_HANDLE ListPool;
    KSPIN_LOCK Lock;
    PNET_BUFFER_LIST Kept; /* Lock */
    ULONG KeptCount;       /* Lock */
    ULONG Outstanding;     /* Lock */
    KEVENT Returned;       /* notification event: Outstanding is below its bound */
} RECEIVE_POOL, *PRECEIVE_POOL;

/*
 * A buffer for a packet of that many bytes, which the caller writes to ReceivePoolData. NULL: no
 * memory; or, with *AtLimit, Windows holds as many as it may, and Returned is clear until it gives
 * one back. IRQL <= DISPATCH_LEVEL.
 */
_Ret_maybenull_ PNET_BUFFER_LIST
ReceivePoolTake(_Inout_ PRECEIVE_POOL Pool, ULONG Length, _Out_ PBOOLEAN AtLimit);

/* Where the packet of such a buffer lies. */
PUCHAR ReceivePoolData(_In_ PNET_BUFFER_LIST Nbl);

/* Takes the buffers of a chain back; returns how many. IRQL <= DISPATCH_LEVEL. */
ULONG ReceivePoolGive(_Inout_ PRECEIVE_POOL Pool, _In_ PNET_BUFFER_LIST Lists);

#endif
