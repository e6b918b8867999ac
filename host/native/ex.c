/* SPDX-License-Identifier: MIT */
/*
 * Pool: malloc with a record of every allocation beside it, so that AddressSanitizer sees the
 * exact size, and so that tags, double frees and leaks are known without it too. New memory is
 * filled with a pattern: pool is not zeroed.
 */
#include <execinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "executive.h"

#define EXP_POOL_BUCKETS   4096
#define EXP_POOL_STACK     12
#define EXP_POOL_NEW_FILL  0xCD
#define EXP_POOL_FREE_FILL 0xDD
#define EXP_GUARD_SIZE     16
#define EXP_GUARD_FILL     0xFB

#define EXP_POOL_DOCUMENT         "debugger/bug-check-0xc2--bad-pool-caller"
#define EXP_POOL_OVERRUN_DOCUMENT "debugger/bug-check-0x19--bad-pool-header"

/* Freed blocks that are kept to see whether somebody still writes to them, and their size. */
#define EXP_QUARANTINE_BLOCKS 1024u
#define EXP_QUARANTINE_BYTES  4096u

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define EXP_ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define EXP_TSAN 1
#endif
#endif

typedef struct _EXP_POOL_RECORD
{
    struct _EXP_POOL_RECORD *Next;
    PUCHAR Address;
    SIZE_T Size;
    ULONG Tag;
    POOL_TYPE Type;
    int Depth;
    void *Stack[EXP_POOL_STACK];
} EXP_POOL_RECORD;

static struct
{
    KI_MUTEX Lock;
    EXP_POOL_RECORD *Buckets[EXP_POOL_BUCKETS];
    ULONG Count;
} ExpPool = {.Lock = KI_MUTEX_INITIALIZER};

/* Freed, the oldest first to go. */
static struct
{
    KI_MUTEX Lock;
    EXP_POOL_RECORD *Blocks[EXP_QUARANTINE_BLOCKS];
    ULONG Next;
} ExpFreed = {.Lock = KI_MUTEX_INITIALIZER};

static ULONG ExpPoolBucket(PVOID Address)
{
    return (ULONG)(((ULONG_PTR)Address >> 4) * 0x9E3779B97F4A7C15ull >> 52) % EXP_POOL_BUCKETS;
}

/* Bytes behind the caller's that show an overrun; the sanitizer has its own. */
static SIZE_T ExpGuardSize(VOID)
{
#if EXP_ASAN
    return 0;
#else
    return EXP_GUARD_SIZE;
#endif
}

static VOID ExpTagText(ULONG Tag, CHAR Text[5])
{
    for (ULONG Index = 0; Index < 4; Index++)
    {
        CHAR Character = (CHAR)(Tag >> (8 * Index));
        Text[Index] = Character >= ' ' && Character <= '~' ? Character : '.';
    }
    Text[4] = '\0';
}

static PVOID ExpAllocate(SIZE_T Size)
{
    if (Size < PAGE_SIZE)
    {
        return malloc(Size + ExpGuardSize());
    }
    PVOID Address = NULL;
    return posix_memalign(&Address, PAGE_SIZE, Size + ExpGuardSize()) == 0 ? Address : NULL;
}

static VOID ExpInsertRecord(EXP_POOL_RECORD *Record)
{
    EXP_POOL_RECORD **Bucket = &ExpPool.Buckets[ExpPoolBucket(Record->Address)];
    KiLock(&ExpPool.Lock);
    Record->Next = *Bucket;
    *Bucket = Record;
    ExpPool.Count++;
    KiUnlock(&ExpPool.Lock);
}

static EXP_POOL_RECORD *ExpRemoveRecord(PVOID Address)
{
    EXP_POOL_RECORD **Link = &ExpPool.Buckets[ExpPoolBucket(Address)];
    KiLock(&ExpPool.Lock);
    while (*Link && (*Link)->Address != Address)
    {
        Link = &(*Link)->Next;
    }
    EXP_POOL_RECORD *Record = *Link;
    if (Record)
    {
        *Link = Record->Next;
        ExpPool.Count--;
    }
    KiUnlock(&ExpPool.Lock);
    return Record;
}

/* The block goes back to the C library, if nobody wrote to it since it was freed. */
static VOID ExpRelease(EXP_POOL_RECORD *Record)
{
    CHAR Tag[5];
    for (SIZE_T Index = 0; ExpGuardSize() && Index < Record->Size; Index++)
    {
        ExpTagText(Record->Tag, Tag);
        RULE_IN(
            "ExFreePoolWithTag", Record->Address[Index] == EXP_POOL_FREE_FILL, "PoolUseAfterFree",
            "debugger/bug-check-0xc1--special-pool-detected-memory-corruption",
            "byte %zu of %zu at %p, tag '%s', was written after it was freed", (size_t)Index,
            (size_t)Record->Size, (PVOID)Record->Address, Tag);
    }
    free(Record->Address);
    free(Record);
}

/* Keeps a small block for a while; sanitizers see what is done to freed memory themselves. */
static VOID ExpQuarantine(EXP_POOL_RECORD *Record)
{
#if EXP_ASAN || EXP_TSAN
    const BOOLEAN Sanitizer = TRUE;
#else
    const BOOLEAN Sanitizer = FALSE;
#endif
    if (Sanitizer || Record->Size > EXP_QUARANTINE_BYTES)
    {
        ExpRelease(Record);
        return;
    }
    KiLock(&ExpFreed.Lock);
    EXP_POOL_RECORD **Slot = &ExpFreed.Blocks[ExpFreed.Next++ % EXP_QUARANTINE_BLOCKS];
    EXP_POOL_RECORD *Oldest = *Slot;
    *Slot = Record;
    KiUnlock(&ExpFreed.Lock);
    if (Oldest)
    {
        ExpRelease(Oldest);
    }
}

