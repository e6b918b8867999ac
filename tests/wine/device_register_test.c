/* SPDX-License-Identifier: MIT */
/*
 * Registration: how the device is opened, what is accepted and each way to be refused. Whatever is
 * refused leaves nothing behind: the events are let go of (ClientClose), and a good registration
 * works right after.
 */
#include "device_client.h"
#include "device_traffic.h"

#include <string.h>

#define READ_WRITE (GENERIC_READ | GENERIC_WRITE)

/* A client that has the device open, and rings; NULL if it has not. */
static CLIENT *OpenClient(DEVICE *Device)
{
    CLIENT *Client = ClientNew(Device);

    return CHECK(ClientOpen(Client, Device->Found.Path, READ_WRITE)) &&
                   ClientMakeRings(Client, TUN_MIN_CAPACITY)
               ? Client
               : NULL;
}

/* Rings of Good are registered with a new handle, and it is closed. */
static VOID CheckGood(CLIENT *Good)
{
    ClientPlaceRings(Good, Good->Capacity, Good->Send, Good->Receive);
    TUN_REGISTER_RINGS Rings = ClientRegistration(Good);
    if (CHECK(ClientOpen(Good, Good->Device->Link, READ_WRITE)))
    {
        CHECK_EQUAL(ClientRegister(Good, TUN_IOCTL_REGISTER_RINGS, &Rings), 0);
        ClientCloseFile(Good);
        /* Wine tells the driver after CloseHandle; until then the rings are still in use. */
        CHECK_SOON(Good->Send->Tail == TUN_TERMINATED);
    }
}

static CLIENT *MakeGood(DEVICE *Device)
{
    CLIENT *Good = ClientNew(Device);

    return ClientMakeRings(Good, TUN_MIN_CAPACITY) ? Good : NULL;
}

/* The registration fails like this, and a good one does not. */
static VOID CheckRefused(
    CLIENT *Client, const TUN_REGISTER_RINGS *Rings, DWORD Error, CLIENT *Good, const char *What)
{
    DWORD Actual = ClientRegister(Client, TUN_IOCTL_REGISTER_RINGS, Rings);

    if (!CHECK_EQUAL(Actual, Error))
    {
        printf("    where %s\n", What);
    }
    CheckGood(Good);
}

static VOID BothCodes(DEVICE *Device)
{
    static const DWORD Codes[] = {TUN_IOCTL_REGISTER_RINGS, TUN_IOCTL_REGISTER_RINGS_2019};

    for (SIZE_T Index = 0; Index < ARRAYSIZE(Codes); ++Index)
    {
        CLIENT *Client = OpenClient(Device);
        if (Client == NULL)
        {
            return;
        }
        TUN_REGISTER_RINGS Rings = ClientRegistration(Client);
        CHECK_EQUAL(ClientRegister(Client, Codes[Index], &Rings), 0);
        CHECK(TrafficSync(Client) && TrafficBothWays(Client, 10));
        ClientClose(Client);
    }
    CLIENT *Client = OpenClient(Device);
    TUN_REGISTER_RINGS Rings = ClientRegistration(Client);
    CHECK(ClientRegister(Client, TUN_IOCTL_REGISTER_RINGS + 4, &Rings) != 0);
    CHECK(ClientRegister(Client, TUN_IOCTL_REGISTER_RINGS_2019 + 4, &Rings) != 0);
    CHECK(!DeviceHasCarrier(Device));
}

static VOID BothNames(DEVICE *Device)
{
    const WCHAR *Names[] = {Device->Found.Path, Device->Link};

    for (SIZE_T Index = 0; Index < ARRAYSIZE(Names); ++Index)
    {
        CLIENT *Client = ClientNew(Device);
        if (CHECK(ClientOpen(Client, Names[Index], READ_WRITE)) &&
            ClientMakeRings(Client, TUN_MIN_CAPACITY) && ClientRun(Client))
        {
            TrafficBothWays(Client, 20);
        }
        ClientClose(Client);
    }
    CLIENT *Client = ClientNew(Device);
    SetLastError(0);
    CHECK(!ClientOpen(Client, L"\\\\.\\Global\\WINTUN999999", READ_WRITE));
    CHECK_EQUAL(GetLastError(), ERROR_FILE_NOT_FOUND);
}

