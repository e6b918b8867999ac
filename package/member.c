/* SPDX-License-Identifier: MIT */
/*
 * Names and hashes a file of the package: see member.h. The layout of an image and what its hash
 * leaves out are Microsoft's "PE Format" and "Windows Authenticode Portable Executable Signature
 * Format".
 */
#include "member.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#define IMAGE_NT_HEADERS_POINTER  0x3C
#define IMAGE_OPTIONAL_HEADER     24 /* behind "PE\0\0" and the file header */
#define IMAGE_OPTIONAL_SIZE       20 /* where the file header has the optional header's size */
#define IMAGE_CHECKSUM            64 /* in the optional header */
#define IMAGE_DIRECTORIES_PE32    96
#define IMAGE_DIRECTORIES_PE32P   112
#define IMAGE_SECURITY_DIRECTORY  4
#define IMAGE_DIRECTORY_SIZE      8
#define IMAGE_MAGIC_PE32          0x10B
#define IMAGE_MAGIC_PE32P         0x20B
#define IMAGE_SIGNATURE_ALIGNMENT 8

/* What the hash of an image covers: everything but the checksum, the directory entry and the
 * signature at the end of the file. */
typedef struct _MEMBER_IMAGE
{
    size_t Checksum;          /* offset of the 4 bytes left out */
    size_t SecurityDirectory; /* offset of the 8 bytes left out */
    size_t End;               /* the signature starts here, or the file ends */
    size_t Padding;           /* zero bytes hashed behind End, as signing would insert them */
} MEMBER_IMAGE;

static uint32_t MemberRead16(const uint8_t *Bytes)
{
    return (uint32_t)Bytes[0] | (uint32_t)Bytes[1] << 8;
}

static uint32_t MemberRead32(const uint8_t *Bytes)
{
    return MemberRead16(Bytes) | MemberRead16(Bytes + 2) << 16;
}

/* Returns NULL, or what is wrong with the image. */
static const char *MemberParseImage(const uint8_t *File, size_t Size, MEMBER_IMAGE *Image)
{
    if (Size < IMAGE_NT_HEADERS_POINTER + 4)
    {
        return "ends inside the DOS header";
    }
    size_t NtHeaders = MemberRead32(File + IMAGE_NT_HEADERS_POINTER);
    if (NtHeaders > Size || Size - NtHeaders < IMAGE_OPTIONAL_HEADER + 2 ||
        memcmp(File + NtHeaders, "PE\0", 4) != 0)
    {
        return "has no PE header where its DOS header says";
    }
    size_t Optional = NtHeaders + IMAGE_OPTIONAL_HEADER;
    size_t OptionalSize = MemberRead16(File + NtHeaders + IMAGE_OPTIONAL_SIZE);
    uint32_t Magic = MemberRead16(File + Optional);
    size_t Directories = Magic == IMAGE_MAGIC_PE32    ? IMAGE_DIRECTORIES_PE32
                         : Magic == IMAGE_MAGIC_PE32P ? IMAGE_DIRECTORIES_PE32P
                                                      : 0;
    size_t Security = Directories + IMAGE_SECURITY_DIRECTORY * IMAGE_DIRECTORY_SIZE;
    if (Directories == 0 || OptionalSize > Size - Optional ||
        OptionalSize < Security + IMAGE_DIRECTORY_SIZE ||
        MemberRead32(File + Optional + Directories - 4) <= IMAGE_SECURITY_DIRECTORY)
    {
        return "has no optional header with a security directory";
    }
    Image->Checksum = Optional + IMAGE_CHECKSUM;
    Image->SecurityDirectory = Optional + Security;
    Image->End = Size;
    Image->Padding = -Size % IMAGE_SIGNATURE_ALIGNMENT;
    size_t SignatureOffset = MemberRead32(File + Image->SecurityDirectory);
    size_t SignatureSize = MemberRead32(File + Image->SecurityDirectory + 4);
    if (SignatureSize > 0)
    {
        if (SignatureOffset < Optional + OptionalSize || SignatureOffset > Size ||
            SignatureSize != Size - SignatureOffset)
        {
            return "has a signature that does not end with the file";
        }
        Image->End = SignatureOffset;
        Image->Padding = 0;
    }
    return NULL;
}

