/* SPDX-License-Identifier: MIT */
/*
 * The code that runs in the client: system calls only, Linux' and Wine's, since the client's other
 * threads are stopped with whatever locks they hold. Compiled for amd64 or arm64 into ndis.sys, and
 * for x86 into bytes that ndis.sys has as ShareRemote32, for the clients of either kind.
 */
#include "share_remote.h"

/*
 * Linux' system calls: numbers, and where they differ, the call. A 32-bit client is a 32-bit Linux
 * process.
 */
#ifdef _M_AMD64
#define SYS_OPEN     2
#define SYS_CLOSE    3
#define SYS_MMAP     9 /* offset in bytes */
#define SYS_MUNMAP   11
#define SYS_PWRITE64 18
#define SYS_GETPID   39
#define SYS_FUTEX    202
#define MMAP_UNIT    1
#elif defined(_M_ARM64)
#define SYS_OPENAT   56 /* no open */
#define SYS_CLOSE    57
#define SYS_PWRITE64 68
#define SYS_FUTEX    98
#define SYS_GETPID   172
#define SYS_MUNMAP   215
#define SYS_MMAP     222
#define MMAP_UNIT    1
#else
#define SYS_OPEN     5
#define SYS_CLOSE    6
#define SYS_GETPID   20
#define SYS_MUNMAP   91
#define SYS_PWRITE64 181
#define SYS_MMAP     192 /* mmap2: offset in units of 4096 bytes */
#define SYS_FUTEX    422 /* futex_time64 */
#define MMAP_UNIT    4096
#endif

#define LINUX_O_RDWR          2
#define LINUX_O_CLOEXEC       02000000
#define LINUX_MAP_SHARED      1
#define LINUX_MAP_FIXED       16
#define LINUX_PROT_READ_WRITE 3
#define LINUX_FUTEX_WAIT      0
#define LINUX_FUTEX_WAKE      1
#define LINUX_ENOENT          2
#define LINUX_ESRCH           3
#define LINUX_EINTR           4
#define LINUX_EIO             5
#define LINUX_EACCES          13
#define LINUX_ESTALE          116

/* Bytes copied before they are mapped: what another thread writes there meanwhile is lost, if one
 * runs at all. */
#define REMOTE_CHUNK 0x10000u

#define REMOTE_CODE __attribute__((section(".adshr"), noinline, no_stack_protector))

FORCEINLINE LONG_PTR RemoteCall(
    LONG_PTR Number, ULONG_PTR A, ULONG_PTR B, ULONG_PTR C, ULONG_PTR D, ULONG_PTR E, ULONG_PTR F)
{
    LONG_PTR Result;
#ifdef _M_AMD64
    register ULONG_PTR Fourth __asm__("r10") = D;
    register ULONG_PTR Fifth __asm__("r8") = E;
    register ULONG_PTR Sixth __asm__("r9") = F;
    __asm__ volatile("syscall"
                     : "=a"(Result)
                     : "a"(Number), "D"(A), "S"(B), "d"(C), "r"(Fourth), "r"(Fifth), "r"(Sixth)
                     : "rcx", "r11", "memory");
#elif defined(_M_ARM64)
    register ULONG_PTR First __asm__("x0") = A;
    register ULONG_PTR Second __asm__("x1") = B;
    register ULONG_PTR Third __asm__("x2") = C;
    register ULONG_PTR Fourth __asm__("x3") = D;
    register ULONG_PTR Fifth __asm__("x4") = E;
    register ULONG_PTR Sixth __asm__("x5") = F;
    register LONG_PTR Code __asm__("x8") = Number;
    __asm__ volatile("svc #0"
                     : "+r"(First)
                     : "r"(Second), "r"(Third), "r"(Fourth), "r"(Fifth), "r"(Sixth), "r"(Code)
                     : "memory", "cc");
    Result = (LONG_PTR)First;
#else
    /* The sixth argument goes into ebp, which holds the frame. */
    __asm__ volatile("pushl %[Sixth]\n\t"
                     "pushl %%ebp\n\t"
                     "movl 4(%%esp), %%ebp\n\t"
                     "int $0x80\n\t"
                     "popl %%ebp\n\t"
                     "addl $4, %%esp"
                     : "=a"(Result)
                     : "a"(Number), "b"(A), "c"(B), "d"(C), "S"(D), "D"(E), [Sixth] "g"(F)
                     : "memory", "cc");
#endif
    return Result;
}

