/* SPDX-License-Identifier: MIT */
#include "toy_miniport.h"

#include <stdio.h>
#include <string.h>

TOY Toy;
static NDIS_STATUS ToyRegistered;

static VOID ToyTrace(PCSTR Name)
{
    KLOCK_QUEUE_HANDLE Lock;
    SIZE_T Used;
    KeAcquireInStackQueuedSpinLock(&Toy.Lock, &Lock);
    Used = strlen(Toy.Trace);
    snprintf(Toy.Trace + Used, sizeof(Toy.Trace) - Used, "%s ", Name);
    KeReleaseInStackQueuedSpinLock(&Lock);
}

/* ---- What completes later ---- */

typedef enum _TOY_COMPLETION
{
    ToyCompletePause,
    ToyCompleteRestart,
    ToyCompleteOid
} TOY_COMPLETION;

typedef struct _TOY_LATER
{
    TOY_COMPLETION Completion;
    PNDIS_OID_REQUEST Request;
    NDIS_STATUS Status;
} TOY_LATER, *PTOY_LATER;

static VOID NTAPI ToyLaterThread(PVOID Context)
{
    TOY_LATER Later = *(PTOY_LATER)Context;
    LARGE_INTEGER Interval = {.QuadPart = -5 * 10000};
    ExFreePoolWithTag(Context, TOY_TAG);
    KeDelayExecutionThread(KernelMode, FALSE, &Interval);
    switch (Later.Completion)
    {
    case ToyCompletePause:
        NdisMPauseComplete(Toy.Adapter);
        break;
    case ToyCompleteRestart:
        NdisMRestartComplete(Toy.Adapter, Later.Status);
        break;
    case ToyCompleteOid:
        NdisMOidRequestComplete(Toy.Adapter, Later.Request, Later.Status);
        break;
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static NDIS_STATUS
ToyLater(TOY_COMPLETION Completion, PNDIS_OID_REQUEST Request, NDIS_STATUS Status)
{
    PTOY_LATER Later = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Later), TOY_TAG);
    HANDLE Thread;
    Later->Completion = Completion;
    Later->Request = Request;
    Later->Status = Status;
    PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, ToyLaterThread, Later);
    ZwClose(Thread);
    return NDIS_STATUS_PENDING;
}

/* ---- Life ---- */

static NDIS_STATUS NDISAPI ToySetOptions(NDIS_HANDLE NdisDriverHandle, NDIS_HANDLE DriverContext)
{
    UNREFERENCED_PARAMETER(NdisDriverHandle);
    UNREFERENCED_PARAMETER(DriverContext);
    ToyTrace("SetOptions");
    return Toy.SetOptionsStatus;
}

static NDIS_STATUS NDISAPI ToyInitialize(
    NDIS_HANDLE MiniportAdapterHandle,
    NDIS_HANDLE DriverContext,
    PNDIS_MINIPORT_INIT_PARAMETERS Parameters)
{
    static const NET_BUFFER_LIST_POOL_PARAMETERS PoolParameters = {
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, 1, sizeof(PoolParameters)},
        .fAllocateNetBuffer = TRUE,
        .PoolTag = TOY_TAG,
    };
    NDIS_MINIPORT_ADAPTER_ATTRIBUTES Attributes = {0};

    UNREFERENCED_PARAMETER(DriverContext);
    ToyTrace("Initialize");
    if (Toy.InitializeStatus != NDIS_STATUS_SUCCESS)
    {
        return Toy.InitializeStatus;
    }
    Toy.Adapter = MiniportAdapterHandle;
    Toy.InitParameters = *Parameters;
    Attributes.RegistrationAttributes.Header.Type =
        NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES;
    Attributes.RegistrationAttributes.Header.Revision = 1;
    Attributes.RegistrationAttributes.Header.Size =
        sizeof(NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES);
    Attributes.RegistrationAttributes.MiniportAdapterContext = &Toy;
    Attributes.RegistrationAttributes.AttributeFlags = Toy.AttributeFlags;
    if (NdisMSetMiniportAttributes(MiniportAdapterHandle, &Attributes) != NDIS_STATUS_SUCCESS)
    {
        return NDIS_STATUS_FAILURE;
    }
    if (!Toy.LeaveOutGeneral)
    {
        NDIS_STATUS Status = NdisMSetMiniportAttributes(
            MiniportAdapterHandle, (PNDIS_MINIPORT_ADAPTER_ATTRIBUTES)&Toy.General);
        if (Status != NDIS_STATUS_SUCCESS)
        {
            return Status;
        }
    }
    Toy.Pool = NdisAllocateNetBufferListPool(MiniportAdapterHandle, &PoolParameters);
    return Toy.Pool != NULL ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

