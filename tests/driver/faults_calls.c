/* SPDX-License-Identifier: MIT */
/*
 * Calls that may fail and that host/native and host/ndis have no cause to fail: they come here
 * first (--wrap of the linker, CMakeLists.txt), with the statuses that their documents name. One
 * that fails always when a scene is without an event log. And one that must not fail, since a name
 * that is deleted has been made.
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

PVOID NTAPI __real_IoAllocateErrorLogEntry(PVOID IoObject, UCHAR EntrySize);
PVOID NTAPI __wrap_IoAllocateErrorLogEntry(PVOID IoObject, UCHAR EntrySize);

PVOID NTAPI __wrap_IoAllocateErrorLogEntry(PVOID IoObject, UCHAR EntrySize)
{
    return SceneWithoutEventLog ? NULL : __real_IoAllocateErrorLogEntry(IoObject, EntrySize);
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
