/* SPDX-License-Identifier: MIT */
/* The logger: what it is told, when it is replaced, and from where it may be called. */
#include "client.h"
#include "library/log.h"

#include <wchar.h>

static int CallCount;
static WINTUN_LOGGER_LEVEL LastLevel;
static DWORD64 LastTimestamp;
static WCHAR LastMessage[2048];

static VOID CALLBACK RecordingLogger(WINTUN_LOGGER_LEVEL Level, DWORD64 Timestamp, LPCWSTR Message)
{
    ++CallCount;
    LastLevel = Level;
    LastTimestamp = Timestamp;
    lstrcpynW(LastMessage, Message, 2048);
    SetLastError(999);
}

static DWORD64 Now(void)
{
    FILETIME Time;

    GetSystemTimeAsFileTime(&Time);
    return (DWORD64)Time.dwHighDateTime << 32 | Time.dwLowDateTime;
}

static void TestMessages(void)
{
    WCHAR Long[4000];

    SetLastError(123);
    LogWrite(WINTUN_LOG_INFO, L"Nobody listens");
    CHECK(CallCount == 0 && GetLastError() == 123);

    WintunSetLogger(RecordingLogger);
    DWORD64 Before = Now();
    SetLastError(123);
    LogWrite(WINTUN_LOG_WARN, L"%1 has %2!u! of 100%% in 0x%3!08X!", L"100% %1", 42, 0xAB);
    CHECK(GetLastError() == 123);
    CHECK(CallCount == 1 && LastLevel == WINTUN_LOG_WARN);
    CHECK(wcscmp(LastMessage, L"100% %1 has 42 of 100% in 0x000000AB") == 0);
    CHECK(LastTimestamp >= Before && LastTimestamp <= Now());

    CHECK(LogFailure(WINTUN_LOG_ERR, ERROR_ACCESS_DENIED, L"Opening %1", L"it") == 5);
    CHECK(GetLastError() == ERROR_ACCESS_DENIED && LastLevel == WINTUN_LOG_ERR);
    CHECK(wcsncmp(LastMessage, L"Opening it: ", 12) == 0);
    CHECK(wcsstr(LastMessage, L" (error 5)") != NULL);
    CHECK(wcslen(LastMessage) > 22 && wcschr(LastMessage, L'\n') == NULL);

    /* Errors without a text, and of SetupAPI, show as numbers. */
    LogFailure(WINTUN_LOG_ERR, 0xE000020B, L"Opening");
    CHECK(wcsstr(LastMessage, L"(error 0xE000020B)") != NULL);
    CHECK(GetLastError() == 0xE000020B);

    /* A text that is too long comes as its template. */
    wmemset(Long, L'x', 3999);
    Long[3999] = 0;
    LogWrite(WINTUN_LOG_INFO, L"Long: %1", Long);
    CHECK(wcscmp(LastMessage, L"Long: %1") == 0);
    CHECK(!LogFormat(LastMessage, 8, L"%1", L"12345678") && LastMessage[0] == 0);
    CHECK(LogFormat(LastMessage, 9, L"%1", L"12345678") && wcslen(LastMessage) == 8);

    WintunSetLogger(NULL);
    CallCount = 0;
    LogWrite(WINTUN_LOG_INFO, L"Nobody listens any more");
    CHECK(CallCount == 0);
}

static int HeldCount;
static WCHAR HeldText[3];

static VOID CALLBACK OrderLogger(WINTUN_LOGGER_LEVEL Level, DWORD64 Timestamp, LPCWSTR Message)
{
    (void)Level;
    (void)Timestamp;
    if (HeldCount < 3)
    {
        HeldText[HeldCount] = Message[0];
    }
    ++HeldCount;
}

static void TestHold(void)
{
    WintunSetLogger(OrderLogger);
    LogHold();
    LogWrite(WINTUN_LOG_INFO, L"a");
    LogWrite(WINTUN_LOG_INFO, L"b");
    CHECK(HeldCount == 0);
    SetLastError(77);
    LOG_HELD *Held = LogEndHold();
    CHECK(HeldCount == 0);
    LogDeliverHeld(Held);
    CHECK(GetLastError() == 77);
    LogWrite(WINTUN_LOG_INFO, L"c");
    CHECK(HeldCount == 3 && wcsncmp(HeldText, L"abc", 3) == 0);
    LogHold();
    LogDeliverHeld(LogEndHold());
    CHECK(HeldCount == 3);
    WintunSetLogger(NULL);
}

static DWORD WINAPI HoldToo(void *Held)
{
    LogHold();
    LogWrite(WINTUN_LOG_INFO, L"2");
    *(LOG_HELD **)Held = LogEndHold();
    return 0;
}

