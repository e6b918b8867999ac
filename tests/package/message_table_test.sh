#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The driver has its messages as Windows looks for them: one resource of type 11, name 1, in
# English, with a text for every code of the driver. (tests/driver/event_test.c holds what the
# driver writes against the texts.)
#
#   message_table_test.sh adit.sys messages.h messages.bin
#
# From the environment: READOBJ.
set -u

driver=$1
header=$2
table=$3
failures=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

same() { # <what> <what it is> <what it must be>
    if [ -n "$2" ] && [ "$2" = "$3" ]; then
        echo "ok: $1: $2"
    else
        echo "FAILED: $1: \"$2\", wanted \"$3\""
        failures=$((failures + 1))
    fi
}

# The part of the list that is about message tables.
"$READOBJ" --coff-resources "$driver" | sed -n '/^  Type: MESSAGETABLE/,/^  \]/p' >"$work/list"
same "message tables" "$(grep -c 'Type: .*(ID 11)' "$work/list")" 1
same "name" "$(sed -n 's/^ *Name: (ID \([0-9]*\)).*/\1/p' "$work/list")" 1
same "language" "$(sed -n 's/^ *Language: (ID \([0-9]*\)).*/\1/p' "$work/list")" 1033

# Its bytes in hexadecimal, without addresses and characters.
sed -n 's/^ *[0-9A-F]*: \([0-9A-F ]*\)  *|.*/\1/p' "$work/list" | tr -d ' \n' >"$work/linked"
od -An -v -tx1 "$table" | tr -d ' \n' | tr a-f A-F >"$work/made"
if cmp -s "$work/linked" "$work/made"; then
    echo "ok: the driver's table has the bytes of $(basename "$table")"
else
    echo "FAILED: the driver's table differs from $table"
    failures=$((failures + 1))
fi

# Blocks of codes: their count, then first code, last code and offset of each
# ("MESSAGE_RESOURCE_DATA structure").
words=$(od -An -v -tu4 -w4 "$table")
word() { # <index>
    echo "$words" | sed -n "$(($1 + 1))s/ *//p"
}
has_text() { # <code>
    block=0
    while [ "$block" -lt "$(word 0)" ]; do
        if [ "$1" -ge "$(word $((1 + 3 * block)))" ] &&
            [ "$1" -le "$(word $((2 + 3 * block)))" ]; then
            echo yes
            return
        fi
        block=$((block + 1))
    done
}
codes=$(sed -n 's/^#define EVENT_[A-Z_]* *(NTSTATUS) *\(0x[0-9a-f]*\)$/\1/p' "$header")
same "codes" "$(echo "$codes" | wc -w | tr -d ' ')" "$(grep -c '^#define' "$header")"
for code in $codes; do
    same "$code has a text" "$(has_text $((code)))" yes
done

if [ "$failures" -ne 0 ]; then
    echo "$failures failed"
    exit 1
fi
