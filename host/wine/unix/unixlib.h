/* SPDX-License-Identifier: MIT */
/*
 * What crosses between ndis.sys (a PE module) and aditlink.so (its Linux half): one entry per
 * call, one structure of arguments each. Both sides are of one architecture; plain C11 types only.
 * Every call returns 0; failures are Linux errno values in Error, 0 for none.
 */
#ifndef ADIT_HOST_WINE_UNIXLIB_H
#define ADIT_HOST_WINE_UNIXLIB_H

#include "configure.h"

#include <stdint.h>

/* Aligned as Windows does it; Linux' own has an alignment of 4 on x86. */
typedef uint64_t HOST_UINT64 __attribute__((aligned(8)));

enum HOST_UNIX_CALL
{
    HostUnixSetting,
    HostUnixTunOpen,
    HostUnixTunClose,
    HostUnixTunRename,
    HostUnixTunSetCarrier,
    HostUnixTunLimitMtu,
    HostUnixTunConfigure,
    HostUnixTunRead,
    HostUnixTunStop,
    HostUnixTunStart,
    HostUnixTunWrite,
    HostUnixShareCreate,
    HostUnixShareWait,
    HostUnixShareSignal,
    HostUnixSharePlan,
    HostUnixSharePlanView,
    HostUnixProbe,
    HostUnixShareMap,
    HostUnixShareClose,
    HostUnixViewCreate,
    HostUnixViewUnmap,
    HostUnixCallCount
};

#define HOST_SETTING_SIZE 32

/* A variable of the environment that the Wine session was started in. */
typedef struct _HOST_SETTING
{
    char Name[HOST_SETTING_SIZE];
    char Value[HOST_SETTING_SIZE]; /* out; empty: not set; longer ones are cut */
} HOST_SETTING;

/* Bytes of a Linux interface name, its terminator included. */
#define HOST_TUN_NAME_SIZE 16

/* Where an open failed, for the message. */
enum HOST_TUN_STEP
{
    HostTunStepDevice, /* open /dev/net/tun */
    HostTunStepCreate, /* TUNSETIFF: make the interface */
    HostTunStepSetup   /* anything after */
};

typedef struct _HOST_TUN_OPEN
{
    char Pattern[HOST_TUN_NAME_SIZE]; /* wanted name, %d: the first free number */
    HOST_UINT64 Tun;                  /* out: names the TUN in the other calls */
    uint32_t IfIndex;                 /* out */
    char Name[HOST_TUN_NAME_SIZE];    /* out */
    char Offload[HOST_TUN_NAME_SIZE]; /* out: what Linux gives, for a message */
    int32_t Step;                     /* out, on failure: HOST_TUN_STEP */
    int32_t Error;
} HOST_TUN_OPEN;

typedef struct _HOST_TUN_CALL
{
    HOST_UINT64 Tun;
    uint32_t Value; /* carrier: 0 or 1; MTU: bytes at most */
    int32_t Error;
} HOST_TUN_CALL;

typedef struct _HOST_TUN_CLOSE
{
    HOST_UINT64 Tun;
    HOST_UINT64 Malformed; /* out: big packets that were dropped since they could not be cut */
    HOST_UINT64 TooLong;   /* out: packets that were dropped since they were longer than the MTU */
} HOST_TUN_CLOSE;

typedef struct _HOST_TUN_RENAME
{
    HOST_UINT64 Tun;
    char Name[HOST_TUN_NAME_SIZE];
    int32_t Error;
} HOST_TUN_RENAME;

typedef struct _HOST_TUN_CONFIGURE
{
    HOST_UINT64 Tun;
    HOST_CONFIGURATION Configuration;
    int32_t Error;
} HOST_TUN_CONFIGURE;

/* NDIS_LINK_PACKET as both sides see it. */
typedef struct _HOST_TUN_PACKET
{
    uintptr_t Data;
    uint32_t Capacity;
    uint32_t Length;
} HOST_TUN_PACKET;

typedef struct _HOST_TUN_TRANSFER
{
    HOST_UINT64 Tun;
    HOST_UINT64 Packets; /* HOST_TUN_PACKET[Count] */
    uint32_t Count;
    uint32_t Wait; /* read: until there is a packet */
    uint32_t Done; /* out: how many */
    int32_t Error; /* read: the interface is gone; write: the last error that dropped a packet */
} HOST_TUN_TRANSFER;

/*
 * Sharing a client's pages. A share is a memory file with one control area, then the pages. The
 * client maps it too, so both ends see the control area.
 */
#define HOST_SHARE_CONTROL_SIZE 0x6000u
#define HOST_SHARE_MAX_RUNS     500u
#define HOST_SHARE_PATH_SIZE    48u
#define HOST_SHARE_MAX_THREADS  1024u
#define HOST_SHARE_MAX_FILES    32u

