/* SPDX-License-Identifier: MIT */
/*
 * What an administrator can set per adapter ("Ndi\Params" in the INF): MTU in bytes and LinkSpeed
 * in Mbit/s.
 */
#ifndef ADIT_DRIVER_PARAMETERS_H
#define ADIT_DRIVER_PARAMETERS_H

#include "adapter.h"

/*
 * Sets Mtu and LinkSpeed of an adapter, whose NetLuid is set, from its configuration. A value that
 * is missing or out of range gives the default; the latter is an event in the system's log.
 */
_IRQL_requires_max_(PASSIVE_LEVEL) VOID ParametersRead(_Inout_ PADAPTER Adapter);

#endif
