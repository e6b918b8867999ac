/* SPDX-License-Identifier: MIT */
/*
 * MDLs: pages of a simulated process seen at a second address, rights, counts, and misuses.
 */
#include "outcome.h"

static NTSTATUS Lock(PMDL Mdl, KPROCESSOR_MODE Mode, LOCK_OPERATION Operation)
{
    volatile NTSTATUS Status = STATUS_SUCCESS;
    __try
    {
        MmProbeAndLockPages(Mdl, Mode, Operation);
    } __except (EXCEPTION_EXECUTE_HANDLER)
    {
        Status = GetExceptionCode();
    }
    return Status;
}

typedef struct _LOCKING
{
    PVOID Address;
    ULONG Length;
    LOCK_OPERATION Operation;
    NTSTATUS Status;
    PMDL Mdl;
} LOCKING;

/* As a driver called by the process does. */
static void LockInProcess(void *Context)
{
    LOCKING *Locking = Context;
    Locking->Mdl = IoAllocateMdl(Locking->Address, Locking->Length, FALSE, FALSE, NULL);
    Locking->Status = Lock(Locking->Mdl, UserMode, Locking->Operation);
    if (!NT_SUCCESS(Locking->Status))
    {
        IoFreeMdl(Locking->Mdl);
        Locking->Mdl = NULL;
    }
}

static NTSTATUS LockUser(PEPROCESS Process, PVOID Address, ULONG Length, LOCK_OPERATION Operation)
{
    LOCKING Locking = {.Address = Address, .Length = Length, .Operation = Operation};
    NativeInProcess(Process, LockInProcess, &Locking);
    if (Locking.Mdl)
    {
        MmUnlockPages(Locking.Mdl);
        IoFreeMdl(Locking.Mdl);
    }
    return Locking.Status;
}

static void SamePagesOtherAddress(void **State)
{
    (void)State;
    PEPROCESS Process = NativeProcessCreate(NativeLocalSystem, FALSE);
    PUCHAR User = NativeUserAllocate(Process, 3 * PAGE_SIZE, 100);
    LOCKING Locking = {.Address = User, .Length = 2 * PAGE_SIZE, .Operation = IoWriteAccess};
    NATIVE_USAGE Usage;
    NativeInProcess(Process, LockInProcess, &Locking);
    assert_int_equal(Locking.Status, STATUS_SUCCESS);
    NativeGetUsage(&Usage);
    assert_int_equal(Usage.LockedPages, 3);
    PUCHAR Kernel = MmGetSystemAddressForMdlSafe(Locking.Mdl, NormalPagePriority);
    assert_non_null(Kernel);
    assert_ptr_not_equal(Kernel, User);
    assert_int_equal((uintptr_t)Kernel % PAGE_SIZE, 100);
    User[0] = 1;
    User[2 * PAGE_SIZE - 1] = 2;
    assert_int_equal(Kernel[0], 1);
    assert_int_equal(Kernel[2 * PAGE_SIZE - 1], 2);
    Kernel[PAGE_SIZE] = 3;
    assert_int_equal(User[PAGE_SIZE], 3);
    assert_ptr_equal(MmGetSystemAddressForMdlSafe(Locking.Mdl, NormalPagePriority), Kernel);
    MmUnlockPages(Locking.Mdl); /* and unmaps */
    IoFreeMdl(Locking.Mdl);
    NativeProcessExit(Process);
    assert_int_equal(NativeReportLeaks(), 0);
}

