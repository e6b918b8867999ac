/* SPDX-License-Identifier: MIT */
/*
 * The INF as SetupAPI reads it: which driver it finds for the hardware id, and what installation
 * writes. Runs on Windows or Wine, with administrator rights; installs a service that it does not
 * start and removes again, no device.
 *
 *   inf_test.exe C:\full\path\adit.inf [foreign]
 *
 * foreign: the INF is of another architecture, so no device here matches; all else is the same.
 */
#include <windows.h>
#include <sddl.h>
#include <setupapi.h>
#include <shellapi.h>
#include <shlwapi.h>

typedef LONG NTSTATUS;
#include "messages.h"

#define SCRATCH_KEY L"Software\\AditInfTest"

static const GUID NetClass = {
    0x4d36e972, 0xe325, 0x11ce, {0xbf, 0xc1, 0x08, 0x00, 0x2b, 0xe1, 0x03, 0x18}};

static unsigned FailureCount;

static void Print(const WCHAR *Format, ...)
{
    WCHAR Wide[1024]; /* what wvsprintf writes at most */
    char Text[3072];
    DWORD Written;
    va_list Arguments;
    va_start(Arguments, Format);
    wvsprintfW(Wide, Format, Arguments);
    va_end(Arguments);
    int Length = WideCharToMultiByte(CP_UTF8, 0, Wide, -1, Text, sizeof(Text), NULL, NULL);
    if (Length > 1)
    {
        WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), Text, (DWORD)Length - 1, &Written, NULL);
    }
}

static BOOL Check(BOOL Condition, const WCHAR *What)
{
    DWORD Error = GetLastError();
    if (Condition)
    {
        Print(L"ok: %s\n", What);
    }
    else
    {
        Print(L"FAILED: %s (last error %u)\n", What, Error);
        FailureCount++;
    }
    return Condition;
}

static void CheckText(const WCHAR *Text, const WCHAR *Wanted, const WCHAR *What)
{
    if (lstrcmpW(Text, Wanted) == 0)
    {
        Print(L"ok: %s is %s\n", What, Wanted);
    }
    else
    {
        Print(L"FAILED: %s is %s, wanted %s\n", What, Text, Wanted);
        FailureCount++;
    }
}

/* Compares a field of the first line of that key; DriverVer has two. */
static void
CheckField(HINF Inf, const WCHAR *Section, const WCHAR *Key, DWORD Field, const WCHAR *Wanted)
{
    INFCONTEXT Line;
    WCHAR Text[512] = L"(absent)";
    if (SetupFindFirstLineW(Inf, Section, Key, &Line))
    {
        SetupGetStringFieldW(&Line, Field, Text, ARRAYSIZE(Text), NULL);
    }
    CheckText(Text, Wanted, Key);
}

static void CheckValue(HKEY Root, const WCHAR *SubKey, const WCHAR *Name, const WCHAR *Wanted)
{
    WCHAR Text[512] = L"(absent)";
    DWORD Size = sizeof(Text);
    RegGetValueW(Root, SubKey, Name, RRF_RT_REG_SZ, NULL, Text, &Size);
    CheckText(Text, Wanted, Name);
}

static void CheckNumber(HKEY Root, const WCHAR *SubKey, const WCHAR *Name, DWORD Wanted)
{
    DWORD Number = 0;
    DWORD Size = sizeof(Number);
    LONG Result = RegGetValueW(Root, SubKey, Name, RRF_RT_REG_DWORD, NULL, &Number, &Size);
    SetLastError((DWORD)Result);
    Check(Result == ERROR_SUCCESS && Number == Wanted, Name);
}

static void CheckVersion(HINF Inf)
{
    CheckField(Inf, L"Version", L"Signature", 1, L"$Windows NT$");
    CheckField(Inf, L"Version", L"Class", 1, L"Net");
    CheckField(Inf, L"Version", L"ClassGuid", 1, L"{4d36e972-e325-11ce-bfc1-08002be10318}");
    CheckField(Inf, L"Version", L"Provider", 1, L"Adit");
    CheckField(Inf, L"Version", L"CatalogFile", 1, L"adit.cat");
    CheckField(Inf, L"Version", L"PnpLockdown", 1, L"1");
    CheckField(Inf, L"ControlFlags", L"ExcludeFromSelect", 1, L"Adit");
    CheckField(Inf, L"Install", L"Characteristics", 1, L"0x81");
    CheckField(Inf, L"Install", L"*IfType", 1, L"53");
    CheckField(Inf, L"Install", L"*MediaType", 1, L"19");
    CheckField(Inf, L"Install", L"*PhysicalMediaType", 1, L"0");
}

