/* SPDX-License-Identifier: MIT */
/*
 * The adapter states of a miniport driver, and the calls that move between them ("Miniport Adapter
 * States and Operations"). Everything here runs at PASSIVE_LEVEL with PnpLock held, except the
 * completions, which miniports call.
 */
#include "internal.h"

#define NDIS_POWER_PROFILE_AC_ONLINE 1 /* NdisPowerProfileAcOnLine */

static VOID MiniportSetState(PNDIS_MINIPORT_ADAPTER Adapter, NDIS_HOST_STATE State)
{
    WriteRelease(&Adapter->State, State);
}

/* NDIS_STATUS_NOT_ACCEPTED and its like are failures, but not by NT_SUCCESS. */
static NTSTATUS MiniportFailure(NDIS_STATUS Status)
{
    return NT_SUCCESS(Status) ? STATUS_UNSUCCESSFUL : Status;
}

static VOID MiniportHeader(PNDIS_OBJECT_HEADER Header, UCHAR Type, UCHAR Revision, SIZE_T Size)
{
    Header->Type = Type;
    Header->Revision = Revision;
    Header->Size = (USHORT)Size;
}

VOID NdispMiniportNotify(
    PNDIS_MINIPORT_ADAPTER Adapter, NDIS_DEVICE_PNP_EVENT Event, PVOID Buffer, ULONG Length)
{
    NET_DEVICE_PNP_EVENT Notification;
    RtlZeroMemory(&Notification, sizeof(Notification));
    MiniportHeader(
        &Notification.Header, NDIS_OBJECT_TYPE_DEFAULT, NET_DEVICE_PNP_EVENT_REVISION_1,
        sizeof(Notification));
    Notification.DevicePnPEvent = Event;
    Notification.InformationBuffer = Buffer;
    Notification.InformationBufferLength = Length;
    NDISP_CALLBACK(
        "MiniportDevicePnPEventNotify", "nc-ndis-miniport_device_pnp_event_notify", PASSIVE_LEVEL,
        Adapter->Driver->Characteristics.DevicePnPEventNotifyHandler(
            Adapter->Context, &Notification));
}

NTSTATUS NdispMiniportInitialize(PNDIS_MINIPORT_ADAPTER Adapter)
{
    NDIS_MINIPORT_INIT_PARAMETERS Parameters;
    ULONG PowerProfile = NDIS_POWER_PROFILE_AC_ONLINE;
    NDIS_STATUS Status;

    NdispAttributesReset(Adapter);
    RtlZeroMemory(&Parameters, sizeof(Parameters));
    MiniportHeader(
        &Parameters.Header, NDIS_OBJECT_TYPE_MINIPORT_INIT_PARAMETERS,
        NDIS_MINIPORT_INIT_PARAMETERS_REVISION_1, sizeof(Parameters));
    Parameters.AllocatedResources = Adapter->AllocatedResourcesTranslated;
    Parameters.IfIndex = Adapter->Identity.IfIndex;
    Parameters.NetLuid = Adapter->Identity.NetLuid;

    MiniportSetState(Adapter, NdisHostInitializing);
    NDISP_CALLBACK(
        "MiniportInitializeEx", "nc-ndis-miniport_initialize", PASSIVE_LEVEL,
        Status = Adapter->Driver->Characteristics.InitializeHandlerEx(
            Adapter, Adapter->Driver->Context, &Parameters));
    if (Status != NDIS_STATUS_SUCCESS)
    {
        NdispLogError("NDIS: MiniportInitializeEx failed, status 0x%x\n", Status);
        MiniportSetState(Adapter, NdisHostHalted);
        NdispAttributesReset(Adapter);
        return MiniportFailure(Status);
    }
    if (!Adapter->RegistrationSet || !Adapter->GeneralSet)
    {
        NdisHostViolation(
            "Registration and general attributes are set if MiniportInitializeEx succeeds.",
            "MiniportInitializeEx", "nc-ndis-miniport_initialize");
    }
    MiniportSetState(Adapter, NdisHostPaused);
    ExReInitializeRundownProtection(&Adapter->Calls);
    NdispMiniportNotify(
        Adapter, NdisDevicePnPEventPowerProfileChanged, &PowerProfile, sizeof(PowerProfile));
    NdispResetStart(Adapter);
    return STATUS_SUCCESS;
}