VOID ExpReleaseQuarantine(VOID)
{
    for (ULONG Index = 0; Index < EXP_QUARANTINE_BLOCKS; Index++)
    {
        KiLock(&ExpFreed.Lock);
        EXP_POOL_RECORD *Record = ExpFreed.Blocks[Index];
        ExpFreed.Blocks[Index] = NULL;
        KiUnlock(&ExpFreed.Lock);
        if (Record)
        {
            ExpRelease(Record);
        }
    }
}

PVOID ExpAllocatePool(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
    EXP_POOL_RECORD *Record = malloc(sizeof(*Record));
    if (!Record)
    {
        return NULL;
    }
    Record->Address = ExpAllocate(NumberOfBytes);
    if (!Record->Address)
    {
        free(Record);
        return NULL;
    }
    Record->Size = NumberOfBytes;
    Record->Tag = Tag;
    Record->Type = PoolType;
    Record->Depth = backtrace(Record->Stack, EXP_POOL_STACK);
    memset(Record->Address, EXP_POOL_NEW_FILL, NumberOfBytes);
    memset(Record->Address + NumberOfBytes, EXP_GUARD_FILL, ExpGuardSize());
    PVOID Address = Record->Address;
    ExpInsertRecord(Record);
    return Address;
}

PVOID ExAllocatePoolWithTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
    RULE_IRQL_AT_MOST("wdm", PoolType & PagedPool ? APC_LEVEL : DISPATCH_LEVEL);
    RULE(
        (PoolType & ~NonPagedPoolNx) <= PagedPool, "PoolType", "wdm", "pool type %u",
        (ULONG)PoolType);
    RULE(NumberOfBytes, "PoolSize", "wdm", "allocates 0 bytes");
    RULE(Tag, "PoolTag", "wdm", "the tag is 0");
    return FAULT() ? NULL : ExpAllocatePool(PoolType, NumberOfBytes, Tag);
}

VOID ExFreePoolWithTag(PVOID P, ULONG Tag)
{
    RULE_IRQL_AT_MOST("wdm", DISPATCH_LEVEL);
    EXP_POOL_RECORD *Record = ExpRemoveRecord(P);
    RULE(Record, "PoolFree", EXP_POOL_DOCUMENT, "%p is not allocated pool, or no longer", (PVOID)P);
    if (Tag && Tag != Record->Tag)
    {
        CHAR Allocated[5], Freed[5];
        ExpTagText(Record->Tag, Allocated);
        ExpTagText(Tag, Freed);
        ExpInsertRecord(Record);
        RULES_VIOLATED(
            "PoolTagOfFree", __func__, EXP_POOL_DOCUMENT, "%p was allocated as '%s', freed as '%s'",
            (PVOID)P, Allocated, Freed);
    }
    BOOLEAN Paged = (Record->Type & PagedPool) != 0;
    if (Paged && KI_CURRENT()->Irql > APC_LEVEL)
    {
        ExpInsertRecord(Record);
        RULE_IRQL_AT_MOST("wdm", APC_LEVEL);
    }
    SIZE_T Size = Record->Size;
    for (SIZE_T Index = 0; Index < ExpGuardSize(); Index++)
    {
        RULE(
            Record->Address[Size + Index] == EXP_GUARD_FILL, "PoolOverrun",
            EXP_POOL_OVERRUN_DOCUMENT, "byte %zu of %zu at %p was written", (size_t)(Size + Index),
            (size_t)Size, (PVOID)P);
    }
    RulesMemoryFreed(__func__, "wdm", P, Size);
    KiMemoryFreed(P, Size);
    memset(P, EXP_POOL_FREE_FILL, Size);
    ExpQuarantine(Record);
}

VOID NativePoolUsage(ULONG Tag, PULONG Allocations, PSIZE_T Bytes)
{
    *Allocations = 0;
    *Bytes = 0;
    KiLock(&ExpPool.Lock);
    for (ULONG Bucket = 0; Bucket < EXP_POOL_BUCKETS; Bucket++)
    {
        for (EXP_POOL_RECORD *Record = ExpPool.Buckets[Bucket]; Record; Record = Record->Next)
        {
            if (Tag == 0 || Record->Tag == Tag)
            {
                (*Allocations)++;
                *Bytes += Record->Size;
            }
        }
    }
    KiUnlock(&ExpPool.Lock);
}

ULONG ExpReportPool(VOID)
{
    ExpReleaseQuarantine();
    KiLock(&ExpPool.Lock);
    ULONG Count = ExpPool.Count;
    for (ULONG Bucket = 0; Bucket < EXP_POOL_BUCKETS; Bucket++)
    {
        for (EXP_POOL_RECORD *Record = ExpPool.Buckets[Bucket]; Record; Record = Record->Next)
        {
            CHAR Tag[5];
            ExpTagText(Record->Tag, Tag);
            fprintf(
                stderr, "leak: pool tag '%s', %zu bytes at %p, allocated by\n", Tag,
                (size_t)Record->Size, (void *)Record->Address);
            fflush(stderr);
            backtrace_symbols_fd(Record->Stack, Record->Depth, STDERR_FILENO);
        }
    }
    KiUnlock(&ExpPool.Lock);
    return Count;
}
