/* SPDX-License-Identifier: MIT */
#include "device_traffic.h"

#include <string.h>
#include <ws2tcpip.h>

#define TRAFFIC_PORT       5000
#define TRAFFIC_SYNC_PORT  5001
#define TRAFFIC_SYNC_TIME  50 /* ms */
#define TRAFFIC_SYNC_TRIES 100

#define PROTOCOL_UDP 17

#define HOST_NEAR 7
#define HOST_FAR  8

static BYTE Payload[0x10000];

/* The address of a host of the device's network; its length. */
static SIZE_T TrafficAddress(const DEVICE *Device, int Version, BYTE Host, BYTE Address[16])
{
    BYTE Number = (BYTE)Device->Number;

    if (Version == 4)
    {
        memcpy(Address, (BYTE[]){10, 6, Number, Host}, 4);
        return 4;
    }
    memset(Address, 0, 16);
    memcpy(Address, (BYTE[]){0xFD, 0, 0, 6, 0, Number}, 6);
    Address[15] = Host;
    return 16;
}

static int TrafficSocketAddress(
    const DEVICE *Device, int Version, BYTE Host, USHORT Port, struct sockaddr_storage *Address)
{
    struct sockaddr_in *In = (struct sockaddr_in *)Address;
    struct sockaddr_in6 *In6 = (struct sockaddr_in6 *)Address;

    memset(Address, 0, sizeof(*Address));
    if (Version == 4)
    {
        In->sin_family = AF_INET;
        In->sin_port = htons(Port);
        TrafficAddress(Device, 4, Host, (BYTE *)&In->sin_addr);
        return sizeof(*In);
    }
    In6->sin6_family = AF_INET6;
    In6->sin6_port = htons(Port);
    TrafficAddress(Device, 6, Host, (BYTE *)&In6->sin6_addr);
    return sizeof(*In6);
}

static VOID TrafficFill(const DEVICE *Device, ULONG Number, BYTE *Data, DWORD Length)
{
    ULONG Seed = Device->Number * 0x9E3779B1u + Number * 0x85EBCA6Bu;

    for (DWORD Index = 0; Index < Length; ++Index)
    {
        Data[Index] = (BYTE)((Seed >> (Index % 4 * 8)) + Index * 7 + (Index >> 8));
    }
}

static BOOL TrafficOpenSocket(DEVICE *Device, int Version)
{
    struct sockaddr_storage Address;
    DWORD Timeout = DEVICE_TIMEOUT;
    int Length = TrafficSocketAddress(Device, Version, HOST_NEAR, TRAFFIC_PORT, &Address);

    SOCKET Socket = socket(Version == 4 ? AF_INET : AF_INET6, SOCK_DGRAM, IPPROTO_UDP);
    Device->Sockets[Version == 6] = Socket;
    return CHECK(Socket != INVALID_SOCKET) &&
           CHECK(bind(Socket, (struct sockaddr *)&Address, Length) == 0) &&
           CHECK(
               setsockopt(
                   Socket, SOL_SOCKET, SO_RCVTIMEO, (const char *)&Timeout, sizeof(Timeout)) == 0);
}

BOOL TrafficOpen(DEVICE *Device, BOOL WithIpv6)
{
    WSADATA Data;

    Device->Sockets[0] = Device->Sockets[1] = INVALID_SOCKET;
    return CHECK(WSAStartup(MAKEWORD(2, 2), &Data) == 0) && TrafficOpenSocket(Device, 4) &&
           (!WithIpv6 || TrafficOpenSocket(Device, 6));
}

VOID TrafficClose(DEVICE *Device)
{
    for (SIZE_T Index = 0; Index < 2; ++Index)
    {
        if (Device->Sockets[Index] != INVALID_SOCKET)
        {
            closesocket(Device->Sockets[Index]);
        }
    }
}

static BOOL
TrafficSendTo(const DEVICE *Device, int Version, USHORT Port, ULONG Number, DWORD Length)
{
    struct sockaddr_storage Address;
    int AddressLength = TrafficSocketAddress(Device, Version, HOST_FAR, Port, &Address);

    TrafficFill(Device, Number, Payload, Length);
    return sendto(
               Device->Sockets[Version == 6], (const char *)Payload, (int)Length, 0,
               (struct sockaddr *)&Address, AddressLength) == (int)Length;
}