static void Rights(void **State)
{
    (void)State;
    PEPROCESS Process = NativeProcessCreate(NativeLocalSystem, FALSE);
    PEPROCESS Other = NativeProcessCreate(NativeLocalSystem, FALSE);
    PUCHAR User = NativeUserAllocate(Process, 3 * PAGE_SIZE, 0);
    PUCHAR Foreign = NativeUserAllocate(Other, PAGE_SIZE, 0);
    NativeUserProtectRead(Process, User + PAGE_SIZE, PAGE_SIZE);
    assert_int_equal(LockUser(Process, User, PAGE_SIZE, IoWriteAccess), STATUS_SUCCESS);
    assert_int_equal(LockUser(Process, User, 3 * PAGE_SIZE, IoReadAccess), STATUS_SUCCESS);
    assert_int_equal(
        LockUser(Process, User, 3 * PAGE_SIZE, IoWriteAccess), STATUS_ACCESS_VIOLATION);
    assert_int_equal(
        LockUser(Process, User, 3 * PAGE_SIZE + 1, IoReadAccess), STATUS_ACCESS_VIOLATION);
    assert_int_equal(LockUser(Process, Foreign, 1, IoReadAccess), STATUS_ACCESS_VIOLATION);
    assert_int_equal(LockUser(Process, &Process, 8, IoReadAccess), STATUS_ACCESS_VIOLATION);
    assert_int_equal(
        LockUser(Process, (PVOID) ~(uintptr_t)7, 16, IoReadAccess), STATUS_ACCESS_VIOLATION);
    NativeProcessExit(Process);
    NativeProcessExit(Other);
    assert_int_equal(NativeReportLeaks(), 0);
}

/* Locked pages live on when their range is freed. */
static void LockOutlivesRange(void **State)
{
    (void)State;
    PEPROCESS Process = NativeProcessCreate(NativeLocalSystem, FALSE);
    PUCHAR User = NativeUserAllocate(Process, PAGE_SIZE, 0);
    LOCKING Locking = {.Address = User, .Length = PAGE_SIZE, .Operation = IoWriteAccess};
    NativeInProcess(Process, LockInProcess, &Locking);
    User[5] = 55;
    NativeUserFree(Process, User);
    PUCHAR Kernel = MmGetSystemAddressForMdlSafe(Locking.Mdl, NormalPagePriority);
    assert_int_equal(Kernel[5], 55);
    MmUnlockPages(Locking.Mdl);
    IoFreeMdl(Locking.Mdl);
    NativeProcessExit(Process);
}

static void PartialMdls(void **State)
{
    (void)State;
    PEPROCESS Process = NativeProcessCreate(NativeLocalSystem, FALSE);
    PUCHAR User = NativeUserAllocate(Process, 3 * PAGE_SIZE, 16);
    LOCKING Locking = {.Address = User, .Length = 2 * PAGE_SIZE, .Operation = IoWriteAccess};
    NativeInProcess(Process, LockInProcess, &Locking);
    User[PAGE_SIZE + 7] = 77;
    PMDL Partial = IoAllocateMdl(User + PAGE_SIZE, 100, FALSE, FALSE, NULL);
    IoBuildPartialMdl(Locking.Mdl, Partial, User + PAGE_SIZE, 100);
    PUCHAR Kernel = MmGetSystemAddressForMdlSafe(Partial, NormalPagePriority);
    assert_int_equal(Kernel[7], 77);
    IoFreeMdl(Partial); /* and unmaps */
    MmUnlockPages(Locking.Mdl);
    IoFreeMdl(Locking.Mdl);
    NativeProcessExit(Process);
    assert_int_equal(NativeReportLeaks(), 0);
}

static void NonPagedPoolMdl(void **State)
{
    (void)State;
    PVOID Memory = ExAllocatePoolWithTag(NonPagedPool, 64, 0x74736554);
    PMDL Mdl = IoAllocateMdl(Memory, 64, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(Mdl);
    assert_ptr_equal(MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority), Memory);
    IoFreeMdl(Mdl);
    ExFreePoolWithTag(Memory, 0x74736554);
    assert_int_equal(NativeReportLeaks(), 0);
}

static void MapAgain(void *Mdl)
{
    MmMapLockedPagesSpecifyCache(Mdl, KernelMode, MmCached, NULL, FALSE, NormalPagePriority);
}

