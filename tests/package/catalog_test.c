/* SPDX-License-Identifier: MIT */
/*
 * Reads the finished catalogue back with libcrypto and compares it with the package's files, whose
 * hashes are computed here, by the other of the two ways that the format allows: section by
 * section.
 *
 *   catalog_test FOLDER ARCHITECTURE SECONDS
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <openssl/asn1.h>
#include <openssl/evp.h>
#include <openssl/pkcs7.h>

#define MAX_ENTRIES 8
#define MAX_TEXT    128

typedef struct _BYTES
{
    uint8_t *Data;
    size_t Length;
} BYTES;

/* An element of DER: its tag, and where its contents lie. */
typedef struct _ELEMENT
{
    int Tag;
    int Class;
    const uint8_t *Contents;
    size_t Length;
} ELEMENT;

/* What one entry of the list says. */
typedef struct _ENTRY
{
    const uint8_t *Hash;
    size_t HashLength;
    char File[MAX_TEXT];
    char OsAttributes[MAX_TEXT];
    int MemberInfoTag;
    ELEMENT IndirectData; /* no contents if the entry has none */
} ENTRY;

static struct
{
    BYTES Inf;
    BYTES Driver;
    BYTES Catalog;
    const char *Architecture;
    time_t Time;
    PKCS7 *Pkcs7;
    ELEMENT List;
    ELEMENT Parts[6]; /* usage, identifier, time, algorithm, entries, extensions */
    ENTRY Entries[MAX_ENTRIES];
    size_t EntryCount;
} State;

static BYTES ReadWholeFile(const char *Folder, const char *Name)
{
    char Path[4096];
    snprintf(Path, sizeof(Path), "%s/%s", Folder, Name);
    FILE *File = fopen(Path, "rb");
    if (!File)
    {
        fail_msg("%s cannot be opened", Path);
    }
    fseek(File, 0, SEEK_END);
    BYTES Bytes = {.Length = (size_t)ftell(File)};
    rewind(File);
    Bytes.Data = malloc(Bytes.Length + 1);
    assert_int_equal(fread(Bytes.Data, 1, Bytes.Length, File), Bytes.Length);
    fclose(File);
    return Bytes;
}

/* Takes the next element off [*Cursor, End); returns 0 at the end. */
static int NextElement(const uint8_t **Cursor, const uint8_t *End, ELEMENT *Element)
{
    long Length;
    if (*Cursor == End)
    {
        return 0;
    }
    int Result = ASN1_get_object(Cursor, &Length, &Element->Tag, &Element->Class, End - *Cursor);
    assert_true((Result & 0x81) == 0); /* neither an error nor of indefinite length */
    Element->Contents = *Cursor;
    Element->Length = (size_t)Length;
    *Cursor += Length;
    return 1;
}

static size_t Children(const ELEMENT *Parent, ELEMENT *Elements, size_t Limit)
{
    const uint8_t *Cursor = Parent->Contents;
    size_t Count = 0;
    ELEMENT Element;
    while (NextElement(&Cursor, Parent->Contents + Parent->Length, &Element))
    {
        assert_true(Count < Limit);
        Elements[Count++] = Element;
    }
    return Count;
}

/* The only child, which has that universal tag. */
static ELEMENT OnlyChild(const ELEMENT *Parent, int Tag)
{
    ELEMENT Child;
    assert_int_equal(Children(Parent, &Child, 1), 1);
    assert_int_equal(Child.Tag, Tag);
    return Child;
}

/* Whether the element is an object identifier with these arcs below 1.3.6.1.4.1.311. */
static int IsOid(const ELEMENT *Element, const char *Arcs)
{
    static const uint8_t Microsoft[] = {0x2B, 6, 1, 4, 1, 0x82, 0x37};
    return Element->Tag == V_ASN1_OBJECT && Element->Length == sizeof(Microsoft) + strlen(Arcs) &&
           memcmp(Element->Contents, Microsoft, sizeof(Microsoft)) == 0 &&
           memcmp(Element->Contents + sizeof(Microsoft), Arcs, strlen(Arcs)) == 0;
}

/* Copies every second byte, and asserts that those between are zero. */
static void CopyWide(const ELEMENT *Wide, size_t First, char *Text)
{
    assert_true(Wide->Length % 2 == 0 && Wide->Length / 2 < MAX_TEXT);
    for (size_t i = 0; i < Wide->Length / 2; i++)
    {
        Text[i] = (char)Wide->Contents[2 * i + First];
        assert_int_equal(Wide->Contents[2 * i + 1 - First], 0);
    }
    Text[Wide->Length / 2] = 0;
}

