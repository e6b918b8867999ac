/* SPDX-License-Identifier: MIT */
/* The driver's tests: lists that have to be mapped. */
#include <string.h>

#include "mapped_lists.h"

static VOID OutComplete(PVOID Context, PNET_BUFFER_LIST Lists, ULONG Flags)
{
    OUT_LISTS_STATE *Out = Context;
    (void)Flags;
    for (; Lists; Lists = NET_BUFFER_LIST_NEXT_NBL(Lists))
    {
        KeReleaseSemaphore(&Out->Completed, 0, 1, FALSE);
    }
}

static VOID OutLock(PVOID Context)
{
    OUT_LISTS_STATE *Out = Context;
    for (ULONG Index = 0; Index < OUT_LISTS * OUT_BUFFERS; Index++)
    {
        PMDL Mdl = IoAllocateMdl(Out->Memory + Index * OUT_BYTES, OUT_BYTES, FALSE, FALSE, NULL);
        assert_non_null(Mdl);
        __try
        {
            MmProbeAndLockPages(Mdl, UserMode, IoReadAccess);
        } __except (EXCEPTION_EXECUTE_HANDLER)
        {
            fail_msg("memory cannot be locked");
        }
        Out->Mdls[Index / OUT_BUFFERS][Index % OUT_BUFFERS] = Mdl;
    }
}

VOID OutMake(OUT_LISTS_STATE *Out, SENDER *Sender)
{
    memset(Out, 0, sizeof(*Out));
    KeInitializeSemaphore(&Out->Completed, 0, MAXLONG);
    Out->Process = NativeProcessCreate(NativeStandardUser, FALSE);
    Out->Memory = NativeUserAllocate(Out->Process, OUT_LISTS * OUT_BUFFERS * OUT_BYTES, 100);
    for (ULONG Index = 0; Index < OUT_LISTS * OUT_BUFFERS; Index++)
    {
        PacketMake(Out->Memory + Index * OUT_BYTES, OUT_BYTES, 4, Index);
    }
    NativeInProcess(Out->Process, OutLock, Out);
    for (ULONG List = OUT_LISTS; List-- > 0;)
    {
        Out->Lists[List] = SenderList(Sender);
        for (ULONG Buffer = OUT_BUFFERS; Buffer-- > 0;)
        {
            PNET_BUFFER New =
                NdisAllocateNetBuffer(Sender->BufferPool, Out->Mdls[List][Buffer], 0, OUT_BYTES);
            NET_BUFFER_NEXT_NB(New) = NET_BUFFER_LIST_FIRST_NB(Out->Lists[List]);
            NET_BUFFER_LIST_FIRST_NB(Out->Lists[List]) = New;
        }
        NET_BUFFER_LIST_NEXT_NBL(Out->Lists[List]) =
            List + 1 < OUT_LISTS ? Out->Lists[List + 1] : NULL;
    }
}

VOID OutFree(OUT_LISTS_STATE *Out)
{
    for (ULONG List = 0; List < OUT_LISTS; List++)
    {
        while (NET_BUFFER_LIST_FIRST_NB(Out->Lists[List]))
        {
            PNET_BUFFER First = NET_BUFFER_LIST_FIRST_NB(Out->Lists[List]);
            NET_BUFFER_LIST_FIRST_NB(Out->Lists[List]) = NET_BUFFER_NEXT_NB(First);
            NdisFreeNetBuffer(First);
        }
        NET_BUFFER_LIST_NEXT_NBL(Out->Lists[List]) = NULL;
        NdisFreeNetBufferList(Out->Lists[List]);
        for (ULONG Buffer = 0; Buffer < OUT_BUFFERS; Buffer++)
        {
            MmUnlockPages(Out->Mdls[List][Buffer]);
            IoFreeMdl(Out->Mdls[List][Buffer]);
        }
    }
    NativeProcessExit(Out->Process);
}

ULONG OutSend(OUT_LISTS_STATE *Out, SENDER *Sender)
{
    LARGE_INTEGER Timeout = {.QuadPart = -10000ll * FIXTURE_TIMEOUT};
    ULONG Failed = 0;

    assert_int_equal(
        NdisHostSend(Sender->Adapter, Out->Lists[0], 0, 0, OutComplete, Out), STATUS_SUCCESS);
    for (ULONG List = 0; List < OUT_LISTS; List++)
    {
        assert_int_equal(
            KeWaitForSingleObject(&Out->Completed, Executive, KernelMode, FALSE, &Timeout),
            STATUS_WAIT_0);
    }
    for (ULONG List = 0; List < OUT_LISTS; List++)
    {
        NDIS_STATUS Status = NET_BUFFER_LIST_STATUS(Out->Lists[List]);
        assert_true(Status == NDIS_STATUS_SUCCESS || Status == NDIS_STATUS_RESOURCES);
        Failed += Status != NDIS_STATUS_SUCCESS;
    }
    return Failed;
}
