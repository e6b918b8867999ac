/* SPDX-License-Identifier: MIT */
/* The client itself: rings of its own, registered by DeviceIoControl. */
#include "device_client.h"
#include "device_traffic.h"

#include <string.h>

#define CLIENT_MAX 16

static CLIENT Clients[CLIENT_MAX];

CLIENT *ClientNew(DEVICE *Device)
{
    for (SIZE_T Index = 0; Index < CLIENT_MAX; ++Index)
    {
        if (Clients[Index].Device == NULL)
        {
            Clients[Index] = (CLIENT){.Device = Device, .File = INVALID_HANDLE_VALUE};
            return &Clients[Index];
        }
    }
    printf("more than %d clients at once\n", CLIENT_MAX);
    ExitProcess(1);
}

BOOL ClientOpen(CLIENT *Client, LPCWSTR Path, DWORD Access)
{
    Client->File = CreateFileW(
        Path, Access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
        FILE_ATTRIBUTE_NORMAL, NULL);
    return Client->File != INVALID_HANDLE_VALUE;
}

static VOID ClientEventName(const CLIENT *Client, const WCHAR *Ring, WCHAR Name[64])
{
    wsprintfW(Name, L"AditDeviceTest.%u.%u.%s", GetCurrentProcessId(), Client->Id, Ring);
}

static HANDLE ClientMakeEvent(const CLIENT *Client, const WCHAR *Ring)
{
    WCHAR Name[64];

    ClientEventName(Client, Ring, Name);
    HANDLE Event = CreateEventW(NULL, Client->ManualReset, FALSE, Name);
    CHECK(Event != NULL && GetLastError() != ERROR_ALREADY_EXISTS);
    return Event;
}

BOOL ClientPlaceRings(CLIENT *Client, ULONG Capacity, VOID *Send, VOID *Receive)
{
    static ULONG LastId;

    if (!CHECK(Send != NULL && Receive != NULL))
    {
        return FALSE;
    }
    Client->Capacity = Capacity;
    Client->Send = Send;
    Client->Receive = Receive;
    memset(Send, 0, sizeof(TUN_RING));
    memset(Receive, 0, sizeof(TUN_RING));
    Client->Send->Alertable = Client->SetsAlertable ? 2 : 0;
    Client->Tail = 0;
    if (Client->Id == 0)
    {
        Client->Id = ++LastId;
        Client->SendTailMoved = ClientMakeEvent(Client, L"Send");
        Client->ReceiveTailMoved = ClientMakeEvent(Client, L"Receive");
    }
    return Client->SendTailMoved != NULL && Client->ReceiveTailMoved != NULL;
}

