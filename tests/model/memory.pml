/* SPDX-License-Identifier: MIT */
/*
 * Shared memory as processors see it. A model defines LOCATIONS and CPUS, includes this file, and
 * reads and writes shared words by the operations below only. Each processor has a store buffer,
 * which a process of its own (Drain) empties whenever it likes.
 *
 * ORDER_X86: stores leave the buffer in program order (x86-TSO, SPARC V9 manual, appendix D; Owens,
 * Sarkar, Sewell 2009). Loads read memory in program order.
 *
 * ORDER_WEAK, at least what arm64 may do (Arm Architecture Reference Manual, B2.3):
 *   - stores leave the buffer in any order, except two to one location, and except that a release
 *     store leaves after all that stood before it;
 *   - a load may have been made early: each processor has a copy of memory that follows memory word
 *     by word in any order (Follow), loads read the copy, and an acquire load brings all of it up
 *     to date. This is kept up for the words from OLD_FIRST(Cpu) to OLD_LAST(Cpu), which a model
 *     defines; others are loaded from memory.
 * What the buffers cannot show, a load that is made after a later store, a model writes out
 * where nothing orders the two.
 *
 * A full fence waits for the buffer to be empty and brings the copy up to date. An interlocked
 * operation (a lock taken) is a full fence on x86, an acquire otherwise.
 */
#define DEPTH 4 /* stores that a buffer holds; more have to wait */

typedef STORE_BUFFER
{
    byte Length;
    byte Location[DEPTH];
    byte Value[DEPTH];
    bit Ordered[DEPTH] /* a release store */
};

typedef COPY
{
    byte Value[LOCATIONS]
};

byte Memory[LOCATIONS];
STORE_BUFFER Buffer[CPUS];
#ifdef ORDER_WEAK
COPY Copy[CPUS];
#endif

hidden byte Index;

/* In a d_step: everything that this processor loads from here on is as new as memory. */
inline BringUpToDate(Cpu)
{
#ifdef ORDER_WEAK
    Index = OLD_FIRST(Cpu);
    do
    :: Index <= OLD_LAST(Cpu) -> Copy[Cpu].Value[Index] = Memory[Index]; Index++
    :: else -> break
    od;
    Index = 0
#else
    skip
#endif
}

inline Append(Cpu, Where, What, IsOrdered)
{
    d_step
    {
        Buffer[Cpu].Length < DEPTH ->
        Buffer[Cpu].Location[Buffer[Cpu].Length] = Where;
        Buffer[Cpu].Value[Buffer[Cpu].Length] = What;
        Buffer[Cpu].Ordered[Buffer[Cpu].Length] = IsOrdered;
        Buffer[Cpu].Length++
    }
}

inline Store(Cpu, Where, What)
{
    Append(Cpu, Where, What, 0)
}

inline StoreRelease(Cpu, Where, What)
{
    Append(Cpu, Where, What, 1)
}

/* In a d_step. A processor sees its own stores at once. */
inline Look(Cpu, Where, Result)
{
#ifdef ORDER_WEAK
    if
    :: OLD_FIRST(Cpu) <= Where && Where <= OLD_LAST(Cpu) -> Result = Copy[Cpu].Value[Where]
    :: else -> Result = Memory[Where]
    fi;
#else
    Result = Memory[Where];
#endif
    Index = 0;
    do
    :: Index < Buffer[Cpu].Length ->
        if
        :: Buffer[Cpu].Location[Index] == Where -> Result = Buffer[Cpu].Value[Index]
        :: else
        fi;
        Index++
    :: else -> break
    od;
    Index = 0
}

inline Load(Cpu, Where, Result)
{
    d_step
    {
        Look(Cpu, Where, Result)
    }
}

inline LoadAcquire(Cpu, Where, Result)
{
    d_step
    {
        Look(Cpu, Where, Result);
        BringUpToDate(Cpu)
    }
}

inline FullFence(Cpu)
{
    d_step
    {
        Buffer[Cpu].Length == 0 ->
        BringUpToDate(Cpu)
    }
}

