/* SPDX-License-Identifier: MIT */
/*
 * Processors, which are all in group 0 and on node 0 and never more, and their state.
 */
#define _NTSYSTEM_
#include <ntifs.h>

#include "executive.h"
#include "ntdll.h"
#include "wine_kernel.h"

#define PROCESSOR_ALL_GROUPS 0xFFFF

CCHAR KeNumberProcessors[1] = {1}; /* ProcessorInitialize has the number */

VOID ProcessorInitialize(VOID)
{
    KeNumberProcessors[0] = (CCHAR)KeQueryActiveProcessorCountEx(PROCESSOR_ALL_GROUPS);
}

static ULONG ProcessorCount(VOID)
{
    return KeQueryActiveProcessorCountEx(PROCESSOR_ALL_GROUPS);
}

NTSTATUS NTAPI KeGetProcessorNumberFromIndex(ULONG ProcIndex, PROCESSOR_NUMBER_EX *ProcNumber)
{
    if (ProcIndex >= ProcessorCount())
        return STATUS_INVALID_PARAMETER;
    *ProcNumber = (PROCESSOR_NUMBER_EX){.Number = (UCHAR)ProcIndex};
    return STATUS_SUCCESS;
}

ULONG NTAPI KeGetProcessorIndexFromNumber(PROCESSOR_NUMBER_EX *ProcNumber)
{
    return ProcNumber->Group == 0 && ProcNumber->Number < ProcessorCount() ? ProcNumber->Number
                                                                           : MAXULONG;
}

KAFFINITY NTAPI KeQueryGroupAffinity(USHORT GroupNumber)
{
    ULONG Count = ProcessorCount();
    if (GroupNumber != 0)
        return 0;
    return Count >= 8 * sizeof(KAFFINITY) ? ~(KAFFINITY)0 : ((KAFFINITY)1 << Count) - 1;
}

VOID NTAPI
KeSetSystemGroupAffinityThread(GROUP_AFFINITY_EX *Affinity, GROUP_AFFINITY_EX *PreviousAffinity)
{
    KAFFINITY Previous = 0;
    if (Affinity->Group == 0 && (Affinity->Mask & KeQueryGroupAffinity(0)) != 0)
        Previous = KeSetSystemAffinityThreadEx(Affinity->Mask & KeQueryGroupAffinity(0));
    if (PreviousAffinity != NULL)
        *PreviousAffinity = (GROUP_AFFINITY_EX){.Mask = Previous};
}

VOID NTAPI KeRevertToUserGroupAffinityThread(GROUP_AFFINITY_EX *PreviousAffinity)
{
    KeRevertToUserAffinityThreadEx(PreviousAffinity->Mask);
}

USHORT NTAPI KeQueryHighestNodeNumber(VOID)
{
    return 0;
}

USHORT NTAPI KeGetCurrentNodeNumber(VOID)
{
    return 0;
}

VOID NTAPI KeQueryNodeActiveAffinity(USHORT NodeNumber, GROUP_AFFINITY_EX *Affinity, USHORT *Count)
{
    if (Affinity != NULL)
        *Affinity = (GROUP_AFFINITY_EX){.Mask = NodeNumber == 0 ? KeQueryGroupAffinity(0) : 0};
    if (Count != NULL)
        *Count = NodeNumber == 0 ? (USHORT)ProcessorCount() : 0;
}

USHORT NTAPI KeQueryNodeMaximumProcessorCount(USHORT NodeNumber)
{
    return NodeNumber == 0 ? (USHORT)ProcessorCount() : 0;
}

#define PROCESSOR_ADD_EXISTING    1
#define PROCESSOR_CALLBACK_HANDLE ((PVOID)(ULONG_PTR)1)

/* KE_PROCESSOR_CHANGE_NOTIFY_STATE */
enum
{
    ProcessorAddStart,
    ProcessorAddComplete,
    ProcessorAddFailure
};

/* Tells of processors one after the other, until one is refused. Returns how many were not. */
static ULONG
ProcessorTell(PROCESSOR_CALLBACK *CallbackFunction, PVOID Context, ULONG State, ULONG Count)
{
    NTSTATUS Status = STATUS_SUCCESS;
    for (ULONG i = 0; i < Count; i++)
    {
        PROCESSOR_CHANGE Change = {
            .State = State, .NtNumber = i, .ProcNumber = {.Number = (UCHAR)i}};
        CallbackFunction(Context, &Change, &Status);
        if (State == ProcessorAddStart && !NT_SUCCESS(Status))
            return i;
    }
    return Count;
}

