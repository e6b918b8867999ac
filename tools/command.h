/* SPDX-License-Identifier: MIT */
/* The commands of aditctl, one a file. */
#ifndef ADIT_TOOLS_COMMAND_H
#define ADIT_TOOLS_COMMAND_H

#include "adit.h"

typedef struct _COMMAND
{
    LPCWSTR Name;     /* one word, or two with a blank */
    LPCWSTR Synopsis; /* what follows the name */
    LPCWSTR Summary;  /* one line */
    LPCWSTR Help;     /* what --help tells besides */

    /* Arguments: what follows the name. Returns the exit code. */
    int (*Run)(_In_ int Count, _In_reads_(Count) wchar_t **Arguments);
} COMMAND;

extern const COMMAND CommandList;
extern const COMMAND CommandCreate;
extern const COMMAND CommandDelete;
extern const COMMAND CommandStats;
extern const COMMAND CommandPingResponder;
extern const COMMAND CommandCapture;
extern const COMMAND CommandDriverStatus;
extern const COMMAND CommandDriverInstall;
extern const COMMAND CommandDriverDelete;

#endif
