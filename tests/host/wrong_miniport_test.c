/* SPDX-License-Identifier: MIT */
/* Broken rules: miniports whose routines do wrong what NDIS asks of them. */
#include "violations.h"

#include <stdlib.h>

static UCHAR Memory[4096] __attribute__((aligned(16)));

#define CASE(Name) static VOID Name(PVOID Context __attribute__((unused)))

static NDIS_HANDLE MakePool(BOOLEAN NetBuffers)
{
    NET_BUFFER_LIST_POOL_PARAMETERS Parameters = {
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, 1, sizeof(Parameters)},
        .fAllocateNetBuffer = NetBuffers,
        .PoolTag = TOY_TAG,
    };
    return NdisAllocateNetBufferListPool(NULL, &Parameters);
}

static VOID Ignore(PVOID Context, PNET_BUFFER_LIST Lists, ULONG Flags)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Lists);
    UNREFERENCED_PARAMETER(Flags);
}

static PNET_BUFFER_LIST Send(VOID)
{
    PNET_BUFFER_LIST List = ToyMakeList(MakePool(TRUE), 1, 10, 0);
    NdisHostSend(Fixture.Adapter, List, 0, 0, Ignore, NULL);
    return List;
}

static VOID Start(VOID)
{
    FixtureAdd();
    NativeDeviceStart(Fixture.Pdo);
}

/* ---- Handles ---- */

CASE(ForeignMiniportHandle)
{
    NdisMPauseComplete(Memory);
}

CASE(ForeignDriverHandle)
{
    NdisMDeregisterMiniportDriver(Memory);
}

CASE(ForeignConfigurationHandle)
{
    NdisCloseConfiguration(Memory);
}

CASE(ForeignDeviceHandle)
{
    NdisDeregisterDeviceEx(Memory);
}

CASE(DeregisteredWithAdapters)
{
    NdisMDeregisterMiniportDriver(Toy.Driver);
}

static NTSTATUS NTAPI ToNdis(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    return Toy.DriverObject->MajorFunction[IRP_MJ_CREATE](DeviceObject, Irp);
}

CASE(RequestOfOwnDevice)
{
    UNICODE_STRING Name;
    PDEVICE_OBJECT Device;
    HANDLE File;
    RtlInitUnicodeString(&Name, L"\\DosDevices\\Own");
    IoCreateDevice(Toy.DriverObject, 64, &Name, FILE_DEVICE_NETWORK, 0, FALSE, &Device);
    Device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    UNREFERENCED_PARAMETER(ToNdis);
    NativeUserOpen(
        NativeProcessCreate(NativeLocalSystem, FALSE), L"\\\\.\\Own", FILE_READ_DATA, &File);
}

/* ---- Initialisation ---- */

static NDIS_STATUS NDISAPI
GeneralFirst(NDIS_HANDLE Handle, NDIS_HANDLE Context, PNDIS_MINIPORT_INIT_PARAMETERS Parameters)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Parameters);
    return NdisMSetMiniportAttributes(Handle, (PNDIS_MINIPORT_ADAPTER_ATTRIBUTES)&Toy.General);
}

CASE(GeneralAttributesFirst)
{
    Toy.Characteristics.InitializeHandlerEx = GeneralFirst;
    Start();
}

static NDIS_STATUS NDISAPI OffloadBeforeGeneral(
    NDIS_HANDLE Handle, NDIS_HANDLE Context, PNDIS_MINIPORT_INIT_PARAMETERS Parameters)
{
    NDIS_MINIPORT_ADAPTER_ATTRIBUTES Attributes = {
        .RegistrationAttributes = {
            .Header = {
                NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES, 1,
                sizeof(NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES)}}};
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Parameters);
    NdisMSetMiniportAttributes(Handle, &Attributes);
    Attributes.Header.Type = 0xA0; /* none of those that this library knows */
    return NdisMSetMiniportAttributes(Handle, &Attributes);
}

CASE(OffloadAttributesFirst)
{
    Toy.Characteristics.InitializeHandlerEx = OffloadBeforeGeneral;
    Start();
}

/* ---- Pause and restart ---- */

static NDIS_STATUS NDISAPI PauseFails(NDIS_HANDLE Context, PNDIS_MINIPORT_PAUSE_PARAMETERS Pause)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Pause);
    return NDIS_STATUS_FAILURE;
}

