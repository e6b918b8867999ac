/* SPDX-License-Identifier: MIT */
/*
 * Wrong callers, each of which is to break one rule. Each runs in a process of its own, which ends
 * with what it leaves behind.
 */
#ifndef ADIT_TESTS_NATIVE_CALLERS_H
#define ADIT_TESTS_NATIVE_CALLERS_H

#include "outcome.h"

typedef struct _WRONG_CALLER
{
    const char *Name;
    void (*Body)(void *);
    const char *Rule;
    const char *Function;   /* that finds the rule broken */
    BOOLEAN SanitizersFind; /* sanitizers of memory and threads end the process before that */
} WRONG_CALLER;

#define CASE(Name)                            static void Name(void *Context __attribute__((unused)))
#define WRONG_CALLER_OF(Name, Rule, Function) {#Name, Name, Rule, Function, FALSE}

/* Runs them all and prints each one's name. Returns what main does: 0 if all were caught. */
int CallersRun(const WRONG_CALLER *Callers, ULONG Count);

#endif
