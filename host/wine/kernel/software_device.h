/* SPDX-License-Identifier: MIT */
/*
 * What aditswd.exe tells ndis.sys about software devices, in the registry. They end with their
 * session, also where nobody was left to take them away: then the next session's drivers must not
 * get them.
 */
#ifndef ADIT_HOST_WINE_SOFTWARE_DEVICE_H
#define ADIT_HOST_WINE_SOFTWARE_DEVICE_H

/* In the key "Device Parameters" of each software device, REG_DWORD. */
#define SOFTWARE_DEVICE_VALUE L"SoftwareDevice"

/* A volatile key of HKEY_LOCAL_MACHINE: it is there once the service has taken away in this session
 * what an earlier one left. */
#define SOFTWARE_DEVICE_SESSION L"System\\CurrentControlSet\\Services\\AditSoftwareDevices\\Session"

#endif
