/* SPDX-License-Identifier: MIT */
/*
 * Registration: what is accepted, by whom, and each way to be refused. Whatever is refused leaves
 * nothing allocated, locked, mapped or referenced, and does not stand in the way of the next try.
 */
#include <string.h>

#include "fixture.h"

#define ERROR_ACCESS_DENIED       5u
#define ERROR_INVALID_HANDLE      6u
#define ERROR_NOT_READY           21u
#define ERROR_INVALID_PARAMETER   87u
#define ERROR_ALREADY_INITIALIZED 1247u
#define ERROR_INVALID_USER_BUFFER 1784u

/* A packet out of the adapter, to see that rings work. */
static void AssertWorks(CLIENT *Client, FIXTURE *Fixture)
{
    UCHAR Packet[60];
    const UCHAR *Data;
    PacketMake(Packet, sizeof(Packet), 4, 7);
    NativeLinkPush(Fixture->Link, Packet, sizeof(Packet));
    assert_int_equal(ClientReceive(Client, &Data, FIXTURE_TIMEOUT), sizeof(Packet));
    assert_memory_equal(Data, Packet, sizeof(Packet));
    ClientRelease(Client, sizeof(Packet));
}

static void AssertRefused(CLIENT *Client, const TUN_REGISTER_RINGS64 *Rings, ULONG Error)
{
    NATIVE_USAGE Before, After;
    NativeGetUsage(&Before);
    assert_int_equal(ClientRegister(Client, TUN_IOCTL_REGISTER_RINGS, Rings), Error);
    NativeGetUsage(&After);
    assert_memory_equal(&Before, &After, sizeof(Before));
}

static void BothCodes(void **State)
{
    FIXTURE *Fixture = *State;
    const ULONG Codes[] = {TUN_IOCTL_REGISTER_RINGS, TUN_IOCTL_REGISTER_RINGS_2019};
    for (size_t Index = 0; Index < ARRAYSIZE(Codes); Index++)
    {
        CLIENT Client;
        ClientOpen(&Client, Fixture, NativeLocalSystem);
        ClientMakeRings(&Client, FIXTURE_CAPACITY, 0);
        TUN_REGISTER_RINGS64 Rings = ClientRegistration(&Client);
        assert_true(NativeLinkWaitConnected(Fixture->Link, FALSE, 0));
        assert_int_equal(ClientRegister(&Client, Codes[Index], &Rings), 0);
        assert_true(NativeLinkWaitConnected(Fixture->Link, TRUE, 0));
        AssertWorks(&Client, Fixture);
        ClientClose(&Client);
        assert_true(NativeLinkWaitConnected(Fixture->Link, FALSE, 0));
        ClientExit(&Client);
    }
}

static void Capacities(void **State)
{
    FIXTURE *Fixture = *State;
    for (uint32_t Capacity = TUN_RING_MIN_CAPACITY; Capacity <= TUN_RING_MAX_CAPACITY;
         Capacity *= 8)
    {
        CLIENT Client;
        ClientOpen(&Client, Fixture, NativeLocalSystem);
        ClientMakeRings(&Client, Capacity, 0);
        TUN_REGISTER_RINGS64 Rings = ClientRegistration(&Client);
        assert_int_equal(ClientRegister(&Client, TUN_IOCTL_REGISTER_RINGS, &Rings), 0);
        AssertWorks(&Client, Fixture);
        ClientExit(&Client);
    }
}

static void AnyAlignment(void **State)
{
    FIXTURE *Fixture = *State;
    const ULONG Offsets[] = {4, 12, 0x7FC, 0xFFC};
    for (size_t Index = 0; Index < ARRAYSIZE(Offsets); Index++)
    {
        CLIENT Client;
        ClientOpen(&Client, Fixture, NativeLocalSystem);
        ClientMakeRings(&Client, FIXTURE_CAPACITY, Offsets[Index]);
        TUN_REGISTER_RINGS64 Rings = ClientRegistration(&Client);
        assert_int_equal(ClientRegister(&Client, TUN_IOCTL_REGISTER_RINGS, &Rings), 0);
        AssertWorks(&Client, Fixture);
        ClientExit(&Client);
    }
}

