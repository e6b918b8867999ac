/* SPDX-License-Identifier: MIT */
/* The packets of an adapter's session in a pcapng file, with what the driver could not deliver. */
#ifndef ADIT_TOOLS_RECORDING_H
#define ADIT_TOOLS_RECORDING_H

#include "device.h"
#include "pcapng.h"

typedef struct _RECORDING
{
    PCAPNG *File; /* NULL: nothing is recorded */
    LPCWSTR Path;
    const ADAPTER_DEVICE *Device;
    UINT64 Packets;
    UINT64 DroppedBefore; /* by the driver, for want of room in the ring */
} RECORDING;

/* Opens the file; "-" is the standard output, and what is printed goes to the standard error output
 * then. Path and Device stay the caller's. FALSE after telling the user why not. */
_Must_inspect_result_ BOOL
RecordingOpen(_Out_ RECORDING *Recording, _In_z_ LPCWSTR Path, _In_ const ADAPTER_DEVICE *Device);

VOID RecordingAdd(
    _Inout_ RECORDING *Recording,
    _In_ PCAPNG_DIRECTION Direction,
    _In_reads_bytes_(Size) const BYTE *Packet,
    _In_ DWORD Size);

/* Writes what was kept back; FALSE if the file takes no more. */
BOOL RecordingFlush(_Inout_ RECORDING *Recording);

/* Ends the file and tells the user how many packets are in it. FALSE after telling the user that it
 * could not be written. */
BOOL RecordingClose(_Inout_ RECORDING *Recording);

#endif
