# SPDX-License-Identifier: MIT
#
# Sourced by tests that run for several architectures: what they run, and where.
# ADIT_TEST_ARCHITECTURE: amd64 if it is not set; x86: driver, host and clients for x86, in a prefix of
# 32-bit Wine.

# shellcheck disable=SC2034
case ${ADIT_TEST_ARCHITECTURE:=amd64} in
amd64)
    sandbox=(scripts/sandbox)
    prefix=build/wine-prefix
    ;;
x86)
    sandbox=(scripts/sandbox --wine32)
    prefix=build/wine-x86-prefix
    ;;
*)
    echo "ADIT_TEST_ARCHITECTURE is '$ADIT_TEST_ARCHITECTURE'; it must be amd64 or x86" >&2
    exit 1
    ;;
esac
export ADIT_TEST_ARCHITECTURE
binaries=build/windows-$ADIT_TEST_ARCHITECTURE
