/* SPDX-License-Identifier: MIT */
/*
 * Software devices: devices that Windows keeps as long as their creator has a handle to them, from
 * Windows 8 on (swdevice.h). The handle ends with the process, however abruptly; the device is then
 * "not present", while what is recorded about it, its network identity included, stays for the next
 * device of the same instance id.
 */
#ifndef ADIT_LIBRARY_DEVICE_SOFTWARE_H
#define ADIT_LIBRARY_DEVICE_SOFTWARE_H

#include "adit.h"
#include "device_node.h"

/* Whether this system has software devices. Logs nothing. */
BOOL DeviceSoftwareIsAvailable(VOID);

/*
 * Has Plug and Play enumerate a device with our hardware id, whose instance id is made of
 * Request->Guid, with the properties of Request and Owner; Windows then installs and starts the
 * best driver of its driver store. Waits until the device is enumerated, at most 15 seconds, 5 of
 * them for a former device of the same instance id to go. InstanceId receives what Windows calls
 * the device. The caller takes the device back by DeviceSoftwareClose. Logs failure;
 * ERROR_ALREADY_EXISTS: somebody else has a handle to that device.
 */
_Must_inspect_result_ BOOL DeviceSoftwareCreate(
    _In_ const DEVICE_NODE_REQUEST *Request,
    _In_ const SYSTEM_PROCESS *Owner,
    _Out_writes_z_(MAX_DEVICE_ID_LEN) LPWSTR InstanceId,
    _Outptr_ DEVICE_SOFTWARE **Software);

/* Has Plug and Play take the device away, which goes on when the function returns. */
VOID DeviceSoftwareClose(_In_opt_ DEVICE_SOFTWARE *Software);

#endif
