/* SPDX-License-Identifier: MIT */
/*
 * Writes DER (ITU-T X.690): nested elements into one growing buffer. Lengths are filled in when an
 * element ends. A failure (memory, nesting) sticks in Failed; callers look at it once, at the end.
 */
#ifndef ADIT_PACKAGE_DER_H
#define ADIT_PACKAGE_DER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DER_INTEGER      0x02
#define DER_BIT_STRING   0x03
#define DER_OCTET_STRING 0x04
#define DER_NULL         0x05
#define DER_OID          0x06
#define DER_UTC_TIME     0x17
#define DER_BMP_STRING   0x1E
#define DER_SEQUENCE     0x30
#define DER_SET          0x31

/* Context-specific tag [n], without and with elements inside. */
#define DER_CONTEXT(n)             (0x80 | (n))
#define DER_CONTEXT_CONSTRUCTED(n) (0xA0 | (n))

#define DER_MAX_DEPTH 16

typedef struct _DER
{
    uint8_t *Bytes;
    size_t Length;
    size_t Capacity;
    size_t Open[DER_MAX_DEPTH]; /* where the contents of each open element start */
    unsigned Depth;
    bool Failed;
} DER;

/* Ready to write; DerFree gives the memory back, also after a failure. */
void DerInitialize(DER *Der);
void DerFree(DER *Der);

/* Opens an element. Tags are single bytes, as everything in a catalogue has them. */
void DerBegin(DER *Der, uint8_t Tag);

/* Closes the innermost open element. */
void DerEnd(DER *Der);

/* Closes the innermost open element after sorting what it holds, as DER wants it for SET OF. */
void DerEndSetOf(DER *Der);

/* A whole element with these contents. */
void DerElement(DER *Der, uint8_t Tag, const void *Contents, size_t Length);

/* Bytes as they are, inside the innermost open element. */
void DerAppend(DER *Der, const void *Bytes, size_t Length);

/* -1, 0, 1: the order of DER's SET OF. */
int DerCompare(const uint8_t *A, size_t LengthA, const uint8_t *B, size_t LengthB);

#endif