/* Hashes File, leaving out what Image says; Image is NULL for a file hashed as it is. */
static bool MemberHash(
    const uint8_t *File,
    size_t Size,
    const MEMBER_IMAGE *Image,
    const EVP_MD *Algorithm,
    uint8_t *Hash)
{
    static const uint8_t Zeros[IMAGE_SIGNATURE_ALIGNMENT];
    EVP_MD_CTX *Context = EVP_MD_CTX_new();
    if (!Context)
    {
        return false;
    }
    bool Done = EVP_DigestInit_ex(Context, Algorithm, NULL) == 1;
    if (Done && !Image)
    {
        Done = EVP_DigestUpdate(Context, File, Size) == 1;
    }
    else if (Done)
    {
        size_t Second = Image->Checksum + 4;
        size_t Third = Image->SecurityDirectory + IMAGE_DIRECTORY_SIZE;
        Done = EVP_DigestUpdate(Context, File, Image->Checksum) == 1 &&
               EVP_DigestUpdate(Context, File + Second, Image->SecurityDirectory - Second) == 1 &&
               EVP_DigestUpdate(Context, File + Third, Image->End - Third) == 1 &&
               EVP_DigestUpdate(Context, Zeros, Image->Padding) == 1;
    }
    Done = Done && EVP_DigestFinal_ex(Context, Hash, NULL) == 1;
    EVP_MD_CTX_free(Context);
    return Done;
}

/* Returns NULL, or what is wrong with the name. */
static const char *MemberSetName(MEMBER *Member, const char *Path)
{
    const char *Slash = strrchr(Path, '/');
    const char *Name = Slash ? Slash + 1 : Path;
    size_t Length = strlen(Name);
    if (Length == 0 || Length >= MEMBER_NAME_SIZE)
    {
        return "has a name that is empty or longer than 63 characters";
    }
    for (size_t i = 0; i <= Length; i++)
    {
        if ((Name[i] & 0x80) != 0)
        {
            return "has a name outside ASCII";
        }
        Member->Name[i] = Name[i] >= 'A' && Name[i] <= 'Z' ? (char)(Name[i] + 'a' - 'A') : Name[i];
    }
    return NULL;
}

/* Returns the file's bytes, to be freed, or NULL with errno set. */
static uint8_t *MemberReadFile(const char *Path, size_t *Size)
{
    uint8_t *Bytes = NULL;
    FILE *File = fopen(Path, "rb");
    if (!File)
    {
        return NULL;
    }
    long Length;
    if (fseek(File, 0, SEEK_END) != 0 || (Length = ftell(File)) < 0 ||
        fseek(File, 0, SEEK_SET) != 0)
    {
        goto CleanupFile;
    }
    Bytes = malloc((size_t)Length + 1);
    if (Bytes && fread(Bytes, 1, (size_t)Length, File) != (size_t)Length)
    {
        free(Bytes);
        Bytes = NULL;
        errno = EIO;
    }
    *Size = (size_t)Length;
CleanupFile:
    fclose(File);
    return Bytes;
}

bool MemberLoad(MEMBER *Member, const char *Path)
{
    size_t Size = 0;
    uint8_t *File = MemberReadFile(Path, &Size);
    if (!File)
    {
        fprintf(stderr, "make_catalog: %s: %s\n", Path, strerror(errno));
        return false;
    }
    MEMBER_IMAGE Image;
    const char *Fault = MemberSetName(Member, Path);
    Member->IsImage = Size >= 2 && File[0] == 'M' && File[1] == 'Z';
    if (!Fault && Member->IsImage)
    {
        Fault = MemberParseImage(File, Size, &Image);
    }
    if (!Fault)
    {
        const MEMBER_IMAGE *Parts = Member->IsImage ? &Image : NULL;
        if (!MemberHash(File, Size, Parts, EVP_sha1(), Member->Sha1) ||
            !MemberHash(File, Size, Parts, EVP_sha256(), Member->Sha256))
        {
            Fault = "cannot be hashed: libcrypto refuses SHA-1 or SHA-256";
        }
    }
    if (Fault)
    {
        fprintf(stderr, "make_catalog: %s %s\n", Path, Fault);
    }
    free(File);
    return !Fault;
}
