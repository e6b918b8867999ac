/* SPDX-License-Identifier: MIT */
/*
 * Base types of the NT API: the widths of Windows (LLP64) on every compiler, so that layouts are
 * the same in the PE binaries and in native test programs.
 */
#ifndef ADIT_NT_NTDEF_H
#define ADIT_NT_NTDEF_H

#include <stddef.h>
#include <stdint.h>

#include "sal.h"

#if defined(_WIN32) && defined(__i386__)
#define NTAPI    __stdcall
#define FASTCALL __fastcall
#define CDECL    __cdecl
#else
#define NTAPI
#define FASTCALL
#define CDECL
#endif
#define NDISAPI NTAPI

#if defined(_WIN32)
#define DECLSPEC_IMPORT __declspec(dllimport)
#else
#define DECLSPEC_IMPORT
#endif

/* _NTSYSTEM_ and NDIS_WRAPPER: the component that implements the functions, as in the WDK. */
#if defined(_NTSYSTEM_)
#define NTKERNELAPI
#define NTSYSAPI
#else
#define NTKERNELAPI DECLSPEC_IMPORT
#define NTSYSAPI    DECLSPEC_IMPORT
#endif
#if defined(NDIS_WRAPPER)
#define NDISEXPORT
#else
#define NDISEXPORT DECLSPEC_IMPORT
#endif

#define FORCEINLINE                           static inline __attribute__((always_inline))
#define DECLSPEC_NOINLINE                     __attribute__((noinline))
#define DECLSPEC_NORETURN                     __attribute__((noreturn))
#define DECLSPEC_ALIGN(Bytes)                 __attribute__((aligned(Bytes)))
#define C_ASSERT(Expression)                  _Static_assert(Expression, #Expression)
#define UNREFERENCED_PARAMETER(P)             ((void)(P))
#define FIELD_OFFSET(Type, Field)             ((LONG)offsetof(Type, Field))
#define RTL_FIELD_SIZE(Type, Field)           (sizeof(((Type *)0)->Field))
#define RTL_SIZEOF_THROUGH_FIELD(Type, Field) (offsetof(Type, Field) + RTL_FIELD_SIZE(Type, Field))
#define CONTAINING_RECORD(Address, Type, Field) \
    ((Type *)((uint8_t *)(Address) - offsetof(Type, Field)))
#define ARRAYSIZE(Array)     (sizeof(Array) / sizeof((Array)[0]))
#define RTL_NUMBER_OF(Array) ARRAYSIZE(Array)

