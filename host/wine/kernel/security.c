/* SPDX-License-Identifier: MIT */
/*
 * Access checks against the token of whoever made the request. A SECURITY_SUBJECT_CONTEXT holds
 * handles of this process to duplicates of the requestor's tokens, in place of token objects: the
 * Wine server, which does the check, takes handles.
 */
#define _NTSYSTEM_
#include <ntifs.h>

#include "ntdll.h"
#include "wine_kernel.h"

#define SECURITY_IDENTIFICATION 1

#define SYSTEM_MANDATORY_LABEL_ACE_TYPE      0x11
#define SYSTEM_MANDATORY_LABEL_NO_WRITE_UP   0x1
#define SYSTEM_MANDATORY_LABEL_NO_READ_UP    0x2
#define SYSTEM_MANDATORY_LABEL_NO_EXECUTE_UP 0x4

/* [MS-DTYP] 2.4.5, 2.4.4.13 and 2.4.2.2 */
typedef struct _SECURITY_ACL
{
    UCHAR Revision;
    UCHAR Reserved;
    USHORT Size;
    USHORT AceCount;
    USHORT Reserved2;
} SECURITY_ACL;

typedef struct _SECURITY_SID
{
    UCHAR Revision;
    UCHAR SubAuthorityCount;
    UCHAR Authority[6];
    ULONG SubAuthority[];
} SECURITY_SID;

typedef struct _SECURITY_LABEL_ACE
{
    UCHAR Type;
    UCHAR Flags;
    USHORT Size;
    ACCESS_MASK Mask;
    SECURITY_SID Sid;
} SECURITY_LABEL_ACE;

/* Microsoft, "SECURITY_DESCRIPTOR structure (winnt.h)": the absolute form. */
typedef struct _SECURITY_ABSOLUTE
{
    UCHAR Revision;
    UCHAR Sbz1;
    USHORT Control;
    PVOID Owner;
    PVOID Group;
    PVOID Sacl;
    PVOID Dacl;
} SECURITY_ABSOLUTE;

#define SECURITY_REVISION     1
#define SECURITY_DACL_PRESENT 0x4

static GENERIC_MAPPING SecurityFileMapping = {
    .GenericRead = 0x00120089,
    .GenericWrite = 0x00120116,
    .GenericExecute = 0x001200A0,
    .GenericAll = 0x001F01FF,
};

PGENERIC_MAPPING NTAPI IoGetFileObjectGenericMapping(VOID)
{
    return &SecurityFileMapping;
}

/* A duplicate of Token that access can be checked against; closes Token. NULL on failure. */
static HANDLE SecurityDuplicate(HANDLE Token)
{
    SECURITY_QUALITY_OF_SERVICE Quality = {
        .Length = sizeof(Quality), .ImpersonationLevel = SECURITY_IDENTIFICATION};
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Duplicate = NULL;
    InitializeObjectAttributes(&Attributes, NULL, 0, NULL, NULL);
    Attributes.SecurityQualityOfService = &Quality;
    if (!NT_SUCCESS(NtDuplicateToken(
            Token, TOKEN_QUERY | TOKEN_DUPLICATE, &Attributes, FALSE, TokenImpersonation,
            &Duplicate)))
        Duplicate = NULL;
    ZwClose(Token);
    return Duplicate;
}

static HANDLE SecurityPrimaryToken(VOID)
{
    OBJECT_ATTRIBUTES Attributes;
    CLIENT_ID Client = {.UniqueProcess = PsGetCurrentProcessId()};
    HANDLE Process, Token = NULL;
    InitializeObjectAttributes(&Attributes, NULL, 0, NULL, NULL);
    if (!NT_SUCCESS(NtOpenProcess(&Process, PROCESS_ALL_ACCESS, &Attributes, &Client)))
        return NULL;
    if (NT_SUCCESS(NtOpenProcessToken(Process, TOKEN_QUERY | TOKEN_DUPLICATE, &Token)))
        Token = SecurityDuplicate(Token);
    ZwClose(Process);
    return Token;
}

/* NULL: the thread does not impersonate anybody. */
static HANDLE SecurityClientToken(VOID)
{
    OBJECT_ATTRIBUTES Attributes;
    CLIENT_ID Client = {.UniqueThread = PsGetCurrentThreadId()};
    HANDLE Thread, Token = NULL;
    InitializeObjectAttributes(&Attributes, NULL, 0, NULL, NULL);
    if (!NT_SUCCESS(NtOpenThread(&Thread, THREAD_ALL_ACCESS, &Attributes, &Client)))
        return NULL;
    if (NT_SUCCESS(NtOpenThreadToken(Thread, TOKEN_QUERY | TOKEN_DUPLICATE, TRUE, &Token)))
        Token = SecurityDuplicate(Token);
    ZwClose(Thread);
    return Token;
}

VOID NTAPI SeCaptureSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext)
{
    SubjectContext->ClientToken = SecurityClientToken();
    SubjectContext->ImpersonationLevel = SECURITY_IDENTIFICATION;
    SubjectContext->PrimaryToken = SecurityPrimaryToken();
    SubjectContext->ProcessAuditId = PsGetCurrentProcessId();
}

VOID NTAPI SeReleaseSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext)
{
    if (SubjectContext->ClientToken != NULL)
        ZwClose(SubjectContext->ClientToken);
    if (SubjectContext->PrimaryToken != NULL)
        ZwClose(SubjectContext->PrimaryToken);
    SubjectContext->ClientToken = SubjectContext->PrimaryToken = NULL;
}

