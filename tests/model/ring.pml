/* SPDX-License-Identifier: MIT */
/*
 * The operations of ring/producer.h and ring/consumer.h, step by step, under their own names.
 *
 * Each NO_... leaves one barrier out; fences.txt says of which line.
 */
#define SPACE(Payload)   (1 + (Payload))
#define WRAP(Offset)     ((Offset) & (CAPACITY - 1))
#define CONTENT(Next, Tail) WRAP((Tail) - (Next))
#ifdef FULL_IS_EMPTY
#define ROOM(Head, Next) (CAPACITY - WRAP((Next) - (Head)))
#else
#define ROOM(Head, Next) WRAP((Head) - (Next) - 1)
#endif

/* What the words of packet Number hold: told apart by packet and place. */
#define SIZE_WORD(Number, Payload) (128 + (Number) * 4 + (Payload))
#define DATA_WORD(Number, Place)   ((Number) * 4 + (Place) + 1)

mtype = { Reserved, Full, Corrupt, Empty, NotEmpty, Terminated };

/* ---- producer.h ---- */

inline RingProducerInitialize(Cpu, Next, Head)
{
#ifdef NO_ACQUIRE_INITIALIZE
    Load(Cpu, HEAD, Head);
#else
    LoadAcquire(Cpu, HEAD, Head);
#endif
    Load(Cpu, TAIL, Next)
}

inline RingProducerLoadHead(Cpu, Result)
{
#ifdef NO_ACQUIRE_RESERVE
    Load(Cpu, HEAD, Result)
#else
    LoadAcquire(Cpu, HEAD, Result)
#endif
}

inline RingProducerReserve(Cpu, Next, Head, Payload, Result)
{
    if
    :: SPACE(Payload) <= ROOM(Head, Next) -> Result = Reserved
    :: else ->
        RingProducerLoadHead(Cpu, Value);
        d_step
        {
            if
            :: Value == TERMINATED -> Result = Corrupt
            :: else ->
                Head = Value;
                if
                :: SPACE(Payload) <= ROOM(Head, Next) -> Result = Reserved
                :: else -> Result = Full
                fi
            fi;
            Value = 0
        }
    fi
}

/* Through RingProducerPacket: the size and the bytes, plain stores. */
inline WritePacket(Cpu, Offset, Number, Payload)
{
    Store(Cpu, DATA + Offset, SIZE_WORD(Number, Payload));
    if
    :: Payload > 0 -> Store(Cpu, DATA + Offset + 1, DATA_WORD(Number, 0))
    :: else
    fi;
    if
    :: Payload > 1 -> Store(Cpu, DATA + Offset + 2, DATA_WORD(Number, 1))
    :: else
    fi
}

inline RingProducerPublish(Cpu, End)
{
#ifdef NO_RELEASE_PUBLISH
    Store(Cpu, TAIL, End)
#else
    StoreRelease(Cpu, TAIL, End)
#endif
}

inline RingProducerMustSignal(Cpu, Result)
{
#ifndef NO_FENCE_SIGNAL
    FullFence(Cpu);
#endif
    Load(Cpu, ALERTABLE, Result)
}

/* ---- consumer.h ---- */

inline RingConsumerPoll(Cpu, Next, Tail, Result)
{
    if
    :: Tail != Next -> Result = NotEmpty
    :: else ->
#ifdef NO_ACQUIRE_POLL
        Load(Cpu, TAIL, Value);
#else
        LoadAcquire(Cpu, TAIL, Value);
#endif
        d_step
        {
            if
            :: Value == TERMINATED -> Result = Terminated
            :: else ->
                Tail = Value;
                Result = (Tail == Next -> Empty : NotEmpty)
            fi;
            Value = 0
        }
    fi
}

/* RingConsumerPeek, and the bytes: plain loads. Each word is what the producer meant. */
inline ReadPacket(Cpu, Offset, Number, Payload)
{
    Load(Cpu, DATA + Offset, Value);
    assert(Value == SIZE_WORD(Number, Payload));
    if
    :: Payload > 0 ->
        Load(Cpu, DATA + Offset + 1, Value);
        assert(Value == DATA_WORD(Number, 0))
    :: else
    fi;
    if
    :: Payload > 1 ->
        Load(Cpu, DATA + Offset + 2, Value);
        assert(Value == DATA_WORD(Number, 1))
    :: else
    fi;
    Value = 0
}

inline RingConsumerRelease(Cpu, End)
{
#ifdef NO_RELEASE_HEAD
    Store(Cpu, HEAD, End)
#else
    StoreRelease(Cpu, HEAD, End)
#endif
}

inline RingConsumerAnnounce(Cpu)
{
    Store(Cpu, ALERTABLE, 1);
#ifndef NO_FENCE_SLEEP
    FullFence(Cpu)
#else
    skip
#endif
}

inline RingConsumerSleep(Cpu, Next, Tail, Result)
{
    RingConsumerAnnounce(Cpu);
    RingConsumerPoll(Cpu, Next, Tail, Result)
}

inline RingConsumerAwake(Cpu)
{
    Store(Cpu, ALERTABLE, 0)
}
