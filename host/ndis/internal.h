/* SPDX-License-Identifier: MIT */
/*
 * Structures and functions that the files of the NDIS library share. Functions that are neither
 * NDIS' own nor in link.h or ndis_host.h begin with Ndisp and the name of their file's concept.
 */
#ifndef ADIT_HOST_NDIS_INTERNAL_H
#define ADIT_HOST_NDIS_INTERNAL_H

#include <ntifs.h>
#include <ndis.h>

#include "link.h"
#include "ndis_host.h"

#define NDISP_FOURCC(A, B, C, D) \
    ((ULONG)(A) | ((ULONG)(B) << 8) | ((ULONG)(C) << 16) | ((ULONG)(D) << 24))

#define NDISP_TAG NDISP_FOURCC('N', 'd', 'A', 'h')

#define NDISP_DRIVER_SIGNATURE        NDISP_FOURCC('N', 'd', 'M', 'd')
#define NDISP_ADAPTER_SIGNATURE       NDISP_FOURCC('N', 'd', 'M', 'a')
#define NDISP_DEVICE_SIGNATURE        NDISP_FOURCC('N', 'd', 'D', 'v')
#define NDISP_CONFIGURATION_SIGNATURE NDISP_FOURCC('N', 'd', 'C', 'f')
#define NDISP_NBL_POOL_SIGNATURE      NDISP_FOURCC('N', 'd', 'L', 'p')
#define NDISP_NB_POOL_SIGNATURE       NDISP_FOURCC('N', 'd', 'B', 'p')
#define NDISP_NBL_SIGNATURE           NDISP_FOURCC('N', 'd', 'L', 'b')
#define NDISP_NB_SIGNATURE            NDISP_FOURCC('N', 'd', 'B', 'b')
/* Of a generic object, the header itself: the object's type is the header's alone to know. */
#define NDISP_GENERIC_OBJECT_SIGNATURE                                       \
    ((ULONG)NDIS_OBJECT_TYPE_DEFAULT | NDIS_GENERIC_OBJECT_REVISION_1 << 8 | \
     (ULONG)sizeof(NDIS_GENERIC_OBJECT) << 16)
#define NDISP_FREED_SIGNATURE NDISP_FOURCC('N', 'd', 'F', 'r')

/* The largest packet of any miniport: that of IPv4, and of IPv6 without jumbograms. */
#define NDISP_MAX_MTU 0xFFFFu

/* Packets in one call of NdisLinkRead, NdisLinkWrite or MiniportSendNetBufferLists. */
#define NDISP_BATCH 64

#define NdispLogError(...)   DbgPrintEx(DPFLTR_IHVNETWORK_ID, DPFLTR_ERROR_LEVEL, __VA_ARGS__)
#define NdispLogWarning(...) DbgPrintEx(DPFLTR_IHVNETWORK_ID, DPFLTR_WARNING_LEVEL, __VA_ARGS__)
#define NdispLogInfo(...)    DbgPrintEx(DPFLTR_IHVNETWORK_ID, DPFLTR_INFO_LEVEL, __VA_ARGS__)

/* ---- Structures ---- */

/* A driver that called NdisMRegisterMiniportDriver. */
typedef struct _NDIS_MINIPORT_DRIVER
{
    ULONG Signature;
    LIST_ENTRY Link; /* guarded by the driver list's lock */
    PDRIVER_OBJECT DriverObject;
    UNICODE_STRING RegistryPath; /* own copy */
    NDIS_HANDLE Context;
    NDIS_MINIPORT_DRIVER_CHARACTERISTICS Characteristics;
    volatile LONG AdapterCount;
} NDIS_MINIPORT_DRIVER, *PNDIS_MINIPORT_DRIVER;

/* Who gets back net buffer lists that were given to a miniport. */
typedef struct _NDIS_SENDER
{
    NDIS_HOST_SEND_COMPLETE *Complete;
    PVOID Context;
} NDIS_SENDER, *PNDIS_SENDER;

