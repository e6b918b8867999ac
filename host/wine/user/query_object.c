/* SPDX-License-Identifier: MIT */
/*
 * Devices and device interfaces with their properties, as Wine's Plug and Play keeps them in the
 * registry: below Enum\<enumerator>\<device>\<instance>, below DeviceClasses\<class>\<interface>\
 * #<reference>, and, of the driver, below Class.
 */
#include "query.h"

#include <winternl.h>

#define QUERY_OBJECT_ENUM       L"System\\CurrentControlSet\\Enum"
#define QUERY_OBJECT_INTERFACES L"System\\CurrentControlSet\\Control\\DeviceClasses"
#define QUERY_OBJECT_CLASSES    L"System\\CurrentControlSet\\Control\\Class\\"
#define QUERY_OBJECT_DEPTH      3
#define QUERY_OBJECT_MAX_NAME   256 /* of a key */
#define QUERY_OBJECT_MAX_PATH   (QUERY_OBJECT_DEPTH * QUERY_OBJECT_MAX_NAME)
#define QUERY_OBJECT_GUID       38 /* characters of one in braces */

#define QUERY_OBJECT_FAILED_INSTALL 28 /* CM_PROB_FAILED_INSTALL */

/* ntdll.dll */
NTSTATUS NTAPI RtlGUIDFromString(PUNICODE_STRING Text, GUID *Guid);

/* ---- Properties that are values of a key (devpkey.h) ---- */

typedef enum _QUERY_OBJECT_PLACE
{
    QueryObjectPlaceDevice,
    QueryObjectPlaceDriver,
    QueryObjectPlaceInterface,
    QueryObjectPlaceComputed,
    QueryObjectPlaceComputedInterface
} QUERY_OBJECT_PLACE;

#define QUERY_OBJECT_DEVICE \
    {0xa45c254e, 0xdf1c, 0x4efd, {0x80, 0x20, 0x67, 0xd1, 0x46, 0xa8, 0x50, 0xe0}}
#define QUERY_OBJECT_DRIVER \
    {0xa8b865dd, 0x2e3d, 0x4094, {0xad, 0x97, 0xe5, 0x93, 0xa7, 0x0c, 0x75, 0xd6}}
#define QUERY_OBJECT_INTERFACE \
    {0x026e516e, 0xb814, 0x414b, {0x83, 0xcd, 0x85, 0x6d, 0x6f, 0xef, 0x48, 0x22}}
#define QUERY_OBJECT_INSTANCE \
    {0x78c34fc8, 0x104a, 0x4aca, {0x9e, 0xa4, 0x52, 0x4d, 0x52, 0x99, 0x6e, 0x57}}

