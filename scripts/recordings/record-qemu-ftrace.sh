#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Records qemu-guest.ftrace.zst with mmuscope record: a QEMU process that runs a guest of 128 MiB
# with KVM. Its firmware sets the machine up, the guest (guest.S) writes to 56 MiB of its memory,
# page by page, and gives pages back through a virtio balloon. System calls, page faults, KVM's
# notifications and the guest's faults (kvm_page_fault) of a minute in one stream.
#
# Needs root, tracefs, /dev/kvm with EPT or NPT (the guest's own faults are not events where KVM
# emulates them), qemu-system-x86_64, gcc, zstd, mmuscope in PATH.
# Usage: record-qemu-ftrace.sh [OUTPUT]
set -eu

out=$(realpath "${1:-qemu-guest.ftrace.zst}")
here=$(dirname "$(realpath "$0")")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

cd "$dir"
gcc -m32 -c -o guest.o "$here/guest.S"
ld -m elf_i386 -Ttext 0x100000 -o guest guest.o
# ended by the time limit: the guest never ends
mmuscope record --check --duration 60s -o log -- \
	qemu-system-x86_64 -accel kvm -machine pc -m 128M -nodefaults -display none \
	-device virtio-balloon-pci,addr=5,disable-modern=on -kernel guest || test $? -eq 143
zstd -q -19 -f -o "$out" log
