/* SPDX-License-Identifier: MIT */
#include "security.h"

#pragma alloc_text(PAGE, SecurityCheckRegister)

/*
 * D:P(A;;FA;;;SY)(A;;FA;;;BA)S:(ML;;NWNRNX;;;HI) as a self-relative security descriptor
 * ([MS-DTYP] 2.4.6 SECURITY_DESCRIPTOR, 2.4.5 ACL, 2.4.4 ACE, 2.4.2 SID): full access for
 * LocalSystem and Administrators, and nothing for whoever runs below high integrity, which is what
 * an administrator who has not elevated does.
 */
#pragma pack(push, 1)
typedef struct _SECURITY_ACE_SID1
{
    UCHAR Type;
    UCHAR Flags;
    USHORT Size;
    ULONG Mask;
    UCHAR SidRevision;
    UCHAR SubAuthorityCount;
    UCHAR Authority[6];
    ULONG SubAuthority[1];
} SECURITY_ACE_SID1;

typedef struct _SECURITY_ACE_SID2
{
    UCHAR Type;
    UCHAR Flags;
    USHORT Size;
    ULONG Mask;
    UCHAR SidRevision;
    UCHAR SubAuthorityCount;
    UCHAR Authority[6];
    ULONG SubAuthority[2];
} SECURITY_ACE_SID2;

typedef struct _SECURITY_ACL_HEADER
{
    UCHAR Revision;
    UCHAR Sbz1;
    USHORT Size;
    USHORT AceCount;
    USHORT Sbz2;
} SECURITY_ACL_HEADER;

typedef struct _SECURITY_REGISTER_DESCRIPTOR
{
    UCHAR Revision;
    UCHAR Sbz1;
    USHORT Control;
    ULONG OffsetOwner;
    ULONG OffsetGroup;
    ULONG OffsetSacl;
    ULONG OffsetDacl;
    struct
    {
        UCHAR Revision;
        UCHAR SubAuthorityCount;
        UCHAR Authority[6];
        ULONG SubAuthority[1];
    } Owner;
    struct
    {
        SECURITY_ACL_HEADER Header;
        SECURITY_ACE_SID1 Label;
    } Sacl;
    struct
    {
        SECURITY_ACL_HEADER Header;
        SECURITY_ACE_SID1 System;
        SECURITY_ACE_SID2 Administrators;
    } Dacl;
} SECURITY_REGISTER_DESCRIPTOR;
#pragma pack(pop)

#define ACL_REVISION                  2
#define ACCESS_ALLOWED_ACE_TYPE       0x00
#define SYSTEM_MANDATORY_LABEL_ACE    0x11
#define SYSTEM_MANDATORY_LABEL_NO_ALL 0x7 /* no write up, no read up, no execute up */
#define SECURITY_DESCRIPTOR_REVISION  1
#define SE_DACL_PRESENT               0x0004
#define SE_SACL_PRESENT               0x0010
#define SE_DACL_PROTECTED             0x1000
#define SE_SELF_RELATIVE              0x8000
#define FILE_ALL_ACCESS               0x001F01FF
#define NT_AUTHORITY                  {0, 0, 0, 0, 0, 5}
#define MANDATORY_LABEL_AUTHORITY     {0, 0, 0, 0, 0, 16}

static const SECURITY_REGISTER_DESCRIPTOR RegisterDescriptor = {
    .Revision = SECURITY_DESCRIPTOR_REVISION,
    .Control = SE_SELF_RELATIVE | SE_DACL_PRESENT | SE_SACL_PRESENT | SE_DACL_PROTECTED,
    .OffsetOwner = offsetof(SECURITY_REGISTER_DESCRIPTOR, Owner),
    .OffsetGroup = offsetof(SECURITY_REGISTER_DESCRIPTOR, Owner),
    .OffsetSacl = offsetof(SECURITY_REGISTER_DESCRIPTOR, Sacl),
    .OffsetDacl = offsetof(SECURITY_REGISTER_DESCRIPTOR, Dacl),
    .Owner =
        {.Revision = 1,
         .SubAuthorityCount = 1,
         .Authority = NT_AUTHORITY,
         .SubAuthority = {18 /* LocalSystem */}},
    .Sacl =
        {.Header =
             {.Revision = ACL_REVISION, .Size = sizeof(RegisterDescriptor.Sacl), .AceCount = 1},
         .Label =
             {.Type = SYSTEM_MANDATORY_LABEL_ACE,
              .Size = sizeof(SECURITY_ACE_SID1),
              .Mask = SYSTEM_MANDATORY_LABEL_NO_ALL,
              .SidRevision = 1,
              .SubAuthorityCount = 1,
              .Authority = MANDATORY_LABEL_AUTHORITY,
              .SubAuthority = {0x3000 /* high */}}},
    .Dacl =
        {.Header =
             {.Revision = ACL_REVISION, .Size = sizeof(RegisterDescriptor.Dacl), .AceCount = 2},
         .System =
             {.Type = ACCESS_ALLOWED_ACE_TYPE,
              .Size = sizeof(SECURITY_ACE_SID1),
              .Mask = FILE_ALL_ACCESS,
              .SidRevision = 1,
              .SubAuthorityCount = 1,
              .Authority = NT_AUTHORITY,
              .SubAuthority = {18 /* LocalSystem */}},
         .Administrators =
             {.Type = ACCESS_ALLOWED_ACE_TYPE,
              .Size = sizeof(SECURITY_ACE_SID2),
              .Mask = FILE_ALL_ACCESS,
              .SidRevision = 1,
              .SubAuthorityCount = 2,
              .Authority = NT_AUTHORITY,
              .SubAuthority = {32 /* BUILTIN */, 544 /* Administrators */}}},
};

_Use_decl_annotations_
NTSTATUS SecurityCheckRegister(KPROCESSOR_MODE RequestorMode)
{
    SECURITY_SUBJECT_CONTEXT Subject;
    ACCESS_MASK Granted;
    NTSTATUS Status;
    BOOLEAN Allowed;

    SeCaptureSubjectContext(&Subject);
    SeLockSubjectContext(&Subject);
    Allowed = SeAccessCheck(
        (PSECURITY_DESCRIPTOR)&RegisterDescriptor, &Subject, TRUE, FILE_READ_DATA | FILE_WRITE_DATA,
        0, NULL, IoGetFileObjectGenericMapping(), RequestorMode, &Granted, &Status);
    SeUnlockSubjectContext(&Subject);
    SeReleaseSubjectContext(&Subject);
    return Allowed ? STATUS_SUCCESS : Status;
}
