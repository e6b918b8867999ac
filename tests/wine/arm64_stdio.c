/* SPDX-License-Identifier: MIT */
/*
 * What snprintf of MinGW-w64's <stdio.h> calls, and Debian lacks for arm64. Only for Debian's Wine
 * for arm64, which is Linux code: its msvcrt.dll takes a va_list as Linux has it ("Procedure Call
 * Standard for the Arm 64-bit Architecture", "The va_list type"), by reference. Windows' points to
 * the arguments, 8 bytes each, as those that lie on the stack in both.
 */
#include <stdarg.h>
#include <stddef.h>

typedef struct _LINUX_ARGUMENTS
{
    void *Stack;
    void *GeneralTop;
    void *VectorTop;
    int GeneralOffset; /* 0: none of them in registers */
    int VectorOffset;
} LINUX_ARGUMENTS;

int _vsnprintf(char *Buffer, size_t Count, const char *Format, void *Arguments);
int __ms_vsnprintf(char *Buffer, size_t Count, const char *Format, va_list Arguments);

int __ms_vsnprintf(char *Buffer, size_t Count, const char *Format, va_list Arguments)
{
    LINUX_ARGUMENTS Linux = {.Stack = Arguments};
    int Length = _vsnprintf(Buffer, Count, Format, &Linux);
    if (Count != 0)
        Buffer[Count - 1] = 0;
    return Length;
}
