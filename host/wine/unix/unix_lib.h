/* SPDX-License-Identifier: MIT */
/*
 * The Linux half's functions, one per HOST_UNIX_CALL. Each takes the structure of its call.
 */
#ifndef ADIT_HOST_WINE_UNIX_LIB_H
#define ADIT_HOST_WINE_UNIX_LIB_H

#include "unixlib.h"

#include <net/if.h>
#include <sys/types.h>

int UnixTunOpen(void *Arguments);
int UnixTunClose(void *Arguments);
int UnixTunRename(void *Arguments);
int UnixTunSetCarrier(void *Arguments);
int UnixTunLimitMtu(void *Arguments);
int UnixTunConfigure(void *Arguments);
int UnixTunRead(void *Arguments);
int UnixTunStop(void *Arguments);
int UnixTunStart(void *Arguments);
int UnixTunWrite(void *Arguments);

int UnixShareCreate(void *Arguments);
int UnixShareWait(void *Arguments);
int UnixShareSignal(void *Arguments);
int UnixSharePlan(void *Arguments);
int UnixSharePlanView(void *Arguments);
int UnixProbe(void *Arguments);
int UnixShareMap(void *Arguments);
int UnixShareClose(void *Arguments);
int UnixViewCreate(void *Arguments);
int UnixViewUnmap(void *Arguments);

/*
 * Opens the file behind a section's view, which that process has mapped from Start to End, with
 * that access (O_RDONLY or O_RDWR); -1: it cannot be had.
 */
int UnixSectionOpen(
    uint32_t Pid, uint64_t Start, uint64_t End, dev_t Device, ino_t Inode, int Access);

/* Sends a message of rtnetlink that asks for an acknowledgement. Returns 0 or a Linux error. */
int UnixNetlinkAsk(const void *Request, size_t Size);

/* Renames ifr_name to ifr_newname. Socket: any of the Internet's. Returns 0 or a Linux error. */
int UnixRenameInterface(int Socket, struct ifreq *Request);

#endif