static VOID NDISAPI ToyHalt(NDIS_HANDLE Context, NDIS_HALT_ACTION Action)
{
    static const PCSTR Names[] = {"Halt(Disabled)",    "Halt(InstanceDeInitialized)",
                                  "Halt(PoweredDown)", "Halt(SurpriseRemoved)",
                                  "Halt(Failed)",      "Halt(InitializationFailed)",
                                  "Halt(Stopped)"};
    UNREFERENCED_PARAMETER(Context);
    ToyTrace(Names[Action]);
    NdisFreeNetBufferListPool(Toy.Pool);
    Toy.Pool = NULL;
    Toy.Adapter = NULL;
}

static VOID NDISAPI ToyUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    ToyTrace("Unload");
    if (!Toy.LeaveOutDeregister)
    {
        NdisMDeregisterMiniportDriver(Toy.Driver);
    }
}

static NDIS_STATUS NDISAPI ToyPause(NDIS_HANDLE Context, PNDIS_MINIPORT_PAUSE_PARAMETERS Parameters)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Parameters);
    ToyTrace("Pause");
    ExWaitForRundownProtectionRelease(&Toy.Calls);
    return Toy.PendPause ? ToyLater(ToyCompletePause, NULL, 0) : NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS NDISAPI
ToyRestart(NDIS_HANDLE Context, PNDIS_MINIPORT_RESTART_PARAMETERS Parameters)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Parameters);
    ToyTrace("Restart");
    ExReInitializeRundownProtection(&Toy.Calls);
    if (Toy.RestartStatus != NDIS_STATUS_SUCCESS)
    {
        ExWaitForRundownProtectionRelease(&Toy.Calls);
    }
    return Toy.PendRestart ? ToyLater(ToyCompleteRestart, NULL, Toy.RestartStatus)
                           : Toy.RestartStatus;
}

static VOID NDISAPI ToyNotify(NDIS_HANDLE Context, PNET_DEVICE_PNP_EVENT Event)
{
    UNREFERENCED_PARAMETER(Context);
    ToyTrace(
        Event->DevicePnPEvent == NdisDevicePnPEventSurpriseRemoved ? "Notify(SurpriseRemoved)"
                                                                   : "Notify(PowerProfile)");
}

static VOID NDISAPI ToyShutdown(NDIS_HANDLE Context, NDIS_SHUTDOWN_ACTION Action)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Action);
    ToyTrace("Shutdown");
}

/* ---- Requests ---- */

static NDIS_STATUS ToyOidAnswer(PNDIS_OID_REQUEST Request)
{
    NDIS_STATISTICS_INFO Statistics = {
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, 1, sizeof(Statistics)},
        .ifHCOutUcastPkts = 1,
        .ifHCOutMulticastPkts = 2,
        .ifHCOutBroadcastPkts = 4,
        .ifHCInOctets = 0x500000006,
    };
    ULONG Value = 0x12345678;
    PVOID Data = &Value;
    ULONG Length = sizeof(Value);

    if (Toy.OidStatus != NDIS_STATUS_SUCCESS)
    {
        return Toy.OidStatus;
    }
    if (Request->RequestType == NdisRequestSetInformation)
    {
        Toy.LastOidLength = Request->DATA.SET_INFORMATION.InformationBufferLength;
        Request->DATA.SET_INFORMATION.BytesRead = Toy.LastOidLength;
        return NDIS_STATUS_SUCCESS;
    }
    if (Request->RequestType != NdisRequestQueryInformation)
    {
        return NDIS_STATUS_NOT_SUPPORTED;
    }
    if (Request->DATA.QUERY_INFORMATION.Oid == OID_GEN_STATISTICS)
    {
        Data = &Statistics;
        Length = sizeof(Statistics);
    }
    Toy.LastOidLength = Request->DATA.QUERY_INFORMATION.InformationBufferLength;
    if (Toy.LastOidLength < Length)
    {
        Request->DATA.QUERY_INFORMATION.BytesNeeded = Length;
        return NDIS_STATUS_INVALID_LENGTH;
    }
    memcpy(Request->DATA.QUERY_INFORMATION.InformationBuffer, Data, Length);
    Request->DATA.QUERY_INFORMATION.BytesWritten = Length;
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS NDISAPI ToyOidRequest(NDIS_HANDLE Context, PNDIS_OID_REQUEST Request)
{
    CHAR Name[32];
    NDIS_STATUS Status = ToyOidAnswer(Request);
    UNREFERENCED_PARAMETER(Context);
    snprintf(
        Name, sizeof(Name), "%s(%08x)",
        Request->RequestType == NdisRequestSetInformation ? "Set" : "Query",
        Request->DATA.QUERY_INFORMATION.Oid);
    ToyTrace(Name);
    return Toy.PendOid ? ToyLater(ToyCompleteOid, Request, Status) : Status;
}

