/* SPDX-License-Identifier: MIT */
/*
 * A client of the device that brings its own ring code, as released clients do: what is here
 * follows the layout and protocol of the ring's documentation and takes nothing from ring/.
 * Adapters come from adit.dll; the device is opened, and the rings registered, without it.
 *
 * Clients and devices live in fixed places; CasesRun ends the clients that a case has left open.
 */
#ifndef ADIT_TESTS_WINE_DEVICE_CLIENT_H
#define ADIT_TESTS_WINE_DEVICE_CLIENT_H

#include "../../tools/device.h"

#include <stddef.h>
#include <stdio.h>

/* ---- The protocol */

#define TUN_MIN_CAPACITY 0x20000u
#define TUN_MAX_CAPACITY 0x4000000u
#define TUN_MAX_PACKET   0xFFFFu
#define TUN_TERMINATED   0xFFFFFFFFu

#define TUN_IOCTL_REGISTER_RINGS      0xCA6CE5C0u
#define TUN_IOCTL_REGISTER_RINGS_2019 0x0022E000u

typedef struct _TUN_PACKET
{
    ULONG Size;
    BYTE Data[];
} TUN_PACKET;

typedef struct _TUN_RING
{
    volatile ULONG Head;
    volatile ULONG Tail;
    volatile LONG Alertable;
    BYTE Data[];
} TUN_RING;

typedef struct _TUN_RING_DESCRIPTOR
{
    ULONG RingSize;
    TUN_RING *Ring;
    HANDLE TailMoved;
} TUN_RING_DESCRIPTOR;

typedef struct _TUN_REGISTER_RINGS
{
    TUN_RING_DESCRIPTOR Send;
    TUN_RING_DESCRIPTOR Receive;
} TUN_REGISTER_RINGS;

_Static_assert(sizeof(TUN_REGISTER_RINGS) == 6 * sizeof(VOID *), "TUN_REGISTER_RINGS");

/* Bytes of a ring, and bytes that a packet takes in one. */
#define TUN_RING_SIZE(Capacity)  (12u + (Capacity) + 0x10000u)
#define TUN_PACKET_SPACE(Length) (((ULONG)(Length) + 4u + 3u) & ~3u)

/* ---- Checks */

/* Milliseconds after which something that should have happened has not. */
#define DEVICE_TIMEOUT 20000u

extern int CheckFailures;

