/* SPDX-License-Identifier: MIT */
#include "oid.h"

#include "driver.h"
#include "../ring/abi.h"

const NDIS_OID OidSupportedList[] = {
    OID_GEN_SUPPORTED_LIST,
    OID_GEN_HARDWARE_STATUS,
    OID_GEN_MAXIMUM_TOTAL_SIZE,
    OID_GEN_TRANSMIT_BUFFER_SPACE,
    OID_GEN_RECEIVE_BUFFER_SPACE,
    OID_GEN_TRANSMIT_BLOCK_SIZE,
    OID_GEN_RECEIVE_BLOCK_SIZE,
    OID_GEN_VENDOR_ID,
    OID_GEN_VENDOR_DESCRIPTION,
    OID_GEN_VENDOR_DRIVER_VERSION,
    OID_GEN_CURRENT_PACKET_FILTER,
    OID_GEN_CURRENT_LOOKAHEAD,
    OID_GEN_NETWORK_LAYER_ADDRESSES,
    OID_GEN_LINK_PARAMETERS,
    OID_GEN_INTERRUPT_MODERATION,
    OID_GEN_XMIT_OK,
    OID_GEN_RCV_OK,
    OID_GEN_XMIT_ERROR,
    OID_GEN_RCV_ERROR,
    OID_GEN_RCV_NO_BUFFER,
    OID_GEN_STATISTICS,
    OID_PNP_SET_POWER,
    OID_PNP_QUERY_POWER,
    OID_PM_PARAMETERS,
    ADIT_OID_COUNTERS,
};
const ULONG OidSupportedListBytes = sizeof(OidSupportedList);

/* OID_GEN_VENDOR_ID: three bytes of an IEEE code, all ones for a vendor that has none, then an
 * index that the vendor gives the adapter. */
#define OID_VENDOR_ID 0x00FFFFFFu

static const CHAR OidVendorDescription[] = "Adit layer-3 tunnel";

/* Snapshot of an adapter's counters. */
static VOID OidReadStatistics(_Inout_ PADAPTER Adapter, _Out_ STATISTICS *Statistics)
{
    KLOCK_QUEUE_HANDLE Lock;

    KeAcquireInStackQueuedSpinLock(&Adapter->StatisticsLock, &Lock);
    *Statistics = Adapter->Statistics;
    KeReleaseInStackQueuedSpinLock(&Lock);
}

static VOID OidFillStatistics(_Inout_ PADAPTER Adapter, _Out_ PNDIS_STATISTICS_INFO Info)
{
    STATISTICS Statistics;
    const STATISTICS_DIRECTION *In = &Statistics.In, *Out = &Statistics.Out;

    OidReadStatistics(Adapter, &Statistics);
    *Info = (NDIS_STATISTICS_INFO){
        .Header =
            {.Type = NDIS_OBJECT_TYPE_DEFAULT,
             .Revision = NDIS_STATISTICS_INFO_REVISION_1,
             .Size = NDIS_SIZEOF_STATISTICS_INFO_REVISION_1},
        .SupportedStatistics = OID_SUPPORTED_STATISTICS,
        .ifInDiscards = StatisticsDiscards(In),
        .ifInErrors = StatisticsErrors(In),
        .ifHCInOctets = StatisticsSum(In->Octets),
        .ifHCInUcastPkts = In->Packets[AditUnicast],
        .ifHCInMulticastPkts = In->Packets[AditMulticast],
        .ifHCInBroadcastPkts = In->Packets[AditBroadcast],
        .ifHCOutOctets = StatisticsSum(Out->Octets),
        .ifHCOutUcastPkts = Out->Packets[AditUnicast],
        .ifHCOutMulticastPkts = Out->Packets[AditMulticast],
        .ifHCOutBroadcastPkts = Out->Packets[AditBroadcast],
        .ifOutErrors = StatisticsErrors(Out),
        .ifOutDiscards = StatisticsDiscards(Out),
        .ifHCInUcastOctets = In->Octets[AditUnicast],
        .ifHCInMulticastOctets = In->Octets[AditMulticast],
        .ifHCInBroadcastOctets = In->Octets[AditBroadcast],
        .ifHCOutUcastOctets = Out->Octets[AditUnicast],
        .ifHCOutMulticastOctets = Out->Octets[AditMulticast],
        .ifHCOutBroadcastOctets = Out->Octets[AditBroadcast],
    };
}

