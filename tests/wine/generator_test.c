/* SPDX-License-Identifier: MIT */
/*
 * A client of an adapter whose link is a generator (host/wine/kernel/generator.h): asks for packets
 * of some sizes, all of which fit into the ring at once, and looks whether each comes, in order and
 * whole; sends packets of the same sizes, and looks whether the link has counted them.
 */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLIENT_LOADS_LIBRARY
#include "client.h"
#include "generator_packet.h"

#define RING_CAPACITY 0x400000
#define BURSTS        500
#define PATIENCE      60000 /* milliseconds without any packet */

static WINTUN_SESSION_HANDLE Session;
static GENERATOR_REPORT Report;

__attribute__((format(printf, 1, 2))) static void Fail(const char *Format, ...)
{
    va_list Arguments;

    va_start(Arguments, Format);
    vprintf(Format, Arguments);
    va_end(Arguments);
    printf("\n");
    exit(1);
}

/* Space for a packet; waits for it. */
static BYTE *Allocate(DWORD Size)
{
    for (DWORD Waited = 0; Waited < PATIENCE; ++Waited)
    {
        BYTE *Packet = WintunAllocateSendPacket(Session, Size);
        if (Packet != NULL)
        {
            return Packet;
        }
        if (GetLastError() != ERROR_BUFFER_OVERFLOW)
        {
            break;
        }
        Sleep(1);
    }
    Fail("no room for a packet of %lu bytes: error %lu", Size, GetLastError());
    return NULL;
}

static void Request(DWORD Id, DWORD Size, DWORD64 Count)
{
    BYTE *Packet = Allocate(GENERATOR_REQUEST_SIZE);

    GeneratorPacketRequest(Packet, Id, Size, Count);
    WintunSendPacket(Session, Packet);
}

static BYTE *Receive(DWORD *Size)
{
    BYTE *Packet;

    while ((Packet = WintunReceivePacket(Session, Size)) == NULL)
    {
        if (GetLastError() != ERROR_NO_MORE_ITEMS)
        {
            Fail("WintunReceivePacket: error %lu", GetLastError());
        }
        if (WaitForSingleObject(WintunGetReadWaitEvent(Session), PATIENCE) != WAIT_OBJECT_0)
        {
            Fail("no packet within %d ms", PATIENCE);
        }
    }
    return Packet;
}

/* The next packet is the report of that request. */
static void ExpectReport(DWORD Id)
{
    DWORD Size;
    BYTE *Packet = Receive(&Size);

    if (!GeneratorPacketReport(Packet, Size, &Report))
    {
        Fail("a packet of %lu bytes in the place of report %lu", Size, Id);
    }
    WintunReleaseReceivePacket(Session, Packet);
    if (Report.Id != Id)
    {
        Fail("report %u in the place of %lu", Report.Id, Id);
    }
}

/* Count packets come, each once, in order and whole. */
static void ReceiveAll(DWORD Id, DWORD Size, DWORD Count)
{
    Request(Id, Size, Count);
    ExpectReport(Id);
    for (DWORD Index = 0; Index < Count; ++Index)
    {
        DWORD Length;
        BYTE *Packet = Receive(&Length);
        if (Length != Size || !GeneratorPacketIsWhole(Packet, Length, 1))
        {
            Fail("packet %lu of %lu bytes: %lu bytes, or not as made", Index, Size, Length);
        }
        if (GeneratorPacketCounter(Packet) != Index)
        {
            Fail(
                "packet %lu of %lu bytes has the counter %I64u", Index, Size,
                GeneratorPacketCounter(Packet));
        }
        WintunReleaseReceivePacket(Session, Packet);
    }
}

static void TestReceive(DWORD Id, DWORD Size, DWORD Count)
{
    ReceiveAll(Id, Size, Count);
    printf("%lu packets of %lu bytes received\n", Count, Size);
}

/* However much comes closely, nobody sleeps on the last packet of it. */
static void TestBursts(DWORD Id)
{
    for (DWORD Burst = 0; Burst < BURSTS; ++Burst)
    {
        ReceiveAll(Id, 64, 1 + Burst * 37 % 2000);
    }
    printf("%d bursts received\n", BURSTS);
}

