/* SPDX-License-Identifier: MIT */
/*
 * What adit-wine adds to Wine's kernel32.dll, setupapi.dll and cfgmgr32.dll: private namespaces,
 * imported as any function is and shared by two processes; a driver store and the choice of a
 * driver for a device; devices and interfaces by their ids, of an adapter of adit.dll.
 */
#define CLIENT_LOADS_LIBRARY
#include "../../../tests/library/client.h"

#include <setupapi.h>

#include <cfgmgr32.h>
#include <initguid.h>
#include <devguid.h>

#define WAIT_MS 60000
#define ALIAS   L"AditSupplement"
#define OBJECT  ALIAS L"\\Mutex"

static const GUID NetInterface = {
    0xcac88484, 0x7515, 0x4c03, {0x82, 0xe6, 0x71, 0xa8, 0x7a, 0xba, 0xc3, 0x61}};

/* ---- Exports ---- */

/* Each name of a module is found, by binary search too, and what is imported is what is found. */
static void CheckExports(PCWSTR Name)
{
    BYTE *Module = (BYTE *)GetModuleHandleW(Name);
    const IMAGE_NT_HEADERS *Headers;
    const IMAGE_EXPORT_DIRECTORY *Exports;
    const DWORD *Names;
    if (!CHECK(Module != NULL))
        return;
    Headers = (const IMAGE_NT_HEADERS *)(Module + ((const IMAGE_DOS_HEADER *)Module)->e_lfanew);
    Exports =
        (const IMAGE_EXPORT_DIRECTORY *)(Module +
                                         Headers->OptionalHeader.DataDirectory[0].VirtualAddress);
    Names = (const DWORD *)(Module + Exports->AddressOfNames);
    CHECK(Exports->NumberOfNames > 500);
    for (DWORD i = 0; i < Exports->NumberOfNames; i++)
    {
        const char *Export = (const char *)Module + Names[i];
        if (i != 0)
            CHECK(strcmp((const char *)Module + Names[i - 1], Export) < 0);
        if (!CHECK(GetProcAddress((HMODULE)Module, Export) != NULL))
            printf("    %ls exports %s\n", Name, Export);
    }
}

/* ---- Private namespaces ---- */

static HANDLE MakeBoundary(BOOL Reversed, WELL_KNOWN_SID_TYPE Type)
{
    const WELL_KNOWN_SID_TYPE Types[2] = {Type, WinWorldSid};
    HANDLE Boundary = CreateBoundaryDescriptorW(L"Adit\\supplement", 0);
    BYTE Sid[SECURITY_MAX_SID_SIZE];
    CHECK(Boundary != NULL);
    for (int i = 0; i < 2; i++)
    {
        DWORD Size = sizeof(Sid);
        CHECK(CreateWellKnownSid(Types[Reversed ? 1 - i : i], NULL, Sid, &Size));
        CHECK(AddSIDToBoundaryDescriptor(&Boundary, Sid));
    }
    return Boundary;
}

/* The other process: opens the namespace, and ends with the mutex in it. */
static int Child(void)
{
    HANDLE Boundary = MakeBoundary(TRUE, WinBuiltinAdministratorsSid), Other, Namespace, Mutex;
    Other = MakeBoundary(FALSE, WinBuiltinUsersSid);
    CHECK_FAILS(OpenPrivateNamespaceW(Other, ALIAS), ERROR_PATH_NOT_FOUND);
    CHECK_FAILS(OpenPrivateNamespaceW(Boundary, ALIAS L"2"), ERROR_PATH_NOT_FOUND);
    CHECK_FAILS(CreatePrivateNamespaceW(NULL, Boundary, ALIAS), ERROR_ALREADY_EXISTS);
    Namespace = OpenPrivateNamespaceW(Boundary, ALIAS);
    CHECK(Namespace != NULL);
    Mutex = OpenMutexW(SYNCHRONIZE, FALSE, OBJECT);
    CHECK(Mutex != NULL);
    CHECK(WaitForSingleObject(Mutex, WAIT_MS) == WAIT_OBJECT_0);
    return CheckFailures != 0;
}

