/* SPDX-License-Identifier: MIT */
/*
 * What a client can hand to the device's control codes: any bytes of any length, and requests that
 * are right but for some of their values. A model says which ones must succeed and what the others
 * must fail with; a failed call leaves nothing locked, referenced or registered.
 */
#include "fuzz.h"
#include "grammar.h"
#include "receive_model.h"

#include <stdlib.h>
#include <string.h>

#define IOCTL_SMALL  TUN_RING_MIN_CAPACITY
#define IOCTL_LARGE  (2 * TUN_RING_MIN_CAPACITY)
#define IOCTL_MEMORY (TUN_RING_SIZE(IOCTL_LARGE) + PAGE_SIZE)

int LLVMFuzzerInitialize(int *Count, char ***Arguments);
int LLVMFuzzerTestOneInput(const uint8_t *Data, size_t Size);

typedef struct _IOCTL_STATE
{
    NATIVE_USER User;
    UCHAR Flags;
    PEPROCESS Process, Other;
    HANDLE File;
    PUCHAR Rings[IoctlRings];   /* where each kind points to */
    HANDLE Events[IoctlEvents]; /* likewise */
    BOOLEAN Registered;
    NATIVE_USAGE Idle; /* what is in use while no rings are registered */
} IOCTL_STATE;

/* A descriptor, and what must become of it. */
typedef struct _IOCTL_DESCRIPTOR
{
    TUN_RING_DESCRIPTOR64 Value;
    BOOLEAN Raw; /* it has values that no model knows */
    NTSTATUS Status;
} IOCTL_DESCRIPTOR;

static UCHAR IoctlKernelMemory[IOCTL_MEMORY] __attribute__((aligned(PAGE_SIZE)));

int LLVMFuzzerInitialize(int *Count, char ***Arguments)
{
    UNREFERENCED_PARAMETER(Count);
    UNREFERENCED_PARAMETER(Arguments);
    FuzzStart(NULL);
    ReceiveTapSet();
    ReceivePoolWarm();
    return 0;
}

static void IoctlOpen(IOCTL_STATE *State)
{
    ACCESS_MASK Access = SYNCHRONIZE;
    Access |= State->Flags & IOCTL_FLAG_NO_READ ? 0 : FILE_READ_DATA;
    Access |= State->Flags & IOCTL_FLAG_NO_WRITE ? 0 : FILE_WRITE_DATA;
    FUZZ_ASSERT(
        NativeUserOpen(State->Process, FuzzAdapter.Path, Access, &State->File) == STATUS_SUCCESS,
        "open");
}

static void IoctlClose(IOCTL_STATE *State)
{
    FUZZ_ASSERT(NativeUserClose(State->Process, State->File) == STATUS_SUCCESS, "close");
    State->Registered = FALSE;
    FUZZ_ASSERT(NativeLinkWaitConnected(FuzzAdapter.Link, FALSE, 0), "closed, and the link is up");
}

static void IoctlMakeRings(IOCTL_STATE *State)
{
    PEPROCESS Process = State->Process;
    PUCHAR *Rings = State->Rings;
    ULONG Small = TUN_RING_SIZE(IOCTL_SMALL);
    Rings[IoctlRingFirst] = NativeUserAllocate(Process, IOCTL_MEMORY, 0);
    Rings[IoctlRingSecond] = NativeUserAllocate(Process, IOCTL_MEMORY, 2048);
    Rings[IoctlRingShifted] = Rings[IoctlRingFirst] + 4;
    Rings[IoctlRingMisaligned] = Rings[IoctlRingFirst] + 2;
    Rings[IoctlRingReadOnly] = NativeUserAllocate(Process, IOCTL_MEMORY, 0);
    NativeUserProtectRead(Process, Rings[IoctlRingReadOnly], IOCTL_MEMORY);
    Rings[IoctlRingEndReadOnly] = NativeUserAllocate(Process, IOCTL_MEMORY, 0);
    NativeUserProtectRead(Process, Rings[IoctlRingEndReadOnly] + Small - 1, 1);
    Rings[IoctlRingShort] = NativeUserAllocate(Process, Small - PAGE_SIZE, 0);
    Rings[IoctlRingFreed] = NativeUserAllocate(Process, IOCTL_MEMORY, 0);
    Rings[IoctlRingForeign] = NativeUserAllocate(State->Other, IOCTL_MEMORY, 0);
    Rings[IoctlRingKernel] = IoctlKernelMemory;
    Rings[IoctlRingTop] = (PUCHAR)(ULONG_PTR)~3ull;
    NativeUserFree(Process, Rings[IoctlRingFreed]);
}

