/* SPDX-License-Identifier: MIT */
/* Writes DER: see der.h. */
#include "der.h"

#include <stdlib.h>
#include <string.h>

/* Elements that DerEndSetOf can sort at once. */
#define DER_MAX_SET_ELEMENTS 16

typedef struct _DER_SPAN
{
    const uint8_t *Bytes;
    size_t Length;
} DER_SPAN;

void DerInitialize(DER *Der)
{
    memset(Der, 0, sizeof(*Der));
}

void DerFree(DER *Der)
{
    free(Der->Bytes);
    DerInitialize(Der);
}

static bool DerReserve(DER *Der, size_t Length)
{
    if (Der->Failed)
    {
        return false;
    }
    if (Der->Capacity - Der->Length >= Length)
    {
        return true;
    }
    size_t Capacity = (Der->Length + Length) * 2 + 256;
    uint8_t *Bytes = realloc(Der->Bytes, Capacity);
    if (!Bytes)
    {
        Der->Failed = true;
        return false;
    }
    Der->Bytes = Bytes;
    Der->Capacity = Capacity;
    return true;
}

void DerAppend(DER *Der, const void *Bytes, size_t Length)
{
    if (Length > 0 && DerReserve(Der, Length))
    {
        memcpy(Der->Bytes + Der->Length, Bytes, Length);
        Der->Length += Length;
    }
}

void DerBegin(DER *Der, uint8_t Tag)
{
    DerAppend(Der, &Tag, sizeof(Tag));
    if (Der->Depth == DER_MAX_DEPTH)
    {
        Der->Failed = true;
        return;
    }
    Der->Open[Der->Depth++] = Der->Length;
}

/* The short form below 128, else the count of length bytes and the bytes, highest first. */
static size_t DerEncodeLength(size_t Length, uint8_t Encoded[1 + sizeof(size_t)])
{
    if (Length < 0x80)
    {
        Encoded[0] = (uint8_t)Length;
        return 1;
    }
    size_t Count = 0;
    for (size_t Rest = Length; Rest > 0; Rest >>= 8)
    {
        Count++;
    }
    Encoded[0] = (uint8_t)(0x80 | Count);
    for (size_t i = 0; i < Count; i++)
    {
        Encoded[1 + i] = (uint8_t)(Length >> (8 * (Count - 1 - i)));
    }
    return 1 + Count;
}

void DerEnd(DER *Der)
{
    if (Der->Failed || Der->Depth == 0)
    {
        Der->Failed = true;
        return;
    }
    size_t Start = Der->Open[--Der->Depth];
    size_t Length = Der->Length - Start;
    uint8_t Encoded[1 + sizeof(size_t)];
    size_t EncodedLength = DerEncodeLength(Length, Encoded);
    if (DerReserve(Der, EncodedLength))
    {
        memmove(Der->Bytes + Start + EncodedLength, Der->Bytes + Start, Length);
        memcpy(Der->Bytes + Start, Encoded, EncodedLength);
        Der->Length += EncodedLength;
    }
}

int DerCompare(const uint8_t *A, size_t LengthA, const uint8_t *B, size_t LengthB)
{
    size_t Common = LengthA < LengthB ? LengthA : LengthB;
    int Order = memcmp(A, B, Common);
    if (Order == 0)
    {
        return (LengthA > LengthB) - (LengthA < LengthB);
    }
    return Order < 0 ? -1 : 1;
}

static int DerCompareSpans(const void *A, const void *B)
{
    const DER_SPAN *SpanA = A;
    const DER_SPAN *SpanB = B;
    return DerCompare(SpanA->Bytes, SpanA->Length, SpanB->Bytes, SpanB->Length);
}

/* Length of the element at Bytes, tag and length included; the writer itself put it there. */
static size_t DerElementLength(const uint8_t *Bytes)
{
    if (Bytes[1] < 0x80)
    {
        return 2 + (size_t)Bytes[1];
    }
    size_t Count = Bytes[1] & 0x7F;
    size_t Length = 0;
    for (size_t i = 0; i < Count; i++)
    {
        Length = Length << 8 | Bytes[2 + i];
    }
    return 2 + Count + Length;
}

void DerEndSetOf(DER *Der)
{
    if (Der->Failed || Der->Depth == 0)
    {
        Der->Failed = true;
        return;
    }
    uint8_t *Contents = Der->Bytes + Der->Open[Der->Depth - 1];
    size_t Length = Der->Length - Der->Open[Der->Depth - 1];
    uint8_t *Copy = malloc(Length + 1);
    if (!Copy)
    {
        Der->Failed = true;
        return;
    }
    memcpy(Copy, Contents, Length);
    DER_SPAN Spans[DER_MAX_SET_ELEMENTS];
    size_t Count = 0;
    for (size_t Offset = 0; Offset < Length; Offset += Spans[Count++].Length)
    {
        if (Count == DER_MAX_SET_ELEMENTS)
        {
            Der->Failed = true;
            goto CleanupCopy;
        }
        Spans[Count].Bytes = Copy + Offset;
        Spans[Count].Length = DerElementLength(Copy + Offset);
    }
    qsort(Spans, Count, sizeof(Spans[0]), DerCompareSpans);
    for (size_t i = 0; i < Count; i++)
    {
        memcpy(Contents, Spans[i].Bytes, Spans[i].Length);
        Contents += Spans[i].Length;
    }
    DerEnd(Der);
CleanupCopy:
    free(Copy);
}

void DerElement(DER *Der, uint8_t Tag, const void *Contents, size_t Length)
{
    DerBegin(Der, Tag);
    DerAppend(Der, Contents, Length);
    DerEnd(Der);
}