static void RunChild(void)
{
    WCHAR Path[MAX_PATH], Line[MAX_PATH + 16];
    STARTUPINFOW Startup = {.cb = sizeof(Startup)};
    PROCESS_INFORMATION Process;
    DWORD Code = 1;
    GetModuleFileNameW(NULL, Path, MAX_PATH);
    wsprintfW(Line, L"\"%s\" child", Path);
    if (!CHECK(CreateProcessW(Path, Line, NULL, NULL, TRUE, 0, NULL, NULL, &Startup, &Process)))
        return;
    CHECK(WaitForSingleObject(Process.hProcess, WAIT_MS) == WAIT_OBJECT_0);
    CHECK(GetExitCodeProcess(Process.hProcess, &Code) && Code == 0);
    CloseHandle(Process.hThread);
    CloseHandle(Process.hProcess);
}

static void CheckNamespaces(void)
{
    HANDLE Boundary = MakeBoundary(FALSE, WinBuiltinAdministratorsSid), Namespace, Mutex,
           Other = MakeBoundary(FALSE, WinBuiltinUsersSid),
           Foreign = MakeBoundary(FALSE, WinBuiltinGuestsSid);
    CHECK(
        (void *)GetProcAddress(GetModuleHandleW(L"kernel32.dll"), "OpenPrivateNamespaceW") ==
        (void *)OpenPrivateNamespaceW);
    CHECK_FAILS(OpenPrivateNamespaceW(Boundary, ALIAS), ERROR_PATH_NOT_FOUND);
    CHECK_FAILS(CreateMutexW(NULL, FALSE, OBJECT), ERROR_PATH_NOT_FOUND);
    CHECK_FAILS(CreatePrivateNamespaceW(NULL, Foreign, ALIAS), ERROR_ACCESS_DENIED);
    CHECK_FAILS(CreatePrivateNamespaceW(NULL, Boundary, NULL), ERROR_INVALID_PARAMETER);
    Namespace = CreatePrivateNamespaceW(NULL, Boundary, ALIAS);
    CHECK(Namespace != NULL);
    CHECK_FAILS(CreatePrivateNamespaceW(NULL, Boundary, ALIAS), ERROR_ALREADY_EXISTS);
    CHECK_FAILS(CreatePrivateNamespaceW(NULL, Other, ALIAS), ERROR_DUP_NAME);
    Mutex = CreateMutexW(NULL, FALSE, OBJECT);
    CHECK(Mutex != NULL && GetLastError() != ERROR_ALREADY_EXISTS);
    RunChild();
    /* Who had it has ended. */
    CHECK(WaitForSingleObject(Mutex, WAIT_MS) == WAIT_ABANDONED);
    CloseHandle(Mutex);
    CHECK(ClosePrivateNamespace(Namespace, 0));
    CHECK_FAILS(ClosePrivateNamespace(Namespace, 0), ERROR_INVALID_HANDLE);
    CHECK_FAILS(OpenPrivateNamespaceW(Boundary, ALIAS), ERROR_PATH_NOT_FOUND);
    Namespace = CreatePrivateNamespaceW(NULL, Other, ALIAS);
    CHECK(Namespace != NULL && ClosePrivateNamespace(Namespace, 1));
    DeleteBoundaryDescriptor(Boundary);
    DeleteBoundaryDescriptor(Other);
    DeleteBoundaryDescriptor(Foreign);
}

/* ---- Drivers ---- */

