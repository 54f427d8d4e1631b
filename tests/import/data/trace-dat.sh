#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Records trace-dat.c with trace-cmd, as trace.dat of version 7 (compressed by itself) and of
# version 6. Needs root, trace-cmd, gcc, zstd and perl, and runs in namespaces of its own: the
# recording shall hold no name of the machine, no symbols of its kernel and no other process.
#
# usage: trace-dat.sh       (writes trace-v7.dat and trace-v6.dat.zst beside itself)

set -eu

here=$(cd "$(dirname "$0")" && pwd)
tracing=/sys/kernel/tracing

if [ "${1-}" != inside ]; then
	exec unshare -m -u "$0" inside
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
gcc -O1 -static -o "$folder/prog" "$here/trace-dat.c"
hostname host
cd "$folder"
# written by trace-cmd, whether it wants the function tracer or not; some kernels forbid it
for file in /proc/sys/kernel/ftrace_enabled $tracing/set_ftrace_filter $tracing/set_ftrace_notrace \
	$tracing/set_graph_function $tracing/set_graph_notrace $tracing/set_ftrace_pid \
	$tracing/set_ftrace_notrace_pid; do
	[ -e "$file" ] || continue
	echo 0 >writable-${file##*/}
	mount --bind writable-${file##*/} "$file"
done
: >names
: >nothing
mount --bind names $tracing/saved_cmdlines
mount --bind nothing $tracing/printk_formats
mount --bind nothing /proc/kallsyms

events="-e exceptions:page_fault_user -e task:task_newtask -e sched:sched_process_exit"
for call in mmap munmap mprotect madvise mremap brk execve clone exit exit_group; do
	events="$events -e syscalls:sys_enter_$call -e syscalls:sys_exit_$call"
done
for version in 6 7; do
	trace-cmd record -c -C mono --file-version $version -o trace-v$version.dat $events \
		-F ./prog names >/dev/null
	perl -0pi -e 's/(Linux host \d+\.\d+)(\S*)/$1 . "." . "0" x (length($2) - 1)/e' \
		trace-v$version.dat
done
echo 1 >$tracing/tracing_on
zstd -19 -q trace-v6.dat -o trace-v6.dat.zst
cp -f trace-v7.dat trace-v6.dat.zst "$here/"