#define IS_AT(Cpu, Entry, Where) \
    (Entry < Buffer[Cpu].Length && Buffer[Cpu].Location[Entry] == (Where))
#define IsBuffered(Cpu, Where) \
    (IS_AT(Cpu, 0, Where) || IS_AT(Cpu, 1, Where) || IS_AT(Cpu, 2, Where) || IS_AT(Cpu, 3, Where))

/* Takes a lock: an interlocked exchange that is tried until it finds 0. */
inline Lock(Cpu, Where)
{
    d_step
    {
#ifdef ORDER_WEAK
        Memory[Where] == 0 && !IsBuffered(Cpu, Where) ->
#else
        Memory[Where] == 0 && Buffer[Cpu].Length == 0 ->
#endif
        Memory[Where] = 1;
        BringUpToDate(Cpu)
    }
}

inline Unlock(Cpu, Where)
{
    StoreRelease(Cpu, Where, 0)
}

/*
 * Events and waits are the operating system's: what signals an object, and what waits for it, has
 * the barriers that ordering memory takes ("Synchronization and Multiprocessor Issues", Windows).
 */
inline SetEvent(Cpu, Event)
{
    d_step
    {
        Buffer[Cpu].Length == 0 ->
        BringUpToDate(Cpu);
        Event = 1
    }
}

/* In a d_step: the entry leaves the buffer for memory. */
inline Leave(Cpu, Entry)
{
    Memory[Buffer[Cpu].Location[Entry]] = Buffer[Cpu].Value[Entry];
#ifdef ORDER_WEAK
    if
    :: OLD_FIRST(Cpu) <= Buffer[Cpu].Location[Entry] &&
            Buffer[Cpu].Location[Entry] <= OLD_LAST(Cpu) ->
        Copy[Cpu].Value[Buffer[Cpu].Location[Entry]] = Buffer[Cpu].Value[Entry]
    :: else
    fi;
#endif
    Buffer[Cpu].Length--;
    Index = Entry;
    do
    :: Index < Buffer[Cpu].Length ->
        Buffer[Cpu].Location[Index] = Buffer[Cpu].Location[Index + 1];
        Buffer[Cpu].Value[Index] = Buffer[Cpu].Value[Index + 1];
        Buffer[Cpu].Ordered[Index] = Buffer[Cpu].Ordered[Index + 1];
        Index++
    :: else -> break
    od;
    /* Equal states are to look equal. */
    Buffer[Cpu].Location[Index] = 0;
    Buffer[Cpu].Value[Index] = 0;
    Buffer[Cpu].Ordered[Index] = 0;
    Index = 0
}

#define NOT_BEHIND(Cpu, Earlier, Entry) \
    (Buffer[Cpu].Location[Earlier] != Buffer[Cpu].Location[Entry])
#define MAY_LEAVE(Cpu, Entry) (Buffer[Cpu].Length > Entry && !Buffer[Cpu].Ordered[Entry])

proctype Drain(byte Cpu)
{
end:
    do
    :: d_step { Buffer[Cpu].Length > 0 -> Leave(Cpu, 0) }
#ifdef ORDER_WEAK
    :: d_step { MAY_LEAVE(Cpu, 1) && NOT_BEHIND(Cpu, 0, 1) -> Leave(Cpu, 1) }
    :: d_step {
            MAY_LEAVE(Cpu, 2) && NOT_BEHIND(Cpu, 0, 2) && NOT_BEHIND(Cpu, 1, 2) -> Leave(Cpu, 2)
        }
    :: d_step {
            MAY_LEAVE(Cpu, 3) && NOT_BEHIND(Cpu, 0, 3) && NOT_BEHIND(Cpu, 1, 3) &&
            NOT_BEHIND(Cpu, 2, 3) -> Leave(Cpu, 3)
        }
#endif
    od
}

#ifdef ORDER_WEAK
/* A word of a processor's copy becomes what memory holds. */
#define FOLLOW(Cpu, Where) \
    :: d_step { \
        Copy[Cpu].Value[Where] != Memory[Where] -> Copy[Cpu].Value[Where] = Memory[Where] \
    }
#endif
