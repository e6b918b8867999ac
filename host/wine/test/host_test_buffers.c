/* SPDX-License-Identifier: MIT */
/*
 * Buffers that the driver gets the addresses of (host_test_neither.c).
 */
#include "host_test_client.h"

#include <string.h>

#define LENGTH 0x5003u
#define PAGE   0x1000u

static unsigned char In[LENGTH], Out[LENGTH];

static int AreAll(const unsigned char *Memory, size_t Length, unsigned Value)
{
    for (size_t i = 0; i < Length; i++)
        if (Memory[i] != (unsigned char)Value)
            return 0;
    return 1;
}

static void Control(DWORD Code)
{
    DWORD Line = 0;
    CHECK(DeviceIoControl(Device, Code, In, LENGTH, Out, LENGTH, &Line, NULL));
    if (Line != 0)
        printf("     line %lu of host_test_neither.c failed\n", Line);
    CHECK(Line == 0);
}

static void TestCopy(void)
{
    volatile unsigned char *Page =
        VirtualAlloc(NULL, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    uint64_t Address = (uintptr_t)Page;
    int Good = 1;
    Page[0] = 6;
    for (unsigned i = 0; i < LENGTH; i++)
        In[i] = (unsigned char)(i * 3 + (i >> 8));
    memcpy(In, &Address, sizeof(Address));
    Control(HOST_TEST_NEITHER_COPY);
    for (unsigned i = 0; i < LENGTH; i++)
        Good = Good && Out[i] == (unsigned char)(In[i] + 1);
    CHECK(Good);
    CHECK(Page[0] == 7);
    VirtualFree((void *)Page, 0, MEM_RELEASE);
}

static void TestReadOnly(void)
{
    unsigned char *Memory = VirtualAlloc(NULL, 8 * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READONLY);
    DWORD Count, Error = ERROR_SUCCESS;
    if (!DeviceIoControl(Device, HOST_TEST_NEITHER_COPY, In, LENGTH, Memory, LENGTH, &Count, NULL))
        Error = GetLastError();
    printf("     error %lu\n", Error);
    CHECK(Error != ERROR_SUCCESS);
    VirtualFree(Memory, 0, MEM_RELEASE);
}

static void TestReadAndWrite(void)
{
    DWORD Count = 0;
    memset(Out, 0, sizeof(Out));
    CHECK(ReadFile(Device, Out, LENGTH, &Count, NULL) && Count == LENGTH);
    CHECK(AreAll(Out, LENGTH, HOST_TEST_BYTE));
    CHECK(WriteFile(Device, Out, LENGTH, &Count, NULL) && Count == LENGTH);
}

/* Locked when the dispatch routine returns, and filled on another thread. */
static void TestPended(void)
{
    HANDLE File = CreateFileW(
        L"\\\\.\\AditHostTest", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
        FILE_FLAG_OVERLAPPED, NULL);
    OVERLAPPED Overlapped = {.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};
    DWORD Count = 0, Error = ERROR_SUCCESS;
    memset(Out, 1, sizeof(Out));
    if (!DeviceIoControl(File, HOST_TEST_NEITHER_PEND, In, LENGTH, Out, LENGTH, NULL, &Overlapped))
        Error = GetLastError();
    CHECK(Error == ERROR_IO_PENDING);
    Call(HOST_TEST_NEITHER_END, (HOST_TEST_REQUEST){.Value = 0xC5});
    CHECK(WaitForSingleObject(Overlapped.hEvent, 60000) == WAIT_OBJECT_0);
    CHECK(GetOverlappedResult(File, &Overlapped, &Count, FALSE) && Count == 1);
    CHECK(AreAll(Out, LENGTH, 0xC5));
    CloseHandle(Overlapped.hEvent);
    CloseHandle(File);
}

/* Locked for longer than the request lasts: other requests' buffers are elsewhere. */
static void TestKept(void)
{
    int Good = 1;
    Control(HOST_TEST_NEITHER_KEEP);
    CHECK(AreAll(Out, LENGTH, 0x55));
    for (int i = 0; i < 5; i++)
    {
        TestCopy();
        TestReadAndWrite();
    }
    for (unsigned i = 0; i < LENGTH; i += 0x3FF)
        Good = Good && Call(HOST_TEST_NEITHER_KEPT, (HOST_TEST_REQUEST){.Offset = i}).Value == 0x55;
    CHECK(Good);
    Call(HOST_TEST_NEITHER_UNLOCK, (HOST_TEST_REQUEST){0});
}

void TestBuffers(void)
{
    for (int i = 0; i < 3; i++)
    {
        TestCopy();
        TestReadOnly();
        TestReadAndWrite();
        TestPended();
        TestKept();
    }
}
