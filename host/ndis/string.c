/* SPDX-License-Identifier: MIT */
/*
 * Strings: what of the run-time library NDIS offers under names of its own. An NDIS_STRING is a
 * counted string of Unicode characters.
 */
#include "internal.h"

static VOID StringInitAnsi(PANSI_STRING String, PCSTR Source)
{
    SIZE_T Length = 0;
    while (Source != NULL && Source[Length] != 0 && Length < 0xFFFE)
    {
        Length++;
    }
    String->Buffer = (PCHAR)Source;
    String->Length = (USHORT)Length;
    String->MaximumLength = Source != NULL ? (USHORT)(Length + 1) : 0;
}

VOID NDISAPI NdisInitAnsiString(PANSI_STRING DestinationString, PCSTR SourceString)
{
    StringInitAnsi(DestinationString, SourceString);
}

VOID NDISAPI NdisInitUnicodeString(PUNICODE_STRING DestinationString, PCWSTR SourceString)
{
    RtlInitUnicodeString(DestinationString, SourceString);
}

VOID NDISAPI NdisInitializeString(PNDIS_STRING Destination, PUCHAR Source)
{
    NDISP_IRQL("NdisInitializeString", "nf-ndis-ndisinitializestring", PASSIVE_LEVEL);
    ANSI_STRING Ansi;
    ULONG Size;

    StringInitAnsi(&Ansi, (PCSTR)Source);
    RtlZeroMemory(Destination, sizeof(*Destination));
    Size = (Ansi.Length + 1) * (ULONG)sizeof(WCHAR);
    if (Size > 0xFFFE)
    {
        return;
    }
    Destination->Buffer = ExAllocatePoolWithTag(NonPagedPoolNx, Size, NDISP_TAG);
    if (Destination->Buffer == NULL)
    {
        return;
    }
    Destination->MaximumLength = (USHORT)Size;
    if (!NT_SUCCESS(RtlAnsiStringToUnicodeString(Destination, &Ansi, FALSE)))
    {
        ExFreePoolWithTag(Destination->Buffer, NDISP_TAG);
        RtlZeroMemory(Destination, sizeof(*Destination));
    }
}

NDIS_STATUS NDISAPI
NdisAnsiStringToUnicodeString(PUNICODE_STRING DestinationString, PANSI_STRING SourceString)
{
    NDISP_IRQL(
        "NdisAnsiStringToUnicodeString", "nf-ndis-ndisansistringtounicodestring", PASSIVE_LEVEL);
    return RtlAnsiStringToUnicodeString(DestinationString, SourceString, FALSE);
}

NDIS_STATUS NDISAPI
NdisUnicodeStringToAnsiString(PANSI_STRING DestinationString, PUNICODE_STRING SourceString)
{
    NDISP_IRQL(
        "NdisUnicodeStringToAnsiString", "nf-ndis-ndisunicodestringtoansistring", PASSIVE_LEVEL);
    return RtlUnicodeStringToAnsiString(DestinationString, SourceString, FALSE);
}

NDIS_STATUS NDISAPI
NdisUpcaseUnicodeString(PUNICODE_STRING DestinationString, PUNICODE_STRING SourceString)
{
    NDISP_IRQL("NdisUpcaseUnicodeString", "nf-ndis-ndisupcaseunicodestring", PASSIVE_LEVEL);
    return RtlUpcaseUnicodeString(DestinationString, SourceString, FALSE);
}

BOOLEAN NDISAPI NdisEqualString(PNDIS_STRING String1, PNDIS_STRING String2, BOOLEAN CaseInsensitive)
{
    NDISP_IRQL("NdisEqualString", "nf-ndis-ndisequalstring", PASSIVE_LEVEL);
    return RtlEqualUnicodeString(String1, String2, CaseInsensitive);
}
