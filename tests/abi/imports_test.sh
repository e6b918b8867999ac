#!/bin/sh
# SPDX-License-Identifier: MIT
#
# adit.sys imports what imports.txt lists, from the modules it lists, and nothing else; nothing in
# that list is newer than Windows 7; and MinGW-w64's import libraries, which nobody here wrote, have
# each under the same name in the same module (those of Debian are for x86 and amd64).
#
#   imports_test.sh x86|amd64|arm64 adit.sys imports.txt
set -u

architecture=$1
driver=$2
table=$3
failures=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

llvm-readobj-19 --coff-imports "$driver" | awk '
    /^  Name: / { module = tolower($2) }
    /^  Symbol: / { print module, $2 }' | LC_ALL=C sort >"$work/imports"
grep -v '^#' "$table" | awk -v architecture="$architecture" '
    ("," $3 ",") ~ ("," architecture ",") { print $1, $2 }' | LC_ALL=C sort >"$work/table"
[ -s "$work/imports" ] || fail "$driver imports nothing"
if ! diff "$work/table" "$work/imports" >"$work/difference"; then
    sed 's/^</in imports.txt only:/; s/^>/imported only:/; /^[0-9]/d' "$work/difference"
    fail "$driver and imports.txt differ"
fi

grep -v '^#' "$table" >"$work/rows"
while read -r module function architectures minimum source; do
    case $minimum in
    2000 | XP | 2003 | Vista | 7 | -) ;;
    *) fail "$function of $module needs Windows $minimum" ;;
    esac
    [ -n "$source" ] || fail "$function of $module ($architectures) has no source"
done <"$work/rows"

case $architecture in
x86) libraries=/usr/i686-w64-mingw32/lib ;;
amd64) libraries=/usr/x86_64-w64-mingw32/lib ;;
*) libraries= ;;
esac
if [ -n "$libraries" ]; then
    # Without the decorations of x86: a leading _ or @, a trailing @ and number.
    for module in hal ndis ntoskrnl; do
        llvm-nm-19 --just-symbol-name --defined-only "$libraries/lib$module.a" 2>/dev/null |
            sed -n "s/^__imp_//p" |
            if [ "$architecture" = x86 ]; then sed 's/^[_@]//; s/@[0-9]*$//'; else cat; fi |
            sort -u >"$work/$module"
        [ -s "$work/$module" ] || fail "$libraries/lib$module.a lists nothing"
    done
    while read -r module function; do
        grep -q -x -F -e "$function" "$work/${module%.*}" ||
            fail "MinGW-w64's library of $module has no $function"
    done <"$work/imports"
fi

echo "$(wc -l <"$work/imports") imports"
[ "$failures" -eq 0 ] || { echo "$failures failed"; exit 1; }