/* The send path from the link (send.c). Made when the miniport is initialised. */
typedef struct _NDIS_SEND_PATH
{
    NDIS_SENDER Sender;
    NDIS_HANDLE Pool;
    struct _NDIS_SEND_SLOT *Slots; /* SlotCount of them */
    PUCHAR Memory;                 /* of all slots */
    ULONG SlotCount;
    ULONG BackFill; /* bytes before each packet */
    ULONG Mtu;

    KSPIN_LOCK Lock;
    PNET_BUFFER_LIST Free; /* guarded by Lock; so are the next two */
    ULONG FreeCount;
    BOOLEAN Waiting; /* somebody waits on FreeChanged */
    KEVENT FreeChanged;

    PVOID Thread; /* the reader, referenced, or NULL */
    volatile LONG Stopping;
#if !NDIS_VERIFY
    KSPIN_LOCK DispatchLock; /* only ever taken by the reader, to be at DISPATCH_LEVEL */
#endif
} NDIS_SEND_PATH, *PNDIS_SEND_PATH;

/* What a miniport that returned NDIS_STATUS_PENDING still has to call. */
typedef enum _NDIS_COMPLETION
{
    NdisAwaitNothing,
    NdisAwaitPauseComplete,
    NdisAwaitRestartComplete
} NDIS_COMPLETION;

#define NDISP_MAX_BACK_FILL 0x8000u /* bytes; of data and of context */

/* A miniport adapter: a device that a miniport driver serves. */
struct _NDIS_MINIPORT_ADAPTER
{
    ULONG Signature;
    LIST_ENTRY Link; /* guarded by the adapter list's lock */
    ULONG64 Serial;  /* ascending along the list */
    volatile LONG References;
    PNDIS_MINIPORT_DRIVER Driver;

    /* Plug and Play (pnp.c): written by AddDevice and START only */
    PDEVICE_OBJECT Pdo;
    PDEVICE_OBJECT Fdo;
    PDEVICE_OBJECT NextDevice;
    UNICODE_STRING DeviceName;
    UNICODE_STRING LinkName;
    UNICODE_STRING InterfaceName; /* from IoRegisterDeviceInterface */
    BOOLEAN LinkNameCreated;
    BOOLEAN InterfaceEnabled;
    PVOID AllocatedResources;
    PVOID AllocatedResourcesTranslated;
    EX_RUNDOWN_REF DeviceRundown; /* held by requests to the device; ends at REMOVE */
    volatile LONG SurpriseRemoved;
    PNDIS_LINK NdisLink;
    NDIS_LINK_IDENTITY Identity;

    /* State machine (miniport.c) */
    KEVENT PnpLock;        /* signalled: free; held through each transition */
    volatile LONG State;   /* NDIS_HOST_STATE, written under PnpLock */
    NDIS_HANDLE Context;   /* MiniportAdapterContext */
    EX_RUNDOWN_REF Calls;  /* held by calls into an initialised miniport; ends before HaltEx */
    volatile LONG Awaited; /* NDIS_COMPLETION */
    KEVENT Completed;
    NDIS_STATUS CompletionStatus;
    BOOLEAN Suspended;

    /* What the miniport said of itself (attributes.c); valid while it is initialised */
    BOOLEAN RegistrationSet;
    BOOLEAN GeneralSet;
    ULONG AttributeFlags;
    NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES General;
    NDIS_OID *SupportedOids; /* own copy */
    ULONG PowerManagementRevision;

    /* OID requests (oid.c) */
    KEVENT OidLock; /* signalled: free */
    KEVENT OidCompleted;
    PNDIS_OID_REQUEST volatile OidPending;
    NDIS_STATUS OidStatus;
    ULONG PacketFilter; /* guarded by OidLock; so is Lookahead */
    ULONG Lookahead;