static VOID NDISAPI ToyCancelOid(NDIS_HANDLE Context, PVOID RequestId)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(RequestId);
    ToyTrace("CancelOid");
}

/* ---- Data ---- */

static VOID ToyCompleteSends(PNET_BUFFER_LIST Lists, NDIS_STATUS Status, ULONG Flags)
{
    PNET_BUFFER_LIST List;
    for (List = Lists; List != NULL; List = List->Next)
    {
        List->Status = Status;
    }
    NdisMSendNetBufferListsComplete(Toy.Adapter, Lists, Flags);
}

static VOID ToyTakeSends(PNET_BUFFER_LIST Lists, ULONG SendFlags)
{
    PNET_BUFFER_LIST List;
    KLOCK_QUEUE_HANDLE Lock;
    for (List = Lists; List != NULL; List = List->Next)
    {
        PNET_BUFFER Buffer;
        for (Buffer = List->FirstNetBuffer; Buffer != NULL; Buffer = Buffer->Next)
        {
            /* All lists of these tests have their packets in one piece. */
            PVOID Data = NdisGetDataBuffer(Buffer, Buffer->DataLength, NULL, 1, 0);
            KeAcquireInStackQueuedSpinLock(&Toy.Lock, &Lock);
            memcpy(Toy.LastSent, Data, Buffer->DataLength);
            Toy.LastSentLength = Buffer->DataLength;
            KeReleaseInStackQueuedSpinLock(&Lock);
            InterlockedIncrement(&Toy.Sends);
            if (Toy.Send == ToySendEcho)
            {
                ToyIndicate(
                    Data, Buffer->DataLength, 1, NDIS_ETH_TYPE_IPV4,
                    SendFlags & NDIS_SEND_FLAGS_DISPATCH_LEVEL);
            }
        }
    }
    if ((SendFlags & NDIS_SEND_FLAGS_DISPATCH_LEVEL) != 0)
    {
        InterlockedIncrement(&Toy.SendsAtDispatch);
    }
    if (Toy.Send == ToySendHold)
    {
        for (List = Lists; List->Next != NULL; List = List->Next)
        {
        }
        KeAcquireInStackQueuedSpinLock(&Toy.Lock, &Lock);
        List->Next = Toy.Held;
        Toy.Held = Lists;
        KeReleaseInStackQueuedSpinLock(&Lock);
        return;
    }
    ToyCompleteSends(Lists, Toy.SendStatus, SendFlags & NDIS_SEND_FLAGS_DISPATCH_LEVEL);
}

static VOID NDISAPI ToySendLists(
    NDIS_HANDLE Context, PNET_BUFFER_LIST Lists, NDIS_PORT_NUMBER PortNumber, ULONG SendFlags)
{
    BOOLEAN Running = ExAcquireRundownProtection(&Toy.Calls);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(PortNumber);
    if (Running || Toy.SendWhilePaused)
    {
        ToyTakeSends(Lists, SendFlags);
    }
    else
    {
        ToyCompleteSends(Lists, NDIS_STATUS_PAUSED, SendFlags & NDIS_SEND_FLAGS_DISPATCH_LEVEL);
    }
    if (Running)
    {
        ExReleaseRundownProtection(&Toy.Calls);
    }
}

