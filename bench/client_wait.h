/* SPDX-License-Identifier: MIT */
/*
 * How the benchmarks' clients under Wine wait for packets: asleep at once, or first looking again
 * and again, as released clients do under load.
 */
#ifndef ADIT_BENCH_CLIENT_WAIT_H
#define ADIT_BENCH_CLIENT_WAIT_H

#include <windows.h>

#define CLIENT_WAIT_POLL_MS 6

typedef struct _CLIENT_WAIT
{
    BOOL Polls;
    LONG64 IdleSince; /* performance counter; 0: not idle */
} CLIENT_WAIT;

/* The ring was empty: returns when it should be looked at again. */
static inline void ClientWait(CLIENT_WAIT *Wait, HANDLE ReadEvent)
{
    LARGE_INTEGER Now, Frequency;

    if (!Wait->Polls)
    {
        WaitForSingleObject(ReadEvent, INFINITE);
        return;
    }
    QueryPerformanceCounter(&Now);
    QueryPerformanceFrequency(&Frequency);
    if (Wait->IdleSince == 0)
    {
        Wait->IdleSince = Now.QuadPart;
    }
    if ((Now.QuadPart - Wait->IdleSince) * 1000 < CLIENT_WAIT_POLL_MS * Frequency.QuadPart)
    {
        YieldProcessor();
        return;
    }
    /* A released driver may lose a wake-up. */
    WaitForSingleObject(ReadEvent, 50);
}

#endif
