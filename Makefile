# SPDX-License-Identifier: GPL-2.0-or-later
# The front door to the Meson build.
#
#   make            the program: build/mmuscope
#   make demo       import a recorded QEMU, compare the placements on it, run one script
#   make check      every test; SAN=address,undefined or SAN=thread for a sanitizer's build
#   make fuzz       the libFuzzer targets, FUZZ_SECONDS (20) seconds each; FUZZ_SEED=N replays,
#                   FUZZ_RUNS=N stops after N inputs instead
#   make avx512     the vector variants on an emulated processor, where this one lacks AVX-512
#   make package    the Debian packages, in build-package; checked with lintian
#   make format     the lines of C that differ from HEAD by .clang-format
#   make install    PREFIX (/usr/local), DESTDIR
#   make clean      remove the build folders
#
# What is missing is installed by tools/setup.sh (as root or through sudo), which otherwise
# says what to install.

SAN =
PREFIX = /usr/local
FUZZ_SECONDS = 20
FUZZ_SEED =
FUZZ_RUNS =

comma := ,
build := build$(if $(SAN),-$(subst $(comma),-,$(SAN)))
sanitize := $(if $(SAN),-Db_sanitize=$(SAN) -Db_lundef=false)
patience := $(if $(filter thread,$(SAN)),10,4)

all: build/build.ninja
	@ninja -C build

build/build.ninja:
	@tools/setup.sh build
	@$(call configure,build,--prefix '$(PREFIX)')

# Meson says what is wrong on standard output, among much that is not.
configure = echo "configuring $(1)"; out=$$(meson setup $(1) $(2) 2>&1) || { echo "$$out"; exit 1; }

demo: build/build.ninja
	@test -x build/mmuscope || echo "building build/mmuscope"
	@ninja -C build --quiet mmuscope
	@tools/demo.sh

check:
	@tools/setup.sh check
	@test -e $(build)/build.ninja || { $(call configure,$(build),$(sanitize)); }
	@ninja -C $(build)
	@tools/run-tests $(build) $(if $(SAN),--timeout-multiplier=$(patience))

fuzz:
	@tools/setup.sh fuzz
	@test -e build-fuzz/build.ninja || \
		{ export CC=clang; $(call configure,build-fuzz,-Dfuzz=true -Db_lundef=false); }
	@ninja -C build-fuzz
	@FUZZ_SEED='$(FUZZ_SEED)' FUZZ_RUNS='$(FUZZ_RUNS)' tools/fuzz.sh build-fuzz $(FUZZ_SECONDS)

avx512: build/build.ninja
	@tools/setup.sh emulate
	@ninja -C build --quiet mmuscope
	@tools/avx512.sh build

package:
	@tools/setup.sh build package
	@tools/package.sh build-package

format:
	git clang-format --extensions c,h || [ $$? = 1 ]

install: all
	@meson configure build --prefix '$(PREFIX)'
	meson install -C build $(if $(DESTDIR),--destdir '$(abspath $(DESTDIR))')

clean:
	rm -rf build build-address* build-undefined* build-thread* build-fuzz build-package

.PHONY: all demo check fuzz avx512 package format install clean