/* Takes off those with that cancel identifier, or all. */
static PNET_BUFFER_LIST ToyTakeHeld(PVOID CancelId, BOOLEAN All)
{
    PNET_BUFFER_LIST *Link = &Toy.Held, Taken = NULL;
    KLOCK_QUEUE_HANDLE Lock;
    KeAcquireInStackQueuedSpinLock(&Toy.Lock, &Lock);
    while (*Link != NULL)
    {
        PNET_BUFFER_LIST List = *Link;
        if (All || NET_BUFFER_LIST_INFO(List, NetBufferListCancelId) == CancelId)
        {
            *Link = List->Next;
            List->Next = Taken;
            Taken = List;
        }
        else
        {
            Link = &List->Next;
        }
    }
    KeReleaseInStackQueuedSpinLock(&Lock);
    return Taken;
}

ULONG ToyReleaseSends(VOID)
{
    PNET_BUFFER_LIST Lists = ToyTakeHeld(NULL, TRUE), List;
    ULONG Count = 0;
    for (List = Lists; List != NULL; List = List->Next)
    {
        Count++;
    }
    if (Count != 0)
    {
        ToyCompleteSends(Lists, NDIS_STATUS_SUCCESS, 0);
    }
    return Count;
}

static VOID NDISAPI ToyCancelSend(NDIS_HANDLE Context, PVOID CancelId)
{
    PNET_BUFFER_LIST Lists = Toy.IgnoreCancelSend ? NULL : ToyTakeHeld(CancelId, FALSE);
    UNREFERENCED_PARAMETER(Context);
    if (Lists != NULL)
    {
        ToyCompleteSends(Lists, NDIS_STATUS_SEND_ABORTED, 0);
    }
}

/* A list of one net buffer over Parts MDLs. */
static PNET_BUFFER_LIST ToyMakeReceive(const UCHAR *Data, ULONG Length, ULONG Parts)
{
    PMDL First = NULL, *Link = &First;
    ULONG Done = 0, i;
    for (i = 0; i < Parts; i++)
    {
        ULONG Part = i + 1 == Parts ? Length - Done : Length / Parts;
        PVOID Memory = ExAllocatePoolWithTag(NonPagedPoolNx, Part, TOY_TAG);
        memcpy(Memory, Data + Done, Part);
        Done += Part;
        *Link = NdisAllocateMdl(Toy.Adapter, Memory, Part);
        Link = &(*Link)->Next;
    }
    return NdisAllocateNetBufferAndNetBufferList(Toy.Pool, 0, 0, First, 0, Length);
}

static VOID ToyFreeReceive(PNET_BUFFER_LIST List)
{
    PMDL Mdl = List->FirstNetBuffer->MdlChain;
    while (Mdl != NULL)
    {
        PMDL Next = Mdl->Next;
        PVOID Memory = MmGetMdlVirtualAddress(Mdl);
        NdisFreeMdl(Mdl);
        ExFreePoolWithTag(Memory, TOY_TAG);
        Mdl = Next;
    }
    NdisFreeNetBufferList(List);
}

static VOID NDISAPI ToyReturn(NDIS_HANDLE Context, PNET_BUFFER_LIST Lists, ULONG ReturnFlags)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(ReturnFlags);
    while (Lists != NULL)
    {
        PNET_BUFFER_LIST Next = Lists->Next;
        InterlockedIncrement(&Toy.Returns);
        ToyFreeReceive(Lists);
        Lists = Next;
    }
}

VOID ToyIndicate(const VOID *Data, ULONG Length, ULONG Parts, USHORT FrameType, ULONG ReceiveFlags)
{
    PNET_BUFFER_LIST List;
    if (!ExAcquireRundownProtection(&Toy.Calls))
    {
        return;
    }
    List = ToyMakeReceive(Data, Length, Parts);
    List->SourceHandle = Toy.Adapter;
    NET_BUFFER_LIST_INFO(List, NetBufferListFrameType) =
        (PVOID)(ULONG_PTR)RtlUshortByteSwap(FrameType);
    NdisMIndicateReceiveNetBufferLists(
        Toy.Adapter, List, NDIS_DEFAULT_PORT_NUMBER, 1, ReceiveFlags);
    if ((ReceiveFlags & NDIS_RECEIVE_FLAGS_RESOURCES) != 0)
    {
        ToyFreeReceive(List);
    }
    ExReleaseRundownProtection(&Toy.Calls);
}