static const struct
{
    DEVPROPKEY Key;
    DEVPROPTYPE Type;
    QUERY_OBJECT_PLACE Place;
    PCWSTR Value;
} QueryObjectTable[] = {
    {{QUERY_OBJECT_DEVICE, 2}, DEVPROP_TYPE_STRING, QueryObjectPlaceDevice, L"DeviceDesc"},
    {{QUERY_OBJECT_DEVICE, 3}, DEVPROP_TYPE_STRING_LIST, QueryObjectPlaceDevice, L"HardwareID"},
    {{QUERY_OBJECT_DEVICE, 4}, DEVPROP_TYPE_STRING_LIST, QueryObjectPlaceDevice, L"CompatibleIDs"},
    {{QUERY_OBJECT_DEVICE, 6}, DEVPROP_TYPE_STRING, QueryObjectPlaceDevice, L"Service"},
    {{QUERY_OBJECT_DEVICE, 9}, DEVPROP_TYPE_STRING, QueryObjectPlaceDevice, L"Class"},
    {{QUERY_OBJECT_DEVICE, 10}, DEVPROP_TYPE_GUID, QueryObjectPlaceDevice, L"ClassGUID"},
    {{QUERY_OBJECT_DEVICE, 11}, DEVPROP_TYPE_STRING, QueryObjectPlaceDevice, L"Driver"},
    {{QUERY_OBJECT_DEVICE, 13}, DEVPROP_TYPE_STRING, QueryObjectPlaceDevice, L"Mfg"},
    {{QUERY_OBJECT_DEVICE, 14}, DEVPROP_TYPE_STRING, QueryObjectPlaceDevice, L"FriendlyName"},
    {{QUERY_OBJECT_DEVICE, 15},
     DEVPROP_TYPE_STRING,
     QueryObjectPlaceDevice,
     L"LocationInformation"},
    {{QUERY_OBJECT_DRIVER, 3}, DEVPROP_TYPE_STRING, QueryObjectPlaceDriver, L"DriverVersion"},
    {{QUERY_OBJECT_DRIVER, 4}, DEVPROP_TYPE_STRING, QueryObjectPlaceDriver, L"DriverDesc"},
    {{QUERY_OBJECT_DRIVER, 5}, DEVPROP_TYPE_STRING, QueryObjectPlaceDriver, L"InfPath"},
    {{QUERY_OBJECT_DRIVER, 6}, DEVPROP_TYPE_STRING, QueryObjectPlaceDriver, L"InfSection"},
    {{QUERY_OBJECT_DRIVER, 9}, DEVPROP_TYPE_STRING, QueryObjectPlaceDriver, L"ProviderName"},
    {{QUERY_OBJECT_INSTANCE, 256},
     DEVPROP_TYPE_STRING,
     QueryObjectPlaceInterface,
     L"DeviceInstance"},
    {{QUERY_OBJECT_INSTANCE, 256}, DEVPROP_TYPE_STRING, QueryObjectPlaceComputed, L"InstanceId"},
    {{{0x540b947e, 0x8b40, 0x45bc, {0xa8, 0xa2, 0x6a, 0x0b, 0x89, 0x4c, 0xbd, 0xa2}}, 5},
     DEVPROP_TYPE_BOOLEAN,
     QueryObjectPlaceComputed,
     L"IsPresent"},
    {{{0x4340a6c5, 0x93fa, 0x4706, {0x97, 0x2c, 0x7b, 0x64, 0x80, 0x08, 0xa5, 0xa7}}, 3},
     DEVPROP_TYPE_UINT32,
     QueryObjectPlaceComputed,
     L"ProblemCode"},
    {{QUERY_OBJECT_INTERFACE, 3},
     DEVPROP_TYPE_BOOLEAN,
     QueryObjectPlaceComputedInterface,
     L"Enabled"},
    {{QUERY_OBJECT_INTERFACE, 4},
     DEVPROP_TYPE_GUID,
     QueryObjectPlaceComputedInterface,
     L"ClassGuid"},
};

static const DEVPROPKEY QueryObjectKeptService = SWDEVICE_KEPT_SERVICE;

static BOOL QueryObjectIsPlaceOf(QUERY_OBJECT_PLACE Place, DEV_OBJECT_TYPE Type)
{
    BOOL OfInterface =
        Place == QueryObjectPlaceInterface || Place == QueryObjectPlaceComputedInterface;
    return OfInterface == (Type == DevObjectTypeDeviceInterface);
}

static BOOL QueryObjectIsKey(const DEVPROPKEY *Key, const DEVPROPKEY *Other)
{
    return memcmp(Key, Other, sizeof(*Key)) == 0;
}

/* ---- Keys ---- */

static BOOL QueryObjectParseGuid(PCWSTR Text, GUID *Guid)
{
    UNICODE_STRING String = {
        QUERY_OBJECT_GUID * sizeof(WCHAR), QUERY_OBJECT_GUID * sizeof(WCHAR), (PWSTR)Text};
    return lstrlenW(Text) >= QUERY_OBJECT_GUID && RtlGUIDFromString(&String, Guid) == 0;
}

/* The part of an interface's link that is its class, and what follows it. NULL: it has none. */
static PCWSTR QueryObjectFindClass(PCWSTR Id)
{
    PCWSTR Class = NULL;
    GUID Guid;
    for (PCWSTR Text = Id; *Text != 0; Text++)
    {
        if (Text[0] == '#' && Text[1] == '{' && QueryObjectParseGuid(Text + 1, &Guid))
            Class = Text + 1;
    }
    return Class;
}

