/* SPDX-License-Identifier: MIT */
/*
 * foreign_test.exe: two drivers at once, adit.sys and foreign.sys, with packets through both. Asks
 * tests/foreign/foreign_test, which runs it, by lines "linux: QUESTION" for what only Linux can do.
 * Prints one line a check, and at the end how many failed.
 *
 *   foreign_test hold     reads packets that never come, until it is killed or a read fails: then
 *                         its exit status is 7
 */
#include <winsock2.h>
#include <windows.h>
#include <setupapi.h>
#include <newdev.h>
#include <stdio.h>
#include <string.h>

#include "../../examples/echo.h"
#include "adit.h"
#include "foreign.h"

/* What is expected comes long before, on a machine that has time. */
#define LIMIT_MS 60000
#define READS    4

static int Failures;

#define CHECK(Condition) Check((Condition) != 0, __LINE__, #Condition)

static int Check(int Passed, int Line, const char *Text)
{
    printf("%s %d %s\n", Passed ? "ok  " : "FAIL", Line, Text);
    Failures += !Passed;
    return Passed;
}

#define WAIT_FOR(Condition)                               \
    do                                                    \
    {                                                     \
        ULONGLONG Limit_ = GetTickCount64() + LIMIT_MS;   \
        while (!(Condition) && GetTickCount64() < Limit_) \
            Sleep(5);                                     \
        CHECK(Condition);                                 \
    } while (0)

static BOOL Ask(const char *Question)
{
    char Line[80];
    printf("linux: %s\n", Question);
    if (fgets(Line, sizeof(Line), stdin) == NULL)
    {
        printf("no answer to '%s': run this program by tests/foreign/foreign_test\n", Question);
        ExitProcess(1);
    }
    return strncmp(Line, "yes", 3) == 0;
}

/* ---- The foreign device ---- */