/* Reads a driver list for a new device of that hardware id, which is never registered. */
static BOOL FindDriver(const WCHAR *InfPath, const WCHAR *HardwareIds, DWORD Size, WCHAR *Section)
{
    BOOL Found = FALSE;
    SP_DEVINFO_DATA Device = {.cbSize = sizeof(Device)};
    SP_DEVINSTALL_PARAMS_W Parameters = {.cbSize = sizeof(Parameters)};
    SP_DRVINFO_DATA_W Driver = {.cbSize = sizeof(Driver)};
    static union
    {
        SP_DRVINFO_DETAIL_DATA_W Detail;
        BYTE Bytes[4096];
    } Buffer;
    Buffer.Detail.cbSize = sizeof(Buffer.Detail);
    HDEVINFO Set = SetupDiCreateDeviceInfoList(&NetClass, NULL);
    if (Set == INVALID_HANDLE_VALUE)
    {
        return FALSE;
    }
    if (!SetupDiCreateDeviceInfoW(
            Set, L"ADIT_TEST", &NetClass, NULL, NULL, DICD_GENERATE_ID, &Device) ||
        !SetupDiSetDeviceRegistryPropertyW(
            Set, &Device, SPDRP_HARDWAREID, (const BYTE *)HardwareIds, Size) ||
        !SetupDiGetDeviceInstallParamsW(Set, &Device, &Parameters))
    {
        goto CleanupSet;
    }
    Parameters.Flags |= DI_ENUMSINGLEINF;
    lstrcpynW(Parameters.DriverPath, InfPath, ARRAYSIZE(Parameters.DriverPath));
    if (SetupDiSetDeviceInstallParamsW(Set, &Device, &Parameters) &&
        SetupDiBuildDriverInfoList(Set, &Device, SPDIT_COMPATDRIVER) &&
        SetupDiEnumDriverInfoW(Set, &Device, SPDIT_COMPATDRIVER, 0, &Driver) &&
        SetupDiGetDriverInfoDetailW(Set, &Device, &Driver, &Buffer.Detail, sizeof(Buffer), NULL))
    {
        lstrcpynW(Section, Buffer.Detail.SectionName, LINE_LEN);
        CheckText(Driver.Description, L"Adit Tunnel", L"driver's description");
        CheckText(Driver.MfgName, L"Adit", L"driver's manufacturer");
        CheckText(Driver.ProviderName, L"Adit", L"driver's provider");
        Found = TRUE;
    }
CleanupSet:
    SetupDiDestroyDeviceInfoList(Set);
    return Found;
}

static void CheckModels(const WCHAR *InfPath, BOOL Foreign)
{
    WCHAR Section[LINE_LEN] = L"(none)";
    if (Foreign)
    {
        Check(
            !FindDriver(InfPath, L"Adit\0", sizeof(L"Adit\0"), Section),
            L"hardware id Adit matches nothing for this architecture");
        return;
    }
    Check(FindDriver(InfPath, L"Adit\0", sizeof(L"Adit\0"), Section), L"hardware id Adit matches");
    CheckText(Section, L"Install", L"install section");
    Check(
        !FindDriver(InfPath, L"Other\0", sizeof(L"Other\0"), Section),
        L"hardware id Other does not");
}

