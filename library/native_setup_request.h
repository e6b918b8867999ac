/* SPDX-License-Identifier: MIT */
/*
 * What adit.dll and aditsetup.exe share: memory with a request, and the answer. Both are of one
 * build, but not of one architecture, so that the layout is fixed.
 *
 * aditsetup.exe is started with the handle of a section with a NATIVE_SETUP_REQUEST as its only
 * argument, in hexadecimal. It begins when Start is set, and ends when Client ends.
 */
#ifndef ADIT_LIBRARY_NATIVE_SETUP_REQUEST_H
#define ADIT_LIBRARY_NATIVE_SETUP_REQUEST_H

#include "device_node.h"
#include "log.h"

#include <stddef.h>

#define NATIVE_SETUP_PROGRAM L"aditsetup.exe"

/* What one request can say to the logger; further messages are lost, but for their number. */
#define NATIVE_SETUP_MAX_MESSAGES 32

typedef enum _NATIVE_SETUP_ACTION
{
    NativeSetupActionAddPackage = 1,
    NativeSetupActionDeletePackage,
    NativeSetupActionCreateDevice,
    NativeSetupActionRemoveDevice
} NATIVE_SETUP_ACTION;

typedef struct _NATIVE_SETUP_MESSAGE
{
    DWORD64 Timestamp;
    DWORD Level; /* WINTUN_LOGGER_LEVEL */
    WCHAR Text[LOG_MAX_MESSAGE];
    DWORD Padding;
} NATIVE_SETUP_MESSAGE;

typedef struct _NATIVE_SETUP_REQUEST
{
    /* By the client. Handles are aditsetup.exe's; they have 32 significant bits. */
    DWORD Size;   /* of this structure */
    DWORD Action; /* NATIVE_SETUP_ACTION */
    DWORD Client; /* handle of the process */
    DWORD Start;  /* handle of an event */
    SYSTEM_PROCESS Owner;
    GUID Guid; /* requested */
    DWORD Mtu;
    DWORD LinkSpeed;
    DWORD IsPersistent;
    DWORD IsInstalled;
    WCHAR InfPath[MAX_PATH]; /* or its file name alone */
    WCHAR Directory[MAX_PATH];
    WCHAR TunnelType[WINTUN_MAX_POOL];

    /* By either. */
    WCHAR InstanceId[MAX_DEVICE_ID_LEN];

    /* By aditsetup.exe. */
    WCHAR Published[MAX_PATH];
    DWORD IsDone;
    DWORD Error; /* ERROR_SUCCESS, or why it has failed */
    DWORD MessageCount;
    DWORD Padding;
    NATIVE_SETUP_MESSAGE Messages[NATIVE_SETUP_MAX_MESSAGES];
} NATIVE_SETUP_REQUEST;

_Static_assert(sizeof(SYSTEM_PROCESS) == 16, "the same for all architectures");
_Static_assert(offsetof(NATIVE_SETUP_REQUEST, Guid) == 32, "the same for all architectures");
_Static_assert(offsetof(NATIVE_SETUP_REQUEST, InfPath) == 64, "the same for all architectures");
_Static_assert(offsetof(NATIVE_SETUP_REQUEST, IsDone) == 2536, "the same for all architectures");
_Static_assert(offsetof(NATIVE_SETUP_REQUEST, Messages) == 2552, "the same for all architectures");
_Static_assert(sizeof(NATIVE_SETUP_MESSAGE) == 2064, "the same for all architectures");

#endif