CASE(PauseRefused)
{
    Toy.Characteristics.PauseHandler = PauseFails;
    Start();
    NdisHostPause(Fixture.Adapter);
}

static NDIS_STATUS NDISAPI PauseTwice(NDIS_HANDLE Context, PNDIS_MINIPORT_PAUSE_PARAMETERS Pause)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Pause);
    NdisMPauseComplete(Toy.Adapter);
    return NDIS_STATUS_SUCCESS;
}

CASE(PauseCompletedTwice)
{
    Toy.Characteristics.PauseHandler = PauseTwice;
    Start();
    NdisHostPause(Fixture.Adapter);
}

static PNET_BUFFER_LIST Kept;

static BOOLEAN
Keep(PVOID Context, PNET_BUFFER_LIST Lists, NDIS_PORT_NUMBER Port, ULONG Count, ULONG Flags)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Port);
    UNREFERENCED_PARAMETER(Count);
    UNREFERENCED_PARAMETER(Flags);
    Kept = Lists;
    return TRUE;
}

static VOID IndicateKept(VOID)
{
    static const UCHAR Packet[20] = {0x45};
    NdisHostSetReceiveTap(Fixture.Adapter, Keep, NULL);
    ToyIndicate(Packet, sizeof(Packet), 1, NDIS_ETH_TYPE_IPV4, 0);
}

CASE(PausedWithReceives)
{
    IndicateKept();
    NdisHostPause(Fixture.Adapter);
}

CASE(PausedAndSending)
{
    Toy.SendWhilePaused = TRUE;
    NdisHostPause(Fixture.Adapter);
    Send();
}

CASE(HaltedWithSends)
{
    Toy.SendWhilePaused = TRUE;
    Toy.Send = ToySendHold;
    Toy.IgnoreCancelSend = TRUE;
    NdisHostPause(Fixture.Adapter);
    Send();
    NativeDeviceSurpriseRemoveNow(Fixture.Pdo);
}

static NDIS_STATUS NDISAPI PauseRaised(NDIS_HANDLE Context, PNDIS_MINIPORT_PAUSE_PARAMETERS Pause)
{
    static KSPIN_LOCK Lock;
    static KLOCK_QUEUE_HANDLE Handle;
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Pause);
    KeAcquireInStackQueuedSpinLock(&Lock, &Handle);
    return NDIS_STATUS_SUCCESS;
}

CASE(ReturnedWithSpinLock)
{
    Toy.Characteristics.PauseHandler = PauseRaised;
    Start();
    NdisHostPause(Fixture.Adapter);
}

/* ---- Net buffer lists ---- */

CASE(ListWithoutNetBuffer)
{
    NdisAllocateNetBufferAndNetBufferList(MakePool(FALSE), 0, 0, NULL, 0, 0);
}

CASE(DataWithoutMdl)
{
    NdisAllocateNetBufferAndNetBufferList(MakePool(TRUE), 0, 0, NULL, 0, 10);
}

CASE(NetBufferFreedTwice)
{
    NET_BUFFER_POOL_PARAMETERS Parameters = {
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, 1, sizeof(Parameters)}, .PoolTag = TOY_TAG};
    PNET_BUFFER Buffer =
        NdisAllocateNetBuffer(NdisAllocateNetBufferPool(NULL, &Parameters), NULL, 0, 0);
    /* As it looks when it was freed, without looking at freed memory. */
    memset((PUCHAR)Buffer - 2 * sizeof(PVOID), 0, sizeof(ULONG));
    NdisFreeNetBuffer(Buffer);
}

static PMDL AllocateLess(PULONG Size)
{
    PMDL Mdl = NdisAllocateMdl(NULL, Memory, *Size);
    *Size -= 1;
    return Mdl;
}

CASE(MdlTooShort)
{
    PNET_BUFFER_LIST List = ToyMakeList(MakePool(TRUE), 1, 10, 0);
    NdisRetreatNetBufferDataStart(List->FirstNetBuffer, 100, 0, AllocateLess);
}

CASE(MemoryFreedWithFlags)
{
    NdisFreeMemory(NdisAllocateMemoryWithTagPriority(NULL, 8, TOY_TAG, NormalPoolPriority), 8, 1);
}

CASE(TouchedWhenCompleted)
{
    PNET_BUFFER_LIST List = Send();
    List->MiniportReserved[0] = List;
    NdisFreeNetBufferList(List);
}

