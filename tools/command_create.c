/* SPDX-License-Identifier: MIT */
/* aditctl create */
#include "adapter_json.h"
#include "arguments.h"
#include "command.h"
#include "json.h"
#include "library.h"
#include "output.h"
#include "quit.h"
#include "report.h"

#define CREATE_DEFAULT_TYPE L"Adit"

typedef struct _CREATE
{
    LPCWSTR Name;
    LPCWSTR Type;
    GUID Guid;
    BOOL HasGuid;
    BOOL Json;
} CREATE;

static VOID CreatePrint(const CREATE *Create, const NET_LUID *Luid, const ADAPTER_DEVICE *Device)
{
    WCHAR Guid[DEVICE_GUID_LENGTH];

    if (Create->Json)
    {
        AdapterPrintJson(Luid, Device);
        JsonEnd();
        return;
    }
    DeviceFormatGuid(&Device->Guid, Guid, ARRAYSIZE(Guid));
    OutputPrint(L"created %ls %016I64x %ls\n", Guid, Luid->Value, Device->Name);
}

static int CreateHold(const CREATE *Create, WINTUN_ADAPTER_HANDLE Adapter, HANDLE Quit)
{
    ADAPTER_DEVICE Device;
    NET_LUID Luid;

    if (!LibraryFindDevice(Adapter, &Device))
    {
        return EXIT_FAILED;
    }
    WintunGetAdapterLUID(Adapter, &Luid);
    CreatePrint(Create, &Luid, &Device);
    if (!OutputFlush())
    {
        return EXIT_FAILED;
    }
    WaitForSingleObject(Quit, INFINITE);
    return EXIT_OK;
}

static int CreateRun(int Count, wchar_t **Values)
{
    CREATE Create = {.Type = CREATE_DEFAULT_TYPE};
    const ARGUMENT Arguments[] = {
        ARGUMENT_NAME(L"NAME", ArgumentOperand, Create.Name),
        ARGUMENT_NAME(L"--type", ArgumentText, Create.Type),
        {.Name = L"--guid", .Kind = ArgumentGuid, .Guid = &Create.Guid, .Flag = &Create.HasGuid},
        ARGUMENT_JSON(Create.Json),
    };

    if (!ArgumentsRead(Count, Values, Arguments, ARRAYSIZE(Arguments)))
    {
        return EXIT_USAGE;
    }
    HANDLE Quit = QuitEventStart();
    if (Quit == NULL || !LibraryLoad())
    {
        return EXIT_FAILED;
    }
    WINTUN_ADAPTER_HANDLE Adapter =
        WintunCreateAdapter(Create.Name, Create.Type, Create.HasGuid ? &Create.Guid : NULL);
    if (Adapter == NULL)
    {
        return ReportFailure(GetLastError(), L"creating the adapter \"%ls\"", Create.Name);
    }
    int ExitCode = CreateHold(&Create, Adapter, Quit);
    WintunCloseAdapter(Adapter);
    return ExitCode;
}

const COMMAND CommandCreate = {
    .Name = L"create",
    .Synopsis = L"NAME [--type TYPE] [--guid GUID] [--json]",
    .Summary = L"creates an adapter",
    .Help =
        L"Creates an adapter and shows it as 'list' does. An adapter lives no longer than the\n"
        L"program that has created it: this one goes on until Ctrl-C, and removes it then.\n"
        L"\n"
        L"  NAME         name of the network connection, 1 to 255 characters; if another one has\n"
        L"               it, the adapter becomes \"NAME 1\", or \"NAME 2\" and so on\n"
        L"  --type TYPE  what kind of tunnel it is, 1 to 255 characters; \"Adit\" if not given\n"
        L"  --guid GUID  of the network interface; Windows keeps the network's profile by it\n"
        L"  --json       an object as in 'list --json'\n",
    .Run = CreateRun,
};
