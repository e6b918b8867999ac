/* SPDX-License-Identifier: MIT */
/*
 * Sharing a client's pages, the part in this process. One exchange:
 *
 *   here                                     helper thread in the client (share_remote.c)
 *   make the memory file, start the helper   open the file, say Ready, wait
 *   stop the client's other threads
 *   look at the range, plan the runs
 *   say Go                                   copy and map the runs, say Done
 *   map the range here
 *   let the threads run, say Abort           end
 *
 * If this process dies on the way, the helper lets the threads run.
 *
 * The helper starts before the threads are stopped, because starting a thread takes locks that a
 * stopped one could hold; from then on it makes system calls only. A helper that does not
 * end in time, because the client holds its loader lock, keeps its code page and memory file until
 * it has ended; they are freed at a later exchange.
 */
#include "share.h"
#include "log.h"
#include "ntdll.h"
#include "remote.h"
#include "share_functions.h"
#include "share_remote.h"
#include "unixcall.h"

#define SHARE_TAG 'hSdA'

/* Limits, in milliseconds, for what the client has to do. */
#define SHARE_CREATE_TIME 3000 /* make the helper */
#define SHARE_START_TIME  5000 /* have it run */
#define SHARE_STOP_TIME   2000 /* stop its threads */
#define SHARE_COPY_TIME   4000
#define SHARE_TOUCH_TIME  1000 /* tell what a page is */
#define SHARE_END_TIME    1000 /* end the helper, and free its page */
#define SHARE_POLL_TIME   20
#define SHARE_ALIVE_TIME  200 /* between the helper's looks whether this process lives */

#define LINUX_ENOENT 2
#define LINUX_E2BIG  7
#define LINUX_EFAULT 14
#define LINUX_ENOMEM 12
#define LINUX_EXDEV  18

/* CONTEXT: its size, where its ContextFlags are, and CONTEXT_CONTROL. */
#ifdef _M_AMD64
#define CONTEXT_SIZE    1232
#define CONTEXT_FLAGS   0x30
#define CONTEXT_CONTROL 0x00100001
#elif defined(_M_ARM64)
#define CONTEXT_SIZE    912
#define CONTEXT_FLAGS   0
#define CONTEXT_CONTROL 0x00400001
#else
#define CONTEXT_SIZE    716
#define CONTEXT_FLAGS   0
#define CONTEXT_CONTROL 0x00010001
#endif

/* One exchange, or what is left of one whose helper has not ended. */
typedef struct _SHARE_EXCHANGE
{
    struct _SHARE_EXCHANGE *Next;
    HANDLE Process;
    BOOLEAN Is32Bit;
    HANDLE Helper; /* thread */
    PVOID Code;    /* the helper's page in the client */
    ULONG64 Share;
    HOST_SHARE_CONTROL *Control;
    PVOID Base;
    SIZE_T Bytes;
    BOOLEAN Write;
    PVOID Bad; /* the first page that is not as wanted; NULL: none */
    ULONG ThreadCount;
    HANDLE Threads[HOST_SHARE_MAX_THREADS]; /* of the client, stopped; the helper among them,
                                               running */
} SHARE_EXCHANGE;

static RTL_CRITICAL_SECTION ShareLock =
    RTL_CRITICAL_SECTION_INITIALIZER;  /* one exchange at a time */
static SHARE_EXCHANGE *ShareLeftOvers; /* guarded by ShareLock */

static NTSTATUS ShareStatusOf(LONG LinuxError)
{
    switch (LinuxError)
    {
    case 0:
        return STATUS_SUCCESS;
    case LINUX_ENOENT: /* of /proc/PID/maps */
        return STATUS_PROCESS_IS_TERMINATING;
    case LINUX_EFAULT:
        return STATUS_ACCESS_VIOLATION;
    case LINUX_E2BIG:
    case LINUX_ENOMEM:
        return STATUS_INSUFFICIENT_RESOURCES;
    case LINUX_EXDEV:
        LogError(
            "a ring lies in a view of something whose Linux file cannot be opened for writing. "
            "Use VirtualAlloc.");
        return STATUS_NOT_SUPPORTED;
    default:
        LogError("sharing a ring's pages failed with Linux error %d", LinuxError);
        return STATUS_UNSUCCESSFUL;
    }
}

static BOOLEAN ShareHasEnded(HANDLE Object, ULONG Milliseconds)
{
    LARGE_INTEGER Timeout = {.QuadPart = -10000LL * Milliseconds};
    return NtWaitForSingleObject(Object, FALSE, &Timeout) == STATUS_WAIT_0;
}

