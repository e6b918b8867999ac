/* SPDX-License-Identifier: MIT */
/*
 * What NDIS and the network stack over a miniport do with it: bind, start, pause, stop, sleep.
 * PASSIVE_LEVEL, with PnpLock held.
 */
#include "internal.h"

#define STACK_PACKET_FILTER \
    (NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_MULTICAST | NDIS_PACKET_TYPE_BROADCAST)
#define STACK_LOOKAHEAD 256 /* bytes: more than all headers that a stack looks at */

/* Queries that "Mandatory OIDs for Miniport Drivers" lists and that are not NDIS' own. */
static const NDIS_OID StackMandatoryOids[] = {
    OID_GEN_VENDOR_ID,
    OID_GEN_VENDOR_DESCRIPTION,
    OID_GEN_VENDOR_DRIVER_VERSION,
    OID_GEN_MAXIMUM_TOTAL_SIZE,
    OID_GEN_TRANSMIT_BLOCK_SIZE,
    OID_GEN_RECEIVE_BLOCK_SIZE,
    OID_GEN_TRANSMIT_BUFFER_SPACE,
    OID_GEN_RECEIVE_BUFFER_SPACE,
    OID_GEN_INTERRUPT_MODERATION,
    OID_GEN_STATISTICS,
    OID_GEN_XMIT_OK,
    OID_GEN_RCV_OK,
};