    /* Check-for-hang and reset (reset.c) */
    PVOID ResetThread; /* referenced, or NULL */
    KEVENT ResetWake;
    KEVENT ResetLock; /* signalled: free; held through each reset */
    volatile LONG ResetStopping;
    volatile LONG ResetRequested;
    volatile LONG ResetPending;
    KEVENT ResetCompleted;
    NDIS_STATUS ResetStatus; /* valid with ResetCompleted; so is the next */
    BOOLEAN AddressingReset;
    ULONG CheckForHangSeconds;

    /* Status (status.c) */
    KSPIN_LOCK StatusLock;
    NDIS_LINK_STATE LinkState; /* guarded by StatusLock */

    /* Data path */
    NDIS_SEND_PATH Send;
    NDIS_HOST_RECEIVE_TAP *Tap;
    PVOID TapContext;
    volatile LONG64 SendsOutstanding;    /* net buffer lists; + NDISP_SEND_CALL per running call */
    volatile LONG64 ReceivesOutstanding; /* net buffer lists with the stack */

    /* NDIS_HOST_COUNTERS */
    volatile LONG64 Sent;
    volatile LONG64 SendErrors;
    volatile LONG64 Indicated;
    volatile LONG64 ToLink;
    volatile LONG64 DroppedByLink;
    volatile LONG64 DroppedLength;
    volatile LONG64 DroppedFrameType;
    volatile LONG64 DroppedResources;
};

#define NDISP_SEND_CALL ((LONG64)1 << 32)

/* Device extension of an FDO (Adapter) and of NdisRegisterDeviceEx's devices (MajorFunction). */
typedef struct _NDIS_DEVICE_EXTENSION
{
    ULONG Signature;
    PNDIS_MINIPORT_ADAPTER Adapter;
    PDEVICE_OBJECT DeviceObject;
    PDRIVER_DISPATCH MajorFunction[IRP_MJ_MAXIMUM_FUNCTION + 1];
    UNICODE_STRING SymbolicName;
    ULONG ReservedSize;
    DECLSPEC_ALIGN(MEMORY_ALLOCATION_ALIGNMENT) UCHAR Reserved[];
} NDIS_DEVICE_EXTENSION, *PNDIS_DEVICE_EXTENSION;

/* ---- driver.c ---- */

PNDIS_MINIPORT_DRIVER NdispDriverFromHandle(NDIS_HANDLE Handle, PCSTR Function);
PNDIS_MINIPORT_DRIVER NdispDriverFromObject(PDRIVER_OBJECT DriverObject);

/* ---- adapter.c ---- */

/* An adapter with one reference, halted and on no list; NULL: no memory. */
PNDIS_MINIPORT_ADAPTER NdispAdapterCreate(PNDIS_MINIPORT_DRIVER Driver, PDEVICE_OBJECT Pdo);
VOID NdispAdapterReference(PNDIS_MINIPORT_ADAPTER Adapter);
VOID NdispAdapterDereference(PNDIS_MINIPORT_ADAPTER Adapter);
/* On the list that hosts enumerate, with a reference of its own, and off it. */
VOID NdispAdapterPublish(PNDIS_MINIPORT_ADAPTER Adapter);
VOID NdispAdapterRetract(PNDIS_MINIPORT_ADAPTER Adapter);
/* The adapter of a miniport handle; anything else is a violation. */
PNDIS_MINIPORT_ADAPTER NdispAdapterFromHandle(NDIS_HANDLE Handle, PCSTR Function);
NDIS_HOST_STATE NdispAdapterState(PNDIS_MINIPORT_ADAPTER Adapter);
VOID NdispAdapterLock(PNDIS_MINIPORT_ADAPTER Adapter);
VOID NdispAdapterUnlock(PNDIS_MINIPORT_ADAPTER Adapter);
/* FALSE: not initialised. Else the miniport is not halted until NdispAdapterLeave. */
BOOLEAN NdispAdapterEnter(PNDIS_MINIPORT_ADAPTER Adapter);
VOID NdispAdapterLeave(PNDIS_MINIPORT_ADAPTER Adapter);

