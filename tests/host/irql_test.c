/* SPDX-License-Identifier: MIT */
/*
 * Every function of the NDIS library at an IRQL at which its page does not allow it; the rest of
 * its arguments does not matter. And NDIS itself, calling a routine of the driver's at such a one.
 */
#include "fixture.h"

static UCHAR Memory[4096] __attribute__((aligned(16)));
#define ANY ((PVOID)Memory)

#define CASES(X)                                                                                  \
    X(NdisAcquireRWLockRead, HIGH_LEVEL, NdisAcquireRWLockRead(ANY, ANY, 0))                      \
    X(NdisAcquireRWLockWrite, HIGH_LEVEL, NdisAcquireRWLockWrite(ANY, ANY, 0))                    \
    X(NdisAcquireReadWriteLock, HIGH_LEVEL, NdisAcquireReadWriteLock(ANY, FALSE, ANY))            \
    X(NdisDprAcquireReadWriteLock, HIGH_LEVEL, NdisDprAcquireReadWriteLock(ANY, TRUE, ANY))       \
    X(NdisDprReleaseReadWriteLock, HIGH_LEVEL, NdisDprReleaseReadWriteLock(ANY, ANY))             \
    X(NdisReleaseReadWriteLock, HIGH_LEVEL, NdisReleaseReadWriteLock(ANY, ANY))                   \
    X(NdisAcquireSpinLock, HIGH_LEVEL, NdisAcquireSpinLock(ANY))                                  \
    X(NdisAdvanceNetBufferDataStart, HIGH_LEVEL, NdisAdvanceNetBufferDataStart(ANY, 0, 0, NULL))  \
    X(NdisAdvanceNetBufferListDataStart, HIGH_LEVEL,                                              \
      NdisAdvanceNetBufferListDataStart(ANY, 0, 0, NULL))                                         \
    X(NdisAllocateCloneNetBufferList, HIGH_LEVEL,                                                 \
      NdisAllocateCloneNetBufferList(ANY, NULL, NULL, 0))                                         \
    X(NdisAllocateFragmentNetBufferList, HIGH_LEVEL,                                              \
      NdisAllocateFragmentNetBufferList(ANY, NULL, NULL, 0, 1, 0, 0, 0))                          \
    X(NdisAllocateIoWorkItem, HIGH_LEVEL, NdisAllocateIoWorkItem(ANY))                            \
    X(NdisAllocateMdl, HIGH_LEVEL, NdisAllocateMdl(NULL, ANY, 1))                                 \
    X(NdisAllocateMemoryWithTagPriority, HIGH_LEVEL,                                              \
      NdisAllocateMemoryWithTagPriority(NULL, 8, TOY_TAG, NormalPoolPriority))                    \
    X(NdisAllocateNetBuffer, HIGH_LEVEL, NdisAllocateNetBuffer(ANY, NULL, 0, 0))                  \
    X(NdisAllocateNetBufferAndNetBufferList, HIGH_LEVEL,                                          \
      NdisAllocateNetBufferAndNetBufferList(ANY, 0, 0, NULL, 0, 0))                               \
    X(NdisAllocateNetBufferList, HIGH_LEVEL, NdisAllocateNetBufferList(ANY, 0, 0))                \
    X(NdisAllocateNetBufferListContext, HIGH_LEVEL,                                               \
      NdisAllocateNetBufferListContext(ANY, 8, 0, 1))                                             \
    X(NdisAllocateNetBufferListPool, HIGH_LEVEL, NdisAllocateNetBufferListPool(NULL, ANY))        \
    X(NdisAllocateNetBufferMdlAndData, HIGH_LEVEL, NdisAllocateNetBufferMdlAndData(ANY))          \
    X(NdisAllocateNetBufferPool, HIGH_LEVEL, NdisAllocateNetBufferPool(NULL, ANY))                \
    X(NdisAllocateReassembledNetBufferList, HIGH_LEVEL,                                           \
      NdisAllocateReassembledNetBufferList(ANY, NULL, 0, 0, 0, 0))                                \
    X(NdisAllocateRWLock, HIGH_LEVEL, NdisAllocateRWLock(ANY))                                    \
    X(NdisAllocateTimerObject, HIGH_LEVEL, NdisAllocateTimerObject(ANY, ANY, ANY))                \
    X(NdisCancelTimerObject, HIGH_LEVEL, NdisCancelTimerObject(ANY))                              \
    X(NdisCloseConfiguration, APC_LEVEL, NdisCloseConfiguration(ANY))                             \
    X(NdisCopyFromNetBufferToNetBuffer, HIGH_LEVEL,                                               \
      NdisCopyFromNetBufferToNetBuffer(ANY, 0, 0, ANY, 0, ANY))                                   \
    X(NdisCopyReceiveNetBufferListInfo, HIGH_LEVEL, NdisCopyReceiveNetBufferListInfo(ANY, ANY))   \
    X(NdisCopySendNetBufferListInfo, HIGH_LEVEL, NdisCopySendNetBufferListInfo(ANY, ANY))         \
    X(NdisDeregisterDeviceEx, APC_LEVEL, NdisDeregisterDeviceEx(ANY))                             \
    X(NdisDprAcquireSpinLock, HIGH_LEVEL, NdisDprAcquireSpinLock(ANY))                            \
    X(NdisDprReleaseSpinLock, HIGH_LEVEL, NdisDprReleaseSpinLock(ANY))                            \
    X(NdisFreeCloneNetBufferList, HIGH_LEVEL, NdisFreeCloneNetBufferList(ANY, 0))                 \
    X(NdisFreeFragmentNetBufferList, HIGH_LEVEL, NdisFreeFragmentNetBufferList(ANY, 0, 0))        \
    X(NdisFreeIoWorkItem, HIGH_LEVEL, NdisFreeIoWorkItem(ANY))                                    \
    X(NdisFreeMdl, HIGH_LEVEL, NdisFreeMdl(ANY))                                                  \
    X(NdisFreeMemory, HIGH_LEVEL, NdisFreeMemory(ANY, 0, 0))                                      \
    X(NdisFreeMemoryWithTagPriority, HIGH_LEVEL,                                                  \
      NdisFreeMemoryWithTagPriority(NULL, ANY, TOY_TAG))                                          \
    X(NdisFreeNetBuffer, HIGH_LEVEL, NdisFreeNetBuffer(ANY))                                      \
    X(NdisFreeNetBufferList, HIGH_LEVEL, NdisFreeNetBufferList(ANY))                              \
    X(NdisFreeNetBufferListContext, HIGH_LEVEL, NdisFreeNetBufferListContext(ANY, 8))             \
    X(NdisFreeNetBufferListPool, HIGH_LEVEL, NdisFreeNetBufferListPool(ANY))                      \
    X(NdisFreeNetBufferPool, HIGH_LEVEL, NdisFreeNetBufferPool(ANY))                              \
    X(NdisFreeReassembledNetBufferList, HIGH_LEVEL, NdisFreeReassembledNetBufferList(ANY, 0, 0))  \
    X(NdisFreeRWLock, HIGH_LEVEL, NdisFreeRWLock(ANY))                                            \
    X(NdisFreeTimerObject, HIGH_LEVEL, NdisFreeTimerObject(ANY))                                  \
    X(NdisGetDataBuffer, HIGH_LEVEL, NdisGetDataBuffer(ANY, 1, NULL, 1, 0))                       \
    X(NdisGetVersion, HIGH_LEVEL, NdisGetVersion())                                               \
    X(NdisMDeregisterMiniportDriver, APC_LEVEL, NdisMDeregisterMiniportDriver(ANY))               \
    X(NdisMGetDeviceProperty, APC_LEVEL,                                                          \
      NdisMGetDeviceProperty(ANY, NULL, NULL, NULL, NULL, NULL))                                  \
    X(NdisMIndicateReceiveNetBufferLists, HIGH_LEVEL,                                             \
      NdisMIndicateReceiveNetBufferLists(ANY, ANY, 0, 1, 0))                                      \
    X(NdisMIndicateStatusEx, HIGH_LEVEL, NdisMIndicateStatusEx(ANY, ANY))                         \
    X(NdisMOidRequestComplete, HIGH_LEVEL, NdisMOidRequestComplete(ANY, ANY, 0))                  \
    X(NdisMPauseComplete, HIGH_LEVEL, NdisMPauseComplete(ANY))                                    \
    X(NdisMRegisterMiniportDriver, APC_LEVEL,                                                     \
      NdisMRegisterMiniportDriver(ANY, ANY, NULL, ANY, ANY))                                      \
    X(NdisMRestartComplete, HIGH_LEVEL, NdisMRestartComplete(ANY, 0))                             \
    X(NdisMSendNetBufferListsComplete, HIGH_LEVEL, NdisMSendNetBufferListsComplete(ANY, ANY, 0))  \
    X(NdisMSetMiniportAttributes, APC_LEVEL, NdisMSetMiniportAttributes(ANY, ANY))                \
    X(NdisMDirectOidRequestComplete, HIGH_LEVEL, NdisMDirectOidRequestComplete(ANY, ANY, 0))      \
    X(NdisMResetComplete, HIGH_LEVEL, NdisMResetComplete(ANY, 0, FALSE))                          \
    X(NdisMResetMiniport, HIGH_LEVEL, NdisMResetMiniport(ANY))                                    \
    X(NdisSetOptionalHandlers, APC_LEVEL, NdisSetOptionalHandlers(ANY, ANY))                      \
    X(NdisMSleep, DISPATCH_LEVEL, NdisMSleep(1))                                                  \
    X(NdisOpenConfigurationEx, APC_LEVEL, NdisOpenConfigurationEx(ANY, ANY))                      \
    X(NdisOpenConfigurationKeyByName, DISPATCH_LEVEL,                                             \
      NdisOpenConfigurationKeyByName(ANY, ANY, ANY, ANY))                                         \
    X(NdisQueueIoWorkItem, HIGH_LEVEL, NdisQueueIoWorkItem(ANY, NULL, NULL))                      \
    X(NdisReadConfiguration, APC_LEVEL, NdisReadConfiguration(ANY, ANY, ANY, ANY, 0))             \
    X(NdisReadNetworkAddress, APC_LEVEL, NdisReadNetworkAddress(ANY, ANY, ANY, ANY))              \
    X(NdisRegisterDeviceEx, APC_LEVEL, NdisRegisterDeviceEx(ANY, ANY, ANY, ANY))                  \
    X(NdisReleaseRWLock, HIGH_LEVEL, NdisReleaseRWLock(ANY, ANY))                                 \
    X(NdisReleaseSpinLock, HIGH_LEVEL, NdisReleaseSpinLock(ANY))                                  \
    X(NdisResetEvent, HIGH_LEVEL, NdisResetEvent(ANY))                                            \
    X(NdisRetreatNetBufferDataStart, HIGH_LEVEL, NdisRetreatNetBufferDataStart(ANY, 0, 0, NULL))  \
    X(NdisRetreatNetBufferListDataStart, HIGH_LEVEL,                                              \
      NdisRetreatNetBufferListDataStart(ANY, 0, 0, NULL, NULL))                                   \
    X(NdisSetCoalescableTimerObject, HIGH_LEVEL,                                                  \
      NdisSetCoalescableTimerObject(ANY, (LARGE_INTEGER){.QuadPart = 0}, 0, NULL, 0))             \
    X(NdisSetEvent, HIGH_LEVEL, NdisSetEvent(ANY))                                                \
    X(NdisSetTimerObject, HIGH_LEVEL,                                                             \
      NdisSetTimerObject(ANY, (LARGE_INTEGER){.QuadPart = 0}, 0, NULL))                           \
    X(NdisWaitEvent, APC_LEVEL, NdisWaitEvent(ANY, 1))                                            \
    X(NdisWriteConfiguration, APC_LEVEL, NdisWriteConfiguration(ANY, ANY, ANY, ANY))              \
    X(NdisAllocateGenericObject, HIGH_LEVEL, NdisAllocateGenericObject(NULL, 1, 0))               \
    X(NdisAnsiStringToUnicodeString, APC_LEVEL, NdisAnsiStringToUnicodeString(ANY, ANY))          \
    X(NdisEqualString, APC_LEVEL, NdisEqualString(ANY, ANY, FALSE))                               \
    X(NdisFreeGenericObject, HIGH_LEVEL, NdisFreeGenericObject(ANY))                              \
    X(NdisFreeMemoryWithTag, HIGH_LEVEL, NdisFreeMemoryWithTag(ANY, 1))                           \
    X(NdisGetRoutineAddress, APC_LEVEL, NdisGetRoutineAddress(ANY))                               \
    X(NdisGetRssProcessorInformation, HIGH_LEVEL, NdisGetRssProcessorInformation(ANY, NULL, ANY)) \
    X(NdisIfGetInterfaceIndexFromNetLuid, APC_LEVEL,                                              \
      NdisIfGetInterfaceIndexFromNetLuid((NET_LUID){0}, ANY))                                     \
    X(NdisIfGetNetLuidFromInterfaceIndex, APC_LEVEL, NdisIfGetNetLuidFromInterfaceIndex(1, ANY))  \
    X(NdisInitializeString, APC_LEVEL, NdisInitializeString(ANY, ANY))                            \
    X(NdisMQueryAdapterInstanceName, APC_LEVEL, NdisMQueryAdapterInstanceName(ANY, ANY))          \
    X(NdisOpenConfigurationKeyByIndex, DISPATCH_LEVEL,                                            \
      NdisOpenConfigurationKeyByIndex(ANY, ANY, 0, ANY, ANY))                                     \
    X(NdisUnicodeStringToAnsiString, APC_LEVEL, NdisUnicodeStringToAnsiString(ANY, ANY))          \
    X(NdisUpcaseUnicodeString, APC_LEVEL, NdisUpcaseUnicodeString(ANY, ANY))                      \
    X(NdisWriteErrorLogEntry, HIGH_LEVEL, NdisWriteErrorLogEntry(ANY, 0, 0))                      \
    X(NdisLinkOpen, APC_LEVEL, NdisLinkOpen(53, ANY, ANY))                                        \
    X(NdisLinkSetMtu, APC_LEVEL, NdisLinkSetMtu(ANY, 1500))                                       \
    X(NdisLinkClose, APC_LEVEL, NdisLinkClose(ANY))                                               \
    X(NdisLinkRead, APC_LEVEL, NdisLinkRead(ANY, ANY, 1))                                         \
    X(NdisLinkWrite, HIGH_LEVEL, NdisLinkWrite(ANY, ANY, 1))

