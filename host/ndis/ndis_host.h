/* SPDX-License-Identifier: MIT */
/*
 * The control surface of the NDIS library, for the hosts that carry it and for tests. Miniport
 * drivers see <ndis.h> only.
 *
 * An adapter pointer comes from NdisHostOpenAdapter or from an enumeration. It stays valid until
 * NdisHostCloseAdapter or the end of the enumeration's callback; once the device is removed, all
 * functions that need the miniport fail.
 */
#ifndef ADIT_HOST_NDIS_NDIS_HOST_H
#define ADIT_HOST_NDIS_NDIS_HOST_H

#include <ntifs.h>
#include <ndis.h>

#include "link.h"
#include "verify.h"

typedef struct _NDIS_MINIPORT_ADAPTER NDIS_MINIPORT_ADAPTER, *PNDIS_MINIPORT_ADAPTER;

/* Adapter states of a miniport driver, under the names of the driver documentation. */
typedef enum _NDIS_HOST_STATE
{
    NdisHostHalted,
    NdisHostInitializing,
    NdisHostPaused,
    NdisHostRestarting,
    NdisHostRunning,
    NdisHostPausing,
    NdisHostShutdown
} NDIS_HOST_STATE;

/* Packets are net buffers; all counts are since AddDevice. */
typedef struct _NDIS_HOST_COUNTERS
{
    ULONG64 Sent;             /* given to the miniport */
    ULONG64 SendErrors;       /* completed by the miniport with a failure status */
    ULONG64 Indicated;        /* received from the miniport */
    ULONG64 ToLink;           /* ... and taken by the link */
    ULONG64 DroppedByLink;    /* ... that the link had no room for */
    ULONG64 DroppedLength;    /* ... empty or longer than the miniport's MTU */
    ULONG64 DroppedFrameType; /* ... neither IPv4 nor IPv6 by NetBufferListFrameType */
    ULONG64 DroppedResources; /* ... that no contiguous copy could be made of */
} NDIS_HOST_COUNTERS, *PNDIS_HOST_COUNTERS;

typedef struct _NDIS_HOST_INFORMATION
{
    NDIS_HOST_STATE State;
    PDEVICE_OBJECT PhysicalDeviceObject;
    PDEVICE_OBJECT FunctionalDeviceObject;
    NDIS_LINK_IDENTITY Identity;
    ULONG NdisVersion;             /* minor number that the driver registered for */
    ULONG CharacteristicsRevision; /* of NDIS_MINIPORT_DRIVER_CHARACTERISTICS */
    ULONG PowerManagementRevision; /* of NDIS_PM_CAPABILITIES, 0 without */
    ULONG MtuSize;                 /* 0 before the miniport was initialised */
    NET_IF_MEDIA_CONNECT_STATE MediaConnectState;
    ULONG64 XmitLinkSpeed; /* bits per second */
    ULONG64 RcvLinkSpeed;
    ULONG PacketFilter; /* as set last with success */
    ULONG Lookahead;    /* bytes, likewise */
    NDIS_HOST_COUNTERS Counters;
} NDIS_HOST_INFORMATION, *PNDIS_HOST_INFORMATION;

/*
 * Version that NdisGetVersion reports and the newest that drivers may register for, as
 * (Major << 16) | Minor; 6.20 (0x60014) to 6.86 (0x60056). Takes effect for drivers registered
 * from then on. STATUS_INVALID_PARAMETER: not such a version. PASSIVE_LEVEL.
 */
NTSTATUS NdisHostSetVersion(ULONG Version);

/* Called for each adapter by NdisHostEnumerateAdapters, at PASSIVE_LEVEL; FALSE ends it. */
typedef BOOLEAN NDIS_HOST_ENUMERATE(_In_ PNDIS_MINIPORT_ADAPTER Adapter, _In_opt_ PVOID Context);

/* All adapters from AddDevice to removal, oldest first. PASSIVE_LEVEL. */
VOID NdisHostEnumerateAdapters(_In_ NDIS_HOST_ENUMERATE *Callback, _In_opt_ PVOID Context);

/*
 * The adapter whose functional or physical device object this is; NULL if there is none.
 * The caller owns a reference until NdisHostCloseAdapter. PASSIVE_LEVEL.
 */
PNDIS_MINIPORT_ADAPTER NdisHostOpenAdapter(_In_ PDEVICE_OBJECT DeviceObject);
VOID NdisHostCloseAdapter(_In_ PNDIS_MINIPORT_ADAPTER Adapter);

