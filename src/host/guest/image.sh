#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# An assembler file that holds the program $1 as data: image.sh PROGRAM OUTPUT
set -e
cat >"$2" <<EOF
	.section .rodata
	.globl host_guest_image
	.hidden host_guest_image
	.globl host_guest_image_end
	.hidden host_guest_image_end
	.balign 16
host_guest_image:
	.incbin "$1"
host_guest_image_end:
	.section .note.GNU-stack, "", @progbits
EOF
