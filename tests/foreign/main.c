/* SPDX-License-Identifier: MIT */
/* foreign.sys: the driver's and the adapter's life, and what it keeps account of. */
#include "driver.h"

#define LINK_DELAY 50000 /* 100 ns */
#define LINK_SPEED 100000000

FOREIGN Foreign = {.Removed = TRUE};

DRIVER_INITIALIZE DriverEntry;
static NDIS_TIMER_FUNCTION LinkTimer;

/* ---- Accounts ---- */

_Use_decl_annotations_
VOID ForeignLog(PCSTR Word)
{
    ULONG Used = 0;
    NdisAcquireSpinLock(&Foreign.StateLock);
    while (Foreign.State.Log[Used] != 0)
    {
        Used++;
    }
    while (*Word != 0 && Used < FOREIGN_LOG_SIZE - 2)
    {
        Foreign.State.Log[Used++] = *Word++;
    }
    Foreign.State.Log[Used] = ' ';
    NdisReleaseSpinLock(&Foreign.StateLock);
}

_Use_decl_annotations_
VOID ForeignCount(uint32_t *Counter)
{
    NdisAcquireSpinLock(&Foreign.StateLock);
    *Counter += 1;
    NdisReleaseSpinLock(&Foreign.StateLock);
}

_Use_decl_annotations_
VOID ForeignAppend(PFOREIGN_CHAIN Chain, PNET_BUFFER_LIST List)
{
    NET_BUFFER_LIST_NEXT_NBL(List) = NULL;
    *Chain->Last = List;
    Chain->Last = &NET_BUFFER_LIST_NEXT_NBL(List);
    Chain->Count++;
}

_Use_decl_annotations_
PNET_BUFFER_LIST ForeignTakeAll(PFOREIGN_CHAIN Chain)
{
    PNET_BUFFER_LIST First = Chain->First;
    *Chain = (FOREIGN_CHAIN){.Last = &Chain->First};
    return First;
}

/* ---- The link comes up: a timer, then a work item ---- */

static VOID NDISAPI LinkUp(PVOID Context, NDIS_HANDLE WorkItem)
{
    NDIS_LINK_STATE State = {
        .Header =
            {NDIS_OBJECT_TYPE_DEFAULT, NDIS_LINK_STATE_REVISION_1,
             NDIS_SIZEOF_LINK_STATE_REVISION_1},
        .MediaConnectState = MediaConnectStateConnected,
        .MediaDuplexState = MediaDuplexStateFull,
        .XmitLinkSpeed = LINK_SPEED,
        .RcvLinkSpeed = LINK_SPEED,
    };
    NDIS_STATUS_INDICATION Indication = {
        .Header =
            {NDIS_OBJECT_TYPE_STATUS_INDICATION, NDIS_STATUS_INDICATION_REVISION_1,
             NDIS_SIZEOF_STATUS_INDICATION_REVISION_1},
        .SourceHandle = Context,
        .StatusCode = NDIS_STATUS_LINK_STATE,
        .StatusBuffer = &State,
        .StatusBufferSize = sizeof(State),
    };
    UNREFERENCED_PARAMETER(WorkItem);
    NdisMIndicateStatusEx(Context, &Indication);
    ForeignLog("LinkUp");
    NdisSetEvent(&Foreign.LinkDone);
}

static VOID NDISAPI LinkTimer(PVOID Specific1, PVOID Context, PVOID Specific2, PVOID Specific3)
{
    UNREFERENCED_PARAMETER(Specific1);
    UNREFERENCED_PARAMETER(Specific2);
    UNREFERENCED_PARAMETER(Specific3);
    NdisQueueIoWorkItem(Foreign.LinkWork, LinkUp, Context);
}

