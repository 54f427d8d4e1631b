#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Makes an archive of one object from static libraries, with everything hidden in it made local, so
# that a program's own names cannot collide with the library's insides.
#
# usage: tools/static-library.sh OUTPUT.a LIBRARY.a... -- COMPILER...

set -eu

output=$1
shift
libraries=
while [ "$1" != -- ]; do
	libraries="$libraries $1"
	shift
done
shift
object=${output%.a}.static.o
"$@" -r -nostdlib -o "$object" -Wl,--whole-archive $libraries -Wl,--no-whole-archive
${OBJCOPY:-objcopy} --localize-hidden "$object"
rm -f "$output"
${AR:-ar} rcsD "$output" "$object"
rm -f "$object"
