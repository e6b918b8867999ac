/* SPDX-License-Identifier: MIT */
/*
 * The code that runs in the client: Linux system calls only, since the client's other threads are
 * stopped with whatever locks they hold. System call numbers: Linux, x86-64.
 */
#include "share_remote.h"

#define SYS_MMAP              9
#define SYS_MUNMAP            11
#define SYS_PWRITE64          18
#define SYS_GETPID            39
#define SYS_FUTEX             202
#define SYS_OPEN              2
#define SYS_CLOSE             3
#define LINUX_O_RDWR          2
#define LINUX_O_CLOEXEC       02000000
#define LINUX_MAP_SHARED      1
#define LINUX_MAP_FIXED       16
#define LINUX_PROT_READ_WRITE 3
#define LINUX_FUTEX_WAIT      0
#define LINUX_FUTEX_WAKE      1
#define LINUX_EINTR           4
#define LINUX_EIO             5
#define LINUX_ESTALE          116

/* Bytes copied before they are mapped: what another thread writes there meanwhile is lost, if one
 * runs at all. */
#define REMOTE_CHUNK 0x10000u

#define REMOTE_CODE __attribute__((section(".adshr"), noinline, no_stack_protector))

FORCEINLINE LONG_PTR RemoteCall(
    LONG_PTR Number, ULONG_PTR A, ULONG_PTR B, ULONG_PTR C, ULONG_PTR D, ULONG_PTR E, ULONG_PTR F)
{
    register ULONG_PTR Fourth __asm__("r10") = D;
    register ULONG_PTR Fifth __asm__("r8") = E;
    register ULONG_PTR Sixth __asm__("r9") = F;
    LONG_PTR Result;
    __asm__ volatile("syscall"
                     : "=a"(Result)
                     : "a"(Number), "D"(A), "S"(B), "d"(C), "r"(Fourth), "r"(Fifth), "r"(Sixth)
                     : "rcx", "r11", "memory");
    return Result;
}

FORCEINLINE VOID RemoteWakeHost(HOST_SHARE_CONTROL *Control)
{
    RemoteCall(SYS_FUTEX, (ULONG_PTR)&Control->State, LINUX_FUTEX_WAKE, (ULONG)MAXLONG, 0, 0, 0);
}

/* Copies and maps one run. Returns 0 or a Linux error. */
FORCEINLINE LONG RemoteShareRun(LONG_PTR File, const HOST_SHARE_RUN *Run, ULONG Protection)
{
    for (ULONG64 Done = 0; Done < Run->Length;)
    {
        ULONG64 Chunk = Run->Length - Done < REMOTE_CHUNK ? Run->Length - Done : REMOTE_CHUNK;
        ULONG_PTR Address = (ULONG_PTR)(Run->Address + Done);
        LONG_PTR Result;
        for (ULONG64 Copied = 0; Copied < Chunk; Copied += (ULONG64)Result)
        {
            Result = RemoteCall(
                SYS_PWRITE64, (ULONG_PTR)File, Address + (ULONG_PTR)Copied,
                (ULONG_PTR)(Chunk - Copied), (ULONG_PTR)(Run->Offset + Done + Copied), 0, 0);
            if (Result == -LINUX_EINTR)
                Result = 0;
            if (Result < 0)
                return (LONG)-Result;
        }
        Result = RemoteCall(
            SYS_MMAP, Address, (ULONG_PTR)Chunk, Protection, LINUX_MAP_SHARED | LINUX_MAP_FIXED,
            (ULONG_PTR)File, (ULONG_PTR)(Run->Offset + Done));
        if ((ULONG_PTR)Result != Address)
            return Result < 0 ? (LONG)-Result : LINUX_EIO;
        Done += Chunk;
    }
    return 0;
}

REMOTE_CODE ULONG NTAPI ShareRemoteMain(SHARE_REMOTE_ARGUMENTS *Arguments)
{
    HOST_SHARE_CONTROL *Control;
    ULONG State = HostShareStarting;
    LONG_PTR File, Mapped;
    File = RemoteCall(
        SYS_OPEN, (ULONG_PTR)Arguments->Path, LINUX_O_RDWR | LINUX_O_CLOEXEC, 0, 0, 0, 0);
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
    for (ULONG i = 0; i < Arguments->Waits; i++)
    {
        State = __atomic_load_n(&Control->State, __ATOMIC_ACQUIRE);
        if (State != HostShareReady)
            break;
        RemoteCall(
            SYS_FUTEX, (ULONG_PTR)&Control->State, LINUX_FUTEX_WAIT, HostShareReady,
            (ULONG_PTR)Arguments->WaitTime, 0, 0);
    }
    if (State == HostShareGo)
    {
        LONG Error = 0;
        for (ULONG i = 0; i < Control->RunCount && Error == 0; i++)
            Error = RemoteShareRun(File, &Control->Runs[i], Control->Protection);
        Control->Error = Error;
        __atomic_store_n(&Control->State, HostShareDone, __ATOMIC_RELEASE);
        RemoteWakeHost(Control);
    }
    RemoteCall(SYS_MUNMAP, (ULONG_PTR)Control, HOST_SHARE_CONTROL_SIZE, 0, 0, 0, 0);
    RemoteCall(SYS_CLOSE, (ULONG_PTR)File, 0, 0, 0, 0, 0);
    return 0;
}

REMOTE_CODE VOID NTAPI ShareRemoteEnd(VOID)
{
    __asm__ volatile("");
}
