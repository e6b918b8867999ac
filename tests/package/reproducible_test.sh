#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The same source gives the same bytes wherever it lies, signatures included.
#
#   reproducible_test.sh one SOURCE BUILD WORK     a copy of SOURCE, built in WORK, gives the binaries
#                                                  and symbols that BUILD, of amd64, has
#   reproducible_test.sh archive SOURCE BUILD WORK "make dist" in two copies gives the same archive
#
# From the environment: SIGN_CERT, SIGN_KEY (of BUILD).
set -eu

mode=$1
source=$2
build=$3
work=$4
export SIGN_CERT SIGN_KEY

run() {
    "$@" >"$work.log" 2>&1 || { tail -n 40 "$work.log"; echo "FAILED: $*"; exit 1; }
}

# Build folders are named build, archives go to dist.
copy() { # <folder>
    rm -rf "$1"
    mkdir -p "$1"
    tar -C "$source" --exclude=./build --exclude=./dist --exclude=./.git -cf - . | tar -C "$1" -xf -
}

one() {
    copy "$work"
    time=$(sed -n 's/^ADIT_PACKAGE_TIME:STRING=//p' "$build/CMakeCache.txt")
    other=$work/build/windows-amd64
    run cmake -S "$work" -B "$other" -G Ninja --toolchain "$work/cmake/windows.cmake" \
        -DADIT_ARCH=amd64 -DSIGN_CERT="$SIGN_CERT" -DSIGN_KEY="$SIGN_KEY" -DADIT_PACKAGE_TIME="$time"
    run cmake --build "$other" --target adit aditctl ping-responder adit_package
    status=0
    for file in bin/adit.dll bin/aditctl.exe bin/ping-responder.exe package/adit.sys package/adit.inf \
        package/adit.cat library/libadit.dll.a driver/adit.pdb bin/adit.pdb bin/aditctl.pdb \
        bin/ping-responder.pdb; do
        if cmp "$build/$file" "$other/$file"; then
            echo "ok: $file"
        else
            echo "FAILED: $file"
            status=1
        fi
    done
    [ "$status" -ne 0 ] || rm -rf "$work"
    exit "$status"
}

archive() {
    SOURCE_DATE_EPOCH=1795219200
    export SOURCE_DATE_EPOCH
    mkdir -p "$work"
    copy "$work/here"
    copy "$work/there/and/further"
    run "$work/here/scripts/dist"
    run "$work/there/and/further/scripts/dist"
    cmp "$work"/here/dist/adit-*.zip "$work"/there/and/further/dist/adit-*.zip
    cmp "$work"/here/dist/adit-*.zip.sha256 "$work"/there/and/further/dist/adit-*.zip.sha256
    cat "$work"/here/dist/adit-*.zip.sha256
    (cd "$work/here/dist" && sha256sum -c adit-*.zip.sha256)
    rm -rf "$work"
}

"$mode"
