/* SPDX-License-Identifier: MIT */
/*
 * A session: one registration of a pair of rings on an adapter. At most one per adapter.
 */
#ifndef ADIT_DRIVER_SESSION_H
#define ADIT_DRIVER_SESSION_H

#include "adapter.h"
#include "ring_map.h"
#include "../ring/consumer.h"
#include "../ring/producer.h"

struct _SESSION
{
    PADAPTER Adapter;
    PFILE_OBJECT Owner; /* the file that registered; not referenced, since its cleanup ends us */
    HANDLE OwnerProcess;

    /* Windows to client; written by any number of processors. */
    RING_MAP SendMap;
    KSPIN_LOCK SendLock;
    RING_PRODUCER Producer;      /* SendLock */
    PNET_BUFFER_LIST SendFirst;  /* SendLock: batches reserved and not yet published, in order */
    PNET_BUFFER_LIST SendLast;   /* SendLock */
    BOOLEAN SendTerminated;      /* SendLock: the ring is corrupt, nothing more goes in */
    BOOLEAN SignalOnlyAlertable; /* the client maintains Alertable of the send ring */

    /* Client to Windows; only the receive thread touches the cursor. */
    RING_MAP ReceiveMap;
    RING_CONSUMER Consumer;
    PKTHREAD ReceiveThread; /* referenced */
    KEVENT ReceiveStop;     /* notification event */
};

/*
 * Registers the rings for a file and starts the data path. In the context of the client.
 *
 * STATUS_DEVICE_NOT_READY: the adapter is going away.
 * STATUS_ALREADY_INITIALIZED: a registration is active, on this file or another.
 * STATUS_INVALID_PARAMETER: a descriptor, or the initial Head or Tail, is out of range.
 * Others: see RingMapOpen, PsCreateSystemThread.
 * On failure nothing is locked, referenced or registered.
 */
_IRQL_requires_max_(PASSIVE_LEVEL) NTSTATUS SessionRegister(
    _Inout_ PADAPTER Adapter,
    _In_ PFILE_OBJECT Owner,
    _In_ const RING_DESCRIPTOR *Send,
    _In_ const RING_DESCRIPTOR *Receive);

/*
 * Ends the session that this file registered, that this process registered, or whichever there is;
 * nothing happens if there is none such. On return no thread uses the client's memory any more and
 * both rings carry their terminal marks.
 */
_IRQL_requires_max_(PASSIVE_LEVEL) VOID
SessionEndOfFile(_Inout_ PADAPTER Adapter, _In_ PFILE_OBJECT Owner);
_IRQL_requires_max_(PASSIVE_LEVEL) VOID
SessionEndOfProcess(_Inout_ PADAPTER Adapter, _In_ HANDLE ProcessId);
/* Also keeps new ones from starting. */
_IRQL_requires_max_(PASSIVE_LEVEL) VOID SessionEndForGood(_Inout_ PADAPTER Adapter);

#endif