BOOL QueryObjectGetClass(PCWSTR InterfaceId, GUID *Class)
{
    PCWSTR Text = QueryObjectFindClass(InterfaceId);
    return Text != NULL && QueryObjectParseGuid(Text, Class);
}

/* The key of an interface, \\?\<device>#<class>\<reference>; of all its references if there is
 * none. */
static HKEY QueryObjectOpenInterface(PCWSTR Id, BOOL OfReference)
{
    WCHAR Path[QUERY_OBJECT_MAX_PATH];
    PCWSTR Class = QueryObjectFindClass(Id), Reference;
    HKEY Key = NULL;
    int Length;

    if (Class == NULL || lstrlenW(Id) > 2 * QUERY_OBJECT_MAX_NAME)
        return NULL;
    Reference = Class + QUERY_OBJECT_GUID;
    lstrcpyW(Path, QUERY_OBJECT_INTERFACES L"\\");
    lstrcpynW(Path + lstrlenW(Path), Class, QUERY_OBJECT_GUID + 1);
    lstrcatW(Path, L"\\");
    Length = lstrlenW(Path);
    lstrcpynW(Path + Length, Id, (int)(Reference - Id) + 1);
    for (WCHAR *Text = Path + Length; *Text != 0; Text++)
    {
        if (*Text == '\\')
            *Text = '#';
    }
    if (OfReference)
    {
        lstrcatW(Path, L"\\#");
        lstrcatW(Path, Reference + (*Reference == '\\'));
    }
    return RegOpenKeyExW(HKEY_LOCAL_MACHINE, Path, 0, KEY_READ, &Key) == ERROR_SUCCESS ? Key : NULL;
}

static HKEY QueryObjectOpenDevice(PCWSTR Id)
{
    WCHAR Path[QUERY_OBJECT_MAX_PATH] = QUERY_OBJECT_ENUM L"\\";
    HKEY Key = NULL;
    if (lstrlenW(Id) >= SWDEVICE_MAX_ID)
        return NULL;
    lstrcatW(Path, Id);
    return RegOpenKeyExW(HKEY_LOCAL_MACHINE, Path, 0, KEY_READ, &Key) == ERROR_SUCCESS ? Key : NULL;
}

static HKEY QueryObjectOpen(DEV_OBJECT_TYPE Type, PCWSTR Id)
{
    return Type == DevObjectTypeDevice ? QueryObjectOpenDevice(Id)
                                       : QueryObjectOpenInterface(Id, TRUE);
}

BOOL QueryObjectExists(DEV_OBJECT_TYPE Type, PCWSTR Id)
{
    HKEY Key = QueryObjectOpen(Type, Id);
    if (Key != NULL)
        RegCloseKey(Key);
    return Key != NULL;
}

static BOOL QueryObjectGetFlag(HKEY Key, PCWSTR SubKey, PCWSTR Name)
{
    DWORD Flag = 0, Size = sizeof(Flag);
    return RegGetValueW(Key, SubKey, Name, RRF_RT_REG_DWORD, NULL, &Flag, &Size) == ERROR_SUCCESS &&
           Flag != 0;
}

/* ---- Lists ---- */

typedef struct _QUERY_OBJECT_LIST
{
    WCHAR *Text;
    DWORD Count; /* characters, without the final zero */
    BOOL NoMemory;
    WCHAR Path[QUERY_OBJECT_MAX_PATH];
} QUERY_OBJECT_LIST;

static void QueryObjectAppend(QUERY_OBJECT_LIST *List, PCWSTR Id)
{
    DWORD Count = (DWORD)lstrlenW(Id) + 1;
    SIZE_T Size = (List->Count + Count + 1) * sizeof(WCHAR);
    WCHAR *Text = List->Text == NULL ? HeapAlloc(GetProcessHeap(), 0, Size)
                                     : HeapReAlloc(GetProcessHeap(), 0, List->Text, Size);
    if (Text == NULL)
    {
        List->NoMemory = TRUE;
        return;
    }
    List->Text = Text;
    CopyMemory(Text + List->Count, Id, Count * sizeof(WCHAR));
    List->Count += Count;
    Text[List->Count] = 0;
}

