/* SPDX-License-Identifier: MIT */
/*
 * The driver's own time, in nanoseconds: what its entries for packets take, without what NDIS takes
 * in the calls that the driver makes to complete or to indicate packets. Of one thread at a time.
 */
#ifndef ADIT_BENCH_DRIVER_TIME_H
#define ADIT_BENCH_DRIVER_TIME_H

#include <ntifs.h>

extern volatile ULONG64 DriverTime;

/* Receiving begins at this SampleNow, or when the driver's last call of NDIS has returned. */
extern volatile ULONG64 DriverIdleUntil;

#endif
