/* SPDX-License-Identifier: MIT */
/*
 * Security: tokens of the simulated users, subject contexts, and the access check over a security
 * descriptor: mandatory label, then discretionary list. Layouts and order: [MS-DTYP] 2.4 and 2.5.3.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "executive.h"

#define SEP_GROUPS 4

#define SE_DACL_PRESENT  0x0004
#define SE_SACL_PRESENT  0x0010
#define SE_SELF_RELATIVE 0x8000

#define ACCESS_ALLOWED_ACE_TYPE         0x00
#define ACCESS_DENIED_ACE_TYPE          0x01
#define SYSTEM_MANDATORY_LABEL_ACE_TYPE 0x11
#define INHERIT_ONLY_ACE                0x08

#define SYSTEM_MANDATORY_LABEL_NO_WRITE_UP   1u
#define SYSTEM_MANDATORY_LABEL_NO_READ_UP    2u
#define SYSTEM_MANDATORY_LABEL_NO_EXECUTE_UP 4u

#define SECURITY_MANDATORY_LOW_RID    0x1000u
#define SECURITY_MANDATORY_MEDIUM_RID 0x2000u
#define SECURITY_MANDATORY_HIGH_RID   0x3000u
#define SECURITY_MANDATORY_SYSTEM_RID 0x4000u

#define WRITE_DAC       0x00040000u
#define MAXIMUM_ALLOWED 0x02000000u
#define GENERIC_ALL     0x10000000u
#define GENERIC_EXECUTE 0x20000000u
#define GENERIC_WRITE   0x40000000u
#define GENERIC_READ    0x80000000u

typedef struct _SID
{
    UCHAR Revision;
    UCHAR SubAuthorityCount;
    UCHAR IdentifierAuthority[6];
    ULONG SubAuthority[5];
} SID, *PSID;

typedef struct _SEP_GROUP
{
    SID Sid;
    BOOLEAN DenyOnly;
} SEP_GROUP;

typedef struct _SEP_TOKEN
{
    volatile LONG References;
    volatile LONG Locks;
    SID User;
    SEP_GROUP Groups[SEP_GROUPS];
    ULONG Integrity;
} SEP_TOKEN;

typedef struct _SECURITY_DESCRIPTOR_RELATIVE
{
    UCHAR Revision;
    UCHAR Sbz1;
    USHORT Control;
    ULONG Owner;
    ULONG Group;
    ULONG Sacl;
    ULONG Dacl;
} SECURITY_DESCRIPTOR_RELATIVE;

typedef struct _SECURITY_DESCRIPTOR
{
    UCHAR Revision;
    UCHAR Sbz1;
    USHORT Control;
    PVOID Owner;
    PVOID Group;
    PVOID Sacl;
    PVOID Dacl;
} SECURITY_DESCRIPTOR;

typedef struct _ACL
{
    UCHAR AclRevision;
    UCHAR Sbz1;
    USHORT AclSize;
    USHORT AceCount;
    USHORT Sbz2;
} ACL;

typedef struct _ACE
{
    UCHAR AceType;
    UCHAR AceFlags;
    USHORT AceSize;
    ULONG Mask;
    UCHAR Sid[];
} ACE;

#define SID_NT(Count, ...)              \
    {                                   \
        1, (Count), {0, 0, 0, 0, 0, 5}, \
        {                               \
            __VA_ARGS__                 \
        }                               \
    }

static const SID SepLocalSystem = SID_NT(1, 18);
static const SID SepAdministrators = SID_NT(2, 32, 544);
static const SID SepUsers = SID_NT(2, 32, 545);
static const SID SepAuthenticated = SID_NT(1, 11);
static const SID SepEveryone = {1, 1, {0, 0, 0, 0, 0, 1}, {0}};
static const SID SepAdminAccount = SID_NT(5, 21, 1, 2, 3, 500);
static const SID SepUserAccount = SID_NT(5, 21, 1, 2, 3, 1001);

static volatile LONG SepCaptured;

static GENERIC_MAPPING SepFileMapping = {0x00120089, 0x00120116, 0x001200A0, 0x001F01FF};

PGENERIC_MAPPING IoGetFileObjectGenericMapping(VOID)
{
    RULE_IRQL("ntddk", PASSIVE_LEVEL);
    return &SepFileMapping;
}

struct _SEP_TOKEN *SepCreateToken(NATIVE_USER User)
{
    SEP_TOKEN *Token = calloc(1, sizeof(*Token));
    if (!Token)
    {
        return NULL;
    }
    BOOLEAN Administrator = User != NativeStandardUser && User != NativeLowUser;
    Token->References = 1;
    Token->Groups[0].Sid = SepEveryone;
    Token->Groups[1].Sid = SepAuthenticated;
    Token->Groups[2].Sid = SepUsers;
    Token->Groups[3].Sid = Administrator ? SepAdministrators : SepUsers;
    Token->Groups[3].DenyOnly = User == NativeFilteredAdministrator;
    switch (User)
    {
    case NativeLocalSystem:
        Token->User = SepLocalSystem;
        Token->Integrity = SECURITY_MANDATORY_SYSTEM_RID;
        break;
    case NativeAdministrator:
        Token->User = SepAdminAccount;
        Token->Integrity = SECURITY_MANDATORY_HIGH_RID;
        break;
    case NativeFilteredAdministrator:
    case NativeLoweredAdministrator:
        Token->User = SepAdminAccount;
        Token->Integrity = SECURITY_MANDATORY_MEDIUM_RID;
        break;
    case NativeStandardUser:
        Token->User = SepUserAccount;
        Token->Integrity = SECURITY_MANDATORY_MEDIUM_RID;
        break;
    case NativeLowUser:
        Token->User = SepUserAccount;
        Token->Integrity = SECURITY_MANDATORY_LOW_RID;
        break;
    }
    return Token;
}

VOID SepDeleteToken(struct _SEP_TOKEN *Token)
{
    if (Token && InterlockedDecrement(&Token->References) == 0)
    {
        free(Token);
    }
}

VOID SeCaptureSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext)
{
    RULE_IRQL("ntifs", PASSIVE_LEVEL);
    SEP_TOKEN *Token = PspCurrentProcess()->Token;
    InterlockedIncrement(&Token->References);
    InterlockedIncrement(&SepCaptured);
    RtlZeroMemory(SubjectContext, sizeof(*SubjectContext));
    SubjectContext->PrimaryToken = Token;
    SubjectContext->ProcessAuditId = PspCurrentProcess()->Id;
}

VOID SeLockSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext)
{
    RULE_IRQL("ntifs", PASSIVE_LEVEL);
    InterlockedIncrement(&((SEP_TOKEN *)SubjectContext->PrimaryToken)->Locks);
}

VOID SeUnlockSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext)
{
    RULE_IRQL("ntifs", PASSIVE_LEVEL);
    LONG Locks = InterlockedDecrement(&((SEP_TOKEN *)SubjectContext->PrimaryToken)->Locks);
    RULE(Locks >= 0, "SubjectContext", "ntifs", "the subject context is not locked");
}

VOID SeReleaseSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext)
{
    RULE_IRQL("ntifs", PASSIVE_LEVEL);
    RULE(
        SubjectContext->PrimaryToken, "SubjectContext", "ntifs",
        "the subject context is not captured");
    InterlockedDecrement(&SepCaptured);
    SepDeleteToken(SubjectContext->PrimaryToken);
    SubjectContext->PrimaryToken = NULL;
}

static BOOLEAN SepEqualSid(const SID *A, const void *B)
{
    UCHAR Count = ((const UCHAR *)B)[FIELD_OFFSET(SID, SubAuthorityCount)];
    return A->SubAuthorityCount == Count &&
           memcmp(A, B, FIELD_OFFSET(SID, SubAuthority) + 4u * Count) == 0;
}

/* Deny: groups that serve to deny only count too. */
static BOOLEAN SepTokenHasSid(const SEP_TOKEN *Token, const void *Sid, BOOLEAN Deny)
{
    if (SepEqualSid(&Token->User, Sid))
    {
        return TRUE;
    }
    for (ULONG Index = 0; Index < SEP_GROUPS; Index++)
    {
        const SEP_GROUP *Group = &Token->Groups[Index];
        if ((Deny || !Group->DenyOnly) && SepEqualSid(&Group->Sid, Sid))
        {
            return TRUE;
        }
    }
    return FALSE;
}

