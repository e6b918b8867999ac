#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Signatures and catalogue as another tool sees them, what tampering does to them, what make_catalog
# refuses, and that the same input gives the same bytes.
#
# From the environment: PACKAGE and BINARIES (folders), DRIVER (unsigned), CA, SIGN_OPTIONS (of
# osslsigncode, a line each), TIME, ARCHITECTURE, MAKE_CATALOG, OSSLSIGNCODE.
set -u

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

report() { # <wanted status: 0 or 1> <status> <what>
    if [ "$1" -eq "$2" ]; then
        echo "ok: $3"
    else
        echo "FAILED: $3 (status $2, wanted $1)"
        sed 's/^/    /' "$work/log"
        failures=$((failures + 1))
    fi
}

passes() { # <what> <command>...
    what=$1
    shift
    "$@" >"$work/log" 2>&1
    report 0 $? "$what"
}

# Passes if the command fails in its ordinary way: exit status 1, not a crash.
fails() { # <what> <command>...
    what=$1
    shift
    "$@" >"$work/log" 2>&1
    report 1 $? "$what"
}

says() { # <text> <what>: the last command's output has the text
    grep -q -F -e "$1" "$work/log"
    report 0 $? "$2"
}

says_either() { # <text> <text> <what>: for versions of osslsigncode that word it differently
    grep -q -F -e "$1" -e "$2" "$work/log"
    report 0 $? "$3"
}

verify() { # <file>
    "$OSSLSIGNCODE" verify -CAfile "$CA" -time "$TIME" -in "$1"
}

verify_catalog() { # <catalogue> <file>
    "$OSSLSIGNCODE" verify -CAfile "$CA" -time "$TIME" -catalog "$1" -in "$2"
}

make_catalog() { # <output> <file>...
    output=$1
    shift
    "$MAKE_CATALOG" --architecture "$ARCHITECTURE" --hardware-id Adit --time "$TIME" \
        --output "$output" "$@"
}

sign() { # <input> <output> <option>...
    input=$1
    output=$2
    shift 2
    (
        IFS='
'
        set -f
        "$OSSLSIGNCODE" sign $SIGN_OPTIONS "$@" -n Adit -in "$input" -out "$output"
    )
}

# Copies a file with the byte at the offset replaced by another one.
tamper() { # <input> <offset> <output>
    old=$(od -An -tu1 -j "$2" -N 1 "$1" | tr -d ' ')
    cp "$1" "$3"
    printf '%b' "\\0$(printf %o $((old ^ 1)))" |
        dd of="$3" bs=1 seek="$2" conv=notrunc 2>"$work/dd" || cat "$work/dd"
}

offset_of() { # <file> <text>: where the text first occurs
    LC_ALL=C grep -a -b -o -F -e "$2" "$1" | head -n 1 | cut -d : -f 1
}

# The hashes that a catalogue lists. Behind the list, at depth 3, begin the certificates.
hashes() { # <catalogue>
    openssl asn1parse -inform DER -in "$1" |
        sed -n '/d=3 .*cont/q; s/.*d=8 .*OCTET STRING.*://p'
}

size_of() { # <file>
    wc -c <"$1"
}

for file in "$DRIVER" "$PACKAGE/adit.sys" "$PACKAGE/adit.inf" "$PACKAGE/adit.cat"; do
    [ -s "$file" ] || { echo "FAILED: $file is missing or empty"; exit 1; }
done

passes "the driver's own signature verifies" verify "$PACKAGE/adit.sys"
says "Page hash" "the driver's signature has page hashes"
passes "the catalogue's signature verifies" verify "$PACKAGE/adit.cat"
passes "the driver verifies by the catalogue" verify_catalog "$PACKAGE/adit.cat" "$PACKAGE/adit.sys"
says "File is signed in catalog" "the driver is listed in the catalogue"
fails "another certificate does not verify" "$OSSLSIGNCODE" verify -time "$TIME" \
    -CAfile /etc/ssl/certs/ca-certificates.crt -in "$PACKAGE/adit.cat"
says "Signature verification: failed" "... for that reason"

tamper "$PACKAGE/adit.sys" 1024 "$work/adit.sys"
fails "a changed driver fails by its own signature" verify "$work/adit.sys"
says "MISMATCH" "... by its hash"
fails "a changed driver fails by the catalogue" verify_catalog "$PACKAGE/adit.cat" "$work/adit.sys"
says_either "Catalog verification: failed" "File not found in the specified catalog" "... by its hash"

