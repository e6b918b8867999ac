/* SPDX-License-Identifier: MIT */
/*
 * OID requests to a miniport: synchronous for the caller, one at a time except for direct ones,
 * with the counts that the miniport returns checked.
 */
#include "internal.h"

#define OID_DOCUMENT "ns-oidrequest-ndis_oid_request"

VOID NdispOidLock(PNDIS_MINIPORT_ADAPTER Adapter)
{
    KeWaitForSingleObject(&Adapter->OidLock, Executive, KernelMode, FALSE, NULL);
}

VOID NdispOidUnlock(PNDIS_MINIPORT_ADAPTER Adapter)
{
    KeSetEvent(&Adapter->OidLock, IO_NO_INCREMENT, FALSE);
}

#if NDIS_VERIFY

/* Buffer of a query before the miniport had it; NULL: no memory, or no query. */
static PVOID OidCopyBuffer(const NDIS_OID_REQUEST *Request)
{
    ULONG Length = Request->DATA.QUERY_INFORMATION.InformationBufferLength;
    PVOID Copy = NULL;
    if (Request->RequestType != NdisRequestSetInformation &&
        Request->RequestType != NdisRequestMethod && Length != 0)
    {
        Copy = ExAllocatePoolWithTag(NonPagedPoolNx, Length, NDISP_TAG);
    }
    if (Copy != NULL)
    {
        RtlCopyMemory(Copy, Request->DATA.QUERY_INFORMATION.InformationBuffer, Length);
    }
    return Copy;
}

static VOID OidCheckBuffer(const NDIS_OID_REQUEST *Request, NDIS_STATUS Status, PVOID Copy)
{
    ULONG Length = Request->DATA.QUERY_INFORMATION.InformationBufferLength;
    ULONG Written = Request->DATA.QUERY_INFORMATION.BytesWritten;
    if (Copy == NULL)
    {
        return;
    }
    NDISP_VERIFY(
        Status != NDIS_STATUS_SUCCESS || Written > Length ||
            RtlEqualMemory(
                Add2Ptr(Copy, Written),
                Add2Ptr(Request->DATA.QUERY_INFORMATION.InformationBuffer, Written),
                Length - Written),
        "A query writes BytesWritten bytes, and none behind them.", "MiniportOidRequest",
        OID_DOCUMENT);
    ExFreePoolWithTag(Copy, NDISP_TAG);
}

/* What a request that fails for the length of its buffer says of it. */
static VOID OidCheckFailure(const NDIS_OID_REQUEST *Request, NDIS_STATUS Status)
{
    BOOLEAN Query = Request->RequestType == NdisRequestQueryInformation ||
                    Request->RequestType == NdisRequestQueryStatistics;
    if (Status != NDIS_STATUS_BUFFER_TOO_SHORT && Status != NDIS_STATUS_INVALID_LENGTH)
    {
        return;
    }
    if (Query)
    {
        NDISP_VERIFY(
            Request->DATA.QUERY_INFORMATION.BytesNeeded >
                Request->DATA.QUERY_INFORMATION.InformationBufferLength,
            "BytesNeeded of a query whose buffer is too short is the length that it needs.",
            "MiniportOidRequest", OID_DOCUMENT);
    }
    else if (Request->RequestType == NdisRequestSetInformation)
    {
        NDISP_VERIFY(
            Request->DATA.SET_INFORMATION.BytesNeeded !=
                Request->DATA.SET_INFORMATION.InformationBufferLength,
            "BytesNeeded of a set whose buffer has a wrong length is the length that it needs.",
            "MiniportOidRequest", OID_DOCUMENT);
    }
}

#else

#define OidCopyBuffer(Request)                NULL
#define OidCheckBuffer(Request, Status, Copy) UNREFERENCED_PARAMETER(Copy)
#define OidCheckFailure(Request, Status)      ((VOID)0)

#endif

