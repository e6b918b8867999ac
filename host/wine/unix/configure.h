/* SPDX-License-Identifier: MIT */
/*
 * What a client's IP Helper asks of an adapter's network interface: from adit-iphlpapi.dll by way of
 * ndis.sys to its Linux half. Plain C11 types, the same on all three.
 */
#ifndef ADIT_HOST_WINE_CONFIGURE_H
#define ADIT_HOST_WINE_CONFIGURE_H

#include <stdint.h>

enum HOST_CONFIGURE_ACTION
{
    HostConfigureAddAddress, /* and takes the interface up */
    HostConfigureDeleteAddress,
    HostConfigureAddRoute, /* and takes the interface up */
    HostConfigureDeleteRoute,
    HostConfigureSetMtu,
    HostConfigureActionCount
};

typedef struct _HOST_CONFIGURATION
{
    uint32_t Action;       /* HOST_CONFIGURE_ACTION */
    uint32_t IpVersion;    /* 4 or 6; not of the MTU */
    uint32_t PrefixLength; /* bits, 0 to 32 or 128 */
    uint32_t Metric;       /* of a route; 0: Linux' default */
    uint32_t Mtu;          /* bytes, 68 to 65535 */
    uint8_t Address[16];   /* in network order, from the first byte on: address or destination */
    uint8_t NextHop[16];   /* of a route; all zero: on the link */
} HOST_CONFIGURATION;

#endif
