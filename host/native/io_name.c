/* SPDX-License-Identifier: MIT */
/*
 * Names of devices and symbolic links to them: one flat table. The spellings of the directory of
 * DOS names (\DosDevices\, \??\, \GLOBAL??\, each with Global\ or not) are one directory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io_internal.h"

typedef struct _IOP_NAME
{
    LIST_ENTRY Link;
    UNICODE_STRING Name;   /* of a DOS name: without the directory */
    BOOLEAN Dos;           /* in the directory of DOS names */
    PDEVICE_OBJECT Device; /* NULL: a link to Target */
    UNICODE_STRING Target;
} IOP_NAME;

/* Under IopLock. */
static LIST_ENTRY IopNames = {&IopNames, &IopNames};

static BOOLEAN IopStripPrefix(PUNICODE_STRING Name, PCWSTR Prefix)
{
    UNICODE_STRING Wanted, Start = *Name;
    RtlInitUnicodeString(&Wanted, Prefix);
    if (Name->Length < Wanted.Length)
    {
        return FALSE;
    }
    Start.Length = Wanted.Length;
    if (!RtlpEqual(&Start, &Wanted, TRUE))
    {
        return FALSE;
    }
    Name->Buffer += Wanted.Length / sizeof(WCHAR);
    Name->Length = (USHORT)(Name->Length - Wanted.Length);
    Name->MaximumLength = Name->Length;
    return TRUE;
}

static BOOLEAN IopIsDosName(PUNICODE_STRING Name)
{
    if (!IopStripPrefix(Name, L"\\DosDevices\\") && !IopStripPrefix(Name, L"\\??\\") &&
        !IopStripPrefix(Name, L"\\GLOBAL??\\"))
    {
        return FALSE;
    }
    IopStripPrefix(Name, L"Global\\");
    return TRUE;
}

static BOOLEAN IopCopy(PUNICODE_STRING Copy, PCUNICODE_STRING Source)
{
    Copy->Buffer = malloc(Source->Length ? Source->Length : 1);
    Copy->Length = Copy->MaximumLength = Source->Length;
    if (Copy->Buffer)
    {
        memcpy(Copy->Buffer, Source->Buffer, Source->Length);
    }
    return Copy->Buffer != NULL;
}

static VOID IopFreeName(IOP_NAME *Entry)
{
    free(Entry->Name.Buffer);
    free(Entry->Target.Buffer);
    free(Entry);
}

/* The lock is held. */
static IOP_NAME *IopFindName(PCUNICODE_STRING Name, BOOLEAN Dos)
{
    for (PLIST_ENTRY Entry = IopNames.Flink; Entry != &IopNames; Entry = Entry->Flink)
    {
        IOP_NAME *Found = CONTAINING_RECORD(Entry, IOP_NAME, Link);
        if (Found->Dos == Dos && RtlpEqual(&Found->Name, Name, TRUE))
        {
            return Found;
        }
    }
    return NULL;
}

NTSTATUS IopInsertName(PCUNICODE_STRING Name, PDEVICE_OBJECT Device, PCUNICODE_STRING Target)
{
    UNICODE_STRING Short = *Name;
    BOOLEAN Dos = IopIsDosName(&Short);
    if (!Short.Length || (!Dos && Short.Buffer[0] != '\\'))
    {
        return STATUS_OBJECT_NAME_INVALID;
    }
    IOP_NAME *Entry = calloc(1, sizeof(*Entry));
    if (!Entry || !IopCopy(&Entry->Name, &Short) || (Target && !IopCopy(&Entry->Target, Target)))
    {
        abort();
    }
    Entry->Dos = Dos;
    Entry->Device = Device;
    KiLock(&IopLock);
    BOOLEAN Taken = IopFindName(&Short, Dos) != NULL;
    if (!Taken)
    {
        InsertTailList(&IopNames, &Entry->Link);
    }
    KiUnlock(&IopLock);
    if (Taken)
    {
        IopFreeName(Entry);
        return STATUS_OBJECT_NAME_COLLISION;
    }
    return STATUS_SUCCESS;
}