static void IoctlMakeEvents(IOCTL_STATE *State)
{
    PEPROCESS Process = State->Process;
    HANDLE *Events = State->Events;
    Events[IoctlEventAuto] = NativeUserCreateEvent(Process, FALSE, FALSE);
    Events[IoctlEventManual] = NativeUserCreateEvent(Process, TRUE, FALSE);
    NativeUserDuplicate(
        Process, Events[IoctlEventAuto], Process, EVENT_MODIFY_STATE,
        &Events[IoctlEventModifyOnly]);
    NativeUserDuplicate(
        Process, Events[IoctlEventAuto], Process, EVENT_QUERY_STATE, &Events[IoctlEventQueryOnly]);
    Events[IoctlEventSemaphore] = NativeUserCreateSemaphore(Process, 0, 1);
    Events[IoctlEventProcess] = (HANDLE)(LONG_PTR)-1;
    /* Behind the file's, so that opening the file again does not give its handle a new meaning. */
    IoctlOpen(State);
    Events[IoctlEventClosed] = NativeUserCreateEvent(Process, FALSE, FALSE);
    NativeUserClose(Process, Events[IoctlEventClosed]);
}

static ULONG IoctlReadSize(FUZZ_INPUT *Input)
{
    switch (FuzzU8(Input) % IoctlSizes)
    {
    case IoctlSizeLarge:
        return TUN_RING_SIZE(IOCTL_LARGE);
    case IoctlSizeOneLess:
        return TUN_RING_SIZE(IOCTL_SMALL) - 1;
    case IoctlSizeOneMore:
        return TUN_RING_SIZE(IOCTL_SMALL) + 1;
    case IoctlSizeHalf:
        return TUN_RING_SIZE(IOCTL_SMALL / 2);
    case IoctlSizeNoPower:
        return TUN_RING_SIZE(IOCTL_SMALL + IOCTL_SMALL / 2);
    case IoctlSizeHuge:
        return TUN_RING_SIZE(2 * TUN_RING_MAX_CAPACITY);
    case IoctlSizeWraps:
        return TUN_RING_SIZE(0) - TUN_RING_MIN_CAPACITY;
    case IoctlSizeRaw:
        return FuzzU32(Input);
    default:
        return TUN_RING_SIZE(IOCTL_SMALL);
    }
}

static BOOLEAN IoctlIsRingSize(ULONG Size)
{
    for (uint64_t Capacity = 0x20000; Capacity <= 0x4000000; Capacity *= 2)
    {
        if (Size == 12 + Capacity + 0x10000)
        {
            return TRUE;
        }
    }
    return FALSE;
}

/* Memory of that kind that can be written from the pointer to its Size-th byte. */
static BOOLEAN IoctlIsWritable(IOCTL_RING Kind, ULONG Size)
{
    switch (Kind)
    {
    case IoctlRingFirst:
    case IoctlRingSecond:
    case IoctlRingShifted:
        return Size <= TUN_RING_SIZE(IOCTL_LARGE);
    default:
        return FALSE;
    }
}

static NTSTATUS IoctlEventStatus(IOCTL_EVENT Kind, BOOLEAN Waits)
{
    switch (Kind)
    {
    case IoctlEventAuto:
    case IoctlEventManual:
        return STATUS_SUCCESS;
    case IoctlEventModifyOnly:
        return Waits ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
    case IoctlEventQueryOnly:
        return STATUS_ACCESS_DENIED;
    case IoctlEventSemaphore:
    case IoctlEventFile:
    case IoctlEventProcess:
        return STATUS_OBJECT_TYPE_MISMATCH;
    default:
        return STATUS_INVALID_HANDLE;
    }
}

/* Waits: the driver waits on the event, so the handle must carry SYNCHRONIZE. */
static void IoctlReadDescriptor(
    FUZZ_INPUT *Input, const IOCTL_STATE *State, BOOLEAN Waits, IOCTL_DESCRIPTOR *Descriptor)
{
    ULONG Size = IoctlReadSize(Input);
    IOCTL_RING Ring = FuzzU8(Input) % IoctlRings;
    uint64_t Address = Ring == IoctlRingRaw ? FuzzU64(Input) : (uintptr_t)State->Rings[Ring];
    IOCTL_EVENT Event = FuzzU8(Input) % IoctlEvents;
    uint64_t Handle = Event == IoctlEventRaw    ? FuzzU64(Input)
                      : Event == IoctlEventFile ? (uintptr_t)State->File
                                                : (uintptr_t)State->Events[Event];

    if (State->Flags & IOCTL_FLAG_WOW64)
    {
        /* Of a 32-bit client's handles and pointers this is all there is. */
        Descriptor->Raw = Ring == IoctlRingKernel || Event == IoctlEventProcess;
        Address = (uint32_t)Address;
        Handle = (uint32_t)Handle;
    }
    Descriptor->Value =
        (TUN_RING_DESCRIPTOR64){.RingSize = Size, .Ring = Address, .TailMoved = Handle};
    Descriptor->Raw |= Ring == IoctlRingRaw || Event == IoctlEventRaw;
    if (!IoctlIsRingSize(Size) || Address == 0 || Address % 4 != 0 || Handle == 0)
    {
        Descriptor->Status = STATUS_INVALID_PARAMETER;
        Descriptor->Raw = FALSE;
        return;
    }
    Descriptor->Status = IoctlEventStatus(Event, Waits);
    if (Descriptor->Status == STATUS_SUCCESS && !IoctlIsWritable(Ring, Size))
    {
        Descriptor->Status = STATUS_INVALID_USER_BUFFER;
    }
}