static VOID LinkStateFollows(DEVICE *Device)
{
    CLIENT *Client = OpenClient(Device);

    for (int Round = 0; Round < 3 && Client != NULL; ++Round)
    {
        CHECK(!DeviceHasCarrier(Device));
        TUN_REGISTER_RINGS Rings = ClientRegistration(Client);
        CHECK_EQUAL(ClientRegister(Client, TUN_IOCTL_REGISTER_RINGS, &Rings), 0);
        CHECK(DeviceHasCarrier(Device));
        ClientCloseFile(Client);
        CHECK_SOON(!DeviceHasCarrier(Device));
        CHECK_SOON(Client->Send->Tail == TUN_TERMINATED); /* the last that the driver writes */
        CHECK(ClientOpen(Client, Device->Link, READ_WRITE));
        ClientPlaceRings(Client, Client->Capacity, Client->Send, Client->Receive);
    }
}

static VOID Capacities(DEVICE *Device)
{
    for (ULONG Capacity = TUN_MIN_CAPACITY; Capacity <= TUN_MAX_CAPACITY; Capacity *= 2)
    {
        CLIENT *Client = ClientStart(Device, Capacity);
        if (Client == NULL)
        {
            printf("    capacity 0x%lx\n", Capacity);
            return;
        }
        TrafficBothWays(Client, Capacity);
        ClientClose(Client);
    }
}

