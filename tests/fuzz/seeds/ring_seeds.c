/* SPDX-License-Identifier: MIT */
/* Seeds of ring_fuzz. */
#include "seed.h"

static void RingHeader(unsigned Capacity, unsigned Alertable, uint32_t Send, uint32_t Receive)
{
    SeedU8(Capacity);
    SeedU8(0);
    SeedU8(Alertable);
    SeedU32(Send);
    SeedU32(Receive);
}

static void RingPut(unsigned Length, unsigned First)
{
    SeedU8(RingStepPut);
    SeedU16(Length);
    SeedU8(First);
}

static void RingPutSize(unsigned Length, uint32_t Size)
{
    SeedU8(RingStepPutSize);
    SeedU16(Length);
    SeedU8(0x45);
    SeedU32(Size);
}

static void RingValue(RING_STEP Step, uint32_t Value)
{
    SeedU8(Step);
    SeedU32(Value);
}

static void RingFlood(unsigned Count, unsigned Length, unsigned First)
{
    SeedU8(RingStepFlood);
    SeedU8(Count);
    SeedU8(Length);
    SeedU8(First);
}

static void RingSend(unsigned Length, unsigned First)
{
    SeedU8(RingStepSend);
    SeedU16(Length);
    SeedU8(First);
}

static void RingReceiveSeeds(void)
{
    RingHeader(0, 0, 0, 0);
    RingPut(84, 0x45);
    SeedU8(RingStepPublish);
    RingPut(1280, 0x60);
    SeedU8(RingStepPublish);
    SeedWrite("packets");

    RingHeader(0, 0, 0, 0);
    static const unsigned Lengths[] = {0, 1, 3, 4, 19, 20, 39, 40, 2047, 2048, 2049, 65534, 65535};
    for (size_t Index = 0; Index < ARRAYSIZE(Lengths); Index++)
    {
        RingPut(Lengths[Index], Index % 2 ? 0x60 : 0x45);
        SeedU8(RingStepPublish);
    }
    SeedWrite("lengths");

    RingHeader(0, 0, 0, 0x1FFFC);
    RingPut(65535, 0x45);
    SeedU8(RingStepPublish);
    RingPut(65535, 0x60);
    SeedU8(RingStepPublish);
    SeedWrite("wrap");

    RingHeader(0, 0, 0, 0x1FF00);
    RingFlood(200, 60, 0x45);
    SeedU8(RingStepPublish);
    RingFlood(130, 40, 0x60);
    SeedU8(RingStepPublish);
    SeedWrite("batches");

    RingHeader(0, 0, 0, 0);
    RingFlood(10, 20, 0x00);
    RingPut(100, 0x45);
    SeedU8(RingStepPublish);
    SeedWrite("no-ip");

    RingHeader(0, 0, 0, 0);
    RingPut(40, 0x45);
    RingPutSize(40, 0x10000);
    SeedU8(RingStepPublish);
    RingPut(40, 0x45);
    SeedU8(RingStepPublish);
    SeedWrite("size-too-large");

    RingHeader(0, 0, 0, 0x1FFD0);
    RingPutSize(40, 41);
    SeedU8(RingStepPublish);
    SeedWrite("size-behind-tail");

    RingHeader(0, 0, 0, 0);
    RingPutSize(40, 0xFFFFFFFF);
    SeedU8(RingStepPublish);
    SeedWrite("size-wraps");
}

