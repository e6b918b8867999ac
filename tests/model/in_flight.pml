/* SPDX-License-Identifier: MIT */
/*
 * The operations of ring/in_flight.h, under their own names, in words behind the ring. Packets are
 * counted in words, so that the entry behind a packet's only says that no packet starts there.
 */
/* An interlocked compare-and-exchange, acquire and release; Done tells whether it exchanged. */
inline CompareExchange(Cpu, Where, Old, New, Done)
{
    d_step
    {
        Buffer[Cpu].Length == 0 ->
        Done = (Memory[Where] == (Old));
        if
        :: Done -> Memory[Where] = New
        :: else
        fi;
        BringUpToDate(Cpu)
    }
}

inline RingInFlightAdd(Cpu, Offset, Payload)
{
    if
    :: Payload > 0 -> Store(Cpu, ENTRY((Offset) + 1), UNUSED)
    :: else
    fi;
#ifdef NO_RELEASE_ADD
    Store(Cpu, ENTRY(Offset), SPACE(Payload))
#else
    StoreRelease(Cpu, ENTRY(Offset), SPACE(Payload))
#endif
}

/* What is found is what was added. */
inline RingInFlightFind(Cpu, Offset, Payload)
{
#ifdef NO_ACQUIRE_FIND
    Load(Cpu, ENTRY(Offset), Value);
#else
    LoadAcquire(Cpu, ENTRY(Offset), Value);
#endif
    assert(Value == SPACE(Payload));
    if
    :: Payload > 0 ->
#ifdef NO_ACQUIRE_LENGTH
        Load(Cpu, ENTRY((Offset) + 1), Value);
#else
        LoadAcquire(Cpu, ENTRY((Offset) + 1), Value);
#endif
        assert(Value == UNUSED)
    :: else
    fi;
    Value = 0
}

inline RingInFlightComplete(Cpu, Offset, Payload)
{
#ifdef NO_RELEASE_COMPLETE
    Store(Cpu, ENTRY(Offset), COMPLETE + SPACE(Payload))
#else
    StoreRelease(Cpu, ENTRY(Offset), COMPLETE + SPACE(Payload))
#endif
}

inline RingInFlightPass(Cpu, Offset)
{
    do
    ::
#ifdef NO_ACQUIRE_PASS
        Load(Cpu, ENTRY(Offset), Value);
#else
        LoadAcquire(Cpu, ENTRY(Offset), Value);
#endif
        if
        :: Value < COMPLETE -> Value = 0; break
        :: else -> Units = Value - COMPLETE; Value = 0
        fi;
        assert(1 <= Units && Units <= 1 + PAYLOAD_MAX);
        if
        :: Units > 1 ->
#ifdef NO_ACQUIRE_LENGTH
            Load(Cpu, ENTRY((Offset) + 1), Value);
#else
            LoadAcquire(Cpu, ENTRY((Offset) + 1), Value);
#endif
            assert(Value == UNUSED)
        :: else
        fi;
        Value = 0;
        Store(Cpu, ENTRY(Offset), 0);
        if
        :: Units > 1 -> Store(Cpu, ENTRY((Offset) + 1), 0)
        :: else
        fi;
        d_step
        {
            Offset = WRAP(Offset + Units);
            Units = 0
        }
    od
}

/* Done: End is to be shown, and RingInFlightIdle has to follow. */
inline RingInFlightAdvance(Cpu, End, Done)
{
    Done = false;
#ifdef NO_ACQUIRE_OLDEST
    Load(Cpu, OLDEST, End);
#else
    LoadAcquire(Cpu, OLDEST, End);
#endif
    if
    :: End >= ADVANCING
    :: else ->
#ifdef NO_ACQUIRE_ENTRY
        Load(Cpu, ENTRY(End), Value);
#else
        LoadAcquire(Cpu, ENTRY(End), Value);
#endif
        if
        :: Value >= COMPLETE ->
            Value = 0;
            CompareExchange(Cpu, OLDEST, End, End + ADVANCING, Done);
            if
            :: Done -> RingInFlightPass(Cpu, End)
            :: else
            fi
        :: else -> Value = 0
        fi
    fi
}

inline RingInFlightIdle(Cpu, End)
{
#ifdef NO_RELEASE_IDLE
    Store(Cpu, OLDEST, End)
#else
    StoreRelease(Cpu, OLDEST, End)
#endif
}
