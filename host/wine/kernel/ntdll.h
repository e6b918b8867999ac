/* SPDX-License-Identifier: MIT */
/*
 * The parts of the NT API that the Wine host takes from ntdll and that drivers have no business
 * with: other processes' threads and memory, tokens, the loader, and Wine's way to its Linux side.
 */
#ifndef ADIT_HOST_WINE_NTDLL_H
#define ADIT_HOST_WINE_NTDLL_H

#include <ntifs.h>
#include <stdarg.h>

#define NtCurrentProcess() ((HANDLE)(LONG_PTR) - 1)

#define STATUS_GUARD_PAGE_VIOLATION        ((NTSTATUS)0x80000001)
#define STATUS_PROCESS_IS_TERMINATING      ((NTSTATUS)0xC000010A)
#define STATUS_IO_TIMEOUT                  ((NTSTATUS)0xC00000B5)
#define STATUS_DRIVER_ENTRYPOINT_NOT_FOUND ((NTSTATUS)0xC0000263)

#ifdef _M_ARM64
/* Debian's Wine for arm64 is Linux code, which does not keep the TEB in x18. */
NTSYSAPI PUCHAR NTAPI NtCurrentTeb(VOID);
/* Called by the kernel's exception dispatcher only. */
NTSYSAPI LONG __C_specific_handler(PVOID Record, PVOID Frame, PVOID Context, PVOID Dispatcher);
#endif

/* CLIENT_ID.UniqueProcess of the calling thread's TEB. */
FORCEINLINE HANDLE NtCurrentProcessId(VOID)
{
    HANDLE ProcessId;
#if defined(_M_AMD64)
    __asm__("movq %%gs:0x40, %0" : "=r"(ProcessId));
#elif defined(_M_ARM64)
    ProcessId = *(HANDLE *)(NtCurrentTeb() + 0x40);
#else
    __asm__("movl %%fs:0x20, %0" : "=r"(ProcessId));
#endif
    return ProcessId;
}

#define PROCESS_ALL_ACCESS    0x001FFFFF
#define EVENT_ALL_ACCESS      0x001F0003
#define DUPLICATE_SAME_ACCESS 0x00000002

/* The heap that Wine's kernel and programs allocate from. */
FORCEINLINE PVOID NtCurrentProcessHeap(VOID)
{
    PUCHAR Peb;
#ifdef _M_AMD64
    __asm__("movq %%gs:0x60, %0" : "=r"(Peb));
    return *(PVOID *)(Peb + 0x30);
#elif defined(_M_ARM64)
    Peb = *(PUCHAR *)(NtCurrentTeb() + 0x60);
    return *(PVOID *)(Peb + 0x30);
#else
    __asm__("movl %%fs:0x30, %0" : "=r"(Peb));
    return *(PVOID *)(Peb + 0x18);
#endif
}

#define HEAP_ZERO_MEMORY 0x00000008

NTSYSAPI PVOID NTAPI RtlAllocateHeap(PVOID Heap, ULONG Flags, SIZE_T Size);
NTSYSAPI BOOLEAN NTAPI RtlFreeHeap(PVOID Heap, ULONG Flags, PVOID Memory);
NTSYSAPI SIZE_T NTAPI RtlSizeHeap(PVOID Heap, ULONG Flags, const VOID *Memory);
NTSYSAPI VOID NTAPI RtlInitializeSListHead(PVOID Head);
NTSYSAPI PVOID NTAPI RtlInterlockedFlushSList(PVOID Head);

#define MEM_COMMIT  0x00001000
#define MEM_RESERVE 0x00002000
#define MEM_RELEASE 0x00008000

#define PAGE_NOACCESS          0x01
#define PAGE_READONLY          0x02
#define PAGE_READWRITE         0x04
#define PAGE_WRITECOPY         0x08
#define PAGE_EXECUTE_READ      0x20
#define PAGE_EXECUTE_READWRITE 0x40
#define PAGE_EXECUTE_WRITECOPY 0x80
#define PAGE_GUARD             0x100

