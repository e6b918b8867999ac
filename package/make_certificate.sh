#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Makes a self-signed certificate for code signing and its key, for test packages only: Windows
# loads a driver signed with it in test mode, on machines that were told to trust it.
#
#   make_certificate.sh FOLDER
#
# Writes test-signing.pem, test-signing.cer (the same in DER, as Windows imports it) and
# test-signing.key, unless they are there. The dates are fixed, so that signing times of any build
# lie between them.
set -eu

certificate=$1/test-signing.pem
certificate_der=$1/test-signing.cer
key=$1/test-signing.key
openssl=${OPENSSL:-openssl}

# Builds of several architectures use one certificate and may come here at once.
exec 9>"$1/lock"
flock 9
if [ -s "$certificate" ] && [ -s "$certificate_der" ] && [ -s "$key" ]; then
    exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
umask 077

cat >"$work/configuration" <<END
[req]
distinguished_name = name
prompt = no
[name]
CN = Adit test signing
[ca]
default_ca = authority
[authority]
new_certs_dir = $work
database = $work/database
default_md = sha256
policy = policy
rand_serial = yes
x509_extensions = extensions
[policy]
commonName = supplied
[extensions]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, codeSigning
subjectKeyIdentifier = hash
END
: >"$work/database"

run() {
    "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
}
run "$openssl" req -new -newkey rsa:3072 -nodes -config "$work/configuration" \
    -keyout "$work/key" -out "$work/request"
run "$openssl" ca -batch -selfsign -notext -config "$work/configuration" \
    -startdate 20200101000000Z -enddate 20491231235959Z \
    -keyfile "$work/key" -in "$work/request" -out "$work/certificate"
run "$openssl" x509 -in "$work/certificate" -outform DER -out "$work/certificate.cer"

cp "$work/certificate" "$certificate"
cp "$work/certificate.cer" "$certificate_der"
chmod 644 "$certificate" "$certificate_der"
cp "$work/key" "$key"
