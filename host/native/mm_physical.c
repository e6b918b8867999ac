/* SPDX-License-Identifier: MIT */
/*
 * Physical memory and address spaces. Pages are those of one sparse memory file; a user range and
 * a kernel mapping of the same page are two mappings of the file at different addresses. A page
 * lives while a range or a lock refers to it.
 */
#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "executive.h"

#define MI_PAGES ((SIZE_T)4 << (30 - PAGE_SHIFT))

typedef struct _MI_RANGE
{
    LIST_ENTRY Link; /* in the process, under its AddressLock */
    PUCHAR Reserved; /* the mapping with one page that nobody may touch at either end */
    PUCHAR Base;
    ULONG Count; /* pages */
    BOOLEAN *Writable;
    PFN_NUMBER Pages[];
} MI_RANGE;

/* References[0] stays 0: page 0 means memory that is not of this file. */
static struct
{
    KI_MUTEX Lock;
    int File;
    ULONG *References;
    SIZE_T Next; /* where the search for free pages goes on */
} MiPhysical = {.Lock = KI_MUTEX_INITIALIZER, .File = -1};

/* The lock is held. */
static BOOLEAN MiOpenMemory(VOID)
{
    if (MiPhysical.File >= 0)
    {
        return TRUE;
    }
    MiPhysical.References = calloc(MI_PAGES, sizeof(*MiPhysical.References));
    int File = memfd_create("physical memory", MFD_CLOEXEC);
    if (!MiPhysical.References || File < 0 || ftruncate(File, (off_t)MI_PAGES << PAGE_SHIFT) != 0)
    {
        perror("physical memory");
        return FALSE;
    }
    MiPhysical.File = File;
    MiPhysical.Next = 1;
    return TRUE;
}

/* A run of free pages, each with one reference then. 0: no such run. */
static PFN_NUMBER MiAllocatePages(ULONG Count)
{
    PFN_NUMBER First = 0;
    KiLock(&MiPhysical.Lock);
    SIZE_T Run = 0;
    if (MiOpenMemory() && Count < MI_PAGES)
    {
        SIZE_T Page = MiPhysical.Next;
        for (SIZE_T Seen = 0; Seen < 2 * MI_PAGES && Run < Count; Seen++, Page++)
        {
            if (Page == MI_PAGES)
            {
                Page = 1;
                Run = 0;
            }
            Run = MiPhysical.References[Page] ? 0 : Run + 1;
        }
        if (Run == Count)
        {
            First = Page - Count;
            MiPhysical.Next = Page == MI_PAGES ? 1 : Page;
            for (ULONG Index = 0; Index < Count; Index++)
            {
                MiPhysical.References[First + Index] = 1;
            }
        }
    }
    KiUnlock(&MiPhysical.Lock);
    return First;
}

VOID MiDereferencePages(const PFN_NUMBER *Pages, ULONG Count)
{
    KiLock(&MiPhysical.Lock);
    for (ULONG Index = 0; Index < Count; Index++)
    {
        if (Pages[Index] && --MiPhysical.References[Pages[Index]] == 0)
        {
            fallocate(
                MiPhysical.File, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                (off_t)Pages[Index] << PAGE_SHIFT, PAGE_SIZE);
        }
    }
    KiUnlock(&MiPhysical.Lock);
}

/* Maps pages over a reservation, run by run. */
static BOOLEAN MiMapOver(PUCHAR Base, const PFN_NUMBER *Pages, ULONG Count)
{
    for (ULONG Index = 0, Run; Index < Count; Index += Run)
    {
        for (Run = 1; Index + Run < Count && Pages[Index + Run] == Pages[Index] + Run; Run++)
        {
        }
        void *Address = mmap(
            Base + ((SIZE_T)Index << PAGE_SHIFT), (SIZE_T)Run << PAGE_SHIFT, PROT_READ | PROT_WRITE,
            MAP_SHARED | MAP_FIXED, MiPhysical.File, (off_t)Pages[Index] << PAGE_SHIFT);
        if (Address == MAP_FAILED)
        {
            perror("mmap of physical memory");
            return FALSE;
        }
    }
    return TRUE;
}

/* Where addresses below 4 GB are looked for. */
#define MI_4GB        ((ULONG_PTR)1 << 32)
#define MI_FIRST_HINT ((ULONG_PTR)0x10000000)
#define MI_HINT_STEP  ((ULONG_PTR)0x1000000)

/* Reserves addresses; NULL: there are none. */
static PUCHAR MiReserve(SIZE_T Size, BOOLEAN Below4GB)
{
    int Flags = MAP_PRIVATE | MAP_ANONYMOUS;
    ULONG_PTR Hint = 0;
    PUCHAR Reserved;
#ifdef MAP_32BIT
    Flags |= Below4GB ? MAP_32BIT : 0;
#else
    Hint = Below4GB ? MI_FIRST_HINT : 0; /* Linux looks from there on, then elsewhere */
#endif
    for (;;)
    {
        Reserved = mmap((PVOID)Hint, Size, PROT_NONE, Flags, -1, 0);
        if (Reserved == MAP_FAILED)
            return NULL;
        if (!Below4GB || (ULONG_PTR)Reserved + Size <= MI_4GB)
            return Reserved;
        munmap(Reserved, Size);
        Hint += MI_HINT_STEP;
        if (Hint + Size > MI_4GB)
            return NULL;
    }
}

PVOID MiMapPages(const PFN_NUMBER *Pages, ULONG Count, BOOLEAN Below4GB)
{
    SIZE_T Size = ((SIZE_T)Count + 2) << PAGE_SHIFT;
    PUCHAR Reserved = MiReserve(Size, Below4GB);
    if (Reserved == NULL)
    {
        return NULL;
    }
    if (!MiMapOver(Reserved + PAGE_SIZE, Pages, Count))
    {
        munmap(Reserved, Size);
        return NULL;
    }
    return Reserved + PAGE_SIZE;
}

