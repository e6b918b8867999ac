/* SPDX-License-Identifier: MIT */
/*
 * Executive resources: locks with one exclusive or many shared owners. The state lives in memory
 * of ours that OwnerTable points to, so that a resource that is never deleted is a leak.
 */
#include <stdio.h>
#include <stdlib.h>

#include "executive.h"

/* Under KiDispatcherLock. */
typedef struct _EXP_RESOURCE
{
    LIST_ENTRY Link; /* in ExpResources */
    PERESOURCE Resource;
    ULONG Class; /* rules_order.c */
    PKTHREAD ExclusiveOwner;
    ULONG ExclusiveCount;
    ULONG SharedCount;
    ULONG ExclusiveWaiters;
    ULONG Waiters;
    pthread_cond_t Changed;
    UCHAR SharedReleased; /* its address stands for what shared owners did before they released */
} EXP_RESOURCE;

static LIST_ENTRY ExpResources = {&ExpResources, &ExpResources};

static EXP_RESOURCE *ExpResourceOf(PCSTR Function, PERESOURCE Resource)
{
    EXP_RESOURCE *State = (EXP_RESOURCE *)Resource->OwnerTable;
    RULE_IN(
        Function, State && State->Resource == Resource, "ResourceInitialized", "wdm",
        "%p is not an initialized resource", (PVOID)Resource);
    return State;
}

NTSTATUS ExInitializeResourceLite(PERESOURCE Resource)
{
    RULE_IRQL_AT_MOST("wdm", DISPATCH_LEVEL);
    RtlZeroMemory(Resource, sizeof(*Resource));
    EXP_RESOURCE *State = calloc(1, sizeof(*State));
    if (!State)
    {
        KeBugCheckEx(0xEA, 0, 0, 0, 0);
    }
    State->Resource = Resource;
    State->Class = RulesOrderClass(__builtin_return_address(0));
    KiInitializeCondition(&State->Changed);
    KiLock(&KiDispatcherLock);
    InsertTailList(&ExpResources, &State->Link);
    KiUnlock(&KiDispatcherLock);
    Resource->OwnerTable = (OWNER_ENTRY *)State;
    return STATUS_SUCCESS;
}

NTSTATUS ExDeleteResourceLite(PERESOURCE Resource)
{
    RULE_IRQL_AT_MOST("wdm", APC_LEVEL);
    EXP_RESOURCE *State = ExpResourceOf(__func__, Resource);
    KiLock(&KiDispatcherLock);
    BOOLEAN Used = State->ExclusiveOwner || State->SharedCount || State->Waiters;
    if (!Used)
    {
        RemoveEntryList(&State->Link);
    }
    KiUnlock(&KiDispatcherLock);
    RULE(!Used, "ResourceOwned", "wdm", "%p is owned or waited for", (PVOID)Resource);
    Resource->OwnerTable = NULL;
    pthread_cond_destroy(&State->Changed);
    free(State);
    return STATUS_SUCCESS;
}

static VOID ExpAssertAcquire(PCSTR Function, PKTHREAD Thread)
{
    RulesIrqlAtMost(RULES_SITE_OF("Irql"), Function, "wdm", APC_LEVEL);
    if (!Thread->ApcDisable && Thread->Irql < APC_LEVEL)
    {
        RULES_VIOLATED(
            "ApcsEnabled", Function, "wdm",
            "normal kernel APC delivery is not disabled; call "
            "KeEnterCriticalRegion first");
    }
}