static void CheckSecurity(HKEY Scratch)
{
    WCHAR Text[256] = L"";
    DWORD Size = sizeof(Text);
    PSECURITY_DESCRIPTOR Descriptor = NULL;
    PACL List = NULL;
    BOOL Present = FALSE;
    BOOL Defaulted;
    CheckValue(Scratch, NULL, L"Security", L"D:P(A;;GA;;;SY)(A;;GA;;;BA)S:(ML;;NWNRNX;;;HI)");
    RegGetValueW(Scratch, NULL, L"Security", RRF_RT_REG_SZ, NULL, Text, &Size);
    if (!Check(
            ConvertStringSecurityDescriptorToSecurityDescriptorW(
                Text, SDDL_REVISION_1, &Descriptor, NULL),
            L"Security is a security descriptor"))
    {
        return;
    }
    Check(
        GetSecurityDescriptorDacl(Descriptor, &Present, &List, &Defaulted) && Present && List &&
            List->AceCount == 2,
        L"its DACL has two entries");
    Present = FALSE;
    Check(
        GetSecurityDescriptorSacl(Descriptor, &Present, &List, &Defaulted) && Present && List &&
            List->AceCount == 1,
        L"its SACL has the mandatory label");
    LocalFree(Descriptor);
}

/* Writes what installation writes into the driver and the device key into a key of our own. */
static void CheckRegistry(HINF Inf)
{
    HKEY Scratch;
    LONG Result = RegCreateKeyExW(
        HKEY_CURRENT_USER, SCRATCH_KEY, 0, NULL, 0, KEY_ALL_ACCESS, NULL, &Scratch, NULL);
    SetLastError((DWORD)Result);
    if (!Check(Result == ERROR_SUCCESS, L"scratch key"))
    {
        return;
    }
    Check(
        SetupInstallFromInfSectionW(
            NULL, Inf, L"Install", SPINST_REGISTRY, Scratch, NULL, 0, NULL, NULL, NULL, NULL),
        L"[Install] writes the registry");
    Check(
        SetupInstallFromInfSectionW(
            NULL, Inf, L"Install.HW", SPINST_REGISTRY, Scratch, NULL, 0, NULL, NULL, NULL, NULL),
        L"[Install.HW] writes the registry");
    CheckValue(Scratch, L"Ndi", L"Service", L"Adit");
    CheckValue(Scratch, L"Ndi\\Interfaces", L"UpperRange", L"ndis5");
    CheckValue(Scratch, L"Ndi\\Interfaces", L"LowerRange", L"nolower");
    CheckValue(Scratch, L"Ndi\\Params\\MTU", L"ParamDesc", L"MTU");
    CheckValue(Scratch, L"Ndi\\Params\\MTU", L"Min", L"1280");
    CheckValue(Scratch, L"Ndi\\Params\\MTU", L"Max", L"65535");
    CheckValue(Scratch, L"Ndi\\Params\\LinkSpeed", L"ParamDesc", L"Link speed (Mbit/s)");
    CheckNumber(Scratch, NULL, L"DeviceCharacteristics", 0x100);
    CheckSecurity(Scratch);
    RegCloseKey(Scratch);
    RegDeleteTreeW(HKEY_CURRENT_USER, SCRATCH_KEY);
}

static void CheckServiceKey(void)
{
    static const WCHAR Key[] = L"System\\CurrentControlSet\\Services\\Adit";
    WCHAR Image[MAX_PATH] = L"";
    DWORD Size = sizeof(Image);
    CheckNumber(HKEY_LOCAL_MACHINE, Key, L"Type", SERVICE_KERNEL_DRIVER);
    CheckNumber(HKEY_LOCAL_MACHINE, Key, L"Start", SERVICE_DEMAND_START);
    CheckNumber(HKEY_LOCAL_MACHINE, Key, L"ErrorControl", SERVICE_ERROR_NORMAL);
    CheckValue(HKEY_LOCAL_MACHINE, Key, L"Group", L"Adit");
    CheckValue(HKEY_LOCAL_MACHINE, Key, L"DisplayName", L"Adit Driver");
    RegGetValueW(HKEY_LOCAL_MACHINE, Key, L"ImagePath", RRF_RT_REG_SZ, NULL, Image, &Size);
    int Length = lstrlenW(Image);
    int Tail = lstrlenW(L"\\system32\\drivers\\adit.sys");
    Check(
        Length >= Tail && lstrcmpiW(Image + Length - Tail, L"\\system32\\drivers\\adit.sys") == 0,
        L"ImagePath ends with \\system32\\drivers\\adit.sys");
}

