/* SPDX-License-Identifier: MIT */
/*
 * The NT executive as drivers see it: <wdm.h> and what lies beyond it, that is processes, handles,
 * security, registry, run-time library and structured exceptions.
 */
#ifndef ADIT_NT_NTIFS_H
#define ADIT_NT_NTIFS_H

#include "wdm.h"

/* Structured exceptions */

#define EXCEPTION_EXECUTE_HANDLER    1
#define EXCEPTION_CONTINUE_SEARCH    0
#define EXCEPTION_CONTINUE_EXECUTION (-1)

#if defined(_WIN32)
#define GetExceptionCode _exception_code
unsigned long __cdecl _exception_code(void);
#else
/*
 * Compilers without SEH: __try and __except over sigsetjmp, for functions that raise through
 * ExRaiseStatus. Filters are evaluated after unwinding; a __try block must not be left by return,
 * break, continue or goto, and locals that the handler reads must be volatile.
 */
#include <setjmp.h>

typedef struct _NT_SEH_FRAME
{
    struct _NT_SEH_FRAME *Previous;
    volatile NTSTATUS Code;
    sigjmp_buf Context;
} NT_SEH_FRAME;

/* Makes a frame the innermost of the calling thread, and the previous one again (idempotent). */
NT_SEH_FRAME *NtSehPush(NT_SEH_FRAME *Frame);
void NtSehPop(NT_SEH_FRAME *Frame);
/* Status that the innermost handler of the calling thread caught last. */
NTSTATUS NtSehCode(void);

#define __try                                                        \
    for (NT_SEH_FRAME NtSehFrame __attribute__((cleanup(NtSehPop))), \
         *NtSehCurrent = NtSehPush(&NtSehFrame);                     \
         NtSehCurrent != NULL; NtSehCurrent = NULL)                  \
        if (sigsetjmp(NtSehFrame.Context, 0) == 0)
#define __except(...)                                                                \
    else if ((__VA_ARGS__) != EXCEPTION_EXECUTE_HANDLER) ExRaiseStatus(NtSehCode()); \
    else
#define GetExceptionCode() NtSehCode()
#endif

/* Ob, Ps */

#define EVENT_QUERY_STATE   0x0001
#define EVENT_MODIFY_STATE  0x0002
#define SYNCHRONIZE         0x00100000
#define READ_CONTROL        0x00020000
#define THREAD_ALL_ACCESS   0x001FFFFF
#define STANDARD_RIGHTS_ALL 0x001F0000

/* The import table's entry itself (CONSTANT in ntoskrnl.def), which points to the kernel's
 * variable. */
extern POBJECT_TYPE *ExEventObjectType;

NTKERNELAPI NTSTATUS NTAPI ObReferenceObjectByHandle(
    HANDLE Handle,
    ACCESS_MASK DesiredAccess,
    _In_opt_ POBJECT_TYPE ObjectType,
    KPROCESSOR_MODE AccessMode,
    _Outptr_ PVOID *Object,
    _Out_opt_ PVOID HandleInformation);
NTKERNELAPI LONG_PTR FASTCALL ObfReferenceObject(_In_ PVOID Object);
NTKERNELAPI LONG_PTR FASTCALL ObfDereferenceObject(_In_ PVOID Object);
#define ObReferenceObject   ObfReferenceObject
#define ObDereferenceObject ObfDereferenceObject

typedef struct _CLIENT_ID
{
    HANDLE UniqueProcess;
    HANDLE UniqueThread;
} CLIENT_ID, *PCLIENT_ID;

typedef VOID NTAPI KSTART_ROUTINE(PVOID StartContext);
typedef KSTART_ROUTINE *PKSTART_ROUTINE;
typedef VOID NTAPI CREATE_PROCESS_NOTIFY_ROUTINE(HANDLE ParentId, HANDLE ProcessId, BOOLEAN Create);
typedef CREATE_PROCESS_NOTIFY_ROUTINE *PCREATE_PROCESS_NOTIFY_ROUTINE;

NTKERNELAPI NTSTATUS NTAPI PsCreateSystemThread(
    _Out_ PHANDLE ThreadHandle,
    ULONG DesiredAccess,
    _In_opt_ POBJECT_ATTRIBUTES ObjectAttributes,
    _In_opt_ HANDLE ProcessHandle,
    _Out_opt_ PCLIENT_ID ClientId,
    _In_ PKSTART_ROUTINE StartRoutine,
    _In_opt_ PVOID StartContext);
