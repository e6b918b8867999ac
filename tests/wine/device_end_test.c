/* SPDX-License-Identifier: MIT */
/*
 * How registrations and adapters end: close, the process' end however it comes, removal; and that
 * the next one works. Several adapters of one process.
 */
#include "device_client.h"
#include "device_traffic.h"

#define CAPACITY TUN_MIN_CAPACITY

/* Both rings have their terminal mark, and whoever waits is woken. */
static VOID CheckEnded(CLIENT *Client)
{
    CHECK_SOON(Client->Receive->Head == TUN_TERMINATED);
    CHECK_SOON(Client->Send->Tail == TUN_TERMINATED);
    CHECK_EQUAL(WaitForSingleObject(Client->SendTailMoved, DEVICE_TIMEOUT), WAIT_OBJECT_0);
}

static VOID CheckNext(DEVICE *Device)
{
    CLIENT *Next = ClientStart(Device, CAPACITY);

    CHECK(Next != NULL && TrafficBothWays(Next, 70) && DeviceHasCarrier(Device));
}

static VOID Close(DEVICE *Device)
{
    CLIENT *Client = ClientStart(Device, CAPACITY);

    if (Client == NULL || !CHECK(DeviceHasCarrier(Device)))
    {
        return;
    }
    ResetEvent(Client->SendTailMoved);
    ClientCloseFile(Client);
    CheckEnded(Client);
    CHECK(!DeviceHasCarrier(Device));
    CheckNext(Device);
}

static VOID CloseOneOfTwoHandles(DEVICE *Device)
{
    CLIENT *Client = ClientStart(Device, CAPACITY);
    HANDLE Second;

    if (Client == NULL || !CHECK(DuplicateHandle(
                              GetCurrentProcess(), Client->File, GetCurrentProcess(), &Second, 0,
                              FALSE, DUPLICATE_SAME_ACCESS)))
    {
        return;
    }
    ClientCloseFile(Client);
    Sleep(50);
    CHECK(DeviceHasCarrier(Device) && TrafficBothWays(Client, 10));
    ResetEvent(Client->SendTailMoved);
    CHECK(CloseHandle(Second));
    CheckEnded(Client);
    CheckNext(Device);
}

/* Freed memory of a registered ring is the driver's until the end; nothing else is harmed. */
static VOID MemoryFreedWhileRegistered(DEVICE *Device)
{
    CLIENT *Client = ClientStart(Device, CAPACITY);

    if (Client == NULL)
    {
        return;
    }
    CHECK(
        VirtualFree(Client->Send, 0, MEM_RELEASE) && VirtualFree(Client->Receive, 0, MEM_RELEASE));
    Client->OwnsMemory = FALSE;
    UINT64 Before = DeviceStatistics(Device).OutUnicastPackets;
    TrafficSend(Device, 4, 1, 100);
    CHECK_SOON(DeviceStatistics(Device).OutUnicastPackets > Before);
    ClientCloseFile(Client);
    CHECK_SOON(!DeviceHasCarrier(Device));
    CheckNext(Device);
}

static VOID ProcessIsKilled(DEVICE *Device)
{
    CLIENT *Client = ClientNew(Device);
    WCHAR Arguments[80];

    wsprintfW(Arguments, L"hold %s", Device->Link);
    if (!CHECK(ClientOpen(Client, Device->Link, GENERIC_READ | GENERIC_WRITE)) ||
        !ClientMakeRings(Client, CAPACITY))
    {
        return;
    }
    TUN_REGISTER_RINGS Rings = ClientRegistration(Client);
    for (int Round = 0; Round < 3; ++Round)
    {
        HANDLE Holder = CaseStartHolder(Arguments, FALSE);
        CHECK(DeviceHasCarrier(Device));
        CHECK_EQUAL(
            ClientRegister(Client, TUN_IOCTL_REGISTER_RINGS, &Rings), ERROR_ALREADY_INITIALIZED);
        CaseKill(Holder);
        CHECK_SOON(!DeviceHasCarrier(Device));
    }
    CHECK(ClientRun(Client) && TrafficBothWays(Client, 20));
}