static void CheckService(HINF Inf)
{
    if (!Check(
            SetupInstallServicesFromInfSectionW(Inf, L"Install.Services", 0),
            L"[Install.Services] makes the service"))
    {
        return;
    }
    CheckServiceKey();
    SC_HANDLE Manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    SC_HANDLE Service = Manager ? OpenServiceW(Manager, L"Adit", DELETE) : NULL;
    Check(Service && DeleteService(Service), L"the service goes again");
    CloseServiceHandle(Service);
    CloseServiceHandle(Manager);
}

/* Never asks: where the default would show a dialog, the operation ends. */
static UINT CALLBACK
FileNotification(PVOID Context, UINT Notification, UINT_PTR Parameter1, UINT_PTR Parameter2)
{
    WCHAR Path[2 * MAX_PATH];
    const SOURCE_MEDIA_W *Media = (const SOURCE_MEDIA_W *)Parameter1;
    switch (Notification)
    {
    case SPFILENOTIFY_NEEDMEDIA:
        lstrcpynW(Path, Media->SourcePath, MAX_PATH);
        lstrcatW(Path, L"\\");
        lstrcatW(Path, Media->SourceFile);
        return GetFileAttributesW(Path) != INVALID_FILE_ATTRIBUTES ? FILEOP_DOIT : FILEOP_ABORT;
    case SPFILENOTIFY_COPYERROR:
    case SPFILENOTIFY_DELETEERROR:
    case SPFILENOTIFY_RENAMEERROR:
        return FILEOP_ABORT;
    default:
        return SetupDefaultQueueCallbackW(Context, Notification, Parameter1, Parameter2);
    }
}

/* The text for a code, from the first file of the list that has it, as the event viewer gets it.
 * FALSE: none has. */
static BOOL FindMessage(WCHAR *Files, NTSTATUS Code, const WCHAR **Inserts, WCHAR Text[512])
{
    BOOL Found = FALSE;
    for (WCHAR *File = Files, *Next; File && !Found; File = Next)
    {
        WCHAR Path[MAX_PATH];
        Next = StrChrW(File, L';');
        lstrcpynW(Path, File, Next ? (int)(Next - File) + 1 : MAX_PATH);
        Next = Next ? Next + 1 : NULL;
        HMODULE Module = LoadLibraryExW(Path, NULL, LOAD_LIBRARY_AS_DATAFILE);
        if (Module)
        {
            Found = FormatMessageW(
                        FORMAT_MESSAGE_FROM_HMODULE | FORMAT_MESSAGE_ARGUMENT_ARRAY, Module,
                        (DWORD)Code, 0, Text, 512, (va_list *)Inserts) != 0;
            FreeLibrary(Module);
        }
    }
    return Found;
}

/* What installation writes for the event viewer, with the driver in its place. Wine ignores the
 * section that AddService names for the event log; here it writes into a key of our own. */