/* The duplicates are nobody else's: there is nothing to lock. */
VOID NTAPI SeLockSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext)
{
    UNREFERENCED_PARAMETER(SubjectContext);
}

VOID NTAPI SeUnlockSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext)
{
    UNREFERENCED_PARAMETER(SubjectContext);
}

static ULONG SecurityTokenLevel(HANDLE Token)
{
    struct
    {
        SECURITY_SID *Sid;
        ULONG Attributes;
        UCHAR Storage[64];
    } Label;
    ULONG Returned;
    if (!NT_SUCCESS(
            NtQueryInformationToken(Token, TokenIntegrityLevel, &Label, sizeof(Label), &Returned)))
        return 0;
    return Label.Sid->SubAuthority[Label.Sid->SubAuthorityCount - 1];
}

/* The access that the descriptor's mandatory label leaves to the token; Wine's check ignores it. */
static ACCESS_MASK
SecurityLabelAccess(PSECURITY_DESCRIPTOR Descriptor, HANDLE Token, const GENERIC_MAPPING *Mapping)
{
    BOOLEAN Present = FALSE, Defaulted;
    SECURITY_ACL *Sacl = NULL;
    PUCHAR Ace;
    if (!NT_SUCCESS(
            RtlGetSaclSecurityDescriptor(Descriptor, &Present, (PVOID *)&Sacl, &Defaulted)) ||
        !Present || Sacl == NULL)
        return MAXULONG;
    Ace = (PUCHAR)(Sacl + 1);
    for (ULONG i = 0; i < Sacl->AceCount; i++)
    {
        const SECURITY_LABEL_ACE *Label = (const SECURITY_LABEL_ACE *)Ace;
        ACCESS_MASK Access = 0;
        Ace += Label->Size;
        if (Label->Type != SYSTEM_MANDATORY_LABEL_ACE_TYPE)
            continue;
        if (SecurityTokenLevel(Token) >= Label->Sid.SubAuthority[Label->Sid.SubAuthorityCount - 1])
            return MAXULONG;
        if ((Label->Mask & SYSTEM_MANDATORY_LABEL_NO_READ_UP) == 0)
            Access |= Mapping->GenericRead;
        if ((Label->Mask & SYSTEM_MANDATORY_LABEL_NO_WRITE_UP) == 0)
            Access |= Mapping->GenericWrite;
        if ((Label->Mask & SYSTEM_MANDATORY_LABEL_NO_EXECUTE_UP) == 0)
            Access |= Mapping->GenericExecute;
        return Access;
    }
    return MAXULONG;
}

/* Checks the discretionary part. Wine wants an owner and a group, Windows' kernel does without. */
static NTSTATUS SecurityCheck(
    PSECURITY_DESCRIPTOR Descriptor,
    HANDLE Token,
    ACCESS_MASK Desired,
    PGENERIC_MAPPING Mapping,
    PACCESS_MASK Granted)
{
    static const SECURITY_SID Nobody = {.Revision = 1, .SubAuthorityCount = 1, .SubAuthority = {0}};
    SECURITY_ABSOLUTE Checked = {.Revision = SECURITY_REVISION};
    UCHAR Privileges[256];
    ULONG PrivilegesLength = sizeof(Privileges);
    BOOLEAN Present, Defaulted;
    NTSTATUS Status, AccessStatus;
    Status = RtlGetDaclSecurityDescriptor(Descriptor, &Present, &Checked.Dacl, &Defaulted);
    if (NT_SUCCESS(Status))
        Status = RtlGetOwnerSecurityDescriptor(Descriptor, &Checked.Owner, &Defaulted);
    if (!NT_SUCCESS(Status))
        return Status;
    Checked.Control = Present ? SECURITY_DACL_PRESENT : 0;
    if (Checked.Owner == NULL)
        Checked.Owner = (PVOID)&Nobody;
    Checked.Group = (PVOID)&Nobody; /* no access follows from it */
    Status = NtAccessCheck(
        &Checked, Token, Desired, Mapping, Privileges, &PrivilegesLength, Granted, &AccessStatus);
    return NT_SUCCESS(Status) ? AccessStatus : Status;
}

BOOLEAN NTAPI SeAccessCheck(
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
    ACCESS_MASK Remaining;
    HANDLE Token = SubjectSecurityContext->ClientToken != NULL
                       ? SubjectSecurityContext->ClientToken
                       : SubjectSecurityContext->PrimaryToken;
    UNREFERENCED_PARAMETER(SubjectContextLocked);
    if (Privileges != NULL)
        *Privileges = NULL;
    RtlMapGenericMask(&DesiredAccess, GenericMapping);
    Remaining = DesiredAccess & ~PreviouslyGrantedAccess;
    *GrantedAccess = PreviouslyGrantedAccess;
    *AccessStatus = STATUS_SUCCESS;
    if (AccessMode == KernelMode || Remaining == 0)
    {
        *GrantedAccess |= Remaining;
        return TRUE;
    }
    *AccessStatus = STATUS_ACCESS_DENIED;
    if (SecurityDescriptor == NULL || Token == NULL ||
        (Remaining & ~SecurityLabelAccess(SecurityDescriptor, Token, GenericMapping)) != 0)
        return FALSE;
    *AccessStatus = SecurityCheck(SecurityDescriptor, Token, Remaining, GenericMapping, &Remaining);
    if (!NT_SUCCESS(*AccessStatus))
        return FALSE;
    *GrantedAccess |= Remaining;
    return TRUE;
}