static ACCESS_MASK SepMapGeneric(ACCESS_MASK Access, const GENERIC_MAPPING *Mapping)
{
    Access |= Access & GENERIC_READ ? Mapping->GenericRead : 0;
    Access |= Access & GENERIC_WRITE ? Mapping->GenericWrite : 0;
    Access |= Access & GENERIC_EXECUTE ? Mapping->GenericExecute : 0;
    Access |= Access & GENERIC_ALL ? Mapping->GenericAll : 0;
    return Access & ~(GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL);
}

/* Part: the field's value as an offset in a self-relative descriptor, as a pointer in another. */
static const void *SepPart(const void *Descriptor, ULONG Offset, const void *Pointer)
{
    const SECURITY_DESCRIPTOR_RELATIVE *Relative = Descriptor;
    if (!(Relative->Control & SE_SELF_RELATIVE))
    {
        return Pointer;
    }
    return Offset ? (const UCHAR *)Descriptor + Offset : NULL;
}

typedef struct _SEP_LISTS
{
    const void *Owner;
    const ACL *Sacl;
    const ACL *Dacl;
    BOOLEAN HasDacl;
} SEP_LISTS;

static VOID SepReadDescriptor(const void *Descriptor, SEP_LISTS *Lists)
{
    const SECURITY_DESCRIPTOR_RELATIVE *Relative = Descriptor;
    SECURITY_DESCRIPTOR Absolute = {0};
    if (!(Relative->Control & SE_SELF_RELATIVE))
    {
        memcpy(&Absolute, Descriptor, sizeof(Absolute));
    }
    BOOLEAN HasSacl = (Relative->Control & SE_SACL_PRESENT) != 0;
    Lists->HasDacl = (Relative->Control & SE_DACL_PRESENT) != 0;
    Lists->Owner = SepPart(Descriptor, Relative->Owner, Absolute.Owner);
    Lists->Sacl = HasSacl ? SepPart(Descriptor, Relative->Sacl, Absolute.Sacl) : NULL;
    Lists->Dacl = Lists->HasDacl ? SepPart(Descriptor, Relative->Dacl, Absolute.Dacl) : NULL;
}

