/* SPDX-License-Identifier: MIT */
/*
 * What is recorded about a device: properties that Windows keeps, properties of our own, and the
 * values that network setup writes into the driver's key. Functions that read log nothing.
 */
#ifndef ADIT_LIBRARY_DEVICE_PROPERTY_H
#define ADIT_LIBRARY_DEVICE_PROPERTY_H

#include "adit.h"
#include "system.h"

#include <setupapi.h>

/* Whether the device has that hardware id and is driven by that service. */
BOOL DevicePropertyIsDriver(
    _In_ HDEVINFO Set,
    _In_ SP_DEVINFO_DATA *Device,
    _In_z_ LPCWSTR HardwareId,
    _In_z_ LPCWSTR Service);

/* Whether a driver has been installed on the device. */
BOOL DevicePropertyHasService(_In_ HDEVINFO Set, _In_ SP_DEVINFO_DATA *Device);

/* Records who created the device. Logs nothing: the caller may try again once it is registered. */
BOOL DevicePropertySetOwner(
    _In_ HDEVINFO Set, _In_ SP_DEVINFO_DATA *Device, _In_ const SYSTEM_PROCESS *Owner);

BOOL DevicePropertyGetOwner(
    _In_ HDEVINFO Set, _In_ SP_DEVINFO_DATA *Device, _Out_ SYSTEM_PROCESS *Owner);

/* Records the tunnel type, and shows it as the device's name: "<type> Tunnel". Logs failure. */
BOOL DevicePropertySetTunnelType(
    _In_ HDEVINFO Set, _In_ SP_DEVINFO_DATA *Device, _In_z_ LPCWSTR TunnelType);

BOOL DevicePropertyGetTunnelType(
    _In_ HDEVINFO Set,
    _In_ SP_DEVINFO_DATA *Device,
    _Out_writes_z_(WINTUN_MAX_POOL) LPWSTR TunnelType);

/*
 * Asks network setup to give the registered, not yet installed device that GUID; Windows 10 and
 * later heed it. Logs failure.
 */
BOOL DevicePropertyRequestGuid(
    _In_ HDEVINFO Set, _In_ SP_DEVINFO_DATA *Device, _In_ const GUID *Guid);

/* Reads what the adapter is called by: its GUID and LUID. */
BOOL DevicePropertyGetIdentity(
    _In_ HDEVINFO Set, _In_ SP_DEVINFO_DATA *Device, _Out_ GUID *Guid, _Out_ NET_LUID *Luid);

#endif
