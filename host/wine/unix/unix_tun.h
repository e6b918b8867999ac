/* SPDX-License-Identifier: MIT */
/*
 * A Linux TUN, as unix_tun.c makes it and unix_transfer.c moves packets through it.
 */
#ifndef ADIT_HOST_WINE_UNIX_TUN_H
#define ADIT_HOST_WINE_UNIX_TUN_H

#include "../../offload/segment.h"
#include "unixlib.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

/* Offloads that an interface has; each one implies those before it. */
enum UNIX_TUN_OFFLOAD
{
    UnixTunOffloadNone,        /* packets have no description in front of them */
    UnixTunOffloadDescription, /* they have one; Linux finishes all checksums */
    UnixTunOffloadChecksum,
    UnixTunOffloadTcp,
    UnixTunOffloadUdp
};

typedef struct _UNIX_TUN
{
    int Device;
    int StopEvent; /* readable while Stopped */
    int Socket;    /* for requests about the interface */
    int IfIndex;   /* survives renames, by whomever */
    enum UNIX_TUN_OFFLOAD Offload;
    atomic_bool Stopped;         /* as at first: UnixTunRead returns nothing */
    pthread_mutex_t ControlLock; /* guards nothing of the data path */

    /* The reader's. */
    uint64_t Malformed;                    /* big packets that could not be cut */
    uint64_t TooLong;                      /* packets that did not fit where they should go */
    SEGMENT Cut;                           /* a big packet of which there is more */
    uint8_t Spill[PACKET_MAX_LENGTH + 1u]; /* what did not fit; may be where Cut goes on */
} UNIX_TUN;

static inline UNIX_TUN *UnixTunOf(uint64_t Value)
{
    return (UNIX_TUN *)(uintptr_t)Value;
}

#endif
