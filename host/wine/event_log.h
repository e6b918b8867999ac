/* SPDX-License-Identifier: MIT */
/*
 * The event log: a line for each entry that a driver writes, with the text that the driver's
 * message table has for it; Wine has no log that a driver could write to.
 */
#ifndef ADIT_HOST_WINE_EVENT_LOG_H
#define ADIT_HOST_WINE_EVENT_LOG_H

/* Before the first driver is loaded. */
VOID EventLogInitialize(VOID);

#endif
