/* SPDX-License-Identifier: MIT */
/*
 * foreign.sys: a miniport for layer 3 that owes nothing to adit.sys, in the style of drivers whose
 * clients read and write packets as a file. It has one adapter. A timer and a work item say that
 * its link is up; clones of what is sent come back by another timer; reads wait in a cancel-safe
 * queue.
 */
#ifndef ADIT_FOREIGN_DRIVER_H
#define ADIT_FOREIGN_DRIVER_H

#include <ntifs.h>
#include <ndis.h>

#include "foreign.h"

#define FOREIGN_TAG    'nroF'
#define FOREIGN_MTU    1500
#define FOREIGN_QUEUED 64 /* packets that wait for reads */

/* A chain of lists, in the order in which they came. */
typedef struct _FOREIGN_CHAIN
{
    PNET_BUFFER_LIST First;
    PNET_BUFFER_LIST *Last;
    ULONG Count;
} FOREIGN_CHAIN, *PFOREIGN_CHAIN;

typedef struct _FOREIGN
{
    NDIS_HANDLE Driver;
    NDIS_HANDLE Device;
    NDIS_HANDLE Adapter;   /* NULL: there is none */
    volatile LONG Removed; /* no reads any more */

    PNDIS_RW_LOCK_EX Lock; /* guards the next two, for as long as packets are on their way in */
    BOOLEAN Running;
    BOOLEAN Mirror;

    /* The adapter */
    NDIS_HANDLE Pool;
    NDIS_HANDLE LinkTimer, MirrorTimer, LinkWork;
    NDIS_HANDLE ResetWork;
    volatile LONG Hung; /* the next check says so */
    NDIS_EVENT LinkDone;
    NDIS_EVENT Idle;         /* nothing is with the stack */
    volatile LONG Indicated; /* lists with the stack, and one while the adapter runs */
    NDIS_SPIN_LOCK Queue;    /* guards the next two */
    FOREIGN_CHAIN Sent;      /* what waits for reads */
    FOREIGN_CHAIN Clones;    /* what waits for MirrorTimer */

    /* The device */
    IO_CSQ Reads;
    KSPIN_LOCK ReadLock; /* guards the next two */
    LIST_ENTRY ReadList;
    ULONG ReadCount;
    volatile LONG Files;

    NDIS_SPIN_LOCK StateLock;
    FOREIGN_STATE State; /* guarded by StateLock */
} FOREIGN;

extern FOREIGN Foreign;

/* main.c */
VOID ForeignLog(_In_ PCSTR Word);
/* Adds to one of State's counters. */
VOID ForeignCount(_Inout_ uint32_t *Counter);
VOID ForeignAppend(_Inout_ PFOREIGN_CHAIN Chain, _Inout_ PNET_BUFFER_LIST List);
/* The whole chain, which is empty then. */
PNET_BUFFER_LIST ForeignTakeAll(_Inout_ PFOREIGN_CHAIN Chain);

/* utility.c: from MiniportInitializeEx, after the attributes. */
VOID UtilityCheck(NDIS_HANDLE Adapter, _In_ PNDIS_MINIPORT_INIT_PARAMETERS Parameters);

/* data.c */
NDIS_STATUS DataCreate(NDIS_HANDLE Adapter);
VOID DataDelete(VOID);
VOID DataRestart(VOID);
VOID DataPause(VOID);
MINIPORT_SEND_NET_BUFFER_LISTS DataSend;
MINIPORT_RETURN_NET_BUFFER_LISTS DataReturn;
MINIPORT_CANCEL_SEND DataCancelSend;
/* Gives queued packets to reads that wait, as long as there are both. */
VOID DataPump(VOID);
/* A packet of a client's: FALSE if the adapter does not run or there is no memory. */
BOOLEAN DataInject(_In_reads_bytes_(Length) const VOID *Packet, ULONG Length);

/* device.c */
NDIS_STATUS DeviceCreate(VOID);
VOID DeviceDelete(VOID);
/* Ends all reads of a file, or of all files for NULL. */
VOID DeviceEndReads(_In_opt_ PFILE_OBJECT File, NTSTATUS Status);
VOID DeviceComplete(_Inout_ PIRP Irp, NTSTATUS Status, ULONG Information);

#endif