static VOID OidCheckCounts(const NDIS_OID_REQUEST *Request, NDIS_STATUS Status)
{
    BOOLEAN Fits = TRUE;
    OidCheckFailure(Request, Status);
    if (Status != NDIS_STATUS_SUCCESS)
    {
        return;
    }
    switch (Request->RequestType)
    {
    case NdisRequestQueryInformation:
    case NdisRequestQueryStatistics:
        Fits = Request->DATA.QUERY_INFORMATION.BytesWritten <=
               Request->DATA.QUERY_INFORMATION.InformationBufferLength;
        break;
    case NdisRequestSetInformation:
        Fits = Request->DATA.SET_INFORMATION.BytesRead <=
               Request->DATA.SET_INFORMATION.InformationBufferLength;
        break;
    case NdisRequestMethod:
        Fits = Request->DATA.METHOD_INFORMATION.BytesWritten <=
                   Request->DATA.METHOD_INFORMATION.OutputBufferLength &&
               Request->DATA.METHOD_INFORMATION.BytesRead <=
                   Request->DATA.METHOD_INFORMATION.InputBufferLength;
        break;
    }
    if (!Fits)
    {
        NdisHostViolation(
            "BytesWritten and BytesRead are at most the length of the buffer.",
            "MiniportOidRequest", OID_DOCUMENT);
    }
}

/* What the stack set last with success; OidLock is held. */
static VOID OidRemember(PNDIS_MINIPORT_ADAPTER Adapter, const NDIS_OID_REQUEST *Request)
{
    const ULONG *Value = Request->DATA.SET_INFORMATION.InformationBuffer;
    if (Request->RequestType != NdisRequestSetInformation ||
        Request->DATA.SET_INFORMATION.InformationBufferLength < sizeof(*Value))
    {
        return;
    }
    if (Request->DATA.SET_INFORMATION.Oid == OID_GEN_CURRENT_PACKET_FILTER)
    {
        Adapter->PacketFilter = *Value;
    }
    if (Request->DATA.SET_INFORMATION.Oid == OID_GEN_CURRENT_LOOKAHEAD)
    {
        Adapter->Lookahead = *Value;
    }
}

/* The miniport is entered and OidLock held. */
static NDIS_STATUS OidIssue(PNDIS_MINIPORT_ADAPTER Adapter, PNDIS_OID_REQUEST Request)
{
    NDIS_STATUS Status;
    KeClearEvent(&Adapter->OidCompleted);
    InterlockedExchangePointer((PVOID volatile *)&Adapter->OidPending, Request);
    NDISP_CALLBACK(
        "MiniportOidRequest", "nc-ndis-miniport_oid_request", PASSIVE_LEVEL,
        Status = Adapter->Driver->Characteristics.OidRequestHandler(Adapter->Context, Request));
    if (Status == NDIS_STATUS_PENDING)
    {
        KeWaitForSingleObject(&Adapter->OidCompleted, Executive, KernelMode, FALSE, NULL);
        return Adapter->OidStatus;
    }
    if (InterlockedExchangePointer((PVOID volatile *)&Adapter->OidPending, NULL) != Request)
    {
        NdisHostViolation(
            "An OID request is completed by return or by call, not both.",
            "NdisMOidRequestComplete", "nf-ndis-ndismoidrequestcomplete");
    }
    return Status;
}

NDIS_STATUS NdispOidRequest(PNDIS_MINIPORT_ADAPTER Adapter, PNDIS_OID_REQUEST Request)
{
    NDIS_STATUS Status = NDIS_STATUS_ADAPTER_NOT_READY;
    NdispOidLock(Adapter);
    if (NdispAdapterEnter(Adapter))
    {
        PVOID Copy = OidCopyBuffer(Request);
        Request->RequestHandle = Adapter;
        Status = OidIssue(Adapter, Request);
        OidCheckCounts(Request, Status);
        OidCheckBuffer(Request, Status, Copy);
        if (Status == NDIS_STATUS_SUCCESS)
        {
            OidRemember(Adapter, Request);
        }
        NdispAdapterLeave(Adapter);
    }
    NdispOidUnlock(Adapter);
    return Status;
}

