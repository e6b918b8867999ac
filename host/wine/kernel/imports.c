/* SPDX-License-Identifier: MIT */
/*
 * Binding drivers' imports. Wine has bound them when this runs: those that its kernel lacks to
 * code that raises an exception, as it does for those it exports as unfinished. This host's
 * functions take the place of both, and of some that Wine's kernel has but not as Windows does.
 * Executables are PE32+ on amd64 and PE32 on x86 (Microsoft, "PE Format").
 */
#define _NTSYSTEM_
#include <ntifs.h>

#include "executive.h"
#include "imports.h"
#include "log.h"
#include "ntdll.h"
#include "object.h"
#include "wine_kernel.h"

typedef struct _IMPORT_REPLACEMENT
{
    PCSTR Name;
    PVOID Function;
} IMPORT_REPLACEMENT;

#define REPLACE(Name) {#Name, (PVOID)Name}

/*
 * Functions of ntoskrnl.exe that are this host's. One line makes another one so: the build leaves
 * the names in these lines out of the import library that ndis.sys itself is linked with.
 */
static const IMPORT_REPLACEMENT ImportReplacements[] = {
    REPLACE(DbgPrintEx),
    REPLACE(EtwActivityIdControl),
    REPLACE(EtwEventEnabled),
    REPLACE(EtwProviderEnabled),
    REPLACE(EtwRegister),
    REPLACE(EtwSetInformation),
    REPLACE(EtwUnregister),
    REPLACE(EtwWrite),
    REPLACE(EtwWriteEx),
    REPLACE(EtwWriteString),
    REPLACE(EtwWriteTransfer),
    REPLACE(ExAcquirePushLockExclusiveEx),
    REPLACE(ExAcquirePushLockSharedEx),
    REPLACE(ExAcquireRundownProtection),
    REPLACE(ExAcquireRundownProtectionEx),
    REPLACE(ExAcquireSpinLockExclusive),
    REPLACE(ExAcquireSpinLockExclusiveAtDpcLevel),
    REPLACE(ExAcquireSpinLockShared),
    REPLACE(ExAcquireSpinLockSharedAtDpcLevel),
    REPLACE(ExAllocatePool2),
    REPLACE(ExAllocatePool3),
    REPLACE(ExAllocatePoolWithTagPriority),
    REPLACE(ExAllocateTimer),
    REPLACE(ExCancelTimer),
    REPLACE(ExDeleteLookasideListEx),
    REPLACE(ExDeleteTimer),
    REPLACE(ExFlushLookasideListEx),
    REPLACE(ExFreePool2),
    REPLACE(ExGetPreviousMode),
    REPLACE(ExInitializeLookasideListEx),
    REPLACE(ExInitializePushLock),
    REPLACE(ExInitializeRundownProtection),
    REPLACE(ExInterlockedInsertHeadList),
    REPLACE(ExInterlockedInsertTailList),
    REPLACE(ExInterlockedRemoveHeadList),
    REPLACE(ExIsProcessorFeaturePresent),
    REPLACE(ExQueueWorkItem),
    REPLACE(ExRaiseStatus),
    REPLACE(ExReInitializeRundownProtection),
    REPLACE(ExReleasePushLockEx),
    REPLACE(ExReleasePushLockExclusiveEx),
    REPLACE(ExReleasePushLockSharedEx),
    REPLACE(ExReleaseRundownProtection),
    REPLACE(ExReleaseRundownProtectionEx),
    REPLACE(ExReleaseSpinLockExclusive),
    REPLACE(ExReleaseSpinLockExclusiveFromDpcLevel),
    REPLACE(ExReleaseSpinLockShared),
    REPLACE(ExReleaseSpinLockSharedFromDpcLevel),
    REPLACE(ExRundownCompleted),
    REPLACE(ExSetTimer),
    REPLACE(ExTryAcquireSpinLockExclusiveAtDpcLevel),
    REPLACE(ExTryAcquireSpinLockSharedAtDpcLevel),
    REPLACE(ExTryConvertSharedSpinLockExclusive),
    REPLACE(ExTryToAcquireFastMutex),
    REPLACE(ExWaitForRundownProtectionRelease),
    REPLACE(IoAllocateErrorLogEntry),
    REPLACE(IoAllocateMdl),
    REPLACE(IoAllocateWorkItem),
    REPLACE(IoAttachDeviceToDeviceStack),
    REPLACE(IoAttachDeviceToDeviceStackSafe),
    REPLACE(IoBuildPartialMdl),
    REPLACE(IoCreateDevice),
    REPLACE(IoCsqInitialize),
    REPLACE(IoCsqInitializeEx),
    REPLACE(IoCsqInsertIrp),
    REPLACE(IoCsqInsertIrpEx),
    REPLACE(IoCsqRemoveIrp),
    REPLACE(IoCsqRemoveNextIrp),
    REPLACE(IoDeleteDevice),
    REPLACE(IoDetachDevice),
    REPLACE(IoForwardIrpSynchronously),
    REPLACE(IoFreeWorkItem),
    REPLACE(IoGetFileObjectGenericMapping),
    REPLACE(IoGetRequestorProcessId),
    REPLACE(IoInitializeWorkItem),
    REPLACE(IoQueueWorkItem),
    REPLACE(IoQueueWorkItemEx),
    REPLACE(IoSetCompletionRoutineEx),
    REPLACE(IoSizeofWorkItem),
    REPLACE(IoUninitializeWorkItem),
    REPLACE(IoWriteErrorLogEntry),
    REPLACE(IofCompleteRequest),
    REPLACE(KdDebuggerNotPresent),
    REPLACE(KeAcquireGuardedMutex),
    REPLACE(KeAcquireGuardedMutexUnsafe),
    REPLACE(KeAcquireInStackQueuedSpinLockForDpc),
    REPLACE(KeAcquireSpinLockForDpc),
    REPLACE(KeCancelTimer),
    REPLACE(KeClearEvent),
    REPLACE(KeDeregisterBugCheckCallback),
    REPLACE(KeDeregisterBugCheckReasonCallback),
    REPLACE(KeDeregisterProcessorChangeCallback),
    REPLACE(KeFlushQueuedDpcs),
    REPLACE(KeGetCurrentNodeNumber),
    REPLACE(KeGetProcessorIndexFromNumber),
    REPLACE(KeGetProcessorNumberFromIndex),
    REPLACE(KeInitializeDpc),
    REPLACE(KeInitializeThreadedDpc),
    REPLACE(KeInsertQueueDpc),
    REPLACE(KeNumberProcessors),
    REPLACE(KeQueryGroupAffinity),
    REPLACE(KeQueryHighestNodeNumber),
    REPLACE(KeQueryInterruptTimePrecise),
    REPLACE(KeQueryNodeActiveAffinity),
    REPLACE(KeQueryNodeMaximumProcessorCount),
    REPLACE(KeQueryPerformanceCounter),
    REPLACE(KeQuerySystemTimePrecise),
    REPLACE(KeQueryUnbiasedInterruptTime),
    REPLACE(KeQueryUnbiasedInterruptTimePrecise),
    REPLACE(KeReadStateEvent),
    REPLACE(KeReadStateMutex),
    REPLACE(KeReadStateSemaphore),
    REPLACE(KeReadStateTimer),
    REPLACE(KeRegisterBugCheckCallback),
    REPLACE(KeRegisterBugCheckReasonCallback),
    REPLACE(KeRegisterProcessorChangeCallback),
    REPLACE(KeReleaseGuardedMutex),
    REPLACE(KeReleaseGuardedMutexUnsafe),
    REPLACE(KeReleaseInStackQueuedSpinLockForDpc),
    REPLACE(KeReleaseSpinLockForDpc),
    REPLACE(KeRemoveQueueDpc),
    REPLACE(KeResetEvent),
    REPLACE(KeRestoreExtendedProcessorState),
    REPLACE(KeRevertToUserGroupAffinityThread),
    REPLACE(KeSaveExtendedProcessorState),
    REPLACE(KeSetBasePriorityThread),
    REPLACE(KeSetCoalescableTimer),
    REPLACE(KeSetEvent),
    REPLACE(KeSetSystemGroupAffinityThread),
    REPLACE(KeSetTimer),
    REPLACE(KeSetTimerEx),
    REPLACE(KeStallExecutionProcessor),
    REPLACE(KeTestSpinLock),
    REPLACE(KeTryToAcquireGuardedMutex),
    REPLACE(KeTryToAcquireSpinLockAtDpcLevel),
    REPLACE(KeWaitForMultipleObjects),
    REPLACE(KeWaitForSingleObject),
    REPLACE(MmAllocateContiguousMemory),
    REPLACE(MmAllocateContiguousMemorySpecifyCache),
    REPLACE(MmAllocatePagesForMdl),
    REPLACE(MmAllocatePagesForMdlEx),
    REPLACE(MmBuildMdlForNonPagedPool),
    REPLACE(MmCreateMdl),
    REPLACE(MmFreeContiguousMemory),
    REPLACE(MmFreeContiguousMemorySpecifyCache),
    REPLACE(MmFreePagesFromMdl),
    REPLACE(MmGetSystemRoutineAddress),
    REPLACE(MmHighestUserAddress),
    REPLACE(MmIsDriverVerifying),
    REPLACE(MmIsDriverVerifyingByAddress),
    REPLACE(MmIsVerifierEnabled),
    REPLACE(MmLockPagableDataSection),
    REPLACE(MmLockPagableImageSection),
    REPLACE(MmMapLockedPages),
    REPLACE(MmMapLockedPagesSpecifyCache),
    REPLACE(MmProbeAndLockPages),
    REPLACE(MmSizeOfMdl),
    REPLACE(MmSystemRangeStart),
    REPLACE(MmUnlockPagableImageSection),
    REPLACE(MmUnlockPages),
    REPLACE(MmUnmapLockedPages),
    REPLACE(MmUserProbeAddress),
    REPLACE(ObCloseHandle),
    REPLACE(ObDereferenceObjectDeferDelete),
    REPLACE(ObDereferenceObjectDeferDeleteWithTag),
    REPLACE(ObOpenObjectByPointerWithTag),
    REPLACE(ObReferenceObjectByHandle),
    REPLACE(ObReferenceObjectByHandleWithTag),
    REPLACE(ObReferenceObjectByPointer),
    REPLACE(ObReferenceObjectByPointerWithTag),
    REPLACE(ObfDereferenceObject),
    REPLACE(ObfDereferenceObjectWithTag),
    REPLACE(ObfReferenceObject),
    REPLACE(ObfReferenceObjectWithTag),
    REPLACE(ProbeForRead),
    REPLACE(ProbeForWrite),
    REPLACE(PsSetCreateProcessNotifyRoutine),
    REPLACE(PsTerminateSystemThread),
    REPLACE(SeAccessCheck),
    REPLACE(SeCaptureSubjectContext),
    REPLACE(SeLockSubjectContext),
    REPLACE(SeReleaseSubjectContext),
    REPLACE(SeUnlockSubjectContext),
    REPLACE(WmiQueryTraceInformation),
    REPLACE(WmiTraceMessage),
    REPLACE(WmiTraceMessageVa),
    /* The exported functions behind the names that headers spell with an f. */
    {"ObDereferenceObject", (PVOID)ObfDereferenceObject},
    {"ObReferenceObject", (PVOID)ObfReferenceObject},
#ifdef _M_ARM64
    /* Wine's kernel for arm64 lacks it; this is ntdll's. */
    {"__C_specific_handler", (PVOID)__C_specific_handler},
#endif
};

