/* SPDX-License-Identifier: MIT */
/*
 * What a client can write into the rings: headers, packets and garbage, in several steps while the
 * driver runs. What arrives in Windows, what arrives in the send ring and what is counted must be
 * what the contract of the ring says. The driver's mapping of a ring ends exactly where the ring
 * does, and AddressSanitizer guards both ends.
 */
#include "fuzz.h"
#include "grammar.h"
#include "receive_model.h"
#include "sender.h"

#include <string.h>

#include "../../ring/producer.h"

typedef struct _RING_STATE
{
    FUZZ_CLIENT Client;
    SEND_MODEL Send;
    RECEIVE_MODEL Receive;
    BOOLEAN Paused;
    BOOLEAN Pending; /* published while paused: nothing else may be, until the driver has read it */
} RING_STATE;

int LLVMFuzzerInitialize(int *Count, char ***Arguments);
int LLVMFuzzerTestOneInput(const uint8_t *Data, size_t Size);

static void RingStopAll(void)
{
    SenderStop();
}

int LLVMFuzzerInitialize(int *Count, char ***Arguments)
{
    UNREFERENCED_PARAMETER(Count);
    UNREFERENCED_PARAMETER(Arguments);
    FuzzStart(RingStopAll);
    SenderStart();
    ReceiveTapSet();
    ReceivePoolWarm();
    return 0;
}

/* Publishes that Tail, lets the driver run until it has done all that the model does, compares. */
static void RingPublish(RING_STATE *State, uint32_t Tail)
{
    if (State->Pending)
    {
        return;
    }
    if (TunRingIsOffset(Tail, State->Client.Capacity))
    {
        State->Receive.Put = Tail;
    }
    ReceiveModelPublish(&State->Receive, Tail);
    if (State->Paused)
    {
        State->Pending = TRUE;
        NativeUserSetEvent(State->Client.Process, State->Client.ReceiveTailMoved);
        return;
    }
    ReceiveModelRun(&State->Receive);
    /* Where the client has not touched Alertable itself, it tells whether the driver sleeps. */
    RingFullFence();
    if (State->Receive.Scribbled || State->Client.ReceiveRing->Alertable)
    {
        NativeUserSetEvent(State->Client.Process, State->Client.ReceiveTailMoved);
    }
    ReceiveModelAwait(&State->Receive);
}

static void RingSend(RING_STATE *State, ULONG Count, ULONG Length, UCHAR First)
{
    for (ULONG Index = 0; Index < Count; Index++)
    {
        SENDER_CALL Call = {0};
        SENDER_SHAPE Shape = {
            .MdlCount = 1,
            .MdlBytes = {Length},
            .DataLength = Length,
            .First = First,
            .Seed = Index};
        SenderAddPacket(SenderAddList(&Call), &Shape);
        SenderSend(&Call, FALSE);
        BOOLEAN Signal =
            SendModelApply(&State->Send, &Call, State->Paused ? SendModelPaused : SendModelRunning);
        SenderFree(&Call);
        BOOLEAN Signalled = FuzzClientTakeEvent(&State->Client, State->Client.SendTailMoved);
        FUZZ_ASSERT(
            Signalled == Signal, "sent %u bytes: signalled %u, must be %u", (unsigned)Length,
            Signalled, Signal);
    }
}

static void RingRestart(RING_STATE *State)
{
    if (!State->Paused)
    {
        return;
    }
    FUZZ_ASSERT(NdisHostRestart(FuzzAdapter.Adapter) == STATUS_SUCCESS, "restart");
    State->Paused = FALSE;
    if (State->Pending)
    {
        ReceiveModelRun(&State->Receive);
        ReceiveModelAwait(&State->Receive);
    }
    State->Pending = FALSE;
}

static void RingPause(RING_STATE *State)
{
    if (!State->Paused)
    {
        ReceiveTapReturn(); /* a pause waits for what Windows holds */
        FUZZ_ASSERT(NdisHostPause(FuzzAdapter.Adapter) == STATUS_SUCCESS, "pause");
        State->Paused = TRUE;
    }
}