typedef struct _MEMORY_BASIC_INFORMATION
{
    PVOID BaseAddress;
    PVOID AllocationBase;
    ULONG AllocationProtect;
    SIZE_T RegionSize;
    ULONG State;
    ULONG Protect;
    ULONG Type;
} MEMORY_BASIC_INFORMATION;

NT_ASSERT_SIZE(MEMORY_BASIC_INFORMATION, 0x30, 0x1C);

/* Wine's own class: the Linux half's function table of a builtin module (Wine 7.0 to 10). */
#define MemoryBasicInformation 0
#define MemoryWineUnixFuncs    1000

NTSYSAPI NTSTATUS NTAPI NtQueryVirtualMemory(
    HANDLE Process, PVOID Address, ULONG Class, PVOID Buffer, SIZE_T Length, PSIZE_T Returned);
NTSYSAPI NTSTATUS NTAPI NtAllocateVirtualMemory(
    HANDLE Process, PVOID *Base, ULONG_PTR ZeroBits, PSIZE_T Size, ULONG Type, ULONG Protect);
NTSYSAPI NTSTATUS NTAPI NtFreeVirtualMemory(HANDLE Process, PVOID *Base, PSIZE_T Size, ULONG Type);
NTSYSAPI NTSTATUS NTAPI
NtProtectVirtualMemory(HANDLE Process, PVOID *Base, PSIZE_T Size, ULONG Protect, PULONG OldProtect);
NTSYSAPI NTSTATUS NTAPI
NtReadVirtualMemory(HANDLE Process, const VOID *Address, PVOID Buffer, SIZE_T Size, PSIZE_T Read);
NTSYSAPI NTSTATUS NTAPI NtWriteVirtualMemory(
    HANDLE Process, PVOID Address, const VOID *Buffer, SIZE_T Size, PSIZE_T Written);

#define SECTION_ALL_ACCESS 0x000F001F
#define SEC_COMMIT         0x08000000
#define ViewUnmap          2

NTSYSAPI NTSTATUS NTAPI NtCreateSection(
    PHANDLE Section,
    ACCESS_MASK DesiredAccess,
    POBJECT_ATTRIBUTES ObjectAttributes,
    PLARGE_INTEGER MaximumSize,
    ULONG Protect,
    ULONG Attributes,
    HANDLE File);
NTSYSAPI NTSTATUS NTAPI NtMapViewOfSection(
    HANDLE Section,
    HANDLE Process,
    PVOID *Base,
    ULONG_PTR ZeroBits,
    SIZE_T CommitSize,
    PLARGE_INTEGER Offset,
    PSIZE_T ViewSize,
    ULONG Inherit,
    ULONG Type,
    ULONG Protect);
NTSYSAPI NTSTATUS NTAPI NtUnmapViewOfSection(HANDLE Process, PVOID Base);

NTSYSAPI NTSTATUS NTAPI NtOpenProcess(
    PHANDLE Process, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, PCLIENT_ID ClientId);
NTSYSAPI NTSTATUS NTAPI NtOpenThread(
    PHANDLE Thread, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, PCLIENT_ID ClientId);
NTSYSAPI NTSTATUS NTAPI NtGetNextThread(
    HANDLE Process,
    HANDLE Thread,
    ACCESS_MASK Access,
    ULONG Attributes,
    ULONG Flags,
    PHANDLE NextThread);
NTSYSAPI NTSTATUS NTAPI NtSuspendThread(HANDLE Thread, PULONG PreviousCount);
NTSYSAPI NTSTATUS NTAPI NtTerminateThread(HANDLE Thread, NTSTATUS ExitStatus);
NTSYSAPI NTSTATUS NTAPI NtResumeThread(HANDLE Thread, PULONG PreviousCount);
NTSYSAPI NTSTATUS NTAPI NtClose(HANDLE Handle);
NTSYSAPI NTSTATUS NTAPI NtGetContextThread(HANDLE Thread, PVOID Context);
NTSYSAPI NTSTATUS NTAPI NtCreateThreadEx(
    PHANDLE Thread,
    ACCESS_MASK Access,
    POBJECT_ATTRIBUTES Attributes,
    HANDLE Process,
    PVOID StartRoutine,
    PVOID Argument,
    ULONG Flags,
    SIZE_T ZeroBits,
    SIZE_T StackSize,
    SIZE_T MaximumStackSize,
    PVOID AttributeList);

