#!/bin/sh
# SPDX-License-Identifier: MIT
#
# A package that is built with SIGN_TIMESTAMP_URL has time stamps, and they do what they are for: its
# signatures stay valid when the signer's certificate has expired. The server is one of our own on the
# loopback interface (timestamp_server).
#
#   timestamp_test.sh SOURCE WORK
set -u

source=$1
work=$2
here=$(cd "$(dirname "$0")" && pwd)
export no_proxy=127.0.0.1
failures=0
rm -rf "$work"
mkdir -p "$work"

run() {
    "$@" >"$work/log" 2>&1 || { tail -n 40 "$work/log"; echo "FAILED: $*"; exit 1; }
}

passes() { # <what> <command>...
    what=$1
    shift
    if "$@" >"$work/log" 2>&1; then
        echo "ok: $what"
    else
        sed 's/^/    /' "$work/log"
        echo "FAILED: $what"
        failures=$((failures + 1))
    fi
}

# Fails in its ordinary way: exit status 1, not a crash.
fails() { # <what> <command>...
    what=$1
    shift
    "$@" >"$work/log" 2>&1
    if [ $? -eq 1 ]; then
        echo "ok: $what"
    else
        sed 's/^/    /' "$work/log"
        echo "FAILED: $what"
        failures=$((failures + 1))
    fi
}

says() { # <text>: the last command's output has it
    if grep -q -F -e "$1" "$work/log"; then
        echo "ok: ... and says \"$1\""
    else
        sed 's/^/    /' "$work/log"
        echo "FAILED: ... and says \"$1\""
        failures=$((failures + 1))
    fi
}

# Certificates: a signer of ten days, an authority for time stamps with a server's certificate of ten
# years, and another authority.
certificate() { # <name> <subject> <days> <extension>...
    name=$1
    subject=$2
    days=$3
    shift 3
    for extension in "$@"; do
        set -- "$@" -addext "$extension"
        shift
    done
    run openssl req -x509 -newkey rsa:2048 -nodes -sha256 -subj "/CN=$subject" -days "$days" "$@" \
        -keyout "$work/$name.key" -out "$work/$name.pem"
}
certificate signer "Adit time stamp test" 10 keyUsage=critical,digitalSignature \
    extendedKeyUsage=critical,codeSigning
certificate root "Adit time stamp test root" 3650 keyUsage=critical,keyCertSign
certificate other "Another root" 3650 keyUsage=critical,keyCertSign
printf 'extendedKeyUsage=critical,timeStamping\nkeyUsage=critical,digitalSignature\n' >"$work/extensions"
run openssl req -new -newkey rsa:2048 -nodes -subj "/CN=Adit time stamps" -keyout "$work/server.key" \
    -out "$work/server.csr"
run openssl x509 -req -in "$work/server.csr" -CA "$work/root.pem" -CAkey "$work/root.key" \
    -CAcreateserial -days 3650 -sha256 -extfile "$work/extensions" -out "$work/server.pem"
echo 01 >"$work/serial"
cat >"$work/ts.cnf" <<END
[tsa]
default_tsa = server
[server]
serial = $work/serial
crypto_device = builtin
signer_cert = $work/server.pem
signer_key = $work/server.key
certs = $work/root.pem
signer_digest = sha256
ess_cert_id_alg = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
END

"$here/timestamp_server" "$work" &
server=$!
trap 'kill "$server" 2>/dev/null' EXIT
for _ in $(seq 300); do
    [ -s "$work/port" ] && break
    sleep 0.1
done
[ -s "$work/port" ] || { echo "FAILED: the server does not start"; exit 1; }
url=http://127.0.0.1:$(cat "$work/port")

# The package for arm64 is the smallest, for it takes no other.
build() { # <folder> <option>...
    folder=$work/$1
    shift
    cmake -S "$source" -B "$folder" -G Ninja --toolchain "$source/cmake/windows.cmake" \
        -DADIT_ARCH=arm64 -DSIGN_CERT="$work/signer.pem" -DSIGN_KEY="$work/signer.key" \
        -DADIT_PACKAGE_TIME="$(date +%s)" "$@" &&
        cmake --build "$folder" --target adit_package
}
run build stamped -DSIGN_TIMESTAMP_URL="$url"
run build plain
echo "ok: packages with and without time stamps are built"

years=$(($(date +%s) + 3 * 365 * 24 * 3600))
verify() { # <file> <root of time stamps> [<option>...]
    file=$1
    root=$2
    shift 2
    osslsigncode verify -CAfile "$work/signer.pem" -TSA-CAfile "$work/$root.pem" "$@" -in "$file"
}
for name in adit.sys adit.cat; do
    stamped=$work/stamped/package/$name
    plain=$work/plain/package/$name
    passes "$name with a time stamp verifies" verify "$stamped" root
    says "Timestamp Server Signature verification: ok"
    passes "... also when the signer's certificate has expired" verify "$stamped" root -time "$years"
    passes "$name without one verifies" verify "$plain" root
    fails "... but not when the signer's certificate has expired" verify "$plain" root -time "$years"
    says "Signature verification: failed"
    fails "... nor does $name by the time stamp of another authority" \
        verify "$stamped" other -time "$years"
done
passes "the driver's signature has page hashes too" \
    sh -c 'osslsigncode verify -CAfile "$1" -in "$2" | grep -q "Page hash"' sh "$work/signer.pem" \
    "$work/stamped/package/adit.sys"

kill "$server"
wait "$server" 2>/dev/null
fails "without the server nothing is signed" build refused -DSIGN_TIMESTAMP_URL="$url"
says "Signing adit.sys"
passes "... and no driver is left" test ! -e "$work/refused/package/adit.sys"

if [ "$failures" -ne 0 ]; then
    echo "$failures failed"
    exit 1
fi
rm -rf "$work"
