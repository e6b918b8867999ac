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

/* Limits of ADIT_ADAPTER_PARAMETERS. */
#define CREATE_MIN_MTU        1280
#define CREATE_MAX_MTU        65535
#define CREATE_MAX_LINK_SPEED 1000000

typedef struct _CREATE
{
    LPCWSTR Name;
    LPCWSTR Type;
    GUID Guid;
    BOOL HasGuid;
    BOOL Json;
    BOOL Persistent;
    UINT64 Mtu;       /* 0: the library's default */
    UINT64 LinkSpeed; /* Mbit/s; likewise */
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
    if (!Create->Persistent)
    {
        WaitForSingleObject(Quit, INFINITE);
    }
    return EXIT_OK;
}

/* NULL after telling the user why not. */
static WINTUN_ADAPTER_HANDLE CreateAdapter(const CREATE *Create)
{
    const GUID *Guid = Create->HasGuid ? &Create->Guid : NULL;
    ADIT_ADAPTER_PARAMETERS Parameters = {
        .Size = sizeof(Parameters),
        .Flags = Create->Persistent ? ADIT_ADAPTER_PERSISTENT : 0,
        .Mtu = (DWORD)Create->Mtu,
        .LinkSpeed = (DWORD)Create->LinkSpeed,
    };
    WINTUN_ADAPTER_HANDLE Adapter;

    if (!Create->Persistent && Create->Mtu == 0 && Create->LinkSpeed == 0)
    {
        Adapter = WintunCreateAdapter(Create->Name, Create->Type, Guid);
    }
    else if (LIBRARY_REQUIRE(AditCreateAdapter))
    {
        Adapter = AditCreateAdapter(Create->Name, Create->Type, Guid, &Parameters);
    }
    else
    {
        return NULL;
    }
    if (Adapter == NULL)
    {
        ReportFailure(GetLastError(), L"creating the adapter \"%ls\"", Create->Name);
    }
    return Adapter;
}

static int CreateRun(int Count, wchar_t **Values)
{
    CREATE Create = {.Type = CREATE_DEFAULT_TYPE};
    const ARGUMENT Arguments[] = {
        ARGUMENT_NAME(L"NAME", ArgumentOperand, Create.Name),
        ARGUMENT_NAME(L"--type", ArgumentText, Create.Type),
        {.Name = L"--guid", .Kind = ArgumentGuid, .Guid = &Create.Guid, .Flag = &Create.HasGuid},
        {.Name = L"--mtu",
         .Kind = ArgumentNumber,
         .Number = &Create.Mtu,
         .Minimum = CREATE_MIN_MTU,
         .Maximum = CREATE_MAX_MTU},
        {.Name = L"--link-speed",
         .Kind = ArgumentNumber,
         .Number = &Create.LinkSpeed,
         .Minimum = 1,
         .Maximum = CREATE_MAX_LINK_SPEED},
        {.Name = L"--persistent", .Kind = ArgumentFlag, .Flag = &Create.Persistent},
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
    WINTUN_ADAPTER_HANDLE Adapter = CreateAdapter(&Create);
    if (Adapter == NULL)
    {
        return EXIT_FAILED;
    }
    int ExitCode = CreateHold(&Create, Adapter, Quit);
    WintunCloseAdapter(Adapter);
    return ExitCode;
}

const COMMAND CommandCreate = {
    .Name = L"create",
    .Synopsis = L"NAME [--type TYPE] [--guid GUID] [--mtu BYTES] [--link-speed MBITS] "
                L"[--persistent] [--json]",
    .Summary = L"creates an adapter",
    .Help =
        L"Creates an adapter and shows it as 'list' does. An adapter lives no longer than the\n"
        L"program that has created it: this one goes on until Ctrl-C, and removes it then. With\n"
        L"--persistent it ends at once and the adapter stays, also when Windows starts again,\n"
        L"until 'aditctl delete'.\n"
        L"\n"
        L"  NAME                name of the network connection, 1 to 255 characters; if another\n"
        L"                      one has it, the adapter becomes \"NAME 1\", or \"NAME 2\" and so "
        L"on\n"
        L"  --type TYPE         what kind of tunnel it is, 1 to 255 characters; \"Adit\" if not "
        L"given\n"
        L"  --guid GUID         of the network interface; Windows keeps the network's profile by "
        L"it\n"
        L"  --mtu BYTES         largest packet, 1280 to 65535\n"
        L"  --link-speed MBITS  speed that is shown, 1 to 1000000 Mbit/s\n"
        L"  --persistent        the adapter outlives this program\n"
        L"  --json              an object as in 'list --json'\n",
    .Run = CreateRun,
};
