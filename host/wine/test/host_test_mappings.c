/* SPDX-License-Identifier: MIT */
/*
 * Lists of the driver mapped into this process: its own pages, and a client's a second time.
 */
#include "host_test_client.h"

#define STATUS_NOT_SUPPORTED_VALUE         ((int)0xC00000BB)
#define STATUS_CONFLICTING_ADDRESSES_VALUE ((int)0xC0000018)
#define PRIORITY_NORMAL                    16u
#define PRIORITY_NO_WRITE                  0x80000000u

static int Map(unsigned Slot, void *Wanted, unsigned Priority, unsigned char **Address)
{
    HOST_TEST_REQUEST Request = Call(
        HOST_TEST_MAP,
        (HOST_TEST_REQUEST){.Slot = Slot, .Address = (ULONG_PTR)Wanted, .Value = Priority});
    *Address = (unsigned char *)(ULONG_PTR)Request.Address;
    return Request.Status;
}

static void Unmap(unsigned Slot, unsigned char *Address)
{
    Call(HOST_TEST_UNMAP, (HOST_TEST_REQUEST){.Slot = Slot, .Address = (ULONG_PTR)Address});
}

static DWORD StateOf(void *Address)
{
    MEMORY_BASIC_INFORMATION Region = {0};
    VirtualQuery(Address, &Region, sizeof(Region));
    return Region.State;
}

static void TestPages(void)
{
    unsigned char *First, *Second, *Third, *Wanted;
    CHECK(Call(HOST_TEST_PAGES, (HOST_TEST_REQUEST){.Slot = 3, .Length = 0x30000}).Status == 0);
    Write(3, 0x20005, 9);
    CHECK(Map(3, NULL, PRIORITY_NORMAL, &First) == 0);
    CHECK(First[0x20005] == 9 && First[0] == 0);
    First[6] = 10;
    CHECK(Read(3, 6) == 10);
    CHECK(Map(3, NULL, PRIORITY_NORMAL | PRIORITY_NO_WRITE, &Second) == 0 && Second != First);
    CHECK(Second[6] == 10 && IsBadWritePtr(Second, 1));
    First[7] = 11;
    CHECK(Second[7] == 11);
    /* Where it is asked for, rounded down. */
    Wanted = VirtualAlloc(NULL, 0x30000, MEM_RESERVE, PAGE_NOACCESS);
    VirtualFree(Wanted, 0, MEM_RELEASE);
    CHECK(Map(3, Wanted + 0x1234, PRIORITY_NORMAL, &Third) == 0 && Third == Wanted);
    CHECK(Map(3, First, PRIORITY_NORMAL, &Wanted) == STATUS_CONFLICTING_ADDRESSES_VALUE);
    Unmap(3, First);
    CHECK(StateOf(First) == MEM_FREE && Second[7] == 11 && Third[7] == 11);
    Unmap(3, Second);
    CHECK(StateOf(Second) == MEM_FREE);
    /* What is mapped here can be locked, too. */
    CHECK(
        Call(
            HOST_TEST_LOCK,
            (HOST_TEST_REQUEST){.Slot = 4, .Address = (ULONG_PTR)Third + 7, .Length = 0x1000})
            .Status == 0);
    CHECK(Read(4, 0) == 11);
    Write(4, 1, 12);
    CHECK(Third[8] == 12 && Read(3, 8) == 12);
    Unlock(4);
    Unmap(3, Third);
    CHECK(StateOf(Third) == MEM_FREE && Read(3, 8) == 12);
    Call(HOST_TEST_FREE, (HOST_TEST_REQUEST){.Slot = 3});
}

/* The client's own pages, at a second address. */
static void TestAlias(void)
{
    unsigned char *Memory = VirtualAlloc(NULL, 0x5000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    unsigned char *Alias;
    CHECK(
        Call(
            HOST_TEST_LOCK,
            (HOST_TEST_REQUEST){.Slot = 3, .Address = (ULONG_PTR)Memory + 5, .Length = 0x4000})
            .Status == 0);
    Memory[0x4004] = 1;
    CHECK(Map(3, NULL, PRIORITY_NORMAL, &Alias) == 0);
    CHECK(((ULONG_PTR)Alias & 0xFFF) == 5 && Alias[0x3FFF] == 1);
    Alias[0] = 2;
    CHECK(Memory[5] == 2 && Read(3, 0) == 2);
    CHECK(VirtualFree(Memory, 0, MEM_RELEASE));
    Write(3, 0, 3);
    CHECK(Alias[0] == 3);
    Unmap(3, Alias);
    Unlock(3);
}

void TestMappings(void)
{
    TestPages();
    TestAlias();
    CHECK(Call(HOST_TEST_POOL, (HOST_TEST_REQUEST){0}).Status == STATUS_NOT_SUPPORTED_VALUE);
}