/* Asks what NDIS asks of a new miniport, and sets what a protocol sets when it binds. */
static NTSTATUS StackBind(PNDIS_MINIPORT_ADAPTER Adapter)
{
    ULONG Length = 1024, Filter, Lookahead = STACK_LOOKAHEAD, i;
    PVOID Buffer = ExAllocatePoolWithTag(NonPagedPoolNx, Length, NDISP_TAG);
    NDIS_STATUS Status;

    if (Buffer == NULL)
    {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    for (i = 0; i < ARRAYSIZE(StackMandatoryOids); i++)
    {
        ULONG Written, Needed;
        Status = NdispOidQuery(Adapter, StackMandatoryOids[i], Buffer, Length, &Written, &Needed);
        if (Status != NDIS_STATUS_SUCCESS)
        {
            NdispLogWarning(
                "NDIS: mandatory OID 0x%08x: query fails, status 0x%x\n", StackMandatoryOids[i],
                Status);
        }
    }
    Filter = Adapter->General.SupportedPacketFilters & STACK_PACKET_FILTER;
    Status = NdispOidSet(Adapter, OID_GEN_CURRENT_PACKET_FILTER, &Filter, sizeof(Filter));
    if (Status != NDIS_STATUS_SUCCESS)
    {
        NdispLogWarning("NDIS: packet filter 0x%x: set fails, status 0x%x\n", Filter, Status);
    }
    if (Lookahead > Adapter->General.LookaheadSize)
    {
        Lookahead = Adapter->General.LookaheadSize;
    }
    Status = NdispOidSet(Adapter, OID_GEN_CURRENT_LOOKAHEAD, &Lookahead, sizeof(Lookahead));
    if (Status != NDIS_STATUS_SUCCESS)
    {
        NdispLogWarning("NDIS: lookahead %u: set fails, status 0x%x\n", Lookahead, Status);
    }
    ExFreePoolWithTag(Buffer, NDISP_TAG);
    return STATUS_SUCCESS;
}

NTSTATUS NdispStackRestart(PNDIS_MINIPORT_ADAPTER Adapter)
{
    NTSTATUS Status = NdispMiniportRestart(Adapter);
    if (!NT_SUCCESS(Status))
    {
        return Status;
    }
    Status = NdispSendStart(Adapter);
    if (!NT_SUCCESS(Status))
    {
        NdispMiniportPause(Adapter);
    }
    return Status;
}

VOID NdispStackPause(PNDIS_MINIPORT_ADAPTER Adapter)
{
    NdispSendStop(Adapter);
    NdispMiniportPause(Adapter);
}

NTSTATUS NdispStackStart(PNDIS_MINIPORT_ADAPTER Adapter)
{
    NTSTATUS Status = NdispMiniportInitialize(Adapter);
    if (!NT_SUCCESS(Status))
    {
        NdispStatusReset(Adapter, FALSE);
        return Status;
    }
    NdispStatusReset(Adapter, TRUE);
    Status = NdisLinkSetMtu(Adapter->NdisLink, Adapter->General.MtuSize);
    if (!NT_SUCCESS(Status))
    {
        goto CleanupMiniport;
    }
    Status = NdispSendCreatePath(Adapter);
    if (!NT_SUCCESS(Status))
    {
        goto CleanupMiniport;
    }
    Status = StackBind(Adapter);
    if (!NT_SUCCESS(Status))
    {
        goto CleanupSend;
    }
    Status = NdispStackRestart(Adapter);
    if (!NT_SUCCESS(Status))
    {
        goto CleanupSend;
    }
    Adapter->Suspended = FALSE;
    return STATUS_SUCCESS;

CleanupSend:
    NdispSendDeletePath(Adapter);
CleanupMiniport:
    NdispMiniportHalt(Adapter, NdisHaltDeviceInitializationFailed);
    NdispStatusReset(Adapter, FALSE);
    return Status;
}

VOID NdispStackStop(PNDIS_MINIPORT_ADAPTER Adapter, NDIS_HALT_ACTION Action)
{
    switch (NdispAdapterState(Adapter))
    {
    case NdisHostHalted:
        return;
    case NdisHostShutdown:
        NdispSendDeletePath(Adapter);
        return;
    case NdisHostRunning:
        NdispStackPause(Adapter);
        break;
    default:
        break;
    }
    NdispMiniportHalt(Adapter, Action);
    NdispSendDeletePath(Adapter);
    NdispStatusReset(Adapter, FALSE);
}

VOID NdispStackShutdown(PNDIS_MINIPORT_ADAPTER Adapter)
{
    NDIS_HOST_STATE State;
    NdispAdapterLock(Adapter);
    State = NdispAdapterState(Adapter);
    if (State == NdisHostRunning)
    {
        NdispSendStop(Adapter);
    }
    if (State == NdisHostRunning || State == NdisHostPaused)
    {
        NdispMiniportShutdown(Adapter);
    }
    NdispAdapterUnlock(Adapter);
}

/* Down: D3. The miniport keeps its state only if it said NO_HALT_ON_SUSPEND. */
static NTSTATUS StackSuspend(PNDIS_MINIPORT_ADAPTER Adapter)
{
    ULONG State = PowerDeviceD3;
    NDIS_STATUS Status;

    if ((Adapter->AttributeFlags & NDIS_MINIPORT_ATTRIBUTES_NO_HALT_ON_SUSPEND) == 0)
    {
        NdispStackStop(Adapter, NdisHaltDevicePoweredDown);
        return STATUS_SUCCESS;
    }
    if (NdispAdapterState(Adapter) == NdisHostRunning)
    {
        NdispStackPause(Adapter);
    }
    Status = NdispOidSet(Adapter, OID_PNP_SET_POWER, &State, sizeof(State));
    if (Status != NDIS_STATUS_SUCCESS)
    {
        NdispLogWarning("NDIS: OID_PNP_SET_POWER D3 fails, status 0x%x\n", Status);
    }
    return STATUS_SUCCESS;
}

/* Up: D0. */
static NTSTATUS StackResume(PNDIS_MINIPORT_ADAPTER Adapter)
{
    ULONG State = PowerDeviceD0;
    NDIS_STATUS Status;

    if (NdispAdapterState(Adapter) == NdisHostHalted)
    {
        return NdispStackStart(Adapter);
    }
    Status = NdispOidSet(Adapter, OID_PNP_SET_POWER, &State, sizeof(State));
    if (Status != NDIS_STATUS_SUCCESS)
    {
        NdispLogWarning("NDIS: OID_PNP_SET_POWER D0 fails, status 0x%x\n", Status);
    }
    return NdispStackRestart(Adapter);
}

NTSTATUS NdispStackSetPower(PNDIS_MINIPORT_ADAPTER Adapter, DEVICE_POWER_STATE State)
{
    NDIS_HOST_STATE Now = NdispAdapterState(Adapter);
    NTSTATUS Status = STATUS_SUCCESS;

    if (State == PowerDeviceD3)
    {
        if (!Adapter->Suspended && (Now == NdisHostRunning || Now == NdisHostPaused))
        {
            Status = StackSuspend(Adapter);
            Adapter->Suspended = TRUE;
        }
        return Status;
    }
    if (State != PowerDeviceD0)
    {
        return STATUS_INVALID_PARAMETER;
    }
    if (Adapter->Suspended && (Now == NdisHostHalted || Now == NdisHostPaused))
    {
        Adapter->Suspended = FALSE;
        Status = StackResume(Adapter);
    }
    return Status;
}
