/* SPDX-License-Identifier: MIT */
/*
 * The native link: the far end of an adapter as two queues of packets, and what a test does there.
 * Implements host/ndis/link.h. A link is valid from NdisLinkOpen, when the adapter is made, to
 * NdisLinkClose, when it goes.
 */
#ifndef ADIT_HOST_NATIVE_NATIVE_LINK_H
#define ADIT_HOST_NATIVE_NATIVE_LINK_H

#include "../ndis/link.h"

/* The link opened last; NULL: none is open. */
PNDIS_LINK NativeLinkLast(VOID);
ULONG NativeLinkCount(VOID);
VOID NativeLinkIdentity(PNDIS_LINK Link, _Out_ PNDIS_LINK_IDENTITY Identity);

ULONG NativeLinkMtu(PNDIS_LINK Link); /* 0: not told yet */

/* Queues a packet toward the miniport. PASSIVE_LEVEL. */
VOID NativeLinkPush(PNDIS_LINK Link, _In_ const VOID *Data, ULONG Length);
/* Packets that were pushed and not read yet. */
ULONG NativeLinkPending(PNDIS_LINK Link);
/* Forgets them. */
VOID NativeLinkDiscard(PNDIS_LINK Link);

/*
 * Takes the oldest packet that the miniport indicated, waiting for it if need be. Returns its
 * length, of which up to Capacity bytes are in Data; -1: none came within Milliseconds.
 */
LONG NativeLinkCollect(PNDIS_LINK Link, _Out_ VOID *Data, ULONG Capacity, ULONG Milliseconds);
/* Indicated packets beyond that many uncollected ones are dropped. */
VOID NativeLinkSetRoom(PNDIS_LINK Link, ULONG Packets);

/* Waits until the media state is that. FALSE: it was not within Milliseconds. */
BOOLEAN NativeLinkWaitConnected(PNDIS_LINK Link, BOOLEAN Connected, ULONG Milliseconds);
/* Whoever ends the connected state next sets Entered and polls Leave, so that a test can act in
 * between. */
VOID NativeLinkHoldDisconnect(PNDIS_LINK Link, PRKEVENT Entered, PRKEVENT Leave);
/* The name it was given last; empty: none. Valid until the next NdisLinkRename. */
PCWSTR NativeLinkName(PNDIS_LINK Link);

/* The next NdisLinkOpen fails with that status. */
VOID NativeLinkFailOpen(NTSTATUS Status);

#endif
