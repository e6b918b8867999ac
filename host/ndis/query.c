/* SPDX-License-Identifier: MIT */
/*
 * Queries as NDIS answers them: what the documentation calls "NDIS handles this OID" comes from
 * the attributes and the statistics that the miniport gives, the rest from the miniport itself.
 */
#include "internal.h"

/* Counters that NDIS takes from OID_GEN_STATISTICS; OID_GEN_XMIT_OK and OID_GEN_RCV_OK are none of
 * them ("Mandatory OIDs for Miniport Drivers"). */
typedef struct _NDIS_QUERY_STATISTIC
{
    NDIS_OID Oid;
    USHORT Offset;
} NDIS_QUERY_STATISTIC;

#define STATISTIC(Field) FIELD_OFFSET(NDIS_STATISTICS_INFO, Field)

static const NDIS_QUERY_STATISTIC QueryStatistics[] = {
    {OID_GEN_XMIT_ERROR, STATISTIC(ifOutErrors)},
    {OID_GEN_RCV_ERROR, STATISTIC(ifInErrors)},
    {OID_GEN_XMIT_DISCARDS, STATISTIC(ifOutDiscards)},
    {OID_GEN_RCV_DISCARDS, STATISTIC(ifInDiscards)},
    {OID_GEN_BYTES_XMIT, STATISTIC(ifHCOutOctets)},
    {OID_GEN_BYTES_RCV, STATISTIC(ifHCInOctets)},
    {OID_GEN_DIRECTED_BYTES_XMIT, STATISTIC(ifHCOutUcastOctets)},
    {OID_GEN_DIRECTED_FRAMES_XMIT, STATISTIC(ifHCOutUcastPkts)},
    {OID_GEN_MULTICAST_BYTES_XMIT, STATISTIC(ifHCOutMulticastOctets)},
    {OID_GEN_MULTICAST_FRAMES_XMIT, STATISTIC(ifHCOutMulticastPkts)},
    {OID_GEN_BROADCAST_BYTES_XMIT, STATISTIC(ifHCOutBroadcastOctets)},
    {OID_GEN_BROADCAST_FRAMES_XMIT, STATISTIC(ifHCOutBroadcastPkts)},
    {OID_GEN_DIRECTED_BYTES_RCV, STATISTIC(ifHCInUcastOctets)},
    {OID_GEN_DIRECTED_FRAMES_RCV, STATISTIC(ifHCInUcastPkts)},
    {OID_GEN_MULTICAST_BYTES_RCV, STATISTIC(ifHCInMulticastOctets)},
    {OID_GEN_MULTICAST_FRAMES_RCV, STATISTIC(ifHCInMulticastPkts)},
    {OID_GEN_BROADCAST_BYTES_RCV, STATISTIC(ifHCInBroadcastOctets)},
    {OID_GEN_BROADCAST_FRAMES_RCV, STATISTIC(ifHCInBroadcastPkts)},
};

/* Where an answer goes. */
typedef struct _NDIS_QUERY
{
    PVOID Buffer;
    ULONG Length;
    PULONG BytesWritten;
    PULONG BytesNeeded;
} NDIS_QUERY, *PNDIS_QUERY;