static HANDLE Open(void)
{
    return CreateFileW(
        L"\\\\.\\AditForeign", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE,
        NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
}

static BOOL Control(HANDLE Device, DWORD Code, void *In, DWORD InSize, void *Out, DWORD OutSize)
{
    OVERLAPPED Overlapped = {.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};
    DWORD Returned;
    BOOL Done = DeviceIoControl(Device, Code, In, InSize, Out, OutSize, &Returned, &Overlapped);
    if (!Done && GetLastError() == ERROR_IO_PENDING)
    {
        Done = GetOverlappedResult(Device, &Overlapped, &Returned, TRUE);
    }
    CloseHandle(Overlapped.hEvent);
    return Done;
}

static FOREIGN_STATE Query(HANDLE Device)
{
    FOREIGN_STATE State = {0};
    Control(Device, FOREIGN_QUERY, NULL, 0, &State, sizeof(State));
    return State;
}

static BOOL LogHas(HANDLE Device, const char *Words)
{
    FOREIGN_STATE State = Query(Device);
    return strstr(State.Log, Words) != NULL;
}

static BOOL LogEndsWith(HANDLE Device, const char *Words)
{
    FOREIGN_STATE State = Query(Device);
    size_t Length = strlen(State.Log), End = strlen(Words);
    return Length >= End && strcmp(State.Log + Length - End, Words) == 0;
}

static HDEVINFO Devices;
static SP_DEVINFO_DATA DeviceInfo = {.cbSize = sizeof(DeviceInfo)};

static BOOL Install(const char *Inf)
{
    static const GUID Net = {
        0x4d36e972, 0xe325, 0x11ce, {0xbf, 0xc1, 0x08, 0x00, 0x2b, 0xe1, 0x03, 0x18}};
    static const char HardwareId[] = "AditForeign\0";
    BOOL Reboot;
    Devices = SetupDiCreateDeviceInfoList(&Net, NULL);
    return SetupDiCreateDeviceInfoA(
               Devices, "AditForeign", &Net, NULL, NULL, DICD_GENERATE_ID, &DeviceInfo) &&
           SetupDiSetDeviceRegistryPropertyA(
               Devices, &DeviceInfo, SPDRP_HARDWAREID, (const BYTE *)HardwareId,
               sizeof(HardwareId)) &&
           SetupDiCallClassInstaller(DIF_REGISTERDEVICE, Devices, &DeviceInfo) &&
           UpdateDriverForPlugAndPlayDevicesA(NULL, HardwareId, Inf, INSTALLFLAG_FORCE, &Reboot);
}

/* ---- Clients that answer pings ---- */

typedef struct _READER
{
    OVERLAPPED Overlapped;
    BYTE Packet[2048];
} READER;

static HANDLE Foreign;
static volatile LONG Stop;

static DWORD WINAPI AnswerForeign(void *Context)
{
    READER Readers[READS] = {0};
    HANDLE Events[READS], Written = CreateEventW(NULL, TRUE, FALSE, NULL);
    DWORD Length, Error = ERROR_SUCCESS;
    (void)Context;
    for (int i = 0; i < READS; i++)
    {
        Events[i] = Readers[i].Overlapped.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
        ReadFile(
            Foreign, Readers[i].Packet, sizeof(Readers[i].Packet), NULL, &Readers[i].Overlapped);
    }
    while (Error == ERROR_SUCCESS)
    {
        READER *Reader = &Readers[WaitForMultipleObjects(READS, Events, FALSE, INFINITE)];
        OVERLAPPED Write = {.hEvent = Written};
        if (!GetOverlappedResult(Foreign, &Reader->Overlapped, &Length, FALSE))
        {
            Error = GetLastError();
            break;
        }
        if (EchoAnswer(Reader->Packet, Length))
        {
            if (!WriteFile(Foreign, Reader->Packet, Length, NULL, &Write) &&
                GetLastError() == ERROR_IO_PENDING)
            {
                GetOverlappedResult(Foreign, &Write, &Length, TRUE);
            }
        }
        ReadFile(Foreign, Reader->Packet, sizeof(Reader->Packet), NULL, &Reader->Overlapped);
    }
    /* The others end with this one. */
    for (int i = 0; i < READS; i++)
    {
        GetOverlappedResult(Foreign, &Readers[i].Overlapped, &Length, TRUE);
        CloseHandle(Events[i]);
    }
    CloseHandle(Written);
    return Error;
}

static WINTUN_CREATE_ADAPTER_FUNC *WintunCreateAdapter;
static WINTUN_CLOSE_ADAPTER_FUNC *WintunCloseAdapter;
static WINTUN_START_SESSION_FUNC *WintunStartSession;
static WINTUN_END_SESSION_FUNC *WintunEndSession;
static WINTUN_GET_READ_WAIT_EVENT_FUNC *WintunGetReadWaitEvent;
static WINTUN_RECEIVE_PACKET_FUNC *WintunReceivePacket;
static WINTUN_RELEASE_RECEIVE_PACKET_FUNC *WintunReleaseReceivePacket;
static WINTUN_ALLOCATE_SEND_PACKET_FUNC *WintunAllocateSendPacket;
static WINTUN_SEND_PACKET_FUNC *WintunSendPacket;

static BOOL LoadLibraryOfOwn(void)
{
    HMODULE Module = LoadLibraryExW(L"adit.dll", NULL, LOAD_LIBRARY_SEARCH_APPLICATION_DIR);
#define LOAD(Name) ((Name = (void *)GetProcAddress(Module, #Name)) != NULL)
    return Module != NULL && LOAD(WintunCreateAdapter) && LOAD(WintunCloseAdapter) &&
           LOAD(WintunStartSession) && LOAD(WintunEndSession) && LOAD(WintunGetReadWaitEvent) &&
           LOAD(WintunReceivePacket) && LOAD(WintunReleaseReceivePacket) &&
           LOAD(WintunAllocateSendPacket) && LOAD(WintunSendPacket);
#undef LOAD
}

static DWORD WINAPI AnswerOwn(void *Session)
{
    while (!Stop)
    {
        DWORD Size;
        BYTE *Packet = WintunReceivePacket(Session, &Size), *Reply = NULL;
        if (Packet == NULL)
        {
            WaitForSingleObject(WintunGetReadWaitEvent(Session), 50);
            continue;
        }
        if (EchoAnswer(Packet, Size) && (Reply = WintunAllocateSendPacket(Session, Size)) != NULL)
        {
            memcpy(Reply, Packet, Size);
            WintunSendPacket(Session, Reply);
        }
        WintunReleaseReceivePacket(Session, Packet);
    }
    return 0;
}

/* ---- Another client ---- */

static int Hold(void)
{
    READER Readers[READS] = {0};
    HANDLE Device = Open(), Events[READS];
    DWORD Length;
    if (Device == INVALID_HANDLE_VALUE)
    {
        return 1;
    }
    for (int i = 0; i < READS; i++)
    {
        Events[i] = Readers[i].Overlapped.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
        ReadFile(
            Device, Readers[i].Packet, sizeof(Readers[i].Packet), NULL, &Readers[i].Overlapped);
    }
    WaitForMultipleObjects(READS, Events, TRUE, INFINITE);
    for (int i = 0; i < READS; i++)
    {
        if (GetOverlappedResult(Device, &Readers[i].Overlapped, &Length, FALSE))
        {
            return 2;
        }
    }
    return ReadFile(Device, Readers[0].Packet, 64, NULL, &Readers[0].Overlapped) ||
                   GetLastError() == ERROR_IO_PENDING
               ? 3
               : 7;
}

static HANDLE StartHolder(const char *Self)
{
    STARTUPINFOA Startup = {.cb = sizeof(Startup)};
    PROCESS_INFORMATION Child = {0};
    char Command[512];
    snprintf(Command, sizeof(Command), "\"%s\" hold", Self);
    CHECK(CreateProcessA(NULL, Command, NULL, NULL, FALSE, 0, NULL, NULL, &Startup, &Child));
    CloseHandle(Child.hThread);
    return Child.hProcess;
}

/* ---- Tests ---- */

static void TestPackets(void)
{
    HANDLE Answerer = CreateThread(NULL, 0, AnswerForeign, NULL, 0, NULL);
    /* Nothing in front of it: all that the driver tried behaved. */
    WAIT_FOR(LogHas(Foreign, "Checked Initialize LinkUp"));
    CHECK(strncmp(Query(Foreign).Log, "Checked ", 8) == 0);
    CHECK(strcmp(Query(Foreign).Description, "Adit foreign test adapter") == 0);
    WAIT_FOR(Query(Foreign).Waiting == READS);
    WAIT_FOR(Ask("carrier adit0"));
    CHECK(Ask("configure adit0 1") && Ask("configure Own 2"));
    CHECK(Ask("ping 10.7.1.2 10.7.2.2"));
    CHECK(Query(Foreign).Delivered >= 20 && Query(Foreign).Injected >= 20);
    CHECK(CancelIoEx(Foreign, NULL));
    CHECK(WaitForSingleObject(Answerer, LIMIT_MS) == WAIT_OBJECT_0);
    DWORD Error = 0;
    GetExitCodeThread(Answerer, &Error);
    CHECK(Error == ERROR_OPERATION_ABORTED);
    CHECK(LogHas(Foreign, "Cancel Cancel Cancel Cancel "));
    CHECK(Query(Foreign).Waiting == 0);
    CloseHandle(Answerer);
}

static void TestMirror(void)
{
    uint32_t On = 1, Off = 0;
    uint32_t Before = Query(Foreign).Mirrored;
    CHECK(Control(Foreign, FOREIGN_MIRROR, &On, sizeof(On), NULL, 0));
    CHECK(Ask("send 10.7.1.2 adit0"));
    WAIT_FOR(Query(Foreign).Mirrored >= Before + 20);
    CHECK(Ask("came adit0"));
    CHECK(Control(Foreign, FOREIGN_MIRROR, &Off, sizeof(Off), NULL, 0));
    CHECK(!LogHas(Foreign, "ParentLost"));
}

/* The driver says once that it hangs; its packet filter is set again then. */
static void TestReset(void)
{
    WAIT_FOR(Query(Foreign).Resets == 1);
    WAIT_FOR(Query(Foreign).Filters == 2);
}

static void TestKilledClient(const char *Self)
{
    HANDLE Child = StartHolder(Self);
    WAIT_FOR(Query(Foreign).Waiting == READS);
    TerminateProcess(Child, 3);
    CHECK(WaitForSingleObject(Child, LIMIT_MS) == WAIT_OBJECT_0);
    CloseHandle(Child);
    /* Its reads, then the end of its handle, then that of its file. */
    WAIT_FOR(LogHas(Foreign, "Create Cancel Cancel Cancel Cancel Cleanup Close "));
    CHECK(Query(Foreign).Waiting == 0);
}

static void TestSurpriseRemoval(const char *Self)
{
    HANDLE Child = StartHolder(Self);
    DWORD Status = 0;
    WAIT_FOR(Query(Foreign).Waiting == READS);
    CHECK(SetupDiCallClassInstaller(DIF_REMOVE, Devices, &DeviceInfo));
    CHECK(WaitForSingleObject(Child, LIMIT_MS) == WAIT_OBJECT_0);
    GetExitCodeProcess(Child, &Status);
    CHECK(Status == 7);
    CloseHandle(Child);
    CHECK(LogHas(Foreign, "SurpriseRemoved EndRead EndRead EndRead EndRead "));
    /* The device is the driver's, not the adapter's, and its file may be closed first. */
    WAIT_FOR(
        LogEndsWith(Foreign, "Cleanup Close Halt ") ||
        LogEndsWith(Foreign, "Halt Cleanup Close ") || LogEndsWith(Foreign, "Cleanup Halt Close "));
    CHECK(!Ask("exists adit0"));
    CHECK(Ask("exists Own"));
    CHECK(Ask("ping 10.7.2.2"));
}

static void TestUnload(void)
{
    SC_HANDLE Manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_ALL_ACCESS);
    SC_HANDLE Service = OpenServiceW(Manager, L"AditForeign", SERVICE_ALL_ACCESS);
    SERVICE_STATUS Status = {0};
    CloseHandle(Foreign);
    CHECK(ControlService(Service, SERVICE_CONTROL_STOP, &Status));
    WAIT_FOR(QueryServiceStatus(Service, &Status) && Status.dwCurrentState == SERVICE_STOPPED);
    CHECK(Open() == INVALID_HANDLE_VALUE);
    CHECK(DeleteService(Service));
    CloseServiceHandle(Service);
    CloseServiceHandle(Manager);
}

