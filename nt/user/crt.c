/* SPDX-License-Identifier: MIT */
/*
 * What programs link from MinGW-w64's C run-time library on x86 and amd64 and Debian lacks for
 * arm64: the entry points, and standard streams by number. Everything else is msvcrt.dll's.
 */
#define _CRTIMP
#include <stdio.h>
#include <stdlib.h>

typedef struct _STARTUPINFO_CRT
{
    int NewMode;
} STARTUPINFO_CRT;

void __getmainargs(
    int *Count, char ***Arguments, char ***Environment, int Wildcards, STARTUPINFO_CRT *Info);
void __wgetmainargs(
    int *Count, wchar_t ***Arguments, wchar_t ***Environment, int Wildcards, STARTUPINFO_CRT *Info);
void __set_app_type(int Type);
int main(int Count, char **Arguments, char **Environment);
int wmain(int Count, wchar_t **Arguments, wchar_t **Environment);
void mainCRTStartup(void);
void wmainCRTStartup(void);

#define APPLICATION_CONSOLE 1

#if defined(CRT_WIDE)
void wmainCRTStartup(void)
{
    int Count;
    wchar_t **Arguments, **Environment;
    STARTUPINFO_CRT Info = {0};

    __set_app_type(APPLICATION_CONSOLE);
    __wgetmainargs(&Count, &Arguments, &Environment, 0, &Info);
    exit(wmain(Count, Arguments, Environment));
}
#else
void mainCRTStartup(void)
{
    int Count;
    char **Arguments, **Environment;
    STARTUPINFO_CRT Info = {0};

    __set_app_type(APPLICATION_CONSOLE);
    __getmainargs(&Count, &Arguments, &Environment, 0, &Info);
    exit(main(Count, Arguments, Environment));
}
#endif

FILE *(*__imp___acrt_iob_func)(unsigned Index) = __acrt_iob_func;

FILE *__acrt_iob_func(unsigned Index)
{
    return __iob_func() + Index;
}