VOID NDISAPI NdisMOidRequestComplete(
    NDIS_HANDLE MiniportAdapterHandle, PNDIS_OID_REQUEST Request, NDIS_STATUS Status)
{
    NDISP_IRQL("NdisMOidRequestComplete", "nf-ndis-ndismoidrequestcomplete", DISPATCH_LEVEL);
    PNDIS_MINIPORT_ADAPTER Adapter =
        NdispAdapterFromHandle(MiniportAdapterHandle, "NdisMOidRequestComplete");
    if (Status == NDIS_STATUS_PENDING)
    {
        NdisHostViolation(
            "The final status of an OID request is not NDIS_STATUS_PENDING.",
            "NdisMOidRequestComplete", "nf-ndis-ndismoidrequestcomplete");
    }
    Adapter->OidStatus = Status;
    if (Request == NULL || InterlockedCompareExchangePointer(
                               (PVOID volatile *)&Adapter->OidPending, NULL, Request) != Request)
    {
        NdisHostViolation(
            "Only the pending OID request is completed, and once.", "NdisMOidRequestComplete",
            "nf-ndis-ndismoidrequestcomplete");
    }
    KeSetEvent(&Adapter->OidCompleted, IO_NO_INCREMENT, FALSE);
}

static VOID OidInitialize(PNDIS_OID_REQUEST Request, NDIS_REQUEST_TYPE Type)
{
    RtlZeroMemory(Request, sizeof(*Request));
    Request->Header.Type = NDIS_OBJECT_TYPE_OID_REQUEST;
    Request->Header.Revision = NDIS_OID_REQUEST_REVISION_1;
    Request->Header.Size = NDIS_SIZEOF_OID_REQUEST_REVISION_1;
    Request->RequestType = Type;
}

NDIS_STATUS NdispOidQuery(
    PNDIS_MINIPORT_ADAPTER Adapter,
    NDIS_OID Oid,
    PVOID Buffer,
    ULONG Length,
    PULONG BytesWritten,
    PULONG BytesNeeded)
{
    NDIS_OID_REQUEST Request;
    NDIS_STATUS Status;
    OidInitialize(&Request, NdisRequestQueryInformation);
    Request.DATA.QUERY_INFORMATION.Oid = Oid;
    Request.DATA.QUERY_INFORMATION.InformationBuffer = Buffer;
    Request.DATA.QUERY_INFORMATION.InformationBufferLength = Length;
    Status = NdispOidRequest(Adapter, &Request);
    *BytesWritten = Request.DATA.QUERY_INFORMATION.BytesWritten;
    *BytesNeeded = Request.DATA.QUERY_INFORMATION.BytesNeeded;
    return Status;
}

NDIS_STATUS
NdispOidSet(PNDIS_MINIPORT_ADAPTER Adapter, NDIS_OID Oid, PVOID Buffer, ULONG Length)
{
    NDIS_OID_REQUEST Request;
    OidInitialize(&Request, NdisRequestSetInformation);
    Request.DATA.SET_INFORMATION.Oid = Oid;
    Request.DATA.SET_INFORMATION.InformationBuffer = Buffer;
    Request.DATA.SET_INFORMATION.InformationBufferLength = Length;
    return NdispOidRequest(Adapter, &Request);
}

/* ---- Direct requests: any number at a time ---- */

/* Of one request; NdisReserved of it points here until it is completed. */
typedef struct _NDIS_OID_COMPLETION
{
    KEVENT Event;
    NDIS_STATUS Status;
} NDIS_OID_COMPLETION, *PNDIS_OID_COMPLETION;

/* The completion that nobody else gets then; NULL: it is completed. */
static PNDIS_OID_COMPLETION OidTakeCompletion(PNDIS_OID_REQUEST Request)
{
    return InterlockedExchangePointer((PVOID volatile *)Request->NdisReserved, NULL);
}