typedef struct _IMAGE_IMPORT_DESCRIPTOR
{
    ULONG OriginalFirstThunk;
    ULONG TimeDateStamp;
    ULONG ForwarderChain;
    ULONG Name;
    ULONG FirstThunk;
} IMAGE_IMPORT_DESCRIPTOR;

/* Offsets from the PE signature. */
#define PE_ENTRY_POINT 0x28
#ifdef _WIN64
#define PE_IMPORT_DIRECTORY 0x90
#else
#define PE_IMPORT_DIRECTORY 0x80
#endif
#define PE_ORDINAL_FLAG (~(~(ULONG_PTR)0 >> 1))

static PUCHAR ImportsHeader(PVOID ImageBase)
{
    return (PUCHAR)ImageBase + *(ULONG *)((PUCHAR)ImageBase + 0x3C);
}

static const IMAGE_IMPORT_DESCRIPTOR *ImportsOf(PVOID ImageBase)
{
    ULONG Offset = *(ULONG *)(ImportsHeader(ImageBase) + PE_IMPORT_DIRECTORY);
    return Offset == 0 ? NULL : Add2Ptr(ImageBase, Offset);
}

static PVOID ImportsReplacement(PCSTR Name)
{
    for (ULONG i = 0; i < ARRAYSIZE(ImportReplacements); i++)
    {
        if (strcmp(ImportReplacements[i].Name, Name) == 0)
            return ImportReplacements[i].Function;
    }
    return NULL;
}

