/* SPDX-License-Identifier: MIT */
/*
 * Event tracing. Nobody can listen here: providers are registered and never enabled, and what they
 * write all the same goes nowhere.
 */
#define _NTSYSTEM_
#include <ntifs.h>

#include "executive.h"
#include "wine_kernel.h"

#define ACTIVITY_GET_ID        1
#define ACTIVITY_SET_ID        2
#define ACTIVITY_CREATE_ID     3
#define ACTIVITY_GET_SET_ID    4
#define ACTIVITY_CREATE_SET_ID 5

NTSTATUS NTAPI EtwRegister(
    const GUID *ProviderId, PVOID EnableCallback, PVOID CallbackContext, ULONGLONG *RegHandle)
{
    static volatile LONG Last;
    UNREFERENCED_PARAMETER(EnableCallback);
    UNREFERENCED_PARAMETER(CallbackContext);
    if (ProviderId == NULL || RegHandle == NULL)
        return STATUS_INVALID_PARAMETER;
    *RegHandle = (ULONG)InterlockedIncrement(&Last);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI EtwUnregister(ULONGLONG RegHandle)
{
    return RegHandle != 0 ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

NTSTATUS NTAPI
EtwSetInformation(ULONGLONG RegHandle, ULONG InformationClass, PVOID Information, ULONG Length)
{
    UNREFERENCED_PARAMETER(InformationClass);
    UNREFERENCED_PARAMETER(Information);
    UNREFERENCED_PARAMETER(Length);
    return RegHandle != 0 ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

BOOLEAN NTAPI EtwEventEnabled(ULONGLONG RegHandle, const VOID *EventDescriptor)
{
    UNREFERENCED_PARAMETER(RegHandle);
    UNREFERENCED_PARAMETER(EventDescriptor);
    return FALSE;
}

BOOLEAN NTAPI EtwProviderEnabled(ULONGLONG RegHandle, UCHAR Level, ULONGLONG Keyword)
{
    UNREFERENCED_PARAMETER(RegHandle);
    UNREFERENCED_PARAMETER(Level);
    UNREFERENCED_PARAMETER(Keyword);
    return FALSE;
}

NTSTATUS NTAPI EtwWrite(
    ULONGLONG RegHandle,
    const VOID *EventDescriptor,
    const GUID *ActivityId,
    ULONG UserDataCount,
    PVOID UserData)
{
    UNREFERENCED_PARAMETER(EventDescriptor);
    UNREFERENCED_PARAMETER(ActivityId);
    UNREFERENCED_PARAMETER(UserDataCount);
    UNREFERENCED_PARAMETER(UserData);
    return RegHandle != 0 ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

NTSTATUS NTAPI EtwWriteTransfer(
    ULONGLONG RegHandle,
    const VOID *EventDescriptor,
    const GUID *ActivityId,
    const GUID *RelatedActivityId,
    ULONG UserDataCount,
    PVOID UserData)
{
    UNREFERENCED_PARAMETER(RelatedActivityId);
    return EtwWrite(RegHandle, EventDescriptor, ActivityId, UserDataCount, UserData);
}

NTSTATUS NTAPI EtwWriteEx(
    ULONGLONG RegHandle,
    const VOID *EventDescriptor,
    ULONGLONG Filter,
    ULONG Flags,
    const GUID *ActivityId,
    const GUID *RelatedActivityId,
    ULONG UserDataCount,
    PVOID UserData)
{
    UNREFERENCED_PARAMETER(Filter);
    UNREFERENCED_PARAMETER(Flags);
    UNREFERENCED_PARAMETER(RelatedActivityId);
    return EtwWrite(RegHandle, EventDescriptor, ActivityId, UserDataCount, UserData);
}

NTSTATUS NTAPI EtwWriteString(
    ULONGLONG RegHandle, UCHAR Level, ULONGLONG Keyword, const GUID *ActivityId, PCWSTR String)
{
    UNREFERENCED_PARAMETER(Level);
    UNREFERENCED_PARAMETER(Keyword);
    UNREFERENCED_PARAMETER(String);
    return EtwWrite(RegHandle, NULL, ActivityId, 0, NULL);
}

/* Threads have no activity id here: all zeros. */
NTSTATUS NTAPI EtwActivityIdControl(ULONG ControlCode, GUID *ActivityId)
{
    switch (ControlCode)
    {
    case ACTIVITY_CREATE_ID:
        return ExUuidCreate(ActivityId);
    case ACTIVITY_GET_ID:
    case ACTIVITY_GET_SET_ID:
    case ACTIVITY_CREATE_SET_ID:
        RtlZeroMemory(ActivityId, sizeof(*ActivityId));
        return STATUS_SUCCESS;
    case ACTIVITY_SET_ID:
        return STATUS_SUCCESS;
    default:
        return STATUS_INVALID_PARAMETER;
    }
}

/* The arguments behind MessageNumber describe the message. */
NTSTATUS WmiTraceMessage(
    ULONGLONG LoggerHandle, ULONG MessageFlags, const GUID *MessageGuid, USHORT MessageNumber, ...)
{
    UNREFERENCED_PARAMETER(LoggerHandle);
    UNREFERENCED_PARAMETER(MessageFlags);
    UNREFERENCED_PARAMETER(MessageGuid);
    UNREFERENCED_PARAMETER(MessageNumber);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI WmiTraceMessageVa(
    ULONGLONG LoggerHandle,
    ULONG MessageFlags,
    const GUID *MessageGuid,
    USHORT MessageNumber,
    va_list MessageArgList)
{
    UNREFERENCED_PARAMETER(MessageArgList);
    return WmiTraceMessage(LoggerHandle, MessageFlags, MessageGuid, MessageNumber);
}

/* There is no logger to ask about. */
NTSTATUS NTAPI WmiQueryTraceInformation(
    ULONG TraceInformationClass,
    PVOID TraceInformation,
    ULONG TraceInformationLength,
    ULONG *RequiredLength,
    PVOID Buffer)
{
    UNREFERENCED_PARAMETER(TraceInformationClass);
    UNREFERENCED_PARAMETER(TraceInformation);
    UNREFERENCED_PARAMETER(TraceInformationLength);
    UNREFERENCED_PARAMETER(Buffer);
    if (RequiredLength != NULL)
        *RequiredLength = 0;
    return STATUS_NOT_FOUND;
}
