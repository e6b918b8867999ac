/* SPDX-License-Identifier: MIT */
/*
 * One ring of a client, as the kernel holds it: its pages locked and mapped, its event referenced.
 */
#ifndef ADIT_DRIVER_RING_MAP_H
#define ADIT_DRIVER_RING_MAP_H

#include <ntifs.h>

#include "../ring/abi.h"

/* What the client says of a ring, widened to 64 bits. Nothing of it is trusted. */
typedef TUN_RING_DESCRIPTOR64 RING_DESCRIPTOR;

typedef struct _RING_MAP
{
    PMDL Mdl;
    TUN_RING *Ring;    /* kernel mapping; the client can write to it at any time */
    ULONG Capacity;    /* bytes, a power of two */
    PKEVENT TailMoved; /* referenced */
} RING_MAP, *PRING_MAP;

/*
 * Locks and maps the ring, in the context of the client. EventAccess: rights that the event's
 * handle must carry. PASSIVE_LEVEL.
 *
 * STATUS_INVALID_PARAMETER: size, capacity, pointer or handle are not those of a ring.
 * STATUS_INVALID_USER_BUFFER: the memory cannot be locked for writing.
 * STATUS_INSUFFICIENT_RESOURCES: no memory for the MDL or the mapping.
 * Others: what ObReferenceObjectByHandle says of the event.
 * On failure nothing is held.
 */
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS
RingMapOpen(_Out_ PRING_MAP Map, _In_ const RING_DESCRIPTOR *Descriptor, ACCESS_MASK EventAccess);

/* Undoes RingMapOpen; in any process. */
_IRQL_requires_max_(PASSIVE_LEVEL) VOID RingMapClose(_Inout_ PRING_MAP Map);

#endif