int main(int argc, char **argv)
{
    WINTUN_ADAPTER_HANDLE Adapter;
    WINTUN_SESSION_HANDLE Session;
    char Inf[MAX_PATH];
    HANDLE Answerer;
    setvbuf(stdout, NULL, _IONBF, 0);
    if (argc > 1 && strcmp(argv[1], "hold") == 0)
    {
        return Hold();
    }
    GetModuleFileNameA(NULL, Inf, sizeof(Inf) - 16);
    strcpy(strrchr(Inf, '\\'), "\\foreign.inf");
    if (!CHECK(Install(Inf)) || !CHECK((Foreign = Open()) != INVALID_HANDLE_VALUE))
    {
        printf("error %#lx\n", GetLastError());
        return 1;
    }
    CHECK(LoadLibraryOfOwn());
    CHECK((Adapter = WintunCreateAdapter(L"Own", L"AditForeignTest", NULL)) != NULL);
    CHECK((Session = WintunStartSession(Adapter, 0x40000)) != NULL);
    Answerer = CreateThread(NULL, 0, AnswerOwn, Session, 0, NULL);
    TestPackets();
    TestMirror();
    TestReset();
    TestKilledClient(argv[0]);
    TestSurpriseRemoval(argv[0]);
    Stop = TRUE;
    WaitForSingleObject(Answerer, INFINITE);
    WintunEndSession(Session);
    WintunCloseAdapter(Adapter);
    printf("     log of the driver: %s\n", Query(Foreign).Log);
    TestUnload();
    printf("foreign_test: %d checks failed\n", Failures);
    return Failures != 0;
}
