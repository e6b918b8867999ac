/* SPDX-License-Identifier: MIT */
/*
 * Several client threads that send through one session (ring/shared_producer.h, in_flight.h), and
 * the driver's receive thread (ring/consumer.h). Each of THREADS threads reserves a packet, the
 * first HELD packets, completes them in any order, and publishes after each; ROUNDS times.
 *
 * Asserted: as in handshake.pml; packets arrive in the order of reservation, all of them, and at the
 * end nothing is in flight.
 */
#ifndef THREADS
#define THREADS 2
#endif
#ifndef HELD
#define HELD 1
#endif
#ifndef ROUNDS
#define ROUNDS 1
#endif
#define START    2
#define CPUS     (THREADS + 1)
#define CONSUMER THREADS
#define EXTRA    (CAPACITY + 2)
#include "layout.pml"
/* OLD_LOADS: the first thread may load what it shares with the other one early, which matters only
 * where an acquire is left out. */
#define OLD_FIRST(Cpu) (Cpu == CONSUMER -> DATA : DATA_END)
#ifdef OLD_LOADS
#define OLD_LAST(Cpu) (Cpu == CONSUMER -> DATA_END - 1 : (Cpu == 0 -> NEXT : 0))
#else
#define OLD_LAST(Cpu) (Cpu == CONSUMER -> DATA_END - 1 : 0)
#endif
#include "in_flight_layout.pml"
#include "memory.pml"
#include "ring.pml"
#include "in_flight.pml"

#define PACKETS ((THREADS - 1 + HELD) * ROUNDS)

bit TailMoved;
byte Finished;

/* For the assertions only. */
byte PayloadOf[PACKETS + 1];
byte Numbers;
byte Unreleased;

inline RingSharedProducerReserve(Cpu)
{
    do
    ::
#ifdef NO_ACQUIRE_RESERVE_NEXT
        Load(Cpu, NEXT, Position);
#else
        LoadAcquire(Cpu, NEXT, Position);
#endif
#ifdef NO_ACQUIRE_RESERVE_HEAD
        Load(Cpu, HEAD, Head);
#else
        LoadAcquire(Cpu, HEAD, Head);
#endif
        if
        :: SPACE(Payload) > ROOM(Head, WRAP(Position)) ->
            /* Looks at Next again, and tries again when it can help. */
            (Memory[NEXT] != Position || Memory[HEAD] != Head)
        :: else ->
            d_step
            {
                Buffer[Cpu].Length == 0 ->
                Done = (Memory[NEXT] == Position);
                if
                :: Done ->
                    Memory[NEXT] = Position + SPACE(Payload);
                    Numbers++;
                    PayloadOf[Numbers] = Payload;
                    Unreleased = Unreleased + SPACE(Payload);
                    assert(Unreleased < CAPACITY);
                    Number[Holds] = Numbers;
                    Offset[Holds] = WRAP(Position)
                :: else
                fi;
                BringUpToDate(Cpu)
            }
            if
            :: Done -> break
            :: else
            fi
        fi;
        Position = 0;
        Head = 0
    od;
    Position = 0;
    Head = 0;
    Done = false;
    RingInFlightAdd(Cpu, Offset[Holds], Payload);
    Holds++
}

inline RingSharedProducerPublish(Cpu)
{
#ifndef NO_FENCE_COMPLETE
    FullFence(Cpu);
#endif
    do
    :: RingInFlightAdvance(Cpu, End, Done);
        if
        :: !Done -> break
        :: else
        fi;
        Done = false;
#ifdef NO_RELEASE_SHARED_PUBLISH
        Store(Cpu, TAIL, End);
#else
        StoreRelease(Cpu, TAIL, End);
#endif
        RingInFlightIdle(Cpu, End);
#ifndef NO_FENCE_IDLE
        FullFence(Cpu);
#endif
        Published = true
    od;
    End = 0;
    if
    :: Published ->
        Published = false;
        Load(Cpu, ALERTABLE, Value);
        if
        :: Value -> SetEvent(Cpu, TailMoved)
        :: else
        fi;
        Value = 0
    :: else
    fi
}

/* WintunSendPacket. */
inline SendOne(Cpu, Which)
{
    RingInFlightFind(Cpu, Offset[Which], PayloadOf[Number[Which]]);
    WritePacket(Cpu, Offset[Which], Number[Which], PayloadOf[Number[Which]]);
    RingInFlightComplete(Cpu, Offset[Which], PayloadOf[Number[Which]]);
    RingSharedProducerPublish(Cpu)
}

