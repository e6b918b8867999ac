/* SPDX-License-Identifier: MIT */
/* The functions that a compiler calls by itself, since the library links no C run-time. */
#include <stddef.h>

void *memcpy(void *restrict Destination, const void *restrict Source, size_t Size);
void *memmove(void *Destination, const void *Source, size_t Size);
void *memset(void *Destination, int Value, size_t Size);
int memcmp(const void *Left, const void *Right, size_t Size);

void *memcpy(void *restrict Destination, const void *restrict Source, size_t Size)
{
    unsigned char *To = Destination;
    const unsigned char *From = Source;

    while (Size-- > 0)
    {
        *To++ = *From++;
    }
    return Destination;
}

void *memmove(void *Destination, const void *Source, size_t Size)
{
    unsigned char *To = Destination;
    const unsigned char *From = Source;

    if (To <= From)
    {
        return memcpy(Destination, Source, Size);
    }
    while (Size-- > 0)
    {
        To[Size] = From[Size];
    }
    return Destination;
}

void *memset(void *Destination, int Value, size_t Size)
{
    unsigned char *To = Destination;

    while (Size-- > 0)
    {
        *To++ = (unsigned char)Value;
    }
    return Destination;
}

int memcmp(const void *Left, const void *Right, size_t Size)
{
    const unsigned char *A = Left;
    const unsigned char *B = Right;

    for (; Size > 0; ++A, ++B, --Size)
    {
        if (*A != *B)
        {
            return *A < *B ? -1 : 1;
        }
    }
    return 0;
}
