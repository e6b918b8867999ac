/* SPDX-License-Identifier: MIT */
/*
 * Rules: the order of locks. An edge from one class to another says that somebody waited for a
 * lock of the second while holding one of the first; it stays for as long as the program runs, so
 * that two orders are seen even if they never meet. A cycle of edges is a deadlock that waits for
 * its moment (Driver Verifier, "Deadlock Detection").
 */
#include "executive.h"

#define RULES_ORDER_DOCUMENT "devtest/deadlock-detection"
#define RULES_ORDER_CLASSES  256u

typedef struct _RULES_EDGE
{
    volatile LONG Known;
    PVOID Held;   /* who had acquired the first */
    PVOID Waited; /* who waited for the second */
} RULES_EDGE;

static struct
{
    KI_MUTEX Lock;                               /* to add an edge */
    PVOID volatile Origins[RULES_ORDER_CLASSES]; /* 0 is no class */
    RULES_EDGE Edges[RULES_ORDER_CLASSES][RULES_ORDER_CLASSES];
} RulesOrder = {.Lock = KI_MUTEX_INITIALIZER};

ULONG RulesOrderClass(PVOID Origin)
{
    ULONG First = (ULONG)(((ULONG_PTR)Origin * 0x9E3779B97F4A7C15ull) >> 32);
    for (ULONG Try = 0; Try < RULES_ORDER_CLASSES; Try++)
    {
        ULONG Class = (First + Try) % RULES_ORDER_CLASSES;
        PVOID Known = Class ? ReadPointerAcquire(&RulesOrder.Origins[Class]) : Origin;
        if (Class && !Known)
        {
            Known = InterlockedCompareExchangePointer(&RulesOrder.Origins[Class], Origin, NULL);
        }
        if (Class && (!Known || Known == Origin))
        {
            return Class;
        }
    }
    RULES_VIOLATED(
        "LockClasses", "RulesOrderClass", RULES_ORDER_DOCUMENT,
        "more than %u classes of locks: raise RULES_ORDER_CLASSES", RULES_ORDER_CLASSES - 1);
}

/* The first edge of a way from one class to another; NULL: there is none. The lock is held. */
static const RULES_EDGE *RulesOrderFindWay(ULONG From, ULONG To, BOOLEAN Seen[RULES_ORDER_CLASSES])
{
    Seen[From] = TRUE;
    if (RulesOrder.Edges[From][To].Known)
    {
        return &RulesOrder.Edges[From][To];
    }
    for (ULONG Next = 1; Next < RULES_ORDER_CLASSES; Next++)
    {
        if (!Seen[Next] && RulesOrder.Edges[From][Next].Known && RulesOrderFindWay(Next, To, Seen))
        {
            return &RulesOrder.Edges[From][Next];
        }
    }
    return NULL;
}

/* Adds the edge unless it closes a cycle; *Way: the first edge of the way back. */
static BOOLEAN
RulesOrderAdd(const RULES_HELD_LOCK *Held, ULONG Class, PVOID Caller, RULES_EDGE *Way)
{
    BOOLEAN Seen[RULES_ORDER_CLASSES] = {FALSE};
    RULES_EDGE *Edge = &RulesOrder.Edges[Held->Class][Class];
    KiLock(&RulesOrder.Lock);
    const RULES_EDGE *Back = RulesOrderFindWay(Class, Held->Class, Seen);
    if (Back)
    {
        *Way = *Back;
    }
    else if (!Edge->Known)
    {
        Edge->Held = Held->Caller;
        Edge->Waited = Caller;
        WriteRelease(&Edge->Known, TRUE);
    }
    KiUnlock(&RulesOrder.Lock);
    return !Back;
}

VOID RulesOrderCheck(PCSTR Function, PVOID Lock, ULONG Class, PVOID Caller)
{
    PKTHREAD Thread = KI_CURRENT();
    CHAR Text[4][64];
    for (ULONG Index = 0; Index < Thread->HeldLockCount; Index++)
    {
        const RULES_HELD_LOCK *Held = &Thread->HeldLocks[Index];
        RULES_EDGE Way = {0};
        if (Held->Lock == Lock)
        {
            return; /* again: nothing is waited for */
        }
        if (Held->Class == Class)
        {
            RULES_VIOLATED(
                "LockOrderOfEquals", Function, RULES_ORDER_DOCUMENT,
                "%p, waited for at %s, and %p, acquired at %s, are of one class: nothing says "
                "which comes first",
                Lock, RulesPlace(Caller, Text[0], sizeof(Text[0])), Held->Lock,
                RulesPlace(Held->Caller, Text[1], sizeof(Text[1])));
        }
        if (!ReadAcquire(&RulesOrder.Edges[Held->Class][Class].Known) &&
            !RulesOrderAdd(Held, Class, Caller, &Way))
        {
            RULES_VIOLATED(
                "LockOrder", Function, RULES_ORDER_DOCUMENT,
                "%p waited for at %s with %p held since %s; in the other order held since %s, "
                "waited for at %s",
                Lock, RulesPlace(Caller, Text[0], sizeof(Text[0])), Held->Lock,
                RulesPlace(Held->Caller, Text[1], sizeof(Text[1])),
                RulesPlace(Way.Held, Text[2], sizeof(Text[2])),
                RulesPlace(Way.Waited, Text[3], sizeof(Text[3])));
        }
    }
}
