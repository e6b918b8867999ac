/* SPDX-License-Identifier: MIT */
/*
 * Packets in a file as Wireshark reads it: pcapng (draft-ietf-opsawg-pcapng), with one interface of
 * link type LINKTYPE_RAW (101: an IPv4 or IPv6 packet without more) and times in units of 100 ns.
 */
#ifndef ADIT_TOOLS_PCAPNG_H
#define ADIT_TOOLS_PCAPNG_H

#include "adit.h"

typedef struct _PCAPNG PCAPNG;

/* As the flags of a packet have it; seen from Windows. */
typedef enum _PCAPNG_DIRECTION
{
    PcapngInbound = 1, /* delivered to Windows */
    PcapngOutbound = 2 /* sent by Windows */
} PCAPNG_DIRECTION;

/*
 * Opens the file, in the place of one that is there, and writes its beginning. Path "-" is the
 * standard output. NULL with the last error.
 *
 * Program      what has made the file, with its version
 * Name         of the interface
 * Description  of the interface
 */
_Must_inspect_result_ _Ret_maybenull_ PCAPNG *PcapngOpen(
    _In_z_ LPCWSTR Path, _In_z_ LPCWSTR Program, _In_z_ LPCWSTR Name, _In_z_ LPCWSTR Description);

/* Appends a packet that was seen now. Once writing has failed, nothing is written any more. */
VOID PcapngWrite(
    _Inout_ PCAPNG *File,
    _In_ PCAPNG_DIRECTION Direction,
    _In_reads_bytes_(Size) const BYTE *Packet,
    _In_ DWORD Size);

/* Writes out what was kept back. FALSE with the last error if that failed, now or before. */
BOOL PcapngFlush(_Inout_ PCAPNG *File);

/* Appends the interface's statistics, Dropped packets among them, and closes the file. FALSE as
 * with PcapngFlush. */
BOOL PcapngClose(_Inout_ PCAPNG *File, _In_ UINT64 Dropped);

#endif