CASE(TouchedWhenIndicated)
{
    IndicateKept();
    Kept->MiniportReserved[1] = Kept;
    NdisHostReturnNetBufferLists(Fixture.Adapter, Kept, 0);
}

CASE(ReturnedToOtherAdapter)
{
    PNDIS_MINIPORT_ADAPTER First = Fixture.Adapter;
    PDEVICE_OBJECT Pdo;
    IndicateKept();
    NativeDeviceAdd(Fixture.Driver, L"Toy", &Pdo);
    UNREFERENCED_PARAMETER(First);
    NdisHostReturnNetBufferLists(NdisHostOpenAdapter(Pdo), Kept, 0);
}

static VOID NDISAPI ReturnNothing(NDIS_HANDLE Context, PNET_BUFFER_LIST Lists, ULONG Flags)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Lists);
    UNREFERENCED_PARAMETER(Flags);
}

CASE(ReturnedTwice)
{
    Toy.Characteristics.ReturnNetBufferListsHandler = ReturnNothing;
    FixtureStart();
    IndicateKept();
    NdisHostReturnNetBufferLists(Fixture.Adapter, Kept, 0);
    NdisHostReturnNetBufferLists(Fixture.Adapter, Kept, 0);
}

CASE(SentTwice)
{
    Toy.Send = ToySendHold;
    PNET_BUFFER_LIST List = Send();
    NdisHostSend(Fixture.Adapter, List, 0, 0, Ignore, NULL);
}

CASE(CompletedByOtherAdapter)
{
    PDEVICE_OBJECT Pdo;
    Toy.Send = ToySendHold;
    PNET_BUFFER_LIST List = Send();
    NativeDeviceAdd(Fixture.Driver, L"Toy", &Pdo);
    NdisMSendNetBufferListsComplete(NdisHostOpenAdapter(Pdo), List, 0);
}

CASE(CompletedWithOtherStatus)
{
    Toy.SendStatus = NDIS_STATUS_MEDIA_DISCONNECTED;
    Send();
}

/* ---- OID requests and status ---- */

static VOID Request(MINIPORT_OID_REQUEST *Handler, NDIS_REQUEST_TYPE Type)
{
    static ULONG Value;
    static NDIS_OID_REQUEST Oid = {
        .Header = {NDIS_OBJECT_TYPE_OID_REQUEST, 1, NDIS_SIZEOF_OID_REQUEST_REVISION_1}};
    Toy.Characteristics.OidRequestHandler = Handler;
    Oid.RequestType = Type;
    Oid.DATA.QUERY_INFORMATION.Oid = OID_GEN_VENDOR_ID;
    Oid.DATA.QUERY_INFORMATION.InformationBuffer = &Value;
    Oid.DATA.QUERY_INFORMATION.InformationBufferLength = sizeof(Value);
    FixtureAdd();
    NativeDeviceStart(Fixture.Pdo);
    NdisHostOidRequest(Fixture.Adapter, &Oid);
}

static NDIS_STATUS NDISAPI NeedsNoMore(NDIS_HANDLE Context, PNDIS_OID_REQUEST Oid)
{
    UNREFERENCED_PARAMETER(Context);
    Oid->DATA.QUERY_INFORMATION.BytesNeeded = Oid->DATA.QUERY_INFORMATION.InformationBufferLength;
    return NDIS_STATUS_BUFFER_TOO_SHORT;
}

CASE(QueryNeedsNoMore)
{
    Request(NeedsNoMore, NdisRequestQueryInformation);
}

static NDIS_STATUS NDISAPI SetNeedsNoMore(NDIS_HANDLE Context, PNDIS_OID_REQUEST Oid)
{
    UNREFERENCED_PARAMETER(Context);
    if (Oid->RequestType != NdisRequestSetInformation)
    {
        return NDIS_STATUS_NOT_SUPPORTED;
    }
    Oid->DATA.SET_INFORMATION.BytesNeeded = Oid->DATA.SET_INFORMATION.InformationBufferLength;
    return NDIS_STATUS_INVALID_LENGTH;
}

CASE(SetNeedsItsLength)
{
    Request(SetNeedsNoMore, NdisRequestSetInformation);
}

static NDIS_STATUS NDISAPI WritesBehind(NDIS_HANDLE Context, PNDIS_OID_REQUEST Oid)
{
    UNREFERENCED_PARAMETER(Context);
    if (Oid->RequestType != NdisRequestQueryInformation)
    {
        return NDIS_STATUS_NOT_SUPPORTED;
    }
    memset(Oid->DATA.QUERY_INFORMATION.InformationBuffer, 0x5A, 4);
    Oid->DATA.QUERY_INFORMATION.BytesWritten = 2;
    return NDIS_STATUS_SUCCESS;
}

