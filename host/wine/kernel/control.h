/* SPDX-License-Identifier: MIT */
/*
 * The host's own device-control codes on an adapter's device \\.\{GUID}, for nci.dll and
 * adit-iphlpapi.dll.
 */
#ifndef ADIT_HOST_WINE_CONTROL_H
#define ADIT_HOST_WINE_CONTROL_H

#include "../unix/configure.h"

#define HOST_MAX_CONNECTION_NAME 256 /* characters, the terminator included */

/* Run of a name that no client asked for. */
#define HOST_RUN_NOBODY 0xFFFFFFFFu

/* Where the name is kept in the device's driver key, REG_BINARY. */
#define HOST_CONNECTION_NAME_VALUE L"ConnectionName"

typedef struct _HOST_SET_NAME
{
    unsigned Run; /* of adit-wine, that the caller belongs to: its ADIT_WINE_RUN; 0: not known */
    wchar_t Name[HOST_MAX_CONNECTION_NAME]; /* the rest of the input, without a terminator */
} HOST_SET_NAME;

/*
 * CTL_CODE(FILE_DEVICE_NETWORK, 0xA17, METHOD_BUFFERED, FILE_ANY_ACCESS): renames the adapter's
 * interface. Input: HOST_SET_NAME, as long as the name. For administrators; others get
 * STATUS_ACCESS_DENIED. STATUS_OBJECT_NAME_COLLISION: Linux has an interface of that name.
 * STATUS_OBJECT_NAME_INVALID: empty.
 */
#define HOST_IOCTL_SET_NAME 0x0012285Cu

/*
 * CTL_CODE(FILE_DEVICE_NETWORK, 0xA18, METHOD_BUFFERED, FILE_ANY_ACCESS): the name that the device
 * got last, be it in an earlier session; it is kept in its driver key. Output: UTF-16, without a
 * terminator. STATUS_OBJECT_NAME_NOT_FOUND: it never got one. STATUS_BUFFER_TOO_SMALL.
 */
#define HOST_IOCTL_GET_NAME 0x00122860u

/*
 * CTL_CODE(FILE_DEVICE_NETWORK, 0xA19, METHOD_BUFFERED, FILE_ANY_ACCESS): addresses, routes and MTU of
 * the adapter's interface. Input: HOST_CONFIGURATION. For administrators; others, and a driver's
 * process without CAP_NET_ADMIN, get STATUS_ACCESS_DENIED. STATUS_OBJECT_NAME_COLLISION: there is such
 * an address or route. STATUS_NOT_FOUND: there is none to delete, or the interface is gone.
 * STATUS_NOT_SUPPORTED: Linux has no such IP. STATUS_INVALID_PARAMETER: Linux refuses the values.
 */
#define HOST_IOCTL_CONFIGURE 0x00122864u

/* Announces the codes to the NDIS library. */
void ControlInitialize(void);

#endif
