#!/bin/sh
# SPDX-License-Identifier: MIT
#
# inf_test.sh [foreign]: runs inf_test.exe on the package's INF under Wine, in the prefix that WINEPREFIX
# names and that is made here if it is not there.
#
# From the environment: WINE, WINESERVER, WINEPREFIX, INF_TEST, INF.
set -eu

export WINEPREFIX
export WINEDEBUG="${WINEDEBUG:--all}"
export WINEDLLOVERRIDES="mscoree,mshtml="
unset DISPLAY

trap '"$WINESERVER" -k || true' EXIT

if [ ! -e "$WINEPREFIX/system.reg" ]; then
    mkdir -p "$WINEPREFIX"
    "$WINE" wineboot -i >"$WINEPREFIX.log" 2>&1 || { cat "$WINEPREFIX.log"; exit 1; }
    # The test's services manager must not be the one that is ending.
    "$WINESERVER" -w
fi

# Z: is the root folder.
"$WINE" "$INF_TEST" "Z:$(printf %s "$INF" | tr / '\\')" "$@"
