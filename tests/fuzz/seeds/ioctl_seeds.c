/* SPDX-License-Identifier: MIT */
/* Seeds of ioctl_fuzz. */
#include "seed.h"

#include "native.h"

static void IoctlDescriptor(IOCTL_SIZE Size, IOCTL_RING Ring, IOCTL_EVENT Event)
{
    SeedU8(Size);
    SeedU8(Ring);
    SeedU8(Event);
}

static void IoctlRegister(unsigned Code, unsigned Length)
{
    SeedU8(IoctlStepRegister);
    SeedU8(Code);
    SeedU8(Length);
    SeedU8(0);
}

static void IoctlHeader(NATIVE_USER User, unsigned Flags)
{
    SeedU8(User);
    SeedU8(Flags);
}

static void IoctlGood(unsigned Code)
{
    IoctlRegister(Code, 0);
    IoctlDescriptor(IoctlSizeSmall, IoctlRingFirst, IoctlEventAuto);
    IoctlDescriptor(IoctlSizeLarge, IoctlRingSecond, IoctlEventManual);
}

static void IoctlClientSeeds(void)
{
    static const char *const Users[] = {
        "user-system", "user-administrator", "user-filtered", "user-standard", "user-low"};
    static const char *const Flags[] = {
        "open-64", "open-32", "open-64-no-read", "open-32-no-read", "open-64-no-write"};
    for (unsigned Index = 0; Index < ARRAYSIZE(Users); Index++)
    {
        IoctlHeader((NATIVE_USER)Index, 0);
        IoctlGood(Index);
        SeedWrite(Users[Index]);
        IoctlHeader(NativeAdministrator, Index);
        IoctlGood(Index);
        SeedWrite(Flags[Index]);
    }

    IoctlHeader(NativeLocalSystem, 0);
    IoctlGood(0);
    IoctlGood(1);
    SeedU8(IoctlStepReopen);
    IoctlGood(1);
    SeedWrite("twice");

    IoctlHeader(NativeLocalSystem, 0);
    for (unsigned Length = 47; Length <= 49; Length++)
    {
        IoctlRegister(Length, Length == 48 ? 24 : Length);
        IoctlDescriptor(IoctlSizeSmall, IoctlRingFirst, IoctlEventAuto);
        IoctlDescriptor(IoctlSizeSmall, IoctlRingSecond, IoctlEventAuto);
    }
    SeedWrite("lengths");

    IoctlHeader(NativeLocalSystem, 0);
    for (unsigned Kind = 0; Kind < 3; Kind++)
    {
        SeedU8(IoctlStepRaw);
        SeedU8(Kind);
        if (Kind == 0)
        {
            SeedU32(0xCA6CE5C4);
        }
        SeedU8(48);
        for (unsigned Index = 0; Index < 48; Index++)
        {
            SeedU8(0x11 * Index);
        }
        SeedU8(16);
    }
    SeedWrite("raw");
}

static void IoctlValueSeeds(void)
{
    static const char *const Sizes[] = {"size-small",    "size-large", "size-one-less",
                                        "size-one-more", "size-half",  "size-no-power",
                                        "size-huge",     "size-wraps"};
    static const char *const Rings[] = {"ring-first",      "ring-second",    "ring-shifted",
                                        "ring-misaligned", "ring-read-only", "ring-end-read-only",
                                        "ring-short",      "ring-freed",     "ring-foreign",
                                        "ring-kernel",     "ring-null",      "ring-top"};
    static const char *const Events[] = {"event-auto",       "event-manual",    "event-modify-only",
                                         "event-query-only", "event-semaphore", "event-file",
                                         "event-closed",     "event-process",   "event-null"};
    char Name[64];
    for (unsigned Half = 0; Half < 2; Half++)
    {
        for (unsigned Index = 0; Index < ARRAYSIZE(Rings); Index++)
        {
            IOCTL_SIZE Size = Index < ARRAYSIZE(Sizes) ? (IOCTL_SIZE)Index : IoctlSizeSmall;
            IOCTL_EVENT Event = Index < ARRAYSIZE(Events) ? (IOCTL_EVENT)Index : IoctlEventAuto;
            for (unsigned Field = 0; Field < 3; Field++)
            {
                if ((Field == 0 && Index >= ARRAYSIZE(Sizes)) ||
                    (Field == 2 && Index >= ARRAYSIZE(Events)))
                {
                    continue;
                }
                IoctlHeader(NativeLocalSystem, 0);
                IoctlRegister(0, 0);
                for (unsigned Descriptor = 0; Descriptor < 2; Descriptor++)
                {
                    BOOLEAN This = Descriptor == Half;
                    IoctlDescriptor(
                        This && Field == 0 ? Size : IoctlSizeSmall,
                        This && Field == 1 ? (IOCTL_RING)Index
                                           : (Descriptor ? IoctlRingSecond : IoctlRingFirst),
                        This && Field == 2 ? Event : IoctlEventAuto);
                }
                snprintf(
                    Name, sizeof(Name), "%s-%s", Half ? "receive" : "send",
                    Field == 0   ? Sizes[Index]
                    : Field == 1 ? Rings[Index]
                                 : Events[Index]);
                SeedWrite(Name);
            }
        }
    }
}

static void IoctlHeaderSeeds(void)
{
    static const char *const Fields[] = {"head", "tail", "alertable"};
    char Name[64];
    for (unsigned Ring = 0; Ring < 2; Ring++)
    {
        for (unsigned Field = 0; Field < 3; Field++)
        {
            IoctlHeader(NativeLocalSystem, 0);
            SeedU8(IoctlStepHeader);
            SeedU8(Ring);
            SeedU8(Field);
            SeedU32(0x20000);
            IoctlGood(0);
            snprintf(Name, sizeof(Name), "%s-%s", Ring ? "receive" : "send", Fields[Field]);
            SeedWrite(Name);
        }
    }
    IoctlHeader(NativeLocalSystem, 0);
    IoctlRegister(0, 0);
    SeedU8(IoctlSizeRaw);
    SeedU32(0x0003000C);
    SeedU8(IoctlRingRaw);
    SeedU64(0x10000);
    SeedU8(IoctlEventRaw);
    SeedU64(4);
    IoctlDescriptor(IoctlSizeSmall, IoctlRingFirst, IoctlEventAuto);
    SeedWrite("raw-values");

    IoctlHeader(NativeLocalSystem, 0);
    IoctlRegister(0, 0);
    SeedU8(IoctlSizeSmall);
    SeedU8(IoctlRingRaw);
    SeedU64(0x304); /* in page 0 */
    SeedU8(IoctlEventAuto);
    IoctlDescriptor(IoctlSizeSmall, IoctlRingFirst, IoctlEventAuto);
    SeedWrite("raw-page-zero");
}

void IoctlSeeds(void)
{
    IoctlClientSeeds();
    IoctlValueSeeds();
    IoctlHeaderSeeds();
}