VOID ToyIndicateLinkState(NDIS_MEDIA_CONNECT_STATE State)
{
    NDIS_LINK_STATE LinkState = {
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, 1, NDIS_SIZEOF_LINK_STATE_REVISION_1},
        .MediaConnectState = State,
        .XmitLinkSpeed = 1000000000,
        .RcvLinkSpeed = 2000000000,
    };
    NDIS_STATUS_INDICATION Indication = {
        .Header = {NDIS_OBJECT_TYPE_STATUS_INDICATION, 1, sizeof(Indication)},
        .SourceHandle = Toy.Adapter,
        .StatusCode = NDIS_STATUS_LINK_STATE,
        .StatusBuffer = &LinkState,
        .StatusBufferSize = sizeof(LinkState),
    };
    NdisMIndicateStatusEx(Toy.Adapter, &Indication);
}

/* ---- Lists for NdisHostSend ---- */

PNET_BUFFER_LIST ToyMakeList(NDIS_HANDLE Pool, ULONG Count, ULONG Length, UCHAR Fill)
{
    PNET_BUFFER_LIST First = NULL;
    while (Count-- > 0)
    {
        PVOID Memory = ExAllocatePoolWithTag(NonPagedPoolNx, Length, TOY_TAG);
        PMDL Mdl = NdisAllocateMdl(NULL, Memory, Length);
        PNET_BUFFER_LIST List = NdisAllocateNetBufferAndNetBufferList(Pool, 0, 0, Mdl, 0, Length);
        memset(Memory, Fill, Length);
        List->Next = First;
        First = List;
    }
    return First;
}

VOID ToyFreeList(PNET_BUFFER_LIST List)
{
    while (List != NULL)
    {
        PNET_BUFFER_LIST Next = List->Next;
        ToyFreeReceive(List);
        List = Next;
    }
}

/* ---- Driver ---- */

VOID ToyReset(VOID)
{
    PNDIS_MINIPORT_DRIVER_CHARACTERISTICS Driver = &Toy.Characteristics;
    memset(&Toy, 0, sizeof(Toy));
    ExInitializeRundownProtection(&Toy.Calls);
    ExWaitForRundownProtectionRelease(&Toy.Calls);
    Driver->Header.Type = NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS;
    Driver->Header.Revision = NDIS_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2;
    Driver->Header.Size = NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2;
    Driver->MajorNdisVersion = 6;
    Driver->MinorNdisVersion = 20;
    Driver->MajorDriverVersion = 3;
    Driver->MinorDriverVersion = 7;
    Driver->SetOptionsHandler = ToySetOptions;
    Driver->InitializeHandlerEx = ToyInitialize;
    Driver->HaltHandlerEx = ToyHalt;
    Driver->UnloadHandler = ToyUnload;
    Driver->PauseHandler = ToyPause;
    Driver->RestartHandler = ToyRestart;
    Driver->OidRequestHandler = ToyOidRequest;
    Driver->SendNetBufferListsHandler = ToySendLists;
    Driver->ReturnNetBufferListsHandler = ToyReturn;
    Driver->CancelSendHandler = ToyCancelSend;
    Driver->DevicePnPEventNotifyHandler = ToyNotify;
    Driver->ShutdownHandlerEx = ToyShutdown;
    Driver->CancelOidRequestHandler = ToyCancelOid;
    Toy.General.Header.Type = NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES;
    Toy.General.Header.Revision = NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2;
    Toy.General.Header.Size = NDIS_SIZEOF_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2;
    Toy.General.MediaType = NdisMediumIP;
    Toy.General.MtuSize = 0xFFFF;
    Toy.General.LookaheadSize = 0xFFFF;
    Toy.General.MediaConnectState = MediaConnectStateDisconnected;
    Toy.General.IfType = IF_TYPE_PROP_VIRTUAL;
    Toy.General.SupportedPacketFilters = NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_BROADCAST;
}

NTSTATUS NTAPI ToyDriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    Toy.DriverObject = DriverObject;
    ToyRegistered = NdisMRegisterMiniportDriver(
        DriverObject, RegistryPath, &Toy, &Toy.Characteristics, &Toy.Driver);
    return ToyRegistered == NDIS_STATUS_SUCCESS ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}

NDIS_STATUS ToyRegisterStatus(VOID)
{
    return ToyRegistered;
}
