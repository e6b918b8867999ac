/* SPDX-License-Identifier: MIT */
/*
 * What tun.c has beside ../../ndis/link.h.
 */
#ifndef ADIT_HOST_WINE_TUN_H
#define ADIT_HOST_WINE_TUN_H

#include "../unix/configure.h"

/* Does to the link's interface what HOST_IOCTL_CONFIGURE asks (control.h). PASSIVE_LEVEL. */
NTSTATUS TunConfigure(PNDIS_LINK Link, const HOST_CONFIGURATION *Configuration);

#endif
