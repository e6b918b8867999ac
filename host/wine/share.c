/* SPDX-License-Identifier: MIT */
/*
 * Sharing a client's pages, the part in this process. One exchange:
 *
 *   here                                     helper thread in the client (share_remote.c)
 *   look at the range
 *   make the memory file, start the helper   open the file, say Ready, wait
 *   stop the client's other threads
 *   look at the range again, plan the runs
 *   say Go                                   copy and map the runs, say Done
 *   map the range here
 *   let the threads run                      end
 *
 * The helper starts before the threads are stopped, because starting a thread takes locks that a
 * stopped one could hold; from then on it makes Linux system calls only. A helper that does not
 * end in time, because the client holds its loader lock, keeps its code page and memory file until
 * it has ended; they are freed at a later exchange.
 */
#include "share.h"
#include "log.h"
#include "ntdll.h"
#include "share_remote.h"
#include "unixcall.h"

#define SHARE_TAG 'hSdA'

#define SHARE_START_MILLISECONDS 5000
#define SHARE_COPY_MILLISECONDS  4000
#define SHARE_END_MILLISECONDS   1000
#define SHARE_POLL_MILLISECONDS  20

#define LINUX_EFAULT          14
#define LINUX_ENOMEM          12
#define LINUX_EXDEV           18
#define LINUX_PROT_READ_WRITE 3
#define LINUX_PROT_EXECUTE    4

#define CONTEXT_AMD64_CONTROL 0x00100001

typedef struct _SHARE_THREADS
{
    HANDLE *Handles; /* stopped threads */
    ULONG Count;
    ULONG Capacity;
} SHARE_THREADS;

/* One exchange, or what is left of one whose helper has not ended. */
typedef struct _SHARE_EXCHANGE
{
    struct _SHARE_EXCHANGE *Next;
    HANDLE Process;
    HANDLE Helper; /* thread */
    PVOID Code;    /* the helper's page in the client */
    ULONG64 Share;
    HOST_SHARE_CONTROL *Control;
    PVOID Base;
    SIZE_T Bytes;
    BOOLEAN Execute; /* the range is executable too */
    SHARE_THREADS Threads;
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
    case LINUX_EFAULT:
        return STATUS_ACCESS_VIOLATION;
    case LINUX_ENOMEM:
        return STATUS_INSUFFICIENT_RESOURCES;
    case LINUX_EXDEV:
        LogError("a ring lies in memory that is shared with another process or another view; "
                 "rings in section views are not supported under Wine. Use VirtualAlloc.");
        return STATUS_NOT_SUPPORTED;
    default:
        LogError("sharing a ring's pages failed with Linux error %d", LinuxError);
        return STATUS_UNSUCCESSFUL;
    }
}

static BOOLEAN ShareHasEnded(HANDLE Thread, ULONG Milliseconds)
{
    LARGE_INTEGER Timeout = {.QuadPart = -10000LL * Milliseconds};
    return NtWaitForSingleObject(Thread, FALSE, &Timeout) == STATUS_WAIT_0;
}