static void WriteText(PCWSTR Folder, PCWSTR Name, const char *Text)
{
    WCHAR Path[MAX_PATH];
    DWORD Written;
    HANDLE File;
    wsprintfW(Path, L"%s\\%s", Folder, Name);
    File = CreateFileW(Path, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    CHECK(File != INVALID_HANDLE_VALUE);
    CHECK(WriteFile(File, Text, (DWORD)strlen(Text), &Written, NULL));
    CloseHandle(File);
}

/* Wine asks for a disk, for ever, when it does not find a file. What is taken is not there again.
 */
static BOOL IsInStore(PCWSTR Inf, BOOL Take)
{
    WCHAR Path[MAX_PATH];
    WIN32_FIND_DATAW Found;
    HANDLE Search;
    GetSystemDirectoryW(Path, MAX_PATH);
    lstrcatW(Path, L"\\DriverStore\\FileRepository\\");
    lstrcatW(Path, Inf);
    lstrcatW(Path, L"_*");
    Search = FindFirstFileW(Path, &Found);
    if (Search == INVALID_HANDLE_VALUE)
        return FALSE;
    FindClose(Search);
    *wcsrchr(Path, '\\') = 0;
    lstrcatW(Path, L"\\");
    lstrcatW(Path, Found.cFileName);
    lstrcatW(Path, L"\\supplement.sys");
    return Take ? DeleteFileW(Path) : GetFileAttributesW(Path) != INVALID_FILE_ATTRIBUTES;
}

/* Publishes a driver from a folder that is gone when it returns. */
static void Publish(PCWSTR Inf, char Letter, WCHAR Published[MAX_PATH])
{
    static const char Format[] = "[Version]\r\n"
                                 "Signature = \"$Windows NT$\"\r\nClass = Net\r\n"
                                 "ClassGUID = {4d36e972-e325-11ce-bfc1-08002be10318}\r\n"
                                 "Provider = \"Supplement\"\r\nDriverVer = 03/04/2026,1.2.%c.4\r\n"
                                 "[Manufacturer]\r\n\"Supplement\" = Models, NTamd64, NTx86\r\n"
                                 "[Models.NTamd64]\r\n\"Device %c\" = Install, AditSupplement\r\n"
                                 "[Models.NTx86]\r\n\"Device %c\" = Install, AditSupplement\r\n"
                                 "[Install]\r\nCopyFiles = Files\r\n[Files]\r\nsupplement.sys\r\n"
                                 "[SourceDisksNames]\r\n1 = \"Disk\"\r\n"
                                 "[SourceDisksFiles]\r\nsupplement.sys = 1\r\n"
                                 "[DestinationDirs]\r\nDefaultDestDir = 12\r\n";
    WCHAR Folder[MAX_PATH], Path[MAX_PATH];
    char Text[sizeof(Format)];
    sprintf(Text, Format, Letter, Letter, Letter);
    GetTempPathW(MAX_PATH, Path);
    wsprintfW(Folder, L"%sadit-supplement", Path);
    CHECK(CreateDirectoryW(Folder, NULL));
    WriteText(Folder, Inf, Text);
    WriteText(Folder, L"supplement.sys", "no driver");
    wsprintfW(Path, L"%s\\%s", Folder, Inf);
    CHECK(SetupCopyOEMInfW(Path, NULL, SPOST_PATH, 0, Published, MAX_PATH, NULL, NULL));
    CHECK(DeleteFileW(Path));
    wsprintfW(Path, L"%s\\supplement.sys", Folder);
    CHECK(DeleteFileW(Path) && RemoveDirectoryW(Folder));
}

static void CheckSelection(HDEVINFO Set, SP_DEVINFO_DATA *Device)
{
    SP_DRVINFO_DATA_W Drivers[2], Driver = {.cbSize = sizeof(Driver)};
    for (DWORD i = 0; i < 2; i++)
    {
        Drivers[i].cbSize = sizeof(Drivers[i]);
        CHECK(SetupDiEnumDriverInfoW(Set, Device, SPDIT_COMPATDRIVER, i, &Drivers[i]));
        CHECK(
            (Drivers[i].DriverVersion & 0xffffffff0000ffff) == 0x0001000200000004 &&
            (WORD)(Drivers[i].DriverVersion >> 16) == Drivers[i].Description[7] - L'0');
    }
    CHECK(lstrcmpW(Drivers[0].Description, Drivers[1].Description) != 0);
    CHECK_FAILS(SetupDiGetSelectedDriverW(Set, Device, &Driver), ERROR_NO_DRIVER_SELECTED);
    for (int i = 1; i >= 0; i--)
    {
        Driver = Drivers[i];
        Driver.Reserved = 0;
        CHECK(SetupDiSetSelectedDriverW(Set, Device, &Driver));
        CHECK(Driver.Reserved == Drivers[i].Reserved);
        CHECK(SetupDiGetSelectedDriverW(Set, Device, &Driver));
        CHECK(lstrcmpW(Driver.Description, Drivers[i].Description) == 0);
    }
    Driver.Description[0] = 'X';
    Driver.Reserved = 0;
    CHECK_FAILS(SetupDiSetSelectedDriverW(Set, Device, &Driver), ERROR_INVALID_PARAMETER);
    CHECK(SetupDiSetSelectedDriverW(Set, Device, NULL));
    CHECK_FAILS(SetupDiGetSelectedDriverW(Set, Device, &Driver), ERROR_NO_DRIVER_SELECTED);
    CHECK(SetupDiSetSelectedDriverW(Set, Device, &Drivers[1]));
}

static void CheckRemovalParameters(HDEVINFO Set, SP_DEVINFO_DATA *Device)
{
    SP_REMOVEDEVICE_PARAMS Remove = {
        {sizeof(SP_CLASSINSTALL_HEADER), DIF_REMOVE}, DI_REMOVEDEVICE_GLOBAL, 0};
    CHECK(SetupDiSetClassInstallParamsW(Set, Device, &Remove.ClassInstallHeader, sizeof(Remove)));
    Remove.ClassInstallHeader.InstallFunction = DIF_PROPERTYCHANGE;
    CHECK_FAILS(
        SetupDiSetClassInstallParamsW(Set, Device, &Remove.ClassInstallHeader, sizeof(Remove)),
        ERROR_CALL_NOT_IMPLEMENTED);
}

/* Two drivers for one device: its files are copied from the store, whichever is selected. */
static void CheckDrivers(void)
{
    static const WCHAR Ids[] = L"AditSupplement\0";
    WCHAR First[MAX_PATH], Second[MAX_PATH], File[MAX_PATH];
    SP_DEVINFO_DATA Device = {.cbSize = sizeof(Device)};
    HDEVINFO Set = SetupDiCreateDeviceInfoList(&GUID_DEVCLASS_NET, NULL);
    GetSystemDirectoryW(File, MAX_PATH);
    lstrcatW(File, L"\\drivers\\supplement.sys");
    Publish(L"supplement1.inf", '1', First);
    Publish(L"supplement2.inf", '2', Second);
    CHECK(SetupDiCreateDeviceInfoW(
        Set, L"AditSupplement", &GUID_DEVCLASS_NET, NULL, NULL, DICD_GENERATE_ID, &Device));
    CHECK(SetupDiSetDeviceRegistryPropertyW(
        Set, &Device, SPDRP_HARDWAREID, (const BYTE *)Ids, sizeof(Ids)));
    if (CHECK(SetupDiBuildDriverInfoList(Set, &Device, SPDIT_COMPATDRIVER)))
    {
        CheckSelection(Set, &Device);
        CheckRemovalParameters(Set, &Device);
        CHECK(GetFileAttributesW(File) == INVALID_FILE_ATTRIBUTES);
        if (CHECK(IsInStore(L"supplement1.inf", FALSE) && IsInStore(L"supplement2.inf", FALSE)))
        {
            CHECK(SetupDiCallClassInstaller(DIF_INSTALLDEVICEFILES, Set, &Device));
            CHECK(GetFileAttributesW(File) != INVALID_FILE_ATTRIBUTES && DeleteFileW(File));
        }
    }
    SetupDiDestroyDeviceInfoList(Set);
    CHECK(IsInStore(L"supplement1.inf", TRUE) && IsInStore(L"supplement2.inf", TRUE));
    for (int i = 0; i < 2; i++)
    {
        PCWSTR Path = i == 0 ? First : Second, Name = wcsrchr(Path, '\\');
        CHECK(Name != NULL && SetupUninstallOEMInfW(Name + 1, SUOI_FORCEDELETE, NULL));
    }
}

/* ---- Devices ---- */

static DWORD(WINAPI *pMapCrToWin32Err)(CONFIGRET, DWORD);

static void CheckNoDevice(void)
{
    WCHAR Id[MAX_DEVICE_ID_LEN];
    DEVINST Instance;
    HKEY Key;
    CHECK(CM_Locate_DevNodeW(&Instance, NULL, CM_LOCATE_DEVNODE_NORMAL) == CR_SUCCESS);
    CHECK(CM_Get_Device_IDW(Instance, Id, MAX_DEVICE_ID_LEN, 0) == CR_SUCCESS);
    CHECK(lstrcmpW(Id, L"HTREE\\ROOT\\0") == 0);
    CHECK(CM_Get_Device_IDW(Instance, Id, 4, 0) == CR_BUFFER_SMALL);
    CHECK(
        CM_Open_DevNode_Key(
            Instance, KEY_READ, 0, RegDisposition_OpenExisting, &Key, CM_REGISTRY_SOFTWARE) !=
        CR_SUCCESS);
    lstrcpyW(Id, L"ROOT\\ADIT\\9999");
    CHECK(CM_Locate_DevNodeW(&Instance, Id, CM_LOCATE_DEVNODE_PHANTOM) == CR_NO_SUCH_DEVNODE);
    CHECK(CM_Locate_DevNodeW(&Instance, Id, 0x80) == CR_INVALID_FLAG);
    *(FARPROC *)&pMapCrToWin32Err =
        GetProcAddress(GetModuleHandleW(L"cfgmgr32.dll"), "CM_MapCrToWin32Err");
    if (CHECK(pMapCrToWin32Err != NULL))
    {
        CHECK(pMapCrToWin32Err(CR_NO_SUCH_DEVNODE, 1234) == ERROR_NOT_FOUND);
        CHECK(pMapCrToWin32Err(CR_APM_VETOED, 1234) == 1234);
    }
}

/* The same in ANSI, as of setupapi.dll, where OpenVPN has it from. */
static void CompareInterfacesA(WCHAR *Device, const WCHAR *Expected)
{
    GUID Class = NetInterface;
    CHAR Id[MAX_DEVICE_ID_LEN], List[4096];
    HMODULE Module = GetModuleHandleW(L"setupapi.dll");
    ULONG Size = 0, At = 0;
    CONFIGRET(WINAPI * GetSize)(PULONG, LPGUID, DEVINSTID_A, ULONG);
    CONFIGRET(WINAPI * GetList)(LPGUID, DEVINSTID_A, PCHAR, ULONG, ULONG);
    *(FARPROC *)&GetSize = GetProcAddress(Module, "CM_Get_Device_Interface_List_SizeA");
    *(FARPROC *)&GetList = GetProcAddress(Module, "CM_Get_Device_Interface_ListA");
    if (!CHECK(GetSize != NULL && GetList != NULL))
        return;
    if (Device != NULL)
        WideCharToMultiByte(CP_ACP, 0, Device, -1, Id, sizeof(Id), NULL, NULL);
    CHECK(GetSize(&Size, &Class, Device != NULL ? Id : NULL, 0) == CR_SUCCESS);
    if (!CHECK(Size != 0 && Size <= ARRAYSIZE(List)))
        return;
    if (Size > 1)
        CHECK(
            GetList(&Class, Device != NULL ? Id : NULL, List, Size - 1, 0) == CR_BUFFER_SMALL &&
            List[0] == 0);
    CHECK(GetList(&Class, Device != NULL ? Id : NULL, List, Size, 0) == CR_SUCCESS);
    /* Links are ASCII. */
    while (At < Size - 1 && (WCHAR)List[At] == Expected[At])
        At++;
    CHECK(At == Size - 1 && List[At] == 0 && Expected[At] == 0);
    CHECK(GetSize(NULL, &Class, NULL, 0) == CR_INVALID_POINTER);
    CHECK(GetList(&Class, NULL, List, 0, 0) == CR_INVALID_POINTER);
}

/* The links of network interfaces that are there, of a device or of all. */
static ULONG CountInterfaces(WCHAR *Device, WCHAR *Last)
{
    GUID Class = NetInterface;
    WCHAR List[4096];
    ULONG Size = 0, Count = 0;
    CHECK(CM_Get_Device_Interface_List_SizeW(&Size, &Class, Device, 0) == CR_SUCCESS);
    if (!CHECK(Size != 0 && Size <= ARRAYSIZE(List)))
        return 0;
    CHECK(CM_Get_Device_Interface_ListW(&Class, Device, List, Size, 0) == CR_SUCCESS);
    if (Size > 1)
        CHECK(
            CM_Get_Device_Interface_ListW(&Class, Device, List, Size - 1, 0) == CR_BUFFER_SMALL &&
            CM_Get_Device_Interface_ListW(&Class, Device, List, Size, 0) == CR_SUCCESS);
    CompareInterfacesA(Device, List);
    for (WCHAR *Link = List; *Link != 0; Link += lstrlenW(Link) + 1, Count++)
        lstrcpynW(Last, Link, MAX_PATH);
    return Count;
}

/* The one device with an interface, by the handle that SetupAPI gives. */
static BOOL FindDevice(WCHAR Id[MAX_DEVICE_ID_LEN])
{
    HDEVINFO Set = SetupDiGetClassDevsW(&GUID_DEVCLASS_NET, NULL, NULL, DIGCF_PRESENT);
    SP_DEVINFO_DATA Device = {.cbSize = sizeof(Device)};
    WCHAR Link[MAX_PATH];
    BOOL Found = FALSE;
    for (DWORD i = 0; !Found && SetupDiEnumDeviceInfo(Set, i, &Device); i++)
    {
        CHECK(CM_Get_Device_IDW(Device.DevInst, Id, MAX_DEVICE_ID_LEN, 0) == CR_SUCCESS);
        Found = CountInterfaces(Id, Link) == 1;
    }
    SetupDiDestroyDeviceInfoList(Set);
    return Found;
}

static void CheckDevice(WCHAR *Id)
{
    WCHAR Found[MAX_DEVICE_ID_LEN];
    DEVINST Instance, Again;
    ULONG Status = 0, Problem = 1;
    HKEY Key;
    if (!CHECK(CM_Locate_DevNodeW(&Instance, Id, CM_LOCATE_DEVNODE_NORMAL) == CR_SUCCESS))
        return;
    CHECK(CM_Locate_DevNodeW(&Again, Id, 0) == CR_SUCCESS && Again == Instance);
    CHECK(CM_Get_Device_IDW(Instance, Found, MAX_DEVICE_ID_LEN, 0) == CR_SUCCESS);
    CHECK(lstrcmpiW(Found, Id) == 0);
    CHECK(CM_Get_DevNode_Status(&Status, &Problem, Instance, 0) == CR_SUCCESS);
    CHECK((Status & DN_STARTED) != 0 && (Status & DN_HAS_PROBLEM) == 0 && Problem == 0);
    if (CHECK(
            CM_Open_DevNode_Key(
                Instance, KEY_READ, 0, RegDisposition_OpenExisting, &Key, CM_REGISTRY_SOFTWARE) ==
            CR_SUCCESS))
    {
        WCHAR Text[16] = L"";
        DWORD Size = sizeof(Text);
        CHECK(RegQueryValueExW(Key, L"NetCfgInstanceId", NULL, NULL, NULL, NULL) == ERROR_SUCCESS);
        CHECK(
            RegGetValueW(Key, NULL, L"ComponentId", RRF_RT_REG_SZ, NULL, Text, &Size) ==
                ERROR_SUCCESS &&
            lstrcmpiW(Text, L"Adit") == 0);
        RegCloseKey(Key);
    }
}

static void CheckAdapter(void)
{
    WCHAR Id[MAX_DEVICE_ID_LEN], Link[MAX_PATH];
    WINTUN_ADAPTER_HANDLE Adapter;
    HANDLE File;
    DEVINST Instance;
    ULONG Before = CountInterfaces(NULL, Link);
    Adapter = WintunCreateAdapter(L"Supplement", L"Test", NULL);
    if (!CHECK(Adapter != NULL))
        return;
    CHECK(CountInterfaces(NULL, Link) == Before + 1);
    File = CreateFileW(Link, GENERIC_READ | GENERIC_WRITE, 7, NULL, OPEN_EXISTING, 0, NULL);
    CHECK(File != INVALID_HANDLE_VALUE && CloseHandle(File));
    if (CHECK(FindDevice(Id)))
        CheckDevice(Id);
    WintunCloseAdapter(Adapter);
    CHECK(CountInterfaces(NULL, Link) == Before);
    CHECK(CM_Locate_DevNodeW(&Instance, Id, CM_LOCATE_DEVNODE_NORMAL) == CR_NO_SUCH_DEVNODE);
}

int main(int Count, char **Arguments)
{
    (void)Arguments;
    if (Count > 1)
        return Child();
    CheckExports(L"kernel32.dll");
    CheckExports(L"setupapi.dll");
    CheckNamespaces();
    CheckDrivers();
    CheckNoDevice();
    if (ClientLoad() == NULL)
        return 1;
    CheckAdapter();
    return CheckResult("supplement_test");
}
