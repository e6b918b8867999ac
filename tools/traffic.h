/* SPDX-License-Identifier: MIT */
/* The packets of a session, one by one. */
#ifndef ADIT_TOOLS_TRAFFIC_H
#define ADIT_TOOLS_TRAFFIC_H

#include "adit.h"

typedef struct _TRAFFIC
{
    WINTUN_SESSION_HANDLE Session;
    HANDLE Quit; /* ends the loop when it is set */
    VOID *Context;

    /* A packet that Windows has sent, which it may change. FALSE ends the loop. */
    BOOL (*OnPacket)(_Inout_ struct _TRAFFIC *Traffic, _Inout_ BYTE *Packet, _In_ DWORD Size);

    /* There is nothing to receive now, or there was much. FALSE ends the loop. */
    BOOL (*OnPause)(_Inout_ struct _TRAFFIC *Traffic);
} TRAFFIC;

/* Starts the session; FALSE after telling the user why there is none. */
_Must_inspect_result_ BOOL
TrafficStart(_Inout_ TRAFFIC *Traffic, _In_ WINTUN_ADAPTER_HANDLE Adapter, _In_z_ LPCWSTR Name);

/* Receives until the loop is ended. FALSE after telling the user what has ended the session. */
_Must_inspect_result_ BOOL TrafficRun(_Inout_ TRAFFIC *Traffic);

/* Tells the user how full the rings have been, if the library can tell that. */
VOID TrafficPrintStatistics(_In_ const TRAFFIC *Traffic);

#endif
