/* SPDX-License-Identifier: MIT */
/*
 * What the tests of the library share: loading adit.dll, and checks that print and count what
 * fails. A test program returns 0 if every check held, else 1.
 */
#ifndef ADIT_TESTS_LIBRARY_CLIENT_H
#define ADIT_TESTS_LIBRARY_CLIENT_H

#include "adit.h"

#include <stdio.h>

/* A program of several files defines it in one of them, and CLIENT_SHARES_CHECKS in all. */
#ifdef CLIENT_SHARES_CHECKS
extern int CheckFailures;
#else
static int CheckFailures;
#endif

#define CHECK(Condition) CheckReport((Condition) != 0, #Condition, __FILE__, __LINE__)

/* A call that must fail with that last error. */
#define CHECK_FAILS(Call, Error)                                                   \
    do                                                                             \
    {                                                                              \
        SetLastError(0xDEAD);                                                      \
        int CheckResult = (Call) != 0;                                             \
        CheckError(CheckResult, GetLastError(), Error, #Call, __FILE__, __LINE__); \
    } while (0)

static inline int CheckReport(int Holds, const char *Text, const char *File, int Line)
{
    if (!Holds)
    {
        ++CheckFailures;
        printf(
            "%s:%d: does not hold: %s (last error %lu)\n", File, Line, Text,
            (unsigned long)GetLastError());
        fflush(stdout);
    }
    return Holds;
}

static inline void CheckError(
    int Succeeded, DWORD Actual, DWORD Expected, const char *Text, const char *File, int Line)
{
    if (Succeeded || Actual != Expected)
    {
        ++CheckFailures;
        printf(
            "%s:%d: %s: %s, last error %lu; expected failure with %lu\n", File, Line, Text,
            Succeeded ? "succeeded" : "failed", (unsigned long)Actual, (unsigned long)Expected);
        fflush(stdout);
    }
}

static inline int CheckResult(const char *Name)
{
    printf("%s: %s\n", Name, CheckFailures == 0 ? "passed" : "FAILED");
    return CheckFailures != 0;
}

/* Until RevertToSelf, the thread acts with a token whose administrators group is disabled. */
static inline void ActWithoutRights(void)
{
    BYTE Sid[SECURITY_MAX_SID_SIZE];
    DWORD SidSize = sizeof(Sid);
    HANDLE Token, Restricted;

    CHECK(CreateWellKnownSid(WinBuiltinAdministratorsSid, NULL, Sid, &SidSize));
    CHECK(OpenProcessToken(GetCurrentProcess(), TOKEN_DUPLICATE | TOKEN_QUERY, &Token));
    SID_AND_ATTRIBUTES Disabled = {Sid, 0};
    CHECK(CreateRestrictedToken(Token, 0, 1, &Disabled, 0, NULL, 0, NULL, &Restricted));
    CHECK(ImpersonateLoggedOnUser(Restricted));
    CloseHandle(Restricted);
    CloseHandle(Token);
}

#define CLIENT_FUNCTIONS(Function)                                                               \
    Function(WINTUN_CREATE_ADAPTER_FUNC, WintunCreateAdapter) Function(                          \
        WINTUN_OPEN_ADAPTER_FUNC,                                                                \
        WintunOpenAdapter) Function(WINTUN_CLOSE_ADAPTER_FUNC, WintunCloseAdapter)               \
        Function(WINTUN_ENUM_ADAPTERS_FUNC, WintunEnumAdapters) Function(                        \
            WINTUN_DELETE_DRIVER_FUNC,                                                           \
            WintunDeleteDriver) Function(WINTUN_GET_ADAPTER_LUID_FUNC, WintunGetAdapterLUID)     \
            Function(WINTUN_GET_ADAPTER_LUID_FUNC, WintunGetAdapterLuid) Function(               \
                WINTUN_GET_RUNNING_DRIVER_VERSION_FUNC,                                          \
                WintunGetRunningDriverVersion) Function(WINTUN_SET_LOGGER_FUNC, WintunSetLogger) \
                Function(WINTUN_START_SESSION_FUNC, WintunStartSession)                          \
                    Function(WINTUN_END_SESSION_FUNC, WintunEndSession) Function(                \
                        WINTUN_GET_READ_WAIT_EVENT_FUNC, WintunGetReadWaitEvent)                 \
                        Function(WINTUN_RECEIVE_PACKET_FUNC, WintunReceivePacket) Function(      \
                            WINTUN_RELEASE_RECEIVE_PACKET_FUNC, WintunReleaseReceivePacket)      \
                            Function(WINTUN_ALLOCATE_SEND_PACKET_FUNC, WintunAllocateSendPacket) \
                                Function(WINTUN_SEND_PACKET_FUNC, WintunSendPacket)

/* Additions that a session has. */
#define CLIENT_SESSION_FUNCTIONS(Function)                                          \
    Function(ADIT_RECEIVE_PACKETS_FUNC, AditReceivePackets)                         \
        Function(ADIT_RELEASE_RECEIVE_PACKETS_FUNC, AditReleaseReceivePackets)      \
            Function(ADIT_ALLOCATE_SEND_PACKETS_FUNC, AditAllocateSendPackets)      \
                Function(ADIT_SEND_PACKETS_FUNC, AditSendPackets)                   \
                    Function(ADIT_GET_WRITE_WAIT_EVENT_FUNC, AditGetWriteWaitEvent) \
                        Function(ADIT_GET_SESSION_STATISTICS_FUNC, AditGetSessionStatistics)

#ifdef CLIENT_LOADS_LIBRARY

#define CLIENT_DECLARE(Type, Name) static Type *Name;
CLIENT_FUNCTIONS(CLIENT_DECLARE)

/* Loads adit.dll from the program's directory; NULL and a message if a function is missing. */
static inline HMODULE ClientLoad(void)
{
    HMODULE Module = LoadLibraryExW(
        L"adit.dll", NULL, LOAD_LIBRARY_SEARCH_APPLICATION_DIR | LOAD_LIBRARY_SEARCH_SYSTEM32);
    if (Module == NULL)
    {
        printf("adit.dll does not load: error %lu\n", (unsigned long)GetLastError());
        return NULL;
    }
#define CLIENT_FIND(Type, Name)                           \
    Name = (Type *)(void *)GetProcAddress(Module, #Name); \
    if (Name == NULL)                                     \
    {                                                     \
        printf("adit.dll does not export " #Name "\n");   \
        return NULL;                                      \
    }
    CLIENT_FUNCTIONS(CLIENT_FIND)
    return Module;
}

#endif

/* Prints every message, as "I ", "W " or "E " and the text. */
static inline VOID CALLBACK ClientLogger(WINTUN_LOGGER_LEVEL Level, DWORD64 Timestamp, LPCWSTR Text)
{
    (void)Timestamp;
    printf("    %c %ls\n", "IWE"[Level], Text);
    fflush(stdout);
}

#endif
