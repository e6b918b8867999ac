/* SPDX-License-Identifier: MIT */
/*
 * Objects and handles. An object has a header before its body: type and counts. A handle is an
 * entry of its process's table; kernel handles are those of the system process.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "executive.h"

#define OBP_MAGIC           0x0B1EC7ull
#define OBP_KERNEL_BITS     ((ULONG_PTR)0xFFFFFFFF80000000ull)
#define OBP_CURRENT_PROCESS ((HANDLE)(LONG_PTR) - 1)

typedef struct _OBJECT_HEADER
{
    LIST_ENTRY Link; /* in ObpObjects */
    POBJECT_TYPE Type;
    volatile LONG PointerCount;
    volatile LONG HandleCount;
    ULONG64 Magic;
    _Alignas(MEMORY_ALLOCATION_ALIGNMENT) UCHAR Body[];
} OBJECT_HEADER;

static KI_MUTEX ObpLock = KI_MUTEX_INITIALIZER;
static LIST_ENTRY ObpObjects = {&ObpObjects, &ObpObjects};

struct _OBJECT_TYPE ObpEventType = {
    .Name = "Event",
    .Mapping = {0x00020001, 0x00020002, 0x00120000, 0x001F0003},
};
struct _OBJECT_TYPE ObpSemaphoreType = {
    .Name = "Semaphore",
    .Mapping = {0x00020001, 0x00020002, 0x00120000, 0x001F0003},
};

static POBJECT_TYPE ObpExportedEventType = &ObpEventType;
POBJECT_TYPE *ExEventObjectType = &ObpExportedEventType;

static OBJECT_HEADER *ObpHeader(PCSTR Function, PVOID Object)
{
    OBJECT_HEADER *Header = CONTAINING_RECORD(Object, OBJECT_HEADER, Body);
    if (Header->Magic != OBP_MAGIC)
    {
        RULES_VIOLATED("Object", Function, "wdm", "%p is not an object", Object);
    }
    return Header;
}

PVOID ObpCreateObject(POBJECT_TYPE Type, SIZE_T Size)
{
    SIZE_T Alignment = MEMORY_ALLOCATION_ALIGNMENT;
    OBJECT_HEADER *Header = calloc(1, (sizeof(*Header) + Size + Alignment - 1) & ~(Alignment - 1));
    if (!Header)
    {
        return NULL;
    }
    Header->Type = Type;
    Header->PointerCount = 1;
    Header->Magic = OBP_MAGIC;
    KiLock(&ObpLock);
    InsertTailList(&ObpObjects, &Header->Link);
    KiUnlock(&ObpLock);
    return Header->Body;
}

POBJECT_TYPE ObpObjectType(PVOID Object)
{
    return ObpHeader(__func__, Object)->Type;
}

BOOLEAN ObpIsWaitable(PVOID Object)
{
    POBJECT_TYPE Type = ObpObjectType(Object);
    return Type == &ObpEventType || Type == &ObpSemaphoreType || Type == &PspThreadType ||
           Type == &PspProcessType;
}

LONG_PTR ObfReferenceObject(PVOID Object)
{
    RULE_IRQL_AT_MOST("wdm", DISPATCH_LEVEL);
    OBJECT_HEADER *Header = ObpHeader(__func__, Object);
    LONG Count = InterlockedIncrement(&Header->PointerCount);
    RULE(Count > 1, "ObjectReference", "wdm", "%s %p is being deleted", Header->Type->Name, Object);
    return Count;
}

LONG_PTR ObfDereferenceObject(PVOID Object)
{
    RULE_IRQL_AT_MOST("wdm", DISPATCH_LEVEL);
    OBJECT_HEADER *Header = ObpHeader(__func__, Object);
    LONG Count = InterlockedDecrement(&Header->PointerCount);
    RULE(
        Count >= 0, "ObjectReference", "wdm", "%s %p has no reference left", Header->Type->Name,
        Object);
    if (Count > 0)
    {
        return Count;
    }
    KiLock(&ObpLock);
    RemoveEntryList(&Header->Link);
    KiUnlock(&ObpLock);
    if (Header->Type->Delete)
    {
        /* NT defers this to a worker when the IRQL is raised; the routine itself runs below it. */
        PKTHREAD Thread = KI_CURRENT();
        KIRQL Irql = Thread->Irql;
        Thread->Irql = PASSIVE_LEVEL;
        Header->Type->Delete(Object);
        Thread->Irql = Irql;
    }
    Header->Magic = 0;
    free(Header);
    return 0;
}

static BOOLEAN ObpIsKernelHandle(HANDLE Handle)
{
    return ((ULONG_PTR)Handle & OBP_KERNEL_BITS) == OBP_KERNEL_BITS;
}

