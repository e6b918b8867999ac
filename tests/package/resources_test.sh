#!/bin/sh
# SPDX-License-Identifier: MIT
#
# adit.dll carries the driver packages that it shall, byte for byte as they were built, and no other.
#
#   resources_test.sh LLVM-READOBJ adit.dll NAME=FILE...
set -u

readobj=$1
dll=$2
shift 2
failures=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# Of each entry of type RCDATA, a line with its name, then its bytes in hexadecimal.
"$readobj" --coff-resources "$dll" | awk '
    /^  Type: / { data = /RCDATA/ }
    !data { next }
    /^    Name: / { print "NAME " $2 }
    /^ *[0-9A-F]+: / {
        sub(/^ *[0-9A-F]+: /, "")
        sub(/  *\|.*/, "")
        gsub(/ /, "")
        print
    }' >"$work/list"

found=$(grep -c '^NAME ' "$work/list")
[ "$found" -eq $# ] || fail "$dll has $found files inside, wanted $#"
for pair in "$@"; do
    name=${pair%%=*}
    file=${pair#*=}
    awk -v name="$(echo "$name" | tr '[:lower:]' '[:upper:]')" '
        /^NAME / { wanted = toupper($2) == name; next }
        wanted { printf "%s", $0 }' "$work/list" >"$work/inside"
    od -An -v -tx1 "$file" | tr -d ' \n' | tr '[:lower:]' '[:upper:]' >"$work/outside"
    if [ -s "$work/outside" ] && cmp -s "$work/inside" "$work/outside"; then
        echo "ok: $name is $file"
    else
        fail "$name differs from $file"
    fi
done

[ "$failures" -eq 0 ] || { echo "$failures failed"; exit 1; }