static void CheckEventSource(HINF Inf)
{
    static const NTSTATUS Codes[] = {EVENT_DRIVER_NOT_STARTED,     EVENT_ADAPTER_NOT_INITIALIZED,
                                     EVENT_PARAMETER_OUT_OF_RANGE, EVENT_ADAPTER_WITHOUT_LINK,
                                     EVENT_RECEIVE_RING_CORRUPT,   EVENT_SEND_RING_CORRUPT};
    const WCHAR *Inserts[] = {L"\\Driver\\Adit", L"7",     L"MTU",  L"70000",
                              L"1280",           L"65535", L"65535"};
    WCHAR Files[512] = L"", Text[512];
    DWORD Size = sizeof(Files);
    HKEY Scratch;
    CheckField(Inf, L"Install.Services", L"AddService", 1, L"Adit");
    CheckField(Inf, L"Install.Services", L"AddService", 4, L"Install.EventLog");
    if (!Check(
            RegCreateKeyExW(
                HKEY_CURRENT_USER, SCRATCH_KEY, 0, NULL, 0, KEY_ALL_ACCESS, NULL, &Scratch, NULL) ==
                ERROR_SUCCESS,
            L"scratch key"))
    {
        return;
    }
    Check(
        SetupInstallFromInfSectionW(
            NULL, Inf, L"Install.EventLog", SPINST_REGISTRY, Scratch, NULL, 0, NULL, NULL, NULL,
            NULL),
        L"[Install.EventLog] writes the registry");
    CheckNumber(
        Scratch, NULL, L"TypesSupported",
        EVENTLOG_ERROR_TYPE | EVENTLOG_WARNING_TYPE | EVENTLOG_INFORMATION_TYPE);
    Check(
        RegGetValueW(
            Scratch, NULL, L"EventMessageFile", RRF_RT_REG_EXPAND_SZ | RRF_NOEXPAND, NULL, Files,
            &Size) == ERROR_SUCCESS,
        L"EventMessageFile is a string to expand");
    CheckText(
        Files, L"%SystemRoot%\\System32\\drivers\\adit.sys;%SystemRoot%\\System32\\netevent.dll",
        L"EventMessageFile");
    Size = sizeof(Files);
    RegGetValueW(Scratch, NULL, L"EventMessageFile", RRF_RT_REG_SZ, NULL, Files, &Size);
    for (unsigned Index = 0; Index < ARRAYSIZE(Codes); Index++)
    {
        Check(FindMessage(Files, Codes[Index], Inserts, Text), L"an event's text is found");
    }
    FindMessage(Files, EVENT_PARAMETER_OUT_OF_RANGE, Inserts, Text);
    CheckText(
        Text,
        L"The parameter MTU of the Adit adapter with NetLuidIndex 7 is 70000, but must be 1280 to "
        L"65535; the adapter uses 65535. Set it to a value in this range on the Advanced page of "
        L"the adapter's properties.",
        L"an event's text");
    Check(!FindMessage(Files, 1, Inserts, Text), L"no text is found for a code of nobody");
    RegCloseKey(Scratch);
    RegDeleteTreeW(HKEY_CURRENT_USER, SCRATCH_KEY);
}

static void CheckFiles(HINF Inf)
{
    WCHAR Target[MAX_PATH];
    WIN32_FILE_ATTRIBUTE_DATA Attributes;
    GetSystemDirectoryW(Target, ARRAYSIZE(Target));
    lstrcatW(Target, L"\\drivers\\adit.sys");
    DeleteFileW(Target);
    void *Context = SetupInitDefaultQueueCallback(NULL);
    Check(
        SetupInstallFromInfSectionW(
            NULL, Inf, L"Install", SPINST_FILES, NULL, NULL, 0, FileNotification, Context, NULL,
            NULL),
        L"[Install] copies files");
    SetupTermDefaultQueueCallback(Context);
    Check(
        GetFileAttributesExW(Target, GetFileExInfoStandard, &Attributes) &&
            Attributes.nFileSizeLow > 0,
        L"adit.sys comes to lie in system32\\drivers");
    CheckEventSource(Inf);
    DeleteFileW(Target);
}

static BOOL Test(const WCHAR *InfPath, BOOL Foreign)
{
    UINT ErrorLine = 0;
    HINF Inf = SetupOpenInfFileW(InfPath, L"Net", INF_STYLE_WIN4, &ErrorLine);
    if (Inf == INVALID_HANDLE_VALUE)
    {
        Print(L"FAILED: %s line %u: error %u\n", InfPath, ErrorLine, GetLastError());
        return FALSE;
    }
    CheckVersion(Inf);
    CheckModels(InfPath, Foreign);
    CheckRegistry(Inf);
    CheckService(Inf);
    CheckFiles(Inf);
    SetupCloseInfFile(Inf);
    return FailureCount == 0;
}

int main(void)
{
    int Count = 0;
    WCHAR **Values = CommandLineToArgvW(GetCommandLineW(), &Count);
    if (!Values || Count < 2 || Count > 3 || (Count == 3 && lstrcmpW(Values[2], L"foreign") != 0))
    {
        Print(L"usage: inf_test.exe C:\\full\\path\\adit.inf [foreign]\n");
        return 2;
    }
    BOOL Passed = Test(Values[1], Count == 3);
    if (!Passed)
    {
        Print(L"%u failed\n", FailureCount);
    }
    LocalFree(Values);
    return Passed ? 0 : 1;
}
