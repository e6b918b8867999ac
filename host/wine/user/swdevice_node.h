/* SPDX-License-Identifier: MIT */
/*
 * Software devices in SetupAPI, as Plug and Play on Windows keeps them: a device that nobody has a
 * handle to is not present, but its key stays with all that was set there, its driver included.
 *
 * Wine starts the drivers of root-enumerated devices alone, so a software device is
 * ROOT\<enumerator>\<instance id>; callers hold one lock for all functions.
 */
#ifndef ADIT_HOST_WINE_SWDEVICE_NODE_H
#define ADIT_HOST_WINE_SWDEVICE_NODE_H

#include "swdevice.h"

/* Makes the device's key, or finds it, and sets what the request says. InstanceId is told. */
HRESULT SwNodeEnumerate(const SWDEVICE_REQUEST *Request, WCHAR InstanceId[SWDEVICE_MAX_ID]);

/*
 * Starts the device: with the driver that it has, or with the one in the INF folder whose INF names
 * one of its hardware or compatible ids. What went wrong is in DEVPKEY_Device_ProblemCode.
 */
void SwNodeStart(const WCHAR *InstanceId);

/* Stops the device: from now on it is not present. */
void SwNodeStop(const WCHAR *InstanceId);

HRESULT SwNodeSetProperties(const WCHAR *InstanceId, const SWDEVICE_REQUEST *Request);

/* Stops all devices: nobody has a handle to those of an earlier session of Wine. */
void SwNodeStopAll(void);

/* From now on, drivers get the devices that are started (kernel/software_device.h). */
void SwNodeBeginSession(void);

#endif