CASE(QueryWritesBehind)
{
    Request(WritesBehind, NdisRequestQueryInformation);
}

static NDIS_STATUS NDISAPI CompletesAndReturns(NDIS_HANDLE Context, PNDIS_OID_REQUEST Oid)
{
    UNREFERENCED_PARAMETER(Context);
    NdisMOidRequestComplete(Toy.Adapter, Oid, NDIS_STATUS_NOT_SUPPORTED);
    return NDIS_STATUS_NOT_SUPPORTED;
}

CASE(OidCompletedTwice)
{
    Request(CompletesAndReturns, NdisRequestQueryInformation);
}

static NDIS_STATUS NDISAPI CompletesPending(NDIS_HANDLE Context, PNDIS_OID_REQUEST Oid)
{
    UNREFERENCED_PARAMETER(Context);
    NdisMOidRequestComplete(Toy.Adapter, Oid, NDIS_STATUS_PENDING);
    return NDIS_STATUS_PENDING;
}

CASE(OidCompletedPending)
{
    Request(CompletesPending, NdisRequestQueryInformation);
}

static VOID Indicate(UCHAR Revision, PVOID Buffer, ULONG Length)
{
    NDIS_STATUS_INDICATION Indication = {
        .Header = {NDIS_OBJECT_TYPE_STATUS_INDICATION, Revision, sizeof(Indication)},
        .SourceHandle = Toy.Adapter,
        .StatusCode = NDIS_STATUS_LINK_STATE,
        .StatusBuffer = Buffer,
        .StatusBufferSize = Length,
    };
    NdisMIndicateStatusEx(Toy.Adapter, &Indication);
}

CASE(StatusWithoutRevision)
{
    Indicate(0, Memory, sizeof(Memory));
}

CASE(StatusWithoutBuffer)
{
    Indicate(1, NULL, 0);
}

/* ---- The library itself, as the link sees it ---- */

static NDIS_STATUS NDISAPI ResetTwice(NDIS_HANDLE Context, PBOOLEAN AddressingReset)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(AddressingReset);
    NdisMResetComplete(Toy.Adapter, NDIS_STATUS_SUCCESS, FALSE);
    return NDIS_STATUS_SUCCESS;
}

CASE(ResetCompletedTwice)
{
    Toy.Characteristics.ResetHandlerEx = ResetTwice;
    FixtureStart();
    NdisHostReset(Fixture.Adapter);
}

CASE(ResetCompletedUnasked)
{
    NdisMResetComplete(Toy.Adapter, NDIS_STATUS_SUCCESS, FALSE);
}

static NDIS_STATUS NDISAPI DirectTwice(NDIS_HANDLE Context, PNDIS_OID_REQUEST Request)
{
    UNREFERENCED_PARAMETER(Context);
    NdisMDirectOidRequestComplete(Toy.Adapter, Request, NDIS_STATUS_SUCCESS);
    return NDIS_STATUS_SUCCESS;
}

CASE(DirectCompletedTwice)
{
    NDIS_OID_REQUEST Request = {.RequestType = NdisRequestMethod};
    Toy.Characteristics.DirectOidRequestHandler = DirectTwice;
    FixtureStart();
    NdisHostDirectOidRequest(Fixture.Adapter, &Request);
}

CASE(DirectCompletedUnasked)
{
    NDIS_OID_REQUEST Request = {.RequestType = NdisRequestMethod};
    NdisMDirectOidRequestComplete(Toy.Adapter, &Request, NDIS_STATUS_SUCCESS);
}

CASE(LinkReadTwice)
{
    NDIS_LINK_PACKET Packet = {.Data = Memory, .Capacity = sizeof(Memory)};
    FixtureSleep(50); /* the reader is in its call, then */
    NdisLinkRead(Fixture.Link, &Packet, 1);
}

CASE(LinkClosedWhileRead)
{
    FixtureSleep(50);
    NdisLinkClose(Fixture.Link);
}

