/* SPDX-License-Identifier: MIT */
/*
 * Net buffer lists as Windows sends them, and what the send ring must look like afterwards.
 *
 *     SenderAddList, SenderAddPacket   build the chain of one call
 *     SenderSend                       sends it; every list completes exactly once
 *     SendModelApply                   what the contract of the ring makes of that call
 *     SendModelCheck                   the ring is what the model says, byte for byte
 */
#ifndef ADIT_TESTS_FUZZ_SENDER_H
#define ADIT_TESTS_FUZZ_SENDER_H

#include "fuzz.h"

#define SENDER_LISTS   6u
#define SENDER_PACKETS 4u
#define SENDER_MDLS    6u

/* Where the data of a net buffer starts. */
typedef enum _SENDER_START
{
    SenderStartOfMdl, /* CurrentMdl holds the first byte, as NdisAdvance... leaves it */
    SenderEndOfMdl,   /* at a border of two MDLs: at the end of the earlier one */
    SenderBehindMdl,  /* CurrentMdlOffset is beyond CurrentMdl */
    SenderStarts
} SENDER_START;

typedef struct _SENDER_SHAPE
{
    ULONG MdlCount;
    ULONG MdlBytes[SENDER_MDLS];
    SENDER_START Start;
    ULONG Offset;     /* of the data from the start of the chain; at most its length */
    ULONG DataLength; /* as the net buffer says; the chain may hold less */
    UCHAR First;      /* first byte of the data, which has the IP version */
    ULONG Seed;       /* of the other bytes */
} SENDER_SHAPE;

typedef struct _SENDER_PACKET
{
    ULONG Length;
    PUCHAR Chain;  /* what all MDLs hold, one behind the other */
    ULONG Offset;  /* of the packet in Chain */
    BOOLEAN Whole; /* a packet that the ring can carry, and all of it is there */
} SENDER_PACKET;

typedef struct _SENDER_LIST
{
    PNET_BUFFER_LIST Nbl;
    ULONG PacketCount;
    SENDER_PACKET Packets[SENDER_PACKETS];
    ULONG Completions;
    NDIS_STATUS Status;
} SENDER_LIST;

typedef struct _SENDER_CALL
{
    BOOLEAN Dispatch; /* sent at DISPATCH_LEVEL */
    ULONG Count;
    SENDER_LIST Lists[SENDER_LISTS];
} SENDER_CALL;

void SenderStart(void);
void SenderStop(void);

SENDER_LIST *SenderAddList(SENDER_CALL *Call);
void SenderAddPacket(SENDER_LIST *List, const SENDER_SHAPE *Shape);
/* Dispatch: at DISPATCH_LEVEL, and the flags say so. */
void SenderSend(SENDER_CALL *Call, BOOLEAN Dispatch);
void SenderFree(SENDER_CALL *Call);

/* What the adapter does with sends. */
typedef enum _SEND_MODEL_STATE
{
    SendModelPaused,
    SendModelRunning,
} SEND_MODEL_STATE;

typedef struct _SEND_MODEL
{
    TUN_RING *Ring;
    uint32_t Capacity;
    uint32_t Head;      /* as last seen */
    uint32_t Next;      /* offset of the next packet */
    BOOLEAN Maintained; /* the client sets Alertable before it sleeps */
    BOOLEAN Terminated;
    TUN_RING *Shadow; /* what the ring holds */
    /* Since SendModelStart. */
    ULONG64 Packets, Octets, Errors, Discards;
    NDIS_STATISTICS_INFO Before;
} SEND_MODEL;

/* The ring as it is registered now. */
void SendModelStart(SEND_MODEL *Model, TUN_RING *Ring, uint32_t Capacity);
/* The client writes one of the header's fields, at offset 0 (Head) or 8 (Alertable). */
void SendModelWrite(SEND_MODEL *Model, size_t Field, uint32_t Value);
/* Checks the call's statuses. Returns whether the client's event must be signalled. */
BOOLEAN SendModelApply(SEND_MODEL *Model, const SENDER_CALL *Call, SEND_MODEL_STATE State);
/* The whole ring and the adapter's counters. */
void SendModelCheck(const SEND_MODEL *Model);

#endif
