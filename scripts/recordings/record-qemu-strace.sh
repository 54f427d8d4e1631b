#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Records qemu-kvm.strace.zst: the memory system calls of a QEMU process that runs a guest of
# 4 GiB with KVM. Its firmware sets the machine up (memslots come and go), the guest (guest.S)
# uses 56 MiB of its memory and gives pages back through a virtio balloon, takes them again, a
# DIMM of 512 MiB is plugged in and filled, the machine is reset, and its state
# written out as for a migration.
#
# Needs /dev/kvm, qemu-system-x86_64, strace, gcc, zstd.
# Usage: record-qemu-strace.sh [OUTPUT]
set -eu

out=$(realpath "${1:-qemu-kvm.strace.zst}")
here=$(dirname "$(realpath "$0")")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# until the guest has given $1 pages back, half a minute at most
wait_for_balloon() {
	for _ in $(seq 60); do
		sleep 0.5
		test "$(grep -c ', 4096, MADV_DONTNEED) = 0' log)" -lt "$1" || break
	done
}

commands() {
	echo '{"execute": "qmp_capabilities"}'
	wait_for_balloon 3072
	sleep 1
	echo '{"execute": "object-add", "arguments": {"qom-type": "memory-backend-ram",
		"id": "more", "size": 536870912, "prealloc": true}}'
	echo '{"execute": "device_add", "arguments": {"driver": "pc-dimm", "id": "dimm",
		"memdev": "more"}}'
	sleep 1
	echo '{"execute": "system_reset"}'
	sleep 9
	sleep 1
	echo '{"execute": "migrate", "arguments": {"uri": "exec:cat >/dev/null"}}'
	sleep 6
	echo '{"execute": "quit"}'
	sleep 1
}

cd "$dir"
gcc -m32 -c -o guest.o "$here/guest.S"
ld -m elf_i386 -Ttext 0x100000 -o guest guest.o
commands | strace -f -y -ttt -o log -e trace=%memory,%process,ioctl \
	qemu-system-x86_64 -accel kvm -machine pc -m 4G,slots=2,maxmem=16G \
	-nodefaults -display none -device virtio-balloon-pci,addr=5,disable-modern=on \
	-kernel guest -qmp stdio -name guest >/dev/null 2>&1
# the calls that run the vCPU, by the hundred thousand, say nothing about memory
grep -v -e 'KVM_RUN' -e 'KVM_IRQ_LINE' -e 'KVM_CHECK_EXTENSION' log |
	"$here/scrub.sh" "$dir" | zstd -q -19 -f -o "$out"