static NDIS_STATUS LinkCreate(NDIS_HANDLE Adapter)
{
    NDIS_TIMER_CHARACTERISTICS Timer = {
        .Header =
            {NDIS_OBJECT_TYPE_TIMER_CHARACTERISTICS, NDIS_TIMER_CHARACTERISTICS_REVISION_1,
             NDIS_SIZEOF_TIMER_CHARACTERISTICS_REVISION_1},
        .AllocationTag = FOREIGN_TAG,
        .TimerFunction = LinkTimer,
        .FunctionContext = Adapter,
    };
    NDIS_STATUS Status;
    NdisInitializeEvent(&Foreign.LinkDone);
    Foreign.LinkWork = NdisAllocateIoWorkItem(Adapter);
    if (Foreign.LinkWork == NULL)
    {
        return NDIS_STATUS_RESOURCES;
    }
    Foreign.ResetWork = NdisAllocateIoWorkItem(Adapter);
    Status = Foreign.ResetWork != NULL
                 ? NdisAllocateTimerObject(Adapter, &Timer, &Foreign.LinkTimer)
                 : NDIS_STATUS_RESOURCES;
    if (Status != NDIS_STATUS_SUCCESS)
    {
        if (Foreign.ResetWork != NULL)
        {
            NdisFreeIoWorkItem(Foreign.ResetWork);
        }
        NdisFreeIoWorkItem(Foreign.LinkWork);
    }
    return Status;
}

static VOID LinkDelete(VOID)
{
    if (!NdisCancelTimerObject(Foreign.LinkTimer))
    {
        NdisWaitEvent(&Foreign.LinkDone, 0);
    }
    NdisFreeTimerObject(Foreign.LinkTimer);
    NdisFreeIoWorkItem(Foreign.ResetWork);
    NdisFreeIoWorkItem(Foreign.LinkWork);
}

/* ---- It hangs once, and is reset ---- */

static BOOLEAN NDISAPI CheckForHang(NDIS_HANDLE Context)
{
    UNREFERENCED_PARAMETER(Context);
    return InterlockedExchange(&Foreign.Hung, FALSE) != FALSE;
}

static VOID NDISAPI ResetDone(PVOID Context, NDIS_HANDLE WorkItem)
{
    UNREFERENCED_PARAMETER(WorkItem);
    ForeignCount(&Foreign.State.Resets);
    NdisMResetComplete(Context, NDIS_STATUS_SUCCESS, TRUE);
}

static NDIS_STATUS NDISAPI Reset(NDIS_HANDLE Context, PBOOLEAN AddressingReset)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(AddressingReset);
    NdisQueueIoWorkItem(Foreign.ResetWork, ResetDone, Foreign.Adapter);
    return NDIS_STATUS_PENDING;
}

/* ---- The adapter ---- */

static NDIS_STATUS SetAttributes(NDIS_HANDLE Adapter)
{
    static NDIS_OID Oids[] = {OID_GEN_SUPPORTED_LIST, OID_GEN_VENDOR_DESCRIPTION};
    NDIS_MINIPORT_ADAPTER_ATTRIBUTES Attributes = {
        .RegistrationAttributes = {
            .Header =
                {NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES,
                 NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1,
                 NDIS_SIZEOF_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1},
            .MiniportAdapterContext = &Foreign,
            .AttributeFlags = NDIS_MINIPORT_ATTRIBUTES_NDIS_WDM |
                              NDIS_MINIPORT_ATTRIBUTES_SURPRISE_REMOVE_OK |
                              NDIS_MINIPORT_ATTRIBUTES_NO_HALT_ON_SUSPEND,
        }};
    NDIS_STATUS Status = NdisMSetMiniportAttributes(Adapter, &Attributes);
    if (Status != NDIS_STATUS_SUCCESS)
    {
        return Status;
    }
    RtlZeroMemory(&Attributes, sizeof(Attributes));
    Attributes.GeneralAttributes = (NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES){
        .Header =
            {NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES,
             NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2,
             NDIS_SIZEOF_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2},
        .MediaType = NdisMediumIP,
        .MtuSize = FOREIGN_MTU,
        .MaxXmitLinkSpeed = LINK_SPEED,
        .XmitLinkSpeed = LINK_SPEED,
        .MaxRcvLinkSpeed = LINK_SPEED,
        .RcvLinkSpeed = LINK_SPEED,
        .MediaConnectState = MediaConnectStateDisconnected,
        .MediaDuplexState = MediaDuplexStateFull,
        .LookaheadSize = FOREIGN_MTU,
        .SupportedPacketFilters = NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_BROADCAST,
        .IfType = IF_TYPE_PROP_VIRTUAL,
        .SupportedOidList = Oids,
        .SupportedOidListLength = sizeof(Oids),
    };
    return NdisMSetMiniportAttributes(Adapter, &Attributes);
}

