/* SPDX-License-Identifier: MIT */
/*
 * Structured exceptions where the compiler has none: __try of <ntifs.h> pushes a frame of the
 * thread, ExRaiseStatus jumps to the innermost one.
 */
#include <setjmp.h>

#include "executive.h"

#define KMODE_EXCEPTION_NOT_HANDLED 0x1Eu

NT_SEH_FRAME *NtSehPush(NT_SEH_FRAME *Frame)
{
    PKTHREAD Thread = KI_CURRENT();
    Frame->Previous = Thread->SehFrames;
    Frame->Code = STATUS_SUCCESS;
    Thread->SehFrames = Frame;
    return Frame;
}

void NtSehPop(NT_SEH_FRAME *Frame)
{
    PKTHREAD Thread = KI_CURRENT();
    if (Thread->SehFrames == Frame)
    {
        Thread->SehFrames = Frame->Previous;
    }
}

NTSTATUS NtSehCode(void)
{
    return KI_CURRENT()->SehCode;
}

VOID ExRaiseStatus(NTSTATUS Status)
{
    RULE_IRQL_AT_MOST("wdm", APC_LEVEL);
    PKTHREAD Thread = KI_CURRENT();
    NT_SEH_FRAME *Frame = Thread->SehFrames;
    if (!Frame)
    {
        KeBugCheckEx(KMODE_EXCEPTION_NOT_HANDLED, (ULONG_PTR)(LONG_PTR)Status, 0, 0, 0);
    }
    Frame->Code = Status;
    Thread->SehCode = Status;
    Thread->SehFrames = Frame->Previous;
    siglongjmp(Frame->Context, 1);
}