/* Another thread holds as soon as the first has given the lock back: its messages are its own. */
static void TestHoldAfterHold(void)
{
    LOG_HELD *Second = NULL;

    HeldCount = 0;
    WintunSetLogger(OrderLogger);
    LogHold();
    LogWrite(WINTUN_LOG_INFO, L"1");
    LOG_HELD *First = LogEndHold();
    HANDLE Thread = CreateThread(NULL, 0, HoldToo, &Second, 0, NULL);
    CHECK(WaitForSingleObject(Thread, 60000) == WAIT_OBJECT_0);
    CloseHandle(Thread);
    CHECK(HeldCount == 0 && First != NULL && Second != NULL);
    LogDeliverHeld(First);
    CHECK(HeldCount == 1 && HeldText[0] == L'1');
    LogDeliverHeld(Second);
    CHECK(HeldCount == 2 && HeldText[1] == L'2');
    WintunSetLogger(NULL);
}

static volatile LONG Stop;
static volatile LONG Forbidden[2];
static volatile LONG Violations;
static volatile LONG Calls[2];

static void Alternate(int Index)
{
    if (Forbidden[Index])
    {
        InterlockedIncrement(&Violations);
    }
    InterlockedIncrement(&Calls[Index]);
    SwitchToThread();
    if (Forbidden[Index])
    {
        InterlockedIncrement(&Violations);
    }
}

static VOID CALLBACK FirstLogger(WINTUN_LOGGER_LEVEL Level, DWORD64 Timestamp, LPCWSTR Message)
{
    (void)Level;
    (void)Timestamp;
    (void)Message;
    Alternate(0);
}

static VOID CALLBACK SecondLogger(WINTUN_LOGGER_LEVEL Level, DWORD64 Timestamp, LPCWSTR Message)
{
    (void)Level;
    (void)Timestamp;
    (void)Message;
    Alternate(1);
}

static DWORD WINAPI WriteMessages(void *Context)
{
    (void)Context;
    while (!Stop)
    {
        LogWrite(WINTUN_LOG_INFO, L"message");
    }
    return 0;
}

/* After WintunSetLogger has returned, the former logger neither runs nor starts. */
static void TestReplacement(void)
{
    HANDLE Threads[4];

    Stop = 0;
    Forbidden[0] = Forbidden[1] = 1;
    for (int Index = 0; Index < 4; ++Index)
    {
        Threads[Index] = CreateThread(NULL, 0, WriteMessages, NULL, 0, NULL);
    }
    for (int Round = 0; Round < 1000; ++Round)
    {
        LONG CallsBefore = Calls[Round & 1];
        Forbidden[Round & 1] = 0;
        WintunSetLogger(Round & 1 ? SecondLogger : FirstLogger);
        Forbidden[~Round & 1] = 1;
        while (Calls[Round & 1] == CallsBefore)
        {
            SwitchToThread();
        }
    }
    WintunSetLogger(NULL);
    Forbidden[0] = Forbidden[1] = 1;
    Sleep(5);
    Stop = 1;
    CHECK(WaitForMultipleObjects(4, Threads, TRUE, 10000) == WAIT_OBJECT_0);
    CHECK(Violations == 0);
    CHECK(Calls[0] >= 500 && Calls[1] >= 500);
    for (int Index = 0; Index < 4; ++Index)
    {
        CloseHandle(Threads[Index]);
    }
}

static VOID CALLBACK SelfReplacingLogger(WINTUN_LOGGER_LEVEL Level, DWORD64 Timestamp, LPCWSTR Text)
{
    (void)Level;
    (void)Timestamp;
    (void)Text;
    SwitchToThread();
    WintunSetLogger(NULL);
    /* The library may be called from its logger. */
    LogWrite(WINTUN_LOG_INFO, L"inside");
    WintunSetLogger(SelfReplacingLogger);
}

/* Loggers that set the logger do not wait for each other. */
static void TestReentry(void)
{
    HANDLE Threads[4];

    Stop = 0;
    WintunSetLogger(SelfReplacingLogger);
    for (int Index = 0; Index < 4; ++Index)
    {
        Threads[Index] = CreateThread(NULL, 0, WriteMessages, NULL, 0, NULL);
    }
    Sleep(200);
    Stop = 1;
    CHECK(WaitForMultipleObjects(4, Threads, TRUE, 10000) == WAIT_OBJECT_0);
    WintunSetLogger(NULL);
    for (int Index = 0; Index < 4; ++Index)
    {
        CloseHandle(Threads[Index]);
    }
}

int main(void)
{
    TestMessages();
    TestHold();
    TestHoldAfterHold();
    TestReplacement();
    TestReentry();
    return CheckResult("log_test");
}
