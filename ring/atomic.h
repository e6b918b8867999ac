/* SPDX-License-Identifier: MIT */
/*
 * The few atomic operations on shared 32-bit words that the ring needs, for compilers with the GNU
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

static inline void RingFullFence(void)
{
#if defined(_M_ARM64)
    __dmb(0xB);
#else
    long Barrier;
    (void)_InterlockedOr(&Barrier, 0);
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

static inline void RingFullFence(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

#endif

#endif
