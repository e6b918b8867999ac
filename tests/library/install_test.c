/* SPDX-License-Identifier: MIT */
/*
 * Installing: parameters, persistent adapters, GUIDs, devices of other vendors, a disabled network
 * setup, and packages of other versions in the driver store. Needs what adapter_test needs.
 */
#define CLIENT_LOADS_LIBRARY
#include "client.h"
#include "adapters.h"

#include <initguid.h>
#include <devguid.h>
#include <netioapi.h>
#include <setupapi.h>
#include <stdlib.h>
#include <wchar.h>
#include <winsvc.h>

#define ADAPTER_NAME L"Adit Install"
#define TUNNEL_TYPE  L"AditInstall"

static const GUID TestGuid = {
    0x2f1c7be5, 0x93aa, 0x4d0e, {0xb1, 0x6c, 0x5e, 0x44, 0x09, 0x7d, 0x21, 0xfe}};

static HMODULE Library;
static ADIT_CREATE_ADAPTER_FUNC *CreateWith;
static ADIT_DELETE_ADAPTER_FUNC *Delete;

/* The logger's messages that contain this text are counted. */
static LPCWSTR WantedMessage = L"\x01";
static int WantedMessages;

static VOID CALLBACK Logger(WINTUN_LOGGER_LEVEL Level, DWORD64 Timestamp, LPCWSTR Text)
{
    WantedMessages += wcsstr(Text, WantedMessage) != NULL;
    ClientLogger(Level, Timestamp, Text);
}

static void WantMessage(LPCWSTR Text)
{
    WantedMessage = Text;
    WantedMessages = 0;
}

/* ---- Parameters ---- */

static ULONG AdapterMtu(WINTUN_ADAPTER_HANDLE Adapter)
{
    MIB_IF_ROW2 Row = {0};

    WintunGetAdapterLUID(Adapter, &Row.InterfaceLuid);
    CHECK(GetIfEntry2(&Row) == NO_ERROR);
    return Row.Mtu;
}

/* Network setup's value for the adapter of our service; -1 if there is none. */
static int DriverKeyValue(LPCWSTR Name)
{
    SP_DEVINFO_DATA Device = {.cbSize = sizeof(Device)};
    WCHAR Text[64];
    int Value = -1;

    HDEVINFO Set = SetupDiGetClassDevsW(&GUID_DEVCLASS_NET, NULL, NULL, 0);
    for (DWORD Index = 0; SetupDiEnumDeviceInfo(Set, Index, &Device); ++Index)
    {
        DWORD Size = sizeof(Text) - sizeof(WCHAR);
        if (!SetupDiGetDeviceRegistryPropertyW(
                Set, &Device, SPDRP_SERVICE, NULL, (BYTE *)Text, sizeof(Text), NULL) ||
            wcscmp(Text, L"Adit") != 0)
        {
            continue;
        }
        HKEY Key = SetupDiOpenDevRegKey(Set, &Device, DICS_FLAG_GLOBAL, 0, DIREG_DRV, KEY_READ);
        ZeroMemory(Text, sizeof(Text));
        if (RegQueryValueExW(Key, Name, NULL, NULL, (BYTE *)Text, &Size) == ERROR_SUCCESS)
        {
            Value = (int)wcstol(Text, NULL, 10);
        }
        RegCloseKey(Key);
    }
    SetupDiDestroyDeviceInfoList(Set);
    return Value;
}

static void TestWrongParameters(void)
{
    struct
    {
        ADIT_ADAPTER_PARAMETERS Known;
        DWORD Later;
    } Long = {{sizeof(Long), 0, 0, 0}, 1};
    static const ADIT_ADAPTER_PARAMETERS Wrong[] = {
        {sizeof(Wrong[0]) - 1, 0, 0, 0}, {0, 0, 0, 0},
        {sizeof(Wrong[0]), 2, 0, 0},     {sizeof(Wrong[0]), 0, 1279, 0},
        {sizeof(Wrong[0]), 0, 65536, 0}, {sizeof(Wrong[0]), 0, 0, 1000001},
    };

    for (size_t Index = 0; Index < ARRAYSIZE(Wrong); ++Index)
    {
        CHECK_FAILS(
            CreateWith(ADAPTER_NAME, TUNNEL_TYPE, NULL, &Wrong[Index]), ERROR_INVALID_PARAMETER);
    }
    CHECK_FAILS(CreateWith(ADAPTER_NAME, TUNNEL_TYPE, NULL, &Long.Known), ERROR_NOT_SUPPORTED);
}

