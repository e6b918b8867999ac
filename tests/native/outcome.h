/* SPDX-License-Identifier: MIT */
/*
 * What the tests of host/native share: running a wrong caller and asserting that it is caught, by
 * that rule and in that function.
 */
#ifndef ADIT_TESTS_NATIVE_OUTCOME_H
#define ADIT_TESTS_NATIVE_OUTCOME_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

#include <ntifs.h>

#include "native.h"

static inline void
AssertRuleBroken(void (*Body)(void *), void *Context, const char *Rule, const char *Function)
{
    NATIVE_OUTCOME Outcome;
    NativeAttempt(Body, Context, &Outcome);
    assert_int_equal(Outcome.Kind, NativeRuleBroken);
    assert_string_equal(Outcome.Rule, Rule);
    assert_string_equal(Outcome.Function, Function);
    assert_non_null(strstr(Outcome.Document, "https://learn.microsoft.com/windows-hardware/"));
}

static inline void AssertBugCheck(void (*Body)(void *), void *Context, ULONG Code)
{
    NATIVE_OUTCOME Outcome;
    NativeAttempt(Body, Context, &Outcome);
    assert_int_equal(Outcome.Kind, NativeBugCheck);
    assert_int_equal(Outcome.BugCheckCode, Code);
}

static inline void AssertReturns(void (*Body)(void *), void *Context)
{
    NATIVE_OUTCOME Outcome;
    NativeAttempt(Body, Context, &Outcome);
    assert_int_equal(Outcome.Kind, NativeReturned);
}

#endif
