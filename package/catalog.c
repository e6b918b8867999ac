/* SPDX-License-Identifier: MIT */
/*
 * Writes a catalogue: see catalog.h. The structures are those of Authenticode (SPC_*), of the
 * certificate trust list and of mscat.h (CAT_*); the values below are what Windows' own tools put
 * there.
 */
#include "catalog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

/* A name and value counts for the signature, and has a string as value. */
#define CATALOG_NAME_VALUE_FLAGS "\x10\x01\x00\x01"
#define CATALOG_MAX_TEXT         256
#define CATALOG_IDENTIFIER_SIZE  16

typedef struct _CATALOG_ARCHITECTURE
{
    const char *Name;
    const char *OsAttributes;
    const char *OperatingSystems;
} CATALOG_ARCHITECTURE;

/* From Windows 7 on; Windows on arm64 begins with 10. */
static const CATALOG_ARCHITECTURE CatalogArchitectures[] = {
    {"x86", "2:6.1,2:6.2,2:6.3,2:10.0", "7X86,8X86,_v63,_v100_Vb"},
    {"amd64", "2:6.1,2:6.2,2:6.3,2:10.0",
     "7X64,Server2008R2X64,8X64,_v63_X64,_v63_Server_X64,_v100_X64_Vb,Server_v100_X64_21H2"},
    {"arm64", "2:10.0", "_v100_ARM64_Vb"},
};

/* A reference to one of a member's two hashes: an entry of the list. */
typedef struct _CATALOG_ENTRY
{
    const MEMBER *Member;
    const uint8_t *Hash;
    size_t HashSize;
} CATALOG_ENTRY;

bool CatalogSetArchitecture(CATALOG *Catalog, const char *Architecture)
{
    for (size_t i = 0; i < sizeof(CatalogArchitectures) / sizeof(CatalogArchitectures[0]); i++)
    {
        if (strcmp(Architecture, CatalogArchitectures[i].Name) == 0)
        {
            Catalog->OsAttributes = CatalogArchitectures[i].OsAttributes;
            Catalog->OperatingSystems = CatalogArchitectures[i].OperatingSystems;
            return true;
        }
    }
    return false;
}

/* An object identifier below Microsoft's 1.3.6.1.4.1.311; every arc fits one byte. */
static void CatalogOid(DER *Der, const char *Arcs, size_t Count)
{
    DerBegin(Der, DER_OID);
    DerAppend(Der, "\x2B\x06\x01\x04\x01\x82\x37", 7);
    DerAppend(Der, Arcs, Count);
    DerEnd(Der);
}

static void CatalogSha256Identifier(DER *Der)
{
    DerBegin(Der, DER_SEQUENCE);
    DerElement(Der, DER_OID, "\x60\x86\x48\x01\x65\x03\x04\x02\x01", 9);
    DerElement(Der, DER_NULL, NULL, 0);
    DerEnd(Der);
}

/* CAT_NAMEVALUE: the name in UTF-16BE as BMPString has it, the value in UTF-16LE with its NUL. */
static void CatalogNameValue(DER *Der, const char *Name, const char *Value)
{
    DerBegin(Der, DER_SEQUENCE);
    DerBegin(Der, DER_BMP_STRING);
    for (; *Name; Name++)
    {
        DerAppend(Der, (const char[2]){0, *Name}, 2);
    }
    DerEnd(Der);
    DerElement(Der, DER_INTEGER, CATALOG_NAME_VALUE_FLAGS, 4);
    DerBegin(Der, DER_OCTET_STRING);
    for (; *Value; Value++)
    {
        DerAppend(Der, (const char[2]){*Value, 0}, 2);
    }
    DerAppend(Der, "\0", 2);
    DerEnd(Der);
    DerEnd(Der);
}

static void CatalogNameValueAttribute(DER *Der, const char *Name, const char *Value)
{
    DerBegin(Der, DER_SEQUENCE);
    CatalogOid(Der, "\x0C\x02\x01", 3); /* CAT_NAMEVALUE_OBJID */
    DerBegin(Der, DER_SET);
    CatalogNameValue(Der, Name, Value);
    DerEnd(Der);
    DerEnd(Der);
}

/* Tells Windows how to hash the file: as an image, or as it is. */
static void CatalogMemberInfoAttribute(DER *Der, bool IsImage)
{
    DerBegin(Der, DER_SEQUENCE);
    CatalogOid(Der, "\x0C\x02\x03", 3); /* CAT_MEMBERINFO2_OBJID */
    DerBegin(Der, DER_SET);
    DerElement(Der, IsImage ? DER_CONTEXT(0) : DER_CONTEXT(2), NULL, 0);
    DerEnd(Der);
    DerEnd(Der);
}