/* What Plug and Play calls the device, as ASCII. */
static VOID ReadDescription(NDIS_HANDLE Adapter)
{
    WCHAR Text[ARRAYSIZE(Foreign.State.Description)] = {0};
    PDEVICE_OBJECT Pdo, Fdo, Next;
    ULONG Length;
    NdisMGetDeviceProperty(Adapter, &Pdo, &Fdo, &Next, NULL, NULL);
    if (!NT_SUCCESS(
            IoGetDeviceProperty(Pdo, DevicePropertyDeviceDescription, sizeof(Text), Text, &Length)))
    {
        return;
    }
    for (ULONG i = 0; i < ARRAYSIZE(Text) - 1; i++)
    {
        Foreign.State.Description[i] = (char)Text[i];
    }
}

static NDIS_STATUS NDISAPI Initialize(
    NDIS_HANDLE Adapter, NDIS_HANDLE DriverContext, PNDIS_MINIPORT_INIT_PARAMETERS Parameters)
{
    NDIS_STATUS Status;
    UNREFERENCED_PARAMETER(DriverContext);
    if (Foreign.Adapter != NULL)
    {
        return NDIS_STATUS_NOT_SUPPORTED;
    }
    Status = SetAttributes(Adapter);
    if (Status != NDIS_STATUS_SUCCESS)
    {
        return Status;
    }
    Status = DataCreate(Adapter);
    if (Status != NDIS_STATUS_SUCCESS)
    {
        return Status;
    }
    Status = LinkCreate(Adapter);
    if (Status != NDIS_STATUS_SUCCESS)
    {
        DataDelete();
        return Status;
    }
    ReadDescription(Adapter);
    UtilityCheck(Adapter, Parameters);
    Foreign.Adapter = Adapter;
    InterlockedExchange(&Foreign.Hung, TRUE);
    WriteRelease(&Foreign.Removed, FALSE);
    ForeignLog("Initialize");
    NdisSetTimerObject(Foreign.LinkTimer, (LARGE_INTEGER){.QuadPart = -LINK_DELAY}, 0, NULL);
    return NDIS_STATUS_SUCCESS;
}

static VOID NDISAPI Halt(NDIS_HANDLE Context, NDIS_HALT_ACTION Action)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Action);
    WriteRelease(&Foreign.Removed, TRUE);
    DeviceEndReads(NULL, STATUS_DEVICE_NOT_READY);
    LinkDelete();
    DataDelete();
    Foreign.Adapter = NULL;
    ForeignLog("Halt");
}

static NDIS_STATUS NDISAPI
Restart(NDIS_HANDLE Context, PNDIS_MINIPORT_RESTART_PARAMETERS Parameters)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Parameters);
    DataRestart();
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS NDISAPI Pause(NDIS_HANDLE Context, PNDIS_MINIPORT_PAUSE_PARAMETERS Parameters)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Parameters);
    DataPause();
    return NDIS_STATUS_SUCCESS;
}

static VOID NDISAPI Notify(NDIS_HANDLE Context, PNET_DEVICE_PNP_EVENT Event)
{
    UNREFERENCED_PARAMETER(Context);
    if (Event->DevicePnPEvent == NdisDevicePnPEventSurpriseRemoved)
    {
        ForeignLog("SurpriseRemoved");
        WriteRelease(&Foreign.Removed, TRUE);
        DeviceEndReads(NULL, STATUS_DEVICE_NOT_READY);
    }
}

static VOID NDISAPI Shutdown(NDIS_HANDLE Context, NDIS_SHUTDOWN_ACTION Action)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Action);
}