/* ---- Operations that may pend ---- */

static VOID MiniportAwait(PNDIS_MINIPORT_ADAPTER Adapter, NDIS_COMPLETION Completion)
{
    KeClearEvent(&Adapter->Completed);
    InterlockedExchange(&Adapter->Awaited, Completion);
}

static VOID MiniportComplete(
    PNDIS_MINIPORT_ADAPTER Adapter,
    NDIS_COMPLETION Completion,
    NDIS_STATUS Status,
    PCSTR Function,
    PCSTR Document)
{
    Adapter->CompletionStatus = Status;
    if (InterlockedCompareExchange(&Adapter->Awaited, NdisAwaitNothing, Completion) !=
        (LONG)Completion)
    {
        NdisHostViolation(
            "An operation is completed once, and only if its function returned "
            "NDIS_STATUS_PENDING.",
            Function, Document);
    }
    KeSetEvent(&Adapter->Completed, IO_NO_INCREMENT, FALSE);
}

/* The status of an operation whose function returned Status. */
static NDIS_STATUS
MiniportFinish(PNDIS_MINIPORT_ADAPTER Adapter, NDIS_COMPLETION Completion, NDIS_STATUS Status)
{
    if (Status == NDIS_STATUS_PENDING)
    {
        KeWaitForSingleObject(&Adapter->Completed, Executive, KernelMode, FALSE, NULL);
        return Adapter->CompletionStatus;
    }
    if (InterlockedExchange(&Adapter->Awaited, NdisAwaitNothing) != (LONG)Completion)
    {
        NdisHostViolation(
            "An operation is completed by return or by call, not both.",
            Completion == NdisAwaitPauseComplete ? "NdisMPauseComplete" : "NdisMRestartComplete",
            Completion == NdisAwaitPauseComplete ? "nf-ndis-ndismpausecomplete"
                                                 : "nf-ndis-ndismrestartcomplete");
    }
    return Status;
}

NTSTATUS NdispMiniportRestart(PNDIS_MINIPORT_ADAPTER Adapter)
{
    NDIS_MINIPORT_RESTART_PARAMETERS Parameters;
    NDIS_STATUS Status;

    RtlZeroMemory(&Parameters, sizeof(Parameters));
    MiniportHeader(
        &Parameters.Header, NDIS_OBJECT_TYPE_DEFAULT, NDIS_MINIPORT_RESTART_PARAMETERS_REVISION_1,
        sizeof(Parameters));
    MiniportAwait(Adapter, NdisAwaitRestartComplete);
    MiniportSetState(Adapter, NdisHostRestarting);
    NDISP_CALLBACK(
        "MiniportRestart", "nc-ndis-miniport_restart", PASSIVE_LEVEL,
        Status = Adapter->Driver->Characteristics.RestartHandler(Adapter->Context, &Parameters));
    Status = MiniportFinish(Adapter, NdisAwaitRestartComplete, Status);
    if (Status != NDIS_STATUS_SUCCESS)
    {
        NdispLogError("NDIS: MiniportRestart failed, status 0x%x\n", Status);
        MiniportSetState(Adapter, NdisHostPaused);
        return MiniportFailure(Status);
    }
    MiniportSetState(Adapter, NdisHostRunning);
    return STATUS_SUCCESS;
}

VOID NDISAPI NdisMRestartComplete(NDIS_HANDLE MiniportAdapterHandle, NDIS_STATUS Status)
{
    NDISP_IRQL("NdisMRestartComplete", "nf-ndis-ndismrestartcomplete", DISPATCH_LEVEL);
    MiniportComplete(
        NdispAdapterFromHandle(MiniportAdapterHandle, "NdisMRestartComplete"),
        NdisAwaitRestartComplete, Status, "NdisMRestartComplete", "nf-ndis-ndismrestartcomplete");
}

