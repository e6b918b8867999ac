/* SPDX-License-Identifier: MIT */
/*
 * Private namespaces, which Wine's kernel32.dll lacks (Microsoft, "Object Namespaces"): objects
 * named "alias\name", for those who name the same alias and boundary.
 *
 * A namespace is a directory in \BaseNamedObjects, which all sessions of Windows have in common,
 * called by its alias, the boundary's name and its SIDs. Wine looks for objects in the session's
 * own directory, where a symbolic link of the alias' name leads to it; so a session has one
 * boundary per alias at a time. Both last as long as someone has a handle, or an object in the
 * namespace.
 */
#define WINBASEAPI /* these are ours */
#include <windows.h>
#include <winternl.h>

#define NAMESPACE_MAX_NAME         4096 /* characters */
#define NAMESPACE_DIRECTORY_ACCESS 0xf000f

#define NAMESPACE_LINK_ACCESS 0xf0001

#define STATUS_OBJECT_NAME_NOT_FOUND ((NTSTATUS)0xc0000034)
#define STATUS_OBJECT_NAME_COLLISION ((NTSTATUS)0xc0000035)
#ifndef OBJ_OPENLINK
#define OBJ_OPENLINK 0x100
#endif

NTSYSAPI NTSTATUS NTAPI NtCreateDirectoryObject(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES);
NTSYSAPI NTSTATUS NTAPI NtOpenDirectoryObject(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES);
NTSYSAPI NTSTATUS NTAPI
    NtCreateSymbolicLinkObject(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, PUNICODE_STRING);
NTSYSAPI NTSTATUS NTAPI NtOpenSymbolicLinkObject(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES);
NTSYSAPI NTSTATUS NTAPI NtQuerySymbolicLinkObject(HANDLE, PUNICODE_STRING, PULONG);
NTSYSAPI NTSTATUS NTAPI RtlIntegerToUnicodeString(ULONG, ULONG, PUNICODE_STRING);

typedef struct _BOUNDARY_SID
{
    struct _BOUNDARY_SID *Next;
    BOOL Integrity; /* a label, whose level a process must at least have */
    DWORD Length;
    BYTE Sid[SECURITY_MAX_SID_SIZE];
} BOUNDARY_SID;

typedef struct _BOUNDARY
{
    BOUNDARY_SID *Sids; /* sorted */
    WCHAR Name[];
} BOUNDARY;

/* What is open here. The directory's handle is the namespace's. */
typedef struct _NAMESPACE
{
    struct _NAMESPACE *Next;
    HANDLE Directory, Link;
} NAMESPACE;

static SRWLOCK NamespaceLock = SRWLOCK_INIT;
static NAMESPACE *NamespaceFirst;

static void *NamespaceAllocate(SIZE_T Size)
{
    void *Memory = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, Size);
    if (Memory == NULL)
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    return Memory;
}

static void NamespaceFree(void *Memory)
{
    HeapFree(GetProcessHeap(), 0, Memory);
}

static BOOL NamespaceFail(DWORD Error)
{
    SetLastError(Error);
    return FALSE;
}

/* ---- Boundaries ---- */