/* Both rings in one allocation, back to back: the page between belongs to both. */
static void RingsSharePages(void **State)
{
    FIXTURE *Fixture = *State;
    CLIENT Client;
    UCHAR Packet[60], Data[60];
    ClientOpen(&Client, Fixture, NativeLocalSystem);
    ClientMakeRings(&Client, FIXTURE_CAPACITY, 0);
    PUCHAR Both = NativeUserAllocate(Client.Process, 2 * TUN_RING_SIZE(FIXTURE_CAPACITY), 8);
    Client.SendRing = (TUN_RING *)Both;
    Client.ReceiveRing = (TUN_RING *)(Both + TUN_RING_SIZE(FIXTURE_CAPACITY));
    RingConsumerInitialize(&Client.Consumer, Client.SendRing, FIXTURE_CAPACITY);
    RingProducerInitialize(&Client.Producer, Client.ReceiveRing, FIXTURE_CAPACITY);
    TUN_REGISTER_RINGS64 Rings = ClientRegistration(&Client);
    assert_int_equal(ClientRegister(&Client, TUN_IOCTL_REGISTER_RINGS, &Rings), 0);
    AssertWorks(&Client, Fixture);
    PacketMake(Packet, sizeof(Packet), 4, 1);
    ClientPut(&Client, Packet, sizeof(Packet));
    ClientPublish(&Client);
    assert_int_equal(
        NativeLinkCollect(Fixture->Link, Data, sizeof(Data), FIXTURE_TIMEOUT), sizeof(Data));
    assert_memory_equal(Data, Packet, sizeof(Data));
    ClientExit(&Client);
}

/* Rings with content and offsets of their own at registration. */
static void RingsInUse(void **State)
{
    FIXTURE *Fixture = *State;
    CLIENT Client;
    UCHAR Packet[60], Data[60];
    ClientOpen(&Client, Fixture, NativeLocalSystem);
    ClientMakeRings(&Client, FIXTURE_CAPACITY, 0);
    Client.SendRing->Head = Client.SendRing->Tail = FIXTURE_CAPACITY - 4;
    Client.ReceiveRing->Head = Client.ReceiveRing->Tail = FIXTURE_CAPACITY - 8;
    RingConsumerInitialize(&Client.Consumer, Client.SendRing, FIXTURE_CAPACITY);
    RingProducerInitialize(&Client.Producer, Client.ReceiveRing, FIXTURE_CAPACITY);
    PacketMake(Packet, sizeof(Packet), 4, 1);
    ClientPut(&Client, Packet, sizeof(Packet));
    RingProducerPublish(&Client.Producer, Client.Producer.Next);
    TUN_REGISTER_RINGS64 Rings = ClientRegistration(&Client);
    assert_int_equal(ClientRegister(&Client, TUN_IOCTL_REGISTER_RINGS, &Rings), 0);
    assert_int_equal(
        NativeLinkCollect(Fixture->Link, Data, sizeof(Data), FIXTURE_TIMEOUT), sizeof(Data));
    assert_memory_equal(Data, Packet, sizeof(Data));
    AssertWorks(&Client, Fixture);
    ClientExit(&Client);
}

static void InputSizes(void **State)
{
    FIXTURE *Fixture = *State;
    CLIENT Client;
    UCHAR Input[64] = {0};
    const ULONG Sizes[] = {0, 1, 23, 24, 47, 49, 64};
    ClientOpen(&Client, Fixture, NativeLocalSystem);
    ClientMakeRings(&Client, FIXTURE_CAPACITY, 0);
    TUN_REGISTER_RINGS64 Rings = ClientRegistration(&Client);
    memcpy(Input, &Rings, sizeof(Rings));
    for (size_t Index = 0; Index < ARRAYSIZE(Sizes); Index++)
    {
        NTSTATUS Status = NativeUserDeviceIoControl(
            Client.Process, Client.File, TUN_IOCTL_REGISTER_RINGS, Input, Sizes[Index], NULL, 0,
            NULL);
        assert_int_equal(NativeWin32Error(Status), ERROR_INVALID_PARAMETER);
    }
    assert_int_equal(ClientRegister(&Client, TUN_IOCTL_REGISTER_RINGS, &Rings), 0);
    ClientExit(&Client);
}