BOOL TrafficSend(const DEVICE *Device, int Version, ULONG Number, DWORD Length)
{
    return CHECK(TrafficSendTo(Device, Version, TRAFFIC_PORT, Number, Length));
}

static USHORT ReadWord(const BYTE *Data)
{
    return (USHORT)(Data[0] << 8 | Data[1]);
}

static VOID WriteWord(BYTE *Data, ULONG Value)
{
    Data[0] = (BYTE)(Value >> 8);
    Data[1] = (BYTE)Value;
}

/* The Internet checksum's sum of words; RFC 1071. */
static ULONG TrafficSum(ULONG Sum, const BYTE *Data, SIZE_T Length)
{
    for (SIZE_T Index = 0; Index + 1 < Length; Index += 2)
    {
        Sum += ReadWord(Data + Index);
    }
    if (Length % 2 != 0)
    {
        Sum += (ULONG)Data[Length - 1] << 8;
    }
    while (Sum >> 16 != 0)
    {
        Sum = (Sum & 0xFFFF) + (Sum >> 16);
    }
    return Sum;
}

/* Sum of a UDP datagram with its pseudo header, whose addresses lie in the IP header. */
static ULONG TrafficUdpSum(const BYTE *Addresses, SIZE_T AddressLength, const BYTE *Udp)
{
    ULONG Length = ReadWord(Udp + 4);

    return TrafficSum(TrafficSum(Length + PROTOCOL_UDP, Addresses, 2 * AddressLength), Udp, Length);
}

/* A whole packet from the far host to the socket. */
static VOID TrafficMake(const DEVICE *Device, int Version, ULONG Number, DWORD Length, BYTE *Packet)
{
    SIZE_T Header = TRAFFIC_HEADERS(Version) - 8;
    BYTE *Addresses = Packet + (Version == 4 ? 12 : 8), *Udp = Packet + Header;

    memset(Packet, 0, Header + 8);
    SIZE_T AddressLength = TrafficAddress(Device, Version, HOST_FAR, Addresses);
    TrafficAddress(Device, Version, HOST_NEAR, Addresses + AddressLength);
    if (Version == 4)
    {
        Packet[0] = 0x45;
        WriteWord(Packet + 2, (ULONG)Header + 8 + Length);
        WriteWord(Packet + 4, Number);
        Packet[8] = 64;
        Packet[9] = PROTOCOL_UDP;
        WriteWord(Packet + 10, ~TrafficSum(0, Packet, 20));
    }
    else
    {
        Packet[0] = 0x60;
        WriteWord(Packet + 4, 8 + Length);
        Packet[6] = PROTOCOL_UDP;
        Packet[7] = 64;
    }
    WriteWord(Udp, TRAFFIC_PORT);
    WriteWord(Udp + 2, TRAFFIC_PORT);
    WriteWord(Udp + 4, 8 + Length);
    TrafficFill(Device, Number, Udp + 8, Length);
    ULONG Sum = ~TrafficUdpSum(Addresses, AddressLength, Udp) & 0xFFFF;
    WriteWord(Udp + 6, Sum != 0 ? Sum : 0xFFFF);
}

/* Whether the packet is this datagram from the socket; its headers are Linux'. */
static BOOL TrafficIs(
    const DEVICE *Device, int Version, ULONG Number, DWORD Length, const BYTE *Packet, DWORD Size)
{
    DWORD Headers = TRAFFIC_HEADERS(Version);
    const BYTE *Addresses = Packet + (Version == 4 ? 12 : 8), *Udp = Packet + Headers - 8;
    BYTE Expected[32];

    SIZE_T AddressLength = TrafficAddress(Device, Version, HOST_NEAR, Expected);
    TrafficAddress(Device, Version, HOST_FAR, Expected + AddressLength);
    if (Size != Headers + Length || Packet[0] != (Version == 4 ? 0x45 : 0x60) ||
        ReadWord(Packet + (Version == 4 ? 2 : 4)) != (Version == 4 ? Size : Length + 8) ||
        Packet[Version == 4 ? 9 : 6] != PROTOCOL_UDP ||
        memcmp(Addresses, Expected, 2 * AddressLength) != 0 || ReadWord(Udp + 4) != 8 + Length ||
        TrafficUdpSum(Addresses, AddressLength, Udp) != 0xFFFF)
    {
        return FALSE;
    }
    TrafficFill(Device, Number, Payload, Length);
    return memcmp(Payload, Udp + 8, Length) == 0;
}

