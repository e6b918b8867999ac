/* SPDX-License-Identifier: MIT */
/*
 * The one place through which every call that may fail passes. Off unless a test turns it on
 * (NativeFaults... in native.h).
 */
#ifndef ADIT_HOST_NATIVE_FAULTS_H
#define ADIT_HOST_NATIVE_FAULTS_H

#include <ntifs.h>

/* TRUE: the call named Function is to fail now, in one of the ways that its document allows. */
BOOLEAN FaultsInject(PCSTR Function);

#define FAULT() FaultsInject(__func__)

#endif