/* What a completed pause leaves with the miniport or the stack. */
static VOID MiniportCheckPaused(PNDIS_MINIPORT_ADAPTER Adapter)
{
    /* While a call of MiniportSendNetBufferLists runs, its lists may still be on their way back. */
    LONG64 Sends = InterlockedAdd64(&Adapter->SendsOutstanding, 0);
    if (Sends != 0 && Sends < NDISP_SEND_CALL)
    {
        NdisHostViolation(
            "A pause is complete when all outstanding sends are.", "MiniportPause",
            "nc-ndis-miniport_pause");
    }
    if (InterlockedAdd64(&Adapter->ReceivesOutstanding, 0) != 0)
    {
        NdisHostViolation(
            "A pause is complete when all receive indications are returned.", "MiniportPause",
            "nc-ndis-miniport_pause");
    }
}

VOID NdispMiniportPause(PNDIS_MINIPORT_ADAPTER Adapter)
{
    NDIS_MINIPORT_PAUSE_PARAMETERS Parameters;
    NDIS_STATUS Status;

    RtlZeroMemory(&Parameters, sizeof(Parameters));
    MiniportHeader(
        &Parameters.Header, NDIS_OBJECT_TYPE_DEFAULT, NDIS_MINIPORT_PAUSE_PARAMETERS_REVISION_1,
        sizeof(Parameters));
    Parameters.PauseReason = NDIS_PAUSE_NDIS_INTERNAL;
    MiniportAwait(Adapter, NdisAwaitPauseComplete);
    MiniportSetState(Adapter, NdisHostPausing);
    NDISP_CALLBACK(
        "MiniportPause", "nc-ndis-miniport_pause", PASSIVE_LEVEL,
        Status = Adapter->Driver->Characteristics.PauseHandler(Adapter->Context, &Parameters));
    Status = MiniportFinish(Adapter, NdisAwaitPauseComplete, Status);
    if (Status != NDIS_STATUS_SUCCESS)
    {
        NdisHostViolation(
            "Miniport drivers cannot fail a pause request.", "MiniportPause",
            "nc-ndis-miniport_pause");
    }
    MiniportCheckPaused(Adapter);
    MiniportSetState(Adapter, NdisHostPaused);
}

VOID NDISAPI NdisMPauseComplete(NDIS_HANDLE MiniportAdapterHandle)
{
    NDISP_IRQL("NdisMPauseComplete", "nf-ndis-ndismpausecomplete", DISPATCH_LEVEL);
    MiniportComplete(
        NdispAdapterFromHandle(MiniportAdapterHandle, "NdisMPauseComplete"), NdisAwaitPauseComplete,
        NDIS_STATUS_SUCCESS, "NdisMPauseComplete", "nf-ndis-ndismpausecomplete");
}

/* ---- The end ---- */

VOID NdispMiniportHalt(PNDIS_MINIPORT_ADAPTER Adapter, NDIS_HALT_ACTION Action)
{
    NdispResetStop(Adapter);
    ExWaitForRundownProtectionRelease(&Adapter->Calls);
    if (InterlockedAdd64(&Adapter->SendsOutstanding, 0) != 0)
    {
        NdisHostViolation(
            "A paused miniport rejects all send requests immediately.", "MiniportHaltEx",
            "nc-ndis-miniport_pause");
    }
    NDISP_CALLBACK(
        "MiniportHaltEx", "nc-ndis-miniport_halt", PASSIVE_LEVEL,
        Adapter->Driver->Characteristics.HaltHandlerEx(Adapter->Context, Action));
    MiniportSetState(Adapter, NdisHostHalted);
    NdispAttributesReset(Adapter);
}

VOID NdispMiniportShutdown(PNDIS_MINIPORT_ADAPTER Adapter)
{
    NdispResetStop(Adapter);
    ExWaitForRundownProtectionRelease(&Adapter->Calls);
    NDISP_CALLBACK(
        "MiniportShutdownEx", "nc-ndis-miniport_shutdown", PASSIVE_LEVEL,
        Adapter->Driver->Characteristics.ShutdownHandlerEx(Adapter->Context, NdisShutdownPowerOff));
    MiniportSetState(Adapter, NdisHostShutdown);
}
