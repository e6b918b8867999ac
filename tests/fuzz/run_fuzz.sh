#!/bin/sh
# SPDX-License-Identifier: MIT
# run_fuzz.sh PROGRAM RUNS CORPUS: runs the seeds of a fuzz target and, with RUNS other than 0, as
# many inputs made from them as it takes, from a fixed random seed. An input that fails is written
# to crashes/ beside the program; PROGRAM FILE runs it again.
set -eu
program=$1 runs=$2 corpus=$3
name=$(basename "$program")
crashes=$(dirname "$program")/crashes
found=$(dirname "$program")/found/$name # what libFuzzer keeps of this run; the seeds stay as they are

[ -n "$(ls "$corpus")" ] || { echo "no seeds in $corpus" >&2; exit 1; }
rm -rf "$found" "$crashes/$name"-*
mkdir -p "$found" "$crashes"
status=0
if [ "$runs" -eq 0 ]; then
    "$program" "$corpus"/* || status=$?
else
    "$program" -runs="$runs" -seed=1 -max_len=1024 -timeout=60 -print_final_stats=1 \
        -artifact_prefix="$crashes/$name-" "$found" "$corpus" || status=$?
fi
[ "$status" -eq 0 ] && exit
echo "$name: status $status; to reproduce:" >&2
for input in "$crashes/$name"-*; do
    [ -e "$input" ] && echo "    $program $input" >&2
done
exit "$status"
