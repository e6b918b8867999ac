/* SPDX-License-Identifier: MIT */
/*
 * Reader-writer spin locks, as drivers of Windows 8 and later import them; contracts are
 * Microsoft's. Rundown protection is declared by <wdm.h>.
 */
#ifndef ADIT_HOST_WINE_EXECUTIVE_H
#define ADIT_HOST_WINE_EXECUTIVE_H

#include <ntifs.h>

KIRQL NTAPI ExAcquireSpinLockShared(volatile LONG *SpinLock);
VOID NTAPI ExReleaseSpinLockShared(volatile LONG *SpinLock, KIRQL OldIrql);
KIRQL NTAPI ExAcquireSpinLockExclusive(volatile LONG *SpinLock);
VOID NTAPI ExReleaseSpinLockExclusive(volatile LONG *SpinLock, KIRQL OldIrql);
VOID NTAPI ExAcquireSpinLockSharedAtDpcLevel(volatile LONG *SpinLock);
VOID NTAPI ExReleaseSpinLockSharedFromDpcLevel(volatile LONG *SpinLock);
VOID NTAPI ExAcquireSpinLockExclusiveAtDpcLevel(volatile LONG *SpinLock);
VOID NTAPI ExReleaseSpinLockExclusiveFromDpcLevel(volatile LONG *SpinLock);

#endif
