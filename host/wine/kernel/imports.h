/* SPDX-License-Identifier: MIT */
/*
 * What drivers import, and who supplies it.
 */
#ifndef ADIT_HOST_WINE_IMPORTS_H
#define ADIT_HOST_WINE_IMPORTS_H

#include <ntifs.h>

/*
 * Points the imports of a loaded image that this host supplies instead of Wine to the host's
 * functions, if Replace. FALSE: some are supplied by neither; the log names each, with the name of
 * the file.
 */
BOOLEAN ImportsBind(_In_ PVOID ImageBase, BOOLEAN Replace, _In_ PCUNICODE_STRING Name);

/* Does the image import from NDIS.SYS? */
BOOLEAN ImportsUseNdis(_In_ PVOID ImageBase);

/* Makes the entry point of a loaded image return that status and do nothing else. */
VOID ImportsRefuse(_In_ PVOID ImageBase, NTSTATUS Status);

#endif