BOOLEAN ExAcquireResourceExclusiveLite(PERESOURCE Resource, BOOLEAN Wait)
{
    PKTHREAD Thread = KI_CURRENT();
    ExpAssertAcquire(__func__, Thread);
    EXP_RESOURCE *State = ExpResourceOf(__func__, Resource);
    RULE(
        !RulesLockIsHeld(Resource, RulesResourceShared), "ResourceUpgrade", "wdm",
        "this thread owns %p shared and would wait for itself", (PVOID)Resource);
    if (Wait)
    {
        RulesOrderCheck(__func__, Resource, State->Class, __builtin_return_address(0));
    }

    KiLock(&KiDispatcherLock);
    State->Waiters++;
    State->ExclusiveWaiters++;
    BOOLEAN Free;
    for (;;)
    {
        Free = State->ExclusiveOwner == Thread || (!State->ExclusiveOwner && !State->SharedCount);
        if (Free || !Wait)
        {
            break;
        }
        KiWaitCondition(&State->Changed);
    }
    State->ExclusiveWaiters--;
    State->Waiters--;
    if (Free)
    {
        State->ExclusiveOwner = Thread;
        State->ExclusiveCount++;
        KiTsanAcquire(State);
        KiTsanAcquire(&State->SharedReleased);
    }
    else
    {
        pthread_cond_broadcast(&State->Changed);
    }
    KiUnlock(&KiDispatcherLock);
    if (Free)
    {
        RulesLockAcquire(
            __func__, "wdm", Resource, RulesResourceExclusive, State->Class,
            __builtin_return_address(0));
    }
    return Free;
}

BOOLEAN ExAcquireResourceSharedLite(PERESOURCE Resource, BOOLEAN Wait)
{
    PKTHREAD Thread = KI_CURRENT();
    ExpAssertAcquire(__func__, Thread);
    EXP_RESOURCE *State = ExpResourceOf(__func__, Resource);
    if (RulesLockIsHeld(Resource, RulesResourceExclusive))
    {
        /* Recursive: the owner keeps exclusive access. */
        return ExAcquireResourceExclusiveLite(Resource, Wait);
    }
    BOOLEAN Recursive = RulesLockIsHeld(Resource, RulesResourceShared);
    if (Wait)
    {
        RulesOrderCheck(__func__, Resource, State->Class, __builtin_return_address(0));
    }

    KiLock(&KiDispatcherLock);
    State->Waiters++;
    BOOLEAN Free;
    for (;;)
    {
        Free = !State->ExclusiveOwner && (Recursive || !State->ExclusiveWaiters);
        if (Free || !Wait)
        {
            break;
        }
        KiWaitCondition(&State->Changed);
    }
    State->Waiters--;
    if (Free)
    {
        State->SharedCount++;
        KiTsanAcquire(State);
    }
    KiUnlock(&KiDispatcherLock);
    if (Free)
    {
        RulesLockAcquire(
            __func__, "wdm", Resource, RulesResourceShared, State->Class,
            __builtin_return_address(0));
    }
    return Free;
}

VOID ExReleaseResourceLite(PERESOURCE Resource)
{
    RULE_IRQL_AT_MOST("wdm", DISPATCH_LEVEL);
    EXP_RESOURCE *State = ExpResourceOf(__func__, Resource);
    BOOLEAN Exclusive = RulesLockIsHeld(Resource, RulesResourceExclusive);
    RulesLockRelease(
        __func__, "wdm", Resource, Exclusive ? RulesResourceExclusive : RulesResourceShared);
    KiLock(&KiDispatcherLock);
    if (Exclusive)
    {
        KiTsanRelease(State);
        if (--State->ExclusiveCount == 0)
        {
            State->ExclusiveOwner = NULL;
        }
    }
    else
    {
        KiTsanRelease(&State->SharedReleased);
        State->SharedCount--;
    }
    pthread_cond_broadcast(&State->Changed);
    KiUnlock(&KiDispatcherLock);
}

ULONG ExpReportResources(VOID)
{
    ULONG Count = 0;
    KiLock(&KiDispatcherLock);
    for (PLIST_ENTRY Entry = ExpResources.Flink; Entry != &ExpResources; Entry = Entry->Flink)
    {
        EXP_RESOURCE *State = CONTAINING_RECORD(Entry, EXP_RESOURCE, Link);
        fprintf(stderr, "leak: resource %p is not deleted\n", (void *)State->Resource);
        Count++;
    }
    KiUnlock(&KiDispatcherLock);
    return Count;
}