tamper "$PACKAGE/adit.cat" 90 "$work/tampered.cat"
fails "a changed list fails by the catalogue's signature" verify "$work/tampered.cat"
says "Signature verification: failed" "... by its hash"

setup=aditsetup.exe
[ "$ARCHITECTURE" != x86 ] || setup=
for name in adit.dll $setup aditctl.exe ping-responder.exe; do
    passes "the signature of $name verifies" verify "$BINARIES/$name"
    tamper "$BINARIES/$name" 1024 "$work/$name"
    fails "a changed $name does not" verify "$work/$name"
    says "MISMATCH" "... by its hash"
done

inf=$PACKAGE/adit.inf
tamper "$inf" "$(offset_of "$inf" MediaType)" "$work/adit.inf"
make_catalog "$work/genuine" "$inf" && make_catalog "$work/changed" "$work/adit.inf"
hashes "$work/genuine" >"$work/genuine.hashes"
hashes "$work/changed" >"$work/changed.hashes"
hashes "$PACKAGE/adit.cat" >"$work/package.hashes"
passes "the INF has two hashes" test "$(grep -c . "$work/genuine.hashes")" -eq 2
passes "both are in the catalogue" \
    test "$(grep -c -x -F -f "$work/genuine.hashes" "$work/package.hashes")" -eq 2
passes "neither hash of a changed INF is" \
    test "$(grep -c -x -F -f "$work/changed.hashes" "$work/package.hashes")" -eq 0

# A signature inside the driver changes no hash, also when signing has to pad the file.
mkdir "$work/unsigned" "$work/odd" "$work/odd-signed"
cp "$DRIVER" "$work/unsigned/adit.sys"
make_catalog "$work/unsigned.cat" "$inf" "$work/unsigned/adit.sys"
hashes "$work/unsigned.cat" >"$work/unsigned.hashes"
passes "an unsigned driver has the hashes of the signed one" \
    cmp "$work/unsigned.hashes" "$work/package.hashes"
{ cat "$DRIVER" && printf 'odd'; } >"$work/odd/adit.sys"
sign "$work/odd/adit.sys" "$work/odd-signed/adit.sys" -ph >"$work/log" 2>&1
make_catalog "$work/odd.cat" "$work/odd/adit.sys"
make_catalog "$work/odd-signed.cat" "$work/odd-signed/adit.sys"
passes "the same for a driver whose size is no multiple of 8" \
    cmp "$work/odd.cat" "$work/odd-signed.cat"

# The package is what the rules in package/ make of these inputs, each time.
make_catalog "$work/again" "$inf" "$PACKAGE/adit.sys"
passes "signing the driver twice gives the same bytes" sign "$DRIVER" "$work/again.sys" -ph
passes "... those of the package" cmp "$work/again.sys" "$PACKAGE/adit.sys"
passes "making the catalogue twice gives the same bytes" sign "$work/again" "$work/again.cat"
passes "... those of the package" cmp "$work/again.cat" "$PACKAGE/adit.cat"
make_catalog "$work/reordered" "$PACKAGE/adit.sys" "$inf"
passes "the order of the files does not matter" cmp "$work/again" "$work/reordered"

fails "a missing file is refused" make_catalog "$work/none" "$work/missing.sys"
says "missing.sys: No such file" "... by its name"
head -c 60 "$DRIVER" >"$work/short.sys"
fails "an image without its headers is refused" make_catalog "$work/none" "$work/short.sys"
says "short.sys ends inside the DOS header" "... with the reason"
head -c $(($(size_of "$PACKAGE/adit.sys") - 8)) "$PACKAGE/adit.sys" >"$work/cut.sys"
fails "an image with a cut signature is refused" make_catalog "$work/none" "$work/cut.sys"
says "cut.sys has a signature that does not end with the file" "... with the reason"
fails "an unknown architecture is refused" "$MAKE_CATALOG" --architecture mips
says "architecture mips is not x86, amd64 or arm64" "... with those known"
fails "a time outside UTCTime is refused" "$MAKE_CATALOG" --architecture amd64 --hardware-id Adit \
    --time 4102444800 --output "$work/none" "$inf"
says "4102444800 is not between 1950 and 2049" "... with the limits"
fails "no file at all is refused" "$MAKE_CATALOG" --architecture amd64 --hardware-id Adit \
    --time "$TIME" --output "$work/none"
passes "nothing was written when refused" test ! -e "$work/none"

if [ "$failures" -ne 0 ]; then
    echo "$failures failed"
    exit 1
fi
