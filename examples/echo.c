/* SPDX-License-Identifier: MIT */
/* Pings: ICMP echo requests and their replies. */
#include "echo.h"

/* Adds to an Internet checksum: the one's complement sum of 16-bit words (RFC 1071). */
static DWORD EchoChecksumAdd(DWORD Sum, const BYTE *Data, DWORD Size)
{
    for (DWORD Index = 0; Index < Size; ++Index)
    {
        Sum += Index % 2 == 0 ? (DWORD)Data[Index] << 8 : Data[Index];
        /* Carries are folded in on the way, so that no size overflows the sum. */
        Sum = (Sum & 0xFFFF) + (Sum >> 16);
    }
    return Sum;
}

static void EchoStoreChecksum(BYTE *Field, DWORD Sum)
{
    Sum = ~((Sum & 0xFFFF) + (Sum >> 16));
    Field[0] = (BYTE)(Sum >> 8);
    Field[1] = (BYTE)Sum;
}

static void EchoSwapBytes(BYTE *A, BYTE *B, DWORD Size)
{
    for (DWORD Index = 0; Index < Size; ++Index)
    {
        BYTE Byte = A[Index];
        A[Index] = B[Index];
        B[Index] = Byte;
    }
}

/* Turns an ICMP echo request into its reply, in place; FALSE for any other packet (RFC 792). */
static BOOL EchoAnswerIpv4(BYTE *Packet, DWORD Size)
{
    DWORD HeaderSize = (DWORD)(Packet[0] & 0x0F) * 4;

    if (HeaderSize < 20 || Size < HeaderSize + 8)
    {
        return FALSE;
    }
    DWORD TotalSize = (DWORD)Packet[2] << 8 | Packet[3];
    BOOL IsFragment = (Packet[6] & 0x3F) != 0 || Packet[7] != 0;
    BYTE *Icmp = Packet + HeaderSize;
    /* Protocol 1 is ICMP; type 8 is an echo request, type 0 a reply. */
    if (TotalSize < HeaderSize + 8 || TotalSize > Size || IsFragment || Packet[9] != 1 ||
        Icmp[0] != 8)
    {
        return FALSE;
    }
    EchoSwapBytes(Packet + 12, Packet + 16, 4); /* source and destination */
    Packet[8] = 64;                             /* time to live */
    Packet[10] = Packet[11] = 0;
    EchoStoreChecksum(Packet + 10, EchoChecksumAdd(0, Packet, HeaderSize));
    Icmp[0] = 0;
    Icmp[2] = Icmp[3] = 0;
    EchoStoreChecksum(Icmp + 2, EchoChecksumAdd(0, Icmp, TotalSize - HeaderSize));
    return TRUE;
}

/* The same for ICMPv6, whose checksum covers the addresses too (RFC 4443, section 2.3). */
static BOOL EchoAnswerIpv6(BYTE *Packet, DWORD Size)
{
    if (Size < 48)
    {
        return FALSE;
    }
    DWORD PayloadSize = (DWORD)Packet[4] << 8 | Packet[5];
    BYTE *Icmp = Packet + 40;
    /* Next header 58 is ICMPv6; type 128 is an echo request, type 129 a reply. */
    if (PayloadSize < 8 || PayloadSize > Size - 40 || Packet[6] != 58 || Icmp[0] != 128)
    {
        return FALSE;
    }
    EchoSwapBytes(Packet + 8, Packet + 24, 16); /* source and destination */
    Packet[7] = 64;                             /* hop limit */
    Icmp[0] = 129;
    Icmp[2] = Icmp[3] = 0;
    DWORD Sum = EchoChecksumAdd(PayloadSize + 58, Packet + 8, 32);
    EchoStoreChecksum(Icmp + 2, EchoChecksumAdd(Sum, Icmp, PayloadSize));
    return TRUE;
}

BOOL EchoAnswer(BYTE *Packet, DWORD Size)
{
    BYTE Version = Size > 0 ? Packet[0] >> 4 : 0;

    return Version == 4 ? EchoAnswerIpv4(Packet, Size)
                        : Version == 6 && EchoAnswerIpv6(Packet, Size);
}
