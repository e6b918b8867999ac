/* SPDX-License-Identifier: MIT */
/*
 * Events in memory under several threads. Returns 0, or the number of the first thing that went
 * wrong, as counted in HostTestStress. PASSIVE_LEVEL.
 */
#ifndef ADIT_HOST_TEST_STRESS_H
#define ADIT_HOST_TEST_STRESS_H

#include <ntifs.h>

ULONG HostTestStress(VOID);

/* 0: all is well; else the line of host_test_timers.c that failed. */
ULONG HostTestTimers(PDEVICE_OBJECT DeviceObject);

/* Likewise, of host_test_functions.c. */
ULONG HostTestFunctions(PDEVICE_OBJECT DeviceObject);

/* Likewise, of host_test_own.c. */
ULONG HostTestOwnMemory(VOID);

/* Likewise, of host_test_supplied.c. */
ULONG HostTestSupplied(VOID);

/* MmProbeAndLockPages: the status that it raises, or STATUS_SUCCESS. */
DECLSPEC_NOINLINE NTSTATUS HostTestProbe(PMDL Mdl, KPROCESSOR_MODE Mode, LOCK_OPERATION Operation);

#endif