/* ERROR_INVALID_PARAMETER: no name. Flags are about app containers, which Wine has none of. */
HANDLE WINAPI CreateBoundaryDescriptorW(LPCWSTR Name, ULONG Flags)
{
    BOUNDARY *Boundary;
    (void)Flags;
    if (Name == NULL || Name[0] == 0)
    {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    Boundary = NamespaceAllocate(sizeof(BOUNDARY) + ((SIZE_T)lstrlenW(Name) + 1) * sizeof(WCHAR));
    if (Boundary != NULL)
        lstrcpyW(Boundary->Name, Name);
    return (HANDLE)Boundary;
}

static int NamespaceCompareSids(const BOUNDARY_SID *Left, const BOUNDARY_SID *Right)
{
    DWORD Same;
    if (Left->Integrity != Right->Integrity)
        return Left->Integrity ? 1 : -1;
    if (Left->Length != Right->Length)
        return Left->Length < Right->Length ? -1 : 1;
    for (Same = 0; Same < Left->Length && Left->Sid[Same] == Right->Sid[Same]; Same++)
        ;
    if (Same == Left->Length)
        return 0;
    return Left->Sid[Same] < Right->Sid[Same] ? -1 : 1;
}

static BOOL NamespaceAddSid(HANDLE *Descriptor, PSID Sid, BOOL Integrity)
{
    BOUNDARY_SID *New, **Place;
    if (Descriptor == NULL || *Descriptor == NULL || Sid == NULL || !IsValidSid(Sid))
        return NamespaceFail(ERROR_INVALID_PARAMETER);
    New = NamespaceAllocate(sizeof(BOUNDARY_SID));
    if (New == NULL)
        return FALSE;
    New->Integrity = Integrity;
    New->Length = GetLengthSid(Sid);
    CopySid(sizeof(New->Sid), New->Sid, Sid);
    Place = &((BOUNDARY *)*Descriptor)->Sids;
    while (*Place != NULL && NamespaceCompareSids(*Place, New) < 0)
        Place = &(*Place)->Next;
    if (*Place != NULL && NamespaceCompareSids(*Place, New) == 0)
    {
        NamespaceFree(New);
        return TRUE;
    }
    New->Next = *Place;
    *Place = New;
    return TRUE;
}

BOOL WINAPI AddSIDToBoundaryDescriptor(HANDLE *Descriptor, PSID Sid)
{
    return NamespaceAddSid(Descriptor, Sid, FALSE);
}

BOOL WINAPI AddIntegrityLabelToBoundaryDescriptor(HANDLE *Descriptor, PSID Label)
{
    return NamespaceAddSid(Descriptor, Label, TRUE);
}

VOID WINAPI DeleteBoundaryDescriptor(HANDLE Descriptor)
{
    BOUNDARY *Boundary = (BOUNDARY *)Descriptor;
    BOUNDARY_SID *Sid;
    if (Boundary == NULL)
        return;
    while ((Sid = Boundary->Sids) != NULL)
    {
        Boundary->Sids = Sid->Next;
        NamespaceFree(Sid);
    }
    NamespaceFree(Boundary);
}

static BOOL NamespaceHasIntegrity(const BOUNDARY_SID *Label)
{
    union
    {
        TOKEN_MANDATORY_LABEL Label;
        BYTE Room[sizeof(TOKEN_MANDATORY_LABEL) + SECURITY_MAX_SID_SIZE];
    } Own;
    PSID Wanted = (PSID)Label->Sid;
    HANDLE Token;
    DWORD Size;
    BOOL Done;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &Token))
        return FALSE;
    Done = GetTokenInformation(Token, TokenIntegrityLevel, &Own, sizeof(Own), &Size);
    CloseHandle(Token);
    return Done && *GetSidSubAuthorityCount(Wanted) == 1 &&
           *GetSidSubAuthority(Own.Label.Label.Sid, 0) >= *GetSidSubAuthority(Wanted, 0);
}

/* Who creates a namespace must be within its boundary; who opens it need not. */
static BOOL NamespaceIsWithin(const BOUNDARY *Boundary)
{
    BOOL Member;
    for (BOUNDARY_SID *Sid = Boundary->Sids; Sid != NULL; Sid = Sid->Next)
    {
        if (Sid->Integrity)
            Member = NamespaceHasIntegrity(Sid);
        else if (!CheckTokenMembership(NULL, Sid->Sid, &Member))
            return FALSE;
        if (!Member)
            return FALSE;
    }
    return TRUE;
}

/* ---- Namespaces ---- */

typedef struct _NAMESPACE_NAME
{
    DWORD Length;
    WCHAR Text[NAMESPACE_MAX_NAME];
} NAMESPACE_NAME;

static void NamespaceAppend(NAMESPACE_NAME *Name, WCHAR Character)
{
    if (Name->Length < NAMESPACE_MAX_NAME)
        Name->Text[Name->Length++] = Character;
}

static void NamespaceAppendHex(NAMESPACE_NAME *Name, BYTE Byte)
{
    static const WCHAR Digits[] = L"0123456789abcdef";
    NamespaceAppend(Name, Digits[Byte >> 4]);
    NamespaceAppend(Name, Digits[Byte & 15]);
}

/* Text as a part of a name that other texts do not make. */
static void NamespaceAppendText(NAMESPACE_NAME *Name, const WCHAR *Text)
{
    for (; *Text != 0; Text++)
    {
        if (*Text == L'\\' || *Text == L'%' || *Text == L':')
        {
            NamespaceAppend(Name, L'%');
            NamespaceAppendHex(Name, (BYTE)*Text);
        }
        else
            NamespaceAppend(Name, *Text);
    }
}

