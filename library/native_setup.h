/* SPDX-License-Identifier: MIT */
/*
 * Device installation in the machine's own architecture, for a process that is emulated.
 *
 * SetupDiCallClassInstaller fails with ERROR_IN_WOW64 in a 32-bit process on 64-bit Windows
 * (SetupAPI, "SetupDiCallClassInstaller"); such a process is to start a program of the machine's
 * architecture that installs for it (Windows drivers, "Device Installations on 64-Bit Systems").
 * That program is aditsetup.exe, which this library carries for each architecture that can emulate
 * its own. It is written into a directory of the Windows directory that only LocalSystem and
 * administrators can read or change, runs for one of these functions, and is deleted again.
 *
 * Each function does what its namesake below does, which calls it if SystemIsEmulated, and which
 * aditsetup.exe calls in turn. It waits for the program, at most 60 seconds, then ends it and fails
 * with ERROR_TIMEOUT; ERROR_PROCESS_ABORTED: the program has crashed. Otherwise errors are those of
 * the namesake. The program's messages go to this process's logger. It ends with this process,
 * however abruptly, and holds the system lock until then. The caller holds the system lock. Logs
 * failure.
 */
#ifndef ADIT_LIBRARY_NATIVE_SETUP_H
#define ADIT_LIBRARY_NATIVE_SETUP_H

#include "adit.h"
#include "device_node.h"

/* DriverPackagePublish */
_Must_inspect_result_ BOOL NativeSetupAddPackage(
    _In_z_ LPCWSTR InfPath, _In_z_ LPCWSTR Directory, _Out_writes_z_(MAX_PATH) LPWSTR Published);

/* DriverPackageUnpublish */
_Must_inspect_result_ BOOL NativeSetupDeletePackage(_In_z_ LPCWSTR FileName);

/* DeviceNodeCreateRoot; InstanceId tells the device that it has started. */
_Must_inspect_result_ BOOL NativeSetupCreateDevice(
    _In_ const DEVICE_NODE_REQUEST *Request,
    _In_ const SYSTEM_PROCESS *Owner,
    _Out_writes_z_(MAX_DEVICE_ID_LEN) LPWSTR InstanceId);

/* DeviceNodeRemove, without a software device */
_Must_inspect_result_ BOOL NativeSetupRemoveDevice(_In_ const DEVICE_NODE_NAME *Name);

#endif
