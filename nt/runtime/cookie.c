/* SPDX-License-Identifier: MIT */
/*
 * The part of the compiler's run-time library that kernel code needs when it is linked without the
 * WDK: the stack cookie, its check's failure path, and the entry point that seeds it.
 */
#include <ntifs.h>

/* Bug check 0xF7, Bug Check Code Reference. */
#define DRIVER_OVERRAN_STACK_BUFFER 0xF7

/* The value that tells the loader of Windows 8 and later where to put a random one. */
#if defined(_WIN64)
#define DEFAULT_SECURITY_COOKIE ((ULONG_PTR)0x00002B992DDFA232)
#define SECURITY_COOKIE_MASK    ((ULONG_PTR)0x0000FFFFFFFFFFFF)
#else
#define DEFAULT_SECURITY_COOKIE ((ULONG_PTR)0xBB40E64E)
#define SECURITY_COOKIE_MASK    ((ULONG_PTR)0xFFFFFFFF)
#endif

ULONG_PTR __security_cookie = DEFAULT_SECURITY_COOKIE;

DRIVER_INITIALIZE DriverEntry;
DRIVER_INITIALIZE GsDriverEntry;
VOID SecurityInitializeCookie(VOID);
DECLSPEC_NORETURN VOID FASTCALL __report_gsfailure(ULONG_PTR StackCookie);

#pragma alloc_text(INIT, SecurityInitializeCookie)
#pragma alloc_text(INIT, GsDriverEntry)

/* A count that no two starts have in common; an import for it would be one of hal.dll's. */
static ULONG64 SecurityCounter(VOID)
{
#if defined(__aarch64__)
    ULONG64 Counter;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(Counter));
    return Counter;
#else
    return __builtin_ia32_rdtsc();
#endif
}

/* Seeds the cookie unless the loader has. Call it before any function that has one. */
VOID SecurityInitializeCookie(VOID)
{
    if (__security_cookie == DEFAULT_SECURITY_COOKIE)
    {
        ULONG64 Mixed = (SecurityCounter() ^ (ULONG_PTR)&Mixed) * 0x9E3779B97F4A7C15u;
        ULONG_PTR Cookie = (ULONG_PTR)(Mixed >> 16) & SECURITY_COOKIE_MASK;
        __security_cookie = Cookie == DEFAULT_SECURITY_COOKIE || Cookie == 0 ? 1 : Cookie;
    }
}

/* Reached from __security_check_cookie with the value that was found on the stack. */
DECLSPEC_NORETURN VOID FASTCALL __report_gsfailure(ULONG_PTR StackCookie)
{
    KeBugCheckEx(
        DRIVER_OVERRAN_STACK_BUFFER, StackCookie, __security_cookie, ~__security_cookie, 0);
}

NTSTATUS NTAPI GsDriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    SecurityInitializeCookie();
    return DriverEntry(DriverObject, RegistryPath);
}