FORCEINLINE LONG_PTR RemoteOpen(const char *Path)
{
    ULONG_PTR Flags = LINUX_O_RDWR | LINUX_O_CLOEXEC;
#ifdef _M_ARM64
    return RemoteCall(SYS_OPENAT, 0, (ULONG_PTR)Path, Flags, 0, 0, 0); /* from the root on */
#else
    return RemoteCall(SYS_OPEN, (ULONG_PTR)Path, Flags, 0, 0, 0, 0);
#endif
}

FORCEINLINE LONG_PTR
RemotePwrite(LONG_PTR File, ULONG_PTR Address, ULONG_PTR Length, ULONG64 Offset)
{
#ifdef _WIN64
    return RemoteCall(SYS_PWRITE64, (ULONG_PTR)File, Address, Length, Offset, 0, 0);
#else
    return RemoteCall(
        SYS_PWRITE64, (ULONG_PTR)File, Address, Length, (ULONG)Offset, (ULONG)(Offset >> 32), 0);
#endif
}

FORCEINLINE VOID RemoteWakeHost(HOST_SHARE_CONTROL *Control)
{
    RemoteCall(SYS_FUTEX, (ULONG_PTR)&Control->State, LINUX_FUTEX_WAKE, (ULONG)MAXLONG, 0, 0, 0);
}

/* Copies and maps one run. Returns 0 or a Linux error. */
FORCEINLINE LONG RemoteShareRun(LONG_PTR File, const HOST_SHARE_RUN *Run)
{
    for (ULONG64 Done = 0; Done < Run->Length;)
    {
        ULONG64 Chunk = Run->Length - Done < REMOTE_CHUNK ? Run->Length - Done : REMOTE_CHUNK;
        ULONG_PTR Address = (ULONG_PTR)(Run->Address + Done);
        LONG_PTR Result;
        for (ULONG64 Copied = 0; Copied < Chunk; Copied += (ULONG64)Result)
        {
            Result = RemotePwrite(
                File, Address + (ULONG_PTR)Copied, (ULONG_PTR)(Chunk - Copied),
                Run->Offset + Done + Copied);
            if (Result == -LINUX_EINTR)
                Result = 0;
            if (Result < 0)
                return (LONG)-Result;
        }
        Result = RemoteCall(
            SYS_MMAP, Address, (ULONG_PTR)Chunk, Run->Protection,
            LINUX_MAP_SHARED | LINUX_MAP_FIXED, (ULONG_PTR)File,
            (ULONG_PTR)((Run->Offset + Done) / MMAP_UNIT));
        if ((ULONG_PTR)Result != Address)
            return Result < 0 ? (LONG)-Result : LINUX_EIO;
        Done += Chunk;
    }
    return 0;
}

/* Maps one run from another file. Returns 0 or a Linux error. */
FORCEINLINE LONG RemoteMapFile(const HOST_SHARE_CONTROL *Control, const HOST_SHARE_RUN *Run)
{
    ULONG_PTR Address = (ULONG_PTR)Run->Address;
    LONG_PTR Result, File = RemoteOpen(Control->Files[Run->File - 1]);
    if (File < 0)
        return (LONG)-File;
    Result = RemoteCall(
        SYS_MMAP, Address, (ULONG_PTR)Run->Length, Run->Protection,
        LINUX_MAP_SHARED | LINUX_MAP_FIXED, (ULONG_PTR)File, (ULONG_PTR)(Run->Offset / MMAP_UNIT));
    RemoteCall(SYS_CLOSE, (ULONG_PTR)File, 0, 0, 0, 0, 0);
    if ((ULONG_PTR)Result == Address)
        return 0;
    return Result < 0 ? (LONG)-Result : LINUX_EIO;
}

/*
 * Waits until the state is another one. FALSE: the host has died. Its descriptors, of which Path is
 * one, go before it does; an exchange that it gives up without a word has its file closed too.
 */
FORCEINLINE BOOLEAN
RemoteWaitWhile(HOST_SHARE_CONTROL *Control, ULONG State, const SHARE_REMOTE_ARGUMENTS *Arguments)
{
    while (__atomic_load_n(&Control->State, __ATOMIC_ACQUIRE) == State)
    {
        /* As the file was opened; access() asks in another way, and may be refused. */
        LONG_PTR File = RemoteOpen(Arguments->Path);
        if (File == -LINUX_ENOENT || File == -LINUX_ESRCH || File == -LINUX_EACCES)
            return FALSE;
        if (File >= 0)
            RemoteCall(SYS_CLOSE, (ULONG_PTR)File, 0, 0, 0, 0, 0);
        RemoteCall(
            SYS_FUTEX, (ULONG_PTR)&Control->State, LINUX_FUTEX_WAIT, State,
            (ULONG_PTR)Arguments->WaitTime, 0, 0);
    }
    return TRUE;
}