proctype Sender(byte Cpu)
{
    byte Position, Head, Payload, Value, End, Units, Holds, Rounds;
    byte Offset[HELD], Number[HELD];
    bool Done, Published;

    do
    :: Rounds == ROUNDS -> break
    :: Rounds < ROUNDS ->
        Rounds++;
        do
        :: Holds == (Cpu == 0 -> HELD : 1) -> break
        :: Holds < (Cpu == 0 -> HELD : 1) ->
            select(Payload : 0 .. PAYLOAD_MAX);
            RingSharedProducerReserve(Cpu)
        od;
#if HELD > 1
        if
        :: Holds == 1 -> SendOne(Cpu, 0)
        :: Holds == 2 -> SendOne(Cpu, 0); SendOne(Cpu, 1)
        :: Holds == 2 -> SendOne(Cpu, 1); SendOne(Cpu, 0)
        fi;
#else
        SendOne(Cpu, 0);
#endif
        Holds = 0
    od;
    Finished++
}

proctype Driver()
{
    byte Next = START, Tail = START, Value, Count = 1;
    mtype Result;

    do
    :: Count > PACKETS -> break
    :: Count <= PACKETS ->
        RingConsumerPoll(CONSUMER, Next, Tail, Result);
        if
        :: Result == NotEmpty ->
            ReadPacket(CONSUMER, Next, Count, PayloadOf[Count]);
            d_step
            {
                Unreleased = Unreleased - SPACE(PayloadOf[Count]);
                Next = WRAP(Next + SPACE(PayloadOf[Count]));
                Count++;
                Result = 0
            }
            RingConsumerRelease(CONSUMER, Next)
        :: Result == Empty ->
            Result = 0;
            RingConsumerSleep(CONSUMER, Next, Tail, Result);
            if
            :: Result == Empty ->
                d_step { TailMoved -> TailMoved = 0; BringUpToDate(CONSUMER) }
            :: else
            fi;
            RingConsumerAwake(CONSUMER)
        fi;
        Result = 0
    od;
    /* When all is drained, nothing is left in flight. */
    Finished == THREADS;
    (Buffer[0].Length == 0 && Buffer[1].Length == 0 && Buffer[CONSUMER].Length == 0);
    assert(Memory[OLDEST] == WRAP(Memory[NEXT]) && Memory[TAIL] == Memory[OLDEST]);
    assert(Memory[ENTRY(0)] == 0 && Memory[ENTRY(1)] == 0);
    assert(Memory[ENTRY(2)] == 0 && Memory[ENTRY(3)] == 0)
}

#ifdef ORDER_WEAK
/* The threads' view of what they share, and the driver's of the packets. */
proctype Follow()
{
end:
    do
#ifdef OLD_LOADS
    FOLLOW(0, NEXT)
    FOLLOW(0, OLDEST)
    FOLLOW(0, DATA_END)
    FOLLOW(0, DATA_END + 1)
    FOLLOW(0, DATA_END + 2)
    FOLLOW(0, DATA_END + 3)
#endif
    FOLLOW(CONSUMER, DATA)
    FOLLOW(CONSUMER, DATA + 1)
    FOLLOW(CONSUMER, DATA + 2)
    FOLLOW(CONSUMER, DATA + 3)
#if PAYLOAD_MAX > 0
    FOLLOW(CONSUMER, DATA + 4)
#endif
#if PAYLOAD_MAX > 1
    FOLLOW(CONSUMER, DATA + 5)
#endif
    od
}
#endif

init
{
    byte Cpu;

    atomic
    {
        /* Near the edge. */
        Memory[HEAD] = START;
        Memory[TAIL] = START;
        Memory[OLDEST] = START;
        Memory[NEXT] = START;
        do
        :: Cpu < CPUS -> BringUpToDate(Cpu); run Drain(Cpu); Cpu++
        :: else -> break
        od;
        Cpu = 0;
        do
        :: Cpu < THREADS -> run Sender(Cpu); Cpu++
        :: else -> break
        od;
        Cpu = 0;
#ifdef ORDER_WEAK
        run Follow();
#endif
        run Driver()
    }
}