/* An SpcLink to a file without a name: SPC says here what the catalogue says by hash. */
static void CatalogEmptyLink(DER *Der)
{
    DerBegin(Der, DER_CONTEXT_CONSTRUCTED(2));
    DerElement(Der, DER_CONTEXT(0), NULL, 0);
    DerEnd(Der);
}

/* SPC_INDIRECT_DATA_CONTENT, which a signature inside the file would hold in the same form. */
static void CatalogIndirectDataAttribute(DER *Der, const MEMBER *Member)
{
    DerBegin(Der, DER_SEQUENCE);
    CatalogOid(Der, "\x02\x01\x04", 3); /* SPC_INDIRECT_DATA_OBJID */
    DerBegin(Der, DER_SET);
    DerBegin(Der, DER_SEQUENCE);
    DerBegin(Der, DER_SEQUENCE);
    if (Member->IsImage)
    {
        CatalogOid(Der, "\x02\x01\x0F", 3); /* SPC_PE_IMAGE_DATA_OBJID */
        DerBegin(Der, DER_SEQUENCE);
        /* SpcPeImageFlags: includeResources, of three bits, as Windows writes it. */
        DerElement(Der, DER_BIT_STRING, "\x05\xA0", 2);
        DerBegin(Der, DER_CONTEXT_CONSTRUCTED(0));
        CatalogEmptyLink(Der);
        DerEnd(Der);
        DerEnd(Der);
    }
    else
    {
        CatalogOid(Der, "\x02\x01\x19", 3); /* SPC_CAB_DATA_OBJID, for any file but an image */
        CatalogEmptyLink(Der);
    }
    DerEnd(Der);
    DerBegin(Der, DER_SEQUENCE);
    CatalogSha256Identifier(Der);
    DerElement(Der, DER_OCTET_STRING, Member->Sha256, sizeof(Member->Sha256));
    DerEnd(Der);
    DerEnd(Der);
    DerEnd(Der);
    DerEnd(Der);
}

static void CatalogEntry(const CATALOG *Catalog, const CATALOG_ENTRY *Entry, DER *Der)
{
    DerBegin(Der, DER_SEQUENCE);
    DerElement(Der, DER_OCTET_STRING, Entry->Hash, Entry->HashSize);
    DerBegin(Der, DER_SET);
    CatalogMemberInfoAttribute(Der, Entry->Member->IsImage);
    CatalogNameValueAttribute(Der, "OSAttr", Catalog->OsAttributes);
    CatalogNameValueAttribute(Der, "File", Entry->Member->Name);
    if (Entry->HashSize == MEMBER_SHA256_SIZE)
    {
        CatalogIndirectDataAttribute(Der, Entry->Member);
    }
    DerEndSetOf(Der);
    DerEnd(Der);
}

static int CatalogCompareEntries(const void *A, const void *B)
{
    const CATALOG_ENTRY *EntryA = A;
    const CATALOG_ENTRY *EntryB = B;
    return DerCompare(EntryA->Hash, EntryA->HashSize, EntryB->Hash, EntryB->HashSize);
}

/* The list proper, sorted by hash so that Windows can search it. */
static void CatalogEntries(const CATALOG *Catalog, DER *Der)
{
    CATALOG_ENTRY Entries[2 * CATALOG_MAX_MEMBERS];
    size_t Count = 0;
    for (size_t i = 0; i < Catalog->MemberCount; i++)
    {
        const MEMBER *Member = &Catalog->Members[i];
        Entries[Count++] = (CATALOG_ENTRY){Member, Member->Sha256, MEMBER_SHA256_SIZE};
        Entries[Count++] = (CATALOG_ENTRY){Member, Member->Sha1, MEMBER_SHA1_SIZE};
    }
    qsort(Entries, Count, sizeof(Entries[0]), CatalogCompareEntries);
    DerBegin(Der, DER_SEQUENCE);
    for (size_t i = 0; i < Count; i++)
    {
        CatalogEntry(Catalog, &Entries[i], Der);
    }
    DerEnd(Der);
}

static void CatalogExtension(DER *Der, const char *Name, const char *Value)
{
    DerBegin(Der, DER_SEQUENCE);
    CatalogOid(Der, "\x0C\x02\x01", 3); /* CAT_NAMEVALUE_OBJID */
    DerBegin(Der, DER_OCTET_STRING);
    CatalogNameValue(Der, Name, Value);
    DerEnd(Der);
    DerEnd(Der);
}