static BOOLEAN IoctlAreOffsetsValid(const IOCTL_DESCRIPTOR *Descriptor)
{
    const TUN_RING *Ring = (const TUN_RING *)(uintptr_t)Descriptor->Value.Ring;
    uint32_t Capacity = Descriptor->Value.RingSize - 12 - 0x10000;
    return Ring->Head < Capacity && Ring->Head % 4 == 0 && Ring->Tail < Capacity &&
           Ring->Tail % 4 == 0;
}

/* The status that the call must have; *Raw: what cannot be said. */
static NTSTATUS IoctlPredict(
    const IOCTL_STATE *State,
    BOOLEAN RightLength,
    const IOCTL_DESCRIPTOR *Send,
    const IOCTL_DESCRIPTOR *Receive,
    BOOLEAN *Raw)
{
    BOOLEAN Allowed = State->User == NativeLocalSystem || State->User == NativeAdministrator;
    *Raw = FALSE;
    /* TUN_IOCTL_REGISTER_RINGS_2019 asks for the same access (0x0022E000, bits 14 and 15). */
    if (State->Flags & (IOCTL_FLAG_NO_READ | IOCTL_FLAG_NO_WRITE) || !Allowed)
    {
        return STATUS_ACCESS_DENIED;
    }
    if (!RightLength)
    {
        return STATUS_INVALID_PARAMETER;
    }
    if (State->Registered)
    {
        return STATUS_ALREADY_INITIALIZED;
    }
    *Raw = Send->Raw;
    if (Send->Raw || Send->Status != STATUS_SUCCESS)
    {
        return Send->Status;
    }
    *Raw = Receive->Raw;
    if (Receive->Raw || Receive->Status != STATUS_SUCCESS)
    {
        return Receive->Status;
    }
    return IoctlAreOffsetsValid(Send) && IoctlAreOffsetsValid(Receive) ? STATUS_SUCCESS
                                                                       : STATUS_INVALID_PARAMETER;
}

/* The errors that the contract lists, whatever the request is. */
static BOOLEAN IoctlIsContractual(NTSTATUS Status)
{
    return Status == STATUS_INVALID_PARAMETER || Status == STATUS_INVALID_HANDLE ||
           Status == STATUS_OBJECT_TYPE_MISMATCH || Status == STATUS_ACCESS_DENIED ||
           Status == STATUS_INVALID_USER_BUFFER || Status == STATUS_ALREADY_INITIALIZED ||
           Status == STATUS_INSUFFICIENT_RESOURCES;
}

/* Sends a request in an allocation of exactly its length. A failed one leaves nothing behind. */
static NTSTATUS
IoctlSend(IOCTL_STATE *State, ULONG Code, const void *Input, ULONG Length, ULONG OutputLength)
{
    PUCHAR Copy = malloc(Length ? Length : 1), Output = malloc(OutputLength ? OutputLength : 1);
    ULONG Returned = 1;
    FUZZ_ASSERT(Copy && Output, "no memory");
    memcpy(Copy, Input, Length);
    NTSTATUS Status = NativeUserDeviceIoControl(
        State->Process, State->File, Code, Copy, Length, Output, OutputLength, &Returned);
    free(Copy);
    free(Output);
    FUZZ_ASSERT(Returned == 0, "%u bytes returned", (unsigned)Returned);
    if (NT_SUCCESS(Status))
    {
        State->Registered = TRUE;
    }
    else if (!State->Registered)
    {
        FuzzAwaitUsage(&State->Idle);
    }
    FUZZ_ASSERT(
        NativeLinkWaitConnected(FuzzAdapter.Link, State->Registered, 0), "status %08X, link",
        (unsigned)Status);
    return Status;
}

