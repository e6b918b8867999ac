/* SPDX-License-Identifier: MIT */
/*
 * live_test [SECONDS]: every state of a session with the real driver, traffic of eight threads for
 * that long, and the library unloaded with everything open.
 */
#include "live.h"

#include <stdlib.h>
#include <string.h>

#define LIVE_PROTOCOL_UDP 17

int CheckFailures;

#define CLIENT_DEFINE(Type, Name) Type *Name;
CLIENT_FUNCTIONS(CLIENT_DEFINE)
CLIENT_SESSION_FUNCTIONS(CLIENT_DEFINE)

HMODULE LiveLoad(void)
{
    HMODULE Module = LoadLibraryExW(
        L"adit.dll", NULL, LOAD_LIBRARY_SEARCH_APPLICATION_DIR | LOAD_LIBRARY_SEARCH_SYSTEM32);
    if (!CHECK(Module != NULL))
    {
        return NULL;
    }
#define LIVE_FIND(Type, Name)                             \
    Name = (Type *)(void *)GetProcAddress(Module, #Name); \
    if (!CHECK(Name != NULL))                             \
    {                                                     \
        return NULL;                                      \
    }
    CLIENT_FUNCTIONS(LIVE_FIND)
    CLIENT_SESSION_FUNCTIONS(LIVE_FIND)
    return Module;
}

WINTUN_ADAPTER_HANDLE LiveCreateAdapter(int Configured)
{
    WINTUN_ADAPTER_HANDLE Adapter = WintunCreateAdapter(LIVE_ADAPTER_NAME, LIVE_TUNNEL_TYPE, NULL);

    if (CHECK(Adapter != NULL) && Configured)
    {
        printf("linux: configure %ls\n", LIVE_ADAPTER_NAME);
        fflush(stdout);
    }
    return Adapter;
}

static struct sockaddr_in LiveAddress(BYTE Host, USHORT Port)
{
    struct sockaddr_in Address = {.sin_family = AF_INET, .sin_port = htons(Port)};

    memcpy(&Address.sin_addr, (BYTE[]){10, 7, 1, Host}, 4);
    return Address;
}

SOCKET LiveSocket(USHORT Port)
{
    struct sockaddr_in Address = LiveAddress(LIVE_NEAR, Port);
    ULONGLONG Deadline = GetTickCount64() + LIVE_TIMEOUT;
    DWORD Timeout = 200;

    SOCKET Socket = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
    while (bind(Socket, (struct sockaddr *)&Address, sizeof(Address)) != 0)
    {
        if (!CHECK(GetTickCount64() < Deadline))
        {
            printf("10.7.1.7 is not there: run this program by tests/wine/session_test\n");
            exit(1);
        }
        Sleep(20);
    }
    setsockopt(Socket, SOL_SOCKET, SO_RCVTIMEO, (const char *)&Timeout, sizeof(Timeout));
    return Socket;
}

int LiveSendTo(SOCKET Socket, BYTE Host, USHORT Port, const void *Payload, int Length)
{
    struct sockaddr_in Address = LiveAddress(Host, Port);

    return sendto(Socket, Payload, Length, 0, (struct sockaddr *)&Address, sizeof(Address)) ==
           Length;
}

static void LiveWriteWord(BYTE *Data, DWORD Value)
{
    Data[0] = (BYTE)(Value >> 8);
    Data[1] = (BYTE)Value;
}

static USHORT LiveReadWord(const BYTE *Data)
{
    return (USHORT)(Data[0] << 8 | Data[1]);
}

void LiveWriteHeaders(BYTE *Packet, BYTE Host, USHORT Port, DWORD Length)
{
    const BYTE Header[LIVE_HEADERS] = {
        0x45, [8] = 64, LIVE_PROTOCOL_UDP, [12] = 10, 7, 1, Host, 10, 7, 1, LIVE_NEAR,
    };
    DWORD Sum = 0;

    memcpy(Packet, Header, sizeof(Header));
    LiveWriteWord(Packet + 2, LIVE_HEADERS + Length);
    for (int Index = 0; Index < 20; Index += 2)
    {
        Sum += LiveReadWord(Packet + Index);
    }
    Sum = (Sum & 0xFFFF) + (Sum >> 16);
    LiveWriteWord(Packet + 10, ~(Sum + (Sum >> 16)));
    LiveWriteWord(Packet + 20, Port);
    LiveWriteWord(Packet + 22, Port);
    /* A UDP checksum of zero is none (RFC 768). */
    LiveWriteWord(Packet + 24, 8 + Length);
}

const BYTE *LiveReadHeaders(const BYTE *Packet, DWORD Size, USHORT *Port, DWORD *Length)
{
    if (Size < LIVE_HEADERS || Packet[0] != 0x45 || Packet[9] != LIVE_PROTOCOL_UDP ||
        Packet[16] != 10 || Packet[17] != 7 || Packet[18] != 1 || Packet[19] == 255)
    {
        return NULL;
    }
    *Port = LiveReadWord(Packet + 22);
    *Length = Size - LIVE_HEADERS;
    return Packet + LIVE_HEADERS;
}

int main(int argc, char **argv)
{
    DWORD Seconds = argc > 1 ? (DWORD)atoi(argv[1]) : 60;
    WSADATA Data;

    setvbuf(stdout, NULL, _IONBF, 0);
    CHECK(WSAStartup(MAKEWORD(2, 2), &Data) == 0);
    HMODULE Module = LiveLoad();
    if (Module == NULL)
    {
        return 1;
    }
    WintunSetLogger(ClientLogger);
    WINTUN_ADAPTER_HANDLE Adapter = LiveCreateAdapter(1);
    if (Adapter != NULL)
    {
        LiveCases(Adapter);
        LiveFull(Adapter);
        LiveTraffic(Adapter, Seconds);
        WintunCloseAdapter(Adapter);
    }
    WintunSetLogger(NULL);
    FreeLibrary(Module);
    LiveUnload();
    return CheckResult("live_test");
}