/* The miniport is entered. */
static NDIS_STATUS OidIssueDirect(PNDIS_MINIPORT_ADAPTER Adapter, PNDIS_OID_REQUEST Request)
{
    NDIS_OID_COMPLETION Completion;
    NDIS_STATUS Status;

    KeInitializeEvent(&Completion.Event, NotificationEvent, FALSE);
    InterlockedExchangePointer((PVOID volatile *)Request->NdisReserved, &Completion);
    Request->RequestHandle = Adapter;
    NDISP_CALLBACK(
        "MiniportDirectOidRequest", "nc-ndis-miniport_direct_oid_request", DISPATCH_LEVEL,
        Status =
            Adapter->Driver->Characteristics.DirectOidRequestHandler(Adapter->Context, Request));
    if (Status == NDIS_STATUS_PENDING)
    {
        KeWaitForSingleObject(&Completion.Event, Executive, KernelMode, FALSE, NULL);
        return Completion.Status;
    }
    if (OidTakeCompletion(Request) == NULL)
    {
        NdisHostViolation(
            "A direct OID request is completed by return or by call, not both.",
            "NdisMDirectOidRequestComplete", "nf-ndis-ndismdirectoidrequestcomplete");
    }
    return Status;
}

VOID NDISAPI NdisMDirectOidRequestComplete(
    NDIS_HANDLE MiniportAdapterHandle, PNDIS_OID_REQUEST OidRequest, NDIS_STATUS Status)
{
    NDISP_IRQL(
        "NdisMDirectOidRequestComplete", "nf-ndis-ndismdirectoidrequestcomplete", DISPATCH_LEVEL);
    PNDIS_OID_COMPLETION Completion;
    NdispAdapterFromHandle(MiniportAdapterHandle, "NdisMDirectOidRequestComplete");
    Completion = OidTakeCompletion(OidRequest);
    if (Completion == NULL || Status == NDIS_STATUS_PENDING)
    {
        NdisHostViolation(
            "A direct OID request is completed once, with its final status.",
            "NdisMDirectOidRequestComplete", "nf-ndis-ndismdirectoidrequestcomplete");
    }
    Completion->Status = Status;
    KeSetEvent(&Completion->Event, IO_NO_INCREMENT, FALSE);
}

/* ---- ndis_host.h ---- */

NDIS_STATUS
NdisHostDirectOidRequest(PNDIS_MINIPORT_ADAPTER Adapter, PNDIS_OID_REQUEST Request)
{
    NDIS_STATUS Status = NDIS_STATUS_ADAPTER_NOT_READY;
    if (NdispAdapterEnter(Adapter))
    {
        Status = NDIS_STATUS_NOT_SUPPORTED;
        if (Adapter->Driver->Characteristics.DirectOidRequestHandler != NULL)
        {
            Status = OidIssueDirect(Adapter, Request);
            OidCheckCounts(Request, Status);
        }
        NdispAdapterLeave(Adapter);
    }
    return Status;
}

NTSTATUS NdisHostCancelDirectOidRequest(PNDIS_MINIPORT_ADAPTER Adapter, PVOID RequestId)
{
    if (!NdispAdapterEnter(Adapter))
    {
        return STATUS_DEVICE_NOT_READY;
    }
    if (Adapter->Driver->Characteristics.CancelDirectOidRequestHandler != NULL)
    {
        NDISP_CALLBACK(
            "MiniportCancelDirectOidRequest", "nc-ndis-miniport_cancel_direct_oid_request",
            DISPATCH_LEVEL,
            Adapter->Driver->Characteristics.CancelDirectOidRequestHandler(
                Adapter->Context, RequestId));
    }
    NdispAdapterLeave(Adapter);
    return STATUS_SUCCESS;
}

NDIS_STATUS NdisHostOidRequest(PNDIS_MINIPORT_ADAPTER Adapter, PNDIS_OID_REQUEST Request)
{
    return NdispOidRequest(Adapter, Request);
}

NTSTATUS NdisHostCancelOidRequest(PNDIS_MINIPORT_ADAPTER Adapter, PVOID RequestId)
{
    if (!NdispAdapterEnter(Adapter))
    {
        return STATUS_DEVICE_NOT_READY;
    }
    NDISP_CALLBACK(
        "MiniportCancelOidRequest", "nc-ndis-miniport_cancel_oid_request", DISPATCH_LEVEL,
        Adapter->Driver->Characteristics.CancelOidRequestHandler(Adapter->Context, RequestId));
    NdispAdapterLeave(Adapter);
    return STATUS_SUCCESS;
}
