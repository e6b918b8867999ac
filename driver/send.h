/* SPDX-License-Identifier: MIT */
/*
 * Out of Windows: NDIS hands over NET_BUFFER_LISTs, which are copied once, into the send ring.
 *
 * A call reserves space for all of its packets under SendLock, copies without a lock, and then
 * publishes under SendLock; whoever finishes first of the ring publishes for those behind it that
 * have finished as well. So processors copy in parallel and packets leave in the order reserved.
 */
#ifndef ADIT_DRIVER_SEND_H
#define ADIT_DRIVER_SEND_H

#include "session.h"

MINIPORT_SEND_NET_BUFFER_LISTS SendNetBufferLists;

/* Nothing is ever held back, so there is nothing to cancel. */
MINIPORT_CANCEL_SEND SendCancel;

/*
 * Puts the terminal mark into the send ring and wakes the client. No send may be running.
 */
_IRQL_requires_max_(DISPATCH_LEVEL) VOID SendTerminate(_Inout_ PSESSION Session);

#endif
