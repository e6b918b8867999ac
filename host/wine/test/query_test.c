/* SPDX-License-Identifier: MIT */
/*
 * Device queries, notifications and software devices of the host's cfgmgr32.dll, asked for by the
 * names of API sets as a client does: an adapter of adit.dll that appears and vanishes, and a
 * device of the test's own whose properties and lifetime are set.
 */
#define CLIENT_LOADS_LIBRARY
#include "../../../tests/library/client.h"
#include "../user/query.h"

#include <cfgmgr32.h>
#include <initguid.h>
#include <devguid.h>

#define WAIT_MS 10000

static const GUID NetInterface = {
    0xcac88484, 0x7515, 0x4c03, {0x82, 0xe6, 0x71, 0xa8, 0x7a, 0xba, 0xc3, 0x61}};

#define KEY(Name, A, B, C, D, E, F, G, H, I, J, K, Id) \
    static const DEVPROPCOMPKEY Name = {               \
        {{A, B, C, {D, E, F, G, H, I, J, K}}, Id}, DEVPROP_STORE_SYSTEM, NULL}
KEY(InstanceId, 0x78c34fc8, 0x104a, 0x4aca, 0x9e, 0xa4, 0x52, 0x4d, 0x52, 0x99, 0x6e, 0x57, 256);
KEY(HardwareIds, 0xa45c254e, 0xdf1c, 0x4efd, 0x80, 0x20, 0x67, 0xd1, 0x46, 0xa8, 0x50, 0xe0, 3);
KEY(Service, 0xa45c254e, 0xdf1c, 0x4efd, 0x80, 0x20, 0x67, 0xd1, 0x46, 0xa8, 0x50, 0xe0, 6);
KEY(ClassGuid, 0xa45c254e, 0xdf1c, 0x4efd, 0x80, 0x20, 0x67, 0xd1, 0x46, 0xa8, 0x50, 0xe0, 10);
KEY(InfPath, 0xa8b865dd, 0x2e3d, 0x4094, 0xad, 0x97, 0xe5, 0x93, 0xa7, 0x0c, 0x75, 0xd6, 5);
KEY(IsPresent, 0x540b947e, 0x8b40, 0x45bc, 0xa8, 0xa2, 0x6a, 0x0b, 0x89, 0x4c, 0xbd, 0xa2, 5);
KEY(ProblemCode, 0x4340a6c5, 0x93fa, 0x4706, 0x97, 0x2c, 0x7b, 0x64, 0x80, 0x08, 0xa5, 0xa7, 3);
KEY(Enabled, 0x026e516e, 0xb814, 0x414b, 0x83, 0xcd, 0x85, 0x6d, 0x6f, 0xef, 0x48, 0x22, 3);
KEY(Class, 0x026e516e, 0xb814, 0x414b, 0x83, 0xcd, 0x85, 0x6d, 0x6f, 0xef, 0x48, 0x22, 4);
KEY(Ours, 0x6f2c1d0a, 0x3a17, 0x4b60, 0x9d, 0x11, 0x40, 0x9a, 0x77, 0x52, 0xe3, 0x08, 2);

static DEVPROP_BOOLEAN True = DEVPROP_TRUE;

