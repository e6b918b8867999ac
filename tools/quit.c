/* SPDX-License-Identifier: MIT */
/* The user's wish to end a command. */
#include "quit.h"
#include "report.h"

static HANDLE QuitEvent;

static BOOL WINAPI QuitOnConsoleEvent(DWORD Event)
{
    SetEvent(QuitEvent);
    if (Event != CTRL_C_EVENT && Event != CTRL_BREAK_EVENT)
    {
        Sleep(INFINITE); /* Windows ends the process when this returns; main does so before */
    }
    return TRUE;
}

HANDLE QuitEventStart(VOID)
{
    QuitEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (QuitEvent == NULL || !SetConsoleCtrlHandler(QuitOnConsoleEvent, TRUE))
    {
        ReportFailure(GetLastError(), L"listening to Ctrl-C");
        return NULL;
    }
    return QuitEvent;
}