/*
 * Where an export that Wine's build tool made for an unfinished function calls to, behind an
 * address or immediate of four bytes each. NULL: other code, as all is on arm64.
 */
static PVOID ImportsUnfinishedTarget(PVOID Function)
{
#ifdef _M_AMD64
    /* sub $0x28,%rsp; lea X(%rip),%rcx; lea Y(%rip),%rdx; call Z */
    static const UCHAR First[] = {0x48, 0x83, 0xEC, 0x28, 0x48, 0x8D, 0x0D};
    static const UCHAR Second[] = {0x48, 0x8D, 0x15};
#else
    /* nop...; sub $12,%esp; movl $X,4(%esp); movl $Y,(%esp); call Z */
    static const UCHAR First[] = {0x83, 0xEC, 0x0C, 0xC7, 0x44, 0x24, 0x04};
    static const UCHAR Second[] = {0xC7, 0x04, 0x24};
#endif
    const UCHAR *Byte = Function;
    for (ULONG i = 0; i < 16 && *Byte == 0x90; i++)
        Byte++;
    if (!RtlEqualMemory(Byte, First, sizeof(First)) ||
        !RtlEqualMemory(Byte + 11, Second, sizeof(Second)) || Byte[18] != 0xE8)
        return NULL;
    return (PUCHAR)Byte + 23 + *(const LONG *)(Byte + 19);
}

