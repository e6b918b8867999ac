/* SPDX-License-Identifier: MIT */
/* The stress test's packets: an IPv6 header's room, a tag, and content that follows from it. */
#include <string.h>

#include "stress.h"

#define CONTENT_SHIFTS 1024u

static UCHAR Content[PACKET_MAX + CONTENT_SHIFTS];

__attribute__((constructor)) static void StressPacketFillContent(void)
{
    STRESS_RANDOM Random = {1};
    for (ULONG Index = 0; Index < sizeof(Content); Index++)
    {
        Content[Index] = (UCHAR)StressRandom(&Random, 256);
    }
}

static const UCHAR *StressPacketContent(const STRESS_TAG *Tag)
{
    return Content + (Tag->Sequence * 7 + Tag->Origin) % CONTENT_SHIFTS;
}

VOID StressPacketMake(UCHAR *Packet, const STRESS_TAG *Tag, BOOLEAN Version6)
{
    memset(Packet, 0, 40);
    Packet[0] = Version6 ? 0x60 : 0x45;
    memcpy(Packet + 40, Tag, sizeof(*Tag));
    memcpy(Packet + STRESS_MIN_TAGGED, StressPacketContent(Tag), Tag->Length - STRESS_MIN_TAGGED);
}

BOOLEAN StressPacketRead(const UCHAR *Packet, ULONG Length, ULONG Magic, STRESS_TAG *Tag)
{
    if (Length < STRESS_MIN_TAGGED)
    {
        return FALSE;
    }
    memcpy(Tag, Packet + 40, sizeof(*Tag));
    if (Tag->Magic != Magic)
    {
        return FALSE;
    }
    STRESS_CHECK(
        Tag->Length == Length && (Packet[0] == 0x60 || Packet[0] == 0x45) &&
            memcmp(
                Packet + STRESS_MIN_TAGGED, StressPacketContent(Tag), Length - STRESS_MIN_TAGGED) ==
                0,
        "packet %u of %u (%u bytes) arrives as other %u bytes", Tag->Sequence, Tag->Origin,
        Tag->Length, Length);
    return TRUE;
}

ULONG StressPacketLength(STRESS_RANDOM *Random, ULONG Least, ULONG Most)
{
    ULONG Kind = StressRandom(Random, 100);
    ULONG Range = Kind < 60 ? 200 : Kind < 95 ? 1500 : PACKET_MAX;
    if (Range > Most - Least)
    {
        Range = Most - Least;
    }
    return Least + StressRandom(Random, Range + 1);
}