static VOID ProcessLeaves(DEVICE *Device)
{
    WCHAR Arguments[80];
    DWORD ExitCode = 1;

    wsprintfW(Arguments, L"leave %s", Device->Link);
    HANDLE Process = CaseStartProcess(Arguments, FALSE);
    CHECK_EQUAL(WaitForSingleObject(Process, 4 * DEVICE_TIMEOUT), WAIT_OBJECT_0);
    CHECK(GetExitCodeProcess(Process, &ExitCode));
    CHECK_EQUAL(ExitCode, 0);
    CloseHandle(Process);
    CHECK_SOON(!DeviceHasCarrier(Device));
    CheckNext(Device);
}

/* A handle to the device that a child inherits, and how the child is told of it. */
static HANDLE StartHeir(CLIENT *Client, const WCHAR *What)
{
    WCHAR Arguments[80];

    CHECK(SetHandleInformation(Client->File, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT));
    wsprintfW(Arguments, What, (ULONG)(ULONG_PTR)Client->File);
    HANDLE Heir = CaseStartHolder(Arguments, TRUE);
    CHECK(SetHandleInformation(Client->File, HANDLE_FLAG_INHERIT, 0));
    return Heir;
}

/* Who registered dies; the file lives on here. */
static VOID ProcessIsKilledHandleLives(DEVICE *Device)
{
    CLIENT *Client = ClientNew(Device);

    if (!CHECK(ClientOpen(Client, Device->Link, GENERIC_READ | GENERIC_WRITE)))
    {
        return;
    }
    HANDLE Heir = StartHeir(Client, L"hold-handle %u");
    CHECK(DeviceHasCarrier(Device));
    CaseKill(Heir);
    CHECK_SOON(!DeviceHasCarrier(Device));
    CLIENT *Next = ClientStart(Device, CAPACITY);
    if (CHECK(Next != NULL))
    {
        /* The old file is closed: nothing of the new registration ends. */
        ClientCloseFile(Client);
        Sleep(50);
        CHECK(DeviceHasCarrier(Device) && TrafficBothWays(Next, 30));
    }
}

/* Somebody dies who has a handle and registered nothing. */
static VOID BystanderIsKilled(DEVICE *Device)
{
    CLIENT *Client = ClientStart(Device, CAPACITY);

    if (Client != NULL)
    {
        CaseKill(StartHeir(Client, L"idle"));
        Sleep(50);
        CHECK(DeviceHasCarrier(Device) && TrafficBothWays(Client, 40));
        ResetEvent(Client->SendTailMoved);
        ClientCloseFile(Client);
        CheckEnded(Client);
    }
}

static DWORD WINAPI WaitForEnd(VOID *Context)
{
    CLIENT *Client = Context;

    return Client->Send->Tail == TUN_TERMINATED
               ? WAIT_OBJECT_0
               : WaitForSingleObject(Client->SendTailMoved, 4 * DEVICE_TIMEOUT);
}

/* The device is gone, and its handle open still. */
static VOID CheckGone(CLIENT *Client, const TUN_REGISTER_RINGS *Rings)
{
    CLIENT *Another = ClientNew(Client->Device);

    ClientPlaceRings(Client, CAPACITY, Client->Send, Client->Receive);
    CHECK_EQUAL(ClientRegister(Client, TUN_IOCTL_REGISTER_RINGS, Rings), ERROR_NOT_READY);
    CHECK_EQUAL(ClientRegister(Client, TUN_IOCTL_REGISTER_RINGS_2019, Rings), ERROR_NOT_READY);
    CHECK(!ClientOpen(Another, Client->Device->Link, GENERIC_READ | GENERIC_WRITE));
    CHECK(!ClientOpen(Another, Client->Device->Found.Path, GENERIC_READ | GENERIC_WRITE));
    ClientClose(Another);
}

