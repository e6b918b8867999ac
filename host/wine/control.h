/* SPDX-License-Identifier: MIT */
/*
 * The host's own device-control code on an adapter's device \\.\{GUID}, for nci.dll.
 */
#ifndef ADIT_HOST_WINE_CONTROL_H
#define ADIT_HOST_WINE_CONTROL_H

/*
 * CTL_CODE(FILE_DEVICE_NETWORK, 0xA17, METHOD_BUFFERED, FILE_ANY_ACCESS): renames the adapter's
 * interface. Input: the name, UTF-16, without a terminator. For administrators; others get
 * STATUS_ACCESS_DENIED. STATUS_OBJECT_NAME_COLLISION: Linux has an interface of that name.
 * STATUS_OBJECT_NAME_INVALID: empty.
 */
#define HOST_IOCTL_SET_NAME 0x0012285Cu

/* Announces the code to the NDIS library. */
void ControlInitialize(void);

#endif
