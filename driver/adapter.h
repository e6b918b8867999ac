/* SPDX-License-Identifier: MIT */
/*
 * An adapter: what NDIS calls a miniport adapter. Its life is Initialize, then any number of
 * Restart and Pause, then Halt; sessions come and go on it at any time in between.
 */
#ifndef ADIT_DRIVER_ADAPTER_H
#define ADIT_DRIVER_ADAPTER_H

#include <ntifs.h>
#include <ndis.h>

#include "statistics.h"

/* What the adapter's parameters may be (package/adit.inf, "Ndi\Params"). */
#define ADAPTER_DEFAULT_MTU        65535u
#define ADAPTER_MIN_MTU            1280u /* RFC 8200 section 5 */
#define ADAPTER_MAX_MTU            65535u
#define ADAPTER_DEFAULT_LINK_SPEED 1000u /* Mbit/s */
#define ADAPTER_MAX_LINK_SPEED     1000000u

typedef struct _SESSION SESSION, *PSESSION;
typedef struct _RECEIVE_POOL RECEIVE_POOL, *PRECEIVE_POOL;

typedef struct _ADAPTER
{
    /* Set by MiniportInitialize, constant from then on. */
    NDIS_HANDLE MiniportHandle;
    PDEVICE_OBJECT DeviceObject; /* the FDO, which client files are opened on */
    NET_LUID NetLuid;
    ULONG Mtu;         /* bytes */
    ULONG64 LinkSpeed; /* bit/s */
    PRECEIVE_POOL ReceivePool;
    WCHAR LinkName[48];
    UNICODE_STRING Link; /* symbolic link; Length 0: none */

    LIST_ENTRY Entry; /* AdapterListLock */

    /* Control path: held by whoever uses the adapter outside NDIS' own calls; Halt waits. */
    EX_RUNDOWN_REF ControlRundown;
    ERESOURCE SessionLock; /* orders registration and end; taken in a critical region */
    BOOLEAN Removed;       /* SessionLock: no session may start any more */

    /* Data path. */
    PSESSION Session;           /* SessionLock to change; valid under SendRundown as well */
    EX_RUNDOWN_REF SendRundown; /* active while a session accepts packets */
    EX_RUNDOWN_REF DataRundown; /* active while running: sends under way and indicated lists */
    KEVENT Running;             /* notification event: set while running */

    KSPIN_LOCK StatisticsLock;
    STATISTICS Statistics; /* StatisticsLock */
    ULONG PacketFilter;    /* OID requests, which NDIS serialises */
    ULONG Lookahead;       /* likewise */
} ADAPTER, *PADAPTER;

/* Once per driver, in DriverEntry and Unload. */
_IRQL_requires_max_(PASSIVE_LEVEL) NTSTATUS AdapterListInitialize(VOID);
_IRQL_requires_max_(PASSIVE_LEVEL) VOID AdapterListDelete(VOID);

/*
 * Lets the adapter be found, and ends that: Remove waits until nobody holds ControlRundown, which
 * cannot be acquired any more.
 */
_IRQL_requires_max_(PASSIVE_LEVEL) VOID AdapterListInsert(_Inout_ PADAPTER Adapter);
_IRQL_requires_max_(PASSIVE_LEVEL) VOID AdapterListRemove(_Inout_ PADAPTER Adapter);

/*
 * The adapter whose device that is, with its ControlRundown held; NULL when there is none, or it
 * is about to halt. AdapterRelease gives it back.
 */
_IRQL_requires_max_(PASSIVE_LEVEL) _Ret_maybenull_ PADAPTER
AdapterFromDevice(_In_ PDEVICE_OBJECT DeviceObject);
_IRQL_requires_max_(DISPATCH_LEVEL) VOID AdapterRelease(_Inout_ PADAPTER Adapter);

/* Calls Routine on every adapter, with ControlRundown held and no lock. */
typedef VOID ADAPTER_ROUTINE(_Inout_ PADAPTER Adapter, _In_opt_ PVOID Context);
_IRQL_requires_max_(PASSIVE_LEVEL) VOID
AdapterForEach(_In_ ADAPTER_ROUTINE *Routine, _In_opt_ PVOID Context);

/* Tells NDIS that the link is up or down. IRQL <= DISPATCH_LEVEL. */
VOID AdapterIndicateLink(_In_ PADAPTER Adapter, BOOLEAN Connected);

/* Adds a batch's counters to the adapter's. IRQL <= DISPATCH_LEVEL. */
VOID AdapterCountOut(_Inout_ PADAPTER Adapter, _In_ const STATISTICS_DIRECTION *Part);
VOID AdapterCountIn(_Inout_ PADAPTER Adapter, _In_ const STATISTICS_DIRECTION *Part);

#endif