static NDIS_STATUS NDISAPI Request(NDIS_HANDLE Context, PNDIS_OID_REQUEST OidRequest)
{
    static const CHAR Vendor[] = "Adit foreign test";
    UNREFERENCED_PARAMETER(Context);
    if (OidRequest->RequestType == NdisRequestSetInformation &&
        (OidRequest->DATA.SET_INFORMATION.Oid == OID_GEN_CURRENT_PACKET_FILTER ||
         OidRequest->DATA.SET_INFORMATION.Oid == OID_GEN_CURRENT_LOOKAHEAD))
    {
        if (OidRequest->DATA.SET_INFORMATION.Oid == OID_GEN_CURRENT_PACKET_FILTER)
        {
            ForeignCount(&Foreign.State.Filters);
        }
        OidRequest->DATA.SET_INFORMATION.BytesRead = sizeof(ULONG);
        return NDIS_STATUS_SUCCESS;
    }
    if (OidRequest->RequestType != NdisRequestQueryInformation ||
        OidRequest->DATA.QUERY_INFORMATION.Oid != OID_GEN_VENDOR_DESCRIPTION)
    {
        return NDIS_STATUS_NOT_SUPPORTED;
    }
    if (OidRequest->DATA.QUERY_INFORMATION.InformationBufferLength < sizeof(Vendor))
    {
        OidRequest->DATA.QUERY_INFORMATION.BytesNeeded = sizeof(Vendor);
        return NDIS_STATUS_BUFFER_TOO_SHORT;
    }
    RtlCopyMemory(OidRequest->DATA.QUERY_INFORMATION.InformationBuffer, Vendor, sizeof(Vendor));
    OidRequest->DATA.QUERY_INFORMATION.BytesWritten = sizeof(Vendor);
    return NDIS_STATUS_SUCCESS;
}

static VOID NDISAPI CancelRequest(NDIS_HANDLE Context, PVOID RequestId)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(RequestId);
}

/* ---- The driver ---- */

static VOID NDISAPI Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    DeviceDelete();
    NdisMDeregisterMiniportDriver(Foreign.Driver);
    NdisFreeRWLock(Foreign.Lock);
}

static NDIS_STATUS Register(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    NDIS_MINIPORT_DRIVER_CHARACTERISTICS Driver = {
        .Header =
            {NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS,
             NDIS_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2,
             (USHORT)NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2},
        .MajorNdisVersion = 6,
        .MinorNdisVersion = 20,
        .MajorDriverVersion = 1,
        .InitializeHandlerEx = Initialize,
        .HaltHandlerEx = Halt,
        .UnloadHandler = Unload,
        .PauseHandler = Pause,
        .RestartHandler = Restart,
        .OidRequestHandler = Request,
        .SendNetBufferListsHandler = DataSend,
        .ReturnNetBufferListsHandler = DataReturn,
        .CancelSendHandler = DataCancelSend,
        .CheckForHangHandlerEx = CheckForHang,
        .ResetHandlerEx = Reset,
        .DevicePnPEventNotifyHandler = Notify,
        .ShutdownHandlerEx = Shutdown,
        .CancelOidRequestHandler = CancelRequest,
    };
    return NdisMRegisterMiniportDriver(
        DriverObject, RegistryPath, &Foreign, &Driver, &Foreign.Driver);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    NDIS_STATUS Status;
    NdisAllocateSpinLock(&Foreign.StateLock);
    Foreign.Lock = NdisAllocateRWLock(NULL);
    if (Foreign.Lock == NULL)
    {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = Register(DriverObject, RegistryPath);
    if (Status != NDIS_STATUS_SUCCESS)
    {
        goto CleanupLock;
    }
    Status = DeviceCreate();
    if (Status != NDIS_STATUS_SUCCESS)
    {
        goto CleanupDriver;
    }
    return STATUS_SUCCESS;

CleanupDriver:
    NdisMDeregisterMiniportDriver(Foreign.Driver);
CleanupLock:
    NdisFreeRWLock(Foreign.Lock);
    return STATUS_UNSUCCESSFUL;
}