static NDIS_STATUS QueryAnswer(const NDIS_QUERY *Query, const VOID *Data, ULONG Length)
{
    *Query->BytesWritten = 0;
    *Query->BytesNeeded = Length;
    if (Query->Length < Length)
    {
        return NDIS_STATUS_INVALID_LENGTH;
    }
    RtlCopyMemory(Query->Buffer, Data, Length);
    *Query->BytesWritten = Length;
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS QueryAnswerUlong(const NDIS_QUERY *Query, ULONG Value)
{
    return QueryAnswer(Query, &Value, sizeof(Value));
}

/* 64 bits, or the lower half of them for a short buffer ("Querying 64-Bit Statistics OIDs"). */
static NDIS_STATUS QueryAnswerCounter(const NDIS_QUERY *Query, ULONG64 Value)
{
    NDIS_STATUS Status;
    if (Query->Length >= sizeof(Value))
    {
        return QueryAnswer(Query, &Value, sizeof(Value));
    }
    Status = QueryAnswerUlong(Query, (ULONG)Value);
    *Query->BytesNeeded = sizeof(Value);
    return Status;
}

static NDIS_STATUS QueryStatisticsInfo(
    PNDIS_MINIPORT_ADAPTER Adapter, const NDIS_QUERY *Query, const NDIS_QUERY_STATISTIC *Statistic)
{
    NDIS_STATISTICS_INFO Info;
    ULONG Written, Needed;
    NDIS_STATUS Status;

    RtlZeroMemory(&Info, sizeof(Info));
    Status = NdispOidQuery(Adapter, OID_GEN_STATISTICS, &Info, sizeof(Info), &Written, &Needed);
    if (Status != NDIS_STATUS_SUCCESS)
    {
        return Status;
    }
    return QueryAnswerCounter(Query, *(const ULONG64 *)Add2Ptr(&Info, Statistic->Offset));
}

static NDIS_STATUS QueryLink(PNDIS_MINIPORT_ADAPTER Adapter, NDIS_OID Oid, const NDIS_QUERY *Query)
{
    KLOCK_QUEUE_HANDLE Lock;
    NDIS_LINK_STATE State;
    ULONG64 Speeds[2];

    KeAcquireInStackQueuedSpinLock(&Adapter->StatusLock, &Lock);
    State = Adapter->LinkState;
    KeReleaseInStackQueuedSpinLock(&Lock);
    Speeds[0] = State.XmitLinkSpeed;
    Speeds[1] = State.RcvLinkSpeed;
    switch (Oid)
    {
    case OID_GEN_LINK_STATE:
        return QueryAnswer(Query, &State, sizeof(State));
    case OID_GEN_LINK_SPEED_EX: /* NDIS_LINK_SPEED */
        return QueryAnswer(Query, Speeds, sizeof(Speeds));
    case OID_GEN_LINK_SPEED: /* units of 100 bit/s */
        return QueryAnswerUlong(
            Query, Speeds[0] / 100 > MAXULONG ? MAXULONG : (ULONG)(Speeds[0] / 100));
    case OID_GEN_MEDIA_CONNECT_STATUS: /* NDIS_MEDIA_STATE: 0 connected, 1 disconnected */
        return QueryAnswerUlong(Query, State.MediaConnectState != MediaConnectStateConnected);
    case OID_GEN_MEDIA_CONNECT_STATUS_EX:
        return QueryAnswerUlong(Query, State.MediaConnectState);
    default: /* OID_GEN_MEDIA_DUPLEX_STATE */
        return QueryAnswerUlong(Query, State.MediaDuplexState);
    }
}

/* The miniport is entered. *Handled FALSE: not NDIS' own. */
static NDIS_STATUS QueryAttributes(
    PNDIS_MINIPORT_ADAPTER Adapter, NDIS_OID Oid, const NDIS_QUERY *Query, PBOOLEAN Handled)
{
    const NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *General = &Adapter->General;
    const NDIS_MINIPORT_DRIVER_CHARACTERISTICS *Driver = &Adapter->Driver->Characteristics;
    USHORT Version = (USHORT)((Driver->MajorDriverVersion << 8) | Driver->MinorDriverVersion);

    *Handled = TRUE;
    switch (Oid)
    {
    case OID_GEN_SUPPORTED_LIST:
        return QueryAnswer(Query, General->SupportedOidList, General->SupportedOidListLength);
    case OID_GEN_MEDIA_SUPPORTED:
    case OID_GEN_MEDIA_IN_USE:
        return QueryAnswerUlong(Query, General->MediaType);
    case OID_GEN_PHYSICAL_MEDIUM:
        return QueryAnswerUlong(Query, General->PhysicalMediumType);
    case OID_GEN_MAXIMUM_FRAME_SIZE:
        return QueryAnswerUlong(Query, General->MtuSize);
    case OID_GEN_MAXIMUM_LOOKAHEAD:
        return QueryAnswerUlong(Query, General->LookaheadSize);
    case OID_GEN_CURRENT_LOOKAHEAD:
        return QueryAnswerUlong(Query, Adapter->Lookahead);
    case OID_GEN_CURRENT_PACKET_FILTER:
        return QueryAnswerUlong(Query, Adapter->PacketFilter);
    case OID_GEN_MAC_OPTIONS:
        return QueryAnswerUlong(Query, General->MacOptions);
    case OID_GEN_DRIVER_VERSION:
        return QueryAnswer(Query, &Version, sizeof(Version));
    case OID_GEN_LINK_STATE:
    case OID_GEN_LINK_SPEED:
    case OID_GEN_LINK_SPEED_EX:
    case OID_GEN_MEDIA_CONNECT_STATUS:
    case OID_GEN_MEDIA_CONNECT_STATUS_EX:
    case OID_GEN_MEDIA_DUPLEX_STATE:
        return QueryLink(Adapter, Oid, Query);
    default:
        *Handled = FALSE;
        return NDIS_STATUS_NOT_SUPPORTED;
    }
}

NDIS_STATUS NdispQuery(
    PNDIS_MINIPORT_ADAPTER Adapter,
    NDIS_OID Oid,
    PVOID Buffer,
    ULONG Length,
    PULONG BytesWritten,
    PULONG BytesNeeded)
{
    NDIS_QUERY Query = {Buffer, Length, BytesWritten, BytesNeeded};
    NDIS_STATUS Status;
    BOOLEAN Handled;
    ULONG i;

    *BytesWritten = 0;
    *BytesNeeded = 0;
    if (!NdispAdapterEnter(Adapter))
    {
        return NDIS_STATUS_ADAPTER_NOT_READY;
    }
    Status = QueryAttributes(Adapter, Oid, &Query, &Handled);
    NdispAdapterLeave(Adapter);
    if (Handled)
    {
        return Status;
    }
    for (i = 0; i < ARRAYSIZE(QueryStatistics); i++)
    {
        if (QueryStatistics[i].Oid == Oid)
        {
            return QueryStatisticsInfo(Adapter, &Query, &QueryStatistics[i]);
        }
    }
    return NdispOidQuery(Adapter, Oid, Buffer, Length, BytesWritten, BytesNeeded);
}

/* ---- ndis_host.h ---- */

NDIS_STATUS NdisHostQuery(
    PNDIS_MINIPORT_ADAPTER Adapter,
    NDIS_OID Oid,
    PVOID Buffer,
    ULONG Length,
    PULONG BytesWritten,
    PULONG BytesNeeded)
{
    return NdispQuery(Adapter, Oid, Buffer, Length, BytesWritten, BytesNeeded);
}