typedef struct _THREAD_BASIC_INFORMATION
{
    NTSTATUS ExitStatus;
    PVOID TebBaseAddress;
    CLIENT_ID ClientId;
    KAFFINITY AffinityMask;
    LONG Priority;
    LONG BasePriority;
} THREAD_BASIC_INFORMATION;

#define ThreadBasicInformation  0
#define ProcessWow64Information 26

NTSYSAPI NTSTATUS NTAPI
NtQueryInformationThread(HANDLE Thread, ULONG Class, PVOID Buffer, ULONG Length, PULONG Returned);
NTSYSAPI NTSTATUS NTAPI
NtQueryInformationProcess(HANDLE Process, ULONG Class, PVOID Buffer, ULONG Length, PULONG Returned);

NTSYSAPI NTSTATUS NTAPI
NtWaitForSingleObject(HANDLE Handle, BOOLEAN Alertable, PLARGE_INTEGER Timeout);
NTSYSAPI NTSTATUS NTAPI NtWaitForMultipleObjects(
    ULONG Count,
    const HANDLE *Handles,
    ULONG WaitType,
    BOOLEAN Alertable,
    const LARGE_INTEGER *Timeout);
NTSYSAPI NTSTATUS NTAPI NtCreateEvent(
    PHANDLE Event, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, ULONG Type, BOOLEAN State);
NTSYSAPI NTSTATUS NTAPI NtSetEvent(HANDLE Event, PLONG PreviousState);
NTSYSAPI NTSTATUS NTAPI NtResetEvent(HANDLE Event, PLONG PreviousState);

typedef struct _EVENT_BASIC_INFORMATION
{
    ULONG EventType;
    LONG EventState;
} EVENT_BASIC_INFORMATION;

NTSYSAPI NTSTATUS NTAPI
NtQueryEvent(HANDLE Event, ULONG Class, PVOID Buffer, ULONG Length, PULONG Returned);
NTSYSAPI NTSTATUS NTAPI NtQuerySystemTime(PLARGE_INTEGER Time);
NTSYSAPI NTSTATUS NTAPI NtDuplicateObject(
    HANDLE SourceProcess,
    HANDLE Source,
    HANDLE TargetProcess,
    PHANDLE Target,
    ACCESS_MASK Access,
    ULONG Attributes,
    ULONG Options);

typedef struct _OBJECT_BASIC_INFORMATION
{
    ULONG Attributes;
    ACCESS_MASK GrantedAccess;
    ULONG HandleCount;
    ULONG PointerCount;
    ULONG Reserved[10];
} OBJECT_BASIC_INFORMATION;

#define ObjectBasicInformation 0

NTSYSAPI NTSTATUS NTAPI
NtQueryObject(HANDLE Handle, ULONG Class, PVOID Buffer, ULONG Length, PULONG Returned);

/* Tokens */

#define TOKEN_DUPLICATE 0x0002
#define TOKEN_QUERY     0x0008

#define TokenImpersonation  2
#define TokenIntegrityLevel 25

typedef struct _SECURITY_QUALITY_OF_SERVICE
{
    ULONG Length;
    ULONG ImpersonationLevel;
    BOOLEAN ContextTrackingMode;
    BOOLEAN EffectiveOnly;
} SECURITY_QUALITY_OF_SERVICE;

NTSYSAPI NTSTATUS NTAPI NtOpenProcessToken(HANDLE Process, ACCESS_MASK Access, PHANDLE Token);
NTSYSAPI NTSTATUS NTAPI
NtOpenThreadToken(HANDLE Thread, ACCESS_MASK Access, BOOLEAN OpenAsSelf, PHANDLE Token);
NTSYSAPI NTSTATUS NTAPI NtDuplicateToken(
    HANDLE Token,
    ACCESS_MASK Access,
    POBJECT_ATTRIBUTES Attributes,
    BOOLEAN EffectiveOnly,
    ULONG Type,
    PHANDLE NewToken);
