/* SPDX-License-Identifier: MIT */
/*
 * What the benchmark programs share: a clock, and one line for each measurement, which bench/run
 * gathers:
 *
 *     NAME \t UNIT \t VALUE \t BASELINE-NAME \t BASELINE-VALUE
 *
 * Value and baseline are measured one right after the other, so that what disturbs one disturbs the
 * other. Without a baseline its name is "-".
 */
#ifndef ADIT_BENCH_SAMPLE_H
#define ADIT_BENCH_SAMPLE_H

#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "abi.h"

static inline uint64_t SampleNow(void)
{
    struct timespec Now;

    clock_gettime(CLOCK_MONOTONIC, &Now);
    return (uint64_t)Now.tv_sec * 1000000000u + (uint64_t)Now.tv_nsec;
}

static inline void SampleReport(
    const char *Name, const char *Unit, double Value, const char *Baseline, double BaselineValue)
{
    printf("%s\t%s\t%.6g\t%s\t%.6g\n", Name, Unit, Value, Baseline, BaselineValue);
    fflush(stdout);
}

/* A ring of zeros that lies as the library places it: Head ends a cache line. free(*Memory). */
static inline TUN_RING *SampleRing(uint32_t Capacity, void **Memory)
{
    size_t Size = (64 + TUN_RING_SIZE(Capacity) + 4095) & ~(size_t)4095;

    *Memory = aligned_alloc(4096, Size);
    memset(*Memory, 0, Size);
    return (TUN_RING *)(void *)((uint8_t *)*Memory + 64 - offsetof(TUN_RING, Tail));
}

static inline int SampleCompare(const void *Left, const void *Right)
{
    double Difference = *(const double *)Left - *(const double *)Right;

    return (Difference > 0) - (Difference < 0);
}

/* Sorts the values. */
static inline double SampleMedian(double *Values, size_t Count)
{
    qsort(Values, Count, sizeof(*Values), SampleCompare);
    return Values[Count / 2];
}

/* memcpy that takes place, though nobody looks at what it has written, or knows what it copies. */
static inline void SampleCopy(void *Destination, const void *Source, size_t Size)
{
    __asm__ volatile("" ::"r"(Source) : "memory");
    memcpy(Destination, Source, Size);
    __asm__ volatile("" ::"r"(Destination) : "memory");
}

/* A moment in a loop that waits for another thread, which may need this processor. */
static inline void SamplePause(uint32_t *Spins)
{
    __builtin_ia32_pause();
    if (++*Spins % 256 == 0)
        sched_yield();
}

/*
 * About a microsecond, between two looks at a ring that was empty or full; the driver's receive
 * thread does the same. Whoever looks all the time takes the cache lines from the other side that
 * it is writing.
 */
static inline void SampleWait(void)
{
    uint64_t Start = SampleNow();

    sched_yield();
    while (SampleNow() - Start < 1000)
        __builtin_ia32_pause();
}

#endif