static void TestParameters(void)
{
    struct
    {
        ADIT_ADAPTER_PARAMETERS Known;
        DWORD Later;
    } Long = {{sizeof(Long), 0, 1320, 0}, 0};
    ADIT_ADAPTER_PARAMETERS Parameters = {sizeof(Parameters), 0, 1400, 250};

    WINTUN_ADAPTER_HANDLE Adapter = CreateWith(ADAPTER_NAME, TUNNEL_TYPE, &TestGuid, &Parameters);
    if (CHECK(Adapter != NULL))
    {
        CHECK(AdapterMtu(Adapter) == 1400);
        CHECK(DriverKeyValue(L"MTU") == 1400 && DriverKeyValue(L"LinkSpeed") == 250);
        CHECK_FAILS(
            WintunCreateAdapter(L"Adit Other", TUNNEL_TYPE, &TestGuid), ERROR_ALREADY_EXISTS);
    }
    WintunCloseAdapter(Adapter);

    Adapter = CreateWith(ADAPTER_NAME, TUNNEL_TYPE, &TestGuid, &Long.Known);
    CHECK(Adapter != NULL && AdapterMtu(Adapter) == 1320);
    WintunCloseAdapter(Adapter);
    CHECK(AdaptersAreGone(NULL));
}

/* ---- Persistent adapters ---- */

static void TestPersistent(void)
{
    ADIT_ADAPTER_PARAMETERS Parameters = {sizeof(Parameters), ADIT_ADAPTER_PERSISTENT, 1380, 0};

    WINTUN_ADAPTER_HANDLE Adapter = CreateWith(ADAPTER_NAME, TUNNEL_TYPE, NULL, &Parameters);
    if (!CHECK(Adapter != NULL))
    {
        return;
    }
    CHECK(AdapterMtu(Adapter) == 1380);
    WintunCloseAdapter(Adapter);
    CHECK(CountAdapters(NULL) == 1);
    CHECK_FAILS(CreateWith(ADAPTER_NAME, TUNNEL_TYPE, NULL, &Parameters), ERROR_ALREADY_EXISTS);
    CHECK_FAILS(WintunDeleteDriver(), ERROR_DEVICE_IN_USE);

    /* Another adapter of that name makes room, and can be deleted only by who made it. */
    WINTUN_ADAPTER_HANDLE Other = WintunCreateAdapter(ADAPTER_NAME, TUNNEL_TYPE, NULL);
    CHECK(Other != NULL);
    Adapter = WintunOpenAdapter(L"Adit Install 1");
    CHECK(Adapter != NULL);
    CHECK_FAILS(Delete(Adapter), ERROR_DEVICE_IN_USE);
    WintunCloseAdapter(Adapter);
    CHECK(Delete(Other));
    CHECK(CountAdapters(NULL) == 1);

    Adapter = WintunOpenAdapter(ADAPTER_NAME);
    if (CHECK(Adapter != NULL))
    {
        WINTUN_SESSION_HANDLE Session = WintunStartSession(Adapter, WINTUN_MIN_RING_CAPACITY);
        CHECK(Session != NULL);
        WintunEndSession(Session);
        CHECK(Delete(Adapter));
    }
    CHECK(AdaptersAreGone(NULL));
    CHECK_FAILS(WintunOpenAdapter(ADAPTER_NAME), ERROR_NOT_FOUND);
    CHECK_FAILS(Delete(NULL), ERROR_INVALID_PARAMETER);
}

/* ---- Other vendors' devices ---- */

static void MakeForeign(LPCWSTR Name, LPCWSTR HardwareId, LPCWSTR Service, LPWSTR InstanceId)
{
    SP_DEVINFO_DATA Device = {.cbSize = sizeof(Device)};
    WCHAR List[64] = {0};

    wcscpy(List, HardwareId);
    HDEVINFO Set = SetupDiCreateDeviceInfoList(&GUID_DEVCLASS_NET, NULL);
    CHECK(SetupDiCreateDeviceInfoW(
        Set, Name, &GUID_DEVCLASS_NET, NULL, NULL, DICD_GENERATE_ID, &Device));
    CHECK(SetupDiSetDeviceRegistryPropertyW(
        Set, &Device, SPDRP_HARDWAREID, (BYTE *)List,
        (DWORD)(wcslen(HardwareId) + 2) * sizeof(WCHAR)));
    CHECK(SetupDiSetDeviceRegistryPropertyW(
        Set, &Device, SPDRP_SERVICE, (BYTE *)Service, (DWORD)(wcslen(Service) + 1) * 2));
    CHECK(SetupDiCallClassInstaller(DIF_REGISTERDEVICE, Set, &Device));
    CHECK(SetupDiGetDeviceInstanceIdW(Set, &Device, InstanceId, MAX_PATH, NULL));
    SetupDiDestroyDeviceInfoList(Set);
}

