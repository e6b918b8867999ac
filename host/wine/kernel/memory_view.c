/* SPDX-License-Identifier: MIT */
/*
 * Which lists have pages in common with clients, found by the list or by the pages: a partial list
 * has no view of its own.
 */
#define _NTSYSTEM_
#include <ntifs.h>

#include "memory_view.h"
#include "ntdll.h"

#define MEMORY_VIEW_TAG 'vMdA'

typedef struct _MEMORY_VIEW
{
    struct _MEMORY_VIEW *Next;
    PMDL Mdl;
    SHARE_VIEW View;
    SIZE_T Bytes;
} MEMORY_VIEW;

typedef struct _MEMORY_MAPPING
{
    struct _MEMORY_MAPPING *Next;
    PMDL Mdl;
    SHARE_PLACE Place;
} MEMORY_MAPPING;

/* Guards the lists; not held while a client is waited for. */
static RTL_CRITICAL_SECTION MemoryGuard = RTL_CRITICAL_SECTION_INITIALIZER;
static MEMORY_VIEW *MemoryViews;
static MEMORY_MAPPING *MemoryMappings;

NTSTATUS MemoryViewKeep(PMDL Mdl, const SHARE_VIEW *View, SIZE_T Bytes)
{
    MEMORY_VIEW *Entry = ExAllocatePoolWithTag(NonPagedPool, sizeof(*Entry), MEMORY_VIEW_TAG);
    if (Entry == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    *Entry = (MEMORY_VIEW){.Mdl = Mdl, .View = *View, .Bytes = Bytes};
    RtlEnterCriticalSection(&MemoryGuard);
    Entry->Next = MemoryViews;
    MemoryViews = Entry;
    RtlLeaveCriticalSection(&MemoryGuard);
    return STATUS_SUCCESS;
}

/* The list's mapping at that page, or its next one if Base is NULL, out of the list of mappings. */
static MEMORY_MAPPING *MemoryTakeMapping(PMDL Mdl, PVOID Base)
{
    MEMORY_MAPPING **Link = &MemoryMappings, *Mapping;
    RtlEnterCriticalSection(&MemoryGuard);
    while ((Mapping = *Link) != NULL &&
           (Mapping->Mdl != Mdl || (Base != NULL && Mapping->Place.Base != Base)))
        Link = &Mapping->Next;
    if (Mapping != NULL)
        *Link = Mapping->Next;
    RtlLeaveCriticalSection(&MemoryGuard);
    return Mapping;
}

VOID MemoryViewDrop(PMDL Mdl)
{
    MEMORY_VIEW **Link = &MemoryViews, *Entry;
    MEMORY_MAPPING *Mapping;
    while ((Mapping = MemoryTakeMapping(Mdl, NULL)) != NULL)
    {
        ZwClose(Mapping->Place.Process);
        ExFreePoolWithTag(Mapping, MEMORY_VIEW_TAG);
    }
    RtlEnterCriticalSection(&MemoryGuard);
    while ((Entry = *Link) != NULL && Entry->Mdl != Mdl)
        Link = &Entry->Next;
    if (Entry != NULL)
        *Link = Entry->Next;
    RtlLeaveCriticalSection(&MemoryGuard);
    if (Entry != NULL)
    {
        ShareUnmap(&Entry->View);
        ExFreePoolWithTag(Entry, MEMORY_VIEW_TAG);
    }
}

/* The view that has those pages. It lasts as long as the driver leaves its list alone. */
static BOOLEAN MemoryFindView(PUCHAR First, SIZE_T Bytes, SHARE_VIEW *View)
{
    MEMORY_VIEW *Entry;
    RtlEnterCriticalSection(&MemoryGuard);
    for (Entry = MemoryViews; Entry != NULL; Entry = Entry->Next)
    {
        PUCHAR Start = Entry->View.Address;
        if (First >= Start && Bytes <= Entry->Bytes &&
            (SIZE_T)(First - Start) <= Entry->Bytes - Bytes)
            break;
    }
    if (Entry != NULL)
        *View = Entry->View;
    RtlLeaveCriticalSection(&MemoryGuard);
    return Entry != NULL;
}

NTSTATUS
MemoryViewMapUser(PMDL Mdl, PVOID First, SIZE_T Bytes, PVOID Requested, BOOLEAN Write, PVOID *Base)
{
    SHARE_VIEW View;
    MEMORY_MAPPING *Mapping;
    NTSTATUS Status;
    if (!MemoryFindView(First, Bytes, &View))
        return STATUS_NOT_SUPPORTED;
    Mapping = ExAllocatePoolWithTag(NonPagedPool, sizeof(*Mapping), MEMORY_VIEW_TAG);
    if (Mapping == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Mapping->Mdl = Mdl;
    Status = ShareMapInto(
        PsGetCurrentProcessId(), &View, (SIZE_T)((PUCHAR)First - (PUCHAR)View.Address), Bytes,
        Requested, Write, &Mapping->Place);
    if (!NT_SUCCESS(Status))
    {
        ExFreePoolWithTag(Mapping, MEMORY_VIEW_TAG);
        return Status;
    }
    *Base = Mapping->Place.Base;
    RtlEnterCriticalSection(&MemoryGuard);
    Mapping->Next = MemoryMappings;
    MemoryMappings = Mapping;
    RtlLeaveCriticalSection(&MemoryGuard);
    return STATUS_SUCCESS;
}

BOOLEAN MemoryViewUnmapUser(PMDL Mdl, PVOID Base)
{
    MEMORY_MAPPING *Mapping = MemoryTakeMapping(Mdl, Base);
    if (Mapping == NULL)
        return FALSE;
    ShareUnmapFrom(&Mapping->Place);
    ExFreePoolWithTag(Mapping, MEMORY_VIEW_TAG);
    return TRUE;
}