/* Size of a structure on 64-bit and on 32-bit architectures, and the offset of a field. */
#define NT_ASSERT_SIZE(Type, Size64, Size32) \
    _Static_assert(sizeof(Type) == (sizeof(void *) == 8 ? (Size64) : (Size32)), "size of " #Type)
#define NT_ASSERT_OFFSET(Type, Field, Offset64, Offset32)                         \
    _Static_assert(                                                               \
        offsetof(Type, Field) == (sizeof(void *) == 8 ? (Offset64) : (Offset32)), \
        "offset of " #Type "." #Field)

#define VOID  void
#define CONST const
#define EXTERN_C_START
#define EXTERN_C_END
#define TRUE  1
#define FALSE 0
#ifndef NULL
#define NULL ((void *)0)
#endif

typedef void *PVOID;
typedef char CHAR, *PCHAR, CCHAR;
typedef const char *PCSTR;
typedef signed char INT8;
typedef unsigned char UCHAR, *PUCHAR, BOOLEAN, *PBOOLEAN, BYTE, UINT8;
typedef short SHORT, CSHORT;
typedef unsigned short USHORT, *PUSHORT, UINT16;
typedef int LONG, *PLONG, INT;
typedef unsigned int ULONG, *PULONG, DWORD, UINT, *PUINT, UINT32;
typedef long long LONGLONG, LONG64, *PLONG64;
typedef unsigned long long ULONGLONG, ULONG64, *PULONG64, UINT64;
typedef intptr_t LONG_PTR, *PLONG_PTR;
typedef uintptr_t ULONG_PTR, *PULONG_PTR, SIZE_T, *PSIZE_T, KAFFINITY;
typedef uint16_t WCHAR, *PWCHAR, *PWSTR, *PWCH;
typedef const uint16_t *PCWSTR;
typedef void *HANDLE, **PHANDLE;
typedef LONG NTSTATUS;
typedef CHAR KPROCESSOR_MODE;
typedef UCHAR KIRQL, *PKIRQL;
typedef LONG KPRIORITY;
typedef ULONG ACCESS_MASK, *PACCESS_MASK;
typedef ULONG DEVICE_TYPE;
typedef ULONG_PTR KSPIN_LOCK, *PKSPIN_LOCK;
typedef PVOID PSECURITY_DESCRIPTOR;

C_ASSERT(sizeof(WCHAR) == 2 && sizeof(L'x') == 2);
C_ASSERT(sizeof(LONG) == 4 && sizeof(LONGLONG) == 8 && sizeof(SIZE_T) == sizeof(void *));

#define MAXULONG 0xFFFFFFFFu
#define MAXLONG  0x7FFFFFFF

#define NT_SUCCESS(Status) ((NTSTATUS)(Status) >= 0)

/* A pointer field that takes eight bytes on 64-bit architectures also when its type is smaller. */
#if defined(__LP64__) || defined(_WIN64)
#define POINTER_ALIGNMENT           DECLSPEC_ALIGN(8)
#define MEMORY_ALLOCATION_ALIGNMENT 16
#else
#define POINTER_ALIGNMENT
#define MEMORY_ALLOCATION_ALIGNMENT 8
#endif

typedef union _LARGE_INTEGER
{
    struct
    {
        ULONG LowPart;
        LONG HighPart;
    };
    LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;

typedef union _ULARGE_INTEGER
{
    struct
    {
        ULONG LowPart;
        ULONG HighPart;
    };
    ULONGLONG QuadPart;
} ULARGE_INTEGER, *PULARGE_INTEGER;

typedef struct _LUID
{
    ULONG LowPart;
    LONG HighPart;
} LUID, *PLUID;

typedef struct _GUID
{
    ULONG Data1;
    USHORT Data2;
    USHORT Data3;
    UCHAR Data4[8];
} GUID;

typedef struct _LIST_ENTRY
{
    struct _LIST_ENTRY *Flink;
    struct _LIST_ENTRY *Blink;
} LIST_ENTRY, *PLIST_ENTRY;

typedef struct _SINGLE_LIST_ENTRY
{
    struct _SINGLE_LIST_ENTRY *Next;
} SINGLE_LIST_ENTRY, *PSINGLE_LIST_ENTRY;

typedef struct _UNICODE_STRING
{
    USHORT Length;        /* bytes, without a terminator */
    USHORT MaximumLength; /* bytes at Buffer */
    PWCH Buffer;
} UNICODE_STRING, *PUNICODE_STRING;
typedef const UNICODE_STRING *PCUNICODE_STRING;

typedef struct _STRING
{
    USHORT Length; /* bytes */
    USHORT MaximumLength;
    PCHAR Buffer;
} ANSI_STRING, *PANSI_STRING;
typedef const ANSI_STRING *PCANSI_STRING;

#define RTL_CONSTANT_STRING(Text) {sizeof(Text) - sizeof((Text)[0]), sizeof(Text), (PWCH)(Text)}
#define DECLARE_CONST_UNICODE_STRING(Name, Text) \
    static const UNICODE_STRING Name = RTL_CONSTANT_STRING(Text)

typedef struct _OBJECT_ATTRIBUTES
{
    ULONG Length;
    HANDLE RootDirectory;
    PUNICODE_STRING ObjectName;
    ULONG Attributes;
    PVOID SecurityDescriptor;
    PVOID SecurityQualityOfService;
} OBJECT_ATTRIBUTES, *POBJECT_ATTRIBUTES;

#define OBJ_INHERIT          0x00000002
#define OBJ_CASE_INSENSITIVE 0x00000040
#define OBJ_KERNEL_HANDLE    0x00000200

#define InitializeObjectAttributes(Attr, Name, Flags, Root, Descriptor) \
    do                                                                  \
    {                                                                   \
        (Attr)->Length = sizeof(OBJECT_ATTRIBUTES);                     \
        (Attr)->RootDirectory = (Root);                                 \
        (Attr)->ObjectName = (Name);                                    \
        (Attr)->Attributes = (Flags);                                   \
        (Attr)->SecurityDescriptor = (Descriptor);                      \
        (Attr)->SecurityQualityOfService = NULL;                        \
    } while (0)

NT_ASSERT_SIZE(LARGE_INTEGER, 8, 8);
NT_ASSERT_SIZE(GUID, 16, 16);
NT_ASSERT_SIZE(LIST_ENTRY, 0x10, 8);
NT_ASSERT_SIZE(UNICODE_STRING, 0x10, 8);
NT_ASSERT_SIZE(OBJECT_ATTRIBUTES, 0x30, 0x18);

FORCEINLINE VOID InitializeListHead(_Out_ PLIST_ENTRY Head)
{
    Head->Flink = Head->Blink = Head;
}

FORCEINLINE BOOLEAN IsListEmpty(_In_ const LIST_ENTRY *Head)
{
    return Head->Flink == Head;
}

FORCEINLINE BOOLEAN RemoveEntryList(_In_ PLIST_ENTRY Entry)
{
    PLIST_ENTRY Next = Entry->Flink, Previous = Entry->Blink;
    Previous->Flink = Next;
    Next->Blink = Previous;
    return Next == Previous;
}

FORCEINLINE PLIST_ENTRY RemoveHeadList(_Inout_ PLIST_ENTRY Head)
{
    PLIST_ENTRY Entry = Head->Flink;
    RemoveEntryList(Entry);
    return Entry;
}

FORCEINLINE VOID InsertTailList(_Inout_ PLIST_ENTRY Head, _Out_ PLIST_ENTRY Entry)
{
    PLIST_ENTRY Last = Head->Blink;
    Entry->Flink = Head;
    Entry->Blink = Last;
    Last->Flink = Entry;
    Head->Blink = Entry;
}

FORCEINLINE VOID InsertHeadList(_Inout_ PLIST_ENTRY Head, _Out_ PLIST_ENTRY Entry)
{
    PLIST_ENTRY First = Head->Flink;
    Entry->Flink = First;
    Entry->Blink = Head;
    First->Blink = Entry;
    Head->Flink = Entry;
}

/* Interlocked operations: full barriers, as on Windows. */
FORCEINLINE LONG InterlockedIncrement(volatile LONG *Addend)
{
    return __atomic_add_fetch(Addend, 1, __ATOMIC_SEQ_CST);
}

FORCEINLINE LONG InterlockedDecrement(volatile LONG *Addend)
{
    return __atomic_sub_fetch(Addend, 1, __ATOMIC_SEQ_CST);
}

FORCEINLINE LONG InterlockedExchange(volatile LONG *Target, LONG Value)
{
    return __atomic_exchange_n(Target, Value, __ATOMIC_SEQ_CST);
}

FORCEINLINE LONG InterlockedExchangeAdd(volatile LONG *Addend, LONG Value)
{
    return __atomic_fetch_add(Addend, Value, __ATOMIC_SEQ_CST);
}

FORCEINLINE LONG
InterlockedCompareExchange(volatile LONG *Destination, LONG Exchange, LONG Comparand)
{
    __atomic_compare_exchange_n(
        Destination, &Comparand, Exchange, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    return Comparand;
}

FORCEINLINE LONG64 InterlockedAdd64(volatile LONG64 *Addend, LONG64 Value)
{
    return __atomic_add_fetch(Addend, Value, __ATOMIC_SEQ_CST);
}

FORCEINLINE PVOID InterlockedExchangePointer(PVOID volatile *Target, PVOID Value)
{
    return __atomic_exchange_n(Target, Value, __ATOMIC_SEQ_CST);
}

FORCEINLINE PVOID
InterlockedCompareExchangePointer(PVOID volatile *Destination, PVOID Exchange, PVOID Comparand)
{
    __atomic_compare_exchange_n(
        Destination, &Comparand, Exchange, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    return Comparand;
}

FORCEINLINE LONG ReadNoFence(const volatile LONG *Source)
{
    return __atomic_load_n(Source, __ATOMIC_RELAXED);
}

FORCEINLINE LONG ReadAcquire(const volatile LONG *Source)
{
    return __atomic_load_n(Source, __ATOMIC_ACQUIRE);
}

FORCEINLINE VOID WriteRelease(volatile LONG *Destination, LONG Value)
{
    __atomic_store_n(Destination, Value, __ATOMIC_RELEASE);
}

FORCEINLINE VOID WriteNoFence(volatile LONG *Destination, LONG Value)
{
    __atomic_store_n(Destination, Value, __ATOMIC_RELAXED);
}

FORCEINLINE LONG64 ReadNoFence64(const volatile LONG64 *Source)
{
    return __atomic_load_n(Source, __ATOMIC_RELAXED);
}

FORCEINLINE PVOID ReadPointerAcquire(PVOID const volatile *Source)
{
    return __atomic_load_n(Source, __ATOMIC_ACQUIRE);
}

FORCEINLINE VOID WritePointerRelease(PVOID volatile *Destination, PVOID Value)
{
    __atomic_store_n(Destination, Value, __ATOMIC_RELEASE);
}

FORCEINLINE VOID KeMemoryBarrier(VOID)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

FORCEINLINE VOID YieldProcessor(VOID)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

#define RtlCopyMemory(Destination, Source, Length) \
    __builtin_memcpy((Destination), (Source), (Length))
#define RtlMoveMemory(Destination, Source, Length) \
    __builtin_memmove((Destination), (Source), (Length))
#define RtlZeroMemory(Destination, Length)       __builtin_memset((Destination), 0, (Length))
#define RtlFillMemory(Destination, Length, Fill) __builtin_memset((Destination), (Fill), (Length))
#define RtlEqualMemory(A, B, Length)             (__builtin_memcmp((A), (B), (Length)) == 0)

FORCEINLINE USHORT RtlUshortByteSwap(USHORT Source)
{
    return __builtin_bswap16(Source);
}

#define ULongToPtr(Value)       ((PVOID)(ULONG_PTR)(ULONG)(Value))
#define PtrToUlong(Pointer)     ((ULONG)(ULONG_PTR)(Pointer))
#define Add2Ptr(Pointer, Bytes) ((PVOID)((PUCHAR)(Pointer) + (Bytes)))

#endif