enum HOST_SHARE_STATE
{
    HostShareStarting,
    HostShareReady, /* the client's helper thread runs and waits */
    HostShareGo,    /* it may copy and map the runs */
    HostShareAbort, /* it shall end; no thread of the client is stopped (any more) */
    HostShareDone   /* it has mapped all runs, or failed with Error */
};

/* Pages of the client that become pages of the share. */
typedef struct _HOST_SHARE_RUN
{
    HOST_UINT64 Address;
    HOST_UINT64 Length;
    HOST_UINT64 Offset;  /* in the memory file */
    uint32_t Protection; /* PROT_* of the new mapping */
    uint32_t File;       /* 0: the share, to which the pages are copied; else Files[File - 1] */
} HOST_SHARE_RUN;

typedef struct _HOST_SHARE_CONTROL
{
    volatile uint32_t State; /* a futex; HOST_SHARE_STATE */
    volatile int32_t Error;
    volatile uint32_t ClientPid; /* the client's Linux process id */
    uint32_t RunCount;
    volatile uint32_t StoppedCount; /* of Stopped; written before a thread is stopped */
    HOST_UINT64 Id; /* of the exchange: a helper that comes late must not take part in another */
    HOST_SHARE_RUN Runs[HOST_SHARE_MAX_RUNS];
    volatile uint32_t Stopped[HOST_SHARE_MAX_THREADS]; /* Windows' ids of the client's threads */
    char Files[HOST_SHARE_MAX_FILES][HOST_SHARE_PATH_SIZE]; /* paths */
} HOST_SHARE_CONTROL;

_Static_assert(sizeof(HOST_SHARE_CONTROL) <= HOST_SHARE_CONTROL_SIZE, "control area");
_Static_assert(__builtin_offsetof(HOST_SHARE_CONTROL, Runs) == 32, "the same on both sides");

typedef struct _HOST_SHARE_CREATE
{
    HOST_UINT64 Bytes;
    HOST_UINT64 Share;               /* out */
    HOST_UINT64 Control;             /* out: HOST_SHARE_CONTROL */
    char Path[HOST_SHARE_PATH_SIZE]; /* out: the memory file, for another process to open */
    int32_t Error;
} HOST_SHARE_CREATE;

typedef struct _HOST_SHARE_CALL
{
    HOST_UINT64 Share;
    uint32_t State;        /* wait: the state to leave; out: the state now. signal: the new one */
    uint32_t Milliseconds; /* wait: at most so long */
    int32_t Error;
} HOST_SHARE_CALL;

/*
 * Fills in the control area's runs, the pages of the range that no live share backs yet, with the
 * protection that they have and keep.
 */
typedef struct _HOST_SHARE_PLAN
{
    HOST_UINT64 Share;
    HOST_UINT64 Base;
    HOST_UINT64 Bytes;
    uint32_t Write;  /* whether the pages must be writable; readable in any case */
    int32_t Error;   /* EFAULT: they are not; E2BIG: too scattered */
    HOST_UINT64 Bad; /* out: EFAULT: the first page that is not */
} HOST_SHARE_PLAN;

/*
 * Fills in the control area's runs: the pages of a view from Offset on, whose files the client is
 * to map at Address.
 */
typedef struct _HOST_SHARE_PLAN_VIEW
{
    HOST_UINT64 Share;
    HOST_UINT64 View;
    HOST_UINT64 Offset;
    HOST_UINT64 Bytes;
    HOST_UINT64 Address;
    uint32_t Write; /* whether the client may write */
    int32_t Error;  /* E2BIG: of too many files */
} HOST_SHARE_PLAN_VIEW;

/* Whether Linux lets this process read, or read and write, its own memory in that range. */
typedef struct _HOST_PROBE
{
    HOST_UINT64 Base;
    HOST_UINT64 Bytes;
    uint32_t Write;
    int32_t Error; /* EFAULT: it does not */
} HOST_PROBE;

/*
 * Maps the range, by now all in live shares or in views of sections, into this process as one
 * piece; what the client may not write, this process may not either. EXDEV: a section's file cannot
 * be opened.
 */
typedef struct _HOST_SHARE_MAP
{
    HOST_UINT64 Share;
    HOST_UINT64 Base;
    HOST_UINT64 Bytes;
    HOST_UINT64 View;    /* out: names the view for HostUnixViewUnmap */
    HOST_UINT64 Address; /* out */
    int32_t Error;
} HOST_SHARE_MAP;

/* Makes a view of new pages, which clients can map too. */
typedef struct _HOST_VIEW_CREATE
{
    HOST_UINT64 Bytes;
    HOST_UINT64 View;    /* out */
    HOST_UINT64 Address; /* out */
    int32_t Error;
} HOST_VIEW_CREATE;

typedef struct _HOST_VIEW_CALL
{
    HOST_UINT64 View;
} HOST_VIEW_CALL;

#endif
