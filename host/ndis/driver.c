/* SPDX-License-Identifier: MIT */
/*
 * Miniport drivers: registration, what NDIS puts into the driver object, unload.
 */
#include "internal.h"

static LIST_ENTRY DriverList = {&DriverList, &DriverList};
static KSPIN_LOCK DriverListLock;

/* Newest first, so that the revision of a version is that of the first entry not above it. */
static const struct
{
    UCHAR Minor;
    UCHAR MaximumRevision;
} DriverVersions[] = {
    {86, 3}, {85, 3}, {84, 3}, {83, 3}, {82, 3}, {81, 3}, {80, 3}, {70, 2},
    {60, 2}, {51, 2}, {50, 2}, {40, 2}, {30, 2}, {20, 2}, {1, 2},  {0, 1},
};

UINT NDISAPI NdisGetVersion(VOID)
{
    NDISP_IRQL("NdisGetVersion", "nf-ndis-ndisgetversion", DISPATCH_LEVEL);
    return NdispHostVersion();
}

PNDIS_MINIPORT_DRIVER NdispDriverFromHandle(NDIS_HANDLE Handle, PCSTR Function)
{
    PNDIS_MINIPORT_DRIVER Driver = Handle;
    if (Driver == NULL || Driver->Signature != NDISP_DRIVER_SIGNATURE)
    {
        NdisHostViolation(
            "The driver handle is one that NdisMRegisterMiniportDriver returned.", Function,
            "nf-ndis-ndismregisterminiportdriver");
    }
    return Driver;
}

PNDIS_MINIPORT_DRIVER NdispDriverFromObject(PDRIVER_OBJECT DriverObject)
{
    PNDIS_MINIPORT_DRIVER Found = NULL;
    KLOCK_QUEUE_HANDLE Lock;
    PLIST_ENTRY Entry;

    KeAcquireInStackQueuedSpinLock(&DriverListLock, &Lock);
    for (Entry = DriverList.Flink; Entry != &DriverList; Entry = Entry->Flink)
    {
        PNDIS_MINIPORT_DRIVER Driver = CONTAINING_RECORD(Entry, NDIS_MINIPORT_DRIVER, Link);
        if (Driver->DriverObject == DriverObject)
        {
            Found = Driver;
            break;
        }
    }
    KeReleaseInStackQueuedSpinLock(&Lock);
    return Found;
}

static VOID NTAPI DriverUnload(PDRIVER_OBJECT DriverObject)
{
    PNDIS_MINIPORT_DRIVER Driver = NdispDriverFromObject(DriverObject);
    if (Driver == NULL)
    {
        return;
    }
    NDISP_CALLBACK(
        "MiniportDriverUnload", "nc-ndis-miniport_unload", PASSIVE_LEVEL,
        Driver->Characteristics.UnloadHandler(DriverObject));
    if (NdispDriverFromObject(DriverObject) != NULL)
    {
        NdisHostViolation(
            "MiniportDriverUnload calls NdisMDeregisterMiniportDriver.", "MiniportDriverUnload",
            "nc-ndis-miniport_unload");
    }
}

