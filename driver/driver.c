/* SPDX-License-Identifier: MIT */
/*
 * Entry and unload: what is started here is stopped there, in mirrored order.
 */
#include "driver.h"

#include "adapter.h"
#include "device.h"
#include "event.h"
#include "miniport.h"
#include "oid.h"
#include "pool.h"
#include "receive.h"
#include "send.h"

static NDIS_HANDLE MiniportDriverHandle;

static NTSTATUS DriverRegisterMiniport(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath);

#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(INIT, DriverRegisterMiniport)

/*
 * The NDIS version to ask for: the running one, within what this driver was written to. NDIS 6.20
 * came with Windows 7, 6.30 with Windows 8 ("Overview of NDIS versions").
 */
static UCHAR DriverNdisMinorVersion(ULONG NdisVersion)
{
    return NdisVersion >= NDIS_RUNTIME_VERSION_630 ? 30 : 20;
}

static NTSTATUS
DriverRegisterMiniport(_In_ PDRIVER_OBJECT DriverObject, _In_ PUNICODE_STRING RegistryPath)
{
    NDIS_MINIPORT_DRIVER_CHARACTERISTICS Miniport = {
        .Header =
            {.Type = NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS,
             .Revision = NDIS_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2,
             .Size = NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2},
        .MajorNdisVersion = 6,
        .MinorNdisVersion = DriverNdisMinorVersion(NdisGetVersion()),
        .MajorDriverVersion = DRIVER_MAJOR_VERSION,
        .MinorDriverVersion = DRIVER_MINOR_VERSION,
        .InitializeHandlerEx = MiniportInitialize,
        .HaltHandlerEx = MiniportHalt,
        .UnloadHandler = DriverUnload,
        .PauseHandler = MiniportPause,
        .RestartHandler = MiniportRestart,
        .OidRequestHandler = OidRequest,
        .SendNetBufferListsHandler = SendNetBufferLists,
        .ReturnNetBufferListsHandler = ReceiveReturnNetBufferLists,
        .CancelSendHandler = SendCancel,
        .DevicePnPEventNotifyHandler = MiniportPnPEventNotify,
        .ShutdownHandlerEx = MiniportShutdown,
        .CancelOidRequestHandler = OidCancelRequest,
    };

    return NdisMRegisterMiniportDriver(
        DriverObject, RegistryPath, NULL, &Miniport, &MiniportDriverHandle);
}

_Use_decl_annotations_
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    NTSTATUS Status;

    EventInitialize(DriverObject);
    PoolInitialize(NdisGetVersion());
    Status = AdapterListInitialize();
    if (!NT_SUCCESS(Status))
        goto Failed;
    Status = DeviceProcessNotifyStart();
    if (!NT_SUCCESS(Status))
        goto CleanupAdapters;
    Status = DriverRegisterMiniport(DriverObject, RegistryPath);
    if (!NT_SUCCESS(Status))
        goto CleanupNotify;
    DeviceHook(DriverObject);
    return STATUS_SUCCESS;

CleanupNotify:
    DeviceProcessNotifyStop();
CleanupAdapters:
    AdapterListDelete();
Failed:
    EventWriteDriverNotStarted(Status);
    return Status;
}

_Use_decl_annotations_
VOID NDISAPI DriverUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    NdisMDeregisterMiniportDriver(MiniportDriverHandle);
    DeviceProcessNotifyStop();
    AdapterListDelete();
}
