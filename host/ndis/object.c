/* SPDX-License-Identifier: MIT */
/*
 * Handles for those who have none, functions by name, numbers that are given out once.
 */
#include "internal.h"

static volatile LONG ObjectLastCancelId;

/* ---- Generic objects ---- */

PNDIS_GENERIC_OBJECT NDISAPI
NdisAllocateGenericObject(PDRIVER_OBJECT DriverObject, ULONG Tag, USHORT Size)
{
    NDISP_IRQL("NdisAllocateGenericObject", "nf-ndis-ndisallocategenericobject", DISPATCH_LEVEL);
    SIZE_T Whole = sizeof(NDIS_GENERIC_OBJECT) + Size;
    PNDIS_GENERIC_OBJECT Object =
        ExAllocatePoolWithTag(NonPagedPoolNx, Whole, Tag != 0 ? Tag : NDISP_TAG);
    if (Object == NULL)
    {
        return NULL;
    }
    RtlZeroMemory(Object, Whole);
    *(PULONG)&Object->Header = NDISP_GENERIC_OBJECT_SIGNATURE;
    Object->DriverObject = DriverObject;
    return Object;
}

VOID NDISAPI NdisFreeGenericObject(PNDIS_GENERIC_OBJECT NdisObject)
{
    NDISP_IRQL("NdisFreeGenericObject", "nf-ndis-ndisfreegenericobject", DISPATCH_LEVEL);
    ExFreePoolWithTag(NdisObject, 0); /* 0: whatever its tag */
}

/* ---- Functions by name ---- */

typedef struct _NDIS_ROUTINE
{
    PCSTR Name;
    PVOID Address;
} NDIS_ROUTINE;

#define ROUTINE(Name) {#Name, (PVOID)Name},

/* The functions of ndis.def, of which the build makes this list. */
static const NDIS_ROUTINE ObjectRoutines[] = {
#include "routines.inc"
};

static BOOLEAN ObjectNameEquals(const UNICODE_STRING *Name, PCSTR Routine)
{
    ULONG i;
    for (i = 0; i < Name->Length / sizeof(WCHAR); i++)
    {
        if (Routine[i] == 0 || Name->Buffer[i] != (WCHAR)Routine[i])
        {
            return FALSE;
        }
    }
    return Routine[i] == 0;
}

PVOID NDISAPI NdisGetRoutineAddress(PNDIS_STRING NdisRoutineName)
{
    NDISP_IRQL("NdisGetRoutineAddress", "nf-ndis-ndisgetroutineaddress", PASSIVE_LEVEL);
    for (ULONG i = 0; i < ARRAYSIZE(ObjectRoutines); i++)
    {
        if (ObjectNameEquals(NdisRoutineName, ObjectRoutines[i].Name))
        {
            return ObjectRoutines[i].Address;
        }
    }
    return NULL;
}

/* ---- Numbers ---- */

UCHAR NDISAPI NdisGeneratePartialCancelId(VOID)
{
    return (UCHAR)InterlockedIncrement(&ObjectLastCancelId);
}
