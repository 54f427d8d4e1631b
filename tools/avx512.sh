#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Runs the test of the vector variants (tests/arch/pte_run.c) on a processor with AVX-512 that Bochs
# emulates, for machines that have none: Debian's 6.1, whose init is tests/arch/avx512_init.c, from
# a CD image that GRUB starts. It takes about two minutes and says nothing about speed.
#
# usage: tools/avx512.sh BUILD_FOLDER
#
# Exit status 77: something is missing, and it says what.

set -eu
cd "$(dirname "$0")/.."
tool=avx512
. tools/quietly.sh
build=$1
kernel=${XDG_CACHE_HOME:-$HOME/.cache}/mmuscope/kernels/6.1/vmlinuz
limit=600
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

skip()
{
	echo "avx512: skipped: $*" >&2
	exit 77
}

need()
{
	for program in bochs grub-mkrescue xorriso mformat cpio script; do
		command -v $program >/dev/null ||
			skip "there is no $program (tools/setup.sh emulate)"
	done
	[ -e "$kernel" ] || "$build/mmuscope" verify --kernel 6.1 scripts/head-of-512g.mms >&2 ||
		skip "Debian's 6.1 could not be had"
}

compile()
{
	quietly "${CC:-cc}" -O2 -g -static -Isrc/arch/include -Isrc/base/include -Itests/lib \
		-o "$work/root/test" tests/arch/pte_run.c src/arch/pte_run.c
	quietly "${CC:-cc}" -O2 -static -o "$work/root/init" tests/arch/avx512_init.c
}

# The kernel refuses extended states whose compacted size Bochs states wrongly: without them.
image()
{
	mkdir -p "$work/cd/boot/grub"
	cp "$kernel" "$work/cd/boot/vmlinuz"
	(cd "$work/root" && printf '%s\n' . init test | cpio -o -H newc 2>"$work/log") |
		gzip -1 >"$work/cd/boot/initrd"
	cat >"$work/cd/boot/grub/grub.cfg" <<-END
		set timeout=0
		menuentry test {
			linux /boot/vmlinuz console=ttyS0 quiet mitigations=off clearcpuid=xsaves,xsavec
			initrd /boot/initrd
		}
	END
	quietly grub-mkrescue -o "$work/cd.iso" "$work/cd"
}

# Debian's Bochs is the debugger: "c" lets it run.
emulate()
{
	cat >"$work/bochsrc" <<-END
		display_library: term
		cpu: model=corei7_skylake_x, count=1, ips=100000000
		memory: guest=512, host=512
		romimage: file=/usr/share/bochs/BIOS-bochs-latest
		vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
		ata0-master: type=cdrom, path=$work/cd.iso, status=inserted
		boot: cdrom
		com1: enabled=1, mode=file, dev=$work/serial
		log: $work/bochs.log
		clock: sync=none
		panic: action=fatal
	END
	echo c >"$work/commands"
	TERM=xterm timeout $limit script -qfec \
		"bochs -q -f '$work/bochsrc' -rc '$work/commands'" /dev/null >/dev/null 2>&1 </dev/null ||
		true
}

judge()
{
	tr -d '\r' <"$work/serial" >"$work/lines" || true
	grep -E '^(ok|not ok|#|[0-9]+\.\.)' "$work/lines" || true
	if grep -qx 'status 0' "$work/lines" && ! grep -q '^not ok' "$work/lines" &&
		grep -qE '^ok [0-9]+ - avx512$' "$work/lines"; then
		echo "avx512: equal to the others on every state of an entry"
		return
	fi
	tail -n 20 "$work/lines" "$work/bochs.log" >&2 || true
	echo "avx512: failed: not every variant ran, or one is wrong" >&2
	exit 1
}

mkdir "$work/root"
need
compile
image
echo "avx512: running the vector variants on an emulated processor"
emulate
judge
