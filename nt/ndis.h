/* SPDX-License-Identifier: MIT */
/*
 * The NDIS 6 interface of miniport drivers: the header to include.
 */
#ifndef ADIT_NT_NDIS_H
#define ADIT_NT_NDIS_H

#include "wdm.h"
#include "ndis/oid.h"
#include "ndis/nbl.h"
#include "ndis/miniport.h"
#include "ndis/support.h"
#include "ndis/sync.h"
#include "ndis/utility.h"

#endif