/* The link counts what is sent. */
static void TestSend(DWORD Id, DWORD Size, DWORD Count)
{
    static BYTE Data[GENERATOR_MAX_SIZE];
    GENERATOR_REPORT Before;

    Request(Id, 0, 0);
    ExpectReport(Id);
    Before = Report;
    GeneratorPacketMake(Data, Size, 2);
    for (DWORD Index = 0; Index < Count; ++Index)
    {
        BYTE *Packet = Allocate(Size);
        GeneratorPacketSetCounter(Data, Index);
        memcpy(Packet, Data, Size);
        WintunSendPacket(Session, Packet);
    }
    Request(Id + 1, 0, 0);
    ExpectReport(Id + 1);
    if (Report.Taken - Before.Taken != Count ||
        Report.TakenBytes - Before.TakenBytes != (DWORD64)Count * Size ||
        Report.Gaps != Before.Gaps || Report.Other != Before.Other)
    {
        Fail(
            "of %lu packets of %lu bytes the link has taken %I64u, with %I64u bytes, %I64u gaps, "
            "%I64u others",
            Count, Size, Report.Taken - Before.Taken, Report.TakenBytes - Before.TakenBytes,
            Report.Gaps - Before.Gaps, Report.Other - Before.Other);
    }
    printf("%lu packets of %lu bytes sent\n", Count, Size);
}

/* A gap and a packet that is no data are told from others. */
static void TestWrong(DWORD Id)
{
    GENERATOR_REPORT Before;
    BYTE *Packet;

    Request(Id, 0, 0);
    ExpectReport(Id);
    Before = Report;
    Packet = Allocate(GENERATOR_MIN_SIZE);
    GeneratorPacketMake(Packet, GENERATOR_MIN_SIZE, 2);
    GeneratorPacketSetCounter(Packet, 1);
    WintunSendPacket(Session, Packet);
    Packet = Allocate(GENERATOR_MIN_SIZE);
    GeneratorPacketHeader(Packet, GENERATOR_MIN_SIZE, 2, 7);
    WintunSendPacket(Session, Packet);
    Request(Id + 1, 0, 0);
    ExpectReport(Id + 1);
    if (Report.Gaps - Before.Gaps != 1 || Report.Other - Before.Other != 1)
    {
        Fail(
            "a gap and another packet were counted as %I64u and %I64u", Report.Gaps - Before.Gaps,
            Report.Other - Before.Other);
    }
}

static void TestSession(WINTUN_ADAPTER_HANDLE Adapter)
{
    static const struct
    {
        DWORD Size;
        DWORD Count;
    } Cases[] = {{GENERATOR_MIN_SIZE, 20000}, {64, 20000}, {1420, 2000}, {9001, 300}, {65535, 50}};
    DWORD Id = 1;

    Session = WintunStartSession(Adapter, RING_CAPACITY);
    if (Session == NULL)
    {
        Fail("WintunStartSession: error %lu", GetLastError());
    }
    Request(0, 0, 0);
    ExpectReport(0);
    if (Report.Made != 0 || Report.Taken != 0)
    {
        Fail("%I64u packets made and %I64u taken at first", Report.Made, Report.Taken);
    }
    for (DWORD Index = 0; Index < ARRAYSIZE(Cases); ++Index, Id += 3)
    {
        TestReceive(Id, Cases[Index].Size, Cases[Index].Count);
        TestSend(Id + 1, Cases[Index].Size, Cases[Index].Count);
    }
    TestWrong(Id);
    TestBursts(Id + 2);
    WintunEndSession(Session);
}

int main(void)
{
    WINTUN_ADAPTER_HANDLE Adapter;

    setvbuf(stdout, NULL, _IONBF, 0);
    if (ClientLoad() == NULL)
    {
        return 1;
    }
    Adapter = WintunCreateAdapter(L"Generator", L"Generator", NULL);
    if (Adapter == NULL)
    {
        Fail("WintunCreateAdapter: error %lu", GetLastError());
    }
    /* Twice: a later session finds nothing of an earlier one. */
    TestSession(Adapter);
    TestSession(Adapter);
    WintunCloseAdapter(Adapter);
    printf("generator_test: passed\n");
    return 0;
}