/* Path is where Key is; a device that SetupAPI has not registered yet is none. */
static void QueryObjectAppendKey(QUERY_OBJECT_LIST *List, DEV_OBJECT_TYPE Type, HKEY Key)
{
    WCHAR Link[QUERY_OBJECT_MAX_PATH];
    DWORD Size = sizeof(Link);

    if (Type == DevObjectTypeDevice)
    {
        if (!QueryObjectGetFlag(Key, NULL, L"Phantom"))
            QueryObjectAppend(List, List->Path);
    }
    else if (
        RegGetValueW(Key, NULL, L"SymbolicLink", RRF_RT_REG_SZ, NULL, Link, &Size) ==
            ERROR_SUCCESS &&
        lstrlenW(Link) > 4)
    {
        Link[1] = '\\';
        QueryObjectAppend(List, Link);
    }
}

static void QueryObjectWalk(QUERY_OBJECT_LIST *List, DEV_OBJECT_TYPE Type, HKEY Parent, int Depth)
{
    int Length = lstrlenW(List->Path);
    HKEY Key;

    if (Depth == QUERY_OBJECT_DEPTH)
    {
        QueryObjectAppendKey(List, Type, Parent);
        return;
    }
    if (Depth != 0)
        List->Path[Length++] = '\\';
    for (DWORD i = 0; !List->NoMemory; i++)
    {
        DWORD Size = (DWORD)(QUERY_OBJECT_MAX_PATH - Length);
        if (Size > QUERY_OBJECT_MAX_NAME)
            Size = QUERY_OBJECT_MAX_NAME;
        if (RegEnumKeyExW(Parent, i, List->Path + Length, &Size, NULL, NULL, NULL, NULL) !=
            ERROR_SUCCESS)
            break;
        if (RegOpenKeyExW(Parent, List->Path + Length, 0, KEY_READ, &Key) != ERROR_SUCCESS)
            continue;
        QueryObjectWalk(List, Type, Key, Depth + 1);
        RegCloseKey(Key);
    }
    List->Path[Length - (Depth != 0)] = 0;
}

WCHAR *QueryObjectList(DEV_OBJECT_TYPE Type)
{
    QUERY_OBJECT_LIST List = {0};
    HKEY Root;

    if (RegOpenKeyExW(
            HKEY_LOCAL_MACHINE,
            Type == DevObjectTypeDevice ? QUERY_OBJECT_ENUM : QUERY_OBJECT_INTERFACES, 0, KEY_READ,
            &Root) == ERROR_SUCCESS)
    {
        QueryObjectWalk(&List, Type, Root, 0);
        RegCloseKey(Root);
    }
    if (List.Text == NULL)
        List.Text = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof(WCHAR));
    if (!List.NoMemory)
        return List.Text;
    HeapFree(GetProcessHeap(), 0, List.Text);
    return NULL;
}

/* ---- Values ---- */

static BOOL QueryObjectSet(DEVPROPERTY *Property, DEVPROPTYPE Type, const void *Data, ULONG Size)
{
    /* Two zeros behind end any string or list. */
    Property->Buffer = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, Size + 2 * sizeof(WCHAR));
    if (Property->Buffer == NULL)
        return FALSE;
    CopyMemory(Property->Buffer, Data, Size);
    Property->Type = Type;
    Property->BufferSize = Size;
    return TRUE;
}

static BOOL QueryObjectReadValue(HKEY Key, PCWSTR Name, DEVPROPTYPE Type, DEVPROPERTY *Property)
{
    DWORD Flags = Type == DEVPROP_TYPE_STRING_LIST ? RRF_RT_REG_MULTI_SZ : RRF_RT_REG_SZ;
    WCHAR Text[2048];
    DWORD Size = sizeof(Text);
    GUID Guid;

    if (RegGetValueW(Key, NULL, Name, Flags, NULL, Text, &Size) != ERROR_SUCCESS || Text[0] == 0)
        return TRUE;
    if (Type != DEVPROP_TYPE_GUID)
        return QueryObjectSet(Property, Type, Text, Size);
    return !QueryObjectParseGuid(Text, &Guid) ||
           QueryObjectSet(Property, Type, &Guid, sizeof(Guid));
}