/* A snapshot. PASSIVE_LEVEL. */
VOID NdisHostGetInformation(
    _In_ PNDIS_MINIPORT_ADAPTER Adapter, _Out_ PNDIS_HOST_INFORMATION Information);

/*
 * Device-control codes of the host, tried on an adapter's device before NDIS rejects an unknown
 * code. STATUS_INVALID_DEVICE_REQUEST: not one of the host's; any other status, together with
 * Irp->IoStatus.Information, completes the request. Must not return STATUS_PENDING, must not
 * complete the IRP. PASSIVE_LEVEL. Link stays open during the call.
 */
typedef NTSTATUS NDIS_HOST_DEVICE_CONTROL(
    _In_ PNDIS_MINIPORT_ADAPTER Adapter, _In_ PNDIS_LINK Link, _Inout_ PIRP Irp);

/* Sets the host's device-control function, NULL for none, before the first driver is loaded. */
VOID NdisHostSetDeviceControl(_In_opt_ NDIS_HOST_DEVICE_CONTROL *DeviceControl);

/*
 * Returns net buffer lists that NdisHostSend took, each exactly once, in any order and grouping,
 * with NET_BUFFER_LIST_STATUS set by the miniport. IRQL <= DISPATCH_LEVEL; at DISPATCH_LEVEL
 * NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL may be set in SendCompleteFlags.
 */
typedef VOID NDIS_HOST_SEND_COMPLETE(
    _In_opt_ PVOID Context, _In_ PNET_BUFFER_LIST NetBufferLists, ULONG SendCompleteFlags);

/*
 * Gives a chain of net buffer lists to MiniportSendNetBufferLists as it is, in any state in which
 * the miniport is initialised. They must come from NDIS pools and belong to the caller, who gets
 * them back through Complete, also before this function returns.
 * STATUS_SUCCESS; STATUS_DEVICE_NOT_READY: not initialised, the caller keeps the chain.
 * IRQL <= DISPATCH_LEVEL, NDIS_SEND_FLAGS_DISPATCH_LEVEL in SendFlags only at DISPATCH_LEVEL.
 */
NTSTATUS NdisHostSend(
    _In_ PNDIS_MINIPORT_ADAPTER Adapter,
    _In_ PNET_BUFFER_LIST NetBufferLists,
    NDIS_PORT_NUMBER PortNumber,
    ULONG SendFlags,
    _In_ NDIS_HOST_SEND_COMPLETE *Complete,
    _In_opt_ PVOID Context);

/*
 * MiniportCancelSend for the net buffer lists whose NetBufferListCancelId is CancelId.
 * STATUS_SUCCESS; STATUS_DEVICE_NOT_READY: not initialised. IRQL <= DISPATCH_LEVEL.
 */
NTSTATUS NdisHostCancelSend(_In_ PNDIS_MINIPORT_ADAPTER Adapter, _In_ PVOID CancelId);

/*
 * Sees each chain that the miniport indicates, before the link does. TRUE: the tap keeps the chain
 * and gives it back with NdisHostReturnNetBufferLists (with NDIS_RECEIVE_FLAGS_RESOURCES, before it
 * returns and without that call); the link does not get it. IRQL <= DISPATCH_LEVEL.
 */
typedef BOOLEAN NDIS_HOST_RECEIVE_TAP(
    _In_opt_ PVOID Context,
    _In_ PNET_BUFFER_LIST NetBufferLists,
    NDIS_PORT_NUMBER PortNumber,
    ULONG NumberOfNetBufferLists,
    ULONG ReceiveFlags);

/* Sets the tap, NULL for none. Only while no indication can be under way: paused or halted. */
VOID NdisHostSetReceiveTap(
    _In_ PNDIS_MINIPORT_ADAPTER Adapter,
    _In_opt_ NDIS_HOST_RECEIVE_TAP *Tap,
    _In_opt_ PVOID Context);

/*
 * Gives a chain of net buffer lists that a tap kept to MiniportReturnNetBufferLists.
 * IRQL <= DISPATCH_LEVEL, NDIS_RETURN_FLAGS_DISPATCH_LEVEL in ReturnFlags only at DISPATCH_LEVEL.
 */
VOID NdisHostReturnNetBufferLists(
    _In_ PNDIS_MINIPORT_ADAPTER Adapter, _In_ PNET_BUFFER_LIST NetBufferLists, ULONG ReturnFlags);

