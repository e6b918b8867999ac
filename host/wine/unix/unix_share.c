/* SPDX-License-Identifier: MIT */
/*
 * Memory files that back a client's pages, and views of them in this process; pages of sections,
 * which are shared already, keep the file that they have. Which file backs which page of the client
 * is read from /proc/PID/maps each time: nothing else knows what the client did to its memory
 * since. A file lives as long as a view uses it; the pages live as long as anybody, the client
 * included, maps them.
 */
#define _GNU_SOURCE
#include "unix_lib.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#define SHARE_FILE_NAME "adit-client-pages"

typedef struct _UNIX_SHARE
{
    struct _UNIX_SHARE *Next;
    int File;
    int ReadOnly; /* a section's file that nobody may write */
    dev_t Device;
    ino_t Inode;
    unsigned References; /* one by whoever made it, one per view that maps it */
    HOST_SHARE_CONTROL *Control;
} UNIX_SHARE;

/* Pages of one file in a view. */
typedef struct _UNIX_PIECE
{
    UNIX_SHARE *Share; /* referenced */
    uint64_t Start;    /* in the view */
    uint64_t Length;
    uint64_t Offset; /* in the file */
} UNIX_PIECE;

typedef struct _UNIX_VIEW
{
    void *Address;
    size_t Bytes;
    size_t PieceCount;
    UNIX_PIECE Pieces[];
} UNIX_VIEW;

/* One line of /proc/PID/maps, clipped to the range looked at. */
typedef struct _UNIX_MAPPING
{
    uint64_t Start;
    uint64_t End;
    uint64_t FullStart; /* before clipping */
    uint64_t FullEnd;
    uint64_t Offset;
    dev_t Device;
    ino_t Inode;
    int Readable;
    int Writable;
    int Executable;
    int Shared;
    int Abandoned; /* a share of an earlier registration, which only the client still maps */
} UNIX_MAPPING;

static pthread_mutex_t ShareLock = PTHREAD_MUTEX_INITIALIZER;
static UNIX_SHARE *Shares; /* guarded by ShareLock, References too */

static UNIX_SHARE *ShareOf(uint64_t Value)
{
    return (UNIX_SHARE *)(uintptr_t)Value;
}

static void ShareDereference(UNIX_SHARE *Share)
{
    UNIX_SHARE **Link = &Shares;
    pthread_mutex_lock(&ShareLock);
    if (--Share->References != 0)
    {
        pthread_mutex_unlock(&ShareLock);
        return;
    }
    while (*Link != Share)
        Link = &(*Link)->Next;
    *Link = Share->Next;
    pthread_mutex_unlock(&ShareLock);
    close(Share->File);
    free(Share);
}

/* The live share behind a mapping, referenced; NULL: the mapping is of something else. */
static UNIX_SHARE *ShareReferenceOf(const UNIX_MAPPING *Mapping)
{
    UNIX_SHARE *Share = NULL;
    if (!Mapping->Shared)
        return NULL;
    pthread_mutex_lock(&ShareLock);
    for (Share = Shares; Share != NULL; Share = Share->Next)
        if (Share->Inode == Mapping->Inode && Share->Device == Mapping->Device &&
            !(Share->ReadOnly && Mapping->Writable))
            break;
    if (Share != NULL)
        Share->References++;
    pthread_mutex_unlock(&ShareLock);
    return Share;
}

/* A share for the file of a section that the client has mapped, referenced; NULL: it cannot be had.
 */
