/* SPDX-License-Identifier: MIT */
/*
 * The registry, in memory: a flat list of keys by full path, each with its values. Names compare
 * without regard to case.
 */
#include <stdlib.h>
#include <string.h>

#include "executive.h"

typedef struct _CMP_VALUE
{
    LIST_ENTRY Link;
    UNICODE_STRING Name;
    ULONG Type;
    ULONG Size;
    PVOID Data;
} CMP_VALUE;

typedef struct _CMP_KEY
{
    LIST_ENTRY Link; /* in CmpKeys */
    LIST_ENTRY Values;
    UNICODE_STRING Path;
} CMP_KEY;

/* What a handle refers to. Keys live as long as the program. */
typedef struct _CMP_KEY_OBJECT
{
    CMP_KEY *Key;
} CMP_KEY_OBJECT;

static KI_MUTEX CmpLock = KI_MUTEX_INITIALIZER;
static LIST_ENTRY CmpKeys = {&CmpKeys, &CmpKeys};

struct _OBJECT_TYPE CmpKeyType = {
    .Name = "Key",
    .Mapping = {KEY_READ, KEY_WRITE, KEY_READ, KEY_ALL_ACCESS},
};

static BOOLEAN CmpCopyString(PUNICODE_STRING Copy, PCUNICODE_STRING Source)
{
    Copy->Buffer = malloc((SIZE_T)Source->Length + sizeof(WCHAR));
    if (!Copy->Buffer)
    {
        return FALSE;
    }
    memcpy(Copy->Buffer, Source->Buffer, Source->Length);
    Copy->Length = Source->Length;
    Copy->MaximumLength = Source->Length;
    return TRUE;
}

/* The lock is held. */
static CMP_KEY *CmpFindKey(PCUNICODE_STRING Path)
{
    for (PLIST_ENTRY Entry = CmpKeys.Flink; Entry != &CmpKeys; Entry = Entry->Flink)
    {
        CMP_KEY *Key = CONTAINING_RECORD(Entry, CMP_KEY, Link);
        if (RtlpEqual(&Key->Path, Path, TRUE))
        {
            return Key;
        }
    }
    return NULL;
}

static CMP_KEY *CmpCreateKey(PCUNICODE_STRING Path)
{
    CMP_KEY *Key = calloc(1, sizeof(*Key));
    if (!Key || !CmpCopyString(&Key->Path, Path))
    {
        free(Key);
        return NULL;
    }
    InitializeListHead(&Key->Values);
    InsertTailList(&CmpKeys, &Key->Link);
    return Key;
}

static CMP_VALUE *CmpFindValue(CMP_KEY *Key, PCUNICODE_STRING Name)
{
    for (PLIST_ENTRY Entry = Key->Values.Flink; Entry != &Key->Values; Entry = Entry->Flink)
    {
        CMP_VALUE *Value = CONTAINING_RECORD(Entry, CMP_VALUE, Link);
        if (RtlpEqual(&Value->Name, Name, TRUE))
        {
            return Value;
        }
    }
    return NULL;
}