BOOL ClientMakeRings(CLIENT *Client, ULONG Capacity)
{
    SIZE_T Size = TUN_RING_SIZE(Capacity);

    Client->OwnsMemory = TRUE;
    Client->Send = VirtualAlloc(NULL, Size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    Client->Receive = VirtualAlloc(NULL, Size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    return ClientPlaceRings(Client, Capacity, Client->Send, Client->Receive);
}

TUN_REGISTER_RINGS ClientRegistration(const CLIENT *Client)
{
    ULONG RingSize = TUN_RING_SIZE(Client->Capacity);

    return (TUN_REGISTER_RINGS){.Send = {RingSize, Client->Send, Client->SendTailMoved},
                                .Receive = {RingSize, Client->Receive, Client->ReceiveTailMoved}};
}

DWORD ClientRegister(CLIENT *Client, DWORD Code, const TUN_REGISTER_RINGS *Rings)
{
    DWORD Returned;

    return DeviceIoControl(
               Client->File, Code, (VOID *)Rings, sizeof(*Rings), NULL, 0, &Returned, NULL)
               ? ERROR_SUCCESS
               : GetLastError();
}

BOOL ClientRun(CLIENT *Client)
{
    TUN_REGISTER_RINGS Rings = ClientRegistration(Client);

    if (!CHECK_EQUAL(ClientRegister(Client, TUN_IOCTL_REGISTER_RINGS, &Rings), 0))
    {
        return FALSE;
    }
    if (Client->SetsAlertable)
    {
        Client->Send->Alertable = 0; /* awake */
    }
    return TrafficSync(Client);
}

CLIENT *ClientStart(DEVICE *Device, ULONG Capacity)
{
    CLIENT *Client = ClientNew(Device);

    if (!CHECK(ClientOpen(Client, Device->Found.Path, GENERIC_READ | GENERIC_WRITE)) ||
        !ClientMakeRings(Client, Capacity) || !ClientRun(Client))
    {
        return NULL;
    }
    return Client;
}

VOID ClientCloseFile(CLIENT *Client)
{
    if (Client->File != INVALID_HANDLE_VALUE)
    {
        CHECK(CloseHandle(Client->File));
        Client->File = INVALID_HANDLE_VALUE;
    }
}

/* Whether an event of that name is there still: the driver has a reference to it. */
static BOOL ClientEventExists(const CLIENT *Client, const WCHAR *Ring)
{
    WCHAR Name[64];

    ClientEventName(Client, Ring, Name);
    HANDLE Event = OpenEventW(SYNCHRONIZE, FALSE, Name);
    if (Event == NULL)
    {
        return FALSE;
    }
    CloseHandle(Event);
    return TRUE;
}

VOID ClientClose(CLIENT *Client)
{
    ClientCloseFile(Client);
    if (Client->Id != 0)
    {
        CloseHandle(Client->SendTailMoved);
        CloseHandle(Client->ReceiveTailMoved);
        CHECK_SOON(!ClientEventExists(Client, L"Send"));
        CHECK_SOON(!ClientEventExists(Client, L"Receive"));
    }
    if (Client->OwnsMemory)
    {
        CHECK(VirtualFree(Client->Send, 0, MEM_RELEASE));
        CHECK(VirtualFree(Client->Receive, 0, MEM_RELEASE));
    }
    Client->Device = NULL;
}

VOID ClientCloseAll(VOID)
{
    for (SIZE_T Index = 0; Index < CLIENT_MAX; ++Index)
    {
        if (Clients[Index].Device != NULL)
        {
            ClientClose(&Clients[Index]);
        }
    }
}

/* Sleeps until the driver signals; FALSE: it did not in time. */
static BOOL ClientSleep(CLIENT *Client, DWORD Timeout)
{
    TUN_RING *Ring = Client->Send;
    BOOL Result = TRUE;

    if (Client->SetsAlertable)
    {
        Ring->Alertable = 1;
        MemoryBarrier();
    }
    if (Ring->Tail == Ring->Head)
    {
        Result = WaitForSingleObject(Client->SendTailMoved, Timeout) == WAIT_OBJECT_0;
        if (Client->ManualReset)
        {
            ResetEvent(Client->SendTailMoved);
            MemoryBarrier();
        }
    }
    if (Client->SetsAlertable)
    {
        Ring->Alertable = 0;
    }
    return Result;
}

const BYTE *ClientReceive(CLIENT *Client, DWORD *Size, DWORD Timeout)
{
    TUN_RING *Ring = Client->Send;

    while (Ring->Tail == Ring->Head)
    {
        if (!ClientSleep(Client, Timeout))
        {
            SetLastError(WAIT_TIMEOUT);
            return NULL;
        }
    }
    ULONG Head = Ring->Head, Tail = Ring->Tail;
    MemoryBarrier();
    if (Tail == TUN_TERMINATED)
    {
        SetLastError(ERROR_HANDLE_EOF);
        return NULL;
    }
    const TUN_PACKET *Packet = (const TUN_PACKET *)(Ring->Data + Head);
    ULONG Content = (Tail - Head) & (Client->Capacity - 1);
    if (Tail >= Client->Capacity || Tail % 4 != 0 || Packet->Size > TUN_MAX_PACKET ||
        TUN_PACKET_SPACE(Packet->Size) > Content)
    {
        SetLastError(ERROR_INVALID_DATA);
        return NULL;
    }
    *Size = Packet->Size;
    return Packet->Data;
}

VOID ClientRelease(CLIENT *Client, DWORD Size)
{
    TUN_RING *Ring = Client->Send;

    MemoryBarrier();
    Ring->Head = (Ring->Head + TUN_PACKET_SPACE(Size)) & (Client->Capacity - 1);
}

BYTE *ClientAllocate(CLIENT *Client, DWORD Size)
{
    TUN_RING *Ring = Client->Receive;
    ULONG Space = (Ring->Head - Client->Tail - 4) & (Client->Capacity - 1);

    if (TUN_PACKET_SPACE(Size) > Space)
    {
        return NULL;
    }
    TUN_PACKET *Packet = (TUN_PACKET *)(Ring->Data + Client->Tail);
    Packet->Size = Size;
    Client->Tail = (Client->Tail + TUN_PACKET_SPACE(Size)) & (Client->Capacity - 1);
    return Packet->Data;
}

VOID ClientPublish(CLIENT *Client)
{
    TUN_RING *Ring = Client->Receive;

    MemoryBarrier();
    Ring->Tail = Client->Tail;
    MemoryBarrier();
    if (Ring->Alertable != 0)
    {
        SetEvent(Client->ReceiveTailMoved);
    }
}
