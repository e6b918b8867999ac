/* SPDX-License-Identifier: MIT */
/*
 * Net buffer lists over locked pages of a process, which the driver has to map to send them.
 */
#ifndef ADIT_TESTS_DRIVER_MAPPED_LISTS_H
#define ADIT_TESTS_DRIVER_MAPPED_LISTS_H

#include "sender.h"

#define OUT_LISTS   8u
#define OUT_BUFFERS 2u /* a list */
#define OUT_BYTES   6000u

typedef struct _OUT
{
    PNET_BUFFER_LIST Lists[OUT_LISTS];
    PMDL Mdls[OUT_LISTS][OUT_BUFFERS];
    KSEMAPHORE Completed;
    PUCHAR Memory; /* user memory of Process */
    PEPROCESS Process;
} OUT_LISTS_STATE;

/* The lists, chained, with packets of PacketMake numbered from 0; and the end of them. */
VOID OutMake(OUT_LISTS_STATE *Out, SENDER *Sender);
VOID OutFree(OUT_LISTS_STATE *Out);
/* Sends the lists; each comes back, with success or for want of resources. How many failed. */
ULONG OutSend(OUT_LISTS_STATE *Out, SENDER *Sender);

#endif