static void ThirtyTwoBitClient(void **State)
{
    FIXTURE *Fixture = *State;
    CLIENT Client = {.Process = NativeProcessCreate(NativeLocalSystem, TRUE)};
    assert_int_equal(
        NativeUserOpen(
            Client.Process, Fixture->Path, FILE_READ_DATA | FILE_WRITE_DATA, &Client.File),
        STATUS_SUCCESS);
    ClientMakeRings(&Client, FIXTURE_CAPACITY, 0);
    TUN_REGISTER_RINGS64 Rings = ClientRegistration(&Client);
    TUN_REGISTER_RINGS32 Rings32 = {
        .Send = {Rings.Send.RingSize, (uint32_t)Rings.Send.Ring, (uint32_t)Rings.Send.TailMoved},
        .Receive = {
            Rings.Receive.RingSize, (uint32_t)Rings.Receive.Ring,
            (uint32_t)Rings.Receive.TailMoved}};
    assert_true((uintptr_t)Client.SendRing >> 32 == 0 && (uintptr_t)Client.ReceiveRing >> 32 == 0);
    AssertRefused(&Client, &Rings, ERROR_INVALID_PARAMETER); /* 48 bytes */
    NTSTATUS Status = NativeUserDeviceIoControl(
        Client.Process, Client.File, TUN_IOCTL_REGISTER_RINGS, &Rings32, sizeof(Rings32), NULL, 0,
        NULL);
    assert_int_equal(Status, STATUS_SUCCESS);
    AssertWorks(&Client, Fixture);
    ClientExit(&Client);
}

/* Each wrong value, in either half of the request; afterwards the right one is accepted. */
static void WrongDescriptors(void **State)
{
    FIXTURE *Fixture = *State;
    CLIENT Client;
    const uint32_t Sizes[] = {
        0,
        1,
        12,
        TUN_RING_SIZE(0x10000),
        TUN_RING_SIZE(0x30000),
        TUN_RING_SIZE(0x8000000),
        TUN_RING_SIZE(FIXTURE_CAPACITY) - 1,
        TUN_RING_SIZE(FIXTURE_CAPACITY) + 1,
        0xFFFFFFFF};
    ClientOpen(&Client, Fixture, NativeLocalSystem);
    ClientMakeRings(&Client, FIXTURE_CAPACITY, 0);
    for (int Half = 0; Half < 2; Half++)
    {
        TUN_REGISTER_RINGS64 Rings;
        TUN_RING_DESCRIPTOR64 *Descriptor = Half ? &Rings.Receive : &Rings.Send;
        for (size_t Index = 0; Index < ARRAYSIZE(Sizes); Index++)
        {
            Rings = ClientRegistration(&Client);
            Descriptor->RingSize = Sizes[Index];
            AssertRefused(&Client, &Rings, ERROR_INVALID_PARAMETER);
        }
        Rings = ClientRegistration(&Client);
        Descriptor->Ring = 0;
        AssertRefused(&Client, &Rings, ERROR_INVALID_PARAMETER);
        Rings = ClientRegistration(&Client);
        Descriptor->TailMoved = 0;
        AssertRefused(&Client, &Rings, ERROR_INVALID_PARAMETER);
    }
    TUN_REGISTER_RINGS64 Right = ClientRegistration(&Client);
    assert_int_equal(ClientRegister(&Client, TUN_IOCTL_REGISTER_RINGS, &Right), 0);
    AssertWorks(&Client, Fixture);
    ClientExit(&Client);
}

static void WrongOffsets(void **State)
{
    FIXTURE *Fixture = *State;
    CLIENT Client;
    const uint32_t Offsets[] = {FIXTURE_CAPACITY, FIXTURE_CAPACITY + 4, 2, 1, 0x80000000,
                                0xFFFFFFFC,       TUN_RING_TERMINATED};
    ClientOpen(&Client, Fixture, NativeLocalSystem);
    ClientMakeRings(&Client, FIXTURE_CAPACITY, 0);
    TUN_REGISTER_RINGS64 Rings = ClientRegistration(&Client);
    volatile uint32_t *Fields[] = {
        &Client.SendRing->Head, &Client.SendRing->Tail, &Client.ReceiveRing->Head,
        &Client.ReceiveRing->Tail};
    for (size_t Field = 0; Field < ARRAYSIZE(Fields); Field++)
    {
        for (size_t Index = 0; Index < ARRAYSIZE(Offsets); Index++)
        {
            *Fields[Field] = Offsets[Index];
            AssertRefused(&Client, &Rings, ERROR_INVALID_PARAMETER);
            *Fields[Field] = 0;
        }
    }
    assert_int_equal(ClientRegister(&Client, TUN_IOCTL_REGISTER_RINGS, &Rings), 0);
    ClientExit(&Client);
}

