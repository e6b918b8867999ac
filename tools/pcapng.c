/* SPDX-License-Identifier: MIT */
/*
 * Packets in a file. A pcapng file is a row of blocks: type, length, content, options, and the
 * length again; all in the byte order of its writer, in units of 32 bits.
 */
#include "pcapng.h"

#include <wchar.h>

#define PCAPNG_CAPACITY 0x40000 /* of the buffer; no block is larger than half of it */

enum
{
    PcapngBlockInterface = 1,
    PcapngBlockStatistics = 5,
    PcapngBlockPacket = 6,
    PcapngBlockSection = 0x0A0D0D0A
};

enum
{
    PcapngOptionEnd = 0,
    PcapngSectionApplication = 4,
    PcapngInterfaceName = 2,
    PcapngInterfaceDescription = 3,
    PcapngInterfaceTimeResolution = 9,
    PcapngPacketFlags = 2,
    PcapngStatisticsStart = 2,
    PcapngStatisticsEnd = 3,
    PcapngStatisticsReceived = 4,
    PcapngStatisticsSystemDropped = 7
};

#define PCAPNG_BYTE_ORDER      0x1A2B3C4Du
#define PCAPNG_LINKTYPE_RAW    101
#define PCAPNG_TIME_RESOLUTION 7 /* 10^-7 s */

/* 1601-01-01 to 1970-01-01 in units of 100 ns. */
#define PCAPNG_EPOCH 116444736000000000ull

struct _PCAPNG
{
    HANDLE Handle;
    DWORD Error; /* why writing has failed, or ERROR_SUCCESS */
    VOID(WINAPI *GetTime)(FILETIME *Time);
    UINT64 Start;
    UINT64 Packets;
    DWORD Block;  /* where in Buffer the block begins that is being made */
    DWORD Length; /* bytes in Buffer */
    BYTE Buffer[PCAPNG_CAPACITY];
};

static UINT64 PcapngNow(const PCAPNG *File)
{
    FILETIME Time;

    File->GetTime(&Time);
    return ((UINT64)Time.dwHighDateTime << 32 | Time.dwLowDateTime) - PCAPNG_EPOCH;
}

/* Appends bytes, with zeros up to the next unit of 32 bits. */
static VOID PcapngAppend(PCAPNG *File, const VOID *Data, DWORD Size)
{
    CopyMemory(File->Buffer + File->Length, Data, Size);
    File->Length += Size;
    for (; File->Length % 4 != 0; ++File->Length)
    {
        File->Buffer[File->Length] = 0;
    }
}

static VOID PcapngAppend32(PCAPNG *File, UINT32 Value)
{
    PcapngAppend(File, &Value, sizeof(Value));
}

static VOID PcapngAppendTime(PCAPNG *File, UINT64 Time)
{
    PcapngAppend32(File, (UINT32)(Time >> 32));
    PcapngAppend32(File, (UINT32)Time);
}

static VOID PcapngAppendOption(PCAPNG *File, WORD Code, const VOID *Data, DWORD Size)
{
    PcapngAppend32(File, Code | Size << 16);
    PcapngAppend(File, Data, Size);
}

static VOID PcapngAppendText(PCAPNG *File, WORD Code, LPCWSTR Text)
{
    char Bytes[1024];

    int Size = WideCharToMultiByte(
        CP_UTF8, 0, Text, (int)min(wcslen(Text), sizeof(Bytes) / 3), Bytes, sizeof(Bytes), NULL,
        NULL);
    PcapngAppendOption(File, Code, Bytes, (DWORD)Size);
}

static VOID PcapngBegin(PCAPNG *File, UINT32 Type)
{
    if (File->Length > PCAPNG_CAPACITY / 2)
    {
        PcapngFlush(File);
    }
    File->Block = File->Length;
    PcapngAppend32(File, Type);
    PcapngAppend32(File, 0); /* the length, once it is known */
}

static VOID PcapngEnd(PCAPNG *File)
{
    PcapngAppend32(File, PcapngOptionEnd);
    UINT32 Length = File->Length - File->Block + sizeof(Length);
    PcapngAppend32(File, Length);
    CopyMemory(File->Buffer + File->Block + 4, &Length, sizeof(Length));
}

BOOL PcapngFlush(PCAPNG *File)
{
    DWORD Written;

    for (DWORD Offset = 0; Offset < File->Length && File->Error == ERROR_SUCCESS; Offset += Written)
    {
        if (!WriteFile(File->Handle, File->Buffer + Offset, File->Length - Offset, &Written, NULL))
        {
            File->Error = GetLastError();
        }
    }
    File->Length = 0;
    SetLastError(File->Error);
    return File->Error == ERROR_SUCCESS;
}

