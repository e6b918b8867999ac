/* SPDX-License-Identifier: MIT */
/*
 * Reader-writer spin locks, as drivers of Windows 8 and later import them, and what else drivers
 * other than this project's import; contracts are Microsoft's. Rundown protection is declared by
 * <wdm.h>.
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

/* STATUS_NOT_SUPPORTED: Driver Verifier is off. */
NTSTATUS NTAPI MmIsVerifierEnabled(_Out_ ULONG *VerifierFlags);

#endif