static const ACE *SepNextAce(const ACL *List, const ACE *Ace)
{
    const UCHAR *Next = Ace ? (const UCHAR *)Ace + Ace->AceSize : (const UCHAR *)(List + 1);
    return (const ACE *)Next;
}

/* What the mandatory label allows to a token. No label: medium, no write up. */
static ACCESS_MASK
SepMandatoryAccess(const SEP_TOKEN *Token, const ACL *Sacl, const GENERIC_MAPPING *Mapping)
{
    ULONG Level = SECURITY_MANDATORY_MEDIUM_RID;
    ULONG Policy = SYSTEM_MANDATORY_LABEL_NO_WRITE_UP;
    const ACE *Ace = NULL;
    for (ULONG Index = 0; Sacl && Index < Sacl->AceCount; Index++)
    {
        Ace = SepNextAce(Sacl, Ace);
        if (Ace->AceType == SYSTEM_MANDATORY_LABEL_ACE_TYPE && !(Ace->AceFlags & INHERIT_ONLY_ACE))
        {
            memcpy(&Level, Ace->Sid + FIELD_OFFSET(SID, SubAuthority), sizeof(Level));
            Policy = Ace->Mask;
            break;
        }
    }
    if (Token->Integrity >= Level)
    {
        return ~(ACCESS_MASK)0;
    }
    ACCESS_MASK Allowed = 0;
    Allowed |= Policy & SYSTEM_MANDATORY_LABEL_NO_READ_UP ? 0 : Mapping->GenericRead;
    Allowed |= Policy & SYSTEM_MANDATORY_LABEL_NO_WRITE_UP ? 0 : Mapping->GenericWrite;
    Allowed |= Policy & SYSTEM_MANDATORY_LABEL_NO_EXECUTE_UP ? 0 : Mapping->GenericExecute;
    return Allowed;
}