/* Revision and size of the characteristics against the NDIS version that they name. */
static NDIS_STATUS DriverCheckVersion(const NDIS_MINIPORT_DRIVER_CHARACTERISTICS *Given)
{
    ULONG Version = ((ULONG)Given->MajorNdisVersion << 16) | Given->MinorNdisVersion;
    ULONG i, Size;

    for (i = 0; i < ARRAYSIZE(DriverVersions); i++)
    {
        if (Given->MajorNdisVersion == 6 && Given->MinorNdisVersion == DriverVersions[i].Minor)
        {
            break;
        }
    }
    if (i == ARRAYSIZE(DriverVersions) || Version > NdispHostVersion())
    {
        NdispLogError(
            "NDIS: a driver wants NDIS %u.%u; the newest here is %u.%u\n", Given->MajorNdisVersion,
            Given->MinorNdisVersion, NdispHostVersion() >> 16, NdispHostVersion() & 0xFFFF);
        return NDIS_STATUS_BAD_VERSION;
    }
    Size = Given->Header.Revision >= NDIS_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_3
               ? NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_3
           : Given->Header.Revision == NDIS_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2
               ? NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2
               : NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_1;
    if (Given->Header.Type != NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS ||
        Given->Header.Revision < NDIS_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_1 ||
        Given->Header.Revision > DriverVersions[i].MaximumRevision || Given->Header.Size < Size)
    {
        NdispLogError(
            "NDIS: driver characteristics: type 0x%x revision %u size %u; revisions 1 to %u, size "
            "%u or more\n",
            Given->Header.Type, Given->Header.Revision, Given->Header.Size,
            DriverVersions[i].MaximumRevision, Size);
        return NDIS_STATUS_BAD_CHARACTERISTICS;
    }
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS DriverCheckHandlers(const NDIS_MINIPORT_DRIVER_CHARACTERISTICS *Given)
{
    if (Given->InitializeHandlerEx == NULL || Given->HaltHandlerEx == NULL ||
        Given->UnloadHandler == NULL || Given->PauseHandler == NULL ||
        Given->RestartHandler == NULL || Given->OidRequestHandler == NULL ||
        Given->SendNetBufferListsHandler == NULL || Given->ReturnNetBufferListsHandler == NULL ||
        Given->CancelSendHandler == NULL || Given->DevicePnPEventNotifyHandler == NULL ||
        Given->ShutdownHandlerEx == NULL || Given->CancelOidRequestHandler == NULL ||
        (Given->CheckForHangHandlerEx != NULL && Given->ResetHandlerEx == NULL))
    {
        NdispLogError("NDIS: driver characteristics lack a required handler\n");
        return NDIS_STATUS_BAD_CHARACTERISTICS;
    }
    if ((Given->Flags & NDIS_INTERMEDIATE_DRIVER) != 0)
    {
        NdispLogError("NDIS: driver flags 0x%x: intermediate drivers do not run\n", Given->Flags);
        return NDIS_STATUS_NOT_SUPPORTED;
    }
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS DriverCreate(
    PDRIVER_OBJECT DriverObject,
    PUNICODE_STRING RegistryPath,
    NDIS_HANDLE Context,
    PNDIS_MINIPORT_DRIVER_CHARACTERISTICS Characteristics,
    PNDIS_MINIPORT_DRIVER *Created)
{
    SIZE_T Size = Characteristics->Header.Size;
    PNDIS_MINIPORT_DRIVER Driver = ExAllocatePoolWithTag(
        NonPagedPoolNx, sizeof(*Driver) + RegistryPath->Length + sizeof(WCHAR), NDISP_TAG);
    if (Driver == NULL)
    {
        return NDIS_STATUS_RESOURCES;
    }
    RtlZeroMemory(Driver, sizeof(*Driver));
    Driver->Signature = NDISP_DRIVER_SIGNATURE;
    Driver->DriverObject = DriverObject;
    Driver->Context = Context;
    Driver->RegistryPath.Buffer = (PWCH)(Driver + 1);
    Driver->RegistryPath.Length = RegistryPath->Length;
    Driver->RegistryPath.MaximumLength = RegistryPath->Length + sizeof(WCHAR);
    RtlCopyMemory(Driver->RegistryPath.Buffer, RegistryPath->Buffer, RegistryPath->Length);
    Driver->RegistryPath.Buffer[RegistryPath->Length / sizeof(WCHAR)] = 0;
    Size = Size < sizeof(Driver->Characteristics) ? Size : sizeof(Driver->Characteristics);
    RtlCopyMemory(&Driver->Characteristics, Characteristics, Size);
    *Created = Driver;
    return NDIS_STATUS_SUCCESS;
}

static VOID DriverTakeOver(PDRIVER_OBJECT DriverObject)
{
    ULONG i;
    DriverObject->DriverExtension->AddDevice = NdispPnpAddDevice;
    DriverObject->DriverUnload = DriverUnload;
    for (i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
    {
        DriverObject->MajorFunction[i] = NdispDeviceDispatch;
    }
}

NDIS_STATUS NDISAPI NdisMRegisterMiniportDriver(
    PDRIVER_OBJECT DriverObject,
    PUNICODE_STRING RegistryPath,
    NDIS_HANDLE MiniportDriverContext,
    PNDIS_MINIPORT_DRIVER_CHARACTERISTICS Characteristics,
    PNDIS_HANDLE NdisMiniportDriverHandle)
{
    NDISP_IRQL("NdisMRegisterMiniportDriver", "nf-ndis-ndismregisterminiportdriver", PASSIVE_LEVEL);
    PNDIS_MINIPORT_DRIVER Driver;
    KLOCK_QUEUE_HANDLE Lock;
    NDIS_STATUS Status;

    *NdisMiniportDriverHandle = NULL;
    Status = DriverCheckVersion(Characteristics);
    if (Status == NDIS_STATUS_SUCCESS)
    {
        Status = DriverCheckHandlers(Characteristics);
    }
    if (Status == NDIS_STATUS_SUCCESS && NdispDriverFromObject(DriverObject) != NULL)
    {
        Status = NDIS_STATUS_FAILURE;
    }
    if (Status != NDIS_STATUS_SUCCESS)
    {
        return Status;
    }
    Status =
        DriverCreate(DriverObject, RegistryPath, MiniportDriverContext, Characteristics, &Driver);
    if (Status != NDIS_STATUS_SUCCESS)
    {
        return Status;
    }
    if (Driver->Characteristics.SetOptionsHandler != NULL)
    {
        NDISP_CALLBACK(
            "MiniportSetOptions", "nc-ndis-set_options", PASSIVE_LEVEL,
            Status = Driver->Characteristics.SetOptionsHandler(Driver, MiniportDriverContext));
        if (Status != NDIS_STATUS_SUCCESS)
        {
            Driver->Signature = NDISP_FREED_SIGNATURE;
            ExFreePoolWithTag(Driver, NDISP_TAG);
            return Status;
        }
    }
    DriverTakeOver(DriverObject);
    KeAcquireInStackQueuedSpinLock(&DriverListLock, &Lock);
    InsertTailList(&DriverList, &Driver->Link);
    KeReleaseInStackQueuedSpinLock(&Lock);
    *NdisMiniportDriverHandle = Driver;
    return NDIS_STATUS_SUCCESS;
}

/* Selective suspend is for NDIS to begin, which this one never does. */
NDIS_STATUS NDISAPI
NdisSetOptionalHandlers(NDIS_HANDLE NdisHandle, PNDIS_DRIVER_OPTIONAL_HANDLERS OptionalHandlers)
{
    NDISP_IRQL("NdisSetOptionalHandlers", "nf-ndis-ndissetoptionalhandlers", PASSIVE_LEVEL);
    NdispDriverFromHandle(NdisHandle, "NdisSetOptionalHandlers");
    if (OptionalHandlers->Header.Type == NDIS_OBJECT_TYPE_MINIPORT_SS_CHARACTERISTICS)
    {
        return NDIS_STATUS_SUCCESS;
    }
    NdispLogError(
        "NDIS: optional handlers of type 0x%x; 0x%x only is known here\n",
        OptionalHandlers->Header.Type, NDIS_OBJECT_TYPE_MINIPORT_SS_CHARACTERISTICS);
    return NDIS_STATUS_FAILURE;
}

VOID NDISAPI NdisMDeregisterMiniportDriver(NDIS_HANDLE NdisMiniportDriverHandle)
{
    NDISP_IRQL(
        "NdisMDeregisterMiniportDriver", "nf-ndis-ndismderegisterminiportdriver", PASSIVE_LEVEL);
    PNDIS_MINIPORT_DRIVER Driver =
        NdispDriverFromHandle(NdisMiniportDriverHandle, "NdisMDeregisterMiniportDriver");
    KLOCK_QUEUE_HANDLE Lock;

    if (ReadAcquire(&Driver->AdapterCount) != 0)
    {
        NdisHostViolation(
            "A driver is deregistered from MiniportDriverUnload, or when DriverEntry fails.",
            "NdisMDeregisterMiniportDriver", "nf-ndis-ndismderegisterminiportdriver");
    }
    KeAcquireInStackQueuedSpinLock(&DriverListLock, &Lock);
    RemoveEntryList(&Driver->Link);
    KeReleaseInStackQueuedSpinLock(&Lock);
    Driver->Signature = NDISP_FREED_SIGNATURE;
    ExFreePoolWithTag(Driver, NDISP_TAG);
}
