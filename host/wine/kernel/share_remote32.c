/* SPDX-License-Identifier: MIT */
/* The helper's code for 32-bit clients: share_remote.c compiled for x86, its section as bytes. */
#include "share_remote.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

const UCHAR ShareRemote32[] = {
#embed "share_remote32.bin"
};

const SIZE_T ShareRemote32Size = sizeof(ShareRemote32);