VOID MiUnmapPages(PVOID Address, ULONG Count)
{
    munmap((PUCHAR)Address - PAGE_SIZE, ((SIZE_T)Count + 2) << PAGE_SHIFT);
}

static VOID MiDeleteRange(MI_RANGE *Range)
{
    MiUnmapPages(Range->Base, Range->Count);
    MiDereferencePages(Range->Pages, Range->Count);
    free(Range->Writable);
    free(Range);
}

PVOID NativeUserAllocate(PEPROCESS Process, SIZE_T Size, ULONG Offset)
{
    ULONG Count = (ULONG)((Size + Offset + PAGE_SIZE - 1) >> PAGE_SHIFT);
    MI_RANGE *Range = calloc(1, sizeof(*Range) + Count * sizeof(PFN_NUMBER));
    BOOLEAN *Writable = malloc(Count);
    PFN_NUMBER First = MiAllocatePages(Count);
    if (!Range || !Writable || !First)
    {
        free(Range);
        free(Writable);
        return NULL;
    }
    RtlFillMemory(Writable, Count, TRUE);
    Range->Writable = Writable;
    Range->Count = Count;
    for (ULONG Index = 0; Index < Count; Index++)
    {
        Range->Pages[Index] = First + Index;
    }
    Range->Base = MiMapPages(Range->Pages, Count, Process->Wow64);
    if (!Range->Base)
    {
        MiDereferencePages(Range->Pages, Count);
        free(Writable);
        free(Range);
        return NULL;
    }
    KiLock(&Process->AddressLock);
    InsertTailList(&Process->Ranges, &Range->Link);
    KiUnlock(&Process->AddressLock);
    return Range->Base + Offset;
}

/* The address lock is held. */
static MI_RANGE *MiFindRange(PEPROCESS Process, PVOID Address)
{
    for (PLIST_ENTRY Entry = Process->Ranges.Flink; Entry != &Process->Ranges; Entry = Entry->Flink)
    {
        MI_RANGE *Range = CONTAINING_RECORD(Entry, MI_RANGE, Link);
        if ((PUCHAR)Address >= Range->Base &&
            (PUCHAR)Address < Range->Base + ((SIZE_T)Range->Count << PAGE_SHIFT))
        {
            return Range;
        }
    }
    return NULL;
}

VOID NativeUserProtectRead(PEPROCESS Process, PVOID Address, SIZE_T Size)
{
    KiLock(&Process->AddressLock);
    MI_RANGE *Range = MiFindRange(Process, Address);
    ULONG First = (ULONG)(((PUCHAR)Address - Range->Base) >> PAGE_SHIFT);
    ULONG Count = ADDRESS_AND_SIZE_TO_SPAN_PAGES(Address, Size);
    for (ULONG Index = First; Index < First + Count; Index++)
    {
        Range->Writable[Index] = FALSE;
    }
    mprotect(PAGE_ALIGN(Address), (SIZE_T)Count << PAGE_SHIFT, PROT_READ);
    KiUnlock(&Process->AddressLock);
}

VOID NativeUserFree(PEPROCESS Process, PVOID Address)
{
    KiLock(&Process->AddressLock);
    MI_RANGE *Range = MiFindRange(Process, Address);
    RemoveEntryList(&Range->Link);
    KiUnlock(&Process->AddressLock);
    MiDeleteRange(Range);
}

VOID MiDeleteAddressSpace(PEPROCESS Process)
{
    while (!IsListEmpty(&Process->Ranges))
    {
        MiDeleteRange(CONTAINING_RECORD(RemoveHeadList(&Process->Ranges), MI_RANGE, Link));
    }
}

BOOLEAN MiIsUserAddress(PEPROCESS Process, PVOID Address)
{
    KiLock(&Process->AddressLock);
    BOOLEAN Found = MiFindRange(Process, Address) != NULL;
    KiUnlock(&Process->AddressLock);
    return Found;
}

NTSTATUS MiReferenceUserPages(
    PEPROCESS Process, PVOID Address, SIZE_T Length, BOOLEAN Write, PPFN_NUMBER Pages)
{
    ULONG Count = ADDRESS_AND_SIZE_TO_SPAN_PAGES(Address, Length);
    ULONG Index;
    if ((ULONG_PTR)Address + Length < (ULONG_PTR)Address)
    {
        return STATUS_ACCESS_VIOLATION;
    }
    KiLock(&Process->AddressLock);
    for (Index = 0; Index < Count; Index++)
    {
        /* As numbers: a hostile client's address may be in page 0. */
        PUCHAR Page = (PUCHAR)((ULONG_PTR)PAGE_ALIGN(Address) + ((SIZE_T)Index << PAGE_SHIFT));
        MI_RANGE *Range = MiFindRange(Process, Page);
        SIZE_T InRange = Range ? (SIZE_T)(Page - Range->Base) >> PAGE_SHIFT : 0;
        if (!Range || (Write && !Range->Writable[InRange]))
        {
            break;
        }
        Pages[Index] = Range->Pages[InRange];
        KiLock(&MiPhysical.Lock);
        MiPhysical.References[Pages[Index]]++;
        KiUnlock(&MiPhysical.Lock);
    }
    KiUnlock(&Process->AddressLock);
    if (Index < Count)
    {
        MiDereferencePages(Pages, Index);
        return STATUS_ACCESS_VIOLATION;
    }
    return STATUS_SUCCESS;
}