/* Waits until the control area leaves that state, the helper ends or time is up. */
static ULONG ShareWaitState(SHARE_EXCHANGE *Exchange, ULONG State, ULONG Milliseconds)
{
    HOST_SHARE_CALL Call = {.Share = Exchange->Share, .Milliseconds = SHARE_POLL_TIME};
    for (ULONG Waited = 0; Waited < Milliseconds; Waited += SHARE_POLL_TIME)
    {
        Call.State = State;
        UnixCall(HostUnixShareWait, &Call);
        if (Call.State != State || ShareHasEnded(Exchange->Helper, 0))
            break;
    }
    return __atomic_load_n(&Exchange->Control->State, __ATOMIC_ACQUIRE);
}

static VOID ShareSay(SHARE_EXCHANGE *Exchange, ULONG State)
{
    HOST_SHARE_CALL Call = {.Share = Exchange->Share, .State = State};
    UnixCall(HostUnixShareSignal, &Call);
}

static NTSTATUS ShareOpenProcess(SHARE_EXCHANGE *Exchange, HANDLE ProcessId)
{
    OBJECT_ATTRIBUTES Attributes;
    CLIENT_ID Client = {.UniqueProcess = ProcessId};
    ULONG_PTR Wow64 = 0;
    NTSTATUS Status;
    InitializeObjectAttributes(&Attributes, NULL, 0, NULL, NULL);
    Status = NtOpenProcess(&Exchange->Process, PROCESS_ALL_ACCESS, &Attributes, &Client);
    if (!NT_SUCCESS(Status))
        return Status;
    NtQueryInformationProcess(
        Exchange->Process, ProcessWow64Information, &Wow64, sizeof(Wow64), NULL);
    Exchange->Is32Bit = Wow64 != 0;
    return STATUS_SUCCESS;
}

static NTSTATUS ShareCreateFile(SHARE_EXCHANGE *Exchange, SHARE_REMOTE_ARGUMENTS *Arguments)
{
    HOST_SHARE_CREATE Create = {.Bytes = Exchange->Bytes};
    UnixCall(HostUnixShareCreate, &Create);
    if (Create.Error != 0)
        return ShareStatusOf(Create.Error);
    Exchange->Share = Create.Share;
    Exchange->Control = (HOST_SHARE_CONTROL *)(ULONG_PTR)Create.Control;
    Exchange->Control->Id = Arguments->Id;
    RtlCopyMemory(Arguments->Path, Create.Path, sizeof(Arguments->Path));
    return STATUS_SUCCESS;
}

typedef struct _SHARE_START
{
    SHARE_EXCHANGE *Exchange;
    SHARE_REMOTE_ARGUMENTS Arguments;
    const VOID *Code;
    SIZE_T CodeSize;
} SHARE_START;

#ifdef _M_ARM64

/*
 * Makes the helper's page, a section's: Wine's server writes to processes by ptrace, which the
 * emulation of arm64 by qemu lacks.
 */
