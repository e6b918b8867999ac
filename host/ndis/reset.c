/* SPDX-License-Identifier: MIT */
/*
 * Check-for-hang and reset, for drivers that have functions for them ("Miniport Adapter
 * Check-for-Hang and Reset Operations"): a thread of the adapter's asks from time to time, from
 * the end of MiniportInitializeEx to the start of MiniportHaltEx, and resets.
 */
#include "internal.h"

#define RESET_DEFAULT_SECONDS 2
#define RESET_SECOND          10000000LL /* 100 ns */

/* "Always a multiple of 2 seconds. For example, if you specify 5 seconds, ... approximately 4." */
static LARGE_INTEGER ResetInterval(PNDIS_MINIPORT_ADAPTER Adapter)
{
    ULONG Seconds = Adapter->CheckForHangSeconds / 2 * 2;
    return (LARGE_INTEGER){.QuadPart =
                               -RESET_SECOND * (Seconds != 0 ? Seconds : RESET_DEFAULT_SECONDS)};
}

static BOOLEAN ResetIsHung(PNDIS_MINIPORT_ADAPTER Adapter)
{
    MINIPORT_CHECK_FOR_HANG *CheckForHang = Adapter->Driver->Characteristics.CheckForHangHandlerEx;
    BOOLEAN Hung = FALSE;
    if (CheckForHang != NULL)
    {
        NDISP_CALLBACK(
            "MiniportCheckForHangEx", "nc-ndis-miniport_check_for_hang", PASSIVE_LEVEL,
            Hung = CheckForHang(Adapter->Context));
    }
    return Hung;
}

/* MiniportResetEx, and its completion. */
static NDIS_STATUS ResetIssue(PNDIS_MINIPORT_ADAPTER Adapter, PBOOLEAN AddressingReset)
{
    NDIS_STATUS Status;
    *AddressingReset = FALSE;

    KeClearEvent(&Adapter->ResetCompleted);
    InterlockedExchange(&Adapter->ResetPending, TRUE);
    NDISP_CALLBACK(
        "MiniportResetEx", "nc-ndis-miniport_reset", PASSIVE_LEVEL,
        Status =
            Adapter->Driver->Characteristics.ResetHandlerEx(Adapter->Context, AddressingReset));
    if (Status == NDIS_STATUS_PENDING)
    {
        KeWaitForSingleObject(&Adapter->ResetCompleted, Executive, KernelMode, FALSE, NULL);
        *AddressingReset = Adapter->AddressingReset;
        return Adapter->ResetStatus;
    }
    if (InterlockedExchange(&Adapter->ResetPending, FALSE) == FALSE)
    {
        NdisHostViolation(
            "A reset is completed by return or by call, not both.", "NdisMResetComplete",
            "nf-ndis-ndismresetcomplete");
    }
    return Status;
}

/* A reset; then what the stack had set comes again, where the miniport asks for it. */
static VOID ResetRun(PNDIS_MINIPORT_ADAPTER Adapter)
{
    BOOLEAN AddressingReset;
    NDIS_STATUS Status;

    KeWaitForSingleObject(&Adapter->ResetLock, Executive, KernelMode, FALSE, NULL);
    Status = ResetIssue(Adapter, &AddressingReset);
    if (Status != NDIS_STATUS_SUCCESS)
    {
        NdispLogWarning("NDIS: MiniportResetEx: status 0x%x\n", Status);
    }
    if (AddressingReset)
    {
        ULONG Filter;
        NdispOidLock(Adapter);
        Filter = Adapter->PacketFilter;
        NdispOidUnlock(Adapter);
        Status = NdispOidSet(Adapter, OID_GEN_CURRENT_PACKET_FILTER, &Filter, sizeof(Filter));
        if (Status != NDIS_STATUS_SUCCESS)
        {
            NdispLogWarning("NDIS: packet filter 0x%x: set fails, status 0x%x\n", Filter, Status);
        }
    }
    KeSetEvent(&Adapter->ResetLock, IO_NO_INCREMENT, FALSE);
}