static void WrongEvents(void **State)
{
    FIXTURE *Fixture = *State;
    CLIENT Client;
    HANDLE Weak;
    ClientOpen(&Client, Fixture, NativeLocalSystem);
    ClientMakeRings(&Client, FIXTURE_CAPACITY, 0);
    HANDLE Semaphore = NativeUserCreateSemaphore(Client.Process, 0, 1);
    assert_int_equal(
        NativeUserDuplicate(
            Client.Process, Client.SendTailMoved, Client.Process, EVENT_QUERY_STATE, &Weak),
        STATUS_SUCCESS);
    const struct
    {
        uintptr_t Handle;
        ULONG Error;
    } Cases[] = {
        {0x7FF0, ERROR_INVALID_HANDLE},
        {3, ERROR_INVALID_HANDLE},
        {(uintptr_t)Semaphore, ERROR_INVALID_HANDLE},
        {(uintptr_t)Client.File, ERROR_INVALID_HANDLE},
        {0xFFFFFFFF80000004ull, ERROR_INVALID_HANDLE}, /* a kernel handle */
        {(uintptr_t)-1, ERROR_INVALID_HANDLE},         /* the process itself */
        {(uintptr_t)Weak, ERROR_ACCESS_DENIED},
    };
    for (int Half = 0; Half < 2; Half++)
    {
        for (size_t Index = 0; Index < ARRAYSIZE(Cases); Index++)
        {
            TUN_REGISTER_RINGS64 Rings = ClientRegistration(&Client);
            (Half ? &Rings.Receive : &Rings.Send)->TailMoved = Cases[Index].Handle;
            AssertRefused(&Client, &Rings, Cases[Index].Error);
        }
    }
    ClientExit(&Client);
}

static void WrongMemory(void **State)
{
    FIXTURE *Fixture = *State;
    CLIENT Client;
    static UCHAR KernelMemory[TUN_RING_SIZE(FIXTURE_CAPACITY)] __attribute__((aligned(4096)));
    PEPROCESS Other = NativeProcessCreate(NativeLocalSystem, ClientsAre32Bit);
    ULONG Size = TUN_RING_SIZE(FIXTURE_CAPACITY);
    ClientOpen(&Client, Fixture, NativeLocalSystem);
    ClientMakeRings(&Client, FIXTURE_CAPACITY, 0);
    PUCHAR ReadOnly = NativeUserAllocate(Client.Process, Size, 0);
    PUCHAR ReadOnlyEnd = NativeUserAllocate(Client.Process, Size, 0);
    PUCHAR Short = NativeUserAllocate(Client.Process, Size - PAGE_SIZE, 0);
    PUCHAR Foreign = NativeUserAllocate(Other, Size, 0);
    PUCHAR Freed = NativeUserAllocate(Client.Process, Size, 0);
    NativeUserProtectRead(Client.Process, ReadOnly, Size);
    NativeUserProtectRead(Client.Process, ReadOnlyEnd + (Size & ~(PAGE_SIZE - 1u)), 1);
    NativeUserFree(Client.Process, Freed);
    const uintptr_t Addresses[] = {
        (uintptr_t)ReadOnly, (uintptr_t)ReadOnlyEnd,  (uintptr_t)Short, (uintptr_t)Foreign,
        (uintptr_t)Freed,    (uintptr_t)KernelMemory, PAGE_SIZE,        ~(uintptr_t)PAGE_SIZE + 1,
        ~(uintptr_t)0 - 3,   0xFFFF800000000000ull};
    for (int Half = 0; Half < 2; Half++)
    {
        for (size_t Index = 0; Index < ARRAYSIZE(Addresses); Index++)
        {
            TUN_REGISTER_RINGS64 Rings = ClientRegistration(&Client);
            (Half ? &Rings.Receive : &Rings.Send)->Ring = Addresses[Index];
            /* The lower half of the last one is no address at all. */
            AssertRefused(
                &Client, &Rings,
                Client.Wow64 && (uint32_t)Addresses[Index] == 0 ? ERROR_INVALID_PARAMETER
                                                                : ERROR_INVALID_USER_BUFFER);
        }
    }
    ClientExit(&Client);
    NativeProcessExit(Other);
}

