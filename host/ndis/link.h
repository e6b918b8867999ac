/* SPDX-License-Identifier: MIT */
/*
 * A link: where the packets of a miniport come from and go to when the network stack is not
 * Windows'. The NDIS library calls these functions; the host that it is built into supplies them
 * (a Linux TUN under Wine, a queue in the native tests). Unless stated otherwise they are called
 * at PASSIVE_LEVEL and may block.
 */
#ifndef ADIT_HOST_NDIS_LINK_H
#define ADIT_HOST_NDIS_LINK_H

#include <ntifs.h>
#include <ndis.h>

typedef struct _NDIS_LINK NDIS_LINK, *PNDIS_LINK;

/* What the host's network stack calls this link; the NDIS library tells the miniport and Plug and
 * Play so. */
typedef struct _NDIS_LINK_IDENTITY
{
    NET_LUID NetLuid;
    NET_IFINDEX IfIndex;
    GUID InterfaceGuid;
} NDIS_LINK_IDENTITY, *PNDIS_LINK_IDENTITY;

/* One packet in the NDIS library's memory. */
typedef struct _NDIS_LINK_PACKET
{
    PVOID Data;
    ULONG Capacity; /* bytes at Data */
    ULONG Length;   /* bytes of the packet */
} NDIS_LINK_PACKET, *PNDIS_LINK_PACKET;

/*
 * Makes a link for a miniport of that IfType. It starts stopped (see NdisLinkStart) and
 * disconnected. Called by AddDevice, since a miniport is told its NET_LUID before it says its MTU.
 * STATUS_SUCCESS; the host's own error, already logged with the names and limits involved.
 * The caller owns *Link until NdisLinkClose.
 */
NTSTATUS NdisLinkOpen(ULONG IfType, _Out_ PNDIS_LINK *Link, _Out_ PNDIS_LINK_IDENTITY Identity);

/*
 * Packets to and from the miniport are at most Mtu bytes long, 1 to 0xFFFF. Called before each
 * first NdisLinkStart after the miniport is initialised. STATUS_SUCCESS; the host's own error,
 * already logged.
 */
NTSTATUS NdisLinkSetMtu(_In_ PNDIS_LINK Link, ULONG Mtu);

/* Ends the link. No other call on it may be running. */
VOID NdisLinkClose(_In_ PNDIS_LINK Link);

/*
 * Gives the link the name that people see, the connection name of Windows. Owner, if not 0, is a
 * number by which the host tells in its messages whose link it is.
 * STATUS_OBJECT_NAME_COLLISION: taken. STATUS_OBJECT_NAME_INVALID: not a name the host can use.
 */
NTSTATUS NdisLinkRename(_In_ PNDIS_LINK Link, _In_ PCUNICODE_STRING Name, ULONG Owner);

/* Media state, as the miniport last indicated it. IRQL <= DISPATCH_LEVEL. */
VOID NdisLinkSetConnected(_In_ PNDIS_LINK Link, BOOLEAN Connected);

/*
 * Packets on their way to the miniport. Waits until there is at least one, then fills as many of
 * the Count packets as it can without waiting. Returns how many; 0: NdisLinkStop was called.
 * One thread at a time.
 */
ULONG NdisLinkRead(_In_ PNDIS_LINK Link, _Inout_ PNDIS_LINK_PACKET Packets, ULONG Count);

/* Makes NdisLinkRead return 0, now and from now on, until NdisLinkStart. Any thread. */
VOID NdisLinkStop(_In_ PNDIS_LINK Link);
VOID NdisLinkStart(_In_ PNDIS_LINK Link);

/*
 * Packets that the miniport indicated. Takes them or drops them, and never waits for room; returns
 * how many were taken. IRQL <= DISPATCH_LEVEL, any number of threads.
 */
ULONG NdisLinkWrite(_In_ PNDIS_LINK Link, _In_ const NDIS_LINK_PACKET *Packets, ULONG Count);

#endif