/* Waits until the control area leaves that state, the helper ends or time is up. */
static ULONG ShareWaitState(SHARE_EXCHANGE *Exchange, ULONG State, ULONG Milliseconds)
{
    HOST_SHARE_CALL Call = {.Share = Exchange->Share, .Milliseconds = SHARE_POLL_MILLISECONDS};
    for (ULONG Waited = 0; Waited < Milliseconds; Waited += SHARE_POLL_MILLISECONDS)
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

/* Are all pages of the range committed, and writable if they must be? */
static NTSTATUS ShareProbe(SHARE_EXCHANGE *Exchange)
{
    const ULONG Writable =
        PAGE_READWRITE | PAGE_WRITECOPY | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY;
    const ULONG Executable = PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY;
    PUCHAR Address = Exchange->Base, End = Address + Exchange->Bytes;
    while (Address < End)
    {
        MEMORY_BASIC_INFORMATION Region;
        NTSTATUS Status = NtQueryVirtualMemory(
            Exchange->Process, Address, MemoryBasicInformation, &Region, sizeof(Region), NULL);
        /* Read-only pages are refused altogether: they would have to become writable here. */
        if (!NT_SUCCESS(Status) || Region.State != MEM_COMMIT ||
            (Region.Protect & PAGE_GUARD) != 0 || (Region.Protect & Writable) == 0)
            return STATUS_ACCESS_VIOLATION;
        if ((Region.Protect & Executable) != 0)
            Exchange->Execute = TRUE;
        Address = (PUCHAR)Region.BaseAddress + Region.RegionSize;
    }
    return STATUS_SUCCESS;
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
    if (Wow64 != 0)
    {
        LogError("rings of 32-bit programs cannot be shared; use a 64-bit program");
        return STATUS_NOT_SUPPORTED;
    }
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
    RtlCopyMemory(Arguments->Path, Create.Path, sizeof(Arguments->Path));
    return STATUS_SUCCESS;
}

/* Starts the helper; its page holds the code, then its arguments. */
static NTSTATUS ShareStartHelper(SHARE_EXCHANGE *Exchange)
{
    SHARE_REMOTE_ARGUMENTS Arguments = {.WaitTime = {1, 0}, .Waits = 20};
    SIZE_T Size = PAGE_SIZE, CodeSize = (PUCHAR)ShareRemoteEnd - (PUCHAR)ShareRemoteMain;
    PUCHAR Remote;
    NTSTATUS Status = ShareCreateFile(Exchange, &Arguments);
    if (!NT_SUCCESS(Status))
        return Status;
    if ((PUCHAR)ShareRemoteEnd <= (PUCHAR)ShareRemoteMain ||
        CodeSize + 16 + sizeof(Arguments) > PAGE_SIZE)
        return STATUS_INTERNAL_ERROR;
    Status = NtAllocateVirtualMemory(
        Exchange->Process, &Exchange->Code, 0, &Size, MEM_RESERVE | MEM_COMMIT,
        PAGE_EXECUTE_READWRITE);
    if (!NT_SUCCESS(Status))
        return Status;
    Remote = (PUCHAR)Exchange->Code + ((CodeSize + 15) & ~(SIZE_T)15);
    Status = NtWriteVirtualMemory(
        Exchange->Process, Exchange->Code, (PVOID)ShareRemoteMain, CodeSize, NULL);
    if (NT_SUCCESS(Status))
        Status =
            NtWriteVirtualMemory(Exchange->Process, Remote, &Arguments, sizeof(Arguments), NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    return NtCreateThreadEx(
        &Exchange->Helper, THREAD_ALL_ACCESS, NULL, Exchange->Process, Exchange->Code, Remote, 0, 0,
        0, 0, NULL);
}

static BOOLEAN ShareRemember(SHARE_THREADS *Threads, HANDLE Thread)
{
    if (Threads->Count == Threads->Capacity)
    {
        ULONG Capacity = Threads->Capacity * 2 + 32;
        HANDLE *Handles = ExAllocatePoolWithTag(PagedPool, Capacity * sizeof(HANDLE), SHARE_TAG);
        if (Handles == NULL)
            return FALSE;
        if (Threads->Handles != NULL)
        {
            RtlCopyMemory(Handles, Threads->Handles, Threads->Count * sizeof(HANDLE));
            ExFreePoolWithTag(Threads->Handles, SHARE_TAG);
        }
        Threads->Handles = Handles;
        Threads->Capacity = Capacity;
    }
    Threads->Handles[Threads->Count++] = Thread;
    return TRUE;
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
static VOID ShareStopThreads(SHARE_EXCHANGE *Exchange)
{
    static DECLSPEC_ALIGN(16) UCHAR Context[1232]; /* CONTEXT; guarded by ShareLock */
    SHARE_THREADS *Threads = &Exchange->Threads;
    HANDLE HelperId = ShareThreadId(Exchange->Helper), Thread = NULL;
    while (NT_SUCCESS(NtGetNextThread(Exchange->Process, Thread, THREAD_ALL_ACCESS, 0, 0, &Thread)))
    {
        if (!ShareRemember(Threads, Thread))
        {
            ZwClose(Thread);
            break;
        }
        if (ShareThreadId(Thread) != HelperId)
            NtSuspendThread(Thread, NULL);
    }
    for (ULONG i = 0; i < Threads->Count; i++)
    {
        if (ShareThreadId(Threads->Handles[i]) == HelperId)
            continue;
        *(ULONG *)&Context[0x30] = CONTEXT_AMD64_CONTROL;
        NtGetContextThread(Threads->Handles[i], Context);
    }
}

/* For the helper, which was not stopped, this does nothing. */
static VOID ShareResumeThreads(SHARE_EXCHANGE *Exchange)
{
    SHARE_THREADS *Threads = &Exchange->Threads;
    for (ULONG i = 0; i < Threads->Count; i++)
    {
        NtResumeThread(Threads->Handles[i], NULL);
        ZwClose(Threads->Handles[i]);
    }
    if (Threads->Handles != NULL)
        ExFreePoolWithTag(Threads->Handles, SHARE_TAG);
    RtlZeroMemory(Threads, sizeof(*Threads));
}

/* What happens while the client stands still. */
static NTSTATUS ShareExchangePages(SHARE_EXCHANGE *Exchange, SHARE_VIEW *View)
{
    HOST_SHARE_CONTROL *Control = Exchange->Control;
    HOST_SHARE_PLAN Plan = {
        .Share = Exchange->Share, .Base = (ULONG_PTR)Exchange->Base, .Bytes = Exchange->Bytes};
    HOST_SHARE_MAP Map = {
        .Share = Exchange->Share, .Base = (ULONG_PTR)Exchange->Base, .Bytes = Exchange->Bytes};
    NTSTATUS Status = ShareProbe(Exchange);
    if (!NT_SUCCESS(Status))
        return Status;
    UnixCall(HostUnixSharePlan, &Plan);
    if (Plan.Error != 0)
        return ShareStatusOf(Plan.Error);
    if (Control->RunCount != 0)
    {
        Control->Protection = LINUX_PROT_READ_WRITE | (Exchange->Execute ? LINUX_PROT_EXECUTE : 0);
        ShareSay(Exchange, HostShareGo);
        if (ShareWaitState(Exchange, HostShareGo, SHARE_COPY_MILLISECONDS) != HostShareDone)
            return STATUS_IO_TIMEOUT;
        if (Control->Error != 0)
            return ShareStatusOf(Control->Error);
    }
    UnixCall(HostUnixShareMap, &Map);
    if (Map.Error != 0)
        return ShareStatusOf(Map.Error);
    View->View = Map.View;
    View->Address = (PVOID)(ULONG_PTR)Map.Address;
    return STATUS_SUCCESS;
}

/* Waits for the helper to say Ready. */
static NTSTATUS ShareAwaitHelper(SHARE_EXCHANGE *Exchange)
{
    THREAD_BASIC_INFORMATION Information = {0};
    if (ShareWaitState(Exchange, HostShareStarting, SHARE_START_MILLISECONDS) == HostShareReady)
        return STATUS_SUCCESS;
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
        SHARE_START_MILLISECONDS);
    return STATUS_IO_TIMEOUT;
}

/* Frees what an exchange holds, in this process and in the client. FALSE: its helper still runs. */
static BOOLEAN ShareFree(SHARE_EXCHANGE *Exchange, ULONG Milliseconds)
{
    HOST_SHARE_CALL Call = {.Share = Exchange->Share};
    SIZE_T Size = 0;
    if (Exchange->Helper != NULL)
    {
        if (!ShareHasEnded(Exchange->Helper, Milliseconds))
            return FALSE;
        ZwClose(Exchange->Helper);
    }
    if (Exchange->Code != NULL)
        NtFreeVirtualMemory(Exchange->Process, &Exchange->Code, &Size, MEM_RELEASE);
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
        Status = ShareProbe(Exchange);
    if (NT_SUCCESS(Status))
        Status = ShareStartHelper(Exchange);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ShareAwaitHelper(Exchange);
    if (NT_SUCCESS(Status))
    {
        ShareStopThreads(Exchange);
        Status = ShareExchangePages(Exchange, View);
        ShareResumeThreads(Exchange);
    }
    ShareSay(Exchange, HostShareAbort);
    return Status;
}

NTSTATUS ShareMap(HANDLE ProcessId, PVOID Base, SIZE_T Bytes, SHARE_VIEW *View)
{
    SHARE_EXCHANGE *Exchange;
    NTSTATUS Status = UnixCallInitialize();
    if (!NT_SUCCESS(Status))
        return Status;
    Exchange = ExAllocatePoolWithTag(PagedPool, sizeof(*Exchange), SHARE_TAG);
    if (Exchange == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Exchange, sizeof(*Exchange));
    Exchange->Base = Base;
    Exchange->Bytes = Bytes;
    RtlEnterCriticalSection(&ShareLock);
    ShareFreeLeftOvers();
    Status = ShareRun(Exchange, ProcessId, View);
    if (!ShareFree(Exchange, SHARE_END_MILLISECONDS))
    {
        Exchange->Next = ShareLeftOvers;
        ShareLeftOvers = Exchange;
    }
    RtlLeaveCriticalSection(&ShareLock);
    return Status;
}

VOID ShareUnmap(const SHARE_VIEW *View)
{
    HOST_VIEW_CALL Call = {.View = View->View};
    UnixCall(HostUnixViewUnmap, &Call);
}