/* Answers a query with that many bytes. */
static NDIS_STATUS
OidAnswer(_Inout_ PNDIS_OID_REQUEST Request, _In_reads_bytes_(Bytes) const VOID *Data, ULONG Bytes)
{
    Request->DATA.QUERY_INFORMATION.BytesWritten = 0;
    Request->DATA.QUERY_INFORMATION.BytesNeeded = Bytes;
    if (Request->DATA.QUERY_INFORMATION.InformationBufferLength < Bytes)
        return NDIS_STATUS_BUFFER_TOO_SHORT;
    RtlCopyMemory(Request->DATA.QUERY_INFORMATION.InformationBuffer, Data, Bytes);
    Request->DATA.QUERY_INFORMATION.BytesWritten = Bytes;
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS OidAnswerUlong(_Inout_ PNDIS_OID_REQUEST Request, ULONG Value)
{
    return OidAnswer(Request, &Value, sizeof(Value));
}

/* A counter: 64 bits, or the low 32 for a caller with room for no more (OID_GEN_XMIT_OK and its
 * kin, "Remarks"). */
static NDIS_STATUS OidAnswerCounter(_Inout_ PNDIS_OID_REQUEST Request, ULONG64 Value)
{
    NDIS_STATUS Status;

    if (Request->DATA.QUERY_INFORMATION.InformationBufferLength >= sizeof(Value))
        return OidAnswer(Request, &Value, sizeof(Value));
    Status = OidAnswerUlong(Request, (ULONG)Value);
    Request->DATA.QUERY_INFORMATION.BytesNeeded = sizeof(Value);
    return Status;
}

static NDIS_STATUS OidQueryStatistics(_Inout_ PADAPTER Adapter, _Inout_ PNDIS_OID_REQUEST Request)
{
    NDIS_STATISTICS_INFO Info;
    STATISTICS Statistics;

    OidReadStatistics(Adapter, &Statistics);
    switch (Request->DATA.QUERY_INFORMATION.Oid)
    {
    case OID_GEN_XMIT_OK:
        return OidAnswerCounter(Request, StatisticsSum(Statistics.Out.Packets));
    case OID_GEN_RCV_OK:
        return OidAnswerCounter(Request, StatisticsSum(Statistics.In.Packets));
    case OID_GEN_XMIT_ERROR:
        return OidAnswerCounter(Request, StatisticsErrors(&Statistics.Out));
    case OID_GEN_RCV_ERROR:
        return OidAnswerCounter(Request, StatisticsErrors(&Statistics.In));
    case OID_GEN_RCV_NO_BUFFER:
        return OidAnswerCounter(Request, StatisticsDiscards(&Statistics.In));
    default:
        OidFillStatistics(Adapter, &Info);
        return OidAnswer(Request, &Info, sizeof(Info));
    }
}

static NDIS_STATUS OidQueryCounters(_Inout_ PADAPTER Adapter, _Inout_ PNDIS_OID_REQUEST Request)
{
    ADIT_COUNTERS Counters = {.Size = sizeof(Counters), .Version = ADIT_COUNTERS_VERSION};
    STATISTICS Statistics;

    OidReadStatistics(Adapter, &Statistics);
    Counters.Out = Statistics.Out;
    Counters.In = Statistics.In;
    return OidAnswer(Request, &Counters, sizeof(Counters));
}

static NDIS_STATUS OidQueryInterruptModeration(_Inout_ PNDIS_OID_REQUEST Request)
{
    static const NDIS_INTERRUPT_MODERATION_PARAMETERS Moderation = {
        .Header =
            {.Type = NDIS_OBJECT_TYPE_DEFAULT,
             .Revision = NDIS_INTERRUPT_MODERATION_PARAMETERS_REVISION_1,
             .Size = NDIS_SIZEOF_INTERRUPT_MODERATION_PARAMETERS_REVISION_1},
        .InterruptModeration = NdisInterruptModerationNotSupported,
    };

    return OidAnswer(Request, &Moderation, sizeof(Moderation));
}

static NDIS_STATUS OidQuery(_Inout_ PADAPTER Adapter, _Inout_ PNDIS_OID_REQUEST Request)
{
    switch (Request->DATA.QUERY_INFORMATION.Oid)
    {
    case OID_GEN_SUPPORTED_LIST:
        return OidAnswer(Request, OidSupportedList, sizeof(OidSupportedList));
    case OID_GEN_HARDWARE_STATUS:
        return OidAnswerUlong(Request, NdisHardwareStatusReady);
    case OID_GEN_MAXIMUM_TOTAL_SIZE:
    case OID_GEN_TRANSMIT_BLOCK_SIZE:
    case OID_GEN_RECEIVE_BLOCK_SIZE:
        return OidAnswerUlong(Request, Adapter->Mtu);
    case OID_GEN_TRANSMIT_BUFFER_SPACE:
    case OID_GEN_RECEIVE_BUFFER_SPACE:
        return OidAnswerUlong(Request, TUN_RING_MAX_CAPACITY);
    case OID_GEN_VENDOR_ID:
        return OidAnswerUlong(Request, OID_VENDOR_ID);
    case OID_GEN_VENDOR_DESCRIPTION:
        return OidAnswer(Request, OidVendorDescription, sizeof(OidVendorDescription));
    case OID_GEN_VENDOR_DRIVER_VERSION:
        return OidAnswerUlong(Request, (DRIVER_MAJOR_VERSION << 16) | DRIVER_MINOR_VERSION);
    case OID_GEN_CURRENT_PACKET_FILTER:
        return OidAnswerUlong(Request, Adapter->PacketFilter);
    case OID_GEN_CURRENT_LOOKAHEAD:
        return OidAnswerUlong(Request, Adapter->Lookahead);
    case OID_GEN_INTERRUPT_MODERATION:
        return OidQueryInterruptModeration(Request);
    case OID_GEN_XMIT_OK:
    case OID_GEN_RCV_OK:
    case OID_GEN_XMIT_ERROR:
    case OID_GEN_RCV_ERROR:
    case OID_GEN_RCV_NO_BUFFER:
    case OID_GEN_STATISTICS:
        return OidQueryStatistics(Adapter, Request);
    case ADIT_OID_COUNTERS:
        return OidQueryCounters(Adapter, Request);
    case OID_PNP_QUERY_POWER:
        /* Every power state will do: a session survives sleep, since nothing of it is hardware. */
        Request->DATA.QUERY_INFORMATION.BytesWritten = 0;
        return NDIS_STATUS_SUCCESS;
    default:
        return NDIS_STATUS_NOT_SUPPORTED;
    }
}

/* Reads the ULONG that a set request carries. */
static NDIS_STATUS OidTakeUlong(_Inout_ PNDIS_OID_REQUEST Request, _Out_ PULONG Value)
{
    Request->DATA.SET_INFORMATION.BytesRead = 0;
    Request->DATA.SET_INFORMATION.BytesNeeded = sizeof(*Value);
    if (Request->DATA.SET_INFORMATION.InformationBufferLength < sizeof(*Value))
        return NDIS_STATUS_INVALID_LENGTH;
    RtlCopyMemory(Value, Request->DATA.SET_INFORMATION.InformationBuffer, sizeof(*Value));
    Request->DATA.SET_INFORMATION.BytesRead = sizeof(*Value);
    return NDIS_STATUS_SUCCESS;
}

/* NDIS_PM_PARAMETERS behind its header: what is to be enabled before sleep. Nothing can be. */
static NDIS_STATUS OidSetPowerParameters(_Inout_ PNDIS_OID_REQUEST Request)
{
    struct
    {
        NDIS_OBJECT_HEADER Header;
        ULONG EnabledWoLPacketPatterns;
        ULONG EnabledProtocolOffloads;
        ULONG WakeUpFlags;
    } Parameters;

    Request->DATA.SET_INFORMATION.BytesRead = 0;
    Request->DATA.SET_INFORMATION.BytesNeeded = sizeof(Parameters);
    if (Request->DATA.SET_INFORMATION.InformationBufferLength < sizeof(Parameters))
        return NDIS_STATUS_INVALID_LENGTH;
    RtlCopyMemory(&Parameters, Request->DATA.SET_INFORMATION.InformationBuffer, sizeof(Parameters));
    if (Parameters.EnabledWoLPacketPatterns || Parameters.EnabledProtocolOffloads ||
        Parameters.WakeUpFlags)
        return NDIS_STATUS_INVALID_PARAMETER;
    Request->DATA.SET_INFORMATION.BytesRead = Request->DATA.SET_INFORMATION.InformationBufferLength;
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS OidSet(_Inout_ PADAPTER Adapter, _Inout_ PNDIS_OID_REQUEST Request)
{
    NDIS_STATUS Status;
    ULONG Value;

    switch (Request->DATA.SET_INFORMATION.Oid)
    {
    case OID_GEN_CURRENT_PACKET_FILTER:
        Status = OidTakeUlong(Request, &Value);
        if (Status != NDIS_STATUS_SUCCESS)
            return Status;
        if (Value & ~OID_SUPPORTED_PACKET_FILTERS)
            return NDIS_STATUS_NOT_SUPPORTED;
        Adapter->PacketFilter = Value;
        return NDIS_STATUS_SUCCESS;
    case OID_GEN_CURRENT_LOOKAHEAD:
        Status = OidTakeUlong(Request, &Value);
        if (Status != NDIS_STATUS_SUCCESS)
            return Status;
        if (Value > Adapter->Mtu)
            return NDIS_STATUS_INVALID_DATA;
        Adapter->Lookahead = Value;
        return NDIS_STATUS_SUCCESS;
    case OID_GEN_NETWORK_LAYER_ADDRESSES:
    case OID_GEN_LINK_PARAMETERS:
    case OID_GEN_INTERRUPT_MODERATION:
        /* Nothing here depends on them; the values are accepted whole. */
        Request->DATA.SET_INFORMATION.BytesRead =
            Request->DATA.SET_INFORMATION.InformationBufferLength;
        return NDIS_STATUS_SUCCESS;
    case OID_PNP_SET_POWER:
        return OidTakeUlong(Request, &Value);
    case OID_PM_PARAMETERS:
        return OidSetPowerParameters(Request);
    default:
        return NDIS_STATUS_NOT_SUPPORTED;
    }
}

_Use_decl_annotations_
NDIS_STATUS NDISAPI OidRequest(NDIS_HANDLE MiniportAdapterContext, PNDIS_OID_REQUEST Request)
{
    switch (Request->RequestType)
    {
    case NdisRequestQueryInformation:
    case NdisRequestQueryStatistics:
        return OidQuery(MiniportAdapterContext, Request);
    case NdisRequestSetInformation:
        return OidSet(MiniportAdapterContext, Request);
    default:
        return NDIS_STATUS_NOT_SUPPORTED;
    }
}

_Use_decl_annotations_
VOID NDISAPI OidCancelRequest(NDIS_HANDLE MiniportAdapterContext, PVOID RequestId)
{
    UNREFERENCED_PARAMETER(MiniportAdapterContext);
    UNREFERENCED_PARAMETER(RequestId);
}