/* While a thread waits for packets, and the handle is one of the interface, or of the link. */
static VOID RemoveAdapter(DEVICE *Device, LPCWSTR Path)
{
    CLIENT *Client = ClientNew(Device);
    DWORD Result = WAIT_FAILED;

    if (!CHECK(ClientOpen(Client, Path, GENERIC_READ | GENERIC_WRITE)) ||
        !ClientMakeRings(Client, CAPACITY) || !ClientRun(Client) || !TrafficBothWays(Client, 50))
    {
        return;
    }
    TUN_REGISTER_RINGS Rings = ClientRegistration(Client);
    ResetEvent(Client->SendTailMoved);
    HANDLE Thread = CreateThread(NULL, 0, WaitForEnd, Client, 0, NULL);
    Sleep(20);
    DeviceRemove(Device);
    CHECK_EQUAL(WaitForSingleObject(Thread, DEVICE_TIMEOUT), WAIT_OBJECT_0);
    CHECK(GetExitCodeThread(Thread, &Result) && Result == WAIT_OBJECT_0);
    CloseHandle(Thread);
    CHECK_EQUAL(Client->Send->Tail, TUN_TERMINATED);
    CHECK_EQUAL(Client->Receive->Head, TUN_TERMINATED);
    CHECK(!DeviceIsInLinux(Device));
    CheckGone(Client, &Rings);
    ClientClose(Client);
}

/* Again and again under the same name. */
static VOID AdapterIsRemoved(DEVICE *Device)
{
    static DEVICE Other;

    (void)Device;
    for (int Round = 0; Round < 4; ++Round)
    {
        if (DeviceCreate(&Other, 3, FALSE))
        {
            RemoveAdapter(&Other, Round % 2 ? Other.Link : Other.Found.Path);
        }
        if (Other.Adapter != NULL)
        {
            DeviceRemove(&Other);
        }
    }
}

#define MANY 8

/* Adapters [From, MANY) have traffic of their own, all at the same time. */
static VOID CheckMany(DEVICE *Devices, CLIENT **Many, int From)
{
    for (ULONG Round = 0; Round < 10; ++Round)
    {
        for (int Index = From; Index < MANY; ++Index)
        {
            TrafficSend(&Devices[Index], 4, Round, 200 + Round);
            CHECK(TrafficPut(Many[Index], 4, Round, 300 + Round));
            ClientPublish(Many[Index]);
        }
        for (int Index = MANY - 1; Index >= From; --Index)
        {
            TrafficExpect(Many[Index], 4, Round, 200 + Round);
            TrafficCollect(&Devices[Index], 4, Round, 300 + Round);
        }
    }
    for (int Index = From; Index < MANY; ++Index)
    {
        ADIT_COUNTERS Counters = DeviceCounters(&Devices[Index]);
        CHECK(Counters.Out.Packets[AditUnicast] >= 10);
        CHECK_EQUAL(Counters.In.Packets[AditUnicast] % 10, 0);
    }
}

static VOID SeveralAdapters(DEVICE *Device)
{
    static DEVICE Devices[MANY];
    CLIENT *Many[MANY] = {NULL};
    int Made = 0;
    BOOL Started = TRUE;

    (void)Device;
    while (Started && Made < MANY)
    {
        Started = DeviceCreate(&Devices[Made], 10 + (ULONG)Made, FALSE) &&
                  (Many[Made] = ClientStart(&Devices[Made], CAPACITY)) != NULL;
        ++Made;
    }
    if (Started)
    {
        CheckMany(Devices, Many, 0);
        /* Two of them end, one closed and one removed: the others go on. */
        ClientClose(Many[0]);
        DeviceRemove(&Devices[1]);
        CheckEnded(Many[1]);
        ClientClose(Many[1]);
        CheckMany(Devices, Many, 2);
        CheckNext(&Devices[0]);
    }
    ClientCloseAll();
    for (int Index = 0; Index < Made; ++Index)
    {
        if (Devices[Index].Adapter != NULL)
        {
            DeviceRemove(&Devices[Index]);
        }
    }
}

const DEVICE_CASE EndCases[] = {
    {"end: the handle is closed", Close},
    {"end: with the last handle, not with the first", CloseOneOfTwoHandles},
    {"end: rings that are freed while they are registered", MemoryFreedWhileRegistered},
    {"end: the process is killed", ProcessIsKilled},
    {"end: the process ends by itself", ProcessLeaves},
    {"end: the process is killed, its handle lives on in another", ProcessIsKilledHandleLives},
    {"end: not when another process with a handle is killed", BystanderIsKilled},
    {"end: the adapter is removed", AdapterIsRemoved},
    {"several adapters of one process, each with its own packets", SeveralAdapters},
    {NULL, NULL}};