/* ---- attributes.c ---- */

/* Forgets all that NdisMSetMiniportAttributes said. */
VOID NdispAttributesReset(PNDIS_MINIPORT_ADAPTER Adapter);

/* ---- miniport.c: transitions of the state machine, PnpLock held ---- */

/* Halted to paused. On failure halted still; the miniport's status. */
NTSTATUS NdispMiniportInitialize(PNDIS_MINIPORT_ADAPTER Adapter);
/* Paused to running. On failure paused still; the miniport's status. */
NTSTATUS NdispMiniportRestart(PNDIS_MINIPORT_ADAPTER Adapter);
/* Running to paused. */
VOID NdispMiniportPause(PNDIS_MINIPORT_ADAPTER Adapter);
/* Paused to halted. */
VOID NdispMiniportHalt(PNDIS_MINIPORT_ADAPTER Adapter, NDIS_HALT_ACTION Action);
/* Any initialised state to shutdown. */
VOID NdispMiniportShutdown(PNDIS_MINIPORT_ADAPTER Adapter);
VOID NdispMiniportNotify(
    PNDIS_MINIPORT_ADAPTER Adapter, NDIS_DEVICE_PNP_EVENT Event, PVOID Buffer, ULONG Length);

/* ---- stack.c: the miniport and what is bound to it, PnpLock held ---- */

/* Halted to running, with the send path and all OIDs that a stack sets. On failure halted. */
NTSTATUS NdispStackStart(PNDIS_MINIPORT_ADAPTER Adapter);
/* Any state to halted, or stays in shutdown. */
VOID NdispStackStop(PNDIS_MINIPORT_ADAPTER Adapter, NDIS_HALT_ACTION Action);
/* Paused to running, running to paused, with the send path. */
NTSTATUS NdispStackRestart(PNDIS_MINIPORT_ADAPTER Adapter);
VOID NdispStackPause(PNDIS_MINIPORT_ADAPTER Adapter);
/* Takes PnpLock itself: MiniportShutdownEx if the miniport is initialised. */
VOID NdispStackShutdown(PNDIS_MINIPORT_ADAPTER Adapter);
NTSTATUS NdispStackSetPower(PNDIS_MINIPORT_ADAPTER Adapter, DEVICE_POWER_STATE State);

/* ---- pnp.c ---- */

DRIVER_ADD_DEVICE NdispPnpAddDevice;
NTSTATUS NdispPnpDispatch(PNDIS_MINIPORT_ADAPTER Adapter, PIRP Irp);
NTSTATUS NdispPowerDispatch(PNDIS_MINIPORT_ADAPTER Adapter, PIRP Irp);

/* ---- device.c ---- */

DRIVER_DISPATCH NdispDeviceDispatch;
/* Makes an unnamed or named device object whose extension is an NDIS_DEVICE_EXTENSION. */
NTSTATUS NdispDeviceCreate(
    PDRIVER_OBJECT DriverObject, PUNICODE_STRING Name, ULONG Reserved, PDEVICE_OBJECT *Device);

/* ---- configuration.c ---- */

/* Driver key: REG_DWORD and REG_SZ values. STATUS_OBJECT_NAME_NOT_FOUND,
 * STATUS_OBJECT_TYPE_MISMATCH or the registry's error. */
NTSTATUS NdispConfigurationReadDword(HANDLE Key, PCWSTR Name, PULONG Value);
NTSTATUS NdispConfigurationWriteDword(HANDLE Key, PCWSTR Name, ULONG Value);
/* Value must be followed by a NUL character. */
NTSTATUS NdispConfigurationWriteString(HANDLE Key, PCWSTR Name, PCUNICODE_STRING Value);

/* ---- buffer.c ---- */

