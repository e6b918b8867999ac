/* SPDX-License-Identifier: MIT */
/*
 * Reader-writer locks: a spin lock that a writer holds, and that a reader holds while it counts
 * itself. A writer waits until no reader is left, and does not keep new ones out meanwhile.
 */
#include "internal.h"

#define NDISP_RW_LOCK_SIGNATURE NDISP_FOURCC('N', 'd', 'R', 'w')

/* LOCK_STATE_EX.LockState */
#define RW_LOCK_RELEASED  0
#define RW_LOCK_READ      1
#define RW_LOCK_WRITE     2
#define RW_LOCK_RECURSIVE 3 /* of any kind, by the writer */

struct _NDIS_RW_LOCK_EX
{
    ULONG Signature;
    KSPIN_LOCK SpinLock;
    LONG Readers; /* guarded by SpinLock */
    LONG Depth;   /* of the writer's recursion; the writer's */
    PVOID volatile Writer;
};

static VOID RwLockCheck(PNDIS_RW_LOCK_EX Lock, PCSTR Function)
{
    if (Lock == NULL || Lock->Signature != NDISP_RW_LOCK_SIGNATURE)
    {
        NdisHostViolation(
            "The lock is one that NdisAllocateRWLock returned and that is not freed.", Function,
            "nf-ndis-ndisallocaterwlock");
    }
}

static VOID RwLockInitialize(PNDIS_RW_LOCK_EX Lock)
{
    RtlZeroMemory(Lock, sizeof(*Lock));
    Lock->Signature = NDISP_RW_LOCK_SIGNATURE;
    KeInitializeSpinLock(&Lock->SpinLock);
}

PNDIS_RW_LOCK_EX NDISAPI NdisAllocateRWLock(NDIS_HANDLE NdisHandle)
{
    NDISP_IRQL("NdisAllocateRWLock", "nf-ndis-ndisallocaterwlock", DISPATCH_LEVEL);
    PNDIS_RW_LOCK_EX Lock = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Lock), NDISP_TAG);
    UNREFERENCED_PARAMETER(NdisHandle);
    if (Lock != NULL)
    {
        RwLockInitialize(Lock);
    }
    return Lock;
}

VOID NDISAPI NdisFreeRWLock(PNDIS_RW_LOCK_EX Lock)
{
    NDISP_IRQL("NdisFreeRWLock", "nf-ndis-ndisfreerwlock", DISPATCH_LEVEL);
    RwLockCheck(Lock, "NdisFreeRWLock");
    if (Lock->Writer != NULL || Lock->Readers != 0)
    {
        NdisHostViolation(
            "A lock is released before it is freed.", "NdisFreeRWLock", "nf-ndis-ndisfreerwlock");
    }
    Lock->Signature = NDISP_FREED_SIGNATURE;
    ExFreePoolWithTag(Lock, NDISP_TAG);
}

/* TRUE: the calling thread has it for writing, once more now. */
static BOOLEAN RwLockEnter(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState, ULONG Flags)
{
    LockState->Flags = (UCHAR)Flags;
    LockState->OldIrql =
        (Flags & NDIS_RWL_AT_DISPATCH_LEVEL) != 0 ? DISPATCH_LEVEL : NDISP_RAISE_TO_DISPATCH();
    if (ReadPointerAcquire(&Lock->Writer) != KeGetCurrentThread())
    {
        return FALSE;
    }
    Lock->Depth++;
    LockState->LockState = RW_LOCK_RECURSIVE;
    return TRUE;
}

VOID NDISAPI NdisAcquireRWLockRead(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState, ULONG Flags)
{
    NDISP_IRQL("NdisAcquireRWLockRead", "nf-ndis-ndisacquirerwlockread", DISPATCH_LEVEL);
    RwLockCheck(Lock, "NdisAcquireRWLockRead");
    if (RwLockEnter(Lock, LockState, Flags))
    {
        return;
    }
    KeAcquireSpinLockAtDpcLevel(&Lock->SpinLock);
    Lock->Readers++;
    KeReleaseSpinLockFromDpcLevel(&Lock->SpinLock);
    LockState->LockState = RW_LOCK_READ;
}

VOID NDISAPI NdisAcquireRWLockWrite(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState, ULONG Flags)
{
    NDISP_IRQL("NdisAcquireRWLockWrite", "nf-ndis-ndisacquirerwlockwrite", DISPATCH_LEVEL);
    RwLockCheck(Lock, "NdisAcquireRWLockWrite");
    if (RwLockEnter(Lock, LockState, Flags))
    {
        return;
    }
    KeAcquireSpinLockAtDpcLevel(&Lock->SpinLock);
    while (Lock->Readers != 0)
    {
        KeReleaseSpinLockFromDpcLevel(&Lock->SpinLock);
        YieldProcessor();
        KeAcquireSpinLockAtDpcLevel(&Lock->SpinLock);
    }
    WritePointerRelease(&Lock->Writer, KeGetCurrentThread());
    LockState->LockState = RW_LOCK_WRITE;
}