static void OnlyOneRegistration(void **State)
{
    FIXTURE *Fixture = *State;
    CLIENT First, Second;
    HANDLE AnotherFile;
    ClientStart(&First, Fixture);
    ClientOpen(&Second, Fixture, NativeAdministrator);
    ClientMakeRings(&Second, FIXTURE_CAPACITY, 0);
    TUN_REGISTER_RINGS64 Rings = ClientRegistration(&First), Others = ClientRegistration(&Second);
    AssertRefused(&First, &Rings, ERROR_ALREADY_INITIALIZED);
    AssertRefused(&Second, &Others, ERROR_ALREADY_INITIALIZED);
    assert_int_equal(
        NativeUserOpen(
            First.Process, Fixture->Path, FILE_READ_DATA | FILE_WRITE_DATA, &AnotherFile),
        STATUS_SUCCESS);
    CLIENT Again = First;
    Again.File = AnotherFile;
    AssertRefused(&Again, &Rings, ERROR_ALREADY_INITIALIZED);

    /* Closing files that registered nothing ends nothing. */
    assert_int_equal(NativeUserClose(First.Process, AnotherFile), STATUS_SUCCESS);
    AssertWorks(&First, Fixture);
    ClientClose(&First);
    assert_int_equal(ClientRegister(&Second, TUN_IOCTL_REGISTER_RINGS, &Others), 0);
    AssertWorks(&Second, Fixture);
    ClientExit(&First);
    AssertWorks(&Second, Fixture);
    ClientExit(&Second);
}

static void WhoMayRegister(void **State)
{
    FIXTURE *Fixture = *State;
    const struct
    {
        NATIVE_USER User;
        ULONG Error;
    } Cases[] = {
        {NativeLocalSystem, 0},
        {NativeAdministrator, 0},
        {NativeFilteredAdministrator, ERROR_ACCESS_DENIED},
        {NativeLoweredAdministrator, ERROR_ACCESS_DENIED},
        {NativeStandardUser, ERROR_ACCESS_DENIED},
        {NativeLowUser, ERROR_ACCESS_DENIED},
    };
    for (size_t Index = 0; Index < ARRAYSIZE(Cases); Index++)
    {
        CLIENT Client;
        ClientOpen(&Client, Fixture, Cases[Index].User);
        ClientMakeRings(&Client, FIXTURE_CAPACITY, 0);
        TUN_REGISTER_RINGS64 Rings = ClientRegistration(&Client);
        if (Cases[Index].Error)
        {
            AssertRefused(&Client, &Rings, Cases[Index].Error);
        }
        else
        {
            assert_int_equal(ClientRegister(&Client, TUN_IOCTL_REGISTER_RINGS, &Rings), 0);
        }
        ClientExit(&Client);
    }
}

static void HandleWithoutWriteAccess(void **State)
{
    FIXTURE *Fixture = *State;
    CLIENT Client = {
        .Process = NativeProcessCreate(NativeLocalSystem, ClientsAre32Bit),
        .Wow64 = ClientsAre32Bit};
    const ACCESS_MASK Accesses[] = {FILE_READ_DATA, FILE_WRITE_DATA, SYNCHRONIZE};
    ClientMakeRings(&Client, FIXTURE_CAPACITY, 0);
    TUN_REGISTER_RINGS64 Rings = ClientRegistration(&Client);
    for (size_t Index = 0; Index < ARRAYSIZE(Accesses); Index++)
    {
        assert_int_equal(
            NativeUserOpen(Client.Process, Fixture->Path, Accesses[Index], &Client.File),
            STATUS_SUCCESS);
        AssertRefused(&Client, &Rings, ERROR_ACCESS_DENIED);
        ClientClose(&Client);
    }
    ClientExit(&Client);
}

static void OpenedByInterface(void **State)
{
    FIXTURE *Fixture = *State;
    static const GUID NetInterface = {
        0xCAC88484, 0x7515, 0x4C03, {0x82, 0xE6, 0x71, 0xA8, 0x7A, 0xBA, 0xC3, 0x61}};
    CLIENT Client = {.Process = NativeProcessCreate(NativeLocalSystem, FALSE)};
    PCWSTR Name = NativeDeviceInterface(Fixture->Pdo, &NetInterface);
    assert_non_null(Name);
    assert_int_equal(
        NativeUserOpen(Client.Process, Name, FILE_READ_DATA | FILE_WRITE_DATA, &Client.File),
        STATUS_SUCCESS);
    ClientMakeRings(&Client, FIXTURE_CAPACITY, 0);
    TUN_REGISTER_RINGS64 Rings = ClientRegistration(&Client);
    assert_int_equal(ClientRegister(&Client, TUN_IOCTL_REGISTER_RINGS, &Rings), 0);
    AssertWorks(&Client, Fixture);
    ClientExit(&Client);
}