/*
 * One OID request to the miniport, serialised with all others; waits for its completion.
 * Returns the miniport's status; NDIS_STATUS_ADAPTER_NOT_READY: not initialised.
 * The request and its buffer are non-paged memory of the caller. PASSIVE_LEVEL.
 */
NDIS_STATUS
NdisHostOidRequest(_In_ PNDIS_MINIPORT_ADAPTER Adapter, _Inout_ PNDIS_OID_REQUEST Request);

/*
 * A query as NDIS answers it: from the attributes that the miniport registered where the
 * documentation says that NDIS handles the OID, else by asking the miniport.
 * *BytesWritten: valid on success; *BytesNeeded: valid for NDIS_STATUS_INVALID_LENGTH and
 * NDIS_STATUS_BUFFER_TOO_SHORT. Other returns as NdisHostOidRequest. PASSIVE_LEVEL.
 */
NDIS_STATUS NdisHostQuery(
    _In_ PNDIS_MINIPORT_ADAPTER Adapter,
    NDIS_OID Oid,
    _Out_writes_bytes_to_(Length, *BytesWritten) PVOID Buffer,
    ULONG Length,
    _Out_ PULONG BytesWritten,
    _Out_ PULONG BytesNeeded);

/* MiniportCancelOidRequest with that RequestId. STATUS_SUCCESS; STATUS_DEVICE_NOT_READY. */
NTSTATUS NdisHostCancelOidRequest(_In_ PNDIS_MINIPORT_ADAPTER Adapter, _In_ PVOID RequestId);

/*
 * One direct OID request, beside any number of others; as NdisHostOidRequest otherwise.
 * NDIS_STATUS_NOT_SUPPORTED: the miniport has no function for them.
 */
NDIS_STATUS
NdisHostDirectOidRequest(_In_ PNDIS_MINIPORT_ADAPTER Adapter, _Inout_ PNDIS_OID_REQUEST Request);

/* MiniportCancelDirectOidRequest, if there is one. STATUS_SUCCESS; STATUS_DEVICE_NOT_READY. */
NTSTATUS NdisHostCancelDirectOidRequest(_In_ PNDIS_MINIPORT_ADAPTER Adapter, _In_ PVOID RequestId);

/*
 * Resets the miniport, as when it says that it hangs, and waits for it. STATUS_SUCCESS, whatever
 * the miniport's status; STATUS_NOT_SUPPORTED: it has no function for that;
 * STATUS_DEVICE_NOT_READY: not initialised. PASSIVE_LEVEL.
 */
NTSTATUS NdisHostReset(_In_ PNDIS_MINIPORT_ADAPTER Adapter);

/*
 * Pauses the stack over the miniport, then the miniport, and waits for it: STATUS_SUCCESS;
 * STATUS_DEVICE_NOT_READY: not running. PASSIVE_LEVEL.
 */
NTSTATUS NdisHostPause(_In_ PNDIS_MINIPORT_ADAPTER Adapter);

/*
 * Restarts the miniport, then the stack over it: STATUS_SUCCESS; the miniport's status, it is
 * paused then; STATUS_DEVICE_NOT_READY: not paused. PASSIVE_LEVEL.
 */
NTSTATUS NdisHostRestart(_In_ PNDIS_MINIPORT_ADAPTER Adapter);

/*
 * The system goes to sleep (PowerDeviceD3), or wakes up (PowerDeviceD0): pause and
 * OID_PNP_SET_POWER for a miniport with NDIS_MINIPORT_ATTRIBUTES_NO_HALT_ON_SUSPEND, halt and
 * initialise for others. STATUS_SUCCESS; the miniport's status on the way up, it is paused or
 * halted then; STATUS_INVALID_PARAMETER: another state. PASSIVE_LEVEL.
 */
NTSTATUS NdisHostSetPower(_In_ PNDIS_MINIPORT_ADAPTER Adapter, DEVICE_POWER_STATE State);

/* Calls MiniportShutdownEx of all adapters, as at system shutdown; they cannot be used any more. */
VOID NdisHostShutdownSystem(VOID);

#if !NDIS_VERIFY
/*
 * Reports that a driver, or a host, broke a documented rule: what it is, the NDIS function in
 * which it shows, and the documentation page (file name without extension). Bug check 0x7C,
 * BUGCODE_NDIS_DRIVER, with these three as its first parameters. Any IRQL. With NDIS_VERIFY the
 * host decides what becomes of it (verify.h).
 */
DECLSPEC_NORETURN VOID
NdisHostViolation(_In_z_ PCSTR Rule, _In_z_ PCSTR Function, _In_z_ PCSTR Document);
#endif

#endif