/* Both print what does not hold and return whether it does. */
#define CHECK(Condition) CheckReport((Condition) != 0, #Condition, __FILE__, __LINE__)
#define CHECK_EQUAL(Actual, Expected) \
    CheckEqual((UINT64)(Actual), (UINT64)(Expected), #Actual, __FILE__, __LINE__)

BOOL CheckReport(BOOL Holds, const char *Text, const char *File, int Line);
BOOL CheckEqual(UINT64 Actual, UINT64 Expected, const char *Text, const char *File, int Line);

/* Repeats an expression every few milliseconds until it holds or DEVICE_TIMEOUT has passed. */
#define CHECK_SOON(Condition)                                                      \
    do                                                                             \
    {                                                                              \
        ULONGLONG SoonDeadline = GetTickCount64() + DEVICE_TIMEOUT;                \
        while (!(Condition) && GetTickCount64() < SoonDeadline)                    \
        {                                                                          \
            Sleep(2);                                                              \
        }                                                                          \
        CheckReport((Condition) != 0, "in time: " #Condition, __FILE__, __LINE__); \
    } while (0)

/* ---- Adapters */

typedef struct _DEVICE
{
    VOID *Adapter;        /* the library's handle, or a KEEPER; NULL: there is none, or removed */
    ULONG Number;         /* its networks are 10.6.Number.0/24, fd00:6:Number::/64 */
    char Name[16];        /* of the connection and of the Linux interface */
    ADAPTER_DEVICE Found; /* with the path of its GUID_DEVINTERFACE_NET interface */
    WCHAR Link[40];       /* \\.\Global\WINTUN<NetLuidIndex> */
    UINT_PTR Sockets[2];  /* see device_traffic.h */
} DEVICE;

/* Loads adit.dll from the program's directory. */
BOOL DeviceLoadLibrary(VOID);

/*
 * Makes an adapter named "DeviceNumber" and has Linux give it its addresses and an MTU of 65535.
 * IPv6 makes Linux send packets of its own; without it there are none but those that are asked for.
 */
BOOL DeviceCreate(DEVICE *Device, ULONG Number, BOOL WithIpv6);

/* Removes the adapter, if it is there. */
VOID DeviceRemove(DEVICE *Device);

/* Makes an adapter and keeps it for another process (device_keeper.h); the exit status. */
int DeviceKeep(const char *Name);

/* Whether Linux sees the carrier of the interface; the interface. */
BOOL DeviceHasCarrier(const DEVICE *Device);
BOOL DeviceIsInLinux(const DEVICE *Device);

/* The driver's counters; zeros and a failed check if they cannot be had. */
ADIT_COUNTERS DeviceCounters(const DEVICE *Device);
NDIS_STATISTICS DeviceStatistics(const DEVICE *Device);

/* ---- Clients */

typedef struct _CLIENT
{
    DEVICE *Device; /* NULL: free */
    HANDLE File;
    ULONG Capacity;
    TUN_RING *Send;
    TUN_RING *Receive;
    BOOL OwnsMemory;
    HANDLE SendTailMoved;
    HANDLE ReceiveTailMoved;
    ULONG Id;           /* in the names of the events; 0: there are none */
    BOOL ManualReset;   /* kind of events */
    BOOL SetsAlertable; /* says so at registration, and does it before it waits */
    ULONG Tail;         /* of the receive ring, with what is not published yet */
} CLIENT;

/* A client that has opened nothing, of a device. */
CLIENT *ClientNew(DEVICE *Device);

/* Opens the device by a name of it; the last error says why not. */
BOOL ClientOpen(CLIENT *Client, LPCWSTR Path, DWORD Access);

/* Makes events, and empty rings of that capacity out of VirtualAlloc. */
BOOL ClientMakeRings(CLIENT *Client, ULONG Capacity);

/* The same in memory that is the caller's. */
BOOL ClientPlaceRings(CLIENT *Client, ULONG Capacity, VOID *Send, VOID *Receive);

/* What the client has to say to register. */
TUN_REGISTER_RINGS ClientRegistration(const CLIENT *Client);

/* Registers; the Win32 error, 0 for success. */
DWORD ClientRegister(CLIENT *Client, DWORD Code, const TUN_REGISTER_RINGS *Rings);

/* All of it: opened by interface, registered, and Linux has its first packet delivered. */
CLIENT *ClientStart(DEVICE *Device, ULONG Capacity);

/* Registers rings that are made, and waits for Linux. */
BOOL ClientRun(CLIENT *Client);

VOID ClientCloseFile(CLIENT *Client);

/* Closes and frees everything; the driver must hold none of the events soon after. */
VOID ClientClose(CLIENT *Client);
VOID ClientCloseAll(VOID);

/* The next packet, which stays in the ring until ClientRelease; NULL and WAIT_TIMEOUT,
 * ERROR_HANDLE_EOF or ERROR_INVALID_DATA. */
const BYTE *ClientReceive(CLIENT *Client, DWORD *Size, DWORD Timeout);
VOID ClientRelease(CLIENT *Client, DWORD Size);

/* Space for a packet; NULL: the ring is full. */
BYTE *ClientAllocate(CLIENT *Client, DWORD Size);
VOID ClientPublish(CLIENT *Client);

/* ---- Cases */

typedef struct _DEVICE_CASE
{
    const char *Name;
    VOID (*Run)(DEVICE *Device);
} DEVICE_CASE;

/* Ends with a case without a name. */
extern const DEVICE_CASE RegisterCases[], DataCases[], EndCases[];

/* Starts this program again: "device_test What ...". Inherits: it gets this process' inheritable
 * handles. NULL and a failed check if it does not start. */
HANDLE CaseStartProcess(LPCWSTR Arguments, BOOL Inherits);

/* Starts it and waits until it says that it is ready. */
HANDLE CaseStartHolder(LPCWSTR Arguments, BOOL Inherits);
VOID CaseKill(HANDLE Process);

/* Event that a holder sets when it is ready. */
#define CASE_READY_EVENT L"AditDeviceTest.Ready"

#endif
