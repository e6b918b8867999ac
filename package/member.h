/* SPDX-License-Identifier: MIT */
/*
 * One file of a driver package as the catalogue sees it: its name, its kind and its hashes. An
 * image (PE) is hashed as Authenticode hashes it, so that a signature inside it changes nothing;
 * any other file is hashed as it is.
 */
#ifndef ADIT_PACKAGE_MEMBER_H
#define ADIT_PACKAGE_MEMBER_H

#include <stdbool.h>
#include <stdint.h>

#define MEMBER_SHA1_SIZE   20
#define MEMBER_SHA256_SIZE 32
#define MEMBER_NAME_SIZE   64

typedef struct _MEMBER
{
    char Name[MEMBER_NAME_SIZE]; /* without folders, lower case, as catalogues have it */
    bool IsImage;
    uint8_t Sha1[MEMBER_SHA1_SIZE];
    uint8_t Sha256[MEMBER_SHA256_SIZE];
} MEMBER;

/*
 * Fills Member from the file at Path. A file that starts with "MZ" must be a well-formed image.
 * On failure writes a line to stderr that names the file and what is wrong, and returns false.
 */
bool MemberLoad(MEMBER *Member, const char *Path);

#endif
