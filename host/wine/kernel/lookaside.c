/* SPDX-License-Identifier: MIT */
/*
 * Lookaside lists of Windows Vista and later. Drivers take from and give to a list by inline code
 * (<wdm.h>), which calls AllocateEx and FreeEx where the list is empty or full.
 */
#define _NTSYSTEM_
#include <ntifs.h>

#include "executive.h"
#include "ntdll.h"

#define LOOKASIDE_DEPTH 256

#define LOOKASIDE_RAISE_ON_FAIL 0x00000001
#define LOOKASIDE_FAIL_NO_RAISE 0x00000002

static PVOID NTAPI
LookasideAllocate(POOL_TYPE PoolType, SIZE_T Bytes, ULONG Tag, LOOKASIDE_LIST_EX *Lookaside)
{
    UNREFERENCED_PARAMETER(Lookaside);
    return ExAllocatePoolWithTag(PoolType, Bytes, Tag);
}

static PVOID NTAPI
LookasideAllocateOrRaise(POOL_TYPE PoolType, SIZE_T Bytes, ULONG Tag, LOOKASIDE_LIST_EX *Lookaside)
{
    PVOID Memory = LookasideAllocate(PoolType, Bytes, Tag, Lookaside);
    if (Memory == NULL)
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    return Memory;
}

static VOID NTAPI LookasideFree(PVOID Buffer, LOOKASIDE_LIST_EX *Lookaside)
{
    ExFreePoolWithTag(Buffer, Lookaside->Tag);
}

NTSTATUS NTAPI ExInitializeLookasideListEx(
    LOOKASIDE_LIST_EX *Lookaside,
    LOOKASIDE_ALLOCATE_EX *Allocate,
    LOOKASIDE_FREE_EX *Free,
    POOL_TYPE PoolType,
    ULONG Flags,
    SIZE_T Size,
    ULONG Tag,
    USHORT Depth)
{
    BOOLEAN Raise = (Flags & LOOKASIDE_RAISE_ON_FAIL) != 0;
    UNREFERENCED_PARAMETER(Depth); /* reserved */
    if ((Flags & ~(ULONG)(LOOKASIDE_RAISE_ON_FAIL | LOOKASIDE_FAIL_NO_RAISE)) != 0 ||
        (Raise && (Flags & LOOKASIDE_FAIL_NO_RAISE) != 0) || Size > MAXULONG)
        return STATUS_INVALID_PARAMETER;
    RtlZeroMemory(Lookaside, sizeof(*Lookaside));
    RtlInitializeSListHead(&Lookaside->ListHead);
    Lookaside->Depth = LOOKASIDE_DEPTH;
    Lookaside->MaximumDepth = LOOKASIDE_DEPTH;
    Lookaside->Type = PoolType;
    Lookaside->Tag = Tag;
    /* A free entry is linked by its first bytes. */
    Lookaside->Size = Size < sizeof(PVOID) ? (ULONG)sizeof(PVOID) : (ULONG)Size;
    Lookaside->AllocateEx = Allocate != NULL ? Allocate
                            : Raise          ? LookasideAllocateOrRaise
                                             : LookasideAllocate;
    Lookaside->FreeEx = Free != NULL ? Free : LookasideFree;
    InitializeListHead(&Lookaside->ListEntry);
    return STATUS_SUCCESS;
}

VOID NTAPI ExFlushLookasideListEx(LOOKASIDE_LIST_EX *Lookaside)
{
    PVOID *Entry = RtlInterlockedFlushSList(&Lookaside->ListHead);
    while (Entry != NULL)
    {
        PVOID *Next = *Entry;
        Lookaside->FreeEx(Entry, Lookaside);
        Entry = Next;
    }
}

VOID NTAPI ExDeleteLookasideListEx(LOOKASIDE_LIST_EX *Lookaside)
{
    ExFlushLookasideListEx(Lookaside);
}