static void RingHostileSeeds(void)
{
    static const uint32_t Tails[] = {0x20000, 0x1FFFE, 2, 0x80000000, 0xFFFFFFFF, 0xFFFFFFFC};
    static const char *const Names[] = {"tail-capacity", "tail-misaligned", "tail-two",
                                        "tail-high",     "tail-terminated", "tail-last"};
    for (size_t Index = 0; Index < ARRAYSIZE(Tails); Index++)
    {
        RingHeader(0, 0, 0, 0);
        RingPut(60, 0x45);
        SeedU8(RingStepPublish);
        RingValue(RingStepPublishRaw, Tails[Index]);
        RingPut(60, 0x45);
        SeedU8(RingStepPublish);
        SeedWrite(Names[Index]);
    }

    RingHeader(0, 0, 0, 0);
    RingPut(60, 0x45);
    SeedU8(RingStepPublishNear);
    SeedU8(4);
    SeedWrite("tail-behind-packet");

    RingHeader(0, 0, 0, 0x100);
    RingPut(60, 0x45);
    SeedU8(RingStepPublish);
    RingValue(RingStepPublishRaw, 0x80);
    SeedWrite("tail-backwards");

    RingHeader(1, 0, 0, 0);
    RingValue(RingStepHead, 0xFFFFFFFF);
    RingValue(RingStepAlertable, 0);
    RingPut(60, 0x45);
    SeedU8(RingStepPublish);
    RingValue(RingStepHead, 0x1234);
    SeedWrite("head-and-alertable");

    RingHeader(0, 0, 0, 0);
    RingValue(RingStepPoke, 0);
    SeedU8(28);
    SeedU32(20);
    for (unsigned Index = 0; Index < 20; Index++)
    {
        SeedU8(Index == 0 ? 0x45 : 0);
    }
    SeedU32(0);
    RingValue(RingStepPublishRaw, 28);
    SeedWrite("poke");

    RingHeader(0, 0, 0, 0);
    SeedU8(RingStepPause);
    RingPut(60, 0x45);
    SeedU8(RingStepPublish);
    RingSend(60, 0x45);
    SeedU8(RingStepRestart);
    RingPut(60, 0x60);
    SeedU8(RingStepPublish);
    SeedWrite("pause");

    RingHeader(0, 0, 0, 0);
    SeedU8(RingStepHold);
    RingFlood(100, 60, 0x45);
    SeedU8(RingStepPublish);
    RingPut(4000, 0x60);
    SeedU8(RingStepPublish);
    SeedU8(RingStepReturn);
    RingPut(60, 0x60);
    SeedU8(RingStepPublish);
    SeedU8(RingStepHold);
    RingPut(60, 0x45);
    SeedU8(RingStepPublish);
    SeedWrite("hold");
}

static void RingSendSeeds(void)
{
    RingHeader(0, 0, 0, 0);
    RingSend(84, 0x45);
    SeedU8(RingStepSendRelease);
    RingSend(0, 0);
    RingSend(65535, 0x60);
    SeedWrite("send");

    RingHeader(0, 2, 0x1FFFC, 0);
    RingSend(84, 0x45);
    RingValue(RingStepSendAlertable, 1);
    RingSend(65535, 0x45);
    RingValue(RingStepSendAlertable, 0);
    SeedU8(RingStepSendRelease);
    RingSend(1400, 0x60);
    SeedWrite("send-alertable");

    RingHeader(0, 0, 0x10000, 0);
    SeedU8(RingStepSendFlood);
    SeedU8(3);
    SeedU16(65535);
    SeedU8(0x45);
    RingValue(RingStepSendHead, 0x10004);
    RingSend(65535, 0x45);
    SeedWrite("send-full");

    /* 0x20000 - 4 bytes are all that a ring may hold. */
    static const char *const Fills[] = {"send-exactly-full", "send-one-too-many"};
    for (unsigned Index = 0; Index < ARRAYSIZE(Fills); Index++)
    {
        RingHeader(0, 0, 0x400, 0);
        RingSend(0xFFF8, 0x45);
        RingSend(0xFFF8 + 4 * Index, 0x60);
        RingSend(0, 0x45);
        SeedU8(RingStepSendRelease);
        RingSend(40, 0x60);
        SeedWrite(Fills[Index]);
    }

    static const uint32_t Heads[] = {0x20000, 3, 0xFFFFFFFF};
    static const char *const Names[] = {
        "send-head-capacity", "send-head-misaligned", "send-head-terminated"};
    for (size_t Index = 0; Index < ARRAYSIZE(Heads); Index++)
    {
        RingHeader(0, 0, 0, 0);
        RingSend(60000, 0x45);
        RingValue(RingStepSendHead, Heads[Index]);
        RingSend(60000, 0x45);
        RingSend(60000, 0x45);
        SeedU8(RingStepSendRelease);
        RingSend(60, 0x45);
        SeedWrite(Names[Index]);
    }
}

void RingSeeds(void)
{
    RingReceiveSeeds();
    RingHostileSeeds();
    RingSendSeeds();
}
