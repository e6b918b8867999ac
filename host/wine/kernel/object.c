/* SPDX-License-Identifier: MIT */
/*
 * Objects that clients name by handles. A client's handle becomes one of this process for as long
 * as the driver references the object: so its events are set and waited for by one call to the
 * Wine server each (event.c), where Wine's own functions open and close a handle every time.
 */
#define _NTSYSTEM_
#include <ntifs.h>

#include "event_set.h"
#include "ntdll.h"
#include "object.h"
#include "process.h"
#include "wine_kernel.h"

#define OBJECT_TAG     'bOdA'
#define OBJECT_BUCKETS 64

typedef struct _CLIENT_OBJECT
{
    struct _CLIENT_OBJECT *Next;
    PVOID Object;
    HANDLE Handle; /* events: with all access */
    LONG References;
} CLIENT_OBJECT;

static RTL_CRITICAL_SECTION ObjectGuard = RTL_CRITICAL_SECTION_INITIALIZER;
static CLIENT_OBJECT *volatile ObjectBuckets[OBJECT_BUCKETS]; /* guarded by ObjectGuard */

static CLIENT_OBJECT *volatile *ObjectBucket(PVOID Object)
{
    return &ObjectBuckets[((ULONG_PTR)Object >> 4) % OBJECT_BUCKETS];
}

/* The entry of an object, with ObjectGuard held; NULL: none. */
static CLIENT_OBJECT *ObjectFind(PVOID Object)
{
    CLIENT_OBJECT *Entry = *ObjectBucket(Object);
    while (Entry != NULL && Entry->Object != Object)
        Entry = Entry->Next;
    return Entry;
}

/* Adds Delta to the driver's references to an object of a client, if it is one. */
static VOID ObjectCount(PVOID Object, LONG Delta)
{
    CLIENT_OBJECT *volatile *Link = ObjectBucket(Object);
    CLIENT_OBJECT *Entry;
    if (*Link == NULL)
        return;
    RtlEnterCriticalSection(&ObjectGuard);
    while ((Entry = *Link) != NULL && Entry->Object != Object)
        Link = (CLIENT_OBJECT *volatile *)&Entry->Next;
    if (Entry != NULL && (Entry->References += Delta) == 0)
        *Link = Entry->Next;
    else
        Entry = NULL;
    RtlLeaveCriticalSection(&ObjectGuard);
    if (Entry != NULL)
    {
        EventSetForget(Object);
        ZwClose(Entry->Handle);
        ExFreePoolWithTag(Entry, OBJECT_TAG);
    }
}

HANDLE ObjectClientHandle(PVOID Object)
{
    const CLIENT_OBJECT *Entry;
    HANDLE Handle;
    if (*ObjectBucket(Object) == NULL)
        return NULL;
    RtlEnterCriticalSection(&ObjectGuard);
    Entry = ObjectFind(Object);
    Handle = Entry != NULL ? Entry->Handle : NULL;
    RtlLeaveCriticalSection(&ObjectGuard);
    return Handle;
}

