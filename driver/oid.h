/* SPDX-License-Identifier: MIT */
/*
 * OID requests: what NDIS asks of the adapter and what it sets. NDIS answers many OIDs itself from
 * the attributes that the miniport registered ("NDIS OID requests, mandatory OIDs for miniport
 * drivers").
 */
#ifndef ADIT_DRIVER_OID_H
#define ADIT_DRIVER_OID_H

#include "adapter.h"

#define OID_SUPPORTED_PACKET_FILTERS                                                           \
    (NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_MULTICAST | NDIS_PACKET_TYPE_ALL_MULTICAST | \
     NDIS_PACKET_TYPE_BROADCAST | NDIS_PACKET_TYPE_ALL_LOCAL | NDIS_PACKET_TYPE_PROMISCUOUS)

/* Every counter of NDIS_STATISTICS_INFO is kept. */
#define OID_SUPPORTED_STATISTICS                                                                  \
    (NDIS_STATISTICS_FLAGS_VALID_DIRECTED_FRAMES_RCV |                                            \
     NDIS_STATISTICS_FLAGS_VALID_MULTICAST_FRAMES_RCV |                                           \
     NDIS_STATISTICS_FLAGS_VALID_BROADCAST_FRAMES_RCV | NDIS_STATISTICS_FLAGS_VALID_BYTES_RCV |   \
     NDIS_STATISTICS_FLAGS_VALID_RCV_DISCARDS | NDIS_STATISTICS_FLAGS_VALID_RCV_ERROR |           \
     NDIS_STATISTICS_FLAGS_VALID_DIRECTED_FRAMES_XMIT |                                           \
     NDIS_STATISTICS_FLAGS_VALID_MULTICAST_FRAMES_XMIT |                                          \
     NDIS_STATISTICS_FLAGS_VALID_BROADCAST_FRAMES_XMIT | NDIS_STATISTICS_FLAGS_VALID_BYTES_XMIT | \
     NDIS_STATISTICS_FLAGS_VALID_XMIT_ERROR | NDIS_STATISTICS_FLAGS_VALID_XMIT_DISCARDS |         \
     NDIS_STATISTICS_FLAGS_VALID_DIRECTED_BYTES_RCV |                                             \
     NDIS_STATISTICS_FLAGS_VALID_MULTICAST_BYTES_RCV |                                            \
     NDIS_STATISTICS_FLAGS_VALID_BROADCAST_BYTES_RCV |                                            \
     NDIS_STATISTICS_FLAGS_VALID_DIRECTED_BYTES_XMIT |                                            \
     NDIS_STATISTICS_FLAGS_VALID_MULTICAST_BYTES_XMIT |                                           \
     NDIS_STATISTICS_FLAGS_VALID_BROADCAST_BYTES_XMIT)

extern const NDIS_OID OidSupportedList[];
extern const ULONG OidSupportedListBytes;

/*
 * NDIS_STATUS_SUCCESS; NDIS_STATUS_BUFFER_TOO_SHORT with BytesNeeded (query);
 * NDIS_STATUS_INVALID_LENGTH with BytesNeeded (set); NDIS_STATUS_INVALID_DATA: a value out of
 * range; NDIS_STATUS_NOT_SUPPORTED. Never pending.
 */
MINIPORT_OID_REQUEST OidRequest;

/* No request is ever pending, so there is nothing to cancel. */
MINIPORT_CANCEL_OID_REQUEST OidCancelRequest;

#endif
