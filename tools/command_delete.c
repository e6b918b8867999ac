/* SPDX-License-Identifier: MIT */
/* aditctl delete */
#include "arguments.h"
#include "command.h"
#include "library.h"
#include "report.h"

static int DeleteRun(int Count, wchar_t **Values)
{
    LPCWSTR Name = NULL;
    const ARGUMENT Arguments[] = {ARGUMENT_NAME(L"NAME", ArgumentOperand, Name)};

    if (!ArgumentsRead(Count, Values, Arguments, ARRAYSIZE(Arguments)))
    {
        return EXIT_USAGE;
    }
    if (!LibraryLoad() || !LIBRARY_REQUIRE(AditDeleteAdapter))
    {
        return EXIT_FAILED;
    }
    WINTUN_ADAPTER_HANDLE Adapter = LibraryOpenAdapter(Name);
    if (Adapter == NULL)
    {
        return EXIT_FAILED;
    }
    if (!AditDeleteAdapter(Adapter))
    {
        int ExitCode = ReportFailure(GetLastError(), L"deleting the adapter \"%ls\"", Name);
        WintunCloseAdapter(Adapter);
        return ExitCode;
    }
    return EXIT_OK;
}

const COMMAND CommandDelete = {
    .Name = L"delete",
    .Synopsis = L"NAME",
    .Summary = L"deletes a persistent adapter",
    .Help =
        L"Deletes an adapter that was created with --persistent. A session with it comes to its\n"
        L"end. An adapter that is not persistent is removed by the program that has created it.\n",
    .Run = DeleteRun,
};