PVOID NTAPI KeRegisterProcessorChangeCallback(
    PROCESSOR_CALLBACK *CallbackFunction, PVOID CallbackContext, ULONG Flags)
{
    ULONG Count = (Flags & PROCESSOR_ADD_EXISTING) != 0 ? ProcessorCount() : 0;
    ULONG Told = ProcessorTell(CallbackFunction, CallbackContext, ProcessorAddStart, Count);
    if (Told != Count)
    {
        ProcessorTell(CallbackFunction, CallbackContext, ProcessorAddFailure, Told + 1);
        return NULL;
    }
    ProcessorTell(CallbackFunction, CallbackContext, ProcessorAddComplete, Count);
    return PROCESSOR_CALLBACK_HANDLE;
}

VOID NTAPI KeDeregisterProcessorChangeCallback(PVOID CallbackHandle)
{
    UNREFERENCED_PARAMETER(CallbackHandle);
}

/* Drivers run on threads whose registers Linux keeps. */
NTSTATUS NTAPI KeSaveExtendedProcessorState(ULONG64 Mask, PVOID XStateSave)
{
    UNREFERENCED_PARAMETER(Mask);
    UNREFERENCED_PARAMETER(XStateSave);
    return STATUS_SUCCESS;
}

VOID NTAPI KeRestoreExtendedProcessorState(PVOID XStateSave)
{
    UNREFERENCED_PARAMETER(XStateSave);
}

BOOLEAN NTAPI ExIsProcessorFeaturePresent(ULONG ProcessorFeature)
{
    /* KUSER_SHARED_DATA.ProcessorFeatures */
    return ProcessorFeature < 64 && ((const volatile UCHAR *)0x7FFE0274)[ProcessorFeature] != 0;
}

LONG NTAPI KeReadStateMutex(PVOID Mutex)
{
    return ReadAcquire(&((PRKEVENT)Mutex)->Header.SignalState);
}

LONG NTAPI KeReadStateSemaphore(PVOID Semaphore)
{
    return ReadAcquire(&((PRKEVENT)Semaphore)->Header.SignalState);
}

/* There is no sleep that it would leave out. */
VOID NTAPI KeQueryUnbiasedInterruptTimePrecise(ULONG64 *UnbiasedTime, ULONG64 *QpcTimeStamp)
{
    *UnbiasedTime = KeQueryInterruptTimePrecise(QpcTimeStamp);
}

ULONG64 NTAPI KeQueryUnbiasedInterruptTime(VOID)
{
    ULONG64 Stamp;
    return KeQueryInterruptTimePrecise(&Stamp);
}

/* Threads have the priorities that Linux gives them. */
LONG NTAPI KeSetBasePriorityThread(PKTHREAD Thread, LONG Increment)
{
    UNREFERENCED_PARAMETER(Thread);
    UNREFERENCED_PARAMETER(Increment);
    return 0;
}

/* What has crashed here ends the process: no bug check comes. */
BOOLEAN NTAPI KeRegisterBugCheckCallback(
    PVOID CallbackRecord, PVOID CallbackRoutine, PVOID Buffer, ULONG Length, PUCHAR Component)
{
    UNREFERENCED_PARAMETER(CallbackRecord);
    UNREFERENCED_PARAMETER(CallbackRoutine);
    UNREFERENCED_PARAMETER(Buffer);
    UNREFERENCED_PARAMETER(Length);
    UNREFERENCED_PARAMETER(Component);
    return TRUE;
}

BOOLEAN NTAPI KeDeregisterBugCheckCallback(PVOID CallbackRecord)
{
    UNREFERENCED_PARAMETER(CallbackRecord);
    return TRUE;
}

BOOLEAN NTAPI KeRegisterBugCheckReasonCallback(
    PVOID CallbackRecord, PVOID CallbackRoutine, ULONG Reason, PUCHAR Component)
{
    UNREFERENCED_PARAMETER(CallbackRecord);
    UNREFERENCED_PARAMETER(CallbackRoutine);
    UNREFERENCED_PARAMETER(Reason);
    UNREFERENCED_PARAMETER(Component);
    return TRUE;
}

BOOLEAN NTAPI KeDeregisterBugCheckReasonCallback(PVOID CallbackRecord)
{
    UNREFERENCED_PARAMETER(CallbackRecord);
    return TRUE;
}