static void ReadNameValue(const ELEMENT *NameValue, char *Name, char *Value)
{
    ELEMENT Parts[3];
    assert_int_equal(NameValue->Tag, V_ASN1_SEQUENCE);
    assert_int_equal(Children(NameValue, Parts, 3), 3);
    assert_int_equal(Parts[0].Tag, V_ASN1_BMPSTRING);
    CopyWide(&Parts[0], 1, Name);
    assert_int_equal(Parts[1].Length, 4);
    assert_memory_equal(Parts[1].Contents, "\x10\x01\x00\x01", 4);
    assert_int_equal(Parts[2].Tag, V_ASN1_OCTET_STRING);
    CopyWide(&Parts[2], 0, Value);
    assert_int_equal(strlen(Value) + 1, Parts[2].Length / 2); /* the NUL is inside */
}

static void ReadAttribute(const ELEMENT *Attribute, ENTRY *Entry)
{
    ELEMENT Parts[2];
    assert_int_equal(Children(Attribute, Parts, 2), 2);
    assert_int_equal(Parts[1].Tag, V_ASN1_SET);
    ELEMENT Value;
    assert_int_equal(Children(&Parts[1], &Value, 1), 1);
    if (IsOid(&Parts[0], "\x0C\x02\x03"))
    {
        assert_int_equal(Value.Class, V_ASN1_CONTEXT_SPECIFIC);
        assert_int_equal(Value.Length, 0);
        Entry->MemberInfoTag = Value.Tag;
    }
    else if (IsOid(&Parts[0], "\x0C\x02\x01"))
    {
        char Name[MAX_TEXT];
        char Text[MAX_TEXT];
        ReadNameValue(&Value, Name, Text);
        strcpy(strcmp(Name, "File") == 0 ? Entry->File : Entry->OsAttributes, Text);
        assert_true(strcmp(Name, "File") == 0 || strcmp(Name, "OSAttr") == 0);
    }
    else
    {
        assert_true(IsOid(&Parts[0], "\x02\x01\x04"));
        Entry->IndirectData = Value;
    }
}

static void ReadEntry(const ELEMENT *Element, ENTRY *Entry)
{
    ELEMENT Parts[2];
    ELEMENT Attributes[4];
    assert_int_equal(Children(Element, Parts, 2), 2);
    assert_int_equal(Parts[0].Tag, V_ASN1_OCTET_STRING);
    Entry->Hash = Parts[0].Contents;
    Entry->HashLength = Parts[0].Length;
    Entry->MemberInfoTag = -1;
    assert_int_equal(Parts[1].Tag, V_ASN1_SET);
    size_t Count = Children(&Parts[1], Attributes, 4);
    assert_int_equal(Count, Entry->HashLength == 32 ? 4 : 3);
    for (size_t i = 0; i < Count; i++)
    {
        ReadAttribute(&Attributes[i], Entry);
        if (i > 0) /* DER sorts SET OF by bytes; here all lengths are below 128 */
        {
            const uint8_t *Previous = Attributes[i - 1].Contents - 2;
            assert_true(
                memcmp(Previous, Attributes[i].Contents - 2, Attributes[i - 1].Length + 2) <= 0);
        }
    }
}

static int Setup(void **Unused)
{
    (void)Unused;
    const uint8_t *Cursor = State.Catalog.Data;
    State.Pkcs7 = d2i_PKCS7(NULL, &Cursor, (long)State.Catalog.Length);
    if (!State.Pkcs7 || Cursor != State.Catalog.Data + State.Catalog.Length ||
        !PKCS7_type_is_signed(State.Pkcs7))
    {
        return -1;
    }
    const ASN1_STRING *List = State.Pkcs7->d.sign->contents->d.other->value.sequence;
    Cursor = ASN1_STRING_get0_data(List);
    assert_true(NextElement(&Cursor, Cursor + ASN1_STRING_length(List), &State.List));
    assert_int_equal(Children(&State.List, State.Parts, 6), 6);
    ELEMENT Entries[MAX_ENTRIES];
    State.EntryCount = Children(&State.Parts[4], Entries, MAX_ENTRIES);
    for (size_t i = 0; i < State.EntryCount; i++)
    {
        ReadEntry(&Entries[i], &State.Entries[i]);
    }
    return 0;
}

