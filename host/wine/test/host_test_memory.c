/* SPDX-License-Identifier: MIT */
/*
 * What MmProbeAndLockPages lets a driver do with a client's pages, for each operation and kind of
 * page, and what the client may do with them meanwhile.
 */
#include "host_test_client.h"

#include <string.h>

#define STATUS_GUARD_PAGE_VIOLATION_VALUE ((int)0x80000001)

#define PAGE 0x1000u

static const unsigned char Constant[2 * PAGE] = {1, 2, 3};

static int LockFor(unsigned Slot, const volatile void *Address, size_t Length, unsigned Access)
{
    return Call(
               HOST_TEST_LOCK,
               (HOST_TEST_REQUEST){
                   .Slot = Slot, .Address = (ULONG_PTR)Address, .Length = Length, .Access = Access})
        .Status;
}

/* Pages that may be read and not written. */
static void CheckReadOnly(const volatile void *Address, size_t Length)
{
    CHECK(LockFor(0, Address, Length, 0) == STATUS_ACCESS_VIOLATION_VALUE);
    CHECK(LockFor(0, Address, Length, HOST_TEST_LOCK_MODIFY) == STATUS_ACCESS_VIOLATION_VALUE);
    CHECK(LockFor(0, Address, Length, HOST_TEST_LOCK_READ) == 0);
    CHECK(
        Read(0, 0) == *(const volatile unsigned char *)Address &&
        Read(0, Length - 1) == ((const volatile unsigned char *)Address)[Length - 1]);
    Unlock(0);
}

