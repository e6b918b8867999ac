/* SPDX-License-Identifier: MIT */
/*
 * The driver package: INF, catalogue and driver, which this DLL carries as RCDATA resources named
 * after the files.
 */
#ifndef ADIT_LIBRARY_DRIVER_PACKAGE_H
#define ADIT_LIBRARY_DRIVER_PACKAGE_H

#include "adit.h"

WINTUN_DELETE_DRIVER_FUNC WintunDeleteDriver;
WINTUN_GET_RUNNING_DRIVER_VERSION_FUNC WintunGetRunningDriverVersion;

typedef struct _DRIVER_PACKAGE
{
    WCHAR Directory[MAX_PATH];
    WCHAR InfPath[MAX_PATH];
} DRIVER_PACKAGE;

/*
 * Writes the package's files into a directory that only LocalSystem and administrators can read or
 * change. The caller holds the system lock until it has called DriverPackageDiscard. Logs failure;
 * nothing is left behind then.
 */
_Must_inspect_result_ BOOL DriverPackageExtract(_Out_ DRIVER_PACKAGE *Package);
VOID DriverPackageDiscard(_In_ const DRIVER_PACKAGE *Package);

/* Adds the package to the driver store, where it may be already. Logs failure. */
_Must_inspect_result_ BOOL DriverPackageStage(_In_ const DRIVER_PACKAGE *Package);

#endif