static int Teardown(void **Unused)
{
    (void)Unused;
    PKCS7_free(State.Pkcs7);
    free(State.Inf.Data);
    free(State.Driver.Data);
    free(State.Catalog.Data);
    return 0;
}

static void TestHead(void **Unused)
{
    (void)Unused;
    ELEMENT Usage = OnlyChild(&State.Parts[0], V_ASN1_OBJECT);
    assert_true(IsOid(&Usage, "\x0C\x01\x01"));
    assert_int_equal(State.Parts[1].Tag, V_ASN1_OCTET_STRING);
    assert_int_equal(State.Parts[1].Length, 16);
    char Expected[32];
    strftime(Expected, sizeof(Expected), "%y%m%d%H%M%SZ", gmtime(&State.Time));
    assert_int_equal(State.Parts[2].Tag, V_ASN1_UTCTIME);
    assert_int_equal(State.Parts[2].Length, strlen(Expected));
    assert_memory_equal(State.Parts[2].Contents, Expected, strlen(Expected));
    ELEMENT Algorithm[2];
    assert_int_equal(Children(&State.Parts[3], Algorithm, 2), 2);
    assert_true(IsOid(&Algorithm[0], "\x0C\x01\x03"));
    assert_int_equal(Algorithm[1].Tag, V_ASN1_NULL);
}

static void TestExtensions(void **Unused)
{
    (void)Unused;
    const char *Expected[2][2] = {{"OS", NULL}, {"HWID1", "adit"}};
    Expected[0][1] =
        strcmp(State.Architecture, "x86") == 0 ? "7X86,8X86,_v63,_v100_Vb"
        : strcmp(State.Architecture, "amd64") == 0
            ? "7X64,Server2008R2X64,8X64,_v63_X64,_v63_Server_X64,_v100_X64_Vb,Server_v100_X64_21H2"
            : "_v100_ARM64_Vb";
    assert_int_equal(State.Parts[5].Class, V_ASN1_CONTEXT_SPECIFIC);
    assert_int_equal(State.Parts[5].Tag, 0);
    ELEMENT Sequence = OnlyChild(&State.Parts[5], V_ASN1_SEQUENCE);
    ELEMENT Extensions[2];
    assert_int_equal(Children(&Sequence, Extensions, 2), 2);
    for (size_t i = 0; i < 2; i++)
    {
        ELEMENT Parts[2];
        char Name[MAX_TEXT];
        char Value[MAX_TEXT];
        assert_int_equal(Children(&Extensions[i], Parts, 2), 2);
        assert_true(IsOid(&Parts[0], "\x0C\x02\x01"));
        assert_int_equal(Parts[1].Tag, V_ASN1_OCTET_STRING);
        ELEMENT NameValue = OnlyChild(&Parts[1], V_ASN1_SEQUENCE);
        ReadNameValue(&NameValue, Name, Value);
        assert_string_equal(Name, Expected[i][0]);
        assert_string_equal(Value, Expected[i][1]);
    }
}

static void TestEntries(void **Unused)
{
    (void)Unused;
    const char *OsAttributes =
        strcmp(State.Architecture, "arm64") == 0 ? "2:10.0" : "2:6.1,2:6.2,2:6.3,2:10.0";
    assert_int_equal(State.EntryCount, 4);
    for (size_t i = 0; i < State.EntryCount; i++)
    {
        const ENTRY *Entry = &State.Entries[i];
        assert_string_equal(Entry->OsAttributes, OsAttributes);
        int IsDriver = strcmp(Entry->File, "adit.sys") == 0;
        assert_true(IsDriver || strcmp(Entry->File, "adit.inf") == 0);
        assert_int_equal(Entry->MemberInfoTag, IsDriver ? 0 : 2);
        assert_true(Entry->HashLength == 20 || Entry->HashLength == 32);
        if (i > 0)
        {
            assert_true(memcmp(State.Entries[i - 1].Hash, Entry->Hash, 20) < 0);
        }
        if (Entry->HashLength == 32)
        {
            ELEMENT Parts[2];
            ELEMENT Data[2];
            ELEMENT Digest[2];
            assert_int_equal(Children(&Entry->IndirectData, Parts, 2), 2);
            assert_int_equal(Children(&Parts[0], Data, 2), 2);
            assert_true(IsOid(&Data[0], IsDriver ? "\x02\x01\x0F" : "\x02\x01\x19"));
            assert_int_equal(Children(&Parts[1], Digest, 2), 2);
            assert_int_equal(Digest[1].Length, 32);
            assert_memory_equal(Digest[1].Contents, Entry->Hash, 32);
        }
    }
}

