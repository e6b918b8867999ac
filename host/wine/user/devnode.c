/* SPDX-License-Identifier: MIT */
/*
 * Devices by their instance ids, and lists of device interfaces, of which Wine's setupapi.dll has
 * the names alone. Handles of devices that this file gives out have numbers of their own; the
 * others are those of setupapi.dll, which knows their ids.
 */
#define _CFGMGR32_ /* its functions are ours */
#include "query.h"

#include <cfgmgr32.h>

#define DEVNODE_FIRST 0x41440000 /* setupapi.dll counts from zero */
#define DEVNODE_LAST  0x4144ffff

/* What all others hang from; Wine has no such device. */
#define DEVNODE_ROOT L"HTREE\\ROOT\\0"

typedef CONFIGRET WINAPI DEVNODE_GET_ID(DEVINST, WCHAR *, ULONG, ULONG);

/* devpkey.h */
static const DEVPROPKEY DevNodeInstanceId = {
    {0x78c34fc8, 0x104a, 0x4aca, {0x9e, 0xa4, 0x52, 0x4d, 0x52, 0x99, 0x6e, 0x57}}, 256};
static const DEVPROPKEY DevNodeDriver = {
    {0xa45c254e, 0xdf1c, 0x4efd, {0x80, 0x20, 0x67, 0xd1, 0x46, 0xa8, 0x50, 0xe0}}, 11};
static const DEVPROPKEY DevNodePresent = {
    {0x540b947e, 0x8b40, 0x45bc, {0xa8, 0xa2, 0x6a, 0x0b, 0x89, 0x4c, 0xbd, 0xa2}}, 5};
static const DEVPROPKEY DevNodeProblemCode = {
    {0x4340a6c5, 0x93fa, 0x4706, {0x97, 0x2c, 0x7b, 0x64, 0x80, 0x08, 0xa5, 0xa7}}, 3};
static const DEVPROPKEY DevNodeEnabled = {
    {0x026e516e, 0xb814, 0x414b, {0x83, 0xcd, 0x85, 0x6d, 0x6f, 0xef, 0x48, 0x22}}, 3};

/* The ids that handles were given out for, in their order. */
typedef struct _DEVNODE_ENTRY
{
    struct _DEVNODE_ENTRY *Next;
    WCHAR Id[SWDEVICE_MAX_ID];
} DEVNODE_ENTRY;

static SRWLOCK DevNodeLock = SRWLOCK_INIT;
static DEVNODE_ENTRY *DevNodeFirst;