static void OtherCodes(void **State)
{
    FIXTURE *Fixture = *State;
    CLIENT Client;
    ClientOpen(&Client, Fixture, NativeLocalSystem);
    ClientMakeRings(&Client, FIXTURE_CAPACITY, 0);
    TUN_REGISTER_RINGS64 Rings = ClientRegistration(&Client);
    assert_int_not_equal(ClientRegister(&Client, TUN_IOCTL_REGISTER_RINGS + 4, &Rings), 0);
    assert_true(NativeLinkWaitConnected(Fixture->Link, FALSE, 0));
    ClientExit(&Client);
}

static void ManualResetEvents(void **State)
{
    FIXTURE *Fixture = *State;
    CLIENT Client;
    UCHAR Packet[60], Data[60];
    ClientOpen(&Client, Fixture, NativeLocalSystem);
    ClientMakeRings(&Client, FIXTURE_CAPACITY, 0);
    Client.SendTailMoved = NativeUserCreateEvent(Client.Process, TRUE, FALSE);
    Client.ReceiveTailMoved = NativeUserCreateEvent(Client.Process, TRUE, FALSE);
    TUN_REGISTER_RINGS64 Rings = ClientRegistration(&Client);
    assert_int_equal(ClientRegister(&Client, TUN_IOCTL_REGISTER_RINGS, &Rings), 0);
    for (ULONG Round = 0; Round < 20; Round++)
    {
        PacketMake(Packet, sizeof(Packet), 4, Round);
        assert_true(ClientPut(&Client, Packet, sizeof(Packet)));
        ClientPublish(&Client);
        assert_int_equal(
            NativeLinkCollect(Fixture->Link, Data, sizeof(Data), FIXTURE_TIMEOUT), sizeof(Data));
        assert_memory_equal(Data, Packet, sizeof(Data));
        AssertWorks(&Client, Fixture);
    }
    /* The driver resets it when there is nothing more to do; it would never sleep else. */
    LARGE_INTEGER Millisecond = {.QuadPart = -10000};
    ULONG Waited = 0;
    while (NativeUserWait(Client.Process, Client.ReceiveTailMoved, 0) == STATUS_WAIT_0)
    {
        assert_true(Waited++ < FIXTURE_TIMEOUT);
        KeDelayExecutionThread(KernelMode, FALSE, &Millisecond);
    }
    ClientExit(&Client);
}

#define TEST(Name) cmocka_unit_test_setup_teardown(Name, FixtureStart, FixtureStop)

static int Start32(void **State)
{
    ClientsAre32Bit = TRUE;
    return FixtureStart(State);
}

static int Stop32(void **State)
{
    ClientsAre32Bit = FALSE;
    return FixtureStop(State);
}

/* The same requests in 24 bytes: every error again. */
#define TEST32(Name) {#Name "32", Name, Start32, Stop32, NULL}

int main(void)
{
    const struct CMUnitTest Tests[] = {
        TEST(BothCodes),          TEST(Capacities),
        TEST(AnyAlignment),       TEST(RingsSharePages),
        TEST(RingsInUse),         TEST(InputSizes),
        TEST(ThirtyTwoBitClient), TEST(WrongDescriptors),
        TEST(WrongOffsets),       TEST(WrongEvents),
        TEST(WrongMemory),        TEST(OnlyOneRegistration),
        TEST(WhoMayRegister),     TEST(HandleWithoutWriteAccess),
        TEST(OpenedByInterface),  TEST(OtherCodes),
        TEST(ManualResetEvents),  TEST32(WrongDescriptors),
        TEST32(WrongOffsets),     TEST32(WrongEvents),
        TEST32(WrongMemory),      TEST32(OnlyOneRegistration),
        TEST32(WhoMayRegister),   TEST32(HandleWithoutWriteAccess),
        TEST32(BothCodes),
    };
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
