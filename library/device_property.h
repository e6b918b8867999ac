/* SPDX-License-Identifier: MIT */
/*
 * What is recorded about a device: properties that Windows keeps, properties of our own, and the
 * values that network setup writes into the driver's key. Functions that read log nothing.
 */
#ifndef ADIT_LIBRARY_DEVICE_PROPERTY_H
#define ADIT_LIBRARY_DEVICE_PROPERTY_H

#include "adit.h"
#include "device_node.h"

#include <devpropdef.h>
#include <setupapi.h>

/* A property with its value, as devpropdef.h has it and not all SDKs: DEVPROPCOMPKEY, DEVPROPERTY.
 */
typedef struct _DEVICE_PROPERTY
{
    DEVPROPKEY Key;
    ULONG Store; /* DEVPROP_STORE_SYSTEM: zero */
    LPCWSTR LocaleName;
    DEVPROPTYPE Type;
    ULONG BufferSize;
    const VOID *Buffer;
} DEVICE_PROPERTY;

#define DEVICE_PROPERTY_MAX_COUNT 5

/* What is recorded about a device when it is made; refers to what it was made from. */
typedef struct _DEVICE_PROPERTY_LIST
{
    ULONG Count;
    DEVICE_PROPERTY Items[DEVICE_PROPERTY_MAX_COUNT];
    WCHAR FriendlyName[WINTUN_MAX_POOL + 8];
    BYTE IsSoftware; /* DEVPROP_BOOLEAN */
} DEVICE_PROPERTY_LIST;

/* Whether the device has that hardware id and is driven by that service. */
BOOL DevicePropertyIsDriver(
    _In_ HDEVINFO Set,
    _In_ SP_DEVINFO_DATA *Device,
    _In_z_ LPCWSTR HardwareId,
    _In_z_ LPCWSTR Service);

/* Whether a driver has been installed on the device. */
BOOL DevicePropertyHasService(_In_ HDEVINFO Set, _In_ SP_DEVINFO_DATA *Device);

/*
 * Makes the list of what is recorded about a new device: owner, tunnel type, GUID asked for, and
 * its name "<type> Tunnel". Logs failure.
 */
_Must_inspect_result_ BOOL DevicePropertyMakeList(
    _In_ const DEVICE_NODE_REQUEST *Request,
    _In_ const SYSTEM_PROCESS *Owner,
    _In_ BOOL IsSoftware,
    _Out_ DEVICE_PROPERTY_LIST *List);

/* Records such a list. Logs failure. */
_Must_inspect_result_ BOOL DevicePropertySetList(
    _In_ HDEVINFO Set, _In_ SP_DEVINFO_DATA *Device, _In_ const DEVICE_PROPERTY_LIST *List);

/* Records who created the device. Logs nothing: the caller may try again once it is registered. */
BOOL DevicePropertySetOwner(
    _In_ HDEVINFO Set, _In_ SP_DEVINFO_DATA *Device, _In_ const SYSTEM_PROCESS *Owner);

BOOL DevicePropertyGetOwner(
    _In_ HDEVINFO Set, _In_ SP_DEVINFO_DATA *Device, _Out_ SYSTEM_PROCESS *Owner);

BOOL DevicePropertyGetTunnelType(
    _In_ HDEVINFO Set,
    _In_ SP_DEVINFO_DATA *Device,
    _Out_writes_z_(WINTUN_MAX_POOL) LPWSTR TunnelType);

/* The GUID that was asked for, which is the adapter's own where the system heeds it. */
BOOL DevicePropertyGetRequestedGuid(
    _In_ HDEVINFO Set, _In_ SP_DEVINFO_DATA *Device, _Out_ GUID *Guid);

/* Whether it is a software device (device_software.h). */
BOOL DevicePropertyIsSoftware(_In_ HDEVINFO Set, _In_ SP_DEVINFO_DATA *Device);

/* Whether the device is there; on Windows 7, which has no such property, what is listed is there.
 */
BOOL DevicePropertyIsPresent(_In_ HDEVINFO Set, _In_ SP_DEVINFO_DATA *Device);

/* The problem that Windows has with the device, a CM_PROB_ value of cfg.h, or zero. */
DWORD DevicePropertyGetProblem(_In_ HDEVINFO Set, _In_ SP_DEVINFO_DATA *Device);

/*
 * Asks network setup to give the registered, not yet installed device that GUID, by the value
 * NetSetupAnticipatedInstanceId of its driver key. No document of Microsoft's says that Windows
 * heeds it: unverified. Logs failure.
 */
BOOL DevicePropertyRequestGuid(
    _In_ HDEVINFO Set, _In_ SP_DEVINFO_DATA *Device, _In_ const GUID *Guid);

/*
 * Sets the driver's parameters MTU and LinkSpeed in the device's driver key, which is made if it is
 * not there; zero leaves one as it is. The driver reads them when it starts the adapter. Changed
 * tells whether any had another value. Logs failure.
 */
_Must_inspect_result_ BOOL DevicePropertySetParameters(
    _In_ HDEVINFO Set,
    _In_ SP_DEVINFO_DATA *Device,
    _In_ const DEVICE_NODE_REQUEST *Request,
    _Out_ BOOL *Changed);

/* Reads what the adapter is called by: its GUID and LUID. */
BOOL DevicePropertyGetIdentity(
    _In_ HDEVINFO Set, _In_ SP_DEVINFO_DATA *Device, _Out_ GUID *Guid, _Out_ NET_LUID *Luid);

#endif
