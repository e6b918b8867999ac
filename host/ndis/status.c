/* SPDX-License-Identifier: MIT */
/*
 * Status indications of miniports; the link state among them reaches the link.
 */
#include "internal.h"

/* StatusLock is held, so that the link hears of changes in their order. */
static VOID StatusPublish(PNDIS_MINIPORT_ADAPTER Adapter)
{
    NdisLinkSetConnected(
        Adapter->NdisLink, Adapter->LinkState.MediaConnectState == MediaConnectStateConnected);
}

VOID NdispStatusReset(PNDIS_MINIPORT_ADAPTER Adapter, BOOLEAN Initialized)
{
    const NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *General = &Adapter->General;
    KLOCK_QUEUE_HANDLE Lock;

    KeAcquireInStackQueuedSpinLock(&Adapter->StatusLock, &Lock);
    if (Initialized && Adapter->LinkState.Header.Type == 0)
    {
        Adapter->LinkState.MediaConnectState = General->MediaConnectState;
        Adapter->LinkState.MediaDuplexState = General->MediaDuplexState;
        Adapter->LinkState.XmitLinkSpeed = General->XmitLinkSpeed;
        Adapter->LinkState.RcvLinkSpeed = General->RcvLinkSpeed;
        Adapter->LinkState.AutoNegotiationFlags = General->AutoNegotiationFlags;
        Adapter->LinkState.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
        Adapter->LinkState.Header.Revision = NDIS_LINK_STATE_REVISION_1;
        Adapter->LinkState.Header.Size = NDIS_SIZEOF_LINK_STATE_REVISION_1;
    }
    if (!Initialized)
    {
        RtlZeroMemory(&Adapter->LinkState, sizeof(Adapter->LinkState));
    }
    StatusPublish(Adapter);
    KeReleaseInStackQueuedSpinLock(&Lock);
}

static VOID StatusSetLinkState(PNDIS_MINIPORT_ADAPTER Adapter, PNDIS_STATUS_INDICATION Indication)
{
    const NDIS_LINK_STATE *State = Indication->StatusBuffer;
    KLOCK_QUEUE_HANDLE Lock;

    if (State == NULL || Indication->StatusBufferSize < NDIS_SIZEOF_LINK_STATE_REVISION_1 ||
        State->Header.Type != NDIS_OBJECT_TYPE_DEFAULT ||
        State->Header.Revision < NDIS_LINK_STATE_REVISION_1 ||
        State->Header.Size < NDIS_SIZEOF_LINK_STATE_REVISION_1)
    {
        NdisHostViolation(
            "The StatusBuffer of NDIS_STATUS_LINK_STATE holds an NDIS_LINK_STATE structure.",
            "NdisMIndicateStatusEx", "ndis-status-link-state");
    }
    KeAcquireInStackQueuedSpinLock(&Adapter->StatusLock, &Lock);
    Adapter->LinkState = *State;
    StatusPublish(Adapter);
    KeReleaseInStackQueuedSpinLock(&Lock);
}

VOID NDISAPI
NdisMIndicateStatusEx(NDIS_HANDLE MiniportAdapterHandle, PNDIS_STATUS_INDICATION StatusIndication)
{
    NDISP_IRQL("NdisMIndicateStatusEx", "nf-ndis-ndismindicatestatusex", DISPATCH_LEVEL);
    PNDIS_MINIPORT_ADAPTER Adapter =
        NdispAdapterFromHandle(MiniportAdapterHandle, "NdisMIndicateStatusEx");
    NDIS_HOST_STATE State = NdispAdapterState(Adapter);

    if (State == NdisHostHalted || State == NdisHostShutdown || !Adapter->RegistrationSet)
    {
        NdisHostViolation(
            "Status is indicated after registration attributes are set and before MiniportHaltEx "
            "returns.",
            "NdisMIndicateStatusEx", "nf-ndis-ndismindicatestatusex");
    }
    if (StatusIndication->Header.Type != NDIS_OBJECT_TYPE_STATUS_INDICATION ||
        StatusIndication->Header.Revision < NDIS_STATUS_INDICATION_REVISION_1 ||
        StatusIndication->Header.Size < NDIS_SIZEOF_STATUS_INDICATION_REVISION_1 ||
        StatusIndication->SourceHandle != Adapter)
    {
        NdisHostViolation(
            "NDIS_STATUS_INDICATION has its header set, and the MiniportAdapterHandle as "
            "SourceHandle.",
            "NdisMIndicateStatusEx", "ns-ndis-_ndis_status_indication");
    }
    if (StatusIndication->StatusCode == NDIS_STATUS_LINK_STATE)
    {
        StatusSetLinkState(Adapter, StatusIndication);
    }
    else
    {
        NdispLogInfo("NDIS: status 0x%08x indicated\n", StatusIndication->StatusCode);
    }
}
