/* SPDX-License-Identifier: MIT */
/*
 * The driver's send path (driver/send.c) on several processors: each call reserves under SendLock,
 * copies without a lock, and publishes under SendLock what is copied from the front. SENDERS
 * processors make CALLS calls of up to LISTS packets each, one or two; a packet that finds no room is dropped.
 * One client thread consumes the ring.
 *
 * ALERTABLE_CLIENT: the client maintains Alertable, and the driver signals only then. Otherwise it
 * signals whenever it has published, and the client never says that it sleeps.
 * STOP: the session ends in the midst (session.c, SessionEnd; send.c, SendTerminate).
 *
 * What SendLock guards is modelled as plain variables; the lock's word itself, the ring and the
 * copies to it are in modelled memory. A lock is given back by a release store: nothing of what
 * comes behind it is held up.
 *
 * Asserted: as in handshake.pml; packets arrive in the order of reservation. Without STOP all that
 * got space arrive.
 */
#ifndef SENDERS
#define SENDERS 2
#endif
#ifndef CALLS
#define CALLS 1
#endif
#ifndef LISTS
#define LISTS 2
#endif
#define CPUS     (SENDERS + 1)
#define CONSUMER SENDERS
#define EXTRA    1
#include "layout.pml"
#define OLD_FIRST(Cpu) DATA
#define OLD_LAST(Cpu)  (DATA_END - 1)
#include "memory.pml"
#include "ring.pml"

#define SEND_LOCK DATA_END

#define BATCHES (SENDERS * CALLS)
#define PACKETS (BATCHES * LISTS)

bit TailMoved;

/* Guarded by SendLock. A batch in flight is known by its place in the order of reservation. */
byte SendNext, SendHead;
byte BatchEnd[BATCHES];
bit BatchCopied[BATCHES];
byte FirstBatch, EndBatch;

/* SendRundown. */
bit RundownActive;
byte Senders;
byte Finished;

/* For the assertions only. */
byte PayloadOf[PACKETS + 1];
byte Numbers; /* packets that got space */
byte Unreleased;

/* SendReserveList, of a list of one packet. */
inline ReserveOne()
{
    RingProducerReserve(Cpu, SendNext, SendHead, Payload, Result);
    d_step
    {
        if
        :: Result == Reserved ->
            Numbers++;
            PayloadOf[Numbers] = Payload;
            Unreleased = Unreleased + SPACE(Payload);
            assert(Unreleased < CAPACITY);
            Offset[Taken] = SendNext;
            Number[Taken] = Numbers;
            Taken++;
            SendNext = WRAP(SendNext + SPACE(Payload))
        :: else
        fi;
        Result = 0;
        Payload = 0
    }
}

/* SendReserve and SendLaunch. */
inline ReserveBatch()
{
    Lock(Cpu, SEND_LOCK);
    select(Payload : 0 .. PAYLOAD_MAX);
    ReserveOne();
#if LISTS > 1
    if
    :: select(Payload : 0 .. PAYLOAD_MAX);
        ReserveOne()
    :: skip
    fi;
#endif
    d_step
    {
        if
        :: Taken > 0 ->
            Batch = EndBatch;
            BatchEnd[Batch] = SendNext;
            EndBatch++
        :: else
        fi
    }
    Unlock(Cpu, SEND_LOCK)
}

/* SendPublish. */
inline PublishBatch()
{
    Lock(Cpu, SEND_LOCK);
    d_step
    {
        BatchCopied[Batch] = 1;
        Published = false;
        do
        :: FirstBatch < EndBatch && BatchCopied[FirstBatch] ->
            End = BatchEnd[FirstBatch];
            FirstBatch++;
            Published = true
        :: else -> break
        od
    }
    if
    :: Published -> RingProducerPublish(Cpu, End)
    :: else
    fi;
    Unlock(Cpu, SEND_LOCK)
}

/* SendSignal. */
inline Signal()
{
#ifdef ALERTABLE_CLIENT
    RingProducerMustSignal(Cpu, Value);
    if
    :: Value -> SetEvent(Cpu, TailMoved)
    :: else
    fi;
    Value = 0
#else
    SetEvent(Cpu, TailMoved)
#endif
}

/* SendNetBufferLists. */
proctype Sender(byte Cpu)
{
    byte Payload, Value, Calls, Batch, End, Taken;
    byte Offset[2], Number[2];
    bool Published;
    mtype Result;

    do
    :: Calls == CALLS -> break
    :: Calls < CALLS ->
        Calls++;
        if
        :: atomic { !RundownActive -> Senders++ }
        :: RundownActive -> break
        fi;
        ReserveBatch();
        if
        :: Taken > 0 ->
            WritePacket(Cpu, Offset[0], Number[0], PayloadOf[Number[0]]);
            if
            :: Taken > 1 -> WritePacket(Cpu, Offset[1], Number[1], PayloadOf[Number[1]])
            :: else
            fi;
            PublishBatch();
            if
            :: Published -> Signal()
            :: else
            fi
        :: else
        fi;
        d_step
        {
            /* ExReleaseRundownProtection, which is interlocked. */
            Buffer[Cpu].Length == 0 ->
            Senders--;
            Batch = 0; End = 0; Taken = 0; Published = false;
            Offset[0] = 0; Offset[1] = 0; Number[0] = 0; Number[1] = 0
        }
    od;
    Finished++
}

inline Wait()
{
    if
    :: d_step { TailMoved -> TailMoved = 0; BringUpToDate(CONSUMER) }
#ifndef STOP
    :: Finished == SENDERS && Count > Numbers -> break
#endif
    fi
}

proctype Client()
{
    byte Next, Tail, Value, Read, Count = 1;
    mtype Result;

    do
    :: RingConsumerPoll(CONSUMER, Next, Tail, Result);
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
#ifdef ALERTABLE_CLIENT
            RingConsumerSleep(CONSUMER, Next, Tail, Result);
            if
            :: Result == Empty -> Wait()
            :: else
            fi;
            RingConsumerAwake(CONSUMER)
#else
            Wait()
#endif
        :: Result == Terminated -> break
        fi;
        Result = 0
    od
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
        do
        :: Cpu < CPUS -> run Drain(Cpu); Cpu++
        :: else -> break
        od;
        Cpu = 0;
        do
        :: Cpu < SENDERS -> run Sender(Cpu); Cpu++
        :: else -> break
        od;
        Cpu = 0;
#ifdef ORDER_WEAK
        run Follow();
#endif
        run Client()
    };
#ifdef STOP
    /* ExWaitForRundownProtectionRelease, then SendTerminate. */
    RundownActive = 1;
    Senders == 0;
    StoreRelease(Cpu, TAIL, TERMINATED);
    SetEvent(Cpu, TailMoved)
#endif
}