NTKERNELAPI NTSTATUS NTAPI PsTerminateSystemThread(NTSTATUS ExitStatus);
NTKERNELAPI HANDLE NTAPI PsGetCurrentProcessId(VOID);
NTKERNELAPI HANDLE NTAPI PsGetProcessId(_In_ PEPROCESS Process);
NTKERNELAPI NTSTATUS NTAPI
PsSetCreateProcessNotifyRoutine(_In_ PCREATE_PROCESS_NOTIFY_ROUTINE NotifyRoutine, BOOLEAN Remove);
#define PsGetCurrentProcess IoGetCurrentProcess

/* Se */

typedef struct _GENERIC_MAPPING
{
    ACCESS_MASK GenericRead;
    ACCESS_MASK GenericWrite;
    ACCESS_MASK GenericExecute;
    ACCESS_MASK GenericAll;
} GENERIC_MAPPING, *PGENERIC_MAPPING;

typedef struct _SECURITY_SUBJECT_CONTEXT
{
    PVOID ClientToken;
    LONG ImpersonationLevel;
    PVOID PrimaryToken;
    PVOID ProcessAuditId;
} SECURITY_SUBJECT_CONTEXT, *PSECURITY_SUBJECT_CONTEXT;

NT_ASSERT_SIZE(SECURITY_SUBJECT_CONTEXT, 0x20, 0x10);

NTKERNELAPI VOID NTAPI SeCaptureSubjectContext(_Out_ PSECURITY_SUBJECT_CONTEXT SubjectContext);
NTKERNELAPI VOID NTAPI SeLockSubjectContext(_In_ PSECURITY_SUBJECT_CONTEXT SubjectContext);
NTKERNELAPI VOID NTAPI SeUnlockSubjectContext(_In_ PSECURITY_SUBJECT_CONTEXT SubjectContext);
NTKERNELAPI VOID NTAPI SeReleaseSubjectContext(_Inout_ PSECURITY_SUBJECT_CONTEXT SubjectContext);
NTKERNELAPI BOOLEAN NTAPI SeAccessCheck(
    _In_ PSECURITY_DESCRIPTOR SecurityDescriptor,
    _In_ PSECURITY_SUBJECT_CONTEXT SubjectSecurityContext,
    BOOLEAN SubjectContextLocked,
    ACCESS_MASK DesiredAccess,
    ACCESS_MASK PreviouslyGrantedAccess,
    _Outptr_result_maybenull_ PVOID *Privileges,
    _In_ PGENERIC_MAPPING GenericMapping,
    KPROCESSOR_MODE AccessMode,
    _Out_ PACCESS_MASK GrantedAccess,
    _Out_ NTSTATUS *AccessStatus);
NTKERNELAPI PGENERIC_MAPPING NTAPI IoGetFileObjectGenericMapping(VOID);

/* Zw: handles and registry */

#define KEY_QUERY_VALUE 0x0001
#define KEY_SET_VALUE   0x0002
#define KEY_READ        0x00020019
#define KEY_WRITE       0x00020006
#define KEY_ALL_ACCESS  0x000F003F

#define REG_SZ       1
#define REG_BINARY   3
#define REG_DWORD    4
#define REG_MULTI_SZ 7

#define REG_OPTION_NON_VOLATILE 0

typedef enum _KEY_VALUE_INFORMATION_CLASS
{
    KeyValueBasicInformation,
    KeyValueFullInformation,
    KeyValuePartialInformation
} KEY_VALUE_INFORMATION_CLASS;

typedef struct _KEY_VALUE_PARTIAL_INFORMATION
{
    ULONG TitleIndex;
    ULONG Type;
    ULONG DataLength;
    UCHAR Data[];
} KEY_VALUE_PARTIAL_INFORMATION, *PKEY_VALUE_PARTIAL_INFORMATION;

NTSYSAPI NTSTATUS NTAPI ZwClose(HANDLE Handle);
NTSYSAPI NTSTATUS NTAPI
ZwWaitForSingleObject(HANDLE Handle, BOOLEAN Alertable, _In_opt_ PLARGE_INTEGER Timeout);
NTSYSAPI NTSTATUS NTAPI
ZwOpenKey(_Out_ PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, _In_ POBJECT_ATTRIBUTES Attributes);
NTSYSAPI NTSTATUS NTAPI ZwCreateKey(
    _Out_ PHANDLE KeyHandle,
    ACCESS_MASK DesiredAccess,
    _In_ POBJECT_ATTRIBUTES Attributes,
    ULONG TitleIndex,
    _In_opt_ PUNICODE_STRING Class,
    ULONG CreateOptions,
    _Out_opt_ PULONG Disposition);
