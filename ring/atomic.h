/* SPDX-License-Identifier: MIT */
/*
 * The few atomic operations that the ring needs: on words that producer and consumer share, and,
 * for the cursors that several threads use, on words in private memory. For compilers with the GNU
 * atomics (clang, gcc) and for Microsoft's.
 */
#ifndef ADIT_RING_ATOMIC_H
#define ADIT_RING_ATOMIC_H

#include <stdint.h>

#if defined(_MSC_VER) && !defined(__clang__)

#include <intrin.h>

#if defined(_M_ARM64)
#define RING_DMB(Option) __dmb(Option)
#else
#define RING_DMB(Option) _ReadWriteBarrier()
#endif

static inline uint32_t RingLoadRelaxed(const volatile uint32_t *Source)
{
    return (uint32_t)__iso_volatile_load32((const volatile __int32 *)Source);
}

static inline uint32_t RingLoadAcquire(const volatile uint32_t *Source)
{
    uint32_t Value = RingLoadRelaxed(Source);
    RING_DMB(0xB);
    return Value;
}

static inline void RingStoreRelease(volatile uint32_t *Destination, uint32_t Value)
{
    RING_DMB(0xB);
    __iso_volatile_store32((volatile __int32 *)Destination, (__int32)Value);
}

static inline int32_t RingLoadRelaxedSigned(const volatile int32_t *Source)
{
    return __iso_volatile_load32((const volatile __int32 *)Source);
}

static inline void RingStoreRelaxedSigned(volatile int32_t *Destination, int32_t Value)
{
    __iso_volatile_store32((volatile __int32 *)Destination, Value);
}

static inline uint16_t RingLoadAcquire16(const volatile uint16_t *Source)
{
    uint16_t Value = (uint16_t)__iso_volatile_load16((const volatile __int16 *)Source);
    RING_DMB(0xB);
    return Value;
}

static inline void RingStoreRelaxed16(volatile uint16_t *Destination, uint16_t Value)
{
    __iso_volatile_store16((volatile __int16 *)Destination, (__int16)Value);
}

static inline void RingStoreRelease16(volatile uint16_t *Destination, uint16_t Value)
{
    RING_DMB(0xB);
    RingStoreRelaxed16(Destination, Value);
}

static inline uint64_t RingLoadAcquire64(const volatile uint64_t *Source)
{
    uint64_t Value = (uint64_t)__iso_volatile_load64((const volatile __int64 *)Source);
    RING_DMB(0xB);
    return Value;
}

static inline void RingStoreRelaxed64(volatile uint64_t *Destination, uint64_t Value)
{
    __iso_volatile_store64((volatile __int64 *)Destination, (__int64)Value);
}

static inline int RingCompareExchange(volatile uint32_t *Word, uint32_t Old, uint32_t New)
{
    return (uint32_t)_InterlockedCompareExchange((volatile long *)Word, (long)New, (long)Old) ==
           Old;
}

static inline int RingCompareExchange64(volatile uint64_t *Word, uint64_t Old, uint64_t New)
{
    return (uint64_t)_InterlockedCompareExchange64(
               (volatile __int64 *)Word, (__int64)New, (__int64)Old) == Old;
}

static inline void RingFullFence(void)
{
#if defined(_M_ARM64)
    __dmb(0xB);
#else
    long Barrier;
    (void)_InterlockedOr(&Barrier, 0);
#endif
}

static inline void RingYield(void)
{
#if defined(_M_ARM64)
    __yield();
#else
    _mm_pause();
#endif
}

#else

static inline uint32_t RingLoadRelaxed(const volatile uint32_t *Source)
{
    return __atomic_load_n(Source, __ATOMIC_RELAXED);
}

static inline uint32_t RingLoadAcquire(const volatile uint32_t *Source)
{
    return __atomic_load_n(Source, __ATOMIC_ACQUIRE);
}

static inline void RingStoreRelease(volatile uint32_t *Destination, uint32_t Value)
{
    __atomic_store_n(Destination, Value, __ATOMIC_RELEASE);
}

static inline int32_t RingLoadRelaxedSigned(const volatile int32_t *Source)
{
    return __atomic_load_n(Source, __ATOMIC_RELAXED);
}

static inline void RingStoreRelaxedSigned(volatile int32_t *Destination, int32_t Value)
{
    __atomic_store_n(Destination, Value, __ATOMIC_RELAXED);
}

static inline uint16_t RingLoadAcquire16(const volatile uint16_t *Source)
{
    return __atomic_load_n(Source, __ATOMIC_ACQUIRE);
}

static inline void RingStoreRelaxed16(volatile uint16_t *Destination, uint16_t Value)
{
    __atomic_store_n(Destination, Value, __ATOMIC_RELAXED);
}

static inline void RingStoreRelease16(volatile uint16_t *Destination, uint16_t Value)
{
    __atomic_store_n(Destination, Value, __ATOMIC_RELEASE);
}

/* 64-bit words must lie at multiples of 8 bytes. */
static inline uint64_t RingLoadAcquire64(const volatile uint64_t *Source)
{
    return __atomic_load_n(Source, __ATOMIC_ACQUIRE);
}

static inline void RingStoreRelaxed64(volatile uint64_t *Destination, uint64_t Value)
{
    __atomic_store_n(Destination, Value, __ATOMIC_RELAXED);
}

/* Whether the word had the value Old and has New now; acquire, and release if it did. */
static inline int RingCompareExchange(volatile uint32_t *Word, uint32_t Old, uint32_t New)
{
    return __atomic_compare_exchange_n(Word, &Old, New, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

static inline int RingCompareExchange64(volatile uint64_t *Word, uint64_t Old, uint64_t New)
{
    return __atomic_compare_exchange_n(Word, &Old, New, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

static inline void RingFullFence(void)
{
#if defined(__x86_64__)
    /* As strong as mfence for ordinary memory, and several times as fast. */
    __asm__ volatile("lock orl $0, (%%rsp)" ::: "memory", "cc");
#elif defined(__i386__)
    __asm__ volatile("lock orl $0, (%%esp)" ::: "memory", "cc");
#else
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
}

/* A moment in a loop. */
static inline void RingYield(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __asm__ volatile("pause");
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

#endif

/*
 * Some microseconds, after another thread has won: it goes on meanwhile with the cache lines that
 * both want, rather than each having them for a packet at a time.
 */
#define RING_LOST_PAUSES 256

static inline void RingLost(void)
{
    for (int Pause = 0; Pause < RING_LOST_PAUSES; Pause++)
        RingYield();
}

#endif
