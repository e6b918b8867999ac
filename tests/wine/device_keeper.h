/* SPDX-License-Identifier: MIT */
/*
 * Adapters of a 32-bit client, which a 64-bit process makes and keeps.
 */
#ifndef ADIT_TESTS_WINE_DEVICE_KEEPER_H
#define ADIT_TESTS_WINE_DEVICE_KEEPER_H

#include "device_client.h"

typedef struct _KEEPER KEEPER;

/* Does another process make the adapters? Not where this one is as wide as the system. */
BOOL KeeperIsNeeded(VOID);

/* Has an adapter of that name made; NULL and a failed check if it is not. */
KEEPER *KeeperStart(const char *Name, ULONG64 *Luid);

/* Has it removed. */
VOID KeeperEnd(KEEPER *Keeper);

/* The 64-bit process, once it has tried to make the adapter: returns its exit status when it may
 * close it. */
int KeeperRun(WINTUN_ADAPTER_HANDLE Adapter, ULONG64 Luid);

#endif
