/* SPDX-License-Identifier: MIT */
/*
 * One producer and one consumer of a ring, PACKETS packets of every size, both ways of use:
 *
 * RECEIVE_RING: the client produces and signals if Alertable; the consumer is the driver's receive
 *     thread (driver/receive.c: ReceiveThread, ReceiveBatch, ReceiveWaitPackets). STOP ends it in
 *     the midst (ReceiveStop).
 * SEND_RING: the driver produces and signals each time it has published (driver/send.c,
 *     SendSignal); the consumer never says that it sleeps. STOP ends the session (SendTerminate).
 *
 * MANUAL_EVENT: TailMoved stays set until the consumer clears it.
 * PRELOADED: the ring holds a packet already, and the consumer runs, when the producer starts.
 *
 * Asserted: each word of each packet is what the producer wrote, in order and once; nothing is
 * written over that is not released. Without STOP every packet arrives. A state in which somebody
 * waits for ever is an invalid end state, which spin reports.
 */
#define CPUS 2
#include "layout.pml"
#define OLD_FIRST(Cpu) DATA
#define OLD_LAST(Cpu)  (DATA_END - 1)
#include "memory.pml"
#include "ring.pml"

#ifndef PACKETS
#define PACKETS 3
#endif

#define PRODUCER 0
#define CONSUMER 1

bit TailMoved;
bit Stop;

/* For the assertions only. */
byte PayloadOf[PACKETS + 1];
byte Unreleased; /* words written or about to be, that the consumer may still read */

inline Reserve()
{
    do
    :: RingProducerReserve(PRODUCER, Next, Head, Payload, Result);
        if
        :: Result == Full -> Memory[HEAD] != Head /* tries again when it can help */
        :: else -> break
        fi
    od
}

inline Write()
{
    PayloadOf[Number] = Payload;
    WritePacket(PRODUCER, Next, Number, Payload)
}

proctype Producer()
{
    byte Next, Head, Payload, Value, Number = 1;
    mtype Result;

#ifdef PRELOADED
    Number = 2;
    if
    :: RingProducerInitialize(PRODUCER, Next, Head)
#ifdef NO_ACQUIRE_INITIALIZE
    :: /* nothing orders the stores of the first packet behind the load of Head */
        Payload = PAYLOAD_MAX;
        Write();
        SPACE(PAYLOAD_MAX) <= ROOM(Memory[HEAD], Next);
        RingProducerInitialize(PRODUCER, Next, Head);
        goto written
#endif
    fi;
#endif
#ifdef STOP_PRODUCER
    /* The session may end before or after any packet. */
    do
    :: Number > PACKETS -> break
    :: Number <= PACKETS && Stop -> break
    :: Number <= PACKETS ->
#else
    do
    :: Number > PACKETS -> break
    :: else ->
#endif
        select(Payload : 0 .. PAYLOAD_MAX);
#ifdef NO_ACQUIRE_RESERVE
        if
        :: Reserve();
            if
            :: Result == Reserved -> Write()
            :: else -> break
            fi
        :: Write(); /* nothing orders these stores behind the load of Head */
            Reserve();
            if
            :: Result != Reserved -> break
            :: else
            fi
        fi;
#else
        Reserve();
        if
        :: Result == Reserved -> Write()
        :: else -> break
        fi;
#endif
#ifdef NO_ACQUIRE_INITIALIZE
written:
        skip;
#endif
        d_step
        {
            Unreleased = Unreleased + SPACE(Payload);
            assert(Unreleased < CAPACITY);
            Next = WRAP(Next + SPACE(Payload));
            Number++;
            Result = 0
        }
        RingProducerPublish(PRODUCER, Next);
#ifdef SEND_RING
        SetEvent(PRODUCER, TailMoved)
#else
        RingProducerMustSignal(PRODUCER, Value);
        if
        :: Value -> SetEvent(PRODUCER, TailMoved)
        :: else
        fi;
        Value = 0
#endif
    od;
#ifdef STOP_PRODUCER
    RingProducerPublish(PRODUCER, TERMINATED);
    SetEvent(PRODUCER, TailMoved)
#endif
}

/* Gives back what was read up to here. */
inline GiveBack()
{
    d_step
    {
        Unreleased = Unreleased - Read;
        Read = 0
    }
    RingConsumerRelease(CONSUMER, Next)
}

