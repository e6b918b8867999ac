/* SPDX-License-Identifier: MIT */
/*
 * host_test.exe: what the Wine host promises to drivers, seen from a client. Prints one line a
 * check; exit status 1 if one fails.
 *
 *   host_test hold          locks a page and waits to be killed
 *   host_test serve         starts the driver and keeps it until it is killed
 *   host_test churn [N]     locks and unlocks memory that other threads write to, N times or for
 * ever
 */
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_test_client.h"
#include "host_test_process.h"

#define STATUS_INVALID_HANDLE_VALUE_ ((int)0xC0000008)
#define STATUS_ACCESS_DENIED_VALUE   ((int)0xC0000022)
#define STATUS_TYPE_MISMATCH_VALUE   ((int)0xC0000024)
#define STATUS_TIMEOUT_VALUE         0x102

HANDLE Device;
int Failures;

HOST_TEST_REQUEST Call(DWORD Code, HOST_TEST_REQUEST Request)
{
    DWORD Returned;
    if (!DeviceIoControl(
            Device, Code, &Request, sizeof(Request), &Request, sizeof(Request), &Returned, NULL))
    {
        printf("FAIL request %lx: error %lu\n", Code, GetLastError());
        exit(1);
    }
    return Request;
}

static int Lock(unsigned Slot, void *Address, size_t Length)
{
    return Call(
               HOST_TEST_LOCK,
               (HOST_TEST_REQUEST){.Slot = Slot, .Address = (ULONG_PTR)Address, .Length = Length})
        .Status;
}

void Unlock(unsigned Slot)
{
    Call(HOST_TEST_UNLOCK, (HOST_TEST_REQUEST){.Slot = Slot});
}

unsigned Read(unsigned Slot, size_t Offset)
{
    return Call(HOST_TEST_READ, (HOST_TEST_REQUEST){.Slot = Slot, .Offset = Offset}).Value;
}

void Write(unsigned Slot, size_t Offset, unsigned Value)
{
    Call(HOST_TEST_WRITE, (HOST_TEST_REQUEST){.Slot = Slot, .Offset = Offset, .Value = Value});
}

