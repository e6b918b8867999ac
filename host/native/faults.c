/* SPDX-License-Identifier: MIT */
/*
 * Faults: which of the calls that may fail does fail. Two ways to choose: the n-th call from now
 * on, and every call whose call stack was not seen before (rerun until none is left). Either may be
 * narrowed to the calls that one piece of code makes, directly or through others.
 */
#include <execinfo.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "faults.h"
#include "native.h"

#define FAULTS_STACK_DEPTH  32
#define FAULTS_STACK_SKIP   1
#define FAULTS_STACKS_LIMIT 4096

typedef enum _FAULTS_MODE
{
    FaultsOff,
    FaultsNthCall,
    FaultsEachStack,
} FAULTS_MODE;

static struct
{
    pthread_mutex_t Lock;
    FAULTS_MODE Mode;
    ULONG CallsUntilFault;
    ULONG Calls;
    ULONG Injected;
    ULONG StackCount;
    ULONG64 Stacks[FAULTS_STACKS_LIMIT];
    CHAR Last[64];
    void *LastFrames[FAULTS_STACK_DEPTH];
    int LastCount;
    const UCHAR *Start; /* only calls from code in here; NULL: all */
    const UCHAR *End;
} Faults = {.Lock = PTHREAD_MUTEX_INITIALIZER};

/* Read without the lock: a program that never turns faults on pays one load per call. */
static volatile LONG FaultsEnabled;

/* How many frames tell the stack apart: all, or those up to the outermost one of the code that is
 * meant, 0 if none is. The lock is held. */
static int FaultsRelevantFrames(void *const *Frames, int Count)
{
    while (Faults.Start && Count > FAULTS_STACK_SKIP)
    {
        const UCHAR *Address = Frames[Count - 1];
        if (Address >= Faults.Start && Address < Faults.End)
        {
            return Count;
        }
        Count--;
    }
    return Faults.Start ? 0 : Count;
}

/* FNV-1a over the return addresses. */
static ULONG64 FaultsHashStack(void *const *Frames, int Count)
{
    ULONG64 Hash = 0xCBF29CE484222325ull;
    for (int Index = FAULTS_STACK_SKIP; Index < Count; Index++)
    {
        ULONG64 Address = (ULONG64)(ULONG_PTR)Frames[Index];
        for (int Byte = 0; Byte < 8; Byte++)
        {
            Hash = (Hash ^ (UCHAR)(Address >> (8 * Byte))) * 0x100000001B3ull;
        }
    }
    return Hash;
}

static BOOLEAN FaultsIsNewStack(ULONG64 Hash)
{
    for (ULONG Index = 0; Index < Faults.StackCount; Index++)
    {
        if (Faults.Stacks[Index] == Hash)
        {
            return FALSE;
        }
    }
    if (Faults.StackCount == FAULTS_STACKS_LIMIT)
    {
        fprintf(stderr, "faults: more than %u call stacks\n", FAULTS_STACKS_LIMIT);
        return FALSE;
    }
    Faults.Stacks[Faults.StackCount++] = Hash;
    return TRUE;
}

/* Whether the call with that stack is the one to fail. The lock is held. */
static BOOLEAN FaultsIsDue(void *const *Frames, int Count)
{
    Count = FaultsRelevantFrames(Frames, Count);
    if (Count == 0)
    {
        return FALSE;
    }
    Faults.Calls++;
    switch (Faults.Mode)
    {
    case FaultsNthCall:
        return Faults.CallsUntilFault && --Faults.CallsUntilFault == 0;
    case FaultsEachStack:
        /* One fault a run: what follows shows how the caller cleans up after just this one. */
        return Faults.Injected == 0 && FaultsIsNewStack(FaultsHashStack(Frames, Count));
    default:
        return FALSE;
    }
}

BOOLEAN FaultsInject(PCSTR Function)
{
    if (!ReadNoFence(&FaultsEnabled))
    {
        return FALSE;
    }
    void *Frames[FAULTS_STACK_DEPTH];
    int Count = backtrace(Frames, FAULTS_STACK_DEPTH);
    pthread_mutex_lock(&Faults.Lock);
    BOOLEAN Fail = FaultsIsDue(Frames, Count);
    if (Fail)
    {
        Faults.Injected++;
        snprintf(Faults.Last, sizeof(Faults.Last), "%s", Function);
        memcpy(Faults.LastFrames, Frames, sizeof(Frames));
        Faults.LastCount = Count;
    }
    pthread_mutex_unlock(&Faults.Lock);
    return Fail;
}

static VOID FaultsStart(FAULTS_MODE Mode, ULONG Nth)
{
    pthread_mutex_lock(&Faults.Lock);
    Faults.Mode = Mode;
    Faults.CallsUntilFault = Nth;
    Faults.Calls = 0;
    Faults.Injected = 0;
    Faults.Last[0] = '\0';
    Faults.LastCount = 0;
    pthread_mutex_unlock(&Faults.Lock);
    WriteNoFence(&FaultsEnabled, Mode != FaultsOff);
}

VOID NativeFaultsFailNth(ULONG Nth)
{
    FaultsStart(FaultsNthCall, Nth);
}

VOID NativeFaultsFailEachStack(VOID)
{
    FaultsStart(FaultsEachStack, 0);
}

ULONG NativeFaultsStop(PCSTR *Function)
{
    WriteNoFence(&FaultsEnabled, 0);
    pthread_mutex_lock(&Faults.Lock);
    Faults.Mode = FaultsOff;
    ULONG Injected = Faults.Injected;
    pthread_mutex_unlock(&Faults.Lock);
    if (Function)
    {
        *Function = Faults.Last;
    }
    return Injected;
}

VOID NativeFaultsForget(VOID)
{
    pthread_mutex_lock(&Faults.Lock);
    Faults.StackCount = 0;
    pthread_mutex_unlock(&Faults.Lock);
}

VOID NativeFaultsOnlyFrom(const VOID *Start, const VOID *End)
{
    pthread_mutex_lock(&Faults.Lock);
    Faults.Start = Start;
    Faults.End = End;
    pthread_mutex_unlock(&Faults.Lock);
}

VOID NativeFaultsPrintLast(VOID)
{
    /* Without the lock: this may be the last thing that the process does. */
    if (Faults.Last[0])
    {
        fprintf(stderr, "the call that was made to fail: %s\n", Faults.Last);
        backtrace_symbols_fd(Faults.LastFrames, Faults.LastCount, STDERR_FILENO);
    }
}