/* What the whole package is for: Windows versions and, in lower case, hardware ids. */
static void CatalogExtensions(const CATALOG *Catalog, DER *Der)
{
    DerBegin(Der, DER_CONTEXT_CONSTRUCTED(0));
    DerBegin(Der, DER_SEQUENCE);
    CatalogExtension(Der, "OS", Catalog->OperatingSystems);
    for (size_t i = 0; i < Catalog->HardwareIdCount; i++)
    {
        char Name[] = {'H', 'W', 'I', 'D', (char)('1' + i), 0};
        char Value[CATALOG_MAX_TEXT] = {0};
        for (size_t j = 0; j + 1 < sizeof(Value) && Catalog->HardwareIds[i][j]; j++)
        {
            char Character = Catalog->HardwareIds[i][j];
            Value[j] =
                Character >= 'A' && Character <= 'Z' ? (char)(Character + 'a' - 'A') : Character;
        }
        CatalogExtension(Der, Name, Value);
    }
    DerEnd(Der);
    DerEnd(Der);
}

/* Windows' tools put a random number here; the hash of the rest says the same each time. */
static bool CatalogIdentifier(const DER *Rest, const char *Time, uint8_t *Identifier)
{
    uint8_t Hash[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *Context = EVP_MD_CTX_new();
    bool Done = Context && EVP_DigestInit_ex(Context, EVP_sha256(), NULL) == 1 &&
                EVP_DigestUpdate(Context, Time, strlen(Time)) == 1 &&
                EVP_DigestUpdate(Context, Rest->Bytes, Rest->Length) == 1 &&
                EVP_DigestFinal_ex(Context, Hash, NULL) == 1;
    if (Done)
    {
        memcpy(Identifier, Hash, CATALOG_IDENTIFIER_SIZE);
    }
    EVP_MD_CTX_free(Context);
    return Done;
}

static bool CatalogFormatTime(time_t Time, char *Text, size_t Size)
{
    struct tm Utc;
    return gmtime_r(&Time, &Utc) && Utc.tm_year >= 50 && Utc.tm_year < 150 &&
           strftime(Text, Size, "%y%m%d%H%M%SZ", &Utc) > 0;
}

/* The certificate trust list without its own tag and length. */
static void CatalogList(const CATALOG *Catalog, DER *Der)
{
    char Time[32];
    uint8_t Identifier[CATALOG_IDENTIFIER_SIZE];
    DER Rest;
    DerInitialize(&Rest);
    CatalogEntries(Catalog, &Rest);
    CatalogExtensions(Catalog, &Rest);
    if (Rest.Failed || !CatalogFormatTime(Catalog->Time, Time, sizeof(Time)) ||
        !CatalogIdentifier(&Rest, Time, Identifier))
    {
        Der->Failed = true;
        goto CleanupRest;
    }
    DerBegin(Der, DER_SEQUENCE);
    CatalogOid(Der, "\x0C\x01\x01", 3); /* szOID_CATALOG_LIST */
    DerEnd(Der);
    DerElement(Der, DER_OCTET_STRING, Identifier, sizeof(Identifier));
    DerElement(Der, DER_UTC_TIME, Time, strlen(Time));
    DerBegin(Der, DER_SEQUENCE);
    CatalogOid(Der, "\x0C\x01\x03", 3); /* szOID_CATALOG_LIST_MEMBER2 */
    DerElement(Der, DER_NULL, NULL, 0);
    DerEnd(Der);
    DerAppend(Der, Rest.Bytes, Rest.Length);
CleanupRest:
    DerFree(&Rest);
}

bool CatalogWrite(const CATALOG *Catalog, DER *Der)
{
    DerBegin(Der, DER_SEQUENCE);
    DerElement(Der, DER_OID, "\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02", 9); /* pkcs7-signedData */
    DerBegin(Der, DER_CONTEXT_CONSTRUCTED(0));
    DerBegin(Der, DER_SEQUENCE);
    DerElement(Der, DER_INTEGER, "\x01", 1);
    DerBegin(Der, DER_SET);
    CatalogSha256Identifier(Der);
    DerEnd(Der);
    DerBegin(Der, DER_SEQUENCE);
    CatalogOid(Der, "\x0A\x01", 2); /* szOID_CTL */
    DerBegin(Der, DER_CONTEXT_CONSTRUCTED(0));
    DerBegin(Der, DER_SEQUENCE);
    CatalogList(Catalog, Der);
    DerEnd(Der);
    DerEnd(Der);
    DerEnd(Der);
    DerElement(Der, DER_SET, NULL, 0); /* no signer yet */
    DerEnd(Der);
    DerEnd(Der);
    DerEnd(Der);
    return !Der->Failed;
}
