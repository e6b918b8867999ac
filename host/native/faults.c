/* SPDX-License-Identifier: MIT */
/*
 * Faults: which of the calls that may fail does fail. Two ways to choose: the n-th call from now
 * on, and every call whose call stack was not seen before (rerun until none is left).
 */
#include <execinfo.h>
#include <pthread.h>
#include <stdio.h>

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
} Faults = {.Lock = PTHREAD_MUTEX_INITIALIZER};

/* Read without the lock: a program that never turns faults on pays one load per call. */
static volatile LONG FaultsEnabled;

/* FNV-1a over the return addresses. */
static ULONG64 FaultsHashStack(VOID)
{
    void *Frames[FAULTS_STACK_DEPTH];
    int Count = backtrace(Frames, FAULTS_STACK_DEPTH);
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

BOOLEAN FaultsInject(PCSTR Function)
{
    if (!ReadNoFence(&FaultsEnabled))
    {
        return FALSE;
    }
    ULONG64 Hash = FaultsHashStack();
    BOOLEAN Fail = FALSE;
    pthread_mutex_lock(&Faults.Lock);
    Faults.Calls++;
    if (Faults.Mode == FaultsNthCall && Faults.CallsUntilFault && --Faults.CallsUntilFault == 0)
    {
        Fail = TRUE;
    }
    else if (Faults.Mode == FaultsEachStack)
    {
        /* One fault a run: what follows shows how the caller cleans up after just this one. */
        Fail = Faults.Injected == 0 && FaultsIsNewStack(Hash);
    }
    if (Fail)
    {
        Faults.Injected++;
        snprintf(Faults.Last, sizeof(Faults.Last), "%s", Function);
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