static BOOL QueryObjectReadDriverValue(HKEY Device, PCWSTR Name, DEVPROPERTY *Property)
{
    WCHAR Path[QUERY_OBJECT_MAX_PATH] = QUERY_OBJECT_CLASSES;
    DWORD Size = QUERY_OBJECT_MAX_NAME * sizeof(WCHAR);
    BOOL Result;
    HKEY Key;

    if (RegGetValueW(Device, NULL, L"Driver", RRF_RT_REG_SZ, NULL, Path + lstrlenW(Path), &Size) !=
            ERROR_SUCCESS ||
        RegOpenKeyExW(HKEY_LOCAL_MACHINE, Path, 0, KEY_READ, &Key) != ERROR_SUCCESS)
        return TRUE;
    Result = QueryObjectReadValue(Key, Name, DEVPROP_TYPE_STRING, Property);
    RegCloseKey(Key);
    return Result;
}

/* What SetupDiSetDevicePropertyW has set; Wine keeps the type in that of the value. */
static BOOL QueryObjectReadStored(HKEY Device, const DEVPROPKEY *PropertyKey, DEVPROPERTY *Property)
{
    const GUID *Guid = &PropertyKey->fmtid;
    BYTE Data[4096];
    DWORD Size = sizeof(Data), Type;
    WCHAR Path[80];
    BOOL Result = TRUE;
    HKEY Key;

    wsprintfW(
        Path, L"Properties\\{%08lx-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x}\\%04X", Guid->Data1,
        Guid->Data2, Guid->Data3, Guid->Data4[0], Guid->Data4[1], Guid->Data4[2], Guid->Data4[3],
        Guid->Data4[4], Guid->Data4[5], Guid->Data4[6], Guid->Data4[7], PropertyKey->pid);
    if (RegOpenKeyExW(Device, Path, 0, KEY_READ, &Key) != ERROR_SUCCESS)
        return TRUE;
    if (RegQueryValueExW(Key, NULL, NULL, &Type, Data, &Size) == ERROR_SUCCESS)
        Result = QueryObjectSet(Property, Type & 0xFFFF, Data, Size);
    RegCloseKey(Key);
    return Result;
}

/* Root-enumerated devices are there from registration on, and run if they have a driver. */
static BOOL QueryObjectCompute(HKEY Device, PCWSTR Id, DEVPROPTYPE Type, DEVPROPERTY *Property)
{
    DEVPROP_BOOLEAN Present = DEVPROP_TRUE;
    UINT32 Problem = 0;
    WCHAR Service[2] = {0};
    DWORD Size = sizeof(Service);

    if (Type == DEVPROP_TYPE_STRING)
        return QueryObjectSet(Property, Type, Id, ((ULONG)lstrlenW(Id) + 1) * (ULONG)sizeof(WCHAR));
    if (Type == DEVPROP_TYPE_BOOLEAN)
        return QueryObjectSet(Property, Type, &Present, sizeof(Present));
    if (RegGetValueW(Device, NULL, L"Service", RRF_RT_REG_SZ, NULL, Service, &Size) ==
        ERROR_FILE_NOT_FOUND)
        Problem = QUERY_OBJECT_FAILED_INSTALL;
    return QueryObjectSet(Property, Type, &Problem, sizeof(Problem));
}

static BOOL
QueryObjectComputeInterface(HKEY Reference, PCWSTR Id, DEVPROPTYPE Type, DEVPROPERTY *Property)
{
    BOOL IsEnabled = QueryObjectGetFlag(Reference, L"Control", L"Linked");
    DEVPROP_BOOLEAN Enabled = IsEnabled ? DEVPROP_TRUE : DEVPROP_FALSE;
    GUID Class = {0};

    if (Type == DEVPROP_TYPE_BOOLEAN)
        return QueryObjectSet(Property, Type, &Enabled, sizeof(Enabled));
    return !QueryObjectGetClass(Id, &Class) ||
           QueryObjectSet(Property, Type, &Class, sizeof(Class));
}

