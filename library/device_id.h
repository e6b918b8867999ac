/* SPDX-License-Identifier: MIT */
/*
 * Instance ids of the devices that this library makes by SetupAPI: each names its creator.
 */
#ifndef ADIT_LIBRARY_DEVICE_ID_H
#define ADIT_LIBRARY_DEVICE_ID_H

#include "system.h"

/*
 * An instance id that no device had before, of MAX_DEVICE_ID_LEN characters at most. One that is
 * used again may still be taken for the former device by whoever has not seen that one go: where
 * its remover was killed, nobody told the driver. Logs failure.
 */
_Must_inspect_result_ BOOL
DeviceIdMake(_In_ const SYSTEM_PROCESS *Owner, _Out_writes_z_(200) LPWSTR InstanceId);

/* The creator that such an id names. FALSE, and *Owner as it was: the id is another one. */
BOOL DeviceIdGetOwner(_In_z_ LPCWSTR InstanceId, _Inout_ SYSTEM_PROCESS *Owner);

#endif
