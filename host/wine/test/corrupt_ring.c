/* SPDX-License-Identifier: MIT */
/*
 * corrupt_ring.exe C:\full\path\adit.dll: a client that writes to its receive ring's Tail what is
 * no offset, again and again. Prints "adapter <NetLuidIndex> process <id>" once the driver
 * reads no more.
 */
#include <winsock2.h>
#include <windows.h>
#include <ws2ipdef.h>
#include <iphlpapi.h>
#include <shellapi.h>
#include <stdio.h>

#include "adit.h"

static WINTUN_CREATE_ADAPTER_FUNC *WintunCreateAdapter;
static WINTUN_CLOSE_ADAPTER_FUNC *WintunCloseAdapter;
static WINTUN_GET_ADAPTER_LUID_FUNC *WintunGetAdapterLUID;
static WINTUN_START_SESSION_FUNC *WintunStartSession;
static WINTUN_END_SESSION_FUNC *WintunEndSession;
static WINTUN_ALLOCATE_SEND_PACKET_FUNC *WintunAllocateSendPacket;
static WINTUN_SEND_PACKET_FUNC *WintunSendPacket;

static BOOL Load(const WCHAR *Path)
{
    HMODULE Module = LoadLibraryW(Path);
#define LOAD(Name) ((*(FARPROC *)&Name = GetProcAddress(Module, #Name)) != NULL)
    return Module != NULL && LOAD(WintunCreateAdapter) && LOAD(WintunCloseAdapter) &&
           LOAD(WintunGetAdapterLUID) && LOAD(WintunStartSession) && LOAD(WintunEndSession) &&
           LOAD(WintunAllocateSendPacket) && LOAD(WintunSendPacket);
}

/* Zero: the driver has stopped reading the ring. */
static DWORD Corrupt(WINTUN_SESSION_HANDLE Session)
{
    /* The first packet is that at the start of the ring: TUN_RING.Tail is 12 bytes before it. */
    volatile DWORD *Tail = NULL;
    for (int Try = 0; Try < 1000; ++Try)
    {
        BYTE *Packet = WintunAllocateSendPacket(Session, 60);
        if (Packet == NULL)
        {
            return GetLastError() == ERROR_HANDLE_EOF ? 0 : GetLastError();
        }
        ZeroMemory(Packet, 60);
        if (Tail == NULL)
        {
            Tail = (volatile DWORD *)(Packet - 12);
        }
        WintunSendPacket(Session, Packet);
        *Tail = 3;
        Sleep(10);
    }
    return ERROR_TIMEOUT;
}

int main(void)
{
    int Count = 0;
    NET_LUID Luid;
    WCHAR **Values = CommandLineToArgvW(GetCommandLineW(), &Count);
    if (Values == NULL || Count != 2 || !Load(Values[1]))
    {
        fprintf(stderr, "usage: corrupt_ring.exe C:\\full\\path\\adit.dll\n");
        return 2;
    }
    WINTUN_ADAPTER_HANDLE Adapter = WintunCreateAdapter(L"Corrupt", L"Test", NULL);
    WINTUN_SESSION_HANDLE Session =
        Adapter ? WintunStartSession(Adapter, WINTUN_MIN_RING_CAPACITY) : NULL;
    if (Session == NULL)
    {
        fprintf(stderr, "no session: error %lu\n", GetLastError());
        return 1;
    }
    DWORD Error = Corrupt(Session);
    WintunGetAdapterLUID(Adapter, &Luid);
    if (Error != 0)
    {
        fprintf(stderr, "the driver still reads: error %lu\n", Error);
    }
    else
    {
        printf(
            "adapter %lu process %lu\n", (unsigned long)Luid.Info.NetLuidIndex,
            GetCurrentProcessId());
    }
    WintunEndSession(Session);
    WintunCloseAdapter(Adapter);
    return Error == 0 ? 0 : 1;
}