/* What owner and discretionary list allow, each bit decided by the first entry that names it. */
static ACCESS_MASK SepDiscretionaryAccess(
    const SEP_TOKEN *Token, const SEP_LISTS *Lists, const GENERIC_MAPPING *Mapping)
{
    if (!Lists->HasDacl || !Lists->Dacl)
    {
        return ~(ACCESS_MASK)0;
    }
    ACCESS_MASK Allowed = 0, Denied = 0;
    if (Lists->Owner && SepTokenHasSid(Token, Lists->Owner, FALSE))
    {
        Allowed = READ_CONTROL | WRITE_DAC;
    }
    const ACE *Ace = NULL;
    for (ULONG Index = 0; Index < Lists->Dacl->AceCount; Index++)
    {
        Ace = SepNextAce(Lists->Dacl, Ace);
        ACCESS_MASK Mask = SepMapGeneric(Ace->Mask, Mapping);
        if (Ace->AceFlags & INHERIT_ONLY_ACE)
        {
            continue;
        }
        if (Ace->AceType == ACCESS_ALLOWED_ACE_TYPE && SepTokenHasSid(Token, Ace->Sid, FALSE))
        {
            Allowed |= Mask & ~Denied;
        }
        if (Ace->AceType == ACCESS_DENIED_ACE_TYPE && SepTokenHasSid(Token, Ace->Sid, TRUE))
        {
            Denied |= Mask & ~Allowed;
        }
    }
    return Allowed;
}

BOOLEAN SeAccessCheck(
    PSECURITY_DESCRIPTOR SecurityDescriptor,
    PSECURITY_SUBJECT_CONTEXT SubjectSecurityContext,
    BOOLEAN SubjectContextLocked,
    ACCESS_MASK DesiredAccess,
    ACCESS_MASK PreviouslyGrantedAccess,
    PVOID *Privileges,
    PGENERIC_MAPPING GenericMapping,
    KPROCESSOR_MODE AccessMode,
    PACCESS_MASK GrantedAccess,
    NTSTATUS *AccessStatus)
{
    RULE_IRQL("wdm", PASSIVE_LEVEL);
    const SEP_TOKEN *Token = SubjectSecurityContext->PrimaryToken;
    RULE(
        !SubjectContextLocked || ReadAcquire(&Token->Locks) > 0, "SubjectContext", "wdm",
        "SubjectContextLocked is TRUE, but it is not locked");
    if (Privileges)
    {
        *Privileges = NULL;
    }
    ACCESS_MASK Desired = SepMapGeneric(DesiredAccess, GenericMapping);
    ACCESS_MASK Allowed = ~(ACCESS_MASK)0;
    if (AccessMode != KernelMode)
    {
        SEP_LISTS Lists;
        SepReadDescriptor(SecurityDescriptor, &Lists);
        Allowed = SepMandatoryAccess(Token, Lists.Sacl, GenericMapping) &
                  SepDiscretionaryAccess(Token, &Lists, GenericMapping);
    }
    if (Desired & MAXIMUM_ALLOWED)
    {
        Desired = (Desired & ~MAXIMUM_ALLOWED) | (Allowed & GenericMapping->GenericAll);
    }
    BOOLEAN Granted = !(Desired & ~(Allowed | PreviouslyGrantedAccess));
    *GrantedAccess = Granted ? Desired | PreviouslyGrantedAccess : 0;
    *AccessStatus = Granted ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
    return Granted;
}

ULONG SepReportContexts(VOID)
{
    LONG Captured = ReadAcquire(&SepCaptured);
    if (Captured)
    {
        fprintf(stderr, "leak: %d captured subject contexts\n", Captured);
    }
    return (ULONG)Captured;
}
