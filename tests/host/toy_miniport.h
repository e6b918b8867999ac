/* SPDX-License-Identifier: MIT */
/*
 * A miniport driver whose behaviour a test sets, and which writes down what NDIS calls.
 */
#ifndef ADIT_TESTS_HOST_TOY_MINIPORT_H
#define ADIT_TESTS_HOST_TOY_MINIPORT_H

#include <ntifs.h>
#include <ndis.h>

#define TOY_TAG ('T' | 'o' << 8 | 'y' << 16 | 'M' << 24)

typedef enum _TOY_SEND
{
    ToySendComplete, /* at once, with SendStatus */
    ToySendHold,     /* until cancelled, or until ToyReleaseSends */
    ToySendEcho      /* indicated as received, then completed */
} TOY_SEND;

typedef struct _TOY
{
    /* Behaviour: see ToyReset */
    NDIS_MINIPORT_DRIVER_CHARACTERISTICS Characteristics;
    NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES General;
    ULONG AttributeFlags;
    NDIS_STATUS SetOptionsStatus;
    NDIS_STATUS InitializeStatus;
    NDIS_STATUS RestartStatus;
    NDIS_STATUS OidStatus;
    NDIS_STATUS SendStatus;
    TOY_SEND Send;
    BOOLEAN IgnoreCancelSend;
    BOOLEAN LeaveOutGeneral;
    BOOLEAN SendWhilePaused; /* wrongly */
    BOOLEAN PendPause;       /* these complete from another thread, a little later */
    BOOLEAN PendRestart;
    BOOLEAN PendOid;
    BOOLEAN LeaveOutDeregister;

    /* What happened. Lock guards Trace, LastSent and its length, and Held while it is filled. */
    KSPIN_LOCK Lock;
    NDIS_HANDLE Driver;
    NDIS_HANDLE Adapter;
    PDRIVER_OBJECT DriverObject;
    NDIS_MINIPORT_INIT_PARAMETERS InitParameters;
    CHAR Trace[4096]; /* names of MiniportXxx functions, each followed by a space */
    ULONG LastOidLength;
    volatile LONG Sends; /* net buffers */
    volatile LONG SendsAtDispatch;
    volatile LONG Returns; /* net buffer lists */
    UCHAR LastSent[0x10000];
    ULONG LastSentLength;
    PNET_BUFFER_LIST Held;
    NDIS_HANDLE Pool;
    EX_RUNDOWN_REF Calls; /* held by ToyIndicate and by sends; run down while paused */
} TOY, *PTOY;

extern TOY Toy;

/* A miniport of NDIS 6.20 with an MTU of 65535 that succeeds at everything. */
VOID ToyReset(VOID);

DRIVER_INITIALIZE ToyDriverEntry;

/* Status of NdisMRegisterMiniportDriver in the last ToyDriverEntry. */
NDIS_STATUS ToyRegisterStatus(VOID);

/*
 * Indicates one packet: of Parts MDLs of nearly the same length, with that NetBufferListFrameType
 * (host byte order). The toy frees it when it is returned, or after the call with
 * NDIS_RECEIVE_FLAGS_RESOURCES. A paused toy indicates nothing.
 */
VOID ToyIndicate(const VOID *Data, ULONG Length, ULONG Parts, USHORT FrameType, ULONG ReceiveFlags);

VOID ToyIndicateLinkState(NDIS_MEDIA_CONNECT_STATE State);

/* Completes what ToySendHold held; how many lists. */
ULONG ToyReleaseSends(VOID);

/* Makes a list of Count packets for sending, each Length bytes of Fill; and frees it. */
PNET_BUFFER_LIST ToyMakeList(NDIS_HANDLE Pool, ULONG Count, ULONG Length, UCHAR Fill);
VOID ToyFreeList(PNET_BUFFER_LIST List);

#endif
