/* SPDX-License-Identifier: MIT */
/* Seeds of nbl_fuzz. */
#include "seed.h"

#include "../sender.h"

static void NblHeader(unsigned Alertable, uint32_t Start)
{
    SeedU8(0);
    SeedU8(Alertable);
    SeedU32(Start);
}

static void NblCall(NBL_CLIENT Client, unsigned Flags, unsigned Lists)
{
    SeedU8(Client);
    if (Client == NblClientHead || Client == NblClientAlertable)
    {
        SeedU32(0x20000);
    }
    SeedU8(Flags);
    SeedU8(Lists - 1);
}

static void NblShape(
    SENDER_START Start,
    NBL_LENGTH Length,
    int Operand,
    unsigned Offset,
    unsigned Count,
    const unsigned *Sizes)
{
    SeedU8(Count);
    SeedU8(Start);
    SeedU8(Length);
    if (Length == NblLengthRaw)
    {
        SeedU32((uint32_t)Operand);
    }
    else if (Length != NblLengthExact)
    {
        SeedU8((unsigned)Operand);
    }
    SeedU16(Offset);
    SeedU8(0x45);
    SeedU8(Offset + Count);
    for (unsigned Index = 0; Index < Count; Index++)
    {
        if (Sizes[Index] >= 0xFF)
        {
            SeedU8(0xFF);
            SeedU16(Sizes[Index]);
        }
        else
        {
            SeedU8(Sizes[Index]);
        }
    }
}

/* One list of one packet. */
static void NblSingle(
    const char *Name,
    SENDER_START Start,
    NBL_LENGTH Length,
    int Operand,
    unsigned Offset,
    unsigned Count,
    const unsigned *Sizes)
{
    NblHeader(0, 0x1FFE0);
    NblCall(NblClientIdle, Count & NBL_FLAG_DISPATCH, 1);
    SeedU8(0);
    NblShape(Start, Length, Operand, Offset, Count, Sizes);
    SeedWrite(Name);
}

static void NblSingles(void)
{
    const unsigned One[] = {84}, Parts[] = {14, 20, 0, 1, 100, 0}, Large[] = {65535, 60};
    const unsigned Empty[] = {0, 0, 0};
    NblSingle("single", SenderStartOfMdl, NblLengthExact, 0, 0, 1, One);
    NblSingle("offset", SenderStartOfMdl, NblLengthExact, 0, 14, 1, One);
    NblSingle("less", SenderStartOfMdl, NblLengthLess, 7, 3, 1, One);
    NblSingle("more", SenderStartOfMdl, NblLengthMore, 1, 0, 1, One);
    NblSingle("parts", SenderStartOfMdl, NblLengthExact, 0, 14, 6, Parts);
    NblSingle("parts-end-of-mdl", SenderEndOfMdl, NblLengthExact, 0, 34, 6, Parts);
    NblSingle("parts-less", SenderStartOfMdl, NblLengthLess, 99, 5, 6, Parts);
    NblSingle("parts-more", SenderEndOfMdl, NblLengthMore, 1, 14, 6, Parts);
    NblSingle("behind-mdl", SenderBehindMdl, NblLengthLess, 10, 0, 2, Parts);
    NblSingle("no-mdl", SenderStartOfMdl, NblLengthExact, 0, 0, 0, NULL);
    NblSingle("no-mdl-more", SenderStartOfMdl, NblLengthMore, 20, 0, 0, NULL);
    NblSingle("empty-mdls", SenderStartOfMdl, NblLengthExact, 0, 0, 3, Empty);
    NblSingle("empty-mdls-more", SenderStartOfMdl, NblLengthMore, 1, 0, 3, Empty);
    NblSingle("largest", SenderStartOfMdl, NblLengthNear, 0, 0, 2, Large);
    NblSingle("too-large", SenderStartOfMdl, NblLengthNear, 1, 0, 2, Large);
    NblSingle("far-too-large", SenderStartOfMdl, NblLengthRaw, 0x1FFFF, 0, 2, Large);
    NblSingle("length-wraps", SenderStartOfMdl, NblLengthRaw, 0x1FFFC, 0, 1, One);
}

static void NblChains(void)
{
    const unsigned Parts[] = {20, 64, 1200}, Large[] = {40000};
    NblHeader(0, 0);
    NblCall(NblClientIdle, 0, 6);
    for (unsigned List = 0; List < 6; List++)
    {
        SeedU8(List % 4);
        for (unsigned Packet = 0; Packet <= List % 4; Packet++)
        {
            NblShape(SenderStartOfMdl, NblLengthLess, (int)(List * 4 + Packet), List, 3, Parts);
        }
    }
    SeedWrite("chain");

    /* One wrong packet takes its list with it, and no other. */
    NblHeader(0, 0);
    NblCall(NblClientIdle, 0, 3);
    for (unsigned List = 0; List < 3; List++)
    {
        SeedU8(1);
        NblShape(SenderStartOfMdl, NblLengthExact, 0, 0, 3, Parts);
        NblShape(SenderStartOfMdl, List == 1 ? NblLengthMore : NblLengthLess, 1, 0, 3, Parts);
    }
    SeedWrite("chain-one-wrong");

    /* The ring fills up, a smaller list still fits, the client reads, and it goes on. */
    NblHeader(2, 0x8000);
    for (unsigned Call = 0; Call < 3; Call++)
    {
        NblCall(Call == 2 ? NblClientReleases : NblClientIdle, NBL_FLAG_DISPATCH, 3);
        SeedU8(1);
        NblShape(SenderStartOfMdl, NblLengthExact, 0, 0, 1, Large);
        NblShape(SenderStartOfMdl, NblLengthExact, 0, 0, 1, Large);
        SeedU8(0);
        NblShape(SenderStartOfMdl, NblLengthExact, 0, 0, 1, Large);
        SeedU8(0);
        NblShape(SenderStartOfMdl, NblLengthExact, 0, 0, 1, Parts);
    }
    SeedWrite("full");

    static const NBL_CLIENT Clients[] = {NblClientHead, NblClientAlertable};
    static const char *const Names[] = {"head-invalid", "alertable"};
    for (unsigned Index = 0; Index < ARRAYSIZE(Clients); Index++)
    {
        NblHeader(2, 0);
        for (unsigned Call = 0; Call < 4; Call++)
        {
            NblCall(Call == 1 ? Clients[Index] : NblClientIdle, 0, 2);
            SeedU8(0);
            NblShape(SenderStartOfMdl, NblLengthExact, 0, 0, 1, Large);
            SeedU8(0);
            NblShape(SenderStartOfMdl, NblLengthExact, 0, 0, 1, Parts);
        }
        SeedWrite(Names[Index]);
    }
}

void NblSeeds(void)
{
    NblSingles();
    NblChains();
}
