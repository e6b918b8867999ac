/* SPDX-License-Identifier: MIT */
/*
 * What the driver's tests share: the driver loaded over host/native and host/ndis with one adapter
 * started, and a client that registers rings as a program does. Each test starts and stops it all,
 * and stopping asserts that nothing is left.
 */
#ifndef ADIT_TESTS_DRIVER_FIXTURE_H
#define ADIT_TESTS_DRIVER_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <ntifs.h>
#include <ndis.h>

#include "native.h"
#include "native_link.h"
#include "ndis_host.h"
#include "consumer.h"
#include "producer.h"

#define FIXTURE_CAPACITY 0x20000u
#define FIXTURE_TIMEOUT  10000u /* ms: longer than anything here takes, also with sanitizers */

typedef struct _FIXTURE
{
    PDRIVER_OBJECT Driver;
    PDEVICE_OBJECT Pdo; /* NULL: removed by the test */
    PNDIS_LINK Link;
    WCHAR Path[64]; /* \\.\Global\WINTUN<n> */
} FIXTURE;

/* A process with the file open; the rings are made by ClientMakeRings. */
typedef struct _CLIENT
{
    PEPROCESS Process; /* NULL: ended by the test */
    BOOLEAN Wow64;     /* it registers as a 32-bit process on 64-bit Windows does */
    HANDLE File;
    uint32_t Capacity;
    TUN_RING *SendRing;
    TUN_RING *ReceiveRing;
    HANDLE SendTailMoved;
    HANDLE ReceiveTailMoved;
    RING_CONSUMER Consumer; /* of the send ring */
    RING_PRODUCER Producer; /* of the receive ring */
} CLIENT;

/* Loads the driver, adds and starts one adapter. As cmocka's setup; *State is the FIXTURE. */
int FixtureStart(void **State);
/* Removes the adapter and unloads the driver if the test did not; asserts that nothing is left. */
int FixtureStop(void **State);

/* Adds one adapter to the loaded driver and starts it. On failure there is none. */
NTSTATUS FixtureAdd(FIXTURE *Fixture);
/* Fills Link and Path for the adapter that was added last. */
void FixtureFind(FIXTURE *Fixture);

/* The adapter of the fixture, to be closed with NdisHostCloseAdapter. */
PNDIS_MINIPORT_ADAPTER FixtureAdapter(const FIXTURE *Fixture);
ULONG64 FixtureQuery(const FIXTURE *Fixture, NDIS_OID Oid);
/* Waits until the OID's value is that; asserts that it becomes so. */
void FixtureAwait(const FIXTURE *Fixture, NDIS_OID Oid, ULONG64 Value);
NDIS_STATISTICS_INFO FixtureStatistics(const FIXTURE *Fixture);

/* Processes that ClientOpen makes are 32-bit ones. */
extern BOOLEAN ClientsAre32Bit;

/* A process of that user with the adapter's device open. */
void ClientOpen(CLIENT *Client, const FIXTURE *Fixture, NATIVE_USER User);
/* Rings of that capacity, each Offset bytes behind the start of a page, and their events. */
void ClientMakeRings(CLIENT *Client, uint32_t Capacity, ULONG Offset);
/* The input of the request for these rings, to be changed by tests. */
TUN_REGISTER_RINGS64 ClientRegistration(const CLIENT *Client);
/* Returns the Win32 error. A 32-bit client's addresses and handles lose their upper halves. */
ULONG ClientRegister(CLIENT *Client, ULONG Code, const TUN_REGISTER_RINGS64 *Rings);
/* All of the above with what most tests use; asserts that it succeeds. */
void ClientStart(CLIENT *Client, const FIXTURE *Fixture);
void ClientClose(CLIENT *Client); /* the file */
void ClientExit(CLIENT *Client);  /* the process, if it is still there */

/* The next packet of the send ring, waiting for it on the event as released clients do. Returns
 * its length, or -1: none came within Milliseconds. *Data stays valid until ClientRelease. */
int ClientReceive(CLIENT *Client, const UCHAR **Data, ULONG Milliseconds);
void ClientRelease(CLIENT *Client, int Length);
/* Puts a packet into the receive ring without publishing it; FALSE: full. */
BOOLEAN ClientPut(CLIENT *Client, const UCHAR *Data, ULONG Length);
/* Publishes what was put, and signals if the driver sleeps. */
void ClientPublish(CLIENT *Client);

/* An IPv4 packet (Length >= 20) or IPv6 packet (Length >= 40 and Version 6) of that many bytes,
 * with a number in it and content that tells packets apart; shorter ones are content only. */
void PacketMake(UCHAR *Packet, ULONG Length, int Version, ULONG Number);
#define PACKET_MAX 0xFFFFu

#endif