NTSYSAPI NTSTATUS NTAPI
NtQueryInformationToken(HANDLE Token, ULONG Class, PVOID Buffer, ULONG Length, PULONG Returned);
NTSYSAPI NTSTATUS NTAPI NtAccessCheck(
    PSECURITY_DESCRIPTOR Descriptor,
    HANDLE Token,
    ACCESS_MASK Desired,
    PGENERIC_MAPPING Mapping,
    PVOID Privileges,
    PULONG PrivilegesLength,
    PACCESS_MASK Granted,
    NTSTATUS *Status);
NTSYSAPI NTSTATUS NTAPI RtlGetDaclSecurityDescriptor(
    PSECURITY_DESCRIPTOR Descriptor, PBOOLEAN Present, PVOID *Dacl, PBOOLEAN Defaulted);
NTSYSAPI NTSTATUS NTAPI
RtlGetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, PVOID *Owner, PBOOLEAN Defaulted);
NTSYSAPI NTSTATUS NTAPI RtlGetSaclSecurityDescriptor(
    PSECURITY_DESCRIPTOR Descriptor, PBOOLEAN Present, PVOID *Sacl, PBOOLEAN Defaulted);
NTSYSAPI VOID NTAPI RtlMapGenericMask(PACCESS_MASK Mask, const GENERIC_MAPPING *Mapping);

/* Loader and process environment */

NTSYSAPI NTSTATUS NTAPI
LdrLoadDll(PCWSTR Path, ULONG Flags, const UNICODE_STRING *Name, PVOID *Module);
NTSYSAPI NTSTATUS NTAPI
LdrGetDllHandle(PCWSTR Path, ULONG Flags, const UNICODE_STRING *Name, PVOID *Module);
NTSYSAPI NTSTATUS NTAPI LdrAddRefDll(ULONG Flags, PVOID Module);

NTSYSAPI NTSTATUS NTAPI
LdrGetProcedureAddress(PVOID Module, const ANSI_STRING *Name, ULONG Ordinal, PVOID *Address);

NTSYSAPI NTSTATUS NTAPI
RtlQueryEnvironmentVariable_U(PVOID Environment, PCUNICODE_STRING Name, PUNICODE_STRING Value);
NTSYSAPI NTSTATUS NTAPI
RtlUnicodeToUTF8N(PCHAR Destination, ULONG Size, PULONG Written, PCWSTR Source, ULONG SourceBytes);
NTSYSAPI NTSTATUS NTAPI
RtlUTF8ToUnicodeN(PWCHAR Destination, ULONG Size, PULONG Written, PCSTR Source, ULONG SourceBytes);

/* Message tables of images ("MESSAGE_RESOURCE_ENTRY structure") */

#define RT_MESSAGETABLE          11
#define MESSAGE_RESOURCE_UNICODE 1

typedef struct _MESSAGE_RESOURCE_ENTRY
{
    USHORT Length;
    USHORT Flags;
    UCHAR Text[];
} MESSAGE_RESOURCE_ENTRY;

NTSYSAPI NTSTATUS NTAPI RtlFindMessage(
    PVOID Module,
    ULONG Type,
    ULONG Language,
    ULONG MessageId,
    const MESSAGE_RESOURCE_ENTRY **Entry);
/* Arguments: with Array, an array of pointers to strings. */
NTSYSAPI NTSTATUS NTAPI RtlFormatMessage(
    PCWSTR Message,
    ULONG Width,
    BOOLEAN IgnoreInserts,
    BOOLEAN Ansi,
    BOOLEAN Array,
    va_list *Arguments,
    PWSTR Buffer,
    ULONG Size,
    PULONG Written);

