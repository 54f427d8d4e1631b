#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Records node-gc.strace.zst: the memory system calls of a garbage-collected runtime under load,
# Node.js running allocate.js: its collector threads map, protect and give back memory all the
# time.
#
# Needs node, strace, zstd.
# Usage: record-node-strace.sh [OUTPUT]
set -eu

out=$(realpath "${1:-node-gc.strace.zst}")
here=$(dirname "$(realpath "$0")")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

cp "$here/allocate.js" "$dir"
cd "$dir"
strace -f -y -ttt -o log -e trace=%memory,%process node allocate.js
"$here/scrub.sh" "$dir" <log | zstd -q -19 -f -o "$out"
