/* SPDX-License-Identifier: MIT */
/* Adapters, and what Linux is asked to do with them. */
#include "device_client.h"
#include "device_keeper.h"
#include "device_traffic.h"

#include <string.h>

#define TUNNEL_TYPE L"AditDeviceTest"

static WINTUN_CREATE_ADAPTER_FUNC *WintunCreateAdapter;
static WINTUN_CLOSE_ADAPTER_FUNC *WintunCloseAdapter;
static WINTUN_GET_ADAPTER_LUID_FUNC *WintunGetAdapterLUID;
static WINTUN_SET_LOGGER_FUNC *WintunSetLogger;

static VOID CALLBACK DeviceLogger(WINTUN_LOGGER_LEVEL Level, DWORD64 Timestamp, LPCWSTR Text)
{
    (void)Timestamp;
    if (Level != WINTUN_LOG_INFO)
    {
        printf("    %c %ls\n", "IWE"[Level], Text);
        fflush(stdout);
    }
}

BOOL DeviceLoadLibrary(VOID)
{
    HMODULE Module = LoadLibraryExW(
        L"adit.dll", NULL, LOAD_LIBRARY_SEARCH_APPLICATION_DIR | LOAD_LIBRARY_SEARCH_SYSTEM32);
    if (!CHECK(Module != NULL))
    {
        return FALSE;
    }
#define DEVICE_LOAD(Name) CHECK((Name = (VOID *)GetProcAddress(Module, #Name)) != NULL)
    if (!DEVICE_LOAD(WintunCreateAdapter) || !DEVICE_LOAD(WintunCloseAdapter) ||
        !DEVICE_LOAD(WintunGetAdapterLUID) || !DEVICE_LOAD(WintunSetLogger))
    {
        return FALSE;
    }
#undef DEVICE_LOAD
    WintunSetLogger(DeviceLogger);
    return TRUE;
}

/* One line to tests/wine/device_test, which runs this program, and "yes" or "no" back. */
static BOOL DeviceAskLinux(const char *Question, const DEVICE *Device)
{
    char Line[80];

    printf("linux: %s %s %lu\n", Question, Device->Name, Device->Number);
    fflush(stdout);
    if (fgets(Line, sizeof(Line), stdin) == NULL)
    {
        printf("no answer to '%s': run this program by tests/wine/device_test\n", Question);
        ExitProcess(1);
    }
    Line[strcspn(Line, "\r\n")] = 0;
    return strcmp(Line, "yes") == 0;
}

static WINTUN_ADAPTER_HANDLE DeviceMake(const char *Name, NET_LUID *Luid)
{
    WCHAR WideName[16];

    wsprintfW(WideName, L"%S", Name);
    WINTUN_ADAPTER_HANDLE Adapter = WintunCreateAdapter(WideName, TUNNEL_TYPE, NULL);
    if (CHECK(Adapter != NULL))
    {
        WintunGetAdapterLUID(Adapter, Luid);
    }
    return Adapter;
}

int DeviceKeep(const char *Name)
{
    NET_LUID Luid;

    WINTUN_ADAPTER_HANDLE Adapter = DeviceLoadLibrary() ? DeviceMake(Name, &Luid) : NULL;
    int Status = KeeperRun(Adapter, Luid.Value);
    if (Adapter != NULL)
    {
        WintunCloseAdapter(Adapter);
    }
    return Status;
}

static BOOL DeviceIdentify(DEVICE *Device, const NET_LUID *Luid)
{
    wsprintfW(Device->Link, L"\\\\.\\Global\\WINTUN%u", (UINT)Luid->Info.NetLuidIndex);
    return CHECK(DeviceFind(Luid, &Device->Found));
}

BOOL DeviceCreate(DEVICE *Device, ULONG Number, BOOL WithIpv6)
{
    NET_LUID Luid;

    *Device = (DEVICE){.Number = Number, .Sockets = {INVALID_SOCKET, INVALID_SOCKET}};
    snprintf(Device->Name, sizeof(Device->Name), "Device%lu", Number);
    if (KeeperIsNeeded())
    {
        Device->Adapter = KeeperStart(Device->Name, &Luid.Value);
    }
    else
    {
        Device->Adapter = DeviceMake(Device->Name, &Luid);
    }
    return Device->Adapter != NULL && DeviceIdentify(Device, &Luid) &&
           CHECK(DeviceAskLinux(WithIpv6 ? "configure6" : "configure4", Device)) &&
           TrafficOpen(Device, WithIpv6);
}

VOID DeviceRemove(DEVICE *Device)
{
    TrafficClose(Device);
    if (!KeeperIsNeeded())
    {
        WintunCloseAdapter(Device->Adapter);
    }
    else if (Device->Adapter != NULL)
    {
        KeeperEnd(Device->Adapter);
    }
    Device->Adapter = NULL;
}

BOOL DeviceHasCarrier(const DEVICE *Device)
{
    return DeviceAskLinux("carrier", Device);
}

BOOL DeviceIsInLinux(const DEVICE *Device)
{
    return DeviceAskLinux("exists", Device);
}

ADIT_COUNTERS DeviceCounters(const DEVICE *Device)
{
    ADIT_COUNTERS Counters;

    memset(&Counters, 0, sizeof(Counters));
    CHECK(DeviceQueryCounters(&Device->Found, &Counters));
    return Counters;
}

NDIS_STATISTICS DeviceStatistics(const DEVICE *Device)
{
    NDIS_STATISTICS Statistics;

    memset(&Statistics, 0, sizeof(Statistics));
    CHECK(DeviceQueryStatistics(&Device->Found, &Statistics));
    return Statistics;
}
