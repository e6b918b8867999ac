/* SPDX-License-Identifier: MIT */
/*
 * The driver as a whole.
 */
#ifndef ADIT_DRIVER_DRIVER_H
#define ADIT_DRIVER_DRIVER_H

#include <ntifs.h>
#include <ndis.h>

/* Version of the driver, as OID_GEN_VENDOR_DRIVER_VERSION and the package have it. */
#define DRIVER_MAJOR_VERSION 0
#define DRIVER_MINOR_VERSION 1

/* The minor version of the NDIS that this driver has registered for. Any IRQL. */
UCHAR DriverNdisMinorVersion(VOID);

DRIVER_INITIALIZE DriverEntry;
MINIPORT_UNLOAD DriverUnload;

#endif