static OBP_HANDLE_ENTRY *ObpFindEntry(PEPROCESS Process, HANDLE Handle)
{
    ULONG_PTR Index = ((ULONG_PTR)Handle & ~OBP_KERNEL_BITS) >> 2;
    if (Index == 0 || Index >= Process->HandleCount || ((ULONG_PTR)Handle & 3) ||
        !Process->Handles[Index].Object)
    {
        return NULL;
    }
    return &Process->Handles[Index];
}

/* The handle lock is held. 0: no memory. Entry 0 stays free, for handles are not NULL. */
static ULONG ObpFreeEntry(PEPROCESS Process)
{
    for (ULONG Index = 1; Index < Process->HandleCount; Index++)
    {
        if (!Process->Handles[Index].Object)
        {
            return Index;
        }
    }
    ULONG Count = Process->HandleCount ? Process->HandleCount * 2 : 16;
    OBP_HANDLE_ENTRY *Entries = realloc(Process->Handles, Count * sizeof(*Entries));
    if (!Entries)
    {
        return 0;
    }
    memset(Entries + Process->HandleCount, 0, (Count - Process->HandleCount) * sizeof(*Entries));
    ULONG First = Process->HandleCount ? Process->HandleCount : 1;
    Process->Handles = Entries;
    Process->HandleCount = Count;
    return First;
}