static NTSTATUS SharePlaceHelper(SHARE_START *Start, SIZE_T ArgumentsAt)
{
    SHARE_EXCHANGE *Exchange = Start->Exchange;
    LARGE_INTEGER Bytes = {.QuadPart = PAGE_SIZE};
    SIZE_T Size = 0;
    PVOID Page = NULL;
    HANDLE Section;
    NTSTATUS Status = NtCreateSection(
        &Section, SECTION_ALL_ACCESS, NULL, &Bytes, PAGE_EXECUTE_READWRITE, SEC_COMMIT, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = NtMapViewOfSection(
        Section, NtCurrentProcess(), &Page, 0, 0, NULL, &Size, ViewUnmap, 0, PAGE_READWRITE);
    if (NT_SUCCESS(Status))
    {
        RtlCopyMemory(Page, Start->Code, Start->CodeSize);
        RtlCopyMemory((PUCHAR)Page + ArgumentsAt, &Start->Arguments, sizeof(Start->Arguments));
        NtUnmapViewOfSection(NtCurrentProcess(), Page);
        Size = 0;
        Status = NtMapViewOfSection(
            Section, Exchange->Process, &Exchange->Code, 0, 0, NULL, &Size, ViewUnmap, 0,
            PAGE_EXECUTE_READWRITE);
    }
    ZwClose(Section);
    return Status;
}

static NTSTATUS ShareFreeCode(PVOID Context)
{
    SHARE_EXCHANGE *Exchange = Context;
    return NtUnmapViewOfSection(Exchange->Process, Exchange->Code);
}

#else

static NTSTATUS SharePlaceHelper(SHARE_START *Start, SIZE_T ArgumentsAt)
{
    SHARE_EXCHANGE *Exchange = Start->Exchange;
    SIZE_T Size = PAGE_SIZE;
    NTSTATUS Status = NtAllocateVirtualMemory(
        Exchange->Process, &Exchange->Code, 0, &Size, MEM_RESERVE | MEM_COMMIT,
        PAGE_EXECUTE_READWRITE);
    if (NT_SUCCESS(Status))
        Status = NtWriteVirtualMemory(
            Exchange->Process, Exchange->Code, Start->Code, Start->CodeSize, NULL);
    if (NT_SUCCESS(Status))
        Status = NtWriteVirtualMemory(
            Exchange->Process, (PUCHAR)Exchange->Code + ArgumentsAt, &Start->Arguments,
            sizeof(Start->Arguments), NULL);
    return Status;
}

static NTSTATUS ShareFreeCode(PVOID Context)
{
    SHARE_EXCHANGE *Exchange = Context;
    SIZE_T Size = 0;
    return NtFreeVirtualMemory(Exchange->Process, &Exchange->Code, &Size, MEM_RELEASE);
}

#endif

/* Starts the helper; its page holds the code, then its arguments. */
static NTSTATUS ShareCreateHelper(PVOID Context)
{
    SHARE_START *Start = Context;
    SHARE_EXCHANGE *Exchange = Start->Exchange;
    SIZE_T ArgumentsAt = (Start->CodeSize + 15) & ~(SIZE_T)15;
    NTSTATUS Status;
    ShareFindFunctions(Exchange->Process, Exchange->Is32Bit, &Start->Arguments);
    Status = SharePlaceHelper(Start, ArgumentsAt);
    if (!NT_SUCCESS(Status))
        return Status;
    return NtCreateThreadEx(
        &Exchange->Helper, THREAD_ALL_ACCESS, NULL, Exchange->Process, Exchange->Code,
        (PUCHAR)Exchange->Code + ArgumentsAt, 0, 0, 0, 0, NULL);
}

static NTSTATUS ShareStartHelper(SHARE_EXCHANGE *Exchange)
{
    static ULONG64 LastId; /* guarded by ShareLock */
    SHARE_START Start = {
        .Exchange = Exchange,
        .Arguments = {.Id = ++LastId, .WaitTime = {0, SHARE_ALIVE_TIME * 1000000}},
        .Code = (const VOID *)ShareRemoteMain,
        .CodeSize = (PUCHAR)ShareRemoteEnd - (PUCHAR)ShareRemoteMain};
    NTSTATUS Status = ShareCreateFile(Exchange, &Start.Arguments);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Exchange->Is32Bit)
    {
        Start.Code = ShareRemote32;
        Start.CodeSize = ShareRemote32Size;
    }
    if ((PUCHAR)ShareRemoteEnd <= (PUCHAR)ShareRemoteMain ||
        Start.CodeSize + 16 + sizeof(Start.Arguments) > PAGE_SIZE)
        return STATUS_INTERNAL_ERROR;
    return RemoteRun(Exchange->Process, ShareCreateHelper, &Start, SHARE_CREATE_TIME);
}

static HANDLE ShareThreadId(HANDLE Thread)
{
    THREAD_BASIC_INFORMATION Information = {0};
    NtQueryInformationThread(
        Thread, ThreadBasicInformation, &Information, sizeof(Information), NULL);
    return Information.ClientId.UniqueThread;
}

/*
 * Stops all threads but the helper. Wine stops a thread by a signal, some time after
 * NtSuspendThread: only once its registers can be read has it stopped. Threads that a running one
 * starts meanwhile come later in the list and are stopped too.
 */
