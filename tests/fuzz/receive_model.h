/* SPDX-License-Identifier: MIT */
/*
 * What the driver must make of a receive ring, and a tap that collects what it does make of it.
 *
 *     ReceiveModelPut, Poke, Scribble  the client writes
 *     ReceiveModelPublish              ... and moves Tail
 *     ReceiveModelRun                  what Windows must get of it, and what is counted
 *     ReceiveModelAwait                the driver has done that, and nothing else
 */
#ifndef ADIT_TESTS_FUZZ_RECEIVE_MODEL_H
#define ADIT_TESTS_FUZZ_RECEIVE_MODEL_H

#include "fuzz.h"

typedef struct _RECEIVE_MODEL
{
    TUN_RING *Ring;
    uint32_t Capacity;
    uint32_t Next;     /* offset of the next packet that the driver takes */
    uint32_t Put;      /* where the client puts its next packet */
    ULONG Number;      /* of packets put */
    BOOLEAN Finished;  /* the ring is corrupt: nothing more is read */
    BOOLEAN Scribbled; /* the client has written to Alertable */
    TUN_RING *Shadow;  /* what the ring holds; Head as the driver or the client wrote it last */
    /* Since ReceiveModelStart. */
    ULONG64 Packets, Octets, Errors;
    NDIS_STATISTICS_INFO Before;
} RECEIVE_MODEL;

void ReceiveModelStart(RECEIVE_MODEL *Model, TUN_RING *Ring, uint32_t Capacity);
/* Nothing if there is no room. Size goes into the header, Length bytes are written. */
void ReceiveModelPut(RECEIVE_MODEL *Model, uint32_t Length, uint32_t Size, uint8_t First);
void ReceiveModelPoke(RECEIVE_MODEL *Model, uint32_t Offset, const uint8_t *Bytes, size_t Count);
/* Offset: of Head or Alertable, which are the driver's. */
void ReceiveModelScribble(RECEIVE_MODEL *Model, size_t Offset, uint32_t Value);
void ReceiveModelPublish(RECEIVE_MODEL *Model, uint32_t Tail);
void ReceiveModelRun(RECEIVE_MODEL *Model);
void ReceiveModelAwait(const RECEIVE_MODEL *Model);
/* While the session is active, and after it: the driver wrote nothing but Head and Alertable. */
void ReceiveModelCheck(const RECEIVE_MODEL *Model);
void ReceiveModelCheckEnd(const RECEIVE_MODEL *Model);

/* Once, before any session. */
void ReceiveTapSet(void);
/* What the tap sees from now on stays with it, until it is returned, the last first. */
void ReceiveTapHold(void);
void ReceiveTapReturn(void);

/* Makes the driver fill its store of buffers, so that later inputs leave it as it was. */
void ReceivePoolWarm(void);

#endif
