/* SPDX-License-Identifier: MIT */
/*
 * Where code that is built with -fsanitize-coverage=trace-pc comes by. The linker turns its calls
 * of __sanitizer_cov_trace_pc to this function, since libFuzzer has one of that name.
 */
#include "executive.h"

VOID __wrap___sanitizer_cov_trace_pc(VOID);

VOID __wrap___sanitizer_cov_trace_pc(VOID)
{
    RulesTrace(__builtin_return_address(0));
}