#define THREAD_SUSPEND_RESUME 0x0002

typedef NTSTATUS NTAPI REMOTE_OPEN_THREAD(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, PCLIENT_ID);
typedef NTSTATUS NTAPI REMOTE_RESUME_THREAD(HANDLE, PULONG);
typedef NTSTATUS NTAPI REMOTE_CLOSE(HANDLE);

/*
 * Has the client's threads run that a dead host has stopped. These three functions of ntdll.dll
 * take no locks; for a thread that is not stopped they do nothing.
 */
FORCEINLINE VOID
RemoteResumeThreads(const HOST_SHARE_CONTROL *Control, const SHARE_REMOTE_ARGUMENTS *Arguments)
{
    OBJECT_ATTRIBUTES Attributes;
    CLIENT_ID Client;
    HANDLE Thread;
    if (Arguments->Close == 0)
        return;
    InitializeObjectAttributes(&Attributes, NULL, 0, NULL, NULL);
    for (ULONG i = 0; i < Control->StoppedCount && i < HOST_SHARE_MAX_THREADS; i++)
    {
        Client.UniqueProcess = NULL;
        Client.UniqueThread = (HANDLE)(ULONG_PTR)Control->Stopped[i];
        if (((REMOTE_OPEN_THREAD *)(ULONG_PTR)Arguments->OpenThread)(
                &Thread, THREAD_SUSPEND_RESUME, &Attributes, &Client) < 0)
            continue;
        ((REMOTE_RESUME_THREAD *)(ULONG_PTR)Arguments->ResumeThread)(Thread, NULL);
        ((REMOTE_CLOSE *)(ULONG_PTR)Arguments->Close)(Thread);
    }
}

REMOTE_CODE ULONG NTAPI ShareRemoteMain(SHARE_REMOTE_ARGUMENTS *Arguments)
{
    HOST_SHARE_CONTROL *Control;
    ULONG State = HostShareStarting;
    LONG_PTR File, Mapped;
    BOOLEAN IsAlive;
    File = RemoteOpen(Arguments->Path);
    if (File < 0)
        return (ULONG)-File;
    Mapped = RemoteCall(
        SYS_MMAP, 0, HOST_SHARE_CONTROL_SIZE, LINUX_PROT_READ_WRITE, LINUX_MAP_SHARED,
        (ULONG_PTR)File, 0);
    if (Mapped < 0 && Mapped > -4096)
    {
        RemoteCall(SYS_CLOSE, (ULONG_PTR)File, 0, 0, 0, 0, 0);
        return (ULONG)-Mapped;
    }
    Control = (HOST_SHARE_CONTROL *)Mapped;
    if (Control->Id != Arguments->Id)
    {
        RemoteCall(SYS_MUNMAP, (ULONG_PTR)Control, HOST_SHARE_CONTROL_SIZE, 0, 0, 0, 0);
        RemoteCall(SYS_CLOSE, (ULONG_PTR)File, 0, 0, 0, 0, 0);
        return LINUX_ESTALE;
    }
    Control->ClientPid = (ULONG)RemoteCall(SYS_GETPID, 0, 0, 0, 0, 0, 0);
    /* Unless the host has given up meanwhile. */
    if (__atomic_compare_exchange_n(
            &Control->State, &State, HostShareReady, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
        RemoteWakeHost(Control);
    IsAlive = RemoteWaitWhile(Control, HostShareReady, Arguments);
    if (__atomic_load_n(&Control->State, __ATOMIC_ACQUIRE) == HostShareGo)
    {
        LONG Error = 0;
        for (ULONG i = 0; i < Control->RunCount && Error == 0; i++)
            Error = Control->Runs[i].File == 0 ? RemoteShareRun(File, &Control->Runs[i])
                                               : RemoteMapFile(Control, &Control->Runs[i]);
        Control->Error = Error;
        State = HostShareGo;
        /* Unless time was up. */
        if (__atomic_compare_exchange_n(
                &Control->State, &State, HostShareDone, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
            RemoteWakeHost(Control);
        IsAlive = RemoteWaitWhile(Control, HostShareDone, Arguments);
    }
    if (!IsAlive)
        RemoteResumeThreads(Control, Arguments);
    RemoteCall(SYS_MUNMAP, (ULONG_PTR)Control, HOST_SHARE_CONTROL_SIZE, 0, 0, 0, 0);
    RemoteCall(SYS_CLOSE, (ULONG_PTR)File, 0, 0, 0, 0, 0);
    return 0;
}

REMOTE_CODE VOID NTAPI ShareRemoteEnd(VOID)
{
    __asm__ volatile("");
}