static VOID PcapngWriteHead(PCAPNG *File, LPCWSTR Program, LPCWSTR Name, LPCWSTR Description)
{
    const BYTE Resolution = PCAPNG_TIME_RESOLUTION;

    PcapngBegin(File, PcapngBlockSection);
    PcapngAppend32(File, PCAPNG_BYTE_ORDER);
    PcapngAppend32(File, 1);         /* version 1.0 */
    PcapngAppend32(File, MAXUINT32); /* length of the section: not told */
    PcapngAppend32(File, MAXUINT32);
    PcapngAppendText(File, PcapngSectionApplication, Program);
    PcapngEnd(File);

    PcapngBegin(File, PcapngBlockInterface);
    PcapngAppend32(File, PCAPNG_LINKTYPE_RAW);
    PcapngAppend32(File, WINTUN_MAX_IP_PACKET_SIZE); /* whole packets are kept */
    PcapngAppendText(File, PcapngInterfaceName, Name);
    PcapngAppendText(File, PcapngInterfaceDescription, Description);
    PcapngAppendOption(File, PcapngInterfaceTimeResolution, &Resolution, sizeof(Resolution));
    PcapngEnd(File);
}

PCAPNG *PcapngOpen(LPCWSTR Path, LPCWSTR Program, LPCWSTR Name, LPCWSTR Description)
{
    PCAPNG *File = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof(*File));
    if (File == NULL)
    {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    /* Read by others while it grows; a pipe's name opens the pipe. */
    File->Handle = wcscmp(Path, L"-") == 0 ? GetStdHandle(STD_OUTPUT_HANDLE)
                                           : CreateFileW(
                                                 Path, GENERIC_WRITE, FILE_SHARE_READ, NULL,
                                                 CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    if (File->Handle == INVALID_HANDLE_VALUE)
    {
        DWORD Error = GetLastError();
        HeapFree(GetProcessHeap(), 0, File);
        SetLastError(Error);
        return NULL;
    }
    /* Windows 7 has only the other, of some milliseconds. */
    *(FARPROC *)&File->GetTime =
        GetProcAddress(GetModuleHandleW(L"kernel32.dll"), "GetSystemTimePreciseAsFileTime");
    if (File->GetTime == NULL)
    {
        File->GetTime = GetSystemTimeAsFileTime;
    }
    File->Start = PcapngNow(File);
    PcapngWriteHead(File, Program, Name, Description);
    if (!PcapngFlush(File))
    {
        DWORD Error = File->Error;
        PcapngClose(File, 0);
        SetLastError(Error);
        return NULL;
    }
    return File;
}

VOID PcapngWrite(PCAPNG *File, PCAPNG_DIRECTION Direction, const BYTE *Packet, DWORD Size)
{
    const UINT32 Flags = Direction;

    ++File->Packets;
    PcapngBegin(File, PcapngBlockPacket);
    PcapngAppend32(File, 0); /* the first interface */
    PcapngAppendTime(File, PcapngNow(File));
    PcapngAppend32(File, Size);
    PcapngAppend32(File, Size);
    PcapngAppend(File, Packet, Size);
    PcapngAppendOption(File, PcapngPacketFlags, &Flags, sizeof(Flags));
    PcapngEnd(File);
}

static VOID PcapngWriteStatistics(PCAPNG *File, UINT64 Dropped)
{
    const UINT64 Received = File->Packets + Dropped;
    const UINT64 End = PcapngNow(File);
    const struct
    {
        WORD Code;
        UINT64 Time;
    } Times[] = {{PcapngStatisticsStart, File->Start}, {PcapngStatisticsEnd, End}};

    PcapngBegin(File, PcapngBlockStatistics);
    PcapngAppend32(File, 0);
    PcapngAppendTime(File, End);
    for (size_t Index = 0; Index < ARRAYSIZE(Times); ++Index)
    {
        PcapngAppend32(File, (UINT32)Times[Index].Code | (UINT32)sizeof(UINT64) << 16);
        PcapngAppendTime(File, Times[Index].Time);
    }
    PcapngAppendOption(File, PcapngStatisticsReceived, &Received, sizeof(Received));
    PcapngAppendOption(File, PcapngStatisticsSystemDropped, &Dropped, sizeof(Dropped));
    PcapngEnd(File);
}

BOOL PcapngClose(PCAPNG *File, UINT64 Dropped)
{
    PcapngWriteStatistics(File, Dropped);
    PcapngFlush(File);
    DWORD Error = File->Error;
    if (File->Handle != GetStdHandle(STD_OUTPUT_HANDLE))
    {
        CloseHandle(File->Handle);
    }
    HeapFree(GetProcessHeap(), 0, File);
    SetLastError(Error);
    return Error == ERROR_SUCCESS;
}