/* Packets of TrafficSync, and what Linux sends of itself where IPv6 is on. */
static BOOL TrafficIsNoise(const CLIENT *Client, const BYTE *Packet, DWORD Size)
{
    int Version = Size > 0 && Packet[0] >> 4 == 6 ? 6 : 4;

    if (Version == 6 && Client->Device->Sockets[1] != INVALID_SOCKET && Packet[6] != PROTOCOL_UDP)
    {
        return TRUE;
    }
    return Size == TRAFFIC_HEADERS(Version) + 4 &&
           ReadWord(Packet + TRAFFIC_HEADERS(Version) - 6) == TRAFFIC_SYNC_PORT &&
           CHECK(TrafficIs(Client->Device, 4, 0, 4, Packet, Size));
}

BOOL TrafficSync(CLIENT *Client)
{
    const BYTE *Packet;
    DWORD Size;

    for (ULONG Try = 0; Try < TRAFFIC_SYNC_TRIES; ++Try)
    {
        if (!CHECK(TrafficSendTo(Client->Device, 4, TRAFFIC_SYNC_PORT, 0, 4)))
        {
            return FALSE;
        }
        Packet = ClientReceive(Client, &Size, TRAFFIC_SYNC_TIME);
        if (Packet == NULL && GetLastError() == WAIT_TIMEOUT)
        {
            continue;
        }
        BOOL IsNoise = CHECK(Packet != NULL) && CHECK(TrafficIsNoise(Client, Packet, Size));
        if (IsNoise)
        {
            ClientRelease(Client, Size);
        }
        return IsNoise;
    }
    return CHECK(!"Linux sends through the interface");
}

BOOL TrafficExpect(CLIENT *Client, int Version, ULONG Number, DWORD Length)
{
    const BYTE *Packet;
    DWORD Size;

    while ((Packet = ClientReceive(Client, &Size, DEVICE_TIMEOUT)) != NULL &&
           TrafficIsNoise(Client, Packet, Size))
    {
        ClientRelease(Client, Size);
    }
    if (!CHECK(Packet != NULL))
    {
        return FALSE;
    }
    BOOL Result = CHECK(TrafficIs(Client->Device, Version, Number, Length, Packet, Size));
    if (!Result)
    {
        printf(
            "    expected IPv%d datagram %lu of %lu bytes, got %lu bytes: %02x %02x ...\n", Version,
            Number, Length, Size, Packet[0], Packet[1]);
    }
    ClientRelease(Client, Size);
    return Result;
}

BOOL TrafficPut(CLIENT *Client, int Version, ULONG Number, DWORD Length)
{
    BYTE *Packet = ClientAllocate(Client, TRAFFIC_HEADERS(Version) + Length);

    if (Packet == NULL)
    {
        return FALSE;
    }
    TrafficMake(Client->Device, Version, Number, Length, Packet);
    return TRUE;
}

BOOL TrafficCollect(const DEVICE *Device, int Version, ULONG Number, DWORD Length)
{
    static BYTE Data[0x10000];

    int Received = recv(Device->Sockets[Version == 6], (char *)Data, sizeof(Data), 0);
    if (!CHECK_EQUAL(Received, (int)Length))
    {
        printf("    error %d at IPv%d datagram %lu\n", WSAGetLastError(), Version, Number);
        return FALSE;
    }
    TrafficFill(Device, Number, Payload, Length);
    return CHECK(memcmp(Data, Payload, Length) == 0);
}

BOOL TrafficBothWays(CLIENT *Client, ULONG Number)
{
    DWORD Length = 100 + Number % 1000;

    if (!TrafficSend(Client->Device, 4, Number, Length) ||
        !TrafficExpect(Client, 4, Number, Length) ||
        !CHECK(TrafficPut(Client, 4, Number + 1, Length)))
    {
        return FALSE;
    }
    ClientPublish(Client);
    return TrafficCollect(Client->Device, 4, Number + 1, Length);
}