static BOOL QueryObjectReadTable(HKEY Key, PCWSTR Id, SIZE_T Index, DEVPROPERTY *Property)
{
    DEVPROPTYPE Type = QueryObjectTable[Index].Type;
    PCWSTR Value = QueryObjectTable[Index].Value;
    BOOL Result = TRUE;
    HKEY Interface;

    switch (QueryObjectTable[Index].Place)
    {
    case QueryObjectPlaceDevice:
        return QueryObjectReadValue(Key, Value, Type, Property);
    case QueryObjectPlaceDriver:
        return QueryObjectReadDriverValue(Key, Value, Property);
    case QueryObjectPlaceComputed:
        return QueryObjectCompute(Key, Id, Type, Property);
    case QueryObjectPlaceComputedInterface:
        return QueryObjectComputeInterface(Key, Id, Type, Property);
    case QueryObjectPlaceInterface:
        Interface = QueryObjectOpenInterface(Id, FALSE);
        if (Interface != NULL)
        {
            Result = QueryObjectReadValue(Interface, Value, Type, Property);
            RegCloseKey(Interface);
        }
    }
    return Result;
}

BOOL QueryObjectGetProperty(DEV_OBJECT_TYPE Type, PCWSTR Id, DEVPROPERTY *Property)
{
    const DEVPROPKEY *PropertyKey = &Property->CompKey.Key;
    BOOL Result = TRUE;
    HKEY Key = QueryObjectOpen(Type, Id);

    Property->Type = DEVPROP_TYPE_EMPTY;
    Property->BufferSize = 0;
    Property->Buffer = NULL;
    if (Key == NULL)
        return TRUE;
    if (Type == DevObjectTypeDevice && Property->CompKey.Store == DEVPROP_STORE_SYSTEM)
        Result = QueryObjectReadStored(Key, PropertyKey, Property);
    for (SIZE_T i = 0; i < ARRAYSIZE(QueryObjectTable); i++)
    {
        if (Result && Property->Type == DEVPROP_TYPE_EMPTY &&
            Property->CompKey.Store == DEVPROP_STORE_SYSTEM &&
            QueryObjectIsPlaceOf(QueryObjectTable[i].Place, Type) &&
            QueryObjectIsKey(&QueryObjectTable[i].Key, PropertyKey))
        {
            Result = QueryObjectReadTable(Key, Id, i, Property);
            /* A software device that is not present. */
            if (Result && Property->Type == DEVPROP_TYPE_EMPTY && PropertyKey->pid == 6 &&
                QueryObjectTable[i].Place == QueryObjectPlaceDevice)
                Result = QueryObjectReadStored(Key, &QueryObjectKeptService, Property);
        }
    }
    RegCloseKey(Key);
    return Result;
}

DEVPROPCOMPKEY *QueryObjectListKeys(DEV_OBJECT_TYPE Type, PCWSTR Id, ULONG *Count)
{
    DEVPROPCOMPKEY *Keys =
        HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, ARRAYSIZE(QueryObjectTable) * sizeof(*Keys));
    *Count = 0;
    for (SIZE_T i = 0; Keys != NULL && i < ARRAYSIZE(QueryObjectTable); i++)
    {
        DEVPROPERTY Property = {.CompKey = {.Key = QueryObjectTable[i].Key}};
        if (!QueryObjectIsPlaceOf(QueryObjectTable[i].Place, Type))
            continue;
        if (!QueryObjectGetProperty(Type, Id, &Property))
        {
            HeapFree(GetProcessHeap(), 0, Keys);
            return NULL;
        }
        if (Property.Type != DEVPROP_TYPE_EMPTY)
            Keys[(*Count)++] = Property.CompKey;
        HeapFree(GetProcessHeap(), 0, Property.Buffer);
    }
    return Keys;
}
