/* SPDX-License-Identifier: MIT */
/*
 * Several client threads that receive through one session (ring/shared_consumer.h, in_flight.h), and
 * the driver, one processor here, which signals each time it has published. A thread takes a
 * packet, reads it, completes it and releases; the first one takes HELD packets before it completes
 * them, in any order.
 *
 * OVERTAKE: the first thread reads the size of the first packet only when data of the third lies
 *     there, and it alone loads anything early.
 *
 * Asserted: each packet is taken by one thread, in the order of sending, and is what was sent; no
 * thread ever finds the ring corrupt; all space comes back; at the end nothing is in flight.
 */
#ifndef PACKETS
#define PACKETS 3
#endif
#ifndef HELD
#define HELD 1
#endif
#define START    2
#define THREADS  2
#define CPUS     (THREADS + 1)
#define PRODUCER THREADS
#define EXTRA    (CAPACITY + 2)
#include "layout.pml"
#include "in_flight_layout.pml"
/* OLD_LOADS: as in library_send.pml. */
#define OLD_FIRST(Cpu) DATA
#ifdef OLD_LOADS
#define OLD_LAST(Cpu) (Cpu == PRODUCER -> 0 : (Cpu == 0 -> NEXT : DATA_END - 1))
#else
#define OLD_LAST(Cpu) (Cpu == PRODUCER -> 0 : DATA_END - 1)
#endif
#include "memory.pml"
#include "ring.pml"
#include "in_flight.pml"

bit TailMoved;
byte Finished;

/* For the assertions only. */
byte PayloadOf[PACKETS + 1];
byte Taken;
byte Unreleased;

/* RingSharedConsumerTake, of one packet. */
inline RingSharedConsumerTake(Cpu)
{
    do
    ::
#ifdef NO_ACQUIRE_TAKE_NEXT
        Load(Cpu, NEXT, Position);
#else
        LoadAcquire(Cpu, NEXT, Position);
#endif
#ifdef NO_ACQUIRE_TAKE_TAIL
        Load(Cpu, TAIL, Tail);
#else
        LoadAcquire(Cpu, TAIL, Tail);
#endif
        /* RingSharedConsumerWalk: the size may be of a packet that is gone already. */
        if
        :: Tail != WRAP(Position) ->
#ifdef OVERTAKE
            (Cpu != 0 || Position != START || Memory[DATA + START] == DATA_WORD(3, 0));
#endif
            Load(Cpu, DATA + WRAP(Position), Value);
            d_step
            {
                Payload = Value & 3;
                Done = SPACE(Payload) <= CONTENT(WRAP(Position), Tail) && Payload <= PAYLOAD_MAX
            }
        :: else -> Done = false
        fi;
        if
        :: Done ->
            d_step
            {
                Buffer[Cpu].Length == 0 ->
                Done = (Memory[NEXT] == Position);
                if
                :: Done ->
                    Memory[NEXT] = Position + SPACE(Payload);
                    Taken++;
                    assert(Value == SIZE_WORD(Taken, PayloadOf[Taken]));
                    Number[Holds] = Taken;
                    Offset[Holds] = WRAP(Position)
                :: else
                fi;
                BringUpToDate(Cpu)
            }
            if
            :: Done -> Result = NotEmpty; break
            :: else
            fi
        :: else ->
#ifndef NO_FENCE_TAKE
            FullFence(Cpu);
#endif
#ifdef NO_ACQUIRE_TAKE_AGAIN
            Load(Cpu, NEXT, Value);
#else
            LoadAcquire(Cpu, NEXT, Value);
#endif
            if
            :: Value != Position
            :: else ->
                assert(Tail == WRAP(Position)); /* else RingCorrupt */
                Result = Empty;
                break
            fi
        fi;
        Value = 0; Payload = 0; Position = 0; Tail = 0
    od;
    Value = 0; Position = 0; Tail = 0; Done = false;
    if
    :: Result == NotEmpty ->
        RingInFlightAdd(Cpu, Offset[Holds], Payload);
        Payload = 0;
        Holds++
    :: else -> Payload = 0
    fi
}

inline RingSharedConsumerRelease(Cpu)
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
#ifdef NO_RELEASE_SHARED_HEAD
        Store(Cpu, HEAD, End);
#else
        StoreRelease(Cpu, HEAD, End);
#endif
        RingInFlightIdle(Cpu, End);
#ifndef NO_FENCE_IDLE
        FullFence(Cpu)
#endif
    od;
    End = 0
}