static VOID NTAPI ResetThread(PVOID Context)
{
    PNDIS_MINIPORT_ADAPTER Adapter = Context;
    LARGE_INTEGER Interval = ResetInterval(Adapter);
    for (;;)
    {
        NTSTATUS Status =
            KeWaitForSingleObject(&Adapter->ResetWake, Executive, KernelMode, FALSE, &Interval);
        if (ReadAcquire(&Adapter->ResetStopping))
        {
            break;
        }
        if (InterlockedExchange(&Adapter->ResetRequested, FALSE) ||
            (Status == STATUS_TIMEOUT && ResetIsHung(Adapter)))
        {
            ResetRun(Adapter);
        }
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

VOID NdispResetStart(PNDIS_MINIPORT_ADAPTER Adapter)
{
    HANDLE Thread;
    NTSTATUS Status;

    if (Adapter->Driver->Characteristics.ResetHandlerEx == NULL)
    {
        return;
    }
    WriteRelease(&Adapter->ResetStopping, FALSE);
    InterlockedExchange(&Adapter->ResetRequested, FALSE);
    Status =
        PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, ResetThread, Adapter);
    if (NT_SUCCESS(Status))
    {
        Status = ObReferenceObjectByHandle(
            Thread, SYNCHRONIZE, NULL, KernelMode, &Adapter->ResetThread, NULL);
        if (!NT_SUCCESS(Status))
        {
            Adapter->ResetThread = NULL;
            WriteRelease(&Adapter->ResetStopping, TRUE);
            KeSetEvent(&Adapter->ResetWake, IO_NO_INCREMENT, FALSE);
            ZwWaitForSingleObject(Thread, FALSE, NULL);
        }
        ZwClose(Thread);
    }
    if (!NT_SUCCESS(Status))
    {
        NdispLogWarning("NDIS: nobody checks for hang and resets, status 0x%x\n", Status);
    }
}

VOID NdispResetStop(PNDIS_MINIPORT_ADAPTER Adapter)
{
    if (Adapter->ResetThread == NULL)
    {
        return;
    }
    WriteRelease(&Adapter->ResetStopping, TRUE);
    KeSetEvent(&Adapter->ResetWake, IO_NO_INCREMENT, FALSE);
    KeWaitForSingleObject(Adapter->ResetThread, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(Adapter->ResetThread);
    Adapter->ResetThread = NULL;
    KeClearEvent(&Adapter->ResetWake);
}

VOID NDISAPI
NdisMResetComplete(NDIS_HANDLE MiniportAdapterHandle, NDIS_STATUS Status, BOOLEAN AddressingReset)
{
    NDISP_IRQL("NdisMResetComplete", "nf-ndis-ndismresetcomplete", DISPATCH_LEVEL);
    PNDIS_MINIPORT_ADAPTER Adapter =
        NdispAdapterFromHandle(MiniportAdapterHandle, "NdisMResetComplete");
    Adapter->ResetStatus = Status;
    Adapter->AddressingReset = AddressingReset;
    if (InterlockedExchange(&Adapter->ResetPending, FALSE) == FALSE)
    {
        NdisHostViolation(
            "A reset is completed once, and only if MiniportResetEx returned NDIS_STATUS_PENDING.",
            "NdisMResetComplete", "nf-ndis-ndismresetcomplete");
    }
    KeSetEvent(&Adapter->ResetCompleted, IO_NO_INCREMENT, FALSE);
}

VOID NDISAPI NdisMResetMiniport(NDIS_HANDLE MiniportAdapterHandle)
{
    NDISP_IRQL("NdisMResetMiniport", "nf-ndis-ndismresetminiport", DISPATCH_LEVEL);
    PNDIS_MINIPORT_ADAPTER Adapter =
        NdispAdapterFromHandle(MiniportAdapterHandle, "NdisMResetMiniport");
    InterlockedExchange(&Adapter->ResetRequested, TRUE);
    KeSetEvent(&Adapter->ResetWake, IO_NO_INCREMENT, FALSE);
}

/* ---- ndis_host.h ---- */

NTSTATUS NdisHostReset(PNDIS_MINIPORT_ADAPTER Adapter)
{
    NTSTATUS Status = STATUS_DEVICE_NOT_READY;
    if (NdispAdapterEnter(Adapter))
    {
        Status = STATUS_NOT_SUPPORTED;
        if (Adapter->Driver->Characteristics.ResetHandlerEx != NULL)
        {
            ResetRun(Adapter);
            Status = STATUS_SUCCESS;
        }
        NdispAdapterLeave(Adapter);
    }
    return Status;
}
