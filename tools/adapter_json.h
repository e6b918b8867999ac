/* SPDX-License-Identifier: MIT */
/* An adapter as a JSON object. */
#ifndef ADIT_TOOLS_ADAPTER_JSON_H
#define ADIT_TOOLS_ADAPTER_JSON_H

#include "device.h"

/* Prints name, guid and luid, and what IP Helper knows: ifIndex, mtu, connected (null if it does
 * not know the interface). */
VOID AdapterPrintJson(_In_ const NET_LUID *Luid, _In_ const ADAPTER_DEVICE *Device);

#endif
