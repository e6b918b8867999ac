/* SPDX-License-Identifier: MIT */
/*
 * What IP Helper says of an adapter that it is asked about before the adapter's connection gets its
 * name, and after: the same. The adapter is made by SwDeviceCreate, which names nothing.
 */
#include <winsock2.h>
#include <ws2ipdef.h>

#define CLIENT_LOADS_LIBRARY
#include "../../../tests/library/client.h"
#include "../user/query.h"
#include "../user/swdevice.h"

#include <cfgmgr32.h>
#include <iphlpapi.h>
#include <netioapi.h>

#define WAIT_MS 20000

static HRESULT(WINAPI *pSwDeviceCreate)(
    PCWSTR,
    PCWSTR,
    const SW_DEVICE_CREATE_INFO *,
    ULONG,
    const DEVPROPERTY *,
    SW_DEVICE_CREATE_CALLBACK,
    PVOID,
    PHSWDEVICE);
static void(WINAPI *pSwDeviceClose)(HSWDEVICE);
static DWORD(WINAPI *pNciSetConnectionName)(const GUID *, LPCWSTR);
static HRESULT(WINAPI *pDevGetObjectProperties)(
    DEV_OBJECT_TYPE, PCWSTR, ULONG, ULONG, const DEVPROPCOMPKEY *, ULONG *, const DEVPROPERTY **);
static void(WINAPI *pDevFreeObjectProperties)(ULONG, const DEVPROPERTY *);

static WCHAR DeviceId[MAX_DEVICE_ID_LEN];

static BOOL Load(void)
{
    HMODULE Devices = LoadLibraryW(L"cfgmgr32.dll"), Names = LoadLibraryW(L"nci.dll");
    *(FARPROC *)&pSwDeviceCreate = GetProcAddress(Devices, "SwDeviceCreate");
    *(FARPROC *)&pSwDeviceClose = GetProcAddress(Devices, "SwDeviceClose");
    *(FARPROC *)&pNciSetConnectionName = GetProcAddress(Names, "NciSetConnectionName");
    *(FARPROC *)&pDevGetObjectProperties = GetProcAddress(Devices, "DevGetObjectProperties");
    *(FARPROC *)&pDevFreeObjectProperties = GetProcAddress(Devices, "DevFreeObjectProperties");
    return CHECK(pSwDeviceCreate != NULL && pSwDeviceClose != NULL) &&
           CHECK(pDevGetObjectProperties != NULL && pDevFreeObjectProperties != NULL) &&
           CHECK(pNciSetConnectionName != NULL);
}

static void WINAPI DeviceCreated(HSWDEVICE Device, HRESULT Result, PVOID Context, PCWSTR Id)
{
    (void)Device;
    if (CHECK(SUCCEEDED(Result)))
        lstrcpynW(DeviceId, Id, MAX_DEVICE_ID_LEN);
    SetEvent(Context);
}

static HSWDEVICE CreateDevice(void)
{
    static const WCHAR Ids[] = L"Adit\0";
    SW_DEVICE_CREATE_INFO Info = {
        .cbSize = sizeof(Info), .pszInstanceId = L"IDENTITY", .pszzHardwareIds = Ids};
    HANDLE Event = CreateEventW(NULL, TRUE, FALSE, NULL);
    HSWDEVICE Device = NULL;
    CHECK(
        pSwDeviceCreate(
            L"ADITTEST", L"HTREE\\ROOT\\0", &Info, 0, NULL, DeviceCreated, Event, &Device) == S_OK);
    CHECK(WaitForSingleObject(Event, WAIT_MS) == WAIT_OBJECT_0);
    CloseHandle(Event);
    return Device;
}

/* The interface that is not called Other and has the name that the host gives at first. */
static BOOL FindUnnamed(const NET_LUID *Other, MIB_IF_ROW2 *Row)
{
    PMIB_IF_TABLE2 Table;
    BOOL Found = FALSE;
    if (!CHECK(GetIfTable2(&Table) == NO_ERROR))
        return FALSE;
    for (ULONG i = 0; i < Table->NumEntries && !Found; i++)
    {
        *Row = Table->Table[i];
        Found = wcsncmp(Row->Alias, L"adit", 4) == 0 && Row->InterfaceLuid.Value != Other->Value;
    }
    FreeMibTable(Table);
    return Found;
}

static BOOL FindUnnamedInTime(const NET_LUID *Other, MIB_IF_ROW2 *Row)
{
    for (int i = 0; i < WAIT_MS / 50; i++)
    {
        if (FindUnnamed(Other, Row))
            return TRUE;
        Sleep(50);
    }
    return FALSE;
}

static void TestNamedLate(const NET_LUID *Other)
{
    MIB_IF_ROW2 Before, After = {0};
    DWORD Error = ERROR_FILE_NOT_FOUND;

    if (!CHECK(FindUnnamedInTime(Other, &Before)))
        return;
    CHECK(Before.Mtu == 1500 && Before.OperStatus != 0);
    /* The driver's device answers once the adapter has started. */
    for (int i = 0; i < WAIT_MS / 50 && Error == ERROR_FILE_NOT_FOUND; i++)
    {
        Error = pNciSetConnectionName(&Before.InterfaceGuid, L"Named late");
        Sleep(Error == ERROR_FILE_NOT_FOUND ? 50 : 0);
    }
    CHECK(Error == NO_ERROR);
    After.InterfaceLuid = Before.InterfaceLuid;
    CHECK(GetIfEntry2(&After) == NO_ERROR);
    CHECK(After.InterfaceIndex == Before.InterfaceIndex);
    CHECK(After.Mtu == Before.Mtu && After.OperStatus == Before.OperStatus);
}

static BOOL IsPresent(void)
{
    /* DEVPKEY_Device_IsPresent */
    static const DEVPROPCOMPKEY Key = {
        {{0x540b947e, 0x8b40, 0x45bc, {0xa8, 0xa2, 0x6a, 0x0b, 0x89, 0x4c, 0xbd, 0xa2}}, 5},
        DEVPROP_STORE_SYSTEM,
        NULL};
    const DEVPROPERTY *Property;
    BOOL Present;
    ULONG Count;

    if (pDevGetObjectProperties(DevObjectTypeDevice, DeviceId, 0, 1, &Key, &Count, &Property) !=
        S_OK)
        return FALSE;
    Present = Property->Type == DEVPROP_TYPE_BOOLEAN &&
              *(const DEVPROP_BOOLEAN *)Property->Buffer != DEVPROP_FALSE;
    pDevFreeObjectProperties(Count, Property);
    return Present;
}

/* The service is still at it when the handle is closed. */
static BOOL IsGoneInTime(void)
{
    for (int i = 0; i < WAIT_MS / 50 && IsPresent(); i++)
        Sleep(50);
    return !IsPresent();
}

int main(void)
{
    WINTUN_ADAPTER_HANDLE Adapter;
    HSWDEVICE Device;
    NET_LUID Luid;

    if (ClientLoad() == NULL || !Load())
        return CheckResult("identity_test");
    /* It installs the driver that the other adapter has too. */
    Adapter = WintunCreateAdapter(L"Identity", L"AditTest", NULL);
    if (CHECK(Adapter != NULL))
    {
        WintunGetAdapterLUID(Adapter, &Luid);
        Device = CreateDevice();
        TestNamedLate(&Luid);
        CHECK(IsPresent());
        pSwDeviceClose(Device);
        CHECK(IsGoneInTime());
        WintunCloseAdapter(Adapter);
    }
    return CheckResult("identity_test");
}
