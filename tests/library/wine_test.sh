#!/bin/sh
# SPDX-License-Identifier: MIT
# wine_test.sh PROGRAM: runs a Windows program in a Wine prefix of its own, without our driver.
# WINE and WINEPREFIX come from CMake. The exit code is the program's.
set -eu
export WINEDEBUG="${WINEDEBUG:--all}" WINEDLLOVERRIDES="mscoree,mshtml="
unset DISPLAY

# Tests that run at once share the prefix; one of them makes it.
mkdir -p "$(dirname "$WINEPREFIX")"
(
    flock 9
    [ -f "$WINEPREFIX/system.reg" ] || "$WINE" wineboot -i >/dev/null 2>&1
) 9>"$WINEPREFIX.lock"

# A thread that crashes may end the program with exit code 0.
output=$(mktemp)
trap 'rm -f "$output"' EXIT
# Wine's server ends with its last program, and one that comes just then is refused before it is loaded:
# that one is run again.
for _ in 1 2 3 4 5; do
    status=0
    "$WINE" "$@" </dev/null >"$output" 2>&1 || status=$?
    grep -q '^wine client error:0: ' "$output" || break
    sleep 1
done
cat "$output"
if "$(dirname "$0")/../wine/crashes" "$output" >/dev/null; then
    status=1
fi
exit "$status"
