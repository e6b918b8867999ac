/* SPDX-License-Identifier: MIT */
/*
 * UDP between the system's sockets, which under Wine are Linux', and a client of the device. Every
 * byte of every datagram follows from its device, number and length, and is compared.
 *
 * "Out" is from the sockets to the client, through the send ring.
 */
#ifndef ADIT_TESTS_WINE_DEVICE_TRAFFIC_H
#define ADIT_TESTS_WINE_DEVICE_TRAFFIC_H

#include "device_client.h"

/* Bytes of IP and UDP headers. */
#define TRAFFIC_HEADERS(Version) ((Version) == 6 ? 48u : 28u)

/* Longest payload: packets of 65535 bytes. */
#define TRAFFIC_MAX(Version) (0xFFFFu - TRAFFIC_HEADERS(Version))

/* Opens the device's sockets, once its addresses are set. */
BOOL TrafficOpen(DEVICE *Device, BOOL WithIpv6);
VOID TrafficClose(DEVICE *Device);

/* Waits until Linux sends through the interface, whose link has just come up. */
BOOL TrafficSync(CLIENT *Client);

/* The system sends a datagram; the client's next packet is that one. */
BOOL TrafficSend(const DEVICE *Device, int Version, ULONG Number, DWORD Length);
BOOL TrafficExpect(CLIENT *Client, int Version, ULONG Number, DWORD Length);

/* The client puts a datagram into its ring, and does not publish; FALSE: full. The system's next
 * one is that. */
BOOL TrafficPut(CLIENT *Client, int Version, ULONG Number, DWORD Length);
BOOL TrafficCollect(const DEVICE *Device, int Version, ULONG Number, DWORD Length);

/* One each way. */
BOOL TrafficBothWays(CLIENT *Client, ULONG Number);

#endif
