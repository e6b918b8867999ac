/* SPDX-License-Identifier: MIT */
/*
 * Starting and stopping of devices: the network interface that shows that one runs, and waiting for
 * it to come or for the device to go.
 */
#ifndef ADIT_LIBRARY_DEVICE_START_H
#define ADIT_LIBRARY_DEVICE_START_H

#include "adit.h"
#include "device_node.h"

/* Tells when network interfaces come up. Opened before the device is made, so that none is missed.
 */
typedef struct _DEVICE_START_WATCH
{
    HMODULE Module;     /* NULL where Windows cannot tell */
    VOID *Notification; /* HCMNOTIFICATION, or NULL */
    HANDLE Changed;     /* auto-reset event */
} DEVICE_START_WATCH;

VOID DeviceStartOpenWatch(_Out_ DEVICE_START_WATCH *Watch);
VOID DeviceStartCloseWatch(_Inout_ DEVICE_START_WATCH *Watch);

/*
 * Waits until the device has a network interface and an identity, which it sets in Node, at most 15
 * seconds; less if Windows tells that the device cannot start. Logs failure, with the problem that
 * Windows has with the device: ERROR_TIMEOUT, or an error that says what is wrong.
 */
_Must_inspect_result_ BOOL
DeviceStartWait(_In_ const DEVICE_START_WATCH *Watch, _Inout_ DEVICE_NODE *Node);

/* Waits until the device is not present, at most 5 seconds; a warning is logged then. */
VOID DeviceStartWaitGone(_In_z_ LPCWSTR InstanceId);

#endif