/* Takes over Handle. */
static NTSTATUS ObjectRemember(PVOID Object, HANDLE Handle)
{
    CLIENT_OBJECT *New = ExAllocatePoolWithTag(NonPagedPool, sizeof(*New), OBJECT_TAG), *Entry;
    if (New == NULL)
    {
        ZwClose(Handle);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *New = (CLIENT_OBJECT){.Object = Object, .Handle = Handle, .References = 1};
    RtlEnterCriticalSection(&ObjectGuard);
    Entry = ObjectFind(Object);
    if (Entry != NULL)
        Entry->References++;
    else
    {
        New->Next = *ObjectBucket(Object);
        *ObjectBucket(Object) = New;
    }
    RtlLeaveCriticalSection(&ObjectGuard);
    if (Entry != NULL)
    {
        ZwClose(Handle);
        ExFreePoolWithTag(New, OBJECT_TAG);
    }
    return STATUS_SUCCESS;
}

/* A handle of this process to what the client's handle names, with the same access. */
static NTSTATUS ObjectDuplicate(HANDLE ProcessId, HANDLE Handle, HANDLE *Duplicate)
{
    OBJECT_ATTRIBUTES Attributes;
    CLIENT_ID Client = {.UniqueProcess = ProcessId};
    HANDLE Process;
    NTSTATUS Status;
    InitializeObjectAttributes(&Attributes, NULL, 0, NULL, NULL);
    Status = NtOpenProcess(&Process, PROCESS_ALL_ACCESS, &Attributes, &Client);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = NtDuplicateObject(
        Process, Handle, NtCurrentProcess(), Duplicate, 0, 0, DUPLICATE_SAME_ACCESS);
    ZwClose(Process);
    return Status;
}

/* Who has a reference to an event may do anything to it, whatever its handle allowed. */
static VOID ObjectWiden(PVOID Object, HANDLE *Handle)
{
    HANDLE Wide;
    if (!NT_SUCCESS(ObOpenObjectByPointer(
            Object, OBJ_KERNEL_HANDLE, NULL, EVENT_ALL_ACCESS, NULL, KernelMode, &Wide)))
        return;
    ZwClose(*Handle);
    *Handle = Wide;
}

NTSTATUS NTAPI ObReferenceObjectByHandle(
    HANDLE Handle,
    ACCESS_MASK DesiredAccess,
    POBJECT_TYPE ObjectType,
    KPROCESSOR_MODE AccessMode,
    PVOID *Object,
    PVOID HandleInformation)
{
    OBJECT_BASIC_INFORMATION Basic;
    HANDLE ProcessId = PsGetCurrentProcessId(), Duplicate;
    NTSTATUS Status;
    *Object = NULL;
    if (AccessMode == KernelMode)
        return WineObReferenceObjectByHandle(
            Handle, DesiredAccess, ObjectType, KernelMode, Object, HandleInformation);
    Status = ObjectDuplicate(ProcessId, Handle, &Duplicate);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = WineObReferenceObjectByHandle(
        Duplicate, DesiredAccess, ObjectType, KernelMode, Object, NULL);
    if (!NT_SUCCESS(Status))
    {
        ZwClose(Duplicate);
        return Status;
    }
    Status = NtQueryObject(Duplicate, ObjectBasicInformation, &Basic, sizeof(Basic), NULL);
    if (NT_SUCCESS(Status) && (DesiredAccess & ~Basic.GrantedAccess) != 0)
        Status = STATUS_ACCESS_DENIED;
    if (NT_SUCCESS(Status) && ObjectType == *ExEventObjectType)
        ObjectWiden(*Object, &Duplicate);
    if (!NT_SUCCESS(Status))
        ZwClose(Duplicate);
    else
        Status = ObjectRemember(*Object, Duplicate);
    if (!NT_SUCCESS(Status))
    {
        WineObfDereferenceObject(*Object);
        *Object = NULL;
        return Status;
    }
    if (HandleInformation != NULL)
    {
        ((ULONG *)HandleInformation)[0] = Basic.Attributes;
        ((ACCESS_MASK *)HandleInformation)[1] = Basic.GrantedAccess;
    }
    ProcessWatch(ProcessId);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI ObCloseHandle(HANDLE Handle, KPROCESSOR_MODE PreviousMode)
{
    UNREFERENCED_PARAMETER(PreviousMode);
    return ZwClose(Handle);
}

LONG_PTR FASTCALL ObfReferenceObject(PVOID Object)
{
    ObjectCount(Object, 1);
    return WineObfReferenceObject(Object);
}

LONG_PTR FASTCALL ObfDereferenceObject(PVOID Object)
{
    ObjectCount(Object, -1);
    return WineObfDereferenceObject(Object);
}