NTSYSAPI NTSTATUS NTAPI ZwQueryValueKey(
    HANDLE KeyHandle,
    _In_ PUNICODE_STRING ValueName,
    KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass,
    _Out_writes_bytes_opt_(Length) PVOID KeyValueInformation,
    ULONG Length,
    _Out_ PULONG ResultLength);
NTSYSAPI NTSTATUS NTAPI ZwSetValueKey(
    HANDLE KeyHandle,
    _In_ PUNICODE_STRING ValueName,
    ULONG TitleIndex,
    ULONG Type,
    _In_reads_bytes_opt_(DataSize) PVOID Data,
    ULONG DataSize);
typedef enum _KEY_INFORMATION_CLASS
{
    KeyBasicInformation
} KEY_INFORMATION_CLASS;

typedef struct _KEY_BASIC_INFORMATION
{
    LARGE_INTEGER LastWriteTime;
    ULONG TitleIndex;
    ULONG NameLength;
    WCHAR Name[];
} KEY_BASIC_INFORMATION, *PKEY_BASIC_INFORMATION;

/* The subkey of that number; STATUS_NO_MORE_ENTRIES: there are fewer. */
NTSYSAPI NTSTATUS NTAPI ZwEnumerateKey(
    HANDLE KeyHandle,
    ULONG Index,
    KEY_INFORMATION_CLASS KeyInformationClass,
    _Out_writes_bytes_opt_(Length) PVOID KeyInformation,
    ULONG Length,
    _Out_ PULONG ResultLength);
NTSYSAPI NTSTATUS NTAPI ZwDeleteValueKey(HANDLE KeyHandle, _In_ PUNICODE_STRING ValueName);

/* Rtl, Dbg */

NTSYSAPI VOID NTAPI
RtlInitUnicodeString(_Out_ PUNICODE_STRING DestinationString, _In_opt_ PCWSTR SourceString);
NTSYSAPI BOOLEAN NTAPI RtlEqualUnicodeString(
    _In_ PCUNICODE_STRING String1, _In_ PCUNICODE_STRING String2, BOOLEAN CaseInsensitive);
/* AllocateDestinationString FALSE: into its buffer; STATUS_BUFFER_OVERFLOW if that is too small. */
NTSYSAPI NTSTATUS NTAPI RtlAnsiStringToUnicodeString(
    _Inout_ PUNICODE_STRING DestinationString,
    _In_ PCANSI_STRING SourceString,
    BOOLEAN AllocateDestinationString);
NTSYSAPI NTSTATUS NTAPI RtlUnicodeStringToAnsiString(
    _Inout_ PANSI_STRING DestinationString,
    _In_ PCUNICODE_STRING SourceString,
    BOOLEAN AllocateDestinationString);
NTSYSAPI NTSTATUS NTAPI RtlUpcaseUnicodeString(
    _Inout_ PUNICODE_STRING DestinationString,
    _In_ PCUNICODE_STRING SourceString,
    BOOLEAN AllocateDestinationString);
NTSYSAPI VOID NTAPI RtlFreeUnicodeString(_Inout_ PUNICODE_STRING UnicodeString);
NTSYSAPI NTSTATUS NTAPI RtlStringFromGUID(_In_ const GUID *Guid, _Out_ PUNICODE_STRING GuidString);
NTSYSAPI NTSTATUS NTAPI RtlGUIDFromString(_In_ PCUNICODE_STRING GuidString, _Out_ GUID *Guid);
NTSYSAPI NTSTATUS NTAPI
RtlIntegerToUnicodeString(ULONG Value, ULONG Base, _Inout_ PUNICODE_STRING String);
NTSYSAPI NTSTATUS NTAPI
RtlAppendUnicodeToString(_Inout_ PUNICODE_STRING Destination, _In_opt_ PCWSTR Source);
NTSYSAPI NTSTATUS NTAPI
RtlAppendUnicodeStringToString(_Inout_ PUNICODE_STRING Destination, _In_ PCUNICODE_STRING Source);

#define DPFLTR_IHVNETWORK_ID 80
#define DPFLTR_ERROR_LEVEL   0
#define DPFLTR_WARNING_LEVEL 1
#define DPFLTR_INFO_LEVEL    3

NTSYSAPI ULONG CDECL DbgPrintEx(ULONG ComponentId, ULONG Level, _In_z_ PCSTR Format, ...);

#endif