static const VIOLATION Cases[] = {
#define OF(Body, Started, Function, Rule) {#Body, Body, Started, Function, Rule}
#define COMPLETE                          "NdisMSendNetBufferListsComplete"
#define INDICATE                          "NdisMIndicateReceiveNetBufferLists"
#define OID                               "MiniportOidRequest"
    OF(ForeignMiniportHandle, FALSE, "NdisMPauseComplete", "The miniport handle is"),
    OF(ForeignDriverHandle, FALSE, "NdisMDeregisterMiniportDriver", "The driver handle is"),
    OF(ForeignConfigurationHandle, FALSE, "NdisCloseConfiguration", "The configuration handle"),
    OF(ForeignDeviceHandle, FALSE, "NdisDeregisterDeviceEx", "The device handle is"),
    OF(DeregisteredWithAdapters, TRUE, "NdisMDeregisterMiniportDriver", "is deregistered from"),
    OF(RequestOfOwnDevice, TRUE, "NdisMRegisterMiniportDriver", "its own device objects"),
    OF(GeneralAttributesFirst, FALSE, "NdisMSetMiniportAttributes", "before all other"),
    OF(OffloadAttributesFirst, FALSE, "NdisMSetMiniportAttributes", "before any additional"),
    OF(PauseRefused, FALSE, "MiniportPause", "cannot fail a pause"),
    OF(PauseCompletedTwice, FALSE, "NdisMPauseComplete", "by return or by call"),
    OF(PausedWithReceives, TRUE, "MiniportPause", "all receive indications"),
    OF(PausedAndSending, TRUE, COMPLETE, "with NDIS_STATUS_PAUSED"),
    OF(HaltedWithSends, TRUE, "MiniportHaltEx", "rejects all send requests"),
    OF(ReturnedWithSpinLock, FALSE, "MiniportPause", "CallbackIrql"),
    OF(ListWithoutNetBuffer, FALSE, "NdisAllocateNetBufferAndNetBufferList", "fAllocateNetBuffer"),
    OF(DataWithoutMdl, FALSE, "NdisAllocateNetBufferAndNetBufferList", "If MdlChain is NULL"),
    OF(NetBufferFreedTwice, FALSE, "NdisFreeNetBuffer", "freed once"),
    OF(MdlTooShort, FALSE, "NdisRetreatNetBufferDataStart", "at least the bytes"),
    OF(MemoryFreedWithFlags, FALSE, "NdisFreeMemory", "MemoryFlags is 0"),
    OF(TouchedWhenCompleted, TRUE, COMPLETE, "after it has completed it"),
    OF(TouchedWhenIndicated, TRUE, INDICATE, "before it is returned"),
    OF(ReturnedToOtherAdapter, TRUE, "NdisReturnNetBufferLists", "that indicated it"),
    OF(ReturnedTwice, FALSE, "NdisReturnNetBufferLists", "returned once"),
    OF(SentTwice, TRUE, "MiniportSendNetBufferLists", "once at a time"),
    OF(CompletedByOtherAdapter, TRUE, COMPLETE, "it was sent to"),
    OF(CompletedWithOtherStatus, TRUE, COMPLETE, "statuses that are documented"),
    OF(QueryNeedsNoMore, FALSE, OID, "BytesNeeded of a query"),
    OF(SetNeedsItsLength, FALSE, OID, "BytesNeeded of a set"),
    OF(QueryWritesBehind, FALSE, OID, "none behind them"),
    OF(OidCompletedTwice, FALSE, "NdisMOidRequestComplete", "by return or by call"),
    OF(OidCompletedPending, FALSE, "NdisMOidRequestComplete", "final status"),
    OF(ResetCompletedTwice, FALSE, "NdisMResetComplete", "by return or by call"),
    OF(ResetCompletedUnasked, TRUE, "NdisMResetComplete", "completed once"),
    OF(DirectCompletedTwice, FALSE, "NdisMDirectOidRequestComplete", "by return or by call"),
    OF(DirectCompletedUnasked, TRUE, "NdisMDirectOidRequestComplete", "completed once"),
    OF(StatusWithoutRevision, TRUE, "NdisMIndicateStatusEx", "header set"),
    OF(StatusWithoutBuffer, TRUE, "NdisMIndicateStatusEx", "StatusBuffer"),
    OF(LinkReadTwice, TRUE, "NdisLinkRead", "LinkRead"),
    OF(LinkClosedWhileRead, TRUE, "NdisLinkClose", "LinkClose"),
};

int main(void)
{
    return ViolationsRun(Cases, ARRAYSIZE(Cases));
}
