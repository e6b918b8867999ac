#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What protects the binaries is read back from the built files and compared with what Microsoft's own
# drivers and programs have: /guard:cf, /gs, /safeseh, /nxcompat, /dynamicbase, sections that are
# written to or run but not both, start-up code that is discarded, pageable code in PAGE, a correct
# checksum, the version, and symbols that belong to the file.
#
#   hardening_test.sh x86|amd64|arm64 MAJOR,MINOR,PATCH,BUILD BUILD-FOLDER
set -u

architecture=$1
version=$2
build=$3
failures=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

ok() { # <what> <command>...
    what=$1
    shift
    if "$@" >/dev/null 2>&1; then
        echo "ok: $what"
    else
        echo "FAILED: $what"
        failures=$((failures + 1))
    fi
}

has() { # <extended regular expression>: somewhere in what was read of the file
    grep -q -E -e "$1" "$work/read"
}

lacks() {
    ! grep -q -E -e "$1" "$work/read"
}

# A section and its characteristics in one line.
sections() { # <file>
    llvm-readobj-19 -S "$1" | awk '
        /^    Name: / { if (line) print line; line = $2 }
        /IMAGE_SCN_/ { line = line " " $1 }
        END { print line }'
}

section() { # <name> <wanted, sorted>
    [ "$(sed -n "s/^$1 //p" "$work/sections" | tr ' ' '\n' | grep -E 'MEM_' | sed 's/IMAGE_SCN_MEM_//' |
        sort | tr '\n' ' ')" = "$2 " ]
}

never_writable_and_executable() {
    ! grep MEM_WRITE "$work/sections" | grep -q MEM_EXECUTE
}

checksum() { # <file>
    osslsigncode verify -in "$1" 2>/dev/null | sed -n 's/^C.* PE checksum *: *//p' >"$work/checksum"
    [ "$(wc -l <"$work/checksum")" -eq 2 ] && [ "$(sort -u "$work/checksum" | wc -l)" -eq 1 ] &&
        ! grep -q '^0*$' "$work/checksum"
}

# VS_FIXEDFILEINFO: signature, structure's version, the file's version in two numbers.
version_resource() {
    wanted=$(echo "$version" | awk -F, '{ printf "%04X%04X%04X%04X", $1, $2, $3, $4 }')
    bytes=$(sed -n '/Type: VERSIONINFO/,$s/^ *[0-9A-F]*: \([0-9A-F ]*\)  *|.*/\1/p' "$work/read" | tr -d ' \n')
    fixed=${bytes#*BD04EFFE00000100}
    [ "$fixed" != "$bytes" ] || return 1
    # Little-endian pairs: MS is minor then major, LS is build then patch.
    echo "$fixed" | awk -v wanted="$wanted" '{
        word = ""
        split("3 1 7 5", order, " ")
        for (i = 1; i <= 4; i++) {
            at = (order[i] - 1) * 2 + 1
            word = word substr($0, at + 2, 2) substr($0, at, 2)
        }
        exit word != wanted
    }'
}

# The file names its PDB without a folder, and the PDB has the same GUID.
symbols() { # <PDB>
    has "PDBFileName: $(basename "$1")\$" &&
        has "PDBGUID: $(llvm-pdbutil-19 dump --summary "$1" | sed -n 's/ *GUID: //p')"
}

read_file() { # <file>
    [ -s "$1" ] || { echo "FAILED: $1 is missing"; exit 1; }
    llvm-readobj-19 --file-headers --coff-load-config --coff-debug-directory --coff-resources \
        --coff-basereloc --coff-imports "$1" >"$work/read" || exit 1
    sections "$1" >"$work/sections"
}

