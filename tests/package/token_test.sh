#!/bin/sh
# SPDX-License-Identifier: MIT
#
# A key in a PKCS #11 token signs as the same key in a file does. The token is SoftHSM's, made here.
#
#   token_test.sh DRIVER.sys CERTIFICATE.pem KEY.pem
set -eu

driver=$1
certificate=$2
key=$3
module=/usr/lib/softhsm/libsofthsm2.so
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

[ -e "$module" ] || { echo "FAILED: there is no $module: scripts/install-dependencies --all installs it"; exit 1; }
mkdir "$work/tokens"
export SOFTHSM2_CONF="$work/softhsm2.conf"
echo "directories.tokendir = $work/tokens" >"$SOFTHSM2_CONF"
printf 1234 >"$work/pin"
printf 4321 >"$work/wrong-pin"
openssl pkcs8 -topk8 -nocrypt -in "$key" -out "$work/pkcs8.pem"
softhsm2-util --init-token --free --label Adit --pin 1234 --so-pin 5678
softhsm2-util --import "$work/pkcs8.pem" --token Adit --label signing --id 01 --pin 1234

sign() { # <output> <option>...
    output=$1
    shift
    osslsigncode sign -h sha256 -time 1795219200 -certs "$certificate" "$@" -ph -n Adit -in "$driver" \
        -out "$output"
}
sign "$work/file.sys" -key "$key"
sign "$work/token.sys" -key "pkcs11:token=Adit;object=signing" -pkcs11module "$module" \
    -readpass "$work/pin"
cmp "$work/file.sys" "$work/token.sys"
echo "ok: both signatures are the same"
if sign "$work/wrong.sys" -key "pkcs11:token=Adit;object=signing" -pkcs11module "$module" \
    -readpass "$work/wrong-pin"; then
    echo "FAILED: a wrong PIN signs"
    exit 1
fi
echo "ok: a wrong PIN does not sign"