/* The directory's name, terminated. */
static BOOL NamespaceMakeName(NAMESPACE_NAME *Name, const BOUNDARY *Boundary, const WCHAR *Alias)
{
    const WCHAR *Prefix = L"\\BaseNamedObjects\\AditNamespace:";
    Name->Length = 0;
    for (; *Prefix != 0; Prefix++)
        NamespaceAppend(Name, *Prefix);
    NamespaceAppendText(Name, Alias);
    NamespaceAppend(Name, L':');
    NamespaceAppendText(Name, Boundary->Name);
    for (BOUNDARY_SID *Sid = Boundary->Sids; Sid != NULL; Sid = Sid->Next)
    {
        NamespaceAppend(Name, L':');
        if (Sid->Integrity)
            NamespaceAppend(Name, L'i');
        for (DWORD i = 0; i < Sid->Length; i++)
            NamespaceAppendHex(Name, Sid->Sid[i]);
    }
    NamespaceAppend(Name, 0);
    return Name->Length < NAMESPACE_MAX_NAME || NamespaceFail(ERROR_FILENAME_EXCED_RANGE);
}

/* ERROR_DUP_NAME: the alias is that of another boundary. */
static DWORD NamespaceCompareLink(HANDLE Link, const NAMESPACE_NAME *Target)
{
    UNICODE_STRING Text = {0};
    NTSTATUS Status;
    DWORD Error = ERROR_NOT_ENOUGH_MEMORY;
    Text.MaximumLength = NAMESPACE_MAX_NAME * sizeof(WCHAR);
    Text.Buffer = NamespaceAllocate(Text.MaximumLength);
    if (Text.Buffer == NULL)
        return Error;
    Status = NtQuerySymbolicLinkObject(Link, &Text, NULL);
    if (Status < 0)
        Error = RtlNtStatusToDosError(Status);
    else if (
        Text.Length == (Target->Length - 1) * sizeof(WCHAR) &&
        RtlCompareMemory(Text.Buffer, Target->Text, Text.Length) == Text.Length)
        Error = ERROR_SUCCESS;
    else
        Error = ERROR_DUP_NAME;
    NamespaceFree(Text.Buffer);
    return Error;
}

/* The link in the session's directory, which others may have made, and may just give up. */
static DWORD NamespaceLink(const WCHAR *Alias, const NAMESPACE_NAME *Target, HANDLE *Link)
{
    WCHAR Path[MAX_PATH + 64], Digits[12];
    UNICODE_STRING Name, Text, Number = {0, sizeof(Digits), Digits};
    OBJECT_ATTRIBUTES Attributes;
    NTSTATUS Status;
    DWORD Session = 0, Error;
    ProcessIdToSessionId(GetCurrentProcessId(), &Session);
    RtlIntegerToUnicodeString(Session, 10, &Number);
    lstrcpyW(Path, L"\\Sessions\\");
    lstrcatW(Path, Digits);
    lstrcatW(Path, L"\\BaseNamedObjects\\");
    lstrcatW(Path, Alias);
    RtlInitUnicodeString(&Name, Path);
    RtlInitUnicodeString(&Text, Target->Text);
    for (;;)
    {
        InitializeObjectAttributes(&Attributes, &Name, OBJ_OPENLINK, NULL, NULL);
        Status = NtCreateSymbolicLinkObject(Link, NAMESPACE_LINK_ACCESS, &Attributes, &Text);
        if (Status != STATUS_OBJECT_NAME_COLLISION)
            return RtlNtStatusToDosError(Status);
        Status = NtOpenSymbolicLinkObject(Link, NAMESPACE_LINK_ACCESS, &Attributes);
        if (Status == STATUS_OBJECT_NAME_NOT_FOUND)
            continue;
        if (Status < 0)
            return ERROR_DUP_NAME; /* an object that is no link */
        Error = NamespaceCompareLink(*Link, Target);
        if (Error != ERROR_SUCCESS)
            NtClose(*Link);
        return Error;
    }
}

static DWORD NamespaceOpenDirectory(
    const NAMESPACE_NAME *Name, BOOL Create, SECURITY_ATTRIBUTES *Security, HANDLE *Directory)
{
    UNICODE_STRING Text;
    OBJECT_ATTRIBUTES Attributes;
    NTSTATUS Status;
    RtlInitUnicodeString(&Text, Name->Text);
    InitializeObjectAttributes(
        &Attributes, &Text, Security != NULL && Security->bInheritHandle ? OBJ_INHERIT : 0, NULL,
        Security != NULL ? Security->lpSecurityDescriptor : NULL);
    if (Create)
        Status = NtCreateDirectoryObject(Directory, NAMESPACE_DIRECTORY_ACCESS, &Attributes);
    else
        Status = NtOpenDirectoryObject(Directory, NAMESPACE_DIRECTORY_ACCESS, &Attributes);
    if (Status == STATUS_OBJECT_NAME_NOT_FOUND)
        return ERROR_PATH_NOT_FOUND;
    return RtlNtStatusToDosError(Status);
}

