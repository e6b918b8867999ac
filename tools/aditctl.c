/* SPDX-License-Identifier: MIT */
/* aditctl: makes, shows and tries adapters of the Adit driver. docs/aditctl.md is its manual. */
#include "command.h"
#include "library.h"
#include "output.h"
#include "report.h"

#include <wchar.h>

static const COMMAND *const Commands[] = {
    &CommandList,         &CommandCreate,        &CommandDelete,
    &CommandStats,        &CommandPingResponder, &CommandCapture,
    &CommandDriverStatus, &CommandDriverInstall, &CommandDriverDelete,
};

static const WCHAR CommonHelp[] = L"\n"
                                  L"Every command also takes:\n"
                                  L"  --verbose  shows all that adit.dll tells\n"
                                  L"  --help     shows the command's help\n"
                                  L"\n"
                                  L"Exit codes: 0 success, 1 failure, 2 wrong arguments.\n";

static VOID PrintHelp(VOID)
{
    OutputText(L"usage: aditctl COMMAND [ARGUMENTS...]\n"
               L"       aditctl --help | --version\n"
               L"\n"
               L"Makes, shows and tries adapters of the Adit driver. Run it as administrator.\n"
               L"\n");
    for (size_t Index = 0; Index < ARRAYSIZE(Commands); ++Index)
    {
        OutputPrint(L"  %-15ls  %ls\n", Commands[Index]->Name, Commands[Index]->Summary);
    }
    OutputText(CommonHelp);
}

static VOID PrintCommandHelp(const COMMAND *Command)
{
    OutputPrint(L"usage: aditctl %ls %ls\n\n", Command->Name, Command->Synopsis);
    OutputText(Command->Help);
    OutputText(CommonHelp);
}

/* Whether the arguments begin with the command's name, and how many words that is. */
static BOOL IsCommand(const COMMAND *Command, int Count, wchar_t **Arguments, int *Words)
{
    LPCWSTR Blank = wcschr(Command->Name, L' ');

    *Words = Blank == NULL ? 1 : 2;
    if (Count < *Words)
    {
        return FALSE;
    }
    if (Blank == NULL)
    {
        return wcscmp(Arguments[0], Command->Name) == 0;
    }
    size_t Length = (size_t)(Blank - Command->Name);
    return wcslen(Arguments[0]) == Length && wcsncmp(Arguments[0], Command->Name, Length) == 0 &&
           wcscmp(Arguments[1], Blank + 1) == 0;
}

static BOOL AsksForHelp(int Count, wchar_t **Arguments)
{
    for (int Index = 0; Index < Count && wcscmp(Arguments[Index], L"--") != 0; ++Index)
    {
        if (wcscmp(Arguments[Index], L"--help") == 0 || wcscmp(Arguments[Index], L"-h") == 0 ||
            wcscmp(Arguments[Index], L"/?") == 0)
        {
            return TRUE;
        }
    }
    return FALSE;
}

static int Run(int Count, wchar_t **Arguments)
{
    int Words;

    for (size_t Index = 0; Index < ARRAYSIZE(Commands); ++Index)
    {
        const COMMAND *Command = Commands[Index];
        if (IsCommand(Command, Count, Arguments, &Words))
        {
            if (AsksForHelp(Count - Words, Arguments + Words))
            {
                PrintCommandHelp(Command);
                return EXIT_OK;
            }
            ReportSetCommand(Command->Name);
            return Command->Run(Count - Words, Arguments + Words);
        }
    }
    if (AsksForHelp(Count, Arguments))
    {
        PrintHelp();
        return EXIT_OK;
    }
    if (Count == 1 && wcscmp(Arguments[0], L"--version") == 0)
    {
        OutputText(L"aditctl " ADITCTL_VERSION L"\n");
        return EXIT_OK;
    }
    if (Count == 0)
    {
        return ReportUsage(L"a command is missing");
    }
    if (wcscmp(Arguments[0], L"driver") == 0)
    {
        return ReportUsage(L"'driver' is followed by 'status', 'install' or 'delete'");
    }
    return ReportUsage(L"there is no command \"%ls\"", Arguments[0]);
}

int wmain(int Count, wchar_t **Arguments)
{
    int ExitCode = Run(Count - 1, Arguments + 1);

    LibraryUnload();
    if (!OutputFlush())
    {
        return EXIT_FAILED;
    }
    return ExitCode;
}
