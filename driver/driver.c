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
 * The versions that a miniport can name, newest first (NDIS_MINIPORT_DRIVER_CHARACTERISTICS,
 * MinorNdisVersion): Windows 7 has 6.20, Windows 8 6.30, 8.1 6.40, 10 and 11 the others. Of what
 * they added, this driver must follow:
 *     6.20  PowerManagementCapabilitiesEx of the general attributes is mandatory
 *     6.30  NDIS_PM_CAPABILITIES has its revision 2
 *     6.80  NDIS_MINIPORT_DRIVER_CHARACTERISTICS has its revision 3; the handler in it is optional
 *
 * An NDIS that is newer than the newest of them serves drivers of older versions.
 */
static const UCHAR DriverNdisMinorVersions[] = {83, 82, 81, 80, 70, 60, 51, 50, 40, 30, 20};

static UCHAR DriverMinorVersion;

/* The newest version of these that the running NDIS has. */
static UCHAR DriverChooseMinorVersion(ULONG NdisVersion)
{
    ULONG Index = 0;

    while (Index < ARRAYSIZE(DriverNdisMinorVersions) - 1 &&
           NdisVersion < ((6u << 16) | DriverNdisMinorVersions[Index]))
        Index++;
    return DriverNdisMinorVersions[Index];
}

_Use_decl_annotations_
UCHAR DriverNdisMinorVersion(VOID)
{
    return DriverMinorVersion;
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
        .MinorNdisVersion = DriverMinorVersion,
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

    if (DriverMinorVersion >= 80)
    {
        Miniport.Header.Revision = NDIS_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_3;
        Miniport.Header.Size = NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_3;
    }
    return NdisMRegisterMiniportDriver(
        DriverObject, RegistryPath, NULL, &Miniport, &MiniportDriverHandle);
}

_Use_decl_annotations_
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    NTSTATUS Status;

    EventInitialize(DriverObject);
    PoolInitialize(NdisGetVersion());
    DriverMinorVersion = DriverChooseMinorVersion(NdisGetVersion());
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
