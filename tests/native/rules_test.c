/* SPDX-License-Identifier: MIT */
/*
 * Every rule is broken by a test and caught: each place in host/native and host/ndis that checks
 * one is in the file to which the other tests of native.* and host.* write what they saw caught
 * (ADIT_RULES_FILE, which they append to). Prints the table of rules and tests.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules.h"

extern RULES_SITE __start_adit_rules[], __stop_adit_rules[];

#define LINE_SIZE  512
#define TESTS_SIZE 1024

/* The tests that broke the rule of that place, each once, from "FILE:LINE\tTEST" lines. */
static int FindTests(FILE *Seen, const RULES_SITE *Site, char Tests[TESTS_SIZE])
{
    char Key[LINE_SIZE], Line[LINE_SIZE], Name[LINE_SIZE];
    int Length = snprintf(Key, sizeof(Key), "%s:%u\t", Site->File, Site->Line);

    Tests[0] = '\0';
    rewind(Seen);
    while (fgets(Line, sizeof(Line), Seen))
    {
        Line[strcspn(Line, "\n")] = '\0';
        snprintf(Name, sizeof(Name), " %s", Line + (strncmp(Line, Key, Length) ? 0 : Length));
        if (strncmp(Line, Key, Length) == 0 && !strstr(Tests, Name) &&
            strlen(Tests) + strlen(Name) < TESTS_SIZE)
        {
            strcat(Tests, Name);
        }
    }
    return Tests[0] != '\0';
}

int main(void)
{
    const char *Name = getenv("ADIT_RULES_FILE");
    FILE *Seen = Name ? fopen(Name, "r") : NULL;
    unsigned Missing = 0, Count = 0;

    if (!Seen)
    {
        fprintf(stderr, "ADIT_RULES_FILE (%s) cannot be read\n", Name ? Name : "not set");
        return 1;
    }
    for (const RULES_SITE *Site = __start_adit_rules; Site < __stop_adit_rules; Site++, Count++)
    {
        char Tests[TESTS_SIZE];
        const char *File = strstr(Site->File, "host/");
        int Found = FindTests(Seen, Site, Tests);
        Missing += !Found;
        printf(
            "%s %s in %s (%s:%u):%s\n", Found ? "ok" : "NO TEST", Site->Rule, Site->Place,
            File ? File : Site->File, Site->Line, Tests);
    }
    fclose(Seen);
    printf("%u rules, %u without a test that breaks them\n", Count, Missing);
    return Count == 0 || Missing != 0;
}