/* A lock that knows its owner and may be taken again by it (40 bytes on 64-bit architectures). */
typedef struct _RTL_CRITICAL_SECTION
{
    PVOID DebugInfo;
    LONG LockCount;
    LONG RecursionCount;
    HANDLE OwningThread;
    HANDLE LockSemaphore;
    ULONG_PTR SpinCount;
} RTL_CRITICAL_SECTION;

/* Static initial value, without debug information. */
#define RTL_CRITICAL_SECTION_INITIALIZER {.DebugInfo = (PVOID)(LONG_PTR) - 1, .LockCount = -1}

NTSYSAPI NTSTATUS NTAPI RtlEnterCriticalSection(RTL_CRITICAL_SECTION *Section);
NTSYSAPI NTSTATUS NTAPI RtlLeaveCriticalSection(RTL_CRITICAL_SECTION *Section);

NTSYSAPI NTSTATUS NTAPI RtlWaitOnAddress(
    const VOID *Address, const VOID *Compare, SIZE_T Size, const LARGE_INTEGER *Timeout);
NTSYSAPI VOID NTAPI RtlWakeAddressAll(const VOID *Address);

#define WT_EXECUTEONLYONCE 0x00000008

NTSYSAPI NTSTATUS NTAPI RtlRegisterWait(
    PHANDLE Wait,
    HANDLE Object,
    VOID(NTAPI *Callback)(PVOID Context, BOOLEAN TimedOut),
    PVOID Context,
    ULONG Milliseconds,
    ULONG Flags);
NTSYSAPI NTSTATUS NTAPI RtlDeregisterWait(HANDLE Wait);

#define WT_EXECUTELONGFUNCTION 0x00000010

NTSYSAPI NTSTATUS NTAPI
RtlQueueWorkItem(VOID(NTAPI *Function)(PVOID Context), PVOID Context, ULONG Flags);

NTSYSAPI NTSTATUS NTAPI NtQueryPerformanceCounter(PLARGE_INTEGER Counter, PLARGE_INTEGER Frequency);
DECLSPEC_NORETURN NTSYSAPI VOID NTAPI RtlRaiseStatus(NTSTATUS Status);

/* Files */

#define FILE_APPEND_DATA             0x0004
#define FILE_SHARE_ALL               0x0007
#define FILE_OPEN_IF                 3
#define FILE_SYNCHRONOUS_IO_NONALERT 0x00000020
#define FILE_ATTRIBUTE_NORMAL        0x00000080

NTSYSAPI NTSTATUS NTAPI NtCreateFile(
    PHANDLE File,
    ACCESS_MASK Access,
    POBJECT_ATTRIBUTES Attributes,
    PIO_STATUS_BLOCK Status,
    PLARGE_INTEGER AllocationSize,
    ULONG FileAttributes,
    ULONG ShareAccess,
    ULONG Disposition,
    ULONG Options,
    PVOID EaBuffer,
    ULONG EaLength);
NTSYSAPI NTSTATUS NTAPI NtWriteFile(
    HANDLE File,
    HANDLE Event,
    PVOID ApcRoutine,
    PVOID ApcContext,
    PIO_STATUS_BLOCK Status,
    const VOID *Buffer,
    ULONG Length,
    PLARGE_INTEGER Offset,
    PULONG Key);

/* C run-time and Wine */

NTSYSAPI int CDECL _vsnprintf(char *Buffer, size_t Size, const char *Format, va_list Arguments);
NTSYSAPI int CDECL _snprintf(char *Buffer, size_t Size, const char *Format, ...);
NTSYSAPI int CDECL strcmp(const char *A, const char *B);
NTSYSAPI int CDECL _stricmp(const char *A, const char *B);
NTSYSAPI size_t CDECL strlen(const char *Text);
NTSYSAPI size_t CDECL wcslen(const WCHAR *Text);
NTSYSAPI int CDECL __wine_dbg_output(const char *Text);
NTSYSAPI NTSTATUS NTAPI __wine_unix_call(UINT64 Table, ULONG Code, PVOID Arguments);

#endif
