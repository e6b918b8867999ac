/* SPDX-License-Identifier: MIT */
/*
 * A client that links adit.dll's import library, and loads the same functions by name: both ways
 * lead to the same place, and calls work. functions.h is made from the exports: one EXPORT(Name)
 * each.
 */
#define ADIT_LINKED
#include "adit.h"

#ifdef _MSC_VER
/* There is no C run-time library of Microsoft's here; x86 prefixes an underscore by itself. */
void mainCRTStartup(void);
#endif

static void Print(const char *Text)
{
    DWORD Written;

    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), Text, (DWORD)lstrlenA(Text), &Written, NULL);
}

static int Compare(HMODULE Module, const char *Name, FARPROC Linked)
{
    if (Linked != NULL && GetProcAddress(Module, Name) == Linked)
    {
        return 0;
    }
    Print(Name);
    Print(": linked and loaded by name it is not the same\n");
    return 1;
}

int main(void)
{
    HMODULE Module = GetModuleHandleW(L"adit.dll");
    int ExitCode = 0;

    /* At run time: a constant would be the address of a jump in this program. */
#define EXPORT(Name) ExitCode |= Compare(Module, #Name, (FARPROC)(void *)Name);
#include "functions.h"

    /* A call that goes in and comes back with its stack in order, on x86 too. */
    for (int Round = 0; Round < 100; ++Round)
    {
        if (WintunCreateAdapter(L"Name", L"", NULL) != NULL ||
            GetLastError() != ERROR_INVALID_PARAMETER)
        {
            Print("WintunCreateAdapter without a tunnel type does not fail as it should\n");
            return 1;
        }
    }
    return ExitCode;
}

#ifdef _MSC_VER
void mainCRTStartup(void)
{
    ExitProcess((UINT)main());
}
#endif