/* Reads a packet, and WintunReleaseReceivePacket. */
inline ReadAndRelease(Cpu, Which)
{
    ReadPacket(Cpu, Offset[Which], Number[Which], PayloadOf[Number[Which]]);
    Unreleased = Unreleased - SPACE(PayloadOf[Number[Which]]);
    RingInFlightFind(Cpu, Offset[Which], PayloadOf[Number[Which]]);
    RingInFlightComplete(Cpu, Offset[Which], PayloadOf[Number[Which]]);
    RingSharedConsumerRelease(Cpu)
}

proctype Receiver(byte Cpu)
{
    byte Position, Tail, Payload, Value, End, Units, Holds;
    byte Offset[HELD], Number[HELD];
    bool Done;
    mtype Result;

    do
    :: RingSharedConsumerTake(Cpu);
        if
        :: Result == NotEmpty && Holds < (Cpu == 0 -> HELD : 1)
        :: else ->
#if HELD > 1
            if
            :: Holds == 0
            :: Holds == 1 -> ReadAndRelease(Cpu, 0)
            :: Holds == 2 -> ReadAndRelease(Cpu, 0); ReadAndRelease(Cpu, 1)
            :: Holds == 2 -> ReadAndRelease(Cpu, 1); ReadAndRelease(Cpu, 0)
            fi;
#else
            if
            :: Holds == 1 -> ReadAndRelease(Cpu, 0)
            :: else
            fi;
#endif
            Holds = 0;
            if
            :: Result == Empty ->
                Result = 0;
                if
                :: d_step { TailMoved -> TailMoved = 0; BringUpToDate(Cpu) }
                :: Taken == PACKETS -> break
                fi
            :: else -> Result = 0
            fi
        fi
    od;
    Finished++
}

proctype Driver()
{
    byte Next = START, Head = START, Payload, Value, Number = 1;
    mtype Result;

    do
    :: Number > PACKETS -> break
    :: Number <= PACKETS ->
#ifdef OVERTAKE
        /* Data of the third packet comes to lie where the first one began. */
        Payload = (Number == 1 -> 0 : 1);
#else
        select(Payload : 0 .. PAYLOAD_MAX);
#endif
        do
        :: RingProducerReserve(PRODUCER, Next, Head, Payload, Result);
            if
            :: Result == Full -> Memory[HEAD] != Head
            :: else -> break
            fi
        od;
        assert(Result == Reserved);
        d_step
        {
            PayloadOf[Number] = Payload;
            Unreleased = Unreleased + SPACE(Payload);
            assert(Unreleased < CAPACITY);
            Result = 0
        }
        WritePacket(PRODUCER, Next, Number, Payload);
        d_step
        {
            Next = WRAP(Next + SPACE(Payload));
            Number++;
            Payload = 0
        }
        RingProducerPublish(PRODUCER, Next);
        SetEvent(PRODUCER, TailMoved)
    od;
    Finished == THREADS;
    (Buffer[0].Length == 0 && Buffer[1].Length == 0 && Buffer[PRODUCER].Length == 0);
    assert(Memory[OLDEST] == WRAP(Memory[NEXT]) && Memory[HEAD] == Memory[OLDEST]);
    assert(Memory[ENTRY(0)] == 0 && Memory[ENTRY(1)] == 0);
    assert(Memory[ENTRY(2)] == 0 && Memory[ENTRY(3)] == 0)
}

#ifdef ORDER_WEAK
proctype Follow(byte Cpu)
{
end:
    do
#ifdef OVERTAKE
    FOLLOW(0, DATA + START)
#else
    FOLLOW(Cpu, DATA)
    FOLLOW(Cpu, DATA + 1)
    FOLLOW(Cpu, DATA + 2)
    FOLLOW(Cpu, DATA + 3)
#if PAYLOAD_MAX > 0
    FOLLOW(Cpu, DATA + 4)
#endif
#if PAYLOAD_MAX > 1
    FOLLOW(Cpu, DATA + 5)
#endif
#endif
    od
}

/* Of the first thread, with OLD_LOADS. */
proctype FollowWords()
{
end:
    do
    FOLLOW(0, NEXT)
#ifndef OVERTAKE
    FOLLOW(0, OLDEST)
    FOLLOW(0, DATA_END)
    FOLLOW(0, DATA_END + 1)
    FOLLOW(0, DATA_END + 2)
    FOLLOW(0, DATA_END + 3)
#endif
    od
}
#endif

init
{
    byte Cpu;

    atomic
    {
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
        :: Cpu < THREADS ->
            run Receiver(Cpu);
#ifdef ORDER_WEAK
            run Follow(Cpu);
#endif
            Cpu++
        :: else -> break
        od;
        Cpu = 0;
#ifdef OLD_LOADS
        run FollowWords();
#endif
        run Driver()
    }
}
