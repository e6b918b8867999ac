/* SPDX-License-Identifier: MIT */
/*
 * Structured exceptions over sigsetjmp: caught by the innermost handler of the thread, and only
 * there.
 */
#include "outcome.h"

static DECLSPEC_NOINLINE NTSTATUS Guarded(NTSTATUS Raise)
{
    volatile NTSTATUS Caught = STATUS_SUCCESS;
    __try
    {
        if (Raise != STATUS_SUCCESS)
        {
            ExRaiseStatus(Raise);
        }
    } __except (EXCEPTION_EXECUTE_HANDLER)
    {
        Caught = GetExceptionCode();
    }
    return Caught;
}

static void Catches(void **State)
{
    (void)State;
    assert_int_equal(Guarded(STATUS_SUCCESS), STATUS_SUCCESS);
    assert_int_equal(Guarded(STATUS_ACCESS_VIOLATION), STATUS_ACCESS_VIOLATION);
}

static void InnermostFirst(void **State)
{
    (void)State;
    volatile NTSTATUS Outer = STATUS_SUCCESS;
    __try
    {
        assert_int_equal(Guarded(STATUS_NO_MEMORY), STATUS_NO_MEMORY);
        ExRaiseStatus(STATUS_INVALID_PARAMETER);
    } __except (EXCEPTION_EXECUTE_HANDLER)
    {
        Outer = GetExceptionCode();
        /* A handler may guard again. */
        assert_int_equal(Guarded(STATUS_ACCESS_DENIED), STATUS_ACCESS_DENIED);
    }
    assert_int_equal(Outer, STATUS_INVALID_PARAMETER);
}

static void Raise(void *Status)
{
    ExRaiseStatus((NTSTATUS)(intptr_t)Status);
}

static void RaiseAfter(void *Context)
{
    (void)Context;
    Guarded(STATUS_SUCCESS);
    ExRaiseStatus(STATUS_ACCESS_VIOLATION);
}

static void RaiseAtDispatch(void *Context)
{
    (void)Context;
    __try
    {
        NativeRaiseIrql(DISPATCH_LEVEL);
        ExRaiseStatus(STATUS_ACCESS_VIOLATION);
    } __except (EXCEPTION_EXECUTE_HANDLER)
    {
    }
}

static void Unhandled(void **State)
{
    (void)State;
    AssertBugCheck(Raise, (void *)(intptr_t)STATUS_ACCESS_VIOLATION, 0x1E);
    AssertBugCheck(RaiseAfter, NULL, 0x1E);
    AssertRuleBroken(RaiseAtDispatch, NULL, "Irql", "ExRaiseStatus");
    /* The frame that the attempt left is gone. */
    AssertBugCheck(RaiseAfter, NULL, 0x1E);
}

int main(void)
{
    const struct CMUnitTest Tests[] = {
        cmocka_unit_test(Catches),
        cmocka_unit_test(InnermostFirst),
        cmocka_unit_test(Unhandled),
    };
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