/* Whether the catalogue lists this hash of this file. */
static int IsListed(const char *File, const uint8_t *Hash, size_t HashLength)
{
    for (size_t i = 0; i < State.EntryCount; i++)
    {
        const ENTRY *Entry = &State.Entries[i];
        if (Entry->HashLength == HashLength && strcmp(Entry->File, File) == 0 &&
            memcmp(Entry->Hash, Hash, HashLength) == 0)
        {
            return 1;
        }
    }
    return 0;
}

static size_t Read32(const uint8_t *Bytes)
{
    return Bytes[0] | (size_t)Bytes[1] << 8 | (size_t)Bytes[2] << 16 | (size_t)Bytes[3] << 24;
}

/* Where the headers that the loader and the hash care about lie. */
typedef struct _IMAGE
{
    size_t Checksum;
    size_t SecurityDirectory;
    size_t Sections;
    size_t SectionCount;
    size_t HeadersEnd;
    size_t SignatureSize;
} IMAGE;

static IMAGE ReadImage(const uint8_t *File)
{
    const uint8_t *Nt = File + Read32(File + 0x3C);
    const uint8_t *Optional = Nt + 24;
    int IsPlus = Optional[0] == 0x0B && Optional[1] == 0x02;
    const uint8_t *Security = Optional + (IsPlus ? 112 : 96) + 4 * 8;
    IMAGE Image = {
        .Checksum = (size_t)(Optional + 64 - File),
        .SecurityDirectory = (size_t)(Security - File),
        .Sections = (size_t)(Optional - File) + (Read32(Nt + 20) & 0xFFFF),
        .SectionCount = Read32(Nt + 6) & 0xFFFF,
        .HeadersEnd = Read32(Optional + 60),
        .SignatureSize = Read32(Security + 4),
    };
    return Image;
}

static int CompareSections(const void *A, const void *B)
{
    size_t OffsetA = Read32((const uint8_t *)A + 20);
    size_t OffsetB = Read32((const uint8_t *)B + 20);
    return (OffsetA > OffsetB) - (OffsetA < OffsetB);
}

/* The hash as "Calculating the PE image hash" tells it: headers, sections in file order, rest. */
static void HashImage(const BYTES *File, IMAGE Image, const EVP_MD *Algorithm, uint8_t *Hash)
{
    uint8_t Sections[64 * 40];
    assert_true(Image.SectionCount <= 64);
    memcpy(Sections, File->Data + Image.Sections, Image.SectionCount * 40);
    qsort(Sections, Image.SectionCount, 40, CompareSections);
    EVP_MD_CTX *Context = EVP_MD_CTX_new();
    EVP_DigestInit_ex(Context, Algorithm, NULL);
    EVP_DigestUpdate(Context, File->Data, Image.Checksum);
    EVP_DigestUpdate(
        Context, File->Data + Image.Checksum + 4, Image.SecurityDirectory - Image.Checksum - 4);
    EVP_DigestUpdate(
        Context, File->Data + Image.SecurityDirectory + 8,
        Image.HeadersEnd - Image.SecurityDirectory - 8);
    size_t Hashed = Image.HeadersEnd;
    for (size_t i = 0; i < Image.SectionCount; i++)
    {
        size_t Size = Read32(Sections + i * 40 + 16);
        EVP_DigestUpdate(Context, File->Data + Read32(Sections + i * 40 + 20), Size);
        Hashed += Size;
    }
    assert_true(Hashed + Image.SignatureSize <= File->Length);
    EVP_DigestUpdate(Context, File->Data + Hashed, File->Length - Hashed - Image.SignatureSize);
    EVP_DigestFinal_ex(Context, Hash, NULL);
    EVP_MD_CTX_free(Context);
}

static int IsInfListed(void)
{
    uint8_t Sha1[20];
    uint8_t Sha256[32];
    EVP_Digest(State.Inf.Data, State.Inf.Length, Sha1, NULL, EVP_sha1(), NULL);
    EVP_Digest(State.Inf.Data, State.Inf.Length, Sha256, NULL, EVP_sha256(), NULL);
    int Listed = IsListed("adit.inf", Sha256, sizeof(Sha256));
    assert_int_equal(Listed, IsListed("adit.inf", Sha1, sizeof(Sha1)));
    return Listed;
}

