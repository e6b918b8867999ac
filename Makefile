# SPDX-License-Identifier: MIT
# The front door. Each target installs what it needs (Debian 12 packages) and says what it does.

PRESETS := windows-amd64 windows-x86 windows-arm64 native native-asan native-tsan

.PHONY: help demo check check-all bench dist install deb soak coverage build deps clean

help:
	@echo "make demo      an adapter under Wine answers pings from Linux through the driver"
	@echo "make check     builds everything and runs every test"
	@echo "make check-all the same with the tests that take long"
	@echo "make bench     how fast it is; BENCH=name for one of them, REPEAT=n, REFERENCE=file.sys"
	@echo "make dist      dist/adit-<version>.zip for x86, amd64 and arm64, signed"
	@echo "make install   the Wine host with adit-wine in PREFIX (default /usr/local), below DESTDIR"
	@echo "make deb       the same as a Debian package in dist/"
	@echo "make soak      an hour of traffic under Wine, cut short by faults; SECONDS=N SEED=N"
	@echo "make coverage  how much of the driver's source the native tests run"
	@echo "make build     builds the Windows binaries and the native test programs"
	@echo "make clean     removes build/"

deps:
	@scripts/install-dependencies

build: deps
	@scripts/build $(PRESETS)

demo: deps
	@scripts/build windows-amd64
	@scripts/demo

check: deps
	@scripts/check $(PRESETS)

check-all: deps
	@scripts/install-dependencies --all
	@scripts/wine32
	@scripts/wine-arm64
	@scripts/check --all $(PRESETS) native-x86 native-arm64 windows-arm64-wine

bench: deps
	@scripts/install-dependencies --bench
	@scripts/build native windows-amd64
	@bench/run $(BENCH)

# With SIGN_CERT=... and SIGN_KEY=..., and what else scripts/dist lists, signed with these.
export SIGN_CERT SIGN_KEY SIGN_CA SIGN_PIN_FILE SIGN_PKCS11_MODULE SIGN_TIMESTAMP_URL \
    SIGNED_PACKAGES
dist: deps
	@scripts/dist

# Of what "make build" has built.
export PREFIX DESTDIR
install:
	@scripts/install

deb: deps
	@scripts/build windows-amd64
	@scripts/deb

soak: deps
	@scripts/build windows-amd64
	@tests/wine/soak_test $(or $(SECONDS),3600) $(SEED)

coverage: deps
	@scripts/coverage

clean:
	rm -rf build
