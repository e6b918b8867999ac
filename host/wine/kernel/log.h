/* SPDX-License-Identifier: MIT */
/*
 * What the host has to say to whoever runs it: a line on the standard error output of the Wine
 * session and in adit-host.log of the prefix. Plain words: what is wrong, and what to do.
 */
#ifndef ADIT_HOST_WINE_LOG_H
#define ADIT_HOST_WINE_LOG_H

#include <ntifs.h>

/* Longer lines are cut. PASSIVE_LEVEL. */
__attribute__((format(printf, 1, 2))) VOID LogError(_In_z_ PCSTR Format, ...);

/* To the file only: what one wants to know afterwards. */
__attribute__((format(printf, 1, 2))) VOID LogNote(_In_z_ PCSTR Format, ...);

#endif