/* Two ranges of one allocation that share a page, neither on a page boundary. */
static void TestSharing(void)
{
    const size_t Size = 0x500000, Second = 0x2003F4;
    MEMORY_BASIC_INFORMATION Before = {0}, After = {0};
    unsigned char *Memory = VirtualAlloc(NULL, Size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    ULONGLONG Start;
    for (size_t i = 0; i < Size; i++)
        Memory[i] = (unsigned char)(i * 7 + (i >> 12));
    VirtualQuery(Memory, &Before, sizeof(Before));
    Start = GetTickCount64();
    CHECK(Lock(0, Memory + 12, Second - 12) == 0);
    CHECK(Lock(1, Memory + Second, Size - Second) == 0);
    printf("     two locks: %llu ms\n", GetTickCount64() - Start);
    for (size_t i = 0; i < Size; i++)
    {
        if (Memory[i] != (unsigned char)(i * 7 + (i >> 12)))
        {
            printf("FAIL contents lost at %zx\n", i);
            Failures++;
            break;
        }
    }
    CHECK(Read(0, 0) == Memory[12]);
    CHECK(Read(1, 5) == Memory[Second + 5]);
    Memory[12] = 0xA5;
    CHECK(Read(0, 0) == 0xA5);
    Write(0, Second - 13, 0x5A);
    CHECK(Memory[Second - 1] == 0x5A);
    Write(1, 0, 0x77);
    CHECK(Memory[Second] == 0x77);
    Memory[Second + 1] = 0x78;
    CHECK(Read(1, 1) == 0x78);
    CHECK(
        Call(HOST_TEST_PARTIAL, (HOST_TEST_REQUEST){.Slot = 1, .Offset = 0x12345}).Value ==
        Memory[Second + 0x12345]);
    VirtualQuery(Memory, &After, sizeof(After));
    CHECK(memcmp(&Before, &After, sizeof(Before)) == 0);
    Unlock(0);
    CHECK(Memory[12] == 0xA5);
    Write(1, 2, 0x79);
    CHECK(Memory[Second + 2] == 0x79);
    Unlock(1);
    /* Again: a second session in the same memory. */
    Memory[12] = 1;
    CHECK(Lock(0, Memory + 12, Second - 12) == 0);
    CHECK(Lock(1, Memory + Second, Size - Second) == 0);
    CHECK(Read(0, 0) == 1);
    Write(0, 0, 2);
    CHECK(Memory[12] == 2);
    CHECK(Memory[0x300000] == (unsigned char)(0x300000 * 7 + (0x300000 >> 12)));
    /* Freed while locked: the driver's view outlives it. */
    CHECK(VirtualFree(Memory, 0, MEM_RELEASE));
    CHECK(Read(0, 0) == 2);
    CHECK(VirtualQuery(Memory, &After, sizeof(After)) != 0 && After.State == MEM_FREE);
    CHECK(
        VirtualAlloc(Memory, Size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE) == Memory &&
        Memory[12] == 0);
    Memory[12] = 3;
    CHECK(Read(0, 0) == 2);
    CHECK(Lock(2, Memory, Size) == 0);
    CHECK(Read(2, 12) == 3);
    Unlock(2);
    Unlock(1);
    Unlock(0);
    CHECK(VirtualFree(Memory, 0, MEM_RELEASE));
}

static unsigned char Static[0x21000];

static void TestOtherMemory(void)
{
    unsigned char *Heap = malloc(0x40000), Stack[64];
    DWORD Old;
    Static[100] = 9;
    CHECK(Lock(0, Static, sizeof(Static)) == 0 && Read(0, 100) == 9);
    Write(0, 0x20000, 10);
    CHECK(Static[0x20000] == 10);
    Unlock(0);
    Heap[0] = 1;
    CHECK(Lock(0, Heap, 0x40000) == 0 && Read(0, 0) == 1);
    Write(0, 0x3FFFF, 4);
    CHECK(Heap[0x3FFFF] == 4);
    Unlock(0);
    free(Heap);
    Stack[0] = 5;
    CHECK(Lock(0, Stack, sizeof(Stack)) == 0 && Read(0, 0) == 5);
    Unlock(0);
    Heap = VirtualAlloc(NULL, 0x3000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    CHECK(Lock(0, Heap, 0x3000) == 0);
    CHECK(VirtualProtect(Heap, 0x1000, PAGE_READONLY, &Old) && Old == PAGE_READWRITE);
    CHECK(VirtualProtect(Heap, 0x1000, PAGE_READWRITE, &Old) && Old == PAGE_READONLY);
    Heap[0] = 6;
    CHECK(Read(0, 0) == 6);
    CHECK(VirtualFree(Heap + 0x1000, 0x1000, MEM_DECOMMIT));
    Unlock(0);
    VirtualFree(Heap, 0, MEM_RELEASE);
}

/* A section's view, with the section closed; another view, and a file, see what the driver does. */
static void TestView(HANDLE File)
{
    unsigned char *View, *Other, Byte = 0;
    DWORD Count;
    HANDLE Section = CreateFileMappingW(File, NULL, PAGE_READWRITE, 0, 0x30000, NULL);
    View = MapViewOfFile(Section, FILE_MAP_WRITE, 0, 0, 0);
    Other = MapViewOfFile(Section, FILE_MAP_WRITE, 0, 0x10000, 0);
    CloseHandle(Section);
    CHECK(View != NULL && Other != NULL);
    View[0x10005] = 4;
    CHECK(Lock(0, View + 5, 0x2FFF0) == 0 && Read(0, 0x10000) == 4);
    CHECK(Lock(1, Other, 0x1000) == 0 && Read(1, 5) == 4);
    Write(0, 0x10000, 5);
    CHECK(View[0x10005] == 5 && Other[5] == 5 && Read(1, 5) == 5);
    Other[6] = 6;
    CHECK(Read(0, 0x10001) == 6);
    CHECK(UnmapViewOfFile(View));
    Write(0, 0x10002, 7);
    CHECK(Other[7] == 7);
    Unlock(0);
    Unlock(1);
    CHECK(UnmapViewOfFile(Other));
    if (File == INVALID_HANDLE_VALUE)
        return;
    SetFilePointer(File, 0x10007, NULL, FILE_BEGIN);
    CHECK(ReadFile(File, &Byte, 1, &Count, NULL) && Count == 1 && Byte == 7);
}

static void TestViews(void)
{
    HANDLE File = CreateFileW(
        L"C:\\host_test.tmp", GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS,
        FILE_FLAG_DELETE_ON_CLOSE, NULL);
    HANDLE Section;
    unsigned char *View;
    TestView(INVALID_HANDLE_VALUE);
    TestView(File);
    Section = CreateFileMappingW(File, NULL, PAGE_READWRITE, 0, 0x30000, NULL);
    View = MapViewOfFile(Section, FILE_MAP_READ, 0, 0, 0);
    CHECK(Lock(0, View, 0x1000) == STATUS_ACCESS_VIOLATION_VALUE);
    UnmapViewOfFile(View);
    View = MapViewOfFile(Section, FILE_MAP_COPY, 0, 0, 0);
    View[0] = 1;
    CHECK(Lock(0, View, 0x1000) == 0 && Read(0, 0) == 1);
    Write(0, 0, 2);
    CHECK(View[0] == 2);
    Unlock(0);
    UnmapViewOfFile(View);
    CloseHandle(Section);
    CloseHandle(File);
}

static void TestBadMemory(void)
{
    unsigned char *Memory = VirtualAlloc(NULL, 0x10000, MEM_RESERVE, PAGE_READWRITE);
    DWORD Old;
    CHECK(Lock(0, NULL, 100) == STATUS_ACCESS_VIOLATION_VALUE);
    CHECK(Lock(0, (void *)0x10, 100) == STATUS_ACCESS_VIOLATION_VALUE);
    CHECK(Lock(0, (void *)~(ULONG_PTR)0xFFF, 100) == STATUS_ACCESS_VIOLATION_VALUE);
    CHECK(Lock(0, (void *)~(ULONG_PTR)0xFF, 0x1000) == STATUS_ACCESS_VIOLATION_VALUE);
    CHECK(Lock(0, (void *)0xFFFF800000000000, 0x1000) == STATUS_ACCESS_VIOLATION_VALUE);
    CHECK(Lock(0, Memory, 0x1000) == STATUS_ACCESS_VIOLATION_VALUE);
    VirtualAlloc(Memory, 0x2000, MEM_COMMIT, PAGE_READWRITE);
    CHECK(Lock(0, Memory, 0x3000) == STATUS_ACCESS_VIOLATION_VALUE);
    VirtualProtect(Memory + 0x1000, 0x1000, PAGE_READONLY, &Old);
    CHECK(Lock(0, Memory, 0x2000) == STATUS_ACCESS_VIOLATION_VALUE);
    CHECK(Lock(0, Memory, 0x1000) == 0);
    Unlock(0);
    CHECK(Lock(0, (void *)(ULONG_PTR)TestBadMemory, 16) == STATUS_ACCESS_VIOLATION_VALUE);
    VirtualFree(Memory, 0, MEM_RELEASE);
}

static void TestTimers(void)
{
    unsigned Line = Call(HOST_TEST_TIMERS, (HOST_TEST_REQUEST){0}).Value;
    if (Line != 0)
        printf("     line %u of host_test_timers.c failed\n", Line);
    CHECK(Line == 0);
    Line = Call(HOST_TEST_FUNCTIONS, (HOST_TEST_REQUEST){0}).Value;
    if (Line != 0)
        printf("     line %u of host_test_functions.c failed\n", Line);
    CHECK(Line == 0);
}

static int Reference(unsigned Slot, HANDLE Handle, DWORD Access)
{
    return Call(
               HOST_TEST_REFERENCE,
               (HOST_TEST_REQUEST){.Slot = Slot, .Handle = (ULONG_PTR)Handle, .Access = Access})
        .Status;
}

static void TestEvents(void)
{
    HANDLE Event = CreateEventW(NULL, FALSE, FALSE, NULL), Weak,
           Mutex = CreateMutexW(NULL, FALSE, NULL);
    HOST_TEST_REQUEST Slot0 = {.Slot = 0}, Wait = {.Slot = 0, .Value = 20};
    LARGE_INTEGER Start, End, Frequency;
    CHECK(Reference(0, Event, EVENT_MODIFY_STATE | SYNCHRONIZE) == 0);
    CHECK(Reference(1, Event, EVENT_MODIFY_STATE) == 0);
    CHECK(WaitForSingleObject(Event, 0) == WAIT_TIMEOUT);
    CHECK(Call(HOST_TEST_SET, Slot0).Value == 0);
    CHECK(Call(HOST_TEST_SET, (HOST_TEST_REQUEST){.Slot = 1}).Value == 1);
    CHECK(WaitForSingleObject(Event, 0) == WAIT_OBJECT_0);
    CHECK(WaitForSingleObject(Event, 0) == WAIT_TIMEOUT);
    CHECK(Call(HOST_TEST_WAIT, Wait).Status == STATUS_TIMEOUT_VALUE);
    SetEvent(Event);
    CHECK(Call(HOST_TEST_WAIT, Wait).Status == 0);
    Call(HOST_TEST_RELEASE, (HOST_TEST_REQUEST){.Slot = 1});
    QueryPerformanceCounter(&Start);
    for (int i = 0; i < 1000; i++)
        Call(HOST_TEST_SET, Slot0);
    QueryPerformanceCounter(&End);
    QueryPerformanceFrequency(&Frequency);
    printf(
        "     request that sets an event: %.1f us\n",
        (double)(End.QuadPart - Start.QuadPart) * 1000 / (double)Frequency.QuadPart);
    CHECK(WaitForSingleObject(Event, 0) == WAIT_OBJECT_0);
    Call(HOST_TEST_RELEASE, Slot0);
    CHECK(Reference(0, (HANDLE)0xBAD0, EVENT_MODIFY_STATE) == STATUS_INVALID_HANDLE_VALUE_);
    CHECK(Reference(0, NULL, EVENT_MODIFY_STATE) == STATUS_INVALID_HANDLE_VALUE_);
    CHECK(Reference(0, Mutex, EVENT_MODIFY_STATE) == STATUS_TYPE_MISMATCH_VALUE);
    DuplicateHandle(GetCurrentProcess(), Event, GetCurrentProcess(), &Weak, SYNCHRONIZE, FALSE, 0);
    CHECK(Reference(0, Weak, EVENT_MODIFY_STATE) == STATUS_ACCESS_DENIED_VALUE);
    CHECK(Reference(0, Weak, SYNCHRONIZE) == 0);
    Call(HOST_TEST_RELEASE, Slot0);
    CloseHandle(Weak);
    CloseHandle(Event);
    CloseHandle(Mutex);
}

static void TestAccess(void)
{
    SID_IDENTIFIER_AUTHORITY Authority = SECURITY_NT_AUTHORITY;
    SID_AND_ATTRIBUTES Disabled = {0};
    HANDLE Token, Restricted, Impersonation;
    AllocateAndInitializeSid(
        &Authority, 2, SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_ADMINS, 0, 0, 0, 0, 0, 0,
        &Disabled.Sid);
    CHECK(Call(HOST_TEST_ACCESS, (HOST_TEST_REQUEST){0}).Status == 0);
    OpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, &Token);
    CHECK(CreateRestrictedToken(Token, 0, 1, &Disabled, 0, NULL, 0, NULL, &Restricted));
    CHECK(DuplicateTokenEx(
        Restricted, TOKEN_ALL_ACCESS, NULL, SecurityImpersonation, TokenImpersonation,
        &Impersonation));
    CHECK(ImpersonateLoggedOnUser(Impersonation));
    CHECK(Call(HOST_TEST_ACCESS, (HOST_TEST_REQUEST){0}).Status == STATUS_ACCESS_DENIED_VALUE);
    RevertToSelf();
    CHECK(Call(HOST_TEST_ACCESS, (HOST_TEST_REQUEST){0}).Status == 0);
    CloseHandle(Impersonation);
    CloseHandle(Restricted);
    CloseHandle(Token);
    FreeSid(Disabled.Sid);
}

/* A thread that counts in memory while it is shared loses no count. */
static volatile LONG *Counter;
static volatile LONG Counted, StopCounting;

static DWORD WINAPI Count(void *Context)
{
    (void)Context;
    while (!StopCounting)
    {
        for (int i = 0; i < 1000; i++)
        {
            Counter[(i * 1024) % 0x40000]++;
            Counted++;
        }
    }
    return 0;
}

static void TestWriters(void)
{
    HANDLE Thread;
    LONG Sum = 0;
    int Status = 0;
    Counted = StopCounting = 0;
    Counter = VirtualAlloc(NULL, 0x100000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    Thread = CreateThread(NULL, 0, Count, NULL, 0, NULL);
    for (int i = 0; i < 20 && (Status = Lock(0, (void *)Counter, 0x100000)) == 0; i++)
        Unlock(0);
    CHECK(Status == 0);
    StopCounting = 1;
    WaitForSingleObject(Thread, INFINITE);
    CloseHandle(Thread);
    for (int i = 0; i < 0x40000; i++)
        Sum += Counter[i];
    printf("     %ld counts\n", Counted);
    CHECK(Sum == Counted && Sum != 0);
    VirtualFree((void *)Counter, 0, MEM_RELEASE);
}

static void TestProcess(const char *Self)
{
    STARTUPINFOA Startup = {.cb = sizeof(Startup)};
    PROCESS_INFORMATION Child;
    char Command[512];
    unsigned Value = 0;
    HANDLE Ready;
    snprintf(Command, sizeof(Command), "\"%s\" hold", Self);
    CHECK(CreateProcessA(NULL, Command, NULL, NULL, FALSE, 0, NULL, NULL, &Startup, &Child));
    for (int i = 0; i < 200; i++)
    {
        Sleep(50);
        if (WaitForSingleObject(Child.hProcess, 0) == WAIT_OBJECT_0)
            break;
        Ready = OpenEventW(SYNCHRONIZE, FALSE, L"AditHostTestReady");
        if (Ready != NULL)
        {
            CloseHandle(Ready);
            break;
        }
    }
    Call(HOST_TEST_NOTIFY_WAITS, (HOST_TEST_REQUEST){0});
    TerminateProcess(Child.hProcess, 3);
    WaitForSingleObject(Child.hProcess, INFINITE);
    for (int i = 0; i < 100 && Value != Child.dwProcessId; i++)
    {
        Value = Call(HOST_TEST_PROCESS, (HOST_TEST_REQUEST){0}).Value;
        Sleep(10);
    }
    CHECK(Value == Child.dwProcessId);
    /* The routine still runs, and may wait for what another thread does with a handle. */
    Ready = CreateEventW(NULL, TRUE, FALSE, NULL);
    CHECK(Reference(6, Ready, SYNCHRONIZE) == 0);
    CHECK(Call(HOST_TEST_NOTIFY_GOES, (HOST_TEST_REQUEST){0}).Status == 0);
    Call(HOST_TEST_RELEASE, (HOST_TEST_REQUEST){.Slot = 6});
    CloseHandle(Ready);
    /* The memory of the dead process is still there for the driver. */
    CHECK(Read(7, 0) == 0xBB);
    Write(7, 0, 0xBC);
    CHECK(Read(7, 0) == 0xBC);
    Call(HOST_TEST_UNMAP, (HOST_TEST_REQUEST){.Slot = 7});
    CHECK(Read(7, 0) == 0xBC);
    Unlock(7);
    Call(HOST_TEST_RELEASE, (HOST_TEST_REQUEST){.Slot = 7});
    CloseHandle(Child.hProcess);
    CloseHandle(Child.hThread);
}

static int Hold(void)
{
    HANDLE Event = CreateEventW(NULL, TRUE, FALSE, NULL);
    unsigned char *Memory = VirtualAlloc(NULL, 0x1000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    Memory[0] = 0xBB;
    if (Lock(7, Memory, 0x1000) != 0 || Reference(7, Event, EVENT_MODIFY_STATE) != 0 ||
        Call(HOST_TEST_MAP, (HOST_TEST_REQUEST){.Slot = 7}).Status != 0)
        return 1;
    CreateEventW(NULL, TRUE, TRUE, L"AditHostTestReady");
    Sleep(INFINITE);
    return 0;
}

/* Starts the driver that lies beside this program. */
static SC_HANDLE StartDriver(void)
{
    SC_HANDLE Manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_ALL_ACCESS), Service;
    WCHAR Path[MAX_PATH];
    GetModuleFileNameW(NULL, Path, MAX_PATH);
    wcscpy(wcsrchr(Path, L'.'), L".sys");
    Service = CreateServiceW(
        Manager, L"AditHostTest", L"AditHostTest", SERVICE_ALL_ACCESS, SERVICE_KERNEL_DRIVER,
        SERVICE_DEMAND_START, SERVICE_ERROR_NORMAL, Path, L"AditHostTest", NULL, NULL, NULL, NULL);
    if (Service == NULL)
        Service = OpenServiceW(Manager, L"AditHostTest", SERVICE_ALL_ACCESS);
    if (Service == NULL ||
        (!StartServiceW(Service, 0, NULL) && GetLastError() != ERROR_SERVICE_ALREADY_RUNNING))
        printf("FAIL the driver does not start: error %lu\n", GetLastError());
    CloseServiceHandle(Manager);
    return Service;
}

static void OpenDevice(void)
{
    Device = CreateFileW(
        L"\\\\.\\AditHostTest", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    if (Device == INVALID_HANDLE_VALUE)
    {
        printf("FAIL \\\\.\\AditHostTest does not open: error %lu\n", GetLastError());
        exit(1);
    }
}

static DWORD WINAPI Scribble(void *Memory)
{
    for (;;)
    {
        HANDLE Event = CreateEventW(NULL, FALSE, FALSE, NULL);
        for (size_t i = 0; i < 0x100000; i += 64)
            ((volatile unsigned char *)Memory)[i]++;
        CloseHandle(Event);
    }
    return 0;
}

static int Churn(int Times)
{
    unsigned char *Memory = VirtualAlloc(NULL, 0x100000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    for (int i = 0; i < 2; i++)
        CloseHandle(CreateThread(NULL, 0, Scribble, Memory, 0, NULL));
    printf("churning\n");
    for (int i = 0; Times == 0 || i < Times; i++)
    {
        int Status = Lock(2, Memory + 12, 0xFF000);
        if (Status != 0)
        {
            printf("FAIL lock %d: %x\n", i, (unsigned)Status);
            return 1;
        }
        Unlock(2);
    }
    return 0;
}

int main(int argc, char **argv)
{
    SC_HANDLE Service = NULL;
    LARGE_INTEGER Start, End, Frequency;
    unsigned Process, Handles;
    int Files;
    setvbuf(stdout, NULL, _IONBF, 0);
    if (argc > 1 && strcmp(argv[1], "hold") == 0)
    {
        OpenDevice();
        return Hold();
    }
    if (argc > 1 && strcmp(argv[1], "churn") == 0)
    {
        OpenDevice();
        return Churn(argc > 2 ? atoi(argv[2]) : 0);
    }
    Service = StartDriver();
    OpenDevice();
    if (argc > 1 && strcmp(argv[1], "serve") == 0)
    {
        printf("serving\n");
        Sleep(INFINITE);
    }
    Process = DriverProcess();
    CHECK(Process != 0);
    CHECK(Call(HOST_TEST_ROUTINE, (HOST_TEST_REQUEST){0}).Value == 7);
    QueryPerformanceCounter(&Start);
    CHECK(Call(HOST_TEST_STRESS, (HOST_TEST_REQUEST){0}).Value == 0);
    QueryPerformanceCounter(&End);
    QueryPerformanceFrequency(&Frequency);
    printf("     events: %lld ms\n", (End.QuadPart - Start.QuadPart) * 1000 / Frequency.QuadPart);
    TestTimers();
    /* What stays open for good is opened by the first of each. */
    TestSharing();
    TestEvents();
    TestAccess();
    TestProcess(argv[0]);
    Files = OpenFiles(Process);
    Handles = DriverHandles();
    TestSharing();
    TestOtherMemory();
    TestViews();
    TestBadMemory();
    TestMemory();
    TestMappings();
    TestBuffers();
    TestEvents();
    TestAccess();
    TestWriters();
    TestProcess(argv[0]);
    CHECK(LeftOvers(Process) == 0);
    /* Threads of the pools come and go, each with files and handles. */
    for (int i = 0; i < 200 && (OpenFiles(Process) > Files || DriverHandles() > Handles); i++)
        Sleep(100);
    printf("     %d files, %d before\n", OpenFiles(Process), Files);
    CHECK(OpenFiles(Process) <= Files && Files > 0);
    printf("     %u handles, %u before\n", DriverHandles(), Handles);
    CHECK(DriverHandles() <= Handles && Handles != 0);
    CloseHandle(Device);
    DeleteService(Service);
    CloseServiceHandle(Service);
    printf("%d failed\n", Failures);
    return Failures != 0;
}
