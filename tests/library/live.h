/* SPDX-License-Identifier: MIT */
/*
 * Sessions against the real driver: one adapter, its packets on the client's side, and on the other
 * side the system's UDP sockets. tests/wine/session_test runs it and gives the interface its
 * address.
 */
#ifndef ADIT_TESTS_LIBRARY_LIVE_H
#define ADIT_TESTS_LIBRARY_LIVE_H

#include <winsock2.h>

#define CLIENT_SHARES_CHECKS
#include "client.h"

#define CLIENT_EXTERN(Type, Name) extern Type *Name;
CLIENT_FUNCTIONS(CLIENT_EXTERN)
CLIENT_SESSION_FUNCTIONS(CLIENT_EXTERN)

#define LIVE_ADAPTER_NAME L"Session"
#define LIVE_TUNNEL_TYPE  L"AditSessionTest"

/* Milliseconds after which something that should have happened has not. */
#define LIVE_TIMEOUT 20000

/* Bytes of IPv4 and UDP headers before a payload. */
#define LIVE_HEADERS 28u

/* The system is 10.7.1.7; packets to and from any other host of 10.7.1.0/24 are the client's. */
#define LIVE_NEAR 7

/* Loads adit.dll from the program's folder; NULL and a message if it or a function is missing. */
HMODULE LiveLoad(void);

/* Makes the adapter; with its address from the first session on, if Configured. */
WINTUN_ADAPTER_HANDLE LiveCreateAdapter(int Configured);

/* A socket of the system at a port, once the address is there. */
SOCKET LiveSocket(USHORT Port);

/* Sends a datagram from a socket to the client's side; whether it went out. */
int LiveSendTo(SOCKET Socket, BYTE Host, USHORT Port, const void *Payload, int Length);

/* Writes the headers of a datagram to the system; Length counts its payload. */
void LiveWriteHeaders(BYTE *Packet, BYTE Host, USHORT Port, DWORD Length);

/* The payload and destination port of a datagram to the client's side; NULL: another packet. */
const BYTE *LiveReadHeaders(const BYTE *Packet, DWORD Size, USHORT *Port, DWORD *Length);

/* live_cases.c: what each call returns in each state. live_full.c: a full ring. live_traffic.c:
 * many threads. live_unload.c.
 */
void LiveCases(WINTUN_ADAPTER_HANDLE Adapter);
void LiveFull(WINTUN_ADAPTER_HANDLE Adapter);
void LiveTraffic(WINTUN_ADAPTER_HANDLE Adapter, DWORD Seconds);
void LiveUnload(void);

#endif
