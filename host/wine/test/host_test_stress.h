/* SPDX-License-Identifier: MIT */
/*
 * Events in memory under several threads. Returns 0, or the number of the first thing that went
 * wrong, as counted in HostTestStress. PASSIVE_LEVEL.
 */
#ifndef ADIT_HOST_TEST_STRESS_H
#define ADIT_HOST_TEST_STRESS_H

#include <ntifs.h>

ULONG HostTestStress(VOID);

#endif
