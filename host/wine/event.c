/* SPDX-License-Identifier: MIT */
/*
 * Objects that clients name by handles, events above all.
 *
 * A client's handle becomes one of this process for as long as the driver references the object.
 * An event is then set by one call to the Wine server; Wine's own KeSetEvent would open and close
 * a handle each time as well. Events in the driver's memory are Wine's business, which is fast
 * where nobody waits.
 */
#define _NTSYSTEM_
#include <ntifs.h>

#include "ntdll.h"
#include "process.h"
#include "wine_kernel.h"

#define EVENT_TAG     'vEdA'
#define EVENT_BUCKETS 64

typedef struct _CLIENT_OBJECT
{
    struct _CLIENT_OBJECT *Next;
    PVOID Object;
    HANDLE Handle; /* with the access that the client's has */
    LONG References;
} CLIENT_OBJECT;

static RTL_CRITICAL_SECTION EventGuard = RTL_CRITICAL_SECTION_INITIALIZER;
static CLIENT_OBJECT *volatile EventBuckets[EVENT_BUCKETS]; /* guarded by EventGuard */

static CLIENT_OBJECT *volatile *EventBucket(PVOID Object)
{
    return &EventBuckets[((ULONG_PTR)Object >> 4) % EVENT_BUCKETS];
}

/* The entry of an object, with EventGuard held; NULL: none. */
static CLIENT_OBJECT *EventFind(PVOID Object)
{
    CLIENT_OBJECT *Entry = *EventBucket(Object);
    while (Entry != NULL && Entry->Object != Object)
        Entry = Entry->Next;
    return Entry;
}

/* Adds Delta to the driver's references to an object of a client, if it is one. */
static VOID EventCount(PVOID Object, LONG Delta)
{
    CLIENT_OBJECT *volatile *Link = EventBucket(Object);
    CLIENT_OBJECT *Entry;
    if (*Link == NULL)
        return;
    RtlEnterCriticalSection(&EventGuard);
    while ((Entry = *Link) != NULL && Entry->Object != Object)
        Link = (CLIENT_OBJECT *volatile *)&Entry->Next;
    if (Entry != NULL && (Entry->References += Delta) == 0)
        *Link = Entry->Next;
    else
        Entry = NULL;
    RtlLeaveCriticalSection(&EventGuard);
    if (Entry != NULL)
    {
        ZwClose(Entry->Handle);
        ExFreePoolWithTag(Entry, EVENT_TAG);
    }
}

/* Takes over Handle. */
static NTSTATUS EventRemember(PVOID Object, HANDLE Handle)
{
    CLIENT_OBJECT *New = ExAllocatePoolWithTag(NonPagedPool, sizeof(*New), EVENT_TAG), *Entry;
    if (New == NULL)
    {
        ZwClose(Handle);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *New = (CLIENT_OBJECT){.Object = Object, .Handle = Handle, .References = 1};
    RtlEnterCriticalSection(&EventGuard);
    Entry = EventFind(Object);
    if (Entry != NULL)
        Entry->References++;
    else
    {
        New->Next = *EventBucket(Object);
        *EventBucket(Object) = New;
    }
    RtlLeaveCriticalSection(&EventGuard);
    if (Entry != NULL)
    {
        ZwClose(Handle);
        ExFreePoolWithTag(New, EVENT_TAG);
    }
    return STATUS_SUCCESS;
}

/* A handle of this process to what the client's handle names, with the same access. */
static NTSTATUS EventDuplicate(HANDLE ProcessId, HANDLE Handle, HANDLE *Duplicate)
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
    Status = EventDuplicate(ProcessId, Handle, &Duplicate);
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
    if (!NT_SUCCESS(Status))
        ZwClose(Duplicate);
    else
        Status = EventRemember(*Object, Duplicate);
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

LONG_PTR FASTCALL ObfReferenceObject(PVOID Object)
{
    EventCount(Object, 1);
    return WineObfReferenceObject(Object);
}

LONG_PTR FASTCALL ObfDereferenceObject(PVOID Object)
{
    EventCount(Object, -1);
    return WineObfDereferenceObject(Object);
}

LONG NTAPI KeSetEvent(PRKEVENT Event, KPRIORITY Increment, BOOLEAN Wait)
{
    CLIENT_OBJECT *Entry = NULL;
    LONG Previous = 0;
    if (*EventBucket(Event) != NULL)
    {
        RtlEnterCriticalSection(&EventGuard);
        Entry = EventFind(Event);
        RtlLeaveCriticalSection(&EventGuard);
    }
    if (Entry == NULL)
        return WineKeSetEvent(Event, Increment, Wait);
    /* The caller has a reference, so the entry stays. */
    NtSetEvent(Entry->Handle, &Previous);
    return Previous;
}
