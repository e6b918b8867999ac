/* SPDX-License-Identifier: MIT */
#include "checksum.h"

#include <string.h>

uint64_t ChecksumAdd(uint64_t Sum, const void *Data, size_t Length)
{
    const uint8_t *Byte = Data;
    uint64_t High = 0;
    for (; Length >= 16; Length -= 16, Byte += 16)
    {
        uint64_t Words[2];
        memcpy(Words, Byte, sizeof(Words));
        Sum += (uint32_t)Words[0];
        High += Words[0] >> 32;
        Sum += (uint32_t)Words[1];
        High += Words[1] >> 32;
    }
    Sum += High;
    for (; Length >= 2; Length -= 2, Byte += 2)
    {
        uint16_t Word;
        memcpy(&Word, Byte, sizeof(Word));
        Sum += Word;
    }
    if (Length != 0)
    {
        uint16_t Word = 0;
        memcpy(&Word, Byte, 1);
        Sum += Word;
    }
    return Sum;
}

uint16_t ChecksumFold(uint64_t Sum)
{
    while (Sum > 0xFFFF)
        Sum = (Sum & 0xFFFF) + (Sum >> 16);
    return (uint16_t)Sum;
}

uint16_t ChecksumFinish(uint64_t Sum)
{
    uint16_t Checksum = (uint16_t)~ChecksumFold(Sum);
    return Checksum != 0 ? Checksum : 0xFFFF;
}
