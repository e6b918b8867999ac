#!/bin/sh
# SPDX-License-Identifier: MIT
# exports_test.sh DLL HEADER: adit.dll exports exactly the functions of the interface, one for each
# function type of the header and the second spelling of one; and it is built as it must be.
set -eu
dll=$1
header=$2
status=0

fail() {
    echo "$*" >&2
    status=1
}

exports=$(llvm-readobj-19 --coff-exports "$dll" | sed -n 's/^ *Name: \(..*\)/\1/p' | sort)
# WINTUN_GET_ADAPTER_LUID_FUNC -> wintungetadapterluid, to compare without regard to spelling.
types=$(sed -n 's/.*WINAPI \([A-Z_]*\)_FUNC).*/\1/p' "$header" | tr -d _ |
    tr '[:upper:]' '[:lower:]' | sort)
found=$(echo "$exports" | tr '[:upper:]' '[:lower:]' | sort -u)
[ "$types" = "$found" ] || fail "function types and exports differ:
$types
--
$found"
[ "$(echo "$exports" | wc -l)" -eq "$(($(echo "$types" | wc -l) + 1))" ] ||
    fail "exports are not one more than function types: $exports"
declared=$(sed -n 's/^__declspec(dllimport) [A-Z_]* \([A-Za-z]*\);/\1/p' "$header" | sort)
[ "$declared" = "$exports" ] || fail "functions declared for an import library and exports differ:
$declared"
echo "$exports" | grep -qx WintunGetAdapterLUID || fail "WintunGetAdapterLUID is not exported"
echo "$exports" | grep -qx WintunGetAdapterLuid || fail "WintunGetAdapterLuid is not exported"

# Only libraries that Windows takes from the system directory whatever lies beside the program.
imports=$(llvm-readobj-19 --coff-imports "$dll" | sed -n 's/^ *Name: \(..*\)/\1/p' |
    tr '[:upper:]' '[:lower:]' | sort | tr '\n' ' ')
[ "$imports" = "advapi32.dll kernel32.dll rpcrt4.dll setupapi.dll " ] || fail "imports: $imports"

config=$(llvm-readobj-19 --coff-load-config "$dll")
echo "$config" | grep -q 'DependentLoadFlags: 0x800' || fail "DependentLoadFlags are not 0x800"
echo "$config" | grep -q 'CF_INSTRUMENTED' || fail "Control Flow Guard is not on"
headers=$(llvm-readobj-19 --file-headers "$dll")
for flag in DYNAMIC_BASE NX_COMPAT GUARD_CF; do
    echo "$headers" | grep -q "IMAGE_DLL_CHARACTERISTICS_$flag" || fail "$flag is not set"
done
exit $status