NTSTATUS IopRemoveName(PCUNICODE_STRING Name)
{
    UNICODE_STRING Short = *Name;
    BOOLEAN Dos = IopIsDosName(&Short);
    KiLock(&IopLock);
    IOP_NAME *Entry = IopFindName(&Short, Dos);
    if (Entry)
    {
        RemoveEntryList(&Entry->Link);
    }
    KiUnlock(&IopLock);
    if (!Entry)
    {
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    IopFreeName(Entry);
    return STATUS_SUCCESS;
}

VOID IopRemoveDeviceNames(PDEVICE_OBJECT Device)
{
    KiLock(&IopLock);
    PLIST_ENTRY Entry = IopNames.Flink;
    while (Entry != &IopNames)
    {
        IOP_NAME *Name = CONTAINING_RECORD(Entry, IOP_NAME, Link);
        Entry = Entry->Flink;
        if (Name->Device == Device)
        {
            RemoveEntryList(&Name->Link);
            IopFreeName(Name);
        }
    }
    KiUnlock(&IopLock);
}

/* The lock is held. The longest name that is Path, or Path up to a backslash. */
static IOP_NAME *IopFindPrefix(PUNICODE_STRING Path, BOOLEAN Dos, PUNICODE_STRING Rest)
{
    UNICODE_STRING Name = *Path;
    for (;;)
    {
        IOP_NAME *Found = IopFindName(&Name, Dos);
        if (Found)
        {
            Rest->Buffer = Path->Buffer + Name.Length / sizeof(WCHAR);
            Rest->Length = Rest->MaximumLength = (USHORT)(Path->Length - Name.Length);
            return Found;
        }
        do
        {
            if (Name.Length <= sizeof(WCHAR))
            {
                return NULL;
            }
            Name.Length -= sizeof(WCHAR);
        } while (Name.Buffer[Name.Length / sizeof(WCHAR)] != '\\');
    }
}

NTSTATUS IopLookupName(PCUNICODE_STRING Path, PDEVICE_OBJECT *Device, PUNICODE_STRING Rest)
{
    UNICODE_STRING Name = *Path;
    NTSTATUS Status = STATUS_OBJECT_NAME_NOT_FOUND;
    BOOLEAN Dos = IopIsDosName(&Name);
    KiLock(&IopLock);
    IOP_NAME *Found = IopFindPrefix(&Name, Dos, Rest);
    if (Found && !Found->Device)
    {
        UNICODE_STRING Target = Found->Target, Ignored;
        Dos = IopIsDosName(&Target);
        Found = IopFindPrefix(&Target, Dos, &Ignored);
    }
    if (Found && Found->Device)
    {
        *Device = Found->Device;
        ObfReferenceObject(Found->Device);
        Status = STATUS_SUCCESS;
    }
    KiUnlock(&IopLock);
    return Status;
}

NTSTATUS IoCreateSymbolicLink(PUNICODE_STRING SymbolicLinkName, PUNICODE_STRING DeviceName)
{
    RULE_IRQL("wdm", PASSIVE_LEVEL);
    return FAULT() ? STATUS_INSUFFICIENT_RESOURCES
                   : IopInsertName(SymbolicLinkName, NULL, DeviceName);
}

NTSTATUS IoDeleteSymbolicLink(PUNICODE_STRING SymbolicLinkName)
{
    RULE_IRQL("wdm", PASSIVE_LEVEL);
    return IopRemoveName(SymbolicLinkName);
}

ULONG IopReportNames(VOID)
{
    ULONG Count = 0;
    KiLock(&IopLock);
    for (PLIST_ENTRY Entry = IopNames.Flink; Entry != &IopNames; Entry = Entry->Flink)
    {
        IOP_NAME *Name = CONTAINING_RECORD(Entry, IOP_NAME, Link);
        fprintf(stderr, "leak: %s ", Name->Device ? "device name" : "symbolic link");
        for (ULONG Index = 0; Index < Name->Name.Length / sizeof(WCHAR); Index++)
        {
            fputc(Name->Name.Buffer[Index], stderr);
        }
        fputc('\n', stderr);
        Count++;
    }
    KiUnlock(&IopLock);
    return Count;
}
