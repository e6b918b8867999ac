/* SPDX-License-Identifier: MIT */
/*
 * Process notification. Wine's kernel takes such routines and never calls them.
 *
 * Routines set with PsSetCreateProcessNotifyRoutine hear of the end of processes that this host
 * has watched, that is of clients with an object of theirs referenced. They do not hear of the
 * start of processes, nor of the end of others.
 */
#ifndef ADIT_HOST_WINE_PROCESS_H
#define ADIT_HOST_WINE_PROCESS_H

#include <ntifs.h>

/* Watches the process, if somebody wants to know, until it ends. PASSIVE_LEVEL. */
VOID ProcessWatch(HANDLE ProcessId);

#endif
