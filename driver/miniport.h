/* SPDX-License-Identifier: MIT */
/*
 * The life of a miniport adapter as NDIS drives it: Initialize, then any number of Restart and
 * Pause, then Halt.
 */
#ifndef ADIT_DRIVER_MINIPORT_H
#define ADIT_DRIVER_MINIPORT_H

#include <ntifs.h>
#include <ndis.h>

MINIPORT_INITIALIZE MiniportInitialize;
MINIPORT_HALT MiniportHalt;
MINIPORT_PAUSE MiniportPause;
MINIPORT_RESTART MiniportRestart;
MINIPORT_DEVICE_PNP_EVENT_NOTIFY MiniportPnPEventNotify;
MINIPORT_SHUTDOWN MiniportShutdown;

#endif