#define FUNCTIONS(Function)                                                                     \
    Function(                                                                                   \
        HRESULT, DevCreateObjectQuery,                                                          \
        (DEV_OBJECT_TYPE, ULONG, ULONG, const DEVPROPCOMPKEY *, ULONG,                          \
         const DEVPROP_FILTER_EXPRESSION *, PDEV_QUERY_RESULT_CALLBACK, PVOID, PHDEVQUERY))     \
        Function(                                                                               \
            HRESULT, DevCreateObjectQueryEx,                                                    \
            (DEV_OBJECT_TYPE, ULONG, ULONG, const DEVPROPCOMPKEY *, ULONG,                      \
             const DEVPROP_FILTER_EXPRESSION *, ULONG, const DEV_QUERY_PARAMETER *,             \
             PDEV_QUERY_RESULT_CALLBACK, PVOID, PHDEVQUERY))                                    \
            Function(void, DevCloseObjectQuery, (HDEVQUERY)) Function(                          \
                HRESULT, DevGetObjects,                                                         \
                (DEV_OBJECT_TYPE, ULONG, ULONG, const DEVPROPCOMPKEY *, ULONG,                  \
                 const DEVPROP_FILTER_EXPRESSION *, ULONG *, const DEV_OBJECT **))              \
                Function(void, DevFreeObjects, (ULONG, const DEV_OBJECT *)) Function(           \
                    HRESULT, DevGetObjectProperties,                                            \
                    (DEV_OBJECT_TYPE, PCWSTR, ULONG, ULONG, const DEVPROPCOMPKEY *, ULONG *,    \
                     const DEVPROPERTY **))                                                     \
                    Function(void, DevFreeObjectProperties, (ULONG, const DEVPROPERTY *))       \
                        Function(                                                               \
                            const DEVPROPERTY *, DevFindProperty,                               \
                            (const DEVPROPKEY *, DEVPROPSTORE, PCWSTR, ULONG,                   \
                             const DEVPROPERTY *))                                              \
                            Function(                                                           \
                                HRESULT, SwDeviceCreate,                                        \
                                (PCWSTR, PCWSTR, const SW_DEVICE_CREATE_INFO *, ULONG,          \
                                 const DEVPROPERTY *, SW_DEVICE_CREATE_CALLBACK, PVOID,         \
                                 PHSWDEVICE)) Function(void, SwDeviceClose, (HSWDEVICE))        \
                                Function(                                                       \
                                    HRESULT, SwDevicePropertySet,                               \
                                    (HSWDEVICE, ULONG, const DEVPROPERTY *))                    \
                                    Function(                                                   \
                                        HRESULT, SwDeviceSetLifetime,                           \
                                        (HSWDEVICE, SW_DEVICE_LIFETIME))                        \
                                        Function(                                               \
                                            HRESULT, SwDeviceGetLifetime,                       \
                                            (HSWDEVICE, SW_DEVICE_LIFETIME *))                  \
                                            Function(                                           \
                                                CONFIGRET, CM_Register_Notification,            \
                                                (PCM_NOTIFY_FILTER, PVOID, PCM_NOTIFY_CALLBACK, \
                                                 PHCMNOTIFICATION))                             \
                                                Function(                                       \
                                                    CONFIGRET, CM_Unregister_Notification,      \
                                                    (HCMNOTIFICATION))

#define DECLARE(Result, Name, Arguments) static Result(WINAPI *p##Name) Arguments;
FUNCTIONS(DECLARE)