static void UnmapElsewhere(void *Mdl)
{
    MmUnmapLockedPages((PUCHAR)((PMDL)Mdl)->MappedSystemVa + 1, Mdl);
}

static void LockAgain(void *Mdl)
{
    Lock(Mdl, UserMode, IoWriteAccess);
}

static void FreeLocked(void *Mdl)
{
    IoFreeMdl(Mdl);
}

static void Unlock(void *Mdl)
{
    MmUnlockPages(Mdl);
}

static void LockWithoutTry(void *Mdl)
{
    MmProbeAndLockPages(Mdl, UserMode, IoReadAccess);
}

static void LockAtDispatch(void *Mdl)
{
    NativeRaiseIrql(DISPATCH_LEVEL);
    Lock(Mdl, UserMode, IoReadAccess);
}

static void WrongCallers(void **State)
{
    (void)State;
    PEPROCESS Process = NativeProcessCreate(NativeLocalSystem, FALSE);
    PUCHAR User = NativeUserAllocate(Process, PAGE_SIZE, 0);
    LOCKING Locking = {.Address = User, .Length = PAGE_SIZE, .Operation = IoWriteAccess};
    PMDL Raw = IoAllocateMdl(User, PAGE_SIZE, FALSE, FALSE, NULL);
    AssertRuleBroken(MapAgain, Raw, "MdlState", "MmMapLockedPagesSpecifyCache");
    AssertRuleBroken(Unlock, Raw, "MdlState", "MmUnlockPages");
    AssertRuleBroken(LockWithoutTry, Raw, "TryExcept", "MmProbeAndLockPages");
    AssertRuleBroken(LockAtDispatch, Raw, "Irql", "MmProbeAndLockPages");
    IoFreeMdl(Raw);

    NativeInProcess(Process, LockInProcess, &Locking);
    MmGetSystemAddressForMdlSafe(Locking.Mdl, NormalPagePriority);
    AssertRuleBroken(MapAgain, Locking.Mdl, "MdlMapping", "MmMapLockedPagesSpecifyCache");
    AssertRuleBroken(UnmapElsewhere, Locking.Mdl, "MdlMapping", "MmUnmapLockedPages");
    AssertRuleBroken(LockAgain, Locking.Mdl, "MdlState", "MmProbeAndLockPages");
    AssertRuleBroken(FreeLocked, Locking.Mdl, "MdlLocked", "IoFreeMdl");
    MmUnlockPages(Locking.Mdl);
    IoFreeMdl(Locking.Mdl);
    NativeProcessExit(Process);
    assert_int_equal(NativeReportLeaks(), 0);
}

static void Exit(void *Process)
{
    NativeProcessExit(Process);
}

/* Bug check 0x76, PROCESS_HAS_LOCKED_PAGES. */
static void ExitWithLockedPages(void **State)
{
    (void)State;
    PEPROCESS Process = NativeProcessCreate(NativeLocalSystem, FALSE);
    PUCHAR User = NativeUserAllocate(Process, PAGE_SIZE, 0);
    LOCKING Locking = {.Address = User, .Length = PAGE_SIZE, .Operation = IoWriteAccess};
    NativeInProcess(Process, LockInProcess, &Locking);
    AssertRuleBroken(Exit, Process, "ProcessLockedPages", "MmUnlockPages");
    MmUnlockPages(Locking.Mdl);
    IoFreeMdl(Locking.Mdl);
    NativeProcessExit(Process);
}

int main(void)
{
    const struct CMUnitTest Tests[] = {
        cmocka_unit_test(SamePagesOtherAddress), cmocka_unit_test(Rights),
        cmocka_unit_test(LockOutlivesRange),     cmocka_unit_test(PartialMdls),
        cmocka_unit_test(NonPagedPoolMdl),       cmocka_unit_test(WrongCallers),
        cmocka_unit_test(ExitWithLockedPages),
    };
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
