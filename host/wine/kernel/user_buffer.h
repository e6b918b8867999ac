/* SPDX-License-Identifier: MIT */
/*
 * Buffers of requests with neither buffered nor direct I/O. Wine copies them into this process: the
 * addresses that a driver gets are those of the copies, and are taken for the client's.
 */
#ifndef ADIT_HOST_WINE_USER_BUFFER_H
#define ADIT_HOST_WINE_USER_BUFFER_H

#include <ntifs.h>

/*
 * Whether the list describes part of such a buffer of the request that is being dispatched. If so,
 * the buffer stays until UserBufferRelease, also when the request is completed before. To be called
 * on the thread that dispatches the clients' requests.
 */
BOOLEAN UserBufferHold(PMDL Mdl);

/* Ends it; does nothing for other lists. */
VOID UserBufferRelease(PMDL Mdl);

/* The request is about to be completed: takes its buffers that are held out of it. */
VOID UserBufferComplete(PIRP Irp);

#endif
