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
#include <time.h>

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

/* A moment in a loop that waits for another thread, which may need this processor. */
static inline void SamplePause(uint32_t *Spins)
{
    __builtin_ia32_pause();
    if (++*Spins % 256 == 0)
        sched_yield();
}

#endif
