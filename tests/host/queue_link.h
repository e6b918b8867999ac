/* SPDX-License-Identifier: MIT */
/*
 * A link for tests (host/ndis/link.h): two bounded queues, whose far ends the test holds.
 */
#ifndef ADIT_TESTS_HOST_QUEUE_LINK_H
#define ADIT_TESTS_HOST_QUEUE_LINK_H

#include <ntifs.h>
#include <ndis.h>

#include "link.h"

#define QUEUE_LINK_CAPACITY 1024 /* packets in each direction */

/* The link that was opened last and is open still; NULL: none. */
PNDIS_LINK QueueLinkCurrent(VOID);

/* NdisLinkOpen, NdisLinkSetMtu return this instead of success, until set to STATUS_SUCCESS. */
VOID QueueLinkFail(NTSTATUS Open, NTSTATUS SetMtu);

/* A packet for the miniport. FALSE: the queue is full. */
BOOLEAN QueueLinkPush(PNDIS_LINK Link, const VOID *Data, ULONG Length);

/*
 * The next packet from the miniport, cut to Capacity; returns its whole length, 0: none in time.
 */
ULONG QueueLinkPop(PNDIS_LINK Link, PVOID Data, ULONG Capacity, ULONG Milliseconds);

/* What the library told the link. */
BOOLEAN QueueLinkIsConnected(PNDIS_LINK Link);
ULONG QueueLinkMtu(PNDIS_LINK Link);
ULONG QueueLinkIfType(PNDIS_LINK Link);
BOOLEAN QueueLinkIsStopped(PNDIS_LINK Link);

#endif
