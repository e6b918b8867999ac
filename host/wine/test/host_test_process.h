/* SPDX-License-Identifier: MIT */
/*
 * What the process of host_test.sys holds, seen from a client under Wine: its files of /proc, and
 * the handles that Wine counts.
 */
#ifndef ADIT_HOST_TEST_PROCESS_H
#define ADIT_HOST_TEST_PROCESS_H

/* The Linux process that the driver runs in: the one that has it mapped. 0: none. */
unsigned DriverProcess(void);

/* Client pages that the driver's process still has mapped. -1: it cannot be asked. */
int LeftOvers(unsigned Process);

/* Files that a Linux process has open. -1: it cannot be asked. */
int OpenFiles(unsigned Process);

/* Handles of all processes that drivers run in. 0: Wine does not say. */
unsigned DriverHandles(void);

#endif