/* Bytes of the receive ring are written only while the driver has nothing to read. */
static void RingWriteStep(RING_STATE *State, FUZZ_INPUT *Input, RING_STEP Step)
{
    uint16_t Length;
    uint8_t First, Count, Bytes[64];
    uint32_t Offset;
    switch (Step)
    {
    case RingStepPut:
        Length = FuzzU16(Input);
        First = FuzzU8(Input);
        ReceiveModelPut(&State->Receive, Length, Length, First);
        break;
    case RingStepPutSize:
        Length = FuzzU16(Input);
        First = FuzzU8(Input);
        ReceiveModelPut(&State->Receive, Length, FuzzU32(Input), First);
        break;
    case RingStepPoke:
        Offset = FuzzU32(Input);
        Count = FuzzU8(Input) % (sizeof(Bytes) + 1);
        FuzzBytes(Input, Bytes, Count);
        ReceiveModelPoke(&State->Receive, Offset, Bytes, Count);
        break;
    default: /* RingStepFlood */
        Count = FuzzU8(Input);
        Length = FuzzU8(Input);
        First = FuzzU8(Input);
        for (ULONG Index = 0; Index < Count; Index++)
        {
            ReceiveModelPut(&State->Receive, Length, Length, First);
        }
        break;
    }
}

static void RingSendStep(RING_STATE *State, FUZZ_INPUT *Input, RING_STEP Step)
{
    uint8_t Count = 1;
    uint16_t Length;
    switch (Step)
    {
    case RingStepSendFlood:
        Count = FuzzU8(Input) % 64;
        /* fallthrough */
    case RingStepSend:
        Length = FuzzU16(Input);
        RingSend(State, Count, Length, FuzzU8(Input));
        break;
    case RingStepSendHead:
        SendModelWrite(&State->Send, offsetof(TUN_RING, Head), FuzzU32(Input));
        break;
    case RingStepSendAlertable:
        SendModelWrite(&State->Send, offsetof(TUN_RING, Alertable), FuzzU32(Input));
        break;
    default: /* RingStepSendRelease */
        SendModelWrite(&State->Send, offsetof(TUN_RING, Head), State->Send.Next);
        break;
    }
}

static void RingStep(RING_STATE *State, FUZZ_INPUT *Input)
{
    RING_STEP Step = FuzzU8(Input) % RingSteps;
    switch (Step)
    {
    case RingStepPut:
    case RingStepPutSize:
    case RingStepPoke:
    case RingStepFlood:
        RingWriteStep(State, Input, Step);
        break;
    case RingStepPublish:
        RingPublish(State, State->Receive.Put);
        break;
    case RingStepPublishRaw:
        RingPublish(State, FuzzU32(Input));
        break;
    case RingStepPublishNear:
        RingPublish(State, State->Receive.Put + (uint32_t)(int8_t)FuzzU8(Input));
        break;
    case RingStepHead:
        ReceiveModelScribble(&State->Receive, offsetof(TUN_RING, Head), FuzzU32(Input));
        break;
    case RingStepAlertable:
        ReceiveModelScribble(&State->Receive, offsetof(TUN_RING, Alertable), FuzzU32(Input));
        break;
    case RingStepPause:
        RingPause(State);
        break;
    case RingStepRestart:
        RingRestart(State);
        break;
    case RingStepHold:
        ReceiveTapHold();
        break;
    case RingStepReturn:
        ReceiveTapReturn();
        break;
    default:
        RingSendStep(State, Input, Step);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *Data, size_t Size)
{
    FUZZ_INPUT Input = {Data, Size};
    RING_STATE State = {0};
    uint32_t Capacity = TUN_RING_MIN_CAPACITY << (FuzzU8(&Input) & 1);

    FuzzBegin();
    FuzzClientOpen(&State.Client, Capacity, FuzzU8(&Input) * 12u);
    State.Client.SendRing->Alertable = FuzzU8(&Input);
    State.Client.SendRing->Head = State.Client.SendRing->Tail = FuzzU32(&Input) % Capacity & ~3u;
    State.Client.ReceiveRing->Head = State.Client.ReceiveRing->Tail =
        FuzzU32(&Input) % Capacity & ~3u;
    SendModelStart(&State.Send, State.Client.SendRing, Capacity);
    ReceiveModelStart(&State.Receive, State.Client.ReceiveRing, Capacity);
    FuzzClientRegister(&State.Client);

    for (ULONG Step = 0; Step < RING_MAX_STEPS && Input.Left; Step++)
    {
        RingStep(&State, &Input);
    }
    RingRestart(&State);
    ReceiveModelCheck(&State.Receive);
    SendModelCheck(&State.Send);
    FuzzClientClose(&State.Client);
    ReceiveModelCheckEnd(&State.Receive);
    ReceiveTapReturn();
    FuzzEnd();
    return 0;
}
