/* SPDX-License-Identifier: MIT */
/*
 * Broken rules: each case misuses NDIS and must be stopped with the rule, the function and the
 * document. What it leaves behind cannot be cleaned up, so each case has a process.
 */
#ifndef ADIT_TESTS_HOST_VIOLATIONS_H
#define ADIT_TESTS_HOST_VIOLATIONS_H

#include "fixture.h"

typedef struct _VIOLATION
{
    PCSTR Name;
    VOID (*Body)(PVOID);
    BOOLEAN Started; /* the body wants a running miniport */
    PCSTR Function;
    PCSTR Rule; /* part of its text */
} VIOLATION;

/* Runs each in a process of its own; returns what main does. */
int ViolationsRun(const VIOLATION *Cases, ULONG Count);

#endif