/* Image is the layout of the unchanged file: a change may hit the very numbers that say it. */
static int IsDriverListed(IMAGE Image)
{
    uint8_t Sha1[20];
    uint8_t Sha256[32];
    HashImage(&State.Driver, Image, EVP_sha1(), Sha1);
    HashImage(&State.Driver, Image, EVP_sha256(), Sha256);
    int Listed = IsListed("adit.sys", Sha256, sizeof(Sha256));
    assert_int_equal(Listed, IsListed("adit.sys", Sha1, sizeof(Sha1)));
    return Listed;
}

static void TestInf(void **Unused)
{
    (void)Unused;
    assert_true(IsInfListed());
    for (size_t i = 0; i < State.Inf.Length; i++)
    {
        State.Inf.Data[i] ^= 1;
        assert_false(IsInfListed());
        State.Inf.Data[i] ^= 1;
    }
}

static void TestDriver(void **Unused)
{
    (void)Unused;
    IMAGE Image = ReadImage(State.Driver.Data);
    assert_true(IsDriverListed(Image));
    assert_true(Image.SignatureSize > 0);
    /* What loading depends on is covered, the signature and what signing changes is not. */
    const struct
    {
        size_t Offset;
        int Listed;
    } Changes[] = {
        {2, 0},
        {Image.Checksum - 1, 0},
        {Image.Checksum, 1},
        {Image.Checksum + 3, 1},
        {Image.Checksum + 4, 0},
        {Image.SecurityDirectory - 1, 0},
        {Image.SecurityDirectory + 8, 0},
        {Image.HeadersEnd, 0},
        {State.Driver.Length - Image.SignatureSize - 1, 0},
        {State.Driver.Length - Image.SignatureSize, 1},
        {State.Driver.Length - 1, 1},
    };
    for (size_t i = 0; i < sizeof(Changes) / sizeof(Changes[0]); i++)
    {
        State.Driver.Data[Changes[i].Offset] ^= 1;
        int Listed = IsDriverListed(Image);
        State.Driver.Data[Changes[i].Offset] ^= 1;
        if (Listed != Changes[i].Listed)
        {
            fail_msg("a change at %zu of adit.sys: listed %d", Changes[i].Offset, Listed);
        }
    }
}

/* The signer signs the list's contents, without its tag and length. */
static void TestMessageDigest(void **Unused)
{
    (void)Unused;
    STACK_OF(PKCS7_SIGNER_INFO) *Signers = PKCS7_get_signer_info(State.Pkcs7);
    assert_int_equal(sk_PKCS7_SIGNER_INFO_num(Signers), 1);
    PKCS7_SIGNER_INFO *Signer = sk_PKCS7_SIGNER_INFO_value(Signers, 0);
    const ASN1_OCTET_STRING *Digest = PKCS7_digest_from_attributes(Signer->auth_attr);
    uint8_t Expected[32];
    EVP_Digest(State.List.Contents, State.List.Length, Expected, NULL, EVP_sha256(), NULL);
    assert_int_equal(ASN1_STRING_length(Digest), sizeof(Expected));
    assert_memory_equal(ASN1_STRING_get0_data(Digest), Expected, sizeof(Expected));
}

int main(int Count, char **Values)
{
    if (Count != 4)
    {
        fprintf(stderr, "usage: catalog_test FOLDER ARCHITECTURE SECONDS\n");
        return EXIT_FAILURE;
    }
    State.Inf = ReadWholeFile(Values[1], "adit.inf");
    State.Driver = ReadWholeFile(Values[1], "adit.sys");
    State.Catalog = ReadWholeFile(Values[1], "adit.cat");
    State.Architecture = Values[2];
    State.Time = strtoll(Values[3], NULL, 10);
    const struct CMUnitTest Tests[] = {
        cmocka_unit_test(TestHead),    cmocka_unit_test(TestExtensions),
        cmocka_unit_test(TestEntries), cmocka_unit_test(TestInf),
        cmocka_unit_test(TestDriver),  cmocka_unit_test(TestMessageDigest),
    };
    return cmocka_run_group_tests_name("catalog", Tests, Setup, Teardown);
}