common() { # <file> <PDB>
    name=$(basename "$1")
    read_file "$1"
    case $architecture in
    x86) machine='I386 \(0x14C\)' ;;
    amd64) machine='AMD64 \(0x8664\)' ;;
    arm64) machine='ARM64 \(0xAA64\)' ;;
    esac
    ok "$name is for $architecture" has "Machine: IMAGE_FILE_MACHINE_$machine"
    ok "$name may be loaded anywhere" has DLL_CHARACTERISTICS_DYNAMIC_BASE
    ok "... and can be, having relocations" has 'Type: (DIR64|HIGHLOW)'
    [ "$architecture" = x86 ] ||
        ok "... with high entropy" has DLL_CHARACTERISTICS_HIGH_ENTROPY_VA
    ok "$name runs with no-execute memory" has DLL_CHARACTERISTICS_NX_COMPAT
    ok "$name has no section to write to and run" never_writable_and_executable
    ok "$name has Control Flow Guard on" has DLL_CHARACTERISTICS_GUARD_CF
    ok "... instrumented" has CF_INSTRUMENTED
    ok "... with a table of functions" has CF_FUNCTION_TABLE_PRESENT
    ok "... that has entries" has 'GuardCFFunctionCount: [1-9]'
    ok "... and a pointer to the check" has 'GuardCFCheckFunction: 0x[1-9A-F]'
    ok "$name has its checksum" checksum "$1"
    ok "$name has version $version" version_resource
    ok "$name has its symbols in $(basename "$2")" symbols "$2"
}

driver=$build/package/adit.sys
common "$driver" "$build/driver/adit.pdb"
ok "adit.sys is a native image" has 'Subsystem: IMAGE_SUBSYSTEM_NATIVE'
if [ "$architecture" = arm64 ]; then
    ok "adit.sys is for Windows 10 and later" has 'MajorSubsystemVersion: 10$'
else
    ok "adit.sys is for Windows 7 ..." has 'MajorSubsystemVersion: 6$'
    ok "... and later" has 'MinorSubsystemVersion: 1$'
fi
ok "adit.sys has a stack cookie" has 'SecurityCookie: 0x[1-9A-F]'
calls=$(llvm-nm-19 -A "$build"/driver/CMakeFiles/adit_driver_objects.dir/*.obj |
    grep -c ' U .*__security_check_cookie')
ok "... that $calls of its objects check" test "$calls" -gt 3
ok ".text is run only, and stays" section .text "EXECUTE NOT_PAGED READ"
ok ".rdata is read only, and stays" section .rdata "NOT_PAGED READ"
ok ".data is written to, and stays" section .data "NOT_PAGED READ WRITE"
ok "INIT is run and then discarded" section INIT "DISCARDABLE EXECUTE READ"
ok "PAGE is run and may be paged out" section PAGE "EXECUTE READ"
ok "adit.sys begins in INIT" sh -c '
    entry=$((0x$(sed -n "s/.*AddressOfEntryPoint: 0x//p" "$1")))
    set -- $(llvm-readobj-19 -S "$2" | awk "/Name: INIT/ { found = 1 }
        found && /VirtualSize:|VirtualAddress:/ { print \$2 } /RawDataSize/ { found = 0 }")
    [ "$entry" -ge $(($2)) ] && [ "$entry" -lt $(($2 + $1)) ]' sh "$work/read" "$driver"
if [ "$architecture" = x86 ]; then
    ok "adit.sys has SafeSEH's table, with one handler" has 'SEHandlerCount: 1$'
    ok "... of this image" has 'SEHandlerTable: 0x[1-9A-F]'
    ok "no instruction uses floating-point or vector registers" sh -c \
        '! llvm-objdump-19 -d --no-show-raw-insn "$1" | grep -q -E "%(x|y|z)?mm[0-9]|%st|	f(ld|st|add|mul)"' \
        sh "$driver"
else
    ok "adit.sys has unwind data" has 'ExceptionTableSize: 0x[1-9A-F]'
fi

setup=aditsetup.exe
[ "$architecture" != x86 ] || setup=
for file in adit.dll $setup aditctl.exe ping-responder.exe; do
    common "$build/bin/$file" "$build/bin/${file%.*}.pdb"
    if [ "$architecture" = arm64 ]; then
        ok "$file is for Windows 10 and later" has 'MajorSubsystemVersion: 10$'
    else
        ok "$file is for Windows 7 ..." has 'MajorSubsystemVersion: 6$'
        ok "... and later" has 'MinorSubsystemVersion: 1$'
    fi
    ok "$file finds what it imports in the system directory" has 'DependentLoadFlags: 0x800'
    [ "$architecture" != x86 ] ||
        ok "$file has no structured exception handlers" has DLL_CHARACTERISTICS_NO_SEH
done

[ "$failures" -eq 0 ] || { echo "$failures failed"; exit 1; }
