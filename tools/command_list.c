/* SPDX-License-Identifier: MIT */
/* aditctl list */
#include "adapter_json.h"
#include "arguments.h"
#include "command.h"
#include "device.h"
#include "json.h"
#include "library.h"
#include "output.h"
#include "report.h"

typedef struct _LISTING
{
    BOOL Json;
    DWORD Error; /* of the last adapter that could not be read */
} LISTING;

static BOOL CALLBACK ListAdapter(WINTUN_ADAPTER_HANDLE Adapter, LPARAM Param)
{
    LISTING *Listing = (LISTING *)Param;
    ADAPTER_DEVICE Device;
    NET_LUID Luid;

    WintunGetAdapterLUID(Adapter, &Luid);
    if (!DeviceFind(&Luid, &Device))
    {
        /* It may have gone away meanwhile; the others are still worth showing. */
        Listing->Error = GetLastError() == ERROR_FILE_NOT_FOUND ? Listing->Error : GetLastError();
        return TRUE;
    }
    if (Listing->Json)
    {
        AdapterPrintJson(&Luid, &Device);
        return TRUE;
    }
    WCHAR Guid[DEVICE_GUID_LENGTH];
    DeviceFormatGuid(&Device.Guid, Guid, ARRAYSIZE(Guid));
    OutputPrint(L"%ls %016I64x %ls\n", Guid, Luid.Value, Device.Name);
    return TRUE;
}

static int ListRun(int Count, wchar_t **Values)
{
    LISTING Listing = {0};
    LPCWSTR Type = NULL;
    const ARGUMENT Arguments[] = {
        ARGUMENT_JSON(Listing.Json),
        ARGUMENT_NAME(L"--type", ArgumentText, Type),
    };

    if (!ArgumentsRead(Count, Values, Arguments, ARRAYSIZE(Arguments)))
    {
        return EXIT_USAGE;
    }
    if (!LibraryLoad())
    {
        return EXIT_FAILED;
    }
    if (Listing.Json)
    {
        JsonOpenArray(NULL);
    }
    BOOL Listed = WintunEnumAdapters(Type, ListAdapter, (LPARAM)&Listing);
    DWORD Error = GetLastError();
    if (Listing.Json)
    {
        JsonCloseArray();
        JsonEnd();
    }
    if (!Listed)
    {
        return ReportFailure(Error, L"listing the adapters");
    }
    if (Listing.Error != ERROR_SUCCESS)
    {
        return ReportFailure(Listing.Error, L"reading an adapter's device");
    }
    return EXIT_OK;
}

const COMMAND CommandList = {
    .Name = L"list",
    .Synopsis = L"[--type TYPE] [--json]",
    .Summary = L"shows the adapters that exist",
    .Help = L"Shows each adapter on a line: GUID, LUID (hexadecimal) and name of its connection.\n"
            L"\n"
            L"  --type TYPE  only adapters that were created with this tunnel type\n"
            L"  --json       an array of objects with name, guid, luid, ifIndex, mtu, connected\n"
            L"               (whether a program has a session)\n",
    .Run = ListRun,
};