static HANDLE
NamespaceOpen(void *Descriptor, const WCHAR *Alias, BOOL Create, SECURITY_ATTRIBUTES *Security)
{
    const BOUNDARY *Boundary = Descriptor;
    NAMESPACE *Namespace;
    NAMESPACE_NAME *Name = NULL;
    DWORD Error = ERROR_NOT_ENOUGH_MEMORY;
    if (Boundary == NULL || Alias == NULL || Alias[0] == 0 || lstrlenW(Alias) >= MAX_PATH)
    {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    Namespace = NamespaceAllocate(sizeof(*Namespace));
    if (Namespace == NULL)
        return NULL;
    Name = NamespaceAllocate(sizeof(*Name));
    if (Name == NULL)
        goto CleanupNamespace;
    if (!NamespaceMakeName(Name, Boundary, Alias))
        Error = GetLastError();
    else if (Create && !NamespaceIsWithin(Boundary))
        Error = ERROR_ACCESS_DENIED;
    else
        Error = NamespaceOpenDirectory(Name, Create, Security, &Namespace->Directory);
    if (Error != ERROR_SUCCESS)
        goto CleanupName;
    Error = NamespaceLink(Alias, Name, &Namespace->Link);
    if (Error != ERROR_SUCCESS)
        goto CleanupDirectory;
    NamespaceFree(Name);
    AcquireSRWLockExclusive(&NamespaceLock);
    Namespace->Next = NamespaceFirst;
    NamespaceFirst = Namespace;
    ReleaseSRWLockExclusive(&NamespaceLock);
    return Namespace->Directory;

CleanupDirectory:
    NtClose(Namespace->Directory);
CleanupName:
    NamespaceFree(Name);
CleanupNamespace:
    NamespaceFree(Namespace);
    SetLastError(Error);
    return NULL;
}

/*
 * NULL, ERROR_ALREADY_EXISTS: there is one; ERROR_ACCESS_DENIED: the caller is not within the
 * boundary; ERROR_DUP_NAME: the alias is in use with another boundary; ERROR_INVALID_PARAMETER.
 */
HANDLE WINAPI
CreatePrivateNamespaceW(LPSECURITY_ATTRIBUTES Security, LPVOID Descriptor, LPCWSTR Alias)
{
    return NamespaceOpen(Descriptor, Alias, TRUE, Security);
}

/* NULL, ERROR_PATH_NOT_FOUND: there is none; the others as above. */
HANDLE WINAPI OpenPrivateNamespaceW(LPVOID Descriptor, LPCWSTR Alias)
{
    return NamespaceOpen(Descriptor, Alias, FALSE, NULL);
}

/* FALSE, ERROR_INVALID_HANDLE: no namespace that was opened here. */
BOOLEAN WINAPI ClosePrivateNamespace(HANDLE Handle, ULONG Flags)
{
    NAMESPACE **Place, *Namespace;
    (void)Flags;
    AcquireSRWLockExclusive(&NamespaceLock);
    for (Place = &NamespaceFirst; *Place != NULL && (*Place)->Directory != Handle;)
        Place = &(*Place)->Next;
    Namespace = *Place;
    if (Namespace != NULL)
        *Place = Namespace->Next;
    ReleaseSRWLockExclusive(&NamespaceLock);
    if (Namespace == NULL)
        return (BOOLEAN)NamespaceFail(ERROR_INVALID_HANDLE);
    NtClose(Namespace->Link);
    NtClose(Namespace->Directory);
    NamespaceFree(Namespace);
    return TRUE;
}

BOOL WINAPI DllMainCRTStartup(HINSTANCE Instance, DWORD Reason, void *Reserved);

BOOL WINAPI DllMainCRTStartup(HINSTANCE Instance, DWORD Reason, void *Reserved)
{
    (void)Reserved;
    if (Reason == DLL_PROCESS_ATTACH)
        DisableThreadLibraryCalls(Instance);
    return TRUE;
}
