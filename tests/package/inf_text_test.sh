#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The INF as text: its form, its sections, and that an adapter's parameters have the range and the
# default that the driver gives them.
#
#   inf_text_test.sh adit.inf adapter.h x86|amd64|arm64
set -u

inf=$1
header=$2
architecture=$3
failures=0

in_inf() { # <parameter> <value's name>
    tr -d '\r' <"$inf" | sed -n "s/^HKR, *Ndi\\\\Params\\\\$1, *$2, *0, *\"\\([0-9]*\\)\"\$/\\1/p"
}

in_driver() { # <macro>
    sed -n "s/^#define $1  *\\([0-9][0-9]*\\)u.*/\\1/p" "$header"
}

same() { # <what> <number in the INF> <number it must be>
    if [ -n "$2" ] && [ "$2" = "$3" ]; then
        echo "ok: $1 is $2"
    else
        echo "FAILED: $1 is \"$2\", wanted \"$3\""
        failures=$((failures + 1))
    fi
}

same "MTU's minimum" "$(in_inf MTU Min)" "$(in_driver ADAPTER_MIN_MTU)"
same "MTU's maximum" "$(in_inf MTU Max)" "$(in_driver ADAPTER_MAX_MTU)"
same "MTU's default" "$(in_inf MTU Default)" "$(in_driver ADAPTER_DEFAULT_MTU)"
same "LinkSpeed's minimum" "$(in_inf LinkSpeed Min)" 1
same "LinkSpeed's maximum" "$(in_inf LinkSpeed Max)" "$(in_driver ADAPTER_MAX_LINK_SPEED)"
same "LinkSpeed's default" "$(in_inf LinkSpeed Default)" "$(in_driver ADAPTER_DEFAULT_LINK_SPEED)"

# What Windows 7 reads: ASCII, CRLF at every line's end, every %string% defined once.
plain=$(tr -d '\r' <"$inf")
total=$(grep -c '' "$inf")
same "lines that end in CRLF" "$(grep -c "$(printf '\r')\$" "$inf")" "$total"
same "bytes outside ASCII" "$(LC_ALL=C tr -d '\000-\177' <"$inf" | wc -c | tr -d ' ')" 0
strings=$(printf '%s\n' "$plain" | sed -n '/^\[Strings\]$/,$p')
# %% is a percent sign.
names=$(printf '%s\n' "$plain" | grep -v '^;' | sed 's/%%//g' | grep -o '%[A-Za-z][A-Za-z]*%' | tr -d % | sort -u)
for name in $names; do
    same "definitions of %$name%" "$(printf '%s\n' "$strings" | grep -c "^$name  *= \"")" 1
done

# Sections: the models' one is decorated with architecture and first Windows version ("INF
# Manufacturer Section"), and each one that is named is there once.
case $architecture in
arm64) target=NTarm64.10.0 ;;
*) target=NT$architecture.6.1 ;;
esac
section() { # <name>: its lines, without comments
    printf '%s\n' "$plain" | awk -v name="[$1]" '
        /^\[/ { inside = $0 == name; next }
        inside && !/^;/ && NF { sub(/ *; .*/, ""); print }'
}
same "[Manufacturer]" "$(section Manufacturer)" "%Adit% = Models, $target"
same "[Models.$target]" "$(section "Models.$target")" "%Adapter% = Install, Adit"
named="$(section Manufacturer | sed -n 's/.*= *Models, */Models./p')
$(section "Models.$target" | sed -n 's/.*= *\(.*\),.*/\1 \1.HW \1.Services/p')
$(printf '%s\n' "$plain" | grep -v '^;' | sed -n 's/^AddReg *= *//p' | tr ',' ' ')
$(section Install.Services | sed -n 's/^AddService *= *[^,]*,[^,]*,//p' | tr ',' ' ')"
same "sections that are named" "$(echo $named | wc -w | tr -d " ")" 10
for name in $named; do
    same "[$name]" "$(printf '%s\n' "$plain" | grep -c -x -F "[$name]")" 1
done
headings=$(printf '%s\n' "$plain" | sed -n 's/^\[\(.*\)\]$/\1/p')
same "sections twice" "$(echo "$headings" | sort | uniq -d | wc -l | tr -d ' ')" 0

if [ "$failures" -ne 0 ]; then
    echo "$failures failed"
    exit 1
fi
