/* SPDX-License-Identifier: MIT */
/*
 * What the fuzz targets share: the driver over host/ndis and host/native with one adapter that
 * lives as long as the program, readers of the input, and the check that an input leaves nothing
 * behind.
 *
 * A target is deterministic: the same input gives the same calls and the same verdict, whatever
 * the driver's own thread does in between. Whatever is wrong ends the program with abort(), which
 * libFuzzer turns into a file that reproduces it.
 */
#ifndef ADIT_TESTS_FUZZ_FUZZ_H
#define ADIT_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include <ntifs.h>
#include <ndis.h>

#include "native.h"
#include "native_link.h"
#include "ndis_host.h"
#include "../../ring/abi.h"

#define FUZZ_MAX_CAPACITY (2 * TUN_RING_MIN_CAPACITY)

#define FUZZ_TIMEOUT 20000u /* ms: far longer than anything here takes */

/* printf-like text follows the condition. */
#define FUZZ_ASSERT(Condition, ...)                                \
    do                                                             \
    {                                                              \
        if (!(Condition))                                          \
        {                                                          \
            FuzzFail(__FILE__, __LINE__, #Condition, __VA_ARGS__); \
        }                                                          \
    } while (0)

DECLSPEC_NORETURN void
FuzzFail(const char *File, int Line, const char *Condition, const char *Format, ...)
    __attribute__((format(printf, 4, 5)));

/* ---- Input ---- */

/* What is left of an input. Little-endian; behind the end everything reads as zero. */
typedef struct _FUZZ_INPUT
{
    const uint8_t *Data;
    size_t Left;
} FUZZ_INPUT;

uint8_t FuzzU8(FUZZ_INPUT *Input);
uint16_t FuzzU16(FUZZ_INPUT *Input);
uint32_t FuzzU32(FUZZ_INPUT *Input);
uint64_t FuzzU64(FUZZ_INPUT *Input);
void FuzzBytes(FUZZ_INPUT *Input, void *Target, size_t Count);
/* Count bytes that no two packets share by accident; the same for the same Seed and Count. */
void FuzzPattern(uint32_t Seed, void *Target, size_t Count);

/* ---- The adapter ---- */

typedef struct _FUZZ_ADAPTER
{
    PDRIVER_OBJECT Driver;
    PDEVICE_OBJECT Pdo;
    PNDIS_LINK Link;
    PNDIS_MINIPORT_ADAPTER Adapter;
    WCHAR Path[64]; /* \\.\Global\WINTUN<n> */
} FUZZ_ADAPTER;

extern FUZZ_ADAPTER FuzzAdapter;

/*
 * Loads the driver and starts the adapter. When the program ends, the adapter is removed and the
 * driver unloaded; it ends with abort() if anything is left then. Cleanup, or NULL, runs first.
 */
void FuzzStart(void (*Cleanup)(void));

NDIS_STATISTICS_INFO FuzzStatistics(void);

/* Around an input: what is in use afterwards is what was in use before. */
void FuzzBegin(void);
void FuzzEnd(void);
/* The same in two steps, for parts of an input. */
void FuzzGetUsage(NATIVE_USAGE *Usage);
void FuzzAwaitUsage(const NATIVE_USAGE *Usage);

/* ---- A client ---- */

typedef struct _FUZZ_CLIENT
{
    PEPROCESS Process;
    HANDLE File;
    uint32_t Capacity;
    TUN_RING *SendRing;
    TUN_RING *ReceiveRing;
    HANDLE SendTailMoved; /* auto-reset, as released clients have them */
    HANDLE ReceiveTailMoved;
} FUZZ_CLIENT;

/* The device opened by a LocalSystem process with two rings, Offset bytes behind a page's start.
 * Process and events are the same each time; before the first FuzzBegin, call it once. */
void FuzzClientOpen(FUZZ_CLIENT *Client, uint32_t Capacity, ULONG Offset);
/* Registers the rings as their headers stand; succeeds. */
void FuzzClientRegister(FUZZ_CLIENT *Client);
/* Closes the file, which ends the session, and checks the marks that tell the client so. */
void FuzzClientClose(FUZZ_CLIENT *Client);
/* Whether an auto-reset event was signalled; it no longer is. */
BOOLEAN FuzzClientTakeEvent(const FUZZ_CLIENT *Client, HANDLE Event);

#endif
