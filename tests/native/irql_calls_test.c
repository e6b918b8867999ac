/* SPDX-License-Identifier: MIT */
/*
 * Every function of the executive at an IRQL at which its page does not allow it. The rest of its
 * arguments does not matter: the IRQL is looked at first.
 */
#include "outcome.h"

/* Those that their callers know under other names. */
NTSTATUS NTAPI IofCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp);
VOID NTAPI IofCompleteRequest(PIRP Irp, CCHAR PriorityBoost);

static UCHAR Memory[4096] __attribute__((aligned(16)));
#define ANY ((PVOID)Memory)

#define CASES(X)                                                                                   \
    X(ExAcquireResourceExclusiveLite, DISPATCH_LEVEL, ExAcquireResourceExclusiveLite(ANY, 1))      \
    X(ExAcquireRundownProtectionEx, HIGH_LEVEL, ExAcquireRundownProtectionEx(ANY, 1))              \
    X(ExAllocatePoolWithTag, HIGH_LEVEL, ExAllocatePoolWithTag(NonPagedPool, 8, 1))                \
    X(ExDeleteResourceLite, DISPATCH_LEVEL, ExDeleteResourceLite(ANY))                             \
    X(ExFreePoolWithTag, HIGH_LEVEL, ExFreePoolWithTag(ANY, 1))                                    \
    X(ExInitializeResourceLite, HIGH_LEVEL, ExInitializeResourceLite(ANY))                         \
    X(ExInitializeRundownProtection, DISPATCH_LEVEL, ExInitializeRundownProtection(ANY))           \
    X(ExRaiseStatus, DISPATCH_LEVEL, ExRaiseStatus(STATUS_UNSUCCESSFUL))                           \
    X(ExReInitializeRundownProtection, DISPATCH_LEVEL, ExReInitializeRundownProtection(ANY))       \
    X(ExReleaseResourceLite, HIGH_LEVEL, ExReleaseResourceLite(ANY))                               \
    X(ExReleaseRundownProtectionEx, HIGH_LEVEL, ExReleaseRundownProtectionEx(ANY, 1))              \
    X(ExRundownCompleted, DISPATCH_LEVEL, ExRundownCompleted(ANY))                                 \
    X(ExWaitForRundownProtectionRelease, DISPATCH_LEVEL, ExWaitForRundownProtectionRelease(ANY))   \
    X(IoAllocateErrorLogEntry, HIGH_LEVEL, IoAllocateErrorLogEntry(ANY, 0x30))                     \
    X(IoAllocateMdl, HIGH_LEVEL, IoAllocateMdl(ANY, 1, FALSE, FALSE, NULL))                        \
    X(IoAllocateWorkItem, HIGH_LEVEL, IoAllocateWorkItem(ANY))                                     \
    X(IoAttachDeviceToDeviceStack, HIGH_LEVEL, IoAttachDeviceToDeviceStack(ANY, ANY))              \
    X(IoBuildPartialMdl, HIGH_LEVEL, IoBuildPartialMdl(ANY, ANY, ANY, 1))                          \
    X(IoCreateDevice, DISPATCH_LEVEL, IoCreateDevice(ANY, 0, NULL, 0, 0, FALSE, ANY))              \
    X(IoCreateSymbolicLink, APC_LEVEL, IoCreateSymbolicLink(ANY, ANY))                             \
    X(IoDeleteDevice, DISPATCH_LEVEL, IoDeleteDevice(ANY))                                         \
    X(IoDeleteSymbolicLink, APC_LEVEL, IoDeleteSymbolicLink(ANY))                                  \
    X(IoDetachDevice, APC_LEVEL, IoDetachDevice(ANY))                                              \
    X(IoFreeMdl, HIGH_LEVEL, IoFreeMdl(ANY))                                                       \
    X(IoFreeWorkItem, HIGH_LEVEL, IoFreeWorkItem(ANY))                                             \
    X(IoGetDeviceProperty, APC_LEVEL,                                                              \
      IoGetDeviceProperty(ANY, DevicePropertyPhysicalDeviceObjectName, 0, NULL, ANY))              \
    X(IoGetFileObjectGenericMapping, HIGH_LEVEL, IoGetFileObjectGenericMapping())                  \
    X(IoGetRequestorProcess, HIGH_LEVEL, IoGetRequestorProcess(ANY))                               \
    X(IoIs32bitProcess, HIGH_LEVEL, IoIs32bitProcess(NULL))                                        \
    X(IoOpenDeviceRegistryKey, APC_LEVEL,                                                          \
      IoOpenDeviceRegistryKey(ANY, PLUGPLAY_REGKEY_DRIVER, 0, ANY))                                \
    X(IoQueueWorkItem, HIGH_LEVEL, IoQueueWorkItem(ANY, NULL, CriticalWorkQueue, NULL))            \
    X(IoRegisterDeviceInterface, APC_LEVEL, IoRegisterDeviceInterface(ANY, ANY, NULL, ANY))        \
    X(IoSetDeviceInterfaceState, APC_LEVEL, IoSetDeviceInterfaceState(ANY, TRUE))                  \
    X(IoWriteErrorLogEntry, HIGH_LEVEL, IoWriteErrorLogEntry(ANY))                                 \
    X(IofCallDriver, HIGH_LEVEL, IofCallDriver(ANY, ANY))                                          \
    X(IofCompleteRequest, HIGH_LEVEL, IofCompleteRequest(ANY, 0))                                  \
    X(KeAcquireInStackQueuedSpinLock, HIGH_LEVEL, KeAcquireInStackQueuedSpinLock(ANY, ANY))        \
    X(KeAcquireInStackQueuedSpinLockAtDpcLevel, APC_LEVEL,                                         \
      KeAcquireInStackQueuedSpinLockAtDpcLevel(ANY, ANY))                                          \
    X(KeAcquireSpinLockAtDpcLevel, APC_LEVEL, KeAcquireSpinLockAtDpcLevel(ANY))                    \
    X(KeAcquireSpinLockRaiseToDpc, HIGH_LEVEL, KeAcquireSpinLockRaiseToDpc(ANY))                   \
    X(KeCancelTimer, HIGH_LEVEL, KeCancelTimer(ANY))                                               \
    X(KeClearEvent, HIGH_LEVEL, KeClearEvent(ANY))                                                 \
    X(KeDelayExecutionThread, DISPATCH_LEVEL, KeDelayExecutionThread(KernelMode, FALSE, ANY))      \
    X(KeEnterCriticalRegion, DISPATCH_LEVEL, KeEnterCriticalRegion())                              \
    X(KeFlushQueuedDpcs, APC_LEVEL, KeFlushQueuedDpcs())                                           \
    X(KeLeaveCriticalRegion, DISPATCH_LEVEL, KeLeaveCriticalRegion())                              \
    X(KeReadStateEvent, HIGH_LEVEL, KeReadStateEvent(ANY))                                         \
    X(KeReadStateTimer, HIGH_LEVEL, KeReadStateTimer(ANY))                                         \
    X(KeReleaseInStackQueuedSpinLock, APC_LEVEL, KeReleaseInStackQueuedSpinLock(ANY))              \
    X(KeReleaseInStackQueuedSpinLockFromDpcLevel, APC_LEVEL,                                       \
      KeReleaseInStackQueuedSpinLockFromDpcLevel(ANY))                                             \
    X(KeReleaseMutex, HIGH_LEVEL, KeReleaseMutex(ANY, FALSE))                                      \
    X(KeReleaseSemaphore, HIGH_LEVEL, KeReleaseSemaphore(ANY, 0, 1, FALSE))                        \
    X(KeReleaseSpinLock, APC_LEVEL, KeReleaseSpinLock(ANY, 0))                                     \
    X(KeReleaseSpinLockFromDpcLevel, APC_LEVEL, KeReleaseSpinLockFromDpcLevel(ANY))                \
    X(KeResetEvent, HIGH_LEVEL, KeResetEvent(ANY))                                                 \
    X(KeSetEvent, HIGH_LEVEL, KeSetEvent(ANY, 0, FALSE))                                           \
    X(KeSetPriorityThread, APC_LEVEL, KeSetPriorityThread(ANY, 8))                                 \
    X(KeSetTimerEx, HIGH_LEVEL, KeSetTimerEx(ANY, (LARGE_INTEGER){.QuadPart = 0}, 0, NULL))        \
    X(KeWaitForSingleObject, DISPATCH_LEVEL,                                                       \
      KeWaitForSingleObject(ANY, Executive, KernelMode, FALSE, NULL))                              \
    X(MmBuildMdlForNonPagedPool, HIGH_LEVEL, MmBuildMdlForNonPagedPool(ANY))                       \
    X(MmMapLockedPagesSpecifyCache, HIGH_LEVEL,                                                    \
      MmMapLockedPagesSpecifyCache(ANY, KernelMode, MmCached, NULL, FALSE, 0))                     \
    X(MmProbeAndLockPages, DISPATCH_LEVEL, MmProbeAndLockPages(ANY, KernelMode, IoReadAccess))     \
    X(MmUnlockPages, HIGH_LEVEL, MmUnlockPages(ANY))                                               \
    X(MmUnmapLockedPages, HIGH_LEVEL, MmUnmapLockedPages(ANY, ANY))                                \
    X(ObReferenceObjectByHandle, APC_LEVEL,                                                        \
      ObReferenceObjectByHandle(NULL, 0, NULL, KernelMode, ANY, NULL))                             \
    X(ObfDereferenceObject, HIGH_LEVEL, ObfDereferenceObject(ANY))                                 \
    X(ObfReferenceObject, HIGH_LEVEL, ObfReferenceObject(ANY))                                     \
    X(PoStartNextPowerIrp, HIGH_LEVEL, PoStartNextPowerIrp(ANY))                                   \
    X(PsCreateSystemThread, APC_LEVEL, PsCreateSystemThread(ANY, 0, NULL, NULL, NULL, NULL, NULL)) \
    X(PsSetCreateProcessNotifyRoutine, APC_LEVEL, PsSetCreateProcessNotifyRoutine(NULL, FALSE))    \
    X(PsTerminateSystemThread, APC_LEVEL, PsTerminateSystemThread(0))                              \
    X(RtlAnsiStringToUnicodeString, APC_LEVEL, RtlAnsiStringToUnicodeString(ANY, ANY, FALSE))      \
    X(RtlUnicodeStringToAnsiString, APC_LEVEL, RtlUnicodeStringToAnsiString(ANY, ANY, FALSE))      \
    X(RtlUpcaseUnicodeString, APC_LEVEL, RtlUpcaseUnicodeString(ANY, ANY, FALSE))                  \
    X(ZwEnumerateKey, APC_LEVEL, ZwEnumerateKey(NULL, 0, KeyBasicInformation, NULL, 0, ANY))       \
    X(RtlEqualUnicodeString, APC_LEVEL, RtlEqualUnicodeString(ANY, ANY, TRUE))                     \
    X(RtlFreeUnicodeString, DISPATCH_LEVEL, RtlFreeUnicodeString(ANY))                             \
    X(RtlGUIDFromString, APC_LEVEL, RtlGUIDFromString(ANY, ANY))                                   \
    X(RtlIntegerToUnicodeString, APC_LEVEL, RtlIntegerToUnicodeString(1, 10, ANY))                 \
    X(RtlStringFromGUID, APC_LEVEL, RtlStringFromGUID(ANY, ANY))                                   \
    X(SeAccessCheck, APC_LEVEL,                                                                    \
      SeAccessCheck(ANY, ANY, TRUE, 0, 0, NULL, ANY, UserMode, ANY, ANY))                          \
    X(SeCaptureSubjectContext, APC_LEVEL, SeCaptureSubjectContext(ANY))                            \
    X(SeLockSubjectContext, APC_LEVEL, SeLockSubjectContext(ANY))                                  \
    X(SeReleaseSubjectContext, APC_LEVEL, SeReleaseSubjectContext(ANY))                            \
    X(SeUnlockSubjectContext, APC_LEVEL, SeUnlockSubjectContext(ANY))                              \
    X(ZwClose, APC_LEVEL, ZwClose(NULL))                                                           \
    X(ZwCreateKey, APC_LEVEL, ZwCreateKey(ANY, 0, ANY, 0, NULL, 0, NULL))                          \
    X(ZwDeleteValueKey, APC_LEVEL, ZwDeleteValueKey(NULL, ANY))                                    \
    X(ZwOpenKey, APC_LEVEL, ZwOpenKey(ANY, 0, ANY))                                                \
    X(ZwQueryValueKey, APC_LEVEL,                                                                  \
      ZwQueryValueKey(NULL, ANY, KeyValuePartialInformation, NULL, 0, ANY))                        \
    X(ZwSetValueKey, APC_LEVEL, ZwSetValueKey(NULL, ANY, 0, 0, ANY, 0))                            \
    X(ZwWaitForSingleObject, APC_LEVEL, ZwWaitForSingleObject(NULL, FALSE, NULL))

#define BODY(Name, Irql, Call)          \
    static void At##Name(void *Context) \
    {                                   \
        (void)Context;                  \
        NativeRaiseIrql(Irql);          \
        (void)(Call);                   \
    }
CASES(BODY)

static void AllAtWrongIrql(void **State)
{
    (void)State;
#define RUN(Name, Irql, Call)          \
    memset(Memory, 0, sizeof(Memory)); \
    AssertRuleBroken(At##Name, NULL, "Irql", #Name);
    CASES(RUN)
}

int main(void)
{
    const struct CMUnitTest Tests[] = {cmocka_unit_test(AllAtWrongIrql)};
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
