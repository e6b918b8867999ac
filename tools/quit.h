/* SPDX-License-Identifier: MIT */
/* The user's wish to end a command that runs until then: Ctrl-C, Ctrl-Break, or a closed window. */
#ifndef ADIT_TOOLS_QUIT_H
#define ADIT_TOOLS_QUIT_H

#include "adit.h"

/* From now on these set the event instead of ending the process. NULL after telling the user that
 * there is none. */
_Must_inspect_result_ _Ret_maybenull_ HANDLE QuitEventStart(VOID);

#endif