static BOOL ForeignExists(LPCWSTR InstanceId, BOOL Remove)
{
    SP_DEVINFO_DATA Device = {.cbSize = sizeof(Device)};

    HDEVINFO Set = SetupDiCreateDeviceInfoList(NULL, NULL);
    BOOL Result = SetupDiOpenDeviceInfoW(Set, InstanceId, NULL, 0, &Device);
    if (Result && Remove)
    {
        CHECK(SetupDiCallClassInstaller(DIF_REMOVE, Set, &Device));
    }
    SetupDiDestroyDeviceInfoList(Set);
    return Result;
}

/* Devices beside ours in the same folder of devices, with our hardware id or our driver alone. */
static void TestForeign(void)
{
    WCHAR Ids[3][MAX_PATH];

    MakeForeign(L"Adit", L"OtherVendor", L"OtherService", Ids[0]);
    MakeForeign(L"Adit", L"Adit", L"OtherService", Ids[1]);
    MakeForeign(L"NET", L"OtherVendor", L"", Ids[2]);
    CHECK(AdaptersAreGone(NULL));
    WINTUN_ADAPTER_HANDLE Adapter = WintunCreateAdapter(ADAPTER_NAME, TUNNEL_TYPE, NULL);
    CHECK(Adapter != NULL);
    CHECK(CountAdapters(NULL) == 1);
    WintunCloseAdapter(Adapter);
    CHECK(WintunDeleteDriver());
    for (int Index = 0; Index < 3; ++Index)
    {
        CHECK(ForeignExists(Ids[Index], TRUE));
        CHECK(!ForeignExists(Ids[Index], FALSE));
    }
}

/* ---- Network setup ---- */

static void TestSetupDisabled(void)
{
    SC_HANDLE Manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_ALL_ACCESS);
    SC_HANDLE Service = CreateServiceW(
        Manager, L"NetSetupSvc", NULL, SERVICE_ALL_ACCESS, SERVICE_WIN32_OWN_PROCESS,
        SERVICE_DISABLED, SERVICE_ERROR_NORMAL, L"C:\\none.exe", NULL, NULL, NULL, NULL, NULL);

    if (CHECK(Service != NULL))
    {
        WantMessage(L"NetSetupSvc");
        CHECK_FAILS(WintunCreateAdapter(ADAPTER_NAME, TUNNEL_TYPE, NULL), ERROR_SERVICE_DISABLED);
        CHECK(WantedMessages == 1);
        CHECK(DeleteService(Service));
        CloseServiceHandle(Service);
    }
    CloseServiceHandle(Manager);
}

/* ---- Versions ---- */

static char *OwnInf;
static DWORD OwnInfSize;

/* That for the system's own architecture. */
static void LoadOwnInf(void)
{
    BOOL IsWow64 = FALSE;

    CHECK(IsWow64Process(GetCurrentProcess(), &IsWow64));
    const WCHAR *Name = sizeof(VOID *) == 8 || IsWow64 ? L"amd64-adit.inf" : L"x86-adit.inf";
    HRSRC Resource = FindResourceW(Library, Name, MAKEINTRESOURCEW(10));

    CHECK(Resource != NULL);
    OwnInfSize = SizeofResource(Library, Resource);
    OwnInf = malloc(OwnInfSize + 1);
    memcpy(OwnInf, LockResource(LoadResource(Library, Resource)), OwnInfSize);
    OwnInf[OwnInfSize] = 0;
}

/* The year in "DriverVer = month/day/year,..." */
static char *FindYear(char *Inf)
{
    char *Line = strstr(Inf, "\nDriverVer");

    return Line == NULL ? NULL : strchr(strchr(Line, '/') + 1, '/') + 1;
}

