/* SPDX-License-Identifier: MIT */
/*
 * The status that a client's request ends with. The ntdll.dll of Wine 8.0 has no Win32 error for
 * some statuses that Windows has one for, and makes them ERROR_MR_MID_NOT_FOUND; it does know
 * statuses that carry the Win32 error in their low half.
 */
#define _NTSYSTEM_
#include <ntifs.h>

#include "wine_kernel.h"

#define ERROR_ALREADY_INITIALIZED 1247

/* [MS-ERREF] 2.3: facility 7 is NTWIN32, whose codes are those of 2.2, Win32 error codes. */
#define COMPLETE_STATUS_OF_WIN32(Error) ((NTSTATUS)(0xC0070000u | (Error)))

VOID FASTCALL IofCompleteRequest(PIRP Irp, CCHAR PriorityBoost)
{
    if (Irp->RequestorMode == UserMode && Irp->IoStatus.Status == STATUS_ALREADY_INITIALIZED)
        Irp->IoStatus.Status = COMPLETE_STATUS_OF_WIN32(ERROR_ALREADY_INITIALIZED);
    WineIofCompleteRequest(Irp, PriorityBoost);
}