/* IoBuildPartialMdl is known to be unfinished; what looks and calls like it is so too. */
static BOOLEAN ImportsIsUnfinished(PVOID Function)
{
    static PVOID Known;
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"IoBuildPartialMdl");
    PVOID Target = ImportsUnfinishedTarget(Function);
    if (Target != NULL && Known == NULL)
    {
        PVOID Unfinished = WineMmGetSystemRoutineAddress(&Name);
        Known = Unfinished != NULL ? ImportsUnfinishedTarget(Unfinished) : NULL;
    }
    return Target != NULL && Target == Known;
}

static VOID ImportsWrite(PVOID Address, const VOID *Data, SIZE_T Size)
{
    PVOID Base = Address;
    SIZE_T Region = Size;
    ULONG Protection;
    if (!NT_SUCCESS(NtProtectVirtualMemory(
            NtCurrentProcess(), &Base, &Region, PAGE_EXECUTE_READWRITE, &Protection)))
        return;
    RtlCopyMemory(Address, Data, Size);
    NtProtectVirtualMemory(NtCurrentProcess(), &Base, &Region, Protection, &Protection);
}

/* The loaded module of that name; NULL: none. */
static PVOID ImportsModule(PCSTR Name)
{
    /* Wine reads the name to its terminator. */
    WCHAR Buffer[64] = {0};
    UNICODE_STRING Wide = {0, sizeof(Buffer), Buffer};
    PVOID Module = NULL;
    for (ULONG i = 0; Name[i] != 0 && i < ARRAYSIZE(Buffer) - 1; i++, Wide.Length += sizeof(WCHAR))
        Buffer[i] = (UCHAR)Name[i];
    LdrGetDllHandle(NULL, 0, &Wide, &Module);
    return Module;
}

static BOOLEAN ImportsIsExported(PVOID Module, PCSTR Name)
{
    ANSI_STRING String = {(USHORT)strlen(Name), (USHORT)strlen(Name), (PCHAR)Name};
    PVOID Address;
    return Module != NULL && NT_SUCCESS(LdrGetProcedureAddress(Module, &String, 0, &Address)) &&
           !ImportsIsUnfinished(Address);
}

