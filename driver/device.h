/* SPDX-License-Identifier: MIT */
/*
 * The device of an adapter as a client's file: who may register rings, and when a registration
 * ends because its file or its process does.
 *
 * NDIS owns the device object and its dispatch routines. DeviceHook puts this driver's in front of
 * three of them; everything that is not this driver's goes on to NDIS.
 */
#ifndef ADIT_DRIVER_DEVICE_H
#define ADIT_DRIVER_DEVICE_H

#include <ntifs.h>

/* After NdisMRegisterMiniportDriver, before any device exists. */
VOID DeviceHook(_Inout_ PDRIVER_OBJECT DriverObject);

/* Watches processes end: a client that dies while its file is open elsewhere, through a duplicated
 * handle, takes its memory with it, and its session must end first. PASSIVE_LEVEL. */
NTSTATUS DeviceProcessNotifyStart(VOID);
VOID DeviceProcessNotifyStop(VOID);

#endif
