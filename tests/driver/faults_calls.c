/* SPDX-License-Identifier: MIT */
/*
 * Calls that may fail and that host/native and host/ndis have no cause to fail: they come here
 * first (--wrap of the linker, CMakeLists.txt), with the statuses that their documents name. And
 * one that must not fail, since a name that is deleted has been made.
 */
#include <stdio.h>
#include <stdlib.h>

#include <ntifs.h>
#include <ndis.h>

#include "faults.h"
#include "scene.h"

NTSTATUS NTAPI __real_ExInitializeResourceLite(PERESOURCE Resource);
NTSTATUS NTAPI __wrap_ExInitializeResourceLite(PERESOURCE Resource);

NTSTATUS NTAPI __wrap_ExInitializeResourceLite(PERESOURCE Resource)
{
    return FaultsInject("ExInitializeResourceLite") ? STATUS_INSUFFICIENT_RESOURCES
                                                    : __real_ExInitializeResourceLite(Resource);
}

NDIS_STATUS NDISAPI __real_NdisMRegisterMiniportDriver(
    PDRIVER_OBJECT Driver,
    PUNICODE_STRING RegistryPath,
    NDIS_HANDLE Context,
    PNDIS_MINIPORT_DRIVER_CHARACTERISTICS Characteristics,
    PNDIS_HANDLE Handle);
NDIS_STATUS NDISAPI __wrap_NdisMRegisterMiniportDriver(
    PDRIVER_OBJECT Driver,
    PUNICODE_STRING RegistryPath,
    NDIS_HANDLE Context,
    PNDIS_MINIPORT_DRIVER_CHARACTERISTICS Characteristics,
    PNDIS_HANDLE Handle);

NDIS_STATUS NDISAPI __wrap_NdisMRegisterMiniportDriver(
    PDRIVER_OBJECT Driver,
    PUNICODE_STRING RegistryPath,
    NDIS_HANDLE Context,
    PNDIS_MINIPORT_DRIVER_CHARACTERISTICS Characteristics,
    PNDIS_HANDLE Handle)
{
    return FaultsInject("NdisMRegisterMiniportDriver")
               ? NDIS_STATUS_FAILURE
               : __real_NdisMRegisterMiniportDriver(
                     Driver, RegistryPath, Context, Characteristics, Handle);
}

NDIS_STATUS NDISAPI
__real_NdisMSetMiniportAttributes(NDIS_HANDLE Handle, PNDIS_MINIPORT_ADAPTER_ATTRIBUTES Attributes);
NDIS_STATUS NDISAPI
__wrap_NdisMSetMiniportAttributes(NDIS_HANDLE Handle, PNDIS_MINIPORT_ADAPTER_ATTRIBUTES Attributes);

NDIS_STATUS NDISAPI
__wrap_NdisMSetMiniportAttributes(NDIS_HANDLE Handle, PNDIS_MINIPORT_ADAPTER_ATTRIBUTES Attributes)
{
    return FaultsInject("NdisMSetMiniportAttributes")
               ? NDIS_STATUS_RESOURCES
               : __real_NdisMSetMiniportAttributes(Handle, Attributes);
}

NDIS_STATUS NDISAPI __real_NdisWriteEventLogEntry(
    PVOID LogHandle,
    NDIS_STATUS EventCode,
    ULONG UniqueEventValue,
    USHORT NumStrings,
    PVOID StringsList,
    ULONG DataSize,
    PVOID Data);
NDIS_STATUS NDISAPI __wrap_NdisWriteEventLogEntry(
    PVOID LogHandle,
    NDIS_STATUS EventCode,
    ULONG UniqueEventValue,
    USHORT NumStrings,
    PVOID StringsList,
    ULONG DataSize,
    PVOID Data);

NDIS_STATUS NDISAPI __wrap_NdisWriteEventLogEntry(
    PVOID LogHandle,
    NDIS_STATUS EventCode,
    ULONG UniqueEventValue,
    USHORT NumStrings,
    PVOID StringsList,
    ULONG DataSize,
    PVOID Data)
{
    return FaultsInject("NdisWriteEventLogEntry") || SceneWithoutEventLog
               ? NDIS_STATUS_RESOURCES
               : __real_NdisWriteEventLogEntry(
                     LogHandle, EventCode, UniqueEventValue, NumStrings, StringsList, DataSize,
                     Data);
}

NTSTATUS NTAPI __real_IoDeleteSymbolicLink(PUNICODE_STRING Link);
NTSTATUS NTAPI __wrap_IoDeleteSymbolicLink(PUNICODE_STRING Link);

NTSTATUS NTAPI __wrap_IoDeleteSymbolicLink(PUNICODE_STRING Link)
{
    NTSTATUS Status = __real_IoDeleteSymbolicLink(Link);
    if (!NT_SUCCESS(Status))
    {
        fprintf(stderr, "a symbolic link is deleted that is not there: 0x%08x\n", (ULONG)Status);
        abort();
    }
    return Status;
}
