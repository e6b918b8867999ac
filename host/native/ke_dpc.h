/* SPDX-License-Identifier: MIT */
/*
 * What timers and deferred procedure calls share: the thread that makes the calls also waits for
 * the timers. Everything but KiNeedDpcThread and KiAssertDpc with KiDispatcherLock held.
 */
#ifndef ADIT_HOST_NATIVE_KE_DPC_H
#define ADIT_HOST_NATIVE_KE_DPC_H

#include "executive.h"

#define KI_NEVER (~0ull)

VOID KiNeedDpcThread(VOID);
/* It looks at queue and timers anew. */
VOID KiWakeDpcThread(VOID);
/* FALSE: it is queued already. */
BOOLEAN KiQueueDpc(PKDPC Dpc, PVOID SystemArgument1, PVOID SystemArgument2);
VOID KiAssertDpc(PCSTR Function, PKDPC Dpc);
/* One that is queued and lies there; NULL: none. */
PVOID KiFindQueuedDpc(PVOID Memory, SIZE_T Size);

/* Signals timers that are due and queues their DPCs; when the next one is, in KiMonotonicTime, or
 * KI_NEVER. */
ULONGLONG KiExpireTimers(VOID);

#endif
