/* SPDX-License-Identifier: MIT */
/*
 * What foreign_test.exe asks of foreign.sys through \\.\AditForeign. Reads and writes there are IP
 * packets, one each; reads wait until there is one.
 */
#ifndef ADIT_FOREIGN_H
#define ADIT_FOREIGN_H

#include <stdint.h>

#define FOREIGN_CODE(Function) ((0x22u << 16) | ((0x900u + (Function)) << 2))

/* Output: FOREIGN_STATE */
#define FOREIGN_QUERY FOREIGN_CODE(0)
/* Input: uint32_t; not 0: what Linux sends comes back to it, a moment later, as clones. */
#define FOREIGN_MIRROR FOREIGN_CODE(1)

#define FOREIGN_LOG_SIZE 1024

typedef struct _FOREIGN_STATE
{
    uint32_t Mirrored;  /* clones that came back from the stack */
    uint32_t Delivered; /* packets that reads took */
    uint32_t Injected;  /* packets that writes gave */
    uint32_t Waiting;   /* reads that wait now */
    uint32_t Resets;    /* that the driver completed */
    uint32_t Filters;   /* packet filters that were set */
    char Description[64];
    char Log[FOREIGN_LOG_SIZE]; /* words with a blank behind each, what happened in that order */
} FOREIGN_STATE;

#endif