/* Where a net buffer list is, as far as NDIS knows. */
typedef enum _NDIS_NBL_PLACE
{
    NdisNblFreed,
    NdisNblWithOwner,    /* whoever allocated it */
    NdisNblWithMiniport, /* sent, not completed */
    NdisNblWithStack     /* indicated, not returned */
} NDIS_NBL_PLACE;

/*
 * Drivers built for a later NDIS than nt/ describes have a longer NetBufferListInfo; it is the last
 * field, so room behind it is enough.
 */
#define NDISP_LATER_INFO 32

/* What NDIS knows of a net buffer list, in front of it. */
typedef struct _NDIS_NBL_BLOCK
{
    ULONG Signature;
    volatile LONG Place; /* NDIS_NBL_PLACE */
    struct _NDIS_BUFFER_POOL *Pool;
    PNDIS_MINIPORT_ADAPTER Adapter; /* while sent or indicated */
    PVOID MiniportReserved[2];      /* of the list: while indicated, or as it was completed */
    BOOLEAN Marked;                 /* by NdispBufferMark, and not sent since */
    PNDIS_SENDER Sender;            /* while sent; so are the next two */
    PNET_BUFFER FirstNetBuffer;
    ULONG DataLength;
    PMDL Mdl; /* preallocated with the list, or NULL; so is its data */
    PVOID Data;
    ULONG CloneFlags; /* NDISP_CLONE and its flags, NDISP_FRAGMENTS or NDISP_REASSEMBLED; 0: none */
    ULONG DataOffsetDelta; /* of the last two */
    DECLSPEC_ALIGN(MEMORY_ALLOCATION_ALIGNMENT) NET_BUFFER_LIST List;
    PVOID LaterInfo[NDISP_LATER_INFO]; /* continues List.NetBufferListInfo */
    DECLSPEC_ALIGN(MEMORY_ALLOCATION_ALIGNMENT) NET_BUFFER Buffer;
    DECLSPEC_ALIGN(MEMORY_ALLOCATION_ALIGNMENT) UCHAR ContextArea[];
} NDIS_NBL_BLOCK, *PNDIS_NBL_BLOCK;

C_ASSERT(
    FIELD_OFFSET(NDIS_NBL_BLOCK, LaterInfo) ==
    FIELD_OFFSET(NDIS_NBL_BLOCK, List) + sizeof(NET_BUFFER_LIST));

#define NDISP_CLONE       0x80000000u
#define NDISP_FRAGMENTS   0x40000000u
#define NDISP_REASSEMBLED 0x20000000u

/*
 * A list of that pool without net buffer; one of the library's own without context for NULL. Net
 * buffers likewise. NULL: no memory.
 */
PNDIS_NBL_BLOCK NdispBufferAllocateList(NDIS_HANDLE ListPool, PCSTR Function);
PNET_BUFFER NdispBufferAllocate(
    NDIS_HANDLE BufferPool, PMDL MdlChain, ULONG DataOffset, SIZE_T DataLength, PCSTR Function);
/* Gives a list the net buffer that lies in its block. */
VOID NdispBufferGiveBuffer(PNDIS_NBL_BLOCK Block, PMDL MdlChain, SIZE_T DataLength);
/* Frees what the list's owner has, its net buffers apart. */
VOID NdispBufferFreeList(PNDIS_NBL_BLOCK Block, PCSTR Function, PCSTR Document);

/* The block of a net buffer list; one that no NDIS pool made is a violation. */
PNDIS_NBL_BLOCK NdispBufferBlock(PNET_BUFFER_LIST NetBufferList, PCSTR Function);
/* Moves it from one place to another; FALSE: it is not at From. */
BOOLEAN NdispBufferMove(PNDIS_NBL_BLOCK Block, NDIS_NBL_PLACE From, NDIS_NBL_PLACE To);
/*
 * A list that was sent comes back: what the miniport may keep in it is overwritten, and when the
 * list is freed or sent again it must be so still. Without NDIS_VERIFY they do nothing.
 */
