/* SPDX-License-Identifier: MIT */
/*
 * make_catalog: writes the unsigned catalogue of a driver package.
 *
 *   make_catalog --architecture x86|amd64|arm64 --hardware-id ID... --time SECONDS --output FILE
 *                PACKAGE-FILE...
 *
 * SECONDS is Unix time. Exit status: 0 done, 1 not done, said on stderr.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalog.h"

typedef struct _ARGUMENTS
{
    CATALOG Catalog;
    const char *Output;
    bool HasTime;
} ARGUMENTS;

static bool ArgumentsFail(const char *Format, const char *Value)
{
    fprintf(stderr, "make_catalog: ");
    fprintf(stderr, Format, Value);
    fputc('\n', stderr);
    return false;
}

static bool ArgumentsAddHardwareId(CATALOG *Catalog, const char *HardwareId)
{
    if (Catalog->HardwareIdCount == CATALOG_MAX_HARDWARE_IDS)
    {
        return ArgumentsFail(
            "%s is one hardware id more than the 9 that a catalogue can name", HardwareId);
    }
    /* MAX_DEVICE_ID_LEN: 200 characters with the NUL. */
    if (strlen(HardwareId) == 0 || strlen(HardwareId) >= 200)
    {
        return ArgumentsFail(
            "hardware id \"%s\" is empty or longer than 199 characters", HardwareId);
    }
    Catalog->HardwareIds[Catalog->HardwareIdCount++] = HardwareId;
    return true;
}

static bool ArgumentsAddFile(CATALOG *Catalog, const char *Path)
{
    if (Catalog->MemberCount == CATALOG_MAX_MEMBERS)
    {
        return ArgumentsFail("%s is one file more than the 32 that make_catalog takes", Path);
    }
    return MemberLoad(&Catalog->Members[Catalog->MemberCount++], Path);
}

static bool ArgumentsSetOption(ARGUMENTS *Arguments, const char *Option, const char *Value)
{
    if (strcmp(Option, "--architecture") == 0)
    {
        return CatalogSetArchitecture(&Arguments->Catalog, Value) ||
               ArgumentsFail("architecture %s is not x86, amd64 or arm64", Value);
    }
    if (strcmp(Option, "--hardware-id") == 0)
    {
        return ArgumentsAddHardwareId(&Arguments->Catalog, Value);
    }
    if (strcmp(Option, "--time") == 0)
    {
        char *End;
        errno = 0;
        Arguments->Catalog.Time = strtoll(Value, &End, 10);
        Arguments->HasTime = errno == 0 && End != Value && *End == 0;
        return Arguments->HasTime || ArgumentsFail("time %s is not a number of seconds", Value);
    }
    if (strcmp(Option, "--output") == 0)
    {
        Arguments->Output = Value;
        return true;
    }
    return ArgumentsFail("unknown option %s", Option);
}

static bool ArgumentsParse(ARGUMENTS *Arguments, int Count, char **Values)
{
    for (int i = 1; i < Count; i++)
    {
        if (strncmp(Values[i], "--", 2) != 0)
        {
            if (!ArgumentsAddFile(&Arguments->Catalog, Values[i]))
            {
                return false;
            }
            continue;
        }
        if (i + 1 == Count)
        {
            return ArgumentsFail("%s needs a value", Values[i]);
        }
        if (!ArgumentsSetOption(Arguments, Values[i], Values[i + 1]))
        {
            return false;
        }
        i++;
    }
    const CATALOG *Catalog = &Arguments->Catalog;
    if (!Catalog->OsAttributes || Catalog->HardwareIdCount == 0 || !Arguments->HasTime ||
        !Arguments->Output || Catalog->MemberCount == 0)
    {
        return ArgumentsFail(
            "%s are all needed", "--architecture, --hardware-id, --time, --output and a file");
    }
    return true;
}

static bool WriteFile(const char *Path, const DER *Der)
{
    FILE *File = fopen(Path, "wb");
    if (!File)
    {
        fprintf(stderr, "make_catalog: %s: %s\n", Path, strerror(errno));
        return false;
    }
    bool Written = fwrite(Der->Bytes, 1, Der->Length, File) == Der->Length;
    /* fclose writes what is left: its failure is a failure to write. */
    if (fclose(File) != 0 || !Written)
    {
        fprintf(stderr, "make_catalog: %s: %s\n", Path, strerror(errno));
        remove(Path);
        return false;
    }
    return true;
}

int main(int Count, char **Values)
{
    static ARGUMENTS Arguments;
    if (!ArgumentsParse(&Arguments, Count, Values))
    {
        return EXIT_FAILURE;
    }
    DER Der;
    DerInitialize(&Der);
    bool Done = CatalogWrite(&Arguments.Catalog, &Der);
    if (!Done)
    {
        fprintf(
            stderr, "make_catalog: no memory, or time %lld is not between 1950 and 2049\n",
            (long long)Arguments.Catalog.Time);
    }
    Done = Done && WriteFile(Arguments.Output, &Der);
    DerFree(&Der);
    return Done ? EXIT_SUCCESS : EXIT_FAILURE;
}