static void TestReadOnly(void)
{
    unsigned char *Memory = VirtualAlloc(NULL, 3 * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    MEMORY_BASIC_INFORMATION Region;
    DWORD Old;
    CheckReadOnly(Constant + 1, sizeof(Constant) - 1);
    CheckReadOnly((const void *)(ULONG_PTR)TestReadOnly, 16);
    for (unsigned i = 0; i < 3; i++)
        Memory[i * PAGE + 1] = (unsigned char)(10 + i);
    VirtualProtect(Memory + PAGE, PAGE, PAGE_READONLY, &Old);
    CheckReadOnly(Memory + PAGE + 1, 100);
    /* Amid pages that may be written: all or none. */
    CheckReadOnly(Memory + 1, 2 * PAGE + 10);
    CHECK(LockFor(0, Memory, 3 * PAGE, HOST_TEST_LOCK_READ) == 0);
    CHECK(Read(0, 1) == 10 && Read(0, PAGE + 1) == 11 && Read(0, 2 * PAGE + 1) == 12);
    CHECK(VirtualQuery(Memory + PAGE, &Region, sizeof(Region)) && Region.Protect == PAGE_READONLY);
    CHECK(IsBadWritePtr(Memory + PAGE, 1) && !IsBadWritePtr(Memory, PAGE));
    VirtualProtect(Memory + PAGE, PAGE, PAGE_READWRITE, &Old);
    Memory[PAGE + 1] = 21;
    Memory[1] = 20;
    CHECK(Read(0, 1) == 20 && Read(0, PAGE + 1) == 21);
    Unlock(0);
    /* Locked for writing first, and protected then. */
    CHECK(LockFor(0, Memory, 3 * PAGE, HOST_TEST_LOCK_MODIFY) == 0);
    VirtualProtect(Memory, 2 * PAGE, PAGE_READONLY, &Old);
    VirtualProtect(Memory + PAGE, PAGE, PAGE_NOACCESS, &Old);
    Write(0, 1, 30);
    Write(0, PAGE + 1, 31);
    CHECK(Memory[1] == 30 && LockFor(1, Memory, PAGE, 0) == STATUS_ACCESS_VIOLATION_VALUE);
    CHECK(LockFor(1, Memory, 2 * PAGE, HOST_TEST_LOCK_READ) == STATUS_ACCESS_VIOLATION_VALUE);
    CHECK(LockFor(1, Memory, PAGE, HOST_TEST_LOCK_READ) == 0 && Read(1, 1) == 30);
    Unlock(0);
    Unlock(1);
    VirtualProtect(Memory + PAGE, PAGE, PAGE_READONLY, &Old);
    CHECK(Memory[PAGE + 1] == 31);
    VirtualFree(Memory, 0, MEM_RELEASE);
}

static void TestBad(void)
{
    unsigned char *Memory = VirtualAlloc(NULL, 4 * PAGE, MEM_RESERVE, PAGE_READWRITE);
    MEMORY_BASIC_INFORMATION Before = {0}, After = {0};
    DWORD Old;
    CHECK(LockFor(0, NULL, 10, HOST_TEST_LOCK_READ) == STATUS_ACCESS_VIOLATION_VALUE);
    CHECK(LockFor(0, Memory, 10, HOST_TEST_LOCK_READ) == STATUS_ACCESS_VIOLATION_VALUE);
    CHECK(
        LockFor(0, (void *)0xFFFF800000000000, PAGE, HOST_TEST_LOCK_READ) ==
        STATUS_ACCESS_VIOLATION_VALUE);
    VirtualAlloc(Memory, 3 * PAGE, MEM_COMMIT, PAGE_READWRITE);
    Memory[5] = 5;
    VirtualQuery(Memory, &Before, sizeof(Before));
    CHECK(LockFor(0, Memory, 4 * PAGE, 0) == STATUS_ACCESS_VIOLATION_VALUE);
    CHECK(LockFor(0, Memory, 4 * PAGE, HOST_TEST_LOCK_READ) == STATUS_ACCESS_VIOLATION_VALUE);
    VirtualQuery(Memory, &After, sizeof(After));
    CHECK(memcmp(&Before, &After, sizeof(Before)) == 0 && Memory[5] == 5);
    /* A guard page's alarm goes off once, unless a bad page comes first. */
    VirtualProtect(Memory + PAGE, PAGE, PAGE_READWRITE | PAGE_GUARD, &Old);
    VirtualProtect(Memory, PAGE, PAGE_NOACCESS, &Old);
    CHECK(LockFor(0, Memory, 2 * PAGE, 0) == STATUS_ACCESS_VIOLATION_VALUE);
    VirtualProtect(Memory, PAGE, PAGE_READWRITE, &Old);
    CHECK(LockFor(0, Memory, 3 * PAGE, 0) == STATUS_GUARD_PAGE_VIOLATION_VALUE);
    CHECK(LockFor(0, Memory, 3 * PAGE, 0) == 0);
    Memory[PAGE + 1] = 6;
    CHECK(Read(0, PAGE + 1) == 6);
    Unlock(0);
    VirtualFree(Memory, 0, MEM_RELEASE);
}

/* Views that may be read, or written without the file being told. */
static void TestViews(HANDLE File)
{
    HANDLE Section = CreateFileMappingW(File, NULL, PAGE_READWRITE, 0, 0x10000, NULL);
    unsigned char *Shared = MapViewOfFile(Section, FILE_MAP_WRITE, 0, 0, 0);
    unsigned char *View = MapViewOfFile(Section, FILE_MAP_READ, 0, 0, 0);
    Shared[1] = 1;
    CheckReadOnly(View, 0x10000);
    CHECK(LockFor(0, View, 0x10000, HOST_TEST_LOCK_READ) == 0);
    Shared[1] = 2;
    CHECK(Read(0, 1) == 2);
    CHECK(LockFor(1, Shared, PAGE, 0) == 0);
    Write(1, 1, 3);
    CHECK(View[1] == 3 && Read(0, 1) == 3);
    Unlock(0);
    Unlock(1);
    UnmapViewOfFile(View);
    /* Copied when it is locked, whoever writes first. */
    View = MapViewOfFile(Section, FILE_MAP_COPY, 0, 0, 0);
    CHECK(View[1] == 3 && LockFor(0, View, PAGE + 1, 0) == 0);
    Write(0, 1, 4);
    Write(0, PAGE, 5);
    CHECK(View[1] == 4 && View[PAGE] == 5 && Shared[1] == 3 && Shared[PAGE] == 0);
    Unlock(0);
    UnmapViewOfFile(View);
    View = MapViewOfFile(Section, FILE_MAP_COPY, 0, 0, 0);
    CHECK(LockFor(0, View, PAGE, HOST_TEST_LOCK_READ) == 0 && Read(0, 1) == 3);
    View[1] = 6;
    CHECK(Shared[1] == 3);
    Unlock(0);
    CHECK(View[1] == 6);
    UnmapViewOfFile(View);
    UnmapViewOfFile(Shared);
    CloseHandle(Section);
}

static void TestFiles(void)
{
    HANDLE File = CreateFileW(
        L"C:\\host_test.tmp", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ, NULL, CREATE_ALWAYS,
        FILE_ATTRIBUTE_READONLY, NULL);
    HANDLE Section;
    unsigned char *View;
    DWORD Count;
    TestViews(INVALID_HANDLE_VALUE);
    TestViews(File);
    CloseHandle(File);
    File = CreateFileW(
        L"C:\\host_test.tmp", GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    Section = CreateFileMappingW(File, NULL, PAGE_READONLY, 0, 0, NULL);
    View = MapViewOfFile(Section, FILE_MAP_READ, 0, 0, 0);
    CHECK(View != NULL && View[1] == 3);
    CheckReadOnly(View + 1, 0xF000);
    UnmapViewOfFile(View);
    CloseHandle(Section);
    View = VirtualAlloc(NULL, 0x10000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    CHECK(ReadFile(File, View, 0x10000, &Count, NULL) && View[1] == 3 && View[PAGE] == 0);
    VirtualFree(View, 0, MEM_RELEASE);
    CloseHandle(File);
    SetFileAttributesW(L"C:\\host_test.tmp", FILE_ATTRIBUTE_NORMAL);
    DeleteFileW(L"C:\\host_test.tmp");
}

/* One list over two allocations and a view between them; then its pages in other lists too. */
static void TestNeighbours(void)
{
    HANDLE Section =
        CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x10000, NULL);
    unsigned char *Memory = NULL, *View = NULL;
    for (int i = 0; i < 100 && View == NULL; i++)
    {
        Memory = VirtualAlloc(NULL, 0x30000, MEM_RESERVE, PAGE_READWRITE);
        VirtualFree(Memory, 0, MEM_RELEASE);
        VirtualAlloc(Memory, 0x10000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        VirtualAlloc(Memory + 0x20000, 0x10000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        View = MapViewOfFileEx(Section, FILE_MAP_WRITE, 0, 0, 0, Memory + 0x10000);
    }
    CHECK(View == Memory + 0x10000);
    if (View == NULL)
        return;
    CHECK(LockFor(0, Memory + 1, 0x2FFFE, 0) == 0);
    for (unsigned i = 0; i < 0x30; i++)
        Write(0, i * PAGE + 4, i);
    for (unsigned i = 0; i < 0x30; i++)
        if (Memory[i * PAGE + 5] != i)
        {
            CHECK(!"a page that was written is another one");
            break;
        }
    CHECK(LockFor(1, Memory + PAGE, 0x11000, HOST_TEST_LOCK_READ) == 0);
    CHECK(LockFor(2, Memory + 1, 0x2FFFE, 0) == 0);
    Unlock(0);
    Write(2, 0x10003, 77);
    CHECK(Memory[0x10004] == 77 && Read(1, 0xF004) == 77);
    /* What is decommitted stays the driver's. */
    Memory[2 * PAGE] = 78;
    CHECK(VirtualFree(Memory + 2 * PAGE, PAGE, MEM_DECOMMIT));
    CHECK(LockFor(3, Memory + PAGE, 2 * PAGE, 0) == STATUS_ACCESS_VIOLATION_VALUE);
    CHECK(Read(1, PAGE) == 78 && Read(2, 2 * PAGE - 1) == 78);
    CHECK(VirtualAlloc(Memory + 2 * PAGE, PAGE, MEM_COMMIT, PAGE_READWRITE) != NULL);
    CHECK(Memory[2 * PAGE] == 0 && Read(1, PAGE) == 78);
    CHECK(UnmapViewOfFile(View));
    CHECK(Read(2, 0x10003) == 77);
    Unlock(2);
    CHECK(Read(1, 0xF004) == 77);
    Unlock(1);
    VirtualFree(Memory, 0, MEM_RELEASE);
    VirtualFree(Memory + 0x20000, 0, MEM_RELEASE);
    CloseHandle(Section);
}

/* Pages of which every other one may be written only. */
static void TestScattered(void)
{
    enum
    {
        Pages = 300
    };
    unsigned char *Memory =
        VirtualAlloc(NULL, Pages * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    DWORD Old;
    for (unsigned i = 0; i < Pages; i++)
        Memory[i * PAGE] = (unsigned char)i;
    for (unsigned i = 0; i < Pages; i += 2)
        VirtualProtect(Memory + i * PAGE, PAGE, PAGE_READONLY, &Old);
    CHECK(LockFor(0, Memory, Pages * PAGE, HOST_TEST_LOCK_READ) == 0);
    for (unsigned i = 0; i < Pages; i++)
        if (Read(0, i * PAGE) != (unsigned char)i || Memory[i * PAGE] != (unsigned char)i)
        {
            CHECK(!"a page has lost what was in it");
            break;
        }
    Memory[PAGE] = 99;
    CHECK(Read(0, PAGE) == 99);
    Unlock(0);
    VirtualFree(Memory, 0, MEM_RELEASE);
}

void TestMemory(void)
{
    unsigned Line = Call(HOST_TEST_OWN, (HOST_TEST_REQUEST){0}).Value;
    if (Line != 0)
        printf("     line %u of host_test_own.c failed\n", Line);
    CHECK(Line == 0);
    Line = Call(HOST_TEST_SUPPLIED, (HOST_TEST_REQUEST){0}).Value;
    if (Line != 0)
        printf("     line %u of host_test_supplied.c failed\n", Line);
    CHECK(Line == 0);
    TestReadOnly();
    TestBad();
    TestFiles();
    TestNeighbours();
    TestScattered();
}