VOID NdispBufferMark(PNDIS_NBL_BLOCK Block);
VOID NdispBufferCheckMark(PNDIS_NBL_BLOCK Block);
/* Out-of-band data and status as after allocation. */
VOID NdispBufferClearInfo(PNDIS_NBL_BLOCK Block);
/* Gives a net buffer its MDL chain, and the data that starts Offset bytes behind its start. */
VOID NdispBufferSetData(PNET_BUFFER NetBuffer, PMDL MdlChain, ULONG Offset, SIZE_T Length);

/* ---- clone.c ---- */

/* A chain of partial MDLs over Length bytes of a net buffer's data behind the first Skip; NULL: no
 * memory, or no bytes. */
PMDL NdispCloneMdls(const NET_BUFFER *Original, ULONG Skip, ULONG Length);
VOID NdispCloneFreeMdls(PMDL Mdl);

/* ---- send.c ---- */

/* Before NdispSendStart, after NdispSendStop. MtuSize, DataBackFillSize from the attributes. */
NTSTATUS NdispSendCreatePath(PNDIS_MINIPORT_ADAPTER Adapter);
VOID NdispSendDeletePath(PNDIS_MINIPORT_ADAPTER Adapter);
/* Starts the thread that reads the link; stops it, and waits for all sends of it. PASSIVE_LEVEL */
NTSTATUS NdispSendStart(PNDIS_MINIPORT_ADAPTER Adapter);
VOID NdispSendStop(PNDIS_MINIPORT_ADAPTER Adapter);

/* ---- transmit.c ---- */

/* MiniportSendNetBufferLists, for an initialised miniport. Sender outlives the completion. */
VOID NdispTransmit(
    PNDIS_MINIPORT_ADAPTER Adapter,
    PNDIS_SENDER Sender,
    PNET_BUFFER_LIST NetBufferLists,
    NDIS_PORT_NUMBER PortNumber,
    ULONG SendFlags);

/* ---- oid.c ---- */

/* As NdisHostOidRequest. */
NDIS_STATUS NdispOidRequest(PNDIS_MINIPORT_ADAPTER Adapter, PNDIS_OID_REQUEST Request);
NDIS_STATUS NdispOidQuery(
    PNDIS_MINIPORT_ADAPTER Adapter,
    NDIS_OID Oid,
    PVOID Buffer,
    ULONG Length,
    PULONG BytesWritten,
    PULONG BytesNeeded);
NDIS_STATUS
NdispOidSet(PNDIS_MINIPORT_ADAPTER Adapter, NDIS_OID Oid, PVOID Buffer, ULONG Length);
/* Waits for the request under way; none follows it until NdispOidUnlock. */
VOID NdispOidLock(PNDIS_MINIPORT_ADAPTER Adapter);
VOID NdispOidUnlock(PNDIS_MINIPORT_ADAPTER Adapter);

/* ---- reset.c ---- */

/* From the end of MiniportInitializeEx to the start of MiniportHaltEx. PASSIVE_LEVEL */
VOID NdispResetStart(PNDIS_MINIPORT_ADAPTER Adapter);
VOID NdispResetStop(PNDIS_MINIPORT_ADAPTER Adapter);

/* ---- query.c ---- */

/* As NdisHostQuery. */
NDIS_STATUS NdispQuery(
    PNDIS_MINIPORT_ADAPTER Adapter,
    NDIS_OID Oid,
    PVOID Buffer,
    ULONG Length,
    PULONG BytesWritten,
    PULONG BytesNeeded);

/* ---- status.c ---- */

/* The state that the general attributes tell, and the link hears of it. */
VOID NdispStatusReset(PNDIS_MINIPORT_ADAPTER Adapter, BOOLEAN Initialized);

/* ---- host.c ---- */

ULONG NdispHostVersion(VOID);
NTSTATUS NdispHostDeviceControl(PNDIS_MINIPORT_ADAPTER Adapter, PIRP Irp);

#endif