static NTSTATUS ShareStopThreads(PVOID Argument)
{
    static DECLSPEC_ALIGN(16) UCHAR Context[CONTEXT_SIZE]; /* guarded by ShareLock */
    SHARE_EXCHANGE *Exchange = Argument;
    HOST_SHARE_CONTROL *Control = Exchange->Control;
    HANDLE HelperId = ShareThreadId(Exchange->Helper), Thread = NULL;
    while (NT_SUCCESS(NtGetNextThread(Exchange->Process, Thread, THREAD_ALL_ACCESS, 0, 0, &Thread)))
    {
        if (Exchange->ThreadCount == HOST_SHARE_MAX_THREADS)
        {
            ZwClose(Thread);
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        Exchange->Threads[Exchange->ThreadCount++] = Thread;
        if (ShareThreadId(Thread) == HelperId)
            continue;
        Control->Stopped[Control->StoppedCount] = (ULONG)(ULONG_PTR)ShareThreadId(Thread);
        WriteRelease((volatile LONG *)&Control->StoppedCount, (LONG)Control->StoppedCount + 1);
        NtSuspendThread(Thread, NULL);
    }
    for (ULONG i = 0; i < Exchange->ThreadCount; i++)
    {
        if (ShareThreadId(Exchange->Threads[i]) == HelperId)
            continue;
        *(ULONG *)&Context[CONTEXT_FLAGS] = CONTEXT_CONTROL;
        NtGetContextThread(Exchange->Threads[i], Context);
    }
    return STATUS_SUCCESS;
}

/* For the helper, and a thread that was not reached, which were not stopped, this does nothing. */
static VOID ShareResumeThreads(SHARE_EXCHANGE *Exchange)
{
    for (ULONG i = 0; i < Exchange->ThreadCount; i++)
    {
        NtResumeThread(Exchange->Threads[i], NULL);
        ZwClose(Exchange->Threads[i]);
    }
    Exchange->ThreadCount = 0;
}

/* Has the helper do the runs. */
static NTSTATUS ShareGo(SHARE_EXCHANGE *Exchange)
{
    ShareSay(Exchange, HostShareGo);
    if (ShareWaitState(Exchange, HostShareGo, SHARE_COPY_TIME) != HostShareDone)
        return STATUS_IO_TIMEOUT;
    return ShareStatusOf(Exchange->Control->Error);
}

/* What happens while the client stands still. */
static NTSTATUS ShareExchangePages(SHARE_EXCHANGE *Exchange, SHARE_VIEW *View)
{
    NTSTATUS Status;
    HOST_SHARE_PLAN Plan = {
        .Share = Exchange->Share,
        .Base = (ULONG_PTR)Exchange->Base,
        .Bytes = Exchange->Bytes,
        .Write = Exchange->Write};
    HOST_SHARE_MAP Map = {
        .Share = Exchange->Share, .Base = (ULONG_PTR)Exchange->Base, .Bytes = Exchange->Bytes};
    UnixCall(HostUnixSharePlan, &Plan);
    if (Plan.Error == LINUX_EFAULT)
        Exchange->Bad = (PVOID)(ULONG_PTR)Plan.Bad;
    Status = ShareStatusOf(Plan.Error);
    if (NT_SUCCESS(Status) && Exchange->Control->RunCount != 0)
        Status = ShareGo(Exchange);
    if (!NT_SUCCESS(Status))
        return Status;
    UnixCall(HostUnixShareMap, &Map);
    if (Map.Error != 0)
        return ShareStatusOf(Map.Error);
    View->View = Map.View;
    View->Address = (PVOID)(ULONG_PTR)Map.Address;
    return STATUS_SUCCESS;
}

/*
 * What touching the page raises that kept the range from being shared. A guard page's alarm goes
 * off once, in a system service too (Microsoft, "Creating Guard Pages").
 */
static NTSTATUS ShareTouchBad(PVOID Context)
{
    SHARE_EXCHANGE *Exchange = Context;
    MEMORY_BASIC_INFORMATION Region;
    PVOID Base = Exchange->Bad;
    SIZE_T Size = PAGE_SIZE;
    ULONG Protection;
    if (!NT_SUCCESS(NtQueryVirtualMemory(
            Exchange->Process, Base, MemoryBasicInformation, &Region, sizeof(Region), NULL)) ||
        Region.State != MEM_COMMIT || (Region.Protect & PAGE_GUARD) == 0)
        return STATUS_ACCESS_VIOLATION;
    NtProtectVirtualMemory(
        Exchange->Process, &Base, &Size, Region.Protect & ~(ULONG)PAGE_GUARD, &Protection);
    return STATUS_GUARD_PAGE_VIOLATION;
}

/* Waits for the helper to say Ready. */
static NTSTATUS ShareAwaitHelper(SHARE_EXCHANGE *Exchange)
{
    THREAD_BASIC_INFORMATION Information = {0};
    if (ShareWaitState(Exchange, HostShareStarting, SHARE_START_TIME) == HostShareReady)
        return STATUS_SUCCESS;
    if (ShareHasEnded(Exchange->Process, 0))
        return STATUS_PROCESS_IS_TERMINATING;
    if (ShareHasEnded(Exchange->Helper, 0))
    {
        NtQueryInformationThread(
            Exchange->Helper, ThreadBasicInformation, &Information, sizeof(Information), NULL);
        LogError(
            "the client cannot open its rings' memory file (Linux error %d); client and Wine "
            "session must run as the same user",
            Information.ExitStatus);
        return STATUS_ACCESS_DENIED;
    }
    LogError(
        "the client did not start a thread within %d ms, so its rings cannot be shared; are they "
        "registered from a DllMain?",
        SHARE_START_TIME);
    return STATUS_IO_TIMEOUT;
}

/* Frees what an exchange holds, in this process and in the client. FALSE: its helper still runs. */
static BOOLEAN ShareFree(SHARE_EXCHANGE *Exchange, ULONG Milliseconds)
{
    HOST_SHARE_CALL Call = {.Share = Exchange->Share};
    if (Exchange->Helper != NULL && !ShareHasEnded(Exchange->Helper, Milliseconds))
        return FALSE;
    /* Without a handle of the helper, it may still come to be, and need the page. */
    if (Exchange->Code != NULL && Exchange->Helper != NULL)
        RemoteRun(Exchange->Process, ShareFreeCode, Exchange, SHARE_END_TIME);
    if (Exchange->Helper != NULL)
        ZwClose(Exchange->Helper);
    if (Exchange->Process != NULL)
        ZwClose(Exchange->Process);
    if (Exchange->Share != 0)
        UnixCall(HostUnixShareClose, &Call);
    ExFreePoolWithTag(Exchange, SHARE_TAG);
    return TRUE;
}

static VOID ShareFreeLeftOvers(VOID)
{
    SHARE_EXCHANGE **Link = &ShareLeftOvers;
    while (*Link != NULL)
    {
        SHARE_EXCHANGE *Exchange = *Link, *Next = Exchange->Next;
        if (ShareFree(Exchange, 0))
            *Link = Next;
        else
            Link = &Exchange->Next;
    }
}

static NTSTATUS ShareRun(SHARE_EXCHANGE *Exchange, HANDLE ProcessId, SHARE_VIEW *View)
{
    NTSTATUS Status = ShareOpenProcess(Exchange, ProcessId);
    if (NT_SUCCESS(Status))
        Status = ShareStartHelper(Exchange);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ShareAwaitHelper(Exchange);
    if (NT_SUCCESS(Status))
    {
        Status = RemoteRun(Exchange->Process, ShareStopThreads, Exchange, SHARE_STOP_TIME);
        if (NT_SUCCESS(Status))
            Status = ShareExchangePages(Exchange, View);
        ShareResumeThreads(Exchange);
        if (Exchange->Bad != NULL)
            Status = RemoteRun(Exchange->Process, ShareTouchBad, Exchange, SHARE_TOUCH_TIME);
    }
    ShareSay(Exchange, HostShareAbort);
    return Status;
}

static NTSTATUS ShareReserve(PVOID Context)
{
    SHARE_EXCHANGE *Exchange = Context;
    SIZE_T Bytes = Exchange->Bytes;
    return NtAllocateVirtualMemory(
        Exchange->Process, &Exchange->Base, 0, &Bytes, MEM_RESERVE | MEM_COMMIT,
        Exchange->Write ? PAGE_READWRITE : PAGE_READONLY);
}

static NTSTATUS ShareRelease(PVOID Context)
{
    SHARE_PLACE *Place = Context;
    SIZE_T Size = 0;
    return NtFreeVirtualMemory(Place->Process, &Place->Base, &Size, MEM_RELEASE);
}

/* The client's threads run on: none knows the addresses, taken before the helper takes its own. */
static NTSTATUS
ShareRunInto(SHARE_EXCHANGE *Exchange, HANDLE ProcessId, const SHARE_VIEW *View, SIZE_T Offset)
{
    HOST_SHARE_PLAN_VIEW Plan = {
        .View = View->View, .Offset = Offset, .Bytes = Exchange->Bytes, .Write = Exchange->Write};
    SHARE_PLACE Place;
    NTSTATUS Status = ShareOpenProcess(Exchange, ProcessId);
    if (NT_SUCCESS(Status))
        Status = RemoteRun(Exchange->Process, ShareReserve, Exchange, SHARE_CREATE_TIME);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ShareStartHelper(Exchange);
    if (NT_SUCCESS(Status))
    {
        Status = ShareAwaitHelper(Exchange);
        Plan.Share = Exchange->Share;
        Plan.Address = (ULONG_PTR)Exchange->Base;
        UnixCall(HostUnixSharePlanView, &Plan);
        if (NT_SUCCESS(Status))
            Status = ShareStatusOf(Plan.Error);
        if (NT_SUCCESS(Status))
            Status = ShareGo(Exchange);
        ShareSay(Exchange, HostShareAbort);
    }
    /* A helper that is late may still map something there. */
    Place = (SHARE_PLACE){.Process = Exchange->Process, .Base = Exchange->Base};
    if (!NT_SUCCESS(Status) && Status != STATUS_IO_TIMEOUT)
        RemoteRun(Exchange->Process, ShareRelease, &Place, SHARE_END_TIME);
    return Status;
}

/* Takes ShareLock if it succeeds; ShareEnd leaves it. */
static NTSTATUS ShareBegin(PVOID Base, SIZE_T Bytes, BOOLEAN Write, SHARE_EXCHANGE **Exchange)
{
    NTSTATUS Status = UnixCallInitialize();
    if (!NT_SUCCESS(Status))
        return Status;
    *Exchange = ExAllocatePoolWithTag(PagedPool, sizeof(**Exchange), SHARE_TAG);
    if (*Exchange == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(*Exchange, sizeof(**Exchange));
    (*Exchange)->Base = Base;
    (*Exchange)->Bytes = Bytes;
    (*Exchange)->Write = Write;
    RtlEnterCriticalSection(&ShareLock);
    ShareFreeLeftOvers();
    return STATUS_SUCCESS;
}

static VOID ShareEnd(SHARE_EXCHANGE *Exchange)
{
    if (!ShareFree(Exchange, SHARE_END_TIME))
    {
        Exchange->Next = ShareLeftOvers;
        ShareLeftOvers = Exchange;
    }
    RtlLeaveCriticalSection(&ShareLock);
}

NTSTATUS ShareMap(HANDLE ProcessId, PVOID Base, SIZE_T Bytes, BOOLEAN Write, SHARE_VIEW *View)
{
    SHARE_EXCHANGE *Exchange;
    NTSTATUS Status = ShareBegin(Base, Bytes, Write, &Exchange);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ShareRun(Exchange, ProcessId, View);
    ShareEnd(Exchange);
    return Status;
}

NTSTATUS ShareMapInto(
    HANDLE ProcessId,
    const SHARE_VIEW *View,
    SIZE_T Offset,
    SIZE_T Bytes,
    PVOID Base,
    BOOLEAN Write,
    SHARE_PLACE *Place)
{
    SHARE_EXCHANGE *Exchange;
    NTSTATUS Status = ShareBegin(Base, Bytes, Write, &Exchange);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ShareRunInto(Exchange, ProcessId, View, Offset);
    if (NT_SUCCESS(Status))
    {
        /* The exchange keeps its own handle as long as its helper runs. */
        Place->Base = Exchange->Base;
        Status = NtDuplicateObject(
            NtCurrentProcess(), Exchange->Process, NtCurrentProcess(), &Place->Process, 0, 0,
            DUPLICATE_SAME_ACCESS);
    }
    ShareEnd(Exchange);
    return Status;
}

VOID ShareUnmapFrom(SHARE_PLACE *Place)
{
    RemoteRun(Place->Process, ShareRelease, Place, SHARE_END_TIME);
    ZwClose(Place->Process);
}

NTSTATUS ShareCreate(SIZE_T Bytes, SHARE_VIEW *View)
{
    HOST_VIEW_CREATE Create = {.Bytes = Bytes};
    NTSTATUS Status = UnixCallInitialize();
    if (!NT_SUCCESS(Status))
        return Status;
    UnixCall(HostUnixViewCreate, &Create);
    View->View = Create.View;
    View->Address = (PVOID)(ULONG_PTR)Create.Address;
    return ShareStatusOf(Create.Error);
}

VOID ShareUnmap(const SHARE_VIEW *View)
{
    HOST_VIEW_CALL Call = {.View = View->View};
    UnixCall(HostUnixViewUnmap, &Call);
}
