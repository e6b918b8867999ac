/* SPDX-License-Identifier: MIT */
/*
 * A driver package's catalogue: a certificate trust list
 * that names the package's files by their hashes, inside a PKCS #7 SignedData that nobody has
 * signed yet. Each file is listed twice, by SHA-256 and by SHA-1: Windows 7 looks for the latter.
 */
#ifndef ADIT_PACKAGE_CATALOG_H
#define ADIT_PACKAGE_CATALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "der.h"
#include "member.h"

#define CATALOG_MAX_MEMBERS      32
#define CATALOG_MAX_HARDWARE_IDS 9

typedef struct _CATALOG
{
    const char *OsAttributes;     /* OSAttr of each member: Windows versions, by number */
    const char *OperatingSystems; /* OS of the catalogue: Windows versions, by name */
    const char *HardwareIds[CATALOG_MAX_HARDWARE_IDS];
    size_t HardwareIdCount;
    MEMBER Members[CATALOG_MAX_MEMBERS];
    size_t MemberCount;
    time_t Time; /* when the list was made, 1950 to 2049 */
} CATALOG;

/* Sets what depends on the architecture; false unless it is x86, amd64 or arm64. */
bool CatalogSetArchitecture(CATALOG *Catalog, const char *Architecture);

/*
 * Writes the catalogue. The same input gives the same bytes. Returns false, with Der->Failed set,
 * if memory ran out or the time is out of range.
 */
bool CatalogWrite(const CATALOG *Catalog, DER *Der);

#endif