static BOOL Load(void)
{
    static const WCHAR *const Names[] = {
        L"api-ms-win-devices-query-l1-1-0.dll", L"api-ms-win-devices-query-l1-1-1.dll",
        L"api-ms-win-devices-swdevice-l1-1-0.dll", L"cfgmgr32.dll"};
    HMODULE Modules[ARRAYSIZE(Names)];
    for (SIZE_T i = 0; i < ARRAYSIZE(Names); i++)
    {
        Modules[i] = LoadLibraryExW(Names[i], NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
        if (!CHECK(Modules[i] != NULL))
            return FALSE;
    }
    CHECK(Modules[0] == Modules[3] && Modules[1] == Modules[3]);
#define FIND(Result, Name, Arguments)                       \
    *(void **)&p##Name = GetProcAddress(Modules[0], #Name); \
    if (!CHECK(p##Name != NULL))                            \
        return FALSE;
    FUNCTIONS(FIND)
    return TRUE;
}

/* ---- What a query tells ---- */

typedef struct _SEEN
{
    volatile LONG Added, Updated, Removed, Completed, Closed;
    WCHAR Id[512]; /* of the last object */
} SEEN;

static void WINAPI See(HDEVQUERY Query, PVOID Context, const DEV_QUERY_RESULT_ACTION_DATA *Data)
{
    SEEN *Seen = Context;
    (void)Query;
    if (Data->Action == DevQueryResultStateChange)
    {
        if (Data->Data.State == DevQueryStateEnumCompleted)
            InterlockedIncrement(&Seen->Completed);
        if (Data->Data.State == DevQueryStateClosed)
            InterlockedIncrement(&Seen->Closed);
        return;
    }
    lstrcpynW(Seen->Id, Data->Data.DeviceObject.pszObjectId, ARRAYSIZE(Seen->Id));
    if (Data->Action == DevQueryResultAdd)
        InterlockedIncrement(&Seen->Added);
    if (Data->Action == DevQueryResultUpdate)
        InterlockedIncrement(&Seen->Updated);
    if (Data->Action == DevQueryResultRemove)
        InterlockedIncrement(&Seen->Removed);
}

static DWORD CALLBACK Notify(
    HCMNOTIFICATION Handle,
    PVOID Context,
    CM_NOTIFY_ACTION Action,
    PCM_NOTIFY_EVENT_DATA Data,
    DWORD Size)
{
    SEEN *Seen = Context;
    (void)Handle;
    CHECK(Data->FilterType == CM_NOTIFY_FILTER_TYPE_DEVICEINTERFACE && Size > 24);
    CHECK(memcmp(&Data->u.DeviceInterface.ClassGuid, &NetInterface, sizeof(GUID)) == 0);
    lstrcpynW(Seen->Id, Data->u.DeviceInterface.SymbolicLink, ARRAYSIZE(Seen->Id));
    if (Action == CM_NOTIFY_ACTION_DEVICEINTERFACEARRIVAL)
        InterlockedIncrement(&Seen->Added);
    if (Action == CM_NOTIFY_ACTION_DEVICEINTERFACEREMOVAL)
        InterlockedIncrement(&Seen->Removed);
    return ERROR_SUCCESS;
}

static BOOL Becomes(volatile LONG *Count, LONG Expected)
{
    ULONGLONG Deadline = GetTickCount64() + WAIT_MS;
    while (*Count < Expected && GetTickCount64() < Deadline)
        Sleep(5);
    return *Count == Expected;
}

/* ---- Calls that adit.dll makes, counted by breakpoints ---- */

typedef struct _BREAKPOINT
{
    BYTE *Address;
    BYTE Byte;
    volatile LONG Hits;
} BREAKPOINT;

static BREAKPOINT Breakpoints[2];

static void WriteCode(BYTE *Address, BYTE Byte)
{
    DWORD Protection;
    CHECK(VirtualProtect(Address, 1, PAGE_EXECUTE_READWRITE, &Protection));
    *(volatile BYTE *)Address = Byte;
    FlushInstructionCache(GetCurrentProcess(), Address, 1);
    VirtualProtect(Address, 1, Protection, &Protection);
}

static LONG CALLBACK Hit(EXCEPTION_POINTERS *Pointers)
{
    for (SIZE_T i = 0; i < ARRAYSIZE(Breakpoints); i++)
    {
        if (Pointers->ExceptionRecord->ExceptionCode != EXCEPTION_BREAKPOINT ||
            Pointers->ExceptionRecord->ExceptionAddress != Breakpoints[i].Address)
            continue;
        InterlockedIncrement(&Breakpoints[i].Hits);
        WriteCode(Breakpoints[i].Address, Breakpoints[i].Byte);
        Pointers->ContextRecord->Rip = (DWORD64)Breakpoints[i].Address;
        return EXCEPTION_CONTINUE_EXECUTION;
    }
    return EXCEPTION_CONTINUE_SEARCH;
}

static void SetBreakpoint(BREAKPOINT *Breakpoint, void *Address)
{
    Breakpoint->Address = Address;
    Breakpoint->Byte = *Breakpoint->Address;
    WriteCode(Breakpoint->Address, 0xCC);
}

/* ---- An adapter ---- */

static WCHAR AditId[] = L"ADIT";

static const DEVPROP_FILTER_EXPRESSION AdapterFilter[] = {
    {DEVPROP_OPERATOR_AND_OPEN, {{{{0}, 0}, 0, NULL}, 0, 0, NULL}},
    {DEVPROP_OPERATOR_LIST_CONTAINS_IGNORE_CASE,
     {HardwareIds, DEVPROP_TYPE_STRING, sizeof(AditId), AditId}},
    {DEVPROP_OPERATOR_EQUALS, {IsPresent, DEVPROP_TYPE_BOOLEAN, sizeof(True), &True}},
    {DEVPROP_OPERATOR_EQUALS,
     {ClassGuid, DEVPROP_TYPE_GUID, sizeof(GUID), (void *)&GUID_DEVCLASS_NET}},
    {DEVPROP_OPERATOR_AND_CLOSE, {{{{0}, 0}, 0, NULL}, 0, 0, NULL}}};

static const DEVPROP_FILTER_EXPRESSION InterfaceFilter[] = {
    {DEVPROP_OPERATOR_EQUALS, {Class, DEVPROP_TYPE_GUID, sizeof(GUID), (void *)&NetInterface}},
    {DEVPROP_OPERATOR_EQUALS, {Enabled, DEVPROP_TYPE_BOOLEAN, sizeof(True), &True}}};

static PCWSTR Text(ULONG Count, const DEVPROPERTY *Properties, const DEVPROPCOMPKEY *Key)
{
    const DEVPROPERTY *Found = pDevFindProperty(&Key->Key, Key->Store, NULL, Count, Properties);
    return Found != NULL && (Found->Type & ~DEVPROP_TYPEMOD_LIST) == DEVPROP_TYPE_STRING
               ? Found->Buffer
               : L"";
}

#define DEVICE_ID L"ROOT\\ADITQUERYTEST\\ONE"

/* What one property is now; -1: there is none. */
static int GetNumberOf(PCWSTR Id, const DEVPROPCOMPKEY *Key)
{
    const DEVPROPERTY *Properties;
    ULONG Count;
    int Value = -1;

    if (pDevGetObjectProperties(DevObjectTypeDevice, Id, 0, 1, Key, &Count, &Properties) != S_OK)
        return -1;
    if (Count == 1 && Properties->Type == DEVPROP_TYPE_UINT32)
        Value = *(int *)Properties->Buffer;
    if (Count == 1 && Properties->Type == DEVPROP_TYPE_BOOLEAN)
        Value = *(DEVPROP_BOOLEAN *)Properties->Buffer != DEVPROP_FALSE;
    pDevFreeObjectProperties(Count, Properties);
    return Value;
}

static BOOL NumberOfBecomes(PCWSTR Id, const DEVPROPCOMPKEY *Key, int Expected)
{
    ULONGLONG Deadline = GetTickCount64() + WAIT_MS;
    while (GetNumberOf(Id, Key) != Expected && GetTickCount64() < Deadline)
        Sleep(5);
    return GetNumberOf(Id, Key) == Expected;
}

static int GetNumber(const DEVPROPCOMPKEY *Key)
{
    return GetNumberOf(DEVICE_ID, Key);
}

static BOOL NumberBecomes(const DEVPROPCOMPKEY *Key, int Expected)
{
    return NumberOfBecomes(DEVICE_ID, Key, Expected);
}

/* The one adapter, by a question for it alone. */
static void TestAdapterProperties(PCWSTR Id)
{
    const DEVPROPCOMPKEY Keys[] = {InstanceId, HardwareIds, Service, InfPath, ProblemCode, Ours};
    const DEV_OBJECT *Objects;
    ULONG Count;

    if (!CHECK(
            pDevGetObjects(
                DevObjectTypeDevice, 0, ARRAYSIZE(Keys), Keys, ARRAYSIZE(AdapterFilter),
                AdapterFilter, &Count, &Objects) == S_OK) ||
        !CHECK(Count == 1))
        return;
    CHECK(lstrcmpiW(Objects->pszObjectId, Id) == 0);
    CHECK(Objects->cPropertyCount == ARRAYSIZE(Keys));
    CHECK(lstrcmpiW(Text(Objects->cPropertyCount, Objects->pProperties, &InstanceId), Id) == 0);
    CHECK(
        lstrcmpiW(Text(Objects->cPropertyCount, Objects->pProperties, &HardwareIds), L"Adit") == 0);
    CHECK(lstrcmpiW(Text(Objects->cPropertyCount, Objects->pProperties, &Service), L"Adit") == 0);
    CHECK(wcsstr(Text(Objects->cPropertyCount, Objects->pProperties, &InfPath), L".inf") != NULL);
    CHECK(Objects->pProperties[4].Type == DEVPROP_TYPE_UINT32);
    /* The interface is there: the device has no problem any more. */
    CHECK(GetNumberOf(Id, &ProblemCode) == 0);
    CHECK(Objects->pProperties[5].Type == DEVPROP_TYPE_EMPTY);
    pDevFreeObjects(Count, Objects);
}

static void TestAdapter(void)
{
    CM_NOTIFY_FILTER Filter = {
        .cbSize = sizeof(Filter), .FilterType = CM_NOTIFY_FILTER_TYPE_DEVICEINTERFACE};
    SEEN Devices = {0}, Interfaces = {0}, Notified = {0};
    HDEVQUERY DeviceQuery, InterfaceQuery;
    WINTUN_ADAPTER_HANDLE Adapter;
    HCMNOTIFICATION Notification;

    Filter.u.DeviceInterface.ClassGuid = NetInterface;
    CHECK(
        pDevCreateObjectQuery(
            DevObjectTypeDevice, DevQueryFlagUpdateResults, 0, NULL, ARRAYSIZE(AdapterFilter),
            AdapterFilter, See, &Devices, &DeviceQuery) == S_OK);
    CHECK(
        pDevCreateObjectQueryEx(
            DevObjectTypeDeviceInterface, DevQueryFlagUpdateResults | DevQueryFlagAsyncClose, 0,
            NULL, ARRAYSIZE(InterfaceFilter), InterfaceFilter, 0, NULL, See, &Interfaces,
            &InterfaceQuery) == S_OK);
    CHECK(pCM_Register_Notification(&Filter, &Notified, Notify, &Notification) == CR_SUCCESS);
    CHECK(Becomes(&Devices.Completed, 1) && Becomes(&Interfaces.Completed, 1));
    CHECK(Devices.Added == 0 && Interfaces.Added == 0 && Notified.Added == 0);

    SetBreakpoint(&Breakpoints[0], *(void **)&pCM_Register_Notification);
    SetBreakpoint(&Breakpoints[1], *(void **)&pCM_Unregister_Notification);
    Adapter = WintunCreateAdapter(L"Queried", L"AditTest", NULL);
    CHECK(Adapter != NULL);
    CHECK(Breakpoints[0].Hits == 1 && Breakpoints[1].Hits == 1);
    printf(
        "adit.dll has called CM_Register_Notification %ld times, CM_Unregister_Notification %ld\n",
        Breakpoints[0].Hits, Breakpoints[1].Hits);

    CHECK(Becomes(&Devices.Added, 1) && Devices.Removed == 0);
    CHECK(Becomes(&Interfaces.Added, 1) && Interfaces.Removed == 0);
    CHECK(Becomes(&Notified.Added, 1) && Notified.Removed == 0);
    CHECK(lstrcmpiW(Interfaces.Id, Notified.Id) == 0 && wcsncmp(Notified.Id, L"\\\\?\\", 4) == 0);
    TestAdapterProperties(Devices.Id);
    WintunCloseAdapter(Adapter);
    CHECK(Becomes(&Devices.Removed, 1) && Devices.Added == 1);
    CHECK(Becomes(&Interfaces.Removed, 1) && Interfaces.Added == 1);
    CHECK(Becomes(&Notified.Removed, 1) && Notified.Added == 1);

    CHECK(pCM_Unregister_Notification(Notification) == CR_SUCCESS);
    pDevCloseObjectQuery(DeviceQuery);
    pDevCloseObjectQuery(InterfaceQuery);
    CHECK(Becomes(&Interfaces.Closed, 1) && Devices.Closed == 0);
}

/* ---- A software device ---- */

typedef struct _CREATED
{
    HANDLE Event;
    HRESULT Result;
} CREATED;

static void WINAPI DeviceCreated(HSWDEVICE Device, HRESULT Result, PVOID Context, PCWSTR Id)
{
    CREATED *Created = Context;
    (void)Device;
    Created->Result = Result;
    CHECK(FAILED(Result) || lstrcmpiW(Id, DEVICE_ID) == 0);
    SetEvent(Created->Event);
}

static HSWDEVICE CreateSoftwareDevice(void)
{
    static const WCHAR Ids[] = L"AditQueryTest\\First\0AditQueryTest\\Second\0";
    SW_DEVICE_CREATE_INFO Info = {
        .cbSize = sizeof(Info), .pszInstanceId = L"ONE", .pszzHardwareIds = Ids};
    CREATED Created = {CreateEventW(NULL, TRUE, FALSE, NULL), E_FAIL};
    HSWDEVICE Device = NULL;

    CHECK(
        pSwDeviceCreate(
            L"ADITQUERYTEST", L"HTREE\\ROOT\\0", &Info, 0, NULL, DeviceCreated, &Created,
            &Device) == S_OK);
    CHECK(WaitForSingleObject(Created.Event, WAIT_MS) == WAIT_OBJECT_0 && Created.Result == S_OK);
    CloseHandle(Created.Event);
    return Device;
}

static void TestPropertySet(HSWDEVICE Device)
{
    WCHAR Id[] = DEVICE_ID;
    DEVPROP_FILTER_EXPRESSION Filter = {
        DEVPROP_OPERATOR_EQUALS_IGNORE_CASE, {InstanceId, DEVPROP_TYPE_STRING, sizeof(Id), Id}};
    /* The key is kept, with what an earlier run has set. */
    UINT32 Value = (UINT32)(GetNumber(&Ours) + 1);
    DEVPROPERTY Property = {Ours, DEVPROP_TYPE_UINT32, sizeof(Value), &Value};
    SEEN Seen = {0};
    HDEVQUERY Query;

    CHECK(
        pDevCreateObjectQuery(
            DevObjectTypeDevice, DevQueryFlagUpdateResults, 1, &Ours, 1, &Filter, See, &Seen,
            &Query) == S_OK);
    CHECK(Becomes(&Seen.Completed, 1) && Seen.Added == 1);
    CHECK(pSwDevicePropertySet(Device, 1, &Property) == S_OK);
    CHECK(Becomes(&Seen.Updated, 1) && GetNumber(&Ours) == (int)Value);
    Value++;
    CHECK(pSwDevicePropertySet(Device, 1, &Property) == S_OK);
    CHECK(Becomes(&Seen.Updated, 2) && GetNumber(&Ours) == (int)Value);
    CHECK(pSwDevicePropertySet(Device, 0, &Property) == E_INVALIDARG);
    pDevCloseObjectQuery(Query);
    CHECK(Seen.Added == 1 && Seen.Removed == 0);
}

static void TestLifetime(HSWDEVICE Device)
{
    SW_DEVICE_LIFETIME Lifetime = SWDeviceLifetimeMax;
    int Value = GetNumber(&Ours);

    CHECK(pSwDeviceGetLifetime(Device, &Lifetime) == S_OK && Lifetime == SWDeviceLifetimeHandle);
    CHECK(pSwDeviceSetLifetime(Device, SWDeviceLifetimeMax) == E_INVALIDARG);
    CHECK(pSwDeviceSetLifetime(Device, SWDeviceLifetimeParentPresent) == S_OK);
    CHECK(
        pSwDeviceGetLifetime(Device, &Lifetime) == S_OK &&
        Lifetime == SWDeviceLifetimeParentPresent);
    pSwDeviceClose(Device);
    /* Long enough for a device that dies with its handle to go. */
    Sleep(500);
    CHECK(GetNumber(&IsPresent) == 1);
    Device = CreateSoftwareDevice();
    CHECK(GetNumber(&Ours) == Value);
    CHECK(pSwDeviceSetLifetime(Device, SWDeviceLifetimeHandle) == S_OK);
    pSwDeviceClose(Device);
    CHECK(NumberBecomes(&IsPresent, 0));
}

/* ---- Filters ---- */

static int CountObjects(ULONG FilterCount, const DEVPROP_FILTER_EXPRESSION *Filter)
{
    const DEV_OBJECT *Objects;
    ULONG Count;
    if (pDevGetObjects(DevObjectTypeDevice, 0, 0, NULL, FilterCount, Filter, &Count, &Objects) !=
        S_OK)
        return -1;
    pDevFreeObjects(Count, Objects);
    return (int)Count;
}

static void TestFilters(void)
{
    WCHAR Id[] = DEVICE_ID, Lower[] = L"root\\aditquerytest\\one", Second[] = L"Second";
    const DEVPROPERTY None = {{{{0}, 0}, 0, NULL}, 0, 0, NULL};
    const DEVPROPERTY IdIs = {InstanceId, DEVPROP_TYPE_STRING, sizeof(Id), Id};
    const DEVPROPERTY LowerIs = {InstanceId, DEVPROP_TYPE_STRING, sizeof(Lower), Lower};
    const DEVPROPERTY SecondIs = {HardwareIds, DEVPROP_TYPE_STRING, sizeof(Second), Second};
    const DEVPROP_FILTER_EXPRESSION Same = {DEVPROP_OPERATOR_EQUALS, IdIs},
                                    Fold = {DEVPROP_OPERATOR_EQUALS, LowerIs},
                                    Not = {DEVPROP_OPERATOR_NOT_EQUALS, IdIs},
                                    Or[] =
                                        {{DEVPROP_OPERATOR_OR_OPEN, None},
                                         {DEVPROP_OPERATOR_EQUALS, LowerIs},
                                         {DEVPROP_OPERATOR_LIST_ELEMENT_ENDS_WITH, SecondIs},
                                         {DEVPROP_OPERATOR_OR_CLOSE, None}},
                                    NotOr[] = {{DEVPROP_OPERATOR_NOT_OPEN, None},
                                               Or[0],
                                               Or[1],
                                               Or[2],
                                               Or[3],
                                               {DEVPROP_OPERATOR_NOT_CLOSE, None}},
                                    And[] = {Same, Not};
    int All = CountObjects(0, NULL);

    CHECK(All > 1);
    CHECK(CountObjects(1, &Same) == 1);
    CHECK(CountObjects(1, &Fold) == 0);
    CHECK(CountObjects(1, &Not) == All - 1);
    CHECK(CountObjects(2, And) == 0);
    CHECK(CountObjects(ARRAYSIZE(Or), Or) == 1);
    CHECK(CountObjects(ARRAYSIZE(NotOr), NotOr) == All - 1);
    CHECK(CountObjects(ARRAYSIZE(Or) - 1, Or) == -1);
}

int main(void)
{
    HSWDEVICE Device;

    if (ClientLoad() == NULL || !Load())
        return CheckResult("query_test");
    AddVectoredExceptionHandler(1, Hit);
    WintunSetLogger(ClientLogger);
    TestAdapter();
    Device = CreateSoftwareDevice();
    if (Device != NULL)
    {
        /* There is no driver for it. */
        CHECK(GetNumber(&IsPresent) == 1 && NumberBecomes(&ProblemCode, 28));
        TestFilters();
        TestPropertySet(Device);
        TestLifetime(Device);
    }
    WintunDeleteDriver();
    return CheckResult("query_test");
}
