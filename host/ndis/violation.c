/* SPDX-License-Identifier: MIT */
/* Broken rules: the one place where they are reported. */
#include "internal.h"

#define BUGCODE_NDIS_DRIVER 0x7C

#if !NDIS_VERIFY

VOID NdisHostViolation(PCSTR Rule, PCSTR Function, PCSTR Document)
{
    NdispLogError("NDIS: %s: broken rule: %s (%s)\n", Function, Rule, Document);
    KeBugCheckEx(BUGCODE_NDIS_DRIVER, (ULONG_PTR)Rule, (ULONG_PTR)Function, (ULONG_PTR)Document, 0);
}

#endif
