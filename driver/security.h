/* SPDX-License-Identifier: MIT */
/*
 * Who may register rings: LocalSystem and elevated Administrators.
 */
#ifndef ADIT_DRIVER_SECURITY_H
#define ADIT_DRIVER_SECURITY_H

#include <ntifs.h>

/*
 * Whether the calling thread's subject may register rings, whatever rights its handle carries.
 * STATUS_ACCESS_DENIED if not. PASSIVE_LEVEL.
 */
_IRQL_requires_max_(PASSIVE_LEVEL) NTSTATUS SecurityCheckRegister(KPROCESSOR_MODE RequestorMode);

#endif