static BOOL WriteAll(LPCWSTR Path, const char *Data, DWORD Size)
{
    DWORD Written = 0;

    HANDLE File = CreateFileW(Path, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    BOOL Result = File != INVALID_HANDLE_VALUE && WriteFile(File, Data, Size, &Written, NULL);
    CloseHandle(File);
    return Result && Written == Size;
}

/* Puts our INF with another year at Path; the rest of a package is not needed for the store. */
static void WriteInf(LPCWSTR Path, const char *Year)
{
    char *Inf = malloc(OwnInfSize + 1);

    memcpy(Inf, OwnInf, OwnInfSize + 1);
    CHECK(FindYear(Inf) != NULL);
    memcpy(FindYear(Inf), Year, 4);
    CHECK(WriteAll(Path, Inf, OwnInfSize));
    free(Inf);
}

/* Counts published packages of ours, and says the year of the last and where it is. */
static int FindPublished(char Year[5], WCHAR Path[MAX_PATH])
{
    static char Text[0x10000];
    WIN32_FIND_DATAW Found;
    WCHAR File[MAX_PATH];
    DWORD Size;
    int Count = 0;

    Year[0] = 0;
    HANDLE Listing = FindFirstFileW(L"C:\\windows\\INF\\*.inf", &Found);
    do
    {
        swprintf(File, MAX_PATH, L"C:\\windows\\INF\\%ls", Found.cFileName);
        HANDLE Handle =
            CreateFileW(File, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
        ZeroMemory(Text, sizeof(Text));
        if (ReadFile(Handle, Text, sizeof(Text) - 1, &Size, NULL) &&
            strstr(Text, "CatalogFile = adit.cat") != NULL)
        {
            ++Count;
            memcpy(Year, FindYear(Text), 4);
            Year[4] = 0;
            wcscpy(Path, File);
        }
        CloseHandle(Handle);
    } while (FindNextFileW(Listing, &Found));
    FindClose(Listing);
    return Count;
}

static void CheckPublished(const char *Expected)
{
    char Year[5];
    WCHAR Path[MAX_PATH];

    CHECK(FindPublished(Year, Path) == 1);
    if (!CHECK(strcmp(Year, Expected) == 0))
    {
        printf("published: %s, expected: %s\n", Year, Expected);
    }
}

static void CheckWorks(void)
{
    WINTUN_ADAPTER_HANDLE Adapter = WintunCreateAdapter(ADAPTER_NAME, TUNNEL_TYPE, NULL);
    CHECK(Adapter != NULL);
    WintunCloseAdapter(Adapter);
}

static void TestVersions(void)
{
    char Own[5] = {0}, Year[5];
    WCHAR Path[MAX_PATH];

    LoadOwnInf();
    memcpy(Own, FindYear(OwnInf), 4);

    /* An older one that nobody uses is replaced. */
    CHECK(WintunDeleteDriver());
    CHECK(FindPublished(Year, Path) == 0);
    WriteInf(L"C:\\windows\\INF\\oem7.inf", "2001");
    WantMessage(L"Replacing the driver");
    CheckWorks();
    CHECK(WantedMessages == 1);
    CheckPublished(Own);

    /* One that is in use is not: the adapters coexist, and the upgrade comes later. */
    WINTUN_ADAPTER_HANDLE Adapter = WintunCreateAdapter(ADAPTER_NAME, TUNNEL_TYPE, NULL);
    CHECK(Adapter != NULL);
    CHECK(FindPublished(Year, Path) == 1);
    WriteInf(Path, "2002");
    WantMessage(L"is not installed now");
    WINTUN_ADAPTER_HANDLE Second = WintunCreateAdapter(L"Adit Second", TUNNEL_TYPE, NULL);
    CHECK(Second != NULL && WantedMessages == 1);
    CheckPublished("2002");
    WintunCloseAdapter(Second);
    WintunCloseAdapter(Adapter);
    CheckWorks();
    CheckPublished(Own);

    /* A newer one stays. */
    CHECK(FindPublished(Year, Path) == 1);
    WriteInf(Path, "2099");
    WantMessage(L"is newer than this library's");
    CheckWorks();
    CHECK(WantedMessages == 1);
    CheckPublished("2099");
    CHECK(WintunDeleteDriver());
    CHECK(FindPublished(Year, Path) == 0);
    free(OwnInf);
}

static void TestEventSource(void)
{
    static const WCHAR Key[] = L"SYSTEM\\CurrentControlSet\\Services\\EventLog\\System\\Adit";
    HKEY Source;

    /* Wine does not make what an INF says of event logging. */
    CHECK(
        RegCreateKeyExW(HKEY_LOCAL_MACHINE, Key, 0, NULL, 0, KEY_WRITE, NULL, &Source, NULL) ==
        ERROR_SUCCESS);
    RegCloseKey(Source);
    CHECK(WintunDeleteDriver());
    CHECK(RegOpenKeyExW(HKEY_LOCAL_MACHINE, Key, 0, KEY_READ, &Source) == ERROR_FILE_NOT_FOUND);
}

int main(void)
{
    Library = ClientLoad();
    if (Library == NULL)
    {
        return 1;
    }
    CreateWith = (ADIT_CREATE_ADAPTER_FUNC *)(void *)GetProcAddress(Library, "AditCreateAdapter");
    Delete = (ADIT_DELETE_ADAPTER_FUNC *)(void *)GetProcAddress(Library, "AditDeleteAdapter");
    WintunSetLogger(Logger);
    CHECK(WintunDeleteDriver());
    TestWrongParameters();
    TestParameters();
    TestPersistent();
    TestSetupDisabled();
    TestForeign();
    TestEventSource();
    TestVersions();
    WintunSetLogger(NULL);
    FreeLibrary(Library);
    return CheckResult("install_test");
}
