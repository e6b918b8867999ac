/* SPDX-License-Identifier: MIT */
/* Seeds of oid_fuzz. */
#include "seed.h"

static void OidStep(OID_WAY Way, unsigned Index, unsigned Length, unsigned Output, uint32_t Value)
{
    SeedU8(Way);
    if (Way == OidWayOther)
    {
        SeedU32(7);
    }
    SeedU8(OidKindSupported);
    SeedU8(Index);
    SeedU16(Length);
    SeedU16(Output);
    SeedU8(4);
    SeedU32(Value);
}

void OidSeeds(void)
{
    static const unsigned Lengths[] = {0, 3, 4, 7, 8, 256, 1024};
    static const char *const Ways[] = {"query", "statistics", "set", "method", "other", "ndis"};
    char Name[64];
    /* Sixteen supported OIDs a file, each with a buffer that will do, and with shorter ones. */
    for (unsigned Way = 0; Way < ARRAYSIZE(Ways); Way++)
    {
        for (unsigned First = 0; First < 32; First += 16)
        {
            for (unsigned Index = First; Index < First + 16; Index++)
            {
                OidStep((OID_WAY)Way, Index, First ? 1024 : 256, 16, 0x2E);
            }
            snprintf(Name, sizeof(Name), "%s-%u", Ways[Way], First);
            SeedWrite(Name);
        }
        for (unsigned Length = 0; Length < ARRAYSIZE(Lengths); Length++)
        {
            for (unsigned Index = 8; Index < 24; Index++)
            {
                OidStep((OID_WAY)Way, Index, Lengths[Length], 8, 0xFFFFFFFF);
            }
            snprintf(Name, sizeof(Name), "%s-length-%u", Ways[Way], Lengths[Length]);
            SeedWrite(Name);
        }
    }
    OidStep(OidWayCancel, 0, 0, 0, 0);
    SeedU8(OidWayQuery);
    SeedU8(OidKindNear);
    SeedU8(0);
    SeedU8(0xFF);
    SeedU16(4);
    SeedU16(0);
    SeedU8(0);
    SeedU8(OidWaySet);
    SeedU8(OidKindRaw);
    SeedU32(0xFF010203);
    SeedU16(4);
    SeedU16(0);
    SeedU8(0);
    SeedWrite("others");
}
