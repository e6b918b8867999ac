/* SPDX-License-Identifier: MIT */
#ifndef ADIT_HOST_WINE_ARGUMENTS_H
#define ADIT_HOST_WINE_ARGUMENTS_H

/*
 * For arm64: has the modules that this process has loaded or will load, Wine's own apart, format
 * messages as Windows does. Once, under the loader's lock; this DLL stays loaded then.
 */
void ArgumentsRedirect(void);

#endif
