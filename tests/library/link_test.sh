#!/bin/sh
# SPDX-License-Identifier: MIT
# link_test.sh DLL FOLDER [CFLAGS...]: links linked.c with the import libraries beside DLL, as clients
# do: libadit.dll.a with clang and gcc for MinGW, adit.lib with lld-link from an object of the msvc
# triple, which CFLAGS compile. Where WINE is set, runs what it has linked; FOLDER is for its files.
set -eu
dll=$1
folder=$2
shift 2
source=$(cd "$(dirname "$0")" && pwd)
include=$source/../../include
libraries=$(dirname "$dll")
linked=

mkdir -p "$folder"
cp "$dll" "$folder/adit.dll"
llvm-readobj-19 --coff-exports "$dll" | sed -n 's/^ *Name: \(..*\)/EXPORT(\1)/p' >"$folder/functions.h"

# MinGW's import library for x86 has no table of exception handlers.
options=
case $CPU in
x86_64) machine=x64 ;;
i686) machine=x86 options=/safeseh:no ;;
aarch64) machine=arm64 ;;
esac

# MinGW has neither headers nor a C run-time library for arm64 here.
if [ "$CPU" != aarch64 ]; then
    clang-19 "--target=$CPU-w64-windows-gnu" -I "$include" -I "$folder" "$source/linked.c" \
        -fuse-ld=lld-19 "$libraries/libadit.dll.a" -o "$folder/linked_clang.exe"
    "$CPU-w64-mingw32-gcc" -I "$include" -I "$folder" "$source/linked.c" \
        "$libraries/libadit.dll.a" -o "$folder/linked_gcc.exe"
    linked="linked_clang linked_gcc"
    kernel32=/usr/$CPU-w64-mingw32/lib/libkernel32.a
else
    kernel32=$KERNEL32
fi
clang-19 "$@" -I "$include" -I "$folder" -c "$source/linked.c" -o "$folder/linked.obj"
(
    cd "$folder"
    cp "$libraries/adit.lib" "$kernel32" .
    lld-link-19 /nologo "/machine:$machine" $options /subsystem:console /nodefaultlib \
        /entry:mainCRTStartup /out:linked_msvc.exe linked.obj adit.lib "$(basename "$kernel32")"
)
for name in $linked linked_msvc; do
    echo "linked $name"
    if [ -n "${WINE:-}" ]; then
        sh "$source/wine_test.sh" "$folder/$name.exe"
    fi
done
