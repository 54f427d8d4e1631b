#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The demonstration: what would the kernels' notification placements cost a recorded QEMU, and
# what does one mprotect of an almost empty guest cost? "make demo" builds the program first.

set -eu
cd "$(dirname "$0")/.."

# Shows a command and runs it.
run()
{
	printf '$ %s\n' "$*"
	"$@" 2>&1
	echo
}

recording=scripts/recordings/qemu-kvm.strace.zst
script=scripts/one-touched-page-512g.mms

cat <<EOF
A recording of QEMU with a guest of 4 GiB becomes a script, and the script runs under each kernel's
placement of the MMU notifier calls and under each kind of secondary MMU.

EOF
run build/mmuscope import strace -o build/qemu.mms $recording
run build/mmuscope compare --mmu tdp,direct,shadow build/qemu.mms

cat <<EOF
The doubt in one script: one page touched at the head of a 512 GiB guest with shadow paging, then
mprotect. The lines with ">" are what the kernels were seen to send; the run checks them.

EOF
run grep -v '^#' $script
run build/mmuscope run --profile linux-6.1 --quiet $script
run build/mmuscope run --profile linux-6.12 $script
run build/mmuscope compare $script
