/* SPDX-License-Identifier: MIT */
/* GUIDs of adapters whose creator asks for none. */
#include "adapter_guid.h"
#include "log.h"

#include <wincrypt.h>

#define ADAPTER_GUID_HASH_SIZE 20 /* SHA-1 */

/* "/", "/" and a number of 32 bits. */
#define ADAPTER_GUID_MAX_NAME (2 * WINTUN_MAX_POOL + 12)

/* The name space, in the byte order of the RFC. */
static const BYTE AdapterGuidNameSpace[16] = {0x5f, 0x6a, 0x2c, 0x1b, 0x0d, 0x34, 0x4b, 0x7e,
                                              0x9c, 0x58, 0x7e, 0x1a, 0x90, 0xd3, 0xb2, 0xf6};

/* By advapi32.dll, and not bcrypt.dll, which a program's directory could have too on Windows 7. */
static BOOL AdapterGuidHash(const BYTE *Name, DWORD Size, BYTE *Digest)
{
    HCRYPTPROV Provider;
    HCRYPTHASH Hash;
    DWORD DigestSize = ADAPTER_GUID_HASH_SIZE;
    BOOL Result = FALSE;

    if (!CryptAcquireContextW(
            &Provider, NULL, NULL, PROV_RSA_FULL, CRYPT_VERIFYCONTEXT | CRYPT_SILENT))
    {
        return FALSE;
    }
    if (CryptCreateHash(Provider, CALG_SHA1, 0, 0, &Hash))
    {
        Result = CryptHashData(Hash, AdapterGuidNameSpace, sizeof(AdapterGuidNameSpace), 0) &&
                 CryptHashData(Hash, Name, Size, 0) &&
                 CryptGetHashParam(Hash, HP_HASHVAL, Digest, &DigestSize, 0);
        DWORD Error = GetLastError();
        CryptDestroyHash(Hash);
        SetLastError(Error);
    }
    DWORD Error = GetLastError();
    CryptReleaseContext(Provider, 0);
    SetLastError(Error);
    return Result;
}

BOOL AdapterGuidDerive(LPCWSTR Name, LPCWSTR TunnelType, DWORD Ordinal, GUID *Guid)
{
    WCHAR Text[ADAPTER_GUID_MAX_NAME];
    BYTE Bytes[3 * ADAPTER_GUID_MAX_NAME];
    BYTE Digest[ADAPTER_GUID_HASH_SIZE];

    LogFormat(
        Text, ARRAYSIZE(Text), Ordinal == 0 ? L"%1/%2" : L"%1/%2/%3!u!", TunnelType, Name, Ordinal);
    int Size = WideCharToMultiByte(
        CP_UTF8, 0, Text, lstrlenW(Text), (CHAR *)Bytes, sizeof(Bytes), NULL, NULL);
    if (Size == 0 || !AdapterGuidHash(Bytes, (DWORD)Size, Digest))
    {
        LogLastError(L"Deriving a GUID from \"%1\" by SHA-1", Text);
        return FALSE;
    }
    Digest[6] = (Digest[6] & 0x0f) | 0x50; /* version 5 */
    Digest[8] = (Digest[8] & 0x3f) | 0x80; /* the variant of the RFC */
    Guid->Data1 =
        (DWORD)Digest[0] << 24 | (DWORD)Digest[1] << 16 | (DWORD)Digest[2] << 8 | Digest[3];
    Guid->Data2 = (WORD)(Digest[4] << 8 | Digest[5]);
    Guid->Data3 = (WORD)(Digest[6] << 8 | Digest[7]);
    CopyMemory(Guid->Data4, &Digest[8], sizeof(Guid->Data4));
    return TRUE;
}
