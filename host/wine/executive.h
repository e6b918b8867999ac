/* SPDX-License-Identifier: MIT */
/*
 * What drivers import and <wdm.h> does not declare: reader-writer spin locks, as those of Windows 8
 * and later do, a form of timers, and what else other drivers than this project's import. Contracts
 * are Microsoft's.
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
BOOLEAN NTAPI KeSetCoalescableTimer(
    PKTIMER Timer, LARGE_INTEGER DueTime, ULONG Period, ULONG TolerableDelay, PKDPC Dpc);

#endif
