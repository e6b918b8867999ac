/* SPDX-License-Identifier: MIT */
/*
 * Net buffer lists made by a test and given to the miniport as they are: several packets a list,
 * several lists a call, packets in pieces.
 */
#ifndef ADIT_TESTS_DRIVER_SENDER_H
#define ADIT_TESTS_DRIVER_SENDER_H

#include "fixture.h"

typedef struct _SENDER
{
    PNDIS_MINIPORT_ADAPTER Adapter;
    NDIS_HANDLE ListPool;
    NDIS_HANDLE BufferPool;
    KSEMAPHORE Completed; /* one for each list that came back */
    volatile LONG Succeeded;
    volatile LONG Failed;
    volatile LONG LastError; /* NDIS_STATUS */
} SENDER;

void SenderOpen(SENDER *Sender, const FIXTURE *Fixture);
/* Without an adapter, for who sends otherwise. */
void SenderOpenPools(SENDER *Sender);
void SenderClose(SENDER *Sender);

/* A list of no packets, and one more packet for it, which is a copy of Data: its bytes lie in MDLs
 * of up to Piece bytes, the first Offset bytes into the first. */
PNET_BUFFER_LIST SenderList(SENDER *Sender);
void SenderAdd(
    SENDER *Sender,
    PNET_BUFFER_LIST List,
    const UCHAR *Data,
    ULONG Length,
    ULONG Piece,
    ULONG Offset);
/* One packet, one MDL. */
PNET_BUFFER_LIST SenderPacket(SENDER *Sender, const UCHAR *Data, ULONG Length);

/* Frees one list that came back, and its packets. */
void SenderFree(PNET_BUFFER_LIST List);

/* Sends the chain at PASSIVE_LEVEL or DISPATCH_LEVEL; completed lists are freed. */
void SenderSend(SENDER *Sender, PNET_BUFFER_LIST Chain, KIRQL Irql);
/* Waits until that many lists more have come back. */
void SenderWait(SENDER *Sender, ULONG Lists);

#endif