NTSTATUS
ObpCreateHandle(PEPROCESS Process, PVOID Object, ACCESS_MASK Access, BOOLEAN Kernel, PHANDLE Handle)
{
    OBJECT_HEADER *Header = ObpHeader(__func__, Object);
    Process = Kernel ? PspSystemProcess : Process;
    KiLock(&Process->HandleLock);
    ULONG Index = ObpFreeEntry(Process);
    if (Index)
    {
        Process->Handles[Index] = (OBP_HANDLE_ENTRY){Object, Access};
    }
    KiUnlock(&Process->HandleLock);
    if (!Index)
    {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    InterlockedIncrement(&Header->PointerCount);
    InterlockedIncrement(&Header->HandleCount);
    *Handle = (HANDLE)((ULONG_PTR)Index << 2 | (Kernel ? OBP_KERNEL_BITS : 0));
    return STATUS_SUCCESS;
}

/* The table that the handle is in, for a caller of that mode. NULL: user mode, kernel handle. */
static PEPROCESS ObpHandleOwner(PEPROCESS Process, HANDLE Handle, KPROCESSOR_MODE Mode)
{
    if (!ObpIsKernelHandle(Handle))
    {
        return Process;
    }
    return Mode == KernelMode ? PspSystemProcess : NULL;
}

NTSTATUS ObpReferenceHandle(
    PEPROCESS Process, HANDLE Handle, KPROCESSOR_MODE Mode, PVOID *Object, PACCESS_MASK Access)
{
    NTSTATUS Status = STATUS_INVALID_HANDLE;
    Process = ObpHandleOwner(Process, Handle, Mode);
    if (!Process)
    {
        return Status;
    }
    KiLock(&Process->HandleLock);
    OBP_HANDLE_ENTRY *Entry = ObpFindEntry(Process, Handle);
    if (Entry)
    {
        *Object = Entry->Object;
        *Access = Entry->Access;
        InterlockedIncrement(&ObpHeader(__func__, Entry->Object)->PointerCount);
        Status = STATUS_SUCCESS;
    }
    KiUnlock(&Process->HandleLock);
    return Status;
}

static VOID ObpReleaseHandle(PEPROCESS Process, PVOID Object)
{
    OBJECT_HEADER *Header = ObpHeader(__func__, Object);
    LONG HandlesLeft = InterlockedDecrement(&Header->HandleCount);
    if (Header->Type->Close)
    {
        Header->Type->Close(Object, Process, HandlesLeft);
    }
    ObfDereferenceObject(Object);
}

NTSTATUS ObpCloseHandle(PEPROCESS Process, HANDLE Handle, KPROCESSOR_MODE Mode)
{
    PVOID Object = NULL;
    Process = ObpHandleOwner(Process, Handle, Mode);
    if (!Process)
    {
        return STATUS_INVALID_HANDLE;
    }
    KiLock(&Process->HandleLock);
    OBP_HANDLE_ENTRY *Entry = ObpFindEntry(Process, Handle);
    if (Entry)
    {
        Object = Entry->Object;
        Entry->Object = NULL;
    }
    KiUnlock(&Process->HandleLock);
    if (!Object)
    {
        return STATUS_INVALID_HANDLE;
    }
    ObpReleaseHandle(Process, Object);
    return STATUS_SUCCESS;
}

VOID ObpCloseAllHandles(PEPROCESS Process)
{
    for (ULONG Index = 1; Index < Process->HandleCount; Index++)
    {
        if (Process->Handles[Index].Object)
        {
            ObpCloseHandle(Process, (HANDLE)((ULONG_PTR)Index << 2), KernelMode);
        }
    }
}

VOID ObpFreeHandleTable(PEPROCESS Process)
{
    free(Process->Handles);
    Process->Handles = NULL;
    Process->HandleCount = 0;
}

NTSTATUS ObReferenceObjectByHandle(
    HANDLE Handle,
    ACCESS_MASK DesiredAccess,
    POBJECT_TYPE ObjectType,
    KPROCESSOR_MODE AccessMode,
    PVOID *Object,
    PVOID HandleInformation)
{
    RULE_IRQL("wdm", PASSIVE_LEVEL);
    PEPROCESS Process = PspCurrentProcess();
    PVOID Found;
    ACCESS_MASK Granted;
    *Object = NULL;
    if (FAULT())
    {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (Handle == OBP_CURRENT_PROCESS)
    {
        Found = Process;
        Granted = 0x001FFFFF;
        ObfReferenceObject(Found);
    }
    else
    {
        NTSTATUS Status = ObpReferenceHandle(Process, Handle, AccessMode, &Found, &Granted);
        if (!NT_SUCCESS(Status))
        {
            return Status;
        }
    }
    if (ObjectType && ObpObjectType(Found) != ObjectType)
    {
        ObfDereferenceObject(Found);
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    if (AccessMode != KernelMode && (DesiredAccess & ~Granted))
    {
        ObfDereferenceObject(Found);
        return STATUS_ACCESS_DENIED;
    }
    if (HandleInformation)
    {
        struct
        {
            ULONG HandleAttributes;
            ACCESS_MASK GrantedAccess;
        } Information = {0, Granted};
        memcpy(HandleInformation, &Information, sizeof(Information));
    }
    *Object = Found;
    return STATUS_SUCCESS;
}

NTSTATUS ZwClose(HANDLE Handle)
{
    RULE_IRQL("wdm", PASSIVE_LEVEL);
    NTSTATUS Status = ObpCloseHandle(PspCurrentProcess(), Handle, KernelMode);
    RULE(NT_SUCCESS(Status), "Handle", "wdm", "%p is not an open handle", Handle);
    return Status;
}

NTSTATUS ZwWaitForSingleObject(HANDLE Handle, BOOLEAN Alertable, PLARGE_INTEGER Timeout)
{
    RULE_IRQL("ntifs", PASSIVE_LEVEL);
    PVOID Object;
    ACCESS_MASK Granted;
    NTSTATUS Status =
        ObpReferenceHandle(PspCurrentProcess(), Handle, KernelMode, &Object, &Granted);
    if (!NT_SUCCESS(Status))
    {
        return Status;
    }
    Status = ObpIsWaitable(Object)
                 ? KeWaitForSingleObject(Object, Executive, KernelMode, Alertable, Timeout)
                 : STATUS_OBJECT_TYPE_MISMATCH;
    ObfDereferenceObject(Object);
    return Status;
}

VOID ObpUsage(PULONG Objects, PULONG References)
{
    *Objects = *References = 0;
    KiLock(&ObpLock);
    for (PLIST_ENTRY Entry = ObpObjects.Flink; Entry != &ObpObjects; Entry = Entry->Flink)
    {
        OBJECT_HEADER *Header = CONTAINING_RECORD(Entry, OBJECT_HEADER, Link);
        BOOLEAN Own = Header->Type->IsPermanent && Header->Type->IsPermanent(Header->Body);
        *Objects += !Own;
        *References += Own ? 0 : (ULONG)Header->PointerCount;
    }
    KiUnlock(&ObpLock);
}

ULONG ObpReportObjects(VOID)
{
    ULONG Count = 0;
    KiLock(&ObpLock);
    for (PLIST_ENTRY Entry = ObpObjects.Flink; Entry != &ObpObjects; Entry = Entry->Flink)
    {
        OBJECT_HEADER *Header = CONTAINING_RECORD(Entry, OBJECT_HEADER, Link);
        BOOLEAN Own = Header->Type->IsPermanent && Header->Type->IsPermanent(Header->Body);
        if (!Own)
        {
            fprintf(
                stderr, "leak: %s object %p, %d references, %d handles\n", Header->Type->Name,
                (void *)Header->Body, Header->PointerCount, Header->HandleCount);
            Count++;
        }
    }
    KiUnlock(&ObpLock);
    return Count;
}