#define BODY(Name, Irql, Call)           \
    static VOID At##Name(PVOID Context)  \
    {                                    \
        UNREFERENCED_PARAMETER(Context); \
        NativeRaiseIrql(Irql);           \
        (void)(Call);                    \
    }
CASES(BODY)

static void AssertIrqlRule(VOID (*Body)(PVOID), const char *Rule, const char *Function)
{
    NATIVE_OUTCOME Outcome;
    memset(Memory, 0, sizeof(Memory));
    NativeAttempt(Body, NULL, &Outcome);
    assert_int_equal(Outcome.Kind, NativeRuleBroken);
    assert_string_equal(Outcome.Rule, Rule);
    assert_string_equal(Outcome.Function, Function);
    assert_non_null(strstr(Outcome.Document, "https://learn.microsoft.com/windows-hardware/"));
}

static void AllAtWrongIrql(void **State)
{
    UNREFERENCED_PARAMETER(State);
#define RUN(Name, Irql, Call) AssertIrqlRule(At##Name, "Irql", #Name);
    CASES(RUN)
}

static VOID ReturnAtHighLevel(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    NativeRaiseIrql(HIGH_LEVEL);
    NdisHostReturnNetBufferLists(Fixture.Adapter, NULL, 0);
}

static void RoutineAtWrongIrql(void **State)
{
    UNREFERENCED_PARAMETER(State);
    FixtureStart();
    AssertIrqlRule(ReturnAtHighLevel, "CallbackEntryIrql", "MiniportReturnNetBufferLists");
}

int main(void)
{
    const struct CMUnitTest Tests[] = {
        cmocka_unit_test(AllAtWrongIrql),
        cmocka_unit_test_setup_teardown(RoutineAtWrongIrql, FixtureSetup, FixtureTeardown),
    };
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
