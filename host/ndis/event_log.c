/* SPDX-License-Identifier: MIT */
/* Entries of the system event log. */
#include "internal.h"

#include <stdarg.h>

#define EVENT_LOG_VALUES \
    ((ERROR_LOG_MAXIMUM_SIZE - FIELD_OFFSET(IO_ERROR_LOG_PACKET, DumpData)) / sizeof(ULONG))

VOID CDECL NdisWriteErrorLogEntry(
    NDIS_HANDLE NdisAdapterHandle, NDIS_ERROR_CODE ErrorCode, ULONG NumberOfErrorValues, ...)
{
    NDISP_IRQL("NdisWriteErrorLogEntry", "nf-ndis-ndiswriteerrorlogentry", DISPATCH_LEVEL);
    PNDIS_MINIPORT_ADAPTER Adapter =
        NdispAdapterFromHandle(NdisAdapterHandle, "NdisWriteErrorLogEntry");
    ULONG Count =
        NumberOfErrorValues < EVENT_LOG_VALUES ? NumberOfErrorValues : (ULONG)EVENT_LOG_VALUES;
    SIZE_T Size = FIELD_OFFSET(IO_ERROR_LOG_PACKET, DumpData) + Count * sizeof(ULONG);
    PIO_ERROR_LOG_PACKET Packet;
    va_list Values;

    Size = Size > sizeof(*Packet) ? Size : sizeof(*Packet);
    Packet = IoAllocateErrorLogEntry(Adapter->Fdo, (UCHAR)Size);
    if (Packet == NULL)
    {
        return;
    }
    RtlZeroMemory(Packet, Size);
    Packet->ErrorCode = (NTSTATUS)ErrorCode;
    Packet->DumpDataSize = (USHORT)(Count * sizeof(ULONG));
    va_start(Values, NumberOfErrorValues);
    for (ULONG i = 0; i < Count; i++)
    {
        Packet->DumpData[i] = va_arg(Values, ULONG);
    }
    va_end(Values);
    IoWriteErrorLogEntry(Packet);
}