inline TakePacket()
{
#ifdef NO_RELEASE_HEAD
    if
    :: ReadPacket(CONSUMER, Next, Number, PayloadOf[Number])
    :: /* nothing orders the store of Head behind the loads of the packet */
        d_step
        {
            Value = WRAP(Next + SPACE(PayloadOf[Number]));
            Unreleased = Unreleased - Read - SPACE(PayloadOf[Number]);
            Read = 0;
            Early = true
        }
        RingConsumerRelease(CONSUMER, Value);
        ReadPacket(CONSUMER, Next, Number, PayloadOf[Number])
    fi;
#else
    ReadPacket(CONSUMER, Next, Number, PayloadOf[Number]);
#endif
    d_step
    {
        Read = Read + (Early -> 0 : SPACE(PayloadOf[Number]));
        Early = false;
        Next = WRAP(Next + SPACE(PayloadOf[Number]));
        Number++
    }
}

/* ReceiveWait: for Stop or for packets. */
inline Wait()
{
    if
    :: d_step
        {
            TailMoved ->
#ifndef MANUAL_EVENT
            TailMoved = 0;
#endif
            BringUpToDate(CONSUMER)
        }
#ifdef STOP_CONSUMER
    :: Stop
#endif
    fi
}

/* ReceiveWaitPackets; the polls before it are the loop of Consumer, taken again. */
inline Sleep()
{
#ifdef RECEIVE_RING
    RingConsumerSleep(CONSUMER, Next, Tail, Result);
#ifdef NO_SECOND_LOOK
    Result = Empty;
#endif
    if
    :: Result == Empty ->
        Wait();
#ifdef STOP_CONSUMER
        if
        :: Stop -> goto stopped
        :: else
        fi;
#endif
#ifdef CLEAR_UNSEEN
        TailMoved = 0;
#else
        RingConsumerPoll(CONSUMER, Next, Tail, Result);
        if
        :: Result == Empty -> TailMoved = 0
        :: else
        fi;
#endif
    :: else
    fi;
    RingConsumerAwake(CONSUMER)
#else
    Wait();
#ifdef MANUAL_EVENT
    RingConsumerPoll(CONSUMER, Next, Tail, Result);
    if
    :: Result == Empty -> TailMoved = 0
    :: else
    fi
#endif
#endif
}

proctype Consumer()
{
    byte Next, Tail, Value, Read, Number = 1;
    bool Early;
    mtype Result;

#ifdef PRELOADED
    Next = Memory[HEAD];
    Tail = Next;
#endif
    do
#ifdef STOP_CONSUMER
    :: Stop -> break
    :: !Stop ->
#else
    :: Number > PACKETS -> break
    :: Number <= PACKETS ->
#endif
        RingConsumerPoll(CONSUMER, Next, Tail, Result);
        if
        :: Result == NotEmpty ->
            Result = 0;
            TakePacket();
            if
            :: GiveBack()
            :: Tail != Next /* the batch goes on */
            fi
        :: Result == Empty ->
            Result = 0;
#ifdef SEND_RING
            Sleep()
#else
            if
            :: Sleep()
            :: Memory[TAIL] != Tail /* polls again */
            fi
#endif
        :: Result == Terminated -> break
        fi;
        Result = 0
    od;
#ifdef STOP_CONSUMER
stopped:
    RingConsumerRelease(CONSUMER, TERMINATED)
#else
    skip
#endif
}

#ifdef ORDER_WEAK
proctype Follow()
{
end:
    do
    FOLLOW(CONSUMER, DATA)
    FOLLOW(CONSUMER, DATA + 1)
    FOLLOW(CONSUMER, DATA + 2)
    FOLLOW(CONSUMER, DATA + 3)
    FOLLOW(CONSUMER, DATA + 4)
    FOLLOW(CONSUMER, DATA + 5)
    od
}
#endif

init
{
    atomic
    {
#ifdef PRELOADED
        /* From 1 to the edge, so that the next packet ends where this one starts. */
        PayloadOf[1] = PAYLOAD_MAX;
        Unreleased = SPACE(PAYLOAD_MAX);
        Memory[HEAD] = 1;
        Memory[TAIL] = WRAP(1 + SPACE(PAYLOAD_MAX));
        Memory[DATA + 1] = SIZE_WORD(1, PAYLOAD_MAX);
        Memory[DATA + 2] = DATA_WORD(1, 0);
        Memory[DATA + 3] = DATA_WORD(1, 1);
#endif
        run Drain(PRODUCER);
        run Drain(CONSUMER);
#ifdef ORDER_WEAK
        run Follow();
#endif
        run Producer();
        run Consumer()
    };
#if defined(STOP_CONSUMER) || defined(STOP_PRODUCER)
    Stop = 1
#endif
}