static void IoctlRegister(FUZZ_INPUT *Input, IOCTL_STATE *State)
{
    ULONG Code = FuzzU8(Input) & 1 ? TUN_IOCTL_REGISTER_RINGS_2019 : TUN_IOCTL_REGISTER_RINGS;
    BOOLEAN Wow64 = (State->Flags & IOCTL_FLAG_WOW64) != 0;
    ULONG Right = Wow64 ? sizeof(TUN_REGISTER_RINGS32) : sizeof(TUN_REGISTER_RINGS64);
    ULONG Length = FuzzU8(Input) % 97, OutputLength = FuzzU8(Input);
    IOCTL_DESCRIPTOR Send = {0}, Receive = {0};
    UCHAR Bytes[96] = {0};
    BOOLEAN Raw;

    Length = Length ? Length : Right;
    IoctlReadDescriptor(Input, State, FALSE, &Send);
    IoctlReadDescriptor(Input, State, TRUE, &Receive);
    TUN_REGISTER_RINGS64 Rings64 = {Send.Value, Receive.Value};
    TUN_REGISTER_RINGS32 Rings32 = {
        {Send.Value.RingSize, (uint32_t)Send.Value.Ring, (uint32_t)Send.Value.TailMoved},
        {Receive.Value.RingSize, (uint32_t)Receive.Value.Ring, (uint32_t)Receive.Value.TailMoved}};
    if (Wow64)
    {
        memcpy(Bytes, &Rings32, sizeof(Rings32));
    }
    else
    {
        memcpy(Bytes, &Rings64, sizeof(Rings64));
    }
    NTSTATUS Expected = IoctlPredict(State, Length == Right, &Send, &Receive, &Raw);
    NTSTATUS Status = IoctlSend(State, Code, Bytes, Length, OutputLength);
    FUZZ_ASSERT(
        Raw ? Status == STATUS_SUCCESS || IoctlIsContractual(Status) : Status == Expected,
        "status %08X, not %08X", (unsigned)Status, (unsigned)Expected);
}

static void IoctlRaw(FUZZ_INPUT *Input, IOCTL_STATE *State)
{
    UCHAR Kind = FuzzU8(Input) % 3, Bytes[96];
    ULONG Code = Kind == 0   ? FuzzU32(Input)
                 : Kind == 1 ? TUN_IOCTL_REGISTER_RINGS
                             : TUN_IOCTL_REGISTER_RINGS_2019;
    ULONG Length = FuzzU8(Input) % (sizeof(Bytes) + 1);
    if (Kind == 0)
    {
        Code &= ~3u; /* METHOD_BUFFERED, as both of ours */
        if (Code == IOCTL_NDIS_QUERY_GLOBAL_STATS)
        {
            return; /* NDIS' own */
        }
    }
    FuzzBytes(Input, Bytes, Length);
    NTSTATUS Status = IoctlSend(State, Code, Bytes, Length, FuzzU8(Input));
    if (Code != TUN_IOCTL_REGISTER_RINGS && Code != TUN_IOCTL_REGISTER_RINGS_2019)
    {
        FUZZ_ASSERT(!NT_SUCCESS(Status), "code %08X succeeds", (unsigned)Code);
    }
}

static void IoctlStep(FUZZ_INPUT *Input, IOCTL_STATE *State)
{
    PUCHAR Ring;
    ULONG Field, Value;
    switch (FuzzU8(Input) % IoctlSteps)
    {
    case IoctlStepRegister:
        IoctlRegister(Input, State);
        break;
    case IoctlStepRaw:
        IoctlRaw(Input, State);
        break;
    case IoctlStepHeader:
        Ring = State->Rings[FuzzU8(Input) % (IoctlRingShifted + 1)];
        Field = FuzzU8(Input) % 3;
        Value = FuzzU32(Input);
        if (!State->Registered)
        {
            memcpy(Ring + 4 * Field, &Value, sizeof(Value));
        }
        break;
    default: /* IoctlStepReopen */
        IoctlClose(State);
        IoctlOpen(State);
        FuzzAwaitUsage(&State->Idle);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *Data, size_t Size)
{
    FUZZ_INPUT Input = {Data, Size};
    IOCTL_STATE State = {.User = FuzzU8(&Input) % (NativeLowUser + 1), .Flags = FuzzU8(&Input)};

    FuzzBegin();
    State.Process = NativeProcessCreate(State.User, (State.Flags & IOCTL_FLAG_WOW64) != 0);
    State.Other = NativeProcessCreate(NativeLocalSystem, FALSE);
    FUZZ_ASSERT(State.Process && State.Other, "no process");
    IoctlMakeRings(&State);
    IoctlMakeEvents(&State);
    FuzzGetUsage(&State.Idle);
    for (ULONG Step = 0; Step < IOCTL_MAX_STEPS && Input.Left; Step++)
    {
        IoctlStep(&Input, &State);
    }
    /* Every other time the process dies with its session. */
    if (Size % 2)
    {
        IoctlClose(&State);
    }
    NativeProcessExit(State.Process);
    NativeProcessExit(State.Other);
    FUZZ_ASSERT(
        NativeLinkWaitConnected(FuzzAdapter.Link, FALSE, 0), "the client is gone, the link is up");
    FuzzEnd();
    return 0;
}