static UNIX_SHARE *ShareSection(const UNIX_MAPPING *Mapping, uint32_t Pid)
{
    UNIX_SHARE *Share;
    int ReadOnly = 0,
        File = UnixSectionOpen(
            Pid, Mapping->FullStart, Mapping->FullEnd, Mapping->Device, Mapping->Inode, O_RDWR);
    if (File < 0 && !Mapping->Writable)
    {
        ReadOnly = 1;
        File = UnixSectionOpen(
            Pid, Mapping->FullStart, Mapping->FullEnd, Mapping->Device, Mapping->Inode, O_RDONLY);
    }
    if (File < 0)
        return NULL;
    Share = calloc(1, sizeof(*Share));
    if (Share == NULL)
    {
        close(File);
        return NULL;
    }
    Share->References = 1;
    Share->File = File;
    Share->ReadOnly = ReadOnly;
    Share->Device = Mapping->Device;
    Share->Inode = Mapping->Inode;
    pthread_mutex_lock(&ShareLock);
    Share->Next = Shares;
    Shares = Share;
    pthread_mutex_unlock(&ShareLock);
    return Share;
}

static int ShareSetUp(UNIX_SHARE *Share, uint64_t Bytes)
{
    struct stat Stat;
    if (ftruncate(Share->File, (off_t)Bytes) < 0)
        return errno;
    /* A client that cut the file would make this process fault on the missing pages. */
    if (fcntl(Share->File, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
        return errno;
    if (fstat(Share->File, &Stat) < 0)
        return errno;
    Share->Device = Stat.st_dev;
    Share->Inode = Stat.st_ino;
    return 0;
}

/* A memory file of that size, referenced once. Returns 0 or a Linux error. */
static int ShareNew(uint64_t Bytes, UNIX_SHARE **New)
{
    UNIX_SHARE *Share = calloc(1, sizeof(*Share));
    int Error;
    if (Share == NULL)
        return ENOMEM;
    Share->References = 1;
    Share->File = memfd_create(SHARE_FILE_NAME, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    Error = Share->File < 0 ? errno : ShareSetUp(Share, Bytes);
    if (Error != 0)
    {
        if (Share->File >= 0)
            close(Share->File);
        free(Share);
        return Error;
    }
    pthread_mutex_lock(&ShareLock);
    Share->Next = Shares;
    Shares = Share;
    pthread_mutex_unlock(&ShareLock);
    *New = Share;
    return 0;
}

static void SharePath(const UNIX_SHARE *Share, char Path[HOST_SHARE_PATH_SIZE])
{
    snprintf(Path, HOST_SHARE_PATH_SIZE, "/proc/%d/fd/%d", (int)getpid(), Share->File);
}

int UnixShareCreate(void *Arguments)
{
    HOST_SHARE_CREATE *Create = Arguments;
    UNIX_SHARE *Share;
    Create->Error = ShareNew(HOST_SHARE_CONTROL_SIZE + Create->Bytes, &Share);
    if (Create->Error != 0)
        return 0;
    Share->Control =
        mmap(NULL, HOST_SHARE_CONTROL_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, Share->File, 0);
    if (Share->Control == MAP_FAILED)
    {
        Create->Error = errno;
        ShareDereference(Share);
        return 0;
    }
    SharePath(Share, Create->Path);
    Create->Share = (uintptr_t)Share;
    Create->Control = (uintptr_t)Share->Control;
    return 0;
}

int UnixShareWait(void *Arguments)
{
    HOST_SHARE_CALL *Call = Arguments;
    volatile uint32_t *State = &ShareOf(Call->Share)->Control->State;
    struct timespec Timeout = {
        .tv_sec = Call->Milliseconds / 1000, .tv_nsec = Call->Milliseconds % 1000 * 1000000L};
    syscall(SYS_futex, State, FUTEX_WAIT, Call->State, &Timeout, NULL, 0);
    Call->State = __atomic_load_n(State, __ATOMIC_ACQUIRE);
    Call->Error = 0;
    return 0;
}

int UnixShareSignal(void *Arguments)
{
    HOST_SHARE_CALL *Call = Arguments;
    volatile uint32_t *State = &ShareOf(Call->Share)->Control->State;
    __atomic_store_n(State, Call->State, __ATOMIC_RELEASE);
    syscall(SYS_futex, State, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
    Call->Error = 0;
    return 0;
}

static int ParseMapping(const char *Line, UNIX_MAPPING *Mapping)
{
    unsigned Major, Minor;
    char Permissions[5];
    uint64_t Inode;
    int Name = 0;
    if (sscanf(
            Line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %x:%x %" SCNu64 " %n", &Mapping->Start,
            &Mapping->End, Permissions, &Mapping->Offset, &Major, &Minor, &Inode, &Name) != 7)
        return 0;
    Mapping->Inode = (ino_t)Inode;
    Mapping->FullStart = Mapping->Start;
    Mapping->FullEnd = Mapping->End;
    Mapping->Device = makedev(Major, Minor);
    Mapping->Readable = Permissions[0] == 'r';
    Mapping->Writable = Mapping->Readable && Permissions[1] == 'w';
    Mapping->Executable = Permissions[2] == 'x';
    Mapping->Shared = Permissions[3] == 's';
    Mapping->Abandoned =
        strncmp(Line + Name, "/memfd:" SHARE_FILE_NAME, strlen("/memfd:" SHARE_FILE_NAME)) == 0;
    return 1;
}

/*
 * Reads what a process has mapped in a range, in order and without gaps, as an array that the
 * caller frees. EFAULT: part of the range is not mapped, and the array ends there.
 */
static int
ReadMappings(uint32_t Pid, uint64_t Base, uint64_t Bytes, UNIX_MAPPING **Mappings, size_t *Count)
{
    char Path[32], Line[512];
    uint64_t Next = Base, End = Base + Bytes;
    UNIX_MAPPING Mapping;
    FILE *File;
    *Mappings = NULL;
    *Count = 0;
    snprintf(Path, sizeof(Path), "/proc/%u/maps", Pid);
    File = fopen(Path, "re");
    if (File == NULL)
        return errno;
    while (Next < End && fgets(Line, sizeof(Line), File) != NULL)
    {
        UNIX_MAPPING *Grown;
        /* A path longer than the line continues in the next read, which does not parse. */
        if (!ParseMapping(Line, &Mapping) || Mapping.End <= Next)
            continue;
        if (Mapping.Start > Next)
            break;
        Mapping.Offset += Next - Mapping.Start;
        Mapping.Start = Next;
        if (Mapping.End > End)
            Mapping.End = End;
        Next = Mapping.End;
        Grown = realloc(*Mappings, (*Count + 1) * sizeof(Mapping));
        if (Grown == NULL)
            break;
        *Mappings = Grown;
        Grown[(*Count)++] = Mapping;
    }
    fclose(File);
    return Next == End ? 0 : EFAULT;
}

static int MappingAllows(const UNIX_MAPPING *Mapping, uint32_t Write)
{
    /* What Windows calls reserved, guarded or without access is not readable in Linux. */
    return Write ? Mapping->Writable : Mapping->Readable;
}

int UnixProbe(void *Arguments)
{
    HOST_PROBE *Probe = Arguments;
    UNIX_MAPPING *Mappings;
    size_t Count;
    Probe->Error = ReadMappings((uint32_t)getpid(), Probe->Base, Probe->Bytes, &Mappings, &Count);
    for (size_t i = 0; Probe->Error == 0 && i < Count; i++)
        if (!MappingAllows(&Mappings[i], Probe->Write))
            Probe->Error = EFAULT;
    free(Mappings);
    return 0;
}

/* Whether UnixShareMap finds the file behind a mapping: a live share's, or a section's. */
static int MappingHasFile(const UNIX_MAPPING *Mapping)
{
    UNIX_SHARE *Live = ShareReferenceOf(Mapping);
    if (Live == NULL)
        return Mapping->Shared && !Mapping->Abandoned;
    ShareDereference(Live);
    return 1;
}

/* Adds a mapping's pages to the control area's runs. Returns 0 or a Linux error. */
static int PlanRun(HOST_SHARE_CONTROL *Control, const UNIX_MAPPING *Mapping, uint64_t Base)
{
    HOST_SHARE_RUN Run = {
        .Address = Mapping->Start,
        .Length = Mapping->End - Mapping->Start,
        .Offset = HOST_SHARE_CONTROL_SIZE + (Mapping->Start - Base),
        .Protection = PROT_READ | (Mapping->Writable ? PROT_WRITE : 0) |
                      (Mapping->Executable ? PROT_EXEC : 0)};
    if (Control->RunCount != 0)
    {
        HOST_SHARE_RUN *Last = &Control->Runs[Control->RunCount - 1];
        if (Last->Address + Last->Length == Run.Address && Last->Protection == Run.Protection)
        {
            Last->Length += Run.Length;
            return 0;
        }
    }
    if (Control->RunCount == HOST_SHARE_MAX_RUNS)
        return E2BIG;
    Control->Runs[Control->RunCount++] = Run;
    return 0;
}

int UnixSharePlan(void *Arguments)
{
    HOST_SHARE_PLAN *Plan = Arguments;
    HOST_SHARE_CONTROL *Control = ShareOf(Plan->Share)->Control;
    UNIX_MAPPING *Mappings;
    size_t Count;
    int Error = 0, RangeError;
    Plan->Bad = Plan->Base;
    Control->RunCount = 0;
    RangeError = ReadMappings(Control->ClientPid, Plan->Base, Plan->Bytes, &Mappings, &Count);
    for (size_t i = 0; Error == 0 && i < Count; i++)
    {
        const UNIX_MAPPING *Mapping = &Mappings[i];
        if (!MappingAllows(Mapping, Plan->Write))
            Error = EFAULT;
        else if (!MappingHasFile(Mapping))
            Error = PlanRun(Control, Mapping, Plan->Base);
        Plan->Bad = Error == 0 ? Mapping->End : Mapping->Start;
    }
    free(Mappings);
    Plan->Error = Error != 0 ? Error : RangeError;
    return 0;
}

static void ViewFree(UNIX_VIEW *View)
{
    if (View->Address != MAP_FAILED)
        munmap(View->Address, View->Bytes);
    for (size_t i = 0; i < View->PieceCount; i++)
        ShareDereference(View->Pieces[i].Share);
    free(View);
}

/* Maps one piece of the range at its place in the view. */
static int ViewMapPiece(UNIX_VIEW *View, const UNIX_MAPPING *Mapping, uint64_t Base, uint32_t Pid)
{
    UNIX_SHARE *Share = ShareReferenceOf(Mapping);
    void *Address = (char *)View->Address + (Mapping->Start - Base);
    if (Share == NULL && Mapping->Shared)
        Share = ShareSection(Mapping, Pid);
    if (Share == NULL)
        return EXDEV;
    View->Pieces[View->PieceCount++] = (UNIX_PIECE){.Share = Share,
                                                    .Start = Mapping->Start - Base,
                                                    .Length = Mapping->End - Mapping->Start,
                                                    .Offset = Mapping->Offset};
    if (mmap(
            Address, Mapping->End - Mapping->Start,
            PROT_READ | (Mapping->Writable ? PROT_WRITE : 0), MAP_SHARED | MAP_FIXED, Share->File,
            (off_t)Mapping->Offset) == MAP_FAILED)
        return errno;
    return 0;
}

int UnixShareMap(void *Arguments)
{
    HOST_SHARE_MAP *Map = Arguments;
    uint32_t Pid = ShareOf(Map->Share)->Control->ClientPid;
    UNIX_MAPPING *Mappings;
    UNIX_VIEW *View = NULL;
    size_t Count;
    Map->Error = ReadMappings(Pid, Map->Base, Map->Bytes, &Mappings, &Count);
    if (Map->Error != 0)
    {
        free(Mappings);
        return 0;
    }
    View = calloc(1, sizeof(*View) + Count * sizeof(View->Pieces[0]));
    if (View == NULL)
    {
        free(Mappings);
        Map->Error = ENOMEM;
        return 0;
    }
    View->Bytes = Map->Bytes;
    View->Address = mmap(NULL, View->Bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (View->Address == MAP_FAILED)
        Map->Error = errno;
    for (size_t i = 0; Map->Error == 0 && i < Count; i++)
        Map->Error = ViewMapPiece(View, &Mappings[i], Map->Base, Pid);
    free(Mappings);
    if (Map->Error != 0)
    {
        ViewFree(View);
        return 0;
    }
    Map->View = (uintptr_t)View;
    Map->Address = (uintptr_t)View->Address;
    return 0;
}

int UnixViewCreate(void *Arguments)
{
    HOST_VIEW_CREATE *Create = Arguments;
    UNIX_VIEW *View = calloc(1, sizeof(*View) + sizeof(View->Pieces[0]));
    Create->Error = ENOMEM;
    if (View == NULL)
        return 0;
    View->Bytes = Create->Bytes;
    View->Address = MAP_FAILED;
    View->Pieces[0].Length = Create->Bytes;
    Create->Error = ShareNew(Create->Bytes, &View->Pieces[0].Share);
    if (Create->Error == 0)
    {
        View->PieceCount = 1;
        View->Address = mmap(
            NULL, View->Bytes, PROT_READ | PROT_WRITE, MAP_SHARED, View->Pieces[0].Share->File, 0);
        Create->Error = View->Address == MAP_FAILED ? errno : 0;
    }
    if (Create->Error != 0)
    {
        ViewFree(View);
        return 0;
    }
    Create->View = (uintptr_t)View;
    Create->Address = (uintptr_t)View->Address;
    return 0;
}

int UnixSharePlanView(void *Arguments)
{
    HOST_SHARE_PLAN_VIEW *Plan = Arguments;
    HOST_SHARE_CONTROL *Control = ShareOf(Plan->Share)->Control;
    const UNIX_VIEW *View = (const UNIX_VIEW *)(uintptr_t)Plan->View;
    uint64_t PlanEnd = Plan->Offset + Plan->Bytes;
    uint32_t Runs = 0;
    Plan->Error = 0;
    for (size_t i = 0; i < View->PieceCount; i++)
    {
        const UNIX_PIECE *Piece = &View->Pieces[i];
        uint64_t Start = Piece->Start > Plan->Offset ? Piece->Start : Plan->Offset;
        uint64_t End = Piece->Start + Piece->Length;
        if (End > PlanEnd)
            End = PlanEnd;
        if (Start >= End)
            continue;
        if (Runs == HOST_SHARE_MAX_FILES)
        {
            Plan->Error = E2BIG;
            break;
        }
        SharePath(Piece->Share, Control->Files[Runs]);
        Control->Runs[Runs] =
            (HOST_SHARE_RUN){.Address = Plan->Address + (Start - Plan->Offset),
                             .Length = End - Start,
                             .Offset = Piece->Offset + (Start - Piece->Start),
                             .Protection = PROT_READ | (Plan->Write ? PROT_WRITE : 0),
                             .File = Runs + 1};
        Runs++;
    }
    Control->RunCount = Runs;
    return 0;
}

int UnixShareClose(void *Arguments)
{
    HOST_SHARE_CALL *Call = Arguments;
    UNIX_SHARE *Share = ShareOf(Call->Share);
    munmap(Share->Control, HOST_SHARE_CONTROL_SIZE);
    Share->Control = NULL;
    ShareDereference(Share);
    Call->Error = 0;
    return 0;
}

int UnixViewUnmap(void *Arguments)
{
    HOST_VIEW_CALL *Call = Arguments;
    ViewFree((UNIX_VIEW *)(uintptr_t)Call->View);
    return 0;
}