/* Binds what is imported from one module; returns how many imports nobody supplies. */
static ULONG ImportsBindModule(
    PUCHAR Image,
    const IMAGE_IMPORT_DESCRIPTOR *Descriptor,
    BOOLEAN Replace,
    PCUNICODE_STRING FileName)
{
    PCSTR ModuleName = (PCSTR)(Image + Descriptor->Name);
    BOOLEAN Kernel = Replace && (_stricmp(ModuleName, "ntoskrnl.exe") == 0 ||
                                 _stricmp(ModuleName, "hal.dll") == 0);
    PVOID Module = ImportsModule(ModuleName);
    ULONG Missing = 0;
    const ULONG_PTR *Names = (const ULONG_PTR *)(Image + (Descriptor->OriginalFirstThunk != 0
                                                              ? Descriptor->OriginalFirstThunk
                                                              : Descriptor->FirstThunk));
    PVOID *Thunks = (PVOID *)(Image + Descriptor->FirstThunk);
    for (; *Names != 0; Names++, Thunks++)
    {
        PCSTR Name = (PCSTR)(Image + (ULONG)*Names + 2); /* behind the hint */
        PVOID Function;
        if ((*Names & PE_ORDINAL_FLAG) != 0)
            continue;
        Function = Kernel ? ImportsReplacement(Name) : NULL;
        if (Function != NULL)
            ImportsWrite(Thunks, &Function, sizeof(Function));
        else if (!ImportsIsExported(Module, Name))
        {
            LogError(
                "%.*ls needs %s from %s, which neither Wine nor Adit's Wine host supplies",
                FileName->Length / (int)sizeof(WCHAR), FileName->Buffer, Name, ModuleName);
            Missing++;
        }
    }
    return Missing;
}

BOOLEAN ImportsBind(PVOID ImageBase, BOOLEAN Replace, PCUNICODE_STRING Name)
{
    const IMAGE_IMPORT_DESCRIPTOR *Descriptor = ImportsOf(ImageBase);
    ULONG Missing = 0;
    for (; Descriptor != NULL && Descriptor->Name != 0; Descriptor++)
        Missing += ImportsBindModule(ImageBase, Descriptor, Replace, Name);
    return Missing == 0;
}

BOOLEAN ImportsUseNdis(PVOID ImageBase)
{
    const IMAGE_IMPORT_DESCRIPTOR *Descriptor = ImportsOf(ImageBase);
    for (; Descriptor != NULL && Descriptor->Name != 0; Descriptor++)
    {
        if (_stricmp(Add2Ptr(ImageBase, Descriptor->Name), "ndis.sys") == 0)
            return TRUE;
    }
    return FALSE;
}

VOID ImportsRefuse(PVOID ImageBase, NTSTATUS Status)
{
#if defined(_M_ARM64)
    /* movz w0, #low; movk w0, #high, lsl #16; ret */
    ULONG Code[] = {
        0x52800000 | ((ULONG)Status & 0xFFFF) << 5, 0x72A00000 | ((ULONG)Status >> 16) << 5,
        0xD65F03C0};
#elif defined(_M_AMD64)
    UCHAR Code[] = {0xB8, 0, 0, 0, 0, 0xC3}; /* mov $Status,%eax; ret */
#else
    UCHAR Code[] = {0xB8, 0, 0, 0, 0, 0xC2, 8, 0}; /* mov $Status,%eax; ret $8 */
#endif
    ULONG Entry = *(ULONG *)(ImportsHeader(ImageBase) + PE_ENTRY_POINT);
#ifndef _M_ARM64
    RtlCopyMemory(Code + 1, &Status, sizeof(Status));
#endif
    if (Entry != 0)
        ImportsWrite(Add2Ptr(ImageBase, Entry), Code, sizeof(Code));
}

PVOID NTAPI MmGetSystemRoutineAddress(PUNICODE_STRING SystemRoutineName)
{
    char Name[96];
    ULONG Length = 0;
    PVOID Function;
    RtlUnicodeToUTF8N(
        Name, sizeof(Name) - 1, &Length, SystemRoutineName->Buffer, SystemRoutineName->Length);
    Name[Length] = 0;
    Function = ImportsReplacement(Name);
    if (Function != NULL)
        return Function;
    Function = WineMmGetSystemRoutineAddress(SystemRoutineName);
    return Function != NULL && ImportsIsUnfinished(Function) ? NULL : Function;
}
