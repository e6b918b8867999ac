/* SPDX-License-Identifier: MIT */
/*
 * Into Windows: a thread per session takes packets from the receive ring in batches, copies each
 * into a buffer of the driver's, gives the ring space back, and indicates the batch in one call.
 * Windows never parses memory that the client can change.
 */
#ifndef ADIT_DRIVER_RECEIVE_H
#define ADIT_DRIVER_RECEIVE_H

#include "session.h"

/* The buffers that an adapter indicates packets in. NULL: no memory. */
_IRQL_requires_max_(PASSIVE_LEVEL) _Ret_maybenull_ PRECEIVE_POOL
ReceivePoolCreate(_In_ NDIS_HANDLE MiniportHandle);

/* All buffers have been returned. */
_IRQL_requires_max_(PASSIVE_LEVEL) VOID ReceivePoolDelete(_In_ PRECEIVE_POOL Pool);

/* Starts the session's receive thread. Status: as PsCreateSystemThread. */
_IRQL_requires_max_(PASSIVE_LEVEL) NTSTATUS ReceiveStart(_Inout_ PSESSION Session);

/* Ends it, waits for it, and puts the terminal mark into the receive ring. */
_IRQL_requires_max_(PASSIVE_LEVEL) VOID ReceiveStop(_Inout_ PSESSION Session);

MINIPORT_RETURN_NET_BUFFER_LISTS ReceiveReturnNetBufferLists;

#endif
