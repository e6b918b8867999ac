/* SPDX-License-Identifier: MIT */
/*
 * The software device API as Windows documents it (swdevice.h, swdevicedef.h, devpropdef.h), which
 * MinGW's headers lack, and what cfgmgr32.dll and its service aditswd.exe say to each other.
 */
#ifndef ADIT_HOST_WINE_SWDEVICE_H
#define ADIT_HOST_WINE_SWDEVICE_H

#include <winsock2.h>
#include <windows.h>
#include <devpropdef.h>

/* ---- Windows' own ---- */

typedef struct _SW_DEVICE *HSWDEVICE, **PHSWDEVICE;

typedef struct _SW_DEVICE_CREATE_INFO
{
    ULONG cbSize;
    PCWSTR pszInstanceId;
    const WCHAR *pszzHardwareIds;
    const WCHAR *pszzCompatibleIds;
    const GUID *pContainerId;
    ULONG CapabilityFlags;
    PCWSTR pszDeviceDescription;
    PCWSTR pszDeviceLocation;
    const SECURITY_DESCRIPTOR *pSecurityDescriptor;
} SW_DEVICE_CREATE_INFO;

#define SWDeviceCapabilitiesDriverRequired 8

typedef enum _SW_DEVICE_LIFETIME
{
    SWDeviceLifetimeHandle,
    SWDeviceLifetimeParentPresent,
    SWDeviceLifetimeMax
} SW_DEVICE_LIFETIME;

typedef enum _DEVPROPSTORE
{
    DEVPROP_STORE_SYSTEM,
    DEVPROP_STORE_USER
} DEVPROPSTORE;

typedef struct _DEVPROPCOMPKEY
{
    DEVPROPKEY Key;
    DEVPROPSTORE Store;
    PCWSTR LocaleName;
} DEVPROPCOMPKEY;

typedef struct _DEVPROPERTY
{
    DEVPROPCOMPKEY CompKey;
    DEVPROPTYPE Type;
    ULONG BufferSize;
    PVOID Buffer;
} DEVPROPERTY;

typedef void(WINAPI *SW_DEVICE_CREATE_CALLBACK)(
    HSWDEVICE Device, HRESULT CreateResult, PVOID Context, PCWSTR DeviceInstanceId);

/* ---- Between cfgmgr32.dll and aditswd.exe ---- */

#define SWDEVICE_SERVICE     L"AditSoftwareDevices"
#define SWDEVICE_IMAGE       L"aditswd.exe"
#define SWDEVICE_PIPE        L"\\\\.\\pipe\\AditSoftwareDevices"
#define SWDEVICE_MAX_MESSAGE 0x10000 /* bytes */
#define SWDEVICE_MAX_ID      200     /* MAX_DEVICE_ID_LEN of cfgmgr32.h */

/* A property of ours: the service of a device's driver while that is not present. */
#define SWDEVICE_KEPT_SERVICE \
    {{0x2d4c6c0e, 0x94c6, 0x4f2a, {0xb6, 0x7d, 0x31, 0x5a, 0x0f, 0x5e, 0x22, 0xc8}}, 2}

/*
 * A message of the client, followed by its data; all offsets count from the start of the message,
 * zero for what is absent. The first one makes the device, which stays as long as the client keeps
 * the pipe open. Fields are the same for 32-bit and 64-bit clients.
 */
typedef enum _SWDEVICE_CODE
{
    SwDeviceCodeCreate,
    SwDeviceCodeSetProperties,
    SwDeviceCodeSetLifetime
} SWDEVICE_CODE;

typedef struct _SWDEVICE_REQUEST
{
    UINT32 Code;
    UINT32 Enumerator;    /* string */
    UINT32 InstanceId;    /* string */
    UINT32 HardwareIds;   /* list of strings */
    UINT32 CompatibleIds; /* list of strings */
    UINT32 Description;   /* string */
    UINT32 Location;      /* string */
    UINT32 Properties;    /* SWDEVICE_PROPERTY, one after the other */
    UINT32 PropertyCount;
    UINT32 Value; /* SW_DEVICE_LIFETIME */
} SWDEVICE_REQUEST;

/* Followed by Size bytes of data and by what makes the next one start at a multiple of 4. */
typedef struct _SWDEVICE_PROPERTY
{
    DEVPROPKEY Key;
    UINT32 Type;
    UINT32 Size;
} SWDEVICE_PROPERTY;

typedef struct _SWDEVICE_REPLY
{
    INT32 Result; /* HRESULT */
    WCHAR InstanceId[SWDEVICE_MAX_ID];
} SWDEVICE_REPLY;

#endif