/* Sizes of rings that have none of these capacities, in either half. */
static VOID OtherCapacities(DEVICE *Device)
{
    static const ULONG Sizes[] = {
        0,
        1,
        12,
        TUN_MIN_CAPACITY,
        TUN_RING_SIZE(0),
        TUN_RING_SIZE(4),
        TUN_RING_SIZE(TUN_MIN_CAPACITY / 2),
        TUN_RING_SIZE(TUN_MIN_CAPACITY) - 4,
        TUN_RING_SIZE(TUN_MIN_CAPACITY) - 1,
        TUN_RING_SIZE(TUN_MIN_CAPACITY) + 1,
        TUN_RING_SIZE(TUN_MIN_CAPACITY) + 4,
        TUN_RING_SIZE(TUN_MIN_CAPACITY * 3 / 2),
        TUN_RING_SIZE(TUN_MAX_CAPACITY) - 4,
        TUN_RING_SIZE(TUN_MAX_CAPACITY) + 4,
        TUN_RING_SIZE(TUN_MAX_CAPACITY * 2),
        TUN_RING_SIZE(0x80000000u),
        0xFFFFFFFF};
    CLIENT *Client = OpenClient(Device), *Good = MakeGood(Device);

    for (int Half = 0; Half < 2 && Client != NULL && Good != NULL; ++Half)
    {
        for (SIZE_T Index = 0; Index < ARRAYSIZE(Sizes); ++Index)
        {
            char What[32];
            TUN_REGISTER_RINGS Rings = ClientRegistration(Client);
            (Half ? &Rings.Receive : &Rings.Send)->RingSize = Sizes[Index];
            snprintf(What, sizeof(What), "the size is 0x%lx", Sizes[Index]);
            CheckRefused(Client, &Rings, ERROR_INVALID_PARAMETER, Good, What);
        }
    }
    /* The two capacities need not be the same. */
    if (Client != NULL && Good != NULL)
    {
        TUN_REGISTER_RINGS Rings = ClientRegistration(Client);
        VOID *Large = VirtualAlloc(
            NULL, TUN_RING_SIZE(TUN_MIN_CAPACITY * 2), MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        Rings.Receive.RingSize = TUN_RING_SIZE(TUN_MIN_CAPACITY * 2);
        Rings.Receive.Ring = Large;
        CHECK_EQUAL(ClientRegister(Client, TUN_IOCTL_REGISTER_RINGS, &Rings), 0);
        ClientCloseFile(Client);
        CHECK(VirtualFree(Large, 0, MEM_RELEASE));
    }
}

static VOID InputSizes(DEVICE *Device)
{
    /* Among them the size for clients of the other kind. */
    static const DWORD Sizes[] = {0,  1,  20, 23, 25,  sizeof(VOID *) == 8 ? 24 : 48,
                                  40, 47, 49, 64, 4096};
    CLIENT *Client = OpenClient(Device), *Good = MakeGood(Device);
    BYTE Input[4096] = {0};
    DWORD Returned;

    for (SIZE_T Index = 0; Index < ARRAYSIZE(Sizes) && Client != NULL && Good != NULL; ++Index)
    {
        TUN_REGISTER_RINGS Rings = ClientRegistration(Client);
        memcpy(Input, &Rings, sizeof(Rings));
        SetLastError(0);
        CHECK(!DeviceIoControl(
            Client->File, TUN_IOCTL_REGISTER_RINGS, Input, Sizes[Index], NULL, 0, &Returned, NULL));
        CHECK_EQUAL(GetLastError(), ERROR_INVALID_PARAMETER);
        CheckGood(Good);
    }
}

static VOID NullsAndOffsets(DEVICE *Device)
{
    static const ULONG Offsets[] = {TUN_MIN_CAPACITY, TUN_MIN_CAPACITY + 4, 1, 2, 0x80000000,
                                    0xFFFFFFFC,       TUN_TERMINATED};
    CLIENT *Client = OpenClient(Device), *Good = MakeGood(Device);
    TUN_REGISTER_RINGS Rings;

    if (Client == NULL || Good == NULL)
    {
        return;
    }
    for (int Half = 0; Half < 2; ++Half)
    {
        Rings = ClientRegistration(Client);
        (Half ? &Rings.Receive : &Rings.Send)->Ring = NULL;
        CheckRefused(Client, &Rings, ERROR_INVALID_PARAMETER, Good, "a ring is NULL");
        Rings = ClientRegistration(Client);
        (Half ? &Rings.Receive : &Rings.Send)->TailMoved = NULL;
        CheckRefused(Client, &Rings, ERROR_INVALID_PARAMETER, Good, "an event is NULL");
    }
    Rings = ClientRegistration(Client);
    volatile ULONG *Fields[] = {
        &Client->Send->Head, &Client->Send->Tail, &Client->Receive->Head, &Client->Receive->Tail};
    for (SIZE_T Field = 0; Field < ARRAYSIZE(Fields); ++Field)
    {
        for (SIZE_T Index = 0; Index < ARRAYSIZE(Offsets); ++Index)
        {
            char What[40];
            *Fields[Field] = Offsets[Index];
            snprintf(What, sizeof(What), "field %d is 0x%lx", (int)Field, Offsets[Index]);
            CheckRefused(Client, &Rings, ERROR_INVALID_PARAMETER, Good, What);
            CHECK_EQUAL(*Fields[Field], Offsets[Index]);
            *Fields[Field] = 0;
        }
    }
    CHECK(ClientRun(Client) && TrafficBothWays(Client, 30));
}

static VOID WrongEvents(DEVICE *Device)
{
    CLIENT *Client = OpenClient(Device), *Good = MakeGood(Device);
    HANDLE Semaphore = CreateSemaphoreW(NULL, 0, 1, NULL);
    HANDLE Weak = NULL, Closed = CreateEventW(NULL, FALSE, FALSE, NULL);

    if (Client == NULL || Good == NULL ||
        !CHECK(DuplicateHandle(
            GetCurrentProcess(), Client->SendTailMoved, GetCurrentProcess(), &Weak, SYNCHRONIZE,
            FALSE, 0)))
    {
        return;
    }
    CloseHandle(Closed);
    const struct
    {
        HANDLE Handle;
        DWORD Error;
        const char *What;
    } Cases[] = {
        {(HANDLE)0x7FF0, ERROR_INVALID_HANDLE, "the event is no handle"},
        {Closed, ERROR_INVALID_HANDLE, "the event is closed"},
        {Semaphore, ERROR_INVALID_HANDLE, "the event is a semaphore"},
        {Client->File, ERROR_INVALID_HANDLE, "the event is a file"},
        {GetCurrentProcess(), ERROR_INVALID_HANDLE, "the event is the process"},
        {(HANDLE)0xFFFFFFFF80000004, ERROR_INVALID_HANDLE, "the event is a kernel handle"},
        {Weak, ERROR_ACCESS_DENIED, "the event must not be set"},
    };
    for (int Half = 0; Half < 2; ++Half)
    {
        for (SIZE_T Index = 0; Index < ARRAYSIZE(Cases); ++Index)
        {
            TUN_REGISTER_RINGS Rings = ClientRegistration(Client);
            (Half ? &Rings.Receive : &Rings.Send)->TailMoved = Cases[Index].Handle;
            CheckRefused(Client, &Rings, Cases[Index].Error, Good, Cases[Index].What);
        }
    }
    CloseHandle(Semaphore);
    CloseHandle(Weak);
}

static VOID HandlesWithoutAccess(DEVICE *Device)
{
    static const DWORD Accesses[] = {GENERIC_READ, GENERIC_WRITE, SYNCHRONIZE, 0};
    CLIENT *Client = ClientNew(Device), *Good = MakeGood(Device);

    if (Good == NULL || !ClientMakeRings(Client, TUN_MIN_CAPACITY))
    {
        return;
    }
    TUN_REGISTER_RINGS Rings = ClientRegistration(Client);
    for (SIZE_T Index = 0; Index < ARRAYSIZE(Accesses); ++Index)
    {
        if (CHECK(ClientOpen(Client, Device->Found.Path, Accesses[Index])))
        {
            CheckRefused(Client, &Rings, ERROR_ACCESS_DENIED, Good, "the handle lacks access");
            ClientCloseFile(Client);
        }
    }
}

/* A thread whose token has the administrators group for denying only. */
static VOID CallersWithoutRights(DEVICE *Device)
{
    BYTE Sid[SECURITY_MAX_SID_SIZE];
    DWORD SidSize = sizeof(Sid);
    HANDLE Token, Restricted;
    CLIENT *Client = OpenClient(Device);

    if (Client == NULL ||
        !CHECK(CreateWellKnownSid(WinBuiltinAdministratorsSid, NULL, Sid, &SidSize)) ||
        !CHECK(OpenProcessToken(GetCurrentProcess(), TOKEN_DUPLICATE | TOKEN_QUERY, &Token)))
    {
        return;
    }
    SID_AND_ATTRIBUTES Disabled = {Sid, 0};
    TUN_REGISTER_RINGS Rings = ClientRegistration(Client);
    if (CHECK(CreateRestrictedToken(Token, 0, 1, &Disabled, 0, NULL, 0, NULL, &Restricted)))
    {
        CHECK(ImpersonateLoggedOnUser(Restricted));
        CHECK_EQUAL(ClientRegister(Client, TUN_IOCTL_REGISTER_RINGS, &Rings), ERROR_ACCESS_DENIED);
        CHECK_EQUAL(
            ClientRegister(Client, TUN_IOCTL_REGISTER_RINGS_2019, &Rings), ERROR_ACCESS_DENIED);
        CHECK(RevertToSelf());
        CloseHandle(Restricted);
    }
    CloseHandle(Token);
    CHECK(ClientRun(Client) && TrafficBothWays(Client, 40));
}

#define RING_SIZE ((SIZE_T)TUN_RING_SIZE(TUN_MIN_CAPACITY))
#define PAGE      0x1000u

/* A ring's memory of which one page, counted from 0, has that protection. */
static VOID *MakeMemory(SIZE_T Page, DWORD Protection)
{
    DWORD Old;
    BYTE *Memory = VirtualAlloc(NULL, RING_SIZE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);

    CHECK(Memory != NULL && VirtualProtect(Memory + Page * PAGE, PAGE, Protection, &Old));
    return Memory;
}

static VOID WrongMemory(DEVICE *Device)
{
    const SIZE_T LastPage = (RING_SIZE - 1) / PAGE;
    CLIENT *Client = OpenClient(Device), *Good = MakeGood(Device);

    if (Client == NULL || Good == NULL)
    {
        return;
    }
    BYTE *Short = VirtualAlloc(NULL, RING_SIZE, MEM_RESERVE, PAGE_READWRITE);
    VirtualAlloc(Short, LastPage * PAGE, MEM_COMMIT, PAGE_READWRITE);
    VOID *Reserved = VirtualAlloc(NULL, RING_SIZE, MEM_RESERVE, PAGE_READWRITE);
    VOID *Freed = VirtualAlloc(NULL, RING_SIZE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    VirtualFree(Freed, 0, MEM_RELEASE);
    const struct
    {
        VOID *Memory;
        const char *What;
        BOOL Owned;
    } Cases[] = {
        {Freed, "the ring is freed", FALSE},
        {MakeMemory(0, PAGE_READONLY), "the first page is read-only", TRUE},
        {MakeMemory(20, PAGE_READONLY), "a page is read-only", TRUE},
        {MakeMemory(LastPage, PAGE_READONLY), "the last page is read-only", TRUE},
        {MakeMemory(20, PAGE_NOACCESS), "a page has no access", TRUE},
        {MakeMemory(20, PAGE_EXECUTE_READ), "a page is code", TRUE},
        {Short, "the last page is not committed", TRUE},
        {Reserved, "no page is committed", TRUE},
        {(VOID *)(ULONG_PTR)&MakeMemory, "the ring is the program", FALSE},
        {(VOID *)(ULONG_PTR)PAGE, "the ring is in the first pages", FALSE},
        {(VOID *)0x7FFFFFFF0000, "the ring reaches out of user space", FALSE},
        {(VOID *)~(ULONG_PTR)0x7FFFFFFF, "the ring is the system's", FALSE},
        {(VOID *)0xFFFFFFFFFFFFF000, "the ring wraps around", FALSE},
        {(VOID *)0xFFFFFFFFFFFFFFFC, "the ring is at the end", FALSE},
    };
    for (int Half = 0; Half < 2; ++Half)
    {
        for (SIZE_T Index = 0; Index < ARRAYSIZE(Cases); ++Index)
        {
            TUN_REGISTER_RINGS Rings = ClientRegistration(Client);
            VOID *Ring = (VOID *)((ULONG_PTR)Cases[Index].Memory & ~(ULONG_PTR)3);
            (Half ? &Rings.Receive : &Rings.Send)->Ring = Ring;
            CheckRefused(Client, &Rings, ERROR_INVALID_USER_BUFFER, Good, Cases[Index].What);
        }
    }
    for (SIZE_T Index = 0; Index < ARRAYSIZE(Cases); ++Index)
    {
        CHECK(!Cases[Index].Owned || VirtualFree(Cases[Index].Memory, 0, MEM_RELEASE));
    }
}

static VOID OneAtATime(DEVICE *Device)
{
    CLIENT *First = ClientStart(Device, TUN_MIN_CAPACITY), *Second = OpenClient(Device);
    WCHAR Arguments[80];
    DWORD ExitCode = 0;

    if (First == NULL || Second == NULL)
    {
        return;
    }
    TUN_REGISTER_RINGS Rings = ClientRegistration(First), Others = ClientRegistration(Second);
    CHECK_EQUAL(ClientRegister(First, TUN_IOCTL_REGISTER_RINGS, &Rings), ERROR_ALREADY_INITIALIZED);
    CHECK_EQUAL(
        ClientRegister(First, TUN_IOCTL_REGISTER_RINGS, &Others), ERROR_ALREADY_INITIALIZED);
    CHECK_EQUAL(
        ClientRegister(Second, TUN_IOCTL_REGISTER_RINGS, &Others), ERROR_ALREADY_INITIALIZED);
    CHECK_EQUAL(
        ClientRegister(Second, TUN_IOCTL_REGISTER_RINGS_2019, &Rings), ERROR_ALREADY_INITIALIZED);
    wsprintfW(Arguments, L"leave %s", Device->Link);
    HANDLE Process = CaseStartProcess(Arguments, FALSE);
    CHECK_EQUAL(WaitForSingleObject(Process, 4 * DEVICE_TIMEOUT), WAIT_OBJECT_0);
    CHECK(GetExitCodeProcess(Process, &ExitCode));
    CHECK_EQUAL(ExitCode, ERROR_ALREADY_INITIALIZED);
    CloseHandle(Process);

    /* Closing a handle that registered nothing ends nothing. */
    CHECK(TrafficBothWays(First, 50));
    ClientCloseFile(Second);
    CHECK(TrafficBothWays(First, 51));
    ClientClose(First);
    CHECK(ClientOpen(Second, Device->Link, READ_WRITE));
    CHECK(ClientRun(Second) && TrafficBothWays(Second, 52));
}

/* Registers the two rings, a packet goes each way, and all is closed. */
static VOID CheckPlaced(DEVICE *Device, VOID *Send, VOID *Receive)
{
    CLIENT *Client = ClientNew(Device);

    if (CHECK(ClientOpen(Client, Device->Link, READ_WRITE)) &&
        ClientPlaceRings(Client, TUN_MIN_CAPACITY, Send, Receive) && ClientRun(Client))
    {
        for (ULONG Number = 60; Number < 70; ++Number)
        {
            TrafficBothWays(Client, Number);
        }
    }
    ClientClose(Client);
}

static VOID AnyMemory(DEVICE *Device)
{
    static BYTE Static[2][TUN_RING_SIZE(TUN_MIN_CAPACITY)] __attribute__((aligned(4)));
    BYTE *Both = VirtualAlloc(NULL, 3 * RING_SIZE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    static const SIZE_T Offsets[] = {4, 12, 0x7FC, 0xFFC};
    HANDLE Heap = GetProcessHeap();

    CheckPlaced(Device, Static[0], Static[1]);
    for (int Round = 0; Round < 2; ++Round)
    {
        BYTE *Blocks[] = {HeapAlloc(Heap, 0, RING_SIZE + 24), HeapAlloc(Heap, 0, RING_SIZE + 8)};
        CheckPlaced(Device, Blocks[0] + 16, Blocks[1] + 4);
        CHECK(HeapFree(Heap, 0, Blocks[0]) && HeapFree(Heap, 0, Blocks[1]));
    }
    /* The page between the two belongs to both. */
    CheckPlaced(Device, Both, Both + RING_SIZE);
    CheckPlaced(Device, Both + RING_SIZE, Both);
    for (SIZE_T Index = 0; Index < ARRAYSIZE(Offsets); ++Index)
    {
        CheckPlaced(Device, Both + Offsets[Index], Both + Offsets[Index] + RING_SIZE);
    }
    CHECK(VirtualFree(Both, 0, MEM_RELEASE));
}

/* What lies beside a ring, in pages that are its as well, stays the program's. */
static VOID NeighboursOfRings(DEVICE *Device)
{
    SIZE_T Size = (2 * RING_SIZE + 3 * PAGE) & ~(SIZE_T)(PAGE - 1);
    BYTE *Memory = VirtualAlloc(NULL, Size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    BYTE *Send = Memory + 0x200, *Receive = Send + RING_SIZE + 0x100;
    SIZE_T Changed = 0;

    memset(Memory, 0xC5, Size);
    CheckPlaced(Device, Send, Receive);
    for (SIZE_T Index = 0; Index < Size; ++Index)
    {
        BYTE *At = Memory + Index;
        BOOL IsRing =
            (At >= Send && At < Send + RING_SIZE) || (At >= Receive && At < Receive + RING_SIZE);
        Changed += !IsRing && *At != 0xC5;
    }
    CHECK_EQUAL(Changed, 0);
    CHECK(VirtualFree(Memory, 0, MEM_RELEASE));
}

const DEVICE_CASE RegisterCases[] = {
    {"registration: both control codes, and no other", BothCodes},
    {"registration: by the interface and by the link", BothNames},
    {"registration: the link is up as long as rings are registered", LinkStateFollows},
    {"registration: every capacity", Capacities},
    {"registration: no other capacity", OtherCapacities},
    {"registration: no other input size", InputSizes},
    {"registration: no null, no wrong Head or Tail", NullsAndOffsets},
    {"registration: nothing but events that may be set", WrongEvents},
    {"registration: no handle without read and write access", HandlesWithoutAccess},
    {"registration: no caller who is no administrator", CallersWithoutRights},
    {"registration: no memory that cannot be written", WrongMemory},
    {"registration: one at a time", OneAtATime},
    {"registration: rings from any allocator, anywhere in a page", AnyMemory},
    {"registration: the memory around the rings stays as it is", NeighboursOfRings},
    {NULL, NULL}};
