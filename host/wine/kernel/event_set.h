/* SPDX-License-Identifier: MIT */
/*
 * Setting events of clients. A set is a round trip to Wine's server, for which its thread waits;
 * a thread that brings packets to a miniport, and so has one set after another, gathers its sets.
 */
#ifndef ADIT_HOST_WINE_EVENT_SET_H
#define ADIT_HOST_WINE_EVENT_SET_H

#include <ntifs.h>

/*
 * From now on a set by this thread that follows another of the same event within
 * EVENT_SET_INTERVAL_US may be pending for as long as that, or until the thread's next set or
 * EventSetFlush if these are later. So whoever calls this calls EventSetFlush before it waits for
 * anything in another way than by KeWaitForSingleObject and KeWaitForMultipleObjects, which flush,
 * and ends by PsTerminateSystemThread. Called again it does nothing.
 */
VOID EventSetGather(VOID);

#define EVENT_SET_INTERVAL_US 200

/*
 * Sets a client's event, Handle being that of ObjectClientHandle. Returns whether it was signalled;
 * of a set that becomes pending, whether one was already.
 */
LONG EventSetClient(_In_ PVOID Object, _In_ HANDLE Handle);

/* Whether this thread has a set pending. */
BOOLEAN EventSetIsPending(VOID);

/* Does what this thread has pending. */
VOID EventSetFlush(VOID);

/* Does what any thread has pending for that event: whatever is done to it next comes after that. */
VOID EventSetFlushObject(_In_ PVOID Object);

/* The same for an event whose handle is about to be closed. */
VOID EventSetForget(_In_ PVOID Object);

/* This thread ends: does what it has pending, and gathers no more. */
VOID EventSetEnd(VOID);

#endif
