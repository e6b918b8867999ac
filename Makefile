# SPDX-License-Identifier: MIT
# The front door. Each target installs what it needs (Debian 12 packages) and says what it does.

PRESETS := windows-amd64 windows-x86 windows-arm64 native native-asan native-tsan

.PHONY: help demo check coverage build deps clean

help:
	@echo "make demo      an adapter under Wine answers pings from Linux through the driver"
	@echo "make check     builds everything and runs every test"
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

coverage: deps
	@scripts/coverage

clean:
	rm -rf build