/* The id of a handle, of at most SWDEVICE_MAX_ID characters. */
static CONFIGRET DevNodeGetId(DEVINST Instance, WCHAR *Id)
{
    DEVNODE_GET_ID *GetId;
    DEVNODE_ENTRY *Node;
    DEVINST Number = DEVNODE_FIRST;
    if (Instance >= DEVNODE_FIRST && Instance <= DEVNODE_LAST)
    {
        AcquireSRWLockShared(&DevNodeLock);
        for (Node = DevNodeFirst; Node != NULL && Number != Instance; Node = Node->Next)
            Number++;
        if (Node != NULL)
            lstrcpyW(Id, Node->Id);
        ReleaseSRWLockShared(&DevNodeLock);
        return Node != NULL ? CR_SUCCESS : CR_INVALID_DEVNODE;
    }
    *(FARPROC *)&GetId = GetProcAddress(
        LoadLibraryExW(L"setupapi.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32), "CM_Get_Device_IDW");
    return GetId != NULL ? GetId(Instance, Id, SWDEVICE_MAX_ID, 0) : CR_CALL_NOT_IMPLEMENTED;
}

/* The handle of an id, the same one each time. */
static CONFIGRET DevNodeMake(PCWSTR Id, DEVINST *Instance)
{
    DEVNODE_ENTRY **Place;
    CONFIGRET Result = CR_SUCCESS;
    *Instance = DEVNODE_FIRST;
    AcquireSRWLockExclusive(&DevNodeLock);
    for (Place = &DevNodeFirst; *Place != NULL && lstrcmpiW((*Place)->Id, Id) != 0;)
    {
        Place = &(*Place)->Next;
        (*Instance)++;
    }
    if (*Place == NULL && *Instance <= DEVNODE_LAST)
    {
        *Place = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof(DEVNODE_ENTRY));
        if (*Place != NULL)
            lstrcpynW((*Place)->Id, Id, SWDEVICE_MAX_ID);
    }
    if (*Place == NULL)
        Result = CR_OUT_OF_MEMORY;
    ReleaseSRWLockExclusive(&DevNodeLock);
    return Result;
}

/* A property of that type and of at most so many bytes; FALSE: the object has none. */
static BOOL DevNodeRead(
    DEV_OBJECT_TYPE ObjectType,
    PCWSTR Id,
    const DEVPROPKEY *Key,
    DEVPROPTYPE Type,
    void *Value,
    ULONG Size)
{
    DEVPROPERTY Property = {.CompKey = {.Key = *Key, .Store = DEVPROP_STORE_SYSTEM}};
    BOOL Found = QueryObjectGetProperty(ObjectType, Id, &Property) && Property.Type == Type &&
                 Property.BufferSize <= Size;
    if (Found)
        CopyMemory(Value, Property.Buffer, Property.BufferSize);
    HeapFree(GetProcessHeap(), 0, Property.Buffer);
    return Found;
}

static BOOL DevNodeIsRoot(PCWSTR Id)
{
    return lstrcmpiW(Id, DEVNODE_ROOT) == 0;
}

static BOOL DevNodeExists(PCWSTR Id)
{
    return DevNodeIsRoot(Id) || QueryObjectExists(DevObjectTypeDevice, Id);
}

static BOOL DevNodeIsPresent(PCWSTR Id)
{
    DEVPROP_BOOLEAN Present;
    if (DevNodeIsRoot(Id))
        return TRUE;
    return DevNodeRead(
               DevObjectTypeDevice, Id, &DevNodePresent, DEVPROP_TYPE_BOOLEAN, &Present,
               sizeof(Present)) &&
           Present != DEVPROP_FALSE;
}

/* ---- Devices ---- */

/* No id is that of the root. */
CONFIGRET WINAPI CM_Locate_DevNodeW(PDEVINST Instance, DEVINSTID_W Id, ULONG Flags)
{
    if (Instance == NULL)
        return CR_INVALID_POINTER;
    if ((Flags & ~(ULONG)CM_LOCATE_DEVNODE_BITS) != 0)
        return CR_INVALID_FLAG;
    if (Id == NULL || Id[0] == 0)
        Id = DEVNODE_ROOT;
    if (lstrlenW(Id) >= SWDEVICE_MAX_ID)
        return CR_INVALID_DEVICE_ID;
    if (!DevNodeExists(Id) || ((Flags & CM_LOCATE_DEVNODE_PHANTOM) == 0 && !DevNodeIsPresent(Id)))
        return CR_NO_SUCH_DEVNODE;
    return DevNodeMake(Id, Instance);
}

/* Length counts characters, with the terminator. */
CONFIGRET WINAPI CM_Get_Device_IDW(DEVINST Instance, PWCHAR Buffer, ULONG Length, ULONG Flags)
{
    WCHAR Id[SWDEVICE_MAX_ID];
    CONFIGRET Result;
    if (Buffer == NULL || Length == 0)
        return CR_INVALID_POINTER;
    if (Flags != 0)
        return CR_INVALID_FLAG;
    Result = DevNodeGetId(Instance, Id);
    if (Result != CR_SUCCESS)
        return Result;
    lstrcpynW(Buffer, Id, (int)Length);
    return (ULONG)lstrlenW(Id) < Length ? CR_SUCCESS : CR_BUFFER_SMALL;
}

/* Without the terminator. */
CONFIGRET WINAPI CM_Get_Device_ID_Size(PULONG Length, DEVINST Instance, ULONG Flags)
{
    WCHAR Id[SWDEVICE_MAX_ID];
    CONFIGRET Result;
    if (Length == NULL)
        return CR_INVALID_POINTER;
    if (Flags != 0)
        return CR_INVALID_FLAG;
    Result = DevNodeGetId(Instance, Id);
    *Length = Result == CR_SUCCESS ? (ULONG)lstrlenW(Id) : 0;
    return Result;
}

/* A device with a driver and without a problem is taken as started. */
CONFIGRET WINAPI CM_Get_DevNode_Status(PULONG Status, PULONG Problem, DEVINST Instance, ULONG Flags)
{
    WCHAR Id[SWDEVICE_MAX_ID];
    UINT32 Code = 0;
    CONFIGRET Result;
    if (Status == NULL || Problem == NULL)
        return CR_INVALID_POINTER;
    if (Flags != 0)
        return CR_INVALID_FLAG;
    Result = DevNodeGetId(Instance, Id);
    if (Result != CR_SUCCESS)
        return Result;
    if (!DevNodeExists(Id) || !DevNodeIsPresent(Id))
        return CR_NO_SUCH_DEVNODE;
    DevNodeRead(
        DevObjectTypeDevice, Id, &DevNodeProblemCode, DEVPROP_TYPE_UINT32, &Code, sizeof(Code));
    *Status = DN_ROOT_ENUMERATED | DN_DISABLEABLE | DN_REMOVABLE | DN_NT_ENUMERATOR | DN_NT_DRIVER |
              (Code != 0 ? DN_HAS_PROBLEM : DN_DRIVER_LOADED | DN_STARTED);
    *Problem = Code;
    return CR_SUCCESS;
}

/* Where a device's parameters are, or its driver's. CR_NO_SUCH_VALUE: it has no driver. */
static CONFIGRET DevNodeKeyPath(PCWSTR Id, ULONG Flags, WCHAR *Path)
{
    WCHAR Driver[MAX_PATH];
    if (Flags == CM_REGISTRY_HARDWARE)
    {
        lstrcpyW(Path, L"System\\CurrentControlSet\\Enum\\");
        lstrcatW(Path, Id);
        lstrcatW(Path, L"\\Device Parameters");
        return CR_SUCCESS;
    }
    if (!DevNodeRead(
            DevObjectTypeDevice, Id, &DevNodeDriver, DEVPROP_TYPE_STRING, Driver, sizeof(Driver)))
        return CR_NO_SUCH_VALUE;
    lstrcpyW(Path, L"System\\CurrentControlSet\\Control\\Class\\");
    lstrcatW(Path, Driver);
    return CR_SUCCESS;
}

CONFIGRET WINAPI CM_Open_DevNode_Key(
    DEVINST Instance,
    REGSAM Access,
    ULONG Profile,
    REGDISPOSITION Disposition,
    PHKEY Key,
    ULONG Flags)
{
    WCHAR Id[SWDEVICE_MAX_ID], Path[SWDEVICE_MAX_ID + MAX_PATH + 64];
    CONFIGRET Result;
    LSTATUS Error;
    (void)Profile;
    if (Key == NULL)
        return CR_INVALID_POINTER;
    *Key = NULL;
    if (Disposition != RegDisposition_OpenAlways && Disposition != RegDisposition_OpenExisting)
        return CR_INVALID_DATA;
    if (Flags != CM_REGISTRY_HARDWARE && Flags != CM_REGISTRY_SOFTWARE)
        return (Flags & ~(ULONG)CM_REGISTRY_BITS) != 0 ? CR_INVALID_FLAG : CR_CALL_NOT_IMPLEMENTED;
    Result = DevNodeGetId(Instance, Id);
    if (Result != CR_SUCCESS)
        return Result;
    if (!QueryObjectExists(DevObjectTypeDevice, Id))
        return CR_NO_SUCH_DEVNODE;
    Result = DevNodeKeyPath(Id, Flags, Path);
    if (Result != CR_SUCCESS)
        return Result;
    if (Disposition == RegDisposition_OpenAlways)
        Error = RegCreateKeyExW(HKEY_LOCAL_MACHINE, Path, 0, NULL, 0, Access, NULL, Key, NULL);
    else
        Error = RegOpenKeyExW(HKEY_LOCAL_MACHINE, Path, 0, Access, Key);
    if (Error == ERROR_FILE_NOT_FOUND)
        return CR_NO_SUCH_REGISTRY_KEY;
    if (Error == ERROR_ACCESS_DENIED)
        return CR_ACCESS_DENIED;
    return Error == ERROR_SUCCESS ? CR_SUCCESS : CR_REGISTRY_ERROR;
}

/* ---- Device interfaces ---- */

static BOOL DevNodeHasInterface(PCWSTR Link, const GUID *Class, PCWSTR Device, ULONG Flags)
{
    WCHAR Id[SWDEVICE_MAX_ID];
    DEVPROP_BOOLEAN Enabled = DEVPROP_FALSE;
    GUID Found;
    if (!QueryObjectGetClass(Link, &Found) || memcmp(&Found, Class, sizeof(Found)) != 0)
        return FALSE;
    if (Device != NULL && Device[0] != 0 &&
        (!DevNodeRead(
             DevObjectTypeDeviceInterface, Link, &DevNodeInstanceId, DEVPROP_TYPE_STRING, Id,
             sizeof(Id)) ||
         lstrcmpiW(Id, Device) != 0))
        return FALSE;
    if (Flags == CM_GET_DEVICE_INTERFACE_LIST_ALL_DEVICES)
        return TRUE;
    DevNodeRead(
        DevObjectTypeDeviceInterface, Link, &DevNodeEnabled, DEVPROP_TYPE_BOOLEAN, &Enabled,
        sizeof(Enabled));
    return Enabled != DEVPROP_FALSE;
}

/*
 * The links, one after the other, and an empty one, as far as they fit; *Length says how many
 * characters all of them take.
 */
static CONFIGRET
DevNodeListInterfaces(const GUID *Class, PCWSTR Device, WCHAR *Buffer, ULONG *Length, ULONG Flags)
{
    ULONG Room = *Length, Used = 0;
    WCHAR *List;
    if (Flags != CM_GET_DEVICE_INTERFACE_LIST_PRESENT &&
        Flags != CM_GET_DEVICE_INTERFACE_LIST_ALL_DEVICES)
        return CR_INVALID_FLAG;
    List = QueryObjectList(DevObjectTypeDeviceInterface);
    if (List == NULL)
        return CR_OUT_OF_MEMORY;
    for (WCHAR *Link = List; *Link != 0; Link += lstrlenW(Link) + 1)
    {
        ULONG Count = (ULONG)lstrlenW(Link) + 1;
        if (!DevNodeHasInterface(Link, Class, Device, Flags))
            continue;
        if (Used + Count < Room)
            CopyMemory(Buffer + Used, Link, Count * sizeof(WCHAR));
        Used += Count;
    }
    HeapFree(GetProcessHeap(), 0, List);
    if (Used < Room)
        Buffer[Used] = 0;
    *Length = Used + 1;
    return CR_SUCCESS;
}

CONFIGRET WINAPI
CM_Get_Device_Interface_List_SizeW(PULONG Length, LPGUID Class, DEVINSTID_W Device, ULONG Flags)
{
    if (Length == NULL || Class == NULL)
        return CR_INVALID_POINTER;
    *Length = 0;
    return DevNodeListInterfaces(Class, Device, NULL, Length, Flags);
}

CONFIGRET WINAPI CM_Get_Device_Interface_ListW(
    LPGUID Class, DEVINSTID_W Device, PWCHAR Buffer, ULONG Length, ULONG Flags)
{
    ULONG Needed = Length;
    CONFIGRET Result;
    if (Class == NULL || Buffer == NULL || Length == 0)
        return CR_INVALID_POINTER;
    Result = DevNodeListInterfaces(Class, Device, Buffer, &Needed, Flags);
    if (Result != CR_SUCCESS || Needed <= Length)
        return Result;
    Buffer[0] = 0;
    return CR_BUFFER_SMALL;
}

/* The same in ANSI: Buffer has room for *Length bytes. */
static CONFIGRET
DevNodeListInterfacesA(LPGUID Class, DEVINSTID_A Device, CHAR *Buffer, ULONG *Length, ULONG Flags)
{
    WCHAR Id[SWDEVICE_MAX_ID], *List;
    ULONG Room = *Length, Size = 0;
    CONFIGRET Result;
    if (Device != NULL && MultiByteToWideChar(CP_ACP, 0, Device, -1, Id, ARRAYSIZE(Id)) == 0)
        return CR_INVALID_DEVICE_ID;
    Result = CM_Get_Device_Interface_List_SizeW(&Size, Class, Device != NULL ? Id : NULL, Flags);
    if (Result != CR_SUCCESS)
        return Result;
    List = HeapAlloc(GetProcessHeap(), 0, Size * sizeof(WCHAR));
    if (List == NULL)
        return CR_OUT_OF_MEMORY;
    Result = CM_Get_Device_Interface_ListW(Class, Device != NULL ? Id : NULL, List, Size, Flags);
    if (Result == CR_SUCCESS)
    {
        for (Size = 0; List[Size] != 0; Size += (ULONG)lstrlenW(List + Size) + 1)
            ;
        Size++;
        *Length = (ULONG)WideCharToMultiByte(CP_ACP, 0, List, (int)Size, NULL, 0, NULL, NULL);
        if (*Length <= Room)
            WideCharToMultiByte(CP_ACP, 0, List, (int)Size, Buffer, (int)Room, NULL, NULL);
    }
    HeapFree(GetProcessHeap(), 0, List);
    return Result;
}

CONFIGRET WINAPI
CM_Get_Device_Interface_List_SizeA(PULONG Length, LPGUID Class, DEVINSTID_A Device, ULONG Flags)
{
    if (Length == NULL || Class == NULL)
        return CR_INVALID_POINTER;
    *Length = 0;
    return DevNodeListInterfacesA(Class, Device, NULL, Length, Flags);
}

CONFIGRET WINAPI CM_Get_Device_Interface_ListA(
    LPGUID Class, DEVINSTID_A Device, PCHAR Buffer, ULONG Length, ULONG Flags)
{
    ULONG Needed = Length;
    CONFIGRET Result;
    if (Class == NULL || Buffer == NULL || Length == 0)
        return CR_INVALID_POINTER;
    Result = DevNodeListInterfacesA(Class, Device, Buffer, &Needed, Flags);
    if (Result != CR_SUCCESS || Needed <= Length)
        return Result;
    Buffer[0] = 0;
    return CR_BUFFER_SMALL;
}

/* ---- Errors ---- */

DWORD WINAPI CM_MapCrToWin32Err(CONFIGRET Code, DWORD Default)
{
    static const struct
    {
        CONFIGRET Code;
        DWORD Error;
    } Errors[] = {
        {CR_SUCCESS, ERROR_SUCCESS},
        {CR_OUT_OF_MEMORY, ERROR_NOT_ENOUGH_MEMORY},
        {CR_INVALID_POINTER, ERROR_INVALID_USER_BUFFER},
        {CR_INVALID_FLAG, ERROR_INVALID_FLAGS},
        {CR_INVALID_DEVNODE, ERROR_INVALID_DATA},
        {CR_INVALID_DEVICE_ID, ERROR_INVALID_DATA},
        {CR_INVALID_DATA, ERROR_INVALID_DATA},
        {CR_NO_SUCH_DEVNODE, ERROR_NOT_FOUND},
        {CR_NO_SUCH_VALUE, ERROR_NOT_FOUND},
        {CR_NO_SUCH_DEVICE_INTERFACE, ERROR_NOT_FOUND},
        {CR_NO_SUCH_REGISTRY_KEY, ERROR_FILE_NOT_FOUND},
        {CR_ALREADY_SUCH_DEVNODE, ERROR_ALREADY_EXISTS},
        {CR_BUFFER_SMALL, ERROR_INSUFFICIENT_BUFFER},
        {CR_ACCESS_DENIED, ERROR_ACCESS_DENIED},
        {CR_CALL_NOT_IMPLEMENTED, ERROR_CALL_NOT_IMPLEMENTED},
    };
    for (SIZE_T i = 0; i < ARRAYSIZE(Errors); i++)
    {
        if (Errors[i].Code == Code)
            return Errors[i].Error;
    }
    return Default;
}
