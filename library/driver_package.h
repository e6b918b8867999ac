/* SPDX-License-Identifier: MIT */
/*
 * The driver package: INF, catalogue and driver, which this DLL carries (resource.h).
 */
#ifndef ADIT_LIBRARY_DRIVER_PACKAGE_H
#define ADIT_LIBRARY_DRIVER_PACKAGE_H

#include "adit.h"
#include "device_node.h"

WINTUN_DELETE_DRIVER_FUNC WintunDeleteDriver;
WINTUN_GET_RUNNING_DRIVER_VERSION_FUNC WintunGetRunningDriverVersion;

#define DRIVER_PACKAGE_INF     L"adit.inf"
#define DRIVER_PACKAGE_CATALOG L"adit.cat"

typedef struct _DRIVER_PACKAGE
{
    WCHAR InfPath[MAX_PATH];   /* published in the INF directory */
    BOOL IsInstalled;          /* the driver's file is in its place */
    WCHAR Directory[MAX_PATH]; /* with the extracted files; empty if there are none */
} DRIVER_PACKAGE;

/*
 * Sees to it that the driver store has the driver: the newer one of this library's and that which
 * is there. One that is there is replaced by a newer one if no adapter uses it, and never by an
 * older one. Files are extracted into a directory that only LocalSystem and administrators can read
 * or change, where they stay until DriverPackageDiscard. The caller holds the system lock until
 * then. Logs failure; nothing is left behind then.
 */
_Must_inspect_result_ BOOL DriverPackageProvide(_Out_ DRIVER_PACKAGE *Package);
VOID DriverPackageDiscard(_In_ const DRIVER_PACKAGE *Package);

/* DriverVer of an INF, in the order in which Plug and Play ranks drivers. */
typedef struct _DRIVER_PACKAGE_VERSION
{
    DWORD Date;     /* year << 16 | month << 8 | day */
    DWORD64 Number; /* four parts of 16 bits */
} DRIVER_PACKAGE_VERSION;

/* Reads DriverVer, which begins a line of an INF in ASCII. Logs nothing. */
BOOL DriverPackageParseVersion(
    _In_reads_(Size) const CHAR *Inf, _In_ SIZE_T Size, _Out_ DRIVER_PACKAGE_VERSION *Version);

/* Less than zero, zero or more, as Left is older than Right, the same, or newer. */
int DriverPackageCompareVersions(
    _In_ const DRIVER_PACKAGE_VERSION *Left, _In_ const DRIVER_PACKAGE_VERSION *Right);

typedef struct _DRIVER_PACKAGE_PUBLISHED
{
    WCHAR InfPath[MAX_PATH]; /* empty: there is none */
    DRIVER_PACKAGE_VERSION Version;
} DRIVER_PACKAGE_PUBLISHED;

/*
 * Has the driver store take a package, whose INF and folder are given; Published is what it calls
 * the INF. Logs failure.
 */
_Must_inspect_result_ BOOL DriverPackagePublish(
    _In_z_ LPCWSTR InfPath, _In_z_ LPCWSTR Directory, _Out_writes_z_(MAX_PATH) LPWSTR Published);

/* Deletes the package of a published INF, given without its folder. Logs failure. */
_Must_inspect_result_ BOOL DriverPackageUnpublish(_In_z_ LPCWSTR FileName);

/* Finds the newest of our packages in the driver store. Logs failure. */
_Must_inspect_result_ BOOL DriverPackageFindPublished(_Out_ DRIVER_PACKAGE_PUBLISHED *Published);

/* Deletes our packages from the driver store. Logs failure. */
_Must_inspect_result_ BOOL DriverPackageDeletePublished(VOID);

/* Whether one of these devices is there and has not been left behind by its creator. */
BOOL DriverPackageIsInUse(_In_opt_ const DEVICE_NODE *Nodes);

/*
 * Removes these devices, which nobody uses, the service, the packages in the driver store and the
 * source of events. Logs failure.
 */
_Must_inspect_result_ BOOL DriverPackageRemove(_In_opt_ const DEVICE_NODE *Nodes);

#endif