static VOID RwLockReleaseRead(PNDIS_RW_LOCK_EX Lock)
{
    LONG Readers;
    KeAcquireSpinLockAtDpcLevel(&Lock->SpinLock);
    Readers = Lock->Readers--;
    KeReleaseSpinLockFromDpcLevel(&Lock->SpinLock);
    if (Readers <= 0)
    {
        NdisHostViolation(
            "Each release of a lock follows an acquisition of its own.", "NdisReleaseRWLock",
            "nf-ndis-ndisreleaserwlock");
    }
}

static VOID RwLockReleaseWrite(PNDIS_RW_LOCK_EX Lock)
{
    if (ReadPointerAcquire(&Lock->Writer) != KeGetCurrentThread() || Lock->Depth != 0)
    {
        NdisHostViolation(
            "A lock is released where it was acquired for writing, the last acquisition first.",
            "NdisReleaseRWLock", "nf-ndis-ndisreleaserwlock");
    }
    WritePointerRelease(&Lock->Writer, NULL);
    KeReleaseSpinLockFromDpcLevel(&Lock->SpinLock);
}

VOID NDISAPI NdisReleaseRWLock(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState)
{
    NDISP_IRQL("NdisReleaseRWLock", "nf-ndis-ndisreleaserwlock", DISPATCH_LEVEL);
    UCHAR Kind = LockState->LockState;
    RwLockCheck(Lock, "NdisReleaseRWLock");
    LockState->LockState = RW_LOCK_RELEASED;
    switch (Kind)
    {
    case RW_LOCK_READ:
        RwLockReleaseRead(Lock);
        break;
    case RW_LOCK_WRITE:
        RwLockReleaseWrite(Lock);
        break;
    case RW_LOCK_RECURSIVE:
        Lock->Depth--;
        break;
    default:
        NdisHostViolation(
            "LockState is of an acquisition that was not released.", "NdisReleaseRWLock",
            "nf-ndis-ndisreleaserwlock");
    }
    if ((LockState->Flags & NDIS_RWL_AT_DISPATCH_LEVEL) == 0)
    {
        NDISP_LOWER_IRQL(LockState->OldIrql);
    }
}

/* ---- Locks in the driver's own memory, as before NDIS 6.20 ---- */

C_ASSERT(sizeof(NDIS_RW_LOCK_EX) <= sizeof(NDIS_RW_LOCK));

VOID NDISAPI NdisInitializeReadWriteLock(PNDIS_RW_LOCK Lock)
{
    RwLockInitialize((PNDIS_RW_LOCK_EX)Lock);
}

static VOID RwLockAcquire(PNDIS_RW_LOCK Lock, BOOLEAN Write, PLOCK_STATE LockState, ULONG Flags)
{
    LOCK_STATE_EX State;
    if (Write)
    {
        NdisAcquireRWLockWrite((PNDIS_RW_LOCK_EX)Lock, &State, Flags);
    }
    else
    {
        NdisAcquireRWLockRead((PNDIS_RW_LOCK_EX)Lock, &State, Flags);
    }
    LockState->LockState = State.LockState;
    LockState->OldIrql = State.OldIrql;
}

static VOID RwLockRelease(PNDIS_RW_LOCK Lock, PLOCK_STATE LockState, ULONG Flags)
{
    LOCK_STATE_EX State = {
        .OldIrql = LockState->OldIrql,
        .LockState = (UCHAR)LockState->LockState,
        .Flags = (UCHAR)Flags,
    };
    NdisReleaseRWLock((PNDIS_RW_LOCK_EX)Lock, &State);
    LockState->LockState = State.LockState;
}

VOID NDISAPI NdisAcquireReadWriteLock(PNDIS_RW_LOCK Lock, BOOLEAN fWrite, PLOCK_STATE LockState)
{
    NDISP_IRQL("NdisAcquireReadWriteLock", "nf-ndis-ndisacquirereadwritelock", DISPATCH_LEVEL);
    RwLockAcquire(Lock, fWrite, LockState, 0);
}

VOID NDISAPI NdisReleaseReadWriteLock(PNDIS_RW_LOCK Lock, PLOCK_STATE LockState)
{
    NDISP_IRQL("NdisReleaseReadWriteLock", "nf-ndis-ndisreleasereadwritelock", DISPATCH_LEVEL);
    RwLockRelease(Lock, LockState, 0);
}

VOID NDISAPI NdisDprAcquireReadWriteLock(PNDIS_RW_LOCK Lock, BOOLEAN fWrite, PLOCK_STATE LockState)
{
    NDISP_IRQL(
        "NdisDprAcquireReadWriteLock", "nf-ndis-ndisdpracquirereadwritelock", DISPATCH_LEVEL);
    RwLockAcquire(Lock, fWrite, LockState, NDIS_RWL_AT_DISPATCH_LEVEL);
}

VOID NDISAPI NdisDprReleaseReadWriteLock(PNDIS_RW_LOCK Lock, PLOCK_STATE LockState)
{
    NDISP_IRQL(
        "NdisDprReleaseReadWriteLock", "nf-ndis-ndisdprreleasereadwritelock", DISPATCH_LEVEL);
    RwLockRelease(Lock, LockState, NDIS_RWL_AT_DISPATCH_LEVEL);
}
