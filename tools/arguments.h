/* SPDX-License-Identifier: MIT */
/*
 * A command's arguments: options anywhere, "--" before what is none, "--option VALUE" and
 * "--option=VALUE" alike. Every command also has --verbose.
 */
#ifndef ADIT_TOOLS_ARGUMENTS_H
#define ADIT_TOOLS_ARGUMENTS_H

#include "adit.h"

typedef enum _ARGUMENT_KIND
{
    ArgumentFlag,    /* no value; sets *Flag */
    ArgumentText,    /* sets *Text; 1 to Maximum characters */
    ArgumentNumber,  /* sets *Number; Minimum to Maximum */
    ArgumentGuid,    /* sets *Guid, and *Flag */
    ArgumentSeconds, /* sets *Flag, and *Number to milliseconds if there is a value: the next
                        argument is one when it begins with a digit */
    ArgumentOperand, /* no option: takes the next argument that is none, and must have one; sets
                      *Text. Name is what usage calls it */
} ARGUMENT_KIND;

typedef struct _ARGUMENT
{
    LPCWSTR Name; /* "--mtu" */
    ARGUMENT_KIND Kind;
    BOOL *Flag;
    LPCWSTR *Text;
    UINT64 *Number;
    GUID *Guid;
    UINT64 Minimum; /* inclusive */
    UINT64 Maximum; /* inclusive */
} ARGUMENT;

#define ARGUMENT_JSON(Variable) {.Name = L"--json", .Kind = ArgumentFlag, .Flag = &(Variable)}

/* An adapter's name, or what has the same limit. */
#define ARGUMENT_NAME(What, KindOf, Variable) \
    {.Name = (What), .Kind = (KindOf), .Text = &(Variable), .Maximum = WINTUN_MAX_POOL - 1}

/*
 * Reads what follows a command's name. What the user does not give stays as it is. FALSE after
 * telling the user what is wrong: the exit code is EXIT_USAGE then.
 */
_Must_inspect_result_ BOOL ArgumentsRead(
    _In_ int Count,
    _In_reads_(Count) wchar_t **Values,
    _In_reads_(ArgumentCount) const ARGUMENT *Arguments,
    _In_ size_t ArgumentCount);

#endif