NTSTATUS CmpOpenKey(PCUNICODE_STRING Path, BOOLEAN Create, PBOOLEAN Created, PVOID *Object)
{
    KiLock(&CmpLock);
    CMP_KEY *Key = CmpFindKey(Path);
    *Created = !Key && Create;
    if (*Created)
    {
        Key = CmpCreateKey(Path);
    }
    KiUnlock(&CmpLock);
    if (!Key)
    {
        return Create ? STATUS_INSUFFICIENT_RESOURCES : STATUS_OBJECT_NAME_NOT_FOUND;
    }
    CMP_KEY_OBJECT *KeyObject = ObpCreateObject(&CmpKeyType, sizeof(*KeyObject));
    if (!KeyObject)
    {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    KeyObject->Key = Key;
    *Object = KeyObject;
    return STATUS_SUCCESS;
}

/* The key of a handle of the current process, opened with that access; a reference to *Object. */
static NTSTATUS CmpReferenceKey(HANDLE Handle, ACCESS_MASK Access, CMP_KEY_OBJECT **Object)
{
    PVOID Found;
    ACCESS_MASK Granted;
    NTSTATUS Status = ObpReferenceHandle(PspCurrentProcess(), Handle, KernelMode, &Found, &Granted);
    if (!NT_SUCCESS(Status))
    {
        return Status;
    }
    if (ObpObjectType(Found) != &CmpKeyType || (Access & ~Granted))
    {
        Status = ObpObjectType(Found) != &CmpKeyType ? STATUS_OBJECT_TYPE_MISMATCH
                                                     : STATUS_ACCESS_DENIED;
        ObfDereferenceObject(Found);
        return Status;
    }
    *Object = Found;
    return STATUS_SUCCESS;
}

/* The full path that the attributes name, in memory of the caller's to free. */
static NTSTATUS CmpResolvePath(POBJECT_ATTRIBUTES Attributes, PUNICODE_STRING Path)
{
    CMP_KEY_OBJECT *Root = NULL;
    UNICODE_STRING Prefix = {0};
    if (Attributes->RootDirectory)
    {
        NTSTATUS Status = CmpReferenceKey(Attributes->RootDirectory, 0, &Root);
        if (!NT_SUCCESS(Status))
        {
            return Status;
        }
        Prefix = Root->Key->Path;
    }
    SIZE_T Size = Prefix.Length + sizeof(WCHAR) + Attributes->ObjectName->Length;
    Path->Buffer = malloc(Size);
    Path->Length = 0;
    Path->MaximumLength = (USHORT)Size;
    if (Path->Buffer && Root)
    {
        RtlAppendUnicodeStringToString(Path, &Prefix);
        RtlAppendUnicodeToString(Path, L"\\");
    }
    if (Path->Buffer)
    {
        RtlAppendUnicodeStringToString(Path, Attributes->ObjectName);
    }
    if (Root)
    {
        ObfDereferenceObject(Root);
    }
    return Path->Buffer ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static NTSTATUS CmpOpenHandle(
    PHANDLE KeyHandle,
    ACCESS_MASK Access,
    POBJECT_ATTRIBUTES Attributes,
    BOOLEAN Create,
    PULONG Disposition)
{
    UNICODE_STRING Path;
    PVOID Object;
    BOOLEAN Created;
    NTSTATUS Status = CmpResolvePath(Attributes, &Path);
    if (!NT_SUCCESS(Status))
    {
        return Status;
    }
    Status = CmpOpenKey(&Path, Create, &Created, &Object);
    free(Path.Buffer);
    if (!NT_SUCCESS(Status))
    {
        return Status;
    }
    Status = ObpCreateHandle(
        PspCurrentProcess(), Object, Access, (Attributes->Attributes & OBJ_KERNEL_HANDLE) != 0,
        KeyHandle);
    ObfDereferenceObject(Object);
    if (Disposition)
    {
        *Disposition = Created ? 1 : 2; /* REG_CREATED_NEW_KEY, REG_OPENED_EXISTING_KEY */
    }
    return Status;
}

NTSTATUS ZwOpenKey(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES Attributes)
{
    RULE_IRQL("wdm", PASSIVE_LEVEL);
    return FAULT() ? STATUS_INSUFFICIENT_RESOURCES
                   : CmpOpenHandle(KeyHandle, DesiredAccess, Attributes, FALSE, NULL);
}

NTSTATUS ZwCreateKey(
    PHANDLE KeyHandle,
    ACCESS_MASK DesiredAccess,
    POBJECT_ATTRIBUTES Attributes,
    ULONG TitleIndex,
    PUNICODE_STRING Class,
    ULONG CreateOptions,
    PULONG Disposition)
{
    UNREFERENCED_PARAMETER(TitleIndex);
    UNREFERENCED_PARAMETER(Class);
    UNREFERENCED_PARAMETER(CreateOptions);
    RULE_IRQL("wdm", PASSIVE_LEVEL);
    return FAULT() ? STATUS_INSUFFICIENT_RESOURCES
                   : CmpOpenHandle(KeyHandle, DesiredAccess, Attributes, TRUE, Disposition);
}

/* The three classes: header, name (not in Partial), data (not in Basic). */
static NTSTATUS CmpFormatValue(
    const CMP_VALUE *Value,
    KEY_VALUE_INFORMATION_CLASS Class,
    PUCHAR Buffer,
    ULONG Length,
    PULONG ResultLength)
{
    ULONG Header[5] = {0, Value->Type}, HeaderSize, NameSize = Value->Name.Length, DataOffset;
    switch (Class)
    {
    case KeyValueBasicInformation:
        Header[2] = NameSize;
        HeaderSize = 12;
        DataOffset = 0;
        *ResultLength = HeaderSize + NameSize;
        break;
    case KeyValueFullInformation:
        HeaderSize = 20;
        DataOffset = (HeaderSize + NameSize + 7) & ~7u;
        Header[2] = DataOffset;
        Header[3] = Value->Size;
        Header[4] = NameSize;
        *ResultLength = DataOffset + Value->Size;
        break;
    case KeyValuePartialInformation:
        Header[2] = Value->Size;
        HeaderSize = DataOffset = 12;
        NameSize = 0;
        *ResultLength = DataOffset + Value->Size;
        break;
    default:
        return STATUS_INVALID_PARAMETER;
    }
    if (Length < HeaderSize)
    {
        return STATUS_BUFFER_TOO_SMALL;
    }
    memcpy(Buffer, Header, HeaderSize);
    if (Length < *ResultLength)
    {
        return STATUS_BUFFER_OVERFLOW;
    }
    memcpy(Buffer + HeaderSize, Value->Name.Buffer, NameSize);
    if (DataOffset)
    {
        memcpy(Buffer + DataOffset, Value->Data, Value->Size);
    }
    return STATUS_SUCCESS;
}

NTSTATUS ZwQueryValueKey(
    HANDLE KeyHandle,
    PUNICODE_STRING ValueName,
    KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass,
    PVOID KeyValueInformation,
    ULONG Length,
    PULONG ResultLength)
{
    RULE_IRQL("wdm", PASSIVE_LEVEL);
    CMP_KEY_OBJECT *Object;
    NTSTATUS Status = FAULT() ? STATUS_INSUFFICIENT_RESOURCES
                              : CmpReferenceKey(KeyHandle, KEY_QUERY_VALUE, &Object);
    if (!NT_SUCCESS(Status))
    {
        return Status;
    }
    KiLock(&CmpLock);
    CMP_VALUE *Value = CmpFindValue(Object->Key, ValueName);
    Status = Value ? CmpFormatValue(
                         Value, KeyValueInformationClass, KeyValueInformation, Length, ResultLength)
                   : STATUS_OBJECT_NAME_NOT_FOUND;
    KiUnlock(&CmpLock);
    ObfDereferenceObject(Object);
    return Status;
}

/* What is behind a key's path and a backslash, if that is one name. */
static BOOLEAN CmpSubkeyName(const CMP_KEY *Parent, const CMP_KEY *Key, PUNICODE_STRING Name)
{
    UNICODE_STRING Head = Key->Path;
    USHORT Length = Parent->Path.Length;
    if (Head.Length <= Length + sizeof(WCHAR))
    {
        return FALSE;
    }
    Head.Length = Length;
    Name->Buffer = Key->Path.Buffer + Length / sizeof(WCHAR) + 1;
    Name->Length = (USHORT)(Key->Path.Length - Length - sizeof(WCHAR));
    for (ULONG Index = 0; Index < Name->Length / sizeof(WCHAR); Index++)
    {
        if (Name->Buffer[Index] == '\\')
        {
            return FALSE;
        }
    }
    return Name->Buffer[-1] == '\\' && RtlpEqual(&Head, &Parent->Path, TRUE);
}

static NTSTATUS
CmpFormatKey(PCUNICODE_STRING Name, PVOID KeyInformation, ULONG Length, PULONG ResultLength)
{
    PKEY_BASIC_INFORMATION Information = KeyInformation;
    *ResultLength = FIELD_OFFSET(KEY_BASIC_INFORMATION, Name) + Name->Length;
    if (Length < *ResultLength)
    {
        return STATUS_BUFFER_TOO_SMALL;
    }
    RtlZeroMemory(Information, *ResultLength);
    Information->NameLength = Name->Length;
    memcpy(Information->Name, Name->Buffer, Name->Length);
    return STATUS_SUCCESS;
}

NTSTATUS ZwEnumerateKey(
    HANDLE KeyHandle,
    ULONG Index,
    KEY_INFORMATION_CLASS KeyInformationClass,
    PVOID KeyInformation,
    ULONG Length,
    PULONG ResultLength)
{
    RULE_IRQL("wdm", PASSIVE_LEVEL);
    CMP_KEY_OBJECT *Object;
    NTSTATUS Status = FAULT() ? STATUS_INSUFFICIENT_RESOURCES
                              : CmpReferenceKey(KeyHandle, KEY_QUERY_VALUE, &Object);
    if (!NT_SUCCESS(Status))
    {
        return Status;
    }
    Status = KeyInformationClass == KeyBasicInformation ? STATUS_NO_MORE_ENTRIES
                                                        : STATUS_INVALID_PARAMETER;
    KiLock(&CmpLock);
    for (PLIST_ENTRY Entry = CmpKeys.Flink; Entry != &CmpKeys; Entry = Entry->Flink)
    {
        UNICODE_STRING Name;
        if (CmpSubkeyName(Object->Key, CONTAINING_RECORD(Entry, CMP_KEY, Link), &Name) &&
            Index-- == 0)
        {
            Status = CmpFormatKey(&Name, KeyInformation, Length, ResultLength);
            break;
        }
    }
    KiUnlock(&CmpLock);
    ObfDereferenceObject(Object);
    return Status;
}

static NTSTATUS
CmpSetValue(CMP_KEY *Key, PCUNICODE_STRING Name, ULONG Type, const void *Data, ULONG Size)
{
    PVOID Copy = malloc(Size ? Size : 1);
    CMP_VALUE *Value = CmpFindValue(Key, Name);
    if (!Copy)
    {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (!Value)
    {
        Value = calloc(1, sizeof(*Value));
        if (!Value || !CmpCopyString(&Value->Name, Name))
        {
            free(Value);
            free(Copy);
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        InsertTailList(&Key->Values, &Value->Link);
    }
    if (Size)
    {
        memcpy(Copy, Data, Size);
    }
    free(Value->Data);
    Value->Data = Copy;
    Value->Type = Type;
    Value->Size = Size;
    return STATUS_SUCCESS;
}

NTSTATUS ZwSetValueKey(
    HANDLE KeyHandle,
    PUNICODE_STRING ValueName,
    ULONG TitleIndex,
    ULONG Type,
    PVOID Data,
    ULONG DataSize)
{
    UNREFERENCED_PARAMETER(TitleIndex);
    RULE_IRQL("wdm", PASSIVE_LEVEL);
    CMP_KEY_OBJECT *Object;
    NTSTATUS Status = FAULT() ? STATUS_INSUFFICIENT_RESOURCES
                              : CmpReferenceKey(KeyHandle, KEY_SET_VALUE, &Object);
    if (!NT_SUCCESS(Status))
    {
        return Status;
    }
    KiLock(&CmpLock);
    Status = CmpSetValue(Object->Key, ValueName, Type, Data, DataSize);
    KiUnlock(&CmpLock);
    ObfDereferenceObject(Object);
    return Status;
}

NTSTATUS ZwDeleteValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName)
{
    RULE_IRQL("wdm", PASSIVE_LEVEL);
    CMP_KEY_OBJECT *Object;
    NTSTATUS Status = CmpReferenceKey(KeyHandle, KEY_SET_VALUE, &Object);
    if (!NT_SUCCESS(Status))
    {
        return Status;
    }
    KiLock(&CmpLock);
    CMP_VALUE *Value = CmpFindValue(Object->Key, ValueName);
    if (Value)
    {
        RemoveEntryList(&Value->Link);
    }
    KiUnlock(&CmpLock);
    ObfDereferenceObject(Object);
    if (!Value)
    {
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    free(Value->Name.Buffer);
    free(Value->Data);
    free(Value);
    return STATUS_SUCCESS;
}
