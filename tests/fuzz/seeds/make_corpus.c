/* SPDX-License-Identifier: MIT */
/*
 * Writes the seeds of the fuzz targets: make_corpus DIRECTORY makes DIRECTORY/<target>/<name>.
 * Each seed is one shape that the driver's tests know.
 */
#include <string.h>
#include <sys/stat.h>

#include "seed.h"

typedef struct _SEED
{
    uint8_t Bytes[4096];
    size_t Size;
} SEED;

static const char *SeedDirectory, *SeedTarget;
static int SeedFailed;
static SEED Seed;

void SeedU8(unsigned Value)
{
    Seed.Bytes[Seed.Size++] = (uint8_t)Value;
}

void SeedU16(unsigned Value)
{
    SeedU8(Value);
    SeedU8(Value >> 8);
}

void SeedU32(uint32_t Value)
{
    SeedU16(Value);
    SeedU16(Value >> 16);
}

void SeedU64(uint64_t Value)
{
    SeedU32((uint32_t)Value);
    SeedU32((uint32_t)(Value >> 32));
}

void SeedWrite(const char *Name)
{
    char Path[512];
    snprintf(Path, sizeof(Path), "%s/%s", SeedDirectory, SeedTarget);
    mkdir(Path, 0777);
    snprintf(Path, sizeof(Path), "%s/%s/%s", SeedDirectory, SeedTarget, Name);
    FILE *File = fopen(Path, "wb");
    if (!File || fwrite(Seed.Bytes, 1, Seed.Size, File) != Seed.Size || fclose(File) != 0)
    {
        perror(Path);
        SeedFailed = 1;
    }
    Seed.Size = 0;
}

int main(int Count, char **Arguments)
{
    if (Count != 2)
    {
        fprintf(stderr, "usage: %s DIRECTORY\n", Arguments[0]);
        return 2;
    }
    SeedDirectory = Arguments[1];
    SeedTarget = "ring_fuzz";
    RingSeeds();
    SeedTarget = "ioctl_fuzz";
    IoctlSeeds();
    SeedTarget = "oid_fuzz";
    OidSeeds();
    SeedTarget = "nbl_fuzz";
    NblSeeds();
    return SeedFailed;
}
